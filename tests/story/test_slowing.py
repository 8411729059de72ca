"""Time shared out anew around what is worth seeing."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netviz
from netviz.scene.shots import LearningShot
from netviz.story.story import FASTER, slowed
from netviz.timeline.beats import SHORTEST_STEP
from netviz.timeline.plan import Plan, make_plan
from netviz.timeline.step_timing import beats_of

XOR = netviz.load_scene("xor")


def plan_of(seconds: int, style: str = "glow", pace: str = "even") -> Plan:
    shots = tuple(
        shot.model_copy(update={"pace": pace}) if isinstance(shot, LearningShot) else shot for shot in XOR.shots
    )
    return make_plan(XOR.model_copy(update={"style": style, "shots": shots}), Fraction(seconds))


def lengths(plan: Plan) -> list[int]:
    return [span.stop - span.start for span in plan.spans]


def span_at(plan: Plan, frame: int) -> int:
    return next(number for number, span in enumerate(plan.spans) if span.start <= frame < span.stop)


def test_a_film_is_slower_where_something_happens() -> None:
    plan = plan_of(91)
    move = next(number for number, span in enumerate(plan.spans) if span.kind == "move" and span.cycle == 50)
    moment = plan.spans[move].start + 3
    slow = slowed(plan, [moment])
    before, after = lengths(plan), lengths(slow)
    assert after[move] > 1.9 * before[move]
    assert after[move + 1] > 1.3 * before[move + 1]
    assert after[move + 10] < before[move + 10]
    assert [span.kind for span in slow.spans] == [span.kind for span in plan.spans]


def test_a_story_takes_the_time_from_where_nothing_happens_and_shows_as_much() -> None:
    plan = plan_of(91, pace="story")
    move = next(number for number, span in enumerate(plan.spans) if span.kind == "move" and span.cycle == 2500)
    slow = slowed(plan, [plan.spans[move].start + 3])
    before, after = lengths(plan), lengths(slow)
    assert after[move] > 1.5 * before[move]
    others = [number for number, span in enumerate(plan.spans) if span.kind == "move" and number != move]
    assert sum(after[number] for number in others) < sum(before[number] for number in others)
    for number, span in enumerate(plan.spans):
        if span.kind == "step":
            was, now = (beats_of(float(each[number] / plan.fps)) for each in (before, after))
            assert was is now or after[number] > before[number]


@given(
    seconds=st.integers(5, 200),
    at=st.lists(st.floats(0, 0.999), max_size=6),
    style=st.sampled_from(["glow", "classic"]),
    pace=st.sampled_from(["even", "story"]),
)
def test_the_film_keeps_its_length_and_its_steps_can_be_seen(
    seconds: int, at: list[float], style: str, pace: str
) -> None:
    plan = plan_of(seconds, style, pace)
    slow = slowed(plan, [int(part * plan.frame_count) for part in at])
    assert (slow.spans[0].start, slow.spans[-1].stop) == (0, plan.frame_count)
    for before, after in zip(slow.spans, slow.spans[1:], strict=False):
        assert before.stop == after.start
    for before, after in zip(plan.spans, slow.spans, strict=True):
        was, now = before.stop - before.start, after.stop - after.start
        if before.kind in ("title", "rest", "think"):
            assert (before.start, before.stop) == (after.start, after.stop)
        assert now >= max(1, FASTER * was - 1)
        if before.kind == "step":
            assert now >= min(was, SHORTEST_STEP * plan.fps)


@pytest.mark.parametrize("moments", [[], [0], [10**6]])
def test_nothing_changes_where_no_moment_of_learning_is_named(moments: list[int]) -> None:
    plan = plan_of(91)
    assert slowed(plan, moments) is plan
