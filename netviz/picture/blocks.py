"""Blocks: the neurons of a large layer as small cells, and the places of layers of which some are blocks.

Pixels, x to the right, y down, as in the picture's rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from netviz.picture.fold import Fold
from netviz.picture.layout import Flow, Rect

Floats = NDArray[np.float64]

GAP, FOLDED_GAP = 1.35, 1.1
"""Between two discs, in radii; where layers are folded discs stand closer and are larger."""
BLOCK_SLOTS = 3
"""Discs whose place the block of a folded layer takes at least."""
SMALLEST_DISC, MOST_DISCS = 0.008, 24
"""Radius of the smallest discs, as a part of the picture's shorter side, and how many stand beside each other at most;
where they would be smaller or more, layers fold."""
LARGEST_CELL = {"picture": 0.034, "block": 0.026}
"""Sides of cells, likewise."""
MOST_DEEP = {"picture": (0.34, 1.15), "block": (0.18, 0.60)}
"""Of the network's length along the flow, and of a layer's share of it: no block is deeper."""
MOST_ACROSS = 0.74
"""Of the network's breadth across the flow: no picture is broader."""


@dataclass(frozen=True, eq=False)
class Block:
    """Cells in rows and columns. left, top: even pixels. pitch: pixels from cell to cell.

    cells (c,): the neurons that the cells are, row by row. is_picture: whether together they are the presented picture.
    """

    left: int
    top: int
    pitch: int
    rows: int
    columns: int
    cells: NDArray[np.int64]
    is_picture: bool

    @property
    def width(self) -> int:
        return self.columns * self.pitch

    @property
    def height(self) -> int:
        return self.rows * self.pitch

    @property
    def centres(self) -> Floats:
        """The cells' middles (c, 2)."""
        row, column = np.divmod(np.arange(len(self.cells)), self.columns)
        return np.column_stack([self.left + (column + 0.5) * self.pitch, self.top + (row + 0.5) * self.pitch])


def most_discs(room: Rect, flow: Flow, unit: float) -> int:
    """How many discs can stand beside each other across the flow. unit: a thousandth of the picture's shorter side."""
    across = room.height if flow == "right" else room.width
    return min(MOST_DISCS, max(1, int((across / (1000 * SMALLEST_DISC * unit) + GAP) / (2 + GAP))))


def slots(fold: Fold, has_bias_node: bool) -> int:
    """How many discs a layer has to find place for across the flow, its block counted as some."""
    block = BLOCK_SLOTS if len(fold.cells) and fold.grid is None else 0
    return len(fold.discs) + block + has_bias_node


@dataclass(frozen=True)
class Grounds:
    """A room seen along and across the flow, the discs in it, and the line below each block that its label takes.

    along, across: its length and breadth. radius: of the discs. spacing: from the middle of one to the next.
    most: so many stand beside each other. unit: a thousandth of the picture's shorter side.
    """

    room: Rect
    flow: Flow
    layers: int
    radius: float
    spacing: float
    most: int
    label: float
    unit: float

    @property
    def along(self) -> float:
        return self.room.width if self.flow == "right" else self.room.height

    @property
    def across(self) -> float:
        return self.room.height if self.flow == "right" else self.room.width

    def slot(self, number: int) -> float:
        """Where the middle of a disc is across the flow; negative numbers count from the end."""
        number = number if number >= 0 else self.most + number
        return self.across / 2 + (number - (self.most - 1) / 2) * self.spacing

    def point(self, along: float, across: float) -> tuple[float, float]:
        """x and y."""
        if self.flow == "right":
            return self.room.x + along, self.room.y + across
        return self.room.x + across, self.room.bottom - along

    def box(self, kind: str, breadth: float) -> tuple[float, float]:
        """The largest width and height of a block that may be `breadth` broad across the flow, label included.

        A label may leave no room, as among many layers: a block is no smaller than a disc either way.
        """
        part, share = MOST_DEEP[kind]
        depth = min(part, share / self.layers) * self.along
        width, height = (depth, breadth - self.label) if self.flow == "right" else (breadth, depth - self.label)
        return max(2 * self.radius, width), max(2 * self.radius, height)


