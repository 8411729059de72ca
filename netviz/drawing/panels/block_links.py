"""Links of blocks: thin lines from tile to tile and to the neurons around them, along which the signal goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.collections import LineCollection

from netviz.drawing.block_layout import Tile
from netviz.drawing.canvas import Cover
from netviz.drawing.glow import Blobs
from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import NetworkPositions
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.synapse_curves import bezier
from netviz.drawing.theme import mix
from netviz.recording.layers import Floats
from netviz.timeline.frame import Frame

WIDTH = 1.7
"""Width of the lines, in thousandths of the shorter side."""
MOST_ENDS = 12
"""Most lines to the neurons before or after the tiles."""
ON_LINK = 0.3
"""Part of a block's time, at its start and at its end, in which the signal is on the lines before and after it."""
BULGE = 0.9
"""Distance of a branch's line from the tiles' column, in sizes of small type."""


@dataclass(frozen=True, eq=False)
class Link:
    """Lines (n, points, 2) that the signal takes together. cover: of them. window: the part of its way through the
    layer's blocks in which it does. tile: number of the tile that they lead to; None for those to the neurons after."""

    lines: Floats
    cover: Cover
    window: tuple[float, float]
    tile: int | None


class BlockLinks:
    """All links of one layer of blocks."""

    def __init__(self, context: RenderContext, places: NetworkPositions, layer: int, tiles: Sequence[Tile]) -> None:
        self.context, self.places, self.layer, self.tiles = context, places, layer, tiles
        blocks = context.recording.network.layers[layer].blocks
        self.count = len(blocks)
        first, last = tiles[0], tiles[-1]
        part = ON_LINK / self.count
        entry = self._to_points(layer - 1, self._port(first, -1), leaves=True)
        self.links = [self._link(entry, (0.0, part), 0)]
        for number, (one, other) in enumerate(pairwise(tiles), 1):
            at = other.blocks[0] / self.count
            self.links.append(self._link(self._between(one, other)[None], (at - part, at + part), number))
        leaving = self._to_points(layer, self._port(last, 1), leaves=False)
        self.links.append(self._link(leaving, (1 - part, 1.0), None))
        joined = [(blocks[member].joins, number) for number, tile in enumerate(tiles) for member in tile.blocks]
        lines = [(self._branch(joins, number), number) for joins, number in joined if joins is not None]
        self.branches = [self._link(line[None], (0.0, 0.0), number) for line, number in lines if line is not None]

    def draw(self, frame: Frame, passed: Sequence[float], returned: Sequence[float], there: Sequence[float]) -> None:
        """Draw the lines, in the light of the tiles that they lead to. passed, returned, there: levels of the tiles."""
        theme, canvas = self.context.theme, self.context.canvas
        dark = mix(theme.centre, theme.quiet, 0.5)
        for link in (*self.links, *self.branches):
            tile = len(self.tiles) - 1 if link.tile is None else link.tile
            colour = mix(dark, theme.signal, 0.8 * passed[tile])
            canvas.fill(link.cover, mix(colour, theme.error, min(1.0, returned[tile])), there[tile])

    def _heads(self, frame: Frame) -> list[tuple[Floats, Floats, bool]]:
        """Points (n, 2) at which signals are now, their strengths (n,), and whether they are errors."""
        found = []
        for pulse in frame.pulses:
            back = pulse.direction == "backward"
            if pulse.layer != self.layer - 1 or (back and not frame.returned[self.layer - 1].any()):
                continue
            position = 1 - pulse.position if back else pulse.position
            for link in self.links:
                start, stop = link.window
                if start <= position < stop:
                    at = (position - start) / (stop - start) * (link.lines.shape[1] - 1)
                    before = min(int(at), link.lines.shape[1] - 2)
                    points = link.lines[:, before] + (at - before) * (link.lines[:, before + 1] - link.lines[:, before])
                    found.append((points, np.full(len(points), min(1.0, 2 / len(points) ** 0.5)), back))
        return found

    def lights(self, frame: Frame) -> list[Blobs]:
        """Halos of the signals on their way."""
        theme = self.context.theme
        return [
            (points[:, 0], points[:, 1], 0.6 * strength, theme.halo(theme.error if back else theme.signal))
            for points, strength, back in self._heads(frame)
        ]

    def draw_lights(self, frame: Frame, unit: float) -> None:
        """Draw the signals on their way as small lights."""
        theme = self.context.theme
        for points, strength, back in self._heads(frame):
            colour = mix(theme.error if back else theme.signal, theme.bright, 0.35 * theme.flare)
            self.context.canvas.shine(
                points[:, 0], points[:, 1], 1.8 * strength, np.full(len(points), 2.4 * unit), colour
            )

    # Lines.

    def _link(self, lines: Floats, window: tuple[float, float], tile: int | None) -> Link:
        canvas, wide = self.context.canvas, max(1.0, WIDTH * self.context.layout.unit / min(1.8, len(lines) ** 0.3))
        pen = LineCollection(list(lines), color="white", linewidth=wide, capstyle="butt")
        canvas.axes.add_collection(pen, autolim=False)
        (left, top), (right, bottom) = lines.reshape(-1, 2).min(axis=0) - 3, lines.reshape(-1, 2).max(axis=0) + 3
        cover = canvas.cover(pen, slot=Rect(left, top, right - left, bottom - top))
        pen.remove()
        return Link(lines, cover, window, tile)

    def _port(self, tile: Tile, side: int) -> Floats:
        """Middle of the edge at which the signal comes into a tile from neurons (-1), or leaves it to them (1)."""
        rect = tile.rect
        if self.places.flow == "right":
            return np.array([rect.right if side > 0 else rect.x, rect.y + rect.height / 2])
        return np.array([rect.x + rect.width / 2, rect.y if side > 0 else rect.bottom])

    def _between(self, one: Tile, other: Tile) -> Floats:
        """Line from a tile to the next: straight in a column, in a curve to the next column."""
        first, last = one.rect, other.rect
        if one.column == other.column:
            x = first.x + first.width / 2
            ends = (first.bottom, last.y) if first.y < last.y else (first.y, last.bottom)
            return np.linspace((x, ends[0]), (x, ends[1]), 40)
        start = np.array([[first.right, first.y + first.height / 2]])
        end = np.array([[last.x, last.y + last.height / 2]])
        return np.asarray(bezier(start, end, "right")[0])

    def _branch(self, joins: int, number: int) -> Floats | None:
        """Line of a branch that comes back in a tile; None where it begins and ends in the same one.

        joins: the block whose result is added, -1 for what the first takes.
        """
        tile = self.tiles[number]
        source = next((each for each in self.tiles if joins in each.blocks), None)
        if source is tile:
            return None
        bulge = BULGE * self.context.layout.small
        rect = tile.rect
        end = np.array([rect.x, rect.y + rect.height / 2])
        if source is None:  # from before the first tile
            start = np.array([self.tiles[0].rect.x, self.tiles[0].rect.y + self.tiles[0].rect.height / 2])
            column = self.tiles[0].column
            start[0] -= bulge
        else:
            start = np.array([source.rect.x, source.rect.y + source.rect.height / 2])
            column = source.column
        if column != tile.column:
            if source is not None:
                start[0] = source.rect.right
            return np.asarray(bezier(start[None], end[None], "right")[0])
        t = np.linspace(0, 1, 40)[:, None]
        out = np.array([[-bulge, 0.0]])
        corners = (start[None], start + out * 1.33 * (source is not None), end + out * 1.33, end[None])
        basis = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
        return np.asarray(sum(b * c for b, c in zip(basis, corners, strict=True)))

    def _to_points(self, layer: int, port: Floats, *, leaves: bool) -> Floats:
        """Lines (n, points, 2) between the neurons of a layer and a tile. leaves: whether they leave the neurons."""
        points = edge_points(self.places, layer, 1 if leaves else -1)
        ports = np.repeat(port[None], len(points), axis=0)
        ends = (points, ports) if leaves else (ports, points)
        return np.asarray(bezier(*ends, self.places.flow))


def edge_points(places: NetworkPositions, layer: int, side: int) -> Floats:
    """Points (n, 2) at the edge of a layer, after (1) or before (-1) it along the flow: of discs, or of its block."""
    up, box = places.flow == "up", places.box(layer)
    if box is not None and not places.has_classes(layer):
        if up:
            y = box.y if side > 0 else box.bottom + places.label
            return np.array([[box.x + box.width / 2, y]])
        return np.array([[box.right if side > 0 else box.x, box.y + box.height / 2]])
    centres = places.neurons(layer)
    radii = places.radii(layer)[: len(centres)]
    if len(centres) > MOST_ENDS:
        chosen = np.unique(np.linspace(0, len(centres) - 1, MOST_ENDS).round().astype(int))
        centres, radii = centres[chosen], radii[chosen]
    along = np.array([0.0, -1.0]) if up else np.array([1.0, 0.0])
    return np.asarray(centres + side * radii[:, None] * along)
