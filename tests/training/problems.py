"""Random problems, and how two engines' trainings of them are held against each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from netviz.recording.layers import Parameters
from netviz.scene.model import Optimizer
from netviz.training.problem import TrainingProblem, TrainingState
from netviz.training.sgd import TrainResult, run_reference

HIDDEN: Any = ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "swish", "linear"]
OPTIMIZERS = [
    Optimizer(),
    Optimizer(name="momentum"),
    Optimizer(name="momentum", momentum=0.5),
    Optimizer(name="adam"),
    Optimizer(name="adam", beta1=0.5, beta2=0.9, epsilon=1e-4),
]
ENDINGS: Any = [
    *((output, "squared_error") for output in [*HIDDEN, "softmax"]),
    ("sigmoid", "cross_entropy"),
    ("softmax", "cross_entropy"),
]


def assert_same(one: TrainResult, other: TrainResult, tolerance: float = 1e-12) -> None:
    for found, expected in zip(arrays_of(one), arrays_of(other), strict=True):
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def arrays_of(result: TrainResult) -> list[Any]:
    """Everything that training leaves: parameters, what the optimizer keeps, errors and losses."""
    kept = result.state.optimizer
    held = [kept.steps, *(array for each in kept.kept for arrays in each for array in arrays)] if kept else []
    return [*result.parameters.weights, *result.parameters.biases, *held, result.errors, result.losses]


@st.composite
def problems(draw: st.DrawFn) -> tuple[TrainingProblem, Parameters]:
    layers = tuple(draw(st.lists(st.integers(1, 4), min_size=2, max_size=4)))
    output, loss = draw(st.sampled_from(ENDINGS))
    hidden = draw(st.lists(st.sampled_from(HIDDEN), min_size=len(layers) - 2, max_size=len(layers) - 2))
    count = draw(st.integers(1, 4))
    values = arrays(float, (count, layers[0]), elements=st.sampled_from([0.0, 1.0, -1.0, -0.0]) | st.floats(-2, 2))
    targets = arrays(float, (count, layers[-1]), elements=st.sampled_from([0.0, 1.0]) | st.floats(0, 1))
    bias = draw(st.sampled_from([True, False, "fixed"]))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    optimizer = draw(st.sampled_from(OPTIMIZERS))
    # A step of Adam is as long as the rate, whatever the gradient: with 1.0 every neuron is saturated at once.
    rates = [0.03, 0.01, 0.001] if optimizer.name == "adam" else [1.0, 0.3, 0.01]
    problem = TrainingProblem(
        layers=layers,
        activations=(*hidden, output),
        loss=loss,
        bias=bias,
        learning_rate=draw(st.sampled_from(rates)),
        batch=1,
        reduction="mean",
        inputs=draw(values),
        targets=draw(targets),
        optimizer=optimizer,
    )
    weights = tuple(random.uniform(-1, 1, pair) for pair in pairwise(layers))
    return problem, Parameters(weights, tuple(random.uniform(-1, 1, size) * bool(bias) for size in layers[1:]))


def blows_up_rounding(problem: TrainingProblem, parameters: Parameters, expected: TrainResult, cycles: int) -> bool:
    """Whether a start that differs by 1e-10 ends more than a hundred times as far away: then no digits can be held.

    Or whether Adam, whose steps are as large for small gradients, divides by some that are mostly rounding: those
    behind saturated neurons, which hardly answer to another start.
    """
    if problem.optimizer.name == "adam" and divides_by_rounding(problem, parameters):
        return True
    nudged = Parameters(*(tuple(array * (1 + 1e-10) for array in arrays) for arrays in parameters))  # type: ignore[arg-type]
    found = run_reference(problem, TrainingState(nudged), cycles)
    pairs = zip((*found.parameters.weights, found.losses), (*expected.parameters.weights, expected.losses), strict=True)
    return any(np.abs(one - other).max() > 1e-8 for one, other in pairs)


def divides_by_rounding(problem: TrainingProblem, parameters: Parameters) -> bool:
    """Whether Adam makes more than 3,000 times as much of a gradient's rounding in a step of its first cycle."""
    optimizer = problem.optimizer
    for step in range(1, len(problem.inputs) + 1):
        begun = replace(problem, inputs=problem.inputs[:step], targets=problem.targets[:step])
        kept = run_reference(begun, TrainingState(parameters), 1).state.optimizer
        assert kept is not None
        roots = [np.sqrt(array / (1 - optimizer.beta2**step)) for group in kept.kept[1] for array in group]
        least = min((root[root > 0].min() for root in roots if (root > 0).any()), default=np.inf)
        if problem.learning_rate / (least + optimizer.epsilon) > 3e3:
            return True
    return False
