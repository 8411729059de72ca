"""Python API: record, compare, still, animate, sonify."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netviz.errors import InputError, Problem
from netviz.log import phase
from netviz.pipeline.diverged_runs import finished_by
from netviz.pipeline.looks import Filmed, Recorded, Source, filmed, resolved
from netviz.pipeline.prepare import Finished, Prepared, finish, prepare
from netviz.pipeline.provenance import embedded_provenance
from netviz.pipeline.validation import (
    in_its_unit,
    input_files,
    one_run_problems,
    picture_problems,
    scene_of,
    side_by_side_problems,
    target_problems,
)
from netviz.recording.comparison import Comparison
from netviz.recording.event import Event
from netviz.recording.recorder import Records
from netviz.recording.recording import Recording
from netviz.scene.look_file import LookSource
from netviz.scene.messages import printable
from netviz.scene.model import FEWEST_RUNS, MOST_RUNS
from netviz.scene.scene import Scene
from netviz.story.events import find_events
from netviz.story.moments import moment_frame
from netviz.timeline.moments import check_moment
from netviz.training.cache import record_once, recording_cache
from netviz.training.comparison import compare_runs
from netviz.training.trainer import train

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure

_log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
"""Called with the phase ("training", "drawing", ...), what is done of it and how much it is in all."""


def record(scene: Scene, *, progress: Progress | None = None, cache: bool = False) -> Recording:
    """Train the scene's network and keep the moments its film needs. Of a scene that compares runs use `compare`.

    cache: whether the recording may come from the user's cache of recordings instead, and is put there if training took
    longer than reading it will; it is the same to the last bit.
    Raises InputError if the recording would be too large or the scene compares runs; if the numbers run away, a
    NetvizError whose `recording` is the run up to there.
    """
    if problems := one_run_problems(scene):
        raise InputError(problems)
    prepared = prepare(scene, film=False)
    prepared.refuse()
    prepared.warn()
    assert isinstance(prepared.scene, Scene)
    return train_or_load(prepared.scene, progress, cache)


def compare(
    scene: Scene | Mapping[str, Recording | Records], *, progress: Progress | None = None, cache: bool = False
) -> Comparison:
    """Train all runs of a scene that compares some; or put recordings side by side, by the names that they are to have.

    progress, cache: as in `record`, for each run by itself. Raises InputError as `render` does, NetvizError if all runs
    diverge: one that does is kept up to there.
    """
    if not isinstance(scene, Scene):
        return side_by_side(scene)
    prepared = prepare(scene, film=False)
    prepared.refuse()
    prepared.warn()
    assert isinstance(prepared.scene, Scene)
    runs = [Problem("compare", "names no runs")] if scene.compare is None else side_by_side_problems(prepared.scene)
    if runs:
        raise InputError(runs)
    return train_runs(prepared.scene, progress, cache)


def side_by_side(recordings: Mapping[str, Recording | Records]) -> Comparison:
    """Recordings made one by one, to be shown side by side. Raises InputError if that cannot be."""
    if not isinstance(recordings, Mapping):
        message = f"expected a scene that compares runs, or recordings by their names, got {type(recordings).__name__}"
        raise InputError([Problem("compare", message)])
    problems = [
        Problem(f"compare: {printable(str(name))}", f"expected a recording or a recorder, got {type(each).__name__}")
        for name, each in recordings.items()
        if not isinstance(each, Recording | Records)
    ]
    if not FEWEST_RUNS <= len(recordings) <= MOST_RUNS:
        message = f"{len(recordings)} given; {FEWEST_RUNS} to {MOST_RUNS} recordings can stand side by side"
        problems.append(Problem("compare", message))
    if problems:
        raise InputError(problems)
    taken = {name: each.recording() if isinstance(each, Records) else each for name, each in recordings.items()}
    ended = tuple(None if each.is_complete else int(each.step[-1]) for each in taken.values())
    return filmed(Comparison(tuple(taken.values()), tuple(taken), ended)).comparison


def finished_film(prepared: Prepared, *, progress: Progress | None = None, cache: bool = False) -> Finished:
    """The finished film of the recording that was prepared, or of what training the prepared scene leaves.

    A run that diverges is shown up to there; NetvizWarning says so.
    """
    if isinstance(prepared.source, Filmed):
        return finish(prepared, prepared.source.recorded)
    return finished_by(prepared, lambda scene: _trained(scene, progress, cache))


def recorded(prepared: Prepared, *, progress: Progress | None = None, cache: bool = False) -> Recording | Comparison:
    """The recording that was prepared, or what training the prepared scene leaves: of its one run, or of all.

    Raises TrainingDiverged.
    """
    if isinstance(prepared.source, Filmed):
        return prepared.source.recorded
    assert isinstance(prepared.scene, Scene), "what is to be trained is a scene"
    return _trained(prepared.scene, progress, cache)


def _trained(scene: Scene, progress: Progress | None, cache: bool) -> Recording | Comparison:
    return (train_or_load if scene.compare is None else train_runs)(scene, progress, cache)


def train_or_load(scene: Scene, progress: Progress | None, cache: bool) -> Recording:
    """The recording of a scene whose schedule is resolved, trained now or found in the cache."""

    def trained(scene: Scene) -> Recording:
        if progress is None:
            return train(scene)
        return train(scene, progress=lambda done, total: progress("training", done, total))

    with phase(_log, f"recording of {scene.name}"):
        return record_once(scene, trained, recording_cache() if cache else None)


def train_runs(scene: Scene, progress: Progress | None, cache: bool) -> Comparison:
    """The recordings of all runs of a scene; the phases of their progress bear the runs' names."""

    def run(of: Scene, name: str) -> Recording:
        named = progress and (lambda phase, done, total: progress(f"{phase} {name}", done, total))
        return train_or_load(of, named, cache)

    return compare_runs(scene, run)


