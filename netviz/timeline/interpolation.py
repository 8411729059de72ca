"""Interpolation: the rows of a recording that a frame lies between, also in a continuous morph of the weights."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil

import numpy as np
from numpy.typing import NDArray

from netviz.recording.recording import AT_REST, Recording
from netviz.scene.scene import Look
from netviz.scene.shots import WalkShot
from netviz.timeline import step_timing
from netviz.timeline.frame import Array
from netviz.timeline.pace import RunChanges, morph_course
from netviz.timeline.plan import Plan, Span


@dataclass(frozen=True, eq=False)
class RecordingIndex:
    """Index of the recording's rows that each span of a plan shows."""

    plan: Plan
    recording: Recording
    scene: Look

    @cached_property
    def rest(self) -> dict[int, int]:
        """Row of the network at rest after each kept cycle; the last where there are several."""
        rows = np.flatnonzero(self.recording.probe == AT_REST)
        return dict(zip(self.recording.row_step[rows].tolist(), rows.tolist(), strict=True))

    @cached_property
    def of_example(self) -> dict[tuple[int, int], int]:
        """Row of every (cycle, example)."""
        rows = np.flatnonzero(self.recording.probe != AT_REST)
        keys = zip(self.recording.row_step[rows].tolist(), self.recording.probe[rows].tolist(), strict=True)
        return dict(zip(keys, rows.tolist(), strict=True))

    @cached_property
    def kept_cycles(self) -> list[int]:
        """The cycles after which there is a row at rest, increasing."""
        return sorted(self.rest)

    def at(self, cycle: float) -> int | None:
        """The row at rest after a kept cycle, or of the step that begins after a part of one; None if there is none."""
        if cycle == int(cycle):
            return self.rest.get(int(cycle))
        example = round(cycle % 1 * self.scene.outline.examples)
        return self.of_example.get((ceil(cycle), example))

    def step(self, span: Span) -> int:
        """The row of a span that presents an example."""
        assert span.example is not None
        return self.of_example[span.cycle, span.example]

    def after(self, number: int) -> int:
        """The row whose weights span `number` leads to: of the step that follows in its cycle, or at rest after it.

        So where a cycle presents only some of its examples, a step's change includes the steps that are left out.
        """
        spans = self.plan.spans
        cycle, following = spans[number].cycle, number + 1
        if following < len(spans) and spans[following].kind == "hold":
            following += 1
        if following < len(spans) and spans[following].kind == "step" and spans[following].cycle == cycle:
            return self.step(spans[following])
        return self.rest[cycle]

    def hold(self, number: int) -> int:
        """The row whose weights a hold shows: those that the span before it in its shot leaves."""
        spans = self.plan.spans
        if number and spans[number - 1].shot == spans[number].shot:
            return self._last(number - 1)
        return self.rest[spans[number].cycle]

    def after_walk(self, number: int) -> int | None:
        """The row whose weights the update in worked example `number` leads to; None if it has no backward pass.

        Only a step of a single example can have one: its new weights are those of the next example, or at rest.
        """
        span = self.plan.spans[number]
        shot = self.scene.shots[span.shot]
        assert isinstance(shot, WalkShot) and span.example is not None
        if not shot.backward:
            return None
        return self.of_example.get((span.cycle, span.example + 1), self.rest[span.cycle])

    def transition(self, number: int) -> int | None:
        """The row that the span before number `number` leaves, if span `number` begins with other weights."""
        return self._transitions[number]

    @cached_property
    def _transitions(self) -> list[int | None]:
        transitions: list[int | None] = [None]
        for number in range(1, len(self.plan.spans)):
            before, now = self._last(number - 1), self.first(number)
            transitions.append(None if self._alike(before, now) else before)
        return transitions

    def first(self, number: int) -> int:
        """The row with whose weights a span begins."""
        span = self.plan.spans[number]
        if span.example is not None:
            return self.step(span)
        if span.kind == "hold":
            return self.hold(number)
        return self.rest[span.cycle if span.from_cycle is None else span.from_cycle]

    def _last(self, number: int) -> int:
        """The row with whose weights a span ends."""
        span = self.plan.spans[number]
        if span.kind == "walk":
            after = self.after_walk(number)
            return self.step(span) if after is None else after
        if span.kind == "hold":
            return self.hold(number)
        return self.after(number) if span.kind in ("step", "move") else self.rest[span.cycle]

    def _alike(self, one: int, other: int) -> bool:
        before, after = (self.recording.parameters_at(row) for row in (one, other))
        return one == other or all(
            np.array_equal(first, last)
            for layers in zip(before, after, strict=True)
            for first, last in zip(*layers, strict=True)
        )

    def way(self, number: int) -> tuple[list[int], list[int]]:
        """Rows and their cycles, from rest after the cycle that span `number` comes from to where it leads."""
        span = self.plan.spans[number]
        assert span.from_cycle is not None
        between = [
            cycle for cycle in self.kept_cycles[bisect_left(self.kept_cycles, span.from_cycle) :] if cycle < span.cycle
        ]
        return [*(self.rest[cycle] for cycle in between), self.after(number)], [*between, span.cycle]

    def on_curve(self, cycle: int) -> int:
        """Index of the recorded cycle of the curve that is nearest to one.

        Of a run of somebody else's, whose points may lie far apart, the last that is reached.
        """
        cycles = self.recording.curve_step
        if not self.scene.outline.is_own:
            return max(0, int(np.searchsorted(cycles, cycle, side="right")) - 1)
        after = min(int(np.searchsorted(cycles, cycle)), len(cycles) - 1)
        before = max(0, after - 1)
        return before if cycle - cycles[before] < cycles[after] - cycle else after

    @cached_property
    def rest_errors(self) -> dict[int, float]:
        """Error of each rest row that is shown, by row: mean |target - output| with its weights.

        The error of the row's own cycle was measured before these weights.
        """
        recording, examples = self.recording, self.recording.examples
        rows = {self.rest[span.cycle] for span in self.plan.spans if span.kind in ("rest", "think", "title")}
        if not self.scene.outline.is_own:  # what such a run followed, it said itself
            return {row: float(recording.main_curve[self.on_curve(int(recording.row_step[row]))]) for row in rows}
        return {
            row: float(np.abs(recording.forward(examples.given, row)[-1] - examples.targets).mean()) for row in rows
        }

    @cached_property
    def near_examples(self) -> list[int]:
        """For every span the example it presents, or else the next one, or else the last one before."""
        spans = self.plan.spans
        near = next((span.example for span in reversed(spans) if span.example is not None), 0)
        found: list[int] = []
        for span in reversed(spans):
            near = near if span.example is None else span.example
            found.append(near)
        return found[::-1]


