from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from netviz.recording.layers import Parameters
from netviz.training import compiled_engine
from netviz.training.compiled_engine import compile_steps, is_written_out, source_of
from netviz.training.initializers import initial_parameters
from netviz.training.problem import TrainingProblem, TrainingState, training_problem
from netviz.training.sgd import run_reference
from netviz.training.trainer import choose_engine, most_threads
from tests.training.problems import assert_same, blows_up_rounding, problems
from tests.training.scenes import milo, scene


@settings(max_examples=300, deadline=None)
@given(problems(), st.booleans(), st.integers(1, 5))
@example(
    (
        TrainingProblem(
            (2, 2, 2), ("sigmoid", "softmax"), "cross_entropy", False, 0.5, 1, "mean", np.zeros((1, 2)), np.ones((1, 2))
        ),
        Parameters((np.ones((2, 2)), np.eye(2)), (np.zeros(2), np.zeros(2))),
    ),
    True,
    3,
)
def test_the_generated_loop_agrees_with_the_reference(
    case: tuple[TrainingProblem, Parameters], written_out: bool, cycles: int
) -> None:
    problem, parameters = case
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(compiled_engine, "MOST_WRITTEN_OUT", 10**6 if written_out else 0)
        assert is_written_out(problem) == written_out
        expected = run_reference(problem, TrainingState(parameters), cycles)
        assume(all(np.abs(array).max() < 50 for arrays in expected.parameters for array in arrays))
        assume(not blows_up_rounding(problem, parameters, expected, cycles))
        assert_same(compile_steps(problem)(TrainingState(parameters), cycles), expected)


@pytest.mark.parametrize("activation", ["leaky_relu", "elu", "gelu", "swish"])
@pytest.mark.parametrize("most", [0, 10**6])
def test_a_long_training_of_each_activation(activation: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In all three layers, and through weights held negated before sigmoid outputs."""
    monkeypatch.setattr(compiled_engine, "MOST_WRITTEN_OUT", most)
    for output in (activation, "sigmoid"):
        network = {"layers": [3, 4, 4, 1], "activation": [activation, activation, output], "bias": True}
        wanted = scene(network=network, learning_rate=0.05)
        problem, state = training_problem(wanted), TrainingState(initial_parameters(wanted))
        expected = run_reference(problem, state, 300)
        assert expected.losses[-1] < 0.9 * expected.losses[0]
        assert_same(compile_steps(problem)(state, 300), expected)


def test_inputs_of_zero_without_biases_leave_a_sum_of_zero() -> None:
    for activation in ("leaky_relu", "elu", "gelu", "swish"):
        data: Any = [([0, 0], 1), ([1, 0], 0)]
        wanted = scene(data, {"layers": [2, 2, 1], "activation": activation})
        problem, state = training_problem(wanted), TrainingState(initial_parameters(wanted))
        assert_same(compile_steps(problem)(state, 20), run_reference(problem, state, 20))


@pytest.mark.slow
def test_a_hundred_thousand_of_milos_steps_agree_with_the_reference() -> None:
    problem, parameters = training_problem(milo()), initial_parameters(milo())
    assert_same(
        compile_steps(problem)(TrainingState(parameters), 15_000),
        run_reference(problem, TrainingState(parameters), 15_000),
    )


def test_inputs_of_0_and_1_are_not_multiplied() -> None:
    source = "\n".join(source_of(training_problem(milo())))
    assert "exp(w0_1_0 + w0_2_0)" in source
    assert "values[" not in source


@pytest.mark.parametrize("most", [0, 10**6])
def test_the_source_holds_nothing_of_the_users(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_engine, "MOST_WRITTEN_OUT", most)
    data: Any = [([0.123456, -7.5], [0.625, 1])]
    source = "\n".join(
        source_of(training_problem(scene(data, {"layers": [2, 3, 2], "bias": True}, learning_rate=0.987)))
    )
    assert not any(number in source for number in ("123456", "7.5", "625", "987"))


@pytest.mark.parametrize(
    ("changes", "cycles", "expected"),
    [
        ({}, 60_000, "generated"),
        ({}, 20, "in place"),  # compiling would take longer than training
        ({"batch": 2}, 60_000, "in place"),
        ({"batch": "full"}, 60_000, "in place"),
        ({"regularization": "L2", "regularization_rate": 0.1}, 60_000, "reference"),
        ({"network": {"layers": [3, 120, 1]}}, 60_000, "in place"),  # 480 weights in two layers: NumPy is faster
        ({"network": {"layers": [3, 40, 1], "bias": True, "activation": ["relu", "linear"]}}, 60_000, "generated"),
        ({"network": {"layers": [3, 16, 16, 6, 1]}}, 60_000, "generated"),  # 406 in four: it is not
        ({"network": {"layers": [3, 4, 2], "activation": ["tanh", "softmax"]}}, 60_000, "generated"),
    ],
)
def test_one_function_decides(changes: dict[str, Any], cycles: int, expected: str) -> None:
    outputs = changes.get("network", {}).get("layers", [1])[-1]
    data: Any = [([0, 0, 1], [0] * outputs), ([1, 0, 1], [1] * outputs)] * 3
    engine = choose_engine(training_problem(scene(data, **changes)), cycles)
    assert engine.name == expected
    assert engine.cycles_at_once >= 1


@pytest.mark.parametrize(("hidden", "expected"), [(128, 1), (1024, 1), (8_000_000, None)])
def test_small_products_have_one_thread(hidden: int, expected: int | None) -> None:
    problem = training_problem(scene(network={"layers": [3, 4, 1]}, batch="full"))
    assert most_threads(replace(problem, layers=(3, hidden, 1))) == expected


@pytest.mark.parametrize("activation", ["sigmoid", "swish"])
def test_a_sigmoid_far_in_its_tail_is_trained_by_the_reference(activation: str) -> None:
    """exp(800) overflows in Python's math; 1 / (1 + exp(800)) is 0 all the same."""
    data: Any = [([-1], 0), ([1], 1)]
    problem = training_problem(scene(data, {"layers": [1, 1], "activation": activation}))
    parameters = Parameters((np.array([[800.0]]),), (np.zeros(1),))
    with pytest.raises(OverflowError):
        compile_steps(problem)(TrainingState(parameters), 5)
    engine = choose_engine(problem, 10_000)
    assert engine.name == "generated"
    with np.errstate(all="ignore"):
        result = engine.run(TrainingState(parameters), 5, 1)
    assert_same(result, run_reference(problem, TrainingState(parameters), 5))
    assert math.isfinite(result.losses.sum())
