"""A recording's run gone through once more: bit for bit from kept moment to kept moment, whatever the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netviz.recording.recording import Recording
from netviz.scene.scene import Scene
from netviz.story import replay as replays
from netviz.story.replay import Replay, moments_of
from netviz.training.problem import training_problem
from netviz.training.sgd import steps_of_cycle
from netviz.training.trainer import engine_for, train
from tests.recordings import in_rows, own_scene, with_parameters_in_rows
from tests.training.scenes import playground, scene

SPARSE: Any = {"cycles": [2, 40, 150]}
GATED = {"layers": [3, 4, 1], "activation": ["gelu", "swish"], "bias": True}
TANH = {"layers": [2, 3, 1], "activation": "tanh", "bias": True}


def carrying(**training: Any) -> Scene:
    network = TANH | training.pop("network", {})
    return playground("circle", {"samples": 46}, network, [2, 40, 150], cycles=150, **training)


RUNS = {
    "generated": lambda: scene(cycles=150, schedule=SPARSE),
    "biases": lambda: scene(cycles=150, schedule=SPARSE, network={"bias": True}, initial_weights="he"),
    "batches, the last one short": lambda: scene(cycles=150, schedule=SPARSE, batch=3, initial_weights="he"),
    "all at once": lambda: scene(cycles=150, schedule=SPARSE, batch="full", reduction="sum"),
    "L2": lambda: scene(cycles=150, schedule=SPARSE, regularization="L2", regularization_rate=0.01),
    "Playground, carried": carrying,
    "Playground, L1": lambda: carrying(regularization="L1", regularization_rate=0.03),
    "gelu and swish": lambda: scene(cycles=150, schedule=SPARSE, network=GATED),
    "gelu and swish in batches": lambda: scene(cycles=150, schedule=SPARSE, network=GATED, batch=3),
    "gelu and swish, carried": lambda: carrying(network={"activation": ["gelu", "swish"]}),
    "momentum": lambda: scene(cycles=150, schedule=SPARSE, optimizer="momentum", learning_rate=0.1),
    "adam": lambda: scene(cycles=150, schedule=SPARSE, optimizer="adam", learning_rate=0.02, network={"bias": True}),
    "adam in batches": lambda: scene(cycles=150, schedule=SPARSE, optimizer="adam", learning_rate=0.02, batch=3),
    "adam, L1": lambda: scene(
        cycles=150, schedule=SPARSE, optimizer="adam", learning_rate=0.02, regularization="L1", regularization_rate=0.1
    ),
    "Playground with momentum": lambda: carrying(optimizer="momentum"),
    "Playground, short": lambda: carrying(last_batch="short", regularization="L2", regularization_rate=0.01),
}
ENGINES = {
    "generated": "generated",
    "batches, the last one short": "in place",
    "L2": "reference",
    "momentum": "generated",
    "adam": "generated",
    "adam in batches": "in place",
    "adam, L1": "reference",
    "Playground with momentum": "reference",
    "Playground, L1": "generated in order",
    "gelu and swish": "generated",
    "gelu and swish in batches": "in place",
    "gelu and swish, carried": "generated in order",
}


@pytest.fixture(scope="module", params=RUNS)
def run(request: pytest.FixtureRequest) -> tuple[str, Recording]:
    return request.param, train(RUNS[request.param]())


def replay_of(recording: Recording) -> Replay:
    own = own_scene(recording)
    return Replay(recording, moments_of(recording), own, training_problem(own))


def test_a_replay_arrives_bit_for_bit(run: tuple[str, Recording]) -> None:
    name, recording = run
    own = own_scene(recording)
    problem = training_problem(own)
    engine = engine_for(own, problem).name
    assert engine == ENGINES.get(name, engine)
    moments, replay, steps = moments_of(recording), replay_of(recording), 0
    for moment in range(len(moments.cycle) - 1):
        state = replay.state_at(moment)
        for cycle in range(moments.cycle[moment] + 1, moments.cycle[moment + 1] + 1):
            state, steps = replay.after(state, cycle), steps + 1
        kept = moments.parameters.at(moment + 1)
        for found, expected in zip((*state.parameters[0], *state.parameters[1]), (*kept[0], *kept[1]), strict=True):
            assert np.array_equal(found, expected)
    assert steps == 150
    if problem.regularization == "L1":
        assert any((array == 0).any() for array in moments.parameters.weights), "a weight has died"


def test_every_step_is_the_one_that_was_taken(run: tuple[str, Recording], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "MOST_SECONDS", 1e9)
    recording = run[1]
    problem, moments, replay = training_problem(own_scene(recording)), moments_of(recording), replay_of(recording)
    for moment in [0, 1, 5, len(moments.cycle) // 2, len(moments.cycle) - 2]:
        stretch = replay.stretch(moment)
        assert stretch is not None
        state, step = replay.state_at(moment), 0
        for cycle in range(moments.cycle[moment] + 1, moments.cycle[moment + 1] + 1):
            for taken in steps_of_cycle(problem, state):
                state = taken.state
                assert stretch.cycle[step] == cycle
                assert stretch.example[step] == taken.start + len(taken.losses) - 1
                for found, expected in zip(
                    (*stretch.parameters[0], *stretch.parameters[1]),
                    (*state.parameters[0], *state.parameters[1]),
                    strict=True,
                ):
                    np.testing.assert_allclose(found[step], expected, rtol=1e-9, atol=1e-9)
                step += 1
        assert step == len(stretch.cycle)


def test_what_was_recorded_is_not_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "MOST_SECONDS", 0.0)
    recording = train(scene(cycles=30, schedule={"every": 1}))
    replay = replay_of(recording)
    assert all(replay.stretch(moment) is not None for moment in range(30))
    few = train(scene(cycles=30, schedule={"every": 10}))
    assert replay_of(few).stretch(15) is None, "nothing was left for it"


def test_a_replay_that_goes_astray_is_none() -> None:
    recording = train(scene(cycles=150, schedule=SPARSE))
    weights = in_rows(recording).weights
    row = int(np.flatnonzero(recording.probe == -1)[12])
    weights[0][row, 0, 0] += 1e-6
    bent = with_parameters_in_rows(recording, weights=weights)
    replay = replay_of(bent)
    assert [replay.stretch(moment) is None for moment in (10, 11, 12, 13)] == [False, True, True, False]


def test_examples_that_are_not_all_recorded_are_replayed() -> None:
    some = scene(cycles=30, schedule={"every": 1}).model_copy(update={})
    shots = ({"shot": "learning", "examples": 2},)
    some = Scene.model_validate(some.model_dump(exclude={"shots"}, exclude_unset=True) | {"shots": shots})
    recording = train(some)
    assert (recording.probe != -1).sum() == 60
    moments, stretch = moments_of(recording), replay_of(recording).stretch(3)
    assert stretch is not None and len(stretch.cycle) == 7
    np.testing.assert_allclose(stretch.parameters.weights[0][-1], moments.parameters.weights[0][4], rtol=1e-12)
