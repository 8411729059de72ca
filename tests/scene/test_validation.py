"""What a scene's parts must be to each other, for a Scene made in Python."""

# ruff: noqa: E501 - a table, one mistake a line

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from netviz.scene.model import Data, Example, Network, Run, Schedule, Training
from netviz.scene.output import Output
from netviz.scene.panels import (
    BoundaryPanelSpec,
    CurvePanelSpec,
    EquationsPanelSpec,
    NetworkPanelSpec,
    PicturePanelSpec,
)
from netviz.scene.scene import Scene
from netviz.scene.shots import LearningShot, RestShot, ThinkShot, WalkShot
from netviz.scene.sound import Sound
from netviz.scene.validation import mistakes

NETWORK = Network(layers=(2, 1))
DATA = Data(examples=(Example(inputs=(0.0, 1.0), target=(1.0,)),))


def test_a_scene_made_in_python_is_complete() -> None:
    scene = Scene(network=NETWORK, data=DATA)
    assert scene.training == Training()
    assert scene.output.fps == 30
    with pytest.raises(ValidationError):
        scene.title = "frozen"  # type: ignore[misc]


def test_a_scene_made_in_python_is_checked_too() -> None:
    with pytest.raises(ValidationError, match=r"network\.inputs: 1 names for 2 input neurons"):
        Scene(network=Network(layers=(2, 1), inputs=("one",)), data=DATA)
    with pytest.raises(ValidationError, match="expected a number, or a fraction"):
        Output(fps="fast")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parts", "path", "says"),
    [
        ({"network": Network(layers=(2, 3, 1), activation=("softmax", "sigmoid"))}, ("network", "activation"), "last layer"),
        ({"network": Network(layers=(2, 1), outputs=("a", "b"))}, ("network", "outputs"), "2 names for 1 output"),
        (
            {"network": Network(layers=(2, 1), activation="tanh"), "training": Training(loss="cross_entropy")},
            ("training", "loss"),
            "cross_entropy needs sigmoid or softmax outputs, not tanh",
        ),
        (
            {"network": Network(layers=(2, 1), activation=()), "training": Training(loss="cross_entropy")},
            ("network", "activation"),
            "0 activations for 1 layers",
        ),
        (
            {
                "network": NETWORK,
                "data": Data(examples=(Example(inputs=(0.0, 0.0), target=(2.0,)),)),
                "training": Training(loss="cross_entropy"),
            },
            ("data", "examples", 0, "target"),
            "between 0 and 1",
        ),
        ({"training": Training(initial_scale=2.0)}, ("training", "initial_scale"), "glorot weights have no scale"),
        ({"schedule": Schedule()}, ("schedule",), "got none"),
        ({"schedule": Schedule(every=1, frames=1)}, ("schedule",), "got every and frames"),
        ({"schedule": Schedule(cycles=(1, 3, 3))}, ("schedule", "cycles", 2), "3 comes after 3"),
        ({"schedule": Schedule(cycles=(1, 9)), "training": Training(cycles=8)}, ("schedule", "cycles"), "9 is past the end"),
        ({"schedule": Schedule(every=9), "training": Training(cycles=8)}, ("schedule", "every"), "shows nothing"),
        ({"schedule": Schedule(frames=9), "training": Training(cycles=8)}, ("schedule", "frames"), "more than the 8"),
        ({"shots": (LearningShot(), LearningShot())}, ("shots", 1), "where shot 1 stops learning"),
        ({"shots": (RestShot(share=0.6), LearningShot(share=0.6))}, ("shots",), "add up to 1.2"),
        ({"shots": (RestShot(share=1.0), LearningShot())}, ("shots",), "no time"),
        ({"shots": (ThinkShot(inputs=(1.0,)),), "network": NETWORK}, ("shots", 0, "inputs"), "1 value, but the first"),
        (
            {"shots": (ThinkShot(inputs=(1.0, 1.0), target=(1.0, 0.0)),), "network": NETWORK},
            ("shots", 0, "target"),
            "2 values, but the last layer has 1 neuron ",
        ),
        ({"audio": Sound(file="/x.mp3"), "duration": Fraction(5)}, ("duration",), "not both"),
        (
            {"schedule": Schedule(every=1), "training": Training(cycles=50_000)},
            ("schedule", "every"),
            "50,000 shown cycles are more",
        ),
        ({"output": Output(fps=Fraction("23.976023976"))}, ("output", "fps"), "nearest usual rate is 24000/1001"),
    ],
)  # fmt: skip
def test_a_mistake_between_parts(parts: dict[str, Any], path: tuple[str | int, ...], says: str) -> None:
    ((found_path, message),) = mistakes(parts)
    assert found_path == path
    assert says in message


