"""A film in a cell of a notebook: what is shown when, what it holds, and what happens where there is no notebook."""

from __future__ import annotations

import io
import re
from base64 import b64decode
from fractions import Fraction
from html import unescape
from pathlib import Path
from typing import Any

import html5lib
import numpy as np
import pytest
from PIL import Image

import netviz
from netviz.errors import NetvizError
from netviz.video.metadata_formats import read_media
from netviz.web import notebook
from tests.recording.recorders import refused
from tests.web.notebooks import Bundle, FakeNotebook, Run

pytestmark = pytest.mark.filterwarnings("ignore:.* of learning have room for:netviz.NetvizWarning")  # short films

TITLE = "Moons </video><script>alert('&')</script> \"now\""
LOOK: dict[str, Any] = {"title": TITLE, "duration": 12, "output": {"size": "192x128", "fps": 5}}


@pytest.fixture(scope="module")
def run() -> Run:
    return Run().train(200)


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> FakeNotebook:
    found = FakeNotebook()
    found.install(monkeypatch)
    monkeypatch.setattr(notebook, "BETWEEN_LINES", 0)
    return found


def show(film: netviz.Film) -> None:
    """As IPython does: a film that shows itself is asked for nothing else."""
    try:
        film._ipython_display_()
    except NotImplementedError:
        notebook.CellOutput(film._repr_mimebundle_())


def tree(bundle: Bundle) -> Any:
    return html5lib.parse(bundle["text/html"], namespaceHTMLElements=False)


def data_of(uri: str, kind: str) -> bytes:
    head, _, data = uri.partition(",")
    assert head == f"data:{kind};base64"
    return b64decode(data, validate=True)


@pytest.fixture(scope="module")
def shown(run: Run) -> tuple[netviz.Film, FakeNotebook]:
    """A film in a cell, with sound, and all that was shown until it was there."""
    with pytest.MonkeyPatch.context() as patch:
        found = FakeNotebook()
        found.install(patch)
        patch.setattr(notebook, "BETWEEN_LINES", 0)
        film = netviz.Film(run.recorder, look={**LOOK, "audio": "sonify"}, jobs=1)
        show(film)
    return film, found


def test_the_poster_is_there_before_the_film_and_both_are_one_output(shown: tuple[netviz.Film, FakeNotebook]) -> None:
    _, cell = shown
    assert len(cell.displays) == 1
    assert cell.lines[:2] == ["preparing the film", "drawing: 0 %"] and cell.lines[-2] == "drawing: 100 %"
    posters = [*tree(cell.updates[0]).iter("img")]
    (poster,) = posters
    with Image.open(io.BytesIO(data_of(poster.get("src"), "image/jpeg"))) as picture:
        assert picture.size == (192, 128) and np.asarray(picture).std() > 5
    for update in cell.updates[:-1]:
        assert [each.get("src") for each in tree(update).iter("img")] == [poster.get("src")]
        assert "<video" not in update["text/html"] and update["text/html"].count("\n") == 0
    assert [update["text/html"].count("<video") for update in cell.updates].count(1) == 1
    numbers = [int(line.split()[1]) for line in cell.lines if line.startswith("drawing: ")]
    assert numbers == sorted(numbers) and len(numbers) > 4


def test_the_film_is_webm_with_vp9_and_opus_as_it_says(shown: tuple[netviz.Film, FakeNotebook], tmp_path: Path) -> None:
    film, cell = shown
    (source,) = tree(cell.last).iter("source")
    assert source.get("type") == 'video/webm; codecs="vp9, opus"'
    file = tmp_path / "film.webm"
    file.write_bytes(data_of(source.get("src"), "video/webm"))
    media = read_media(file)
    assert (media.size, media.fps, media.seconds) == ((192, 128), "5", pytest.approx(12, abs=0.05))
    film.save(tmp_path / "saved.webm")
    assert (tmp_path / "saved.webm").read_bytes() == file.read_bytes()
    assert repr(film) == f"<netviz.Film {TITLE!r}: 0:12, 192x128, {len(file.read_bytes()) / 1e6:.1f} MB>"


