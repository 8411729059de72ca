"""The one place where events are kept from being told twice."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from netviz.story.replay import Turn, last_turn

numbers = st.lists(st.floats(-2.0, 2.0, allow_nan=False), min_size=1, max_size=30).map(np.array)
band = st.lists(st.floats(-0.999, 0.999), max_size=20)


def test_a_turn_is_the_last_of_several_crossings() -> None:
    values = np.array([-2.0, -1.5, 0.2, -0.3, 0.4, 1.2, 1.4])
    assert last_turn(values, -1.0, 1.0) == Turn(4, rising=True)
    assert last_turn(-values, -1.0, 1.0) == Turn(4, rising=False)


def test_who_turns_twice_is_told_of_once() -> None:
    assert last_turn(np.array([2.0, -2.0, 2.0]), -1.0, 1.0) == Turn(2, rising=True)


def test_who_goes_back_has_not_turned() -> None:
    assert last_turn(np.array([-2.0, 2.0, 0.5, -0.1]), -1.0, 1.0) is None
    assert last_turn(np.array([-2.0, 2.0, 0.5, 0.0]), -1.0, 1.0) is None


def test_the_band_may_change_with_time() -> None:
    values = np.array([-0.2, 0.5, 2.0])
    assert last_turn(values, np.array([-0.1, -1.0, -1.0]), np.array([0.1, 1.0, 1.0])) == Turn(1, rising=True)
    assert last_turn(values, -1.0, 1.0) is None, "it was never clearly below"


def test_a_level_beside_the_middle() -> None:
    shares = np.array([1.2, 0.4, 0.2, 0.3, 0.1])
    assert last_turn(shares, 0.25, 0.5, 0.25) == Turn(4, rising=False)


@given(band, st.sampled_from([-1.5, 1.5]), band)
def test_noise_in_the_band_never_makes_a_turn(before: list[float], clear: float, after: list[float]) -> None:
    assert last_turn(np.array([*before, clear, *after]), -1.0, 1.0) is None
    assert last_turn(np.array([*before, 0.0, *after]), -1.0, 1.0) is None


@given(numbers)
def test_a_turn_is_what_it_says(values: np.ndarray) -> None:
    turn = last_turn(values, -1.0, 1.0)
    new = 1 if values[-1] > 0 else -1
    if turn is None:
        clear = [np.sign(value) for value in values if abs(value) >= 1.0]
        # Never clearly both, or back over zero after it was last clear.
        assert len({*clear}) < 2 or values[-1] * clear[-1] <= 0
        return
    assert 0 < turn.crossed < len(values) and turn.rising == (new > 0)
    assert (values[turn.crossed :] * new > 0).all(), "for good"
    assert values[turn.crossed - 1] * new <= 0, "the last crossing"
    old, newer = np.flatnonzero(values * new <= -1.0), np.flatnonzero(values * new >= 1.0)
    assert len(old) and len(newer) and old[-1] < newer[-1], "clearly the old side, then clearly the new"


@given(numbers)
def test_the_other_way_round_is_the_same(values: np.ndarray) -> None:
    one, other = last_turn(values, -1.0, 1.0), last_turn(-values, -1.0, 1.0)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert one.crossed == other.crossed
        assert one.rising != other.rising
