"""Neurons as tiles: in each a small picture of what the neuron answers all over the plane."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netviz.film.frame import Frame
from netviz.picture.canvas import Pixels
from netviz.picture.panels.neurons import CORNER, tiles
from netviz.picture.panels.panel import Setting
from netviz.picture.panels.scale import LevelScale
from netviz.picture.responses import signed
from netviz.picture.wiring import Places
from netviz.scene.spec import Activation

Floats = NDArray[np.float64]


class Tiles:
    """Response maps with round corners; a tile's rim lights up with its neuron."""

    def __init__(self, setting: Setting, places: Places, scale: LevelScale) -> None:
        self.setting, self.places, self.scale = setting, places, scale
        self.layers = range(len(places.centres))
        scene, unit = setting.recording.scene, setting.layout.unit
        # The inputs are shown as they are, cut off at -1 and 1 as in TensorFlow Playground.
        self.activations: tuple[Activation, ...] = ("linear", *scene.network.activations)
        centres = np.concatenate([places.neurons(layer) for layer in self.layers])
        self.side = max(2, round(2 * places.radius))
        self.colours = as_pixels(setting.theme.scale)
        self.corner = Corner.of(self.side)
        self.corners = np.rint(centres - self.side / 2).astype(int)
        self.rims = tiles(setting, self.corners + self.side / 2, self.side / 2)
        self.rims.set_facecolor("none")
        self.thin = max(1.0, 1.6 * unit)
        setting.canvas.axes.add_collection(self.rims, autolim=False)

    def draw(self, frame: Frame) -> None:
        """The maps, copied into the picture, and their rims."""
        theme, pixels = self.setting.theme, self.setting.canvas.pixels
        whole = pixels.view(np.uint32)[:, :, 0]
        for (left, top), picture in zip(self.corners, self._pictures(frame), strict=True):
            part = slice(top, top + self.side), slice(left, left + self.side)
            with self.corner.kept(pixels[part]):
                whole[part] = picture
        levels = np.concatenate(
            [self.scale.neurons(frame, layer)[: len(self.places.neurons(layer))] for layer in self.layers]
        )[:, None]
        size = np.abs(levels)
        signal = np.where(levels >= 0, theme.signal, theme.negative_signal)
        self.rims.set(edgecolor=(1 - size) * theme.rim + size * signal)
        self.rims.set_linewidth(self.thin * (1 + 1.6 * size[:, 0]))
        self.setting.canvas.draw(self.rims)

    def write(self, frame: Frame) -> None:
        """Maps stand without figures."""

    def _pictures(self, frame: Frame) -> NDArray[np.uint32]:
        """The pixels (neurons, side, side) of all maps."""
        assert self.setting.responses is not None, "maps are made for planar scenes"
        maps = self.setting.responses.of(frame)
        shown = [signed(layer, activation) for layer, activation in zip(maps, self.activations, strict=True)]
        values = np.concatenate(shown).astype(np.float32)
        index = ((values + np.float32(1)) * np.float32(127.5)).astype(np.uint8)
        resolution = index.shape[-1]
        at = (np.arange(self.side) * resolution + resolution // 2) // self.side
        pictures: NDArray[np.uint32] = self.colours[index.take(at, axis=1).take(at, axis=2)]
        return pictures


@dataclass(frozen=True, eq=False)
class Corner:
    """The four corners of a tile, where it does not cover all of what is under it. cover (n, n, 1): of the first."""

    cover: Floats

    @classmethod
    def of(cls, side: int, corner: float = CORNER, samples: int = 4) -> Corner:
        """The corners of a tile of `side` pixels. corner: their radius, as a part of half the side."""
        size = corner * side / 2
        at = (np.arange(int(np.ceil(size)) * samples) + 0.5) / samples
        inside = np.hypot(*np.meshgrid(*[np.maximum(0, size - at)] * 2)) <= size
        count = len(at) // samples
        return cls(inside.reshape(count, samples, count, samples).mean(axis=(1, 3))[:, :, None])

    @contextmanager
    def kept(self, part: Pixels) -> Iterator[None]:
        """Draw into a part (side, side, 4) of a picture all but its corners."""
        under = [corner.copy() for corner in self._four(part)]
        yield
        for turned, before, after in zip(self._turned(), under, self._four(part), strict=True):
            after[:] = np.rint(before + (after.astype(float) - before) * turned)

    def _four(self, part: Pixels) -> list[Pixels]:
        near, far = slice(None, len(self.cover)), slice(part.shape[0] - len(self.cover), None)
        return [part[rows, columns, :3] for rows in (near, far) for columns in (near, far)]

    def _turned(self) -> list[Floats]:
        return [self.cover[::down, ::across] for down in (1, -1) for across in (1, -1)]


def as_pixels(colours: Pixels) -> NDArray[np.uint32]:
    """Opaque pixels (n,) of colours (n, 3), as they lie in a picture's memory."""
    opaque = np.column_stack([colours, np.full(len(colours), 255, np.uint8)])
    pixels: NDArray[np.uint32] = np.ascontiguousarray(opaque).view(np.uint32)[:, 0]
    return pixels
