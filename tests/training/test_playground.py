"""Runs of TensorFlow Playground: its losses, and its algorithm as slow plain Python."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netviz.recording.layers import Parameters
from netviz.recording.recording import Recording
from netviz.training.data import examples_of
from netviz.training.initializers import initial_parameters
from netviz.training.playground_engine import can_be_compiled_in_order, compile_in_order, source_in_order
from netviz.training.problem import TrainingProblem, TrainingState, training_problem
from netviz.training.sgd import run_reference
from netviz.training.trainer import choose_engine, train
from tests.recordings import in_rows, own_scene
from tests.training.problems import HIDDEN
from tests.training.scenes import playground, scene

FEATURES = ["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"]
LOSSES = {
    "circle": {
        0: (0.4994400967795193, 0.5011900890290667),
        1: (0.49757837808668126, 0.498115848415509),
        10: (0.4862745707904969, 0.48422242942162225),
        100: (0.010395673188064369, 0.011562363897663302),
        300: (0.0015790847202452115, 0.0015591454329444334),
    },
    "xor": {
        0: (0.5004518014491629, 0.5023423434421382),
        1: (0.49515340304421757, 0.5001538570092579),
        10: (0.48237982764564774, 0.49751893148313536),
        100: (0.04170200754560836, 0.05177724906836717),
        300: (0.022600864370018396, 0.022648802187945846),
    },
    "spiral": {
        100: (0.0856008149856996, 0.1458625694978806),
        300: (0.012878421222097416, 0.04791053770728124),
    },
}
"""Training and test loss after some epochs of Playground's page in Chromium 156."""


@pytest.fixture(scope="module", params=["circle", "xor"])
def run(request: pytest.FixtureRequest) -> Recording:
    return train(playground(request.param))


@pytest.fixture(scope="module")
def spiral() -> Recording:
    """The spiral with all inputs and three layers of eight, the most restless of its runs."""
    return train(playground("spiral", data={"features": FEATURES}, network={"layers": [7, 8, 8, 8, 1]}))


def test_the_losses_of_the_original_program(run: Recording, spiral: Recording) -> None:
    """At epoch 300 xor's last bits have grown to the second digit: only the same arithmetic gives the same loss."""
    for each in (run, spiral):
        assert each.test_loss is not None
        assert each.curve_step.tolist() == list(range(301))
        for epoch, losses in LOSSES[own_scene(each).data.dataset or ""].items():
            assert (each.train_loss[epoch], each.test_loss[epoch]) == pytest.approx(losses, rel=0, abs=1e-12)


def test_the_curves_are_measured_with_the_weights_after_each_cycle(run: Recording) -> None:
    examples = run.examples
    for row in np.flatnonzero(run.probe == -1):
        cycle = run.row_step[row]
        out, tested = run.forward(examples.given, row)[-1], run.forward(examples.test_points, row)[-1]  # type: ignore[arg-type]
        assert run.train_loss[cycle] == run.loss[row]
        assert run.train_loss[cycle] == pytest.approx(((out - examples.targets) ** 2).mean() / 2, rel=1e-12)
        assert run.main_curve[cycle] == pytest.approx(np.abs(out - examples.targets).mean(), rel=1e-12)
        assert run.test_loss is not None
        assert run.test_loss[cycle] == pytest.approx(((tested - examples.test_targets) ** 2).mean() / 2, rel=1e-12)
    assert examples.points is not None
    first = np.flatnonzero(run.row_step == 1)[:250]
    np.testing.assert_array_equal(run.activations[0][first], examples.points)


@pytest.mark.parametrize("batch", [1, 10])
def test_a_run_can_be_kept_in_a_file(batch: int, tmp_path: Any) -> None:
    run = train(playground("gauss", cycles=3, batch=batch, data={"samples": 40, "noise": 10}, schedule=[1, 3]))
    run.save(tmp_path / "run.npz")
    again = Recording.load(tmp_path / "run.npz")
    assert again.info["seed"] == own_scene(again).training.seed == "0.59704"
    assert again.test_loss is not None
    np.testing.assert_array_equal(again.test_loss, run.test_loss)
    np.testing.assert_array_equal(again.examples.test_inputs, run.examples.test_inputs)


