"""What is found in a recording: the facts of known runs, and what must not be news."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netviz
from netviz.cli.reports import event_text
from netviz.pipeline.api import events as find_events
from netviz.pipeline.looks import filmed
from netviz.recording.event import Event
from netviz.recording.recorder import Recorder
from netviz.recording.recording import AT_REST, Recording
from netviz.scene.captions import EVENT_KINDS
from netviz.scene.loader import load_scene
from netviz.story.network_events import _MOST_NEURONS, MOST_SYNAPSES
from netviz.story.replay import moments_of
from netviz.story.wording import event_texts
from netviz.training.divergence import TrainingDiverged
from netviz.training.trainer import train
from tests.recordings import in_rows, with_parameters_in_rows
from tests.training.scenes import XOR_EXAMPLES, playground, scene


def of_kind(events: Iterable[Event], kind: str) -> list[Event]:
    return [event for event in events if event.kind == kind]


@pytest.fixture(scope="module")
def xor() -> Recording:
    return train(load_scene("xor"))


@pytest.fixture(scope="module")
def events(xor: Recording) -> tuple[Event, ...]:
    return find_events(xor)


@pytest.fixture(scope="module")
def short() -> Recording:
    """A run whose weights and curve the tests bend: one row of each cycle from 0 to 30."""
    return train(scene(cycles=30, schedule={"every": 1}))


# The film of 2015


def originals(cycles: int) -> list[tuple[int, int, float]]:
    """The first synapse into the output neuron after each step of the original's algorithm: cycle, example, weight."""
    random = np.random.RandomState(1)
    hidden = [[2 * random.random_sample() - 1 for _ in range(3)] for _ in range(4)]
    output = [2 * random.random_sample() - 1 for _ in range(4)]
    steps = []
    for cycle in range(1, cycles + 1):
        for example, (inputs, target) in enumerate(XOR_EXAMPLES, start=1):
            answers = [1 / (1 + np.exp(-np.dot(weights, inputs))) for weights in hidden]
            answer = 1 / (1 + np.exp(-np.dot(output, answers)))
            delta = (target - answer) * answer * (1 - answer)
            deltas = [delta * weight * each * (1 - each) for weight, each in zip(output, answers, strict=True)]
            output = [weight + each * delta for weight, each in zip(output, answers, strict=True)]
            for weights, each in zip(hidden, deltas, strict=True):
                weights[:] = [weight + each * value for weight, value in zip(weights, inputs, strict=True)]
            steps.append((cycle, example, float(output[0])))
    return steps


def test_the_first_output_synapse_turns_from_red_to_green(events: tuple[Event, ...]) -> None:
    """Cycle 22, example 2, both counted from 1: after crossing zero many times, it stays positive."""
    (event,) = [event for event in of_kind(events, "sign") if event.synapse == (1, 0, 0)]
    assert (event.cycle, event.example) == (22, 1), "the example counts from 0 here"
    steps = originals(60)
    crossings = [(after[0], after[1]) for before, after in pairwise(steps) if (before[2] > 0) != (after[2] > 0)]
    assert crossings[-1] == (event.cycle, (event.example or 0) + 1) == (22, 2)
    assert event.numbers["crossings"] == len(crossings) == 19
    assert event.numbers["before"] == pytest.approx(-0.5910955) and event.numbers["after"] == pytest.approx(5.98987)


def test_the_third_input_withers(xor: Recording, events: tuple[Event, ...]) -> None:
    (event,) = of_kind(events, "withers")
    assert event.neuron == (0, 2)
    outgoing = np.abs(in_rows(xor).weights[0]).sum(axis=2)
    shares = outgoing[:, 2] / outgoing.sum(axis=1)
    assert event.numbers["before"] == pytest.approx(shares[0]) == pytest.approx(0.4534, abs=5e-5)
    assert event.numbers["after"] == pytest.approx(shares[-1]) == pytest.approx(0.0337, abs=5e-5)
    assert (shares[xor.row_step >= event.cycle] < 0.33 / 3).all(), "for good"
    assert (shares[xor.row_step <= event.numbers["since"]] >= 0.33 / 3).any()
    at = {cycle: float(shares[np.flatnonzero(xor.row_step == cycle)[-1]]) for cycle in (0, 500, 60000)}
    assert at == pytest.approx({0: 0.453, 500: 0.102, 60000: 0.034}, abs=0.0006)


