"""A synapse that a caption is about: wide enough to be seen, in the colour of its sign, through white at zero."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.renderer import Renderer
from netviz.timeline.cues import Spotlight
from netviz.timeline.frame import Frame
from netviz.timeline.timeline import Timeline
from tests.conftest import short_scene
from tests.drawing.support import Drawn, Written, first, timeline_of, written

__all__ = ["written"]

SYNAPSE = (1, 0, 0)
LINE = 12
"""Its number among all lines: the first weight layer has 3 x 4."""
NEAR_ZERO = 0.025
LEAST = 4 / 1080 * 720


def staged(timeline: Timeline, weight: float, level: float = 1.0, synapse: tuple[int, int, int] = SYNAPSE) -> Frame:
    """A frame in which that synapse has that weight and is highlighted so far."""
    frame = timeline.frame(first(timeline, "step", cycle=20))
    weights = [layer.copy() for layer in frame.weights]
    weights[synapse[0]][synapse[1:]] = weight
    return replace(frame, weights=tuple(weights), spotlight=Spotlight(level, synapse, near_zero=NEAR_ZERO))


def panel_of(renderer: Renderer) -> NetworkPanel:
    return next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))


def drawn_at(timeline: Timeline, monkeypatch: pytest.MonkeyPatch, frames: list[Frame]) -> tuple[list[Drawn], Renderer]:
    """What the strokes of all synapses are drawn with in each of some frames."""
    renderer, seen = Renderer(timeline), Drawn.watch(monkeypatch)
    found = []
    for frame in frames:
        renderer.draw(frame)
        found.append(seen[panel_of(renderer).synapses.bodies])
    return found, renderer


WEIGHTS = (-0.3, -0.01, 0.0, 0.01, 0.3)


@pytest.mark.parametrize("changes", [{}, {"theme": "paper"}, {"style": "playground"}, {"palette": "colour-blind"}])
def test_it_is_wide_and_in_the_full_colour_of_its_sign_through_ink_at_zero(
    changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline = timeline_of(short_scene(output__size="1280x720", **changes))
    frames = [staged(timeline, weight) for weight in WEIGHTS]
    found, renderer = drawn_at(timeline, monkeypatch, [*frames, replace(frames[0], spotlight=None)])
    *found, plain = found
    theme = renderer.context.theme
    widths = [float(each.widths[LINE]) for each in found]
    colours = [each.colours[LINE] for each in found]
    assert min(widths) >= LEAST
    assert widths[0] == widths[4] >= widths[1] == widths[3] >= widths[2]
    assert all(each.opacity[LINE] == 1 for each in found)
    assert np.allclose(colours[0], theme.negative) and np.allclose(colours[4], theme.positive)
    assert np.allclose(colours[2], theme.ink)
    for near, sign in ((colours[1], theme.negative), (colours[3], theme.positive)):
        part = (near - theme.ink) @ (sign - theme.ink) / np.sum((sign - theme.ink) ** 2)
        assert 0.3 < part < 0.9 and np.allclose(near, theme.ink + part * (sign - theme.ink))
    for each in found:  # the widths of all others are as without a highlight
        assert np.array_equal(np.delete(each.widths, LINE), np.delete(plain.widths, LINE))
    assert np.allclose(np.delete(found[0].opacity, LINE), 0.28 * np.delete(plain.opacity, LINE))
    bodies = panel_of(renderer).synapses.bodies
    dashed = [bool(bodies.is_dashed(each.weights)[LINE]) for each in found]
    assert dashed == [changes.get("palette") == "colour-blind" and weight < 0 for weight in WEIGHTS]


def test_it_widens_and_narrows_with_the_level_of_the_highlight(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = timeline_of(short_scene(output__size="1280x720"))
    levels = np.linspace(0, 1, 21)
    found, _ = drawn_at(timeline, monkeypatch, [staged(timeline, -0.01, float(level)) for level in levels])
    widths = np.array([each.widths[LINE] for each in found])
    colours = np.array([each.colours[LINE] for each in found])
    assert (np.diff(widths) > 0).all() and np.diff(widths).max() < 0.3
    assert np.abs(np.diff(colours, axis=0)).max() < 0.06
    (plain,), _ = drawn_at(timeline, monkeypatch, [replace(staged(timeline, -0.01), spotlight=None)])
    assert np.isclose(widths[0], plain.widths[LINE]) and np.allclose(colours[0], plain.colours[LINE])


def test_a_wide_synapse_is_hardly_wider_than_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = timeline_of(short_scene(output__size="1280x720"))
    frame = staged(timeline, 100.0)
    (found, plain), _ = drawn_at(timeline, monkeypatch, [frame, replace(frame, spotlight=None)])
    assert plain.widths[LINE] < found.widths[LINE] < 1.1 * plain.widths[LINE]


@pytest.mark.parametrize("size", ["1280x720", "720x720", "720x1280"])
@pytest.mark.parametrize("synapse", [(1, 0, 0), (1, 3, 0), (0, 0, 1), (0, 2, 3)])
def test_its_label_counts_the_weight_with_its_sign_and_covers_nothing(
    size: str, synapse: tuple[int, int, int], written: list[Written]
) -> None:
    timeline = timeline_of(short_scene(output__size=size))
    renderer = Renderer(timeline)
    expected = {-0.3: "−0.30", -0.163: "−0.16", -0.001: "0.00", 0.0: "0.00", 0.001: "0.00", 0.12: "+0.12"}
    panel = panel_of(renderer)
    label, x, y = panel.spotlit._label(synapse)
    size_of_label = panel.spotlit.size
    assert len(label.places) and size_of_label >= 0.024 * min(renderer.context.layout.size)
    for weight, text in expected.items():
        del written[:]
        renderer.draw(replace(staged(timeline, weight, synapse=synapse), compared=1.0))
        (own,) = [each for each in written if each.size == size_of_label]
        assert own.text == text
        assert abs((own.left + own.right) / 2 - x) < 0.5 * size_of_label
        slot = panel.names.panel_slot
        for other in written:
            if other is not own and slot.y <= other.top and other.bottom <= slot.bottom:
                assert not own.touches(other), (own, other)
    for centres in panel.places.centres:
        for node_x, node_y in centres:
            assert np.hypot(
                max(0, abs(node_x - x) - 1.5 * size_of_label), max(0, abs(node_y - y) - 0.6 * size_of_label)
            ) > (panel.places.radius)


def test_among_very_many_synapses_it_is_drawn_over_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(3)
    examples = [{"inputs": generator.normal(0, 1, 18).tolist(), "target": 1.0} for _ in range(2)]
    timeline = timeline_of(
        short_scene(
            network={"layers": [18, 12, 1]}, data={"examples": examples}, shots=[{"shot": "learning"}],
            training__initial_weights="glorot", output__size="1280x720",
        )
    )  # fmt: skip
    renderer, seen = Renderer(timeline), Drawn.watch(monkeypatch)
    synapses = panel_of(renderer).synapses
    assert synapses.line_batch is not None
    renderer.draw(staged(timeline, -0.3, 0.5))
    (alone,) = seen.values()
    assert alone.widths[0] >= LEAST and alone.opacity == [0.5]
    assert np.allclose(alone.colours[0], renderer.context.theme.negative)
