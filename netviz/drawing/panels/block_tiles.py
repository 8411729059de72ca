"""Tiles of blocks: rounded panes of glass with what each block is, which light up as the signal passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.patches import FancyBboxPatch

from netviz.drawing.block_layout import Tile, TileGrid, tile_grid
from netviz.drawing.canvas import Canvas, Cover, CoverDrawing, drawing_of
from netviz.drawing.collapsed_layout import NEAR_TILES
from netviz.drawing.glow import Blobs
from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import NetworkPositions
from netviz.drawing.panels.block_glyphs import glyph
from netviz.drawing.panels.block_lines import BlockLines
from netviz.drawing.panels.block_links import BlockLinks
from netviz.drawing.panels.block_texts import PAD, SIGN, TileTexts, texts_of
from netviz.drawing.panels.growth import appeared
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.theme import Colour, Theme, mix
from netviz.recording.blocks import Block
from netviz.recording.layers import Floats
from netviz.timeline.frame import Frame

CORNER = 0.5
"""Radius of a tile's corners, in sizes of type."""
GLASS, GLASS_LIGHT = (0.085, 0.03), (0.0, 0.05)
"""Quiet colour in a pane, at its top and at its bottom, in dark and in light themes."""
PARTS = "places", "cover", "ink"
CLEAR = 0.9
"""Cover of a pane: some of the light behind it is seen through."""
LIT, LIT_RIM, HALO, ERROR_HALO = 0.45, 0.85, 0.42, 0.5
"""Share of the light in a pane and in its rim once the signal has passed; brightness of its halo, and of that of an
error."""
ERROR_RIM = 0.5
"""Exponent of an error's level in the rim, which small errors are seen by too."""
LIT_AS = 0.24
"""Level of a neuron's light whose colour a pane has that the signal has passed."""


@dataclass(frozen=True, eq=False)
class Pane:
    """Still artists of one tile. texts: in ink, and in quieter colour."""

    glass: CoverDrawing
    inside: Cover
    rim: Cover
    sign: Cover
    names: Cover
    details: Cover


class BlockTiles:
    """The tiles of one layer of blocks, the lines between them, and those of their numbers."""

    def __init__(self, context: RenderContext, places: NetworkPositions, layer: int, size: float) -> None:
        area = places.block_areas[layer]
        assert area is not None
        self.context, self.layer = context, layer
        self.blocks = context.recording.network.layers[layer].blocks
        near = NEAR_TILES[places.flow] * (places.label or 40 * context.layout.unit)
        up = places.flow == "up"
        near = min(near, 0.12 * (area.height if up else area.width))
        inner = (
            Rect(area.x, area.y + near, area.width, area.height - 2 * near)
            if up
            else Rect(area.x + near, area.y, area.width - 2 * near, area.height)
        )
        self.grid: TileGrid = tile_grid(self.blocks, inner, places.flow, size)
        self.tiles = self.grid.tiles
        theme = context.theme
        ends = GLASS_LIGHT if theme.is_light else GLASS
        self.body = [mix(theme.neuron, theme.quiet, part) for part in ends]
        self.lit, self.failed = lit_colours(theme)
        lit = [mix(each, colour, LIT) for each in self.body for colour in (self.lit, self.failed)]
        self.ink = theme.readable(theme.ink, *self.body, *lit)
        self.quiet = theme.readable(theme.quiet, *self.body, *lit)
        self.texts = texts_of(context, self.grid, self.blocks)
        self.slots = [texts.lines for texts in self.texts]
        self.panes = [self._pane(tile, texts) for tile, texts in zip(self.tiles, self.texts, strict=True)]
        # While all are there, what stands still of them is drawn together, which is faster.
        self.glass = together_drawn([pane.glass for pane in self.panes])
        self.names, self.details = (
            context.canvas.cover_of_texts([text for texts in self.texts for text in getattr(texts, name)])
            for name in ("names", "details")
        )
        self.shining = theme.readable(theme.signal, *self.body, *lit)
        self.lines = BlockLines(context, layer, self.slots, [tile.blocks for tile in self.tiles])
        self.links = BlockLinks(context, places, layer, self.tiles)
        self.light_sources = np.array([self._add_light(tile) for tile in self.tiles] if context.glows else [], np.int64)

    # Levels.

    def passed(self, frame: Frame) -> list[float]:
        """Level of the signal's light in each tile: the mean of those of its blocks."""
        return [float(frame.passed[self.layer - 1][list(tile.blocks)].mean()) for tile in self.tiles]

    def returned(self, frame: Frame) -> list[float]:
        """Level of the error's light in each tile."""
        return [float(frame.returned[self.layer - 1][list(tile.blocks)].mean()) for tile in self.tiles]

    def there(self, frame: Frame) -> list[float]:
        """Level of each tile in the opening, in which they appear one after the other."""
        layers, count = len(self.context.recording.network.layers), len(self.tiles)
        return [appeared(frame.drawn, self.layer - 0.6 + 0.6 * number / count, layers) for number in range(count)]

    # Drawing.

    def light(self, frame: Frame, brightness: Floats) -> list[Blobs]:
        """Set the halos of the tiles; return the lights on their way between them."""
        if not len(self.light_sources):
            return []
        theme = self.context.theme
        passed, returned = (np.array(each)[:, None] for each in (self.passed(frame), self.returned(frame)))
        glow = HALO * passed * (1 - 0.9 * np.minimum(1, returned)) * theme.halo(theme.signal)
        brightness[self.light_sources] = glow + ERROR_HALO * returned * theme.halo(theme.error)
        return self.links.lights(frame)

    def draw_links(self, frame: Frame) -> None:
        """Draw the lines between the tiles, and to the neurons before and after them."""
        self.links.draw(frame, self.passed(frame), self.returned(frame), self.there(frame))

    def draw(self, frame: Frame) -> None:
        """Draw the tiles, in the light of the signal, and their numbers."""
        theme, canvas, unit = self.context.theme, self.context.canvas, self.context.layout.unit
        there, whole = self.there(frame), frame.drawn >= 1
        if whole:
            canvas.put(self.glass)
        quiet_rim = mix(theme.centre, theme.quiet, 0.34)
        for pane, tile, level, passed, returned in zip(
            self.panes, self.tiles, there, self.passed(frame), self.returned(frame), strict=True
        ):
            slim = 0.75 if tile.is_slim else 1.0
            if not whole:
                canvas.put(pane.glass, level)
            canvas.fill(pane.inside, self.lit, LIT * passed * (1 - min(1.0, returned)) * level)
            canvas.fill(pane.inside, self.failed, LIT * min(1.0, returned) * level)
            rim = mix(mix(theme.centre, quiet_rim, slim), theme.signal, LIT_RIM * passed)
            canvas.fill(pane.rim, mix(rim, theme.error, min(1.0, returned) ** ERROR_RIM), level)
            canvas.fill(pane.sign, mix(self.quiet, self.shining, passed), level * slim)
            if not whole:
                canvas.fill(pane.names, self.ink, level)
                canvas.fill(pane.details, self.quiet, level)
        if whole:
            canvas.fill(self.names, self.ink)
            canvas.fill(self.details, self.quiet)
        numbers = frame.blocks[self.layer - 1]
        assert numbers is not None
        self.lines.draw(numbers, frame.curve_cycle, there)
        self.links.draw_lights(frame, unit)

    # Parts that stand still.

    def _pane(self, tile: Tile, texts: TileTexts) -> Pane:
        context, size, rect = self.context, self.grid.size, tile.rect
        canvas, unit = context.canvas, context.layout.unit
        names, details = (canvas.cover_of_texts(each) for each in (texts.names, texts.details))
        kind = kind_of([self.blocks[number] for number in tile.blocks])
        _, _, y, *_ = texts.names[0]
        sign = glyph(
            canvas,
            kind,
            rect.x + (PAD + SIGN) * size,
            y,
            SIGN * size,
            max(0.9, 1.5 * unit * min(1, size / (20 * unit))),
        )
        inside = rounded(canvas, rect, CORNER * size, 0.0)
        rim = rounded(canvas, rect, CORNER * size, max(1.0, 1.5 * unit))
        return Pane(glass(context, rect, CORNER * size, self.body), inside, rim, sign, names, details)

    def _add_light(self, tile: Tile) -> int:
        rect = tile.rect
        y, inset = rect.y + rect.height / 2, min(0.5 * rect.height, 0.3 * rect.width)
        line = np.array([(rect.x + inset, y), (rect.right - inset, y)])
        wide = 0.42 * rect.height
        return self.context.field.add_line(line, ((0.8, wide), (0.35, wide + 16 * self.context.layout.unit)))


