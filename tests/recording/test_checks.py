from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netviz.recording import checks
from netviz.recording.array_file import DamagedArrays
from netviz.recording.checks import check_numbers
from netviz.recording.layers import ACTIVATIONS
from netviz.recording.network import Network
from netviz.recording.recording import Probes, Recording, in_numbers
from netviz.training.trainer import train
from tests.recording.files import (
    BFLOAT16,
    Change,
    added,
    array,
    as_bfloat16,
    both,
    changed,
    foreign,
    in_header,
    refused,
    setting,
    with_everything,
    without,
)
from tests.training.scenes import playground, scene

PRECISIONS = [np.float64, np.float32, np.float16, BFLOAT16]
FEW_MOMENTS: dict[str, Any] = {"steps": (0, 3), "shown": (3,), "probes": 400}
MANY_MOMENTS: dict[str, Any] = {"steps": range(0, 900, 3), "shown": (6, 300, 897), "probes": 2}
UNEQUAL: dict[str, Any] = {"steps": (0, 1, 2, 5, 9), "shown": (1, 5, 9)}


def problem_of(recording: Recording) -> str:
    with pytest.raises(DamagedArrays) as caught:
        check_numbers(recording)
    message = str(caught.value)
    assert message.startswith("damaged: ") and message.isprintable() and len(message) < 500
    return message.removeprefix("damaged: ")


def moved(recording: Recording, layer: int, row: int, neuron: int, by: float) -> Recording:
    """The recording with another activation in one place."""
    layers = [*recording.activations]
    numbers = in_numbers(layers[layer][:]).copy()
    numbers[row, neuron] += by
    layers[layer] = as_bfloat16(numbers) if layers[layer].dtype == BFLOAT16 else numbers
    return dataclasses.replace(recording, activations=tuple(layers))


# The law


@pytest.mark.parametrize("runs", [FEW_MOMENTS, MANY_MOMENTS, UNEQUAL])
@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_what_was_computed_in_any_precision_obeys_the_law(activation: str, dtype: Any, runs: dict[str, Any]) -> None:
    hidden = "tanh" if activation == "softmax" else activation
    check_numbers(foreign(dtype, sizes=(6, 20, 3), activations=(hidden, activation), **runs))


def test_own_runs_obey_it() -> None:
    check_numbers(train(scene(network={"bias": "fixed"}, batch=3, last_batch="carry")))
    check_numbers(train(playground(data={"samples": 100}, cycles=20, schedule=[1, 2, 20])))


@pytest.mark.parametrize(
    ("dtype", "by"),
    [
        *((np.float64, by) for by in (1e-3, 1e-9, -1e-13)),
        *((np.float32, by) for by in (1e-3, -1e-4)),
        (np.float16, 0.5),
        (BFLOAT16, 2.0),
    ],
)
@pytest.mark.parametrize("layer", [1, 2])
def test_an_activation_that_is_off_is_refused(dtype: Any, by: float, layer: int) -> None:
    recording = foreign(dtype, activations=("tanh", "linear"))
    for row, where in ((0, "step 0, at rest"), (3, "step 1, probe 2"), (16, "step 9, at rest")):
        message = problem_of(moved(recording, layer, row, 0, by))
        assert message.startswith(f"activations_{layer} in row {row} ({where}) has "), message
        assert f" for neuron 0, and {('tanh', 'linear')[layer - 1]} of activations_{layer - 1} with " in message
        assert f"parameters_{layer}_weights makes it " in message and "mark the layer as not exact" in message


def test_the_numbers_of_the_message_are_what_is_and_what_should_be() -> None:
    recording = foreign()
    should = float(recording.activations[2][7, 0])
    message = problem_of(moved(recording, 2, 7, 0, 0.25))
    assert f"has {should + 0.25:.9g} for neuron 0" in message and f"makes it {should:.9g};" in message


