"""The timeline: what is shown is what was recorded, and every frame stands alone."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from netviz.recording.event import Event
from netviz.recording.recording import Recording
from netviz.scene.scene import Scene
from netviz.timeline.cues import Cue
from netviz.timeline.frame import Frame
from netviz.timeline.plan import Span, make_plan
from netviz.timeline.reduced_motion import reduce_motion
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.training.trainer import train
from tests.conftest import short_scene
from tests.recordings import in_rows


@pytest.fixture(scope="module")
def timeline(recording: Recording, scene: Scene) -> Timeline:
    return make_timeline(make_plan(scene, Fraction(60)), recording, scene)


def frames_of(timeline: Timeline, kind: str) -> list[tuple[Span, Frame]]:
    spans = [span for span in timeline.plan.spans if span.kind == kind]
    return [(span, timeline.frame(index)) for span in spans for index in range(span.start, span.stop)]


def light(frame: Frame) -> np.ndarray:
    """The level of light of every node."""
    return np.concatenate(frame.arrived)


def shown_light(frame: Frame) -> np.ndarray:
    """The light of every node, with what the example before has left of its own."""
    levels = frame.lingering or (0.0,) * len(frame.arrived)
    before = frame.before or frame.activations
    layers = zip(frame.arrived, frame.activations, levels, before, strict=True)
    return np.concatenate([level * now + left * then for level, now, left, then in layers])


def row_of(timeline: Timeline, cycle: int, example: int) -> int:
    recording = timeline.recording
    return int(np.flatnonzero((recording.row_step == cycle) & (recording.probe == example))[0])


def test_the_table_has_one_row_a_frame(timeline: Timeline) -> None:
    assert timeline.span.shape == timeline.phase.shape == (timeline.frame_count,)
    assert timeline.phase.min() >= 0
    assert timeline.phase.max() < 1
    assert (np.diff(timeline.span) >= 0).all()
    with pytest.raises(IndexError):
        timeline.frame(timeline.frame_count)


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({}, {"title", "rest", "step", "move", "think"}),
        ({"motion": "reduced"}, {"step", "move"}),
        ({"style": "classic"}, {"step"}),
        ({"shots": [{"shot": "walk", "cycle": 20}, {"shot": "learning", "examples": "together"}]}, {"walk", "sweep"}),
    ],
    ids=["moving", "reduced", "classic", "morph"],
)
def test_weights_and_cycle_are_those_of_the_whole_frame(changes: dict[str, Any], kinds: set[str]) -> None:
    scene = short_scene(**changes)
    moving = make_timeline(make_plan(scene, Fraction(30)), train(scene), scene)
    timeline = reduce_motion(moving) if scene.motion == "reduced" else moving
    seen = set()
    for index in range(0, timeline.frame_count, 5):
        frame = timeline.frame(index)
        seen.add(frame.kind)
        assert timeline.curve_cycle(index) == frame.curve_cycle
        found = timeline.weights(index)
        assert all(np.array_equal(one, other) for one, other in zip(found, frame.weights, strict=True)), index
    assert kinds <= seen


def test_a_step_shows_the_recorded_activations(timeline: Timeline) -> None:
    for span, frame in frames_of(timeline, "step"):
        assert span.example is not None
        row = row_of(timeline, span.cycle, span.example)
        for shown, recorded in zip(frame.activations, timeline.recording.activations, strict=True):
            np.testing.assert_array_equal(shown, recorded[row])
        assert frame.error == timeline.recording.main_curve[span.cycle]


def test_weights_move_from_before_to_after_the_step(timeline: Timeline) -> None:
    for span in timeline.plan.spans:
        if span.kind != "step" or span.example is None:
            continue
        row = row_of(timeline, span.cycle, span.example)
        first, last = timeline.frame(span.start), timeline.frame(span.stop - 1)
        before, after = (timeline.recording.parameters_at(at).weights for at in (row, row + 1))
        for layer, recorded in enumerate(before):
            np.testing.assert_array_equal(first.weights[layer], recorded)
            change = after[layer] - recorded
            np.testing.assert_allclose(last.weights[layer], recorded + change, atol=0.02 * np.abs(change).max())


def test_nothing_jumps_between_neighbouring_frames(timeline: Timeline) -> None:
    """Weights, lights and the curve are continuous over the whole film, the borders of spans included."""
    largest = max(float(np.ptp(layer)) for layer in timeline.recording.weights)
    before = timeline.frame(0)
    for index in range(1, timeline.frame_count):
        frame = timeline.frame(index)
        for now, then in zip(frame.weights, before.weights, strict=True):
            assert np.abs(now - then).max() < 0.1 * largest, index
        assert np.abs(shown_light(frame) - shown_light(before)).max() < 0.55, index
        assert frame.curve_cycle >= before.curve_cycle
        before = frame


def test_a_neuron_lights_only_when_the_signal_has_come(timeline: Timeline) -> None:
    span = next(span for span in timeline.plan.spans if span.kind == "step")
    under_way: set[int] = set()
    for index in range(span.start, span.stop):
        frame = timeline.frame(index)
        for pulse in frame.pulses:
            if pulse.direction == "forward" and pulse.position < 0.8:
                under_way.add(pulse.layer)
                assert (frame.arrived[pulse.layer + 1] == 0).all()
                assert (frame.arrived[pulse.layer] > 0.2).all(), "it starts from a neuron that is lighting"
    assert under_way == {0, 1}


def test_pulses_carry_the_recorded_signal(timeline: Timeline) -> None:
    for _, frame in frames_of(timeline, "step"):
        for pulse in frame.pulses:
            if pulse.direction == "forward":
                flow = np.abs(frame.activations[pulse.layer][:, None] * frame.weights[pulse.layer])
                largest = max(
                    np.abs(a[:, None] * w).max() for a, w in zip(frame.activations, frame.weights, strict=False)
                )
                np.testing.assert_allclose(pulse.strength, flow / largest, atol=1e-12)


def test_the_error_goes_back_after_the_comparison(timeline: Timeline) -> None:
    span = next(span for span in timeline.plan.spans if span.kind == "step")
    directions = [pulse.direction for index in range(span.start, span.stop) for pulse in timeline.frame(index).pulses]
    assert directions == sorted(directions, reverse=True), "first forward, then backward"
    assert "backward" in directions
    backward = [
        index
        for index in range(span.start, span.stop)
        if any(p.direction == "backward" for p in timeline.frame(index).pulses)
    ]
    assert timeline.frame(backward[0]).compared > 0.9


def test_moves_run_along_recorded_values(timeline: Timeline) -> None:
    kept = in_rows(timeline.recording).weights[0]
    for span, frame in frames_of(timeline, "move"):
        assert span.from_cycle is not None
        assert span.from_cycle <= frame.cycle <= span.cycle
        distance = np.abs(kept - frame.weights[0]).max(axis=(1, 2)).min()
        steps = np.abs(np.diff(kept, axis=0)).max()
        assert distance <= steps


def test_rest_is_dark(timeline: Timeline) -> None:
    for span, frame in frames_of(timeline, "rest"):
        assert not light(frame).any()
        assert frame.example is None
        row = np.flatnonzero((timeline.recording.row_step == span.cycle) & (timeline.recording.probe == -1))[-1]
        np.testing.assert_array_equal(frame.weights[0], timeline.recording.parameters_at(row).weights[0])


def test_thinking_shows_the_forward_pass_of_the_trained_network(timeline: Timeline) -> None:
    _, frame = frames_of(timeline, "think")[-1]
    expected = timeline.recording.forward([1.0, 1.0, 0.0])
    for shown, computed in zip(frame.activations, expected, strict=True):
        np.testing.assert_array_equal(shown, computed)
    assert (light(frame) == 1).all()
    assert frame.compared == 1.0


def test_equal_keys_mean_equal_frames(timeline: Timeline) -> None:
    held = 0
    for index in range(1, timeline.frame_count):
        if timeline.key(index) == timeline.key(index - 1):
            held += 1
            now, before = timeline.frame(index), timeline.frame(index - 1)
            np.testing.assert_array_equal(light(now), light(before))
            assert now.compared == before.compared
            assert (now.card, now.presence) == (before.card, before.presence)
            np.testing.assert_array_equal(now.weights[0], before.weights[0])
            assert not now.pulses
    assert held > 50


def test_the_classic_style_holds_one_drawing_a_step() -> None:
    scene = short_scene(style="classic")
    timeline = make_timeline(make_plan(scene, None), train(scene), scene)
    keys = [timeline.key(index) for index in range(timeline.frame_count)]
    assert len(set(keys)) == len(timeline.plan.spans)
    assert not any(timeline.frame(index).pulses for index in range(0, timeline.frame_count, 7))


def one_layer(layers: int, **changes: object) -> Timeline:
    sizes = [3] + [4] * (layers - 1) + [1]
    scene = short_scene(network__layers=sizes, network__inputs=[], network__outputs=[], **changes)
    return make_timeline(make_plan(scene, Fraction(40)), train(scene), scene)


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_a_thought_is_held_only_when_all_of_it_has_come(layers: int) -> None:
    timeline = one_layer(layers)
    span = timeline.plan.spans[-1]
    keys = [timeline.key(index) for index in range(span.start, span.stop)]
    held = next(index for index in range(1, len(keys)) if keys[index] == keys[index - 1])
    frame = timeline.frame(span.start + held - 1)
    assert (light(frame) == 1).all()
    assert frame.compared == 1.0


@pytest.mark.parametrize("layers", [1, 3])
def test_the_classic_drawing_of_a_thought_is_fully_lit(layers: int) -> None:
    timeline = one_layer(layers, style="classic")
    assert (light(timeline.frame(timeline.frame_count - 1)) == 1).all()


@pytest.mark.parametrize("batch", [1, 3, "full"])
def test_weights_do_not_jump_where_a_cycle_presents_few_of_its_examples(batch: int | str) -> None:
    scene = short_scene(training__batch=batch, training__learning_rate=5)
    timeline = make_timeline(make_plan(scene, Fraction(12)), train(scene), scene)
    assert timeline.plan.examples_per_cycle < 7
    for span in timeline.plan.spans[1:]:
        then, now = timeline.frame(span.start - 1), timeline.frame(span.start)
        for before, after in zip(then.weights, now.weights, strict=True):
            assert np.abs(after - before).max() < 0.06 * np.abs(before).max(), span
    moved = [span for span in timeline.plan.spans if span.kind == "step" and _changes(timeline, span)]
    assert len(moved) >= len({span.cycle for span in moved}) == 4, "in every cycle the weights are seen to move"


def _changes(timeline: Timeline, span: Span) -> bool:
    first, last = timeline.frame(span.start), timeline.frame(span.stop - 1)
    return any((a != b).any() for a, b in zip(first.weights, last.weights, strict=True))


def test_the_printed_error_is_that_of_the_printed_cycle(timeline: Timeline) -> None:
    errors = dict(zip(timeline.recording.curve_step.tolist(), timeline.recording.main_curve.tolist(), strict=True))
    for _, frame in [*frames_of(timeline, "move"), *frames_of(timeline, "step")]:
        assert frame.error == errors[frame.cycle]


def test_a_resting_network_shows_the_error_its_weights_make() -> None:
    scene = short_scene(training__cycles=1, schedule={"cycles": [1]}, training__batch="full", training__learning_rate=5)
    recording = train(scene)
    timeline = make_timeline(make_plan(scene, Fraction(40)), recording, scene)
    examples = scene.data.examples
    wanted = np.mean([abs(recording.forward(e.inputs)[-1][0] - e.target[0]) for e in examples])
    assert timeline.frame(timeline.frame_count - 1).error == pytest.approx(wanted, abs=1e-15)
    assert abs(wanted - recording.main_curve[-1]) > 0.001


def test_between_steps_the_next_example_is_near_and_in_the_end_the_last(timeline: Timeline) -> None:
    spans = timeline.plan.spans
    for number, span in enumerate(spans):
        later = [after.example for after in spans[number:] if after.example is not None]
        wanted = later[0] if later else 6
        assert timeline.frame(span.start).near_example == wanted


def test_a_question_stands_before_its_answer_arrives(timeline: Timeline) -> None:
    """All but the answer is lit, and nothing moves, for most of a second and a half; less where the film is short."""
    fps = timeline.plan.fps
    frames = [frame for span, frame in frames_of(timeline, "think")]
    asked = [frame for frame in frames if frame.asked == 1]
    assert all(not frame.arrived[-1].any() for frame in asked)
    still = [frame for frame in asked if not frame.pulses and (frame.arrived[-2] == 1).all()]
    seconds = (timeline.plan.spans[-1].stop - timeline.plan.spans[-1].start) / fps
    answered = next(number for number, frame in enumerate(frames) if frame.compared == 1) / fps
    assert answered == pytest.approx(float(max(0.42 * seconds, seconds - 2.6)), abs=0.1)
    assert len(still) / fps >= 0.85 * 1.5 / 6.5 * answered / 0.87 - 0.2
    assert frames[-1].asked == 0 and frames[-1].compared == 1
    assert not any(frame.asked > 0 and (frame.arrived[-1] > 0.4).any() for frame in frames)


def test_only_thoughts_are_asked(timeline: Timeline) -> None:
    assert {frame.kind for index in range(timeline.frame_count) if (frame := timeline.frame(index)).asked} == {"think"}


def test_what_is_spoken_of_comes_forward_among_the_answers(recording: Recording, scene: Scene) -> None:
    event = Event("holdout", 20, numbers={"example": 5.0, "from": 4.0, "to": 60.0})
    plan = make_plan(scene, Fraction(30))
    start = next(span.start for span in plan.spans if span.kind == "step")
    cue = Cue(start, start + 90, "Only 1 1 1 resists.", event)
    timeline = make_timeline(replace(plan, cues=(cue,)), recording, scene)
    before, spoken = (timeline.frame(index).answers for index in (start - 5, start + 40))
    assert before is not None and (before.focus, before.named) == (0.0, ())
    assert spoken is not None and (spoken.focus, spoken.named) == (1.0, (5,))


def test_the_presented_row_says_what_the_output_does(timeline: Timeline) -> None:
    for span in timeline.plan.spans:
        if span.kind == "step":
            frame = timeline.frame(span.stop - 1)
            assert frame.answers is not None and frame.example is not None
            assert frame.answers.examples[frame.example] == pytest.approx(frame.activations[-1])


def test_a_situation_is_asked_anew_after_its_answer_has_gone(timeline: Timeline) -> None:
    (think,) = (span for span in timeline.plan.spans if span.kind == "think")
    rest = next(span for span in reversed(timeline.plan.spans) if span.kind == "rest")
    levels = [
        float(answers.asked[0])
        for index in (rest.start - 1, rest.start + 15, think.start + 1, think.stop - 1)
        if (answers := timeline.frame(index).answers) is not None
    ]
    assert levels == [1, 0, 0, 1]
