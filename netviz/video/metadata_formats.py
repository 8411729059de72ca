"""Metadata in files of every kind, written and read by format; films (MP4, WebM, MOV) are handled here."""

from __future__ import annotations

import mmap
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from netviz.errors import InputError, Problem
from netviz.ffmpeg import Ffmpeg, FfmpegFailed, parse
from netviz.foreign_media import FILM_BOUNDS, MOST_MEMORY, hollow_fault
from netviz.video import metadata_images
from netviz.video.metadata import LARGEST, NAME, DamagedFile, Provenance, parse_provenance
from netviz.video.metadata_images import MOST_PARTS, FileBytes, ImageInfo, cut
from netviz.video.mp4 import Box, box, box_at

NOT_OURS = (
    "carries no word of netviz: another program made it, or wrote it anew without its tags, as many sites do, or its "
    "scene says output.about: false; give a film or picture as netviz wrote it"
)
_INSERTS = {
    ".png": metadata_images.insert_in_png,
    ".apng": metadata_images.insert_in_png,
    ".gif": metadata_images.insert_in_gif,
    ".webp": metadata_images.insert_in_webp,
    ".jpg": metadata_images.insert_in_jpeg,
    ".jpeg": metadata_images.insert_in_jpeg,
}
_T = TypeVar("_T")
_MATROSKA = b"\x1a\x45\xdf\xa3"


@dataclass(frozen=True)
class Media:
    """Content of a film's or picture's file.

    kind: PNG, MP4, ...; size: width and height in pixels; seconds and fps: None where it does not move, or its file
    does not say; codecs: of picture and sound; size_in_bytes: of the file.
    """

    kind: str
    size: tuple[int, int] | None
    seconds: float | None
    fps: str | None
    codecs: tuple[str, ...]
    size_in_bytes: int


def with_provenance(suffix: str, data: bytes, about: Provenance) -> bytes:
    """A picture's bytes with its provenance added. suffix: .png, .apng, .gif, .webp, .jpg or .jpeg.

    The picture's own bytes stay as they are. Raises DamagedFile if they are not of that kind, KeyError for other kinds.
    """
    return _INSERTS[suffix.lower()](data, about.tags)


def read_provenance(path: Path) -> Provenance:
    """Provenance that a film or picture carries, whatever its name ends in. Raises InputError."""
    return _read(path, _provenance)


def read_media(path: Path) -> Media:
    """Kind, size, length and codecs of a film or picture. Raises InputError."""
    return _read(path, _media)


def refuse_broken(path: Path) -> None:
    """Raise InputError if a film or picture is not as long as it says, where its kind says how long it is."""
    _read(path, _check_end)


def _check_end(path: Path, data: FileBytes) -> None:
    reader = _picture_reader(data)
    if reader is not None:
        reader.look(data)
    elif is_mp4(data):
        check_end_of_mp4(data)
    elif data[:4] == _MATROSKA:
        check_end_of_webm(data)


def _provenance(path: Path, data: FileBytes) -> Provenance:
    reader = _picture_reader(data)
    if reader is not None:
        text = reader.find(data)
    elif is_mp4(data):
        check_end_of_mp4(data)
        # Programs that copy our films into new files preserve tags, but not our own kind of box.
        text = find_in_mp4(data) or find_in_tags(path)
    else:
        is_matroska = data[:4] == _MATROSKA
        if is_matroska:
            check_end_of_webm(data)
        text = find_in_tags(path) if is_matroska else None
    if text is None:
        raise InputError([Problem(str(path), NOT_OURS)])
    return parse_provenance(text)


def _media(path: Path, data: FileBytes) -> Media:
    reader = _picture_reader(data)
    if reader is not None:
        info: ImageInfo = reader.look(data)
        moves = info.seconds > 0
        fps = f"{info.frames / info.seconds:.4g}" if moves else None
        return Media(info.kind, info.size, info.seconds if moves else None, fps, (), len(data))
    found = streams(path)
    codecs = tuple(filter(None, (found.video, found.audio)))
    return Media(_film_kind(data), found.size, found.seconds, found.fps, codecs, len(data))


@dataclass(frozen=True)
class _PictureReader:
    """Functions that read one kind of picture. find: its text under netviz's name. look: its kind, size and length."""

    find: Callable[[FileBytes], str | None]
    look: Callable[[FileBytes], ImageInfo]


