from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netviz.learn.initial import draw_weights, generator, initial_parameters

from .scenes import milo, scene


def test_milos_first_weights_to_the_digits_printed() -> None:
    hidden, output = initial_parameters(milo()).weights
    neurons = [
        [-0.16595599, 0.44064899, -0.99977125],
        [-0.39533485, -0.70648822, -0.81532281],
        [-0.62747958, -0.30887855, -0.20646505],
        [0.07763347, -0.16161097, 0.370439],
    ]
    assert hidden.T.round(8).tolist() == neurons
    assert output.ravel().round(8).tolist() == [-0.5910955, 0.75623487, -0.94522481, 0.34093502]
    assert hidden.flags.c_contiguous


def test_trask_draws_whole_matrices_and_goes_on_where_a_draw_ended() -> None:
    random = np.random.RandomState(42)
    first = draw_weights("trask", [3, 1], random)
    second = draw_weights("trask", [3, 4, 1], random)
    stream = 2 * np.random.RandomState(42).random_sample(3 + 12 + 4) - 1
    np.testing.assert_array_equal(np.concatenate([array.ravel() for array in (*first, *second)]), stream)


@pytest.mark.parametrize(
    ("kind", "scale", "deviation", "bound"),
    [
        ("glorot", None, np.sqrt(2 / 500), np.sqrt(6 / 500)),
        ("he", None, np.sqrt(2 / 200), None),
        ("uniform", None, 1 / np.sqrt(3), 1.0),
        ("uniform", 0.25, 0.25 / np.sqrt(3), 0.25),
        ("normal", None, 1.0, None),
        ("normal", 0.1, 0.1, None),
    ],
)
def test_the_usual_draws_have_their_spread(kind: Any, scale: Any, deviation: float, bound: Any) -> None:
    (weights,) = draw_weights(kind, [200, 300], generator(kind, 7), scale)
    assert weights.shape == (200, 300)
    assert weights.std() == pytest.approx(deviation, rel=0.02)
    assert abs(weights.mean()) < 0.02 * deviation
    if bound is not None:
        assert 0.99 * bound < np.abs(weights).max() <= bound


@pytest.mark.parametrize("kind", ["milo", "trask", "glorot", "he", "uniform", "normal"])
def test_draws_repeat_and_leave_the_global_stream_alone(kind: str) -> None:
    np.random.seed(5)
    before = np.random.get_state()[1].copy()  # type: ignore[index]
    first, again = (initial_parameters(scene(initial_weights=kind, seed=3)) for _ in range(2))
    other = initial_parameters(scene(initial_weights=kind, seed=4))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # type: ignore[index]
    for one, two, three in zip(first.weights, again.weights, other.weights, strict=True):
        np.testing.assert_array_equal(one, two)
        assert not np.array_equal(one, three)
    assert all((bias == 0).all() for bias in first.biases)


def test_a_scale_near_the_largest_number_is_still_finite() -> None:
    (weights,) = draw_weights("uniform", [4, 4], generator("uniform", 1), 1.7e308)
    assert np.isfinite(weights).all()
