"""The pace: time follows how much changes, and nothing else of the film moves."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import netviz
from netviz.recording.recording import Recording
from netviz.timeline.beats import even_beats
from netviz.timeline.learning_shot import LONGEST_STRIDE, RAPID, STRIDE
from netviz.timeline.pace import FALL_SECONDS, RunChanges, paced, sudden_fall, whole_frames
from netviz.timeline.plan import Plan, Span, make_plan
from netviz.timeline.timeline import make_timeline
from tests.recordings import own_scene


@pytest.fixture(scope="module")
def xor() -> Recording:
    return netviz.record(netviz.load_scene("xor"))


@pytest.fixture(scope="module")
def changes(xor: Recording) -> RunChanges:
    return RunChanges.of(xor, own_scene(xor))


def moves(plan: Plan) -> dict[int, Span]:
    return {span.cycle: span for span in plan.spans if span.kind == "move"}


def seconds(plan: Plan, span: Span) -> float:
    return float((span.stop - span.start) / plan.fps)


def test_all_change_is_one_and_grows(changes: RunChanges) -> None:
    assert (changes.so_far[0], changes.so_far[-1]) == (0, pytest.approx(1))
    assert (np.diff(changes.so_far) >= 0).all()
    cycles = [0, 50, 2500, 12_500, 60_000]
    assert changes.between(cycles).sum() == pytest.approx(1)
    assert changes.within_fall(cycles).tolist() == [0, 0, 1, 0]


def test_a_run_without_a_sudden_fall_has_none() -> None:
    assert sudden_fall(netviz.record(scene := netviz.load_scene("tiny-one-layer")), scene) is None


@pytest.mark.parametrize("length", [20, 45, 91, 180])
def test_the_time_of_moves_follows_what_changes_and_shots_stay(xor: Recording, length: int) -> None:
    scene = own_scene(xor)
    plan = make_plan(scene, Fraction(length))
    new = paced(plan, xor, scene)
    assert [(span.kind, span.cycle, span.example) for span in new.spans] == [
        (span.kind, span.cycle, span.example) for span in plan.spans
    ]
    assert all(before.stop == after.start for before, after in zip(new.spans, new.spans[1:], strict=False))
    for before, after in zip(plan.spans, new.spans, strict=True):
        if before.kind not in ("step", "move"):
            assert before == after
        if before.kind == "step":
            assert seconds(new, after) >= min(seconds(plan, before), float(RAPID) - 1 / 30) - 1e-9
    longest = max(moves(new).values(), key=lambda span: span.stop - span.start)
    assert longest.cycle == 12_500, "where the error falls suddenly"
    if length >= 91:
        assert seconds(new, longest) > FALL_SECONDS
        assert min(seconds(new, span) for span in moves(new).values()) > float(STRIDE) - 0.1
        assert max(seconds(new, span) for span in moves(new).values()) < FALL_SECONDS + float(LONGEST_STRIDE) + 0.5


def test_the_sudden_fall_has_its_seconds(xor: Recording) -> None:
    scene = own_scene(xor)
    plan = paced(make_plan(scene, Fraction(91)), xor, scene)
    timeline, span = make_timeline(plan, xor, scene), moves(plan)[12_500]
    cycles = np.array([timeline.frame(index).curve_cycle for index in range(span.start, span.stop)])
    assert (np.diff(cycles) >= 0).all()
    assert ((cycles >= 2641) & (cycles <= 2708)).sum() / float(plan.fps) >= 4


def test_on_beats_the_spans_stay_and_the_fall_is_seen_all_the_same(xor: Recording) -> None:
    scene = own_scene(xor)
    plan = make_plan(scene, Fraction(91), even_beats(Fraction(120), Fraction(0), 4, Fraction(91)))
    assert plan.on_beats and paced(plan, xor, scene) is plan
    timeline, span = make_timeline(plan, xor, scene), moves(plan)[12_500]
    cycles = np.array([timeline.frame(index).curve_cycle for index in range(span.start, span.stop)])
    assert (np.diff(cycles) >= 0).all()
    assert ((cycles >= 2641) & (cycles <= 2708)).mean() > 0.4, "of a move of a second or so"


def test_the_weights_on_the_way_are_the_recorded_ones(xor: Recording) -> None:
    scene = own_scene(xor)
    plan = paced(make_plan(scene, Fraction(91)), xor, scene)
    timeline, span = make_timeline(plan, xor, scene), moves(plan)[12_500]
    for index in range(span.start, span.stop, 20):
        frame = timeline.frame(index)
        rows, cycles = timeline.recording_index.way(int(timeline.span[index]))
        shown = xor.weights[0][xor.moment[rows]]
        at = int(np.searchsorted(cycles, frame.curve_cycle))
        around = shown[[max(0, at - 1), min(at, len(rows) - 1)]]
        assert (frame.weights[0] >= around.min(axis=0) - 1e-9).all()
        assert (frame.weights[0] <= around.max(axis=0) + 1e-9).all()


def test_the_light_left_on_the_way_is_the_answer_of_the_weights_shown(xor: Recording) -> None:
    scene = own_scene(xor)
    plan = paced(make_plan(scene, Fraction(91)), xor, scene)
    timeline = make_timeline(plan, xor, scene)
    for span in list(moves(plan).values())[1:]:
        frame = timeline.frame((span.start + span.stop) // 2)
        if not any(frame.lingering):
            continue
        hidden = 1 / (1 + np.exp(-(frame.before[0] @ frame.weights[0] + frame.biases[0])))
        np.testing.assert_allclose(frame.before[1], hidden, atol=1e-12)


def test_equal_steps_stay_equal(xor: Recording) -> None:
    shots = [{"shot": "title"}, {"shot": "learning", "pace": "even"}]
    scene = netviz.load_scene("xor", overrides={"shots": shots})
    plan = make_plan(scene, Fraction(91))
    assert paced(plan, xor, scene) is plan
    timeline, span = make_timeline(plan, xor, scene), moves(plan)[12_500]
    frame = timeline.frame((span.start + span.stop) // 2)
    assert frame.lingering == () and all((layer == 0).all() for layer in frame.arrived)


@given(lengths=st.lists(st.floats(1, 50), min_size=1, max_size=40))
def test_whole_lengths_have_the_same_sum(lengths: list[float]) -> None:
    total = round(sum(lengths))
    found = whole_frames(lengths, total)
    assert sum(found) == total or abs(sum(lengths) - total) > 1e-9
    assert all(int(length) <= each <= int(length) + 1 for each, length in zip(found, lengths, strict=True))


def test_the_example_whose_answer_changes_most_is_seen_on_the_way(xor: Recording) -> None:
    scene = own_scene(xor)
    plan = paced(make_plan(scene, Fraction(91)), xor, scene)
    timeline, span = make_timeline(plan, xor, scene), moves(plan)[12_500]
    frames = [timeline.frame(index) for index in range(span.start + 18, span.stop - 30)]
    assert {frame.example for frame in frames} == {5}, "1 1 1, which holds out longest"
    answers = [float(frame.activations[-1][0]) for frame in frames]
    assert answers[0] > 0.42 and answers[-1] < 0.1
    assert all(frame.target is not None and frame.compared == frame.presented == 1 for frame in frames)
    for frame in frames[::20]:
        hidden = 1 / (1 + np.exp(-(frame.activations[0] @ frame.weights[0] + frame.biases[0])))
        np.testing.assert_allclose(frame.activations[1], hidden, atol=1e-12)
