"""Equations of the forward pass, the error, and the backward pass to one weight, with recorded numbers."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from netviz.drawing.formula import Formula, Matrix
from netviz.drawing.layout import Rect
from netviz.drawing.panels.equations.terms import (
    Changes,
    Equation,
    EquationStep,
    Symbols,
    Walk,
    brackets_of,
    equals,
    factor,
    numeral,
    plus,
    product,
    row_of,
    times,
    total,
)
from netviz.drawing.panels.equations.typesetting import (
    HEADING,
    ROW_GAP,
    EquationPart,
    Measure,
    Section,
    about,
    exact,
    margin_of,
    set_line,
)
from netviz.timeline.frame import Array, Frame
from netviz.training.layers import losses
from netviz.training.recording import Recording

_HALF = r"\frac{1}{2}"


def matrix_line(walk: Walk, layer: int) -> Equation:
    """All weighted sums of a layer at once."""
    symbols = walk.symbols
    weights = walk.weights[layer]
    decimals = 4 if weights.size <= 4 else 3 if weights.size <= 9 else 2
    matrix = Matrix(tuple(tuple(numeral(value, decimals) for value in row) for row in weights.tolist()))
    symbolic = rf"{symbols.vector(layer)}\,{symbols.weights(layer)}"
    numbers: list[Formula] = [("=", row_of(walk.layers[layer], decimals), matrix)]
    if walk.has_biases:
        symbolic += f" + {symbols.biases(layer)}"
        numbers.append(("+", row_of(walk.biases[layer], decimals)))
    result: EquationStep = (("=", row_of(walk.sums(layer + 1), decimals)),)
    return Equation((symbols.sums(layer + 1),), (equals(symbolic), tuple(numbers), result))


def sum_line(walk: Walk, layer: int, neuron: int) -> Equation:
    """One neuron's weighted sum, term by term."""
    terms = [
        product(factor(value), factor(weight))
        for value, weight in zip(walk.layers[layer].tolist(), walk.weights[layer][:, neuron].tolist(), strict=True)
    ]
    if walk.has_biases:
        terms.append(factor(float(walk.biases[layer][neuron])))
    result = numeral(float(walk.sums(layer + 1)[neuron]))
    return Equation((walk.symbols.sum(layer + 1, neuron),), (equals(terms[0], *plus(terms[1:])), equals(result)))


def activation_line(walk: Walk, layer: int, neuron: int) -> Equation:
    """What one neuron makes of its weighted sum."""
    symbols, sums = walk.symbols, walk.sums(layer + 1).tolist()
    symbol, value, activation = symbols.sum(layer + 1, neuron), sums[neuron], walk.activations[layer]
    result = equals(numeral(float(walk.layers[layer + 1][neuron])))
    opening, closing = brackets_of(activation)
    shown: list[EquationStep] = [equals(f"{opening}{symbol}{closing}")]
    if activation == "sigmoid":
        shown.append(equals(rf"\dfrac{{1}}{{1 + e^{{{numeral(-value)}}}}}"))
    elif activation == "tanh":
        shown.append(equals(rf"\tanh({numeral(value)})"))
    elif activation == "relu":
        shown.append(equals(rf"\max(0,\ {numeral(value)})"))
    elif activation == "softmax":
        powers = [rf"e^{{{numeral(each)}}}" for each in sums]
        everything = [f"e^{{{symbols.sum(layer + 1, index)}}}" for index in range(len(sums))]
        shown = [
            equals(rf"\dfrac{{{everything[neuron]}}}{{{total(everything)}}}"),
            equals(rf"\dfrac{{{powers[neuron]}}}{{{total(powers)}}}"),
        ]
    return Equation((symbols.neuron(layer + 1, neuron),), (*shown, result))


def error_line(walk: Walk) -> Equation:
    """The loss of the example, output by output."""
    outputs, targets = walk.layers[-1].tolist(), walk.target.tolist()
    pairs = list(enumerate(zip(outputs, targets, strict=True)))
    result = equals(numeral(walk.error))
    answer, wish = (lambda index: walk.symbols.neuron(walk.last, index)), walk.symbols.target
    if walk.loss == "squared_error":
        symbolic = [f"{_HALF}({wish(index)} - {answer(index)})^2" for index, _ in pairs]
        numbers = [f"{_HALF}({numeral(target)} - {factor(output)})^2" for _, (output, target) in pairs]
        steps = [equals(each[0], *plus(each[1:])) for each in (symbolic, numbers)]
        return Equation(("E",), (*steps, result))
    symbolic, numbers = [], []
    for index, (output, target) in pairs:
        symbolic += _surprise(target, wish(index), answer(index))
        numbers += _surprise(target, numeral(target), factor(output))
        if walk.activations[-1] == "sigmoid":
            not_wished = numeral(1 - target) if target else "1"
            # An output that is written as 1 leaves nothing to take a logarithm of: then the rest is written itself.
            rest = f"(1 - {numeral(output)})" if numeral(output) != "1" else f"({numeral(1 - output)})"
            symbolic += _surprise(1 - target, f"(1 - {wish(index)})", f"(1 - {answer(index)})")
            numbers += _surprise(1 - target, not_wished, rest)
    parts = [[rf"-\,{each[0]}", *(rf"-\:{term}" for term in each[1:])] for each in (symbolic, numbers) if each]
    return Equation(("E",), (*(equals(*each) for each in parts), result))


