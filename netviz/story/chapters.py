"""Chapters: the important events of a run in plain words, each at the frame in which the film comes to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from netviz.recording.event import Event
from netviz.recording.margins import HALF
from netviz.scene.phrases import say
from netviz.scene.shots import ThinkShot
from netviz.story.event_frames import frame_of, last_frame_to
from netviz.story.wording import answer_text, event_texts
from netviz.timeline import step_timing
from netviz.timeline.plan import Span
from netviz.timeline.timeline import Timeline

LATEST = Fraction(10)
"""Longest delay of a caption after its moment, in seconds."""
PROMPT = Fraction(1)
"""Longest delay of a caption about something that is seen as it happens, in seconds."""
NEAR = 1.02
"""Factor in cycles by which the film may have passed an event as its caption begins, or up to the next kept moment."""
RANKS = (
    "diverged",
    "answer",
    "insight",
    "unseen",
    "solved",
    "holdout",
    "sign",
    "withers",
    "leans",
    "overfits",
    "accurate",
    "slows",
    "dead",
    "saturated",
    "plateau",
    "halved",
    "step",
)
"""Kinds of chapters, the most important first: in this order they find room in the film."""
SECONDS_EACH = 6.0
"""Seconds of the learning shot for each event that has a caption."""
MOST_SIGNS = 2
"""Largest number of synapses whose change of sign has a caption: more would not be remarkable."""
_MOST_NEURONS = 2
"""Largest number of dead neurons, and of saturated ones, that have a caption."""
MOST_UNSEEN = 2
"""Largest number of captions about situations that the network never learns from."""
FIRST_CYCLES = 2
"""Shown cycles in which it is said what a step is."""
MOST_DISTINGUISHABLE = 12
"""Largest number of neurons in a layer among which a viewer can still find one."""
_AHEAD = 0.8
"""Seconds before a change of sign at which its caption begins, so that a viewer finds the synapse in time."""


@dataclass(frozen=True)
class Chapter:
    """A part of the story with its possible captions.

    start: the frame in which its caption begins. moment: the frame in which it happens. texts: of which the first is
    shown that fits in its place, the shorter ones last. event: the event that it is about, or None. latest: seconds
    after `start` up to which the caption can begin and still be about what is seen. until: the frame up to which it is
    true, None: to the end. frames: for which it stands; None: as long as it takes to read.
    """

    kind: str
    start: int
    moment: int
    texts: tuple[str, ...]
    event: Event | None = None
    latest: Fraction = LATEST
    until: int | None = None
    frames: int | None = None


def chapters(timeline: Timeline, events: Sequence[Event]) -> tuple[Chapter, ...]:
    """Chapters of a run whose scene has a story, the most important first."""
    scene = timeline.scene
    story = scene.told
    if story is None:
        return ()
    kinds = [kind for kind in RANKS if (isinstance(story.tell, str) or kind in story.tell) and kind not in story.drop]
    found = [*_of_events(timeline, _chosen(timeline, events, kinds)), *_answers(timeline), *_first_step(timeline)]
    # A scene whose words leave a sentence empty has no chapter for it.
    found = [chapter for chapter in found if chapter.kind in kinds and all(text.strip() for text in chapter.texts)]
    return tuple(sorted(found, key=lambda chapter: (RANKS.index(chapter.kind), chapter.start)))


def _chosen(timeline: Timeline, events: Sequence[Event], kinds: Sequence[str]) -> list[Event]:
    """The events for which the learning shot has time, the most important of each kind."""
    plan = timeline.plan
    frames = sum(span.stop - span.start for span in plan.spans if span.kind in ("step", "move", "sweep"))
    most = max(2, int(frames / plan.fps / SECONDS_EACH))
    last = len(timeline.recording.weights) - 1
    chosen: list[Event] = []
    for kind in kinds:
        of_kind = [event for event in events if event.kind == kind]
        if kind == "sign":  # of the last layer first: there a single synapse matters most
            of_kind = [event for event in of_kind if _can_be_found(timeline, event)]
            of_kind.sort(key=lambda event: (event.synapse is None or event.synapse[0] != last, -_weight_change(event)))
            of_kind = of_kind[:MOST_SIGNS]
        elif kind in ("dead", "saturated", "withers"):
            of_kind = [event for event in of_kind if _is_news(timeline, event)]
            of_kind = of_kind if kind == "withers" else of_kind[:_MOST_NEURONS]
        elif kind == "unseen":  # most wrong, and at last right: on its way it only passes the middle
            of_kind = [event for event in of_kind if event.numbers["error"] != HALF][:MOST_UNSEEN]
        chosen += of_kind
    return chosen[:most]


def _is_news(timeline: Timeline, event: Event) -> bool:
    """True unless an event is about one neuron or pixel of very many, of a run of which a film knows few examples.

    That some of those find it silent is chance, and a pixel at the edge is always dark.
    """
    outline = timeline.scene.outline
    return event.neuron is None or outline.is_own or outline.layers[event.neuron[0]] <= MOST_DISTINGUISHABLE


def _can_be_found(timeline: Timeline, event: Event) -> bool:
    """True if a viewer can find the synapse of an event in the picture."""
    if event.synapse is None:
        return False
    scene = timeline.scene
    layers = scene.outline.layers
    if scene.presentation == "together" and event.synapse[0] < len(layers) - 2:
        return False  # among pictures of the plane only a synapse into the answer means anything
    return max(layers[event.synapse[0]], layers[event.synapse[0] + 1]) <= MOST_DISTINGUISHABLE


def _weight_change(event: Event) -> float:
    """Size of the change of a synapse's weight."""
    return abs(event.numbers.get("after", 0.0) - event.numbers.get("before", 0.0))


