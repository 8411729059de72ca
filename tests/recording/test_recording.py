from __future__ import annotations

import dataclasses
import math
import pickle
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netviz.recording.layers import Parameters, forward, losses
from netviz.recording.recording import AT_REST, Recording
from netviz.scene.scene import Scene
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import make_timeline
from netviz.training.problem import TrainingState, training_problem
from netviz.training.trainer import train
from netviz.training.training_recorder import TrainingRecorder
from tests.conftest import short_scene
from tests.recordings import in_rows, own_scene, with_parameters_in_rows
from tests.training.scenes import playground, scene


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
    expected = forward(*recording.parameters_at(0), ["tanh", "sigmoid"], np.array([1.0, 1.0, 0.0]))
    np.testing.assert_array_equal(start[-1], expected[-1])
    assert start[-1] != end[-1]
    with pytest.raises(ValueError, match="3 inputs"):
        recording.forward([1, 1])


@pytest.mark.parametrize("kinds", [["tanh", "sigmoid"], ["leaky_relu", "elu"], ["gelu", "swish"], ["swish", "gelu"]])
def test_deltas_are_the_slope_of_the_examples_loss_in_each_neurons_sum(kinds: Any) -> None:
    """A bias adds to the sum: the loss's slope in it, by finite differences, is the delta."""
    recording = train(scene(network={"bias": True, "activation": kinds}, batch=3))
    row = int(np.flatnonzero(recording.probe == 4)[1])
    found = recording.deltas(row)
    assert [delta.shape for delta in found] == [(4,), (1,)]
    weights, biases = ([array.copy() for array in arrays] for arrays in recording.parameters_at(row))
    inputs, target = recording.activations[0][row], recording.targets[row]

    def loss() -> float:
        layers = forward(weights, biases, kinds, inputs)
        return float(losses(weights, biases, kinds, layers, target, "squared_error"))

    for layer, delta in enumerate(found):
        for neuron, slope in enumerate(delta):
            value = biases[layer][neuron]
            biases[layer][neuron] = value + 1e-6
            above = loss()
            biases[layer][neuron] = value - 1e-6
            below = loss()
            biases[layer][neuron] = value
            assert slope == pytest.approx((above - below) / 2e-6, abs=1e-9)


@pytest.mark.parametrize("kind", ["leaky_relu", "elu", "gelu", "swish"])
@pytest.mark.parametrize("changes", [{}, {"batch": 3}, {"initial_weights": "playground", "batch": 2}])
def test_every_row_obeys_the_law(kind: str, changes: dict[str, Any], tmp_path: Path) -> None:
    """activations[l + 1] == f(activations[l] @ W + b), with f by a formula of its own; also after a file."""
    functions: dict[str, Any] = {
        "leaky_relu": lambda z: z if z > 0 else z / 100,
        "elu": lambda z: z if z > 0 else math.expm1(z),
        "gelu": lambda z: z * (1 + math.erf(z / math.sqrt(2))) / 2,
        "swish": lambda z: z * (1 + math.tanh(z / 2)) / 2,
    }
    wanted = scene(network={"bias": True, "activation": kind}, learning_rate=0.1, **changes)
    train(wanted).save(tmp_path / "run.npz")
    found = Recording.load(tmp_path / "run.npz")
    assert found.network.activations == own_scene(found).network.activations == (kind, kind)
    for row in range(len(found.moment)):
        for layer, (weights, biases) in enumerate(zip(*found.parameters_at(row), strict=True)):
            sums = found.activations[layer][row] @ weights + biases
            there = [functions[kind](total) for total in sums.tolist()]
            np.testing.assert_allclose(found.activations[layer + 1][row], there, rtol=1e-12, atol=1e-12)


def test_a_moment_at_rest_has_no_deltas(recording: Recording) -> None:
    with pytest.raises(ValueError, match="at rest"):
        recording.deltas(0)


def test_it_can_be_sent_to_a_worker(recording: Recording) -> None:
    again: Any = pickle.loads(pickle.dumps(recording))
    assert again.network == recording.network and own_scene(again) == own_scene(recording)
    np.testing.assert_array_equal(in_rows(again).weights[1], in_rows(recording).weights[1])


# Moments: rows of one step with the same parameters share one


RUNS: dict[str, Callable[[], Scene]] = {
    "batches of one": lambda: scene(network={"bias": True}),
    "batches, the last one short": lambda: scene(batch=3),
    "a part is carried over": lambda: scene(batch=3, last_batch="carry", network={"bias": True}),
    "whole cycles": lambda: scene(batch="full"),
    "a data set": lambda: playground(data={"samples": 100}, cycles=20, schedule=[1, 2, 20]),
    "nothing changes": lambda: scene(learning_rate=1e-300),
}


