"""What the page shows: one version of the scene, trained, planned and set up to be drawn at any moment."""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import sqrt
from typing import Any

import numpy as np

from netviz.errors import InputError
from netviz.film.moments import moment_frame
from netviz.film.plan import SHOWING, Plan, Span
from netviz.film.side_by_side import frames_of
from netviz.learn.comparison import Comparison
from netviz.learn.recording import Recording
from netviz.picture.stage import Stage
from netviz.picture.transparent import TransparentStage, over_checks
from netviz.preview.turns import Turns
from netviz.scene.output import Output
from netviz.scene.spec import Scene

JPEG_QUALITY = 92
MOST_KEPT = 16
"""Pictures whose bytes are kept for those who ask again."""
MOST_MARKS = 300
DRAFT_PIXELS = 640 * 360
DRAFT_FPS = Fraction(8)


@dataclass(frozen=True)
class Mark:
    """From which frame on something is shown, and what."""

    frame: int
    text: str
    is_cycle: bool


class Shown:
    """A version of the scene: any of its frames as a picture."""

    def __init__(self, plan: Plan, recorded: Recording | Comparison, turns: Turns) -> None:
        self.plan = plan
        self._turns = turns
        self._timeline = frames_of(plan, recorded)
        self._jpegs: dict[Any, bytes] = {}
        with turns.still():
            is_transparent = recorded.scene.output.transparent
            self._stage = TransparentStage(self._timeline) if is_transparent else Stage(self._timeline)

    def picture(self, frame: int) -> bytes:
        """A frame of the film as JPEG. Raises IndexError if there is no such frame."""
        if not 0 <= frame < self.plan.frame_count:
            raise IndexError(f"frame {frame} of a film of {self.plan.frame_count} frames")
        with self._turns.still():
            key = self._timeline.key(frame)
            if key not in self._jpegs:
                while len(self._jpegs) >= MOST_KEPT:
                    del self._jpegs[next(iter(self._jpegs))]
                pixels = self._stage.draw(self._timeline.frame(frame))
                if pixels.shape[2] == 4:
                    pixels = over_checks(pixels)
                self._jpegs[key] = _jpeg(np.ascontiguousarray(pixels))
            return self._jpegs[key]

    def moment(self, at: str, seconds: float | None) -> tuple[int, str]:
        """The frame that is wanted: at so many seconds, or else at a moment's name; and what is wrong with that name.

        Of a moment that this film has not the nearest, or the middle, is shown.
        """
        last = self.plan.frame_count - 1
        if seconds is not None:
            return min(last, int(seconds * self.plan.fps)), ""
        try:
            return moment_frame(self._timeline, at), ""
        except InputError as wrong:
            return last // 2, str(wrong)


def _jpeg(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """Full colour at every pixel: thin bright lines on a dark ground are what these pictures are made of."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return file.getvalue()


def marks(plan: Plan) -> tuple[Mark, ...]:
    """What the film shows from when on: its cycles, and the other shots. Of very many cycles only some.

    The way to a cycle belongs to what is shown before it.
    """
    shown = [
        Mark(span.start, _text(span), span.kind in SHOWING) for span in plan.spans if span.kind not in ("move", "hold")
    ]
    found = [next(same) for _, same in groupby(shown, key=lambda mark: mark.text)]
    step = -(-len(found) // MOST_MARKS)
    return tuple(mark for number, mark in enumerate(found) if number % max(1, step) == 0 or not mark.is_cycle)


def _text(span: Span) -> str:
    if span.kind == "rest":
        return "after training" if span.cycle else "before training"
    walk = "working through " if span.kind == "walk" else ""
    return {"title": "title", "think": "a new situation"}.get(span.kind, f"{walk}cycle {span.cycle:,}")


def draft(scene: Scene) -> Scene:
    """The scene as a film that is made quickly: of the same shape, but small, and with few frames a second."""
    width, height = scene.output.size
    scale = min(1.0, sqrt(DRAFT_PIXELS / (width * height)))
    size = max(128, round(width * scale / 2) * 2), max(128, round(height * scale / 2) * 2)
    output = Output(platform=scene.output.platform, size=size, fps=min(DRAFT_FPS, scene.output.fps), quality="draft")
    return scene.model_copy(update={"output": output})