# Continuous morph of the weights: learning shots in which they run through all kept rows without a stop.

ON_TIME = 8
"""Fewest frames between two shown cycles that are reached exactly at the ends of their spans.

Where shown cycles come closer than that, an even pace matters more than which frame is nearest to which.
"""


@dataclass(frozen=True, eq=False)
class ContinuousMorph:
    """Weights that run through R kept rows in F frames.

    start: the first frame. rows (R,), cycles (R,): in order, the first from before the first frame.
    place (F,): position of each frame among the rows, 0 to R - 1.
    """

    start: int
    rows: NDArray[np.int64]
    cycles: Array
    place: Array

    def at(self, index: int, *, whole: bool = False) -> tuple[int, int, float, float]:
        """The rows before and after a frame of the film, its part (0 to 1) of the way between them, and its cycle.

        whole: at the nearest row itself.
        """
        place = self.place[index - self.start]
        place = np.round(place) if whole else place
        before = min(int(place), max(0, len(self.rows) - 2))
        after = min(before + 1, len(self.rows) - 1)
        part = float(place - before)
        cycle = (1 - part) * self.cycles[before] + part * self.cycles[after]
        return int(self.rows[before]), int(self.rows[after]), part, float(cycle)


def continuous_morphs(index: RecordingIndex, changes: RunChanges | None = None) -> dict[int, ContinuousMorph]:
    """The continuous morph of each learning shot that is one (of spans of the kind "sweep"), by the shot's number.

    changes: those at whose pace they go; None: they go evenly from shown cycle to shown cycle, or on beats.
    """
    of_shot: dict[int, list[Span]] = {}
    for span in index.plan.spans:
        if span.kind == "sweep":
            of_shot.setdefault(span.shot, []).append(span)
    return {shot: _continuous_morph(index, spans, changes) for shot, spans in of_shot.items()}


