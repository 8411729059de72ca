"""The pace of a continuous morph: time follows what changes in the answers, smoothly, and no farther than it should."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import netviz
from netviz.pipeline.looks import Filmed
from netviz.pipeline.prepare import finish, prepare
from netviz.pipeline.validation import film_timeline
from netviz.recording.recording import Recording
from netviz.scene.scene import Scene
from netviz.timeline.interpolation import ContinuousMorph
from netviz.timeline.pace import EVEN, MOMENTS, RunChanges, paced
from netviz.timeline.plan import Plan, Span, make_plan
from netviz.timeline.sampled_answers import SIDE, answers_at, asked_inputs, domain_of
from netviz.timeline.side_by_side import SideBySide
from netviz.timeline.timeline import Timeline, make_timeline
from tests.recordings import in_rows, own_scene, with_parameters, with_parameters_in_rows

ACROSS = 60
"""Points of the plane, in each direction, at which films are measured: many more than the pace is found from."""


@cache
def recording_of(name: str) -> Recording:
    return netviz.record(netviz.load_scene(f"playground-{name}"))


def film_of(name: str, *, is_even: bool = False, **changes: Any) -> Timeline:
    """A bundled film of the plane, with its own run."""
    if is_even:
        changes["shots"] = [{"shot": "title"}, {"shot": "learning", "pace": "even"}, {"shot": "rest"}]
    scene = netviz.load_scene(f"playground-{name}", overrides=changes)
    timeline = finish(prepare(scene), recording_of(name)).timeline
    assert isinstance(timeline, Timeline)
    return timeline


def sweeps(plan: Plan) -> list[Span]:
    return [span for span in plan.spans if span.kind == "sweep"]


def morph_of(timeline: Timeline) -> ContinuousMorph:
    """The continuous morph of the one learning shot."""
    (morph,) = timeline._continuous_morphs.values()
    return morph


def answers(timeline: Timeline) -> NDArray[np.float64]:
    """The plane's answers (F, ACROSS^2) in every frame of the morph, from -1 to 1, as the boundary panel draws them."""
    recording, spans = timeline.recording, sweeps(timeline.plan)
    x1, x2 = (np.linspace(start, stop, ACROSS) for start, stop in domain_of(recording, timeline.scene))
    plane = np.stack(np.meshgrid(x1, x2), axis=-1).reshape(-1, 2)
    frames = [timeline.frame(index) for index in range(spans[0].start, spans[-1].stop)]
    shown = with_parameters(
        recording,
        tuple(np.stack([frame.weights[layer] for frame in frames]) for layer in range(len(recording.weights))),
        tuple(np.stack([frame.biases[layer] for frame in frames]) for layer in range(len(recording.biases))),
        moment=np.arange(len(frames)),
    )
    return np.stack([np.clip(shown.forward(plane, row)[-1][:, 0], -1, 1) for row in range(len(frames))])


def seconds_of(seen: NDArray[np.float64], fps: Fraction) -> NDArray[np.float64]:
    """The change in each second, from its first to its last frame; what is under four colours of 255 is none."""
    second = round(fps)
    changes = [np.abs(seen[first + second - 1] - seen[first]) for first in range(0, len(seen) - second + 1, second)]
    return np.array([np.where(change < 2 * 4 / 255, 0, change).mean() for change in changes])


@pytest.mark.parametrize("name", ["spiral", "quadrants", "circle", "line"])
def test_every_second_changes_about_as_much(name: str) -> None:
    timeline = film_of(name)
    seen = answers(timeline)
    seconds = seconds_of(seen, timeline.plan.fps)
    assert np.percentile(seconds, 90) <= 2.5 * np.median(seconds)
    each = np.abs(np.diff(seen, axis=0)).mean(axis=1)
    before, now, after = each[:-2], each[1:-1], each[2:]
    assert not ((now > np.median(each) / 10) & (now > 4 * before) & (now > 4 * after)).any(), "from frame to frame"


