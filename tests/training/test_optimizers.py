"""Optimizers: the numbers of their formulas, what is recorded of them, and how long they keep it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netviz.errors import InputError
from netviz.recording.layers import Parameters
from netviz.recording.recording import Recording
from netviz.scene.loader import load_scene
from netviz.scene.model import Optimizer
from netviz.training.problem import TrainingProblem, TrainingState, training_problem
from netviz.training.sgd import run_reference, steps_of_cycle
from netviz.training.trainer import train
from tests.recordings import own_scene
from tests.training.scenes import scene

ONE_WEIGHT = np.array([[1.0]])


def path(optimizer: Optimizer, steps: int) -> list[float]:
    """The weight w of y = w x after each step from w = 1 on, with x = 1, target 0: the gradient is w itself."""
    problem = TrainingProblem(
        (1, 1), ("linear",), "squared_error", False, 0.1, 1, "mean", ONE_WEIGHT, np.zeros((1, 1)), optimizer=optimizer
    )
    state, found = TrainingState(Parameters((ONE_WEIGHT,), (np.zeros(1),))), []
    for _ in range(steps):
        (step,) = steps_of_cycle(problem, state)
        state = step.state
        found.append(float(state.parameters.weights[0][0, 0]))
    return found


def test_plain_descent_keeps_nothing() -> None:
    assert path(Optimizer(), 3) == pytest.approx([0.9, 0.81, 0.729], rel=1e-15)


def test_momentum_adds_up_what_it_keeps() -> None:
    # v = 1, then 0.5 + 0.9, then 0.7 + 0.76
    assert path(Optimizer(name="momentum", momentum=0.5), 3) == pytest.approx([0.9, 0.76, 0.614], rel=1e-14)


def test_adam_begins_with_steps_of_the_learning_rate() -> None:
    first, second, third = path(Optimizer(name="adam"), 3)
    assert first == pytest.approx(1 - 0.1 / (1 + 1e-8), rel=1e-14)
    mean = (0.9 * 0.1 * 1 + 0.1 * first) / (1 - 0.9**2)
    square = (0.999 * 0.001 * 1 + 0.001 * first**2) / (1 - 0.999**2)
    assert second == pytest.approx(first - 0.1 * mean / (np.sqrt(square) + 1e-8), rel=1e-14)
    assert third == pytest.approx(0.701586274504415, rel=1e-14)  # torch.optim.Adam, in float64


@pytest.mark.parametrize("name", ["momentum", "adam"])
def test_biases_that_are_not_learned_stay(name: Any) -> None:
    wanted = scene(network={"bias": "fixed"}, initial_biases=[0.5, -0.5], optimizer=name, learning_rate=0.05)
    assert all((array == array[0]).all() for array in train(wanted).biases)


@pytest.mark.parametrize(
    ("optimizer", "roles"), [("sgd", ()), ("momentum", ("velocity",)), ("adam", ("mean", "mean_square"))]
)
def test_moments_hold_what_the_optimizer_keeps(optimizer: Any, roles: tuple[str, ...], tmp_path: Any) -> None:
    wanted = scene(optimizer=optimizer, learning_rate=0.05, network={"bias": True})
    train(wanted).save(tmp_path / "run.npz")
    recording = Recording.load(tmp_path / "run.npz")
    names = {of + kept for of in ("weights", "biases") for kept in ("", *(f"_{role}" for role in roles))}
    assert [set(layer) for layer in recording.parameters] == [set(), names, names]
    assert own_scene(recording).training.optimizer == Optimizer(name=optimizer)
    state = run_reference(training_problem(wanted), TrainingState(recording.parameters_at(0)), 50).state
    for number, role in enumerate(roles):
        assert state.optimizer is not None and state.optimizer.steps == 50 * 7
        for index, layer in enumerate(recording.parameters[1:]):
            for of, kept in zip(("weights", "biases"), state.optimizer.kept[number], strict=True):
                np.testing.assert_allclose(layer[f"{of}_{role}"][-1], kept[index], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("optimizer", "says"),
    [
        ("rmsprop", "training.optimizer: expected one of sgd, momentum, adam, or a mapping"),
        ({"name": "momentum", "beta1": 0.5}, "training.optimizer.beta1: is of adam; here the optimizer is momentum"),
        ({"name": "adam", "momentum": 0.5}, "training.optimizer.momentum: is of momentum; here the optimizer is adam"),
        ({"momentum": 0.5}, "training.optimizer.momentum: is of momentum; here the optimizer is sgd"),
        ({"name": "momentum", "momentum": 1}, "training.optimizer.momentum"),
        ({"name": "adam", "epsilon": 0}, "training.optimizer.epsilon"),
        ({"name": "adam", "betas": 0}, "training.optimizer.betas: unknown key"),
    ],
)
def test_wrong_settings_are_refused(optimizer: Any, says: str) -> None:
    with pytest.raises(InputError) as refused:
        load_scene("xor", overrides={"training.optimizer": optimizer})
    assert says in str(refused.value)
