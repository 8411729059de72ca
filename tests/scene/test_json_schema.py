"""The JSON Schema: what an editor says of a scene must be what the loader says of it."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError as SchemaError

from netviz.errors import InputError
from netviz.resources import scenes_folder
from netviz.scene.json_schema import every_key, scene_schema
from netviz.scene.loader import load_scene
from netviz.scene.scene import Scene
from netviz.scene.yaml import read_tree

BUNDLED = sorted(scenes_folder().glob("*.yaml"))
VALIDATOR = Draft7Validator(scene_schema())


@functools.cache
def scene_data(path: Path) -> dict[str, Any]:
    data = read_tree(path.read_text(encoding="utf-8")).data
    assert isinstance(data, dict)
    return data


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(inner)


def test_it_is_draft_7() -> None:
    Draft7Validator.check_schema(scene_schema())
    assert scene_schema()["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert json.loads(json.dumps(scene_schema())) == scene_schema()
    for node in nodes(scene_schema()):
        assert not {"$defs", "prefixItems", "discriminator", "unevaluatedProperties"} & set(node)
        # Draft 7 ignores whatever stands beside a $ref.
        assert "$ref" not in node or len(node) == 1


def test_every_key_is_described() -> None:
    written = scene_schema()
    for part in (written, *written["definitions"].values()):
        assert part["description"]
        assert part["additionalProperties"] is False
        for key, value in part["properties"].items():
            referred = value.get("$ref", value.get("allOf", [{}])[0].get("$ref"))
            described = value.get("description") or key in ("shot", "panel")
            assert described or written["definitions"][referred.rpartition("/")[2]]["description"], key


def test_a_changed_copy_changes_nothing() -> None:
    scene_schema()["properties"].clear()
    assert scene_schema()["properties"]


def test_every_key_of_the_scene_is_known() -> None:
    assert set(Scene.model_fields) <= set(every_key())
    assert {"training.learning_rate", "output.fps", "schedule.frames", "network.layers"} <= set(every_key())


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_bundled_scenes_are_valid(path: Path) -> None:
    VALIDATOR.validate(scene_data(path))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("foo", 1),
        ("network", None),
        ("network.layers", [3]),
        ("network.layers", [3, 4.5, 1]),
        ("network.activation", "sigmod"),
        ("network.activation", ["tanh", "sigmod"]),
        ("network.bias", "no"),
        ("data.examples", []),
        ("data.examples.0.target", "x"),
        ("data.examples.0.inputs", []),
        ("data.examples.0.weight", 1),
        ("training.learning_rat", 1),
        ("training.learning_rate", 0),
        ("training.batch", "ful"),
        ("training.batch", 0),
        ("training.cycles", "60000"),
        ("schedule.cycles", []),
        ("shots.0.shot", "lerning"),
        ("shots.0", {}),
        ("shots.0", {"caption": "x"}),
        ("shots.0.inputs", [1, 1, 0]),
        ("shots", []),
        ("output.fps", 0),
        ("output.fps", "fast"),
        ("output.size", "big"),
        ("output.size", 1080),
        ("style", "Glow"),
        ("title", "x" * 201),
        ("name", "a/b"),
        ("audio", ""),
        ("audio", {}),
        ("audio", {"file": ""}),
        ("audio", {"file": "a", "gain": 99}),
        ("audio", {"file": "a", "start": -1}),
        ("audio", {"file": "a", "fit": "flim"}),
        ("duration", -1),
        ("network.bias", "fix"),
        ("training.seed", 0.59704),
        ("training.seed", ""),
        ("training.initial_weights", [[[1, "x"]]]),
        ("training.initial_weights", [1]),
        ("training.initial_biases", []),
        ("training.regularization", "l1"),
        ("panels", []),
        ("panels", [{}]),
        ("panels", [{"at": [0, 0, 1, 1]}]),
        ("panels", [{"panel": "network", "at": [0, 0, 1]}]),
        ("panels", [{"panel": "network", "at": {"wdie": [0, 0, 1, 1]}}]),
        ("panels", [{"panel": "picture"}]),
        ("theme", "nihgt"),
        ("palette", "green"),
        ("palette", {"positive": "gren"}),
        ("palette", {"positive": "#12345"}),
        ("palette", {"positive": "#12345678"}),
        ("palette", {"positive": 123456}),
        ("palette", {"background": ["red"]}),
        ("palette", {"background": ["red", "red", "red"]}),
        ("palette", {"foreground": "red"}),
    ],
)
def test_mistakes_are_mistakes_to_both(key: str, value: Any, tmp_path: Path) -> None:
    data = changed(scene_data(BUNDLED[-1]), key, value)
    with pytest.raises(SchemaError):
        VALIDATOR.validate(data)
    with pytest.raises(InputError):
        loaded(data, tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("network.activation", ["tanh", "sigmoid"]),
        ("network.activation", ["leaky_relu", "gelu"]),
        ("network.activation", "elu"),
        ("network.activation", "swish"),
        ("training.batch", "full"),
        ("training.batch", 7),
        ("schedule", {"every": 100}),
        ("audio", None),
        ("audio", {"file": "a.mp3", "start": "20/3", "gain": -3, "fade_in": 1, "fade_out": 2.5, "fit": "track"}),
        ("audio", {"file": "a.mp3", "loudness": -16, "fade_out": None}),
        ("shots.0.caption", None),
        ("shots.5.target", None),
        ("shots.0.share", 0.1),
        ("output.size", "square"),
        ("output.size", "1280x720"),
        ("output.size", [640, 360]),
        ("output.fps", "30000/1001"),
        ("output.fps", 23.976),
        ("font", "My.ttf"),
        ("network.bias", True),
        ("training", {"cycles": 60_000, "initial_weights": "zero", "seed": "0.59704"}),
        ("training.initial_weights", [[[0.5] * 4] * 3, [1, 2, 3, 4]]),
        ("panels", [{"panel": "network", "at": [0, 0, 0.5, 1]}, {"panel": "curve", "at": {"tall": [0, 0, 1, 1]}}]),
        ("theme", "paper"),
        ("palette", "colour-blind"),
        ("palette", {"positive": "#2Fd695", "negative": "#f40", "text": "tab:blue", "muted": None}),
        ("palette", {"base": "blue-orange", "background": "rebeccapurple"}),
        ("palette", {"background": ["#123", "black"]}),
    ],
)
def test_other_ways_to_write_are_right_to_both(key: str, value: Any, tmp_path: Path) -> None:
    data = changed(scene_data(BUNDLED[-1]), key, value)
    VALIDATOR.validate(data)
    loaded(data, tmp_path)


def changed(data: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    data = copy.deepcopy(data)
    place: Any = data
    *parents, last = [int(part) if part.isdecimal() else part for part in key.split(".")]
    for part in parents:
        place = place[part]
    place[last] = value
    return data


def loaded(data: dict[str, Any], folder: Path) -> Scene:
    # JSON is YAML: the file is written by a writer that is not ours.
    path = folder / "scene.yaml"
    path.write_text(json.dumps(data), encoding="utf-8")
    return load_scene(path)


def paths(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        yield (*path, key)
        yield from paths(value, (*path, key))


_NUMBERS = [0, 1, 2, -1, 0.5, 1e300]
_TEXTS = ["", "x", "full", "tanh", "16:9", "1080p", "30/1"]
_ANYTHING = st.sampled_from([None, True, *_NUMBERS, *_TEXTS, [], [1], [0, 1, 1], ["tanh"], {}, {"a": 1}])


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_what_the_loader_takes_the_schema_takes(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    original = scene_data(data.draw(st.sampled_from(BUNDLED)))
    path = data.draw(st.sampled_from(sorted(paths(original), key=str)))
    mutated = copy.deepcopy(original)
    place: Any = mutated
    for part in path[:-1]:
        place = place[part]
    if isinstance(place, dict) and data.draw(st.booleans()):
        value = place.pop(path[-1])
        if data.draw(st.booleans()):
            place[data.draw(st.sampled_from(["zzz", "title", "cycles", "inputs", "x y"]))] = value
    else:
        place[path[-1]] = data.draw(_ANYTHING)
    is_valid = VALIDATOR.is_valid(mutated)
    try:
        loaded(mutated, tmp_path_factory.getbasetemp())
    except InputError as refused:
        assert all(str(problem).count("scene.yaml") <= 1 for problem in refused.problems)
        return
    assert is_valid
