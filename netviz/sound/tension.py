"""How high errors stand: what pitch and consonance follow, from 0 (all is learned) to 1."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isfinite, log1p, sqrt

import numpy as np

from netviz.film.timeline import Timeline

LEARNED = 0.25
"""Of the error before training: a run that does not come below this does not come to rest either."""
WORST = 4.0
"""Of the error before training: what is worse still stands higher, but ever less so."""
ABOVE = 0.2
"""The part of the range that is left for errors above the highest that was reckoned with."""


@dataclass(frozen=True)
class Height:
    """Errors from low to high as heights from 0 to 1, evenly in their square roots: halving is heard at every size.

    Larger errors than `high` stand above 1 - ABOVE if `is_capped`; otherwise there are none.
    """

    low: float
    high: float
    is_capped: bool

    def __call__(self, error: float) -> float:
        """The height of an error; more error is never lower. What is no number stands highest."""
        if not isfinite(error):
            return 1.0
        top = 1 - ABOVE if self.is_capped else 1.0
        if error > self.high and self.is_capped:
            excess = log1p(error / self.high - 1)
            return top + ABOVE * excess / (1 + excess)
        span = sqrt(self.high) - sqrt(self.low)
        return top * min(1.0, max(0.0, (sqrt(max(error, 0.0)) - sqrt(self.low)) / span)) if span > 0 else 0.0


def height_of(errors: np.ndarray, start: float) -> Height:
    """How high errors stand that a film shows. start: the error before training, by which they are judged."""
    finite = errors[np.isfinite(errors)]
    largest = float(finite.max(initial=0.0))
    reference = start if isfinite(start) and start > 0 else largest
    low = min(float(finite.min(initial=largest)), LEARNED * reference)
    cap = WORST * reference
    is_capped = largest > cap or len(finite) < len(errors)
    return Height(low, min(largest, cap), is_capped)


@dataclass(frozen=True, eq=False)
class Errors:
    """The errors that a film shows, and how high they stand."""

    timeline: Timeline

    def at(self, frame: int) -> float:
        """The average error that is shown in a frame."""
        timeline = self.timeline
        span = timeline.plan.spans[timeline.span[frame]]
        if span.kind in ("move", "sweep", "hold"):
            return timeline.frame(frame).error
        if span.kind in ("step", "walk"):
            return float(timeline.recording.train_error[timeline.rows.on_curve(span.cycle)])
        return timeline.rows.rest_errors[timeline.rows.rest[span.cycle]]

    def tension(self, frame: int) -> float:
        """How high the average error of a frame stands, 0 to 1."""
        return self._average(self.at(frame))

    def of_example(self, row: int) -> float:
        """The mean |target - output| of an example row."""
        recording = self.timeline.recording
        with np.errstate(all="ignore"):
            return float(np.abs(recording.targets[row] - recording.activations[-1][row]).mean())

    def height(self, row: int) -> float:
        """How high the error of an example row stands among those of all examples shown, 0 to 1."""
        return self._example(self.of_example(row))

    @cached_property
    def _start(self) -> float:
        return float(self.timeline.recording.train_error[0])

    @cached_property
    def _average(self) -> Height:
        return height_of(self.timeline.recording.train_error, self._start)

    @cached_property
    def _example(self) -> Height:
        rows = self.timeline.rows
        shown = [rows.step(span) for span in self.timeline.plan.spans if span.example is not None]
        return height_of(np.array([self.of_example(row) for row in shown]), self._start)
