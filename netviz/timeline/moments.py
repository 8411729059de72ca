"""Moments as far as the plan alone knows them: 12.5s, 50%, cycle:200, shot:3+2s, start, end.

Those that only a recording knows are in `story/moments.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil

from netviz.errors import InputError, Problem
from netviz.scene.captions import MOMENT_FORMS, Moment, moment_of
from netviz.timeline.plan import SHOWING, Plan, Span

FORMS = f"poster, or {MOMENT_FORMS}"
POSTER = "poster"
"""Name of the moment that stands for the film: its frame is known only with the recording."""
COMPARED_PHASE = 0.55
"""Phase of a step at which its answer stands beside the target: the moment that shows most."""


def check_moment(plan: Plan, text: str, origin: str = "--at") -> None:
    """Raise InputError, naming `origin`, if the text is no moment of this film. Needs no recording.

    Whether the run has an event is known only with one.
    """
    if text.strip() != POSTER and parsed(text, origin).kind != "event":
        frame_at(plan, text, origin)


def parsed(text: str, origin: str = "--at") -> Moment:
    """Parse a moment's text. Raises InputError, naming `origin`, with what would be right."""
    try:
        return moment_of(text)
    except ValueError as wrong:
        is_none = str(wrong).startswith("expected")
        raise _wrong(origin, f"{text!r} is no moment; give {FORMS}" if is_none else str(wrong)) from None


def frame_at(plan: Plan, text: str, origin: str = "--at") -> int:
    """The frame of a moment, other than an event, that shows most of it; with an offset, counted from its beginning.

    Raises InputError, naming `origin`, if the text is no moment of this film.
    """
    moment, last = parsed(text, origin), plan.frame_count - 1
    try:
        if moment.kind == "end" and moment.offset is None:
            return last
        if moment.offset is None and moment.kind == "shot":
            return _in_shot(plan, moment)
        if moment.offset is None and moment.kind == "cycle":
            return _in_cycle(plan, int(moment.number))
        if moment.offset is None and moment.kind == "seconds" and moment.number == plan.seconds:
            return last
        return min(last, int(position_of(plan, moment, text, allows_end=True)))
    except ValueError as wrong:
        raise _wrong(origin, str(wrong)) from None


def position_of(
    plan: Plan,
    moment: Moment,
    text: str,
    seen: Callable[[int], int | None] = lambda cycle: None,
    *,
    allows_end: bool = False,
) -> Fraction:
    """Beginning of a moment other than an event: in frames from the start of the film, with its offset, not rounded.

    text: of the moment, for messages. seen: from a cycle to the frame with which the film comes to it, if a recording
    is there to give it; None where it is to be computed from the plan. allows_end: whether the very end is a moment.
    Raises ValueError if the film has no such moment.
    """
    match moment.kind:
        case "seconds":
            base = moment.number * plan.fps
        case "part":
            base = Fraction(int(moment.number * plan.frame_count))
        case "cycle":
            from_plan, from_recording = reached(plan, int(moment.number)), seen(int(moment.number))
            base = Fraction(from_plan if from_recording is None else from_recording)
        case "shot":
            base = Fraction(_shot_spans(plan, moment)[0].start)
        case "end":
            base = Fraction(plan.frame_count)
        case _:
            base = Fraction(0)
    return moved(plan, base, moment, text, allows_end=allows_end)


def moved(plan: Plan, base: Fraction | int, moment: Moment, text: str, *, allows_end: bool = False) -> Fraction:
    """A place in the film, in frames, moved by a moment's offset. Raises ValueError if that is outside the film."""
    place = base + (moment.offset or 0) * plan.fps
    comes = ""
    if moment.offset is not None and 0 <= base < plan.frame_count:
        name = text.replace("-", "+").partition("+")[0].strip()
        comes = "" if moment.kind in ("start", "end", "seconds") else f", {name} at {float(base / plan.fps):.2f} s"
    lasts = f"the film lasts {float(plan.seconds):.2f} s{comes}"
    if place < 0:
        raise ValueError(f"{text} is before the film begins: {lasts}")
    if place > plan.frame_count or (place == plan.frame_count and not allows_end):
        if moment.offset is None:
            raise ValueError(f"{text} is past the end of the film, which lasts {float(plan.seconds):.2f} s")
        raise ValueError(f"{text} is past the end of the film: {lasts}")
    return place


