"""The pulse found in onset strengths: tempo changes, gaps, half beats, bars. Needs no library."""

from __future__ import annotations

import numpy as np
import pytest

from netviz.audio import beat_tracking
from netviz.audio.beat_tracking import RATE, rhythm_of
from netviz.audio.envelope import LoudnessLevels
from netviz.timeline.beats import Rhythm


def clicks(times: list[float], seconds: float, heights: tuple[float, ...] = (6.0,), noise: float = 0.0) -> np.ndarray:
    """Onset strengths of something that sets in at some times."""
    strength = noise * np.random.default_rng(1).random(int(seconds * RATE))
    for number, time in enumerate(times):
        strength[round(time * RATE)] += heights[number % len(heights)]
    return strength


def even(bpm: float, start: float, stop: float) -> list[float]:
    return np.arange(start, stop, 60 / bpm).tolist()


def found(strength: np.ndarray) -> list[float]:
    return (
        beat_tracking.on_onsets(strength, beat_tracking.beats_in(beat_tracking.activation(strength))) / RATE
    ).tolist()


@pytest.mark.parametrize(
    "times",
    [
        even(96, 0.3, 10) + even(132, 10.355, 20),
        even(57, 0.5, 20),
        even(185, 0.5, 20),
        even(100, 0.4, 8) + even(100, 12.67, 20),
    ],
    ids=["another tempo", "slow", "fast", "a gap that is no whole number of beats"],
)
@pytest.mark.parametrize("noise", [0.0, 0.8])
def test_the_beats_are_where_it_sets_in(times: list[float], noise: float) -> None:
    beats = found(clicks(times, 20, noise=noise))
    assert [min(abs(beat - time) for beat in beats) < 0.02 for time in times].count(False) <= 1


def test_a_pulse_speeds_up() -> None:
    times = [0.5]
    while times[-1] < 28:
        times.append(times[-1] + 60 / (80 + 2 * times[-1]))
    beats = found(clicks(times, 30))
    assert all(min(abs(beat - time) for beat in beats) < 0.02 for time in times)


def test_what_has_no_pulse_is_told_apart() -> None:
    noise = clicks([], 20, noise=1.0)
    assert not beat_tracking.is_pulse(noise, np.array([round(time * RATE) for time in found(noise)]))
    pad = clicks([], 20, noise=0.1)
    assert rhythm_of(pad, LoudnessLevels(np.full(20 * 500, 0.1, np.float32)), (), 4).beats == ()
    assert rhythm_of(np.zeros(20), LoudnessLevels(np.zeros(100, np.float32)), (), 4) == Rhythm(())


def test_half_beats_count_where_they_are_as_strong() -> None:
    calm, busy = even(120, 0.5, 16), even(120, 16.5, 32)
    strength = clicks(calm, 32, (6.0, 1.0)) + clicks(busy, 32, (6.0, 5.0))
    rhythm = rhythm_of(strength, LoudnessLevels(np.zeros(32 * 500, np.float32)), (), 4)
    gaps = np.diff([float(beat) for beat in rhythm.beats])
    assert gaps[:8] == pytest.approx(1.0)
    assert gaps[-16:] == pytest.approx(0.5)
    assert np.diff([float(bar) for bar in rhythm.bars]) == pytest.approx(4.0, abs=0.02)


def test_bars_begin_on_the_strong_beat() -> None:
    times = even(100, 0.5, 30)
    rhythm = rhythm_of(clicks(times, 30, (4.0, 4.0, 6.0, 4.0)), LoudnessLevels(np.zeros(30 * 500, np.float32)), (), 4)
    assert float(rhythm.bars[0]) == pytest.approx(times[2], abs=0.02)
    waltz = rhythm_of(clicks(times, 30, (6.0, 4.0, 4.0)), LoudnessLevels(np.zeros(30 * 500, np.float32)), (), 3)
    assert float(waltz.bars[1] - waltz.bars[0]) == pytest.approx(1.8, abs=0.02)


def test_silences_have_hysteresis_and_are_longer_than_a_rest() -> None:
    level = np.zeros(20 * 500, np.float32)
    for beat in range(20):
        level[500 * beat + 250 : 500 * beat + 275] = 0.5
    level[4000:7000] = 0.0
    level[5000:5005] = 0.004  # louder than silence begins, softer than it ends
    (before, silence, after) = LoudnessLevels(level).silences()
    assert silence == pytest.approx((7.56, 14.47), abs=0.02)
    assert (before[0], after[1]) == (0.0, 20.0)
    assert LoudnessLevels(np.zeros(500, np.float32)).silences() == [(0.0, 1.0)]
