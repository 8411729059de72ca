"""Opening of a film: the title goes from its card to its place while the network is drawn on, without a dark moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from netviz.timeline.plan import Plan
from netviz.timeline.step_timing import Window, cruise, rise

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
        start, stop = _until(spans[0].start, spans[0].stop, fps)
        return Opening(None, (start, stop), None, 1)
    if len(spans) < 2 or spans[0].kind != "title" or spans[1].kind == "title":
        return None
    card, rests = spans[0].stop, spans[1].kind == "rest"
    glide = min(GLIDE * fps, (0.4 if rests else 0.3) * card)
    # Before a rest the card is read in peace. Before anything else the network has to be there when the card ends.
    leaves = card - 1 - glide if rests else 0.38 * card
    arrives = leaves + glide
    begins = leaves + 0.5 * glide
    drawing = _until(begins, spans[1].stop, fps) if rests else (begins, float(card))
    comes = arrives if same_line and not rests else card
    return Opening((leaves, arrives), drawing, (comes, comes + CAPTION * fps), 2)


def _until(start: float, stop: float, fps: float) -> Window:
    """Window of the drawing that begins in frame `start` and leaves some time before `stop`."""
    length = stop - start
    return start, start + max(1.0, min(LONGEST * fps, length - STANDS * fps, 0.85 * length))
