from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from netviz.errors import NetvizWarning
from netviz.recording.layers import forward
from tests.recording.recorders import (
    SIZES,
    BFloat16,
    moment_bytes,
    parameters,
    recorder,
    refused,
)

# Divergence.


@pytest.mark.parametrize("number", [math.nan, math.inf])
@pytest.mark.parametrize("where", ["weights", "biases", "loss"])
def test_a_network_that_diverges_ends_the_recording(where: str, number: float) -> None:
    rec = recorder()
    weights, biases = parameters(SIZES)
    rec.snap(1.0, weights=weights, biases=biases, test_loss=1.0)
    if where != "loss":
        {"weights": weights, "biases": biases}[where][1][..., 1] = number
    with pytest.warns(NetvizWarning, match=rf"step 1: training diverged, {where}"):
        value = number if where == "loss" else 1.0
        rec.snap(value, weights=weights, biases=biases, test_loss=number)
    rec.snap(weights=weights)
    rec.snap(1.0, weights=parameters(SIZES)[0], biases=biases, keep=True)
    assert rec.steps == (0, 1) and not rec.wants(10**9)
    recording = rec.recording()
    assert recording.info["complete"] is False and recording.info["offered"] == 4
    assert not np.isfinite(recording.curves["test_loss"][1])
    for array in (*recording.activations[1:], *recording.weights):
        assert np.isfinite(array[0]).all()


def test_bfloat16_that_is_not_finite_is_seen() -> None:
    rec = recorder()
    for bits in (0x7F80, 0x7FC0, 0xFF80):
        rec = recorder()
        weights = [BFloat16(np.full((3, 5), 0x3F80, np.uint16)), BFloat16(np.full((5, 2), bits, np.uint16))]
        with pytest.warns(NetvizWarning, match=r"weights\[1\]"):
            rec.snap(weights=weights)
    rec = recorder()
    rec.snap(weights=[BFloat16(np.full(pair, 0x7F7F, np.uint16)) for pair in pairwise(SIZES)])
    assert rec.wants(1)


def test_sums_too_large_for_the_precision_end_the_recording() -> None:
    """The weights are finite, but not what they make of the probes."""
    rec = recorder(activation="relu", probes=np.ones((4, 3)))
    for step in range(10):
        size = np.float32(1e30 if step == 6 else 1.0)
        rec.snap(weights=[np.full((3, 5), size, np.float32), np.full((5, 2), size, np.float32)])
    recording = rec.recording()
    assert recording.step.tolist() == list(range(7)) and recording.info["complete"] is False
    assert {len(array) for array in (*recording.weights, *recording.curves.values())} == {7}
    assert np.isfinite(recording.activations[2][: 6 * 5]).all() and not np.isfinite(recording.activations[2][30]).any()
    assert len(recording.loss if recording.loss is not None else ()) == len(recording.probe) == 35


@pytest.mark.parametrize("largest", [0.5, 1e30])
def test_the_size_of_the_chunks_makes_no_difference(largest: float, monkeypatch: pytest.MonkeyPatch) -> None:
    rec = recorder(activation="linear", probes=np.ones((4, 3)))
    for step in range(20):
        size = largest if step == 13 else 1.0
        weights, biases = parameters(SIZES, step, "float32")
        weights = [each * np.float32(size) for each in weights]
        rec.snap(weights=weights, biases=biases)
    whole = rec.recording()
    monkeypatch.setattr("netviz.recording.probe_passes._CHUNK", 300)  # numbers: four moments
    in_chunks = rec.recording()
    assert len(in_chunks.step) == (20 if largest < 1 else 14)
    assert in_chunks.is_complete == whole.is_complete == (largest < 1)
    for one, other in zip((*whole.activations, whole.loss), (*in_chunks.activations, in_chunks.loss), strict=True):
        np.testing.assert_array_equal(one, other)


# What is refused.

