from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netviz.recording.layers import Parameters
from netviz.training import numpy_engine
from netviz.training.initializers import initial_parameters
from netviz.training.numpy_engine import can_be_in_place, train_in_place
from netviz.training.problem import TrainingProblem, TrainingState, training_problem
from netviz.training.sgd import run_reference
from netviz.training.trainer import choose_engine, train
from tests.training.problems import HIDDEN, assert_same, blows_up_rounding, problems
from tests.training.scenes import scene


@settings(max_examples=300, deadline=None)
@given(problems(), st.integers(1, 4), st.sampled_from(["mean", "sum"]), st.integers(1, 5), st.booleans())
def test_training_in_place_agrees_with_the_reference(
    case: tuple[TrainingProblem, Parameters], batch: int, reduction: Any, cycles: int, large: bool
) -> None:
    one_by_one, parameters = case
    problem = replace(one_by_one, batch=min(batch, len(one_by_one.inputs)), reduction=reduction)
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(numpy_engine, "_LARGE", 0 if large else 10**6)
        expected = run_reference(problem, TrainingState(parameters), cycles)
        assume(all(np.abs(array).max() < 50 for arrays in expected.parameters for array in arrays))
        assume(not blows_up_rounding(problem, parameters, expected, cycles))
        assert_same(train_in_place(problem)(TrainingState(parameters), cycles), expected)


WIDE = {"layers": [90, 120, 10], "bias": True}


def wide(batch: int, network: dict[str, Any], **training: Any) -> TrainingProblem:
    random = np.random.default_rng(1)
    examples: Any = [(random.random(90).tolist(), np.eye(10)[index % 10].tolist()) for index in range(50)]
    return training_problem(scene(examples, WIDE | network, batch=batch, initial_weights="glorot", **training))


@pytest.mark.parametrize("batch", [1, 32])
@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("output", "loss"), [("sigmoid", "squared_error"), ("softmax", "cross_entropy")])
def test_wide_layers_agree_with_the_reference(batch: int, hidden: str, output: str, loss: str) -> None:
    """Fifty examples: the last batch of 32 is one of 18."""
    problem = wide(batch, {"activation": [hidden, output]}, loss=loss, learning_rate=0.1)
    random = np.random.default_rng(2)
    parameters = Parameters(
        (random.normal(0, 0.1, (90, 120)), random.normal(0, 0.1, (120, 10))), (np.zeros(120), np.zeros(10))
    )
    assert choose_engine(problem, 10).name == "in place"
    assert_same(
        train_in_place(problem)(TrainingState(parameters), 4), run_reference(problem, TrainingState(parameters), 4)
    )


def test_the_given_state_is_left_as_it_is_and_the_next_run_goes_on_from_the_last() -> None:
    wanted = scene(batch=3, network={"bias": True})
    problem, state = training_problem(wanted), TrainingState(initial_parameters(wanted))
    kept = [array.copy() for arrays in state.parameters for array in arrays]
    run = train_in_place(problem)
    at_once, half = run(state, 10), run(state, 5)
    middle = [array.copy() for arrays in half.parameters for array in arrays]
    rest = run(half.state, 5)
    for arrays, expected in ((state.parameters, kept), (half.parameters, middle)):
        for array, before in zip([array for group in arrays for array in group], expected, strict=True):
            np.testing.assert_array_equal(array, before)
    for one, other in zip(at_once.parameters, rest.parameters, strict=True):
        for array, again in zip(one, other, strict=True):
            np.testing.assert_array_equal(array, again)
    np.testing.assert_array_equal(at_once.losses, np.concatenate([half.losses, rest.losses]))
    np.testing.assert_array_equal(at_once.errors, np.concatenate([half.errors, rest.errors]))


def test_fixed_biases_stay() -> None:
    wanted = scene(batch=3, network={"bias": "fixed"}, initial_biases=[0.5, -0.5])
    after = train_in_place(training_problem(wanted))(TrainingState(initial_parameters(wanted)), 5)
    assert [array.tolist() for array in after.parameters.biases] == [[0.5] * 4, [-0.5]]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"batch": "full"}, True),
        ({"regularization": "L2", "regularization_rate": 0.1}, False),
        ({"regularization": "L2", "regularization_rate": 0.0}, True),
        ({"initial_weights": "playground"}, False),
        ({"batch": 2, "last_batch": "carry"}, False),
    ],
)
def test_what_can_be_in_place(changes: dict[str, Any], expected: bool) -> None:
    assert can_be_in_place(training_problem(scene(**changes))) == expected


def test_numbers_that_run_away_are_found_where_the_reference_finds_them() -> None:
    from netviz.training.divergence import TrainingDiverged

    diverging = scene(
        network={"layers": [3, 5, 1], "activation": ["relu", "linear"], "bias": True},
        batch=3,
        cycles=3000,
        learning_rate=50,
        schedule={"cycles": [3000]},
    )
    with pytest.raises(TrainingDiverged) as found:
        train(diverging)
    problem = training_problem(diverging)
    with pytest.raises(TrainingDiverged) as expected, np.errstate(all="ignore"):
        run_reference(problem, TrainingState(initial_parameters(diverging)), 3000, watched_from=1)
    assert found.value.cycle == pytest.approx(expected.value.cycle, abs=1)
