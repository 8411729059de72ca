"""Before and after: the ghosts are the recorded first weights, wiped across once, gone before the rest ends."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from netviz.pipeline.looks import Filmed
from netviz.pipeline.validation import film_timeline
from netviz.recording.recording import AT_REST, Recording
from netviz.scene.scene import Scene
from netviz.timeline.before_after import SHORTEST
from netviz.timeline.frame import Frame
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.training.trainer import train
from tests.conftest import short_scene


@pytest.fixture(scope="module")
def timeline(recording: Recording, scene: Scene) -> Timeline:
    return make_timeline(make_plan(scene, Fraction(91)), recording, scene)


def last_rest(timeline: Timeline) -> list[Frame]:
    span = [span for span in timeline.plan.spans if span.kind == "rest"][-1]
    return [timeline.frame(index) for index in range(span.start, span.stop)]


def test_ghosts_are_the_recorded_weights_before_learning(timeline: Timeline) -> None:
    recording = timeline.recording
    row = np.flatnonzero((recording.row_step == 0) & (recording.probe == AT_REST))[0]
    before, after = (recording.parameters_at(at).weights for at in (row, -1))
    seen = [frame for frame in last_rest(timeline) if frame.ghosts]
    assert len(seen) > 2 * timeline.plan.fps
    for frame in seen:
        for ghost, recorded, trained, now in zip(frame.ghosts, before, after, frame.weights, strict=True):
            np.testing.assert_array_equal(ghost, recorded)
            np.testing.assert_array_equal(now, trained)


def test_they_are_wiped_across_once_and_are_gone_before_the_rest_ends(timeline: Timeline) -> None:
    frames = last_rest(timeline)
    wiped, levels = [frame.wiped for frame in frames if frame.ghosts], [frame.ghost_level for frame in frames]
    assert (np.diff(wiped) >= 0).all() and max(np.diff(wiped)) < 0.1 and wiped[0] < 0.1 and wiped[-1] == 1
    assert not any(frames[index].ghosts for index in (0, -1))
    assert max(np.abs(np.diff(levels[len(levels) // 2 :]))) < 0.15, "they fade"
    assert not any(frame.ghosts and any(frame.lingering) for frame in frames), "the last light is out by then"
    assert {frame.caption for frame in frames} == {"Before and after 60 cycles of training."}


def test_frames_with_other_ghosts_have_other_keys(timeline: Timeline) -> None:
    looks: dict[Any, tuple[float, float]] = {}
    for frame in last_rest(timeline):
        assert looks.setdefault(frame.key, (frame.wiped, frame.ghost_level)) == (frame.wiped, frame.ghost_level)


def test_no_other_moment_has_ghosts(timeline: Timeline) -> None:
    rest = [span for span in timeline.plan.spans if span.kind == "rest"][-1]
    others = [index for index in range(timeline.frame_count) if not rest.start <= index < rest.stop]
    assert not any(timeline.frame(index).ghosts for index in others[::3])


@pytest.mark.parametrize(
    "changes",
    [
        {"duration": 30},
        {"style": "classic"},
        {"shots": [{"shot": "learning", "pace": "even"}, {"shot": "rest", "share": 0.2}]},
        {"shots": [{"shot": "learning"}, {"shot": "think", "inputs": [1, 1, 0]}, {"shot": "rest", "share": 0.2}]},
    ],
    ids=["too short", "classic", "even", "no rest after learning"],
)
def test_nothing_is_compared(changes: dict[str, Any]) -> None:
    scene = short_scene(**changes)
    timeline = make_timeline(make_plan(scene, Fraction(changes.get("duration", 91))), train(scene), scene)
    frames = last_rest(timeline)
    assert timeline.before_after is None and not any(frame.ghosts for frame in frames)
    assert "Before and after" not in frames[0].caption
    assert "duration" not in changes or len(frames) < SHORTEST * timeline.plan.fps


def test_a_caption_of_the_shot_s_own_stays() -> None:
    shots = [{"shot": "learning"}, {"shot": "rest", "caption": "Done."}]
    scene = short_scene(shots=shots)
    timeline = make_timeline(make_plan(scene, Fraction(91)), train(scene), scene)
    assert {frame.caption for frame in last_rest(timeline)} == {"Done."}


def test_in_reduced_motion_they_stand() -> None:
    scene = short_scene(motion="reduced")
    timeline = film_timeline(make_plan(scene, Fraction(91)), Filmed(train(scene), scene))
    assert isinstance(timeline, Timeline)
    levels = {(frame.wiped, frame.ghost_level) for frame in last_rest(timeline) if frame.kind == "rest"}
    assert levels == {(1.0, 1.0)}
