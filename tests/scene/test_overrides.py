"""What the user typed, laid over the file: single keys, and the choices that exclude each other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from netviz.errors import InputError
from netviz.scene.loader import load_scene, read_scene, read_stored
from netviz.scene.overrides import Override, overlay, parse_set

MILO = (2, 10, 20, 50, 100, 200, 300, 400, 500, 1000, 2500, 12500, 60000)


def typed(**options: Any) -> dict[str, Override]:
    """Overrides as the command line makes them: cycles=5 is --cycles 5, other keys are written with __ for the dot."""
    homes = {
        "cycles": "training.cycles",
        "frames": "schedule.frames",
        "size": "output.size",
        "fps": "output.fps",
        "audio": "audio",
        "duration": "duration",
    }
    return {
        homes.get(name, name.replace("__", ".")): Override(value, f"--{name}" if name in homes else "--set")
        for name, value in options.items()
    }


def told(overrides: dict[str, Any], source: str | Path = "xor") -> list[str]:
    return [str(problem) for problem in read_scene(source, overrides).problems]


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("training.learning_rate=0.5", "training.learning_rate", 0.5),
        ("training.learning_rate=1e-3", "training.learning_rate", 0.001),
        ("audio=null", "audio", None),
        ("audio=", "audio", None),
        ("title=a = b", "title", "a = b"),
        ("title=no", "title", "no"),
        ("output.fps=30000/1001", "output.fps", "30000/1001"),
        ("title=Lesson #3", "title", "Lesson #3"),
        ("theme=#fff", "theme", "#fff"),
        ("title='Lesson #3'", "title", "Lesson #3"),
        ("title=C#", "title", "C#"),
        ("network.layers=[3, 8, 1]", "network.layers", [3, 8, 1]),
        (" shots.5.inputs =[1, 0, 1]", "shots.5.inputs", [1, 0, 1]),
    ],
)
def test_set_is_read_as_yaml(text: str, key: str, value: Any) -> None:
    assert parse_set(text) == (key, Override(value, f"--set {key}"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("training.cycles", "--set training.cycles: expected key=value, such as training.cycles=500"),
        ("=5", "--set =5: expected key=value"),
        ("a=[1", "--set a: expected ',' or ']'"),
        ("a=!!python/name:os.system x", "--set a: the tag !!python/name:os.system is not allowed"),
        ("a={b: 1, b: 2}", "--set a: duplicate key"),
        ("a\n=[1", "--set a: "),
    ],
)
def test_what_cannot_be_set_is_told(text: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_set(text)
    assert str(caught.value).startswith(says)


def test_keys_lead_into_mappings_and_lists() -> None:
    scene = load_scene(
        overrides={
            "training.learning_rate": 0.5,
            "shots.5.inputs": (1, 0, 1),
            "data.examples[0].target": 1,
            "network.layers.1": 8,
            "output.quality": "draft",
        }
    )
    assert scene.training.learning_rate == 0.5
    assert scene.shots[5].model_dump()["inputs"] == (1, 0, 1)
    assert scene.data.examples[0].target == (1,)
    assert scene.network.layers == (3, 8, 1)
    assert scene.output.quality == "draft"


def test_parts_the_file_leaves_out_can_be_set(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text("network: {layers: [1, 1]}\ndata: {examples: [{inputs: 0, target: 0}]}\n")
    scene = load_scene(path, overrides={"training.cycles": 50, "schedule.every": 5})
    assert scene.training.cycles == 50
    assert (scene.schedule.every, scene.schedule.frames) == (5, None)


def test_neither_the_data_nor_the_overrides_are_changed() -> None:
    data: dict[str, Any] = {"training": {"cycles": 1}, "audio": "x", "schedule": {"cycles": [1]}}
    overrides: dict[str, Any] = {
        "network": {"layers": [1, 2]},
        "network.layers.0": 5,
        "duration": 3,
        "training.cycles": 9,
    }
    overlay(data, overrides)
    assert data == {"training": {"cycles": 1}, "audio": "x", "schedule": {"cycles": [1]}}
    assert overrides["network"] == {"layers": [1, 2]}


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("training.learning_rat", "unknown key (did you mean 'training.learning_rate'?)"),
        ("trainin.cycles", "unknown key (did you mean 'training.cycles'?)"),
        ("learning_rate", "unknown key (did you mean 'training.learning_rate'?)"),
        ("cycles", "unknown key (did you mean 'training.cycles' or 'schedule.cycles'?)"),
        ("shots.5.foo", "unknown key (shots[5] has share, seconds, speed, hold, caption, shot, inputs, target)"),
        ("shots.0.inputs", "unknown key (shots[0] has share, seconds, speed, hold, caption, shot)"),
        ("shots[5].input", "unknown key (did you mean 'shots[5].inputs'?)"),
        ("title.foo", "unknown key (title has no keys)"),
        ("qqq", "unknown key (a scene has name, title"),
        ("data.examples.9.target", "data.examples has no item 9; its items are 0 to 6"),
        ("data.examples.999999999999.target", "unknown key"),
        ("data.examples.0.target.0", "data.examples[0].target is whole number here, not a list"),
        ("network.outputs.1", "network.outputs has no item 1; its items are 0 to 0"),
        ("", "unknown key"),
        ("a..b", "unknown key"),
    ],
)
def test_keys_that_lead_nowhere(key: str, says: str) -> None:
    (line,) = told({key: Override(1, "--set it")})
    assert line.startswith(f"--set it: {says}")


def test_mistakes_name_the_option() -> None:
    assert told(typed(cycles="abc", size="853x480", fps="0")) == [
        "--cycles: expected a whole number from 1 to 100000000, got text 'abc'",
        "--size: 853x480 has an odd side, which most players cannot show; the nearest is 854x480",
        "--fps: expected a number above 0 up to 240, or text such as 30000/1001, got '0'",
    ]
    assert told({"training.cycles": 0}) == ["training.cycles: expected a whole number from 1 to 100000000, got 0"]
    (line,) = told(typed(frames=0))
    assert line == "--frames: expected a whole number from 1, or 'beats', got 0"


def test_a_mistake_inside_what_was_set_says_where_in_it() -> None:
    overrides = {"data.examples": Override([{"inputs": [0, 0, 1], "target": "x"}], "--set data.examples")}
    (line,) = told(overrides)
    assert line.startswith("--set data.examples: data.examples[0].target: expected a number")


def test_a_mistake_of_the_file_stays_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.yaml").write_text("network: {layers: [1, 1]}\ndata: {examples: [{inputs: 0, target: 0}]}\ntraining: 5\n")
    (line,) = told(typed(cycles=5), Path("my.yaml"))
    assert line == "my.yaml:3:11: training: expected a mapping such as {cycles: ...}, got whole number 5"


def test_a_mistake_of_file_and_option_together_names_both() -> None:
    (line,) = told({"shots.2.share": Override(1.0, "--set shots.2.share")})
    assert "xor.yaml:" in line
    assert line.endswith("leave no time for the shots without one (with --set shots.2.share)")


def test_the_film_of_2015_as_it_is_asked_for_keeps_milos_list() -> None:
    assert load_scene(overrides=typed(frames=13, cycles=60000)).schedule.cycles == MILO
    assert load_scene(overrides=typed(frames=13)).schedule.cycles == MILO
    assert load_scene(overrides=typed(cycles=60000)).schedule.cycles == MILO


@pytest.mark.parametrize(
    ("overrides", "kept"),
    [
        (typed(frames=12), {"frames": 12}),
        (typed(frames=14, cycles=60000), {"frames": 14}),
        (typed(frames=13, cycles=500), {"frames": 13}),
        (typed(frames=13, cycles=70000), {"frames": 13}),
        (typed(cycles=500), {"frames": 13}),
        (typed(cycles=70000), {"frames": 13}),
        ({"training": {"cycles": 70000}}, {"frames": 13}),
        (typed(schedule__every=100), {"every": 100}),
        (typed(schedule__every=100, cycles=500), {"every": 100}),
        (typed(schedule__cycles=[1, 500]), {"cycles": (1, 500)}),
        (typed(schedule__cycles=[1, 500], cycles=500), {"cycles": (1, 500)}),
        (typed(schedule={"every": 7}), {"every": 7}),
    ],
)
def test_the_schedule_follows_what_was_typed(overrides: dict[str, Any], kept: dict[str, Any]) -> None:
    schedule = load_scene(overrides=overrides).schedule
    assert schedule.model_dump(exclude_none=True) == kept


def test_a_list_that_ends_early_on_purpose_stays_while_training_stays(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(
        "network: {layers: [1, 1]}\ndata: {examples: [{inputs: 0, target: 0}]}\n"
        "training: {cycles: 100}\nschedule: {cycles: [1, 5, 9]}\n"
    )
    assert load_scene(path, overrides=typed(cycles=100)).schedule.cycles == (1, 5, 9)
    assert load_scene(path, overrides=typed(frames=3)).schedule.frames == 3
    assert load_scene(path, overrides=typed(cycles=9)).schedule.cycles == (1, 5, 9)
    assert load_scene(path, overrides=typed(cycles=50)).schedule.frames == 3


def test_other_overrides_leave_the_schedule_alone() -> None:
    assert load_scene(overrides=typed(size="720p", training__seed=5)).schedule.cycles == MILO


def test_two_kinds_of_schedule_exclude_each_other() -> None:
    (line,) = told(typed(frames=5, schedule__every=5))
    assert "xor.yaml:" in line
    assert "give exactly one of cycles, every, frames; got every and frames (with --frames, --set)" in line


def test_more_frames_than_cycles_says_so() -> None:
    assert told(typed(frames=20, cycles=10)) == [
        "--frames: 20 shown cycles are more than the 10 of training (training.cycles); show fewer"
    ]
    (line,) = told(typed(cycles=5))
    assert line.startswith("--cycles: 13 shown cycles are more than the 5 of training")


def test_music_and_length_exclude_each_other(tmp_path: Path) -> None:
    scene = load_scene(overrides=typed(duration="12.5"))
    assert (scene.audio, str(scene.duration)) == (None, "25/2")
    path = tmp_path / "my.yaml"
    path.write_text("network: {layers: [1, 1]}\ndata: {examples: [{inputs: 0, target: 0}]}\nduration: 60\n")
    assert load_scene(path, overrides=typed(audio="/x.mp3")).duration is None
    assert load_scene(path, overrides=typed(audio=None)).duration == 60
    assert load_scene(overrides=typed(audio=None)).audio is None
    assert load_scene(overrides=typed(audio=None, duration=5)).duration == 5
    assert told(typed(audio="/x.mp3", duration=5)) == [
        "--audio and --duration: the film is as long as its music: give one of them, or --set audio.fit=track as well"
    ]


def test_a_stored_scene_takes_overrides_like_a_file() -> None:
    # A name that is not UTF-8, and more examples than a scene file may hold.
    many = [{"inputs": [0, 0, index], "target": 1} for index in range(20_000)]
    scene = load_scene(overrides={"audio": os.fsdecode(b"/music/\xff\n.mp3"), "data.examples": many})
    stored = scene.model_dump(mode="json")
    assert read_stored(stored, Path("run.npz")).scene == scene
    changed = read_stored(stored, Path("run.npz"), typed(size="square", audio=None)).scene
    assert changed is not None
    assert (changed.output.size, changed.audio) == ((1080, 1080), None)
    result = read_stored(stored, Path("run.npz"), {**typed(fps=0), "shots.2.share": Override(1.0, "--set it")})
    assert [problem.where for problem in result.problems] == ["run.npz: shots", "--fps"]


def test_the_classic_style_typed_over_a_scene_with_panels_wins() -> None:
    link = "https://playground.tensorflow.org/#showTestData=true&seed=0.5"
    assert load_scene(link).panels is not None
    assert load_scene(link, overrides={"style": "classic"}).panels is None
    words, behind = {"panel": "text", "text": "mine"}, {"panel": "text", "text": "behind"}
    panels = [behind, {"panel": "network"}, {"panel": "curve"}, words]
    found = load_scene("xor", overrides={"panels": panels}).model_dump(mode="json")["panels"]
    assert [panel["panel"] for panel in found] == ["text", "network", "curve", "text"]
    overlaid = overlay({"panels": panels}, {"style": "classic"})
    assert overlaid.data["panels"] == [behind, "auto", words]
