"""Scenes that compare runs, drawn small."""

from __future__ import annotations

from typing import Any

import netviz
from netviz.pipeline.looks import Filmed
from netviz.pipeline.validation import film_timeline
from netviz.recording.comparison import Comparison
from netviz.scene.scene import Scene
from netviz.timeline.side_by_side import SideBySide
from tests.conftest import short_scene

RATES = [{"set": {"training.learning_rate": 1}}, {"set": {"training.learning_rate": 0.1}}]
RUN_AWAY = [{"set": {"training.learning_rate": 3}}, {"set": {"training.learning_rate": 0.05}}]
"""Of `linear`: the first diverges."""


def comparing(compare: Any = RATES, **changes: Any) -> Scene:
    """The small xor film, comparing runs."""
    return short_scene(compare=compare, **changes)


def linear(**changes: Any) -> Scene:
    """A network without bounds, one of whose runs diverges."""
    wild: Any = {"network__activation": ["relu", "linear"], "network__bias": True, "training__initial_weights": "he"}
    return comparing(RUN_AWAY, **wild, training__cycles=400, schedule={"cycles": [1, 4, 20, 400]}, **changes)


def film_of(scene: Scene) -> tuple[Comparison, SideBySide]:
    """The runs of a scene, and their frames."""
    runs = netviz.compare(scene)
    film = film_timeline(netviz.plan(scene), Filmed(runs, scene))
    assert isinstance(film, SideBySide)
    return runs, film
