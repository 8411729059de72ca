"""What is done with a made-up scene: load, validate, record, stills, events, and now and then a film or a post.

Found is what must not happen to a scene that is accepted: an exception that is none of netviz's, a refusal after
validation, a warning of a library, a number that is none in a frame or in what matplotlib is given to draw.
"""

from __future__ import annotations

import logging
import shutil
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import matplotlib.collections
import matplotlib.lines
import matplotlib.patches
import matplotlib.text
import numpy as np

import netviz
from netviz.drawing.canvas import Canvas
from netviz.drawing.renderer import TransparentRenderer, draw_frames, make_renderer
from netviz.errors import InputError, NetvizError, NetvizWarning
from netviz.pipeline.jobs import encode_settings
from netviz.pipeline.looks import Filmed, filmed
from netviz.pipeline.platforms import platform_file_problems
from netviz.pipeline.prepare import Finished, Prepared, finish, prepare
from netviz.recording.comparison import Comparison
from netviz.recording.recording import Recording
from netviz.scene.scene import Scene
from netviz.story.moments import moment_frame
from netviz.video.formats import OPAQUE

MOST_FRAMES, MOST_PIXELS = 240, 12_000_000
"""Largest film that is made: in frames, and in pixels of all of them."""
POST = 4
"""Times a film's work that a post is: three films, one of them in AV1, and the pages."""


class Found(Exception):
    """Something that must not happen to a scene that is accepted."""


class _Steps:
    """The steps taken so far, with the seconds each took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.now = ""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.now, start = name, time.process_time()
        yield
        self.seconds[name] = self.seconds.get(name, 0) + time.process_time() - start


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Take a scene through all steps. job: its `file`, the `folder` for what is made, and what is made `besides`.

    Returns how it ended: drawn, refused (by validation), diverged (in its training), or found, with what and where.
    """
    steps = _Steps()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", NetvizWarning)
        for library in ("librosa", "numba", "audioread", "soundfile", "lazy_loader", "pooch"):
            warnings.filterwarnings("ignore", module=rf"{library}(\..*)?")
        logging.getLogger().addHandler(_Log())
        Canvas._draw = _checking(Canvas._draw)
        try:
            how = _all_steps(steps, Path(job["file"]), Path(job["folder"]), job)
        except Exception as error:
            how = {"how": "found", "what": "".join(traceback.format_exception(error)[-12:]), "where": steps.now}
            how["kind"] = f"{type(error).__name__}: {error}"[:300]
    return {**how, "seconds": steps.seconds}


def _all_steps(steps: _Steps, file: Path, folder: Path, job: dict[str, Any]) -> dict[str, Any]:
    try:
        with steps.step("load"):
            scene = netviz.load_scene(file)
        with steps.step("validate"):
            prepared = prepare(scene)
            prepared.checked()
    except NetvizError as refused:
        return {"how": "refused", "what": str(refused)}
    try:
        with steps.step("record"):
            recording = (netviz.record if scene.compare is None else netviz.compare)(scene)
    except NetvizError as error:
        if "diverged" not in str(error):
            raise
        return _diverged(steps, scene, folder, job)
    with steps.step("finish"):
        finished = finish(prepared, recording)
    if not isinstance(recording, Comparison):
        with steps.step("events"):
            netviz.events(Filmed(recording, scene))
    _stills(steps, finished, job["moments"])
    if "still" in job["besides"]:
        with steps.step("still"):
            netviz.still(Filmed(recording, scene), "poster", seen_as="grey")
    if "stored" in job["besides"] and not isinstance(recording, Comparison):
        with steps.step("store"):
            recording.save(folder / "made.npz")
            again = finish(prepare(stored := filmed(Recording.load(folder / "made.npz"))), stored.recorded)
        _stills(steps, again, job["moments"][:1])
    made = _written(steps, prepared, finished, folder / "made", job["besides"])
    return {"how": "drawn", "frames": finished.timeline.frame_count, "made": made}


def _diverged(steps: _Steps, scene: Scene, folder: Path, job: dict[str, Any]) -> dict[str, Any]:
    """Take a scene whose training diverges through what can be made of it: the film up to there, unless that is the
    start."""
    folder = folder / "made"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        for moment in job["moments"][:2]:
            with steps.step("diverged still"):
                netviz.still(scene, moment, folder / f"{moment}.png", overwrite=True)
        with steps.step("diverged film"):
            frames = netviz.plan(scene).frame_count
            if frames * scene.output.size[0] * scene.output.size[1] < MOST_PIXELS and frames <= MOST_FRAMES:
                netviz.render(scene, folder / "film.mov", jobs=1)
    except NetvizError as error:
        if "diverged" not in str(error):
            raise
        return {"how": "diverged", "what": str(error)}
    return {"how": "drawn"}


