"""Harmony of composed music: tension from the error, modes over one tonic, and the chords that change in time.

The tonic is D throughout, the key of the music that comes with netviz. From one mode to the next one tone of the scale
rises by a semitone (phrygian, aeolian, dorian, mixolydian, ionian): the less the error, the brighter the mode.
"""

from __future__ import annotations

import itertools
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from math import isfinite, log1p, sqrt

import numpy as np

from netviz.timeline.plan import Plan
from netviz.timeline.timeline import Timeline

TONIC = 50
"""D3, as a MIDI number."""
VOICES_FROM, VOICES_TO = 53, 76
"""MIDI numbers between which a chord's voices lie, F3 to E5."""
MUDDY, CLOSE_BELOW = 57, 3
"""MIDI number below which voices stand at least so many semitones apart (A3, a minor third): closer ones growl."""
RUBBING = 5
"""Cost of two voices a semitone apart, in semitones that a chord would rather move."""
BASS_FROM = 36
"""MIDI number of the lowest bass note, C2."""


@dataclass(frozen=True)
class Chord:
    """Chord over the tonic. bass and tones: semitones above the tonic, 0 to 11."""

    bass: int
    tones: tuple[int, ...]


@dataclass(frozen=True)
class Mode:
    """Mode over the tonic, with its chords.

    scale: semitones above the tonic, increasing from 0. chords: a progression that begins with the tonic's.
    """

    name: str
    scale: tuple[int, ...]
    chords: tuple[Chord, ...]


MODES = (
    Mode(
        "ionian",
        (0, 2, 4, 5, 7, 9, 11),
        (
            Chord(0, (0, 2, 4, 7)), Chord(9, (9, 0, 4, 7)), Chord(5, (5, 7, 9, 0)), Chord(7, (7, 0, 2, 5)),
            Chord(0, (0, 4, 7, 9)), Chord(4, (4, 7, 11, 2)), Chord(5, (5, 9, 0, 2)), Chord(2, (2, 5, 9, 0)),
        ),
    ),
    Mode(
        "mixolydian",
        (0, 2, 4, 5, 7, 9, 10),
        (
            Chord(0, (0, 2, 4, 7)), Chord(10, (10, 0, 2, 5)), Chord(5, (5, 9, 0, 4)), Chord(9, (9, 0, 4, 7)),
            Chord(0, (0, 5, 7, 10)), Chord(7, (7, 10, 2, 5)), Chord(10, (10, 2, 5, 9)), Chord(5, (5, 7, 9, 0)),
        ),
    ),
    Mode(
        "dorian",
        (0, 2, 3, 5, 7, 9, 10),
        (
            Chord(0, (0, 2, 3, 7)), Chord(3, (3, 7, 10, 2)), Chord(5, (5, 9, 0, 3)), Chord(7, (7, 10, 2, 5)),
            Chord(0, (0, 3, 7, 9)), Chord(10, (10, 2, 5, 9)), Chord(2, (2, 5, 9, 0)), Chord(5, (5, 7, 9, 0)),
        ),
    ),
    Mode(
        "aeolian",
        (0, 2, 3, 5, 7, 8, 10),
        (
            Chord(0, (0, 2, 3, 7)), Chord(8, (8, 0, 3, 7)), Chord(5, (5, 7, 8, 0)), Chord(2, (2, 5, 8, 0)),
            Chord(0, (0, 3, 7, 8)), Chord(8, (8, 0, 2, 7)), Chord(3, (3, 7, 10, 2)), Chord(5, (5, 8, 0, 2)),
        ),
    ),
    Mode(
        "phrygian",
        (0, 1, 3, 5, 7, 8, 10),
        (
            Chord(0, (0, 1, 3, 7)), Chord(1, (1, 5, 8, 0)), Chord(10, (10, 1, 5, 8)), Chord(0, (0, 1, 5, 7)),
            Chord(8, (8, 0, 1, 3)), Chord(1, (1, 5, 7, 0)), Chord(7, (7, 10, 1, 5)), Chord(0, (0, 1, 7, 8)),
        ),
    ),
)  # fmt: skip
"""All modes, from restful to tense."""
BORDERS = (0.15, 0.42, 0.64, 0.93)
"""Tensions, 0 to 1, at which one mode gives way to the next."""
OPEN = Chord(0, (0, 2, 7))
"""The tonic without a third: neither bright nor dark."""
DOMINANT = (Chord(7, (7, 0, 2, 5)), Chord(7, (7, 11, 2, 5)))
"""Dominant chords of the cadence: the fourth, held over from the key, falls to the leading note."""
SUBDOMINANT = Chord(5, (5, 7, 9, 0))