def reached(plan: Plan, cycle: int) -> int:
    """The frame in which the film comes to a cycle: to its steps if it is shown, otherwise on the way past it.

    Computed from the plan alone. Raises ValueError if the film does not come there.
    """
    learning = [span for span in plan.spans if span.shot_kind == "learning"]
    if steps := [span for span in learning if span.kind == "step" and span.cycle == cycle]:
        return steps[0].start
    if learning and cycle == learning[0].from_cycle:
        return learning[0].start
    for span in learning:
        before = span.cycle if span.from_cycle is None else span.from_cycle
        if before < cycle <= span.cycle:
            part = Fraction(cycle - before, span.cycle - before)
            return min(plan.frame_count - 1, span.start + int(part * (span.stop - span.start)))
    if later := [span for span in plan.spans if span.kind == "walk" and span.cycle == cycle]:
        return later[0].start
    if later := [span for span in learning if span.cycle > cycle > learning[0].cycle]:
        return later[0].start  # in the classic style, where nothing moves between two shown cycles
    raise ValueError(f"the film does not come to cycle {cycle:,}" + _comes_to(plan))


def is_shown(plan: Plan, cycle: int) -> bool:
    """Return whether the film shows a cycle, and does not only pass it."""
    return any(span.kind in SHOWING and span.cycle == cycle for span in plan.spans)


def _comes_to(plan: Plan) -> str:
    learning = [span for span in plan.spans if span.shot_kind == "learning"]
    if not learning:
        return "; it shows no learning"
    first = learning[0].cycle if learning[0].from_cycle is None else learning[0].from_cycle
    return f"; it goes from {first:,} to {learning[-1].cycle:,}"


def _in_cycle(plan: Plan, cycle: int) -> int:
    """The frame that shows a cycle or, where it is none of those shown, the one in which the film passes it."""
    here = [span for span in plan.spans if span.kind in SHOWING and span.cycle == cycle]
    if here:  # a worked example of the cycle is taken only where no other span shows it
        return _inside(plan, min(here, key=lambda span: SHOWING.index(span.kind)))
    return reached(plan, cycle)


def _in_shot(plan: Plan, moment: Moment) -> int:
    """The middle of a shot."""
    here = _shot_spans(plan, moment)
    return (here[0].start + here[-1].stop) // 2


def _shot_spans(plan: Plan, moment: Moment) -> list[Span]:
    """The spans of a shot; of several learning shots, which have one name, of the first."""
    here = [span for span in plan.spans if moment.names_shot(span.shot, span.shot_kind)]
    numbers = sorted({span.shot + 1 for span in here})
    if not numbers:
        asked, count = moment.name or moment.number, max(span.shot for span in plan.spans) + 1
        raise ValueError(f"there is no shot {asked} in this film, which has {count}")
    if len(numbers) > 1 and moment.name != "learning":
        raise ValueError(f"there are {len(numbers)}; give {' or '.join(f'shot:{number}' for number in numbers)}")
    return [span for span in here if span.shot == numbers[0] - 1]


def _inside(plan: Plan, span: Span) -> int:
    """The frame of a span that shows most: a sweep's last; one in a worked example's last second, with all lines."""
    if span.kind == "sweep":
        return span.stop - 1
    if span.kind == "walk":
        return max(span.start, span.stop - 1 - ceil(plan.fps))
    return min(span.stop - 1, span.start + int(COMPARED_PHASE * (span.stop - span.start)))


def _wrong(origin: str, message: str) -> InputError:
    return InputError([Problem(origin, message)])
