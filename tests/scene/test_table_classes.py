"""Tables with classes: texts, or whole numbers, each of which has an output of its own."""

# The tables hold messages as they are printed, one a line.
# ruff: noqa: E501

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netviz.errors import NetvizWarning
from netviz.scene.export import written
from netviz.scene.loader import load_scene, read_scene
from netviz.scene.overrides import run_scenes
from netviz.scene.scene import Scene
from tests.scene.smallest import told

SCENE = "network: {layers: [2, 4, 3]}\ndata: {csv: t.csv, targets: [kind]}\n"
TABLE = "a,b,note,kind\n1,2,x,cat\n3,4,y,ant\n5,6,z,bee\n7,8,,cat\n"
ANT, BEE, CAT = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)

Make = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Writes my.yaml and t.csv into an empty current folder."""
    monkeypatch.chdir(tmp_path)

    def _write(table: str = TABLE, scene: str = SCENE) -> Path:
        Path("t.csv").write_text(table, encoding="utf-8")
        Path("my.yaml").write_text(scene, encoding="utf-8")
        return Path("my.yaml")

    return _write


def targets(scene: Scene) -> list[tuple[float, ...]]:
    return [example.target for example in scene.data.examples or ()]


def test_texts_are_classes_with_an_output_each(write: Make) -> None:
    scene = load_scene(write())
    assert targets(scene) == [CAT, ANT, BEE, CAT]
    assert [example.inputs for example in scene.data.examples or ()] == [(1, 2), (3, 4), (5, 6), (7, 8)]
    assert (scene.network.inputs, scene.network.outputs) == (("a", "b"), ("ant", "bee", "cat"))
    assert (scene.network.activation, scene.training.loss) == (("sigmoid", "softmax"), "cross_entropy")


def test_spaces_and_quotes_make_no_other_class(write: Make) -> None:
    scene = load_scene(write('a;b;kind\n1;2; cat \n3;4;"ant"\n5;6;bee\n7;8;"cat "\n'))
    assert targets(scene) == [CAT, ANT, BEE, CAT]


def test_one_name_needs_no_list(write: Make) -> None:
    listed = load_scene(write())
    assert load_scene(write(scene=SCENE.replace("[kind]", "kind, inputs: [a, b]"))) == listed
    assert told(write(scene=SCENE.replace("[kind]", "7"))) == [
        "my.yaml:2:29: data.targets: expected text, or a list of texts, got whole number 7 (in quotes it would be text)"
    ]


@pytest.mark.parametrize(
    ("network", "training", "activation", "loss"),
    [
        ("activation: tanh", "", ("tanh", "softmax"), "cross_entropy"),
        ("activation: [tanh, softmax]", "", ("tanh", "softmax"), "cross_entropy"),
        ("activation: [tanh, sigmoid]", "", ("tanh", "sigmoid"), "cross_entropy"),
        ("activation: [tanh, tanh]", "", ("tanh", "tanh"), "squared_error"),
        ("bias: true", "training: {loss: squared_error}", ("sigmoid", "softmax"), "squared_error"),
        ("bias: true", "training: {cycles: 9}", ("sigmoid", "softmax"), "cross_entropy"),
    ],
)
def test_what_the_scene_says_goes_before(network: str, training: str, activation: Any, loss: str, write: Make) -> None:
    scene = load_scene(write(scene=SCENE.replace("3]}", f"3], {network}}}") + training))
    assert (scene.network.activation, scene.training.loss) == (activation, loss)


def test_without_hidden_layers_a_name_alone_is_the_outputs(write: Make) -> None:
    direct = SCENE.replace("[2, 4, 3]", "[2, 3]")
    assert load_scene(write(scene=direct)).network.activation == ("softmax",)
    sigmoid = load_scene(write(scene=direct.replace("3]}", "3], activation: sigmoid}"))).network
    assert sigmoid.activation == "sigmoid"


def test_outputs_named_after_the_classes_give_their_order(write: Make) -> None:
    scene = load_scene(write(scene=SCENE.replace("3]}", "3], outputs: [cat, ant, bee]}")))
    assert targets(scene) == [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0)]
    scene = load_scene(write(scene=SCENE.replace("3]}", "3], outputs: [A, B, C]}")))
    assert (targets(scene), scene.network.outputs) == ([CAT, ANT, BEE, CAT], ("A", "B", "C"))


def test_of_two_classes_one_output_tells_the_second(write: Make) -> None:
    table, single = TABLE.replace("bee", "ant"), SCENE.replace("[2, 4, 3]", "[2, 4, 1]")
    scene = load_scene(write(table, single))
    assert (targets(scene), scene.network.outputs) == ([(1,), (0,), (0,), (1,)], ("cat",))
    assert (scene.network.activation, scene.training.loss) == (("sigmoid", "sigmoid"), "cross_entropy")
    scene = load_scene(write(table, single.replace("1]}", "1], outputs: [ant]}")))
    assert (targets(scene), scene.network.outputs) == ([(0,), (1,), (1,), (0,)], ("ant",))
    assert targets(load_scene(write(table, SCENE.replace("3]", "2]")))) == [(0, 1), (1, 0), (1, 0), (0, 1)]


def test_whole_numbers_are_classes_where_each_has_an_output(write: Make) -> None:
    table = TABLE.replace("cat", "10").replace("ant", "2").replace("bee", "-1.0")
    scene = load_scene(write(table, SCENE.replace("kind]", "kind], inputs: [a, b]")))
    assert (targets(scene), scene.network.outputs) == ([CAT, BEE, ANT, CAT], ("-1", "2", "10"))
    scene = load_scene(write(table, SCENE.replace("3]", "1], activation: linear")))
    assert (targets(scene), scene.network.outputs) == ([(10,), (2,), (-1,), (10,)], ("kind",))
    assert (scene.network.activation, scene.training.loss) == ("linear", "squared_error")


@pytest.mark.parametrize(
    ("table", "layers", "says"),
    [
        (TABLE, "[2, 4, 4]", "my.yaml:2:29: data.targets: column 'kind' has 3 classes (ant, bee, cat), but the last layer has 4 neurons (network.layers: [2, 4, 4]); layers: [2, 4, 3] would fit"),
        (TABLE, "[2, 4, 1]", "my.yaml:2:29: data.targets: column 'kind' has 3 classes (ant, bee, cat), but the last layer has 1 neuron (network.layers: [2, 4, 1]); layers: [2, 4, 3] would fit"),
        (TABLE.replace("cat", "4").replace("ant", "2").replace("bee", "2"), "[2, 4, 3]", "my.yaml:2:29: data.targets: column 'kind' has 2 classes (2, 4), but the last layer has 3 neurons (network.layers: [2, 4, 3]); layers: [2, 4, 2] would fit"),
        (TABLE.replace("cat", "4.5").replace("ant", "2").replace("bee", "2"), "[2, 4, 3]", "my.yaml:2:29: data.targets: 1 column of numbers, but the last layer has 3 neurons (network.layers: [2, 4, 3])"),
        (TABLE.replace("cat", "ant").replace("bee", "ant"), "[2, 4, 3]", "t.csv: column 'kind': holds 'ant' alone, so there is nothing to tell apart"),
        (TABLE.replace("cat", "c\x07t"), "[2, 4, 3]", "t.csv:2: column 'kind': control character '\\x07' cannot be drawn"),
        (TABLE.replace("ant", "a" * 201), "[2, 4, 3]", "t.csv:3: column 'kind': a name of 201 characters; 200 are the most"),
        ("a,b,kind\n" + "".join(f"1,2,k{number}\n" for number in range(101)), "[2, 4, 3]", "t.csv: column 'kind': 101 different values in 101 rows are no classes; 100 are the most"),
        (TABLE, "[3, 4, 3]", "my.yaml:2:7: data.inputs: 2 columns of numbers ('a', 'b'), but the first layer has 3 neurons (network.layers: [3, 4, 3]); name those that are inputs"),
    ],
)  # fmt: skip
def test_classes_that_do_not_fit_are_told_in_a_line(table: str, layers: str, says: str, write: Make) -> None:
    assert told(write(table, SCENE.replace("[2, 4, 3]", layers))) == [says]


def test_runs_to_compare_have_classes_too(write: Make) -> None:
    runs = "compare:\n  - {set: {network.activation: tanh}}\n  - {set: {network.layers: [2, 5, 5, 3]}}\n"
    runs += "  - {set: {network.layers: [2, 5, 5, 3], network.activation: [relu, relu, softmax]}, name: r}\n  - {}\n"
    scene = load_scene(write(scene=SCENE + runs))
    assert [run.network.activations for run in run_scenes(scene)] == [
        ("tanh", "softmax"),
        ("sigmoid", "sigmoid", "softmax"),
        ("relu", "relu", "softmax"),
        ("sigmoid", "softmax"),
    ]
    assert scene.runs == ("activation tanh", "layers 2-5-5-3", "r", "as it is")


def test_a_scene_of_classes_is_written_and_read_again(write: Make) -> None:
    scene = load_scene(write())
    Path("again.yaml").write_text(json.dumps(written(scene).data))
    assert load_scene("again.yaml", overrides={"name": "my"}) == scene
    assert load_scene("my.yaml", overrides={"network.activation": "relu"}).network.activation == ("relu", "softmax")


def test_a_target_among_the_inputs_is_told(write: Make) -> None:
    scene = "network: {layers: [2, 1]}\ndata: {csv: t.csv, inputs: [a, b], targets: [b]}\n"
    assert read_scene(write(scene=scene)).notes == (
        "t.csv: column 'b' is an input and a target, so the answer is given away",
    )


def test_missing_values_are_warned_of(write: Make) -> None:
    write(TABLE.replace("3,4", "3,"), SCENE.replace("3]", "2]"))
    with pytest.warns(
        NetvizWarning, match=r"^t.csv: 1 of 4 rows are left out, for they lack a value: b in 1 \(line 3\)$"
    ):
        scene = load_scene("my.yaml")
    assert targets(scene) == [(0, 1), (1, 0), (0, 1)]


def test_values_that_are_missing_are_told_once(write: Make) -> None:
    table = "a,b,kind\n1,2,cat\n?,NA,ant\n3,,bee\n4,5,N/A\n6,7,ant\n8,9,bee\n10,11,none\n,12,cat\n"
    result = read_scene(write(table, SCENE.replace("3]", "4]")))
    assert result.scene is not None, result.problems
    assert result.notes == (
        "t.csv: 4 of 8 rows are left out, for they lack a value: a in 2 (lines 3, 9), b in 2 (lines 3, 4), "
        "kind in 1 (line 5)",
    )
    assert [example.inputs for example in result.scene.data.examples or ()] == [(1, 2), (6, 7), (8, 9), (10, 11)]
    assert result.scene.network.outputs == ("ant", "bee", "cat", "none")
    assert targets(result.scene)[-1] == (0, 0, 0, 1)
