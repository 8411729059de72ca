"""Glow: halos that add up, computed on a coarse grid of light sources and enlarged.

What glows stands still, so the halo of each lamp is a mask made once; a frame is a small matrix product (brightness x
masks), the moving comets, a soft tone curve, a trace of noise against banding, and one enlargement. All this is done
tile by tile, and only where the light is another than in the picture before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.color_space import Bytes, Space
from netviz.drawing.theme import Colour
from netviz.training.layers import Floats

# A coarse grid of bytes, enlarged and added to a part of a picture: many bytes at once.

WORD = 8
"""Bytes that are worked on at once: the columns of a grid are whole words."""
LOW_BITS = np.uint64(0xFEFEFEFEFEFEFEFE)


def add_enlarged(
    ground: Bytes, out: Bytes, grid: Bytes, factor: int, zero: int, bounds: tuple[int, int] = (0, 255)
) -> None:
    """Enlarge grids `factor` (a power of two) times, linearly; lay on a ground what they are over `zero`.

    What a grid is below `zero` is taken from the ground. ground, out (planes, height, width): a part of some planes,
    and where the sum goes, which is kept within a byte. grid (planes, rows, columns): one row and one word longer than
    what it is enlarged to. bounds: what the ground is at least and at most; where no sum can leave a byte, none is
    looked at.
    """
    too_low, too_high = int(grid.min()) - zero + bounds[0] < 0, int(grid.max()) - zero + bounds[1] > 255
    grid = np.ascontiguousarray(grid)
    for _ in range(factor.bit_length() - 1):
        grid = _doubled_across(grid)
    width = ground.shape[2]
    for number, rows in enumerate(_between(grid[:, :-1], grid[:, 1:], factor)):
        under, over = ground[:, number::factor], out[:, number::factor]
        light = rows[:, : under.shape[1], :width]
        if too_high:
            light = np.minimum(light, 255 - (np.maximum(zero, under) - zero))
        if too_low:
            light = np.maximum(light, np.maximum(zero, under) - under)
        np.add(light, under, out=over)
        if zero:
            np.subtract(over, zero, out=over)


def _doubled_across(grid: Bytes) -> Bytes:
    """Between each two neighbours in a row their mean: n columns become 2n, the last stands twice."""
    following = np.empty_like(grid)
    following.reshape(-1)[:-1] = grid.reshape(-1)[1:]
    following[:, :, -1] = grid[:, :, -1]
    pairs = _mean(grid, following).astype("<u2")
    pairs <<= 8
    pairs |= grid
    return pairs.view(np.uint8)


def _between(first: Bytes, last: Bytes, parts: int) -> list[Bytes]:
    """Rows on the way from some to others in so many even steps, the first themselves and the last left out."""
    if parts == 1:
        return [first]
    middle = _mean(first, last, upwards=True)
    return _between(first, middle, parts // 2) + _between(middle, last, parts // 2)


def _mean(first: Bytes, second: Bytes, upwards: bool = False) -> Bytes:
    """Means of many bytes at once, a half rounded down or up: what both have, and half of what only one has."""
    one, other = first.view(np.uint64), second.view(np.uint64)
    half = one ^ other
    half &= LOW_BITS
    half >>= np.uint64(1)
    if upwards:
        mean = one | other
        mean -= half
    else:
        mean = one & other
        mean += half
    return mean.view(np.uint8)


# Gaussians, the shape of all soft light.

FloatGrid = NDArray[np.float32]

FARTHEST = np.float32(8.0)
"""Standard deviations from its middle at which a gaussian is as good as nothing.

