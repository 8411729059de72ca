"""A coarse grid of bytes, enlarged and added to a part of a picture: many bytes at once."""

from __future__ import annotations

import numpy as np

from netviz.picture.space import Bytes

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
