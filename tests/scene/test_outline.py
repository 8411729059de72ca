"""The outline of a run, and the look of a film of one, with and without a scene around them."""

from __future__ import annotations

import pickle

import pytest

from netviz import load_scene
from netviz.resources import scenes_folder
from netviz.scene.model import Optimizer, Schedule, Training
from netviz.scene.outline import Outline
from netviz.scene.scene import Look, Scene
from netviz.scene.schedule import shown_cycles

XOR = load_scene("xor")
READ = (
    "runs", "phrases", "is_planar", "input_count", "presentation", "presented_count", "usual_shown", "told",
    "has_bias_nodes", "shown_panels",
)  # fmt: skip
"""All that a film asks a look for, besides its keys."""


def bundled() -> list[str]:
    return sorted(path.stem for path in scenes_folder().glob("*.yaml"))


def test_a_scene_tells_its_outline() -> None:
    outline = XOR.outline
    assert outline == Outline(
        layers=(3, 4, 1),
        activations=("sigmoid", "sigmoid"),
        bias=False,
        loss="squared_error",
        examples=7,
        tests=0,
        inputs=tuple(example.inputs for example in XOR.data.examples or ()),
        targets=tuple(example.target for example in XOR.data.examples or ()),
        has_two_targets=True,
        is_planar=False,
        features=None,
        last_step=60_000,
        shown_steps=shown_cycles(XOR),
        first_step=0,
        unit="cycle",
        learning_rate=1.0,
        optimizer=Optimizer(),
        first_weights="random",
    )
    assert (len(outline.steps), outline.total, outline.is_listed, outline.has_biases) == (13, 7, True, False)


def test_points_of_a_data_set_are_not_listed() -> None:
    outline = load_scene("playground-circle").outline
    assert (outline.inputs, outline.targets, outline.is_listed, outline.is_planar) == (None, None, False, True)
    assert (outline.examples, outline.tests, outline.total, outline.has_two_targets) == (250, 250, 500, True)
    assert outline.features == ("x1", "x2")
    assert not load_scene("playground-plane").outline.has_two_targets


def test_a_look_names_the_runs_side_by_side() -> None:
    scene = load_scene("compare-learning-rates")
    assert scene.runs == tuple(run.label for run in scene.compare or ()) != ()
    assert (XOR.runs, XOR.of_run(XOR.outline, ("mine", "yours")).runs) == ((), ("mine", "yours"))


@pytest.mark.parametrize(
    ("given", "told"), [("zero", "zero"), ("glorot", "random"), ("milo", "random"), ([[[1.0]]], "given")]
)
def test_an_outline_tells_how_a_run_begins(given: object, told: str) -> None:
    scene = Scene.model_validate(
        {
            "network": {"layers": [1, 1]},
            "data": {"examples": [{"inputs": 0, "target": 1}]},
            "training": {"initial_weights": given},
        }
    )
    assert scene.outline.first_weights == told


def test_shown_steps_that_follow_from_beats_are_not_known_yet() -> None:
    scene = XOR.model_copy(update={"schedule": Schedule(frames="beats")})
    assert scene.outline.shown_steps is None
    with pytest.raises(ValueError, match="follows from the beats"):
        _ = scene.outline.steps
    assert scene.model_copy(update={"schedule": Schedule(cycles=(2, 5))}).outline.steps == (2, 5)


def test_a_changed_scene_has_another_outline() -> None:
    assert XOR.outline is XOR.outline
    shorter = XOR.model_copy(update={"training": Training(cycles=50)})
    assert (XOR.outline.last_step, shorter.outline.last_step) == (60_000, 50)


def test_an_outline_that_was_asked_for_changes_nothing_of_a_scene() -> None:
    asked, other = load_scene("xor"), load_scene("xor")
    assert asked.outline.examples == 7
    assert asked == other
    assert hash(asked) == hash(other)
    assert asked.model_dump_json() == other.model_dump_json()
    assert pickle.loads(pickle.dumps(asked)) == other


def test_a_look_stands_where_a_scene_lists_its_keys() -> None:
    trained = {"data", "training", "schedule", "compare", "look"}
    assert [name for name in Scene.model_fields if name not in trained] == [*Look.model_fields]
    assert [*Scene.model_fields][3:8] == ["network", "data", "training", "schedule", "shots"]


@pytest.mark.parametrize("name", bundled())
def test_a_look_of_a_run_answers_as_its_scene_does(name: str) -> None:
    scene = load_scene(name)
    look = scene.of_run(scene.outline, scene.runs)
    assert type(look) is Look
    assert look.outline == scene.outline
    assert {each: getattr(look, each) for each in READ} == {each: getattr(scene, each) for each in READ}
    assert not hasattr(look, "data")
    assert not hasattr(look.network, "layers")


def test_a_look_keeps_its_outline_when_its_keys_change() -> None:
    look = XOR.of_run(XOR.outline).model_copy(update={"title": "Another"})
    assert (look.title, look.outline) == ("Another", XOR.outline)


def test_a_look_of_no_run_has_no_outline() -> None:
    look = Look(title="Mine")
    with pytest.raises(RuntimeError, match="of no run"):
        _ = look.outline
    assert look.of_run(XOR.outline).input_count == 3
