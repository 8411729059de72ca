"""Beat tracking: beats, bars and silences in a film's music. librosa finds the onsets and is used only here.

Everything is heard in pieces and kept at a hundred numbers a second; the same music gives the same beats.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from importlib.util import find_spec
from itertools import chain, pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from netviz.audio.envelope import FINE_RATE, LoudnessLevels, blocks, levels
from netviz.audio.music_file import SAMPLE_RATE, file_state
from netviz.audio.soundtrack import Soundtrack
from netviz.errors import InputError, NetvizError, Problem
from netviz.timeline.beats import Rhythm
from netviz.training.layers import Floats

# The pulse in a piece of music: from how strongly things set in, moment by moment, to its beats and bars.
#
# A hidden Markov model of where a listener is between two beats, after Krebs, Böck and Widmer, "An efficient state-
# space model for joint tempo and meter tracking" (ISMIR 2015): in every frame the place between two beats moves on by
# one; only on a beat may the tempo become another, the likelier the closer it is to the one before. The most likely
# way through all frames (Viterbi) follows tempo changes, and finds its feet again after a silence. Plain NumPy, no
# chance in it.

RATE = 100
"""Frames a second."""
_SLOWEST, _FASTEST, TEMPI = 54, 190, 40
"""Beats a minute between which the pulse is looked for, in so many steps; slower music is followed on half beats."""
STEADINESS = 100.0
"""How unlikely another tempo is on the next beat: exp(-100 |ratio - 1|)."""
JUMP = 1e-6
"""How likely a tempo is that has nothing to do with the one before."""
ON_BEAT = 16
"""A beat's onset is expected in the first sixteenth of the time to the next."""
MISSING_BEAT, UNEXPECTED_ONSET = 0.03, 1e-3
"""How likely a beat is on which nothing sets in; and an onset, as strong as any, where there is no beat."""
_EARLY, _LATE = 3, 6
"""Frames before and after a beat of the model in which its onset is looked for."""
_NEAR = 4.0
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
    step, reach = RATE // 5, int(_NEAR * RATE)
    centres = frames[::step]
    windows = [strength[max(0, centre - reach) : centre + reach + 1] for centre in centres]
    usual = np.interp(frames, centres, [np.median(window) for window in windows])
    strongest = np.interp(frames, centres, [window.max() for window in windows])
    above = (strength - usual) / np.maximum(strongest - usual, SOFT_PEAK)
    return np.asarray(np.clip(above, 0.0, 1.0))


def beats_in(active: Floats) -> NDArray[np.int64]:
    """The frames of the beats, from activations (F,)."""
    periods = np.unique(np.round(RATE * 60 / np.geomspace(_SLOWEST, _FASTEST, TEMPI)).astype(np.int64))
    ends = np.cumsum(periods)
    first, last = ends - periods, ends - 1
    is_beat = np.concatenate([np.arange(period) < period / ON_BEAT for period in periods])
    change = np.exp(-STEADINESS * np.abs(periods[None, :] / periods[:, None] - 1))
    change = np.log((1 - JUMP) * change / change.sum(axis=1, keepdims=True) + JUMP / len(periods))
    on = np.log(np.maximum(active, MISSING_BEAT))
    off = np.log(np.maximum((1 - active) / (ON_BEAT - 1), UNEXPECTED_ONSET))
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
    around = np.clip(beats[:, None] + np.arange(-_EARLY, _LATE + 1)[None, :], 0, len(strength) - 1)
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


HOP = SAMPLE_RATE // RATE
WINDOW, _BANDS, HIGHEST = 2048, 64, 11_000
"""Samples of a spectrum, its mel bands, and the highest frequency in them in Hz."""
FLOOR = 1e-3
"""Power of a band below which nothing is heard."""
PIECE, _MARGIN = 30 * RATE, 20
"""Frames listened to at once, and those before and after that are heard with them."""
ALIGNED = 0.04
"""Seconds before and after an onset in which the moment is looked for at which it sets in."""
BEFORE, AFTER = 10, 6
"""Numbers of the fine envelope before and after that moment whose peaks are compared."""
_CLEAR = 0.25
"""How much of the loudest near it a beat must rise by for that moment to be known."""
_APART = 0.06
"""Seconds between two onsets at least."""
STANDS_OUT = 0.3
"""Of the strongest onset near it: weaker ones are none of their own."""

