"""Python API: record, compare, still, animate, sonify."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netviz.errors import InputError, Problem
from netviz.pipeline.prepare import plan, resolve_schedule, tell
from netviz.pipeline.provenance import embedded_provenance
from netviz.pipeline.validation import (
    Source,
    compare_problems,
    input_files,
    one_run_problems,
    picture_problems,
    scene_of,
    scene_problems,
    target_problems,
)
from netviz.scene.scene import Scene
from netviz.timeline.moments import check_moment, moment_frame
from netviz.timeline.side_by_side import SideBySide, timeline_of
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.training.cache import record_once, recording_cache
from netviz.training.comparison import Comparison, compare_runs
from netviz.training.recording import Recording
from netviz.training.trainer import train

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure

    from netviz.drawing.renderer import AnyRenderer

Progress = Callable[[str, int, int], None]
"""Called with the phase ("training", "drawing", ...), what is done of it and how much it is in all."""


def record(scene: Scene, *, progress: Progress | None = None, cache: bool = False) -> Recording:
    """Train the scene's network and keep the moments its film needs. Of a scene that compares runs use `compare_runs`.

    cache: whether the recording may come from the user's cache of recordings instead, and is put there if training took
    longer than reading it will (see `netviz.training.cache`); it is the same to the last bit.
    Raises InputError if the recording would be too large or the scene compares runs, TrainingDiverged (with the
    recording up to there) if the numbers run away.
    """
    if problems := one_run_problems(scene):
        raise InputError(problems)

    def trained(scene: Scene) -> Recording:
        if progress is None:
            return train(scene)
        return train(scene, progress=lambda done, total: progress("training", done, total))

    return record_once(resolve_schedule(scene), trained, recording_cache() if cache else None)


def compare(scene: Scene, *, progress: Progress | None = None, cache: bool = False) -> Comparison:
    """Train all runs of a scene that compares some. progress, cache: as in `record`, for each run by itself.

    Raises InputError as `render` does, NetvizError if all runs diverge: one that does is kept up to there.
    """
    scene = resolve_schedule(scene)
    problems = compare_problems(scene) if scene.compare is not None else [Problem("compare", "names no runs")]
    if problems:
        raise InputError(problems)

    def run(of: Scene, name: str) -> Recording:
        told = progress and (lambda phase, done, total: progress(f"{phase} {name}", done, total))
        return record(of, progress=told, cache=cache)

    return compare_runs(scene, run)


def recorded(source: Source, *, progress: Progress | None = None, cache: bool = False) -> Recording | Comparison:
    """The source itself where it is recorded, or what its training leaves: of the scene's one run, or of all."""
    if not isinstance(source, Scene):
        return source
    return (record if source.compare is None else compare)(source, progress=progress, cache=cache)


def pictures(
    timeline: Timeline | SideBySide, renderer: AnyRenderer | None = None, frames: range | None = None
) -> Iterator[NDArray[np.uint8]]:
    """Every frame's picture for a film, in order; one that looks like the last is not drawn again.

    stage: who draws them; without one they are (height * 3 / 2, width), planes of luma and chroma, as `Renderer.draw`
    says. All are the stage's own memory: use each before asking for the next. frames: all of the film's if not given.
    """
    from netviz.drawing.renderer import make_renderer

    renderer = make_renderer(timeline) if renderer is None else renderer
    last: Any = None
    picture: NDArray[np.uint8] | None = None
    for index in range(timeline.frame_count) if frames is None else frames:
        key = timeline.key(index)
        if picture is None or key != last:
            picture, last = renderer.draw(timeline.frame(index)), key
        yield picture


def still(
    source: Source,
    at: str = "50%",
    output: str | Path | None = None,
    *,
    overwrite: bool = False,
    seen_as: str | None = None,
    progress: Progress | None = None,
    cache: bool = False,
) -> NDArray[np.uint8]:
    """One picture of the film, (height, width, 3) red, green, blue, also written where `output` is given.

    A film without a ground gives (height, width, 4), the last alpha. output: its file, PNG or JPEG.

    at: 50%, 12.5s, cycle:200, shot:3, start, end, or poster: the moment that looks best by itself. seen_as:
    deuteranopia, protanopia or tritanopia, to see it without the cones for green, red or blue, or grey. cache: as in
    `record`. Raises InputError as `render` does.
    """
    from netviz.drawing.theme import picture_seen, vision_problems

    scene = scene_of(source)
    problems = scene_problems(source) + vision_problems(seen_as)
    if output is not None:
        problems += picture_problems(scene, Path(output), overwrite, input_files(scene))
    made = None
    try:
        made = plan(scene)
        check_moment(made, at)
    except InputError as wrong:
        problems += [problem for problem in wrong.problems if problem not in problems]
    if problems or made is None:
        raise InputError(problems)
    runs = recorded(source, progress=progress, cache=cache)
    timeline = timeline_of(tell(made, runs), runs)
    picture = picture_at(timeline, moment_frame(timeline, at))
    if seen_as is not None:
        picture[..., :3] = picture_seen(picture[..., :3], seen_as)
    if output is not None:
        from netviz.video.images import write_picture

        write_picture(Path(output), picture, embedded_provenance(scene), overwrite=overwrite)
    return picture


def picture_at(timeline: Timeline | SideBySide, frame: int) -> NDArray[np.uint8]:
    """A frame's picture for looking at: (height, width, 3), or with alpha (height, width, 4) where it has no ground."""
    from netviz.drawing.renderer import Renderer, TransparentRenderer

    is_transparent = timeline.recordings[0].scene.output.transparent
    renderer = TransparentRenderer(timeline) if is_transparent else Renderer(timeline)
    return renderer.draw(timeline.frame(frame)).copy()


def animate(recording: Recording | Comparison, figure: Figure | None = None) -> FuncAnimation:
    """The film of a recording, or of several side by side, as a matplotlib animation.

    Keep a reference to it, as with any animation.

    figure: one to draw into, from pyplot for example; without it one of the film's size in pixels is made.
    """
    from netviz.drawing.renderer import make_animation

    problems = scene_problems(recording)
    if problems:
        raise InputError(problems)
    return make_animation(timeline_of(tell(plan(recording.scene), recording), recording), figure)


# The sound of a run by itself, without its film.


def sonify(
    source: Scene | Recording,
    output: str | Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    cache: bool = False,
) -> Path:
    """Make the sound of a run, as long as its film, and write it as WAV (48 kHz, stereo, 16 bits). Returns the file.

    output: the file; an existing one is refused unless `overwrite`. cache: as in `record`. Raises InputError before any
    work with all that is wrong with what is asked for, another NetvizError if something fails; then the output is as it
    was before.
    """
    from netviz.atomic_files import atomic_write
    from netviz.audio.mixdown import write_sonified

    target, scene = Path(output), scene_of(source)
    problems = scene_problems(source) + target_problems(target, (".wav",), overwrite, input_files(scene))
    made = None
    try:
        made = plan(scene)
    except InputError as wrong:
        problems += [problem for problem in wrong.problems if problem not in problems]
    if problems or made is None:
        raise InputError(problems)
    recording = record(source, progress=progress, cache=cache) if isinstance(source, Scene) else source
    timeline = make_timeline(tell(made, recording), recording)
    with atomic_write(target, overwrite=overwrite) as part:
        for done, total in write_sonified(timeline, part):
            if progress is not None:
                progress("composing", done, total)
    return target
