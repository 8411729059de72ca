"""Seconds and frames."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netviz.timeline.plan import frame_count, frame_time, seconds_of

RATES = st.sampled_from([Fraction(30), Fraction(24), Fraction(30000, 1001), Fraction(1, 3), Fraction(240)])


@pytest.mark.parametrize(
    ("seconds", "fps", "frames"),
    [
        ("91", "30", 2730),
        ("1", "30000/1001", 30),
        ("91", "30000/1001", 2727),
        ("0", "30", 1),
        ("1/100", "30", 1),
        ("5/60", "30", 3),  # 2.5 frames: a half goes up, though 2 is even
        ("7/60", "30", 4),
        ("149/3000", "30", 1),
        ("91.0000001", "30", 2730),
    ],
)
def test_the_nearest_whole_number_a_half_up_and_at_least_one(seconds: str, fps: str, frames: int) -> None:
    assert frame_count(Fraction(seconds), Fraction(fps)) == frames


def test_times_are_exact_fractions() -> None:
    fps = Fraction(30000, 1001)
    assert frame_time(0, fps) == 0
    assert frame_time(30_000, fps) == 1001
    assert seconds_of(2727, fps) == Fraction(2727 * 1001, 30000)


@given(st.integers(1, 10**7), RATES)
def test_frames_to_seconds_and_back(frames: int, fps: Fraction) -> None:
    assert frame_count(seconds_of(frames, fps), fps) == frames
    assert frame_time(frames, fps) == seconds_of(frames, fps)


@given(st.fractions(0, 10**5), RATES)
def test_never_more_than_half_a_frame_off(seconds: Fraction, fps: Fraction) -> None:
    frames = frame_count(seconds, fps)
    assert frames == 1 or abs(seconds_of(frames, fps) - seconds) <= 1 / fps / 2


def test_what_cannot_be() -> None:
    for wrong in (Fraction(0), Fraction(-1)):
        with pytest.raises(ValueError, match="frames a second"):
            frame_count(Fraction(1), wrong)
        with pytest.raises(ValueError, match="frames a second"):
            frame_time(1, wrong)
    with pytest.raises(ValueError, match="cannot last"):
        frame_count(Fraction(-1), Fraction(30))