CONSTRUCTOR = [
    ({"layers": [3]}, "layers: expected the sizes of two layers or more"),
    ({"layers": [3, 0, 2]}, "layers: expected the sizes"),
    ({"layers": [3, 2.5, 2]}, "layers: expected the sizes"),
    ({"layers": (size for size in (3, True, 2))}, "layers: expected the sizes"),
    ({"layers": 7}, "layers: expected the sizes"),
    ({"activation": ["tanh"]}, "activation: expected one name, or one for each of the 2 layers"),
    ({"activation": None}, "activation: expected one name"),
    ({"activation": ["my\nown", "tanh"]}, "activation: expected one name"),
    ({"activation": "x" * 201}, "activation: expected one name"),
    ({"layers": [3] + [1] * 999 + [2]}, "layers: 1001 layers; a recording has at most 1000"),
    ({"activation": "softmax"}, "activation: softmax is for the last layer only"),
    ({"loss": "mse"}, "loss: 'mse' is none of squared_error, cross_entropy"),
    ({"loss": "cross_entropy", "activation": "relu"}, "loss: cross_entropy is for sigmoid or softmax outputs"),
    ({"unit": ""}, "unit: expected a word of 1 to 20 letters"),
    ({"unit": "two words"}, "unit: expected a word"),
    ({"unit": "x" * 21}, "unit: expected a word"),
    ({"probes": None}, "probes: none given"),
    ({"probes": np.zeros((0, 3))}, "probes: have the shape (0, 3); expected a row of 3 inputs"),
    ({"probes": np.zeros((4, 2))}, "probes: have the shape (4, 2)"),
    ({"probes": np.zeros(3)}, "probes: have the shape (3,)"),
    ({"probes": [[1, 2, math.nan]]}, "probes: hold numbers that are infinite or not a number"),
    ({"probes": [["a", "b", "c"]]}, "probes: holds str"),
    ({"probes": [[1, 2], [3]]}, "probes: cannot be read as an array of numbers"),
    ({"probes": np.array([[1, 2, 3]], dtype=object)}, "probes: holds object"),
    ({"probes": np.zeros((4, 3), complex)}, "probes: holds complex128"),
    ({"targets": np.zeros((4, 3))}, "targets: have the shape (4, 3); expected (4, 2) or (4,)"),
    ({"targets": np.zeros((4, 2)) + math.inf}, "targets: hold numbers that are infinite"),
    ({"targets": [0, 1, 2, 1]}, "targets: one for each example are indices of classes: expected whole numbers from 0"),
    (
        {"targets": [0, -1, 0, 1]},
        "targets: one for each example are indices of classes: expected whole numbers from 0 to 1, got -1",
    ),
    (
        {"targets": [0.0, 1.0, 0.0, 1.0]},
        "targets: one for each example are indices of classes: expected whole numbers from 0 to 1, of an integer type",
    ),
    ({"inputs": ["a"]}, "inputs: 1 names, and there are 3 inputs"),
    ({"inputs": "abc"}, "inputs: expected a list of texts"),
    ({"outputs": ["a"]}, "outputs: 1 names, and there are 2 outputs"),
    ({"names": ["a"]}, "names: 1 names, and there are 4 probes"),
    ({"names": [1, 2, 3, 4]}, "names: expected a list of texts"),
    ({"names": ["a", "b", "c", "d\n"]}, "names: expected texts of up to 200 letters in one line, got 'd\\n'"),
    ({"classes": ["a", "b" * 201]}, "classes: expected texts of up to 200 letters in one line, got 'bbb"),
    ({"inputs": ["a", "b", "\ud800"]}, "inputs: expected texts of up to 200 letters in one line"),
    ({"classes": ["a", "b", "c"]}, "classes: 3 names, and there are 2 outputs"),
    ({"points": np.zeros((5, 2))}, "points: have the shape (5, 2)"),
    ({"points": [[0, 0, math.inf]]}, "points: hold numbers that are infinite"),
    ({"point_targets": np.zeros((5, 2))}, "point_targets: there are no points"),
    ({"points": np.zeros((5, 3)), "point_targets": np.zeros((4, 2))}, "point_targets: have the shape (4, 2)"),
    ({"budget": "3 MiB"}, "budget: expected a size"),
    ({"budget": "much"}, "budget: expected a size"),
    ({"budget": -1}, "budget: expected a size"),
    ({"budget": math.nan}, "budget: expected a size"),
    ({"budget": 10**400}, "budget: expected a size"),
    ({"budget": math.inf}, "budget: expected a size"),
    ({"budget": True}, "budget: expected a size"),
]