LIBRARY_MISSING = (
    "finding the beats of music needs librosa: pip install 'netviz-film[beats]' (from a clone: pip install -e "
    "'.[beats]'); give bpm and offset (sync: {bpm: 120}), or the beats themselves (at), to do without"
)


def library_problems() -> list[Problem]:
    """Why beats cannot be looked for here, without looking: librosa is not installed."""
    return [] if find_spec("librosa") is not None else [Problem("sync", LIBRARY_MISSING)]


def find_rhythm(track: Soundtrack, samples: int, to: Literal["beats", "onsets"], bar: int) -> Rhythm:
    """The rhythm of the sound of a film of so many samples. to: whether beats or onsets are meant; bar: beats in one.

    A rhythm without beats if there is no pulse in it. Raises InputError if librosa is not installed.
    """
    if problems := library_problems():
        raise InputError(problems)
    return _rhythm(track, samples, to, bar, file_state(track.path))


@lru_cache(maxsize=8)
def _rhythm(
    track: Soundtrack, samples: int, to: Literal["beats", "onsets"], bar: int, state: tuple[int, ...]
) -> Rhythm:
    loudness = levels(track, samples)
    strength = onset_strengths(blocks(track, samples, PIECE * HOP))
    silences = tuple((_exact(start), _exact(stop)) for start, stop in loudness.silences())
    if to == "onsets":
        found = _aligned(_onsets(strength), loudness)
        return Rhythm(tuple(time for time in found if not Rhythm((), (), silences).is_silent(time)), (), silences)
    return rhythm_of(strength, loudness, silences, bar)


def _library() -> Any:
    """librosa, ready to be used. What it compiles when it is used for the first time may fail in many ways."""
    try:
        import librosa

        librosa.onset.onset_strength  # noqa: B018 - its parts are loaded when they are asked for
    except Exception as failure:
        message = (
            f"librosa, which finds the beats of music, does not work here ({type(failure).__name__}: {failure}); "
            "give bpm and offset, or the beats themselves (at), to do without"
        )
        raise NetvizError(message) from failure
    return librosa


