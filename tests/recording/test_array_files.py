"""Files of arrays: aligned when written, mapped when read."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hypothesis_numpy

from netviz.errors import InputError
from netviz.recording import array_file
from netviz.recording.array_file import ArrayFile, DamagedArrays, digest_of, open_arrays, read_arrays, write_arrays
from netviz.recording.npz_directory import NUMBER_TYPES
from tests.array_files import ARRAYS, HEADER, everything, is_mapped, numbers_at, same

DTYPES = tuple(sorted("|" + name if name.endswith("1") else "<" + name for name in NUMBER_TYPES))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "run.npz"
    write_arrays(path, HEADER, ARRAYS)
    return path


# Writing


@pytest.mark.parametrize("length", range(1, 70))
def test_the_numbers_of_every_member_are_aligned(length: int, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    arrays = {"x" * length: np.arange(5, dtype=np.int8), "ü": np.arange(3.0), "deep": np.ones((1,) * 50)}
    write_arrays(path, HEADER, arrays)
    places = numbers_at(path)
    assert [*places] == [f"{name}.npy" for name in ("header", *arrays)]
    assert not any(place % 64 for place in places.values())
    for (name, array), place in zip(arrays.items(), [*places.values()][1:], strict=True):
        assert path.read_bytes()[place : place + array.nbytes] == array.tobytes(), name


def test_the_padding_is_a_whole_record_of_the_extra_field(path: Path) -> None:
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            assert member.extra == b"", "in the directory there is nothing to align"
            name_length, extra_length = struct.unpack_from("<2H", data, member.header_offset + 26)
            begin = member.header_offset + 30 + name_length
            extra, records = data[begin : begin + extra_length], {}
            while extra:
                kind, size = struct.unpack_from("<2H", extra)
                assert 4 + size <= len(extra)
                records[kind] = extra[4 : 4 + size]
                extra = extra[4 + size :]
            assert [*records] == [0xD935, 1]
            assert records[0xD935] == b"\x40\0" + bytes(len(records[0xD935]) - 2)


def test_other_programs_read_the_same(path: Path) -> None:
    with np.load(path, allow_pickle=False) as file:
        assert same({name: file[name] for name in file if name != "header"}, ARRAYS)
        assert file["header"].tobytes().decode() == '{"format": 2, "name": "naïve"}'
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    if unzip := shutil.which("unzip"):
        tested = subprocess.run([unzip, "-t", path], capture_output=True, text=True, check=True)
        assert "No errors detected" in tested.stdout
        assert not tested.stderr


def test_equal_content_is_equal_byte_by_byte(path: Path, tmp_path: Path) -> None:
    write_arrays(tmp_path / "again.npz", HEADER, {name: np.copy(array) for name, array in ARRAYS.items()})
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()
    swapped = {name: array.astype(array.dtype.newbyteorder(">")) for name, array in ARRAYS.items()}
    write_arrays(tmp_path / "swapped.npz", HEADER, swapped)
    assert (tmp_path / "swapped.npz").read_bytes() == path.read_bytes()
    turned = {name: np.array(array, order="F") for name, array in ARRAYS.items()}
    assert not turned["weights"].flags.c_contiguous
    write_arrays(tmp_path / "turned.npz", HEADER, turned)
    assert (tmp_path / "turned.npz").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("order", ["C", "F", "strided", ">f4"])
def test_arrays_larger_than_memory_are_written_in_chunks(order: str, tmp_path: Path) -> None:
    shape = (4096, 4096)  # 64 MiB
    dtype = ">f4" if order == ">f4" else "<f4"
    array: Any = np.memmap(tmp_path / "data", dtype, "w+", shape=shape, order="F" if order == "F" else "C")
    array[::512, ::3] = np.arange(1366)
    if order == "strided":
        array = array[:, ::2]
    tracemalloc.start()
    write_arrays(tmp_path / "run.npz", HEADER, {"big": array})
    with open_arrays(tmp_path / "run.npz") as file:
        big = file.array("big", ("rows", "columns"), "<f4")
        file.verify()
        peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000, "not a copy of the whole"
    np.testing.assert_array_equal(big, array)


@pytest.mark.parametrize(
    "array",
    [
        np.array([{}], dtype=object),
        np.array([1j]),
        np.array(["text"]),
        np.array([b"text"]),
        np.array(["2026-01-01"], dtype="M8[D]"),
        np.zeros(2, dtype=[("a", "<f4")]),
        np.zeros(2, dtype="V2"),
        np.zeros(2, dtype=np.longdouble),
    ],
)
def test_what_is_not_a_number_is_not_written(array: Any, tmp_path: Path) -> None:
    if array.dtype == np.float64:
        pytest.skip("long double is double here")
    with pytest.raises(ValueError, match=r"^odd is an array of .*, which a file cannot hold: it holds bool, int8"):
        write_arrays(tmp_path / "run.npz", HEADER, {"fine": np.zeros(3), "odd": array})
    assert not [*tmp_path.iterdir()]


def test_nothing_is_written_that_could_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.npz"
    with pytest.raises(ValueError, match="'header'"):
        write_arrays(path, HEADER, {"header": np.zeros(3)})
    claimed = np.lib.stride_tricks.as_strided(np.zeros(1), (10**9,), (0,))
    with pytest.raises(InputError, match=r"would have 8\.0 GB, and at most 4\.0 GB are read"):
        write_arrays(path, HEADER, {"huge": claimed})
    with pytest.raises(InputError, match="10000 arrays, and a file holds at most 9999"):
        write_arrays(path, HEADER, {f"a{i}": np.zeros(1) for i in range(10_000)})
    with pytest.raises(InputError, match=r"a header of 17\.0 MB"):
        write_arrays(path, {"format": "x" * 17_000_000}, {})
    assert not [*tmp_path.iterdir()]


# Reading


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_arrays_of_any_type_and_shape_come_back_bit_by_bit(data: st.DataObject, tmp_path: Path) -> None:
    arrays: dict[str, Any] = {}
    for number in range(data.draw(st.integers(0, 4))):
        dtype = np.dtype(data.draw(st.sampled_from(DTYPES)))
        shape = data.draw(hypothesis_numpy.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=5))
        size = int(np.prod(shape)) * dtype.itemsize
        bits = np.frombuffer(data.draw(st.binary(min_size=size, max_size=size)), dtype=np.uint8)
        arrays[f"array_{number}"] = (bits % 2 if dtype.kind == "b" else bits).view(dtype).reshape(shape)
    path = tmp_path / "run.npz"
    write_arrays(path, HEADER, arrays)
    found = everything(path)
    assert same(found, arrays)
    assert all(is_mapped(array) == bool(array.size) for array in found.values())
    for order in ("C", "F"):
        for endian in ("<", ">"):
            changed = {
                name: np.array(array, dtype=array.dtype.newbyteorder(endian), order=order)  # type: ignore[call-overload]
                for name, array in arrays.items()
            }
            for save in (np.savez, np.savez_compressed):
                with path.open("wb") as file:
                    save(file, header=np.frombuffer(b'{"format": 2}', dtype=np.uint8), **changed)
                assert same(everything(path), arrays)


def test_what_arrays_there_are_is_known_before_one_is_read(path: Path) -> None:
    with open_arrays(path) as file:
        assert dict(file.members) == {name: (array.dtype, array.shape) for name, array in ARRAYS.items()}
        assert file.header() == HEADER


def test_arrays_are_checked_against_what_is_expected(path: Path) -> None:
    with ArrayFile(path) as file:
        assert file.array("weights", ("M", 3, "n"), {"<f4", "<f8"}).shape == (2, 3, 4)
        for name, shape, dtypes, message in (
            ("weights", ("M", 3, 5), "<f8", "weights has the shape (2, 3, 4), not (2, 3, 5)"),
            ("weights", ("M", "n"), "<f8", "weights has the shape (2, 3, 4), not (2, 4)"),
            ("step", ("M",), "<i4", "step has the shape (7,), not (2,)"),
            ("weights", ("M", 3, "n"), ("<f4", "<i8"), "weights holds float64, not float32 or int64"),
            ("flags", (3,), "|u1", "flags holds bool, not uint8"),
            ("absent", (3,), "|u1", "absent missing"),
        ):
            with pytest.raises(DamagedArrays) as caught:
                file.array(name, shape, dtypes)
            assert message in str(caught.value)


def test_aligned_arrays_are_mapped_and_others_copied(path: Path) -> None:
    def read(file: ArrayFile) -> tuple[Any, Any]:
        return tuple(file.array("weights", (2, 3, 4), "<f8") for _ in range(2))  # type: ignore[return-value]

    one, two = read_arrays(path, read)
    assert is_mapped(one)
    assert np.shares_memory(one, two), "the same pages"
    place = numbers_at(path)["weights.npy"]
    with path.open("r+b") as file:  # nobody does, but the array is seen to be the file
        file.seek(place)
        file.write(struct.pack("<d", 123.0))
    assert one[0, 0, 0] == 123.0
    seen = set()
    for length in range(1, 9):
        arrays = {"a" * length: np.ones(3, dtype=np.int8), **ARRAYS}
        for save in (np.savez, np.savez_compressed):
            with path.open("wb") as file:
                save(file, header=np.frombuffer(b'{"format": 2}', dtype=np.uint8), **arrays)
            found = everything(path)
            assert same(found, arrays)
            mapped = is_mapped(found["weights"])
            assert mapped == (save is np.savez and numbers_at(path)["weights.npy"] % 8 == 0)
            seen.add((save, mapped))
    assert len(seen) == 3


def test_what_unpacks_to_many_times_its_size_is_read(tmp_path: Path) -> None:
    arrays = {"zeros": np.zeros(2_000_000), "more": np.tile(np.arange(1000.0), 2000)}
    path = tmp_path / "run.npz"
    np.savez_compressed(path, header=np.frombuffer(b'{"format": 2}', dtype=np.uint8), **arrays)  # type: ignore[arg-type]
    assert path.stat().st_size < 500_000
    assert same(everything(path), arrays)


def test_names_may_be_of_any_language(tmp_path: Path) -> None:
    arrays = {"Gewichte_für_Übung": np.zeros(3), "重み": np.ones(2)}
    write_arrays(tmp_path / "run.npz", HEADER, arrays)
    assert same(everything(tmp_path / "run.npz"), arrays)


def test_arrays_are_read_only(path: Path, tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "packed.npz", header=np.frombuffer(b'{"format": 2}', dtype=np.uint8), **ARRAYS)
    for file in (path, tmp_path / "packed.npz"):
        for array in everything(file).values():
            assert not array.flags.writeable
            assert array.flags.c_contiguous
            assert array.flags.aligned
            assert array.dtype.isnative


def test_arrays_outlive_their_file(path: Path) -> None:
    found = everything(path)
    write_arrays(path, HEADER, {name: np.zeros_like(array) for name, array in ARRAYS.items()})
    assert same(found, ARRAYS), "replaced"
    path.unlink()
    assert same(found, ARRAYS), "removed"


def test_a_file_that_cannot_be_mapped_is_copied(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unable(*_: Any, **__: Any) -> None:
        raise OSError(19, "No such device")

    monkeypatch.setattr(array_file.mmap, "mmap", unable)
    found = everything(path)
    assert same(found, ARRAYS)
    assert not any(map(is_mapped, found.values()))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_a_mapped_array_takes_no_memory_of_its_own(tmp_path: Path) -> None:
    write_arrays(tmp_path / "run.npz", HEADER, {"big": np.ones(10_000_000)})
    program = """
