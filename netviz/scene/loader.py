"""Loader: from a scene file or a Playground link to a Scene, with every mistake at its place."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from netviz.errors import MOST_PROBLEMS, InputError, NetvizWarning, Problem, first_problems
from netviz.scene.array_table import read_arrays
from netviz.scene.files import (
    RECORDING,
    Unreachable,
    at,
    bundled_names,
    find_scene,
    named_by_user,
    named_in_scene,
    read_mapping,
    read_words,
)
from netviz.scene.from_table import once_a_kind, with_examples
from netviz.scene.json_schema import Issue, explain, known, root, schema_inside, unknown_key
from netviz.scene.look_file import LookKeys, own_look
from netviz.scene.messages import dotted, expected, printable
from netviz.scene.model import SHOWN, Schedule, refused
from netviz.scene.overrides import Overlaid, Override, key_path, overlay
from netviz.scene.panels import PicturePanelSpec
from netviz.scene.playground_link import is_link, read_link
from netviz.scene.scene import Scene
from netviz.scene.table import Learned, learn
from netviz.scene.table_file import read_table
from netviz.scene.types import LONGEST_TEXT
from netviz.scene.validation import mistakes
from netviz.scene.validation_training import data_alone, data_and_network
from netviz.scene.yaml import Position, Tree
from netviz.scene.yaml import YamlPath as KeyPath


def load_scene(
    source: str | os.PathLike[str] = "xor",
    *,
    overrides: Mapping[str, Any] | None = None,
    allow_outside: bool = False,
) -> Scene:
    """Load the scene in a file or a TensorFlow Playground link, complete and checked.

    source: the name of a scene that comes with netviz (`netviz scenes` lists them), a path, or a Playground link, which
    is parsed and never opened. overrides: dotted key ("training.cycles", "shots.4.inputs") -> value, or
    Override(value, origin).
    allow_outside: let the file name music, a font, a table or a picture outside its own folder; overrides always may.
    Raises InputError with every mistake in the file and the overrides; warns of what in a link the film cannot
    reproduce.
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
    look: Mapping[str, Any] | None = None,
    allow_outside: bool = False,
) -> ParseResult:
    """Read a scene like `load_scene`, but return mistakes and warnings, for callers that look for more of them.

    look: overrides over which the others win.
    """
    path: Path | None = None
    try:
        if isinstance(source, str) and is_link(source):
            return _read_link(source, look or {}, overrides or {}, allow_outside)
        path = find_scene(source)
        tree = read_mapping(path)
    except InputError as error:
        return ParseResult(error.problems, path=path)
    own = own_look(tree, path, overrides or {}, allow_outside=allow_outside)
    overlaid = overlay(own.data, look or {}, own.overrides, under=own.keys.overrides)
    return Reader(str(path), path, tree, overlaid, allow_outside, own=own.keys).result()


def _read_link(source: str, look: Mapping[str, Any], overrides: Mapping[str, Any], allow_outside: bool) -> ParseResult:
    link = read_link(source)
    own = own_look(Tree(link.data), None, overrides, allow_outside=allow_outside)
    overlaid = overlay(own.data, look, own.overrides, under=own.keys.overrides)
    notes = [*link.notes]
    if link.seedless and not overlaid.origin(("training", "seed")):
        notes.append(link.seedless)
    reader = Reader("link", None, Tree(link.data), overlaid, allow_outside, own=own.keys)
    return reader.result(link.problems, notes)


def read_stored(
    data: Mapping[str, Any],
    path: Path | None,
    overrides: Mapping[str, Any] | None = None,
    *,
    look: Mapping[str, Any] | None = None,
    where: str = "the recording",
    stored_in: Path | None = None,
) -> ParseResult:
    """Read the scene of a recording from its data, with overrides. path: of the recording, for messages and name.

    look: overrides over which the others win. where: what messages call data without a path. stored_in: the file that
    the data come from, which may be a stranger's, and names no files outside its folder; None: they were made here.
    """
    if "name" not in data and path is not None:
        data = {**data, "name": _name_of(path)}
    tree = Tree(data)
    overlaid = overlay(tree.data, look or {}, overrides or {})
    beside = None if stored_in is None else stored_in.parent
    allow_outside = stored_in is None
    return Reader(where if path is None else str(path), path, tree, overlaid, allow_outside, beside, RECORDING).result()


