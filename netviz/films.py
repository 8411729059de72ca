"""Films of scenes and recordings: one, or several whose workers are shared."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from netviz.about import about_of
from netviz.api import Progress, picture_at, recorded
from netviz.errors import InputError, NetvizWarning, Problem
from netviz.executable import executable, has_encoder
from netviz.film.plan import Plan
from netviz.film.poster import poster_frame
from netviz.film.side_by_side import frames_of
from netviz.film.timeline import Timeline
from netviz.learn.comparison import Comparison
from netviz.learn.recording import Recording
from netviz.plans import plan, tell
from netviz.platforms import platform_notes
from netviz.problems import Source, captions_of, film_target_problems, input_files, scene_of, scene_problems
from netviz.scene.spec import Scene
from netviz.sound.loudness import heard
from netviz.sound.sonify import write_sonified
from netviz.sound.track import Soundtrack
from netviz.video.film import Film, Wanted, joined
from netviz.video.outputs import KINDS, Making, WebmCodec, is_picture, outputs_of
from netviz.video.pictures import picture_file
from netviz.video.takes import Roll
from netviz.video.vtt import vtt
from netviz.workers.cluster import address_problems
from netviz.workers.crew import Crew, crew_of
from netviz.workers.jobs import default_jobs, usable_cpus
from netviz.workers.segment import Production, Watch

Output = str | Path
Outputs = Output | Sequence[Output]
"""A file, or several that share one rendering."""

BEAT = 0.1
"""Seconds between two looks at how far the workers are."""
MOST_JOBS = 512


@dataclass(frozen=True)
class _Order:
    """A film to be made."""

    source: Source
    plan: Plan
    targets: tuple[Path, ...]
    wanted: Wanted

    @property
    def target(self) -> Path:
        """Its file; the first of several."""
        return self.targets[0]


def render(
    source: Source,
    output: Outputs | None = None,
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


def targets_of(outputs: Outputs) -> tuple[Path, ...]:
    """The files of one film."""
    return (Path(outputs),) if isinstance(outputs, str | Path) else tuple(map(Path, outputs))


def render_many(
    films: Mapping[Output | tuple[Output, ...], Source],
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
    orders = _orders(films, overwrite, request_problems(jobs, executor, cluster))
    if jobs is None:
        jobs = default_jobs(usable_cpus(), _segments(orders))
    jobs = max(1, min(jobs, _segments(orders)))
    with crew_of(jobs, executor, cluster) as crew:
        return _make_all(orders, crew, progress, cache, ended)


def _segments(orders: Sequence[_Order]) -> int:
    return sum(len(order.wanted.segments) * len(order.wanted.rolls) for order in orders)


def film_problems(
    films: Mapping[Output | tuple[Output, ...], Source], *, overwrite: bool = False
) -> tuple[list[Problem], list[Plan]]:
    """All that keeps films from being made, and their plans, as far as there are any."""
    problems: list[Problem] = []
    plans = []
    for output, source in films.items():
        scene = scene_of(source)
        found = scene_problems(source) + film_target_problems(scene, targets_of(output), overwrite, input_files(scene))
        if not found:
            try:
                plans.append(plan(scene))
            except InputError as wrong:
                found += wrong.problems
        if len(films) > 1:
            found = [_of(scene.name, problem) for problem in found]
        problems += found
    return problems, plans


def _of(name: str, problem: Problem) -> Problem:
    """A problem of one of several films, with its name unless it is about a file."""
    is_file = "/" in problem.where or problem.where.endswith((*KINDS, ".vtt"))
    return problem if is_file else Problem(f"{name}: {problem.where}", problem.message)


def _orders(
    films: Mapping[Output | tuple[Output, ...], Source], overwrite: bool, problems: list[Problem]
) -> list[_Order]:
    found, plans = film_problems(films, overwrite=overwrite)
    if problems or found:
        raise InputError([*problems, *found])
    executable()  # without ffmpeg there is no need to train first
    orders = []
    for (output, source), made in zip(films.items(), plans, strict=True):
        scene = scene_of(source)
        sound = scene.audio
        audio = None if sound is None or sound.is_sonified else heard(sound, made.seconds, scene.output.loudness)
        making, targets = making_of(scene), targets_of(output)
        captions = captions_of(scene, targets)
        outputs = outputs_of([target for target in targets if not is_picture(target)], making)
        about = about_of(scene)
        wanted = Wanted(outputs, making, made.frame_count, audio, overwrite, captions=captions, about=about)
        orders.append(_Order(source, made, targets, wanted))
    return orders


def making_of(scene: Scene) -> Making:
    """How a scene says that its files are made. Raises FfmpegMissing without ffmpeg."""
    output = scene.output
    webm: WebmCodec = output.webm or ("av1" if has_encoder("libsvtav1") else "vp9")
    animated = output.animated
    return Making(
        output.size, output.fps, output.quality, webm, animated.side, animated.fps, is_transparent=output.transparent
    )


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
    orders: list[_Order],
    crew: Crew,
    progress: Progress | None,
    cache: bool,
    ended: Callable[[Path, Film | Exception], None],
) -> dict[Path, Film | Exception]:
    """Make all films; the next is begun as soon as the workers of those under way do not keep everybody busy."""
    total = sum(order.plan.frame_count * len(order.wanted.rolls) for order in orders)
    watches: list[Watch] = []
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
                watch = [Watch(crew.news, tell) for _ in order.wanted.rolls]
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
    order: _Order, crew: Crew, watches: list[Watch], progress: Progress | None, cache: bool
) -> Generator[None, None, Film]:
    """Train, draw and encode, giving others their turn while there is nothing to be done here.

    watches: one for each roll.
    """
    runs = recorded(order.source, progress=progress, cache=cache)
    plan, wanted = tell(order.plan, runs), order.wanted
    films = {roll: (Production(plan, runs, roll), watch) for roll, watch in zip(wanted.rolls, watches, strict=True)}
    wanted = replace(wanted, beside=_beside(order, plan, runs))

    def segments(roll: Roll) -> Iterator[tuple[bytes, ...] | None]:
        film, watch = films[roll]
        return crew.segments(film, wanted.segments, watch)

    with ExitStack() as stack:
        is_heard = any(output.has_sound for output in wanted.outputs)
        if is_heard and runs.scene.audio is not None and runs.scene.audio.is_sonified:
            timeline = frames_of(plan, runs)
            assert isinstance(timeline, Timeline), "sound is made from one run alone"
            sound = _folder(stack) / "sound.wav"
            for done, total in write_sonified(timeline, sound):
                if progress is not None:
                    progress("composing", done, total)
                watches[0].news.set()  # there is nothing to wait for
                yield
            wanted = replace(wanted, audio=Soundtrack(sound))
        made = yield from joined(wanted, segments)
        for note in platform_notes(runs.scene, made):
            warnings.warn(note, NetvizWarning, stacklevel=2)
        return made


def _beside(order: _Order, plan: Plan, runs: Recording | Comparison) -> dict[Path, bytes]:
    """What is no film: its captions, and single pictures, which show the moment of a poster."""
    found, about = {}, order.wanted.about
    if order.wanted.captions is not None:
        found[order.wanted.captions] = vtt(plan.cues, plan.fps).encode()
    if pictures := [target for target in order.targets if is_picture(target)]:
        assert about is not None
        timeline = frames_of(plan, runs)
        picture = picture_at(timeline, poster_frame(timeline))
        found |= {target: picture_file(picture, target.suffix, about) for target in pictures}
    return found


def _folder(stack: ExitStack) -> Path:
    """A folder that is there until a stack is left, however."""
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="netviz-")))


def _named(progress: Progress | None, order: _Order, films: int) -> Progress | None:
    """Progress in which the phases of one of several films have its name."""
    if progress is None or films == 1:
        return progress
    name = scene_of(order.source).name
    return lambda phase, done, total: progress(f"{phase} {name}", done, total)
