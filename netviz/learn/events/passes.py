"""Forward passes over all training examples with the weights of many moments."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from netviz.learn import network as dense
from netviz.learn.lesson import Parameters
from netviz.learn.network import Floats
from netviz.scene.spec import Activation

MOST_WORK = 150_000_000
"""Of one search, as `work_of` counts it: about a fifth of a second. What would take more is thinned out."""
_PRODUCTS, _ACTIVATION = 4, 30  # so many products take as long as one number, and an activation as long as so many
_NUMBERS_AT_ONCE = 1_000_000


def work_of(parameters: Parameters, examples: int) -> int:
    """How much work it is to pass so many examples through the networks (C, ...) of `parameters`, in numbers."""
    weights, biases = (sum(array.size for array in arrays) for arrays in parameters)
    return examples * (weights // _PRODUCTS + _ACTIVATION * biases)


def passes(parameters: Parameters, activations: tuple[Activation, ...], inputs: Floats) -> Iterator[tuple[Floats, ...]]:
    """The activations (c, E, n_l) of all layers after the inputs, for the networks (C, ...) of `parameters`, c at once.

    inputs: (E, n_0).
    """
    weights, biases = parameters
    widest = max(array.shape[2] for array in weights)
    at_once = max(1, _NUMBERS_AT_ONCE // (len(inputs) * widest))
    for start in range(0, len(weights[0]), at_once):
        part = slice(start, start + at_once)
        with np.errstate(all="ignore"):
            layers = dense.forward(
                [weight[part] for weight in weights], [bias[part, None] for bias in biases], activations, inputs[None]
            )
        yield layers[1:]
