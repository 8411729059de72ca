"""Whether a process that makes film after film grows, or is left with something, also where each of them fails.

    python -m benchmarks.leaks [--films 100] [--faults 10]

Everything is made in this one process, one row after the other, of ten scenes in turn: what is kept of drawn texts
is bounded (12 MB), but takes more than a hundred films to be full where no two are alike. Looked at before and after,
when the first of a row have loaded and kept what they need: resident memory, less what the C library only has not given
back, open descriptors, threads, children, temporary files, and files in the folder of the films that are no films.
Memory may grow by 5 %, of all else nothing may be left; the exit status is 1 where it is. Linux only.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import os
import random
import resource
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg
from matplotlib.animation import AbstractMovieWriter

import netviz
from netviz.web.preview import PreviewInput, PreviewSession

GROWTH = 0.05
"""Largest share by which memory may grow."""
WARM = 4
"""Runs of each row that come before the first look; of films by this process and by threads, for each of which
matplotlib keeps fonts of its own, up to 64, two for each scene."""
SETTLED = 5.0
"""Seconds after which what is ending by itself must have ended."""

SMALL = {
    "output.size": "320x180",
    "output.fps": 5,
    "output.quality": "draft",
    "training.cycles": 60,
    "schedule": {"frames": 3},
    "audio": None,
    "duration": 2,
}
"""A film of ten frames."""
LONG = SMALL | {"duration": 14}
"""One of two segments, which two workers can share."""
TITLES = ("One", "Exclusive or", "What a network learns", "Light", "Ein Netz lernt")
SCENES = 10
STYLES = ("glow", "classic", "playground")


def scene(number: int = 0, base: dict[str, Any] = SMALL) -> netviz.Scene:
    """One of `SCENES` scenes, each after another: what is kept of one film is of no use to the next."""
    number %= SCENES
    changes = {"training.seed": number, "title": f"{TITLES[number % len(TITLES)]} {number}"}
    return netviz.load_scene("xor", overrides=base | changes | {"style": STYLES[number % len(STYLES)]})


@dataclass(frozen=True)
class Footprint:
    """What a process holds. memory: resident, in kB. files: temporary ones, and those in the folder of the films."""

    memory: int
    descriptors: int
    threads: int
    children: int
    files: int

    def more_than(self, before: Footprint) -> list[str]:
        """What there is more of, in words; memory aside."""
        names = ("descriptors", "threads", "children", "files")
        grown = {name: getattr(self, name) - getattr(before, name) for name in names}
        return [f"{count:+} {name}" for name, count in grown.items() if count > 0]


class Bench:
    """A folder for films and one for temporary files, in which nothing may be left."""

    def __init__(self, folder: Path) -> None:
        self.films, self.temporary = folder / "films", folder / "temporary"
        self.films.mkdir()
        self.temporary.mkdir()

    def footprint(self) -> Footprint:
        """What this process holds now."""
        gc.collect()
        with suppress(AttributeError):  # another C library than GNU's
            ctypes.CDLL(None).malloc_trim(0)
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        films = [path for path in self.films.iterdir() if path.name.startswith(".")]
        return Footprint(
            int(status["VmRSS"].split()[0]),
            len(descriptors()),
            threading.active_count(),
            len(children()),
            len(films) + sum(1 for _ in self.temporary.rglob("*")),
        )

    def settled(self, before: Footprint) -> Footprint:
        """The same as soon as nothing is left, or after `SETTLED` seconds."""
        end = time.monotonic() + SETTLED
        while (now := self.footprint()).more_than(before) and time.monotonic() < end:
            time.sleep(0.05)
        return now

    @contextmanager
    def used(self) -> Iterator[None]:
        """Make everything here within the block, without notes."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", netviz.NetvizWarning)
            tempfile.tempdir, before = str(self.temporary), tempfile.tempdir
            try:
                yield
            finally:
                tempfile.tempdir = before


def descriptors() -> list[str]:
    """What this process has open, but for fonts: matplotlib keeps up to 64 of them open, those of each thread apart."""
    found = []
    for number in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the one by which they are listed
            found.append(str(number.readlink()))
    return [name for name in found if not name.endswith((".ttf", ".otf"))]


def children() -> list[int]:
    """Numbers of this process's children, zombies among them."""
    found = []
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # a thread that has just ended
            found += [int(number) for number in (thread / "children").read_text().split()]
    return found


FILMS, BY_THREADS, PREVIEWS = "films", "films by two threads", "previews, every second with a film"
Make = Callable[[int], object]
"""Function that makes something, the how-manieth of its row."""


