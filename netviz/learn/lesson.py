"""What is to be learned, as arrays: a scene's network, examples and training, in the form the engines take."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from netviz.learn.examples import examples_of
from netviz.learn.network import Floats
from netviz.scene.spec import Activation, Loss, Scene


class Parameters(NamedTuple):
    """What is learned. Never changed in place: a step makes new ones."""

    weights: tuple[Floats, ...]
    """(n_l, n_{l+1}) for each weight layer."""
    biases: tuple[Floats, ...]
    """(n_{l+1},) for each weight layer; zeros where the network has none."""

    def finite(self) -> bool:
        """Whether every number is."""
        return all(bool(np.isfinite(array).all()) for arrays in self for array in arrays)


@dataclass(frozen=True, eq=False)
class Lesson:
    """E examples and how they are learned."""

    layers: tuple[int, ...]
    """Neurons in each layer, inputs first."""
    activations: tuple[Activation, ...]
    """One for each weight layer."""
    loss: Loss
    bias: bool
    """Whether the biases are learned; they stay as they are otherwise."""
    learning_rate: float
    batch: int
    """Examples in one step, 1 to E; the last step of a cycle may have fewer."""
    reduction: Literal["mean", "sum"]
    inputs: Floats
    """(E, n_0)."""
    targets: Floats
    """(E, n_L)."""

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
        bias=scene.network.bias is True,
        learning_rate=training.learning_rate,
        batch=count if training.batch == "full" else min(training.batch, count),
        reduction=training.reduction,
        inputs=examples.inputs,
        targets=examples.targets,
    )
