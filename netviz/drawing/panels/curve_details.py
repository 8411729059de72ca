"""Details of the loss curve's panel: a stretch of the curve shown large, or the inputs' shares of the weights."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import EllipseCollection, PolyCollection
from matplotlib.lines import Line2D

from netviz.drawing.canvas import Anchor, CoverDrawing, Strips, strips
from netviz.drawing.layout import Rect
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.text import width
from netviz.drawing.theme import mix
from netviz.recording.layers import Floats
from netviz.recording.recording import AT_REST
from netviz.scene.phrases import per_cent, say, whole
from netviz.timeline.cues import CurveDetail
from netviz.timeline.frame import Frame

_POINTS = 400
MOST_RIBBONS = 12
"""Largest number of inputs whose shares are shown as ribbons."""
HEADROOM = 1.15
"""Height of a detail of the curve, in parts of the largest error in it."""
BESIDE = 0.9
"""Distance of a number from the present end of a detail, in sizes of type."""
GREYS = (0.22, 0.32)
"""Parts of the quiet ink in the ribbons of inputs that are not spoken of, in turn."""
EDGE = 8
"""Room around the panel for what stands out of it, in thousandths of the picture's shorter side."""


def input_shares(weights: Floats, inputs: int) -> Floats:
    """Share (..., n_0) of each input in all |w| that leave the inputs, of weights (..., nodes_0, n_1)."""
    outgoing = np.abs(weights[..., :inputs, :]).sum(axis=-1)
    total = outgoing.sum(axis=-1, keepdims=True)
    shares: Floats = np.divide(outgoing, total, out=np.full_like(outgoing, 1 / inputs), where=total > 0)
    return shares


