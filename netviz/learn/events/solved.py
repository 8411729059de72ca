"""When every training example is answered rightly, for good."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from netviz.learn.events.answers import Margins, margins_for
from netviz.learn.events.crossing import last_crossing
from netviz.learn.events.event import Event
from netviz.learn.events.hysteresis import last_turn
from netviz.learn.events.moments import Moments
from netviz.learn.events.passes import MOST_WORK, passes, work_of
from netviz.learn.events.replay import Replay
from netviz.learn.events.stacks import chosen
from netviz.learn.lesson import Parameters
from netviz.learn.network import Floats
from netviz.learn.recording import Recording

CLEARLY_RIGHT = 0.1
"""Of the way from the edge to the target: so far every example must have come for the task to be solved."""
FEWEST_MOMENTS = 8
"""Fewer than so many would say too little about when it was; then it is not looked for."""


def solving(recording: Recording, moments: Moments, replay: Replay) -> Iterator[Event]:
    """That all training examples are on the right side for good; to the step where that is cheap."""
    examples = len(recording.examples.inputs)
    margins = margins_for(recording.examples.targets)
    if margins is None:
        return
    thinned = moments.at_most(MOST_WORK // work_of(chosen(moments.parameters, slice(1)), examples))
    if len(thinned.cycle) < min(FEWEST_MOMENTS, len(moments.cycle)):
        return
    least, right = _least(recording, thinned.parameters, margins)
    turn = last_turn(least, 0.0, CLEARLY_RIGHT)
    if turn is None or not turn.rising:
        return
    numbers = {"examples": float(examples), "before": float(right)}
    found = None
    if thinned is moments:

        def measure(parameters: Parameters) -> Floats | None:
            return None if work_of(parameters, examples) > MOST_WORK else _least(recording, parameters, margins)[0]

        found = last_crossing(replay, least, turn, measure)
    if found is not None:
        yield Event("solved", found.cycle, found.example, numbers=numbers)
    else:
        numbers["since"] = float(thinned.cycle[turn.crossed - 1])
        yield Event("solved", int(thinned.cycle[turn.crossed]), numbers=numbers)


def _least(recording: Recording, parameters: Parameters, margins: Margins) -> tuple[Floats, int]:
    """How clearly right the worst example is with each of the parameters (C, ...), and how many are with the first."""
    least, right = [], -1
    for layers in passes(parameters, recording.scene.network.activations, recording.examples.inputs):
        each = margins(layers[-1])
        right = int((each[0] > 0).sum()) if right < 0 else right
        least.append(each.min(axis=1))
    return np.concatenate(least), right
