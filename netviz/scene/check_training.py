"""What is wrong with how a network is trained: by itself, and for that network."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from netviz.scene.mistake import Mistake, count
from netviz.scene.spec import Network, Training

FROM_ANY_SEED = ("playground", "zero")
"""First weights that a text may be the seed of: those that come from Playground's generator, or from none."""


def training_alone(training: Training) -> Iterator[Mistake]:
    """Keys of the training that need each other."""
    weights = training.initial_weights
    named = f"{weights} weights" if isinstance(weights, str) else "weights that are given"
    if training.initial_scale is not None and weights not in ("uniform", "normal"):
        yield ("training", "initial_scale"), f"{named} have no scale to choose; uniform and normal have"
    if training.initial_skip and (not isinstance(weights, str) or weights == "zero"):
        yield ("training", "initial_skip"), f"{named} take no random numbers: there are none to skip"
    if isinstance(training.seed, str) and isinstance(weights, str) and weights not in FROM_ANY_SEED:
        yield (
            ("training", "seed"),
            f"{named} need a whole number as seed; a text is one for weights of playground or zero, or given ones",
        )
    if training.regularization == "none" and training.regularization_rate > 0:
        yield (
            ("training", "regularization_rate"),
            f"{training.regularization_rate:g} of no regularization; set regularization to L1 or L2",
        )


def training_and_network(training: Training, network: Network) -> Iterator[Mistake]:
    """A loss the outputs do not suit; first weights and biases of another shape than the network's."""
    if training.loss == "cross_entropy" and network.activations[-1] not in ("sigmoid", "softmax"):
        yield (
            ("training", "loss"),
            f"cross_entropy needs sigmoid or softmax outputs, not {network.activations[-1]}",
        )
    yield from _weights(training, network)
    yield from _biases(training, network)


def _weights(training: Training, network: Network) -> Iterator[Mistake]:
    matrices, wanted = training.initial_weights, len(network.layers) - 1
    if isinstance(matrices, str):
        return
    if len(matrices) != wanted:
        given = "1 matrix" if len(matrices) == 1 else f"{len(matrices)} matrices"
        yield (
            ("training", "initial_weights"),
            f"{given} for {count(wanted, 'layer')} after the inputs (network.layers: {list(network.layers)}); "
            f"give {wanted}",
        )
        return
    for layer, (matrix, (before, after)) in enumerate(zip(matrices, pairwise(network.layers), strict=True)):
        widths = {len(row) for row in matrix}
        if len(matrix) == before and widths == {after}:
            continue
        width = str(widths.pop()) if len(widths) == 1 else " or ".join(map(str, sorted(widths)))
        yield (
            ("training", "initial_weights", layer),
            f"{count(len(matrix), 'row')} of {width}, but layer {layer + 1} with {count(before, 'neuron')} and layer "
            f"{layer + 2} with {after} need {count(before, 'row')} of {after}: one row for each neuron before, one "
            "number in it for each neuron after",
        )


def _biases(training: Training, network: Network) -> Iterator[Mistake]:
    vectors, sizes = training.initial_biases, network.layers[1:]
    if vectors is None:
        return
    if not network.bias:
        yield (
            ("training", "initial_biases"),
            "the network has no biases; set network.bias to true, or to fixed if they are not to be learned",
        )
    elif len(vectors) != len(sizes):
        yield (
            ("training", "initial_biases"),
            f"biases of {count(len(vectors), 'layer')}, but {len(sizes)} come after the inputs (network.layers: "
            f"{list(network.layers)}); give a number, or a list, for each",
        )
    else:
        for layer, (vector, size) in enumerate(zip(vectors, sizes, strict=True)):
            if len(vector) not in (1, size):
                yield (
                    ("training", "initial_biases", layer),
                    f"{len(vector)} biases for {count(size, 'neuron')} of layer {layer + 2}; give {size}, or one "
                    "number for all of them",
                )