def test_the_poster_and_the_captions_go_with_the_film(shown: tuple[netviz.Film, FakeNotebook]) -> None:
    _, cell = shown
    (video,) = tree(cell.last).iter("video")
    (track,) = tree(cell.last).iter("track")
    (inside,) = video.iter("img")
    assert inside.get("src") == video.get("poster") and inside.get("alt").startswith("Moons ")
    captions = data_of(track.get("src"), "text/vtt").decode()
    assert captions.startswith("WEBVTT\n") and " --> " in captions
    assert track.get("default") is None  # the picture has them itself
    with (
        Image.open(io.BytesIO(b64decode(cell.last["image/png"]))) as exact,
        Image.open(io.BytesIO(data_of(video.get("poster"), "image/jpeg"))) as small,
    ):
        assert exact.format == "PNG" and exact.size == small.size == (192, 128)
        assert np.abs(np.asarray(exact, int) - np.asarray(small, int)).mean() < 3
    assert cell.last["text/plain"] == f"{TITLE}, 0:12"


def test_nothing_in_it_is_a_script_or_was_not_escaped(shown: tuple[netviz.Film, FakeNotebook]) -> None:
    _, cell = shown
    for bundle in (*cell.displays, *cell.updates):
        found = tree(bundle)
        assert not [*found.iter("script")] and "<script" not in bundle["text/html"]
        assert not [name for node in found.iter() for name in node.attrib if name.startswith("on")]
        assert all(uri.startswith("data:") for uri in re.findall(r'(?:src|poster)="([^"]*)', bundle["text/html"]))
    assert "".join(next(tree(cell.last).iter("figcaption")).itertext()) == f"{TITLE}, 0:12"
    assert TITLE in unescape(next(tree(cell.last).iter("video")).get("aria-label"))


