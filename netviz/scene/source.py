"""Where a scene comes from: a bundled scene's name or a path, found, and its text read."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from netviz.errors import InputError, Problem
from netviz.places import scenes_folder
from netviz.scene.words import did_you_mean, printable

LARGEST_FILE = 1_000_000
SUFFIXES = (".yaml", ".yml")
MADE = (".mp4", ".mov", ".webm", ".gif", ".png", ".apng", ".webp", ".jpg", ".jpeg")
"""What the names of films and pictures end in, which carry the scene they were made of."""


def bundled_names() -> list[str]:
    """The names of the scenes that come with netviz, in order of the alphabet."""
    return sorted(path.stem for path in scenes_folder().glob("*.yaml"))


def find_scene(source: str | os.PathLike[str]) -> Path:
    """The scene file that is meant: a text without separators and suffix is a bundled name, unless it is a file here.

    Raises InputError if there is no such bundled scene; whether a path leads to a file is seen when it is read.
    """
    path = Path(source)
    named = isinstance(source, str) and path.suffix.lower() not in SUFFIXES and not _has_separator(source)
    if not named or _is_file(path):
        _refuse_made(path)
        return path
    names = bundled_names()
    if source in names:
        return scenes_folder() / f"{source}.yaml"
    message = f"neither a scene file nor one of netviz's own scenes: {', '.join(names)}"
    raise InputError([Problem(printable(str(source)), message + did_you_mean(source, names))])


def read_text(path: Path, where: str | None = None, *, largest: int = LARGEST_FILE, what: str = "scene file") -> str:
    """The text of a file. where: what messages call it, its path unless given; what: what it should be.

    Raises InputError if it is no text of at most `largest` bytes.
    """
    where = printable(str(path)) if where is None else where
    try:
        status = path.stat()
        # Looked at before it is opened: opening a pipe would wait for a writer, and a device never ends.
        if stat.S_ISDIR(status.st_mode):
            raise InputError([Problem(where, f"is a folder, not a {what}")])
        if not stat.S_ISREG(status.st_mode):
            raise InputError([Problem(where, "is not a regular file")])
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except FileNotFoundError:
        raise InputError([Problem(where, f"no such file{_bundled_like(path)}")]) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError([Problem(where, f"cannot be read: {reason.lower()}")]) from None
    if len(content) > largest:
        size = max(status.st_size, len(content)) / 1e6
        raise InputError([Problem(where, f"{size:.1f} MB is too large for a {what}; {largest / 1e6:g} is the most")])
    return _decode(content, where)


def _decode(content: bytes, where: str) -> str:
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        if is_utf_16:
            raise InputError([Problem(where, "begins like UTF-16 text but is not")]) from None
        line_start = content.rfind(b"\n", 0, error.start) + 1
        line = content.count(b"\n", 0, error.start) + 1
        column = len(content[line_start : error.start].decode("utf-8", errors="replace")) + 1
        message = f"byte {content[error.start]:#04x} is not UTF-8 text; save the file as UTF-8"
        raise InputError([Problem(f"{where}:{line}:{column}", message)]) from None


def _refuse_made(path: Path) -> None:
    if path.suffix.lower() in MADE and _is_file(path):
        quoted = shlex.quote(str(path))
        message = f"is a film or a picture, not a scene; `netviz inspect {quoted} --scene > my.yaml` restores its scene"
        raise InputError([Problem(printable(str(path)), message)])


def _has_separator(text: str) -> bool:
    return os.sep in text or (os.altsep is not None and os.altsep in text)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except ValueError:
        return False


def _bundled_like(path: Path) -> str:
    names = bundled_names()
    return (
        f" (netviz's own scene '{path.stem}' is called without {path.suffix})"
        if path.name in {f"{name}{suffix}" for name in names for suffix in SUFFIXES}
        else ""
    )
