"""Equations of the forward pass, the error, and the backward pass to one weight, with recorded numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from netviz.drawing.formula import Formula
from netviz.drawing.panels.equations.terms import (
    Changes,
    Equation,
    EquationStep,
    WorkedExample,
    brackets_of,
    equals,
    factor,
    factors,
    matrix_of,
    named,
    numeral,
    numerals,
    plus,
    product,
    row_of,
    times,
    total,
)
from netviz.recording.layers import DENSITY, LEAK, gate
from netviz.scene.model import Optimizer

_HALF = r"\frac{1}{2}"


def matrix_line(example: WorkedExample, layer: int) -> Equation:
    """Equation of all weighted sums of a layer at once, with vectors and a matrix."""
    symbols = example.symbols
    weights = example.weights[layer]
    decimals = 4 if weights.size <= 4 else 3 if weights.size <= 9 else 2
    matrix = matrix_of(weights, decimals)
    symbolic = rf"{symbols.vector(layer)}\,{symbols.weights(layer)}"
    numbers: list[Formula] = [("=", row_of(example.layers[layer], decimals), matrix)]
    if example.has_biases:
        symbolic += f" + {symbols.biases(layer)}"
        numbers.append(("+", row_of(example.biases[layer], decimals)))
    result: EquationStep = (("=", row_of(example.sums(layer + 1), decimals)),)
    return Equation((symbols.sums(layer + 1),), (equals(symbolic), tuple(numbers), result))


def sum_line(example: WorkedExample, layer: int, neuron: int) -> Equation:
    """Equation of one neuron's weighted sum, term by term."""
    values, weights = factors(example.layers[layer]), factors(example.weights[layer][:, neuron])
    terms = [product(value, weight) for value, weight in zip(values, weights, strict=True)]
    if example.has_biases:
        terms.append(factors(example.biases[layer])[neuron])
    result = numerals(example.sums(layer + 1))[neuron]
    return Equation((example.symbols.sum(layer + 1, neuron),), (equals(terms[0], *plus(terms[1:])), equals(result)))


def activation_line(example: WorkedExample, layer: int, neuron: int) -> Equation:
    """Equation of one neuron's activation."""
    symbols, sums = example.symbols, example.sums(layer + 1).tolist()
    symbol, value, activation = symbols.sum(layer + 1, neuron), sums[neuron], example.activations[layer]
    result = equals(numerals(example.layers[layer + 1])[neuron])
    opening, closing = brackets_of(activation)
    shown: list[EquationStep] = [equals(f"{opening}{symbol}{closing}")]
    if activation == "sigmoid":
        shown.append(equals(rf"\dfrac{{1}}{{1 + e^{{{numeral(-value)}}}}}"))
    elif activation == "tanh":
        shown.append(equals(rf"\tanh({numeral(value)})"))
    elif activation == "relu":
        shown.append(equals(rf"\max(0,\ {numeral(value)})"))
    elif activation == "leaky_relu":
        leak = numeral(LEAK)
        shown.append(equals(rf"\max({leak}\,{symbol},\ {symbol})"))
        shown.append(equals(rf"\max({product(leak, factor(value))},\ {numeral(value)})"))
    elif activation == "elu":
        shown.append(equals(symbol) if value > 0 else equals(rf"e^{{{symbol}}} - 1"))
        shown += [] if value > 0 else [equals(rf"e^{{{numeral(value)}}} - 1")]
    elif activation == "gelu":
        shown.append(equals(rf"{symbol}\,\Phi({symbol})"))
        shown.append(equals(rf"{numeral(value)} \cdot \Phi({numeral(value)})"))
    elif activation == "swish":
        shown.append(equals(rf"{symbol}\,\sigma({symbol})"))
        shown.append(equals(rf"\dfrac{{{numeral(value)}}}{{1 + e^{{{numeral(-value)}}}}}"))
    elif activation == "softmax":
        powers = [rf"e^{{{numeral(each)}}}" for each in sums]
        everything = [f"e^{{{symbols.sum(layer + 1, index)}}}" for index in range(len(sums))]
        shown = [
            equals(rf"\dfrac{{{everything[neuron]}}}{{{total(everything)}}}"),
            equals(rf"\dfrac{{{powers[neuron]}}}{{{total(powers)}}}"),
        ]
    return Equation((symbols.neuron(layer + 1, neuron),), (*shown, result))


