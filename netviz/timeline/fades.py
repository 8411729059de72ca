"""Fades of a film: title card and network come and go at the borders of spans, weights pass over to the next shot's.

In the opening the title goes from its card to its place while the network is drawn on, without a dark moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from netviz.timeline.plan import Plan
from netviz.timeline.step_timing import Window, cruise, ease, rise

FADE_SECONDS = 0.4
"""Seconds in which a card or the network fades in or out."""
GLIDE = 0.9
"""Seconds in which the title goes from its card to its place."""
LONGEST, STANDS = 3.6, 0.5
"""Most seconds in which the network is drawn on, and seconds for which it then stands before anything happens to it."""
CAPTION = 0.3
"""Seconds in which the line under the title comes."""


class OpeningLevels(NamedTuple):
    """Levels of a moment of the opening, each 0 to 1.

    card: of the title card; less than 1 while its title is on the way to its place. presence: of the panels. drawn:
    part of the network that is drawn. caption: of the shot's own line under the title.
    """

    card: float
    presence: float
    drawn: float
    caption: float


@dataclass(frozen=True)
class Opening:
    """Windows of an opening, in frames: glide of the title (None without a card), drawing of the network, caption.

    spans: number of the plan's spans that it lies in.
    """

    glide: Window | None
    drawing: Window
    caption: Window | None
    spans: int

    def at(self, index: int) -> OpeningLevels:
        """The levels in frame `index`."""
        start, stop = self.drawing
        drawn = cruise(min(1.0, max(0.0, (index - start) / (stop - start))), 0.15)
        caption = 1.0 if self.caption is None else rise(index, *self.caption)
        if self.glide is None:
            return OpeningLevels(0.0, 1.0, drawn, caption)
        leaves, arrives = self.glide
        # The panels come when the title has passed over their places.
        card, presence = 1 - rise(index, leaves, arrives), rise(index, (leaves + arrives) / 2, arrives)
        return OpeningLevels(card, presence, drawn, caption)


def opening_of(plan: Plan, *, same_line: bool) -> Opening | None:
    """The opening of a plan that begins with a title card or at rest; None for other plans.

    same_line: whether the line under the title after the card is the card's own subtitle.
    """
    spans, fps = plan.spans, float(plan.fps)
    if spans[0].kind == "rest":
        start, stop = _until(spans[0].start, spans[0].start + spans[0].moving, fps)
        return Opening(None, (start, stop), None, 1)
    if len(spans) < 2 or spans[0].kind != "title" or spans[1].kind == "title":
        return None
    card, rests = spans[0].stop, spans[1].kind == "rest"
    moving = spans[0].moving
    glide = min(GLIDE * fps, (0.4 if rests else 0.3) * moving)
    # Before a rest the card is read in peace. Before anything else the network has to be there when the card ends.
    leaves = card - 1 - glide if rests else 0.38 * moving
    arrives = leaves + glide
    begins = leaves + 0.5 * glide
    drawing = _until(begins, spans[1].start + spans[1].moving, fps) if rests else (begins, float(moving))
    comes = arrives if same_line and not rests else card
    return Opening((leaves, arrives), drawing, (comes, comes + CAPTION * fps), 2)


def _until(start: float, stop: float, fps: float) -> Window:
    """Window of the drawing that begins in frame `start` and leaves some time before `stop`."""
    length = stop - start
    return start, start + max(1.0, min(LONGEST * fps, length - STANDS * fps, 0.85 * length))


class SpanLevels(NamedTuple):
    """Levels of title card and network, and the weights' part of the way from those the span before left, 0 to 1.

    drawn, caption: as in OpeningLevels; 1 after the opening.
    """

    card: float
    presence: float
    transition: float
    drawn: float = 1.0
    caption: float = 1.0


def levels_at(
    plan: Plan,
    number: int,
    index: int,
    *,
    has_transition: bool,
    fades: bool = True,
    opening: Opening | None = None,
) -> SpanLevels:
    """The levels in frame `index`, which lies in span `number`: both fade where a card begins or ends, nowhere else.

    has_transition: whether the span begins with other weights than the span before it leaves. fades: whether fades and
    transitions take any time. opening: the film's, if the span lies in it; its card goes without a fade.
    """
    span = plan.spans[number]
    if not fades:
        return SpanLevels(1.0, 0.0, 1.0) if span.kind == "title" else SpanLevels(0.0, 1.0, 1.0)
    frames = max(1.0, FADE_SECONDS * float(plan.fps))
    rising, falling = ease((index - span.start) / frames), ease((span.stop - 1 - index) / frames)
    transition = rising if has_transition else 1.0
    if opening is not None:
        card, presence, drawn, caption = opening.at(index)
        before_card = number + 1 < len(plan.spans) and plan.spans[number + 1].kind == "title"
        return SpanLevels(card, min(presence, falling) if before_card else presence, transition, drawn, caption)
    if span.kind == "title":
        fade_in = 1.0 if span.start == 0 else rising
        fade_out = 1.0 if span.stop == plan.frame_count else falling
        return SpanLevels(min(fade_in, fade_out), 0.0, transition)
    after_card = number > 0 and plan.spans[number - 1].kind == "title"
    before_card = number + 1 < len(plan.spans) and plan.spans[number + 1].kind == "title"
    return SpanLevels(0.0, min(rising if after_card else 1.0, falling if before_card else 1.0), transition)
