"""Beat tracking: beats, bars and silences in a film's music. librosa finds the onsets and is used only here.

The sound is analysed in pieces and reduced to 100 onset strengths a second; the same music gives the same beats.
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
from netviz.recording.layers import Floats
from netviz.timeline.beats import Rhythm

# Pulse tracking: from onset strengths, one for each frame, to beats and bars.
#
# A hidden Markov model of the position between two beats, after Krebs, Böck and Widmer, "An efficient state-space model
# for joint tempo and meter tracking" (ISMIR 2015): in every frame the position moves on by one; only on a beat may the
# tempo change, the likelier the closer the new one is to the one before. The most likely path through all frames
# (Viterbi) follows tempo changes, and recovers after a silence. Plain NumPy, without randomness.

RATE = 100
"""Frames of onset strength a second."""
_SLOWEST, _FASTEST, TEMPI = 54, 190, 40
"""Slowest and fastest tempo in beats a minute, and the number of tempi tried; slower music is tracked on half beats."""
STEADINESS = 100.0
"""Steepness with which a change of tempo on the next beat becomes unlikely: exp(-100 |ratio - 1|)."""
JUMP = 1e-6
"""Probability of a tempo that has nothing to do with the one before."""
ON_BEAT = 16
"""Denominator of the part of a beat period in which the beat's onset is expected: the first sixteenth."""
MISSING_BEAT, UNEXPECTED_ONSET = 0.03, 1e-3
"""Least likelihood of a beat without an onset; and of an onset of full strength where there is no beat."""
_EARLY, _LATE = 3, 6
"""Frames before and after a beat of the model in which its onset is looked for."""
_NEAR = 4.0
"""Seconds before and after a moment over which the usual and the strongest onset strength are measured."""
LOWEST_PEAK = 0.4
"""Least strength of an onset: mean rise over all bands, in dB from one frame to the next."""
STANDS_CLEAR = 2.2
"""Least ratio of the strength of onsets on beats to the usual strength; the peaks of mere noise have 1.4."""
SOFT_PEAK = 3.0
"""Least strength above the usual, in dB from one frame to the next, of a full onset where all is soft."""
WEAK_HALF = 1.6
"""Ratio of strength above which only every second beat counts, and the beats between are weak."""
HALVES_NEAR = 8
"""Beats before and after one that decide whether it is weak."""
DOWNBEAT = 1.3
"""Ratio of strength to the first beat of the bar above which bars begin with another beat."""


def activation(strength: Floats) -> Floats:
    """Onset activations (F,), 0 to 1: onset strengths (F,) relative to the usual and the strongest near each."""
    frames = np.arange(len(strength))
    step, reach = RATE // 5, int(_NEAR * RATE)
    centres = frames[::step]
    windows = [strength[max(0, centre - reach) : centre + reach + 1] for centre in centres]
    usual = np.interp(frames, centres, [np.median(window) for window in windows])
    strongest = np.interp(frames, centres, [window.max() for window in windows])
    above = (strength - usual) / np.maximum(strongest - usual, SOFT_PEAK)
    return np.asarray(np.clip(above, 0.0, 1.0))


def beats_in(active: Floats) -> NDArray[np.int64]:
    """Frames of the beats, from onset activations (F,)."""
    periods = np.unique(np.round(RATE * 60 / np.geomspace(_SLOWEST, _FASTEST, TEMPI)).astype(np.int64))
    ends = np.cumsum(periods)
    first, last = ends - periods, ends - 1
    is_beat = np.concatenate([np.arange(period) < period / ON_BEAT for period in periods])
    change = np.exp(-STEADINESS * np.abs(periods[None, :] / periods[:, None] - 1))
    change = np.log((1 - JUMP) * change / change.sum(axis=1, keepdims=True) + JUMP / len(periods))
    on = np.log(np.maximum(active, MISSING_BEAT))
    off = np.log(np.maximum((1 - active) / (ON_BEAT - 1), UNEXPECTED_ONSET))
    log_likelihood = np.zeros(ends[-1])
    backpointers = np.zeros((len(active), len(periods)), np.int8)
    tempi = np.arange(len(periods))
    for frame in range(len(active)):
        arriving = log_likelihood[last][:, None] + change
        best = arriving.argmax(axis=0)
        backpointers[frame] = best
        moved = np.empty_like(log_likelihood)
        moved[1:] = log_likelihood[:-1]
        moved[first] = arriving[best, tempi]
        moved += np.where(is_beat, on[frame], off[frame])
        log_likelihood = moved - moved.max()
    return _backtrack(int(log_likelihood.argmax()), periods, first, backpointers)


