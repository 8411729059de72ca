"""What ffmpeg encoded, taken apart: a fragmented MP4 (ISO/IEC 14496-12) as samples, each a picture or a piece of sound.

ffmpeg writes a head (`ftyp`, `moov`: what a decoder must know) and fragments: `moof`, a table of samples, and `mdat`,
their bytes one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from netviz.errors import NetvizError

Integers = NDArray[np.int64]

_DEFAULT_DURATION, _DEFAULT_SIZE, _DEFAULT_FLAGS = 0x8, 0x10, 0x20
_OFFSET, _FIRST_FLAGS = 0x1, 0x4
_COLUMNS = (0x100, 0x200, 0x400, 0x800)
"""Which of duration, size, flags and offset a `trun` lists for each of its samples."""
_NO_KEY = 0x10000


class NoFragments(NetvizError):
    """Bytes that are not what an encoder should have written."""


@dataclass(frozen=True, eq=False)
class Samples:
    """N samples in the order of decoding. size (N,): bytes. time (N,): when it is shown, in ticks. key (N,): whether a
    player can begin with it. data: all their bytes."""

    size: Integers
    time: Integers
    key: NDArray[np.bool_]
    data: bytes


def split(data: bytes) -> tuple[bytes, Samples]:
    """What an encoder wrote as its `moov`'s content and all its samples. Raises NoFragments."""
    found = [*boxes(data)]
    heads = [content for name, content in found if name == b"moov"]
    parts = [fragment(table, content) for (name, table), (_, content) in pairwise(found) if name == b"moof"]
    if not heads or not parts:
        raise NoFragments("the encoder wrote nothing that can be shown or heard")
    return heads[0], Samples(
        np.concatenate([part.size for part in parts]),
        np.concatenate([part.time for part in parts]),
        np.concatenate([part.key for part in parts]),
        b"".join(part.data for part in parts),
    )


def fragment(table: bytes, data: bytes) -> Samples:
    """The samples of one `moof` and the `mdat` that follows it. Raises NoFragments if they do not fit each other."""
    track = inside(table, b"traf")
    header, times, run = inside(track, b"tfhd"), inside(track, b"tfdt"), inside(track, b"trun")
    defaults = _defaults(header)
    flags, count = int.from_bytes(run[1:4], "big"), int.from_bytes(run[4:8], "big")
    at = 8 + 4 * bool(flags & _OFFSET)
    first_flags = int.from_bytes(run[at : at + 4], "big") if flags & _FIRST_FLAGS else None
    at += 4 * bool(flags & _FIRST_FLAGS)
    listed = [column for column in _COLUMNS if flags & column]
    if count == 0 or len(run) != at + 4 * count * len(listed):
        raise NoFragments("the encoder's output breaks off")
    values = np.frombuffer(run, ">i4", count * len(listed), at).reshape(count, len(listed)).astype(np.int64)
    duration, size, kinds, offset = (
        values[:, listed.index(column)] if column in listed else np.full(count, default, np.int64)
        for column, default in zip(_COLUMNS, (*defaults, 0), strict=True)
    )
    if first_flags is not None:
        kinds = np.concatenate([[first_flags], kinds[1:]])
    if size.sum() != len(data):
        raise NoFragments("the encoder's output breaks off")
    start = int.from_bytes(times[4 : 12 if times[0] else 8], "big")
    decoded = start + np.concatenate([[0], np.cumsum(duration)[:-1]])
    return Samples(size, decoded + offset, (kinds & _NO_KEY) == 0, data)


def _defaults(header: bytes) -> tuple[int, int, int]:
    """Duration, size and flags of samples that list none, from `tfhd`."""
    flags, at = int.from_bytes(header[1:4], "big"), 8
    at += 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2)
    found = []
    for flag in (_DEFAULT_DURATION, _DEFAULT_SIZE, _DEFAULT_FLAGS):
        found.append(int.from_bytes(header[at : at + 4], "big") if flags & flag else 0)
        at += 4 * bool(flags & flag)
    return found[0], found[1], found[2]


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of every box. Raises NoFragments where they do not fill the data."""
    start = 0
    while start < len(data):
        length = box_length(data[start : start + 16])
        if length is None or start + length > len(data):
            raise NoFragments("the encoder's output breaks off")
        head = 16 if data[start : start + 4] == b"\0\0\0\1" else 8
        yield data[start + 4 : start + 8], data[start + head : start + length]
        start += length


def box_length(head: bytes) -> int | None:
    """Bytes of the box that begins with these 16 (or all there are); None if they are too few, or not a box's."""
    if len(head) < 8:
        return None
    length = int.from_bytes(head[:4], "big")
    if length == 1:  # then 64 bits after the name say it
        length = int.from_bytes(head[8:16], "big") if len(head) == 16 else 0
    return length if length >= 8 else None


def inside(data: bytes, *path: bytes) -> bytes:
    """The content of the first box along a path of names. Raises NoFragments if there is none."""
    for name in path:
        data = next((content for found, content in boxes(data) if found == name), b"")
        if not data:
            raise NoFragments(f"the encoder's output lacks its {name.decode()}")
    return data
