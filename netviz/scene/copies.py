"""Copies of scenes: the text of a scene file, and the files that have to lie beside a copy of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from netviz.errors import InputError, Problem
from netviz.scene.export import as_yaml, plain
from netviz.scene.files import Unreachable, find_scene, named_in_scene, read_mapping, read_text
from netviz.scene.loader import load_scene
from netviz.scene.messages import printable
from netviz.scene.playground_link import COMMENTS, is_link, read_link
from netviz.scene.table_file import LARGEST_TABLE


def scene_text(source: str) -> str:
    """Return the text of a scene file; for a Playground link the text of an equivalent one. Raises InputError."""
    if not is_link(source):
        path = find_scene(source)
        if path.suffix.lower() == ".npz":
            raise InputError([Problem(printable(source), "is a recording; give a scene")])
        return read_text(path)
    link = read_link(source)
    load_scene(source)
    heading = f"The run of a TensorFlow Playground link, to be changed as you like:\n{printable(source.strip())}"
    return as_yaml(plain(link.data), heading, COMMENTS)


LARGEST_COPY = LARGEST_TABLE
"""Bytes of the largest file that is copied with a scene."""


def files_beside(source: str) -> dict[str, Path]:
    """Return the paths of table, words file, look and pictures beside a scene file, by the names that it gives them.

    Words and pictures that its look names are among them. Raises InputError if there is no such scene, or a file is too
    large.
    """
    if is_link(source):
        return {}
    path = find_scene(source)
    data = read_mapping(path).data
    found = _named_beside(data, path.parent)
    look = found.get(str(data.get("look")))
    if look is not None:
        with suppress(InputError):  # what is wrong with it is told where the scene is used
            found |= _named_beside(read_mapping(look).data, path.parent)
    for name, file in found.items():
        if (size := file.stat().st_size) > LARGEST_COPY:
            message = f"{size / 1e6:.1f} MB is too large to be copied; {LARGEST_COPY / 1e6:g} is the most"
            raise InputError([Problem(printable(str(path.parent / name)), message)])
    return found


def _named_beside(data: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    """The files in a folder that a scene or a look names, by their names."""
    table, panels = data.get("data"), data.get("panels")
    names = [*map(table.get, ("csv", "arrays"))] if isinstance(table, dict) else []
    names += [data.get("words"), data.get("look")]
    names += [panel.get("file") for panel in panels if isinstance(panel, dict)] if isinstance(panels, list) else []
    found = {}
    for name in names:
        if isinstance(name, str) and Path(name).name == name:
            with suppress(Unreachable):  # a link that leads out of the folder
                found[name] = named_in_scene(name, folder, allow_outside=False)
    return {name: file for name, file in found.items() if file.is_file()}