def test_the_law_of_diminishing_returns(xor: Recording, events: tuple[Event, ...]) -> None:
    (event,) = of_kind(events, "slows")
    made = (xor.main_curve[0] - xor.main_curve) / (xor.main_curve[0] - xor.main_curve[-1])
    assert made[event.cycle] >= 0.9 > made[event.cycle - 1]
    assert event.numbers["cycles"] == pytest.approx(event.cycle / 60_000) and 0.04 < event.numbers["cycles"] < 0.05


def test_the_error_halves_and_all_is_solved(xor: Recording, events: tuple[Event, ...]) -> None:
    (halved,) = of_kind(events, "halved")
    half = xor.main_curve[0] / 2
    assert xor.main_curve[halved.cycle - 1] >= half > xor.main_curve[halved.cycle :].max()
    (solved,) = of_kind(events, "solved")
    assert solved.cycle == 2672
    worst = [
        float(np.abs(xor.forward(xor.examples.inputs, row)[-1] - xor.examples.targets).max())
        for row in np.flatnonzero(xor.probe == AT_REST)
    ]
    cycles = xor.row_step[xor.probe == AT_REST]
    last = int(np.flatnonzero(np.array(worst) >= 0.25)[-1])
    assert cycles[last] < solved.cycle <= cycles[last + 1] and solved.numbers["before"] == 3


def _answers(cycles: int, inputs: list[int]) -> list[float]:
    """The answers to some inputs after each cycle of the original's algorithm, the first before training."""
    random = np.random.RandomState(1)
    hidden = np.array([[2 * random.random_sample() - 1 for _ in range(3)] for _ in range(4)])
    output = np.array([2 * random.random_sample() - 1 for _ in range(4)])
    found = []
    for cycle in range(cycles + 1):
        for shown, target in XOR_EXAMPLES if cycle else ():
            between = 1 / (1 + np.exp(-hidden @ shown))
            answer = 1 / (1 + np.exp(-output @ between))
            delta = (target - answer) * answer * (1 - answer)
            deltas = delta * output * between * (1 - between)
            output = output + between * delta
            hidden = hidden + np.outer(deltas, shown)
        found.append(float(1 / (1 + np.exp(-output @ (1 / (1 + np.exp(-hidden @ inputs)))))))
    return found


def test_what_it_never_sees(events: tuple[Event, ...]) -> None:
    """[1, 1, 0] is answered more and more wrongly, while all else comes right, and turns with the last example."""
    answers = _answers(3200, [1, 1, 0])
    wrong, turns, right = of_kind(events, "unseen")
    assert wrong.cycle == int(np.argmax(answers)) == 124
    assert wrong.numbers["answer"] == pytest.approx(max(answers), abs=1e-9) == pytest.approx(0.80, abs=0.005)
    assert wrong.numbers["before"] == pytest.approx(answers[0]) == pytest.approx(0.438, abs=0.0005)
    assert turns.cycle == max(cycle for cycle, answer in enumerate(answers) if answer >= 0.5) + 1 == 2623
    assert right.cycle == max(cycle for cycle, answer in enumerate(answers) if answer >= 0.25) + 1 == 2895
    assert answers[int(wrong.numbers["to"])] >= 0.65 and 124 < wrong.numbers["to"] < 1000


