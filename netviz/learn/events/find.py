"""All events of a recording."""

from __future__ import annotations

from threadpoolctl import threadpool_limits

from netviz.learn.engine import most_threads
from netviz.learn.events.event import KINDS, Event
from netviz.learn.events.inputs import withering
from netviz.learn.events.moments import moments_of
from netviz.learn.events.neurons import dying_and_saturating
from netviz.learn.events.progress import progress
from netviz.learn.events.replay import Replay
from netviz.learn.events.signs import sign_changes
from netviz.learn.events.solved import solving
from netviz.learn.lesson import lesson_of
from netviz.learn.recording import Recording


def find_events(recording: Recording) -> tuple[Event, ...]:
    """What happened in a training run, in the order of time; nothing twice."""
    moments = moments_of(recording)
    lesson = lesson_of(recording.scene)
    replay = Replay(recording, moments, lesson)
    with threadpool_limits(most_threads(lesson)):  # as in training, of which parts are gone through once more
        found = [
            *sign_changes(moments, replay),
            *solving(recording, moments, replay),
            *withering(moments),
            *dying_and_saturating(recording, moments),
            *progress(recording),
        ]
    return tuple(sorted(found, key=_order))


def _order(event: Event) -> tuple[object, ...]:
    """By time; what is known to the cycle only comes at its end."""
    known = event.example is not None
    return (event.cycle, not known, event.example or 0, KINDS.index(event.kind), event.synapse or event.neuron or ())
