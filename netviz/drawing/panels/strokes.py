"""Strokes of synapses: line coverage by width, drawn once and cached; and the outline of a highlighted synapse."""

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
from netviz.drawing.network_layout import NetworkPositions
from netviz.drawing.panels.free_room import FreeRoom
from netviz.drawing.panels.panel import RenderContext, signed_number
from netviz.drawing.synapse_curves import curve
from netviz.drawing.text import width
from netviz.drawing.theme import Colour, Theme, mix
from netviz.recording.layers import Floats
from netviz.scene.phrases import decimal
from netviz.timeline.cues import Spotlight
from netviz.timeline.frame import Frame

FINENESS = 10
"""Steps a pixel to which widths are rounded."""
CACHED_STROKES, CACHED_OF_EACH = 96, 3
"""Number of strokes that are cached: so many, or so many of each synapse if that is more."""
DASH, GAP = (8.0, 1.7), (6.0, 1.0)
"""Lengths of dashes and gaps: in thousandths of the shorter side, and what is added to that for every unit of width."""


class Strokes:
    """The lines of all synapses (n, points, 2), each of which can be drawn in any width.

    part: width of the strokes, as a part of their synapses'. cap: the form of their ends.
    """

    def __init__(self, context: RenderContext, lines: Floats, part: float, cap: Literal["butt", "round"]) -> None:
        self.canvas, self.unit, self.lines, self.part = context.canvas, context.layout.unit, lines, part
        self.dashed = context.theme.dashed
        self.pen = LineCollection([], color="white", capstyle=cap)
        self.canvas.axes.add_collection(self.pen, autolim=False)
        self._cached = lru_cache(maxsize=max(CACHED_STROKES, CACHED_OF_EACH * len(lines)))(self._drawn)

    def draw(self, weights: Floats, widths: Floats, colours: Floats, opacity: Floats) -> None:
        """Draw the strokes. weights, widths (of synapses, in pixels), opacity (n,), 0 to 1; colours (n, 3)."""
        inks = self.canvas.space.bytes_of(colours).tolist()
        wide, levels, dashed = widths.tolist(), opacity.tolist(), self.is_dashed(weights).tolist()
        for index in np.flatnonzero(opacity > FAINTEST).tolist():
            self.canvas.lay_bytes(self.cover(index, wide[index], dashed[index]), inks[index], levels[index])

    def is_dashed(self, weights: Floats) -> NDArray[np.bool_]:
        """True (n,) for synapses that are drawn as dashes."""
        return (weights < 0) & self.dashed

    def cover(self, index: int, width: float, dashed: bool) -> Cover:
        """Cover of one stroke whose synapse is `width` pixels wide."""
        return self._cached(index, max(1, round(FINENESS * width)), dashed)

    def _drawn(self, index: int, steps: int, dashed: bool) -> Cover:
        line, width = self.lines[index], steps / FINENESS
        pen, stroke_width = self.pen, self.part * width
        pen.set_segments([line])
        pen.set(linewidth=stroke_width, linestyle=dashes(width, self.unit, stroke_width) if dashed else "solid")
        (left, top), (right, bottom) = line.min(axis=0) - stroke_width / 2 - 1, line.max(axis=0) + stroke_width / 2 + 1
        return self.canvas.cover(pen, slot=Rect(left, top, right - left, bottom - top))


def dashes(width: float, unit: float, own: float) -> tuple[float, tuple[float, float] | None]:
    """Matplotlib's dash pattern of a negative synapse `width` pixels wide, of which a line of `own` pixels is drawn.

    None of a line too thin to be seen: matplotlib measures dashes in widths of their line, and would draw millions.
    """
    if own < FAINTEST:
        return 0, None
    on, off = dash_lengths(width, unit)
    return 0, (on / own, off / own)


def dash_lengths(width: float, unit: float) -> tuple[float, float]:
    """Lengths in pixels of the dashes and gaps of a negative synapse `width` pixels wide."""
    on, off = (length[0] * unit + length[1] * width for length in (DASH, GAP))
    return on, off


# The highlighted synapse or neuron: all other synapses are dimmed; a synapse gets a label with its weight.

STEPS_BACK = 0.72
"""Part of their light that the other synapses lose."""
STEP_ASIDE = 0.45
"""The same where a neuron is highlighted: then the others show how strong its synapses are."""
FARTHER = (1.0, 1.6, 2.4, 3.4)
"""Distances of a label from its line that are tried, in parts of the least one."""
AT = 0.5
"""Place on a synapse's line that its weight stands near, 0 at its start to 1 at its end."""


