"""Glow: halos that add up, computed on a coarse grid of light sources and enlarged.

Light sources stand still, so the halo of each is a mask computed once. A frame is a small matrix product (brightness x
masks), the moving comets, a soft tone curve, a trace of noise against banding, and one enlargement. All this is done
tile by tile, and only where the light differs from that of the picture before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.color_space import Bytes, Space
from netviz.drawing.theme import Colour
from netviz.recording.layers import Floats

# Enlargement: a coarse grid of bytes is enlarged and added to a part of a picture, eight bytes at a time.

WORD = 8
"""Bytes processed at once, as one 64-bit number: the columns of a grid are whole words."""
LOW_BITS = np.uint64(0xFEFEFEFEFEFEFEFE)


def add_enlarged(
    background: Bytes, out: Bytes, grid: Bytes, factor: int, zero: int, bounds: tuple[int, int] = (0, 255)
) -> None:
    """Enlarge grids linearly by `factor` (a power of two), and add what they are over `zero` to a background.

    What a grid is below `zero` is subtracted. background, out (planes, height, width): a part of some planes, and where
    the sum goes, clipped to a byte. grid (planes, rows, columns): one row and one word longer than what it is enlarged
    to. bounds: the background's lowest and highest value; where no sum can leave a byte, none is checked.
    """
    too_low, too_high = int(grid.min()) - zero + bounds[0] < 0, int(grid.max()) - zero + bounds[1] > 255
    grid = np.ascontiguousarray(grid)
    for _ in range(factor.bit_length() - 1):
        grid = _doubled_across(grid)
    width = background.shape[2]
    for number, rows in enumerate(_between(grid[:, :-1], grid[:, 1:], factor)):
        under, over = background[:, number::factor], out[:, number::factor]
        light = rows[:, : under.shape[1], :width]
        if too_high:
            light = np.minimum(light, 255 - (np.maximum(zero, under) - zero))
        if too_low:
            light = np.maximum(light, np.maximum(zero, under) - under)
        np.add(light, under, out=over)
        if zero:
            np.subtract(over, zero, out=over)


def _doubled_across(grid: Bytes) -> Bytes:
    """Insert the mean between each two neighbours in a row: n columns become 2n, the last stands twice."""
    following = np.empty_like(grid)
    following.reshape(-1)[:-1] = grid.reshape(-1)[1:]
    following[:, :, -1] = grid[:, :, -1]
    pairs = _mean(grid, following).astype("<u2")
    pairs <<= 8
    pairs |= grid
    return pairs.view(np.uint8)


def _between(first: Bytes, last: Bytes, parts: int) -> list[Bytes]:
    """Rows interpolated from `first` to `last` in so many even steps, the first themselves and the last left out."""
    if parts == 1:
        return [first]
    middle = _mean(first, last, upwards=True)
    return _between(first, middle, parts // 2) + _between(middle, last, parts // 2)


def _mean(first: Bytes, second: Bytes, upwards: bool = False) -> Bytes:
    """Means of many bytes at once, a half rounded down or up: the bits both have, and half of those only one has."""
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


# Gaussians: the shape of all soft light.

FloatGrid = NDArray[np.float32]

FARTHEST = np.float32(8.0)
"""Distance in standard deviations from which a gaussian is treated as flat: its height is negligible there.

