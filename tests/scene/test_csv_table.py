"""Tables of the user's own: what becomes of their rows, and what is said of those that are none."""

# The tables hold messages as they are printed, one a line.
# ruff: noqa: E501

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netviz.errors import MOST_PROBLEMS
from netviz.scene import table as tables
from netviz.scene.cells import Cell
from netviz.scene.loader import load_scene, read_scene, read_stored
from netviz.scene.model import Data
from netviz.scene.overrides import Override
from netviz.scene.table import MOST_ROWS, learn
from netviz.scene.table_file import read_table
from tests.scene.smallest import told

SCENE = """\
network: {layers: [2, 3, 1]}
data:
  csv: points.csv
  inputs: [width, height]
  targets: [big]
"""
TABLE = "name,width,height,big\na,1,2,0\nb,1.5,-2e1,1\n"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes my.yaml and points.csv into an empty current folder."""
    monkeypatch.chdir(tmp_path)

    def _write(table: str | bytes = TABLE, scene: str = SCENE) -> Path:
        Path("points.csv").write_bytes(table.encode() if isinstance(table, str) else table)
        Path("my.yaml").write_text(scene, encoding="utf-8")
        return Path("my.yaml")

    return _write


def rows(path: str | Path = "my.yaml", **changes: Any) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    data = load_scene(path, **changes).data
    assert (data.csv, data.inputs, data.targets) == (None, (), ())
    return [(example.inputs, example.target) for example in data.examples or ()]


def test_rows_become_examples_in_the_order_of_the_file(write: Write) -> None:
    assert rows(write()) == [((1, 2), (0,)), ((1.5, -20), (1,))]


def test_columns_name_the_neurons_unless_the_scene_does(write: Write) -> None:
    network = load_scene(write()).network
    assert (network.inputs, network.outputs) == (("width", "height"), ("big",))
    network = load_scene(write(scene=SCENE.replace("1]}", "1], inputs: [w, h]}", 1))).network
    assert (network.inputs, network.outputs) == (("w", "h"), ("big",))


def test_columns_that_are_points_of_the_plane_may_have_features(write: Write) -> None:
    scene = load_scene(write(scene=SCENE.replace("[2, 3, 1]", "[3, 3, 1]") + "  features: [x1, x2, x1*x2]\n"))
    assert scene.network.inputs == ()
    assert len(scene.data.examples or ()) == 2


@pytest.mark.parametrize(
    "table",
    [
        TABLE.replace(",", ";"),
        TABLE.replace(",", "\t"),
        TABLE.replace("\n", "\r\n"),
        TABLE.replace("\n", "\r"),
        "\ufeff" + TABLE,
        TABLE.replace(",", ", "),
        TABLE.replace("\n", "\n\n  \n,,,\n") + "\n",
        TABLE.replace("name", '"na;me\n"').replace("1.5", ' "1.5"'),
        TABLE.encode("utf-16"),
        TABLE.replace("name", ""),
        TABLE.replace("a,", ",").replace("b,", "é 試,"),
    ],
    ids=["semicolon", "tab", "windows", "mac", "mark", "spaces", "empty lines", "quotes", "utf-16", "no name", "empty"],
)
def test_tables_as_programs_write_them(table: str | bytes, write: Write) -> None:
    assert rows(write(table)) == [((1, 2), (0,)), ((1.5, -20), (1,))]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("1.5", "x", "points.csv:3: column 'width': expected a number, got text 'x'"),
        ("1.5", '"1,5"', "points.csv:3: column 'width': expected a number, got text '1,5' (write 1.5)"),
        ("1.5", "1_5", "points.csv:3: column 'width': expected a number, got text '1_5'"),
        ("a,1,2,0\nb,1.5", '"a\n",1,2,0\n\nb,x', "points.csv:5: column 'width': expected a number, got text 'x'"),
        ("1.5", "-inf", "points.csv:3: column 'width': expected a finite number, got -inf"),
        ("1.5", "1e999", "points.csv:3: column 'width': expected a finite number, got 1e999"),
        ("1.5", "1.5,7", "points.csv:3: 5 values for 4 columns"),
        ("b,1.5", "1.5", "points.csv:3: 3 values for 4 columns"),
        ("a,", '"a\n",x,', "points.csv:2: 5 values for 4 columns"),
        ("big", "bgi", "my.yaml:5:13: data.targets[0]: there is no column 'big' (did you mean 'bgi'?); the columns of points.csv are 'name', 'width', 'height', 'bgi'"),
        ("name", "big", "points.csv:1: column 'big': stands there more than once"),
        ("name,width,height,big\na", "4", "points.csv:1: the first row must hold the names of the columns; here are numbers"),
        ("\na,1,2,0\nb,1.5,-2e1,1", "", "points.csv: has no rows below the names of its columns"),
        (TABLE, "", "points.csv: is empty; the first row must hold the names of the columns"),
        (TABLE, "\n \n", "points.csv: is empty; the first row must hold the names of the columns"),
        ("b,", '"b,', "points.csv:3: cannot be read as CSV: unexpected end of data"),
        ("b,", "x" * 140_000 + ",", "points.csv:3: cannot be read as CSV: field larger than field limit (131072)"),
    ],
)  # fmt: skip
def test_one_mistake_is_told_once_in_its_place(old: str, new: str, says: str, write: Write) -> None:
    assert told(write(TABLE.replace(old, new, 1))) == [says]


def test_a_table_without_a_header(write: Write) -> None:
    lines = told(write(TABLE.partition("\n")[2]))
    there = "the columns of points.csv are 'a', '1', '2', '0'"
    assert lines == [
        f"my.yaml:4:12: data.inputs[0]: there is no column 'width'; {there}",
        f"my.yaml:4:19: data.inputs[1]: there is no column 'height'; {there}",
        f"my.yaml:5:13: data.targets[0]: there is no column 'big'; {there}",
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  targets: [big]\n", "", "my.yaml:3:3: data.targets: missing; the columns of points.csv are 'name', 'width', 'height', 'big'"),
        ("[width, height]", "[width, hight]", "my.yaml:4:19: data.inputs[1]: there is no column 'hight' (did you mean 'height'?); the columns"),
        ("[width, height]", "[width]", "my.yaml:4:11: data.inputs: 1 column, but the first layer has 2 neurons (network.layers: [2, 3, 1])"),
        ("[big]", "[big, name]", "points.csv: column 'name': holds text ('a', 'b'); texts are classes where their column is the only target"),
        ("[big]", "[big, width]", "my.yaml:5:12: data.targets: 2 columns, but the last layer has 1 neuron"),
        ("[2, 3, 1]", "[3, 3, 1]", "my.yaml:4:11: data.inputs: 2 columns, but the first layer has 3 neurons"),
        ("points.csv", "point.csv", "point.csv: no such file"),
        ("points.csv", ".", ".: is a folder, not a table"),
        ("points.csv", "/dev/zero", "my.yaml:3:8: data.csv: '/dev/zero' lies outside the scene's folder"),
        ("points.csv", "../points.csv", "my.yaml:3:8: data.csv: '../points.csv' lies outside the scene's folder"),
        ("points.csv", "points.csv\n  noise: 5", "my.yaml:4:10: data.noise: is only for a dataset; here the data are from csv"),
        ("csv: points.csv", "examples: [{inputs: [1, 1], target: 0}]", "my.yaml:4:11: data.inputs: names columns of csv or arrays; here the data are from examples"),
    ],
)  # fmt: skip
def test_a_mistake_in_what_is_said_of_the_table(old: str, new: str, says: str, write: Write) -> None:
    lines = told(write(scene=SCENE.replace(old, new, 1)))
    assert lines[0].startswith(says)


def test_all_mistakes_at_once(write: Write) -> None:
    scene = "titel: x\n" + SCENE + "style: Glow\n"
    path = write(TABLE.replace("1.5", "x").replace("-2e1", "inf"), scene)
    assert [line.split(": ")[0] for line in told(path, {"output.fps": Override(0, "--fps")})] == [
        "my.yaml:1:1",
        "points.csv:3",
        "points.csv:3",
        "my.yaml:7:8",
        "--fps",
    ]


def test_a_flood_of_mistakes_is_cut(write: Write) -> None:
    scene = SCENE.replace("[width, height]", str([f"c{number}" for number in range(1000)]))
    lines = told(write(scene=scene))
    assert len(lines) == MOST_PROBLEMS + 1
    assert lines[-1] == "and 981 more"


def test_a_table_that_is_wrong_in_every_cell_is_told_in_a_few_lines(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"c{number}" for number in range(200)]
    scene = SCENE.replace("[2, 3, 1]", "[199, 3, 1]")
    table = ",".join(names) + "\n" + (",".join("x" * 200) + "\n") * 500
    path = write(table, scene.replace("width, height", ", ".join(names[:-1])).replace("big", names[-1]))
    cells, counts = 0, list[int]()  # blocks of memory, every 1,000 cells: tracemalloc would take 12 s
    number = tables.number

    def counted(cell: Cell, has_commas: bool) -> Any:
        nonlocal cells
        cells += 1
        if cells % 1000 == 0:
            counts.append(sys.getallocatedblocks())
        return number(cell, has_commas)

    monkeypatch.setattr(tables, "number", counted)
    lines = told(path)
    assert len(lines) == 1
    assert lines[0].startswith("points.csv: column 'c0': holds text ('x'); give each text a column of its own, 1 where")
    assert lines[0].endswith(
        "; likewise 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9', 'c10', 'c11', 'c12', 'c13', 'c14', 'c15', 'c16', 'c17', 'c18', 'c19', 'c20', ..."
    )
    assert cells == 100_000
    # A message has at least three blocks: of the table's second half next to nothing else is kept.
    assert max(counts[50:]) - counts[50] < 5_000, "no message for each of 100,000 cells"


@pytest.mark.parametrize(
    "table, expected",
    [
        ("{},b,big\n1,1,1\n", "points.csv:1: column 1: a name of 20,001 characters; 200 are the most"),
        (
            "width,height,big\n{},1,1\n",
            "points.csv:2: column 'width': expected a number, got 20,001 characters; 100 are the most",
        ),
        (
            "width,height,big\n1,{}1,1\n",
            "points.csv:2: column 'height': expected a number, got 20,002 characters; 100 are the most",
        ),
        (",".join(map(str, range(10_001))) + "\n", "points.csv:1: 10,001 columns; 10,000 are the most"),
    ],
)
def test_cells_and_rows_of_any_length_are_read_in_a_moment(write: Write, table: str, expected: str) -> None:
    began = time.process_time()
    assert told(write(table.replace("{}", "1" * 20_000 + "x"))) == [expected]
    assert time.process_time() - began < 5, "the time grows with the square of a cell's length"


def test_of_many_columns_a_few_are_named(write: Write) -> None:
    names = ",".join(f"c{number}" for number in range(5000))
    line = told(write(f"{names}\n{'1,' * 4999}1\n"))[0]
    assert "'c19', ..." in line
    assert len(line) < 400


def test_targets_the_loss_cannot_measure_are_told_with_their_line(write: Write) -> None:
    path = write(TABLE.replace("2e1,1", "2e1,7").replace("a,", "\na,"), SCENE + "training: {loss: cross_entropy}\n")
    assert told(path) == ["points.csv:4: cross_entropy needs targets between 0 and 1"]


def test_tables_too_large_are_refused(write: Write) -> None:
    path = write("width,height,big\n" + "1,1,1\n" * (MOST_ROWS + 1))
    assert told(path) == ["points.csv: has 20,001 rows; 20,000 are the most, so take a sample of them"]
    assert len(rows(write("width,height,big\n" + "1,1,1\n" * MOST_ROWS))) == MOST_ROWS
    os.truncate("points.csv", 10_000_001)
    assert told(path) == ["points.csv: 10.0 MB is too large for a table; 10 is the most"]


def test_only_text_is_read_and_only_from_regular_files(write: Write) -> None:
    assert told(write(b"a\n\xff")) == ["points.csv:2:1: byte 0xff is not UTF-8 text; save the file as UTF-8"]
    Path("points.csv").unlink()
    os.mkfifo("points.csv")
    assert told("my.yaml") == ["points.csv: is not a regular file"]


def test_where_a_table_is_sought(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write()
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "other.csv").write_text("width,height,big\n9,9,9\n")
    monkeypatch.chdir(tmp_path / "here")
    assert rows("../my.yaml")[0] == ((1, 2), (0,))
    assert rows("../my.yaml", overrides={"data.csv": "other.csv"}) == [((9, 9), (9,))]
    no_table = {"data.csv": Override("no.csv", "--set data.csv")}
    assert told("../my.yaml", no_table) == ["no.csv: no such file (other.csv lies there)"]
    (tmp_path / "my.yaml").write_text(SCENE.replace("points.csv", "../points.csv"))
    (tmp_path / "here" / "my.yaml").write_text(SCENE.replace("points.csv", "../points.csv"))
    assert rows("my.yaml", allow_outside=True)[0] == ((1, 2), (0,))
    (tmp_path / "here" / "points.csv").symlink_to(tmp_path / "points.csv")
    (tmp_path / "here" / "my.yaml").write_text(SCENE)
    (line,) = told("my.yaml")
    assert "lies outside the scene's folder" in line


def test_a_recording_holds_the_rows_themselves(write: Write) -> None:
    scene = load_scene(write())
    Path("points.csv").unlink()
    assert read_stored(scene.model_dump(mode="json"), Path("run.npz")).scene == scene


@settings(max_examples=150, deadline=None)
@given(content=st.one_of(st.binary(max_size=60), st.text(alphabet='a1.,;\t"\n\r -e\0é', max_size=60).map(str.encode)))
def test_whatever_stands_in_a_file_it_is_a_table_or_told(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "points.csv").write_bytes(content)
    (folder / "my.yaml").write_text(SCENE)
    result = read_scene(folder / "my.yaml")
    assert result.problems
    assert all(str(problem).isprintable() for problem in result.problems)


_NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(st.tuples(_NUMBERS, _NUMBERS, _NUMBERS), min_size=1, max_size=8),
    delimiter=st.sampled_from([",", ";", "\t"]),
)
def test_every_number_is_read_as_it_was_written(
    values: list[tuple[float, float, float]], delimiter: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    lines = ["a", "b", "c"], *(map(repr, row) for row in values)
    path.write_text("\n".join(delimiter.join(line) for line in lines))
    data = Data(csv="numbers.csv", inputs=("b", "a"), targets=("c",))
    examples = learn(read_table(path, "numbers.csv"), data, None).examples
    assert [(*example.inputs, *example.target) for example in examples] == [(b, a, c) for a, b, c in values]