def _surprise(weight: float, times: str, of: str) -> list[str]:
    """A term of the cross entropy, t ln o; none where t is 0, without t where it is 1."""
    if weight == 0:
        return []
    return [rf"\ln {of}" if weight == 1 else rf"{times} \ln {of}"]


# The error's way back to one weight, and what becomes of all of them, as equations with the numbers in them.
#
# Formulas: Bishop, "Pattern Recognition and Machine Learning", section 5.3.

MOST_WEIGHTS = 16
"""Weights and biases up to which the table of changes holds them all."""


def delta_line(walk: Walk) -> Equation:
    """The error that comes back to the neuron the weight leads to."""
    layer, neuron = walk.worked[0] + 1, walk.worked[2]
    left = walk.symbols.delta(layer, neuron)
    result = equals(numeral(float(walk.deltas[layer - 1][neuron])))
    symbolic, numbers = _output_delta(walk) if layer == walk.last else _hidden_delta(walk)
    return Equation((left,), (equals(*symbolic), equals(*numbers), result))


def _output_delta(walk: Walk) -> tuple[list[str], list[str]]:
    neuron, outputs, targets = walk.worked[2], walk.layers[-1], walk.target
    output, target = float(outputs[neuron]), float(targets[neuron])
    answer, wish = walk.symbols.neuron(walk.last, neuron), walk.symbols.target(neuron)
    miss, missed = f"{answer} - {wish}", f"{numeral(output)} - {factor(target)}"
    activation = walk.activations[-1]
    if walk.loss == "cross_entropy":
        wished = float(targets.sum())
        if activation == "sigmoid" or abs(wished - 1) < 1e-12:
            return [miss], [missed]
        return [rf"{answer} \sum_k t_k - {wish}"], [f"{product(factor(output), factor(wished))} - {factor(target)}"]
    if activation == "softmax":
        others = float((outputs * (outputs - targets)).sum())
        return (
            [rf"{answer}\,({miss} - \sum_k o_k (o_k - t_k))"],
            [product(factor(output), f"({missed} - {factor(others)})")],
        )
    slope = _slope(walk, walk.last, neuron)
    if slope is None:
        return [miss], [missed]
    return [f"({miss})", times(slope[0])], [f"({missed})", times(slope[1])]


def _hidden_delta(walk: Walk) -> tuple[list[str], list[str]]:
    layer, neuron = walk.worked[0] + 1, walk.worked[2]
    deltas, weights = walk.deltas[layer].tolist(), walk.weights[layer][neuron].tolist()
    symbols = walk.symbols
    symbolic = [
        rf"{symbols.delta(layer + 1, index)}\,{symbols.weight(symbols.number(layer, neuron, index))}"
        for index in range(len(deltas))
    ]
    numbers = [product(factor(delta), factor(weight)) for delta, weight in zip(deltas, weights, strict=True)]
    slope = _slope(walk, layer, neuron)
    if slope is None:
        return [symbolic[0], *plus(symbolic[1:])], [numbers[0], *plus(numbers[1:])]
    brackets = []
    for terms in (symbolic, numbers):
        terms[0], terms[-1] = "(" + terms[0], terms[-1] + ")"
        brackets.append([terms[0], *plus(terms[1:])])
    return [*brackets[0], times(slope[0])], [*brackets[1], times(slope[1])]


def _slope(walk: Walk, layer: int, neuron: int) -> tuple[str, str] | None:
    """The slope of a neuron's activation function, in symbols and numbers; None where it is 1 everywhere."""
    symbol, value = walk.symbols.neuron(layer, neuron), float(walk.layers[layer][neuron])
    number = factor(value)
    activation = walk.activations[layer - 1]
    if activation == "sigmoid":
        return rf"{symbol}\,(1 - {symbol})", product(number, f"(1 - {number})")
    if activation == "tanh":
        return f"(1 - {symbol} {symbol})", f"(1 - {product(number, number)})"
    if activation == "relu":
        return rf"\mathrm{{relu}}'({walk.symbols.sum(layer, neuron)})", "1" if value > 0 else "0"
    return None


def _weight(walk: Walk) -> str:
    return walk.symbols.weight(walk.symbols.number(*walk.worked))


