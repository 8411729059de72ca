"""Weight inset: the weight that moves most in a step, large, with its number before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyBboxPatch
from numpy.typing import NDArray

from netviz.drawing.canvas import FAINTEST, Cover, CoverDrawing
from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import NetworkPositions
from netviz.drawing.panels.free_room import FreeRoom
from netviz.drawing.panels.panel import RenderContext, signed_number
from netviz.drawing.panels.synapses import CORE
from netviz.drawing.synapse_curves import curve
from netviz.drawing.text import width
from netviz.drawing.theme import Colour, mix
from netviz.recording.layers import Floats
from netviz.scene.phrases import HasPhrases, decimal
from netviz.timeline.frame import Frame, MovedWeight
from netviz.timeline.step_timing import ease

ARROW = "→"
SIZE, SMALLEST = 0.033, 0.0245
"""Size of its numbers, as a part of the picture's shorter side, or that of other type if it is larger; and the least,
where there is little room. Where there is less there is no inset."""
MOST_DECIMALS = 4
"""Most decimals of its numbers: they have as many as it takes to tell them apart, two or more."""
PADDING, GAP, THICKEST, BETWEEN, CLEAR = 0.6, 2.0, 1.2, 0.6, 0.22
"""In sizes of type: from the card's edge to what is in it; between the numbers, for the arrow; width of the synapse
where its weight is largest; between synapse and numbers; from the card to what it must not cover."""
TURN = 0.24
"""Part of the synapse's length in which it becomes from as wide as it was as wide as it is."""
COUNTS = 0.15
"""Part of the weight's way in which its number comes."""
POINTED_AT, OFF = slice(8, 32), 0.06
"""Points of the synapse, of 40, to one of which the line from the card leads; and how many sizes of type that line may
be longer for each point that it leads nearer to the middle."""
STEPS, POINTS = 60, 121
"""Steps into which the way of the weight is divided; points along the synapse."""
DASH, DASH_GAP = 0.9, 0.4
"""Of a negative weight where the palette asks for it, in sizes of type."""


@dataclass(frozen=True, eq=False)
class Card:
    """Parts of an inset that stand still: its drawing, slot and size of type, and the height of the synapse's middle.

    leader: the line from the card to the synapse in the network.
    """

    leader: CoverDrawing
    drawn: CoverDrawing
    slot: Rect
    size: float
    middle: float


