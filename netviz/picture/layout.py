"""Where things stand: rectangles for the panels in each shape of picture, places for the neurons.

Pixels, x to the right, y down, as in the picture's rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Flow = Literal["right", "up"]


@dataclass(frozen=True)
class Rect:
    """A rectangle: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True)
class Layout:
    """The places of all panels.

    flow: the way signals run. caption_lines: how many there is room for. radius: of the largest neurons.
    small ... card: sizes of type in pixels.
    """

    size: tuple[int, int]
    flow: Flow
    header: Rect
    network: Rect
    table: Rect
    numbers: Rect
    stacked: bool
    curve: Rect
    caption_lines: int
    radius: float
    small: float
    body: float
    figure: float
    title: float
    card: float

    @property
    def unit(self) -> float:
        """A thousandth of the shorter side: the measure of lines and gaps."""
        return min(self.size) / 1000


SMALLEST = 0.0222
"""Of the picture's height: no text that must be read is smaller."""


def arrange(size: tuple[int, int]) -> Layout:
    """Places for a picture of (width, height): landscape, square or upright."""
    width, height = size

    def rect(x: float, y: float, right: float, bottom: float) -> Rect:
        return Rect(x * width, y * height, (right - x) * width, (bottom - y) * height)

    small = SMALLEST * height
    if width >= 1.2 * height:
        return Layout(
            size, "right",
            header=rect(0.05, 0.062, 0.56, 0.165), network=rect(0.205, 0.19, 0.965, 0.80),
            table=rect(0.05, 0.255, 0.185, 0.70), numbers=rect(0.05, 0.825, 0.235, 0.93), stacked=False,
            curve=rect(0.275, 0.825, 0.95, 0.92), caption_lines=2, radius=0.046 * height,
            small=small, body=1.06 * small, figure=1.0 * small, title=0.042 * height, card=0.075 * height,
        )  # fmt: skip
    if width >= 0.8 * height:
        return Layout(
            size, "right",
            header=rect(0.06, 0.055, 0.94, 0.15), network=rect(0.06, 0.185, 0.94, 0.63),
            table=rect(0.06, 0.67, 0.33, 0.95), numbers=rect(0.44, 0.675, 0.94, 0.765), stacked=False,
            curve=rect(0.44, 0.80, 0.94, 0.905), caption_lines=2, radius=0.044 * height,
            small=small, body=1.06 * small, figure=1.0 * small, title=0.042 * height, card=0.058 * height,
        )  # fmt: skip
    return Layout(
        size, "up",
        header=rect(0.065, 0.045, 0.935, 0.145), network=rect(0.05, 0.168, 0.95, 0.565),
        table=rect(0.065, 0.586, 0.50, 0.864), numbers=rect(0.58, 0.588, 0.935, 0.82), stacked=True,
        curve=rect(0.065, 0.885, 0.935, 0.94), caption_lines=2, radius=0.054 * width,
        small=small, body=1.0 * small, figure=1.0 * small, title=0.031 * height, card=0.042 * height,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Places:
    """Where the neurons stand. centres[l] (n_l, 2): x, y. radius: of every neuron."""

    centres: tuple[NDArray[np.float64], ...]
    radius: float
    flow: Flow


def place(layers: tuple[int, ...], room: Rect, flow: Flow, largest_radius: float) -> Places:
    """Neurons in columns from left to right, or in rows from the bottom up, as large as they fit and evenly spaced."""
    along, across = (room.width, room.height) if flow == "right" else (room.height, room.width)
    most = max(layers)
    gap = 1.35
    radius = min(largest_radius, across / (2 * most + gap * max(0, most - 1)), along / (3.2 * len(layers)))
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
    return Places(tuple(centres), radius, flow)


def curves(places: Places, points: int = 40) -> list[NDArray[np.float64]]:
    """The synapses' lines, for each weight layer (n_l * n_{l+1}, points, 2), from rim to rim.

    Cubic Bezier curves that leave and reach the neurons along the flow; synapse (i, j) is row i * n_{l+1} + j.
    """
    t = np.linspace(0, 1, points)[:, None]
    basis = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    along = np.array([1.0, 0.0]) if places.flow == "right" else np.array([0.0, -1.0])
    lines = []
    for here, there in zip(places.centres, places.centres[1:], strict=False):
        start = np.repeat(here, len(there), axis=0) + along * places.radius
        end = np.tile(there, (len(here), 1)) - along * places.radius
        reach = np.abs((end - start) @ along)[:, None] * 0.5 * along
        corners = (start, start + reach, end - reach, end)
        lines.append(sum(b[None] * c[:, None] for b, c in zip(basis, corners, strict=True)))
    return lines