@pytest.fixture(scope="module", params=RUNS)
def run(request: pytest.FixtureRequest) -> Recording:
    return train(RUNS[request.param]())


def bits_in_rows(recording: Recording) -> list[bytes]:
    """Weights and biases of every row, as they are in memory."""
    rows = [recording.parameters_at(row) for row in range(len(recording.row_step))]
    return [b"".join(array.tobytes() for arrays in parameters for array in arrays) for parameters in rows]


def expected_moments(recording: Recording) -> list[int]:
    """Each row's moment, found by looking at every row and the one before it."""
    moments, rows = [0], zip(recording.row_step.tolist(), bits_in_rows(recording), strict=True)
    for before, now in pairwise(rows):
        moments.append(moments[-1] + (now != before))
    return moments


def test_moments_begin_at_0_and_go_on_one_by_one(run: Recording) -> None:
    assert run.moment.shape == run.probe.shape and run.moment.dtype == run.probe.dtype == np.int32
    assert run.moment[0] == 0
    assert {*np.diff(run.moment).tolist()} <= {0, 1}
    for layer in (run.step, *run.weights, *run.biases):
        assert len(layer) == run.moment[-1] + 1, "none that no row shows"


def test_the_moments_of_a_step_come_one_after_the_other(run: Recording) -> None:
    assert run.step[0] == 0 and run.step.dtype == np.int64
    assert (np.diff(run.step) >= 0).all()
    assert run.row_step.tolist() == [run.step[moment] for moment in run.moment]
    assert {*run.step.tolist()} == {*run.row_step[run.probe == AT_REST].tolist()}, "each step ends at rest"


def test_equal_neighbours_share_a_moment_and_others_do_not(run: Recording) -> None:
    assert run.moment.tolist() == expected_moments(run)
    training = own_scene(run).training
    changes = training.learning_rate > 1e-9
    assert (len(run.step) < len(run.moment)) == (training.batch != 1 or not changes), "those of a batch are shared"
    assert (len(run.step) > len({*run.step.tolist()})) == changes


def test_a_file_gives_the_moments_of_the_recorder(run: Recording, tmp_path: Path) -> None:
    run.save(tmp_path / "run.npz")
    again = Recording.load(tmp_path / "run.npz")
    for one, two in zip(
        (run.moment, run.step, *run.weights, *run.biases),
        (again.moment, again.step, *again.weights, *again.biases),
        strict=True,
    ):
        assert (one.dtype, one.shape, one.tobytes()) == (two.dtype, two.shape, two.tobytes())
    again.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "run.npz").read_bytes()


@pytest.mark.parametrize("kind", ["weights", "biases"])
@pytest.mark.parametrize("layer", [0, 1])
def test_a_file_whose_moments_are_alike_or_differ_in_one_bit(kind: str, layer: int, tmp_path: Path) -> None:
    """They come back as they are: equal ones are not made one, and a zero keeps its sign."""
    recording = train(scene(network={"bias": True}))
    parameters = in_rows(recording)
    for array in (*parameters.weights, *parameters.biases):
        array[:] = 0.5
    values = np.full(len(recording.row_step), 0.5)
    values[3:10] = [0.25, 0.25, 0.5, 0.0, -0.0, -0.0, 0.0]
    values[12] = np.nextafter(0.5, 1)
    getattr(parameters, kind)[layer].reshape(len(values), -1)[:, -1] = values
    inputs, kinds = recording.activations[0], recording.network.activations
    passes = [forward(*parameters.at(row), kinds, inputs[row])[1:] for row in range(len(values))]
    activations = (inputs, *map(np.stack, zip(*passes, strict=True)))
    changed = with_parameters_in_rows(recording, *parameters, activations=activations)
    changed.save(tmp_path / "run.npz")
    again = Recording.load(tmp_path / "run.npz")
    assert again.moment.tolist() == [*range(len(values))]
    assert getattr(again, kind)[layer].reshape(len(values), -1)[:, -1].tobytes() == values.tobytes()
    assert bits_in_rows(again) == bits_in_rows(changed)


def test_a_recorder_knows_a_zero_from_a_zero_with_another_sign() -> None:
    wanted = scene(network={"bias": True})
    recorder = TrainingRecorder(wanted, training_problem(wanted))

    def moment_of(cycle: int, weight: float, bias: float) -> int:
        parameters = Parameters((np.full((3, 4), weight), np.ones((4, 1))), (np.zeros(4), np.full(1, bias)))
        return recorder._moment_of(cycle, TrainingState(parameters))

    shown = [(0.0, 0.0), (0.0, 0.0), (-0.0, 0.0), (-0.0, 0.0), (-0.0, -0.0), (0.0, 0.0), (0.0, 0.0)]
    assert [moment_of(2, *values) for values in shown] == [0, 0, 1, 1, 2, 3, 3]
    assert [moment_of(cycle, 0.0, 0.0) for cycle in (3, 3, 4)] == [4, 4, 5], "each cycle has moments of its own"
    stack = recorder._stacks[0]
    kept = np.column_stack([stack.weights[0][:6, 2, 3], stack.biases[1][:6, 0]])
    assert kept.tobytes() == np.array([shown[0], shown[2], shown[4], *[shown[5]] * 3]).tobytes()
    assert recorder._step[:6].tolist() == [2, 2, 2, 2, 3, 4]


