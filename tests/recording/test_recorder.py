from __future__ import annotations

import math
import warnings
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.errors import NetvizNote, NetvizWarning
from netviz.recording.layers import ACTIVATIONS, forward, losses
from netviz.recording.network import network_from_json, network_in_json
from netviz.recording.recording import AT_REST, Recording
from tests.recording.recorders import (
    EPSILON,
    SIZES,
    BFloat16,
    bits_of,
    check_law,
    moment_bytes,
    parameters,
    recorder,
    refused,
)


@pytest.mark.parametrize("precision", EPSILON)
def test_the_arrays_are_the_loops_bit_for_bit(precision: str) -> None:
    rec = recorder()
    given = [parameters(SIZES, seed, precision) for seed in range(30)]
    for weights, biases in given:
        rec.snap(weights=weights, biases=biases)
    recording = rec.recording()
    assert recording.step.tolist() == list(range(30)) and recording.step.dtype == np.int64
    for layer in (0, 1):
        roles = recording.parameters[layer + 1]
        for role, which in (("weights", 0), ("biases", 1)):
            expected = np.stack([bits_of(moment[which][layer]) for moment in given])
            assert roles[role].dtype == expected.dtype
            np.testing.assert_array_equal(roles[role], expected)
    computed = {"float64": np.float64}.get(precision, np.float32)
    assert [each.dtype for each in recording.activations] == [np.float64, computed, computed]
    check_law(recording)


@pytest.mark.parametrize("precision", EPSILON)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_function_obeys_the_law_in_every_precision(activation: str, precision: str) -> None:
    functions = ["swish", activation]
    rec = recorder(activation=functions, loss=None, layers=[3, 40, 2])
    for seed in range(3):
        weights, biases = parameters([3, 40, 2], seed, precision)
        rec.snap(weights=weights, biases=biases)
    check_law(rec.recording())


def test_a_row_for_each_probe_and_one_at_rest() -> None:
    probes = np.random.default_rng(1).random((4, 3)).astype(np.float32)
    rec = recorder(probes=probes)
    both = [parameters(SIZES, seed) for seed in (0, 1)]
    for weights, biases in both:
        rec.snap(0.5, weights=weights, biases=biases)
    recording = rec.recording()
    assert recording.moment.tolist() == [0] * 5 + [1] * 5 and recording.moment.dtype == np.int32
    assert recording.probe.tolist() == [0, 1, 2, 3, AT_REST] * 2 and recording.probe.dtype == np.int32
    for moment, (weights, biases) in enumerate(both):
        for probe in range(5):
            x = np.zeros(3) if probe == 4 else probes[probe].astype(float)
            expected = forward(weights, biases, ["tanh", "sigmoid"], x)
            for found, right in zip(recording.activations_at(5 * moment + probe), expected, strict=True):
                np.testing.assert_allclose(found, right, rtol=1e-14, atol=1e-15)
    assert recording.probes.inputs.dtype == np.float32
    np.testing.assert_array_equal(recording.probes.inputs, probes)


def test_the_loop_may_change_its_arrays_afterwards() -> None:
    weights, biases = parameters(SIZES)
    probes, points, before = np.ones((2, 3)), np.full((9, 3), 2.0), weights[0].copy()
    targets, of_points = np.ones((2, 2)), np.full((9, 2), 2.0)
    rec = recorder(probes=probes, targets=targets, points=points, point_targets=of_points)
    rec.snap(weights=weights, biases=biases)
    weights[0] += 1
    for array in (probes, points, targets, of_points):
        array += 1
    rec.snap(weights=weights, biases=biases)
    np.testing.assert_array_equal(rec.recording().weights[0], [before, before + 1])
    recording = rec.recording()
    assert [np.unique(each).tolist() for each in (recording.probes.inputs, recording.probes.targets)] == [[1], [1]]
    assert [np.unique(each).tolist() for each in (recording.points, recording.point_targets)] == [[2], [2]]


