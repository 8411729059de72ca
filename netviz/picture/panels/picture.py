"""A picture of the scene's own, a logo for example."""

from __future__ import annotations

import numpy as np
from PIL import Image

from netviz.film.frame import Frame
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
        self.ink, self.cover = pixels[:, :, :3], pixels[:, :, 3:] / 255
        self.left = round(room.x + (room.width - size[0]) / 2)
        self.top = round(room.y + (room.height - size[1]) / 2)

    def ground(self) -> None:
        """The picture stands still."""
        rows, columns = self.ink.shape[:2]
        under = self.setting.canvas.pixels[self.top : self.top + rows, self.left : self.left + columns, :3]
        ink, cover = self.ink[: under.shape[0], : under.shape[1]], self.cover[: under.shape[0], : under.shape[1]]
        under[:] = np.clip(ink + (1 - cover) * under + 0.5, 0, 255)

    def draw(self, frame: Frame) -> None:
        """Nothing of it changes."""
