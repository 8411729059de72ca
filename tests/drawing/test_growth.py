"""The opening as it is drawn: rings, then synapses as far as they have grown; the title on its way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netviz.drawing.canvas import Canvas
from netviz.drawing.panels.growth import NODES, grown, node_levels
from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.renderer import Renderer
from netviz.timeline.timeline import Timeline
from tests.conftest import short_scene
from tests.drawing.support import timeline_of

SIZES = {"wide": "640x360", "tall": "360x640"}


def opening(timeline: Timeline) -> list[int]:
    """The frames of the opening, from the first in which something is drawn."""
    return [index for index in range(timeline.plan.spans[1].stop) if 0 < timeline.frame(index).drawn < 1]


def panel_of(renderer: Renderer) -> NetworkPanel:
    return next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))


def picture(renderer: Renderer, timeline: Timeline, index: int) -> Any:
    return renderer.draw(timeline.frame(index)).astype(int)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_synapses_grow_in_the_direction_of_the_signal(size: str) -> None:
    timeline = timeline_of(short_scene(output__size=size))
    renderer = Renderer(timeline)
    panel = panel_of(renderer)
    whole = picture(renderer, timeline, timeline.plan.spans[1].stop - 1)
    points = [line[len(line) // 2] for layer in panel.lines for line in layer]
    assert panel.front.axis == (0 if size == SIZES["wide"] else 1)
    reached = 0
    for index in opening(timeline)[::5]:
        if timeline.frame(index).card > 0:  # the title passes over the network on its way
            continue
        shown = picture(renderer, timeline, index)
        place = panel.front.at(grown(timeline.frame(index).drawn))
        for x, y in points:
            along = panel.front.sign * (x, y)[panel.front.axis]
            window = np.s_[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3]
            if along > place + 4 * panel.front.soft:
                ground = np.stack(renderer.canvas.planes_of(renderer.ground), axis=-1).astype(int)
                assert np.abs(shown - ground)[window].max() < 12, "nothing of it, not even its light"
            elif along < place - 4 * panel.front.soft:
                assert np.abs(shown - whole)[window].max() < 12
                reached += 1
    assert reached > len(points)


def test_nodes_appear_one_after_the_other_before_the_synapses() -> None:
    timeline = timeline_of(short_scene())
    places = panel_of(Renderer(timeline)).places
    before = np.zeros(8)
    for drawn in np.linspace(0, 1, 51):
        levels = np.concatenate(node_levels(float(drawn), places))
        assert (np.diff(levels) <= 1e-12).all(), "the inputs first"
        assert (levels >= before).all()
        assert grown(float(drawn)) == 0 or levels.min() == 1
        before = levels
    assert grown(NODES) == 0 and grown(1.0) == 1


def test_every_frame_of_the_opening_can_be_drawn_alone() -> None:
    timeline = timeline_of(short_scene(output__size="320x180"))
    renderer = Renderer(timeline)
    last = timeline.plan.spans[1].stop
    in_order = {index: renderer.draw(timeline.frame(index)).copy() for index in range(0, last, 6)}
    for index in reversed(in_order):
        assert np.array_equal(Renderer(timeline).draw(timeline.frame(index)), in_order[index])


@pytest.mark.parametrize("shots", [[{"shot": "title"}, {"shot": "rest"}], [{"shot": "title"}, {"shot": "learning"}]])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_the_title_goes_to_its_place_and_is_seen_all_the_way(
    shots: list[Any], size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline = timeline_of(short_scene(shots=shots, output__size=size, output__fps=15), seconds=20)
    renderer = Renderer(timeline)
    written: list[tuple[str, float, float]] = []
    original = Canvas.text

    def text(self: Canvas, text: str, x: float, y: float, *rest: Any, **more: Any) -> None:
        level = rest[4] if len(rest) > 4 else more.get("level", 1.0)
        if level == 1.0:
            written.append((text, x, y))
        original(self, text, x, y, *rest, **more)

    monkeypatch.setattr(Canvas, "text", text)
    ways = []
    bare = np.stack(renderer.canvas.planes_of(renderer.bare), axis=-1).astype(int)
    for index in range(timeline.plan.spans[1].start + 1):
        del written[:]
        shown = picture(renderer, timeline, index)
        bright = shown - bare > 100
        assert (bright[..., 0] | bright[..., 1] | bright[..., 2]).sum() > 150, f"frame {index} is dark"
        ways += [(index, x, y) for word, x, y in written if word == "Can"]
    indices, x, y = np.array(ways).T
    assert (np.diff(indices) == 1).all()
    assert renderer.title is not None
    place, line = renderer.context.layout.places["title"], renderer.title.line
    towards = np.sign(line.left - x[0])  # in a tall picture the title stands in the middle, and is smaller
    assert (np.diff(y) <= 0).all() and (towards * np.diff(x) >= 0).all()
    assert x[-1] == pytest.approx(line.left, abs=3) and place.y < y[-1] < place.bottom


def test_a_title_that_its_panel_cuts_fades_instead() -> None:
    timeline = timeline_of(short_scene(title="A title of very many words " * 5, output__size="320x180"))
    renderer = Renderer(timeline)
    assert renderer.title is not None and not renderer.title.glides
    for index in opening(timeline)[:12]:
        renderer.draw(timeline.frame(index))


@pytest.mark.parametrize("style", ["glow", "playground"])
def test_maps_and_cells_are_drawn_on_too(style: str) -> None:
    """Nodes that are tiles or blocks of cells, and edge bundles: the first moment shows none, the last all of them."""
    planar = {"data": {"dataset": "xor", "train_share": 0.5}, "network": {"layers": [2, 30, 1], "activation": "tanh"}}
    shots = [{"shot": "rest"}, {"shot": "learning"}]
    scene = short_scene(**planar, shots=shots, style=style, training__initial_weights="glorot", story=None)
    timeline = timeline_of(scene)
    renderer = Renderer(timeline)
    ground = np.stack(renderer.canvas.planes_of(renderer.ground), axis=-1).astype(int)
    places = np.concatenate(panel_of(renderer).places.centres).round().astype(int)
    start, end = (picture(renderer, timeline, index) for index in (0, timeline.plan.spans[0].stop - 1))
    seen = [np.abs(shown - ground)[places[:, 1], places[:, 0]].max(axis=1) for shown in (start, end)]
    assert seen[0].max() <= 2
    assert (seen[1] > 2).mean() > 0.9
