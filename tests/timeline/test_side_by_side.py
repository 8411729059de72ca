"""Several runs, one clock: what each frame shows of every run, and of one that broke off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import netviz
from netviz.errors import InputError, NetvizError
from netviz.recording.comparison import Comparison
from netviz.recording.recording import AT_REST
from netviz.timeline.frame import Frame
from netviz.timeline.side_by_side import BrokenOff, SideBySide
from tests.comparing import RATES, comparing, film_of, linear
from tests.recordings import in_rows


@pytest.fixture(scope="module")
def rates() -> tuple[Comparison, SideBySide]:
    """Two learning rates."""
    return film_of(comparing())


@pytest.fixture(scope="module")
def wild() -> tuple[Comparison, SideBySide]:
    """Two learning rates, the first of them far too high."""
    return film_of(linear())


def frames(film: SideBySide) -> list[tuple[Frame, ...]]:
    found = [film.frame(index) for index in range(0, film.frame_count, 7)]
    return [(frame, *frame.beside) for frame in found]


def alike(one: Frame, other: Frame) -> bool:
    return all(map(np.array_equal, (*one.weights, *one.biases), (*other.weights, *other.biases)))


def test_two_learning_rates_begin_with_identical_weights(rates: tuple[Comparison, SideBySide]) -> None:
    _, film = rates
    begin = next(span.stop for span in film.plan.spans if span.cycle == 0 and span.kind == "rest")
    for index in range(begin):
        first, second = film.frame(index), film.frame(index).beside[0]
        assert alike(first, second) and first.cycle == second.cycle == 0
    assert not alike(film.frame(film.frame_count - 1), film.frame(film.frame_count - 1).beside[0])


def test_all_runs_are_at_the_same_cycle_with_the_same_example(rates: tuple[Comparison, SideBySide]) -> None:
    runs, film = rates
    assert runs.names == ("learning rate 1", "learning rate 0.1") and film.names == runs.names
    for several in frames(film):
        for name in ("cycle", "curve_cycle", "example", "kind", "caption", "presence", "card", "presented"):
            assert len({getattr(frame, name) for frame in several}) == 1, name
        assert all(frame.diverged is None for frame in several)
    alone = netviz.record(film.scenes[1])
    assert all(map(np.array_equal, in_rows(alone).weights, in_rows(runs.recordings[1]).weights)), (
        "each run is its own training"
    )


def test_frames_that_look_the_same_have_one_key(wild: tuple[Comparison, SideBySide]) -> None:
    _, film = wild
    by_key: dict[object, Frame] = {}
    for index in range(film.frame_count - 40, film.frame_count):
        frame = film.frame(index)
        before = by_key.setdefault(film.key(index), frame)
        assert frame.key == before.key and alike(frame, before) and frame.error == before.error
    assert len(by_key) < 40


def test_a_run_that_diverges_is_shown_up_to_there(wild: tuple[Comparison, SideBySide]) -> None:
    runs, film = wild
    broken, whole = runs.recordings
    assert runs.diverged[1] is None and runs.diverged[0] is not None and runs.whole is whole
    last = int(broken.row_step[-1])
    assert 1 < last < runs.diverged[0] + 1
    seen = {"recorded": 0, "still": 0}
    for first, second in frames(film):
        assert first.cycle == second.cycle and second.diverged is None
        assert (first.diverged is not None) == (second.curve_cycle > last)
        for values in (first.carried, first.error_signal, first.change, [pulse.strength for pulse in first.pulses]):
            assert all(np.isfinite(layer).all() for layer in values)
        if first.diverged is not None:
            assert first.diverged == runs.diverged[0]
            assert np.array_equal(first.weights[0][:3], broken.parameters_at(-1).weights[0])
            assert not any(layer.any() for layer in first.arrived) and first.target is None
        seen["still" if first.diverged else "recorded"] += bool(second.example is not None)
    assert seen["recorded"] > 3 and seen["still"] > 3
    assert any(first.example is not None and first.arrived[0].any() for first, _ in frames(film)), "it learned a while"


def test_between_kept_cycles_a_broken_run_keeps_the_clocks_time(wild: tuple[Comparison, SideBySide]) -> None:
    runs, film = wild
    run = film.runs[0]
    assert isinstance(run, BrokenOff)
    frame = film.clock.frame(film.frame_count - 1)
    rows = np.flatnonzero(runs.recordings[0].probe == AT_REST)
    first, second = rows[1], rows[2]
    cycles = runs.recordings[0].row_step
    middle = replace(frame, curve_cycle=float(cycles[first] + cycles[second]) / 2)
    weights = in_rows(runs.recordings[0]).weights[1]
    shown = run._still(middle)
    assert shown.diverged is None
    assert np.allclose(shown.weights[1][:-1], (weights[first] + weights[second]) / 2)


def test_where_all_runs_diverge_there_is_nothing_to_compare() -> None:
    scene = linear(training__learning_rate=1)
    runs = tuple(run.model_copy(update={"set": {"training.learning_rate": rate}, "name": f"rate {rate}"})
                 for run, rate in zip(scene.compare or (), (1e6, 2e6), strict=True))  # fmt: skip
    with pytest.raises(NetvizError, match=r"all runs diverged.*rate 1000000\.0: training diverged in cycle"):
        netviz.compare(scene.model_copy(update={"compare": runs}))


def test_one_recording_is_of_one_run() -> None:
    with pytest.raises(InputError, match=r"--set compare=null --set training\.learning_rate=1"):
        netviz.record(comparing())
    with pytest.raises(InputError, match="compare: names no runs"):
        netviz.compare(comparing(None))


def test_the_recordings_of_all_runs_together_are_refused_from_the_estimate() -> None:
    runs = [{"set": {"training.seed": seed}} for seed in (1, 2, 3, 4)]
    large = {"network__layers": [3, 900, 1], "schedule": {"every": 1}, "training__cycles": 2000}
    with pytest.raises(InputError, match=r"compare: the recordings of 4 runs have up to 2\.\d GB together"):
        netviz.compare(comparing(runs, **large, network__outputs=[]))


def test_one_table_cannot_show_different_examples() -> None:
    runs = [{"set": {"training.seed": seed}} for seed in (1, 2)]
    scene = comparing(runs, data__train_share=0.6)
    with pytest.raises(InputError, match=r"compare\[1\]: this run learns from other examples"):
        netviz.plan(scene) and netviz.compare(scene)
    assert netviz.compare(comparing(RATES, data__train_share=0.6)).recordings[0].test_loss is not None
