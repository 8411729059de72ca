"""Shades: soft areas behind texts in the glow, where the background is seen again, so that the texts can be read."""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.canvas import Anchor
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.text import Font, width
from netviz.drawing.theme import Colour

STRENGTH = 0.68
"""Part of the glow that a shade removes: with it, in every theme, the texts around a network are read at 4.5 to 1."""
_FULL, GONE = 0.5, 2.0
"""Distance from the middle of a line of text at which its shade is full, and at which it ends, in sizes of type: it has
no edge."""
_LEVELS = 32
"""Steps in which a shade comes and goes with its text."""

EVERY = (slice(None, None, 8), slice(None, None, 8))
"""Pixels that are checked for glow to be shaded."""
_WHOLE, _HALF = np.uint16(256), np.uint16(128)
"""Shares of shades are whole numbers, 256 of them to 1: that is several times as fast."""


class LabelText(NamedTuple):
    """A text to be written, with the arguments of `Canvas.text`."""

    text: str
    x: float
    y: float
    font: Font
    size: float
    colour: Colour
    anchor: Anchor
    level: float


class Shade(NamedTuple):
    """A soft area behind texts, in one plane of the picture.

    window: of the plane. alpha: the background's share there, 0 to `_WHOLE`. background: that of the plane times alpha,
    plus a half. sample: every few pixels of the background itself.
    """

    window: tuple[slice, ...]
    alpha: NDArray[np.uint16]
    background: NDArray[np.uint16]
    sample: NDArray[np.int16]

    def is_needed(self, plane: NDArray[np.uint8]) -> bool:
        """True if there is any glow in the window."""
        return bool((np.abs(plane[self.window][EVERY] - self.sample) > 1).any())

    def lay_on(self, plane: NDArray[np.uint8]) -> None:
        """Restore the background, by its share."""
        under = plane[self.window]
        under[:] = (under * (_WHOLE - self.alpha) + self.background) >> 8


class Spot(NamedTuple):
    """Shaded place of a text: from `left` on, `long` pixels, around height y. level: 0 to `_LEVELS`."""

    left: int
    y: int
    long: int
    size: float
    level: int

    @property
    def reach(self) -> int:
        """Distance in pixels that the shade reaches around the text."""
        return ceil(GONE * self.size)

    def meets(self, other: Spot) -> bool:
        """True if their shades overlap."""
        reach = self.reach + other.reach
        apart = max(self.left, other.left) - min(self.left + self.long, other.left + other.long)
        return apart < reach and abs(self.y - other.y) < reach


class Shaded:
    """A frame's texts: collected, their places shaded and, when all else is drawn, written.

    Without glow they are only written.
    """

    def __init__(self, context: RenderContext) -> None:
        self.context = context
        self._texts: list[LabelText] = []
        self._background: NDArray[np.uint8] | None = None
        self._shades = lru_cache(maxsize=64)(self._shade)

    def ground(self) -> None:
        """Save the background as it is now, without any glow."""
        if self.context.glows:
            self.context.canvas.settle()
            self._background = self.context.canvas.memory.copy()

    def text(
        self,
        text: str,
        x: float,
        y: float,
        font: Font,
        size: float,
        colour: Colour,
        anchor: Anchor = "left",
        level: float = 1.0,
    ) -> None:
        """Collect a text, to be written as by `Canvas.text`."""
        self._texts.append(LabelText(text, x, y, font, size, colour, anchor, level))

    def shade(self) -> None:
        """Shade the places of the collected texts; where shades overlap, no more than one of them."""
        if self._background is None:
            return
        canvas = self.context.canvas
        canvas.settle()
        for group in _groups([_spot(each) for each in self._texts if each.text]):
            for plane, shade in zip(canvas.planes, self._shades(group), strict=True):
                if shade.is_needed(plane):
                    shade.lay_on(plane)

    def write(self) -> None:
        """Write the collected texts."""
        texts, self._texts = self._texts, []
        for each in texts:
            self.context.canvas.text(*each)

    def _shade(self, spots: tuple[Spot, ...]) -> list[Shade]:
        """Shades of a group of texts, for every plane."""
        assert self._background is not None
        canvas = self.context.canvas
        across, down = canvas.size
        first = max(0, min(spot.left - spot.reach for spot in spots)) // 2 * 2
        last = min(across, max(spot.left + spot.long + spot.reach for spot in spots))
        top = max(0, min(spot.y - spot.reach for spot in spots)) // 2 * 2
        bottom = min(down, max(spot.y + spot.reach for spot in spots))
        x, y = np.arange(first, max(first, last)), np.arange(top, max(top, bottom))[:, None]
        shaded = np.zeros((y.size, x.size))
        for spot in spots:
            beside = np.maximum(np.maximum(spot.left - x, x - spot.left - spot.long), 0)
            part = np.clip((GONE - np.hypot(beside, y - spot.y) / spot.size) / (GONE - _FULL), 0, 1)
            np.maximum(shaded, spot.level / _LEVELS * part * part * (3 - 2 * part), out=shaded)
        alpha = np.rint(_WHOLE * STRENGTH * shaded).astype(np.uint16)
        found = []
        for channel, background in zip(canvas.space.channels, canvas.planes_of(self._background), strict=True):
            step = channel.step
            own = alpha[::step, ::step]
            window = tuple(
                slice(start // step, start // step + count)
                for start, count in zip((top, first), own.shape, strict=True)
            )
            found.append(
                Shade(window, own, background[window] * own + _HALF, background[window][EVERY].astype(np.int16))
            )
        return found


def _spot(text: LabelText) -> Spot:
    long = width(text.text, text.font, text.size)
    left = text.x - {"left": 0.0, "middle": long / 2, "right": long}[text.anchor]
    return Spot(round(left), round(text.y), round(long), text.size, round(_LEVELS * min(1.0, text.level)))


def _groups(spots: list[Spot]) -> list[tuple[Spot, ...]]:
    """Spots of visible texts in groups: neighbours in order whose shades overlap."""
    groups: list[tuple[Spot, ...]] = []
    for spot in spots:
        if spot.level == 0:
            continue
        if groups and groups[-1][-1].meets(spot):
            groups[-1] += (spot,)
        else:
            groups.append((spot,))
    return groups
