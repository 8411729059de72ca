"""Runs side by side: one clock, and the frame of every run at each of its moments.

They share one plan, so a frame shows the same cycle and example in all of them. A run whose training broke off is shown
as it was recorded up to there, and then stands still.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from netviz.recording.comparison import Comparison
from netviz.recording.recording import Recording
from netviz.scene.scene import Look
from netviz.timeline.frame import Frame, interpolate, node_counts, state_of, with_bias_nodes
from netviz.timeline.interpolation import RecordingIndex
from netviz.timeline.pace import RunChanges
from netviz.timeline.plan import Plan, Span
from netviz.timeline.reduced_motion import reduce_motion
from netviz.timeline.signals import no_light
from netviz.timeline.timeline import Timeline, make_timeline


@dataclass(frozen=True, eq=False)
class SideBySide:
    """All frames of a film that compares runs: those of the first, each with the other runs' beside it.

    scene: of the whole film. clock: the timeline of a run whose training came to its end; runs: for every run the maker
    of its frames.
    """

    comparison: Comparison
    scene: Look
    clock: Timeline
    runs: tuple[Timeline | BrokenOff, ...]

    @property
    def plan(self) -> Plan:
        """The plan of all runs."""
        return self.clock.plan

    @property
    def frame_count(self) -> int:
        """Frames of the whole film."""
        return self.plan.frame_count

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """The recording of every run."""
        return self.comparison.recordings

    @property
    def scenes(self) -> tuple[Look, ...]:
        """The scene of every run."""
        return tuple(run.timeline.scene if isinstance(run, BrokenOff) else run.scene for run in self.runs)

    @property
    def names(self) -> tuple[str, ...]:
        """Labels of the runs, which stand above them."""
        return self.comparison.names

    def frame(self, index: int) -> Frame:
        """The state of frame `index`, 0 <= index < frame_count."""
        whole = self.clock.frame(index)
        first, *others = (
            run.frame(index, whole) if isinstance(run, BrokenOff) else whole if run is self.clock else run.frame(index)
            for run in self.runs
        )
        return replace(first, key=self.key(index), beside=tuple(others))

    def key(self, index: int) -> Hashable:
        """Key that is equal for frames that look the same, without computing the frame."""
        return self.clock.key(index), *(run.key(index) for run in self.runs)


def side_by_side(plan: Plan, comparison: Comparison, scene: Look, scenes: Sequence[Look]) -> SideBySide:
    """The frames of all runs side by side. plan, scene: of the film, the plan every run's. scenes: of the runs."""
    changes = RunChanges.of(comparison.whole, scenes[comparison.diverged.index(None)])
    runs_of = list(zip(comparison.recordings, scenes, comparison.diverged, strict=True))
    timelines = {
        number: make_timeline(plan, recording, of, changes)
        for number, (recording, of, cycle) in enumerate(runs_of)
        if cycle is None
    }
    if scene.motion == "reduced":
        timelines = _reduce_motion(timelines)
    clock = next(iter(timelines.values()))
    runs = tuple(
        timelines[number] if cycle is None else broken_off(clock, recording, of, cycle)
        for number, (recording, of, cycle) in enumerate(runs_of)
    )
    return SideBySide(comparison, scene, clock, runs)


def timeline_of(
    plan: Plan, recorded: Recording | Comparison, scene: Look, scenes: Sequence[Look] = ()
) -> Timeline | SideBySide:
    """The frames of a scene's film of one run, or of several side by side. scenes: of each of several."""
    if isinstance(recorded, Comparison):
        return side_by_side(plan, recorded, scene, scenes)
    timeline = make_timeline(plan, recorded, scene)
    return reduce_motion(timeline) if scene.motion == "reduced" else timeline


def _reduce_motion(timelines: Mapping[int, Timeline]) -> dict[int, Timeline]:
    """All timelines in the same held pictures."""
    first = reduce_motion(next(iter(timelines.values())))
    return {
        number: replace(timeline, span=first.span, phase=first.phase, first=first.first)
        for number, timeline in timelines.items()
    }


@dataclass(frozen=True, eq=False)
class BrokenOff:
    """The frames of a run that diverged in cycle `diverged`.

    timeline: with a plan that has only the spans for which the recording is complete; in later ones the network
    stands still.
    """

    timeline: Timeline
    recording: Recording
    diverged: int

    def frame(self, index: int, clock: Frame) -> Frame:
        """The state of frame `index`. clock: that of a run whose training came to its end."""
        if self._is_recorded(index):
            return _with_clock(self.timeline.frame(index), clock)
        return self._still(clock)

    def key(self, index: int) -> Hashable:
        """Key that is equal for frames that look the same if the clock's do too."""
        return self.timeline.key(index) if self._is_recorded(index) else None

    def _is_recorded(self, index: int) -> bool:
        return bool(self.timeline.span[index] < len(self.timeline.plan.spans))

    @cached_property
    def _recording_index(self) -> RecordingIndex:
        return RecordingIndex(self.timeline.plan, self.recording, self.timeline.scene)

    def _still(self, clock: Frame) -> Frame:
        """The network without any signal: as it was at the clock's cycle, or at the last that was recorded."""
        recording, rows = self.recording, self._recording_index
        scene, kept = self.timeline.scene, rows.kept_cycles
        last = kept[-1]
        at = float(np.interp(clock.curve_cycle, kept, np.arange(len(kept))))
        before = min(int(at), len(kept) - 1)
        after = min(before + 1, len(kept) - 1)
        first, second = (state_of(recording, scene, rows.rest[kept[place]]) for place in (before, after))
        state = interpolate(first, second, at - before)
        point = rows.on_curve(min(clock.cycle, last))
        base = tuple(np.zeros(size) for size in node_counts(scene))
        none = tuple(np.zeros_like(layer) for layer in state.weights)
        return replace(
            clock,
            error=float(recording.main_curve[point]),
            train_loss=float(recording.train_loss[point]),
            test_loss=None if recording.test_loss is None else float(recording.test_loss[point]),
            target=None,
            row=None,
            row_after=None,
            weights=state.weights,
            biases=state.biases,
            blocks=state.blocks,
            passed=no_light(state),
            returned=no_light(state),
            activations=with_bias_nodes(scene, [np.zeros(size) for size in scene.outline.layers], 1.0),
            arrived=base,
            carried=none,
            error_signal=base,
            change=none,
            moved=None,
            compared=0.0,
            asked=0.0,
            ghosts=(),
            pulses=(),
            highlighted=None,
            diverged=self.diverged if clock.curve_cycle > last else None,
        )


def broken_off(clock: Timeline, recording: Recording, scene: Look, diverged: int) -> BrokenOff:
    """The frames of a run that diverged, with its scene. clock: the timeline of one that did not."""
    plan, last = clock.plan, int(recording.row_step[-1])
    spans: list[Span] = []
    for span in plan.spans:
        if span.cycle > last or span.kind == "sweep":
            break
        spans.append(span)
    known = replace(plan, spans=tuple(spans), cues=())
    return BrokenOff(replace(clock, plan=known, recording=recording, scene=scene), recording, diverged)


def _with_clock(frame: Frame, clock: Frame) -> Frame:
    """The frame with the caption, title card and presence of the clock, as these belong to the whole picture."""
    return replace(
        frame,
        caption=clock.caption,
        caption_level=clock.caption_level,
        is_cue=clock.is_cue,
        card=clock.card,
        presence=clock.presence,
        drawn=clock.drawn,
    )
