"""Tests of frameworks begin with the same random numbers, and compute small things on one core."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture(autouse=True)
def seeded() -> None:
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(7)
        sys.modules["torch"].set_num_threads(1)
