"""Learning in several shots: each goes on where the one before stopped, and what stands still stands still."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from netviz.recording.event import Event
from netviz.recording.recording import Recording
from netviz.scene.scene import Scene
from netviz.story.event_frames import frame_of, last_frame_to
from netviz.story.story import add_story
from netviz.timeline.beats import even_beats
from netviz.timeline.before_after import before_after
from netviz.timeline.captions import cues_of
from netviz.timeline.frame import Frame
from netviz.timeline.pace import paced
from netviz.timeline.plan import Plan, learning_spans, make_plan
from netviz.timeline.reduced_motion import reduce_motion
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.training.trainer import train
from tests.conftest import short_scene
from tests.recordings import with_parameters

STOP = 11
"""Cycle at which learning stops for a while: none of the schedule's."""

SAMPLED = 5
"""Frames of which one is looked at."""


def scene_of(kind: str, **changes: Any) -> Scene:
    walk = {"shot": "walk", "example": 7, "backward": True, "hold": 3}
    between = {"each": walk, "together": {"shot": "rest", "seconds": 3, "hold": 1}, "classic": {"shot": "rest"}}[kind]
    shots = [
        {"shot": "title", "hold": 1},
        {"shot": "learning", "to": STOP, "hold": 1, "examples": "together" if kind == "together" else "each"},
        between,
        {"shot": "learning"},
        {"shot": "rest", "hold": 2},
        {"shot": "think", "inputs": [1, 1, 0], "hold": 2},
    ]
    style = {"style": "classic"} if kind == "classic" else {}
    return short_scene(shots=shots, **style, **changes)


@pytest.fixture(scope="module")
def runs() -> dict[str, Timeline]:
    """Films of the same run, with examples one by one, seen together, and in the style classic."""
    scenes = {kind: scene_of(kind) for kind in ("each", "together", "classic")}
    recording = train(scenes["each"])
    return {kind: make_timeline(make_plan(scene, Fraction(90)), recording, scene) for kind, scene in scenes.items()}


def looks(frame: Frame) -> tuple[Any, ...]:
    """What is seen of the network and the texts in a frame."""
    arrays = [frame.weights, frame.biases, frame.activations, frame.arrived, frame.carried, frame.error_signal]
    return tuple(array.tobytes() for layers in arrays for array in layers), frame.curve_cycle, frame.caption, frame.card


def steps(plan: Plan, shot: int) -> list[int]:
    return list(dict.fromkeys(span.cycle for span in plan.spans if span.kind == "step" and span.shot == shot))


def test_each_shot_shows_its_own_cycles(runs: dict[str, Timeline]) -> None:
    plan = runs["each"].plan
    assert (steps(plan, 1), steps(plan, 3)) == ([1, 4, STOP], [20, 60])
    first = next(span for span in plan.spans if span.shot == 3)
    assert (first.kind, first.from_cycle, first.cycle) == ("move", STOP, 20)
    assert (steps(runs["classic"].plan, 1), steps(runs["classic"].plan, 3)) == ([1, 4, STOP], [20, 60])
    swept = [(span.from_cycle, span.cycle) for span in runs["together"].plan.spans if span.kind == "sweep"]
    assert swept == [(0, 1), (1, 4), (4, STOP), (STOP, 20), (20, 60)]


@pytest.mark.parametrize("kind", ["each", "together", "classic"])
def test_learning_goes_on_from_the_very_weights_with_which_it_stopped(runs: dict[str, Timeline], kind: str) -> None:
    timeline, recording = runs[kind], runs[kind].recording
    at_stop = recording.parameters_at(timeline.recording_index.rest[STOP]).weights
    last = [span for span in timeline.plan.spans if span.shot == 1][-1]
    if kind == "classic":  # where the last drawing stands
        assert (last.kind, last.cycle) == ("step", STOP)
        return
    assert last.kind == "hold"
    for index in (last.start, last.stop - 1):
        shown = timeline.frame(index)
        assert (shown.cycle, shown.curve_cycle) == (STOP, STOP)
        assert all(np.array_equal(seen[: len(kept)], kept) for seen, kept in zip(shown.weights, at_stop, strict=True))
    resumed = next(number for number, span in enumerate(timeline.plan.spans) if span.shot == 3)
    begins = recording.parameters_at(timeline.recording_index.first(resumed)).weights
    assert all(np.array_equal(one, other) for one, other in zip(begins, at_stop, strict=True))