class Original:
    """Playground's network and its epoch, one link after the other, with the words of its source; and with the
    activation functions that it has not, which scenes may have in its order of sums."""

    def __init__(self, problem: TrainingProblem, parameters: Parameters) -> None:
        self.problem = problem
        self.w = [array.tolist() for array in parameters.weights]
        self.b = [array.tolist() for array in parameters.biases]
        self.acc = [[[0.0] * len(row) for row in layer] for layer in self.w]
        self.acc_bias = [[0.0] * len(layer) for layer in self.b]
        self.dead = [[[False] * len(row) for row in layer] for layer in self.w]
        self.count = 0

    def forward(self, inputs: list[float]) -> list[list[float]]:
        outputs = [inputs]
        self.sums: list[list[float]] = []
        for w, b, activation in zip(self.w, self.b, self.problem.activations, strict=True):
            layer = []
            self.sums.append([])
            for j, bias in enumerate(b):
                total = bias
                for i, value in enumerate(outputs[-1]):
                    total = total + w[i][j] * value
                self.sums[-1].append(total)
                layer.append(self.output(activation, total))
            outputs.append(layer)
        return outputs

    @staticmethod
    def output(activation: str, x: float) -> float:
        if activation == "tanh":
            return math.tanh(x)
        if activation == "sigmoid":
            return 1 / (1 + math.exp(-x))
        if activation == "leaky_relu":
            return x if x > 0 else 0.01 * x
        if activation == "elu":
            return x if x > 0 else math.expm1(x)
        if activation == "gelu":
            return x * (0.5 * math.erfc(-math.sqrt(0.5) * x))
        if activation == "swish":
            return x * (1 / (1 + math.exp(-x)))
        return max(0.0, x) if activation == "relu" else x

    @staticmethod
    def slope(activation: str, y: float, x: float) -> float:
        if activation == "tanh":
            return 1 - y * y
        if activation == "sigmoid":
            return y * (1 - y)
        if activation == "leaky_relu":
            return 1.0 if y > 0 else 0.01
        if activation == "elu":
            return 1.0 if y > 0 else 1 + y
        if activation == "gelu":
            return 0.5 * math.erfc(-math.sqrt(0.5) * x) + x * (1 / math.sqrt(2 * math.pi) * math.exp(-0.5 * x * x))
        if activation == "swish":
            gate = 1 / (1 + math.exp(-x))
            return gate + x * gate * (1 - gate)
        return 1.0 if activation == "linear" or y > 0 else 0.0

    def backward(self, outputs: list[list[float]], target: list[float]) -> None:
        error_signal = [output - wanted for output, wanted in zip(outputs[-1], target, strict=True)]
        for layer in reversed(range(len(self.w))):
            activation = self.problem.activations[layer]
            signals = zip(error_signal, outputs[layer + 1], self.sums[layer], strict=True)
            delta = [d * self.slope(activation, y, x) for d, y, x in signals]
            for j, d in enumerate(delta):
                self.acc_bias[layer][j] += d
                for i, value in enumerate(outputs[layer]):
                    if not self.dead[layer][i][j]:
                        self.acc[layer][i][j] += d * value
            error_signal = []
            for i in range(len(outputs[layer])):
                total = 0.0
                for j, d in enumerate(delta):
                    total += self.w[layer][i][j] * d
                error_signal.append(total)
        self.count += 1

    def update(self) -> None:
        problem = self.problem
        rate, penalty = problem.learning_rate, problem.regularization_rate
        over = self.count if problem.reduction == "mean" else 1
        for layer, w in enumerate(self.w):
            for j in range(len(self.b[layer])):
                if problem.bias is True:
                    self.b[layer][j] -= rate * self.acc_bias[layer][j] / over
                self.acc_bias[layer][j] = 0.0
                for i, row in enumerate(w):
                    if self.dead[layer][i][j]:
                        continue
                    old = row[j]
                    slope = {"none": 0.0, "L1": float(np.sign(old)), "L2": old}[problem.regularization]
                    row[j] = row[j] - (rate / over) * self.acc[layer][i][j]
                    new = row[j] - (rate * penalty) * slope
                    if problem.regularization == "L1" and row[j] * new < 0:
                        new, self.dead[layer][i][j] = 0.0, True
                    row[j] = new
                    self.acc[layer][i][j] = 0.0
        self.count = 0

    def epoch(self) -> None:
        problem = self.problem
        for index, (inputs, target) in enumerate(zip(problem.inputs.tolist(), problem.targets.tolist(), strict=True)):
            self.backward(self.forward(inputs), target)
            is_last = index + 1 == len(problem.inputs)
            if (index + 1) % problem.batch == 0 or (is_last and problem.last_batch == "short"):
                self.update()


def trained(problem: TrainingProblem, parameters: Parameters, cycles: int) -> Original:
    """After so many cycles; what diverges is no example of anything."""
    original = Original(problem, parameters)
    for _ in range(cycles):
        original.epoch()
        assume(all(abs(weight) < 50 for layer in original.w for row in layer for weight in row))
        assume(all(abs(bias) < 50 for layer in original.b for bias in layer))
    return original