@pytest.mark.parametrize(("changes", "message"), CONSTRUCTOR)
def test_wrong_arguments_are_refused(changes: dict[str, Any], message: str) -> None:
    lines = refused(recorder, **changes)
    assert len(lines) == 1 and lines[0].startswith(message), lines


def test_all_that_is_wrong_is_said_at_once() -> None:
    lines = refused(recorder, unit="", loss="mse", probes=np.zeros((4, 2)), inputs=["a"], classes=["b"], budget="x")
    assert [line.split(":")[0] for line in lines] == ["budget", "unit", "loss", "probes", "inputs", "classes"]


def arguments(**changes: Any) -> dict[str, Any]:
    weights, biases = parameters(SIZES)
    return {"loss": 1.0, "weights": weights, "biases": biases, "test_loss": 1.0} | changes


SNAP = [
    (lambda w, b: {"weights": None}, "step 2: weights: expected a list of 2"),
    (lambda w, b: {"weights": w[:1]}, "step 2: weights: expected a list of 2, one for each layer after the inputs"),
    (lambda w, b: {"weights": w[0]}, "step 2: weights: expected a list of 2"),
    (lambda w, b: {"weights": [w[0].T, w[1]]}, "step 2: weights[0]: has the shape (5, 3); expected (3, 5), (fan_in"),
    (lambda w, b: {"weights": [w[0].T, w[1]]}, "transpose it"),
    (lambda w, b: {"weights": [w[0], None]}, "step 2: weights[1]: missing: None is given"),
    (lambda w, b: {"weights": [w[0].astype("f4"), w[1]]}, "step 2: weights[0]: holds float32, and float64 at step 0"),
    (lambda w, b: {"weights": [w[0] * 1j, w[1]]}, "step 2: weights[0]: holds complex128"),
    (lambda w, b: {"biases": None}, "step 2: biases[0]: missing, and was given at step 0"),
    (lambda w, b: {"biases": [b[0], None]}, "step 2: biases[1]: missing"),
    (lambda w, b: {"biases": [b[0], b[1][None]]}, "step 2: biases[1]: has the shape (1, 2); expected (2,)"),
    (lambda w, b: {"activations": [None, np.full((4, 2), 0.5)]}, "step 2: activations[1]: was not given at step 0"),
    (lambda w, b: {"activations": [None, np.zeros((3, 2))]}, "step 2: activations[1]: has the shape (3, 2)"),
    (lambda w, b: {"errors": [np.zeros((4, 5)), None]}, "step 2: errors[1]: missing: None is given"),
    (lambda w, b: {"errors": [np.zeros((4, 5)), np.zeros((4, 2))]}, "step 2: errors[0]: was not given at step 0"),
    (lambda w, b: {"loss": None}, "step 2: loss: missing, and was given at step 0"),
    (lambda w, b: {"loss": [1, 2]}, "step 2: loss: has the shape (2,); expected one number"),
    (lambda w, b: {"loss": "low"}, "step 2: loss: holds str"),
    (lambda w, b: {"accuracy": 1}, "step 2: accuracy: was not given at step 0"),
    (lambda w, b: {"test_loss": math.nan}, "step 2: test_loss: is nan; a curve has a value at every kept step"),
    (lambda w, b: {"error": 1}, "step 2: error: is the name of the curve that is worked out"),
    (lambda w, b: {"a b": 1}, "step 2: 'a b': a curve's name has letters"),
    (lambda w, b: {"step": 1}, "step: 1 does not come after 1, which was offered before"),
    (lambda w, b: {"step": -3}, "step: expected a whole number from 0 to"),
    (lambda w, b: {"a" * 201: 1}, "step 2: 'aaa"),
    (lambda w, b: {"step": "2"}, "step: expected a whole number, got '2'"),
    (lambda w, b: {"step": np.array([2, 3])}, "step: expected a whole number, got array([2, 3])"),
    (lambda w, b: {"step": 2.0}, "step: expected a whole number, got 2.0"),
]