def error_line(example: WorkedExample) -> Equation:
    """Equation of the example's loss, output by output."""
    outputs, targets = example.layers[-1].tolist(), example.target.tolist()
    as_factors, as_targets = factors(outputs), numerals(targets)
    pairs = list(enumerate(zip(outputs, targets, strict=True)))
    result = equals(numeral(example.error))
    output_symbol, target_symbol = (lambda index: example.symbols.neuron(example.last, index)), example.symbols.target
    if example.loss == "squared_error":
        symbolic = [f"{_HALF}({target_symbol(index)} - {output_symbol(index)})^2" for index, _ in pairs]
        numbers = [f"{_HALF}({target} - {output})^2" for target, output in zip(as_targets, as_factors, strict=True)]
        steps = [equals(each[0], *plus(each[1:])) for each in (symbolic, numbers)]
        return Equation(("E",), (*steps, result))
    symbolic, numbers = [], []
    for index, (output, target) in pairs:
        symbolic += _cross_entropy_term(target, target_symbol(index), output_symbol(index))
        numbers += _cross_entropy_term(target, numeral(target), factor(output))
        if example.activations[-1] == "sigmoid":
            target_rest = numeral(1 - target) if target else "1"
            # (1 - output) of an output that is written as 1 would read ln 0: then the difference is written itself.
            output_rest = f"(1 - {numeral(output)})" if numeral(output) != "1" else f"({numeral(1 - output)})"
            symbolic += _cross_entropy_term(
                1 - target, f"(1 - {target_symbol(index)})", f"(1 - {output_symbol(index)})"
            )
            numbers += _cross_entropy_term(1 - target, target_rest, output_rest)
    parts = [[rf"-\,{each[0]}", *(rf"-\:{term}" for term in each[1:])] for each in (symbolic, numbers) if each]
    return Equation(("E",), (*(equals(*each) for each in parts), result))


def _cross_entropy_term(weight: float, times: str, of: str) -> list[str]:
    """Term of the cross entropy, t ln o, as text; none where t is 0, without t where it is 1."""
    if weight == 0:
        return []
    return [rf"\ln {of}" if weight == 1 else rf"{times} \ln {of}"]


# Backward pass to one weight, and the update of all weights, as equations with the numbers in them.
#
# Formulas: Bishop, "Pattern Recognition and Machine Learning", section 5.3.

MOST_WEIGHTS = 16
"""Most weights and biases that the table of changes holds all of."""


def delta_line(example: WorkedExample) -> Equation:
    """Equation of the error signal of the neuron that the worked weight leads to."""
    layer, neuron = example.worked[0] + 1, example.worked[2]
    left = example.symbols.delta(layer, neuron)
    result = equals(numeral(float(example.deltas[layer - 1][neuron])))
    symbolic, numbers = _output_delta(example) if layer == example.last else _hidden_delta(example)
    return Equation((left,), (equals(*symbolic), equals(*numbers), result))


def _output_delta(example: WorkedExample) -> tuple[list[str], list[str]]:
    neuron, outputs, targets = example.worked[2], example.layers[-1], example.target
    output, target = float(outputs[neuron]), float(targets[neuron])
    output_symbol, target_symbol = example.symbols.neuron(example.last, neuron), example.symbols.target(neuron)
    difference, difference_number = f"{output_symbol} - {target_symbol}", f"{numeral(output)} - {factor(target)}"
    activation = example.activations[-1]
    if example.loss == "cross_entropy":
        target_sum = float(targets.sum())
        if activation == "sigmoid" or abs(target_sum - 1) < 1e-12:
            return [difference], [difference_number]
        return [rf"{output_symbol} \sum_k t_k - {target_symbol}"], [
            f"{product(factor(output), factor(target_sum))} - {factor(target)}"
        ]
    if activation == "softmax":
        others = float((outputs * (outputs - targets)).sum())
        return (
            [rf"{output_symbol}\,({difference} - \sum_k o_k (o_k - t_k))"],
            [product(factor(output), f"({difference_number} - {factor(others)})")],
        )
    slope = _slope(example, example.last, neuron)
    if slope is None:
        return [difference], [difference_number]
    return [f"({difference})", *_times_all(slope[0])], [f"({difference_number})", *_times_all(slope[1])]


def _hidden_delta(example: WorkedExample) -> tuple[list[str], list[str]]:
    layer, neuron = example.worked[0] + 1, example.worked[2]
    deltas, weights = example.deltas[layer].tolist(), example.weights[layer][neuron].tolist()
    symbols = example.symbols
    symbolic = [
        rf"{symbols.delta(layer + 1, index)}\,{symbols.weight(symbols.number(layer, neuron, index))}"
        for index in range(len(deltas))
    ]
    numbers = [product(factor(delta), factor(weight)) for delta, weight in zip(deltas, weights, strict=True)]
    slope = _slope(example, layer, neuron)
    if slope is None:
        return [symbolic[0], *plus(symbolic[1:])], [numbers[0], *plus(numbers[1:])]
    sums = [[first, *plus(rest)] for first, *rest in (_bracketed(symbolic), _bracketed(numbers))]
    return [*sums[0], *_times_all(slope[0])], [*sums[1], *_times_all(slope[1])]


