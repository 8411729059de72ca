"""Worker pools: segments of films in order, from this process or an executor, and how many workers help here."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from itertools import chain
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from threadpoolctl import threadpool_limits

from netviz.errors import NetvizError
from netviz.pipeline.dask import ClusterMonitor, cluster_executor, is_dask, scattered
from netviz.pipeline.kept_segments import KeptSegments
from netviz.pipeline.processes import Processes
from netviz.pipeline.tasks import TRACKERS, ProgressTracker, RenderTask, encode
from netviz.video.encoder import encoded_in_turn

if TYPE_CHECKING:
    from netviz.drawing.renderer import AnyRenderer

_log = logging.getLogger(__name__)

_IN_ONE_GO = -1
"""Key of a tracker's frames that are drawn one after the other, of whichever segments."""
_AHEAD = 32
"""Segments that may be under way, or done before their turn: they are kept in memory."""
ATTEMPTS = 3
"""Attempts at a segment that an executor has lost."""


class WorkerPool(Protocol):
    """Workers that make segments. news: set whenever something has changed."""

    news: threading.Event

    def has_room(self) -> bool:
        """Return whether a worker would be idle without another film."""
        ...

    def segments(
        self, film: RenderTask, cuts: list[range], watch: ProgressTracker, kept: KeptSegments
    ) -> Iterator[tuple[bytes, ...] | None]:
        """The film's segments in order, encoded for every take; None: the next is not there yet.

        cuts: the frames of each. kept: those that were made before are taken from it, and all others added to it.
        """
        ...


class InlinePool:
    """This process, one segment after the other."""

    def __init__(self) -> None:
        self.news = threading.Event()
        self._at_work = False

    def has_room(self) -> bool:
        """One film at a time."""
        return not self._at_work

    def segments(
        self, film: RenderTask, cuts: list[range], watch: ProgressTracker, kept: KeptSegments
    ) -> Iterator[tuple[bytes, ...] | None]:
        """All of them by one stage; while one is drawn the one before is still being encoded."""
        from netviz.drawing.renderer import draw_frames, make_renderer

        @cache
        def renderer() -> AnyRenderer:
            return make_renderer(film.timeline, film.stream.is_transparent)

        def drawn(frames: int) -> None:
            watch.drawn(_IN_ONE_GO, frames)
            watch.tell()

        def encoded(numbers: list[int]) -> Generator[tuple[bytes, ...]]:
            runs = [cuts[number] for number in numbers]
            pictures = draw_frames(film.timeline, renderer(), chain.from_iterable(runs))
            yield from encoded_in_turn(pictures, runs, film.stream, on_frame=drawn)

        self._at_work = True
        watch.taken(cuts, kept.taken)
        try:
            # Matrix products here are small: more threads would wait for each other, and the encoder needs the cores.
            with (
                threadpool_limits(1),
                closing(encoded([number for number in range(len(cuts)) if number not in kept.taken])) as made,
            ):
                for number in range(len(cuts)):
                    segment = kept.take(number)
                    if segment is None:
                        # One that was there when we began and is not now is made by itself.
                        segment = next(encoded([number]) if number in kept.taken else made)
                        kept.keep(number, segment)
                    yield segment
        finally:
            self._at_work = False