@pytest.mark.parametrize(("change", "message"), SNAP)
def test_wrong_moments_are_refused_and_nothing_of_them_is_kept(change: Any, message: str) -> None:
    rec = recorder()
    rec.snap(**arguments())
    rec.snap(**arguments())
    weights, biases = parameters(SIZES)
    lines = refused(rec.snap, **arguments(**change(weights, biases)))
    assert message in lines[0], lines
    rec.snap(**arguments())
    assert rec.steps == (0, 1, 2) and rec.recording().info["offered"] == 3


def test_the_first_step_is_not_negative() -> None:
    (line,) = refused(recorder().snap, **arguments(step=-1))
    assert line == f"step: expected a whole number from 0 to {2**62 - 1}, got -1"


def test_a_layer_that_cannot_be_worked_out_has_to_be_given() -> None:
    with pytest.warns(NetvizWarning, match="netviz cannot compute mish: give in every snap what such a layer gives"):
        rec = recorder(activation=["mish", "sigmoid"])
    lines = refused(rec.snap, **arguments())
    assert len(lines) == 1 and lines[0].startswith("step 0: activations[0]: missing: 'mish' is none of the functions")
    assert refused(rec.snap, **arguments(activations=[None, None])) == lines


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_activations_that_the_layer_does_not_give_are_refused(precision: str) -> None:
    rec = recorder(probes=np.ones((4, 3)))
    weights, biases = parameters(SIZES, precision=precision)
    layers = forward(weights, biases, ["tanh", "sigmoid"], np.ones((4, 3), precision))
    wrong = [layers[1], layers[2].copy()]
    off = {"float32": 1e-4, "float64": 1e-12}[precision]
    wrong[1][3, 0] += off
    lines = refused(rec.snap, weights=weights, biases=biases, activations=wrong)
    assert lines[0].startswith("step 0: activations[1]: are up to ")
    assert float(lines[0].split()[6]) == pytest.approx(off, rel=0.1)
    assert " off what sigmoid of this moment's parameters gives for Recorder.probes" in lines[0]
    rec.snap(weights=weights, biases=biases, activations=layers[1:])


def test_a_budget_for_less_than_two_moments_is_refused() -> None:
    weights = parameters(SIZES)[0]
    needed = 2 * moment_bytes()
    (line,) = refused(recorder(budget=needed - 1).snap, 1.0, weights=weights)
    given = re.fullmatch(
        r"budget: ([\d.]+) KB is not enough: one moment of this network takes ([\d.]+) KB; give at least "
        r'"([\d.]+ KB)" for two, and better "([\d.]+ (?:KB|MB))" for 200',
        line,
    )
    assert (
        given and float(given[1]) * 1000 <= needed - 1 and float(given[2]) * 1000 == pytest.approx(needed / 2, abs=10)
    )
    recorder(budget=given[3]).snap(1.0, weights=weights)
    recorder(budget=needed).snap(1.0, weights=weights)
    roomy = recorder(budget=given[4])
    roomy.snap(1.0, weights=weights)
    assert 200 <= roomy._room < 210


@pytest.mark.parametrize(("budget", "room"), [("1 kB", 1_000), ("2MB", 2_000_000), ("0.5 GB", 500_000_000), (7e3, 7e3)])
def test_budgets_in_words(budget: Any, room: int) -> None:
    assert recorder(budget=budget)._arguments.budget == room


def test_nothing_recorded_is_no_recording() -> None:
    assert refused(recorder().recording) == ["recorder: has recorded nothing yet; call snap in the training loop"]
