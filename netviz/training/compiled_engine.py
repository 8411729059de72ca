"""Compiled engine for small networks: straight-line Python generated for one network's shape.

A step of a small network takes NumPy longer to start than to compute. Here every weight is a local variable and every
sum is written out, for example by example as far as that stays short:

    a1_0 = 1.0 / (1.0 + exp(w0_0_0 + w0_2_0))        # an input that is 1 needs no product, one that is 0 no term

w{l}_{i}_{j} is the weight from neuron i of layer l to neuron j of the next, b{l}_{j} that neuron's bias, a{l}_{j} an
activation of layer l, sa{l}_{j} its slope where that needs the sum, and d{l}_{j} its delta, with the sign of the
*negative* gradient (target - output), so that weights add it; in plain descent the learning rate is multiplied into the
outputs' deltas and propagated back with them. What an optimizer keeps is in variables too, of that sign: u{name} the
velocity or mean, q{name} the mean square. Weights and biases into sigmoid neurons are held negated, the sign in which
exp needs their sum: exact, and a twentieth faster. The arithmetic is that of `layers.py` to a few units in the last
place. The source is made of whole numbers and fixed templates alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from threading import Lock
from typing import Any

import numpy as np

from netviz.recording.layers import DENSITY, GATED, LEAK, TO_SIGMA, Floats, Parameters
from netviz.recording.network import OPTIMIZER_ROLES
from netviz.scene.model import Activation
from netviz.training.optimizers import first_state
from netviz.training.problem import OptimizerState, TrainingProblem, TrainingState
from netviz.training.sgd import TrainResult

# Terms up to which the examples are written out one after the other instead of looped over: a third to a half faster
# for inputs of 0 and 1, but Python takes 15 to 30 microseconds a term to compile them.
MOST_WRITTEN_OUT = 1500

BY_SIGN: dict[Activation, str] = {
    "relu": "z if (z := {sum}) > 0.0 else 0.0",
    "leaky_relu": f"z if (z := {{sum}}) > 0.0 else {LEAK!r} * z",
    "elu": "z if (z := {sum}) > 0.0 else expm1(z)",
}
_ACTIVATION: dict[Activation, str] = {
    "sigmoid": "1.0 / (1.0 + exp({sum}))",  # of the negated sum
    "tanh": "tanh({sum})",
    **BY_SIGN,
    "linear": "{sum}",
}
SLOPE: dict[str, str] = {  # times the error, from the activation; of gated functions it has a variable
    "sigmoid": "({error}) * ({a} * (1.0 - {a}))",
    "tanh": "({error}) * (1.0 - {a} * {a})",
    "relu": "({error}) if {a} > 0.0 else 0.0",
    "leaky_relu": f"({{error}}) * (1.0 if {{a}} > 0.0 else {LEAK!r})",
    "elu": "({error}) * (1.0 if {a} > 0.0 else 1.0 + {a})",
    **dict.fromkeys(GATED, "({error}) * s{a}"),
    "linear": "{error}",
}
_SLOPE_OF_NEGATED: dict[str, str] = {  # the same for an error that came through negated weights
    "sigmoid": "({error}) * ({a} * ({a} - 1.0))",
    "tanh": "({error}) * ({a} * {a} - 1.0)",
    "relu": "-({error}) if {a} > 0.0 else 0.0",
    "leaky_relu": f"({{error}}) * (-1.0 if {{a}} > 0.0 else {-LEAK!r})",
    "elu": "({error}) * (-1.0 if {a} > 0.0 else -1.0 - {a})",
    **dict.fromkeys(GATED, "-({error}) * s{a}"),
    "linear": "-({error})",
}
_GATE: dict[str, str] = {"gelu": f"0.5 * erfc({-TO_SIGMA!r} * z)", "swish": "1.0 / (1.0 + exp(-z))"}
_SLOPE_OF_GATED: dict[str, str] = {  # from the sum z and the gate
    "gelu": f"gate + z * ({DENSITY!r} * exp(-0.5 * z * z))",
    "swish": "gate + z * gate * (1.0 - gate)",
}

_SETTINGS = {"sgd": "", "momentum": "share", "adam": "beta1, beta2, rest1, rest2, epsilon"}
"""Names of an optimizer's settings."""
TERMS_OF_UPDATE = {"sgd": 1, "momentum": 2, "adam": 5}
"""Length of a weight's part of the source, by optimizer."""


def can_be_compiled(problem: TrainingProblem) -> bool:
    """True if each step is one example without regularization, and its sums need no particular order."""
    return problem.batch == 1 and problem.regularization == "none" and not problem.in_order


