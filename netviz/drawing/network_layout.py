"""Network layout: positions of neurons and of the blocks of large layers.

Pixels, x to the right, y down, as in the picture's rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.layout import Flow, Rect
from netviz.recording.layers import Floats, Integers

GAP = 1.35
"""Gap between two discs, in radii."""
SMALLEST_DISC, MOST_DISCS = 0.008, 24
"""Radius of the smallest discs, as a part of the picture's shorter side, and how many stand beside each other at most;
where they would be smaller or more, layers are collapsed."""
ROUND_CELL = 0.38
"""Radius of a cell that is a neuron, as a part of the distance from cell to cell."""


class PixelGrid(NamedTuple):
    """The numbers (channels, rows, columns) of a picture that is drawn pixel by pixel of the film's picture."""

    channels: int
    rows: int
    columns: int

    def cells(self, rows: int, columns: int) -> Integers:
        """Number of the cell, of a block of rows and columns, in which each of the picture's numbers is seen."""
        row, column = np.divmod(np.arange(self.rows * self.columns), self.columns)
        return np.tile(row * rows // self.rows * columns + column * columns // self.columns, self.channels)


@dataclass(frozen=True, eq=False)
class CellBlock:
    """Cells in rows and columns. left, top: even pixels. pitch: pixels from cell to cell.

    cells (c,): numbers of the neurons that the cells stand for, row by row. is_picture: whether together they are the
    presented picture. pixels: the picture's numbers, where it is in colours or has no room for cells; then a cell is a
    pixel of the film's picture (see input_picture.py).
    """

    left: int
    top: int
    pitch: int
    rows: int
    columns: int
    cells: Integers
    is_picture: bool
    pixels: PixelGrid | None = None

    @property
    def width(self) -> int:
        return self.columns * self.pitch

    @property
    def height(self) -> int:
        return self.rows * self.pitch

    @property
    def radius(self) -> float:
        """Radius of a cell that is a neuron and no pixel, in pixels."""
        return ROUND_CELL * self.pitch

    @property
    def centres(self) -> Floats:
        """Centres of the cells (c, 2), in pixels."""
        cells = np.arange(len(self.cells)) if self.pixels is None else self.pixels.cells(self.rows, self.columns)
        row, column = np.divmod(cells, self.columns)
        return np.column_stack([self.left + (column + 0.5) * self.pitch, self.top + (row + 0.5) * self.pitch])


def most_discs(area: Rect, flow: Flow, unit: float) -> int:
    """Number of discs that fit beside each other across the flow. unit: a thousandth of the picture's shorter side."""
    across = area.height if flow == "right" else area.width
    return min(MOST_DISCS, max(1, int((across / (1000 * SMALLEST_DISC * unit) + GAP) / (2 + GAP))))


# Positions of the neurons, and the lines of the synapses between them.
#
# Pixels, x to the right, y down, as in the picture's rows.


class SynapseEnds(NamedTuple):
    """Distances of a weight layer's synapses (nodes_l, n_{l+1}), in pixels across the flow, from the middle of the edge
    of the node they leave, and of that they reach."""

    leaves: NDArray[np.float64]
    reaches: NDArray[np.float64]


BIAS_RADIUS = 0.6
"""Radius of a bias node, as a part of a neuron's."""
SMALLEST_RADIUS = 1.0
"""Smallest radius in pixels, however small the place is that a scene gives the network: what is drawn has a size."""


@dataclass(frozen=True, eq=False)
class NetworkPositions:
    """Positions of the nodes. centres[l] (nodes_l, 2): x, y in pixels. radius: of every neuron that is a disc,
    the smallest where layers differ.

    has_bias_nodes: whether the last node of every layer but the last is a bias node, which is smaller.
    blocks: for every layer the block of its neurons that are not discs, None without one; () if all are discs.
    label: height of the line below each collapsed layer; 0: there is none.
    layer_radii: radius of each layer's discs; () where all have the same. boxes: rectangles of collapsed layers, whose
    bias nodes are not drawn; None for others, () if there are none.
    classes: half the width and height (n_L, 2) of the outputs' names, where they stand in the outputs' place.
    ends: of the synapses of each weight layer along the edges of their nodes; (): all end in the middle of an edge.
    has_tiles: whether neurons are squares, whose edges are straight.
    gates: for every layer the place along the flow, in pixels, at which its synapses end before the bars of its blocks;
    None where they end at its neurons. block_areas: where the bars of a layer's blocks stand, or their tiles; None
    without any. is_dense: whether synapses lead to each layer after the inputs. All three are () in a network without
    blocks.
    """

    centres: tuple[NDArray[np.float64], ...]
    radius: float
    flow: Flow
    has_bias_nodes: bool = False
    blocks: tuple[CellBlock | None, ...] = ()
    label: float = 0.0
    layer_radii: tuple[float, ...] = ()
    boxes: tuple[Rect | None, ...] = ()
    classes: NDArray[np.float64] | None = None
    ends: tuple[SynapseEnds, ...] = ()
    has_tiles: bool = False
    gates: tuple[float | None, ...] = ()
    block_areas: tuple[Rect | None, ...] = ()
    is_dense: tuple[bool, ...] = ()

    def neurons(self, layer: int) -> NDArray[np.float64]:
        """The centres (n_l, 2) of a layer's neurons."""
        centres = self.centres[layer]
        return centres[:-1] if self.has_bias_nodes and layer < len(self.centres) - 1 else centres

    def block(self, layer: int) -> CellBlock | None:
        """The block of a layer's neurons that are not discs; None without one."""
        return self.blocks[layer] if self.blocks else None

    def box(self, layer: int) -> Rect | None:
        """The rectangle of a collapsed layer, None for another."""
        return self.boxes[layer] if self.boxes else None

    def has_synapses(self, layer: int) -> bool:
        """True if synapses leave a layer."""
        return layer < len(self.centres) - 1 and (not self.is_dense or self.is_dense[layer])

    def has_bias(self, layer: int) -> bool:
        """True if a layer has a bias node, drawn or not, from which synapses come."""
        return self.has_bias_nodes and self.has_synapses(layer)

    def gate(self, layer: int) -> float | None:
        """The place at which the synapses that lead to a layer end before it; None where they end at its neurons."""
        return self.gates[layer] if self.gates else None

    def block_area(self, layer: int) -> Rect | None:
        """Places of the bars of a layer's blocks, or of their tiles; None without any."""
        return self.block_areas[layer] if self.block_areas else None

    def draws_bias(self, layer: int) -> bool:
        """True if a layer has a bias node that is drawn."""
        return self.has_bias(layer) and self.box(layer) is None

    def discs(self, layer: int) -> Integers:
        """Numbers of a layer's neurons that are discs."""
        everyone = np.arange(len(self.neurons(layer)))
        if self.classes is not None and layer == len(self.centres) - 1:
            return everyone[:0]
        block = self.block(layer)
        if block is None or len(block.cells) == len(everyone):
            return everyone if block is None else everyone[:0]
        return np.setdiff1d(everyone, block.cells)

    def nodes(self, layer: int) -> Integers:
        """Numbers of a layer's discs, and of its bias node if there is one."""
        discs = self.discs(layer)
        return np.append(discs, len(self.neurons(layer))) if self.draws_bias(layer) else discs

    @property
    def bias_layers(self) -> list[int]:
        """Layers whose bias node is drawn."""
        return [layer for layer in range(len(self.centres)) if self.draws_bias(layer)]

    @property
    def bias_nodes(self) -> NDArray[np.float64]:
        """The centres (k, 2) of all bias nodes that are drawn."""
        return np.array([self.centres[layer][-1] for layer in self.bias_layers]).reshape(-1, 2)

    def has_classes(self, layer: int) -> bool:
        """True if names of classes stand in the place of a layer's neurons."""
        return self.classes is not None and layer == len(self.centres) - 1

    def radii(self, layer: int) -> NDArray[np.float64]:
        """The radii (nodes_l,) of a layer's nodes, along the flow; 0 for a pixel: synapses begin at its middle."""
        if self.classes is not None and self.has_classes(layer):
            return self.classes[:, 0 if self.flow == "right" else 1]
        radii = np.full(len(self.centres[layer]), float(self.layer_radii[layer] if self.layer_radii else self.radius))
        radii[len(self.neurons(layer)) :] *= BIAS_RADIUS
        block = self.block(layer)
        if block is not None:
            radii[block.cells] = 0.0 if block.is_picture else block.radius
        return radii


BESIDE = 2.4
"""Width of a row's first and last disc together with what their light takes beside them, in radii."""


def place(
    layers: tuple[int, ...], area: Rect, flow: Flow, largest_radius: float, has_bias_nodes: bool = False
) -> NetworkPositions:
    """Place nodes in columns from left to right, or rows from the bottom up, as large as they fit and evenly spaced."""
    along, across = (area.width, area.height) if flow == "right" else (area.height, area.width)
    most = max(layers)
    fitting = min(largest_radius, across / (2 * most + GAP * max(0, most - 1)), along / (3.8 * len(layers)))
    radius = max(SMALLEST_RADIUS, fitting)
    spacing = min((across - 2 * radius) / max(1, most - 1), radius * (4.2 if flow == "right" else 5.6))
    # Neurons of short rows stand farther apart, which leaves space for the names below them.
    widest = spacing if flow == "right" else 1.25 * spacing
    depth = np.linspace(radius, along - radius, len(layers))
    centres = []
    for position, count in zip(depth, layers, strict=True):
        step = min(widest, (across - BESIDE * radius) / max(1, count - 1))
        side = across / 2 + (np.arange(count) - (count - 1) / 2) * step
        if flow == "right":
            centres.append(np.column_stack([np.full(count, area.x + position), area.y + side]))
        else:
            centres.append(np.column_stack([area.x + side, np.full(count, area.bottom - position)]))
    return NetworkPositions(tuple(centres), radius, flow, has_bias_nodes)
