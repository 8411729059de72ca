"""Playground engine: generated Python with TensorFlow Playground's order of sums.

As in `compiled_engine.py` every weight is a local variable, compiled once for one network's shape; here batches,
carried gradients and regularization are written out too, and the numbers are those of `playground_sums.py` to the last
bit. Names: w{l}_{i}_{j} and b{l}_{j} as there, g and h their gradients added up so far, x whether a weight may still
change, a{l}_{j} an activation, sa{l}_{j} its slope where that needs the sum, d{l}_{j} its delta (the gradient: output -
target). The source is made of whole numbers and fixed templates alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from netviz.recording.layers import GATED, Parameters
from netviz.scene.model import Activation
from netviz.training.compiled_engine import BY_SIGN, SLOPE, gated
from netviz.training.playground_sums import exponential
from netviz.training.problem import Gradients, TrainingProblem, TrainingState
from netviz.training.sgd import TrainResult

_ACTIVATION: dict[Activation, str] = {
    "sigmoid": "1.0 / (1.0 + exp(-({sum})))",
    "tanh": "tanh({sum})",
    **BY_SIGN,
    "linear": "{sum}",
}


def can_be_compiled_in_order(problem: TrainingProblem) -> bool:
    """True if Playground could have the problem: sums in its order, squared error, plain descent, no softmax."""
    has_its_rule = problem.loss == "squared_error" and problem.optimizer.name == "sgd"
    return problem.in_order and has_its_rule and problem.activations[-1] != "softmax"


def compile_in_order(problem: TrainingProblem) -> Callable[[TrainingState, int], TrainResult]:
    """Compile the training of a problem that can be compiled to a function (state, cycles) -> TrainResult.

    A TrainResult's numbers may not be finite.
    """
    scope: dict[str, Any] = {"exp": exponential, "expm1": math.expm1, "tanh": math.tanh, "erfc": math.erfc}
    exec(compile("\n".join(source_in_order(problem)), "<netviz steps in order>", "exec"), scope)
    train = scope["train"]
    count = len(problem.inputs)
    ends = [(index + 1) % problem.batch == 0 for index in range(count)]
    ends[-1] = ends[-1] or problem.last_batch == "short"
    rows = zip(problem.inputs.tolist(), problem.targets.tolist(), ends, strict=True)
    examples = [[*inputs, *targets, end] for inputs, targets, end in rows]

    def run(state: TrainingState, cycles: int) -> TrainResult:
        weights, biases = state.parameters
        no_gradients = Gradients(tuple(map(np.zeros_like, weights)), tuple(map(np.zeros_like, biases)), 0)
        carried = state.carried or no_gradients
        alive = tuple(~gone for gone in state.dead or (np.zeros_like(array, dtype=np.bool_) for array in weights))
        numbers = [*weights, *biases, *carried.weights, *carried.biases]
        errors: list[float] = []
        losses: list[float] = []
        rates = problem.learning_rate, problem.learning_rate * problem.regularization_rate
        after, waiting, living = train(
            cycles, _flat(numbers), carried.examples, _flat(alive), examples, *rates, errors, losses
        )
        shaped, layers = _shaped(after, numbers), len(weights)
        parts = [shaped[start : start + layers] for start in range(0, len(shaped), layers)]
        return TrainResult(
            TrainingState(
                Parameters(parts[0], parts[1]),
                Gradients(parts[2], parts[3], waiting) if waiting else None,
                tuple(~part for part in _shaped(living, alive)) if problem.regularization == "L1" else None,
            ),
            np.array(errors),
            np.array(losses) * 0.5,
        )

    return run


def _flat(arrays: Sequence[npt.NDArray[Any]]) -> list[Any]:
    flat: list[Any] = np.concatenate([array.ravel() for array in arrays]).tolist()
    return flat


def _shaped(flat: list[Any], like: Sequence[npt.NDArray[Any]]) -> tuple[npt.NDArray[Any], ...]:
    """Arrays of the same shapes as `like`, from the flat list of their numbers."""
    ends = np.cumsum([array.size for array in like])[:-1]
    return tuple(part.reshape(old.shape) for part, old in zip(np.split(np.array(flat), ends), like, strict=True))


def source_in_order(problem: TrainingProblem) -> list[str]:
    """Source lines of the function `train(cycles, numbers, count, alive, examples, rate, shrinking, errors, losses)`.

    numbers: all weights, biases, and the gradients of both added up so far, of `count` examples; alive: which weights
    may change. They are returned as they are after the last cycle. examples: for each its inputs, its targets and
    whether an update follows. Each cycle appends one number to errors and one to losses.
    """
    weights = [name[1:] for name in _weight_names(problem)]
    biases = [f"{layer}_{j}" for layer, size in enumerate(problem.layers[1:]) for j in range(size)]
    sums = [f"g{name}" for name in weights] + [f"h{name}" for name in biases]
    numbers = ", ".join([f"w{name}" for name in weights] + [f"b{name}" for name in biases] + sums)
    alive = ", ".join(f"x{name}" for name in weights)
    inputs = [f"a0_{index}" for index in range(problem.layers[0])]
    targets = [f"t{index}" for index in range(problem.layers[-1])]
    return [
        "def train(cycles, numbers, count, alive, examples, rate, shrinking, errors, losses):",
        f"    [{numbers}] = numbers",
        f"    [{alive}] = alive",
        "    for _ in range(cycles):",
        "        error = loss = 0.0",
        f"        for [{', '.join([*inputs, *targets])}, is_end] in examples:",
        *(f"            {line}" for line in _example(problem)),
        "            count += 1",
        "            if is_end:",
        f"                divisor = {'count' if problem.reduction == 'mean' else '1'}",
        *(f"                {line}" for line in _update(problem, weights, biases)),
        f"                {' = '.join(sums)} = 0.0",
        "                count = 0",
        "        errors.append(error)",
        "        losses.append(loss)",
        f"    return [{numbers}], count, [{alive}]",
    ]


def _weight_names(problem: TrainingProblem) -> Iterator[str]:
    for layer, (fan_in, fan_out) in enumerate(pairwise(problem.layers)):
        yield from (f"w{layer}_{i}_{j}" for i in range(fan_in) for j in range(fan_out))


def _example(problem: TrainingProblem) -> Iterator[str]:
    """Source of one example: forward, error, and backward, its gradients added to those before."""
    pairs = list(enumerate(pairwise(problem.layers)))
    for layer, (fan_in, fan_out) in pairs:
        for j in range(fan_out):
            terms = [f"b{layer}_{j}", *(f"a{layer}_{i} * w{layer}_{i}_{j}" for i in range(fan_in))]
            total, activation = " + ".join(terms), problem.activations[layer]
            if activation in GATED:
                yield from gated(activation, total, f"a{layer + 1}_{j}")
            else:
                yield f"a{layer + 1}_{j} = {_ACTIVATION[activation].format(sum=total)}"
    last = len(pairs)
    for j in range(problem.layers[-1]):
        delta = f"d{last}_{j}"
        yield f"{delta} = a{last}_{j} - t{j}"
        yield f"error += abs({delta})"
        yield f"loss += {delta} * {delta}"
        yield f"{delta} = {SLOPE[problem.activations[-1]].format(error=delta, a=f'a{last}_{j}')}"
    for layer, (fan_in, fan_out) in reversed(pairs):
        for i in range(fan_in):
            if layer > 0:
                error = " + ".join(f"d{layer + 1}_{j} * w{layer}_{i}_{j}" for j in range(fan_out))
                slope = SLOPE[problem.activations[layer - 1]]
                yield f"d{layer}_{i} = {slope.format(error=error, a=f'a{layer}_{i}')}"
            yield from (f"g{layer}_{i}_{j} += a{layer}_{i} * d{layer + 1}_{j}" for j in range(fan_out))
        yield from (f"h{layer}_{j} += d{layer + 1}_{j}" for j in range(fan_out))


def _update(problem: TrainingProblem, weights: list[str], biases: list[str]) -> Iterator[str]:
    """Source of the update of weights and biases from their summed gradients; the mean is over `divisor` examples."""
    yield "step = rate / divisor"
    if problem.bias is True:
        yield from (f"b{name} -= rate * h{name} / divisor" for name in biases)
    for name in weights:
        if problem.regularization == "none":
            yield f"w{name} -= step * g{name}"
        elif problem.regularization == "L2":
            yield f"w{name} = w{name} - step * g{name} - shrinking * w{name}"
        else:
            yield f"if x{name}:"
            yield f"    moved = w{name} - step * g{name}"
            yield f"    w{name} = moved - shrinking * ((w{name} > 0.0) - (w{name} < 0.0))"
            yield f"    if moved * w{name} < 0.0:"
            yield f"        w{name}, x{name} = 0.0, False"