def bundled_scenes() -> list[tuple[str, str]]:
    """Return name and title of every scene that comes with netviz."""
    return [(name, str(read_mapping(find_scene(name)).data.get("title", ""))) for name in bundled_names()]


def _name_of(path: Path) -> str:
    """The name of a scene in a file; a path may hold characters that a name, which becomes a file's, may not."""
    name = re.sub(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]", "_", path.stem)[:LONGEST_TEXT]
    return name.replace(".", "_") if name in (".", "..") else name


# Reader: converts a scene's data to a Scene, with defaults and the files it names, and places every mistake.


@cache
def _adapters() -> dict[str, TypeAdapter[Any]]:
    """Return a validator for each of a scene's keys by itself, so that a mistake in one hides none in another."""
    return {name: TypeAdapter(info.rebuild_annotation()) for name, info in Scene.model_fields.items()}


class Reader:
    """Conversion of one scene's data to a Scene, and the mistakes found in them.

    where: the source's name in messages. path: the scene's file, None if the data do not come from one. folder: where
    the files lie that the data name, if not beside it. by: what the data come from. own: the look that they name.
    """

    def __init__(
        self,
        where: str,
        path: Path | None,
        tree: Tree,
        overlaid: Overlaid,
        allow_outside: bool,
        folder: Path | None = None,
        by: str = "scene",
        own: LookKeys | None = None,
    ) -> None:
        self.where = printable(where)
        self.path = path
        self.folder = path.parent if folder is None and path is not None else folder
        self.by = by
        self.tree = tree
        self.overlaid = overlaid
        self.allow_outside = allow_outside
        self.parts: dict[str, Any] = {}
        in_looks = [*(own.problems if own is not None else ()), *overlaid.in_looks]
        self.in_file: list[tuple[Position, Problem]] = [(IN_LOOKS, problem) for problem in in_looks]
        self.in_options: list[Problem] = list(overlaid.problems)
        self.learned, self.learned_from = Learned(), KeyPath()
        self.notes: list[str] = list(own.notes if own is not None else ())
        self.files: list[Path] = [*(own.files if own is not None else ())]
        self.with_refused_file: set[str] = set()
        self.issues: list[Issue] = []

    def result(self, before: Sequence[Problem] = (), notes: Sequence[str] = ()) -> ParseResult:
        """Return the scene, or its mistakes. before: problems found earlier, in the source of the data."""
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
        found = mistakes(self.parts)
        for path, message in once_a_kind(found) if self.learned.examples else found:
            self._report(Issue(path, message))
        self._try_runs()
        in_file = [problem for _, problem in sorted(self.in_file, key=lambda found: found[0])]
        problems = [*before, *in_file, *self.in_options]
        scene = None if problems else Scene(**self.parts)
        cut_off = (
            f"{at(self.where, place)}: {dotted(path)}: {message}"
            for place, path, message in self.tree.notes
            if not self.overlaid.origin(path)
        )
        return ParseResult(
            first_problems(problems),
            # Whoever looks for more mistakes must not open what may not be used: not even whether it exists is told.
            {name: value for name, value in self.parts.items() if name not in self.with_refused_file},
            scene,
            self.path,
            notes=(*notes, *self.notes, *cut_off),
            files=tuple(self.files),
            in_options=(*before, *self.in_options),
            located=self.located,
        )

    def _issues(self) -> list[Issue]:
        found: list[Issue] = []
        data, unknown = self.overlaid.data, 0
        for name, value in data.items():
            if name not in Scene.model_fields:
                found.append(unknown_key((name,), root(), data, suggest=unknown < MOST_PROBLEMS))
                unknown += 1
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
        # A value that syntax issues spoiled has been reported already, and is wrong only because of them.
        if any(found.spoils and found.path == issue.path for found in self.tree.syntax_issues):
            return
        self.issues.append(issue)
        if self.learned.places and issue.path[:2] == ("data", "examples") and len(issue.path) > 2:
            place = self.learned.places[int(issue.path[2])]
            self._report_placed(self.learned_from, Problem(place, issue.message))
            return
        where = self._place(issue.path, issue.at_key)
        if given := self.overlaid.origin(issue.path):
            problem = Problem(where, issue.message)
            if given[0] in self.overlaid.places:
                self.in_file.append((IN_LOOKS, problem))
            else:
                self.in_options.append(problem)
            return
        options = self.overlaid.origins_inside(issue.path)
        changed = f" (with {', '.join(options)})" if options else ""
        self.in_file.append((self._position(issue.path, issue.at_key), Problem(where, issue.message + changed)))

    def _place(self, path: KeyPath, at_key: bool = False) -> str:
        """Return the place of a value, or of its key, for messages: file, line and column, or an option."""
        if path and isinstance(self.overlaid.data.get(str(path[0])), str):
            path = path[:1]  # a shorthand: one text for the whole mapping
        given = self.overlaid.origin(path)
        if given:
            above, origin = given
            if above in self.overlaid.places:
                return self.overlaid.places[above](path, at_key)
            return origin + (f": {dotted(path)}" if above != path else "")
        # Data that do not come from a text have no lines.
        file = at(self.where, self._position(path, at_key)) if self.tree.values else self.where
        return f"{file}: {dotted(path)}"

    def _position(self, path: KeyPath, at_key: bool) -> Position:
        return (self.tree.keys.get(path) if at_key else None) or self.tree.position(path)

    def located(self, problem: Problem) -> Problem:
        """Return a problem that names a key of the scene with the key's place in the file, or the option that gave
        it."""
        key, colon, rest = problem.where.partition(":")
        path = key_path(key)
        if path[0] not in self.overlaid.data or not known(path):
            return problem
        place, typed = self._place(path), self._typed(path)
        if not rest or typed is None:
            return Problem(place + colon + rest, problem.message)
        # A file is named as it was typed; one that the scene names, from where the scene lies.
        if self.overlaid.origin(path) or self.path is None:
            return Problem(f"{place}{'' if place.count(' ') == 0 else ':'} {printable(typed)}", problem.message)
        return Problem(f"{place}: {printable(str(self.path.parent / typed))}", problem.message)

    def _typed(self, path: KeyPath) -> str | None:
        """Return the text at the path, as it was given; None if something else stands there."""
        value: Any = self.overlaid.data
        for step in path:
            if isinstance(value, str):  # a shorthand: one text for the whole mapping
                break
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value if isinstance(value, str) else None

    def _report_placed(self, path: KeyPath, problem: Problem) -> None:
        """Report a problem that has its own place, among those of the value at the path."""
        if self.overlaid.origin(path):
            self.in_options.append(problem)
        else:
            self.in_file.append((self.tree.position(path), problem))

    def _add_defaults(self) -> None:
        for name, info in Scene.model_fields.items():
            if name not in self.overlaid.data and not info.is_required():
                self.parts[name] = info.get_default(call_default_factory=True)
        if "name" not in self.overlaid.data and self.path is not None:
            self.parts["name"] = _name_of(self.path)

    def _add_schedule(self) -> None:
        if "schedule" in self.overlaid.data or "training" not in self.parts:
            return
        # Without a schedule, a training shorter than the default number of shown cycles shows all it has.
        if self.parts.get("sync") is not None:
            self.parts["schedule"] = Schedule(frames="beats")
        elif {"network", "data", "shots", "style"} <= self.parts.keys():
            self.parts["schedule"] = Schedule(frames=Scene.model_construct(**self.parts).usual_shown)
        else:
            self.parts["schedule"] = Schedule(frames=min(self.parts["training"].cycles, SHOWN))

    def _find_files(self) -> None:
        fonts = [key for key in ("font", "figures_font") if self.parts.get(key) is not None]
        self.parts |= {key: self._found((key,), self.parts[key]) for key in fonts}
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
        """Return the absolute path of a file the scene names; if it may not be used, report that and return the
        text."""
        try:
            if self.overlaid.origin(path) or self.folder is None:
                file = named_by_user(text)
            else:
                file = named_in_scene(text, self.folder, allow_outside=self.allow_outside, by=self.by)
            self.files.append(file)
            return str(file)
        except Unreachable as error:
            self._report(Issue(path, str(error)))
            self.with_refused_file.add(str(path[0]))
            return text

    def _to_be_read(self, path: KeyPath, text: str) -> tuple[Path, str] | None:
        """The file that the value at the path names, and its name in messages; None if it may not be used."""
        refused = len(self.issues)
        file = self._found(path, text)
        if len(self.issues) > refused:
            return None
        is_typed = self.overlaid.origin(path) or self.path is None
        return Path(file), text if is_typed or self.path is None else str(self.path.parent / text)

    def _read_table(self) -> None:
        """Replace a table by its rows as examples, if it and the keys about it have no mistakes."""
        data, network = self.parts.get("data"), self.parts.get("network")
        if data is None or data.table is None or any(data_alone(data)):
            return
        key, text = data.table
        named = self._to_be_read(("data", key), text)
        if named is None:
            return
        try:
            arrays = (data.inputs, data.targets)
            table = read_table(*named) if key == "csv" else read_arrays(*named, *arrays)
            learned = learn(table, data, network)
        except InputError as error:
            learned = Learned(problems=error.problems)
        for path, message in learned.mistakes:
            self._report(Issue(path, message))
        for problem in learned.problems:
            self._report_placed(("data", key), problem)
        if learned.examples and not (network is not None and any(data_and_network(data, network))):
            self.notes += learned.notes
            self.learned, self.learned_from = learned, ("data", key)
            self.parts |= with_examples(self.parts, learned)

    def _read_words(self) -> None:
        """Replace the path of a words file by its phrases."""
        words = self.parts.get("words")
        named = self._to_be_read(("words",), words) if isinstance(words, str) else None
        if named is None:
            return
        try:
            self.parts["words"] = tuple(read_words(*named).items())
        except InputError as error:
            for problem in error.problems:
                self._report_placed(("words",), problem)

    def _try_runs(self) -> None:
        """Report the mistakes in the scenes of compared runs, except those that the scene without runs has too."""
        known = {(issue.path, issue.message) for issue in self.issues}
        data = {name: value for name, value in self.overlaid.data.items() if name != "compare"}
        for index, run in enumerate(self.parts.get("compare") or ()):
            if len(run.set) > MOST_REPLACED:  # each is tried by itself
                message = f"replaces {len(run.set):,} keys; {MOST_REPLACED} are the most"
                self._report(Issue(("compare", index, "set"), message))
                continue
            for key, value in run.set.items():
                place: KeyPath = ("compare", index, "set", key)
                overlaid = overlay(data, {key: Override(value, key)})
                for message in [problem.message for problem in overlaid.problems] or filter(None, [refused(key)]):
                    self._report(Issue(place, message, at_key=True))
            usable = {key: Override(value, key) for key, value in run.set.items() if refused(key) is None}
            overlaid = overlay(data, usable)
            # Files of options and looks are found as they were for the scene.
            origins, places = self.overlaid.origins | overlaid.origins, self.overlaid.places | overlaid.places
            tried = replace(overlaid, origins=origins, places=places)
            reader = Reader(self.where, self.path, self.tree, tried, self.allow_outside, self.folder, self.by)
            reader.result()
            for issue in reader.issues:
                if (issue.path, issue.message) not in known:
                    self._report(_of_run(issue, index, [*run.set], overlaid))


