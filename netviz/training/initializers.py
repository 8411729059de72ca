"""Initializers: the initial weights and biases of a network.

Every draw takes its random numbers from the generator it is given and leaves it where the next draw goes on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from netviz.recording.layers import Floats, Parameters
from netviz.scene.model import InitialWeights
from netviz.scene.scene import Scene
from netviz.training.data import Uniform, weight_stream

Randomness = np.random.RandomState | np.random.Generator


def generator(initial_weights: InitialWeights, seed: int) -> Randomness:
    """Random generator for a kind of initial weights: NumPy's legacy stream for milo and trask, PCG64 otherwise."""
    if initial_weights in ("milo", "trask"):
        return np.random.RandomState(seed)
    return np.random.default_rng(seed)


def draw_weights(
    initial_weights: InitialWeights, layers: Sequence[int], random: Randomness, scale: float | None = None
) -> tuple[Floats, ...]:
    """Draw weights (n_l, n_{l+1}) for each pair of neighbouring layers, layer by layer.

    milo: 2 random() - 1, neuron by neuron, then input by input (M. Spencer-Harper, neural-network-animation, 2015).
    trask: 2 random((fan_in, fan_out)) - 1 (iamtrask, "A neural network in 11 lines of Python", 2015).
    glorot: uniform within sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010, formula 16).
    he: normal, variance 2 / fan_in (He et al. 2015, formula 10), whatever the activation function. It is that of relu;
    for leaky_relu it is too large by one part in ten thousand (there formula 15), and elu, gelu and swish are near it.
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


def draw_playground_weights(layers: Sequence[int], stream: Uniform) -> tuple[Floats, ...]:
    """Draw Playground's weights: random() - 0.5, neuron by neuron, then input by input (its src/nn.ts)."""
    return tuple(
        np.array([[stream.random() - 0.5 for _ in range(fan_in)] for _ in range(fan_out)]).T.copy()
        for fan_in, fan_out in pairwise(layers)
    )


def initial_parameters(scene: Scene) -> Parameters:
    """The weights and biases a scene's training starts from; biases of 0 where its network has none."""
    return Parameters(_initial_weights(scene), _initial_biases(scene))


def _initial_weights(scene: Scene) -> tuple[Floats, ...]:
    training, layers = scene.training, scene.network.layers
    kind = training.initial_weights
    if not isinstance(kind, str):
        return tuple(np.array(matrix, dtype=np.float64) for matrix in kind)
    if kind == "zero":
        return tuple(np.zeros(shape) for shape in pairwise(layers))
    if kind == "playground":
        stream = weight_stream(scene)
        for _ in range(training.initial_skip):
            stream.random()
        return draw_playground_weights(layers, stream)
    assert isinstance(training.seed, int), "only Playground's stream is seeded with text"
    random = generator(kind, training.seed)
    random.random(training.initial_skip)
    return draw_weights(kind, layers, random, training.initial_scale)


def _initial_biases(scene: Scene) -> tuple[Floats, ...]:
    training, sizes = scene.training, scene.network.layers[1:]
    if scene.network.bias and training.initial_biases is not None:
        given = zip(training.initial_biases, sizes, strict=True)
        return tuple(np.broadcast_to(np.array(vector, dtype=np.float64), size).copy() for vector, size in given)
    is_playground = scene.network.bias and training.initial_weights == "playground"
    return tuple(np.full(size, 0.1 if is_playground else 0.0) for size in sizes)
