"""Decision boundary panel: network output over the input plane, with the data points."""

from __future__ import annotations

from math import floor, log10

import numpy as np
from matplotlib.collections import EllipseCollection
from matplotlib.patches import FancyBboxPatch
from numpy.typing import NDArray

from netviz.drawing.canvas import drawing_of, left_free
from netviz.drawing.layout import Rect
from netviz.drawing.panels.activation_map import Answers, Points, rounded
from netviz.drawing.panels.growth import fade_back
from netviz.drawing.panels.labels import FEATURES
from netviz.drawing.panels.panel import NoGlow, RenderContext
from netviz.drawing.panels.point_errors import PointErrors, is_regression
from netviz.drawing.panels.point_legend import PointLegend
from netviz.drawing.text import fit, short, width
from netviz.drawing.theme import Colour, mix
from netviz.scene.panels import AnyPanelSpec
from netviz.scene.panels import BoundaryPanelSpec as BoundarySpec
from netviz.scene.phrases import decimal
from netviz.timeline.frame import Frame
from netviz.timeline.step_timing import rise

CORNER = 0.035
"""Radius of the panel's corners, as a part of half its side."""
ANSWERS = 0.85
"""Part of the drawing of the network after which its output appears."""
LEGEND = 0.42
"""Length of the colour bar, as a part of the panel's side."""
SHORTEST = 0.16
"""Least length of the colour bar beside a legend of the points, as a part of the panel's side."""
DOT, APART, GAP, LINE = 0.9, 1.4, 1.8, 1.7
"""In a legend, in sizes of the type: width of a dot, distance of a name from the next dot, of the legend of the colours
from that of the points, and from one line to the next."""


MOST_DECIMALS = 6
"""Most decimals of an axis's ends; of a smaller extent they are written as powers of ten."""


