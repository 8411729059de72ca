"""Moments of a film that only its recording knows: events, cycles on the way past them, the poster."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from netviz.errors import InputError, Problem
from netviz.recording.event import Event
from netviz.recording.recording import Recording
from netviz.scene.captions import Moment
from netviz.scene.scene import Look
from netviz.scene.validation_training import count
from netviz.story.event_frames import frame_at_cycle, frame_of
from netviz.story.events import find_events
from netviz.timeline.moments import POSTER, frame_at, is_shown, moved, parsed, position_of, reached
from netviz.timeline.poster import poster_frame
from netviz.timeline.side_by_side import SideBySide
from netviz.timeline.timeline import Timeline


def moment_frame(timeline: Timeline | SideBySide, text: str, origin: str = "--at") -> int:
    """The frame of a moment; of runs side by side, an event of the first that was trained to its end.

    Raises InputError, naming `origin`, if the film has no such moment, or the run no such event.
    """
    if text.strip() == POSTER:
        return poster_frame(timeline)
    moment, clock = parsed(text, origin), timeline.clock if isinstance(timeline, SideBySide) else timeline
    try:
        if moment.kind == "event":
            with np.errstate(all="ignore"):
                events = events_of_film(clock.recording, clock.scene)
            place = moved(clock.plan, event_frame(clock, named_event(moment, events)), moment, text, allows_end=True)
        elif moment.kind == "cycle" and not (moment.offset is None and is_shown(clock.plan, int(moment.number))):
            place = position_of(clock.plan, moment, text, lambda cycle: frame_at_cycle(clock, cycle), allows_end=True)
        else:
            return frame_at(clock.plan, text, origin)
    except ValueError as wrong:
        raise InputError([Problem(origin, str(wrong))]) from None
    return min(clock.plan.frame_count - 1, int(place))


def event_frame(timeline: Timeline, event: Event) -> int:
    """The frame in which an event is seen to happen. Raises ValueError, with where the film goes, if it is not."""
    seen = frame_of(timeline, event)
    return reached(timeline.plan, event.cycle) if seen is None else seen


def events_of_film(recording: Recording, scene: Look) -> tuple[Event, ...]:
    """The events that captions and moments can name, in the order of time."""
    events = find_events(recording, scene)
    # That it broke off, the film says at its end, where it is known.
    if scene.outline.diverged is not None or not scene.outline.is_own:
        events = tuple(event for event in events if event.kind != "diverged" or event.numbers["complete"])
    return events


def named_event(moment: Moment, events: Sequence[Event]) -> Event:
    """The event that a moment names. Raises ValueError if there is none."""
    found = [event for event in events if event.kind == moment.name]
    if moment.number <= len(found):
        return found[int(moment.number) - 1]
    if found:
        raise ValueError(f"this run has {count(len(found), 'event')} of the kind {moment.name}")
    kinds = ", ".join(dict.fromkeys(event.kind for event in events))
    raise ValueError(f"this run has no event {moment.name}{f'; it has {kinds}' if kinds else ', and no other'}")


def event_caption_start(timeline: Timeline, event: Event, moment: Moment, text: str) -> int:
    """The frame with which a caption at an event begins. Raises ValueError if that is outside the film."""
    return int(moved(timeline.plan, event_frame(timeline, event), moment, text) + Fraction(1, 2))
