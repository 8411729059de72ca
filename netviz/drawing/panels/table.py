"""Table panel: training examples row by row, the presented one highlighted; picture panel: the scene's image."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from matplotlib.patches import FancyBboxPatch
from numpy.typing import NDArray
from PIL import Image

from netviz.drawing.canvas import Cover, drawing_of
from netviz.drawing.layout import BOX, Rect
from netviz.drawing.panels.labels import short
from netviz.drawing.panels.panel import NoGlow, RenderContext
from netviz.drawing.text import width
from netviz.drawing.theme import Colour, mix
from netviz.scene.panels import AnyPanelSpec
from netviz.scene.panels import PicturePanelSpec as PictureSpec
from netviz.scene.phrases import counted, say, whole
from netviz.scene.shots import ThinkShot
from netviz.timeline.frame import Frame

ARROW = "→"
_MOST_ROWS = 12
THOUGHT = 1.6
"""Height in rows of the new situation below the training set, with the gap above it."""
CHOICES = ((3, 1.6, 1.0), (3, 1.0, 1.0), (3, 0.7, 0.88), (2, 1.0, 1.0), (2, 0.7, 0.88), (3, 1.6, 1.0))
"""Settings to try, each decimals, gap between columns in digits, size of type: the first with which a row fits, else
the last."""
PADDING = BOX
"""Padding of the box around a row, in sizes of its type."""
INSIDE = 0.16
"""Share of the highlight colour inside the box around the presented row."""


class TablePanel(NoGlow):
    """Table panel: examples as rows of inputs and targets.

    A set too long for the panel is shown in pages, the presented example's page on top of the background; one too wide
    becomes a counter.
    """

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        self.context, self.slot = context, slot
        layout, scene = context.layout, context.recording.scene
        self.fits = False
        for decimals, gap, size in CHOICES:
            self.size, self.gap, self.decimals = size * layout.figure, gap, decimals
            self.thoughts = [self._short(shot.inputs) for shot in scene.shots if isinstance(shot, ThinkShot)]
            examples = context.recording.examples
            self.cells = [
                (self._short(inputs), self._short(targets))
                for inputs, targets in zip(examples.given.tolist(), examples.targets.tolist(), strict=True)
            ]
            self.columns = self._columns()
            if self.columns[-1] <= slot.right:
                self.fits = True
                break
        self.head = slot.y + 0.6 * layout.small
        below = THOUGHT if self.thoughts else 0.0
        fitting = int((slot.height - 1.9 * layout.small) / (1.22 * self.size) - below)
        self.rows = max(1, min(len(self.cells), fitting, _MOST_ROWS))
        self.step = min((slot.height - 1.9 * layout.small) / (self.rows + below), 1.75 * self.size)
        self.first = self.head + 1.35 * layout.small + self.step / 2
        padding = PADDING * self.size
        right = self.columns[-1] if self.fits else slot.right
        self.highlight = FancyBboxPatch(
            (slot.x - padding, 0),
            right - slot.x + 2 * padding,
            0.92 * self.step,
            boxstyle=f"round,pad=0,rounding_size={0.22 * self.size}",
            linewidth=max(1.0, 1.2 * layout.unit),
        )
        context.canvas.axes.add_patch(self.highlight)
        self._box = lru_cache(maxsize=_MOST_ROWS + 1)(self._box_at)

    def _short(self, values: Sequence[float]) -> list[str]:
        return [short(value, self.decimals) for value in values]

    def _columns(self) -> list[float]:
        """Right edges of the inputs, the arrow and the targets, in pixels."""
        font = self.context.faces.figures
        digit = width("0", font, self.size)
        gap = self.gap * digit
        edges, x = [], self.slot.x
        inputs, targets = self.cells[0]
        for index in range(len(inputs)):
            x += digit * max(len(row[index]) for row in [*(cells[0] for cells in self.cells), *self.thoughts])
            edges.append(x)
            x += gap
        x += max(gap, digit)  # the arrow stands to the left of its edge
        edges.append(x)
        for index in range(len(targets)):
            x += gap + digit * max(len(row[1][index]) for row in self.cells)
            edges.append(x)
        return edges

    def ground(self) -> None:
        """Write the heading, and all rows where they fit."""
        context = self.context
        layout, theme, faces = context.layout, context.theme, context.faces
        total = len(self.cells)
        context.canvas.text(
            say(context.recording.scene, "label-training-set"),
            self.slot.x,
            self.head,
            faces.strong,
            layout.small,
            theme.faint,
        )
        if self.fits and self.rows == total:
            for index in range(total):
                self._row(index, self.first + index * self.step, theme.faint, 1.0)

    def draw(self, frame: Frame) -> None:
        """Draw the presented row, bright in its box."""
        theme = self.context.theme
        thinking = frame.kind == "think"
        paged = self.fits and self.rows < len(self.cells)
        page = frame.near_example // self.rows * self.rows
        if paged:
            for position, index in enumerate(range(page, min(page + self.rows, len(self.cells)))):
                self._row(index, self.first + position * self.step, theme.faint, 1.0)
        if not thinking and frame.example is None:
            if not self.fits:
                self._counter(frame, 1.0)
            return
        place = 0.0
        if self.fits:
            place = self.rows - 1 + THOUGHT if thinking else float((frame.example or 0) - (page if paged else 0))
        y = self.first + place * self.step
        level = frame.presented
        for cover, strength in zip(self._box(y), (INSIDE, 0.38), strict=True):
            self.context.canvas.fill(cover, mix(theme.centre, theme.highlight, strength), level)
        if not self.fits:
            self._counter(frame, level)
        elif thinking and frame.inputs is not None:
            answer = " ".join(["?"] * len(self.cells[0][1]))
            self._write(self._short(frame.inputs.tolist()), answer.split(), y, theme.ink, level)
        elif frame.example is not None:
            self._row(frame.example, y, theme.ink, level)

    def _box_at(self, y: float) -> tuple[Cover, Cover]:
        """Covers of inside and edge of the box around the row at height y."""
        box, canvas = self.highlight, self.context.canvas
        box.set_y(y - 0.46 * self.step)
        around = Rect(box.get_x() - 2, y - 0.5 * self.step - 2, box.get_width() + 4, self.step + 4)
        box.set(facecolor="white", edgecolor="none")
        inside = canvas.cover(box, slot=around)
        box.set(facecolor="none", edgecolor="white")
        return inside, canvas.cover(box, slot=around)

    def _row(self, index: int, y: float, ink: Colour, level: float) -> None:
        self._write(*self.cells[index], y, ink, level)

    def _write(self, inputs: list[str], targets: list[str], y: float, ink: Colour, level: float) -> None:
        canvas, font = self.context.canvas, self.context.faces.figures
        for edge, text in zip(self.columns, [*inputs, ARROW, *targets], strict=True):
            canvas.text(text, edge, y, font, self.size, ink, "right", level)

    def _counter(self, frame: Frame, level: float) -> None:
        """Write the example's number, and its values on lines of their own: for tables whose rows are too wide."""
        context, figures, theme = self.context, self.context.faces.figures, self.context.theme
        slot = self.slot
        total = len(self.cells)
        scene = context.recording.scene
        if frame.kind == "think":
            text = say(scene, "label-situation")
        elif frame.example is None:
            text = counted(scene, total, "examples")
        else:
            text = say(scene, "label-example", number=whole(scene, frame.example + 1), count=whole(scene, total))
        context.canvas.text(text, slot.x, self.first, figures, self.size, theme.ink, "left", level)
        if frame.inputs is None:
            return
        values = [short(value) for value in frame.inputs]
        if frame.target is not None and frame.kind != "think":
            first, *others = (short(value) for value in frame.target)
            values += [f"{ARROW} {first}", *others]
        lines = _filled(values, int((slot.width + 0.4 * self.size) / width("0", figures, self.size)))
        step = 1.4 * self.size
        fitting = int((slot.bottom - self.first - self.step) / step)
        for number, line in enumerate(lines[:fitting]):
            last = number == fitting - 1 and len(lines) > fitting
            y = self.first + self.step + (number + 0.3) * step
            context.canvas.text("…" if last else line, slot.x, y, figures, self.size, theme.quiet, "left", level)


