"""Sound and sync of a scene: its music, how it fits the film, and the beats that learning steps follow."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, PlainValidator, WithJsonSchema

from netviz.scene.captions import LONGEST_MOMENT, TIME_PATTERN, time_of
from netviz.scene.model import Part
from netviz.scene.types import LONGEST_FILM, FilePath, Offset, Several, Shorthand, Text

# Sound: a piece of music, its start and loudness, and whether the film or the music sets the length.

Fit = Literal["film", "track"]

QUIETEST, LOUDEST = -60, 24
"""Range of a track's gain, in dB."""
QUIETEST_TARGET, LOUDEST_TARGET = -40, -6
"""Range of a track's target loudness, in LUFS. Broadcasters use -23, music services about -14."""


SONIFY = "sonify"
"""Value in place of a file name for sound that is generated from the run. A file of that name is ./sonify."""


class Sound(Part):
    """Sound of the film."""

    file: FilePath
    """Music: a file in the scene's folder, bundled:track.mp3, or sonify, which generates sound from the run itself."""
    start: Offset = Fraction(0)
    """Position in the track at which the film begins, in seconds."""
    gain: Annotated[FiniteFloat, Field(ge=QUIETEST, le=LOUDEST)] = 0.0
    """Gain in dB: louder than in the file, or below 0 quieter."""
    fade_in: Offset = Fraction(0)
    """Length of the fade-in at the film's beginning, in seconds."""
    fade_out: Offset | None = None
    """Length of the fade-out at the film's end, in seconds. Default: 0, and 2 where the track is cut or repeated."""
    fit: Fit = "film"
    """Lengths of film and track. film: the film is exactly as long as the rest of the track; track: the film has its
    own length, and the track is cut or repeated to fit."""
    loudness: Annotated[FiniteFloat, Field(ge=QUIETEST_TARGET, le=LOUDEST_TARGET)] | None = None
    """Target loudness in LUFS (EBU R128), reached by one gain for the whole track. Default: the platform's; without a
    platform, or with a gain, the loudness is left alone."""
    licence: Text | None = None
    """Licence of the music and the credit it asks for: "CC BY 4.0, Song by Somebody". It is stored in the film's file.
    Default: the licence in the music's own file."""

    @property
    def is_sonified(self) -> bool:
        """True if the sound is generated from the run: then it is as long as the film, and does not set its length."""
        return self.file == SONIFY


SoundOrFile = Annotated[Sound | None, Shorthand("file", (("type", "string"), ("minLength", 1)))]


# Sync: the beats that learning steps follow, detected in the music (or its onsets) or given by the scene.

_SLOWEST, _FASTEST = 10, 600
"""Range of the tempo, in beats a minute."""

TypedMoment = Annotated[FiniteFloat, Field(ge=0, le=LONGEST_FILM)]


def _beat_time(value: Any) -> float | str:
    if isinstance(value, str):
        time_of(value)
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_FILM:
        raise ValueError(f"expected seconds from 0 to {LONGEST_FILM}, or a moment such as 50% or end-4s")
    return float(value)


BeatTime = Annotated[
    float | str,
    PlainValidator(_beat_time),
    WithJsonSchema(
        {
            "oneOf": [
                {"type": "number", "minimum": 0, "maximum": LONGEST_FILM},
                {"type": "string", "pattern": TIME_PATTERN, "maxLength": LONGEST_MOMENT, "examples": ["end-4s"]},
            ]
        }
    ),
]
"""Seconds from the start of the film, or the text of a moment that depends on its length alone."""


class Sync(Part):
    """Beats that the steps of the learning shot follow. One word, beats or onsets, is the same as {to: ...}."""

    to: Literal["beats", "onsets"] = "beats"
    """Times in the music that the steps follow. beats: the pulse of the music, detected in it; onsets: the beginning of
    every sound, evenly spaced or not."""
    bpm: Annotated[FiniteFloat, Field(ge=_SLOWEST, le=_FASTEST)] | None = None
    """Tempo in beats a minute, if you know it: then no beats are detected in the music."""
    offset: TypedMoment | None = None
    """With bpm: time of the first beat, in seconds from the start of the film. Default: 0."""
    bar: Annotated[int, Field(ge=1, le=64)] = 4
    """Number of beats in a bar. Shots begin with a bar where they can."""
    at: Several[BeatTime] | None = None
    """Times of all beats, in place of bpm: increasing, in seconds from the start of the film, or moments that depend on
    its length alone: 50%, start+2s, end-4s."""

    @property
    def is_heard(self) -> bool:
        """True if the beats have to be detected in the music."""
        return self.bpm is None and self.at is None


SyncOrWord = Annotated[Sync | None, Shorthand("to", (("enum", ["beats", "onsets"]),))]
