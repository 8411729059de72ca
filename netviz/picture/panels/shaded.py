"""Texts that stand in the glow: each on a soft shade, in which the ground is seen again, so that it can be read."""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netviz.picture.canvas import Anchor
from netviz.picture.cover import NEVER, Drawing, cover_of
from netviz.picture.panels.panel import Setting
from netviz.picture.theme import Colour
from netviz.picture.type import Font, width

STRENGTH = 0.6
"""How much of the glow a shade takes away: in every theme the texts around a network are read at 4.5 to 1 then."""
FULL, GONE = 0.5, 1.4
"""How far from the middle of a line of text its shade is full, and where it ends, in sizes of type: it has no edge."""


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
        for each in self._texts:
            if each.text and self._ground is not None:
                long = width(each.text, each.font, each.size)
                left = each.x - {"left": 0.0, "middle": long / 2, "right": long}[each.anchor]
                shade = self._shades(round(left), round(each.y), round(long), each.size)
                self.setting.canvas.put(shade, STRENGTH * min(1.0, each.level))

    def write(self) -> None:
        """Write what was collected."""
        texts, self._texts = self._texts, []
        for each in texts:
            self.setting.canvas.text(*each)

    def _shade(self, left: int, y: int, long: int, size: float) -> Drawing:
        """The ground around a text that begins at `left`, its middle at height y."""
        assert self._ground is not None
        reach = ceil(GONE * size)
        x, down = np.arange(-reach, long + reach), np.arange(-reach, reach)
        away = np.hypot(np.maximum(np.maximum(-x, x - long), 0), down[:, None]) / size
        part = np.clip((GONE - away) / (GONE - FULL), 0, 1)
        alpha = (part * part * (3 - 2 * part)).astype(np.float32)
        cover = cover_of(self.setting.canvas, alpha, left - reach, y - reach, solid=NEVER)
        return Drawing(cover.places, cover.cover, self._ground[cover.places].astype(np.float32))