def is_written_out(problem: TrainingProblem) -> bool:
    """True if the source has the examples one after the other, and no loop over them."""
    return len(problem.inputs) * _terms_of_step(problem) <= MOST_WRITTEN_OUT


def term_count(problem: TrainingProblem) -> int:
    """Length of the source: its weights and four for each neuron, times the examples where they are written out."""
    return _terms_of_step(problem) * (len(problem.inputs) if is_written_out(problem) else 1)


def _terms_of_step(problem: TrainingProblem) -> int:
    return TERMS_OF_UPDATE[problem.optimizer.name] * problem.weight_count + 4 * sum(problem.layers[1:])


_compiling = Lock()
"""Lock around `compile`: CPython 3.11's compiler may fail with two threads in it (SystemError: AST constructor ...)."""


def compile_steps(problem: TrainingProblem) -> Callable[[TrainingState, int], TrainResult]:
    """Compile the training of a problem that can be compiled to a function (state, cycles) -> TrainResult.

    That function raises OverflowError where Python's math does; a TrainResult's numbers may not be finite.
    """
    scope: dict[str, Any] = {}
    with _compiling:
        exec(compile("\n".join(source_of(problem)), "<netviz steps>", "exec"), scope)
    train = scope["train"]
    values = _constants(problem)
    examples = np.hstack([problem.inputs, problem.targets]).tolist()
    loss_factor = 0.5 if problem.loss == "squared_error" else 1.0

    optimizer = problem.optimizer
    settings = {
        "sgd": (),
        "momentum": (optimizer.momentum,),
        "adam": (optimizer.beta1, optimizer.beta2, 1.0 - optimizer.beta1, 1.0 - optimizer.beta2, optimizer.epsilon),
    }[optimizer.name]

    def run(state: TrainingState, cycles: int) -> TrainResult:
        if optimizer.name != "sgd" and state.optimizer is None:
            state = state._replace(optimizer=first_state(problem, state.parameters))
        steps = 0 if state.optimizer is None else state.optimizer.steps
        assert isinstance(steps, int)
        errors: list[float] = []
        losses: list[float] = []
        rate = problem.learning_rate
        flat = train(cycles, steps, _flatten(problem, state), values, examples, rate, settings, errors, losses, math)
        after = _unflatten(problem, state, flat, steps + cycles * len(examples))
        return TrainResult(after, np.array(errors), np.array(losses) * loss_factor)

    return run


def source_of(problem: TrainingProblem) -> list[str]:
    """Source lines of `train(cycles, steps, flat, values, examples, rate, settings, errors, losses, math)`.

    steps: number of those before. flat: all weights, then all biases, row by row, then the same of what the optimizer
    keeps; returned after the last cycle. settings: the optimizer's. Each cycle appends one number to errors and one to
    losses.
    """
    names = ", ".join(_parameter_names(problem))
    lines = [
        "def train(cycles, steps, flat, values, examples, rate, settings, errors, losses, math):",
        "    exp, expm1, log, log1p, tanh = math.exp, math.expm1, math.log, math.log1p, math.tanh",
        "    erfc, sqrt = math.erfc, math.sqrt",
        f"    [{_SETTINGS[problem.optimizer.name]}] = settings",
        f"    [{names}] = flat",
        *(f"    c{index} = values[{index}]" for index in range(len(_constants(problem)))),
        "    for _ in range(cycles):",
        "        error = loss = 0.0",
    ]
    if is_written_out(problem):
        constants = _constants(problem)
        for inputs, targets in zip(problem.inputs.tolist(), problem.targets.tolist(), strict=True):
            literals = [[_literal(value, constants) for value in values] for values in (inputs, targets)]
            lines += (f"        {line}" for line in _step(problem, *literals))
    else:
        inputs = [f"a0_{index}" for index in range(problem.layers[0])]
        targets = [f"t{index}" for index in range(problem.layers[-1])]
        lines.append(f"        for [{', '.join(inputs + targets)}] in examples:")
        lines += (f"            {line}" for line in _step(problem, inputs, targets))
    return [*lines, "        errors.append(error)", "        losses.append(loss)", f"    return [{names}]"]


def _parameter_names(problem: TrainingProblem) -> Iterator[str]:
    pairs = list(enumerate(pairwise(problem.layers)))
    for kept in ("", "u", "q")[: 1 + len(OPTIMIZER_ROLES[problem.optimizer.name])]:
        for layer, (fan_in, fan_out) in pairs:
            yield from (f"{kept}w{layer}_{i}_{j}" for i in range(fan_in) for j in range(fan_out))
        for layer, (_, fan_out) in pairs:
            yield from (f"{kept}b{layer}_{j}" for j in range(fan_out))


