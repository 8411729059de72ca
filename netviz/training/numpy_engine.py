"""NumPy engine for wide layers and batches: every array allocated once and filled in each step.

The arithmetic is that of `sgd.py` to a few units in the last place. There, allocating arrays takes longer than filling
them: for a wide layer memory is requested from the system and returned several times a step, for a narrow one every
call takes longer than its numbers. So here the learning rate is multiplied into the outputs' deltas and propagated back
with them, and errors and losses are computed for a whole cycle at once, from the outputs stored in its steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from netviz.recording.layers import (
    DENSITY,
    GATED,
    LEAK,
    TO_SIGMA,
    Floats,
    Parameters,
    cross_entropies,
    each,
    output_deltas,
)
from netviz.scene.model import Activation
from netviz.training.optimizers import Change, InPlaceOptimizer, first_state
from netviz.training.problem import TrainingProblem, TrainingState
from netviz.training.sgd import TrainResult

_LARGE = 10_000
"""Weights of a layer from which `np.matmul` is the faster product: see `_product_for`."""

_Activate = Callable[[Floats, Floats], object]
"""(given (B, n), result (B, n)); the latter is filled in."""

_Step = Callable[[Floats, Floats, Floats, Floats], None]
"""(inputs (B, n_0), targets (B, n_L), sums (B, n_L), outputs (B, n_L)); the last two are filled in."""


def can_be_in_place(problem: TrainingProblem) -> bool:
    """True if the problem's sums need no particular order, and there is no regularization."""
    return not problem.in_order and problem.regularization == "none"


def train_in_place(problem: TrainingProblem) -> Callable[[TrainingState, int], TrainResult]:
    """Return the in-place training of a problem that can be, as a function (state, cycles) -> TrainResult.

    A TrainResult's numbers may not be finite.
    """

    def run(state: TrainingState, cycles: int) -> TrainResult:
        parameters = Parameters(*(tuple(array.copy() for array in arrays) for arrays in state.parameters))
        outputs = np.empty_like(problem.targets)
        # A squared error is one of outputs alone: their sums may be overwritten.
        sums = np.empty_like(outputs) if problem.loss == "cross_entropy" else outputs
        kept = problem.optimizer.name != "sgd" and (state.optimizer or first_state(problem, parameters))
        optimizer = InPlaceOptimizer(problem, kept) if kept else None
        parts = [*_parts(problem, parameters, optimizer, sums, outputs)]
        errors, losses = np.empty(cycles), np.empty(cycles)
        with np.errstate(all="ignore"):  # the trainer checks for numbers that are not finite
            for cycle in range(cycles):
                for take_step, batches in parts:
                    for batch in zip(*batches, strict=True):
                        take_step(*batch)
                errors[cycle], losses[cycle] = _error_and_loss(problem, sums, outputs)
        after = TrainingState(parameters, optimizer=optimizer.state if optimizer else None)
        return TrainResult(after, errors, losses)

    return run


def _parts(
    problem: TrainingProblem, parameters: Parameters, optimizer: InPlaceOptimizer | None, sums: Floats, outputs: Floats
) -> Iterator[tuple[_Step, tuple[Floats, ...]]]:
    """A cycle's whole batches, then the shorter one at its end: a step, and its four arrays, (batches, B, n) each."""
    count = len(problem.inputs)
    whole = count - count % problem.batch
    for start, stop, examples in ((0, whole, problem.batch), (whole, count, count - whole)):
        if start < stop:
            arrays = (problem.inputs, problem.targets, sums, outputs)
            batches = (array[start:stop].reshape(-1, examples, array.shape[1]) for array in arrays)
            yield _step(problem, parameters, optimizer, examples), tuple(batches)


