"""Loader: from a scene file or a Playground link to a Scene, with every mistake at its place."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from netviz.errors import InputError, NetvizWarning, Problem
from netviz.scene.export import as_yaml, plain
from netviz.scene.files import (
    Table,
    Unreachable,
    bundled_names,
    find_scene,
    missing_columns,
    named_by_user,
    named_in_scene,
    read_table,
    read_text,
    read_words,
)
from netviz.scene.json_schema import Issue, explain, known, root, schema_inside, unknown_key
from netviz.scene.messages import dotted, expected, kind, printable
from netviz.scene.model import SHOWN, Data, Schedule, refused
from netviz.scene.overrides import Overlaid, Override, key_path, overlay
from netviz.scene.playground_link import COMMENTS, is_link, read_link
from netviz.scene.scene import Scene
from netviz.scene.shots import PicturePanelSpec
from netviz.scene.types import LONGEST_TEXT
from netviz.scene.validation import mistakes
from netviz.scene.validation_training import data_alone, data_and_network
from netviz.scene.yaml import Position, Tree, UnreadableYaml, read_tree
from netviz.scene.yaml import YamlPath as KeyPath


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
    result = read_scene(source, overrides, allow_outside=allow_outside)
    if result.scene is None:
        raise InputError(result.problems)
    for note in result.notes:
        warnings.warn(note, NetvizWarning, stacklevel=2)
    return result.scene


def read_scene(
    source: str | os.PathLike[str] = "xor",
    overrides: Mapping[str, Any] | None = None,
    *,
    allow_outside: bool = False,
) -> ParseResult:
    """Like `load_scene`, but hands mistakes and warnings over, for those who look for more of them."""
    path: Path | None = None
    try:
        if isinstance(source, str) and is_link(source):
            return _read_link(source, overrides or {}, allow_outside)
        path = find_scene(source)
        tree = _tree(path)
    except InputError as error:
        return ParseResult(error.problems, path=path)
    return Reader(str(path), path, tree, overlay(tree.data, overrides or {}), allow_outside).result()


def _read_link(source: str, overrides: Mapping[str, Any], allow_outside: bool) -> ParseResult:
    link = read_link(source)
    overlaid = overlay(link.data, overrides)
    notes = [*link.notes]
    if link.seedless and not overlaid.origin(("training", "seed")):
        notes.append(link.seedless)
    return Reader("link", None, Tree(link.data), overlaid, allow_outside).result(link.problems, notes)


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


def read_stored(scene: Scene, path: Path, overrides: Mapping[str, Any] | None = None) -> ParseResult:
    """The scene a recording was made from, with overrides. path: of the recording, for messages."""
    tree = Tree(scene.model_dump(mode="json"))
    return Reader(str(path), path, tree, overlay(tree.data, overrides or {}), allow_outside=True).result()


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


# A scene's data on its way to a Scene: defaults, the files it names, and every mistake met, each in its place.


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
        self.issues: list[Issue] = []

    def result(self, before: Sequence[Problem] = (), notes: Sequence[str] = ()) -> ParseResult:
        """The scene, or its mistakes. before: those found earlier, where the data come from."""
        for mistake in self.tree.syntax_issues:
            key = f": {dotted(mistake.path)}" if mistake.path else ""
            self.in_file.append((mistake.position, Problem(at(self.where, mistake.position) + key, mistake.message)))
        for issue in self._issues():
            self._report(issue)
        self._add_defaults()
        self._find_files()
        self._read_table()
        self._read_words()
        self._add_schedule()
        for path, message in mistakes(self.parts):
            self._report(Issue(path, message))
        self._try_runs()
        in_file = [problem for _, problem in sorted(self.in_file, key=lambda found: found[0])]
        problems = [*before, *in_file, *self.in_options]
        scene = None if problems else Scene(**self.parts)
        return ParseResult(
            _shortened(problems),
            self.parts,
            scene,
            self.path,
            notes=tuple(notes),
            files=tuple(self.files),
            in_options=(*before, *self.in_options),
            located=self.located,
        )

    def _issues(self) -> list[Issue]:
        found: list[Issue] = []
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
                found.append(Issue((name,), f"missing; expected {expected(schema_inside(root(), name, None))}"))
        return found

    def _report(self, issue: Issue) -> None:
        # A value spoiled while it was read has been reported, and is wrong only for that.
        if any(issue.spoils and issue.path == issue.path for issue in self.tree.syntax_issues):
            return
        self.issues.append(issue)
        if self.table is not None and issue.path[:2] == ("data", "examples") and len(issue.path) > 2:
            row = self.table.rows[int(issue.path[2])]
            self._tell(("data", "csv"), Problem(f"{self.table.where}:{row.line}", issue.message))
            return
        where = self._place(issue.path, issue.at_key)
        if self.overlaid.origin(issue.path):
            self.in_options.append(Problem(where, issue.message))
            return
        options = self.overlaid.origins_inside(issue.path)
        changed = f" (with {', '.join(options)})" if options else ""
        self.in_file.append((self._position(issue.path, issue.at_key), Problem(where, issue.message + changed)))

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
            if isinstance(panel, PicturePanelSpec):
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
            self._report(Issue(path, str(error)))
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
                self._report(Issue(path, message))
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
        known = {(issue.path, issue.message) for issue in self.issues}
        data = {name: value for name, value in self.overlaid.data.items() if name != "compare"}
        for index, run in enumerate(self.parts.get("compare") or ()):
            for key, value in run.set.items():
                place: KeyPath = ("compare", index, "set", key)
                tried = overlay(data, {key: Override(value, key)})
                for message in [problem.message for problem in tried.problems] or filter(None, [refused(key)]):
                    self._report(Issue(place, message, at_key=True))
            usable = {key: Override(value, key) for key, value in run.set.items() if refused(key) is None}
            reader = Reader(self.where, self.path, self.tree, overlay(data, usable), self.allow_outside)
            reader.result()
            for issue in reader.issues:
                if (issue.path, issue.message) not in known:
                    self._report(_of_run(issue, index, [*run.set], reader.overlaid))


def _of_run(issue: Issue, index: int, replaced: Sequence[str], overlaid: Overlaid) -> Issue:
    """A flaw of a run's scene, at the value of the run that it comes from, as far as is known."""
    candidates = [*overlaid.origins_inside(issue.path), *(replaced if len(replaced) == 1 else ())]
    path, key = overlaid.origin(issue.path) or ((), next(iter(candidates), None))
    place: KeyPath = ("compare", index) if key is None else ("compare", index, "set", key)
    return Issue(place, issue.message if path == issue.path else f"{dotted(issue.path)}: {issue.message}")


