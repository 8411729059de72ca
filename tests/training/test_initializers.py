from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netviz.scene.scene import Scene
from netviz.training.data import weight_stream
from netviz.training.initializers import draw_weights, generator, initial_parameters
from netviz.training.seedrandom import SeedRandom
from tests.training.scenes import milo, playground, scene


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


@pytest.mark.parametrize("kind", ["milo", "trask", "glorot", "he", "uniform", "normal", "playground"])
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


def test_playgrounds_weights_go_on_where_its_data_ended() -> None:
    wanted = playground(network={"layers": [2, 3, 1], "bias": True})
    stream = weight_stream(wanted)
    weights, biases = initial_parameters(wanted)
    assert weights[0].T.ravel().tolist() == [stream.random() - 0.5 for _ in range(6)]  # neuron by neuron
    assert weights[1].T.ravel().tolist() == [stream.random() - 0.5 for _ in range(3)]
    assert [bias.tolist() for bias in biases] == [[0.1] * 3, [0.1]]
    assert weights[0].flags.c_contiguous
    assert initial_parameters(playground(data={"samples": 400})).weights[0][0, 0] != weights[0][0, 0]


def test_without_a_data_set_playgrounds_stream_starts_with_the_weights() -> None:
    wanted = scene(initial_weights="playground", seed="a seed")
    weights, biases = initial_parameters(wanted)
    stream = SeedRandom("a seed")
    assert weights[0].T.ravel().tolist() == [stream.random() - 0.5 for _ in range(12)]
    assert not any(bias.any() for bias in biases)  # the network has none
    (other, _), _ = initial_parameters(scene(initial_weights="playground", seed=7))
    assert other[0, 0] == SeedRandom("7").random() - 0.5


@pytest.mark.parametrize("kind", ["milo", "trask", "glorot", "he", "uniform", "normal", "playground"])
def test_numbers_are_thrown_away_before_the_first_weight(kind: Any) -> None:
    skipped = initial_parameters(scene(initial_weights=kind, initial_skip=5, seed=42)).weights[0]
    if kind == "playground":
        stream = SeedRandom("42")
        assert skipped[0, 0] == [stream.random() for _ in range(6)][5] - 0.5
        return
    random = generator(kind, 42)
    random.random(5)
    np.testing.assert_array_equal(skipped, draw_weights(kind, [3, 4, 1], random)[0])
    assert not np.array_equal(skipped, initial_parameters(scene(initial_weights=kind, seed=42)).weights[0])


def given(biases: Any, kind: Any, bias: Any) -> Scene:
    matrices = [[[1, 2], [3, 4], [5, 6]], [[7], [8]]]
    return scene(
        network={"layers": [3, 2, 1], "bias": bias},
        initial_weights=matrices if kind == "given" else kind,
        initial_biases=biases,
    )


@pytest.mark.parametrize("bias", [True, "fixed"])
def test_weights_and_biases_of_the_scenes_own(bias: Any) -> None:
    weights, biases = initial_parameters(given([0.35, [0.6]], "given", bias))
    assert [array.tolist() for array in weights] == [[[1, 2], [3, 4], [5, 6]], [[7], [8]]]
    assert [array.tolist() for array in biases] == [[0.35, 0.35], [0.6]]
    assert all(array.dtype == np.float64 for array in (*weights, *biases))
    biases = initial_parameters(given([[0.1, 0.2], 0.3], "playground", bias)).biases
    assert [array.tolist() for array in biases] == [[0.1, 0.2], [0.3]]
    biases = initial_parameters(given(None, "given", bias)).biases
    assert not any(array.any() for array in biases)


def test_zero_is_zero() -> None:
    parameters = initial_parameters(given(None, "zero", True))
    assert [array.shape for array in parameters.weights] == [(3, 2), (2, 1)]
    assert not any(array.any() for arrays in parameters for array in arrays)