def test_the_last_example_walked_back_leads_where_learning_goes_on(runs: dict[str, Timeline]) -> None:
    timeline = runs["each"]
    number, walk = next((number, span) for number, span in enumerate(timeline.plan.spans) if span.kind == "walk")
    assert walk.cycle == STOP
    assert timeline.frame(walk.start + 30).curve_cycle == STOP
    assert timeline.recording_index.after_walk(number) == timeline.recording_index.rest[STOP]
    assert timeline.recording_index.transition(number + 1) is None, "nothing is left to be made good"


def test_the_curve_never_goes_back(runs: dict[str, Timeline]) -> None:
    for timeline in runs.values():
        cycles = [timeline.curve_cycle(index) for index in range(0, timeline.frame_count, 5)]
        assert all(before <= after for before, after in pairwise(cycles))


@pytest.mark.parametrize("kind", ["each", "together", "classic"])
@pytest.mark.parametrize("is_reduced", [False, True])
def test_a_hold_stands_still_for_its_seconds(runs: dict[str, Timeline], kind: str, is_reduced: bool) -> None:
    timeline = reduce_motion(runs[kind]) if is_reduced else runs[kind]
    plan, scene = timeline.plan, timeline.scene
    for shot, each in enumerate(scene.shots):
        if not each.hold:
            continue
        start = min(span.start for span in plan.spans if span.shot == shot)
        stop = max(span.stop for span in plan.spans if span.shot == shot)
        seen = [looks(timeline.frame(index)) for index in range(start, stop, SAMPLED)]
        longest = SAMPLED * max(len(run) for run in runs_of_equal(seen))
        late = 15 if is_reduced else SAMPLED  # a picture may come later where others have just changed
        assert longest >= each.hold * plan.fps - late, (each.shot, longest)


def runs_of_equal(seen: list[Any]) -> list[list[Any]]:
    found = [[seen[0]]]
    for before, now in pairwise(seen):
        if now == before:
            found[-1].append(now)
        else:
            found.append([now])
    return found


def test_a_hold_slows_nothing_down(runs: dict[str, Timeline]) -> None:
    held = runs["each"]
    lengths = {span.shot: span.stop - span.start for span in held.plan.spans if span.kind in ("walk", "think", "title")}
    for shot in (0, 2, 5):
        hold = held.scene.shots[shot].hold
        assert hold is not None
        scene = held.scene.model_copy(update={"shots": _without_holds(held.scene)})
        spans = [replace(span, still=0) for span in held.plan.spans]
        start = next(span.start for span in spans if span.shot == shot)
        shorter = [
            replace(
                span,
                start=span.start - (hold * 30 if span.start > start else 0),
                stop=span.stop - (hold * 30 if span.start >= start else 0),
            )
            for span in spans
        ]
        count = shorter[-1].stop
        plan = replace(
            held.plan,
            spans=tuple(replace(s, start=int(s.start), stop=int(s.stop)) for s in shorter),
            frame_count=int(count),
        )
        free = make_timeline(plan, held.recording, scene)
        early = range(start, start + lengths[shot] - int(hold * 30) - 30, 7)
        assert [looks(held.frame(index)) for index in early] == [looks(free.frame(index)) for index in early]


def _without_holds(scene: Scene) -> tuple[Any, ...]:
    return tuple(shot.model_copy(update={"hold": None}) for shot in scene.shots)


def test_time_follows_change_within_each_shot(runs: dict[str, Timeline]) -> None:
    for kind in ("each", "together"):
        timeline = runs[kind]
        changed = paced(timeline.plan, timeline.recording, timeline.scene)
        assert changed != timeline.plan
        told = add_story(timeline.plan, timeline.recording, timeline.scene)
        for plan in (changed, told):
            assert len(learning_spans(plan)) == 2
            for before, after in pairwise(plan.spans):
                assert before.stop == after.start > before.start
            for shot in range(6):
                ends = [
                    (min(s.start for s in of.spans if s.shot == shot), max(s.stop for s in of.spans if s.shot == shot))
                    for of in (timeline.plan, plan)
                ]
                assert ends[0] == ends[1]


