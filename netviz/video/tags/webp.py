"""Texts in WebP: an XMP chunk (https://developers.google.com/speed/webp/docs/riff_container)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netviz.video.about import Damaged
from netviz.video.tags import xmp
from netviz.video.tags.look import MOST_PARTS, Data, Look, cut

LARGEST = 2**32 - 10
_XMP, _ALPHA = 0x04, 0x10


def is_webp(data: Data) -> bool:
    """Whether it begins like one."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def insert(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts in it, in the extended form if it was not yet. Raises Damaged."""
    chunks = [(name, data[start:stop]) for name, start, stop in _chunks(data) if name != b"XMP "]
    if not chunks:
        raise Damaged("it has no picture in it")
    name, first = chunks[0]
    if name == b"VP8X":
        chunks[0] = (name, bytes([first[0] | _XMP]) + first[1:])
    else:
        (width, height), flags = _of_picture(name, first)
        sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunks.insert(0, (b"VP8X", bytes([flags | _XMP, 0, 0, 0]) + sides))
    content = b"WEBP" + b"".join(_chunk(*chunk) for chunk in [*chunks, (b"XMP ", xmp.packet(texts))])
    if len(content) > LARGEST:
        raise Damaged("it is too large for more to be put into it")
    return b"RIFF" + len(content).to_bytes(4, "little") + content


def find(data: Data) -> str | None:
    """The text under netviz's name, None if there is none. Raises Damaged."""
    for name, start, stop in _chunks(data):
        if name == b"XMP ":
            return xmp.find(cut(data, start, stop))
    return None


def look(data: Data) -> Look:
    """Its size, and how many pictures in how many seconds. Raises Damaged."""
    size, frames, milliseconds = (0, 0), 0, 0
    for name, start, stop in _chunks(data):
        if name == b"VP8X":
            width, height = (1 + int.from_bytes(data[start + at : start + at + 3], "little") for at in (4, 7))
            size = (width, height)
        elif name == b"ANMF":
            frames, milliseconds = frames + 1, milliseconds + int.from_bytes(data[start + 12 : start + 15], "little")
        elif name in (b"VP8 ", b"VP8L") and size == (0, 0):
            size, _ = _of_picture(name, data[start : min(stop, start + 10)])
    return Look("WebP", size, frames or 1, milliseconds / 1000)


def _of_picture(name: bytes, content: bytes) -> tuple[tuple[int, int], int]:
    """Width and height, and whether it is transparent as a flag of VP8X."""
    if name == b"VP8L" and len(content) >= 5 and content[0] == 0x2F:
        bits = int.from_bytes(content[1:5], "little")
        return (1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)), _ALPHA if bits >> 28 & 1 else 0
    if name == b"VP8 " and len(content) >= 10 and content[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(content[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        return (width, height), 0
    raise Damaged("its picture does not begin like one")


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def _chunks(data: Data) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and stop of the content of every chunk."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise Damaged("it breaks off")
    at = 12
    for _ in range(MOST_PARTS):
        if at >= end:
            return
        stop = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 > end or stop > end:
            raise Damaged("it breaks off")
        yield data[at : at + 4], at + 8, stop
        at = stop + stop % 2
    raise Damaged("it has more parts than a picture can have")
