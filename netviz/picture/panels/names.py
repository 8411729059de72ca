"""Names beside the input and output neurons, and what each output wants and misses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netviz.film.frame import Frame
from netviz.picture.canvas import Anchor
from netviz.picture.layout import Places
from netviz.picture.panels.panel import Setting
from netviz.picture.type import fit, width

LEFT: Anchor = "left"
MIDDLE: Anchor = "middle"
LONGEST = 0.21
"""Room for names on either side, as a part of the picture's width."""


def _texts(setting: Setting) -> tuple[tuple[str, ...], tuple[str, ...]]:
    network = setting.recording.scene.network
    return network.inputs, network.outputs or ("",) * network.layers[-1]


def short(value: float) -> str:
    """A target or an input as people write it: 1, 0.05, -2.5."""
    return f"{value:.3g}"


def _beside(setting: Setting) -> bool:
    """Whether the outputs' texts stand to the right of their neurons, not above them."""
    return setting.layout.flow == "right" or setting.recording.scene.network.layers[-1] == 1


def room_for_names(setting: Setting) -> tuple[float, float, float, float]:
    """Pixels to keep free at the left, right, top and bottom of the network."""
    layout, faces = setting.layout, setting.faces
    inputs, outputs = _texts(setting)
    gap = 1.2 * layout.small
    longest = LONGEST * layout.size[0]
    right = max(
        width("off by 0.00", faces.words, layout.body), *(width(text, faces.words, layout.body) for text in outputs)
    )
    right = min(longest, right) + gap
    if layout.flow == "right":
        left = max((width(text, faces.words, layout.body) for text in inputs), default=0.0)
        return (min(longest, left) + gap if inputs else 0.0), right, 0.0, 0.0
    below = 2.0 * layout.body if inputs else 0.0
    if _beside(setting):
        return 0.0, 0.0, 0.0, below
    return 0.0, 0.0, 4.2 * layout.body, below


class Names:
    """Texts around the network; they stand in its glow, so they are written over every frame."""

    def __init__(self, setting: Setting, places: Places) -> None:
        self.setting, self.places = setting, places
        layout = setting.layout
        inputs, self.outputs = _texts(setting)
        faces = setting.faces
        spacing = self._spacing(places.centres[0])
        room = LONGEST * layout.size[0] if layout.flow == "right" else 0.94 * spacing
        fitted = [fit(text, faces.words, layout.body, room, 0.6 * layout.small) for text in inputs]
        smallest = min((size for _, size in fitted), default=layout.body)
        self.inputs = [(text, smallest) for text, _ in fitted]
        self.crowded = len(self.outputs) > 1 and self._spacing(places.centres[-1]) < 4.6 * layout.body

    def _spacing(self, centres: NDArray[np.float64]) -> float:
        if len(centres) < 2:
            return self.setting.layout.network.width
        axis = 1 if self.places.flow == "right" else 0
        return float(abs(centres[1][axis] - centres[0][axis]))

    def draw(self, frame: Frame) -> None:
        """Write the inputs' names and the outputs' names, wishes and misses."""
        setting = self.setting
        canvas, layout, theme, faces = setting.canvas, setting.layout, setting.theme, setting.faces
        reach = self.places.radius + 0.9 * layout.small
        for (text, size), (x, y) in zip(self.inputs, self.places.centres[0], strict=False):
            if layout.flow == "right":
                canvas.text(text, x - reach, y, faces.words, size, theme.quiet, "right")
            else:
                canvas.text(text, x, y + reach + 0.35 * size, faces.words, size, theme.quiet, "middle")
        for index, (x, y) in enumerate(self.places.centres[-1]):
            self._output(frame, index, x, y, reach)

    def _output(self, frame: Frame, index: int, x: float, y: float, reach: float) -> None:
        setting = self.setting
        canvas, layout, theme, faces = setting.canvas, setting.layout, setting.theme, setting.faces
        lines = [(self.outputs[index], faces.words, theme.quiet, 1.0)] if self.outputs[index] else []
        if frame.target is not None:
            target = float(frame.target[index])
            missed = abs(target - float(frame.activations[-1][index]))
            wish = "right: " if frame.kind == "think" else "wants "
            level = frame.compared if frame.kind == "think" else frame.presented
            lines.append((wish + short(target), faces.medium, theme.ink, level))
            if not self.crowded:
                lines.append((f"off by {missed:.2f}", faces.medium, theme.error, frame.compared))
        step = 1.42 * layout.body
        beside = _beside(setting)
        room = layout.size[0] * 0.985 - (x + reach) if beside else 0.94 * self._spacing(self.places.centres[-1])
        slots = 2 if self.outputs[index] else 1
        first = -(slots - 1) / 2 * step if beside else -reach - 2.2 * step
        for number, (text, font, colour, level) in enumerate(lines):
            shown, size = fit(text, font, layout.body, room, 0.6 * layout.small)
            start, anchor = (x + reach, LEFT) if beside else (x, MIDDLE)
            canvas.text(shown, start, y + first + number * step, font, size, colour, anchor, level)
