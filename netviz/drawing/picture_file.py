"""Picture files of a scene: PNG and JPEG from anybody, checked for what they would cost before they are decoded.

A small file may unpack to gigabytes: in its pixels, in packed texts and profiles beside them, in thousands of passes
over them. The size is read from the file's own header, and Pillow gets only what makes up the picture.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from netviz.errors import InputError, Problem
from netviz.scene.files import no_such_file

SUFFIXES = (".png", ".jpg", ".jpeg")
MOST_PIXELS = 50_000_000
"""Pixels of the largest picture: those of a good camera, and as many as fit into some hundreds of MB of memory."""
LARGEST_FILE = 100_000_000
"""Bytes of the largest file."""
MOST_SCANS = 100
"""Passes over all pixels in which a JPEG file may come; usual are 1 to 12."""

_UNREADABLE = "cannot be read as a picture; a PNG or JPEG file is expected"
_OTHER_KINDS = [
    (re.compile(begins, re.DOTALL), kind)
    for begins, kind in (
        (rb"GIF8", "a GIF"),
        (rb"RIFF.{4}WEBP", "a WebP picture"),
        (rb".{4}ftyp(avif|avis)", "an AVIF picture"),
        (rb".{4}ftyp(heic|heix|mif1)", "a HEIC picture"),
        (rb"\s*(<\?xml.{0,2000})?<svg", "an SVG drawing"),
        (rb"%PDF", "a PDF"),
        (rb"BM", "a BMP picture"),
        (rb"II\*\0|MM\0\*", "a TIFF picture"),
    )
]
"""First bytes of files of other kinds, and their names."""
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_CHUNK = struct.Struct(">L4s")  # length and name; the content and its checksum follow
_PNG_PICTURE = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
"""The chunks of a PNG file of which its pixels are made; all others are texts, profiles and the like."""
_MOST_PARTS = 100_000
"""Most chunks or segments of a file."""
_FRAME_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG file's segments that give the picture's size."""
_SCAN = 0xDA
_JPEG_TEXTS = {*range(0xE1, 0xF0), 0xFE} - {0xEE}
"""Markers of its segments that say something of the picture: all but JFIF's and Adobe's, which change its colours."""


def picture_fault(path: Path) -> str | None:
    """Return what is wrong with a file as a picture, in words; None if nothing is. It is decoded as a whole."""
    try:
        read_picture(path)
    except InputError as wrong:
        return wrong.problems[0].message
    return None


def read_picture(path: Path) -> Image.Image:
    """Read a picture as red, green, blue and opacity (mode RGBA). Raises InputError, naming the file."""
    try:
        if not path.is_file():  # a pipe or a device would be waited for
            raise _Refused(no_such_file(path, SUFFIXES))
        return _decoded(_content(path))
    except _Refused as refused:
        fault = str(refused)
    except Exception:  # a broken picture makes Pillow raise almost anything
        fault = _UNREADABLE
    raise InputError([Problem(str(path), fault)])


class _Refused(Exception):
    """Error: no picture is made of the file; the message says why."""


def _content(path: Path) -> bytes:
    size = path.stat().st_size
    if size > LARGEST_FILE:
        message = f"a file of {size / 1e6:,.0f} MB is too large for a picture; {LARGEST_FILE / 1e6:g} MB are the most"
        raise _Refused(message)
    with path.open("rb") as file:
        return file.read(size)


def _decoded(content: bytes) -> Image.Image:
    if content.startswith(_PNG):
        size, picture = _png_size(content), _png_picture
    elif content.startswith(_JPEG):
        size, picture = _jpeg_size(content), _jpeg_picture
    else:
        named = next((kind for begins, kind in _OTHER_KINDS if begins.match(content)), None)
        raise _Refused(_UNREADABLE if named is None else f"is {named}; save it as PNG or JPEG")
    width, height = size
    if width * height > MOST_PIXELS:
        raise _Refused(
            f"{width:,} x {height:,} pixels are too many for a picture in a film; {MOST_PIXELS:,} are the most: "
            "make it smaller"
        )
    with Image.open(io.BytesIO(b"".join(picture(content))), formats=("PNG", "JPEG")) as opened:
        if opened.size != size:
            raise _Refused(_UNREADABLE)
        return opened.convert("RGBA")


# PNG: chunks, each with a checksum (https://www.w3.org/TR/png-3/#5DataRep).


def _png_size(content: bytes) -> tuple[int, int]:
    chunks = _png_chunks(content)
    name, start, stop = next(chunks)
    if name != b"IHDR" or stop - start < 8:
        raise _Refused(_UNREADABLE)
    if any(name == b"acTL" for name, *_ in chunks):
        raise _Refused("is an animated PNG, and a picture of a film stands still; save one picture of it")
    width, height = struct.unpack_from(">2L", content, start)
    return width, height


def _png_picture(content: bytes) -> Iterator[bytes]:
    """The file without all chunks but those that make up the picture."""
    yield _PNG
    for name, start, stop in _png_chunks(content):
        if name in _PNG_PICTURE:
            yield content[start - _CHUNK.size : stop + 4]


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name of every chunk, and where its content starts and stops."""
    at = len(_PNG)
    for _ in range(_MOST_PARTS):
        length, name = _CHUNK.unpack_from(content, at)
        start, stop = at + _CHUNK.size, at + _CHUNK.size + length
        if stop + 4 > len(content):
            raise _Refused(_UNREADABLE)
        yield name, start, stop
        if name == b"IEND":
            return
        at = stop + 4
    raise _Refused(_UNREADABLE)


# JPEG: segments, then the first pass over the pixels with whatever follows (ITU T.81, annex B).


def _jpeg_size(content: bytes) -> tuple[int, int]:
    for marker, start, _ in _jpeg_segments(content):
        if marker in _FRAME_MARKERS:
            height, width = struct.unpack_from(">2H", content, start + 5)
            return width, height
    raise _Refused(_UNREADABLE)


def _jpeg_picture(content: bytes) -> Iterator[bytes]:
    """The file without the segments that say something of the picture."""
    yield content[:2]
    for marker, start, stop in _jpeg_segments(content):
        if marker == _SCAN:
            if content.count(bytes([0xFF, _SCAN]), start) > MOST_SCANS:
                message = f"comes in more than {MOST_SCANS} passes, as no picture does; save it as a plain JPEG or PNG"
                raise _Refused(message)
            yield content[start:]
        elif marker not in _JPEG_TEXTS:
            yield content[start:stop]


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker of every segment up to the first pass, which is the last of them, and where it starts and stops."""
    at = 2
    for _ in range(_MOST_PARTS):
        first, marker = content[at], content[at + 1]
        if first != 0xFF:
            raise _Refused(_UNREADABLE)
        if marker == 0xFF:  # padding
            at += 1
            continue
        stop = at + 2 + int(struct.unpack_from(">H", content, at + 2)[0])
        yield marker, at, stop
        if marker == _SCAN:
            return
        at = stop
    raise _Refused(_UNREADABLE)
