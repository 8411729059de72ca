"""The bundled scene iris: what it says, held against its recording, and the few lines that such a film takes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from shutil import copyfile

import numpy as np

import netviz
from netviz.recording.recording import AT_REST, Recording
from netviz.resources import scenes_folder
from netviz.scene.shots import ThinkShot
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import make_timeline

KINDS = ("setosa", "versicolor", "virginica")


@cache
def recorded() -> Recording:
    return netviz.record(netviz.load_scene("iris", overrides={"schedule": {"every": 1}, "captions": []}))


def right_after(cycle: int) -> tuple[list[tuple[int, int]], int]:
    """Of each kind the flowers that are right after a cycle, and all of it; and how many of the thirty are wrong."""
    recording = recorded()
    examples = recording.examples
    row = int(np.flatnonzero((recording.row_step == cycle) & (recording.probe == AT_REST))[0])
    right = recording.forward(examples.given, row)[-1].argmax(axis=1) == examples.targets.argmax(axis=1)
    of = [examples.targets[:, kind] == 1 for kind in range(3)]
    tested = recording.forward(examples.test_given, row)[-1].argmax(axis=1) != examples.test_targets.argmax(axis=1)
    return [(int(right[kind].sum()), int(kind.sum())) for kind in of], int(tested.sum())


def test_what_it_says_is_so() -> None:
    scene = netviz.load_scene("iris")
    said = [shot.caption or "" for shot in scene.shots] + [caption.text for caption in scene.captions]
    (setosa, versicolor, virginica), _ = right_after(0)
    assert setosa[0] + versicolor[0] + virginica[0] == 5
    assert "Untrained, it is right about 5 of 120 flowers. Guessing would do better." in said
    assert [right_after(cycle)[0][0] for cycle in range(2, 101)] == [(40, 40)] * 99, "every setosa, from cycle 2 on"
    assert tuple(caption.at for caption in scene.captions) == ("cycle:3", "cycle:8", "cycle:47")
    for cycle in (8, 13):
        (_, versicolor, virginica), _ = right_after(cycle)
        assert versicolor[0] < versicolor[1] and virginica[0] < virginica[1]
    assert [right_after(cycle)[1] for cycle in range(40, 101)] == [1] * 61, "one of the thirty"
    (setosa, versicolor, virginica), _ = right_after(100)
    assert [setosa, versicolor, virginica] == [(40, 40), (39, 41), (39, 39)]
    assert "Two of the 120 are still taken for the other kind." in said


def test_petals_of_setosa_are_much_smaller_and_no_presented_one_is_wrong_once_that_is_said() -> None:
    recording = recorded()
    given, kind = recording.examples.given, recording.examples.targets.argmax(axis=1)
    assert given[kind == 0, 2].max() < 0.7 * given[kind != 0, 2].min()
    presented = (recording.probe != AT_REST) & (recording.row_step >= 3)
    answers = recording.activations[-1][presented].argmax(axis=1)
    of = kind[recording.probe[presented]]
    assert (answers[of == 0] == 0).all()


def test_the_flower_at_the_end_is_one_that_it_never_learned_from() -> None:
    examples, (thought,) = recorded().examples, [
        shot for shot in netviz.load_scene("iris").shots if isinstance(shot, ThinkShot)
    ]  # fmt: skip
    assert thought.target is not None and list(thought.inputs) not in examples.given.tolist()
    place = examples.test_given.tolist().index(list(thought.inputs))
    assert examples.test_targets[place].tolist() == list(thought.target)
    answer = recorded().forward(thought.inputs)[-1]
    assert KINDS[int(answer.argmax())] == "virginica" and 0.6 < answer.max() < 0.8, "right, and in doubt"


def test_the_table_shows_centimetres_and_the_neurons_what_goes_in() -> None:
    scene = netviz.load_scene("iris")
    assert scene.network.outputs == KINDS and scene.training.loss == "cross_entropy"
    recording = netviz.record(scene)
    timeline = make_timeline(make_plan(scene, scene.duration), recording, scene)
    steps = [span for span in timeline.plan.spans if span.kind == "step"]
    frame = timeline.frame((steps[0].start + steps[0].stop) // 2)
    assert frame.inputs is not None and frame.inputs.tolist() == recording.examples.given[0].tolist()
    mean, deviation = recording.examples.given.mean(axis=0), recording.examples.given.std(axis=0)
    np.testing.assert_allclose(frame.activations[0][:4], (frame.inputs - mean) / deviation, atol=1e-12)


def test_five_lines_are_enough(tmp_path: Path) -> None:
    copyfile(scenes_folder() / "iris.csv", tmp_path / "iris.csv")
    path = tmp_path / "mine.yaml"
    path.write_text(
        "title: Which iris is it?\n"
        "network: {layers: [4, 4, 3], bias: true}\n"
        "data: {csv: iris.csv, targets: [species], normalize: standard, train_share: 0.8}\n"
        "training: {cycles: 100, learning_rate: 0.5, batch: 10}\n"
        "duration: 30\n"
    )
    recording = netviz.record(netviz.load_scene(path))
    answers = recording.forward(recording.examples.test_given)[-1].argmax(axis=1)
    assert (answers == recording.examples.test_targets.argmax(axis=1)).mean() > 0.85
