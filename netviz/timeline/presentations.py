"""Presentations: the signals of a film's steps and thoughts, and the light that passes from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from netviz.recording.probe_history import ProbeHistory
from netviz.recording.recording import Recording
from netviz.scene.scene import Look
from netviz.scene.shots import ThinkShot
from netviz.timeline import step_timing
from netviz.timeline.cues import Cue
from netviz.timeline.frame import Array, NetworkState, state_of, with_bias_nodes
from netviz.timeline.interpolation import RecordingIndex
from netviz.timeline.learning_shot import is_even
from netviz.timeline.plan import Plan, Span
from netviz.timeline.signals import (
    Lingering,
    Presented,
    SignalPass,
    answer_of,
    presented_example,
    presented_situation,
    signal_pass,
)
from netviz.timeline.step_timing import BRIEF, EVEN_THOUGHT, LEARN, THOUGHT, Beats, Thought

LINGERING = 0.7
"""Level, while the weights move on to the next shown cycle, of the light that the last example has left."""
LONG_MOVE = 2.5
"""Seconds of a move from which the example whose answer changes most in it is seen in it."""
_CACHED_PASSES = 3
"""Steps whose signals are cached: a film asks for all frames of one step and for what the one before has left, then
for those of the next."""


@dataclass(frozen=True, eq=False)
class Presentations:
    """Presentations of examples and situations in a film.

    cues: the film's captions. is_reduced: whether it is in reduced motion. compares: whether runs stand side by side.
    """

    plan: Plan
    recording: Recording
    scene: Look
    recording_index: RecordingIndex
    cues: Sequence[Cue]
    is_reduced: bool
    compares: bool

    @cached_property
    def is_even(self) -> bool:
        """True if all steps are alike."""
        return is_even(self.scene)

    @cached_property
    def thought(self) -> Thought:
        """Timing of the film's thoughts."""
        return EVEN_THOUGHT if self.is_even else THOUGHT

    def beats(self, span: Span) -> Beats:
        """Beats of a step: by its length, unless all steps are alike."""
        if self.is_even:
            return LEARN
        return step_timing.beats_of(float((span.stop - span.start) / self.plan.fps))

    def has_inset(self, span: Span) -> bool:
        """True if a step shows the weight that moves most, large: in full, and where no spotlight shows another."""
        start, stop = self.beats(span).inset
        frames = span.stop - span.start
        first, last = span.start + start * frames, span.start + stop * frames
        spotlit = (cue for cue in self.cues if cue.event is not None and (cue.event.synapse or cue.event.neuron))
        story = self.scene.told
        shows = story is None or story.spotlight
        return start < 1 and not (shows and any(cue.start < last and first < cue.stop for cue in spotlit))

    @cached_property
    def step_signals(self) -> Callable[[int, int | None, bool], SignalPass]:
        """Cached function to the signals of a step, which are the same in all its frames.

        Its arguments: the step's row, the row whose weights it leads to (None: nothing is learned), and whether the
        error is propagated back.
        """

        def of(row: int, row_after: int | None, deltas: bool) -> SignalPass:
            after = None if row_after is None else state_of(self.recording, self.scene, row_after)
            shown = presented_example(self.recording, self.scene, row, row_after, deltas)
            return signal_pass(shown, state_of(self.recording, self.scene, row), after)

        return lru_cache(maxsize=_CACHED_PASSES)(of)

    @cached_property
    def thought_signals(self) -> Callable[[int, int], SignalPass]:
        """Cached function to the signals of a thought, from the number of its shot and its row at rest."""

        def of(number: int, row: int) -> SignalPass:
            shot = self.scene.shots[number]
            assert isinstance(shot, ThinkShot)
            shown = presented_situation(self.recording, self.scene, shot, row)
            return signal_pass(shown, state_of(self.recording, self.scene, row), None)

        return lru_cache(maxsize=_CACHED_PASSES)(of)

    @cached_property
    def history(self) -> ProbeHistory | None:
        """Recorded passes of the examples, for a network that cannot be computed; None for one that can."""
        return None if self.recording.network.is_exact else ProbeHistory.of(self.recording)

    def answer(self, state: NetworkState, cycle: float, shown: Presented) -> tuple[Array, ...]:
        """The activations (nodes_l,) that the weights of a state, those of a cycle, give to what was presented."""
        if self.history is None:
            return answer_of(self.scene, state, shown.inputs)
        assert shown.example is not None, "such a network is asked for its examples only"
        return with_bias_nodes(self.scene, self.history.layers(shown.example, cycle), 1.0)

    @cached_property
    def exemplar(self) -> Callable[[int], int | None]:
        """Cached function to the row of the example that is seen in long move `number`: its answer changes most.

        It is one of those recorded in the cycle the move comes from. None for a short move, and where runs side by side
        may differ.
        """
        recording, scene, plan, recorded = self.recording, self.scene, self.plan, self.recording_index.of_example

        def of(number: int) -> int | None:
            span = plan.spans[number]
            if self.compares or span.from_cycle is None or span.stop - span.start < LONG_MOVE * plan.fps:
                return None
            rows, cycles = self.recording_index.way(number)
            seen = [row for (cycle, _), row in recorded.items() if cycle == span.from_cycle]
            ends = [(state_of(recording, scene, rows[at]), cycles[at]) for at in (0, -1)]

            def change(row: int) -> float:
                shown = presented_example(recording, scene, row, None, False)
                before, after = (self.answer(state, cycle, shown)[-1] for state, cycle in ends)
                return float(np.abs(after - before).max())

            return max(seen, key=change, default=None)

        return lru_cache(maxsize=None)(of)

    def stays(self, number: int) -> bool:
        """True if the light of span `number` stays: a step or a rest follows, at once or after a move."""
        following = [span.kind for span in self.plan.spans[number + 1 : number + 3]]
        if following[:1] == ["move"]:
            following = following[1:]
        return not self.is_even and following[:1] in (["step"], ["rest"])

    def lingering(self, number: int) -> Lingering | None:
        """Light that the step or thought before span `number` has left, less after a move; None if there is none."""
        spans, before, level = self.plan.spans, number - 1, 1.0
        if before >= 0 and spans[before].kind == "move":
            before, level = before - 1, LINGERING
        if before < 0 or self.is_even or self.is_reduced:
            return None
        if spans[before].kind == "think" and spans[number].shot_kind == "learning":
            row = self.recording_index.rest[spans[before].cycle]
            signals, beats = self.thought_signals(spans[before].shot, row), self.thought.beats
        elif spans[before].kind == "step":
            row, row_after = self.recording_index.step(spans[before]), self.recording_index.after(before)
            signals, beats = self.step_signals(row, row_after, True), self.beats(spans[before])
        else:
            return None
        if before < number - 1:  # the weights have moved on since, and the answer with them
            seen = self.exemplar(number - 1)
            signals, beats = (signals, beats) if seen is None else (self.step_signals(seen, None, False), BRIEF)
            row = self.recording_index.after(number - 1)
            state, cycle = state_of(self.recording, self.scene, row), spans[number - 1].cycle
            answer = self.answer(state, cycle, signals.shown)
            signals = signals._replace(shown=signals.shown._replace(activations=answer))
        return Lingering(signals, beats, level)
