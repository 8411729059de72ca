"""Strokes: synapses as lines whose coverage is drawn once for each width and cached; the highlighted one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.patches import FancyBboxPatch
from numpy.typing import NDArray

from netviz.drawing.canvas import FAINTEST, Cover, CoverDrawing
from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import NetworkPositions, curves
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.text import width
from netviz.drawing.theme import mix
from netviz.timeline.cues import Spotlight
from netviz.timeline.frame import Frame
from netviz.training.layers import Floats

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

    def __init__(self, context: RenderContext, lines: Floats, part: float, cap: Literal["butt", "round"]) -> None:
        self.canvas, self.unit, self.lines, self.part = context.canvas, context.layout.unit, lines, part
        self.dashed = context.theme.dashed
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
        return self.canvas.cover(pen, slot=Rect(left, top, right - left, bottom - top))


def dashes(width: float, unit: float, own: float) -> tuple[float, tuple[float, float]]:
    """The dashes of a negative synapse `width` pixels wide, of which a line of `own` pixels is drawn."""
    on, off = (length[0] * unit + length[1] * width for length in (DASH, GAP))
    own = max(1e-6, own)  # matplotlib counts dashes in widths of their line
    return 0, (on / own, off / own)


# The synapse or the neuron that is spoken of: all other synapses step back; of a synapse the weight is told.

STEPS_BACK = 0.72
"""How much of their light the other synapses lose."""
STEP_ASIDE = 0.45
"""The same where a neuron is spoken of: how strong its synapses are is seen beside the others."""
AT = 0.42
"""Where on its synapse the weight is told."""


def shares(spotlight: Spotlight | None, shapes: Sequence[tuple[int, int]]) -> list[Floats] | None:
    """How much of its light each synapse keeps: layers (nodes_l, n_{l+1}) of 0 to 1; None where all keep all."""
    if spotlight is None or spotlight.level <= 0:
        return None
    lost = STEP_ASIDE if spotlight.synapse is None else STEPS_BACK
    kept = [np.full(shape, 1 - lost * spotlight.level) for shape in shapes]
    if spotlight.synapse is not None:
        layer, start, end = spotlight.synapse
        kept[layer][start, end] = 1.0
    elif spotlight.neuron is not None:
        layer, neuron = spotlight.neuron
        if layer < len(kept):
            kept[layer][neuron, :] = 1.0
        if layer > 0:
            kept[layer - 1][:, neuron] = 1.0
    return kept


class Spotlit:
    """A thin line along the synapse that is spoken of, seen even where its weight is nothing; and its weight."""

    def __init__(self, context: RenderContext, places: NetworkPositions) -> None:
        self.context, self.places, theme = context, places, context.theme
        self.inks = [theme.readable(mix(sign, theme.ink, 0.25)) for sign in (theme.positive, theme.negative)]
        self._line: tuple[tuple[int, int, int], Strokes, CoverDrawing, float, float] | None = None

    def draw(self, frame: Frame) -> None:
        """The weight in a small label on its synapse."""
        spotlight = frame.spotlight
        if spotlight is None or spotlight.synapse is None or spotlight.level <= 0:
            return
        context, theme = self.context, self.context.theme
        layer, start, end = spotlight.synapse
        weight = float(frame.weights[layer][start, end])
        strokes, label, x, y = self._made(spotlight.synapse)
        guide = 1.6 * context.layout.unit
        context.canvas.fill(strokes.cover(0, guide, dashed=False), theme.ink, 0.4 * spotlight.level)
        context.canvas.put(label, spotlight.level)
        ink = self.inks[0 if weight > 0 else 1]
        text = f"{weight:+.2f}".replace("-", "−")
        font, size = context.faces.strong_figures, context.layout.body
        context.canvas.text(text, x, y, font, size, ink, "middle", spotlight.level)

    def _made(self, synapse: tuple[int, int, int]) -> tuple[Strokes, CoverDrawing, float, float]:
        """The line of a synapse and its label, drawn once for all frames that speak of it."""
        if self._line is None or self._line[0] != synapse:
            context, (layer, start, end) = self.context, synapse
            sizes = context.recording.scene.network.layers
            wanted = [
                np.array([start * sizes[layer + 1] + end] if number == layer else [], int)
                for number in range(len(sizes) - 1)
            ]
            lines = curves(self.places, wanted)[layer]
            x, y = lines[0][round(AT * (lines.shape[1] - 1))]
            size, theme, faces = context.layout.body, context.theme, context.faces
            across, high = width("+00.00", faces.strong_figures, size) + 0.5 * size, 1.4 * size
            box = FancyBboxPatch(
                (x - across / 2, y - high / 2), across, high,
                boxstyle=f"round,pad=0,rounding_size={0.45 * size}", facecolor=tuple(theme.centre),
                edgecolor=tuple(mix(theme.centre, theme.ink, 0.45)), linewidth=max(1.0, 1.4 * context.layout.unit),
            )  # fmt: skip
            context.canvas.axes.add_patch(box)
            label = context.canvas.drawing(box, slot=Rect(x - across, y - high, 2 * across, 2 * high))
            box.remove()
            self._line = synapse, Strokes(context, lines, 1.0, "round"), label, float(x), float(y)
        return self._line[1:]