def test_parts_that_fit_have_no_mistakes() -> None:
    scene = Scene(
        network=Network(layers=(2, 3, 1), activation=("tanh", "sigmoid"), inputs=("a", "b")),
        data=DATA,
        training=Training(cycles=9, loss="cross_entropy", initial_weights="normal", initial_scale=0.5),
        schedule=Schedule(cycles=(1, 9)),
        shots=(RestShot(share=0.5), LearningShot(share=0.5)),
        output=Output(size=(128, 8192), fps=Fraction(24000, 1001)),
    )
    assert mistakes({name: getattr(scene, name) for name in Scene.model_fields}) == []


# --- data, training and picture --------------------------------------------------------------------------------------

PLANE = {"network": Network(layers=(2, 4, 1), activation="tanh"), "data": Data(dataset="circle")}
THREE = Network(layers=(3, 2, 1))


def examples(*inputs: tuple[float, ...], target: tuple[float, ...] = (1.0,)) -> tuple[Example, ...]:
    return tuple(Example(inputs=each, target=target) for each in inputs)


def whole(**parts: Any) -> dict[str, Any]:
    """All the parts of a scene, valid but for what is changed."""
    return {name: info.get_default() for name, info in Scene.model_fields.items()} | PLANE | parts


@pytest.mark.parametrize(
    ("parts", "path", "says"),
    [
        ({"data": Data()}, ("data",), "give exactly one of examples, dataset, csv, arrays; got none"),
        ({"data": Data(dataset="xor", csv="a.csv")}, ("data",), "got dataset and csv"),
        ({"data": Data(examples=DATA.examples, samples=5)}, ("data", "samples"), "is only for a dataset; here the data are from examples"),
        ({"data": Data(examples=DATA.examples, noise=5.0)}, ("data", "noise"), "is only for a dataset"),
        ({"data": Data(csv="a.csv", noise=5.0)}, ("data", "noise"), "here the data are from csv"),
        ({"data": Data(dataset="xor", inputs=("a",))}, ("data", "inputs"), "names columns of csv or arrays"),
        ({"data": Data(examples=DATA.examples, targets=("a",))}, ("data", "targets"), "names columns of csv or arrays"),
        ({"data": Data(examples=DATA.examples, train_share=0.5)}, ("data", "train_share"), "0.5 of 1 example leaves none"),
        ({"data": Data(dataset="xor", samples=3, train_share=0.33)}, ("data", "train_share"), "0.33 of 3 examples leaves none"),
        ({"data": Data(dataset="xor", features=("x1", "x2", "x1"))}, ("data", "features", 2), "'x1' stands there already"),
        ({"data": Data(dataset="xor"), "network": THREE}, ("network", "layers", 0), "3 inputs, but the network is given 2 features of a point of the plane (x1, x2); write 2; data.features"),
        ({"data": Data(dataset="xor", features=("x1",)), "network": NETWORK}, ("network", "layers", 0), "2 inputs, but the network is given 1 feature of a point of the plane (x1); write 1"),
        ({"data": Data(dataset="xor"), "network": Network(layers=(2, 4, 3))}, ("network", "layers", 2), "3 outputs, but each point of xor has one target"),
        ({"data": Data(examples=examples((1, 2, 3)), features=("x1", "x2")), "network": NETWORK}, ("data", "features"), "which has 2 inputs (x1 and x2); here are 3 values"),
        ({"data": Data(examples=examples((1, 2), (1, 2, 3)), features=("x1",)), "network": Network(layers=(1, 1))}, ("data", "examples", 1, "inputs"), "3 values, but a point of the plane has 2"),
        ({"data": Data(csv="a.csv", inputs=("a", "b", "c"), features=("x1", "x2")), "network": NETWORK}, ("data", "inputs"), "here are 3 columns"),
        ({"data": Data(csv="a.csv", inputs=("a", "b"), targets=("c",)), "network": THREE}, ("data", "inputs"), "2 columns, but the first layer has 3 neurons (network.layers: [3, 2, 1])"),
        ({"data": Data(csv="a.csv", inputs=("a", "b"), targets=("c", "d")), "network": NETWORK}, ("data", "targets"), "2 columns, but the last layer has 1 neuron (network.layers: [2, 1])"),
        ({"data": Data(dataset="xor"), "training": Training(loss="cross_entropy")}, ("training", "loss"), "those of a dataset go from -1 to 1"),
        ({"data": Data(dataset="blobs"), "network": Network(layers=(2, 3, 1)), "training": Training(loss="cross_entropy")}, ("training", "loss"), "with one output those of blobs are -1 and 1"),
        ({"training": Training(initial_weights="glorot", seed="0.5")}, ("training", "seed"), "glorot weights need a whole number as seed"),
        ({"training": Training(initial_weights="zero", initial_skip=3)}, ("training", "initial_skip"), "zero weights take no random numbers"),
        ({"training": Training(initial_weights=(((1.0,),),), initial_skip=3)}, ("training", "initial_skip"), "weights that are given take no"),
        ({"training": Training(initial_weights=(((1.0,),),), initial_scale=3.0)}, ("training", "initial_scale"), "weights that are given have no scale"),
        ({"training": Training(regularization_rate=0.1)}, ("training", "regularization_rate"), "0.1 of no regularization; set regularization to L1 or L2"),
        ({"training": Training(initial_weights=(((1.0,), (1.0,)),)), "network": THREE}, ("training", "initial_weights"), "1 matrix for 2 layers after the inputs (network.layers: [3, 2, 1]); give 2"),
        (
            {"training": Training(initial_weights=(((1.0, 2.0, 3.0), (1.0, 2.0, 3.0)), ((1.0,), (1.0,)))), "network": THREE},
            ("training", "initial_weights", 0),
            "2 rows of 3, but layer 1 with 3 neurons and layer 2 with 2 need 3 rows of 2",
        ),
        (
            {"training": Training(initial_weights=(((1.0,), (1.0, 2.0)),)), "network": NETWORK},
            ("training", "initial_weights", 0),
            "2 rows of 1 or 2, but",
        ),
        ({"training": Training(initial_biases=((0.5,),)), "network": NETWORK}, ("training", "initial_biases"), "the network has no biases"),
        ({"training": Training(initial_biases=((0.5,),)), "network": Network(layers=(2, 3, 1), bias=True)}, ("training", "initial_biases"), "biases of 1 layer, but 2 come after the inputs"),
        ({"training": Training(initial_biases=((0.5, 1.0), (1.0,))), "network": Network(layers=(2, 3, 1), bias="fixed")}, ("training", "initial_biases", 0), "2 biases for 3 neurons of layer 2; give 3, or one number"),
        ({"network": Network(layers=(2, 1), grid=(2, 3))}, ("network", "grid"), "2 x 3 are 6 pixels, but the first layer has 2 neurons"),
        ({"network": Network(layers=(2, 1), bias_nodes=True)}, ("network", "bias_nodes"), "no biases to draw nodes for"),
        ({"shots": (ThinkShot(inputs=(1.0,)),), "network": THREE, "data": DATA.model_copy(update={"features": ("x1", "x2", "x1*x2")})}, ("shots", 0, "inputs"), "1 value, but a point of the plane has 2, x1 and x2"),
        ({"shots": (WalkShot(example=2),), "data": DATA}, ("shots", 0, "example"), "no training example 2; they are counted from 1 to 1"),
        ({"shots": (WalkShot(example=251),), "data": Data(dataset="xor")}, ("shots", 0, "example"), "counted from 1 to 250"),
        ({"shots": (WalkShot(cycle=3),), "training": Training(), "schedule": Schedule(cycles=(1, 5))}, ("shots", 0, "cycle"), "cycle 3 is none of the shown cycles: 1, 5"),
        ({"shots": (WalkShot(cycle=7),), "training": Training(), "schedule": Schedule(every=5)}, ("shots", 0, "cycle"), "none of the shown cycles (schedule.every: 5)"),
        ({"shots": (WalkShot(cycle=11_000),), "training": Training(), "schedule": Schedule(every=11)}, ("shots", 0, "cycle"), "cycle 11,000 is none"),
        ({"shots": (WalkShot(cycle=9_999),), "training": Training(), "schedule": Schedule(frames=13)}, ("shots", 0, "cycle"), "list schedule.cycles to choose them"),
        ({"shots": (WalkShot(backward=True),), "training": Training(batch=10)}, ("shots", 0, "backward"), "with training.batch: 10 a step is not one example's"),
        ({"shots": (WalkShot(backward=True),), "training": Training(batch=3, last_batch="carry"), "data": DATA}, ("shots", 0, "backward"), "with training.batch: 3"),
        ({"shots": (WalkShot(backward=True),), "training": Training(regularization="L2", regularization_rate=0.1)}, ("shots", 0, "backward"), "no regularization in them"),
    ],
)  # fmt: skip
def test_a_mistake_in_data_or_training_or_shots(parts: dict[str, Any], path: tuple[str | int, ...], says: str) -> None:
    ((found_path, message),) = mistakes(parts)
    assert found_path == path
    assert says in message


