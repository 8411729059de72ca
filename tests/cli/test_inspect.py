"""netviz inspect: what a film, a still and a recording say, and how they are made again."""

from __future__ import annotations

import json
import platform
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

import netviz
from netviz.pipeline.provenance import provenance_of, run_text
from netviz.recording.recorder import Recorder
from netviz.video.metadata_formats import with_provenance
from tests.cli.conftest import Call
from tests.cli.support import SCENE

SILENT = SCENE.replace("duration: 2", "duration: 1\ntitle: Two inputs\npanels: [{panel: network}]")


@pytest.fixture
def scene_file(tmp_path: Path) -> Path:
    path = tmp_path / "two.yaml"
    path.write_text(SILENT)
    return path


def test_a_film_is_made_again_to_the_last_byte(call: Call, scene_file: Path, music: Path, tmp_path: Path) -> None:
    options = ("--audio", music.name, "--seed", "5", "--set", "audio.licence=CC BY, Somebody")
    assert call("render", scene_file, "-o", "a.mp4", *options, "--jobs", "1").code == 0
    told = call("inspect", "a.mp4").out.splitlines()
    assert told[:2] == ["title      Two inputs", "made with  netviz 0.1.0"]
    assert told[3:7] == [
        "seed       5",
        "network    2-2-1, 60 cycles",
        "music      CC BY, Somebody",
        "files      music.wav",
    ]
    assert told[7].startswith("holds      MP4, h264, aac, 160x128, 2.00 s, 10 frames a second, ")
    text = call("inspect", "a.mp4", "--scene").out
    assert str(tmp_path) not in text
    (tmp_path / "again.yaml").write_text(text)
    assert call("render", "again.yaml", "-o", "again.mp4", "--jobs", "1").code == 0
    assert (tmp_path / "again.mp4").read_bytes() == (tmp_path / "a.mp4").read_bytes()
    result = call("new", "new.yaml", "--from", "a.mp4")
    assert result.out == ("new.yaml: the scene of a.mp4; beside it have to lie: music.wav; netviz render new.yaml\n")
    assert (tmp_path / "new.yaml").read_text() == text
    result = call("render", "a.mp4")
    hint = "`netviz inspect a.mp4 --scene > my.yaml` restores its scene"
    assert (result.code, result.errors) == (2, [f"a.mp4: is a film or a picture, not a scene; {hint}"])


def test_a_still_and_a_recording(call: Call, scene_file: Path, tmp_path: Path) -> None:
    assert call("record", scene_file, "-o", "run.npz").code == 0
    assert call("still", "run.npz", "-o", "a.png", "--style", "classic").code == 0
    still, run = (json.loads(call("inspect", name, "--json").out) for name in ("a.png", "run.npz"))
    assert still["scene"]["style"] == "classic"
    assert still["media"] == {"kind": "PNG", "size": "160x128", "seconds": None, "fps": None, "codecs": []}
    assert still["size_in_bytes"] == (tmp_path / "a.png").stat().st_size
    loaded = netviz.Recording.load("run.npz")
    assert (run["recording"]["moments"], run["recording"]["rows"]) == (len(loaded.step), len(loaded.probe))
    assert (run["recording"]["layers"], run["recording"]["parameters"]) == ([2, 2, 1], 6)
    assert (run["music"], run["seed"], run["netviz"]) == (None, 1, "0.1.0")
    assert netviz.inspect("run.npz").about == provenance_of(netviz.load_scene("two.yaml"))
    told = call("inspect", "run.npz").out
    assert "holds        a recording, " in told
    assert f"moments      {len(loaded.step)}, in {len(loaded.probe)} rows, from " in told
    assert "curves       training loss, average error: 61 points up to cycle 60" in told
    assert f"recorded by  netviz 0.1.0, numpy {np.__version__}, python {platform.python_version()}" in told


@pytest.fixture
def foreign(tmp_path: Path) -> netviz.Recording:
    """A recording of a training loop that is not netviz's, in foreign.npz."""
    random = np.random.default_rng(0)
    inputs, weights = random.random((4, 3)), [random.normal(size=(3, 5)), random.normal(size=(5, 2))]
    recorder = Recorder([3, 5, 2], ["tanh", "softmax"], inputs, [0, 1, 1, 0], loss="cross_entropy", unit="epoch")
    for step in range(10):
        recorder.snap(
            1 / (1 + step), weights=[(1 + step) * each for each in weights], biases=[np.zeros(5), np.zeros(2)]
        )
    recording = recorder.recording()
    recording.save(tmp_path / "foreign.npz")
    return recording


def test_a_recording_of_somebody_elses_run(call: Call, foreign: netviz.Recording, tmp_path: Path) -> None:
    ran = run_text(foreign)
    told = call("inspect", "foreign.npz").out
    lines = dict(re.split(" {2,}", line, maxsplit=1) for line in told.splitlines())
    assert (lines["run"], lines["layers"]) == (ran, "tanh, softmax; 32 parameters")
    assert lines["moments"] == "10, in 50 rows, from 10 shown epochs"
    assert lines["curves"] == "training loss, average error: 10 points up to epoch 9"
    assert not {"seed", "network"} & {*lines}, "which are not known"
    known = json.loads(call("inspect", "foreign.npz", "--json").out)
    assert (known["run"], known["seed"], known["recording"]["unit"]) == (ran, None, "epoch")
    assert (known["recording"]["layers"], known["recording"]["curves"]) == (
        [3, 5, 2],
        ["training loss", "average error"],
    )
    assert call("still", "foreign.npz", "-o", "a.png", "--size", "320x180", "--set", "title=Ours").code == 0
    told = call("inspect", "a.png").out.splitlines()
    assert told[0] == "title      Ours" and f"run        {ran}" in told
    assert not [line for line in told if line.startswith(("seed", "network"))]


