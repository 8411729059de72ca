"""Files of arrays that are damaged or hostile: refused in one line, before anything large is read."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netviz.errors import InputError
from netviz.recording import npz_directory
from netviz.recording.array_file import ArrayFile, DamagedArrays, write_arrays
from tests.array_files import ARRAYS, HEADER, everything, npy, npy_with, npz, numbers_at, refused, same


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "run.npz"
    write_arrays(path, HEADER, ARRAYS)
    return path


def test_truncated_anywhere_it_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for length in (*range(0, len(whole), 5), *range(len(whole) - 100, len(whole))):
        path.write_bytes(whole[:length])
        assert "not a recording" in refused(path)
    path.write_bytes(whole + b"\0")
    assert "not a recording" in refused(path)
    path.write_bytes(b"\0" + whole)
    assert "not a recording" in refused(path)


def test_truncated_behind_an_archive_within_it_is_refused(tmp_path: Path) -> None:
    inner = io.BytesIO()
    np.savez(inner, header=np.frombuffer(b'{"format": 2}', dtype=np.uint8))
    path = tmp_path / "run.npz"
    write_arrays(path, HEADER, {"inner": np.frombuffer(inner.getvalue(), dtype=np.uint8), "more": np.zeros(9)})
    assert [*everything(path)] == ["inner", "more"]
    data = path.read_bytes()
    path.write_bytes(data[: data.index(inner.getvalue()) + len(inner.getvalue())])
    assert zipfile.is_zipfile(path)
    assert "not a recording" in refused(path)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Small files, aligned, unaligned and deflated, by the name of what wrote them."""
    folder = tmp_path_factory.mktemp("small")
    arrays = {"weights": np.arange(8.0), "step": np.arange(4, dtype=np.int32)}
    header = np.frombuffer(b'{"format": 2}', dtype=np.uint8)
    write_arrays(folder / "netviz", {"format": 2}, arrays)
    with (folder / "savez").open("wb") as one, (folder / "compressed").open("wb") as two:
        np.savez(one, header=header, **arrays)
        np.savez_compressed(two, header=header, **arrays)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("kind", ["netviz", "savez", "compressed"])
def test_any_flipped_bit_is_refused_or_harmless(kind: str, small: dict[str, bytes], tmp_path: Path) -> None:
    path, whole = tmp_path / "run.npz", small[kind]
    path.write_bytes(whole)
    expected, harmless = everything(path), 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for position in range(len(whole)):
            for bit in (position % 8, (position + 3) % 8):
                damaged = bytearray(whole)
                damaged[position] ^= 1 << bit
                path.write_bytes(damaged)
                try:
                    assert same(everything(path), expected)
                    harmless += 1
                except InputError as error:
                    assert "\n" not in str(error)
    assert harmless < 2 * len(whole) / 3, "dates, padding and versions, which nobody reads"


@given(data=st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_changed_bytes_are_refused_or_harmless(
    data: st.DataObject, small: dict[str, bytes], tmp_path: Path
) -> None:
    path, whole = tmp_path / "run.npz", small[data.draw(st.sampled_from(sorted(small)))]
    path.write_bytes(whole)
    expected = everything(path)
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(whole) - 1))
        changed = data.draw(st.binary(max_size=12))
        damaged[position : position + data.draw(st.sampled_from([0, len(changed)]))] = changed
    path.write_bytes(damaged)
    try:
        assert same(everything(path), expected)
    except InputError as error:
        assert "\n" not in str(error)


def test_every_flip_in_an_array_is_found(path: Path) -> None:
    whole, places = path.read_bytes(), numbers_at(path)
    for name, array in ARRAYS.items():
        for position in range(places[f"{name}.npy"], places[f"{name}.npy"] + array.nbytes):
            damaged = bytearray(whole)
            damaged[position] ^= 0x10
            path.write_bytes(damaged)
            assert refused(path) == f"damaged: {name} cannot be read: its checksum is another"