@pytest.mark.parametrize(
    ("parts", "path", "says"),
    [
        ({"panels": (CurvePanelSpec(), NetworkPanelSpec(), CurvePanelSpec())}, ("panels", 2), "there is a panel curve already"),
        ({"panels": (CurvePanelSpec(),), "style": "classic"}, ("panels", 0), "classic has its own picture"),
        ({"accuracy": True, "style": "classic"}, ("accuracy",), "classic has its own picture, without it; leave accuracy out"),
        ({"accuracy": True, "panels": (NetworkPanelSpec(),)}, ("accuracy",), "the panels numbers and curve show it"),
        ({"accuracy": True, "data": Data(dataset="plane")}, ("accuracy",), "between two targets, which the examples do not have"),
        ({"accuracy": True, "data": Data(examples=(DATA.examples[0],) * 2)}, ("accuracy",), "which the examples do not have"),
        ({"network": Network(layers=(2, 1), bias=True, bias_nodes=True), "style": "classic"}, ("network", "bias_nodes"), "classic draws no bias nodes"),
        ({"shots": (WalkShot(),), "style": "classic"}, ("shots", 0), "classic has no walks"),
        ({"shots": (LearningShot(examples="together"),), "style": "classic"}, ("shots", 0, "examples"), "classic presents each example"),
        ({"panels": (BoundaryPanelSpec(),), "network": THREE, "data": Data(examples=examples((1, 2, 3)))}, ("panels", 0), "the network has 3 inputs and not 2"),
        ({"panels": (BoundaryPanelSpec(),), "network": Network(layers=(2, 9)), "data": Data(examples=examples((1, 2), target=(1.0,) * 9))}, ("panels", 0), "at most 8 outputs; the network has 9"),
        ({"panels": (NetworkPanelSpec(neurons="maps"),), "network": THREE, "data": Data(examples=examples((1, 2, 3)))}, ("panels", 0, "neurons"), "has 3 inputs and not 2; use numbers"),
        ({"panels": (EquationsPanelSpec(),), "network": Network(layers=(2, 5, 1))}, ("panels", 0), "[2, 5, 1] has up to 5, 2 layers and 6 neurons"),
        ({"panels": (EquationsPanelSpec(),), "network": Network(layers=(2, 1, 1, 1, 1))}, ("panels", 0), "at most 4 neurons in each layer, 3 layers after the inputs and 8 neurons in those"),
        ({"panels": (EquationsPanelSpec(),), "network": Network(layers=(2, 4, 4, 1))}, ("panels", 0), "has up to 4, 3 layers and 9 neurons"),
        ({"panels": (EquationsPanelSpec(weight=13),)}, ("panels", 0, "weight"), "the network has 12 weights; there is no w13"),
        ({"shots": (LearningShot(), WalkShot()), "network": Network(layers=(2, 5, 1))}, ("shots", 1), "leave the walk out, or list panels without equations"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_picture(parts: dict[str, Any], path: tuple[str | int, ...], says: str) -> None:
    ((found_path, message),) = mistakes(whole(**parts))
    assert found_path == path
    assert says in message


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"style": "classic"},
        {"data": Data(dataset="spiral", noise=80.0, samples=20, train_share=0.05, features=("sin(x1)", "x2^2"))},
        {"training": Training(initial_weights="playground", seed="0.59704", regularization="L1")},
        {"training": Training(initial_weights="zero", seed="any text")},
        {"training": Training(initial_weights=((((1.0,) * 4),) * 2, ((1.0,),) * 4), seed="any text")},
        {"training": Training(initial_weights="trask", initial_skip=3)},
        {
            "network": Network(layers=(2, 4, 1), bias=True, bias_nodes=True),
            "training": Training(initial_biases=((0.5,), (1.0,))),
        },
        {"network": Network(layers=(2, 2, 1), bias="fixed"), "training": Training(initial_biases=((0.5, 1.0), (1.0,)))},
        {"shots": (WalkShot(example=250, cycle=10_000, backward=True),)},
        {"shots": (WalkShot(cycle=60),), "schedule": Schedule(every=20)},
        {
            "shots": (WalkShot(backward=True),),
            "data": DATA,
            "training": Training(batch="full", regularization="L2"),
        },
        {"shots": (WalkShot(),), "network": Network(layers=(2, 5, 1)), "panels": (NetworkPanelSpec(neurons="maps"),)},
        {
            "panels": (
                PicturePanelSpec(file="/a"),
                PicturePanelSpec(file="/a"),
                BoundaryPanelSpec(),
                EquationsPanelSpec(weight=12),
            )
        },
        {"shots": (ThinkShot(inputs=(1.0, 2.0)),)},
        {"network": THREE, "data": Data(examples=examples((1, 2, 3))), "shots": (LearningShot(examples="together"),)},
        {"network": NETWORK, "data": Data(csv="a.csv", inputs=("a", "b"), targets=("c",))},
    ],
)
def test_what_is_no_mistake(parts: dict[str, Any]) -> None:
    assert mistakes(whole(**parts)) == []


