"""Stochastic gradient descent in plain NumPy, one step after the other: the reference for every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from netviz.training import layers as dense
from netviz.training import playground_sums
from netviz.training.layers import Floats, losses
from netviz.training.problem import Gradients, Lesson, Parameters, State, TrainingDiverged


class Step(NamedTuple):
    """One step of training, of a batch of B examples."""

    start: int
    """The batch's first example."""
    layers: tuple[Floats, ...]
    """Activations (B, n_l) of all layers, from before the update."""
    losses: Floats
    """(B,), from before the update."""
    state: State
    """After the update, or without one where the batch's gradients are carried into the next cycle."""

    @property
    def parameters(self) -> Parameters:
        """After the step."""
        return self.state.parameters


class Chunk(NamedTuple):
    """Some cycles of training."""

    state: State
    """After the last cycle."""
    errors: Floats
    """(cycles,): |target - output| added up over the outputs and examples of each cycle, before each step's update."""
    losses: Floats
    """(cycles,): the loss, added up likewise."""

    @property
    def parameters(self) -> Parameters:
        """After the last cycle."""
        return self.state.parameters


def take_step(lesson: Lesson, state: State, start: int) -> Step:
    """One step of gradient descent on the batch that begins with example `start`."""
    weights, biases = state.parameters
    inputs = lesson.inputs[start : start + lesson.batch]
    targets = lesson.targets[start : start + lesson.batch]
    layers, back = _passes(lesson, state.parameters, inputs, targets)
    loss = losses(weights, biases, lesson.activations, layers, targets, lesson.loss)
    found = _gradients(lesson, state.carried, layers, back)
    if len(inputs) < lesson.batch and lesson.last_batch == "carry":
        return Step(start, layers, loss, state._replace(carried=found))
    return Step(start, layers, loss, updated(lesson, state, found))


Layers = tuple[Floats, ...]


def _passes(lesson: Lesson, parameters: Parameters, inputs: Floats, targets: Floats) -> tuple[Layers, Layers]:
    """The activations of all layers, and the deltas of all after the inputs."""
    way = playground_sums if lesson.in_order else dense
    layers = way.forward(*parameters, lesson.activations, inputs)
    return layers, way.deltas(parameters.weights, lesson.activations, layers, targets, lesson.loss)


def _gradients(lesson: Lesson, carried: Gradients | None, layers: Layers, back: Layers) -> Gradients:
    """Those of a batch's examples, added to those carried over."""
    examples = len(back[0]) + (carried.examples if carried else 0)
    if lesson.in_order:
        return Gradients(*playground_sums.gradients(layers, back, carried and carried[:2]), examples)
    weights, biases = dense.gradients(layers, back, "sum")
    if carried is not None:
        weights = tuple(map(np.add, carried.weights, weights))
        biases = tuple(map(np.add, carried.biases, biases))
    return Gradients(weights, biases, examples)


def updated(lesson: Lesson, state: State, found: Gradients) -> State:
    """The state after a step down these gradients, and towards smaller weights where there is regularization.

    Regularization as in TensorFlow Playground (src/nn.ts): its slope is that of the weights from before the step, its
    rate that of learning, whatever the batch; biases have none. Arrays may have an axis before their own, of as many
    networks as there are gradients.
    """
    weights, biases = state.parameters
    divisor = found.examples if lesson.reduction == "mean" else 1
    rate = lesson.learning_rate / divisor
    if lesson.bias is True:
        steps = (lesson.learning_rate * gradient / divisor for gradient in found.biases)
        biases = tuple(map(np.subtract, biases, steps))
    moved = tuple(weight - rate * gradient for weight, gradient in zip(weights, found.weights, strict=True))
    if lesson.regularization == "none":
        return State(Parameters(moved, biases))
    slope = np.sign if lesson.regularization == "L1" else np.positive
    shrinking = lesson.learning_rate * lesson.regularization_rate
    shrunk = tuple(after - shrinking * slope(weight) for after, weight in zip(moved, weights, strict=True))
    if lesson.regularization == "L2":
        return State(Parameters(shrunk, biases))
    dead = tuple(before * after < 0.0 for before, after in zip(moved, shrunk, strict=True))
    if state.dead is not None:
        dead = tuple(map(np.logical_or, state.dead, dead))
    living = tuple(np.where(gone, 0.0, weight) for gone, weight in zip(dead, shrunk, strict=True))
    return State(Parameters(living, biases), dead=dead)


def steps_of_cycle(lesson: Lesson, state: State) -> Iterator[Step]:
    """One cycle through the examples, step by step."""
    for start in range(0, len(lesson.inputs), lesson.batch):
        step = take_step(lesson, state, start)
        state = step.state
        yield step


def errors_of(lesson: Lesson, step: Step) -> float:
    """|target - output| of a step, added up over its outputs and examples."""
    targets = lesson.targets[step.start : step.start + lesson.batch]
    return float(np.abs(targets - step.layers[-1]).sum())


def run_reference(
    lesson: Lesson,
    state: State,
    cycles: int,
    watched_from: int | None = None,
    keep: Callable[[Parameters, Step], None] | None = None,
) -> Chunk:
    """So many cycles of training.

    watched_from: the number of the first of these cycles, to have every step looked at; a step that leaves the finite
    numbers then raises TrainingDiverged. Without it the numbers come out as they may.
    keep: called with each step and the parameters it began with.
    """
    errors, loss = np.zeros(cycles), np.zeros(cycles)
    for index in range(cycles):
        for step in steps_of_cycle(lesson, state):
            if watched_from is not None:
                check_step(lesson, step, watched_from + index)
            if keep is not None:
                keep(state.parameters, step)
            errors[index] += errors_of(lesson, step)
            loss[index] += float(step.losses.sum())
            state = step.state
        if watched_from is not None and not (np.isfinite(errors[index]) and np.isfinite(loss[index])):
            last_example, last_layer = len(lesson.inputs) - 1, len(lesson.activations)
            raise TrainingDiverged(lesson, watched_from + index, last_example, last_layer, "loss")
    return Chunk(state, errors, loss)


def check_pass(lesson: Lesson, cycle: int, start: int, layers: Sequence[Floats], loss: Floats) -> None:
    """Raise TrainingDiverged, with the first example and layer that is not finite, if a batch's forward pass is not.

    start: the batch's first example; layers: (B, n_l) each; loss: (B,).
    """
    if all(np.isfinite(array).all() for array in (*layers, loss)):
        return
    for example in range(len(loss)):
        for layer, activations in enumerate(layers):
            if not np.isfinite(activations[example]).all():
                raise TrainingDiverged(lesson, cycle, start + example, layer, "activations")
        if not np.isfinite(loss[example]):
            raise TrainingDiverged(lesson, cycle, start + example, len(layers) - 1, "loss")


def check_step(lesson: Lesson, step: Step, cycle: int) -> None:
    """Raise TrainingDiverged, with the first example and layer that is not finite, if the step is not."""
    check_pass(lesson, cycle, step.start, step.layers, step.losses)
    # The update comes after the batch's last example, and from all of them together.
    example = step.start + len(step.losses) - 1
    for layer, (weights, biases) in enumerate(zip(*step.parameters, strict=True), start=1):
        for what, array in (("weights", weights), ("biases", biases)):
            if not np.isfinite(array).all():
                raise TrainingDiverged(lesson, cycle, example, layer, what)
