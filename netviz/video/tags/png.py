"""Texts in PNG and APNG: iTXt chunks before the picture's data (https://www.w3.org/TR/png-3/#11iTXt)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

from netviz.video.about import NAME, Damaged
from netviz.video.tags.look import MOST_PARTS, Data, Look, cut

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORDS = {"title": "Title", "software": "Software", "comment": "Comment", "copyright": "Copyright"}


def insert(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts in it. Raises Damaged."""
    for name, start, _ in _chunks(data):
        if name == b"IDAT":
            written = b"".join(_text(_KEYWORDS.get(key, key), text) for key, text in texts.items())
            return data[: start - 8] + written + data[start - 8 :]
    raise Damaged("it has no picture in it")


def find(data: Data) -> str | None:
    """The text under netviz's name, None if there is none. Raises Damaged."""
    begins = NAME.encode() + b"\0"
    for name, start, stop in _chunks(data):
        if name == b"IDAT":
            break
        if name == b"iTXt" and data[start : start + len(begins)] == begins:
            if zlib.crc32(cut(data, start - 4, stop)) != int.from_bytes(data[stop : stop + 4], "big"):
                raise Damaged("what it says about itself has been changed: its checksum is wrong")
            # keyword, 0, compressed, method, language, 0, translated keyword, 0, text
            return data[start:stop].split(b"\0", 5)[-1].decode(errors="replace")
    return None


def look(data: Data) -> Look:
    """Its size, and how many pictures in how many seconds. Raises Damaged."""
    width = height = frames = 0
    seconds = 0.0
    for name, start, _ in _chunks(data):
        if name == b"IHDR":
            width, height = (int.from_bytes(data[start + at : start + at + 4], "big") for at in (0, 4))
        elif name == b"fcTL":
            number, per = (int.from_bytes(data[start + at : start + at + 2], "big") for at in (20, 22))
            frames, seconds = frames + 1, seconds + number / (per or 100)
    return Look("APNG" if frames else "PNG", (width, height), frames or 1, seconds)


def _text(keyword: str, text: str) -> bytes:
    content = b"iTXt" + keyword.encode("latin-1") + b"\0\0\0\0\0" + text.replace("\0", "").encode(errors="replace")
    return (len(content) - 4).to_bytes(4, "big") + content + zlib.crc32(content).to_bytes(4, "big")


def _chunks(data: Data) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and stop of the content of every chunk."""
    at = len(SIGNATURE)
    for _ in range(MOST_PARTS):
        head = data[at : at + 8]
        stop = at + 8 + int.from_bytes(head[:4], "big")
        if len(head) < 8 or stop + 4 > len(data):
            raise Damaged("it breaks off")
        yield head[4:], at + 8, stop
        if head[4:] == b"IEND":
            return
        at = stop + 4
    raise Damaged("it has more parts than a picture can have")
