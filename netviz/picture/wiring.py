"""Where the neurons stand, and the lines of the synapses between them.

Pixels, x to the right, y down, as in the picture's rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netviz.picture.layout import Flow, Rect

BIAS_RADIUS = 0.6
"""Of a bias node, as a part of a neuron's."""
SMALLEST_RADIUS = 1.0
"""Pixels, however small the place is that a scene gives the network: what is drawn has a size."""


@dataclass(frozen=True, eq=False)
class Places:
    """Where the nodes stand. centres[l] (nodes_l, 2): x, y. radius: of every neuron.

    has_bias_nodes: whether the last node of every layer but the last is a bias node, which is smaller.
    """

    centres: tuple[NDArray[np.float64], ...]
    radius: float
    flow: Flow
    has_bias_nodes: bool = False

    def neurons(self, layer: int) -> NDArray[np.float64]:
        """The centres (n_l, 2) of a layer's neurons."""
        centres = self.centres[layer]
        return centres[:-1] if self.has_bias_nodes and layer < len(self.centres) - 1 else centres

    @property
    def bias_nodes(self) -> NDArray[np.float64]:
        """The centres (L, 2) of all bias nodes, or (0, 2)."""
        if not self.has_bias_nodes:
            return np.empty((0, 2))
        return np.array([centres[-1] for centres in self.centres[:-1]])

    def radii(self, layer: int) -> NDArray[np.float64]:
        """The radii (nodes_l,) of a layer's nodes."""
        radii = np.full(len(self.centres[layer]), self.radius)
        radii[len(self.neurons(layer)) :] *= BIAS_RADIUS
        return radii


def place(
    layers: tuple[int, ...], room: Rect, flow: Flow, largest_radius: float, has_bias_nodes: bool = False
) -> Places:
    """Nodes in columns from left to right, or in rows from the bottom up, as large as they fit and evenly spaced."""
    along, across = (room.width, room.height) if flow == "right" else (room.height, room.width)
    most = max(layers)
    gap = 1.35
    fitting = min(largest_radius, across / (2 * most + gap * max(0, most - 1)), along / (3.8 * len(layers)))
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


def curves(places: Places, points: int = 40) -> list[NDArray[np.float64]]:
    """The synapses' lines, for each weight layer (nodes_l * n_{l+1}, points, 2), from rim to rim.

    Cubic Bezier curves that leave and reach the nodes along the flow; synapse (i, j) is row i * n_{l+1} + j.
    """
    t = np.linspace(0, 1, points)[:, None]
    basis = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    along = np.array([1.0, 0.0]) if places.flow == "right" else np.array([0.0, -1.0])
    lines = []
    for layer, here in enumerate(places.centres[:-1]):
        there = places.neurons(layer + 1)
        start = np.repeat(here + along * places.radii(layer)[:, None], len(there), axis=0)
        end = np.tile(there, (len(here), 1)) - along * places.radius
        reach = np.abs((end - start) @ along)[:, None] * 0.5 * along
        corners = (start, start + reach, end - reach, end)
        lines.append(sum(b[None] * c[:, None] for b, c in zip(basis, corners, strict=True)))
    return lines