class CurveDetails:
    """Details in the slot of the curve, drawn as far as the film has come while they are spoken of."""

    def __init__(self, context: RenderContext, slot: Rect, last: int) -> None:
        self.context, self.slot, self.last = context, slot, last
        self._close_up = lru_cache(maxsize=2)(self._close_up_of)
        self._ribbons = lru_cache(maxsize=2)(self._ribbons_of)
        unit = context.layout.unit
        self.point = EllipseCollection(
            [11.5 * unit], [11.5 * unit], [0.0], units="xy", offsets=[(0.0, 0.0)],
            offset_transform=context.canvas.axes.transData, edgecolor="none",
            facecolor=tuple(mix(context.theme.error, context.theme.ink, 0.55)),
        )  # fmt: skip
        context.canvas.axes.add_collection(self.point, autolim=False)

    def has(self, detail: CurveDetail) -> bool:
        """True if the detail can be drawn."""
        recording = self.context.recording
        if self.context.compared:
            return False
        if detail.input is None:
            return recording.test_loss is None and detail.cycles[0] < detail.cycles[1]
        return self.context.scene.outline.layers[0] <= MOST_RIBBONS

    def draw(self, detail: CurveDetail, frame: Frame, level: float) -> None:
        """Draw a detail up to the present."""
        if detail.input is None:
            self._draw_close_up(detail, frame, level)
        else:
            self._draw_ribbons(detail.input, frame, level)

    def _strips(self, *artists: Artist) -> Strips:
        """Drawing of artists, revealed from the left; they are removed afterwards."""
        canvas, slot, edge = self.context.canvas, self.slot, EDGE * self.context.layout.unit
        around = Rect(slot.x - edge, slot.y - edge, slot.width + 2 * edge, slot.height + 2 * edge)
        for artist in artists:
            canvas.axes.add_artist(artist)
        found = strips(canvas, canvas.drawing(*artists, slot=around))
        for artist in artists:
            artist.remove()
        return found

    def _tick(self, text: str, x: float, level: float, anchor: Anchor) -> None:
        layout, font = self.context.layout, self.context.faces.figures
        y = self.slot.bottom + 1.15 * layout.small
        self.context.canvas.text(text, x, y, font, layout.small, self.context.theme.faint, anchor, level)

    # A stretch of the curve, large.

    def _x_in(self, cycle: Floats | float, cycles: tuple[int, int]) -> Floats:
        first, last = np.log(cycles)
        part = (np.log(np.maximum(cycle, 1)) - first) / (last - first)
        return np.asarray(self.slot.x + self.slot.width * np.clip(part, 0, 1))

    def _y_in(self, error: Floats | float, top: float) -> Floats:
        return np.asarray(self.slot.bottom - self.slot.height * np.minimum(1.0, np.asarray(error) / top))

    def _close_up_of(self, cycles: tuple[int, int]) -> tuple[Strips, float]:
        """Drawing of the curve between two cycles, and the error at the panel's top."""
        recording, theme, unit = self.context.recording, self.context.theme, self.context.layout.unit
        at = np.geomspace(*cycles, _POINTS)
        errors = np.interp(at, recording.curve_step, recording.main_curve)
        top = HEADROOM * float(errors.max())
        x, y = self._x_in(at, cycles), self._y_in(errors, top)
        area = np.column_stack([np.r_[x, x[-1], x[0]], np.r_[y, self.slot.bottom, self.slot.bottom]])
        return self._strips(
            PolyCollection([area], facecolor=(*theme.error, 0.13), edgecolor="none"),
            Line2D(x, y, color=tuple(theme.error), linewidth=4.2 * unit, solid_capstyle="round"),
        ), top

    def _draw_close_up(self, detail: CurveDetail, frame: Frame, level: float) -> None:
        context, canvas = self.context, self.context.canvas
        drawn, top = self._close_up(detail.cycles)
        recording, now = context.recording, min(frame.curve_cycle, float(detail.cycles[1]))
        x = float(self._x_in(now, detail.cycles))
        error = float(np.interp(now, recording.curve_step, recording.main_curve))
        y = float(self._y_in(error, top))
        for part in drawn.until(x):
            canvas.put(part, level)
        if context.glows:
            sigma = np.array([9 * context.layout.unit])
            canvas.shine(np.array([x]), np.array([y]), level * np.array([0.55]), sigma, context.theme.error)
        canvas.put(self._point_at(x, y), level)
        ticks = max(0.0, 2 * level - 1)  # once those of the whole curve are gone
        anchors: tuple[Anchor, ...] = ("left", "right")
        for cycle, anchor in zip(detail.cycles, anchors, strict=True):
            self._tick(whole(context.scene, cycle), float(self._x_in(cycle, detail.cycles)), ticks, anchor)

    def _point_at(self, x: float, y: float) -> CoverDrawing:
        reach = EDGE * self.context.layout.unit
        self.point.set_offsets([(x, y)])
        return self.context.canvas.drawing(self.point, slot=Rect(x - reach, y - reach, 2 * reach, 2 * reach))

    # Ribbons: the shares of the inputs.

    def _x(self, cycle: Floats | float) -> Floats:
        return np.asarray(self.slot.x + self.slot.width * np.log1p(cycle) / np.log1p(self.last))

    def _ribbons_of(self, named: int) -> Strips:
        """Drawing of all inputs' shares over the cycles, one on the other, the one spoken of in colour."""
        recording, theme, slot = self.context.recording, self.context.theme, self.slot
        rows = np.flatnonzero(recording.probe == AT_REST)
        inputs = self.context.scene.outline.layers[0]
        cycles, shares = recording.row_step[rows], input_shares(recording.weights[0][recording.moment[rows]], inputs)
        x = self._x(cycles.astype(np.float64))
        # The one spoken of lies at the bottom, where its height can be judged.
        order = [named, *(number for number in reversed(range(inputs)) if number != named)]
        tops = slot.bottom - slot.height * np.cumsum(shares[:, order], axis=1)
        bottoms = np.column_stack([np.full(len(x), slot.bottom), tops[:, :-1]])
        artists: list[Artist] = []
        for place, number in enumerate(order):
            is_named = number == named
            colour = theme.signal if is_named else mix(theme.centre, theme.quiet, GREYS[place % 2])
            outline = np.column_stack([np.r_[x, x[::-1]], np.r_[tops[:, place], bottoms[::-1, place]]])
            opacity = 0.62 if is_named else 0.9
            artists.append(PolyCollection([outline], facecolor=(*colour, opacity), edgecolor="none"))
            if is_named:
                line = Line2D(x, tops[:, place], color=tuple(colour), linewidth=3.2 * self.context.layout.unit)
                artists.append(line)
        return self._strips(*artists)

    def _draw_ribbons(self, named: int, frame: Frame, level: float) -> None:
        context, canvas, slot = self.context, self.context.canvas, self.slot
        scene, small = context.scene, context.layout.small
        x = float(self._x(frame.curve_cycle))
        for part in self._ribbons(named).until(x):
            canvas.put(part, level)
        share = float(input_shares(frame.weights[0], scene.outline.layers[0])[named])
        theme, font, size = context.theme, context.faces.figures, 1.1 * small
        number, y = per_cent(scene, f"{100 * share:.0f}"), slot.bottom - slot.height * share
        beside, gold = x + BESIDE * small, theme.readable(theme.signal)
        for text in (say(scene, "label-share", share=f"{100 * share:.0f}"), number):
            if beside + width(text, font, size) <= context.layout.safe.right:
                y = min(max(y, slot.y + 0.6 * small), slot.bottom - 0.7 * small)
                canvas.text(text, beside, y, font, size, gold, "left", level)
                return
        # At the end of a panel that reaches to the edge it stands over the ribbons, above the one spoken of.
        gold = theme.readable(theme.signal, *(mix(theme.centre, theme.quiet, grey) for grey in GREYS))
        canvas.text(number, x - 0.6 * small, max(slot.y + 0.7 * small, y - small), font, size, gold, "right", level)
