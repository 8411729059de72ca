"""Moments of a film as they are written: 12.5s, 50%, cycle:200, shot:3, event:solved, start, end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, WithJsonSchema

from netviz.scene.words import nearest, shown

EventKind = Literal["sign", "withers", "dead", "saturated", "plateau", "halved", "slows", "solved", "diverged"]
EVENT_KINDS: tuple[str, ...] = get_args(EventKind)
"""What can happen to a network while it learns, in the words of a scene."""
SHOT_KINDS = ("title", "rest", "learning", "think", "walk")

FORMS = "12.5s, 50%, cycle:200, shot:3, event:solved, start or end"
LONGEST = 40
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
    if len(text) > LONGEST:
        raise ValueError(f"expected a moment such as {FORMS}")
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
    raise ValueError(f"expected a moment such as {FORMS}")


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
    WithJsonSchema({"type": "string", "pattern": f"^ *({_PATTERN}) *$", "maxLength": LONGEST, "examples": ["12.5s"]}),
]
"""A moment as a scene holds it: its text, of which `moment_of` is sure to know the meaning."""