def test_every_mistake_is_found_with_parts_missing() -> None:
    given = whole(network=Network(layers=(2, 5, 1)), shots=(WalkShot(example=999),))
    for name in Scene.model_fields:
        mistakes({other: value for other, value in given.items() if other != name})


def test_a_table_that_was_not_read_makes_no_scene() -> None:
    with pytest.raises(ValidationError, match=r"data\.csv: a table is read where a scene is loaded"):
        Scene(network=NETWORK, data=Data(csv="a.csv", inputs=("a", "b"), targets=("c",)))


# --- what a scene is by itself ---------------------------------------------------------------------------------------


def kinds(**parts: Any) -> list[str]:
    return [panel.panel for panel in Scene(**whole(**parts)).shown_panels]


def test_the_panels_that_suit_a_scene() -> None:
    plane = ["curve", "network", "boundary", "title", "caption", "numbers"]
    table = ["curve", "network", "table", "title", "caption", "numbers"]
    assert kinds() == plane
    answers = ["curve", "network", "table", "answers", "title", "caption", "numbers"]
    assert kinds(data=Data(dataset="xor", samples=50)) == answers
    assert kinds(data=Data(dataset="plane", samples=50)) == table, "no two targets"
    assert kinds(data=Data(dataset="xor", samples=400), shots=(LearningShot(examples="each"),)) == table, "too many"
    assert (
        kinds(
            data=Data(dataset="xor", samples=50), compare=(Run(set={"training.seed": 1}), Run(set={"training.seed": 2}))
        )
        == table
    )
    assert kinds(shots=(WalkShot(),)) == ["curve", "network", "boundary", "equations", "title", "caption", "numbers"]
    assert kinds(style="classic") == table
    three = Data(examples=examples((1, 2, 3)))
    assert kinds(network=THREE, data=three, shots=(LearningShot(examples="together"),)) == table
    nine = Data(examples=examples(*[(1, 2)] * 60, target=(1.0,) * 9))
    assert kinds(network=Network(layers=(2, 9)), data=nine) == table
    assert kinds(panels=(CurvePanelSpec(),)) == ["curve"]


