"""Gaussians, the shape of all soft light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
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
