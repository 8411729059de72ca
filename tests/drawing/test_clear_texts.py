"""All kinds of scenes in all shapes: every text inside the picture, large enough, and clear of the others."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from netviz.drawing.renderer import Renderer
from netviz.scene.scene import Scene
from tests.conftest import short_scene
from tests.drawing.support import Written, timeline_of, written

__all__ = ["written"]

SCENES: dict[str, dict[str, Any]] = {
    "two outputs and bias nodes": {
        "network": {
            "layers": [3, 4, 2],
            "bias": True,
            "inputs": ["barks", "purrs", "has fur"],
            "outputs": ["dog", "cat"],
        },
        "data": {"examples": [{"inputs": [1, 0, 1], "target": [1, 0]}, {"inputs": [0, 1, 1], "target": [0, 1]}]},
        "shots": [{"shot": "rest"}, {"shot": "learning"}],
        "training__initial_weights": "glorot",
    },
    "a walk": {
        "network": {"layers": [2, 2, 2], "bias": "fixed", "inputs": ["i1", "i2"], "outputs": ["o1", "o2"]},
        "data": {"examples": [{"inputs": [0.05, 0.10], "target": [0.01, 0.99]}]},
        "shots": [{"shot": "walk", "backward": True}, {"shot": "learning"}],
        "training__initial_weights": "glorot",
    },
    "points of the plane": {
        "network": {"layers": [2, 4, 2, 1], "activation": "tanh", "bias": True},
        "data": {"dataset": "xor"},
        "training__batch": 10,
        "training__cycles": 20,
        "schedule": {"cycles": [1, 20]},
        "training__initial_weights": "playground",
        "style": "playground",
        "shots": [{"shot": "rest"}, {"shot": "learning"}, {"shot": "think", "inputs": [2, -3], "target": -1}],
    },
    "all features, no thoughts": {
        "network": {"layers": [7, 8, 6, 1], "activation": "tanh", "bias": True},
        "data": {"dataset": "spiral", "features": ["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"]},
        "training__batch": 10,
        "training__cycles": 20,
        "schedule": {"cycles": [1, 20]},
        "training__initial_weights": "playground",
        "shots": [{"shot": "learning"}],
    },
}


@pytest.mark.parametrize("size", ["1280x720", "720x720", "720x1280"])
@pytest.mark.parametrize("name", SCENES)
def test_texts_are_clear_of_each_other(name: str, size: str, written: list[Written]) -> None:
    scene: Scene = short_scene(**SCENES[name], output__size=size, subtitle="")
    timeline = timeline_of(scene)
    renderer = Renderer(timeline)
    card = renderer.panels[0].context.layout.card
    still = [text for text in written if text.size < card]  # the title card has a picture of its own
    width, height = scene.output.size
    for part in (0.05, 0.3, 0.62, 0.97):
        written[:] = still
        renderer.draw(timeline.frame(int(part * timeline.frame_count)))
        shown = list({(text.text, text.left, text.top): text for text in written if text.text.strip()}.values())
        assert len(shown) > 5
        for text in shown:
            assert 0.01 * width <= text.left < text.right <= 0.99 * width, text
            assert 0.01 * height <= text.top < text.bottom <= 0.99 * height, text
        for one, other in combinations(shown, 2):
            assert not one.touches(other), (one, other)
