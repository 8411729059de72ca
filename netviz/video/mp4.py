"""MP4 boxes (ISO/IEC 14496-12): fragments of encoders read, the finished file written.

ffmpeg writes a head (`ftyp`, and `moov` with the decoder's configuration) and fragments: `moof`, a table of samples,
and `mdat`, their bytes one after the other.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby, pairwise
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netviz.errors import NetvizError

_Integers = NDArray[np.int64]

_DEFAULT_DURATION, _DEFAULT_SIZE, _DEFAULT_FLAGS = 0x8, 0x10, 0x20
_OFFSET, _FIRST_FLAGS = 0x1, 0x4
_COLUMNS = (0x100, 0x200, 0x400, 0x800)
"""Flags of a `trun` for the columns that it lists for each of its samples: duration, size, flags and offset."""
_NO_KEY = 0x10000


class NoFragments(NetvizError):
    """Raised for bytes that are not what an encoder should have written."""


@dataclass(frozen=True, eq=False)
class Samples:
    """N samples in the order of decoding. size (N,): bytes. time (N,): of presentation, in ticks. key (N,): whether a
    player can begin with it. data: all their bytes."""

    size: _Integers
    time: _Integers
    key: NDArray[np.bool_]
    data: bytes


def split(data: bytes) -> tuple[bytes, Samples]:
    """Split an encoder's output into its `moov`'s content and all its samples. Raises NoFragments."""
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
    """Samples of one `moof` and the `mdat` that follows it. Raises NoFragments if they do not fit each other."""
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


class Box(NamedTuple):
    """Name of a box, and the positions where its content starts and ends; the end may lie beyond the data."""

    name: bytes
    start: int
    stop: int


def box_at(data: bytes | mmap.mmap, at: int = 0, *, last: int | None = None) -> Box | None:
    """Box that begins at a position; None if there is no complete head of one.

    last: the position where a box ends that gives no length and goes on to the end; None if there can be none.
    """
    head = data[at : at + 16]
    if len(head) < 8:
        return None
    length, start = int.from_bytes(head[:4], "big"), 8
    if length == 1:  # then the length is the 64 bits after the name
        length, start = int.from_bytes(head[8:], "big") if len(head) == 16 else 0, 16
    elif length == 0 and last is not None:
        length = last - at
    return Box(head[4:8], at + start, at + length) if length >= start else None


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of every box in the data. Raises NoFragments where they do not fill the data."""
    at = 0
    while at < len(data):
        found = box_at(data, at)
        if found is None or found.stop > len(data):
            raise NoFragments("the encoder's output breaks off")
        yield found.name, data[found.start : found.stop]
        at = found.stop


def box(name: bytes, content: bytes) -> bytes:
    """Bytes of a box with that name and content."""
    return (8 + len(content)).to_bytes(4, "big") + name + content


def inside(data: bytes, *path: bytes) -> bytes:
    """Content of the first box along a path of names. Raises NoFragments if there is none."""
    for name in path:
        data = next((content for found, content in boxes(data) if found == name), b"")
        if not data:
            raise NoFragments(f"the encoder's output lacks its {name.decode()}")
    return data


# Writing: encoded pictures and sound as an MP4 (ISO/IEC 14496-12) with its index at the front, in one pass.
#
# The decoder's configuration is copied from the encoders byte for byte; the tables of when each sample is shown and
# where it lies are written here. Space for the index is reserved at first: a size that is enough is known before the
# index is.

_TYPE = b"isom\0\0\2\0isomiso2avc1mp41"
CHUNK = Fraction(1)
"""Seconds of pictures, then of sound, that lie together: a player need not seek back and forth in the file."""

_TABLES = (b"stts", b"ctts", b"stss", b"stsc", b"stsz", b"stco", b"co64", b"sgpd", b"sbgp")
_ROOM = 4096
_ROOM_A_SAMPLE = 16
_ROOM_A_CHUNK = 20


@dataclass(eq=False)
class Track:
    """Samples of one track, as far as they are written.

    head: the content of the encoder's `moov`. tick: ticks from one sample to the next. start: the first tick that is
    played. sizes, times (ticks), keys, chunks (samples, position in the file): of the samples that are written.
    """

    head: bytes
    tick: int
    start: int = 0
    sizes: list[_Integers] = field(default_factory=list)
    times: list[_Integers] = field(default_factory=list)
    keys: list[NDArray[np.bool_]] = field(default_factory=list)
    chunks: list[tuple[int, int]] = field(default_factory=list)

    @property
    def ticks_a_second(self) -> int:
        """Ticks a second of the track's own clock."""
        return ticks_of(self.head)

    def write(self, file: BinaryIO, samples: Samples) -> None:
        """Write samples to the file, as one chunk."""
        self.chunks.append((len(samples.size), file.tell()))
        file.write(samples.data)
        self.sizes.append(samples.size)
        self.times.append(samples.time)
        self.keys.append(samples.key)


def ticks_of(head: bytes) -> int:
    """Ticks a second of an encoder's track, from the content of its `moov`."""
    return int.from_bytes(inside(head, b"trak", b"mdia", b"mdhd")[12:16], "big")


def reserve(file: BinaryIO, samples: int, chunks: int, about: int = 0) -> int:
    """Reserve space at the file's front for the index of so many samples, and begin the data. Returns its bytes.

    about: bytes of the film's metadata.
    """
    room = _ROOM + _ROOM_A_SAMPLE * samples + _ROOM_A_CHUNK * chunks + about
    file.write(box(b"ftyp", _TYPE) + (room).to_bytes(4, "big") + b"free" + bytes(room - 8))
    file.write(b"\0\0\0\1mdat" + bytes(8))  # its size has 64 bits, and is written last
    return room


