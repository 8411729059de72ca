"""Arrays as tables: .npz and .npy as NumPy writes them, and what is said of those that are not learned from."""

# The table holds messages as they are printed, one a line.
# ruff: noqa: E501

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from netviz.scene import array_table
from netviz.scene.copies import files_beside
from netviz.scene.loader import load_scene, read_scene
from netviz.scene.scene import Scene
from tests.scene.smallest import told

X, Y = np.array([[1, 2], [3, 4], [5, 6]]), np.array([0, 1, 1])
SCENE = "network: {layers: [2, 3, 1]}\ndata: {arrays: t.npz, inputs: X, targets: y}\n"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(scene: str = SCENE, **members: Any) -> str:
    np.savez("t.npz", **members)
    Path("my.yaml").write_text(scene)
    return "my.yaml"


def rows(scene: Scene) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    return [(example.inputs, example.target) for example in scene.data.examples or ()]


ROWS = [((1, 2), (0,)), ((3, 4), (1,)), ((5, 6), (1,))]


@pytest.mark.parametrize(
    "kind", ["<f8", ">f8", "f4", "f2", "i1", "u1", "<i2", ">i2", "u2", "<i4", ">u4", "i8", ">i8", "u8"]
)
def test_numbers_of_all_types_are_read(kind: str) -> None:
    scene = load_scene(write(X=X.astype(kind), y=Y.astype(bool)))
    assert rows(scene) == ROWS
    assert (scene.network.inputs, scene.network.outputs) == ((), ("y",))


@settings(max_examples=40, deadline=None)
@given(
    values=arrays.arrays(
        st.sampled_from(["<f8", ">f4", "<i8", "u1"]),
        st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(1, 2)),
        elements={"allow_nan": False, "allow_infinity": False},
    ),
    fortran=st.booleans(),
    packed=st.booleans(),
)
def test_every_shape_is_read_as_numpy_has_it(values: Any, fortran: bool, packed: bool) -> None:
    write(SCENE.replace("[2, 3, 1]", f"[{values[0].size}, 1]"))
    stored = np.asfortranarray(values) if fortran else values
    (np.savez_compressed if packed else np.savez)("t.npz", X=stored, y=np.arange(len(values)))
    found = np.array([each for each, _ in rows(load_scene("my.yaml"))])
    assert np.array_equal(found, values.reshape(len(values), -1).astype(float))


def test_without_inputs_all_other_numbers_are_inputs() -> None:
    others = {"names": np.array(["a", "b", "c"]), "X_test": np.zeros((7, 2)), "objects": np.array([{}, 1, 2])}
    scene = SCENE.replace(", inputs: X", "")
    assert rows(load_scene(write(scene, X=X, y=Y, **others))) == ROWS
    loaded = load_scene(write(scene, a=X[:, 0], b=X[:, 1], y=Y, **others))
    assert (rows(loaded), loaded.network.inputs) == (ROWS, ("a", "b"))


@pytest.mark.parametrize("labels", [np.array([7, 9, 7]), np.array([7.0, 9.0, 7.0]), np.array(["7", "9", "7"]), np.array([b"7", b"9", b"7"])])  # fmt: skip
def test_labels_are_classes(labels: Any) -> None:
    scene = load_scene(write(SCENE.replace("1]", "2]"), X=X, y=labels))
    assert [target for _, target in rows(scene)] == [(1, 0), (0, 1), (1, 0)]
    assert (scene.network.outputs, scene.training.loss) == (("7", "9"), "cross_entropy")
    assert scene.network.activation == ("sigmoid", "softmax")


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_columns_of_an_npy_are_called_by_their_numbers(order: Any) -> None:
    np.save("t.npy", np.asarray(np.column_stack([Y, X]), order=order))
    Path("my.yaml").write_text('network: {layers: [2, 1]}\ndata: {arrays: t.npy, targets: "0"}\n')
    scene = load_scene("my.yaml")
    assert (rows(scene), scene.network.inputs) == (ROWS, ())