def _filled(words: list[str], characters: int) -> list[str]:
    """Lines of at most so many characters, filled with words."""
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) > characters and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


# Picture panel: an image file of the scene's, a logo for example.


class PicturePanel(NoGlow):
    """Picture panel: the image as large as its slot allows, in its own proportions; transparent parts stay so."""

    def __init__(self, context: RenderContext, spec: AnyPanelSpec, slot: Rect) -> None:
        assert isinstance(spec, PictureSpec)
        self.context = context
        with Image.open(spec.file) as opened:
            picture = opened.convert("RGBA")
        scale = min(slot.width / picture.width, slot.height / picture.height)
        size = max(1, round(scale * picture.width)), max(1, round(scale * picture.height))
        # Colours weighted by their opacity, or the invisible colours of transparent pixels would bleed into the edges.
        premultiplied = picture.convert("RGBa").resize(size, Image.Resampling.LANCZOS)
        pixels = np.asarray(premultiplied, dtype=np.float32)
        left, top = round(slot.x + (slot.width - size[0]) / 2), round(slot.y + (slot.height - size[1]) / 2)
        cover: NDArray[np.float32] = pixels[:, :, 3] / np.float32(255)
        self.drawn = drawing_of(context.canvas, pixels[:, :, :3], cover, left, top)

    def ground(self) -> None:
        """Draw the picture."""
        self.context.canvas.put(self.drawn)

    def draw(self, frame: Frame) -> None:
        """Draw nothing: nothing of it changes."""
