"""Moments that only a recording knows: events, cycles passed on the way, each with an offset."""

from __future__ import annotations

from math import floor

import pytest

from netviz.errors import InputError
from netviz.recording.event import Event
from netviz.recording.recording import Recording
from netviz.scene.scene import Scene
from netviz.scene.shots import RestShot, TitleShot
from netviz.story.event_frames import frame_at_cycle, frame_of
from netviz.story.moments import moment_frame
from netviz.timeline.moments import check_moment
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import Timeline, make_timeline

SIGNS = (Event("sign", 3), Event("sign", 8, example=1))


@pytest.fixture(scope="module")
def timeline(scene: Scene, recording: Recording) -> Timeline:
    return make_timeline(make_plan(scene, None), recording, scene)


@pytest.fixture(autouse=True)
def _two_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netviz.story.moments.find_events", lambda recording, scene: SIGNS)


def test_an_event_is_shown_as_it_happens(timeline: Timeline) -> None:
    for number, event in enumerate(SIGNS, 1):
        frame = frame_of(timeline, event)
        assert frame is not None
        assert moment_frame(timeline, f"event:sign:{number}") == frame
        assert moment_frame(timeline, f"event:sign:{number}-0.25s") == floor(frame - timeline.plan.fps / 4)


def test_a_film_without_learning_shows_no_sign_that_changes(scene: Scene, recording: Recording) -> None:
    resting = scene.model_copy(update={"shots": (TitleShot(), RestShot())})
    film = make_timeline(make_plan(resting, None), recording, resting)
    assert frame_of(film, Event("sign", 3, synapse=(0, 0, 0), numbers={"before": -1.0, "after": 1.0})) is None


def test_a_cycle_that_is_passed_is_shown_on_the_way(timeline: Timeline) -> None:
    shown = timeline.plan.shown_cycles
    passed = next(cycle for cycle in range(shown[0], shown[-1]) if cycle not in shown)
    frame = moment_frame(timeline, f"cycle:{passed}")
    assert frame == frame_at_cycle(timeline, passed)
    assert timeline.frame(frame).curve_cycle == pytest.approx(passed, abs=1)
    assert timeline.frame(frame - 1).curve_cycle < passed
    assert moment_frame(timeline, f"cycle:{passed}+1s") == frame + timeline.plan.fps


def test_an_offset_counts_from_the_beginning_of_a_shot(timeline: Timeline) -> None:
    spans = [span for span in timeline.plan.spans if span.shot == 1]
    assert moment_frame(timeline, "shot:2") == (spans[0].start + spans[-1].stop) // 2
    assert moment_frame(timeline, "shot:2+0s") == spans[0].start
    assert moment_frame(timeline, "shot:2+0.5s") == floor(spans[0].start + timeline.plan.fps / 2)
    assert moment_frame(timeline, "end-0s") == moment_frame(timeline, "end") == timeline.plan.frame_count - 1


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("event:sign:3", "this run has 2 events of the kind sign"),
        ("event:solved+1s", "this run has no event solved; it has sign"),
        ("event:sign+9000s", r"event:sign\+9000s is past the end of the film: the film lasts .* event:sign at "),
        ("cycle:999999", "the film does not come to cycle 999,999; it goes from 0 to "),
    ],
)
def test_moments_that_the_film_has_not(timeline: Timeline, at: str, message: str) -> None:
    if at.startswith("event"):
        check_moment(timeline.plan, at)  # which is known only with the recording
    with pytest.raises(InputError, match=f"^--at: {message}"):
        moment_frame(timeline, at)
