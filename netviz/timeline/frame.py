"""Frame: the state of one moment of a film, without pixels, and the nodes that its arrays have values for."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netviz.recording.blocks import BLOCK_SIZES, BLOCK_UPDATES
from netviz.recording.recording import Recording, in_numbers
from netviz.scene.scene import Look
from netviz.timeline.cues import CurveDetail, Spotlight

Array = NDArray[np.float64]
Direction = Literal["forward", "backward"]


@dataclass(frozen=True)
class Pulse:
    """Signals on their way along the synapses of one weight layer.

    layer: the weight layer. direction: forward (signal) or backward (error).
    position: part of the way from the layer where they started, 0 to 1.
    strength (nodes_l, n_{l+1}): size of the signal on each synapse, 0 to 1 of the largest in this pass.
    """

    layer: int
    direction: Direction
    position: float
    strength: Array


class Answers(NamedTuple):
    """Answers of the network, with the weights shown, to P training examples and to T situations it never learns from.

    examples (P, n_L), unseen (T, n_L). seen (P,), asked (T,): the levels, 0 to 1, at which they are shown: an answer
    appears when its example or situation is presented for the first time. focus: level at which they are spoken of.
    named: numbers of the examples that are spoken of.
    """

    examples: Array
    seen: Array
    unseen: Array
    asked: Array
    focus: float = 0.0
    named: tuple[int, ...] = ()


@dataclass(frozen=True)
class MovedWeight:
    """The weight that moves most in a step, shown large while it does.

    synapse: its weight layer, the node it comes from and the neuron it leads to. before, after: as recorded before and
    after the step. part: of the way between them that it has moved, 0 to 1. level: of its inset.
    """

    synapse: tuple[int, int, int]
    before: float
    after: float
    part: float
    level: float

    @property
    def now(self) -> float:
        """The weight at this moment."""
        return (1 - self.part) * self.before + self.part * self.after


class BlockNumbers(NamedTuple):
    """Numbers of a layer's blocks at one moment, as recorded, or on the straight way between two moments.

    sizes (B,): root mean square of each block's weights. updates (B,): that of their change, for each step.
    """

    sizes: Array
    updates: Array


class FirstWeights(NamedTuple):
    """Neuron of the first hidden layer whose weights from a picture's pixels are shown as a picture, at a level."""

    neuron: int
    level: float


