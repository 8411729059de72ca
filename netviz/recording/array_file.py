"""Array files: .npz with a JSON header, never pickle, written whole or not at all, and checked before they are read.

Each member is one array of numbers or bool as .npy, little-endian, in C order, uncompressed; `header` is JSON in UTF-8
bytes. The numbers of every member begin at a multiple of 64 bytes in the file, so that they can be mapped: an array is
then the file's own pages, shared by all processes that read it. What other programs write (unaligned, deflated,
big-endian, in Fortran order) is read as a copy. The meaning of the arrays is in `recording.py`.
"""

from __future__ import annotations

import hashlib
import io
import json
import mmap
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, Any, TypeVar

import numpy as np
import numpy.typing as npt

from netviz.atomic_files import amount, atomic_write, output_failures, output_problems
from netviz.errors import InputError, Problem
from netviz.recording.npz_directory import LARGEST_FILE, MOST_MEMBERS, NUMBER_TYPES, Member, read_directory, shown
from netviz.recording.npz_directory import DamagedArrays as DamagedArrays

LARGEST_HEADER = 16_000_000  # bytes
_ALIGNMENT = 64  # bytes: a cache line, and the widest vector registers
_PADDING = struct.Struct("<3H")  # a record of a local header's extra field: kind, length, alignment; zeros follow
_PADDING_KIND = 0xD935  # as zipalign writes it
_CHUNK = 4 << 20  # bytes that are read or written at a time
_PACKED_CHUNK = 1 << 16  # bytes unpacked at a time, which may become a thousand times as many

AnyArray = npt.NDArray[Any]
ArrayShape = tuple[int | str, ...]
"""Sizes along the axes: a number where it is known, a name where any size will do that all arrays share."""
_T = TypeVar("_T")


