"""Answers: what the network answers, with the weights of a moment, to its examples and to what it never learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from netviz.recording.layers import forward
from netviz.recording.recording import Recording
from netviz.scene.outline import FEWEST_CLASSES
from netviz.scene.scene import Look
from netviz.scene.shots import ThinkShot
from netviz.timeline import step_timing
from netviz.timeline.cues import Cue
from netviz.timeline.frame import Answers, Array, NetworkState
from netviz.timeline.plan import Plan

CLEARLY, WRONG = 0.25, 0.75
"""Errors of answers, as parts of the distance between two targets: below the first an answer is clearly right, above
the other clearly wrong, and between them it is unsure; from a half on it is on the wrong side (see `margins.py`)."""

APPEARING, FOCUSING = 0.4, 0.5
"""Seconds in which an answer appears beside its example; and in which the answers come forward that are spoken of."""

SPOKEN_OF = ("leans", "holdout", "unseen", "insight", "solved", "accurate")
"""Kinds of events whose sentences are about the answers."""

Verdict = Literal["right", "unsure", "wrong"]


def unseen_situations(scene: Look) -> tuple[ThinkShot, ...]:
    """Think shots about situations that are not among the training examples; of each the first that has a target."""
    known = set(scene.outline.inputs or ())
    found: dict[tuple[float, ...], ThinkShot] = {}
    for shot in scene.shots:
        if not isinstance(shot, ThinkShot) or tuple(shot.inputs) in known:
            continue
        before = found.setdefault(tuple(shot.inputs), shot)
        if before.target is None and shot.target is not None:
            found[tuple(shot.inputs)] = shot
    return tuple(found.values())


def target_range(targets: Array) -> tuple[float, float] | None:
    """Smallest and largest of targets (P, n_L), if each is one of these two; None where there are others."""
    low, high = float(targets.min()), float(targets.max())
    return (low, high) if high > low and bool(((targets == low) | (targets == high)).all()) else None


def has_classes(targets: Array) -> bool:
    """True if targets (P, n_L) name classes: of three outputs or more exactly one has the higher of two values."""
    ends = target_range(targets)
    return (
        ends is not None and targets.shape[1] >= FEWEST_CLASSES and bool(((targets == ends[1]).sum(axis=1) == 1).all())
    )


def verdict(error: float, width: float) -> Verdict:
    """Verdict on an answer from its largest error. width: distance between two targets."""
    return "right" if error < CLEARLY * width else "wrong" if error > WRONG * width else "unsure"


class Asking(NamedTuple):
    """Think shot about an example or a situation.

    place: of its inputs among all that the network is asked. start, stop: frames in which the shot begins and ends.
    gone: the frame by which the answer that was shown before is gone: with the rest before the shot, if there is one.
    """

    place: int
    start: int
    stop: int
    gone: int


class Focus(NamedTuple):
    """Level, 0 to 1, at which the answers are spoken of, and the numbers of the examples that are."""

    level: float = 0.0
    named: tuple[int, ...] = ()


def focus_at(cues: Sequence[Cue], index: int, fps: float, *, fades: bool) -> Focus:
    """Focus on the answers in frame `index`, while a cue about them is shown. cues: in order of time."""
    for cue in cues:
        if cue.start <= index < cue.stop and cue.event is not None and cue.event.kind in SPOKEN_OF:
            middle, frames = index + 0.5, FOCUSING * fps
            level = min(step_timing.ease((middle - cue.start) / frames), step_timing.ease((cue.stop - middle) / frames))
            example = cue.event.numbers.get("example")
            named = () if example is None else (round(example),)
            return Focus(level if fades else 1.0, named)
    return Focus()


@dataclass(frozen=True, eq=False)
class Questions:
    """All that the network is asked in a film, and when.

    inputs (P + T, n_0): the P training examples, then the T situations that are not among them.
    first (P + T,): the frame in which each is answered for the first time; past the film's end if it never is.
    thoughts: think shots, during which the answer waits for the network's.
    """

    scene: Look
    inputs: Array
    examples: int
    first: tuple[int, ...]
    thoughts: tuple[Asking, ...]

    @classmethod
    def of(cls, recording: Recording, scene: Look, plan: Plan) -> Questions:
        """The questions of a film."""
        given, situations = recording.examples.given, unseen_situations(scene)
        asked = [given, *(np.array([shot.inputs], dtype=np.float64) for shot in situations)]
        places = {tuple(inputs): number for number, inputs in reversed([*enumerate(given.tolist())])}
        places |= {tuple(shot.inputs): len(given) + number for number, shot in enumerate(situations)}
        learning = next((span.start for span in plan.spans if span.shot_kind == "learning"), plan.frame_count)
        never = learning if scene.presentation == "together" else plan.frame_count
        first = [never] * len(given) + [learning] * len(situations)
        thoughts = []
        for before, span in zip([None, *plan.spans], plan.spans, strict=False):
            answered = span.stop if span.kind == "walk" else span.start + (span.stop - span.start) // 2
            if span.example is not None:
                first[span.example] = min(first[span.example], answered)
            shot = scene.shots[span.shot]
            if isinstance(shot, ThinkShot) and (place := places.get(tuple(shot.inputs))) is not None:
                rests = before is not None and before.kind == "rest" and before.cycle > scene.outline.first_step
                frames = max(1, round(APPEARING * plan.fps))
                gone = before.start + frames if before is not None and rests else span.start
                thoughts.append(Asking(place, span.start, span.stop, min(gone, span.start)))
                if place >= len(given):
                    first[place] = min(first[place], span.start)
        return cls(
            scene,
            recording.inputs_of(np.concatenate(asked)),
            len(given),
            tuple(first),
            tuple(thoughts),
        )

    def answered(self, index: int) -> int:
        """Number of the answers that have appeared by frame `index`, and gone."""
        return sum(first < index for first in self.first) + sum(
            (index >= each.gone) + (index >= each.start) for each in self.thoughts
        )

    def changes_at(self, index: int, fps: float) -> bool:
        """True if an answer appears or goes in frame `index`."""
        frames = max(1.0, APPEARING * fps)
        goes = any(0 < each.gone - index < frames for each in self.thoughts)
        return goes or any(0 < index - first < frames for first in self.first)

    def given(self, state: NetworkState) -> Array:
        """Answers (P + T, n_L) to all of them, with the weights of a state."""
        outline = self.scene.outline
        weights = [layer[:count] for layer, count in zip(state.weights, outline.layers, strict=False)]
        with np.errstate(all="ignore"):
            return forward(weights, list(state.biases), outline.activations, self.inputs)[-1]

    def answers(self, given: Array, index: int, fps: float, thought: float, focus: Focus, *, fades: bool) -> Answers:
        """The answers in frame `index`, as they are seen there. given (P + T, n_L): the answers to all.

        thought: level, 0 to 1, to which the answer of the thought that the frame shows has come. focus: what is spoken
        of. fades: whether answers appear gradually.
        """
        frames = max(1.0, APPEARING * fps) if fades else 1.0
        levels = np.array([step_timing.ease((index - first) / frames) for first in self.first])
        for place, start, stop, gone in self.thoughts:
            if start <= index < stop:
                levels[place] = thought
            elif index < start:  # it is asked anew: before that its answer goes
                levels[place] *= step_timing.ease((gone - index) / frames)
        parts = slice(self.examples), slice(self.examples, None)
        return Answers(given[parts[0]], levels[parts[0]], given[parts[1]], levels[parts[1]], focus.level, focus.named)
