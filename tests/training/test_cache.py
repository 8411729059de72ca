"""The cache of recordings: what its key depends on, what it keeps, and what it survives."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netviz
from netviz.atomic_files import part_of
from netviz.cache_folder import CacheContents
from netviz.recording.recording import Recording
from netviz.scene.loader import load_scene
from netviz.scene.model import Data, Network, Schedule, Training
from netviz.scene.scene import Scene
from netviz.scene.schedule import LOOKS_OF_NETWORK, TRAINED, is_trained
from netviz.training import cache
from netviz.training.cache import (
    RecordingCache,
    record_once,
    recording_cache,
    recording_size,
    training_key,
)
from netviz.training.trainer import train
from tests.conftest import short_scene
from tests.recordings import own_scene

ROOT = Path(__file__).parents[2]
POINTS = {"data": {"dataset": "circle"}, "network.layers": [2, 3, 1], "shots": [{"shot": "learning"}]}
POINTS |= {"network.inputs": [], "training.initial_weights": "glorot"}
ROWS = {"data.inputs": ["a", "b", "c"], "data.targets": ["d"]}

TRAINING_CHANGES: list[tuple[str, Any, dict[str, Any]]] = [
    ("network.layers", [3, 5, 1], {}),
    ("network.activation", "tanh", {}),
    ("network.activation", ["tanh", "sigmoid"], {}),
    ("network.bias", True, {}),
    ("network.bias", "fixed", {"network.bias": True}),
    ("data.examples", [{"inputs": [0, 0, 1], "target": 0}], {}),
    ("data.examples", [{"inputs": [0, 0, 1], "target": 1}], {"data.examples": [{"inputs": [0, 0, 1], "target": 0}]}),
    ("data.dataset", "xor", POINTS),
    ("data.samples", 60, POINTS),
    ("data.noise", 10, POINTS),
    ("data.train_share", 0.75, {}),
    ("data.features", ["x2", "x1"], POINTS),
    ("data.normalize", "standard", {}),
    ("data.normalize", "minmax", {"data.normalize": "standard"}),
    ("data.csv", "other.csv", {"data": {"csv": "table.csv"}} | ROWS),
    ("data.arrays", "other.npz", {"data": {"arrays": "table.npz"}, "data.targets": "d"}),
    ("data.inputs", ["b", "a", "c"], {"data": {"csv": "table.csv"}} | ROWS),
    ("data.targets", ["c"], {"data": {"csv": "table.csv"}} | ROWS | {"data.inputs": ["a", "b", "e"]}),
    ("training.cycles", 61, {"schedule": {"frames": 3}}),
    ("training.learning_rate", 0.5, {}),
    ("training.optimizer", "adam", {}),
    ("training.optimizer", {"name": "momentum", "momentum": 0.8}, {"training.optimizer": "momentum"}),
    ("training.batch", 2, {}),
    ("training.batch", "full", {}),
    ("training.reduction", "sum", {}),
    ("training.last_batch", "carry", {}),
    ("training.regularization", "L1", {}),
    ("training.regularization_rate", 0.01, {"training.regularization": "L2"}),
    ("training.loss", "cross_entropy", {}),
    ("training.seed", 2, {}),
    ("training.seed", "0.1", {"training.initial_weights": "playground"}),
    ("training.initial_weights", "trask", {}),
    ("training.initial_weights", [[[0.5]] * 3, [[0.5]]], {"network.layers": [3, 1, 1]}),
    ("training.initial_biases", [0.5, 0.5], {"network.bias": True}),
    ("training.initial_scale", 0.5, {"training.initial_weights": "uniform"}),
    ("training.initial_skip", 1, {}),
    ("schedule.cycles", [1, 5, 20, 60], {}),
    ("schedule.every", 15, {}),
    ("schedule.frames", 4, {}),
]
LOOK_CHANGES: list[tuple[str, Any]] = [
    ("name", "other"),
    ("title", "Other"),
    ("subtitle", "other"),
    ("network.inputs", ["p", "q", "r"]),
    ("network.outputs", ["s"]),
    ("network.hidden", [["a", "b", "c", "d"]]),
    ("network.bias_nodes", False),
    ("network.grid", [1, 3]),
    ("shots", [{"shot": "learning"}, {"shot": "think", "inputs": [1, 1, 0], "caption": "?"}]),
    ("shots", [{"shot": "walk", "example": 2, "cycle": 20, "backward": True}]),
    ("audio", "bundled:track.mp3"),
    ("audio", {"file": "bundled:track.mp3", "start": 20, "gain": -3}),
    ("duration", 12),
    ("style", "classic"),
    ("theme", "paper"),
    ("palette", "colour-blind"),
    ("palette", {"positive": "teal"}),
    ("motion", "reduced"),
    ("panels", [{"panel": "network"}]),
    ("accuracy", True),
    ("words", {"label-cycle": "round"}),
    ("story", {"drop": ["step"]}),
    ("captions", [{"text": "Now!", "at": "5s"}]),
    ("sync", {"at": [1, 2, 3, 4]}),
    ("compare", [{"set": {"training.seed": 1}}, {"set": {"training.seed": 2}}]),
    ("pulse", 0.5),
    ("font", "any.ttf"),
    ("figures_font", "any.ttf"),
    ("output.size", "square"),
    ("output.fps", 25),
    ("output.quality", "best"),
    ("look", "brand.yaml"),
]


LOOKS = {f"network.{key}" for key in LOOKS_OF_NETWORK}


def keys_of(name: str) -> set[str]:
    part = {"network": Network, "data": Data, "training": Training, "schedule": Schedule}[name]
    return {f"{name}.{key}" for key in part.model_fields}


def scene_with(folder: Path, overrides: dict[str, Any]) -> Scene:
    for name, last in (("table.csv", "1"), ("other.csv", "0.5")):
        (folder / name).write_text(f"a,b,c,d,e\n0,0,1,0,1\n0,1,1,{last},1\n")
        np.savez((folder / name).with_suffix(".npz"), a=[0, 0], b=[0, 1], c=[1, 1], d=[0, float(last)])
    (folder / "brand.yaml").write_text("theme: paper\n")
    short = {"training.cycles": 60, "schedule": {"cycles": [1, 4, 20, 60]}}
    short |= {"audio": None, "duration": 30} if "audio" not in overrides else {}
    files = ("data.csv", "data.arrays", "font", "figures_font", "look")
    changed = {key: str(folder / value) if key in files else value for key, value in overrides.items()}
    if "data" in changed and (table := changed["data"].keys() & {"csv", "arrays"}):
        changed["data"] = {key: str(folder / changed["data"][key]) for key in table}
    return load_scene("xor", overrides=short | changed)


@pytest.mark.parametrize(("key", "value", "base"), TRAINING_CHANGES, ids=[each[0] for each in TRAINING_CHANGES])
def test_whatever_changes_training_changes_the_key(tmp_path: Path, key: str, value: Any, base: dict[str, Any]) -> None:
    before, after = scene_with(tmp_path, base), scene_with(tmp_path, base | {key: value})
    assert training_key(before) == training_key(scene_with(tmp_path, base))
    assert training_key(before) != training_key(after)
    assert is_trained(key)


@pytest.mark.parametrize(("key", "value"), LOOK_CHANGES, ids=[each[0] for each in LOOK_CHANGES])
def test_looks_do_not_change_the_key(tmp_path: Path, key: str, value: Any) -> None:
    base: dict[str, Any] = {"network.bias": True} | ({"audio": "bundled:track.mp3"} if key == "pulse" else {})
    before, after = scene_with(tmp_path, base), scene_with(tmp_path, base | {key: value})
    assert before != after
    assert training_key(before) == training_key(after)
    assert not is_trained(key)


def test_which_examples_are_recorded_is_in_the_key(tmp_path: Path) -> None:
    def key(*shots: dict[str, Any]) -> str:
        return training_key(scene_with(tmp_path, {"shots": list(shots)}))

    walk = {"shot": "walk", "example": 7, "cycle": 20}
    all_recorded = [key({"shot": "learning"}), key({"shot": "learning", "examples": "each"}, walk)]
    some = [key({"shot": "learning", "examples": 2}), key({"shot": "learning", "examples": 3})]
    assert len({*all_recorded}) == 1
    assert len({*all_recorded, *some, key({"shot": "learning", "examples": 2}, walk)}) == 4


def test_every_key_of_a_scene_is_looked_at_here() -> None:
    assert {key for name in TRAINED for key in keys_of(name)} - LOOKS == {key for key, _, _ in TRAINING_CHANGES}
    looks = {key.split(".")[0] if key.split(".")[0] not in TRAINED else key for key, _ in LOOK_CHANGES}
    assert looks == LOOKS | (Scene.model_fields.keys() - {*TRAINED})


def test_training_reads_nothing_of_a_scene_but_what_is_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for overrides in ({}, POINTS, {"style": "classic"}, {"training.initial_weights": "playground"}):
        scene = short_scene(**overrides)
        read: set[str] = set()
        for part in (Scene, Network):
            ordinary = part.__getattribute__

            def watched(self: Any, name: str, part: Any = part, ordinary: Any = ordinary, read: Any = read) -> Any:
                if name in part.model_fields:
                    read.add(name if part is Scene else f"network.{name}")
                return ordinary(self, name)

            monkeypatch.setattr(part, "__getattribute__", watched)
        train(scene)
        monkeypatch.undo()
        assert {"network", "training", "network.layers"} <= read
        # What is read of the shots is which examples are recorded, and that is in the key.
        assert not [key for key in read - {"shots"} if not is_trained(key)]


training_choices = st.fixed_dictionaries(
    {},
    optional={
        "network.layers": st.sampled_from([[3, 2, 1], [3, 5, 1], [3, 2, 2, 1]]),
        "network.bias": st.booleans(),
        "training.learning_rate": st.sampled_from([0.1, 0.10000000000000002, 2]),
        "training.seed": st.integers(0, 3),
        "training.batch": st.sampled_from([2, 3, "full"]),
        "schedule.cycles": st.sampled_from([[1, 60], [2, 60], [1, 2, 60]]),
    },
)
look_choices = st.fixed_dictionaries(
    {},
    optional={
        "title": st.text("ab", max_size=3),
        "theme": st.sampled_from(["night", "paper"]),
        "style": st.sampled_from(["glow", "classic", "playground"]),
        "network.outputs": st.sampled_from([["yes"], ["no"]]),
        "output.size": st.sampled_from(["square", "640x360"]),
    },
)


@settings(max_examples=40, deadline=None)
@given(training_choices, training_choices, look_choices, look_choices)
def test_keys_are_equal_where_training_is(
    one: dict[str, Any], other: dict[str, Any], look: dict[str, Any], other_look: dict[str, Any]
) -> None:
    scenes = [
        load_scene("xor", overrides={"training.cycles": 60, "schedule": {"cycles": [1, 60]}} | overrides)
        for overrides in (one | look, other | other_look)
    ]
    usual = {"network.bias": False, "training.seed": 1, "schedule.cycles": [1, 60]}
    assert (training_key(scenes[0]) == training_key(scenes[1])) == (usual | one == usual | other)


def test_a_tables_rows_count_and_not_its_file(tmp_path: Path) -> None:
    table = {"data": {"csv": "table.csv"}} | ROWS
    rows = [{"inputs": [0, 0, 1], "target": 0}, {"inputs": [0, 1, 1], "target": 1}]
    before = training_key(scene_with(tmp_path, table))
    assert before == training_key(scene_with(tmp_path, {"data": {"examples": rows}}))
    assert before != training_key(scene_with(tmp_path, table | {"data": {"csv": "other.csv"}}))


@pytest.mark.parametrize("name", ["_code", "arithmetic"])
def test_other_code_and_other_arithmetic_have_other_keys(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = training_key(scene)
    monkeypatch.setattr(cache, name, lambda: "another")
    cache._versions.cache_clear()
    assert training_key(scene) != before
    monkeypatch.undo()
    cache._versions.cache_clear()
    assert training_key(scene) == before


def test_one_line_of_the_code_that_trains_makes_another_key(tmp_path: Path) -> None:
    package = tmp_path / "netviz"
    shutil.copytree(Path(netviz.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    before = cache._code(package)
    assert before == cache._code()
    for name in ("scene/schedule.py", "scene/model.py", "training/sgd.py", "training/data.py", "drawing/theme.py"):
        path = package / name
        text = path.read_text()
        path.write_text(text + "\n# a line more\n")
        assert (cache._code(package) != before) == (name != "drawing/theme.py"), name
        path.write_text(text)


def test_what_training_imports_is_in_its_key() -> None:
    """But for what writes and finds files, and cannot change a number."""
    program = (
        "import sys, netviz.training.trainer; print(*(name for name in sys.modules if name.startswith('netviz.')))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    packages = {name.split(".")[1] for name in run.stdout.split()}
    assert packages - {*cache.TRAINING_CODE} <= {"errors", "version", "resources", "atomic_files"}


def same(one: Recording, other: Recording) -> bool:
    return all(
        np.array_equal(a, b, equal_nan=True) and a.dtype == b.dtype
        for a, b in zip(cache._arrays(one), cache._arrays(other), strict=True)
    )


@pytest.fixture
def kept(tmp_path: Path) -> RecordingCache:
    return RecordingCache(tmp_path / "deep" / "recordings")


def test_what_is_found_is_the_same_run_of_the_scene_asked_for(kept: RecordingCache, recording: Recording) -> None:
    asked = short_scene(title="Another", style="classic")
    assert kept.find(asked) is None
    assert kept.keep(recording)
    found = kept.find(asked)
    assert found is not None and same(found, recording)
    assert own_scene(found) == asked and found.info == recording.info
    assert kept.find(short_scene(training__seed=2)) is None
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700


def some(number: int) -> Recording:
    return train(short_scene(training__seed=number))


def aged(kept: RecordingCache, recording: Recording, age: int) -> Path:
    path = kept._path(own_scene(recording))
    os.utime(path, (1_700_000_000 - age,) * 2)
    return path


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    recordings = [some(number) for number in range(4)]
    RecordingCache(tmp_path / "measured").keep(recordings[0])
    size = RecordingCache(tmp_path / "measured").contents().size_in_bytes
    kept = RecordingCache(tmp_path, largest=int(3.5 * size))
    for age, recording in zip((300, 200, 100), recordings, strict=False):
        assert kept.keep(recording)
        aged(kept, recording, age)
    assert kept.find(own_scene(recordings[0])) is not None  # used just now
    assert kept.keep(recordings[3])
    assert [kept.find(own_scene(each)) is not None for each in recordings] == [True, False, True, True]
    assert kept.contents().size_in_bytes <= kept.largest


def test_a_recording_larger_than_the_cache_is_not_kept(tmp_path: Path, recording: Recording) -> None:
    small = RecordingCache(tmp_path / "small", largest=recording_size(recording) - 1)
    assert not small.keep(recording)
    assert not small.folder.exists()
    assert recording_size(recording) > 10_000


def test_a_recording_is_as_large_in_its_file_as_in_memory(tmp_path: Path) -> None:
    recording = train(load_scene("playground-circle", overrides={"training.cycles": 20, "schedule": {"frames": 4}}))
    assert len(recording.row_step) > 5 * len(recording.weights[0])
    recording.save(tmp_path / "run.npz")
    size = (tmp_path / "run.npz").stat().st_size
    assert size - 11_000 < recording_size(recording) < size
    with np.load(tmp_path / "run.npz") as stored:
        sizes = {name: stored[name].nbytes for name in stored.files if name != "header"}
    assert sum(sizes.values()) == recording_size(recording)
    in_rows = sum(array[0].nbytes for array in (*recording.weights, *recording.biases)) * len(recording.row_step)
    assert sum(sizes[name] for name in sizes if name.startswith("parameters_")) < in_rows / 5, "rows share moments"


@pytest.mark.parametrize("damage", ["empty", "half", "flipped", "foreign"])
def test_a_broken_file_is_as_good_as_absent(
    kept: RecordingCache, recording: Recording, damage: str, tmp_path: Path
) -> None:
    kept.keep(recording)
    path = kept._path(own_scene(recording))
    content = path.read_bytes()
    if damage == "foreign":  # a good recording under a name that is not its own
        some(3).save(path)
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes({"empty": b"", "half": content[:middle], "flipped": flipped}[damage])
    assert kept.find(own_scene(recording)) is None
    assert not path.exists(), "and does not stand in the way"
    assert kept.keep(recording) and kept.find(own_scene(recording)) is not None


def test_a_run_that_broke_off_is_not_kept(kept: RecordingCache, recording: Recording) -> None:
    assert not kept.keep(replace(recording, info={**recording.info, "complete": False}))
    assert kept.contents().count == 0


def test_only_recordings_are_counted_and_removed(tmp_path: Path, recording: Recording) -> None:
    precious = [tmp_path / "my.npz", tmp_path / "notes.txt", tmp_path / f"{'a' * 64}.txt"]
    for path in precious:
        path.write_text("precious")
    kept = RecordingCache(tmp_path)
    kept.keep(recording)
    assert kept.contents().count == 1
    assert kept.contents().size_in_bytes == kept._path(own_scene(recording)).stat().st_size
    assert kept.clear().count == 1
    assert kept.contents() == kept.clear() == CacheContents(0, 0)
    assert all(path.read_text() == "precious" for path in precious)


def test_what_a_killed_process_left_is_removed(kept: RecordingCache, recording: Recording) -> None:
    kept.folder.mkdir(parents=True)
    left = part_of(kept.folder / "any.npz")
    left.write_bytes(b"half")
    os.utime(left, (1_700_000_000,) * 2)  # so long ago that it is dead wherever it lies
    kept.keep(recording)
    assert not left.exists()


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, recording: Recording) -> None:
    (tmp_path / "file").write_text("no folder")
    for folder in (tmp_path / "file" / "recordings", Path("/proc/netviz/recordings")):
        kept = RecordingCache(folder)
        assert not kept.keep(recording)
        assert kept.find(own_scene(recording)) is None
        assert kept.contents().count == 0
        assert same(record_once(own_scene(recording), train, kept), recording)


def test_a_full_disk(kept: RecordingCache, recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("netviz.recording.array_file._write", full)
    assert not kept.keep(recording)
    assert [*kept.folder.iterdir()] == []


def test_trained_once(kept: RecordingCache, monkeypatch: pytest.MonkeyPatch) -> None:
    scene, trained = short_scene(), []

    def counted(scene: Scene) -> Recording:
        trained.append(scene)
        return train(scene)

    monkeypatch.setattr(cache, "SECONDS_TO_LOAD", 0.0)
    monkeypatch.setattr(cache, "SECONDS_A_BYTE", 0.0)
    first, second = (record_once(scene, counted, kept) for _ in range(2))
    assert same(first, second) and trained == [scene]
    record_once(scene, counted, None)
    assert len(trained) == 2


def test_what_is_trained_as_quickly_as_read_is_not_kept(kept: RecordingCache, recording: Recording) -> None:
    record_once(own_scene(recording), lambda scene: recording, kept)
    assert kept.contents().count == 0


@pytest.mark.slow
def test_many_at_once(kept: RecordingCache) -> None:
    """Threads and processes that keep, find, make room and clear all the time: whatever is found is right."""
    recordings = [some(number) for number in range(3)]
    tight = RecordingCache(kept.folder, largest=2 * recording_size(recordings[0]) + 10_000)
    program = (
        "import sys; from pathlib import Path; from netviz.training.cache import RecordingCache\n"
        "from tests.recordings import own_scene; from tests.training.test_cache import some\n"
        f"kept, recordings = RecordingCache(Path(sys.argv[1]), {tight.largest}), [some(n) for n in range(3)]\n"
        "for turn in range(4): [(kept.keep(each), kept.find(own_scene(each))) for each in recordings]\n"
        "kept.clear()\n"
    )
    other = subprocess.Popen([sys.executable, "-c", program, tight.folder], cwd=Path(__file__).parents[2])
    wrong: list[str] = []

    def work() -> None:
        while other.poll() is None:
            for recording in recordings:
                tight.keep(recording)
                found = tight.find(own_scene(recording))
                if found is not None and not same(found, recording):
                    wrong.append(own_scene(recording).name)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert other.wait() == 0 and not wrong
    assert not [path for path in kept.folder.iterdir() if path.suffix == ".part"]


def test_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def folder() -> Path | None:
        found = recording_cache()
        return found and found.folder

    monkeypatch.setenv("NETVIZ_CACHE", "off")
    assert folder() is None
    monkeypatch.setenv("NETVIZ_CACHE", str(tmp_path))
    assert folder() == tmp_path / "recordings"
    monkeypatch.setenv("NETVIZ_CACHE", "")
    if sys.platform == "linux":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "mine"))
        assert folder() == tmp_path / "mine" / "netviz" / "recordings"
        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.setattr(os.path, "expanduser", lambda path: path)
        assert folder() is None, "nobody is at home"


def test_python_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETVIZ_CACHE", str(tmp_path))
    monkeypatch.setattr(cache, "SECONDS_TO_LOAD", 0.0)
    monkeypatch.setattr(cache, "SECONDS_A_BYTE", 0.0)
    scene = short_scene()
    netviz.record(scene)
    assert not [*tmp_path.iterdir()]
    first = netviz.record(scene, cache=True)
    monkeypatch.setattr("netviz.pipeline.api.train", None)
    assert same(netviz.record(scene, cache=True), first)
    assert netviz.still(scene, "start", cache=True).shape == (180, 320, 3)
