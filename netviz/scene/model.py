"""Parts of a scene that training depends on: network, data, training, schedule; and runs to compare."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, WithJsonSchema

from netviz.scene.messages import printable
from netviz.scene.types import (
    LONGEST_TEXT,
    FilePath,
    Grid,
    LayerSizes,
    Seed,
    Several,
    Text,
    Tuple,
    Vector,
)


class Part(BaseModel):
    """A part of a scene: unknown keys are mistakes, and nothing changes after it is made."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, serialize_by_alias=True
    )


# What a network learns from: examples, points of the plane, or a table.

Dataset = Literal["circle", "xor", "gauss", "spiral", "plane", "gauss-regression"]
Feature = Literal["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"]

COORDINATES: tuple[Feature, ...] = ("x1", "x2")
"""What the network is given of a point of the plane unless the scene says more."""
REGRESSIONS: tuple[Dataset, ...] = ("plane", "gauss-regression")


class Example(Part):
    """One training example: what goes in, and what should come out."""

    inputs: Vector
    """A list with one number for each input neuron; a number alone is a list of one."""
    target: Vector
    """What the outputs should be: a list with one number for each output neuron, or a number alone."""


class Data(Part):
    """What the network learns from: exactly one of examples, dataset and csv."""

    examples: Several[Example] | None = None
    """The examples; every cycle goes through all of them in this order."""
    dataset: Dataset | None = None
    """Points of the plane drawn at random as TensorFlow Playground draws them."""
    csv: FilePath | None = None
    """A table in a file of the scene's folder, its first row the names of its columns, all else numbers."""
    inputs: Tuple[Text] = ()
    """With csv: the columns that go into the network."""
    targets: Tuple[Text] = ()
    """With csv: the columns that should come out of it."""
    samples: Annotated[int, Field(ge=2, le=20_000)] | None = None
    """With dataset: how many points; 500, and 1,200 for plane and gauss-regression, as in Playground."""
    noise: Annotated[FiniteFloat, Field(ge=0, le=80)] = 0.0
    """With dataset: noise in per cent; Playground's slider goes from 0 to 50."""
    train_share: Annotated[FiniteFloat, Field(gt=0, le=1)] | None = None
    """Part of the data that is learned from, after shuffling; the rest is for testing. Without it all, with dataset
    half."""
    features: Several[Feature] | None = None
    """What the network is given of a point (x1, x2) of the plane; x1 and x2 unless given."""

    @property
    def total_count(self) -> int:
        """Examples in all, those for testing included."""
        if self.dataset is not None:
            return self.samples or (1200 if self.dataset in REGRESSIONS else 500)
        return len(self.examples or ())

    @property
    def train_count(self) -> int:
        """Examples that are learned from: the share of the whole, rounded down."""
        share = self.train_share or (0.5 if self.dataset is not None else 1.0)
        return int(self.total_count * Fraction(str(share)))


# Runs side by side: the same scene with some keys replaced in each, and which keys these may be.

FEWEST_RUNS, MOST_RUNS = 2, 4
AS_IT_IS = "as it is"
"""What a run is called that replaces nothing."""

_COMPARABLE = ("network.activation", "network.bias", "network.layers", "data.noise")
_MAY_SET = "a run may set training.* but training.cycles, network.activation, network.bias, network.layers, data.noise"

Replaced = Annotated[
    dict[str, Any],
    WithJsonSchema({"type": "object", "examples": ["{training.learning_rate: 0.1}"]}),
]


class Run(Part):
    """One of the runs that are shown side by side."""

    name: Text = ""
    """What stands over it; without it what it replaces: "learning rate 0.1"."""
    set: Replaced = Field(default_factory=dict)
    """Keys of the scene with this run's own values: {training.learning_rate: 0.1}. training.* but cycles,
    network.activation, network.bias, network.layers between inputs and outputs, data.noise."""

    @property
    def label(self) -> str:
        """Its name, or what it replaces."""
        return self.name or derived_name(self.set)


Runs = Annotated[
    tuple[Run, ...],
    Field(min_length=FEWEST_RUNS, max_length=MOST_RUNS),
    BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
]


def derived_name(values: Mapping[str, Any]) -> str:
    """What a run is called that replaces these values: "seed 2, with bias"."""
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
    """Why a key of the scene cannot be another in one of the runs; None if it can."""
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


