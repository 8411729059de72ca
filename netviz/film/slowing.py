"""The film slows down around what is worth seeing: the learning shot's time is shared out anew."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from math import exp

from netviz.film.plan import Plan, Span
from netviz.film.rhythm import SHORTEST_STEP

SLOWER = 1.5
"""How much longer a span becomes in which something happens: at most so many times its length is added."""
REACH = 1.1
"""Seconds around it in which the film is slower too, a little less the farther away."""
FASTER = 0.75
"""What the others must keep of their length."""
TRIES = (1.0, 0.7, 0.5, 0.35, 0.2)
"""How much of all that is tried, until no span becomes too short."""


def slowed(plan: Plan, moments: Sequence[int]) -> Plan:
    """The plan with more time around some moments (frames) of its learning shot, and less for the rest of it.

    The shot begins and ends as before. Where its steps are as short as can be already, or keep time with beats, nothing
    changes.
    """
    if plan.on_beats:
        return plan
    numbers = [number for number, span in enumerate(plan.spans) if span.kind in ("step", "move", "sweep")]
    here = [moment for moment in moments if numbers and _holds(plan, numbers, moment)]
    if not here:
        return plan
    for part in TRIES:
        lengths = _lengths([plan.spans[number] for number in numbers], here, float(plan.fps), part)
        if _can_be(plan, numbers, lengths):
            return _with(plan, numbers, lengths)
    return plan


def _holds(plan: Plan, numbers: Sequence[int], moment: int) -> bool:
    return plan.spans[numbers[0]].start <= moment < plan.spans[numbers[-1]].stop


def _lengths(spans: Sequence[Span], moments: Sequence[int], fps: float, part: float) -> list[int]:
    """New lengths in frames, as many in all as before."""
    wanted = [(span.stop - span.start) * (1 + SLOWER * part * _nearness(span, moments, fps)) for span in spans]
    total, whole = sum(wanted), spans[-1].stop - spans[0].start
    borders, come = [0], 0.0
    for each in wanted:
        come += each
        borders.append(round(come * whole / total))
    return [stop - start for start, stop in itertools.pairwise(borders)]


def _nearness(span: Span, moments: Sequence[int], fps: float) -> float:
    """1 for a span in which something happens, less the longer before or after it something does."""
    apart = min(max(0, span.start - moment, moment - span.stop + 1) for moment in moments)
    return exp(-((apart / fps / REACH) ** 2))


def _can_be(plan: Plan, numbers: Sequence[int], lengths: Sequence[int]) -> bool:
    """Whether every span can still be seen, and none runs by much faster than before."""
    for number, length in zip(numbers, lengths, strict=True):
        span = plan.spans[number]
        before = span.stop - span.start
        if length < max(1, FASTER * before - 1):
            return False
        if span.kind == "step" and length < min(before, int(SHORTEST_STEP * plan.fps)):
            return False
    return True


def _with(plan: Plan, numbers: Sequence[int], lengths: Sequence[int]) -> Plan:
    spans = [*plan.spans]
    start = spans[numbers[0]].start
    for number, length in zip(numbers, lengths, strict=True):
        spans[number] = replace(spans[number], start=start, stop=start + length)
        start += length
    return replace(plan, spans=tuple(spans))