def test_six_lean_the_right_way_and_one_resists(events: tuple[Event, ...]) -> None:
    (leans,) = of_kind(events, "leans")
    (holdout,) = of_kind(events, "holdout")
    (solved,) = of_kind(events, "solved")
    errors = np.abs([[a - t for a in _answers(2700, inputs)] for inputs, t in XOR_EXAMPLES])  # (7, cycles)
    assert holdout.numbers["example"] == 5 and XOR_EXAMPLES[5][0] == [1, 1, 1]
    others = np.delete(errors, 5, axis=0).max(axis=0)
    assert leans.cycle == int(np.flatnonzero(others >= 0.5)[-1]) + 1 == 28
    assert (leans.numbers["right"], leans.numbers["examples"]) == (6, 7)
    assert holdout.numbers["from"] == int(np.flatnonzero(others >= 0.25)[-1]) + 1 == 283
    assert holdout.numbers["to"] == int(np.flatnonzero(errors[5] >= 0.25)[-1]) + 1 == solved.cycle == 2672
    assert holdout.numbers["from"] < holdout.cycle < holdout.numbers["to"]


def test_most_are_right_where_they_are_many() -> None:
    recording = train(playground("circle", {"noise": 10}, schedule=[60], cycles=60))
    (event,) = of_kind(find_events(recording), "accurate")
    answers = [
        recording.forward(recording.examples.test_points, row)[-1] * recording.examples.test_targets > 0
        for row in np.flatnonzero(recording.probe == AT_REST)
    ]
    cycles = recording.row_step[recording.probe == AT_REST]
    accuracy = dict(zip(cycles.tolist(), np.mean(answers, axis=(1, 2)).tolist(), strict=True))
    assert accuracy[event.cycle] >= event.numbers["share"] > accuracy[int(event.numbers["since"])]
    assert event.numbers["reached"] == accuracy[event.cycle] == recording.curves["test_accuracy"][event.cycle]
    assert event.numbers["test"] == 1 and event.numbers["examples"] == 250


def test_overfitting(short: Recording) -> None:
    cycles = np.arange(len(short.curve_step))
    train_loss, test_loss = 0.5 * 0.9**cycles, 0.6 * 0.9**cycles
    rising = np.where(cycles < 12, test_loss, test_loss[12] + 0.01 * (cycles - 12))

    def found(loss: Any, test_loss: Any) -> list[Event]:
        curves = {**short.curves, "loss": loss, "test_loss": test_loss}
        return of_kind(find_events(replace(short, curves=curves)), "overfits")

    assert not found(train_loss, test_loss)
    (event,) = found(train_loss, rising)
    assert event.cycle == 12 and event.numbers == {"before": rising[12], "after": rising[-1]}
    assert not found(rising, rising), "both rise"


def test_the_insight(xor: Recording, events: tuple[Event, ...]) -> None:
    """In the time that a viewer feels nothing is as steep: [1, 1, 1] gives way."""
    (event,) = of_kind(events, "insight")
    assert event.numbers["from"] == event.cycle == pytest.approx(2640, abs=15)
    assert event.numbers["to"] == pytest.approx(2710, abs=15)
    assert event.numbers["steepest"] == pytest.approx(2676, abs=5)
    assert (event.numbers["before"], event.numbers["after"]) == pytest.approx((0.0903, 0.0555), abs=0.001)


def test_the_plateau_before_it(events: tuple[Event, ...]) -> None:
    """[1, 1, 1] alone is wrong for a thousand cycles."""
    (event,) = of_kind(events, "plateau")
    assert 1000 < event.cycle == event.numbers["from"] < 1600 and 2300 < event.numbers["to"] < 2600


def test_nothing_is_told_twice(events: tuple[Event, ...]) -> None:
    subjects = Counter((event.kind, event.synapse, event.neuron, event.numbers.get("error")) for event in events)
    assert max(subjects.values()) == 1
    assert [event.cycle for event in events] == sorted(event.cycle for event in events)
    assert len(events) == 16


def test_from_python(xor: Recording, events: tuple[Event, ...]) -> None:
    assert netviz.events(xor) == events and isinstance(events[0], netviz.Event)


