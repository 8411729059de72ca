"""The moments of a recording that events are looked for in: those at rest, which have the weights after a cycle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netviz.learn.events.stacks import chosen
from netviz.learn.lesson import Parameters
from netviz.learn.recording import AT_REST, Integers, Recording


@dataclass(frozen=True, eq=False)
class Moments:
    """R kept moments at rest, the first from before training."""

    cycle: Integers
    """(R,), strictly increasing from 0."""
    parameters: Parameters
    """Weights (R, n_l, n_{l+1}), biases (R, n_{l+1})."""

    def at_most(self, count: int) -> Moments:
        """So many of them, evenly chosen, the first and the last among them; all of these if there are no more."""
        if len(self.cycle) <= count:
            return self
        which = np.unique(np.linspace(0, len(self.cycle) - 1, max(count, 2)).round().astype(int))
        return Moments(self.cycle[which], chosen(self.parameters, which))


def moments_of(recording: Recording) -> Moments:
    """The recording's moments at rest."""
    rows = np.flatnonzero(recording.example == AT_REST)
    return Moments(recording.cycle[rows], chosen(Parameters(recording.weights, recording.biases), rows))
