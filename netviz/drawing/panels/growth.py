"""Growth of the network in a film's opening: levels of its nodes, and the front up to which its synapses have grown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.canvas import Canvas
from netviz.drawing.color_space import Bytes
from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import NetworkPositions
from netviz.recording.layers import Floats
from netviz.timeline.step_timing import rise

NODES = 0.4
"""Part of the drawing in which the nodes appear; in the rest of it the synapses grow."""
EACH = 0.12
"""Part of the drawing in which a single node appears."""
SOFT = 0.025
"""Half the breadth of the front's edge, as a part of the network's length."""
_WHOLE = 256


def node_levels(drawn: float, places: NetworkPositions) -> list[Floats]:
    """Level of every node (nodes_l,) of each layer, 0 to 1: one after the other, from the inputs on."""
    if drawn >= 1:
        return [np.ones(len(centres)) for centres in places.centres]
    layers = len(places.centres)
    levels = []
    for layer, centres in enumerate(places.centres):
        starts = (NODES - EACH) * (layer + np.arange(len(centres)) / max(1, len(centres))) / layers
        part = np.clip((drawn - starts) / (starts + EACH - starts), 0, 1)
        levels.append(part * part * (3 - 2 * part))  # `rise` of them all: inputs may be very many
    return levels


def appeared(drawn: float, layer: float, layers: int) -> float:
    """Level of what stands at the place of a layer, 0-based, or between two, among nodes that appear in the opening."""
    start = (NODES - EACH) * layer / layers
    return rise(drawn, start, start + EACH)


def grown(drawn: float) -> float:
    """Part of the way from the inputs to the outputs that the synapses have grown, 0 to 1."""
    return min(1.0, max(0.0, (drawn - NODES) / (1 - NODES)))


class Front:
    """Soft edge across a network that moves from its inputs to its outputs; what lies beyond is taken back.

    area: the part of the picture that it crosses.
    """

    def __init__(self, canvas: Canvas, places: NetworkPositions, area: Rect) -> None:
        self.canvas, self.axis = canvas, 0 if places.flow == "right" else 1
        self.sign = 1.0 if places.flow == "right" else -1.0  # upright networks grow upwards, against the rows
        self.ends = [float(self.sign * places.centres[end][:, self.axis].mean()) for end in (0, -1)]
        self.soft = max(4.0, SOFT * abs(self.ends[1] - self.ends[0]))
        self.area = area

    def at(self, part: float) -> float:
        """The front's place along the flow, in pixels, when so much of the way is gone: past both ends at 0 and 1."""
        first, last = self.ends[0] - self.soft, self.ends[1] + self.soft
        return first + part * (last - first)

    def reached(self, layer_centre: float, part: float) -> float:
        """Level, 0 to 1, of what appears when the front has come to a place along the flow."""
        return rise(self.at(part), layer_centre - 2 * self.soft, layer_centre + self.soft)

    def take_back(self, under: Bytes, part: float) -> None:
        """Restore the picture `under` (its memory) beyond the front."""
        if part >= 1:
            return
        canvas, area = self.canvas, self.area
        canvas.settle()
        planes, before = canvas.planes, canvas.planes_of(under)
        for channel, plane, old in zip(canvas.space.channels, planes, before, strict=True):
            step = channel.step
            rows = slice(max(0, round(area.y)) // step, max(0, round(area.bottom)) // step)
            columns = slice(max(0, round(area.x)) // step, max(0, round(area.right)) // step)
            along = columns if self.axis == 0 else rows
            places = self.sign * step * (np.arange(along.start, min(along.stop, plane.shape[1 - self.axis])) + 0.5)
            keep = np.clip(0.5 + (self.at(part) - places) / (2 * self.soft), 0, 1)
            share = np.rint(_WHOLE * keep * keep * (3 - 2 * keep)).astype(np.uint16)
            share = share[None, :] if self.axis == 0 else share[:, None]
            window = plane[rows, columns]
            window[:] = (window * share + old[rows, columns] * (_WHOLE - share) + 128) >> 8


def fade_back(canvas: Canvas, under: Bytes, area: Rect, level: float) -> None:
    """Restore the picture `under` (its memory) in an area, but for `level`, 0 to 1, of what has been drawn over it."""
    if level >= 1:
        return
    canvas.settle()
    share = np.uint16(round(_WHOLE * level))
    for channel, plane, old in zip(canvas.space.channels, canvas.planes, canvas.planes_of(under), strict=True):
        step = channel.step
        window = (
            slice(max(0, int(area.y)) // step, -(-int(area.bottom) // step)),
            slice(max(0, int(area.x)) // step, -(-int(area.right) // step)),
        )
        part = plane[window]
        part[:] = (part * share + old[window] * (np.uint16(_WHOLE) - share) + np.uint16(128)) >> np.uint16(8)


def tips(lines: Floats, axis: int, place: float) -> NDArray[np.float64]:
    """Points (n, 2) at which lines (n, points, 2) cross a place along the flow; nan for those that do not."""
    along = lines[:, :, axis]
    rising = along[:, -1:] >= along[:, :1]
    ordered = np.where(rising[:, :, None], lines, lines[:, ::-1])
    points = np.array(
        [
            [np.interp(place, line[:, axis], line[:, end], left=np.nan, right=np.nan) for end in (0, 1)]
            for line in ordered
        ]
    )
    return points.reshape(-1, 2)
