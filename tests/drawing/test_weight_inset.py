"""The inset with the weight that moves most in a step: its numbers, where it stands, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest

from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.panels.weight_inset import ARROW, THICKEST, WeightInset, decimals_of
from netviz.drawing.renderer import Renderer
from netviz.scene.loader import load_scene
from netviz.timeline.frame import MovedWeight, state_of
from netviz.timeline.plan import Span, make_plan
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.training.trainer import train
from tests.conftest import short_scene
from tests.drawing.support import Written, timeline_of, written

__all__ = ["written"]


def full_step(timeline: Timeline) -> Span:
    """The first step that has an inset."""
    return next(span for span in timeline.plan.spans if span.kind == "step" and timeline.presentations.has_inset(span))


def inset_of(renderer: Renderer) -> WeightInset:
    panel = next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))
    assert panel.inset is not None
    return panel.inset


@pytest.mark.parametrize("size", ["1280x720", "720x720", "720x1280"])
def test_its_numbers_are_those_of_the_recording_before_and_after(size: str, written: list[Written]) -> None:
    timeline = timeline_of(short_scene(output__size=size))
    renderer, span = Renderer(timeline), full_step(timeline)
    number = timeline.plan.spans.index(span)
    rows = timeline.recording_index.step(span), timeline.recording_index.after(number)
    before, after = (state_of(timeline.recording, timeline.scene, row).weights for row in rows)
    layer = int(np.argmax([np.abs(b - a).max() for a, b in zip(before, after, strict=True)]))
    start, end = np.unravel_index(np.abs(after[layer] - before[layer]).argmax(), before[layer].shape)
    frame = timeline.frame(span.start + int(0.9 * (span.stop - span.start)))
    moved = frame.moved
    assert moved is not None and moved.level == 1 and moved.part == 1
    assert moved.synapse == (layer, start, end)
    assert (moved.before, moved.after) == (before[layer][start, end], after[layer][start, end])
    assert moved.now == frame.weights[layer][start, end]
    del written[:]
    renderer.draw(frame)
    card = inset_of(renderer)._card_of(frame)
    assert card is not None
    inside = [text for text in written if card.slot.x < text.left and text.right < card.slot.right]
    inside = [text for text in inside if card.slot.y < text.top and text.bottom < card.slot.bottom]
    expected = [f"{value:+.2f}".replace("-", "−") for value in (moved.before, moved.after)]
    assert [text.text for text in inside] == [*expected, ARROW]
    assert min(text.size for text in inside) >= 0.024 * min(renderer.context.layout.size)


def test_its_number_counts_with_the_weight(written: list[Written]) -> None:
    timeline = timeline_of(short_scene(output__size="1280x720"))
    renderer, span = Renderer(timeline), full_step(timeline)
    frames = [timeline.frame(index) for index in range(span.start, span.stop)]
    there = [frame.moved for frame in frames if frame.moved is not None]
    levels = [0.0 if frame.moved is None else frame.moved.level for frame in frames]
    assert levels[0] == 0 and levels[-1] < 0.1
    assert max(abs(a - b) for a, b in pairwise(levels)) < 0.35
    assert sum(level == 1 for level in levels) >= timeline.plan.fps  # a second at the least
    assert [moved.part for moved in there] == sorted(moved.part for moved in there)
    for frame in frames:
        if frame.moved is not None:
            layer, start, end = frame.moved.synapse
            assert np.isclose(frame.moved.now, frame.weights[layer][start, end], rtol=0, atol=1e-12)
    halfway = next(frame for frame in frames if frame.moved is not None and frame.moved.part > 0.5)
    del written[:]
    renderer.draw(halfway)
    assert halfway.moved is not None
    assert f"{halfway.moved.now:+.2f}".replace("-", "−") in {text.text for text in written}


FILMS = [(scene, size) for scene in ("xor", "dog-or-cat", "step-by-step") for size in ("1080p", "square", "vertical")]


@pytest.mark.parametrize(("name", "size"), FILMS)
def test_it_covers_neither_neurons_nor_names(name: str, size: str) -> None:
    scene = load_scene(
        name, overrides={"training.cycles": 60, "schedule": {"cycles": [2, 20, 60]}, "output.size": size}
    )
    timeline = make_timeline(make_plan(scene, Fraction(91)), train(scene), scene)
    renderer = Renderer(timeline)
    inset = inset_of(renderer)
    frame = timeline.frame(timeline.plan.spans[0].stop)
    shown = 0
    for layer, weights in enumerate(frame.weights):
        for start, end in product(*map(range, weights.shape)):
            moved = MovedWeight((layer, start, end), -0.123, 0.456, 0.5, 1.0)
            if (card := inset._card_of(replace(frame, moved=moved))) is None:
                continue
            shown += 1
            slot, area = card.slot, inset.room.area
            assert area.x <= slot.x and slot.right <= area.right and area.y <= slot.y and slot.bottom <= area.bottom
            left, top, right, bottom = inset.room.taken.T
            assert not ((left < slot.right) & (slot.x < right) & (top < slot.bottom) & (slot.y < bottom)).any()
            assert card.size >= 0.024 * 1080
    everything = sum(layer.size for layer in frame.weights)
    assert shown == (0 if (name, size) == ("step-by-step", "square") else everything)  # there is no room in the latter


@pytest.mark.parametrize("changes", [{}, {"palette": "colour-blind"}])
def test_the_piece_is_as_wide_as_the_weight_in_the_colours_of_its_signs(changes: dict[str, Any]) -> None:
    timeline = timeline_of(short_scene(output__size="1280x720", **changes))
    renderer, span = Renderer(timeline), full_step(timeline)
    frame = timeline.frame(span.stop - 3)
    inset, theme = inset_of(renderer), renderer.context.theme

    def heights(moved: MovedWeight) -> tuple[float, float, list[float]]:
        """Covered heights in the left and in the right quarter of the card, and colours, of the bodies."""
        card = inset._card_of(replace(frame, moved=moved))
        assert card is not None
        found, colours = np.zeros((720, 1280)), []
        for colour, cover in inset._pieces(card, moved.before, moved.after, round(60 * moved.part))[::2]:
            luma = cover.counts[0], cover.solid_counts[0]
            found.ravel()[cover.places[: luma[0]]] += cover.cover[: luma[0]]
            found.ravel()[cover.solid[: luma[1]]] += 1
            colours.append(float(np.abs(colour - (0.22 * theme.centre + 0.78 * theme.positive)).max() < 1e-9))
        columns, quarter = found.sum(axis=0), round(card.slot.width / 4)
        left = columns[round(card.slot.x) + 2 : round(card.slot.x) + quarter].max()
        right = columns[round(card.slot.right) - quarter : round(card.slot.right) - 2].max()
        return left / (THICKEST * card.size), right / (THICKEST * card.size), colours

    moved = MovedWeight((1, 0, 0), 0.4, 0.1, 1.0, 1.0)
    assert heights(moved) == (pytest.approx(1, abs=0.03), pytest.approx(0.25, abs=0.03), [1.0])
    assert heights(replace(moved, part=0.0))[:2] == (pytest.approx(1, abs=0.03), pytest.approx(1, abs=0.03))
    assert heights(replace(moved, before=-0.2, after=-0.4))[2] == [0.0]
    assert heights(replace(moved, before=-0.2, after=0.4)) == (
        pytest.approx(0.5, abs=0.03), pytest.approx(1, abs=0.03), [1.0, 0.0]
    )  # fmt: skip


def test_numbers_have_the_decimals_that_tell_them_apart() -> None:
    moved = MovedWeight((0, 0, 0), -0.16, -0.11, 1.0, 1.0)
    assert decimals_of(moved) == 2
    assert decimals_of(replace(moved, after=-0.1612)) == 3
    assert decimals_of(replace(moved, after=-0.16012)) == 4
    assert decimals_of(replace(moved, after=-0.160001)) is None


def test_a_network_that_is_not_drawn_whole_has_none() -> None:
    digits = short_scene(
        network={"layers": [36, 60, 2]}, shots=[{"shot": "learning"}], training__initial_weights="glorot",
        data={"examples": [{"inputs": [0.5] * 36, "target": [1, 0]}, {"inputs": [0.1] * 36, "target": [0, 1]}]},
    )  # fmt: skip
    panel = next(panel for panel in Renderer(timeline_of(digits)).panels if isinstance(panel, NetworkPanel))
    assert panel.inset is None
