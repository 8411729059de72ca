"""Tables that are wrong: for each kind of mistake one line, which says where the first is, how many more, and what is right."""

# The table holds messages as they are printed, one a line.
# ruff: noqa: E501

from __future__ import annotations

from pathlib import Path

import pytest

from netviz.scene.loader import read_scene
from tests.scene.smallest import told

SCENE = "network: {layers: [2, 3, 2]}\ndata: {csv: t.csv, inputs: [height, width], targets: [kind]}\n"
TABLE = "height,width,kind\n1.5,2,ant\n2.5,3,bee\n3.5,4,ant\n4.5,5,bee\n"
SEMICOLONS = TABLE.replace(",", ";")


def heights(*cells: str) -> str:
    """The table with other cells in the first column."""
    table = TABLE
    for old, new in zip(("1.5", "2.5", "3.5", "4.5"), cells, strict=False):
        table = table.replace(old, new)
    return table


WRONG = {
    "an empty file": ("", "t.csv: is empty; the first row must hold the names of the columns"),
    "names alone": ("height,width,kind\n", "t.csv: has no rows below the names of its columns"),
    "no names": (TABLE.partition("\n")[2].replace("ant", "1").replace("bee", "0"), "t.csv:1: the first row must hold the names of the columns; here are numbers"),
    "a name twice": (TABLE.replace("width", "height"), "t.csv:1: column 'height': stands there more than once"),
    "a long name": (TABLE.replace("width", "w" * 201), "t.csv:1: column 2: a name of 201 characters; 200 are the most"),
    "another separator": (TABLE.replace(",", "|"), "t.csv:1: one column alone, 'height|width|kind'; commas, semicolons or tabs stand between columns"),
    "many columns": (",".join(map(str, range(10_001))) + "\n", "t.csv:1: 10,001 columns; 10,000 are the most"),
    "many rows": ("height,width,kind\n" + "1,2,ant\n" * 20_001, "t.csv: has 20,001 rows; 20,000 are the most, so take a sample of them"),
    "not UTF-8": ("höhe,width,kind\n1,2,a\n".encode("latin-1"), "t.csv:1:2: byte 0xf6 is not UTF-8 text; save the file as UTF-8"),
    "a spreadsheet": (b"PK\x03\x04" + bytes(range(256)), "t.csv: is a spreadsheet or another packed file; save the table in it as CSV"),
    "no text": (b"a,b\n\x00\x01,\x02\n", "t.csv:2: a NUL character, which no table of text has"),
    "an open quote": (heights("1.5", '"2.5'), "t.csv:3: cannot be read as CSV: unexpected end of data"),
    "text behind a quote": (heights("1.5", '"2.5"x'), "t.csv:3: cannot be read as CSV: ',' expected after '\"'"),
    "a longer row": (TABLE.replace("2.5,3", "2.5,3,4"), "t.csv:3: 4 values for 3 columns"),
    "shorter rows": (TABLE.replace("2.5,3", "3").replace("3.5,", ""), "t.csv:3: 2 values for 3 columns; 1 more row does not fit (line 4)"),
    "a word among numbers": (heights("1.5", "x"), "t.csv:3: column 'height': expected a number, got text 'x'"),
    "two words": (heights("1.5", "x", "3.5", "y"), "t.csv:3: column 'height': expected a number, got text 'x'; 1 more such cell (line 5)"),
    "words in two columns": (heights("1.5", "x").replace(",5,", ",y,"), "t.csv:3: column 'height': expected a number, got text 'x'; 1 more such cell (also in 'width')"),
    "a column of words": (heights("low", "high", "low", "low"), "t.csv: column 'height': holds text ('low', 'high'); give each text a column of its own, 1 where it stands, 0 elsewhere"),
    "two columns of words": (heights("low", "high", "low", "low").replace(",2,", ",a,").replace(",3,", ",b,").replace(",4,", ",c,").replace(",5,", ",d,"), "t.csv: column 'height': holds text ('low', 'high'); give each text a column of its own, 1 where it stands, 0 elsewhere; likewise 'width'"),
    "yes and no": (heights("yes", "No", "no", "no"), "t.csv:2: column 'height': expected a number, got text 'yes' (write 1); 3 more such cells (lines 3, 4, 5)"),
    "per cent": (heights("15 %", "2%", "3.5 %", "4%"), "t.csv:2: column 'height': expected a number, got text '15 %' (write 15, without the sign); 3 more such cells (lines 3, 4, 5)"),
    "units": (heights("1.5 cm", "2cm", "3.5", "4.5"), "t.csv:2: column 'height': expected a number, got text '1.5 cm' (write 1.5, without the unit); 1 more such cell (line 3)"),
    "money": (heights("$1.5"), "t.csv:2: column 'height': expected a number, got text '$1.5' (write 1.5, without the unit)"),
    "thousands": (heights('"1,234.5"'), "t.csv:2: column 'height': expected a number, got text '1,234.5' (write 1234.5, with no sign between thousands)"),
    "thousands with a space": (heights("1 234 567"), "t.csv:2: column 'height': expected a number, got text '1 234 567' (write 1234567, with no sign between thousands)"),
    "thousands of another country": (SEMICOLONS.replace("1.5", "1.234,5").replace("2.5", "2,5").replace("3.5", "3,5").replace("4.5", "4"), "t.csv:2: column 'height': expected a number, got text '1.234,5' (write 1234,5, with no sign between thousands)"),
    "a decimal comma": (heights("1.5", '"2,5"'), "t.csv:3: column 'height': expected a number, got text '2,5' (write 2.5)"),
    "a decimal comma, or thousands": (heights("1.5", '"2,500"'), "t.csv:3: column 'height': expected a number, got text '2,500' (write 2500 or 2.500)"),
    "a point among decimal commas": (SEMICOLONS.replace(".5", ",5").replace("1,5", "1.500"), "t.csv:2: column 'height': expected a number, got text '1.500' (write 1500 or 1,500, as other numbers here have decimal commas)"),
    "a comma among decimal points": (SEMICOLONS.replace("2.5", "2,5"), "t.csv:3: column 'height': expected a number, got text '2,5' (write 2.5)"),
    "dates": (heights("2021-01-03", "2021-01-04", "2021-01-05", "3"), "t.csv:2: column 'height': expected a number, got text '2021-01-03' (a date or a time; give a number, such as days since the first one); 2 more such cells (lines 3, 4)"),
    "a time": (heights("1.5", "12:30"), "t.csv:3: column 'height': expected a number, got text '12:30' (a date or a time; give a number, such as days since the first one)"),
    "infinity": (heights("1.5", "-inf"), "t.csv:3: column 'height': expected a finite number, got -inf"),
    "beyond all numbers": (heights("1.5", "1e999"), "t.csv:3: column 'height': expected a finite number, got 1e999"),
    "a number without end": (heights("1.5", "1" * 101), "t.csv:3: column 'height': expected a number, got 101 characters; 100 are the most"),
    "a column without a value": (heights("", "?", "NA", "nan"), "t.csv: column 'height': has no value in any row"),
    "no row without a gap": (heights("", "").replace(",4,", ",,").replace(",5,", ",NULL,"), "t.csv: no row has a value in every column that is used: height in 2 (lines 2, 3), width in 2 (lines 4, 5)"),
    "one class": (TABLE.replace("bee", "ant"), "t.csv: column 'kind': holds 'ant' alone, so there is nothing to tell apart"),
    "a class too many": (TABLE.replace("4.5,5,bee", "4.5,5,Ant"), "my.yaml:2:54: data.targets: column 'kind' has 3 classes (Ant, ant, bee), but the last layer has 2 neurons (network.layers: [2, 3, 2]); layers: [2, 3, 3] would fit"),
    "dates as classes": (TABLE.replace("ant", "3.1.2021").replace("bee", "4.1.2021"), "t.csv:2: column 'kind': expected a number, got text '3.1.2021' (a date or a time; give a number, such as days since the first one); 3 more such cells (lines 3, 4, 5)"),
}  # fmt: skip


