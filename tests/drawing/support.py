"""Stages, and a record of every text that is written on them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest

from netviz.drawing.canvas import Canvas
from netviz.drawing.panels.strokes import Strokes
from netviz.drawing.text import mask
from netviz.scene.scene import Scene
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.training.trainer import train


def timeline_of(scene: Scene, seconds: int = 60) -> Timeline:
    return make_timeline(make_plan(scene, Fraction(seconds)), train(scene), scene)


def first(timeline: Timeline, kind: str, phase: float = 0.55, **wanted: Any) -> int:
    """A frame of the first span of a kind (and cycle, example, ...), some way into it."""
    for span in timeline.plan.spans:
        if span.kind == kind and all(getattr(span, key) == value for key, value in wanted.items()):
            return span.start + int(phase * (span.stop - span.start))
    raise AssertionError(f"no {kind} with {wanted}")


@dataclass(frozen=True)
class Drawn:
    """What some strokes were last drawn with."""

    weights: Any
    widths: Any
    colours: Any
    opacity: Any

    @staticmethod
    def watch(monkeypatch: pytest.MonkeyPatch) -> dict[Strokes, Drawn]:
        """Fills with what strokes are drawn with from now on."""
        seen: dict[Strokes, Drawn] = {}
        original = Strokes.draw

        def draw(self: Strokes, weights: Any, widths: Any, colours: Any, opacity: Any) -> None:
            seen[self] = Drawn(weights, widths, colours, opacity)
            original(self, weights, widths, colours, opacity)

        monkeypatch.setattr(Strokes, "draw", draw)
        return seen


@dataclass(frozen=True)
class Written:
    """A text on the picture, and the pixels it covers."""

    text: str
    size: float
    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: Written) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Written]:
    """Fills with every text written at full strength from now on."""
    texts: list[Written] = []
    original = Canvas.text

    def keep(text: str, x: float, y: float, font: Any, size: float, anchor: str) -> None:
        if text:
            drawn = mask(text, font, size)
            start = {"left": 0.0, "middle": drawn.width / 2, "right": drawn.width}[anchor]
            left, top = round(x - start) + drawn.left, round(y) - drawn.top
            height, width = drawn.alpha.shape
            texts.append(Written(text, size, left, top, left + width, top + height))

    def text(self: Canvas, text: str, x: float, y: float, font: Any, size: float, *rest: Any, **more: Any) -> None:
        anchor = rest[1] if len(rest) > 1 else more.get("anchor", "left")
        if (rest[2] if len(rest) > 2 else more.get("level", 1.0)) > 0.9:
            keep(text, x, y, font, size, anchor)
        original(self, text, x, y, font, size, *rest, **more)

    together = Canvas.cover_of_texts

    def cover_of_texts(self: Canvas, several: Any) -> Any:
        given = [*several]
        for words, x, y, font, size, anchor in given:
            keep(words, x, y, font, size, anchor)
        return together(self, given)

    monkeypatch.setattr(Canvas, "cover_of_texts", cover_of_texts)
    monkeypatch.setattr(Canvas, "text", text)
    return texts
