"""From a scene file, or a Playground link, to a Scene: every mistake in it at once, each in its place."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netviz.errors import InputError, NetvizWarning, Problem
from netviz.scene.draft import Draft
from netviz.scene.link import COMMENTS, is_link, read_link
from netviz.scene.overrides import overlay
from netviz.scene.reader import Reader, at
from netviz.scene.source import bundled_names, find_scene, read_text
from netviz.scene.spec import Scene
from netviz.scene.words import kind, printable
from netviz.scene.write import as_yaml, plain
from netviz.scene.yaml_tree import Tree, UnreadableYaml, read_tree


def load_scene(
    source: str | os.PathLike[str] = "xor",
    *,
    overrides: Mapping[str, Any] | None = None,
    allow_outside: bool = False,
) -> Scene:
    """The scene in a file or a TensorFlow Playground link, complete and checked.

    source: the name of a scene that comes with netviz (`bundled_scenes`), a path, or a link of Playground's, which is
    read and never opened. overrides: dotted key ("training.cycles", "shots.4.inputs") -> value, or
    Override(value, origin). allow_outside: whether the file may name music, a font, a table or a picture that lies
    outside its own folder; overrides always may.
    Raises InputError with every mistake in the file and the overrides; warns of what a link cannot say.
    """
    draft = read_scene(source, overrides, allow_outside=allow_outside)
    if draft.scene is None:
        raise InputError(draft.problems)
    for note in draft.notes:
        warnings.warn(note, NetvizWarning, stacklevel=2)
    return draft.scene


def read_scene(
    source: str | os.PathLike[str] = "xor",
    overrides: Mapping[str, Any] | None = None,
    *,
    allow_outside: bool = False,
) -> Draft:
    """Like `load_scene`, but hands mistakes and warnings over, for those who look for more of them."""
    path: Path | None = None
    try:
        if isinstance(source, str) and is_link(source):
            return _read_link(source, overrides or {}, allow_outside)
        path = find_scene(source)
        tree = _tree(path)
    except InputError as error:
        return Draft(error.problems, path=path)
    return Reader(str(path), path, tree, overlay(tree.data, overrides or {}), allow_outside).draft()


def _read_link(source: str, overrides: Mapping[str, Any], allow_outside: bool) -> Draft:
    link = read_link(source)
    overlaid = overlay(link.data, overrides)
    notes = [*link.notes]
    if link.seedless and not overlaid.origin(("training", "seed")):
        notes.append(link.seedless)
    return Reader("link", None, Tree(link.data), overlaid, allow_outside).draft(link.problems, notes)


def scene_text(source: str) -> str:
    """What stands in a scene's file; for a Playground link what would stand in one. Raises InputError."""
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
    """The table that a scene file learns from and its words: where they are, by the names it gives them beside it.

    Raises InputError if there is no such scene.
    """
    if is_link(source):
        return {}
    path = find_scene(source)
    data = _tree(path).data
    table = data.get("data")
    names = [table.get("csv") if isinstance(table, dict) else None, data.get("words")]
    return {
        name: path.parent / name
        for name in names
        if isinstance(name, str) and Path(name).name == name and (path.parent / name).is_file()
    }


def read_stored(scene: Scene, path: Path, overrides: Mapping[str, Any] | None = None) -> Draft:
    """The scene a recording was made from, with overrides. path: of the recording, for messages."""
    tree = Tree(scene.model_dump(mode="json"))
    return Reader(str(path), path, tree, overlay(tree.data, overrides or {}), allow_outside=True).draft()


def bundled_scenes() -> list[tuple[str, str]]:
    """Name and title of every scene that comes with netviz."""
    return [(name, str(_tree(find_scene(name)).data.get("title", ""))) for name in bundled_names()]


def _tree(path: Path) -> Tree:
    where = printable(str(path))
    try:
        tree = read_tree(read_text(path))
    except UnreadableYaml as error:
        raise InputError([Problem(at(where, error.position), error.message)]) from None
    if not isinstance(tree.data, dict):
        found = f"a {kind(tree.data)}" if tree.data is not None else "an empty file"
        message = f"expected keys with values, network and data at least, got {found}"
        raise InputError([Problem(at(where, tree.position(())), message)])
    return tree
