"""Free room of a network: where a label can stand beside synapses without covering neurons, values or names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import NetworkPositions
from netviz.drawing.panels.neurons import RING
from netviz.recording.layers import Floats

COVERED, CROSSED = 2000.0, 0.9
"""Cost of covering something that must be read, for each part of the label that does; and of covering synapses, for
each time that the points under the label are as many as make a line through it. Being one label's length farther away
costs 1."""
EVERY = 3
"""Points of synapses that are looked at: every so many."""


@dataclass(frozen=True, eq=False)
class FreeRoom:
    """Area of a network, with what stands in it.

    taken (k, 4): left, top, right and bottom of neurons with the rings around them, and of names. points (n, 2): of all
    synapses. apart: pixels between two neighbouring points, about.
    """

    area: Rect
    taken: Floats
    points: Floats
    apart: float

    @classmethod
    def of(
        cls, area: Rect, places: NetworkPositions, names: Sequence[Rect], lines: Sequence[Floats], unit: float
    ) -> FreeRoom:
        """The room in an area. lines: of the synapses, for each weight layer (synapses, points, 2)."""
        nodes = [
            Rect(x - reach, y - reach, 2 * reach, 2 * reach)
            for layer, centres in enumerate(places.centres)
            if places.has_synapses(layer) or (block := places.block(layer)) is None or not block.is_picture
            for (x, y), reach in zip(centres.tolist(), (places.radii(layer) + RING * unit).tolist(), strict=True)
        ]
        taken = np.array([(each.x, each.y, each.right, each.bottom) for each in [*nodes, *names]])
        every = [layer[:, ::EVERY] for layer in lines if len(layer)]
        points = np.concatenate([layer.reshape(-1, 2) for layer in every]) if every else np.empty((0, 2))
        steps = np.concatenate([np.hypot(*np.diff(layer, axis=1).T).ravel() for layer in every] or [np.ones(1)])
        return cls(area, taken, points, max(1.0, float(steps.mean())))

    def best(self, size: tuple[float, float], near: tuple[float, float], centres: Floats) -> tuple[float, float, float]:
        """The centre, of those proposed (n, 2), at which a label of that width and height covers least, and is near.

        Returned are its x and y, and the part of the label that covers what must be read or leaves the area.
        """
        half, whole, area = np.array(size) / 2, size[0] * size[1], self.area
        first, last = centres - half, centres + half
        inside = _areas(np.maximum(first, (area.x, area.y)), np.minimum(last, (area.right, area.bottom)))
        overlap = _areas(np.maximum(first[:, None], self.taken[:, :2]), np.minimum(last[:, None], self.taken[:, 2:]))
        covered = overlap.sum(axis=1) / whole + 1 - inside / whole
        under = (np.abs(self.points - centres[:, None]) < half).all(axis=2).sum(axis=1)
        lines = under * self.apart / min(size)
        away = np.hypot(*(centres - np.array(near)).T) / max(size)
        found = int(np.argmin(COVERED * covered + CROSSED * lines + away))
        return float(centres[found, 0]), float(centres[found, 1]), float(covered[found])

    def crosses(self, first: Floats, last: Floats) -> NDArray[np.bool_]:
        """True (n,) for each straight line, from its first to its last point (n, 2), that crosses what must be read."""
        part = np.linspace(0, 1, 33)[:, None, None]
        on_line = ((1 - part) * first + part * last)[:, :, None]
        inside = ((on_line > self.taken[:, :2]) & (on_line < self.taken[:, 2:])).all(axis=-1)
        return np.asarray(inside.any(axis=-1).any(axis=0))

    def grid(self, size: tuple[float, float], columns: int = 28, rows: int = 22) -> Floats:
        """Centres (n, 2) all over the area at which a label of that size lies inside."""
        (width, height), area = size, self.area
        x = np.linspace(area.x + width / 2, max(area.x + width / 2, area.right - width / 2), columns)
        y = np.linspace(area.y + height / 2, max(area.y + height / 2, area.bottom - height / 2), rows)
        return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _areas(first: NDArray[np.float64], last: NDArray[np.float64]) -> Floats:
    """Areas (...,) of rectangles from their first to their last corners (..., 2); 0 where they are empty."""
    return np.asarray(np.clip(last - first, 0, None).prod(axis=-1))
