"""Terms of equations: symbols and numbers in mathtext, and the lines they make.

Every number is recorded, or computed from recorded ones at full precision, and rounded only when it is written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.formula import Formula, Matrix, with_decimal_mark
from netviz.recording.network import OPTIMIZER_ROLES, WEIGHTS, kept_role
from netviz.recording.recording import Recording
from netviz.scene.model import Optimizer
from netviz.scene.scene import Look
from netviz.timeline.worked_example import worked_weight

_Array = NDArray[np.float64]
EquationStep = tuple[Formula, ...]


@dataclass(frozen=True)
class Equation:
    """An equation: its left side, and steps that each begin with an equals sign.

    A step consists of parts between which a line may be broken.
    """

    left: Formula
    steps: tuple[EquationStep, ...]


@dataclass(frozen=True)
class Changes:
    """Old and new values: (symbol, before, after) of each."""

    entries: tuple[tuple[str, str, str], ...]


def localized(content: Equation | Changes, mark: str) -> Equation | Changes:
    """An equation or a table of changes, all of its numbers with a decimal mark."""
    if isinstance(content, Changes):
        entries = (
            (name, with_decimal_mark(old, mark), with_decimal_mark(new, mark)) for name, old, new in content.entries
        )
        return Changes(tuple(entries))

    def formula(pieces: Formula) -> Formula:
        return tuple(with_decimal_mark(piece, mark) for piece in pieces)

    steps = tuple(tuple(formula(part) for part in step) for step in content.steps)
    return Equation(formula(content.left), steps)


@dataclass(frozen=True, eq=False)
class WorkedExample:
    """One example row of a recording, the row that its update leads to, and how the network learns.

    weights[l] (n_l, n_{l+1}), biases[l] (n_{l+1},), layers[l] (n_l,), target (n_L,), deltas[l] (n_{l+1},).
    worked: the weight whose gradient is computed: its layer, the neuron it comes from, the one it leads to. kept,
    kept_after: what the optimizer keeps of it before and after the update. step: number of the update, if each example
    has one of its own.
    """

    symbols: Symbols
    activations: tuple[str, ...]
    loss: str | None
    rate: float | None
    optimizer: Optimizer | None
    kept: tuple[float, ...]
    kept_after: tuple[float, ...]
    step: int
    has_biases: bool
    learns_biases: bool
    worked: tuple[int, int, int]
    weights: list[_Array]
    biases: list[_Array]
    layers: list[_Array]
    target: _Array
    error: float
    deltas: tuple[_Array, ...]
    weights_after: list[_Array]
    biases_after: list[_Array]

    @classmethod
    def of(cls, recording: Recording, scene: Look, row: int, row_after: int | None) -> WorkedExample:
        """The worked example of a row; without a row after it nothing changes."""
        outline = scene.outline
        worked, optimizer, moment = worked_weight(scene), outline.optimizer, recording.moment[row]
        layer, start, end = worked
        roles = OPTIMIZER_ROLES[optimizer.name] if optimizer else ()
        arrays = [recording.parameters[layer + 1][kept_role(WEIGHTS, role)][:, start, end] for role in roles]
        moment_after = moment if row_after is None else recording.moment[row_after]
        now, after = (recording.parameters_at(at) for at in (row, row if row_after is None else row_after))
        return cls(
            symbols=Symbols(outline.layers),
            activations=outline.activations,
            loss=outline.loss,
            rate=outline.learning_rate,
            optimizer=optimizer,
            kept=tuple(float(array[moment]) for array in arrays),
            kept_after=tuple(float(array[moment_after]) for array in arrays),
            step=(int(recording.row_step[row]) - 1) * outline.examples + int(recording.probe[row]) + 1,
            has_biases=outline.has_biases,
            learns_biases=outline.bias is True,
            worked=worked,
            weights=[*now.weights],
            biases=[*now.biases],
            layers=[layer[row] for layer in recording.activations],
            target=recording.target_at(row),
            error=math.nan if recording.loss is None else float(recording.loss[row]),
            deltas=recording.deltas(row) if recording.has_errors else (),
            weights_after=[*after.weights],
            biases_after=[*after.biases],
        )

    @property
    def last(self) -> int:
        """Number of the output layer."""
        return len(self.weights)

    def sums(self, layer: int) -> _Array:
        """The weighted sums (n_l,) of a layer after the inputs."""
        result: _Array = self.layers[layer - 1] @ self.weights[layer - 1] + self.biases[layer - 1]
        return result


def brackets_of(activation: str) -> tuple[str, str]:
    """Opening and closing text of an activation function, to stand around its argument."""
    if activation == "linear":
        return "", ""
    shorter = {"sigmoid": r"\sigma(", "tanh": r"\tanh(", "relu": r"\max(0,\ "}
    return shorter.get(activation, named(activation) + "("), ")"


def named(activation: str) -> str:
    """Symbol of an activation function by its name."""
    name = activation.replace("_", r"\ ")
    return rf"\mathrm{{{name}}}"


def row_of(values: _Array, decimals: int = 4) -> Matrix:
    """A vector as a row of numbers."""
    return Matrix((tuple(numerals(values, decimals)),))


def matrix_of(values: _Array, decimals: int) -> Matrix:
    """A matrix (m, n) of numbers, all with as many decimals."""
    cells = numerals(values.ravel(), decimals)
    across = values.shape[1]
    return Matrix(tuple(tuple(cells[start : start + across]) for start in range(0, len(cells), across)))


def equals(*texts: str) -> EquationStep:
    """A step: an equals sign and its parts."""
    return ((f"= {texts[0]}",), *((text,) for text in texts[1:]))


def plus(terms: list[str]) -> list[str]:
    """Terms that follow the first one of a sum."""
    return [rf"+\:{term}" for term in terms]


def times(text: str) -> str:
    """A factor that follows the first one of a product."""
    return rf"\cdot\:{text}"


# Notation: symbols of a network's parts, and numbers as text; all in mathtext's language.

_LARGEST = 1e6
"""Size of numbers from which they are written with a power of ten."""


def numeral(value: float, decimals: int = 4) -> str:
    """A number as the equations write it: at most so many decimals, no zeros at the end, fewer decimals if it is large.

    Very small and very large numbers have two digits and a power of ten: those that would lose all but one digit with
    four decimals, or all with fewer.
    """
    size = abs(value)
    if not math.isfinite(value):  # a sum of large numbers of a run that goes astray
        return "?" if math.isnan(value) else rf"{'-' * (value < 0)}\infty"
    smallest = 0.001 if decimals >= 4 else 0.5 * 10**-decimals
    if size != 0 and (size < smallest or size >= _LARGEST):
        digits, _, power = f"{value:.1e}".partition("e")
        return rf"{_trimmed(digits)}\cdot10^{{{int(power)}}}"
    if size >= 100:
        decimals = max(0, decimals - int(math.log10(size)) + 1)
    return _trimmed(f"{value:.{decimals}f}")


def numerals(values: Iterable[float], decimals: int = 4) -> list[str]:
    """Numbers of one kind that stand together, all with as many decimals: the fewest that leave nothing out.

    Those with a power of ten have their two digits, and where one is large all have only the decimals that it has.
    """
    values = [float(value) for value in values]
    texts = [numeral(value, decimals) for value in values]
    plain = [number for number, text in enumerate(texts) if "^" not in text and math.isfinite(values[number])]
    longest = max((len(texts[number].partition(".")[2]) for number in plain), default=0)
    largest = max((abs(values[number]) for number in plain), default=0.0)
    if largest >= 100:
        longest = min(longest, max(0, decimals - int(math.log10(largest)) + 1))
    for number in plain:
        texts[number] = f"{values[number]:z.{longest}f}"
    return texts


def factor(value: float, decimals: int = 4) -> str:
    """A number within a sum or a product: in parentheses if it begins with a minus or ends with a power of ten."""
    return factor_of(numeral(value, decimals))


def factors(values: Iterable[float], decimals: int = 4) -> list[str]:
    """Numbers of one kind within sums or products, all with as many decimals."""
    return [factor_of(text) for text in numerals(values, decimals)]


def factor_of(text: str) -> str:
    """A number that is written already, within a sum or a product."""
    return f"({text})" if text.startswith("-") or "^" in text else text


def _trimmed(text: str) -> str:
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def product(*factors: str) -> str:
    """Factors with dots between them."""
    return r" \cdot ".join(factors)


def total(terms: Iterable[str]) -> str:
    """Terms with plus signs between them."""
    return " + ".join(terms)


@dataclass(frozen=True)
class Symbols:
    """Symbols of a network with these neurons in each layer; layer 0 are the inputs, neurons count from 0."""

    layers: tuple[int, ...]

    def _layer(self, layer: int) -> tuple[str, str]:
        """Letter of a layer and, where there are several hidden layers, the superscript with its number."""
        last = len(self.layers) - 1
        if layer == 0:
            return "x", ""
        return ("o", "") if layer == last else ("h", rf"^{{({layer})}}" if last > 2 else "")

    def vector(self, layer: int) -> str:
        """Symbol of all of a layer's activations."""
        letter, which = self._layer(layer)
        return rf"\mathbf{{{letter}}}{which}"

    def neuron(self, layer: int, index: int) -> str:
        """Symbol of a neuron's activation."""
        letter, which = self._layer(layer)
        return f"{letter}_{{{index + 1}}}{which}"

    def sums(self, layer: int) -> str:
        """Symbol of all of a layer's weighted sums."""
        letter, which = self._layer(layer)
        return rf"\mathbf{{z}}_{{{letter}}}{which}"

    def sum(self, layer: int, index: int) -> str:
        """Symbol of a neuron's weighted sum."""
        letter, which = self._layer(layer)
        return f"z_{{{letter}{index + 1}}}{which}"

    def delta(self, layer: int, index: int) -> str:
        """Symbol of the error signal at a neuron's weighted sum."""
        letter, which = self._layer(layer)
        return rf"\delta_{{{letter}{index + 1}}}{which}"

    def weights(self, weight_layer: int) -> str:
        """Symbol of all weights of a weight layer."""
        return self._counted("W", weight_layer)

    def biases(self, weight_layer: int) -> str:
        """Symbol of all biases of a weight layer."""
        return self._counted(r"\mathbf{b}", weight_layer)

    def _counted(self, letter: str, weight_layer: int) -> str:
        return letter if len(self.layers) == 2 else f"{letter}_{{{weight_layer + 1}}}"

    def weight(self, number: int) -> str:
        """Symbol of one weight by its number."""
        return f"w_{{{number}}}"

    def bias(self, layer: int, index: int) -> str:
        """Symbol of a neuron's bias."""
        letter, which = self._layer(layer)
        return f"b_{{{letter}{index + 1}}}{which}"

    def target(self, index: int) -> str:
        """Symbol of an output's target."""
        return f"t_{{{index + 1}}}"

    def number(self, weight_layer: int, start: int, end: int) -> int:
        """The number of the weight from neuron `start` to neuron `end`, counted from 1 on as in the scene."""
        before = sum(a * b for a, b in zip(self.layers[:weight_layer], self.layers[1:], strict=False))
        return before + end * self.layers[weight_layer] + start + 1