def test_a_table_with_a_gap_is_asked_about_it_at_the_end() -> None:
    def shots(*rows: tuple[float, ...], **more: Any) -> list[tuple[str, Any]]:
        network = Network(layers=(len(rows[0]), 1))
        scene = Scene(network=network, data=Data(examples=examples(*rows)), **more)
        return [(shot.shot, getattr(shot, "inputs", None)) for shot in scene.shots]

    usual = [("title", None), ("rest", None), ("learning", None), ("rest", None)]
    assert shots((0, 0), (0, 1), (1, 0)) == [*usual, ("think", (1, 1))]
    assert shots((0, 0), (0, 1), (1, 0), (1, 1)) == usual, "nothing is missing"
    assert shots((0, 0, 0), (0, 1, 1), (1, 0, 1)) == usual, "too much is"
    assert shots((0.1, 0), (0.2, 1), (0.3, 1), (0.4, 0), (0.5, 1)) == usual, "no table of a few values"
    assert shots((0, 0), (0, 1), (1, 0), style="classic") == usual
    assert shots((0, 0), (0, 1), (1, 0), shots=(LearningShot(),)) == [("learning", None)], "the scene's own stay"
    seven = [(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1) if (a, b, c) != (1, 0, 1)]
    assert shots(*seven)[-1] == ("think", (1, 0, 1))
    scene = Scene(network=Network(layers=(2, 1)), data=Data(examples=examples((0, 0), (0, 1), (1, 0))))
    assert Scene.model_validate(scene.model_dump(mode="json")) == scene


def test_where_bias_nodes_are_drawn() -> None:
    def drawn(style: str = "glow", **network: Any) -> bool:
        return Scene(**whole(network=Network(layers=(2, 1), **network), style=style)).has_bias_nodes

    assert [drawn(bias=True), drawn(bias="fixed"), drawn(), drawn(bias=True, bias_nodes=False)] == [
        True,
        True,
        False,
        False,
    ]
    assert [drawn(style, bias=True) for style in ("classic", "playground")] == [False, False]
    assert drawn("playground", bias=True, bias_nodes=True)