def _backtrack(
    state: int, periods: NDArray[np.int64], first: NDArray[np.int64], backpointers: NDArray[np.int8]
) -> NDArray[np.int64]:
    """Frames of the beats on the path that ends in `state`.

    periods, first (tempi,): frames from beat to beat, and the first state of each tempo. backpointers (F, tempi): the
    tempo before a beat in each frame.
    """
    tempo = int(np.searchsorted(first, state, side="right")) - 1
    beat = len(backpointers) - 1 - (state - int(first[tempo]))
    found: list[int] = []
    while beat >= 0:
        found.append(beat)
        tempo = int(backpointers[beat, tempo])
        beat -= int(periods[tempo])
    return np.array(found[::-1], np.int64)


def on_onsets(strength: Floats, beats: NDArray[np.int64]) -> NDArray[np.int64]:
    """Frames of beats moved to the strongest onset near each, if there is one: the model places them only roughly."""
    around = np.clip(beats[:, None] + np.arange(-_EARLY, _LATE + 1)[None, :], 0, len(strength) - 1)
    near = strength[around]
    best = near.argmax(axis=1)
    index = np.arange(len(beats))
    found = np.where(near[index, best] >= LOWEST_PEAK, around[index, best], np.clip(beats, 0, len(strength) - 1))
    return np.maximum.accumulate(found)


