"""Neurons as tiles: in each a small picture of what the neuron answers all over the plane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netviz.film.frame import Frame
from netviz.picture.cover import left_free
from netviz.picture.panels.panel import Setting
from netviz.picture.panels.scale import LevelScale
from netviz.picture.panels.shapes import CORNER, Shapes
from netviz.picture.responses import signed
from netviz.picture.theme import mix
from netviz.picture.wiring import Places
from netviz.scene.spec import Activation


class Tiles:
    """Response maps with round corners; a tile's rim lights up with its neuron."""

    def __init__(self, setting: Setting, places: Places, scale: LevelScale) -> None:
        self.setting, self.places, self.scale = setting, places, scale
        self.layers = range(len(places.centres))
        scene, unit = setting.recording.scene, setting.layout.unit
        # The inputs are shown as they are, cut off at -1 and 1 as in TensorFlow Playground.
        self.activations: tuple[Activation, ...] = ("linear", *scene.network.activations)
        self.shown = [places.discs(layer) for layer in self.layers]
        centres = np.concatenate([places.centres[layer][discs] for layer, discs in enumerate(self.shown)])
        self.side = max(2, 2 * round(places.radius))
        self.colours = setting.canvas.space.palette(setting.theme.scale)
        self.corners = 2 * np.rint((centres - self.side / 2) / 2).astype(int)
        self.beyond = left_free(setting.canvas, rounded(self.side, CORNER), self.corners.tolist())
        self.rims = Shapes(setting.canvas, self.corners + self.side / 2, self.side / 2, are_tiles=True)
        self.thin = max(1.0, 1.6 * unit)

    def draw(self, frame: Frame) -> None:
        """The maps, copied into the picture, and their rims."""
        theme, canvas = self.setting.theme, self.setting.canvas
        with canvas.partly(*self.beyond):
            for (left, top), numbers in zip(self.corners.tolist(), self._maps(frame), strict=True):
                canvas.lay(numbers, self.colours, left, top)
        levels = [self.scale.neurons(frame, layer)[discs] for layer, discs in enumerate(self.shown)]
        for index, level in enumerate(np.concatenate(levels).tolist()):
            signal = theme.signal if level >= 0 else theme.negative_signal
            self.rims.rim(index, self.thin * (1 + 1.6 * abs(level)), mix(theme.rim, signal, abs(level)))

    def write(self, frame: Frame) -> None:
        """Maps stand without figures."""

    def _maps(self, frame: Frame) -> NDArray[np.uint8]:
        """The numbers (neurons, side, side) of the colours in all maps."""
        assert self.setting.responses is not None, "maps are made for planar scenes"
        maps = self.setting.responses.of(frame)
        shown = [
            signed(layer[discs], activation)
            for layer, activation, discs in zip(maps, self.activations, self.shown, strict=True)
        ]
        values = np.concatenate(shown).astype(np.float32)
        index = ((values + np.float32(1)) * np.float32(127.5)).astype(np.uint8)
        resolution = index.shape[-1]
        at = (np.arange(self.side) * resolution + resolution // 2) // self.side
        enlarged: NDArray[np.uint8] = index.take(at, axis=1).take(at, axis=2)
        return enlarged


def rounded(side: int, corner: float, samples: int = 4) -> NDArray[np.float32]:
    """How much (side, side) of each pixel a square with round corners covers. corner: radius, of half the side."""
    size = corner * side / 2
    at = (np.arange(int(np.ceil(size)) * samples) + 0.5) / samples
    inside = np.hypot(*np.meshgrid(*[np.maximum(0, size - at)] * 2)) <= size
    count = len(at) // samples
    cover = inside.reshape(count, samples, count, samples).mean(axis=(1, 3)).astype(np.float32)
    square = np.ones((side, side), np.float32)
    for turned in range(4):
        np.rot90(square, turned)[:count, :count] = cover
    return square
