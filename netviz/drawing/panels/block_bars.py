"""Bars of blocks: what the weighted sums of a dense layer go through, as labelled bars before its neurons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.collections import LineCollection

from netviz.drawing.block_layout import BAR, BAR_GAP, bars_of, room_of
from netviz.drawing.canvas import Cover, CoverDrawing, cover_of
from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import NetworkPositions
from netviz.drawing.panels.block_links import WIDTH, edge_points
from netviz.drawing.panels.block_texts import LEAST
from netviz.drawing.panels.block_tiles import (
    CORNER,
    ERROR_RIM,
    GLASS,
    GLASS_LIGHT,
    LIT,
    LIT_RIM,
    glass,
    lit_colours,
    rounded,
)
from netviz.drawing.panels.growth import appeared
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.text import fit, mask, width
from netviz.drawing.theme import mix
from netviz.recording.layers import Floats
from netviz.scene.phrases import say
from netviz.timeline.frame import Frame

TYPE = 0.9
"""Size of the labels, in sizes of small type."""
AROUND = 1.2
"""Room around a label along its bar, likewise."""
HALO, ERROR_HALO = 0.3, 0.4
"""Brightness of a bar's halo once the signal has passed, and when the error has."""


@dataclass(frozen=True, eq=False)
class Bar:
    """One bar. blocks: numbers of those that it stands for. label: of them. text: as it is drawn, a cover."""

    blocks: tuple[int, ...]
    rect: Rect
    label: str
    pane: CoverDrawing
    inside: Cover
    rim: Cover
    text: Cover


