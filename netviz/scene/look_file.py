"""Look files: how films are to look, as keys of a scene, which several films may share.

They are put over the keys of a recording or a scene, or lie under those of a scene that names them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from netviz.errors import InputError, Problem
from netviz.scene.files import Unreachable, at, named_by_user, named_in_scene, path_shown, read_mapping
from netviz.scene.messages import dotted, printable
from netviz.scene.model import Network, NetworkLook
from netviz.scene.overrides import Override, key_path
from netviz.scene.scene import Look, Scene
from netviz.scene.yaml import Tree, YamlPath

LookSource = Mapping[str, Any] | str | os.PathLike[str]
"""A look: keys of a scene, or a YAML file with them."""
_NAMES_LOOK = "look"
"""The key of a scene that names its look."""
_TRAINED = tuple(Scene.model_fields.keys() - Look.model_fields.keys() - {_NAMES_LOOK})
_OF_NETWORK = tuple(Network.model_fields.keys() - NetworkLook.model_fields.keys())


@dataclass(frozen=True)
class LookKeys:
    """The keys of a look, each with its place in the file, as overrides; and what is to be said of it.

    files: the look's own file.
    """

    overrides: Mapping[str, Override] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    files: tuple[Path, ...] = ()


def read_look(look: LookSource | None, *, allow_outside: bool = False) -> LookKeys:
    """Read a look: of a file, whose files lie beside it, or a mapping, whose files are found from the current folder.

    Of a scene file all that says how its run is trained is left out, which the notes tell; in a mapping it is a
    mistake. Mappings are to be merged with those below, lists to replace them.
    """
    if look is None:
        return LookKeys()
    if isinstance(look, Mapping):
        problems = [*foreign_keys(look, "look"), *_keys_in_one(look, None, "look")]
        return LookKeys({} if problems else dict(_flat(look, None, "look")), problems=tuple(problems))
    if not isinstance(look, str | os.PathLike) or isinstance(os.fspath(look), bytes):
        message = f"expected a mapping of keys to values, or the name of a file with them, got {type(look).__name__}"
        return LookKeys(problems=(Problem("look", message),))
    path = Path(look)
    try:
        tree = read_mapping(path, "keys of a scene, such as title or style")
    except InputError as wrong:
        return LookKeys(problems=wrong.problems, files=(path,))
    where = printable(str(path))
    problems = [
        Problem(f"{at(where, issue.position)}: {'.'.join(map(str, issue.path or ()))}".rstrip(": "), issue.message)
        for issue in tree.syntax_issues
    ]
    problems += _keys_in_one(tree.data, tree, where)
    if _NAMES_LOOK in tree.data:
        problems.append(Problem(f"{at(where, tree.position((_NAMES_LOOK,)))}: {_NAMES_LOOK}", _NO_OTHER))
    left_out = [key for key in tree.data if key in _TRAINED]
    kept = {key: value for key, value in tree.data.items() if key not in (*left_out, _NAMES_LOOK)}
    network = tree.data.get("network")
    if isinstance(network, Mapping):
        left_out += [f"network.{key}" for key in network if key in _OF_NETWORK]
    overrides = {}
    for key, override in _flat(kept, tree, where):
        if key in left_out:
            continue
        try:
            overrides[key] = replace(override, value=_beside(key, override.value, path, allow_outside))
        except Unreachable as error:
            problems.append(Problem(f"{override.origin}: {key}", str(error)))
    say, are = ("say", "are") if len(left_out) > 1 else ("says", "is")
    told = f"{where}: {', '.join(left_out)} {say} how a run is trained, and {are} left out: only the look is used"
    return LookKeys(overrides, (told,) if left_out else (), tuple(problems), (path,))


@dataclass(frozen=True)
class OwnLook:
    """The look that a scene names: its keys, and the scene's data and the overrides without its name."""

    data: Mapping[str, Any]
    overrides: Mapping[str, Any]
    keys: LookKeys = LookKeys()


