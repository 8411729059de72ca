"""Data sets as arrays: a scene's examples, and points of the plane, as TensorFlow Playground draws them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, MutableSequence
from functools import lru_cache
from typing import Protocol, TypeVar

import numpy as np

from netviz.recording.layers import Floats, network_inputs
from netviz.recording.recording import Examples
from netviz.scene.model import COORDINATES, Dataset, Feature, Normalize
from netviz.scene.scene import Scene
from netviz.training.seedrandom import SeedRandom

PLANE_DOMAIN = (-6.0, 6.0, -6.0, 6.0)
"""The part of the plane that Playground shows of its data sets: left, right, bottom, top."""


def features_of(scene: Scene) -> tuple[Feature, ...] | None:
    """The features of a scene whose inputs are points of the plane; None for one whose inputs are taken as they are."""
    return scene.data.features or (COORDINATES if scene.is_planar else None)


def examples_of(scene: Scene) -> Examples:
    """The scene's examples, in the order in which every cycle goes through them."""
    return _examples_and_stream(scene)[0]


def weight_stream(scene: Scene) -> SeedRandom:
    """A copy of Playground's stream of random numbers, at the place where its initial weights are drawn from it.

    A data set's points and their shuffling are drawn before; for a scene with its own examples the stream is untouched.
    """
    return _examples_and_stream(scene)[1].copy()


@lru_cache(maxsize=4)
def _examples_and_stream(scene: Scene) -> tuple[Examples, SeedRandom]:
    data, stream = scene.data, SeedRandom(str(scene.training.seed))
    if data.dataset is not None:
        given, targets = draw_points(data.dataset, data.total_count, data.noise / 100, stream, scene.network.layers[-1])
    else:
        assert data.examples is not None
        order = list(range(data.total_count))
        if data.train_count < data.total_count:
            shuffle(order, stream.copy())
        given = np.array([data.examples[index].inputs for index in order], dtype=np.float64)
        targets = np.array([data.examples[index].target for index in order], dtype=np.float64)
    features, train_count = features_of(scene), data.train_count
    learned = given[:train_count]
    scaling = normalization_of(data.normalize, network_inputs(features, learned))
    examples = Examples(
        network_inputs(features, learned, scaling),
        targets[:train_count],
        network_inputs(features, given[train_count:], scaling),
        targets[train_count:],
        learned,
        given[train_count:],
    )
    return examples, stream


def scene_normalization(scene: Scene) -> Floats | None:
    """Shifts and scales that normalise a scene's values, or features of points, (2, n_0); None where they are not."""
    return normalization_of(scene.data.normalize, network_inputs(features_of(scene), examples_of(scene).given))


def normalization_of(way: Normalize | None, values: Floats) -> Floats | None:
    """Shift that is subtracted from each of n_0 columns, and scale that divides it then, (2, n_0); None for no way.

    values: (E, n_0), those of the training examples. A column whose values are all the same is only shifted, to 0.
    """
    if way is None:
        return None
    with np.errstate(all="ignore"):  # the trainer checks for numbers that are not finite
        largest = np.abs(values).max(axis=0)
        unit = np.where(largest > 0, largest, 1.0)  # sums of huge numbers, and squares of any, may leave their range
        low, high = values.min(axis=0), values.max(axis=0)
        middle = np.clip(unit * (values / unit).mean(axis=0), low, high)
        apart = values - middle
        widest = np.abs(apart).max(axis=0)
        width = np.where(widest > 0, widest, 1.0)
        shift, scale = (
            (low, high - low) if way == "minmax" else (middle, width * np.sqrt(((apart / width) ** 2).mean(0)))
        )
    return np.stack([shift, np.where(high > low, scale, 1.0)])


# Labelled points of the plane: the six data sets of TensorFlow Playground, moons and blobs.
#
# Distributions of the six, and the order in which their random numbers are drawn, as in its source
# (tensorflow/playground, src/dataset.ts), so that the same numbers give the same points. `noise` is 0 without noise and
# 0.5 at its slider's end; in most sets it shifts the position from which a point's label is computed, not the point.

