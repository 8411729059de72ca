"""What a hidden neuron looks for: its weights from the pixels as a small picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.renderer import Renderer
from netviz.timeline.frame import FirstWeights
from netviz.timeline.timeline import Timeline
from tests.drawing.support import Written, timeline_of, written  # noqa: F401
from tests.drawing.test_large import digits


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return timeline_of(digits("960x540"), seconds=20)


@pytest.mark.parametrize("size", ["960x540", "540x960"])
def test_cells_have_the_colours_of_the_weights_and_the_card_covers_no_neuron(
    size: str,
    timeline: Timeline,
    written: list[Written],  # noqa: F811
) -> None:
    resized = replace(timeline, scene=digits(size))
    renderer = Renderer(resized)
    panel = next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))
    frame = replace(resized.frame(resized.frame_count - 1), first_weights=FirstWeights(5, 1.0), key="seen")
    assert panel.weight_picture is not None
    card = panel.weight_picture._card(5)
    assert card is not None
    written.clear()
    picture = np.asarray(renderer.draw(frame)[:, :, :3]).astype(int)
    weights = frame.weights[0][:64, 5]
    cells = np.arange(8) * card.pitch + card.pitch // 2 - 1
    colours = picture[card.top + cells[:, None], card.left + cells[None, :]].reshape(64, 3)
    balance = colours[:, 1] - colours[:, 0]  # green is positive, red is negative
    strong = np.abs(weights) > 0.3 * np.abs(weights).max()
    assert (np.sign(balance[strong]) == np.sign(weights[strong])).all()
    assert np.corrcoef(np.abs(balance), np.abs(weights))[0, 1] > 0.9
    slot = card.slot
    for layer in (1, 2):
        for x, y in panel.places.neurons(layer):
            assert not (slot.x < x < slot.right and slot.y < y < slot.bottom)
    others = [text for text in written if text.text not in card.lines]
    assert not [
        text.text
        for text in others
        if text.left < slot.right and text.right > slot.x and text.top < slot.bottom and text.bottom > slot.y
    ]
    assert " ".join(card.lines) == "what it looks for"


def test_the_card_comes_and_goes_by_its_level(timeline: Timeline) -> None:
    renderer = Renderer(timeline)
    panel = next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))
    last = timeline.frame(timeline.frame_count - 1)
    assert panel.weight_picture is not None
    card = panel.weight_picture._card(5)
    assert card is not None
    window = slice(card.top, card.top + 8 * card.pitch), slice(card.left, card.left + 8 * card.pitch)
    none, half, whole = (
        np.asarray(renderer.draw(replace(last, first_weights=shown, key=key))[:, :, :3])[window].astype(int)
        for key, shown in enumerate((None, FirstWeights(5, 0.5), FirstWeights(5, 1.0)))
    )
    assert np.abs(whole - none).max() > 60
    assert np.abs(half - (none + whole) / 2).max() <= 3


def test_sign_is_not_told_by_colour_alone_in_the_palette_for_the_colour_blind(timeline: Timeline) -> None:
    scene = digits("960x540", palette="colour-blind")
    other = replace(timeline, scene=scene)
    renderer = Renderer(other)
    panel = next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))
    assert panel.weight_picture is not None
    card = panel.weight_picture._card(5)
    assert card is not None
    frame = replace(other.frame(other.frame_count - 1), first_weights=FirstWeights(5, 1.0), key="seen")
    picture = np.asarray(renderer.draw(frame)[:, :, :3]).astype(int)
    weights = frame.weights[0][:64, 5]
    column = card.left + np.arange(8) * card.pitch + card.pitch // 2 - 1
    row = card.top + np.arange(8) * card.pitch
    middle = picture[(row + card.pitch // 2 - 1)[:, None], column[None, :]].reshape(64, 3).max(axis=1)
    upper = picture[(row + 1)[:, None], column[None, :]].reshape(64, 3).max(axis=1)
    strong = np.abs(weights) > 0.4 * np.abs(weights).max()
    assert ((upper - middle > 30)[strong] == (weights < 0)[strong]).all()