Farther out its heights would soon be numbers too small to be normal, which make every later product many times
slower."""


def gaussian_profiles(at: FloatGrid, middles: Floats, sigma: float | Floats) -> FloatGrid:
    """Gaussians (n, places) of height 1 around n middles. sigma: standard deviation of all or of each."""
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
    """The sum (rows, columns) of round gaussians of some heights at (x, y) (n,), on a grid of points."""
    down = gaussian_profiles(at_y, y, sigma)
    down *= height.astype(np.float32)[:, None]
    result: FloatGrid = down.T @ gaussian_profiles(at_x, x, sigma)
    return result


Blobs = tuple[Floats, Floats, Floats, Colour]
"""Moving lights of one colour: x (n,), y (n,), height (n,), colour (3,)."""

CELLS = 480
"""Cells along the picture's longer side (a quarter of 1080p's pixels); halos are wider than several of them."""
LARGEST_GRID = 256 * 2**20
"""Bytes that all masks together may take; with more light sources the grid becomes coarser."""
BAND, TILE = 96, 96
"""Rows of the grid in a band, and columns in a tile, few enough for a tile's data to stay in the processor's cache."""
BRIGHTEST = 232.0
"""Limit of the tone curve, out of 255: bright light keeps its colour."""
_DEEPEST = 196.0
"""The same limit on a light background, where light is subtracted: like ink in water, never black."""
FAINTEST = 0.0008
"""Level of a mask below which it is left out: it adds less than half a step even with the brightest light."""
SMALLEST = np.float32(1e-6)
"""Level of a mask below which it is set to 0."""
_REACH = 3.8
"""Radius of a moving light, in standard deviations: beyond, it is fainter than `FAINTEST`."""


class GlowLayer:
    """The glow of a picture of `size` (width, height) pixels in a colour space.

    light_sources: number of halos that `add_spot` and `add_line` will add, which decides how coarse the grid is.
    darkens: whether the background is light, so that halos are subtracted from it instead of added. dithers: whether a
    trace of noise is added.
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
        # The grid's points lie on every step-th pixel, and beyond the last pixel, whose light is interpolated to them.
        self.columns = (-(-width // (step * WORD)) + 1) * WORD
        self.rows = -(-height // step) + 1
        self._x = np.arange(self.columns, dtype=np.float32) * step
        self._y = np.arange(self.rows, dtype=np.float32) * step
        self._dithers = dithers
        self._masks: list[FloatGrid] = []
        self._bands: list[Band] = []
        # Value of each plane's grid without light, and the weights of the light's red, green and blue in it.
        self._zeros = [128 if channel.is_difference else 255 if darkens else 0 for channel in space.channels]
        mixing = np.array([channel.weights for channel in space.channels], np.float32)
        self._mixing: FloatGrid = mixing * np.float32(_DEEPEST if darkens else -BRIGHTEST)

    def add_spot(self, x: float, y: float, radius: float) -> int:
        """Add a neuron's halo: full inside `radius`, falling to 0 at seven radii. Returns the light source's number."""
        distance = np.hypot(self._x[None, :] - x, self._y[:, None] - y)
        outside = np.maximum(distance - radius, 0) / radius
        tight = np.exp(-0.5 * (outside / 0.5) ** 2)
        wide = np.exp(-outside / 1.35)
        window = np.clip(1 - outside / 6, 0, 1) ** 2
        return self._add((0.42 * tight + 0.62 * wide * window).astype(np.float32))

    def add_line(self, points: Floats, widths: tuple[tuple[float, float], ...]) -> int:
        """Add a synapse's halo along `points` (n, 2): a sum of (share, standard deviation in pixels) profiles."""
        total = np.zeros((self.rows, self.columns), np.float32)
        for share, sigma in widths:
            total += share * self._ridge(points, self._wide_enough(sigma))
        return self._add(total)

    def _wide_enough(self, sigma: float) -> float:
        return float(max(sigma, 1.1 * self.step))

    def _ridge(self, points: Floats, sigma: float) -> FloatGrid:
        """An even ridge of height 1 along a line: gaussians set so densely that they merge."""
        steps = np.hypot(*np.diff(points, axis=0).T)
        way = np.concatenate([[0.0], np.cumsum(steps)])
        count = max(2, int(way[-1] / (0.8 * sigma)) + 1)
        at = np.linspace(0, way[-1], count)
        x, y = (np.interp(at, way, points[:, axis]) for axis in (0, 1))
        spacing = way[-1] / (count - 1) or 1.0
        return gaussians(self._x, self._y, x, y, np.full(count, spacing / (sigma * np.sqrt(2 * np.pi))), sigma)

    def _add(self, mask: FloatGrid) -> int:
        # Denormal numbers would make every later product many times slower.
        mask[mask < SMALLEST] = 0
        self._masks.append(mask)
        return len(self._masks) - 1

    @property
    def light_sources(self) -> int:
        """Number of light sources added so far."""
        return len(self._masks)

    def stand_on(self, background: Sequence[Bytes], illuminated: Sequence[Bytes]) -> None:
        """Set the planes that the light falls on, and those in which `shine` puts background and light together.

        They are equal at first. Both are planes (k, rows, columns), those of equal size together, as `Space.groups` has
        them.
        """
        noise = np.full((self.rows, self.columns), 0.5, np.float32)
        if self._dithers:
            np.random.default_rng(5).random(dtype=np.float32, out=noise)
        base = noise + np.array(self._zeros, np.float32)[:, None, None]
        for top in range(0, self.rows - 1, BAND):
            # A band includes the first row of the next, to interpolate to it from its own last.
            rows = slice(top, top + BAND + 1)
            tiles = []
            for left in range(0, self.columns, TILE):
                columns = slice(left, left + TILE)
                light_sources = [
                    number for number, mask in enumerate(self._masks) if mask[rows, columns].max() > FAINTEST
                ]
                if light_sources:
                    masks = np.stack([self._masks[number][rows, columns].ravel() for number in light_sources])
                    plain = base[:, rows, columns].reshape(len(base), -1)
                    tiles.append(Tile(self._x[columns], self._y[rows], columns, np.array(light_sources), masks, plain))
            if tiles:
                blank = np.repeat(np.array(self._zeros, np.uint8), noise[rows].size)
                planes = []
                for (step, _), *both in zip(self.space.groups, background, illuminated, strict=True):
                    under, over = (of[:, top * self.step // step : (top + BAND) * self.step // step] for of in both)
                    planes.append((under, over, (int(under.min(initial=255)), int(under.max(initial=0)))))
                self._bands.append(Band(tiles, blank.reshape(len(base), -1, self.columns), planes))
        self._masks = [np.empty((0, 0), np.float32)] * len(self._masks)

    def shine(self, brightness: Floats, blobs: Sequence[Blobs], sigma: float) -> None:
        """Update the illuminated planes to the light of one moment.

        brightness (light_sources, 3): red, green, blue of each light source, 1 = strong. blobs: moving lights, all of
        one standard deviation `sigma` in pixels. Sums are clipped to 0 to 255.
        """
        sigma = self._wide_enough(sigma)
        blobs = [_seen(*blob) for blob in blobs if (blob[2] > FAINTEST).any()]
        for band in self._bands:
            words = [tile.light_into(band.grids, brightness, blobs, sigma, self._mixing) for tile in band.tiles]
            changed = _around([found for found in words if found is not None], *band.grids.shape[1:])
            if changed is None:
                continue
            rows, columns = changed
            for (step, channels), (background, illuminated, bounds) in zip(self.space.groups, band.planes, strict=True):
                factor = self.step // step
                part = (
                    slice(None),
                    slice(rows.start * factor, (rows.stop - 1) * factor),
                    slice(columns.start * factor, (columns.stop - WORD) * factor),
                )
                if background[part].size:  # the grid goes on beyond the picture
                    grid, zero = band.grids[channels, rows, columns], self._zeros[channels.start]
                    add_enlarged(background[part], illuminated[part], grid, factor, zero, bounds)


@dataclass(frozen=True, eq=False)
class Band:
    """Some rows of the grid, as wide as the picture.

    grids (planes, rows, columns): the light last drawn. planes: for each group of planes the background, the
    illuminated picture, and the background's lowest and highest value.
    """

    tiles: list[Tile]
    grids: Bytes
    planes: list[tuple[Bytes, Bytes, tuple[int, int]]]


@dataclass(eq=False)
class Tile:
    """A part of a band.

    x (columns,), y (rows,): pixels of its points. light_sources (k,): numbers of those that reach it; masks (k, rows *
    columns). base (planes, rows * columns): the grids without light, with their noise.
    factors: the light sources' brightness when it was last drawn, None where moving lights were drawn.
    """

    x: FloatGrid
    y: FloatGrid
    columns: slice
    light_sources: NDArray[np.intp]
    masks: FloatGrid
    base: FloatGrid
    factors: bytes | None = None

    def light_into(
        self, grids: Bytes, brightness: Floats, blobs: Sequence[Blobs], sigma: float, mixing: FloatGrid
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
        """Write the light of a moment into grids (planes, rows, columns).

        Returns the rows, and the first columns of the words, that changed; None if nothing did.
        """
        factors = -brightness[self.light_sources].T.astype(np.float32)
        near = [found for blob in blobs if (found := self._near(blob, _REACH * sigma)) is not None]
        drawn = factors.tobytes() if not near else None
        if drawn is not None and drawn == self.factors:
            return None
        self.factors = drawn
        light = factors @ self.masks
        for x, y, height, colour in near:
            moving = gaussians(self.x, self.y, x, y, height, sigma).ravel()
            for part, strength in zip(light, colour.tolist(), strict=True):
                part -= np.float32(strength) * moving
        np.expm1(light, out=light)
        mixed = mixing @ light
        mixed += self.base
        new, old = mixed.astype(np.uint8).reshape(len(mixed), len(self.y), len(self.x)), grids[:, :, self.columns]
        words = (old.view(np.uint64) != new.view(np.uint64)).any(axis=0)
        old[:] = new
        down, across = np.flatnonzero(words.any(axis=1)), np.flatnonzero(words.any(axis=0))
        return (down, WORD * across + self.columns.start) if len(down) else None

    def _near(self, blobs: Blobs, reach: float) -> Blobs | None:
        """Those of some moving lights that reach into the tile; None if none does."""
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
    """Rows and columns (whole words) that changed in tiles, with those interpolated from them; None if none did."""
    if not changed:
        return None
    # Pixels between a value and the one before it are interpolated from both.
    top = max(0, min(int(down[0]) for down, _ in changed) - 1)
    left = max(0, min(int(across[0]) for _, across in changed) - WORD)
    bottom = min(rows, max(int(down[-1]) for down, _ in changed) + 2)
    return slice(top, bottom), slice(left, min(columns, max(int(across[-1]) for _, across in changed) + 2 * WORD))