Activation = Literal["sigmoid", "tanh", "relu", "linear", "softmax"]
Loss = Literal["squared_error", "cross_entropy"]
Regularization = Literal["none", "L1", "L2"]
InitialWeights = Literal["milo", "trask", "glorot", "he", "uniform", "normal", "playground", "zero"]

SHOWN, SHOWN_TOGETHER = 13, 60
"""Shown cycles of a film where nobody says how many; and where its examples are seen all together."""
MOST_BOUNDARIES = 8
"""Outputs whose answers a boundary panel can tell apart."""


class Network(Part):
    """Dense layers, one after the other."""

    layers: LayerSizes
    """Neurons in each layer, inputs first, outputs last: [3, 4, 1]."""
    activation: Activation | Tuple[Activation] = "sigmoid"
    """One for all layers after the inputs, or a list with one for each. softmax: last layer only."""
    bias: bool | Literal["fixed"] = False
    """Whether each neuron after the inputs has a bias: true (learned), false, or fixed (there, but not learned)."""
    bias_nodes: bool | None = None
    """Whether biases are drawn as nodes of their own; without it they are, in the style glow alone."""
    grid: Grid | None = None
    """Where the inputs are the pixels of a picture: its rows and columns, [28, 28]. They are drawn as that picture."""
    inputs: Tuple[Text] = ()
    """Names of the input neurons, drawn beside them."""
    outputs: Tuple[Text] = ()
    """Names of the output neurons, drawn beside them."""

    @property
    def activations(self) -> tuple[Activation, ...]:
        """The activation of every weight layer, one for each layer after the inputs."""
        if isinstance(self.activation, tuple):
            return self.activation
        return (self.activation,) * (len(self.layers) - 1)


class Training(Part):
    """How the network learns: plain gradient descent."""

    cycles: Annotated[int, Field(ge=1, le=100_000_000)] = 10_000
    """How many times the whole training set is gone through (epochs)."""
    learning_rate: Annotated[FiniteFloat, Field(gt=0)] = 1.0
    """How far the weights move along the gradient in one step."""
    batch: Annotated[int, Field(ge=1)] | Literal["full"] = 1
    """Examples in one step: 1 = after each example ("online"), n, or full = the whole set."""
    reduction: Literal["mean", "sum"] = "mean"
    """Whether a batch's gradients are averaged or added up."""
    last_batch: Literal["short", "carry"] = "short"
    """What becomes of a cycle's last examples where they are no whole batch. short: a smaller step is made with them;
    carry: their gradients are added to the first batch of the next cycle, as in TensorFlow Playground."""
    regularization: Regularization = "none"
    """L1: weights shrink by a fixed amount in each step, and one that crosses zero stays there; L2: in proportion."""
    regularization_rate: Annotated[FiniteFloat, Field(ge=0)] = 0.0
    """How strongly."""
    loss: Loss = "squared_error"
    """squared_error: half the squared distance to the target; cross_entropy: for sigmoid or softmax outputs."""
    seed: Seed = 1
    """Where the random numbers start, a whole number or a Playground seed such as "0.59704"; the same gives the same
    film."""
    initial_weights: InitialWeights | Several[Several[Vector]] = "glorot"
    """How the first weights are drawn: glorot, he, uniform, normal, zero; milo, trask, playground: the draws of those
    authors; or the weights themselves: for each layer after the inputs a list of rows, one row for each neuron before
    it, one number in it for each neuron of the layer."""
    initial_biases: Several[Vector] | None = None
    """The first biases: for each layer after the inputs one number, or a list with one for each neuron. Without it 0,
    and 0.1 with the weights of playground."""
    initial_scale: Annotated[FiniteFloat, Field(gt=0)] | None = None
    """uniform: weights from -scale to scale (default 1); normal: standard deviation (default 1)."""
    initial_skip: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Random numbers thrown away before the first weight: what an earlier network of the author's had taken."""


class Schedule(Part):
    """Which cycles the film shows: exactly one of the three."""

    cycles: Several[Annotated[int, Field(ge=1)]] | None = None
    """An explicit list of cycles, strictly increasing."""
    every: Annotated[int, Field(ge=1)] | None = None
    """Every n-th cycle."""
    frames: Annotated[int, Field(ge=1)] | Literal["beats"] | None = None
    """So many cycles, dense early and sparse later (geometric), the first 1, the last the end of training. beats: as
    many as the beats leave room for, which is the rule with sync."""


def is_planar(network: Network, data: Data) -> bool:
    """Whether the network's inputs come from the two coordinates of a point."""
    return data.dataset is not None or data.features is not None or network.layers[0] == 2
