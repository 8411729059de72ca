"""Layout of networks with large layers or blocks: columns of small discs, blocks of cells, and the room of blocks.

Pixels, x to the right, y down, as in the picture's rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import ceil
from typing import NamedTuple

import numpy as np

from netviz.drawing.block_layout import MOST_OF_BARS, BlockRoom
from netviz.drawing.layer_collapsing import CollapsedLayer
from netviz.drawing.layout import Flow, Rect
from netviz.drawing.network_layout import SMALLEST_RADIUS, CellBlock, NetworkPositions, PixelGrid
from netviz.recording.layers import Floats

COLLAPSED_GAP = 1.1
"""Gap between two discs, in radii: in networks with collapsed layers discs stand closer and are larger."""
LARGEST_CELL = {"picture": 0.062, "block": 0.034}
"""Largest sides of cells, as parts of the picture's shorter side."""
DEEPEST = 0.62
"""Largest depth of a layer's columns, as a part of its share of the network's length along the flow."""
MOST_DEEP: dict[Flow, dict[str, tuple[float, float]]] = {
    "right": {"picture": (0.34, 1.40), "block": (0.17, 0.60)},
    "up": {"picture": (0.50, 1.90), "block": (0.17, 0.60)},
}
"""Largest depth of a block: as a part of the network's length along the flow, and of a layer's share of it."""
SHORT_DEEP = ((1.0, 0.5), (1.5, 0.4))
"""The former of a picture in networks that are not so many times as long as broad, as in square films."""
MOST_DEEP_BESIDE_TILES: dict[Flow, dict[str, tuple[float, float]]] = {
    "right": {"picture": (0.23, 1.15), "block": (0.1, 0.45)},
    "up": {"picture": (0.26, 1.35), "block": (0.12, 0.45)},
}
"""The same beside tiles of blocks, which are what such a network is seen by."""
USUAL_GAP, LEAST_GAP, ROOMY_GAP = 0.16, 0.1, 0.26
"""Usual and least length of synapses, as parts of the network's, where there are tiles of blocks too; and that from
which they share what is left with the tiles."""
SHARED, MOST_SHARED = 0.6, 0.7
"""Part of that which tiles get; and most of it, in parts of what suits them."""
NEAR_TILES: dict[Flow, float] = {"right": 1.0, "up": 0.55}
"""Room for the line on either side of the tiles, in heights of the line for a label."""
SHORTEST_GAP = 4.0
"""Least length of synapses or tiles in pixels, however small the place is that a scene gives the network."""
MOST_ACROSS = 0.92
"""Largest breadth of a picture, as a part of the network's breadth across the flow."""
SHRUNK, PROPORTION, DEEPER = 0.85, 1.5, 1.1
"""Of a block without a gap: its least distance from cell to cell, as a part of the largest that fits; how many times
more or fewer columns it has at most than the box's proportions give; and how much deeper than the box it may be."""


DISC_IN_COLUMN = 0.37
"""Radius of a disc in a layer of staggered columns, as a part of the distance of two discs of a column."""
COLUMNS_APART: dict[Flow, float] = {"right": 1.9, "up": 1.1}
"""Distance of two columns, likewise; in upright networks, which are broad, they are closer rows."""


def slots(collapsed: CollapsedLayer, has_bias_node: bool) -> int:
    """Number of discs that a layer needs place for across the flow; none for one that makes its own place."""
    return 0 if collapsed.is_collapsed else len(collapsed.discs) + has_bias_node


@dataclass(frozen=True)
class FlowArea:
    """The network's area seen along and across the flow, with the spacing of its discs.

    along, across: its length and breadth in pixels. radius: of the discs. spacing: from the middle of one to the next.
    label: height of the line below each collapsed layer for its label. unit: a thousandth of the picture's shorter
    side. rooms: of the blocks of each layer after the inputs; () in a network without any.
    """

    area: Rect
    flow: Flow
    layers: int
    radius: float
    spacing: float
    label: float
    unit: float
    rooms: tuple[BlockRoom, ...] = ()

    @property
    def along(self) -> float:
        return self.area.width if self.flow == "right" else self.area.height

    @property
    def across(self) -> float:
        return self.area.height if self.flow == "right" else self.area.width

    def point(self, along: float, across: float) -> tuple[float, float]:
        """Pixels (x, y) of a point given along and across the flow."""
        if self.flow == "right":
            return self.area.x + along, self.area.y + across
        return self.area.x + across, self.area.bottom - along

    @property
    def has_tiles(self) -> bool:
        """True if tiles of blocks stand between layers, which leave these less room."""
        return any(room.has_tiles for room in self.rooms)

    @property
    def rim(self) -> float:
        """Height of the line for a label, also where there is none."""
        return self.label or 40 * self.unit

    def part(self, first: float, last: float) -> Rect:
        """The part of the area between two places along the flow, above the labels of its layers."""
        if self.flow == "right":
            return Rect(self.area.x + first, self.area.y, last - first, self.area.height - self.label)
        return Rect(self.area.x, self.area.bottom - last, self.area.width, last - first)

    def box(self, kind: str, breadth: float) -> tuple[float, float]:
        """The largest width and height of a block that may be `breadth` broad across the flow, label included.

        A label may leave no space, as among many layers: a block is no smaller than a disc either way.
        """
        part, share = (MOST_DEEP_BESIDE_TILES if self.has_tiles else MOST_DEEP)[self.flow][kind]
        if kind == "picture" and not self.has_tiles:
            part = max(part, *(deep for times, deep in SHORT_DEEP if self.along < times * self.across), 0.0)
        depth = min(part, share / self.layers) * self.along
        width, height = (depth, breadth - self.label) if self.flow == "right" else (breadth, depth - self.label)
        return max(2 * self.radius, width), max(2 * self.radius, height)


