"""The hidden neuron that adds most to the answer, found by nudging each neuron's activation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netviz.recording.layers import activate
from netviz.timeline.first_weights import of_answer
from netviz.timeline.frame import state_of, with_bias_nodes
from netviz.training.trainer import train
from tests.training.problems import HIDDEN
from tests.training.scenes import scene


@pytest.mark.parametrize("kind", HIDDEN)
@pytest.mark.parametrize("nodes", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_is_the_one_with_the_largest_share(kind: Any, nodes: bool, seed: int) -> None:
    """Its activation times the slope, by it, of the sum of the output that is largest, through a layer between."""
    examples = [([1, 0, 1], [1, 0]), ([0, 1, 1], [0, 1]), ([1, 1, 0], [1, 1])]
    network = {"layers": [3, 6, 4, 2], "activation": [kind, kind, "tanh"], "bias": True, "bias_nodes": nodes}
    training = {"cycles": 50, "learning_rate": 0.1, "initial_weights": "he", "initial_biases": [0.5, -0.4, 0.1]}
    trained = scene(examples, network, seed=seed, **training)  # type: ignore[arg-type]
    recording = train(trained)
    row = int(np.flatnonzero(recording.probe >= 0)[-1])
    layers = [layer[row] for layer in recording.activations]
    weights, biases = recording.parameters_at(row)

    def total(hidden: Any) -> float:
        between = activate(kind, hidden @ weights[1] + biases[1])
        return float((between @ weights[2] + biases[2])[layers[3].argmax()])

    slopes = [(total(layers[1] + step) - total(layers[1] - step)) / 2e-6 for step in 1e-6 * np.eye(6)]
    shown = with_bias_nodes(trained, layers, 1.0)
    found = of_answer(trained, state_of(recording, trained, row), shown, 1.0)
    assert found is not None and found.neuron == int(np.argmax(layers[1] * slopes))
