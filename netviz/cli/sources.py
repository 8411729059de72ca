"""Sources of a command: scenes or recordings with the user's options in them, and the files they become."""

from __future__ import annotations

import os
import shlex
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from netviz.atomic_files import folder_problems
from netviz.audio.soundtrack import file_problems
from netviz.cli.options import overrides
from netviz.errors import InputError, NetvizWarning, Problem
from netviz.pipeline.looks import Filmed, read_filmed
from netviz.pipeline.validation import scene_of, target_problems
from netviz.recording.comparison import Comparison
from netviz.recording.recording import Recording
from netviz.scene.loader import ParseResult, read_scene
from netviz.scene.look_file import LookKeys, read_look
from netviz.scene.messages import printable
from netviz.scene.model import FEWEST_RUNS, MOST_RUNS
from netviz.scene.overrides import FROM_ENVIRONMENT, Override, key_path
from netviz.scene.playground_link import is_link
from netviz.scene.scene import Look, Scene
from netviz.scene.schedule import is_trained
from netviz.scene.sound import Sound
from netviz.scene.sweep import SweepPoint, named, parse_sweep, points
from netviz.video.formats import FILE_KINDS, PICTURES

OUTPUT_SUFFIXES = {"render": (*FILE_KINDS, *PICTURES), "still": PICTURES, "record": (".npz",), "sonify": (".wav",)}
"""Ends of the names of the files that commands write, first of all the one that they have unless told otherwise."""


@dataclass(frozen=True)
class CommandSource:
    """A scene, or a recorded run with the scene of its film; the file it was read from, and those the command writes.

    located: adds its place in the scene's file to a problem that is found later.
    """

    subject: Scene | Filmed
    path: Path | None
    targets: tuple[Path, ...]
    located: Callable[[Problem], Problem]

    @property
    def target(self) -> Path:
        """The file; the first of several."""
        return self.targets[0]

    @property
    def scene(self) -> Look:
        """The scene, or the one that the recorded run is shown with."""
        return scene_of(self.subject)

    @property
    def recording(self) -> Recording | None:
        """The recorded run, if it is of one."""
        recorded = self.subject.recorded if isinstance(self.subject, Filmed) else None
        return recorded if isinstance(recorded, Recording) else None

    @property
    def to_train(self) -> Scene:
        """The scene, of a source that is no recording."""
        assert isinstance(self.subject, Scene), "a recording is trained already"
        return self.subject


def read_source(ctx: click.Context, more: Iterable[Problem] = ()) -> CommandSource:
    """The command's scene or recording.

    more: problems the command found in its own options. Raises InputError with those, the options' and the scene's;
    then also with those of music and output, so that the user hears of all at once.
    """
    typed, problems = overrides(ctx)
    filmed, result = parse_source(ctx, typed)
    (source,) = _sources(ctx, [*problems, *more], [(filmed, result, (_target(ctx, result),))])
    return source


def read_sources(ctx: click.Context, more: Iterable[Problem] = ()) -> list[CommandSource]:
    """All scenes and recordings of a command that takes several, each with every point of its sweeps.

    Raises InputError as `read_source` does, and if two of them would be written to one file.
    """
    typed, problems = overrides(ctx)
    swept, wrong = _sweeps(ctx, typed)
    problems += [*more, *wrong]
    found = []
    if ctx.params.get("compare"):
        found = [(*_read_comparison(ctx, typed), "comparison")]
        if ctx.params["sweeps"]:
            problems.append(Problem("--sweep", "recordings are trained already; compare them without it"))
    for source in () if found else ctx.params["sources"] or (_usual_source(ctx),):
        for point in swept:
            filmed, result = _read(ctx, source, {**typed, **point.overrides})
            if result.scene is not None:
                result = replace(result, scene=named(result.scene, point))
            found.append((filmed, result, f"{_name(result)}{point.part}"))
    outputs = ctx.params["outputs"]
    targets = target_files(outputs, [name for _, _, name in found])
    problems += collisions(outputs, targets)
    return _sources(ctx, problems, [(*each[:2], files) for each, files in zip(found, targets, strict=True)])


def _sources(
    ctx: click.Context, problems: list[Problem], found: Sequence[tuple[Filmed | None, ParseResult, tuple[Path, ...]]]
) -> list[CommandSource]:
    sources = []
    for filmed, result, targets in found:
        problems += result.problems
        for note in result.notes:
            warnings.warn(note, NetvizWarning, stacklevel=3)
        path = result.path
        if result.scene is not None and not (path is not None and any(_same_file(target, path) for target in targets)):
            sources.append(CommandSource(filmed or result.scene, path, targets, result.located))
    if problems or len(sources) < len(found):
        for _, result, targets in found:
            problems += _problems_beyond(ctx, result, targets)
        raise InputError(dict.fromkeys(problems))
    return sources