@st.composite
def problems(draw: st.DrawFn, in_order: bool) -> tuple[TrainingProblem, Parameters]:
    layers = tuple(draw(st.lists(st.integers(1, 4), min_size=2, max_size=4)))
    kinds = st.sampled_from(HIDDEN)
    count = draw(st.integers(1, 9))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    bias = draw(st.sampled_from([True, False, "fixed"]))
    problem = TrainingProblem(
        layers=layers,
        activations=tuple(draw(kinds) for _ in layers[1:]),
        loss="squared_error",
        bias=bias,
        learning_rate=draw(st.sampled_from([0.3, 0.1])),
        batch=draw(st.integers(1, count)),
        reduction=draw(st.sampled_from(["mean", "sum"])),
        inputs=random.uniform(-1, 1, (count, layers[0])),
        targets=random.uniform(-1, 1, (count, layers[-1])),
        last_batch=draw(st.sampled_from(["carry", "short"])),
        regularization=draw(st.sampled_from(["none", "L1", "L2"])),
        regularization_rate=draw(st.sampled_from([0.03, 0.3])),
        in_order=in_order,
    )
    weights = tuple(random.uniform(-0.5, 0.5, pair) for pair in pairwise(layers))
    return problem, Parameters(weights, tuple(random.uniform(-1, 1, size) * bool(bias) for size in layers[1:]))


@settings(max_examples=150, deadline=None)
@given(problems(in_order=True), st.integers(1, 4))
def test_its_algorithm_to_the_last_bit(case: tuple[TrainingProblem, Parameters], cycles: int) -> None:
    problem, parameters = case
    original = trained(problem, parameters, cycles)
    for run in (lambda state, count: run_reference(problem, state, count), compile_in_order(problem)):
        state = run(run(TrainingState(parameters), 1).state, cycles - 1).state  # what is left over goes on
        assert [array.tolist() for array in state.parameters.weights] == original.w
        assert [array.tolist() for array in state.parameters.biases] == original.b
        carried = 0 if state.carried is None else state.carried.examples
        assert carried == original.count
        if problem.regularization == "L1" and state.dead is not None:
            assert [array.tolist() for array in state.dead] == original.dead


@settings(max_examples=100, deadline=None)
@given(problems(in_order=False), st.integers(1, 4))
def test_batches_carrying_and_regularization_in_any_order(
    case: tuple[TrainingProblem, Parameters], cycles: int
) -> None:
    problem, parameters = case
    original = trained(problem, parameters, cycles)
    found = run_reference(problem, TrainingState(parameters), cycles).parameters
    for array, expected in zip(found.weights, original.w, strict=True):
        np.testing.assert_allclose(array, expected, rtol=0, atol=1e-10)
    for array, expected in zip(found.biases, original.b, strict=True):
        np.testing.assert_allclose(array, expected, rtol=0, atol=1e-10)


@settings(max_examples=50, deadline=None)
@given(problems(in_order=True), st.integers(1, 4))
def test_both_engines_tell_the_same_errors(case: tuple[TrainingProblem, Parameters], cycles: int) -> None:
    problem, parameters = case
    trained(problem, parameters, cycles)
    one, two = (
        run_reference(problem, TrainingState(parameters), cycles),
        compile_in_order(problem)(TrainingState(parameters), cycles),
    )
    np.testing.assert_allclose(one.errors, two.errors, rtol=1e-12)
    np.testing.assert_allclose(one.losses, two.losses, rtol=1e-12)


def test_a_weight_that_regularization_takes_across_zero_is_dead_for_ever() -> None:
    """One link, wanted at +1 by its gradient later on: it dies at once, and stays at 0 though it should grow."""
    wanted = scene(
        [(1, 1)],
        {"layers": [1, 1], "activation": "linear"},
        {"every": 1},
        cycles=6,
        learning_rate=0.1,
        regularization="L1",
        regularization_rate=10,
        initial_weights=[[[0.5]]],
    )
    assert in_rows(train(wanted)).weights[0][:, 0, 0].tolist() == [0.5] * 2 + [0.0] * 11
    living = wanted.model_copy(update={"training": wanted.training.model_copy(update={"regularization": "L2"})})
    assert (in_rows(train(living)).weights[0][2:, 0, 0] != 0).all()