def test_how_far_off_an_activation_may_be() -> None:
    """8 eps (sqrt(fan_in) m + 1), m the largest |a| |W| + |b| of the layer in that row."""
    for dtype, epsilon, margin in (
        (np.float64, 2.0**-52, 0.03),
        (np.float32, 2.0**-23, 0.03),
        (np.float16, 2.0**-10, 0.2),
        (BFLOAT16, 2.0**-7, 0.2),
    ):
        recording = foreign(dtype, sizes=(9, 4, 2), activations=("linear", "tanh"))
        row = 8
        weights, biases = recording.parameters_at(row).weights[0], recording.parameters_at(row).biases[0]
        inputs = recording.activations_at(row)[0]
        most = (np.abs(inputs) @ np.abs(weights) + np.abs(biases)).max()
        allowed = 8 * epsilon * (3 * most + 1)
        exact = float((inputs @ weights + biases)[1])
        only = dataclasses.replace(recording, network=only_first_exact(recording.network))
        for part in (1 - margin, margin - 1, 1 + margin, -1 - margin):
            off = exact - float(recording.activations_at(row)[1][1]) + part * allowed
            if abs(part) < 1:
                check_numbers(moved(only, 1, row, 1, off))
            else:
                assert f"activations_1 in row {row} " in problem_of(moved(only, 1, row, 1, off))


def only_first_exact(network: Network) -> Network:
    layers = [*network.layers]
    layers[2] = dataclasses.replace(layers[2], exact=False)
    return dataclasses.replace(network, layers=tuple(layers))


def test_a_layer_that_is_not_exact_is_not_checked() -> None:
    recording = moved(foreign(), 2, 3, 0, 0.5)
    assert "activations_2 in row 3" in problem_of(recording)
    check_numbers(dataclasses.replace(recording, network=only_first_exact(recording.network)))
    check_numbers(moved(with_everything(), 1, 3, 0, 0.0))


