"""The state of one moment of a film: everything a picture needs, and no pixels."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Direction = Literal["forward", "backward"]


@dataclass(frozen=True)
class Pulse:
    """Signals on their way along the synapses of one weight layer.

    layer: which weight layer. direction: forward (signal) or backward (error).
    position: how far they have come from the layer where they started, 0 to 1.
    strength (n_l, n_{l+1}): size of what each synapse carries, 0 to 1 of the largest in this pass.
    """

    layer: int
    direction: Direction
    position: float
    strength: Array


@dataclass(frozen=True, eq=False)
class Frame:
    """One moment. L weight layers with n_0 ... n_L neurons; every level is 0 (absent) to 1 (full).

    key: frames with equal keys look the same.
    kind: of the span (title, rest, step, move, think).
    card: level of the title card. presence: level of the network and its panels.
    cycle: the number shown. curve_cycle: how far the error curve has come, in cycles. error: mean |target - output|.
    example: index of the training example presented, or None. near_example: that one, or the next or last presented.
    inputs (n_0,), target (n_L,): what is presented, or None at rest; target is None where nobody gave one.
    weights[l] (n_l, n_{l+1}).
    activations[l] (n_l,): as recorded. arrived[l]: level of light in layer l: 0 until the signal has come.
    carried[l] (n_l, n_{l+1}): level of light in each synapse from the signal it carries.
    blame[l] (n_l,): level of the error that has come back to each neuron.
    change[l] (n_l, n_{l+1}): signed change of each weight now, 1 = the largest of this step.
    compared: level at which answer and target stand side by side.
    """

    key: Hashable
    kind: str
    caption: str
    card: float
    presence: float
    cycle: int
    curve_cycle: float
    error: float
    example: int | None
    near_example: int
    inputs: Array | None
    target: Array | None
    presented: float
    weights: tuple[Array, ...]
    activations: tuple[Array, ...]
    arrived: tuple[float, ...]
    carried: tuple[Array, ...]
    blame: tuple[Array, ...]
    change: tuple[Array, ...]
    compared: float
    pulses: tuple[Pulse, ...]
