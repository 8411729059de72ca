"""Themes and palettes: every text can be read, signs are told apart, and each choice is made by itself."""

from __future__ import annotations

from itertools import product
from typing import get_args

import numpy as np
import pytest

from netviz.picture.palettes import CLASSIC_GROUND, THEMES, theme_of
from netviz.picture.theme import Colour, Theme, colour, contrast
from netviz.scene.spec import PaletteName, Style, ThemeName
from tests.conftest import short_scene

CHOICES = list(product(get_args(Style), (None, *get_args(ThemeName)), (None, *get_args(PaletteName))))


def chosen(style: str, theme: str | None, palette: str | None) -> Theme:
    return theme_of(short_scene(style=style, theme=theme, palette=palette))


@pytest.mark.parametrize(("style", "theme", "palette"), CHOICES)
def test_every_text_can_be_read(style: str, theme: str | None, palette: str | None) -> None:
    made = chosen(style, theme, palette)
    for ground in (made.centre, made.edge):
        for name in ("ink", "quiet", "faint", "error", "test_error"):
            least = 3.0 if name in ("error", "test_error") and not made.is_light else 4.5
            assert contrast(getattr(made, name), ground) >= least, name
    for light, (ink, begin) in zip((made.signal, made.negative_signal), made.figures, strict=True):
        assert contrast(ink, light) >= 3.5, "figures are large and bold: 3 would do"
        assert 0 <= begin <= 1
        half = 0.5 * made.neuron + 0.5 * light
        assert max(contrast(made.ink, half), contrast(made.lit_ink, half)) >= 3.5


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(colour("#000000"), colour("#ffffff")) == pytest.approx(21)
    assert contrast(colour("#777777"), colour("#ffffff")) == pytest.approx(4.48, abs=0.01)


def test_style_theme_and_palette_are_chosen_each_by_itself() -> None:
    assert chosen("glow", None, None) is THEMES["night"][0]
    assert chosen("playground", None, None) is THEMES["playground"][0]
    assert chosen("classic", None, None) is CLASSIC_GROUND
    assert chosen("classic", "paper", None) is THEMES["paper"][0]
    assert chosen("playground", "night", None) is THEMES["night"][0]
    blue = chosen("glow", "night", "blue-orange")
    assert (blue.centre == THEMES["night"][0].centre).all()
    assert blue.positive[2] > blue.positive[0]
    assert blue.negative[0] > blue.negative[2]
    for theme in get_args(ThemeName):
        named = chosen("glow", theme, THEMES[theme][1])
        assert (named.positive == THEMES[theme][0].positive).all(), "a theme's own palette by name is no other"


def test_playground_has_playgrounds_colours() -> None:
    scale = chosen("playground", None, None).scale
    assert scale.shape == (256, 3)
    assert scale.dtype == np.uint8
    assert [bytes(scale[index]).hex() for index in (0, 255)] == ["f59322", "0877bd"]
    assert np.abs(scale[127].astype(int) - [0xE8, 0xEA, 0xEB]).max() <= 1


def seen_without(cone: str, shown: Colour) -> Colour:
    """How someone sees a colour who lacks a kind of cone: Vienot, Brettel and Mollon 1999, for sRGB."""
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    matrix = {
        "protan": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
        "deutan": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
    }[cone]
    seen = np.clip(np.array(matrix) @ linear, 0, 1)
    return np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("theme", get_args(ThemeName))
@pytest.mark.parametrize("cone", ["protan", "deutan"])
def test_colour_blind_signs_are_told_apart_by_colour_and_by_dashes(theme: str, cone: str) -> None:
    made = chosen("glow", theme, "colour-blind")
    assert made.dashed
    apart = np.linalg.norm(seen_without(cone, made.positive) - seen_without(cone, made.negative))
    assert apart > 0.5
    other = chosen("glow", theme, "green-red")
    assert not other.dashed
    assert apart > 1.3 * np.linalg.norm(seen_without(cone, other.positive) - seen_without(cone, other.negative))


def test_light_takes_from_a_light_ground_what_its_colour_lacks() -> None:
    paper, night = THEMES["paper"][0], THEMES["night"][0]
    taken = paper.halo(colour("#ff0000"))
    assert taken[0] == 0
    assert taken[1] > 0.8
    assert taken[2] > 0.8
    np.testing.assert_array_equal(night.halo(night.signal), night.signal)
    assert contrast(paper.shining(paper.positive, 1), paper.centre) > contrast(paper.positive, paper.centre)