Farther out its heights would soon be numbers too small to be normal, which make every later product many times slower.
"""


def bells(at: FloatGrid, middles: Floats, sigma: float | Floats) -> FloatGrid:
    """The heights (n, places), at most 1, of gaussians around n middles. sigma: standard deviation of all or each."""
    away = at - middles.astype(np.float32)[:, None]
    away *= (1 / np.asarray(sigma, np.float32)).reshape(-1, 1)
    np.multiply(away, away, out=away)
    np.minimum(away, FARTHEST**2, out=away)
    away *= np.float32(-0.5)
    heights: FloatGrid = np.exp(away, out=away)
    return heights


def gaussians(
    at_x: FloatGrid, at_y: FloatGrid, x: Floats, y: Floats, height: Floats, sigma: float | Floats
) -> FloatGrid:
    """The sum (rows, columns) of round gaussians at (x, y) (n,), on a grid of points."""
    down = bells(at_y, y, sigma)
    down *= height.astype(np.float32)[:, None]
    result: FloatGrid = down.T @ bells(at_x, x, sigma)
    return result


Blobs = tuple[Floats, Floats, Floats, Colour]
"""Moving light: x (n,), y (n,), height (n,), colour (3,)."""

CELLS = 480
"""Cells along the picture's longer side (a quarter of 1080p); halos are wider than several of them."""
LARGEST_GRID = 256 * 2**20
"""Bytes that all masks together may take; with more lamps the grid becomes coarser."""
BAND, TILE = 96, 96
"""Rows of the grid in a band, and columns in a tile: what is worked on at once stays in the processor's cache."""
BRIGHTEST = 232.0
"""What the tone curve approaches, out of 255: bright light keeps its colour."""
_DEEPEST = 196.0
"""The same on a light ground, where light is taken away: like ink in water, never black."""
FAINTEST = 0.0008
"""Of a mask: what is fainter adds less than half a step even to the brightest."""
SMALLEST = np.float32(1e-6)
"""What is smaller in a mask is nothing."""
_REACH = 3.8
"""Of a moving light, in standard deviations: beyond, it is fainter than that."""