def _error_and_loss(problem: TrainingProblem, sums: Floats, outputs: Floats) -> tuple[float, float]:
    """Sums of |target - output| and of the loss over all examples; outputs and last weighted sums are (E, n_L)."""
    differences = problem.targets - outputs
    if problem.loss == "squared_error":
        loss = 0.5 * float(np.vdot(differences, differences))
    else:
        loss = float(cross_entropies(problem.activations[-1], sums, problem.targets).sum())
    return float(np.abs(differences).sum()), loss


def _step(problem: TrainingProblem, parameters: Parameters, optimizer: InPlaceOptimizer | None, examples: int) -> _Step:
    """Build a step with B examples, which changes the parameters in place.

    In plain gradient descent, without an optimizer, the deltas are multiplied by the learning rate.
    """
    weights, biases = parameters
    kinds, sizes = problem.activations, problem.layers[1:]
    hidden = [np.empty((examples, size)) for size in sizes[:-1]]
    deltas, slopes = ([np.empty((examples, size)) for size in sizes] for _ in range(2))
    gradients = [np.empty(pair) for pair in pairwise(problem.layers)]
    products = [_product_for(gradient, examples) for gradient in gradients]
    rate = (1.0 if optimizer else problem.learning_rate) / (examples if problem.reduction == "mean" else 1)
    changes: list[Change]
    bias_changes: list[Change]
    changes, bias_changes = (
        [optimizer.change_of(role, layer) if optimizer else np.subtract for layer in range(len(sizes))]
        for role in range(2)
    )

    # The arrays of each part of a step, as tuples: to look them up in the step would take a tenth of its time.
    *to_hidden, last = (
        _GATED[kind](slope) if kind in GATED else _ACTIVATE[kind] for kind, slope in zip(kinds, slopes, strict=True)
    )
    forward = [*zip(to_hidden, weights[:-1], biases[:-1], hidden, strict=True)]
    backward = [
        (deltas[index + 1], weights[index + 1].T, _SLOPE[kinds[index]], hidden[index], deltas[index], slopes[index])
        for index in reversed(range(len(hidden)))
    ]
    transposed_layers = [layer.T for layer in hidden]
    updates = [*zip(products[1:], transposed_layers, deltas[1:], gradients[1:], changes[1:], weights[1:], strict=True)]
    learned = problem.bias is True
    bias_updates = [*zip(deltas, map(np.empty, sizes), bias_changes, biases, strict=True)] if learned else []

    def step(inputs: Floats, targets: Floats, sums: Floats, outputs: Floats) -> None:
        before = inputs
        for activate, weight, bias, layer in forward:
            np.dot(before, weight, layer)
            np.add(layer, bias, layer)
            activate(layer, layer)
            before = layer
        np.dot(before, weights[-1], sums)
        np.add(sums, biases[-1], sums)
        last(sums, outputs)

        _output_deltas(problem, outputs, targets, deltas[-1], slopes[-1])
        if rate != 1.0:
            np.multiply(deltas[-1], rate, deltas[-1])
        for after, transposed, slope, layer, delta, scratch in backward:
            np.dot(after, transposed, delta)
            slope(layer, scratch)
            np.multiply(delta, scratch, delta)

        if optimizer is not None:
            optimizer.begin_step()
        products[0](inputs.T, deltas[0], gradients[0])
        changes[0](weights[0], gradients[0], weights[0])
        for product, transposed, delta, gradient, change, weight in updates:
            product(transposed, delta, gradient)
            change(weight, gradient, weight)
        for delta, total, change, bias in bias_updates:
            np.add.reduce(delta, axis=0, out=total)
            change(bias, total, bias)

    return step


def _product_for(gradient: Floats, examples: int) -> Callable[[Floats, Floats, Floats], object]:
    """The faster of NumPy's two matrix products for gradients of so many examples, measured.

    np.dot starts in two thirds of the time of np.matmul, and for one example it takes a third; but it fills the result
    with zeros first, which takes a tenth longer where that is large.
    """
    return np.dot if examples == 1 or gradient.size < _LARGE else np.matmul


