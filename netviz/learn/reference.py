"""Training in plain NumPy, one step after the other: readable, and what every faster engine is held against."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from netviz.learn.divergence import TrainingDiverged
from netviz.learn.lesson import Lesson, Parameters
from netviz.learn.network import Floats, deltas, forward, gradients, losses


class Step(NamedTuple):
    """One step of training, of a batch of B examples."""

    start: int
    """The batch's first example."""
    layers: tuple[Floats, ...]
    """Activations (B, n_l) of all layers, from before the update."""
    losses: Floats
    """(B,), from before the update."""
    parameters: Parameters
    """After the update."""


class Chunk(NamedTuple):
    """Some cycles of training."""

    parameters: Parameters
    """After the last cycle."""
    errors: Floats
    """(cycles,): |target - output| added up over the outputs and examples of each cycle, before each step's update."""
    losses: Floats
    """(cycles,): the loss, added up likewise."""


def take_step(lesson: Lesson, parameters: Parameters, start: int) -> Step:
    """One step of gradient descent on the batch that begins with example `start`."""
    weights, biases = parameters
    inputs = lesson.inputs[start : start + lesson.batch]
    targets = lesson.targets[start : start + lesson.batch]
    layers = forward(weights, biases, lesson.activations, inputs)
    loss = losses(weights, biases, lesson.activations, layers, targets, lesson.loss)
    back = deltas(weights, lesson.activations, layers, targets, lesson.loss)
    for_weights, for_biases = gradients(layers, back, lesson.reduction)
    rate = lesson.learning_rate
    after = Parameters(
        tuple(weight - rate * gradient for weight, gradient in zip(weights, for_weights, strict=True)),
        tuple(bias - rate * gradient for bias, gradient in zip(biases, for_biases, strict=True))
        if lesson.bias
        else biases,
    )
    return Step(start, layers, loss, after)


def steps_of_cycle(lesson: Lesson, parameters: Parameters) -> Iterator[Step]:
    """One cycle through the examples, step by step."""
    for start in range(0, len(lesson.inputs), lesson.batch):
        step = take_step(lesson, parameters, start)
        parameters = step.parameters
        yield step


def errors_of(lesson: Lesson, step: Step) -> float:
    """|target - output| of a step, added up over its outputs and examples."""
    targets = lesson.targets[step.start : step.start + lesson.batch]
    return float(np.abs(targets - step.layers[-1]).sum())


def run_reference(
    lesson: Lesson,
    parameters: Parameters,
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
        for step in steps_of_cycle(lesson, parameters):
            if watched_from is not None:
                check_step(lesson, step, watched_from + index)
            if keep is not None:
                keep(parameters, step)
            errors[index] += errors_of(lesson, step)
            loss[index] += float(step.losses.sum())
            parameters = step.parameters
        if watched_from is not None and not (np.isfinite(errors[index]) and np.isfinite(loss[index])):
            last_example, last_layer = len(lesson.inputs) - 1, len(lesson.activations)
            raise TrainingDiverged(lesson, watched_from + index, last_example, last_layer, "loss")
    return Chunk(parameters, errors, loss)


def check_pass(lesson: Lesson, cycle: int, start: int, layers: Sequence[Floats], loss: Floats) -> None:
    """Raise TrainingDiverged, with the first example and layer that is not finite, if a batch's forward pass is not.

    start: the batch's first example; layers: (B, n_l) each; loss: (B,).
    """
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
