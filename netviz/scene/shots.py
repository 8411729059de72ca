"""The shots of a film: what is shown, one after the other."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from netviz.scene.part import Part
from netviz.scene.values import Text, Vector

Presentation = Literal["each", "together"]


class Shot(Part):
    """What all shots have."""

    share: Annotated[FiniteFloat, Field(gt=0, le=1)] | None = None
    """Part of the film's length, 0 to 1; without it a length is chosen that suits the film."""
    caption: Text | None = None
    """The line under the title while this shot runs; without it a fitting one is written."""


class TitleShot(Shot):
    """A card with title and subtitle."""

    shot: Literal["title"] = "title"


class RestShot(Shot):
    """The network at rest: before training if it stands before the learning shot, after it otherwise."""

    shot: Literal["rest"] = "rest"


class LearningShot(Shot):
    """The shown cycles, one after the other."""

    shot: Literal["learning"] = "learning"
    examples: Annotated[int, Field(ge=1)] | Presentation | None = None
    """each: one example after the other; a number: so many in each shown cycle, in turn; together: the weights move on
    from shown cycle to shown cycle while all examples are seen at once. Without it together for many points of the
    plane, otherwise each. Of a large network give a number: what no shot presents is not recorded."""


class ThinkShot(Shot):
    """The network thinks about a situation, with the weights it has when the shot begins."""

    shot: Literal["think"] = "think"
    inputs: Vector
    """The new situation: a list with one number for each input neuron; a number alone is a list of one."""
    target: Vector | None = None
    """The right answer, if there is one to be shown."""


class WalkShot(Shot):
    """One training example worked through at reading speed, equation by equation."""

    shot: Literal["walk"] = "walk"
    example: Annotated[int, Field(ge=1)] = 1
    """Which training example, counted from 1."""
    cycle: Annotated[int, Field(ge=1)] | None = None
    """In which of the shown cycles; without it the first."""
    backward: bool = False
    """Whether the error's way back and the update of the weights follow."""


AnyShot = Annotated[TitleShot | RestShot | LearningShot | ThinkShot | WalkShot, Field(discriminator="shot")]