def _is_negated(problem: TrainingProblem, index: int) -> bool:
    """True if the weights and biases of weight layer `index` are held negated."""
    return problem.activations[index] == "sigmoid"


def _arrays(problem: TrainingProblem, state: TrainingState) -> Iterator[tuple[Floats, bool]]:
    """Every array of a state, in the order of the flat list, and whether it is held negated there.

    The optimizer's first array (velocity, or mean of gradients) is held with the sign of the negative gradient.
    """
    for arrays in state.parameters:
        yield from ((array, _is_negated(problem, index)) for index, array in enumerate(arrays))
    for number, kept in enumerate(state.optimizer.kept if state.optimizer else ()):
        for arrays in kept:
            yield from ((array, number == 0) for array in arrays)


def _flatten(problem: TrainingProblem, state: TrainingState) -> list[float]:
    arrays = (-array.ravel() if negated else array.ravel() for array, negated in _arrays(problem, state))
    flat: list[float] = np.concatenate([*arrays]).tolist()
    return flat


def _unflatten(problem: TrainingProblem, like: TrainingState, flat: list[float], steps: int) -> TrainingState:
    numbers, position, parts = np.array(flat), 0, []
    for old, negated in _arrays(problem, like):
        array = numbers[position : position + old.size].reshape(old.shape)
        parts.append(-array if negated else array)
        position += old.size
    layers = len(like.parameters.weights)
    starts = range(0, len(parts), 2 * layers)
    parameters, *kept = (
        Parameters(tuple(parts[at : at + layers]), tuple(parts[at + layers : at + 2 * layers])) for at in starts
    )
    return TrainingState(parameters, optimizer=OptimizerState(steps, tuple(kept)) if like.optimizer else None)


def _constants(problem: TrainingProblem) -> list[float]:
    """Distinct input and target values that get a variable each: all but 0 and 1, where examples are written out."""
    if not is_written_out(problem):
        return []
    values: list[float] = np.unique(np.hstack([problem.inputs, problem.targets])).tolist()
    return [value for value in values if value not in (0.0, 1.0)]


def _literal(value: float, constants: list[float]) -> str:
    return "0.0" if value == 0.0 else "1.0" if value == 1.0 else f"c{constants.index(value)}"


def _product(factor: str, other: str) -> str:
    """Source of factor * other, shortened where the factor is 1 or 0."""
    return "" if factor == "0.0" else other if factor == "1.0" else f"{factor} * {other}"


def _step(problem: TrainingProblem, inputs: list[str], targets: list[str]) -> Iterator[str]:
    """Source of one example's step: forward, error, backward; a weight is updated once its old value is not needed."""
    layers = [inputs]
    if problem.optimizer.name == "adam":
        yield "steps += 1"
        yield "factor, root = rate / (1.0 - beta1 ** steps), 1.0 / sqrt(1.0 - beta2 ** steps)"
    for index in range(len(problem.activations)):
        layers.append([f"a{index + 1}_{j}" for j in range(problem.layers[index + 1])])
        yield from _forward(problem, index, layers[index], layers[index + 1])
    yield from _output_deltas(problem, layers[-1], targets)
    for index in range(len(problem.activations) - 1, -1, -1):
        yield from _backward(problem, index, layers)


def _forward(problem: TrainingProblem, index: int, before: list[str], after: list[str]) -> Iterator[str]:
    activation = problem.activations[index]
    sums = []
    for j in range(len(after)):
        terms = [_product(a, f"w{index}_{i}_{j}") for i, a in enumerate(before)]
        terms += [f"b{index}_{j}"] if problem.bias else []
        sums.append(" + ".join(term for term in terms if term))
    if activation == "softmax":
        yield from _softmax(sums, after)
        return
    keep_sum = problem.loss == "cross_entropy" and index == len(problem.activations) - 1
    for j, (total, a) in enumerate(zip(sums, after, strict=True)):
        if activation in GATED:
            yield from gated(activation, total or "0.0", a)
            continue
        if keep_sum:  # sigmoid outputs: the loss is taken from the sum itself
            yield f"z{j} = -({total or '0.0'})"
            total = f"-z{j}"
        at_zero = "0.5" if activation == "sigmoid" else "0.0"
        yield f"{a} = " + (_ACTIVATION[activation].format(sum=total) if total else at_zero)


def gated(activation: Activation, total: str, a: str) -> Iterator[str]:
    """Source of a gated activation `a` and, while its sum is at hand, of its slope, which is needed on the way back."""
    yield f"z = {total}"
    yield f"gate = {_GATE[activation]}"
    yield f"{a} = z * gate"
    yield f"s{a} = {_SLOPE_OF_GATED[activation]}"