def test_changed_in_place_it_is_noticed_while_reading(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    write_arrays(path, HEADER, {"weights": np.zeros(1_000_000)})
    with ArrayFile(path) as file:
        os.truncate(path, 4_000_000)
        with pytest.raises(DamagedArrays, match="weights ends too early"):
            file.verify()


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", None),
        ('{"shape":(3,),"fortran_order":False,"descr":"<f8"}  \n', None),
        ("{'descr': '<f8', 'fortran_order': True, 'shape': (3, 1, 1)}", None),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3)}", "no array of numbers"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3,,)}", "no array of numbers"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-3,)}", "no array of numbers"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3L,)}", "no array of numbers"),
        ("{'descr': '<f8', 'fortran_order': 0, 'shape': (3,)}", "no array of numbers"),
        ("{'descr': '<f8', 'fortran_order': False}", "no array of numbers"),
        ("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", "no array of numbers"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)", "no array of numbers"),
        ("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,)}", "no array of numbers"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3,\n", "no array of numbers"),
        ("(" * 9000, "no array of numbers"),
        ("", "no array of numbers"),
        ("\xff\x00\n", "no array of numbers"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1" * 5000 + ",)}", "no array of numbers"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}" + " " * 10_000, "no array of numbers"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (3,)}", "holds objects"),
        ("{'descr': '<c16', 'fortran_order': False, 'shape': (3,)}", "holds '<c16'"),
        ("{'descr': '<U6', 'fortran_order': False, 'shape': (1,)}", "holds '<U6'"),
        ("{'descr': '|f8', 'fortran_order': False, 'shape': (3,)}", "holds '|f8'"),
        ("{'descr': '', 'fortran_order': False, 'shape': (3,)}", "holds ''"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (4,)}", "has 24 bytes of numbers, not 32"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 0)}", "has 24 bytes of numbers, not 0"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000000,)}", "a shape that no recording has"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 1000000000000000000)}", "a shape that no"),
        (f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({'1, ' * 65})}}", "a shape that no recording has"),
    ],
)
@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("version", [b"\1\0", b"\2\0"])
def test_npy_headers(header: str, message: str | None, packing: int, version: bytes, tmp_path: Path) -> None:
    path, numbers = tmp_path / "run.npz", np.arange(3.0)
    npz(path, {"loss.npy": npy_with(header, numbers.tobytes(), version)}, packing)
    if message is None:
        np.testing.assert_array_equal(everything(path)["loss"].ravel(), numbers)
    else:
        tracemalloc.start()
        assert refused(path).startswith("damaged: loss ")
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
        tracemalloc.stop()
        assert message in refused(path)


@pytest.mark.parametrize("data", [b"", b"x", b"\x93NUMPY", b"\x93NUMPY\3\0" + bytes(200), b"\x93NUMPY\1\0\xff\xff{}"])
def test_members_that_are_no_arrays(data: bytes, tmp_path: Path) -> None:
    npz(tmp_path / "run.npz", {"loss.npy": data})
    assert "loss cannot be read: its .npy header is no array of numbers" in refused(tmp_path / "run.npz")


@pytest.mark.parametrize("name", ["two\nlines", "x" * 60_000, "\x1b[2J", "a b"])
def test_odd_names_are_shown_in_one_short_line(name: str, tmp_path: Path) -> None:
    npz(tmp_path / "run.npz", {name: b"x"})
    assert repr(name[:80]) in refused(tmp_path / "run.npz")
    npz(tmp_path / "run.npz", {name: npy(np.zeros(3)), f"{name}.npy": npy(np.zeros(3))})
    assert "two members are called" in refused(tmp_path / "run.npz")


# The archive's directory


def changed(path: Path, signature: bytes, offset: int, value: bytes, which: int = -1) -> None:
    """Change bytes of a record of the archive, the last or this one of its kind."""
    data = bytearray(path.read_bytes())
    at, found = -1, []
    while (at := data.find(signature, at + 1)) >= 0:
        found.append(at)
    data[found[which] + offset : found[which] + offset + len(value)] = value
    path.write_bytes(data)


def test_members_over_one_another_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    inner = io.BytesIO()  # a local header and an array, within the numbers of the first member
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("two.npy", npy(np.zeros(3)))
    npz(path, {"one.npy": npy(np.frombuffer(inner.getvalue(), dtype=np.uint8)), "two.npy": npy(np.zeros(3))})
    assert [*everything(path)] == ["one", "two"]
    offset = path.read_bytes().index(b"PK\3\4", path.read_bytes().index(b"one.npy") + 8)
    changed(path, b"PK\1\2", 42, struct.pack("<L", offset))
    assert zipfile.ZipFile(path).read("two.npy") == npy(np.zeros(3)), "zipfile of this Python may see nothing"
    assert "one lies over what follows it" in refused(path)


