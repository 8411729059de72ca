"""Metadata in images: PNG, APNG, JPEG, GIF and WebP chunks, and XMP."""

from __future__ import annotations

import mmap
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from xml.sax.saxutils import escape

from netviz.video.metadata import LARGEST, NAME, DamagedFile

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEYWORDS = {"title": "Title", "software": "Software", "comment": "Comment", "copyright": "Copyright"}


def insert_in_png(data: bytes, texts: Mapping[str, str]) -> bytes:
    """A PNG's or APNG's bytes with the texts inserted before the picture. Raises DamagedFile."""
    for name, start, _ in _png_chunks(data):
        if name == b"IDAT":
            written = b"".join(_png_text(_PNG_KEYWORDS.get(key, key), text) for key, text in texts.items())
            return data[: start - 8] + written + data[start - 8 :]
    raise DamagedFile("it has no picture in it")


def find_in_png(data: FileBytes) -> str | None:
    """Text under netviz's name in a PNG or APNG, None if there is none. Raises DamagedFile."""
    begins = NAME.encode() + b"\0"
    for name, start, stop in _png_chunks(data):
        if name == b"IDAT":
            break
        if name == b"iTXt" and data[start : start + len(begins)] == begins:
            if zlib.crc32(cut(data, start - 4, stop)) != int.from_bytes(data[stop : stop + 4], "big"):
                raise DamagedFile("what it says about itself has been changed: its checksum is wrong")
            # keyword, 0, compressed, method, language, 0, translated keyword, 0, text
            return data[start:stop].split(b"\0", 5)[-1].decode(errors="replace")
    return None


def look_at_png(data: FileBytes) -> ImageInfo:
    """Size of a PNG or APNG in pixels, its number of frames, and their seconds. Raises DamagedFile."""
    width = height = frames = 0
    seconds = 0.0
    for name, start, _ in _png_chunks(data):
        if name == b"IHDR":
            width, height = (int.from_bytes(data[start + at : start + at + 4], "big") for at in (0, 4))
        elif name == b"fcTL":
            number, per = (int.from_bytes(data[start + at : start + at + 2], "big") for at in (20, 22))
            frames, seconds = frames + 1, seconds + number / (per or 100)
    return ImageInfo("APNG" if frames else "PNG", (width, height), frames or 1, seconds)


def _png_text(keyword: str, text: str) -> bytes:
    content = b"iTXt" + keyword.encode("latin-1") + b"\0\0\0\0\0" + text.replace("\0", "").encode(errors="replace")
    return (len(content) - 4).to_bytes(4, "big") + content + zlib.crc32(content).to_bytes(4, "big")


