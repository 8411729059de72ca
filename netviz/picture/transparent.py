"""Pictures without a ground, to be laid over something else: each drawn on black and on white, which tells what covers.

What is drawn covers the ground with a share a (alpha) in a colour c. On black that is a c, on white a c + (1 - a): the
difference is 1 - a. Light that is added, and ink that is taken away, has no a of its own; it gets the one of the
channel in which it changes the ground most. (After A. R. Smith and J. F. Blinn, Blue Screen Matting, SIGGRAPH 1996.)
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from netviz.film.frame import Frame
from netviz.film.side_by_side import SideBySide
from netviz.film.timeline import Timeline
from netviz.picture.space import RGB, Bytes
from netviz.picture.stage import Stage
from netviz.picture.theme import colour

BLACK, WHITE = colour("#000000"), colour("#ffffff")
FULL = np.uint8(255)
CHECKS, CHECK_GREYS = 36, (96, 128)
"""How many checks are along the shorter side, and what is between black and white in turn."""


class TransparentStage:
    """The stages of one film on black and on white."""

    def __init__(self, timeline: Timeline | SideBySide) -> None:
        self._on_black = Stage(timeline, RGB, BLACK)
        self._on_white = Stage(timeline, RGB, WHITE)
        self._is_light = self._on_black.setting.theme.is_light
        width, height = self._on_black.canvas.size
        self._picture = np.empty((height, width, 4), np.uint8)

    def draw(self, frame: Frame) -> Bytes:
        """The picture (height, width, 4): red, green, blue, not multiplied with alpha, and alpha."""
        on_black, on_white = self._on_black.draw(frame), self._on_white.draw(frame)
        matte(on_black, on_white, self._is_light, self._picture)
        return self._picture


def matte(on_black: Bytes, on_white: Bytes, is_ink: bool, into: Bytes) -> None:
    """What was drawn (height, width, 4), from its pictures (height, width, 3) on black and on white.

    is_ink: whether what glows takes from the ground instead of adding to it; on black it cannot be seen.
    """
    clear = (on_white - np.minimum(on_black, on_white)).min(axis=2)
    alpha = FULL - clear
    shown = on_white - np.minimum(on_white, clear[..., None]) if is_ink else on_black
    places = alpha.astype(np.uint16)[..., None] << np.uint16(8)
    into[..., :3] = _divided().take(places | shown)
    into[..., 3] = alpha


def over_checks(picture: Bytes) -> Bytes:
    """A picture (height, width, 4) laid over the checks that stand for nothing: (height, width, 3)."""
    height, width = picture.shape[:2]
    side = max(1, min(height, width) // CHECKS)
    y, x = np.arange(height)[:, None] // side, np.arange(width) // side
    ground = np.where((x + y) % 2, *CHECK_GREYS).astype(np.uint32)[..., None]
    alpha = picture[..., 3:].astype(np.uint32)
    laid: Bytes = ((picture[..., :3] * alpha + ground * (255 - alpha) + 127) // 255).astype(np.uint8)
    return laid


@lru_cache(maxsize=1)
def _divided() -> Bytes:
    """The colour (65536,) that was multiplied with alpha, at 256 alpha + what has become of it. All in bytes."""
    alpha, product = np.divmod(np.arange(1 << 16), 256)
    divisor = np.maximum(alpha, 1)
    colours: Bytes = np.minimum((255 * product + divisor // 2) // divisor, 255).astype(np.uint8)
    return colours
