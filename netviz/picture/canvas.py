"""The picture being made: matplotlib's figure and canvas, and pixels put on top of what it draws."""

from __future__ import annotations

from typing import Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from netviz.picture.theme import Colour
from netviz.picture.type import Font, Mask, mask

Pixels = NDArray[np.uint8]
Anchor = Literal["left", "middle", "right"]

POINTS_PER_INCH = 72
"""At 72 dots an inch one of matplotlib's points is one pixel."""


class Canvas:
    """A figure of `size` (width, height) pixels with one axes that covers it, x to the right and y down in pixels.

    pixels (height, width, 4): red, green, blue, opacity; the canvas's own memory, drawn into from both sides.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        width, height = size
        self.size = size
        self.figure = Figure(figsize=(width / POINTS_PER_INCH, height / POINTS_PER_INCH), dpi=POINTS_PER_INCH)
        self.canvas = FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set(xlim=(0, width), ylim=(height, 0))
        self.renderer = self.canvas.get_renderer()
        self.pixels: Pixels = np.asarray(self.renderer.buffer_rgba())

    def draw(self, *artists: Artist) -> None:
        """Draw artists now, over what is there."""
        for artist in artists:
            artist.draw(self.renderer)

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
        """Write a text whose capitals' middle is at height y, at `level` (0 absent, 1 full)."""
        if not text or level <= 0.004:
            return
        drawn = mask(text, font, size)
        start = {"left": 0.0, "middle": drawn.width / 2, "right": drawn.width}[anchor]
        self.stamp(drawn, x - start, y, colour, level)

    def stamp(self, drawn: Mask, x: float, y: float, colour: Colour, level: float = 1.0) -> None:
        """Lay a colour over the picture where a mask, its pen's start at x and its middle at height y, covers it."""
        left, top = round(x) + drawn.left, round(y) - drawn.top
        rows, columns, cover = drawn.inked
        (width, height), (high, wide) = self.size, drawn.alpha.shape
        if left < 0 or top < 0 or left + wide > width or top + high > height:
            inside = (rows >= -top) & (rows < height - top) & (columns >= -left) & (columns < width - left)
            rows, columns, cover = rows[inside], columns[inside], cover[inside]
        # Only what is covered is touched: of a text's box that is a quarter.
        flat = self.pixels.reshape(-1, 4)
        places = (rows + top) * width + (columns + left)
        under = flat[places]
        ink = np.array([*(colour * 255), 255], np.float32)
        flat[places] = (under + (ink - under) * (cover * np.float32(level)) + np.float32(0.5)).astype(np.uint8)

    def shine(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        height: NDArray[np.float64],
        sigma: NDArray[np.float64],
        colour: Colour,
        darkens: bool = False,
    ) -> None:
        """Add small, sharp light (or shade, where it darkens): gaussians at (x, y) (n,).

        height, sigma (n,): their strengths, and their standard deviations in pixels.
        """
        reach = 3.2 * float(sigma.max())
        width, rows = self.size
        left, right = max(0, int(x.min() - reach)), min(width, int(x.max() + reach) + 2)
        top, bottom = max(0, int(y.min() - reach)), min(rows, int(y.max() + reach) + 2)
        if right <= left or bottom <= top:
            return
        across = np.exp(-0.5 * ((np.arange(left, right) - x[:, None]) / sigma[:, None]) ** 2).astype(np.float32)
        down = np.exp(-0.5 * ((np.arange(top, bottom) - y[:, None]) / sigma[:, None]) ** 2).astype(np.float32)
        light = (down * height[:, None].astype(np.float32)).T @ across
        cover = -np.expm1(-light)[:, :, None]
        under = self.pixels[top:bottom, left:right, :3]
        # Towards the light's colour, so that it glows on the dark and never clips on the bright; shade the reverse.
        towards = np.minimum(colour * 255, under) if darkens else np.maximum(colour * 255, under)
        under[:] = under + (towards - under).astype(np.float32) * cover
