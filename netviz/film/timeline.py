"""From a plan and a recording to the state of any frame, each by itself.

A Timeline is a table with one row a frame (which span, how far into it); `frame(i)` reads off what the recording
says of that moment. Nothing is remembered from one frame to the next.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from netviz.film import captions, motion
from netviz.film.frame import Array, Frame
from netviz.film.motion import LEARN, THINK, Beats
from netviz.film.plan import Plan, Span
from netviz.film.signals import Presented, backward_pulses, blame_of, forward_pulses
from netviz.learn.recording import Recording
from netviz.scene.shots import ThinkShot

FADE_SECONDS = 0.4
"""How long a card or the network takes to come and go."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """All frames of a film.

    span (N,): index into plan.spans of every frame.
    phase (N,): how far the middle of the frame is into its span, 0 < phase < 1.
    """

    plan: Plan
    recording: Recording
    span: NDArray[np.int64]
    phase: NDArray[np.float64]

    @property
    def frame_count(self) -> int:
        """Frames of the whole film."""
        return self.plan.frame_count

    @cached_property
    def _rest_rows(self) -> dict[int, int]:
        """Row of the network at rest after each kept cycle; the last where there are several."""
        rows = np.flatnonzero(self.recording.example < 0)
        return dict(zip(self.recording.cycle[rows].tolist(), rows.tolist(), strict=True))

    @cached_property
    def _example_rows(self) -> dict[tuple[int, int], int]:
        rows = np.flatnonzero(self.recording.example >= 0)
        keys = zip(self.recording.cycle[rows].tolist(), self.recording.example[rows].tolist(), strict=True)
        return dict(zip(keys, rows.tolist(), strict=True))

    def frame(self, index: int) -> Frame:
        """The state of frame `index`, 0 <= index < frame_count."""
        if not 0 <= index < self.frame_count:
            raise IndexError(f"frame {index} of a film of {self.frame_count} frames")
        span = self.plan.spans[self.span[index]]
        phase = float(self.phase[index])
        make = {"title": self._rest, "rest": self._rest, "move": self._move, "step": self._step, "think": self._think}
        return make[span.kind](span, phase, index)

    def key(self, index: int) -> Hashable:
        """Equal for frames that look the same, known without working the frame out."""
        span = self.plan.spans[self.span[index]]
        if self.held:
            return int(self.span[index])
        if span.kind in ("title", "rest"):
            return (int(self.span[index]), *self._levels(span, index))
        if span.kind == "think" and self.phase[index] >= motion.settled(THINK, len(self.recording.weights)):
            return (int(self.span[index]), "thought", *self._levels(span, index))
        return index

    @property
    def held(self) -> bool:
        """Whether every step is one still drawing, as in the classic style."""
        return self.recording.scene.style == "classic"

    def _levels(self, span: Span, index: int) -> tuple[float, float]:
        """Levels of title card and network: both fade where a card begins or ends, and nowhere else."""
        if self.held:
            return (1.0, 0.0) if span.kind == "title" else (0.0, 1.0)
        frames = max(1.0, FADE_SECONDS * float(self.plan.fps))
        since, left = index - span.start, span.stop - 1 - index
        if span.kind == "title":
            fade_in = 1.0 if span.start == 0 else motion.ease(since / frames)
            fade_out = 1.0 if span.stop == self.frame_count else motion.ease(left / frames)
            return min(fade_in, fade_out), 0.0
        number = int(self.span[index])
        spans = self.plan.spans
        after_card = number > 0 and spans[number - 1].kind == "title"
        before_card = number + 1 < len(spans) and spans[number + 1].kind == "title"
        fade_in = motion.ease(since / frames) if after_card else 1.0
        fade_out = motion.ease(left / frames) if before_card else 1.0
        return 0.0, min(fade_in, fade_out)

    def _error(self, cycle: int) -> float:
        """Mean |target - output| in the recorded cycle nearest to one."""
        cycles = self.recording.curve_cycle
        after = min(int(np.searchsorted(cycles, cycle)), len(cycles) - 1)
        before = max(0, after - 1)
        nearest = before if cycle - cycles[before] < cycles[after] - cycle else after
        return float(self.recording.train_error[nearest])

    @cached_property
    def _rest_errors(self) -> dict[int, float]:
        """Mean |target - output| with the weights of each rest row that is shown, which its cycle's error precedes."""
        recording, examples = self.recording, self.recording.examples
        rows = {self._rest_rows[span.cycle] for span in self.plan.spans if span.kind in ("rest", "think", "title")}
        return {
            row: float(np.abs(recording.forward(examples.given, row)[-1] - examples.targets).mean()) for row in rows
        }

    @cached_property
    def _near_examples(self) -> list[int]:
        """For every span the example it presents, or else the next one, or else the last one before."""
        spans = self.plan.spans
        near = next((span.example for span in reversed(spans) if span.example is not None), 0)
        found: list[int] = []
        for span in reversed(spans):
            near = near if span.example is None else span.example
            found.append(near)
        return found[::-1]

    def _weights(self, row: int) -> tuple[Array, ...]:
        return tuple(layer[row] for layer in self.recording.weights)

    def _rest_row(self, cycle: int) -> int:
        return self._rest_rows[cycle]

    def _dark(
        self, span: Span, index: int, weights: tuple[Array, ...], curve_cycle: float, row: int | None = None
    ) -> Frame:
        """The network without any signal. row: the rest row that is shown, if it is one."""
        card, presence = self._levels(span, index)
        cycle = round(curve_cycle)
        sizes = self.recording.scene.network.layers
        return Frame(
            key=self.key(index),
            kind=span.kind,
            caption=captions.caption(self.recording.scene, span),
            card=card,
            presence=presence,
            cycle=cycle,
            curve_cycle=curve_cycle,
            error=self._error(cycle) if row is None else self._rest_errors[row],
            example=None,
            near_example=self._near_examples[self.span[index]],
            inputs=None,
            target=None,
            presented=0.0,
            weights=weights,
            activations=tuple(np.zeros(size) for size in sizes),
            arrived=(0.0,) * len(sizes),
            carried=tuple(np.zeros_like(layer) for layer in weights),
            blame=tuple(np.zeros(size) for size in sizes),
            change=tuple(np.zeros_like(layer) for layer in weights),
            compared=0.0,
            pulses=(),
        )

    def _rest(self, span: Span, phase: float, index: int) -> Frame:
        row = self._rest_row(span.cycle)
        return self._dark(span, index, self._weights(row), float(span.cycle), row)

    def _move(self, span: Span, phase: float, index: int) -> Frame:
        """Weights move from one shown cycle to the next through the kept rows between them."""
        assert span.from_cycle is not None
        rows, cycles = self._way(span.from_cycle, span.cycle, int(self.span[index]))
        position = motion.ease(phase) * (len(rows) - 1)
        before = min(int(position), len(rows) - 2)
        part = position - before
        weights = tuple(
            (1 - part) * layer[rows[before]] + part * layer[rows[before + 1]] for layer in self.recording.weights
        )
        return self._dark(span, index, weights, (1 - part) * cycles[before] + part * cycles[before + 1])

    def _way(self, first: int, last: int, number: int) -> tuple[list[int], list[float]]:
        """Rows from rest after cycle `first` to the step of cycle `last` that follows span `number`, with cycles."""
        kept = sorted(self._rest_rows)
        between = [cycle for cycle in kept[bisect_left(kept, first) :] if cycle < last]
        rows = [self._rest_rows[cycle] for cycle in between]
        rows.append(self._row_after(number))
        return rows, [*map(float, between), float(last)]

    def _row_after(self, number: int) -> int:
        """The row whose weights span `number` leads to: of the step that follows in its cycle, or rest after it.

        Where a cycle presents only some of its examples, a step's weights so take in the steps that are left out.
        """
        spans = self.plan.spans
        cycle = spans[number].cycle
        if number + 1 < len(spans) and spans[number + 1].kind == "step" and spans[number + 1].cycle == cycle:
            return self._example_rows[cycle, spans[number + 1].example or 0]
        return self._rest_rows[cycle]

    def _step(self, span: Span, phase: float, index: int) -> Frame:
        assert span.example is not None
        row = self._example_rows[span.cycle, span.example]
        recording = self.recording
        shown = Presented(
            activations=tuple(layer[row] for layer in recording.activations),
            target=recording.targets[row],
            example=span.example,
            deltas=None if self.held else recording.deltas(row),
        )
        after = self._weights(self._row_after(int(self.span[index])))
        return self._lit(span, phase, index, shown, LEARN, self._weights(row), after)

    def _think(self, span: Span, phase: float, index: int) -> Frame:
        shot = self.recording.scene.shots[span.shot]
        assert isinstance(shot, ThinkShot)
        row = self._rest_row(span.cycle)
        shown = Presented(
            activations=self.recording.forward(np.array(shot.inputs), row),
            target=None if shot.target is None else np.array(shot.target),
            example=None,
            deltas=None,
        )
        # The signal takes at most five seconds, however long the thought is shown; then the picture stands still.
        length = float((span.stop - span.start) / self.plan.fps)
        return self._lit(
            span, min(1.0, phase * max(1.0, length / 5)), index, shown, THINK, self._weights(row), None, row
        )

    def _lit(
        self,
        span: Span,
        phase: float,
        index: int,
        shown: Presented,
        beats: Beats,
        before: tuple[Array, ...],
        after: tuple[Array, ...] | None,
        rest_row: int | None = None,
    ) -> Frame:
        """The network with a signal in it. before, after: weights of the step (None: nothing is learned)."""
        if self.held:
            phase, after = (beats.compare[1] + beats.backward[0]) / 2 if beats is LEARN else 1.0, None
        layers = len(before)
        dark = self._dark(span, index, before, float(span.cycle), rest_row)
        flow = [np.abs(a[:, None] * w) for a, w in zip(shown.activations, before, strict=False)]
        largest = max((float(layer.max()) for layer in flow), default=0.0) or 1.0
        moved = motion.updated(beats, phase) if after is not None else 0.0
        blame, back = blame_of(shown, before)
        change = dark.change
        weights = before
        if after is not None:
            steps = tuple(b - a for a, b in zip(before, after, strict=True))
            weights = tuple(a + moved * step for a, step in zip(before, steps, strict=True))
            most = max(float(np.abs(step).max()) for step in steps) or 1.0
            flash = motion.swell((phase - beats.update[0]) / (beats.update[1] - beats.update[0]))
            change = tuple(step / most * max(0.0, flash) for step in steps)
        return Frame(
            key=dark.key,
            kind=span.kind,
            caption=dark.caption,
            card=dark.card,
            presence=dark.presence,
            cycle=dark.cycle,
            curve_cycle=dark.curve_cycle,
            error=dark.error,
            example=shown.example,
            near_example=dark.near_example,
            inputs=shown.activations[0],
            target=shown.target,
            presented=motion.presented(beats, phase),
            weights=weights,
            activations=shown.activations,
            arrived=tuple(motion.arrived(beats, phase, layer, layers) for layer in range(layers + 1)),
            carried=tuple(
                motion.carried(beats, phase, layer, layers) * flow[layer] / largest for layer in range(layers)
            ),
            blame=tuple(motion.blamed(beats, phase, layer, layers) * blame[layer] for layer in range(layers + 1)),
            change=change,
            compared=motion.compared(beats, phase),
            pulses=(*forward_pulses(flow, largest, beats, phase), *backward_pulses(back, beats, phase)),
        )


def make_timeline(plan: Plan, recording: Recording) -> Timeline:
    """One row a frame for a plan and a recording of the same scene."""
    lengths = np.array([span.stop - span.start for span in plan.spans])
    starts = np.array([span.start for span in plan.spans])
    span = np.repeat(np.arange(len(lengths)), lengths)
    phase = (np.arange(plan.frame_count) - starts[span] + 0.5) / lengths[span]
    return Timeline(plan, recording, span, phase)