def _picture_reader(data: FileBytes) -> _PictureReader | None:
    """Functions that read a picture that begins like this; None if it is no known kind of picture."""
    if data[: len(metadata_images.PNG_SIGNATURE)] == metadata_images.PNG_SIGNATURE:
        return _PictureReader(metadata_images.find_in_png, metadata_images.look_at_png)
    if data[:6] in metadata_images.GIF_SIGNATURES:
        return _PictureReader(metadata_images.find_in_gif, metadata_images.look_at_gif)
    if metadata_images.is_webp(data):
        return _PictureReader(metadata_images.find_in_webp, metadata_images.look_at_webp)
    if data[: len(metadata_images.JPEG_SIGNATURE)] == metadata_images.JPEG_SIGNATURE:
        return _PictureReader(metadata_images.find_in_jpeg, metadata_images.look_at_jpeg)
    return None


def _film_kind(data: FileBytes) -> str:
    if is_mp4(data):
        return "MOV" if data[8:12] == b"qt  " else "MP4"
    return "WebM" if b"webm" in data[:64] else "Matroska"


def _read(path: Path, of: Callable[[Path, FileBytes], _T]) -> _T:
    try:
        with _mapped(path) as data:
            return of(path, data)
    except DamagedFile as damage:
        raise InputError([Problem(str(path), f"is damaged: {damage}")]) from None
    except OSError as error:
        raise InputError([Problem(str(path), f"cannot be read: {(error.strerror or str(error)).lower()}")]) from None
    except ValueError as error:
        raise InputError([Problem(str(path), f"cannot be read: {error}")]) from None


@contextmanager
def _mapped(path: Path) -> Iterator[FileBytes]:
    """A file's bytes, mapped and not read as a whole: a film may be larger than the memory. Raises InputError."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # a pipe would wait for a writer
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a plain file but a device, pipe or socket"
        raise InputError([Problem(str(path), f"is {what}; give a film, a picture or a recording")])
    if status.st_size == 0:
        raise InputError([Problem(str(path), "is empty")])
    with path.open("rb") as file:
        if fault := hollow_fault(file):
            raise InputError([Problem(str(path), fault)])
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


# Tags and streams of films of any kind, as ffmpeg reads them.

_FORMATS = "matroska,webm,mov"
"""ffmpeg's names of the containers that are opened: none of them can name another file."""