class BoundaryPanel(NoGlow):
    """Decision boundary: a square of the plane as large as its slot allows, its axes named at the left and below."""

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        assert isinstance(spec, BoundarySpec) and context.responses is not None, "a planar scene's panel"
        self.context, self.spec = context, spec
        small, unit = context.layout.small, context.layout.unit
        domain = context.responses.domain
        self.ticks = [[decimal(context.scene, _tick(end, b - a)) for end in (a, b)] for a, b in domain]
        names = context.scene.network.inputs
        self.across, self.upward = names if len(names) == 2 else (FEATURES["x1"], FEATURES["x2"])
        texts = [*self.ticks[1], self.upward]
        # A long name of the upward axis stands above it; beside it, it would take the plane's space.
        self.is_above = width(self.upward, context.faces.words, small) > 2.2 * small
        fonts = [context.faces.figures, context.faces.figures, context.faces.words]
        pairs = list(zip(texts, fonts, strict=True))[: 3 - self.is_above]
        beside = 0.6 * small + max(width(text, font, small) for text, font in pairs)
        above, below = 1.6 * small if self.is_above else 0.0, 1.7 * small
        self.side = 2 * max(8, int(min(slot.width - beside, slot.height - above - below)) // 2)
        # In the middle of its slot, and at its top where there is more height than width.
        self.left = 2 * round((slot.x + beside + (slot.width - beside - self.side) / 2) / 2)
        self.top = 2 * round((slot.y + above) / 2)
        self.beneath = slot.bottom - (self.top + self.side + below)
        self.answers = Answers(context, self.side, spec.discrete)
        self.square = Rect(self.left, self.top, self.side, self.side)
        self.points = Points(context, self.square, domain, spec.test_points)
        is_number = is_regression(context.recording, context.scene)
        self.errors = PointErrors(context, self.square, domain, spec.test_points) if is_number else None
        self.beyond = left_free(context.canvas, rounded(self.side, CORNER), [(self.left, self.top)])
        frame = FancyBboxPatch(
            (self.left, self.top),
            self.side,
            self.side,
            boxstyle=f"round,pad=0,rounding_size={CORNER * self.side / 2}",
            facecolor="none",
            edgecolor=tuple(mix(context.theme.centre, context.theme.quiet, 0.55)),
            linewidth=max(1.0, 1.6 * unit),
        )
        self.rings = [self._ring(size, ink) for size, ink in ((9.0, context.theme.ink), (13.5, context.theme.centre))]
        axes = context.canvas.axes
        axes.add_patch(frame)
        self.frame = context.canvas.drawing(frame, slot=self._around(self.left, self.top, self.side))
        for ring in self.rings:
            axes.add_collection(ring, autolim=False)

    def _around(self, x: float, y: float, side: float) -> Rect:
        """A square with a margin for what stands out of it."""
        edge = 20 * self.context.layout.unit
        return Rect(x - edge, y - edge, side + 2 * edge, side + 2 * edge)

    def _ring(self, radius: float, ink: Colour) -> EllipseCollection:
        across, unit = [2 * radius * self.context.layout.unit], self.context.layout.unit
        return EllipseCollection(
            across, across, [0.0], units="xy", offsets=[(0.0, 0.0)], linewidth=4.5 * unit, facecolor="none",
            edgecolor=tuple(ink), offset_transform=self.context.canvas.axes.transData,
        )  # fmt: skip

    def ground(self) -> None:
        """Write names and ends of the axes, and draw the legend."""
        context = self.context
        small, faint, quiet = context.layout.small, context.theme.faint, context.theme.quiet
        write, words, figures = context.canvas.text, context.faces.words, context.faces.figures
        right, bottom = self.left + self.side, self.top + self.side
        (first, last), (low, high) = self.ticks
        row, edge = bottom + 1.0 * small, self.left - 0.45 * small
        write(first, self.left, row, figures, small, faint, "left")
        write(last, right, row, figures, small, faint, "right")
        write(high, edge, self.top + 0.5 * small, figures, small, faint, "right")
        write(low, edge, bottom - 0.5 * small, figures, small, faint, "right")
        ends = 2 * max(width(text, figures, small) for text in (first, last)) + 1.4 * small
        name, size = fit(self.across, words, small, self.side - ends, 0.7 * small)
        if context.compared and (name != self.across or self.side < 5 * small):
            return  # so small a square has space for the ends of its axes alone
        write(name, self.left + self.side / 2, row, words, size, quiet, "middle")
        if self.is_above:
            name, size = fit(self.upward, words, small, self.side, 0.7 * small)
            write(name, self.left, self.top - 0.9 * small, words, size, quiet)
        else:
            write(self.upward, edge, self.top + self.side / 2, words, small, quiet, "right")
        if self.beneath >= 2.0 * small:
            self._legend(row + 0.75 * small, min(self.beneath, 3.0 * small))

    def _legend(self, top: float, height: float) -> None:
        """Draw the legends below the axis: that of the colours, and beside it that of the points, if they have one.

        Where they are too wide for one line, that of the points has its own below, if there is space for it.
        """
        points = PointLegend(self.context, (self.errors or self.points).kinds, self.errors is not None)
        small, y = self.context.layout.small, top + height / 2
        middle, wide, gap = self.left + self.side / 2, self._width_of_colours(LEGEND), GAP * small
        if not points.width:
            bar = round(LEGEND * self.side)  # the scale is in the middle, however long its ends
            low = width(self.answers.ends[0], self.context.faces.words, small) + 0.6 * small
            self._colours(middle - (wide / 2 if self.answers.classes else bar / 2 + low), y, LEGEND)
            return
        part = LEGEND
        if self.answers.classes is None:  # a scale can be shorter
            part -= max(0.0, (wide + gap + points.width - self.side) / self.side)
            wide = self._width_of_colours(part)
        if part >= SHORTEST and wide + gap + points.width <= self.side + 1:
            start = middle - (wide + gap + points.width) / 2
            self._colours(start, y, part)
            points.draw(start + wide + gap, y)
            return
        self._colours(middle - self._width_of_colours(LEGEND) / 2, y, LEGEND)
        if self.beneath >= height + LINE * small and points.width <= self.side:
            points.draw(middle - points.width / 2, y + LINE * small)

    def _outputs(self) -> list[str]:
        """Names of several outputs, for their colours."""
        assert self.answers.classes is not None
        outputs = self.context.scene.network.outputs
        return [*outputs] or [f"output {number + 1}" for number in range(len(self.answers.classes))]

    def _width_of_colours(self, part: float) -> float:
        """Width of the legend of the colours. part: length of the scale, as a part of the side."""
        small, words = self.context.layout.small, self.context.faces.words
        if self.answers.classes is None:
            return round(part * self.side) + sum(width(end, words, small) + 0.6 * small for end in self.answers.ends)
        names = self._outputs()
        return sum(width(name, words, small) + DOT * small for name in names) + APART * small * (len(names) - 1)

    def _colours(self, start: float, y: float, part: float) -> None:
        """Draw the legend of the colours from x = start on: the ends of the scale, or the outputs' names."""
        context = self.context
        small, faint, words = context.layout.small, context.theme.faint, context.faces.words
        write = context.canvas.text
        if self.answers.classes is None:
            low, high = self.answers.ends
            length, height = round(part * self.side), max(3, round(0.45 * small))
            bar = np.repeat(self.answers.colours(np.linspace(-1, 1, length, dtype=np.float32)[None]), height, axis=0)
            left, top = round(start + width(low, words, small) + 0.6 * small), round(y - height / 2)
            opaque = np.ones(bar.shape[:2], np.float32)
            context.canvas.put(drawing_of(context.canvas, bar.astype(np.float32), opaque, left, top))
            write(low, left - 0.6 * small, y, words, small, faint, "right")
            write(high, left + length + 0.6 * small, y, words, small, faint, "left")
            return
        if self._width_of_colours(part) > self.side:
            return
        x = start
        for name, colour in zip(self._outputs(), self.answers.classes, strict=True):
            write("●", x, y, words, small, colour)
            write(name, x + DOT * small, y, words, small, faint)
            x += (DOT + APART) * small + width(name, words, small)

    def draw(self, frame: Frame) -> None:
        """Draw the output, the points on it, and a ring around the one that is presented."""
        canvas = self.context.canvas
        with canvas.partly(*self.beyond):
            under = canvas.memory.copy() if frame.drawn < 1 else None
            canvas.lay(self.answers.of(frame), self.answers.palette, self.left, self.top)
            if under is not None:  # in the opening the points wait for the network, which answers when it is there
                fade_back(canvas, under, self.square, rise(frame.drawn, ANSWERS, 1.0))
            if self.errors is None:
                canvas.put(self.points.drawn)
            else:
                self.errors.draw(frame, rise(frame.drawn, ANSWERS, 1.0))
        canvas.put(self.frame)
        if frame.point is not None and frame.presented > 0:
            x, y = self._place(frame.point)
            for ring in reversed(self.rings):
                ring.set_offsets([(x, y)])
                canvas.put(canvas.drawing(ring, slot=self._around(x, y, 0)), frame.presented)

    def _place(self, point: tuple[float, float]) -> NDArray[np.float64]:
        """A point of the plane in the picture's pixels."""
        place: NDArray[np.float64] = self.points.place(np.array([point]))[0]
        return np.clip(place, (self.left, self.top), (self.left + self.side, self.top + self.side))


def _tick(end: float, extent: float) -> str:
    """An end of an axis, with as many decimals as distinguish it from the other end."""
    decimals = 1 - floor(log10(extent))
    return short(end, max(0, decimals)) if decimals <= MOST_DECIMALS else f"{end + 0.0:.3g}"
