"""The newest moment of a recorder, and moments that another thread looks at while the loop goes on."""

from __future__ import annotations

import pickle
import sys
import threading
from typing import Any

import numpy as np
import pytest

from netviz.recording import given_arrays
from netviz.recording.given_arrays import MomentArrays
from netviz.recording.recorder import Recorder
from tests.recording.recorders import SIZES, check_law, parameters, recorder, refused


def trained(steps: int, **changes: Any) -> tuple[Recorder, list[Any]]:
    """A recorder that was offered so many steps, and the weights of each."""
    rec, given = recorder(**changes), []
    for step in range(steps):
        weights, biases = parameters(SIZES, seed=step)
        rec.snap(1 / (1 + step), weights=weights, biases=biases, accuracy=step / 100)
        given.append(weights)
    return rec, given


def test_the_newest_moment_stands_beside_the_first_with_the_curves_of_all() -> None:
    rec, given = trained(300)
    newest, last = rec.newest(), rec.steps[-1]
    recording = newest.recording()
    assert recording.step.tolist() == [0, last] and len(rec.steps) > 100
    for layer in range(2):
        for moment, step in enumerate((0, last)):
            assert np.array_equal(recording.weights[layer][moment], given[step][layer])
    check_law(recording)
    assert recording.curves["loss"].tolist() == [1, 1 / (1 + last)]
    assert newest.curve_step.tolist() == [*rec.steps]
    assert newest.curves["loss"].tolist() == [1 / (1 + step) for step in rec.steps]
    assert newest.curves["accuracy"].tolist() == [step / 100 for step in rec.steps]
    assert list(newest.curves) == ["loss", "accuracy"]
    whole = rec.recording()
    assert np.array_equal(recording.activations[-1][-5:], whole.activations[-1][-5:])


def test_it_is_a_copy_and_goes_to_another_process() -> None:
    rec, _ = trained(300)
    newest = rec.newest()
    sent: Any = pickle.dumps(newest)
    assert len(sent) < 0.2 * len(pickle.dumps(rec.recording()))
    before = [array.copy() for array in newest.recording().weights]
    weights, biases = parameters(SIZES, seed=1000)
    rec.snap(0.5, weights=weights, biases=biases, accuracy=0.5, keep=True)
    for found in (newest, pickle.loads(sent)):
        for layer, array in enumerate(before):
            assert np.array_equal(found.recording().weights[layer], array)
        assert found.curve_step[-1] < rec.steps[-1] == 300


def test_of_one_moment_it_is_that_one_and_of_none_a_refusal() -> None:
    assert trained(1)[0].newest().recording().step.tolist() == [0]
    assert refused(recorder().newest) == refused(recorder().recording)


def test_of_a_run_that_diverged_the_moment_before_is_there() -> None:
    rec, _ = trained(20)
    weights, biases = parameters(SIZES)
    weights[0][0, 0] = np.nan
    with pytest.warns(UserWarning, match="training diverged"):
        rec.snap(1.0, weights=weights, biases=biases, accuracy=1.0, step=25, keep=True)
    newest = rec.newest()
    assert newest.moments["step", 0].tolist() == [0, 19, 25]
    assert not newest.recording().is_complete


def moments(count: int, room: int) -> MomentArrays:
    """Moments whose arrays all hold the moment's number."""
    found = MomentArrays(room, {("a", 0): np.zeros(3), ("b", 0): np.zeros(2)})
    for number in range(count):
        found.append({("a", 0): np.full(3, number), ("b", 0): np.full(2, number)})
    return found


def test_a_look_at_moments_waits_until_they_are_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays are moved one after the other: between two of them they do not belong together."""
    kept, looked = moments(6, 6), list[MomentArrays]()
    before = kept.as_now()
    threads = list[threading.Thread]()

    def empty(*args: Any) -> Any:
        threads.append(threading.Thread(target=lambda: looked.append(kept.as_now())))
        threads[-1].start()
        threads[-1].join(0.05)
        assert threads[-1].is_alive() and not looked
        return np.zeros(*args)

    monkeypatch.setattr(given_arrays.np, "empty", empty)
    kept.move([0, 2, 5], 6)
    monkeypatch.undo()
    for thread in threads:
        thread.join(5)
    assert len(looked) == 2
    for now in looked:
        assert now["a", 0][:, 0].tolist() == now["b", 0][:, 0].tolist() == [0, 2, 5]
    assert before["a", 0][:, 0].tolist() == before["b", 0][:, 0].tolist() == [*range(6)]


def test_a_look_sees_whole_moments_alone() -> None:
    """A loop keeps moments and thins them out as fast as it can, and another thread looks at them all the time."""
    rec = recorder(layers=[3, 60, 60, 2], activation=["tanh"] * 3, budget=1_000_000)
    over, wrong, looks = threading.Event(), list[str](), 0

    def look() -> None:
        nonlocal looks
        while not over.is_set():
            if not rec.steps:
                continue
            found, looks = rec.newest(), looks + 1
            last = float(found.curve_step[-1])
            numbers = {float(array[-1].flat[0]) for array in (found.moments[key] for key in found.moments.keys)}
            if numbers != {last} or found.curves["loss"].tolist() != found.curve_step.tolist():
                wrong.append(f"{numbers} at {last}")

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    thread = threading.Thread(target=look)
    thread.start()
    try:
        for step in range(1500):
            full = [np.full(shape, float(step)) for shape in ((3, 60), (60, 60), (60, 2))]
            rec.snap(float(step), weights=full, biases=[array[0] for array in full], keep=True)
    finally:
        over.set()
        thread.join()
        sys.setswitchinterval(before)
    assert wrong == [] and looks > 20
