"""What is heard: a piece of music, from where on, how loud, and which of film and music follows the other."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from netviz.scene.part import Part
from netviz.scene.shorthand import Shorthand
from netviz.scene.values import FilePath, Offset, Text

Fit = Literal["film", "track"]

QUIETEST, LOUDEST = -60, 24
"""dB a track's gain may be."""
QUIETEST_TARGET, LOUDEST_TARGET = -40, -6
"""LUFS a track may be brought to. Broadcasters use -23, music services about -14."""


SONIFY = "sonify"
"""What a scene writes in the place of a file for sound that is made from the run. A file of that name is ./sonify."""


class Sound(Part):
    """What is heard with the film."""

    file: FilePath
    """The music: a file in the scene's folder, bundled:track.mp3, or sonify, which makes it from the run itself."""
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
    licence: Text | None = None
    """Under which licence the music is used, and whom it asks to be named: "CC BY 4.0, Song by Somebody". It is kept in
    the film's file; without it what the music's own file says."""

    @property
    def is_sonified(self) -> bool:
        """Whether it is made from the run, and so as long as the film, whose length it does not give."""
        return self.file == SONIFY


SoundOrFile = Annotated[Sound | None, Shorthand("file", (("type", "string"), ("minLength", 1)))]