def place_blocks(
    grounds: Grounds, folds: Sequence[Fold], has_bias_nodes: bool
) -> tuple[tuple[Floats, ...], tuple[Block | None, ...]]:
    """The centres of all nodes of each layer, and the blocks of those that have one.

    Layers follow each other with even gaps between what they take along the flow.
    """
    up = grounds.flow == "up"
    biased = [has_bias_nodes and layer < len(folds) - 1 for layer in range(len(folds))]
    blocks = [_block(grounds, fold, bias) for fold, bias in zip(folds, biased, strict=True)]
    disc = 2 * grounds.radius
    depths = [disc if b is None else max(disc, float(b.height if up else b.width)) for b in blocks]
    labels = [grounds.label if up and block is not None else 0.0 for block in blocks]
    gap = (grounds.along - sum(depths) - sum(labels)) / max(1, len(folds) - 1)
    starts = [0.0, *accumulate(depth + label + gap for depth, label in zip(depths, labels, strict=True))]
    centres, found = [], []
    for fold, bias, block, start, depth, label in zip(folds, biased, blocks, starts, depths, labels, strict=False):
        at = start + label + depth / 2
        if block is not None:
            block = _moved(block, grounds, at, _middle(grounds, fold, bias))
        found.append(block)
        nodes = np.empty((fold.count + bias, 2))
        across = _across(grounds, fold, bias)
        nodes[fold.discs] = np.array([grounds.point(at, each) for each in across[: len(fold.discs)]]).reshape(-1, 2)
        if bias:
            nodes[-1] = grounds.point(at, across[-1])
        if block is not None:
            nodes[fold.cells] = block.centres
        centres.append(nodes)
    return tuple(centres), tuple(found)


def _across(grounds: Grounds, fold: Fold, bias: bool) -> list[float]:
    """Where a layer's discs stand across the flow, the bias node the last: at the ends if a block is between them."""
    count = len(fold.discs) + bias
    if len(fold.cells):
        first = len(fold.discs) // 2
        return [grounds.slot(number if number < first else number - count) for number in range(count)]
    widest = grounds.spacing if grounds.flow == "right" else 1.25 * grounds.spacing
    step = min(widest, (grounds.across - 2 * grounds.radius) / max(1, count - 1))
    return [grounds.across / 2 + (number - (count - 1) / 2) * step for number in range(count)]


def _ends(grounds: Grounds, fold: Fold, bias: bool) -> tuple[float, float]:
    """Between which places across the flow a block has its room, its label included."""
    first, last = len(fold.discs) // 2, len(fold.discs) - len(fold.discs) // 2 + bias
    away = 1.9 * grounds.radius
    start = grounds.slot(first - 1) + away if first else 0.0
    stop = grounds.slot(-last) - away if last else grounds.across
    return start, stop


def _middle(grounds: Grounds, fold: Fold, bias: bool) -> float:
    start, stop = _ends(grounds, fold, bias)
    if grounds.flow == "up":
        return grounds.across / 2 if fold.grid is not None else (start + stop) / 2
    return (start + stop - grounds.label) / 2


def _block(grounds: Grounds, fold: Fold, bias: bool) -> Block | None:
    """A layer's block, as large as it may be, its place still open."""
    if not len(fold.cells):
        return None
    start, stop = _ends(grounds, fold, bias)
    kind = "block" if fold.grid is None else "picture"
    breadth = stop - start if fold.grid is None else min(stop - start, MOST_ACROSS * grounds.across)
    width, height = grounds.box(kind, breadth)
    largest = LARGEST_CELL[kind] * 1000 * grounds.unit
    if fold.grid is not None:
        rows, columns = fold.grid
        pitch = max(1, int(min(largest, width / columns, height / rows)))
    else:
        pitch, rows, columns = _filling(len(fold.cells), width, height, int(largest))
    return Block(0, 0, pitch, rows, columns, fold.cells, fold.grid is not None)


def _filling(count: int, width: float, height: float, largest: int) -> tuple[int, int, int]:
    """Pitch, rows and columns of so many cells in a box: as large as they fit, in a block of the box's proportions."""
    wanted = max(1, round((count * width / height) ** 0.5))
    for pitch in range(max(1, largest), 0, -1):
        most_columns, most_rows = int(width // pitch), int(height // pitch)
        if most_columns * most_rows >= count:
            columns = min(most_columns, max(wanted, -(-count // most_rows)))
            rows = -(-count // columns)
            return pitch, rows, -(-count // rows)
    columns = max(1, int(width))
    return 1, -(-count // columns), columns


def _moved(block: Block, grounds: Grounds, along: float, across: float) -> Block:
    """The block with its middle there, on even pixels."""
    x, y = grounds.point(along, across)
    left, top = (2 * round((middle - size / 2) / 2) for middle, size in ((x, block.width), (y, block.height)))
    return Block(left, top, block.pitch, block.rows, block.columns, block.cells, block.is_picture)
