"""Point legend: what the discs over a plane are, in a line of small discs and words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.collections import EllipseCollection

from netviz.drawing.layout import Rect
from netviz.drawing.panels.activation_map import DiscStyle
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.text import width
from netviz.scene.phrases import say

SIZES = (0.35, 0.65, 1.0)
"""Radii of the discs beside the words that a point's size is its error, as parts of the largest."""
CLOSE, BETWEEN = 0.3, 1.1
"""Distance from a disc to the next and to its word, and from a word to the next disc, in sizes of the type."""


class PointLegend:
    """The legend of the points on a plane: that their size is their error, and which are for training, which for tests.

    kinds: how training points are drawn and, where there are any, test points. Nothing is said where all are alike.
    """

    def __init__(self, context: RenderContext, kinds: Sequence[DiscStyle], sizes_are_errors: bool) -> None:
        self.context = context
        scene = context.scene
        items: list[tuple[list[DiscStyle], str]] = []
        if sizes_are_errors:
            grown = [kinds[0]._replace(radius=part * kinds[0].radius) for part in SIZES]
            items.append((grown, say(scene, "label-size-error")))
        if len(kinds) > 1:
            texts = (say(scene, name) for name in ("label-training", "label-test"))
            items += [([kind], text) for kind, text in zip(kinds, texts, strict=True)]
        # Neither colour of the scale; beside points whose size says something, as pale as the middle between them.
        self.fill = context.theme.middle if sizes_are_errors else context.theme.faint
        small, words = context.layout.small, context.faces.words
        self.discs: list[tuple[float, DiscStyle]] = []
        self.texts: list[tuple[float, str]] = []
        x = 0.0
        for styles, text in items:
            for style in styles:
                self.discs.append((x + style.radius, style))
                x += 2 * style.radius + CLOSE * small
            x += CLOSE / 2 * small
            self.texts.append((x, text))
            x += width(text, words, small) + BETWEEN * small
        self.width = max(0.0, x - BETWEEN * small)

    def draw(self, x: float, y: float) -> None:
        """Draw the legend from x on, with the middles of its discs and words at height y."""
        context = self.context
        canvas, small = context.canvas, context.layout.small
        if not self.discs:
            return
        across = [2 * style.radius for _, style in self.discs]
        discs = EllipseCollection(
            across, across, np.zeros(len(across)), units="xy", offsets=[(x + at, y) for at, _ in self.discs],
            offset_transform=canvas.axes.transData, facecolor=tuple(self.fill),
            edgecolor=[tuple(style.rim) for _, style in self.discs], linewidth=[style.line for _, style in self.discs],
        )  # fmt: skip
        canvas.axes.add_collection(discs, autolim=False)
        edge = max(across)
        canvas.draw(discs, slot=Rect(x - edge, y - edge, self.width + 2 * edge, 2 * edge))
        discs.remove()
        for at, text in self.texts:
            canvas.text(text, x + at, y, context.faces.words, small, context.theme.faint)