def test_the_look_of_a_film_of_somebody_elses_run(call: Call, foreign: netviz.Recording, tmp_path: Path) -> None:
    looks = ["--size", "320x180", "--set", "title=Ours", "--theme", "paper"]
    assert call("still", "foreign.npz", "-o", "a.png", *looks).code == 0
    text = call("inspect", "a.png", "--scene").out
    assert text.startswith("# The look of a.png, as netviz ") and f"# It is of a run with {run_text(foreign)};" in text
    made = call("new", "look.yaml", "--from", "a.png").out
    assert made == "look.yaml: the look of a.png; netviz render RUN.npz --look look.yaml\n"
    assert call("still", "foreign.npz", "--look", "look.yaml", "-o", "again.png").code == 0
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    replace(foreign, look={"title": "Its own"}).save(tmp_path / "looking.npz")
    made = call("new", "own.yaml", "--from", "looking.npz").out
    assert made == "own.yaml: the look of looking.npz; netviz render looking.npz --look own.yaml\n"
    own = (tmp_path / "own.yaml").read_text()
    assert yaml.safe_load(own)["title"] == "Its own" and "3-5-2 neurons (tanh, softmax)" in own, "with comments"
    assert call("validate", "looking.npz", "--look", "own.yaml").code == 0
    assert call("new", "own.yaml", "--from", "looking.npz").errors == [
        "own.yaml: exists already; --overwrite replaces it"
    ]
    assert (tmp_path / "own.yaml").read_text() == own


def test_a_recording_need_not_say_what_made_it(call: Call, foreign: netviz.Recording, tmp_path: Path) -> None:
    curves = {"perplexity": foreign.main_curve, "test_loss": foreign.main_curve}
    replace(foreign, info={"complete": False}, curves=curves, unit="step").save(tmp_path / "bare.npz")
    told = call("inspect", "bare.npz").out
    assert "from 10 shown steps; training broke off after step 9" in told
    assert "curves       test loss, perplexity: 10 points up to step 9" in told
    assert "recorded by" not in told
    facts = json.loads(call("inspect", "bare.npz", "--json").out)["recording"]
    assert (facts["versions"], facts["complete"]) == ({}, False)


def test_of_another_version_it_says_so(call: Call, scene_file: Path, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    about = provenance_of(netviz.load_scene(scene_file), "9.9")
    (tmp_path / "a.png").write_bytes(with_provenance(".png", (tmp_path / "a.png").read_bytes(), about))
    result = call("inspect", "a.png", "--scene")
    assert result.code == 0
    assert result.warnings == ["a.png: made with netviz 9.9, and this is 0.1.0: it may look otherwise again"]


@pytest.mark.parametrize("sign", ["\n", "\r", "\x1b[2J", "\x85", "\u2028"])
def test_a_version_breaks_no_line(call: Call, scene_file: Path, tmp_path: Path, sign: str) -> None:
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    about = provenance_of(netviz.load_scene(scene_file), f"9.9{sign}audio: x.mp3 #")
    (tmp_path / "a.png").write_bytes(with_provenance(".png", (tmp_path / "a.png").read_bytes(), about))
    text, data, scene = (call("inspect", "a.png", *option) for option in ([], ["--json"], ["--scene"]))
    escaped = sign.encode("unicode_escape").decode()
    assert f"netviz 9.9{escaped}audio: x.mp3 #" in text.out and sign not in text.out.replace("\n", "", 99)
    assert json.loads(data.out)["netviz"] == about.version
    assert f"as netviz 9.9{escaped}audio: x.mp3 # rendered it." in scene.out.splitlines()[0]
    assert "audio" not in yaml.safe_load(scene.out)
    assert len(scene.err.splitlines()) == 1 and f"9.9{escaped}audio" in scene.err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nothing.mp4", None, "no such file; give a film, a picture or a recording"),
        (
            "text.mp4",
            b"a text",
            "carries no word of netviz: another program made it, or wrote it anew without its tags",
        ),
        ("zip.mp4", b"PK\x03\x04 and no more", "not a recording, or only a part of one"),
        ("half.png", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", "is damaged: it breaks off"),
    ],
)
def test_what_cannot_be_inspected(call: Call, tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    result = call("inspect", name)
    assert result.code == 2
    assert result.errors[0].startswith(f"{name}: {message}")


def test_a_scene_that_is_not_the_one_of_the_hash(call: Call, scene_file: Path, tmp_path: Path) -> None:
    assert call("still", scene_file, "-o", "a.png").code == 0
    about = provenance_of(netviz.load_scene(scene_file))
    other = with_provenance(".png", (tmp_path / "a.png").read_bytes(), about)
    # The first of two is read: the one that was put in before the picture's own.
    data = other.replace(b'"duration":1', b'"duration":2')
    from zlib import crc32

    at = 8
    fixed = data[:8]
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        fixed += data[at : at + 8 + size] + crc32(data[at + 4 : at + 8 + size]).to_bytes(4, "big")
        at += 12 + size
    (tmp_path / "b.png").write_bytes(fixed)
    result = call("inspect", "b.png")
    assert (result.code, result.errors) == (
        2,
        ["b.png: is damaged: the scene in it is not the one that its hash is of"],
    )


def test_one_way_to_print(call: Call) -> None:
    result = call("inspect", "a.png", "--json", "--scene")
    assert result.code == 2
    assert "give one of them" in result.err
