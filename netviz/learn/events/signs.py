"""Synapses that change their sign for good."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from netviz.learn.events.crossing import last_crossing
from netviz.learn.events.event import Event
from netviz.learn.events.hysteresis import Turn, last_turn
from netviz.learn.events.moments import Moments
from netviz.learn.events.replay import Replay
from netviz.learn.network import Floats

CLEAR = 0.1
"""A weight shows its sign clearly from this share of its layer's strength on: a line that is seen to have a colour."""
STRONG, SEEN = 0.25, 0.01
"""What a synapse must have been with each of its signs to be news: a quarter of its layer's strength, and a hundredth
of that of all its synapses together, which is still seen as a line of its own; of thousands hardly one is."""
MOST_SYNAPSES = 8
"""Only so many are told of, those that were strongest with both signs."""


def sign_changes(moments: Moments, replay: Replay) -> Iterator[Event]:
    """Synapses that were clearly of one sign, and are clearly of the other for good; to the step where cheap."""
    found: list[tuple[float, tuple[int, int, int], Turn]] = []
    for layer, weights in enumerate(moments.parameters.weights):
        size = weights[0].size
        wanted = max(STRONG, SEEN * size)
        if wanted > np.sqrt(size):  # more than one could have if all others were zero
            continue
        strength = strengths(weights)[:, None, None]
        relative = np.divide(weights, strength, out=np.zeros_like(weights), where=strength > 0)
        weaker = np.minimum(relative.max(axis=0), -relative.min(axis=0))
        for before, after in np.argwhere(weaker >= wanted).tolist():
            turn = last_turn(relative[:, before, after], -CLEAR, CLEAR)
            if turn is not None:
                found.append((float(weaker[before, after]), (layer, before, after), turn))
    found.sort(key=lambda each: (-each[0], each[1]))
    for _, synapse, turn in found[:MOST_SYNAPSES]:
        yield _event(moments, replay, synapse, turn)


def strengths(weights: Floats) -> Floats:
    """How strong a layer is at each of R moments, (R,), from its weights (R, n, m).

    The root of their mean square, or what that has been before if it was more: a layer that withers as a whole does not
    make its remains significant.
    """
    result: Floats = np.maximum.accumulate(np.sqrt(np.square(weights).mean(axis=(1, 2))))
    return result


def _event(moments: Moments, replay: Replay, synapse: tuple[int, int, int], turn: Turn) -> Event:
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
