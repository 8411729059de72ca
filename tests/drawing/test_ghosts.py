"""Ghosts of the first weights as they are drawn: behind the front the old widths, beyond it those of now."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.renderer import Renderer
from tests.conftest import short_scene
from tests.drawing.support import timeline_of


def test_ghosts_are_drawn_up_to_the_front_in_the_widths_they_had() -> None:
    timeline = timeline_of(short_scene(output__size="640x360", training__cycles=600), 91)
    renderer = Renderer(timeline)
    panel = next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))
    rest = [span for span in timeline.plan.spans if span.kind == "rest"][-1]
    frames = [timeline.frame(index) for index in range(rest.start, rest.stop)]
    half = min((frame for frame in frames if frame.ghosts), key=lambda frame: abs(frame.wiped - 0.5))
    shown = renderer.draw(half).astype(int)
    now = renderer.draw(replace(half, ghosts=(), ghost_level=0.0)).astype(int)
    changed = np.abs(shown - now).max(axis=2) > 12
    across = round(panel.front.at(half.wiped))
    soft = round(2 * panel.front.soft)
    assert changed[:, : across - soft].sum() > 200
    assert not changed[:, across + soft :].any()
    whole = renderer.draw(replace(half, wiped=1.0)).astype(int)
    assert (np.abs(whole - now).max(axis=2) > 12)[:, across + soft :].sum() > 200
    widths = panel.synapses._looks(panel.synapses._all(half.ghosts), np.zeros(16)).widths
    assert widths.max() < 0.75 * panel.synapses._looks(panel.synapses._all(half.weights), np.zeros(16)).widths.max()


def test_a_frame_with_ghosts_can_be_drawn_alone() -> None:
    timeline = timeline_of(short_scene(output__size="320x180"), 91)
    rest = [span for span in timeline.plan.spans if span.kind == "rest"][-1]
    renderer = Renderer(timeline)
    shown = {index: renderer.draw(timeline.frame(index)).copy() for index in range(rest.start, rest.stop, 20)}
    for index in reversed(shown):
        assert np.array_equal(Renderer(timeline).draw(timeline.frame(index)), shown[index])