def shares(spotlight: Spotlight | None, shapes: Sequence[tuple[int, int]]) -> list[Floats] | None:
    """Part of its light each synapse keeps, 0 to 1: layers (nodes_l, n_{l+1}); None where all keep all."""
    if spotlight is None or spotlight.level <= 0:
        return None
    lost = STEP_ASIDE if spotlight.synapse is None else STEPS_BACK
    levels = [np.full(shape, 1 - lost * spotlight.level) for shape in shapes]
    if spotlight.synapse is not None:
        layer, start, end = spotlight.synapse
        levels[layer][start, end] = 1.0
    elif spotlight.neuron is not None:
        layer, neuron = spotlight.neuron
        if layer < len(levels):
            levels[layer][neuron, :] = 1.0
        if layer > 0:
            levels[layer - 1][:, neuron] = 1.0
    return levels


LEAST_WIDTH = 1000 * 4 / 1080
"""Least width of a highlighted synapse, in thousandths of the shorter side: 4 pixels of 1080."""


def staged_width(width: float, unit: float) -> float:
    """Width in pixels of a fully highlighted synapse that is `width` wide otherwise.

    A thin one is seen well and still grows and shrinks with its weight; a wide one is hardly wider than it is.
    """
    return float(np.hypot(width, LEAST_WIDTH * unit))


def staged_colour(theme: Theme, weight: float, near_zero: float) -> Colour:
    """Colour of a fully highlighted synapse: that of its sign, which near zero gives way to the theme's ink."""
    part = 1.0 if abs(weight) >= near_zero else (abs(weight) / near_zero) ** 0.5
    return mix(theme.ink, theme.positive if weight > 0 else theme.negative, part if weight else 0.0)


class Spotlit:
    """Label of the highlighted synapse with its weight, beside it where that covers neither neurons nor names."""

    def __init__(self, context: RenderContext, places: NetworkPositions, room: FreeRoom) -> None:
        self.context, self.places, self.room, theme = context, places, room, context.theme
        self.inks = [theme.readable(mix(sign, theme.ink, 0.25)) for sign in (theme.positive, theme.negative)]
        self.size = 1.1 * context.layout.body
        self._label = lru_cache(maxsize=4)(self._make_label)

    def draw(self, frame: Frame) -> None:
        """Write the weight in a small label."""
        spotlight = frame.spotlight
        if spotlight is None or spotlight.synapse is None or spotlight.level <= 0:
            return
        context = self.context
        layer, start, end = spotlight.synapse
        text = decimal(context.scene, signed_number(float(frame.weights[layer][start, end])))
        label, x, y = self._label(spotlight.synapse)
        context.canvas.put(label, spotlight.level)
        ink = {"+": self.inks[0], "−": self.inks[1]}.get(text[0], context.theme.ink)
        context.canvas.text(text, x, y, context.faces.strong_figures, self.size, ink, "middle", spotlight.level)

    def _make_label(self, synapse: tuple[int, int, int]) -> tuple[CoverDrawing, float, float]:
        """Label of a synapse, with the label's middle x and y."""
        context, size, theme = self.context, self.size, self.context.theme
        across, high = width("+00.00", context.faces.strong_figures, size) + 0.6 * size, 1.45 * size
        x, y = self._place(curve(self.places, synapse), across, high)
        box = FancyBboxPatch(
            (x - across / 2, y - high / 2), across, high,
            boxstyle=f"round,pad=0,rounding_size={0.45 * size}", facecolor=tuple(theme.centre),
            edgecolor=tuple(mix(theme.centre, theme.ink, 0.45)), linewidth=max(1.0, 1.4 * context.layout.unit),
        )  # fmt: skip
        context.canvas.axes.add_patch(box)
        label = context.canvas.drawing(box, slot=Rect(x - across, y - high, 2 * across, 2 * high))
        box.remove()
        return label, x, y

    def _place(self, line: Floats, across: float, high: float) -> tuple[float, float]:
        """Middle of a label beside a line (points, 2), somewhere between its ends, on the side where there is room."""
        points = line[len(line) // 5 : -len(line) // 5]
        along = np.gradient(points, axis=0)
        beside = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.hypot(*along.T)[:, None]
        away = (np.abs(beside) @ [across, high])[:, None] / 2 + 2 * LEAST_WIDTH * self.context.layout.unit
        near_x, near_y = line[round(AT * (len(line) - 1))].tolist()
        # Where nothing is free close by, it stands a little farther off.
        farther = [points + side * factor * away * beside for factor in FARTHER for side in (-1, 1)]
        x, y, _ = self.room.best((across, high), (near_x, near_y), np.concatenate(farther))
        return x, y
