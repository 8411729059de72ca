from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from netviz.scene.schedule import cycles_between, shown_count, shown_cycles
from netviz.scene.types import geometric_cycles
from netviz.training.training_recorder import FEWEST_BETWEEN, MOST_BETWEEN, curve_cycles, kept_cycles
from tests.training.scenes import MILO_CYCLES, milo, scene


def test_each_kind_of_schedule() -> None:
    assert shown_cycles(milo()) == tuple(MILO_CYCLES)
    assert shown_cycles(scene(cycles=23, schedule={"every": 5})) == (5, 10, 15, 20)
    assert shown_cycles(scene(cycles=1000, schedule={"frames": 4})) == (1, 10, 100, 1000)
    assert geometric_cycles(1, 60_000) == (60_000,)
    assert geometric_cycles(2, 60_000) == (1, 60_000)


def test_dense_early_and_sparse_later() -> None:
    cycles = geometric_cycles(13, 60_000)
    steps = [after - before for before, after in pairwise(cycles)]
    assert steps == sorted(steps)


@given(st.integers(1, 300).flatmap(lambda frames: st.tuples(st.just(frames), st.integers(frames, 100_000_000))))
def test_geometric_cycles_are_so_many_whole_increasing_and_reach_from_1_to_the_end(case: tuple[int, int]) -> None:
    frames, cycles = case
    chosen = geometric_cycles(frames, cycles)
    assert len(chosen) == frames
    assert chosen[-1] == cycles
    assert frames == 1 or chosen[0] == 1
    assert all(isinstance(cycle, int) for cycle in chosen)
    assert all(before < after for before, after in pairwise(chosen))


@given(st.integers(1, 400))
def test_as_many_frames_as_cycles_are_all_of_them(cycles: int) -> None:
    assert geometric_cycles(cycles, cycles) == tuple(range(1, cycles + 1))


@given(st.integers(0, 10**6), st.integers(1, 10**7), st.integers(0, 40))
def test_between_lies_strictly_between(first: int, distance: int, most: int) -> None:
    chosen = cycles_between(first, first + distance, most)
    assert len(chosen) == min(most, distance - 1)
    assert all(before < after for before, after in zip((first, *chosen), (*chosen, first + distance), strict=True))


def test_between_the_start_and_a_late_cycle_is_dense_early() -> None:
    assert cycles_between(0, 3) == (1, 2)
    chosen = cycles_between(0, 10_000)
    assert chosen[:3] == (1, 2, 5)
    assert len(chosen) == 12


@given(st.integers(1, 3000), st.data())
def test_counting_shown_cycles_agrees_with_listing_them(cycles: int, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["every", "frames"]))
    wanted = scene(cycles=cycles, schedule={kind: data.draw(st.integers(1, cycles))})
    assert shown_count(wanted) == len(shown_cycles(wanted))


def test_kept_cycles_are_the_start_the_shown_some_between_and_the_end() -> None:
    kept = kept_cycles(scene(cycles=100, schedule={"cycles": [2, 5, 50]}))
    assert kept[:6] == (0, 1, 2, 3, 4, 5)
    assert kept[-2:] == (50, 100)  # nothing between the last shown cycle and the end
    assert len([cycle for cycle in kept if 5 < cycle < 50]) == 44, "every one"
    long = kept_cycles(scene(cycles=10_000, schedule={"cycles": [100, 10_000]}))
    assert len([cycle for cycle in long if 100 < cycle < 10_000]) == MOST_BETWEEN
    large = kept_cycles(scene(cycles=10_000, schedule={"cycles": [100, 10_000]}, network={"layers": [3, 5000, 1]}))
    assert len([cycle for cycle in large if 100 < cycle < 10_000]) == FEWEST_BETWEEN


def test_the_curve_has_every_cycle_or_in_a_long_run_some_thousands() -> None:
    assert curve_cycles((0, 7, 100_000), 100_000).tolist() == list(range(100_001))
    long = curve_cycles((0, 77_777, 1_234_567, 100_000_000), 100_000_000).tolist()
    assert 20_000 <= len(long) <= 20_004
    assert long == sorted(set(long))
    assert {0, 1, 2, 77_777, 1_234_567, 100_000_000} <= set(long)
