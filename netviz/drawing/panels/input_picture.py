"""Input picture: the presented picture in its colours, or one of more pixels than there is room for cells."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from netviz.drawing.canvas import CoverDrawing, drawing_of
from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import CellBlock, NetworkPositions
from netviz.drawing.panels.block_tiles import rounded, rounded_mask
from netviz.drawing.panels.growth import node_levels
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.theme import mix
from netviz.recording.layers import Floats
from netviz.recording.recording import in_numbers
from netviz.timeline.frame import Frame

CORNER = 9.0
"""Radius of the picture's corners, in thousandths of the shorter side."""
PAPER = 0.105
"""Part of the quiet colour in the place of a picture while none is presented."""


class InputPicture:
    """The inputs as a picture, as bright as it is presented, in a frame of its own."""

    def __init__(self, context: RenderContext, places: NetworkPositions, block: CellBlock) -> None:
        self.context, self.places, self.block = context, places, block
        assert block.pixels is not None
        self.pixels = block.pixels
        self.rect = Rect(block.left, block.top, block.width, block.height)
        unit, theme = context.layout.unit, context.theme
        self.mask = rounded_mask(block.width, block.height, CORNER * unit).astype(np.float32)
        self.inside = rounded(context.canvas, self.rect, CORNER * unit, 0.0)
        self.rim = rounded(context.canvas, self.rect, CORNER * unit, max(1.0, 1.6 * unit))
        self.paper = mix(theme.centre, theme.quiet, PAPER)
        self.low, self.high = self._range()
        self._picture = lru_cache(maxsize=6)(self._drawn)

    def draw(self, frame: Frame) -> None:
        """Draw the picture that is presented, over that of the example before while its light lasts."""
        canvas, theme = self.context.canvas, self.context.theme
        there = float(np.median(node_levels(frame.drawn, self.places)[0]))
        count = self.pixels.channels * self.pixels.rows * self.pixels.columns
        canvas.fill(self.inside, self.paper, there)
        level = float(frame.arrived[0].max(initial=0.0))
        shown = [(frame.activations[0], level)]
        if frame.lingering:
            shown.insert(0, (frame.before[0], frame.lingering[0]))
        for values, seen in shown:
            if seen > 0:
                canvas.put(self._picture(np.asarray(values[:count], np.float32).tobytes()), seen * there)
        bright = max(seen for _, seen in shown)
        canvas.fill(self.rim, mix(mix(theme.centre, theme.quiet, 0.5), theme.signal, 0.55 * bright), there)

    def _range(self) -> tuple[Floats, Floats]:
        """Numbers (channels,) that are drawn dark and bright: 0 and 1, or 0 and 255, where the examples lie between
        them; otherwise, as after a normalisation, the smallest and the largest of each channel."""
        channels = self.pixels.channels
        every = in_numbers(self.context.recording.probes.inputs).astype(np.float64)
        every = every.reshape(len(every), channels, -1)
        low, high = every.min(axis=(0, 2)), every.max(axis=(0, 2))
        if low.min() >= 0 and high.max() <= 255:
            return np.zeros(channels), np.full(channels, 1.0 if high.max() <= 1 else 255.0)
        return low, np.where(high > low, high, low + 1)

    def _drawn(self, values: bytes) -> CoverDrawing:
        """Drawing of a picture of so many numbers (float32)."""
        pixels, block = self.pixels, self.block
        numbers = np.frombuffer(values, np.float32).reshape(pixels.channels, pixels.rows, pixels.columns)
        colours = np.moveaxis(self._coloured(numbers.astype(np.float64)), -1, 0)
        down, across = shares(pixels.rows, block.rows), shares(pixels.columns, block.columns)
        ink = (255 * np.moveaxis(down @ colours @ across.T, 0, -1) * self.mask[..., None]).astype(np.float32)
        return drawing_of(self.context.canvas, ink, self.mask, block.left, block.top)

    def _coloured(self, numbers: Floats) -> Floats:
        """Colours (rows, columns, 3) of a picture's numbers (channels, rows, columns); of light for a grey one."""
        if self.pixels.channels == 3:
            low, high = self.low[:, None, None], self.high[:, None, None]
            return np.moveaxis(np.nan_to_num(np.clip((numbers - low) / (high - low), 0, 1)), 0, -1)
        theme = self.context.theme
        most = max(1.0, float(np.abs(in_numbers(self.context.recording.probes.inputs)).max()))
        light = np.clip(numbers[0] / most, -1, 1)[..., None]
        signal = np.where(light >= 0, theme.signal, theme.negative_signal)
        return np.asarray((1 - np.abs(light)) * self.paper + np.abs(light) * signal)


def shares(pixels: int, drawn: int) -> Floats:
    """Shares (drawn, pixels) of a row's pixels in each of the pixels that it is drawn with, which cover it evenly."""
    edges = np.linspace(0, pixels, drawn + 1)
    first, last = edges[:-1, None], edges[1:, None]
    place = np.arange(pixels)[None, :]
    return np.asarray(np.clip(np.minimum(last, place + 1) - np.maximum(first, place), 0, None) * drawn / pixels)
