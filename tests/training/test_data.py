"""Playground's data sets, by the descriptions of their distributions and by the first point of a known seed."""

from __future__ import annotations

import math
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netviz.recording.recording import Examples
from netviz.scene.model import Dataset, Normalize
from netviz.scene.scene import Scene
from netviz.training.data import draw_points, examples_of, normalization_of, shuffle, weight_stream
from netviz.training.seedrandom import SeedRandom
from netviz.training.setup import described
from tests.training.scenes import XOR_EXAMPLES, playground, scene

BUMPS = [(-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1)]
seeds = st.text(max_size=20)
counts = st.integers(2, 300)
noises = st.floats(0, 0.5)


class Numbers:
    """A stream that counts, and keeps what it gave."""

    def __init__(self, seed: str) -> None:
        self.stream, self.given = SeedRandom(seed), list[float]()

    def random(self) -> float:
        self.given.append(self.stream.random())
        return self.given[-1]


def drawn(dataset: Any, count: int, noise: float, seed: str) -> tuple[Any, Any, Any, list[float]]:
    """x1, x2 and label (count,), in the order in which they were drawn, and all random numbers they took."""
    numbers = Numbers(seed)
    points, labels = draw_points(dataset, count, noise, numbers)
    assert points.shape == (count, 2)
    assert labels.shape == (count, 1)
    taken = numbers.given[: len(numbers.given) - count]
    shuffled = list(range(count))
    shuffle(shuffled, Replay(numbers.given[len(taken) :]))
    order = np.argsort(shuffled)
    return points[order, 0], points[order, 1], labels[order, 0], taken


class Replay:
    def __init__(self, numbers: list[float]) -> None:
        self.numbers = iter(numbers)

    def random(self) -> float:
        return next(self.numbers)


def shifts(taken: list[float], radius: float, noise: float) -> tuple[Any, Any]:
    """How far noise moved each point that took four numbers, the last two for it."""
    table = np.reshape(taken, (-1, 4))
    return ((table[:, 2:] * 2 - 1) * radius * noise).T


def test_the_first_circle_point_of_a_known_run() -> None:
    x, y, _, taken = drawn("circle", 500, 0, "0.59704")
    assert (x[0], y[0]) == (-0.4363329283929958, -0.8215385347844285)
    assert len(taken) == 2000


