"""Inputs that wither: the network learns to do without them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from netviz.learn.events.event import Event
from netviz.learn.events.hysteresis import last_turn
from netviz.learn.events.moments import Moments

WITHERED, ALIVE = 0.25, 0.5
"""In parts of what an input would have if all had the same. Half of that is an ordinary share, from which an input has
to come; a quarter is half of that again."""
MOST_INPUTS = 5
"""So many withering inputs are told of, those that are left with the smallest share."""


def withering(moments: Moments) -> Iterator[Event]:
    """Inputs whose share of the inputs' outgoing |w| was fair once, and fell for good."""
    outgoing = np.abs(moments.parameters.weights[0]).sum(axis=2)
    total = outgoing.sum(axis=1, keepdims=True)
    count = outgoing.shape[1]
    if count < 2:
        return
    shares = np.divide(outgoing, total, out=np.full_like(outgoing, 1 / count), where=total > 0)
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
