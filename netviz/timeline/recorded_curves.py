"""Recorded curves beside the losses, such as an accuracy: their names, their values at a step, and their form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

import numpy as np

from netviz.recording.layers import Floats, Integers
from netviz.recording.recording import Recording
from netviz.scene.phrases import HasPhrases, decimal, per_cent

LOSSES = ("error", "loss", "test_loss")
"""Names of the curves that are not among these: the average error and the losses, which share one scale."""

OF_TEST = ("test", "val", "valid", "validation", "dev", "heldout")
"""Words that a curve's name begins with if it is of examples that a network does not learn from."""

LEAST_PLAIN, MOST_PLAIN = 1e-3, 1e6
"""Highest values of a curve between which its values are written without an exponent."""


@dataclass(frozen=True, eq=False)
class RecordedCurve:
    """A curve that a run recorded beside its losses.

    name: as a film writes it. steps, values (K,): of its points. is_share: whether it is drawn and written as a part of
    a whole, in per cent. is_of_test: whether it is of examples that the network does not learn from.
    """

    name: str
    steps: Integers
    values: Floats
    is_share: bool
    is_of_test: bool = False

    def at(self, step: float) -> float:
        """The value at the last recorded point up to a step: none is shown before it is reached."""
        return float(self.values[max(0, int(np.searchsorted(self.steps, step, side="right")) - 1)])

    def text(self, scene: HasPhrases, value: float) -> str:
        """A value as a film writes it: a share in per cent, with one decimal but for all and none.

        Others have all as many decimals, as the largest needs; what is very large or small has an exponent.
        """
        if not self.is_share:
            highest = float(np.nanmax(np.abs(self.values)))
            if not highest > 0 or LEAST_PLAIN <= highest < MOST_PLAIN:
                return decimal(scene, f"{value:z.{_decimals(highest)}f}")
            return decimal(scene, f"{value:z.2f}" if abs(value) < MOST_PLAIN <= highest else f"{value:.2e}")
        number = f"{100 * value:.0f}" if value in (0.0, 1.0) else f"{min(99.9, max(0.1, 100 * value)):.1f}"
        return per_cent(scene, number)


def recorded_curves(recording: Recording, *, with_shares: bool = True) -> tuple[RecordedCurve, ...]:
    """The curves of a recording beside its losses, in the order in which they were recorded.

    with_shares: whether shares of right answers are among them.
    """
    found = (
        RecordedCurve(name.replace("_", " "), recording.curve_step, values, _is_share(name, values), _is_of_test(name))
        for name, values in recording.curves.items()
        if name not in LOSSES
    )
    return tuple(curve for curve in found if with_shares or not curve.is_share)


def whole_per_cent(scene: HasPhrases, share: float) -> str:
    """A share in whole per cent: all and none only where they are exactly that."""
    return per_cent(scene, str(min(99, max(1, round(100 * share))) if 0 < share < 1 else round(100 * share)))


def accuracies(curves: Sequence[RecordedCurve]) -> tuple[RecordedCurve, RecordedCurve] | None:
    """The shares of right answers in training and in testing, where a run recorded exactly one of each."""
    of_training = [curve for curve in curves if curve.is_share and not curve.is_of_test]
    of_test = [curve for curve in curves if curve.is_share and curve.is_of_test]
    return (of_training[0], of_test[0]) if len(of_training) == len(of_test) == 1 else None


def may_have_accuracies(names: Sequence[str]) -> bool:
    """True if curves of these names may be such a pair, before their values are known."""
    of_test = [_is_of_test(name) for name in names if is_accuracy(name)]
    return len(of_test) == 2 and sum(of_test) == 1


def _is_of_test(name: str) -> bool:
    return re.split("[_ ]", name.lower())[0] in OF_TEST


def is_accuracy(name: str) -> bool:
    """True if a curve of this name is of shares of right answers, should its values be shares."""
    return "acc" in name.lower()


def _decimals(highest: float) -> int:
    """Decimals with which the highest of some values has five digits; less than two only of large numbers."""
    if highest <= 0:
        return 4
    digits = floor(log10(highest))
    return max(4 - max(digits, 0) - min(digits + 1, 0), 2 if digits < 4 else 1)


def _is_share(name: str, values: Floats) -> bool:
    """True for what is called an accuracy, and lies between 0 and 1 as one does."""
    finite = values[np.isfinite(values)]
    return is_accuracy(name) and bool(((finite >= 0) & (finite <= 1)).all())
