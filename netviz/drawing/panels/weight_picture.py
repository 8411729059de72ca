"""Weight picture: a hidden neuron's weights from the pixels as a small picture, which shows what it looks for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch

from netviz.drawing.canvas import FAINTEST, CoverDrawing
from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import NetworkPositions
from netviz.drawing.panels.free_room import FreeRoom
from netviz.drawing.panels.growth import fade_back
from netviz.drawing.panels.neurons import RING
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.text import width, wrap
from netviz.drawing.theme import mix
from netviz.recording.layers import Floats
from netviz.scene.phrases import say
from netviz.timeline.first_weights import can_be_seen
from netviz.timeline.frame import Frame

SIDE, SMALLEST = 0.185, 0.085
"""Largest and smallest side of the picture, as parts of the picture's shorter side; with less room there is none."""
PADDING, LINE, CLEAR, NARROWEST = 0.6, 1.2, 0.3, 4.8
"""In sizes of small type: from the card's edge to what is in it, from line to line, from the card to what it must
not cover; and the least width of its words."""
SHADES = 127
"""Shades of either sign."""
PARTED = 0.09
"""Half the gap in a parted cell, as a part of the distance from cell to cell."""
BESIDE = 0.45
"""Part of the way from the inputs to the neuron beside which the card stands, if there is room."""


@dataclass(frozen=True, eq=False)
class Card:
    """Parts of a card that stand still. left, top: of the first cell, even. pitch: pixels from cell to cell, even.

    leader: dotted line from the card to the neuron.
    """

    drawn: CoverDrawing
    leader: CoverDrawing
    left: int
    top: int
    pitch: int
    lines: tuple[str, ...]
    size: float
    slot: Rect


