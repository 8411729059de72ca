"""What travels through the network in a step: the signal forward, the error back, with their recorded sizes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from netviz.film import motion
from netviz.film.frame import Array, Pulse
from netviz.film.motion import Beats


class Presented(NamedTuple):
    """What a step or a thought puts before the network, and what came of it."""

    activations: tuple[Array, ...]
    target: Array | None
    example: int | None
    deltas: tuple[Array, ...] | None


def blame_of(shown: Presented, weights: tuple[Array, ...]) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Size of the error at every neuron (inputs included) and on every synapse, 0 to 1.

    deltas[l] (n_{l+1},): dLoss / d(pre-activation) of layer l + 1. The error on synapse (i, j) of layer l is
    |w_ij * delta_j|, what backpropagation adds up at neuron i. Both are shown as square roots, relative to the largest
    of the step and to how wrong the answer is: otherwise the first layers would show nothing, and the last cycles as
    much as the first.
    """
    if shown.deltas is None or shown.target is None:
        return tuple(np.zeros(len(layer)) for layer in shown.activations), ()
    wrong = min(1.0, float(np.abs(shown.target - shown.activations[-1]).max()))
    back = [np.abs(w * d[None, :]) for w, d in zip(weights, shown.deltas, strict=True)]
    at_neurons = [np.abs(d) for d in shown.deltas]
    most_back = max((float(layer.max()) for layer in back), default=0.0) or 1.0
    most_at = max((float(layer.max()) for layer in at_neurons), default=0.0) or 1.0
    neurons = (np.zeros(weights[0].shape[0]), *(np.sqrt(wrong * layer / most_at) for layer in at_neurons))
    return neurons, tuple(np.sqrt(wrong * layer / most_back) for layer in back)


def forward_pulses(flow: list[Array], largest: float, beats: Beats, phase: float) -> list[Pulse]:
    """The signals under way at a phase. flow[l] (n_l, n_{l+1}): |activation * weight|; largest: of all of them."""
    pulses = []
    for layer, strength in enumerate(flow):
        position = motion.travel(beats.forward, phase, layer, len(flow))
        if position is not None:
            pulses.append(Pulse(layer, "forward", position, strength / largest))
    return pulses


def backward_pulses(back: tuple[Array, ...], beats: Beats, phase: float) -> list[Pulse]:
    """The errors under way at a phase. back[l] (n_l, n_{l+1}): their sizes, as `blame_of` gives them."""
    pulses = []
    for layer, strength in enumerate(back):
        position = motion.travel(beats.backward, phase, len(back) - 1 - layer, len(back))
        if position is not None:
            pulses.append(Pulse(layer, "backward", position, strength))
    return pulses
