"""What the picture's nodes stand for: neurons and, where a scene draws them, a node for the biases of each layer.

A bias node is the last of its layer. Its activation is always 1, and its synapses are the biases of the next layer:
seen so, a layer's sums are activations @ weights, with nothing to be added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from netviz.film.frame import Array
from netviz.learn.recording import Recording
from netviz.scene.spec import Scene


class State(NamedTuple):
    """What a network has learned at one moment.

    weights[l] (nodes_l, n_{l+1}): those of its synapses, the biases last where they have a node. biases[l] (n_{l+1},).
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]


def node_counts(scene: Scene) -> tuple[int, ...]:
    """Nodes in each layer of the picture, bias nodes included; the last layer has none."""
    *before, last = scene.network.layers
    return (*(size + scene.has_bias_nodes for size in before), last)


def with_bias_weights(scene: Scene, weights: Sequence[Array], biases: Sequence[Array]) -> tuple[Array, ...]:
    """Weights (nodes_l, n_{l+1}) of all drawn synapses, of weights (n_l, n_{l+1}) and biases (n_{l+1},)."""
    if not scene.has_bias_nodes:
        return tuple(weights)
    return tuple(np.vstack([layer, bias]) for layer, bias in zip(weights, biases, strict=True))


def with_bias_nodes(scene: Scene, layers: Sequence[Array], value: float) -> tuple[Array, ...]:
    """Values (nodes_l,) of all nodes of all layers, of values (n_l,) of neurons and one for every bias node."""
    if not scene.has_bias_nodes:
        return tuple(layers)
    return (*(np.append(layer, value) for layer in layers[:-1]), layers[-1])


def state_of(recording: Recording, row: int) -> State:
    """What the network had learned in a row of its recording."""
    biases = tuple(layer[row] for layer in recording.biases)
    weights = with_bias_weights(recording.scene, [layer[row] for layer in recording.weights], biases)
    return State(weights, biases)


def between(before: State, after: State, part: float) -> State:
    """The state a part (0 to 1) of the straight way from one state to another."""
    if part in (0.0, 1.0):
        return after if part else before
    weights, biases = (
        tuple((1 - part) * a + part * b for a, b in zip(first, last, strict=True))
        for first, last in zip(before, after, strict=True)
    )
    return State(weights, biases)
