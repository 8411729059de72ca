"""Training as one would write it in NumPy for networks of one and of two hidden layers: nothing is kept on the way.

No error, no loss, no check of the numbers: weights and biases alone, in float64, changed in place. The arithmetic is
netviz's: (fan_in, fan_out) weights, the mean over a batch, the last batch as short as it comes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from netviz.recording.layers import Floats, Parameters
from netviz.training.problem import TrainingProblem

_Function = Callable[[Floats], Floats]

_ACTIVATION: dict[str, _Function] = {
    "sigmoid": lambda z: 1.0 / (1.0 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0.0),
    "softmax": lambda z: (e := np.exp(z - z.max(axis=1, keepdims=True))) / e.sum(axis=1, keepdims=True),
}
_SLOPE: dict[str, _Function] = {
    "sigmoid": lambda a: a * (1.0 - a),
    "tanh": lambda a: 1.0 - a * a,
    "relu": lambda a: a > 0.0,
}


def train_plain(problem: TrainingProblem, parameters: Parameters, cycles: int) -> Floats:
    """So many cycles of a problem with one hidden layer or two. Returns the first layer's weights."""
    ways = {3: _one_hidden_layer, 4: _two_hidden_layers}
    return ways[len(problem.layers)](problem, parameters, cycles)


def _output_slope(problem: TrainingProblem) -> _Function:
    """What target - output is multiplied with: 1 with cross entropy."""
    return _SLOPE[problem.activations[-1]] if problem.loss == "squared_error" else lambda a: 1.0


def _one_hidden_layer(problem: TrainingProblem, parameters: Parameters, cycles: int) -> Floats:
    (w1, w2), (b1, b2) = ([array.copy() for array in arrays] for arrays in parameters)
    first, last = (_ACTIVATION[name] for name in problem.activations)
    slope, output_slope = _SLOPE[problem.activations[0]], _output_slope(problem)
    for _ in range(cycles):
        for start in range(0, len(problem.inputs), problem.batch):
            x = problem.inputs[start : start + problem.batch]
            a = first(x @ w1 + b1)
            o = last(a @ w2 + b2)
            d2 = (
                (problem.targets[start : start + problem.batch] - o)
                * output_slope(o)
                * (problem.learning_rate / len(x))
            )
            d1 = d2 @ w2.T * slope(a)
            w2 += a.T @ d2
            w1 += x.T @ d1
            if problem.bias:
                b2 += d2.sum(axis=0)
                b1 += d1.sum(axis=0)
    return w1


def _two_hidden_layers(problem: TrainingProblem, parameters: Parameters, cycles: int) -> Floats:
    (w1, w2, w3), (b1, b2, b3) = ([array.copy() for array in arrays] for arrays in parameters)
    first, second, last = (_ACTIVATION[name] for name in problem.activations)
    (slope1, slope2), output_slope = (_SLOPE[name] for name in problem.activations[:2]), _output_slope(problem)
    for _ in range(cycles):
        for start in range(0, len(problem.inputs), problem.batch):
            x = problem.inputs[start : start + problem.batch]
            a = first(x @ w1 + b1)
            b = second(a @ w2 + b2)
            o = last(b @ w3 + b3)
            d3 = (
                (problem.targets[start : start + problem.batch] - o)
                * output_slope(o)
                * (problem.learning_rate / len(x))
            )
            d2 = d3 @ w3.T * slope2(b)
            d1 = d2 @ w2.T * slope1(a)
            w3 += b.T @ d3
            w2 += a.T @ d2
            w1 += x.T @ d1
            if problem.bias:
                b3 += d3.sum(axis=0)
                b2 += d2.sum(axis=0)
                b1 += d1.sum(axis=0)
    return w1