def test_losses_errors_and_curves() -> None:
    random = np.random.default_rng(3)
    targets = random.random((4, 2))
    rec = recorder(targets=targets)
    both = [parameters(SIZES, seed) for seed in (0, 1)]
    for value, (weights, biases) in zip((0.7, 0.6), both, strict=True):
        rec.snap(np.float32(value), weights=weights, biases=biases, test_loss=2 * value, accuracy=np.array([value]))
    recording = rec.recording()
    assert list(recording.curves) == ["loss", "error", "test_loss", "accuracy"]
    np.testing.assert_array_equal(recording.curves["loss"], np.array([0.7, 0.6], np.float32))
    np.testing.assert_array_equal(recording.curves["test_loss"], [1.4, 1.2])
    np.testing.assert_array_equal(recording.curve_step, [0, 1])
    assert recording.loss is not None
    by_moment = recording.loss.reshape(2, 5)
    for moment, (weights, biases) in enumerate(both):
        layers = forward(weights, biases, ["tanh", "sigmoid"], rec.probes)
        own = losses(weights, biases, ["tanh", "sigmoid"], layers, targets, "squared_error")
        np.testing.assert_allclose(by_moment[moment, :4], own, rtol=1e-12)
        np.testing.assert_allclose(recording.curves["error"][moment], np.abs(layers[-1] - targets).mean(), rtol=1e-12)
    np.testing.assert_array_equal(by_moment[:, 4], recording.curves["loss"])
    assert recording.errors is None and recording.has_errors
    row, output = 2, recording.activations_at(2)[-1]
    np.testing.assert_allclose(recording.deltas(row)[-1], (output - targets[2]) * output * (1 - output), rtol=1e-12)


def test_without_a_loss_of_its_own_at_rest_stands_the_probes_mean() -> None:
    rec = recorder()
    weights, biases = parameters(SIZES)
    rec.snap(weights=weights, biases=biases)
    recording = rec.recording()
    assert recording.loss is not None and list(recording.curves) == ["error"]
    np.testing.assert_allclose(recording.loss[4], recording.loss[:4].mean(), rtol=1e-14)


@pytest.mark.parametrize("changes", [{"targets": None}, {"loss": None}, {"activation": ["tanh", "mish"]}])
def test_a_loss_that_is_not_known_is_none(changes: dict[str, Any]) -> None:
    with pytest.warns(NetvizWarning) if "activation" in changes else nullcontext():
        rec = recorder(**changes)
    weights, biases = parameters(SIZES)
    given: dict[str, Any] = {"activations": [None, np.ones((4, 2))]} if "activation" in changes else {}
    rec.snap(weights=weights, biases=biases, **given)
    recording = rec.recording()
    assert recording.loss is None and not recording.has_errors
    assert list(recording.curves) == ([] if changes == {"targets": None} else ["error"])


def test_layers_without_biases_have_none() -> None:
    weights, biases = parameters(SIZES)
    rec, mixed = recorder(), recorder()
    rec.snap(weights=weights)
    mixed.snap(weights=weights, biases=[None, biases[1]])
    assert [list(layer.parameters) for layer in rec.recording().network.layers] == [[], ["weights"], ["weights"]]
    layers = mixed.recording().network.layers
    assert [dict(layer.parameters) for layer in layers[1:]] == [
        {"weights": (3, 5)},
        {"weights": (5, 2), "biases": (2,)},
    ]
    check_law(mixed.recording())


def test_a_layer_that_is_not_exact_is_as_it_was_given() -> None:
    with pytest.warns(NetvizWarning, match="netviz cannot compute mish: give in every snap what such a layer gives"):
        rec = recorder(activation=["mish", "sigmoid"])
    random = np.random.default_rng(5)
    hidden = [random.random((4, 5)).astype(np.float32) for _ in range(2)]
    for each in hidden:
        weights, biases = parameters(SIZES)
        rec.snap(weights=weights, biases=biases, activations=[each, None])
        each += 0  # copied: what the loop does later
    recording = rec.recording()
    given = np.asarray(recording.activations[1]).reshape(2, 5, 5)
    assert given.dtype == np.float32 and [layer.exact for layer in recording.network.layers] == [True, False, True]
    np.testing.assert_array_equal(given[:, :4], hidden)
    np.testing.assert_array_equal(given[:, 4], 0)
    check_law(recording)  # of the outputs, also at rest


def test_given_activations_and_errors_are_kept() -> None:
    rec = recorder()
    weights, biases = parameters(SIZES, precision="float32")
    layers = forward(weights, biases, ["tanh", "sigmoid"], rec.probes.astype(np.float32))
    errors = [np.full((4, 5), 0.25, np.float32), np.full((4, 2), 0.5)]
    rec.snap(weights=weights, biases=biases, activations=layers[1:], errors=errors)
    recording = rec.recording()
    np.testing.assert_array_equal(recording.activations[1][:4], layers[1])
    check_law(recording)
    assert recording.errors is not None
    assert [each.dtype for each in recording.errors] == [np.float32, np.float64]
    np.testing.assert_array_equal(recording.deltas(3)[1], [0.5, 0.5])
    np.testing.assert_array_equal(recording.errors[0][4], 0)


