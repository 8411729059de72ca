"""What the page is told: how far the preview is, what it shows, and what is wrong."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

from netviz.preview.shown import Mark

Phase = Literal["reading", "training", "drawing", "ready"]


@dataclass(frozen=True)
class Picture:
    """The last picture that could be made. Every version of the scene has a number of its own.

    frame: the one that was drawn already, and whether somebody asked for it. trained, took: seconds of training (None:
    the recording was there), and from the change to the picture.
    """

    version: int
    name: str
    size: tuple[int, int]
    frames: int
    fps: float
    frame: int
    marks: tuple[Mark, ...]
    trained: float | None
    took: float


@dataclass(frozen=True)
class DraftFilm:
    """The draft film of a version: how much of it is done (0 to 1), and how many seconds it took when it is there."""

    version: int
    done: float
    took: float | None = None
    problem: str = ""


@dataclass(frozen=True)
class Status:
    """Everything the page needs to know.

    done: of the phase, 0 to 1. problems: what keeps the scene as it stands now from being shown; the picture is then
    of an earlier version. notes: what the user should know of it. over: nothing will follow.
    """

    phase: Phase = "reading"
    done: float = 0.0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    picture: Picture | None = None
    film: DraftFilm | None = None
    over: bool = False

    def as_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))