def events(recording: Recording | Records | Filmed, *, look: LookSource | None = None) -> tuple[Event, ...]:
    """Events of a training run, in the order of time: signs that changed, when the error halved, and so on.

    look: as in `render`; the situations that a film thinks about are asked too. Of a run that netviz did not train it
    is known between which two kept moments something happened.
    """
    shown = filmed(recording, look)
    if isinstance(shown.recorded, Comparison):
        raise InputError(one_run_problems(shown.scene))
    return find_events(shown.recorded, shown.scene)


def still(
    source: Source,
    at: str = "50%",
    output: str | Path | None = None,
    *,
    look: LookSource | None = None,
    frames: int | None = None,
    overwrite: bool = False,
    seen_as: str | None = None,
    progress: Progress | None = None,
    cache: bool = False,
) -> NDArray[np.uint8]:
    """One picture of the film, (height, width, 3) red, green, blue, also written where `output` is given.

    A film without a background gives (height, width, 4), the last alpha. output: its file, PNG or JPEG.

    at: 50%, 12.5s, cycle:200, shot:3, event:solved, start, end, one with an offset such as shot:3+2s, or poster: the
    moment that looks best by itself. seen_as:
    deuteranopia, protanopia or tritanopia, to see it without the cones for green, red or blue, or grey. look,
    frames: as in `render`; cache: as in `record`. Raises InputError as `render` does.
    """
    from netviz.drawing.color_vision import picture_seen, vision_problems
    from netviz.drawing.renderer import draw_picture

    prepared = prepare(resolved(source, look, frames))
    scene = scene_of(prepared.source)
    problems = vision_problems(seen_as)
    if output is not None:
        problems += picture_problems(scene, Path(output), overwrite, input_files(scene))
    if prepared.plan is not None:
        try:
            check_moment(prepared.plan, at)
        except InputError as wrong:
            problems += in_its_unit(scene, wrong.problems)
    prepared.checked(problems, film=False)
    timeline = finished_film(prepared, progress=progress, cache=cache).timeline
    with phase(_log, "drawing of a picture"):
        picture = draw_picture(timeline, moment_frame(timeline, at))
    if seen_as is not None:
        picture[..., :3] = picture_seen(picture[..., :3], seen_as)
    if output is not None:
        from netviz.video.images import write_picture

        write_picture(Path(output), picture, embedded_provenance(prepared.source), overwrite=overwrite)
    return picture


def animate(
    recording: Recorded, figure: Figure | None = None, *, look: LookSource | None = None, frames: int | None = None
) -> FuncAnimation:
    """The film of a recording, or of several side by side, as a matplotlib animation.

    Keep a reference to it, as with any animation.

    figure: one to draw into, from pyplot for example; without it one of the film's size in pixels is made. look,
    frames: as in `render`.
    """
    from netviz.drawing.renderer import make_animation

    prepared = prepare(resolved(recording, look, frames))
    prepared.checked()
    return make_animation(finished_film(prepared).timeline, figure)


def sonify(
    source: Source,
    output: str | Path,
    *,
    look: LookSource | None = None,
    frames: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    cache: bool = False,
) -> Path:
    """Make the sound of a run, as long as its film, and write it as WAV (48 kHz, stereo, 16 bits). Returns the file.

    output: the file; an existing one is refused unless `overwrite`. look, frames: as in `render`; cache: as in
    `record`. Raises InputError before any work with all that is wrong with what is asked for, another NetvizError if
    something fails; then the output is as it was before.
    """
    from netviz.atomic_files import atomic_write
    from netviz.audio.mixdown import write_sonified

    prepared, target = prepare(resolved(source, look, frames)), Path(output)
    scene = scene_of(prepared.source)
    problems = [*target_problems(target, (".wav",), overwrite, input_files(scene)), *one_run_problems(scene)]
    prepared.checked(problems, film=False)
    timeline = finished_film(prepared, progress=progress, cache=cache).timeline_of_one_run
    with atomic_write(target, overwrite=overwrite) as part, phase(_log, "composing"):
        for done, total in write_sonified(timeline, part):
            if progress is not None:
                progress("composing", done, total)
    return target
