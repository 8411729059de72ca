"""Lines of blocks: size of their weights, and of its change, over the run so far, with a dot at the present."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D

from netviz.drawing.canvas import CoverDrawing
from netviz.drawing.layout import Rect
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.theme import Colour, mix
from netviz.recording.blocks import BLOCK_SIZES, BLOCK_UPDATES, Block
from netviz.recording.layers import Floats
from netviz.recording.recording import Recording, in_numbers
from netviz.timeline.frame import BlockNumbers

WIDTHS = 2.2, 1.7
"""Width of the line of sizes and of that of changes, in thousandths of the shorter side."""
DOT = 3.0
"""Radius of the dots, likewise."""
DEPTH = 6.0
"""Most powers of ten that the lines show, from the largest number down."""
UNDER = 0.2
"""Cover of the area under the line of changes, which tells it from the other without its colour."""


def together(numbers: Floats, blocks: Sequence[Block], members: Sequence[int]) -> Floats:
    """Root mean square (...) over the weights of some blocks together, of the numbers (..., B) of each."""
    counts = np.array([blocks[member].weights for member in members], float)
    if len(members) == 1:
        return np.asarray(numbers[..., members[0]])
    with np.errstate(over="ignore"):
        squares = np.square(numbers[..., list(members)]) @ counts
    return np.asarray(np.sqrt(squares / max(1.0, counts.sum())))


def powers_of_ten(recording: Recording) -> tuple[float, float]:
    """Powers of ten between which the numbers of all blocks lie, the same for every line and at least one apart."""
    numbers = [
        in_numbers(roles[role]).astype(np.float64).ravel()
        for roles in recording.parameters
        for role in (BLOCK_SIZES, BLOCK_UPDATES)
        if role in roles
    ]
    every = np.concatenate([np.empty(0), *numbers])
    every = every[np.isfinite(every) & (every > 0)]
    if not len(every):
        return -1.0, 0.0
    last = float(np.log10(every.max()))
    first = float(np.log10(np.quantile(every, 0.01)))
    return max(min(first, last - 1), last - DEPTH), last


class BlockLines:
    """The two lines of each of a layer's tiles that have weights.

    slots: of each tile, None for one without weights. members: numbers of the blocks that each tile stands for.
    """

    def __init__(
        self,
        context: RenderContext,
        layer: int,
        slots: Sequence[Rect | None],
        members: Sequence[tuple[int, ...]],
    ) -> None:
        self.context, self.layer = context, layer
        self.blocks = context.recording.network.layers[layer].blocks
        self.slots, self.members = slots, members
        self.first, self.last = powers_of_ten(context.recording)
        theme, recording = context.theme, context.recording
        self.colours = size_colour(context), theme.readable(theme.highlight)
        self.end = max(1.0, float(context.scene.outline.last_step))
        roles = recording.parameters[layer]
        recorded = [in_numbers(roles[role]).astype(np.float64) for role in (BLOCK_SIZES, BLOCK_UPDATES)]
        drawings = [
            self._drawn(slot, *(together(numbers, self.blocks, each) for numbers in recorded))
            for slot, each in zip(slots, members, strict=True)
            if slot is not None
        ]
        parts = np.concatenate([np.empty(0), *(part for part, _ in drawings)])
        order = np.argsort(parts, kind="stable")
        self.parts = parts[order]
        self.places, self.cover, self.ink = (
            np.concatenate([np.empty(0, kind), *(getattr(drawn, name) for _, drawn in drawings)])[order]
            for name, kind in (("places", np.intp), ("cover", np.float32), ("ink", np.float32))
        )

    def at(self, step: float) -> float:
        """Part of a line's length at which a step stands: as in the loss curve, even in log(1 + step)."""
        return float(np.log1p(max(0.0, step)) / np.log1p(self.end))

    def height(self, number: Floats | float) -> Floats:
        """Height of a number in a line's slot, from 0 at the bottom to 1, even in its logarithm; nan for 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            power = np.log10(np.where(np.asarray(number) > 0, number, np.nan))
        return np.clip((power - self.first) / (self.last - self.first), 0, 1)

    def now(self, numbers: BlockNumbers, tile: int) -> tuple[float, float]:
        """Size and change, at a moment, of all blocks that a tile stands for."""
        size, update = (float(together(each, self.blocks, self.members[tile])) for each in numbers)
        return size, update

    def draw(self, numbers: BlockNumbers, step: float, levels: Sequence[float]) -> None:
        """Draw the lines up to a step, and the numbers of that moment as dots. levels: of the tiles."""
        canvas, unit, at = self.context.canvas, self.context.layout.unit, self.at(step)
        level = min((level for level, slot in zip(levels, self.slots, strict=True) if slot is not None), default=0.0)
        until = int(np.searchsorted(self.parts, at, side="right"))
        if until:
            canvas.put(CoverDrawing(self.places[:until], self.cover[:until], self.ink[:until]), level)
        dots: tuple[list[tuple[float, float]], ...] = ([], [])
        for tile, slot in enumerate(self.slots):
            if slot is None:
                continue
            for found, height in zip(dots, map(self.height, self.now(numbers, tile)), strict=True):
                if np.isfinite(height):
                    found.append((slot.x + at * slot.width, slot.bottom - float(height) * slot.height))
        for points, colour in zip(dots, self.colours, strict=True):
            if points and level > 0:
                x, y = np.array(points).T
                dot = mix(colour, self.context.theme.ink, 0.35)
                canvas.shine(x, y, np.full(len(x), 1.5 * level), np.full(len(x), 0.5 * DOT * unit), dot)

    def _drawn(self, slot: Rect, sizes: Floats, updates: Floats) -> tuple[Floats, CoverDrawing]:
        """Drawing of both lines over the whole run, and the part (n,) of it at which each of its bytes appears."""
        canvas, unit = self.context.canvas, self.context.layout.unit
        steps = self.context.recording.step
        x = slot.x + slot.width * np.log1p(np.maximum(0, steps)) / np.log1p(self.end)
        # Of moments in the same pixel only the last is drawn.
        seen = np.append(np.diff(np.floor(x)) > 0, True)
        artists: list[Artist] = []
        for number, (values, colour, wide) in enumerate(zip((sizes, updates), self.colours, WIDTHS, strict=True)):
            y = slot.bottom - slot.height * self.height(values)
            keep = seen & np.isfinite(y)
            if number == 1 and keep.sum() > 1:
                outline = np.r_[
                    np.column_stack([x[keep], y[keep]]), [(x[keep][-1], slot.bottom), (x[keep][0], slot.bottom)]
                ]
                artists.append(PolyCollection([outline], facecolor=(*colour, UNDER), edgecolor="none"))
            artists.append(
                Line2D(x[keep], y[keep], color=tuple(colour), linewidth=max(0.9, wide * unit), solid_capstyle="butt")
            )
        for artist in artists:
            canvas.axes.add_artist(artist)
        reach = WIDTHS[0] * unit + 1
        around = Rect(slot.x - reach, slot.y - reach, slot.width + 2 * reach, slot.height + 2 * reach)
        drawn = canvas.drawing(*artists, slot=around)
        for artist in artists:
            artist.remove()
        columns = np.empty(len(drawn.places))
        for channel, first, last in zip(canvas.space.channels, canvas.starts, canvas.starts[1:], strict=False):
            here = (drawn.places >= first) & (drawn.places < last)
            columns[here] = (drawn.places[here] - first) % (canvas.size[0] // channel.step) * channel.step
        return np.clip((columns - slot.x) / max(1.0, slot.width), 0, 1), drawn


def size_colour(context: RenderContext) -> Colour:
    """Colour of the line of sizes."""
    return mix(context.theme.quiet, context.theme.ink, 0.35)
