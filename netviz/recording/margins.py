"""Margins: how clearly answers to examples whose targets are classes are right, and the share of those that are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from netviz.recording.layers import Floats

HALF = 0.5
"""Error of an answer on the edge between right and wrong, as a part of the distance between two targets."""

Margins = Callable[[Floats], Floats]
"""Function from outputs (..., E, n_L) to each example's margin (..., E): 1 where the answer is the target itself, 0 on
the edge between right and wrong, below 0 where it is wrong."""


def margins_for(targets: Floats, among: Floats | None = None) -> Margins | None:
    """Margin function for targets (E, n_L); None where they are numbers to be met, not classes.

    Classes are targets of two different values in all, not the same for every example. If each example has the higher
    of them at exactly one of several outputs, the largest output is the answer; otherwise each output has to be on its
    target's side of the middle between the two. among: more targets (A, n_L) that these are a part of, of which the
    same is asked; None: they are all.
    """
    every = targets if among is None else among
    values = np.unique(every).tolist()
    if len(values) != 2 or len(np.unique(every, axis=0)) < 2:
        return None
    low, high = values
    is_high = targets == high
    if targets.shape[1] > 1 and ((every == high).sum(axis=1) == 1).all():

        def by_largest(outputs: Floats) -> Floats:
            right = np.where(is_high, outputs, -np.inf).max(axis=-1)
            other = np.where(is_high, -np.inf, outputs).max(axis=-1)
            return np.asarray((right - other) / (high - low))

        return by_largest

    factors = np.where(is_high, 2.0, -2.0) / (high - low)

    def by_side(outputs: Floats) -> Floats:
        return np.asarray(((outputs - (low + high) / 2) * factors).min(axis=-1))

    return by_side


def errors_of(margins: Floats) -> Floats:
    """Errors of answers from their margins: 0 where they are the target, 0.5 on the edge between right and wrong."""
    return np.asarray((1 - margins) / 2)


def right_share(margins: Floats) -> float:
    """The share of margins (E,) whose answers are right; an answer that is no number, or on the edge, is not."""
    return float((errors_of(margins) < HALF).mean())