@pytest.mark.parametrize(("table", "says"), WRONG.values(), ids=WRONG)
def test_each_kind_of_mistake_is_one_line(
    table: str | bytes, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    Path("my.yaml").write_text(SCENE)
    assert told("my.yaml") == [says]


def test_different_kinds_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(heights("1.5", "x", "inf") + "6.5,6,ant,7\n5%,7,bee\n")
    Path("my.yaml").write_text(SCENE.replace("[2, 3, 2]", "[3, 3, 2]"))
    assert told("my.yaml") == [
        "t.csv:6: 4 values for 3 columns",
        "t.csv:3: column 'height': expected a number, got text 'x'",
        "t.csv:4: column 'height': expected a finite number, got inf",
        "t.csv:7: column 'height': expected a number, got text '5%' (write 5, without the sign)",
        "my.yaml:2:28: data.inputs: 2 columns, but the first layer has 3 neurons (network.layers: [3, 3, 2])",
    ]


def test_targets_that_the_loss_cannot_measure_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a,b\n1,0\n2,7\n3,1\n4,7\n5,8\n")
    Path("my.yaml").write_text(
        "network: {layers: [1, 1]}\ndata: {csv: t.csv, targets: b}\ntraining: {loss: cross_entropy}\n"
    )
    assert told("my.yaml") == ["t.csv:3: cross_entropy needs targets between 0 and 1; so in 3 rows"]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_decimal_commas_are_read_where_they_separate_no_cells(
    delimiter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        "Höhe, cm;Breite, cm;Art",
        " 1,5;2;Ameise",
        ' "-2,25" ;3e-1 ;"Biene"  ',
        "3;4,5e1;Ameise",
        "\u22124,;,5;Biene",
        ";;",
    ]
    Path("t.csv").write_bytes(("\ufeff" + "\r\n".join(rows) + "\r\n\r\n").replace(";", delimiter).encode())
    Path("my.yaml").write_text("network: {layers: [2, 3, 1]}\ndata: {csv: t.csv, targets: [Art]}\n", encoding="utf-8")
    result = read_scene("my.yaml")
    assert result.scene is not None, result.problems
    assert [example.inputs for example in result.scene.data.examples or ()] == [
        (1.5, 2),
        (-2.25, 0.3),
        (3, 45),
        (-4, 0.5),
    ]
    assert (result.scene.network.inputs, result.scene.network.outputs) == (("Höhe, cm", "Breite, cm"), ("Biene",))
    assert result.notes == ()


def test_commas_that_may_stand_between_thousands_are_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a;b\n1,234;0\n2,500;1\n3;1\n")
    Path("my.yaml").write_text("network: {layers: [1, 1]}\ndata: {csv: t.csv, targets: [b]}\n")
    assert read_scene("my.yaml").notes == ("t.csv: its commas are read as decimal commas: 1,234 is 1.234",)
    Path("t.csv").write_text("a;b\n0,234;0\n2,500;1\n3;1\n")
    assert read_scene("my.yaml").notes == ()


@pytest.mark.parametrize(
    ("table", "inputs"),
    [
        ("id,a,b,word,b2,kind\n1,2,3,x,,0\n2,4,5,,6,1\n", ("id", "a", "b", "b2")),
        (",a,kind\n0,2,0\n1,4,1\n", ("a",)),
        ("kind,when,a\n0,2021-01-03,2\n1,2021-01-04,4\n", ("a",)),
    ],
    ids=["words", "an index without a name", "dates"],
)
def test_without_inputs_all_other_numbers_are_inputs(
    table: str, inputs: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(table)
    Path("my.yaml").write_text(f"network: {{layers: [{len(inputs)}, 1]}}\ndata: {{csv: t.csv, targets: [kind]}}\n")
    result = read_scene("my.yaml")
    assert result.scene is not None, result.problems
    assert result.scene.network.inputs == inputs


def test_a_column_that_was_meant_as_numbers_is_no_column_of_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a,b,kind\n1,5%,0\n2,6%,1\n")
    Path("my.yaml").write_text("network: {layers: [1, 1]}\ndata: {csv: t.csv, targets: [kind]}\n")
    lines = told("my.yaml")
    assert lines[-1].startswith("t.csv:2: column 'b': expected a number, got text '5%' (write 5")
    Path("t.csv").write_text("a,b,kind\nx,y,0\nz,z,1\n")
    assert told("my.yaml") == ["my.yaml:2:7: data.inputs: missing: in t.csv no column but the targets holds numbers"]


def test_of_a_column_of_titles_a_few_are_shown_and_arrays_are_sent_to_their_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a,b\n" + "".join(f"book {each},{each}\n" for each in range(30)))
    Path("my.yaml").write_text("network: {layers: [1, 1]}\ndata: {csv: t.csv, inputs: a, targets: b}\n")
    (line,) = told("my.yaml")
    assert "'book 5', ...); give each" in line and "book 6" not in line
    Path("t.npz").write_bytes(b"PK")
    Path("my.yaml").write_text("network: {layers: [1, 1]}\ndata: {csv: t.npz, inputs: a, targets: b}\n")
    assert told("my.yaml") == ["t.npz: holds arrays of NumPy; write arrays: t.npz in place of csv"]
