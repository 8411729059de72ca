"""Optimizers: the step of the parameters that follows from a gradient, and the running means that a rule keeps for it.

momentum: v = mu v + g, w -= rate v (B. Polyak 1964, in the form of torch.optim.SGD). adam: m = b1 m + (1 - b1) g,
s = b2 s + (1 - b2) g^2, w -= rate (m / (1 - b1^t)) / (sqrt(s / (1 - b2^t)) + epsilon) in step t (Kingma and Ba 2015,
algorithm 1). g is the gradient of a step: the sum or the mean over its batch. Plain gradient descent, w -= rate g,
keeps nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from netviz.recording.layers import Floats, Parameters
from netviz.recording.network import ADAM, BIASES, MOMENTUM, OPTIMIZER_ROLES, WEIGHTS, kept_role
from netviz.recording.recording import Recording
from netviz.scene.model import Optimizer
from netviz.training.problem import Gradients, OptimizerState, TrainingProblem

Steps = int | npt.NDArray[np.int64]


def first_state(problem: TrainingProblem, parameters: Parameters, steps: Steps = 0) -> OptimizerState:
    """State of the problem's optimizer before any step: zeros like the parameters."""
    kept = OPTIMIZER_ROLES[problem.optimizer.name]
    return OptimizerState(
        steps, tuple(Parameters(*(tuple(map(np.zeros_like, each)) for each in parameters)) for _ in kept)
    )


def steps_taken(problem: TrainingProblem, cycles: int) -> int:
    """Number of steps in so many cycles: of a last, smaller batch there is one, unless it is carried over."""
    batches, left = divmod(len(problem.inputs), problem.batch)
    return cycles * (batches + (left > 0 and problem.last_batch == "short"))


def recorded_state(problem: TrainingProblem, recording: Recording, moment: int) -> OptimizerState:
    """State of the optimizer at a moment at rest of a run of this problem, as it was recorded."""
    roles, layers = OPTIMIZER_ROLES[problem.optimizer.name], recording.parameters[1:]
    like = recording.parameters_at(int(np.searchsorted(recording.moment, moment)))
    kept = (
        Parameters(
            tuple(each[kept_role(WEIGHTS, role)][moment] for each in layers),
            tuple(
                each[kept_role(BIASES, role)][moment] if BIASES in each else biases
                for each, biases in zip(layers, like.biases, strict=True)
            ),
        )
        for role in roles
    )
    return OptimizerState(steps_taken(problem, int(recording.step[moment])), tuple(kept))


def moved(
    problem: TrainingProblem, parameters: Parameters, state: OptimizerState, gradients: Gradients
) -> tuple[Parameters, OptimizerState]:
    """Parameters and state after a step of an optimizer that keeps something, down gradients summed over examples.

    Arrays may have an axis before their own, of as many networks as there are gradients; then state.steps has it too.
    Biases that are not learned stay.
    """
    divisor = gradients.examples if problem.reduction == "mean" else 1
    steps = state.steps + 1

    def change(
        arrays: tuple[Floats, ...], slopes: tuple[Floats, ...], kept: list[tuple[Floats, ...]]
    ) -> tuple[tuple[Floats, ...], list[tuple[Floats, ...]]]:
        pairs = zip(slopes, zip(*kept, strict=True), strict=True)
        taken = [_step(problem.optimizer, steps, slope / divisor, before) for slope, before in pairs]
        after = (array - problem.learning_rate * step for array, (step, _) in zip(arrays, taken, strict=True))
        return tuple(after), [*zip(*(now for _, now in taken), strict=True)]

    weights, kept_of_weights = change(parameters.weights, gradients.weights, [each.weights for each in state.kept])
    biases, kept_of_biases = parameters.biases, [each.biases for each in state.kept]
    if problem.bias is True:
        biases, kept_of_biases = change(biases, gradients.biases, kept_of_biases)
    kept = tuple(map(Parameters, kept_of_weights, kept_of_biases))
    return Parameters(weights, biases), OptimizerState(steps, kept)


