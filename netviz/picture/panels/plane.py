"""A square of the plane in pixels: the network's answers as colours, and points put on them."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import EllipseCollection
from numpy.typing import NDArray

from netviz.film.frame import Frame
from netviz.picture.canvas import Canvas, Pixels
from netviz.picture.panels.panel import Setting
from netviz.picture.panels.tiles import as_pixels
from netviz.picture.responses import Domain, signed
from netviz.picture.theme import Colour, colour, mix

Floats = NDArray[np.float64]

BEHIND = 0.26
"""How far the answers' colours are taken back to the middle of the scale, so that points of full colour stand out."""
SEVERAL = tuple(map(colour, ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6bb1", "#8a8f99")))
"""Colours of several outputs, after Okabe & Ito, "Color Universal Design", 2008."""
POINT = 0.0088
"""Radius of a point, as a part of the square's side."""


class Answers:
    """The output layer's answers as the pixels of a square.

    One output goes through the theme's scale; of several the strongest gives its colour, the paler the closer the next.
    """

    def __init__(self, setting: Setting, side: int, discrete: bool) -> None:
        assert setting.responses is not None
        self.responses, self.discrete = setting.responses, discrete
        scene, theme = setting.recording.scene, setting.theme
        self.activation, outputs = scene.network.activations[-1], scene.network.layers[-1]
        self.scale = np.rint((1 - BEHIND) * theme.scale + BEHIND * 255 * theme.middle).astype(np.uint8)
        self.middle = np.rint(255 * theme.middle)
        self.classes: tuple[Colour, ...] | None = SEVERAL[:outputs] if outputs > 1 else None
        bounded = self.activation in ("sigmoid", "softmax")
        self.ends = ("0", "1") if bounded else ("-1", "1")
        self.enlarge = _between_cells(self.responses.resolution, side)
        self._shown = as_pixels(self.scale)

    def colours(self, values: NDArray[np.float32]) -> Pixels:
        """Colours (..., 3) of answers from -1 to 1."""
        return self.scale[self._index(values)]

    def _index(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        if self.discrete:
            return np.where(values >= 0, np.uint8(255), np.uint8(0))
        index: NDArray[np.uint8] = ((values + np.float32(1)) * np.float32(127.5)).astype(np.uint8)
        return index

    def of(self, frame: Frame) -> NDArray[np.uint32]:
        """The pixels (side, side) of a frame."""
        answers = self.responses.of(frame)[-1]
        if self.classes is None:
            values = np.asarray(signed(answers[0], self.activation), np.float32)
            large = self.enlarge @ values @ self.enlarge.T
            # Rounding may have left the scale by a hair.
            return self._shown[self._index(np.clip(large, -1, 1))]
        large = np.stack([self.enlarge @ answer @ self.enlarge.T for answer in answers.astype(np.float32)])
        first, second = np.partition(large, -2, axis=0)[[-1, -2]]
        sure = np.ones_like(first) if self.discrete else np.clip(first - second, 0, 1)
        strongest = np.array(self.classes)[large.argmax(axis=0)] * 255
        pixels = np.full((*first.shape, 4), 255, np.uint8)
        pixels[:, :, :3] = self.middle + ((1 - BEHIND) * sure)[:, :, None] * (strongest - self.middle)
        return pixels.view(np.uint32)[:, :, 0]


class Points:
    """The examples as small discs, drawn once by matplotlib and put on the answers from then on."""

    def __init__(self, setting: Setting, side: int, domain: Domain, with_tests: bool) -> None:
        self.side, self.domain = side, domain
        examples, theme = setting.recording.examples, setting.theme
        assert examples.points is not None and examples.test_points is not None, "a planar scene's"
        canvas = Canvas((side, side))
        rim = theme.centre if theme.is_light else mix(theme.ink, theme.centre, 0.12)
        if with_tests:
            self._discs(setting, canvas, examples.test_points, examples.test_targets, 0.75, theme.ink, 0.55)
        self._discs(setting, canvas, examples.points, examples.targets, 1.0, rim, 0.3)
        cover = canvas.pixels[:, :, 3]
        self.rows, self.columns = np.nonzero(cover)
        self.cover = cover[self.rows, self.columns, None].astype(np.float32) / 255
        self.ink = canvas.pixels[self.rows, self.columns, :3].astype(np.float32) * self.cover + np.float32(0.5)

    def place(self, points: Floats) -> Floats:
        """Points (n, 2) of the plane as pixels of the square, y down."""
        (left, right), (bottom, top) = self.domain
        ways = (points[:, 0] - left) / (right - left), (top - points[:, 1]) / (top - bottom)
        return self.side * np.column_stack(ways)

    def _discs(
        self, setting: Setting, canvas: Canvas, points: Floats, targets: Floats, size: float, rim: Colour, line: float
    ) -> None:
        if not len(points):
            return
        radius = max(1.6, POINT * self.side * (1.0 if len(points) <= 600 else 0.75)) * size
        across = np.full(len(points), 2 * radius)
        discs = EllipseCollection(
            across, across, np.zeros(len(points)), units="xy", offsets=self.place(points),
            offset_transform=canvas.axes.transData, facecolor=_colours(setting, targets), edgecolor=tuple(rim),
            linewidth=line * radius,
        )  # fmt: skip
        canvas.axes.add_collection(discs, autolim=False)
        canvas.draw(discs)

    def put_on(self, part: Pixels) -> None:
        """Put the points on the pixels (side, side, 4) of the square."""
        under = part[self.rows, self.columns, :3].astype(np.float32)
        part[self.rows, self.columns, :3] = under + (self.ink - self.cover * under)


def _colours(setting: Setting, targets: Floats) -> Floats:
    """Colours (n, 3), 0 to 1, of targets (n, n_L): of their value, or of the output that should be strongest."""
    if targets.shape[1] > 1:
        several: Floats = np.array(SEVERAL)[targets.argmax(axis=1)]
        return several
    activation = setting.recording.scene.network.activations[-1]
    values: Floats = np.asarray(signed(targets[:, 0], activation), np.float64)
    colours: Floats = setting.theme.scale[((values + 1) * 127.5).astype(np.uint8)] / 255
    return colours


def _between_cells(cells: int, side: int) -> NDArray[np.float32]:
    """The matrix (side, cells) that takes values at `cells` points from edge to edge to `side` pixels, linearly."""
    at = np.clip((np.arange(side) + 0.5) / side * (cells - 1), 0, cells - 1)
    before = np.minimum(at.astype(int), cells - 2)
    matrix = np.zeros((side, cells), np.float32)
    matrix[np.arange(side), before] = 1 - (at - before)
    matrix[np.arange(side), before + 1] = at - before
    return matrix