@pytest.mark.parametrize("at_once", [1, 7, 60, 1_000_000])
@pytest.mark.parametrize("runs", [FEW_MOMENTS, MANY_MOMENTS, UNEQUAL])
def test_the_same_is_found_however_much_is_looked_at_at_once(
    runs: dict[str, Any], at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_AT_ONCE", at_once)
    recording = foreign(np.float32, **runs)
    check_numbers(recording)
    for row in range(0, len(recording.moment), max(1, len(recording.moment) // 9)):
        for layer in (1, 2):
            assert f"activations_{layer} in row {row} (" in problem_of(moved(recording, layer, row, 0, 1e-3))


def test_sums_are_those_of_each_rows_moment() -> None:
    random = np.random.default_rng(3)
    of = np.array([0, 0, 0, 1, 2, 2, 2, 4, 5, 5])
    before, weights, biases = random.normal(size=(10, 3)), random.normal(size=(6, 3, 2)), random.normal(size=(6, 2))
    expected = [before[row] @ weights[of[row]] + biases[of[row]] for row in range(10)]
    np.testing.assert_allclose(checks._sums(before, of, weights, biases), expected, rtol=1e-14)


# Numbers that are not finite


BAD = [np.nan, np.inf, -np.inf]
DIVERGED: list[Change] = [
    setting("parameters_1_weights", (-1, 0, 0), np.nan),
    setting("parameters_2_biases", (-1, 0), np.inf),
    setting("activations_1", (-5, 0), np.nan),
    setting("activations_2", (-1, 0), -np.inf),
    setting("errors_1", (-2, 0), np.nan),
    setting("loss", -1, np.nan),
    setting("loss", -5, np.inf),
    setting("curves_accuracy", -1, np.nan),
    setting("curves_accuracy", -2, np.nan),
]
"""Numbers of the last moment, which has the last 5 of 17 rows and, of 11 points, those of its step and after it."""


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "run.npz"
    with_everything().save(path)
    return path


@pytest.mark.parametrize("change", DIVERGED)
def test_the_last_moment_may_have_diverged(saved: Path, change: Change) -> None:
    changed(saved, change)
    Recording.load(saved)


def test_a_run_that_diverged_is_checked_where_it_can_be(saved: Path) -> None:
    changed(saved, both(*DIVERGED))
    Recording.load(saved)
    changed(saved, setting("activations_2", (-2, 1), 7.0))
    Recording.load(saved)  # of activations that are NaN
    changed(saved, setting("activations_1", slice(None), 0.0))
    assert "activations_2 in row 0 (step 0, at rest)" in refused(saved)


def test_the_last_moment_of_a_diverged_run_is_checked_too() -> None:
    recording = foreign()
    diverged = moved(recording, 2, 16, 0, np.nan)
    check_numbers(diverged)
    assert "activations_1 in row 14 (step 9, probe 2)" in problem_of(moved(diverged, 1, 14, 2, 1e-6))


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize(
    ("name", "index", "message"),
    [
        (
            "parameters_1_weights",
            (3, 1, 4),
            "parameters_1_weights holds a number that is not finite in moment 3 (step 5)",
        ),
        ("parameters_2_biases", (0, 2), "parameters_2_biases holds a number that is not finite in moment 0 (step 0)"),
        ("activations_1", (11, 4), "activations_1 holds a number that is not finite in row 11 (step 5, at rest)"),
        ("activations_2", (2, 0), "activations_2 holds a number that is not finite in row 2 (step 1, probe 1)"),
        ("errors_2", (0, 0), "errors_2 holds a number that is not finite in row 0 (step 0, at rest)"),
        ("loss", 11, "loss holds a number that is not finite in row 11"),
        ("curves_accuracy", 8, "curves_accuracy holds a number that is not finite at step 8"),
        ("curves_test loss", 0, "curves_test loss holds a number that is not finite at step 0"),
        ("probes_inputs", (3, 1), "probes_inputs holds a number that is not finite, in place 3"),
        ("probes_targets", (0, 2), "probes_targets holds a number that is not finite, in place 0"),
        ("points", (5, 0), "points holds a number that is not finite, in place 5"),
        ("point_targets", (5, 2), "point_targets holds a number that is not finite, in place 5"),
    ],
)
def test_no_other_number_may_be_infinite_or_none(
    saved: Path, name: str, index: Any, message: str, value: float
) -> None:
    changed(saved, setting(name, index, value))
    assert message in refused(saved)


@pytest.mark.parametrize("bits", [0x7F80, 0xFF80, 0x7FC0])
def test_bits_of_bfloat16_can_be_those_of_no_number(bits: int) -> None:
    recording = foreign(BFLOAT16)
    weights = recording.parameters[2]["weights"].copy()
    weights[2, 1, 0] = bits
    parameters = (*recording.parameters[:2], recording.parameters[2] | {"weights": weights})
    assert "parameters_2_weights holds a number that is not finite in moment 2 (step 2)" in problem_of(
        dataclasses.replace(recording, parameters=parameters)
    )


# Order, and what belongs together


MOMENT = "moment does not go from 0 to 4 through every moment"
REST = "do not end with the only one of them at rest, where probe is -1"
ROWS = 17
"""0 at rest; 1: probes 0 to 3, at rest; 2 at rest; 5 and 9 as 1."""
OUT_OF_ORDER: list[tuple[Change, str]] = [
    (setting("step", 2, 0), "step of moment 2 is 0; steps begin at 0 or later and never decrease"),
    (setting("step", 0, -1), "step of moment 0 is -1; steps begin at 0 or later"),
    (setting("step", slice(3, 5), [2**63 - 1, -(2**63)]), "step of moment 4 is -9223372036854775808"),
    (array("step", lambda step: step[::-1].astype(np.uint16)), "step of moment 1 is 5; steps begin"),
    (array("step", lambda step: step[::-1].astype(np.int8)), "step of moment 1 is 5; steps begin"),
    (setting("moment", 0, 1), MOMENT),
    (setting("moment", slice(12, 17), 3), MOMENT),
    (setting("moment", slice(12, 17), 5), MOMENT),
    (setting("moment", slice(1, 6), 0), MOMENT),
    (setting("moment", 3, 2), MOMENT),
    (setting("moment", 3, -1), MOMENT),
    (array("moment", lambda moment: moment[::-1].astype(np.uint8)), MOMENT),
    (setting("probe", 2, 4), "probe of row 2 is 4; there are 4, from 0, and -1 is at rest"),
    (setting("probe", 2, -2), "probe of row 2 is -2; there are 4"),
    (setting("probe", [2, 3], [2, 1]), "probe of row 3 does not come after that of the row before it, in one step"),
    (setting("probe", 2, 0), "probe of row 2 does not come after that of the row before it"),
    (setting("probe", 5, 3), f"the rows of step 1 {REST}"),
    (setting("probe", 4, -1), f"the rows of step 1 {REST}"),
    (setting("probe", 16, 3), f"the rows of step 9 {REST}"),
    (setting("probe", 0, 0), f"the rows of step 0 {REST}"),
    (setting("step", 2, 1), f"the rows of step 1 {REST}"),
    (setting("curve_step", 0, -1), "curve_step does not begin at 0 or later, or does not increase"),
    (setting("curve_step", 4, 3), "curve_step does not begin at 0 or later, or does not increase"),
    (setting("curve_step", slice(9, 11), [2**63 - 1, -(2**63)]), "curve_step does not begin at 0"),
    (setting("curve_step", slice(5, None), range(6, 12)), "curve_step lacks step 5, of which there is a moment"),
    (setting("split", 2, 2), "split holds another number than 0 (for training) and 1 (for testing)"),
    (in_header("names", to=["a"]), "names in its header has 1 names, and there are 4"),
    (in_header("classes", to=["a"] * 4), "classes in its header has 4 names, and there are 3"),
]


@pytest.mark.parametrize(("change", "message"), OUT_OF_ORDER)
def test_what_is_out_of_order_is_refused(saved: Path, change: Change, message: str) -> None:
    changed(saved, change)
    assert message in refused(saved)


def rows_left(keep: Any) -> Change:
    """Keep some rows only."""
    names = ("moment", "probe", "loss", "activations_1", "activations_2", "errors_1", "errors_2")
    return both(*(array(name, lambda rows: rows[keep]) for name in names))


def left(names: tuple[str, ...], count: int) -> Change:
    """Keep the beginnings of arrays only."""
    return both(*(array(name, lambda rows: rows[:count]) for name in names))


PARAMETERS = tuple(f"parameters_{layer}_{role}" for layer in (1, 2) for role in ("weights", "biases"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (rows_left([*range(3), *range(4, ROWS)]), "step 1 has rows of 3 probes; all 4 are expected, or none"),
        (rows_left([0, 5, 6, 11, 16]), "no row has a probe: a film needs an example to show"),
        (rows_left([*range(5), *range(6, ROWS)]), f"the rows of step 1 {REST}"),
        (rows_left(slice(0)), "it has no rows: a film needs a moment to show"),
        (both(rows_left(slice(0)), left(("step", *PARAMETERS), 0)), "it has no rows: a film needs a moment to show"),
        (left(("probes_inputs", "probes_targets"), 0), "probes_inputs is empty: a film needs an example to show"),
        (left(("curve_step", "curves_accuracy", "curves_test loss"), 0), "curve_step does not begin at 0"),
        (without("points", "split"), "point_targets has targets of points that are missing"),
        (without("points", "point_targets"), "split divides points that are missing"),
        (added("activations_0", np.zeros((ROWS, 2))), "activations_0 in row 1 (step 1, probe 0) are not its probe's"),
    ],
)
def test_what_is_missing_is_said(saved: Path, change: Change, message: str) -> None:
    changed(saved, change)
    assert message in refused(saved)


def test_inputs_of_rows_are_those_of_their_probes() -> None:
    recording = foreign()
    inputs = recording.activations[0][:]
    check_numbers(dataclasses.replace(recording, activations=(inputs, *recording.activations[1:])))
    inputs[11, 1] = 0.1
    assert "activations_0 in row 11 (step 5, at rest) are not its probe's inputs, or at rest not 0" in problem_of(
        dataclasses.replace(recording, activations=(inputs, *recording.activations[1:]))
    )


def test_normalised_inputs_follow_from_the_values_as_they_were_given() -> None:
    values = np.random.default_rng(0).uniform(-6, 600, (4, 2))
    scaling = np.array([[100.0, 1], [50, -3]])
    inputs = (values - scaling[0]) / scaling[1]
    own = dataclasses.replace(foreign(), normalization=scaling)
    assert "probes_points is missing: the values that were normalised" in problem_of(own)
    for dtype in (np.float64, np.float32):
        probes = Probes(inputs.astype(dtype), points=values)
        assert [*checks.input_problems(dataclasses.replace(own, probes=probes))] == []
    (found,) = checks.input_problems(
        dataclasses.replace(own, probes=Probes(inputs + np.array([0, 1e-6]), points=values))
    )
    assert found == "probes_inputs of probe 0 are not its values in probes_points, normalised"
    features = dataclasses.replace(
        own, features=("x1", "x2"), probes=Probes(inputs + np.array([1e-6, 0]), points=values)
    )
    (found,) = checks.input_problems(features)
    assert found == "probes_inputs of probe 0 are not the features of its point in probes_points, normalised"
    (found,) = checks.input_problems(dataclasses.replace(own, normalization=np.array([[0.0, 0], [1, 0]])))
    assert found == "normalization divides by 0"
    endless = dataclasses.replace(own, normalization=np.array([[0.0, np.inf], [1, 1]]))
    assert "normalization holds a number that is not finite, in place 0" in problem_of(endless)


def test_features_are_those_of_the_points() -> None:
    points = np.random.default_rng(0).uniform(-6, 6, (4, 2))
    features = np.stack([points[:, 0] * points[:, 0], np.sin(points[:, 1])], axis=1)
    recording = foreign()
    own = dataclasses.replace(recording, features=("x1^2", "sin(x2)"))
    assert "probes_points is missing" in problem_of(own)
    message = "probes_inputs of probe 0 are not the features of its point in probes_points"
    probes = dataclasses.replace(recording.probes, points=points)
    assert message in problem_of(dataclasses.replace(own, probes=probes))
    for dtype in (np.float64, np.float32):
        check = [*checks.input_problems(dataclasses.replace(own, probes=Probes(features.astype(dtype), points=points)))]
        assert check == []
    off = features + np.array([[0, 0], [0, 0], [0, 1e-9], [0, 0]])
    (found,) = checks.input_problems(dataclasses.replace(own, probes=Probes(off, points=points)))
    assert found == message.replace("probe 0", "probe 2")
    check_numbers(dataclasses.replace(recording, features=("x1", "x2")))


def test_own_runs_present_what_their_scene_says() -> None:
    recording = train(scene(network={"bias": True}))
    keep = np.flatnonzero(recording.probe != 3)
    some = dataclasses.replace(
        recording,
        moment=np.unique(recording.moment[keep], return_inverse=True)[1].astype(np.int32),
        step=recording.step[recording.moment[keep]][np.unique(recording.moment[keep], return_index=True)[1]],
        parameters=tuple(
            {role: stack[np.unique(recording.moment[keep])] for role, stack in roles.items()}
            for roles in recording.parameters
        ),
        probe=recording.probe[keep],
        activations=(recording.activations[0][keep], *(layer[keep] for layer in recording.activations[1:])),
        loss=None,
    )
    check_numbers(some)
    assert "has rows of 6 probes; all 7 are expected" in problem_of(dataclasses.replace(some, training_setup=None))
