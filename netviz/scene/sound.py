"""What is heard: a piece of music, from where on, how loud, and which of film and music follows the other."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from netviz.scene.part import Part
from netviz.scene.shorthand import Shorthand
from netviz.scene.values import FilePath, Offset

Fit = Literal["film", "track"]

QUIETEST, LOUDEST = -60, 24
"""dB a track's gain may be."""
QUIETEST_TARGET, LOUDEST_TARGET = -40, -6
"""LUFS a track may be brought to. Broadcasters use -23, music services about -14."""


class Sound(Part):
    """What is heard with the film."""

    file: FilePath
    """The music: a file in the scene's folder, or bundled:track.mp3."""
    start: Offset = Fraction(0)
    """Seconds into the track at which the film begins."""
    gain: Annotated[FiniteFloat, Field(ge=QUIETEST, le=LOUDEST)] = 0.0
    """How much louder (or quieter, below 0) than in the file, in dB."""
    fade_in: Offset = Fraction(0)
    """Seconds in which the music comes up at the film's beginning."""
    fade_out: Offset | None = None
    """Seconds in which it goes at the film's end. Without it none; two where the track is cut or repeated."""
    fit: Fit = "film"
    """film: the film is exactly as long as the rest of the track; track: the film has its own length, and the track is
    cut or repeated to fit."""
    loudness: Annotated[FiniteFloat, Field(ge=QUIETEST_TARGET, le=LOUDEST_TARGET)] | None = None
    """The loudness it is brought to, in LUFS (EBU R128), by one gain for all of it; without it, it is left alone."""


SoundOrFile = Annotated[Sound | None, Shorthand("file", (("type", "string"), ("minLength", 1)))]