def mode_of(tension: float) -> Mode:
    """The mode of a tension, 0 to 1."""
    return MODES[bisect(BORDERS, tension)]


@lru_cache(maxsize=64)
def voicings(tones: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """All voicings of a chord: its tones between VOICES_FROM and VOICES_TO, low to high, neither too close nor too far
    apart."""
    places = [[note for note in range(VOICES_FROM, VOICES_TO + 1) if (note - TONIC) % 12 == tone] for tone in tones]
    found = {tuple(sorted(notes)) for notes in itertools.product(*places)}
    return tuple(
        sorted(
            notes
            for notes in found
            if all(
                high - low >= (CLOSE_BELOW if low < MUDDY else 1) and high - low <= 10
                for low, high in itertools.pairwise(notes)
            )
        )
    )


def voiced(chord: Chord, before: Sequence[int], centre: float) -> tuple[int, ...]:
    """Voices of a chord, low to high (MIDI numbers): near those before, near a centre, semitones an octave apart."""

    def cost(notes: tuple[int, ...]) -> tuple[float, tuple[int, ...]]:
        movement = sum(min(abs(note - other) for other in before) for note in notes) if before else 0
        clashes = sum(high - low == 1 for low, high in itertools.pairwise(notes))
        return movement + 1.2 * abs(sum(notes) / len(notes) - centre) + RUBBING * clashes, notes

    return min(voicings(chord.tones), key=cost)


def bass_of(chord: Chord) -> int:
    """MIDI number of the chord's bass note, from C2 to B2."""
    return BASS_FROM + (TONIC + chord.bass - BASS_FROM) % 12


def ladder(tones: Sequence[int], lowest: int, count: int) -> tuple[int, ...]:
    """The first `count` MIDI numbers from `lowest` upwards that are among the tones (semitones above the tonic)."""
    notes = (note for note in itertools.count(lowest) if (note - TONIC) % 12 in tones)
    return tuple(itertools.islice(notes, count))


def raised(note: int, steps: int, scale: Sequence[int]) -> int:
    """MIDI number of the note so many steps of a scale (semitones above the tonic) above another."""
    return ladder(scale, note + 1, steps)[-1] if steps else note


# Heights of errors: the scale from 0 (all is learned) to 1 that pitch and consonance follow.

LEARNED = 0.25
"""Part of the error before training: a run that does not come below it does not reach height 0 either."""
WORST = 4.0
"""Multiple of the error before training: larger errors still stand higher, but ever less so."""
ABOVE = 0.2
"""Part of the range of heights that is left for errors above WORST."""


@dataclass(frozen=True)
class Height:
    """Heights from 0 to 1 of errors from low to high, even in their square roots: halving is audible at every size.

    Larger errors than `high` stand above 1 - ABOVE if `is_capped`; otherwise there are none.
    """

    low: float
    high: float
    is_capped: bool

    def __call__(self, error: float) -> float:
        """Height of an error, 0 to 1; more error is never lower. An error that is no finite number stands highest."""
        if not isfinite(error):
            return 1.0
        top = 1 - ABOVE if self.is_capped else 1.0
        if error > self.high and self.is_capped:
            excess = log1p(error / self.high - 1)
            return top + ABOVE * excess / (1 + excess)
        span = sqrt(self.high) - sqrt(self.low)
        return top * min(1.0, max(0.0, (sqrt(max(error, 0.0)) - sqrt(self.low)) / span)) if span > 0 else 0.0


def height_of(errors: np.ndarray, start: float) -> Height:
    """Scale of heights for the errors (N,) that a film shows. start: the error before training, their reference."""
    finite = errors[np.isfinite(errors)]
    largest = float(finite.max(initial=0.0))
    reference = start if isfinite(start) and start > 0 else largest
    low = min(float(finite.min(initial=largest)), LEARNED * reference)
    cap = WORST * reference
    is_capped = largest > cap or len(finite) < len(errors)
    return Height(low, min(largest, cap), is_capped)


@dataclass(frozen=True, eq=False)
class Errors:
    """Errors that a film shows, and their heights."""

    timeline: Timeline

    def at(self, frame: int) -> float:
        """Average error that is shown in a frame."""
        timeline = self.timeline
        span = timeline.plan.spans[timeline.span[frame]]
        if span.kind in ("move", "sweep", "hold"):
            return timeline.frame(frame).error
        if span.kind in ("step", "walk"):
            return float(timeline.recording.main_curve[timeline.recording_index.on_curve(span.cycle)])
        return timeline.recording_index.rest_errors[timeline.recording_index.rest[span.cycle]]

    def tension(self, frame: int) -> float:
        """Height of the average error of a frame, 0 to 1."""
        return self._average(self.at(frame))

    def of_example(self, row: int) -> float:
        """Mean |target - output| of an example row."""
        recording = self.timeline.recording
        with np.errstate(all="ignore"):
            return float(np.abs(recording.target_at(row) - recording.activations[-1][row]).mean())

    def height(self, row: int) -> float:
        """Height of the error of an example row among those of all examples shown, 0 to 1."""
        return self._example(self.of_example(row))

    @cached_property
    def _start(self) -> float:
        return float(self.timeline.recording.main_curve[0])

    @cached_property
    def _average(self) -> Height:
        return height_of(self.timeline.recording.main_curve, self._start)

    @cached_property
    def _example(self) -> Height:
        rows = self.timeline.recording_index
        shown = [rows.step(span) for span in self.timeline.plan.spans if span.example is not None]
        return height_of(np.array([self.of_example(row) for row in shown]), self._start)


# Bars: when chords change, and to which. They follow what is shown, and the error at that moment.

SHORT, MEDIUM, _LONG = 2.4, 3.6, 6.0
"""Seconds of a chord: the least where another shot or cycle begins, the least elsewhere, and about the most."""
ENDING, ENDING_SHARE = 4.0, 0.3
"""Length in seconds of the last chord of a film that ends with learning, and the most of the film it may fill."""
LEAST_ENDING = 1.5
"""Least seconds after learning in which a cadence can still end."""
RESTFUL = 0.65
"""Tension, 0 to 1, below which the network has learned, and a cadence says so."""


@dataclass(frozen=True)
class Bar:
    """One chord, and the frames from start to stop, which is not included, in which it sounds.

    voices: its notes, low to high (MIDI numbers). tension: 0 to 1, at its beginning. is_home: after the cadence.
    """

    start: int
    stop: int
    chord: Chord
    mode: Mode
    voices: tuple[int, ...]
    tension: float
    is_home: bool


def bars_of(timeline: Timeline, errors: Errors) -> tuple[Bar, ...]:
    """Bars of a film, without gaps. The first and the last stand on the tonic; before the end of training a cadence
    leads there, if the network has learned."""
    plan = timeline.plan
    home, last = home_frame(plan), errors.tension(plan.frame_count - 1)
    bars: list[Bar] = []
    since_home = 0
    edges = _edges(plan, home)
    for number, (start, stop) in enumerate(pairwise(edges)):
        tension, is_home = errors.tension(start), start >= home
        mode = mode_of(last if is_home else tension)
        if is_home:
            is_away = since_home % 2 == 1 and stop < plan.frame_count
            chord = SUBDOMINANT if is_away and last < RESTFUL else mode.chords[0]
            since_home += 1
        elif start == 0:
            chord = OPEN if plan.spans[0].kind == "title" else mode.chords[0]
        else:
            # The tonic sounds for a while before it is left.
            chord = mode.chords[(number if edges[1] >= MEDIUM * plan.fps else number - 1) % len(mode.chords)]
        voices = voiced(chord, bars[-1].voices if bars else (), _centre(tension))
        bars.append(Bar(start, stop, chord, mode, voices, tension, is_home))
    return tuple(bars) if last >= RESTFUL else _with_dominant(bars, plan)


def _centre(tension: float) -> float:
    """MIDI number around which a chord is voiced: more error stands higher."""
    return 61 + 7 * tension


def home_frame(plan: Plan) -> int:
    """The frame in which the tonic is reached for good: where learning ends, or else shortly before the film does."""
    learned = [span.stop for span in plan.spans if span.kind in ("step", "move", "sweep")]
    frames = plan.frame_count
    seconds = float(plan.fps)
    least = round(min(LEAST_ENDING * seconds, ENDING_SHARE * frames))
    if learned and frames - learned[-1] >= max(1, least):
        return learned[-1]
    return frames - max(1, round(min(ENDING * seconds, ENDING_SHARE * frames)))


def _edges(plan: Plan, home: int) -> list[int]:
    """Frames in which chords change, from 0 to the number of frames."""
    fps, frames = float(plan.fps), plan.frame_count
    edges = [0]
    for mark, is_strong in sorted({**_marks(plan), home: True, frames: True}.items()):
        gap = (mark - edges[-1]) / fps
        if mark in (home, frames):
            # These stay where they are; the chord before them goes on where the last would be too short.
            while len(edges) > 1 and gap < SHORT and edges[-1] != home:
                edges.pop()
                gap = (mark - edges[-1]) / fps
            edges += _divided(edges[-1], mark, fps) if mark > edges[-1] else []
        elif gap >= (SHORT if is_strong else MEDIUM):
            edges += _divided(edges[-1], mark, fps)
    return edges


def _marks(plan: Plan) -> dict[int, bool]:
    """First frames of spans, and whether another shot, or the change to another cycle, begins there."""
    return {
        span.start: span.shot != before.shot or (span.cycle != before.cycle and span.kind != "sweep")
        for before, span in pairwise(plan.spans)
    }


def _divided(start: int, stop: int, fps: float) -> list[int]:
    """Ends of as few equal parts as possible of which none is longer than _LONG; the last end is `stop`."""
    parts = max(1, -(-(stop - start) // round(_LONG * fps)))
    return [start + (stop - start) * part // parts for part in range(1, parts + 1)]


def _with_dominant(bars: list[Bar], plan: Plan) -> tuple[Bar, ...]:
    """Bars with the dominant in the last one before the tonic, in two halves if it is long enough.

    If fewer than two bars come before the tonic, nothing changes.
    """
    number = next(number for number, bar in enumerate(bars) if bar.is_home)
    if number < 2:
        return tuple(bars)
    bar, fps = bars[number - 1], float(plan.fps)
    middle = (bar.start + bar.stop) // 2
    held = voiced(DOMINANT[0], bars[number - 2].voices, _centre(bar.tension))
    leading = voiced(DOMINANT[1], held, _centre(bar.tension))
    mode = mode_of(0.0)
    if bar.stop - bar.start < SHORT * fps:
        halves = [Bar(bar.start, bar.stop, DOMINANT[1], mode, leading, bar.tension, False)]
    else:
        halves = [
            Bar(bar.start, middle, DOMINANT[0], mode, held, bar.tension, False),
            Bar(middle, bar.stop, DOMINANT[1], mode, leading, bar.tension, False),
        ]
    return (*bars[: number - 1], *halves, *bars[number:])
