"""A scene's data on its way to a Scene: defaults, the files it names, and every mistake met, each in its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from netviz.errors import InputError, Problem
from netviz.scene.check import mistakes
from netviz.scene.check_data import data_alone, data_and_network
from netviz.scene.compare import refused
from netviz.scene.data import Data
from netviz.scene.draft import MOST_PROBLEMS, Draft
from netviz.scene.explain import Flaw, explain, unknown_key
from netviz.scene.files import Unreachable, named_by_user, named_in_scene
from netviz.scene.overrides import Overlaid, Override, key_path, overlay
from netviz.scene.panels import PicturePanel
from netviz.scene.schema import inside, known, root
from netviz.scene.spec import SHOWN, Scene, Schedule
from netviz.scene.table import Table, missing_columns, read_table
from netviz.scene.values import LONGEST_TEXT
from netviz.scene.vocabulary import read_words
from netviz.scene.words import dotted, expected, printable
from netviz.scene.yaml_tree import Path as KeyPath
from netviz.scene.yaml_tree import Position, Tree


@cache
def _adapters() -> dict[str, TypeAdapter[Any]]:
    """What validates each of a scene's keys by itself, so that a mistake in one hides none in another."""
    return {name: TypeAdapter(info.rebuild_annotation()) for name, info in Scene.model_fields.items()}


