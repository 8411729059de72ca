"""Files that the look of a recording names: as they are stored in its file, and which of them lie elsewhere.

A look is keys of a scene; all that is known of them here is under which of them a text is the path of a file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from netviz.resources import BUNDLED, assets_folder

FILE_KEYS = ("font", "figures_font", "words", "audio", "audio.file", "panels.file")
"""Keys of a look whose value, where it is a text, is the path of a file; panels are a list."""
NO_FILE = "sonify"
"""The one text there that is none: sound made from the run."""


def stored_look(look: Mapping[str, Any], folder: Path, beside: Path | None = None) -> dict[str, Any]:
    """A look as a recording in `folder` stores it, so that it holds wherever both are moved together.

    Files in the folder, or below, are relative to it, netviz's own are bundled:NAME, and all others stand as absolute
    paths. beside: the recording that the look was read from, to which its paths are relative; else they are to the
    current folder.
    """
    base = Path.cwd() if beside is None else beside.absolute().parent
    roots = (folder.absolute(), folder.resolve())

    def stored(text: str) -> str:
        if text == NO_FILE or text.startswith(BUNDLED):
            return text
        path = Path(os.path.normpath(base / text))
        if path.parent == assets_folder():
            return f"{BUNDLED}{path.name}"
        inside = next((path.relative_to(root).as_posix() for root in roots if path.is_relative_to(root)), str(path))
        return f"./{inside}" if inside == NO_FILE or inside.startswith(BUNDLED) else inside

    return _changed(look, stored)


def look_from_here(look: Mapping[str, Any], stored_in: Path) -> dict[str, Any]:
    """The look that a recording's file stores, with paths that hold wherever they are asked for: absolute ones."""

    def whole(text: str) -> str:
        return text if text == NO_FILE or text.startswith(BUNDLED) else str(stored_in.absolute().parent / text)

    return _changed(look, whole)


def files_elsewhere(look: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """The files that a recording of this look, if it is stored in `folder`, names outside of it."""
    found = dict[str, None]()
    _changed(stored_look(look, folder), lambda text: found.setdefault(text) or text)
    yield from (text for text in found if Path(text).is_absolute())


def _changed(look: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """A look with other paths: each is what `change` gives for it."""

    def inside(value: Any, key: str) -> Any:
        if isinstance(value, str):
            return change(value) if key in FILE_KEYS else value
        if isinstance(value, Mapping):
            return {name: inside(each, f"{key}.{name}") for name, each in value.items()}
        if isinstance(value, list | tuple) and key == "panels":
            return [inside(each, key) for each in value]
        return value

    return {name: inside(value, name) for name, value in look.items()}
