"""What a film becomes on the command line: one file or several, pictures, transparent or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import netviz
from tests.cli.conftest import Call
from tests.cli.support import FILM, contents

pytestmark = pytest.mark.filterwarnings("ignore:.* of learning have room")


def test_several_files_of_one_rendering(call: Call, tmp_path: Path) -> None:
    names = ["x.png", "x.mp4", "x.webm", "x.gif", "x.jpg"]
    captions = ["--set", "captions=[{text: So it is, at: start}]"]
    result = call("render", *FILM, *captions, *(word for name in names for word in ("-o", name)))
    assert result.code == 0
    lines = result.out.splitlines()
    assert [line.split(":")[0] for line in lines] == names
    assert "the poster" in lines[0] and "2.00 s" in lines[1]
    assert [line.endswith("captions in x.vtt") for line in lines] == [False, True, False, False, False]
    assert sorted(contents(tmp_path)) == sorted([*names, "x.vtt"])
    for name in names:
        assert netviz.inspect(tmp_path / name).about.seed == 1, "each says what it was made of"
    pictures = [np.asarray(Image.open(tmp_path / name).convert("RGB")).astype(int) for name in ("x.png", "x.jpg")]
    assert pictures[0].shape == (128, 160, 3) and np.abs(pictures[0] - pictures[1]).mean() < 3


def test_a_poster_alone_needs_no_film(call: Call, tmp_path: Path) -> None:
    assert call("render", *FILM, "-o", "x.jpg").code == 0
    assert sorted(contents(tmp_path)) == ["x.jpg"]
    assert call("still", *FILM, "--at", "poster", "-o", "y.jpg").code == 0
    assert (tmp_path / "x.jpg").read_bytes() == (tmp_path / "y.jpg").read_bytes()


def test_each_of_several_scenes_becomes_each_file(call: Call, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    outputs = ["-o", "out/{name}.mp4", "-o", "out/{name}.gif"]
    assert call("render", *FILM, "--sweep", "training.seed=1,2", *outputs).code == 0
    assert sorted(contents(tmp_path)) == [f"out/xor-seed-{seed}.{end}" for seed in (1, 2) for end in ("gif", "mp4")]
    result = call("render", *FILM, "--sweep", "training.seed=1,2", "-o", "out/{name}.webm", "-o", "one.gif")
    assert result.code == 2
    assert "--output one.gif: is one name for 2 films" in result.errors[0]


def test_what_would_be_made(call: Call, tmp_path: Path, untrained: None) -> None:
    options = ["--duration", "5", "--size", "1080p", "--cycles", "60"]
    result = call("render", *options, "-o", "a.gif", "-o", "b.webp", "-o", "a.mp4", "-o", "a.png", "--dry-run")
    assert result.code == 0
    first, second, third, fourth, taken = result.out.splitlines()
    assert taken.startswith("takes about ")
    assert first.endswith("as 640x360 with 15 pictures a second") and second.startswith("b.webp: ")
    assert "150 frames of 1920x1080" in third and third.endswith("captions in a.vtt")
    assert fourth == "a.png: the poster, 1920x1080"
    smaller = ["--set", "output.animated.side=800", "--set", "output.animated.fps=30"]
    told = call("render", *options, *smaller, "-o", "a.gif", "--dry-run").out
    assert "as 800x450 with 30 pictures a second\n" in told


def test_what_cannot_be_transparent(call: Call, tmp_path: Path, untrained: None) -> None:
    names = ["a.mp4", "a.gif", "a.jpg", "a.webm", "a.mov", "a.webp", "a.apng", "a.png"]
    result = call("render", *FILM, "--transparent", *(word for name in names for word in ("-o", name)))
    assert result.code == 2
    assert [error.split(": ")[0] for error in result.errors] == ["a.mp4", "a.gif", "a.jpg"]
    assert all("cannot be transparent: " in error for error in result.errors)
    assert call("still", *FILM, "--transparent", "-o", "a.jpg").code == 2
    assert contents(tmp_path) == {}


def test_a_transparent_still(call: Call, tmp_path: Path) -> None:
    assert call("still", *FILM, "--transparent", "--at", "end", "-o", "a.png").code == 0
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.mode == "RGBA"
        alpha = np.asarray(picture)[..., 3]
    assert (alpha == 0).mean() > 0.2 and alpha.max() == 255


def test_two_files_of_one_name(call: Call, tmp_path: Path, untrained: None) -> None:
    result = call("render", *FILM, "-o", "a.mp4", "-o", "a.mp4")
    assert result.code == 2 and result.errors == ["a.mp4: would be written twice; give each file a name of its own"]
    (tmp_path / "here").mkdir()
    result = call("render", *FILM, "-o", "here/A.gif", "-o", "here/../here/a.gif")
    assert result.code == 2 and "(here/A.gif is the same file)" in result.err


def test_a_name_that_is_only_an_ending(call: Call, tmp_path: Path, untrained: None) -> None:
    for command, name in (("render", ".gif"), ("render", ".png"), ("still", ".jpg"), ("render", "x.")):
        result = call(command, *FILM, "-o", name)
        assert result.code == 2 and f"{name}: give a name that ends in" in result.err


def test_films_that_would_share_a_file(call: Call, tmp_path: Path, untrained: None) -> None:
    sweep = ["--sweep", "training.seed=1,2"]
    result = call("render", *FILM, *sweep, "-o", "{name}.gif", "-o", "xor-seed-2.gif", "--dry-run")
    assert result.code == 2
    with pytest.raises(netviz.InputError, match="would be written twice"):
        scene = netviz.load_scene("xor")
        netviz.render_many({(tmp_path / "a.mp4", tmp_path / "b.gif"): scene, tmp_path / "b.gif": scene})
    with pytest.raises(netviz.InputError, match="no file is named"):
        netviz.render(netviz.load_scene("xor"), [])


def test_transparent_by_the_surroundings(
    call: Call, tmp_path: Path, untrained: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETVIZ_TRANSPARENT", "1")
    sweep = ["--sweep", "output.transparent=true,false", "-o", "{name}.webm", "--dry-run"]
    assert call("render", *FILM, *sweep).code == 0, "what is typed goes before"
    assert call("render", *FILM, "-o", "a.mp4").code == 2


def test_another_codec(call: Call, tmp_path: Path) -> None:
    assert call("render", *FILM, "--set", "output.webm=vp9", "-o", "a.webm").code == 0
    assert netviz.inspect(tmp_path / "a.webm").media.codecs[0].startswith("vp9")


def test_av1_where_ffmpeg_has_none(
    call: Call, tmp_path: Path, untrained: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netviz.pipeline.validation.has_encoder", lambda name: False)
    monkeypatch.setattr("netviz.video.formats.has_encoder", lambda name: False)
    result = call("render", *FILM, "--set", "output.webm=av1", "-o", "a.webm")
    assert result.code == 2 and "output.webm: the ffmpeg here cannot encode AV1" in result.err
    assert call("render", *FILM, "-o", "a.webm", "--dry-run").code == 0, "vp9 then, if nobody chooses"


def test_files_that_say_nothing(call: Call, tmp_path: Path) -> None:
    names = ["a.mp4", "a.webm", "a.gif", "a.png"]
    options = ["--set", "output.about=false", *(word for name in names for word in ("-o", name))]
    assert call("render", *FILM, "--set", "title=A secret", *options).code == 0
    for name in names:
        assert b"secret" not in (tmp_path / name).read_bytes()
        result = call("inspect", name)
        assert result.code == 2 and "carries no word of netviz" in result.err


def test_a_film_that_breaks_off_is_told_of(call: Call, tmp_path: Path) -> None:
    names = ["a.mp4", "a.webm", "a.gif"]
    assert call("render", *FILM, *(word for name in names for word in ("-o", name))).code == 0
    for name in names:
        half = tmp_path / f"half-{name}"
        half.write_bytes((tmp_path / name).read_bytes()[: (tmp_path / name).stat().st_size * 6 // 10])
        told = call("inspect", half.name)
        assert told.code == 2 and "breaks off" in told.err
        assert call("flashes", half.name).code == 2, "what is not seen to its end is not called safe"


def test_pictures_a_second_that_cannot_be(call: Call, tmp_path: Path, untrained: None) -> None:
    result = call("render", *FILM, "--set", "output.animated.fps=0.1", "-o", "a.gif")
    assert result.code == 2 and "output.animated.fps: " in result.err
    faster = ["--set", "output.animated.fps=60", "--fps", "60", "-o", "a.gif", "-o", "a.webp", "--dry-run"]
    gif, webp, _ = call("render", *FILM, *faster).out.splitlines()
    assert gif.endswith("with 30 pictures a second"), "50 is the most that browsers show"
    assert webp.endswith("with 60 pictures a second")
