"""The example of a loop of plain NumPy: its film, every sentence and number of it checked against the loop's arrays."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.drawing.panels.counters import counters
from netviz.drawing.renderer import Renderer
from netviz.pipeline.looks import filmed
from netviz.pipeline.prepare import finish, prepare
from netviz.recording.recorder import Recorder
from netviz.timeline.timeline import Timeline
from netviz.video.metadata_formats import read_media, read_provenance

EXAMPLE = Path(__file__).parents[2] / "examples" / "plain_numpy.py"
LOOK = {"title": "Three arms of a spiral", "duration": 24, "output": {"size": "480x270", "fps": 10}}
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
ARMS = ("first arm", "second arm", "third arm")


@pytest.fixture(scope="module")
def loop() -> SimpleNamespace:
    """The example as it runs, without its film, and copies of what its loop had in every step."""
    seen: list[tuple[float, float, list[Any], list[Any]]] = []
    snap = Recorder.snap

    def spy(self: Recorder, loss: float, *, accuracy: float, weights: Any, biases: Any, **others: Any) -> Any:
        seen.append((float(loss), float(accuracy), [w.copy() for w in weights], [b.copy() for b in biases]))
        return snap(self, loss, accuracy=accuracy, weights=weights, biases=biases, **others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recorder, "snap", spy)
        names = runpy.run_path(str(EXAMPLE))
    return SimpleNamespace(
        recorder=names["recorder"],
        points=names["points"],
        labels=names["labels"],
        losses=np.array([each[0] for each in seen]),
        accuracies=np.array([each[1] for each in seen]),
        weights=[each[2] for each in seen],
        biases=[each[3] for each in seen],
    )


@pytest.fixture(scope="module")
def film(loop: SimpleNamespace) -> Timeline:
    shown = filmed(loop.recorder, LOOK)
    prepared = prepare(shown)
    timeline = finish(prepared, shown.recorded).timeline
    assert isinstance(timeline, Timeline)
    return timeline


def answers(loop: SimpleNamespace, step: int) -> Any:
    """What the loop's network says of all 210 points after a step, worked out once more."""
    values = loop.points
    for number, (weights, biases) in enumerate(zip(loop.weights[step], loop.biases[step], strict=True)):
        sums = values @ weights + biases
        values = np.tanh(sums) if number < 2 else np.exp(sums) / np.exp(sums).sum(axis=1, keepdims=True)
    return values


def clearly_right(loop: SimpleNamespace, step: int) -> bool:
    """True if the right class leads every other by more than half of all there is, at every point."""
    found, rows = answers(loop, step), np.arange(210)
    right = found[rows, loop.labels]
    found[rows, loop.labels] = -np.inf
    return bool((right - found.max(axis=1) > 0.5).all())


def test_what_was_recorded_is_what_the_loop_had(loop: SimpleNamespace) -> None:
    recording = loop.recorder.recording()
    steps = recording.step.tolist()
    assert steps[0] == 0 and steps[-1] == 3000 == len(loop.losses) - 1
    for moment, step in enumerate(steps):
        for layer in range(3):
            assert np.array_equal(recording.weights[layer][moment], loop.weights[step][layer])
            assert np.array_equal(recording.biases[layer][moment], loop.biases[step][layer])
    assert np.array_equal(recording.curves["loss"], loop.losses[steps])
    assert np.array_equal(recording.curves["accuracy"], loop.accuracies[steps])
    at_end = recording.activations[-1][(recording.row_step == 3000) & (recording.probe >= 0)]
    expected = answers(loop, 3000)[np.arange(4, 210, 18)]
    np.testing.assert_allclose(at_end, expected, rtol=0, atol=1e-14)


def test_every_number_in_the_picture_is_the_loops(loop: SimpleNamespace, film: Timeline) -> None:
    step, loss, accuracy = counters(Renderer(film).context)
    assert [each.name for each in (step, loss, accuracy)] == ["step", "loss", "accuracy"]
    kept = np.array(film.recording.step)
    shown = set()
    for index in range(0, film.frame_count, 3):
        frame = film.frame(index)
        reached = kept[kept <= frame.cycle][-1]
        assert step.of(frame) == f"{frame.cycle:,}"
        value = loop.accuracies[reached]
        assert accuracy.of(frame) == ("100%" if value == 1 else f"{100 * value:.1f}%")
        assert float(loss.of(frame)) == pytest.approx(loop.losses[reached], abs=5.1e-5)
        shown.add(int(reached))
    assert {0, 3000} <= shown and len(shown) > 25


