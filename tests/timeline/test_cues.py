"""Cues: one thing is told at a time, softly, and frames that look alike are known to."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from netviz.recording.recording import Recording
from netviz.scene.loader import load_scene
from netviz.timeline.cues import OWN, Cue, CueState, cue_state_at
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.training.trainer import train
from tests.recordings import own_scene

FPS = Fraction(10)
CUES = (Cue(20, 50, "first"), Cue(50, 70, "second"), Cue(75, 100, "third"), Cue(150, 200, "last"))


def test_one_thing_is_told_at_a_time() -> None:
    found = [cue_state_at(CUES, index, FPS, 200) for index in range(200)]
    told = [each.cue for each in found]
    assert told == [None] * 20 + [0] * 30 + [1] * 20 + [None] * 5 + [2] * 25 + [None] * 50 + [3] * 50
    assert found[0] == OWN and found[199] == CueState(3, 1.0)  # nothing fades where the film begins and ends
    assert found[30].level == found[60].level == found[120].level == 1.0
    for index in (19, 20, 49, 50, 69, 75, 99, 100, 149, 150):
        assert found[index].level < 0.5, index
    assert {found[index].level for index in range(70, 75)} == {0.0}  # too short a gap for the shot's own line


def test_without_fades_texts_just_change() -> None:
    found = {cue_state_at(CUES, index, FPS, 200, fades=False) for index in range(200)}
    assert found == {OWN, *(CueState(number, 1.0) for number in range(4))}


@pytest.fixture(scope="module")
def recording() -> Recording:
    training, schedule = {"training.cycles": 60}, {"schedule": {"frames": 3}}
    return train(load_scene("xor", overrides=training | schedule | {"audio": None, "duration": 20}))


def timeline_of(recording: Recording, cues: tuple[Cue, ...], **look: str) -> Timeline:
    scene = own_scene(recording).model_copy(update=look)
    return make_timeline(replace(make_plan(scene, Fraction(20)), cues=cues), recording, scene)


def test_a_cue_takes_the_place_of_the_shots_own_line(recording: Recording) -> None:
    timeline = timeline_of(recording, (Cue(200, 260, "Look at the third input"),))
    before, during, after = (timeline.frame(index) for index in (150, 230, 300))
    assert (during.caption, during.is_cue, during.caption_level) == ("Look at the third input", True, 1.0)
    assert before.caption == after.caption != during.caption
    assert not before.is_cue and not after.is_cue


@pytest.mark.parametrize("style", ["glow", "classic"])
def test_frames_with_equal_keys_say_the_same(recording: Recording, style: str) -> None:
    timeline = timeline_of(recording, (Cue(10, 60, "A"), Cue(60, 110, "B"), Cue(500, 560, "C")), style=style)
    said: dict[object, set[tuple[str, float, bool]]] = {}
    for index in range(timeline.frame_count):
        frame = timeline.frame(index)
        assert frame.key == timeline.key(index)
        said.setdefault(frame.key, set()).add((frame.caption, frame.caption_level, frame.is_cue))
    assert all(len(each) == 1 for each in said.values())
    plain = timeline_of(recording, (), style=style)
    some = {plain.key(index) for index in range(plain.frame_count)}
    assert len(some) < len(said) < len(some) + 60  # what stands still is still drawn once, but for the fades
