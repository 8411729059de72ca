"""Colours of the maker's own: each is drawn where it belongs, what goes with it follows, and what is wrong is said."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest

from netviz.drawing.oklab import distance, oklch, ramp
from netviz.drawing.palette_notes import palette_notes
from netviz.drawing.panels.classic import ClassicHeaderPanel
from netviz.drawing.panels.loss_curve import CurvePanel
from netviz.drawing.renderer import Renderer
from netviz.drawing.synapse_curves import curves
from netviz.drawing.theme import (
    DARK_PALETTES,
    LIGHT_PALETTES,
    PLAYGROUND,
    READABLE,
    THEMES,
    TOLD_APART,
    Theme,
    code_of,
    colour,
    contrast,
    theme_of,
)
from tests.conftest import short_scene
from tests.drawing.support import first, timeline_of
from tests.drawing.test_network_panel import panel_of, planar

BRAND = {
    "positive": "#2ec4b6",
    "negative": "#ff6b6b",
    "neuron": "#ffd166",
    "error": "#c4a5ff",
    "test_error": "#b8e986",
    "background": ["#14213d", "#0b132b"],
    "text": "#fdf6e3",
    "muted": "#8fb7ff",
}
LIGHT = {"positive": "#00798c", "negative": "#d1495b", "background": "#fff8ee", "text": "#003d5b"}


def of(palette: Any, style: str = "glow", theme: str | None = None) -> Theme:
    return theme_of(short_scene(style=style, theme=theme, palette=palette))


def notes(palette: Any, **more: Any) -> list[str]:
    return [*palette_notes(short_scene(palette=palette, **more))]


@pytest.mark.parametrize("style", ["glow", "classic", "playground"])
def test_what_is_given_stands_as_it_is(style: str) -> None:
    made = of(BRAND, style)
    names = {"positive": "positive", "negative": "negative", "neuron": "signal", "error": "error"}
    names |= {"test_error": "test_error", "text": "ink", "muted": "quiet"}
    assert {key: code_of(getattr(made, name)) for key, name in names.items()} == {key: BRAND[key] for key in names}
    assert [code_of(made.centre), code_of(made.edge)] == BRAND["background"]
    assert not made.is_light
    assert code_of(made.highlight) == BRAND["neuron"], "the box around what is presented is the light's"
    np.testing.assert_array_equal(made.fill(np.array([0.0, 1.0])), [made.neuron, made.signal])
    assert [bytes(made.scale[index]).hex() for index in (0, 255)] == ["ff6b6b", "2ec4b6"]


@pytest.mark.parametrize(("palette", "expected"), [(BRAND, BRAND["error"]), ({"negative": "#ff6b6b"}, "#ff6b6b")])
def test_the_bar_of_the_error_in_classic(palette: Any, expected: str) -> None:
    renderer = Renderer(timeline_of(short_scene(style="classic", palette=palette)))
    (bar,) = [panel.filled for panel in renderer.panels if isinstance(panel, ClassicHeaderPanel)]
    np.testing.assert_allclose(bar.get_facecolor()[:3], colour(expected), atol=1e-6)


@pytest.mark.parametrize(
    ("style", "background", "theme"),
    [
        ("glow", "#0b132b", "night"), ("glow", "#fffaf0", "paper"), ("glow", None, "night"),
        ("classic", "#fffaf0", "paper"), ("playground", "#0b132b", "night"), ("playground", "#eeeeff", "playground"),
    ],
)  # fmt: skip
def test_the_background_decides_what_the_rest_is(style: str, background: str | None, theme: str) -> None:
    made, rest = of({"background": background}, style), THEMES[theme][0]
    assert made.is_light == rest.is_light
    assert (made.positive == rest.positive).all()
    assert (made.signal == rest.signal).all()


def test_the_least_colours_follow_from_those_given() -> None:
    for ground in ("#5a1e3f", "#0033a0", "#00704a", "#b0c4de", "#7f7f7f"):
        made = of({"background": ground})
        for name in ("ink", "quiet", "faint", "error", "test_error"):
            assert made.legibility(getattr(made, name)) >= READABLE, (ground, name)
    made = of({"text": "#fdf6e3", "background": "#5a1e3f"})
    assert contrast(made.quiet, made.centre) > contrast(made.faint, made.centre) >= READABLE
    black = of({"background": "#7f7f7f"})
    assert black.legibility(black.ink) > 5, "neither the theme's ink nor the other would be read there"
    light = of({"neuron": "#00798c"}, theme="paper")
    assert contrast(light.figure(1.0), light.signal) >= READABLE
    assert distance(of({"neuron": "#7cc4ff"}).negative_signal, colour("#7cc4ff")) >= TOLD_APART


@pytest.mark.parametrize(
    ("ground", "light"), [*product(("#0033a0", "#00704a", "#000000", "#402010"), ("#ffffff", "#ffd400", "#ff5e3a"))]
)
def test_light_comes_without_a_jump_and_figures_on_it_are_read(ground: str, light: str) -> None:
    made = of({"background": ground, "neuron": light})
    levels = made.fill(np.linspace(0, 1, 256))
    steps = [distance(one, other) for one, other in pairwise(levels)]
    assert max(steps) < 3.5
    assert (np.diff(oklch(levels)[:, 0]) > -1e-3).all(), "the more light the lighter"
    assert min(contrast(made.figure(level), made.fill(np.array(level))) for level in np.linspace(0, 1, 64)) >= READABLE
    assert np.isfinite(made.neuron_halo(np.linspace(-1, 1, 9))).all()


def test_white_light_stays_white() -> None:
    grey = oklch(ramp(colour("#101010"), colour("#ffffff")))
    assert grey[:, 1].max() < 0.01


def test_in_the_theme_playground_neurons_have_the_weights_colours_unless_they_have_their_own() -> None:
    made = of({"positive": "#7a3cff", "negative": "#2a9d3f"}, "playground")
    assert (made.signal == made.positive).all()
    assert (made.negative_signal == made.negative).all()
    assert code_of(of({"positive": "#7a3cff", "neuron": "gold"}, "playground").signal) == "#ffd700"
    assert of({}, "playground") is PLAYGROUND


def near(picture: Any, x: float, y: float, wanted: str, reach: int = 2) -> float:
    """How far the pixels around a place are from a colour, at best."""
    column, row = round(x), round(y)
    part = picture[row - reach : row + reach + 1, column - reach : column + reach + 1].reshape(-1, 3) / 255
    return min(distance(pixel, colour(wanted)) for pixel in part)


def test_a_pixel_of_everything_that_has_a_colour() -> None:
    """A film with own colours: synapses, neurons, both curves, the background, words."""
    scene = planar(
        palette=BRAND,
        panels=[{"panel": "network"}, {"panel": "curve"}, {"panel": "numbers"}, {"panel": "title"}],
        subtitle="less important",
        data={"dataset": "xor", "samples": 40},
        training__batch=10,
    )
    timeline = timeline_of(scene)
    renderer = Renderer(timeline)
    frame = timeline.frame(
        first(timeline, "learn" if any(s.kind == "learn" for s in timeline.plan.spans) else "rest", 0.9)
    )
    weights = [0 * layer for layer in frame.weights]
    weights[0][0, 0], weights[0][1, 2] = 3.0, -3.0
    lit = [np.ones_like(values) for values in frame.activations]
    frame = replace(
        frame, weights=tuple(weights), activations=tuple(lit), card=0.0, presence=1.0,
        arrived=tuple(np.ones_like(values) for values in lit),
    )  # fmt: skip
    picture = renderer.draw(frame)
    positive, negative = curves(panel_of(renderer).places, [np.array([0, 5]), np.array([], int)])[0]
    middle = len(positive) // 2
    for line, key in ((positive, "positive"), (negative, "negative")):
        x, y = line[middle]
        assert abs(oklch(picture[round(y), round(x)] / 255)[2] - oklch(colour(BRAND[key]))[2]) < 12, key
    places = panel_of(renderer).places
    x, y = places.centres[1][1]
    assert near(picture, x + 0.55 * places.radius, y - 0.55 * places.radius, BRAND["neuron"]) < 4
    curve = next(panel for panel in renderer.panels if isinstance(panel, CurvePanel))
    assert {code_of(trace.colour) for trace in curve.traces} == {BRAND["error"], BRAND["test_error"]}
    height, width = picture.shape[:2]
    bare = np.moveaxis(renderer.bare.reshape(3, height, width), 0, -1).astype(int)
    for key, place in (("centre", (height // 2, width // 2)), ("edge", (0, 0))):
        ground = 255 * colour(BRAND["background"][key == "edge"])
        assert np.abs(bare[place] - ground).max() <= 2, key
    pixels = np.unique(picture.reshape(-1, 3), axis=0) / 255
    for key in ("text", "muted", "error", "test_error"):
        wanted = colour(BRAND[key])
        found = pixels[np.abs(pixels - wanted).sum(axis=1).argmin()]
        assert distance(found, wanted) < 5, key


def test_the_threshold_is_that_of_the_palettes_made_for_everybody() -> None:
    from netviz.drawing.color_vision import seen
    from netviz.drawing.palette_notes import CONES

    least = {}
    for palettes, name in product((DARK_PALETTES, LIGHT_PALETTES), ("blue-orange", "colour-blind")):
        signs = palettes[name].positive, palettes[name].negative
        seen_by = [signs, *((seen(signs[0], vision), seen(signs[1], vision)) for vision in CONES)]
        least[name] = min(least.get(name, 99), *(distance(*pair) for pair in seen_by))
    assert TOLD_APART <= min(least.values()) < TOLD_APART + 2.5
    assert distance(colour("#000000"), colour("#ffffff")) == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize(
    ("palette", "said"),
    [
        ("green-red", []),
        ({"base": "green-red"}, []),
        ({"text": "#777", "background": "#888"},
         ["palette.text #777777 on background #888888: contrast 1.2:1, text needs 4.5:1"]),
        ({"muted": "#6b7280"}, ["palette.muted #6b7280 on background #0d1019: contrast 3.9:1, text needs 4.5:1"]),
        ({"error": "#603080"}, ["palette.error #603080 on background #0d1019: contrast 2.0:1, its figures need 4.5:1"]),
        ({"positive": "#1a3350", "base": "colour-blind"},
         ["palette.positive #1a3350 on background #0d1019: contrast 1.4:1, lines need 3:1"]),
        ({"positive": "#2ec4b6", "negative": "#ff6b6b"},
         ["palette.positive #2ec4b6 and palette.negative #ff6b6b: difference 10 with deuteranopia, "
          "16 with protanopia; the least is 20; base: colour-blind dashes negative weights"]),
        ({"positive": "#2ec4b6", "negative": "#ff6b6b", "base": "colour-blind"}, []),
        ({"positive": "#2ec4b6", "negative": "#3fd0c0", "base": "colour-blind"},
         ["palette.positive #2ec4b6 and palette.negative #3fd0c0: difference 3; the least is 20"]),
        ({"neuron": "#101420"},
         ["palette.neuron #101420 and #10131d, neurons without light: difference 0; the least is 20"]),
        ({"background": ["#101010", "#8a8a8a"], "text": "white"},
         ["palette.text #ffffff on background #8a8a8a: contrast 3.4:1, text needs 4.5:1"]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_or_told_apart_is_said_with_its_number(palette: Any, said: list[str]) -> None:
    keys = {note.split()[0] for note in said}
    assert [note for note in notes(palette) if not said or note.split()[0] in keys] == said


def test_a_background_alone_is_no_reason_to_warn() -> None:
    for ground, style in product(("#0b132b", "#000000", "#ffffff", "#fff8ee"), ("glow", "playground", "classic")):
        assert notes({"background": ground}, style=style) == [], (ground, style)
    assert notes({"background": "#5a1e3f"}) == []
    (red,) = notes({"background": "#5a1e3f"}, style="classic")
    assert red == "palette.negative #e60d0d on background #5a1e3f: contrast 2.6:1, lines need 3:1"
    assert notes(LIGHT | {"base": "colour-blind"}) == []
