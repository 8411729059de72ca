"""A Playground link, or a table of the user's own, in the place of a scene file."""

from __future__ import annotations

from pathlib import Path

import pytest

import netviz
from tests.cli.conftest import Call
from tests.cli.support import contents

LINK = "https://playground.tensorflow.org/#dataset=xor&seed=0.59704&noise=10&percTrainData=70"
SEEDLESS = LINK.replace("&seed=0.59704", "")
SMALL = ["--cycles", "4", "--size", "160x128", "--fps", "10", "--duration", "2"]


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
    (tmp_path / "points.csv").write_text("a;b;c\n0;1;one\n")
    assert call("record", "my.yaml", "-y").errors == ["points.csv:2: column 'c': expected a number, got text 'one'"]
    assert netviz.Recording.load(tmp_path / "my.npz").examples.inputs.tolist() == [[0, 1], [1, 1]]
