from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from netviz.errors import InputError
from netviz.recording.layers import Parameters, activate, forward, losses
from netviz.recording.recording import Recording
from netviz.scene.loader import load_scene
from netviz.scene.scene import Scene
from netviz.training import trainer, training_recorder
from netviz.training.problem import TrainingState, training_problem
from netviz.training.sgd import run_reference
from netviz.training.trainer import train
from tests.recordings import in_rows
from tests.training.scenes import MILO_CYCLES, milo, playground, scene


@pytest.fixture(scope="module")
def film_of_2015() -> Recording:
    return train(milo())


def assert_obeys_the_forward_pass(recording: Recording) -> None:
    weights, biases = in_rows(recording)
    for layer, activation in enumerate(recording.network.activations):
        sums = np.einsum("si,sij->sj", recording.activations[layer], weights[layer]) + biases[layer]
        np.testing.assert_allclose(recording.activations[layer + 1], activate(activation, sums), rtol=0, atol=1e-12)


def test_milos_thirteen_errors_to_two_decimals(film_of_2015: Recording) -> None:
    """The original shows the error of the cycle before."""
    assert film_of_2015.shown_steps == tuple(MILO_CYCLES)
    assert film_of_2015.curve_step.tolist() == list(range(60_001))
    shown = [round(100 * float(film_of_2015.curves["error"][cycle - 1]), 2) for cycle in MILO_CYCLES]
    assert shown == [51.91, 49.7, 48.41, 41.59, 32.57, 26.66, 22.53, 18.36, 15.65, 11.43, 9.29, 1.08, 0.47]


def test_milos_network_thinks_about_a_new_situation(film_of_2015: Recording) -> None:
    assert abs(film_of_2015.forward([1, 1, 0])[-1].item() - 0.013298163912507) < 1e-12


def test_every_row_obeys_the_forward_pass(film_of_2015: Recording) -> None:
    assert len(film_of_2015.moment) > 13 * 8
    assert_obeys_the_forward_pass(film_of_2015)


def test_tiny_nn_part_one() -> None:
    """iamtrask's first network; the outputs printed are those of the last cycle, from before its update."""
    examples: Any = [([0, 0, 1], 0), ([0, 1, 1], 0), ([1, 0, 1], 1), ([1, 1, 1], 1)]
    recording = train(
        scene(
            examples,
            {"layers": [3, 1]},
            {"frames": 1},
            cycles=10_000,
            batch="full",
            reduction="sum",
            seed=42,
            initial_weights="trask",
        )
    )
    outputs = recording.activations[-1][recording.row_step == 10_000][:4, 0]
    assert outputs.round(8).tolist() == [0.00966808, 0.00786589, 0.99358863, 0.99211705]


def test_tiny_nn_part_two_goes_on_drawing_from_the_same_stream() -> None:
    """Part one took three numbers of it. Errors and outputs printed are those from before a cycle's update."""
    examples: Any = [([0, 0, 1], 0), ([0, 1, 1], 1), ([1, 0, 1], 1), ([1, 1, 1], 0)]
    recording = train(
        scene(
            examples,
            {"layers": [3, 4, 1]},
            {"cycles": [1, 10_000]},
            cycles=10_000,
            batch="full",
            reduction="sum",
            seed=42,
            initial_weights="trask",
            initial_skip=3,
        )
    )
    assert abs(recording.main_curve[1] - 0.49963945276141286) < 1e-15
    outputs = recording.activations[-1][recording.row_step == 10_000][:4, 0]
    assert outputs.round(8).tolist() == [0.00706947, 0.99217766, 0.99074812, 0.01002659]


def test_even_or_odd() -> None:
    """The thoughtbot article's forward pass; its weights stand only in its pictures, as far as they can be told."""
    recording = train(
        scene(
            [([1, 1], 0), ([1, 0], 1)],
            {"layers": [2, 2, 1], "bias": True},
            {"cycles": [1]},
            cycles=1,
            batch="full",
            initial_weights=[[[0.3, 0.1], [0.2, 0.4]], [[0.6], [0.5]]],
            initial_biases=[[0.3, 0.1], 0],
        )
    )
    hidden, output = recording.activations[1][1], recording.activations[2][1]
    np.testing.assert_allclose(hidden, 1 / (1 + np.exp([-0.8, -0.6])), rtol=1e-15)
    assert abs(output.item() - 0.676298522) < 1e-7


