"""Shares of right answers, and the neuron whose weights from the pixels are shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from netviz.recording.recording import Recording
from netviz.scene.loader import load_scene
from netviz.timeline.accuracy import Accuracy
from netviz.timeline.answers import has_classes
from netviz.timeline.first_weights import of_answer
from netviz.timeline.frame import NetworkState
from netviz.timeline.timeline import Timeline
from tests.drawing.support import first, timeline_of
from tests.recordings import own_scene


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    fewer = {"training.cycles": 3, "schedule": {"cycles": [1, 3]}, "output.size": "320x180"}
    return timeline_of(load_scene("digits", overrides=fewer), seconds=30)


def test_classes_are_three_outputs_of_which_one_is_high() -> None:
    assert has_classes(np.eye(3)) and has_classes(2 * np.eye(4)[[0, 2, 2]] - 1)
    assert not has_classes(np.eye(2)), "two outputs are no list"
    assert not has_classes(np.array([[1, 1, 0], [0, 0, 1.0]])) and not has_classes(
        np.random.default_rng(0).random((4, 3))
    )


def test_accuracy_is_counted_of_all_examples_after_kept_cycles(timeline: Timeline) -> None:
    recording = timeline.recording
    accuracy = Accuracy.of(recording, own_scene(recording))
    assert accuracy is not None
    for cycle in (0, 1, 3):
        row = int(np.flatnonzero((recording.probe == -1) & (recording.row_step == cycle))[0])
        for share, inputs, targets in zip(
            accuracy.at(cycle),
            (recording.examples.inputs, recording.examples.test_inputs),
            (recording.examples.targets, recording.examples.test_targets),
            strict=True,
        ):
            right = [
                recording.forward(one, row)[-1].argmax() == np.argmax(target)
                for one, target in zip(inputs, targets, strict=True)
            ]
            assert share == pytest.approx(np.mean(right))
    frame = timeline.frame(first(timeline, "step"))
    assert frame.accuracy == accuracy.at(frame.cycle)


def test_numbers_to_be_met_and_few_classes_that_nobody_asked_about_have_none(
    recording: Recording, timeline: Timeline
) -> None:
    assert Accuracy.of(recording, own_scene(recording)) is None
    scene = timeline.scene
    assert Accuracy.of(timeline.recording, scene.model_copy(update={"accuracy": False})) is None
    wide = {"network": scene.network.model_copy(update={"layers": (64, 100_000, 10)})}
    unknown = replace(timeline.recording, curves={"loss": timeline.recording.train_loss})
    assert Accuracy.of(unknown, scene.model_copy(update=wide)) is None, "it would take long"
    assert Accuracy.of(unknown, scene.model_copy(update=wide | {"accuracy": True})) is not None


def test_of_two_classes_each_answer_is_on_its_targets_side(recording: Recording) -> None:
    accuracy = Accuracy.of(recording, own_scene(recording).model_copy(update={"accuracy": True}))
    assert accuracy is not None and not accuracy.has_tests
    examples = recording.examples
    rows = np.flatnonzero(recording.probe == -1)
    shares = {
        int(recording.row_step[row]): np.mean(
            (recording.forward(examples.inputs, row)[-1] > 0.5) == (examples.targets > 0.5)
        )
        for row in rows
    }
    assert {cycle: accuracy.at(cycle)[0] for cycle in shares} == pytest.approx(shares)
    cycles, train, test = accuracy.curves()
    assert test is None and 2 < len(cycles) <= len(rows) and len(set(train.tolist())) > 2
    assert dict(zip(cycles.tolist(), train.tolist(), strict=True)) == pytest.approx(
        {int(cycle): shares[int(cycle)] for cycle in cycles}
    )


def test_what_netviz_recorded_is_what_the_kept_moments_say(timeline: Timeline) -> None:
    recording, scene = timeline.recording, timeline.scene
    recorded = Accuracy.of(recording, scene)
    counted = Accuracy.of(replace(recording, curves={"loss": recording.train_loss}), scene)
    assert recorded is not None and counted is not None and recorded.has_tests
    assert [recorded.at(cycle) for cycle in range(4)] == [counted.at(cycle) for cycle in range(4)]
    for one, other in zip(recorded.curves(), counted.curves(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_neuron_that_adds_most_to_the_answer_is_found(timeline: Timeline) -> None:
    last = timeline.frame(timeline.frame_count - 1)
    assert last.kind == "think" and last.first_weights is not None and last.first_weights.level == 1
    winner = int(last.activations[-1].argmax())
    adds = last.activations[1][:32] * last.weights[1][:32, winner]
    assert last.first_weights.neuron == adds.argmax()
    scene = timeline.scene
    assert of_answer(scene, NetworkState(last.weights, last.biases), last.activations, 0.0) is None
    other = last.weights[1].copy()
    other[7, winner] = 100.0
    activations = [*last.activations]
    activations[1] = np.maximum(activations[1], 0.1)
    other[3, winner], activations[1][3] = 1000.0, 0.0  # what is silent adds nothing, however large its weight
    found = of_answer(scene, NetworkState((last.weights[0], other), last.biases), activations, 0.5)
    assert found == (7, 0.5)


def test_rapid_steps_and_rests_show_no_weights(timeline: Timeline) -> None:
    rapid = next(
        span for span in timeline.plan.spans if span.kind == "step" and not timeline.presentations.has_inset(span)
    )
    assert all(timeline.frame(index).first_weights is None for index in range(rapid.start, rapid.stop, 3))
