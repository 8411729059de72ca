"""Synapses as strokes: what each covers at a width is drawn by matplotlib once and kept for when it comes again."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from netviz.picture.canvas import FAINTEST
from netviz.picture.cover import Cover
from netviz.picture.layout import Rect
from netviz.picture.panels.panel import Setting

Floats = NDArray[np.float64]

FINENESS = 10
"""Widths are told apart by so many steps a pixel."""
KEPT, KEPT_OF_EACH = 96, 3
"""Strokes that are kept: so many, or so many of each synapse if that is more."""
DASH, GAP = (8.0, 1.7), (6.0, 1.0)
"""Of dashed lines: in thousandths of the shorter side, and what is added to that for every unit of width."""


class Strokes:
    """The lines of all synapses (n, points, 2), each of which can be drawn in any width.

    part: width of the strokes, as a part of their synapses'. cap: the form of their ends.
    """

    def __init__(self, setting: Setting, lines: Floats, part: float, cap: Literal["butt", "round"]) -> None:
        self.canvas, self.unit, self.lines, self.part = setting.canvas, setting.layout.unit, lines, part
        self.dashed = setting.theme.dashed
        self.pen = LineCollection([], color="white", capstyle=cap)
        self.canvas.axes.add_collection(self.pen, autolim=False)
        self._kept = lru_cache(maxsize=max(KEPT, KEPT_OF_EACH * len(lines)))(self._drawn)

    def draw(self, weights: Floats, widths: Floats, colours: Floats, opacity: Floats) -> None:
        """Put the strokes on the picture. weights, widths (of synapses, in pixels), opacity (n,); colours (n, 3)."""
        inks = self.canvas.space.bytes_of(colours).tolist()
        wide, levels, dashed = widths.tolist(), opacity.tolist(), self.is_dashed(weights).tolist()
        for index in np.flatnonzero(opacity > FAINTEST).tolist():
            self.canvas.lay_bytes(self.cover(index, wide[index], dashed[index]), inks[index], levels[index])

    def is_dashed(self, weights: Floats) -> NDArray[np.bool_]:
        """Which synapses (n,) are drawn as dashes."""
        return (weights < 0) & self.dashed

    def cover(self, index: int, width: float, dashed: bool) -> Cover:
        """What one stroke covers whose synapse is `width` pixels wide."""
        return self._kept(index, max(1, round(FINENESS * width)), dashed)

    def _drawn(self, index: int, steps: int, dashed: bool) -> Cover:
        line, width = self.lines[index], steps / FINENESS
        pen, own = self.pen, self.part * width
        pen.set_segments([line])
        pen.set(linewidth=own, linestyle=dashes(width, self.unit, own) if dashed else "solid")
        (left, top), (right, bottom) = line.min(axis=0) - own / 2 - 1, line.max(axis=0) + own / 2 + 1
        return self.canvas.cover(pen, room=Rect(left, top, right - left, bottom - top))


def dashes(width: float, unit: float, own: float) -> tuple[float, tuple[float, float]]:
    """The dashes of a negative synapse `width` pixels wide, of which a line of `own` pixels is drawn."""
    on, off = (length[0] * unit + length[1] * width for length in (DASH, GAP))
    own = max(1e-6, own)  # matplotlib counts dashes in widths of their line
    return 0, (on / own, off / own)
