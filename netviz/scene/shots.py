"""Shots, panels and captions of a scene: what the film shows and says, and at which moments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, FiniteFloat, WithJsonSchema

from netviz.scene.messages import nearest, shown
from netviz.scene.model import Part
from netviz.scene.types import LONGEST_TEXT, FilePath, PanelBox, Seconds, Several, Shorthand, Text, Tuple, Vector

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


# The panels of a picture: what it is made of, and where a scene wants it to stand.


class Places(Part):
    """A place for each shape of picture; a shape without one has the place netviz chooses."""

    wide: PanelBox | None = None
    """In pictures wider than high."""
    square: PanelBox | None = None
    """In pictures about as wide as high."""
    tall: PanelBox | None = None
    """In pictures higher than wide."""


class PanelSpec(Part):
    """What all panels have."""

    at: PanelBox | Places | None = None
    """Where it stands: [left, top, width, height] as parts of the picture, from 0 to 1, or such a list for each shape
    of picture (wide, square, tall). Without it netviz chooses."""


class TitlePanelSpec(PanelSpec):
    """The scene's title."""

    panel: Literal["title"] = "title"


class CaptionPanelSpec(PanelSpec):
    """The line that says what is going on."""

    panel: Literal["caption"] = "caption"


class NetworkPanelSpec(PanelSpec):
    """Neurons and synapses."""

    panel: Literal["network"] = "network"
    neurons: Literal["numbers", "maps"] | None = None
    """numbers: each neuron shows its activation; maps: a small picture of what it answers all over the plane. Without
    it maps where the examples are shown together."""


class TablePanelSpec(PanelSpec):
    """The training examples, row by row."""

    panel: Literal["table"] = "table"


class NumbersPanelSpec(PanelSpec):
    """The cycle and the error, large."""

    panel: Literal["numbers"] = "numbers"


class CurvePanelSpec(PanelSpec):
    """The error over the cycles."""

    panel: Literal["curve"] = "curve"


class BoundaryPanelSpec(PanelSpec):
    """The plane: what the network answers everywhere, and the examples as points."""

    panel: Literal["boundary"] = "boundary"
    test_points: bool = False
    """Whether the examples kept for testing are shown too."""
    discrete: bool = False
    """Whether answers are shown as one of two colours, without shades."""


class EquationsPanelSpec(PanelSpec):
    """The forward pass, and in a walk the way back, as equations with the numbers in them."""

    panel: Literal["equations"] = "equations"
    weight: Annotated[int, Field(ge=1)] | None = None
    """The weight whose gradient is worked out: w5 is 5. Weights are counted from the first layer on, neuron by neuron,
    for each from its first input to its last. Without it the first weight into the first output."""


class PicturePanelSpec(PanelSpec):
    """A picture of the scene's own."""

    panel: Literal["picture"] = "picture"
    file: FilePath
    """A PNG or JPEG file in the scene's folder."""


AnyPanelSpec = Annotated[
    TitlePanelSpec
    | CaptionPanelSpec
    | NetworkPanelSpec
    | TablePanelSpec
    | NumbersPanelSpec
    | CurvePanelSpec
    | BoundaryPanelSpec
    | EquationsPanelSpec
    | PicturePanelSpec,
    Field(discriminator="panel"),
]


# Moments of a film as they are written: 12.5s, 50%, cycle:200, shot:3, event:solved, start, end.

EventKind = Literal["sign", "withers", "dead", "saturated", "plateau", "halved", "slows", "solved", "diverged"]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)
"""What can happen to a network while it learns, in the words of a scene."""
SHOT_KINDS = ("title", "rest", "learning", "think", "walk")

_FORMS = "12.5s, 50%, cycle:200, shot:3, event:solved, start or end"
_LONGEST = 40
"""Characters of a moment."""

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_COUNT = r"[0-9][0-9,_]*"
_SECONDS, _PART, _CYCLE, _SHOT, _EVENT = (
    rf"({_NUMBER}) *s", rf"({_NUMBER}) *%", rf"cycle: *({_COUNT})", r"shot: *([a-z]+|[0-9]+)",
    r"event: *([A-Za-z_-]+)(?:: *([0-9]+))?",
)  # fmt: skip


