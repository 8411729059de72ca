"""Events inside the network: synapses that change sign, inputs that wither, neurons that die or saturate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from netviz.recording import layers as dense
from netviz.recording.event import Event
from netviz.recording.layers import Floats, Parameters
from netviz.recording.recording import Integers, Recording
from netviz.scene.captions import EventKind
from netviz.scene.scene import Look
from netviz.story.replay import AnyReplay, Moments, Turn, last_crossing, last_turn

_CLEAR = 0.1
"""Share of its layer's strength from which a weight shows its sign clearly: its line is seen to have a colour."""
STRONG, SEEN = 0.25, 0.01
"""Least weight that a synapse must have had with each sign to be reported: a quarter of its layer's strength, and a
hundredth of that of all its synapses together, which is still seen as a line of its own; of thousands hardly one is."""
MOST_SYNAPSES = 8
"""Largest number of synapses reported: those that were strongest with both signs."""


def sign_changes(moments: Moments, replay: AnyReplay) -> Iterator[Event]:
    """Synapses that were clearly of one sign, and are clearly of the other for good; exact to the step where cheap."""
    found: list[tuple[float, tuple[int, int, int], Turn]] = []
    for layer, weights in enumerate(moments.parameters.weights):
        size = weights[0].size
        threshold = max(STRONG, SEEN * size)
        if threshold > np.sqrt(size):  # more than one could have if all others were zero
            continue
        strength = strengths(weights)[:, None, None]
        relative = np.divide(weights, strength, out=np.zeros_like(weights), where=strength > 0)
        weaker = np.minimum(relative.max(axis=0), -relative.min(axis=0))
        for before, after in np.argwhere(weaker >= threshold).tolist():
            turn = last_turn(relative[:, before, after], -_CLEAR, _CLEAR)
            if turn is not None:
                found.append((float(weaker[before, after]), (layer, before, after), turn))
    found.sort(key=lambda each: (-each[0], each[1]))
    for _, synapse, turn in found[:MOST_SYNAPSES]:
        yield _event(moments, replay, synapse, turn)


def strengths(weights: Floats) -> Floats:
    """Strength of a layer at each of R moments, (R,), from its weights (R, n, m).

    The root of their mean square, or what that has been before if it was more: a layer that withers as a whole does not
    make its remains significant.
    """
    with np.errstate(over="ignore"):  # of a run that diverges
        result: Floats = np.maximum.accumulate(np.sqrt(np.square(weights).mean(axis=(1, 2))))
    return result


def _event(moments: Moments, replay: AnyReplay, synapse: tuple[int, int, int], turn: Turn) -> Event:
    layer, before, after = synapse
    weights = moments.parameters.weights[layer][:, before, after]
    new = 1.0 if turn.rising else -1.0
    numbers = {"before": -new * float((-new * weights[: turn.crossed]).max()), "after": float(weights[-1])}
    found = last_crossing(replay, weights, turn, lambda parameters: parameters.weights[layer][:, before, after])
    if found is None:
        numbers["since"] = float(moments.cycle[turn.crossed - 1])
        return Event("sign", int(moments.cycle[turn.crossed]), synapse=synapse, numbers=numbers)
    if found.count is not None:
        numbers["crossings"] = float(found.count)
    return Event("sign", found.cycle, found.example, synapse, numbers=numbers)


# Events of inputs that wither: the network learns to do without them.

WITHERED, ALIVE = 0.33, 0.5
"""Shares, in parts of an equal share of all inputs. Half of that is an ordinary share, from which an input has to come;
below a third of it hardly anything of the input is left in the sums."""
MOST_INPUTS = 5
"""Largest number of withering inputs reported: those that are left with the smallest share."""


