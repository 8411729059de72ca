"""Outline: what a film is planned and laid out with of a training run, before the run exists."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from netviz.scene.model import (
    COORDINATES,
    Data,
    Network,
    Optimizer,
    Schedule,
    Training,
    has_two_targets,
    is_planar,
)
from netviz.scene.types import geometric_cycles

Values = tuple[float, ...]
FirstWeights = Literal["given", "zero", "random"]
FEWEST_CLASSES = 3
"""Fewest outputs of which each stands for a class."""


@dataclass(frozen=True)
class Outline:
    """A training run as far as it is known beforehand: its network, its examples, and the steps that a film shows.

    layers: number of neurons in each layer, inputs first. activations: of each layer after the inputs. bias: whether
    those have biases, and learn them; "fixed": they have them and do not. loss: the loss function, None: not known.
    examples: number of the training examples, those that the film presents. tests: number of those for testing. more:
    number of others, which are only drawn in the plane. inputs, targets: of all examples in the order in which they are
    listed, those for testing among them; None where they are points of a data set, or what is not shown of them,
    too many to be listed.
    has_two_targets: whether every target is one of two numbers. is_planar: whether the inputs come from the two
    coordinates of a point of the plane. is_one_hot: whether targets that are not listed name classes. features: the
    functions of coordinates that are the inputs; None where the inputs are taken as they are given. first_step,
    last_step: of the run, in its unit. shown_steps: those that the film shows, increasing; None while they follow from
    beats that are not found yet. unit: what a step is called. learning_rate, optimizer: the rule of gradient descent by
    which it learns; None: by another, or not known. first_weights: how the
    run begins; None: it is not known. names: of the examples that the film presents; () where they have none. curves:
    names of the recorded curves. is_own: whether netviz trains it, and so knows how. diverged: the step in which its
    numbers ran out of range. has_targets: whether it is known what the outputs ought to be; has_errors: whether the
    errors are known that run back through the network. is_exact: whether netviz can compute what the network gives;
    otherwise it is known of the presented examples alone, and no plane is shown. blocks: layers that are summarised as
    blocks, by their number, the inputs 0: no weights of theirs are known.
    """

    layers: tuple[int, ...]
    activations: tuple[str, ...]
    bias: bool | Literal["fixed"]
    loss: str | None
    examples: int
    tests: int
    inputs: tuple[Values, ...] | None
    targets: tuple[Values, ...] | None
    has_two_targets: bool
    is_planar: bool
    features: tuple[str, ...] | None
    last_step: int
    shown_steps: tuple[int, ...] | None
    first_step: int = 0
    unit: str = "cycle"
    learning_rate: float | None = None
    optimizer: Optimizer | None = None
    first_weights: FirstWeights | None = None
    more: int = 0
    names: tuple[str, ...] = ()
    curves: tuple[str, ...] = ("error", "loss")
    is_own: bool = True
    diverged: int | None = None
    has_targets: bool = True
    has_errors: bool = True
    is_exact: bool = True
    blocks: tuple[int, ...] = ()
    is_one_hot: bool = False

    @property
    def is_dense(self) -> bool:
        """True if all layers after the inputs are dense, so that each has weights."""
        return not self.blocks

    @property
    def synapses(self) -> int:
        """Number of all weights that are drawn as synapses."""
        pairs = enumerate(pairwise(self.layers), start=1)
        return sum(before * after for layer, (before, after) in pairs if layer not in self.blocks)

    @property
    def is_listed(self) -> bool:
        """True if the examples are listed one by one, and not points of a data set or numbers too many to be listed."""
        return self.inputs is not None

    @property
    def has_classes(self) -> bool:
        """True if the targets name classes: of three outputs or more exactly one has the higher of two values."""
        if not self.has_two_targets or self.layers[-1] < FEWEST_CLASSES:
            return False
        if self.targets is None:
            return self.is_one_hot
        high = max(map(max, self.targets))
        return all(target.count(high) == 1 for target in self.targets)

    @property
    def has_classes_of_points(self) -> bool:
        """True if the targets are those of points that are not listed, and name classes of which there are three or
        more, with an output for each."""
        return self.targets is None and self.has_two_targets and self.layers[-1] >= FEWEST_CLASSES

    @property
    def seen(self) -> int:
        """Number of the examples that a film shows: those it presents, and those it only draws in the plane."""
        return self.examples + self.more

    @property
    def total(self) -> int:
        """Number of all examples, those for testing included."""
        return self.examples + self.tests + self.more

    @property
    def followed(self) -> str | None:
        """Name of the curve that the film follows: of the average error or the loss; None where there is neither."""
        return next((name for name in self.curves if name in ("error", "loss")), None)

    @property
    def follows_loss(self) -> bool:
        """True if the curve that the film follows is the loss, as the run itself gave it, and not the average error."""
        return self.followed == "loss"

    @property
    def has_test_loss(self) -> bool:
        """True if the loss in testing is recorded, and so drawn beside that in training."""
        return "test_loss" in self.curves

    @property
    def has_biases(self) -> bool:
        """True if the neurons after the inputs have biases, learned or not."""
        return bool(self.bias)

    @property
    def steps(self) -> tuple[int, ...]:
        """The shown steps. Raises ValueError while they follow from beats that are not found yet."""
        if self.shown_steps is None:
            raise ValueError("how many cycles are shown follows from the beats: settle the scene first")
        return self.shown_steps


def outline_of(network: Network, data: Data, training: Training, schedule: Schedule) -> Outline:
    """The outline of the training that these parts of a scene describe."""
    planar, weights = is_planar(network, data), training.initial_weights
    return Outline(
        layers=network.layers,
        activations=network.activations,
        bias=network.bias,
        loss=training.loss,
        examples=data.train_count,
        tests=data.total_count - data.train_count,
        inputs=None if data.examples is None else tuple(example.inputs for example in data.examples),
        targets=None if data.examples is None else tuple(example.target for example in data.examples),
        has_two_targets=has_two_targets(data),
        is_planar=planar,
        features=data.features or (COORDINATES if planar else None),
        last_step=training.cycles,
        shown_steps=scheduled_steps(schedule, training.cycles),
        learning_rate=training.learning_rate,
        optimizer=training.optimizer,
        first_weights="given" if not isinstance(weights, str) else "zero" if weights == "zero" else "random",
        is_one_hot=data.dataset == "blobs",
        curves=("error", "loss", "test_loss")[: 3 if data.train_count < data.total_count else 2],
    )


def scheduled_steps(schedule: Schedule, cycles: int) -> tuple[int, ...] | None:
    """The steps that a schedule shows of so many; None while they follow from beats that are not found yet."""
    if schedule.cycles is not None:
        return schedule.cycles
    if schedule.every is not None:
        return tuple(range(schedule.every, cycles + 1, schedule.every))
    return None if schedule.frames == "beats" else geometric_cycles(schedule.frames or 1, cycles)
