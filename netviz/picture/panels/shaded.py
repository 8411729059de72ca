"""Texts that stand in the glow: each on a soft shade, in which the ground is seen again, so that it can be read."""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netviz.picture.canvas import Anchor
from netviz.picture.panels.panel import Setting
from netviz.picture.theme import Colour
from netviz.picture.type import Font, width

STRENGTH = 0.68
"""How much of the glow a shade takes away: in every theme the texts around a network are read at 4.5 to 1 then."""
FULL, GONE = 0.5, 2.0
"""How far from the middle of a line of text its shade is full, and where it ends, in sizes of type: it has no edge."""
LEVELS = 32
"""Steps in which a shade comes and goes with its text."""

EVERY = (slice(None, None, 8), slice(None, None, 8))
"""The pixels that tell whether there is any glow to be shaded."""
WHOLE, HALF = np.uint16(256), np.uint16(128)
"""Shades are laid in whole numbers, 256 of them to 1: that is several times as fast."""


class Text(NamedTuple):
    """What is to be written, as `Canvas.text` takes it."""

    text: str
    x: float
    y: float
    font: Font
    size: float
    colour: Colour
    anchor: Anchor
    level: float


class Shade(NamedTuple):
    """A window of a plane, how much of the ground is seen there (of WHOLE), and the ground times that, and a half.

    sample: every few pixels of the ground itself.
    """

    window: tuple[slice, ...]
    alpha: NDArray[np.uint16]
    ground: NDArray[np.uint16]
    sample: NDArray[np.int16]

    def is_needed(self, plane: NDArray[np.uint8]) -> bool:
        """Whether there is any glow in the window."""
        return bool((np.abs(plane[self.window][EVERY] - self.sample) > 1).any())

    def lay_on(self, plane: NDArray[np.uint8]) -> None:
        """Bring the ground back."""
        under = plane[self.window]
        under[:] = (under * (WHOLE - self.alpha) + self.ground) >> 8


class Spot(NamedTuple):
    """Where a text is shaded: from `left` on, `long` pixels, around height y. level: of LEVELS."""

    left: int
    y: int
    long: int
    size: float
    level: int

    @property
    def reach(self) -> int:
        """How far around it the shade goes, in pixels."""
        return ceil(GONE * self.size)

    def meets(self, other: Spot) -> bool:
        """Whether their shades overlap."""
        reach = self.reach + other.reach
        apart = max(self.left, other.left) - min(self.left + self.long, other.left + other.long)
        return apart < reach and abs(self.y - other.y) < reach


class Shaded:
    """Collects a frame's texts, shades their places and, when all else is drawn, writes them.

    Without glow they are only written.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._texts: list[Text] = []
        self._ground: NDArray[np.uint8] | None = None
        self._shades = lru_cache(maxsize=64)(self._shade)

    def ground(self) -> None:
        """Keep the ground as it is now, without any glow."""
        if self.setting.lit:
            self.setting.canvas.settle()
            self._ground = self.setting.canvas.memory.copy()

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
        """A text to be written, as `Canvas.text` would."""
        self._texts.append(Text(text, x, y, font, size, colour, anchor, level))

    def shade(self) -> None:
        """Take the glow away where texts were collected for; where several stand together, no more than for one."""
        if self._ground is None:
            return
        canvas = self.setting.canvas
        canvas.settle()
        for group in _groups([_spot(each) for each in self._texts if each.text]):
            for plane, shade in zip(canvas.planes, self._shades(group), strict=True):
                if shade.is_needed(plane):
                    shade.lay_on(plane)

    def write(self) -> None:
        """Write what was collected."""
        texts, self._texts = self._texts, []
        for each in texts:
            self.setting.canvas.text(*each)

    def _shade(self, spots: tuple[Spot, ...]) -> list[Shade]:
        """The ground around texts that stand together, for every plane."""
        assert self._ground is not None
        canvas = self.setting.canvas
        across, down = canvas.size
        first = max(0, min(spot.left - spot.reach for spot in spots)) // 2 * 2
        last = min(across, max(spot.left + spot.long + spot.reach for spot in spots))
        top = max(0, min(spot.y - spot.reach for spot in spots)) // 2 * 2
        bottom = min(down, max(spot.y + spot.reach for spot in spots))
        x, y = np.arange(first, max(first, last)), np.arange(top, max(top, bottom))[:, None]
        shaded = np.zeros((y.size, x.size))
        for spot in spots:
            beside = np.maximum(np.maximum(spot.left - x, x - spot.left - spot.long), 0)
            part = np.clip((GONE - np.hypot(beside, y - spot.y) / spot.size) / (GONE - FULL), 0, 1)
            np.maximum(shaded, spot.level / LEVELS * part * part * (3 - 2 * part), out=shaded)
        alpha = np.rint(WHOLE * STRENGTH * shaded).astype(np.uint16)
        found = []
        for channel, ground in zip(canvas.space.channels, canvas.planes_of(self._ground), strict=True):
            step = channel.step
            own = alpha[::step, ::step]
            window = tuple(
                slice(start // step, start // step + count)
                for start, count in zip((top, first), own.shape, strict=True)
            )
            found.append(Shade(window, own, ground[window] * own + HALF, ground[window][EVERY].astype(np.int16)))
        return found


def _spot(text: Text) -> Spot:
    long = width(text.text, text.font, text.size)
    left = text.x - {"left": 0.0, "middle": long / 2, "right": long}[text.anchor]
    return Spot(round(left), round(text.y), round(long), text.size, round(LEVELS * min(1.0, text.level)))


def _groups(spots: list[Spot]) -> list[tuple[Spot, ...]]:
    """Spots that are there, those that follow each other and reach into each other together."""
    groups: list[tuple[Spot, ...]] = []
    for spot in spots:
        if spot.level == 0:
            continue
        if groups and groups[-1][-1].meets(spot):
            groups[-1] += (spot,)
        else:
            groups.append((spot,))
    return groups
