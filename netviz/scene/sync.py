"""What the steps of a film keep time with: the beats or onsets of its music, or beats that the scene gives."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from netviz.scene.part import Part
from netviz.scene.shorthand import Shorthand
from netviz.scene.values import LONGEST_FILM, Several

SLOWEST, FASTEST = 10, 600
"""Beats a minute."""

Moment = Annotated[FiniteFloat, Field(ge=0, le=LONGEST_FILM)]


class Sync(Part):
    """What the steps of the learning shot keep time with. One word, beats or onsets, is the same as {to: ...}."""

    to: Literal["beats", "onsets"] = "beats"
    """beats: the pulse of the music, found in it; onsets: whatever sets in, even or not."""
    bpm: Annotated[FiniteFloat, Field(ge=SLOWEST, le=FASTEST)] | None = None
    """Beats a minute, where you know them: then nothing is looked for in the music."""
    offset: Moment | None = None
    """With bpm: when the first beat is, in seconds from the start of the film; 0 unless given."""
    bar: Annotated[int, Field(ge=1, le=64)] = 4
    """Beats in a bar. Shots begin with a bar where they can."""
    at: Several[Moment] | None = None
    """Or every beat, increasing, in seconds from the start of the film."""

    @property
    def is_heard(self) -> bool:
        """Whether the beats have to be found in the music."""
        return self.bpm is None and self.at is None


SyncOrWord = Annotated[Sync | None, Shorthand("to", (("enum", ["beats", "onsets"]),))]
