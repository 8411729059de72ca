"""Small runs of networks with blocks, recorded as a framework's loop would give them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from netviz.recording.blocks import Block
from netviz.recording.network import Layer, Network
from netviz.recording.recorder import Recorder
from netviz.recording.recording import Recording

CONV = Block("conv1", "conv", "Conv2d", (4, 8, 8), 1_200, 1, ("conv1",))
STAGE = Block("layer1", "conv", "BasicBlock", (8, 4, 4), 147_968, 2, ("layer1", "layer1.0", "layer1.1"), -1)
POOL = Block("pool", "pool", "AvgPool2d", (6,), 0, 1, ("pool",))
NORM = Block("norm", "norm", "BatchNorm1d", (6,), 12, 1, ("norm",))

CHAINS: dict[str, tuple[Layer, ...]] = {
    "blocks first": (
        Layer("block", (6,), "features", blocks=(CONV, STAGE, POOL), exact=False),
        Layer("dense", (4,), "fc", activation="softmax"),
    ),
    "blocks alone": (Layer("block", (4,), "all", blocks=(CONV, STAGE, POOL), exact=False),),
    "blocks between": (
        Layer("dense", (6,), activation="relu"),
        Layer("block", (6,), blocks=(STAGE,), exact=False),
        Layer("dense", (4,), activation="softmax"),
    ),
    "norms": (
        Layer("dense", (6,), activation="relu", blocks=(NORM,), exact=False),
        Layer("dense", (5,), activation="tanh", blocks=(NORM,), exact=False),
        Layer("dense", (4,), activation="softmax"),
    ),
    "small": (
        Layer("dense", (2,), activation="relu", blocks=(NORM,), exact=False),
        Layer("dense", (2,), activation="sigmoid"),
    ),
    "unknown function": (
        Layer("dense", (6,), activation="mish", exact=False),
        Layer("dense", (4,), activation="softmax"),
    ),
}
"""Layers after the inputs of networks that netviz cannot compute."""


def network(chain: str = "blocks first", shape: tuple[int, ...] = (3, 4, 4)) -> Network:
    """A chain behind inputs of a shape, with the layers before each and the shapes of all parameters."""
    layers = [Layer("input", shape)]
    for layer in CHAINS[chain]:
        shapes: dict[str, tuple[int, ...]] = {}
        if layer.is_dense:
            shapes = {"weights": (layers[-1].size, layer.size), "biases": (layer.size,)}
        if layer.blocks:
            shapes |= {"block_sizes": (len(layer.blocks),), "block_updates": (len(layer.blocks),)}
        layers.append(replace(layer, inputs=(len(layers) - 1,), parameters=shapes))
    return Network(tuple(layers))


def moment(of: Network, probes: int, step: int = 0, steps: int = 1, dtype: Any = np.float32) -> dict[str, Any]:
    """What a loop gives of a step: parameters and activations that go from random ones to others.

    The outputs of the probes come to name their classes, each its own number, in order.
    """
    random, part, after = np.random.default_rng(3), step / steps, of.layers[1:]

    def numbers(*shape: int) -> Any:
        first, last = random.normal(size=(2, *shape))
        return ((1 - part) * first + part * last).astype(dtype)

    sums = [numbers(before.size, layer.size) / 3 if layer.is_dense else None for before, layer in pairwise(of.layers)]
    given = [None if layer.exact else np.abs(numbers(probes, layer.size)) for layer in after]
    if given[-1] is not None:
        goal = np.eye(after[-1].size)[np.arange(probes) % after[-1].size]
        given[-1] = ((1 - part) * given[-1] + part * goal).astype(dtype)
    return {
        "weights": sums,
        "biases": [numbers(layer.size) if layer.is_dense else None for layer in after],
        "activations": given,
        "block_sizes": [np.abs(numbers(len(layer.blocks))) if layer.blocks else None for layer in after],
        "block_updates": [np.abs(numbers(len(layer.blocks))) / 100 if layer.blocks else None for layer in after],
    }


def recorder(of: Network, probes: int = 5, **more: Any) -> Recorder:
    """A recorder of a network, whose probes are of its classes in turn."""
    random, classes = np.random.default_rng(1), of.sizes[-1]
    arguments = {"targets": np.arange(probes) % classes, "classes": [f"class {index}" for index in range(classes)]}
    return Recorder(of, None, random.random((probes, of.sizes[0])), **(arguments | more))


def recorded(
    chain: str = "blocks first", shape: tuple[int, ...] = (3, 4, 4), steps: int = 12, probes: int = 5, **more: Any
) -> Recording:
    """A recorded run of so many steps, with losses that fall."""
    of = network(chain, shape)
    rec = recorder(of, probes, **more)
    for step in range(steps):
        rec.snap(2 / (1 + step), step=step, test_loss=3 / (1 + step), **moment(of, probes, step, steps - 1))
    return rec.recording()