def test_activations_of_bfloat16_are_kept_and_go_on_from() -> None:
    rec = recorder(activation=["relu", "sigmoid"], probes=np.ones((4, 3)))
    weights = [np.ones((3, 5)), np.ones((5, 2)) / 8]
    hidden = BFloat16(np.full((4, 5), 0x4040, np.uint16))  # 3.0
    rec.snap(weights=weights, activations=[hidden, None])
    recording = rec.recording()
    assert recording.activations[1].dtype == np.uint16
    np.testing.assert_array_equal(recording.activations[1][:4], 0x4040)
    np.testing.assert_allclose(recording.activations[2][0], 1 / (1 + math.exp(-15 / 8)), rtol=1e-14)
    check_law(recording)


def test_at_rest_a_layer_of_bfloat16_is_rounded_to_the_nearest() -> None:
    unit = 2.0**-7  # between two numbers from 1 to 2
    biases = 1 + unit * np.array([0.25, 0.75, 0.5, 1.5, -0.125])
    rec = recorder(activation="linear", probes=np.zeros((4, 3)))
    bits = np.array([0x3F80, 0x3F81, 0x3F80, 0x3F82, 0x3F80], np.uint16)  # halves to the even one
    rec.snap(weights=parameters(SIZES)[0], biases=[biases, None], activations=[BFloat16(np.tile(bits, (4, 1))), None])
    np.testing.assert_array_equal(rec.recording().activations[1], np.tile(bits, (5, 1)))


@pytest.mark.parametrize("make", [np.asfortranarray, lambda a: a.T.copy().T, lambda a: a.tolist(), "tensor", ">f8"])
def test_whatever_numpy_can_read_will_do(make: Any) -> None:
    class Tensor:
        """As PyTorch's: NumPy must not see it while it takes part in a gradient."""

        def __init__(self, array: Any, free: bool = False) -> None:
            self.array, self.free = array, free

        def detach(self) -> Tensor:
            return Tensor(self.array, free=True)

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            if not self.free:
                raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
            return self.array

    forms = {"tensor": Tensor, ">f8": lambda array: array.astype(">f8")}
    change = forms[make] if isinstance(make, str) else make
    weights, biases = parameters(SIZES)
    rec = recorder()
    rec.snap(weights=list(map(change, weights)), biases=list(map(change, biases)))
    recording = rec.recording()
    for found, right in zip(recording.weights, weights, strict=True):
        assert found.dtype == np.float64 and found.dtype.isnative
        np.testing.assert_array_equal(found[0], right)


def test_what_numpy_cannot_read_is_refused_with_advice() -> None:
    class Tensor:
        """A tensor of bfloat16, or on a graphics card."""

        def detach(self) -> Tensor:
            return self

        def cpu(self) -> Tensor:
            return self

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            raise TypeError("Got unsupported ScalarType BFloat16")

    lines = refused(recorder().snap, weights=[Tensor(), parameters(SIZES)[0][1]])
    assert lines == [
        "step 0: weights[0]: cannot be read as an array of numbers: Got unsupported ScalarType BFloat16; "
        "give tensor.cpu().numpy(), of bfloat16 tensor.cpu().float().numpy()"
    ]


def test_whole_numbers_become_float64() -> None:
    rec = recorder()
    rec.snap(weights=[np.ones((3, 5), np.uint16), np.ones((5, 2), np.int64)])
    assert [each.dtype for each in rec.recording().weights] == [np.float64] * 2
    np.testing.assert_array_equal(rec.recording().weights[0], 1.0)


