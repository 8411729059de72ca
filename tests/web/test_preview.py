"""From a save to a picture: what is told, what is trained, what is given up."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netviz.pipeline.looks import filmed
from netviz.recording.recording import Recording
from netviz.web import preview
from netviz.web.preview import PreviewInput, PreviewSession
from netviz.web.preview_frames import FilmMaker
from tests.web.conftest import SCENE, TABLE, Start


def test_a_save_is_an_event_and_a_picture(start: Start, file: Path) -> None:
    viewer = start()
    first = viewer.picture(1)["picture"]
    assert first["frame"] == 60 and first["frames"] == 120 and first["trained"] is not None
    assert first["name"] == "my" and first["size"] == [160, 128]
    dark = viewer.get("/picture?version=1&frame=60")[1]
    file.write_text(SCENE + "theme: paper\n")
    second = viewer.picture(2)["picture"]
    assert second["trained"] is None, "the recording is used again"
    light = viewer.get("/picture?version=2&frame=60")[1]
    means = [np.asarray(Image.open(io.BytesIO(each))).mean() for each in (dark, light)]
    assert means[0] < 60 < 180 < means[1]
    assert viewer.get("/picture?version=1&frame=60")[0] == 410


def test_a_save_by_rename(start: Start, file: Path) -> None:
    viewer = start()
    viewer.picture(1)
    for version in (2, 3):
        beside = file.with_suffix(".swap")
        beside.write_text(SCENE.replace("Small", "Renamed" * version))
        beside.replace(file)
        viewer.picture(version)


@pytest.mark.parametrize(
    "change", [("seed: 1", "seed: 2"), ("frames: 3", "frames: 4"), ("[2, 2, 1]", "[2, 3, 1]")], ids=str
)
def test_what_changes_training_trains(start: Start, file: Path, change: tuple[str, str]) -> None:
    viewer = start()
    viewer.picture(1)
    file.write_text(SCENE.replace(*change))
    assert viewer.picture(2)["picture"]["trained"] is not None
    file.write_text(SCENE)
    assert viewer.picture(3)["picture"]["trained"] is None, "what was there a moment ago is remembered"


def test_of_runs_side_by_side_only_those_that_changed_are_trained(
    start: Start, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[Any] = []
    train = preview.train_or_load

    def counted(scene: Any, *more: Any) -> Any:
        trained.append(scene.training.seed)
        return train(scene, *more)

    monkeypatch.setattr(preview, "train_or_load", counted)
    runs = "compare: [{set: {training.seed: 1}}, {set: {training.seed: 2}}]\n"
    file.write_text(SCENE + runs)
    viewer = start()
    assert viewer.picture(1)["problems"] == [] and trained == [1, 2]
    file.write_text(SCENE + runs.replace("2", "3") + "theme: paper\n")
    viewer.picture(2)
    assert trained == [1, 2, 3]


def test_the_files_a_scene_uses_are_watched(start: Start, file: Path) -> None:
    viewer = start()
    viewer.picture(1)
    table = file.with_name("table.csv")
    table.write_text(TABLE.replace("1,1,0", "1,0,0"))
    assert viewer.picture(2)["picture"]["trained"] is not None
    table.unlink()
    (problem,) = viewer.until(lambda s: s["problems"])["problems"]
    assert "table.csv: no such file" in problem
    table.write_text(TABLE)
    assert viewer.picture(3)["problems"] == []


def test_mistakes_are_told_over_the_last_good_picture(start: Start, file: Path) -> None:
    viewer = start()
    viewer.picture(1)
    file.write_text(SCENE.replace("cycles: 60", "cycels: 60").replace("[2, 2, 1]", "[2, two, 1]"))
    told = viewer.until(lambda s: s["problems"])
    assert told["problems"] == [
        f"{file}:3:15: network.layers[1]: expected a whole number from 1, got text 'two'",
        f"{file}:8:12: training.cycels: unknown key (did you mean 'cycles'?)",
    ]
    assert told["picture"]["version"] == 1 and told["phase"] == "ready"
    assert viewer.get("/picture?version=1&frame=3")[0] == 200
    file.write_text(SCENE)
    assert viewer.picture(2)["problems"] == []


def test_a_scene_that_is_wrong_from_the_start(start: Start, file: Path) -> None:
    file.write_text("network: [")
    viewer = start()
    assert viewer.until(lambda s: s["problems"])["picture"] is None
    assert viewer.get("/picture?version=0&frame=0")[0] == 410
    file.write_text(SCENE)
    assert viewer.picture(1)["problems"] == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("duration: 12", "audio: music.mp3"), "music.mp3: no such file"),
        (("seed: 1", "initial_weights: normal, initial_scale: 1e300"), "before the first cycle"),
        (("layers: [2, 2, 1]", "layers: [2, 9000, 1]"), "9,000"),
    ],
    ids=["music", "diverges", "too large"],
)
def test_what_is_found_beyond_reading(start: Start, file: Path, change: tuple[str, str], told: str) -> None:
    viewer = start()
    viewer.picture(1)
    text = SCENE.replace("data:", "  activation: [relu, linear]\n  bias: true\ndata:")
    file.write_text(text.replace(*change))
    problems = viewer.until(lambda s: s["problems"])["problems"]
    assert any(told in problem for problem in problems), problems
    file.write_text(SCENE)
    viewer.picture(2)


def test_what_nobody_thought_of_does_not_stop_it(start: Start, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = start()
    viewer.picture(1)

    def fail(*_: Any) -> None:
        raise ZeroDivisionError("oops")

    with monkeypatch.context() as patch:
        patch.setattr(preview, "PreviewVersion", fail)
        file.write_text(SCENE + "theme: paper\n")
        assert viewer.until(lambda s: s["problems"])["problems"] == ["ZeroDivisionError: oops"]
    file.write_text(SCENE + "theme: night\n")
    viewer.picture(2)


def test_a_save_gives_up_training(start: Start, file: Path) -> None:
    viewer = start()
    viewer.picture(1)
    file.write_text(SCENE.replace("cycles: 60", "cycles: 50000000"))
    viewer.until(lambda s: s["phase"] == "training" and s["done"] > 0)
    since = time.monotonic()
    file.write_text(SCENE.replace("Small", "Other"))
    assert viewer.picture(2)["picture"]["trained"] is None
    assert time.monotonic() - since < 10, "and not after minutes of training"


def test_the_moment_stays(start: Start, file: Path) -> None:
    viewer = start(at="cycle:60")
    first = viewer.picture(1)["picture"]["frame"]
    file.write_text(SCENE + "theme: paper\n")
    assert viewer.picture(2)["picture"]["frame"] == first
    viewer.get("/picture?version=2&frame=33")
    file.write_text(SCENE.replace("fps: 10", "fps: 20"))
    assert viewer.picture(3)["picture"]["frame"] in (66, 67)
    file.write_text(SCENE.replace("duration: 12", "duration: 2"))
    last = viewer.picture(4)["picture"]
    assert last["frame"] == last["frames"] - 1


def test_a_moment_that_the_film_no_longer_has(start: Start, file: Path) -> None:
    viewer = start(at="cycle:60")
    viewer.picture(1)
    file.write_text(SCENE.replace("cycles: 60", "cycles: 50"))
    told = viewer.picture(2)
    assert "does not come to cycle 60" in told["notes"][-1] and told["picture"]["frame"] == 59


@pytest.mark.parametrize("strict", [False, True])
def test_notes(start: Start, file: Path, strict: bool) -> None:
    viewer = start(strict=strict)
    viewer.picture(1)
    file.write_text(SCENE.replace("duration: 12", "duration: 2"))
    if strict:
        assert "(--strict)" in viewer.until(lambda s: s["problems"])["problems"][0]
    else:
        assert "of learning have room" in " ".join(viewer.picture(2)["notes"])


@pytest.mark.slow
def test_the_draft_film(start: Start, file: Path, tmp_path: Path) -> None:
    viewer = start(film=True)
    made = viewer.until(lambda s: s["film"] and s["film"]["took"] is not None)
    assert made["film"]["version"] == 1
    status, film, headers = viewer.get("/film?version=1")
    assert (status, headers["Content-Type"]) == (200, "video/mp4") and film[4:8] == b"ftyp"
    assert viewer.get("/film?version=2")[0] == 410
    assert [*(tmp_path / "films").iterdir()] == []
    file.write_text(SCENE.replace("duration: 12", "duration: 600"))
    viewer.until(lambda s: s["film"] and s["film"]["version"] == 2 and s["film"]["done"] > 0)
    file.write_text(SCENE)  # the long film is given up
    made = viewer.until(lambda s: s["film"] and s["film"]["version"] == 3 and s["film"]["took"] is not None)
    assert viewer.get("/film?version=3")[1] == film, "the same scene, the same film"
    assert viewer.get("/film?version=2")[0] == 410


def test_a_session_is_closed_while_it_begins_a_film(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, make = threading.Event(), FilmMaker.make

    def slowly(maker: FilmMaker, *shown: Any) -> None:
        begun.set()
        time.sleep(0.2)
        make(maker, *shown)

    monkeypatch.setattr(FilmMaker, "make", slowly)
    before = threading.active_count()
    session = PreviewSession(lambda: PreviewInput(filmed(recording)), tmp_path, film=True)
    session.start()
    assert begun.wait(30)
    session.close()
    assert threading.active_count() == before
    assert not [*tmp_path.iterdir()]
