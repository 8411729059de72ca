"""Texts on the maker's own pictures: those with too little contrast are told of, with the number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netviz.drawing.picture_notes import picture_notes
from netviz.drawing.theme import contrast, contrasts
from netviz.pipeline.prepare import prepare
from tests.conftest import short_scene

GREY = (150, 150, 150)


@pytest.fixture
def grey(tmp_path: Path) -> dict[str, Any]:
    """A panel with a grey picture behind everything."""
    Image.new("RGB", (64, 36), GREY).save(tmp_path / "grey.png")
    return {"panel": "picture", "file": str(tmp_path / "grey.png"), "fit": "cover"}


def texts(*panels: Any, **more: Any) -> dict[str, float]:
    """The texts that a note tells of, with their contrasts."""
    found = {}
    for note in picture_notes(short_scene(panels=list(panels), **more)):
        _, _, said = note.partition("picture: ")
        for each in said.partition(";")[0].split(", "):
            what, _, number = each.rpartition(" ")
            found[what] = float(number.removesuffix(":1"))
    return found


def test_the_number_is_that_of_the_ink_on_the_picture(grey: dict[str, Any]) -> None:
    found = texts(grey, "auto", title="Read me", subtitle="and me")
    white = contrast(np.array([0.96, 0.97, 1.0]), np.array(GREY) / 255)
    assert found["title"] == pytest.approx(white, abs=0.25)
    assert found["title"] == found["title on its card"] and found["subtitle"] < found["title"]
    assert {*found} >= {"title", "title on its card", "subtitle", "captions", "numbers", "table"}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"compare": [{"set": {"training.seed": 1}}, {}]},
        {"style": "classic"},
        {"theme": "paper"},
        {"output__size": "180x320"},
        {"output__size": "200x200"},
    ],
)
def test_less_opacity_is_the_remedy(grey: dict[str, Any], more: dict[str, Any]) -> None:
    full, faint = (texts({**grey, "opacity": part}, "auto", **more) for part in (1, 0.05))
    assert "title on its card" in full or more.get("theme") == "paper"
    assert full and not faint


def test_pictures_elsewhere_and_over_a_text_are_none_of_its_concern(grey: dict[str, Any]) -> None:
    corner = {**grey, "at": [0.9, 0.9, 0.1, 0.1]}
    assert texts("auto", corner) == {}
    over = texts("auto", grey)  # which hides the film, as its maker says
    assert {*over} == {"title on its card", "subtitle"}


def test_part_of_a_text_may_be_on_it_and_all_of_it_counts(grey: dict[str, Any], tmp_path: Path) -> None:
    halves = np.zeros((36, 64, 3), np.uint8)
    halves[:, :8] = 255
    Image.fromarray(halves).save(tmp_path / "half.png")
    found = texts({**grey, "file": str(tmp_path / "half.png")}, "auto", title="A title that is long enough")
    assert found["title"] < 1.5 and "title on its card" not in found


def test_the_film_is_told_of_and_a_transparent_one_is_not(grey: dict[str, Any]) -> None:
    words = {"panel": "text", "text": "mine", "at": [0.1, 0.9, 0.4, 0.05]}
    (note,) = [note for note in prepare(short_scene(panels=[grey, "title", words])).notes if "contrast" in note]
    assert note.startswith("panels[0]: too little contrast with the picture: title ")
    assert "'mine' " in note and note.endswith("; text needs 4.5:1, so lower its opacity")
    clear = short_scene(panels=[grey, "auto"], output__transparent=True)
    assert not [note for note in prepare(clear).notes if "contrast" in note]


def test_contrasts_of_many_are_those_of_each() -> None:
    one, other = np.random.default_rng(2).random((2, 9, 3))
    expected = [contrast(*pair) for pair in zip(one, other, strict=True)]
    assert contrasts(one, other) == pytest.approx(expected)
