"""Parts of a scene that training depends on: network, data, training, schedule; and runs to compare."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from math import prod
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, WithJsonSchema

from netviz.scene.messages import printable
from netviz.scene.types import (
    LONGEST_TEXT,
    FilePath,
    Grid,
    LayerSizes,
    Names,
    Seed,
    Several,
    Shorthand,
    Text,
    Tuple,
    Vector,
)


class Part(BaseModel):
    """Base class of all parts of a scene: frozen, strictly typed, and without unknown keys, which are mistakes."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, serialize_by_alias=True
    )


# Data: listed examples, points of the plane, or a table.

Dataset = Literal["circle", "xor", "gauss", "spiral", "moons", "blobs", "plane", "gauss-regression"]
Feature = Literal["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"]

Normalize = Literal["standard", "minmax"]

COORDINATES: tuple[Feature, ...] = ("x1", "x2")
"""Default features of a point of the plane: its two coordinates."""
REGRESSIONS: tuple[Dataset, ...] = ("plane", "gauss-regression")


class Example(Part):
    """One training example: input values and target values."""

    inputs: Vector
    """Input values: a list with one number for each input neuron; a number alone is a list of one."""
    target: Vector
    """Target values: a list with one number for each output neuron, or a number alone."""


class Data(Part):
    """Data that the network learns from: exactly one of examples, dataset, csv and arrays."""

    examples: Several[Example] | None = None
    """List of training examples; every cycle goes through all of them in this order."""
    dataset: Dataset | None = None
    """Synthetic data set: points of the plane, drawn at random as TensorFlow Playground draws them; and moons, two half
    circles that reach into each other, and blobs, clouds around a ring: one for each output, or two for one output.
    plane and gauss-regression are for regression, the others for classification."""
    csv: FilePath | None = None
    """CSV file in the scene's folder: a table whose first row names the columns. Rows that lack a value that is used
    are left out."""
    arrays: FilePath | None = None
    """NumPy file in the scene's folder, in place of a table: an .npz, each array of which has a row for each example,
    or an .npy, a table whose columns are called "0", "1" and so on. Objects (pickles) are never read."""
    inputs: Names = ()
    """With csv or arrays: names of the columns, or arrays, with the input values. Default: all of numbers but the
    targets."""
    targets: Names = ()
    """With csv or arrays: names of the columns, or arrays, with the target values. One column of texts, or of whole
    numbers where the network has an output for each, holds classes: in the order of network.outputs if those are their
    names, otherwise that of numbers or the alphabet. Of two classes with one output the second is 1."""
    samples: Annotated[int, Field(ge=2, le=20_000)] | None = None
    """With dataset: number of points. Default: 500, and 1,200 for plane and gauss-regression, as in Playground."""
    noise: Annotated[FiniteFloat, Field(ge=0, le=80)] = 0.0
    """With dataset: noise in per cent, 0 to 80; Playground's slider goes from 0 to 50."""
    train_share: Annotated[FiniteFloat, Field(gt=0, le=1)] | None = None
    """Share of the examples used for training, after shuffling, above 0 to 1; the rest is for testing. Default: 0.5
    with dataset, otherwise 1."""
    features: Several[Feature] | None = None
    """Features of a point (x1, x2) of the plane that are the network's inputs. Default: x1 and x2."""
    normalize: Normalize | None = None
    """Scaling of each input, or feature, by what the training examples have of it. standard: to mean 0 and standard
    deviation 1; minmax: to 0 to 1. The film's tables and sentences go on showing the values as they are given. Default:
    none."""

    @property
    def table(self) -> tuple[Literal["csv", "arrays"], str] | None:
        """The key that names a file with the examples in a table, and that file; None where no key does."""
        return ("csv", self.csv) if self.csv is not None else None if self.arrays is None else ("arrays", self.arrays)

    @property
    def total_count(self) -> int:
        """Number of examples, those for testing included."""
        if self.dataset is not None:
            return self.samples or (1200 if self.dataset in REGRESSIONS else 500)
        return len(self.examples or ())

    @property
    def train_count(self) -> int:
        """Number of training examples: `train_share` of all examples, rounded down."""
        share = self.train_share or (0.5 if self.dataset is not None else 1.0)
        return int(self.total_count * Fraction(str(share)))


