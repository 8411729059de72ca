"""What is played, as numbers: no samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

VoiceName = Literal["pad", "bass", "pluck", "glass", "bell", "lead"]
"""pad: chords. bass: their lowest note. pluck: an example. glass: its target, and ways. bell: marks. lead: a melody."""


@dataclass(frozen=True)
class Note:
    """One note of one voice.

    start, length: seconds from the start of the film; of struck voices (all but pad, bass and lead) the length is how
    long they are let ring. pitch: MIDI number (69 = A4 = 440 Hz). loudness: 0 to 1. pan: -1 (left) to 1 (right).
    brightness: 0 to 1, how many overtones it has.
    """

    start: float
    length: float
    pitch: int
    loudness: float
    pan: float
    voice: VoiceName
    brightness: float = 0.5


@dataclass(frozen=True)
class Score:
    """All notes of a film, in the order of their starts.

    seconds: of the film. echo: seconds from echo to echo. home: when the last chord of the cadence begins, in seconds.
    """

    notes: tuple[Note, ...]
    seconds: float
    echo: float
    home: float = 0.0