def test_mazurs_step_by_step_example_as_a_scene() -> None:
    """M. Mazur, "A Step by Step Backpropagation Example": one step with biases that are not trained."""
    recording = train(
        scene(
            [([0.05, 0.10], [0.01, 0.99])],
            {"layers": [2, 2, 2], "bias": "fixed"},
            {"cycles": [1]},
            cycles=1,
            learning_rate=0.5,
            initial_weights=[[[0.15, 0.25], [0.20, 0.30]], [[0.40, 0.50], [0.45, 0.55]]],
            initial_biases=[0.35, 0.60],
        )
    )
    assert recording.activations[1][1].round(9).tolist() == [0.593269992, 0.596884378]
    assert recording.activations[2][1].round(9).tolist() == [0.75136507, 0.772928465]
    assert round(float(recording.loss[1]), 9) == 0.298371109
    hidden, output = recording.parameters_at(-1).weights
    assert output.T.round(8).ravel().tolist() == [0.35891648, 0.40866619, 0.51130127, 0.56137012]
    assert hidden.T.round(8).ravel().tolist() == [0.14978072, 0.19956143, 0.24975114, 0.29950229]
    for row in range(3):
        assert [array.tolist() for array in recording.parameters_at(row).biases] == [[0.35, 0.35], [0.6, 0.6]]


def test_milos_earlier_single_neuron() -> None:
    examples: Any = [([0, 0, 1], 0), ([1, 1, 1], 1), ([1, 0, 1], 1), ([0, 1, 1], 0)]
    recording = train(scene(examples, {"layers": [3, 1]}, {"frames": 1}, cycles=10_000, batch="full", reduction="sum"))
    assert recording.parameters_at(-1).weights[0][:, 0].round(8).tolist() == [9.67299303, -0.2078435, -4.62963669]
    assert recording.forward([1, 0, 0])[-1].item() == pytest.approx(0.99993704, abs=5e-9)


CASES: list[dict[str, Any]] = [
    {},
    {"batch": 3},
    {"batch": 3, "reduction": "sum", "network": {"bias": True}},
    {"batch": "full", "initial_weights": "he"},
    {"batch": 3, "last_batch": "carry", "network": {"bias": True}, "cycles": 3000},
    {"batch": 2, "initial_weights": "playground", "network": {"bias": True, "activation": "tanh"}},
    {"regularization": "L1", "regularization_rate": 0.01, "network": {"bias": "fixed"}, "initial_biases": [0.5, -0.5]},
    {"regularization": "L2", "regularization_rate": 0.01, "batch": "full", "reduction": "sum"},
    {"batch": 100, "network": {"layers": [3, 5, 4, 1], "activation": ["relu", "tanh", "linear"]}, "learning_rate": 0.1},
    {"network": {"layers": [3, 2, 1], "bias": True}, "loss": "cross_entropy", "initial_weights": "normal"},
    {"schedule": {"every": 7}, "cycles": 700},
    {"schedule": {"frames": 1}, "cycles": 1},
    {"schedule": {"frames": 50}, "cycles": 50},
]