def _slope_of_error(walk: Walk) -> float:
    """dE/dw of the weight."""
    layer, start, end = walk.worked
    return float(walk.deltas[layer][end] * walk.layers[layer][start])


def gradient_line(walk: Walk) -> Equation:
    """The slope of the error along the weight: what comes back to its end times what comes out of its start."""
    layer, start, end = walk.worked
    delta, value, symbols = float(walk.deltas[layer][end]), float(walk.layers[layer][start]), walk.symbols
    return Equation(
        (rf"\dfrac{{\partial E}}{{\partial {_weight(walk)}}}",),
        (
            equals(product(symbols.delta(layer + 1, end), symbols.neuron(layer, start))),
            equals(product(factor(delta), factor(value))),
            equals(numeral(_slope_of_error(walk))),
        ),
    )


def update_line(walk: Walk) -> Equation:
    """The new weight: worked out where plain gradient descent on this example leads to it, otherwise only said."""
    layer, start, end = walk.worked
    old, new = (float(weights[layer][start, end]) for weights in (walk.weights, walk.weights_after))
    left = (f"{_weight(walk)}^{{+}}",)
    if abs(old - walk.rate * _slope_of_error(walk) - new) > 1e-9 * max(1.0, abs(old)):
        return Equation(left, (equals(numeral(new), r"\mathrm{\ \ as\ recorded}"),))
    step = product(factor(walk.rate), factor(_slope_of_error(walk)))
    return Equation(
        left,
        (
            equals(rf"{_weight(walk)} - \eta\,\dfrac{{\partial E}}{{\partial {_weight(walk)}}}"),
            equals(f"{numeral(old)} - {step}"),
            equals(numeral(new)),
        ),
    )


def weights_line(walk: Walk) -> Changes:
    """Old and new values of all weights and learned biases, or if there are many of the layer's weights."""
    symbols, sizes = walk.symbols, walk.symbols.layers
    every = [
        (symbols.number(layer, i, j), walk.weights[layer][i, j], walk.weights_after[layer][i, j])
        for layer in range(walk.last)
        for j in range(sizes[layer + 1])
        for i in range(sizes[layer])
    ]
    biases = [
        (symbols.bias(layer + 1, j), walk.biases[layer][j], walk.biases_after[layer][j])
        for layer in range(walk.last)
        for j in range(sizes[layer + 1])
        if walk.learns_biases
    ]
    if len(every) + len(biases) > MOST_WEIGHTS:
        layer = walk.worked[0]
        first, last = symbols.number(layer, 0, 0), symbols.number(layer + 1, 0, 0) - 1
        every, biases = [entry for entry in every if first <= entry[0] <= last], []
    named = [*((symbols.weight(number), old, new) for number, old, new in every), *biases]
    return Changes(tuple((symbol, numeral(float(old)), numeral(float(new))) for symbol, old, new in named))


# The forward pass in short: what each layer does, in symbols, and the numbers of what is presented.

DECIMALS = 3
_LARGEST = 1.5
LEAST_GAP, MOST_GAP = 0.8, 1.8
"""Between the layers, as parts of the type's size."""
ROW = 1.45
"""From one row of a layer's numbers to the next, likewise."""
_WIDEST = -0.888
"""Stands for every number while the size of type is looked for."""
_QUIET = 0.25
"""Brightness of the symbols, beside that of the numbers."""

Level = tuple[EquationPart, float, float]
"""A part, its level, its brightness."""


