from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from netviz.learn import steps
from netviz.learn.engine import choose_engine
from netviz.learn.initial import initial_parameters
from netviz.learn.lesson import Lesson, Parameters, State, lesson_of
from netviz.learn.reference import Chunk, run_reference
from netviz.learn.steps import compile_steps, is_written_out, source_of

from .scenes import milo, scene

HIDDEN: Any = ["sigmoid", "tanh", "relu", "linear"]
ENDINGS: Any = [
    *((output, "squared_error") for output in [*HIDDEN, "softmax"]),
    ("sigmoid", "cross_entropy"),
    ("softmax", "cross_entropy"),
]


def assert_same(one: Chunk, other: Chunk, tolerance: float = 1e-12) -> None:
    for found, expected in zip(
        (*one.parameters.weights, *one.parameters.biases, one.errors, one.losses),
        (*other.parameters.weights, *other.parameters.biases, other.errors, other.losses),
        strict=True,
    ):
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@st.composite
def lessons(draw: st.DrawFn) -> tuple[Lesson, Parameters]:
    layers = tuple(draw(st.lists(st.integers(1, 4), min_size=2, max_size=4)))
    output, loss = draw(st.sampled_from(ENDINGS))
    hidden = draw(st.lists(st.sampled_from(HIDDEN), min_size=len(layers) - 2, max_size=len(layers) - 2))
    count = draw(st.integers(1, 4))
    values = arrays(float, (count, layers[0]), elements=st.sampled_from([0.0, 1.0, -1.0, -0.0]) | st.floats(-2, 2))
    targets = arrays(float, (count, layers[-1]), elements=st.sampled_from([0.0, 1.0]) | st.floats(0, 1))
    bias = draw(st.sampled_from([True, False, "fixed"]))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    lesson = Lesson(
        layers=layers,
        activations=(*hidden, output),
        loss=loss,
        bias=bias,
        learning_rate=draw(st.sampled_from([1.0, 0.3, 0.01])),
        batch=1,
        reduction="mean",
        inputs=draw(values),
        targets=draw(targets),
    )
    weights = tuple(random.uniform(-1, 1, pair) for pair in pairwise(layers))
    return lesson, Parameters(weights, tuple(random.uniform(-1, 1, size) * bool(bias) for size in layers[1:]))


def blows_up_rounding(lesson: Lesson, parameters: Parameters, expected: Chunk, cycles: int) -> bool:
    """Whether a start that differs by 1e-10 ends more than a hundred times as far away: then no digits can be held."""
    nudged = Parameters(*(tuple(array * (1 + 1e-10) for array in arrays) for arrays in parameters))  # type: ignore[arg-type]
    found = run_reference(lesson, State(nudged), cycles)
    pairs = zip((*found.parameters.weights, found.losses), (*expected.parameters.weights, expected.losses), strict=True)
    return any(np.abs(one - other).max() > 1e-8 for one, other in pairs)


@settings(max_examples=300, deadline=None)
@given(lessons(), st.booleans(), st.integers(1, 5))
@example(
    (
        Lesson(
            (2, 2, 2), ("sigmoid", "softmax"), "cross_entropy", False, 0.5, 1, "mean", np.zeros((1, 2)), np.ones((1, 2))
        ),
        Parameters((np.ones((2, 2)), np.eye(2)), (np.zeros(2), np.zeros(2))),
    ),
    True,
    3,
)
def test_the_generated_loop_agrees_with_the_reference(
    case: tuple[Lesson, Parameters], written_out: bool, cycles: int
) -> None:
    lesson, parameters = case
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(steps, "MOST_WRITTEN_OUT", 10**6 if written_out else 0)
        assert is_written_out(lesson) == written_out
        expected = run_reference(lesson, State(parameters), cycles)
        assume(all(np.abs(array).max() < 50 for arrays in expected.parameters for array in arrays))
        assume(not blows_up_rounding(lesson, parameters, expected, cycles))
        assert_same(compile_steps(lesson)(State(parameters), cycles), expected)


@pytest.mark.slow
def test_a_hundred_thousand_of_milos_steps_agree_with_the_reference() -> None:
    lesson, parameters = lesson_of(milo()), initial_parameters(milo())
    assert_same(compile_steps(lesson)(State(parameters), 15_000), run_reference(lesson, State(parameters), 15_000))


def test_inputs_of_0_and_1_are_not_multiplied() -> None:
    source = "\n".join(source_of(lesson_of(milo())))
    assert "exp(w0_1_0 + w0_2_0)" in source
    assert "values[" not in source


@pytest.mark.parametrize("most", [0, 10**6])
def test_the_source_holds_nothing_of_the_users(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "MOST_WRITTEN_OUT", most)
    data: Any = [([0.123456, -7.5], [0.625, 1])]
    source = "\n".join(source_of(lesson_of(scene(data, {"layers": [2, 3, 2], "bias": True}, learning_rate=0.987))))
    assert not any(number in source for number in ("123456", "7.5", "625", "987"))


@pytest.mark.parametrize(
    ("changes", "cycles", "expected"),
    [
        ({}, 60_000, "generated"),
        ({}, 20, "reference"),  # compiling would take longer than training
        ({"batch": 2}, 60_000, "reference"),
        ({"batch": "full"}, 60_000, "reference"),
        ({"network": {"layers": [3, 200, 1]}}, 60_000, "reference"),  # 800 weights: NumPy is faster
        ({"network": {"layers": [3, 40, 1], "bias": True, "activation": ["relu", "linear"]}}, 60_000, "generated"),
        ({"network": {"layers": [3, 4, 2], "activation": ["tanh", "softmax"]}}, 60_000, "generated"),
    ],
)
def test_one_function_decides(changes: dict[str, Any], cycles: int, expected: str) -> None:
    outputs = changes.get("network", {}).get("layers", [1])[-1]
    data: Any = [([0, 0, 1], [0] * outputs), ([1, 0, 1], [1] * outputs)] * 3
    engine = choose_engine(lesson_of(scene(data, **changes)), cycles)
    assert engine.name == expected
    assert engine.cycles_at_once >= 1


def test_a_sigmoid_far_in_its_tail_is_trained_by_the_reference() -> None:
    """exp(800) overflows in Python's math; 1 / (1 + exp(800)) is 0 all the same."""
    data: Any = [([-1], 0), ([1], 1)]
    lesson = lesson_of(scene(data, {"layers": [1, 1]}))
    parameters = Parameters((np.array([[800.0]]),), (np.zeros(1),))
    with pytest.raises(OverflowError):
        compile_steps(lesson)(State(parameters), 5)
    engine = choose_engine(lesson, 10_000)
    assert engine.name == "generated"
    with np.errstate(all="ignore"):
        chunk = engine.run(State(parameters), 5, 1)
    assert_same(chunk, run_reference(lesson, State(parameters), 5))
    assert math.isfinite(chunk.losses.sum())
