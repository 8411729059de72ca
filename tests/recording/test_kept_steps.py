from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netviz.recording.kept_steps import EARLY_GROWTH, next_due, thinned
from tests.recording.recorders import (
    SIZES,
    bytes_of,
    moment_bytes,
    parameters,
    recorder,
    run,
    run_steps,
)


def test_ten_thousand_steps_keep_few() -> None:
    kept = run(range(10_000), "256 MB").steps
    assert kept[:80] == tuple(range(80))
    assert 200 < len(kept) < 300
    gaps = [b - a for a, b in pairwise(kept)]
    assert all(gap == max(1, int((a + 1) / 40)) for a, gap in zip(kept, gaps, strict=False))


def test_what_is_kept_does_not_depend_on_where_the_run_begins_or_on_its_unit() -> None:
    kept = run(range(3_000), "256 MB").steps
    resumed = run(range(10_000, 13_000), "256 MB").steps
    assert [step - 10_000 for step in resumed] == list(kept)
    hundreds = run(range(0, 300_000, 100), "256 MB").steps
    assert hundreds[:40] == tuple(range(0, 4_000, 100)) and 0.7 < len(hundreds) / len(kept) < 1.1


@settings(max_examples=60)
@given(st.integers(2, 300), st.lists(st.integers(1, 40), min_size=1, max_size=400), st.randoms())
def test_kept_steps(room: int, distances: list[int], random: Any) -> None:
    """First and newest are kept, in the order of time, within the budget, whatever the end."""
    steps = np.cumsum(distances).tolist()
    rec, weights = recorder(budget=room * moment_bytes()), parameters(SIZES)[0]
    newest = None
    for step in steps:
        keep = random.random() < 0.1
        if rec.wants(step) or keep:
            newest = step
        rec.snap(1.0, step=step, weights=weights, keep=keep)
        kept = rec.steps
        assert kept[0] == steps[0] and kept[-1] == newest and len(kept) <= room
        assert all(a < b for a, b in pairwise(kept))
    recording = rec.recording()
    assert bytes_of(recording) <= room * moment_bytes()
    assert bytes_of(recording) == len(kept) * moment_bytes()
    assert recording.step.tolist() == list(kept)


@settings(max_examples=40)
@given(st.integers(16, 400), st.integers(100, 30_000))
def test_kept_steps_are_evenly_dense_on_a_logarithmic_axis(room: int, end: int) -> None:
    """Simulated on steps alone, as the recorder does it: each distance is about the growth's share of the steps."""
    kept, growth, due, thinnings = [0], EARLY_GROWTH, 1, 0
    for step in range(1, end):
        if step < due:
            continue
        if len(kept) == room:
            indices, growth = thinned([*kept, step], room, growth)
            assert 0 in indices and indices[-1] == room and len(indices) <= max(2, 2 * room // 3)
            kept, thinnings = [kept[index] for index in indices[:-1]], thinnings + 1
        kept.append(step)
        due = next_due(0, step, growth)
    assert tuple(kept) == run_steps(room, end)
    assert growth <= EARLY_GROWTH * 2**6 and thinnings < 8
    distances = [(a, b - a) for a, b in pairwise(kept)]
    shares = [((a + 1) * growth, distance) for a, distance in distances]
    if growth < 1:
        assert all(distance <= 1 + 2 * share for share, distance in shares), (shares, growth)
        close = [distance for share, distance in shares if distance < max(1, int(share / 2))]
        assert len(close) <= 1, (shares, growth)  # before the moment that was the newest when it was thinned last
    if end > 40 * room:
        assert len(kept) >= room / 4


def test_the_arrays_behind_it_do_not_outgrow_the_budget() -> None:
    rec = run(range(18), 20 * moment_bytes())
    assert rec._moments is not None and (len(rec._moments), rec._moments.room) == (18, 20)


def test_thinning_keeps_the_early_steps_dense() -> None:
    kept = run_steps(100, 30_000)
    decades = [sum(low <= step < 10 * low for step in kept) for low in (10, 100, 1_000)]
    assert max(decades) <= 2 * min(decades), decades
    assert kept[:5] == (0, 1, 2, 3, 4)


@pytest.mark.parametrize("room", [2, 3, 4, 5])
def test_little_room_still_has_the_beginning_and_the_newest(room: int) -> None:
    kept = run_steps(room, 5_000)
    assert kept[0] == 0 and kept[-1] > 1_000 and 2 <= len(kept) <= room


def test_keep_keeps_a_moment_in_any_case_and_is_thinned_later() -> None:
    rec, weights = recorder(budget=50 * moment_bytes()), parameters(SIZES)[0]
    for step in range(1_000):
        rec.snap(1.0, weights=weights, keep=True)
        assert rec.steps[-1] == step and len(rec.steps) <= 50
    assert sum(step < 100 for step in rec.steps) > 10
    rec.snap(1.0, step=1_500, weights=weights)
    before = len(rec.steps)
    rec.snap(1.0, step=1_501, weights=weights)
    assert len(rec.steps) == before  # not due
    rec.snap(1.0, step=1_502, weights=weights, keep=True)
    assert rec.steps[-2:] == (1_500, 1_502)


def test_keeping_all_costs_the_schedule_no_density() -> None:
    """What the user wants to be kept beyond the schedule is thinned first, so that the growth stays small."""
    rec, weights = recorder(budget=400 * moment_bytes()), parameters(SIZES)[0]
    for _ in range(2_000):
        rec.snap(1.0, weights=weights, keep=True)
    assert not rec.wants(2_040) and rec.wants(2_060)


def test_a_skipped_moment_reads_nothing() -> None:
    class Poison:
        """Anything that is asked of it raises."""

        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(f"{name} was read")

        def __float__(self) -> float:
            raise AssertionError("its value was read")

        __array__ = __bool__ = __len__ = __iter__ = __float__

    rec, weights = recorder(), parameters(SIZES)[0]
    rec.snap(1.0, weights=weights)
    rec.snap(1.0, step=1_000, weights=weights, keep=True)
    rec.snap(Poison(), step=1_001, weights=Poison(), biases=Poison(), activations=Poison(), more=Poison())  # type: ignore[arg-type]
    assert rec.steps == (0, 1_000) and rec.recording().info["offered"] == 3


def test_the_step_counts_skipped_moments() -> None:
    rec, weights = recorder(), parameters(SIZES)[0]
    for _ in range(1_000):
        rec.snap(1.0, weights=weights)
    rec.snap(1.0, weights=weights, keep=True)
    assert rec.steps[-1] == 1_000
