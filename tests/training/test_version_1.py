"""Version 1 of a recording's file, as a writer of today makes one: every array by rows, and the scene in the header."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netviz.recording.recording import AT_REST, DIVERGED, DIVERGED_IN, Recording
from netviz.scene.scene import Scene
from netviz.training.divergence import TrainingDiverged
from netviz.training.setup import setup_scene
from netviz.training.trainer import train
from tests.recording.files import (
    Change,
    added,
    array,
    assert_same,
    changed,
    in_header,
    put_together,
    refused,
    setting,
    taken_apart,
    without,
)
from tests.recordings import in_rows
from tests.training.scenes import playground, scene

CLASSES: Any = [([0, 0, 1], [1, 0]), ([0, 1, 1], [0, 1]), ([1, 0, 1], [0, 1])]
LINEAR: Any = {"layers": [3, 4, 1], "activation": "linear", "bias": True}
DIVERGING = [
    scene(network=LINEAR, learning_rate=rate, cycles=150, schedule={"cycles": [1, 2, 3]}, initial_weights="glorot")
    for rate in (1.0, 1e6)
]
RUNS: dict[str, Scene] = {
    "one by one": scene(),
    "with biases": scene(network={"bias": True}),
    "fixed biases": scene(network={"bias": "fixed"}),
    "batches": scene(network={"bias": True}, batch=3),
    "a part is carried over": scene(batch=3, last_batch="carry", network={"bias": True}),
    "whole cycles": scene(batch="full", network={"activation": ["swish", "sigmoid"]}),
    "L1": playground(data={"samples": 30}, cycles=20, schedule=[1, 20], regularization="L1", regularization_rate=0.003),
    "classes": scene(CLASSES, network={"layers": [3, 4, 2], "activation": ["gelu", "softmax"]}, loss="cross_entropy"),
    "a data set with tests": playground(data={"samples": 30}, cycles=20, schedule=[1, 10, 20]),
    "features": playground(
        data={"samples": 30, "features": ["x1", "x2^2", "sin(x2)"]},
        network={"layers": [3, 4, 1]},
        cycles=20,
        schedule=[1, 20],
    ),
    "presented examples": Scene.model_validate(
        scene(network={"bias": True}, batch=2).model_dump(mode="json")
        | {"shots": [{"shot": "learning", "examples": 3}]}
    ),
    "nothing changes": scene(learning_rate=1e-300),
}


def save_version_1(recording: Recording, path: Path) -> None:
    """Write a recording of netviz's own as version 1 of the file."""
    wanted = setup_scene(recording, recording.look)
    weights, biases = in_rows(recording)
    layers = range(len(recording.activations))
    assert recording.loss is not None
    arrays = {
        "cycle": recording.row_step,
        "example": recording.probe.astype(np.int64),
        **{f"weights_{layer}": weights[layer] for layer in layers[:-1]},
        **{f"biases_{layer}": biases[layer] for layer in layers[:-1]},
        **{f"activations_{layer}": recording.activations[layer][:] for layer in layers},
        "targets": recording.targets,
        "loss": recording.loss,
        "curve_cycle": recording.curve_step,
        "train_loss": recording.train_loss,
        "train_error": recording.main_curve,
    }
    if recording.test_loss is not None:
        arrays["test_loss"] = recording.test_loss
    info = {key: recording.info[key] for key in ("seed", "versions", "complete")}
    put_together(path, arrays, {"format": 1, "scene": wanted.model_dump(mode="json"), **info})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.npz"


@pytest.mark.parametrize("name", RUNS)
def test_it_is_the_recording_that_the_recorder_made(name: str, path: Path) -> None:
    trained = train(RUNS[name])
    save_version_1(trained, path)
    curves = {name: curve for name, curve in trained.curves.items() if "accuracy" not in name}
    recording = replace(trained, curves=curves)  # the files of version 1 know of no other
    again = Recording.load(path)
    assert_same(recording, again)
    assert again.stored_at is not None and again.stored_at.path == path
    again.save(path)
    assert_same(recording, Recording.load(path))
    assert taken_apart(path)[1]["format"] == 2


