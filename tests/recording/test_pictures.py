"""Pictures told from tables: digits are found as pictures of their size, numbers in columns never are."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from netviz.recording.layers import Floats
from netviz.recording.pictures import picture_grid

DIGITS = Path(__file__).parents[2] / "scenes" / "digits.csv"
Random = np.random.Generator


@pytest.fixture(scope="module")
def digits() -> Floats:
    """(300, 64): the bundled digits."""
    with DIGITS.open(encoding="utf-8") as lines:
        return np.array([row[:64] for row in [*csv.reader(lines)][1:]], dtype=float)


def enlarged(digits: Floats, side: int) -> Floats:
    """The digits with smooth strokes, anywhere in pictures of side x side pixels."""
    random, found = np.random.default_rng(4), np.zeros((len(digits), side, side))
    large = np.kron(digits.reshape(-1, 8, 8), np.ones((2, 2)))
    for picture, digit in zip(found, large, strict=True):
        top, left = random.integers(0, side - 15, 2)
        picture[top : top + 16, left : left + 16] = digit
    return found.reshape(len(digits), -1)


@pytest.mark.parametrize("count", [10, 16, 64])
def test_digits_are_pictures_of_8_by_8_pixels(digits: Floats, count: int) -> None:
    for start in range(0, 200, 10):
        assert picture_grid(digits[start : start + count]) == (8, 8)


@pytest.mark.parametrize("side", [16, 20, 28])
def test_larger_pictures_are_found_in_any_scale(digits: Floats, side: int) -> None:
    pictures = enlarged(digits[:10], side)
    assert picture_grid(pictures) == (side, side)
    assert picture_grid(255 * pictures) == (side, side)
    assert picture_grid((pictures - pictures.mean()) / pictures.std()) == (side, side)


def test_what_is_not_sure_is_no_picture(digits: Floats) -> None:
    pictures = digits[:10]
    assert picture_grid(pictures[:3]) is None, "too few of them"
    assert picture_grid(pictures[:, :63]) is None, "no square number"
    assert picture_grid(pictures.reshape(10, 8, 8)[:, :6, :6].reshape(10, 36)) is None, "too small"
    shuffled = np.random.default_rng(1).permutation(64)
    assert picture_grid(pictures[:, shuffled]) is None, "pixels in another order"
    assert picture_grid(np.tile(pictures[:1], (10, 1))) is None, "always the same"
    strange = pictures.copy()
    strange[0, 0] = np.nan
    assert picture_grid(strange) is None
    strange[0, 0] = 1000.0
    assert picture_grid(strange) is None, "another range"


def _walks(random: Random, shape: tuple[int, int]) -> Floats:
    return np.cumsum(random.normal(size=shape), axis=1)


def _groups(random: Random, shape: tuple[int, int]) -> Floats:
    side = round(shape[1] ** 0.5)
    return np.repeat(random.normal(size=(shape[0], side)), side, axis=1) + 0.3 * random.normal(size=shape)


TABLES: dict[str, Callable[[Random, tuple[int, int]], Floats]] = {
    "normal": lambda random, shape: random.normal(size=shape),
    "uniform": lambda random, shape: random.random(shape),
    "units of their own": lambda random, shape: random.normal(size=shape) * np.exp(random.normal(0, 1.5, shape[1])),
    "means of their own": lambda random, shape: random.normal(size=shape) + random.normal(0, 2, shape[1]),
    "far outliers": lambda random, shape: random.standard_t(2, size=shape),
    "one of many": lambda random, shape: np.eye(shape[1])[random.integers(0, shape[1], shape[0])],
    "bits": lambda random, shape: random.integers(0, 2, shape).astype(float),
    "few factors": lambda random, shape: random.normal(size=(shape[0], 3)) @ random.normal(size=(3, shape[1])),
    "one size": lambda random, shape: random.normal(size=(shape[0], 1)) * (1 + 0.2 * random.normal(size=shape)),
    "groups of columns": _groups,
    "a signal in time": _walks,
    "rising": lambda random, shape: np.linspace(0, 1, shape[1]) * random.random((shape[0], 1)),
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables_and_signals_are_no_pictures(kind: str) -> None:
    random = np.random.default_rng(7)
    for columns in (4, 16, 25, 49, 64, 100, 256, 784):
        for count in (4, 10, 16, 64):
            for _ in range(5):
                assert picture_grid(TABLES[kind](random, (count, columns))) is None, (columns, count)
