"""Films of runs that netviz did not train: what they can be made of, and how what cannot be filmed is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.drawing.panels.counters import counters
from netviz.drawing.renderer import Renderer
from netviz.errors import NetvizWarning
from netviz.pipeline.looks import filmed
from netviz.pipeline.prepare import finish, prepare
from netviz.recording.event import Event
from netviz.recording.recording import finite_part
from netviz.story.chapters import chapters
from netviz.story.wording import event_texts
from netviz.timeline.timeline import Timeline
from netviz.web.transcript import passages, summary_of
from tests.conftest import short_scene
from tests.recording.recorders import refused

SMALL = {"output": {"size": "320x180"}}
STEPS = 12


def recorded(sizes: tuple[int, ...] = (2, 3, 1), *, first: int = 0, stride: int = 1, **curves: Any) -> Any:
    """A run of small random steps, whose curves are functions of their number."""
    random = np.random.default_rng(3)
    probes, targets = random.normal(size=(4, sizes[0])), np.array([0.0, 1.0, 1.0, 0.0])
    weights = [random.normal(size=pair) for pair in pairwise(sizes)]
    activations = ["tanh"] * (len(sizes) - 2) + ["sigmoid"]
    rec = netviz.Recorder(list(sizes), activations, probes, targets, loss="squared_error")
    values = {"loss": lambda step: 1 / (1 + step)} | curves
    for step in range(STEPS):
        now = {name: value(step) for name, value in values.items()}
        rec.snap(weights=weights, step=first + stride * step, **now)
        weights = [each + random.normal(0, 0.1, each.shape) for each in weights]
    return rec.recording()


def is_drawn(source: Any, look: dict[str, Any] | None = None) -> bool:
    """Whether the beginning, the middle and the end of its film can be drawn."""
    pictures = [netviz.still(source, at, look=SMALL | (look or {})) for at in ("start", "50%", "end")]
    return all(picture.shape == (180, 320, 3) for picture in pictures)


def test_what_a_film_has_no_room_for_is_said_at_the_line_that_asks_for_it(tmp_path: Path) -> None:
    look = {"duration": 3, "output": {"size": "256x144", "fps": 5}}
    with pytest.warns(netviz.NetvizWarning, match="have room for") as caught:
        netviz.render(recorded((3, 3, 1)), tmp_path / "run.mp4", look=look)
    assert {Path(each.filename).name for each in caught} == {Path(__file__).name}


# Numbers that other people's runs have.


@pytest.mark.parametrize(("first", "stride"), [(7, 3), (2**33, 1), (0, 2**40)])
def test_steps_may_be_larger_than_netviz_would_train(first: int, stride: int) -> None:
    run = recorded(first=first, stride=stride)
    plan = netviz.plan(run)
    assert {span.cycle for span in plan.spans} == {first, *run.step.tolist()}
    assert is_drawn(run)
    assert is_drawn(netviz.compare({"one": run, "other": recorded((2, 4, 1), first=first, stride=stride)}))


@pytest.mark.parametrize("loss", [lambda step: -step, lambda step: -2.0, lambda step: 1.0 - step, lambda step: 0.0])
def test_a_loss_may_be_negative(loss: Any) -> None:
    run = recorded(loss=loss)
    assert not [event for event in netviz.events(run) if event.kind == "plateau" and loss(1) < 0]
    assert is_drawn(run)


def test_a_moment_whose_loss_is_no_number_is_left_out() -> None:
    with pytest.warns(NetvizWarning, match="step 11: training diverged, loss is not finite"):
        run = recorded(loss=lambda step: 1.0 if step < STEPS - 1 else np.nan)
    part = finite_part(run)
    assert part.step.tolist() == [*range(STEPS - 1)] and part.diverged_at == STEPS - 1
    assert all(np.isfinite(curve).all() for curve in part.curves.values())
    assert netviz.events(run)
    with pytest.warns(NetvizWarning, match="diverged in step 11: the loss left the range"):
        assert is_drawn(run)


# Looks.


@pytest.mark.parametrize("frames", [0, -1, True, "some", 1.5])
def test_steps_to_be_shown_are_a_whole_number(frames: Any) -> None:
    for source in (recorded(), netviz.compare({"a": recorded(), "b": recorded()})):
        (line,) = refused(netviz.plan, source, frames=frames)
        assert line == f"frames: expected a whole number from 1: how many of the kept steps to show; got {frames}"


@pytest.mark.parametrize("look", [5, [], b"look.yaml", {"title"}])
def test_a_look_is_a_mapping_or_a_file(look: Any) -> None:
    (line,) = refused(netviz.plan, recorded(), look=look)
    assert line.startswith("look: expected a mapping of keys to values, or the name of a file with them, got ")


@pytest.mark.parametrize("key", ["training.learning_rate", "network.activation", "data.noise", "output.size"])
def test_dots_in_a_key_of_a_look_lead_nowhere(key: str, tmp_path: Path) -> None:
    (line,) = refused(netviz.plan, recorded(), look={key: 3})
    assert line.startswith(f"look: '{key}': unknown key; a key within another is written in its mapping")
    (tmp_path / "look.yaml").write_text(f"title: A\n{key}: 3\n")
    (line,) = refused(netviz.plan, recorded(), look=tmp_path / "look.yaml")
    assert line.startswith(f"{tmp_path / 'look.yaml'}:2:1: '{key}': unknown key")


def test_a_run_with_its_scene_takes_no_other_look() -> None:
    film = filmed(recorded())
    assert netviz.plan(film).spans
    assert refused(netviz.plan, film, look={"title": "A"})[0].startswith("look: the run is given with the scene")
    assert refused(netviz.plan, film, frames=3)[0].startswith("frames: the run is given with the scene")


@pytest.mark.parametrize(
    ("look", "message"),
    [
        ({"title": 5}, "the recording: title: expected text"),
        ({"network": 5}, "the look in the recording: network: expected a mapping"),
        ({"network": [1]}, "the look in the recording: network: expected a mapping"),
        ([1], "the look in the recording: expected a mapping"),
        ({"training": {}}, "the look in the recording: training: a look says how a film looks"),
        ({"captions": [{"text": "x"}] * 50_001}, "the look in the recording: more than 100,000 values, the most that"),
        ({"shots": [{"shot": "rest"}] * 501}, "the recording: shots: expected a list of 1 to 500 mappings"),
    ],
)
def test_a_stored_look_that_is_wrong_is_refused(look: Any, message: str) -> None:
    (line,) = refused(netviz.plan, replace(recorded(), look=look))
    assert line.startswith(message)


# What is no source, or cannot stand side by side.


@pytest.mark.parametrize("source", [5, None, "run.npz", Path("run.npz"), [1]])
def test_what_is_no_source_of_a_film_is_refused(source: Any) -> None:
    for call in (netviz.plan, netviz.still, netviz.animate, netviz.events):
        (line,) = refused(call, source)
        assert line.startswith(f"source: expected a scene, a recording or a recorder, got {type(source).__name__}")
    (line,) = refused(netviz.events, short_scene())
    assert line == "source: expected a recording or a recorder, got a scene; train it with record"


def test_only_recordings_are_put_side_by_side() -> None:
    run = recorded()
    for wrong in (5, None, [run, run], run):
        assert refused(netviz.compare, wrong)[0].startswith("compare: expected a scene that compares runs, or recordi")
    assert refused(netviz.compare, {}) == ["compare: 0 given; 2 to 4 recordings can stand side by side"]
    assert refused(netviz.compare, {"a": run, "b": "b.npz"}) == [
        "compare: b: expected a recording or a recorder, got str"
    ]


def test_a_run_beside_others_that_diverged_without_saying_so_is_seen_to() -> None:
    """Writers in other languages need not say that their last moment is not finite."""
    run = recorded()
    weights = [{role: array.copy() for role, array in roles.items()} for roles in run.parameters]
    weights[1]["weights"][-1] = np.nan
    silent = replace(run, parameters=tuple(weights))
    assert silent.is_complete
    comparison = netviz.compare({"whole": run, "not": silent})
    assert comparison.diverged == (None, STEPS - 1) and comparison.whole is comparison.recordings[0]
    assert is_drawn(comparison)
    (line,) = refused(netviz.compare, {"a": silent, "b": silent})
    assert line == "the recordings: all of them broke off, so there is nothing to compare"


def test_runs_of_a_scene_with_a_story_stand_side_by_side_without_it() -> None:
    """A story is of one run."""
    runs = {str(seed): netviz.record(short_scene(story="auto", training__seed=seed)) for seed in (1, 2)}
    assert all(run.look is not None and run.look["story"] for run in runs.values())
    comparison = netviz.compare(runs)
    assert netviz.plan(comparison).cues == ()
    assert is_drawn(comparison)


# Events.


def test_events_of_a_curve_say_between_which_points_they_lie() -> None:
    """Moments are ten steps apart, from step 500 on, and nearly all of the loss is gone in the second."""
    run = recorded(first=500, stride=10, loss=lambda step: 0.01 ** min(step, 2))
    halved, slows = (event for event in netviz.events(run) if event.kind in ("halved", "slows"))
    assert (halved.cycle, halved.numbers["since"]) == (510, 500.0)
    assert (slows.cycle, slows.numbers["since"]) == (510, 500.0)
    assert slows.numbers["cycles"] == pytest.approx(1 / 11)


@pytest.mark.parametrize(
    ("curves", "found"),
    [
        ({"accuracy": lambda step: step / 11}, (11, 0.99, 0.0)),
        ({"accuracy": lambda step: step / 11, "test_accuracy": lambda step: 0.93 * step / 11}, (11, 0.9, 1.0)),
        ({"accuracy": lambda step: 1.0, "val_acc": lambda step: 0.5}, None),
        ({"accuracy": lambda step: 90.0 + step}, None),
    ],
)
def test_a_recorded_accuracy_is_told_of_that_in_testing_first(curves: dict[str, Any], found: Any) -> None:
    events = [event for event in netviz.events(recorded(**curves)) if event.kind == "accurate"]
    assert [(each.cycle, each.numbers["share"], each.numbers["test"]) for each in events] == ([found] if found else [])
    assert all("examples" not in each.numbers for each in events)
    if found:
        of_test = "test accuracy" if found[2] else "accuracy"
        text = event_texts(filmed(recorded(**curves)).scene, events[0], shown=found[0])[0]
        assert text == f"Its {of_test} has reached {100 * found[1]:.0f}%."


def test_that_one_pixel_or_neuron_of_many_falls_silent_is_no_news() -> None:
    for sizes, told in (((4, 3, 1), True), ((64, 60, 1), False)):
        shown = filmed(recorded(sizes))
        film = finish(prepare(shown), shown.recorded).timeline
        assert isinstance(film, Timeline)
        events = (Event("dead", 4, neuron=(1, 2)), Event("withers", 5, neuron=(0, 1)), Event("halved", 6))
        kinds = {chapter.kind for chapter in chapters(film, events)}
        assert {"dead", "withers", "halved"} & kinds == ({"dead", "withers", "halved"} if told else {"halved"})


def test_events_of_a_curve_with_every_step_say_no_more_than_the_step() -> None:
    run = recorded(loss=lambda step: 0.01 ** min(step, 2))
    assert [event for event in netviz.events(run) if event.kind in ("halved", "slows")]
    assert all("since" not in event.numbers for event in netviz.events(run) if event.kind in ("halved", "slows"))


@pytest.mark.parametrize("given", ["accuracy", "test_loss", None])
def test_only_an_error_or_a_loss_is_followed(given: str | None) -> None:
    """Of another curve nothing is said that is true of a loss; a run without any has no panel of curves."""
    recorder = netviz.Recorder([3, 4, 2], ["tanh", "sigmoid"], np.eye(3))
    random = np.random.default_rng(0)
    weights = [random.normal(size=(3, 4)), random.normal(size=(4, 2))]
    for step in range(40):
        recorder.snap(**({} if given is None else {given: 0.9 - 0.02 * step}), weights=weights)
        weights = [each * 1.03 for each in weights]
    recording = recorder.recording()
    assert recording.followed is None and not recording.main_curve.any()
    film = filmed(recording, {"title": "t", "duration": 20})
    prepared = prepare(film)
    timeline = finish(prepared, film.recorded).timeline
    assert isinstance(timeline, Timeline)
    names = [counter.name for counter in counters(Renderer(timeline).context)]
    assert names == ["step", *{"accuracy": ["accuracy"], "test_loss": ["test loss"], None: []}[given]]
    assert any(panel.panel == "curve" for panel in film.scene.shown_panels) == (given is not None)
    curve_kinds = {"halved", "slows", "plateau", "insight", "diverged", "overfits"}
    assert not [event for event in netviz.events(recording) if event.kind in curve_kinds]
    texts = [*(line for passage in passages(timeline) for line in passage.lines), *summary_of(timeline).sentences]
    said = " ".join(texts).lower().replace("test loss", "")
    assert "answers: " in said and "nan" not in said and "error" not in said and "loss" not in said


@pytest.mark.parametrize("seed", range(4))
def test_a_sudden_fall_is_told_apart_from_the_noise_of_small_batches(seed: int) -> None:
    random = np.random.default_rng(seed)
    weights = [random.normal(size=(2, 3)), random.normal(size=(3, 1))]

    def insights(level: Any, noise: float) -> list[int]:
        recorder = netviz.Recorder([2, 3, 1], ["tanh", "sigmoid"], np.eye(2), [0.0, 1.0], loss="squared_error")
        for step in range(3000):
            recorder.snap(level(step) * random.lognormal(0, noise), weights=weights, keep=step == 2999)
        return [event.cycle for event in netviz.events(recorder) if event.kind == "insight"]

    assert not insights(lambda step: np.exp(-step / 4000), 0.6)
    (found,) = insights(lambda step: 1.0 if step < 300 else 0.05, 0.15)
    assert 280 <= found <= 310
