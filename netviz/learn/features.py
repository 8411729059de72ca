"""What a network is given of a point of the plane: its coordinates, and functions of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from netviz.learn.network import Floats
from netviz.scene.data import COORDINATES, Feature
from netviz.scene.spec import Scene

_OF_POINT: dict[Feature, Callable[[Floats, Floats], Floats]] = {
    "x1": lambda x1, x2: x1,
    "x2": lambda x1, x2: x2,
    "x1^2": lambda x1, x2: x1 * x1,
    "x2^2": lambda x1, x2: x2 * x2,
    "x1*x2": lambda x1, x2: x1 * x2,
    "sin(x1)": lambda x1, x2: np.sin(x1),
    "sin(x2)": lambda x1, x2: np.sin(x2),
}


def features_of(scene: Scene) -> tuple[Feature, ...] | None:
    """The features of a scene whose inputs are points of the plane; None for one whose inputs are taken as they are."""
    return scene.data.features or (COORDINATES if scene.is_planar else None)


def network_inputs(features: Sequence[Feature] | None, given: Floats) -> Floats:
    """Inputs (..., n_0) for what a scene gives: coordinates (..., 2) with features, otherwise the inputs themselves."""
    if features is None:
        return given
    with np.errstate(over="ignore"):  # whoever trains looks for numbers that have run away
        return np.stack([_OF_POINT[feature](given[..., 0], given[..., 1]) for feature in features], axis=-1)
