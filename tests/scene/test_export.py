"""A Scene as a scene file again: the same Scene comes of it, and nothing of the machine is in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netviz.resources import assets_folder
from netviz.scene.export import scene_file, scene_hash, written
from netviz.scene.loader import bundled_scenes, load_scene
from netviz.scene.model import Data
from netviz.scene.panels import NetworkPanelSpec, PicturePanelSpec
from netviz.scene.scene import Scene
from netviz.scene.sound import Sound


def again(scene: Scene, folder: Path) -> Scene:
    """The scene that its own text is, in a file of another name, under its old one."""
    said = written(scene)
    path = folder / "again.yaml"
    path.write_text(scene_file(said.data, "The scene\nagain", said.files), encoding="utf-8")
    return load_scene(path).model_copy(update={"name": scene.name})


@pytest.mark.parametrize("name", [name for name, _ in bundled_scenes()])
def test_a_bundled_scene_comes_back(name: str, tmp_path: Path) -> None:
    scene = load_scene(name)
    if scene.data.examples is not None:  # ten of the digits are as good as all
        scene = scene.model_copy(update={"data": scene.data.model_copy(update={"examples": scene.data.examples[:10]})})
    assert again(scene, tmp_path) == scene


@pytest.mark.parametrize(
    "changes",
    [
        {"audio": "sonify", "duration": "40.5"},
        {"audio.fit": "track", "duration": "121/3", "audio.fade_out": 0, "audio.licence": "mine: all of it"},
        {"output.fps": "30000/1001", "output.size": "square", "output.quality": "best"},
        {"sync": "onsets", "schedule": {"frames": "beats"}},
        {"sync": {"bpm": 96.5, "offset": 0.25}, "schedule": {"every": 20_000}},
        {"captions": [{"text": "a: 'b' \u2028 \u00a0 # {c} 🙂", "at": "12.5s", "for": 3}], "story": None},
        {"story": {"tell": ["sign", "solved"], "slow": False}},
        {"words": {"learning": "Lernt: {examples}", "thousands": " "}, "title": "true"},
        {"words": "bundled:german.yaml", "story": {"drop": ["step"]}},
        {"compare": [{"set": {"training.learning_rate": 1.0, "network.bias": True}}, {"name": "b"}], "story": None},
        {
            "training.initial_weights": "zero",
            "training.initial_biases": [[0.5, -0.0, 1, 1e-30], 3],
            "network.bias": True,
        },
        {"training.seed": "0.59704", "training.initial_weights": "playground", "pulse": 1},
        {"panels": [{"panel": "network", "at": {"wide": [0, 0, 0.5, 1]}}, {"panel": "boundary", "discrete": True}]},
        {"subtitle": "null", "network.outputs": ["no"], "network.inputs": ["~", "1e5", "-"], "name": "ä b"},
    ],
)
def test_a_changed_scene_comes_back(changes: dict[str, Any], tmp_path: Path) -> None:
    if "panels" in changes:
        changes = {
            **changes,
            "network.layers": [2, 4, 1],
            "network.inputs": ["a", "b"],
            "shots": [{"shot": "learning"}],
        }
        changes["data"] = {"dataset": "circle"}
    scene = load_scene("xor", overrides=changes)
    back = again(scene, tmp_path)
    assert back == scene
    labels = [run.label for run in scene.compare or ()]
    assert [run.label for run in back.compare or ()] == labels, "1.0 is not written 1 where a run is called by it"
    assert written(back) == written(scene)


numbers = st.floats(allow_nan=False, allow_infinity=False)
# What a scene's texts may hold: all but control characters and halves of surrogate pairs.
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


@given(title=texts, rate=st.floats(1e-300, 1e300), inputs=st.lists(numbers, min_size=3, max_size=3), biases=numbers)
@settings(max_examples=30, deadline=None)
def test_any_text_and_number_comes_back(
    tmp_path_factory: pytest.TempPathFactory, title: str, rate: float, inputs: list[float], biases: float
) -> None:
    changes = {"title": title, "training.learning_rate": rate, "data.examples": [{"inputs": inputs, "target": 1}]}
    changes |= {"network.bias": True, "training.initial_biases": [biases, biases]}
    scene = load_scene("neuron", overrides={"network.layers": [3, 2, 1], "network.inputs": [], **changes})
    back = again(scene, tmp_path_factory.getbasetemp())
    assert back == scene
    assert repr(back.training.initial_biases) == repr(scene.training.initial_biases), "the sign of zero too"


def test_only_what_is_said(tmp_path: Path) -> None:
    scene = load_scene("xor", overrides={"shots": [{"shot": "title"}, {"shot": "learning"}]})
    assert written(scene).data["audio"] == "bundled:track.mp3"
    assert written(scene).data["story"] == "auto"
    assert written(scene).data["training"] == {"cycles": 60_000, "initial_weights": "milo"}
    assert written(scene).data["shots"] == [{"shot": "title"}, {"shot": "learning"}]
    assert not {"name", "output", "panels", "theme", "pulse"} & written(scene).data.keys()


def test_a_table_is_written_as_examples(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,c\n0.5,1,0\n2,3,1\n")
    data = {"csv": "t.csv", "inputs": ["a", "b"], "targets": ["c"]}
    (tmp_path / "s.yaml").write_text(f"network: {{layers: [2, 1]}}\ndata: {json.dumps(data)}\n")
    scene = load_scene(tmp_path / "s.yaml")
    examples = [{"inputs": [0.5, 1], "target": 0}, {"inputs": [2, 3], "target": 1}]
    assert written(scene).data["data"] == {"examples": examples}
    assert written(scene).data["network"] == {"layers": [2, 1], "inputs": ["a", "b"], "outputs": ["c"]}
    assert again(scene, tmp_path / "..") == scene


def named(*files: str, audio: str = "", font: str | None = None) -> Scene:
    """A scene with these pictures."""
    panels = (NetworkPanelSpec(), *(PicturePanelSpec(file=file) for file in files))
    sound = Sound(file=audio) if audio else None
    network = {"layers": (1, 1)}
    data = Data.model_validate({"examples": [{"inputs": 0, "target": 1}]})
    return Scene.model_validate({"network": network, "data": data, "panels": panels, "audio": sound, "font": font})


def test_of_paths_only_names_are_left() -> None:
    said = written(
        named("/home/me/secret/a.png", "C:\\Users\\me\\b.png", audio="/home/me/secret/track.mp3", font="/x/y/f.otf")
    )
    assert said.files == ("track.mp3", "a.png", "b.png", "f.otf")
    assert said.data["audio"] == "track.mp3"
    assert not {"secret", "Users", "home"} & {*json.dumps(said.data).replace("/", '"').replace("\\", '"').split('"')}


def test_two_files_of_one_name_get_two() -> None:
    said = written(named("/a/x.png", "/b/x.png", "/a/x.png"))
    assert [panel.get("file") for panel in said.data["panels"][1:]] == ["x.png", "x-2.png", "x.png"]
    assert said.files == ("x.png", "x-2.png")


def test_names_that_would_mean_something_else() -> None:
    assert written(named(audio="/a/sonify")).data["audio"] == "./sonify"
    assert written(named(audio="/a/bundled:x")).data["audio"] == "./bundled:x"
    assert written(named(audio="sonify")).data["audio"] == "sonify"
    assert written(named(audio=str(assets_folder() / "track.mp3"))).data["audio"] == "bundled:track.mp3"
    assert written(named(audio="/a/caf\udce9.mp3")).files == ("caf?.mp3",)


def test_the_hash_is_of_what_is_said(tmp_path: Path) -> None:
    assert scene_hash({"b": [1, 2.5], "a": "ä"}) == "5365cd93aa9a9f3e8a4c51dae9ceef2fe2b7508848e669368aad315562103680"
    assert scene_hash({"a": "ä", "b": [1, 2.5]}) == scene_hash({"b": [1, 2.5], "a": "ä"})
    scene = load_scene("neuron")
    assert scene_hash(written(again(scene, tmp_path)).data) == scene_hash(written(scene).data)
    other = load_scene("neuron", overrides={"training.seed": 77})
    assert scene_hash(written(other).data) != scene_hash(written(scene).data)
