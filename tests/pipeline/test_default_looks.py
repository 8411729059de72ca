"""Default looks of recorded runs: pictures are found, classes named, and the film asks about one of them."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.pipeline.default_looks import telling_probe
from netviz.pipeline.looks import filmed
from netviz.pipeline.prepare import finish, prepare
from netviz.recording.recorder import Recorder
from netviz.recording.recording import Recording
from netviz.scene.shots import LearningShot, ThinkShot
from netviz.timeline.outline import spread_by_progress
from netviz.timeline.timeline import Timeline

DIGITS = Path(__file__).parents[2] / "scenes" / "digits.csv"
STEPS = 200


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Ten pictures (10, 64), one of each digit, and which they are (10,)."""
    with DIGITS.open(encoding="utf-8") as lines:
        rows = np.array([*csv.reader(lines)][1:], dtype=float)
    labels = rows[:, 64:].argmax(axis=1)
    first = [int(np.flatnonzero(labels == digit)[0]) for digit in range(10)]
    return rows[first, :64], labels[first]


def recorder(inputs: np.ndarray, labels: np.ndarray, **about: Any) -> Recorder:
    """A recorder of neurons that learn ten classes of some inputs, without a hidden layer."""
    kept = Recorder([inputs.shape[1], 10], "softmax", inputs, labels, loss="cross_entropy", **about)
    weights, biases = np.random.default_rng(1).normal(0, 0.1, (inputs.shape[1], 10)), np.zeros(10)
    right = np.eye(10)[labels]
    for step in range(STEPS + 1):
        sums = inputs @ weights + biases
        found = np.exp(sums - sums.max(axis=1, keepdims=True))
        found /= found.sum(axis=1, keepdims=True)
        loss = -np.log((found * right).sum(axis=1)).mean()
        kept.snap(float(loss), step=step, weights=[weights], biases=[biases], keep=step == STEPS)
        delta = (found - right) / len(right)
        weights, biases = weights - 0.3 * inputs.T @ delta, biases - 0.3 * delta.sum(axis=0)
    return kept


@cache
def pictures() -> Recording:
    return recorder(*digits()).recording()


@cache
def table() -> Recording:
    """The same of 64 numbers that are no pixels."""
    return recorder(np.random.default_rng(2).normal(size=(10, 64)), np.arange(10)).recording()


def test_pictures_are_found_and_classes_named_as_code_counts_them() -> None:
    look = filmed(pictures()).scene
    assert look.network.grid == (8, 8)
    assert look.network.outputs == tuple("0123456789")
    assert filmed(pictures(), {"network": {"grid": [4, 16]}}).scene.network.grid == (4, 16)
    named = recorder(*digits(), classes=[f"digit {n}" for n in range(10)])
    assert filmed(named).scene.network.outputs[3] == "digit 3"


def test_a_film_of_pictures_asks_about_one_before_training_and_after_it() -> None:
    look = filmed(pictures()).scene
    assert look.title == "Which of 10 classes is it?"
    assert look.subtitle == "8 × 8 pixels go in, 10 neurons answer."
    assert [shot.shot for shot in look.shots] == ["title", "rest", "think", "learning", "rest", "think"]
    first, last = (shot for shot in look.shots if isinstance(shot, ThinkShot))
    asked = telling_probe(pictures())
    assert asked is not None
    for shot in (first, last):
        assert shot.inputs == tuple(digits()[0][asked].tolist())
        assert shot.target == tuple(np.eye(10)[asked].tolist())
    assert next(shot for shot in look.shots if isinstance(shot, LearningShot)).examples == 3
    assert len(look.outline.steps) == 9
    assert look.outline.steps[-1] == STEPS


def test_what_is_given_stays() -> None:
    look = filmed(pictures(), {"title": "Mine", "shots": [{"shot": "rest"}, {"shot": "learning"}]}).scene
    assert (look.title, [shot.shot for shot in look.shots]) == ("Mine", ["rest", "learning"])
    assert look.subtitle
    assert len(look.outline.steps) == 13
    assert filmed(pictures(), {"title": "", "subtitle": ""}).scene.title == ""
    stored = recorder(*digits())
    assert filmed(stored, {"words": {"title-classes": "Ten {count}"}}).scene.title == "Ten 10"


@pytest.mark.parametrize("look", [{}, {"style": "classic"}])
def test_other_runs_and_the_classic_style_have_no_question(look: dict[str, Any]) -> None:
    run = pictures() if look else table()
    scene = filmed(run, look).scene
    assert (scene.title, scene.subtitle) == ("", "")
    assert [shot.shot for shot in scene.shots] == ["title", "rest", "learning", "rest"]
    assert (scene.network.grid is None) == (not look)
    assert scene.network.outputs == tuple("0123456789")


def test_runs_side_by_side_show_pictures_and_ask_nothing() -> None:
    compared = filmed(netviz.compare({"one": pictures(), "other": recorder(*digits()).recording()}))
    for scene in compared.scenes:
        assert (scene.title, scene.network.grid, len(scene.shots)) == ("", (8, 8), 4)


def test_the_picture_asked_about_is_the_one_whose_class_gained_most() -> None:
    run = pictures()
    inputs, labels = digits()
    before, after = (run.forward(inputs, row)[-1] for row in (0, -1))
    gains = (after - before)[np.arange(10), labels]
    is_right = (after.argmax(axis=1) == labels) & (before.argmax(axis=1) != labels)
    asked = telling_probe(run)
    assert asked is not None
    assert is_right[asked]
    assert gains[asked] == gains[is_right].max()


def test_the_story_ends_on_the_answer_and_its_sentences_are_true() -> None:
    shown = filmed(pictures())
    film = finish(prepare(shown), shown.recorded).timeline
    assert isinstance(film, Timeline)
    asked = telling_probe(pictures())
    said = [cue.text for cue in film.plan.cues]
    before = int(pictures().forward(digits()[0], 0)[-1][asked].argmax())
    assert said[0] == f"It says {before}. It is {asked}."
    assert said[-1] == f"It says {asked}. That is right."
    assert "For all 10 examples shown, the right class is ahead." in said
    assert not any("hardly listens" in text for text in said), "one pixel of many is no news"
    assert 45 <= film.plan.seconds <= 62


def test_more_steps_are_shown_where_more_is_learned() -> None:
    run = pictures()
    kept = tuple(step for step in run.shown_steps if step > 0)
    loss = dict(zip(run.curve_step.tolist(), run.main_curve.tolist(), strict=True))
    chosen = spread_by_progress(kept, 9, run)
    assert (chosen[0], chosen[-1], len(chosen)) == (1, STEPS, 9)
    whole = loss[1] - loss[STEPS]
    places = [float(np.log(step) / np.log(STEPS) + (loss[1] - loss[step]) / whole) for step in chosen]
    assert np.diff(places) == pytest.approx(2 / 8, abs=0.08)
    assert spread_by_progress(kept, 1, run) == (STEPS,)
    assert spread_by_progress(kept[:2], 2, run) == kept[:2]
