"""A version of the scene: its pictures, its moments, its marks, its draft."""

from __future__ import annotations

import io
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

import netviz
from netviz.pipeline.looks import Filmed
from netviz.recording.recording import Recording
from netviz.story.story import add_story
from netviz.timeline.moments import reached
from netviz.timeline.plan import make_plan
from netviz.web.preview import Memory
from netviz.web.preview_frames import MOST_MARKS, DrawLock, PreviewVersion, draft, marks
from tests.conftest import short_scene
from tests.recordings import own_scene


@pytest.fixture(scope="module")
def shown(recording: Recording) -> PreviewVersion:
    scene = own_scene(recording)
    plan = add_story(make_plan(scene, scene.duration), recording, scene)
    return PreviewVersion(plan, Filmed(recording, scene), DrawLock())


def test_the_picture_is_the_still(shown: PreviewVersion, recording: Recording) -> None:
    picture = np.asarray(Image.open(io.BytesIO(shown.picture(450))), np.int64)
    still = netviz.still(recording, "15s").astype(np.int64)
    assert picture.shape == still.shape
    assert abs(picture - still).mean() < 1.5 and still.mean() > 3
    assert abs(picture - netviz.still(recording, "start")).mean() > 3


def test_frames_that_the_film_has_not(shown: PreviewVersion) -> None:
    for frame in (-1, shown.plan.frame_count):
        with pytest.raises(IndexError, match=f"frame {frame} of a film of 900"):
            shown.picture(frame)


def test_moments(shown: PreviewVersion) -> None:
    assert shown.moment("10%", None) == (90, "")
    assert shown.moment("10%", 12.51) == (375, "")
    assert shown.moment("10%", 1e9) == (899, "")
    frame, wrong = shown.moment("cycle:7", None)
    assert abs(frame - reached(shown.plan, 7)) < 10 and not wrong, "passed on the way from cycle 4 to 20"
    frame, wrong = shown.moment("cycle:61", None)
    assert frame == 449 and "the film does not come to cycle 61; it goes from 0 to 60" in wrong


def test_marks(shown: PreviewVersion) -> None:
    found = marks(shown.plan)
    texts = ["title", "before training", "cycle 1", "cycle 4", "cycle 20", "cycle 60", "after training"]
    assert [mark.text for mark in found] == [*texts, "a new situation"]
    assert [mark.is_cycle for mark in found] == [False, False, True, True, True, True, False, False]
    assert found[0].frame == 0 and all(a.frame < b.frame for a, b in pairwise(found))
    spans = {span.start: span for span in shown.plan.spans}
    assert all(spans[mark.frame].cycle == int(mark.text[6:]) for mark in found if mark.is_cycle)


def test_a_rest_between_learning_shots_is_not_after_training() -> None:
    shots = [{"shot": "rest"}, {"shot": "learning", "to": 20}, {"shot": "rest"}, {"shot": "learning"}, {"shot": "rest"}]
    scene = short_scene(shots=shots)
    texts = [mark.text for mark in marks(make_plan(scene, scene.duration)) if not mark.is_cycle]
    assert texts == ["before training", "at rest after cycle 20", "after training"]


def test_not_too_many_marks() -> None:
    scene = short_scene(training__cycles=2000, schedule__every=1, duration=3600)
    found = marks(make_plan(scene, scene.duration))
    assert len(found) <= MOST_MARKS + 5
    assert found[-1].text == "a new situation"


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((1920, 1080), (640, 360)),
        ((1080, 1080), (480, 480)),
        ((1080, 1920), (360, 640)),
        ((320, 180), (320, 180)),
        ((8192, 128), (3840, 128)),
    ],
)
def test_a_draft_has_the_scenes_shape(size: tuple[int, int], small: tuple[int, int]) -> None:
    scene = short_scene(output__size=list(size), output__fps=30)
    output = draft(scene).output
    assert (output.size, output.fps, output.quality) == (small, 8, "draft")
    assert draft(short_scene(output__fps=5)).output.fps == Fraction(5)


def test_memory(recording: Recording) -> None:
    memory = Memory(largest=1)
    memory.keep(own_scene(recording), recording)
    asked = short_scene(title="Other")
    found = memory.find(asked)
    assert found is not None and own_scene(found) == asked and found.loss.base is recording.loss.base
    changed = short_scene(training__seed=2)
    other = netviz.record(changed)
    memory.keep(changed, other)
    assert memory.find(asked) is None and memory.find(changed) is not None
    memory = Memory()
    for each in (recording, other):
        memory.keep(own_scene(each), each)
    assert memory.find(asked) is not None and memory.find(changed) is not None


def test_the_draft_keeps_clear_of_what_a_platform_covers() -> None:
    scene = short_scene(output__platform="shorts", output__size="270x480")
    assert draft(scene).output.platform == "shorts"


def test_a_transparent_scene_is_shown_over_checks(recording: Recording) -> None:
    scene = short_scene(output__transparent=True)
    shown = PreviewVersion(make_plan(scene, scene.duration), Filmed(recording, scene), DrawLock())
    picture = np.asarray(Image.open(io.BytesIO(shown.picture(450))))
    assert picture.shape == (180, 320, 3)
    corner = picture[:20, :20].astype(int).mean(axis=2)
    assert (np.abs(corner[..., None] - [96, 128]).min(axis=2) < 8).mean() > 0.8, "but for the edges of checks"
