"""Closed shapes that stand still, discs and tiles: matplotlib draws each once, its inside and its rim."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from matplotlib.collections import Collection, EllipseCollection, PolyCollection
from numpy.typing import NDArray

from netviz.picture.canvas import Canvas
from netviz.picture.cover import Cover
from netviz.picture.layout import Rect
from netviz.picture.theme import Colour

Floats = NDArray[np.float64]

CORNER = 0.24
"""Radius of a tile's corners, as a part of half its side."""
FINENESS = 10
"""Widths of rims are told apart by so many steps a pixel."""
KEPT_OF_EACH = 4
"""Rims and insides that are kept of each shape."""


class Shapes:
    """Shapes around centres (n, 2), radii (n,) from the middle to the edge, in the picture's pixels."""

    def __init__(self, canvas: Canvas, centres: Floats, radii: float | Floats, are_tiles: bool = False) -> None:
        self.canvas, self.centres = canvas, centres
        self.radii = np.broadcast_to(np.asarray(radii, dtype=float), len(centres))
        self.outline = tile if are_tiles else disc
        self._cover = lru_cache(maxsize=max(64, KEPT_OF_EACH * len(centres)))(self._drawn)

    def fill(self, index: int, colour: Colour, level: float = 1.0) -> None:
        """Colour the inside of one shape."""
        self.canvas.fill(self._cover(index, 0), colour, level)

    def rim(self, index: int, width: float, colour: Colour, level: float = 1.0) -> None:
        """Draw the edge of one shape, `width` pixels wide."""
        if level > 0:
            self.canvas.fill(self._cover(index, max(1, round(FINENESS * width))), colour, level)

    def _drawn(self, index: int, steps: int) -> Cover:
        """What the inside (0 steps) or a rim of so many steps covers."""
        (x, y), radius, width = self.centres[index], float(self.radii[index]), steps / FINENESS
        shape = self.outline(self.canvas, x, y, radius)
        inside, edge = ("none", "white") if steps else ("white", "none")
        shape.set(facecolor=inside, edgecolor=edge, linewidth=width)
        self.canvas.axes.add_collection(shape, autolim=False)
        reach = radius + width / 2 + 1
        found = self.canvas.cover(shape, room=Rect(x - reach, y - reach, 2 * reach, 2 * reach))
        shape.remove()
        return found


def disc(canvas: Canvas, x: float, y: float, radius: float) -> Collection:
    """A circle."""
    across = [2 * radius]
    return EllipseCollection(
        across, across, [0.0], units="xy", offsets=[(x, y)], offset_transform=canvas.axes.transData
    )


def tile(canvas: Canvas, x: float, y: float, half: float) -> Collection:
    """A square with round corners, `half` a side from middle to edge."""
    return PolyCollection([np.array([x, y]) + half * _rounded_square(CORNER)])


def _rounded_square(corner: float, points: int = 12) -> Floats:
    """The outline (4 * points, 2) of the square from -1 to 1 with corners of that radius."""
    turns = np.linspace(0, np.pi / 2, points)
    outline = []
    for quarter in range(4):
        middle = (1 - corner) * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]][quarter])
        angles = turns + quarter * np.pi / 2
        outline.append(middle + corner * np.column_stack([np.cos(angles), np.sin(angles)]))
    return np.concatenate(outline)
