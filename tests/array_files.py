"""Files of arrays for tests, and what is in them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netviz.errors import InputError
from netviz.recording.array_file import ArrayFile, read_arrays

HEADER = {"format": 2, "name": "naïve"}
ARRAYS: dict[str, Any] = {
    "weights": np.arange(24, dtype=np.float64).reshape(2, 3, 4) / 7,
    "halves": np.linspace(-1, 1, 5, dtype=np.float16),
    "flags": np.array([True, False, True]),
    "step": np.arange(7, dtype=np.int32),
    "bits": np.arange(9, dtype=np.uint16).reshape(3, 3),
    "none": np.zeros((0, 4), dtype=np.float32),
    "one": np.array(0.1, dtype=np.float32),
}


def everything(path: Path) -> dict[str, Any]:
    """All arrays of a file, each asked for as what it is, as they are once the file is closed."""

    def read(file: ArrayFile) -> dict[str, Any]:
        return {
            name: file.array(name, shape, dtype.newbyteorder("<").str) for name, (dtype, shape) in file.members.items()
        }

    return read_arrays(path, read)


def same(found: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    """True if both have the same names, and arrays of the same bits under them."""
    return [*found] == [*expected] and all(
        (array.dtype.str, array.shape, array.tobytes()) == (other.dtype.str, other.shape, other.tobytes())
        for array, other in ((found[name], np.asarray(expected[name])) for name in expected)
    )


def is_mapped(array: Any) -> bool:
    while isinstance(array, np.ndarray):
        array = array.base
    return type(array.obj if isinstance(array, memoryview) else array).__name__ == "mmap"


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        everything(path)
    (problem,) = caught.value.problems
    assert problem.where == str(path)
    assert "\n" not in problem.message
    assert len(problem.message) < 300
    return problem.message


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(path: Path, members: Mapping[str, bytes], packing: int = zipfile.ZIP_STORED) -> None:
    """A file of these members and a header, as zipfile writes them: not aligned."""
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("header.npy", npy(np.frombuffer(b'{"format": 2}', dtype=np.uint8)))
        for name, data in members.items():
            archive.writestr(name, data)


def npy_with(header: str, data: bytes = b"", version: bytes = b"\1\0") -> bytes:
    length = struct.pack("<H" if version == b"\1\0" else "<L", len(header))
    return b"\x93NUMPY" + version + length + header.encode("latin-1") + data


def numbers_at(path: Path) -> dict[str, int]:
    """Where each member's numbers begin, from the bytes alone."""
    data, found = path.read_bytes(), {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            name_length, extra_length = struct.unpack_from("<2H", data, member.header_offset + 26)
            begin = member.header_offset + 30 + name_length + extra_length
            assert data[begin : begin + 8] == b"\x93NUMPY\1\0"
            found[member.filename] = begin + 10 + struct.unpack_from("<H", data, begin + 8)[0]
    return found
