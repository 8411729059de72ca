"""Panels with content of the maker's own, on every frame from the first: pictures from files, and words."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netviz.drawing.canvas import Anchor, Canvas, CoverDrawing, drawing_of
from netviz.drawing.color_space import Bytes
from netviz.drawing.layout import Layout, Rect
from netviz.drawing.panels.panel import NoGlow, RenderContext
from netviz.drawing.picture_file import read_picture
from netviz.drawing.text import Font, fit, width
from netviz.scene.panels import AnyPanelSpec, PicturePanelSpec, TextPanelSpec
from netviz.timeline.frame import Frame

BAND = 64
"""Rows of a picture that are laid at once: all of a large one would take some hundred bytes a pixel."""
LINE = 1.35
"""Distance from one line of words to the next, in sizes of their type."""
SMALLER = 0.97
"""Factor by which type is made smaller until its words fit."""
SMALLEST = 0.8
"""Size of the smallest type of words, in sizes of the smallest that must be read."""


class OwnPanel(NoGlow):
    """Base class of these panels: what they draw never changes, and is drawn over all panels before them."""

    def ground(self) -> None:
        """Draw nothing: it may stand over what moves."""

    def lay(self) -> None:
        """Draw it over the picture once."""
        raise NotImplementedError


class PicturePanel(OwnPanel):
    """Picture panel: an image in its own proportions, whole in its slot or filling it; transparent parts stay so."""

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        assert isinstance(spec, PicturePanelSpec)
        self.canvas = context.canvas
        self.opacity = spec.opacity
        self.pixels, self.left, self.top = placed(spec, slot)

    def lay(self) -> None:
        """Lay the picture over what is there, a few rows at a time."""
        first = self.top + (self.top % 2)
        starts = [self.top, *range(first, self.top + len(self.pixels), BAND)]
        for start, stop in zip(starts, [*starts[1:], self.top + len(self.pixels)], strict=True):
            self.canvas.put(self._drawing(self.pixels[start - self.top : stop - self.top], start))

    @cached_property
    def _whole(self) -> CoverDrawing:
        return self._drawing(self.pixels, self.top)

    def _drawing(self, pixels: Bytes, top: int) -> CoverDrawing:
        drawn = pixels.astype(np.float32)
        cover: NDArray[np.float32] = drawn[:, :, 3] / np.float32(255)
        if self.opacity < 1:
            drawn *= np.float32(self.opacity)
            cover *= np.float32(self.opacity)
        return drawing_of(self.canvas, drawn[:, :, :3], cover, self.left, top)

    def draw(self, frame: Frame) -> None:
        """Lay the picture over the panels before it."""
        self.canvas.put(self._whole)


def placed(spec: PicturePanelSpec, slot: Rect) -> tuple[Bytes, int, int]:
    """Pixels (rows, columns, 4) of a picture as large as it is seen, colours times opacity; its left and its top."""
    picture = read_picture(Path(spec.file)).convert("RGBa")
    # Colours weighted by their opacity, or the invisible colours of transparent pixels would bleed into the edges.
    across, down = slot.width / picture.width, slot.height / picture.height
    scale = max(across, down) if spec.fit == "cover" else min(across, down)
    seen = min(picture.width, slot.width / scale), min(picture.height, slot.height / scale)
    size = max(1, round(scale * seen[0])), max(1, round(scale * seen[1]))
    x, y = ((whole - part) / 2 for whole, part in zip((picture.width, picture.height), seen, strict=True))
    box = (x, y, x + seen[0], y + seen[1])
    pixels: Bytes = np.asarray(picture.resize(size, Image.Resampling.LANCZOS, box=box))
    left, top = round(slot.x + (slot.width - size[0]) / 2), round(slot.y + (slot.height - size[1]) / 2)
    return pixels, left, top


class Paragraph(NamedTuple):
    """Words on lines: the size of their type, and whether all of them are there."""

    lines: tuple[str, ...]
    size: float
    is_whole: bool


def paragraph(spec: TextPanelSpec, layout: Layout, slot: Rect, font: Font) -> Paragraph:
    """The lines of a text panel, as large as it says or as its slot allows; cut with … where even small type is."""
    size = layout.body if spec.size is None else spec.size * min(layout.size)
    least = min(size, SMALLEST * layout.small)
    while True:
        lines = _broken(spec.text, font, size, slot.width)
        room = int((slot.height - size) / (LINE * size) + 1)
        is_least = size <= least
        if len(lines) <= max(is_least, room) and all(width(line, font, size) <= slot.width for line in lines):
            return Paragraph(tuple(lines), size, True)
        if is_least:
            break
        size = max(least, SMALLER * size)
    last = max(1, room) - 1
    kept = [*lines[:last], " ".join(lines[last:])]
    return Paragraph(tuple(fit(line, font, size, slot.width, size)[0] for line in kept), size, False)


def _broken(text: str, font: Font, size: float, across: float) -> list[str]:
    """Words on as many lines as they need."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width(longer, font, size) > across:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


ANCHORS: dict[str, tuple[Anchor, float]] = {"left": ("left", 0.0), "middle": ("middle", 0.5), "right": ("right", 1.0)}
"""Anchor of lines, and where it stands in their slot, by the side where they begin or end."""


class TextPanel(OwnPanel):
    """Text panel: words of the maker's own, in the middle of its slot's height."""

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        assert isinstance(spec, TextPanelSpec)
        self.canvas, self.ink, self.opacity = context.canvas, context.theme.ink, spec.opacity
        font = context.faces.words
        lines, size, _ = paragraph(spec, context.layout, slot, font)
        anchor, part = ANCHORS[spec.align]
        middle, step = slot.y + slot.height / 2, LINE * size
        self.cover = self.canvas.cover_of_texts(
            (line, slot.x + part * slot.width, middle + (number - (len(lines) - 1) / 2) * step, font, size, anchor)
            for number, line in enumerate(lines)
        )

    def lay(self) -> None:
        """Write the words over what is there."""
        self.canvas.fill(self.cover, self.ink, self.opacity)

    def draw(self, frame: Frame) -> None:
        """Write the words over the panels before it."""
        self.lay()


def lay_all(canvas: Canvas, panels: list[OwnPanel], memory: Bytes) -> Bytes:
    """A copy of a picture's memory with these panels laid over it."""
    canvas.memory[:] = memory
    for panel in panels:
        panel.lay()
    canvas.settle()
    return canvas.memory.copy()
