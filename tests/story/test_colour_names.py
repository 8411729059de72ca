"""Names of colours in sentences: those of the colours that are seen, in every style, theme and palette."""

from __future__ import annotations

from itertools import product

import pytest

import netviz
from netviz.drawing.oklab import oklch
from netviz.drawing.theme import theme_of
from netviz.recording.event import Event
from netviz.resources import assets_folder
from netviz.scene.files import read_words
from netviz.scene.phrases import ENGLISH
from netviz.story.wording import event_texts

HUES = {"red": (5, 36), "orange": (40, 80), "green": (130, 175), "blue": (225, 270)}
"""Oklab hues in degrees that are called so: the CSS colours orangered (37) and gold (91) are orange's neighbours."""
LOOKS = [*product(("glow", "classic", "playground"), ("night", "paper", "playground", None),
                  ("green-red", "blue-orange", "colour-blind", None))]  # fmt: skip


def turns(before: float, after: float) -> Event:
    """The first synapse of a network changes its sign."""
    numbers = {"before": before, "after": after}
    return Event(kind="sign", cycle=3, numbers=numbers, synapse=(0, 0, 0))


def name_of(colour: object) -> str:
    hue = float(oklch(colour)[2])  # type: ignore[arg-type]
    return next(name for name, (low, high) in HUES.items() if low <= hue <= high)


@pytest.mark.parametrize(("style", "theme", "palette"), LOOKS)
def test_a_synapse_turns_from_the_colour_that_is_seen_to_the_colour_that_is_seen(
    style: str, theme: str | None, palette: str | None
) -> None:
    given = {"style": style, "theme": theme, "palette": palette, "story": "default"}
    scene = netviz.load_scene("xor", overrides={key: value for key, value in given.items() if value})
    seen = theme_of(scene)
    positive, negative = name_of(seen.positive), name_of(seen.negative)
    assert event_texts(scene, turns(-1.0, 1.0), 3)[0].endswith(f"from {negative} to {positive}.")
    assert event_texts(scene, turns(1.0, -1.0), 3)[0].endswith(f"from {positive} to {negative}.")


def test_every_name_of_a_colour_has_its_german() -> None:
    german = read_words(assets_folder() / "german.yaml", "german.yaml")
    assert {name: german[name] for name in HUES} == {"red": "rot", "orange": "orange", "green": "grün", "blue": "blau"}
    assert all(ENGLISH[name] == name for name in HUES)