@dataclass(frozen=True, eq=False)
class Frame:
    """State of one moment of a film. L weight layers, n_0 ... n_L neurons; every level is 0 (absent) to 1 (full).

    nodes_l is n_l, and one more in all layers but the last where biases are drawn as nodes: the bias node is the last
    of its layer, its activation is 1, and its synapses are the biases of the next layer.

    key: frames with equal keys look the same.
    kind: of the span (title, rest, step, move, sweep, hold, think, walk).
    caption: the line under the title, at caption_level; is_cue: whether it is a cue and not the shot's own.
    glow: factor on the brightness of the halos, 1 = unchanged.
    card: level of the title card. presence: level of the network and its panels.
    drawn: part of the network that is drawn, from the inputs on: less than 1 only in a film's opening. There `card` is
    less than 1 while the card's title is on its way to its panel.
    cycle: the number shown. curve_cycle: the end of the drawn error curve, in cycles.
    error: mean |target - output|. train_loss, test_loss: of the recorded cycle nearest to `cycle`; test_loss is None
    where there are no test examples.
    example: index of the training example presented, or None. near_example: that one, or the next or last presented.
    inputs (n_0,), target (n_L,): those presented, or None at rest; target is also None where none was given. Inputs are
    as they were given, and not normalised, as activations[0] are.
    point: the presented point of the plane, where the inputs come from one.
    row: the recording's row whose weights and activations are shown while an example or a situation is presented, None
    otherwise; row_after: the row whose weights the update leads to, None where nothing is learned.
    weights[l] (nodes_l, n_{l+1}), biases[l] (n_{l+1},).
    activations[l] (nodes_l,): as recorded. arrived[l] (nodes_l,): level of light: 0 until the signal has come.
    carried[l] (nodes_l, n_{l+1}): level of light in each synapse from the signal it carries.
    error_signal[l] (nodes_l,): level of the error that has come back to each neuron; none comes to bias nodes.
    change[l] (nodes_l, n_{l+1}): signed change of each weight now, 1 = the largest of this step. moved: the weight that
    moves most, while an inset shows it.
    compared: level at which answer and target stand side by side. asked: level of the question mark in the outputs.
    before[l] (nodes_l,): activations of the example presented before, whose light has not passed on yet; lingering[l]:
    the level of that light in each layer. Both () where there is none.
    answers: the present answers to all examples, None where the film does not show them. detail: what the curve's panel
    shows instead of the whole curve, None for the curve.
    visible: in a worked example the level of each of its lines (see worked_example.py), () otherwise.
    terms: in a worked example the level, 0 to 1, at which the terms of each line are lit, () otherwise.
    highlighted: in a worked example the (layer, neuron) that its line is about. spotlight: the synapse or neuron that a
    cue is about.
    ghosts[l] (nodes_l, n_{l+1}): weights of all drawn synapses before learning, shown over those of now; () where none
    are. wiped: part of the network, from the inputs on, across which they are seen; ghost_level: their level.
    accuracy: shares of the training and of the test examples that are answered right, of the kept cycle nearest to
    `cycle`; None for a run whose targets are no classes. first_weights: the hidden neuron whose weights from the pixels
    are shown as a picture; None while there is none.
    diverged: the cycle in which this run's training broke off, if that is past.
    blocks[l]: numbers of the B blocks of layer l + 1, None for a layer without any; () in a network without any.
    passed[l] (B,): level of light in each of these blocks from the signal that has passed it; returned[l] (B,): that of
    the error that has come back through it. They say when, and nothing of what the signal or the error is there.
    beside: the same moment of the other runs of a film that compares some.
    """

    key: Hashable
    kind: str
    caption: str
    caption_level: float
    is_cue: bool
    glow: float
    card: float
    presence: float
    cycle: int
    curve_cycle: float
    error: float
    train_loss: float
    test_loss: float | None
    near_example: int
    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    activations: tuple[Array, ...]
    arrived: tuple[Array, ...]
    carried: tuple[Array, ...]
    error_signal: tuple[Array, ...]
    change: tuple[Array, ...]
    example: int | None = None
    inputs: Array | None = None
    target: Array | None = None
    point: tuple[float, float] | None = None
    presented: float = 0.0
    row: int | None = None
    row_after: int | None = None
    compared: float = 0.0
    pulses: tuple[Pulse, ...] = ()
    before: tuple[Array, ...] = ()
    lingering: tuple[float, ...] = ()
    answers: Answers | None = None
    detail: CurveDetail | None = None
    visible: tuple[float, ...] = ()
    terms: tuple[float, ...] = ()
    highlighted: tuple[int, int] | None = None
    spotlight: Spotlight | None = None
    moved: MovedWeight | None = None
    diverged: int | None = None
    beside: tuple[Frame, ...] = ()
    drawn: float = 1.0
    asked: float = 0.0
    ghosts: tuple[Array, ...] = ()
    wiped: float = 0.0
    ghost_level: float = 0.0
    accuracy: tuple[float, float | None] | None = None
    first_weights: FirstWeights | None = None
    blocks: tuple[BlockNumbers | None, ...] = ()
    passed: tuple[Array, ...] = ()
    returned: tuple[Array, ...] = ()

    @property
    def state(self) -> NetworkState:
        """Weights, biases and numbers of blocks that are shown."""
        return NetworkState(self.weights, self.biases, self.blocks)


def with_state(frame: Frame, state: NetworkState) -> Frame:
    """The frame with the network in another state."""
    return replace(frame, weights=state.weights, biases=state.biases, blocks=state.blocks)


def with_finite_levels(frame: Frame) -> Frame:
    """The frame with finite levels and numbers: sums of very large numbers, and shares of them, are not always finite.

    What is too large for a level is 1, a number the largest there is; what is not a number is 0.
    """
    levels = {name: _finite(getattr(frame, name), 1.0) for name in ("arrived", "carried", "error_signal", "change")}
    names = ("weights", "biases", "activations", "ghosts", "before")
    numbers = {name: _finite(getattr(frame, name), None) for name in names}
    pulses = tuple(
        pulse if (level := _finite((pulse.strength,), 1.0)) is None else replace(pulse, strength=level[0])
        for pulse in frame.pulses
    )
    found: dict[str, Any] = {name: values for name, values in {**levels, **numbers}.items() if values is not None}
    if frame.answers is not None and (answers := _finite((frame.answers.examples, frame.answers.unseen), None)):
        found["answers"] = frame.answers._replace(examples=answers[0], unseen=answers[1])
    if not found and all(new is old for new, old in zip(pulses, frame.pulses, strict=True)):
        return frame
    return replace(frame, **found, pulses=pulses)


