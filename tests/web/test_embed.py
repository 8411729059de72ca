"""A post's folder: what is in it, and that it is there whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import webvtt
from PIL import Image

import netviz
from netviz.errors import InputError, NetvizError
from netviz.recording.recording import Recording
from netviz.web import embed as post_module
from netviz.web.embed import Post, embed, post_versions, url_problems
from tests.conftest import short_scene

SMALL: dict[str, Any] = {
    "output__size": "160x128",
    "output__fps": 10,
    "duration": 4,
    "story": None,
    "schedule": {"cycles": [1, 60]},
    "shots": [{"shot": "learning", "examples": 1}],
}
CAPTIONS = [{"text": "So it begins", "at": "1s"}]
TEXTS = {"alt.txt", "snippet.html", "snippet.md", "wordpress.html", "wordpress.txt", "hugo-shortcode.html", "hugo.md"}
FILMS = {"xor.webm", "xor.mp4", "xor-stepped.mp4"}
NAMES = {*FILMS, "index.html", "xor.jpg", "xor.vtt", "xor-transcript.txt", "xor-transcript.html"}


@pytest.fixture(scope="module")
def small() -> Recording:
    return netviz.record(short_scene(**SMALL, captions=CAPTIONS))


@pytest.fixture(scope="module")
def post(small: Recording, tmp_path_factory: pytest.TempPathFactory) -> Post:
    return netviz.embed(small, tmp_path_factory.mktemp("posts") / "xor", jobs=1, url="https://example.org/f")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_is_in_it(post: Post) -> None:
    assert names(post.folder) == TEXTS | NAMES == {path.name for path in post.files}
    assert names(post.folder.parent) == {"xor"}
    assert {path.name for film in post.films for path in film.files} == FILMS
    assert all(film.seconds == 4 and film.captions == post.folder / "xor.vtt" for film in post.films)
    assert post.size_in_bytes == sum(path.stat().st_size for path in post.folder.iterdir())
    assert [cue.text for cue in webvtt.read(post.folder / "xor.vtt")] == ["So it begins"]
    snippet = (post.folder / "snippet.html").read_text()
    assert snippet.index("https://example.org/f/xor.webm") < snippet.index("https://example.org/f/xor.mp4")
    assert "example.org" not in (post.folder / "index.html").read_text(), "the page lies beside its files"


def test_the_poster(post: Post, small: Recording) -> None:
    path = post.folder / "xor.jpg"
    with Image.open(path) as picture:
        assert (picture.format, picture.size, picture.info["progressive"]) == ("JPEG", (160, 128), 1)
        assert all(each[1:3] == (1, 1) for each in picture.layer), "full colour at every pixel"
        seen = np.array(picture.convert("RGB")).astype(float)
    assert np.abs(seen - netviz.still(small, "poster")).mean() < 3
    assert netviz.inspect(path).about.title == "Can you see the rule?"


def test_all_mistakes_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_module, "finished_film", lambda *_, **__: pytest.fail("it trains"))
    (tmp_path / "xor").mkdir()
    scene = short_scene(**SMALL, output__transparent=True, font="no.ttf")
    with pytest.raises(InputError) as wrong:
        embed(scene, tmp_path / "xor", jobs=0, url="here and there")
    told = "\n".join(map(str, wrong.value.problems))
    for part in (
        "--jobs: expected",
        "--url: 'here and there' is no address",
        "font: ",
        "output.transparent: a post",
    ):
        assert part in told
    assert f"{tmp_path / 'xor'}: exists already; --overwrite" in told
    assert names(tmp_path) == {"xor"} and names(tmp_path / "xor") == set()


def test_a_film_in_stills_needs_no_other() -> None:
    ends = {motion: [each.end for each in post_versions(short_scene(motion=motion))] for motion in ("full", "reduced")}
    assert ends == {"full": [".webm", ".mp4", "-stepped.mp4"], "reduced": [".webm", ".mp4"]}


def test_addresses() -> None:
    assert not any(map(url_problems, ("", "/films/", "https://example.org/a?b=", "../x-")))
    assert all(map(url_problems, ("a b", 'a"', "<a>", "a\n", "[a]", "{{a}}", "a\x7f")))


def test_overwriting_replaces_only_what_is_its_own(
    post: Post, small: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "xor"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    (folder / "index.html").write_text("old")
    monkeypatch.setattr(post_module, "_films", _films_of(post))
    again = netviz.embed(small, folder, overwrite=True)
    assert names(folder) == TEXTS | NAMES | {"mine.txt"} and (folder / "mine.txt").read_text() == "mine"
    assert len(again.files) == len(post.files) and (folder / "index.html").read_text() != "old"
    assert (folder / "index.html").read_bytes() == (post.folder / "index.html").read_bytes(), (
        "the same to the last byte"
    )


@pytest.mark.parametrize("failure", [KeyboardInterrupt, SystemExit, NetvizError])
def test_a_failure_leaves_everything_as_it_was(
    post: Post, small: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException]
) -> None:
    monkeypatch.setattr(post_module, "_films", _films_of(post))

    def fail(*_: Any) -> None:
        raise failure

    monkeypatch.setattr(post_module, "_write_texts", fail)
    with pytest.raises(failure):
        netviz.embed(small, tmp_path / "new")
    assert names(tmp_path) == set()
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "index.html").write_text("old")
    with pytest.raises(failure):
        netviz.embed(small, tmp_path / "old", overwrite=True)
    assert names(tmp_path) == {"old"} and (tmp_path / "old" / "index.html").read_text() == "old"


def _films_of(post: Post) -> Any:
    """In place of making films: those of a post that is there."""

    def films(folder: Path, *_: Any) -> Any:
        for made in post.films:
            for path in (*made.files, made.captions):
                assert path is not None
                (folder / path.name).write_bytes(path.read_bytes())
        return [post_module._at(folder, made) for made in post.films]

    return films


def test_a_film_that_cannot_be_made_is_the_post_s_failure(
    small: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post_module, "render_all", lambda jobs, **_: {Path("x"): NetvizError("the disk is full")})
    with pytest.raises(NetvizError, match="the disk is full"):
        netviz.embed(small, tmp_path / "x")
    assert names(tmp_path) == set()
