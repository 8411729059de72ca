"""Where the beats, bars and silences of a film's music are. librosa, which hears what sets in, is used only here.

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

from netviz.errors import InputError, NetvizError, Problem
from netviz.film.rhythm import Rhythm
from netviz.sound import meter
from netviz.sound.audio import SAMPLE_RATE, file_state
from netviz.sound.hearing import FINE_RATE, Levels, blocks, levels
from netviz.sound.meter import LOWEST_PEAK, RATE, Floats
from netviz.sound.track import Soundtrack

HOP = SAMPLE_RATE // RATE
WINDOW, BANDS, HIGHEST = 2048, 64, 11_000
"""Samples of a spectrum, its mel bands, and the highest frequency in them in Hz."""
FLOOR = 1e-3
"""Power of a band below which nothing is heard."""
PIECE, MARGIN = 30 * RATE, 20
"""Frames listened to at once, and those before and after that are heard with them."""
ALIGNED = 0.04
"""Seconds before and after an onset in which the moment is looked for at which it sets in."""
BEFORE, AFTER = 10, 6
"""Numbers of the fine envelope before and after that moment whose peaks are compared."""
CLEAR = 0.25
"""How much of the loudest near it a beat must rise by for that moment to be known."""
APART = 0.06
"""Seconds between two onsets at least."""
STANDS_OUT = 0.3
"""Of the strongest onset near it: weaker ones are none of their own."""

MISSING = (
    "finding the beats of music needs librosa: pip install 'netviz-film[beats]' (from a clone: pip install -e "
    "'.[beats]'); give bpm and offset (sync: {bpm: 120}), or the beats themselves (at), to do without"
)


def library_problems() -> list[Problem]:
    """Why beats cannot be looked for here, without looking: librosa is not installed."""
    return [] if find_spec("librosa") is not None else [Problem("sync", MISSING)]


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
    before = np.zeros(MARGIN * HOP, np.float32)
    for piece in chain(pieces, (None,)):
        after = np.zeros(MARGIN * HOP, np.float32) if piece is None else piece[: MARGIN * HOP]
        if len(waiting):
            heard = np.concatenate([before, waiting, after])
            power = librosa.feature.melspectrogram(
                y=heard, sr=SAMPLE_RATE, n_fft=WINDOW, hop_length=HOP, n_mels=BANDS, fmax=HIGHEST
            )
            decibels = librosa.power_to_db(power, ref=1.0, amin=FLOOR, top_db=None)
            strength = librosa.onset.onset_strength(S=decibels, sr=SAMPLE_RATE, hop_length=HOP, n_fft=WINDOW)
            frames = -(-len(waiting) // HOP)
            found.append(strength[MARGIN : MARGIN + frames].astype(np.float64))
            before = heard[: MARGIN * HOP + len(waiting)][-MARGIN * HOP :]
        waiting = np.zeros(0, np.float32) if piece is None else piece
    return np.concatenate(found) if found else np.zeros(0)


def rhythm_of(strength: Floats, loudness: Levels, silences: tuple[tuple[Fraction, Fraction], ...], bar: int) -> Rhythm:
    """Beats and bars from onset strengths (F,); none in a silence."""
    if len(strength) < RATE:
        return Rhythm((), (), silences)
    frames = meter.on_onsets(strength, meter.beats_in(meter.activation(strength)))
    heard = Rhythm((), (), silences)
    beats: list[Fraction] = []
    bars: list[Fraction] = []
    for stretch in _stretches(frames, heard):
        if not meter.is_pulse(strength, stretch):
            continue
        strengths = strength[stretch]
        weak = meter.is_weak(strengths)
        times = _aligned(stretch, loudness)
        # Bars are counted in the slower beats, where there are any: they go on through the busier parts.
        first = int(np.argmax(weak)) % 2 if weak.any() else 0
        slow = slice(1 - first, None, 2) if weak.any() else slice(None)
        begin = meter.bar_start(strengths[slow], bar)
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
    reach = int(APART * RATE)
    active = meter.activation(strength)
    padded = np.pad(strength, reach)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1)
    peaks = (strength == highest) & (strength >= LOWEST_PEAK) & (active >= STANDS_OUT)
    return np.flatnonzero(peaks)


def _aligned(frames: NDArray[np.int64], loudness: Levels) -> list[Fraction]:
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
        if rise[best] >= CLEAR * near.max() > 0:
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
