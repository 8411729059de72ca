"""Several films in one command: batches, sweeps, their names, and their mistakes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import netviz
from netviz.errors import InputError
from netviz.scene.sweep import parse_sweep, points
from tests.cli.conftest import Call
from tests.cli.support import FILM, SCENE, contents, run

ONE_SECOND = [*FILM[:-1], "1"]


def scenes(folder: Path, *names: str) -> list[str]:
    """Small scene files."""
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(SCENE.replace("duration: 2", "duration: 1"))
    return [*names]


def planned(call: Call, *arguments: str) -> list[str]:
    """The files a dry run tells of."""
    result = call("render", *arguments, "--dry-run")
    assert result.code == 0, result.err
    *lines, taken = result.out.splitlines()
    assert taken.startswith("takes about ")
    return [line.split(": ")[0] for line in lines]


@pytest.mark.slow
def test_a_batch(call: Call, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    names = scenes(tmp_path, "a.yaml", "b.yaml", "c.yaml")
    (tmp_path / "b.yaml").write_text(
        SCENE.replace("layers: [2, 2, 1]", "layers: [2, 2, 1]\n  activation: [relu, linear]\n  bias: true").replace(
            "{cycles: 60}", "{cycles: 60, initial_weights: normal, initial_scale: 1e300}"
        )
    )
    result = call("render", *names, "-o", "out/", "--jobs", "2")
    assert result.code == 1
    assert sorted(line.split(": ")[0] for line in result.out.splitlines()) == ["out/a.mp4", "out/c.mp4"]
    (error,) = result.errors
    assert error.startswith("out/b.mp4: training diverged")
    assert result.err.splitlines()[-1] == "2 of 3 films were made"
    assert {*contents(tmp_path / "out")} == {"a.mp4", "a.vtt", "c.mp4", "c.vtt"}
    alone = call("render", "a.yaml", "-o", "alone.mp4", "--jobs", "1")
    assert alone.code == 0
    assert (tmp_path / "alone.mp4").read_bytes() == (tmp_path / "out" / "a.mp4").read_bytes()


@pytest.mark.slow
def test_a_sweep(call: Call, tmp_path: Path) -> None:
    result = call("render", *ONE_SECOND, "--sweep", "training.seed=1..2", "--jobs", "1")
    assert result.code == 0, result.err
    assert contents(tmp_path).keys() == {"xor-seed-1.mp4", "xor-seed-2.mp4"}
    assert contents(tmp_path)["xor-seed-1.mp4"] != contents(tmp_path)["xor-seed-2.mp4"]
    assert call("render", *ONE_SECOND, "--seed", "2", "-o", "two.mp4").code == 0
    assert (tmp_path / "two.mp4").read_bytes() == (tmp_path / "xor-seed-2.mp4").read_bytes()


def test_what_films_are_called(call: Call, tmp_path: Path) -> None:
    scenes(tmp_path, "a.yaml", "b.yaml", "deep/a.yaml")
    (tmp_path / "out").mkdir()
    rates = ("--sweep", "training.learning_rate=0.1,1e-3")
    assert planned(call, "a.yaml", "b.yaml") == ["a.mp4", "b.mp4"]
    assert planned(call, "a.yaml", "b.yaml", "-o", "out") == ["out/a.mp4", "out/b.mp4"]
    assert planned(call, "a.yaml", "b.yaml", "-o", "out/film-{name}.mp4") == ["out/film-a.mp4", "out/film-b.mp4"]
    assert planned(call, "a.yaml", "-o", "out/") == ["out/a.mp4"]
    assert planned(call, "a.yaml", "-o", "{name}.mp4") == ["a.mp4"]
    assert planned(call, "a.yaml", *rates) == ["a-learning-rate-0.1.mp4", "a-learning-rate-0.001.mp4"]
    both = planned(call, "a.yaml", "b.yaml", "--sweep", "training.seed=1,2", *rates, "-o", "out/")
    assert both[:3] == [
        "out/a-seed-1-learning-rate-0.1.mp4",
        "out/a-seed-1-learning-rate-0.001.mp4",
        "out/a-seed-2-learning-rate-0.1.mp4",
    ]
    assert len({*both}) == len(both) == 8
    assert planned(call, "xor", "--sweep", "network.layers=[3, 4, 1],[3, 8, 1]", "--sweep", "style=glow,classic") == [
        f"xor-layers-{layers}-style-{style}.mp4" for layers in ("3-4-1", "3-8-1") for style in ("glow", "classic")
    ]
    assert contents(tmp_path).keys() == {"a.yaml", "b.yaml", "deep/a.yaml"}


def test_names_are_readable_and_unique() -> None:
    def parts(*texts: str) -> list[str]:
        return [point.part for point in points(dict(map(parse_sweep, texts)))]

    assert parts("title=a/b,a b,A_B") == ["-title-a-b", "-title-a-b-2", "-title-A-B-3"]
    assert parts("training.seed=-1..1") == ["-seed--1", "-seed-0", "-seed-1"]
    assert parts("shots[0].caption=x", "shots[1].caption=y") == ["-shots-0-caption-x-shots-1-caption-y"]
    assert parts("network.bias=true,false,fixed", "audio=null") == [
        f"-bias-{bias}-audio-none" for bias in ("true", "false", "fixed")
    ]
    assert parts("training.batch=1..2,full") == ["-batch-1", "-batch-2", "-batch-full"]


def test_a_sweep_in_python() -> None:
    made = netviz.sweep("xor", {"training.seed": range(1, 4)}, overrides={"duration": 3, "audio": None})
    assert [scene.name for scene in made] == ["xor-seed-1", "xor-seed-2", "xor-seed-3"]
    assert [scene.training.seed for scene in made] == [1, 2, 3]
    assert {scene.duration for scene in made} == {3}
    with pytest.raises(InputError) as caught:
        netviz.sweep("xor", {"training.seed": [1, "x"], "output.fps": [0, 10]})
    assert sorted({problem.where for problem in caught.value.problems}) == ["output.fps", "training.seed"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sweep", "training.seed"], "--sweep training.seed: expected key=values, such as training.seed=1..8"),
        (["--sweep", "training.seed="], "--sweep training.seed: expected values"),
        (["--sweep", "training.seed=3..1"], "--sweep training.seed: 3..1: a range goes from a number up"),
        (["--sweep", "training.seed=1..5000"], "--sweep training.seed: 1..5000: a range"),
        (["--sweep", "training.seed=1,1"], "--sweep training.seed: has 1 twice"),
        (["--sweep", "training.seed=[1"], "--sweep training.seed: "),
        (["--sweep", "training.sede=1,2"], "--sweep training.sede: unknown key (did you mean 'training.seed'?)"),
        (["--sweep", "training.learning_rate=0.1,fast"], "--sweep training.learning_rate: expected a number"),
        (["--sweep", "training.seed=1,2", "--seed", "3"], "--sweep training.seed: --seed gives this key too"),
        (["--sweep", "training.seed=1..999", "--sweep", "training.batch=1,2"], "--sweep training.seed and --sweep"),
        (["--sweep", "training.seed=1,2", "-o", "x.mp4"], "--output x.mp4: is one name for 2 films; give a folder"),
        (["--jobs", "two"], "--jobs: expected a whole number from 1, got 'two'"),
        (["--jobs", "0"], "--jobs: expected a whole number from 1 to 512, got 0"),
        (["--jobs", "2", "--cluster", "tcp://x:1"], "--jobs and --cluster: each says who is to do the work"),
        (["xor", "xor"], "xor.mp4: 2 films would have this name; give each scene a name of its own"),
    ],
)
@pytest.mark.usefixtures("untrained")
def test_mistakes(call: Call, tmp_path: Path, options: list[str], message: str) -> None:
    result = call("render", *ONE_SECOND, *options)
    assert (result.code, result.out) == (2, "")
    assert any(error.startswith(message) for error in result.errors), result.errors
    assert len(result.errors) == len({*result.errors})
    assert contents(tmp_path) == {}


@pytest.mark.usefixtures("untrained")
def test_a_dry_run_finds_mistakes_about_workers_too(call: Call) -> None:
    result = call("render", *ONE_SECOND, "--dry-run", "--jobs", "0")
    assert (result.code, result.out) == (2, "")
    assert result.errors == ["--jobs: expected a whole number from 1 to 512, got 0"]


@pytest.mark.usefixtures("untrained")
def test_what_is_typed_about_workers_goes_before_the_environment(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setenv("NETVIZ_JOBS", "2")
    assert call("render", *ONE_SECOND, "--dry-run", "--cluster", "tcp://127.0.0.1:9").errors == []
    monkeypatch.setenv("NETVIZ_CLUSTER", "tcp://127.0.0.1:9")
    assert call("render", *ONE_SECOND, "--dry-run", "--jobs", "3").errors == []
    (error,) = call("render", *ONE_SECOND, "--dry-run").errors
    assert error.startswith("--jobs and --cluster: each says who is to do the work")


@pytest.mark.usefixtures("untrained")
def test_mistakes_of_all_scenes_at_once(call: Call, tmp_path: Path) -> None:
    scenes(tmp_path, "a.yaml", "b.yaml", "c.yaml")
    (tmp_path / "a.yaml").write_text(SCENE.replace("{cycles: 60}", "{cycels: 60}"))
    (tmp_path / "b.yaml").write_text(SCENE.replace("duration: 2", "audio: none.mp3"))
    (tmp_path / "c.mp4").write_text("precious")
    result = call("render", "a.yaml", "b.yaml", "c.yaml", "xro", "--jobs", "x")
    assert (result.code, result.out) == (2, "")
    starts = ["--jobs", "a.yaml:7:12", "xro", "b.yaml:9:8", "c.mp4"]
    assert [error.split(": ")[0] for error in result.errors] == starts
    result = call("render", "a.yaml", "b.yaml", "c.yaml", "xro", "--jobs", "0")
    assert [error.split(": ")[0] for error in result.errors] == starts
    (tmp_path / "a.yaml").write_text(SCENE.replace("layers: [2, 2, 1]", "layers: [2, 4097, 1]"))
    result = call("render", "a.yaml", "b.yaml", "c.yaml")
    wheres = [re.split(r": (?=[^:]*$|is|exists|no such|\[)", error)[0] for error in result.errors]
    assert wheres == ["a.yaml:2:11: network.layers", "b.yaml:9:8: audio: none.mp3", "c.mp4"]


def test_a_recording_is_swept_by_its_looks_alone(call: Call, tmp_path: Path) -> None:
    assert call("record", *ONE_SECOND, "-o", "run.npz").code == 0
    assert planned(call, "run.npz", "--sweep", "palette=green-red,colour-blind") == [
        "xor-palette-green-red.mp4",
        "xor-palette-colour-blind.mp4",
    ]
    result = call("render", "run.npz", "--sweep", "training.seed=1,2")
    assert result.errors == ["--sweep training.seed: the recording is trained already; render a scene to change this"]


@pytest.mark.slow
def test_jobs_in_a_process_of_its_own(tmp_path: Path) -> None:
    for jobs in ("1", "2"):
        result = run(tmp_path, "render", *FILM[:-1], "14", "--jobs", jobs, "-o", f"{jobs}.mp4")
        assert (result.code, result.errors) == (0, []), result.err
    assert (tmp_path / "1.mp4").read_bytes() == (tmp_path / "2.mp4").read_bytes()
