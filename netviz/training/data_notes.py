"""Notes on a scene's data: values that its first layer can hardly take, and targets that its outputs cannot give, or
that the hidden neurons cannot learn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import inf, prod

import numpy as np

from netviz.recording.layers import Floats, network_inputs
from netviz.scene.messages import printable
from netviz.scene.model import COORDINATES
from netviz.scene.overrides import run_scenes
from netviz.scene.scene import Scene
from netviz.scene.validation_training import count
from netviz.training.data import examples_of, features_of, normalization_of
from netviz.training.initializers import initial_parameters

FAR = {"sigmoid": 4.36, "tanh": 2.18}
"""Weighted sums beyond which a neuron's slope is under a twentieth of its steepest, so that it hardly learns."""
FAR_FOR_OTHERS = 10.0
"""The same for functions without such ends, whose steps then overshoot."""
MOSTLY = 0.5
"""Share of the sums beyond it from which it is told. Measured: networks with that many at first learn the kinds of iris
in 67 to 73 of 100 examples, where they learn 97 of normalised ones; with a fifth, they learn 87."""
LARGE_TARGETS, LARGE_STEPS, NEVER_LARGE = 50.0, 0.5, 10.0
"""Root mean square of targets from which hidden neurons with ends (`FAR`) are driven there; and of targets times the
learning rate from which others overshoot, where targets are no smaller than the last. Measured with rents and counts at
rates from 1e-6 to 0.1: beyond it errors stay two to five times those of divided targets, or training diverges."""
_MOST_PRODUCTS, _MOST_ASKED = 20_000_000, 1_000
_MOST_NAMED = 3
_RANGES = {
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, inf),
    "elu": (-1.0, inf),
    "gelu": (-0.17, inf),
    "swish": (-0.279, inf),
}
"""Ranges of outputs; others give any number."""
_ROUNDING = 1e-9
"""Difference of a sum of targets from 1 that is none."""


def data_notes(scene: Scene) -> Iterator[str]:
    """Notes for the user on the data of a scene, one line each: what hinders its learning, and what would help."""
    runs = run_scenes(scene) if scene.compare is not None else (scene,)
    for notes in (_constant_inputs, _far_values, _unreachable_targets, _large_targets, _missing_biases):
        yield from [note for run in runs for note in notes(run)][:1]


def _names(scene: Scene) -> Sequence[str]:
    """Names of the inputs in messages: the name of a column or feature, or a number."""
    features = scene.data.features or (COORDINATES if scene.data.dataset is not None else ())
    what, names = ("feature", features) if features else ("input", scene.network.inputs)
    numbers = range(1, scene.network.layers[0] + 1)
    return [
        f"{what} '{printable(name)}'" if name else f"{what} {number}"
        for name, number in zip(names or [""] * len(numbers), numbers, strict=True)
    ]


def _constant_inputs(scene: Scene) -> Iterator[str]:
    """Inputs that are the same in all training examples, of which normalising leaves zeros."""
    values = network_inputs(features_of(scene), examples_of(scene).given)
    constant = np.flatnonzero((values == values[0]).all(axis=0)).tolist()
    if scene.data.normalize is None or not constant or len(values) == 1:
        return
    names, more = _names(scene), len(constant) - _MOST_NAMED
    listed = ", ".join(f"{names[index]} ({values[0, index]:g})" for index in constant[:_MOST_NAMED])
    listed += f" and {more:,} more are" if more > 0 else " is" if len(constant) == 1 else " are"
    message = "the same in all training examples, and so only shifted: of it the network is given 0"
    yield f"data.normalize: {listed} {message}"


