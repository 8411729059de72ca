"""The files a scene names, its music and its font: where they lie, and whether a scene may reach them."""

from __future__ import annotations

from pathlib import Path

from netviz.places import assets_folder
from netviz.scene.words import did_you_mean, printable

BUNDLED = "bundled:"


class Unreachable(ValueError):
    """The file may not be used, or cannot exist; the message says why."""


def named_in_scene(text: str, folder: Path, *, allow_outside: bool) -> Path:
    """The absolute path of a file that a scene in `folder` names. Whether it exists is for those who open it.

    A scene may come from a stranger: outside its own folder, links followed, it reaches nothing unless that is
    allowed. Raises Unreachable.
    """
    if text.startswith(BUNDLED):
        return _bundled(text)
    try:
        base = folder.resolve()
        path = (base / text).resolve()
    except (OSError, ValueError, RuntimeError):
        raise Unreachable(f"'{printable(text)}' cannot be a file's path") from None
    if not allow_outside and not path.is_relative_to(base):
        raise Unreachable(f"'{printable(text)}' lies outside the scene's folder; copy it there, or use --allow-outside")
    return path


def named_by_user(text: str) -> Path:
    """The absolute path of a file that the user typed, relative to the current folder. Raises Unreachable."""
    return _bundled(text) if text.startswith(BUNDLED) else Path.cwd() / text


_NOT_FOR_SCENES = (".md", ".py")
"""What lies beside the bundled files to tell how they were made."""


def _bundled(text: str) -> Path:
    name = text.removeprefix(BUNDLED)
    folder = assets_folder()
    found = folder.glob("*.*") if folder.is_dir() else ()
    there = sorted(path.name for path in found if path.is_file() and path.suffix not in _NOT_FOR_SCENES)
    if name not in there:
        have = f"netviz brings {', '.join(there)}" if there else "netviz brings none"
        raise Unreachable(f"no such bundled file: '{printable(name)}'; {have}{did_you_mean(name, there)}")
    return folder / name