def _finite(values: tuple[Array, ...], largest: float | None) -> tuple[Array, ...] | None:
    """The values with finite numbers instead of others; None where all are finite. largest: instead of infinity."""
    if all(np.isfinite(array).all() for array in values):
        return None
    smallest = None if largest is None else -largest
    return tuple(np.nan_to_num(array, posinf=largest, neginf=smallest) for array in values)


# Nodes of the picture: neurons and, where a scene draws them, a node for the biases of each layer.
#
# A bias node is the last of its layer. Its activation is always 1, and its synapses are the biases of the next layer:
# seen so, a layer's sums are activations @ weights, with nothing to be added.


class NetworkState(NamedTuple):
    """Weights and biases of a network at one moment, and the numbers of its blocks.

    weights[l] (nodes_l, n_{l+1}): those of its synapses, the biases last where they have a node; (0, 0) for a layer
    that is not dense, which has no synapses. biases[l] (n_{l+1},). blocks[l]: of layer l + 1, None where it has none;
    () in a network without any.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    blocks: tuple[BlockNumbers | None, ...] = ()


def node_counts(scene: Look) -> tuple[int, ...]:
    """Nodes in each layer of the picture, bias nodes included; the last layer has none."""
    *before, last = scene.outline.layers
    return (*(size + scene.has_bias_nodes for size in before), last)


def with_bias_weights(scene: Look, weights: Sequence[Array], biases: Sequence[Array]) -> tuple[Array, ...]:
    """Weights (nodes_l, n_{l+1}) of all drawn synapses, of weights (n_l, n_{l+1}) and biases (n_{l+1},)."""
    if not scene.has_bias_nodes:
        return tuple(weights)
    return tuple(np.vstack([layer, bias]) if len(layer) else layer for layer, bias in zip(weights, biases, strict=True))


def with_bias_nodes(scene: Look, layers: Sequence[Array], value: float) -> tuple[Array, ...]:
    """Values (nodes_l,) of all nodes of all layers, of values (n_l,) of neurons and one for every bias node."""
    if not scene.has_bias_nodes:
        return tuple(layers)
    return (*(np.append(layer, value) for layer in layers[:-1]), layers[-1])


def state_of(recording: Recording, scene: Look, row: int) -> NetworkState:
    """Weights, biases and numbers of blocks of the network in a row of its recording."""
    weights, biases = recording.parameters_at(row)
    return NetworkState(with_bias_weights(scene, weights, biases), biases, _blocks_of(recording, row))


def _blocks_of(recording: Recording, row: int) -> tuple[BlockNumbers | None, ...]:
    """Numbers of the blocks of all layers in a row; () in a network without any."""
    layers, moment = recording.network.layers[1:], int(recording.moment[row])
    if not any(layer.blocks for layer in layers):
        return ()
    return tuple(
        BlockNumbers(
            *(np.asarray(in_numbers(roles[role][moment]), np.float64) for role in (BLOCK_SIZES, BLOCK_UPDATES))
        )
        if layer.blocks
        else None
        for layer, roles in zip(layers, recording.parameters[1:], strict=True)
    )


def interpolate(before: NetworkState, after: NetworkState, part: float) -> NetworkState:
    """The state at a part (0 to 1) of the straight way from one state to another."""
    if part in (0.0, 1.0):
        return after if part else before
    weights, biases = (
        tuple((1 - part) * a + part * b for a, b in zip(first, last, strict=True))
        for first, last in zip(before[:2], after[:2], strict=True)
    )
    blocks = tuple(
        None
        if a is None or b is None
        else BlockNumbers(*((1 - part) * x + part * y for x, y in zip(a, b, strict=True)))
        for a, b in zip(before.blocks, after.blocks, strict=True)
    )
    return NetworkState(weights, biases, blocks)
