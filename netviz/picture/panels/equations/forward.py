"""The forward pass and the error as equations with the numbers in them."""

from __future__ import annotations

from netviz.picture.formula import Formula, Matrix
from netviz.picture.panels.equations.lines import Equation, Step, Walk, brackets_of, equals, plus, row_of
from netviz.picture.panels.equations.symbols import factor, numeral, product, total

HALF = r"\frac{1}{2}"


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
    result: Step = (("=", row_of(walk.sums(layer + 1), decimals)),)
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
    shown: list[Step] = [equals(f"{opening}{symbol}{closing}")]
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
        symbolic = [f"{HALF}({wish(index)} - {answer(index)})^2" for index, _ in pairs]
        numbers = [f"{HALF}({numeral(target)} - {factor(output)})^2" for _, (output, target) in pairs]
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
