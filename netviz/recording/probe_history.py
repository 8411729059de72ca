"""Probe history: what a network gave for the probes between the moments in which that is recorded.

Of a network that netviz cannot compute this is all that is known of its answers. Between two steps they go the straight
way, as weights do in a film.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netviz.recording.layers import Floats
from netviz.recording.recording import AT_REST, Integers, Recording, in_numbers


@dataclass(frozen=True, eq=False)
class ProbeHistory:
    """Recorded activations of P probes in S steps.

    steps (S,): those with rows of all probes, increasing. rows (S, P): these rows, in the order of the probes.
    """

    recording: Recording
    steps: Integers
    rows: Integers

    @classmethod
    def of(cls, recording: Recording) -> ProbeHistory:
        """The history of a recording. Raises ValueError if no step has rows of all its probes."""
        presents = np.flatnonzero(recording.probe != AT_REST)
        steps, begins, counts = np.unique(recording.row_step[presents], return_index=True, return_counts=True)
        probes = len(recording.probes.inputs)
        is_whole = counts == probes
        if not is_whole.any():
            raise ValueError("no step has rows of all probes")
        return cls(recording, steps[is_whole], presents[begins[is_whole][:, None] + np.arange(probes)])

    def layers(self, probe: int, step: float) -> tuple[Floats, ...]:
        """Activations (n_l,) of all L + 1 layers for a probe at a step, which need not be a whole one."""
        before, after, part = self._around(step)
        first, second = self.rows[before, probe], self.rows[after, probe]
        return tuple(_between(layer[first], layer[second], part) for layer in self.recording.activations)

    def outputs(self, step: float) -> Floats:
        """Outputs (P, n_L) for all probes at a step, which need not be a whole one."""
        before, after, part = self._around(step)
        last = self.recording.activations[-1]
        return _between(last[self.rows[before]], last[self.rows[after]], part)

    def _around(self, step: float) -> tuple[int, int, float]:
        """Indices of the steps before and after, and the part of the way between them."""
        place = float(np.interp(step, self.steps, np.arange(len(self.steps))))
        before = int(place)
        return before, min(before + 1, len(self.steps) - 1), place - before


def _between(before: Floats, after: Floats, part: float) -> Floats:
    """Numbers at a part of the way, in float64."""
    first = np.asarray(in_numbers(before), dtype=np.float64)
    if part == 0:
        return first
    return np.asarray((1 - part) * first + part * np.asarray(in_numbers(after), dtype=np.float64))


def answers_of(recording: Recording, row: int) -> Floats:
    """Outputs (E, n_L) for all training examples with a row's weights: computed, or as recorded where they cannot be.

    Of a network that cannot be computed the probes are all examples that there are.
    """
    if recording.network.is_exact:
        return recording.forward(recording.examples.given, row)[-1]
    return ProbeHistory.of(recording).outputs(float(recording.row_step[row]))