# What makes an event, and what does not


def with_weights(recording: Recording, layer: int, before: Any, after: Any, values: Any) -> Recording:
    """The recording with other numbers in some synapses at rest: `values` (31,) or what fits."""
    weights = in_rows(recording).weights
    rest = np.flatnonzero(recording.probe == AT_REST)
    weights[layer][rest, before, after] = values
    return with_parameters_in_rows(recording, weights=weights)


def test_a_sign_that_cannot_be_replayed_is_known_to_the_kept_cycle(short: Recording) -> None:
    values = np.array([-1.0] * 10 + [0.02, -0.02] * 3 + [0.03] + [1.0] * 14)
    (event,) = [e for e in find_events(with_weights(short, 1, 1, 0, values)) if e.synapse == (1, 1, 0)]
    assert (event.cycle, event.example, event.numbers["since"]) == (16, None, 15.0)


@pytest.mark.parametrize(
    "values",
    [
        [-1.0] * 10 + [1.0] * 10 + [-1.0] * 10 + [0.01],
        [-0.05, 0.05] * 15 + [0.05],
        [-0.1] * 10 + [0.1] * 21,
    ],
    ids=["back in the end", "trembles", "too weak"],
)
def test_no_change_of_sign(short: Recording, values: list[float]) -> None:
    found = find_events(with_weights(short, 1, 1, 0, values))
    assert not [event for event in of_kind(found, "sign") if event.synapse == (1, 1, 0)]


def test_an_input_that_never_counted_does_not_wither(short: Recording) -> None:
    assert not of_kind(find_events(with_weights(short, 0, 2, slice(None), 0.0)), "withers")
    weak = np.where(np.arange(31) < 15, 0.6, 0.1)[:, None] * np.abs(short.parameters_at(0).weights[0][0]) / 2
    assert not of_kind(find_events(with_weights(short, 0, 2, slice(None), weak)), "withers"), "it was weak before"
    fading = np.linspace(1.0, 0.0, 31)[:, None]
    (event,) = of_kind(find_events(with_weights(short, 0, 2, slice(None), fading)), "withers")
    assert event.neuron == (0, 2) and event.numbers["after"] == 0


def test_an_input_that_is_always_0_does_not_wither(short: Recording) -> None:
    """A pixel that no picture shown has: its share falls because the other weights grow, and its own stand still."""
    fading = with_weights(short, 0, 2, slice(None), np.linspace(1.0, 0.0, 31)[:, None])
    inputs = fading.probes.inputs.copy()
    inputs[:, 2] = 0
    points = None if fading.probes.points is None else np.where(np.arange(3) == 2, 0, fading.probes.points)
    silent = replace(fading, probes=replace(fading.probes, inputs=inputs, points=points))
    assert of_kind(find_events(fading), "withers") and not of_kind(find_events(silent), "withers")


def with_biases(recording: Recording, neuron: int, values: Any) -> Recording:
    biases = in_rows(recording).biases
    biases[0][recording.probe == AT_REST, neuron] = values
    return with_parameters_in_rows(recording, biases=biases)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_a_neuron_dies_or_saturates(activation: str) -> None:
    network = {"layers": [3, 4, 1], "bias": True, "activation": [activation, "sigmoid"]}
    training = {"cycles": 30, "learning_rate": 0.01, "initial_biases": [1, 0]}
    recording = train(scene(network=network, schedule={"every": 1}, **training))
    assert not [event for event in find_events(recording) if event.kind in ("dead", "saturated")]
    low = find_events(with_biases(recording, 1, [1.0] * 12 + [-99.0] * 3 + [1.0] * 2 + [-99.0] * 14))
    high = find_events(with_biases(recording, 2, [1.0] * 12 + [99.0] * 19))
    start = find_events(with_biases(recording, 3, -99.0))
    silent = "saturated" if activation == "tanh" else "dead"
    found = [(event.kind, event.cycle, event.neuron) for event in low if event.kind in ("dead", "saturated")]
    assert found == [(silent, 17, (1, 1))]
    found = [(event.kind, event.cycle, event.neuron) for event in high if event.kind in ("dead", "saturated")]
    assert found == ([] if activation == "relu" else [("saturated", 12, (1, 2))])
    assert [(event.kind, event.cycle) for event in start if event.neuron == (1, 3)] == [(silent, 0)]