def withering(recording: Recording, moments: Moments) -> Iterator[Event]:
    """Inputs whose share of the inputs' outgoing |w| was fair once, and fell for good.

    One that is 0 in all examples shown says nothing that could be listened to: its weights stand still, others grow.
    """
    outgoing = np.abs(moments.parameters.weights[0]).sum(axis=2)
    total = outgoing.sum(axis=1, keepdims=True)
    count = outgoing.shape[1]
    if count < 2:
        return
    shares = np.divide(outgoing, total, out=np.full_like(outgoing, 1 / count), where=total > 0)
    inputs = recording.examples.inputs
    if inputs.shape[1] == count:  # not so of a plane whose features are computed
        shares[:, ~inputs.any(axis=0)] = 1 / count
    for index in np.argsort(shares[-1], kind="stable")[:MOST_INPUTS].tolist():
        turn = last_turn(shares[:, index] * count, WITHERED, ALIVE, WITHERED)
        if turn is None or turn.rising:
            continue
        yield Event(
            "withers",
            int(moments.cycle[turn.crossed]),
            neuron=(0, index),
            numbers={
                "before": float(shares[0, index]),
                "after": float(shares[-1, index]),
                "since": float(moments.cycle[turn.crossed - 1]),
            },
        )


# Events of hidden neurons that die or saturate: for every example they are inactive, or close to a bound.

SILENT, HEARD = 0.05, 0.1
"""Parts of the largest activation a sigmoid or tanh neuron can have: below the first for all examples it is dead, and
it must have had twice as much before. A relu neuron is dead where it is exactly 0 for all."""
_CAN_DIE: tuple[str, ...] = ("sigmoid", "tanh", "relu")
"""Activation functions whose small activations tell of a dead neuron. leaky_relu always has a slope, and elu is small
only where it is steep; gelu and swish are small far below 0, where they hardly learn, but also at 0, where they do."""
_SATURATED, FREE = 0.05, 0.1
"""Distances from a bound, in parts of the range: so close to one for all examples, a neuron hardly learns any more (the
slope of a sigmoid is a fifth of its steepest at 0.05), and it must have been twice as far for one of them before. elu
has one bound, -1, and no range; its distance is its slope, which is 1 at its steepest."""
MOST_EXAMPLES, FEWEST_MOMENTS_OF_NEURONS = 500, 16
"""Most examples that are examined, evenly chosen; and fewest moments, of a long run or a large network."""
_MOST_NEURONS = 5
"""Largest number of neurons reported of each kind: those that have been so the longest."""

_ANYTHING = float(np.finfo(np.float64).tiny)


