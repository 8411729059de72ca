"""Texts in MP4 and MOV: the box `udta` with a list of items, as Apple's players and ffmpeg read it.

`moov/udta/meta/ilst`; an item is a box with a `data` box in it, one that has a name of its own is called `----`.
https://developer.apple.com/documentation/quicktime-file-format/metadata_atoms_and_types
"""

from __future__ import annotations

from collections.abc import Iterator

from netviz.video.about import NAME, About, Damaged
from netviz.video.tags.look import MOST_PARTS, Data, cut

_ITEMS = {"title": b"\xa9nam", "software": b"\xa9too", "comment": b"\xa9cmt", "copyright": b"cprt"}
_TEXT = bytes([0, 0, 0, 1, 0, 0, 0, 0])
"""Of a `data` box: UTF-8, no country or language."""
_INSIDE = (b"moov", b"udta", b"meta", b"ilst")


def mp4_box(about: About) -> bytes:
    """A `udta` box with all texts, to stand in `moov`."""
    items = b""
    for name, text in about.tags.items():
        data = _box(b"data", _TEXT + text.encode(errors="replace"))
        if name == NAME:
            own = _box(b"mean", bytes(4) + NAME.encode()) + _box(b"name", bytes(4) + NAME.encode())
            items += _box(b"----", own + data)
        else:
            items += _box(_ITEMS[name], data)
    handler = _box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    return _box(b"udta", _box(b"meta", bytes(4) + handler + _box(b"ilst", items)))


def is_mp4(data: Data) -> bool:
    """Whether it begins like one."""
    return data[4:8] == b"ftyp"


def find(data: Data) -> str | None:
    """The text under netviz's name in our own kind of box, None if there is none. Raises Damaged."""
    start, stop = 0, len(data)
    for wanted in _INSIDE:
        for name, first, last in _boxes(data, start, stop):
            if name == wanted:
                start, stop = first, last
                break
        else:
            return None
        if wanted == b"meta":
            start += 4
    for name, first, last in _boxes(data, start, stop):
        if name != b"----":
            continue
        parts = {part: (begin, end) for part, begin, end in _boxes(data, first, last)}
        if b"name" in parts and b"data" in parts and _text(data, *parts[b"name"], skip=4) == NAME:
            return _text(data, *parts[b"data"], skip=len(_TEXT))
    return None


def check_end(data: Data) -> None:
    """Raise Damaged if the film breaks off: its index stands in front, and would not tell."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size == 0:  # up to the end
            return
        at += max(8, size)
    if at > len(data):
        raise Damaged("it breaks off")


def _text(data: Data, start: int, stop: int, skip: int) -> str:
    return cut(data, start + skip, stop).decode(errors="replace")


def _box(name: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + name + content


def _boxes(data: Data, start: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and stop of the content of every box between two places."""
    at = start
    for _ in range(MOST_PARTS):
        if at + 8 > stop:
            return  # some writers end a list with four zeros
        size, head = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:  # up to the end
            size = stop - at
        if size < head or at + size > stop:
            raise Damaged("it breaks off")
        yield data[at + 4 : at + 8], at + head, at + size
        at += size
    raise Damaged("it has more parts than a film can have")
