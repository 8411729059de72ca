"""Where the neurons stand, and the lines of the synapses between them.

Pixels, x to the right, y down, as in the picture's rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netviz.picture.blocks import FOLDED_GAP, GAP, Block, Grounds, place_blocks, slots
from netviz.picture.fold import Fold
from netviz.picture.layout import Flow, Rect

BIAS_RADIUS = 0.6
"""Of a bias node, as a part of a neuron's."""
SMALLEST_RADIUS = 1.0
"""Pixels, however small the place is that a scene gives the network: what is drawn has a size."""


@dataclass(frozen=True, eq=False)
class Places:
    """Where the nodes stand. centres[l] (nodes_l, 2): x, y. radius: of every neuron that is a disc.

    has_bias_nodes: whether the last node of every layer but the last is a bias node, which is smaller.
    blocks: of every layer the block that those of its neurons stand in that are no discs; () if all are discs.
    label: height of the line below each block; 0: there is none.
    """

    centres: tuple[NDArray[np.float64], ...]
    radius: float
    flow: Flow
    has_bias_nodes: bool = False
    blocks: tuple[Block | None, ...] = ()
    label: float = 0.0

    def neurons(self, layer: int) -> NDArray[np.float64]:
        """The centres (n_l, 2) of a layer's neurons."""
        centres = self.centres[layer]
        return centres[:-1] if self.has_bias_nodes and layer < len(self.centres) - 1 else centres

    def block(self, layer: int) -> Block | None:
        """Where those of a layer's neurons stand that are no discs."""
        return self.blocks[layer] if self.blocks else None

    def discs(self, layer: int) -> NDArray[np.int64]:
        """Those of a layer's neurons that are discs."""
        everyone = np.arange(len(self.neurons(layer)))
        block = self.block(layer)
        return everyone if block is None else np.setdiff1d(everyone, block.cells)

    def nodes(self, layer: int) -> NDArray[np.int64]:
        """The same with the bias node, if there is one."""
        return np.append(self.discs(layer), np.arange(len(self.neurons(layer)), len(self.centres[layer])))

    @property
    def bias_nodes(self) -> NDArray[np.float64]:
        """The centres (L, 2) of all bias nodes, or (0, 2)."""
        if not self.has_bias_nodes:
            return np.empty((0, 2))
        return np.array([centres[-1] for centres in self.centres[:-1]])

    def radii(self, layer: int) -> NDArray[np.float64]:
        """The radii (nodes_l,) of a layer's nodes; a cell's is 0, for what leads to it goes to its middle."""
        radii = np.full(len(self.centres[layer]), float(self.radius))
        radii[len(self.neurons(layer)) :] *= BIAS_RADIUS
        block = self.block(layer)
        if block is not None:
            radii[block.cells] = 0.0
        return radii


def place(
    layers: tuple[int, ...], room: Rect, flow: Flow, largest_radius: float, has_bias_nodes: bool = False
) -> Places:
    """Nodes in columns from left to right, or in rows from the bottom up, as large as they fit and evenly spaced."""
    along, across = (room.width, room.height) if flow == "right" else (room.height, room.width)
    most = max(layers)
    fitting = min(largest_radius, across / (2 * most + GAP * max(0, most - 1)), along / (3.8 * len(layers)))
    radius = max(SMALLEST_RADIUS, fitting)
    spacing = min((across - 2 * radius) / max(1, most - 1), radius * (4.2 if flow == "right" else 5.6))
    # Short rows stand wider, which leaves room for the names below them.
    widest = spacing if flow == "right" else 1.25 * spacing
    depth = np.linspace(radius, along - radius, len(layers))
    centres = []
    for position, count in zip(depth, layers, strict=True):
        step = min(widest, (across - 2 * radius) / max(1, count - 1))
        side = across / 2 + (np.arange(count) - (count - 1) / 2) * step
        if flow == "right":
            centres.append(np.column_stack([np.full(count, room.x + position), room.y + side]))
        else:
            centres.append(np.column_stack([room.x + side, np.full(count, room.bottom - position)]))
    return Places(tuple(centres), radius, flow, has_bias_nodes)


def place_folded(
    folds: Sequence[Fold],
    room: Rect,
    flow: Flow,
    largest_radius: float,
    has_bias_nodes: bool,
    label: float,
    unit: float,
) -> Places:
    """Nodes of layers of which some are blocks. label: height of the line below each block; unit: of the picture."""
    along, across = (room.width, room.height) if flow == "right" else (room.height, room.width)
    biased = [has_bias_nodes and layer < len(folds) - 1 for layer in range(len(folds))]
    most = max(1, *(slots(fold, bias) for fold, bias in zip(folds, biased, strict=True)))
    fitting = min(largest_radius, across / (2 * most + FOLDED_GAP * (most - 1)), along / (3.8 * len(folds)))
    radius = max(SMALLEST_RADIUS, fitting)
    spacing = min((across - 2 * radius) / max(1, most - 1), radius * (4.2 if flow == "right" else 5.6))
    grounds = Grounds(room, flow, len(folds), radius, spacing, most, label, unit)
    centres, blocks = place_blocks(grounds, folds, has_bias_nodes)
    return Places(centres, radius, flow, has_bias_nodes, blocks, label)


def curves(
    places: Places, lines: Sequence[NDArray[np.int64] | None] | None = None, points: int = 40
) -> list[NDArray[np.float64]]:
    """The synapses' lines, for each weight layer (synapses, points, 2), from rim to rim.

    Cubic Bezier curves that leave and reach the nodes along the flow; synapse (i, j) is row i * n_{l+1} + j. lines: for
    each weight layer which of these rows are wanted, in their order; None: all.
    """
    found = []
    for layer, here in enumerate(places.centres[:-1]):
        there = places.neurons(layer + 1)
        wanted = None if lines is None else lines[layer]
        first, last = np.divmod(np.arange(len(here) * len(there)) if wanted is None else wanted, len(there))
        along = direction(places.flow)
        start = here[first] + along * places.radii(layer)[first][:, None]
        found.append(bezier(start, there[last] - along * places.radius, places.flow, points))
    return found


def direction(flow: Flow) -> NDArray[np.float64]:
    """The way (2,) signals go."""
    return np.array([1.0, 0.0]) if flow == "right" else np.array([0.0, -1.0])


def bezier(start: NDArray[np.float64], end: NDArray[np.float64], flow: Flow, points: int = 40) -> NDArray[np.float64]:
    """Curves (n, points, 2) from start to end (n, 2) that leave and arrive along the flow."""
    t = np.linspace(0, 1, points)[:, None]
    basis = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    along = direction(flow)
    reach = np.abs((end - start) @ along)[:, None] * 0.5 * along
    corners = (start, start + reach, end - reach, end)
    total: NDArray[np.float64] = sum(
        (b[None] * c[:, None] for b, c in zip(basis, corners, strict=True)), np.zeros((len(start), points, 2))
    )
    return total