def _step(
    optimizer: Optimizer, steps: Steps, gradient: Floats, before: tuple[Floats, ...]
) -> tuple[Floats, tuple[Floats, ...]]:
    """Step of a parameter in units of the learning rate, and what is kept of it after step number `steps`."""
    if optimizer.name == "momentum":
        velocity = optimizer.momentum * before[0] + gradient
        return velocity, (velocity,)
    beta1, beta2 = optimizer.beta1, optimizer.beta2
    mean = beta1 * before[0] + (1.0 - beta1) * gradient
    square = beta2 * before[1] + (1.0 - beta2) * gradient * gradient
    first, second = (_correction(beta, steps, gradient.ndim) for beta in (beta1, beta2))
    return mean / first / (np.sqrt(square) / np.sqrt(second) + optimizer.epsilon), (mean, square)


def _correction(beta: float, steps: Steps, dimensions: int) -> Any:
    """1 - beta^steps: what part of a running mean is there after so many steps; for C networks (C, 1, ...)."""
    if isinstance(steps, int):
        return 1.0 - beta**steps
    return (1.0 - beta**steps).reshape(-1, *[1] * (dimensions - 1))


# In place, for the engine that allocates nothing in a step.

Change = Callable[[Floats, Floats, Floats], object]
"""(parameter, gradient, the same parameter): changes the parameter in place, and may overwrite the gradient."""


class InPlaceOptimizer:
    """An optimizer whose arrays are changed in place, for all parameters of one training."""

    def __init__(self, problem: TrainingProblem, state: OptimizerState) -> None:
        self._optimizer, self._rate = problem.optimizer, problem.learning_rate
        self._kept = tuple(
            Parameters(*(tuple(np.copy(array) for array in arrays) for arrays in each)) for each in state.kept
        )
        assert isinstance(state.steps, int)
        self._steps = state.steps
        self._factors = [0.0, 0.0]

    @property
    def state(self) -> OptimizerState:
        """The optimizer's state now."""
        return OptimizerState(self._steps, self._kept)

    def begin_step(self) -> None:
        """Count a step, whose number Adam's corrections follow."""
        self._steps += 1
        if self._optimizer.name == ADAM:
            self._factors[0] = self._rate / (1.0 - self._optimizer.beta1**self._steps)
            self._factors[1] = 1.0 / math.sqrt(1.0 - self._optimizer.beta2**self._steps)

    def change_of(self, role: int, layer: int) -> Change:
        """The change of the weights (role 0) or biases (1) of a weight layer."""
        kept = [each[role][layer] for each in self._kept]
        if self._optimizer.name == MOMENTUM:
            return self._momentum(*kept)
        return self._adam(*kept)

    def _momentum(self, velocity: Floats) -> Change:
        rate, share = self._rate, self._optimizer.momentum

        def change(parameter: Floats, gradient: Floats, result: Floats) -> None:
            np.multiply(velocity, share, velocity)
            np.add(velocity, gradient, velocity)
            np.multiply(velocity, rate, gradient)
            np.subtract(parameter, gradient, result)

        return change

    def _adam(self, mean: Floats, square: Floats) -> Change:
        beta1, beta2, epsilon = self._optimizer.beta1, self._optimizer.beta2, self._optimizer.epsilon
        scratch, factors = np.empty_like(mean), self._factors

        def change(parameter: Floats, gradient: Floats, result: Floats) -> None:
            np.multiply(mean, beta1, mean)
            np.multiply(gradient, 1.0 - beta1, scratch)
            np.add(mean, scratch, mean)
            np.multiply(square, beta2, square)
            np.multiply(gradient, 1.0 - beta2, scratch)
            np.multiply(scratch, gradient, scratch)
            np.add(square, scratch, square)
            np.sqrt(square, scratch)
            np.multiply(scratch, factors[1], scratch)
            np.add(scratch, epsilon, scratch)
            np.divide(mean, scratch, scratch)
            np.multiply(scratch, factors[0], scratch)
            np.subtract(parameter, scratch, result)

        return change
