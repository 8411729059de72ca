"""The weight that moves most in a step: which steps show it, and what reduced motion shows of it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from netviz.recording.event import Event
from netviz.timeline.beats import even_beats
from netviz.timeline.cues import Cue
from netviz.timeline.plan import Span, make_plan
from netviz.timeline.reduced_motion import reduce_motion
from netviz.timeline.step_timing import FULL_FROM
from netviz.timeline.timeline import Timeline, make_timeline
from tests.conftest import short_scene
from tests.drawing.support import timeline_of


def shown(timeline: Timeline) -> set[int]:
    """Numbers of the spans in which a moved weight is seen."""
    return {int(timeline.span[index]) for index in range(timeline.frame_count) if timeline.frame(index).moved}


def full_steps(timeline: Timeline) -> set[int]:
    """Numbers of the steps that are presented in full."""
    plan = timeline.plan
    return {
        number
        for number, span in enumerate(plan.spans)
        if span.kind == "step" and (span.stop - span.start) >= FULL_FROM * plan.fps
    }


def span_of(timeline: Timeline, number: int) -> Span:
    return timeline.plan.spans[number]


def test_every_step_in_full_shows_it_and_no_other() -> None:
    timeline = timeline_of(short_scene())
    full = full_steps(timeline)
    assert shown(timeline) == full and 1 <= len(full) <= 6


@pytest.mark.parametrize("changes", [{"style": "classic"}, {"shots": [{"shot": "learning", "pace": "even"}]}])
def test_films_whose_steps_are_all_alike_stay_as_they_were(changes: dict[str, Any]) -> None:
    assert shown(timeline_of(short_scene(**changes))) == set()


@pytest.mark.parametrize("pace", ["story", "even"])
def test_on_beats_steps_in_full_show_it_too_unless_all_are_alike(pace: str) -> None:
    timeline = timeline_of(short_scene(shots=[{"shot": "learning", "pace": pace}]))
    plan = make_plan(timeline.scene, Fraction(60), even_beats(Fraction(24), Fraction(0), 4, Fraction(60)))
    timeline = make_timeline(plan, timeline.recording, timeline.scene)
    assert plan.on_beats and full_steps(timeline)
    assert shown(timeline) == (full_steps(timeline) if pace == "story" else set())


def test_it_gives_way_to_a_synapse_or_a_neuron_that_a_caption_is_about() -> None:
    timeline = timeline_of(short_scene(story="auto"))
    first, *others = sorted(full_steps(timeline))
    middle = span_of(timeline, first).stop - 10
    for event, expected in (
        (Event("sign", 2, synapse=(1, 0, 0)), {*others}),
        (Event("dead", 2, neuron=(1, 0)), {*others}),
        (Event("halved", 2), {first, *others}),
        (None, {first, *others}),
    ):
        plan = replace(timeline.plan, cues=(Cue(middle, middle + 40, "a text", event),))
        assert shown(replace(timeline, plan=plan)) == expected


def test_in_reduced_motion_it_stands_while_the_change_is_shown() -> None:
    timeline = timeline_of(short_scene())
    reduced = reduce_motion(timeline)
    assert shown(reduced) == full_steps(timeline)
    for number in full_steps(timeline):
        span = span_of(timeline, number)
        frames = [reduced.frame(index) for index in range(span.start, span.stop)]
        there = [frame for frame in frames if frame.moved is not None]
        assert len(there) >= 0.9 * reduced.plan.fps  # long enough to read two numbers
        moving = timeline.frame(span.start + int(0.9 * (span.stop - span.start))).moved
        assert moving is not None
        for frame in there:
            assert frame.moved == replace(moving, part=1.0, level=1.0)
            layer, start, end = moving.synapse
            assert frame.weights[layer][start, end] == moving.after and abs(frame.change[layer][start, end]) == 1
