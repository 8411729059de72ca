"""Shades: soft shadows of letters in the glow, where the background is seen again, so that texts can be read.

They follow the letters: a halo goes on between a text's lines and around it, as a whole.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.canvas import Anchor
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.text import Font, mask
from netviz.drawing.theme import Colour

STRENGTH = 0.8
"""Part of the glow that a shade removes: with it, in every theme, the texts around a network are read at 4.5 to 1."""
SOFTNESS = 0.14
"""Standard deviation of the blurred letters that a shade is made of, in sizes of type."""
GONE = 0.38
"""Distance from the letters at which their shade ends, in sizes of type: it has no edge."""
DENSITY = 9.0
"""Gain of a shade over the density of the blurred letters: the larger, the sooner it is full."""
_LEVELS = 32
"""Steps in which a shade comes and goes with its text."""

EVERY = (slice(None, None, 4), slice(None, None, 4))
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
    """Shade of a text: that of `letters_shade`, with its first pixel at (left, top). level: 0 to `_LEVELS`."""

    left: int
    top: int
    text: str
    font: Font
    size: float
    level: int

    @property
    def alpha(self) -> NDArray[np.float32]:
        """The shade (rows, columns), 0 to 1."""
        return letters_shade(self.text, self.font, self.size)

    def meets(self, other: Spot) -> bool:
        """True if their shades overlap."""
        (rows, columns), (other_rows, other_columns) = self.alpha.shape, other.alpha.shape
        across = max(self.left, other.left) < min(self.left + columns, other.left + other_columns)
        return across and bool(max(self.top, other.top) < min(self.top + rows, other.top + other_rows))


@lru_cache(maxsize=128)
def letters_shade(text: str, font: Font, size: float) -> NDArray[np.float32]:
    """Shade of a text's letters (rows, columns), 0 to 1: blurred, and dense; larger than its mask by the reach."""
    reach, sigma = ceil(GONE * size), max(0.6, SOFTNESS * size)
    blurred = np.pad(mask(text, font, size).alpha, reach).astype(np.float64)
    steps = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (steps / sigma) ** 2)
    weights /= weights.sum()
    for axis in (0, 1):
        blurred = np.apply_along_axis(np.convolve, axis, blurred, weights, "same")
    dense = 1 - np.exp(-DENSITY * blurred)
    faintest = 1 - np.exp(-DENSITY * float(weights[0]))  # what is left of a shade at its end
    return np.asarray(np.clip((dense - faintest) / (1 - faintest), 0, 1), np.float32)


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
        first = max(0, min(spot.left for spot in spots)) // 2 * 2
        last = max(first, min(across, max(spot.left + spot.alpha.shape[1] for spot in spots)))
        top = max(0, min(spot.top for spot in spots)) // 2 * 2
        bottom = max(top, min(down, max(spot.top + spot.alpha.shape[0] for spot in spots)))
        shaded = np.zeros((bottom - top, last - first))
        for spot in spots:
            rows, columns = (
                slice(max(0, start - begin), max(0, min(start + length, end) - begin))
                for start, length, begin, end in (
                    (spot.top, spot.alpha.shape[0], top, bottom), (spot.left, spot.alpha.shape[1], first, last),
                )
            )  # fmt: skip
            part = spot.alpha[max(0, top - spot.top) :, max(0, first - spot.left) :]
            under = shaded[rows, columns]
            np.maximum(under, spot.level / _LEVELS * part[: under.shape[0], : under.shape[1]], out=under)
        shares = np.rint(_WHOLE * STRENGTH * shaded).astype(np.uint16)
        found = []
        for channel, background in zip(canvas.space.channels, canvas.planes_of(self._background), strict=True):
            step = channel.step
            own = shares[::step, ::step]
            window = tuple(
                slice(start // step, start // step + count)
                for start, count in zip((top, first), own.shape, strict=True)
            )
            found.append(
                Shade(window, own, background[window] * own + _HALF, background[window][EVERY].astype(np.int16))
            )
        return found


def _spot(text: LabelText) -> Spot:
    drawn, reach = mask(text.text, text.font, text.size), ceil(GONE * text.size)
    start = round(text.x - {"left": 0.0, "middle": drawn.width / 2, "right": drawn.width}[text.anchor])
    left, top = start + drawn.left - reach, round(text.y) - drawn.top - reach
    return Spot(left, top, text.text, text.font, text.size, round(_LEVELS * min(1.0, text.level)))


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
