"""Pictures: whether inputs are the pixels of pictures, by their shape, or where they are a row of numbers by these."""

from __future__ import annotations

from math import isqrt

import numpy as np

from netviz.recording.layers import Floats

SMALLEST_SIDE = 7
"""Fewest rows of a picture that is recognised: of fewer inputs too little can be said about neighbours."""
FEWEST_PICTURES = 4
"""Fewest examples from which pixels are told from columns of a table."""
ONE_RANGE = 0.4
"""Part of the range of all numbers over which half of the pixels that change at all go at least. Of columns of a table
that each have a unit of their own, one or two take the whole of it."""
ALIKE = (0.88, 0.75)
"""Largest difference, squared and on average, of two pixels that touch, as a part of that of any two of a picture: in
either direction, and in both together. Of numbers in any order it is 1; thin strokes change much across."""


def picture_of_shape(shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Rows and columns of the picture that inputs of a shape are, grey or in colours; None if they are none."""
    *channels, rows, columns = (0, *shape)[-3:] if len(shape) > 1 else (0, 0, 0)
    is_picture = min(rows, columns) > 1 and (channels[0] in (1, 3) or len(shape) == 2)
    return (rows, columns) if is_picture else None


def picture_grid(inputs: Floats) -> tuple[int, int] | None:
    """Rows and columns of the pictures whose pixels, row by row, are the inputs (P, n); None where they are none.

    They are pictures if there is a square number of inputs, all in one range, and if both across and down those that
    touch are more alike than any two; down also more than those some columns further on, which tells a picture from
    numbers that are alike in a row only, such as a signal in time. Columns of a table are alike in no direction. What
    is not sure is no picture.
    """
    count, pixels = inputs.shape
    side = isqrt(pixels)
    if side * side != pixels or side < SMALLEST_SIDE or count < FEWEST_PICTURES or not np.isfinite(inputs).all():
        return None
    ranges = np.ptp(inputs, axis=0)
    whole = float(np.ptp(inputs))
    changing = ranges[ranges > 0]
    if not len(changing) or float(np.median(changing)) < ONE_RANGE * whole:
        return None
    pictures = inputs.reshape(count, side, side)
    any_two = 2 * float(inputs.var(axis=1).mean())
    across, down = _difference(pictures, 0, 1), _difference(pictures, 1, 0)
    shifts = (side // 4, side // 2)
    beside = min(_difference(pictures, 1, way) for shift in shifts for way in (shift, -shift))
    each, both = ALIKE
    is_picture = max(across, down) < each * any_two and across + down < 2 * both * any_two and down < both * beside
    return (side, side) if is_picture else None


def _difference(pictures: Floats, down: int, across: int) -> float:
    """Mean squared difference of the pixels of pictures (P, rows, columns) with so many rows and columns between."""
    rows, columns = pictures.shape[1:]
    left, right = max(0, -across), columns - max(0, across)
    first, last = pictures[:, : rows - down, left:right], pictures[:, down:, left + across : right + across]
    return float(np.square(last - first).mean())
