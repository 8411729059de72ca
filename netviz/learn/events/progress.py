"""What the error's curve tells: that it halved, slows down, stands still, or runs away."""

from __future__ import annotations

from collections.abc import Iterator

from netviz.learn.events.event import Event
from netviz.learn.events.hysteresis import last_turn
from netviz.learn.recording import Recording

HALF, CLEARLY_HALVED = 0.5, 0.45
"""In parts of the error before training. It is halved for good when it stays below the half and gets a tenth below."""


def halving(recording: Recording) -> Iterator[Event]:
    """That the average error fell for good to half of what it was before training."""
    start = float(recording.train_error[0])
    if start <= 0:
        return
    turn = last_turn(recording.train_error / start, CLEARLY_HALVED, HALF, HALF)
    if turn is not None and not turn.rising:
        cycle, error = recording.curve_cycle[turn.crossed], recording.train_error[turn.crossed]
        yield Event("halved", int(cycle), numbers={"before": start, "after": float(error)})