def _output_deltas(problem: TrainingProblem, outputs: Floats, targets: Floats, deltas: Floats, scratch: Floats) -> None:
    activation = problem.activations[-1]
    if problem.loss == "squared_error" and activation != "softmax":
        np.subtract(outputs, targets, deltas)
        _SLOPE[activation](outputs, scratch)
        np.multiply(deltas, scratch, deltas)
    else:
        deltas[:] = output_deltas(activation, outputs, targets, problem.loss)


def _sigmoid(sums: Floats, result: Floats) -> None:
    np.negative(sums, result)
    np.exp(result, result)
    np.add(result, 1.0, result)
    np.reciprocal(result, result)


def _softmax(sums: Floats, result: Floats) -> None:
    np.subtract(sums, sums.max(axis=-1, keepdims=True), result)
    np.exp(result, result)
    np.divide(result, result.sum(axis=-1, keepdims=True), result)


def _leaky_relu(sums: Floats, result: Floats) -> None:
    if result is not sums:
        np.copyto(result, sums)
    np.multiply(result, LEAK, out=result, where=result < 0.0)


def _elu(sums: Floats, result: Floats) -> None:
    if result is not sums:
        np.copyto(result, sums)
    np.expm1(result, out=result, where=result < 0.0)


def _slope_of_sigmoid(outputs: Floats, result: Floats) -> None:
    np.subtract(1.0, outputs, result)
    np.multiply(outputs, result, result)


def _slope_of_tanh(outputs: Floats, result: Floats) -> None:
    np.multiply(outputs, outputs, result)
    np.subtract(1.0, result, result)


def _slope_of_leaky_relu(outputs: Floats, result: Floats) -> None:
    np.greater(outputs, 0.0, result)
    np.maximum(result, LEAK, out=result)


def _slope_of_elu(outputs: Floats, result: Floats) -> None:
    np.minimum(outputs, 0.0, out=result)
    np.add(result, 1.0, result)


def _gelu(slope: Floats) -> _Activate:
    density = np.empty_like(slope)

    def activate(sums: Floats, result: Floats) -> None:
        np.multiply(sums, -0.5, density)
        np.multiply(density, sums, density)
        np.exp(density, density)
        np.multiply(density, DENSITY, density)
        np.multiply(density, sums, density)
        gate = each(math.erfc, -TO_SIGMA * sums)
        np.multiply(gate, 0.5, gate)
        np.add(gate, density, slope)
        np.multiply(sums, gate, result)

    return activate


def _swish(slope: Floats) -> _Activate:
    gate = np.empty_like(slope)

    def activate(sums: Floats, result: Floats) -> None:
        _sigmoid(sums, gate)
        np.multiply(sums, gate, result)
        np.subtract(1.0, gate, slope)
        np.multiply(result, slope, slope)
        np.add(gate, slope, slope)

    return activate


_ACTIVATE: dict[Activation, _Activate] = {
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda sums, result: np.maximum(sums, 0.0, out=result),
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "linear": lambda sums, result: np.copyto(result, sums),
    "softmax": _softmax,
}
"""`layers.activate` in place: from weighted sums (B, n) to activations (B, n), which may be the same array."""

_GATED: dict[Activation, Callable[[Floats], _Activate]] = {"gelu": _gelu, "swish": _swish}
"""The same of gated functions, each for one layer's array of slopes (B, n), which is filled on the way forward: there
the sums and the gate are at hand."""

_SLOPE: dict[Activation, _Activate] = {
    "sigmoid": _slope_of_sigmoid,
    "tanh": _slope_of_tanh,
    "relu": lambda outputs, result: np.greater(outputs, 0.0, result),
    "leaky_relu": _slope_of_leaky_relu,
    "elu": _slope_of_elu,
    "gelu": lambda outputs, result: None,
    "swish": lambda outputs, result: None,
    "linear": lambda outputs, result: result.fill(1.0),
}
"""Derivative d(activation) / d(weighted sum) (B, n), from the activations (B, n); of gated functions it is there."""
