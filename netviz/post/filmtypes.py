"""What a film file is, as a browser wants to be told before it asks for it: read from the file itself.

The strings are those of RFC 6381: `avc1.` with profile, constraints and level of H.264 (ISO/IEC 14496-15), `mp4a.40.`
with the kind of AAC (ISO/IEC 14496-1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from netviz.errors import NetvizError
from netviz.video.fragments import box_length, boxes, inside

_ENTRY_OF_PICTURES, _ENTRY_OF_SOUND = 78, 28
"""Bytes of a sample entry before its boxes: VisualSampleEntry, AudioSampleEntry."""
_DECODER, _SPECIFIC = 0x04, 0x05
"""Tags of descriptors in `esds`."""


class UnknownFilm(NetvizError):
    """A film file whose kind of encoding is none that we write."""


def mp4_type(path: Path) -> str:
    """The type of an MP4: video/mp4; codecs="avc1.640028, mp4a.40.2"."""
    tracks = [content for name, content in boxes(_index(path)) if name == b"trak"]
    codecs = [_codec(inside(track, b"mdia", b"minf", b"stbl", b"stsd")[8:], path) for track in tracks]
    return f'video/mp4; codecs="{", ".join(codecs)}"'


TYPES: dict[str, Callable[[Path], str]] = {".mp4": mp4_type}
"""What reads the type of a film, by the end of its file's name."""


def film_type(path: Path) -> str:
    """The type of a film file, with what it is encoded in."""
    return TYPES[path.suffix](path)


def _index(path: Path) -> bytes:
    """The content of an MP4's `moov`, of which nothing else is read."""
    with path.open("rb") as file:
        while head := file.read(16):
            length, name = box_length(head), head[4:8]
            if length is None:
                break
            start = 16 if head[:4] == b"\0\0\0\1" else 8
            if name == b"moov":
                file.seek(start - len(head), 1)
                content = file.read(length - start)
                if len(content) == length - start:
                    return content
            file.seek(length - len(head), 1)
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
    told = next(content for tag, content in _descriptors(decoder[13:]) if tag == _SPECIFIC)
    kind = told[0] >> 3
    return kind if kind < 31 else 32 + ((told[0] & 7) << 3 | told[1] >> 5)


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
