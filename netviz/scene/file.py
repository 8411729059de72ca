"""From a scene file to a Scene: every mistake in it at once, each with file, line and column."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from netviz.errors import InputError, Problem
from netviz.scene.check import mistakes
from netviz.scene.explain import Flaw, explain, unknown_key
from netviz.scene.files import Unreachable, named_by_user, named_in_scene
from netviz.scene.overrides import Overlaid, overlay
from netviz.scene.schema import inside, root
from netviz.scene.source import bundled_names, find_scene, read_text
from netviz.scene.spec import Scene, Schedule
from netviz.scene.values import LONGEST_TEXT
from netviz.scene.words import dotted, expected, kind, printable
from netviz.scene.yaml_tree import Position, Tree, UnreadableYaml, read_tree

MOST_PROBLEMS = 20


@dataclass(frozen=True)
class Draft:
    """A scene as far as it could be read.

    problems: every mistake, in the order of the file, those of options last; at most MOST_PROBLEMS, and how many more.
    parts: the values of the scene's keys that are valid by themselves, defaults included. scene: if nothing is wrong.
    path: the scene's file, if the source could be found.
    """

    problems: tuple[Problem, ...]
    parts: dict[str, Any] = field(default_factory=dict)
    scene: Scene | None = None
    path: Path | None = None


def load_scene(
    source: str | os.PathLike[str] = "xor",
    *,
    overrides: Mapping[str, Any] | None = None,
    allow_outside: bool = False,
) -> Scene:
    """The scene in a file, complete and checked.

    source: the name of a scene that comes with netviz (`bundled_scenes`), or a path. overrides: dotted key
    ("training.cycles", "shots.4.inputs") -> value, or Override(value, origin). allow_outside: whether the file may name
    music or a font that lies outside its own folder; overrides always may.
    Raises InputError with every mistake in the file and the overrides.
    """
    draft = read_scene(source, overrides, allow_outside=allow_outside)
    if draft.scene is None:
        raise InputError(draft.problems)
    return draft.scene


def read_scene(
    source: str | os.PathLike[str] = "xor",
    overrides: Mapping[str, Any] | None = None,
    *,
    allow_outside: bool = False,
) -> Draft:
    """Like `load_scene`, but hands the mistakes over instead of raising them, for those who look for more of them."""
    path: Path | None = None
    try:
        path = find_scene(source)
        tree = _tree(path)
    except InputError as error:
        return Draft(error.problems, path=path)
    return _Reader(path, tree, overlay(tree.data, overrides or {}), allow_outside).draft()


def read_stored(scene: Scene, path: Path, overrides: Mapping[str, Any] | None = None) -> Draft:
    """The scene a recording was made from, with overrides. path: of the recording, for messages."""
    tree = Tree(scene.model_dump(mode="json"))
    return _Reader(path, tree, overlay(tree.data, overrides or {}), allow_outside=True).draft()


def bundled_scenes() -> list[tuple[str, str]]:
    """Name and title of every scene that comes with netviz."""
    return [(name, str(_tree(find_scene(name)).data.get("title", ""))) for name in bundled_names()]


def _tree(path: Path) -> Tree:
    where = printable(str(path))
    try:
        tree = read_tree(read_text(path))
    except UnreadableYaml as error:
        raise InputError([Problem(_at(where, error.position), error.message)]) from None
    if not isinstance(tree.data, dict):
        found = f"a {kind(tree.data)}" if tree.data is not None else "an empty file"
        message = f"expected keys with values, network and data at least, got {found}"
        raise InputError([Problem(_at(where, tree.position(())), message)])
    return tree


def _at(where: str, position: Position) -> str:
    return f"{where}:{position.line}:{position.column}"


@cache
def _adapters() -> dict[str, TypeAdapter[Any]]:
    """What validates each of a scene's keys by itself, so that a mistake in one hides none in another."""
    return {name: TypeAdapter(info.rebuild_annotation()) for name, info in Scene.model_fields.items()}