def _png_chunks(data: FileBytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and stop of the content of every chunk. Raises DamagedFile."""
    at = len(PNG_SIGNATURE)
    for _ in range(MOST_PARTS):
        head = data[at : at + 8]
        stop = at + 8 + int.from_bytes(head[:4], "big")
        if len(head) < 8 or stop + 4 > len(data):
            raise DamagedFile("it breaks off")
        yield head[4:], at + 8, stop
        if head[4:] == b"IEND":
            return
        at = stop + 4
    raise DamagedFile("it has more parts than a picture can have")


# Metadata in JPEG: XMP for people, and comment segments, 64 kB each, for netviz (ITU T.81, annex B).

JPEG_SIGNATURE = b"\xff\xd8\xff"
_APP0, _APP1, _COMMENT_SEGMENT, _SCAN = 0xE0, 0xE1, 0xFE, 0xDA
_XMP_SEGMENT = b"http://ns.adobe.com/xap/1.0/\0"
_LARGEST_COMMENT = 60_000
"""Bytes of text in one segment, which can hold 65,533."""
_COMMENT_PART = re.compile(rf"{NAME} ([0-9]{{1,6}})/([0-9]{{1,6}}) ".encode())
_FRAME_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of the segments that give the picture's size."""


def insert_in_jpeg(data: bytes, texts: Mapping[str, str]) -> bytes:
    """A JPEG's bytes with the texts inserted after JFIF's own segment. Raises DamagedFile."""
    at = 2
    for marker, _, stop in _jpeg_segments(data):
        if marker != _APP0:  # JFIF's own segment has to be the first
            break
        at = stop
    words = xmp_packet({name: text for name, text in texts.items() if name != NAME})
    written = _jpeg_segment(_APP1, _XMP_SEGMENT + words)
    text = texts.get(NAME, "").encode("ascii", errors="replace")
    parts = [text[start : start + _LARGEST_COMMENT] for start in range(0, len(text), _LARGEST_COMMENT)]
    for number, part in enumerate(parts, 1):
        written += _jpeg_segment(_COMMENT_SEGMENT, f"{NAME} {number}/{len(parts)} ".encode() + part)
    return data[:at] + written + data[at:]


def find_in_jpeg(data: FileBytes) -> str | None:
    """Text under netviz's name in a JPEG, None if there is none. Raises DamagedFile."""
    parts: list[bytes] = []
    count = 0
    for marker, start, stop in _jpeg_segments(data):
        content = data[start:stop] if marker == _COMMENT_SEGMENT else b""
        if match := _COMMENT_PART.match(content):
            count = int(match[2])
            if int(match[1]) != len(parts) + 1:
                raise DamagedFile("what it says about itself is not whole")
            parts.append(content[match.end() :])
    if len(parts) != count:
        raise DamagedFile("what it says about itself is not whole")
    return b"".join(parts).decode("ascii", errors="replace") if parts else None


def look_at_jpeg(data: FileBytes) -> ImageInfo:
    """Size of a JPEG in pixels. Raises DamagedFile."""
    for marker, start, _ in _jpeg_segments(data):
        if marker in _FRAME_MARKERS:
            height, width = (int.from_bytes(data[start + at : start + at + 2], "big") for at in (1, 3))
            return ImageInfo("JPEG", (width, height))
    raise DamagedFile("it has no picture in it")


def _jpeg_segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (2 + len(content)).to_bytes(2, "big") + content


def _jpeg_segments(data: FileBytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and stop of the content of every segment before the picture's data. Raises DamagedFile."""
    at = 2
    for _ in range(MOST_PARTS):
        if data[at : at + 1] != b"\xff" or at + 4 > len(data):
            raise DamagedFile("it breaks off")
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if size < 2 or at + 2 + size > len(data):
            raise DamagedFile("it breaks off")
        if marker == _SCAN:
            return
        yield marker, at + 4, at + 2 + size
        at += 2 + size
    raise DamagedFile("it has more parts than a picture can have")


# Metadata in GIF: comment extensions before the first picture (https://www.w3.org/Graphics/GIF/spec-gif89a.txt).

GIF_SIGNATURES = (b"GIF87a", b"GIF89a")
_COMMENT_EXTENSION, _CONTROL_EXTENSION = b"\x21\xfe", b"\x21\xf9"
_GIF_COMMENT_BEGINS = f"{NAME}:".encode()
_GIF_BLOCK = 255


def insert_in_gif(data: bytes, texts: Mapping[str, str]) -> bytes:
    """A GIF's bytes with the texts inserted: one comment for people, one for netviz. Raises DamagedFile."""
    start = _first_gif_block(data)
    words = "\n".join(f"{name.capitalize()}: {text}" for name, text in texts.items() if name != NAME)
    written = _gif_comment(words.encode("ascii", errors="replace"))
    if NAME in texts:
        written += _gif_comment(_GIF_COMMENT_BEGINS + texts[NAME].encode("ascii", errors="replace"))
    return GIF_SIGNATURES[1] + data[6:start] + written + data[start:]


def find_in_gif(data: FileBytes) -> str | None:
    """Text under netviz's name in a GIF, None if there is none. Raises DamagedFile."""
    for kind, start, stop in _gif_blocks(data):
        if kind == b",":
            break
        if kind == _COMMENT_EXTENSION:
            cut(data, start, stop)
            text = b"".join(data[at : at + size] for at, size in _gif_parts(data, start, stop))
            if text.startswith(_GIF_COMMENT_BEGINS):
                return text[len(_GIF_COMMENT_BEGINS) :].decode("ascii", errors="replace")
    return None


def look_at_gif(data: FileBytes) -> ImageInfo:
    """Size of a GIF in pixels, its number of frames, and their seconds. Raises DamagedFile."""
    width, height = (int.from_bytes(data[at : at + 2], "little") for at in (6, 8))
    frames, hundredths = 0, 0
    for kind, start, _ in _gif_blocks(data):
        frames += kind == b","
        if kind == _CONTROL_EXTENSION:
            hundredths += int.from_bytes(data[start + 2 : start + 4], "little")
    return ImageInfo("GIF", (width, height), frames, hundredths / 100)


def _gif_comment(text: bytes) -> bytes:
    blocks = (text[at : at + _GIF_BLOCK] for at in range(0, len(text), _GIF_BLOCK))
    return _COMMENT_EXTENSION + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def _first_gif_block(data: FileBytes) -> int:
    if len(data) < 13:
        raise DamagedFile("it breaks off")
    return 13 + _gif_colours(data[10])


def _gif_colours(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks(data: FileBytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind ("," for a picture, two bytes for an extension), start and stop of the parts of every block.

    Raises DamagedFile.
    """
    at = _first_gif_block(data)
    for _ in range(MOST_PARTS):
        kind = data[at : at + 1]
        if kind == b";":
            return
        if kind == b"!":
            kind, start = data[at : at + 2], at + 2
        elif kind == b"," and at + 10 < len(data):
            start = at + 11 + _gif_colours(data[at + 9])
        else:
            raise DamagedFile("it breaks off")
        stop = start
        for part, size in _gif_parts(data, start, len(data)):
            stop = part + size
        stop += 1
        yield kind, start, stop
        at = stop
    raise DamagedFile("it has more parts than a picture can have")


def _gif_parts(data: FileBytes, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Position and size in bytes of every part up to the empty one. Raises DamagedFile if there is no such end."""
    at = start
    while at < stop:
        size = data[at]
        if size == 0:
            return
        if at + size >= stop:
            break
        yield at + 1, size
        at += 1 + size
    raise DamagedFile("it breaks off")


# Metadata in WebP: an XMP chunk (https://developers.google.com/speed/webp/docs/riff_container).

LARGEST_WEBP = 2**32 - 10
_XMP_FLAG, _ALPHA_FLAG = 0x04, 0x10


def is_webp(data: FileBytes) -> bool:
    """Return whether a file's bytes begin like a WebP."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def insert_in_webp(data: bytes, texts: Mapping[str, str]) -> bytes:
    """A WebP's bytes with the texts inserted; a file of the simple form becomes extended. Raises DamagedFile."""
    chunks = [(name, data[start:stop]) for name, start, stop in _webp_chunks(data) if name != b"XMP "]
    if not chunks:
        raise DamagedFile("it has no picture in it")
    name, first = chunks[0]
    if name == b"VP8X":
        chunks[0] = (name, bytes([first[0] | _XMP_FLAG]) + first[1:])
    else:
        (width, height), flags = _webp_picture(name, first)
        sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunks.insert(0, (b"VP8X", bytes([flags | _XMP_FLAG, 0, 0, 0]) + sides))
    content = b"WEBP" + b"".join(_webp_chunk(*chunk) for chunk in [*chunks, (b"XMP ", xmp_packet(texts))])
    if len(content) > LARGEST_WEBP:
        raise DamagedFile("it is too large for more to be put into it")
    return b"RIFF" + len(content).to_bytes(4, "little") + content


def find_in_webp(data: FileBytes) -> str | None:
    """Text under netviz's name in a WebP, None if there is none. Raises DamagedFile."""
    for name, start, stop in _webp_chunks(data):
        if name == b"XMP ":
            return find_in_xmp(cut(data, start, stop))
    return None


def look_at_webp(data: FileBytes) -> ImageInfo:
    """Size of a WebP in pixels, its number of frames, and their seconds. Raises DamagedFile."""
    size, frames, milliseconds = (0, 0), 0, 0
    for name, start, stop in _webp_chunks(data):
        if name == b"VP8X":
            width, height = (1 + int.from_bytes(data[start + at : start + at + 3], "little") for at in (4, 7))
            size = (width, height)
        elif name == b"ANMF":
            frames, milliseconds = frames + 1, milliseconds + int.from_bytes(data[start + 12 : start + 15], "little")
        elif name in (b"VP8 ", b"VP8L") and size == (0, 0):
            size, _ = _webp_picture(name, data[start : min(stop, start + 10)])
    return ImageInfo("WebP", size, frames or 1, milliseconds / 1000)


def _webp_picture(name: bytes, content: bytes) -> tuple[tuple[int, int], int]:
    """Width and height in pixels, and whether the picture is transparent as a flag of VP8X. Raises DamagedFile."""
    if name == b"VP8L" and len(content) >= 5 and content[0] == 0x2F:
        bits = int.from_bytes(content[1:5], "little")
        return (1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)), _ALPHA_FLAG if bits >> 28 & 1 else 0
    if name == b"VP8 " and len(content) >= 10 and content[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(content[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        return (width, height), 0
    raise DamagedFile("its picture does not begin like one")


def _webp_chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def _webp_chunks(data: FileBytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and stop of the content of every chunk. Raises DamagedFile."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise DamagedFile("it breaks off")
    at = 12
    for _ in range(MOST_PARTS):
        if at >= end:
            return
        stop = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 > end or stop > end:
            raise DamagedFile("it breaks off")
        yield data[at : at + 4], at + 8, stop
        at = stop + stop % 2
    raise DamagedFile("it has more parts than a picture can have")


# Metadata as XMP, which pictures of several kinds can hold (https://www.iso.org/standard/75163.html, ISO 16684-1).

_XMP_HEAD = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    f'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:{NAME}="urn:x-{NAME}:">'
)
_XMP_TAIL = '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
_XMP_SPOKEN = '<dc:{0}><rdf:Alt><rdf:li xml:lang="x-default">{1}</rdf:li></rdf:Alt></dc:{0}>'
_XMP_ELEMENTS = {
    "title": _XMP_SPOKEN.replace("{0}", "title"),
    "software": "<xmp:CreatorTool>{1}</xmp:CreatorTool>",
    "comment": _XMP_SPOKEN.replace("{0}", "description"),
    "copyright": _XMP_SPOKEN.replace("{0}", "rights"),
    NAME: f"<{NAME}:about>{{1}}</{NAME}:about>",
}
_XMP_ABOUT = re.compile(rf"<{NAME}:about>([^<]*)</{NAME}:about>".encode())


def xmp_packet(texts: Mapping[str, str]) -> bytes:
    """XMP packet with the texts, in UTF-8."""
    body = "".join(
        _XMP_ELEMENTS[name].replace("{1}", _xml_escaped(text)) for name, text in texts.items() if name in _XMP_ELEMENTS
    )
    return f"{_XMP_HEAD}{body}{_XMP_TAIL}".encode(errors="replace")


def find_in_xmp(xmp: bytes) -> str | None:
    """Text under netviz's name. It is searched, not parsed: XML of strangers can be built to fill the memory."""
    match = _XMP_ABOUT.search(xmp)
    return unescape(match[1].decode("ascii", errors="replace")) if match else None


def _xml_escaped(text: str) -> str:
    # Of control characters XML can hold none but these, not even escaped.
    return escape("".join(c for c in text if ord(c) >= 32 or c in "\t\n"))


# Facts about a picture or an animation that are read without decoding it.

FileBytes = bytes | mmap.mmap
"""A file's bytes, in memory or mapped into it."""
MOST_PARTS = 1_000_000
"""Most parts (chunks, blocks, segments, boxes) of a file; one with more is refused as damaged."""


def picture_sizes(data: FileBytes) -> list[int]:
    """Bytes that each picture of a GIF, WebP or APNG takes. Raises DamagedFile."""
    if data[:3] == b"GIF":
        return [stop - start for kind, start, stop in _gif_blocks(data) if kind == b","]
    if is_webp(data):
        return [stop - start for name, start, stop in _webp_chunks(data) if name == b"ANMF"]
    sizes: list[int] = []
    for name, start, stop in _png_chunks(data):
        if name == b"fcTL":
            sizes.append(0)
        elif name in (b"IDAT", b"fdAT") and sizes:
            sizes[-1] += stop - start
    return sizes


@dataclass(frozen=True)
class ImageInfo:
    """Kind, size and length of a picture. kind: PNG and the like. size: width and height in pixels. seconds: of all
    frames, 0 for a single picture."""

    kind: str
    size: tuple[int, int]
    frames: int = 1
    seconds: float = 0.0


def cut(data: FileBytes, start: int, stop: int) -> bytes:
    """Bytes between two positions. Raises DamagedFile if they are too long for a text."""
    if stop - start > LARGEST:
        raise DamagedFile(f"what it says about itself is longer than {LARGEST / 1e6:g} MB")
    return data[start:stop]
