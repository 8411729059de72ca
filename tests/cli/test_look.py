"""How a film is to look, in a file of its own: over scenes, over recordings, and under what is typed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import imageio.v3
import numpy as np
import pytest

import netviz
from tests.cli.conftest import Call
from tests.cli.support import FILM, SCENE

SOURCES = ("my.yaml", "my.npz")
"""A scene, and the recording of its training."""


@pytest.fixture
def both(call: Call, tmp_path: Path) -> Path:
    """The folder with a scene and its recording."""
    (tmp_path / "my.yaml").write_text(
        SCENE + "title: Its own\nshots: [{shot: rest, share: 0.1}, {shot: learning}]\nstory: null\n"
    )
    assert call("record", "my.yaml").code == 0
    return tmp_path


@pytest.fixture
def run(call: Call, tmp_path: Path) -> str:
    """A recording that shows thirteen of its cycles."""
    assert call("record", "--cycles", "1000", "--frames", "13", "--duration", "60", "-o", "run.npz").code == 0
    return "run.npz"


def shown(call: Call, source: str, *options: str) -> Any:
    """The scene that the picture of a film says it was made of."""
    assert call("still", source, *options, "--at", "start", "-o", "it.png", "-y").code == 0
    return json.loads(call("inspect", "it.png", "--json").out)["scene"]


def refused(call: Call, *arguments: str) -> list[str]:
    """The lines about mistakes of a command that makes nothing."""
    result = call(*arguments)
    assert (result.code, result.out) == (2, "")
    return result.errors


def cycles(call: Call, source: str, *options: str) -> list[int]:
    """The cycles that a film shows."""
    result = call("plan", source, *options, "--json")
    assert result.code == 0, result.err
    return sorted({span["cycle"] for span in json.loads(result.out)["spans"] if span["kind"] == "step"})


@pytest.mark.parametrize("source", SOURCES)
def test_its_keys_are_put_over_those_below(call: Call, both: Path, source: str) -> None:
    (both / "look.yaml").write_text(
        "title: Another\ntheme: paper\noutput: {fps: 12}\nnetwork: {inputs: [a, b]}\nshots: [{shot: learning}]\n"
    )
    before, after = shown(call, source), shown(call, source, "--look", "look.yaml")
    assert (before["title"], after["title"]) == ("Its own", "Another")
    assert "theme" not in before and after["theme"] == "paper"
    assert after["output"] == before["output"] | {"fps": 12}, "a mapping is merged"
    assert before["output"] == {"size": "160x128", "fps": 10}
    assert after["network"] == before["network"] | {"inputs": ["a", "b"]}
    assert len(before["shots"]) == 2 and after["shots"] == [{"shot": "learning"}], "a list is replaced"
    for key in ("data", "training", "schedule", "duration"):
        assert after.get(key) == before.get(key)


def test_a_film_of_either_is_the_same_film(call: Call, both: Path) -> None:
    (both / "look.yaml").write_text("style: classic\nnetwork: {outputs: [answer]}\n")
    pictures = []
    for source in SOURCES:
        assert call("still", source, "--look", "look.yaml", "-o", f"{source}.png").code == 0
        pictures.append((both / f"{source}.png").read_bytes())
    assert pictures[0] == pictures[1]
    assert call("still", "my.npz", "-o", "plain.png").code == 0
    assert not np.array_equal(*map(imageio.v3.imread, (both / "plain.png", both / "my.npz.png")))


@pytest.mark.parametrize("source", SOURCES)
def test_options_win_over_it(call: Call, both: Path, music: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    (both / "look.yaml").write_text("title: Another\noutput: {fps: 12}\n")
    typed = shown(call, source, "--look", "look.yaml", "--fps", "20", "--set", "subtitle=Typed")
    assert (typed["title"], typed["subtitle"], typed["output"]["fps"]) == ("Another", "Typed", 20)
    monkeypatch.setenv("NETVIZ_FPS", "15")
    assert shown(call, source, "--look", "look.yaml")["output"]["fps"] == 15
    monkeypatch.delenv("NETVIZ_FPS")
    # Choices that exclude each other are decided for the option too.
    (both / "look.yaml").write_text(f"audio: {music.name}\npanels: [{{panel: network}}]\noutput: {{size: 256x128}}\n")
    timed = shown(call, source, "--look", "look.yaml", "--duration", "3")
    assert (timed["duration"], timed.get("audio")) == (3, None)
    assert "panels" not in shown(call, source, "--look", "look.yaml", "--style", "classic")
    assert shown(call, source, "--look", "look.yaml", "--for", "shorts")["output"]["size"] == "1080x1920"


def test_a_look_may_not_choose_twice(call: Call, both: Path, music: Path) -> None:
    (both / "look.yaml").write_text(f"audio: {music.name}\nduration: 3\n")
    for source in SOURCES:
        (error,) = refused(call, "validate", source, "--look", "look.yaml")
        assert error.startswith("look.yaml:1:8 and look.yaml:2:11: the film is as long as its music")


@pytest.mark.parametrize("source", SOURCES)
def test_its_files_lie_beside_it(call: Call, both: Path, source: str) -> None:
    folder = both / "looks"
    folder.mkdir()
    imageio.v3.imwrite(folder / "logo.png", np.full((64, 64, 3), 200, np.uint8))
    (folder / "words.yaml").write_text("cycles-one: eine Runde\n")
    (folder / "look.yaml").write_text(
        "words: words.yaml\npanels: [{panel: network}, {panel: picture, file: logo.png}]\n"
    )
    look = shown(call, source, "--look", "looks/look.yaml")
    assert look["words"] == {"cycles-one": "eine Runde"}
    assert look["panels"][1] == {"panel": "picture", "file": "logo.png"}
    (folder / "logo.png").unlink()
    (error,) = refused(call, "validate", source, "--look", "looks/look.yaml")
    assert error == "looks/look.yaml:2:51: panels[1].file: looks/logo.png: no such file"
    (folder / "words.yaml").write_text("nonsense: Unsinn\n")
    (error,) = refused(call, "validate", source, "--look", "looks/look.yaml")
    assert error.startswith("looks/words.yaml:1:1: nonsense: ")


@pytest.mark.parametrize("source", SOURCES)
def test_files_outside_its_folder_have_to_be_allowed(call: Call, both: Path, music: Path, source: str) -> None:
    folder = both / "looks"
    folder.mkdir()
    imageio.v3.imwrite(both / "logo.png", np.full((64, 64, 3), 200, np.uint8))
    text = (
        f"audio: {{file: ../{music.name}}}\npanels: [{{panel: network}}, {{panel: picture, file: {both}/logo.png}}]\n"
    )
    (folder / "look.yaml").write_text(text)
    errors = refused(call, "validate", source, "--look", "looks/look.yaml")
    reason = "lies outside the look's folder; copy it there, or use --allow-outside"
    assert errors[0] == f"looks/look.yaml:1:15: audio.file: '../{music.name}' {reason}"
    assert errors[1].startswith("looks/look.yaml:2:") and errors[1].endswith(f": '{both}/logo.png' {reason}")
    assert call("validate", source, "--look", "looks/look.yaml", "--allow-outside").code == 0


@pytest.mark.parametrize("source", SOURCES)
def test_a_scene_file_may_be_a_look(call: Call, both: Path, source: str) -> None:
    (both / "other.yaml").write_text(
        SCENE.replace("layers: [2, 2, 1]", "layers: [2, 9, 1]\n  bias: true\n  inputs: [a, b]")
        .replace("inputs: [0, 1], target: 1", "inputs: [1, 1, 1], target: 0")
        .replace("{cycles: 60}", "{cycles: 600, seed: 9}")
        .replace("{frames: 3}", "{frames: 30}")
        .replace("fps: 10", "fps: 20")
        .replace("duration: 2", "duration: 4\ntitle: Of another")
    )
    result = call("validate", source, "--look", "other.yaml")
    left_out = "data, training, schedule, network.layers, network.bias"
    said = f"other.yaml: {left_out} say how a run is trained, and are left out: only the look is used"
    assert (result.code, result.warnings) == (0, [said]), result.err
    strict = call("validate", source, "--look", "other.yaml", "--strict")
    assert (strict.code, strict.errors) == (2, [f"{said} (--strict)"])
    looking = shown(call, source, "--look", "other.yaml")
    assert (looking["title"], looking["duration"], looking["output"]["fps"]) == ("Of another", 4, 20)
    assert (looking["network"]["layers"], looking["network"]["inputs"]) == ([2, 2, 1], ["a", "b"])
    own = shown(call, source)
    assert all(looking[key] == own[key] for key in ("data", "training", "schedule"))
    (both / "one.yaml").write_text("title: Of one\ntraining: {cycles: 3}\n")
    (one,) = call("validate", source, "--look", "one.yaml").warnings
    assert one == "one.yaml: training says how a run is trained, and is left out: only the look is used"


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("text", "errors"),
    [
        (
            "title: Fine\nstyel: glow\noutput: {fsp: 3}\n",
            [
                "look.yaml:2:1: styel: unknown key (did you mean 'style'?)",
                "look.yaml:3:10: output.fsp: unknown key (did you mean 'output.fps'?)",
            ],
        ),
        (
            "title: 3\nshots:\n  - {shot: rest}\n  - {shot: lerning}\n",
            [
                "look.yaml:1:8: title: expected text, got whole number 3 (in quotes it would be text)",
                "look.yaml:4:12: shots[1].shot: expected one of title, rest, learning, think, walk, got 'lerning'",
            ],
        ),
        ("title: a\ntitle: b\n", ["look.yaml:2:1: title: duplicate key; it stands already in line 1"]),
        ("font: none.ttf\n", ["look.yaml:1:7: font: "]),
        ("title: [\n", ["look.yaml:2:1: expected the node content"]),
        ("- title\n", ["look.yaml:1:1: expected keys of a scene, such as title or style, got a list"]),
        ("", ["look.yaml:1:1: expected keys of a scene, such as title or style, got an empty file"]),
        ("network: {inputs: [a, b, c]}\n", ["look.yaml:1:19: network.inputs: "]),
    ],
)
def test_mistakes_in_it_have_their_places(call: Call, both: Path, source: str, text: str, errors: list[str]) -> None:
    (both / "look.yaml").write_text(text)
    found = refused(call, "validate", source, "--look", "look.yaml")
    assert len(found) == len(errors), found
    assert all(each.startswith(error) for each, error in zip(found, errors, strict=True)), found


@pytest.mark.parametrize("source", SOURCES)
def test_a_look_that_is_not_there(call: Call, both: Path, source: str) -> None:
    (error,) = refused(call, "render", source, "--look", "none.yaml")
    assert error.startswith("none.yaml: no such file")
    errors = refused(call, "render", source, "--look", "none.yaml", "-o", "none/x.mp4")
    assert [each.split(": ")[0] for each in errors] == ["none.yaml", "none/x.mp4"]
    (error,) = refused(call, "render", source, "--look", ".")
    assert error.startswith(".: is a folder")


def test_a_look_that_needs_what_was_not_recorded(call: Call, both: Path) -> None:
    (both / "my.yaml").write_text(SCENE + "shots: [{shot: learning, examples: 1}]\n")
    assert call("record", "my.yaml", "-y").code == 0
    (both / "look.yaml").write_text("title: All of them\nshots:\n  - {shot: learning}\n")
    (error,) = refused(call, "validate", "my.npz", "--look", "look.yaml")
    assert error.startswith("look.yaml:3:3: shots: the film presents examples that were not recorded")
    assert call("validate", "my.yaml", "--look", "look.yaml").code == 0


def test_a_look_in_a_recording_says_nothing_of_training(call: Call, both: Path) -> None:
    recording = netviz.Recording.load(both / "my.npz")
    looking = {**(recording.look or {}), "training": {"cycles": 3}, "network": {"layers": [2, 1], "inputs": ["a", "b"]}}
    replace(recording, look=looking).save(both / "my.npz")
    errors = refused(call, "validate", "my.npz")
    assert errors == [
        "the look in the recording: training: a look says how a film looks, not how its run was trained; leave it out",
        "the look in the recording: network.layers: of the network a look says only bias_nodes, grid, inputs, "
        "hidden, outputs",
    ]


def test_frames_of_a_recording_are_so_many_of_its_cycles(call: Call, run: str) -> None:
    every = [1, 2, 3, 6, 10, 18, 32, 56, 100, 178, 316, 562, 1000]
    assert cycles(call, run) == every
    assert cycles(call, run, "--frames", "13") == every
    assert cycles(call, run, "--frames", "4") == [1, 10, 100, 1000], "geometric, as near as can be"
    assert cycles(call, run, "--set", "schedule.frames=1") == [1000]


def test_frames_that_a_recording_does_not_have(call: Call, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    most = "the recording has 13 cycles to be shown; show 13 or fewer"
    assert refused(call, "validate", run, "--frames", "14") == [f"--frames: {most}"]
    assert refused(call, "validate", run, "--set", "schedule.frames=14") == [f"--set schedule.frames: {most}"]
    for wrong in ("0", "-1", "x", "1.5", "beats"):
        (error,) = refused(call, "validate", run, f"--frames={wrong}")
        assert error.startswith("--frames: expected a whole number from 1: how many of the kept steps to show; got ")
        assert error.endswith(wrong)
    for other in ("schedule.every=2", "schedule.cycles=[1]"):
        (error,) = refused(call, "validate", run, "--set", other)
        assert error.endswith(": the recording is trained already; render a scene to change this")
    monkeypatch.setenv("NETVIZ_FRAMES", "99")
    assert refused(call, "validate", run) == [f"NETVIZ_FRAMES: {most}"]


def test_fewer_cycles_need_the_examples_that_were_recorded(call: Call) -> None:
    shots = ["--set", "shots=[{shot: learning, examples: 2}]"]
    assert call("record", *FILM, "--frames", "6", *shots, "--duration", "8", "-o", "turn.npz").code == 0
    (error,) = refused(call, "still", "turn.npz", "--frames", "3")
    assert error.startswith("--frames: the learning shot presents some examples in turn, and with fewer cycles others ")
    assert len(cycles(call, "turn.npz", "--frames", "6")) == 6
