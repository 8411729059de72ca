"""Light: halos that add up, computed on a coarse grid and enlarged.

What glows stands still, so the halo of each lamp is a mask made once; a frame is one small matrix product
(brightness x masks), the moving comets, a soft tone curve, a trace of noise against banding, and one enlargement.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from netviz.picture.theme import Colour

FloatGrid = NDArray[np.float32]
Pixels = NDArray[np.uint8]

Blobs = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], Colour]
"""Moving light: x (n,), y (n,), height (n,), colour (3,)."""

CELLS = 480
"""Cells along the picture's longer side (a quarter of 1080p); halos are wider than several of them."""
LARGEST_GRID = 256 * 2**20
"""Bytes that all masks together may take; with more lamps the grid becomes coarser."""
BAND = 15
"""Rows of the grid that are enlarged at once."""
BRIGHTEST = 232.0
"""What the tone curve approaches, out of 255: bright light keeps its colour."""
DEEPEST = 196.0
"""The same on a light ground, where light is taken away: like ink in water, never black."""


class LightField:
    """The glowing of a picture of `size` (width, height) pixels.

    lamps: how many halos `add_spot` and `add_line` will be asked for, which decides how coarse the grid is.
    darkens: whether the ground is light, so that halos take from it instead of adding to it.
    """

    def __init__(self, size: tuple[int, int], lamps: int, darkens: bool = False) -> None:
        self.darkens = darkens
        width, height = size
        step = 2 ** max(1, round(math.log2(max(size) / CELLS)))
        while lamps * 4 * (width // step) * (height // step) > LARGEST_GRID:
            step *= 2
        self.step = step
        # The grid's points lie on every step-th pixel, and one beyond the last.
        self.columns = (width - 1) // step + 2
        self.rows = (height - 1) // step + 2
        self._x = np.arange(self.columns, dtype=np.float32) * step
        self._y = np.arange(self.rows, dtype=np.float32) * step
        self._masks: list[FloatGrid] = []
        self._stack: FloatGrid | None = None
        self._noise = np.random.default_rng(5).random((self.rows, self.columns), dtype=np.float32)

    def add_spot(self, x: float, y: float, radius: float) -> int:
        """A neuron's halo: full inside `radius`, then falling off, dark at seven radii. Returns the lamp's number."""
        distance = np.hypot(self._x[None, :] - x, self._y[:, None] - y)
        outside = np.maximum(distance - radius, 0) / radius
        tight = np.exp(-0.5 * (outside / 0.5) ** 2)
        wide = np.exp(-outside / 1.35)
        window = np.clip(1 - outside / 6, 0, 1) ** 2
        return self._add((0.42 * tight + 0.62 * wide * window).astype(np.float32))

    def add_line(self, points: NDArray[np.float64], widths: tuple[tuple[float, float], ...]) -> int:
        """A synapse's halo along `points` (n, 2): a sum of (share, standard deviation in pixels) profiles."""
        total = np.zeros((self.rows, self.columns), np.float32)
        for share, sigma in widths:
            total += share * self._ridge(points, max(sigma, 1.1 * self.step))
        return self._add(total)

    def _ridge(self, points: NDArray[np.float64], sigma: float) -> FloatGrid:
        """Gaussians set along a line so densely that they make an even ridge of height 1."""
        steps = np.hypot(*np.diff(points, axis=0).T)
        way = np.concatenate([[0.0], np.cumsum(steps)])
        count = max(2, int(way[-1] / (0.8 * sigma)) + 1)
        at = np.linspace(0, way[-1], count)
        x, y = (np.interp(at, way, points[:, axis]) for axis in (0, 1))
        spacing = way[-1] / (count - 1) or 1.0
        return self._blobs(x, y, np.full(count, spacing / (sigma * np.sqrt(2 * np.pi))), sigma)

    def _blobs(
        self, x: NDArray[np.float64], y: NDArray[np.float64], height: NDArray[np.float64], sigma: float
    ) -> FloatGrid:
        across = np.exp(-0.5 * ((self._x[None, :] - x[:, None].astype(np.float32)) / sigma) ** 2)
        down = np.exp(-0.5 * ((self._y[None, :] - y[:, None].astype(np.float32)) / sigma) ** 2)
        result: FloatGrid = (down * height[:, None].astype(np.float32)).T @ across
        return result

    def _add(self, mask: FloatGrid) -> int:
        self._masks.append(mask)
        return len(self._masks) - 1

    def _stacked(self) -> FloatGrid:
        """All masks in one array (lamps, cells), made when the first light is asked for."""
        if self._stack is None:
            cells = self.rows * self.columns
            self._stack = (
                np.stack([mask.ravel() for mask in self._masks]) if self._masks else np.zeros((0, cells), np.float32)
            )
            self._masks = list(self._stack.reshape(-1, self.rows, self.columns))
        return self._stack

    @property
    def lamps(self) -> int:
        """How many there are."""
        return len(self._masks)

    def add_to(
        self,
        ground: Pixels,
        out: Pixels,
        brightness: NDArray[np.float64],
        blobs: Sequence[Blobs],
        sigma: float,
    ) -> None:
        """The light of one moment, added to a ground or taken from it; both, and the result, are (height, width, 4).

        brightness (lamps, 3): red, green, blue of each lamp, 1 = strong. blobs: moving lights, all of one standard
        deviation `sigma` in pixels. Where the sum would pass 255 (or 0) it stays there.
        """
        light = (brightness.T.astype(np.float32) @ self._stacked()).reshape(3, self.rows, self.columns)
        for x, y, height, colour in blobs:
            light += colour.astype(np.float32)[:, None, None] * self._blobs(x, y, height, max(sigma, 1.1 * self.step))
        np.negative(light, out=light)
        np.expm1(light, out=light)
        light *= -(DEEPEST if self.darkens else BRIGHTEST)
        light += self._noise
        cells = np.zeros((self.rows, self.columns, 4), np.uint8)
        for channel in range(3):
            cells[:, :, channel] = light[channel]
        _enlarge_onto(cells, self.step, ground, out, self.darkens)


def _enlarge_onto(cells: Pixels, step: int, ground: Pixels, out: Pixels, darkens: bool = False) -> None:
    """Enlarge a grid `step` (a power of two) times, linearly, and add it to the ground or take it from there.

    In bands of rows, so that what is worked on stays in the processor's cache.
    """
    height, width = ground.shape[:2]
    grid = cells.view(np.uint32)[:, :, 0]
    doublings = step.bit_length() - 1
    for _ in range(doublings):
        grid = _doubled(grid, axis=1)
    grid = np.ascontiguousarray(grid[:, :width])
    for top in range(0, height, BAND * step):
        band = grid[top // step : top // step + BAND + 1]
        for _ in range(doublings):
            band = _doubled(band, axis=0)
        rows = min(BAND * step, height - top)
        light = band[:rows].view(np.uint8).reshape(rows, width, 4)
        below = ground[top : top + rows]
        if darkens:
            np.minimum(light, below, out=light)
            np.subtract(below, light, out=out[top : top + rows])
        else:
            np.minimum(light, 255 - below, out=light)
            np.add(light, below, out=out[top : top + rows])


def _doubled(grid: NDArray[np.uint32], axis: int) -> NDArray[np.uint32]:
    """The grid with the mean of each two neighbours between them: n points along the axis become 2n - 1."""
    rows, columns = grid.shape
    if axis == 0:
        larger = np.empty((2 * rows - 1, columns), np.uint32)
        larger[::2] = grid
        _mean(grid[:-1], grid[1:], larger[1::2])
        return larger
    larger = np.empty((rows, 2 * columns - 1), np.uint32)
    larger[:, ::2] = grid
    between = np.empty((rows, columns - 1), np.uint32)
    _mean(grid[:, :-1], grid[:, 1:], between)
    larger[:, 1::2] = between
    return larger


def _mean(first: NDArray[np.uint32], second: NDArray[np.uint32], out: NDArray[np.uint32]) -> None:
    """Means of four bytes at once, rounded down: what both have, and half of what only one has."""
    half = np.bitwise_xor(first, second)
    np.bitwise_and(half, np.uint32(0xFEFEFEFE), out=half)
    np.right_shift(half, np.uint32(1), out=half)
    np.bitwise_and(first, second, out=out)
    np.add(out, half, out=out)