class ExecutorPool:
    """An executor's workers. capacity: how many segments keep all of them busy.

    Raises ClusterUnreachable if dask workers have other versions than this process.
    """

    def __init__(self, executor: Executor, capacity: int) -> None:
        self.news = threading.Event()
        self._executor = executor
        self._capacity = capacity
        self._under_way: set[Future[tuple[bytes, ...]]] = set()
        self._monitor = ClusterMonitor(executor) if is_dask(executor) else None
        if self._monitor is not None:
            self._monitor.check_versions()

    def has_room(self) -> bool:
        """Fewer segments than workers are under way."""
        self._under_way = {future for future in self._under_way if not future.done()}
        return len(self._under_way) < self._capacity

    def segments(
        self, film: RenderTask, cuts: list[range], watch: ProgressTracker, kept: KeptSegments
    ) -> Iterator[tuple[bytes, ...] | None]:
        """Raises NetvizError at once when any segment fails."""
        futures: dict[int, Future[tuple[bytes, ...]]] = {}
        tried = [0] * len(cuts)
        TRACKERS[film.token] = watch
        watch.taken(cuts, kept.taken)
        try:
            sent = scattered(self._executor, film) if is_dask(self._executor) else film
            for turn, cut in enumerate(cuts):
                while (segment := kept.take(turn)) is None:
                    if self._monitor is not None:
                        self._monitor.check()
                    for number in range(turn, min(len(cuts), turn + max(_AHEAD, 2 * self._capacity))):
                        if number in kept.taken and number != turn:
                            continue
                        if number not in futures and tried[number] < ATTEMPTS:
                            # A segment that was lost may have been so with the film it was sent.
                            futures[number] = self._submit(film if tried[number] else sent, cuts[number])
                            tried[number] += 1
                    for number, future in [*futures.items()]:
                        if future.done() and _is_lost(future, last=tried[number] == ATTEMPTS):
                            _log.debug("frames %d to %d are lost", cuts[number].start, cuts[number].stop - 1)
                            del futures[number]
                        elif future.done():
                            kept.keep(number, future.result())
                    if turn in futures and futures[turn].done():
                        segment = futures.pop(turn).result()
                        break
                    yield None
                _log.debug("frames %d to %d have come from a worker or were there", cut.start, cut.stop - 1)
                watch.drawn(cut.start, len(cut))
                yield segment
        finally:
            watch.cancelled = True
            TRACKERS.pop(film.token, None)
            for number, future in futures.items():
                with suppress(Exception):  # whatever became of a segment that nobody waits for
                    if not future.cancel() and future.done():
                        kept.keep(number, future.result())

    def _submit(self, film: Any, cut: range) -> Future[tuple[bytes, ...]]:
        try:
            future = self._executor.submit(encode, film, cut.start, cut.stop)
        except (BrokenExecutor, RuntimeError) as error:
            raise NetvizError(f"the executor takes no more work: {error}") from error
        self._under_way.add(future)
        future.add_done_callback(lambda _: self.news.set())
        return future


def _is_lost(future: Future[tuple[bytes, ...]], *, last: bool) -> bool:
    """Return whether a segment is to be tried again. Raises NetvizError if it failed."""
    try:
        error = future.exception()
    except CancelledError as cancelled:
        error = cancelled
    if error is None:
        return False
    if isinstance(error, CancelledError) and not last:
        return True
    if isinstance(error, NetvizError):
        raise error
    if isinstance(error, BrokenExecutor):
        raise NetvizError(f"a worker of the executor ended unexpectedly: {error}") from error
    raise NetvizError(f"a worker failed: {type(error).__name__}: {error}") from error


@contextmanager
def worker_pool(jobs: int, executor: Executor | None, cluster: str | None) -> Iterator[WorkerPool]:
    """Whoever was asked for; one job is this process itself. They are gone afterwards, a given executor is not."""
    with ExitStack() as stack:
        if cluster is not None:
            executor = stack.enter_context(cluster_executor(cluster))
        where = "an executor" if executor is not None else "this process" if jobs == 1 else f"{jobs} processes"
        _log.debug("frames are drawn by %s", f"a cluster at {cluster}" if cluster is not None else where)
        if executor is None and jobs == 1:
            yield InlinePool()
            return
        if executor is None:
            executor = Processes(jobs)
            stack.callback(executor.shutdown)
            yield ExecutorPool(executor, jobs)
        else:
            yield ExecutorPool(executor, _workers_of(executor))


def _workers_of(executor: Any) -> int:
    """Number of workers that an executor has, as far as it knows."""
    if is_dask(executor):
        return max(1, sum(map(int, executor._client.nthreads().values())))
    return int(getattr(executor, "_max_workers", 0)) or _AHEAD


# Number of workers that help on this machine.

CPUS_A_JOB = 2
"""A worker draws with one CPU while its encoder keeps another busy: see `python -m benchmarks.workers`."""
SEGMENTS_A_JOB = 2
"""A worker takes about a second to start: fewer segments than this each are made sooner without it."""


def default_jobs(cpus: int, segments: int) -> int:
    """Workers for a film of so many segments on so many CPUs, at least one."""
    return max(1, min(cpus // CPUS_A_JOB, segments // SEGMENTS_A_JOB))


def usable_cpus() -> int:
    """CPUs this process may use: what it is bound to, and what its control group allows."""
    if hasattr(os, "process_cpu_count"):
        count = os.process_cpu_count() or 1
    elif hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return max(1, min(count, ceil(_share_of_group() or count)))


def _share_of_group() -> float | None:
    """CPUs that Linux's control group of a container grants; None if there is no limit to be known."""
    with suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return int(quota) / int(period)
    with suppress(OSError, ValueError):
        folder = Path("/sys/fs/cgroup/cpu")
        granted = int((folder / "cpu.cfs_quota_us").read_text())
        return granted / int((folder / "cpu.cfs_period_us").read_text()) if granted > 0 else None
    return None