def complete(file: BinaryIO, room: int, tracks: list[Track], seconds: Fraction, about: bytes = b"") -> None:
    """Write the index, and the size of the data, into the reserved space. The first track's clock is the film's.

    room: bytes that `reserve` returned. about: boxes for the end of the index, with the film's metadata.
    """
    end, clock = file.tell(), tracks[0].ticks_a_second
    index = _index(tracks, clock, seconds, about)
    first = 8 + len(_TYPE)
    rest = room - len(index)
    if rest < 8:
        raise AssertionError(f"an index of {len(index)} bytes in {room}")
    file.seek(first)
    file.write(index + rest.to_bytes(4, "big") + b"free")
    file.seek(first + room + 8)
    file.write((end - first - room).to_bytes(8, "big"))
    file.seek(end)


def parts(samples: Samples, counts: list[int]) -> list[Samples]:
    """Split samples into runs of so many each."""
    found, at, byte = [], 0, 0
    for count in counts:
        run = slice(at, at + count)
        length = int(samples.size[run].sum())
        found.append(
            Samples(samples.size[run], samples.time[run], samples.key[run], samples.data[byte : byte + length])
        )
        at, byte = at + count, byte + length
    return found


def _index(tracks: list[Track], clock: int, seconds: Fraction, about: bytes) -> bytes:
    duration = round(seconds * clock)
    header = bytearray(inside(tracks[0].head, b"mvhd"))
    header[12:20] = _u32(clock, 0)
    header[96:100] = _u32(len(tracks) + 1)
    content = box(b"mvhd", _with_duration(bytes(header), 16, duration))
    for number, track in enumerate(tracks):
        content += _track(track, number + 1, duration)
    return box(b"moov", content + about)


def _track(track: Track, number: int, duration: int) -> bytes:
    """Box `trak`: the encoder's, with our number, lengths and tables."""
    content = b""
    for name, old in boxes(inside(track.head, b"trak")):
        if name == b"tkhd":
            header = old[:12] + _u32(number) + old[16:]
            content += box(b"tkhd", _with_duration(header, 20, duration))
            content += box(b"edts", box(b"elst", _edit(track, duration)))
        elif name == b"mdia":
            content += box(b"mdia", _media(track, old, track.tick * sum(map(len, track.sizes))))
        elif name != b"edts":
            content += box(name, old)
    return box(b"trak", content)


def _edit(track: Track, duration: int) -> bytes:
    """Content of an `elst`: play all of the film from the first tick that is to be played, at normal speed."""
    start = track.start + _delay(track)
    if duration < 1 << 32:
        return _u32(0, 1, duration, start, 0x10000)
    return _u32(0x1000000, 1) + duration.to_bytes(8, "big") + start.to_bytes(8, "big") + _u32(0x10000)


def _delay(track: Track) -> int:
    """Ticks by which all samples are shown later, so that none is shown before it is decoded."""
    times = np.concatenate(track.times)
    return max(0, int((track.tick * np.arange(len(times)) - times).max()))


def _media(track: Track, media: bytes, duration: int) -> bytes:
    content = b""
    for name, old in boxes(media):
        if name == b"mdhd":
            content += box(name, _with_duration(old, 16, duration))
        elif name == b"minf":
            inner = b""
            for part, own in boxes(old):
                inner += box(part, _table(track, own) if part == b"stbl" else own)
            content += box(name, inner)
        else:
            content += box(name, old)
    return content


def _table(track: Track, table: bytes) -> bytes:
    """Content of an `stbl`: the encoder's, with our tables of where each sample lies, and when it is shown."""
    content = b"".join(box(name, old) for name, old in boxes(table) if name not in _TABLES)
    sizes, times, keys = np.concatenate(track.sizes), np.concatenate(track.times), np.concatenate(track.keys)
    content += box(b"stts", _u32(0, 1, len(sizes), track.tick))
    offsets = times - track.tick * np.arange(len(times)) + _delay(track)
    if offsets.any():
        runs = [(len([*run]), value) for value, run in groupby(offsets.tolist())]
        content += box(b"ctts", _u32(0, len(runs), *(number for run in runs for number in run)))
    if not keys.all():
        first = np.flatnonzero(keys) + 1
        content += box(b"stss", _u32(0, len(first)) + _column(first, 4))
    counts = [count for count, _ in track.chunks]
    changes = [n for n, count in enumerate(counts) if n == 0 or count != counts[n - 1]]
    content += box(b"stsc", _u32(0, len(changes), *(x for n in changes for x in (n + 1, counts[n], 1))))
    content += box(b"stsz", _u32(0, 0, len(sizes)) + _column(sizes, 4))
    places = np.array([place for _, place in track.chunks])
    wide = bool(places[-1] >= 1 << 32)
    content += box(b"co64" if wide else b"stco", _u32(0, len(places)) + _column(places, 8 if wide else 4))
    return content


def _with_duration(header: bytes, at: int, duration: int) -> bytes:
    """Header of version 0 with another duration; all ones, which mean unknown, where 32 bits cannot hold it."""
    return header[:at] + _u32(min(duration, (1 << 32) - 1)) + header[at + 4 :]


def _u32(*values: int) -> bytes:
    return b"".join(int(value).to_bytes(4, "big") for value in values)


def _column(values: _Integers, width: int) -> bytes:
    return values.astype(f">u{width}").tobytes()
