"""The scenes that come with netviz: each can be filmed as it is, in every shape, and says what its author meant."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np
import pytest

import netviz
from netviz.drawing.renderer import Renderer
from netviz.errors import NetvizWarning
from netviz.pipeline.looks import resolved
from netviz.pipeline.prepare import finish, prepare
from netviz.scene.loader import bundled_scenes
from netviz.story.moments import moment_frame

NAMES = [name for name, _ in bundled_scenes()]
SHAPES = {"wide": "480x270", "square": "300x300", "tall": "270x480"}


@cache
def recording(name: str) -> netviz.Recording | netviz.Comparison:
    """A scene's training, cut short: what is drawn does not depend on how well it learned."""
    cycles = netviz.load_scene(name).training.cycles
    shorter = {"training.cycles": 60, "schedule": {"cycles": [1, 2, 20, 60]}, "captions": []}  # they are at cycles
    fewer = {} if cycles <= 60 else shorter
    scene = netviz.load_scene(name, overrides=fewer)
    return netviz.record(scene) if scene.compare is None else netviz.compare(scene)


@pytest.mark.parametrize("name", NAMES)
def test_a_film_of_a_useful_length_without_anything_left_out(name: str) -> None:
    scene = netviz.load_scene(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error", NetvizWarning)
        made = netviz.plan(scene)
    assert 15 <= made.seconds <= 91, "as long as the bundled music at most"
    assert (scene.title and scene.subtitle) or name == "xor-classic"


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_scene_can_be_drawn_in_every_shape(name: str, shape: str) -> None:
    scene = netviz.load_scene(name, overrides={"output.size": SHAPES[shape]})
    width, height = scene.output.size
    film = resolved(recording(name), {"output": scene.output.model_dump(mode="json")}, None)
    timeline = finish(prepare(film), film.recorded).timeline
    renderer = Renderer(timeline)
    for moment in ("30%", "end"):
        picture = renderer.draw(timeline.frame(moment_frame(timeline, moment)))
        assert picture.shape == (height, width, 3)
        assert picture.std() > 2, "something is drawn"
        edges = (picture[0], picture[-1], picture[:, 0], picture[:, -1])
        assert all(np.ptp(edge.astype(int), axis=0).max() < 25 for edge in edges), "nothing touches the edge"
