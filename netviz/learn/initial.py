"""The first weights: the draws of the two authors netviz grew from, digit for digit, and the usual ones.

Every draw takes its random numbers from the generator it is given and leaves it where the next draw goes on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from netviz.learn.lesson import Parameters
from netviz.learn.network import Floats
from netviz.scene.spec import InitialWeights, Scene

Randomness = np.random.RandomState | np.random.Generator


def generator(initial_weights: InitialWeights, seed: int) -> Randomness:
    """What a kind of first weights is drawn from: NumPy's legacy stream for milo and trask, PCG64 otherwise."""
    if initial_weights in ("milo", "trask"):
        return np.random.RandomState(seed)
    return np.random.default_rng(seed)


def draw_weights(
    initial_weights: InitialWeights, layers: Sequence[int], random: Randomness, scale: float | None = None
) -> tuple[Floats, ...]:
    """Weights (n_l, n_{l+1}) for each pair of neighbouring layers, drawn layer by layer.

    milo: 2 random() - 1, neuron by neuron, then input by input (M. Spencer-Harper, neural-network-animation, 2015).
    trask: 2 random((fan_in, fan_out)) - 1 (iamtrask, "A neural network in 11 lines of Python", 2015).
    glorot: uniform within sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010, formula 16).
    he: normal, variance 2 / fan_in (He et al. 2015, formula 10).
    uniform: from -scale to scale; normal: standard deviation scale; 1 without a scale.
    """
    return tuple(_draw(initial_weights, fan_in, fan_out, random, scale) for fan_in, fan_out in pairwise(layers))


def _draw(
    initial_weights: InitialWeights, fan_in: int, fan_out: int, random: Randomness, scale: float | None
) -> Floats:
    shape = (fan_in, fan_out)
    if initial_weights == "milo":
        return np.ascontiguousarray(2.0 * random.random((fan_out, fan_in)).T - 1.0)
    if initial_weights == "he":
        return random.normal(0.0, math.sqrt(2.0 / fan_in), shape)
    if initial_weights == "normal":
        return random.normal(0.0, 1.0 if scale is None else scale, shape)
    weights: Floats = 2.0 * random.random(shape) - 1.0
    if initial_weights == "trask":
        return weights
    if initial_weights == "glorot":
        return weights * math.sqrt(6.0 / (fan_in + fan_out))
    return weights * (1.0 if scale is None else scale)


def initial_parameters(scene: Scene) -> Parameters:
    """The weights a scene's training starts from, and biases of 0."""
    training, layers = scene.training, scene.network.layers
    assert isinstance(training.initial_weights, str) and isinstance(training.seed, int)
    random = generator(training.initial_weights, training.seed)
    weights = draw_weights(training.initial_weights, layers, random, training.initial_scale)
    return Parameters(weights, tuple(np.zeros(size) for size in layers[1:]))