_EMPTY = {name: Data.model_fields[name].default for name in ("csv", "inputs", "targets")}


def at(where: str, position: Position) -> str:
    """file:line:column."""
    return f"{where}:{position.line}:{position.column}"


def _shortened(problems: list[Problem]) -> tuple[Problem, ...]:
    more = len(problems) - MOST_PROBLEMS
    if more <= 0:
        return tuple(problems)
    return (*problems[:MOST_PROBLEMS], Problem("", f"and {more} more"))


# A scene as far as it could be read, with every mistake in it.

MOST_PROBLEMS = 20
"""Mistakes told at once; of the rest only how many there are."""


@dataclass(frozen=True)
class ParseResult:
    """A scene as far as it could be read.

    problems: every mistake, in the order of the file, those of options last; at most MOST_PROBLEMS, and how many more.
    parts: the values of the scene's keys that are valid by themselves, defaults included. scene: if nothing is wrong.
    path: the scene's file, if the source is one and could be found. notes: what the user should know of the scene.
    files: all that it names, there or not: music, table, font, pictures. in_options: those of the problems that the
    user's options have, and not the file. located: adds its place in the file to a problem that was found later, and
    begins with a key of the scene.
    """

    problems: tuple[Problem, ...]
    parts: dict[str, Any] = field(default_factory=dict)
    scene: Scene | None = None
    path: Path | None = None
    notes: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    in_options: tuple[Problem, ...] = ()
    located: Callable[[Problem], Problem] = field(default=lambda problem: problem, compare=False)
