"""The error's way back to one weight, and what becomes of all of them, as equations with the numbers in them.

Formulas: Bishop, "Pattern Recognition and Machine Learning", section 5.3.
"""

from __future__ import annotations

from netviz.picture.panels.equations.lines import Changes, Equation, Walk, equals, plus, times
from netviz.picture.panels.equations.symbols import factor, numeral, product

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
