"""A scene's data as arrays: the examples that are learned from, and those kept for testing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from netviz.learn.features import features_of, network_inputs
from netviz.learn.network import Floats
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


@lru_cache(maxsize=4)
def examples_of(scene: Scene) -> Examples:
    """The scene's examples, in the order in which every cycle goes through them."""
    assert scene.data.examples is not None
    given = np.array([example.inputs for example in scene.data.examples], dtype=np.float64)
    targets = np.array([example.target for example in scene.data.examples], dtype=np.float64)
    features, learned = features_of(scene), scene.data.train_count
    inputs = network_inputs(features, given)
    points = given if features is not None else None
    return Examples(
        inputs[:learned],
        targets[:learned],
        inputs[learned:],
        targets[learned:],
        None if points is None else points[:learned],
        None if points is None else points[learned:],
    )
