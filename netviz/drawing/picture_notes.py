"""Picture notes: texts that can hardly be read on the maker's own pictures behind them, each with its contrast."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.layout import Layout, Rect, names_of
from netviz.drawing.legibility import caption_place, film_layout
from netviz.drawing.panels.own import LINE, paragraph, placed
from netviz.drawing.panels.titles import TitleLine, card_lines, title_line
from netviz.drawing.text import Typefaces, width
from netviz.drawing.theme import READABLE, Colour, Theme, contrasts, theme_of
from netviz.scene.panels import PicturePanelSpec, TextPanelSpec
from netviz.scene.scene import Look

LARGEST = 960
"""Longer side of the picture that is looked at, in pixels: finer detail than its pixels is seen as its mean."""
WORST = 10
"""Percentile of the contrasts under a text that counts: so much of it may be worse."""

Pixels = NDArray[np.float64]


class OnPicture(NamedTuple):
    """A text on a picture: what it is, the number of the panel whose picture is seen most under it, its contrast."""

    what: str
    panel: int
    contrast: float


def picture_notes(scene: Look) -> list[str]:
    """Notes on pictures on which a title, captions, words, numbers or a table have a contrast below 4.5:1."""
    numbers = {id(panel): index for index, panel in enumerate(scene.panels or ())}
    found: dict[int, list[OnPicture]] = {}
    for each in _texts_on_pictures(scene):
        if each.contrast < READABLE:
            found.setdefault(each.panel, []).append(each)
    shown = scene.shown_panels
    notes = []
    for index in sorted(found):
        # Rounded down: 4.49 is not the 4.5 that it must be.
        texts = ", ".join(f"{each.what} {floor(10 * each.contrast) / 10:.1f}:1" for each in found[index])
        where = f"panels[{numbers[id(shown[index])]}]"
        notes.append(f"{where}: too little contrast with the picture: {texts}; text needs 4.5:1, so lower its opacity")
    return notes


def _texts_on_pictures(scene: Look) -> Iterator[OnPicture]:
    """All texts that have a picture under them, from back to front; a card's words stand on all pictures."""
    layout, theme, faces = film_layout(scene), theme_of(scene), Typefaces.make(scene.font, scene.figures_font)
    picture = _Picture(layout, theme)
    for index, (name, panel) in enumerate(zip(names_of(scene.shown_panels), scene.shown_panels, strict=True)):
        slot = layout.places.get(name)
        if slot is None:  # a panel of each of several runs
            continue
        if isinstance(panel, PicturePanelSpec):
            picture.lay(index, panel, slot)
        elif isinstance(panel, TextPanelSpec):
            words = paragraph(panel, layout, slot, faces.words)
            across = max(width(line, faces.words, words.size) for line in words.lines)
            high = (1 + LINE * (len(words.lines) - 1)) * words.size
            part = {"left": 0.0, "middle": 0.5, "right": 1.0}[panel.align]
            left, top = slot.x + part * (slot.width - across), slot.y + (slot.height - high) / 2
            short = panel.text if len(panel.text) <= 20 else f"{panel.text[:19]}…"
            yield from picture.under(repr(short), [Rect(left, top, across, high)], theme.ink, panel.opacity)
        elif scene.style != "classic" and panel.panel == "title" and scene.title:
            yield from picture.under("title", [_rect(title_line(scene, layout, faces, slot))], theme.ink)
        elif panel.panel == "caption":
            lines = caption_place(scene)
            assert lines is not None, "its panel is shown"
            yield from picture.under("captions", [lines.place], theme.ink if scene.style == "classic" else theme.quiet)
        elif scene.style != "classic" and panel.panel in ("numbers", "table"):
            yield from picture.under(panel.panel, [slot], theme.quiet)
    if any(shot.shot == "title" for shot in scene.shots):
        for what, ink, lines_of in zip(
            ("title on its card", "subtitle"), (theme.ink, theme.quiet), card_lines(scene, layout, faces), strict=True
        ):
            yield from picture.under(what, [_rect(line) for line in lines_of], ink)


def _rect(line: TitleLine) -> Rect:
    return Rect(line.left, line.y - line.size / 2, width(line.text, line.font, line.size), line.size)


class _Picture:
    """The empty picture with the maker's pictures that have been laid on it, smaller than the film's.

    pixels (rows, columns, 3): its colours. panel (rows, columns): number of the panel whose picture is seen most, -1
    for none, with the share `seen` of it that is.
    """

    def __init__(self, layout: Layout, theme: Theme) -> None:
        self.scale = min(1.0, LARGEST / max(layout.size))
        across, down = (max(1, round(self.scale * side)) for side in layout.size)
        x, y = np.linspace(-1, 1, across), np.linspace(-1, 1, down)[:, None]
        away = np.minimum(1, np.sqrt(0.6 * (x**2 + y**2)))[..., None]
        self.pixels: Pixels = theme.centre + away * (theme.edge - theme.centre)
        self.panel, self.seen = np.full((down, across), -1), np.zeros((down, across))

    def lay(self, index: int, panel: PicturePanelSpec, slot: Rect) -> None:
        """Lay a picture, of the panel with this number, over what is there."""
        scale = self.scale
        small = Rect(scale * slot.x, scale * slot.y, scale * slot.width, scale * slot.height)
        laid, left, top = placed(panel, small)
        rows, columns = slice(max(0, top), top + len(laid)), slice(max(0, left), left + laid.shape[1])
        under = self.pixels[rows, columns]
        drawn = laid[: under.shape[0], : under.shape[1]] * (panel.opacity / 255)
        under *= 1 - drawn[..., 3:]
        under += drawn[..., :3]
        opacity, seen = drawn[..., 3], self.seen[rows, columns]
        seen *= 1 - opacity
        self.panel[rows, columns][opacity > seen] = index
        np.maximum(seen, opacity, out=seen)

    def under(self, what: str, places: list[Rect], ink: Colour, opacity: float = 1.0) -> Iterator[OnPicture]:
        """A text of an ink in some places, if there is a picture under any of them."""
        areas = [self._area(place) for place in places]
        pixels = np.concatenate([self.pixels[area].reshape(-1, 3) for area in areas] or [np.empty((0, 3))])
        on = np.concatenate([self.panel[area].ravel() for area in areas] or [np.empty(0, int)])
        if len(on) and on.max() >= 0:
            shown = opacity * ink + (1 - opacity) * pixels
            found = float(np.percentile(contrasts(shown, pixels)[on >= 0], WORST))
            yield OnPicture(what, int(np.bincount(on[on >= 0]).argmax()), found)

    def _area(self, place: Rect) -> tuple[slice, slice]:
        top, bottom, left, right = (
            max(0, round(self.scale * side)) for side in (place.y, place.bottom, place.x, place.right)
        )
        return slice(top, max(top + 1, bottom)), slice(left, max(left + 1, right))
