"""`netviz events`: what happened, for people and for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import netviz
from netviz.scene.captions import EVENT_KINDS
from tests.cli.conftest import Call
from tests.cli.support import DIVERGES, SCENE

DESCRIBED = {"kind", "cycle", "example", "synapse", "neuron", "numbers", "text"}


def test_events_in_plain_words(call: Call) -> None:
    shown = call("events", "xor", "--cycles", "4000", "--frames", "13")
    assert shown.code == 0
    heading, *lines, summary = shown.out.splitlines()
    assert heading.split() == ["cycle", "example", "what"] and summary == f"xor: {len(lines)} events in 4,000 cycles"
    first = "the synapse from hidden neuron 1 to answer turns positive for good"
    assert any(line.split()[:2] == ["22", "2"] and first in line for line in lines), "both counted from 1"
    assert any("the input third column withers: from 45.3% of all weights" in line for line in lines)
    assert any("solved: all 7 examples are clearly right for good" in line for line in lines)


def test_events_for_programs(call: Call) -> None:
    told = json.loads(call("events", "xor", "--cycles", "4000", "--frames", "13", "--json").out)
    assert {name: told[name] for name in ("scene", "cycles", "complete")} == {
        "scene": "xor",
        "cycles": 4000,
        "complete": True,
    }
    assert all(set(event) == DESCRIBED and event["kind"] in EVENT_KINDS for event in told["events"])
    (first,) = [event for event in told["events"] if event["synapse"] and event["synapse"]["layer"] == 1][:1]
    assert (first["cycle"], first["example"]) == (22, 2)
    names = {"from_name": "hidden neuron 1", "to_name": "answer"}
    assert first["synapse"] == {"layer": 1, "from": 0, "to": 0, **names} and first["neuron"] is None
    (withers,) = [event for event in told["events"] if event["kind"] == "withers"]
    assert withers["neuron"] == {"layer": 0, "index": 2, "name": "third column"} and withers["example"] is None


def test_events_of_a_recording_are_those_of_its_scene(call: Call, tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(SCENE)
    assert call("record", "my.yaml", "-o", "run.npz").code == 0
    recorded, trained = call("events", "run.npz"), call("events", "my.yaml")
    assert recorded.code == trained.code == 0 and recorded.out == trained.out


def test_a_quiet_run_is_said_to_be_one(call: Call, tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(SCENE.replace("cycles: 60", "cycles: 3, learning_rate: 0.001"))
    quiet = call("events", "my.yaml")
    assert (quiet.code, quiet.out) == (0, "my: nothing of note happened in 3 cycles\n")
    assert json.loads(call("events", "my.yaml", "--json").out)["events"] == []


def test_a_run_that_diverges_is_told_of(call: Call) -> None:
    told = call("events", "xor", *DIVERGES)
    assert told.code == 0 and "training diverges, and breaks off; 60,000 cycles were asked for" in told.out
    assert "training diverged in cycle 4, at example 6" in told.err, "where exactly"


def test_events_of_somebody_elses_run_are_told_in_its_words(call: Call, tmp_path: Path) -> None:
    """It follows the loss, counts in epochs, and breaks off, which netviz has not asked for."""
    rec = netviz.Recorder([2, 1], "sigmoid", np.eye(2), [0.0, 1.0], loss="squared_error", unit="epoch")
    for epoch in range(0, 40, 2):
        rec.snap(0.01 ** min(epoch, 2), step=epoch, weights=[np.full((2, 1), 0.5)])
    replace(rec.recording(), info={"complete": False}).save(tmp_path / "run.npz")
    heading, *lines, summary = call("events", "run.npz").out.splitlines()
    assert heading.split() == ["epoch", "example", "what"] and summary == "run: 3 events in 38 epochs"
    assert [line.split(maxsplit=1) for line in lines] == [
        ["2", "the loss has halved for good: 1 to 0.0001 (between epoch 0 and 2)"],
        [
            "2",
            "learning slows down: 90% of all improvement came in the first 5.3% of the epochs (between epoch 0 and 2)",
        ],
        ["38", "training breaks off"],
    ]
    assert call("validate", "run.npz").out.endswith(" shown epochs\n")
    assert call("plan", "run.npz").out.split()[2] == "epoch"


def test_no_such_recording(call: Call) -> None:
    assert call("events", "none.npz").code == 2


def own_run(path: Path, steps: int, *, lost: bool = False) -> None:
    """A run whose second example is right long after the others, and that may diverge."""
    inputs = [[0, 0], [0, 1], [1, 0], [1, 1]]
    recorder = netviz.Recorder([2, 1], "sigmoid", inputs, [0, 0, 1, 1], loss="squared_error", unit="epoch")
    for step in range(steps):
        late, soon = max(30.0 - 0.1 * step, -2.0), min(0.5 * step, 8.0)
        weights, biases = np.array([[soon], [late]]), np.array([-soon / 2])
        recorder.snap(1.0 / (1 + step), weights=[weights], biases=[biases], keep=step == steps - 1)
    if lost:
        with pytest.warns(netviz.NetvizWarning, match="training diverged"):
            recorder.snap(np.nan, weights=[weights], biases=[biases], keep=True)
    recorder.save(path)


def test_a_run_of_somebody_elses_is_told_of_in_its_own_unit(call: Call, tmp_path: Path) -> None:
    own_run(tmp_path / "run.npz", 600)
    told = call("events", "run.npz")
    assert told.code == 0 and "cycle" not in told.out, told.out
    lines = told.out.splitlines()
    assert any("learning slows down:" in line and " of the epochs" in line for line in lines)
    assert any("resists: it is clearly right only from epoch" in line for line in lines), told.out


def test_of_a_run_of_somebody_elses_that_diverges_nothing_is_said_of_what_was_asked_for(
    call: Call, tmp_path: Path
) -> None:
    own_run(tmp_path / "run.npz", 60, lost=True)
    told = call("events", "run.npz")
    assert told.code == 0
    assert any(line.endswith("numbers are not finite") for line in told.out.splitlines()), told.out