@pytest.mark.parametrize("activation", ["leaky_relu", "elu", "gelu", "swish"])
def test_what_has_a_slope_never_dies(activation: str) -> None:
    """Far below zero elu stays at its bound, -1; the others are told nothing of, nor is any of them near zero."""
    network = {"layers": [3, 4, 1], "bias": True, "activation": [activation, "sigmoid"]}
    training = {"cycles": 30, "learning_rate": 0.01, "initial_biases": [1, 0]}
    recording = train(scene(network=network, schedule={"every": 1}, **training))
    for changed, expected in (
        (recording, []),
        (with_biases(recording, 1, [1.0] * 12 + [-99.0] * 19), [("saturated", 12, (1, 1))]),
        (with_biases(recording, 2, [1.0] * 12 + [99.0] * 19), []),
        (with_biases(recording, 3, -99.0), [("saturated", 0, (1, 3))]),
        (with_biases(with_weights(recording, 0, slice(None), 1, 0.0), 1, 0.0), []),
    ):
        found = [(each.kind, each.cycle, each.neuron) for each in find_events(changed) if each.kind in STATES]
        assert found == (expected if activation == "elu" else [])


STATES = ("dead", "saturated")


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_what_saturates_is_told_from_what_tells_examples_apart(activation: str) -> None:
    """And of a run that netviz did not train no sentence is of more than the examples that are shown."""
    inputs, names = np.array([[-1.0, 0], [1, 0], [-1, 0.1], [1, 0.2]]), ["west", "east", "north", "south"]
    made = Recorder([2, 3, 1], [activation, "sigmoid"], inputs, [[0.0], [1], [0], [1]], names=names)
    for step in range(24):
        one, other = (9.0, 9.0) if step > 11 else (0.1, 0.1)
        weights = [np.array([[0.1, other, 0.1 + 0.01 * step], [0, 0, 0]]), np.full((3, 1), 0.2)]
        made.snap(1 / (1 + step), weights=weights, biases=[np.array([one, 0.0, 0]), np.zeros(1)])
    shown = filmed(made)
    found = {event.neuron: event for event in find_events(made) if event.kind in STATES}
    assert {neuron: (event.kind, event.numbers["bounds"]) for neuron, event in found.items()} == {
        (1, 0): ("saturated", 1),
        (1, 1): ("saturated", 2),
    }
    assert event_texts(shown.scene, found[1, 0], 12)[0] == "Hidden neuron 1 answers the same to all 4 examples shown."
    assert (
        event_texts(shown.scene, found[1, 1], 12)[0]
        == "Hidden neuron 2 says a plain yes or no to all 4 examples shown."
    )
    assert event_text(shown.scene, found[1, 0]).endswith(
        "saturates: it is close to one bound for all 4 examples shown from now on"
    )
    assert "close to one bound or the other for all 4" in event_text(shown.scene, found[1, 1])
    resists = Event("holdout", 3, numbers={"example": 2.0, "from": 2.0, "to": 9.0})
    assert event_texts(shown.scene, resists, 3)[0] == "Only “north” resists."
    assert event_text(shown.scene, resists).startswith(
        "example 3 (north) resists: it is clearly right only from step 9"
    )
    dead = Event("dead", 3, neuron=(1, 2), numbers={})
    assert event_texts(shown.scene, dead, 3)[0] == "Hidden neuron 3 has gone silent for all 4 examples shown."
    assert event_text(shown.scene, dead) == (
        "hidden neuron 3 dies: it says nothing to any example of the 4 shown any more"
    )


