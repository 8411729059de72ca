"""Pictures without a ground: laid over the theme's own they are the film's, and any other shines through."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import netviz
from netviz.drawing.renderer import MATTE_ROWS, matte, over_checks
from netviz.pipeline.looks import Filmed
from tests.conftest import short_scene


@given(
    arrays(np.uint8, (1, 3, 3)),
    arrays(np.uint8, (1, 3, 1)),
    st.sampled_from([(0, 0, 0), (255, 255, 255), (9, 80, 200)]),
)
def test_what_covers_is_found_exactly(colours: np.ndarray, alpha: np.ndarray, ground: tuple[int, int, int]) -> None:
    """A colour laid over black and over white, found again, and laid over a third ground."""

    def over(under: tuple[int, int, int]) -> np.ndarray:
        share = alpha / 255
        return np.rint(colours * share + np.array(under) * (1 - share)).astype(np.uint8)

    found = np.empty((1, 3, 4), np.uint8)
    matte(over((0, 0, 0)), over((255, 255, 255)), False, found)
    assert np.abs(found[..., 3:].astype(int) - alpha).max() <= 1
    share = found[..., 3:] / 255
    again = found[..., :3] * share + np.array(ground) * (1 - share)
    assert np.abs(again - over(ground)).max() <= 3


def test_light_and_ink_have_the_cover_of_the_channel_they_change_most() -> None:
    light = np.array([[[0, 100, 200]]], np.uint8)
    found = np.empty((1, 1, 4), np.uint8)
    matte(light, np.full((1, 1, 3), 255, np.uint8), False, found)
    assert found[0, 0].tolist() == [0, 128, 255, 200]
    ink = np.array([[[255, 155, 55]]], np.uint8)
    matte(np.zeros((1, 1, 3), np.uint8), ink, True, found)
    assert found[0, 0].tolist() == [255, 128, 0, 200]


@pytest.mark.parametrize("is_ink", [False, True])
def test_rows_worked_out_apart_give_every_pixel_its_own_colour(is_ink: bool) -> None:
    """More rows than are worked out at once; a third of the pixels is wholly clear."""
    rng = np.random.default_rng(1)
    shape = (2 * MATTE_ROWS + 5, 7)
    alpha = rng.integers(0, 256, shape) * rng.integers(0, 3, shape).clip(0, 1)
    colours = rng.integers(0, 256, (*shape, 3)) * alpha[..., None] // 255
    black, white = colours.astype(np.uint8), (colours + 255 - alpha[..., None]).astype(np.uint8)
    found = np.full((*shape, 4), 77, np.uint8)
    matte(black, white, is_ink, found)
    assert (found[..., 3] == alpha).all() and not found[alpha == 0].any()
    ink = white.astype(int) - (255 - alpha[..., None])
    wanted = (255 * ink + alpha[..., None] // 2) // np.maximum(alpha[..., None], 1)
    assert (found[..., :3] == wanted).all()


@pytest.mark.parametrize("theme", ["night", "paper"])
@pytest.mark.parametrize("moment", ["start", "40%"])
def test_laid_over_its_ground_it_is_the_film(recording: netviz.Recording, theme: str, moment: str) -> None:
    def still(**changes: object) -> np.ndarray:
        return netviz.still(Filmed(recording, short_scene(theme=theme, **changes)), moment)

    plain, clear = still().astype(float), still(output__transparent=True)
    assert clear.shape == (180, 320, 4)
    alpha = clear[..., 3:] / 255
    assert np.median(alpha) < 0.1 and alpha.max() == 1
    ground = plain[alpha[..., 0] == 0]
    assert len(ground) > 1000 and ground.std(axis=0).max() < 4, "where it is clear there is nothing but ground"
    laid = clear[..., :3] * alpha + np.median(ground, axis=0) * (1 - alpha)
    assert np.abs(laid - plain).mean() < 3


def test_nothing_is_shown_by_checks() -> None:
    picture = np.zeros((72, 144, 4), np.uint8)
    picture[:, 72:] = (10, 20, 30, 255)
    laid = over_checks(picture)
    assert set(np.unique(laid[:, :72]).tolist()) == {96, 128}
    assert (laid[:, 72:] == (10, 20, 30)).all()
