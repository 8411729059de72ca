"""Ribbons: comets as stretches of their synapses, broad and bright at the head, tapered and fading to the tail."""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.canvas import CoverDrawing, PixelPositions
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.panels.strokes import dash_lengths
from netviz.drawing.theme import Colour
from netviz.recording.layers import Floats
from netviz.timeline.frame import Pulse

TAIL = 0.36
"""Length of a comet, as a part of its synapse."""
AHEAD = 0.6
"""Part of its length that a comet's head is past the end when its time is over."""
VANISHES = 0.12
"""Last part of a comet's time, in which the rest of its tail fades."""
CACHED_LINES = 160
"""Number of lines whose pixels are cached."""
REACH_STEP = 3
"""Steps in pixels to which the reach of a line's cached pixels is rounded up."""
TAPER, FADE = 0.55, 1.15
"""Exponents of a ribbon's width and of its cover, from 1 behind the head to 0 at the tail's end."""
SOFT_HEAD = 1.3
"""Length over which the head comes up, in widths of the ribbon."""
CORE = 0.5
"""Width of the bright core, as a part of the ribbon's."""
FAINTEST = 0.01
"""Cover below which nothing is drawn."""


class LinePixels(NamedTuple):
    """The bytes near a line in planes of one size, in the order of their places along it.

    along, off (n,): pixels from the line's start, and from its middle. places (n,): of the bytes, in the plane.
    channels: the planes' numbers. step: pixels for each byte, across and down.
    """

    along: NDArray[np.float32]
    off: NDArray[np.float32]
    places: PixelPositions
    channels: range
    step: int


class Ribbon(NamedTuple):
    """A ribbon: the part of the line at which its head is, from 0 to 1 and beyond; its length as a part of the line's.

    width: its greatest, in pixels. colours: of its edges and of its core. level: 0 to 1. dashed: the width of the
    dashed synapse that it runs along, None where that is a whole line.
    """

    head: float
    length: float
    width: float
    colours: tuple[Colour, Colour]
    level: float
    dashed: float | None = None


class Ribbons:
    """Ribbons along lines (n, points, 2), which run the same way along the flow."""

    def __init__(self, context: RenderContext, lines: Floats) -> None:
        self.canvas, self.unit, self.lines = context.canvas, context.layout.unit, lines
        self.axis = 0 if context.layout.flow == "right" else 1
        self.lengths = np.hypot(*np.moveaxis(np.diff(lines, axis=1), -1, 0)).sum(axis=1)
        self._pixels = lru_cache(maxsize=CACHED_LINES)(self._find_pixels)

    def draw(self, index: int, ribbon: Ribbon, is_backward: bool = False) -> None:
        """Draw a ribbon along one line, or back along it from its end."""
        reach = REACH_STEP * ceil((0.5 * ribbon.width + 1) / REACH_STEP)
        edge, core = (self.canvas.space.bytes_of(each) for each in ribbon.colours)
        length = float(self.lengths[index])
        head, tail = ribbon.head * length, max(1.0, ribbon.length * length)
        places, covers, inks = [], [], []
        for pixels in self._pixels(index, reach):
            ends = (length - head, length - head + tail) if is_backward else (head - tail, head)
            first, last = np.searchsorted(pixels.along, ends).tolist()
            along, off = pixels.along[first:last], pixels.off[first:last]
            behind = along - np.float32(ends[0]) if is_backward else np.float32(ends[1]) - along
            rest = np.clip(1 - behind / np.float32(tail), 0, 1)  # 1 at the head, 0 at the tail's end
            half = np.float32(0.5 * ribbon.width) * rest**TAPER
            cover = np.clip((half - off) / pixels.step + 0.5, 0, 1) * rest**FADE
            cover *= np.clip(behind / np.float32(SOFT_HEAD * ribbon.width), 0, 1)
            if ribbon.dashed is not None:
                on, gap = dash_lengths(ribbon.dashed, self.unit)
                at = along % (on + gap)
                cover *= np.clip(np.minimum(at, on - at) + 0.5, 0, 1)
            seen = cover > FAINTEST
            cover, inside = cover[seen], np.clip((CORE * half - off)[seen] / pixels.step + 0.5, 0, 1)
            inside *= rest[seen]
            for channel in pixels.channels:
                places.append(pixels.places[first:last][seen] + self.canvas.starts[channel])
                covers.append(cover)
                inks.append(edge[channel] + (core[channel] - edge[channel]) * inside)
        drawing = CoverDrawing(*(np.concatenate(each) for each in (places, covers, inks)))
        if len(drawing.places):
            self.canvas.put(drawing, ribbon.level)

    def _find_pixels(self, index: int, reach: int) -> list[LinePixels]:
        """The bytes up to `reach` pixels from a line, for each group of planes.

        Along the flow lines only go forward, so each byte is measured from where the line passes it there.
        """
        line, axis = self.lines[index], self.axis
        found = []
        way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
        forward = slice(None) if line[-1, axis] >= line[0, axis] else slice(None, None, -1)
        flow, side, way = line[forward, axis], line[forward, 1 - axis], way[forward]
        apart = 1e-6 * np.arange(len(flow))
        increasing = np.maximum.accumulate(flow + apart)
        if not (np.diff(increasing) > 0).all():  # a line that goes back, in a place too narrow for it
            increasing = np.maximum.accumulate(flow) + apart
        slopes = np.gradient(side, increasing)
        for step, channels in self.canvas.space.groups:
            rows, columns = self.canvas.planes[channels.start].shape
            long, high = (columns, rows) if axis == 0 else (rows, columns)
            here = np.arange(max(0, int(flow[0] // step)), min(long, int(flow[-1] // step) + 1))
            middle = (here + 0.5) * step
            at, slope, gone = (np.interp(middle, flow, values) for values in (side, slopes, way))
            stretch = np.hypot(1, slope)
            most = min(ceil(reach * float(stretch.max(initial=1.0)) / step) + 1, high)  # no farther than the picture
            across = np.floor(at / step).astype(int)[:, None] + np.arange(-most, most + 1)
            away = (across + 0.5) * step - at[:, None]
            off = np.abs(away) / stretch[:, None]
            near = (off <= reach) & (across >= 0) & (across < high)
            along = (gone[:, None] + (1 if forward == slice(None) else -1) * away * (slope / stretch)[:, None])[near]
            row, column = (across, here[:, None]) if axis == 0 else (here[:, None], across)
            places = np.broadcast_to(row * columns + column, near.shape)[near]
            order = np.argsort(along, kind="stable")
            found.append(
                LinePixels(
                    along[order].astype(np.float32),
                    off[near][order].astype(np.float32),
                    places[order],
                    range(channels.start, channels.stop),
                    step,
                )
            )
        return found


def head_of(pulse: Pulse) -> float:
    """Part of its way at which a comet's head is, from 0 to some way past the end."""
    return pulse.position * (1 + AHEAD * TAIL)


def level_of(pulse: Pulse) -> float:
    """Level of a comet: as it ends the rest of its tail fades, while the neurons that it has reached light up."""
    return min(1.0, (1 - pulse.position) / VANISHES)
