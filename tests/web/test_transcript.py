"""What is written of a film: its alternative text and its transcript, with the recording's numbers."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

import html5lib
import numpy as np
import pytest

from netviz.pipeline.api import events as find_events
from netviz.recording.recording import AT_REST, Recording
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.web.transcript import (
    NO_BREAK,
    clock_time,
    listed,
    passages,
    right,
    summary_of,
    transcript_page,
    transcript_text,
)
from tests.conftest import short_scene
from tests.web.conftest import film


def test_alternative_text(timeline: Timeline) -> None:
    told, recording = summary_of(timeline), timeline.recording
    assert told.title == "Can you see the rule?"
    assert told.label == "Can you see the rule? A film of a neural network learning"
    sentences = told.sentences
    assert sentences[1:4] == (
        "A film of a neural network learning, 0:30 long.",
        "The network has 3 inputs (first column, second column, third column), 4 hidden neurons and 1 output (answer).",
        "It learns from 7 examples in 60 cycles.",
    )
    errors = [f"{100 * float(error):.1f}%" for error in recording.main_curve[[0, -1]]]
    assert sentences[4] == f"Its average error goes from {errors[0]} to {errors[1]}."
    outputs = recording.forward(recording.examples.given)[-1]
    found = int(((outputs > 0.5) == (recording.examples.targets > 0.5)).all(axis=1).sum())
    assert f"In the end it is right about {found} of 7 examples." in sentences
    answer = float(recording.forward([1, 1, 0])[-1][0])
    assert sentences[-2:] == ("A new situation: 1 1 0.", f"Its answer: {answer:.2f}. Right would be 0.")
    assert "" not in sentences and all(sentence.endswith((".", "!", "?")) for sentence in sentences)
    assert told.alt == " ".join(sentences)


def test_a_film_of_a_part_of_training_is_told_as_that(recording: Recording) -> None:
    shots = [{"shot": "learning", "from": 4, "to": 20}, {"shot": "rest"}]
    scene = short_scene(shots=shots, story=None)
    sentences = summary_of(make_timeline(make_plan(scene, Fraction(20)), recording, scene)).sentences
    assert "It learns from 7 examples in 20 cycles." in sentences
    points = np.searchsorted(recording.curve_step, [4, 20])
    errors = [f"{100 * float(error):.1f}%" for error in recording.main_curve[points]]
    assert f"Its average error goes from {errors[0]} to {errors[1]}." in sentences
    row = int(np.flatnonzero((recording.row_step == 20) & (recording.probe == AT_REST))[0])
    assert f"In the end it is right about {right(recording, row)} of 7 examples." in sentences


@pytest.mark.parametrize("story", ["auto", None])
def test_what_happened_is_told(story: str | None) -> None:
    longer = film(training__cycles=600, schedule={"cycles": [1, 20, 100, 600]}, story=story, duration=40)
    assert isinstance(longer, Timeline)
    (halved,) = [event for event in find_events(longer.recording) if event.kind == "halved"]
    told = summary_of(longer).sentences
    if story is None:  # otherwise those that the film tells
        assert f"Cycle {halved.cycle}: the error is half of what it was." in told
    assert any(sentence.startswith("Cycle ") for sentence in told)
    assert any("turns from" in sentence for sentence in told) == (story == "auto"), "signs are told in films alone"
    assert len(told) == len(set(told))


def test_passages_follow_each_other(timeline: Timeline) -> None:
    told, plan = passages(timeline), timeline.plan
    assert told[0].start == 0 and told[-1].stop == plan.frame_count
    assert all(one.stop == other.start for one, other in pairwise(told))
    assert [each.cycle for each in told if each.cycle is not None] == [1, 4, 20, 60]
    assert [cue for each in told for cue in each.said] == [*plan.cues]
    assert [told[0].heading, told[1].heading, told[-1].heading] == ["Title", "Before training", "Thinking"]


def test_a_passage_says_what_is_in_its_picture(timeline: Timeline) -> None:
    recording = timeline.recording
    passage = next(each for each in passages(timeline) if each.cycle == 20)
    frame = timeline.frame(passage.start)
    assert frame.cycle == 20 and f"Average error {100 * frame.error:.1f}%." in passage.lines
    rows = np.flatnonzero((recording.row_step == 20) & (recording.probe >= 0))
    first = float(recording.activations[-1][rows[0], 0])
    answers = passage.lines[-1].replace(NO_BREAK, " ")
    assert answers.startswith(f"Answers (wanted): 0 0 1: {first:.2f} (0); 0 1 1: ") and answers.count(";") == 6


def test_own_words_are_read_once(recording: Recording) -> None:
    words = {"panel": "text", "text": "Lesson 3 of 7", "at": [0.1, 0.9, 0.8, 0.1]}
    scene = short_scene(panels=["auto", words], story=None)
    found = passages(make_timeline(make_plan(scene, None), recording, scene))
    lines = [line for passage in found for line in passage.lines]
    assert lines.count("Lesson 3 of 7") == 1 and "Lesson 3 of 7" in found[0].lines


def test_many_points_are_counted() -> None:
    told = passages(
        film(
            network={"layers": [2, 3, 1], "activation": "tanh", "bias": True},
            data={"dataset": "gauss"},
            shots=[{"shot": "learning", "pace": "even"}],
            schedule={"frames": 40},
            training__initial_weights="glorot",
            story=None,
        )
    )
    stops = [each for each in told if each.cycle is not None]
    assert 4 < len(stops) < 12, "not every one of forty"
    assert all(other.start - one.start >= 3 * 30 for one, other in pairwise(stops))
    assert stops[-1].lines[-1].startswith("Right: ") and stops[-1].lines[-1].endswith("of 250 points.")


def test_one_of_many_outputs_is_told_by_its_name() -> None:
    examples = [{"inputs": [*map(int, f"{n:03b}")], "target": [int(n == k) for k in range(3)]} for n in range(3)]
    names = ["nought", "one", "two"]
    told = passages(
        film(
            network={"layers": [3, 3], "outputs": names},
            data={"examples": examples},
            shots=[{"shot": "learning"}],
            training__initial_weights="glorot",
            story=None,
        )
    )
    answers = next(each for each in told if each.cycle == 1).lines[-1].replace(NO_BREAK, " ")
    assert re.findall(r" \((“.*?”)\)[;.]", answers) == [f"“{name}”" for name in names]


def test_where_answers_are_no_classes_none_is_called_right() -> None:
    timeline = film(
        data={"examples": [{"inputs": [0, 0, n / 9], "target": n / 9} for n in range(9)]},
        shots=[{"shot": "rest"}],
        story=None,
    )
    assert isinstance(timeline, Timeline) and right(timeline.recording, 0) is None
    assert passages(timeline)[0].lines[-1].startswith("Average error")


def test_runs_side_by_side() -> None:
    compared = film(
        compare=[{"name": "one"}, {"name": "two", "set": {"training.seed": 2}}],
        shots=[{"shot": "learning"}],
        story=None,
    )
    told = summary_of(compared)
    assert "They are called one and two." in told.sentences and told.sentences[-1].startswith("two: the average error")
    assert told.sentences[1] == "A film of 2 neural networks learning side by side, 0:30 long."
    lines = passages(compared)[0].lines
    assert [line.split(":")[0] for line in lines[1:]] == ["one", "two"]


def test_learning_that_waits_for_its_first_beat_is_learning_all_the_same() -> None:
    waits = film(
        sync={"at": [2.0, 3.0, 4.0, 5.0]}, shots=[{"shot": "learning"}], duration=8, story=None, schedule={"frames": 2}
    )
    assert waits.plan.spans[0].kind == "hold" and waits.plan.spans[0].shot_kind == "learning"
    assert passages(waits)[0].heading == "Learning"


def test_in_another_language() -> None:
    german = film(words="bundled:german.yaml")
    assert isinstance(german, Timeline)
    told = summary_of(german)
    assert "Es lernt aus 7 Beispielen in 60 Durchgängen." in told.sentences
    page = transcript_page(german.scene, told, passages(german), german.plan.fps)
    assert '<html lang="de">' in page and "<h1>Abschrift: " in page and "Vor dem Lernen" in page


def test_transcripts(timeline: Timeline) -> None:
    scene = timeline.scene.model_copy(update={"title": "<b>Less & more</b>"})
    told, fps = passages(timeline), timeline.plan.fps
    of = summary_of(film(title="<b>Less & more</b>"))
    text, page = (write(scene, of, told, fps) for write in (transcript_text, transcript_page))
    assert text.startswith("Transcript: <b>Less & more</b>\n\n<b>Less & more</b>. A film")
    assert (
        f"\n[{clock_time(told[1].start / fps)}] Before training\n  Before training: every weight is random.\n" in text
    )
    html5lib.HTMLParser(strict=True).parse(page)
    assert "<h1>Transcript: &lt;b&gt;Less &amp; more&lt;/b&gt;</h1>" in page and "<b>" not in page
    assert page.count("<h2>") == len(told) and "[[" not in page


@pytest.mark.parametrize(
    ("seconds", "shown"), [(Fraction(0), "0:00"), (Fraction(599, 10), "0:59"), (Fraction(3725), "1:02:05")]
)
def test_times(seconds: Fraction, shown: str) -> None:
    assert clock_time(seconds) == shown


def test_lists() -> None:
    scene = short_scene()
    assert [listed(scene, list("abc")[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
