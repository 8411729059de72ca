"""The state of one moment of a film: everything a picture needs, and no pixels."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from netviz.film.spotlight import Spotlight

Array = NDArray[np.float64]
Direction = Literal["forward", "backward"]


@dataclass(frozen=True)
class Pulse:
    """Signals on their way along the synapses of one weight layer.

    layer: which weight layer. direction: forward (signal) or backward (error).
    position: how far they have come from the layer where they started, 0 to 1.
    strength (nodes_l, n_{l+1}): size of what each synapse carries, 0 to 1 of the largest in this pass.
    """

    layer: int
    direction: Direction
    position: float
    strength: Array


@dataclass(frozen=True, eq=False)
class Frame:
    """One moment. L weight layers with n_0 ... n_L neurons; every level is 0 (absent) to 1 (full).

    nodes_l is n_l, and one more in all layers but the last where biases are drawn as nodes: the bias node is the last
    of its layer, its activation is 1, and its synapses are the biases of the next layer (see nodes.py).

    key: frames with equal keys look the same.
    kind: of the span (title, rest, step, move, sweep, hold, think, walk).
    caption: the line under the title, at caption_level; is_cue: whether it is a cue and not the shot's own.
    glow: how much brighter or darker all light is than it would be: a factor on the halos.
    card: level of the title card. presence: level of the network and its panels.
    cycle: the number shown. curve_cycle: how far the error curve has come, in cycles.
    error: mean |target - output|. train_loss, test_loss: of the recorded cycle nearest to `cycle`; test_loss is None
    where nothing is kept for testing.
    example: index of the training example presented, or None. near_example: that one, or the next or last presented.
    inputs (n_0,), target (n_L,): what is presented, or None at rest; target is None where nobody gave one.
    point: the presented point of the plane, where the inputs come from one.
    row: the recording's row whose weights and activations are shown while something is presented, None otherwise;
    row_after: the row whose weights the update leads to, None where nothing is learned.
    weights[l] (nodes_l, n_{l+1}), biases[l] (n_{l+1},).
    activations[l] (nodes_l,): as recorded. arrived[l] (nodes_l,): level of light: 0 until the signal has come.
    carried[l] (nodes_l, n_{l+1}): level of light in each synapse from the signal it carries.
    blame[l] (nodes_l,): level of the error that has come back to each neuron; none comes to bias nodes.
    change[l] (nodes_l, n_{l+1}): signed change of each weight now, 1 = the largest of this step.
    compared: level at which answer and target stand side by side.
    told: in a walk the level of each line of its script (see script.py), () otherwise.
    focus: in a walk the (layer, neuron) that is being spoken of. spotlight: the synapse or neuron that a cue speaks of.
    diverged: the cycle in which this run's training broke off, if that is past.
    beside: the same moment of the other runs of a film that compares some.
    """

    key: Hashable
    kind: str
    caption: str
    caption_level: float
    is_cue: bool
    glow: float
    card: float
    presence: float
    cycle: int
    curve_cycle: float
    error: float
    train_loss: float
    test_loss: float | None
    example: int | None
    near_example: int
    inputs: Array | None
    target: Array | None
    point: tuple[float, float] | None
    presented: float
    row: int | None
    row_after: int | None
    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    activations: tuple[Array, ...]
    arrived: tuple[Array, ...]
    carried: tuple[Array, ...]
    blame: tuple[Array, ...]
    change: tuple[Array, ...]
    compared: float
    pulses: tuple[Pulse, ...]
    told: tuple[float, ...]
    focus: tuple[int, int] | None
    spotlight: Spotlight | None
    diverged: int | None = None
    beside: tuple[Frame, ...] = ()