MOST_COMBINATIONS, MOST_VALUES = 32, 4
"""Largest numbers of combinations of input values, and of values of one input, that are a small table with gaps."""


def missing_combination(data: Data) -> tuple[float, ...] | None:
    """The first combination of input values that no example has, where at least half of all combinations have one.

    None where there is none, and where the examples are no table of a few values, or some are kept for testing.
    """
    given = {tuple(example.inputs) for example in data.examples or ()}
    if not given or data.train_count < data.total_count:
        return None
    columns = [sorted(set(column)) for column in zip(*given, strict=True)]
    few = len(columns) > 1 and all(1 < len(values) <= MOST_VALUES for values in columns)
    total = prod(len(values) for values in columns)
    if not few or total > MOST_COMBINATIONS or 2 * len(given) < total:
        return None
    return next((values for values in product(*columns) if values not in given), None)


MOST_ANSWERED, MOST_CLASSES = 300, 12
"""Largest numbers of training examples, and of outputs, whose answers can be shown as dots all at once."""


def has_two_targets(data: Data) -> bool:
    """True if every target of the examples is one of two numbers, as in classification."""
    if data.dataset is not None:
        return data.dataset not in REGRESSIONS
    return len({value for example in data.examples or () for value in example.target}) == 2


# Comparison: runs side by side, each the same scene with some keys replaced, and the keys that may be replaced.

FEWEST_RUNS, MOST_RUNS = 2, 4
AS_IT_IS = "as it is"
"""Name of a run that replaces nothing."""

_COMPARABLE = ("network.activation", "network.bias", "network.layers", "data.noise")
_MAY_SET = "a run may set training.* but training.cycles, network.activation, network.bias, network.layers, data.noise"

Replaced = Annotated[
    dict[str, Any],
    WithJsonSchema({"type": "object", "examples": ["{training.learning_rate: 0.1}"]}),
]


class Run(Part):
    """One of the runs shown side by side."""

    name: Text = ""
    """Name of the run, drawn above it. Default: the values that it replaces, such as "learning rate 0.1"."""
    set: Replaced = Field(default_factory=dict)
    """Values of this run that replace the scene's, by key: {training.learning_rate: 0.1}. Allowed keys: those of
    training except training.cycles; network.activation; network.bias; network.layers between inputs and outputs;
    data.noise."""

    @property
    def label(self) -> str:
        """Name of the run, or its default name."""
        return self.name or derived_name(self.set)


Runs = Annotated[
    tuple[Run, ...],
    Field(min_length=FEWEST_RUNS, max_length=MOST_RUNS),
    BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
]


def derived_name(values: Mapping[str, Any]) -> str:
    """Return the default name of a run that replaces these values: "seed 2, with bias"."""
    text = ", ".join(_named(key, value) for key, value in values.items()) or AS_IT_IS
    return printable(text)[:LONGEST_TEXT]


def _named(key: str, value: Any) -> str:
    word = key.rpartition(".")[2].replace("_", " ")
    if key == "network.bias" and isinstance(value, bool):
        return f"{'with' if value else 'without'} bias"
    if isinstance(value, list) and key == "network.layers":
        return f"{word} {'-'.join(map(str, value))}"
    if isinstance(value, list):
        return f"{word} {', '.join(map(str, value))}"
    return f"{word} {str(value).lower() if isinstance(value, bool) else value}"


def refused(key: str) -> str | None:
    """Return the reason why a run cannot replace a key of the scene, or None if it can."""
    part, _, inner = key.partition(".")
    if key in _COMPARABLE or key.startswith(("network.activation.", "network.layers.")):
        return None
    if part == "training" and inner and inner != "cycles":
        return None
    if key in ("network", "data", "training"):
        return f"replaces all of {key}; give its keys one by one, such as training.learning_rate"
    if key == "training.cycles" or part in ("schedule", "shots", "audio", "duration", "sync", "captions", "story"):
        why = "all runs share one clock, so what is shown when is the same for all"
    elif part == "data":
        why = "the same examples are presented to all runs"
    elif part == "compare":
        why = "a run is not compared in itself"
    else:
        why = "all runs share one picture, so its looks are the same for all"
    return f"{why}; {_MAY_SET}"


