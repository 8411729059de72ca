"""Rolls and takes: pictures that are drawn once, and the ways in which they are encoded while they are."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Codec = Literal["h264", "av1", "vp9", "prores", "lossless"]


@dataclass(frozen=True)
class Take:
    """One way in which a roll's pictures are encoded.

    codec: prores and, of a transparent roll, lossless keep what shines through. quality: draft, good or best, for those
    that lose something. size: width and height to which pictures are brought. every: only each n-th picture is taken.
    """

    codec: Codec
    quality: str
    size: tuple[int, int]
    every: int = 1

    def taken(self, frames: range) -> range:
        """Those of a run of the film's frames that are taken."""
        return range(-(-frames.start // self.every) * self.every, frames.stop, self.every)


@dataclass(frozen=True)
class Roll:
    """Pictures of one kind, and their takes.

    size: width and height in pixels, both even. is_transparent: whether they have no ground. A picture is then red,
    green, blue and alpha, not multiplied with each other (height, width, 4); otherwise it is the planes Y, U and V of
    yuv420p, BT.709 in the limited range. All with 8 bits.
    """

    size: tuple[int, int]
    fps: Fraction
    takes: tuple[Take, ...]
    is_transparent: bool = False

    @property
    def picture_bytes(self) -> int:
        """Bytes of one picture."""
        width, height = self.size
        return width * height * 4 if self.is_transparent else width * height * 3 // 2

    def fps_of(self, take: Take) -> Fraction:
        """Pictures a second of a take."""
        return self.fps / take.every
