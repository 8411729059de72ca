"""A font of the maker's own for numbers: whatever its widths, figures keep their places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from fontTools.ttLib import TTFont

import netviz
from netviz.drawing.canvas import Canvas
from netviz.drawing.renderer import Renderer
from netviz.drawing.text import DIGITS, Font, Typefaces, mask, missing_signs_note, width
from netviz.errors import InputError
from netviz.pipeline.prepare import prepare
from netviz.pipeline.tasks import files_of
from netviz.recording.look_files import files_elsewhere, stored_look
from netviz.scene.export import written
from netviz.scene.loader import load_scene
from netviz.scene.look_file import read_look
from tests.conftest import short_scene
from tests.drawing.support import timeline_of

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
SERIF, PLAIN, SYMBOLS = FONTS / "DejaVuSerif.ttf", FONTS / "cmr10.ttf", FONTS / "STIXSizFiveSymReg.ttf"
SIZE = 40.0


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A font whose 1 is as narrow as in proportional ones."""
    path = tmp_path_factory.mktemp("fonts") / "uneven.ttf"
    font = TTFont(SERIF)
    advance, bearing = font["hmtx"]["one"]
    font["hmtx"]["one"] = (advance // 2, bearing // 4)
    font.save(path)
    return str(path)


def test_figures_of_a_proportional_font_are_set_in_cells(uneven: str) -> None:
    faces = Typefaces.make(None, uneven)
    figures, plain = faces.figures, Font(Path(uneven))
    assert width("1", plain, SIZE) < 0.6 * width("8", plain, SIZE), "or this tests nothing"
    assert len({width(digit, figures, SIZE) for digit in DIGITS}) == 1
    assert width("0.1171", figures, SIZE) == pytest.approx(width("0.8808", figures, SIZE))
    assert width("−1", figures, SIZE) == pytest.approx(2 * width("8", figures, SIZE)), "a minus is one too"
    for one, other in (("1.1", "8.1"), ("11,1", "88,1"), ("−1", "+1")):
        first, second = (mask(text, figures, SIZE) for text in (one, other))
        assert first.left + first.alpha.shape[1] == pytest.approx(second.left + second.alpha.shape[1], abs=1), (
            one,
            other,
        )
    assert width("cycle", figures, SIZE) == width("cycle", plain, SIZE), "words are as they are"
    assert faces.words == Typefaces.make().words


def test_what_is_drawn_of_a_number_lies_in_the_middle_of_its_cell(uneven: str) -> None:
    figures = Typefaces.make(None, uneven).figures
    cell, drawn = width("8", figures, SIZE), mask("1", figures, SIZE)
    assert abs(drawn.left + drawn.alpha.shape[1] / 2 - cell / 2) < 0.12 * cell
    minus = mask("−", figures, SIZE)
    assert minus.alpha.shape[1] <= cell + 1, "it has no room for its own width"
    assert drawn.width == cell
    assert not mask("", figures, SIZE).alpha.size


def test_our_own_figures_are_drawn_as_before() -> None:
    figures = Typefaces.make().figures
    assert not figures.in_cells
    assert np.array_equal(mask("0.18", figures, SIZE).alpha, mask("0.18", Font(figures.path), SIZE).alpha)


def test_numbers_are_drawn_in_it_and_words_are_not() -> None:
    scene = short_scene(figures_font=str(SERIF))
    renderer = Renderer(timeline_of(scene))
    assert {renderer.context.faces.figures.path, renderer.context.faces.strong_figures.path} == {SERIF}
    assert renderer.context.faces.words.path.name == "Inter-Regular.otf"
    assert files_of(scene) == [str(SERIF)]
    assert written(scene).data["figures_font"] == "DejaVuSerif.ttf"
    assert written(scene).files == ("DejaVuSerif.ttf",)


def test_numbers_at_axes_are_drawn_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, set[Path]] = {}
    text, together = Canvas.text, Canvas.cover_of_texts

    def write(self: Canvas, text_: str, x: float, y: float, font: Font, *rest: Any, **more: Any) -> None:
        found.setdefault(text_, set()).add(font.path)
        text(self, text_, x, y, font, *rest, **more)

    def write_together(self: Canvas, several: Any) -> Any:
        several = [*several]
        for words, _, _, font, _, _ in several:
            found.setdefault(words, set()).add(font.path)
        return together(self, several)

    monkeypatch.setattr(Canvas, "text", write)
    monkeypatch.setattr(Canvas, "cover_of_texts", write_together)
    changes = {"training.cycles": 30, "schedule": {"cycles": [10, 30]}, "data.samples": 40, "output.size": "640x360"}
    scene = load_scene(
        "playground-quadrants", overrides=changes | {"figures_font": str(SERIF), "panels": ["boundary", "curve"]}
    )
    Renderer(timeline_of(scene))
    ends = {"-6", "6", "1", "10"}
    assert ends <= found.keys(), "the ends of the plane's axes, and cycles of the curve"
    assert {path for end in ends for path in found[end]} == {SERIF}
    assert SERIF not in found["x₁"]


def test_files_lie_beside_scene_look_and_recording(tmp_path: Path) -> None:
    (tmp_path / "my.ttf").write_bytes(SERIF.read_bytes())
    (tmp_path / "brand.yaml").write_text("figures_font: my.ttf\n")
    assert Path(read_look(tmp_path / "brand.yaml").overrides["figures_font"].value).resolve() == tmp_path / "my.ttf"
    look = {"figures_font": str(tmp_path / "my.ttf")}
    assert stored_look(look, tmp_path) == {"figures_font": "my.ttf"}
    assert [*files_elsewhere(look, tmp_path / "other")] == [str(tmp_path / "my.ttf")]
    scene = (netviz.resources.scenes_folder() / "xor.yaml").read_text() + "\nfigures_font: my.ttf\n"
    (tmp_path / "my.yaml").write_text(scene)
    assert load_scene(tmp_path / "my.yaml").figures_font == str(tmp_path / "my.ttf")


def test_what_is_no_font_for_numbers_is_refused(tmp_path: Path) -> None:
    def refused(path: Path) -> str:
        (problem,) = prepare(short_scene(figures_font=str(path))).problems
        return str(problem)

    assert refused(SYMBOLS) == (
        f"figures_font: {SYMBOLS}: has no 0, 1, 2, 3, 4, 5, 6, 7, 8, 9; figures need a font with all ten digits"
    )
    assert "no such file" in refused(tmp_path / "none.ttf")
    (tmp_path / "text.ttf").write_text("not a font")
    assert refused(tmp_path / "text.ttf").endswith("cannot be read as a font; .ttf or .otf is expected")
    with pytest.raises(InputError, match="figures_font"):
        load_scene("xor", overrides={"figures_font": ""})


def test_signs_that_it_lacks_are_told_and_drawn_in_another() -> None:
    note = f"figures_font: {PLAIN} has no '−', drawn in another typeface"
    assert missing_signs_note(str(PLAIN)) == note
    assert missing_signs_note(str(SERIF)) is None
    assert note in prepare(short_scene(figures_font=str(PLAIN))).notes
    plain, minus = (mask(text, Typefaces.make(None, str(PLAIN)).figures, SIZE) for text in ("0.5", "−0.5"))
    assert np.array_equal(minus.alpha[-plain.alpha.shape[0] :, -20:], plain.alpha[:, -20:]), "the digits stay its own"
