"""What a command works on: a scene or a recording, with the user's options in it, or every mistake at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from netviz.cli.options import overrides
from netviz.cli.targets import collisions, targets_of
from netviz.errors import InputError, NetvizWarning, Problem
from netviz.learn.recording import Recording
from netviz.learn.trained import is_trained
from netviz.places import music
from netviz.problems import target_problems
from netviz.scene.draft import Draft
from netviz.scene.file import read_scene, read_stored
from netviz.scene.link import is_link
from netviz.scene.overrides import FROM_ENVIRONMENT, Override, key_path
from netviz.scene.sound import Sound
from netviz.scene.spec import Scene
from netviz.scene.sweep import Point, named, parse_sweep, points
from netviz.sound.audio import audio_problems
from netviz.video.folders import folder_problems
from netviz.video.outputs import KINDS, PICTURES

SUFFIXES = {"render": (*KINDS, *PICTURES), "still": PICTURES, "record": (".npz",), "sonify": (".wav",)}
"""What the names of the files may end in that the commands write, first of all what they do unless told otherwise."""


@dataclass(frozen=True)
class Source:
    """A scene, the recording if it came with one, the file it was read from, and the files the command writes.

    located: adds its place in the scene's file to a problem that is found later.
    """

    scene: Scene
    recording: Recording | None
    path: Path | None
    targets: tuple[Path, ...]
    located: Callable[[Problem], Problem]

    @property
    def target(self) -> Path:
        """The file; the first of several."""
        return self.targets[0]

    @property
    def subject(self) -> Scene | Recording:
        """What `netviz.render` and the others take."""
        return self.scene if self.recording is None else self.recording


def read_source(ctx: click.Context, more: Iterable[Problem] = ()) -> Source:
    """The command's scene or recording.

    more: problems the command found in its own options. Raises InputError with those, the options' and the scene's;
    then also with those of music and output, so that the user hears of all at once.
    """
    typed, problems = overrides(ctx)
    recording, draft = read_draft(ctx, typed)
    (source,) = _sources(ctx, [*problems, *more], [(recording, draft, (_target(ctx, draft),))])
    return source


def read_sources(ctx: click.Context, more: Iterable[Problem] = ()) -> list[Source]:
    """All scenes and recordings of a command that takes several, each with every point of its sweeps.

    Raises InputError as `read_source` does, and if two of them would be written to one file.
    """
    typed, problems = overrides(ctx)
    swept, wrong = _sweeps(ctx, typed)
    problems += [*more, *wrong]
    found = []
    for source in ctx.params["sources"] or ("xor",):
        for point in swept:
            recording, draft = _read(ctx, source, {**typed, **point.overrides})
            if draft.scene is not None:
                draft = replace(draft, scene=named(draft.scene, point))
            found.append((recording, draft, f"{_name(draft)}{point.part}"))
    outputs = ctx.params["outputs"]
    targets = targets_of(outputs, [name for _, _, name in found])
    problems += collisions(outputs, targets)
    return _sources(ctx, problems, [(*each[:2], files) for each, files in zip(found, targets, strict=True)])


def _sources(
    ctx: click.Context, problems: list[Problem], found: Sequence[tuple[Recording | None, Draft, tuple[Path, ...]]]
) -> list[Source]:
    sources = []
    for recording, draft, targets in found:
        problems += draft.problems
        for note in draft.notes:
            warnings.warn(note, NetvizWarning, stacklevel=3)
        path = draft.path
        if draft.scene is not None and not (path is not None and any(_same_file(target, path) for target in targets)):
            filmed = recording and recording.with_scene(draft.scene)
            sources.append(Source(draft.scene, filmed, path, targets, draft.located))
    if problems or len(sources) < len(found):
        for _, draft, targets in found:
            problems += _problems_beyond(ctx, draft, targets)
        raise InputError(dict.fromkeys(problems))
    return sources


@contextmanager
def located(*sources: Source) -> Iterator[None]:
    """Problems that are found while the sources are worked on get their places in the scenes' files."""
    try:
        yield
    except InputError as wrong:
        raise InputError(_located(problem, sources) for problem in wrong.problems) from None


def _located(problem: Problem, sources: Sequence[Source]) -> Problem:
    for source in sources:
        own = Problem(problem.where.removeprefix(f"{source.scene.name}: "), problem.message)
        if (len(sources) == 1 or own != problem) and (found := source.located(own)) != own:
            return found
    return problem


def _read(ctx: click.Context, source: str, typed: dict[str, Override]) -> tuple[Recording | None, Draft]:
    if source.lower().endswith(".npz") and not is_link(source):
        return _read_recording(Path(source), typed)
    return None, read_scene(source, typed, allow_outside=ctx.params["allow_outside"])


def _sweeps(ctx: click.Context, typed: dict[str, Override]) -> tuple[list[Point], list[Problem]]:
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


def _name(draft: Draft) -> str:
    return str(draft.parts.get("name", draft.path.stem if draft.path else "film"))


def read_draft(ctx: click.Context, typed: dict[str, Override]) -> tuple[Recording | None, Draft]:
    """The command's scene as far as it can be read, with the user's options in it, and its recording if it has one."""
    return _read(ctx, ctx.params["source"], typed)


def _read_recording(path: Path, typed: dict[str, Override]) -> tuple[Recording | None, Draft]:
    try:
        recording = Recording.load(path)
    except InputError as wrong:
        return None, Draft(wrong.problems, path=path)
    late = {key: override for key, override in typed.items() if is_trained(key) or key_path(key)[0] == "compare"}
    draft = read_stored(recording.scene, path, {key: typed[key] for key in typed if key not in late})
    message = "the recording is trained already; render a scene to change this"
    problems = [Problem(override.origin, message) for override in late.values()]
    return recording, replace(
        draft, problems=(*problems, *draft.problems), in_options=(*problems, *draft.in_options), path=path
    )


def _target(ctx: click.Context, draft: Draft) -> Path:
    output = ctx.params.get("output")
    return output if output is not None else Path(f"{_name(draft)}{SUFFIXES.get(ctx.command.name or '', ('',))[0]}")


def _problems_beyond(ctx: click.Context, draft: Draft, targets: Sequence[Path]) -> list[Problem]:
    found: list[Problem] = []
    audio = draft.parts.get("audio")
    if isinstance(audio, Sound) and not audio.is_sonified:
        faults = audio_problems(music(audio.file))
        found += [draft.located(Problem("audio.file", f"{audio.file}: {fault.message}")) for fault in faults]
    if ctx.command.name == "embed":
        found += folder_problems(targets[0], (), ctx.params["overwrite"])
    if ctx.command.name in SUFFIXES:
        inputs = [] if draft.path is None else [draft.path]
        for target in targets:
            found += target_problems(target, SUFFIXES[ctx.command.name], ctx.params["overwrite"], inputs)
    return found


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False