def own_look(tree: Tree, scene: Path | None, overrides: Mapping[str, Any], *, allow_outside: bool) -> OwnLook:
    """Read the look that a scene, or an override of it, names. scene: its file, in whose folder the look lies.

    What cannot be the name of a file stays where it is, to be reported with the scene's other mistakes.
    """
    given = overrides.get(_NAMES_LOOK)
    typed = given.value if isinstance(given, Override) else given
    name = typed if _NAMES_LOOK in overrides else tree.data.get(_NAMES_LOOK)
    name = os.fspath(name) if isinstance(name, os.PathLike) else name
    if name is not None and (not isinstance(name, str) or name == "" or "\0" in name):
        return OwnLook(tree.data, overrides)
    data = {key: value for key, value in tree.data.items() if key != _NAMES_LOOK}
    others = {key: value for key, value in overrides.items() if key != _NAMES_LOOK}
    if name is None:
        return OwnLook(data, others)
    place, path = given.origin if isinstance(given, Override) else _NAMES_LOOK, Path(name)
    try:
        if scene is not None and _NAMES_LOOK not in overrides:
            place = f"{at(printable(str(scene)), tree.position((_NAMES_LOOK,)))}: {_NAMES_LOOK}"
            path = scene.parent / name
            named_in_scene(name, scene.parent, allow_outside=allow_outside)
        else:
            named_by_user(name)
    except Unreachable as error:
        return OwnLook(data, others, LookKeys(problems=(Problem(place, str(error)),)))
    keys = read_look(path, allow_outside=allow_outside)
    # What is wrong with the file as a whole has no line of its own: the scene's says where it was named.
    problems = (
        Problem(f"{place}: {each.where}", each.message) if each.where == printable(str(path)) else each
        for each in keys.problems
    )
    return OwnLook(data, others, replace(keys, problems=tuple(problems)))


_NO_OTHER = "a look names no other look; write the keys of that one here"


def foreign_keys(look: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """Keys that no look has: those of training, and those of the network that drawing does not ask for."""
    if _NAMES_LOOK in look:
        yield Problem(f"{where}: {_NAMES_LOOK}", _NO_OTHER)
    for key in look:
        if key in _TRAINED:
            yield Problem(f"{where}: {key}", "a look says how a film looks, not how its run was trained; leave it out")
    network = look.get("network")
    for key in network if isinstance(network, Mapping) else ():
        if key in _OF_NETWORK:
            names = ", ".join(NetworkLook.model_fields)
            yield Problem(f"{where}: network.{printable(str(key))}", f"of the network a look says only {names}")


def _keys_in_one(look: Mapping[str, Any], tree: Tree | None, where: str) -> Iterator[Problem]:
    """Keys such as output.size, which are two: options write them so, and scenes as a mapping within another."""
    for key, value in look.items():
        paths = [(key,), *((key, name) for name in (value if isinstance(value, Mapping) else ()))]
        for path in paths:
            if isinstance(path[-1], str) and key_path(path[-1]) != path[-1:]:
                place = where if tree is None else at(where, tree.keys.get(path) or tree.position(path))
                message = "unknown key; a key within another is written in its mapping, such as output: {size: square}"
                yield Problem(f"{place}: {dotted(path)}", message)


def _flat(look: Mapping[str, Any], tree: Tree | None, where: str) -> Iterator[tuple[str, Override]]:
    """Dotted keys of a look, so that its mappings are merged with others, and their values with their places."""

    def place(path: YamlPath, at_key: bool) -> str:
        if tree is None:
            return f"{where}: {dotted(path)}"
        position = (tree.keys.get(path) if at_key else None) or tree.position(path)
        return f"{at(where, position)}: {dotted(path)}"

    for key, value in look.items():
        inside = value.items() if isinstance(value, Mapping) else ()
        paths: list[tuple[tuple[Any, ...], Any]] = [((key, name), each) for name, each in inside]
        for path, each in paths or [((key,), value)]:
            origin = where if tree is None else at(where, tree.position(path))
            yield ".".join(map(str, path)), Override(each, origin, place)


_FILES = ("font", "figures_font", "words", "audio", "audio.file")
"""Keys whose value, where it is text, is the path of a file."""


def _beside(key: str, value: Any, look: Path, allow_outside: bool) -> Any:
    """A value of a look file, in which paths are as a user here would type them. Raises Unreachable."""
    if key in _FILES and isinstance(value, str) and value != "sonify":
        return _whole(value, look, allow_outside)
    if key == "panels" and isinstance(value, list):
        return [
            {**panel, "file": _whole(panel["file"], look, allow_outside)}
            if isinstance(panel, Mapping) and isinstance(panel.get("file"), str)
            else panel
            for panel in value
        ]
    return value


def _whole(text: str, look: Path, allow_outside: bool) -> str:
    return path_shown(named_in_scene(text, look.parent, allow_outside=allow_outside, by="look"))