@contextmanager
def located(*sources: CommandSource) -> Iterator[None]:
    """Problems that are found while the sources are worked on get their places in the scenes' files."""
    try:
        yield
    except InputError as wrong:
        raise InputError(_located(problem, sources) for problem in wrong.problems) from None


def _located(problem: Problem, sources: Sequence[CommandSource]) -> Problem:
    for source in sources:
        own = Problem(problem.where.removeprefix(f"{source.scene.name}: "), problem.message)
        if (len(sources) == 1 or own != problem) and (found := source.located(own)) != own:
            return found
    return problem


def _read(ctx: click.Context, source: str, typed: dict[str, Override]) -> tuple[Filmed | None, ParseResult]:
    look = read_look(ctx.params.get("look"), allow_outside=ctx.params["allow_outside"])
    if _is_recording(source):
        return _read_recording(ctx, Path(source), look, typed)
    result = read_scene(source, typed, look=look.overrides, allow_outside=ctx.params["allow_outside"])
    problems = (*look.problems, *result.problems)
    scene = None if problems else result.scene
    notes, files = (*look.notes, *result.notes), (*look.files, *result.files)
    return None, replace(result, problems=problems, scene=scene, notes=notes, files=files)


def _is_recording(source: str) -> bool:
    return source.lower().endswith(".npz") and not is_link(source)


def _sweeps(ctx: click.Context, typed: dict[str, Override]) -> tuple[list[SweepPoint], list[Problem]]:
    """The combinations of all that is swept; one where nothing is."""
    swept: dict[str, list[Override]] = {}
    problems: list[Problem] = []
    for text in ctx.params["sweeps"]:
        try:
            key, values = parse_sweep(text)
        except InputError as wrong:
            problems += wrong.problems
            continue
        other = swept[key][0].origin if key in swept else typed[key].origin if key in typed else ""
        if other and not other.startswith(FROM_ENVIRONMENT):
            problems.append(Problem(values[0].origin, f"{other} gives this key too; leave one of them out"))
        else:
            swept[key] = values
    try:
        return points(swept), problems
    except InputError as wrong:
        return points({}), [*problems, *wrong.problems]


def _name(result: ParseResult) -> str:
    return str(result.parts.get("name", result.path.stem if result.path else "film"))


def parse_source(ctx: click.Context, typed: dict[str, Override]) -> tuple[Filmed | None, ParseResult]:
    """The command's scene as far as it can be read, with the user's options in it, or its recorded run."""
    return _read(ctx, ctx.params["source"] or _usual_source(ctx), typed)


def _usual_source(ctx: click.Context) -> str:
    """The scene of a command without one. Raises InputError where scene files lie here: one of them may be meant."""
    from netviz.cli.suggestions import scenes_here

    names = scenes_here(Path.cwd())
    if not names:
        return "xor"
    typed = f"netviz {ctx.command.name} {printable(shlex.quote(names[0]))}"
    more = f" (or {', '.join(map(printable, names[1:4]))}{', ...' if len(names) > 4 else ''})" if names[1:] else ""
    own = f"netviz {ctx.command.name} xor"
    message = f"no scene given, and {printable(names[0])} lies here; type: {typed}{more}, or {own}"
    raise InputError([Problem("", message)])


def _read_recording(
    ctx: click.Context, path: Path, look: LookKeys, typed: dict[str, Override]
) -> tuple[Filmed | None, ParseResult]:
    try:
        recording = Recording.load(path, allow_outside=ctx.params["allow_outside"])
    except InputError as wrong:
        return None, ParseResult((*wrong.problems, *look.problems), path=path)
    return _with_look(recording, path, look, typed)


