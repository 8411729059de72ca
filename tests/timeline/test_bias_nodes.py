"""Bias nodes: every array of a frame has a place for them, and what is drawn adds up by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from netviz.recording.layers import activate
from netviz.recording.recording import Recording
from netviz.timeline.frame import Frame, node_counts
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.training.trainer import train
from tests.conftest import short_scene
from tests.recordings import in_rows, with_parameters_in_rows

KINDS = {"title", "rest", "step", "move", "think"}


def with_biases(recording: Recording) -> Recording:
    """The same run as if its biases had been other than they are, so that they can be told apart."""
    numbers = np.random.default_rng(7)
    kept = in_rows(recording)
    biases = tuple(layer + numbers.normal(size=layer.shape) for layer in kept.biases)
    layers = [recording.activations[0][:]]
    for weights, bias, activation in zip(kept.weights, biases, recording.network.activations, strict=True):
        layers.append(activate(activation, np.einsum("si,sij->sj", layers[-1], weights) + bias))
    return with_parameters_in_rows(recording, biases=biases, activations=tuple(layers))


def film(**changes: Any) -> Timeline:
    changes = {"network__layers": [3, 4, 2, 1], "network__bias": True} | changes
    scene = short_scene(**changes)
    return make_timeline(make_plan(scene, Fraction(40)), with_biases(train(scene)), scene)


def some_of(timeline: Timeline) -> list[Frame]:
    return [timeline.frame(index) for index in range(0, timeline.frame_count, 5)]


@pytest.mark.parametrize(
    ("changes", "nodes"),
    [
        ({}, (4, 5, 3, 1)),
        ({"network__bias": "fixed"}, (4, 5, 3, 1)),
        ({"network__bias": False}, (3, 4, 2, 1)),
        ({"network__bias_nodes": False}, (3, 4, 2, 1)),
        ({"style": "playground"}, (3, 4, 2, 1)),
        ({"style": "playground", "network__bias_nodes": True}, (4, 5, 3, 1)),
        ({"style": "classic"}, (3, 4, 2, 1)),
    ],
)
def test_every_frame_has_a_place_for_every_node(changes: dict[str, Any], nodes: tuple[int, ...]) -> None:
    timeline = film(**changes)
    neurons = timeline.recording.network.sizes
    synapses = list(zip(nodes, neurons[1:], strict=False))
    assert node_counts(timeline.scene) == nodes
    kinds = set()
    for frame in some_of(timeline):
        kinds.add(frame.kind)
        for layers in (frame.activations, frame.arrived, frame.error_signal):
            assert tuple(len(layer) for layer in layers) == nodes
        for layers in (frame.weights, frame.carried, frame.change):
            assert [layer.shape for layer in layers] == synapses
        assert tuple(len(layer) for layer in frame.biases) == neurons[1:]
        for pulse in frame.pulses:
            assert pulse.strength.shape == synapses[pulse.layer]
        assert (frame.visible, frame.highlighted) == ((), None)
    assert kinds == (KINDS - {"move"} if changes.get("style") == "classic" else KINDS)


def test_what_is_drawn_adds_up_without_the_biases_being_added() -> None:
    seen = 0
    for frame in some_of(film()):
        if frame.row is None or any(layer.any() for layer in frame.change):
            continue
        for layer, weights in enumerate(frame.weights):
            sums = frame.activations[layer] @ weights
            there = frame.activations[layer + 1][: len(sums)]
            if not np.allclose(there, activate("sigmoid", sums), atol=1e-12, rtol=0):
                assert frame.kind == "step", "only after a step's update the weights are newer than the answer"
                assert frame.pulses == ()
            else:
                seen += 1
    assert seen > 100


def test_a_bias_node_is_always_one_and_lights_with_its_layer() -> None:
    for frame in some_of(film()):
        for layer in range(3):
            assert frame.activations[layer][-1] == 1
            assert frame.arrived[layer][-1] == frame.arrived[layer][0]
            assert frame.error_signal[layer][-1] == 0


def test_biases_move_and_carry_signal_and_error_like_weights() -> None:
    timeline = film()
    recording = timeline.recording
    moved = backward = 0
    for frame in some_of(timeline):
        for weights, biases in zip(frame.weights, frame.biases, strict=True):
            np.testing.assert_array_equal(weights[-1], biases)
        if frame.row is not None and frame.row_after is not None:
            for layer, biases in enumerate(frame.biases):
                ends = [recording.parameters_at(row).biases[layer] for row in (frame.row, frame.row_after)]
                low, high = np.sort(ends, axis=0)
                assert ((biases >= low - 1e-12) & (biases <= high + 1e-12)).all()
                moved += bool((frame.change[layer][-1] != 0).any())
        for pulse in frame.pulses:
            weights = frame.weights[pulse.layer]
            if pulse.direction == "forward":
                ratio = pulse.strength[-1] * np.abs(weights[0] * frame.activations[pulse.layer][0])
                np.testing.assert_allclose(ratio, pulse.strength[0] * np.abs(weights[-1]), atol=1e-12)
            else:
                assert frame.row is not None
                delta = np.abs(recording.deltas(frame.row)[pulse.layer])
                weights = np.vstack([each[pulse.layer] for each in recording.parameters_at(frame.row)])
                squares = pulse.strength**2
                np.testing.assert_allclose(
                    squares[-1] * np.abs(weights[0] * delta), squares[0] * np.abs(weights[-1] * delta), atol=1e-12
                )
                backward += 1
    assert moved > 5
    assert backward > 5


def test_frames_say_which_rows_they_show() -> None:
    timeline = film()
    recording = timeline.recording
    for frame in some_of(timeline):
        if frame.kind == "step":
            assert frame.row is not None
            assert (recording.row_step[frame.row], recording.probe[frame.row]) == (frame.cycle, frame.example)
            assert frame.row_after == frame.row + 1
        elif frame.kind == "think":
            assert (frame.row, frame.row_after) == (len(recording.row_step) - 1, None)
        else:
            assert (frame.row, frame.row_after) == (None, None)


def test_the_losses_are_those_of_the_recorded_curve() -> None:
    timeline = film()
    recording = timeline.recording
    recording = replace(recording, curves={**recording.curves, "test_loss": recording.train_loss + 1})
    for told in (timeline.recording, recording):
        frame = make_timeline(timeline.plan, told, timeline.scene).frame(timeline.frame_count // 2)
        loss = recording.train_loss[np.flatnonzero(recording.curve_step == frame.cycle)[0]]
        assert frame.train_loss == loss
        assert frame.test_loss == (loss + 1 if told.test_loss is not None else None)


def test_the_presented_point_of_the_plane_is_told() -> None:
    data = {"examples": [{"inputs": [0.5, -1], "target": 0}, {"inputs": [2, 3], "target": 1}]}
    shots = [{"shot": "learning"}, {"shot": "think", "inputs": [1.5, -2]}]
    names: dict[str, Any] = {"network__inputs": [], "network__layers": [2, 1]}
    timeline = film(data=data, shots=shots, **names)
    points = {(frame.kind, frame.example, frame.point) for frame in some_of(timeline)}
    assert points == {
        ("move", None, None),
        ("move", 1, (2.0, 3.0)),
        ("step", 0, (0.5, -1.0)),
        ("step", 1, (2.0, 3.0)),
        ("think", None, (1.5, -2.0)),
    }
    assert {frame.point for frame in some_of(film())} == {None}
