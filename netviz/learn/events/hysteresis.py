"""When a number that goes up and down goes over to the other side for good."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netviz.learn.network import Floats


@dataclass(frozen=True)
class Turn:
    """The last change of sides of S numbers, as indices of them."""

    crossed: int
    """The first from which on all are on the new side."""
    rising: bool
    """Whether the new side is the higher one."""


def last_turn(values: Floats, low: Floats | float, high: Floats | float, at: float = 0.0) -> Turn | None:
    """The last change of sides of numbers in the order of time; None where there was none for good.

    values: (S,). low <= at <= high: each one number or (S,). A number is clearly on the lower side from `low` down, and
    clearly on the higher from `high` up; what lies between tells nothing, so that a number that trembles in that band
    never turns. A turn leads from clearly one side to clearly the other, and never back to or over `at` at the end:
    there is one at most, and what went to and fro before it is not counted.
    """
    sides = np.where(values >= high, 1, 0) - np.where(values <= low, 1, 0)
    clear = np.flatnonzero(sides)
    if not np.diff(sides[clear]).any():
        return None
    new = sides[clear[-1]]
    crossed = int(np.flatnonzero((values - at) * new <= 0)[-1]) + 1
    return Turn(crossed, rising=bool(new > 0)) if crossed < len(values) else None
