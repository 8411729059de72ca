"""Very many strokes: all are drawn by matplotlib together, and the drawing is kept as long as it stays the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from netviz.picture.canvas import FAINTEST, HALF
from netviz.picture.cover import Drawing
from netviz.picture.layout import Rect
from netviz.picture.panels.panel import Setting
from netviz.picture.panels.strokes import dashes

Floats = NDArray[np.float64]

FINENESS, COARSENESS = 4, 1
"""Steps by which widths are told apart in a pixel, of dark strokes and of shining ones."""
SHADES = 32
"""Steps by which it is told apart how much a stroke shines, next to the brightest of its layer."""
LEAST_SHADE = 2
"""What shines less is not drawn as shining."""
KEPT_DARK, KEPT_SHINING = 3, 8
"""Drawings that are kept: of all strokes in the dark, and of a layer's that shine."""


class Looks(NamedTuple):
    """How all strokes look in the dark: weights, widths, opacity (n,), colours (n, 3)."""

    weights: Floats
    widths: Floats
    opacity: Floats
    colours: Floats

    def told_apart(self, fine: int) -> bytes:
        """The same for looks between which no difference is seen; widths in steps of which so many are a pixel."""
        widths, opacity = _rounded(self.widths, fine), _rounded(self.opacity, 16 * fine)
        return np.column_stack([np.sign(self.weights), widths, opacity, self.colours]).tobytes()


class Sheaf:
    """The lines of the synapses of some layers, (synapses, points, 2) each; a few of their points are enough.

    core: width of a shining stroke's core, as a part of the stroke's.

    How strokes shine changes from frame to frame, but mostly all those of a layer together. So the dark strokes are one
    drawing, the shining ones of each layer another, which is laid over the first as far as the layer shines.
    """

    def __init__(self, setting: Setting, layers: Sequence[Floats], core: float) -> None:
        self.setting, self.canvas, self.core = setting, setting.canvas, core
        self.lines = [line for layer in layers for line in layer[:, np.r_[0 : layer.shape[1] - 1 : 2, -1]]]
        ends = np.cumsum([0, *(len(layer) for layer in layers)]).tolist()
        self.layers = [slice(start, stop) for start, stop in pairwise(ends)]
        every = np.concatenate(self.lines)
        (left, top), (right, bottom) = every.min(axis=0), every.max(axis=0)
        away = 12 * setting.layout.unit
        self.room = Rect(left - away, top - away, right - left + 2 * away, bottom - top + 2 * away)
        self._dark = lru_cache(maxsize=KEPT_DARK)(self._draw_dark)
        self._shining = lru_cache(maxsize=KEPT_SHINING)(self._draw_shining)

    def draw(self, states: Sequence[Looks], part: float, shining: Sequence[Floats]) -> None:
        """Put all strokes on the picture.

        states: how they look in the dark, or before and after something of which `part` (0 to 1) is over.
        shining: each (n,), how far they shine for one reason or another, 0 to 1. What shines for a reason mostly does
        so in the same proportions for many frames.
        """
        if 0 < part < 1:
            first, second = (self._dark(state.told_apart(FINENESS)) for state in states)
            self._put_between(first, second, part)
        else:
            self.canvas.put(self._dark(states[-1 if part else 0].told_apart(FINENESS)))
        strokes = states[0].told_apart(COARSENESS)
        for shine in shining:
            for number, layer in enumerate(self.layers):
                most = float(shine[layer].max(initial=0.0))
                if most > FAINTEST:
                    shades = np.rint(SHADES * shine[layer] / most).astype(np.uint8)
                    self.canvas.put(self._shining(strokes, number, shades.tobytes()), min(1.0, most))

    def _put_between(self, first: Drawing, second: Drawing, part: float) -> None:
        """Put two drawings on the picture, the one giving way to the other, of which `part` is there."""
        memory = self.canvas.memory
        added = [
            drawing.cover * np.float32(level) * (drawing.ink - memory[drawing.places])
            for drawing, level in ((first, 1 - part), (second, part))
        ]
        for drawing, more in zip((first, second), added, strict=True):
            more += memory[drawing.places]
            more += HALF
            memory[drawing.places] = np.clip(more, 0, 255, out=more).astype(np.uint8)

    def _draw_dark(self, strokes: bytes) -> Drawing:
        every = np.frombuffer(strokes).reshape(-1, 6)
        weights, widths, opacity = every[:, :3].T
        return self._drawing([(np.arange(len(weights)), weights, widths, every[:, 3:], opacity, 1.0)])

    def _draw_shining(self, strokes: bytes, layer: int, shades: bytes) -> Drawing:
        """The strokes of a layer that shine, of which the brightest shines fully, and their cores."""
        shade = np.frombuffer(shades, np.uint8)
        which = np.flatnonzero(shade >= LEAST_SHADE)
        weights, widths, opacity = np.frombuffer(strokes).reshape(-1, 6)[self.layers[layer]][which, :3].T
        level, theme = shade[which] / SHADES, self.setting.theme
        sign = np.where(weights[:, None] > 0, theme.positive, theme.negative)
        core = sign + (theme.bright - sign) * (0.35 + 0.4 * level[:, None]) * theme.flare
        which = which + self.layers[layer].start
        return self._drawing(
            [
                (which, weights, widths, sign, opacity * level, 1.0),
                (which, weights, widths, core, np.minimum(0.95, 1.05 * level), self.core),
            ]
        )

    def _drawing(self, coats: Sequence[tuple[NDArray[np.int64], Floats, Floats, Floats, Floats, float]]) -> Drawing:
        """Strokes one over the other. Coats: which, and their weights, widths, colours, opacity, part of the width."""
        pens = []
        for which, weights, widths, colours, opacity, part in coats:
            own = part * widths
            pen = LineCollection([self.lines[number] for number in which], capstyle="butt")
            pen.set(color=np.column_stack([np.clip(colours, 0, 1), opacity]), linewidth=own)
            if self.setting.theme.dashed:
                unit = self.setting.layout.unit
                styles = [
                    dashes(width, unit, thin) if weight < 0 else (0, None)
                    for weight, width, thin in zip(weights.tolist(), widths.tolist(), own.tolist(), strict=True)
                ]
                pen.set(linestyle=styles)
            self.canvas.axes.add_collection(pen, autolim=False)
            pens.append(pen)
        drawing = self.canvas.drawing(*pens, room=self.room)
        for pen in pens:
            pen.remove()
        return drawing


def _rounded(values: Floats, steps: int) -> Floats:
    """Values in steps of which so many make 1."""
    return np.asarray(np.maximum(1, np.rint(steps * values)) / steps)
