"""Draw digits as if by many hands, for the scene `digits` and for benchmarks: `python assets/make_digits.py`.

Each is a digit of one of netviz's own typefaces, set askew, stretched, bent like a careless hand bends it, thicker or
thinner, and made small. Writes scenes/digits.csv; the same picture of digits every time.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Floats = NDArray[np.float64]

ROOT = Path(__file__).parents[1]
FACES = ("Inter-Regular.otf", "Inter-Medium.otf", "Inter-SemiBold.otf")
FINE = 112
"""Pixels of a side before a digit is made small: a multiple of 8 and of 28."""
SEED = 8


def digits(count: int, side: int, seed: int = SEED) -> tuple[Floats, NDArray[np.int64]]:
    """Pictures (count, side, side), 0 to 1, of the digits (count,), each as often as the others, shuffled."""
    random = np.random.default_rng(seed)
    which = random.permutation(np.arange(count) % 10)
    pictures = np.array([_small(_bent(_glyph(int(digit), random), random), side) for digit in which])
    return pictures, which


def _glyph(digit: int, random: np.random.Generator) -> Floats:
    """A digit in the middle of a fine grid, 0 to 1."""
    face = ImageFont.truetype(str(ROOT / "assets" / "fonts" / FACES[random.integers(len(FACES))]), size=FINE)
    picture = Image.new("L", (FINE, FINE))
    ImageDraw.Draw(picture).text((FINE / 2, FINE / 2), str(digit), fill=255, font=face, anchor="mm")
    return np.asarray(picture, dtype=np.float64) / 255


def _bent(glyph: Floats, random: np.random.Generator) -> Floats:
    """The digit turned, sheared, stretched, shifted and bent, all a little and at random."""
    middle = (FINE - 1) / 2
    y, x = np.mgrid[0:FINE, 0:FINE] - middle
    turn, shear = random.normal(0, 0.13), random.normal(0, 0.16)
    wide, high = random.uniform(0.85, 1.15), random.uniform(0.95, 1.1)
    across, down = random.normal(0, 0.03 * FINE, 2)
    from_x = (np.cos(turn) * x + np.sin(turn) * y) / wide + shear * y - across
    from_y = (-np.sin(turn) * x + np.cos(turn) * y) / high - down
    for _ in range(3):  # waves, longer than the digit's strokes are wide
        way, length, phase = random.uniform(0, np.pi), random.uniform(0.5, 1.1) * FINE, random.uniform(0, 2 * np.pi)
        wave = np.sin(2 * np.pi * (np.cos(way) * x + np.sin(way) * y) / length + phase)
        from_x += 0.025 * FINE * random.normal() * wave
        from_y += 0.025 * FINE * random.normal() * wave
    return _sampled(glyph, from_x + middle, from_y + middle)


def _sampled(picture: Floats, x: Floats, y: Floats) -> Floats:
    """The picture between its pixels, 0 outside it."""
    inside = (x >= 0) & (x < FINE - 1) & (y >= 0) & (y < FINE - 1)
    x, y = np.where(inside, x, 0), np.where(inside, y, 0)
    left, top = x.astype(int), y.astype(int)
    right, below = x - left, y - top
    upper = (1 - right) * picture[top, left] + right * picture[top, left + 1]
    lower = (1 - right) * picture[top + 1, left] + right * picture[top + 1, left + 1]
    return np.where(inside, (1 - below) * upper + below * lower, 0.0)


def _small(picture: Floats, side: int) -> Floats:
    """Means of squares, with what ink of that size would look like: full where it covers most of a pixel."""
    step = FINE // side
    means = picture.reshape(side, step, side, step).mean(axis=(1, 3))
    return np.clip(1.25 * means, 0, 1)


def main() -> None:
    """Write scenes/digits.csv: a column for each pixel, row by row, and one for each digit."""
    pictures, which = digits(300, 8)
    names = [f"{row}.{column}" for row in range(1, 9) for column in range(1, 9)]
    lines = [",".join([*(f"p{name}" for name in names), *(f"is {digit}" for digit in range(10))])]
    for picture, digit in zip(pictures, which, strict=True):
        pixels = [f"{value:.2f}".rstrip("0").rstrip(".") for value in picture.ravel()]
        lines.append(",".join([*pixels, *("1" if digit == other else "0" for other in range(10))]))
    (ROOT / "scenes" / "digits.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
