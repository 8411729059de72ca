"""Story: captions for the important events of a run, the frames they begin at, and the time they get."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import ceil, exp

import numpy as np

from netviz.errors import InputError
from netviz.scene.captions import Moment
from netviz.scene.phrases import say
from netviz.scene.shots import ThinkShot
from netviz.scene.validation_training import count
from netviz.story.events import find_events
from netviz.story.wording import answer_text, event_texts
from netviz.timeline import step_timing
from netviz.timeline.answers import HALF
from netviz.timeline.beats import SHORTEST_STEP
from netviz.timeline.captions import cues_of, reached
from netviz.timeline.cues import Cue, frames_for, frames_to_read
from netviz.timeline.learning_shot import is_even
from netviz.timeline.pace import is_by_change, paced, whole_frames, with_lengths
from netviz.timeline.plan import Plan, Span
from netviz.timeline.step_timing import BRIEF_FROM, FULL_FROM
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.training.event import Event
from netviz.training.recording import Recording

LATEST = Fraction(10)
"""Longest delay of a caption after its moment, in seconds."""
PROMPT = Fraction(1)
"""Longest delay of a caption about something that is seen as it happens, in seconds."""
NEAR = 1.02
"""Factor in cycles by which the film may have passed an event as its caption begins, or up to the next kept moment."""


@dataclass(frozen=True)
class CaptionRequest:
    """Text to be shown from a frame on, or soon after it.

    frames: its duration; None: as long as it takes to read. event: the event of the recording that it is about, or
    None. latest: seconds after `start` up to which it can still begin. until: the frame up to which it is true; None:
    to the end. in_order: whether it may stand neither before
    a caption about an earlier event nor after one about a later. early: whether it may begin before `start`, to be read
    before the film is over.
    """

    start: int
    text: str
    frames: int | None = None
    event: Event | None = None
    latest: Fraction = LATEST
    until: int | None = None
    in_order: bool = False
    early: bool = True


def add_story(plan: Plan, recording: Recording, fits: Callable[[str], bool] = lambda text: True) -> Plan:
    """The plan of a film with all its cues, in order of time.

    fits: whether a text has room in the picture. The spans may change, but never the number of frames. Remarks for the
    user are added to the notes.
    """
    scene = recording.scene
    kinds = {caption.moment.kind for caption in scene.captions}
    if scene.told is None and not kinds & {"event", "cycle"}:
        return paced(plan, recording)
    events = find_events(recording) if scene.told is not None or "event" in kinds else ()
    plan = with_event_captions(_placed_again(plan, recording, events), recording, events)
    return with_story(plan, recording, events, fits)


def _placed_again(plan: Plan, recording: Recording, events: Sequence[Event]) -> Plan:
    """The plan, slower where more changes and around its story's events, its captions where their cycles are shown.

    Without the slowing, or unchanged, where the captions would not all find room.
    """
    scene, by_change = recording.scene, paced(plan, recording)
    if scene.told is not None and is_by_change(by_change, scene):
        by_change = replace(by_change, dwells=_dwells(by_change, recording, events))
    timeline, moments = make_timeline(by_change, recording), []
    is_morph = any(span.kind == "sweep" for span in plan.spans) and not is_even(scene)  # which is slow by change
    stays_even = is_even(scene) and scene.told is not None and scene.told.tell == "default"
    if scene.told is not None and scene.told.slow and not (plan.on_beats or is_morph or stays_even):
        moments = [chapter.moment for chapter in chapters(timeline, events) if _needs_time(chapter)]
    for candidate in (slowed(by_change, moments), by_change, plan):
        seen = make_timeline(candidate, recording)
        with suppress(InputError):
            return replace(candidate, cues=cues_of(scene, candidate, partial(frame_at_cycle, seen)))
    return plan


def _dwells(plan: Plan, recording: Recording, events: Sequence[Event]) -> tuple[int, ...]:
    """Cycles at which moves dwell: those of events that have a chapter and are over at once."""
    told = chapters(make_timeline(plan, recording), events)
    dwelling = {chapter.event.cycle for chapter in told if chapter.event is not None and chapter.kind in AT_ONCE}
    return tuple(sorted(dwelling))


def _needs_time(chapter: Chapter) -> bool:
    """True if the film is slower around a chapter. A sudden fall has its time already."""
    return chapter.event is not None and chapter.kind != "insight"


def with_story(plan: Plan, recording: Recording, events: Sequence[Event], fits: Callable[[str], bool]) -> Plan:
    """The plan with the cues of its story, as far as the scene's own captions and the picture leave room for them."""
    if recording.scene.told is None:
        return plan
    notes = []
    told = plan
    for chapter in chapters(make_timeline(plan, recording), events):
        texts = [text for text in chapter.texts if fits(text)]
        if not texts:
            notes.append(f"the story leaves out {chapter.texts[0]!r}: the picture has no room for it")
        in_order = chapter.event is not None and chapter.kind != "slows"  # which looks back
        for text in texts:  # the shorter ones for those that have too little time
            request = CaptionRequest(
                chapter.start, text, chapter.frames, chapter.event, chapter.latest, chapter.until, in_order, early=False
            )
            cues, left_out = place_requests(told, [request])
            if not left_out:
                told = replace(told, cues=cues)
                break
    return replace(told, notes=(*plan.notes, *notes))


