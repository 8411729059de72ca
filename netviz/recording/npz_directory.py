"""Directory of an .npz file: which arrays it holds and where they lie, every size checked before any array is read.

An .npz file is a zip archive whose members are .npy files. The directory is read here, not by `zipfile`, because where
an array begins in the file is what mapping it needs, and because a hostile directory has to be refused before it is
taken into memory. Formats: APPNOTE.TXT of PKWARE, sections 4.3 and 4.5; `numpy.lib.format`.
"""

from __future__ import annotations

import math
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

NUMBER_TYPES = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"})
"""Types of numbers that a file may hold: numpy's names without the byte order."""
LARGEST_FILE = 4_000_000_000  # bytes, of the file and of all that it holds unpacked
LARGEST_UNPACKED = 500_000_000
"""Bytes of all packed members of a file, unpacked: they are copied into memory, and zeros take a thousandth of it."""
MOST_MEMBERS = 10_000
_LARGEST_DIRECTORY = 16_000_000  # bytes
_LONGEST_NPY_HEADER = 10_000  # bytes
_LONGEST_SHOWN = 80  # characters of a name, in a message
_MOST_AXES = 64  # as many as numpy has

STORED, DEFLATED = 0, 8
_UNREADABLE_FLAGS = 0x2061  # encrypted (three ways), patched
_UTF8_FLAG = 0x800
_LONG = 0xFFFF_FFFF  # in a field of 32 bits: the number is in the zip64 record
_ZIP64_RECORD = 1

_END = struct.Struct("<4s4H2LH")
_ZIP64_LOCATOR = struct.Struct("<4sLQL")
_ZIP64_END = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_EXTRA = struct.Struct("<2H")

_NOT_WHOLE = "not a recording, or only a part of one: not a whole .npz file"


class DamagedArrays(Exception):
    """Error in the content of a file; the message is for the user."""


@dataclass(frozen=True)
class Member:
    """An array in the file: its type and shape, and which bytes of the file hold it."""

    name: str
    """Without .npy."""
    dtype: np.dtype[Any]
    """With the byte order of the file."""
    shape: tuple[int, ...]
    fortran_order: bool
    begin: int
    """Offset of the member's bytes in the file, behind its local header."""
    start: int
    """Length of the .npy header, in unpacked bytes: the numbers are behind it."""
    packed_size: int
    size: int
    """Unpacked, with the .npy header."""
    checksum: int
    """CRC-32 of the unpacked bytes."""
    deflated: bool


@dataclass(frozen=True)
class _Entry:
    """A member as the archive's directory gives it."""

    raw_name: bytes
    filename: str
    method: int
    flags: int
    checksum: int
    packed_size: int
    size: int
    offset: int
    """Of its local header."""

    @property
    def name(self) -> str:
        return self.filename.removesuffix(".npy")


def read_directory(file: IO[bytes], file_size: int) -> dict[str, Member]:
    """The members of an open file of so many bytes, by name, in the order of the directory.

    Raises DamagedArrays if it is no .npz file of numbers, not whole, too large, or contradicts itself.
    """
    if file_size > LARGEST_FILE:
        raise DamagedArrays(f"larger than {LARGEST_FILE / 1e9:g} GB, which no recording is")
    try:
        count, begin, size = _directory_place(file, file_size)
        if count > MOST_MEMBERS or size > _LARGEST_DIRECTORY:
            raise DamagedArrays(f"not a recording: it has more than {MOST_MEMBERS} members, or too long names")
        entries = [*_entries(_read(file, begin, size), count)]
    except (struct.error, UnicodeDecodeError):
        raise DamagedArrays(_NOT_WHOLE) from None
    _check_entries(entries)
    begins = [_data_offset(file, entry, begin) for entry in entries]
    _check_places(entries, begins, begin)
    return {entry.name: _member(file, entry, offset) for entry, offset in zip(entries, begins, strict=True)}


def shown(name: str) -> str:
    """A member's name for a message: what another program wrote may be any text, of any length."""
    return name if name.isidentifier() and len(name) <= _LONGEST_SHOWN else repr(name[:_LONGEST_SHOWN])


def _read(file: IO[bytes], offset: int, size: int) -> bytes:
    """So many bytes of the file, fewer at its end."""
    file.seek(offset)
    return file.read(size)