class PlacedLayer(NamedTuple):
    """Nodes of a layer (nodes_l, 2) with the radius of its discs, its block, and the rectangle it takes if it has a
    label. gate, blocks: as in NetworkPositions."""

    centres: Floats
    radius: float
    block: CellBlock | None
    box: Rect | None
    gate: float | None = None
    blocks: Rect | None = None


def place_layers(
    flow_area: FlowArea, collapsed_layers: Sequence[CollapsedLayer], has_bias_nodes: bool, has_rows: bool = False
) -> list[PlacedLayer]:
    """The nodes of each layer; layers follow each other with even gaps between what they take along the flow.

    The bias node of a collapsed layer, which is not drawn, has its place at the end of the layer. has_rows: whether the
    synapses end at the end of the area, where the outputs' rows begin.
    """
    up = flow_area.flow == "up"
    blocks = [_block(flow_area, collapsed) for collapsed in collapsed_layers]
    columns = [_columns(flow_area, collapsed) for collapsed in collapsed_layers]
    depths = [
        disc.depth if block is None else float(block.height if up else block.width)
        for block, disc in zip(blocks, columns, strict=True)
    ]
    if has_rows:
        depths[-1] = 0.0
    labels = [flow_area.label if up and layer.is_collapsed else 0.0 for layer in collapsed_layers]
    rooms = flow_area.rooms or (BlockRoom(),) * (len(collapsed_layers) - 1)
    thinner = min(1.0, MOST_OF_BARS * flow_area.along / max(1e-9, sum(room.fixed for room in rooms)))
    bars = [0.0, *(thinner * room.fixed for room in rooms)]
    gaps = _gaps(flow_area, flow_area.along - sum(depths) - sum(labels) - sum(bars), rooms)
    taken = [depth + label + bar for depth, label, bar in zip(depths, labels, bars, strict=True)]
    starts = accumulate([0.0, *(each + gap for each, gap in zip(taken, gaps, strict=False))])
    found: list[PlacedLayer] = []
    for layer, (collapsed, block, disc, start, depth, label) in enumerate(
        zip(collapsed_layers, blocks, columns, starts, depths, labels, strict=False)
    ):
        radius = disc.radius
        bias = has_bias_nodes and layer < len(collapsed_layers) - 1
        start += bars[layer]
        at, middle = start + label + depth / 2, (flow_area.across - (0.0 if up else flow_area.label)) / 2
        if block is not None:
            block = _moved(block, flow_area, at, middle)
            nodes = block.centres
        elif collapsed.columns > 1:
            nodes = _in_columns(flow_area, collapsed, disc, at, middle)
        else:
            nodes = np.array([flow_area.point(at, each) for each in _across(flow_area, collapsed.count + bias)])
        box = None
        if block is not None:
            box = Rect(block.left, block.top, block.width, block.height)
        elif collapsed.is_collapsed:
            (left, top), (right, bottom) = nodes.min(axis=0) - radius, nodes.max(axis=0) + radius
            box = Rect(float(left), float(top), float(right - left), float(bottom - top))
        if bias and box is not None:
            nodes = np.vstack([nodes, [box.x + box.width / 2, box.bottom]])
        gate, block_area = None, None
        if bars[layer]:
            gate = flow_area.point(start - bars[layer], 0.0)[int(up)]
            block_area = flow_area.part(start - bars[layer], start)
        elif layer and rooms[layer - 1].has_tiles:
            block_area = flow_area.part(start - gaps[layer - 1], start)
        found.append(PlacedLayer(nodes, radius, block, box, gate, block_area))
    return found


