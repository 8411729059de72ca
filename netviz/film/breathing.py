"""The glow breathes with the music: how much brighter or darker it is in every frame.

It follows the loudness, up quickly and down slowly, never by much, and by construction begins to rise at most three
times in any second: what WCAG 2.3.1 calls a flash is a pair of opposing changes, so there are at most three.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

DEPTH = 0.35
"""Of the glow: how much it gains at the loudest, and loses where nothing is heard, at most."""
RANGE = 30.0
"""dB below the loud parts at which the glow is at its darkest."""
LOUD = 95
"""Per cent of the moments with any sound are quieter than what counts as loud."""
SMOOTH = 0.05
"""Seconds over which the loudness is taken."""
RISE, FALL = 0.12, 0.4
"""Seconds in which the glow comes from its darkest to its brightest at the quickest; and goes to a third of itself."""
APART = 0.35
"""Seconds from the beginning of one rise to that of the next, at least."""
NOTICEABLE = 0.05
"""Of the range: a smaller rise does not begin."""
STEPS = 256
"""Of the glow: a finer change is not drawn."""


def breathing(
    loudness: NDArray[np.float64], rate: int, fps: Fraction, frame_count: int, pulse: float
) -> tuple[float, ...]:
    """The factor on the light of every frame, 1 - DEPTH to 1 + DEPTH with a pulse of 1.

    loudness (T,): root mean square of the sound, `rate` times a second, 1 = full scale. pulse: 0 to 1.
    """
    followed = _followed(_levels(loudness, rate), rate)
    middles = (np.arange(frame_count) + 0.5) / float(fps)
    level = np.interp(middles, (np.arange(len(followed)) + 0.5) / rate, followed) if len(followed) else 0 * middles
    factors = 1 + DEPTH * pulse * (2 * level - 1)
    return tuple((np.round(factors * STEPS) / STEPS).tolist())


def _levels(loudness: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """The loudness in dB, as a part of RANGE below the loud parts."""
    width = max(1, round(SMOOTH * rate))
    power = np.convolve(loudness**2, np.full(width, 1 / width), mode="same") if len(loudness) >= width else loudness**2
    heard = power[power > 1e-9]
    if not len(heard):
        return np.zeros(len(power))
    decibels = 10 * np.log10(np.maximum(power, 1e-12) / np.percentile(heard, LOUD))
    return np.asarray(np.clip(1 + decibels / RANGE, 0.0, 1.0))


def _followed(levels: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """The levels with their sudden changes softened; after a rise has begun, the next only after APART seconds."""
    step, keep = 1 / (RISE * rate), math.exp(-1 / (FALL * rate))
    apart = math.ceil(APART * rate)
    now, rising, begun = float(levels[0]) if len(levels) else 0.0, False, -apart
    followed = np.empty(len(levels))
    for moment, level in enumerate(levels.tolist()):
        if not rising and level > now + NOTICEABLE and moment - begun >= apart:
            rising, begun = True, moment
        rising = rising and level > now
        now = min(level, now + step) if rising else min(now, level + (now - level) * keep)
        followed[moment] = now
    return followed