def test_a_film_is_made_once(
    shown: tuple[netviz.Film, FakeNotebook], cell: FakeNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    film, before = shown
    monkeypatch.setattr(notebook, "render_all", lambda *args, **kwargs: pytest.fail("made again"))
    show(film)
    assert cell.displays == [before.last] and cell.updates == []


def test_a_large_film_is_a_file_beside_the_notebook(
    shown: tuple[netviz.Film, FakeNotebook], cell: FakeNotebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film, before = shown
    monkeypatch.setattr(notebook, "LARGEST_EMBEDDED", 1000)
    monkeypatch.chdir(tmp_path)
    show(film)
    show(film)
    (file,) = tmp_path.iterdir()
    assert re.fullmatch(r"film-[0-9a-f]{8}\.webm", file.name)
    (small,) = tree(cell.displays[1]).iter("source")
    assert small.get("src") == file.name and cell.displays[0] == cell.displays[1]
    (embedded,) = tree(before.last).iter("source")
    assert file.read_bytes() == data_of(embedded.get("src"), "video/webm")
    line = f"{TITLE}, 0:12. The film is too large to be kept in the notebook; it lies in {file}"
    assert cell.last["text/plain"] == line and "".join(next(tree(cell.last).iter("figcaption")).itertext()) == line


def test_outside_a_notebook_it_is_a_line_and_nothing_is_drawn(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook, "render_all", lambda *args, **kwargs: pytest.fail("drawn"))
    film = netviz.Film(run.recorder, look={"title": "Moons", "duration": 12})
    line = "<netviz.Film 'Moons': 0:12, 960x540, not made yet>"
    assert repr(film) == line and film._repr_mimebundle_() == {"text/plain": line}
    terminal = FakeNotebook(shell=object())  # IPython in a terminal has no kernel
    terminal.install(monkeypatch)
    assert film._repr_mimebundle_() == {"text/plain": line}
    with pytest.raises(NotImplementedError):
        film._ipython_display_()
    assert terminal.displays == []


@pytest.mark.parametrize(
    ("output", "size", "fps", "quality", "webm"),
    [
        ({}, (960, 540), 20, "draft", "vp9"),
        ({"size": "vertical"}, (1080, 1920), 20, "draft", "vp9"),
        ({"platform": "shorts"}, (1080, 1920), 20, "draft", "vp9"),
        ({"fps": "30", "quality": "best", "webm": "av1"}, (960, 540), 30, "best", "av1"),
    ],
)
def test_what_a_look_says_of_its_output_is_done(
    run: Run, output: dict[str, Any], size: tuple[int, int], fps: int, quality: str, webm: str
) -> None:
    chosen = netviz.Film(run.recorder, look={"output": output})._prepared.scene.output
    assert (chosen.size, chosen.fps, chosen.quality, chosen.webm) == (size, fps, quality, webm)


def test_a_scene_keeps_its_shape_in_a_cell() -> None:
    scene = netviz.load_scene("xor", overrides={"output.size": "1080x1920", "output.fps": 12, "audio": None})
    chosen = netviz.Film(scene)._prepared.scene.output
    assert chosen.size == (540, 960) and chosen.fps == Fraction(12)


def test_a_scene_is_trained_when_its_film_is_shown(cell: FakeNotebook) -> None:
    overrides = {"audio": None, "duration": 8, "training.cycles": 60, "schedule": {"cycles": [1, 60]}}
    scene = netviz.load_scene("xor", overrides=overrides | {"output.size": "192x128", "output.fps": 2})
    show(netviz.Film(scene, jobs=1))
    assert "<video" in cell.last["text/html"]
    assert cell.lines[1].startswith("training: ") and "drawing: 0 %" in cell.lines


def test_all_that_is_wrong_is_said_when_the_film_is_asked_for(run: Run) -> None:
    assert refused(netviz.Film, run.recorder, look={"duration": "soon", "style": "oil"}, jobs=0) != []
    lines = refused(netviz.Film, run.recorder, look={"duration": "soon", "style": "oil"})
    assert len(lines) == 2 and lines[0].startswith("look: ") and "oil" in "".join(lines)
    (line,) = refused(netviz.Film, run.recorder, jobs=0)
    assert line == "--jobs: expected a whole number from 1 to 512, got 0"
    (line,) = refused(netviz.Film, "run.npz")
    assert line.startswith("source: expected a scene, a recording or a recorder, got str")


def test_only_webm_is_saved_and_nothing_is_written_over(
    shown: tuple[netviz.Film, FakeNotebook], tmp_path: Path
) -> None:
    film, _ = shown
    (line,) = refused(film.save, tmp_path / "film.mp4")
    assert line.endswith(
        "the film of a cell is WebM: expected a name that ends in .webm; netviz.render makes other files"
    )
    (tmp_path / "film.webm").write_text("mine")
    assert len(refused(film.save, tmp_path / "film.webm")) == 1
    assert (tmp_path / "film.webm").read_text() == "mine"
    film.save(tmp_path / "film.webm", overwrite=True)
    assert (tmp_path / "film.webm").stat().st_size > 1000


@pytest.mark.parametrize(
    ("error", "line"), [(NetvizError("<b>no room"), "<b>no room"), (KeyboardInterrupt(), "it was interrupted")]
)
def test_what_goes_wrong_is_said_under_the_poster(
    run: Run, cell: FakeNotebook, monkeypatch: pytest.MonkeyPatch, error: BaseException, line: str
) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    monkeypatch.setattr(notebook, "render_all", fail)
    film = netviz.Film(run.recorder, look=LOOK)
    if isinstance(error, KeyboardInterrupt):
        with pytest.raises(KeyboardInterrupt):
            show(film)
    else:
        show(film)
    assert cell.last["text/plain"] == f"The film was not made: {line}"
    assert "".join(next(tree(cell.last).iter("figcaption")).itertext()) == cell.last["text/plain"]
    assert [*tree(cell.last).iter("img")] and len(cell.displays) == 1