_T = TypeVar("_T")
_Point = tuple[float, float, float]
"""x1, x2, label."""

_LONGEST_RADIUS = 5.0  # of circle, xor and spiral
_SIDE = 6.0  # of the regressions
_AXIS = 0.3  # xor has no points this close to an axis
_MOON_RADIUS, _MOON_SHIFT = 3.2, 2.5  # moons reach 4.8 to the sides; at noise 0.5 they have begun to run together
_RING = 3.5  # around which blobs lie
_NARROWEST_BLOB, _WIDER_BLOB = 0.125, 0.28  # deviation, in parts of two neighbours' distance: as that of gauss
_BUMPS = ((-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1))
_BUMP_RADIUS = 2.0


class Uniform(Protocol):
    """A stream of random numbers 0 <= x < 1."""

    def random(self) -> float: ...


def draw_points(dataset: Dataset, count: int, noise: float, stream: Uniform, outputs: int = 1) -> tuple[Floats, Floats]:
    """Draw `count` points (count, 2) of a data set and their labels (count, outputs), shuffled.

    The labels of circle, xor, gauss, spiral and moons are 1 and -1; the regressions' are numbers around -1 to 1. Those
    of blobs are 1 for a point's own cloud and 0 for all others; or, with one output, 1 and -1.
    """
    drawn = (
        _blobs(count, noise, stream, max(2, outputs)) if dataset == "blobs" else _DRAWN[dataset](count, noise, stream)
    )
    points = list(drawn)
    shuffle(points, stream)
    table = np.array(points, dtype=np.float64)
    labels = table[:, 2:].copy()
    if dataset == "blobs":
        labels = np.eye(outputs)[labels[:, 0].astype(int)] if outputs > 1 else 1 - 2 * labels
    return table[:, :2].copy(), labels


def shuffle(items: MutableSequence[_T], stream: Uniform) -> None:
    """Put items into a random order, in place: Fisher and Yates's way, from the last to the first."""
    for last in range(len(items) - 1, -1, -1):
        chosen = math.floor(stream.random() * (last + 1))
        items[last], items[chosen] = items[chosen], items[last]


def _uniform(low: float, high: float, stream: Uniform) -> float:
    return stream.random() * (high - low) + low


def _shift(radius: float, noise: float, stream: Uniform) -> float:
    return _uniform(-radius, radius, stream) * noise


def _normal(mean: float, variance: float, stream: Uniform) -> float:
    """Marsaglia's polar method; of the two numbers it gives the second is thrown away."""
    while True:
        first = 2 * stream.random() - 1
        second = 2 * stream.random() - 1
        square = first * first + second * second
        if 0 < square <= 1:
            return mean + math.sqrt(variance) * (math.sqrt(-2 * math.log(square) / square) * first)


def _halves(count: int) -> tuple[int, int]:
    return count - count // 2, count // 2


def _circle(count: int, noise: float, stream: Uniform) -> Iterator[_Point]:
    """A disc and a ring around it."""
    inner = _LONGEST_RADIUS * 0.5
    rings = ((0.0, inner), (_LONGEST_RADIUS * 0.7, _LONGEST_RADIUS))
    for part, (nearest, farthest) in zip(_halves(count), rings, strict=True):
        for _ in range(part):
            radius = _uniform(nearest, farthest, stream)
            angle = _uniform(0, 2 * math.pi, stream)
            x, y = radius * math.sin(angle), radius * math.cos(angle)
            noisy_x = x + _shift(_LONGEST_RADIUS, noise, stream)
            noisy_y = y + _shift(_LONGEST_RADIUS, noise, stream)
            yield x, y, 1.0 if math.hypot(noisy_x, noisy_y) < inner else -1.0