def test_a_data_set_in_batches_of_ten_has_far_fewer_moments_than_rows() -> None:
    wanted = playground(data={"samples": 200}, cycles=20, schedule=[1, 10, 20])
    recording = train(wanted)
    assert wanted.training.batch == 10 and wanted.data.train_count == 100
    at_rest = int((recording.probe == -1).sum())
    assert len(recording.row_step) == at_rest + 3 * 100
    assert len(recording.weights[0]) <= at_rest + 3 * 10
    assert len(recording.row_step) > 5 * len(recording.weights[0])


def test_a_run_that_breaks_off_has_no_moments_that_no_row_shows() -> None:
    wanted = scene(batch=3, cycles=40, schedule={"cycles": [2, 10, 20, 40]})
    problem = training_problem(wanted)
    recorder = TrainingRecorder(wanted, problem)
    whole = train(wanted)
    recorder.start(TrainingState(whole.parameters_at(0)))
    recorder._moment_of(1, TrainingState(whole.parameters_at(-1)))  # of a cycle that was never finished
    broken = recorder.recording()
    assert broken is not None and broken.moment.tolist() == [0]
    assert [len(array) for array in (broken.step, *broken.weights, *broken.biases)] == [1] * 5


# What a row or a frame shows is read from its own moment, and from no other


def only(recording: Recording, moment: int) -> Recording:
    """The recording with nothing but NaN in all other moments."""
    parameters = [
        {role: np.full_like(array, np.nan) for role, array in roles.items()} for roles in recording.parameters
    ]
    for roles, kept in zip(parameters, recording.parameters, strict=True):
        for role in roles:
            roles[role][moment] = kept[role][moment]
    return dataclasses.replace(recording, parameters=tuple(parameters))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("bias", [True, False])
def test_nothing_of_a_row_is_read_from_another_moment(batch: int, bias: bool) -> None:
    kept = train(short_scene(training__batch=batch, network__bias=bias))
    for moment in range(len(kept.weights[0])):
        poisoned, rows = only(kept, moment), np.flatnonzero(kept.moment == moment)
        assert len(rows)
        for row in rows:
            for found, original in zip(poisoned.parameters_at(row), kept.parameters_at(row), strict=True):
                assert all(map(np.array_equal, found, original))
            assert np.array_equal(poisoned.forward([1, 1, 0], row)[-1], kept.forward([1, 1, 0], row)[-1])
            if kept.probe[row] != AT_REST:
                assert all(map(np.array_equal, poisoned.deltas(row), kept.deltas(row)))


@pytest.mark.parametrize("batch", [1, 3])
def test_a_frame_without_motion_shows_one_moment(batch: int) -> None:
    """At rest, and in a walk, in the middle of its time: what is before and after it has no part in it."""
    shots = [{"shot": "rest"}, {"shot": "walk", "example": 5, "cycle": 20}, {"shot": "learning"}, {"shot": "rest"}]
    scene = short_scene(training__batch=batch, shots=shots)
    kept = train(scene)
    plan = make_plan(scene, Fraction(60))
    whole, seen = make_timeline(plan, kept, scene), []
    for span in plan.spans:
        if span.kind not in ("rest", "walk"):
            continue
        example = AT_REST if span.example is None else span.example
        (row,) = np.flatnonzero((kept.row_step == span.cycle) & (kept.probe == example))
        index = (span.start + span.stop) // 2
        frame, expected = make_timeline(plan, only(kept, kept.moment[row]), scene).frame(index), whole.frame(index)
        assert all(np.isfinite(layer).all() for layer in (*frame.weights, *frame.biases))
        for layer, original, recorded in zip(
            (*frame.weights, *frame.biases),
            (*expected.weights, *expected.biases),
            (*kept.parameters_at(row).weights, *kept.parameters_at(row).biases),
            strict=True,
        ):
            assert np.array_equal(layer, original) and np.array_equal(layer, recorded)
        seen.append((span.kind, span.cycle))
        # Examples of a batch share a moment: after them a row's number is not its moment's.
        assert (kept.moment[row] != row) == (span.cycle > 0 and batch > 1)
    assert seen == [("rest", 0), ("walk", 20), ("rest", 60)]
