"""The learning curve of a film for a page: lines of an SVG, and what cycle the film shows when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import log1p

import numpy as np

from netviz.film.plan import Span
from netviz.film.side_by_side import SideBySide
from netviz.film.timeline import Timeline
from netviz.film.timing import frame_time
from netviz.learn.network import Floats
from netviz.learn.recording import Recording
from netviz.post.passages import scene_of
from netviz.scene.phrases import say

WIDTH, HEIGHT = 1000, 200
"""Of the drawing, in its own units."""
POINTS = 400
"""Of a line, at most: more than a page has pixels for is of no use."""
SAMPLES_A_SECOND = 8
"""How finely it is told what cycle the film shows while the weights move."""
LOOKS = (("ink", "solid"), ("test", "dashed"), ("error", "dotted"), ("other", "double"))
"""Colour and dashes of runs side by side, as their picture has them: none is told by its colour alone."""


@dataclass(frozen=True)
class Line:
    """A curve. name: of what; "" where there is one alone. path: as SVG writes it. area: the same down to the axis."""

    name: str
    colour: str
    path: str
    area: str = ""
    dash: str = "solid"


@dataclass(frozen=True)
class Curve:
    """The curves of a film over log(1 + cycle).

    last: the last cycle. clock: seconds of the film and the cycle it shows then, in order. ticks: cycles on the axis.
    """

    lines: tuple[Line, ...]
    last: int
    clock: tuple[tuple[float, float], ...]
    ticks: tuple[int, ...]


def curve_of(timeline: Timeline | SideBySide) -> Curve:
    """The same curves that the film's picture has: average error, or both losses, or one curve for each run."""
    scene = scene_of(timeline)
    recordings = timeline.recordings
    last = max(int(recording.curve_cycle[-1]) for recording in recordings)
    top = max(float(values[np.isfinite(values)].max()) for each in recordings for _, values, _ in _values(each))
    lines = []
    if len(recordings) > 1:
        for name, recording, (colour, dash) in zip(timeline.names, recordings, LOOKS, strict=False):
            values = recording.train_error if recording.test_loss is None else recording.test_loss
            lines.append(replace(_line(name, colour, recording, values, last, top), dash=dash))
    else:
        for key, values, colour in _values(recordings[0]):
            name = say(scene, key) if recordings[0].test_loss is not None else ""
            lines.append(_line(name, colour, recordings[0], values, last, top, filled=colour == "error"))
    ticks = tuple(10**power for power in range(9) if 10**power <= last)
    return Curve(tuple(lines), last, clock_of(timeline), ticks)


def _values(recording: Recording) -> list[tuple[str, Floats, str]]:
    """Every curve of one run: the key of its name, its values, its colour."""
    if recording.test_loss is None:
        return [("label-error", recording.train_error, "error")]
    return [("label-test", recording.test_loss, "test"), ("label-training", recording.train_loss, "error")]


def _line(
    name: str, colour: str, recording: Recording, values: Floats, last: int, top: float, *, filled: bool = False
) -> Line:
    x = np.log1p(recording.curve_cycle) / (log1p(last) or 1.0) * WIDTH
    known = np.isfinite(values)
    points = [*_thinned(x[known], np.minimum(1.0, values[known] / (top or 1.0)))]
    path = "M" + "L".join(f"{across:.1f} {HEIGHT * (1 - up):.1f}" for across, up in points)
    area = f"{path}L{points[-1][0]:.1f} {HEIGHT}L{points[0][0]:.1f} {HEIGHT}Z" if filled else ""
    return Line(name, colour, path, area)


def _thinned(x: Floats, y: Floats) -> Iterator[tuple[float, float]]:
    """Points of a line, of those that lie very close to each other only the last."""
    places = (x / WIDTH * POINTS).astype(int)
    kept = np.flatnonzero(np.r_[places[1:] != places[:-1], True])
    yield float(x[0]), float(y[0])
    for index in kept.tolist():
        if index:
            yield float(x[index]), float(y[index])


def clock_of(timeline: Timeline | SideBySide) -> tuple[tuple[float, float], ...]:
    """When a film shows which cycle: at both ends of every span, and on the way where it moves on."""
    fps = timeline.plan.fps
    numbers = _sampled(timeline.plan.spans, max(1, int(fps / SAMPLES_A_SECOND)))
    return tuple(
        (round(float(frame_time(number, fps)), 3), round(timeline.frame(number).curve_cycle, 3)) for number in numbers
    )


def _sampled(spans: Sequence[Span], step: int) -> Iterator[int]:
    for span in spans:
        if span.kind in ("move", "sweep"):
            yield from range(span.start, span.stop - 1, step)
        else:
            yield span.start
        yield span.stop - 1
