"""What travels through the network in a step: the signal forward, the error back, with their recorded sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from netviz.film import motion
from netviz.film.frame import Array, Direction, Pulse
from netviz.film.motion import Window
from netviz.film.nodes import State, with_bias_nodes
from netviz.learn.recording import Recording
from netviz.scene.shots import ThinkShot


class Presented(NamedTuple):
    """What a step or a thought puts before the network, and what came of it.

    activations[l] (nodes_l,), the bias nodes included; inputs (n_0,), target (n_L,), deltas[l] (n_{l+1},).
    """

    inputs: Array
    activations: tuple[Array, ...]
    target: Array | None
    example: int | None
    point: tuple[float, float] | None
    deltas: tuple[Array, ...] | None
    row: int
    row_after: int | None


def presented_example(recording: Recording, row: int, row_after: int | None, deltas: bool) -> Presented:
    """The training example of a row. deltas: whether its error goes back."""
    example = int(recording.example[row])
    points = recording.examples.points
    return Presented(
        inputs=recording.activations[0][row],
        activations=with_bias_nodes(recording.scene, [layer[row] for layer in recording.activations], 1.0),
        target=recording.targets[row],
        example=example,
        point=None if points is None else (float(points[example][0]), float(points[example][1])),
        deltas=recording.deltas(row) if deltas else None,
        row=row,
        row_after=row_after,
    )


def presented_situation(recording: Recording, shot: ThinkShot, row: int) -> Presented:
    """The situation of a thought, with the weights of a row at rest."""
    layers = recording.forward(np.array(shot.inputs), row)
    return Presented(
        inputs=layers[0],
        activations=with_bias_nodes(recording.scene, layers, 1.0),
        target=None if shot.target is None else np.array(shot.target),
        example=None,
        point=(shot.inputs[0], shot.inputs[1]) if recording.scene.is_planar else None,
        deltas=None,
        row=row,
        row_after=None,
    )


def flow_of(shown: Presented, state: State) -> tuple[Array, ...]:
    """Size of the signal on every synapse (nodes_l, n_{l+1}): |activation * weight|, 1 = the largest of all layers."""
    flow = [np.abs(a[:, None] * w) for a, w in zip(shown.activations, state.weights, strict=False)]
    largest = max(float(layer.max()) for layer in flow) or 1.0
    return tuple(layer / largest for layer in flow)


def blame_of(shown: Presented, state: State) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Size of the error at every node (inputs and bias nodes have none) and on every synapse, 0 to 1.

    deltas[l] (n_{l+1},): dLoss / d(pre-activation) of layer l + 1. The error on synapse (i, j) of layer l is
    |w_ij * delta_j|, what backpropagation adds up at neuron i. Both are shown as square roots, relative to the largest
    of the step and to how wrong the answer is: otherwise the first layers would show nothing, and the last cycles as
    much as the first.
    """
    none = [np.zeros(len(layer)) for layer in shown.activations]
    if shown.deltas is None or shown.target is None:
        return tuple(none), ()
    wrong = min(1.0, float(np.abs(shown.target - shown.activations[-1]).max()))
    back = [np.abs(w * d[None, :]) for w, d in zip(state.weights, shown.deltas, strict=True)]
    most_back = max(float(layer.max()) for layer in back) or 1.0
    most_at = max(float(np.abs(d).max()) for d in shown.deltas) or 1.0
    for at, delta in zip(none[1:], shown.deltas, strict=True):
        at[: len(delta)] = np.sqrt(wrong * np.abs(delta) / most_at)
    return tuple(none), tuple(np.sqrt(wrong * layer / most_back) for layer in back)


class Travels(NamedTuple):
    """All that stays the same while an example or a situation is presented.

    before, after: what the network had learned before and after; after is None where nothing is learned.
    flow, blame, back: as `flow_of` and `blame_of` give them.
    change[l] (nodes_l, n_{l+1}): signed change of each weight, 1 = the largest of the step; () if nothing is learned.
    """

    shown: Presented
    before: State
    after: State | None
    flow: tuple[Array, ...]
    blame: tuple[Array, ...]
    back: tuple[Array, ...]
    change: tuple[Array, ...]


def travels_of(shown: Presented, before: State, after: State | None) -> Travels:
    """What travels through the network as something is presented."""
    blame, back = blame_of(shown, before)
    change = () if after is None else change_of(before, after)
    return Travels(shown, before, after, flow_of(shown, before), blame, back, change)


def change_of(before: State, after: State) -> tuple[Array, ...]:
    """Signed change of each weight (nodes_l, n_{l+1}), 1 = the largest of the step."""
    steps = [b - a for a, b in zip(before.weights, after.weights, strict=True)]
    most = max(float(np.abs(step).max()) for step in steps) or 1.0
    return tuple(step / most for step in steps)


def dimmed(values: Array, level: float) -> Array:
    """Values at a level from 0 to 1; those of a large network are not multiplied where that would change nothing."""
    return values if level == 1 else np.zeros_like(values) if level == 0 else level * values


def pulses(direction: Direction, strengths: Sequence[Array], windows: Sequence[Window], phase: float) -> list[Pulse]:
    """What is under way at a phase, if it goes through each weight layer in its window.

    strengths[l] (nodes_l, n_{l+1}): as `flow_of` or `blame_of` gives them.
    """
    found = []
    for layer, (strength, window) in enumerate(zip(strengths, windows, strict=False)):
        position = motion.travel(window, phase)
        if position is not None:
            found.append(Pulse(layer, direction, position, strength))
    return found