def is_pulse(strength: Floats, beats: NDArray[np.int64]) -> bool:
    """Return whether beats are a pulse: they have audible onsets, which stand out from what is between them."""
    if len(beats) < 4:
        return False
    on_beats = np.median(strength[beats])
    between = ((beats[1:] + beats[:-1]) // 2).astype(np.int64)
    usual = np.median(strength[between[0] : between[-1]])
    return bool(on_beats >= LOWEST_PEAK and on_beats >= STANDS_CLEAR * usual)


def is_weak(strength: Floats) -> NDArray[np.bool_]:
    """Mask of the weak beats of a stretch, which do not count: every second one where much weaker than those around.

    strength (beats,): onset strength on each beat. In a stretch of fewer than six beats all of them count.
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
    """Index, below `bar`, of the first beat of a stretch that begins a bar: 0, unless another is stronger on average.

    strength (beats,): onset strength on each beat. bar: beats in a bar.
    """
    if len(strength) < 2 * bar:
        return 0
    means = [float(strength[number::bar].mean()) for number in range(bar)]
    best = int(np.argmax(means))
    return best if means[best] > DOWNBEAT * means[0] else 0


# Rhythm of a film's sound: onset strengths from librosa, onsets and beats aligned to the loudness envelope.

HOP = SAMPLE_RATE // RATE
WINDOW, _BANDS, HIGHEST = 2048, 64, 11_000
"""Samples in a spectrum's window, its number of mel bands, and the highest frequency in them in Hz."""
FLOOR = 1e-3
"""Power of a mel band below which it counts as silent."""
PIECE, _MARGIN = 30 * RATE, 20
"""Frames analysed at once, and the frames before and after that are analysed with them."""
ALIGNED = 0.04
"""Seconds before and after an onset's frame in which its exact moment is looked for."""
BEFORE, AFTER = 10, 6
"""Values of the fine envelope (2 ms each) before and after that moment whose peaks are compared."""
_CLEAR = 0.25
"""Least rise in loudness at a beat, as a share of the loudest level near it, for its exact moment to be known."""
_APART = 0.06
"""Least seconds between two onsets."""
STANDS_OUT = 0.3
"""Least activation of an onset, a share of the strongest near it: weaker peaks are no onsets of their own."""

LIBRARY_MISSING = (
    "finding the beats of music needs librosa: pip install 'netviz-film[beats]' (from a clone: pip install -e "
    "'.[beats]'); give bpm and offset (sync: {bpm: 120}), or the beats themselves (at), to do without"
)


def library_problems() -> list[Problem]:
    """Problem that librosa is not installed, without which no beats can be found; an empty list if it is.

    librosa is not loaded for that.
    """
    return [] if find_spec("librosa") is not None else [Problem("sync", LIBRARY_MISSING)]


def find_rhythm(track: Soundtrack, samples: int, to: Literal["beats", "onsets"], bar: int) -> Rhythm:
    """Rhythm of the sound of a film of so many samples, at 48 kHz.

    to: whether beats or onsets are to be found. bar: beats in a bar.

    Without a pulse in the sound there are no beats in the rhythm. Raises InputError if librosa is not installed.
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
    """The module librosa, loaded. Raises NetvizError if it does not work: what it compiles on first use may fail."""
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
    """Onset strengths (F,), a hundred a second: the mean rise over all mel bands in dB, from librosa.

    pieces: the sound at 48 kHz, PIECE frames at a time. Each is analysed with a little of those before and after it.
    """
    librosa = _library()
    found: list[Floats] = []
    pending = np.zeros(0, np.float32)
    before = np.zeros(_MARGIN * HOP, np.float32)
    for piece in chain(pieces, (None,)):
        after = np.zeros(_MARGIN * HOP, np.float32) if piece is None else piece[: _MARGIN * HOP]
        if len(pending):
            padded = np.concatenate([before, pending, after])
            power = librosa.feature.melspectrogram(
                y=padded, sr=SAMPLE_RATE, n_fft=WINDOW, hop_length=HOP, n_mels=_BANDS, fmax=HIGHEST
            )
            decibels = librosa.power_to_db(power, ref=1.0, amin=FLOOR, top_db=None)
            strength = librosa.onset.onset_strength(S=decibels, sr=SAMPLE_RATE, hop_length=HOP, n_fft=WINDOW)
            frames = -(-len(pending) // HOP)
            found.append(strength[_MARGIN : _MARGIN + frames].astype(np.float64))
            before = padded[: _MARGIN * HOP + len(pending)][-_MARGIN * HOP :]
        pending = np.zeros(0, np.float32) if piece is None else piece
    return np.concatenate(found) if found else np.zeros(0)


def rhythm_of(
    strength: Floats, loudness: LoudnessLevels, silences: tuple[tuple[Fraction, Fraction], ...], bar: int
) -> Rhythm:
    """Rhythm with the beats and bars found in onset strengths (F,); none in a silence."""
    if len(strength) < RATE:
        return Rhythm((), (), silences)
    frames = on_onsets(strength, beats_in(activation(strength)))
    without_beats = Rhythm((), (), silences)
    beats: list[Fraction] = []
    bars: list[Fraction] = []
    for stretch in _stretches(frames, without_beats):
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


def _stretches(frames: NDArray[np.int64], rhythm: Rhythm) -> list[NDArray[np.int64]]:
    """Runs of beats between silences, each as their frames."""
    found: list[list[int]] = [[]]
    last: Fraction | None = None
    for frame in frames.tolist():
        time = Fraction(frame, RATE)
        # A spectrum reaches past its frame: an onset at the very end of a silence is not a part of it.
        if rhythm.is_silent(time) and rhythm.is_silent(time + Fraction(2, RATE)):
            continue
        if last is not None and rhythm.is_broken(last, time):
            found.append([])
        found[-1].append(frame)
        last = time
    return [np.array(stretch, np.int64) for stretch in found]


def _onsets(strength: Floats) -> NDArray[np.int64]:
    """Frames of the onsets: peaks that are audible, and not much weaker than others near them."""
    reach = int(_APART * RATE)
    active = activation(strength)
    padded = np.pad(strength, reach)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1)
    peaks = (strength == highest) & (strength >= LOWEST_PEAK) & (active >= STANDS_OUT)
    return np.flatnonzero(peaks)


def _aligned(frames: NDArray[np.int64], loudness: LoudnessLevels) -> list[Fraction]:
    """Times of the onsets in some frames, exact to 2 ms: where the loudness rises most, if it rises clearly."""
    level, reach = loudness.fine.astype(np.float64), int(ALIGNED * FINE_RATE)
    level = np.pad(level, (BEFORE + reach, AFTER + reach))
    windows = np.lib.stride_tricks.sliding_window_view
    times: list[int] = []
    for frame in frames.tolist():
        middle = frame * FINE_RATE // RATE
        # Peaks before and after are compared, not single values: a low note goes up and down every few milliseconds.
        near = level[middle : middle + BEFORE + 2 * reach + AFTER]
        before = windows(near, BEFORE).max(axis=1)[: 2 * reach]
        after = windows(near[BEFORE:], AFTER).max(axis=1)[: 2 * reach]
        rise = after - before
        best = int(rise.argmax())
        if rise[best] >= _CLEAR * near.max() > 0:
            onset = int(np.argmax(near[BEFORE + best : BEFORE + best + AFTER] >= before[best] + 0.3 * rise[best]))
            middle += best + onset - reach
        times.append(max(0, middle))
    return [Fraction(time, FINE_RATE) for time in _increasing(times)]


def _increasing(times: Sequence[int]) -> list[int]:
    """Times made strictly increasing: each at least one after the one before."""
    found = [*times[:1]]
    for _, time in pairwise(times):
        found.append(max(time, found[-1] + 1))
    return found


def _exact(seconds: float) -> Fraction:
    return Fraction(round(seconds * FINE_RATE), FINE_RATE)