@settings(max_examples=30, deadline=None)
@given(seeds, counts, noises)
def test_circle(seed: str, count: int, noise: float) -> None:
    x, y, label, taken = drawn("circle", count, noise, seed)
    first = count - count // 2
    radius = np.hypot(x, y)
    assert (radius[:first] < 2.5 + 1e-12).all()
    assert ((radius[first:] >= 3.5 - 1e-12) & (radius[first:] < 5 + 1e-12)).all()
    dx, dy = shifts(taken, 5, noise)
    np.testing.assert_array_equal(label, np.where(np.hypot(x + dx, y + dy) < 2.5, 1, -1))
    # The angle is even over the whole turn, the radius even from its nearest to its farthest.
    table = np.reshape(taken, (-1, 4))
    np.testing.assert_allclose(radius[:first], 2.5 * table[:first, 0], atol=1e-12)
    np.testing.assert_allclose(radius[first:], 3.5 + 1.5 * table[first:, 0], atol=1e-12)
    np.testing.assert_allclose(np.arctan2(x, y) % math.tau, (table[:, 1] * math.tau), atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(seeds, counts, noises)
def test_xor(seed: str, count: int, noise: float) -> None:
    x, y, label, taken = drawn("xor", count, noise, seed)
    table = np.reshape(taken, (-1, 4)) * 10 - 5
    for coordinate, plain in ((x, table[:, 0]), (y, table[:, 1])):
        assert ((np.abs(coordinate) >= 0.3) & (np.abs(coordinate) <= 5.3)).all()
        np.testing.assert_allclose(coordinate, plain + 0.3 * np.where(plain > 0, 1, -1), atol=1e-12)
    dx, dy = shifts(taken, 5, noise)
    np.testing.assert_array_equal(label, np.where((x + dx) * (y + dy) >= 0, 1, -1))


@settings(max_examples=30, deadline=None)
@given(seeds, counts, noises)
def test_spiral(seed: str, count: int, noise: float) -> None:
    x, y, label, taken = drawn("spiral", count, noise, seed)
    first = count - count // 2
    assert label.tolist() == [1.0] * first + [-1.0] * (count - first)
    index = np.concatenate([np.arange(first), np.arange(count - first)])
    radius = 5 * index / (count / 2)
    angle = 1.75 * index / (count / 2) * math.tau + np.where(label > 0, 0, math.pi)
    table = np.reshape(taken, (-1, 2)) * 2 - 1
    np.testing.assert_allclose(x, radius * np.sin(angle) + noise * table[:, 0], atol=1e-12)
    np.testing.assert_allclose(y, radius * np.cos(angle) + noise * table[:, 1], atol=1e-12)


@settings(max_examples=10, deadline=None)
@given(seeds, noises)
def test_gauss(seed: str, noise: float) -> None:
    count = 4000
    x, y, label, taken = drawn("gauss", count, noise, seed)
    assert label.tolist() == [1.0] * 2000 + [-1.0] * 2000
    # pi/4 of the tries succeed, and each takes two numbers for one.
    assert len(taken) / (2 * count) == pytest.approx(2 / (math.pi / 4), rel=0.05)
    for coordinate in (x, y):
        for sign in (1, -1):
            cloud = coordinate[label == sign]
            deviation = math.sqrt(0.5 + 7 * noise)
            assert cloud.mean() == pytest.approx(2 * sign, abs=6 * deviation / math.sqrt(2000))
            assert cloud.std() == pytest.approx(deviation, rel=0.1)
            assert (np.abs(cloud - 2 * sign) < deviation).mean() == pytest.approx(0.6827, abs=0.06)
    assert abs(np.corrcoef(x[label > 0], y[label > 0])[0, 1]) < 0.15


@settings(max_examples=30, deadline=None)
@given(seeds, counts, noises)
def test_plane(seed: str, count: int, noise: float) -> None:
    x, y, label, taken = drawn("plane", count, noise, seed)
    dx, dy = shifts(taken, 6, noise)
    np.testing.assert_allclose(np.stack([x, y], axis=-1), np.reshape(taken, (-1, 4))[:, :2] * 12 - 6, atol=1e-12)
    np.testing.assert_allclose(label, (x + dx + y + dy) / 10, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(seeds, counts, noises)
def test_gauss_regression(seed: str, count: int, noise: float) -> None:
    x, y, label, taken = drawn("gauss-regression", count, noise, seed)
    np.testing.assert_allclose(np.stack([x, y], axis=-1), np.reshape(taken, (-1, 4))[:, :2] * 12 - 6, atol=1e-12)
    dx, dy = shifts(taken, 6, noise)
    for index in range(count):
        # A point is within 2 of one centre at most: they stand 4 and 5 apart.
        near = [
            sign * (1 - distance / 2)
            for cx, cy, sign in BUMPS
            if (distance := math.dist((x[index] + dx[index], y[index] + dy[index]), (cx, cy))) < 2
        ]
        assert len(near) <= 1
        assert label[index] == pytest.approx(sum(near), abs=1e-12)


@given(seeds, counts, noises)
def test_moons_reach_into_each_other(seed: str, count: int, noise: float) -> None:
    x, y, label, taken = drawn("moons", count, noise, seed)
    assert sorted(label.tolist()) == [-1.0] * (count // 2) + [1.0] * (count - count // 2)
    assert len(taken) == 2 * count
    centre = np.column_stack([-1.6 * label, -0.8 * label])
    distance = np.hypot(x - centre[:, 0], y - centre[:, 1])
    assert np.abs(distance - 3.2).max() <= 2.5 * noise * 2**0.5 + 1e-12
    if noise == 0:
        assert ((y - centre[:, 1]) * label >= -1e-12).all(), "half circles"


@given(seeds, st.integers(2, 9))
@settings(max_examples=20)
def test_blobs_are_clouds_around_a_ring_one_for_each_output(seed: str, clouds: int) -> None:
    points, labels = draw_points("blobs", 60 * clouds + 1, 0.0, SeedRandom(seed), clouds)
    assert labels.sum(axis=0).tolist() == [61] + [60] * (clouds - 1)
    assert (labels.sum(axis=1) == 1).all() and set(labels.ravel().tolist()) == {0.0, 1.0}
    angles = np.pi * (0.25 + 2 * np.arange(clouds) / clouds)
    centres = 3.5 * np.column_stack([np.cos(angles), np.sin(angles)])
    apart = float(np.hypot(*(centres[0] - centres[1])))
    means = np.array([points[labels[:, cloud] == 1].mean(axis=0) for cloud in range(clouds)])
    assert np.abs(means - centres).max() < 0.1 * apart
    nearest = np.hypot(*(points[:, None] - centres).transpose(2, 0, 1)).argmin(axis=1)
    assert (nearest == labels.argmax(axis=1)).mean() > 0.99
    wide, _ = draw_points("blobs", 600, 0.5, SeedRandom(seed), clouds)
    assert np.std(np.hypot(*wide.T)) > 1.4 * np.std(np.hypot(*points.T))


def test_blobs_of_one_output_are_two_with_the_labels_of_other_sets() -> None:
    points, labels = draw_points("blobs", 101, 0.0, SeedRandom("1"))
    assert labels.shape == (101, 1)
    assert sorted(labels.ravel().tolist()) == [-1.0] * 50 + [1.0] * 51
    assert (np.sign(points.sum(axis=1)) == labels.ravel()).mean() > 0.99
    examples = examples_of(playground("blobs", network={"layers": [2, 3, 4]}))
    assert examples.targets.shape == (250, 4)
    assert examples.test_targets.shape == (250, 4)


@given(st.integers(0, 50), seeds)
def test_shuffling_changes_places_alone(count: int, seed: str) -> None:
    items = list(range(count))
    shuffle(items, SeedRandom(seed))
    assert sorted(items) == list(range(count))


def test_shuffling_gives_every_order_alike() -> None:
    stream, found = SeedRandom("fair"), dict[tuple[int, ...], int]()
    for _ in range(6000):
        items = [0, 1, 2]
        shuffle(items, stream)
        found[tuple(items)] = found.get(tuple(items), 0) + 1
    assert len(found) == 6
    assert all(850 < times < 1150 for times in found.values())


@pytest.mark.parametrize("dataset", get_args(Dataset))
def test_a_scenes_points_are_split_and_the_weights_go_on_with_the_stream(dataset: Any) -> None:
    wanted = playground(dataset, data={"noise": 20, "train_share": 0.3})
    stream = SeedRandom("0.59704")
    points, labels = draw_points(dataset, wanted.data.total_count, 0.2, stream)
    learned = wanted.data.train_count
    assert learned == (360 if dataset in ("plane", "gauss-regression") else 150)
    examples = examples_of(wanted)
    assert examples.points is not None
    assert examples.test_points is not None
    np.testing.assert_array_equal(examples.points, points[:learned])
    np.testing.assert_array_equal(examples.test_points, points[learned:])
    np.testing.assert_array_equal(examples.inputs, points[:learned])
    np.testing.assert_array_equal(examples.targets, labels[:learned])
    np.testing.assert_array_equal(examples.test_targets, labels[learned:])
    assert weight_stream(wanted).random() == weight_stream(wanted).random() == stream.random()


def split(share: float | None, seed: int = 1) -> Scene:
    whole = scene(seed=seed).model_dump()
    return Scene.model_validate(whole | {"data": whole["data"] | {"train_share": share}})


def test_inputs_are_normalised_by_the_training_examples_alone() -> None:
    rows = np.random.default_rng(1).normal([100, 1e-3, -5], [30, 1e-4, 1e6], (40, 3))
    tests = {"train_share": 0.75}

    def examples(way: str | None) -> Examples:
        return examples_of(scene([(row, 0) for row in rows.tolist()], data=tests | {"normalize": way}))

    plain, standard, minmax = examples(None), examples("standard"), examples("minmax")
    assert plain.inputs is plain.given or (plain.inputs == plain.given).all()
    for each in (standard, minmax):
        np.testing.assert_array_equal(each.given, plain.inputs)
        np.testing.assert_array_equal(each.test_given, plain.test_inputs)
    np.testing.assert_allclose(standard.inputs.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(standard.inputs.std(axis=0), 1, rtol=1e-14)
    right = (plain.test_inputs - plain.inputs.mean(axis=0)) / plain.inputs.std(axis=0)
    np.testing.assert_allclose(standard.test_inputs, right, rtol=1e-11)
    assert (minmax.inputs.min(axis=0) == 0).all() and (minmax.inputs.max(axis=0) == 1).all()
    assert minmax.test_inputs.max() > 1 or minmax.test_inputs.min() < 0, "they may lie outside"


@pytest.mark.parametrize("way", get_args(Normalize))
@pytest.mark.parametrize("size", [1e-300, 1e-160, 1.0, 1e160, 4e307])
def test_columns_of_one_value_and_of_huge_and_tiny_numbers_are_normalised(way: Normalize, size: float) -> None:
    values = np.array([[1, 0.1, 2], [2, 0.1, 0], [4, 0.1, 1]]) * size
    scaling = normalization_of(way, values)
    assert scaling is not None
    shift, scale = scaling
    found, alike = (values - shift) / scale, (np.array([1.0, 2, 4]) - 7 / 3) / np.std([1, 2, 4])
    np.testing.assert_allclose(found[:, 0], alike if way == "standard" else [0, 1 / 3, 1], rtol=1e-13)
    assert found[:, 1].tolist() == [0, 0, 0] and scale[1] == 1, "shifted alone"
    assert normalization_of(None, values) is None


def test_features_of_points_are_normalised_and_the_points_stay() -> None:
    features = {"features": ["x1^2", "x2"], "normalize": "standard"}
    plain, found = playground("xor"), playground("xor", data=features)
    recording = described(found)
    points = examples_of(plain).points
    assert points is not None
    np.testing.assert_array_equal(examples_of(found).points, points)
    np.testing.assert_array_equal(recording["probes"].points, points)
    values = np.stack([points[:, 0] ** 2, points[:, 1]], axis=1)
    np.testing.assert_allclose(recording["normalization"], [values.mean(axis=0), values.std(axis=0)], rtol=1e-12)
    np.testing.assert_allclose(recording["probes"].inputs.std(axis=0), 1)
    np.testing.assert_array_equal(recording["points"], examples_of(plain).test_points)
    assert described(plain)["normalization"] is described(plain)["probes"].points is None
    assert described(playground("xor", data={"normalize": "minmax"}))["probes"].points is not None


@pytest.mark.parametrize("share", [None, 1.0])
def test_examples_that_are_all_learned_from_keep_their_order(share: float | None) -> None:
    examples = examples_of(split(share))
    assert examples.inputs.tolist() == [inputs for inputs, _ in XOR_EXAMPLES]
    assert examples.test_inputs.shape == (0, 3)
    assert examples.test_targets.shape == (0, 1)


def test_examples_are_shuffled_by_the_seed_before_they_are_split() -> None:
    examples = examples_of(split(0.6))
    order = list(range(7))
    shuffle(order, SeedRandom("1"))
    assert order != sorted(order)
    assert examples.inputs.tolist() == [XOR_EXAMPLES[index][0] for index in order[:4]]
    assert examples.test_inputs.tolist() == [XOR_EXAMPLES[index][0] for index in order[4:]]
    assert examples.test_targets.ravel().tolist() == [XOR_EXAMPLES[index][1] for index in order[4:]]
    assert examples.points is examples.test_points is None
    assert examples_of(split(0.6, 2)).inputs.tolist() != examples.inputs.tolist()
    assert weight_stream(split(0.6)).random() == SeedRandom("1").random()