def _of_events(timeline: Timeline, events: Sequence[Event]) -> Iterator[Chapter]:
    fps = float(timeline.plan.fps)
    for event in events:
        moment = frame_of(timeline, event)
        if moment is None:
            continue
        ahead = round(_AHEAD * fps) if event.kind == "sign" and not timeline.held else 0
        texts = event_texts(timeline.scene, event, timeline.frame(moment).cycle)
        start = max(0, moment - ahead)
        latest = Fraction(last_frame_to(timeline, _true_until(timeline, event), start) - start) / timeline.plan.fps
        if event.kind not in STATES:
            latest = min(PROMPT, latest) if event.kind != "sign" else PROMPT
        until = None
        if event.kind in PASSING and "to" in event.numbers:
            until = last_frame_to(timeline, event.numbers["to"], start) + 1
        yield Chapter(event.kind, start, moment, texts, event, min(LATEST, latest), until)


AT_ONCE = ("unseen", "leans", "solved", "accurate", "overfits", "withers", "halved")
"""Kinds of events told of in the very cycle of their number."""
STATES = ("holdout", "plateau", "dead", "saturated", "withers", "slows", "halved", "diverged")
"""Kinds of events after which something stays as it is: their captions are about what is seen for a while."""
PASSING = ("holdout", "plateau", "unseen")
"""Kinds of events whose sentences are true up to a cycle, which their numbers give as `to`."""


def _true_until(timeline: Timeline, event: Event) -> float:
    """The last cycle that the film may show as a caption about an event begins."""
    if event.kind in ("holdout", "plateau"):
        return event.numbers["to"]
    if event.kind in ("slows", "diverged"):
        return float(timeline.recording.row_step[-1])
    kept = timeline.recording_index.kept_cycles
    following = next((cycle for cycle in kept if cycle >= event.cycle), event.cycle)
    return max(NEAR * event.cycle, float(following))


def _answers(timeline: Timeline) -> Iterator[Chapter]:
    """A chapter for every think shot: its answer, once it is there."""
    plan, recording, scene = timeline.plan, timeline.recording, timeline.scene
    for span in plan.spans:
        shot = scene.shots[span.shot]
        if isinstance(shot, ThinkShot):
            answer = recording.forward(shot.inputs, timeline.recording_index.rest[span.cycle])[-1]
            start = span.start + _until_answer(timeline, span)
            texts = (answer_text(scene, answer, shot.target), answer_text(scene, answer, None))
            yield Chapter("answer", start, start, tuple(dict.fromkeys(texts)), frames=span.stop - start)


def _until_answer(timeline: Timeline, span: Span) -> int:
    """Frames of a think shot after which the answer stands beside the target."""
    frames = span.moving
    if timeline.held:
        return frames // 3
    hurry = timeline.presentations.thought.hurry(float(frames / timeline.plan.fps))
    settled = step_timing.settled_phase(timeline.presentations.thought.beats, len(timeline.recording.weights))
    return min(frames - 1, ceil(settled / hurry * frames))


def _first_step(timeline: Timeline) -> Iterator[Chapter]:
    """A chapter at the first step of learning, which says what a step is, where steps move, while few have been."""
    steps = [span for span in timeline.plan.spans if span.kind == "step"]
    if steps and not timeline.held:
        cycles = list(dict.fromkeys(span.cycle for span in steps))[:FIRST_CYCLES]
        until = max(span.stop for span in steps if span.cycle in cycles)
        text = say(timeline.scene, "story-step" if timeline.scene.outline.has_errors else "story-step-forward")
        yield Chapter("step", steps[0].start, steps[0].start, (text,), until=until)
