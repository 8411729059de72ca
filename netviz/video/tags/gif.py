"""Texts in GIF: comment extensions before the first picture (https://www.w3.org/Graphics/GIF/spec-gif89a.txt)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netviz.video.about import NAME, Damaged
from netviz.video.tags.look import MOST_PARTS, Data, Look, cut

SIGNATURES = (b"GIF87a", b"GIF89a")
_COMMENT, _CONTROL = b"\x21\xfe", b"\x21\xf9"
_BEGINS = f"{NAME}:".encode()
_BLOCK = 255


def insert(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts in it: one comment for people, one for netviz. Raises Damaged."""
    start = _first_block(data)
    words = "\n".join(f"{name.capitalize()}: {text}" for name, text in texts.items() if name != NAME)
    written = _comment(words.encode("ascii", errors="replace"))
    if NAME in texts:
        written += _comment(_BEGINS + texts[NAME].encode("ascii", errors="replace"))
    return SIGNATURES[1] + data[6:start] + written + data[start:]


def find(data: Data) -> str | None:
    """The text under netviz's name, None if there is none. Raises Damaged."""
    for kind, start, stop in _blocks(data):
        if kind == b",":
            break
        if kind == _COMMENT:
            cut(data, start, stop)
            text = b"".join(data[at : at + size] for at, size in _parts(data, start, stop))
            if text.startswith(_BEGINS):
                return text[len(_BEGINS) :].decode("ascii", errors="replace")
    return None


def look(data: Data) -> Look:
    """Its size, and how many pictures in how many seconds. Raises Damaged."""
    width, height = (int.from_bytes(data[at : at + 2], "little") for at in (6, 8))
    frames, hundredths = 0, 0
    for kind, start, _ in _blocks(data):
        frames += kind == b","
        if kind == _CONTROL:
            hundredths += int.from_bytes(data[start + 2 : start + 4], "little")
    return Look("GIF", (width, height), frames, hundredths / 100)


def _comment(text: bytes) -> bytes:
    blocks = (text[at : at + _BLOCK] for at in range(0, len(text), _BLOCK))
    return _COMMENT + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def _first_block(data: Data) -> int:
    if len(data) < 13:
        raise Damaged("it breaks off")
    return 13 + _colours(data[10])


def _colours(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(data: Data) -> Iterator[tuple[bytes, int, int]]:
    """Kind ("," for a picture, two bytes for an extension), start and stop of the parts of every block."""
    at = _first_block(data)
    for _ in range(MOST_PARTS):
        kind = data[at : at + 1]
        if kind == b";":
            return
        if kind == b"!":
            kind, start = data[at : at + 2], at + 2
        elif kind == b"," and at + 10 < len(data):
            start = at + 11 + _colours(data[at + 9])
        else:
            raise Damaged("it breaks off")
        stop = start
        for part, size in _parts(data, start, len(data)):
            stop = part + size
        stop += 1
        yield kind, start, stop
        at = stop
    raise Damaged("it has more parts than a picture can have")


def _parts(data: Data, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Place and size of every part up to the empty one. Raises Damaged if there is no such end."""
    at = start
    while at < stop:
        size = data[at]
        if size == 0:
            return
        if at + size >= stop:
            break
        yield at + 1, size
        at += 1 + size
    raise Damaged("it breaks off")
