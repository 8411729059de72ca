"""Light: halos that are where they should be, and an enlargement that is linear and never runs over."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netviz.picture.glow import LightField, _doubled, _enlarge_onto


@given(st.integers(0, 2**32 - 1))
def test_doubling_puts_means_between(seed: int) -> None:
    grid = np.random.default_rng(seed).integers(0, 256, (5, 7, 4), dtype=np.uint8)
    wide = _doubled(grid.view(np.uint32)[:, :, 0], axis=1).view(np.uint8).reshape(5, 13, 4)
    np.testing.assert_array_equal(wide[:, ::2], grid)
    expected = (grid[:, :-1].astype(int) + grid[:, 1:]) // 2
    np.testing.assert_array_equal(wide[:, 1::2], expected)
    tall = _doubled(grid.view(np.uint32)[:, :, 0], axis=0).view(np.uint8).reshape(9, 7, 4)
    np.testing.assert_array_equal(tall[1::2], (grid[:-1].astype(int) + grid[1:]) // 2)


@pytest.mark.parametrize("step", [2, 4, 8])
@pytest.mark.parametrize("size", [(64, 48), (70, 54), (130, 250)])
def test_enlarging_is_linear_at_every_size(step: int, size: tuple[int, int]) -> None:
    width, height = size
    columns, rows = (width - 1) // step + 2, (height - 1) // step + 2
    cells = np.zeros((rows, columns, 4), np.uint8)
    cells[:, :, 0] = np.random.default_rng(1).integers(0, 200, (rows, columns))
    ground = np.full((height, width, 4), 20, np.uint8)
    out = np.empty_like(ground)
    _enlarge_onto(cells, step, ground, out)
    y, x = np.arange(height) / step, np.arange(width) / step
    along = np.array([np.interp(x, np.arange(columns), row) for row in cells[:, :, 0]])
    expected = np.array([np.interp(y, np.arange(rows), column) for column in along.T]).T
    assert np.abs(out[:, :, 0] - 20.0 - expected).max() <= 4
    assert (out[:, :, 1:] == 20).all()


def test_light_stops_at_white() -> None:
    cells = np.full((10, 10, 4), 200, np.uint8)
    ground = np.full((16, 16, 4), 100, np.uint8)
    out = np.empty_like(ground)
    _enlarge_onto(cells, 2, ground, out)
    assert (out == 255).all()


def light_of(field: LightField, brightness: np.ndarray) -> np.ndarray:
    ground = np.zeros((180, 320, 4), np.uint8)
    out = np.empty_like(ground)
    field.add_to(ground, out, brightness, [], 5.0)
    return out


def test_a_spot_is_brightest_at_its_middle_and_fades_to_nothing() -> None:
    field = LightField((320, 180), 1)
    lamp = field.add_spot(100, 90, 12)
    out = light_of(field, np.array([[1.0, 0.0, 0.0]]))
    assert lamp == 0
    assert out[90, 100, 0] > 140
    profile = out[90, 100:250:6, 0].astype(int)
    assert (np.diff(profile) <= 1).all()
    assert out[90, 250, 0] <= 1
    assert out[:, :, 1:3].max() <= 1


def test_a_line_glows_evenly_along_its_length() -> None:
    field = LightField((320, 180), 1)
    points = np.column_stack([np.linspace(40, 280, 9), np.full(9, 90.0)])
    field.add_line(points, ((1.0, 6.0),))
    ridge = light_of(field, np.array([[0.0, 1.0, 0.0]]))[90, 70:250, 1].astype(int)
    assert ridge.min() > 100
    assert np.ptp(ridge) < 12


def test_light_adds_up_and_keeps_its_colour() -> None:
    field = LightField((320, 180), 2)
    for x in (150, 170):
        field.add_spot(x, 90, 15)
    one = light_of(field, np.array([[0.5, 0.2, 0.0], [0, 0, 0]]))[90, 160].astype(int)
    both = light_of(field, np.array([[0.5, 0.2, 0.0], [0.5, 0.2, 0.0]]))[90, 160].astype(int)
    strong = light_of(field, np.full((2, 3), [9.0, 3.0, 0.5]))[90, 160].astype(int)
    assert both[0] > one[0] + 20
    assert strong[0] < 255, "bright light does not clip"
    assert strong[2] < strong[0], "nor does it turn white"


def test_many_lamps_make_the_grid_coarser_not_the_memory_larger() -> None:
    assert LightField((1920, 1080), 16).step == 4
    assert LightField((1920, 1080), 2000).step >= 8


def test_on_a_light_ground_light_is_taken_away_and_never_turns_black() -> None:
    field = LightField((320, 180), 1, darkens=True)
    field.add_spot(160, 90, 15)
    ground, out = np.full((180, 320, 4), 250, np.uint8), np.empty((180, 320, 4), np.uint8)
    field.add_to(ground, out, np.array([[0.0, 0.5, 50.0]]), [], 5.0)
    red, green, blue, opacity = out[90, 160].astype(int)
    assert red >= 249
    assert green < 200
    assert 40 < blue < 80
    assert opacity == 250
    assert (out[2, 2, :3] >= 249).all()
