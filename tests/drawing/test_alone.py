"""Any frame can be drawn alone: points, walks and equations look the same whatever was drawn before."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.drawing.color_space import YUV420
from netviz.drawing.renderer import Renderer, draw_frames
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import make_timeline

FILMS: dict[str, dict[str, Any]] = {
    "playground-quadrants": {
        "schedule": {"frames": 20},
        "shots": [{"shot": "learning"}, {"shot": "walk"}, {"shot": "think", "inputs": [1, 2]}, {"shot": "rest"}],
        "duration": 30,
    },
    "step-by-step": {"schedule": {"cycles": [1, 3, 60]}, "duration": 50},
    "even-or-odd": {"schedule": {"cycles": [1, 3, 60]}, "duration": 50, "theme": "paper"},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILMS)
def test_frames_in_any_order_are_those_of_the_film(name: str) -> None:
    small = {"training.cycles": 60, "output.size": "320x180", "output.fps": 2}
    scene = netviz.load_scene(name, overrides=small | FILMS[name])
    timeline = make_timeline(make_plan(scene, scene.duration), netviz.record(scene), scene)
    in_order = [picture.copy() for picture in draw_frames(timeline)]
    renderer = Renderer(timeline, YUV420)
    order = list(range(timeline.frame_count))
    random.Random(1).shuffle(order)
    for index in order:
        assert np.array_equal(renderer.draw(timeline.frame(index)), in_order[index]), index
