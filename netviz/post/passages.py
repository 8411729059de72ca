"""A film told in passages: what is shown from when on, in words and numbers of its recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from netviz.film.captions import caption, shows_points, situation
from netviz.film.cues import Cue
from netviz.film.frame import Frame
from netviz.film.measure import measures
from netviz.film.plan import LEARNING, Plan, Span
from netviz.film.side_by_side import SideBySide
from netviz.film.timeline import Timeline
from netviz.film.wording import answer_text, neuron_name
from netviz.learn.events.answers import margins_for
from netviz.learn.network import Floats
from netviz.learn.recording import AT_REST, Recording
from netviz.scene.phrases import counted, say, whole
from netviz.scene.shots import ThinkShot
from netviz.scene.spec import Scene

APART = 3
"""Seconds at least between two cycles that are told of while the film runs through all of them."""
MOST_ANSWERS, MOST_NUMBERS = 8, 8
"""Answers that are told one by one, and numbers of a situation or an answer that are."""

NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Passage:
    """What is shown from frame `start` to `stop`, which is not included.

    cycle: the shown cycle of learning, or None. lines: what is seen. said: the cues that begin in it.
    """

    start: int
    stop: int
    heading: str
    cycle: int | None
    lines: tuple[str, ...]
    said: tuple[Cue, ...]


@dataclass(frozen=True)
class _Stop:
    """Where a passage begins. cycle: whether it is of a shown cycle."""

    start: int
    span: Span
    is_cycle: bool


def passages(timeline: Timeline | SideBySide) -> tuple[Passage, ...]:
    """All of a film, one passage after the other, without gaps."""
    plan = timeline.plan
    stops = [*_stops(plan)]
    ends = [*(stop.start for stop in stops[1:]), plan.frame_count]
    found = []
    for number, (stop, end) in enumerate(zip(stops, ends, strict=True)):
        cues = tuple(cue for cue in plan.cues if stop.start <= cue.start < end)
        is_first = number == 0 or stops[number - 1].span.shot != stop.span.shot
        told = {"", *(cue.text for cue in cues)}
        lines = tuple(line for line in dict.fromkeys(_lines(timeline, stop, is_first)) if line not in told)
        cycle = stop.span.cycle if stop.is_cycle else None
        found.append(Passage(stop.start, end, _heading(scene_of(timeline), stop), cycle, lines, cues))
    return tuple(found)


def scene_of(timeline: Timeline | SideBySide) -> Scene:
    """The scene of a film, also of one that compares runs."""
    return timeline.comparison.scene if isinstance(timeline, SideBySide) else timeline.recording.scene


def _stops(plan: Plan) -> Iterator[_Stop]:
    """Where something new is shown: every shot, and in the learning shot every shown cycle.

    The way to a cycle belongs to what is shown before it.
    """
    spans = plan.spans
    yield _Stop(0, spans[0], spans[0].kind == "step")
    last = 0
    for before, span in pairwise(spans):
        is_new_shot = before.shot != span.shot
        if span.kind == "step" and (is_new_shot or not _same_cycle(plan, span)):
            yield _Stop(span.start, span, is_cycle=True)
        elif is_new_shot and not (span.kind == "move" and _shows_steps(plan, span.shot)):
            yield _Stop(span.start, span, is_cycle=False)
            last = span.start
        if span.kind == "sweep" and _is_worth_a_stop(plan, span, last):
            last = span.stop - 1
            yield _Stop(last, span, is_cycle=True)


def _shows_steps(plan: Plan, shot: int) -> bool:
    return any(span.kind == "step" for span in plan.spans if span.shot == shot)


def _same_cycle(plan: Plan, span: Span) -> bool:
    """Whether an earlier step of the same shot showed this cycle."""
    of = span.shot, span.cycle
    return next(each for each in plan.spans if each.kind == "step" and (each.shot, each.cycle) == of) is not span


def _is_worth_a_stop(plan: Plan, span: Span, last: int) -> bool:
    """Whether a sweep's cycle comes long enough after the stop before it, and before its shot's end."""
    end = max(each.stop for each in plan.spans if each.shot == span.shot)
    return span.stop - 1 - last >= APART * plan.fps and end - span.stop >= Fraction(1, 2) * plan.fps


def _heading(scene: Scene, stop: _Stop) -> str:
    span = stop.span
    if stop.is_cycle:
        return say(scene, "heading-cycle", cycle=whole(scene, span.cycle))
    if span.kind == "walk":
        return say(scene, "heading-walk", example=(span.example or 0) + 1)
    if span.kind == "rest":
        return say(scene, "heading-after" if span.cycle else "heading-before")
    return say(scene, f"heading-{'learning' if span.kind in LEARNING else span.kind}")


def _lines(timeline: Timeline | SideBySide, stop: _Stop, is_first: bool) -> Iterator[str]:
    """What is seen in a passage. is_first: whether it is the first of its shot."""
    span = stop.span
    clock = timeline.clock if isinstance(timeline, SideBySide) else timeline
    scene = scene_of(timeline)
    if span.kind == "title":
        yield scene.title
    if (is_first or not stop.is_cycle) and (line := caption(clock.recording, span)):
        yield sentence(line)
    if span.kind == "title":
        return
    frame = timeline.frame(stop.start)
    if isinstance(timeline, SideBySide):
        for name, recording, of in zip(timeline.names, timeline.recordings, (frame, *frame.beside), strict=True):
            yield f"{say(scene, 'shown-run', run=name, what=_state(recording, of, compared=True))}."
        return
    shot = scene.shots[span.shot]
    if isinstance(shot, ThinkShot):
        answer = clock.recording.forward(shot.inputs, clock.rows.rest[span.cycle])[-1]
        yield answer_text(scene, answer, shot.target)
        return
    yield sentence(_state(clock.recording, frame))
    if span.kind == "walk":
        yield say(scene, "shown-answers", answers=_answer(clock.recording, span.example or 0, clock.rows.step(span)))
    if stop.is_cycle or span.kind == "rest":
        yield answers(clock, span)


def _state(recording: Recording, frame: Frame, *, compared: bool = False) -> str:
    """How wrong the network is in a frame, as the picture says it. compared: by what it is compared with others."""
    scene = recording.scene
    if frame.diverged is not None:
        return say(scene, "label-diverged", cycle=whole(scene, frame.diverged))
    told = [say(scene, "shown-measure", measure=name, value=value) for name, value in measures(recording, frame)]
    return ", ".join(told[-1:] if compared else told)


def sentence(text: str) -> str:
    """A text with a capital at its start and a full stop at its end; nothing stays nothing."""
    if not text:
        return ""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def answers(timeline: Timeline, span: Span) -> str:
    """What the network answers to its examples: one by one where they are few, otherwise how many are right."""
    recording, rows = timeline.recording, timeline.rows
    shown = [(cycle, example, row) for (cycle, example), row in rows.of_example.items() if cycle == span.cycle]
    if span.kind != "step" or len(shown) > MOST_ANSWERS:
        return right_text(recording, rows.rest[span.cycle])
    scene = recording.scene
    told = [_answer(recording, example, row) for _, example, row in sorted(shown, key=lambda each: each[1])]
    return say(scene, "shown-answers", answers="; ".join(told))


def _answer(recording: Recording, example: int, row: int) -> str:
    """An answer in short; its parts stay on one line."""
    scene, given = recording.scene, recording.examples.given[example]
    asked = (
        situation(scene, given.tolist())
        if len(given) <= MOST_NUMBERS
        else say(scene, "shown-answer-example", number=example + 1)
    )
    outputs, target = recording.activations[-1][row], recording.targets[row]
    if is_one_of_many(target):
        last = len(scene.network.layers) - 1
        answer, wanted = (neuron_name(scene, last, int(np.argmax(values))) for values in (outputs, target))
    else:
        answer, wanted = (", ".join(texts) for texts in (_numbers(outputs, ".2f"), _numbers(target, "g")))
    return say(scene, "shown-answer", inputs=asked, answer=answer, target=wanted).replace(" ", NO_BREAK)


def _numbers(values: Floats, form: str) -> list[str]:
    texts = [f"{value:{form}}" for value in values.tolist()]
    return texts if len(texts) <= MOST_NUMBERS else [*texts[:MOST_NUMBERS], "…"]


def is_one_of_many(target: Floats) -> bool:
    """Whether a target (n_L,) says which of several outputs should be the largest."""
    return len(target) > 2 and int((target == target.max()).sum()) == 1 and len(np.unique(target)) == 2


def right_text(recording: Recording, row: int, key: str = "shown-right") -> str:
    """How many training examples are on the right side with a row's weights; "" where that cannot be said."""
    found = right(recording, row)
    if found is None:
        return ""
    scene, total = recording.scene, recording.scene.data.train_count
    things = "points" if shows_points(scene) else "examples"
    return say(scene, key, right=whole(scene, found), count=counted(scene, total, things))


def right(recording: Recording, row: int) -> int | None:
    """How many training examples are on the right side with a row's weights; None where answers are no classes."""
    examples = recording.examples
    margins = margins_for(examples.targets)
    if margins is None:
        return None
    return int((margins(recording.forward(examples.given, row)[-1]) > 0).sum())


def last_at_rest(recording: Recording) -> int:
    """The row of the network as training leaves it."""
    return int(np.flatnonzero(recording.example == AT_REST)[-1])


def stops_of(told: Sequence[Passage]) -> list[Passage]:
    """The passages of shown cycles, which a viewer can go to by their number."""
    return [passage for passage in told if passage.cycle is not None]
