"""Estimators of scikit-learn to be watched, and what they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

IRIS = load_iris()
X = StandardScaler().fit_transform(IRIS.data)
SPECIES = IRIS.target_names[IRIS.target]
SOME = np.arange(3, 150, 10)
"""Examples that are probes."""


def classifier(**more: Any) -> MLPClassifier:
    settings = {"learning_rate_init": 0.01, "batch_size": 40, "max_iter": 12, "random_state": 5, "activation": "tanh"}
    return MLPClassifier((6,), **settings | more)


def state_of(estimator: Any) -> dict[str, Any]:
    """All that an estimator holds, in a form that can be compared to the bit."""

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return value.dtype.str, value.shape, value.tobytes()
        if isinstance(value, list | tuple):
            return [plain(each) for each in value]
        if isinstance(value, np.random.RandomState):
            return plain(value.get_state())
        if hasattr(value, "__dict__"):
            return {name: plain(each) for name, each in vars(value).items()}
        return value

    return {name: plain(value) for name, value in vars(estimator).items()}


def spied(kind: type, **settings: Any) -> Any:
    """An estimator, of a class made from scikit-learn's, that keeps copies of what every step begins with."""

    class Spied(kind):  # type: ignore[misc]
        def _backprop(self, *args: Any) -> Any:
            found = super()._backprop(*args)
            both = [w.copy() for w in self.coefs_], [b.copy() for b in self.intercepts_]
            self.__dict__.setdefault("seen", []).append((float(found[0]), *both))
            return found

    Spied.__name__ = kind.__name__
    Spied.__init__ = kind.__init__
    return Spied(**settings)


def assert_is_moment(recording: Any, moment: int, weights: list[Any], biases: list[Any]) -> None:
    for layer in range(len(weights)):
        for kept, own in ((recording.weights, weights), (recording.biases, biases)):
            assert kept[layer][moment].dtype == own[layer].dtype
            assert np.array_equal(kept[layer][moment], own[layer])