Activation = Literal["sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "swish", "linear", "softmax"]
Loss = Literal["squared_error", "cross_entropy"]
Regularization = Literal["none", "L1", "L2"]
OptimizerName = Literal["sgd", "momentum", "adam"]
InitialWeights = Literal["milo", "trask", "glorot", "he", "uniform", "normal", "playground", "zero"]

SHOWN, SHOWN_TOGETHER, SHOWN_IN_TURN = 13, 60, 9
"""Default number of shown cycles, for examples shown one by one and for examples shown all together; and of a run that
netviz did not train, of whose pictures each cycle shows a few in turn."""
MOST_BOUNDARIES = 8
"""Largest number of outputs that a boundary panel can show in distinct colours."""


class NetworkLook(Part):
    """Parts of a network's picture besides neurons and synapses: names, a grid, nodes for biases."""

    bias_nodes: bool | None = None
    """Draw biases as nodes of their own. Default: true in the style glow, otherwise false."""
    grid: Grid | None = None
    """Rows and columns of the picture whose pixels are the inputs: [28, 28]. The inputs are drawn as that picture.
    Default: none; of a run that netviz did not train a square one, where its examples are seen to be pictures."""
    inputs: Tuple[Text] = ()
    """Names of the input neurons, drawn beside them."""
    hidden: Tuple[Tuple[Text]] = ()
    """Names of the hidden neurons, drawn below or beside them where there is room: for each hidden layer a list with
    one for each neuron, or [] for a layer without names."""
    outputs: Tuple[Text] = ()
    """Names of the output neurons, drawn beside them."""

    def names_of(self, layer: int, last: int) -> tuple[str, ...]:
        """Names of a layer's neurons, of which the last layer has the number `last`; () without any."""
        if layer in (0, last):
            return self.inputs if layer == 0 else self.outputs
        return self.hidden[layer - 1] if layer <= len(self.hidden) else ()


class _Layers(Part):
    """Keys of a network that its training depends on."""

    layers: LayerSizes
    """Number of neurons in each layer, inputs first, outputs last: [3, 4, 1]."""
    activation: Activation | Tuple[Activation] = "sigmoid"
    """Activation function of all layers after the inputs, or a list with one for each. Where a table has classes, a
    name alone is not for the last layer, which then has softmax, or sigmoid with one output. leaky_relu: a hundredth of
    the sum where that is negative; elu: e^z - 1 there; gelu: z times the share of a standard normal distribution that
    lies below z; swish: z times its sigmoid; softmax: last layer only."""
    bias: bool | Literal["fixed"] = False
    """Biases of the neurons after the inputs: true (learned), false (none), or fixed (present, but not learned)."""


class Network(NetworkLook, _Layers):  # keys come in the order of the bases, the last first
    """The network: dense layers, one after the other."""

    @property
    def activations(self) -> tuple[Activation, ...]:
        """Activation function of each layer after the inputs."""
        if isinstance(self.activation, tuple):
            return self.activation
        return (self.activation,) * (len(self.layers) - 1)


class Optimizer(Part):
    """Optimizer: the rule that makes a step of the weights from a gradient. A name alone is the same as {name: ...}."""

    name: OptimizerName = "sgd"
    """Rule of a step. sgd: learning rate times gradient; momentum: learning rate times velocity, which keeps a share of
    itself and adds each gradient; adam: learning rate times the gradients' running mean, divided by the root of their
    running mean square, each corrected for its start at zero."""
    momentum: Annotated[FiniteFloat, Field(ge=0, lt=1)] = 0.9
    """For momentum: share of the velocity that a step keeps."""
    beta1: Annotated[FiniteFloat, Field(ge=0, lt=1)] = 0.9
    """For adam: share that the running mean of gradients keeps in a step."""
    beta2: Annotated[FiniteFloat, Field(ge=0, lt=1)] = 0.999
    """For adam: share that the running mean of squared gradients keeps in a step."""
    epsilon: Annotated[FiniteFloat, Field(gt=0)] = 1e-8
    """For adam: number added to the root, so that nothing is divided by zero."""


OptimizerOrName = Annotated[Optimizer, Shorthand("name", (("enum", [*get_args(OptimizerName)]),))]
OPTIMIZER_KEYS: dict[OptimizerName, tuple[str, ...]] = {
    "sgd": (),
    "momentum": ("momentum",),
    "adam": ("beta1", "beta2", "epsilon"),
}
"""Keys that each optimizer has besides its name."""


class Training(Part):
    """The training: gradient descent."""

    cycles: Annotated[int, Field(ge=1, le=100_000_000)] = 10_000
    """Number of passes through the whole training set (epochs)."""
    learning_rate: Annotated[FiniteFloat, Field(gt=0)] = 1.0
    """Learning rate: factor of the gradient in one step of the weights."""
    optimizer: OptimizerOrName = Optimizer()
    """Optimizer: sgd (plain gradient descent), momentum or adam, or a mapping with a name and its own settings."""
    batch: Annotated[int, Field(ge=1)] | Literal["full"] = 1
    """Number of examples in one step: 1 (a step after each example, "online"), n, or full (the whole set)."""
    reduction: Literal["mean", "sum"] = "mean"
    """Combination of a batch's gradients: mean or sum."""
    last_batch: Literal["short", "carry"] = "short"
    """Use of a cycle's last examples if they do not fill a batch. short: a smaller step is made with them; carry: their
    gradients are added to the first batch of the next cycle, as in TensorFlow Playground."""
    regularization: Regularization = "none"
    """Penalty on large weights. L1: weights shrink by a fixed amount in each step, and one that crosses zero stays
    there; L2: weights shrink in proportion to their size."""
    regularization_rate: Annotated[FiniteFloat, Field(ge=0)] = 0.0
    """Strength of the regularization."""
    loss: Loss = "squared_error"
    """Loss function. squared_error: half the squared distance to the target; cross_entropy: for sigmoid or softmax
    outputs, and the default where a table has classes."""
    seed: Seed = 1
    """Seed of the random numbers: a whole number, or a Playground seed such as "0.59704". The same seed gives the same
    film."""
    initial_weights: InitialWeights | Several[Several[Vector]] = "glorot"
    """Initial weights. glorot, he, uniform, normal, zero: by that rule; milo, trask, playground: as those authors draw
    them; or the weights themselves: for each layer after the inputs a list of rows, one row for each neuron of the
    layer before, with one number for each neuron of the layer."""
    initial_biases: Several[Vector] | None = None
    """Initial biases: for each layer after the inputs one number, or a list with one for each neuron. Default: 0, and
    0.1 with the initial weights of playground."""
    initial_scale: Annotated[FiniteFloat, Field(gt=0)] | None = None
    """Scale of the initial weights. uniform: from -scale to scale (default 1); normal: standard deviation (default
    1)."""
    initial_skip: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Number of random numbers skipped before the first weight, such as those an earlier network of the author used."""


class Schedule(Part):
    """Choice of the cycles that the film shows: exactly one of the three keys."""

    cycles: Several[Annotated[int, Field(ge=1)]] | None = None
    """List of the shown cycles, strictly increasing."""
    every: Annotated[int, Field(ge=1)] | None = None
    """Interval of the shown cycles: every n-th cycle is shown."""
    frames: Annotated[int, Field(ge=1)] | Literal["beats"] | None = None
    """Number of shown cycles, dense early and sparse later (geometric), the first 1, the last the end of training.
    beats: as many as the beats leave time for, which is the default with sync."""


def is_planar(network: Network, data: Data) -> bool:
    """Return whether the network's inputs come from the two coordinates of a point of the plane."""
    return data.dataset is not None or data.features is not None or network.layers[0] == 2
