"""Pace: how much of a film's time passes between two kept moments of a run, by how much changes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import log, sqrt

import numpy as np

from netviz.recording.layers import Floats
from netviz.recording.recording import Recording
from netviz.scene.scene import Look
from netviz.timeline import step_timing
from netviz.timeline.changes import (
    EVEN,
    LEAST_APART,
    MOMENTS,
    continuous_changes,
    kept_moments,
    stepwise_changes,
)
from netviz.timeline.learning_shot import LONGEST_STRIDE, RAPID, STRIDE, is_even
from netviz.timeline.plan import Plan, Span, learning_spans
from netviz.timeline.step_timing import BRIEF_FROM

FALL_SECONDS = 4.5
"""Seconds in which a sudden fall of the error is seen, where the film has the time."""
MOST_FALLING = 0.75
"""Largest part of a move's time for a sudden fall."""
DWELL, DWELL_SECONDS, MOST_DWELLING = 1.03, 0.5, 0.4
"""A move dwells from a cycle to so many times it; the seconds that it takes for that more than otherwise, and the most
of its other time for all of these."""
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


_BEYOND_NOISE = 8.0
"""Standard deviations of a running median that a fall must be deep to be no accident of some hundred points."""
MEDIAN_OF = 9
"""Points of which the middle one is taken where a curve may be noisy, as the loss of small batches is."""


