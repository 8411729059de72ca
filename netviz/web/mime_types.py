"""MIME types of films with their codecs, read from the file itself.

The strings are those of RFC 6381: `avc1.` with profile, constraints and level of H.264 (ISO/IEC 14496-15), `mp4a.40.`
with the kind of AAC (ISO/IEC 14496-1), `av01.` with profile, level, tier and depth of AV1 (its ISOBMFF binding, 5).
WebM is EBML (RFC 8794) with the elements of Matroska (RFC 9559).
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from netviz.errors import NetvizError
from netviz.video.mp4 import box_at, boxes, inside

_ENTRY_OF_PICTURES, _ENTRY_OF_SOUND = 78, 28
"""Bytes of a sample entry before its boxes: VisualSampleEntry, AudioSampleEntry."""
_DECODER, _SPECIFIC = 0x04, 0x05
"""Tags of descriptors in `esds`."""
_HEAD = 1_000_000
"""Bytes at the beginning of a WebM in which its tracks are looked for."""
_SEGMENT, _TRACKS, _TRACK, _CODEC, _PRIVATE = 0x18538067, 0x1654AE6B, 0xAE, 0x86, 0x63A2
"""Elements of Matroska."""


class UnknownFilm(NetvizError):
    """A film file whose kind of encoding is none that we write."""


def mp4_type(path: Path) -> str:
    """The type of an MP4: video/mp4; codecs="avc1.640028, mp4a.40.2"."""
    tracks = [content for name, content in boxes(_index(path)) if name == b"trak"]
    codecs = [_codec(inside(track, b"mdia", b"minf", b"stbl", b"stsd")[8:], path) for track in tracks]
    return f'video/mp4; codecs="{", ".join(codecs)}"'


def webm_type(path: Path) -> str:
    """The type of a WebM: video/webm; codecs="av01.0.08M.08, opus"."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    codecs = [_webm_codec(dict(_elements(track)), path) for track in _tracks(head)]
    if not codecs:
        raise UnknownFilm(f"{path.name} does not say at its beginning what it is encoded in")
    return f'video/webm; codecs="{", ".join(codecs)}"'


TYPES: dict[str, Callable[[Path], str]] = {".mp4": mp4_type, ".webm": webm_type}
"""Reader of a film's type, by the end of its file's name."""


def film_type(path: Path) -> str:
    """The type of a film file, with what it is encoded in."""
    return TYPES[path.suffix](path)


def _index(path: Path) -> bytes:
    """The content of an MP4's `moov`, of which nothing else is read."""
    if path.stat().st_size:  # nothing cannot be mapped
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            at = 0
            while (found := box_at(data, at)) is not None:
                if found.name == b"moov" and found.stop <= len(data):
                    return data[found.start : found.stop]
                at = found.stop
    raise UnknownFilm(f"{path.name} has no whole index, so it cannot be said what it is encoded in")


def _codec(entries: bytes, path: Path) -> str:
    """The codec of a track, from the entries of its sample description."""
    for name, content in boxes(entries):
        if name == b"avc1":
            profile, constraints, level = inside(content[_ENTRY_OF_PICTURES:], b"avcC")[1:4]
            return f"avc1.{profile:02x}{constraints:02x}{level:02x}"
        if name == b"mp4a":
            return f"mp4a.40.{_kind_of_aac(inside(content[_ENTRY_OF_SOUND:], b'esds')[4:])}"
    raise UnknownFilm(f"{path.name} is encoded in something that is neither H.264 nor AAC")


def _kind_of_aac(descriptor: bytes) -> int:
    """The audio object type: the first five bits of what the decoder is told (6 more where they are all ones)."""
    (_, whole), *_ = _descriptors(descriptor)
    decoder = next(content for tag, content in _descriptors(whole[3:]) if tag == _DECODER)
    specific = next(content for tag, content in _descriptors(decoder[13:]) if tag == _SPECIFIC)
    kind = specific[0] >> 3
    return kind if kind < 31 else 32 + ((specific[0] & 7) << 3 | specific[1] >> 5)


def _descriptors(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each descriptor, whose length is written in sevens of bits."""
    at = 0
    while at < len(data):
        tag, length, at = data[at], 0, at + 1
        while True:
            length, more, at = length << 7 | data[at] & 0x7F, data[at] & 0x80, at + 1
            if not more:
                break
        yield tag, data[at : at + length]
        at += length


def _tracks(head: bytes) -> Iterator[bytes]:
    """The content of every track entry at the beginning of a WebM."""
    for name, segment in _elements(head):
        if name == _SEGMENT:
            for part, tracks in _elements(segment):
                if part == _TRACKS:
                    yield from (track for kind, track in _elements(tracks) if kind == _TRACK)


def _webm_codec(track: Mapping[int, bytes], path: Path) -> str:
    codec, private = track.get(_CODEC, b""), track.get(_PRIVATE, b"")
    match codec:
        case b"V_AV1" if len(private) >= 3:
            profile, level, depth = private[1] >> 5, private[1] & 31, private[2]
            bits = 8 if not depth & 0x40 else 12 if depth & 0x20 else 10
            return f"av01.{profile}.{level:02}{'H' if depth & 0x80 else 'M'}.{bits:02}"
        case b"V_VP9":  # the file says no more of it
            return "vp9"
        case b"A_OPUS":
            return "opus"
    raise UnknownFilm(f"{path.name} is encoded in something that is neither AV1, VP9 nor Opus")


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Name and content of each element of EBML, as far as there are bytes."""
    at = 0
    while at < len(data):
        name, at = _number(data, at, keep=True)
        length, at = _number(data, at)
        yield name, data[at : at + length]
        at += length


def _number(data: bytes, at: int, *, keep: bool = False) -> tuple[int, int]:
    """A number that says by itself how long it is, and where it ends. keep: what says so is part of it."""
    first = data[at] if at < len(data) else 0
    size = 9 - first.bit_length()
    if size > 8:
        return 0, len(data)
    value = int.from_bytes(data[at : at + size], "big")
    return value if keep else value & ((1 << 7 * size) - 1), at + size