def _read_comparison(ctx: click.Context, typed: dict[str, Override]) -> tuple[Filmed | None, ParseResult]:
    """The recordings of a command, side by side."""
    look = read_look(ctx.params.get("look"), allow_outside=ctx.params["allow_outside"])
    problems, recordings = [*look.problems], dict[str, Recording]()
    for source in ctx.params["sources"]:
        path = Path(source)
        if not _is_recording(source):
            message = "is no recording (.npz); to compare runs of a scene, name them in it (compare)"
            problems.append(Problem(printable(source), message))
        elif path.stem in recordings:
            problems.append(Problem(str(path), "two recordings have this name, which stands above the run; rename one"))
        else:
            try:
                recordings[path.stem] = Recording.load(path, allow_outside=ctx.params["allow_outside"])
            except InputError as wrong:
                problems += wrong.problems
    if not problems and len(recordings) < FEWEST_RUNS:
        problems.append(Problem("--compare", f"give {FEWEST_RUNS} to {MOST_RUNS} recordings"))
    if problems:
        return None, ParseResult(tuple(problems))
    ended = tuple(None if each.is_complete else int(each.step[-1]) for each in recordings.values())
    whole = Comparison(tuple(recordings.values()), tuple(recordings), ended)
    return _with_look(whole, Path("comparison"), look, typed)


def _with_look(
    recorded: Recording | Comparison, path: Path, look: LookKeys, typed: dict[str, Override]
) -> tuple[Filmed | None, ParseResult]:
    late = {key: override for key, override in typed.items() if is_trained(key) or key_path(key)[0] == "compare"}
    message = "the recording is trained already; render a scene to change this"
    problems = [Problem(override.origin, message) for key, override in late.items() if key != FRAMES]
    early = {key: typed[key] for key in typed if key not in late}
    filmed, result = read_filmed(recorded, look, early, frames=late.get(FRAMES), path=path)
    if problems:
        filmed = None
    return filmed, replace(
        result,
        problems=(*problems, *result.problems),
        in_options=(*problems, *result.in_options),
        path=path,
        files=(*look.files, *result.files),
    )


FRAMES = "schedule.frames"
"""The one key of training that a recording has a meaning for: how many of its steps are shown."""


def _target(ctx: click.Context, result: ParseResult) -> Path:
    output = ctx.params.get("output")
    return (
        output
        if output is not None
        else Path(f"{_name(result)}{OUTPUT_SUFFIXES.get(ctx.command.name or '', ('',))[0]}")
    )


def _problems_beyond(ctx: click.Context, result: ParseResult, targets: Sequence[Path]) -> list[Problem]:
    found: list[Problem] = []
    audio = result.parts.get("audio")
    if isinstance(audio, Sound) and not audio.is_sonified:
        found += map(result.located, file_problems(audio))
    if ctx.command.name == "embed":
        found += folder_problems(targets[0], (), ctx.params["overwrite"])
    if ctx.command.name in OUTPUT_SUFFIXES:
        inputs = [] if result.path is None else [result.path]
        for target in targets:
            found += target_problems(target, OUTPUT_SUFFIXES[ctx.command.name], ctx.params["overwrite"], inputs)
    return found


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False


# Files of the films of a command, of one or several, each in one file or several.

_NAME = "{name}"
"""Placeholder of a film's own name in -o."""


def target_files(outputs: Sequence[str], names: Sequence[str]) -> list[tuple[Path, ...]]:
    """The files of each film. outputs: what was given with -o, each a file of every film."""
    of_outputs = [_targets_of(output, names) for output in outputs] or [[Path(f"{name}.mp4") for name in names]]
    return [*zip(*of_outputs, strict=True)]


def _targets_of(output: str, names: Sequence[str]) -> list[Path]:
    """A file of each film: in a folder, by a template with {name} in it, or, for one film, just what was given."""
    separators = tuple(filter(None, (os.sep, os.altsep)))
    if output.endswith(separators) or (len(names) > 1 and _NAME not in output and Path(output).is_dir()):
        return [Path(output.replace(_NAME, name)) / f"{name}.mp4" for name in names]
    return [Path(output.replace(_NAME, name)) for name in names]


def collisions(outputs: Sequence[str], targets: Sequence[tuple[Path, ...]]) -> list[Problem]:
    """Files that would be written over each other."""
    problems = []
    for number, of_films in enumerate(zip(*targets, strict=True)):
        counts = Counter(map(_place, of_films))
        if len(of_films) > 1 and len(counts) == 1 and outputs and _NAME not in outputs[number]:
            message = (
                f"is one name for {len(of_films)} films; give a folder (ending in /), or a name with {_NAME} in it"
            )
            problems.append(Problem(f"--output {printable(outputs[number])}", message))
            continue
        problems += [
            Problem(str(target), f"{count} films would have this name; give each scene a name of its own")
            for target in dict.fromkeys(of_films)
            if (count := counts[_place(target)]) > 1
        ]
    return problems


def _place(target: Path) -> str:
    # File systems may not tell capitals from small letters.
    return os.path.normcase(target.absolute()).lower()
