"""What equations are made of, and what those of a walk are about.

Every number is recorded, or computed from recorded ones at full precision, and rounded only when it is written.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netviz.film.script import worked_weight
from netviz.learn.recording import Recording
from netviz.picture.formula import Formula, Matrix
from netviz.picture.panels.equations.symbols import Symbols, numeral
from netviz.scene.spec import Activation, Loss

Array = NDArray[np.float64]
Step = tuple[Formula, ...]


@dataclass(frozen=True)
class Equation:
    """What stands before the first equals sign, and steps that each begin with one.

    A step is made of parts between which a line may be broken.
    """

    left: Formula
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Changes:
    """Old and new values: (symbol, before, after) of each."""

    entries: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, eq=False)
class Walk:
    """One example row of a recording, the row that its update leads to, and how the network learns.

    weights[l] (n_l, n_{l+1}), biases[l] (n_{l+1},), layers[l] (n_l,), target (n_L,), deltas[l] (n_{l+1},).
    worked: the weight whose gradient is worked out: its layer, the neuron it comes from, the one it leads to.
    """

    symbols: Symbols
    activations: tuple[Activation, ...]
    loss: Loss
    rate: float
    has_biases: bool
    learns_biases: bool
    worked: tuple[int, int, int]
    weights: list[Array]
    biases: list[Array]
    layers: list[Array]
    target: Array
    error: float
    deltas: tuple[Array, ...]
    weights_after: list[Array]
    biases_after: list[Array]

    @classmethod
    def of(cls, recording: Recording, row: int, row_after: int | None) -> Walk:
        """The walk through an example row; without a row after it nothing changes."""
        network, training = recording.scene.network, recording.scene.training
        after = row if row_after is None else row_after
        return cls(
            symbols=Symbols(network.layers),
            activations=network.activations,
            loss=training.loss,
            rate=training.learning_rate,
            has_biases=bool(network.bias),
            learns_biases=network.bias is True,
            worked=worked_weight(recording.scene),
            weights=[layer[row] for layer in recording.weights],
            biases=[layer[row] for layer in recording.biases],
            layers=[layer[row] for layer in recording.activations],
            target=recording.targets[row],
            error=float(recording.loss[row]),
            deltas=recording.deltas(row),
            weights_after=[layer[after] for layer in recording.weights],
            biases_after=[layer[after] for layer in recording.biases],
        )

    @property
    def last(self) -> int:
        """The output layer."""
        return len(self.weights)

    def sums(self, layer: int) -> Array:
        """The weighted sums (n_l,) of a layer after the inputs."""
        result: Array = self.layers[layer - 1] @ self.weights[layer - 1] + self.biases[layer - 1]
        return result


def brackets_of(activation: Activation) -> tuple[str, str]:
    """What stands before and after that which an activation function is taken of."""
    names = {"sigmoid": r"\sigma(", "tanh": r"\tanh(", "relu": r"\max(0,\ ", "softmax": r"\mathrm{softmax}("}
    return (names[activation], ")") if activation in names else ("", "")


def row_of(values: Array, decimals: int) -> Matrix:
    """A vector as a row of numbers."""
    return Matrix((tuple(numeral(float(value), decimals) for value in values),))


def equals(*texts: str) -> Step:
    """A step: an equals sign and its parts."""
    return ((f"= {texts[0]}",), *((text,) for text in texts[1:]))


def plus(terms: list[str]) -> list[str]:
    """Terms that follow a first one."""
    return [rf"+\:{term}" for term in terms]


def times(text: str) -> str:
    """A factor that follows a first one."""
    return rf"\cdot\:{text}"