def made(bench: Bench) -> dict[str, tuple[Make, float]]:
    """What is made by the row's name, and how many there are of it for each film of the first row."""

    def render(number: int, suffix: str = ".mp4", base: dict[str, Any] = SMALL, **options: Any) -> None:
        netviz.render(scene(number, base), bench.films / f"a{suffix}", overwrite=True, **{"jobs": 1} | options)

    threads = ThreadPoolExecutor(2)

    def with_threads(number: int) -> None:
        netviz.render(scene(number, LONG), bench.films / "a.mp4", overwrite=True, executor=threads)

    def animate(number: int) -> None:
        animation = netviz.animate(netviz.record(scene(number)))
        animation.save(os.devnull, writer=NoFile(), dpi=100)

    def preview(number: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            session = PreviewSession(
                lambda: PreviewInput(scene(number)), Path(folder), film=number % 2 == 0, cache=False
            )
            session.start()
            try:
                serial, status = 0, None
                while status is None or not (status.picture or status.problems):
                    serial, status = session.wait(serial, 30.0)
                assert status.picture is not None, status.problems
                session.picture(status.picture.version, 0)
            finally:
                session.close()

    def cell(number: int) -> None:
        netviz.Film(scene(number), jobs=1).save(bench.films / "a.webm", overwrite=True)

    return {
        FILMS: (render, 1),
        "films by two processes": (lambda number: render(number, base=LONG, jobs=2), 0.1),
        BY_THREADS: (with_threads, 0.1),
        "WebM": (lambda number: render(number, ".webm"), 0.1),
        "GIF": (lambda number: render(number, ".gif"), 0.1),
        "films with their own sound": (lambda number: render(number, base=SMALL | {"audio": "sonify"}), 0.1),
        "posts": (lambda number: netviz.embed(scene(number), bench.films / "post", overwrite=True, jobs=1), 0.1),
        "films of cells": (cell, 0.1),
        "stills": (lambda number: netviz.still(scene(number), "50%", bench.films / "a.png", overwrite=True), 1),
        "animations": (animate, 0.2),
        PREVIEWS: (preview, 0.2),
        "recordings": (lambda number: netviz.record(scene(number)).save(bench.films / "a.npz"), 1),
    }


class NoFile(AbstractMovieWriter):
    """Writer of a matplotlib animation that draws, and writes nothing."""

    def setup(self, fig: Any, outfile: Any, dpi: Any = None) -> None:
        super().setup(fig, outfile, dpi)

    def grab_frame(self, **_: Any) -> None:
        self.fig.canvas.draw()

    def finish(self) -> None:
        pass


class Stop(Exception):
    """What somebody's own progress function may raise."""


def faults(bench: Bench) -> dict[str, Make]:
    """What fails, by the fault's name; each raises nothing but what it ought to."""
    target = bench.films / "a.mp4"
    moments = random.Random(19)

    def render(number: int, suffix: str = ".mp4", base: dict[str, Any] = SMALL, **options: Any) -> None:
        options = {"jobs": 1, "overwrite": True} | options
        netviz.render(scene(number, base), target.with_suffix(suffix), **options)

    def ffmpeg(body: str, **options: Any) -> Make:
        def make(number: int) -> None:
            failing = expected(netviz.NetvizError)
            with tempfile.TemporaryDirectory() as folder, false_ffmpeg(Path(folder), body), failing:
                render(number, **options)

        return make

    def kill(number: int) -> None:
        def progress(phase: str, done: int, total: int) -> None:
            if phase == "drawing":
                for child in children():
                    with suppress(ProcessLookupError):
                        os.kill(child, signal.SIGKILL)

        with expected(netviz.NetvizError):
            render(number, progress=progress)

    def kill_worker(number: int) -> None:
        def progress(phase: str, done: int, total: int) -> None:
            if phase == "drawing" and (found := children()):
                with suppress(ProcessLookupError):
                    os.kill(found[0], signal.SIGKILL)

        with suppress(netviz.NetvizError):  # another one takes its place, as often as is sensible
            render(number, base=LONG, jobs=2, progress=progress)

    def full_disk(suffix: str) -> Make:
        def make(number: int) -> None:
            limits = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (9000, limits[1]))
            try:
                with expected(netviz.NetvizError):
                    render(number, suffix)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limits)

        return make

    def interrupted(**options: Any) -> Make:
        def make(number: int) -> None:
            came: list[int] = []

            def stop(number: int, frame: object) -> None:
                came.append(number)
                raise KeyboardInterrupt

            before = signal.signal(signal.SIGALRM, stop)
            try:
                # Film after film: the interruption comes in any phase of one, as Ctrl-C does. Compiled code that calls
                # Python back, as matplotlib's and NumPy's does, may make an error of its own of it, or lose it.
                with suppress(KeyboardInterrupt, ValueError, TypeError, SystemError):
                    signal.setitimer(signal.ITIMER_REAL, moments.uniform(0.01, 1.5 * options.get("jobs", 1) ** 2))
                    while not came:
                        render(number, **options)
                assert came, "it failed by itself"
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)

        return make

    def progress_raises(number: int) -> None:
        def progress(phase: str, done: int, total: int) -> None:
            if phase == "drawing" and done >= number % 10:
                raise Stop

        with expected(Stop):
            render(number, progress=progress)

    def bad_music(number: int) -> None:
        music = bench.temporary / "music.mp3"
        music.write_text("no music at all")
        try:
            with expected(netviz.InputError):
                render(number, base=SMALL | {"audio": str(music)})
        finally:
            music.unlink()

    def diverges(number: int) -> None:
        changes = {"network.activation": ["relu", "linear"], "network.bias": True, "training.learning_rate": 1e6}
        with suppress(netviz.NetvizError):
            render(number, base=SMALL | changes)

    def refused(number: int) -> None:
        target.touch()
        with expected(netviz.InputError):
            render(number, overwrite=False)

    return {
        "ffmpeg dies in the middle": ffmpeg("head -c 100000 > /dev/null; echo out of luck >&2; exit 3"),
        "ffmpeg dies while flushing": ffmpeg("cat > /dev/null; echo half a box; exit 1"),
        "ffmpeg dies under two workers": ffmpeg("head -c 100000 > /dev/null; exit 3", base=LONG, jobs=2),
        "ffmpeg is killed": kill,
        "a worker is killed": kill_worker,
        "no room for an MP4": full_disk(".mp4"),
        "no room for a WebM": full_disk(".webm"),
        "no room for a GIF": full_disk(".gif"),
        "Ctrl-C at any moment": interrupted(),
        "Ctrl-C at any moment, two workers": interrupted(base=LONG, jobs=2),
        "Ctrl-C at any moment, WebM": interrupted(suffix=".webm"),
        "progress raises": progress_raises,
        "music that is none": bad_music,
        "training diverges": diverges,
        "the file exists": refused,
    }


