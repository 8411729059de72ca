"""Colours as others see them: the sums, and that the signs of weights are told apart by everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import netviz
from netviz.drawing.color_space import Bytes
from netviz.drawing.color_vision import MATRICES, picture_seen, seen
from netviz.drawing.renderer import Renderer
from netviz.drawing.synapse_curves import curves
from netviz.drawing.theme import Theme, colour, theme_of
from netviz.errors import InputError
from netviz.scene.scene import ThemeName
from tests.conftest import short_scene
from tests.drawing.eye import difference, lab, lab_difference
from tests.drawing.support import first, timeline_of
from tests.drawing.test_network_panel import panel_of, planar

LEAST = 45.0
"""How far the colours of the two signs are apart in the colour-blind palette, in every theme and for everybody."""
CONES = ("deuteranopia", "protanopia", "tritanopia")


def of(theme: str, palette: str, style: str = "glow") -> Theme:
    return theme_of(short_scene(style=style, theme=theme, palette=palette))


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
        ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_colour_difference_is_that_of_cie_2000(
    first: tuple[float, ...], second: tuple[float, ...], apart: float
) -> None:
    """Pairs of the test data of Sharma, Wu and Dalal."""
    assert lab_difference(first, second) == pytest.approx(apart, abs=1e-4)
    assert lab_difference(second, first) == pytest.approx(apart, abs=1e-4)


def test_lab_of_known_colours() -> None:
    np.testing.assert_allclose(lab(colour("#ffffff")), [100, 0, 0], atol=0.01)
    np.testing.assert_allclose(lab(colour("#ff0000")), [53.24, 80.09, 67.20], atol=0.02)


@given(st.tuples(*[st.floats(0, 1)] * 3), st.sampled_from([*MATRICES]))
def test_what_is_grey_stays_and_nothing_leaves_the_screen(shown: tuple[float, ...], vision: str) -> None:
    found = seen(np.array(shown), vision)
    assert ((found >= 0) & (found <= 1)).all()
    grey = np.full(3, shown[0])
    np.testing.assert_allclose(seen(grey, vision), grey, atol=1e-5)
    if vision == "grey":
        assert np.ptp(found) < 1e-9


def test_pictures_are_seen_as_their_colours_are() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    for vision in MATRICES:
        made = picture_seen(picture, vision)
        assert made.dtype == np.uint8
        np.testing.assert_allclose(made, 255 * seen(picture / 255, vision), atol=0.51)
    red, green = colour("#d02020"), colour("#5f7f20")
    assert difference(red, green) > 50
    assert difference(seen(red, "deuteranopia"), seen(green, "deuteranopia")) < 15


@pytest.mark.parametrize("theme", get_args(ThemeName))
def test_signs_of_the_colour_blind_palette_are_told_apart_by_everybody(theme: str) -> None:
    made = of(theme, "colour-blind")
    assert difference(made.positive, made.negative) >= LEAST
    for vision in CONES:
        assert difference(seen(made.positive, vision), seen(made.negative, vision)) >= LEAST
        assert difference(seen(made.signal, vision), seen(made.negative_signal, vision)) >= 35, "light, and no light"
    assert made.dashed, "in grey their brightness alone would not do"


@pytest.mark.parametrize("theme", get_args(ThemeName))
def test_the_other_palettes_are_what_the_documentation_says(theme: str) -> None:
    green, blue = of(theme, "green-red"), of(theme, "blue-orange")
    assert difference(green.positive, green.negative) >= 65
    assert difference(seen(green.positive, "deuteranopia"), seen(green.negative, "deuteranopia")) < 12
    for vision in CONES:
        assert difference(seen(blue.positive, vision), seen(blue.negative, vision)) >= LEAST
    assert not green.dashed
    assert not blue.dashed


def gaps(picture: Bytes, line: Any) -> int:
    """How often what is seen along the middle of a line (points, 2) becomes much fainter and comes back."""
    at = np.linspace(0.1, 0.9, 960) * (len(line) - 1)
    x, y = (np.rint(np.interp(at, np.arange(len(line)), line[:, axis])).astype(int) for axis in (0, 1))
    found = np.abs(picture[y, x, 0].astype(float) - picture[2, 2, 0])
    strong = found > 0.75 * np.percentile(found, 95)
    return int((np.diff(strong.astype(int)) == 1).sum())


@pytest.mark.parametrize("theme", get_args(ThemeName))
@pytest.mark.parametrize("palette", ["colour-blind", "green-red"])
def test_a_grey_print_tells_the_sign(theme: str, palette: str) -> None:
    """Along a negative synapse of a drawn picture there are gaps, along a positive one none."""
    timeline = timeline_of(planar(theme=theme, palette=palette, output__size="1280x720"))
    renderer = Renderer(timeline)
    frame = timeline.frame(first(timeline, "rest"))
    weights = [0 * layer for layer in frame.weights]
    weights[0][0, 0], weights[0][1, 2] = 3.0, -3.0
    picture = picture_seen(renderer.draw(replace(frame, weights=tuple(weights), card=0.0, presence=1.0)), "grey")
    positive, negative = curves(panel_of(renderer).places, [np.array([0, 5]), np.array([], int)])[0]
    assert gaps(picture, positive) == 0
    assert (gaps(picture, negative) >= 4) == (palette == "colour-blind")


def test_a_still_as_it_is_seen(recording: netviz.Recording) -> None:
    plain, grey = netviz.still(recording, "80%"), netviz.still(recording, "80%", seen_as="grey")
    np.testing.assert_array_equal(grey, picture_seen(plain, "grey"))
    assert (np.ptp(grey.astype(int), axis=2) == 0).all()
    assert (plain != grey).any()
    with pytest.raises(InputError) as caught:
        netviz.still(recording, "nowhere", seen_as="Gray")
    first, second = caught.value.problems
    assert str(first) == (
        "--seen-as: expected one of deuteranopia, protanopia, tritanopia, grey, got 'Gray' (did you mean 'grey'?)"
    )
    assert second.where == "--at"
