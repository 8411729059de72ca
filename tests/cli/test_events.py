"""`netviz events`: what happened, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

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


def test_no_such_recording(call: Call) -> None:
    assert call("events", "none.npz").code == 2
