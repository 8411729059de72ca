"""What of a plan only the recording knows: the last word on what is told when, before there is a timeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from netviz.errors import InputError
from netviz.film.arrival import frame_at_cycle, frame_of
from netviz.film.captioning import cues_of, reached
from netviz.film.cues import Cue, frames_for, frames_to_read
from netviz.film.plan import Plan
from netviz.film.slowing import slowed
from netviz.film.story import chapters
from netviz.film.timeline import make_timeline
from netviz.learn.events import Event, find_events
from netviz.learn.recording import Recording
from netviz.scene.mistake import count
from netviz.scene.moment import Moment

LATEST = Fraction(10)
"""Seconds after its moment in which something can still be told."""
PROMPT = Fraction(2)
"""The same of what is seen as it happens, or while it lasts."""


@dataclass(frozen=True)
class Wanted:
    """Words that are to be told from a frame on, or soon after it.

    frames: how long; None: as long as it takes to read. event: what of the recording they speak of, or None. latest:
    seconds after `start` in which they can still be told.
    """

    start: int
    text: str
    frames: int | None = None
    event: Event | None = None
    latest: Fraction = LATEST


def told(plan: Plan, recording: Recording, fits: Callable[[str], bool] = lambda text: True) -> Plan:
    """The plan of a film with all its cues, in order of time.

    fits: whether a text has room in the picture. Other spans may come of it, but never another number of frames. What
    the user should know is added to the notes.
    """
    scene = recording.scene
    kinds = {caption.moment.kind for caption in scene.captions}
    if scene.story is None and not kinds & {"event", "cycle"}:
        return plan
    events = find_events(recording) if scene.story is not None or "event" in kinds else ()
    plan = with_event_captions(_placed_again(plan, recording, events), recording, events)
    return with_story(plan, recording, events, fits)


def _placed_again(plan: Plan, recording: Recording, events: Sequence[Event]) -> Plan:
    """The plan slower around the events that its story tells, and its captions where the film comes to their cycles.

    As far as they all still find room.
    """
    scene, timeline = recording.scene, make_timeline(plan, recording)
    moments = []
    if scene.story is not None and scene.story.slow and not plan.on_beats:
        moments = [chapter.moment for chapter in chapters(timeline, events) if chapter.event is not None]
    for candidate in (slowed(plan, moments), plan):
        seen = make_timeline(candidate, recording)
        with suppress(InputError):
            return replace(candidate, cues=cues_of(scene, candidate, partial(frame_at_cycle, seen)))
    return plan


def with_story(plan: Plan, recording: Recording, events: Sequence[Event], fits: Callable[[str], bool]) -> Plan:
    """The plan with the cues of its story, as far as the scene's own captions and the picture leave room for them."""
    if recording.scene.story is None:
        return plan
    wanted, notes = [], []
    for chapter in chapters(make_timeline(plan, recording), events):
        text = next((text for text in chapter.texts if fits(text)), None)
        if text is None:
            notes.append(f"the story leaves out {chapter.texts[0]!r}: the picture has no room for it")
        else:
            latest = PROMPT if chapter.kind in ("sign", "plateau") else LATEST
            wanted.append(Wanted(chapter.start, text, event=chapter.event, latest=latest))
    return replace(plan, cues=told_too(plan, wanted)[0], notes=(*plan.notes, *notes))


def with_event_captions(plan: Plan, recording: Recording, events: Sequence[Event]) -> Plan:
    """The plan with the cues of the captions that the scene gives at events; notes tell of those that find no place."""
    given = [(f"captions[{index}]", each) for index, each in enumerate(recording.scene.captions)]
    given = [(name, caption) for name, caption in given if caption.moment.kind == "event"]
    if not given:
        return plan
    wanted, notes, timeline = dict[str, Wanted](), [], make_timeline(plan, recording)
    for name, caption in given:
        try:
            event = _meant(caption.moment, events)
            frames = None if caption.seconds is None else round(caption.seconds * plan.fps)
            seen = frame_of(timeline, event)
            start = reached(plan, event.cycle) if seen is None else seen  # which says where a film comes, if not there
            wanted[name] = Wanted(start, caption.text, frames, event)
        except ValueError as wrong:
            notes.append(f"{name} is left out: {wrong}")
    cues, left_out = told_too(plan, tuple(wanted.values()))
    crowded = [name for name, each in wanted.items() if any(each is other for other in left_out)]
    notes += [f"{name} is left out: other captions leave it no time at its event" for name in crowded]
    return replace(plan, cues=cues, notes=(*plan.notes, *notes))


def _meant(moment: Moment, events: Sequence[Event]) -> Event:
    """The event that a moment names. Raises ValueError if there is none."""
    found = [event for event in events if event.kind == moment.name]
    if moment.number <= len(found):
        return found[int(moment.number) - 1]
    if found:
        raise ValueError(f"this run has {count(len(found), 'event')} of the kind {moment.name}")
    kinds = ", ".join(dict.fromkeys(event.kind for event in events))
    raise ValueError(f"this run has no event {moment.name}{f'; it has {kinds}' if kinds else ', and no other'}")


def told_too(plan: Plan, wanted: Sequence[Wanted]) -> tuple[tuple[Cue, ...], tuple[Wanted, ...]]:
    """The plan's cues and those wanted as well, each where it is to be or a little later; and those without room.

    What stands in the plan stays where it is; among those wanted the first are the first to find room.
    """
    cues: list[Cue] = [*plan.cues]
    left_out = []
    for each in wanted:
        cue = _in_room(plan, cues, each)
        if cue is None:
            left_out.append(each)
        else:
            cues = sorted([*cues, cue], key=lambda cue: cue.start)
    return tuple(cues), tuple(left_out)


def _in_room(plan: Plan, cues: Sequence[Cue], wanted: Wanted) -> Cue | None:
    """A cue in the first room between others in which it can be read, if that is not too late."""
    least = frames_to_read(wanted.text, plan.fps)
    best = frames_for(wanted.text, plan.fps) if wanted.frames is None else max(least, wanted.frames)
    borders = [0, *(border for cue in cues for border in (cue.start, cue.stop)), plan.frame_count]
    for free, limit in zip(borders[::2], borders[1::2], strict=True):
        # What happens at the very end is told before the film is over.
        earliest = min(wanted.start, limit - least) if limit == plan.frame_count else wanted.start
        start = max(free, earliest)
        if start + least <= limit:
            is_late = start > wanted.start + wanted.latest * plan.fps
            return None if is_late else Cue(start, min(limit, start + best), wanted.text, wanted.event)
    return None
