"""Runs to be compared: what each may replace, where its mistakes are told, and the scenes that come of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netviz.errors import InputError
from netviz.scene.json_schema import every_key
from netviz.scene.loader import load_scene, read_scene
from netviz.scene.look_file import read_look
from netviz.scene.model import Run, refused
from netviz.scene.overrides import run_scenes
from netviz.scene.scene import Scene
from tests.scene.smallest import BASE, Write, told


def test_every_mistake_stands_at_its_place_in_the_file(write: Write) -> None:
    compare = """\
compare:
  - {name: a, set: {training.learning_rat: 1}}
  - set:
      training.learning_rate: -1
      training.cycles: 20
  - {set: {network.layers: [3, 4, 2]}}
  - {set: {output.size: 720p, training.regularization: L3}}
"""
    lines = told(write(BASE + "trainin: {}\n" + compare))
    assert [line.partition(" ")[0] for line in lines] == [
        f"my.yaml:{place}:" for place in ("7:1", "9:21", "11:31", "12:7", "13:28", "13:28", "14:12", "14:56")
    ]
    assert "did you mean 'training.learning_rate'?" in lines[1]
    assert lines[2].endswith("compare[1].set.'training.learning_rate': expected a number above 0, got -1")
    assert "share one clock" in lines[3]
    assert "data.examples[0].target: 1 value, but the last layer has 2 neurons" in lines[4]
    assert "share one picture" in lines[6]


def test_what_was_wrong_before_is_told_once(write: Write) -> None:
    wrong = BASE.replace("[3, 4, 1]", "[3, 4, 2]")
    runs = "compare: [{set: {training.seed: 1}}, {set: {training.seed: 2}}]\n"
    assert told(write(wrong + runs)) == told(write(wrong))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("[{set: {training.seed: 1}}]", "expected a list of 2 to 4 mappings"),
        ("[{set: {training.seed: 1}}, {set: {training.seed: 1}}]", "replaces the same as run 1"),
        ("[{name: a}, {name: a, set: {training.seed: 1}}]", "is called 'a' too"),
        ("[{name: a}, {name: b, set: {training: {}}}]", "give its keys one by one"),
        ("[{name: a}, {set: 3}]", "expected a mapping such as {training.learning_rate: 0.1}"),
        ("[{}, {set: {training.seed: 2}}]\nstyle: classic", "choose glow or playground"),
        ("[{}, {set: {training.seed: 2}}]\nshots: [{shot: walk}]", "no room for the equations of a walk"),
        ("[{}, {set: {training.seed: 2}}]\npanels: [{panel: title}]", "nothing of the runs would be seen"),
        ("[{}, {set: {training.seed: 2}}]\npanels: [{panel: network, at: [0, 0, 1, 1]}]", "leave at out"),
        ("[{}, {set: {training.seed: 2}}]\nstory: auto", "a story is of one run"),
        ("[{}, {set: {training.seed: 2}}]\naudio: sonify", "makes its sound from one run"),
        ('[{}, {set: {training.seed: 2}}]\ncaptions: [{text: a, at: "event:solved"}]', "its own events"),
    ],
)
def test_what_cannot_be_compared(write: Write, more: str, message: str) -> None:
    (line,) = told(write(f"{BASE}compare: {more}\n"))
    assert (message in line and line.startswith("my.yaml:7:")) or line.startswith("my.yaml:8:")


def test_what_a_run_may_replace() -> None:
    free = [key for key in every_key() if "." in key and refused(key) is None]
    assert {key.partition(".")[0] for key in free} == {"network", "data", "training"}
    assert "training.cycles" not in free and len([key for key in free if key.startswith("training.")]) > 10
    assert {"network.activation", "network.bias", "network.layers", "data.noise"} <= set(free)
    assert all(refused(key) for key in every_key() if "." not in key)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"training.learning_rate": 0.1}, "learning rate 0.1"),
        ({"network.bias": False}, "without bias"),
        ({"network.bias": True, "training.seed": 3}, "with bias, seed 3"),
        ({"network.layers": [3, 8, 1]}, "layers 3-8-1"),
        ({}, "as it is"),
    ],
)
def test_a_run_is_called_what_it_replaces(values: dict[str, Any], name: str) -> None:
    assert Run(set=values).label == name
    assert Run(name="mine", set=values).label == "mine"


def test_each_run_is_the_scene_with_its_own_values(write: Write) -> None:
    runs = "compare: [{set: {training.learning_rate: 0.5}}, {set: {network.layers: [3, 7, 1], network.bias: true}}]\n"
    scene = load_scene(write(BASE + runs))
    first, second = run_scenes(scene)
    assert first.training.learning_rate == 0.5 and first.network == scene.network
    assert second.network.layers == (3, 7, 1) and second.network.bias is True
    assert first.compare is None and run_scenes(first) == (first,)
    assert Scene.model_validate(scene.model_dump(mode="json")) == scene


def test_runs_typed_as_an_option_are_told_by_it(write: Write) -> None:
    result = read_scene(write(BASE), {"compare": [{"set": {"training.seed": -1}}, {}]})
    assert [problem.where for problem in result.problems] == ["compare: compare[0].set.'training.seed'"]


def test_runs_no_file_could_have() -> None:
    scene = load_scene("xor")
    runs = (Run(set={"training.cycles": 3}), Run(set={"training.seed": -3}), Run(set={"training.sed": 1}))
    with pytest.raises(InputError) as wrong:
        run_scenes(scene.model_copy(update={"compare": runs}))
    assert [problem.where.partition(":")[0] for problem in wrong.value.problems] == [
        "compare[0].set", "compare[1]", "compare[2].set",
    ]  # fmt: skip


def test_files_of_options_and_looks_are_those_of_all_runs(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(BASE + "compare: [{set: {training.seed: 1}}, {set: {training.seed: 2}}]\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "words.yaml").write_text("label-cycle: round\n")
    (elsewhere / "brand.yaml").write_text("words: words.yaml\npanels: [auto, {panel: picture, file: logo.png}]\n")
    folder = tmp_path / "scene"
    folder.mkdir()
    path.rename(folder / "my.yaml")
    monkeypatch.chdir(folder)
    for key, name in (("words", "words.yaml"), ("font", "font.otf"), ("look", "brand.yaml")):
        assert told("my.yaml", {key: f"../elsewhere/{name}"}) == []
    assert read_scene("my.yaml", look=read_look("../elsewhere/brand.yaml").overrides).problems == ()