def test_gradients_left_over_at_the_end_of_a_cycle_go_into_the_next() -> None:
    """A linear neuron w x, targets 0, five examples x = 1, batches of two."""
    rate, examples = 0.1, [(1, 0)] * 5
    wanted: Any = {"layers": [1, 1], "activation": "linear"}
    run = train(
        scene(
            examples,
            wanted,
            {"every": 1},
            cycles=2,
            batch=2,
            last_batch="carry",
            learning_rate=rate,
            initial_weights=[[[1.0]]],
        )
    )
    first = (1 - rate) ** 2  # after two whole batches; the fifth example's gradient is `first`, and waits
    second = first - rate * (first + 2 * first) / 3
    third = second - rate * second
    expected = [1, 1, 1, 1 - rate, 1 - rate, first, first, first, first, second, second, third, third]
    np.testing.assert_allclose(in_rows(run).weights[0][:, 0, 0], expected, rtol=1e-15)


OTHER = {"initial_weights": "glorot", "last_batch": "short", "seed": 1}


@pytest.mark.parametrize(
    ("changes", "engine"),
    [
        ({}, "generated in order"),
        ({"batch": 1}, "generated in order"),
        ({"initial_weights": "zero"}, "generated in order"),
        ({"regularization": "L1", "regularization_rate": 0.1}, "generated in order"),
        ({"batch": 1} | OTHER, "generated"),
        (OTHER, "in place"),
        ({"batch": 1, "regularization": "L2"} | OTHER, "generated"),
        ({"batch": 1, "regularization": "L2", "regularization_rate": 1} | OTHER, "reference"),
    ],
)
def test_which_engine_runs(changes: dict[str, Any], engine: str) -> None:
    assert choose_engine(training_problem(playground(**changes)), 300).name == engine


def test_what_playground_cannot_have_is_left_to_numpy() -> None:
    network = {"layers": [3, 4, 2], "activation": ["tanh", "softmax"]}
    wanted = scene([([0, 0, 1], [0, 1])] * 3, network, initial_weights="playground", batch=2)
    problem = training_problem(wanted)
    assert problem.in_order
    assert not can_be_compiled_in_order(problem)
    engine = choose_engine(problem, 10_000)
    assert engine.name == "reference"
    losses = engine.run(TrainingState(initial_parameters(wanted)), 50, 1).losses
    assert losses[-1] < losses[0] / 2


def test_the_source_holds_nothing_of_the_users() -> None:
    wanted = scene([([0.123456, -7.5, 0.3], 0.625)], initial_weights="playground", learning_rate=0.987)
    source = "\n".join(source_in_order(training_problem(wanted)))
    assert not any(number in source for number in ("123456", "7.5", "625", "987"))


@pytest.mark.parametrize("regularization", ["none", "L2"])
@pytest.mark.parametrize("initial_weights", ["playground", "glorot"])
def test_a_step_goes_down_the_slope_of_loss_and_penalty(regularization: str, initial_weights: str) -> None:
    """Against central differences of the loss over all examples, through features and biases."""
    whole = playground(
        "spiral",
        data={"features": FEATURES, "samples": 60, "noise": 10},
        network={"layers": [7, 5, 3, 1], "activation": ["tanh", "sigmoid", "linear"], "bias": True},
        batch="full",
        regularization=regularization,
        regularization_rate=0.2 if regularization == "L2" else 0,
        initial_weights=initial_weights,
        seed=3,
        schedule=[1],
        cycles=1,
    )
    rate, run = whole.training.learning_rate, train(whole)
    examples = examples_of(whole)
    assert examples.inputs.shape == (30, 7)
    x1, x2 = examples.points.T  # type: ignore[union-attr]
    np.testing.assert_array_equal(examples.inputs.T, [x1, x2, x1 * x1, x2 * x2, x1 * x2, np.sin(x1), np.sin(x2)])
    start = initial_parameters(whole)

    def cost(parameters: Parameters) -> float:
        layers = examples.inputs
        for weights, biases, kind in zip(*parameters, whole.network.activations, strict=True):
            sums = layers @ weights + biases
            layers = np.tanh(sums) if kind == "tanh" else 1 / (1 + np.exp(-sums)) if kind == "sigmoid" else sums
        penalty = 0.2 * sum((weights**2).sum() / 2 for weights in parameters.weights) if regularization == "L2" else 0
        return float(((layers - examples.targets) ** 2).sum() / 2 / len(layers) + penalty)

    for kind, kept in zip(("weights", "biases"), run.parameters_at(-1), strict=True):
        for layer, before in enumerate(getattr(start, kind)):
            for index in np.ndindex(before.shape):
                value, around = before[index], []
                for moved in (value + 1e-6, value - 1e-6):
                    before[index] = moved
                    around.append(cost(start))
                before[index] = value
                slope = (around[0] - around[1]) / 2e-6
                assert (value - kept[layer][index]) / rate == pytest.approx(slope, rel=1e-5, abs=1e-8)
