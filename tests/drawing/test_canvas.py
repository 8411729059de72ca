"""What drawn things cover: shares of cover that add up, in every plane, and drawings shown from the left on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netviz.drawing.canvas import Canvas, cover_of, drawing_of, strips
from netviz.drawing.color_space import RGB, YUV420, Space

SIZE = (160, 40)
WHITE = np.ones(3)


def random_drawing(canvas: Canvas, seed: int, left: int, top: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    alpha = (generator.random((20, 90)) * (generator.random((20, 90)) > 0.5)).astype(np.float32)
    ink = (alpha[:, :, None] * generator.integers(0, 256, (20, 90, 3))).astype(np.float32)
    return ink, alpha


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.integers(-30, 120), st.integers(-10, 30))
@pytest.mark.parametrize("space", [RGB, YUV420], ids=["rgb", "yuv420"])
def test_what_is_outside_the_picture_is_left_out(space: Space, seed: int, left: int, top: int) -> None:
    canvas = Canvas(SIZE, space)
    _, alpha = random_drawing(canvas, seed, left, top)
    cover = cover_of(canvas, alpha, left, top)
    canvas.memory[:] = np.repeat(np.rint([channel.black for channel in space.channels]), np.diff(canvas.starts))
    canvas.fill(cover, WHITE)
    whole = np.zeros((SIZE[1] + 80, SIZE[0] + 240))
    whole[top + 40 : top + 60, left + 60 : left + 150] = alpha
    wanted = 255 * whole[40 : 40 + SIZE[1], 60 : 60 + SIZE[0]]
    shown = canvas.planes[0] if space is RGB else (canvas.planes[0] - 16.0) * 255 / 219
    assert np.abs(shown - wanted).max() <= 1.2


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.floats(0, 159))
@pytest.mark.parametrize("space", [RGB, YUV420], ids=["rgb", "yuv420"])
def test_a_drawing_is_shown_up_to_a_column(space: Space, seed: int, x: float) -> None:
    canvas = Canvas(SIZE, space)
    drawn = drawing_of(canvas, *random_drawing(canvas, seed, 50, 7), 50, 7)
    canvas.memory[:] = 90
    canvas.put(drawn)
    whole = canvas.memory.copy()
    canvas.memory[:] = 90
    for part in strips(canvas, drawn).until(x):
        canvas.put(part)
    for channel, shown, all_of_it in zip(space.channels, canvas.planes, canvas.planes_of(whole), strict=True):
        columns = np.arange(shown.shape[1]) * channel.step
        np.testing.assert_array_equal(shown[:, columns <= x], all_of_it[:, columns <= x])
        assert (shown[:, columns > x] == 90).all()
