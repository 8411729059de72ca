"""Tests of frameworks: the same random numbers first, small things on one core, and Keras computes by PyTorch."""

from __future__ import annotations

import os
import sys

import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")


@pytest.fixture(autouse=True)
def seeded() -> None:
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(7)
        sys.modules["torch"].set_num_threads(1)
