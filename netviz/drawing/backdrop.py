"""Backdrop: the empty picture behind all panels, the theme's background or one colour."""

from __future__ import annotations

import numpy as np

from netviz.drawing.canvas import Canvas
from netviz.drawing.color_space import Bytes
from netviz.drawing.theme import Colour, Theme


def plain(canvas: Canvas, background: Colour) -> Bytes:
    """A picture's memory in one colour."""
    memory = np.empty_like(canvas.memory)
    for plane, byte in zip(canvas.planes_of(memory), canvas.space.bytes_of(background), strict=True):
        plane[:] = np.rint(byte)
    return memory


def gradient(canvas: Canvas, theme: Theme) -> Bytes:
    """The empty background: lighter in the middle, with a trace of noise against banding."""
    memory = np.empty_like(canvas.memory)
    for (step, channels), planes in zip(canvas.space.groups, canvas.groups_of(memory), strict=True):
        x, y = ((2 * np.arange(0, side, step, dtype=np.float32) + step - side) / side for side in canvas.size)
        away = np.sqrt(np.float32(0.6) * (x**2 + (y**2)[:, None]))
        np.minimum(away, 1, out=away)
        noise = np.random.default_rng(7).random(away.shape, dtype=np.float32)
        ends = (canvas.space.bytes_of(colour)[channels] for colour in (theme.centre, theme.edge))
        for plane, middle, edge in zip(planes, *ends, strict=True):
            plane[:] = away * (edge - middle) + middle + noise
    return memory
