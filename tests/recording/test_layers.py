from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from netviz.recording.layers import activate, deltas, forward, gradients, losses, sums_for_slope, through_activation
from tests.training.problems import HIDDEN

PAIRS = [
    *itertools.product([*HIDDEN, "softmax"], ["squared_error"]),
    ("sigmoid", "cross_entropy"),
    ("softmax", "cross_entropy"),
]


def network(layers: list[int], seed: int = 0) -> tuple[list[Any], list[Any]]:
    random = np.random.default_rng(seed)
    weights = [random.uniform(-1, 1, pair) for pair in itertools.pairwise(layers)]
    return weights, [random.uniform(-0.5, 0.5, size) for size in layers[1:]]


def numeric(function: Any, array: Any) -> Any:
    """Central differences of a function of an array, changed in place."""
    result = np.empty_like(array)
    for index in np.ndindex(array.shape):
        value, step = array[index], 1e-6
        array[index] = value + step
        above = function()
        array[index] = value - step
        below = function()
        array[index] = value
        result[index] = (above - below) / (2 * step)
    return result


@pytest.mark.parametrize("batch", [None, 1, 5])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("layers", [[3, 2], [3, 4, 2], [2, 3, 4, 3]])
@pytest.mark.parametrize(("output", "loss"), PAIRS)
def test_gradients_are_those_of_finite_differences(
    output: Any, loss: Any, layers: list[int], reduction: str, batch: int | None
) -> None:
    weights, biases = network(layers)
    random = np.random.default_rng(1)
    hidden = ["tanh", "sigmoid"][: len(layers) - 2]
    activations: Any = [*hidden, output]
    inputs = random.uniform(-1, 1, layers[0] if batch is None else (batch, layers[0]))
    targets = random.uniform(0, 1, layers[-1] if batch is None else (batch, layers[-1]))  # need not add up to 1

    def total() -> float:
        passed = forward(weights, biases, activations, inputs)
        each = losses(weights, biases, activations, passed, targets, loss)
        return float(each.mean() if reduction == "mean" else each.sum())

    passed = forward(weights, biases, activations, inputs)
    found = gradients(passed, deltas(weights, biases, activations, passed, targets, loss), reduction)
    for arrays, gradient in zip((weights, biases), found, strict=True):
        for array, computed in zip(arrays, gradient, strict=True):
            assert computed.shape == array.shape
            np.testing.assert_allclose(computed, numeric(total, array), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_gradients_through_each_hidden_activation(hidden: Any) -> None:
    weights, biases = network([3, 5, 4, 2], seed=3)
    activations: Any = [hidden, hidden, "sigmoid"]
    inputs, targets = np.array([[0.3, -0.7, 1.0], [1.0, 0.2, 0.1]]), np.array([[0.0, 1.0], [0.4, 0.9]])

    def total() -> float:
        passed = forward(weights, biases, activations, inputs)
        return float(losses(weights, biases, activations, passed, targets, "squared_error").mean())

    passed = forward(weights, biases, activations, inputs)
    for_weights, for_biases = gradients(passed, deltas(weights, biases, activations, passed, targets, "squared_error"))
    for arrays, gradient in ((weights, for_weights), (biases, for_biases)):
        for array, computed in zip(arrays, gradient, strict=True):
            np.testing.assert_allclose(computed, numeric(total, array), rtol=1e-6, atol=1e-8)


def slope(kind: Any, sums: Any) -> Any:
    """d(activation)/d(weighted sum), as the backward pass takes it."""
    sums = np.atleast_1d(np.asarray(sums, dtype=float))
    given_sums = sums_for_slope(kind, sums[:, None], np.eye(1), np.zeros(1))
    through = None if given_sums is None else given_sums[:, 0]
    return through_activation(kind, activate(kind, sums), np.ones_like(sums), through)


@pytest.mark.parametrize("kind", HIDDEN)
@given(st.floats(-30, 30) | st.floats(-1e-3, 1e-3))
@example(30.0)
@example(-30.0)
@example(1e-5)
@example(-1e-5)
def test_every_slope_is_that_of_central_differences(kind: Any, x: float) -> None:
    step = 1e-6
    assume(abs(x) > step or kind in ("sigmoid", "tanh", "gelu", "swish", "linear"))  # not across a corner
    above, below = activate(kind, np.array([x + step, x - step]))
    assert slope(kind, x)[0] == pytest.approx((above - below) / (2 * step), rel=1e-6, abs=5e-9)


def test_slopes_at_zero() -> None:
    at_zero = {kind: float(slope(kind, 0.0)[0]) for kind in ("relu", "leaky_relu", "elu", "gelu", "swish")}
    assert at_zero == {"relu": 0.0, "leaky_relu": 0.01, "elu": 1.0, "gelu": 0.5, "swish": 0.5}


KNOWN = {
    "leaky_relu": {-2.0: -0.02, -1e-3: -1e-5, 0.0: 0.0, 1.5: 1.5},
    "elu": {-1.0: -0.6321205588285577, -1e-8: -9.99999995e-9, 0.0: 0.0, 2.0: 2.0},
    "gelu": {1.0: 0.8413447460685429, -1.0: -0.15865525393145707, 0.0: 0.0, 2.0: 1.9544997361036416,
             -10.0: -7.619853024160526e-23},
    "swish": {1.0: 0.7310585786300049, -1.0: -0.2689414213699951, 0.0: 0.0, -30.0: -2.8072868906517897e-12},
}  # fmt: skip
"""Values by series and continued fractions with forty digits."""


@pytest.mark.parametrize("kind", KNOWN)
def test_known_values(kind: Any) -> None:
    given_sums = np.array([*KNOWN[kind]])
    np.testing.assert_allclose(activate(kind, given_sums), [*KNOWN[kind].values()], rtol=1e-13)


@given(st.floats(-40, 40))
def test_values_by_other_formulas(x: float) -> None:
    found = {kind: float(activate(kind, np.array([x]))[0]) for kind in ("leaky_relu", "elu", "gelu", "swish")}  # type: ignore[arg-type]
    assert found["leaky_relu"] == (x if x > 0 else x / 100) or math.isclose(found["leaky_relu"], x / 100)
    assert found["elu"] == pytest.approx(x if x > 0 else math.exp(x) - 1, rel=1e-14, abs=3e-16)
    assert found["gelu"] == pytest.approx(x * (1 + math.erf(x / math.sqrt(2))) / 2, rel=1e-15, abs=1e-14)
    assert found["swish"] == pytest.approx(x * (1 + math.tanh(x / 2)) / 2, rel=1e-14, abs=1e-14)


@pytest.mark.parametrize("kind", HIDDEN)
def test_pictures_are_made_in_single_precision(kind: Any) -> None:
    sums = np.linspace(-40, 40, 20_001)
    found = activate(kind, sums.astype(np.float32))  # type: ignore[arg-type]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, activate(kind, sums.astype(np.float32).astype(float)), rtol=5e-7, atol=1e-6)


@pytest.mark.parametrize("kind", ["leaky_relu", "elu", "gelu", "swish"])
def test_far_from_zero_nothing_overflows(kind: Any) -> None:
    far = np.array([-1000.0, -750.0, 750.0, 1000.0])
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(activate(kind, far)).all()
        np.testing.assert_allclose(slope(kind, far)[2:], 1.0)
    assert activate(kind, far)[2:].tolist() == [750.0, 1000.0]


def test_a_batch_is_its_examples() -> None:
    weights, biases = network([3, 4, 2])
    inputs = np.random.default_rng(2).normal(size=(6, 3))
    together = forward(weights, biases, ["sigmoid", "softmax"], inputs)
    for index, row in enumerate(inputs):
        alone = forward(weights, biases, ["sigmoid", "softmax"], row)
        for layer, layers in zip(alone, together, strict=True):
            np.testing.assert_allclose(layers[index], layer, rtol=0, atol=1e-15)


def test_sigmoid_and_softmax_are_right_at_any_argument() -> None:
    sums = np.array([-1e308, -1000.0, -700.0, 0.0, 40.0, 1000.0, 1e308])
    np.testing.assert_allclose(activate("sigmoid", sums), [0, 0, 9.859676543759771e-305, 0.5, 1, 1, 1], rtol=1e-14)
    np.testing.assert_allclose(activate("softmax", np.array([1000.0, 1000.0, -1e4])), [0.5, 0.5, 0])


@pytest.mark.parametrize(("activation", "size"), [("sigmoid", 1), ("softmax", 2)])
def test_cross_entropy_of_a_saturated_output_is_finite(activation: Any, size: int) -> None:
    weights, biases = [np.full((1, size), 100.0) * [1, -1][:size]], [np.zeros(size)]
    inputs, targets = np.array([1.0]), np.array([0.0, 1.0][:size])
    passed = forward(weights, biases, [activation], inputs)
    assert passed[-1][0] == 1.0
    expected = 100.0 if activation == "sigmoid" else 200.0  # -log(1 - o), -log(o): of the sums, not of rounded outputs
    assert losses(weights, biases, [activation], passed, targets, "cross_entropy") == pytest.approx(expected)


def test_cross_entropy_is_its_definition() -> None:
    weights, biases = network([2, 3], seed=5)
    inputs, targets = np.array([0.5, -0.2]), np.array([0.2, 0.3, 0.9])
    out = forward(weights, biases, ["sigmoid"], inputs)
    binary = -(targets * np.log(out[1]) + (1 - targets) * np.log(1 - out[1])).sum()
    assert losses(weights, biases, ["sigmoid"], out, targets, "cross_entropy") == pytest.approx(binary, rel=1e-14)
    out = forward(weights, biases, ["softmax"], inputs)
    categorical = -(targets * np.log(out[1])).sum()
    assert losses(weights, biases, ["softmax"], out, targets, "cross_entropy") == pytest.approx(categorical, rel=1e-14)


def test_mazurs_step_by_step_example() -> None:
    """M. Mazur, "A Step by Step Backpropagation Example": one step with biases that are not trained."""
    weights = [np.array([[0.15, 0.25], [0.20, 0.30]]), np.array([[0.40, 0.50], [0.45, 0.55]])]
    biases = [np.full(2, 0.35), np.full(2, 0.60)]
    inputs, targets, activations = np.array([0.05, 0.10]), np.array([0.01, 0.99]), ["sigmoid", "sigmoid"]
    assert (inputs @ weights[0] + biases[0])[0] == pytest.approx(0.3775, abs=1e-12)
    passed = forward(weights, biases, activations, inputs)  # type: ignore[arg-type]
    np.testing.assert_allclose(passed[1], [0.593269992, 0.596884378], atol=5e-10)
    np.testing.assert_allclose(passed[2], [0.75136507, 0.772928465], atol=5e-9)
    loss = losses(weights, biases, activations, passed, targets, "squared_error")  # type: ignore[arg-type]
    assert loss == pytest.approx(0.298371109, abs=5e-10)
    back = deltas(weights, biases, activations, passed, targets, "squared_error")  # type: ignore[arg-type]
    for_weights, _ = gradients(passed, back)
    after = [weight - 0.5 * gradient for weight, gradient in zip(weights, for_weights, strict=True)]
    np.testing.assert_allclose(after[1].T.ravel(), [0.35891648, 0.408666186, 0.511301270, 0.561370121], atol=5e-9)
    np.testing.assert_allclose(after[0].T.ravel(), [0.149780716, 0.19956143, 0.24975114, 0.29950229], atol=5e-9)
