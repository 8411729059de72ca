"""The opening: title, network and line under the title come one after the other, and nothing goes dark."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from netviz.pipeline.looks import Filmed
from netviz.pipeline.validation import film_timeline
from netviz.timeline.fades import CAPTION, GLIDE, LONGEST
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.training.trainer import train
from tests.conftest import short_scene

LEARNING: dict[str, Any] = {"shot": "learning"}
BEGINNINGS = {
    "title, rest": [{"shot": "title"}, {"shot": "rest"}, LEARNING],
    "title": [{"shot": "title"}, LEARNING],
    "rest": [{"shot": "rest"}, LEARNING],
}


def timeline_with(**changes: Any) -> Timeline:
    """A film of 60 s whose scene has some keys changed."""
    scene = short_scene(**changes)
    return make_timeline(make_plan(scene, Fraction(60)), train(scene), scene)


@pytest.mark.parametrize("shots", BEGINNINGS.values(), ids=BEGINNINGS)
def test_the_network_is_drawn_on_before_anything_happens_to_it(shots: list[Any]) -> None:
    timeline = timeline_with(shots=shots)
    begins = next(span.start for span in timeline.plan.spans if span.shot_kind == "learning")
    frames = [timeline.frame(index) for index in range(begins + 1)]
    drawn = [frame.drawn for frame in frames]
    assert drawn[0] == 0 and drawn[-1] == 1
    assert min(np.diff(drawn)) >= 0 and max(np.diff(drawn)) < 0.05, "it grows steadily"
    assert sum(0 < each < 1 for each in drawn) <= LONGEST * timeline.plan.fps + 1
    assert not any(frame.pulses or frame.presented for frame in frames[:-1])


@pytest.mark.parametrize("shots", BEGINNINGS.values(), ids=BEGINNINGS)
def test_no_moment_of_the_opening_is_dark(shots: list[Any]) -> None:
    """The title stands in full from the first frame on: on the card, on its way, or in its place."""
    timeline = timeline_with(shots=shots)
    for index in range(timeline.plan.spans[1].stop):
        frame = timeline.frame(index)
        assert frame.presence == 1 or frame.drawn < 1
        assert frame.card == 1 or frame.drawn < 1 or frame.presence == 1
        assert frame.caption_level == 1 or frame.card > 0 or index < timeline.plan.spans[0].stop + CAPTION * 30


def test_the_title_leaves_its_card_late_and_arrives_before_the_card_ends() -> None:
    timeline = timeline_with(shots=BEGINNINGS["title, rest"])
    card, fps = timeline.plan.spans[0].stop, timeline.plan.fps
    levels = [timeline.frame(index).card for index in range(card + 1)]
    leaves = next(index for index, level in enumerate(levels) if level < 1)
    assert levels[0] == 1 and levels[card - 1] == 0
    assert card - leaves == pytest.approx(GLIDE * fps, abs=2)
    assert timeline.key(0) == timeline.key(leaves - 2)


def test_frames_that_look_different_have_different_keys() -> None:
    for shots in BEGINNINGS.values():
        timeline = timeline_with(shots=shots)
        looks: dict[Any, tuple[float, ...]] = {}
        for index in range(timeline.plan.spans[1].stop):
            frame = timeline.frame(index)
            look = (frame.card, frame.presence, frame.drawn, frame.caption_level, frame.curve_cycle)
            assert looks.setdefault(timeline.key(index), look) == look


@pytest.mark.parametrize(
    "changes",
    [{"motion": "reduced"}, {"style": "classic"}, {"shots": [{"shot": "title"}, {"shot": "learning", "pace": "even"}]}],
    ids=["reduced", "classic", "even"],
)
def test_some_films_begin_as_they_go_on(changes: dict[str, Any]) -> None:
    scene = short_scene(**changes)
    timeline = film_timeline(make_plan(scene, Fraction(60)), Filmed(train(scene), scene))
    assert {timeline.frame(index).drawn for index in range(0, 200, 7)} == {1.0}


def test_a_film_of_a_title_alone_and_one_that_begins_with_learning_have_no_opening() -> None:
    for shots in ([{"shot": "title"}], [LEARNING]):
        timeline = timeline_with(shots=shots)
        assert timeline.opening is None and timeline.frame(0).drawn == 1