def test_rows_that_lack_a_number_are_told_once() -> None:
    result = read_scene(write(X=np.where(X == 4, np.nan, X), y=Y))
    assert result.notes == ("t.npz: 1 of 3 rows are left out, for they lack a value: X in 1 (row 1)",)
    assert result.scene is not None
    assert rows(result.scene) == [ROWS[0], ROWS[2]]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "objects": ({"X": np.array([[1, {}]] * 3)}, "t.npz: 'X' holds Python objects; numbers and texts are read"),
    "complex numbers": ({"X": X * 1j}, "t.npz: 'X' holds complex numbers; numbers and texts are read"),
    "records": ({"y": np.zeros(3, dtype=[("a", "i4")])}, "t.npz: 'y' holds records; numbers and texts are read"),
    "dates": ({"y": np.zeros(3, dtype="M8[D]")}, "t.npz: 'y' holds dates; numbers and texts are read"),
    "wide numbers": ({"X": X.astype("f16")}, "t.npz: 'X' holds values of the type <f16; numbers and texts are read"),
    "one value": ({"y": np.array(1)}, "t.npz: 'y' is one value, and has no rows"),
    "nothing": ({"X": np.zeros((3, 0))}, "t.npz: 'X' is empty: its shape is (3, 0)"),
    "many rows": ({"X": np.zeros((20_001, 2), dtype="i1"), "y": np.zeros(20_001, dtype="i1")}, "t.npz: 'y' has 20,001 rows; 20,000 are the most, so take a sample of them"),
    "wide rows": ({"X": np.zeros((3, 10_001), dtype="i1")}, "t.npz: 'X' has 10,001 values for each example; 10,000 are the most"),
    "other lengths": ({"y": np.zeros(4)}, "t.npz: 'y' has 4 rows and 'X' has 3; each array has a row for each example"),
    "no such array": ({"y": Y, "labels": Y, "x": X}, "my.yaml:2:31: data.inputs[0]: there is no array 'X' (did you mean 'x'?); the arrays of t.npz are 'y', 'labels', 'x'"),
    "another width": ({"X": np.zeros((3, 4))}, "my.yaml:2:31: data.inputs: 4 values, but the first layer has 2 neurons (network.layers: [2, 3, 1])"),
    "texts": ({"X": np.array([["a", "b"]] * 3)}, "t.npz: array 'X': holds text ('a'); give each text a column of its own, 1 where it stands, 0 elsewhere"),
    "infinity": ({"X": np.where(X == 4, np.inf, X)}, "t.npz: row 1: array 'X': expected a finite number, got inf"),
    "long texts": ({"y": np.array(["a" * 201] * 3)}, "t.npz: 'y' holds texts of 201 characters; 200 are the most"),
}  # fmt: skip


@pytest.mark.parametrize(("members", "says"), WRONG.values(), ids=WRONG)
def test_what_is_not_learned_from_is_told_in_a_line(members: dict[str, Any], says: str) -> None:
    given = members if "labels" in members else {"X": X, "y": Y} | members
    assert told(write(**given)) == [says]


