"""Light: halos that are where they should be, and an enlargement that is linear and never runs over."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netviz.drawing.color_space import RGB, YUV420, Space
from netviz.drawing.glow import WORD, GlowLayer, _between, _doubled_across, add_enlarged

SIZE = (320, 180)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2]), st.sampled_from([8, 24]))
def test_between_neighbours_stand_their_means(seed: int, planes: int, columns: int) -> None:
    grid = np.random.default_rng(seed).integers(0, 256, (planes, 6, columns), dtype=np.uint8)
    wide, values = _doubled_across(grid), grid.astype(int)
    np.testing.assert_array_equal(wide[:, :, ::2], grid)
    np.testing.assert_array_equal(wide[:, :, 1:-1:2], (values[:, :, :-1] + values[:, :, 1:]) // 2)
    first, middle = _between(grid[:, :-1], grid[:, 1:], 2)
    np.testing.assert_array_equal(first, grid[:, :-1])
    np.testing.assert_array_equal(middle, (values[:, :-1] + values[:, 1:] + 1) // 2)


@pytest.mark.parametrize("factor", [1, 2, 4, 8])
@pytest.mark.parametrize("size", [(64, 48), (70, 54), (130, 250)])
@pytest.mark.parametrize("zero", [0, 128, 255])
def test_enlarging_is_linear_at_every_size(factor: int, size: tuple[int, int], zero: int) -> None:
    width, height = size
    columns, rows = (-(-width // (factor * WORD)) + 1) * WORD, -(-height // factor) + 1
    light = np.random.default_rng(1).integers(-60 if zero else 0, 1 if zero == 255 else 60, (2, rows, columns))
    ground = np.full((2, height, width), 100, np.uint8)
    out = np.empty_like(ground)
    add_enlarged(ground, out, (light + zero).astype(np.uint8), factor, zero)
    y, x = np.arange(height) / factor, np.arange(width) / factor
    for plane, result in zip(light, out, strict=True):
        along = np.array([np.interp(x, np.arange(columns), row) for row in plane])
        expected = np.array([np.interp(y, np.arange(rows), column) for column in along.T]).T
        assert np.abs(result - 100.0 - expected).max() <= 4


@pytest.mark.parametrize(("zero", "light", "ground", "expected"), [
    (0, 200, 100, 255), (0, 200, 10, 210), (255, 55, 100, 0), (255, 55, 220, 20),
    (128, 250, 200, 255), (128, 10, 100, 0), (128, 140, 200, 212), (128, 120, 4, 0),
])  # fmt: skip
def test_light_stays_within_a_byte(zero: int, light: int, ground: int, expected: int) -> None:
    under = np.full((1, 16, 16), ground, np.uint8)
    out = np.empty_like(under)
    add_enlarged(under, out, np.full((1, 9, 16), light, np.uint8), 2, zero)
    assert (out == expected).all()


class Lit:
    """A field of light on an even ground."""

    def __init__(self, field: GlowLayer, space: Space = RGB, ground: int = 0) -> None:
        self.field = field
        width, height = SIZE
        self.planes = [
            np.full((channels.stop - channels.start, height // step, width // step), ground, np.uint8)
            for step, channels in space.groups
        ]
        self.ground = [planes.copy() for planes in self.planes]
        field.stand_on(self.ground, self.planes)

    def at(self, brightness: np.ndarray, blobs: list | None = None) -> np.ndarray:
        """The picture (height, width, channels) of a moment."""
        self.field.shine(brightness, blobs or [], 5.0)
        return np.moveaxis(self.planes[0], 0, -1).copy()


def light_of(field: GlowLayer, brightness: np.ndarray) -> np.ndarray:
    return Lit(field).at(brightness)


def test_a_spot_is_brightest_at_its_middle_and_fades_to_nothing() -> None:
    field = GlowLayer(SIZE, RGB, 1)
    lamp = field.add_spot(100, 90, 12)
    out = light_of(field, np.array([[1.0, 0.0, 0.0]]))
    assert lamp == 0
    assert out[90, 100, 0] > 140
    profile = out[90, 100:250:6, 0].astype(int)
    assert (np.diff(profile) <= 1).all()
    assert out[90, 250, 0] <= 1
    assert out[:, :, 1:3].max() <= 1


def test_a_line_glows_evenly_along_its_length() -> None:
    field = GlowLayer(SIZE, RGB, 1)
    points = np.column_stack([np.linspace(40, 280, 9), np.full(9, 90.0)])
    field.add_line(points, ((1.0, 6.0),))
    ridge = light_of(field, np.array([[0.0, 1.0, 0.0]]))[90, 70:250, 1].astype(int)
    assert ridge.min() > 100
    assert np.ptp(ridge) < 12


def test_light_adds_up_and_keeps_its_colour() -> None:
    field = GlowLayer(SIZE, RGB, 2)
    for x in (150, 170):
        field.add_spot(x, 90, 15)
    glows = Lit(field)
    one = glows.at(np.array([[0.5, 0.2, 0.0], [0, 0, 0]]))[90, 160].astype(int)
    both = glows.at(np.array([[0.5, 0.2, 0.0], [0.5, 0.2, 0.0]]))[90, 160].astype(int)
    strong = glows.at(np.full((2, 3), [9.0, 3.0, 0.5]))[90, 160].astype(int)
    assert both[0] > one[0] + 20
    assert strong[0] < 255, "bright light does not clip"
    assert strong[2] < strong[0], "nor does it turn white"


def test_many_lamps_make_the_grid_coarser_not_the_memory_larger() -> None:
    assert GlowLayer((1920, 1080), RGB, 16).step == 4
    assert GlowLayer((1920, 1080), RGB, 2000).step >= 8


def test_on_a_light_ground_light_is_taken_away_and_never_turns_black() -> None:
    field = GlowLayer(SIZE, RGB, 1, darkens=True)
    field.add_spot(160, 90, 15)
    out = Lit(field, ground=250).at(np.array([[0.0, 0.5, 50.0]]))
    red, green, blue = out[90, 160].astype(int)
    assert red >= 249
    assert green < 200
    assert 40 < blue < 80
    assert (out[2, 2] >= 249).all()


@pytest.mark.parametrize("darkens", [False, True])
@pytest.mark.parametrize("space", [RGB, YUV420], ids=["rgb", "yuv420"])
def test_light_does_not_remember_what_it_was(space: Space, darkens: bool) -> None:
    def glows() -> Lit:
        field = GlowLayer(SIZE, space, 3, darkens)
        for x, y in ((60, 90), (160, 40), (250, 150)):
            field.add_spot(x, y, 12)
        return Lit(field, space, ground=120)

    generator = np.random.default_rng(3)
    moments = []
    for number in range(12):
        brightness = generator.random((3, 3)) * (generator.random((3, 1)) > 0.4)
        blob = (generator.random(4) * 320, generator.random(4) * 180, generator.random(4), np.array([0.9, 0.2, 0.4]))
        moments.append((brightness, [blob] if number % 3 else []))
    kept = glows()
    for brightness, blobs in [*moments, *moments[::-1], moments[0]]:
        kept.at(brightness, blobs)
        fresh = glows()
        fresh.at(brightness, blobs)
        for old, new in zip(kept.planes, fresh.planes, strict=True):
            np.testing.assert_array_equal(old, new)
