"""Preview frames: one version of a scene drawn at any moment, its draft film, and its status."""

from __future__ import annotations

import io
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import numpy as np

from netviz.drawing.renderer import Renderer, TransparentRenderer, over_checks
from netviz.errors import InputError, NetvizError
from netviz.pipeline.looks import Filmed
from netviz.pipeline.render import render
from netviz.pipeline.validation import film_timeline
from netviz.scene.output import Output, size_within
from netviz.scene.scene import Look
from netviz.story.moments import moment_frame
from netviz.timeline.plan import SHOWING, Plan, Span

JPEG_QUALITY = 92
MOST_KEPT = 16
"""Pictures whose bytes are kept for those who ask again."""
MOST_MARKS = 300
DRAFT_PIXELS = 640 * 360
DRAFT_FPS = Fraction(8)


@dataclass(frozen=True)
class TimeMark:
    """From which frame on something is shown, and what."""

    frame: int
    text: str
    is_cycle: bool


class PreviewVersion:
    """A version of the scene: any of its frames as a picture."""

    def __init__(self, plan: Plan, film: Filmed, draw_lock: DrawLock) -> None:
        self.plan = plan
        self._draw_lock = draw_lock
        self._timeline = film_timeline(plan, film)
        self._jpegs: dict[Any, bytes] = {}
        with draw_lock.still():
            is_transparent = self._timeline.scene.output.transparent
            self._renderer = TransparentRenderer(self._timeline) if is_transparent else Renderer(self._timeline)

    def picture(self, frame: int) -> bytes:
        """A frame of the film as JPEG. Raises IndexError if there is no such frame."""
        if not 0 <= frame < self.plan.frame_count:
            raise IndexError(f"frame {frame} of a film of {self.plan.frame_count} frames")
        with self._draw_lock.still():
            key = self._timeline.key(frame)
            if key not in self._jpegs:
                while len(self._jpegs) >= MOST_KEPT:
                    del self._jpegs[next(iter(self._jpegs))]
                pixels = self._renderer.draw(self._timeline.frame(frame))
                if pixels.shape[2] == 4:
                    pixels = over_checks(pixels)
                self._jpegs[key] = jpeg(np.ascontiguousarray(pixels))
            return self._jpegs[key]

    def moment(self, at: str, seconds: float | None) -> tuple[int, str]:
        """The frame that is wanted: at so many seconds, or else at a moment's name; and what is wrong with that name.

        Of a moment that this film has not the nearest, or the middle, is shown.
        """
        last = self.plan.frame_count - 1
        if seconds is not None:
            return min(last, int(seconds * self.plan.fps)), ""
        try:
            return moment_frame(self._timeline, at), ""
        except InputError as wrong:
            return last // 2, str(wrong)