@pytest.mark.parametrize("changes", CASES)
def test_a_recording_is_what_was_promised(changes: dict[str, Any]) -> None:
    """Against a plain loop over the steps that keeps everything."""
    wanted = scene(**changes)
    recording, problem = train(wanted), training_problem(wanted)
    rows, examples = list(range(len(recording.row_step))), len(problem.inputs)
    assert_obeys_the_forward_pass(recording)

    before: dict[tuple[int, int], Parameters] = {}
    after = {0: recording.parameters_at(0)}
    errors, loss, now = [], [], TrainingState(after[0])
    for cycle in range(1, wanted.training.cycles + 1):

        def keep(state: TrainingState, step: Any, cycle: int = cycle) -> None:
            for index in range(len(step.losses)):
                before[cycle, step.start + index] = state.parameters

        result = run_reference(problem, now, 1, keep=keep)
        now = result.state
        after[cycle] = now.parameters
        errors.append(result.errors[0] / problem.targets.size)
        loss.append(result.losses[0] / examples)

    shown = recording.shown_steps
    for row in rows:
        cycle, example = int(recording.row_step[row]), int(recording.probe[row])
        expected = after[cycle] if example == -1 else before[cycle, example]
        for name, arrays in zip(("weights", "biases"), recording.parameters_at(row), strict=True):
            for layer, array in enumerate(arrays):
                np.testing.assert_allclose(array, getattr(expected, name)[layer], rtol=0, atol=1e-11)
        if example == -1:
            assert np.isnan(recording.targets[row]).all()
            assert not recording.activations[0][row].any()
            assert recording.loss[row] == recording.train_loss[cycle]
        else:
            np.testing.assert_array_equal(recording.targets[row], problem.targets[example])
            np.testing.assert_array_equal(recording.activations[0][row], problem.inputs[example])
            layers = [array[row] for array in recording.activations]
            own = losses(
                *recording.parameters_at(row), problem.activations, layers, problem.targets[example], problem.loss
            )
            assert recording.loss[row] == pytest.approx(float(own), abs=1e-14)
    np.testing.assert_allclose(recording.main_curve[1:], errors, rtol=0, atol=1e-12)
    np.testing.assert_allclose(recording.train_loss[1:], loss, rtol=0, atol=1e-12)
    outputs = forward(*after[0], problem.activations, problem.inputs)[-1]
    assert recording.main_curve[0] == pytest.approx(np.abs(outputs - problem.targets).mean(), abs=1e-15)

    # The order of rows: a moment at rest, then for each kept cycle, its examples if it is shown and a moment at rest.
    kept = np.unique(recording.row_step).tolist()
    order = [(cycle, example) for cycle in kept for example in (*(range(examples) if cycle in shown else ()), -1)]
    assert list(zip(recording.row_step.tolist(), recording.probe.tolist(), strict=True)) == order
    assert kept[0] == 0
    assert kept[-1] == wanted.training.cycles
    assert recording.is_complete is True
    assert recording.test_loss is None


