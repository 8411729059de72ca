"""Blocks of a network: the tiles and bars of all layers that have some, and what is said of them once."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.lines import Line2D

from netviz.drawing.block_layout import BlockRoom, room_of
from netviz.drawing.canvas import CoverDrawing
from netviz.drawing.glow import Blobs
from netviz.drawing.layout import Layout, Rect
from netviz.drawing.network_layout import NetworkPositions
from netviz.drawing.panels.block_bars import BlockBars
from netviz.drawing.panels.block_tiles import BlockTiles
from netviz.drawing.panels.growth import NODES
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.text import fit, width
from netviz.recording.layers import Floats
from netviz.recording.recording import Recording
from netviz.scene.phrases import say
from netviz.timeline.frame import Frame
from netviz.timeline.step_timing import rise

IN_TALL = 0.8
"""Size of type in tiles and bars of tall pictures, in sizes of small type."""
LEGEND = 1.7
"""Height of the line below the tiles, in sizes of small type."""
SAMPLE, NEAR, APART = 1.5, 0.45, 1.3
"""Of that line: length of a sample, its distance from its word, and the gap to what follows, likewise."""


def has_blocks(recording: Recording) -> bool:
    """True if a layer of the network has blocks."""
    return any(layer.blocks for layer in recording.network.layers)


def has_tiles(recording: Recording) -> bool:
    """True if blocks stand in the place of a layer's synapses."""
    return any(layer.kind == "block" for layer in recording.network.layers)


def tile_type(layout: Layout) -> float:
    """Size of type in tiles and bars, in pixels: in tall pictures smaller, where small type is large."""
    return (IN_TALL if layout.is_centred else 1.0) * layout.small


def rooms_of(context: RenderContext, area: Rect) -> tuple[BlockRoom, ...]:
    """Room that the blocks of each layer after the inputs take in the network's area; () in a network without any."""
    if not has_blocks(context.recording):
        return ()
    layout = context.layout
    across = area.height if layout.flow == "right" else area.width
    return tuple(
        room_of(layer.blocks, layer.is_dense, across, layout.flow, tile_type(layout))
        for layer in context.recording.network.layers[1:]
    )


def bars_note(context: RenderContext) -> str:
    """Note on bars, that they are summarised, for the network's last line; "" where tiles say it, or there are none."""
    recording = context.recording
    if has_tiles(recording) or not has_blocks(recording):
        return ""
    return say(context.scene, "bars-note")


class Blocks:
    """All blocks of a network. layers: tiles and bars, in call order."""

    def __init__(self, context: RenderContext, places: NetworkPositions, slot: Rect, bottom: float) -> None:
        self.context = context
        self.tiles: list[BlockTiles] = []
        self.bars: list[BlockBars] = []
        for number, layer in enumerate(context.recording.network.layers):
            if layer.blocks and layer.is_dense:
                self.bars.append(
                    BlockBars(context, places, number, _beside_labels(places, slot), tile_type(context.layout))
                )
            elif layer.blocks:
                self.tiles.append(BlockTiles(context, places, number, tile_type(context.layout)))
        self.legend = Legend(context, self.tiles, slot, bottom) if self.tiles else None

    def areas(self) -> list[Rect]:
        """Rectangles of all tiles, of all bars, and of the line below them."""
        found = [tile.rect for layer in self.tiles for tile in layer.tiles]
        found += [bar.rect for layer in self.bars for bar in layer.bars]
        return found if self.legend is None else [*found, self.legend.area]

    def light(self, frame: Frame, brightness: Floats) -> list[Blobs]:
        """Set the halos of tiles and bars; return the lights between tiles."""
        for bars in self.bars:
            bars.light(frame, brightness)
        return [blob for layer in self.tiles for blob in layer.light(frame, brightness)]

    def draw_links(self, frame: Frame) -> None:
        """Draw the lines between tiles, which lie under everything else."""
        for layer in self.tiles:
            layer.draw_links(frame)

    def draw(self, frame: Frame) -> None:
        """Draw tiles, bars and the line below."""
        for layer in self.tiles:
            layer.draw(frame)
        for bars in self.bars:
            bars.draw(frame)
        if self.legend is not None:
            self.legend.draw(frame)


def _beside_labels(places: NetworkPositions, slot: Rect) -> Rect:
    """The part of the network's slot that bars may take: not that of labels below layers."""
    return slot if places.flow == "up" else Rect(slot.x, slot.y, slot.width, slot.height - places.label)


class Legend:
    """The line below the tiles: which line of their numbers is which, and that they are summarised."""

    def __init__(self, context: RenderContext, layers: Sequence[BlockTiles], slot: Rect, bottom: float) -> None:
        self.context = context
        scene, small, words = context.scene, context.layout.small, context.faces.words
        rects = [tile.rect for layer in layers for tile in layer.tiles]
        colours = layers[0].lines.colours
        has_lines = any(slot is not None for layer in layers for slot in layer.slots)
        self.quiet = context.theme.quiet
        named = [say(scene, key) for key in ("blocks-size", "blocks-change")] if has_lines else []
        note, size = say(scene, "blocks-note"), small
        samples = len(named) * (SAMPLE + NEAR + APART)

        def long_at(size: float) -> float:
            return sum(width(text, words, size) for text in (*named, note)) + samples * size

        while long_at(size) > slot.width and size > 0.8 * small:
            size *= 0.97
        long = long_at(size)
        if long > slot.width:
            note, _ = fit(note, words, size, max(0.0, width(note, words, size) - long + slot.width), size)
            long = long_at(size)
        middle = (min(rect.x for rect in rects) + max(rect.right for rect in rects)) / 2
        if context.layout.flow == "up":
            middle = slot.x + slot.width / 2
        x = min(max(middle - long / 2, slot.x), max(slot.x, slot.right - long))
        y = bottom + 0.5 * LEGEND * small
        self.area = Rect(x, y - 0.6 * size, long, 1.2 * size)
        self.texts: list[tuple[str, float, float]] = []
        unit, canvas = context.layout.unit, context.canvas
        lines = []
        for text, colour in zip(named, colours, strict=False):
            lines.append(Line2D([x, x + SAMPLE * size], [y, y], color=tuple(colour), linewidth=max(1.0, 2.4 * unit)))
            x += (SAMPLE + NEAR) * size
            self.texts.append((text, x, size))
            x += width(text, words, size) + APART * size
        self.texts.append((note, x, size))
        self.y = y
        self.samples: CoverDrawing | None = None
        if lines:
            for line in lines:
                canvas.axes.add_line(line)
            self.samples = canvas.drawing(*lines)
            for line in lines:
                line.remove()

    def draw(self, frame: Frame) -> None:
        """Write the line."""
        canvas, level = self.context.canvas, rise(frame.drawn, 0.6 * NODES, NODES)
        if self.samples is not None:
            canvas.put(self.samples, level)
        for text, x, size in self.texts:
            canvas.text(text, x, self.y, self.context.faces.words, size, self.quiet, "left", level)