@pytest.mark.parametrize("name", ["quadrants", "line"])
def test_at_an_even_pace_they_would_not(name: str) -> None:
    timeline = film_of(name, is_even=True)
    seconds = seconds_of(answers(timeline), timeline.plan.fps)
    assert np.percentile(seconds, 90) > 4 * np.median(seconds)


@pytest.mark.parametrize("name", ["spiral", "quadrants", "circle", "line", "plane", "gauss-regression"])
def test_the_speed_does_not_jump_from_frame_to_frame(name: str) -> None:
    timeline = film_of(name)
    spans = sweeps(timeline.plan)
    cycles = [timeline.frame(index).curve_cycle for index in range(spans[0].start, spans[-1].stop)]
    speed = np.diff(cycles)
    assert cycles[-1] == spans[-1].cycle and (speed > 0).all()
    ramp = round(0.8 * timeline.plan.fps)
    ways = speed[1:] / speed[:-1]
    assert ways[2:-2].max() < 1.6 and ways[2:-2].min() > 1 / 1.6
    # Fewer frames a cycle would make the same ways steeper; in the ramps they are as steep as they were.
    assert speed[0] < 0.2 * speed[ramp] and speed[-1] < 0.2 * speed[-ramp]


@pytest.mark.parametrize("name", ["quadrants", "plane"])
def test_nothing_passes_faster_than_five_times_the_even_pace(name: str) -> None:
    timeline = film_of(name)
    spans = sweeps(timeline.plan)
    usual = (spans[-1].stop - spans[0].start) / len(spans)
    assert min(span.stop - span.start for span in spans) >= EVEN * usual - 1
    assert min(span.stop - span.start for span in spans) < 0.6 * usual


def test_shots_and_shown_cycles_stay() -> None:
    scene = netviz.load_scene("playground-quadrants")
    plan, new = make_plan(scene, Fraction(40)), film_of("quadrants").plan
    assert [(span.kind, span.cycle, span.from_cycle) for span in new.spans] == [
        (span.kind, span.cycle, span.from_cycle) for span in plan.spans
    ]
    assert all(before.stop == after.start for before, after in pairwise(new.spans))
    assert [span for span in new.spans if span.kind != "sweep"] == [span for span in plan.spans if span.kind != "sweep"]
    assert [span.stop for span in sweeps(new)] != [span.stop for span in sweeps(plan)]


@pytest.mark.parametrize("seconds", ["3.5", "4", "6", "9"])
def test_every_span_of_a_short_film_keeps_a_frame(seconds: str) -> None:
    scene = netviz.load_scene("playground-spiral", overrides={"duration": float(seconds)})
    plan = make_plan(scene, Fraction(seconds))
    new = paced(plan, recording_of("spiral"), scene)
    assert min(span.stop - span.start for span in new.spans) >= 1
    assert [span.cycle for span in new.spans] == [span.cycle for span in plan.spans]
    assert new.frame_count == new.spans[-1].stop == plan.frame_count


def test_an_even_pace_is_from_shown_cycle_to_shown_cycle() -> None:
    timeline = film_of("quadrants", is_even=True)
    recording = timeline.recording
    plan = make_plan(timeline.scene, timeline.scene.duration)
    assert paced(plan, recording, timeline.scene) is plan and timeline.plan.spans == plan.spans
    lengths = [span.stop - span.start for span in sweeps(plan)][2:-2]
    assert max(lengths) - min(lengths) <= 1
    assert len(morph_of(timeline).rows) == len(timeline.recording_index.kept_cycles)


def test_on_beats_everything_stays() -> None:
    scene = netviz.load_scene("playground-quadrants", overrides={"sync": {"bpm": 120}})
    recording = recording_of("quadrants")
    plan = prepare(scene).checked()
    assert plan.on_beats and paced(plan, recording, scene) is plan
    timeline = make_timeline(plan, recording, scene)
    rows = morph_of(timeline).rows
    assert len(rows) == len(timeline.recording_index.kept_cycles)
    third = sweeps(plan)[3]
    frame = timeline.frame(third.stop - 1)
    assert frame.curve_cycle == pytest.approx(third.cycle), "each beat's way is over at the next"


