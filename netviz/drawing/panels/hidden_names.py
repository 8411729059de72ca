"""Names of hidden neurons, below them on soft shades over the synapses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.layout import Layout, Rect
from netviz.drawing.network_layout import NetworkPositions
from netviz.drawing.panels.growth import node_levels
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.panels.shades import Shaded
from netviz.drawing.text import Font, width, wrap
from netviz.scene.scene import Look
from netviz.timeline.frame import Frame

AWAY = 0.45
"""Distance of a name from its neuron, in sizes of the smallest type."""
LINE = 1.12
"""Distance from one line of a name to the next, in sizes of its type."""
CLEAR = 0.15
"""Least distance of a name from the next neuron, in sizes of its type."""
PART = 0.8
"""Largest width of a name below a neuron, as a part of the distance to the next in the same row, or the next layer."""
LEAST = 0.85
"""Smallest size of names, in sizes of the smallest type."""
SMALLER = 0.97
"""Factor by which names are made smaller until they fit."""


class NamedLayer(NamedTuple):
    """Names of a hidden layer: their lines, and the size of their type."""

    lines: tuple[tuple[str, ...], ...]
    size: float


def fitted(names: Sequence[str], places: NetworkPositions, layer: int, layout: Layout, font: Font) -> NamedLayer | None:
    """The names of a hidden layer as they are written; None where they could not be read whole."""
    if not any(names) or len(places.discs(layer)) < len(names):
        return None
    along, across = (0, 1) if places.flow == "right" else (1, 0)
    centres, radii = places.centres[layer], places.radii(layer)
    radius, small = float(radii[0]), layout.small
    apart = np.diff(np.sort(centres[:, across])) if len(centres) > 1 else np.array([4 * radius])
    ahead = abs(float(places.centres[layer + 1][0, along] - centres[0, along]))
    # They stand between the neurons of a column, or between two rows.
    gap = float(apart.min()) - 2 * radius if places.flow == "right" else ahead - 2 * radius
    room = PART * (ahead if places.flow == "right" else float(apart.min()))
    size = layout.body
    while size >= LEAST * small:
        wrapped = [wrap(name, font, size, room, size) for name in names]
        most = max(len(lines) for lines, _ in wrapped)
        high = (1 + LINE * (most - 1)) * size + AWAY * small + CLEAR * size
        if high <= gap and all(" ".join(lines) == name for name, (lines, _) in zip(names, wrapped, strict=True)):
            return NamedLayer(tuple(lines for lines, _ in wrapped), size)
        size *= SMALLER
    return None


def room_below(scene: Look, layout: Layout) -> float:
    """Height in pixels to leave free below the network for the names of a column's last neurons."""
    is_named = layout.flow == "right" and any(map(any, scene.network.hidden))
    return (AWAY + 1) * layout.small if is_named else 0.0


class Line(NamedTuple):
    """A line of a name: its text, its middle, the size of its type, and its neuron."""

    text: str
    x: float
    y: float
    size: float
    neuron: tuple[int, int]


class HiddenNames:
    """Names of all hidden neurons that can be read."""

    def __init__(self, context: RenderContext, places: NetworkPositions) -> None:
        self.context, self.places, self.shaded = context, places, Shaded(context)
        self.lines: list[Line] = []
        for layer, names in enumerate(hidden_names(context.scene, len(places.centres)), 1):
            found = fitted(names, places, layer, context.layout, context.faces.words)
            if found is not None:
                self.lines += self._placed(layer, found)

    def _placed(self, layer: int, names: NamedLayer) -> list[Line]:
        found, size = [], names.size
        away = AWAY * self.context.layout.small
        for neuron, lines in enumerate(names.lines):
            x, y = self.places.centres[layer][neuron].tolist()
            reach = float(self.places.radii(layer)[neuron]) + away
            for number, line in enumerate(lines):
                below = y + reach + (0.5 + LINE * number) * size
                found.append(Line(line, x, below, size, (layer, neuron)))
        return found

    def areas(self) -> list[Rect]:
        """Rectangles of all names."""
        found = []
        for line in self.lines:
            across = width(line.text, self.context.faces.words, line.size)
            found.append(Rect(line.x - across / 2, line.y - line.size / 2, across, line.size))
        return found

    def ground(self) -> None:
        """Save the background that names are shaded with; nothing stands still."""
        self.shaded.ground()

    def draw(self, frame: Frame) -> None:
        """Shade the places of the names, and write them, as far as their neurons are there."""
        if not self.lines:
            return
        levels: list[NDArray[np.float64]] = node_levels(frame.drawn, self.places)
        words, ink = self.context.faces.words, self.context.theme.quiet
        for line in self.lines:
            level = float(levels[line.neuron[0]][line.neuron[1]])
            self.shaded.text(line.text, line.x, line.y, words, line.size, ink, "middle", level)
        self.shaded.shade()
        self.shaded.write()


def hidden_names(scene: Look, layers: int) -> list[tuple[str, ...]]:
    """Names of each hidden layer of a network of so many layers; () for one without."""
    names = scene.network.hidden
    return [names[layer] if layer < len(names) else () for layer in range(layers - 2)]
