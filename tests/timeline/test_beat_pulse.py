"""The glow that follows the music: gently, never flashing, and the same for every way to a frame."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from netviz.recording.recording import Recording
from netviz.timeline.beats import DEPTH, breathing
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import make_timeline
from tests.recordings import own_scene


def rises(factors: np.ndarray) -> np.ndarray:
    """The frames in which it begins to become brighter."""
    change = np.sign(np.diff(factors))
    moving = np.flatnonzero(change)
    change = change[moving]
    return moving[1:][(change[1:] > 0) & (change[:-1] < 0)]


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["noise", "gate", "bursts"]),
    fps=st.sampled_from([Fraction(24), Fraction(30), Fraction(60)]),
    pulse=st.floats(0, 1),
)
def test_there_are_never_more_than_three_flashes_in_a_second(seed: int, kind: str, fps: Fraction, pulse: float) -> None:
    random = np.random.default_rng(seed)
    loudness = random.random(800)
    if kind == "gate":
        loudness = np.repeat(random.integers(0, 2, 100), 8).astype(float)
    if kind == "bursts":
        loudness = np.tile(np.r_[np.ones(6), np.zeros(random.integers(4, 30))], 80)[:800] * (0.2 + 0.8 * loudness)
    factors = np.array(breathing(loudness, 100, fps, int(8 * fps), pulse))
    assert len(factors) == 8 * fps
    assert factors.min() >= 1 - DEPTH * pulse - 1 / 256 and factors.max() <= 1 + DEPTH * pulse + 1 / 256
    begun = rises(factors) / float(fps)
    for start in begun:
        assert ((begun >= start) & (begun < start + 1)).sum() <= 3


def test_it_rises_with_the_beat_and_falls_slowly() -> None:
    loudness = np.full(300, 0.01)
    loudness[100:120] = 1.0
    factors = np.array(breathing(loudness, 100, Fraction(30), 90, 1.0))
    brightest = int(factors.argmax())
    assert 31 <= brightest <= 36
    assert factors[brightest] > factors[28] + 0.3
    assert (np.diff(factors[brightest:]) <= 0).all()
    assert factors[brightest + 6] > factors[28] + 0.1, "slowly"
    assert set(breathing(loudness, 100, Fraction(30), 90, 0.0)) == {1.0}
    assert breathing(np.zeros(0), 100, Fraction(30), 2, 1.0) == breathing(np.zeros(9), 100, Fraction(30), 2, 1.0)


def test_frames_that_shine_otherwise_do_not_look_the_same(recording: Recording) -> None:
    scene = own_scene(recording)
    plan = make_plan(scene, Fraction(30))
    rest = [span for span in plan.spans if span.kind == "rest"][-1]
    still, other = rest.stop - 15, rest.stop - 14
    plain = make_timeline(plan, recording, scene)
    assert plain.key(still) == plain.key(other) and plain.frame(still).glow == 1
    glow = tuple(1 + (frame % 2) / 8 for frame in range(plan.frame_count))
    pulsing = make_timeline(replace(plan, glow=glow), recording, scene)
    assert pulsing.key(still) != pulsing.key(other)
    assert {pulsing.frame(still).glow, pulsing.frame(other).glow} == {1.0, 1.125}