class BlockBars:
    """The bars of one dense layer, and the short lines from them to its neurons."""

    def __init__(self, context: RenderContext, places: NetworkPositions, layer: int, slot: Rect, size: float) -> None:
        self.context, self.places, self.layer = context, places, layer
        self.blocks = context.recording.network.layers[layer].blocks
        self.size = self._fitting(size)
        theme, unit = context.theme, context.layout.unit
        ends = GLASS_LIGHT if theme.is_light else GLASS
        self.body = [mix(theme.neuron, theme.quiet, part) for part in ends]
        self.lit, self.failed = lit_colours(theme)
        lit = [mix(each, colour, LIT) for each in self.body for colour in (self.lit, self.failed)]
        self.ink = theme.readable(mix(theme.quiet, theme.ink, 0.4), *self.body, *lit)
        self.bars = [self._bar(number, members, slot) for number, members in enumerate(bars_of(self.blocks))]
        self.lines = self._lines()
        pen = LineCollection(list(self.lines), color="white", linewidth=max(1.0, WIDTH * unit), capstyle="butt")
        context.canvas.axes.add_collection(pen, autolim=False)
        self.line_cover = context.canvas.cover(pen)
        pen.remove()
        self.light_sources = np.array([self._add_light(bar) for bar in self.bars] if context.glows else [], np.int64)

    def _levels(self, frame: Frame) -> list[tuple[float, float]]:
        """Levels of the signal's light and of the error's in each bar."""
        found = []
        for bar in self.bars:
            members = list(bar.blocks)
            passed, returned = (of[self.layer - 1][members].mean() for of in (frame.passed, frame.returned))
            found.append((float(passed), min(1.0, float(returned))))
        return found

    def light(self, frame: Frame, brightness: Floats) -> None:
        """Set the halos of the bars."""
        theme = self.context.theme
        for source, (passed, returned) in zip(self.light_sources.tolist(), self._levels(frame), strict=False):
            glow = HALO * passed * (1 - 0.9 * returned) * theme.halo(theme.signal)
            brightness[source] = glow + ERROR_HALO * returned * theme.halo(theme.error)

    def draw(self, frame: Frame) -> None:
        """Draw the bars and the lines from them to the neurons."""
        theme, canvas = self.context.theme, self.context.canvas
        layers, levels = len(self.context.recording.network.layers), self._levels(frame)
        level = appeared(frame.drawn, self.layer - 0.3, layers)
        colour = mix(mix(theme.centre, theme.quiet, 0.5), theme.signal, 0.8 * levels[-1][0])
        canvas.fill(self.line_cover, mix(colour, theme.error, levels[-1][1]), level)
        for bar, (passed, returned) in zip(self.bars, levels, strict=True):
            canvas.put(bar.pane, level)
            canvas.fill(bar.inside, self.lit, LIT * passed * (1 - returned) * level)
            canvas.fill(bar.inside, self.failed, LIT * returned * level)
            rim = mix(mix(theme.centre, theme.quiet, 0.34), theme.signal, LIT_RIM * passed)
            canvas.fill(bar.rim, mix(rim, theme.error, returned**ERROR_RIM), level)
            canvas.fill(bar.text, self.ink, level)

    def _bar(self, number: int, members: tuple[int, ...], slot: Rect) -> Bar:
        """One bar, as long as its layer is broad, or as its label needs."""
        context, places = self.context, self.places
        small, canvas, faces = self.size, context.canvas, context.faces
        area, up = places.block_areas[self.layer], places.flow == "up"
        assert area is not None
        thick, before = BAR * small, number * (BAR + BAR_GAP) * small
        low, high = self._breadth()
        first, last = (slot.x, slot.right) if up else (slot.y, slot.bottom)
        size, labels = TYPE * small, [self.blocks[member].label for member in members]
        label = ", ".join(labels)
        room = last - first - AROUND * size
        if len(members) > 1 and width(label, faces.words, LEAST * size) > room:
            label = say(context.scene, "block-and-more", what=labels[0], count=len(members) - 1)
        label, size = fit(label, faces.words, size, room, LEAST * size)
        long = max(high - low, width(label, faces.words, size) + AROUND * size)
        at = min(max((low + high - long) / 2, first), max(first, last - long))
        rect = (
            Rect(round(at), round(area.bottom - before - thick), int(long), int(thick))
            if up
            else Rect(round(area.x + before), round(at), int(thick), int(long))
        )
        drawn, (x, y) = mask(label, faces.words, size), (rect.x + rect.width / 2, rect.y + rect.height / 2)
        if up:
            text = cover_of(canvas, drawn.alpha, round(x - drawn.width / 2) + drawn.left, round(y) - drawn.top)
        else:  # turned to be read upwards: what was right is at the top, and the middle of its capitals at x
            top = round(y + drawn.width / 2) - drawn.left - drawn.alpha.shape[1]
            text = cover_of(canvas, np.ascontiguousarray(np.rot90(drawn.alpha)), round(x) - drawn.top, top)
        corner = CORNER * small
        rim = rounded(canvas, rect, corner, max(1.0, 1.5 * context.layout.unit))
        pane = glass(context, rect, corner, self.body)
        return Bar(members, rect, label, pane, rounded(canvas, rect, corner, 0.0), rim, text)

    def _fitting(self, size: float) -> float:
        """Size that all is measured by: of type, or less where bars are thinner than for that."""
        area = self.places.block_area(self.layer)
        assert area is not None
        room = area.height if self.places.flow == "up" else area.width
        return room / (room_of(self.blocks, True, 0.0, self.places.flow, size).fixed / size)

    def _breadth(self) -> tuple[float, float]:
        """Ends of the layer across the flow, in pixels."""
        places, axis = self.places, int(self.places.flow == "right")
        box = places.box(self.layer)
        if box is not None and not places.has_classes(self.layer):
            return (box.y, box.bottom) if axis else (box.x, box.right)
        centres = places.neurons(self.layer)[:, axis]
        half = float(places.layer_radii[self.layer] if places.layer_radii else places.radius)
        if places.has_classes(self.layer) and places.classes is not None:
            half = float(places.classes[:, axis].max())
        return float(centres.min()) - half, float(centres.max()) + half

    def _lines(self) -> Floats:
        """Short lines (n, 2, 2) from the last bar to the neurons."""
        ends, rect, axis = edge_points(self.places, self.layer, -1), self.bars[-1].rect, int(self.places.flow == "up")
        if self.places.box(self.layer) is not None and not self.places.has_classes(self.layer):
            low, high = self._breadth()
            ends = np.repeat(ends, 5, axis=0)
            ends[:, 1 - axis] = low + (high - low) * np.array([0.1, 0.3, 0.5, 0.7, 0.9])
        starts = ends.copy()
        starts[:, axis] = rect.y if axis else rect.right
        return np.stack([starts, ends], axis=1)

    def _add_light(self, bar: Bar) -> int:
        rect, axis = bar.rect, int(self.places.flow == "right")
        x, y = rect.x + rect.width / 2, rect.y + rect.height / 2
        ends = [(x, rect.y), (x, rect.bottom)] if axis else [(rect.x, y), (rect.right, y)]
        return self.context.field.add_line(np.array(ends), ((0.8, 0.4 * min(rect.width, rect.height)),))