@pytest.mark.parametrize(("wanted", "moments"), [(DIVERGING[0], 17), (DIVERGING[1], 1)])
def test_a_run_that_broke_off(wanted: Scene, moments: int, path: Path) -> None:
    with pytest.raises(TrainingDiverged) as caught:
        train(wanted)
    recording = caught.value.recording
    assert recording is not None and not recording.is_complete and len(recording.step) == moments
    # Files of the first version do not say in which cycle, nor what was not finite.
    info = {key: value for key, value in recording.info.items() if key not in (DIVERGED, DIVERGED_IN)}
    recording = replace(recording, info=info)
    save_version_1(recording, path)
    assert_same(recording, Recording.load(path))


def test_its_scene_is_what_it_was_trained_from_and_how_it_looks(path: Path) -> None:
    own = scene(network={"activation": ["tanh", "sigmoid"]}).model_dump(mode="json")
    wanted = Scene.model_validate(own | {"title": "Mine", "audio": None})
    save_version_1(train(wanted), path)
    again = Recording.load(path)
    assert again.look is not None and again.look["title"] == "Mine"
    assert setup_scene(again, again.look) == wanted
    assert not {"data", "training", "schedule"} & {*again.look}


def test_neighbours_share_a_moment_if_every_bit_is_the_same(path: Path) -> None:
    """What comes back later is a moment of its own, and so is a zero with another sign."""
    wanted = scene(network={"layers": [3, 4, 1], "bias": True, "activation": "linear"}, batch=3, learning_rate=0.01)
    recording = train(wanted)
    save_version_1(recording, path)
    values = np.zeros(len(recording.probe))
    values[4:9] = [-0.0, -0.0, 0.0, 0.0, -0.0]  # rows of cycle 2, of three batches
    assert recording.row_step[3:9].tolist() == [2] * 6
    arrays, header = taken_apart(path)
    for name in arrays:
        if name.startswith(("weights", "biases")):
            arrays[name][:] = 0.0
    for name in ("activations_1", "activations_2"):
        arrays[name][:] = 0.0
    arrays["biases_1"][:, 0] = values
    put_together(path, arrays, header)
    again = Recording.load(path)
    assert again.moment[:11].tolist() == [0, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7]
    found = again.biases[1][again.moment, 0]
    assert found[:9].tobytes() == values[:9].tobytes()


CHANGES: list[tuple[Change, str]] = [
    (without("weights_1"), "weights_1 missing"),
    (added("weights_2", np.zeros(3)), "unexpected 'weights_2'"),
    (added("test_loss", np.zeros(31)), "unexpected 'test_loss'"),
    (array("loss", lambda loss: loss[0]), "loss has the shape ()"),
    (array("weights_0", lambda weights: weights[:, :2]), "weights_0 has the shape"),
    (array("weights_0", lambda weights: weights[:-1]), "weights_0 has the shape"),
    (array("weights_0", lambda weights: weights.astype(np.float32)), "weights_0 holds float32, not float64"),
    (array("cycle", lambda cycle: cycle.astype(float)), "cycle holds float64, not int64"),
    (array("train_error", lambda curve: curve[:-1]), "train_error has the shape (30,), not (31,)"),
    (setting("weights_0", (3, 0, 0), np.nan), "weights_0 holds a number that is not finite"),
    (setting("weights_0", (-1, 0, 0), np.nan), "weights_0 holds a number that is not finite"),
    (setting("loss", 2, np.inf), "loss holds a number that is not finite"),
    (setting("targets", 0, 0.5), "targets has one for a moment at rest"),
    (setting("targets", 3, np.nan), "targets holds a number that is not finite"),
    (setting("targets", 3, 0.5), "other inputs or targets than the examples of its scene"),
    (setting("activations_0", (3, 0), 0.5), "other inputs or targets than the examples of its scene"),
    (setting("activations_0", (0, 0), 0.5), "a moment at rest has inputs that are not zero"),
    (setting("cycle", 0, 1), "first moment is not at rest in cycle 0"),
    (array("cycle", lambda cycle: np.where(cycle == 30, 31, cycle)), "past the end of training"),
    (array("cycle", lambda cycle: cycle.max() - cycle), "first moment"),
    (setting("example", 3, 3), "every example once, in order"),
    (setting("example", 3, -1), "targets has one for a moment at rest"),
    (setting("example", 3, 2**32), "every example once, in order"),
    (array("cycle", lambda cycle: np.where(cycle == 1, 0, cycle)), "cycles do not increase"),
    (array("curve_cycle", lambda cycle: cycle + 1), "curve does not begin at cycle 0"),
    (setting("curve_cycle", 5, 4), "does not increase"),
    (in_header("complete", to=False), "being complete does not fit"),
    (setting("train_loss", -1, 0.25), "another loss than the curve"),
    (in_header("seed", to=None), "seed, versions or complete missing"),
    (in_header("seed", to=True), "seed, versions or complete missing"),
    (in_header("complete", to="yes"), "seed, versions or complete missing"),
    (in_header("versions", to=[]), "seed, versions or complete missing"),
    (in_header("scene", to=None), "the scene in its header is not valid"),
    (in_header("scene", to={"network": {"layers": [3]}}), "scene.network.layers"),
    (in_header("scene", "network", "layers", to=[3, 5, 1]), "has the shape (52, 4), not (52, 5)"),
    (in_header("scene", "network", "activation", to="tanh"), "activations_1 in row 0 (step 0, at rest)"),
    (setting("activations_1", (7, 2), 0.25), "activations_1 in row 7"),
    (setting("biases_1", (7, 0), 0.25), "activations_2 in row 7"),
]