import sys
from pathlib import Path
from netviz.recording.array_file import open_arrays

def private() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

with open_arrays(Path(sys.argv[1])) as file:
    before = private()
    big = file.array("big", (10_000_000,), "<f8")
    file.verify()
assert big.sum() == 10_000_000
print(private() - before)
"""
    run = [sys.executable, "-c", program, str(tmp_path / "run.npz")]
    grown = int(subprocess.run(run, capture_output=True, text=True, check=True).stdout)
    assert grown < 16_000, "kB, of 80,000"


# Digest


def test_the_digest_is_that_of_the_content(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.npz"
    write_arrays(other, HEADER, ARRAYS)
    assert digest_of(path) == digest_of(other)
    assert len(digest_of(path)) == 64
    seen = {digest_of(path)}
    changed = np.array(ARRAYS["weights"])
    changed[1, 2, 3] = np.nextafter(changed[1, 2, 3], 0)
    for header, arrays in (
        (HEADER | {"name": "other"}, ARRAYS),
        (HEADER, ARRAYS | {"weights": changed}),
        (HEADER, ARRAYS | {"more": np.zeros(1)}),
        (HEADER, {name.replace("bits", "bytes"): array for name, array in ARRAYS.items()}),
        (HEADER, ARRAYS | {"weights": ARRAYS["weights"].reshape(4, 6)}),
    ):
        write_arrays(other, header, arrays)
        assert digest_of(other) not in seen
        seen.add(digest_of(other))


def test_the_digest_tells_headers_of_equal_checksums_apart(tmp_path: Path) -> None:
    digests, checksums = set(), set()
    for name in ("7f217f6b6dc8", "d7e77869948b"):
        write_arrays(tmp_path / "run.npz", {"format": 2, "name": name}, {})
        digests.add(digest_of(tmp_path / "run.npz"))
        checksums.add(zipfile.ZipFile(tmp_path / "run.npz").getinfo("header.npy").CRC)
    assert len(checksums) == 1
    assert len(digests) == 2


def test_the_digest_reads_no_array(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, place = digest_of(path), numbers_at(path)["weights.npy"]
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    assert digest_of(path) == expected
    with open_arrays(path) as file, pytest.raises(DamagedArrays, match="weights cannot be read: its checksum"):
        file.verify()
