"""Scenes and recordings that many tests use."""

from __future__ import annotations

import gc
import os
from typing import Any

import pytest
from hypothesis import settings

from netviz.recording.recording import Recording
from netviz.scene.loader import load_scene
from netviz.scene.scene import Scene
from netviz.training.trainer import train

os.environ["NETVIZ_CACHE"] = "off"  # of those who run the tests; also for the processes that tests start

# A busy machine may take its time over any example; how fast the program is is measured elsewhere.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives to the end: thousands of collected tests and all modules."""
    gc.collect()
    gc.freeze()


SHORT = {
    "training.cycles": 60,
    "schedule": {"cycles": [1, 4, 20, 60]},
    "audio": None,
    "duration": 30,
    "output.size": "320x180",
    "shots": [
        {"shot": "title"},
        {"shot": "rest"},
        {"shot": "learning"},
        {"shot": "rest"},
        {"shot": "think", "inputs": [1, 1, 0], "target": 0},
    ],
}


def short_scene(**changes: Any) -> Scene:
    """The xor scene, trained for a moment and drawn small. Keys with a dot are written with two underscores."""
    return load_scene("xor", overrides=SHORT | {key.replace("__", "."): value for key, value in changes.items()})


@pytest.fixture(scope="session")
def scene() -> Scene:
    """A small film of the xor scene."""
    return short_scene()


@pytest.fixture(scope="session")
def recording(scene: Scene) -> Recording:
    """What training the small film's network left."""
    return train(scene)
