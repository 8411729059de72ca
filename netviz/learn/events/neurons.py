"""Hidden neurons that die or saturate: whatever the example, they say nothing, or always all they can."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from netviz.learn.events.event import Event, Kind
from netviz.learn.events.hysteresis import last_turn
from netviz.learn.events.moments import Moments
from netviz.learn.events.passes import MOST_WORK, passes, work_of
from netviz.learn.events.stacks import chosen
from netviz.learn.network import Floats
from netviz.learn.recording import Integers, Recording
from netviz.scene.spec import Activation

SILENT, HEARD = 0.05, 0.1
"""Of the largest activation a sigmoid or tanh neuron can have: below the first for all examples it says nothing, and it
must have said twice as much before. A relu neuron is dead where it is exactly 0 for all."""
SATURATED, FREE = 0.05, 0.1
"""Distances from a bound, in parts of the range: so close to one for all examples, a neuron hardly learns any more (the
slope of a sigmoid is a fifth of its steepest at 0.05), and it must have been twice as far for one of them before."""
MOST_EXAMPLES, FEWEST_MOMENTS = 500, 16
"""Of more examples so many are looked at, evenly chosen; and of many moments and large networks at least so many."""
MOST_NEURONS = 5
"""Of each kind only so many are told of, those the longest so."""

_ANYTHING = float(np.finfo(np.float64).tiny)


def dying_and_saturating(recording: Recording, moments: Moments) -> Iterator[Event]:
    """Hidden neurons that were alive and are dead for good, and those that are saturated for good; also from the start
    on (cycle 0)."""
    kinds, inputs = recording.scene.network.activations, recording.examples.inputs
    if len(inputs) < 2 or len(kinds) < 2:
        return
    one = chosen(moments.parameters, slice(1))
    inputs = inputs[:: -(-len(inputs) // MOST_EXAMPLES)]
    moments = moments.at_most(max(FEWEST_MOMENTS, MOST_WORK // work_of(one, len(inputs))))
    peaks, distances = _measured(moments, kinds, inputs)
    dead, saturated = [], []
    for index, kind in enumerate(kinds[:-1]):
        silent, heard = (0.0, _ANYTHING) if kind == "relu" else (SILENT, HEARD)
        for neuron in range(peaks[index].shape[1]):
            at, peak, distance = (index + 1, neuron), peaks[index][:, neuron], distances[index][:, neuron]
            if kind != "linear" and (event := _fallen("dead", at, peak, moments.cycle, silent, heard)):
                dead.append(event)
            elif event := _fallen("saturated", at, distance, moments.cycle, SATURATED, FREE):
                saturated.append(event)
    for events in (dead, saturated):
        yield from sorted(events, key=lambda event: event.cycle)[:MOST_NEURONS]


def _measured(moments: Moments, kinds: tuple[Activation, ...], inputs: Floats) -> tuple[list[Floats], list[Floats]]:
    """Each hidden neuron's largest |activation| over the inputs (E, n_0), and its largest distance from a bound.

    Two lists of (R, n_l), for the hidden layers.
    """
    parts = [
        [
            (_largest(np.abs(layer)), _largest(_distance(kind, layer)))
            for kind, layer in zip(kinds, layers, strict=False)
        ]
        for *layers, _ in passes(moments.parameters, kinds, inputs)
    ]
    layers = [[np.concatenate(each) for each in zip(*layer, strict=True)] for layer in zip(*parts, strict=True)]
    return [peaks for peaks, _ in layers], [distances for _, distances in layers]


def _largest(layer: Floats) -> Floats:
    """The largest number of each neuron, (C, n), from (C, E, n)."""
    # Four times as fast as to go along the middle axis, where the last is short.
    result: Floats = np.ascontiguousarray(layer.swapaxes(1, 2)).max(axis=2)
    return result


def _distance(kind: Activation, layer: Floats) -> Floats:
    """From the nearest bound, in parts of the range; relu and linear have none."""
    if kind == "sigmoid":
        return np.minimum(layer, 1.0 - layer)
    return (1.0 - np.abs(layer)) / 2 if kind == "tanh" else np.ones_like(layer)


def _fallen(
    kind: Kind, neuron: tuple[int, int], values: Floats, cycle: Integers, low: float, high: float
) -> Event | None:
    """That a neuron's number (R,) fell for good below `low`, or was there from the start."""
    numbers = {"before": float(values[0]), "after": float(values[-1])}
    if (values <= low).all():
        return Event(kind, 0, neuron=neuron, numbers=numbers)
    turn = last_turn(values, low, high, high if low == 0 else low)
    if turn is None or turn.rising:
        return None
    numbers["since"] = float(cycle[turn.crossed - 1])
    return Event(kind, int(cycle[turn.crossed]), neuron=neuron, numbers=numbers)
