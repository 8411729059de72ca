"""Pace: how much of a film's time passes between two kept moments of a run, by how much changes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from netviz.timeline.learning_shot import LONGEST_STRIDE, RAPID, STRIDE, is_even
from netviz.timeline.plan import Plan, Span
from netviz.timeline.step_timing import BRIEF_FROM
from netviz.training.layers import Floats
from netviz.training.recording import AT_REST, Recording

FALL_SECONDS = 4.5
"""Seconds in which a sudden fall of the error is seen, where the film has the time."""
UNHURRIED_MOVE = 1.8
"""Seconds for each move beside the fall from which rapid steps give none of theirs."""
_WINDOW = 1.02
"""The factor in cycles over which the slope of the error is measured."""
_SUDDEN, _NOTABLE, _SEEN = 1.5, 0.25, 0.05
"""A fall is sudden if its last cycle is at most so many times its first; notable if the error loses at least so much of
itself; and seen if that is so much of the error before training."""


@dataclass(frozen=True)
class Fall:
    """Sudden fall of the average error in a run.

    first, last: cycles between which ln(error) falls, per ln(cycle), at least half as fast as at its steepest;
    steepest: the cycle where that is. before, after: mean |target - output| at the first and at the last.
    """

    first: int
    last: int
    steepest: int
    before: float
    after: float


def sudden_fall(recording: Recording) -> Fall | None:
    """The steepest fall of a run's error in the time that a viewer feels, the logarithmic one; None if none stands out.

    The slope is -d ln(error) / d ln(cycle) over centred windows of 2 %.
    """
    cycles, errors = recording.curve_cycle, recording.train_error
    inside = (cycles > 0) & (errors > 0)
    cycles, errors = cycles[inside], errors[inside]
    if len(cycles) < 3 or not np.isfinite(errors).all():
        return None
    time, level, half = np.log(cycles), np.log(errors), np.log(_WINDOW) / 2
    slope = (np.interp(time - half, time, level) - np.interp(time + half, time, level)) / (2 * half)
    steepest = int(slope.argmax())
    gentle = np.flatnonzero(slope < slope[steepest] / 2)
    before, after = gentle[gentle < steepest], gentle[gentle > steepest]
    if not len(before) or not len(after):  # it may have been falling so before, or go on falling
        return None
    first, last = int(before[-1]) + 1, int(after[0]) - 1
    fall = float(errors[first] - errors[last])
    is_sudden = last > first and cycles[last] <= _SUDDEN * cycles[first]
    if not is_sudden or fall < max(_NOTABLE * errors[first], _SEEN * recording.train_error[0]):
        return None
    return Fall(
        *(int(cycles[index]) for index in (first, last, steepest)), *(float(errors[index]) for index in (first, last))
    )


@dataclass(frozen=True)
class RunChanges:
    """Course of a run: the part of all its change up to each cycle.

    cycles (n,): kept ones, increasing. so_far (n,): the part, 0 to 1, of all change up to each: half of it the path of
    the weights, half that of ln(error). fall: the run's sudden fall, or None.
    """

    cycles: Floats
    so_far: Floats
    fall: Fall | None

    @classmethod
    def of(cls, recording: Recording) -> RunChanges:
        """Measure a run at its kept moments."""
        rows = np.flatnonzero(recording.example == AT_REST)
        cycles = recording.cycle[rows]
        path = np.zeros(len(rows))
        for number, (before, after) in enumerate(pairwise(rows), start=1):
            squares = (((layer[after] - layer[before]) ** 2).sum() for layer in (*recording.weights, *recording.biases))
            path[number] = np.sqrt(sum(squares))
        smallest = np.finfo(np.float64).tiny
        levels = np.log(np.maximum(np.interp(cycles, recording.curve_cycle, recording.train_error), smallest))
        falls = np.abs(np.diff(levels, prepend=levels[0]))
        so_far = sum((np.cumsum(part) / total for part in (path, falls) if (total := float(part.sum())) > 0), 0 * path)
        return cls(
            cycles.astype(np.float64), np.asarray(so_far) / max(1e-12, float(so_far[-1])), sudden_fall(recording)
        )

    def between(self, cycles: Sequence[float]) -> Floats:
        """The part of all change between each two of some cycles (n,), increasing: (n - 1,)."""
        return np.diff(np.interp(cycles, self.cycles, self.so_far))

    def within_fall(self, cycles: Sequence[float]) -> Floats:
        """The part of the sudden fall, by ln(cycle), that lies between each two of some cycles (n,): (n - 1,)."""
        if self.fall is None:
            return np.zeros(len(cycles) - 1)
        borders = np.log([self.fall.first, self.fall.last])
        return np.diff(np.interp(np.log(np.maximum(cycles, 0.5)), borders, (0.0, 1.0)))

    def cycle_at(self, passed: float, cycles: Sequence[int], seconds: float) -> float:
        """The cycle to which a move of so many seconds has come when `passed`, 0 to 1, of its time is over.

        cycles (n,): those of the kept moments on its way. Half of the time is shared out by change, half evenly among
        them; the sudden fall has its own.
        """
        if len(cycles) < 2:
            return float(cycles[0])
        borders = () if self.fall is None else (self.fall.first, self.fall.last)
        knots = sorted({*cycles, *(cycle for cycle in borders if cycles[0] < cycle < cycles[-1])})
        changed, fallen = self.between(knots), self.within_fall(knots)
        evenly = np.diff(np.interp(knots, cycles, np.linspace(0, 1, len(cycles))))
        by_change = changed / changed.sum() if changed.sum() > 0 else evenly
        own = min(0.7, FALL_SECONDS / seconds) * float(fallen.sum())
        parts = (1 - own) * (by_change + evenly) / 2 + (own * fallen / fallen.sum() if own > 0 else 0.0)
        return float(np.interp(passed * parts.sum(), np.concatenate([[0.0], np.cumsum(parts)]), knots))


def paced(plan: Plan, recording: Recording) -> Plan:
    """The plan with the time of its moves shared out by how much changes in each; shots begin and end as before.

    A move past a sudden fall of the error has time for it, some of which the rapid steps give. A film on beats, or
    whose steps are alike, stays as it is.
    """
    numbers = [number for number, span in enumerate(plan.spans) if span.kind in ("step", "move")]
    spans = [plan.spans[number] for number in numbers]
    moves = [number for number, span in enumerate(spans) if span.kind == "move"]
    if plan.on_beats or is_even(recording.scene) or len(moves) < 2:
        return plan
    fps, changes = float(plan.fps), RunChanges.of(recording)
    lengths = [float(span.stop - span.start) for span in spans]
    ways = [_way(spans[number]) for number in moves]
    falls = np.array([float(changes.within_fall(way)[0]) for way in ways])
    moving = sum(lengths[number] for number in moves) / fps
    if falls.sum() > 0 and moving < FALL_SECONDS + UNHURRIED_MOVE * len(moves):
        lengths = [_hurried(span, length, plan.fps) for span, length in zip(spans, lengths, strict=True)]
    total = spans[-1].stop - spans[0].start
    left = total - sum(length for length, span in zip(lengths, spans, strict=True) if span.kind == "step")
    for number, length in zip(moves, _shared(left / fps, changes, ways, falls), strict=True):
        lengths[number] = length * fps
    return plan if min(lengths) < 1 else with_lengths(plan, numbers, whole_frames(lengths, total))


def _way(span: Span) -> tuple[float, float]:
    assert span.from_cycle is not None
    return float(span.from_cycle), float(span.cycle)


def _hurried(span: Span, frames: float, fps: Fraction) -> float:
    """Frames of a step that may be as short as any can be, if it is rapid already."""
    is_rapid = span.kind == "step" and frames < BRIEF_FROM * fps
    return max(1.0, min(frames, float(RAPID * fps))) if is_rapid else frames


def _shared(seconds: float, changes: RunChanges, ways: Sequence[tuple[float, float]], falls: Floats) -> Floats:
    """Seconds of each move, of so many in all: each its least, the sudden fall its own, the rest by change."""
    changed = np.array([float(changes.between(way)[0]) for way in ways])
    least = min(float(STRIDE), 0.6 * seconds / len(ways))
    lengths = least + min(FALL_SECONDS, seconds / 3) * falls
    rest = seconds - float(lengths.sum())
    by_change = changed / changed.sum() if changed.sum() > 0 else np.full(len(ways), 1 / len(ways))
    most = float(LONGEST_STRIDE) - least
    more = np.minimum(rest * by_change, most)
    room, left = most - more, rest - float(more.sum())
    more += left * (room / room.sum() if room.sum() > left else np.full(len(ways), 1 / len(ways)))
    return np.asarray(lengths + more)


def whole_frames(lengths: Sequence[float], total: int) -> list[int]:
    """Integers with exactly the sum `total`, which that of some lengths is about: each rounded down or up."""
    found = [int(length) for length in lengths]
    missing = total - sum(found)
    order = sorted(range(len(found)), key=lambda number: found[number] - lengths[number])
    for number in order[: max(0, missing)]:
        found[number] += 1
    return found


def with_lengths(plan: Plan, numbers: Sequence[int], lengths: Sequence[int]) -> Plan:
    """The plan in which some of its spans, which follow each other, have other lengths, in frames, of the same sum."""
    spans = [*plan.spans]
    start = spans[numbers[0]].start
    for number, length in zip(numbers, lengths, strict=True):
        spans[number] = replace(spans[number], start=start, stop=start + length)
        start += length
    return replace(plan, spans=tuple(spans))
