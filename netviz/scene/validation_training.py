"""Validation of data and training: by themselves, and against each other, the network and the loss."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from netviz.scene.model import COORDINATES, OPTIMIZER_KEYS, Data, Network, Optimizer, Training

FROM_ANY_SEED = ("playground", "zero")
"""Initial weights whose seed may be a text: those from Playground's generator, or without random numbers."""


def training_alone(training: Training) -> Iterator[Mistake]:
    """Find keys of the training that need each other."""
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
    optimizer = training.optimizer
    for name, keys in OPTIMIZER_KEYS.items():
        for key in keys if name != optimizer.name else ():
            if getattr(optimizer, key) != Optimizer.model_fields[key].default:
                yield ("training", "optimizer", key), f"is of {name}; here the optimizer is {optimizer.name}"
    if training.regularization == "none" and training.regularization_rate > 0:
        yield (
            ("training", "regularization_rate"),
            f"{training.regularization_rate:g} of no regularization; set regularization to L1 or L2",
        )


def training_and_network(training: Training, network: Network) -> Iterator[Mistake]:
    """Find a loss that does not suit the outputs, and initial weights and biases that do not fit the network's
    shape."""
    of_outputs = network.activations[-1] if network.activations else "sigmoid"  # an empty list is told of by itself
    if training.loss == "cross_entropy" and of_outputs not in ("sigmoid", "softmax"):
        yield (
            ("training", "loss"),
            f"cross_entropy needs sigmoid or softmax outputs, not {of_outputs}",
        )
    yield from _weights(training, network)
    yield from _biases(training, network)


def _weights(training: Training, network: Network) -> Iterator[Mistake]:
    matrices, expected = training.initial_weights, len(network.layers) - 1
    if isinstance(matrices, str):
        return
    if len(matrices) != expected:
        given = "1 matrix" if len(matrices) == 1 else f"{len(matrices)} matrices"
        yield (
            ("training", "initial_weights"),
            f"{given} for {count(expected, 'layer')} after the inputs (network.layers: {list(network.layers)}); "
            f"give {expected}",
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


# Data: mistakes in the data by themselves, for the network, and for the loss.

SOURCES = ("examples", "dataset", "csv", "arrays")


def data_alone(data: Data) -> Iterator[Mistake]:
    """Find keys of the data that exclude or need each other."""
    given = [key for key in SOURCES if getattr(data, key) is not None]
    if len(given) != 1:
        yield ("data",), f"give exactly one of {', '.join(SOURCES)}; got {' and '.join(given) or 'none'}"
    if data.dataset is None and given:
        for key in ("samples", "noise"):
            if getattr(data, key):
                yield ("data", key), f"is only for a dataset; here the data are from {given[0]}"
    if data.table is None and given:
        for key in ("inputs", "targets"):
            if getattr(data, key):
                yield ("data", key), f"names columns of csv or arrays; here the data are from {given[0]}"
    if data.total_count and data.train_count < 1:
        yield (
            ("data", "train_share"),
            f"{data.train_share:g} of {count(data.total_count, 'example')} leaves none to learn from",
        )
    features = data.features or ()
    for index, feature in enumerate(features):
        if feature in features[:index]:
            yield ("data", "features", index), f"'{feature}' stands there already; name each feature once"


def data_and_network(data: Data, network: Network) -> Iterator[Mistake]:
    """Find layers that do not fit the data."""
    if data.dataset is not None or data.features is not None:
        yield from _features(data, network)
    if data.dataset not in (None, "blobs") and network.layers[-1] != 1:
        yield (
            ("network", "layers", len(network.layers) - 1),
            f"{count(network.layers[-1], 'output')}, but each point of {data.dataset} has one target; write 1",
        )
    if data.csv is not None:
        if data.inputs and data.features is None and len(data.inputs) != network.layers[0]:
            yield ("data", "inputs"), misfit(count(len(data.inputs), "column"), network, 0)
        if len(data.targets) > 1 and len(data.targets) != network.layers[-1]:  # one may have classes
            yield ("data", "targets"), misfit(count(len(data.targets), "column"), network, -1)
    expected = network.layers[0] if data.features is None else 2
    examples = data.examples or ()
    none_on_plane = data.features is not None and all(len(example.inputs) != 2 for example in examples)
    for index, example in enumerate(examples):
        if len(example.inputs) != expected and not none_on_plane:
            given = count(len(example.inputs), "value")
            message = misfit(given, network, 0) if data.features is None else f"{given}, but {ON_THE_PLANE}"
            yield ("data", "examples", index, "inputs"), message
        if len(example.target) != network.layers[-1]:
            yield ("data", "examples", index, "target"), misfit(count(len(example.target), "value"), network, -1)


def _features(data: Data, network: Network) -> Iterator[Mistake]:
    features = data.features or COORDINATES
    if network.layers[0] != len(features):
        hint = "" if data.features else "; data.features gives it others"
        yield (
            ("network", "layers", 0),
            f"{count(network.layers[0], 'input')}, but the network is given {count(len(features), 'feature')} of a "
            f"point of the plane ({', '.join(features)}); write {len(features)}{hint}",
        )
    others = [data.inputs] if data.csv is not None and data.inputs else [e.inputs for e in data.examples or ()]
    if others and all(len(inputs) != 2 for inputs in others):
        key, what = ("inputs", "column") if data.csv is not None else ("features", "value")
        yield (
            ("data", key),
            f"features are taken of a point of the plane, which has 2 inputs (x1 and x2); here are "
            f"{count(len(others[0]), what)}",
        )


def data_and_loss(data: Data, training: Training, network: Network | None) -> Iterator[Mistake]:
    """Find targets that the loss cannot measure."""
    if training.loss != "cross_entropy":
        return
    if data.dataset == "blobs":
        if network is not None and network.layers[-1] == 1:
            yield (
                ("training", "loss"),
                "cross_entropy needs targets between 0 and 1, and with one output those of blobs are -1 and 1; use "
                "squared_error, or an output for each cloud",
            )
    elif data.dataset is not None:
        yield (
            ("training", "loss"),
            "cross_entropy needs targets between 0 and 1, and those of a dataset go from -1 to 1; use squared_error",
        )
    for index, example in enumerate(data.examples or ()):
        if not all(0 <= target <= 1 for target in example.target):
            yield ("data", "examples", index, "target"), "cross_entropy needs targets between 0 and 1"


# Mistakes: their type, and wording that the validation modules share.

Path = tuple[str | int, ...]
Mistake = tuple[Path, str]
"""Path of a value, and a message that says what is wrong with it and what would be right."""

ON_THE_PLANE = "a point of the plane has 2, x1 and x2"


def count(number: int, singular: str) -> str:
    """Format a number of things: 1 value, 2 values."""
    return f"{number:,} {singular}{'' if number == 1 else 's'}"


def misfit(what: str, network: Network, layer: int) -> str:
    """Describe a number of things (`what`) that differs from the neurons of the first (0) or last (-1) layer."""
    return (
        f"{what}, but the {'last' if layer else 'first'} layer has {count(network.layers[layer], 'neuron')} "
        f"(network.layers: {list(network.layers)})"
    )