class Reader:
    """One scene's data on its way to a Scene, and the mistakes met on it.

    where: what messages call the source. path: the scene's file, None if it comes from none.
    """

    def __init__(self, where: str, path: Path | None, tree: Tree, overlaid: Overlaid, allow_outside: bool) -> None:
        self.where = printable(where)
        self.path = path
        self.tree = tree
        self.overlaid = overlaid
        self.allow_outside = allow_outside
        self.parts: dict[str, Any] = {}
        self.in_file: list[tuple[Position, Problem]] = []
        self.in_options: list[Problem] = list(overlaid.problems)
        self.table: Table | None = None
        self.files: list[Path] = []
        self.flaws: list[Flaw] = []

    def draft(self, before: Sequence[Problem] = (), notes: Sequence[str] = ()) -> Draft:
        """The scene, or its mistakes. before: those found earlier, where the data come from."""
        for slip in self.tree.slips:
            key = f": {dotted(slip.path)}" if slip.path else ""
            self.in_file.append((slip.position, Problem(at(self.where, slip.position) + key, slip.message)))
        for flaw in self._flaws():
            self._report(flaw)
        self._add_defaults()
        self._find_files()
        self._read_table()
        self._read_words()
        self._add_schedule()
        for path, message in mistakes(self.parts):
            self._report(Flaw(path, message))
        self._try_runs()
        in_file = [problem for _, problem in sorted(self.in_file, key=lambda found: found[0])]
        problems = [*before, *in_file, *self.in_options]
        scene = None if problems else Scene(**self.parts)
        return Draft(
            _shortened(problems),
            self.parts,
            scene,
            self.path,
            notes=tuple(notes),
            files=tuple(self.files),
            in_options=(*before, *self.in_options),
            located=self.located,
        )

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
        self.flaws.append(flaw)
        if self.table is not None and flaw.path[:2] == ("data", "examples") and len(flaw.path) > 2:
            row = self.table.rows[int(flaw.path[2])]
            self._tell(("data", "csv"), Problem(f"{self.table.where}:{row.line}", flaw.message))
            return
        where = self._place(flaw.path, flaw.at_key)
        if self.overlaid.origin(flaw.path):
            self.in_options.append(Problem(where, flaw.message))
            return
        options = self.overlaid.origins_inside(flaw.path)
        changed = f" (with {', '.join(options)})" if options else ""
        self.in_file.append((self._position(flaw.path, flaw.at_key), Problem(where, flaw.message + changed)))

    def _place(self, path: KeyPath, at_key: bool = False) -> str:
        """Where the user has to look for the value at a path, or for its key: line and column, or an option."""
        if path and isinstance(self.overlaid.data.get(str(path[0])), str):
            path = path[:1]  # one text stands for all that is in it
        given = self.overlaid.origin(path)
        if given:
            above, origin = given
            return origin + (f": {dotted(path)}" if above != path else "")
        # What did not come from a text has no lines.
        file = at(self.where, self._position(path, at_key)) if self.tree.values else self.where
        return f"{file}: {dotted(path)}"

    def _position(self, path: KeyPath, at_key: bool) -> Position:
        return (self.tree.keys.get(path) if at_key else None) or self.tree.position(path)

    def located(self, problem: Problem) -> Problem:
        """A problem that names a key of the scene, with the key's place in the file, or the option that gave it."""
        key, colon, rest = problem.where.partition(":")
        path = key_path(key)
        if path[0] not in self.overlaid.data or not known(path):
            return problem
        return Problem(self._place(path) + colon + rest, problem.message)

    def _tell(self, path: KeyPath, problem: Problem) -> None:
        """Report a problem that says itself where it is, among those of the value at the path."""
        if self.overlaid.origin(path):
            self.in_options.append(problem)
        else:
            self.in_file.append((self.tree.position(path), problem))

    def _add_defaults(self) -> None:
        for name, info in Scene.model_fields.items():
            if name not in self.overlaid.data and not info.is_required():
                self.parts[name] = info.get_default(call_default_factory=True)
        if "name" not in self.overlaid.data and self.path is not None:
            # A path may hold what a name may not; a name is never drawn, only written as a file's.
            self.parts["name"] = re.sub(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]", "_", self.path.stem)[:LONGEST_TEXT]

    def _add_schedule(self) -> None:
        if "schedule" in self.overlaid.data or "training" not in self.parts:
            return
        # Nobody asked for a number of shown cycles: a shorter training shows as many as it has.
        if self.parts.get("sync") is not None:
            self.parts["schedule"] = Schedule(frames="beats")
        elif {"network", "data", "shots", "style"} <= self.parts.keys():
            self.parts["schedule"] = Schedule(frames=Scene.model_construct(**self.parts).usual_shown)
        else:
            self.parts["schedule"] = Schedule(frames=min(self.parts["training"].cycles, SHOWN))

    def _find_files(self) -> None:
        if self.parts.get("font") is not None:
            self.parts["font"] = self._found(("font",), self.parts["font"])
        if self.parts.get("audio") is not None and not self.parts["audio"].is_sonified:
            file = self._found(("audio", "file"), self.parts["audio"].file)
            self.parts["audio"] = self.parts["audio"].model_copy(update={"file": file})
        panels = list(self.parts.get("panels") or ())
        for index, panel in enumerate(panels):
            if isinstance(panel, PicturePanel):
                file = self._found(("panels", index, "file"), panel.file)
                panels[index] = panel.model_copy(update={"file": file})
        if panels:
            self.parts["panels"] = tuple(panels)

    def _found(self, path: KeyPath, text: str) -> str:
        """The absolute path of a file the scene names; the text itself if it may not be used, which is reported."""
        try:
            if self.overlaid.origin(path) or self.path is None:
                file = named_by_user(text)
            else:
                file = named_in_scene(text, self.path.parent, allow_outside=self.allow_outside)
            self.files.append(file)
            return str(file)
        except Unreachable as error:
            self._report(Flaw(path, str(error)))
            return text

    def _read_table(self) -> None:
        """Put the rows of the table in the place of `csv`, if all is right with them and what is said of them."""
        data, network = self.parts.get("data"), self.parts.get("network")
        if data is None or data.csv is None or any(data_alone(data)):
            return
        problems = len(self.in_file) + len(self.in_options)
        file = self._found(("data", "csv"), data.csv)
        if len(self.in_file) + len(self.in_options) > problems:
            return
        typed = self.overlaid.origin(("data", "csv")) or self.path is None
        where = data.csv if typed or self.path is None else str(self.path.parent / data.csv)
        try:
            table = read_table(Path(file), where)
            lacking = missing_columns(table, data)
            for path, message in lacking:
                self._report(Flaw(path, message))
            if lacking:
                return
            examples = table.examples(data.inputs, data.targets)
        except InputError as error:
            for problem in error.problems:
                self._tell(("data", "csv"), problem)
            return
        if network is not None and any(data_and_network(data, network)):
            return
        self.table = table
        self.parts["data"] = data.model_copy(update=_EMPTY | {"examples": examples})
        if network is not None:
            names = {} if network.inputs or data.features else {"inputs": data.inputs}
            names |= {} if network.outputs else {"outputs": data.targets}
            self.parts["network"] = network.model_copy(update=names)

    def _read_words(self) -> None:
        """Put the phrases of a file of words in its place."""
        words = self.parts.get("words")
        if not isinstance(words, str):
            return
        typed = self.overlaid.origin(("words",)) or self.path is None
        problems = len(self.in_file) + len(self.in_options)
        file = self._found(("words",), words)
        if len(self.in_file) + len(self.in_options) > problems:
            return
        try:
            where = words if typed or self.path is None else str(self.path.parent / words)
            self.parts["words"] = tuple(read_words(Path(file), where).items())
        except InputError as error:
            for problem in error.problems:
                self._tell(("words",), problem)

    def _try_runs(self) -> None:
        """Report what is wrong with the scenes of the runs to be compared and right, or not said, without them."""
        known = {(flaw.path, flaw.message) for flaw in self.flaws}
        data = {name: value for name, value in self.overlaid.data.items() if name != "compare"}
        for index, run in enumerate(self.parts.get("compare") or ()):
            for key, value in run.set.items():
                place: KeyPath = ("compare", index, "set", key)
                tried = overlay(data, {key: Override(value, key)})
                for message in [problem.message for problem in tried.problems] or filter(None, [refused(key)]):
                    self._report(Flaw(place, message, at_key=True))
            usable = {key: Override(value, key) for key, value in run.set.items() if refused(key) is None}
            reader = Reader(self.where, self.path, self.tree, overlay(data, usable), self.allow_outside)
            reader.draft()
            for flaw in reader.flaws:
                if (flaw.path, flaw.message) not in known:
                    self._report(_of_run(flaw, index, [*run.set], reader.overlaid))


def _of_run(flaw: Flaw, index: int, replaced: Sequence[str], overlaid: Overlaid) -> Flaw:
    """A flaw of a run's scene, at the value of the run that it comes from, as far as is known."""
    candidates = [*overlaid.origins_inside(flaw.path), *(replaced if len(replaced) == 1 else ())]
    path, key = overlaid.origin(flaw.path) or ((), next(iter(candidates), None))
    place: KeyPath = ("compare", index) if key is None else ("compare", index, "set", key)
    return Flaw(place, flaw.message if path == flaw.path else f"{dotted(flaw.path)}: {flaw.message}")


_EMPTY = {name: Data.model_fields[name].default for name in ("csv", "inputs", "targets")}


def at(where: str, position: Position) -> str:
    """file:line:column."""
    return f"{where}:{position.line}:{position.column}"


def _shortened(problems: list[Problem]) -> tuple[Problem, ...]:
    more = len(problems) - MOST_PROBLEMS
    if more <= 0:
        return tuple(problems)
    return (*problems[:MOST_PROBLEMS], Problem("", f"and {more} more"))