def _softmax(sums: list[str], after: list[str]) -> Iterator[str]:
    for j, total in enumerate(sums):
        yield f"z{j} = {total or '0.0'}"
    yield f"largest = max([{', '.join(f'z{j}' for j in range(len(sums)))}])"
    for j in range(len(sums)):
        yield f"p{j} = exp(z{j} - largest)"
    yield f"powers = {' + '.join(f'p{j}' for j in range(len(sums)))}"
    for j, a in enumerate(after):
        yield f"{a} = p{j} / powers"


def _output_deltas(problem: TrainingProblem, outputs: list[str], targets: list[str]) -> Iterator[str]:
    """Source of the example's error and loss, and of the outputs' deltas; of plain descent times the learning rate."""
    last, activation = len(problem.activations), problem.activations[-1]
    differences = [f"d{last}_{j}" for j in range(len(outputs))]
    bounded = activation in ("sigmoid", "softmax")  # outputs from 0 to 1: the sign of the difference is known
    for j, (d, o, t) in enumerate(zip(differences, outputs, targets, strict=True)):
        yield f"{d} = -{o}" if t == "0.0" else f"{d} = {t} - {o}"
        yield f"error += {o if bounded and t == '0.0' else d if bounded and t == '1.0' else f'abs({d})'}"
        if problem.loss == "squared_error":  # halved when the cycle is over
            yield f"loss += {d} * {d}"
        elif activation == "sigmoid":
            product = _product(t, f"z{j}")
            yield f"loss += (z{j} if z{j} > 0.0 else 0.0){f' - {product}' if product else ''} + log1p(exp(-abs(z{j})))"
        elif t != "0.0":
            yield f"loss += {_product(t, f'(largest + log(powers) - z{j})')}"
    if problem.loss == "cross_entropy":
        if activation == "softmax" and not _adds_up_to_one(targets):
            yield f"total = {' + '.join(targets)}"
            for d, o, t in zip(differences, outputs, targets, strict=True):
                yield f"{d} = {t} - {o} * total"
    elif activation == "softmax":
        yield f"mean = {' + '.join(f'{d} * {o}' for d, o in zip(differences, outputs, strict=True))}"
        for d, o in zip(differences, outputs, strict=True):
            yield f"{d} = {o} * ({d} - mean)"
    elif activation != "linear":
        for d, o in zip(differences, outputs, strict=True):
            yield f"{d} = {SLOPE[activation].format(error=d, a=o)}"
    if problem.learning_rate != 1.0 and problem.optimizer.name == "sgd":
        for d in differences:
            yield f"{d} *= rate"


def _adds_up_to_one(targets: list[str]) -> bool:
    return sorted(targets) == ["0.0"] * (len(targets) - 1) + ["1.0"]


def _backward(problem: TrainingProblem, index: int, layers: list[list[str]]) -> Iterator[str]:
    """Source of layer `index`'s deltas, from the next layer's and the old weights, and of these weights' update."""
    after = [f"d{index + 1}_{j}" for j in range(problem.layers[index + 1])]
    slopes = _SLOPE_OF_NEGATED if _is_negated(problem, index) else SLOPE
    deltas_are_used = index > 1 or (index == 1 and (problem.bias is True or any(value != "0.0" for value in layers[0])))
    for i, a in enumerate(layers[index]):
        if deltas_are_used:
            error = " + ".join(f"{d} * w{index}_{i}_{j}" for j, d in enumerate(after))
            yield f"d{index}_{i} = {slopes[problem.activations[index - 1]].format(error=error, a=a)}"
        for j, d in enumerate(after):
            yield from _update(problem, index, f"w{index}_{i}_{j}", _product(a, d))
    if problem.bias is True:
        for j, d in enumerate(after):
            yield from _update(problem, index, f"b{index}_{j}", d)


def _update(problem: TrainingProblem, index: int, name: str, slope: str) -> Iterator[str]:
    """Source of the update of a parameter of weight layer `index`, down the gradient -slope; "" where that is 0."""
    update = "-=" if _is_negated(problem, index) else "+="
    mean, square = f"u{name}", f"q{name}"
    if problem.optimizer.name == "sgd":
        if slope:
            yield f"{name} {update} {slope}"
    elif problem.optimizer.name == "momentum":
        yield f"{mean} = share * {mean} + {slope}" if slope else f"{mean} *= share"
        yield f"{name} {update} rate * {mean}"
    else:
        if slope:
            yield f"g = {slope}"
            yield f"{mean} = beta1 * {mean} + rest1 * g"
            yield f"{square} = beta2 * {square} + rest2 * g * g"
        else:
            yield f"{mean} *= beta1"
            yield f"{square} *= beta2"
        yield f"{name} {update} factor * {mean} / (sqrt({square}) * root + epsilon)"
