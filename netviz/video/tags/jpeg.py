"""Texts in JPEG: XMP for people, and comment segments, 64 kB each, for netviz (ITU T.81, annex B)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from netviz.video.about import NAME, Damaged
from netviz.video.tags import xmp
from netviz.video.tags.look import MOST_PARTS, Data, Look

SIGNATURE = b"\xff\xd8\xff"
_APP0, _APP1, _COMMENT, _SCAN = 0xE0, 0xE1, 0xFE, 0xDA
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_LARGEST = 60_000
"""Bytes of text in one segment, which can hold 65,533."""
_PART = re.compile(rf"{NAME} ([0-9]{{1,6}})/([0-9]{{1,6}}) ".encode())
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of what says how large the picture is."""


def insert(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts in it. Raises Damaged."""
    at = 2
    for marker, _, stop in _segments(data):
        if marker != _APP0:  # JFIF's own segment has to be the first
            break
        at = stop
    words = xmp.packet({name: text for name, text in texts.items() if name != NAME})
    written = _segment(_APP1, _XMP + words)
    text = texts.get(NAME, "").encode("ascii", errors="replace")
    parts = [text[start : start + _LARGEST] for start in range(0, len(text), _LARGEST)]
    for number, part in enumerate(parts, 1):
        written += _segment(_COMMENT, f"{NAME} {number}/{len(parts)} ".encode() + part)
    return data[:at] + written + data[at:]


def find(data: Data) -> str | None:
    """The text under netviz's name, None if there is none. Raises Damaged."""
    parts: list[bytes] = []
    count = 0
    for marker, start, stop in _segments(data):
        content = data[start:stop] if marker == _COMMENT else b""
        if match := _PART.match(content):
            count = int(match[2])
            if int(match[1]) != len(parts) + 1:
                raise Damaged("what it says about itself is not whole")
            parts.append(content[match.end() :])
    if len(parts) != count:
        raise Damaged("what it says about itself is not whole")
    return b"".join(parts).decode("ascii", errors="replace") if parts else None


def look(data: Data) -> Look:
    """Its size. Raises Damaged."""
    for marker, start, _ in _segments(data):
        if marker in _FRAMES:
            height, width = (int.from_bytes(data[start + at : start + at + 2], "big") for at in (1, 3))
            return Look("JPEG", (width, height))
    raise Damaged("it has no picture in it")


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (2 + len(content)).to_bytes(2, "big") + content


def _segments(data: Data) -> Iterator[tuple[int, int, int]]:
    """Marker, start and stop of the content of every segment before the picture's data."""
    at = 2
    for _ in range(MOST_PARTS):
        if data[at : at + 1] != b"\xff" or at + 4 > len(data):
            raise Damaged("it breaks off")
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if size < 2 or at + 2 + size > len(data):
            raise Damaged("it breaks off")
        if marker == _SCAN:
            return
        yield marker, at + 4, at + 2 + size
        at += 2 + size
    raise Damaged("it has more parts than a picture can have")
