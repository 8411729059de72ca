"""Shots of a film: title, rest, learning, think and walk, in the order in which they are shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from netviz.scene.model import Part
from netviz.scene.types import Text, Vector

Presentation = Literal["each", "together"]


class Shot(Part):
    """Keys that all shots have."""

    share: Annotated[FiniteFloat, Field(gt=0, le=1)] | None = None
    """Share of the film's length, above 0 to 1. Default: a length that suits the film."""
    caption: Text | None = None
    """Line under the title during this shot. Default: a line that netviz writes to fit the shot."""


class TitleShot(Shot):
    """A card with title and subtitle."""

    shot: Literal["title"] = "title"


class RestShot(Shot):
    """The network at rest: before training if it comes before the learning shot, after it otherwise."""

    shot: Literal["rest"] = "rest"


class LearningShot(Shot):
    """The training: the shown cycles, one after the other."""

    shot: Literal["learning"] = "learning"
    examples: Annotated[int, Field(ge=1)] | Presentation | None = None
    """Presentation of the training examples. each: one example after the other; a number: so many in each shown cycle,
    in turn; together: all examples are seen at once while the weights move on from shown cycle to shown cycle. Default:
    together for many points of the plane (more than 50, not in the style classic), otherwise each. Give a number for a
    large network: examples that no shot presents are not recorded."""
    pace: Literal["story", "even"] = "story"
    """Time of what is shown. story: what is new is shown in full, one example of each later cycle for a moment, the
    others in quick succession; where examples are seen together, time follows what changes. even: all steps alike, each
    with backpropagation, or the same time from each shown cycle to the next; so in the style classic, and on beats."""


class ThinkShot(Shot):
    """The network's answer to a situation, with the weights it has when the shot begins."""

    shot: Literal["think"] = "think"
    inputs: Vector
    """Input values of the situation: a list with one number for each input neuron; a number alone is a list of one."""
    target: Vector | None = None
    """Right answer, shown beside the network's. Default: none is shown."""


class WalkShot(Shot):
    """Worked example: one training example computed at reading speed, equation by equation."""

    shot: Literal["walk"] = "walk"
    example: Annotated[int, Field(ge=1)] = 1
    """Number of the training example, counted from 1."""
    cycle: Annotated[int, Field(ge=1)] | None = None
    """Shown cycle in which the example is computed. Default: the first shown cycle."""
    backward: bool = False
    """Show backpropagation of the error and the update of the weights as well."""


AnyShot = Annotated[TitleShot | RestShot | LearningShot | ThinkShot | WalkShot, Field(discriminator="shot")]
