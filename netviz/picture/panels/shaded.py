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

STRENGTH = 0.6
"""How much of the glow a shade takes away: in every theme the texts around a network are read at 4.5 to 1 then."""
FULL, GONE = 0.5, 1.4
"""How far from the middle of a line of text its shade is full, and where it ends, in sizes of type: it has no edge."""

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

    def lay_on(self, plane: NDArray[np.uint8], level: float) -> None:
        """Bring the ground back, at `level` (0 not at all, 1 as much as a shade does)."""
        under = plane[self.window]
        shaded = (under * (WHOLE - self.alpha) + self.ground) >> 8
        under[:] = shaded if level >= 1 else under + level * (shaded - under.astype(np.float32))


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
        """Take the glow away where texts were collected for."""
        canvas = self.setting.canvas
        canvas.settle()
        for each in self._texts:
            if not each.text or self._ground is None:
                continue
            long = width(each.text, each.font, each.size)
            left = each.x - {"left": 0.0, "middle": long / 2, "right": long}[each.anchor]
            shades = self._shades(round(left), round(each.y), round(long), each.size)
            for plane, shade in zip(canvas.planes, shades, strict=True):
                if shade.is_needed(plane):
                    shade.lay_on(plane, min(1.0, each.level))

    def write(self) -> None:
        """Write what was collected."""
        texts, self._texts = self._texts, []
        for each in texts:
            self.setting.canvas.text(*each)

    def _shade(self, left: int, y: int, long: int, size: float) -> list[Shade]:
        """The ground around a text that begins at `left`, its middle at height y, for every plane."""
        assert self._ground is not None
        canvas, reach = self.setting.canvas, ceil(GONE * size)
        across, down = canvas.size
        first, last = max(0, left - reach) // 2 * 2, min(across, left + long + reach)
        top, bottom = max(0, y - reach) // 2 * 2, min(down, y + reach)
        x, rows = np.arange(first, max(first, last)) - left, np.arange(top, max(top, bottom)) - y
        away = np.hypot(np.maximum(np.maximum(-x, x - long), 0), rows[:, None]) / size
        part = np.clip((GONE - away) / (GONE - FULL), 0, 1)
        alpha = np.rint(WHOLE * STRENGTH * part * part * (3 - 2 * part)).astype(np.uint16)
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
