from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netviz.recording.recording import Recording
from netviz.scene.scene import Scene
from netviz.training.data import examples_of
from netviz.training.divergence import TrainingDiverged
from netviz.training.initializers import initial_parameters
from netviz.training.problem import TrainingState, training_problem
from netviz.training.sgd import take_step
from netviz.training.trainer import train
from tests.recordings import in_rows
from tests.training.scenes import playground, scene

LINEAR: Any = {"layers": [3, 4, 1], "activation": ["relu", "linear"], "bias": True}


def diverge(**changes: Any) -> TrainingDiverged:
    with pytest.raises(TrainingDiverged) as caught:
        train(scene(**changes))
    return caught.value


def where_it_happens(**changes: Any) -> tuple[int, int]:
    """Cycle and example of the first step with a number that is not finite, by stepping through."""
    problem, state = training_problem(scene(**changes)), TrainingState(initial_parameters(scene(**changes)))
    with np.errstate(all="ignore"):
        for cycle in range(1, 100_000):
            for start in range(0, len(problem.inputs), problem.batch):
                step = take_step(problem, state, start)
                state = step.state
                for index in range(len(step.losses)):
                    numbers = [layer[index] for layer in step.layers] + [step.losses[index]]
                    if not all(np.isfinite(array).all() for array in numbers):
                        return cycle, start + index
                if not step.parameters.finite():
                    return cycle, start + len(step.losses) - 1
    raise AssertionError("it does not diverge")


@pytest.mark.parametrize("batch", [1, 2, "full"])
@pytest.mark.parametrize(("activation", "rate"), [(["relu", "linear"], 1e6), ("linear", 4.0)])
@pytest.mark.parametrize("cycles", [150, 50_000])  # each engine
def test_it_says_where_and_what_to_do(batch: Any, activation: Any, rate: float, cycles: int) -> None:
    network = LINEAR | {"activation": activation}
    changes = {"network": network, "learning_rate": rate, "batch": batch, "cycles": cycles, "initial_weights": "glorot"}
    error = diverge(**changes)
    assert (error.cycle, error.example) == where_it_happens(**changes)
    message = str(error)
    assert f"in cycle {error.cycle}, at example {error.example + 1}:" in message
    assert "lower training.learning_rate" in message
    assert error.exit_code == 1


@pytest.mark.parametrize(
    ("layers", "activation", "examples", "rate", "expected"),
    [
        ([1, 2, 1], "linear", [(1e100, 0)], 1e150, "in cycle 1, at example 1: the weights of hidden layer 1 left"),
        # saturated sigmoids let no error through
        ([1, 4, 1], ["sigmoid", "linear"], [(1e100, -99)], 1e307, "at example 1: the weights of the output layer left"),
        ([1, 1], "linear", [(1, -1e150), (1e10, 0)], 1e150, "in cycle 1, at example 2: the activations of the output"),
        ([1, 1], "linear", [(1, -1e100), (1e10, 0)], 1e100, "in cycle 1, at example 2: the loss left"),
    ],
)
def test_the_layer_and_what_ran_away_are_named(
    layers: list[int], activation: Any, examples: Any, rate: float, expected: str
) -> None:
    error = diverge(examples=examples, network={"layers": layers, "activation": activation}, learning_rate=rate)
    assert expected in str(error)
    assert error.recording is not None
    assert error.recording.row_step.tolist() == [0]


def test_an_update_comes_after_its_batchs_last_example() -> None:
    examples: Any = [(1e100, 0), (0, 0), (0, 0)]
    error = diverge(examples=examples, network={"layers": [1, 1], "activation": "linear"}, learning_rate=1e150, batch=2)
    assert "in cycle 1, at example 2: the weights of the output layer left" in str(error)


@pytest.mark.parametrize("cycles", [60, 50_000])
def test_the_recording_up_to_there_is_whole(cycles: int, tmp_path: Any) -> None:
    changes: Any = {"network": LINEAR, "learning_rate": 1e6, "initial_weights": "he", "batch": "full"}
    error = diverge(**changes, cycles=cycles, schedule={"cycles": [2, 10, 20, 60]})
    assert error.cycle > 20
    recording = error.recording
    assert recording is not None
    assert recording.is_complete is False
    assert recording.shown_steps == (2, 10, 20)
    assert 20 <= recording.row_step[-1] < error.cycle
    assert recording.probe[-1] == -1
    assert recording.curve_step.tolist() == list(range(int(recording.row_step[-1]) + 1))
    assert np.isfinite(recording.train_loss).all()
    recording.save(tmp_path / "run.npz")
    again = Recording.load(tmp_path / "run.npz")
    np.testing.assert_array_equal(in_rows(again).weights[0], in_rows(recording).weights[0])
    assert again.info == recording.info


def test_a_start_that_is_not_finite_has_no_recording() -> None:
    error = diverge(network=LINEAR, initial_weights="uniform", initial_scale=1.7e308)
    assert error.cycle == 0
    assert error.recording is None
    assert "before the first cycle" in str(error)
    assert "smaller initial weights" in str(error)


@pytest.mark.parametrize("initial_weights", ["playground", "glorot"])
@pytest.mark.parametrize("cycles", [3, 2000])
def test_a_measured_curve_finds_it_too(initial_weights: str, cycles: int) -> None:
    with pytest.raises(TrainingDiverged) as caught:
        train(
            playground(
                network={"activation": ["relu", "relu", "linear"]},
                learning_rate=1e150,
                schedule=[1],
                initial_weights=initial_weights,
                cycles=cycles,
                seed=3,
            )
        )
    assert caught.value.cycle == 1
    assert caught.value.recording is not None
    assert caught.value.recording.curve_step.tolist() == [0]


def test_test_examples_may_run_away_alone() -> None:
    whole = scene([(0, 0), (1e200, 0)], {"layers": [1, 1], "activation": "linear"}).model_dump()
    for seed in range(1, 20):  # until the large one is the one for testing
        data, training = whole["data"] | {"train_share": 0.5}, whole["training"] | {"seed": seed}
        wanted = Scene.model_validate(whole | {"data": data, "training": training})
        if examples_of(wanted).inputs[0] == 0:
            break
    with pytest.raises(TrainingDiverged, match="before the first cycle, in testing: the test loss left the range"):
        train(wanted)
