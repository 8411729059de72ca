"""Copies of scenes: the text of a scene file, and the files that have to lie beside a copy of it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

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


def files_beside(source: str) -> dict[str, Path]:
    """Return the paths of table, words file and look beside a scene file, by the names that it gives them.

    Raises InputError if there is no such scene.
    """
    if is_link(source):
        return {}
    path = find_scene(source)
    data = read_mapping(path).data
    table = data.get("data")
    tables = map(table.get, ("csv", "arrays")) if isinstance(table, dict) else ()
    names = [*tables, data.get("words"), data.get("look")]
    found = {}
    for name in names:
        if isinstance(name, str) and Path(name).name == name:
            with suppress(Unreachable):  # a link that leads out of the scene's folder
                found[name] = named_in_scene(name, path.parent, allow_outside=False)
    found = {name: file for name, file in found.items() if file.is_file()}
    for name, file in found.items():
        if file.stat().st_size > LARGEST_TABLE:
            message = (
                f"{file.stat().st_size / 1e6:.1f} MB is too large to be copied; {LARGEST_TABLE / 1e6:g} is the most"
            )
            raise InputError([Problem(printable(str(path.parent / name)), message)])
    return found
