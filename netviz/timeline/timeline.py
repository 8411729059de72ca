"""Timeline: a plan and a recording give the state of any frame, each by itself.

A Timeline is a table with one row a frame (its span, and its phase in it); `frame(i)` looks that moment up in the
recording. No frame depends on another. A film in reduced motion is the same with another table (see reduced_motion.py).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netviz.recording.probe_history import ProbeHistory
from netviz.recording.recording import Recording
from netviz.scene.model import MOST_ANSWERED
from netviz.scene.scene import Look
from netviz.scene.shots import WalkShot
from netviz.timeline import captions, first_weights, step_timing
from netviz.timeline.accuracy import Accuracy
from netviz.timeline.answers import Focus, Questions, focus_at
from netviz.timeline.before_after import BeforeAfter, before_after
from netviz.timeline.cues import (
    OWN,
    Cue,
    CueState,
    CurveDetail,
    Spotlight,
    bridged,
    cue_state_at,
    detail_at,
    spotlight_at,
)
from netviz.timeline.fades import Opening, SpanLevels, levels_at, opening_of
from netviz.timeline.frame import (
    Answers,
    Array,
    Frame,
    NetworkState,
    interpolate,
    node_counts,
    state_of,
    with_bias_nodes,
    with_finite_levels,
    with_state,
)
from netviz.timeline.interpolation import ContinuousMorph, RecordingIndex, continuous_morphs
from netviz.timeline.pace import RunChanges, is_by_change
from netviz.timeline.plan import Plan, Span
from netviz.timeline.presentations import LINGERING, Presentations
from netviz.timeline.signals import (
    accompanied,
    lingering_frame,
    no_light,
    reduced_signal_frame,
    signal_frame,
    worked_example_frame,
)
from netviz.timeline.step_timing import LEARN
from netviz.timeline.worked_example import WorkedExampleTiming, worked_example_timing

TAKES_OVER = 0.5
"""Seconds in which the light of the example seen in a long move takes the place of what the last one has left."""
FADING = 0.8
"""Seconds in which that light goes out at last, in the rest after a learning shot."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """All frames of a film.

    scene: its look, and what it shows. span (N,): index into plan.spans of every frame.
    phase (N,): position of the middle of the frame in its span, as far as that moves, 0 < phase < 1.
    first (N,): None in a moving film; in reduced motion the frame from which the picture of a frame is held. Span and
    phase are the same from there on, and give the moment that it shows.
    shared: changes at whose pace all moves, where several runs are side by side; None: those of the recording.
    """

    plan: Plan
    recording: Recording
    scene: Look
    span: NDArray[np.int64]
    phase: NDArray[np.float64]
    first: NDArray[np.int64] | None = None
    shared: RunChanges | None = None

    def __getstate__(self) -> dict[str, Any]:
        """The fields without cached values, which any process can compute again."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def frame_count(self) -> int:
        """Frames of the whole film."""
        return self.plan.frame_count

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """The one recording it shows; a film that compares runs has several (see side_by_side.py)."""
        return (self.recording,)

    @property
    def scenes(self) -> tuple[Look, ...]:
        """The scene of that one."""
        return (self.scene,)

    @property
    def names(self) -> tuple[str, ...]:
        """Label of the one run: empty."""
        return ("",)

    @cached_property
    def recording_index(self) -> RecordingIndex:
        """Index of the recording's rows that the spans show."""
        return RecordingIndex(self.plan, self.recording, self.scene)

    @property
    def is_reduced(self) -> bool:
        """True for a film in reduced motion."""
        return self.first is not None

    @cached_property
    def presentations(self) -> Presentations:
        """The signals of its steps and thoughts, and the light that passes from one to the next."""
        compares = self.shared is not None
        return Presentations(
            self.plan,
            self.recording,
            self.scene,
            self.recording_index,
            self._cues,
            is_reduced=self.is_reduced,
            compares=compares,
        )

    def _state(self, row: int) -> NetworkState:
        return state_of(self.recording, self.scene, row)

    def _shown(self, index: int) -> int:
        """The frame from which the picture of a frame is held; itself in a moving film."""
        return index if self.first is None else int(self.first[index])

    def frame(self, index: int) -> Frame:
        """The state of frame `index`, 0 <= index < frame_count."""
        if not 0 <= index < self.frame_count:
            raise IndexError(f"frame {index} of a film of {self.frame_count} frames")
        with np.errstate(all="ignore"):  # numbers of a run may be of any size, and sums of them may overflow
            return with_finite_levels(self._frame(index))

    def _frame(self, index: int) -> Frame:
        index = self._shown(index)
        number = int(self.span[index])
        span = self.plan.spans[number]
        make = {
            "title": self._rest, "rest": self._rest, "move": self._move, "sweep": self._sweep, "step": self._step,
            "hold": self._hold, "think": self._think, "walk": self._walk,
        }  # fmt: skip
        frame = self._with_first_weights(make[span.kind](span, float(self.phase[index]), index), span)
        if self.is_reduced:
            frame = replace(frame, pulses=())
            return frame if self._questions is None else replace(frame, answers=self._answers(frame, span, index))
        state = frame.state
        if (moved := self._in_transition(state, span, index)) is not state:
            frame = with_state(frame, moved)
        return frame if self._questions is None else replace(frame, answers=self._answers(frame, span, index))

    def _in_transition(self, state: NetworkState, span: Span, index: int) -> NetworkState:
        """The state of a frame while it is still on the way from that of the shot before; itself later."""
        left = self.recording_index.transition(int(self.span[index]))
        if left is None or (transition := self._levels(span, index).transition) == 1:
            return state
        return interpolate(self._state(left), state, transition)

    def curve_cycle(self, index: int) -> float:
        """The `curve_cycle` of a frame, without working out the rest of it."""
        index = self._shown(index)
        span = self.plan.spans[self.span[index]]
        is_between = span.kind in ("move", "sweep")
        return self._between(span, float(self.phase[index]), index)[-1] if is_between else float(span.cycle)

    def weights(self, index: int) -> tuple[Array, ...]:
        """The `weights` of a frame, in a learning shot without working out the rest of it."""
        span, phase = self.plan.spans[self.span[index]], float(self.phase[index])
        if self.is_reduced or span.kind not in ("move", "sweep", "step"):
            return self.frame(index).weights
        if span.kind == "step":
            before, after = self.recording_index.step(span), self.recording_index.after(int(self.span[index]))
            part = 0.0 if self.held else step_timing.update_level(self.presentations.beats(span), phase)
        else:
            before, after, part, _ = self._between(span, phase, index)
        return self._in_transition(interpolate(self._state(before), self._state(after), part), span, index).weights

    @cached_property
    def _accuracy(self) -> Accuracy | None:
        """Shares of right answers, for a film whose counters show them; None for others."""
        return None if self.held or self.shared is not None else Accuracy.of(self.recording, self.scene)

    def _with_first_weights(self, frame: Frame, span: Span) -> Frame:
        """The frame with the neuron whose weights are shown as a picture, in thoughts and in steps seen in full."""
        scene = self.scene
        if self.held or self.shared is not None or not first_weights.can_be_seen(scene):
            return frame
        is_full = span.kind == "think" or (span.kind == "step" and self.presentations.has_inset(span))
        return replace(frame, first_weights=first_weights.shown_in(scene, frame, is_full=is_full))

    @cached_property
    def _questions(self) -> Questions | None:
        """The questions whose answers the film shows; None where it shows none."""
        scene, examples = self.scene, self.recording.examples
        is_shown = any(panel.panel in ("table", "answers") for panel in scene.shown_panels)
        if not is_shown or self.held or self.shared is not None or len(examples.given) > MOST_ANSWERED:
            return None
        return Questions.of(self.recording, scene, self.plan)

    def _answers(self, frame: Frame, span: Span, index: int) -> Answers:
        assert self._questions is not None
        thought = float(frame.arrived[-1].max()) if span.kind == "think" else 1.0
        fps, history = float(self.plan.fps), self.presentations.history
        given = self._questions.given(frame.state) if history is None else self._recorded_answers(history, frame, index)
        focus = focus_at(self._cues, index, fps, fades=self.fades)
        if span.kind == "think":
            focus = Focus(max(focus.level, thought))
        if self.is_reduced:
            index = span.start + int(float(self.phase[index]) * span.moving)
        answers = self._questions.answers(given, index, fps, thought, focus, fades=self.fades)
        if span.kind == "step" and frame.example is not None:  # the one in the output, until the next is presented
            answers.examples[frame.example] = frame.activations[-1]
        return answers

    def _recorded_answers(self, history: ProbeHistory, frame: Frame, index: int) -> Array:
        """Answers (P, n_L) to all examples as they were recorded, on their way where the weights are."""
        number, answers = int(self.span[index]), history.outputs(frame.curve_cycle)
        left, transition = self.recording_index.transition(number), 1.0
        if left is not None and not self.is_reduced:
            transition = self._levels(self.plan.spans[number], index).transition
        if left is None or transition == 1:
            return answers
        before = history.outputs(float(self.recording.row_step[left]))
        return (1 - transition) * before + transition * answers

    def key(self, index: int) -> Hashable:
        """Key that is equal for frames that look the same, without computing the frame."""
        index = self._shown(index)
        key, cue_state = self._key(index), self._cue_state(index)
        focus = focus_at(self._cues, index, float(self.plan.fps), fades=self.fades)
        if cue_state != OWN or self._detail(index) is not None:
            key = (key, cue_state, self._spotlight(index), focus, self._detail(index))
        key = key if self._questions is None else (key, self._questions.answered(index))
        return key if (glow := self._glow(index)) == 1 else (key, glow)

    def _glow(self, index: int) -> float:
        """The factor on the light of a frame; a title card has none."""
        span = self.plan.spans[self.span[index]]
        shines = self.plan.glow and not self.is_reduced
        return self.plan.glow[index] if shines and (span.kind != "title" or self._levels(span, index).presence) else 1.0

    def _key(self, index: int) -> Hashable:
        """Key of a frame without its caption and its glow."""
        span = self.plan.spans[self.span[index]]
        if self.is_reduced:
            return int(self.span[index]), float(self.phase[index])
        if self.held:
            return int(self.span[index])
        if self._questions is not None and self._questions.changes_at(index, float(self.plan.fps)):
            return index
        if span.kind in ("title", "rest", "hold"):
            if self._fading(span, index) > 0:
                return index
            return (int(self.span[index]), *self._levels(span, index), *self._ghosts(index))
        layers = len(self.recording.weights)
        if span.kind == "think" and self.phase[index] >= step_timing.settled_phase(
            self.presentations.thought.beats, layers
        ):
            if self._thought_stays(span, index) < 1:
                return index
            return (int(self.span[index]), "thought", *self._levels(span, index))
        if span.kind == "walk":
            still = self.timings[span.shot].stillness(self._since(span, index))
            return index if still is None else (int(self.span[index]), still, *self._levels(span, index))
        return index

    @property
    def held(self) -> bool:
        """True if every step is one still drawing, as in the classic style."""
        return self.scene.style == "classic"

    @property
    def fades(self) -> bool:
        """True if texts, cards and the network fade in and out."""
        return not (self.held or self.is_reduced)

    @cached_property
    def _cues(self) -> tuple[Cue, ...]:
        return bridged(self.plan.cues, self.plan.fps) if self.is_reduced else self.plan.cues

    def _cue_state(self, index: int) -> CueState:
        return cue_state_at(self._cues, index, self.plan.fps, self.frame_count, fades=self.fades)

    def _spotlight(self, index: int) -> Spotlight | None:
        story = self.scene.told
        if story is not None and not story.spotlight:
            return None
        return spotlight_at(self._cues, index, self.plan.fps, fades=self.fades)

    def _detail(self, index: int) -> CurveDetail | None:
        story = self.scene.told
        if story is not None and not story.spotlight:
            return None
        return detail_at(self._cues, index, self.plan.fps, fades=self.fades)

    def _levels(self, span: Span, index: int) -> SpanLevels:
        number = int(self.span[index])
        has_transition = self.recording_index.transition(number) is not None
        opening = self.opening if self.opening is not None and number < self.opening.spans else None
        return levels_at(self.plan, number, index, has_transition=has_transition, fades=self.fades, opening=opening)

    @cached_property
    def opening(self) -> Opening | None:
        """The opening; None for a film that begins as it goes on."""
        if not self.fades or self.presentations.is_even:
            return None
        lines = [captions.caption_line(self.recording, self.scene, span, self.plan) for span in self.plan.spans[:2]]
        return opening_of(self.plan, same_line=lines[0] == lines[-1])

    def _base_frame(
        self, span: Span, index: int, state: NetworkState, curve_cycle: float, row: int | None = None
    ) -> Frame:
        """The frame of the network without any signal. row: the rest row that is shown, if it is one."""
        recording, scene = self.recording, self.scene
        levels = self._levels(span, index)
        cue_state = self._cue_state(index)
        cycle = round(curve_cycle)
        point = self.recording_index.on_curve(cycle)
        nodes = tuple(np.zeros(size) for size in node_counts(scene))
        synapses = tuple(np.zeros_like(layer) for layer in state.weights)
        blocks = no_light(state)
        return Frame(
            key=self.key(index),
            kind=span.kind,
            caption=captions.caption_line(recording, scene, span, self.plan)
            if cue_state.cue is None
            else self.plan.cues[cue_state.cue].text,
            caption_level=cue_state.level * (levels.caption if cue_state.cue is None else 1.0),
            is_cue=cue_state.cue is not None,
            glow=self._glow(index),
            card=levels.card,
            presence=levels.presence,
            cycle=cycle,
            curve_cycle=curve_cycle,
            error=float(recording.main_curve[point]) if row is None else self.recording_index.rest_errors[row],
            train_loss=float(recording.train_loss[point]),
            test_loss=None if recording.test_loss is None else float(recording.test_loss[point]),
            near_example=self.recording_index.near_examples[self.span[index]],
            weights=state.weights,
            biases=state.biases,
            activations=with_bias_nodes(scene, [np.zeros(size) for size in scene.outline.layers], 1.0),
            arrived=nodes,
            carried=synapses,
            error_signal=nodes,
            change=synapses,
            blocks=state.blocks,
            passed=blocks,
            returned=blocks,
            spotlight=self._spotlight(index),
            detail=self._detail(index),
            drawn=levels.drawn,
            accuracy=None if self._accuracy is None else self._accuracy.at(cycle),
        )

    def _rest(self, span: Span, phase: float, index: int) -> Frame:
        row = self.recording_index.rest[span.cycle]
        base = self._base_frame(span, index, self._state(row), float(span.cycle), row)
        wiped, ghost_level = self._ghosts(index)
        if ghost_level > 0 and self.before_after is not None:
            ghosts = self._state(self.recording_index.first(self.before_after.first)).weights
            base = replace(base, ghosts=ghosts, wiped=wiped, ghost_level=ghost_level)
        level, light = self._fading(span, index), self.presentations.lingering(int(self.span[index]))
        return base if light is None or level == 0 else lingering_frame(base, light._replace(level=light.level * level))

    @cached_property
    def before_after(self) -> BeforeAfter | None:
        """The rest in which the weights before and after learning are compared, if the film has one."""
        return before_after(self.scene, self.plan)

    def _ghosts(self, index: int) -> tuple[float, float]:
        """Part of the network across which the first weights are wiped, and their level; (0, 0) outside that rest."""
        compared = self.before_after
        if compared is None or self.span[index] != compared.rest:
            return 0.0, 0.0
        return (1.0, 1.0) if self.is_reduced else compared.at(index, float(self.plan.fps))

    def _fading(self, span: Span, index: int) -> float:
        """Level of the light that the last step leaves, in a rest, as it goes out."""
        if span.kind != "rest" or self.presentations.lingering(int(self.span[index])) is None:
            return 0.0
        return 1 - step_timing.rise((index - span.start) / float(self.plan.fps), 0.0, FADING)

    def _hold(self, span: Span, phase: float, index: int) -> Frame:
        """The network at rest while the music is silent, with the weights that the span before leaves."""
        row = self.recording_index.hold(int(self.span[index]))
        return self._base_frame(span, index, self._state(row), float(span.cycle))

    def _between(self, span: Span, phase: float, index: int) -> tuple[int, int, float, float]:
        """The rows before and after a frame of a move or a morph, its part of the way between them, and its cycle."""
        if span.kind == "sweep":
            moment = span.start + int(phase * (span.stop - span.start)) if self.is_reduced else index
            return self._continuous_morphs[span.shot].at(min(moment, span.stop - 1), whole=self.is_reduced)
        rows, cycles = self.recording_index.way(int(self.span[index]))
        if self.presentations.is_even:
            position = (step_timing.kick if self.plan.on_beats else step_timing.ease)(phase) * (len(rows) - 1)
        else:
            position = self._position(span, phase, cycles)
        position = round(position) if self.is_reduced else position
        before = min(int(position), max(0, len(rows) - 2))
        after = min(before + 1, len(rows) - 1)
        part = position - before
        return rows[before], rows[after], part, (1 - part) * cycles[before] + part * cycles[after]

    def _move(self, span: Span, phase: float, index: int) -> Frame:
        """Weights move from one shown cycle to the next through the kept rows between them."""
        before, after, part, cycle = self._between(span, phase, index)
        state = interpolate(self._state(before), self._state(after), part)
        base = self._base_frame(span, index, state, cycle)
        number = int(self.span[index])
        light, cycle = self.presentations.lingering(number), base.curve_cycle
        if light is None or not self.presentations.stays(number):
            return base
        level = 1 - (1 - LINGERING) * step_timing.rise(phase, 0.0, 0.3)
        row = self.presentations.exemplar(number)
        if row is None:
            frame = lingering_frame(base, light._replace(level=level))
            return replace(frame, before=self.presentations.answer(state, cycle, light.signals.shown))
        passed = phase * (span.stop - span.start) / float(self.plan.fps)
        taken = step_timing.rise(passed, 0.0, TAKES_OVER)
        frame = lingering_frame(base, light._replace(level=level * (1 - taken)))
        frame = replace(frame, before=self.presentations.answer(state, cycle, light.signals.shown))
        signals, seen = self.presentations.step_signals(row, None, False), 1 - step_timing.rise(phase, 0.93, 1.0)
        answer = self.presentations.answer(state, cycle, signals.shown)
        return accompanied(frame, signals, answer, taken, taken * seen)

    def _position(self, span: Span, phase: float, cycles: Sequence[int]) -> float:
        """Position of a move on its way, in kept moments: it is slower where more changes."""
        seconds = (span.stop - span.start) / float(self.plan.fps)
        if self.plan.on_beats:
            passed = step_timing.kick(phase)
        else:
            passed = step_timing.cruise(phase, min(0.5, step_timing.GATHER / seconds / 2))
        cycle = self.changes.cycle_at(passed, cycles, seconds, self.plan.dwells)
        return float(np.interp(cycle, cycles, np.arange(len(cycles))))

    @cached_property
    def changes(self) -> RunChanges:
        """The changes of the run, which set the pace of moves and morph; runs side by side share those of one."""
        return self.shared or RunChanges.of(self.recording, self.scene)

    @cached_property
    def _continuous_morphs(self) -> dict[int, ContinuousMorph]:
        by_change = is_by_change(self.plan, self.scene)
        return continuous_morphs(self.recording_index, self.changes if by_change else None)

    def _sweep(self, span: Span, phase: float, index: int) -> Frame:
        """Weights move through the kept rows without stopping at shown cycles."""
        before, after, part, cycle = self._between(span, phase, index)
        state = interpolate(self._state(before), self._state(after), part)
        return self._base_frame(span, index, state, cycle)

    def _step(self, span: Span, phase: float, index: int) -> Frame:
        number, presented = int(self.span[index]), self.presentations
        row, row_after = self.recording_index.step(span), self.recording_index.after(number)
        signals = presented.step_signals(row, row_after, not self.held)
        base = self._base_frame(span, index, signals.before, float(span.cycle))
        if self.held:
            compared = (LEARN.compare[1] + LEARN.backward[0]) / 2
            return signal_frame(base, signals._replace(after=None), LEARN, compared)
        inset = presented.has_inset(span)
        if self.is_reduced:
            return reduced_signal_frame(base, signals, phase, inset=inset)
        light, lasts = presented.lingering(number), presented.stays(number)
        return signal_frame(base, signals, presented.beats(span), phase, lingering=light, lasts=lasts, inset=inset)

    @cached_property
    def timings(self) -> dict[int, WorkedExampleTiming]:
        """Timing of every worked example, by the number of its shot."""
        scene, timings = self.scene, {}
        for span in self.plan.spans:
            shot = scene.shots[span.shot]
            if isinstance(shot, WalkShot):
                seconds, ends = span.moving / self.plan.fps, span.stop < self.frame_count
                timings[span.shot] = worked_example_timing(scene, shot, seconds, ends=ends)
        return timings

    def _since(self, span: Span, index: int) -> float:
        """Seconds of a worked example up to the middle of a frame, or to the moment that it shows."""
        fps = self.plan.fps
        if self.is_reduced:
            return float(self.phase[index]) * float(span.moving / fps)
        passed = float((index - span.start + Fraction(1, 2)) / fps)
        return self.timings[span.shot].moved(passed, float(span.still / fps))

    def _walk(self, span: Span, phase: float, index: int) -> Frame:
        row, row_after = self.recording_index.step(span), self.recording_index.after_walk(int(self.span[index]))
        timing = self.timings[span.shot]
        signals = self.presentations.step_signals(row, row_after, row_after is not None)
        base = self._base_frame(span, index, signals.before, float(span.cycle))
        return worked_example_frame(base, signals, timing, self._since(span, index), stands=self.is_reduced)

    def _think(self, span: Span, phase: float, index: int) -> Frame:
        row = self.recording_index.rest[span.cycle]
        state = self._state(row)
        base = self._base_frame(span, index, state, float(span.cycle), row)
        thought, signals = self.presentations.thought, self.presentations.thought_signals(span.shot, row)
        if self.is_reduced and not self.held:
            frame = reduced_signal_frame(base, signals, phase)
        else:  # the signal takes only so long, however long the thought is shown; then the picture stands still
            hurry = thought.hurry(float(span.moving / self.plan.fps))
            frame = signal_frame(base, signals, thought.beats, 1.0 if self.held else min(1.0, phase * hurry))
        # The question mark is gone before the answer can be read in its place.
        is_asked = not self.presentations.is_even
        asked = frame.presented * max(0.0, 1 - 3 * float(frame.arrived[-1].max())) if is_asked else 0.0
        stays = self._thought_stays(span, index)
        return replace(frame, asked=asked, presented=stays * frame.presented, compared=stays * frame.compared)

    def _thought_stays(self, span: Span, index: int) -> float:
        """Level of a thought's row and target: they go at its end where learning follows; its light stays for that."""
        following = int(self.span[index]) + 1
        is_last = following == len(self.plan.spans) or self.plan.spans[following].shot_kind != "learning"
        if is_last or self.held or self.presentations.is_even or self.is_reduced:
            return 1.0
        return 1 - step_timing.rise((index + 0.5 - span.stop) / float(self.plan.fps), -FADING, 0.0)


def make_timeline(plan: Plan, recording: Recording, scene: Look, shared: RunChanges | None = None) -> Timeline:
    """The timeline of a scene's plan and a recording of it. shared: changes of a run at whose pace it moves."""
    starts, moving = (np.array([getattr(span, key) for span in plan.spans]) for key in ("start", "moving"))
    span = np.repeat(np.arange(len(starts)), [span.stop - span.start for span in plan.spans])
    phase = (np.minimum(np.arange(plan.frame_count) - starts[span], moving[span] - 1) + 0.5) / moving[span]
    return Timeline(plan, recording, scene, span, phase, shared=shared)
