"""Pace: how much of a film's time passes between two kept moments of a run, by how much changes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from netviz.scene.scene import Scene
from netviz.timeline import step_timing
from netviz.timeline.sampled_answers import answers_at, asked_inputs, distances
from netviz.timeline.learning_shot import LONGEST_STRIDE, RAPID, STRIDE, is_even
from netviz.timeline.plan import Plan, Span
from netviz.timeline.step_timing import BRIEF_FROM
from netviz.training.layers import Floats
from netviz.training.recording import AT_REST, Integers, Recording

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
    """Course of a run: the part of all its change up to each of some moments.

    cycles (n,): of the moments, increasing. so_far (n,): the part, 0 to 1, of all change up to each. stops (n,): how
    many shown cycles have passed at each, in parts too. through (m,): cycles of the kept moments that the weights pass
    through on their way. fall: the run's sudden fall, or None.
    """

    cycles: Floats
    so_far: Floats
    stops: Floats
    through: Floats
    fall: Fall | None

    @classmethod
    def of(cls, recording: Recording) -> RunChanges:
        """Measure a run as its film shows it.

        Of examples seen one by one half of the change is the path of the weights over the kept moments, and half that
        of ln(error). Of examples seen together most is what changes in the answers (see `_continuous_changes`).
        """
        rows = np.flatnonzero(recording.example == AT_REST)
        cycles = recording.cycle[rows].astype(np.float64)
        borders = np.unique([0.0, *recording.shown_cycles, cycles[-1]])
        stops = np.interp(np.arange(len(rows)), np.searchsorted(cycles, borders), np.arange(len(borders)))
        through = np.arange(len(rows))
        if recording.scene.presentation == "together":
            through, places, so_far = _continuous_changes(recording, rows, stops)
            moments, stops = (np.interp(places, np.arange(len(rows)), each) for each in (cycles, stops))
        else:
            path = distances(recording, rows, np.arange(len(rows) - 1.0), np.arange(1.0, len(rows)))
            so_far = _so_far((path, 0.5), (np.abs(np.diff(_levels(recording, cycles))), 0.5))
            moments = cycles
        return cls(moments, so_far, stops, cycles[through], sudden_fall(recording))

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


def _levels(recording: Recording, cycles: Floats) -> Floats:
    """ln(error) (n,) at some cycles (n,)."""
    errors = np.interp(cycles, recording.curve_cycle, recording.train_error)
    return np.log(np.clip(errors, np.finfo(np.float64).tiny, np.finfo(np.float64).max))


def _so_far(*kinds: tuple[Floats, float]) -> Floats:
    """The part of all change (n,), 0 to 1, up to each of n moments.

    kinds: of each kind of change how much there is between each two moments (n - 1,), in a unit of its own, and its
    share of the whole. One of which there is none has no share.
    """
    largest = np.finfo(np.float64).max
    parts = [(np.nan_to_num(change, nan=0.0, posinf=largest), share) for change, share in kinds]
    parts = [(change / change.max(), share) for change, share in parts if change.size and change.max() > 0]
    change = sum((share * change / change.sum() for change, share in parts), np.zeros(len(kinds[0][0])))
    so_far = np.concatenate([[0.0], np.cumsum(change)])
    return np.asarray(so_far / max(1e-12, float(so_far[-1])))


MOMENTS = 480
"""Moments of a continuous morph at which its change is measured."""
_APART = 4
"""Moments on both sides of each over which it is."""
_SMOOTHED = 3
"""Moments on both sides of each over which the pace is evened out."""
_PASSES = 3
"""Times that it is measured, each time at moments nearer to those which the film shows evenly."""
_ANSWERS, _WEIGHTS, _ERROR = 0.8, 0.1, 0.1
"""Shares of a continuous morph's change: in the answers, which its picture shows all over, in weights, in ln(error)."""
EVEN = 0.2
"""Part of a continuous morph's time that is shared out evenly among the shown cycles, however little changes: so it is
nowhere faster than five times the even pace."""
_LEAST_APART, _MOST_APART = 1 / 150, 1 / 100
"""Parts of a continuous morph's time from one kept moment that it passes through to the next, where there are so many.

Weights that are thrown to and fro from cycle to cycle would only make the picture flicker.
"""
_MOST_CANDIDATES = 600
"""Most kept moments from which these are chosen."""


