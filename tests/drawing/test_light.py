"""Light: whole halos, violet errors, comets that are ribbons, and synapses side by side along a neuron's edge."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from netviz.drawing.canvas import Canvas
from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.panels.ribbons import Ribbons
from netviz.drawing.panels.shades import GONE, letters_shade
from netviz.drawing.renderer import Renderer
from netviz.drawing.synapse_curves import spread_ends
from netviz.drawing.text import mask
from netviz.timeline.frame import Frame, Pulse
from netviz.timeline.timeline import Timeline
from tests.conftest import short_scene
from tests.drawing.support import first, timeline_of

SIZE = "1280x720"


def drawn(**choices: Any) -> tuple[Timeline, Renderer, NetworkPanel]:
    timeline = timeline_of(short_scene(**{"output__size": SIZE, **choices}))
    renderer = Renderer(timeline)
    return timeline, renderer, next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))


def weightless(frame: Frame, **changes: Any) -> Frame:
    """A frame without synapses, which would shine on one side of a neuron only."""
    none = tuple(0 * layer for layer in frame.weights)
    return replace(frame, weights=none, carried=none, change=none, pulses=(), moved=None, spotlight=None, **changes)


# Halos.


@pytest.mark.parametrize("theme", ["night", "paper"])
def test_the_halo_of_a_named_neuron_is_whole(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Left of it stands its name; what is seen between and around the letters is as bright as at the right."""
    timeline, renderer, panel = drawn(theme=theme, network__inputs=["first", "second", "third"])
    base = timeline.frame(first(timeline, "step"))
    levels = tuple(np.zeros(len(layer)) for layer in base.arrived)
    levels[0][0] = 1.0
    values = tuple(np.ones(len(layer)) for layer in base.arrived)
    alone = weightless(base, arrived=levels, activations=values, error_signal=tuple(0 * each for each in levels))
    alone = replace(alone, lingering=(), before=(), target=None)
    ground = renderer.canvas.picture_of(renderer.ground).astype(float)
    (x, y), radius = panel.places.centres[0][0], panel.places.radius
    monkeypatch.setattr(panel.synapses, "draw", lambda frame: None)
    picture = renderer.draw(alone).astype(float)
    light = np.abs(picture - ground).sum(axis=2)
    beside = [(1.15, -0.6), (1.2, -0.9), (1.6, -0.62), (2.0, -0.65), (2.2, 0.65), (1.9, 0.9), (3.0, 1.1)]
    for across, down in radius * np.array(beside):
        row = light[round(y + down) - 2 : round(y + down) + 3].mean(axis=0)
        at = np.arange(-2, 3) + 0.5  # pixels' middles; the neuron's is between two of them
        left, right = (np.interp(x + side + at, np.arange(len(row)) + 0.5, row).mean() for side in (-across, across))
        assert right > 8, "there is light"
        assert left == pytest.approx(right, rel=0.03, abs=1.5), (across, down)


