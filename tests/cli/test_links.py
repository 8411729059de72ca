"""A Playground link, or a table of the user's own, in the place of a scene file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import netviz
from tests.cli.conftest import Call
from tests.cli.support import contents
from tests.recordings import own_scene

LINK = "https://playground.tensorflow.org/#dataset=xor&seed=0.59704&noise=10&percTrainData=70"
SEEDLESS = LINK.replace("&seed=0.59704", "")
SMALL = ["--cycles", "4", "--size", "160x128", "--fps", "10", "--duration", "2"]


def test_record_a_link(call: Call, tmp_path: Path) -> None:
    result = call("record", LINK, "--cycles", "4", "-o", "run.npz")
    assert (result.code, result.err) == (0, "training …\n")
    recording = netviz.Recording.load(tmp_path / "run.npz")
    assert own_scene(recording) == netviz.load_scene(LINK, overrides={"training.cycles": 4})
    assert recording.curve_step.tolist() == [0, 1, 2, 3, 4]
    assert recording.test_loss is not None
    assert len(recording.examples.inputs) == 350
    assert call("record", LINK, "--cycles", "4").out.startswith("playground-xor.npz: ")


@pytest.mark.slow
def test_a_link_is_the_very_run_it_shows(call: Call, tmp_path: Path) -> None:
    link = "https://playground.tensorflow.org/#dataset=circle&seed=0.59704"
    assert call("record", link, "--cycles", "300", "-o", "run.npz").code == 0
    recording = netviz.Recording.load(tmp_path / "run.npz")
    assert recording.curve_step.tolist() == [*range(301)]
    assert recording.test_loss is not None
    # What the original program shows at these epochs.
    losses = zip(recording.train_loss[[0, 1, 10, 100, 300]], recording.test_loss[[0, 1, 10, 100, 300]], strict=True)
    train, test = zip(*losses, strict=True)
    np.testing.assert_allclose(train, [0.499440, 0.497578, 0.486275, 0.010396, 0.001579], atol=1e-6)
    np.testing.assert_allclose(test, [0.501190, 0.498116, 0.484222, 0.011562, 0.001559], atol=1e-6)


@pytest.mark.slow
def test_render_and_still_and_plan_and_validate_a_link(call: Call, tmp_path: Path) -> None:
    assert call("render", LINK, *SMALL).out.startswith("playground-xor.mp4: 2.00 s")
    assert call("still", LINK, *SMALL).out.startswith("playground-xor.png: 160x128")
    assert call("plan", LINK, *SMALL).code == 0
    assert call("validate", LINK).out.startswith("playground-xor: fine; ")
    assert contents(tmp_path).keys() == {"playground-xor.mp4", "playground-xor.vtt", "playground-xor.png"}


def test_think_of_a_point_of_the_plane(call: Call) -> None:
    features = LINK + "&xTimesY=true&sinX=true"
    told = json.loads(call("think", features, "--cycles", "4", "--inputs", "1,-2", "--json").out)
    assert told["inputs"] == [1, -2]
    np.testing.assert_allclose(told["activations"][0], [1, -2, -2, np.sin(1)])
    result = call("think", features, "--inputs", "1,-2,-2,0.5")
    assert (result.code, result.errors) == (
        2,
        ["--inputs: 4 values, but the network has 2 inputs: the coordinates of a point"],
    )


def test_a_link_without_a_seed_warns_unless_one_is_given(call: Call, tmp_path: Path) -> None:
    options = ["--cycles", "2", "-o", "run.npz", "-y"]
    result = call("record", SEEDLESS, *options)
    assert result.code == 0
    (warning,) = result.warnings
    assert warning.startswith("the link has no seed") and "--seed chooses another" in warning
    assert call("record", SEEDLESS, *options, "--seed", "0.59704").warnings == []
    strict = call("record", SEEDLESS, *options, "--strict")
    assert (strict.code, strict.errors) == (2, [f"{warning} (--strict)"])
    assert own_scene(netviz.Recording.load(tmp_path / "run.npz")).training.seed == "0.59704"


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("command", ["render", "still", "record", "plan", "validate"])
def test_mistakes_of_link_and_options_and_output_at_once(call: Call, tmp_path: Path, command: str) -> None:
    output = ["-o", "none/x"] if command in ("render", "still", "record") else []
    result = call(command, LINK + "&dataste=xor&batchSize=0", "--fps", "0", *output)
    assert (result.code, result.out) == (2, "")
    assert [error.split(": ")[:2] for error in result.errors[:2]] == [["link", "dataste"], ["link", "batchSize"]]
    assert [error.split(":")[0] for error in result.errors[2:]] == ["--fps", *(["none/x"] if output else [])]
    (error,) = call(command, "https://example.com/run.npz").errors
    assert "netviz opens no addresses" in error
    assert contents(tmp_path) == {}


def test_a_link_becomes_a_scene_file(call: Call, tmp_path: Path) -> None:
    result = call("new", "my.yaml", "--from", LINK)
    assert result.out == "my.yaml: the link's run; netviz render my.yaml\n"
    assert netviz.load_scene(tmp_path / "my.yaml").training == netviz.load_scene(LINK).training
    assert call("new", "other.yaml", "--from", SEEDLESS).warnings
    assert call("new", "none/x.yaml", "--from", LINK + "&problem=x").errors == [
        "none/x.yaml: the folder none does not exist",
        "link: problem: expected one of classification, regression, got 'x'",
    ]


def test_a_table_is_learned_from(call: Call, tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("a;b;c\n0;1;1\n1;1;0\n")
    (tmp_path / "my.yaml").write_text(
        "network: {layers: [2, 2, 1]}\ndata: {csv: points.csv, inputs: [a, b], targets: [c]}\ntraining: {cycles: 5}\n"
    )
    assert call("record", "my.yaml").code == 0
    (tmp_path / "points.csv").write_text("a;b;c\n0;one;1\n1;1;0\n")
    assert call("record", "my.yaml", "-y").errors == ["points.csv:2: column 'b': expected a number, got text 'one'"]
    assert netviz.Recording.load(tmp_path / "my.npz").examples.inputs.tolist() == [[0, 1], [1, 1]]
