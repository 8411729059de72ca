"""The script of a walk: every line in its order, with time to be read."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from netviz.scene.panels import EquationsPanelSpec
from netviz.scene.scene import Scene
from netviz.scene.shots import WalkShot
from netviz.timeline.worked_example import (
    EquationLine,
    WorkedExampleTiming,
    natural_seconds,
    terms_of,
    worked_example_steps,
    worked_example_timing,
    worked_weight,
)
from tests.conftest import short_scene


def scene_of(layers: list[int], **changes: Any) -> Scene:
    examples = [{"inputs": [0.5] * layers[0], "target": [1] * layers[-1]}]
    names: dict[str, Any] = {"network__inputs": [], "network__outputs": [], "shots": [{"shot": "learning"}]}
    return short_scene(network__layers=layers, data={"examples": examples}, **names, **changes)


def test_a_forward_walk_says_every_layer_and_neuron_in_turn() -> None:
    assert worked_example_steps(scene_of([2, 2, 1]), WalkShot()) == (
        EquationLine("matrix", 0),
        EquationLine("sum", 0, 0),
        EquationLine("activation", 0, 0),
        EquationLine("sum", 0, 1),
        EquationLine("activation", 0, 1),
        EquationLine("matrix", 1),
        EquationLine("sum", 1, 0),
        EquationLine("activation", 1, 0),
        EquationLine("error", 1),
    )


def test_a_backward_walk_goes_on_with_the_error_the_gradient_and_the_update() -> None:
    scene = scene_of([2, 2, 2])
    forward, whole = worked_example_steps(scene, WalkShot()), worked_example_steps(scene, WalkShot(backward=True))
    assert whole[: len(forward)] == forward
    assert [line.kind for line in whole[len(forward) :]] == ["delta", "gradient", "update", "weights"]


@pytest.mark.parametrize(
    ("weight", "place"),
    [
        (None, (1, 0, 0)),
        (1, (0, 0, 0)),
        (3, (0, 2, 0)),
        (4, (0, 0, 1)),
        (6, (0, 2, 1)),
        (7, (1, 0, 0)),
        (10, (1, 1, 1)),
    ],
)
def test_weights_are_counted_neuron_by_neuron(weight: int | None, place: tuple[int, int, int]) -> None:
    scene = scene_of([3, 2, 2], panels=[{"panel": "network"}, {"panel": "equations", "weight": weight}])
    assert worked_weight(scene) == place
    last = worked_example_steps(scene, WalkShot(backward=True))[-3]
    assert last == EquationLine("gradient", place[0], place[2])


def test_a_walk_lasts_as_long_as_reading_takes() -> None:
    scene = scene_of([2, 2, 1])
    forward = Fraction("1.2") + 2 * Fraction("3.7") + 3 * Fraction("4.4") + Fraction("3.5") + 3
    assert natural_seconds(scene, WalkShot()) == forward
    assert natural_seconds(scene, WalkShot(backward=True)) == forward + 2 + Fraction("3.5") + 3 + Fraction("3.5") + 4


def timing(seconds: Fraction, ends: bool = True) -> WorkedExampleTiming:
    return worked_example_timing(scene_of([2, 2, 1]), WalkShot(backward=True), seconds, ends)


@pytest.mark.parametrize("seconds", [4, 20, 200])
def test_things_happen_one_after_the_other_at_any_pace(seconds: int) -> None:
    it = timing(Fraction(seconds))
    assert it.windows[0][0] == 0
    assert it.windows[-1][1] == pytest.approx(seconds)
    assert it.update is not None
    for first, second in pairwise(it.windows):
        assert first[0] < first[1] == second[0]
    forward, neurons, backward = it.forward_windows, it.neuron_windows, it.backward_windows
    in_order = [
        it.present, forward[0], neurons[0][0], neurons[0][1], forward[1], neurons[1][0],
        it.compare, backward[1], backward[0], it.update, it.lights_out,
    ]  # fmt: skip
    for (_, stop), (start, _) in pairwise(in_order):
        assert stop <= start + 1e-12
    assert it.lines_out[0] > it.lights_out[0]


def test_between_changes_stillness_has_a_number_and_within_them_none() -> None:
    it = timing(Fraction(40))
    for start, stop in (it.present, *it.forward_windows, *it.lines, it.lights_out):
        assert it.stillness((start + stop) / 2) is None
    first, second = it.lines[1], it.lines[2]
    assert it.stillness(first[1]) == it.stillness((first[1] + second[0]) / 2) == it.stillness(second[0]) is not None
    assert it.stillness(first[1]) != it.stillness(second[1])


def test_a_walk_that_ends_the_film_stays_lit() -> None:
    assert timing(Fraction(40), ends=False).lights_out[0] >= 40


def test_the_terms_of_a_line_are_what_its_numbers_come_from() -> None:
    scene = scene_of([2, 2, 2])
    worked = (0, 1, 0)
    scene = scene.model_copy(
        update={
            "network": scene.network.model_copy(update={"bias": "fixed"}),
            "panels": (EquationsPanelSpec(weight=2),),
        }
    )
    assert worked_weight(scene) == worked
    ends = ((0, 0), (0, 1), (0, 2), (1, 1))  # the bias node is the last
    assert terms_of(scene, EquationLine("sum", 0, 1)) == (ends, ((0, 0, 1), (0, 1, 1), (0, 2, 1)), ())
    assert len(terms_of(scene, EquationLine("matrix", 1)).synapses) == 6
    assert terms_of(scene, EquationLine("activation", 1, 1)) == (((2, 1),), (), ())
    assert terms_of(scene, EquationLine("error", 1)) == (((2, 0), (2, 1)), (), ())
    back = ((1, 0, 0), (1, 0, 1))
    assert terms_of(scene, EquationLine("delta", 0, 0)) == (((1, 0), (2, 0), (2, 1)), back, back)
    assert terms_of(scene, EquationLine("gradient", 0, 0)) == (((0, 1), (1, 0)), (worked,), (worked,))
    assert terms_of(scene, EquationLine("update", 0, 0)) == (((0, 1), (1, 0)), (worked,), ())
    assert terms_of(scene, EquationLine("weights", 0, 0)).nodes == ()
    assert len(terms_of(scene, EquationLine("weights", 0, 0)).synapses) == 8, "biases are fixed"
