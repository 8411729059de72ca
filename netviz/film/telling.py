"""What of a plan only the recording knows: the last word on what is told when, before there is a timeline."""

from __future__ import annotations

from netviz.film.plan import Plan
from netviz.learn.recording import Recording


def told(plan: Plan, recording: Recording) -> Plan:
    """The plan of a film with all its cues, in order of time.

    Other spans may come of it, but never another number of frames. What the user should know is added to the notes.
    """
    return plan
