"""Which frame stands for a film."""

from __future__ import annotations

from typing import Any

import pytest

from netviz.errors import InputError
from netviz.pipeline.api import recorded
from netviz.pipeline.prepare import finish, prepare
from netviz.story.moments import moment_frame
from netviz.timeline.moments import check_moment
from netviz.timeline.poster import poster_frame
from netviz.timeline.side_by_side import SideBySide
from netviz.timeline.timeline import Timeline
from tests.conftest import short_scene


def film(**changes: Any) -> Timeline | SideBySide:
    scene = short_scene(story=None, **changes)
    prepared = prepare(scene)
    return finish(prepared, recorded(prepared)).timeline


def test_late_lit_and_clear() -> None:
    timeline = film()
    number = poster_frame(timeline)
    frame, learning = timeline.frame(number), [each for each in timeline.plan.spans if each.kind == "step"]
    assert frame.kind == "step" and number > (learning[0].start + learning[-1].stop) / 2
    assert (frame.card, frame.presence, frame.caption_level, frame.spotlight) == (0.0, 1.0, 1.0, None)
    assert any(pulse.direction == "forward" for pulse in frame.pulses) or min(map(min, frame.arrived)) > 0.9
    assert sum(float(layer.sum()) for layer in frame.arrived) > 5, "inputs and hidden neurons shine"
    assert poster_frame(film()) == number, "the same film, the same frame"


def test_no_frame_in_which_a_caption_fades() -> None:
    at = poster_frame(film())
    moved = film(captions=[{"text": "Now", "at": f"{at / 30 - 0.1:.3f}s", "for": 2}])
    frame = moved.frame(poster_frame(moved))
    assert frame.caption_level == 1 and not frame.is_cue


def test_where_everything_is_told_the_best_of_it_is_taken() -> None:
    told = film(captions=[{"text": "All along", "at": "start", "for": 30}])
    assert told.frame(poster_frame(told)).is_cue


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"style": "classic"}, "step"),
        ({"style": "playground"}, "step"),
        ({"motion": "reduced"}, "step"),
        ({"shots": [{"shot": "title"}, {"shot": "walk", "example": 3}]}, "walk"),
        ({"shots": [{"shot": "title"}, {"shot": "think", "inputs": [1, 1, 0]}]}, "think"),
        ({"shots": [{"shot": "title"}, {"shot": "rest"}]}, "rest"),
        ({"shots": [{"shot": "title"}]}, "title"),
        ({"compare": [{"name": "a"}, {"name": "b", "set": {"training.seed": 2}}]}, "step"),
    ],
    ids=str,
)
def test_films_of_every_kind(changes: dict[str, Any], kind: str) -> None:
    timeline = film(**changes)
    frame = timeline.frame(poster_frame(timeline))
    assert frame.kind == kind
    assert frame.card == 0 or kind == "title"


def test_the_moment_has_a_name() -> None:
    timeline = film()
    check_moment(timeline.plan, "poster")
    assert moment_frame(timeline, "poster") == poster_frame(timeline)
    assert moment_frame(timeline, "50%") == timeline.frame_count // 2
    with pytest.raises(InputError, match=r"'post' is no moment; give poster, or 12.5s"):
        check_moment(timeline.plan, "post")