def test_what_the_recording_says_of_itself() -> None:
    rec = recorder(
        unit="epoch",
        inputs=["a", "b", "c"],
        classes=["cat", "dog"],
        names=list("wxyz"),
        points=np.ones((9, 3)),
        point_targets=[0, 1, 1, 1, 1, 1, 1, 1, 0],
    )
    weights, _ = parameters(SIZES)
    for _ in range(500):
        rec.snap(weights=weights)
    recording = rec.recording()
    assert recording.unit == "epoch" and recording.info["recorder"] == "netviz.Recorder"
    assert recording.info["complete"] is True and recording.info["offered"] == 500
    assert set(recording.info["versions"]) == {"netviz", "numpy", "python"}
    assert recording.network.layers[0].neurons == ("a", "b", "c")
    assert recording.network.layers[-1].neurons == recording.probes.classes == ("cat", "dog")
    assert recording.probes.names == ("w", "x", "y", "z")
    assert recording.points is not None and recording.points.shape == (9, 3)
    np.testing.assert_array_equal(recording.point_targets, np.eye(2)[[0, 1, 1, 1, 1, 1, 1, 1, 0]])
    assert recording.split is None and recording.features is None and recording.look is None
    assert network_from_json(network_in_json(recording.network)) == recording.network


def test_outputs_may_have_other_names_than_the_classes() -> None:
    rec = recorder(outputs=["p", "q"], classes=["cat", "dog"])
    rec.snap(weights=parameters(SIZES)[0])
    assert rec.recording().network.layers[-1].neurons == ("p", "q")
    assert rec.recording().probes.classes == ("cat", "dog")


def test_a_file_with_a_wrong_count_of_names_is_refused() -> None:
    rec = recorder(outputs=["p", "q"])
    rec.snap(weights=parameters(SIZES)[0])
    data = network_in_json(rec.recording().network)
    data["layers"][2]["neurons"] = ["p"]
    with pytest.raises(ValueError, match=r"layers\[2\]: 1 names for 2 neurons"):
        network_from_json(data)
    data["layers"][2]["neurons"] = [1, 2]
    with pytest.raises(ValueError, match=r"layers\[2\]: neurons: expected a list of texts"):
        network_from_json(data)


@pytest.mark.parametrize(
    ("given", "outputs", "expected"),
    [
        ([0, 1, 1, 0], 2, [[1, 0], [0, 1], [0, 1], [1, 0]]),
        ([0, 1, 1, 0], 1, [[0], [1], [1], [0]]),
        ([0.5, 1, 1, 0], 1, [[0.5], [1], [1], [0]]),
        ([[1, 2], [3, 4], [5, 6], [7, 8]], 2, [[1, 2], [3, 4], [5, 6], [7, 8]]),
    ],
)
def test_targets(given: Any, outputs: int, expected: Any) -> None:
    rec = recorder(layers=[3, 5, outputs], targets=given)
    rec.snap(weights=parameters([3, 5, outputs])[0])
    np.testing.assert_array_equal(rec.recording().probes.targets, expected)


def test_of_many_probes_evenly_spaced_ones_are_recorded() -> None:
    probes = np.arange(300.0).reshape(100, 3)
    with pytest.warns(NetvizNote, match="64 of 100 are recorded"):
        rec = recorder(probes=probes, targets=probes[:, :2], names=[f"n{i}" for i in range(100)])
    rec.snap(weights=parameters(SIZES)[0])
    recording = rec.recording()
    numbers = (recording.probes.inputs[:, 0] / 3).astype(int)
    assert len(numbers) == 64 and numbers[0] == 0 and numbers[-1] == 99
    assert set(np.diff(numbers)) == {1, 2}
    np.testing.assert_array_equal(rec.probes, probes[numbers])
    np.testing.assert_array_equal(recording.probes.targets, probes[numbers, :2])
    assert recording.probes.names == tuple(f"n{i}" for i in numbers)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recorder(probes=probes[:64], targets=None)


def planar(count: int, **more: Any) -> tuple[Recording, Any, Any]:
    """A recording of a network of two inputs that was given so many examples, and those."""
    inputs, targets = np.random.default_rng(4).normal(size=(count, 2)), np.arange(count) % 2
    rec = recorder(layers=[2, 5, 2], probes=inputs, targets=targets, **more)
    rec.snap(weights=parameters([2, 5, 2])[0])
    return rec.recording(), inputs, np.eye(2)[targets]


def test_of_many_examples_of_a_plane_the_others_are_points() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing is left out
        recording, inputs, targets = planar(200)
        assert planar(64)[0].points is None
    assert (len(recording.probes.inputs), len(recording.points)) == (64, 136)
    order = np.lexsort(inputs.T)
    whole = np.concatenate([recording.probes.inputs, recording.points])
    found = np.lexsort(whole.T)
    np.testing.assert_array_equal(whole[found], inputs[order])
    np.testing.assert_array_equal(
        np.concatenate([recording.probes.targets, recording.point_targets])[found], targets[order]
    )
    with pytest.warns(NetvizNote, match=r"^probes: 64 and 436 points of 3000 are recorded, evenly spaced from"):
        recording, _, _ = planar(3000)
    assert len(recording.points) == 436
    with pytest.warns(NetvizNote, match="64 of 200 are recorded"):
        recording, _, _ = planar(200, points=np.ones((1, 2)), point_targets=[1])
    assert len(recording.points) == 1, "the user's own"


