"""Accuracy: the share of a classification's examples whose class a network names, with the weights of kept moments."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from netviz.recording.layers import forward
from netviz.recording.probe_history import ProbeHistory
from netviz.recording.recording import AT_REST, Recording
from netviz.scene.scene import Look
from netviz.timeline.answers import has_classes
from netviz.timeline.frame import Array

MOST_PRODUCTS = 200_000_000
"""Most products in the answers to all examples with the weights of one moment: about a tenth of a second."""


@dataclass(frozen=True, eq=False)
class Accuracy:
    """Shares of right answers after the kept cycles of a run, each computed when it is asked for the first time.

    scene: of the film. rows, cycles: of the recording's moments at rest, increasing. history: what was recorded of the
    examples, for a network that cannot be computed.
    """

    recording: Recording
    scene: Look
    rows: tuple[int, ...]
    cycles: tuple[int, ...]
    history: ProbeHistory | None = None
    known: dict[int, tuple[float, float | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, recording: Recording, scene: Look) -> Accuracy | None:
        """Accuracy of a run whose targets are classes; None for others, and where it would take too long."""
        examples, layers = recording.examples, scene.outline.layers
        count = len(examples.inputs) + len(examples.test_inputs)
        products = count * sum(before * after for before, after in pairwise(layers))
        if not has_classes(examples.targets) or (recording.network.is_exact and products > MOST_PRODUCTS):
            return None
        rows = np.flatnonzero(recording.probe == AT_REST)
        history = None if recording.network.is_exact else ProbeHistory.of(recording)
        return cls(recording, scene, tuple(rows.tolist()), tuple(recording.row_step[rows].tolist()), history)

    def at(self, cycle: int) -> tuple[float, float | None]:
        """Shares of the training and of the test examples that are right after the last kept cycle up to this one.

        So none is shown before it is reached. The latter is None where there are no test examples.
        """
        number = max(0, int(np.searchsorted(self.cycles, cycle, side="right")) - 1)
        if number not in self.known:
            examples = self.recording.examples
            test = self._share(self.rows[number], examples.test_inputs, examples.test_targets)
            train = self._share(self.rows[number], examples.inputs, examples.targets)
            assert train is not None, "there is at least one training example"
            self.known[number] = train, test
        return self.known[number]

    def _share(self, row: int, inputs: Array, targets: Array) -> float | None:
        """Share of examples (E, n_0) of which, with a row's weights, the target's output is the largest."""
        if not len(inputs):
            return None
        if self.history is not None:
            outputs = self.history.outputs(float(self.recording.row_step[row]))
        else:
            with np.errstate(all="ignore"):
                outputs = forward(*self.recording.parameters_at(row), self.scene.outline.activations, inputs)[-1]
        right = (outputs.argmax(axis=1) == targets.argmax(axis=1)) & np.isfinite(outputs).all(axis=1)
        return float(right.mean())
