"""What of the network is spoken of while a cue runs: all else steps back for as long."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from netviz.film.cues import Cue
from netviz.film.motion import rise

COMES, GOES = 0.5, 0.7
"""Seconds in which the rest of the network steps back, and in which it is there again."""


@dataclass(frozen=True)
class Spotlight:
    """A synapse (weight layer, from, to) or a neuron (layer, index), and how far all else has stepped back, 0 to 1."""

    level: float
    synapse: tuple[int, int, int] | None = None
    neuron: tuple[int, int] | None = None


def spotlight_at(cues: Sequence[Cue], index: int, fps: Fraction, *, fades: bool = True) -> Spotlight | None:
    """What is spoken of in frame `index`; None where it is nothing in particular.

    cues: in order of time, none overlapping another. fades: whether it comes and goes softly.
    """
    number = bisect_right(cues, index, key=lambda cue: cue.start) - 1
    if number < 0 or index >= cues[number].stop:
        return None
    event = cues[number].event
    if event is None or (event.synapse is None and event.neuron is None):
        return None
    middle = index + 0.5
    came = rise(middle, cues[number].start, cues[number].start + COMES * float(fps))
    goes = rise(middle, cues[number].stop - GOES * float(fps), cues[number].stop)
    level = min(came, 1 - goes) if fades else 1.0
    return Spotlight(level, event.synapse, event.neuron)