def jpeg(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """Full colour at every pixel: thin bright lines on a dark ground are what these pictures are made of."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return file.getvalue()


def marks(plan: Plan) -> tuple[TimeMark, ...]:
    """Marks of the time line: the frames at which cycles and other shots begin. Of very many cycles only some.

    The way to a cycle belongs to what is shown before it.
    """
    last = max((span.cycle for span in plan.spans if span.shot_kind == "learning"), default=0)
    shown = [
        TimeMark(span.start, _text(span, last), span.kind in SHOWING)
        for span in plan.spans
        if span.kind not in ("move", "hold")
    ]
    found = [next(same) for _, same in groupby(shown, key=lambda mark: mark.text)]
    step = -(-len(found) // MOST_MARKS)
    return tuple(mark for number, mark in enumerate(found) if number % max(1, step) == 0 or not mark.is_cycle)


def _text(span: Span, last: int) -> str:
    """Text of a span's mark. last: the cycle with which learning ends."""
    if span.kind == "rest" and 0 < span.cycle < last:
        return f"at rest after cycle {span.cycle:,}"
    if span.kind == "rest":
        return "after training" if span.cycle else "before training"
    walk = "working through " if span.kind == "walk" else ""
    return {"title": "title", "think": "a new situation"}.get(span.kind, f"{walk}cycle {span.cycle:,}")


def draft(scene: Look) -> Look:
    """The scene as a film that is made quickly: of the same shape, but small, and with few frames a second."""
    size = size_within(scene.output.size, DRAFT_PIXELS)
    output = Output(platform=scene.output.platform, size=size, fps=min(DRAFT_FPS, scene.output.fps), quality="draft")
    return scene.model_copy(update={"output": output})


# Draft film of the version shown, made in the background and given up when it is out of date.

SECONDS_BETWEEN_REPORTS = 0.1


class Superseded(Exception):
    """Something newer is wanted; what is being made is given up."""


class FilmMaker:
    """Makes one film at a time, in a thread of its own. folder: where it is while it is written. tell: called there."""

    def __init__(self, folder: Path, draw_lock: DrawLock, tell: Callable[[DraftFilm], None]) -> None:
        self._folder, self._draw_lock, self._tell = folder, draw_lock, tell
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()
        self._film: tuple[int, bytes] | None = None

    def make(self, version: int, shown: Filmed) -> None:
        """Begin the draft film of a version; one that is under way is given up."""
        self.stop()
        self._stop = threading.Event()
        thread = threading.Thread(target=self._make, args=(version, shown, self._stop), daemon=True)
        self._threads = [*(each for each in self._threads if each.is_alive()), thread]
        thread.start()

    def stop(self) -> None:
        """Give up what is under way; it ends with its next picture."""
        self._stop.set()

    def close(self) -> None:
        """Give up what is under way, and wait until nothing is left of it."""
        self.stop()
        for thread in self._threads:
            thread.join()

    def film(self, version: int) -> bytes | None:
        """The finished film of a version, as MP4."""
        finished = self._film
        return finished[1] if finished is not None and finished[0] == version else None

    def _make(self, version: int, shown: Filmed, stop: threading.Event) -> None:
        began = reported = time.monotonic()
        file = self._folder / f"{secrets.token_hex(8)}.mp4"
        turn = ExitStack()

        def progress(phase: str, done: int, total: int) -> None:
            nonlocal reported
            if stop.is_set():
                raise Superseded
            if phase == "drawing" and done == total:  # what follows is no drawing
                turn.close()
            else:
                self._draw_lock.give_way()
            if time.monotonic() - reported > SECONDS_BETWEEN_REPORTS:
                reported = time.monotonic()
                self._tell(DraftFilm(version, done / total))

        try:
            with turn:
                turn.enter_context(self._draw_lock.film())
                render(replace(shown, scene=draft(shown.scene)), file, jobs=1, progress=progress)
            film = file.read_bytes()
            _remove(file)  # before anybody is told that it is done
            if not stop.is_set():
                self._film = version, film
                self._tell(DraftFilm(version, 1.0, took=time.monotonic() - began))
        except Superseded:
            pass
        except Exception as failure:  # the stills go on
            told_of = str(failure) if isinstance(failure, NetvizError) else f"{type(failure).__name__}: {failure}"
            self._tell(DraftFilm(version, 0.0, problem=told_of))
        finally:
            _remove(file)


def _remove(film: Path) -> None:
    """Remove a film and its captions, as far as they are there."""
    film.unlink(missing_ok=True)
    film.with_suffix(".vtt").unlink(missing_ok=True)


# Lock on drawing: one picture at a time, for matplotlib's settings and fonts belong to the whole process.

LONGEST_WAIT = 0.1
"""Seconds a film waits between two of its pictures: it must come to its end even if somebody scrubs all the time."""


class DrawLock:
    """Lock on drawing that lets stills go before films."""

    def __init__(self) -> None:
        self._drawing, self._count = threading.Lock(), threading.Lock()
        self._wanted = 0

    @contextmanager
    def still(self) -> Iterator[None]:
        """While this holds nobody else draws."""
        with self._count:
            self._wanted += 1
        try:
            with self._drawing:
                yield
        finally:
            with self._count:
                self._wanted -= 1

    @contextmanager
    def film(self) -> Iterator[None]:
        """The same for a film, which gives way between its pictures."""
        with self._drawing:
            yield

    def give_way(self) -> None:
        """Let those draw who want a still, but not for long; called while `film` holds."""
        if not self._wanted:
            return
        self._drawing.release()
        end = time.monotonic() + LONGEST_WAIT
        while self._wanted and time.monotonic() < end:
            time.sleep(0.002)
        self._drawing.acquire()


# Status of the preview for its page: how far it is, what it shows, and what is wrong.

Phase = Literal["reading", "training", "drawing", "ready"]


@dataclass(frozen=True)
class PreviewPicture:
    """The last picture that could be made. Every version of the scene has a number of its own.

    frame: the one that was drawn already, and whether somebody asked for it. trained, took: seconds of training (None:
    the recording was there), and from the change to the picture.
    """

    version: int
    name: str
    size: tuple[int, int]
    frames: int
    fps: float
    frame: int
    marks: tuple[TimeMark, ...]
    trained: float | None
    took: float


@dataclass(frozen=True)
class DraftFilm:
    """The draft film of a version: how much of it is done (0 to 1), and how many seconds it took when it is there."""

    version: int
    done: float
    took: float | None = None
    problem: str = ""


@dataclass(frozen=True)
class Status:
    """Everything the page needs to know.

    done: of the phase, 0 to 1. problems: what keeps the scene as it stands now from being shown; the picture is then
    of an earlier version. notes: what the user should know of it. over: nothing will follow.
    """

    phase: Phase = "reading"
    done: float = 0.0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    picture: PreviewPicture | None = None
    film: DraftFilm | None = None
    over: bool = False

    def as_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))
