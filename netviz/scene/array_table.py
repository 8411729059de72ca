"""Array files: .npz and .npy as NumPy writes them, read as a Table, without NumPy and without pickle.

What is in a file is read only as far as it is named, and after its type and shape were found to fit.
https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import ast
import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path
from typing import IO

from netviz.errors import InputError, Problem
from netviz.scene.cells import Cell
from netviz.scene.files import no_such_file
from netviz.scene.messages import printable
from netviz.scene.table import MOST_COLUMNS, MOST_ROWS, Row, Table
from netviz.scene.types import LONGEST_TEXT

ARRAYS = (".npz", ".npy")
LARGEST_ARRAYS = 100_000_000
"""Largest size of a file of arrays, in bytes."""
MOST_NUMBERS = 5_000_000
"""Most numbers in the arrays that a scene learns from."""
_MOST_ARRAYS, _LARGEST_DIRECTORY = 1_000, 1_000_000
_LARGEST_HEADER = 10_000
_LONGEST_TYPE = 20
_MAGIC = b"\x93NUMPY"
_NUMBERS = {
    "b1": "?", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q",
    "f2": "e", "f4": "f", "f8": "d",
}  # fmt: skip
"""Type of an array -> the code of its numbers in `struct`."""
_OTHERS = {"O": "Python objects", "V": "records", "c": "complex numbers", "M": "dates", "m": "spans of time"}


@dataclass(frozen=True)
class _Header:
    """Header of an array: its type (<f8), whether its first index varies fastest, and its shape."""

    type: str
    is_fortran: bool
    shape: tuple[int, ...]

    @property
    def width(self) -> int:
        """Number of values of each row."""
        return prod(self.shape[1:])

    @property
    def item(self) -> int:
        """Size of a value in bytes."""
        return int(self.type[2:]) * (4 if self.type[1] == "U" else 1)

    @property
    def size(self) -> int:
        """Size of all values in bytes."""
        return prod(self.shape) * self.item


class _Damaged(ValueError):
    """Error: a file is not what NumPy writes, or holds what is not read; the message says how."""


def read_arrays(path: Path, where: str, inputs: Sequence[str], targets: Sequence[str]) -> Table:
    """Read arrays as a table: each that is named has a row for each example, of one or more values.

    Those of an .npz are called as they were saved; the columns of the one array of an .npy by their numbers, from "0".
    where: the file as the user knows it. inputs: names; if there are none, all arrays but the targets are read that
    hold numbers, and have as many rows. Raises InputError.
    """
    where = printable(where)
    with _opened(path, where) as file:
        return _of_npy(file, where) if path.suffix.lower() == ".npy" else _of_npz(file, where, inputs, targets)


@contextmanager
def _opened(path: Path, where: str) -> Iterator[IO[bytes]]:
    try:
        if path.suffix.lower() not in ARRAYS:
            raise InputError([Problem(where, "expected arrays, in a file that ends in .npz or .npy; csv takes tables")])
        if path.is_dir():
            raise InputError([Problem(where, "is a folder, not a file of arrays")])
        if not path.exists():
            raise InputError([Problem(where, no_such_file(path, ARRAYS, may_be_bundled=False))])
        if not path.is_file():  # opening a pipe would wait for a writer
            raise InputError([Problem(where, "is not a regular file")])
        if (size := path.stat().st_size) > LARGEST_ARRAYS:
            most = f"{LARGEST_ARRAYS / 1e6:g} is the most"
            raise InputError([Problem(where, f"{size / 1e6:.1f} MB is too large for a file of arrays; {most}")])
        with path.open("rb") as file:
            yield file
    except _Damaged as error:
        raise InputError([Problem(where, str(error))]) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error):
        raise InputError(
            [Problem(where, "cannot be read as arrays: it is damaged, or NumPy did not write it")]
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError([Problem(where, f"cannot be read: {printable(reason).lower()}")]) from None


def _of_npy(file: IO[bytes], where: str) -> Table:
    header = _read_header(file)
    if len(header.shape) != 2:
        message = f"its shape is {header.shape}; a table has rows and columns"
        raise _Damaged(f"{message} (np.savez('both.npz', X=X, y=y) puts several arrays into one file)")
    _refuse(header, "its array")
    rows = _read_rows(file, header, "its array")
    names = tuple(map(str, range(header.width)))
    groups = {name: (index,) for index, name in enumerate(names)}
    return Table(where, names, _numbered(rows), groups, unit="row", are_named=False)


def _of_npz(file: IO[bytes], where: str, inputs: Sequence[str], targets: Sequence[str]) -> Table:
    _refuse_directory(file)
    with zipfile.ZipFile(file) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        asked = [name for name in dict.fromkeys((*targets, *inputs)) if name in members]
        headers = {name: _header_of(archive, members[name]) for name in asked}
        rows = next((header.shape[0] for header in headers.values() if header.shape), 0)
        if not inputs:
            headers |= _others(archive, {name: info for name, info in members.items() if name not in asked}, rows)
        for name, header in headers.items():
            _refuse(header, f"'{printable(name)}'")
            if header.shape[0] != rows:
                first, other = (f"'{printable(each)}' has {headers[each].shape[0]:,}" for each in (asked[0], name))
                raise _Damaged(f"{first} rows and {other}; each array has a row for each example")
        if (total := sum(header.width for header in headers.values()) * rows) > MOST_NUMBERS:
            raise _Damaged(f"{total:,} numbers; {MOST_NUMBERS:,} are the most, so take a sample of the rows")
        read = []
        for name, header in headers.items():
            with archive.open(members[name]) as member:
                _read_header(member)
                read.append(_read_rows(member, header, f"'{printable(name)}'"))
    columns = tuple(name for name, header in headers.items() for _ in range(header.width))
    groups = {name: tuple(index for index, each in enumerate(columns) if each == name) for name in members}
    cells = [tuple(cell for part in parts for cell in part) for parts in zip(*read, strict=True)]
    return Table(where, columns, _numbered(cells), groups, unit="row", member="array")


def _numbered(rows: Iterable[Sequence[Cell]]) -> tuple[Row, ...]:
    return tuple(Row(index, tuple(cells)) for index, cells in enumerate(rows))


def _refuse_directory(file: IO[bytes]) -> None:
    """Raise _Damaged for more arrays than are read: `zipfile` reads all of their names at once."""
    start = max(0, file.seek(0, io.SEEK_END) - 65_557)
    file.seek(start)
    end = file.read()
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) < at + 22:
        raise zipfile.BadZipFile
    members, size = struct.unpack("<HI", end[at + 10 : at + 16])
    if members > _MOST_ARRAYS or size > _LARGEST_DIRECTORY or end[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
        raise _Damaged(f"more than {_MOST_ARRAYS:,} arrays are not read")
    file.seek(0)


def _header_of(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Header:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _Damaged("is packed in a way that NumPy does not use; save it with np.savez")
    with archive.open(info) as member:
        return _read_header(member)


def _others(archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], rows: int) -> dict[str, _Header]:
    """The headers of arrays of numbers that have as many rows; all else is passed over."""
    found = {}
    for name, info in members.items():
        with suppress(_Damaged):
            header = _header_of(archive, info)
            if header.shape and header.shape[0] == rows and header.type[1:] in _NUMBERS:
                found[name] = header
    return found


def _read_header(file: IO[bytes]) -> _Header:
    """Read an array's header, which leaves the file where its values begin. Raises _Damaged."""
    start = file.read(10)
    wide = start[6:7] in (b"\2", b"\3")
    if not start.startswith(_MAGIC) or len(start) < 10 or start[6] not in (1, 2, 3):
        raise _Damaged("cannot be read as arrays: it is damaged, or NumPy did not write it")
    length = int.from_bytes(start[8:10] + (file.read(2) if wide else b""), "little")
    text = file.read(min(length, _LARGEST_HEADER + 1))
    try:
        if length > _LARGEST_HEADER:
            raise ValueError
        header = ast.literal_eval(text.decode("utf-8" if start[6] == 3 else "latin-1").strip())
        given, is_fortran, shape = header["descr"], header["fortran_order"], header["shape"]
        if not isinstance(is_fortran, bool) or not all(type(side) is int and side >= 0 for side in shape):
            raise ValueError
    except (ValueError, SyntaxError, KeyError, TypeError, RecursionError, MemoryError):
        raise _Damaged("an array has a header that NumPy would not write") from None
    return _Header(given if isinstance(given, str) and len(given) > 1 else "|V", is_fortran, tuple(shape))