def _directory_place(file: IO[bytes], file_size: int) -> tuple[int, int, int]:
    """Number of entries, offset and size of the archive's directory, which ends where the end records begin."""
    tail_size = min(file_size, _END.size + 0xFFFF)
    tail = _read(file, file_size - tail_size, tail_size)
    at = len(tail)
    while (at := tail.rfind(b"PK\5\6", 0, at)) >= 0:
        if at + _END.size <= len(tail):
            _, disk, first_disk, here, count, size, begin, comment = _END.unpack_from(tail, at)
            if at + _END.size + comment == len(tail):
                break
    else:
        raise DamagedArrays(_NOT_WHOLE)
    end = file_size - tail_size + at
    locator = _read(file, max(end - _ZIP64_LOCATOR.size, 0), _ZIP64_LOCATOR.size)
    if locator[:4] == b"PK\6\7":  # there are end records of 64 bits before this one, and theirs are the numbers
        end = min(_ZIP64_LOCATOR.unpack(locator)[2], file_size)
        signature, *_, disk, first_disk, here, count, size, begin = _ZIP64_END.unpack(_read(file, end, _ZIP64_END.size))
        if signature != b"PK\6\6":
            raise DamagedArrays(_NOT_WHOLE)
    if disk or first_disk or here != count or begin + size != end:
        raise DamagedArrays(_NOT_WHOLE)
    return count, begin, size


def _entries(directory: bytes, count: int) -> Iterator[_Entry]:
    at = 0
    for _ in range(count):
        fields = _ENTRY.unpack_from(directory, at)
        signature, _, _, flags, method, _, _, checksum, packed_size, size = fields[:10]
        name_length, extra_length, comment_length = fields[10:13]
        name_at = at + _ENTRY.size
        extra_at = name_at + name_length
        at = extra_at + extra_length + comment_length
        if signature != b"PK\1\2":
            raise DamagedArrays(_NOT_WHOLE)
        raw_name = directory[name_at:extra_at]
        long = [*_zip64_numbers(directory[extra_at : extra_at + extra_length])]
        size, packed_size, offset = (
            long.pop(0) if long and number == _LONG else number for number in (size, packed_size, fields[-1])
        )
        filename = raw_name.decode("utf-8" if flags & _UTF8_FLAG else "cp437")
        yield _Entry(raw_name, filename, method, flags, checksum, packed_size, size, offset)
    if at != len(directory):
        raise DamagedArrays(_NOT_WHOLE)