@contextmanager
def expected(kind: type[BaseException]) -> Iterator[None]:
    """The block has to raise it."""
    try:
        yield
    except kind:
        return
    raise AssertionError(f"{kind.__name__} was not raised")


@contextmanager
def false_ffmpeg(folder: Path, body: str) -> Iterator[None]:
    """Have a shell script take ffmpeg's place in the block, but for telling of itself."""
    real, script = imageio_ffmpeg.get_ffmpeg_exe(), folder / "ffmpeg"
    script.write_text(f'#!/bin/sh\ncase "$*" in *-version*|*-encoders*) exec "{real}" "$@";; esac\n{body}\n')
    script.chmod(0o755)
    before = os.environ.get("IMAGEIO_FFMPEG_EXE")
    os.environ["IMAGEIO_FFMPEG_EXE"] = str(script)
    try:
        yield
    finally:
        del os.environ["IMAGEIO_FFMPEG_EXE"]
        if before is not None:
            os.environ["IMAGEIO_FFMPEG_EXE"] = before


def repeated(bench: Bench, make: Make, times: int, warm: int = WARM) -> tuple[Footprint, Footprint]:
    """What this process holds before and after making something so many times."""
    for number in range(warm):
        make(number)
    before = bench.footprint()
    for number in range(warm, warm + times):
        make(number)
    return before, bench.settled(before)


def line(bench: Bench, name: str, make: Make, times: int) -> bool:
    """Measure a row, and print it. Returns whether all is well."""
    started = time.perf_counter()
    before, after = repeated(bench, make, times, 2 * SCENES if name in (FILMS, BY_THREADS, PREVIEWS) else WARM)
    growth = after.memory / before.memory - 1
    left = after.more_than(before) + ([f"memory grows by {growth:.1%}"] if growth > GROWTH else [])
    memory = f"{before.memory / 1024:.0f} MB | {after.memory / 1024:.0f} MB | {100 * growth:+.1f} %"
    took = time.perf_counter() - started
    print(f"| {name} | {times} | {memory} | {', '.join(left) or 'nothing'} | {took:.0f} s |", flush=True)
    return not left


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=100)
    parser.add_argument("--faults", type=int, default=10)
    parser.add_argument("--only", default="", help="rows with this in their names")
    options = parser.parse_args()

    fine = True
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        rows = {name: (make, max(1, round(share * options.films))) for name, (make, share) in made(bench).items()}
        rows |= {name: (make, options.faults) for name, make in faults(bench).items()}
        print("| | times | memory before | after | growth | left | |\n|---|---|---|---|---|---|---|")
        with bench.used():
            for name, (make, times) in rows.items():
                if options.only in name:
                    fine &= line(bench, name, make, times)
    if not fine:
        sys.exit("something is left behind, or memory grows")


if __name__ == "__main__":
    main()
