"""Forward and backward pass with every sum in TensorFlow Playground's order.

Floating-point sums depend on their order in the last bit, and matrix products have none that can be relied on. Some of
Playground's trainings are so sensitive that the last bit is visible after two hundred epochs: with these functions its
runs come out as they do there (src/nn.ts, in Chrome). Its tanh, exp and log are the C library's, which are `math`'s
here and not always NumPy's. Vectorised over the examples of a batch, (B, n).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from netviz.recording.layers import GATED, Floats, activate, each, gate, output_deltas, through_activation
from netviz.scene.model import Activation, Loss

_EXAMPLES_AT_ONCE = 64  # examples whose separate gradients are held in memory together


def forward(
    weights: Sequence[Floats], biases: Sequence[Floats], activations: Sequence[Activation], inputs: Floats
) -> tuple[Floats, ...]:
    """The activations (B, n_l) of all L + 1 layers: a neuron's sum begins with its bias and adds input after input."""
    layers = [inputs]
    for weight, bias, activation in zip(weights, biases, activations, strict=True):
        layers.append(_activate(activation, _sums(layers[-1], weight, bias)))
    return tuple(layers)


def _sums(before: Floats, weight: Floats, bias: Floats) -> Floats:
    sums: Floats = bias + before[:, :1] * weight[0]
    for index in range(1, len(weight)):
        sums += before[:, index : index + 1] * weight[index]
    return sums


def _activate(activation: Activation, sums: Floats) -> Floats:
    if activation == "tanh":
        return each(math.tanh, sums)
    if activation == "sigmoid":
        result: Floats = 1.0 / (1.0 + _exponentials(-sums))
        return result
    if activation == "elu":
        return np.maximum(sums, 0.0) + each(math.expm1, np.minimum(sums, 0.0))
    if activation in GATED:
        return sums * gate(activation, sums, _exponentials)
    return activate(activation, sums)


def exponential(x: float) -> float:
    """e to the power of x; infinite where that overflows, as in JavaScript."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _exponentials(numbers: Floats) -> Floats:
    return each(exponential, numbers)


def deltas(
    weights: Sequence[Floats],
    biases: Sequence[Floats],
    activations: Sequence[Activation],
    layers: Sequence[Floats],
    targets: Floats,
    loss: Loss,
) -> tuple[Floats, ...]:
    """dLoss/d(weighted sums) (B, n_1), ... (B, n_L): each error is summed from the next layer's first neuron on."""
    pairs = zip(activations, layers[:-1], weights, biases, strict=True)
    sums = [_sums(before, weight, bias) if kind in GATED else None for kind, before, weight, bias in pairs]
    result = [output_deltas(activations[-1], layers[-1], targets, loss, sums[-1], _exponentials)]
    for index in range(len(weights) - 1, 0, -1):
        after, weight = result[-1], weights[index]
        errors = after[:, :1] * weight[:, 0]
        for neuron in range(1, weight.shape[1]):
            errors += after[:, neuron : neuron + 1] * weight[:, neuron]
        result.append(through_activation(activations[index - 1], layers[index], errors, sums[index - 1], _exponentials))
    return tuple(reversed(result))


def gradients(
    layers: Sequence[Floats], deltas: Sequence[Floats], carried: tuple[Sequence[Floats], Sequence[Floats]] | None
) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
    """dLoss/d(weights), dLoss/d(biases), added up from the first example to the last.

    carried: the gradients of examples before, to which these are added.
    """
    for_weights = []
    for index, (layer, delta) in enumerate(zip(layers, deltas, strict=False)):
        total = None if carried is None else carried[0][index]
        for start in range(0, len(delta), _EXAMPLES_AT_ONCE):
            part = slice(start, start + _EXAMPLES_AT_ONCE)
            total = _added_up(layer[part, :, None] * delta[part, None, :], total)
        assert total is not None
        for_weights.append(total)
    starts = [None] * len(deltas) if carried is None else carried[1]
    return tuple(for_weights), tuple(map(_added_up, deltas, starts))


def _added_up(numbers: Floats, first: Floats | None) -> Floats:
    """The sum over the first axis, one after the other, begun with `first`: `sum` would add in pairs where it can."""
    if first is not None:
        numbers = np.concatenate([first[None], numbers])
    total: Floats = np.add.accumulate(numbers, axis=0)[-1]
    return total
