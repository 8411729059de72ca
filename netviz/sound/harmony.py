"""The harmony: modes over one tonic, from tense to restful, and chords that move as little as they can.

The tonic is D throughout, the key of the music that comes with netviz. From one mode to the next one tone of the scale
rises by a semitone (phrygian, aeolian, dorian, mixolydian, ionian): the less the error, the brighter the mode.
"""

from __future__ import annotations

import itertools
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

TONIC = 50
"""D3, as a MIDI number."""
VOICES_FROM, VOICES_TO = 53, 76
"""The range of a chord's voices, F3 to E5."""
MUDDY, CLOSE_BELOW = 57, 3
"""Voices below A3 stand at least a minor third apart: closer ones growl."""
RUBBING = 5
"""Semitones that a chord would rather move than have two voices stand a semitone apart."""
BASS_FROM = 36
"""The lowest bass note, C2."""


@dataclass(frozen=True)
class Chord:
    """bass and tones: semitones above the tonic, 0 to 11."""

    bass: int
    tones: tuple[int, ...]


@dataclass(frozen=True)
class Mode:
    """scale: semitones above the tonic, increasing from 0. chords: a progression that begins with the tonic's."""

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
"""From restful to tense."""
BORDERS = (0.15, 0.42, 0.64, 0.93)
"""The tensions at which one mode gives way to the next."""
OPEN = Chord(0, (0, 2, 7))
"""The tonic without a third: neither bright nor dark."""
DOMINANT = (Chord(7, (7, 0, 2, 5)), Chord(7, (7, 11, 2, 5)))
"""What leads home: the fourth, held over from the key, falls to the leading note."""
SUBDOMINANT = Chord(5, (5, 7, 9, 0))


def mode_of(tension: float) -> Mode:
    """The mode of a tension, 0 to 1."""
    return MODES[bisect(BORDERS, tension)]


@lru_cache(maxsize=64)
def voicings(tones: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Every way to lay out a chord's tones between VOICES_FROM and VOICES_TO, low to high, with room between them."""
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
    """The chord's voices, low to high (MIDI numbers): near those before, near a centre, semitones an octave apart."""

    def effort(notes: tuple[int, ...]) -> tuple[float, tuple[int, ...]]:
        way = sum(min(abs(note - other) for other in before) for note in notes) if before else 0
        rubbing = sum(high - low == 1 for low, high in itertools.pairwise(notes))
        return way + 1.2 * abs(sum(notes) / len(notes) - centre) + RUBBING * rubbing, notes

    return min(voicings(chord.tones), key=effort)


def bass_of(chord: Chord) -> int:
    """The chord's bass note, from C2 to B2."""
    return BASS_FROM + (TONIC + chord.bass - BASS_FROM) % 12


def ladder(tones: Sequence[int], lowest: int, count: int) -> tuple[int, ...]:
    """The first `count` notes from `lowest` upwards that are among the tones (semitones above the tonic)."""
    notes = (note for note in itertools.count(lowest) if (note - TONIC) % 12 in tones)
    return tuple(itertools.islice(notes, count))


def raised(note: int, steps: int, scale: Sequence[int]) -> int:
    """A note so many steps up a scale (semitones above the tonic)."""
    return ladder(scale, note + 1, steps)[-1] if steps else note
