"""Story: captions for the important events of a run, the frames they begin at, and the time they get."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import ceil, exp

from netviz.errors import InputError
from netviz.recording.event import Event
from netviz.recording.recording import Recording
from netviz.scene.scene import Look
from netviz.story.chapters import AT_ONCE, LATEST, Chapter, chapters
from netviz.story.event_frames import frame_at_cycle
from netviz.story.moments import event_caption_start, events_of_film, named_event
from netviz.timeline.beats import SHORTEST_STEP
from netviz.timeline.captions import cues_of
from netviz.timeline.cues import Cue, frames_for, frames_to_read
from netviz.timeline.learning_shot import is_even
from netviz.timeline.pace import is_by_change, paced, whole_frames, with_lengths
from netviz.timeline.plan import Plan, Span, learning_spans
from netviz.timeline.step_timing import BRIEF_FROM, FULL_FROM
from netviz.timeline.timeline import make_timeline


@dataclass(frozen=True)
class CaptionRequest:
    """Text to be shown from a frame on, or soon after it.

    frames: its duration; None: as long as it takes to read. event: the event of the recording that it is about, or
    None. latest: seconds after `start` up to which it can still begin. until: the frame up to which it is true; None:
    to the end. in_order: whether it may stand neither before a caption about an earlier event nor after one about a
    later. early: whether it may begin before `start`, to be read before the film is over.
    """

    start: int
    text: str
    frames: int | None = None
    event: Event | None = None
    latest: Fraction = LATEST
    until: int | None = None
    in_order: bool = False
    early: bool = True


def add_story(plan: Plan, recording: Recording, scene: Look, fits: Callable[[str], bool] = lambda text: True) -> Plan:
    """The plan of a film with all its cues, in order of time.

    fits: whether a text has room in the picture. The spans may change, but never the number of frames. Remarks for the
    user are added to the notes.
    """
    kinds = {caption.moment.kind for caption in scene.captions}
    if scene.told is None and not kinds & {"event", "cycle"}:
        return paced(plan, recording, scene)
    events = events_of_film(recording, scene) if scene.told is not None or "event" in kinds else ()
    plan = with_event_captions(_placed_again(plan, recording, scene, events), recording, scene, events)
    return with_story(plan, recording, scene, events, fits)


def _placed_again(plan: Plan, recording: Recording, scene: Look, events: Sequence[Event]) -> Plan:
    """The plan, slower where more changes and around its story's events, its captions where their cycles are shown.

    Without the slowing, or unchanged, where the captions would not all find room.
    """
    by_change = paced(plan, recording, scene)
    if scene.told is not None and is_by_change(by_change, scene):
        by_change = replace(by_change, dwells=_dwells(by_change, recording, scene, events))
    timeline, moments = make_timeline(by_change, recording, scene), []
    is_morph = any(span.kind == "sweep" for span in plan.spans) and not is_even(scene)  # which is slow by change
    stays_even = is_even(scene) and scene.told is not None and scene.told.tell == "default"
    if scene.told is not None and scene.told.slow and not (plan.on_beats or is_morph or stays_even):
        moments = [chapter.moment for chapter in chapters(timeline, events) if _needs_time(chapter)]
    for candidate in (slowed(by_change, moments), by_change, plan):
        seen = make_timeline(candidate, recording, scene)
        with suppress(InputError):
            return replace(candidate, cues=cues_of(scene, candidate, partial(frame_at_cycle, seen)))
    return plan


def _dwells(plan: Plan, recording: Recording, scene: Look, events: Sequence[Event]) -> tuple[int, ...]:
    """Cycles at which moves dwell: those of events that have a chapter and are over at once."""
    told = chapters(make_timeline(plan, recording, scene), events)
    dwelling = {chapter.event.cycle for chapter in told if chapter.event is not None and chapter.kind in AT_ONCE}
    return tuple(sorted(dwelling))


def _needs_time(chapter: Chapter) -> bool:
    """True if the film is slower around a chapter. A sudden fall has its time already."""
    return chapter.event is not None and chapter.kind != "insight"


def with_story(
    plan: Plan, recording: Recording, scene: Look, events: Sequence[Event], fits: Callable[[str], bool]
) -> Plan:
    """The plan with the cues of its story, as far as the scene's own captions and the picture leave room for them."""
    if scene.told is None:
        return plan
    notes = []
    told = plan
    for chapter in chapters(make_timeline(plan, recording, scene), events):
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


def with_event_captions(plan: Plan, recording: Recording, scene: Look, events: Sequence[Event]) -> Plan:
    """The plan with the cues of the scene's captions at events; those that find no place are named in its notes."""
    given = [(f"captions[{index}]", each) for index, each in enumerate(scene.captions)]
    given = [(name, caption) for name, caption in given if caption.moment.kind == "event"]
    if not given:
        return plan
    requests, notes, timeline = dict[str, CaptionRequest](), [], make_timeline(plan, recording, scene)
    for name, caption in given:
        try:
            event = named_event(caption.moment, events)
            frames = None if caption.seconds is None else round(caption.seconds * plan.fps)
            start = event_caption_start(timeline, event, caption.moment, caption.at)
            requests[name] = CaptionRequest(start, caption.text, frames, event)
        except ValueError as wrong:
            notes.append(f"{name} is left out: {wrong}")
    cues, left_out = place_requests(plan, tuple(requests.values()))
    crowded = [name for name, each in requests.items() if any(each is other for other in left_out)]
    notes += [f"{name} is left out: other captions leave it no time at its event" for name in crowded]
    return replace(plan, cues=cues, notes=(*plan.notes, *notes))


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
    """The plan with more time around some moments (frames) of its learning shots, and less for the rest of them.

    Shots begin and end as before. Where its steps are as short as can be already, or keep time with beats, nothing
    changes.
    """
    if plan.on_beats:
        return plan
    for numbers in learning_spans(plan):
        spans = [plan.spans[number] for number in numbers]
        if inside := [moment for moment in moments if spans[0].start <= moment < spans[-1].stop]:
            plan = with_lengths(plan, numbers, _lengths(spans, inside, plan.fps))
    return plan


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