class WeightPicture:
    """Weight picture: cells in the colours of the weights' signs, as strong as the weights against the largest.

    Where negative synapses are dashed, negative cells are parted.
    The card stands where it covers neither neurons nor names; a dotted line leads from it to the neuron.
    """

    def __init__(self, context: RenderContext, places: NetworkPositions, room: FreeRoom) -> None:
        self.context, self.places, self.room = context, places, room
        scene, theme = context.scene, context.theme
        self.shows = can_be_seen(scene)
        self.rows, self.columns = scene.network.grid or (1, 1)
        shades = np.linspace(-1, 1, 2 * SHADES + 1)[:, None]
        paper = mix(theme.centre, theme.quiet, 0.08)
        signs = np.where(shades >= 0, theme.positive, theme.negative)
        colours = (1 - np.abs(shades)) * paper + np.abs(shades) * signs
        colours = np.concatenate([colours, theme.centre[None]])
        self.palette = context.canvas.space.palette(np.asarray(np.rint(255 * np.clip(colours, 0, 1)), np.uint8))
        self._card = lru_cache(maxsize=4)(self._make_card)

    def draw_leader(self, frame: Frame) -> None:
        """Draw the line to the neuron of a frame that has one, which goes behind the neurons."""
        if (card := self._card_of(frame)) is not None:
            assert frame.first_weights is not None
            self.context.canvas.put(card.leader, frame.first_weights.level)

    def draw(self, frame: Frame) -> None:
        """Draw the card of a frame that has one."""
        if (card := self._card_of(frame)) is None:
            return
        assert frame.first_weights is not None
        context, level = self.context, frame.first_weights.level
        canvas = context.canvas
        canvas.settle()
        under = canvas.memory.copy() if level < 1 else None
        canvas.put(card.drawn)
        weights = frame.weights[0][: self.rows * self.columns, frame.first_weights.neuron]
        most = float(np.abs(weights).max()) or 1.0
        numbers = np.rint(SHADES * weights / most).astype(int) + SHADES
        numbers = np.append(numbers, 2 * SHADES + 1).astype(np.uint16)
        shown = numbers[cells := self._cells(card.pitch)]
        if context.theme.dashed:  # then sign is not told by colour alone
            row = np.arange(len(cells)) % card.pitch
            parted = np.abs(row - (card.pitch - 2) / 2) <= max(0.5, PARTED * card.pitch)
            shown[parted[:, None] & np.append(weights < 0, False)[cells]] = 2 * SHADES + 1
        canvas.lay(shown, self.palette, card.left, card.top)
        if under is not None:
            fade_back(canvas, under, card.slot, level)
        for number, line in enumerate(card.lines):
            y = card.slot.y + (CLEAR + PADDING + 0.5 + LINE * number) * card.size
            x = card.slot.x + card.slot.width / 2
            canvas.text(line, x, y, context.faces.words, card.size, context.theme.quiet, "middle", level)

    def _cells(self, pitch: int) -> np.ndarray:
        """Number of the cell of every pixel, the last where there is none: between cells."""
        line = 0 if pitch < 5 else 2 if pitch >= 16 else 1
        row, column = (np.arange(count * pitch) for count in (self.rows, self.columns))
        cells = (row // pitch)[:, None] * self.columns + (column // pitch)[None, :]
        inside = (row % pitch < pitch - line)[:, None] & (column % pitch < pitch - line)[None, :]
        return np.where(inside, cells, self.rows * self.columns)

    def _card_of(self, frame: Frame) -> Card | None:
        """Card of a frame; None where it has none, or there is no room."""
        shown = frame.first_weights
        return None if not self.shows or shown is None or shown.level <= FAINTEST else self._card(shown.neuron)

    def _make_card(self, neuron: int) -> Card | None:
        """Card of a neuron, as large as there is room for; None where there is none."""
        context, shorter = self.context, min(self.context.layout.size)
        size, words = context.layout.small, context.faces.words
        x1, y1 = self.places.centres[1][neuron].tolist()
        x0, y0 = self.places.centres[0][: self.rows * self.columns].mean(axis=0).tolist()
        near = x0 + BESIDE * (x1 - x0), y0 + BESIDE * (y1 - y0)
        for side in np.linspace(SIDE, SMALLEST, 7) * shorter:
            pitch = 2 * int(side / max(self.rows, self.columns) / 2)
            if pitch < 2:
                continue
            wide, high = pitch * self.columns, pitch * self.rows
            lines, type_size = wrap(
                say(context.scene, "label-looks-for"), words, size, max(wide, NARROWEST * size), 0.9 * size, 2
            )
            across = max(wide, *(width(line, words, type_size) for line in lines))
            inside = across + 2 * PADDING * size, high + (2 * PADDING + 0.3 + LINE * len(lines)) * size
            needed = inside[0] + 2 * CLEAR * size, inside[1] + 2 * CLEAR * size
            x, y, covered = self.room.best(needed, near, self._before_layer(self.room.grid(needed), needed, x1))
            if covered < 1e-6:
                break
        else:
            return None
        slot = Rect(x - needed[0] / 2, y - needed[1] / 2, *needed)
        card = Rect(x - inside[0] / 2, y - inside[1] / 2, *inside)
        left = 2 * round((card.x + (inside[0] - wide) / 2) / 2)
        top = 2 * round((card.bottom - PADDING * size - high) / 2)
        return Card(
            self._frame(card, slot),
            self._leader(card, (x1, y1), neuron),
            left,
            top,
            pitch,
            tuple(lines),
            type_size,
            slot,
        )

    def _before_layer(self, centres: Floats, size: tuple[float, float], x: float) -> Floats:
        """Those of centres (n, 2) at which a card of that size lies on the inputs' side of the first hidden layer.

        x: of the neuron; below a layer that lies the card stands on its side of the middle.
        """
        hidden, radius = self.places.neurons(1), float(self.places.radii(1)[0])
        if self.places.flow == "right":
            there = centres[:, 0] + size[0] / 2 < hidden[:, 0].min() - radius
        else:
            middle = float(hidden[:, 0].mean())
            there = centres[:, 1] - size[1] / 2 > hidden[:, 1].max() + radius
            there &= (centres[:, 0] > middle) == (x > middle)
        return centres[there] if there.any() else centres

    def _frame(self, card: Rect, slot: Rect) -> CoverDrawing:
        """Background and edge of a card."""
        theme, unit = self.context.theme, self.context.layout.unit
        box = FancyBboxPatch(
            (card.x, card.y), card.width, card.height, boxstyle=f"round,pad=0,rounding_size={10 * unit}",
            facecolor=(*theme.centre, 0.94), edgecolor=tuple(mix(theme.centre, theme.quiet, 0.5)),
            linewidth=max(1.0, 1.4 * unit),
        )  # fmt: skip
        self.context.canvas.axes.add_patch(box)
        drawn = self.context.canvas.drawing(box, slot=slot)
        box.remove()
        return drawn

    def _leader(self, card: Rect, neuron: tuple[float, float], index: int) -> CoverDrawing:
        """Dotted line from a card's edge to the ring around its neuron."""
        theme, unit = self.context.theme, self.context.layout.unit
        x, y = neuron
        start = np.array([np.clip(x, card.x, card.right), np.clip(y, card.y, card.bottom)])
        way = np.array([x, y]) - start
        reach = float(self.places.radii(1)[index]) + RING * unit
        stop = np.array([x, y]) - way * min(1.0, reach / max(1e-9, float(np.hypot(*way))))
        wide = max(1.2, 2.0 * unit)
        line = Line2D(
            *np.array([start, stop]).T, color=tuple(mix(theme.centre, theme.ink, 0.75)), linewidth=wide,
            linestyle=(0, (0.1, 2.6)), dash_capstyle="round",
        )  # fmt: skip
        self.context.canvas.axes.add_line(line)
        first, last = np.minimum(start, stop), np.maximum(start, stop)
        slot = Rect(*(first - 2 * wide).tolist(), *(last - first + 4 * wide).tolist())
        drawn = self.context.canvas.drawing(line, slot=slot)
        line.remove()
        return drawn
