"""What is told in words while the film runs."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from netviz.scene.moment import Moment, MomentText, moment_of
from netviz.scene.part import Part
from netviz.scene.values import LONGEST_TEXT, Seconds, Text

READ = Fraction(17)
"""Characters that are read in a second."""
SHORTEST_READ = Fraction(3, 2)
"""Seconds that even a word needs to be seen and read."""


def _not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError("expected words to be read")
    return " ".join(text.split())


Words = Annotated[
    Text,
    AfterValidator(_not_empty),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, "pattern": r"\S"}),
]


def reading_seconds(text: str) -> Fraction:
    """Seconds without which a text cannot be read."""
    return max(SHORTEST_READ, len(text) / READ)


def seconds_up(seconds: Fraction) -> str:
    """Seconds with one decimal, rounded up: what would just be enough is still enough as it is told."""
    return f"{ceil(seconds * 10) / 10:.1f}"


class Caption(Part):
    """Words under the title, from a moment on, in the place of the shot's own line."""

    text: Words
    """What is to be read, two lines at most."""
    at: MomentText
    """When: 12.5s, 50%, cycle:200 (as soon as the film has come to it), shot:3 or shot:learning, event:solved (an event
    of the run; event:sign:2 is the second of its kind), start, or end (so that it ends with the film)."""
    seconds: Annotated[Seconds | None, Field(alias="for")] = None
    """For how many seconds; without it as long as it takes to read (17 characters a second, at least 1.5 s), and a
    little longer where there is room."""

    @property
    def moment(self) -> Moment:
        """When."""
        return moment_of(self.at)
