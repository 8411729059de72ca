"""The very step at which a number goes over to its new side for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netviz.learn.events.hysteresis import Turn
from netviz.learn.events.replay import Replay
from netviz.learn.lesson import Parameters
from netviz.learn.network import Floats
from netviz.learn.recording import Integers

FAR = 2.0
"""How many times as far from the edge as it swings within a cycle a number must be, not to be followed any further."""


@dataclass(frozen=True)
class Crossing:
    """The step after which a number stays on its new side."""

    cycle: int
    example: int
    count: int | None
    """How often the edge was crossed near it, this time included; None where it was not followed back."""


def last_crossing(
    replay: Replay, values: Floats, turn: Turn, measure: Callable[[Parameters], Floats | None]
) -> Crossing | None:
    """The step at which a number crossed 0 for good, found by replaying; None where that costs too much or goes astray.

    values: (R,), the number at every kept moment. measure: the same for parameters (C, ...), (C,), or None.
    From the last kept moment on the old side it is followed forwards until every later moment is far from the edge,
    then backwards likewise.
    """
    new = 1.0 if turn.rising else -1.0
    values = values * new

    def followed(moment: int) -> _Followed | None:
        stretch = replay.stretch(moment)
        steps = None if stretch is None else measure(stretch.parameters)
        if stretch is None or steps is None:
            return None
        return _Followed(stretch.cycle, stretch.example, steps * new, float(values[moment]))

    found, swing, count = None, 0.0, 0
    for moment in range(turn.crossed - 1, len(values) - 1):
        here = followed(moment)
        if here is None:
            return None
        swing, count = max(swing, here.swing), count + here.crossings
        if here.crossings:
            step = here.last_crossing
            found = int(here.cycle[step]), int(here.example[step])
        if values[moment + 1 :].min() > FAR * swing:
            break
    assert found is not None, "from the old side to the new one"
    for moment in range(turn.crossed - 2, -1, -1):
        if values[moment + 1] < -FAR * swing:
            return Crossing(*found, count)
        here = followed(moment)
        if here is None:
            return Crossing(*found, None)
        swing, count = max(swing, here.swing), count + here.crossings
    return Crossing(*found, count)


@dataclass(frozen=True, eq=False)
class _Followed:
    """A number after each of the steps of a stretch, (C * T,), positive on the new side, and before them."""

    cycle: Integers
    example: Integers
    values: Floats
    start: float

    @property
    def _changes(self) -> npt.NDArray[np.intp]:
        is_new = np.concatenate([[self.start], self.values]) > 0
        return np.flatnonzero(is_new[1:] != is_new[:-1])

    @property
    def crossings(self) -> int:
        return len(self._changes)

    @property
    def last_crossing(self) -> int:
        return int(self._changes[-1])

    @property
    def swing(self) -> float:
        """How far at most the number goes to and fro within a cycle, beyond what it is at its start and end."""
        cycles = int(self.cycle[-1] - self.cycle[0]) + 1
        steps = self.values.reshape(cycles, -1)
        ends = np.concatenate([[self.start], steps[:, -1]])
        low, high = np.minimum(ends[1:], ends[:-1]), np.maximum(ends[1:], ends[:-1])
        return float(np.maximum(low - steps.min(axis=1), steps.max(axis=1) - high).max())
