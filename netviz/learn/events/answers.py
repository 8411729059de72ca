"""Whether the network's answers are right: on the side of the middle, or of the class, that each example wants."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from netviz.learn.network import Floats

Margins = Callable[[Floats], Floats]
"""From outputs (..., E, n_L) to how clearly each example is right (..., E): 1 where the answer is the target itself, 0
on the edge, below it where it is wrong."""


def margins_for(targets: Floats) -> Margins | None:
    """What makes an answer right, for targets (E, n_L); None where they are numbers to be met, not classes.

    Classes are targets of two different values in all, not the same for every example. If each example has the higher
    of them at exactly one of several outputs, the largest output is the answer; otherwise each output has to be on its
    target's side of the middle between the two.
    """
    values = np.unique(targets).tolist()
    if len(values) != 2 or len(np.unique(targets, axis=0)) < 2:
        return None
    low, high = values
    wanted = targets == high
    if targets.shape[1] > 1 and (wanted.sum(axis=1) == 1).all():

        def by_largest(outputs: Floats) -> Floats:
            right = np.where(wanted, outputs, -np.inf).max(axis=-1)
            other = np.where(wanted, -np.inf, outputs).max(axis=-1)
            return np.asarray((right - other) / (high - low))

        return by_largest

    factors = np.where(wanted, 2.0, -2.0) / (high - low)

    def by_side(outputs: Floats) -> Floats:
        return np.asarray(((outputs - (low + high) / 2) * factors).min(axis=-1))

    return by_side
