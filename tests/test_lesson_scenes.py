"""The bundled scenes momentum and overfitting: what their captions say, held against their recordings."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest

import netviz
from netviz.recording.comparison import Comparison
from netviz.recording.layers import Floats
from netviz.recording.recording import AT_REST, Recording
from netviz.story.events import find_events
from netviz.story.story import add_story
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import make_timeline


def captions_of(name: str) -> dict[str, str]:
    """Captions of a scene, by the moment that they are at."""
    return {caption.at: caption.text for caption in netviz.load_scene(name).captions}


def output_of(recording: Recording, row: int, inputs: Floats) -> Floats:
    """Output (n, 1) of a network of tanh layers for inputs (n, 2), with the weights of a row."""
    parameters = recording.parameters_at(row)
    for weights, biases in zip(parameters.weights, parameters.biases, strict=True):
        inputs = np.tanh(inputs @ weights + biases)
    return inputs


def wrong_of(recording: Recording, *, training: bool, testing: bool) -> dict[int, int]:
    """Number of points on the wrong side after each kept cycle."""
    examples, wrong = recording.examples, {}
    assert examples.test_inputs is not None and examples.test_targets is not None
    parts = [(examples.inputs, examples.targets)] * training + [(examples.test_inputs, examples.test_targets)] * testing
    inputs, targets = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    for row in np.flatnonzero(recording.probe == AT_REST):
        outputs = output_of(recording, int(row), inputs)
        wrong[int(recording.row_step[row])] = int((np.sign(outputs) != np.sign(targets)).sum())
    return wrong


def right_from(wrong: dict[int, int]) -> int | None:
    """First cycle from which on all points are right for good."""
    last = max(cycle for cycle, count in wrong.items() if count)
    return min((cycle for cycle in wrong if cycle > last), default=None)


@cache
def momentum_runs() -> Comparison:
    return netviz.compare(netviz.load_scene("momentum", overrides={"schedule": {"every": 1}, "captions": []}))


def test_momentum_has_all_points_right_in_a_quarter_of_the_cycles() -> None:
    captions = captions_of("momentum")
    plain, momentum, large = (wrong_of(each, training=True, testing=True) for each in momentum_runs().recordings)
    assert (right_from(momentum), right_from(plain), right_from(large)) == (29, 117, None)
    assert min(large.values()) > 8, "not by chance either: ten times the rate never comes near"
    assert captions["cycle:29"].endswith("after 29 cycles.") and captions["cycle:120"].endswith("after 117 cycles.")
    assert captions["end"] == "All points right: with momentum after 29 cycles, without after 117."


def test_momentum_is_the_first_to_do_better_than_a_straight_line() -> None:
    plain, momentum, large = (wrong_of(each, training=True, testing=True) for each in momentum_runs().recordings)
    examples = momentum_runs().whole.examples
    assert examples.test_inputs is not None and examples.test_targets is not None
    inputs = np.column_stack([np.concatenate([examples.inputs, examples.test_inputs]), np.ones(200)])
    targets = np.concatenate([examples.targets, examples.test_targets])
    turns, shifts = np.meshgrid(np.linspace(0, 2 * np.pi, 361), np.linspace(-4, 4, 161))
    lines = np.stack([np.cos(turns), np.sin(turns), shifts]).reshape(3, -1)
    best_line = int((np.sign(inputs @ lines) != targets).sum(axis=0).min())
    assert best_line == 20, "so many are on the wrong side of the best straight line"
    bent = [next((cycle for cycle in each if 2 * each[cycle] < best_line), None) for each in (plain, momentum, large)]
    assert bent[0] is not None and bent[1] == 16 and bent[0] > 60 and bent[2] is None
    assert all(momentum[cycle] < min(plain[cycle], large[cycle]) for cycle in range(17, 117))


def test_plain_descent_only_falls_and_ten_times_its_rate_is_thrown_to_and_fro() -> None:
    plain, _, large = (each.train_loss for each in momentum_runs().recordings)
    assert plain is not None and large is not None
    assert (np.diff(plain) < 0).all()
    assert (np.diff(large)[8:17] > 0).sum() >= 3 and (np.diff(large)[17:] > 0).sum() > 30


@cache
def overfitted() -> Recording:
    return netviz.record(netviz.load_scene("overfitting", overrides={"schedule": {"every": 1}, "captions": []}))


def test_overfitting_is_best_where_the_film_says_so_and_ends_worse_by_three_times() -> None:
    captions, recording = captions_of("overfitting"), overfitted()
    train, test = recording.train_loss, recording.test_loss
    assert train is not None and test is not None
    assert int(test.argmin()) == 18 and "At cycle 18 it was a ninth" in captions["end"]
    seen, unseen = (wrong_of(recording, training=of, testing=not of) for of in (True, False))
    assert (seen[18], seen[600]) == (4, 0)
    assert min(unseen.values()) == unseen[18], "never again better, by number too"
    assert unseen[18] / 160 < 1 / 8.5 and 1 / 3 < unseen[600] / 160 < 2 / 5
    assert (np.diff(test)[99:] > 0).mean() > 0.95 and test[100] > 1.1 * test[18], "from cycle 100 on it rises"
    assert train[600] < 0.02 * train[18] and test[600] > 3 * test[18]


def test_overfitting_turns_single_points_while_those_around_them_are_lost() -> None:
    recording = overfitted()
    examples = recording.examples
    rows = {int(recording.row_step[row]): int(row) for row in np.flatnonzero(recording.probe == AT_REST)}
    assert examples.test_inputs is not None and examples.test_targets is not None
    sides = {cycle: np.sign(output_of(recording, rows[cycle], examples.inputs)) for cycle in (6, 18, 100, 230, 360)}
    assert (sides[6] != examples.targets).sum() == (sides[18] != examples.targets).sum() == 4
    assert (sides[100] != examples.targets).sum() == 3, "the first of the four has got a wedge of its own"
    (turned,) = np.flatnonzero(
        (sides[100] != sides[230]).any(axis=1)
        & (sides[230] == examples.targets).all(axis=1)
        & (np.linalg.norm(examples.inputs - [0.9, 1.5], axis=1) < 0.1)
    )
    nearest = np.argsort(np.linalg.norm(examples.test_inputs - examples.inputs[turned], axis=1))[:6]
    for cycle in (230, 360):
        outputs = output_of(recording, rows[cycle], examples.test_inputs[nearest])
        assert (np.sign(outputs) != examples.test_targets[nearest]).sum() >= 4, f"most of six at cycle {cycle}"


def test_every_caption_of_overfitting_is_read_in_its_place() -> None:
    scene = netviz.load_scene("overfitting")
    recording = netviz.record(scene)
    cycles = {event.kind: event.cycle for event in find_events(recording, scene)}
    assert cycles["overfits"] == 18 and 400 < cycles["solved"] < 600
    assert scene.duration is not None
    timeline = make_timeline(add_story(make_plan(scene, Fraction(scene.duration)), recording, scene), recording, scene)
    starts = {cue.text: timeline.frame(cue.start).curve_cycle for cue in timeline.plan.cues}
    for at, text in captions_of("overfitting").items():
        kind, _, number = at.partition(":")
        expected = 600 if at == "end" else cycles[number] if kind == "event" else int(number)
        assert starts[text] == pytest.approx(expected, rel=0.02), text
