"""Notes on data: values too far from zero, inputs that never change, and targets that outputs cannot give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netviz.scene.files import bundled_names
from netviz.scene.loader import load_scene
from netviz.scene.overrides import run_scenes
from netviz.training.data_notes import FAR, MOSTLY, data_notes
from netviz.training.trainer import train
from tests.training.scenes import playground, scene

PEOPLE = [([150, 50], 0), ([155, 61], 0), ([160, 55], 0), ([165, 70], 0), ([170, 62], 1), ([190, 90], 1)]


def of(activation: Any = "sigmoid", examples: Any = PEOPLE, data: Any = None, **network: Any) -> list[str]:
    layers = [len(examples[0][0]), 4, len(np.atleast_1d(examples[0][1]))]
    return [*data_notes(scene(examples, {"layers": layers, "activation": activation} | network, data=data))]


@pytest.mark.parametrize("name", bundled_names())
def test_the_scenes_that_come_with_netviz_have_none(name: str) -> None:
    assert [*data_notes(load_scene(name))] == []


def test_far_values_are_told_by_the_input_that_counts_most_and_its_range() -> None:
    (note,) = of("tanh", inputs=["height", "weight"])
    assert note.startswith("data: input 'height' goes from 150 to 190, far from 0 for tanh neurons: before the first")
    assert note.endswith("lie beyond 2.18, where they hardly learn; data.normalize: standard helps")
    assert "input 1 goes from" in of()[0] and "for relu neurons" in of("relu")[0]
    assert of(data={"normalize": "standard"}) == of(data={"normalize": "minmax"}) == []
    near = [([height / 200, weight / 100], target) for [height, weight], target in PEOPLE]
    assert of(examples=near) == []


def test_what_normalising_would_not_help_is_not_told() -> None:
    heavy = playground("xor", network={"layers": [2, 4, 1]}, initial_weights="normal", initial_scale=50.0, seed=1)
    assert [*data_notes(heavy)] == []


def test_features_of_points_are_named() -> None:
    far = playground("xor", data={"features": ["x1", "x1^2"]}, network={"layers": [2, 4, 1]})
    examples = [{"inputs": [30 * x, 30 * x], "target": 1} for x in range(1, 9)]
    listed = far.model_dump() | {"data": {"examples": examples, "features": ["x1", "x1^2"]}}
    (note,) = data_notes(type(far).model_validate(listed))
    assert note.startswith("data: feature 'x1^2' goes from 900 to 57600, far from 0 for tanh neurons")


def test_it_is_told_where_it_hinders_learning() -> None:
    rows = np.random.default_rng(1).normal([5.8, 3, 3.8, 1.2], [0.8, 0.4, 1.8, 0.8], (40, 4))
    examples = [(row, float(row[2] > 3.8)) for row in rows.tolist()]

    def run(size: float, way: str | None) -> tuple[bool, float]:
        scaled = [([size * value for value in inputs], target) for inputs, target in examples]
        network = {"layers": [4, 6, 1], "activation": ["tanh", "sigmoid"], "bias": True}
        found = scene(scaled, network, data={"normalize": way}, cycles=60, learning_rate=0.3, initial_weights="glorot")
        return bool([*data_notes(found)]), float(train(found).main_curve[-1])

    (told_far, far), (told_near, near), (told, normalised) = run(10, None), run(0.2, None), run(10, "standard")
    assert told_far and not told_near and not told
    assert far > 3 * normalised and far > 2 * near
    assert 0 < MOSTLY < 1 and 1 - np.tanh(FAR["tanh"]) ** 2 == pytest.approx(0.05, abs=0.001)
    sigmoid = 1 / (1 + np.exp(-FAR["sigmoid"]))
    assert 4 * sigmoid * (1 - sigmoid) == pytest.approx(0.05, abs=0.001)


def test_inputs_that_never_change_are_told_with_their_number() -> None:
    examples = [([x, 7, 1, 0, 0.5, 3], 0) for x in range(4)]
    (note,) = of(examples=examples, data={"normalize": "standard"})
    assert note == (
        "data.normalize: input 2 (7), input 3 (1), input 4 (0) and 2 more are the same in all training examples, and "
        "so only shifted: of it the network is given 0"
    )
    (note,) = of(examples=[(inputs[:2], 0) for inputs, _ in examples], data={"normalize": "minmax"})
    assert note.startswith("data.normalize: input 2 (7) is the same in all")
    assert of(examples=[([x, 0.5], 0) for x in range(2)]) == [], "as they are they are of use"


@pytest.mark.parametrize(
    ("activation", "targets", "says"),
    [
        ("sigmoid", [0, 1, 5, -1], "example 3 has the target 5, and sigmoid outputs give 0 to 1: 2 of 4 examples"),
        ("tanh", [0, -1.5], "example 2 has the target -1.5, and tanh outputs give -1 to 1: 1 of 2 examples"),
        ("relu", [3, -2], "example 2 has the target -2, and relu outputs give 0 or more"),
        ("elu", [-1, -2], "example 2 has the target -2, and elu outputs give -1 or more"),
        ("gelu", [-0.1, -0.2], "example 2 has the target -0.2, and gelu outputs give -0.17 or more"),
        ("swish", [-0.2, -0.3], "example 2 has the target -0.3, and swish outputs give -0.279 or more"),
        (["relu", "softmax"], [[1, 0], [0.5, 0.6]], "example 2 has targets that add up to 1.1, and softmax"),
        (["relu", "softmax"], [[1, 0], [-1, 2]], "example 2 has the target -1, and softmax outputs give 0 to 1"),
    ],
)  # fmt: skip
def test_targets_that_outputs_cannot_give(activation: Any, targets: list[Any], says: str) -> None:
    (note,) = of(activation, [([0, index / 10], target) for index, target in enumerate(targets)])
    assert note.startswith(f"data: {says}")
    assert "cannot be answered right; " in note


@pytest.mark.parametrize("activation", ["linear", "leaky_relu", "tanh", ["relu", "softmax"]])
def test_targets_that_they_can_give(activation: Any) -> None:
    one_hot = isinstance(activation, list)
    examples = [([0, 0.1], [0.3, 0.7]), ([0, 0.2], [0, 1])] if one_hot else [([0, 0.1], -1), ([1, 0], 1)]
    assert of(activation, examples) == []


def test_points_of_a_data_set_and_runs_that_are_compared_are_told_of_once() -> None:
    (note,) = data_notes(playground("circle", network={"activation": "sigmoid"}))
    assert note == (
        "data: a point of circle has the target -1, and sigmoid outputs give 0 to 1: 250 of 500 examples cannot be "
        "answered right; take tanh or linear outputs"
    )
    runs = [
        {"set": {"network.activation": "sigmoid"}},
        {"set": {"network.activation": ["relu", "sigmoid"]}},
        {"set": {}},
    ]
    compared = load_scene("compare-learning-rates", overrides={"compare": runs, "network.layers": [2, 4, 1]})
    assert len(run_scenes(compared)) == 3
    (told,) = data_notes(compared)
    assert told.startswith("data: a point of circle has the target -1, and sigmoid outputs give 0 to 1: ")
