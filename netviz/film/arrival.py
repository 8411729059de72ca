"""When the film comes to a cycle, and when to what happened in its run: as it is seen, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netviz.film.motion import LEARN
from netviz.film.plan import Span
from netviz.film.timeline import Timeline
from netviz.learn.events import Event

CLEARLY = 0.4
"""An answer is seen to be right if it misses by no more than this part of the way between two targets."""


def frame_of(timeline: Timeline, event: Event) -> int | None:
    """The frame in which what happened is seen; None if the film never comes there."""
    if event.cycle == 0:  # it was so before training
        return next((span.start for span in timeline.plan.spans if span.shot_kind != "title"), 0)
    if event.kind == "sign" and event.synapse is not None and (turns := _turns(timeline, event)) is not None:
        return turns
    cycle, example = event.cycle, event.example
    if event.kind == "plateau":  # told where it has lasted for a while: in the middle, as the curve draws cycles
        cycle = round(float(np.sqrt(max(1.0, event.numbers["from"]) * event.numbers["to"])))
    if event.kind == "solved":
        cycle = _clearly_solved(timeline, cycle)
        example = example if cycle == event.cycle else None
    steps = [span for span in timeline.plan.spans if span.kind == "step" and span.cycle == cycle]
    return _in_step(timeline, steps, example) if steps else frame_at_cycle(timeline, cycle)


def frame_at_cycle(timeline: Timeline, cycle: int) -> int | None:
    """The first frame with which the film has come to a cycle: to its step if it is shown, or passing by.

    None if it never does.
    """
    spans = timeline.plan.spans
    if steps := [span for span in spans if span.kind == "step" and span.cycle == cycle]:
        return steps[0].start
    for span in spans:
        if span.kind in ("move", "sweep") and (span.from_cycle or 0) < cycle <= span.cycle:
            return _passes(timeline, span, cycle)
    later = [span for span in spans if span.kind == "step" and span.cycle > cycle]
    return later[0].start if later and timeline.held else None


def _clearly_solved(timeline: Timeline, cycle: int) -> int:
    """The first kept cycle from one on after which every answer is seen to be right, and not by a hair only.

    Where several outputs vie for the largest, or none is ever so clear, the cycle itself.
    """
    recording, examples = timeline.recording, timeline.recording.examples
    if examples.targets.shape[1] > 1:
        return cycle
    width = float(examples.targets.max() - examples.targets.min())
    for kept in timeline.rows.kept:
        if kept >= cycle:
            answers = recording.forward(examples.given, timeline.rows.rest[kept])[-1]
            if float(np.abs(answers - examples.targets).max()) <= CLEARLY * width:
                return kept
    return cycle


def _turns(timeline: Timeline, event: Event) -> int | None:
    """The first frame from which a synapse is seen with its new sign for good; None if it never is with its old one.

    That is not always where its cycle is passed: in the steps of a shown cycle before it, it may waver around zero.
    """
    assert event.synapse is not None, "an event of a synapse"
    layer, start, end = event.synapse
    rises = event.numbers["after"] > event.numbers["before"]

    def is_old(index: int) -> bool:
        weight = timeline.frame(index).weights[layer][start, end]
        return bool(weight < 0) == rises

    learning = [span for span in timeline.plan.spans if span.kind in ("step", "move", "sweep")]
    for span in reversed(learning):
        if is_old(span.start) or is_old(span.stop - 1):
            last = next(index for index in reversed(range(span.start, span.stop)) if is_old(index))
            return min(last + 1, learning[-1].stop - 1)
    return None


def _passes(timeline: Timeline, span: Span, cycle: int) -> int:
    """The first frame of a span in which the weights are as far as a cycle that lies on its way."""
    first, last = span.start, span.stop - 1
    while first < last:
        middle = (first + last) // 2
        if timeline.frame(middle).curve_cycle < cycle:
            first = middle + 1
        else:
            last = middle
    return first


def _in_step(timeline: Timeline, steps: Sequence[Span], example: int | None) -> int:
    """Where the weights move in the step of an example; of the last one shown if it is not known, or not shown."""
    span = next((span for span in steps if span.example == example), steps[-1])
    if timeline.held:
        return span.start
    return span.start + int(sum(LEARN.update) / 2 * (span.stop - span.start))
