"""The moments of a recording that events are looked for in: those at rest, which have the weights after a cycle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netviz.learn.lesson import Parameters
from netviz.learn.network import Floats
from netviz.learn.recording import AT_REST, Integers, Recording


@dataclass(frozen=True, eq=False)
class Moments:
    """R kept moments at rest, the first from before training."""

    cycle: Integers
    """(R,), strictly increasing from 0."""
    weights: tuple[Floats, ...]
    """L arrays (R, n_l, n_{l+1})."""
    biases: tuple[Floats, ...]
    """L arrays (R, n_{l+1})."""

    def parameters(self, moment: int) -> Parameters:
        """Those of one moment."""
        return Parameters(tuple(array[moment] for array in self.weights), tuple(array[moment] for array in self.biases))


def moments_of(recording: Recording) -> Moments:
    """The recording's moments at rest."""
    rows = np.flatnonzero(recording.example == AT_REST)
    return Moments(
        recording.cycle[rows],
        tuple(array[rows] for array in recording.weights),
        tuple(array[rows] for array in recording.biases),
    )