@pytest.mark.parametrize(
    ("offset", "value", "message"),
    [
        (42, struct.pack("<L", 0xFFFFFFF0), "not where the directory says"),
        (42, struct.pack("<L", 3), "not where the directory says"),
        (42, struct.pack("<L", 0), "not where the directory says"),
        (8, struct.pack("<H", 1), "encrypted"),
        (8, struct.pack("<H", 0x40), "encrypted"),
        (10, struct.pack("<H", 8), "not where the directory says"),
        (10, struct.pack("<H", 14), "packed in an unknown way"),
        (20, struct.pack("<L", 3), "loss has 3 bytes, not 152"),
        (20, struct.pack("<2L", 10**6, 10**6), "loss lies over what follows it"),
        (20, struct.pack("<2L", 0xFFFFFFFF, 0xFFFFFFFF), "holds more than 4 GB"),
        (24, struct.pack("<L", 153), "loss has 152 bytes, not 153"),
        (16, b"\0\0\0\0", "its checksum is another"),
        (28, struct.pack("<H", 7), "not a whole"),
        (28, struct.pack("<H", 9), "not a whole"),
    ],
)
def test_contradictions_of_the_directory(offset: int, value: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    npz(path, {"loss.npy": npy(np.zeros(3))})
    changed(path, b"PK\1\2", offset, value)
    assert message in refused(path)


def test_directories_of_64_bits_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.npz"
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 0)
    npz(path, {"loss.npy": npy(np.arange(3.0)), "more.npy": npy(np.arange(4.0))}, zipfile.ZIP_DEFLATED)
    monkeypatch.undo()
    assert b"PK\6\6" in path.read_bytes()
    assert same(everything(path), {"loss": np.arange(3.0), "more": np.arange(4.0)})
    whole = path.read_bytes()
    for offset in range(8, 56, 8):
        changed(path, b"PK\6\6", offset, b"\xff" * 8)
        if offset > 16:
            assert "not a" in refused(path)
        path.write_bytes(whole)
    changed(path, b"PK\6\7", 8, b"\xff" * 8)
    assert "not a whole" in refused(path)
    path.write_bytes(whole)
    changed(path, b"PK\1\2", 46 + len("more.npy") + 4 + 16, b"\xff" * 8)  # its offset
    assert "more cannot be read: it is not where the directory says" in refused(path)


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.npz"
    npz(path, {f"loss_{number}.npy": npy(np.zeros(1)) for number in range(4)})
    monkeypatch.setattr(npz_directory, "MOST_MEMBERS", 4)
    assert "more than 4 members" in refused(path)
    monkeypatch.undo()
    monkeypatch.setattr(npz_directory, "_LARGEST_DIRECTORY", 100)
    assert "too long names" in refused(path)


def test_a_bomb_that_agrees_with_itself_is_refused_before_it_goes_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arrays of zeros, of right shapes: 3 MB of them unpacked to 4 GB."""
    path, zeros = tmp_path / "run.npz", np.zeros(500_000)
    monkeypatch.setattr(npz_directory, "LARGEST_UNPACKED", 6_000_000)
    bomb = {f"{name}.npy": npy(zeros) for name in ("one", "two")}
    npz(path, bomb, zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    assert "unpacks to 0.0 GB, and at most 0.006 GB are unpacked; a recording so large has to be" in refused(path)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    npz(path, bomb, zipfile.ZIP_STORED)
    assert {*everything(path)} >= {"one", "two"}, "what is stored as it is, is mapped, whatever its size"


def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, zeros = tmp_path / "run.npz", np.zeros(4_000_000)
    npz(path, {"bomb.npy": npy(zeros)}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(npz_directory, "LARGEST_FILE", 30_000_000)
    tracemalloc.start()
    assert "holds more than 0.03 GB" in refused(path)
    small_header = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}"
    data = npy_with(small_header, zeros.tobytes())
    npz(path, {"bomb.npy": data}, zipfile.ZIP_DEFLATED)
    changed(path, b"PK\1\2", 24, struct.pack("<L", len(data) - zeros.nbytes + 24))  # it says it was small
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    assert "bomb holds more than it should" in refused(path)
    assert tracemalloc.get_traced_memory()[1] - before < 10_000_000
    tracemalloc.stop()
