"""A film told in words, without being drawn."""

from __future__ import annotations

from typing import Any

import pytest

from netviz.api import recorded
from netviz.film.side_by_side import SideBySide, frames_of
from netviz.film.timeline import Timeline
from netviz.plans import plan, tell
from tests.conftest import short_scene


def film(**changes: Any) -> Timeline | SideBySide:
    """All frames of a short film of the xor scene."""
    scene = short_scene(**changes)
    runs = recorded(scene)
    return frames_of(tell(plan(scene), runs), runs)


@pytest.fixture(scope="session")
def timeline() -> Timeline:
    """Those of the short film as it is, with its story."""
    found = film()
    assert isinstance(found, Timeline)
    return found