def _bracketed(terms: Sequence[str]) -> Sequence[str]:
    """Terms of a sum that is a factor: the first and the last with a bracket, where there are several."""
    return terms if len(terms) == 1 else (f"({terms[0]}", *terms[1:-1], f"{terms[-1]})")


def _times_all(terms: Sequence[str]) -> list[str]:
    """A factor that follows the first one of a product, from its terms."""
    first, *rest = _bracketed(terms)
    return [times(first), *plus(rest)]


def _slope(example: WorkedExample, layer: int, neuron: int) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Terms of the slope of a neuron's activation function, in symbols and numbers; None where it is 1 everywhere."""
    symbol, value = example.symbols.neuron(layer, neuron), float(example.layers[layer][neuron])
    number = factor(value)
    activation = example.activations[layer - 1]
    if activation == "sigmoid":
        return (rf"{symbol}\,(1 - {symbol})",), (product(number, f"(1 - {number})"),)
    if activation == "tanh":
        return (f"(1 - {symbol} {symbol})",), (f"(1 - {product(number, number)})",)
    if activation == "linear":
        return None
    total_symbol, sums = example.symbols.sum(layer, neuron), example.sums(layer)
    total_value = float(sums[neuron])
    if activation in ("relu", "leaky_relu"):
        below = "0" if activation == "relu" else numeral(LEAK)
        return (f"{named(activation)}'({total_symbol})",), ("1" if value > 0 else below,)
    if activation == "elu":
        return (f"{named(activation)}'({total_symbol})",), ("1" if value > 0 else f"e^{{{numeral(total_value)}}}",)
    opened = float(gate(activation, sums)[neuron])
    if activation == "gelu":
        density = DENSITY * float(np.exp(-0.5 * total_value**2))
        symbolic = rf"\Phi({total_symbol})", rf"{total_symbol}\,\varphi({total_symbol})"
        return symbolic, (factor(opened), product(factor(total_value), factor(density)))
    symbolic = rf"\sigma({total_symbol})", rf"{symbol}\,(1 - \sigma({total_symbol}))"
    return symbolic, (factor(opened), product(number, f"(1 - {factor(opened)})"))


def _weight(example: WorkedExample) -> str:
    return example.symbols.weight(example.symbols.number(*example.worked))


def _gradient(example: WorkedExample) -> float:
    """Gradient dE/dw of the worked weight."""
    layer, start, end = example.worked
    return float(example.deltas[layer][end] * example.layers[layer][start])


def gradient_line(example: WorkedExample) -> Equation:
    """Equation of the worked weight's gradient: the error signal at its end times the activation at its start."""
    layer, start, end = example.worked
    delta, value, symbols = float(example.deltas[layer][end]), float(example.layers[layer][start]), example.symbols
    return Equation(
        (rf"\dfrac{{\partial E}}{{\partial {_weight(example)}}}",),
        (
            equals(product(symbols.delta(layer + 1, end), symbols.neuron(layer, start))),
            equals(product(factor(delta), factor(value))),
            equals(numeral(_gradient(example))),
        ),
    )


# What the optimizer keeps of the worked weight, and its update. As in training/optimizers.py; what was recorded tells
# whether the numbers are those of this example's own step.


def velocity_line(example: WorkedExample) -> Equation:
    """Equation of the worked weight's velocity after the step of momentum."""
    if not _follows(example):
        return _as_recorded("v^{+}", example.kept_after[0])
    share, gradient, name = _rule(example).momentum, _gradient(example), _weight(example)
    return Equation(
        (r"v^{+}",),
        (
            equals(rf"\mu\,v + \dfrac{{\partial E}}{{\partial {name}}}"),
            equals(f"{product(factor(share), factor(example.kept[0]))} + {factor(gradient)}"),
            equals(numeral(_kept_after(example)[0])),
        ),
    )


def mean_line(example: WorkedExample) -> Equation:
    """Equation of the running mean of the worked weight's gradient in a step of Adam, corrected for its start at 0."""
    return _running_mean(example, r"\hat{m}", "m", _rule(example).beta1, 0)


def mean_square_line(example: WorkedExample) -> Equation:
    """Equation of the running mean square of the worked weight's gradient in a step of Adam, corrected likewise."""
    return _running_mean(example, r"\hat{s}", "s", _rule(example).beta2, 1)