def _zip64_numbers(extra: bytes) -> Iterator[int]:
    """The numbers of 64 bits in an entry's extra field: those that have no room in its fields of 32, in their order."""
    at = 0
    while at + _EXTRA.size <= len(extra):
        kind, length = _EXTRA.unpack_from(extra, at)
        at += _EXTRA.size
        if kind == _ZIP64_RECORD:
            yield from (number for (number,) in struct.iter_unpack("<Q", extra[at : at + length // 8 * 8]))
            return
        at += length


def _check_entries(entries: list[_Entry]) -> None:
    """Refuse members of one name, in a packing that is not read, or too large together."""
    names = set[str]()
    for entry in entries:
        if entry.name in names:
            raise DamagedArrays(f"not a recording: two members are called {entry.filename[:_LONGEST_SHOWN]!r}")
        names.add(entry.name)
        if entry.method not in (STORED, DEFLATED) or entry.flags & _UNREADABLE_FLAGS:
            raise DamagedArrays(
                f"not a recording: {entry.filename[:_LONGEST_SHOWN]!r} is encrypted or packed in an unknown way"
            )
        if entry.method == STORED and entry.packed_size != entry.size:
            raise DamagedArrays(f"damaged: {shown(entry.name)} has {entry.packed_size} bytes, not {entry.size}")
    if "header" not in names:
        raise DamagedArrays("not a recording: it has no header")
    if sum(entry.size for entry in entries) > LARGEST_FILE:
        raise DamagedArrays(f"holds more than {LARGEST_FILE / 1e9:g} GB, which no recording does")
    if (unpacked := sum(entry.size for entry in entries if entry.method == DEFLATED)) > LARGEST_UNPACKED:
        message = f"unpacks to {unpacked / 1e9:,.1f} GB, and at most {LARGEST_UNPACKED / 1e9:g} GB are unpacked"
        raise DamagedArrays(f"{message}; a recording so large has to be stored without compression")


def _data_offset(file: IO[bytes], entry: _Entry, directory: int) -> int:
    """Offset of a member's bytes: behind its local header, which has to agree with the directory, and lie before it."""
    header = _read(file, min(entry.offset, directory), _LOCAL.size + len(entry.raw_name))
    if len(header) == _LOCAL.size + len(entry.raw_name):
        signature, _, flags, method, *_, name_length, extra_length = _LOCAL.unpack_from(header)
        same = (method, header[_LOCAL.size :]) == (entry.method, entry.raw_name) and not flags & _UNREADABLE_FLAGS
        if signature == b"PK\3\4" and name_length == len(entry.raw_name) and same:
            return entry.offset + len(header) + int(extra_length)
    raise DamagedArrays(f"damaged: {shown(entry.name)} cannot be read: it is not where the directory says")


def _check_places(entries: list[_Entry], begins: list[int], directory: int) -> None:
    """Refuse members that lie over one another, or over the directory at this offset."""
    places = sorted(zip((entry.offset for entry in entries), begins, entries, strict=True), key=lambda place: place[0])
    next_offsets = [*(offset for offset, _, _ in places[1:]), directory]
    for (_, begin, entry), next_offset in zip(places, next_offsets, strict=True):
        if begin + entry.packed_size > next_offset:
            raise DamagedArrays(f"damaged: {shown(entry.name)} lies over what follows it in the file")


def _member(file: IO[bytes], entry: _Entry, begin: int) -> Member:
    try:
        head = _read(file, begin, min(entry.packed_size, 2 * _LONGEST_NPY_HEADER))
        if entry.method == DEFLATED:
            head = zlib.decompressobj(-zlib.MAX_WBITS).decompress(head, 2 * _LONGEST_NPY_HEADER)
        descr, fortran_order, shape, start = _npy_header(head)
    except (zlib.error, struct.error, ValueError):
        raise DamagedArrays(
            f"damaged: {shown(entry.name)} cannot be read: its .npy header is no array of numbers"
        ) from None
    order, kind = descr[:1], descr[1:]
    if kind not in NUMBER_TYPES or order not in ("<", ">", "|") or (order == "|" and not kind.endswith("1")):
        what = "objects" if kind.startswith("O") else repr(descr)
        raise DamagedArrays(f"damaged: {shown(entry.name)} holds {what}, where only numbers and bool are read")
    dtype = np.dtype(descr)
    # An empty array may have other axes, and these must not be too long for numpy either.
    if len(shape) > _MOST_AXES or math.prod(max(size, 1) for size in shape) * dtype.itemsize > LARGEST_FILE:
        raise DamagedArrays(f"damaged: {shown(entry.name)} has a shape that no recording has")
    if (length := math.prod(shape) * dtype.itemsize) != entry.size - start:
        raise DamagedArrays(f"damaged: {shown(entry.name)} has {entry.size - start} bytes of numbers, not {length}")
    return Member(
        name=entry.name,
        dtype=dtype,
        shape=shape,
        fortran_order=fortran_order and len(shape) > 1,
        begin=begin,
        start=start,
        packed_size=entry.packed_size,
        size=entry.size,
        checksum=entry.checksum,
        deflated=entry.method == DEFLATED,
    )


_NPY_ITEM = re.compile(
    r"""\s*(?P<quote>['"])(?P<key>descr|fortran_order|shape)(?P=quote)\s*:\s*
    (?:(?P<mark>['"])(?P<text>[^'"]*)(?P=mark) | (?P<truth>True|False) | \((?P<sizes>[\d,\s]*)\))\s*(?:,|$)""",
    re.VERBOSE,
)
"""One item of the dict that a .npy header is: numpy's own reader lets Python parse it, which any bytes can make fail or
warn in its own words."""


def _npy_header(head: bytes) -> tuple[str, bool, tuple[int, ...], int]:
    """The dtype's name, order, shape and length of the .npy header that these bytes begin with.

    Raises ValueError or struct.error if there is none.
    """
    if head[:6] != b"\x93NUMPY" or head[6:8] not in (b"\1\0", b"\2\0"):
        raise ValueError("not .npy of version 1.0 or 2.0")
    length = struct.Struct("<H" if head[6] == 1 else "<L")
    begin = 8 + length.size
    end = begin + length.unpack_from(head, 8)[0]
    if end > min(len(head), begin + _LONGEST_NPY_HEADER):
        raise ValueError("the header is too long, or not whole")
    text = head[begin:end].decode("ascii").strip()
    if text[:1] != "{" or text[-1:] != "}":
        raise ValueError("not a dict")
    text, items, at = text[1:-1].strip(), dict[str, str | None](), 0
    while at < len(text):
        if (item := _NPY_ITEM.match(text, at)) is None or item["key"] in items:
            raise ValueError("not the header of an array of numbers")
        items[item["key"]] = item[{"descr": "text", "fortran_order": "truth", "shape": "sizes"}[item["key"]]]
        at = item.end()
    descr, order, sizes = (items.get(key) for key in ("descr", "fortran_order", "shape"))
    if descr is None or order is None or sizes is None:
        raise ValueError("not the header of an array of numbers")
    *axes, last = sizes.split(",")
    if last.strip() and not axes:
        raise ValueError("a number, not a tuple")
    shape = tuple(int(size) for size in (*axes, *([last] if last.strip() else [])))
    return descr, order == "True", shape, end