def dying_and_saturating(recording: Recording, scene: Look, moments: Moments) -> Iterator[Event]:
    """Hidden neurons that were alive and are dead for good, and those that are saturated for good; also from the start
    on (cycle 0)."""
    kinds, inputs = scene.outline.activations, recording.examples.inputs
    if len(inputs) < 2 or not {*kinds[:-1]}.intersection((*_CAN_DIE, "elu")):
        return
    one = moments.parameters.at(slice(1))
    inputs = inputs[:: -(-len(inputs) // MOST_EXAMPLES)]
    moments = moments.at_most(max(FEWEST_MOMENTS_OF_NEURONS, MOST_WORK // work_of(one, len(inputs))))
    peaks, distances, spreads = _measured(moments, kinds, inputs)
    dead, saturated = [], []
    for index, kind in enumerate(kinds[:-1]):
        silent, heard = (0.0, _ANYTHING) if kind == "relu" else (SILENT, HEARD)
        for neuron in range(peaks[index].shape[1]):
            at, peak, distance = (index + 1, neuron), peaks[index][:, neuron], distances[index][:, neuron]
            if kind in _CAN_DIE and (event := _fallen("dead", at, peak, moments.cycle, silent, heard)):
                dead.append(event)
            elif event := _fallen("saturated", at, distance, moments.cycle, _SATURATED, FREE):
                since = spreads[index][np.searchsorted(moments.cycle, event.cycle) :, neuron]
                saturated.append(replace(event, numbers={**event.numbers, "bounds": 1.0 + bool((since > 0.5).any())}))
    if not scene.outline.is_own:  # of few of its examples it says little that they found a neuron silent from the start
        dead, saturated = ([event for event in events if "since" in event.numbers] for events in (dead, saturated))
    for events in (dead, saturated):
        yield from sorted(events, key=lambda event: event.cycle)[:_MOST_NEURONS]


def _measured(
    moments: Moments, kinds: tuple[str, ...], inputs: Floats
) -> tuple[list[Floats], list[Floats], list[Floats]]:
    """Each hidden neuron's largest |activation| over the inputs (E, n_0), its largest distance from a bound, and how
    far its activations lie apart, in parts of the range.

    Three lists of (R, n_l), for the hidden layers.
    """
    parts = [
        [
            (_largest(np.abs(layer)), _largest(_distance(kind, layer)), _spread(kind, layer))
            for kind, layer in zip(kinds, layers, strict=False)
        ]
        for *layers, _ in passes(moments.parameters, kinds, inputs)
    ]
    layers = [[np.concatenate(each) for each in zip(*layer, strict=True)] for layer in zip(*parts, strict=True)]
    peaks, distances, spreads = zip(*layers, strict=True)
    return [*peaks], [*distances], [*spreads]


def _largest(layer: Floats) -> Floats:
    """The largest number of each neuron, (C, n), from (C, E, n)."""
    # Four times as fast as to go along the middle axis, where the last is short.
    result: Floats = np.ascontiguousarray(layer.swapaxes(1, 2)).max(axis=2)
    return result


def _distance(kind: str, layer: Floats) -> Floats:
    """Distance from the nearest bound, in parts of the range; those that have none, or 0 as bound, get 1."""
    if kind == "sigmoid":
        return np.minimum(layer, 1.0 - layer)
    if kind == "elu":
        return layer + 1.0
    return (1.0 - np.abs(layer)) / 2 if kind == "tanh" else np.ones_like(layer)


def _spread(kind: str, layer: Floats) -> Floats:
    """Spread of each neuron's activations, in parts of the range, (C, n) from (C, E, n); 0 without a range."""
    if kind not in ("sigmoid", "tanh"):
        return np.zeros((layer.shape[0], layer.shape[2]))
    return (_largest(layer) + _largest(-layer)) / (1 if kind == "sigmoid" else 2)


def _fallen(
    kind: EventKind, neuron: tuple[int, int], values: Floats, cycle: Integers, low: float, high: float
) -> Event | None:
    """Event that a neuron's number (R,) fell for good below `low`, or was there from the start; None if neither."""
    numbers = {"before": float(values[0]), "after": float(values[-1])}
    if (values <= low).all():
        return Event(kind, 0, neuron=neuron, numbers=numbers)
    turn = last_turn(values, low, high, high if low == 0 else low)
    if turn is None or turn.rising:
        return None
    numbers["since"] = float(cycle[turn.crossed - 1])
    return Event(kind, int(cycle[turn.crossed]), neuron=neuron, numbers=numbers)


# Forward passes over training examples with the weights of many moments.

MOST_WORK = 150_000_000
"""Most work of one search, as `work_of` counts it: about a fifth of a second. A longer search skips moments."""
_PRODUCTS, _ACTIVATION = 4, 30  # products that take as long as one unit of work; units that an activation takes
_NUMBERS_AT_ONCE = 1_000_000


def work_of(parameters: Parameters, examples: int) -> int:
    """Work of passing so many examples through the networks (C, ...) of `parameters`, in units of four products."""
    weights, biases = (sum(array.size for array in arrays) for arrays in parameters)
    return examples * (weights // _PRODUCTS + _ACTIVATION * biases)


def passes(parameters: Parameters, activations: tuple[str, ...], inputs: Floats) -> Iterator[tuple[Floats, ...]]:
    """The activations (c, E, n_l) of all layers after the inputs, for the networks (C, ...) of `parameters`, c at once.

    inputs: (E, n_0).
    """
    weights, biases = parameters
    widest = max(array.shape[2] for array in weights)
    at_once = max(1, _NUMBERS_AT_ONCE // (len(inputs) * widest))
    for start in range(0, len(weights[0]), at_once):
        part = slice(start, start + at_once)
        with np.errstate(all="ignore"):
            layers = dense.forward(
                [weight[part] for weight in weights], [bias[part, None] for bias in biases], activations, inputs[None]
            )
        yield layers[1:]