def test_a_tanh_neuron_that_says_nothing_is_dead() -> None:
    recording = train(scene(network={"activation": ["tanh", "sigmoid"]}, cycles=30, schedule={"every": 1}))
    (event,) = of_kind(find_events(with_weights(recording, 0, slice(None), 1, [[0.5]] * 20 + [[0.001]] * 11)), "dead")
    assert (event.cycle, event.neuron) == (20, (1, 1))


def with_errors(recording: Recording, errors: Any) -> list[Event]:
    """What is told of a curve, in tenths of its start."""
    values = np.array(errors, dtype=np.float64)
    curves = {"error": values, "loss": values}
    found = find_events(replace(recording, curves=curves, curve_step=np.arange(len(values))))
    return [event for event in found if event.kind in ("plateau", "halved", "slows", "diverged")]


STEADY = [0.5 * 0.997**cycle for cycle in range(1001)]


def test_a_steady_fall_only_halves(short: Recording) -> None:
    (event,) = with_errors(short, STEADY)
    assert event.kind == "halved" and event.cycle == 231


def test_a_plateau_in_a_fall(short: Recording) -> None:
    errors = [*STEADY[:100], *np.linspace(STEADY[100], STEADY[100] * 0.93, 400), *STEADY[125:726]]
    plateau, halved = with_errors(short, errors)
    assert plateau.kind == "plateau" and 80 <= plateau.cycle <= 105 and 470 <= plateau.numbers["to"] <= 520
    assert halved.cycle > 500


def test_a_run_that_never_arrives(short: Recording) -> None:
    (event,) = with_errors(short, [*STEADY[:100], *[STEADY[100]] * 900])
    assert event.kind == "plateau" and event.numbers["to"] == 999
    assert {event.kind for event in with_errors(short, [*STEADY[:700], *[STEADY[700]] * 900])} == {"halved"}


def test_noise_halves_nothing_twice(short: Recording) -> None:
    noise = np.random.default_rng(1).normal(0, 0.004, 1001)
    (event,) = with_errors(short, np.array(STEADY) + noise)
    assert event.kind == "halved"
    assert (np.array(STEADY) + noise)[event.cycle :].max() < 0.5 * (0.5 + noise[0])


def test_ends_worse_than_it_began(short: Recording) -> None:
    (event,) = of_kind(with_errors(short, [0.5] * 10 + [0.4] * 10 + [0.55, 0.6] + [0.7] * 9), "diverged")
    assert (event.cycle, event.numbers["complete"]) == (20, 1.0)
    assert not of_kind(with_errors(short, [0.5] * 10 + [0.9] * 10 + [0.45] * 11), "diverged")


def test_a_run_that_breaks_off() -> None:
    network = {"layers": [3, 4, 1], "activation": ["relu", "linear"], "bias": True}
    with pytest.raises(TrainingDiverged) as diverged:
        train(scene(network=network, learning_rate=1e6))
    recording = diverged.value.recording
    assert recording is not None
    (event,) = of_kind(find_events(recording), "diverged")
    assert event.cycle == recording.row_step[-1] and event.numbers["complete"] == 0.0


def test_numbers_to_be_met_are_never_solved() -> None:
    recording = train(
        playground("plane", {"samples": 40}, {"activation": ["tanh", "tanh", "linear"]}, [1, 5], cycles=5)
    )
    assert not of_kind(find_events(recording), "solved")


ONE_OF_THREE = [([0, 1, 0], [1, 0, 0]), ([1, 0, 0], [0, 1, 0]), ([1, 1, 0], [0, 0, 1])]
BOTH_OR_NEITHER = [([0, 1, 0], [1, 0]), ([1, 0, 0], [0, 1]), ([1, 1, 0], [1, 1]), ([0, 0, 1], [0, 0])]


