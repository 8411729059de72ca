"""Captions and story of a scene, and the moments of a film: 12.5s, 50%, cycle:200, event:solved, shot:2+3s."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, WithJsonSchema

from netviz.scene.messages import nearest, shown
from netviz.scene.model import Part
from netviz.scene.types import LONGEST_TEXT, Seconds, Several, Shorthand, Text, Tuple

# Moments of a film, written as 12.5s, 50%, cycle:200, shot:3, event:solved, start, end; each with an offset: shot:3+2s.

EventKind = Literal[
    "sign",
    "withers",
    "dead",
    "saturated",
    "plateau",
    "halved",
    "leans",
    "holdout",
    "unseen",
    "insight",
    "slows",
    "solved",
    "accurate",
    "overfits",
    "diverged",
]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)
"""Names, in scenes, of the kinds of events that a training run can have."""
SHOT_KINDS = ("title", "rest", "learning", "think", "walk")

MOMENT_FORMS = "12.5s, 50%, cycle:200, shot:3, event:solved, start or end, or with an offset shot:3+2s"
LONGEST_MOMENT = 40
"""Largest number of characters in a moment's text."""

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_COUNT = r"[0-9][0-9,_]*"
_SECONDS, _PART, _CYCLE, _SHOT, _EVENT = (
    rf"({_NUMBER}) *s", rf"({_NUMBER}) *%", rf"cycle: *({_COUNT})", r"shot: *([a-z]+|[0-9]+)",
    r"event: *([A-Za-z_-]+)(?:: *([0-9]+))?",
)  # fmt: skip
_OFFSET = rf" *([+-]) *({_NUMBER}) *s"


@dataclass(frozen=True)
class Moment:
    """A moment: seconds from the start, a part (0 to 1) of the film, a cycle, a shot, an event, the start or the end.

    number: the seconds, part or cycle; of a shot its number, from 1, or 0 if `name` is its kind; of an event its number
    among the events of the kind `name`, from 1. offset: seconds after it, or before it if negative, counted from its
    beginning; None: the moment itself, of which a single picture shows what is most worth seeing.
    """

    kind: Literal["seconds", "part", "cycle", "shot", "event", "start", "end"]
    number: Fraction = Fraction(0)
    name: str = ""
    offset: Fraction | None = None

    def names_shot(self, index: int, kind: str) -> bool:
        """Return whether this is the beginning of the shot with this index, counted from 0, and of this kind."""
        return self.kind == "shot" and (self.name == kind if self.name else self.number == index + 1)


def moment_of(text: str) -> Moment:
    """Parse a moment's text. Raises ValueError with a message that says what would be right."""
    if len(text) > LONGEST_MOMENT:
        raise ValueError(f"expected a moment such as {MOMENT_FORMS}")
    text = text.strip()
    if (match := re.fullmatch(rf"(.+?){_OFFSET}", text)) is None:
        return _moment_itself(text)
    moment, sign = _moment_itself(match[1]), match[2]
    if moment.kind == "start" and sign == "-":
        raise ValueError(f"{text} is before the film begins; give start+{match[3]}s, or a moment in the film")
    if moment.kind == "end" and sign == "+":
        raise ValueError(f"{text} is past the end of the film; give end-{match[3]}s, or a moment in the film")
    return replace(moment, offset=Fraction(f"{sign}{match[3]}"))


def _moment_itself(text: str) -> Moment:
    """Parse a moment without an offset."""
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
    raise ValueError(f"expected a moment such as {MOMENT_FORMS}")


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


_TIMES = (rf"{_NUMBER} *s", r"(?:100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]+)?) *%")
_KINDS = (
    *_TIMES, rf"cycle: *{_COUNT}",
    rf"shot: *(?:0*[1-9][0-9]*|{'|'.join(SHOT_KINDS)})", rf"event: *(?:{'|'.join(EVENT_KINDS)})(?:: *0*[1-9][0-9]*)?",
)  # fmt: skip


