"""Colour spaces of pictures: RGB for stills, YUV 4:2:0 planes for the encoder.

A picture is drawn straight into the planes it will be used as, so that nothing has to be converted afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.theme import Colour

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Channel:
    """One plane of a picture: its byte is black + weights . (red, green, blue), each of those from 0 to 255.

    step: pixels of the picture, across and down, for each byte of the plane.
    is_difference: whether the plane holds colour without brightness (chroma), in which all greys are the same.
    """

    step: int
    black: float
    weights: tuple[float, float, float]
    is_difference: bool = False


@dataclass(frozen=True)
class Space:
    """A colour space: the planes of a picture, one after the other in memory, each row by row from the top."""

    channels: tuple[Channel, ...]

    def shapes(self, size: tuple[int, int]) -> list[tuple[int, int]]:
        """Rows and columns of every plane of a picture of `size` (width, height), which every step divides."""
        width, height = size
        return [(height // channel.step, width // channel.step) for channel in self.channels]

    @cached_property
    def groups(self) -> list[tuple[int, slice]]:
        """Step and channels of consecutive planes of equal size."""
        steps = [channel.step for channel in self.channels]
        return [(step, slice(steps.index(step), len(steps) - steps[::-1].index(step))) for step in dict.fromkeys(steps)]

    def bytes_of(self, colours: Colour | NDArray[np.float64]) -> NDArray[np.float32]:
        """The values (..., channels) that colours (..., 3) have in every plane, not rounded."""
        values: NDArray[np.float32] = (colours @ self._matrix + self._black).astype(np.float32)
        return values

    def values(self, channel: int, colours: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values that colours (..., 3), 0 to 255, have in one plane, not rounded."""
        of = self.channels[channel]
        values: NDArray[np.float32] = colours @ np.array(of.weights, np.float32) + np.float32(of.black)
        return values

    def palette(self, colours: NDArray[np.uint8]) -> list[Bytes]:
        """For every plane the bytes (n,) of n colours (n, 3), 0 to 255."""
        each = [self.values(number, colours.astype(np.float32)) for number in range(len(self.channels))]
        return [np.clip(np.rint(values), 0, 255).astype(np.uint8) for values in each]

    @cached_property
    def _matrix(self) -> NDArray[np.float64]:
        return 255 * np.array([channel.weights for channel in self.channels]).T

    @cached_property
    def _black(self) -> NDArray[np.float64]:
        return np.array([channel.black for channel in self.channels])


RGB = Space(tuple(Channel(1, 0.0, weights) for weights in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))))
"""Planes of red, green and blue, for stills and animations."""


def _bt709() -> Space:
    """Luma and the two chroma planes of ITU-R BT.709-6, section 3, in limited range with 8 bits.

    luma = 16 + 219 (.2126 R + .7152 G + .0722 B), chroma = 128 + 224 times the scaled difference of B or R from luma;
    each byte of chroma stands for four pixels, in whose middle it lies.
    """
    red, green, blue = 0.2126, 0.7152, 0.0722
    luma = np.array([red, green, blue])
    cb = (np.array([0.0, 0.0, 1.0]) - luma) / (2 * (1 - blue))
    cr = (np.array([1.0, 0.0, 0.0]) - luma) / (2 * (1 - red))

    def scaled(weights: NDArray[np.float64], levels: int) -> tuple[float, float, float]:
        first, second, third = (weights * levels / 255).tolist()
        return first, second, third

    return Space(
        (
            Channel(1, 16.0, scaled(luma, 219)),
            Channel(2, 128.0, scaled(cb, 224), is_difference=True),
            Channel(2, 128.0, scaled(cr, 224), is_difference=True),
        )
    )


YUV420 = _bt709()
"""Luma, and chroma planes of half the size, for films: H.264 encoders take them as they are."""