@pytest.mark.parametrize("examples", [ONE_OF_THREE, BOTH_OR_NEITHER], ids=["the largest output", "each by itself"])
def test_several_outputs_are_solved(examples: list[Any]) -> None:
    layers = [3, 4, len(examples[0][1])]
    training = {"cycles": 400, "learning_rate": 2.0, "initial_weights": "he"}
    recording = train(scene(examples, {"layers": layers, "bias": True}, {"every": 1}, **training))
    (event,) = of_kind(find_events(recording), "solved")

    def solved(row: int) -> bool:
        """Whether each answer, or its lead over the others, is at most a quarter of the way from its target."""
        outputs, targets = recording.forward(recording.examples.inputs, row)[-1], recording.examples.targets
        if examples is ONE_OF_THREE:
            others = np.where(targets == 1, -np.inf, outputs).max(axis=1)
            return bool(((outputs * targets).sum(axis=1) - others > 0.5).all())
        return bool((np.abs(outputs - targets) < 0.25).all())

    rows = {int(recording.row_step[row]): row for row in np.flatnonzero(recording.probe == AT_REST)}
    assert not solved(rows[event.cycle - 1])
    assert all(solved(row) for cycle, row in rows.items() if cycle >= event.cycle)


def test_thousands_of_synapses_are_quick_to_look_through_and_seldom_news() -> None:
    """784-128-10: what is looked at is thinned out, and no single weight of a hundred thousand is told of."""
    random = np.random.default_rng(0)
    examples = [(random.random(784).round(2).tolist(), np.eye(10)[index % 10].tolist()) for index in range(20)]
    network = {"layers": [784, 128, 10], "activation": ["relu", "softmax"], "bias": True}
    training = {"cycles": 60, "batch": 10, "loss": "cross_entropy", "initial_weights": "he", "learning_rate": 0.05}
    recording = train(scene(examples, network, {"cycles": [1, 5, 20, 40, 60]}, **training))
    assert len(moments_of(recording).cycle) == 29 < (recording.probe == AT_REST).sum()
    found = find_events(recording)
    assert len(of_kind(found, "dead")) <= _MOST_NEURONS and not of_kind(found, "sign")


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 1000),
    st.sampled_from(["sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "swish"]),
    st.sampled_from([1, 3, "full"]),
    st.sampled_from([0.1, 1.0, 5.0]),
)
def test_no_event_is_told_twice_whatever_the_run(seed: int, activation: str, batch: Any, rate: float) -> None:
    network = {"layers": [3, 3, 3, 1], "activation": [activation, activation, "sigmoid"], "bias": True}
    recording = train(scene(network=network, seed=seed, batch=batch, learning_rate=rate, initial_weights="glorot"))
    found = find_events(recording)
    assert {event.kind for event in found} <= {*EVENT_KINDS}
    assert len({(event.kind, event.synapse, event.neuron, event.numbers.get("from")) for event in found}) == len(found)
    assert len(of_kind(found, "sign")) <= MOST_SYNAPSES
    for event in found:
        assert 0 <= event.cycle <= 50 and all(np.isfinite(number) for number in event.numbers.values())
        assert event.example is None or 0 <= event.example < 7
        if event.synapse is not None:
            layer, before, after = event.synapse
            weights = recording.weights[layer][recording.moment[recording.probe == AT_REST], before, after]
            later = weights[recording.row_step[recording.probe == AT_REST] >= event.cycle]
            assert (later[1:] * event.numbers["after"] > 0).all(), "for good"


def test_the_one_input_that_decides_is_found() -> None:
    """All situations that are possible are asked, not only those it learned from."""
    for name, decides in (("tiny-one-layer", 0.0), ("even-or-odd", 1.0), ("neuron", None), ("tiny-two-layers", None)):
        scene = netviz.load_scene(name, overrides={"schedule": {"frames": 20}, "training.cycles": 2000})
        (solved,) = of_kind(find_events(netviz.record(scene)), "solved")
        assert solved.numbers.get("input") == decides, name