def _of_run(issue: Issue, index: int, replaced: Sequence[str], overlaid: Overlaid) -> Issue:
    """Return an issue of a run's scene, placed at the value of the run that causes it, as far as is known."""
    candidates = [*overlaid.origins_inside(issue.path), *(replaced if len(replaced) == 1 else ())]
    path, key = overlaid.origin(issue.path) or ((), next(iter(candidates), None))
    place: KeyPath = ("compare", index) if key is None else ("compare", index, "set", key)
    return Issue(place, issue.message if path == issue.path else f"{dotted(issue.path)}: {issue.message}")


IN_LOOKS = Position(sys.maxsize, 0)
"""Position of what is wrong in looks: after all in the scene's own file."""
MOST_REPLACED = 100
"""Most keys that a run to compare can replace: more than there are to replace."""


# Result: a scene as far as it could be read, with every mistake in it.


@dataclass(frozen=True)
class ParseResult:
    """A scene as far as it could be read.

    problems: the mistakes, in the order of the file, those of options last, see `first_problems`. parts: the values of
    the scene's keys that are valid by themselves, defaults included, without those that name a file that may not be
    used. scene: the Scene, None if there is any mistake.
    path: the scene's file, if the source is one and could be found. notes: facts about the scene that the user should
    know. files: all files that it names, existing or not: music, table, font, pictures.
    in_options: the problems that are in the user's options, and not in the file. located: function that adds the place
    in the file to a problem that was found later and begins with a key of the scene.
    """

    problems: tuple[Problem, ...]
    parts: dict[str, Any] = field(default_factory=dict)
    scene: Scene | None = None
    path: Path | None = None
    notes: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    in_options: tuple[Problem, ...] = ()
    located: Callable[[Problem], Problem] = field(default=lambda problem: problem, compare=False)