def steady_curve(recording: Recording, scene: Look) -> Floats:
    """The curve that the film follows (K,), without its noise in a run that netviz did not train: running medians.

    Netviz's own curves are of all examples, and have none.
    """
    curve = recording.main_curve
    if scene.outline.is_own:
        return curve
    padded = np.pad(curve, MEDIAN_OF // 2, mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, MEDIAN_OF), axis=-1))


def sudden_fall(recording: Recording, scene: Look) -> Fall | None:
    """The steepest fall of a run's error in the time that a viewer feels, the logarithmic one; None if none stands out.

    The slope is -d ln(error) / d ln(cycle) over centred windows of 2 %.
    """
    cycles, errors = recording.curve_step, steady_curve(recording, scene)
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
    if not is_sudden or fall < max(_NOTABLE * errors[first], _SEEN * recording.main_curve[0]):
        return None
    if not scene.outline.is_own and log(errors[first] / errors[last]) < _noise(recording.main_curve[inside], errors):
        return None
    return Fall(
        *(int(cycles[index]) for index in (first, last, steepest)), *(float(errors[index]) for index in (first, last))
    )


def _noise(curve: Floats, steady: Floats) -> float:
    """Fall of ln(error) that noise alone may bring about in running medians of a curve (K,), steady (K,)."""
    apart = np.abs(np.log(np.maximum(curve, np.finfo(np.float64).tiny) / steady))
    deviation = 1.48 * float(np.median(apart))  # of normal noise: the median distance is 0.67 of it
    return _BEYOND_NOISE * 1.25 * deviation / sqrt(MEDIAN_OF)  # and a median's is 1.25 times a mean's


@dataclass(frozen=True)
class RunChanges:
    """Course of a run: the part of all its change up to each of some moments.

    cycles (n,): of the moments, increasing. so_far (n,): the part, 0 to 1, of all change up to each. stops (n,): how
    many shown cycles have passed at each, in parts too. route (m,): cycles of the recorded moments that the weights
    pass through on their way; in parts for those of steps within a cycle. fall: the run's sudden fall, or None.
    """

    cycles: Floats
    so_far: Floats
    stops: Floats
    route: Floats
    fall: Fall | None

    @classmethod
    def of(cls, recording: Recording, scene: Look) -> RunChanges:
        """Measure a run as its film shows it.

        Of examples seen one by one half of the change is the path of the weights over the kept moments, and half that
        of ln(error). Of examples seen together most is what changes in the answers (see `continuous_changes`).
        """
        kept = kept_moments(recording)
        borders = np.unique([0.0, *recording.shown_steps, kept.cycles[-1]])
        stops = np.interp(np.arange(len(kept.rows)), np.searchsorted(kept.cycles, borders), np.arange(len(borders)))
        if scene.presentation == "together":
            route, cycles, so_far = continuous_changes(recording, scene, kept, stops)
            stops = np.interp(cycles, kept.cycles, stops)
        else:
            route, cycles, so_far = kept, kept.cycles, stepwise_changes(recording, kept)
        return cls(cycles, so_far, stops, route.cycles, sudden_fall(recording, scene))

    def between(self, cycles: Sequence[float]) -> Floats:
        """The part of all change between each two of some cycles (n,), increasing: (n - 1,)."""
        return np.diff(np.interp(cycles, self.cycles, self.so_far))

    def within_fall(self, cycles: Sequence[float]) -> Floats:
        """The part of the sudden fall, by ln(cycle), that lies between each two of some cycles (n,): (n - 1,)."""
        if self.fall is None:
            return np.zeros(len(cycles) - 1)
        borders = np.log([self.fall.first, self.fall.last])
        return np.diff(np.interp(np.log(np.maximum(cycles, 0.5)), borders, (0.0, 1.0)))

    def cycle_at(self, passed: float, cycles: Sequence[int], seconds: float, dwells: Sequence[int] = ()) -> float:
        """The cycle to which a move of so many seconds has come when `passed`, 0 to 1, of its time is over.

        cycles (n,): those of the kept moments on its way. Half of the time is shared out by change, half evenly among
        them; the sudden fall has its own, and so has each of the cycles at which it dwells.
        """
        if len(cycles) < 2:
            return float(cycles[0])
        fall: tuple[int, ...] = () if self.fall is None else (self.fall.first, self.fall.last)
        stays = [
            (cycle, min(DWELL * cycle, cycles[-1]))
            for cycle in dwells
            if cycles[0] < cycle < cycles[-1] and not (fall and fall[0] <= cycle <= fall[1])
        ]
        borders = [each for stay in (*stays, fall) for each in stay if cycles[0] < each < cycles[-1]]
        knots = np.array(sorted({*map(float, cycles), *map(float, borders)}))
        changed, fallen = self.between(knots.tolist()), self.within_fall(knots.tolist())
        evenly = np.diff(np.interp(knots, cycles, np.linspace(0, 1, len(cycles))))
        by_change = changed / changed.sum() if changed.sum() > 0 else evenly
        own = min(MOST_FALLING, FALL_SECONDS / seconds) * float(fallen.sum())
        each = min((1 - own) * MOST_DWELLING / max(1, len(stays)), DWELL_SECONDS / seconds)
        parts = (1 - own - each * len(stays)) * (by_change + evenly) / 2
        parts = parts + (own * fallen / fallen.sum() if own > 0 else 0.0)
        for first, last in stays:
            parts = parts + each * np.diff(np.interp(knots, [first, last], [0.0, 1.0]))
        return float(np.interp(passed * parts.sum(), np.concatenate([[0.0], np.cumsum(parts)]), knots))


@dataclass(frozen=True)
class MorphCourse:
    """Course of a continuous morph: when it comes to each cycle, and past which recorded moments.

    cycles (n,): increasing. time (n,): the part of its time, 0 to 1, up to each. route (m,): the cycles of the recorded
    moments whose weights it shows, in parts for those within a cycle; between two it shows those on the straight way.
    """

    cycles: Floats
    time: Floats
    route: Floats

    def time_of(self, cycles: Sequence[int] | Floats) -> Floats:
        """The part of the time (k,) up to each of some cycles (k,)."""
        return np.interp(cycles, self.cycles, self.time)

    def cycle_at(self, time: Floats) -> Floats:
        """The cycle (k,) to which it has come after each part of its time (k,)."""
        return np.interp(time, self.time, self.cycles)

    def route_by(self, on_time: Sequence[int]) -> list[float]:
        """The cycles of the route, increasing, with some cycles (k,) among them, which others keep off."""
        passed, marks = self.time_of(self.route), self.time_of(on_time)
        after = np.clip(np.searchsorted(marks, passed), 1, len(marks) - 1)
        apart = np.minimum(np.abs(passed - marks[after]), np.abs(passed - marks[after - 1]))
        return sorted({*map(float, on_time), *self.route[apart >= LEAST_APART].tolist()})


def morph_course(changes: RunChanges, first: int, last: int, spans: int, frames: int) -> MorphCourse:
    """The course by change of a continuous morph from cycle `first` to `last`.

    A part of the time is shared out evenly, so that nothing passes too fast, and each of so many spans has one of the
    frames where there are enough.
    """
    inside = (changes.cycles > first) & (changes.cycles < last)
    cycles = np.array([first, *changes.cycles[inside], last], dtype=np.float64)
    so_far, stops = (np.interp(cycles, changes.cycles, each) for each in (changes.so_far, changes.stops))
    so_far, stops = ((each - each[0]) / max(1e-12, float(each[-1] - each[0])) for each in (so_far, stops))
    even = min(1.0, max(EVEN, spans / frames / (1 - step_timing.MOST_RAMP))) if so_far[-1] > 0 else 1.0
    time = np.linspace(0, 1, MOMENTS)
    cycles = np.interp(time, (1 - even) * so_far + even * stops, cycles)
    route = changes.route[(changes.route > first) & (changes.route < last)]
    return MorphCourse(_smoothed(_smoothed(cycles)), time, route)


_SMOOTHED = 3
"""Moments on both sides of each over which the pace of a continuous morph is evened out."""


def _smoothed(values: Floats) -> Floats:
    """Each of n values (n,) averaged with its neighbours; both ends stay."""
    width = 2 * _SMOOTHED + 1
    smooth = np.convolve(np.pad(values, _SMOOTHED, "reflect", reflect_type="odd"), np.full(width, 1 / width), "valid")
    return np.concatenate([values[:1], smooth[1:-1], values[-1:]])


def is_by_change(plan: Plan, scene: Look) -> bool:
    """True if the time of a film's moves, or of its continuous morph, follows what changes in the run."""
    kinds = [span.kind for span in plan.spans]
    return not plan.on_beats and not is_even(scene) and ("sweep" in kinds or kinds.count("move") > 1)


def paced(plan: Plan, recording: Recording, scene: Look) -> Plan:
    """The plan with the time of moves and of a continuous morph shared out by how much changes in each of their spans.

    Shots begin and end as before. A move past a sudden fall of the error has time for it, some of which the rapid steps
    give. A film on beats, or whose pace is even, stays as it is.
    """
    if not is_by_change(plan, scene):
        return plan
    changes = RunChanges.of(recording, scene)
    for numbers in learning_spans(plan):
        kinds = {plan.spans[number].kind for number in numbers}
        if "sweep" in kinds:
            plan = _paced_morph(plan, numbers, changes)
        elif "move" in kinds:
            plan = _paced_moves(plan, numbers, changes)
    return plan


def _paced_moves(plan: Plan, numbers: Sequence[int], changes: RunChanges) -> Plan:
    """The plan whose moves in a learning shot, its spans `numbers`, share their time out by change."""
    spans = [plan.spans[number] for number in numbers]
    moves = [number for number, span in enumerate(spans) if span.kind == "move"]
    fps = float(plan.fps)
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


def _paced_morph(plan: Plan, numbers: Sequence[int], changes: RunChanges) -> Plan:
    """The plan whose sweeps, its spans `numbers`, end when a continuous morph by change comes to their cycles."""
    spans = [plan.spans[number] for number in numbers]
    frames = spans[-1].stop - spans[0].start
    first, last = spans[0].from_cycle or 0, spans[-1].cycle
    course = morph_course(changes, first, last, len(spans), frames)
    ramp = step_timing.ramp_in(float(frames / plan.fps))
    time = course.time_of([span.cycle for span in spans])
    stops = [round(step_timing.uncruise(part, ramp) * frames) for part in time.tolist()]
    for number in range(1, len(stops)):  # a frame for each, though some may come a little late
        stops[number] = max(stops[number], stops[number - 1] + 1)
    stops[-1] = frames
    for number in reversed(range(len(stops) - 1)):
        stops[number] = min(stops[number], stops[number + 1] - 1)
    return with_lengths(plan, numbers, np.diff([0, *stops]).tolist())


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
