"""Array files: .npz with a JSON header, never pickle, written whole or not at all, and checked before it is read.

Each member is one array as .npy, little-endian, in C order, uncompressed; `header` is JSON in UTF-8 bytes. The meaning
of the arrays is in `recording.py`.
"""

from __future__ import annotations

import json
import lzma
import stat
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
import numpy.typing as npt

from netviz.atomic_files import atomic_write, output_failures, output_problems
from netviz.errors import InputError, Problem

_LARGEST_FILE = 4_000_000_000  # bytes
LARGEST_HEADER = 16_000_000  # bytes

_LONGEST_NPY_HEADER = 10_000  # characters
_DAMAGE = (  # raised by zipfile, its decompressors and numpy's reader of headers for damaged bytes
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,
    NotImplementedError,
    OverflowError,
)

AnyArray = npt.NDArray[Any]
ArrayShape = tuple[int | str, ...]
"""Sizes along the axes: a number where it is known, a name where any size will do that all arrays share."""
_T = TypeVar("_T")


class DamagedArrays(Exception):
    """Error in the content of a file; the message is for the user."""


def write_arrays(path: Path, header: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> None:
    """Write arrays under exactly this name, whole or not at all; a plain file there is replaced.

    Raises InputError if the name cannot be written to, OutputFailed if writing fails.
    """
    if problems := output_problems(path, overwrite=True):
        raise InputError(problems)
    with atomic_write(path) as part, output_failures(path), part.open("wb") as file:
        _write(file, header, arrays)


def _write(file: IO[bytes], header: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> None:
    text = json.dumps(header, ensure_ascii=False, allow_nan=False)
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in {"header": np.frombuffer(text.encode(), dtype=np.uint8), **arrays}.items():
            # A ZipInfo of our own has the same date in every file: equal recordings are equal byte by byte.
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                little_endian = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
                np.lib.format.write_array(member, little_endian, allow_pickle=False)


def read_arrays(path: Path, read: Callable[[ArrayFile], _T]) -> _T:
    """Open a file and return `read` of it. Raises InputError, naming the file, where that raises DamagedArrays."""
    try:
        # Not even opened unless a file: a pipe would wait for a writer.
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DamagedArrays("not a file")
        if status.st_size > _LARGEST_FILE:
            raise DamagedArrays(f"larger than {_LARGEST_FILE / 1e9:g} GB, which no recording is")
        with path.open("rb") as file:
            try:
                archive = zipfile.ZipFile(file)
            except _DAMAGE:
                raise DamagedArrays("not a recording, or only a part of one: not a whole .npz file") from None
            with archive:
                return read(ArrayFile(archive))
    except OSError as error:
        raise InputError([Problem(str(path), f"cannot be read: {error.strerror or error}")]) from None
    except DamagedArrays as error:
        raise InputError([Problem(str(path), str(error))]) from None


class ArrayFile:
    """Open file of arrays. Raises DamagedArrays wherever its content is not as expected.

    Sizes that shapes give by name are taken from the first array read, and hold for all others.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = _members(archive)
        self._sizes: dict[str, int] = {}

    def header(self) -> dict[str, Any]:
        """The JSON header, an object with its `format`."""
        if self._members["header"].file_size > LARGEST_HEADER:
            raise DamagedArrays(f"not a recording: its header is larger than {LARGEST_HEADER / 1e6:g} MB")
        data = self.array("header", ("bytes",), "|u1")
        try:
            header = json.loads(data.tobytes())
        except (ValueError, RecursionError):
            raise DamagedArrays("not a recording: its header is not JSON") from None
        if not isinstance(header, dict) or "format" not in header:
            raise DamagedArrays("not a recording: its header names no format")
        return header

    def check_names(self, expected: Iterable[str]) -> None:
        """Refuse a file that lacks one of these arrays, or has others."""
        names, found = {*expected}, {*self._members} - {"header"}
        if missing := sorted(names - found):
            raise DamagedArrays(f"not a whole recording: {', '.join(missing)} missing")
        if foreign := sorted(found - names):
            raise DamagedArrays(f"not a recording of its scene: unexpected {', '.join(map(repr, foreign[:5]))}")

    def array(self, name: str, expected: ArrayShape, dtype: str) -> AnyArray:
        """An array, read only once its own header says the type and shape it should have, and it is as long."""
        member = self._members[name]
        try:
            with self._archive.open(member) as file:
                shape, fortran_order, found = _npy_header(file)
                if found.str != dtype:
                    raise DamagedArrays(f"damaged: {name} holds {found}, not {np.dtype(dtype)}")
                if len(shape) == len(expected):
                    for size, known in zip(shape, expected, strict=True):
                        if isinstance(known, str):
                            self._sizes.setdefault(known, size)
                right = tuple(self._sizes.get(size, 0) if isinstance(size, str) else size for size in expected)
                if shape != right or fortran_order:
                    raise DamagedArrays(f"damaged: {name} has the shape {shape}, not {right}")
                length = int(np.prod(shape, dtype=object)) * found.itemsize
                if member.file_size - file.tell() != length:
                    raise DamagedArrays(f"damaged: {name} has {member.file_size - file.tell()} bytes, not {length}")
                data = file.read()  # to the end, where the checksum is compared
        except _DAMAGE:
            raise DamagedArrays(f"damaged: {name} cannot be read") from None
        if len(data) != length:
            raise DamagedArrays(f"damaged: {name} ends too early")
        return np.frombuffer(data, dtype=found).reshape(shape).astype(found.newbyteorder("="), copy=False)


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The archive's members by the names of their arrays, if their number, compression and sizes can be accepted."""
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if name in members:
            raise DamagedArrays(f"not a recording: two members are called {member.filename!r}")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or member.flag_bits & 1:
            raise DamagedArrays(f"not a recording: {member.filename!r} is encrypted or packed in an unknown way")
        members[name] = member
    if "header" not in members:
        raise DamagedArrays("not a recording: it has no header")
    if sum(member.file_size for member in members.values()) > _LARGEST_FILE:
        raise DamagedArrays(f"holds more than {_LARGEST_FILE / 1e9:g} GB, which no recording does")
    return members


def _npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file, max_header_size=_LONGEST_NPY_HEADER)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(file, max_header_size=_LONGEST_NPY_HEADER)
    raise ValueError(f"npy version {version}")