def onset_strengths(pieces: Iterator[NDArray[np.float32]]) -> Floats:
    """How strongly things set in, a hundred times a second: the mean rise over all mel bands in dB, from librosa.

    pieces: the sound, PIECE frames at a time. Each is heard with a little of those before and after it.
    """
    librosa = _library()
    found: list[Floats] = []
    waiting = np.zeros(0, np.float32)
    before = np.zeros(_MARGIN * HOP, np.float32)
    for piece in chain(pieces, (None,)):
        after = np.zeros(_MARGIN * HOP, np.float32) if piece is None else piece[: _MARGIN * HOP]
        if len(waiting):
            heard = np.concatenate([before, waiting, after])
            power = librosa.feature.melspectrogram(
                y=heard, sr=SAMPLE_RATE, n_fft=WINDOW, hop_length=HOP, n_mels=_BANDS, fmax=HIGHEST
            )
            decibels = librosa.power_to_db(power, ref=1.0, amin=FLOOR, top_db=None)
            strength = librosa.onset.onset_strength(S=decibels, sr=SAMPLE_RATE, hop_length=HOP, n_fft=WINDOW)
            frames = -(-len(waiting) // HOP)
            found.append(strength[_MARGIN : _MARGIN + frames].astype(np.float64))
            before = heard[: _MARGIN * HOP + len(waiting)][-_MARGIN * HOP :]
        waiting = np.zeros(0, np.float32) if piece is None else piece
    return np.concatenate(found) if found else np.zeros(0)


def rhythm_of(
    strength: Floats, loudness: LoudnessLevels, silences: tuple[tuple[Fraction, Fraction], ...], bar: int
) -> Rhythm:
    """Beats and bars from onset strengths (F,); none in a silence."""
    if len(strength) < RATE:
        return Rhythm((), (), silences)
    frames = on_onsets(strength, beats_in(activation(strength)))
    heard = Rhythm((), (), silences)
    beats: list[Fraction] = []
    bars: list[Fraction] = []
    for stretch in _stretches(frames, heard):
        if not is_pulse(strength, stretch):
            continue
        strengths = strength[stretch]
        weak = is_weak(strengths)
        times = _aligned(stretch, loudness)
        # Bars are counted in the slower beats, where there are any: they go on through the busier parts.
        first = int(np.argmax(weak)) % 2 if weak.any() else 0
        slow = slice(1 - first, None, 2) if weak.any() else slice(None)
        begin = bar_start(strengths[slow], bar)
        bars += times[slow][begin::bar]
        beats += [time for time, is_left_out in zip(times, weak, strict=True) if not is_left_out]
    return Rhythm(tuple(beats), tuple(bars), silences)


def _stretches(frames: NDArray[np.int64], heard: Rhythm) -> list[NDArray[np.int64]]:
    """The beats between silences."""
    found: list[list[int]] = [[]]
    last: Fraction | None = None
    for frame in frames.tolist():
        time = Fraction(frame, RATE)
        # A frame is late by up to its window: what sets in at the end of a silence is heard.
        if heard.is_silent(time) and heard.is_silent(time + Fraction(2, RATE)):
            continue
        if last is not None and heard.is_broken(last, time):
            found.append([])
        found[-1].append(frame)
        last = time
    return [np.array(stretch, np.int64) for stretch in found]


def _onsets(strength: Floats) -> NDArray[np.int64]:
    """The frames in which something sets in: peaks that can be heard, and are not much weaker than others near them."""
    reach = int(_APART * RATE)
    active = activation(strength)
    padded = np.pad(strength, reach)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1)
    peaks = (strength == highest) & (strength >= LOWEST_PEAK) & (active >= STANDS_OUT)
    return np.flatnonzero(peaks)


def _aligned(frames: NDArray[np.int64], loudness: LoudnessLevels) -> list[Fraction]:
    """When exactly, to 2 ms, it sets in that was heard in some frames: where the loudness rises most, if it does."""
    level, reach = loudness.fine.astype(np.float64), int(ALIGNED * FINE_RATE)
    level = np.pad(level, (BEFORE + reach, AFTER + reach))
    highest = np.lib.stride_tricks.sliding_window_view
    times: list[int] = []
    for frame in frames.tolist():
        middle = frame * FINE_RATE // RATE
        # Peaks before and after, not single moments: a low note goes up and down every few milliseconds.
        near = level[middle : middle + BEFORE + 2 * reach + AFTER]
        before = highest(near, BEFORE).max(axis=1)[: 2 * reach]
        after = highest(near[BEFORE:], AFTER).max(axis=1)[: 2 * reach]
        rise = after - before
        best = int(rise.argmax())
        if rise[best] >= _CLEAR * near.max() > 0:
            sets_in = int(np.argmax(near[BEFORE + best : BEFORE + best + AFTER] >= before[best] + 0.3 * rise[best]))
            middle += best + sets_in - reach
        times.append(max(0, middle))
    return [Fraction(time, FINE_RATE) for time in _increasing(times)]


def _increasing(times: Sequence[int]) -> list[int]:
    """The times, each after the one before."""
    found = [*times[:1]]
    for _, time in pairwise(times):
        found.append(max(time, found[-1] + 1))
    return found


def _exact(seconds: float) -> Fraction:
    return Fraction(round(seconds * FINE_RATE), FINE_RATE)