def test_weights_pass_through_recorded_ones_that_are_like_each_other() -> None:
    """Where the answers are thrown to and fro from cycle to cycle, the film does not follow each throw."""
    timeline = film_of("spiral")
    recording, morph = timeline.recording, morph_of(timeline)
    at_rest = np.flatnonzero(recording.probe < 0)
    assert set(morph.rows.tolist()) <= set(at_rest.tolist()), "recorded moments, and no others"
    inputs = asked_inputs(recording, timeline.scene, len(at_rest))
    late = (recording.row_step[at_rest] > 250) & (recording.row_step[at_rest] < 290)
    every, passed = at_rest[late], morph.rows[(morph.cycles > 250) & (morph.cycles < 290)]

    def path(rows: NDArray[np.int64]) -> float:
        seen = answers_at(recording, timeline.scene, rows, np.arange(float(len(rows))), inputs)
        return float(np.abs(np.diff(seen, axis=0)).mean(axis=(1, 2)).sum())

    assert path(passed) < 0.5 * path(every)


@pytest.mark.parametrize(("name", "steps"), [("line", True), ("plane", True), ("quadrants", False)])
def test_a_long_cycle_goes_through_its_steps_where_they_lead_on(name: str, steps: bool) -> None:
    timeline = film_of(name)
    recording, morph = timeline.recording, morph_of(timeline)
    within = np.flatnonzero(morph.cycles % 1 > 0)
    assert (len(within) > 10) == steps and (len(within) == 0) != steps
    assert (np.diff(morph.cycles) > 0).all() and (np.diff(morph.rows) > 0).all()
    for place in within:
        row, cycle = morph.rows[place], morph.cycles[place]
        assert recording.row_step[row] == np.ceil(cycle), "recorded in that cycle"
        done = recording.probe[row] / len(recording.probes.inputs)
        assert cycle == pytest.approx(recording.row_step[row] - 1 + done), "with the weights after so much of it"
    if not steps:
        return
    frames = range(sweeps(timeline.plan)[0].start, sweeps(timeline.plan)[-1].stop)
    index = min(frames, key=lambda index: abs(timeline.frame(index).curve_cycle - morph.cycles[within[3]]))
    frame = timeline.frame(index)
    before, after = (recording.parameters_at(morph.rows[within[place]]).weights[0] for place in (2, 4))
    assert (frame.weights[0] > np.minimum(before, after) - 0.05).all()
    assert (frame.weights[0] < np.maximum(before, after) + 0.05).all()


def test_the_course_of_a_run_is_measured_at_a_bounded_number_of_moments() -> None:
    recording = recording_of("spiral")
    scene = own_scene(recording)
    changes = RunChanges.of(recording, scene)
    assert len(changes.cycles) == len(changes.so_far) == len(changes.stops) == MOMENTS
    assert (changes.so_far[0], changes.so_far[-1]) == (0, pytest.approx(1)) and (np.diff(changes.so_far) >= 0).all()
    assert (changes.cycles[0], changes.cycles[-1], changes.stops[-1]) == (0, 600, pytest.approx(80))
    assert asked_inputs(recording, scene, 2000).shape == (SIDE**2, 7)
    assert len(asked_inputs(recording, scene, 20_000_000)) == 16, "of a large run or network fewer answers are asked"


def test_answers_between_two_kept_moments_are_those_of_the_weights_between() -> None:
    recording = recording_of("quadrants")
    scene = own_scene(recording)
    rows = np.flatnonzero(recording.probe < 0)
    inputs = asked_inputs(recording, scene, 100)
    (found,) = answers_at(recording, scene, rows, np.array([40.25]), inputs)
    before, after = (recording.moment[rows[[place]]] for place in (40, 41))
    between = with_parameters(
        recording,
        tuple(0.75 * layer[before] + 0.25 * layer[after] for layer in recording.weights),
        tuple(0.75 * layer[before] + 0.25 * layer[after] for layer in recording.biases),
        moment=np.array([0]),
    )
    np.testing.assert_allclose(found, np.clip(between.forward(inputs)[-1], -1, 1), atol=1e-12)


