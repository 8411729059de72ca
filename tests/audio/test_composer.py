"""The music of a run as numbers: when what is played, how high, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest

from netviz.audio import harmony
from netviz.audio.composer import Note, Score, score_of
from netviz.audio.harmony import Errors, bars_of, height_of, home_frame
from netviz.pipeline.prepare import plan
from netviz.recording.recording import Recording
from netviz.scene.loader import load_scene
from netviz.scene.sound import Sync
from netviz.timeline.step_timing import FULL
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.training.trainer import train
from tests.conftest import short_scene
from tests.recordings import own_scene

LEARNED = {"training__cycles": 4000, "schedule": {"cycles": [1, 20, 100, 500, 4000]}}

HOME = harmony.MODES[0].chords[0]

ROUGHNESS = (0.0, 1.0, 0.45, 0.15, 0.1, 0.05, 0.7)
"""How two tones rub that are so many semitones (0 to 6, octaves apart) from each other."""


def timeline_of(recording: Recording, **changes: Any) -> Timeline:
    scene = own_scene(recording).model_copy(update=changes)
    return make_timeline(plan(scene), recording, scene)


def voice(score: Score, name: str) -> list[Note]:
    return [note for note in score.notes if note.voice == name]


@pytest.fixture(scope="module")
def learned() -> Recording:
    """A network that has learned its examples."""
    return train(short_scene(**LEARNED))


@pytest.fixture(scope="module")
def timeline(learned: Recording) -> Timeline:
    return timeline_of(learned, duration=60)


@pytest.fixture(scope="module")
def score(timeline: Timeline) -> Score:
    return score_of(timeline)


def roughness(tones: Sequence[int]) -> float:
    """How much the tones of a chord rub: the mean over its pairs of ROUGHNESS."""
    pairs = [*combinations(tones, 2)]
    apart = [abs(one - other) % 12 for one, other in pairs]
    return sum(ROUGHNESS[min(interval, 12 - interval)] for interval in apart) / max(1, len(pairs))


def test_chords_of_more_error_rub_more_and_belong_to_their_modes() -> None:
    rough = [np.mean([roughness(chord.tones) for chord in mode.chords]) for mode in harmony.MODES]
    assert rough == sorted(rough) and rough[-1] > 1.5 * rough[0]
    for mode in harmony.MODES:
        assert mode.chords[0].bass == 0
        for chord in mode.chords:
            assert {chord.bass, *chord.tones} <= {*mode.scale}
            assert harmony.voicings(chord.tones)


def test_voices_move_little_and_stay_apart() -> None:
    voices: tuple[int, ...] = ()
    for chord in harmony.MODES[0].chords:
        now = harmony.voiced(chord, voices, 62)
        assert {(note - harmony.TONIC) % 12 for note in now} == {*chord.tones}
        assert all(high - low > 1 for low, high in pairwise(now))
        if voices:
            assert np.abs(np.subtract(now, voices)).mean() <= 4
        voices = now


@pytest.mark.parametrize("errors", [[0.5, 0.4, 0.1], [0.5, 1e6, np.inf, 0.2], [0.0, 0.3], [0.2, 0.2], [np.nan, 1.0]])
def test_more_error_never_stands_lower(errors: list[float]) -> None:
    height = height_of(np.array(errors), errors[0])
    heights = [height(error) for error in (0.0, *np.geomspace(1e-9, 1e9, 200), np.inf)]
    assert heights == sorted(heights) and heights[0] == 0 and heights[-1] <= 1
    assert height(float("nan")) == 1


def test_an_error_that_grows_without_end_is_heard_to_grow() -> None:
    height = height_of(np.array([0.5, 0.4, 3.0, 1e3, 1e9]), 0.5)
    heights = [height(error) for error in (0.4, 0.5, 3.0, 1e3, 1e9)]
    assert all(high > low for low, high in pairwise(heights))


def test_every_example_is_a_note_that_begins_with_its_step(timeline: Timeline, score: Score) -> None:
    plucked = {note.start: note for note in voice(score, "pluck")}
    steps = [span for span in timeline.plan.spans if span.kind == "step"]
    assert len(steps) == len(plucked) == 35
    for span in steps:
        note = plucked[float(span.start / timeline.plan.fps)]
        hidden = timeline.recording.activations[1][timeline.recording_index.step(span)]
        # Four hidden neurons, from left to right.
        assert note.pan == pytest.approx(0.8 * (2 * int(np.abs(hidden).argmax()) / 3 - 1))


def test_the_target_is_heard_after_the_answer_and_they_become_one(timeline: Timeline, score: Score) -> None:
    def above(cycle: int) -> float:
        """Semitones between the notes of answers and of targets, mean over a cycle's steps."""
        found = []
        for span in timeline.plan.spans:
            if span.kind == "step" and span.cycle == cycle:
                compared = sum(FULL.compare) / 2 if timeline.presentations.beats(span) is FULL else 0.5
                shown = span.start + compared * (span.stop - span.start)
                start, half = (float(frame / timeline.plan.fps) for frame in (span.start, shown))
                (answer,) = (note for note in voice(score, "pluck") if note.start == start)
                (target,) = (note for note in voice(score, "glass") if note.start == half)
                found.append(answer.pitch - target.pitch)
        return float(np.mean(found))

    assert above(1) > 10
    assert above(4000) < 3


