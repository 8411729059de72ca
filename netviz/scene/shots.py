"""Shots of a film: title, rest, learning, think and walk, in the order in which they are shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from netviz.scene.model import Part
from netviz.scene.types import Seconds, Text, Vector

Presentation = Literal["each", "together"]
SLOWEST, FASTEST = 0.01, 100
"""Least and greatest speed of a shot."""


class Shot(Part):
    """Keys that all shots have."""

    share: Annotated[FiniteFloat, Field(gt=0, le=1)] | None = None
    """Share of the film's length, above 0 to 1. Default: a length that suits the film. A shot has one of share, seconds
    and speed."""
    seconds: Seconds | None = None
    """Length in seconds, kept to the frame; a hold is part of it. Default: as for share."""
    speed: Annotated[FiniteFloat, Field(ge=SLOWEST, le=FASTEST)] | None = None
    """Speed. 1: as long as the shot would be; 2: twice as fast, 0.5: half as fast. Default: 1."""
    hold: Seconds | None = None
    """Seconds at the end of the shot in which its last picture stands still. Captions, sound and pulse go on. Default:
    none."""
    caption: Text | None = None
    """Line under the title during this shot. Default: a line that netviz writes to fit the shot."""


class TitleShot(Shot):
    """A card with title and subtitle."""

    shot: Literal["title"] = "title"


class RestShot(Shot):
    """The network at rest: before training if it comes before the learning shot, after it otherwise."""

    shot: Literal["rest"] = "rest"


class LearningShot(Shot):
    """The training: the shown cycles, one after the other. Several learning shots show a part of it each."""

    shot: Literal["learning"] = "learning"
    from_cycle: Annotated[int | None, Field(ge=0, alias="from")] = None
    """Cycle after which the shot begins; 0 is the beginning. It is shown too. Default: where the learning shot before
    ends; of the first, the beginning. A later cycle leaves out what lies between."""
    to_cycle: Annotated[int | None, Field(ge=1, alias="to")] = None
    """Cycle with which the shot ends. It is shown too. Default: where the next learning shot begins; of the last, the
    end of training."""
    examples: Annotated[int, Field(ge=1)] | Presentation | None = None
    """Presentation of the training examples. each: one example after the other; a number: so many in each shown cycle,
    in turn; together: all examples are seen at once while the weights move on from shown cycle to shown cycle. Default:
    together for many points of the plane (more than 50, not in the style classic), otherwise each. Give a number for a
    large network: examples that no shot presents are not recorded. One learning shot says it for all."""
    pace: Literal["story", "even"] = "story"
    """Time of what is shown. story: what is new is shown in full, one example of each later cycle for a moment, the
    others in quick succession; where examples are seen together, time follows what changes. even: all steps alike, each
    with backpropagation, or the same time from each shown cycle to the next; so in the style classic, and on beats. One
    learning shot that is even makes all so."""


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
    """Shown cycle in which the example is computed. Default: the one where learning has stopped, after a learning shot
    that ends before training does; otherwise the first shown cycle."""
    backward: bool = False
    """Show backpropagation of the error and the update of the weights as well."""


AnyShot = Annotated[TitleShot | RestShot | LearningShot | ThinkShot | WalkShot, Field(discriminator="shot")]