_DURATION = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", re.MULTILINE)
_VIDEO = re.compile(r"^ *Stream #0:.*: Video: (\w+).*?, (\d{1,6})x(\d{1,6})\b", re.MULTILINE)
_FPS = re.compile(r"^ *Stream #0:.*: Video: .*?, ([\d.]+k?) fps\b", re.MULTILINE)
_AUDIO = re.compile(r"^ *Stream #0:.*: Audio: (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Streams:
    """Streams of a film's file, as far as ffmpeg shows them: length in seconds, size in pixels, fps as it rounds it,
    codecs of picture and sound."""

    seconds: float | None
    size: tuple[int, int] | None
    fps: str | None
    video: str | None
    audio: str | None


def film_tags_arguments(path: Path) -> list[str]:
    """ffmpeg's arguments that write a film's tags to standard output."""
    return [
        *("-v", "error", *_input(path)),
        *("-map_metadata", "0:g", "-f", "ffmetadata", "pipe:1"),
    ]


def streams_arguments(path: Path) -> list[str]:
    """ffmpeg's arguments that list a film's streams in its log and write nothing."""
    return [
        *("-v", "info", "-nostats", *_input(path)),
        *("-map", "0:v:0", "-map", "0:a:0?", "-map_metadata", "-1", "-c", "copy", "-t", "0", "-f", "null", "-"),
    ]


def find_in_tags(path: Path) -> str | None:
    """Text under netviz's name in a film's tags, None if there is none. Raises DamagedFile."""
    text = b""
    with Ffmpeg(film_tags_arguments(path), collect=True, most_memory=MOST_MEMORY) as ffmpeg:
        while chunk := ffmpeg.read():
            text += chunk
            if len(text) > LARGEST:
                raise DamagedFile(f"its tags are longer than {LARGEST / 1e6:g} MB")
        try:
            ffmpeg.finish()
        except FfmpegFailed:
            raise DamagedFile("ffmpeg cannot read it") from None
    return parse(text.decode(errors="replace")).get(NAME)


def streams(path: Path) -> Streams:
    """Streams of a film's file. Raises DamagedFile."""
    with Ffmpeg(streams_arguments(path), most_memory=MOST_MEMORY) as ffmpeg:
        try:
            ffmpeg.finish()
        except FfmpegFailed:
            raise DamagedFile("ffmpeg finds no film in it") from None
        # Long tags may push the streams out of its first words; then its last ones name them again.
        log = f"{ffmpeg.first_words}\n{ffmpeg.last_words}"
    length, video = _DURATION.search(log), _VIDEO.search(log)
    fps, audio = _FPS.search(log), _AUDIO.search(log)
    return Streams(
        3600 * int(length[1]) + 60 * int(length[2]) + float(length[3]) if length else None,
        (int(video[2]), int(video[3])) if video else None,
        fps[1] if fps else None,
        video[1] if video else None,
        audio[1] if audio else None,
    )


def _input(path: Path) -> list[str]:
    return [*FILM_BOUNDS, "-protocol_whitelist", "file,pipe", "-format_whitelist", _FORMATS, "-i", f"file:{path}"]


# Metadata in MP4 and MOV: the box `udta` with a list of items, as Apple's players and ffmpeg read it.
#
# `moov/udta/meta/ilst`; an item is a box with a `data` box in it, one that has a name of its own is called `----`.
# https://developer.apple.com/documentation/quicktime-file-format/metadata_atoms_and_types

_ITEMS = {"title": b"\xa9nam", "software": b"\xa9too", "comment": b"\xa9cmt", "copyright": b"cprt"}
_TEXT = bytes([0, 0, 0, 1, 0, 0, 0, 0])
"""Beginning of a `data` box: type UTF-8, no country or language."""
_PATH = (b"moov", b"udta", b"meta", b"ilst")


def mp4_box(about: Provenance) -> bytes:
    """Box `udta` with all texts, to be put into `moov`."""
    items = b""
    for name, text in about.tags.items():
        data = box(b"data", _TEXT + text.encode(errors="replace"))
        if name == NAME:
            own = box(b"mean", bytes(4) + NAME.encode()) + box(b"name", bytes(4) + NAME.encode())
            items += box(b"----", own + data)
        else:
            items += box(_ITEMS[name], data)
    handler = box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    return box(b"udta", box(b"meta", bytes(4) + handler + box(b"ilst", items)))


def is_mp4(data: FileBytes) -> bool:
    """Return whether a file's bytes begin like an MP4 or MOV."""
    return data[4:8] == b"ftyp"


def find_in_mp4(data: FileBytes) -> str | None:
    """Text under netviz's name in our own kind of box, None if there is none. Raises DamagedFile."""
    start, stop = 0, len(data)
    for level in _PATH:
        for name, first, last in _boxes(data, start, stop):
            if name == level:
                start, stop = first, last
                break
        else:
            return None
        if level == b"meta":
            start += 4
    for name, first, last in _boxes(data, start, stop):
        if name != b"----":
            continue
        parts = {part: (begin, end) for part, begin, end in _boxes(data, first, last)}
        if b"name" in parts and b"data" in parts and _text(data, *parts[b"name"], skip=4) == NAME:
            return _text(data, *parts[b"data"], skip=len(_TEXT))
    return None


def check_end_of_mp4(data: FileBytes) -> None:
    """Raise DamagedFile if the film breaks off. Its index is at the front and does not show that."""
    at = 0
    while (found := box_at(data, at, last=len(data))) is not None:
        at = found.stop
    if at > len(data):
        raise DamagedFile("it breaks off")


def _text(data: FileBytes, start: int, stop: int, skip: int) -> str:
    return cut(data, start + skip, stop).decode(errors="replace")


def _boxes(data: FileBytes, start: int, stop: int) -> Iterator[Box]:
    """Boxes between two byte positions. Raises DamagedFile where they do not fill the space between them."""
    at = start
    for _ in range(MOST_PARTS):
        if at + 8 > stop:
            return  # some writers end a list with four zeros
        found = box_at(data, at, last=stop)
        if found is None or found.stop > stop:
            raise DamagedFile("it breaks off")
        yield found
        at = found.stop
    raise DamagedFile("it has more parts than a film can have")


# Length of a WebM (Matroska, RFC 9559): whether all of it is there.

_MATROSKA_SEGMENT = b"\x18\x53\x80\x67"


def check_end_of_webm(data: FileBytes) -> None:
    """Raise DamagedFile if the film breaks off. One that was written without its length is not checked."""
    header, at = _ebml_number(data, 4)
    at += header or 0
    if data[at : at + 4] != _MATROSKA_SEGMENT:
        raise DamagedFile("it has no film in it")
    length, at = _ebml_number(data, at + 4)
    if length is not None and at + length > len(data):
        raise DamagedFile("it breaks off")


def _ebml_number(data: FileBytes, at: int) -> tuple[int | None, int]:
    """Number of variable length (RFC 8794, section 4), None for unknown, and the position where it ends."""
    first = data[at : at + 1]
    if not first or first[0] == 0:
        raise DamagedFile("it breaks off")
    width = 9 - first[0].bit_length()
    value = int.from_bytes(data[at : at + width], "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 else value), at + width