def _xor(count: int, noise: float, stream: Uniform) -> Iterator[_Point]:
    """Quadrants: 1 where both coordinates have the same sign."""
    for _ in range(count):
        x = _uniform(-_LONGEST_RADIUS, _LONGEST_RADIUS, stream)
        x += _AXIS if x > 0 else -_AXIS
        y = _uniform(-_LONGEST_RADIUS, _LONGEST_RADIUS, stream)
        y += _AXIS if y > 0 else -_AXIS
        noisy_x = x + _shift(_LONGEST_RADIUS, noise, stream)
        noisy_y = y + _shift(_LONGEST_RADIUS, noise, stream)
        yield x, y, 1.0 if noisy_x * noisy_y >= 0 else -1.0


def _gauss(count: int, noise: float, stream: Uniform) -> Iterator[_Point]:
    """Two normal distributions, around (2, 2) and (-2, -2); noise makes them wider."""
    variance = 0.5 + 7 * noise
    for part, centre, label in zip(_halves(count), (2, -2), (1.0, -1.0), strict=True):
        for _ in range(part):
            x = _normal(centre, variance, stream)
            yield x, _normal(centre, variance, stream), label


def _spiral(count: int, noise: float, stream: Uniform) -> Iterator[_Point]:
    """Two arms that wind around each other; here noise moves the points themselves."""
    half = count / 2
    for part, turn, label in zip(_halves(count), (0.0, math.pi), (1.0, -1.0), strict=True):
        for index in range(part):
            radius = index / half * _LONGEST_RADIUS
            angle = 1.75 * index / half * 2 * math.pi + turn
            x = radius * math.sin(angle) + _shift(1, noise, stream)
            yield x, radius * math.cos(angle) + _shift(1, noise, stream), label


def _moons(count: int, noise: float, stream: Uniform) -> Iterator[_Point]:
    """Two half circles of even density that reach into each other, centred; here noise moves the points themselves."""
    for part, side in zip(_halves(count), (1.0, -1.0), strict=True):
        for index in range(part):
            angle = math.pi * index / max(1, part - 1)
            x = _MOON_RADIUS * (math.cos(angle) - 0.5) + _shift(_MOON_SHIFT, noise, stream)
            y = _MOON_RADIUS * (math.sin(angle) - 0.25) + _shift(_MOON_SHIFT, noise, stream)
            yield side * x, side * y, side


def _blobs(count: int, noise: float, stream: Uniform, clouds: int) -> Iterator[_Point]:
    """Normal distributions, evenly around a ring, each with the number of its cloud; noise makes them wider."""
    apart = 2 * _RING * math.sin(math.pi / clouds)
    variance = (apart * (_NARROWEST_BLOB + _WIDER_BLOB * noise)) ** 2
    for index in range(count):
        cloud = index % clouds
        angle = math.pi * (0.25 + 2 * cloud / clouds)
        x, y = (_normal(_RING * part, variance, stream) for part in (math.cos(angle), math.sin(angle)))
        yield x, y, float(cloud)


def _square(label: Callable[[float, float], float], count: int, noise: float, stream: Uniform) -> Iterator[_Point]:
    for _ in range(count):
        x, y = _uniform(-_SIDE, _SIDE, stream), _uniform(-_SIDE, _SIDE, stream)
        noisy_x = x + _shift(_SIDE, noise, stream)
        yield x, y, label(noisy_x, y + _shift(_SIDE, noise, stream))


def _plane(count: int, noise: float, stream: Uniform) -> Iterator[_Point]:
    """Regression: labels rise evenly with x1 + x2."""
    return _square(lambda x, y: (x + y) / 10, count, noise, stream)


def _gauss_regression(count: int, noise: float, stream: Uniform) -> Iterator[_Point]:
    """Regression: labels form six bumps, alternately up and down."""
    return _square(_nearest_bump, count, noise, stream)


def _nearest_bump(x: float, y: float) -> float:
    heights = (sign * max(0.0, 1 - math.hypot(x - cx, y - cy) / _BUMP_RADIUS) for cx, cy, sign in _BUMPS)
    return max(heights, key=abs)


_DRAWN: dict[str, Callable[[int, float, Uniform], Iterator[_Point]]] = {
    "circle": _circle,
    "xor": _xor,
    "gauss": _gauss,
    "spiral": _spiral,
    "moons": _moons,
    "plane": _plane,
    "gauss-regression": _gauss_regression,
}