def test_a_shade_follows_the_letters() -> None:
    _, renderer, _ = drawn()
    font, size = renderer.context.faces.words, 30.0
    letters, shade = mask("first", font, size).alpha, letters_shade("first", font, size)
    reach = (shade.shape[0] - letters.shape[0]) // 2
    assert reach == int(np.ceil(GONE * size))
    inside = shade[reach:-reach, reach:-reach]
    assert inside[letters > 0.9].min() > 0.7, "full under the letters"
    assert max(shade[0].max(), shade[-1].max(), shade[:, 0].max(), shade[:, -1].max()) < 0.1, "without an edge"
    wide = letters_shade("first         second", font, size)
    assert wide[wide.shape[0] // 2].min() < 0.01, "and no bar behind the line"


# Errors.


def light_at(renderer: Renderer, frame: Frame, x: float, y: float) -> Any:
    ground = renderer.canvas.picture_of(renderer.ground).astype(float)
    found = renderer.draw(frame).astype(float) - ground
    return found[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3].mean(axis=(0, 1))


def test_gold_gives_way_before_the_error_comes_and_the_halo_is_in_proportion() -> None:
    timeline, renderer, panel = drawn()
    base = weightless(timeline.frame(first(timeline, "step")), lingering=(), before=())
    base = replace(base, arrived=tuple(np.ones(len(each)) for each in base.arrived), target=None)
    base = replace(base, activations=tuple(np.full(len(each), 0.6) for each in base.arrived))
    (x, y), radius = panel.places.centres[-1][0], panel.places.radius

    def seen(error: float) -> Any:
        signal = tuple(np.zeros(len(each)) for each in base.arrived)
        signal[-1][:] = error
        return light_at(renderer, replace(base, error_signal=signal), x, y - 1.5 * radius)

    gold, soon, half, full = (seen(error) for error in (0.0, 0.15, 0.5, 1.0))
    assert gold[0] > 2 * gold[2], "gold"
    assert soon[0] < 0.75 * gold[0], "gone before the violet is there"
    for violet in (half, full):
        assert violet[2] > 1.4 * violet[0] > 1.4 * violet[1], "violet, not white"
    assert half[2] == pytest.approx(0.5 * full[2], rel=0.35)


# Comets.


def comet(direction: Any, position: float, theme: str = "night", palette: str = "green-red") -> tuple[Any, Any, Any]:
    """Light that a comet adds along its synapse (points, 3), the share of the way of each point, and the theme."""
    timeline, renderer, panel = drawn(theme=theme, palette=palette)
    base = weightless(timeline.frame(first(timeline, "rest")), card=0.0, presence=1.0)
    weights = tuple(layer.copy() for layer in base.weights)
    weights[0][0, 0] = 0.5 * panel.scale.weight
    strength = np.zeros_like(weights[0])
    strength[0, 0] = 1.0
    base = replace(base, weights=weights)
    without = renderer.draw(base).astype(float).copy()
    found = renderer.draw(replace(base, pulses=(Pulse(0, direction, position, strength),))).astype(float) - without
    line = panel.lines[0][0]
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = np.linspace(0.06, 0.94, 300) * way[-1]
    x, y = (np.rint(np.interp(at, way, line[:, axis]) - 0.5).astype(int) for axis in (0, 1))
    return found[y, x, :3], at / way[-1], renderer.context.theme


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("position", [0.4, 0.6, 0.75])
def test_comets_are_ribbons_that_fade_from_head_to_tail(direction: str, position: float) -> None:
    added, at, _ = comet(direction, position)
    strength = np.abs(added).sum(axis=1)
    strength = np.convolve(np.pad(strength, 4, mode="edge"), np.full(9, 1 / 9), "valid")
    peak = int(strength.argmax())
    head = position * 1.216 if direction == "forward" else 1 - position * 1.216
    behind = head - at[peak] if direction == "forward" else at[peak] - head
    assert 0 < behind < 0.11, "brightest behind its soft head"
    tail = strength[peak::-1] if direction == "forward" else strength[peak:]
    assert (np.diff(tail) < 0.04 * strength.max()).all(), "no beads"
    lit = np.ptp(at[strength > 0.15 * strength.max()])
    assert lit > 0.2, "a stretch of the synapse"


def test_a_comet_has_the_colour_of_its_sign_and_that_of_an_error_is_violet() -> None:
    forward, _, _ = comet("forward", 0.5)
    backward, _, _ = comet("backward", 0.5)
    green = forward[np.abs(forward).sum(axis=1) > 0.3 * np.abs(forward).sum(axis=1).max()].mean(axis=0)
    assert green[1] > 1.15 * green[0], "green"
    ink, _, theme = comet("forward", 0.5, theme="paper")
    assert ink.sum(axis=1).max() < 40, "on paper it is ink"
    assert theme.is_light
    body = backward[np.abs(backward).sum(axis=1) > 0.5 * np.abs(backward).sum(axis=1).max()].mean(axis=0)
    assert body[2] > body[1], "violet on green takes green away"


def test_ends_of_a_comets_time_are_soft() -> None:
    for position in (0.0, 0.999):
        added, _, _ = comet("forward", position)
        assert np.abs(added).max() < 12


# Synapses.


def test_the_thinnest_synapses_are_seen_in_the_opening() -> None:
    for size in ("1920x1080", "1080x1080", "1080x1920"):
        timeline, _, panel = drawn(output__size=size)
        weights = panel.synapses._all(timeline.frame(0).weights)
        looks = panel.synapses._looks(weights, np.zeros(len(weights)))
        assert looks.widths.min() >= 2.5
        assert panel.synapses._looks(0 * weights, np.zeros(len(weights))).widths.min() >= 2.3, "of no weight"


@pytest.mark.parametrize("size", ["1280x720", "720x1280"])
def test_synapses_end_side_by_side_and_in_order(size: str) -> None:
    _, _, panel = drawn(output__size=size)
    places = panel.places
    axis = 1 if places.flow == "right" else 0
    for layer, lines in enumerate(panel.lines):
        here, there = places.centres[layer], places.neurons(layer + 1)
        ends = lines.reshape(len(here), len(there), -1, 2)
        for node, radius in enumerate(places.radii(layer)):
            start = ends[node, :, 0]
            order = np.argsort(there[:, axis], kind="stable")
            assert (np.diff(start[order, axis]) > 0).all() or len(there) == 1
            np.testing.assert_allclose(np.hypot(*(start - here[node]).T), radius, rtol=1e-6)
        for neuron in range(len(there)):
            end = ends[:, neuron, -1]
            assert (np.diff(end[np.argsort(here[:, axis], kind="stable"), axis]) > 0).all()
            np.testing.assert_allclose(np.hypot(*(end - there[neuron]).T), places.radius, rtol=1e-6)


def test_a_strong_synapse_takes_more_of_the_edge_and_buries_none() -> None:
    _, _, panel = drawn()
    places = replace(panel.places, ends=())
    shapes = [(len(places.centres[layer]), len(places.neurons(layer + 1))) for layer in range(2)]
    widths = [np.full(shape, 2.0) for shape in shapes]
    widths[1][1, 0] = 12.0
    ends = spread_ends(places, widths, [None, None])[1].reaches[:, 0]
    order = np.argsort(places.centres[1][:, 1])
    apart = np.diff(ends[order])
    wide = int(np.flatnonzero(order == 1)[0])
    touching = [gap for number, gap in enumerate(apart) if wide in (number, number + 1)]
    assert min(touching) >= 0.5 * (12.0 + 2.0), "beside the wide one, not under it"
    crowded = spread_ends(places, [20 * each for each in widths], [None, None])[1].reaches[:, 0]
    assert np.ptp(crowded) < 2 * places.radius, "where there is too little room, they share the edge"


def test_a_line_that_goes_back_has_pixels_too() -> None:
    """As in a place for the network that is narrower than a pixel."""
    line = np.stack([[64.0, 64.0, 63.9, 63.9, 63.8, 64.0], np.linspace(10, 100, 6)], axis=1)
    context: Any = SimpleNamespace(canvas=Canvas((128, 128)), layout=SimpleNamespace(unit=1.0, flow="right"))
    ribbons = Ribbons(context, line[None])
    for pixels in ribbons._find_pixels(0, 3):
        assert np.isfinite(pixels.along).all() and (pixels.off <= 3).all()