def test_a_jump_is_a_jump(recording: Recording) -> None:
    scene = short_scene(shots=[{"shot": "learning", "to": 4}, {"shot": "learning", "from": 20}])
    plan = make_plan(scene, Fraction(20))
    assert [span.from_cycle for span in plan.spans if span.kind == "move"] == [0, 1, 20]
    timeline = make_timeline(plan, recording, scene)
    number = next(number for number, span in enumerate(plan.spans) if span.shot == 1)
    assert timeline.recording_index.transition(number) == timeline.recording_index.rest[4]
    captioned = short_scene(
        shots=scene.shots and [each.model_dump(mode="json") for each in scene.shots],
        captions=[{"text": "x", "at": "cycle:10"}],
    )
    (cue,) = cues_of(captioned, plan)
    assert cue.start == plan.spans[number].start, "as soon as the film is past it"


def test_both_shots_keep_time_with_the_beats() -> None:
    scene = scene_of("each", sync={"bpm": 60})
    plan = make_plan(scene, Fraction(90), even_beats(Fraction(60), Fraction(0), 4, Fraction(90)))
    assert plan.on_beats
    for shot in (1, 3):
        starts = [span.start for span in plan.spans if span.shot == shot and span.kind == "move"]
        assert starts and all(start % plan.fps == 0 for start in starts)
    few = make_plan(
        scene_of("each", sync={"at": [1, 2, 3]}), Fraction(90), even_beats(Fraction(60), Fraction(0), 4, Fraction(30))
    )
    assert not few.on_beats
    assert "there are too few beats to keep time with: the steps are even" in few.notes


def test_the_first_weights_of_all_are_compared_with_the_last(runs: dict[str, Timeline]) -> None:
    timeline = runs["each"]
    compared = before_after(timeline.scene, timeline.plan)
    assert compared is not None
    assert timeline.plan.spans[compared.rest].shot == 4
    assert timeline.recording_index.first(compared.first) == timeline.recording_index.rest[0]
    ends = short_scene(shots=[{"shot": "learning", "hold": 1}, {"shot": "rest", "seconds": 4}])
    held = before_after(ends, make_plan(ends, Fraction(20)))
    assert held is not None and held.rest == len(make_plan(ends, Fraction(20)).spans) - 1, "after a hold too"


def test_a_look_back_makes_no_sentence_true_again(recording: Recording) -> None:
    shots = [{"shot": "learning", "to": 20}, {"shot": "walk", "cycle": 1}, {"shot": "learning"}]
    scene = short_scene(shots=shots)
    timeline = make_timeline(make_plan(scene, Fraction(40)), recording, scene)
    last = last_frame_to(timeline, 6.0, 3)
    assert timeline.plan.spans[timeline.span[last]].shot == 0
    assert timeline.curve_cycle(last) <= 6 < timeline.curve_cycle(last + 1)
    assert last_frame_to(timeline, 60.0, 3) == timeline.frame_count - 1
    assert last_frame_to(timeline, 1.0, last) == last, "too late already"


def test_a_synapse_that_turned_in_between_is_seen_so_where_learning_goes_on(recording: Recording) -> None:
    turned = recording.step >= 20
    weights = [np.where(turned[:, None, None], 1.0, -1.0) * np.ones_like(layer) for layer in recording.weights]
    flipped = with_parameters(recording, weights=weights)
    event = Event("sign", 15, synapse=(0, 0, 0), numbers={"before": -1.0, "after": 1.0})
    shots = [{"shot": "learning", "to": 4}, {"shot": "rest"}, {"shot": "learning", "from": 20}]
    for style, glides in (("glow", range(1, 12)), ("classic", range(1))):
        scene = short_scene(shots=shots, style=style)
        plan = make_plan(scene, Fraction(20))
        resumes = next(span.start for span in plan.spans if span.shot == 2)
        seen = frame_of(make_timeline(plan, flipped, scene), event)
        assert seen is not None and seen - resumes in glides, style
    without = short_scene(shots=[{"shot": "rest"}])
    assert frame_of(make_timeline(make_plan(without, Fraction(5)), flipped, without), event) is None


def test_frames_with_one_key_are_one_picture(runs: dict[str, Timeline]) -> None:
    for timeline in (*runs.values(), reduce_motion(runs["each"])):
        first: dict[Any, Any] = {}
        for index in range(0, timeline.frame_count, 11):
            seen = looks(timeline.frame(index))
            assert first.setdefault(timeline.key(index), seen) == seen, index
        assert len(first) < timeline.frame_count // 11