def digits(**changes: Any) -> Scene:
    """Five inputs, no plane: all examples together."""
    numbers = np.random.default_rng(7).uniform(-1, 1, (30, 5)).round(2)
    parts: dict[str, Any] = {
        "network": {"layers": [5, 4, 2], "activation": ["tanh", "softmax"], "bias": True},
        "data": {
            "examples": [{"inputs": row, "target": [float(row[0] > 0), float(row[0] <= 0)]} for row in numbers.tolist()]
        },
        "training": {"cycles": 60, "learning_rate": 0.5, "loss": "cross_entropy"},
        "schedule": {"frames": 20},
        "shots": [{"shot": "rest"}, {"shot": "learning", "examples": "together"}, {"shot": "rest"}],
    }
    return Scene.model_validate(parts | changes)


def test_without_a_plane_the_examples_are_asked() -> None:
    scene = digits()
    recording = netviz.record(scene)
    np.testing.assert_array_equal(asked_inputs(recording, scene, 100), recording.examples.given)
    plan = make_plan(scene, Fraction(20))
    new = paced(plan, recording, scene)
    lengths = [span.stop - span.start for span in sweeps(new)]
    assert max(lengths) > 3 * min(lengths) and sum(lengths) == sum(span.stop - span.start for span in sweeps(plan))


@pytest.mark.parametrize("number", [1e200, np.inf, np.nan])
def test_numbers_that_run_away_do_not_break_it(number: float) -> None:
    scene = digits()
    recording = netviz.record(scene)
    last = np.flatnonzero(recording.probe < 0)[-3:]

    def wild(layer: NDArray[np.float64]) -> NDArray[np.float64]:
        layer = layer.copy()
        layer[last] = number
        return layer

    error = recording.main_curve.copy()
    error[-1] = number
    weights, curves = [*map(wild, in_rows(recording).weights)], {**recording.curves, "error": error}
    runaway = with_parameters_in_rows(recording, weights=weights, curves=curves)
    with np.errstate(all="raise", under="ignore"):
        changes = RunChanges.of(runaway, scene)
    assert np.isfinite(changes.so_far).all() and np.isfinite(changes.cycles).all()
    assert (np.diff(changes.so_far) >= 0).all() and changes.so_far[-1] == pytest.approx(1)
    plan = make_plan(scene, Fraction(20))
    assert paced(plan, runaway, scene).frame_count == plan.frame_count


@pytest.mark.parametrize("cycles", [1, 2])
def test_a_run_of_a_cycle_or_two_and_one_in_which_nothing_changes(cycles: int) -> None:
    training = {"cycles": cycles, "learning_rate": 1e-300}
    scene = digits(training=training, schedule={"every": 1})
    recording = netviz.record(scene)
    plan = make_plan(scene, Fraction(10))
    timeline = make_timeline(paced(plan, recording, scene), recording, scene)
    found = [timeline.frame(index).curve_cycle for index in range(timeline.frame_count)]
    assert found[0] == 0 and found[-1] == cycles and (np.diff(found) >= 0).all()


def test_runs_side_by_side_are_at_the_same_cycle() -> None:
    rates = [{"set": {"training.learning_rate": rate}} for rate in (0.5, 0.02)]
    scene = digits(compare=rates)
    runs = netviz.compare(scene)
    plan = paced(make_plan(scene, Fraction(12)), runs.whole, own_scene(runs.whole))
    film = film_timeline(plan, Filmed(runs, scene))
    assert isinstance(film, SideBySide)
    alone = make_timeline(film.plan, runs.recordings[1], own_scene(runs.recordings[1]))
    different = 0
    for index in range(film.frame_count):
        first = film.frame(index)
        (second,) = first.beside
        assert first.curve_cycle == pytest.approx(second.curve_cycle, abs=1e-9) and first.cycle == second.cycle
        different += abs(alone.frame(index).curve_cycle - second.curve_cycle) > 0.1
    assert different > 20, "though the second would have a pace of its own"
