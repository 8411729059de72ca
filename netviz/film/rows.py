"""Which rows of a recording the spans of a plan show, and what the network is worth there."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from netviz.film.plan import Plan, Span
from netviz.learn.recording import AT_REST, Recording
from netviz.scene.shots import WalkShot


@dataclass(frozen=True, eq=False)
class Rows:
    """A plan's way through a recording."""

    plan: Plan
    recording: Recording

    @cached_property
    def rest(self) -> dict[int, int]:
        """Row of the network at rest after each kept cycle; the last where there are several."""
        rows = np.flatnonzero(self.recording.example == AT_REST)
        return dict(zip(self.recording.cycle[rows].tolist(), rows.tolist(), strict=True))

    @cached_property
    def of_example(self) -> dict[tuple[int, int], int]:
        """Row of every (cycle, example)."""
        rows = np.flatnonzero(self.recording.example != AT_REST)
        keys = zip(self.recording.cycle[rows].tolist(), self.recording.example[rows].tolist(), strict=True)
        return dict(zip(keys, rows.tolist(), strict=True))

    @cached_property
    def kept(self) -> list[int]:
        """The cycles after which there is a row at rest, increasing."""
        return sorted(self.rest)

    def step(self, span: Span) -> int:
        """The row of a span that presents an example."""
        assert span.example is not None
        return self.of_example[span.cycle, span.example]

    def after(self, number: int) -> int:
        """The row whose weights span `number` leads to: of the step that follows in its cycle, or rest after it.

        Where a cycle presents only some of its examples, a step's weights so take in the steps that are left out.
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
        """The row whose weights the update of walk `number` leads to; None if it does not go back.

        Only a step that is one example's can be walked back: its weights are those of the next example, or at rest.
        """
        scene, span = self.recording.scene, self.plan.spans[number]
        shot = scene.shots[span.shot]
        assert isinstance(shot, WalkShot) and span.example is not None
        if not shot.backward:
            return None
        return self.of_example.get((span.cycle, span.example + 1), self.rest[span.cycle])

    def joint(self, number: int) -> int | None:
        """The row that the span before number `number` leaves, if span `number` begins with other weights."""
        return self._joints[number]

    @cached_property
    def _joints(self) -> list[int | None]:
        joints: list[int | None] = [None]
        for number in range(1, len(self.plan.spans)):
            before, now = self._last(number - 1), self._first(number)
            joints.append(None if self._alike(before, now) else before)
        return joints

    def _first(self, number: int) -> int:
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
        recording = self.recording
        return one == other or all(
            np.array_equal(layer[one], layer[other]) for layer in (*recording.weights, *recording.biases)
        )

    def way(self, number: int) -> tuple[list[int], list[int]]:
        """Rows and their cycles, from rest after the cycle that span `number` comes from to where it leads."""
        span = self.plan.spans[number]
        assert span.from_cycle is not None
        between = [cycle for cycle in self.kept[bisect_left(self.kept, span.from_cycle) :] if cycle < span.cycle]
        return [*(self.rest[cycle] for cycle in between), self.after(number)], [*between, span.cycle]

    def on_curve(self, cycle: int) -> int:
        """Index of the recorded cycle of the curve that is nearest to one."""
        cycles = self.recording.curve_cycle
        after = min(int(np.searchsorted(cycles, cycle)), len(cycles) - 1)
        before = max(0, after - 1)
        return before if cycle - cycles[before] < cycles[after] - cycle else after

    @cached_property
    def rest_errors(self) -> dict[int, float]:
        """Mean |target - output| with the weights of each rest row that is shown, which its cycle's error precedes."""
        recording, examples = self.recording, self.recording.examples
        rows = {self.rest[span.cycle] for span in self.plan.spans if span.kind in ("rest", "think", "title")}
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