def with_event_captions(plan: Plan, recording: Recording, events: Sequence[Event]) -> Plan:
    """The plan with the cues of the scene's captions at events; those that find no place are named in its notes."""
    given = [(f"captions[{index}]", each) for index, each in enumerate(recording.scene.captions)]
    given = [(name, caption) for name, caption in given if caption.moment.kind == "event"]
    if not given:
        return plan
    requests, notes, timeline = dict[str, CaptionRequest](), [], make_timeline(plan, recording)
    for name, caption in given:
        try:
            event = _named_event(caption.moment, events)
            frames = None if caption.seconds is None else round(caption.seconds * plan.fps)
            seen = frame_of(timeline, event)
            start = reached(plan, event.cycle) if seen is None else seen  # which says where a film comes, if not there
            requests[name] = CaptionRequest(start, caption.text, frames, event)
        except ValueError as wrong:
            notes.append(f"{name} is left out: {wrong}")
    cues, left_out = place_requests(plan, tuple(requests.values()))
    crowded = [name for name, each in requests.items() if any(each is other for other in left_out)]
    notes += [f"{name} is left out: other captions leave it no time at its event" for name in crowded]
    return replace(plan, cues=cues, notes=(*plan.notes, *notes))


def _named_event(moment: Moment, events: Sequence[Event]) -> Event:
    """The event that a moment names. Raises ValueError if there is none."""
    found = [event for event in events if event.kind == moment.name]
    if moment.number <= len(found):
        return found[int(moment.number) - 1]
    if found:
        raise ValueError(f"this run has {count(len(found), 'event')} of the kind {moment.name}")
    kinds = ", ".join(dict.fromkeys(event.kind for event in events))
    raise ValueError(f"this run has no event {moment.name}{f'; it has {kinds}' if kinds else ', and no other'}")


def place_requests(
    plan: Plan, requests: Sequence[CaptionRequest]
) -> tuple[tuple[Cue, ...], tuple[CaptionRequest, ...]]:
    """The plan's cues and those requested, each at its frame or a little later; and the requests without room.

    The plan's own cues are not moved; among the requests the first are the first to find room.
    """
    cues: list[Cue] = [*plan.cues]
    left_out = []
    for request in requests:
        cue = _in_room(plan, cues, request)
        if cue is None:
            left_out.append(request)
        else:
            cues = sorted([*cues, cue], key=lambda cue: cue.start)
    return tuple(cues), tuple(left_out)


def _in_room(plan: Plan, cues: Sequence[Cue], request: CaptionRequest) -> Cue | None:
    """A cue in the first gap between others in which it can be read; None if there is none, or if it is too late."""
    least = frames_to_read(request.text, plan.fps)
    best = frames_for(request.text, plan.fps) if request.frames is None else max(least, request.frames)
    borders = [0, *(border for cue in cues for border in (cue.start, cue.stop)), plan.frame_count]
    for free, limit in zip(borders[::2], borders[1::2], strict=True):
        # A caption for the very end begins early enough to be read before the film is over, if it may.
        is_end = limit == plan.frame_count and request.early
        earliest = min(request.start, limit - least) if is_end else request.start
        start = max(free, earliest)
        limit = limit if request.until is None else min(limit, request.until)
        if start + least <= limit:
            is_late = start > request.start + request.latest * plan.fps
            if is_late or (request.in_order and not _keeps_order(cues, start, request.event)):
                return None
            return Cue(start, min(limit, start + best), request.text, request.event)
    return None


def _keeps_order(cues: Sequence[Cue], start: int, event: Event | None) -> bool:
    """True if a cue about an event that begins at `start` has none about a later event before it, and vice versa."""
    told = [(cue.start, cue.event.cycle) for cue in cues if cue.event is not None and cue.event.kind != "slows"]
    return event is None or all(
        cycle <= event.cycle if first < start else cycle >= event.cycle for first, cycle in told
    )


