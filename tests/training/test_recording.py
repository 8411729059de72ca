from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import numpy as np
import pytest

from netviz.training.layers import forward, losses
from netviz.training.recording import Recording
from netviz.training.trainer import train
from tests.training.scenes import scene


@pytest.fixture(scope="module")
def recording() -> Recording:
    return train(scene(network={"bias": True, "activation": ["tanh", "sigmoid"]}, batch=3))


def test_nothing_in_it_can_be_changed(recording: Recording) -> None:
    with pytest.raises(ValueError, match="read-only"):
        recording.weights[0][0, 0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        recording.loss[0] = 1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        recording.loss = recording.train_loss  # type: ignore[misc]


def test_forward_uses_the_weights_of_the_row(recording: Recording) -> None:
    start, end = recording.forward([1, 1, 0], row=0), recording.forward([1, 1, 0])
    assert [layer.shape for layer in end] == [(3,), (4,), (1,)]
    weights, biases = [array[0] for array in recording.weights], [array[0] for array in recording.biases]
    expected = forward(weights, biases, ["tanh", "sigmoid"], np.array([1.0, 1.0, 0.0]))
    np.testing.assert_array_equal(start[-1], expected[-1])
    assert start[-1] != end[-1]
    with pytest.raises(ValueError, match="3 inputs"):
        recording.forward([1, 1])


def test_deltas_are_the_slope_of_the_examples_loss_in_each_neurons_sum(recording: Recording) -> None:
    """A bias adds to the sum: the loss's slope in it, by finite differences, is the delta."""
    row = int(np.flatnonzero(recording.example == 4)[1])
    found = recording.deltas(row)
    assert [delta.shape for delta in found] == [(4,), (1,)]
    weights, biases = ([array[row].copy() for array in arrays] for arrays in (recording.weights, recording.biases))
    inputs, target = recording.activations[0][row], recording.targets[row]

    def loss() -> float:
        layers = forward(weights, biases, ["tanh", "sigmoid"], inputs)
        return float(losses(weights, biases, ["tanh", "sigmoid"], layers, target, "squared_error"))

    for layer, delta in enumerate(found):
        for neuron, slope in enumerate(delta):
            value = biases[layer][neuron]
            biases[layer][neuron] = value + 1e-6
            above = loss()
            biases[layer][neuron] = value - 1e-6
            below = loss()
            biases[layer][neuron] = value
            assert slope == pytest.approx((above - below) / 2e-6, abs=1e-9)


def test_a_moment_at_rest_has_no_deltas(recording: Recording) -> None:
    with pytest.raises(ValueError, match="at rest"):
        recording.deltas(0)


def test_it_can_be_sent_to_a_worker(recording: Recording) -> None:
    again: Any = pickle.loads(pickle.dumps(recording))
    assert again.scene == recording.scene
    np.testing.assert_array_equal(again.weights[1], recording.weights[1])