def test_of_two_answers_to_one_example_the_more_wrong_is_higher(learned: Recording) -> None:
    def pitches(wrong: float) -> list[int]:
        outputs = learned.activations[-1].copy()
        shown = learned.probe >= 0
        outputs[shown] = learned.targets[shown] + wrong * np.where(learned.probe[shown] == 3, 1, 0.5)[:, None]
        other = replace(learned, activations=(*learned.activations[:-1], outputs))
        return [note.pitch for note in voice(score_of(timeline_of(other, duration=60)), "pluck")]

    # The highest error is the most that is heard, so it is there in both.
    low, high = pitches(0.0), pitches(0.2)
    assert all(one <= other for one, other in zip(low, high, strict=True)) and sum(low) < sum(high)


def test_chords_follow_the_error_up_as_well_as_down(learned: Recording) -> None:
    falling = bars_of(timeline := timeline_of(learned, duration=60), Errors(timeline))
    errors = learned.curves["error"]
    grown = replace(learned, curves={**learned.curves, "error": errors.max() + errors.min() - errors})
    rising = bars_of(other := timeline_of(grown, duration=60), Errors(other))

    def stands(bars: Any) -> list[float]:
        learning = [bar for bar in bars[2:] if not bar.is_home]
        return [harmony.MODES.index(bar.mode) + np.mean(bar.voices) / 100 for bar in learning[:-2]]

    down, up = stands(falling), stands(rising)
    assert down[0] > down[-1] + 1 and up[-1] > up[0] + 1


def test_it_ends_where_it_began(timeline: Timeline, score: Score) -> None:
    bars = bars_of(timeline, Errors(timeline))
    home = home_frame(timeline.plan)
    assert timeline.plan.spans[[span.start for span in timeline.plan.spans].index(home)].kind == "rest"
    first = next(bar for bar in bars if bar.start == home)
    before = bars[bars.index(first) - 1]
    assert before.chord == harmony.DOMINANT[1] and first.chord == bars[-1].chord == HOME
    assert bars[0].chord.bass == 0
    bass = voice(score, "bass")
    assert bass[0].pitch == bass[-1].pitch == harmony.bass_of(HOME)


def test_a_network_that_has_not_learned_comes_to_no_cadence(recording: Recording) -> None:
    errors = np.full_like(recording.curves["error"], 0.5)
    stuck = replace(recording, curves={**recording.curves, "error": errors})
    timeline = timeline_of(stuck, duration=60)
    bars = bars_of(timeline, Errors(timeline))
    assert not {bar.chord for bar in bars} & {*harmony.DOMINANT, HOME}
    assert bars[-1].chord.bass == 0


