"""Sweeps: the weights run from shown cycle to shown cycle and never stop."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netviz.errors import InputError
from netviz.scene.scene import Scene
from netviz.story.moments import moment_frame
from netviz.timeline.moments import frame_at
from netviz.timeline.pace import paced
from netviz.timeline.plan import Plan, Span, make_plan
from netviz.timeline.step_timing import cruise, uncruise
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.training.trainer import train

NUMBERS = np.random.default_rng(3)
POINTS = NUMBERS.uniform(-5, 5, (60, 2)).round(2).tolist()


def scene_of(**changes: Any) -> Scene:
    examples = [{"inputs": point, "target": 1 if point[0] * point[1] > 0 else -1} for point in POINTS]
    parts: dict[str, Any] = {
        "network": {"layers": [2, 4, 1], "activation": "tanh", "bias": True},
        "data": {"examples": examples},
        "training": {"cycles": 200, "learning_rate": 0.03, "batch": 10},
        "schedule": {"cycles": [1, 2, 5, 10, 20, 50, 100, 180]},
        "shots": [{"shot": "rest"}, {"shot": "learning"}, {"shot": "rest"}],
    }
    return Scene.model_validate(parts | changes)


def sweeps(plan: Plan) -> list[Span]:
    return [span for span in plan.spans if span.kind == "sweep"]


EVEN = [{"shot": "rest"}, {"shot": "learning", "examples": "together", "pace": "even"}, {"shot": "rest"}]


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    scene = scene_of()
    recording = train(scene)
    return make_timeline(paced(make_plan(scene, Fraction(20)), recording, scene), recording, scene)


@pytest.fixture(scope="module")
def even(timeline: Timeline) -> Timeline:
    """The same run at an even pace."""
    scene = scene_of(shots=EVEN)
    return make_timeline(make_plan(scene, Fraction(20)), timeline.recording, scene)


def test_many_points_are_swept_from_shown_cycle_to_shown_cycle_and_on_to_the_end() -> None:
    spans = sweeps(make_plan(scene_of(), Fraction(20)))
    ways = [(span.from_cycle, span.cycle) for span in spans]
    assert ways == list(pairwise([0, 1, 2, 5, 10, 20, 50, 100, 180, 200]))
    lengths = [span.stop - span.start for span in spans]
    assert np.ptp(lengths[1:-1]) <= 1, "frames are shared evenly"
    assert lengths[0] > lengths[1] < lengths[-1], "but for the start and the end, which are gentle"


def test_sweeps_are_chosen_and_refused_by_name_and_never_in_the_classic_style() -> None:
    few = scene_of().data.model_copy(update={"examples": scene_of().data.examples[:5]})  # type: ignore[index]
    shots = [{"shot": "learning", "examples": "together"}]
    each = [{"shot": "learning", "examples": "each"}]
    assert not sweeps(make_plan(scene_of(data=few), None))
    assert sweeps(make_plan(scene_of(data=few, shots=shots), None))
    assert not sweeps(make_plan(scene_of(shots=each), Fraction(30)))
    assert not sweeps(make_plan(scene_of(style="classic"), Fraction(30)))


@pytest.mark.parametrize(("cycles", "seconds"), [([1, 2], 10), (list(range(1, 41)), 20)])
def test_a_sweep_takes_half_a_second_a_cycle_and_ten_seconds_at_least(cycles: list[int], seconds: int) -> None:
    plan = make_plan(scene_of(schedule={"cycles": cycles}, training={"cycles": cycles[-1]}), None)
    assert plan.seconds == seconds + 7
    assert sum(span.stop - span.start for span in sweeps(plan)) == 30 * seconds


@settings(deadline=None)
@given(seconds=st.fractions(min_value=Fraction(1, 10), max_value=60, max_denominator=1000), every=st.integers(1, 200))
def test_however_few_frames_there_are_the_sweep_ends_at_the_end_of_training(seconds: Fraction, every: int) -> None:
    plan = make_plan(scene_of(schedule={"every": every}), seconds)
    spans = sweeps(plan)
    assert (spans[0].from_cycle, spans[-1].cycle) == (0, 200)
    for before, after in pairwise(spans):
        assert before.stop == after.start
        assert before.cycle == after.from_cycle
    passed = 200 // every - len({span.cycle for span in spans} & set(range(every, 201, every)))
    assert any(f"through {passed:,} of them" in note for note in plan.notes) == bool(passed)


def sizes(timeline: Timeline) -> np.ndarray:
    """The largest change of a weight or bias from each frame to the next, up to the first frame after the sweep."""
    spans = sweeps(timeline.plan)
    frames = [timeline.frame(index) for index in range(spans[0].start - 1, spans[-1].stop + 1)]
    return np.array(
        [
            max(float(np.abs(a - b).max()) for a, b in zip(then.weights, now.weights, strict=True))
            for then, now in pairwise(frames)
        ]
    )


@pytest.mark.parametrize("pace", ["timeline", "even"])
def test_weights_run_on_without_a_jump_or_a_stop(pace: str, request: pytest.FixtureRequest) -> None:
    timeline: Timeline = request.getfixturevalue(pace)
    steps = sizes(timeline)
    kept = timeline.recording
    rows = np.flatnonzero(kept.probe < 0)
    largest = max(float(np.abs(np.diff(layer[kept.moment[rows]], axis=0)).max()) for layer in kept.weights)
    assert steps.max() < largest
    assert steps.max() < 8 * np.median(steps), "nothing jumps"
    assert (steps[3:-3] > 0).all(), "nothing stops"
    assert steps[-1] == 0, "rest begins where the sweep ended"
    assert steps[0] < 0.1 * steps[25:35].mean(), "it starts gently"
    assert steps[-2] < 0.1 * steps[-35:-25].mean(), "and ends so"


def test_the_pace_is_even_over_the_borders_of_spans(even: Timeline) -> None:
    """Two neighbouring steps differ only where a kept row is passed: the pace in rows is even within every span."""
    timeline = even
    spans = sweeps(timeline.plan)
    recording = timeline.recording
    kept = sorted(set(recording.row_step[recording.probe < 0].tolist()))
    places = [
        np.interp(timeline.frame(index).curve_cycle, kept, np.arange(len(kept)))
        for index in range(spans[1].start + 15, spans[-2].stop - 15)
    ]
    rows = {span.cycle: np.searchsorted(kept, span.cycle) - np.searchsorted(kept, span.from_cycle) for span in spans}
    by_span = [next(s for s in spans if s.start <= i < s.stop) for i in range(spans[1].start + 15, spans[-2].stop - 15)]
    paces = np.diff(places) / [rows[span.cycle] for span in by_span[1:]]
    whole = [d for d, (a, b) in zip(paces, pairwise(by_span), strict=True) if a is b]
    assert np.ptp(whole) < 0.1 * np.mean(whole)


@pytest.mark.parametrize("pace", ["timeline", "even"])
def test_each_shown_cycle_is_reached_in_the_last_frame_of_its_span(pace: str, request: pytest.FixtureRequest) -> None:
    timeline: Timeline = request.getfixturevalue(pace)
    recording = timeline.recording
    for span in sweeps(timeline.plan):
        frame = timeline.frame(span.stop - 1)
        row = np.flatnonzero((recording.row_step == span.cycle) & (recording.probe < 0))[0]
        assert frame.cycle == span.cycle
        assert frame.curve_cycle == pytest.approx(span.cycle)
        weights, biases = recording.parameters_at(row)
        np.testing.assert_allclose(frame.weights[0][:-1], weights[0], atol=1e-12)
        np.testing.assert_allclose(frame.biases[1], biases[1], atol=1e-12)


def test_a_moment_by_its_cycle_is_where_the_sweep_has_come_to_it(timeline: Timeline) -> None:
    for cycle in (1, 50, 200):
        assert timeline.frame(frame_at(timeline.plan, f"cycle:{cycle}")).cycle == cycle
    for cycle in (0, 3, 120):
        assert abs(timeline.frame(moment_frame(timeline, f"cycle:{cycle}")).curve_cycle - cycle) < 1
    with pytest.raises(InputError, match="the film does not come to cycle 201; it goes from 0 to 200"):
        frame_at(timeline.plan, "cycle:201")


def test_a_sweep_is_dark_and_presents_nothing(timeline: Timeline) -> None:
    before = -1.0
    for span in sweeps(timeline.plan):
        for index in range(span.start, span.stop, 7):
            frame = timeline.frame(index)
            assert frame.kind == "sweep"
            assert (frame.example, frame.inputs, frame.row, frame.point) == (None, None, None, None)
            assert not np.concatenate(frame.arrived).any()
            assert frame.cycle == round(frame.curve_cycle)
            assert frame.curve_cycle > before
            before = frame.curve_cycle


@pytest.mark.parametrize("seconds", [2, 3])
def test_a_hurried_sweep_is_as_even(seconds: int) -> None:
    scene = scene_of(schedule={"every": 1}, shots=[{"shot": "learning"}])
    timeline = make_timeline(make_plan(scene, Fraction(seconds)), train(scene), scene)
    cycles = np.array([timeline.frame(index).curve_cycle for index in range(timeline.frame_count)])
    pace = np.diff(cycles)
    assert cycles[-1] == 200
    middle = pace[len(pace) // 4 : -len(pace) // 4]
    assert np.ptp(middle) < 0.2 * middle.mean()


@settings(deadline=None)
@given(x=st.floats(0, 1), ramp=st.floats(0.001, 0.2))
def test_cruise_and_back(x: float, ramp: float) -> None:
    assert uncruise(cruise(x, ramp), ramp) == pytest.approx(x, abs=1e-6)
    assert cruise(0, ramp) == uncruise(0, ramp) == 0
    assert cruise(1, ramp) == uncruise(1, ramp) == 1


def test_the_caption_says_how_many_points_are_kept_for_testing(timeline: Timeline) -> None:
    assert timeline.frame(timeline.frame_count // 2).caption == "Learning from 60 points"
    scene = scene_of()
    scene = scene.model_copy(update={"data": scene.data.model_copy(update={"train_share": 0.7})})
    split = make_timeline(make_plan(scene, Fraction(20)), train(scene), scene)
    assert split.frame(300).caption == "Learning from 42 points; 18 are kept for testing"
