"""Recordings made one by one, side by side: what of the first one's look is of one run only."""

from __future__ import annotations

import pytest

import netviz
from netviz.errors import InputError
from netviz.pipeline.looks import filmed
from tests.conftest import short_scene


def recording_with_story(rate: float) -> netviz.Recording:
    scene = short_scene(training__learning_rate=rate, captions=[], story="auto", title="Two rates")
    recording = netviz.record(scene)
    assert recording.look is not None and recording.look["story"]["tell"] == "auto"
    return recording


def test_the_story_of_the_first_is_left_out_and_all_else_of_its_look_is_kept() -> None:
    runs = {"fast": recording_with_story(1.0), "slow": recording_with_story(0.1)}
    scene = filmed(netviz.compare(runs)).scene
    assert (scene.told, scene.title, scene.runs) == (None, "Two rates", ("fast", "slow"))
    assert filmed(runs["fast"]).scene.told is not None


def test_a_story_that_is_asked_for_is_refused() -> None:
    both = netviz.compare({"fast": recording_with_story(1.0), "slow": recording_with_story(0.1)})
    with pytest.raises(InputError, match="a story is of one run"):
        filmed(both, {"story": "auto"})