def test_files_that_are_no_arrays_are_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def says(content: bytes, name: str = "t.npz") -> str:
        Path(name).write_bytes(content)
        Path("my.yaml").write_text(SCENE.replace("t.npz", name))
        (line,) = told("my.yaml")
        return line.removeprefix(f"{name}: ")

    write(X=X, y=Y)
    whole = Path("t.npz").read_bytes()
    damaged = "cannot be read as arrays: it is damaged, or NumPy did not write it"
    assert says(b"") == says(whole[:-30]) == says(whole.replace(b"\x93NUMPY", b"\x93NUMPI")) == damaged
    assert says(b"a,b\n1,2\n", "t.csv") == "expected arrays, in a file that ends in .npz or .npy; csv takes tables"
    assert says(whole, "t.npy") == damaged
    out = io.BytesIO()
    np.save(out, X)
    assert says(out.getvalue()[:-8], "t.npy") == "its array is cut off: 40 of 48 bytes"
    np.save(out := io.BytesIO(), Y)
    assert says(out.getvalue(), "t.npy").startswith("its shape is (3,); a table has rows and columns (np.savez(")
    with zipfile.ZipFile(out := io.BytesIO(), "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("X.npy", b"")
        archive.writestr("y.npy", b"")
    assert says(out.getvalue()) == "is packed in a way that NumPy does not use; save it with np.savez"
    with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
        for number in range(1001):
            archive.writestr(str(number), b"")
    assert says(out.getvalue()) == "more than 1,000 arrays are not read"
    monkeypatch.setattr(array_table, "MOST_NUMBERS", 8)
    assert says(whole) == "9 numbers; 8 are the most, so take a sample of the rows"
    os.truncate("t.npz", 100_000_001)
    assert told("my.yaml") == ["t.npz: 100.0 MB is too large for a file of arrays; 100 is the most"]
    Path("t.npz").unlink()
    assert told("my.yaml") == ["t.npz: no such file (did you mean 't.npy'?)"]
    os.mkfifo("t.npz")
    assert told("my.yaml") == ["t.npz: is not a regular file"]


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999, 1)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-3, 2)}",
        "{'descr': '<f8', 'fortran_order': 0, 'shape': (3, 2)}",
        "{'descr': '<f8', 'shape': (3, 2)}",
        "{'descr': '<U99999999999999', 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '', 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': 3}",
        "(" * 5000,
        "__import__('os')",
    ],
)
def test_headers_that_numpy_would_not_write_cost_nothing(header: str) -> None:
    text = header.encode()
    Path("t.npy").write_bytes(b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text + bytes(48))
    Path("my.yaml").write_text(SCENE.replace("t.npz", "t.npy"))
    (line,) = told("my.yaml")
    assert line.startswith("t.npy: ")


def test_arrays_lie_in_the_scenes_folder() -> None:
    write(X=X, y=Y)
    Path("inner").mkdir()
    Path("inner/my.yaml").write_text(SCENE.replace("t.npz", "../t.npz"))
    assert files_beside("my.yaml") == {"t.npz": Path("t.npz").resolve()}
    (line,) = told("inner/my.yaml")
    assert line.startswith("inner/my.yaml:2:16: data.arrays: '../t.npz' lies outside the scene's folder; copy it there")
    assert rows(load_scene("inner/my.yaml", allow_outside=True)) == ROWS
    assert rows(load_scene("my.yaml", overrides={"data.arrays": "t.npz", "data.csv": None})) == ROWS


def test_a_pickle_is_never_read() -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return os.mkdir, ("trapped",)

    for named in (SCENE, SCENE.replace(", inputs: X", "")):
        result = read_scene(write(named, y=Y, X=X, Z=np.array([Trap(), 1, 2], dtype=object)))
        assert result.scene is not None, result.problems
    assert told(write(y=Y, X=np.array([Trap(), 1, 2], dtype=object))) == [
        "t.npz: 'X' holds Python objects; numbers and texts are read"
    ]
    assert not Path("trapped").exists()


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_whatever_is_done_to_a_file_it_is_arrays_or_told(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([np.savez, np.savez_compressed]))
    kind("t.npz", X=X, y=Y, word=np.array(["a", "b", "c"]))
    content = bytearray(Path("t.npz").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[place] = data.draw(st.integers(0, 255))
        else:
            del content[place : place + data.draw(st.integers(1, 9))]
    Path("t.npz").write_bytes(content)
    Path("my.yaml").write_text(data.draw(st.sampled_from([SCENE, SCENE.replace(", inputs: X", "")])))
    result = read_scene("my.yaml")
    assert (result.scene is None) == bool(result.problems)
    assert all(str(problem).isprintable() for problem in result.problems)