@pytest.mark.parametrize("batch", [1, "full"])
def test_the_curve_of_a_long_run_has_the_values_of_the_whole(batch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = scene(cycles=2000, batch=batch, schedule={"cycles": [3, 777]})
    whole = train(wanted)
    monkeypatch.setattr(training_recorder, "LONGEST_WHOLE_CURVE", 1000)
    monkeypatch.setattr(training_recorder, "CURVE_POINTS", 100)
    thinned = train(wanted)
    assert 100 < len(thinned.curve_step) < 150
    assert {0, 3, 777, 2000} < set(thinned.curve_step.tolist())
    np.testing.assert_array_equal(thinned.curves["error"], whole.curves["error"][thinned.curve_step])
    np.testing.assert_array_equal(thinned.train_loss, whole.train_loss[thinned.curve_step])
    np.testing.assert_array_equal(thinned.loss, whole.loss)


def test_the_same_scene_gives_the_same_bytes(tmp_path: Any) -> None:
    for name in ("one", "two"):
        train(scene(cycles=5000)).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    train(scene(cycles=5000, seed=2)).save(tmp_path / "three")
    assert (tmp_path / "one").read_bytes() != (tmp_path / "three").read_bytes()


@pytest.mark.parametrize("batch", [1, 3])
def test_with_test_examples_the_curve_is_measured_after_each_cycle(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = scene(cycles=3000, batch=batch, schedule={"cycles": [2, 777]}, network={"bias": True}).model_dump()
    wanted = Scene.model_validate(plain | {"data": plain["data"] | {"train_share": 0.6}})
    run = train(wanted)
    examples = run.examples
    assert (len(examples.inputs), len(examples.test_inputs)) == (4, 3)
    for row in np.flatnonzero(run.probe == -1):
        out, tested = run.forward(examples.inputs, row)[-1], run.forward(examples.test_inputs, row)[-1]
        cycle = run.row_step[row]
        assert run.test_loss is not None
        assert run.test_loss[cycle] == pytest.approx(((tested - examples.test_targets) ** 2).mean() / 2, rel=1e-12)
        assert run.train_loss[cycle] == pytest.approx(((out - examples.targets) ** 2).mean() / 2, rel=1e-12)
        assert run.main_curve[cycle] == pytest.approx(np.abs(out - examples.targets).mean(), rel=1e-12)
        assert run.loss[row] == run.train_loss[cycle]
        for name, answers, targets in (("", out, examples.targets), ("test_", tested, examples.test_targets)):
            right = ((answers > 0.5) == (targets > 0.5)).mean()
            assert run.curves[f"{name}accuracy"][cycle] == right
    assert len(set(run.curves["accuracy"].tolist())) > 1
    monkeypatch.setattr(training_recorder, "LONGEST_WHOLE_CURVE", 1000)
    monkeypatch.setattr(training_recorder, "CURVE_POINTS", 100)
    monkeypatch.setattr(training_recorder, "_NUMBERS_AT_ONCE", 8)  # two examples at once
    thinned = train(wanted)
    assert 100 < len(thinned.curve_step) < 150
    assert [*thinned.curves] == ["error", "loss", "test_loss", "accuracy", "test_accuracy"]
    for name, curve in thinned.curves.items():
        np.testing.assert_allclose(curve, run.curves[name][thinned.curve_step], rtol=1e-9)


def test_softmax_with_cross_entropy_learns_three_classes() -> None:
    examples: Any = [([0, 0], [1, 0, 0]), ([0, 1], [0, 1, 0]), ([1, 0], [0, 0, 1]), ([1, 1], [0, 1, 0])]
    network = {"layers": [2, 6, 3], "activation": ["tanh", "softmax"], "bias": True}
    recording = train(
        scene(examples, network, cycles=500, learning_rate=0.3, loss="cross_entropy", initial_weights="glorot")
    )
    assert recording.train_loss[0] > 0.8
    assert recording.train_loss[-1] < 0.02
    for inputs, target in examples:
        assert recording.forward(inputs)[-1].argmax() == np.argmax(target)


@pytest.mark.parametrize("batch", [1, 3])
def test_progress_is_reported_seldom_and_to_the_end(batch: int) -> None:
    reports: list[tuple[int, int]] = []
    train(scene(cycles=1500, batch=batch, schedule={"every": 2}), progress=lambda *report: reports.append(report))
    done = [cycles for cycles, _ in reports]
    assert done == sorted(set(done))
    assert reports[-1] == (1500, 1500)
    assert len(reports) < 60


def test_a_recording_that_would_be_too_large_is_refused_before_training() -> None:
    with pytest.raises(InputError) as refused:
        train(scene(cycles=10_000, schedule={"every": 1}, network={"layers": [3, 1000, 1]}))
    message = str(refused.value)
    assert "10,000 shown cycles of 7 examples" in message
    assert "2 GB" in message
    with pytest.raises(InputError, match=r"layers"):
        train(scene(network={"layers": [3, 100_000, 100_000, 1]}))
    with pytest.raises(InputError, match="10,000 examples"):
        wide = {"layers": [2, 16, 16, 1]}
        train(playground(data={"samples": 20_000}, network=wide, schedule=list(range(1, 1001)), cycles=1000))


def test_no_global_state_is_touched() -> None:
    np.random.seed(3)
    expected = np.random.RandomState(3).random()
    settings = np.geterr()
    train(scene())
    assert np.random.random() == expected
    assert np.geterr() == settings


@pytest.mark.parametrize(
    ("name", "engine", "changes"),
    [
        ("playground-quadrants", "generated in order", {"training.cycles": 40, "data.samples": 60}),
        ("digits", "in place", {"training.cycles": 6, "schedule": {"frames": 2}}),
        ("xor", "generated", {"training.cycles": 900, "data.train_share": 0.7, "schedule": {"frames": 3}}),
    ],
)
def test_all_engines_leave_the_same_accuracies(
    name: str, engine: str, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = load_scene(name, overrides={"schedule": {"frames": 4}} | changes)
    problem = training_problem(wanted)
    assert trainer.engine_for(wanted, problem).name == engine
    fast = train(wanted)
    slow = trainer.Engine("reference", trainer._watched(problem, partial(run_reference, problem)), 1000)
    monkeypatch.setattr(trainer, "engine_for", lambda scene, problem: slow)
    reference = train(wanted)
    for curve in ("accuracy", "test_accuracy"):
        np.testing.assert_array_equal(fast.curves[curve], reference.curves[curve])
    assert len(set(fast.curves["accuracy"].tolist())) > 1
