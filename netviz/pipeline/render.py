"""Render: films of scenes and recordings, one or several that share workers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from netviz.atomic_files import temporary_folder
from netviz.audio.mixdown import write_sonified
from netviz.audio.soundtrack import Soundtrack
from netviz.cache_folder import RESUMING
from netviz.errors import NetvizWarning, Problem, warn_caller
from netviz.hidden_files import remove_dead_folders
from netviz.log import phase
from netviz.pipeline.api import Progress, finished_film
from netviz.pipeline.capacity import Work, check_capacity
from netviz.pipeline.dask import address_problems
from netviz.pipeline.jobs import Films, RenderJob, Targets, render_jobs, sidecars, targets_of
from netviz.pipeline.kept_segments import KeptSegments, segment_cache
from netviz.pipeline.looks import Source, resolved
from netviz.pipeline.platforms import platform_notes
from netviz.pipeline.prepare import Prepared
from netviz.pipeline.tasks import ProgressTracker, RenderTask
from netviz.pipeline.validation import scene_of
from netviz.pipeline.workers import WorkerPool, default_jobs, usable_cpus, worker_pool
from netviz.scene.look_file import LookSource
from netviz.video.encoder import EncodedWrongly
from netviz.video.formats import FrameStream
from netviz.video.mp4 import NoFragments
from netviz.video.writer import WrittenFilm, join_film

_log = logging.getLogger(__name__)

BEAT = 0.1
"""Seconds between two looks at how far the workers are."""
MOST_JOBS = 512


def render(
    source: Source,
    output: Targets | None = None,
    *,
    look: LookSource | None = None,
    frames: int | None = None,
    overwrite: bool = False,
    jobs: int | None = None,
    executor: Executor | None = None,
    cluster: str | None = None,
    progress: Progress | None = None,
    cache: bool = False,
) -> WrittenFilm:
    """Make the film of a scene, or of a recording without training again, and write it.

    output: the file, whose end says what it becomes: .mp4, .webm, .mov (without a ground, for editors), .gif, .webp or
    .apng, or .png or .jpg for the moment of a poster; or several, which share one rendering. Without it the scene's
    name + .mp4 in the current folder. An existing file is refused unless `overwrite`. Returns the files with their
    sizes, frames and seconds, and the path of the captions where the film tells something: WebVTT, beside the first
    file that can be heard, under its name + .vtt; those of the same film, made before, are replaced. cache: as in
    `record`; and whether segments of the film that are finished are kept there while it is made, so that the same call
    goes on where it stopped if it is ended early.
    look: how it is to look, as keys of a scene or a YAML file with them, put over what the scene or recording says.
    frames: how many of the recording's kept steps, or of the scene's cycles, are shown.
    jobs: processes that share the work, what helps on this machine if not given; each takes some 500 MB at 1920x1080.
    executor: workers of yours instead, any concurrent.futures.Executor. cluster: the address of a dask scheduler whose
    workers are to do it. The file is the same to the last byte whoever makes it.
    A run that diverges is shown up to there, as NetvizWarning says.
    Raises InputError before any work with all that is wrong with what is asked for, another NetvizError if something
    fails; then the output is as it was before.
    """
    film_of = resolved(source, look, frames)
    targets = targets_of(output) if output is not None else (Path(f"{scene_of(film_of).name}.mp4"),)
    (film,) = render_many(
        {targets: film_of},
        overwrite=overwrite,
        jobs=jobs,
        executor=executor,
        cluster=cluster,
        progress=progress,
        cache=cache,
    ).values()
    if isinstance(film, Exception):
        raise film
    return film


def render_many(
    films: Films,
    *,
    overwrite: bool = False,
    jobs: int | None = None,
    executor: Executor | None = None,
    cluster: str | None = None,
    progress: Progress | None = None,
    cache: bool = False,
    ended: Callable[[Path, WrittenFilm | Exception], None] = lambda path, outcome: None,
) -> dict[Path, WrittenFilm | Exception]:
    """Make several films, which share the workers. films: the file, or a tuple of files, of each, and what it is of.

    A film that fails does not stop the others: what went wrong with it is returned in its place, under its first file.
    ended: called with each film, or what went wrong, as soon as it has come to its end. See `render` for the rest.
    Raises InputError before any work with all that is wrong with any of them.
    """
    return render_all(
        render_jobs(
            {files: resolved(source) for files, source in films.items()},
            overwrite,
            request_problems(jobs, executor, cluster),
        ),
        workers=jobs,
        executor=executor,
        cluster=cluster,
        progress=progress,
        cache=cache,
        ended=ended,
    )


def render_all(
    jobs: Sequence[RenderJob],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    cluster: str | None = None,
    progress: Progress | None = None,
    cache: bool = False,
    ended: Callable[[Path, WrittenFilm | Exception], None] = lambda path, outcome: None,
    held: list[KeptSegments] | None = None,
) -> dict[Path, WrittenFilm | Exception]:
    """Make the films of jobs. workers: processes, what helps on this machine if not given. See `render_many`.

    held: where given, kept segments of finished films are added to it, to be removed by the caller, who has more to do
    before their files are in place. Raises InputError before any work if this machine plainly lacks memory or disk.
    """
    remove_dead_folders()
    films = [Work(_recorded_already(job), job.targets) for job in jobs]
    check_capacity(films, workers, cache=cache, here=executor is None and cluster is None)
    segments = sum(len(job.spec.segments) * len(job.spec.streams) for job in jobs)
    if workers is None:
        workers = default_jobs(usable_cpus(), segments)
    with worker_pool(max(1, min(workers, segments)), executor, cluster) as pool:
        return _run_all([*jobs], pool, progress, cache, ended, held)


def _recorded_already(job: RenderJob) -> Prepared:
    """The prepared film of a job, with its recording where that is known."""
    return job.prepared if job.finished is None else replace(job.prepared, source=job.finished.film)


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


def _run_all(
    jobs: list[RenderJob],
    pool: WorkerPool,
    progress: Progress | None,
    cache: bool,
    ended: Callable[[Path, WrittenFilm | Exception], None],
    held: list[KeptSegments] | None,
) -> dict[Path, WrittenFilm | Exception]:
    """Run all jobs; the next is begun as soon as the workers of those under way do not keep everybody busy."""
    total = sum(job.spec.frame_count * len(job.spec.streams) for job in jobs)
    trackers: list[ProgressTracker] = []
    outcomes: dict[Path, WrittenFilm | Exception] = {}
    under_way: dict[Path, Generator[None, None, WrittenFilm]] = {}
    waiting = [*jobs]

    def report() -> None:
        if progress is not None and (frames := sum(tracker.frames for tracker in trackers)):
            progress("drawing", frames, total)

    def end(path: Path, outcome: WrittenFilm | Exception) -> None:
        under_way.pop(path, None)
        outcomes[path] = outcome
        ended(path, outcome)

    try:
        while waiting or under_way:
            if waiting and pool.has_room():
                job = waiting.pop(0)
                own = {stream: ProgressTracker(pool.news, report) for stream in job.spec.streams}
                trackers += own.values()
                under_way[job.target] = _film(job, pool, own, _named(progress, job, len(jobs)), cache, held)
            pool.news.clear()
            for path, film in [*under_way.items()]:
                try:
                    next(film)
                except StopIteration as stop:
                    end(path, stop.value)
                except Exception as failure:
                    end(path, failure)
            report()
            if under_way and not (waiting and pool.has_room()):
                pool.news.wait(BEAT)
    finally:
        for film in under_way.values():
            film.close()
    return {job.target: outcomes[job.target] for job in jobs}


def _film(
    job: RenderJob,
    pool: WorkerPool,
    trackers: Mapping[FrameStream, ProgressTracker],
    progress: Progress | None,
    cache: bool,
    held: list[KeptSegments] | None,
) -> Generator[None, None, WrittenFilm]:
    """One film, from its prepared scene to its files; gives others their turn while there is nothing to be done.

    Scene -> recording -> finished plan -> a task for each stream of frames -> encoded segments -> film.
    """
    finished = job.finished or finished_film(job.prepared, progress=progress, cache=cache)
    tasks = {stream: RenderTask(finished.plan, finished.film, stream) for stream in trackers}
    spec = replace(job.spec, sidecars=sidecars(job, finished))
    kept = {stream: KeptSegments(segment_cache() if cache else None, tasks[stream], spec.segments) for stream in tasks}
    taken = sum(len(each.taken) for each in kept.values())
    if taken and progress is not None:
        progress(RESUMING, taken, len(spec.segments) * len(kept))

    def segments(stream: FrameStream) -> Iterator[tuple[bytes, ...] | None]:
        return pool.segments(tasks[stream], spec.segments, trackers[stream], kept[stream])

    with ExitStack() as stack:
        stack.enter_context(phase(_log, f"film {job.target.name}"))
        if _is_composed(job):
            sound = Path(stack.enter_context(temporary_folder())) / "sound.wav"
            for done, total in write_sonified(finished.timeline_of_one_run, sound):
                if progress is not None:
                    progress("composing", done, total)
                pool.news.set()  # there is nothing to wait for
                yield
            spec = replace(spec, audio=Soundtrack(sound))
        try:
            film = yield from join_film(spec, segments)
        except (EncodedWrongly, NoFragments):
            _remove(kept.values())  # nobody can go on with them
            raise
    if held is None:
        _remove(kept.values())
    else:
        held += kept.values()
    for note in platform_notes(job.prepared.scene, film):
        warn_caller(NetvizWarning(note))
    return replace(film, taken_segments=taken)


def _remove(kept: Iterable[KeptSegments]) -> None:
    for each in kept:
        each.remove()


def _is_composed(job: RenderJob) -> bool:
    """Return whether one of the files has sound, and it is composed from the run."""
    sound = job.prepared.scene.audio
    return sound is not None and sound.is_sonified and any(output.has_sound for output in job.spec.outputs)


def _named(progress: Progress | None, job: RenderJob, films: int) -> Progress | None:
    """Progress whose phases bear the film's name where there are several films."""
    if progress is None or films == 1:
        return progress
    return lambda phase, done, total: progress(f"{phase} {job.name}", done, total)