def _continuous_changes(recording: Recording, rows: Integers, stops: Floats) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Kept moments (m,) that a continuous morph passes through, places (n,) on its way, and the change up to each.

    rows (R,): all that are at rest. stops (R,): how many shown cycles have passed at each. Kept moments and places are
    counted in rows; of the change it is the part of all. The places are chosen so that the film takes equal times from
    one to the next, and the weights at each are those that it shows then.
    """
    inputs = asked_inputs(recording, MOMENTS * _PASSES + min(len(rows), _MOST_CANDIDATES))
    evenly, through = stops / max(1.0, float(stops[-1])), np.arange(len(rows))
    places, so_far = np.linspace(0, 1, MOMENTS), np.linspace(0, 1, MOMENTS)
    places = np.interp(places, evenly, through)
    for number in range(_PASSES):
        if number:
            time = (1 - EVEN) * so_far + EVEN * np.interp(places, np.arange(len(rows)), evenly)
            if number == 1:
                through = _passed_through(recording, rows, np.interp(np.arange(len(rows)), places, time), inputs)
            places = np.interp(np.linspace(0, 1, MOMENTS), time, places)
        so_far = _changes_at(recording, rows[through], np.interp(places, through, np.arange(len(through))), inputs)
    return through, places, so_far


def _passed_through(recording: Recording, rows: Integers, time: Floats, inputs: Floats) -> NDArray[np.intp]:
    """The kept moments (m,), counted in rows (R,), that a continuous morph passes through.

    time (R,): the part of its time, 0 to 1, at which it comes to each row. Of those that come about as late after one
    of them, the next is the one whose answers are the most like its own.
    """
    candidates = np.unique(np.searchsorted(time, np.linspace(0, 1, min(len(rows), _MOST_CANDIDATES)), side="right") - 1)
    candidates = np.unique([0, *candidates, len(rows) - 1])
    answers = answers_at(recording, rows, candidates.astype(np.float64), inputs)
    at, chosen = time[candidates], [0]
    while chosen[-1] < len(candidates) - 1:
        now = chosen[-1]
        first, last = np.searchsorted(at, [at[now] + _LEAST_APART, at[now] + _MOST_APART])
        if at[-1] - at[now] < _LEAST_APART + _MOST_APART:
            chosen.append(len(candidates) - 1)
            continue
        following = np.arange(max(first, now + 1), max(last, first + 1, now + 2))
        apart = np.abs(answers[following] - answers[now]).mean(axis=(1, 2))
        chosen.append(int(following[(apart / (at[following] - at[now])).argmin()]))
    return candidates[chosen]


def _changes_at(recording: Recording, rows: Integers, places: Floats, inputs: Floats) -> Floats:
    """The part of all change (n,) up to each of n places among some rows.

    Of answers, weights and error it is measured over a sixtieth of the places, which smooths it.
    """
    each = np.arange(len(places))
    before, after = np.maximum(each - _APART, 0), np.minimum(each + _APART, len(places) - 1)
    answers = answers_at(recording, rows, places, inputs)
    levels = _levels(recording, np.interp(places, np.arange(len(rows)), recording.cycle[rows]))
    kinds = (
        (np.abs(answers[after] - answers[before]).mean(axis=(1, 2)), _ANSWERS),
        (distances(recording, rows, places[before], places[after]), _WEIGHTS),
        (np.abs(levels[after] - levels[before]), _ERROR),
    )
    speeds = [(change / (after - before), share) for change, share in kinds]
    return _so_far(*(((speed[1:] + speed[:-1]) / 2, share) for speed, share in speeds))


@dataclass(frozen=True)
class MorphCourse:
    """Course of a continuous morph: when it comes to each cycle, and past which kept moments.

    cycles (n,): increasing. time (n,): the part of its time, 0 to 1, up to each. through (m,): the cycles of the kept
    moments whose weights it shows; between two it shows those on the straight way.
    """

    cycles: Floats
    time: Floats
    through: Floats

    def time_of(self, cycles: Sequence[int]) -> Floats:
        """The part of the time (k,) up to each of some cycles (k,)."""
        return np.interp(cycles, self.cycles, self.time)

    def cycle_at(self, time: Floats) -> Floats:
        """The cycle (k,) to which it has come after each part of its time (k,)."""
        return np.interp(time, self.time, self.cycles)

    def passed_through(self, on_time: Sequence[int]) -> list[int]:
        """The kept moments' cycles, where those of some cycles (k,) must be among them, and others keep off them."""
        through, marks = np.interp(self.through, self.cycles, self.time), self.time_of(on_time)
        after = np.clip(np.searchsorted(marks, through), 1, len(marks) - 1)
        apart = np.minimum(np.abs(through - marks[after]), np.abs(through - marks[after - 1]))
        return [*on_time, *self.through[apart >= _LEAST_APART].astype(int).tolist()]


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
    through = changes.through[(changes.through > first) & (changes.through < last)]
    return MorphCourse(_smoothed(_smoothed(cycles)), time, through)


def _smoothed(values: Floats) -> Floats:
    """Each of n values (n,) averaged with its neighbours; both ends stay."""
    width = 2 * _SMOOTHED + 1
    smooth = np.convolve(np.pad(values, _SMOOTHED, "reflect", reflect_type="odd"), np.full(width, 1 / width), "valid")
    return np.concatenate([values[:1], smooth[1:-1], values[-1:]])


def is_by_change(plan: Plan, scene: Scene) -> bool:
    """True if the time of a film's moves, or of its continuous morph, follows what changes in the run."""
    kinds = [span.kind for span in plan.spans]
    return not plan.on_beats and not is_even(scene) and ("sweep" in kinds or kinds.count("move") > 1)


def paced(plan: Plan, recording: Recording) -> Plan:
    """The plan with the time of moves and of a continuous morph shared out by how much changes in each of their spans.

    Shots begin and end as before. A move past a sudden fall of the error has time for it, some of which the rapid steps
    give. A film on beats, or whose pace is even, stays as it is.
    """
    if not is_by_change(plan, recording.scene):
        return plan
    if any(span.kind == "sweep" for span in plan.spans):
        return _paced_morph(plan, recording)
    numbers = [number for number, span in enumerate(plan.spans) if span.kind in ("step", "move")]
    spans = [plan.spans[number] for number in numbers]
    moves = [number for number, span in enumerate(spans) if span.kind == "move"]
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


def _paced_morph(plan: Plan, recording: Recording) -> Plan:
    """The plan whose sweeps end when a continuous morph by change comes to their cycles."""
    numbers = [number for number, span in enumerate(plan.spans) if span.kind == "sweep"]
    spans = [plan.spans[number] for number in numbers]
    frames = spans[-1].stop - spans[0].start
    first, last = spans[0].from_cycle or 0, spans[-1].cycle
    course = morph_course(RunChanges.of(recording), first, last, len(spans), frames)
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
