"""The moments of a recording that events are looked for in: those at rest, which have the weights after a cycle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netviz.learn.events.stacks import chosen
from netviz.learn.lesson import Parameters
from netviz.learn.recording import AT_REST, Integers, Recording

FEWEST_MOMENTS = 16
MOST_NUMBERS = 3_000_000
"""Weights of all moments together that are looked at, or else so few moments: of a large network every second or third
kept moment will do, as no single weight of it is news."""


@dataclass(frozen=True, eq=False)
class Moments:
    """R kept moments at rest, the first from before training."""

    cycle: Integers
    """(R,), strictly increasing from 0."""
    parameters: Parameters
    """Weights (R, n_l, n_{l+1}), biases (R, n_{l+1})."""

    def at_most(self, count: int) -> Moments:
        """So many of them, evenly chosen, the first and the last among them; these very ones if there are no more."""
        if len(self.cycle) <= count:
            return self
        which = _evenly(np.arange(len(self.cycle)), count)
        return Moments(self.cycle[which], chosen(self.parameters, which))


def moments_of(recording: Recording) -> Moments:
    """The recording's moments at rest; of a large network some of them."""
    numbers = sum(array[0].size for array in recording.weights)
    rows = np.flatnonzero(recording.example == AT_REST)
    rows = _evenly(rows, max(FEWEST_MOMENTS, MOST_NUMBERS // numbers))
    return Moments(recording.cycle[rows], chosen(Parameters(recording.weights, recording.biases), rows))


def _evenly(indices: Integers, count: int) -> Integers:
    """So many of them, the first and the last in any case; all if there are no more."""
    places = np.linspace(0, len(indices) - 1, min(max(count, 2), len(indices)))
    return indices[np.unique(places.round().astype(np.int64))]