@pytest.fixture
def saved(path: Path) -> Path:
    save_version_1(train(scene(network={"bias": True}, cycles=30, schedule={"frames": 3})), path)
    return path


@pytest.mark.parametrize(("change", "message"), CHANGES)
def test_what_contradicts_itself_is_refused(saved: Path, change: Change, message: str) -> None:
    changed(saved, change)
    assert message in refused(saved)


def test_damage_is_told_from_contradictions(saved: Path) -> None:
    data = saved.read_bytes()
    loss = taken_apart(saved)[0]["loss"].tobytes()
    saved.write_bytes(data.replace(loss, loss[:-1] + bytes([loss[-1] ^ 1])))
    assert "loss cannot be read: its checksum is another" in refused(saved)


def test_the_changed_rows_are_what_they_are_taken_for(saved: Path) -> None:
    arrays, _ = taken_apart(saved)
    assert arrays["example"][[0, 3, 7]].tolist()[0] == AT_REST
    assert (arrays["example"][[2, 3, 7]] != AT_REST).all() and len(arrays["train_loss"]) == 31


def test_cycles_that_wrap_around_are_refused(saved: Path) -> None:
    """Differences of these are all above zero, in 64 bits."""
    arrays, header = taken_apart(saved)
    rest = np.flatnonzero(arrays["example"] == AT_REST)[[0, 1, 2, 3, -1]]
    kept = {name: stack[rest] for name, stack in arrays.items() if len(stack) == len(arrays["example"])}
    kept["cycle"] = np.array([0, 2**63 - 1, -(2**63), -5, 30])
    curve = {name: arrays[name][[0, 0, 0, 0, 0]] for name in ("train_loss", "train_error")}
    kept["loss"] = curve["train_loss"]
    assert (np.diff(kept["cycle"]) > 0).all()
    put_together(saved, kept | curve | {"curve_cycle": kept["cycle"]}, header)
    assert "its cycles do not increase" in refused(saved)


def test_biases_of_a_network_without_them_are_zero(path: Path) -> None:
    save_version_1(train(scene()), path)
    changed(path, setting("biases_1", (5, 0), 1e-300))
    assert "biases_1 has biases, and the network of its scene has none" in refused(path)


def test_test_losses_belong_to_test_examples(path: Path) -> None:
    save_version_1(train(RUNS["a data set with tests"]), path)
    arrays, header = taken_apart(path)
    put_together(path, arrays | {"test_loss": np.full(21, np.nan)}, header)
    assert "test_loss holds a number that is not finite" in refused(path)
    del arrays["test_loss"]
    put_together(path, arrays, header)
    assert "test_loss missing" in refused(path)


def test_examples_that_are_presented_are_all_there(path: Path) -> None:
    recording = train(RUNS["presented examples"])
    save_version_1(recording, path)
    arrays, header = taken_apart(path)
    row = int(np.flatnonzero(arrays["example"] != AT_REST)[1])
    rows = [name for name, stack in arrays.items() if len(stack) == len(recording.probe)]
    fewer = arrays | {name: np.delete(arrays[name], row, axis=0) for name in rows}
    put_together(path, fewer, header)
    assert "a shown cycle does not have the examples it presents" in refused(path)
