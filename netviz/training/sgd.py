"""Gradient descent in plain NumPy, one step after the other: the reference for every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from netviz.recording import layers as dense
from netviz.recording.layers import Floats, Parameters, losses
from netviz.training import optimizers, playground_sums
from netviz.training.divergence import TrainingDiverged
from netviz.training.optimizers import first_state
from netviz.training.problem import Gradients, OptimizerState, TrainingProblem, TrainingState


class TrainingStep(NamedTuple):
    """One step of training, of a batch of B examples."""

    start: int
    """The batch's first example."""
    layers: tuple[Floats, ...]
    """Activations (B, n_l) of all layers, from before the update."""
    losses: Floats
    """(B,), each example's loss, from before the update."""
    state: TrainingState
    """State after the update, or without one where the batch's gradients are carried into the next cycle."""

    @property
    def parameters(self) -> Parameters:
        """Parameters after the step."""
        return self.state.parameters


class TrainResult(NamedTuple):
    """Result of some cycles of training."""

    state: TrainingState
    """State after the last cycle."""
    errors: Floats
    """(cycles,): |target - output| added up over the outputs and examples of each cycle, before each step's update."""
    losses: Floats
    """(cycles,): the loss, added up likewise."""

    @property
    def parameters(self) -> Parameters:
        """Parameters after the last cycle."""
        return self.state.parameters


def take_step(problem: TrainingProblem, state: TrainingState, start: int) -> TrainingStep:
    """Take one step of gradient descent on the batch that begins with example `start`."""
    weights, biases = state.parameters
    inputs = problem.inputs[start : start + problem.batch]
    targets = problem.targets[start : start + problem.batch]
    layers, deltas = _passes(problem, state.parameters, inputs, targets)
    loss = losses(weights, biases, problem.activations, layers, targets, problem.loss)
    gradients = _gradients(problem, state.carried, layers, deltas)
    if len(inputs) < problem.batch and problem.last_batch == "carry":
        return TrainingStep(start, layers, loss, state._replace(carried=gradients))
    return TrainingStep(start, layers, loss, updated_state(problem, state, gradients))


_Layers = tuple[Floats, ...]


def _passes(
    problem: TrainingProblem, parameters: Parameters, inputs: Floats, targets: Floats
) -> tuple[_Layers, _Layers]:
    """Forward and backward pass: the activations of all layers, and the deltas of all after the inputs."""
    arithmetic = playground_sums if problem.in_order else dense
    layers = arithmetic.forward(*parameters, problem.activations, inputs)
    return layers, arithmetic.deltas(*parameters, problem.activations, layers, targets, problem.loss)


def _gradients(problem: TrainingProblem, carried: Gradients | None, layers: _Layers, deltas: _Layers) -> Gradients:
    """Gradients of a batch's examples, added to those carried over."""
    examples = len(deltas[0]) + (carried.examples if carried else 0)
    if problem.in_order:
        return Gradients(*playground_sums.gradients(layers, deltas, carried and carried[:2]), examples)
    weights, biases = dense.gradients(layers, deltas, "sum")
    if carried is not None:
        weights = tuple(map(np.add, carried.weights, weights))
        biases = tuple(map(np.add, carried.biases, biases))
    return Gradients(weights, biases, examples)


def updated_state(problem: TrainingProblem, state: TrainingState, gradients: Gradients) -> TrainingState:
    """State after a step down these gradients, and towards smaller weights where there is regularization.

    Regularization as in TensorFlow Playground (src/nn.ts): its slope is that of the weights from before the step, its
    rate that of learning, whatever the batch and the optimizer; biases have none. Arrays may have an axis before their
    own, of as many networks as there are gradients.
    """
    weights = state.parameters.weights
    (moved, biases), optimizer = _moved(problem, state, gradients)
    if problem.regularization == "none":
        return TrainingState(Parameters(moved, biases), optimizer=optimizer)
    slope = np.sign if problem.regularization == "L1" else np.positive
    shrinking = problem.learning_rate * problem.regularization_rate
    shrunk = tuple(after - shrinking * slope(weight) for after, weight in zip(moved, weights, strict=True))
    if problem.regularization == "L2":
        return TrainingState(Parameters(shrunk, biases), optimizer=optimizer)
    dead = tuple(before * after < 0.0 for before, after in zip(moved, shrunk, strict=True))
    if state.dead is not None:
        dead = tuple(map(np.logical_or, state.dead, dead))
    living = tuple(np.where(gone, 0.0, weight) for gone, weight in zip(dead, shrunk, strict=True))
    return TrainingState(Parameters(living, biases), dead=dead, optimizer=optimizer)


