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


def flats(size: float) -> list[tuple[list[float], float]]:
    """Areas and ages of flats, and their rents in thousands times `size`."""
    rows = np.random.default_rng(1).uniform([25, 0], [140, 100], (60, 2))
    return [(row, size * (0.2 + 0.011 * row[0] - 0.003 * row[1])) for row in rows.tolist()]


@pytest.mark.parametrize(("activation", "rate"), [("tanh", 0.01), ("sigmoid", 0.001), ("relu", 0.0003)])
def test_targets_are_told_where_their_size_hinders_learning(activation: str, rate: float) -> None:
    def run(size: float, rate: float) -> tuple[list[str], float]:
        network = {"layers": [2, 6, 1], "activation": [activation, "linear"], "bias": True, "outputs": ["rent"]}
        found = scene(
            flats(size),
            network,
            data={"normalize": "standard"},
            cycles=100,
            learning_rate=rate,
            initial_weights="glorot",
        )
        notes = [*data_notes(found)]
        return notes, np.inf if activation == "relu" and notes else float(train(found).main_curve[-1]) / size

    (told, large), (near, divided) = run(10_000.0, rate), run(1.0, 0.01)
    (note,) = told
    assert note.startswith("data: the targets of 'rent' go from ") and note.endswith("; divide them by 10000")
    why = f"a training.learning_rate of {rate:g} such" if activation == "relu" else f"hidden {activation} neurons to"
    assert why in note
    assert near == [] and large > 2 * divided


def test_large_targets_that_do_no_harm_are_not_told() -> None:
    rents = flats(1000.0)
    data = {"normalize": "standard"}

    def told(layers: list[int], activation: list[str], **training: Any) -> list[str]:
        network = {"layers": layers, "activation": activation, "bias": True}
        return [*data_notes(scene(rents, network, data=data, initial_weights="glorot", **training))]

    assert told([2, 4, 1], ["relu", "linear"], learning_rate=1e-5) == []
    assert told([2, 1], ["linear"], learning_rate=0.01) == []
    assert told([2, 4, 1], ["tanh", "linear"], learning_rate=0.01, optimizer="adam") == []
    assert len(told([2, 4, 1], ["tanh", "linear"], learning_rate=0.01)) == 1


def test_a_network_that_answers_zero_in_the_middle_is_told_of_biases() -> None:
    data = {"normalize": "standard"}
    (note,) = of(["tanh", "linear"], flats(1.0), data)
    assert note.startswith("network.bias: without biases the network answers 0 to the mean of its inputs, and the targ")
    assert note.endswith(" on average; network.bias: true helps")
    around = [(inputs, target - 0.95) for inputs, target in flats(1.0)]
    assert of(["tanh", "linear"], around, data) == of(["relu", "linear"], flats(1.0), data) == []
    assert of(["tanh", "linear"], flats(1.0), data, bias=True) == of(["tanh", "sigmoid"], flats(0.1), data) == []