@pytest.mark.parametrize("seconds", [0.1, 1, 2, 5, 30, 400])
@pytest.mark.parametrize("style", ["glow", "classic"])
@pytest.mark.filterwarnings("ignore::netviz.errors.NetvizWarning")
def test_films_of_any_length_are_never_silent(learned: Recording, seconds: float, style: str) -> None:
    timeline = timeline_of(learned, duration=seconds, style=style)
    bars = bars_of(timeline, Errors(timeline))
    assert bars[0].start == 0 and bars[-1].stop == timeline.plan.frame_count
    assert all(one.stop == other.start for one, other in pairwise(bars))
    assert all(0 < bar.stop - bar.start <= 6.1 * 30 for bar in bars)
    score = score_of(timeline)
    assert score.seconds == float(timeline.plan.seconds)
    assert [note.start for note in score.notes] == sorted(note.start for note in score.notes)
    for note in score.notes:
        assert 0 <= note.start < score.seconds and note.length > 0
        assert 30 <= note.pitch <= 108 and 0 < note.loudness <= 1 and abs(note.pan) <= 1 and 0 <= note.brightness <= 1
    assert score == score_of(timeline)


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("playground-gauss-regression", {"training.cycles": 70, "data.samples": 80}),
        ("step-by-step", {"training.cycles": 60, "schedule": {"cycles": [1, 60]}}),
        ("even-or-odd", {"training.cycles": 60, "schedule": {"frames": 3}}),
        ("tiny-one-layer", {"training.cycles": 60, "schedule": {"frames": 1}}),
    ],
)
def test_every_kind_of_scene_has_its_notes(source: str, changes: dict[str, Any]) -> None:
    recording = train(load_scene(source, overrides=changes))
    score = score_of(timeline_of(recording))
    struck = [note.start for note in score.notes if note.voice in ("pluck", "glass", "bell")]
    assert max(np.diff([0.0, *struck])) < 6
    assert len({note.pitch for note in score.notes}) > 8


def thinking(recording: Recording, answer: float) -> list[int]:
    """The last notes of a thought whose answer is so far from right."""
    given = float(recording.forward([1, 1, 0])[-1][0])
    scene = own_scene(recording)
    shots = [
        shot.model_copy(update={"target": (given - answer,)}) if shot.shot == "think" else shot for shot in scene.shots
    ]
    timeline = timeline_of(recording, duration=60, shots=tuple(shots))
    (span,) = (span for span in timeline.plan.spans if span.kind == "think")
    start = float(span.start / timeline.plan.fps)
    bells = [note for note in voice(score_of(timeline), "bell") if note.start >= start + 1]
    last = max(note.start for note in bells)
    return [note.pitch for note in bells if note.start == last]


def test_a_thought_is_answered_by_a_consonance_or_not(learned: Recording) -> None:
    right, wrong = thinking(learned, 0.02), thinking(learned, 0.9)
    assert [(pitch - harmony.TONIC) % 12 for pitch in right] == [0, 4]
    assert [(pitch - harmony.TONIC) % 12 for pitch in wrong] == [1]


def test_a_pause_between_given_beats_is_heard_as_a_rest(learned: Recording) -> None:
    beats = (*np.arange(0, 14, 0.5).tolist(), *np.arange(28, 45, 0.5).tolist())
    paused = timeline_of(learned, duration=45, sync=Sync(at=beats))
    (hold,) = (span for span in paused.plan.spans if span.kind == "hold")
    score = score_of(paused)
    begin, end = (float(frame / paused.plan.fps) for frame in (hold.start, hold.stop))
    inside = [note for note in score.notes if begin <= note.start < end]
    assert inside and not [note for note in inside if note.voice == "pluck"], "no example is shown meanwhile"
    assert Errors(paused).at(hold.start) == paused.frame(hold.start).error