def _moved(
    problem: TrainingProblem, state: TrainingState, gradients: Gradients
) -> tuple[Parameters, OptimizerState | None]:
    """Parameters after the optimizer's step, without the penalty on large weights; and what the optimizer keeps."""
    if problem.optimizer.name != "sgd":
        return optimizers.moved(
            problem, state.parameters, state.optimizer or first_state(problem, state.parameters), gradients
        )
    weights, biases = state.parameters
    divisor = gradients.examples if problem.reduction == "mean" else 1
    rate = problem.learning_rate / divisor
    if problem.bias is True:
        steps = (problem.learning_rate * gradient / divisor for gradient in gradients.biases)
        biases = tuple(map(np.subtract, biases, steps))
    moved = tuple(weight - rate * gradient for weight, gradient in zip(weights, gradients.weights, strict=True))
    return Parameters(moved, biases), None


def steps_of_cycle(problem: TrainingProblem, state: TrainingState) -> Iterator[TrainingStep]:
    """Steps of one cycle through the examples, one after the other."""
    for start in range(0, len(problem.inputs), problem.batch):
        step = take_step(problem, state, start)
        state = step.state
        yield step


def errors_of(problem: TrainingProblem, step: TrainingStep) -> float:
    """|target - output| of a step, added up over its outputs and examples."""
    targets = problem.targets[step.start : step.start + problem.batch]
    return float(np.abs(targets - step.layers[-1]).sum())


def run_reference(
    problem: TrainingProblem,
    state: TrainingState,
    cycles: int,
    watched_from: int | None = None,
    keep: Callable[[TrainingState, TrainingStep], None] | None = None,
) -> TrainResult:
    """Train so many cycles.

    watched_from: the number of the first of these cycles, to have every step checked; a step with a number that is not
    finite then raises TrainingDiverged. Without it nothing is checked.
    keep: called with each step and the state it began with.
    """
    errors, loss = np.zeros(cycles), np.zeros(cycles)
    for index in range(cycles):
        for step in steps_of_cycle(problem, state):
            if watched_from is not None:
                check_step(problem, step, watched_from + index)
            if keep is not None:
                keep(state, step)
            errors[index] += errors_of(problem, step)
            loss[index] += float(step.losses.sum())
            state = step.state
        if watched_from is not None and not (np.isfinite(errors[index]) and np.isfinite(loss[index])):
            last_example, last_layer = len(problem.inputs) - 1, len(problem.activations)
            raise TrainingDiverged(problem, watched_from + index, last_example, last_layer, "loss")
    return TrainResult(state, errors, loss)


def check_pass(problem: TrainingProblem, cycle: int, start: int, layers: Sequence[Floats], loss: Floats) -> None:
    """Raise TrainingDiverged if a batch's forward pass is not finite, with the first example and layer that is not.

    start: the batch's first example; layers: (B, n_l) each; loss: (B,).
    """
    if all(np.isfinite(array).all() for array in (*layers, loss)):
        return
    for example in range(len(loss)):
        for layer, activations in enumerate(layers):
            if not np.isfinite(activations[example]).all():
                raise TrainingDiverged(problem, cycle, start + example, layer, "activations")
        if not np.isfinite(loss[example]):
            raise TrainingDiverged(problem, cycle, start + example, len(layers) - 1, "loss")


def check_step(problem: TrainingProblem, step: TrainingStep, cycle: int) -> None:
    """Raise TrainingDiverged if a step is not finite, with the first example and layer that is not."""
    check_pass(problem, cycle, step.start, step.layers, step.losses)
    # The update comes after the batch's last example, and from all of them together.
    example = step.start + len(step.losses) - 1
    kept = step.state.optimizer.kept if step.state.optimizer else ()
    for parameters in (step.parameters, *kept):
        for layer, (weights, biases) in enumerate(zip(*parameters, strict=True), start=1):
            for what, array in (("weights", weights), ("biases", biases)):
                if not np.isfinite(array).all():
                    raise TrainingDiverged(problem, cycle, example, layer, what)
