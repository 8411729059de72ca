"""Beats of a film as plain numbers: those that steps begin on, and the glow that follows the music.

All times are exact seconds from the start of the film.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

from netviz.errors import InputError, Problem
from netviz.scene.captions import time_of

SHORTEST_STEP = Fraction(2, 5)
"""Shortest step, in seconds. Lights that come and go faster than 2.5 times a second are flicker."""
LONGEST_BEAT = Fraction(4)
"""Longest step, in seconds. Where the next beat is farther away, the network is at rest until then."""
USUAL_BEAT = Fraction(5, 2)
"""Seconds of a step whose beat has none near it."""

Times = tuple[Fraction, ...]


@dataclass(frozen=True)
class Rhythm:
    """Beats that the steps of a film keep time with.

    beats: increasing. bars: those of the beats that begin a bar. silences: start and end of each silence.
    """

    beats: Times
    bars: Times = ()
    silences: tuple[tuple[Fraction, Fraction], ...] = ()

    def is_silent(self, time: Fraction) -> bool:
        """True if a moment lies in a silence; the end of a silence does not."""
        return any(start <= time < stop for start, stop in self.silences)

    def is_broken(self, start: Fraction, stop: Fraction) -> bool:
        """True if there is a silence between two moments."""
        return any(begin < stop and end > start for begin, end in self.silences)


@dataclass(frozen=True)
class Accent:
    """Beat that a step or move may begin on. stop: its end, before the next one if a break follows."""

    start: Fraction
    stop: Fraction
    breaks: bool


def even_beats(bpm: Fraction, offset: Fraction, bar: int, seconds: Fraction) -> Rhythm:
    """Rhythm of `bpm` beats a minute, the first at `offset`, in a film of `seconds`; each `bar`-th begins a bar."""
    count = max(0, ceil((seconds - offset) * bpm / 60))
    beats = tuple(offset + number * 60 / bpm for number in range(count))
    return Rhythm(beats, beats[::bar])


def placed_beats(at: Sequence[float | str], seconds: Fraction) -> list[Fraction]:
    """Times of the beats that a scene lists, as seconds or moments, in a film of `seconds`.

    Raises InputError if a moment is outside the film, or if they do not increase.
    """
    times: list[Fraction] = []
    problems = []
    for index, given in enumerate(at):
        time, where = _time_of(given, seconds), f"sync.at[{index}]"
        if isinstance(given, str) and not 0 <= time < seconds:
            side = "before the film begins" if time < 0 else "past the end of the film"
            problems.append(Problem(where, f"{given} is {side}, which lasts {float(seconds):.2f} s"))
        elif times and time <= times[-1]:
            name, before = (each if isinstance(each, str) else f"{each:g}" for each in (given, at[index - 1]))
            places = f"({float(time):.2f} s and {float(times[-1]):.2f} s)"
            problems.append(Problem(where, f"{name} comes after {before} {places}; beats must increase"))
        times.append(time)
    if problems:
        raise InputError(problems)
    return times


def _time_of(given: float | str, seconds: Fraction) -> Fraction:
    if not isinstance(given, str):
        return Fraction(str(given))
    moment = time_of(given)
    base = {"seconds": moment.number, "part": moment.number * seconds, "end": seconds}
    return base.get(moment.kind, Fraction(0)) + (moment.offset or 0)


def listed_beats(times: Sequence[Fraction], bar: int, seconds: Fraction) -> Rhythm:
    """Rhythm of beats at given times, as far as a film of `seconds` goes; each `bar`-th begins a bar."""
    beats = tuple(time for time in times if time < seconds)
    return Rhythm(beats, beats[::bar])


def accents(rhythm: Rhythm, begin: Fraction, end: Fraction) -> list[Accent]:
    """The beats from `begin` to `end` that a step may begin on: none in a silence, none too close to the next."""
    inside = rhythm.beats[bisect_left(rhythm.beats, begin) : bisect_left(rhythm.beats, end)]
    starts = _apart(_thinned([beat for beat in inside if not rhythm.is_silent(beat)], rhythm.bars), end)
    found: list[Accent] = []
    usual = USUAL_BEAT
    for start, after in zip(starts, [*starts[1:], end], strict=False):
        if after - start > LONGEST_BEAT or rhythm.is_broken(start, after):
            lasts = min(usual, after - start)
        else:
            lasts = usual = after - start
        found.append(Accent(start, start + lasts, breaks=lasts < after - start))
    return found


def _thinned(beats: Sequence[Fraction], bars: Times) -> list[Fraction]:
    """The beats, or of each bar whose beats come too fast every second, every fourth, ..., always its first."""
    if not bars:
        return list(beats)
    chosen: list[Fraction] = []
    at = 0
    while at < len(beats):
        next_bar = bisect_right(bars, beats[at])
        stop = bisect_left(beats, bars[next_bar]) if next_bar < len(bars) else len(beats)
        bar = beats[at:stop]
        for every in (number for number in range(1, len(bar) + 1) if len(bar) % number == 0):
            some = bar[::every]
            ends = [*some[1:], *beats[stop : stop + 1]]
            if all(after - before >= SHORTEST_STEP for before, after in zip(some, ends, strict=False)):
                break
        chosen += some
        at = stop
    return chosen


def _apart(beats: Sequence[Fraction], end: Fraction) -> list[Fraction]:
    """The beats without those that come too soon after one before, or too soon before the end."""
    chosen: list[Fraction] = []
    for beat in beats:
        if end - beat >= SHORTEST_STEP and (not chosen or beat - chosen[-1] >= SHORTEST_STEP):
            chosen.append(beat)
    return chosen


LEAST_LEFT, MOST_GIVEN = Fraction(3, 5), Fraction(7, 4)
"""Shortest and longest length of a shot, in parts of its own, so that the next begins with a bar or a beat."""


def on_bars(
    lengths: Sequence[Fraction],
    rhythm: Rhythm,
    moving: Sequence[Fraction] | None = None,
    fixed: Collection[int] = (),
) -> list[Fraction]:
    """Seconds of each shot, changed so that shots begin on bar lines where one is near enough, or else on beats.

    Together they last as long as before. A shot without length stays without. moving: seconds of each before it stands
    still, which alone change; None: all of them. fixed: indices of shots whose length never changes.
    """
    ends: list[Fraction] = []
    last = now = Fraction(0)
    moving = lengths if moving is None else moving
    for index, length in enumerate(lengths):
        now += length
        if not length:
            ends.append(last)
            continue
        if index in fixed:
            last += length
            ends.append(last)
            continue
        after = next((number for number in range(index + 1, len(lengths)) if number not in fixed), None)
        earliest = last + length - (1 - LEAST_LEFT) * moving[index]
        given = (1 - LEAST_LEFT) * (moving[after] if after is not None else 0)
        latest = min(last + length + (MOST_GIVEN - 1) * moving[index], now + given) if given else now
        found = (_nearest(times, now, earliest, latest) for times in (rhythm.bars, rhythm.beats))
        last = next((time for time in found if time is not None), max(last, now))
        if after is None:
            last = now
        ends.append(last)
    ends[-1] = now
    return [stop - start for start, stop in pairwise([Fraction(0), *ends])]


def _nearest(times: Times, target: Fraction, earliest: Fraction, latest: Fraction) -> Fraction | None:
    """The time nearest to `target`, from the earliest to the latest; None if there is none."""
    some = times[bisect_left(times, earliest) : bisect_right(times, latest)]
    return min(some, key=lambda time: abs(time - target), default=None)


# The glow that follows the music: a factor on its brightness in every frame.
#
# It follows the loudness, up quickly and down slowly, never by much, and by construction begins to rise at most three
# times in any second: what WCAG 2.3.1 calls a flash is a pair of opposing changes, so there are at most three.

DEPTH = 0.35
"""Largest part of the glow that it gains at the loudest, and loses where nothing is heard."""
RANGE = 30.0
"""Loudness, in dB below the loud parts, at which the glow is at its darkest."""
_LOUD = 95
"""Percentile of loudness, among the moments with any sound, that counts as loud."""
SMOOTH = 0.05
"""Seconds over which the loudness is averaged."""
RISE, FALL = 0.12, 0.4
"""Seconds in which the glow comes from its darkest to its brightest at the quickest; and goes to a third of itself."""
_APART = 0.35
"""Fewest seconds from the beginning of one rise to that of the next."""
NOTICEABLE = 0.05
"""Smallest rise that begins, as a part of the range."""
STEPS = 256
"""Steps in 1 to which the glow's factor is rounded: a finer change is not drawn."""


def breathing(
    loudness: NDArray[np.float64], rate: int, fps: Fraction, frame_count: int, pulse: float
) -> tuple[float, ...]:
    """Factors on the light of every frame, 1 - DEPTH to 1 + DEPTH with a pulse of 1.

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
    decibels = 10 * np.log10(np.maximum(power, 1e-12) / np.percentile(heard, _LOUD))
    return np.asarray(np.clip(1 + decibels / RANGE, 0.0, 1.0))


def _followed(levels: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """The levels with sudden changes softened; after a rise has begun, the next begins only after _APART seconds."""
    step, keep = 1 / (RISE * rate), math.exp(-1 / (FALL * rate))
    apart = math.ceil(_APART * rate)
    now, rising, begun = float(levels[0]) if len(levels) else 0.0, False, -apart
    followed = np.empty(len(levels))
    for moment, level in enumerate(levels.tolist()):
        if not rising and level > now + NOTICEABLE and moment - begun >= apart:
            rising, begun = True, moment
        rising = rising and level > now
        now = min(level, now + step) if rising else min(now, level + (now - level) * keep)
        followed[moment] = now
    return followed