def _pattern(kinds: tuple[str, ...], end: str) -> str:
    """Regular expression of moments of some kinds, of the start, and of the end written in a given way."""
    later, earlier = rf" *\+ *{_NUMBER} *s", rf" *- *{_NUMBER} *s"
    return rf"^ *((?:{'|'.join(kinds)})(?:{later}|{earlier})?|start(?:{later})?|{end.format(earlier=earlier)}) *$"


MomentText = Annotated[
    str,
    AfterValidator(_checked),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": _pattern(_KINDS, "end(?:{earlier})?"),
            "maxLength": LONGEST_MOMENT,
            "examples": ["12.5s"],
        }
    ),
]
"""Text of a moment, as a scene holds it: validated, so that `moment_of` can parse it."""


TIME_PATTERN = _pattern(_TIMES, "end{earlier}")
"""Regular expression of the moments that depend on nothing but the length of the film."""


def time_of(text: str) -> Moment:
    """Parse a moment that depends on nothing but the length of the film. Raises ValueError as `moment_of`."""
    try:
        moment = moment_of(text)
    except ValueError as wrong:
        if str(wrong).startswith("expected"):
            raise ValueError("expected seconds, or a moment such as 50%, start+2s or end-4s") from None
        raise
    if moment.kind not in ("seconds", "part", "start", "end"):
        raise ValueError(
            f"when {text} comes follows from the beats; give a time, such as 12.5s, 50%, start+2s or end-4s"
        )
    if moment.kind == "end" and moment.offset is None:
        raise ValueError("nothing can begin at the end of the film; give a moment before it, such as end-4s")
    return moment


# Captions and story: the text under the title while the film runs.

READ = Fraction(17)
"""Reading speed, in characters a second."""
SHORTEST_READ = Fraction(3, 2)
"""Shortest reading time, in seconds: even one word has to be noticed and read."""


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
    """Return the shortest time in which a text can be read, in seconds."""
    return max(SHORTEST_READ, len(text) / READ)


def seconds_up(seconds: Fraction) -> str:
    """Format seconds with one decimal, rounded up, so that the number shown is never too short."""
    return f"{ceil(seconds * 10) / 10:.1f}"


class Caption(Part):
    """A caption: words under the title, from a moment on, in place of the shot's own line."""

    text: CaptionText
    """Text of the caption, two lines at most."""
    at: MomentText
    """Moment at which the caption appears: 12.5s, 50%, cycle:200 (as soon as the film reaches it, shown or passed),
    shot:3 or shot:learning (its beginning; of several learning shots the first), event:solved (an event of the run;
    event:sign:2 is the second of its kind), start, or end (so that the caption ends with the film). Any of them with an
    offset: shot:2+3s, event:insight-1.5s, end-4s (four seconds before the end)."""
    seconds: Annotated[Seconds | None, Field(alias="for")] = None
    """Duration in seconds. Default: as long as it takes to read the text (17 characters a second, at least 1.5 s), and
    a little longer where there is time."""

    @property
    def moment(self) -> Moment:
        """Parsed moment at which the caption appears."""
        return moment_of(self.at)


StoryTopic = Literal[EventKind, "step", "answer"]


class Story(Part):
    """Captions that netviz writes about the run by itself."""

    tell: Literal["auto", "default"] | Several[StoryTopic] = "auto"
    """Topics of the story. auto: all that are worth a caption; default: the same, but none in a scene with captions of
    its own, in the style classic and for runs side by side; or a list of kinds: those of events
    (sign, withers, dead, saturated, plateau, halved, leans, holdout, unseen, insight, slows, solved, accurate,
    overfits, diverged), step (what a step of learning is) and answer (the network's answer in think shots)."""
    drop: Tuple[StoryTopic] = ()
    """Topics left out of the story."""
    slow: bool = True
    """Slow the learning shot down around the events in the story. Steps on beats are never slowed down."""
    spotlight: bool = True
    """Highlight the synapse or the neuron that the caption is about, by dimming the others."""


StoryOrAuto = Annotated[Story | None, Shorthand("tell", (("enum", ["auto", "default"]),))]
"""A story, or one of the words auto and default."""
