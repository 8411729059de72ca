"""A scene's data as arrays: the examples that are learned from, and those kept for testing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from netviz.learn.datasets import draw_points, shuffle
from netviz.learn.features import features_of, network_inputs
from netviz.learn.network import Floats
from netviz.learn.seedrandom import SeedRandom
from netviz.scene.spec import Scene


@dataclass(frozen=True, eq=False)
class Examples:
    """E examples for training and T for testing; nothing in them is ever changed."""

    inputs: Floats
    """(E, n_0), what the network is given."""
    targets: Floats
    """(E, n_L)."""
    test_inputs: Floats
    """(T, n_0); T may be 0."""
    test_targets: Floats
    """(T, n_L)."""
    points: Floats | None
    """(E, 2), the points of the plane the inputs come from; None where they come from none."""
    test_points: Floats | None
    """(T, 2)."""

    @property
    def given(self) -> Floats:
        """What the scene gives for training: points (E, 2) of the plane, or else the inputs (E, n_0) themselves."""
        return self.inputs if self.points is None else self.points


def examples_of(scene: Scene) -> Examples:
    """The scene's examples, in the order in which every cycle goes through them."""
    return _examples_and_stream(scene)[0]


def weight_stream(scene: Scene) -> SeedRandom:
    """Playground's stream of random numbers where its first weights are drawn from it, a copy to be used up.

    A data set's points and their shuffling come from it first; of a scene with examples of its own it is untouched.
    """
    return _examples_and_stream(scene)[1].copy()


@lru_cache(maxsize=4)
def _examples_and_stream(scene: Scene) -> tuple[Examples, SeedRandom]:
    data, stream = scene.data, SeedRandom(str(scene.training.seed))
    if data.dataset is not None:
        given, targets = draw_points(data.dataset, data.total_count, data.noise / 100, stream)
    else:
        assert data.examples is not None
        order = list(range(data.total_count))
        if data.train_count < data.total_count:
            shuffle(order, stream.copy())
        given = np.array([data.examples[index].inputs for index in order], dtype=np.float64)
        targets = np.array([data.examples[index].target for index in order], dtype=np.float64)
    features, learned = features_of(scene), data.train_count
    inputs = network_inputs(features, given)
    points = given if features is not None else None
    examples = Examples(
        inputs[:learned],
        targets[:learned],
        inputs[learned:],
        targets[learned:],
        None if points is None else points[:learned],
        None if points is None else points[learned:],
    )
    return examples, stream