class GlowLayer:
    """The glowing of a picture of `size` (width, height) pixels in a space of colours.

    lamps: how many halos `add_spot` and `add_line` will be asked for, which decides how coarse the grid is.
    darkens: whether the ground is light, so that halos take from it instead of adding to it. dithers: whether there is
    a trace of noise in it.
    """

    def __init__(
        self, size: tuple[int, int], space: Space, light_sources: int, darkens: bool = False, dithers: bool = True
    ) -> None:
        self.space = space
        width, height = size
        step = 2 ** max(1, round(math.log2(max(size) / CELLS)))
        while light_sources * 4 * (width // step) * (height // step) > LARGEST_GRID:
            step *= 2
        self.step = step
        # The grid's points lie on every step-th pixel, and beyond the last, which passes over to them.
        self.columns = (-(-width // (step * WORD)) + 1) * WORD
        self.rows = -(-height // step) + 1
        self._x = np.arange(self.columns, dtype=np.float32) * step
        self._y = np.arange(self.rows, dtype=np.float32) * step
        self._dithers = dithers
        self._masks: list[FloatGrid] = []
        self._bands: list[Band] = []
        # What a plane is given where there is no light, and what it is given of the light's red, green and blue.
        self._zeros = [128 if channel.is_difference else 255 if darkens else 0 for channel in space.channels]
        mixing = np.array([channel.weights for channel in space.channels], np.float32)
        self._mixing: FloatGrid = mixing * np.float32(_DEEPEST if darkens else -BRIGHTEST)

    def add_spot(self, x: float, y: float, radius: float) -> int:
        """A neuron's halo: full inside `radius`, then falling off, dark at seven radii. Returns the lamp's number."""
        distance = np.hypot(self._x[None, :] - x, self._y[:, None] - y)
        outside = np.maximum(distance - radius, 0) / radius
        tight = np.exp(-0.5 * (outside / 0.5) ** 2)
        wide = np.exp(-outside / 1.35)
        window = np.clip(1 - outside / 6, 0, 1) ** 2
        return self._add((0.42 * tight + 0.62 * wide * window).astype(np.float32))

    def add_line(self, points: Floats, widths: tuple[tuple[float, float], ...]) -> int:
        """A synapse's halo along `points` (n, 2): a sum of (share, standard deviation in pixels) profiles."""
        total = np.zeros((self.rows, self.columns), np.float32)
        for share, sigma in widths:
            total += share * self._ridge(points, self._wide_enough(sigma))
        return self._add(total)

    def _wide_enough(self, sigma: float) -> float:
        return float(max(sigma, 1.1 * self.step))

    def _ridge(self, points: Floats, sigma: float) -> FloatGrid:
        """Gaussians set along a line so densely that they make an even ridge of height 1."""
        steps = np.hypot(*np.diff(points, axis=0).T)
        way = np.concatenate([[0.0], np.cumsum(steps)])
        count = max(2, int(way[-1] / (0.8 * sigma)) + 1)
        at = np.linspace(0, way[-1], count)
        x, y = (np.interp(at, way, points[:, axis]) for axis in (0, 1))
        spacing = way[-1] / (count - 1) or 1.0
        return gaussians(self._x, self._y, x, y, np.full(count, spacing / (sigma * np.sqrt(2 * np.pi))), sigma)

    def _add(self, mask: FloatGrid) -> int:
        # Numbers too small to be normal would make every later product many times slower.
        mask[mask < SMALLEST] = 0
        self._masks.append(mask)
        return len(self._masks) - 1

    @property
    def light_sources(self) -> int:
        """How many there are."""
        return len(self._masks)

    def stand_on(self, ground: Sequence[Bytes], illuminated: Sequence[Bytes]) -> None:
        """Say on what the light falls, and where `shine` leaves ground and light together: the same at first.

        Both are planes (k, rows, columns), those of equal size together, as `Space.groups` has them.
        """
        noise = np.full((self.rows, self.columns), 0.5, np.float32)
        if self._dithers:
            np.random.default_rng(5).random(dtype=np.float32, out=noise)
        unlit = noise + np.array(self._zeros, np.float32)[:, None, None]
        for top in range(0, self.rows - 1, BAND):
            # A band knows the first row of the next, to which its own last passes over.
            rows = slice(top, top + BAND + 1)
            tiles = []
            for left in range(0, self.columns, TILE):
                columns = slice(left, left + TILE)
                light_sources = [
                    number for number, mask in enumerate(self._masks) if mask[rows, columns].max() > FAINTEST
                ]
                if light_sources:
                    masks = np.stack([self._masks[number][rows, columns].ravel() for number in light_sources])
                    plain = unlit[:, rows, columns].reshape(len(unlit), -1)
                    tiles.append(Tile(self._x[columns], self._y[rows], columns, np.array(light_sources), masks, plain))
            if tiles:
                shown = np.repeat(np.array(self._zeros, np.uint8), noise[rows].size)
                planes = []
                for (step, _), *both in zip(self.space.groups, ground, illuminated, strict=True):
                    under, over = (of[:, top * self.step // step : (top + BAND) * self.step // step] for of in both)
                    planes.append((under, over, (int(under.min(initial=255)), int(under.max(initial=0)))))
                self._bands.append(Band(tiles, shown.reshape(len(unlit), -1, self.columns), planes))
        self._masks = [np.empty((0, 0), np.float32)] * len(self._masks)

    def shine(self, brightness: Floats, blobs: Sequence[Blobs], sigma: float) -> None:
        """Make what is lit what it is at one moment.

        brightness (lamps, 3): red, green, blue of each lamp, 1 = strong. blobs: moving lights, all of one standard
        deviation `sigma` in pixels. Where the sum would pass 255 (or 0) it stays there.
        """
        sigma = self._wide_enough(sigma)
        blobs = [_seen(*blob) for blob in blobs if (blob[2] > FAINTEST).any()]
        for band in self._bands:
            words = [tile.light_into(band.grids, brightness, blobs, sigma, self._mixing) for tile in band.tiles]
            changed = _around([found for found in words if found is not None], *band.grids.shape[1:])
            if changed is None:
                continue
            rows, columns = changed
            for (step, channels), (ground, illuminated, bounds) in zip(self.space.groups, band.planes, strict=True):
                factor = self.step // step
                part = (
                    slice(None),
                    slice(rows.start * factor, (rows.stop - 1) * factor),
                    slice(columns.start * factor, (columns.stop - WORD) * factor),
                )
                if ground[part].size:  # the grid goes on beyond the picture
                    grid, zero = band.grids[channels, rows, columns], self._zeros[channels.start]
                    add_enlarged(ground[part], illuminated[part], grid, factor, zero, bounds)


@dataclass(frozen=True, eq=False)
class Band:
    """Some rows of the grid, as wide as the picture.

    grids (planes, rows, columns): the light last shown. planes: for each group of planes the ground, what is lit, and
    what the ground is at least and at most.
    """

    tiles: list[Tile]
    grids: Bytes
    planes: list[tuple[Bytes, Bytes, tuple[int, int]]]


@dataclass(eq=False)
class Tile:
    """A part of a band.

    x (columns,), y (rows,): pixels of its points. lamps (k,): which of all shine here; masks (k, rows * columns).
    unlit (planes, rows * columns): what the grids are without light, with their noise.
    factors: the lamps' brightness that was last asked for, None where lights moved.
    """

    x: FloatGrid
    y: FloatGrid
    columns: slice
    light_sources: NDArray[np.intp]
    masks: FloatGrid
    unlit: FloatGrid
    factors: bytes | None = None

    def light_into(
        self, grids: Bytes, brightness: Floats, blobs: Sequence[Blobs], sigma: float, mixing: FloatGrid
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
        """Put the light of a moment into grids (planes, rows, columns). Returns rows and first columns of what changed.

        None if nothing did.
        """
        factors = -brightness[self.light_sources].T.astype(np.float32)
        near = [found for blob in blobs if (found := self._near(blob, _REACH * sigma)) is not None]
        shown = factors.tobytes() if not near else None
        if shown is not None and shown == self.factors:
            return None
        self.factors = shown
        light = factors @ self.masks
        for x, y, height, colour in near:
            moving = gaussians(self.x, self.y, x, y, height, sigma).ravel()
            for part, strength in zip(light, colour.tolist(), strict=True):
                part -= np.float32(strength) * moving
        np.expm1(light, out=light)
        mixed = mixing @ light
        mixed += self.unlit
        new, old = mixed.astype(np.uint8).reshape(len(mixed), len(self.y), len(self.x)), grids[:, :, self.columns]
        words = (old.view(np.uint64) != new.view(np.uint64)).any(axis=0)
        old[:] = new
        down, across = np.flatnonzero(words.any(axis=1)), np.flatnonzero(words.any(axis=0))
        return (down, WORD * across + self.columns.start) if len(down) else None

    def _near(self, blobs: Blobs, reach: float) -> Blobs | None:
        """Those of some moving lights that reach into the tile."""
        x, y, height, colour = blobs
        left, right, top, bottom = self.x[0] - reach, self.x[-1] + reach, self.y[0] - reach, self.y[-1] + reach
        if x.max() < left or x.min() > right or y.max() < top or y.min() > bottom:
            return None
        near = (x > left) & (x < right) & (y > top) & (y < bottom)
        return (x[near], y[near], height[near], colour) if near.any() else None


def _seen(x: Floats, y: Floats, height: Floats, colour: Colour) -> Blobs:
    """Those of some moving lights that are not too faint."""
    seen = height > FAINTEST
    return x[seen], y[seen], height[seen], colour


def _around(
    changed: list[tuple[NDArray[np.intp], NDArray[np.intp]]], rows: int, columns: int
) -> tuple[slice, slice] | None:
    """The rows and columns (whole words) that show what changed in tiles, with those that they pass over to."""
    if not changed:
        return None
    # What is between a value and the one before it changes with it.
    top = max(0, min(int(down[0]) for down, _ in changed) - 1)
    left = max(0, min(int(across[0]) for _, across in changed) - WORD)
    bottom = min(rows, max(int(down[-1]) for down, _ in changed) + 2)
    return slice(top, bottom), slice(left, min(columns, max(int(across[-1]) for _, across in changed) + 2 * WORD))
