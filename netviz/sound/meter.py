"""The pulse in a piece of music: from how strongly things set in, moment by moment, to its beats and bars.

A hidden Markov model of where a listener is between two beats, after Krebs, Böck and Widmer, "An efficient state-space
model for joint tempo and meter tracking" (ISMIR 2015): in every frame the place between two beats moves on by one; only
on a beat may the tempo become another, the likelier the closer it is to the one before. The most likely way through all
frames (Viterbi) follows tempo changes, and finds its feet again after a silence. Plain NumPy, no chance in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RATE = 100
"""Frames a second."""
SLOWEST, FASTEST, TEMPI = 54, 190, 40
"""Beats a minute between which the pulse is looked for, in so many steps; slower music is followed on half beats."""
STEADINESS = 100.0
"""How unlikely another tempo is on the next beat: exp(-100 |ratio - 1|)."""
JUMP = 1e-6
"""How likely a tempo is that has nothing to do with the one before."""
ON_BEAT = 16
"""A beat's onset is expected in the first sixteenth of the time to the next."""
MISSING, UNEXPECTED = 0.03, 1e-3
"""How likely a beat is on which nothing sets in; and an onset, as strong as any, where there is no beat."""
EARLY, LATE = 3, 6
"""Frames before and after a beat of the model in which its onset is looked for."""
NEAR = 4.0
"""Seconds before and after a moment whose strongest onset says what is strong then."""
LOWEST_PEAK = 0.4
"""Mean rise over all bands, in dB from one frame to the next, below which nothing sets in."""
STANDS_CLEAR = 2.2
"""Times the usual strength that onsets on beats must have; the peaks of mere noise have 1.4."""
SOFT_PEAK = 3.0
"""The same for what is taken for a full onset where all is soft."""
WEAK_HALF = 1.6
"""How much stronger every second beat must be for the others to be none."""
HALVES_NEAR = 8
"""Beats before and after one that say whether it is weak."""
DOWNBEAT = 1.3
"""How much stronger another beat of the bar must be than the first to be where bars begin."""


def activation(strength: Floats) -> Floats:
    """How likely something sets in, 0 to 1, from onset strengths (F,)."""
    frames = np.arange(len(strength))
    step, reach = RATE // 5, int(NEAR * RATE)
    centres = frames[::step]
    windows = [strength[max(0, centre - reach) : centre + reach + 1] for centre in centres]
    usual = np.interp(frames, centres, [np.median(window) for window in windows])
    strongest = np.interp(frames, centres, [window.max() for window in windows])
    above = (strength - usual) / np.maximum(strongest - usual, SOFT_PEAK)
    return np.asarray(np.clip(above, 0.0, 1.0))


def beats_in(active: Floats) -> NDArray[np.int64]:
    """The frames of the beats, from activations (F,)."""
    periods = np.unique(np.round(RATE * 60 / np.geomspace(SLOWEST, FASTEST, TEMPI)).astype(np.int64))
    ends = np.cumsum(periods)
    first, last = ends - periods, ends - 1
    is_beat = np.concatenate([np.arange(period) < period / ON_BEAT for period in periods])
    change = np.exp(-STEADINESS * np.abs(periods[None, :] / periods[:, None] - 1))
    change = np.log((1 - JUMP) * change / change.sum(axis=1, keepdims=True) + JUMP / len(periods))
    on = np.log(np.maximum(active, MISSING))
    off = np.log(np.maximum((1 - active) / (ON_BEAT - 1), UNEXPECTED))
    likely = np.zeros(ends[-1])
    came_from = np.zeros((len(active), len(periods)), np.int8)
    every = np.arange(len(periods))
    for frame in range(len(active)):
        arriving = likely[last][:, None] + change
        best = arriving.argmax(axis=0)
        came_from[frame] = best
        moved = np.empty_like(likely)
        moved[1:] = likely[:-1]
        moved[first] = arriving[best, every]
        moved += np.where(is_beat, on[frame], off[frame])
        likely = moved - moved.max()
    return _way_back(int(likely.argmax()), periods, first, came_from)


def _way_back(
    state: int, periods: NDArray[np.int64], first: NDArray[np.int64], came_from: NDArray[np.int8]
) -> NDArray[np.int64]:
    tempo = int(np.searchsorted(first, state, side="right")) - 1
    beat = len(came_from) - 1 - (state - int(first[tempo]))
    found: list[int] = []
    while beat >= 0:
        found.append(beat)
        tempo = int(came_from[beat, tempo])
        beat -= int(periods[tempo])
    return np.array(found[::-1], np.int64)


def on_onsets(strength: Floats, beats: NDArray[np.int64]) -> NDArray[np.int64]:
    """The beats in the frames of the strongest onsets near them, if there are any: the model leaves them some play."""
    around = np.clip(beats[:, None] + np.arange(-EARLY, LATE + 1)[None, :], 0, len(strength) - 1)
    near = strength[around]
    best = near.argmax(axis=1)
    rows = np.arange(len(beats))
    found = np.where(near[rows, best] >= LOWEST_PEAK, around[rows, best], np.clip(beats, 0, len(strength) - 1))
    return np.maximum.accumulate(found)


def is_pulse(strength: Floats, beats: NDArray[np.int64]) -> bool:
    """Whether there is anything on the beats: onsets that can be heard, and stand out from what is between them."""
    if len(beats) < 4:
        return False
    heard = np.median(strength[beats])
    between = ((beats[1:] + beats[:-1]) // 2).astype(np.int64)
    usual = np.median(strength[between[0] : between[-1]])
    return bool(heard >= LOWEST_PEAK and heard >= STANDS_CLEAR * usual)


def is_weak(strength: Floats) -> NDArray[np.bool_]:
    """Which beats of a stretch are none: every second one where, beats before and after, it is much weaker.

    strength (beats,): of each beat. All are kept where the pulse would become too slow, which is for the caller to say.
    """
    count = len(strength)
    weak = np.zeros(count, np.bool_)
    if count < 6:
        return weak
    even = np.arange(count) % 2 == 0
    parity = strength[even].mean() < strength[~even].mean()
    strong = even != parity
    for beat in np.flatnonzero(~strong):
        near = slice(max(0, beat - HALVES_NEAR), beat + HALVES_NEAR + 1)
        inside = strong[near]
        weak[beat] = strength[near][inside].mean() > WEAK_HALF * strength[near][~inside].mean()
    return weak


def bar_start(strength: NDArray[np.float64], bar: int) -> int:
    """Which of the first `bar` beats of a stretch begins a bar: the first, unless another is stronger all along."""
    if len(strength) < 2 * bar:
        return 0
    means = [float(strength[number::bar].mean()) for number in range(bar)]
    best = int(np.argmax(means))
    return best if means[best] > DOWNBEAT * means[0] else 0
