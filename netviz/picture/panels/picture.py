"""A picture of the scene's own, a logo for example."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netviz.film.frame import Frame
from netviz.picture.cover import drawing_of
from netviz.picture.layout import Rect
from netviz.picture.panels.panel import Setting, Unlit
from netviz.scene.panels import AnyPanel
from netviz.scene.panels import PicturePanel as PictureSpec


class PicturePanel(Unlit):
    """The picture as large as its room allows, in its own proportions; what is transparent in it stays so."""

    def __init__(self, setting: Setting, spec: AnyPanel, room: Rect) -> None:
        assert isinstance(spec, PictureSpec)
        self.setting = setting
        with Image.open(spec.file) as opened:
            picture = opened.convert("RGBA")
        scale = min(room.width / picture.width, room.height / picture.height)
        size = max(1, round(scale * picture.width)), max(1, round(scale * picture.height))
        # Colours weighted by their opacity, or the invisible colours of transparent pixels would bleed into the edges.
        premultiplied = picture.convert("RGBa").resize(size, Image.Resampling.LANCZOS)
        pixels = np.asarray(premultiplied, dtype=np.float32)
        left, top = round(room.x + (room.width - size[0]) / 2), round(room.y + (room.height - size[1]) / 2)
        cover: NDArray[np.float32] = pixels[:, :, 3] / np.float32(255)
        self.drawn = drawing_of(setting.canvas, pixels[:, :, :3], cover, left, top)

    def ground(self) -> None:
        """The picture stands still."""
        self.setting.canvas.put(self.drawn)

    def draw(self, frame: Frame) -> None:
        """Nothing of it changes."""