def test_points_that_are_probes_count_once() -> None:
    inputs, targets = np.array([[0.0, 1], [1, 0], [2, 2], [0, 1]]), np.array([0, 1, 1, 1])
    recording, _, _ = planar(2, points=inputs)
    assert len(recording.points) == 4
    rec = recorder(layers=[2, 5, 2], probes=inputs[:2], targets=targets[:2], points=inputs, point_targets=targets)
    rec.snap(weights=parameters([2, 5, 2])[0])
    recording = rec.recording()
    assert recording.points.tolist() == [[2, 2], [0, 1]], "the last is at the place of a probe, and of another class"
    assert recording.point_targets.tolist() == [[0, 1], [0, 1]]
    rec = recorder(layers=[2, 5, 2], probes=inputs.astype(np.float32), targets=None, points=inputs)
    rec.snap(weights=parameters([2, 5, 2])[0])
    assert rec.recording().points is None


def test_an_earlier_recording_stays_as_it_is() -> None:
    rec = recorder(budget=40 * moment_bytes())
    copies: list[tuple[Recording, Any, Any]] = []
    for step in range(600):
        weights = [np.full((3, 5), float(step)), np.full((5, 2), -float(step))]
        rec.snap(float(step), weights=weights)
        if step % 37 == 0:
            recording = rec.recording()
            copies.append((recording, recording.weights[0].copy(), recording.curves["loss"].copy()))
    assert len(copies[-1][0].step) < 40
    for recording, weights, loss in copies:
        np.testing.assert_array_equal(recording.weights[0], weights)
        np.testing.assert_array_equal(recording.curves["loss"], loss)
        np.testing.assert_array_equal(recording.weights[0][:, 0, 0], recording.step)
        with pytest.raises(ValueError, match="read-only"):
            recording.weights[0][:] = 0
    assert copies[-1][0].step[-1] > copies[3][0].step[-1]


def test_a_step_that_is_skipped_counts_as_offered() -> None:
    weights = [np.ones((1, 1))]
    asked, plain = (netviz.Recorder([1, 1], "linear", [[1.0]]) for _ in range(2))
    skipped = 0
    for step in range(300):
        plain.snap(step=step, weights=weights)
        if asked.skips(step):
            skipped += 1
        else:
            asked.snap(step=step, weights=weights)
    assert asked.steps == plain.steps and skipped == 300 - len(plain.steps) > 0
    assert asked.recording().info["offered"] == plain.recording().info["offered"] == 300
    due = next(step for step in range(300, 400) if asked.wants(step))
    assert not asked.skips(299), "a step that went back is for snap to refuse"
    assert asked.skips(due - 1) and not asked.skips(due)


def test_a_curve_takes_the_number_of_a_tensor_wherever_it_lies() -> None:
    class Elsewhere:
        """A number that NumPy cannot read."""

        def item(self) -> float:
            return 0.25

        def __array__(self, *_: Any, **__: Any) -> Any:
            raise TypeError("on another device")

    recorder = netviz.Recorder([1, 1], "linear", [[1.0]])
    recorder.snap(Elsewhere(), weights=[np.ones((1, 1))], accuracy=np.float32([[0.5]]))
    assert {name: curve.tolist() for name, curve in recorder.recording().curves.items()} == {
        "loss": [0.25],
        "accuracy": [0.5],
    }


def test_room_for_moments_doubles_and_nothing_is_lost() -> None:
    rec = recorder()
    weights, biases = parameters(SIZES)
    earlier: list[Recording] = []
    for step in range(600):
        if step in (256, 257, 512, 513):
            earlier.append(rec.recording())
        rec.snap(step=step, weights=[each + step for each in weights], biases=biases, keep=True)
    for recording in (*earlier, rec.recording()):
        assert recording.step.tolist() == list(range(len(recording.step)))
        for moment in range(len(recording.step)):
            assert np.array_equal(recording.weights[0][moment], weights[0] + moment)
    assert [len(each.step) for each in earlier] == [256, 257, 512, 513] and len(rec.steps) == 600
