from __future__ import annotations

import dataclasses
import io
import json
import os
import resource
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from netviz.errors import InputError, NetvizError
from netviz.recording import npz_directory, storage
from netviz.recording.recording import Recording
from netviz.resources import scenes_folder
from netviz.scene.scene import Scene
from netviz.training import trainer
from netviz.training.trainer import train
from tests.recordings import in_rows
from tests.training.scenes import playground, scene


@pytest.fixture(scope="module")
def recording() -> Recording:
    return train(scene(network={"bias": True}, cycles=30, schedule={"frames": 3}))


@pytest.fixture
def saved(recording: Recording, tmp_path: Path) -> Path:
    path = tmp_path / "run.npz"
    recording.save(path)
    return path


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path: Path, changed: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in changed.items():
            archive.writestr(name, data)


def npy(array: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array), **options)
    return file.getvalue()


def header_of(path: Path) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(np.load(path)["header"].tobytes())
    return header


def with_header(header: Any) -> bytes:
    return npy(np.frombuffer(json.dumps(header).encode(), dtype=np.uint8))


def arrays_of(recording: Recording) -> list[Any]:
    values = [getattr(recording, field.name) for field in dataclasses.fields(recording)]
    everything = [part for value in values for part in (value if isinstance(value, tuple) else (value,))]
    return [part for part in everything if isinstance(part, np.ndarray)]


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        Recording.load(path)
    (problem,) = caught.value.problems
    assert problem.where == str(path)
    assert "\n" not in problem.message
    return problem.message


@pytest.mark.parametrize("name", ["run.npz", "run", "run.v2", "-o", "a b\n%d", "x" * 255])
def test_what_is_loaded_is_what_was_saved_bit_by_bit(name: str, recording: Recording, tmp_path: Path) -> None:
    recording.save(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    again = Recording.load(str(tmp_path / name))
    assert again.scene == recording.scene
    assert again.info == recording.info
    for one, two in zip(arrays_of(recording), arrays_of(again), strict=True):
        assert one.dtype == two.dtype
        assert one.shape == two.shape
        assert one.tobytes() == two.tobytes()
        assert not two.flags.writeable


def test_it_is_an_ordinary_npz(saved: Path, recording: Recording) -> None:
    with np.load(saved, allow_pickle=False) as file:
        weights = file["weights_0"]
        assert weights.shape == (len(recording.cycle), 3, 4), "for every row"
        np.testing.assert_array_equal(weights, in_rows(recording).weights[0])
    assert header_of(saved)["versions"]["numpy"] == np.__version__


@pytest.fixture
def tested(tmp_path: Path) -> Path:
    path = tmp_path / "tested.npz"
    train(playground(data={"samples": 30}, schedule=[1, 4], cycles=5)).save(path)
    return path


def test_test_losses_are_kept_too(tested: Path) -> None:
    again = Recording.load(tested)
    assert again.test_loss is not None
    assert again.test_loss.shape == again.train_loss.shape == (6,)
    assert again.info["seed"] == again.scene.training.seed == "0.59704"
    run = train(again.scene)
    for one, two in zip(arrays_of(run), arrays_of(again), strict=True):
        assert one.tobytes() == two.tobytes()


def test_test_losses_belong_to_test_examples(tested: Path, saved: Path, recording: Recording) -> None:
    files = members(tested)
    rewrite(tested, {name: data for name, data in files.items() if name != "test_loss.npy"})
    assert "test_loss missing" in refused(tested)
    rewrite(tested, files | {"test_loss.npy": npy(np.full(6, np.nan))})
    assert "test_loss holds a number that is not finite" in refused(tested)
    rewrite(saved, members(saved) | {"test_loss.npy": npy(recording.train_loss)})
    assert "unexpected 'test_loss'" in refused(saved)


@pytest.mark.parametrize("name", ["xor", "xor-classic"])
def test_the_bundled_scenes_survive_the_header(name: str) -> None:
    bundled = Scene.model_validate(yaml.safe_load((scenes_folder() / f"{name}.yaml").read_text()))
    assert Scene.model_validate(json.loads(json.dumps(bundled.model_dump(mode="json")))) == bundled


def test_loading_does_not_train(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "_train", lambda *_: pytest.fail("it trained"))
    Recording.load(saved)


def test_a_file_there_is_replaced_whole(saved: Path, recording: Recording) -> None:
    os.link(saved, saved.parent / "other")
    before = saved.read_bytes()
    train(scene(seed=9)).save(saved)
    assert Recording.load(saved).scene.training.seed == 9
    assert (saved.parent / "other").read_bytes() == before
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(saved.stat().st_mode) == 0o666 & ~umask


def test_names_that_cannot_be_written_to(recording: Recording, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/nowhere")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "missing" / "run", tmp_path / "link", tmp_path / "pipe", "/proc/run.npz"):
        with pytest.raises(InputError) as caught:
            recording.save(path)
        assert caught.value.problems[0].where == str(path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "pipe"]


def test_a_disk_that_fills_up_leaves_nothing(saved: Path, recording: Recording) -> None:
    before = saved.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))
    try:
        with pytest.raises(NetvizError, match="cannot be written: file too large") as caught:
            recording.save(saved)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.exit_code == 1
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["run.npz"]


