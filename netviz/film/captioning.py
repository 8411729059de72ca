"""From the captions a scene gives to cues: where in the film they stand, and how long.

Those at events wait for a recording (see `telling.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from netviz.errors import InputError, Problem
from netviz.film.cues import SHORTEST_GAP, Cue, frames_for, frames_to_read
from netviz.scene.spec import Scene
from netviz.scene.story import Caption, reading_seconds, seconds_up

if TYPE_CHECKING:
    from netviz.film.plan import Plan


@dataclass(frozen=True)
class _Placed:
    """A caption with the frame where it begins. index: in the scene."""

    index: int
    caption: Caption
    start: int


def cues_of(scene: Scene, plan: Plan, seen: Callable[[int], int | None] = lambda cycle: None) -> tuple[Cue, ...]:
    """The cues of all captions that are at no event, in order of time.

    seen: the frame with which the film comes to a cycle, where a recording tells it; None where it must be reckoned.

    Raises InputError with all of them that lie outside the film, overlap, or leave no time to be read.
    """
    problems: list[tuple[int, Problem]] = []
    placed = []
    for index, caption in enumerate(scene.captions):
        if caption.moment.kind == "event":
            continue
        try:
            placed.append(_Placed(index, caption, _start(plan, caption, seen)))
        except ValueError as wrong:
            problems.append((index, Problem(f"captions[{index}].at", str(wrong))))
    placed.sort(key=lambda each: each.start)
    cues = []
    for each, following in zip(placed, [*placed[1:], None], strict=False):
        stop, found = _stop(plan, each, following)
        cues.append(Cue(each.start, stop, each.caption.text))
        problems += [(each.index, problem) for problem in found]
    if problems:
        raise InputError(problem for _, problem in sorted(problems, key=lambda each: each[0]))
    return tuple(cues)


def _start(plan: Plan, caption: Caption, seen: Callable[[int], int | None]) -> int:
    """The frame with which a caption begins. Raises ValueError if the film has no such moment."""
    moment, last = caption.moment, plan.frame_count - 1
    match moment.kind:
        case "seconds":
            if moment.number >= plan.seconds:
                raise ValueError(f"{caption.at} is past the end of the film, which lasts {float(plan.seconds):.2f} s")
            return min(last, int(moment.number * plan.fps + Fraction(1, 2)))
        case "part":
            return min(last, int(moment.number * plan.frame_count))
        case "cycle":
            reckoned, there = reached(plan, int(moment.number)), seen(int(moment.number))
            return reckoned if there is None else there
        case "shot":
            for span in plan.spans:
                if moment.names_shot(span.shot, span.shot_kind):
                    return span.start
            raise ValueError(f"{caption.at} is left out of this film")
        case "end":
            given = caption.seconds
            frames = frames_for(caption.text, plan.fps) if given is None else round(given * plan.fps)
            return max(0, plan.frame_count - frames)
        case _:
            return 0


def reached(plan: Plan, cycle: int) -> int:
    """The frame in which the film comes to a cycle: to its steps if it is shown, otherwise on the way past it.

    Reckoned from the plan alone. Raises ValueError if the film does not come there.
    """
    learning = [span for span in plan.spans if span.shot_kind == "learning"]
    if steps := [span for span in learning if span.kind == "step" and span.cycle == cycle]:
        return steps[0].start
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


def _comes_to(plan: Plan) -> str:
    learning = [span for span in plan.spans if span.shot_kind == "learning"]
    if not learning:
        return "; it shows no learning"
    first = learning[0].cycle if learning[0].from_cycle is None else learning[0].from_cycle
    return f"; it goes from {first:,} to {learning[-1].cycle:,}"


def _stop(plan: Plan, each: _Placed, following: _Placed | None) -> tuple[int, list[Problem]]:
    """The frame with which a caption ends, and what is wrong with that."""
    fps, text, given = plan.fps, each.caption.text, each.caption.seconds
    limit = plan.frame_count if following is None else following.start
    room = limit - each.start
    wanted = frames_to_read(text, fps) if given is None else max(frames_to_read(text, fps), round(given * fps))
    if wanted <= room + 1:  # a frame less is no matter: moments are rounded to frames
        if given is None:
            wanted = frames_for(text, fps)
            wanted = room if room - wanted < SHORTEST_GAP * fps else wanted
        return each.start + min(wanted, room), []
    seconds = float(Fraction(room) / fps)
    if following is None:
        there = f"the film ends {seconds:.2f} s after it begins"
    else:
        there = f"captions[{following.index}] begins {'with it' if room == 0 else f'{seconds:.2f} s after it'}"
    if given is None:
        message = f"it takes {seconds_up(reading_seconds(text))} s to read, but {there}"
        return limit, [Problem(f"captions[{each.index}].at", message)]
    return limit, [Problem(f"captions[{each.index}].for", f"it lasts {float(given):g} s, but {there}")]
