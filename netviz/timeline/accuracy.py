"""Accuracy: the share of a classification's examples that a network answers right, with the weights of kept moments."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from netviz.recording.layers import Floats, forward
from netviz.recording.margins import Margins, margins_for, right_share
from netviz.recording.probe_history import ProbeHistory
from netviz.recording.recording import AT_REST, Integers, Recording
from netviz.scene.scene import Look
from netviz.timeline.frame import Array

MOST_PRODUCTS = 200_000_000
"""Most products in the answers to all examples with the weights of one moment: about a tenth of a second."""
MOST_POINTS, FEWEST_POINTS = 400, 12
"""Most points of the curve, about one for every pixel of its panel; and how many there are if each takes long."""
MOST_IN_CURVE = 4_000_000_000
"""Most products in all of them, unless those are the fewest."""
OF_TRAINING, OF_TEST = "accuracy", "test_accuracy"
"""Names of the curves that netviz records of its own runs."""


@dataclass(frozen=True, eq=False)
class Accuracy:
    """Shares of right answers after the kept cycles of a run, each computed when it is asked for the first time.

    What netviz recorded itself (`CurveRecorder`) is taken from there; both are counted alike, with the weights from
    after the cycle. scene: of the film. rows, cycles: of the recording's moments at rest, increasing. margins: of the
    training and of the test examples, None where there are none. history: what was recorded of the examples, for a
    network that cannot be computed. points: most of the curve.
    """

    recording: Recording
    scene: Look
    rows: tuple[int, ...]
    cycles: tuple[int, ...]
    margins: tuple[Margins, Margins | None]
    history: ProbeHistory | None = None
    points: int = MOST_POINTS
    known: dict[int, tuple[float, float | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, recording: Recording, scene: Look) -> Accuracy | None:
        """Accuracy of a run whose film shows it; None for others, and where it takes long and nobody asks for it."""
        examples, layers = recording.examples, scene.outline.layers
        tests = len(examples.test_inputs)
        products = (len(examples.inputs) + tests) * sum(before * after for before, after in pairwise(layers))
        is_recorded = scene.outline.is_own and OF_TRAINING in recording.curves
        takes_long = recording.network.is_exact and products > MOST_PRODUCTS and not is_recorded
        if not scene.shows_accuracy or (takes_long and not scene.accuracy):
            return None
        every = np.concatenate([examples.targets, examples.test_targets])
        margins = margins_for(examples.targets, every)
        if margins is None:
            return None
        rows = np.flatnonzero(recording.probe == AT_REST)
        history = None if recording.network.is_exact else ProbeHistory.of(recording)
        of_test = margins_for(examples.test_targets, every) if tests else None
        steps = tuple(recording.row_step[rows].tolist())
        points = min(MOST_POINTS, max(FEWEST_POINTS, MOST_IN_CURVE // products))
        return cls(recording, scene, tuple(rows.tolist()), steps, (margins, of_test), history, points)

    @property
    def has_tests(self) -> bool:
        """True if there are test examples."""
        return self.margins[1] is not None

    def at(self, cycle: int) -> tuple[float, float | None]:
        """Shares of the training and of the test examples that are right after the last kept cycle up to this one.

        So none is shown before it is reached. The latter is None where there are no test examples.
        """
        if (recorded := self._recorded) is not None:
            point = max(0, int(np.searchsorted(self.recording.curve_step, cycle, side="right")) - 1)
            train, test = (None if curve is None else float(curve[point]) for curve in recorded)
            assert train is not None, "there is at least one training example"
            return train, test
        number = max(0, int(np.searchsorted(self.cycles, cycle, side="right")) - 1)
        if number not in self.known:
            examples = self.recording.examples
            train = self._share(self.rows[number], examples.inputs, self.margins[0])
            test = None if self.margins[1] is None else self._share(
                self.rows[number], examples.test_inputs, self.margins[1]
            )  # fmt: skip
            self.known[number] = train, test
        return self.known[number]

    def curves(self) -> tuple[Integers, Floats, Floats | None]:
        """Cycles (K,) and the shares (K,) of training and of test examples, None where there are none of the latter."""
        if (recorded := self._recorded) is not None:
            return self.recording.curve_step, *recorded
        chosen = np.unique(np.linspace(0, len(self.cycles) - 1, self.points).round().astype(int))
        cycles = np.unique(np.array(self.cycles)[chosen])
        shares = [self.at(int(cycle)) for cycle in cycles]
        tests = [test for _, test in shares if test is not None]
        return cycles, np.array([train for train, _ in shares]), np.array(tests) if tests else None

    @property
    def _recorded(self) -> tuple[Floats, Floats | None] | None:
        """The curves of netviz's own run, where it recorded them."""
        curves = self.recording.curves
        if not self.scene.outline.is_own or OF_TRAINING not in curves or self.has_tests != (OF_TEST in curves):
            return None
        return curves[OF_TRAINING], curves.get(OF_TEST)

    def _share(self, row: int, inputs: Array, margins: Margins) -> float:
        """Share of examples (E, n_0) that are answered right with a row's weights."""
        with np.errstate(all="ignore"):
            if self.history is not None:
                outputs = self.history.outputs(float(self.recording.row_step[row]))
            else:
                outputs = forward(*self.recording.parameters_at(row), self.scene.outline.activations, inputs)[-1]
            return right_share(margins(outputs))
