"""A learning shot that never stops: the weights run through all kept rows, from its first frame to its last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from netviz.film import motion
from netviz.film.frame import Array
from netviz.film.plan import Span
from netviz.film.rows import Rows

ON_TIME = 8
"""Frames between two shown cycles that are reached exactly at the ends of their spans.

Where shown cycles come closer than that, an even pace matters more than which frame is nearest to which.
"""


@dataclass(frozen=True, eq=False)
class Sweep:
    """The way of R kept rows through F frames.

    start: the first frame. rows (R,), cycles (R,): in order, the first from before the first frame.
    place (F,): how far each frame has come in them, 0 to R - 1.
    """

    start: int
    rows: NDArray[np.int64]
    cycles: Array
    place: Array

    def at(self, index: int, *, whole: bool = False) -> tuple[int, int, float, float]:
        """For a frame of the film the rows before and after it, how far it has come between them, and its cycle.

        whole: all the way to the row that is nearest.
        """
        place = self.place[index - self.start]
        place = np.round(place) if whole else place
        before = min(int(place), max(0, len(self.rows) - 2))
        after = min(before + 1, len(self.rows) - 1)
        part = float(place - before)
        cycle = (1 - part) * self.cycles[before] + part * self.cycles[after]
        return int(self.rows[before]), int(self.rows[after]), part, float(cycle)


def sweep_of(rows: Rows) -> Sweep:
    """The sweep of a plan that has one."""
    spans = [span for span in rows.plan.spans if span.kind == "sweep"]
    first, last = spans[0].from_cycle or 0, spans[-1].cycle
    kept = [cycle for cycle in rows.kept if first <= cycle <= last]
    # Where each kept cycle is, counted in shown cycles: evenly spaced between two of them. A span may pass several.
    stops = [first, *(cycle for cycle in rows.recording.shown_cycles if first < cycle < last), last]
    spaced = np.interp(np.arange(len(kept)), np.searchsorted(kept, stops), np.arange(len(stops)))
    come = _on_beats(spans, stops) if rows.plan.on_beats else _evenly(spans, stops, rows.plan.fps)
    return Sweep(
        spans[0].start,
        np.array([rows.rest[cycle] for cycle in kept]),
        np.array(kept, dtype=np.float64),
        np.interp(come, spaced, np.arange(len(kept))),
    )


def _evenly(spans: Sequence[Span], stops: Sequence[int], fps: Fraction) -> Array:
    """How far each frame has come, counted in stops: at an even pace, with the shown cycles on time where they can."""
    frames, start = spans[-1].stop - spans[0].start, spans[0].start
    ramp = motion.ramp_in(float(frames / fps))
    way = np.array([motion.cruise(frame / frames, ramp) for frame in range(frames + 1)])
    marks = {0: stops[0]}
    for span in spans[:-1]:
        if span.stop - start - max(marks) >= ON_TIME and spans[-1].stop - span.stop >= ON_TIME:
            marks[span.stop - start] = span.cycle
    marks[frames] = stops[-1]
    come: Array = np.interp(way[1:], way[list(marks)], np.searchsorted(stops, list(marks.values())))
    return come


def _on_beats(spans: Sequence[Span], stops: Sequence[int]) -> Array:
    """The same in time with a rhythm: each sweep begins with a push, and between two that are apart nothing moves."""
    come = np.empty(spans[-1].stop - spans[0].start)
    for span in spans:
        before, after = np.searchsorted(stops, [span.from_cycle or 0, span.cycle])
        frames = span.stop - span.start
        way = np.array([motion.kick((frame + 1) / frames) for frame in range(frames)])
        come[span.start - spans[0].start :] = after
        come[span.start - spans[0].start : span.stop - spans[0].start] = before + way * (after - before)
    return come
