"""Synapse curves: the lines of synapses, and where they end along the edges of their neurons.

Pixels, x to the right, y down, as in the picture's rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.layout import Flow
from netviz.drawing.network_layout import NetworkPositions, SynapseEnds
from netviz.recording.layers import Integers

EDGE = 0.62
"""Part of a node's breadth along whose edge synapses end at most."""
ROOM = 1.25
"""Room of a synapse along an edge, in parts of its greatest width, where there is enough."""


def curves(
    places: NetworkPositions, lines: Sequence[Integers | None] | None = None, points: int = 40
) -> list[NDArray[np.float64]]:
    """Lines of the synapses, for each weight layer (synapses, points, 2), from rim to rim.

    Cubic Bezier curves that leave and reach the nodes along the flow; synapse (i, j) is row i * n_{l+1} + j. lines: for
    each weight layer which of these rows are returned, in their order; None: all.
    """
    found = []
    for layer, here in enumerate(places.centres[:-1]):
        there = places.neurons(layer + 1)
        rows = None if lines is None else lines[layer]
        first, last = np.divmod(np.arange(len(here) * len(there)) if rows is None else rows, len(there))
        leaves, reaches = (np.zeros(len(first)),) * 2
        if places.ends:
            leaves, reaches = (of[first, last] for of in places.ends[layer])
        start = here[first] + _on_edge(places, layer, first, leaves, 1)
        end = there[last] + _on_edge(places, layer + 1, last, reaches, -1)
        gate = places.gate(layer + 1)
        if gate is not None:
            end[:, 0 if places.flow == "right" else 1] = gate
        found.append(bezier(start, end, places.flow, points))
    return found


def _on_edge(
    places: NetworkPositions, layer: int, nodes: Integers, off: NDArray[np.float64], side: int
) -> NDArray[np.float64]:
    """Points (n, 2), from the middles of nodes, of their edges at distances (n,) across the flow from its middle."""
    radii = places.radii(layer)[nodes]
    is_straight = places.has_tiles or places.has_classes(layer)
    deep = radii if is_straight else np.sqrt(np.maximum(0, radii**2 - off**2))
    along = direction(places.flow)
    return side * deep[:, None] * along + off[:, None] * np.abs(along[::-1])


def spread_ends(
    places: NetworkPositions, widths: Sequence[NDArray[np.float64]], lines: Sequence[Integers | None]
) -> tuple[SynapseEnds, ...]:
    """Ends of synapses along the edges of their nodes: each takes as much of the edge as its width asks for.

    They lie in the order of the nodes that they come from or lead to. widths[l] (nodes_l, n_{l+1}): greatest widths in
    pixels. lines: which synapses of each weight layer are drawn (see `curves`); others take no room.
    """
    axis = 1 if places.flow == "right" else 0
    found = []
    for layer, (width, drawn) in enumerate(zip(widths, lines, strict=True)):
        if not width.size:  # before a layer of blocks
            found.append(SynapseEnds(width, width))
            continue
        room = ROOM * width
        if drawn is not None:
            seen = np.zeros(width.size, bool)
            seen[drawn] = True
            room = np.where(seen.reshape(width.shape), room, 0.0)
        here, there = places.centres[layer][:, axis], places.neurons(layer + 1)[:, axis]
        targets = places.radii(layer + 1)[: len(there)]
        if places.classes is not None and places.has_classes(layer + 1):
            targets = places.classes[:, axis]
        leaves = _side_by_side(room, np.argsort(there, kind="stable"), 2 * EDGE * places.radii(layer))
        reaches = _side_by_side(room.T, np.argsort(here, kind="stable"), 2 * EDGE * targets).T
        found.append(SynapseEnds(leaves, reaches))
    return tuple(found)


def _side_by_side(
    room: NDArray[np.float64], order: NDArray[np.intp], edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Middles (nodes, synapses) of rooms that lie side by side in an order, around 0, on edges so long (nodes,)."""
    total = room.sum(axis=1, keepdims=True)
    fitting = room * np.minimum(1, edges[:, None] / np.maximum(total, 1e-9))
    ordered = fitting[:, order]
    middles = np.empty_like(room)
    middles[:, order] = np.cumsum(ordered, axis=1) - ordered / 2 - ordered.sum(axis=1, keepdims=True) / 2
    return middles


def curve(places: NetworkPositions, synapse: tuple[int, int, int]) -> NDArray[np.float64]:
    """Line (points, 2) of one synapse: its weight layer, the node it comes from, the neuron it leads to."""
    layer, start, end = synapse
    row = np.array([start * len(places.neurons(layer + 1)) + end])
    rows = [row if number == layer else row[:0] for number in range(len(places.centres) - 1)]
    (line,) = curves(places, rows)[layer]
    return np.asarray(line)


def direction(flow: Flow) -> NDArray[np.float64]:
    """Unit vector (2,) of the direction of signals."""
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