def _gaps(flow_area: FlowArea, free: float, rooms: Sequence[BlockRoom]) -> list[float]:
    """Length along the flow of the synapses, or of the tiles of blocks, before each layer after the inputs.

    Tiles take what they need to be read, as long as it leaves synapses their least; and as much as suits them, as long
    as it leaves synapses the usual. Without synapses they take all.
    """
    tiled, free = [room.has_tiles for room in rooms], max(len(rooms) * SHORTEST_GAP, free)
    if not any(tiled):
        return [free / max(1, len(rooms))] * len(rooms)
    beside, synapses = NEAR_TILES[flow_area.flow] * flow_area.rim, len(rooms) - sum(tiled)
    usual, most = (
        free - synapses * min(gap * flow_area.along, 0.5 * free / len(rooms)) for gap in (USUAL_GAP, LEAST_GAP)
    )
    ideal, least = (
        sum(length + 2 * beside for length, room in zip(lengths, rooms, strict=True) if room.has_tiles)
        for lengths in zip(*((room.ideal, room.least) for room in rooms), strict=True)
    )
    taken = min(ideal, max(usual, min(most, least))) if synapses else free
    spare = free - taken - synapses * ROOMY_GAP * flow_area.along
    taken += min(SHARED * max(0.0, spare), MOST_SHARED * ideal)
    return [
        taken * (room.ideal + 2 * beside) / ideal if room.has_tiles else (free - taken) / synapses for room in rooms
    ]


def _across(flow_area: FlowArea, count: int) -> list[float]:
    """Positions of a layer's discs across the flow, the bias node the last."""
    widest = flow_area.spacing if flow_area.flow == "right" else 1.25 * flow_area.spacing
    step = min(widest, (flow_area.across - 2 * flow_area.radius) / max(1, count - 1))
    return [flow_area.across / 2 + (number - (count - 1) / 2) * step for number in range(count)]


class Columns(NamedTuple):
    """Radius of a layer's discs, their distance in a column, and the distance of its columns; 0 in a single one."""

    radius: float
    pitch: float
    apart: float
    depth: float


def _columns(flow_area: FlowArea, collapsed: CollapsedLayer) -> Columns:
    """Staggered columns of a layer, as large as they fit across the flow and into the layer's share of its length."""
    if collapsed.columns == 1:
        return Columns(flow_area.radius, 0.0, 0.0, 2 * flow_area.radius)
    up, between = flow_area.flow == "up", collapsed.columns - 1
    free = flow_area.across - (0.0 if up else flow_area.label)
    steps = (collapsed.count - 1) / collapsed.columns + 2 * DISC_IN_COLUMN
    pitch = min(flow_area.radius / DISC_IN_COLUMN, free / steps)
    radius, apart = DISC_IN_COLUMN * pitch, COLUMNS_APART[flow_area.flow] * pitch
    deepest = DEEPEST * flow_area.along / flow_area.layers - (flow_area.label if up else 0.0)
    if between * apart + 2 * radius > deepest:  # many layers
        radius = max(SMALLEST_RADIUS, min(radius, deepest / (2 + 1.4 * between)))
        apart = max(1.4 * radius, (deepest - 2 * radius) / between)
    return Columns(radius, pitch, apart, between * apart + 2 * radius)


def _in_columns(flow_area: FlowArea, collapsed: CollapsedLayer, disc: Columns, along: float, middle: float) -> Floats:
    """Centres (n, 2) of a layer's discs in staggered columns: neighbours stand in columns side by side."""
    number = np.arange(collapsed.count)
    across = middle + (number - (collapsed.count - 1) / 2) * disc.pitch / collapsed.columns
    depth = along + (number % collapsed.columns - (collapsed.columns - 1) / 2) * disc.apart
    return np.array([flow_area.point(*each) for each in zip(depth.tolist(), across.tolist(), strict=True)])


def _block(flow_area: FlowArea, collapsed: CollapsedLayer) -> CellBlock | None:
    """Block of a layer, as large as it may be, not placed yet; None if all its neurons are discs."""
    if not len(collapsed.cells):
        return None
    kind = "block" if collapsed.grid is None else "picture"
    breadth = flow_area.across if collapsed.grid is None else MOST_ACROSS * flow_area.across
    width, height = flow_area.box(kind, breadth)
    largest = LARGEST_CELL[kind] * 1000 * flow_area.unit
    if collapsed.grid is not None:
        rows, columns = collapsed.grid
        pitch = min(largest, width / columns, height / rows)
        if pitch >= 1 and collapsed.channels == 1:
            return CellBlock(0, 0, int(pitch), rows, columns, collapsed.cells, is_picture=True)
        pixels = PixelGrid(collapsed.channels, rows, columns)
        rows, columns = (2 * max(1, int(pitch * side / 2)) for side in (rows, columns))
        return CellBlock(0, 0, 1, rows, columns, collapsed.cells, is_picture=True, pixels=pixels)
    deeper = (DEEPER, 1.0) if flow_area.flow == "right" else (1.0, DEEPER)
    pitch, rows, columns = _filling(len(collapsed.cells), width, height, int(largest), deeper)
    return CellBlock(0, 0, pitch, rows, columns, collapsed.cells, is_picture=False)