@dataclass(frozen=True)
class Moment:
    """A moment: seconds from the start, a part (0 to 1) of the film, a cycle, a shot, an event, the start or the end.

    number: seconds, part, cycle; of a shot its number from 1, or 0 where `name` is its kind; of an event which of its
    kind, `name`, from 1.
    """

    kind: Literal["seconds", "part", "cycle", "shot", "event", "start", "end"]
    number: Fraction = Fraction(0)
    name: str = ""

    def names_shot(self, index: int, kind: str) -> bool:
        """Whether it is the beginning of the shot with this index, from 0, and of this kind."""
        return self.kind == "shot" and (self.name == kind if self.name else self.number == index + 1)


def moment_of(text: str) -> Moment:
    """What a moment's text says. Raises ValueError, saying what would be right."""
    if len(text) > _LONGEST:
        raise ValueError(f"expected a moment such as {_FORMS}")
    text = text.strip()
    if text in ("start", "end"):
        return Moment("start" if text == "start" else "end")
    if match := re.fullmatch(_SECONDS, text):
        return Moment("seconds", Fraction(match[1]))
    if match := re.fullmatch(_PART, text):
        part = Fraction(match[1]) / 100
        if part > 1:
            raise ValueError(f"{text} is past the end of the film; give 0% to 100%")
        return Moment("part", part)
    if match := re.fullmatch(_CYCLE, text):
        return Moment("cycle", Fraction(re.sub("[,_]", "", match[1])))
    if match := re.fullmatch(_SHOT, text):
        return _shot(match[1])
    if match := re.fullmatch(_EVENT, text):
        return _event(match[1], int(match[2] or 1))
    raise ValueError(f"expected a moment such as {_FORMS}")


def _shot(which: str) -> Moment:
    if which.isdecimal():
        if int(which) == 0:
            raise ValueError("shots are counted from 1")
        return Moment("shot", Fraction(which))
    if which not in SHOT_KINDS:
        raise ValueError(f"there is no kind of shot {which!r}{_hint(which, SHOT_KINDS)}")
    return Moment("shot", name=which)


def _event(kind: str, number: int) -> Moment:
    if kind not in EVENT_KINDS:
        raise ValueError(f"there is no kind of event {shown(kind)}{_hint(kind, EVENT_KINDS)}")
    if number == 0:
        raise ValueError("events of a kind are counted from 1")
    return Moment("event", Fraction(number), kind)


def _hint(name: str, options: tuple[str, ...]) -> str:
    near = nearest(name, options)
    return f" (did you mean {near!r}?)" if near else f"; there are {', '.join(options)}"


def _checked(text: str) -> str:
    moment_of(text)
    return text


_PATTERN = "|".join(
    (rf"{_NUMBER} *s", r"(?:100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]+)?) *%", rf"cycle: *{_COUNT}",
     rf"shot: *(?:0*[1-9][0-9]*|{'|'.join(SHOT_KINDS)})", rf"event: *(?:{'|'.join(EVENT_KINDS)})(?:: *0*[1-9][0-9]*)?",
     "start", "end")
)  # fmt: skip

MomentText = Annotated[
    str,
    AfterValidator(_checked),
    WithJsonSchema({"type": "string", "pattern": f"^ *({_PATTERN}) *$", "maxLength": _LONGEST, "examples": ["12.5s"]}),
]
"""A moment as a scene holds it: its text, of which `moment_of` is sure to know the meaning."""


# What is told in words while the film runs.

READ = Fraction(17)
"""Characters that are read in a second."""
SHORTEST_READ = Fraction(3, 2)
"""Seconds that even a word needs to be seen and read."""


def _not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError("expected words to be read")
    return " ".join(text.split())


CaptionText = Annotated[
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

    text: CaptionText
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


StoryTopic = Literal[EventKind, "step", "answer"]


class Story(Part):
    """What the film tells of its run by itself."""

    tell: Literal["auto"] | Several[StoryTopic] = "auto"
    """auto: all that is worth telling; or a list of kinds: those of events (sign, withers, dead, saturated, plateau,
    halved, slows, solved, diverged), step (what a step of learning is) and answer (what it says in think shots)."""
    drop: Tuple[StoryTopic] = ()
    """Kinds that are not told."""
    slow: bool = True
    """Whether the learning shot is slower around the events that are told. On beats it never is."""
    spotlight: bool = True
    """Whether the synapse or the neuron that is spoken of is shown: the others step back."""


StoryOrAuto = Annotated[Story | None, Shorthand("tell", (("const", "auto"),))]
"""A story, or the word auto."""
