"""The moments people ask for by name: 50%, 12.5s, cycle:200, shot:3, start, end, poster."""

from __future__ import annotations

from math import ceil

from netviz.errors import InputError, Problem
from netviz.film.plan import SHOWING, Plan, Span
from netviz.film.poster import poster_frame
from netviz.film.side_by_side import SideBySide
from netviz.film.timeline import Timeline
from netviz.scene.moment import Moment, moment_of

FORMS = "50%, 12.5s, cycle:200, shot:3, start, end or poster"
POSTER = "poster"
"""The moment that stands for the film: known only with its recording."""
MOST_TOLD = 0.55
"""How far into a step its answer stands beside the target: the moment that says most."""


def check_moment(plan: Plan, text: str, origin: str = "--at") -> None:
    """Raise InputError, naming `origin`, if the text is no moment of this film: known before anything is trained."""
    if text.strip() != POSTER:
        frame_at(plan, text, origin)


def moment_frame(timeline: Timeline | SideBySide, text: str, origin: str = "--at") -> int:
    """The frame of a moment, the poster's among them. Raises InputError as `check_moment`."""
    return poster_frame(timeline) if text.strip() == POSTER else frame_at(timeline.plan, text, origin)


def frame_at(plan: Plan, text: str, origin: str = "--at") -> int:
    """The frame of a moment that the plan alone knows.

    Raises InputError, naming `origin`, if the text is no moment of this film.
    """
    last = plan.frame_count - 1
    try:
        moment = moment_of(text)
    except ValueError as wrong:
        is_none = str(wrong).startswith("expected")
        raise _wrong(origin, f"{text!r} is no moment; give {FORMS}" if is_none else str(wrong)) from None
    match moment.kind:
        case "start" | "end":
            return 0 if moment.kind == "start" else last
        case "part":
            return min(last, int(moment.number * plan.frame_count))
        case "seconds":
            frame = int(moment.number * plan.fps)
            if frame <= last:
                return frame
            if moment.number == plan.seconds:
                return last
            raise _wrong(origin, f"{text} is past the end of the film, which lasts {float(plan.seconds):.2f} s")
        case "cycle":
            return _in_cycle(plan, int(moment.number), origin)
        case "shot":
            return _in_shot(plan, moment, origin)
        case "event":
            raise _wrong(origin, f"events are known only after training; give {FORMS}")


def _in_cycle(plan: Plan, cycle: int, origin: str) -> int:
    here = [span for span in plan.spans if span.kind in SHOWING and span.cycle == cycle]
    if here:  # a walk through it is shown by its cycle only where nothing else is
        return _inside(plan, min(here, key=lambda span: SHOWING.index(span.kind)))
    shown = plan.shown_cycles
    if not shown:
        raise _wrong(origin, "this film shows no cycles of training")
    listed = ", ".join(f"{number:,}" for number in shown[:20]) + (", …" if len(shown) > 20 else "")
    raise _wrong(origin, f"cycle {cycle} is not shown; shown are {listed}")


def _in_shot(plan: Plan, moment: Moment, origin: str) -> int:
    """The middle of a shot."""
    here = [span for span in plan.spans if moment.names_shot(span.shot, span.shot_kind)]
    numbers = sorted({span.shot + 1 for span in here})
    if len(numbers) != 1:
        several = f"there are {len(numbers)}; give {' or '.join(f'shot:{number}' for number in numbers)}"
        raise _wrong(origin, several if numbers else "there is no such shot in this film")
    return (here[0].start + here[-1].stop) // 2


def _inside(plan: Plan, span: Span) -> int:
    """The frame of a span that says most: a sweep's last reaches its cycle, a walk's last second has told all."""
    if span.kind == "sweep":
        return span.stop - 1
    if span.kind == "walk":
        return max(span.start, span.stop - 1 - ceil(plan.fps))
    return min(span.stop - 1, span.start + int(MOST_TOLD * (span.stop - span.start)))


def _wrong(origin: str, message: str) -> InputError:
    return InputError([Problem(origin, message)])
