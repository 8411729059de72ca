"""Walks: every line in its order, with the recorded numbers behind it."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from netviz.recording import layers
from netviz.recording.recording import Recording
from netviz.scene.scene import Scene
from netviz.scene.shots import WalkShot
from netviz.timeline.frame import Frame
from netviz.timeline.moments import frame_at
from netviz.timeline.plan import Span, make_plan
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.timeline.worked_example import natural_seconds, worked_example_steps, worked_example_timing
from netviz.training.trainer import train

FORWARD: dict[str, Any] = {"shot": "walk", "example": 2}
BACKWARD: dict[str, Any] = {"shot": "walk", "example": 2, "backward": True}
REST, LEARNING = {"shot": "rest"}, {"shot": "learning"}


def scene_of(*shots: dict[str, Any], **changes: Any) -> Scene:
    parts: dict[str, Any] = {
        "network": {"layers": [2, 3, 2], "bias": True},
        "data": {
            "examples": [
                {"inputs": [0.05, 0.1], "target": [0.01, 0.99]},
                {"inputs": [1, -2], "target": [1, 0]},
                {"inputs": [-1, 0.5], "target": [0, 1]},
            ]
        },
        "training": {"cycles": 40, "learning_rate": 2},
        "schedule": {"cycles": [1, 3, 10]},
        "shots": shots,
    }
    return Scene.model_validate(parts | changes)


def film(scene: Scene, seconds: int | None = None) -> Timeline:
    return make_timeline(make_plan(scene, None if seconds is None else Fraction(seconds)), train(scene), scene)


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return film(scene_of(REST, BACKWARD, REST, LEARNING))


def walk_of(timeline: Timeline) -> tuple[Span, list[Frame]]:
    span = next(span for span in timeline.plan.spans if span.kind == "walk")
    return span, [timeline.frame(index) for index in range(span.start, span.stop)]


def row_of(recording: Recording, cycle: int, example: int) -> int:
    return int(np.flatnonzero((recording.row_step == cycle) & (recording.probe == example))[-1])


def test_a_walk_is_one_span_of_its_natural_length(timeline: Timeline) -> None:
    scene = timeline.scene
    shot = scene.shots[1]
    assert isinstance(shot, WalkShot)
    span, _ = walk_of(timeline)
    assert (span.cycle, span.example, span.stop - span.start) == (1, 1, round(natural_seconds(scene, shot) * 30))


def test_lines_appear_in_their_order_and_stay(timeline: Timeline) -> None:
    scene, (span, frames) = timeline.scene, walk_of(timeline)
    shot = scene.shots[1]
    assert isinstance(shot, WalkShot)
    told = np.array([frame.visible for frame in frames])
    assert told.shape == (span.stop - span.start, len(worked_example_steps(scene, shot)))
    full = [int(np.flatnonzero(column == 1)[0]) for column in told.T]
    assert full == sorted(full)
    for number, column in enumerate(told.T):
        begun = int(np.flatnonzero(column > 0)[0])
        assert 8 <= full[number] - begun <= 12, "it rises in about 0.35 s"
        assert (column[full[number] : -12] == 1).all()
        assert number == 0 or begun > full[number - 1], "one after the other"
    assert told[-1].max() < 0.01, "another shot follows"


def test_each_neuron_lights_as_its_activation_is_told_and_is_spoken_of(timeline: Timeline) -> None:
    scene, (_, frames) = timeline.scene, walk_of(timeline)
    shot = scene.shots[1]
    assert isinstance(shot, WalkShot)
    told = np.array([frame.visible for frame in frames])
    for number, line in enumerate(worked_example_steps(scene, shot)):
        begun = int(np.flatnonzero(told[:, number] > 0)[0])
        now, before, later = frames[begun], frames[begun - 1], frames[begun + 12]
        if line.kind in ("sum", "activation", "delta", "gradient"):
            assert now.highlighted == later.highlighted == (line.layer + 1, line.neuron)
        else:
            assert now.highlighted is None
        if line.kind == "activation":
            assert before.arrived[line.layer + 1][line.neuron] == 0 < now.arrived[line.layer + 1][line.neuron]
            assert later.arrived[line.layer + 1][line.neuron] == 1
            assert (later.arrived[line.layer + 1][line.neuron + 1 : 3] == 0).all(), "one after the other"
        if line.kind == "matrix":
            assert (now.carried[line.layer] > 0).any(), "the signal has come through"
            assert not now.arrived[line.layer + 1].any()
            assert (now.arrived[line.layer] == 1).all()
        if line.kind == "error":
            assert before.compared == 0 < now.compared
            assert now.target is not None
        if line.kind == "delta":
            assert (now.error_signal[1][:3] > 0).all(), "the error has come back"
            assert (now.error_signal[2] > 0).all()


def test_signals_go_through_a_layer_before_its_matrix_is_told_and_errors_back_before_their_sum(
    timeline: Timeline,
) -> None:
    order = []
    for frame in walk_of(timeline)[1]:
        for pulse in frame.pulses:
            if not order or order[-1][:2] != (pulse.direction, pulse.layer):
                order.append((pulse.direction, pulse.layer, sum(level > 0 for level in frame.visible)))
    there, back = [("forward", 0, 0), ("forward", 1, 7)], [("backward", 1, 13), ("backward", 0, 13)]
    assert order == [*there, *back, ("backward", 1, 15)], "along the worked weight's synapse with its gradient"


def test_in_the_line_of_the_gradient_the_error_goes_back_along_its_synapse_alone(timeline: Timeline) -> None:
    frames = [frame for frame in walk_of(timeline)[1] if frame.visible[14] == 1 and frame.visible[15] == 0]
    pulses = [pulse for frame in frames for pulse in frame.pulses]
    assert len(pulses) > 20
    for pulse in pulses:
        assert pulse.layer == 1
        assert [tuple(where) for where in np.argwhere(pulse.strength)] == [(0, 0)]
    positions = [pulse.position for pulse in pulses]
    assert positions == sorted(positions)
    whole = next(
        pulse for frame in walk_of(timeline)[1] for pulse in frame.pulses
        if pulse.direction == "backward" and np.count_nonzero(pulse.strength) > 1
    )  # fmt: skip
    assert pulses[0].strength[0, 0] == whole.strength[0, 0], "as strong as in the whole way back"


def test_terms_are_lit_while_their_line_is_worked_out(timeline: Timeline) -> None:
    frames = walk_of(timeline)[1]
    levels = np.array([frame.terms for frame in frames])
    visible = np.array([frame.visible for frame in frames])
    assert levels.shape == visible.shape
    assert levels.max(axis=0).min() == 1, "of every line"
    assert levels.sum(axis=1).max() <= 1 + 1e-9, "one line's at a time"
    for line, (lit, shown) in enumerate(zip(levels.T, visible.T, strict=True)):
        assert lit[: np.flatnonzero(shown > 0)[0]].max(initial=0.0) == 0, line
        if line + 1 < len(levels.T):
            assert lit[visible[:, line + 1] == 1].max(initial=0.0) == 0, line
    for frame in frames:
        if any(
            len(pulse.strength) and np.count_nonzero(pulse.strength) > 1 and pulse.position > 0.5
            for pulse in frame.pulses
        ):
            assert not any(frame.terms), "signals go through a whole layer in full light"


def test_a_walk_shows_the_recorded_numbers_and_they_add_up(timeline: Timeline) -> None:
    recording = timeline.recording
    row = row_of(recording, 1, 1)
    update = worked_example_timing(timeline.scene, timeline.scene.shots[1], Fraction(50), True)  # type: ignore[arg-type]
    assert update.update is not None
    for frame in walk_of(timeline)[1]:
        assert (frame.row, frame.row_after, frame.cycle, frame.example) == (row, row + 1, 1, 1)
        assert frame.point == (1.0, -2.0)
        np.testing.assert_array_equal(frame.inputs, [1, -2])
        np.testing.assert_array_equal(frame.activations[1][:3], recording.activations[1][row])
        np.testing.assert_array_equal(frame.activations[2], recording.activations[2][row])
        if frame.visible[12] == 1 and frame.visible[15] == 0:
            np.testing.assert_array_equal(frame.weights[0][:-1], recording.parameters_at(row).weights[0])
            for layer in range(2):
                sums = frame.activations[layer] @ frame.weights[layer]
                there = frame.activations[layer + 1][: len(sums)]
                np.testing.assert_allclose(there, layers.activate("sigmoid", sums), atol=1e-14)


def test_the_drawn_change_of_every_weight_is_the_recorded_one(timeline: Timeline) -> None:
    recording, (_, frames) = timeline.recording, walk_of(timeline)
    row = row_of(recording, 1, 1)
    # Frames before and after the update is told.
    told = np.array([frame.visible for frame in frames])
    first, last = np.flatnonzero(told[:, 15] > 0)[0] - 1, np.flatnonzero(told[:, 16] > 0)[0]
    before, after = (recording.parameters_at(at) for at in (row, row + 1))
    for layer in range(2):
        drawn = frames[last].weights[layer] - frames[first].weights[layer]
        np.testing.assert_array_equal(drawn[:-1], after.weights[layer] - before.weights[layer])
        np.testing.assert_array_equal(drawn[-1], after.biases[layer] - before.biases[layer])
        np.testing.assert_array_equal(frames[last].biases[layer], after.biases[layer])
        moving = frames[(first + last) // 2].change[layer]
        np.testing.assert_array_equal(np.sign(moving), np.sign(drawn))
        assert not frames[first].change[layer].any()
        assert not frames[last + 3].change[layer].any()
    flash = frames[(first + last) // 2].change
    assert max(np.abs(layer).max() for layer in flash) > 0.9


def test_errors_shown_going_back_are_the_finite_differences_of_the_loss(timeline: Timeline) -> None:
    """Blame is the square root of |dE/d sum|, relative to the largest of the step and to how wrong the answer is."""
    recording = timeline.recording
    row = row_of(recording, 1, 1)
    weights, biases = recording.parameters_at(row)
    target, step = recording.targets[row], 1e-6

    def loss(layer: int, neuron: int, nudge: float) -> float:
        nudged = [bias.copy() for bias in biases]
        nudged[layer][neuron] += nudge
        out = layers.forward(weights, nudged, ("sigmoid", "sigmoid"), recording.activations[0][row])[-1]
        return float(((target - out) ** 2).sum() / 2)

    slopes = [
        np.array([(loss(layer, j, step) - loss(layer, j, -step)) / (2 * step) for j in range(size)])
        for layer, size in enumerate((3, 2))
    ]
    for told, known in zip(recording.deltas(row), slopes, strict=True):
        np.testing.assert_allclose(told, known, atol=1e-9)
    shown = next(frame for frame in walk_of(timeline)[1] if frame.visible[13] == 1)
    wrong = np.abs(target - recording.activations[2][row]).max()
    most = max(np.abs(layer).max() for layer in slopes)
    for error_signal, slope in zip((shown.error_signal[1][:3], shown.error_signal[2]), slopes, strict=True):
        np.testing.assert_allclose(error_signal, np.sqrt(wrong * np.abs(slope) / most), atol=1e-6)
    assert not shown.error_signal[0].any()
    assert shown.error_signal[1][3] == 0, "a bias node has no error"


def test_nothing_jumps_and_frames_with_equal_keys_are_equal(timeline: Timeline) -> None:
    span, frames = walk_of(timeline)
    alike = 0
    for index, (then, now) in enumerate(pairwise(frames), span.start):
        for a, b in zip(then.arrived, now.arrived, strict=True):
            assert np.abs(a - b).max() < 0.3
        for a, b in zip(then.weights, now.weights, strict=True):
            assert np.abs(a - b).max() < 0.1
        if timeline.key(index) == timeline.key(index + 1):
            alike += 1
            assert not then.pulses
            assert not now.pulses
            assert (then.visible, then.highlighted, then.compared, then.presented) == (
                now.visible, now.highlighted, now.compared, now.presented,
            )  # fmt: skip
            for name in ("weights", "biases", "arrived", "carried", "error_signal", "change"):
                for a, b in zip(getattr(then, name), getattr(now, name), strict=True):
                    np.testing.assert_array_equal(a, b)
        else:
            assert then.key != now.key
    assert alike > 0.55 * len(frames), "most of a walk is reading time"


def test_keys_of_a_walk_do_not_return(timeline: Timeline) -> None:
    span, _ = walk_of(timeline)
    keys = [timeline.key(index) for index in range(span.start, span.stop)]
    runs = 1 + sum(a != b for a, b in pairwise(keys))
    assert len(set(keys)) == runs


def test_the_lights_go_out_before_the_lines_do(timeline: Timeline) -> None:
    _, frames = walk_of(timeline)
    assert frames[-25].arrived[1][0] == 1
    assert frames[-13].arrived[1][0] < 0.6
    assert frames[-13].visible[0] == 1
    assert frames[-1].visible[0] < 0.01 > frames[-1].arrived[1][0]


def test_a_walk_that_ends_the_film_stays_lit() -> None:
    frame = walk_of(film(scene_of(LEARNING, FORWARD)))[1][-1]
    assert frame.visible == (1.0,) * 13
    assert all((layer == 1).all() for layer in frame.arrived)


def test_a_forward_walk_learns_nothing_and_leaves_the_film_where_it_was() -> None:
    timeline = film(scene_of(REST, FORWARD | {"cycle": 3}, REST, LEARNING))
    _, frames = walk_of(timeline)
    assert len(frames[0].visible) == 13
    for frame in frames[20:]:
        assert (frame.row_after, frame.cycle) == (None, 3)
        assert not any(pulse.direction == "backward" for pulse in frame.pulses)
        assert not any(layer.any() for layer in (*frame.change, *frame.error_signal))
        np.testing.assert_array_equal(frame.weights[0], frames[-1].weights[0])
    ways = [(span.kind, span.from_cycle, span.cycle) for span in timeline.plan.spans if span.kind in ("rest", "move")]
    assert ways == [
        ("rest", None, 0),
        ("rest", None, 0),
        ("move", 0, 1),
        ("move", 1, 3),
        ("move", 3, 10),
        ("move", 10, 40),
    ]


@pytest.mark.parametrize("rest", [(), (REST,)])
def test_after_a_backward_walk_learning_goes_on_from_there(rest: tuple[dict[str, Any], ...]) -> None:
    timeline = film(scene_of(REST, BACKWARD | {"cycle": 3}, *rest, LEARNING))
    spans = timeline.plan.spans
    moves = [(span.from_cycle, span.cycle) for span in spans if span.kind == "move"]
    assert moves == [(3, 10), (10, 40)]
    assert {span.cycle for span in spans if span.kind == "step"} == {10}
    assert [span.cycle for span in spans if span.kind == "rest"] == [0, 3][: 1 + len(rest)]
    number = next(number for number, span in enumerate(spans) if span.kind == "walk")
    last, following = timeline.frame(spans[number].stop - 1), timeline.frame(spans[number + 1].start)
    after = row_of(timeline.recording, 3, 2)
    np.testing.assert_array_equal(last.weights[0][:-1], timeline.recording.parameters_at(after).weights[0])
    np.testing.assert_array_equal(following.weights[0], last.weights[0])


def test_after_a_walk_in_the_last_shown_cycle_learning_leads_to_the_end_of_training() -> None:
    timeline = film(scene_of(BACKWARD | {"cycle": 10}, LEARNING))
    move = timeline.plan.spans[-1]
    assert (move.kind, move.from_cycle, move.cycle) == ("move", 10, 40)
    np.testing.assert_allclose(
        timeline.frame(timeline.frame_count - 1).weights[0][:-1],
        timeline.recording.parameters_at(-1).weights[0],
        atol=0.01,
    )


def test_after_a_walk_in_the_last_cycle_there_is_nothing_left_to_move_through() -> None:
    scene = scene_of(
        BACKWARD | {"example": 1}, LEARNING, {"shot": "rest"},
        training={"cycles": 1}, schedule={"cycles": [1]}, data={"examples": [{"inputs": [1, 2], "target": [0, 1]}]},
    )  # fmt: skip
    timeline = film(scene)
    end = timeline.frame(timeline.frame_count - 1)
    for index in range(timeline.plan.spans[0].stop - 1, timeline.frame_count, 5):
        np.testing.assert_array_equal(timeline.frame(index).weights[0], end.weights[0])


def test_a_walk_through_swept_points_is_gone_on_from_too() -> None:
    scene = scene_of(BACKWARD | {"cycle": 3}, LEARNING | {"examples": "together"})
    timeline = film(scene, 30)
    ways = [(span.from_cycle, span.cycle) for span in timeline.plan.spans if span.kind == "sweep"]
    assert ways == [(3, 10), (10, 40)]
    start = timeline.plan.spans[0].stop
    for index in range(start - 3, start + 40):
        then, now = timeline.frame(index), timeline.frame(index + 1)
        assert max(np.abs(a - b).max() for a, b in zip(then.weights, now.weights, strict=True)) < 0.15
        assert now.curve_cycle >= then.curve_cycle


@pytest.mark.parametrize(("example", "following"), [(1, 1), (2, 2), (3, -1)])
def test_a_walks_update_leads_to_the_weights_of_the_next_example(example: int, following: int) -> None:
    timeline = film(scene_of(BACKWARD | {"example": example}, LEARNING))
    assert timeline.frame(30).row_after == row_of(timeline.recording, 1, following)


def test_a_walk_after_learning_goes_back_to_its_cycle() -> None:
    timeline = film(scene_of(LEARNING, BACKWARD | {"cycle": 3}, REST))
    frame = walk_of(timeline)[1][200]
    assert (frame.cycle, frame.row) == (3, row_of(timeline.recording, 3, 1))
    assert timeline.plan.spans[-1].cycle == 40
    before = timeline.frame(timeline.plan.spans[-2].start - 1)
    np.testing.assert_allclose(walk_of(timeline)[1][0].weights[0], before.weights[0], atol=0.01)


@pytest.mark.parametrize("seconds", [20, 60, 300])
def test_walks_take_their_time_but_leave_learning_its_third(seconds: int) -> None:
    scene = scene_of({"shot": "title"}, BACKWARD, REST, LEARNING, {"shot": "think", "inputs": [1, 1]}, FORWARD)
    plan = make_plan(scene, Fraction(seconds))
    natural = sum(natural_seconds(scene, shot) for shot in scene.shots if isinstance(shot, WalkShot))
    walked = sum(span.stop - span.start for span in plan.spans if span.kind == "walk") / 30
    assert walked == pytest.approx(min(float(natural), 0.65 * seconds), abs=0.05)
    assert plan.frame_count == 30 * seconds
    learned = sum(span.stop - span.start for span in plan.spans if span.kind in ("step", "move")) / 30
    assert learned >= 0.55 * (seconds - walked) - 0.1


def test_a_walks_share_is_obeyed() -> None:
    plan = make_plan(scene_of(REST, BACKWARD | {"share": 0.8}, LEARNING), Fraction(50))
    assert plan.spans[1].stop - plan.spans[1].start == 1200
    assert plan.frame_count == 1500


def test_what_a_walk_is_given_counts_for_what_all_may_take() -> None:
    plan = make_plan(scene_of(FORWARD | {"share": 0.55}, BACKWARD, LEARNING), Fraction(60))
    given, free = (span.stop - span.start for span in plan.spans if span.kind == "walk")
    assert (given, free) == (990, 180)


@pytest.mark.parametrize("shots", [(FORWARD,), ({"shot": "title"}, BACKWARD, REST)])
def test_a_film_without_learning_is_filled_by_its_walk(shots: tuple[dict[str, Any], ...]) -> None:
    plan = make_plan(scene_of(*shots, title="A walk"), Fraction(100))
    walked = next(span.stop - span.start for span in plan.spans if span.kind == "walk")
    assert plan.spans[-1].stop == 3000
    assert walked > 0.65 * 3000


def test_the_captions_say_what_is_worked_through(timeline: Timeline) -> None:
    assert walk_of(timeline)[1][50].caption == "Working through example 2: 1 -2"
    assert timeline.frame(0).caption == "Before training: every weight is random."
    own = film(scene_of(FORWARD | {"caption": "Look"}, LEARNING))
    assert own.frame(50).caption == "Look"
    swept = film(scene_of(FORWARD, LEARNING | {"examples": "together"}, {"shot": "think", "inputs": [1.5, -2]}))
    assert swept.frame(50).caption == "Working through example 2: (1, -2)"
    assert swept.frame(swept.frame_count - 1).caption == "A new point: (1.5, -2)"


@pytest.mark.parametrize(
    ("weights", "told"),
    [("zero", "every weight is zero"), ("he", "every weight is random")],
)
def test_the_caption_before_training_says_what_the_first_weights_are(weights: str, told: str) -> None:
    training = {"cycles": 40, "initial_weights": weights}
    assert film(scene_of(REST, LEARNING, training=training)).frame(3).caption == f"Before training: {told}."


def test_a_walk_is_found_by_its_cycle(timeline: Timeline) -> None:
    frame = timeline.frame(frame_at(timeline.plan, "cycle:1"))
    assert frame.kind == "walk"
    assert frame.visible == (1.0,) * 17
    assert timeline.frame(frame_at(timeline.plan, "cycle:3")).kind == "step"


def test_the_next_example_is_near(timeline: Timeline) -> None:
    assert [timeline.frame(index).near_example for index in (0, 100)] == [1, 1]


def test_a_frame_of_a_walk_stands_alone(timeline: Timeline) -> None:
    index = timeline.plan.spans[1].start + 333
    alone = make_timeline(timeline.plan, timeline.recording, timeline.scene).frame(index)
    known = timeline.frame(index)
    assert alone.visible == known.visible
    for a, b in zip((*alone.weights, *alone.arrived), (*known.weights, *known.arrived), strict=True):
        np.testing.assert_array_equal(a, b)