def _continuous_morph(index: RecordingIndex, spans: Sequence[Span], changes: RunChanges | None) -> ContinuousMorph:
    first, last = spans[0].from_cycle or 0, spans[-1].cycle
    if changes is not None:
        course = morph_course(changes, first, last, len(spans), spans[-1].stop - spans[0].start)
        marks = _marks(spans)
        route = {cycle: row for cycle in course.route_by([*marks.values()]) if (row := index.at(cycle)) is not None}
        time = _at_marks(spans, marks, course.time_of([*marks.values()]), index.plan.fps)
        rows, cycles = np.array([*route.values()]), np.array([*route])
        place = np.interp(course.cycle_at(time), cycles, np.arange(len(rows)))
        return ContinuousMorph(spans[0].start, rows, cycles, place)
    kept = [cycle for cycle in index.kept_cycles if first <= cycle <= last]
    # Where each kept cycle is, counted in shown cycles: evenly spaced between two of them. A span may pass several.
    stops = [first, *(cycle for cycle in index.recording.shown_steps if first < cycle < last), last]
    counted = np.interp(np.arange(len(kept)), np.searchsorted(kept, stops), np.arange(len(stops)))
    position = _on_beats(spans, stops) if index.plan.on_beats else _evenly(spans, stops, index.plan.fps)
    return ContinuousMorph(
        spans[0].start,
        np.array([index.rest[cycle] for cycle in kept]),
        np.array(kept, dtype=np.float64),
        np.interp(position, counted, np.arange(len(kept))),
    )


def _marks(spans: Sequence[Span]) -> dict[int, int]:
    """Shown cycles that a morph reaches on time, by the frames in it after which it has."""
    start, marks = spans[0].start, {0: spans[0].from_cycle or 0}
    for span in spans[:-1]:
        if span.stop - start - max(marks) >= ON_TIME and spans[-1].stop - span.stop >= ON_TIME:
            marks[span.stop - start] = span.cycle
    return {**marks, spans[-1].stop - start: spans[-1].cycle}


def _at_marks(
    spans: Sequence[Span], marks: Mapping[int, int], places: Array | NDArray[np.int64], fps: Fraction
) -> Array:
    """Place of each frame, at an even pace from mark to mark. places: those of the marks, increasing."""
    frames = spans[-1].stop - spans[0].start
    ramp = step_timing.ramp_in(float(frames / fps))
    way = np.array([step_timing.cruise(frame / frames, ramp) for frame in range(frames + 1)])
    position: Array = np.interp(way[1:], way[list(marks)], places)
    return position


def _evenly(spans: Sequence[Span], stops: Sequence[int], fps: Fraction) -> Array:
    """Position of each frame, counted in stops: at an even pace, with the shown cycles on time where they can be."""
    marks = _marks(spans)
    return _at_marks(spans, marks, np.searchsorted(stops, list(marks.values())), fps)


def _on_beats(spans: Sequence[Span], stops: Sequence[int]) -> Array:
    """Position of each frame, counted in stops, on beats: a span begins fast, and between spans apart nothing moves."""
    position = np.empty(spans[-1].stop - spans[0].start)
    for span in spans:
        before, after = np.searchsorted(stops, [span.from_cycle or 0, span.cycle])
        frames = span.stop - span.start
        way = np.array([step_timing.kick((frame + 1) / frames) for frame in range(frames)])
        position[span.start - spans[0].start :] = after
        position[span.start - spans[0].start : span.stop - spans[0].start] = before + way * (after - before)
    return position
