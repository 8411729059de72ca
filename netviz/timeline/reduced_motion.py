"""Reduced motion: the same film in held pictures, with at most two changes a second.

Each is a true moment of the moving film, and that film's clock stays: captions, sound and length are the same. The
moments follow from the events of each span: of a step the example, the answer, the error come back and the changed
weights, as many of them as its length allows.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

import numpy as np

from netviz.scene.shots import ThinkShot
from netviz.timeline.cues import bridged
from netviz.timeline.plan import Plan, Span
from netviz.timeline.step_timing import ARRIVED, CHANGED, COMPARED, PRESENTED, RETURNED
from netviz.timeline.timeline import Timeline

MOST_A_SECOND = 2
"""Most changes of the picture in a second."""
_STEP = {
    1: (COMPARED,),
    2: (COMPARED, CHANGED),
    3: (COMPARED, RETURNED, CHANGED),
    4: (PRESENTED, COMPARED, RETURNED, CHANGED),
    5: (PRESENTED, ARRIVED, COMPARED, RETURNED, CHANGED),
}
"""Phases shown of a step, by the number of pictures that it has time for."""
_FULL_STEP = {
    5: (PRESENTED, COMPARED, RETURNED, CHANGED, CHANGED),
    6: (PRESENTED, ARRIVED, COMPARED, RETURNED, CHANGED, CHANGED),
}
"""The same of a step with an inset, whose numbers take the time of two pictures to be read."""
JUST_BEFORE = 1e-6
"""Seconds by which a picture of a worked example precedes the end of its part, when the next part begins."""


@dataclass(frozen=True)
class HeldPicture:
    """Picture that is held: the moment `phase` of span number `span`, shown from frame `start` on."""

    start: int
    span: int
    phase: float


def reduce_motion(timeline: Timeline) -> Timeline:
    """The same film in held pictures."""
    pictures = held_pictures(timeline)
    starts = np.array([each.start for each in pictures])
    shown = np.searchsorted(starts, np.arange(timeline.frame_count), side="right") - 1
    span = np.array([each.span for each in pictures])[shown]
    phase = np.array([each.phase for each in pictures])[shown]
    return replace(timeline, span=span, phase=phase, first=starts[shown])


def held_pictures(timeline: Timeline) -> tuple[HeldPicture, ...]:
    """The pictures of a film in reduced motion, in order. timeline: of the moving film."""
    plan = timeline.plan
    candidates = [each for number in range(len(plan.spans)) for each in _span_pictures(timeline, number)]
    return held(candidates, _fixed(plan), plan.frame_count, plan.fps)


def _room(frames: int, fps: Fraction) -> int:
    """Number of pictures for which so many frames have time; at least one."""
    return max(1, floor(MOST_A_SECOND * frames / fps))


def _span_pictures(timeline: Timeline, number: int) -> Iterator[HeldPicture]:
    """The pictures of a span by itself, each from the frame in which its part of the span begins."""
    plan = timeline.plan
    span = plan.spans[number]
    room = _room(span.stop - span.start, plan.fps)
    match span.kind:
        case "step" if not timeline.held:
            phases = _STEP | _FULL_STEP if timeline.presentations.has_inset(span) else _STEP
            yield from _evenly(number, span, phases[min(room, len(phases))])
        case "think" if not timeline.held:
            yield from _thought(timeline, number)
        case "move" | "sweep":
            rows = len(timeline.recording_index.way(number)[0]) if span.kind == "move" else room + 1
            jumps = max(1, min(room, rows - 1))
            # Each shows the weights at the end of its jump.
            yield from _evenly(number, span, [(jump + 1) / jumps for jump in range(jumps)])
        case "walk":
            yield from _worked_example(timeline, number)
        case _:
            yield HeldPicture(span.start, number, 0.5)


def _evenly(number: int, span: Span, phases: Sequence[float], frames: int | None = None) -> Iterator[HeldPicture]:
    """Pictures of a span at these phases, which share its frames evenly, or the first `frames` of them."""
    frames = span.stop - span.start if frames is None else frames
    for place, phase in enumerate(phases):
        yield HeldPicture(span.start + place * frames // len(phases), number, phase)


def _thought(timeline: Timeline, number: int) -> Iterator[HeldPicture]:
    plan = timeline.plan
    span = plan.spans[number]
    shot = timeline.scene.shots[span.shot]
    assert isinstance(shot, ThinkShot)
    frames = min(span.moving, floor(Fraction(timeline.presentations.thought.longest) * plan.fps))
    phases = (PRESENTED, ARRIVED) if shot.target is None else (PRESENTED, ARRIVED, COMPARED)
    yield from _evenly(number, span, phases[-_room(frames, plan.fps) :], frames)


def _worked_example(timeline: Timeline, number: int) -> Iterator[HeldPicture]:
    """Pictures of a worked example: for each line, and for each part between two. Lights stay until the next shot."""
    plan, span = timeline.plan, timeline.plan.spans[number]
    timing, seconds = timeline.timings[span.shot], float(span.moving / plan.fps)
    ends: dict[float, float] = {}
    for start, stop in timing.changes:
        if (start, stop) != timing.lights_out:
            ends[start] = max(stop, ends.get(start, stop))
    for start, stop in sorted(ends.items()):
        frame = min(span.stop - 1, span.start + round(start * float(plan.fps)))
        yield HeldPicture(frame, number, (stop - JUST_BEFORE) / seconds)


def _fixed(plan: Plan) -> Iterator[int]:
    """The frames in which the picture should change whatever it shows, the most important first."""
    cues = bridged(plan.cues, plan.fps)
    yield 0
    yield from (cue.start for cue in cues)
    yield from (cue.stop for cue in cues if cue.stop < plan.frame_count)
    yield from (now.start for before, now in pairwise(plan.spans) if before.shot != now.shot)


def held(
    candidates: Sequence[HeldPicture], fixed: Iterable[int], frame_count: int, fps: Fraction
) -> tuple[HeldPicture, ...]:
    """The pictures that are held, chosen so that no second has more than MOST_A_SECOND changes.

    candidates: in order of time, the first at frame 0. fixed: frames in which the picture changes if it can, the most
    important first. A picture too soon after a change is delayed; one that would be over by then is left out.
    """
    changes: list[int] = []
    for frame in fixed:
        if frame not in changes and _is_calm(changes, frame, fps):
            insort(changes, frame)
    stops = [*(each.start for each in candidates[1:]), frame_count]
    starts = [each.start for each in candidates]
    pictures: list[HeldPicture] = []
    following = 0
    for change, limit in pairwise([*changes, frame_count]):
        now = bisect_right(starts, change) - 1
        if now < following < len(candidates) and starts[following] < min(limit, change + _spaces(fps)[0] // 2):
            now += 1  # rather a little early than a new picture right after this one
        pictures.append(replace(candidates[now], start=change))
        following = max(following, now + 1)
        while following < len(candidates):
            start = _earliest(changes, starts[following], fps)
            if start >= limit:
                break
            if start < stops[following]:
                if not _is_calm(changes, start, fps):
                    break
                insort(changes, start)
                pictures.append(replace(candidates[following], start=start))
            following += 1
    return tuple(pictures)


def _spaces(fps: Fraction) -> tuple[int, int]:
    """The fewest frames from one change to the next, and to the one after that: they are half a second and a second."""
    return max(1, floor(fps / MOST_A_SECOND)), ceil(fps)


def _earliest(changes: Sequence[int], frame: int, fps: Fraction) -> int:
    """The first frame from `frame` on that leaves the changes before it their time."""
    space, second = _spaces(fps)
    before = changes[: bisect_right(changes, frame)]
    return max([frame, *(last + space for last in before[-1:]), *(last + second for last in before[-2:-1])])


def _is_calm(changes: Sequence[int], frame: int, fps: Fraction) -> bool:
    """True if another change fits between the given ones, which are in order."""
    space, second = _spaces(fps)
    place = bisect_left(changes, frame)
    near = [*changes[max(0, place - 2) : place], frame, *changes[place : place + 2]]
    return all(b - a >= space for a, b in pairwise(near)) and all(
        c - a >= second for a, c in zip(near, near[2:], strict=False)
    )
