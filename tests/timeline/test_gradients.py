"""Sizes of error signals: against finite differences, as recorded, and between two moments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from netviz.recording.layers import forward, losses
from netviz.recording.recording import AT_REST, Recording
from netviz.timeline import gradients
from netviz.timeline.gradients import GradientSizes, gradient_sizes


def by_differences(recording: Recording, row: int) -> list[float]:
    """Sizes by how the loss of each example changes with each neuron's bias, which is its weighted sum's derivative."""
    weights, biases = recording.parameters_at(row)
    network, examples, step = recording.network, recording.examples, 1e-5
    found = []
    for layer, of_layer in enumerate(biases):
        slopes = []
        for neuron in range(len(of_layer)):
            ends = []
            for moved in (step, -step):
                changed = [each.copy() for each in biases]
                changed[layer][neuron] += moved
                layers = forward(weights, changed, network.activations, examples.inputs)
                assert network.loss is not None
                ends.append(losses(weights, changed, network.activations, layers, examples.targets, network.loss))
            slopes.append((ends[0] - ends[1]) / (2 * step))
        found.append(float(np.sqrt(np.square(slopes).mean())))
    return found


def test_sizes_are_the_root_mean_square_of_how_losses_change_with_weighted_sums(recording: Recording) -> None:
    sizes = gradient_sizes(recording)
    assert sizes is not None and (np.diff(sizes.steps) > 0).all()
    rows = dict(zip(recording.row_step.tolist(), range(len(recording.probe)), strict=True))  # the last is at rest
    for step in sizes.steps[[0, len(sizes.steps) // 2, -1]].tolist():
        assert recording.probe[rows[step]] == AT_REST
        assert sizes.at(step) == pytest.approx(by_differences(recording, rows[step]), rel=1e-6)


def test_there_are_no_more_moments_than_pixels_and_few_where_each_takes_long(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gradients, "MOST_MOMENTS", 20)
    some = gradient_sizes(recording)
    monkeypatch.setattr(gradients, "MOST_PRODUCTS", 1)
    fewest = gradient_sizes(recording)
    assert some is not None and fewest is not None
    assert gradients.FEWEST_MOMENTS == len(fewest.steps) < len(some.steps) == 20
    assert [*some.steps[[0, -1]]] == [*fewest.steps[[0, -1]]] == [0, int(recording.step[-1])]


def test_errors_that_were_recorded_are_taken_as_they_are(recording: Recording) -> None:
    rng = np.random.default_rng(3)
    errors = tuple(rng.normal(size=(len(recording.probe), size)) for size in recording.network.sizes[1:])
    sizes = gradient_sizes(replace(recording, errors=errors))
    assert sizes is not None and tuple(sizes.steps.tolist()) == recording.shown_steps
    step = recording.shown_steps[2]
    rows = (recording.row_step == step) & (recording.probe != AT_REST)
    assert sizes.at(step) == pytest.approx([np.sqrt((each[rows] ** 2).mean()) for each in errors])


def test_where_errors_are_not_known_there_are_none(recording: Recording) -> None:
    assert gradient_sizes(replace(recording, network=replace(recording.network, loss=None))) is None


def test_between_two_moments_sizes_go_from_power_to_power_of_ten() -> None:
    sizes = GradientSizes(np.array([0, 10]), np.array([[1.0, 0.0], [0.01, 0.0]]))
    assert sizes.at(5) == pytest.approx([0.1, 0.0])
    assert sizes.at(-1) == pytest.approx([1.0, 0.0]) and sizes.at(99) == pytest.approx([0.01, 0.0])
    assert gradients._size(np.array([3e200, 4e200])) == pytest.approx(5e200 / np.sqrt(2))
    assert gradients._size(np.array([3e-200, 4e-200])) == pytest.approx(5e-200 / np.sqrt(2))