def write_arrays(path: Path, header: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> None:
    """Write arrays under exactly this name, whole or not at all; a plain file there is replaced.

    Arrays may be larger than memory (mapped): they are written in chunks. The same content gives the same bytes.

    Raises InputError if the name cannot be written to or the file would be too large to be read again, OutputFailed
    if writing fails, ValueError for an array of anything but numbers and bool.
    """
    if "header" in arrays:
        raise ValueError("no array can be called 'header': the file's own header is")
    for name, array in arrays.items():
        if array.dtype.str[1:] not in NUMBER_TYPES:
            types = "bool, int8 to int64, uint8 to uint64, float16 to float64"
            raise ValueError(f"{name} is an array of {array.dtype}, which a file cannot hold: it holds {types}")
    text = json.dumps(header, ensure_ascii=False, allow_nan=False).encode()
    if message := _too_large(text, arrays):
        raise InputError([Problem(str(path), message)])
    if problems := output_problems(path, overwrite=True):
        raise InputError(problems)
    needed = len(text) + sum(array.nbytes for array in arrays.values())
    with atomic_write(path) as part, output_failures(path, needed), part.open("wb") as file:
        _write(file, {"header": np.frombuffer(text, dtype=np.uint8), **arrays})


def _too_large(header: bytes, arrays: Mapping[str, AnyArray]) -> str | None:
    """Message about what `ArrayFile` would refuse to read for its size; None if there is nothing."""
    if len(arrays) >= MOST_MEMBERS:
        return f"cannot be written: {len(arrays)} arrays, and a file holds at most {MOST_MEMBERS - 1}"
    if len(header) > LARGEST_HEADER - 1000:
        return f"cannot be written: a header of {amount(len(header))}, and at most {amount(LARGEST_HEADER)} are read"
    size = len(header) + sum(array.nbytes + 1000 + 2 * len(name.encode()) for name, array in arrays.items())
    if size > LARGEST_FILE:
        return f"cannot be written: it would have {amount(size)}, and at most {amount(LARGEST_FILE)} are read"
    return None


def _write(file: IO[bytes], arrays: Mapping[str, AnyArray]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            little_endian = array.dtype.newbyteorder("<")
            npy_header = _npy_header(little_endian, array.shape)
            # A ZipInfo of our own has the same date in every file: equal recordings are equal byte by byte.
            info = zipfile.ZipInfo(f"{name}.npy")
            info.CRC = info.compress_size = 0  # which its header is not made without
            info.extra = _padding(file.tell() + len(info.FileHeader(zip64=True)) + len(npy_header))
            with archive.open(info, "w", force_zip64=True) as member:
                member.write(npy_header)
                for chunk in _chunks(array, little_endian):
                    member.write(chunk)
            info.extra = b""  # in the directory, which is written last, there is nothing to align


def _npy_header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": dtype.str, "fortran_order": False, "shape": shape})
    return header.getvalue()


def _padding(offset: int) -> bytes:
    """A record for the extra field that moves what would begin at this offset of the file to an aligned one."""
    zeros = -(offset + _PADDING.size) % _ALIGNMENT
    return _PADDING.pack(_PADDING_KIND, _PADDING.size - 4 + zeros, _ALIGNMENT) + bytes(zeros)


def _chunks(array: AnyArray, dtype: np.dtype[Any]) -> Iterator[bytes]:
    """An array's numbers in C order, some at a time, of an equal type in another byte order."""
    chunks = np.nditer(
        array,
        flags=["external_loop", "buffered", "zerosize_ok"],
        op_dtypes=[dtype],
        casting="equiv",
        order="C",
        buffersize=_CHUNK // dtype.itemsize,
    )
    for chunk in chunks:
        yield np.asarray(chunk).tobytes()


def read_arrays(path: Path, read: Callable[[ArrayFile], _T]) -> _T:
    """Open a file and return `read` of it, once the checksums of all that it holds are right.

    `read` may ask for them earlier, by `verify`: before it works with arrays. Raises InputError, naming the file, where
    it raises DamagedArrays.
    """
    with open_arrays(path) as file:
        result = read(file)
        file.verify()
        return result


def digest_of(path: Path) -> str:
    """The digest of a file: see `ArrayFile.digest`. Raises InputError if it is no file of arrays, or not whole."""
    with open_arrays(path) as file:
        return file.digest


@contextmanager
def open_arrays(path: Path) -> Iterator[ArrayFile]:
    """Open a file of arrays for the block. Raises InputError, naming the file, where the block raises DamagedArrays."""
    try:
        with ArrayFile(path) as file:
            yield file
    except OSError as error:
        raise InputError([Problem(str(path), f"cannot be read: {error.strerror or error}")]) from None
    except DamagedArrays as error:
        raise InputError([Problem(str(path), str(error))]) from None


class ArrayFile:
    """Open file of arrays. Raises DamagedArrays wherever its content is not as expected, OSError if it cannot be read.

    Opening it reads what arrays there are, and checks all their sizes, but no array. Arrays stay valid when it is
    closed, and when another file takes its name; but not if the file itself is changed, which netviz never does.

    Sizes that shapes give by name are taken from the first array read, and hold for all others.
    """

    def __init__(self, path: Path) -> None:
        # Not even opened unless a file: a pipe would wait for a writer.
        if not stat.S_ISREG(path.stat().st_mode):
            raise DamagedArrays("not a file")
        self._file = path.open("rb")
        try:
            self._file_size = self._file.seek(0, io.SEEK_END)
            self._members = read_directory(self._file, self._file_size)
        except BaseException:
            self._file.close()
            raise
        self._sizes: dict[str, int] = {}
        self._verified: set[str] = set()

    def __enter__(self) -> ArrayFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    @cached_property
    def members(self) -> Mapping[str, tuple[np.dtype[Any], tuple[int, ...]]]:
        """Type and shape of each array but the header, as the file has them, by name."""
        return {name: (member.dtype, member.shape) for name, member in self._members.items() if name != "header"}

    def header(self) -> dict[str, Any]:
        """The JSON header, an object with its `format`."""
        try:
            header = json.loads(self._header_text)
        except (ValueError, RecursionError):
            raise DamagedArrays("not a recording: its header is not JSON") from None
        if not isinstance(header, dict) or "format" not in header:
            raise DamagedArrays("not a recording: its header names no format")
        return header

    @cached_property
    def _header_text(self) -> bytes:
        if self._members["header"].size > LARGEST_HEADER:
            raise DamagedArrays(f"not a recording: its header is larger than {LARGEST_HEADER / 1e6:g} MB")
        self._check("header", ("bytes",), {"|u1"})
        return self._copy(self._members["header"]).tobytes()

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hexadecimal digits, of the header and of the names, places, sizes and checksums of all arrays.

        Files of the same digest hold the same arrays, as far as checksums of 32 bits can tell, in the same places.
        """
        places = [
            (member.name, member.begin, member.packed_size, member.size, member.checksum, member.deflated)
            for member in self._members.values()
        ]
        return hashlib.sha256(json.dumps(places).encode() + b"\n" + self._header_text).hexdigest()

    def check_names(self, expected: Iterable[str]) -> None:
        """Refuse a file that lacks one of these arrays, or has others."""
        names, found = {*expected}, {*self.members}
        if missing := sorted(names - found):
            raise DamagedArrays(f"not a whole recording: {', '.join(missing)} missing")
        if foreign := sorted(found - names):
            raise DamagedArrays(f"not a recording of its scene: unexpected {', '.join(map(repr, foreign[:5]))}")

    def array(self, name: str, expected: ArrayShape, dtypes: str | Collection[str]) -> AnyArray:
        """An array of the shape it should have and one of these types; native, in C order, read-only.

        dtypes: little-endian, as `numpy.dtype.str` names them ("<f8"), whatever byte order the file has.

        It is mapped where that can be: its pages are then read when they are used, and their checksum is compared by
        `verify` alone. A copy's is compared here.
        """
        member = self._check(name, expected, {dtypes} if isinstance(dtypes, str) else dtypes)
        mapped = self._mapped(member)
        array = self._copy(member) if mapped is None else mapped
        array.flags.writeable = False
        return array

    def _check(self, name: str, expected: ArrayShape, dtypes: Collection[str]) -> Member:
        """The member of this name, if its type and shape are right."""
        member = self._members.get(name)
        if member is None:
            raise DamagedArrays(f"not a whole recording: {name} missing")
        if member.dtype.newbyteorder("<").str not in dtypes:
            right = " or ".join(np.dtype(dtype).name for dtype in dtypes)
            raise DamagedArrays(f"damaged: {name} holds {member.dtype.name}, not {right}")
        shape = member.shape
        if len(shape) == len(expected):
            for size, known in zip(shape, expected, strict=True):
                if isinstance(known, str):
                    self._sizes.setdefault(known, size)
        right_shape = tuple(self._sizes.get(size, 0) if isinstance(size, str) else size for size in expected)
        if shape != right_shape:
            raise DamagedArrays(f"damaged: {name} has the shape {shape}, not {right_shape}")
        return member

    def _mapped(self, member: Member) -> AnyArray | None:
        """The array as a part of the mapped file; None if it does not lie there as an array lies in memory."""
        offset = member.begin + member.start
        as_in_memory = member.dtype.isnative and not member.fortran_order and offset % member.dtype.itemsize == 0
        if member.deflated or not as_in_memory or member.size == member.start or self._map is None:
            return None
        return np.ndarray(member.shape, member.dtype, buffer=self._map, offset=offset)

    @cached_property
    def _map(self) -> mmap.mmap | None:
        """The file, mapped once for all arrays, which keep it open; None if it cannot be."""
        if sys.platform == "win32":  # where a mapped file cannot be replaced or removed, as one may be here
            return None
        try:
            return mmap.mmap(self._file.fileno(), self._file_size, access=mmap.ACCESS_READ)
        except (OSError, ValueError):  # some network file systems, a limit of addresses
            return None

    def _copy(self, member: Member) -> AnyArray:
        numbers = np.empty(member.size - member.start, dtype=np.uint8)
        begin = -member.start
        for chunk in self._unpacked(member):
            end = begin + len(chunk)
            if end > 0:
                numbers[max(begin, 0) : end] = np.frombuffer(chunk, dtype=np.uint8)[max(-begin, 0) :]
            begin = end
        array = np.ndarray(member.shape, member.dtype, buffer=numbers.data, order="F" if member.fortran_order else "C")
        return np.ascontiguousarray(array, dtype=member.dtype.newbyteorder("=")).reshape(member.shape)

    def forget(self) -> None:
        """Let go of the pages of the mapped file that were looked at: they are read again where they are needed.

        Until then they count as this process's memory, as long as no other has them too.
        """
        if "_map" in vars(self) and self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)

    def verify(self) -> None:
        """Compare the checksum of every member that has not been compared yet, some megabytes at a time."""
        for name, member in self._members.items():
            if name not in self._verified:
                for _ in self._unpacked(member):
                    pass

    def _unpacked(self, member: Member) -> Iterator[bytes]:
        """A member's bytes in chunks. At the end its length and checksum are compared."""
        size, checksum = 0, 0
        for chunk in self._inflated(member) if member.deflated else self._stored(member):
            size, checksum = size + len(chunk), zlib.crc32(chunk, checksum)
            if size > member.size:
                raise DamagedArrays(f"damaged: {shown(member.name)} holds more than it should")
            yield chunk
        if size < member.size:
            raise DamagedArrays(f"damaged: {shown(member.name)} ends too early")
        if checksum != member.checksum:
            raise DamagedArrays(f"damaged: {shown(member.name)} cannot be read: its checksum is another")
        self._verified.add(member.name)

    def _stored(self, member: Member) -> Iterator[bytes]:
        for offset in range(0, member.packed_size, _CHUNK):
            self._file.seek(member.begin + offset)
            yield self._file.read(min(_CHUNK, member.packed_size - offset))

    def _inflated(self, member: Member) -> Iterator[bytes]:
        inflater, at, packed = zlib.decompressobj(-zlib.MAX_WBITS), 0, b""
        while not inflater.eof:
            if not packed:
                self._file.seek(member.begin + at)
                packed = self._file.read(min(_PACKED_CHUNK, member.packed_size - at))
                at += len(packed)
            try:
                chunk = inflater.decompress(packed, _CHUNK)
            except zlib.error:
                raise DamagedArrays(f"damaged: {shown(member.name)} cannot be read") from None
            if not chunk and not packed:
                return
            yield chunk
            packed = inflater.unconsumed_tail
