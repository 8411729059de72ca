"""Cues: texts shown from one frame to another, and the part of the network highlighted meanwhile."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from netviz.recording.event import Event
from netviz.scene.captions import reading_seconds
from netviz.timeline.step_timing import ease, rise

FADE_SECONDS = Fraction(1, 5)
"""Seconds in which a cue fades in, and out; before and after it the shot's own line fades as fast."""
SHORTEST_GAP = Fraction(1)
"""Shortest gap between cues, in seconds, in which the shot's own line comes back: shorter, it could not be read."""
UNHURRIED = Fraction(1, 2)
"""Seconds that a text is shown longer than it takes to read, where there is room: it has to be noticed first."""


@dataclass(frozen=True)
class Cue:
    """Text that is shown from frame `start` to `stop`, which is not included.

    event: the event of the recording that it is about, or None.
    """

    start: int
    stop: int
    text: str
    event: Event | None = None


def frames_to_read(text: str, fps: Fraction) -> int:
    """Fewest frames in which a text can be read."""
    return ceil(reading_seconds(text) * fps)


def frames_for(text: str, fps: Fraction) -> int:
    """Frames that a text is shown where there is room."""
    return ceil((reading_seconds(text) + UNHURRIED) * fps)


def bridged(cues: Sequence[Cue], fps: Fraction) -> tuple[Cue, ...]:
    """The cues, each lasting until the next one where the gap between them is too short to read the shot's own line."""
    following = [cue.start for cue in cues[1:]]
    return tuple(
        replace(cue, stop=start) if start - cue.stop < SHORTEST_GAP * fps else cue
        for cue, start in zip(cues, following, strict=False)
    ) + tuple(cues[-1:])


@dataclass(frozen=True)
class CueState:
    """Text in the caption's place: the number of the cue, None for the shot's own line; and its level, 0 to 1."""

    cue: int | None
    level: float


OWN = CueState(None, 1.0)
"""State in which the shot's own line is fully shown, with no cue near."""


def cue_state_at(cues: Sequence[Cue], index: int, fps: Fraction, frames: int, *, fades: bool = True) -> CueState:
    """State of the caption in frame `index` of a film of so many frames: one text at a time, each after the last.

    cues: in order of time, none overlapping another. fades: whether texts come and go softly.
    """
    before = bisect_right(cues, index, key=lambda cue: cue.start) - 1
    runs = before >= 0 and index < cues[before].stop
    if not fades:
        return CueState(before, 1.0) if runs else OWN
    if runs:
        start, stop = cues[before].start, cues[before].stop
    else:
        start = cues[before].stop if before >= 0 else 0
        stop = cues[before + 1].start if before + 1 < len(cues) else frames
    # Nothing fades at the film's own start and end: its first picture is what a player shows before it runs.
    rising = 1.0 if start == 0 else _part(index - start, fps)
    falling = 1.0 if stop == frames else _part(stop - 1 - index, fps)
    level = min(rising, falling)
    if runs:
        return CueState(before, level)
    is_short = stop - start < frames and stop - start < SHORTEST_GAP * fps
    return CueState(None, 0.0 if is_short else level)


def _part(frames: int, fps: Fraction) -> float:
    """Level of a text, so many whole frames from the one in which it comes or goes."""
    return ease(float((frames + Fraction(1, 2)) / (FADE_SECONDS * fps)))


# Details of the curve: while a cue is about a sudden fall or an input's share, the curve's panel shows that alone.

DETAIL_COMES, DETAIL_GOES = 0.6, 0.8
"""Seconds in which a detail takes the place of the whole curve, and in which that comes back."""
_BEFORE, _AFTER = 0.3, 0.15
"""Parts of the curve that are shown before a sudden fall and after it, in its cycles."""


class CurveDetail(NamedTuple):
    """Detail that the curve's panel shows instead of the whole curve, at a level from 0 to 1.

    input: of which the share of the weights is shown; or None. cycles: the first and the last of a stretch of the
    curve that is shown large, (0, 0) where a share is.
    """

    level: float
    input: int | None = None
    cycles: tuple[int, int] = (0, 0)


def detail_at(cues: Sequence[Cue], index: int, fps: Fraction, *, fades: bool = True) -> CurveDetail | None:
    """The detail that the curve's panel shows in frame `index`; None where it shows the whole curve.

    A sudden fall is shown large until the cue after that about it is over, if it is about the same stretch of cycles.
    """
    for number, cue in enumerate(cues):
        event, stop = cue.event, cue.stop
        if event is None or index < cue.start or event.kind not in ("insight", "withers"):
            continue
        if event.kind == "insight" and number + 1 < len(cues):
            following = cues[number + 1]
            is_near = following.start - cue.stop < SHORTEST_GAP * fps and following.event is not None
            if is_near and following.event is not None and following.event.cycle <= event.numbers["to"]:
                stop = following.stop
        if index >= stop:
            continue
        middle, rate = index + 0.5, float(fps)
        level = min(
            rise(middle, cue.start, cue.start + DETAIL_COMES * rate), 1 - rise(middle, stop - DETAIL_GOES * rate, stop)
        )
        level = level if fades else 1.0
        if event.kind == "insight":
            first, last = event.numbers["from"], event.numbers["to"]
            around = max(1, round(first - _BEFORE * (last - first))), round(last + _AFTER * (last - first))
            return CurveDetail(level, cycles=around)
        return None if event.neuron is None else CurveDetail(level, event.neuron[1])
    return None


# The spotlight: while a cue is about a synapse or a neuron, all else in the network is dimmed.

NEAR_ZERO = 0.04
"""Part of the way of a synapse that changes its sign, on the shorter side of zero, in which its weight is near zero."""
COMES, GOES = 0.5, 0.7
"""Seconds in which the rest of the network is dimmed, and in which it comes back."""


@dataclass(frozen=True)
class Spotlight:
    """Synapse (weight layer, from, to) or neuron (layer, index), and the level, 0 to 1, of dimming all else.

    near_zero: the |weight| below which the synapse is between its signs.
    """

    level: float
    synapse: tuple[int, int, int] | None = None
    neuron: tuple[int, int] | None = None
    near_zero: float = 0.0


def spotlight_at(cues: Sequence[Cue], index: int, fps: Fraction, *, fades: bool = True) -> Spotlight | None:
    """The synapse or neuron that a cue is about in frame `index`; None where there is none.

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
    sides = [abs(event.numbers.get(name, 0.0)) for name in ("before", "after")]
    near_zero = NEAR_ZERO * min(sides) if event.synapse is not None else 0.0
    return Spotlight(level, event.synapse, event.neuron, near_zero)
