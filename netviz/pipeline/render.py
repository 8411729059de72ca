"""Render: films of scenes and recordings, one or several that share workers."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from netviz.audio.mixdown import write_sonified
from netviz.audio.soundtrack import Soundtrack
from netviz.errors import NetvizWarning, Problem
from netviz.pipeline.api import Progress, recorded
from netviz.pipeline.dask import address_problems
from netviz.pipeline.jobs import Films, RenderJob, Targets, beside_of, render_jobs, targets_of
from netviz.pipeline.prepare import platform_notes, tell
from netviz.pipeline.tasks import ProgressTracker, RenderTask
from netviz.pipeline.validation import Source, scene_of
from netviz.pipeline.workers import WorkerPool, default_jobs, usable_cpus, worker_pool
from netviz.timeline.side_by_side import timeline_of
from netviz.timeline.timeline import Timeline
from netviz.video.formats import FrameStream
from netviz.video.writer import Film, join_film

BEAT = 0.1
"""Seconds between two looks at how far the workers are."""
MOST_JOBS = 512


def render(
    source: Source,
    output: Targets | None = None,
    *,
    overwrite: bool = False,
    jobs: int | None = None,
    executor: Executor | None = None,
    cluster: str | None = None,
    progress: Progress | None = None,
    cache: bool = False,
) -> Film:
    """Make the film of a scene, or of a recording without training again, and write it.

    output: the file, whose end says what it becomes: .mp4, .webm, .mov (without a ground, for editors), .gif, .webp or
    .apng, or .png or .jpg for the moment of a poster; or several, which share one rendering. Without it the scene's
    name + .mp4 in the current folder. An existing file is refused unless `overwrite`. Returns the files with their
    sizes, frames and seconds, and the path of the captions where the film tells something: WebVTT, beside the first
    file that can be heard, under its name + .vtt. cache: as in `record`.
    jobs: processes that share the work, what helps on this machine if not given; each takes some 500 MB at 1920x1080.
    executor: workers of yours instead, any concurrent.futures.Executor. cluster: the address of a dask scheduler whose
    workers are to do it. The file is the same to the last byte whoever makes it.
    Raises InputError before any work with all that is wrong with what is asked for, another NetvizError if something
    fails; then the output is as it was before.
    """
    targets = targets_of(output) if output is not None else (Path(f"{scene_of(source).name}.mp4"),)
    (made,) = render_many(
        {targets: source},
        overwrite=overwrite,
        jobs=jobs,
        executor=executor,
        cluster=cluster,
        progress=progress,
        cache=cache,
    ).values()
    if isinstance(made, Exception):
        raise made
    return made


def render_many(
    films: Films,
    *,
    overwrite: bool = False,
    jobs: int | None = None,
    executor: Executor | None = None,
    cluster: str | None = None,
    progress: Progress | None = None,
    cache: bool = False,
    ended: Callable[[Path, Film | Exception], None] = lambda path, outcome: None,
) -> dict[Path, Film | Exception]:
    """Make several films, which share the workers. films: the file, or a tuple of files, of each, and what it is of.

    A film that fails does not stop the others: what went wrong with it is returned in its place, under its first file.
    ended: called with each film, or what went wrong, as soon as it has come to its end. See `render` for the rest.
    Raises InputError before any work with all that is wrong with any of them.
    """
    orders = render_jobs(films, overwrite, request_problems(jobs, executor, cluster))
    if jobs is None:
        jobs = default_jobs(usable_cpus(), _segments(orders))
    jobs = max(1, min(jobs, _segments(orders)))
    with worker_pool(jobs, executor, cluster) as crew:
        return _make_all(orders, crew, progress, cache, ended)


def _segments(orders: Sequence[RenderJob]) -> int:
    return sum(len(order.wanted.segments) * len(order.wanted.rolls) for order in orders)


def request_problems(jobs: int | None, executor: Executor | None, cluster: str | None) -> list[Problem]:
    """All that is wrong with who is to do the work."""
    problems = []
    if jobs is not None and not 1 <= jobs <= MOST_JOBS:
        problems.append(Problem("--jobs", f"expected a whole number from 1 to {MOST_JOBS}, got {jobs}"))
    given = [
        name for name, value in (("jobs", jobs), ("executor", executor), ("cluster", cluster)) if value is not None
    ]
    if len(given) > 1:
        problems.append(Problem(f"--{' and --'.join(given)}", "each says who is to do the work: give one of them"))
    if cluster is not None:
        problems += address_problems(cluster)
    return problems


def _make_all(
    orders: list[RenderJob],
    crew: WorkerPool,
    progress: Progress | None,
    cache: bool,
    ended: Callable[[Path, Film | Exception], None],
) -> dict[Path, Film | Exception]:
    """Make all films; the next is begun as soon as the workers of those under way do not keep everybody busy."""
    total = sum(order.plan.frame_count * len(order.wanted.rolls) for order in orders)
    watches: list[ProgressTracker] = []
    outcomes: dict[Path, Film | Exception] = {}
    under_way: dict[Path, Generator[None, None, Film]] = {}
    waiting = [*orders]

    def tell() -> None:
        if progress is not None and (frames := sum(watch.frames for watch in watches)):
            progress("drawing", frames, total)

    def end(path: Path, outcome: Film | Exception) -> None:
        under_way.pop(path, None)
        outcomes[path] = outcome
        ended(path, outcome)

    try:
        while waiting or under_way:
            if waiting and crew.has_room():
                order = waiting.pop(0)
                watch = [ProgressTracker(crew.news, tell) for _ in order.wanted.rolls]
                watches += watch
                under_way[order.target] = _made(order, crew, watch, _named(progress, order, len(orders)), cache)
            crew.news.clear()
            for path, making in [*under_way.items()]:
                try:
                    next(making)
                except StopIteration as stop:
                    end(path, stop.value)
                except Exception as failure:
                    end(path, failure)
            tell()
            if under_way and not (waiting and crew.has_room()):
                crew.news.wait(BEAT)
    finally:
        for making in under_way.values():
            making.close()
    return {order.target: outcomes[order.target] for order in orders}


def _made(
    order: RenderJob, crew: WorkerPool, watches: list[ProgressTracker], progress: Progress | None, cache: bool
) -> Generator[None, None, Film]:
    """Train, draw and encode, giving others their turn while there is nothing to be done here.

    watches: one for each roll.
    """
    runs = recorded(order.source, progress=progress, cache=cache)
    plan, wanted = tell(order.plan, runs), order.wanted
    films = {roll: (RenderTask(plan, runs, roll), watch) for roll, watch in zip(wanted.rolls, watches, strict=True)}
    wanted = replace(wanted, beside=beside_of(order, plan, runs))

    def segments(roll: FrameStream) -> Iterator[tuple[bytes, ...] | None]:
        film, watch = films[roll]
        return crew.segments(film, wanted.segments, watch)

    with ExitStack() as stack:
        is_heard = any(output.has_sound for output in wanted.outputs)
        if is_heard and runs.scene.audio is not None and runs.scene.audio.is_sonified:
            timeline = timeline_of(plan, runs)
            assert isinstance(timeline, Timeline), "sound is made from one run alone"
            sound = _folder(stack) / "sound.wav"
            for done, total in write_sonified(timeline, sound):
                if progress is not None:
                    progress("composing", done, total)
                watches[0].news.set()  # there is nothing to wait for
                yield
            wanted = replace(wanted, audio=Soundtrack(sound))
        made = yield from join_film(wanted, segments)
        for note in platform_notes(runs.scene, made):
            warnings.warn(note, NetvizWarning, stacklevel=2)
        return made


def _folder(stack: ExitStack) -> Path:
    """A folder that is there until a stack is left, however."""
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="netviz-")))


def _named(progress: Progress | None, order: RenderJob, films: int) -> Progress | None:
    """Progress in which the phases of one of several films have its name."""
    if progress is None or films == 1:
        return progress
    name = scene_of(order.source).name
    return lambda phase, done, total: progress(f"{phase} {name}", done, total)
