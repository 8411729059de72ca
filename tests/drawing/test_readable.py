"""Every text that is really written, on what is really under it: also in the glow, on neurons, in boxes."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest

import netviz
from netviz.drawing.canvas import Canvas
from netviz.drawing.oklab import linear
from netviz.drawing.renderer import Renderer
from netviz.drawing.theme import READABLE, mix
from netviz.pipeline.looks import Filmed
from netviz.pipeline.prepare import finish, prepare
from netviz.scene.loader import load_scene
from netviz.timeline.moments import frame_at
from tests.recordings import own_scene

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
GHOST = 0.28
"""How much of their colour the zeros have that fill a counter: they are decoration, not text."""


class Read(NamedTuple):
    """A text, the colour it was written in, and the contrast that all but a tenth of what is under it gives it."""

    text: str
    colour: Any
    contrast: float


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Read]:
    """Fills with every text written at nearly full strength from now on."""
    found: list[Read] = []
    text, stamp = Canvas.text, Canvas.stamp
    said = ["(formula)"]

    def remember(self: Canvas, words: str, *rest: Any, **more: Any) -> None:
        said.append(words)
        text(self, words, *rest, **more)
        said.pop()

    def measure(self: Canvas, drawn: Any, x: float, y: float, colour: Any, level: float = 1.0) -> None:
        if level > 0.95:
            self.settle()
            left, top = round(x) + drawn.left, round(y) - drawn.top
            height, width = drawn.alpha.shape
            box = slice(max(0, top), top + height), slice(max(0, left), left + width)
            under = linear(np.stack([plane[box] for plane in self.planes], -1) / 255) @ LUMINANCE
            ink = float(linear(np.asarray(colour)) @ LUMINANCE)
            ratios = (np.maximum(under, ink) + 0.05) / (np.minimum(under, ink) + 0.05)
            found.append(Read(said[-1], colour, float(np.percentile(ratios, 10))))
        stamp(self, drawn, x, y, colour, level)

    monkeypatch.setattr(Canvas, "text", remember)
    monkeypatch.setattr(Canvas, "stamp", measure)
    return found


@cache
def trained(name: str) -> netviz.Recording:
    return netviz.record(load_scene(name))


CASES = [
    ("step-by-step", "night", "blue-orange"),
    ("step-by-step", "paper", "colour-blind"),
    ("step-by-step", "playground", "colour-blind"),
    ("even-or-odd", "night", "blue-orange"),
    ("even-or-odd", "playground", "green-red"),
    ("xor", "night", "green-red"),
    ("xor", "playground", "blue-orange"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "theme", "palette"), CASES)
def test_every_text_can_be_read_where_it_stands(name: str, theme: str, palette: str, read: list[Read]) -> None:
    recording = trained(name)
    look = load_scene(name, overrides={"theme": theme, "palette": palette, "output.size": "640x360"})
    kept = own_scene(recording)
    changes = {"theme": look.theme, "palette": look.palette, "output": look.output}
    shown = Filmed(recording, kept.model_copy(update=changes))
    timeline = finish(prepare(shown), recording).timeline
    renderer = Renderer(timeline)
    for part in range(4, 100, 8):
        renderer.draw(timeline.frame(frame_at(timeline.plan, f"{part}%")))
    made = renderer.context.theme
    ghosts = [mix(made.centre, colour, GHOST) for colour in (made.ink, made.error, made.test_error)]
    texts = [each for each in read if not any(np.allclose(each.colour, ghost) for ghost in ghosts)]
    assert len(read) - len(texts) <= 2 * 12
    assert all(set(each.text) <= set("0,.") for each in read if all(each is not other for other in texts))
    assert len(texts) > 100
    worst = min(texts, key=lambda each: each.contrast)
    assert worst.contrast >= READABLE, worst