def _stills(steps: _Steps, finished: Finished, moments: list[str]) -> None:
    with steps.step("timeline"):
        timeline = finished.timeline
    with steps.step("renderer"):
        transparent = timeline.scenes[0].output.transparent
        renderer = TransparentRenderer(timeline) if transparent else make_renderer(timeline)
    for moment in moments:
        with steps.step("frame"):
            index = moment_frame(timeline, moment)
            frame = timeline.frame(index)
        for where, value in _numbers_in(frame, "frame"):
            if not np.isfinite(value).all():
                raise Found(f"{where} is not finite at {moment} (frame {index})")
        with steps.step("draw"):
            renderer.draw(frame)


def _written(steps: _Steps, prepared: Prepared, finished: Finished, folder: Path, besides: list[str]) -> list[str]:
    """Make a film, or a post, where it is asked for and the film is short."""
    timeline = finished.timeline
    width, height = timeline.scenes[0].output.size
    if timeline.frame_count > MOST_FRAMES or timeline.frame_count * width * height > MOST_PIXELS:
        return []
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    kinds = [kind for kind in besides if kind.startswith(".")]
    source, scene = Filmed(finished.recorded, finished.film.scene), prepared.scene
    if scene.output.transparent:
        kinds = [kind for kind in kinds if kind not in OPAQUE]
    made = []
    targets = [folder / f"film{kind}" for kind in kinds]
    if platform_file_problems(scene, prepared.plan, targets, encode_settings(scene.output)):
        with steps.step("refuse files"), suppress(InputError):
            netviz.render(source, targets, jobs=1)
            raise Found(f"{scene.output.platform} takes none of {kinds}, and they are made")
    elif kinds:
        with steps.step(f"render {' '.join(kinds)}"):
            film = netviz.render(source, targets, jobs=1)
        made += sorted(path.suffix for path in film.files)
    elif "frames" in besides:
        with steps.step("all frames"):
            for _ in draw_frames(timeline, make_renderer(timeline, scene.output.transparent)):
                pass
        made.append("frames")
    is_short = POST * timeline.frame_count * width * height <= MOST_PIXELS
    if "post" in besides and is_short and not scene.output.transparent:
        with steps.step("post"):
            netviz.embed(source, folder / "post", jobs=1)
        made.append("post")
    return made


# What is looked at on the way.


class _Log(logging.Handler):
    """Takes what a library logs as a warning, or worse, for what it is."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(("numba", "librosa")):
            raise Found(f"{record.name} says: {record.getMessage()}")

    def handleError(self, record: logging.LogRecord) -> None:
        raise


def _numbers_in(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """All arrays and numbers in a frame, with their places."""
    if isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f"):
        yield where, value
    elif isinstance(value, tuple | list):
        for index, each in enumerate(value):
            yield from _numbers_in(each, f"{where}[{index}]")
    elif is_dataclass(value):
        for each in fields(value):
            yield from _numbers_in(getattr(value, each.name), f"{where}.{each.name}")


def _checking(draw: Any) -> Any:
    """Canvas._draw that looks at its artists first: matplotlib leaves out what is not finite, and says nothing."""

    def checked(self: Canvas, artists: Any, slot: Any) -> Any:
        for artist in artists:
            for name, value in _drawn(artist):
                if not np.isfinite(np.asarray(value, float)).all():
                    raise Found(f"{type(artist).__name__} is drawn with {name} that is not finite: {value!r}"[:400])
        return draw(self, artists, slot)

    return checked


def _drawn(artist: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(artist, matplotlib.collections.Collection):
        yield "a width", artist.get_linewidths()
        yield "a colour", artist.get_edgecolors()
        yield "a fill", artist.get_facecolors()
        yield "an offset", np.ma.filled(artist.get_offsets(), 0)
        yield from (("a path", path.vertices) for path in artist.get_paths())
    elif isinstance(artist, matplotlib.lines.Line2D):
        yield "a point", np.nan_to_num(artist.get_xydata(), nan=0, posinf=np.inf, neginf=-np.inf)  # nan is a gap
        yield "a width", artist.get_linewidth()
    elif isinstance(artist, matplotlib.patches.Patch):
        yield "a width", artist.get_linewidth()
        yield "a colour", (artist.get_facecolor(), artist.get_edgecolor())
        yield "a path", artist.get_path().vertices
    elif isinstance(artist, matplotlib.text.Text):
        yield "a place", artist.get_position()
