"""Tests of the weights that stand on the synapses of a network without hidden layer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from netviz.drawing.renderer import Renderer
from tests.conftest import short_scene
from tests.drawing.support import Written, first, timeline_of, written
from tests.drawing.test_spotlit_synapse import panel_of

__all__ = ["written"]


@pytest.mark.parametrize("size", ["960x540", "540x540", "540x960"])
def test_weights_of_one_layer_stand_on_their_synapses(size: str, written: list[Written]) -> None:
    timeline = timeline_of(short_scene(network={"layers": [3, 1], "activation": "sigmoid"}, output__size=size))
    renderer = Renderer(timeline)
    panel = panel_of(renderer)
    weights = (np.array([[9.674], [-0.208], [-4.63]]),)
    frame = replace(timeline.frame(first(timeline, "step")), weights=weights, key="written")
    del written[:]
    renderer.draw(frame)
    found = {text.text: text for text in written}
    neurons = np.concatenate([panel.places.neurons(layer) for layer in (0, 1)])
    for text, line in zip(("9.67", "−0.21", "−4.63"), panel.lines[0], strict=True):
        x, y = (found[text].left + found[text].right) / 2, (found[text].top + found[text].bottom) / 2
        assert np.hypot(*(line - (x, y)).T).min() < 6, "on its line"
        assert np.hypot(*(neurons - (x, y)).T).min() > panel.places.radius, "on no neuron"
    shown = [found[text] for text in ("9.67", "−0.21", "−4.63")]
    assert not any(one.touches(other) for one in shown for other in shown if one is not other)
    assert panel.inset is None, "every weight is seen already"


def test_weights_of_other_networks_are_not_written() -> None:
    for network in ({"layers": [3, 4, 1]}, {"layers": [4, 2]}):
        examples = [{"inputs": [0, 1, 0, 1][: network["layers"][0]], "target": [0, 1][: network["layers"][-1]]}]
        scene = short_scene(
            network={"activation": "sigmoid", **network}, data={"examples": examples}, shots=[{"shot": "learning"}]
        )
        assert not panel_of(Renderer(timeline_of(scene))).written.synapses
