"""Tests of the columns of a table: what is written in a row, and where it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

import netviz
from netviz.drawing.layout import arrange
from netviz.drawing.panels.table import TablePanel
from netviz.drawing.renderer import Renderer
from netviz.drawing.table_columns import Rows, class_names, columns, preferred_width, table_rows
from netviz.drawing.text import Typefaces
from tests.conftest import short_scene
from tests.drawing.support import Written, timeline_of, written
from tests.recordings import own_scene

__all__ = ["written"]

FACES = Typefaces.make(None)
FIGURE, SMALL = 22.0, 17.0
THREE = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])


def rows(**changes: object) -> Rows:
    given = Rows([[0.5, 1], [0.25, 20]], [[1], [0]], [[0.125, 3]], ("", "", ""))
    return replace(given, **changes)  # type: ignore[arg-type]


def test_decimals_of_a_column_line_up() -> None:
    found, fits = columns(rows(), FACES, FIGURE, SMALL, 1000)
    assert fits
    assert [cells[0] for cells in found.cells] == [["0.500", "1"], ["0.250", "20"]]
    assert found.asked == [["0.125", "3"]]


def test_one_right_output_of_several_is_the_name_of_its_class() -> None:
    assert class_names(THREE, ("a rose", "", "an oak")) == ("a rose", "1", "an oak")
    assert class_names(THREE, ()) == ("0", "1", "2")
    assert class_names(THREE, ("a", "b", "a very long name")) == ("0", "1", "2"), "too long for a row"
    assert class_names([*THREE, [1.0, 1.0, 0.0]], ("a", "b", "c")) == (), "two may be right at once"
    assert class_names([[0.0, 1.0], [1.0, 0.0]], ("a", "b")) == (), "two outputs are told apart as they are"
    many = rows(targets=THREE, given=[[0], [1], [2]], asked=[], names=("", ""), classes=("rose", "elm", "oak"))
    found, _ = columns(many, FACES, FIGURE, SMALL, 1000)
    assert [cells[1] for cells in found.cells] == [["rose"], ["elm"], ["oak"]]


def test_answers_go_first_and_then_marks_and_names() -> None:
    named = rows(names=("width", "height", "big"))
    shown = [columns(named, FACES, FIGURE, SMALL, most)[0].choice for most in (2000, 270, 215, 160)]
    assert [(each.shown, each.has_names) for each in shown] == [
        ("answers", True), ("answers", False), ("marks", False), ("nothing", False),
    ]  # fmt: skip
    widths = [columns(named, FACES, FIGURE, SMALL, most)[0].width for most in (2000, 270, 215, 160)]
    assert widths == sorted(widths, reverse=True)
    lines = columns(rows(names=("first column", "", "big")), FACES, FIGURE, SMALL, 2000)[0].names
    assert lines == [["first", "column"], [], ["big"]]


def test_a_table_is_wider_only_for_names_or_where_nothing_fits() -> None:
    named = rows(names=("width", "height", "big"))
    full = columns(named, FACES, FIGURE, SMALL, 2000)[0].width
    assert preferred_width(named, FACES, FIGURE, SMALL, full - 20, full + 1) == full
    assert preferred_width(named, FACES, FIGURE, SMALL, full - 20, full - 1) == full - 20
    assert preferred_width(rows(), FACES, FIGURE, SMALL, 300, 400) == 300
    assert 60 < preferred_width(rows(), FACES, FIGURE, SMALL, 60, 400) <= 400


@pytest.mark.parametrize("names", [{"inputs": ["a", "b", "c"], "outputs": ["d"]}, {}])
def test_names_of_columns_are_written_above_them(written: list[Written], names: dict[str, list[str]]) -> None:
    timeline = timeline_of(short_scene(network={"layers": [3, 4, 1], "activation": "sigmoid", **names}))
    renderer = Renderer(timeline)
    table = next(panel for panel in renderer.panels if isinstance(panel, TablePanel))
    above = [each for each in written if each.bottom < table.first and each.text in "abcd"]
    assert [each.text for each in above] == ["a", "b", "c", "d"] * bool(names)
    for each, edge in zip(above, [*table.columns[:3], table.columns[4]], strict=False):
        assert each.right == pytest.approx(edge, abs=3)


def test_rows_of_a_scene(recording: netviz.Recording) -> None:
    scene, examples = own_scene(recording), recording.examples
    found = table_rows(scene, examples.given.tolist(), examples.targets.tolist())
    assert len(found.given) == 7 and found.is_judged and found.has_answers and not found.classes
    places = arrange(scene).places
    assert places["table"].right < places["network"].x
