"""Names of hidden neurons: below their neurons, whole and clear of them, or told to be left out."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from netviz.drawing.layout import Rect
from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.renderer import Renderer
from netviz.pipeline.prepare import prepare
from netviz.scene.loader import read_scene
from netviz.story.wording import neuron_name
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import make_timeline
from netviz.training.trainer import train
from tests.conftest import short_scene

NAMES = ["either", "both", "only first", "not"]
LEFT_OUT = "network.hidden[{}]: the neurons stand too close for their names, which are left out"


def network_of(scene: Any) -> NetworkPanel:
    renderer = Renderer(make_timeline(make_plan(scene, None), train(scene), scene))
    return next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))


def touch(one: Rect, other: Rect) -> bool:
    across = one.x < other.right and other.x < one.right
    return across and one.y < other.bottom and other.y < one.bottom


@pytest.mark.parametrize("size", ["640x360", "360x360", "360x640"])
@pytest.mark.parametrize("bias", [False, True])
def test_they_stand_clear_of_each_other_and_of_neurons_and_panels(size: str, bias: bool) -> None:
    scene = short_scene(network__hidden=[NAMES], network__bias=bias, output__size=size)
    network = network_of(scene)
    areas, places = network.hidden_names.areas(), network.places
    is_whole = " ".join(line.text for line in network.hidden_names.lines) == " ".join(NAMES)
    assert is_whole == (LEFT_OUT.format(0) not in prepare(scene).notes)
    assert is_whole or bias
    assert not any(touch(*pair) for pair in combinations(areas, 2))
    for layer, centres in enumerate(places.centres):
        for (x, y), radius in zip(centres, places.radii(layer), strict=True):
            nearest = [np.hypot(max(a.x - x, 0, x - a.right), max(a.y - y, 0, y - a.bottom)) for a in areas]
            assert min(nearest, default=1e9) >= radius
    layout = network.context.layout
    others = [place for name, place in layout.places.items() if name not in ("network", "title", "caption")]
    assert not any(touch(area, other) for area in areas for other in others)


def test_a_crowded_layer_has_none_which_is_told() -> None:
    names = [["averylongnamewithoutanyspaceinit"] * 4, ["x", "y", "z", "w"]]
    scene = short_scene(
        network__layers=[3, 4, 4, 1], network__hidden=names, training__initial_weights="glorot", output__size="640x360"
    )
    assert {line.text for line in network_of(scene).hidden_names.lines} == {"x", "y", "z", "w"}
    assert [note for note in prepare(scene).notes if "hidden" in note] == [LEFT_OUT.format(0)]
    many = short_scene(network__layers=[3, 40, 1], network__hidden=[["a"] * 40], training__initial_weights="glorot")
    assert not network_of(many).hidden_names.lines
    assert [note for note in prepare(many).notes if "hidden" in note] == [LEFT_OUT.format(0)]


def test_without_names_nothing_moves() -> None:
    places = network_of(short_scene()).places
    same = network_of(short_scene(network__hidden=[[]])).places
    assert all(np.array_equal(one, other) for one, other in zip(places.centres, same.centres, strict=True))


def test_sentences_use_them() -> None:
    scene = short_scene(network__hidden=[["", *NAMES[1:]]])
    assert "both" in neuron_name(scene, 1, 1)
    assert neuron_name(scene, 1, 0) == "hidden neuron 1"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([["a", "b"]], "network.hidden[0]: 2 names for the 4 neurons of hidden layer 1; give 4, or none"),
        ([NAMES, NAMES], "network.hidden: 2 lists of names for 1 hidden layer; give one for each, or none"),
        (NAMES, "network.hidden[0]: expected a list of texts, got text 'either'"),
    ],
)
def test_names_that_do_not_fit_the_network(names: Any, message: str) -> None:
    (problem,) = read_scene("xor", {"network.hidden": names}).problems[:1]
    assert str(problem).endswith(message)