def _filling(
    count: int, width: float, height: float, largest: int, deeper: tuple[float, float] = (1.0, 1.0)
) -> tuple[int, int, int]:
    """Pitch, rows and columns of so many cells in a box: as large as they fit, in a block of the box's proportions.

    They are a little smaller where that makes a block without a gap in its last row, which may be so much wider and
    higher than the box.
    """
    ideal = max(1, round((count * width / height) ** 0.5))
    for pitch in range(max(1, largest), 0, -1):
        most_columns, most_rows = int(width // pitch), int(height // pitch)
        if most_columns * most_rows >= count:
            if (full := _without_gap(count, width * deeper[0], height * deeper[1], pitch, ideal)) is not None:
                return full
            columns = min(most_columns, max(ideal, -(-count // most_rows)))
            rows = -(-count // columns)
            return pitch, rows, -(-count // rows)
    columns = max(1, int(width))
    return 1, -(-count // columns), columns


def _without_gap(count: int, width: float, height: float, most: int, ideal: int) -> tuple[int, int, int] | None:
    """Pitch, rows and columns of a full block, of nearly the largest pitch and the ideal columns; None without one."""
    near = [columns for columns in range(1, count + 1) if count % columns == 0 and ideal <= PROPORTION * columns]
    near = sorted((each for each in near if each <= PROPORTION * ideal), key=lambda each: abs(each - ideal))
    for pitch in range(most, max(1, ceil(SHRUNK * most)) - 1, -1):
        for columns in near:
            if columns <= width // pitch and count // columns <= height // pitch:
                return pitch, count // columns, columns
    return None


def _moved(block: CellBlock, flow_area: FlowArea, along: float, across: float) -> CellBlock:
    """The block moved to have its middle there, on even pixels."""
    x, y = flow_area.point(along, across)
    left, top = (2 * round((middle - size / 2) / 2) for middle, size in ((x, block.width), (y, block.height)))
    return replace(block, left=left, top=top)


def place_collapsed(
    collapsed_layers: Sequence[CollapsedLayer],
    area: Rect,
    flow: Flow,
    largest_radius: float,
    has_bias_nodes: bool,
    label: float,
    unit: float,
    has_rows: bool = False,
    rooms: tuple[BlockRoom, ...] = (),
) -> NetworkPositions:
    """Positions of nodes of layers of which some are collapsed.

    label: height of the line below each collapsed layer. unit: a thousandth of the picture's shorter side. has_rows:
    whether the outputs are rows of names and bars, which find their own place beyond the area (see class_bars.py).
    rooms: of the blocks of each layer after the inputs; () in a network without any.
    """
    along, across = (area.width, area.height) if flow == "right" else (area.height, area.width)
    biased = [has_bias_nodes and layer < len(collapsed_layers) - 1 for layer in range(len(collapsed_layers))]
    counts = [slots(collapsed, bias) for collapsed, bias in zip(collapsed_layers, biased, strict=True)]
    most = max(1, *(counts[:-1] if has_rows else counts))
    beside_bars = along - min(MOST_OF_BARS * along, sum(room.fixed for room in rooms))
    fitting = min(
        largest_radius, across / (2 * most + COLLAPSED_GAP * (most - 1)), beside_bars / (3.8 * len(collapsed_layers))
    )
    radius = max(SMALLEST_RADIUS, fitting)
    spacing = min((across - 2 * radius) / max(1, most - 1), radius * (4.2 if flow == "right" else 5.6))
    flow_area = FlowArea(area, flow, len(collapsed_layers), radius, spacing, label, unit, rooms)
    layers = place_layers(flow_area, collapsed_layers, has_bias_nodes, has_rows)
    drawn = [
        layer.radius if layer.block is None else layer.block.radius
        for layer in (layers[:-1] if has_rows else layers)
        if layer.block is None or not layer.block.is_picture
    ]
    return NetworkPositions(
        tuple(layer.centres for layer in layers),
        max(SMALLEST_RADIUS, min(drawn, default=radius)),
        flow,
        has_bias_nodes,
        tuple(layer.block for layer in layers),
        label,
        tuple(layer.radius for layer in layers),
        tuple(layer.box for layer in layers),
        gates=tuple(layer.gate for layer in layers) if rooms else (),
        block_areas=tuple(layer.blocks for layer in layers) if rooms else (),
        is_dense=tuple(not room.has_tiles for room in rooms),
    )