def test_every_sentence_is_true_of_the_loop(loop: SimpleNamespace, film: Timeline) -> None:
    """A sentence that no rule here knows fails as well: whoever adds one says what makes it true."""

    def sign(ordinal: str, neuron: str, before: str, after: str, event: Any) -> None:
        layer, start, end = event.synapse
        assert ordinal == ORDINALS[start]
        named = ARMS[end] if layer == 2 else None
        assert neuron == (f"“{named}”" if named else f"neuron {end + 1} of hidden layer {layer + 1}")
        run = np.array([weights[layer][start, end] for weights in loop.weights])
        new = 1.0 if after == "green" else -1.0
        assert {before, after} == {"red", "green"}
        kept = [step for step in film.recording.step.tolist() if step >= event.cycle]
        assert run[event.cycle] * new > 0 and run[int(event.numbers["since"])] * new <= 0
        assert (run[kept] * new > 0).all(), "for good"

    def solved(event: Any) -> None:
        kept = [step for step in film.recording.step.tolist() if step >= event.cycle]
        assert all(clearly_right(loop, step) for step in kept)
        assert not clearly_right(loop, int(event.numbers["since"]))

    def slows(share: str, part: str, event: Any) -> None:
        gone = (loop.losses[0] - loop.losses[event.cycle]) / (loop.losses[0] - loop.losses[-1])
        assert gone >= float(share) / 100
        assert float(part) == round(100 * event.cycle / 3000)

    def steps(number: str, event: Any) -> None:
        assert int(number.replace(",", "")) == len(loop.losses) - 1

    def points(number: str, event: Any) -> None:
        assert int(number) == len(loop.points)

    def accurate(share: str, number: str, event: Any) -> None:
        right = (answers(loop, event.cycle).argmax(axis=1) == loop.labels).mean()
        assert right >= float(share) / 100 and int(number) == 210

    def halved(event: Any) -> None:
        assert loop.losses[event.cycle] <= 0.5 * loop.losses[0] < loop.losses[int(film.recording.step[0])]

    def always(event: Any) -> None:
        pass

    rules: dict[str, Callable[..., None]] = {
        r"": always,
        r"Before training\.": always,
        r"There!.*": lambda event: None if event.kind == "insight" else pytest.fail("no insight"),
        r"(\d+) points shown": points,
        r"After ([\d,]+) steps of training, at rest\.": steps,
        r"(?:Step [\d,]+: )?[Tt]he (\w+) synapse into (.+) turns from (\w+) to (\w+)\.": sign,
        r"Now all that are shown are answered right\.": solved,
        r"Now all 210 points shown are answered right\.": solved,
        r"Learning slows down: (\d+)% of the progress came in the first (\d+)% of the time\.": slows,
        r"(\d+)% of the (\d+) (?:examples|points) shown are on the right side\.": accurate,
        r"The loss is half of what it was\.": halved,
    }
    cues = {cue.text: cue.event for cue in film.plan.cues}
    said = [*cues, *{film.frame(index).caption for index in range(0, film.frame_count, 5)}]
    assert len(cues) >= 3 and "210 points shown" in said
    for text in said:
        known = [(rule, match) for rule in rules if (match := re.fullmatch(rule, text))]
        assert known, f"nobody says what makes this true: {text}"
        rules[known[0][0]](*known[0][1].groups(), cues.get(text))


def test_it_becomes_a_film_that_says_what_it_is_of(loop: SimpleNamespace, tmp_path: Path) -> None:
    target = tmp_path / "spiral.mp4"
    netviz.render(loop.recorder, target, look=LOOK, jobs=1)
    media = read_media(target)
    assert media.size == (480, 270) and media.seconds == pytest.approx(24)
    about = read_provenance(target)
    assert about.title == LOOK["title"] and about.seed is None
    assert about.run.startswith("2-10-8-3 neurons, ") and "from step 0 to 3,000" in about.run
    assert "data" not in about.scene and "training" not in about.scene
    loop.recorder.save(tmp_path / "spiral.npz")
    assert netviz.inspect(tmp_path / "spiral.npz").about.run == about.run
