"""What is told in words while the film runs."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from netviz.scene.moment import EventKind, Moment, MomentText, moment_of
from netviz.scene.part import Part
from netviz.scene.shorthand import Shorthand
from netviz.scene.values import LONGEST_TEXT, Seconds, Several, Text, Tuple

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


Chapter = Literal[EventKind, "step", "answer"]


class Story(Part):
    """What the film tells of its run by itself."""

    tell: Literal["auto"] | Several[Chapter] = "auto"
    """auto: all that is worth telling; or a list of kinds: those of events (sign, withers, dead, saturated, plateau,
    halved, slows, solved, diverged), step (what a step of learning is) and answer (what it says in think shots)."""
    drop: Tuple[Chapter] = ()
    """Kinds that are not told."""
    slow: bool = True
    """Whether the learning shot is slower around the events that are told. On beats it never is."""
    spotlight: bool = True
    """Whether the synapse or the neuron that is spoken of is shown: the others step back."""


StoryOrAuto = Annotated[Story | None, Shorthand("tell", (("const", "auto"),))]
"""A story, or the word auto."""