def _refuse(header: _Header, name: str) -> None:
    """Raise _Damaged for an array of a type or a shape that is not learned from."""
    order, kind, size = header.type[0], header.type[1], header.type[2:]
    is_text = kind in "US" and size.isdigit() and int(size) > 0
    if order not in "<>=|" or not (header.type[1:] in _NUMBERS or is_text):
        other = _OTHERS.get(kind, f"values of the type {printable(header.type)[:_LONGEST_TYPE]}")
        raise _Damaged(f"{name} holds {other}; numbers and texts are read")
    if is_text and int(size) > LONGEST_TEXT:
        raise _Damaged(f"{name} holds texts of {size} characters; {LONGEST_TEXT} are the most")
    if not header.shape:
        raise _Damaged(f"{name} is one value, and has no rows")
    if not header.shape[0] or not header.width:
        raise _Damaged(f"{name} is empty: its shape is {header.shape}")
    if header.shape[0] > MOST_ROWS:
        raise _Damaged(f"{name} has {header.shape[0]:,} rows; {MOST_ROWS:,} are the most, so take a sample of them")
    if header.width > MOST_COLUMNS:
        raise _Damaged(f"{name} has {header.width:,} values for each example; {MOST_COLUMNS:,} are the most")
    if header.size > LARGEST_ARRAYS:
        raise _Damaged(f"{name} holds {header.size / 1e6:,.1f} MB; {LARGEST_ARRAYS / 1e6:g} is the most")


def _read_rows(file: IO[bytes], header: _Header, name: str) -> list[Sequence[Cell]]:
    """Read an array's values, in rows: of more than two axes the last index varies fastest."""
    content = file.read(header.size)
    if len(content) < header.size:
        raise _Damaged(f"{name} is cut off: {len(content):,} of {header.size:,} bytes")
    order = ">" if header.type[0] == ">" else "<"
    values = _values(content, header, order, name)
    rows, width = header.shape[0], header.width
    if not header.is_fortran:
        return [values[start : start + width] for start in range(0, rows * width, width)]
    steps = [prod(header.shape[:axis]) for axis in range(len(header.shape))]
    offsets = [
        sum(index * step for index, step in zip(indices, steps[1:], strict=True))
        for indices in product(*map(range, header.shape[1:]))
    ]
    return [[values[row + offset] for offset in offsets] for row in range(rows)]


def _values(content: bytes, header: _Header, order: str, name: str) -> Sequence[Cell]:
    if (code := _NUMBERS.get(header.type[1:])) is not None:
        return [float(value) for value in struct.unpack(f"{order}{prod(header.shape)}{code}", content)]
    encoding = "utf-8" if header.type[1] == "S" else f"utf-32-{'be' if order == '>' else 'le'}"
    starts = range(0, header.size, header.item)
    try:
        return [content[start : start + header.item].decode(encoding).rstrip("\0") for start in starts]
    except UnicodeDecodeError:
        raise _Damaged(f"{name} holds a text that is none") from None
