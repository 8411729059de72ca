"""What is to be learned, as arrays: a scene's network, examples and training, in the form the engines take."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from netviz.learn.examples import examples_of
from netviz.learn.network import Floats
from netviz.scene.spec import Activation, Loss, Regularization, Scene


class Parameters(NamedTuple):
    """What is learned. Never changed in place: a step makes new ones."""

    weights: tuple[Floats, ...]
    """(n_l, n_{l+1}) for each weight layer."""
    biases: tuple[Floats, ...]
    """(n_{l+1},) for each weight layer; zeros where the network has none."""

    def finite(self) -> bool:
        """Whether every number is."""
        return all(bool(np.isfinite(array).all()) for arrays in self for array in arrays)


class Gradients(NamedTuple):
    """dLoss/d(parameters), added up over some examples."""

    weights: tuple[Floats, ...]
    """(n_l, n_{l+1}) for each weight layer."""
    biases: tuple[Floats, ...]
    """(n_{l+1},) for each weight layer."""
    examples: int
    """How many."""


class State(NamedTuple):
    """All that a step of training leaves to the next. Never changed in place."""

    parameters: Parameters
    carried: Gradients | None = None
    """Those of examples at the end of a cycle whose update comes with the next cycle's first batch."""
    dead: tuple[npt.NDArray[np.bool_], ...] | None = None
    """With L1, for each weight layer, which weights (n_l, n_{l+1}) crossed zero and stay there."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """E examples and how they are learned."""

    layers: tuple[int, ...]
    """Neurons in each layer, inputs first."""
    activations: tuple[Activation, ...]
    """One for each weight layer."""
    loss: Loss
    bias: bool | Literal["fixed"]
    """Whether there are biases; fixed ones are not learned."""
    learning_rate: float
    batch: int
    """Examples in one step, 1 to E."""
    reduction: Literal["mean", "sum"]
    inputs: Floats
    """(E, n_0)."""
    targets: Floats
    """(E, n_L)."""
    last_batch: Literal["short", "carry"] = "short"
    """Whether the last step of a cycle may have fewer examples, or what they say is left to the next cycle."""
    regularization: Regularization = "none"
    regularization_rate: float = 0.0
    """The penalty of a weight w is this times |w| (L1) or w^2 / 2 (L2)."""
    in_order: bool = False
    """Whether every sum is added up in TensorFlow Playground's order, so that its runs come out to the last bit."""

    @property
    def weight_count(self) -> int:
        """Weights in all layers, biases not counted."""
        return sum(before * after for before, after in pairwise(self.layers))


def lesson_of(scene: Scene) -> Lesson:
    """The lesson a scene describes."""
    examples, training = examples_of(scene), scene.training
    count = len(examples.inputs)
    return Lesson(
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
        in_order=training.initial_weights == "playground" or training.last_batch == "carry",
    )