class ForwardSummary:
    """Symbols that always stand, and under each line its numbers while something is presented."""

    def __init__(self, recording: Recording, small: float, heading: float, slot: Rect) -> None:
        scene = recording.scene
        self.recording, self.network, self.loss = recording, scene.network, scene.training.loss
        self.symbols, self.heading, self.slot = Symbols(scene.network.layers), heading, slot
        self.names = [self._symbolic(layer) for layer in range(len(scene.network.layers) - 1)]
        error = r"= \frac{1}{2}\,\sum_k\,(t_k - o_k)^2"
        if self.loss == "cross_entropy":
            both = scene.network.activations[-1] == "sigmoid"
            error = r"= -\sum_k t_k \ln o_k" + (r" + (1 - t_k) \ln (1 - o_k)" if both else "")
        self.names.append(Equation(("E",), (((error,),),)))
        self.gap, self.rows = LEAST_GAP, 1
        self.size = self._size(_LARGEST * small)
        if self.size < small:  # too much for one row in a readable size: what a layer makes of it gets its own
            self.rows, on_one = 2, self.size
            self.size = self._size(_LARGEST * small)
            if self.size <= on_one:  # in a low room rows cost more than they give
                self.rows, self.size = 1, on_one
        free = slot.height - self._places(self.size)
        self.gap += min(MOST_GAP - LEAST_GAP, free / (len(self.names) * self.size))
        self._places(self.size)

    def _symbolic(self, layer: int) -> Equation:
        inside = rf"{self.symbols.vector(layer)}\,{self.symbols.weights(layer)}"
        if self.network.bias:
            inside += f" + {self.symbols.biases(layer)}"
        opening, closing = brackets_of(self.network.activations[layer])
        return Equation((self.symbols.vector(layer + 1),), (equals(f"{opening}{inside}{closing}"),))

    def _numbers(self, layer: int, values: Array, answers: Array) -> tuple[Formula, Formula]:
        """A layer's function of its numbers, and what it makes of them."""
        opening, closing = brackets_of(self.network.activations[layer])
        rest = self.symbols.weights(layer)
        if self.network.bias:
            rest += f" + {self.symbols.biases(layer)}"
        return ("=", opening, row_of(values, DECIMALS), rest + closing), ("=", row_of(answers, DECIMALS))

    def _size(self, size: float) -> float:
        """The largest size at which everything fits, with the widest numbers."""
        while size > 4:
            bottom = self._places(size, about)
            sizes = self.network.layers
            pairs = [
                self._pair(size, self._numbers(layer, np.full(a, _WIDEST), np.full(b, _WIDEST)), about)
                for layer, (a, b) in enumerate(pairwise(sizes))
            ]
            fits = all(part.size == size for pair in pairs for part in pair)
            if fits and bottom <= self.slot.height and self._widest <= self.slot.width:
                break
            size *= 0.97
        return size

    def _places(self, size: float, measure: Measure = exact) -> float:
        """Put the symbols in their places; returns where they end."""
        section = Section("", tuple(enumerate(self.names)))
        self.margin = margin_of([section], size, measure)
        y, self.fixed, self.below = HEADING * self.heading, list[EquationPart](), list[float]()
        for number, line in enumerate(self.names):
            block = set_line(line, size, self.margin, 1e9, measure)
            self.fixed += [replace(part, y=part.y + y) for part in block.parts]
            y += block.height + ROW_GAP * size
            self.below.append(y + 0.6 * size)
            rows = self.rows if number < len(self.names) - 1 else 1
            y += (1.2 + ROW * (rows - 1) + self.gap) * size
        self._widest = max(part.x + measure(part.formula, size).width for part in self.fixed)
        return y - self.gap * size

    def _pair(
        self, size: float, formulas: tuple[Formula, Formula], measure: Measure = exact
    ) -> tuple[EquationPart, EquationPart]:
        """What a layer is given and what it makes of it, side by side or one below the other."""
        if self.rows == 1:
            given, found = self._row(size, formulas, measure)
            return given, found
        (given,), (found,) = (self._row(size, (formula,), measure) for formula in formulas)
        return given, replace(found, y=found.y + ROW * size)

    def _row(self, size: float, formulas: tuple[Formula, ...], measure: Measure = exact) -> tuple[EquationPart, ...]:
        """Numbers on one row, lined up with the symbols above them, smaller if they must be."""
        block = set_line(Equation((), (formulas,)), size, self.margin, 1e9, measure)
        wide = max(part.x + measure(part.formula, size).width for part in block.parts)
        if wide > self.slot.width:
            smaller = size * (self.slot.width - self.margin) / (wide - self.margin) * 0.995
            block = set_line(Equation((), (formulas,)), smaller, self.margin, 1e9)
        middle = block.parts[0].y
        return tuple(replace(part, y=part.y - middle) for part in block.parts)

    def at(self, frame: Frame) -> tuple[list[tuple[str, float, float]], list[Level]]:
        """The heading, and the parts at a frame."""
        shown: list[Level] = [(part, 1.0, _QUIET) for part in self.fixed]
        if frame.row is None or not frame.presented:
            return [("FORWARD PASS", 0.6 * self.heading, 1.0)], shown
        sizes = self.network.layers
        values = [layer[:count] for layer, count in zip(frame.activations, sizes, strict=True)]
        for layer, y in enumerate(self.below[:-1]):
            given, found = self._pair(self.size, self._numbers(layer, values[layer], values[layer + 1]))
            for part, light in ((given, frame.arrived[layer]), (found, frame.arrived[layer + 1])):
                shown.append((replace(part, y=part.y + y), float(np.max(light)), 1.0))
        if frame.target is not None:
            loss = self._loss(frame.row, values, frame.target)
            (part,) = self._row(self.size, ((f"= {numeral(loss)}",),))
            shown.append((replace(part, y=part.y + self.below[-1]), frame.compared, 1.0))
        return [("FORWARD PASS", 0.6 * self.heading, 1.0)], shown

    def _loss(self, row: int, values: list[Array], target: Array) -> float:
        weights, biases = (
            [layer[row] for layer in layers] for layers in (self.recording.weights, self.recording.biases)
        )
        return float(losses(weights, biases, self.network.activations, values, target, self.loss))