def lit_colours(theme: Theme) -> tuple[Colour, Colour]:
    """Colours of a pane that the signal has passed, and of one through which the error has come back."""
    return theme.fill(np.array(LIT_AS)), mix(theme.neuron, theme.error, 0.3)


def kind_of(blocks: Sequence[Block]) -> str:
    """Kind of what matters most among some blocks: of the one with the most weights."""
    return max(blocks, key=lambda block: block.weights).kind


def together_drawn(drawings: Sequence[CoverDrawing]) -> CoverDrawing:
    """One drawing of several that do not overlap."""
    return CoverDrawing(*(np.concatenate([getattr(each, name) for each in drawings]) for name in PARTS))


def rounded(canvas: Canvas, rect: Rect, corner: float, line: float) -> Cover:
    """Cover of a rectangle with round corners: its inside, or an edge of a width in pixels."""
    inset = line / 2
    corner = min(corner, 0.5 * rect.height, 0.5 * rect.width)
    shape = FancyBboxPatch(
        (rect.x + inset, rect.y + inset), rect.width - line, rect.height - line,
        boxstyle=f"round,pad=0,rounding_size={max(0.1, corner - inset)}",
        facecolor="none" if line else "white", edgecolor="white" if line else "none", linewidth=line,
    )  # fmt: skip
    canvas.axes.add_patch(shape)
    found = canvas.cover(shape, slot=Rect(rect.x - 2, rect.y - 2, rect.width + 4, rect.height + 4))
    shape.remove()
    return found


def glass(context: RenderContext, rect: Rect, corner: float, ends: Sequence[Colour]) -> CoverDrawing:
    """Drawing of a pane: a little lighter at the top."""
    wide, high = int(rect.width), int(rect.height)
    alpha = CLEAR * rounded_mask(wide, high, corner)
    part = np.linspace(0, 1, high)[:, None, None]
    colours = 255 * ((1 - part) * ends[0] + part * ends[1])
    ink = np.broadcast_to(colours, (high, wide, 3)) * alpha[..., None]
    return drawing_of(context.canvas, ink.astype(np.float32), alpha.astype(np.float32), int(rect.x), int(rect.y))


def rounded_mask(width: int, height: int, corner: float) -> Floats:
    """Cover (height, width) of a rectangle with round corners in each of its pixels."""
    corner = min(corner, width / 2, height / 2)
    x, y = (np.abs(np.arange(side) + 0.5 - side / 2) - (side / 2 - corner) for side in (width, height))
    away = np.hypot(np.maximum(x, 0)[None, :], np.maximum(y, 0)[:, None])
    return np.asarray(np.clip(corner - away + 0.5, 0, 1))
