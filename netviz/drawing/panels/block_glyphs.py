"""Glyphs of blocks: a small sign in a few lines for each kind, so that kinds are told apart at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.collections import LineCollection

from netviz.drawing.canvas import Canvas, Cover
from netviz.drawing.layout import Rect
from netviz.recording.layers import Floats

Lines = Sequence[Floats]
"""Lines (points, 2) in a square from -1 to 1, x to the right and y down."""


def _line(*points: tuple[float, float]) -> Floats:
    return np.array(points, float)


def _square(left: float, top: float, side: float) -> Floats:
    right, bottom = left + side, top + side
    return _line((left, top), (right, top), (right, bottom), (left, bottom), (left, top))


def _arc(start: float, stop: float, radius: float = 0.85) -> Floats:
    """Part of a circle, from one angle to another, in parts of a turn."""
    turns = 2 * np.pi * np.linspace(start, stop, 40)
    return radius * np.column_stack([np.cos(turns), np.sin(turns)])


_BELL = np.linspace(-1, 1, 31)

GLYPHS: Mapping[str, Lines] = {
    # A window that slides over a picture.
    "conv": (_square(-1.0, -1.0, 2.0), _square(-1.0, -1.0, 1.1)),
    # Every neuron to every one.
    "dense": tuple(_line((-0.9, start), (0.9, end)) for start in (-0.8, 0.8) for end in (-0.8, 0.8)),
    # A bell curve.
    "norm": (np.column_stack([_BELL, 0.85 - 1.7 * np.exp(-6 * _BELL**2)]),),
    # Much becomes little.
    "pool": (_line((-0.85, -1.0), (0.85, -0.4), (0.85, 0.4), (-0.85, 1.0), (-0.85, -1.0)),),
    # A neuron that is left out.
    "dropout": (_arc(0, 1), _line((-0.6, 0.6), (0.6, -0.6))),
    # A row of a table.
    "embedding": (
        _square(-1.0, -1.0, 2.0),
        _line((-1.0, -0.33), (1.0, -0.33)),
        _line((-1.0, 0.33), (1.0, 0.33)),
        _line((-0.2, -1.0), (-0.2, 1.0)),
    ),
    # One looks at several.
    "attention": (
        *(_line((-0.95, 0.0), (0.8, end)) for end in (-0.9, 0.0, 0.9)),
        *(np.add(_arc(0, 1, 0.2), (0.8, end)) for end in (-0.9, 0.0, 0.9)),
    ),
    # Back to the start.
    "recurrent": (_arc(-0.12, 0.72), _line((0.15, -0.25), (0.66, -0.52), (0.8, 0.05))),
    # A bend at zero.
    "activation": (_line((-1.0, 0.6), (0.0, 0.6), (0.95, -0.85)),),
    "add": (_line((-0.85, 0.0), (0.85, 0.0)), _line((0.0, -0.85), (0.0, 0.85))),
    # A field that becomes a row.
    "reshape": (_square(-1.0, -0.6, 1.1), _line((0.35, 0.0), (1.0, 0.0)), _line((0.7, -0.35), (1.0, 0.0), (0.7, 0.35))),
    "other": (_line((-0.9, 0.0), (0.0, -0.9), (0.9, 0.0), (0.0, 0.9), (-0.9, 0.0)),),
}


def glyph(canvas: Canvas, kind: str, x: float, y: float, half: float, width: float) -> Cover:
    """Cover of a kind's sign with its middle at (x, y), in a square of two `half`, in lines of a width in pixels."""
    lines = [np.array([x, y]) + half * line for line in GLYPHS[kind]]
    pen = LineCollection(lines, color="white", linewidth=width, capstyle="round", joinstyle="round")
    canvas.axes.add_collection(pen, autolim=False)
    reach = 1.05 * half + width
    found = canvas.cover(pen, slot=Rect(x - reach, y - reach, 2 * reach, 2 * reach))
    pen.remove()
    return found
