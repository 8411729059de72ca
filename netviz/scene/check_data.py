"""What is wrong with a scene's data: by itself, for its network, for the loss."""

from __future__ import annotations

from collections.abc import Iterator

from netviz.scene.data import COORDINATES, Data
from netviz.scene.mistake import ON_THE_PLANE, Mistake, count, misfit
from netviz.scene.spec import Network, Training

SOURCES = ("examples", "dataset", "csv")


def data_alone(data: Data) -> Iterator[Mistake]:
    """Keys of the data that exclude or need each other."""
    given = [key for key in SOURCES if getattr(data, key) is not None]
    if len(given) != 1:
        yield ("data",), f"give exactly one of {', '.join(SOURCES)}; got {' and '.join(given) or 'none'}"
    if data.dataset is None and given:
        for key in ("samples", "noise"):
            if getattr(data, key):
                yield ("data", key), f"is only for a dataset; here the data are from {given[0]}"
    if data.csv is None and given:
        for key in ("inputs", "targets"):
            if getattr(data, key):
                yield ("data", key), f"names columns of a csv; here the data are from {given[0]}"
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
    """Layers that do not fit the data."""
    if data.dataset is not None or data.features is not None:
        yield from _features(data, network)
    if data.dataset is not None and network.layers[-1] != 1:
        yield (
            ("network", "layers", len(network.layers) - 1),
            f"{count(network.layers[-1], 'output')}, but each point of a dataset has one target; write 1",
        )
    if data.csv is not None:
        if data.inputs and data.features is None and len(data.inputs) != network.layers[0]:
            yield ("data", "inputs"), misfit(count(len(data.inputs), "column"), network, 0)
        if data.targets and len(data.targets) != network.layers[-1]:
            yield ("data", "targets"), misfit(count(len(data.targets), "column"), network, -1)
    wanted = network.layers[0] if data.features is None else 2
    examples = data.examples or ()
    nowhere_two = data.features is not None and all(len(example.inputs) != 2 for example in examples)
    for index, example in enumerate(examples):
        if len(example.inputs) != wanted and not nowhere_two:
            given = count(len(example.inputs), "value")
            told = misfit(given, network, 0) if data.features is None else f"{given}, but {ON_THE_PLANE}"
            yield ("data", "examples", index, "inputs"), told
        if len(example.target) != network.layers[-1]:
            yield ("data", "examples", index, "target"), misfit(count(len(example.target), "value"), network, -1)


def _features(data: Data, network: Network) -> Iterator[Mistake]:
    features = data.features or COORDINATES
    if network.layers[0] != len(features):
        told = "" if data.features else "; data.features gives it others"
        yield (
            ("network", "layers", 0),
            f"{count(network.layers[0], 'input')}, but the network is given {count(len(features), 'feature')} of a "
            f"point of the plane ({', '.join(features)}); write {len(features)}{told}",
        )
    others = [data.inputs] if data.csv is not None and data.inputs else [e.inputs for e in data.examples or ()]
    if others and all(len(inputs) != 2 for inputs in others):
        key, what = ("inputs", "column") if data.csv is not None else ("features", "value")
        yield (
            ("data", key),
            f"features are taken of a point of the plane, which has 2 inputs (x1 and x2); here are "
            f"{count(len(others[0]), what)}",
        )


def data_and_loss(data: Data, training: Training) -> Iterator[Mistake]:
    """Targets the loss cannot measure."""
    if training.loss != "cross_entropy":
        return
    if data.dataset is not None:
        yield (
            ("training", "loss"),
            "cross_entropy needs targets between 0 and 1, and those of a dataset go from -1 to 1; use squared_error",
        )
    for index, example in enumerate(data.examples or ()):
        if not all(0 <= target <= 1 for target in example.target):
            yield ("data", "examples", index, "target"), "cross_entropy needs targets between 0 and 1"