def test_breaking_off_leaves_nothing(recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(storage, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        recording.save(tmp_path / "run.npz")
    assert not list(tmp_path.iterdir())


def test_what_is_not_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "not a file" in refused(tmp_path / "pipe")
    assert "not a file" in refused(tmp_path)
    assert "not a file" in refused(Path("/dev/zero"))
    assert "cannot be read" in refused(tmp_path / "missing.npz")


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 100, os.urandom(5000)])
def test_foreign_files(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(data)
    assert "not a recording" in refused(path)


def test_any_truncated_file_is_refused(saved: Path) -> None:
    whole = saved.read_bytes()
    for length in range(0, len(whole), max(1, len(whole) // 97)):
        saved.write_bytes(whole[:length])
        assert "not a recording" in refused(saved)


def test_any_flipped_byte_is_refused_or_harmless(saved: Path, recording: Recording) -> None:
    whole = saved.read_bytes()
    found = 0
    for position in range(7, len(whole), max(1, len(whole) // 397)):
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        saved.write_bytes(damaged)
        try:
            again = Recording.load(saved)
        except InputError:
            found += 1
        else:  # a date or a flag nobody reads
            assert in_rows(again).weights[0].tobytes() == in_rows(recording).weights[0].tobytes()
            assert again.scene == recording.scene
    assert found > 300


Change = Callable[[dict[str, bytes], dict[str, Any]], None]


def put(name: str, data: bytes) -> Change:
    return lambda files, header: files.update({f"{name}.npy": data})


def drop(name: str) -> Change:
    return lambda files, header: files.__delitem__(f"{name}.npy")


def change_header(**changes: Any) -> Change:
    return lambda files, header: files.update({"header.npy": with_header(header | changes)})


def change_array(name: str, change: Callable[[Any], Any]) -> Change:
    def apply(files: dict[str, bytes], header: dict[str, Any]) -> None:
        array = np.load(io.BytesIO(files[f"{name}.npy"])).copy()
        files[f"{name}.npy"] = npy(change(array))

    return apply


def setting(index: Any, value: Any) -> Callable[[Any], Any]:
    def change(array: Any) -> Any:
        array[index] = value
        return array

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop("header"), "no header"),
        (drop("weights_1"), "weights_1 missing"),
        (put("weights_2", npy(np.zeros(3))), "unexpected 'weights_2'"),
        (put("../../evil", npy(np.zeros(3))), "unexpected '../../evil'"),
        (put("weights_0", npy(np.array([{}], dtype=object), allow_pickle=True)), "weights_0 holds objects"),
        (put("weights_0", b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f8'"), "weights_0 cannot be read"),
        (put("weights_0", b""), "weights_0 cannot be read"),
        (put("loss", npy(np.float64(1.0))), "loss has the shape ()"),
        (change_array("weights_0", lambda array: array[:, :2]), "weights_0 has the shape"),
        (change_array("weights_0", lambda array: array[:-1]), "weights_0 has the shape"),
        (change_array("weights_0", lambda array: array.astype(np.float32)), "weights_0 holds float32, not float64"),
        (change_array("cycle", lambda array: array.astype(float)), "cycle holds float64, not int64"),
        (change_array("train_error", lambda array: array[:-1]), "train_error has the shape (30,), not (31,)"),
        (lambda files, _: files.update({"loss.npy": files["loss.npy"][:-3]}), "loss has"),
        (lambda files, _: files.update({"loss.npy": files["loss.npy"] + b"more"}), "loss has"),
        (change_array("weights_0", setting((3, 0, 0), np.nan)), "weights_0 holds a number that is not finite"),
        (change_array("loss", setting(2, np.inf)), "loss holds a number that is not finite"),
        (change_array("targets", setting(0, 0.5)), "targets has one for a moment at rest"),
        (change_array("targets", setting(1, np.nan)), "targets holds a number that is not finite"),
        (change_array("cycle", setting(0, 1)), "first moment is not at rest in cycle 0"),
        (change_array("cycle", lambda array: np.where(array == 30, 31, array)), "past the end of training"),
        (change_array("cycle", lambda array: array.max() - array), "first moment"),
        (change_array("example", setting(1, 3)), "every example once, in order"),
        (change_array("example", setting(3, -1)), "targets has one for a moment at rest"),
        (change_array("cycle", lambda array: np.where(array == 1, 0, array)), "cycles do not increase"),
        (change_array("curve_cycle", lambda array: array + 1), "curve does not begin at cycle 0"),
        (change_array("curve_cycle", setting(5, 4)), "does not increase"),
        (change_header(format=2), "format is 2, and this netviz reads 1"),
        (change_header(complete=False), "being complete does not fit"),
        (change_array("train_loss", setting(-1, 0.25)), "another loss than the curve"),
        (change_header(seed=None), "seed, versions or complete missing"),
        (change_header(seed=True), "seed, versions or complete missing"),
        (change_header(complete="yes"), "seed, versions or complete missing"),
        (change_header(scene=None), "the scene in its header is not valid"),
        (change_header(scene={"network": {"layers": [3]}}), "scene.network.layers"),
        (put("header", with_header([1, 2])), "names no format"),
        (put("header", npy(np.frombuffer(b"{", dtype=np.uint8))), "not JSON"),
        (put("header", npy(np.frombuffer(b"[" * 200_000, dtype=np.uint8))), "not JSON"),
        (put("header", npy(np.zeros(3))), "header holds float64"),
    ],
)
def test_hostile_and_damaged_files_are_refused(saved: Path, change: Change, message: str) -> None:
    files = members(saved)
    change(files, header_of(saved))
    rewrite(saved, files)
    assert message in refused(saved)


def test_a_deflated_file_is_read(saved: Path, recording: Recording) -> None:
    rewrite(saved, members(saved))
    np.testing.assert_array_equal(in_rows(Recording.load(saved)).weights[0], in_rows(recording).weights[0])


@pytest.mark.parametrize("change", [np.asfortranarray, lambda array: array.astype(">f8")])
def test_other_orders_of_the_same_numbers_are_read(saved: Path, recording: Recording, change: Any) -> None:
    files = members(saved)
    files["weights_0.npy"] = npy(change(np.load(io.BytesIO(files["weights_0.npy"]))))
    rewrite(saved, files)
    np.testing.assert_array_equal(in_rows(Recording.load(saved)).weights[0], in_rows(recording).weights[0])


def test_a_file_without_rows_is_refused(saved: Path, recording: Recording) -> None:
    files = members(saved)
    for name in files:
        array = np.load(io.BytesIO(files[name]))
        if name != "header.npy" and len(array) == len(recording.cycle):
            files[name] = npy(array[:0])
    rewrite(saved, files)
    assert "first moment is not at rest" in refused(saved)


def test_other_packings_and_doubled_members_are_refused(saved: Path) -> None:
    files = members(saved)
    rewrite(saved, files, zipfile.ZIP_LZMA)
    assert "packed in an unknown way" in refused(saved)
    with zipfile.ZipFile(saved, "w") as archive:
        for name in (*files, "loss"):
            archive.writestr(name, files["loss.npy"])
    assert "two members are called 'loss'" in refused(saved)


def test_a_small_file_that_holds_very_much_is_not_unpacked(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = members(saved)
    files["loss.npy"] = npy(np.zeros(2_500_000))
    rewrite(saved, files)
    assert saved.stat().st_size < 100_000
    assert "loss has the shape (2500000,)" in refused(saved)
    monkeypatch.setattr(npz_directory, "LARGEST_FILE", 10_000_000)
    assert "holds more than 0.01 GB" in refused(saved)
    monkeypatch.setattr(storage, "LARGEST_HEADER", 100)
    monkeypatch.setattr(npz_directory, "LARGEST_FILE", 10**9)
    assert "its header is larger" in refused(saved)
