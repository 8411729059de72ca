"""What happens in a training run: synapses change sign, inputs wither, the error stands still or is halved."""

from __future__ import annotations

from netviz.learn.events.event import KINDS, Event, Kind
from netviz.learn.events.find import find_events

__all__ = ["KINDS", "Event", "Kind", "find_events"]