def _running_mean(example: WorkedExample, symbol: str, kept: str, share: float, number: int) -> Equation:
    if not _follows(example):
        return _as_recorded(f"{kept}^{{+}}", example.kept_after[number])
    gradient, name, which = factor(_gradient(example)), _weight(example), number + 1
    slope, given = rf"\frac{{\partial E}}{{\partial {name}}}", gradient
    if number:
        slope, given = rf"\left({slope}\right)^2", f"{gradient}^2"
    before = product(factor(share), factor(example.kept[number]))
    added = product(numeral(1 - share), given)
    return Equation(
        (symbol,),
        (
            equals(rf"\dfrac{{\beta_{which}\,{kept} + (1 - \beta_{which})\,{slope}}}{{1 - \beta_{which}^t}}"),
            equals(rf"\dfrac{{{before} + {added}}}{{1 - {factor(share)}^{{{example.step}}}}}"),
            equals(numeral(_corrected(example)[number])),
        ),
    )


def _follows(example: WorkedExample) -> bool:
    """True if the worked weight's update is the step of this example alone; it is of several in a larger batch."""
    if example.rate is None or example.optimizer is None:
        return False
    layer, start, end = example.worked
    old, new = (float(weights[layer][start, end]) for weights in (example.weights, example.weights_after))
    return abs(old - example.rate * _size_of_step(example) - new) <= 1e-9 * max(1.0, abs(old))


def _as_recorded(left: str, value: float) -> Equation:
    return Equation((left,), (equals(numeral(value), r"\mathrm{\ \ as\ recorded}"),))


def _rule(example: WorkedExample) -> Optimizer:
    assert example.optimizer is not None
    return example.optimizer


def _kept_after(example: WorkedExample) -> tuple[float, ...]:
    """Running means that the optimizer keeps of the worked weight after the step of this example."""
    rule, gradient = _rule(example), _gradient(example)
    if rule.name == "momentum":
        return (rule.momentum * example.kept[0] + gradient,)
    mean, square = example.kept
    return (
        rule.beta1 * mean + (1 - rule.beta1) * gradient,
        rule.beta2 * square + (1 - rule.beta2) * gradient * gradient,
    )


def _corrected(example: WorkedExample) -> tuple[float, float]:
    """Adam's two running means after the step of this example, corrected for their start at 0."""
    rule, (mean, square) = _rule(example), _kept_after(example)
    return mean / (1 - rule.beta1**example.step), square / (1 - rule.beta2**example.step)


def _size_of_step(example: WorkedExample) -> float:
    """Step of the worked weight, in units of the learning rate, that follows from this example alone."""
    rule = _rule(example)
    if rule.name == "adam":
        mean, square = _corrected(example)
        return mean / (math.sqrt(square) + rule.epsilon)
    return _gradient(example) if rule.name == "sgd" else _kept_after(example)[0]


def update_line(example: WorkedExample) -> Equation:
    """Equation of the worked weight's update: the result alone if it does not follow from this example."""
    layer, start, end = example.worked
    old, new = (float(weights[layer][start, end]) for weights in (example.weights, example.weights_after))
    name, rate, rule = _weight(example), example.rate, example.optimizer
    if rate is None or rule is None or not _follows(example):
        return _as_recorded(f"{name}^{{+}}", new)
    if rule.name == "adam":
        mean, square = _corrected(example)
        step = r"\dfrac{\hat{m}}{\sqrt{\hat{s}} + \epsilon}"
        given = rf"\dfrac{{{numeral(mean)}}}{{\sqrt{{{numeral(square)}}} + {numeral(rule.epsilon)}}}"
    elif rule.name == "momentum":
        step, given = "v^{+}", factor(_size_of_step(example))
    else:
        step, given = rf"\dfrac{{\partial E}}{{\partial {name}}}", factor(_gradient(example))
    return Equation(
        (f"{name}^{{+}}",),
        (
            equals(rf"{name} - \eta\,{step}"),
            equals(f"{numeral(old)} - {product(factor(rate), given)}"),
            equals(numeral(new)),
        ),
    )


def weights_line(example: WorkedExample) -> Changes:
    """Table of old and new values: of all weights and learned biases, or if there are many of the layer's weights."""
    symbols, sizes = example.symbols, example.symbols.layers
    every = [
        (symbols.number(layer, i, j), example.weights[layer][i, j], example.weights_after[layer][i, j])
        for layer in range(example.last)
        for j in range(sizes[layer + 1])
        for i in range(sizes[layer])
    ]
    biases = [
        (symbols.bias(layer + 1, j), example.biases[layer][j], example.biases_after[layer][j])
        for layer in range(example.last)
        for j in range(sizes[layer + 1])
        if example.learns_biases
    ]
    if len(every) + len(biases) > MOST_WEIGHTS:
        layer = example.worked[0]
        first, last = symbols.number(layer, 0, 0), symbols.number(layer + 1, 0, 0) - 1
        every, biases = [entry for entry in every if first <= entry[0] <= last], []
    named = [*((symbols.weight(number), old, new) for number, old, new in every), *biases]
    figures = iter(numerals(value for _, old, new in named for value in (old, new)))
    return Changes(tuple((symbol, next(figures), next(figures)) for symbol, _, _ in named))
