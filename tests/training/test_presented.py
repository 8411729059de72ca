"""A learning shot that says how many examples it presents: only what some shot presents is recorded."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.errors import InputError
from netviz.recording.recording import Recording
from netviz.scene.scene import Scene
from netviz.scene.schedule import recorded_examples
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import make_timeline
from netviz.training.setup import check_fits, with_look
from netviz.training.trainer import train
from netviz.training.training_recorder import refuse_too_large
from tests.conftest import short_scene
from tests.recordings import in_rows, own_scene

EVERYTHING = {cycle: [*range(7)] for cycle in (1, 4, 20, 60)}


def presenting(*shots: dict[str, Any], **more: Any) -> Scene:
    return short_scene(shots=list(shots), **more)


def presented(recording: Recording) -> dict[int, list[int]]:
    """The recorded examples of every shown cycle."""
    kept: dict[int, list[int]] = {}
    for cycle, example in zip(recording.row_step.tolist(), recording.probe.tolist(), strict=True):
        if example >= 0:
            kept.setdefault(cycle, []).append(example)
    return kept


def test_examples_are_recorded_in_turn() -> None:
    recording = train(presenting({"shot": "learning", "examples": 3}))
    assert presented(recording) == {1: [0, 1, 2], 4: [3, 4, 5], 20: [0, 1, 6], 60: [2, 3, 4]}


def test_the_rows_are_those_of_a_whole_recording() -> None:
    some, every = (
        train(presenting({"shot": "learning", "examples": count}, training__batch=batch))
        for batch in (2,)
        for count in (3, "each")
    )
    rows = {key: row for row, key in enumerate(zip(every.row_step.tolist(), every.probe.tolist(), strict=True))}
    same = [rows[key] for key in zip(some.row_step.tolist(), some.probe.tolist(), strict=True)]
    assert len(same) < len(rows)
    (weights, biases), (all_weights, all_biases) = in_rows(some), in_rows(every)
    for mine, whole in zip(
        (*weights, *biases, *some.activations, some.targets, some.loss),
        (*all_weights, *all_biases, *every.activations, every.targets, every.loss),
        strict=True,
    ):
        np.testing.assert_array_equal(mine, whole[same])


def test_walks_are_recorded_with_the_step_that_follows() -> None:
    walk = {"shot": "walk", "example": 6, "cycle": 20, "backward": True}
    assert recorded_examples(presenting({"shot": "learning", "examples": 1}, walk)) == {
        1: (0,), 4: (1,), 20: (2, 5, 6), 60: (3,),
    }  # fmt: skip
    last = {"shot": "walk", "example": 7, "backward": True}
    assert recorded_examples(presenting({"shot": "learning", "examples": 1}, last))[1] == (0, 6)


def test_a_number_past_all_examples_presents_each_of_them() -> None:
    recording = train(presenting({"shot": "learning", "examples": 100}))
    assert presented(recording) == EVERYTHING


@pytest.mark.parametrize(("seconds", "most"), [(60, 3), (5, 2), (2, 1)])
def test_a_film_presents_what_was_recorded(seconds: int, most: int) -> None:
    scene = presenting({"shot": "learning", "examples": 3})
    recording = train(scene)
    plan = make_plan(scene, Fraction(seconds))
    assert plan.examples_per_cycle <= most
    steps = [(span.cycle, span.example) for span in plan.spans if span.kind == "step"]
    assert {cycle for cycle, _ in steps} and all(example in presented(recording)[cycle] for cycle, example in steps)
    timeline = make_timeline(plan, recording, scene)
    for span in plan.spans:
        assert timeline.frame(span.start).weights[0].shape == (3, 4)


def test_where_there_is_time_for_all_they_are_presented_in_turn() -> None:
    plan = make_plan(presenting({"shot": "learning", "examples": 3}), Fraction(60))
    steps = [(span.cycle, span.example) for span in plan.spans if span.kind == "step"]
    assert steps[:6] == [(1, 0), (1, 1), (1, 2), (4, 3), (4, 4), (4, 5)]
    assert plan.notes == ()


def test_without_a_length_a_film_lasts_as_long_as_its_steps() -> None:
    lengths = [
        make_plan(presenting({"shot": "learning", "examples": count}, duration=None), None).seconds for count in (2, 7)
    ]
    assert lengths[0] < lengths[1] / 2


def test_another_film_of_the_recording_must_find_its_examples() -> None:
    few, more = (presenting({"shot": "learning", "examples": count}) for count in (2, 4))
    check_fits(train(more), more)
    assert own_scene(train(more)) == more
    with pytest.raises(InputError, match="examples that were not recorded"):
        check_fits(train(few), more)
    with pytest.raises(InputError, match="examples that were not recorded"):
        check_fits(train(few), presenting({"shot": "learning"}))
    with pytest.raises(InputError, match="examples that were not recorded"):
        netviz.plan(train(few), look={"shots": [{"shot": "learning", "examples": 4}]})
    whole = train(presenting({"shot": "learning"}))
    check_fits(whole, few)
    assert presented(whole) == EVERYTHING, "there is more than is needed"


def test_it_survives_its_file(tmp_path: Path) -> None:
    scene = presenting({"shot": "learning", "examples": 3})
    train(scene).save(tmp_path / "run.npz")
    loaded = Recording.load(tmp_path / "run.npz")
    assert presented(loaded) == presented(train(scene))
    with_look(train(presenting({"shot": "learning"})), scene).save(tmp_path / "more.npz")
    more = Recording.load(tmp_path / "more.npz")
    assert len(more.moment) > len(loaded.moment) and own_scene(more) == own_scene(loaded)


def test_a_file_that_lacks_what_its_look_presents_is_refused(tmp_path: Path) -> None:
    few, more = (presenting({"shot": "learning", "examples": count}) for count in (2, 3))
    with_look(train(few), more).save(tmp_path / "run.npz")
    with pytest.raises(InputError, match="examples that were not recorded"):
        netviz.plan(Recording.load(tmp_path / "run.npz"))


def test_a_refusal_says_how_many_examples_can_be_presented() -> None:
    def large(examples: Any) -> Scene:
        rows = [{"inputs": [0.0] * 784, "target": [0.0] * 10}] * 300
        return Scene.model_validate(
            {
                "network": {"layers": [784, 128, 10]},
                "data": {"examples": rows},
                "training": {"cycles": 1000},
                "shots": [{"shot": "learning", "examples": examples}],
            }
        )

    with pytest.raises(InputError) as refused:
        refuse_too_large(large("each"))
    message = refused.value.problems[0].message
    assert "13 shown cycles of 300 examples" in message and "3.3 GB" in message
    told = int(message.split("(examples: ")[1].split(" ")[0])
    refuse_too_large(large(told))
    with pytest.raises(InputError):
        refuse_too_large(large(told + 1))