# Chapters: the important events of the run in plain words, each at the frame in which the film comes to it.

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
    scene = timeline.recording.scene
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
        elif kind in ("dead", "saturated"):
            of_kind = of_kind[:_MOST_NEURONS]
        elif kind == "unseen":  # most wrong, and at last right: on its way it only passes the middle
            of_kind = [event for event in of_kind if event.numbers["error"] != HALF][:MOST_UNSEEN]
        chosen += of_kind
    return chosen[:most]


def _can_be_found(timeline: Timeline, event: Event) -> bool:
    """True if a viewer can find the synapse of an event in the picture."""
    if event.synapse is None:
        return False
    scene = timeline.recording.scene
    layers = scene.network.layers
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
        texts = event_texts(timeline.recording.scene, event, timeline.frame(moment).cycle)
        start = max(0, moment - ahead)
        latest = Fraction(_last_frame_to(timeline, _true_until(timeline, event), start) - start) / timeline.plan.fps
        if event.kind not in STATES:
            latest = min(PROMPT, latest) if event.kind != "sign" else PROMPT
        until = None
        if event.kind in PASSING and "to" in event.numbers:
            until = _last_frame_to(timeline, event.numbers["to"], start) + 1
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
        return float(timeline.recording.cycle[-1])
    kept = timeline.recording_index.kept_cycles
    following = next((cycle for cycle in kept if cycle >= event.cycle), event.cycle)
    return max(NEAR * event.cycle, float(following))


def _last_frame_to(timeline: Timeline, cycle: float, start: int) -> int:
    """The last frame from `start` on that shows at most such a cycle; `start` itself if that is too late."""
    last = timeline.plan.spans[-1].stop - 1
    first = start
    while first < last:
        middle = (first + last + 1) // 2
        if timeline.frame(middle).curve_cycle <= cycle:
            first = middle
        else:
            last = middle - 1
    return first


def _answers(timeline: Timeline) -> Iterator[Chapter]:
    """A chapter for every think shot: its answer, once it is there."""
    plan, recording = timeline.plan, timeline.recording
    for span in plan.spans:
        shot = recording.scene.shots[span.shot]
        if isinstance(shot, ThinkShot):
            answer = recording.forward(shot.inputs, timeline.recording_index.rest[span.cycle])[-1]
            start = span.start + _until_answer(timeline, span)
            texts = (answer_text(recording.scene, answer, shot.target), answer_text(recording.scene, answer, None))
            yield Chapter("answer", start, start, tuple(dict.fromkeys(texts)), frames=span.stop - start)


def _until_answer(timeline: Timeline, span: Span) -> int:
    """Frames of a think shot after which the answer stands beside the target."""
    frames = span.stop - span.start
    if timeline.held:
        return frames // 3
    hurry = timeline.thought.hurry(float(frames / timeline.plan.fps))
    settled = step_timing.settled_phase(timeline.thought.beats, len(timeline.recording.weights))
    return min(frames - 1, ceil(settled / hurry * frames))


def _first_step(timeline: Timeline) -> Iterator[Chapter]:
    """A chapter at the first step of learning, which says what a step is, where steps move, while few have been."""
    steps = [span for span in timeline.plan.spans if span.kind == "step"]
    if steps and not timeline.held:
        cycles = list(dict.fromkeys(span.cycle for span in steps))[:FIRST_CYCLES]
        until = max(span.stop for span in steps if span.cycle in cycles)
        text = say(timeline.recording.scene, "story-step")
        yield Chapter("step", steps[0].start, steps[0].start, (text,), until=until)


# Slowing the film down around its events: the learning shot's time is shared out anew.

SLOWER = 1.5
"""Largest extension of a span in which something happens, in multiples of its length."""
MOST_MORE = Fraction(2)
"""Largest extension in seconds."""
_REACH = 1.1
"""Seconds around an event in which the film is slower too, a little less the farther away."""
FASTER = 0.75
"""Smallest part of its length that any other span is shortened to."""


def slowed(plan: Plan, moments: Sequence[int]) -> Plan:
    """The plan with more time around some moments (frames) of its learning shot, and less for the rest of it.

    The shot begins and ends as before. Where its steps are as short as can be already, or keep time with beats, nothing
    changes.
    """
    if plan.on_beats:
        return plan
    numbers = [number for number, span in enumerate(plan.spans) if span.kind in ("step", "move", "sweep")]
    spans = [plan.spans[number] for number in numbers]
    inside = [moment for moment in moments if spans and spans[0].start <= moment < spans[-1].stop]
    return with_lengths(plan, numbers, _lengths(spans, inside, plan.fps)) if inside else plan


