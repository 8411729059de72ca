"""Themes and palettes: every text can be read on its ground, and each choice is made by itself."""

from __future__ import annotations

from itertools import product
from typing import get_args

import numpy as np
import pytest

from netviz.drawing.oklab import from_oklch, oklch
from netviz.drawing.panels.table import INSIDE
from netviz.drawing.panels.titles import caption_looks
from netviz.drawing.theme import (
    CLASSIC_GROUND,
    READABLE,
    THEMES,
    Theme,
    colour,
    contrast,
    mix,
    theme_of,
)
from netviz.scene.palette import PaletteName
from netviz.scene.scene import Style, ThemeName
from tests.conftest import short_scene

CHOICES = list(product(get_args(Style), (None, *get_args(ThemeName)), (None, *get_args(PaletteName))))


def chosen(style: str, theme: str | None, palette: str | None) -> Theme:
    return theme_of(short_scene(style=style, theme=theme, palette=palette))


@pytest.mark.parametrize(("style", "theme", "palette"), CHOICES)
def test_every_text_can_be_read(style: str, theme: str | None, palette: str | None) -> None:
    made = chosen(style, theme, palette)
    for ground in (made.centre, made.edge):
        for name in ("ink", "quiet", "faint", "error", "test_error"):
            assert contrast(getattr(made, name), ground) >= READABLE, name
        for look in caption_looks(made):
            assert contrast(look.colour, ground) >= READABLE, "a run's name and figure are in its line's colour"
        for sign in (made.positive, made.negative):
            assert contrast(made.readable(mix(sign, made.ink, 0.25)), ground) >= READABLE, "a weight's label"
    assert contrast(made.ink, mix(made.centre, made.highlight, INSIDE)) >= READABLE, "the row that is presented"
    assert contrast(made.ink, mix(made.centre, made.error, 0.12)) >= READABLE, "the label of the weight worked out"
    assert contrast(made.ink, mix(made.neuron, made.signal, 0.22)) >= READABLE, "the name of a bias node"


@pytest.mark.parametrize(("style", "theme", "palette"), CHOICES)
def test_figures_can_be_read_at_every_level_of_light(style: str, theme: str | None, palette: str | None) -> None:
    made = chosen(style, theme, palette)
    for level in np.linspace(-1, 1, 801):
        fill = made.fill(np.array(level))
        assert contrast(made.figure(float(level)), fill) >= READABLE
    assert any((made.figure(0.0) == ink).all() for ink in (made.ink, made.ink_on_light)), (
        "an ink of the theme where it can be"
    )


def test_a_colour_that_can_be_read_stays_and_another_takes_no_more_ink_than_it_needs() -> None:
    paper = THEMES["paper"][0]
    assert (paper.readable(paper.error) == paper.error).all()
    made = paper.readable(paper.highlight)
    assert READABLE <= contrast(made, paper.edge) < 1.1 * READABLE
    assert (paper.readable(paper.centre) != paper.centre).any()


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


def test_light_takes_from_a_light_ground_what_its_colour_lacks() -> None:
    paper, night = THEMES["paper"][0], THEMES["night"][0]
    taken = paper.halo(colour("#ff0000"))
    assert taken[0] == 0
    assert taken[1] > 0.8
    assert taken[2] > 0.8
    np.testing.assert_array_equal(night.halo(colour("#ffffff")), 1)
    error, light = night.error, night.halo(night.error)
    assert light.max() == pytest.approx(error.max())
    assert light[1] < 0.6 * error[1], "light is purer than its colour: where it adds up it does not become white"
    assert contrast(paper.shining(paper.positive, 1), paper.centre) > contrast(paper.positive, paper.centre)


@pytest.mark.parametrize("palette", ["green-red", "blue-orange", "colour-blind"])
def test_between_dark_and_gold_neurons_are_amber(palette: str) -> None:
    made = chosen("glow", "night", palette)
    looks = oklch(made.fill(np.linspace(0.3, 0.7, 41)))
    assert looks[:, 1].min() > 0.1, "the chroma is held: a mixture of dark and gold has less, and is mustard"
    assert 60 <= looks[:, 2].min() < looks[:, 2].max() <= 84, "amber, not mustard"
    lightness = oklch(made.fill(np.linspace(0, 1, 256)))[:, 0]
    assert (np.diff(lightness) > 0).all(), "the more light the lighter"
    np.testing.assert_array_equal(
        made.fill(np.array([0.0, 1.0, -1.0])), [made.neuron, made.signal, made.negative_signal]
    )


def test_oklch_is_taken_back() -> None:
    some = np.random.default_rng(3).random((50, 3))
    np.testing.assert_allclose(from_oklch(oklch(some)), some, atol=1e-6)
    np.testing.assert_allclose(oklch(colour("#ff0000")), [0.628, 0.2577, 29.23], atol=0.01)
