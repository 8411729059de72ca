"""Event frames: those in which a viewer sees the film come to a cycle, or an event of its run happen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netviz.recording.event import Event
from netviz.timeline.plan import Span
from netviz.timeline.timeline import Timeline


def frame_of(timeline: Timeline, event: Event) -> int | None:
    """The frame in which an event is seen to happen; None if the film never comes there."""
    if event.cycle == 0:  # it was so before training
        return next((span.start for span in timeline.plan.spans if span.shot_kind != "title"), 0)
    if event.kind == "sign" and event.synapse is not None and (turns := _sign_change(timeline, event)) is not None:
        return turns
    cycle, example = event.cycle, event.example
    if event.kind == "plateau":  # after it has lasted for a while: in the middle, as the curve draws cycles
        cycle = round(float(np.sqrt(max(1.0, event.numbers["from"]) * event.numbers["to"])))
    steps = [span for span in timeline.plan.spans if span.kind == "step" and span.cycle == cycle]
    return _in_step(timeline, steps, example) if steps else frame_at_cycle(timeline, cycle)


def frame_at_cycle(timeline: Timeline, cycle: int) -> int | None:
    """The first frame with which the film has come to a cycle: to its step if it is shown, or on the way past it.

    None if it never does.
    """
    spans = timeline.plan.spans
    if steps := [span for span in spans if span.kind == "step" and span.cycle == cycle]:
        return steps[0].start
    for span in spans:
        if span.kind in ("move", "sweep") and (span.from_cycle or 0) < cycle <= span.cycle:
            return _first_frame_at(timeline, span, cycle)
    later = [span for span in spans if span.kind == "step" and span.cycle > cycle]
    return later[0].start if later and timeline.held else None


def _sign_change(timeline: Timeline, event: Event) -> int | None:
    """The first frame from which a synapse is seen with its new sign for good; None if it never is with its old one.

    That is not always where its cycle is passed: in the steps of a shown cycle before it, the weight may go to and fro
    around zero.
    """
    assert event.synapse is not None, "an event of a synapse"
    layer, start, end = event.synapse
    rises = event.numbers["after"] > event.numbers["before"]

    def is_old(index: int) -> bool:
        weight = timeline.weights(index)[layer][start, end]
        return bool(weight < 0) == rises

    learning = [span for span in timeline.plan.spans if span.kind in ("step", "move", "sweep")]
    for span, after in zip(reversed(learning), [None, *reversed(learning)], strict=False):
        if is_old(span.start) or is_old(span.stop - 1):
            last = next(index for index in reversed(range(span.start, span.stop)) if is_old(index))
            if last + 1 == span.stop and after is not None and after.shot != span.shot:
                return after.start  # which begins with a later cycle
            return min(last + 1, learning[-1].stop - 1)
    return None


def _first_frame_at(timeline: Timeline, span: Span, cycle: int) -> int:
    """The first frame of a span in which the weights are as far as a cycle that lies on its way."""
    first, last = span.start, span.stop - 1
    while first < last:
        middle = (first + last) // 2
        if timeline.curve_cycle(middle) < cycle:
            first = middle + 1
        else:
            last = middle
    return first


def _in_step(timeline: Timeline, steps: Sequence[Span], example: int | None) -> int:
    """The frame of an example's step in which the weights move; of the last step if it is unknown or not shown."""
    span = next((span for span in steps if span.example == example), steps[-1])
    if timeline.held:
        return span.start
    return span.start + int(sum(timeline.presentations.beats(span).update) / 2 * (span.stop - span.start))


def last_frame_to(timeline: Timeline, cycle: float, start: int) -> int:
    """The last frame from `start` on before the film comes to later cycles; `start` itself if that is too late.

    A look back at an earlier cycle, as a worked example may be one, comes after that.
    """
    found = start
    for span in timeline.plan.spans:
        first, last = max(start, span.start), span.stop - 1
        if last < start:
            continue
        if timeline.curve_cycle(first) > cycle:
            break
        if timeline.curve_cycle(last) > cycle:
            return _last_in(timeline, cycle, first, last)
        found = last
    return found


def _last_in(timeline: Timeline, cycle: float, first: int, last: int) -> int:
    """The last frame of a span, from `first` up to `last`, that shows at most such a cycle."""
    while first < last:
        middle = (first + last + 1) // 2
        if timeline.curve_cycle(middle) <= cycle:
            first = middle
        else:
            last = middle - 1
    return first