class _Reader:
    """One file's data on its way to a Scene, and the mistakes met on it."""

    def __init__(self, path: Path, tree: Tree, overlaid: Overlaid, allow_outside: bool) -> None:
        self.path = path
        self.tree = tree
        self.overlaid = overlaid
        self.allow_outside = allow_outside
        self.where = printable(str(path))
        self.parts: dict[str, Any] = {}
        self.in_file: list[tuple[Position, Problem]] = []
        self.in_options: list[Problem] = list(overlaid.problems)

    def draft(self) -> Draft:
        for slip in self.tree.slips:
            key = f": {dotted(slip.path)}" if slip.path else ""
            self.in_file.append((slip.position, Problem(_at(self.where, slip.position) + key, slip.message)))
        for flaw in self._flaws():
            self._report(flaw)
        self._add_defaults()
        self._find_files()
        for path, message in mistakes(self.parts):
            self._report(Flaw(path, message))
        problems = [problem for _, problem in sorted(self.in_file, key=lambda found: found[0])] + self.in_options
        if problems:
            return Draft(_shortened(problems), self.parts, path=self.path)
        return Draft((), self.parts, Scene(**self.parts), self.path)

    def _flaws(self) -> list[Flaw]:
        found: list[Flaw] = []
        data = self.overlaid.data
        for name, value in data.items():
            if name not in Scene.model_fields:
                found.append(unknown_key((name,), root(), data))
                continue
            try:
                self.parts[name] = _adapters()[name].validate_python(value)
            except ValidationError as error:
                found += explain(error, name, value, self.tree.hints)
        for name, info in Scene.model_fields.items():
            if info.is_required() and name not in data:
                found.append(Flaw((name,), f"missing; expected {expected(inside(root(), name, None))}"))
        return found

    def _report(self, flaw: Flaw) -> None:
        # A value spoiled while it was read has been reported, and is wrong only for that.
        if any(slip.spoils and slip.path == flaw.path for slip in self.tree.slips):
            return
        given = self.overlaid.origin(flaw.path)
        if given:
            path, origin = given
            inner = f": {dotted(flaw.path)}" if path != flaw.path else ""
            self.in_options.append(Problem(origin + inner, flaw.message))
            return
        position = self.tree.keys.get(flaw.path) if flaw.at_key else None
        position = position or self.tree.position(flaw.path)
        # What did not come from a text has no lines.
        file = _at(self.where, position) if self.tree.values else self.where
        where = f"{file}: {dotted(flaw.path)}"
        options = self.overlaid.origins_inside(flaw.path)
        changed = f" (with {', '.join(options)})" if options else ""
        self.in_file.append((position, Problem(where, flaw.message + changed)))

    def _add_defaults(self) -> None:
        for name, info in Scene.model_fields.items():
            if name not in self.overlaid.data and not info.is_required():
                self.parts[name] = info.get_default(call_default_factory=True)
        if "name" not in self.overlaid.data:
            # A path may hold what a name may not; a name is never drawn, only written as a file's.
            self.parts["name"] = re.sub(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]", "_", self.path.stem)[:LONGEST_TEXT]
        if "schedule" not in self.overlaid.data and "training" in self.parts:
            # Nobody asked for the usual number of shown cycles: a shorter training shows as many as it has.
            most = self.parts["training"].cycles
            self.parts["schedule"] = Schedule(frames=min(most, self.parts["schedule"].frames))

    def _find_files(self) -> None:
        for name in ("audio", "font"):
            text = self.parts.get(name)
            if text is None:
                continue
            try:
                if self.overlaid.origin((name,)):
                    found = named_by_user(text)
                else:
                    found = named_in_scene(text, self.path.parent, allow_outside=self.allow_outside)
                self.parts[name] = str(found)
            except Unreachable as error:
                self._report(Flaw((name,), str(error)))


def _shortened(problems: list[Problem]) -> tuple[Problem, ...]:
    more = len(problems) - MOST_PROBLEMS
    if more <= 0:
        return tuple(problems)
    return (*problems[:MOST_PROBLEMS], Problem("", f"and {more} more"))
