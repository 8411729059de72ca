"""Comparison: recordings of several runs that one film shows side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netviz.recording.recording import Recording


@dataclass(frozen=True, eq=False)
class Comparison:
    """Recordings of several runs, in the order in which they are shown."""

    recordings: tuple[Recording, ...]
    names: tuple[str, ...]
    """Name of each run, which stands above it."""
    diverged: tuple[int | None, ...]
    """For each run the step in which its training broke off; None where it came to its end. At least one did."""
    training_setup: Mapping[str, Any] | None = None
    """Network, data, training, schedule and compare of the scene that compares them; None for runs of somebody else's,
    or recorded each by itself."""
    scene_look: Mapping[str, Any] | None = None
    """All other keys of that scene; None where there is none."""

    @property
    def whole(self) -> Recording:
        """The first run whose training came to its end."""
        return next(each for each, step in zip(self.recordings, self.diverged, strict=True) if step is None)

    @property
    def look(self) -> Mapping[str, Any] | None:
        """Look of a film of the runs: of the scene that compares them, or else of the first of them."""
        return self.recordings[0].look if self.scene_look is None else self.scene_look

    @property
    def look_from(self) -> Path | None:
        """The file that the look was read from, see `Recording.look_from`."""
        return self.recordings[0].look_from if self.scene_look is None else None