class WeightInset:
    """Weight inset: a piece of the synapse, on the left as it was, on the right as it is, over the two weights.

    Its width is in proportion to the weight. The card stands where it covers neither neurons nor names; a thin line
    leads from it to the synapse.
    """

    def __init__(self, context: RenderContext, places: NetworkPositions, room: FreeRoom) -> None:
        self.context, self.places, self.room = context, places, room
        theme = context.theme
        shorter = min(context.layout.size)
        largest = max(context.layout.body, SIZE * shorter)
        self.sizes = np.linspace(largest, SMALLEST * shorter, 6).tolist()
        self.inks = {
            sign: theme.readable(mix(colour, theme.ink, 0.25))
            for sign, colour in (("+", theme.positive), ("−", theme.negative))
        }
        self._card = lru_cache(maxsize=4)(self._make_card)
        self._pieces = lru_cache(maxsize=STEPS + 4)(self._make_pieces)

    def draw_leader(self, frame: Frame) -> None:
        """Draw the line from the card of a frame's inset to the synapse, which goes behind neurons."""
        if (card := self._card_of(frame)) is not None:
            assert frame.moved is not None
            self.context.canvas.put(card.leader, frame.moved.level)

    def draw(self, frame: Frame) -> None:
        """Draw the inset of a frame that has one."""
        moved = frame.moved
        if moved is None or (card := self._card_of(frame)) is None:
            return
        context, theme, size = self.context, self.context.theme, card.size
        canvas, font = context.canvas, context.faces.strong_figures
        canvas.put(card.drawn, moved.level)
        for colour, cover in self._pieces(card, moved.before, moved.after, round(STEPS * moved.part)):
            canvas.fill(cover, colour, moved.level)
        before, now, longest = texts_of(context.scene, moved)
        first, last = card.slot.x + PADDING * size, card.slot.right - PADDING * size
        y, number = card.slot.bottom - (PADDING + 0.36) * size, width(longest, font, size)
        counts = moved.level * ease(moved.part / COUNTS)
        for text, right, level in ((before, first + number, moved.level), (now, last, counts)):
            canvas.text(text, right, y, font, size, self.inks.get(text[0], theme.ink), "right", level)
        canvas.text(ARROW, (first + last) / 2, y, font, size, theme.quiet, "middle", counts)

    def _card_of(self, frame: Frame) -> Card | None:
        """Card of a frame's inset; None where it has none, or the numbers would hardly differ, or there is no room."""
        moved = frame.moved
        if moved is None or moved.level <= FAINTEST or decimals_of(moved) is None:
            return None
        return self._card(moved.synapse, moved.before, moved.after, texts_of(self.context.scene, moved)[-1])

    def _make_card(self, synapse: tuple[int, int, int], before: float, after: float, longest: str) -> Card | None:
        """Card of a synapse, as wide as its longest number takes; None where there is no room for it."""
        context, theme, unit = self.context, self.context.theme, self.context.layout.unit
        line = curve(self.places, synapse)
        near_x, near_y = line[len(line) // 2].tolist()
        for size in self.sizes:
            number = width(longest, context.faces.strong_figures, size)
            across, high = 2 * number + (GAP + 2 * PADDING) * size, (2 * PADDING + THICKEST + BETWEEN + 0.72) * size
            needed = across + 2 * CLEAR * size, high + 2 * CLEAR * size
            x, y, covered = self.room.best(needed, (near_x, near_y), self.room.grid(needed))
            if covered < 1e-6:
                break
        else:
            return None
        slot = Rect(x - across / 2, y - high / 2, across, high)
        middle = slot.y + (PADDING + THICKEST / 2) * size
        edge = mix(theme.centre, theme.ink, 0.45)
        half, turned = abs(before) * _scale(before, after, size), slot.x + (1 + TURN) / 2 * across
        card = FancyBboxPatch(
            (slot.x, slot.y), across, high, boxstyle=f"round,pad=0,rounding_size={0.5 * size}",
            facecolor=(*theme.centre, 0.94), edgecolor=tuple(edge), linewidth=max(1.0, 1.4 * unit),
        )  # fmt: skip
        sides = [  # how wide it was, beside how wide it is
            Line2D(
                (turned, slot.right), (middle + side, middle + side), color=tuple(theme.quiet), linewidth=1.4 * unit,
                dashes=(3, 3),
            )
            for side in (-half, half)
        ]  # fmt: skip
        return Card(self._make_leader(line, slot, size), self._drawing([card, *sides], slot), slot, size, middle)

    def _make_leader(self, line: Floats, slot: Rect, size: float) -> CoverDrawing:
        """Line from a card to its synapse's line (points, 2): short, past neurons and names, and not near its ends."""
        theme, unit = self.context.theme, self.context.layout.unit
        points = line[POINTED_AT]
        ends = np.clip(points, (slot.x, slot.y), (slot.right, slot.bottom))
        off = np.abs(np.arange(len(points)) - (len(points) - 1) / 2) * OFF * size
        cost = np.hypot(*(points - ends).T) + off + np.where(self.room.crosses(points, ends), 1e6, 0)
        point, end = points[cost.argmin()], ends[cost.argmin()]
        edge = mix(theme.centre, theme.ink, 0.45)
        leader = Line2D(*np.array([point, end]).T, color=tuple(edge), linewidth=1.6 * unit)
        dot = Circle(
            point.tolist(), 5 * unit, facecolor=tuple(theme.ink), edgecolor=tuple(theme.centre), linewidth=unit
        )
        first, last = np.minimum(point, end), np.maximum(point, end)
        return self._drawing([leader, dot], Rect(*first.tolist(), *(last - first).tolist()))

    def _drawing(self, artists: Sequence[Artist], slot: Rect) -> CoverDrawing:
        """Drawing of artists that reach a little beyond a slot."""
        canvas, away = self.context.canvas, 7 * self.context.layout.unit + 2
        for artist in artists:
            canvas.axes.add_artist(artist)
        around = Rect(slot.x - away, slot.y - away, slot.width + 2 * away, slot.height + 2 * away)
        drawn = canvas.drawing(*artists, slot=around)
        for artist in artists:
            artist.remove()
        return drawn

    def _make_pieces(self, card: Card, before: float, after: float, step: int) -> list[tuple[Colour, Cover]]:
        """Covers of the piece of the synapse from edge to edge of its card, with their colours, one over the other.

        They are bodies and bright cores where the weight is positive, and where it is negative.
        """
        theme, size, along = self.context.theme, card.size, np.linspace(0, 1, POINTS)
        x = card.slot.x + along * card.slot.width
        turned = np.array([ease((each - 0.5) / TURN + 0.5) for each in along.tolist()])
        weights = before + turned * step / STEPS * (after - before)
        half = np.abs(weights) * _scale(before, after, size)
        off = ((x - card.slot.x) % ((DASH + DASH_GAP) * size) >= DASH * size) & theme.dashed
        found = []
        for there, colour in ((weights > 0, theme.positive), ((weights < 0) & ~off, theme.negative)):
            if not (runs := _runs(there)):
                continue
            for ink, part in ((mix(theme.centre, colour, 0.78), 1.0), (theme.shining(colour, 0.45), CORE)):
                outlines = [
                    np.column_stack(
                        [np.r_[x[run], x[run][::-1]], card.middle + part * np.r_[half[run], -half[run][::-1]]]
                    )
                    for run in runs
                ]
                shape = PolyCollection(outlines, facecolor="white", edgecolor="none")
                self.context.canvas.axes.add_collection(shape, autolim=False)
                found.append((ink, self.context.canvas.cover(shape, slot=card.slot)))
                shape.remove()
        return found


def _scale(before: float, after: float, size: float) -> float:
    """Half the width in pixels of a piece of a synapse for each unit of its weight."""
    return THICKEST / 2 * size / max(abs(before), abs(after))


def decimals_of(moved: MovedWeight) -> int | None:
    """Decimals with which the numbers before and after differ, two or more; None where they would be too many."""
    for decimals in range(2, MOST_DECIMALS + 1):
        if signed_number(moved.before, decimals) != signed_number(moved.after, decimals):
            return decimals
    return None


def texts_of(scene: HasPhrases, moved: MovedWeight) -> tuple[str, str, str]:
    """The weight before the step and now, and the longest text that it has on its way."""
    decimals = decimals_of(moved) or MOST_DECIMALS
    before, after, now = (
        decimal(scene, signed_number(value, decimals)) for value in (moved.before, moved.after, moved.now)
    )
    return before, now, max((before, after), key=len)


def _runs(there: NDArray[np.bool_]) -> list[slice]:
    """Slices of two or more neighbours that are True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], there.astype(int), [0]]))).reshape(-1, 2)
    return [slice(start, stop) for start, stop in edges.tolist() if stop - start > 1]
