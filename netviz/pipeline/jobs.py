"""Render jobs: which source becomes which files, with which settings, or all that is wrong with that."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from netviz.audio.loudness import heard
from netviz.errors import InputError, Problem
from netviz.ffmpeg import executable
from netviz.pipeline.api import picture_at
from netviz.pipeline.prepare import plan
from netviz.pipeline.provenance import embedded_provenance
from netviz.pipeline.validation import Source, captions_of, film_target_problems, input_files, scene_of, scene_problems
from netviz.scene.scene import Scene
from netviz.timeline.moments import poster_frame
from netviz.timeline.plan import Plan
from netviz.timeline.side_by_side import timeline_of
from netviz.training.comparison import Comparison
from netviz.training.recording import Recording
from netviz.video.formats import FILE_KINDS, PICTURES, EncodeSettings, is_picture, outputs_of
from netviz.video.images import picture_file
from netviz.video.webvtt import vtt
from netviz.video.writer import OutputSpec

Target = str | Path
Targets = Target | Sequence[Target]
"""A file, or several that share one rendering."""
Films = Mapping[Target | tuple[Target, ...], Source]
"""Of which source a film becomes which file, or which files."""


@dataclass(frozen=True)
class RenderJob:
    """A film to be made: of a source, as planned before its training, in these files."""

    source: Source
    plan: Plan
    targets: tuple[Path, ...]
    wanted: OutputSpec

    @property
    def target(self) -> Path:
        """Its file; the first of several."""
        return self.targets[0]


def targets_of(targets: Targets) -> tuple[Path, ...]:
    """The files of one film."""
    return (Path(targets),) if isinstance(targets, str | Path) else tuple(map(Path, targets))


def film_problems(films: Films, *, overwrite: bool = False) -> tuple[list[Problem], list[Plan]]:
    """All that keeps films from being made, and their plans, as far as there are any."""
    problems = _shared_files(films)
    plans = []
    for target, source in films.items():
        scene = scene_of(source)
        found = scene_problems(source) + film_target_problems(scene, targets_of(target), overwrite, input_files(scene))
        if not found:
            try:
                plans.append(plan(scene))
            except InputError as wrong:
                found += wrong.problems
        if len(films) > 1:
            found = [_of(scene.name, problem) for problem in found]
        problems += found
    return problems, plans


def _shared_files(films: Films) -> list[Problem]:
    """Files that would be written more than once, by one film or several, also under another spelling; and none."""
    problems, seen = [], dict[str, Path]()
    for target, source in films.items():
        targets = targets_of(target)
        if not targets:
            problems.append(Problem("output", f"{scene_of(source).name}: no file is named that the film could become"))
        captions = captions_of(scene_of(source), targets)
        for path in (*targets, *([] if captions is None else [captions])):
            place = _place(path)
            if place in seen:
                same = "" if seen[place] == path else f" ({seen[place]} is the same file)"
                problems.append(Problem(str(path), f"would be written twice; give each file a name of its own{same}"))
            seen[place] = path
    return problems


def _place(path: Path) -> str:
    # File systems may not tell capitals from small letters, and a folder may have several names.
    return os.path.normcase(os.path.realpath(path.parent) + os.sep + path.name).lower()


def _of(name: str, problem: Problem) -> Problem:
    """A problem of one of several films, with its name unless it is about a file."""
    is_file = "/" in problem.where or problem.where.lower().endswith((*FILE_KINDS, *PICTURES, ".vtt"))
    return problem if is_file else Problem(f"{name}: {problem.where}", problem.message)


def render_jobs(films: Films, overwrite: bool, problems: list[Problem]) -> list[RenderJob]:
    """Everything that is asked for. Raises InputError with all that is wrong with it, and with `problems`."""
    found, plans = film_problems(films, overwrite=overwrite)
    if problems or found:
        raise InputError([*problems, *found])
    executable()  # without ffmpeg there is no need to train first
    orders = []
    for (target, source), made in zip(films.items(), plans, strict=True):
        scene = scene_of(source)
        sound = scene.audio
        audio = None if sound is None or sound.is_sonified else heard(sound, made.seconds, scene.output.loudness)
        making, targets = encode_settings(scene), targets_of(target)
        captions = captions_of(scene, targets)
        outputs = outputs_of([target for target in targets if not is_picture(target)], making)
        about = embedded_provenance(scene)
        wanted = OutputSpec(outputs, making, made.frame_count, audio, overwrite, captions=captions, about=about)
        orders.append(RenderJob(source, made, targets, wanted))
    return orders


def encode_settings(scene: Scene) -> EncodeSettings:
    """How a scene says that its files are made."""
    output = scene.output
    animated = output.animated
    return EncodeSettings(
        output.size,
        output.fps,
        output.quality,
        output.webm,
        animated.side,
        animated.fps,
        is_transparent=output.transparent,
    )


def beside_of(order: RenderJob, plan: Plan, runs: Recording | Comparison) -> dict[Path, bytes]:
    """What is no film: its captions, and single pictures, which show the moment of a poster."""
    found, about = {}, order.wanted.about
    if order.wanted.captions is not None:
        found[order.wanted.captions] = vtt(plan.cues, plan.fps).encode()
    if pictures := [target for target in order.targets if is_picture(target)]:
        timeline = timeline_of(plan, runs)
        picture = picture_at(timeline, poster_frame(timeline))
        found |= {target: picture_file(picture, target.suffix, about) for target in pictures}
    return found
