"""The example of a scikit-learn classifier: its run, every sentence of its film, and the film."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.pipeline.looks import filmed
from netviz.pipeline.prepare import finish, prepare
from netviz.video.metadata_formats import read_media, read_provenance

pytest.importorskip("sklearn", reason="needs scikit-learn: make test-frameworks")

from sklearn.base import clone

from tests.integrations.estimators import IRIS, assert_is_moment, state_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "sklearn_iris.py"


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    """The names of the example as it runs, without its film."""
    return runpy.run_path(str(EXAMPLE))


def test_the_example_watches_flowers_that_it_does_not_learn_from(example: dict[str, Any]) -> None:
    recording, clf = example["rec"].recording(), example["clf"]
    assert np.array_equal(recording.probes.inputs, example["X_test"][:8])
    learned = {row.tobytes() for row in example["X_train"]}
    assert len(example["X_train"]) == 102 and not any(row.tobytes() in learned for row in recording.probes.inputs)
    assert_is_moment(recording, -1, clf.coefs_, clf.intercepts_)
    alone = clone(clf).fit(example["X_train"], example["y_train"])
    assert state_of(alone) == state_of(clf) and clf.n_iter_ < clf.max_iter, "it has learned all it can"
    assert recording.step[-1] == 6 * clf.n_iter_
    assert recording.curves["test_accuracy"][-1] == clf.score(example["X_test"], example["y_test"]) > 0.9


def test_every_sentence_of_the_examples_film_is_true(example: dict[str, Any]) -> None:
    """A sentence that no rule here knows fails as well: whoever adds one says what makes it true."""
    shown = filmed(example["rec"], example["look"])
    film = finish(prepare(shown), shown.recorded).timeline
    recording = film.recording
    ordinals = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
    by_moment = recording.activations[-1][recording.probe >= 0].reshape(len(recording.step), 8, 3)
    right = np.argmax(recording.probes.targets, axis=1)
    at = recording.step.tolist().index

    def clearly_right(moments: slice) -> Any:
        answers = by_moment[moments]
        others = np.where(np.eye(3)[right], -np.inf, answers).max(axis=2)
        return answers[:, np.arange(8), right] - others > 0.5

    def sign(ordinal: str | None, number: str | None, neuron: str, before: str, after: str, event: Any) -> None:
        layer, start, end = event.synapse
        assert start == (int(number) - 1 if number else ordinals.index(ordinal))
        assert neuron == (f"“{IRIS.target_names[end]}”" if layer else f"hidden neuron {end + 1}")
        run = recording.weights[layer][:, start, end] * (1 if after == "green" else -1)
        assert {before, after} == {"red", "green"} and run[at(int(event.numbers["since"]))] <= 0
        assert (run[at(event.cycle) :] > 0).all(), "for good"

    def resists(number: str, event: Any) -> None:
        first, last = int(event.numbers["from"]), int(event.numbers["to"])
        assert first <= event.cycle <= last
        for is_clear in clearly_right(slice(at(first) + 1, at(last))):
            assert np.flatnonzero(~is_clear).tolist() == [int(number) - 1]

    def solved(event: Any) -> None:
        assert clearly_right(slice(at(event.cycle), None)).all() and not clearly_right(slice(at(event.cycle))).all()

    def ahead(number: str, event: Any) -> None:
        is_right = by_moment[at(event.cycle) :].argmax(axis=2) == right
        assert is_right.all(axis=0).sum() >= int(number) == round(event.numbers["right"])
        assert not (by_moment[at(int(event.numbers["since"]))].argmax(axis=1) == right)[is_right.all(axis=0)].all()

    def halved(event: Any) -> None:
        assert recording.curves["loss"][at(event.cycle)] <= recording.curves["loss"][0] / 2

    def slows(share: str, part: str, event: Any) -> None:
        losses = recording.curves["loss"]
        assert (losses[0] - losses[at(event.cycle)]) / (losses[0] - losses[-1]) >= int(share) / 100
        assert int(part) == round(100 * event.cycle / recording.step[-1])

    def steps(number: str, event: Any) -> None:
        assert int(number.replace(",", "")) == recording.step[-1]

    def nothing(event: Any) -> None:
        pass

    rules: dict[str, Callable[..., None]] = {
        r"|Before training\.|8 examples shown|An example goes in, and the error runs back\.": nothing,
        r"After ([\d,]+) steps of training, at rest\.": steps,
        r"(?:The (\w+) synapse|Synapse (\d+)) into (.+) turns from (\w+) to (\w+)\.": sign,
        r"For (\d) of the 8 examples shown, the right class is ahead\.": ahead,
        r"The loss is half of what it was\.": halved,
        r"Now all that are shown are answered right\.": solved,
        r"Only example (\d+) resists\.": resists,
        r"Learning slows down: (\d+)% of the progress came in the first (\d+)% of the time\.": slows,
    }
    cues = {cue.text: cue.event for cue in film.plan.cues}
    said = [*cues, *{film.frame(index).caption for index in range(0, film.frame_count, 5)}]
    assert len(cues) >= 4 and "8 examples shown" in said
    for text in said:
        known = [(rule, match) for rule in rules if (match := re.fullmatch(rule, text))]
        assert known, f"nobody says what makes this true: {text}"
        rules[known[0][0]](*known[0][1].groups(), cues.get(text))


@pytest.mark.filterwarnings("ignore::netviz.errors.NetvizNote")  # that a short film has no time for all of it
def test_the_example_ends_in_a_film(example: dict[str, Any], tmp_path: Path) -> None:
    look = {**example["look"], "duration": 24, "output": {"size": "480x270", "fps": 10}}
    netviz.render(example["rec"], tmp_path / "iris.mp4", look=look, jobs=1)
    media, about = read_media(tmp_path / "iris.mp4"), read_provenance(tmp_path / "iris.mp4")
    assert media.size == (480, 270) and media.seconds == pytest.approx(24)
    assert about.title == "Three kinds of iris" and about.run.startswith("4-10-3 neurons, ")
