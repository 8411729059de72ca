"""What fades where a title card begins or ends, and how weights come from one shot to another."""

from __future__ import annotations

from typing import NamedTuple

from netviz.film import motion
from netviz.film.plan import Plan

FADE_SECONDS = 0.4
"""How long a card or the network takes to come and go."""


class Levels(NamedTuple):
    """Levels of title card and network, 0 to 1, and how far weights have come from where the span before left them."""

    card: float
    presence: float
    joined: float


def levels_at(plan: Plan, number: int, index: int, *, joins: bool, fades: bool = True) -> Levels:
    """The levels in frame `index`, which lies in span `number`: both fade where a card begins or ends, nowhere else.

    joins: whether the span begins with other weights than the span before it leaves. fades: whether anything takes
    time at all.
    """
    span = plan.spans[number]
    if not fades:
        return Levels(1.0, 0.0, 1.0) if span.kind == "title" else Levels(0.0, 1.0, 1.0)
    frames = max(1.0, FADE_SECONDS * float(plan.fps))
    rising, falling = motion.ease((index - span.start) / frames), motion.ease((span.stop - 1 - index) / frames)
    joined = rising if joins else 1.0
    if span.kind == "title":
        fade_in = 1.0 if span.start == 0 else rising
        fade_out = 1.0 if span.stop == plan.frame_count else falling
        return Levels(min(fade_in, fade_out), 0.0, joined)
    after_card = number > 0 and plan.spans[number - 1].kind == "title"
    before_card = number + 1 < len(plan.spans) and plan.spans[number + 1].kind == "title"
    return Levels(0.0, min(rising if after_card else 1.0, falling if before_card else 1.0), joined)