def _far_values(scene: Scene) -> Iterator[str]:
    """Inputs so far from zero that most neurons of the first layer hardly learn; normalised they would be nearer."""
    examples, activation = examples_of(scene), scene.network.activations[0]
    if sum(map(prod, pairwise(scene.network.layers))) > _MOST_PRODUCTS:
        return
    weights, biases = (each[0] for each in initial_parameters(scene))
    rows = max(1, min(len(examples.inputs), _MOST_ASKED, _MOST_PRODUCTS // weights.size))
    chosen = np.linspace(0, len(examples.inputs) - 1, rows).round().astype(int)
    limit = FAR.get(activation, FAR_FOR_OTHERS)

    def share(inputs: Floats) -> float:
        return float((np.abs(inputs @ weights + biases) > limit).mean())

    with np.errstate(all="ignore"):
        inputs = examples.inputs[chosen]
        far = share(inputs)
        values = network_inputs(features_of(scene), examples.given)
        scaling = normalization_of("standard", values)
        if far < MOSTLY or share(network_inputs(None, values[chosen], scaling)) > far / 2:
            return
        largest = np.abs(inputs).max(axis=0) * np.abs(weights).max(axis=1)
    index = int(largest.argmax())
    low, high = values[:, index].min(), values[:, index].max()
    goes = f"goes from {low:g} to {high:g}" if low < high else f"is {low:g}"
    yield (
        f"data: {_names(scene)[index]} {goes}, far from 0 for {activation} neurons: before the first cycle "
        f"{100 * far:.0f} % of the first layer's weighted sums lie beyond {limit:g}, where they hardly learn; "
        "data.normalize: standard helps"
    )


def _unreachable_targets(scene: Scene) -> Iterator[str]:
    """Targets that the outputs' function cannot give: no learning comes to them."""
    activation, data, examples = scene.network.activations[-1], scene.data, examples_of(scene)
    if activation not in _RANGES:
        return
    if data.examples is None:
        targets = np.concatenate([examples.targets, examples.test_targets])
    else:  # in the order of the file
        targets = np.array([example.target for example in data.examples], dtype=np.float64)
    low, high = _RANGES[activation]
    outside = (targets < low) | (targets > high)
    wrong = outside.any(axis=1)
    if wrong.any():
        first = int(wrong.argmax())
        what = f"has the target {targets[first][outside[first].argmax()]:g}, and {activation} outputs give "
        what += f"{low:g} to {high:g}" if high < inf else f"{low:g} or more"
        right = "take tanh or linear outputs" if data.dataset else "give targets in that range, or take linear outputs"
    else:
        wrong = np.abs(targets.sum(axis=1) - 1) > _ROUNDING
        if activation != "softmax" or not wrong.any():
            return
        first = int(wrong.argmax())
        what = f"has targets that add up to {targets[first].sum():g}, and softmax outputs always add up to 1"
        right = "give 1 for the right class and 0 for all others, or take sigmoid outputs"
    which = f"example {first + 1}" if data.examples is not None else f"a point of {data.dataset}"
    of = f"{int(wrong.sum()):,} of {count(len(targets), 'example')}"
    yield f"data: {which} {what}: {of} cannot be answered right; {right}"


def _large_targets(scene: Scene) -> Iterator[str]:
    """Targets so large that the errors they make drive the hidden neurons out of the range in which they learn."""
    activations, training = scene.network.activations, scene.training
    if activations[-1] != "linear" or len(activations) == 1 or training.optimizer.name == "adam":
        return
    targets = examples_of(scene).targets
    with np.errstate(all="ignore"):
        size = float(np.sqrt((targets**2).mean(axis=0)).max())
    bounded = next((each for each in activations[:-1] if each in FAR), None)
    if not (size > LARGE_TARGETS if bounded else size > NEVER_LARGE and size * training.learning_rate > LARGE_STEPS):
        return
    which = f" of '{printable(scene.network.outputs[0])}'" if len(scene.network.outputs) == 1 else ""
    why = (
        f"such errors drive hidden {bounded} neurons to their ends, where they hardly learn"
        if bounded
        else f"with a training.learning_rate of {training.learning_rate:g} such errors make steps that overshoot"
    )
    divisor = 10.0 ** np.floor(np.log10(np.abs(targets).max()))
    yield (
        f"data: the targets{which} go from {targets.min():g} to {targets.max():g}, and {why}; "
        f"divide them by {divisor:g}"
    )


def _missing_biases(scene: Scene) -> Iterator[str]:
    """Targets far from zero of a network that, without biases, answers zero to the mean of its inputs."""
    network, data = scene.network, scene.data
    if network.bias or data.normalize != "standard" or not {*network.activations} <= {"tanh", "linear"}:
        return
    targets = examples_of(scene).targets
    mean, spread = targets.mean(axis=0), targets.std(axis=0)
    far = np.abs(mean) > spread
    if far.any():
        yield (
            f"network.bias: without biases the network answers 0 to the mean of its inputs, and the targets are "
            f"{mean[far.argmax()]:g} on average; network.bias: true helps"
        )
