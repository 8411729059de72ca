"""The moments people ask for by name: 50%, 12.5s, cycle:200, start, end."""

from __future__ import annotations

import re
from fractions import Fraction
from math import ceil

from netviz.errors import InputError, Problem
from netviz.film.plan import SHOWING, Plan, Span

FORMS = "50%, 12.5s, cycle:200, start or end"
MOST_TOLD = 0.55
"""How far into a step its answer stands beside the target: the moment that says most."""


def frame_at(plan: Plan, text: str, origin: str = "--at") -> int:
    """The frame of a moment. Raises InputError, naming `origin`, if the text is no moment of this film."""
    text = text.strip()
    last = plan.frame_count - 1
    if text in ("start", "end"):
        return 0 if text == "start" else last
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", text):
        part = Fraction(match[1]) / 100
        if part <= 1:
            return min(last, int(part * plan.frame_count))
        raise _wrong(origin, f"{text} is past the end of the film; give 0% to 100%")
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*s", text):
        frame = int(Fraction(match[1]) * plan.fps)
        if frame <= last:
            return frame
        if Fraction(match[1]) == plan.seconds:
            return last
        raise _wrong(origin, f"{text} is past the end of the film, which lasts {float(plan.seconds):.2f} s")
    if match := re.fullmatch(r"cycle:\s*([\d,_]+)", text):
        return _in_cycle(plan, int(re.sub("[,_]", "", match[1])), origin)
    raise _wrong(origin, f"{text!r} is no moment; give {FORMS}")


def _in_cycle(plan: Plan, cycle: int, origin: str) -> int:
    here = [span for span in plan.spans if span.kind in SHOWING and span.cycle == cycle]
    if here:  # a walk through it is shown by its cycle only where nothing else is
        return _inside(plan, min(here, key=lambda span: SHOWING.index(span.kind)))
    shown = plan.shown_cycles
    if not shown:
        raise _wrong(origin, "this film shows no cycles of training")
    listed = ", ".join(f"{number:,}" for number in shown[:20]) + (", …" if len(shown) > 20 else "")
    raise _wrong(origin, f"cycle {cycle} is not shown; shown are {listed}")


def _inside(plan: Plan, span: Span) -> int:
    """The frame of a span that says most: a sweep's last reaches its cycle, a walk's last second has told all."""
    if span.kind == "sweep":
        return span.stop - 1
    if span.kind == "walk":
        return max(span.start, span.stop - 1 - ceil(plan.fps))
    return min(span.stop - 1, span.start + int(MOST_TOLD * (span.stop - span.start)))


def _wrong(origin: str, message: str) -> InputError:
    return InputError([Problem(origin, message)])
