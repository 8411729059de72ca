"""What a file says about itself, put into files of every kind and read from them again."""

from __future__ import annotations

import mmap
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from netviz.errors import InputError, Problem
from netviz.video.about import About, Damaged, about_of_text
from netviz.video.tags import films, gif, jpeg, mp4, png, webm, webp
from netviz.video.tags.look import Data, Look

NOT_OURS = (
    "carries no word of netviz: another program made it, or wrote it anew without its tags, as many sites do, or its "
    "scene says output.about: false; give a film or picture as netviz wrote it"
)
_INSERTS = {
    ".png": png.insert,
    ".apng": png.insert,
    ".gif": gif.insert,
    ".webp": webp.insert,
    ".jpg": jpeg.insert,
    ".jpeg": jpeg.insert,
}
T = TypeVar("T")
_MATROSKA = b"\x1a\x45\xdf\xa3"


@dataclass(frozen=True)
class Media:
    """What a file holds. kind: PNG, MP4, ...; size: width and height in pixels; seconds and fps: None where it does not
    move or does not say; codecs: of picture and sound; size_in_bytes: of the file."""

    kind: str
    size: tuple[int, int] | None
    seconds: float | None
    fps: str | None
    codecs: tuple[str, ...]
    size_in_bytes: int


def with_about(suffix: str, data: bytes, about: About) -> bytes:
    """A picture's bytes with what it says about itself. suffix: .png, .apng, .gif, .webp, .jpg or .jpeg.

    The picture's own bytes stay as they are. Raises Damaged if they are none of that kind, KeyError for other kinds.
    """
    return _INSERTS[suffix.lower()](data, about.tags)


def read_about(path: Path) -> About:
    """What a film or picture says about itself, whatever its name ends in. Raises InputError."""
    return _read(path, _about)


def read_media(path: Path) -> Media:
    """What a film or picture holds. Raises InputError."""
    return _read(path, _media)


def refuse_broken(path: Path) -> None:
    """Raise InputError if a film or picture is not as long as it says, where its kind says how long it is."""
    _read(path, _check_end)


def _check_end(path: Path, data: Data) -> None:
    picture = _picture(data)
    if picture is not None:
        picture.look(data)
    elif mp4.is_mp4(data):
        mp4.check_end(data)
    elif data[:4] == _MATROSKA:
        webm.check_end(data)


def _about(path: Path, data: Data) -> About:
    picture = _picture(data)
    if picture is not None:
        text = picture.find(data)
    elif mp4.is_mp4(data):
        mp4.check_end(data)
        # Others that copy our films into new ones keep tags, but not in our own kind of box.
        text = mp4.find(data) or films.find(path)
    else:
        is_matroska = data[:4] == _MATROSKA
        if is_matroska:
            webm.check_end(data)
        text = films.find(path) if is_matroska else None
    if text is None:
        raise InputError([Problem(str(path), NOT_OURS)])
    return about_of_text(text)


def _media(path: Path, data: Data) -> Media:
    picture = _picture(data)
    if picture is not None:
        seen: Look = picture.look(data)
        moves = seen.seconds > 0
        fps = f"{seen.frames / seen.seconds:.4g}" if moves else None
        return Media(seen.kind, seen.size, seen.seconds if moves else None, fps, (), len(data))
    found = films.streams(path)
    codecs = tuple(filter(None, (found.video, found.audio)))
    return Media(_film_kind(data), found.size, found.seconds, found.fps, codecs, len(data))


@dataclass(frozen=True)
class _Picture:
    find: Callable[[Data], str | None]
    look: Callable[[Data], Look]


def _picture(data: Data) -> _Picture | None:
    """How to read a picture that begins like this."""
    if data[: len(png.SIGNATURE)] == png.SIGNATURE:
        return _Picture(png.find, png.look)
    if data[:6] in gif.SIGNATURES:
        return _Picture(gif.find, gif.look)
    if webp.is_webp(data):
        return _Picture(webp.find, webp.look)
    if data[: len(jpeg.SIGNATURE)] == jpeg.SIGNATURE:
        return _Picture(jpeg.find, jpeg.look)
    return None


def _film_kind(data: Data) -> str:
    if mp4.is_mp4(data):
        return "MOV" if data[8:12] == b"qt  " else "MP4"
    return "WebM" if b"webm" in data[:64] else "Matroska"


def _read(path: Path, of: Callable[[Path, Data], T]) -> T:
    try:
        with _mapped(path) as data:
            return of(path, data)
    except Damaged as damage:
        raise InputError([Problem(str(path), f"is damaged: {damage}")]) from None
    except OSError as error:
        raise InputError([Problem(str(path), f"cannot be read: {(error.strerror or str(error)).lower()}")]) from None
    except ValueError as error:
        raise InputError([Problem(str(path), f"cannot be read: {error}")]) from None


@contextmanager
def _mapped(path: Path) -> Iterator[Data]:
    """A file's bytes without reading all of them: a film may be larger than the memory."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # a pipe would wait for a writer
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a plain file but a device, pipe or socket"
        raise InputError([Problem(str(path), f"is {what}; give a film, a picture or a recording")])
    if status.st_size == 0:
        raise InputError([Problem(str(path), "is empty")])
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data
