"""Training problem: network, examples and settings as arrays for the engines."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from netviz.recording.layers import Floats, Parameters
from netviz.scene.model import Activation, Loss, Optimizer, Regularization
from netviz.scene.scene import Scene
from netviz.training.data import examples_of


class Gradients(NamedTuple):
    """dLoss/d(parameters), added up over some examples."""

    weights: tuple[Floats, ...]
    """(n_l, n_{l+1}) for each weight layer."""
    biases: tuple[Floats, ...]
    """(n_{l+1},) for each weight layer."""
    examples: int
    """Number of these examples."""


class OptimizerState(NamedTuple):
    """Running means that an optimizer keeps between two steps."""

    steps: int | npt.NDArray[np.int64]
    """Number of steps so far; (C,) of C networks at once."""
    kept: tuple[Parameters, ...]
    """For each role of its OPTIMIZER_ROLES, arrays like the parameters."""


class TrainingState(NamedTuple):
    """State of training between two steps. Never changed in place."""

    parameters: Parameters
    carried: Gradients | None = None
    """Gradients of examples at the end of a cycle whose update comes with the next cycle's first batch."""
    dead: tuple[npt.NDArray[np.bool_], ...] | None = None
    """Masks (n_l, n_{l+1}), with L1 and for each weight layer, of the weights that crossed zero and stay there."""
    optimizer: OptimizerState | None = None
    """State of the optimizer; None of plain gradient descent, and before the first step."""


@dataclass(frozen=True, eq=False)
class TrainingProblem:
    """Network, E examples and settings of a training."""

    layers: tuple[int, ...]
    """Neurons in each layer, inputs first."""
    activations: tuple[Activation, ...]
    """One for each weight layer."""
    loss: Loss
    bias: bool | Literal["fixed"]
    """False without biases; "fixed" ones are not learned."""
    learning_rate: float
    batch: int
    """Examples in one step, 1 to E."""
    reduction: Literal["mean", "sum"]
    inputs: Floats
    """(E, n_0)."""
    targets: Floats
    """(E, n_L)."""
    last_batch: Literal["short", "carry"] = "short"
    """Treatment of too few examples at a cycle's end: a shorter last step, or gradients carried into the next cycle."""
    regularization: Regularization = "none"
    regularization_rate: float = 0.0
    """Factor of a weight's penalty, which is this times |w| (L1) or w^2 / 2 (L2)."""
    optimizer: Optimizer = field(default_factory=Optimizer)
    in_order: bool = False
    """True if every sum is added up in TensorFlow Playground's order, so that its runs come out to the last bit."""

    @property
    def weight_count(self) -> int:
        """Weights in all layers, biases not counted."""
        return sum(before * after for before, after in pairwise(self.layers))


def training_problem(scene: Scene) -> TrainingProblem:
    """The problem a scene describes."""
    examples, training = examples_of(scene), scene.training
    count = len(examples.inputs)
    return TrainingProblem(
        layers=scene.network.layers,
        activations=scene.network.activations,
        loss=training.loss,
        bias=scene.network.bias,
        learning_rate=training.learning_rate,
        batch=count if training.batch == "full" else min(training.batch, count),
        reduction=training.reduction,
        inputs=examples.inputs,
        targets=examples.targets,
        last_batch=training.last_batch,
        regularization=training.regularization if training.regularization_rate else "none",
        regularization_rate=training.regularization_rate,
        optimizer=training.optimizer,
        in_order=training.initial_weights == "playground" or training.last_batch == "carry",
    )