def _lengths(spans: Sequence[Span], moments: Sequence[int], fps: Fraction) -> list[int]:
    """New lengths in frames, as many in all as before: in proportion to what is desired, but none below its least."""
    lengths = [span.stop - span.start for span in spans]
    most = float(MOST_MORE * fps)
    desired = [
        length + min(SLOWER * length, most) * _nearness(span, moments, float(fps))
        for span, length in zip(spans, lengths, strict=True)
    ]
    least = [_least(span, fps) for span in spans]
    total = spans[-1].stop - spans[0].start
    low, high = 0.0, 1.0  # factors of what is desired: too small, and large enough
    for _ in range(50):
        factor = (low + high) / 2
        enough = sum(max(few, factor * many) for few, many in zip(least, desired, strict=True)) >= total
        low, high = (low, factor) if enough else (factor, high)
    exact = [max(few, low * many) for few, many in zip(least, desired, strict=True)]
    return whole_frames(exact, total)


def _nearness(span: Span, moments: Sequence[int], fps: float) -> float:
    """1 for a span in which something happens, less the longer before or after it something does."""
    apart = min(max(0, span.start - moment, moment - span.stop + 1) for moment in moments)
    return exp(-((apart / fps / _REACH) ** 2))


def _least(span: Span, fps: Fraction) -> int:
    """Fewest frames of a span: it can still be seen, is not much shorter than before, and shows as much as before."""
    before = span.stop - span.start
    least = max(1, ceil(FASTER * before))
    if span.kind == "step":
        kept = next((seconds for seconds in (FULL_FROM, BRIEF_FROM) if before >= seconds * fps), SHORTEST_STEP)
        least = max(least, min(before, ceil(kept * fps)))
    return least


# Frames of cycles and events: those in which a viewer sees the film come to a cycle, or an event happen.


def frame_of(timeline: Timeline, event: Event) -> int | None:
    """The frame in which an event is seen to happen; None if the film never comes there."""
    if event.cycle == 0:  # it was so before training
        return next((span.start for span in timeline.plan.spans if span.shot_kind != "title"), 0)
    if event.kind == "sign" and event.synapse is not None and (turns := _sign_change(timeline, event)) is not None:
        return turns
    cycle, example = event.cycle, event.example
    if event.kind == "plateau":  # after it has lasted for a while: in the middle, as the curve draws cycles
        cycle = round(float(np.sqrt(max(1.0, event.numbers["from"]) * event.numbers["to"])))
    steps = [span for span in timeline.plan.spans if span.kind == "step" and span.cycle == cycle]
    return _in_step(timeline, steps, example) if steps else frame_at_cycle(timeline, cycle)


def frame_at_cycle(timeline: Timeline, cycle: int) -> int | None:
    """The first frame with which the film has come to a cycle: to its step if it is shown, or on the way past it.

    None if it never does.
    """
    spans = timeline.plan.spans
    if steps := [span for span in spans if span.kind == "step" and span.cycle == cycle]:
        return steps[0].start
    for span in spans:
        if span.kind in ("move", "sweep") and (span.from_cycle or 0) < cycle <= span.cycle:
            return _first_frame_at(timeline, span, cycle)
    later = [span for span in spans if span.kind == "step" and span.cycle > cycle]
    return later[0].start if later and timeline.held else None


def _sign_change(timeline: Timeline, event: Event) -> int | None:
    """The first frame from which a synapse is seen with its new sign for good; None if it never is with its old one.

    That is not always where its cycle is passed: in the steps of a shown cycle before it, the weight may go to and fro
    around zero.
    """
    assert event.synapse is not None, "an event of a synapse"
    layer, start, end = event.synapse
    rises = event.numbers["after"] > event.numbers["before"]

    def is_old(index: int) -> bool:
        weight = timeline.frame(index).weights[layer][start, end]
        return bool(weight < 0) == rises

    learning = [span for span in timeline.plan.spans if span.kind in ("step", "move", "sweep")]
    for span in reversed(learning):
        if is_old(span.start) or is_old(span.stop - 1):
            last = next(index for index in reversed(range(span.start, span.stop)) if is_old(index))
            return min(last + 1, learning[-1].stop - 1)
    return None


def _first_frame_at(timeline: Timeline, span: Span, cycle: int) -> int:
    """The first frame of a span in which the weights are as far as a cycle that lies on its way."""
    first, last = span.start, span.stop - 1
    while first < last:
        middle = (first + last) // 2
        if timeline.frame(middle).curve_cycle < cycle:
            first = middle + 1
        else:
            last = middle
    return first


def _in_step(timeline: Timeline, steps: Sequence[Span], example: int | None) -> int:
    """The frame of an example's step in which the weights move; of the last step if it is unknown or not shown."""
    span = next((span for span in steps if span.example == example), steps[-1])
    if timeline.held:
        return span.start
    return span.start + int(sum(timeline.beats(span).update) / 2 * (span.stop - span.start))
