"""Words of other tools, and what netviz calls the same: every name in the table exists, and is suggested."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netviz.errors import InputError
from netviz.scene.json_schema import every_key, scene_schema
from netviz.scene.loader import load_scene
from netviz.scene.overrides import Override
from netviz.scene.synonyms import ABSENT, KEYS, VALUES, keys_meant, normal, value_meant


def told(overrides: dict[str, object]) -> list[str]:
    given = {key: Override(value, f"--set {key}") for key, value in overrides.items()}
    with pytest.raises(InputError) as caught:
        load_scene("xor", overrides=given)
    return [str(problem) for problem in caught.value.problems]


def words_in(node: object) -> Iterator[str]:
    """All words of which a value of a scene may be one."""
    if isinstance(node, dict):
        yield from (each for each in node.get("enum", []) if isinstance(each, str))
        yield from ([node["const"]] if isinstance(node.get("const"), str) else [])
        for inner in node.values():
            yield from words_in(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from words_in(inner)


def test_every_key_that_is_meant_is_one_of_a_scene() -> None:
    assert {key for keys in KEYS.values() for key in keys} <= {*every_key()}


def test_no_word_is_a_key_itself() -> None:
    top = {key for key in every_key() if "." not in key}
    assert not {*KEYS, *ABSENT} & top
    assert not {*KEYS} & {*ABSENT}
    assert all(normal(word) == word for word in (*KEYS, *ABSENT)), "as they are looked for"


def test_every_value_that_is_meant_may_stand_somewhere() -> None:
    there = {*words_in(scene_schema()), "grey"}
    assert {value for values in VALUES.values() for value in values} <= there


def test_what_is_said_of_absent_things_names_keys_that_exist() -> None:
    named = {word.strip(",;") for text in ABSENT.values() for word in text.split() if "." in word.strip(".,;")}
    assert named and named <= {*every_key()}


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("epochs", "did you mean 'training.cycles'?"),
        ("training.epochs", "did you mean 'training.cycles'?"),
        ("lr", "did you mean 'training.learning_rate'?"),
        ("network.lr", "did you mean 'training.learning_rate'?"),
        ("learning_rate", "did you mean 'training.learning_rate'?"),
        ("mse", "did you mean 'training.loss'?"),
        ("steps", "did you mean 'training.cycles' or 'schedule.frames'?"),
        ("hidden_layers", "did you mean 'network.layers'?"),
        ("batch", "did you mean 'training.batch'?"),
        ("batch-size", "did you mean 'training.batch'?"),
        ("frames per second", "did you mean 'output.fps'?"),
        ("music", "did you mean 'audio'?"),
        ("optimizer", "did you mean 'training.optimizer'?"),
        ("optimiser", "did you mean 'training.optimizer'?"),
        ("training.rmsprop", "training.optimizer is sgd, momentum or adam"),
    ],
)
def test_keys_by_meaning(key: str, says: str) -> None:
    assert told({key: 1}) == [f"--set {key}: unknown key ({says})"]


@pytest.mark.parametrize(
    ("old", "says"),
    [
        ("epochs: 5", "1:1: epochs: unknown key (did you mean 'training.cycles'?)"),
        ("training: {epochs: 5}", "1:12: training.epochs: unknown key (did you mean 'cycles'?)"),
        ("training: {nesterov: true}", "1:12: training.nesterov: unknown key (training.optimizer is sgd"),
        ("output: {resolution: 1}", "1:10: output.resolution: unknown key (did you mean 'size'?)"),
        ("network: {lr: 1}", "1:11: network.lr: unknown key (did you mean 'training.learning_rate'?)"),
    ],
)
def test_keys_of_a_file_by_meaning(tmp_path: Path, old: str, says: str) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(old + "\n")
    with pytest.raises(InputError) as caught:
        load_scene(path)
    assert any(str(problem).startswith(f"{path}:{says}") for problem in caught.value.problems), caught.value


@pytest.mark.parametrize(
    ("key", "value", "meant"),
    [
        ("training.loss", "mse", "squared_error"),
        ("training.loss", "bce", "cross_entropy"),
        ("training.initial_weights", "xavier", "glorot"),
        ("training.regularization", "lasso", "L1"),
        ("network.activation", "logistic", "sigmoid"),
        ("network.activation", "silu", "swish"),
        ("network.activation", "leakyrelu", "leaky_relu"),
        ("network.activation", "LeakyReLU", "leaky_relu"),
        ("network.activation", "leaky relu", "leaky_relu"),
        ("network.activation", "leaky-relu", "leaky_relu"),
        ("network.activation", "exponential linear unit", "elu"),
        ("network.activation", "GELU", "gelu"),
        ("theme", "dark", "night"),
        ("palette", "colorblind", "colour-blind"),
        ("output.platform", "tiktok", "shorts"),
        ("output.quality", "high", "best"),
    ],
)
def test_values_by_meaning(key: str, value: str, meant: str) -> None:
    (line,) = told({key: value})
    assert line.endswith(f"got '{value}' (did you mean '{meant}'?)")


def test_a_word_that_means_several_values_means_the_one_that_may_stand_there() -> None:
    assert value_meant("gaussian", ["zero", "normal"]) == "normal"
    assert value_meant("gaussian", ["gauss", "xor"]) == "gauss"
    assert value_meant("gaussian", ["night"]) is None
    assert keys_meant("Batch Size") == ("training.batch",)
