"""What the film tells of its run: the events worth telling, in plain words, each where the film comes to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from netviz.film import motion
from netviz.film.arrival import frame_of
from netviz.film.motion import THINK
from netviz.film.plan import Span
from netviz.film.timeline import Timeline
from netviz.film.wording import answer_text, event_texts
from netviz.learn.events import Event
from netviz.scene.phrases import say
from netviz.scene.shots import ThinkShot

RANKS = ("diverged", "answer", "sign", "withers", "slows", "solved", "dead", "saturated", "plateau", "halved", "step")
"""What finds room in the film before what."""
SECONDS_EACH = 7.0
"""Of the learning shot: so much for every event that is told."""
MOST_SIGNS = 2
"""Synapses of which is told that they change their sign: of more it would be no news."""
MOST_NEURONS = 2
"""Neurons of which the same is told."""
MOST_TOLD_APART = 12
"""Neurons of a layer among which one can still be found."""
AHEAD = 0.8
"""Seconds in which a viewer finds what is spoken of, before it happens."""


@dataclass(frozen=True)
class Chapter:
    """Something to be told from a frame on.

    moment: the frame in which it happens. texts: of which the first is told that fits in its place, the shorter ones
    last. event: what it is, or None.
    """

    kind: str
    start: int
    moment: int
    texts: tuple[str, ...]
    event: Event | None = None


def chapters(timeline: Timeline, events: Sequence[Event]) -> tuple[Chapter, ...]:
    """What is told of a run whose scene has a story, what matters most first."""
    scene = timeline.recording.scene
    story = scene.story
    if story is None:
        return ()
    wanted = [kind for kind in RANKS if (story.tell == "auto" or kind in story.tell) and kind not in story.drop]
    found = [*_of_events(timeline, _chosen(timeline, events, wanted)), *_answers(timeline), *_first_step(timeline)]
    # A scene whose words leave a sentence empty does not want it told.
    found = [chapter for chapter in found if chapter.kind in wanted and all(text.strip() for text in chapter.texts)]
    return tuple(sorted(found, key=lambda chapter: (RANKS.index(chapter.kind), chapter.start)))


def _chosen(timeline: Timeline, events: Sequence[Event], wanted: Sequence[str]) -> list[Event]:
    """The events for which the learning shot has time, the most telling of each kind."""
    plan = timeline.plan
    frames = sum(span.stop - span.start for span in plan.spans if span.kind in ("step", "move", "sweep"))
    most = max(2, int(frames / plan.fps / SECONDS_EACH))
    last = len(timeline.recording.weights) - 1
    chosen: list[Event] = []
    for kind in wanted:
        of_kind = [event for event in events if event.kind == kind]
        if kind == "sign":  # of the last layer first: there a synapse says most by itself
            of_kind = [event for event in of_kind if _can_be_found(timeline, event)]
            of_kind.sort(key=lambda event: (event.synapse is None or event.synapse[0] != last, -_turn(event)))
            of_kind = of_kind[:MOST_SIGNS]
        elif kind in ("dead", "saturated"):
            of_kind = of_kind[:MOST_NEURONS]
        chosen += of_kind
    return chosen[:most]


def _can_be_found(timeline: Timeline, event: Event) -> bool:
    """Whether a viewer can tell which synapse is meant."""
    if event.synapse is None:
        return False
    layers = timeline.recording.scene.network.layers
    return max(layers[event.synapse[0]], layers[event.synapse[0] + 1]) <= MOST_TOLD_APART


def _turn(event: Event) -> float:
    """How far a synapse has turned."""
    return abs(event.numbers.get("after", 0.0) - event.numbers.get("before", 0.0))


def _of_events(timeline: Timeline, events: Sequence[Event]) -> Iterator[Chapter]:
    fps = float(timeline.plan.fps)
    for event in events:
        moment = frame_of(timeline, event)
        if moment is None:
            continue
        ahead = round(AHEAD * fps) if event.kind == "sign" and not timeline.held else 0
        texts = event_texts(timeline.recording.scene, event, timeline.frame(moment).cycle)
        yield Chapter(event.kind, max(0, moment - ahead), moment, texts, event)


def _answers(timeline: Timeline) -> Iterator[Chapter]:
    """In every think shot its answer, once it is there."""
    plan, recording = timeline.plan, timeline.recording
    for span in plan.spans:
        shot = recording.scene.shots[span.shot]
        if isinstance(shot, ThinkShot):
            answer = recording.forward(shot.inputs, timeline.rows.rest[span.cycle])[-1]
            start = span.start + _until_answer(timeline, span)
            yield Chapter("answer", start, start, (answer_text(recording.scene, answer, shot.target),))


def _until_answer(timeline: Timeline, span: Span) -> int:
    """Frames of a think shot after which the answer stands beside what is right."""
    frames = span.stop - span.start
    if timeline.held:
        return frames // 3
    hurry = max(1.0, float(frames / timeline.plan.fps) / motion.LONGEST_THOUGHT)  # as Timeline draws it
    return min(frames - 1, ceil(motion.settled(THINK, len(timeline.recording.weights)) / hurry * frames))


def _first_step(timeline: Timeline) -> Iterator[Chapter]:
    """At the first step of learning what a step is, where it can be seen."""
    first = next((span for span in timeline.plan.spans if span.kind == "step"), None)
    if first is not None and not timeline.held:
        yield Chapter("step", first.start, first.start, (say(timeline.recording.scene, "story-step"),))
