"""A piece of music as a film plays it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Soundtrack:
    """A piece of music as a film plays it, all times in samples at SAMPLE_RATE; without settings: as it is.

    path: its file. It plays from its beginning, and silence follows it.
    """

    path: Path
