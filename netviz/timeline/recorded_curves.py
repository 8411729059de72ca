"""Recorded curves beside the losses, such as an accuracy: their names, their values at a step, and their form."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10

import numpy as np

from netviz.recording.layers import Floats, Integers
from netviz.recording.recording import Recording

LOSSES = ("error", "loss", "test_loss")
"""Names of the curves that are not among these: the average error and the losses, which share one scale."""

LEAST_PLAIN, MOST_PLAIN = 1e-3, 1e6
"""Highest values of a curve between which its values are written without an exponent."""


@dataclass(frozen=True, eq=False)
class RecordedCurve:
    """A curve that a run recorded beside its losses.

    name: as a film writes it. steps, values (K,): of its points. is_share: whether it is drawn and written as a part of
    a whole, in per cent.
    """

    name: str
    steps: Integers
    values: Floats
    is_share: bool

    def at(self, step: float) -> float:
        """The value at the last recorded point up to a step: none is shown before it is reached."""
        return float(self.values[max(0, int(np.searchsorted(self.steps, step, side="right")) - 1)])

    def text(self, value: float) -> str:
        """A value as a film writes it: a share in per cent, with one decimal but for all and none.

        Others have all as many decimals, as the largest needs; what is very large or small has an exponent.
        """
        if not self.is_share:
            highest = float(np.nanmax(np.abs(self.values)))
            if not highest > 0 or LEAST_PLAIN <= highest < MOST_PLAIN:
                return f"{value:z.{_decimals(highest)}f}"
            return f"{value:z.2f}" if abs(value) < MOST_PLAIN <= highest else f"{value:.2e}"
        return f"{100 * value:.0f}%" if value in (0.0, 1.0) else f"{min(99.9, max(0.1, 100 * value)):.1f}%"


def recorded_curves(recording: Recording) -> tuple[RecordedCurve, ...]:
    """The curves of a recording beside its losses, in the order in which they were recorded."""
    return tuple(
        RecordedCurve(name.replace("_", " "), recording.curve_step, values, _is_share(name, values))
        for name, values in recording.curves.items()
        if name not in LOSSES
    )


def _decimals(highest: float) -> int:
    """Decimals with which the highest of some values has five digits; less than two only of large numbers."""
    if highest <= 0:
        return 4
    digits = floor(log10(highest))
    return max(4 - max(digits, 0) - min(digits + 1, 0), 2 if digits < 4 else 1)


def _is_share(name: str, values: Floats) -> bool:
    """True for what is called an accuracy, and lies between 0 and 1 as one does."""
    finite = values[np.isfinite(values)]
    return "acc" in name.lower() and bool(((finite >= 0) & (finite <= 1)).all())
