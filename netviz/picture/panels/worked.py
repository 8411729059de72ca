"""The name of the weight whose gradient a walk works out, at its synapse."""

from __future__ import annotations

import numpy as np
from matplotlib.patches import FancyBboxPatch

from netviz.film.frame import Frame
from netviz.film.script import BACKWARD, script_of, worked_weight
from netviz.picture.layout import Rect
from netviz.picture.panels.equations.symbols import Symbols
from netviz.picture.panels.neurons import SUBSCRIPTS
from netviz.picture.panels.panel import Setting
from netviz.picture.theme import mix
from netviz.picture.type import width
from netviz.picture.wiring import Places, curves
from netviz.scene.shots import WalkShot

AT = 0.3
"""Where on its synapse the name stands: nearer to the beginning, where synapses have parted and do not yet meet."""


class WorkedWeight:
    """w₅, say, in a small label, from the first line about the way back on."""

    def __init__(self, setting: Setting, places: Places) -> None:
        self.setting = setting
        scene = setting.recording.scene
        layer, start, end = worked_weight(scene)
        layers = scene.network.layers
        self.name = f"w{Symbols(layers).number(layer, start, end)}".translate(SUBSCRIPTS)
        wanted = [
            np.array([start * layers[layer + 1] + end] if number == layer else [], int)
            for number in range(len(layers) - 1)
        ]
        (line,) = curves(places, wanted)[layer]
        self.x, self.y = line[round(AT * (len(line) - 1))]
        forward = [len(script_of(scene, shot)) for shot in scene.shots if isinstance(shot, WalkShot)]
        backward = any(isinstance(shot, WalkShot) and shot.backward for shot in scene.shots)
        self.first = max(forward) - len(BACKWARD) if backward else None
        size, theme = setting.layout.body, setting.theme
        across, high = width(self.name, setting.faces.medium, size) + 0.7 * size, 1.35 * size
        label = FancyBboxPatch(
            (self.x - across / 2, self.y - high / 2), across, high,
            boxstyle=f"round,pad=0,rounding_size={0.4 * size}", facecolor=tuple(mix(theme.centre, theme.error, 0.12)),
            edgecolor=tuple(theme.error), linewidth=max(1.0, 1.6 * setting.layout.unit),
        )  # fmt: skip
        setting.canvas.axes.add_patch(label)
        room = Rect(self.x - across, self.y - high, 2 * across, 2 * high)
        self.drawn = setting.canvas.drawing(label, room=room)

    def draw(self, frame: Frame) -> None:
        """The label, as far as the way back is told."""
        if self.first is None or len(frame.told) <= self.first or not frame.told[self.first]:
            return
        setting, level = self.setting, frame.told[self.first]
        setting.canvas.put(self.drawn, level)
        ink = setting.theme.ink
        setting.canvas.text(self.name, self.x, self.y, setting.faces.medium, setting.layout.body, ink, "middle", level)
