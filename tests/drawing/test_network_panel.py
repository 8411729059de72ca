"""The network panel: bias nodes, names, widths, dashes, marks, and neurons that show what they answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netviz
from netviz.drawing.panels.activation_map import Tiles
from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.panels.neurons import BiasNodes, Discs
from netviz.drawing.panels.panel import playground_width
from netviz.drawing.panels.strokes import dashes
from netviz.drawing.panels.synapses import CORE
from netviz.drawing.renderer import Renderer
from netviz.scene.scene import Scene
from netviz.scene.shots import WalkShot
from netviz.timeline.frame import Frame, node_counts
from netviz.timeline.plan import make_plan
from netviz.timeline.sampled_answers import signed
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.timeline.worked_example import worked_example_steps
from tests.conftest import short_scene
from tests.drawing.support import Drawn, Written, first, timeline_of, written

__all__ = ["written"]

CORNERS = [{"inputs": [a, b], "target": float(a != b)} for a in (0, 1) for b in (0, 1)]


def panel_of(renderer: Renderer) -> NetworkPanel:
    return next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))


def planar(**changes: Any) -> Scene:
    """A network on the corners of a square, small; all corners are points of the plane."""
    base = {
        "network": {"layers": [2, 3, 1], "activation": "tanh", "bias": True},
        "data": {"examples": CORNERS},
        "shots": [{"shot": "rest"}, {"shot": "learning"}, {"shot": "think", "inputs": [1, 0]}],
        "training.initial_weights": "glorot",
        "story": None,
        "output.size": "640x360",
        "panels": [{"panel": "network", "neurons": "maps"}, {"panel": "curve"}, {"panel": "numbers"}],
    }
    return short_scene(**{key.replace(".", "__"): value for key, value in {**base, **changes}.items()})


def staged(scene: Scene) -> tuple[Timeline, Renderer, NetworkPanel]:
    timeline = timeline_of(scene)
    renderer = Renderer(timeline)
    return timeline, renderer, panel_of(renderer)


def looked_at(timeline: Timeline, **changes: Any) -> Frame:
    """A frame of the first step, changed."""
    return replace(timeline.frame(first(timeline, "step")), **changes)


@pytest.mark.parametrize("size", ["640x360", "360x640"])
def test_a_bias_node_stands_at_the_end_of_every_layer_but_the_last(size: str, written: list[Written]) -> None:
    scene = short_scene(network__bias=True, network__layers=[3, 4, 1], output__size=size)
    timeline, renderer, panel = staged(scene)
    assert tuple(len(layer) for layer in panel.places.centres) == node_counts(scene) == (4, 5, 1)
    assert [line.shape[0] for line in panel.lines] == [4 * 4, 5 * 1]
    axis = 1 if size == "640x360" else 0
    for layer in range(2):
        assert panel.places.centres[layer][:, axis].argmax() == len(panel.places.centres[layer]) - 1
        assert panel.places.radii(layer)[-1] < 0.7 * panel.places.radius
        start = panel.lines[layer][-1][0] - panel.places.centres[layer][-1]
        assert np.hypot(*start) == pytest.approx(panel.places.radii(layer)[-1])
    assert isinstance(panel.bias_nodes, BiasNodes)
    renderer.draw(timeline.frame(first(timeline, "rest")))
    names = {text.text: text for text in written}
    for name, (x, y) in zip(("b₁", "b₂"), panel.places.bias_nodes, strict=True):
        text = names[name]
        assert text.left <= x <= text.right
        assert text.top <= y <= text.bottom
        assert text.right - text.left <= 1.2 * panel.places.radius


def test_a_bias_node_has_no_figures_and_lights_with_its_layer(written: list[Written]) -> None:
    timeline, renderer, panel = staged(short_scene(network__bias=True, output__size="640x360"))
    index = first(timeline, "step")
    glows = renderer.draw(timeline.frame(index)).copy()
    figures = [text for text in written if text.text == "1.00"]
    x, y = panel.places.bias_nodes[0]
    assert not any(text.left <= x <= text.right and text.top <= y <= text.bottom for text in figures)
    dark = renderer.draw(timeline.frame(first(timeline, "rest"))).copy()
    ring = round(y), round(x + panel.places.radii(0)[-1])
    assert glows[ring][:3].astype(int).sum() > dark[ring][:3].astype(int).sum() + 100


def test_without_bias_nodes_there_are_none() -> None:
    _, _, panel = staged(short_scene(network__bias=True, network__bias_nodes=False))
    assert len(panel.places.bias_nodes) == 0
    assert [len(layer) for layer in panel.places.centres] == [3, 4, 1]


def test_inputs_from_the_plane_are_named_by_their_features(written: list[Written]) -> None:
    data = {"examples": CORNERS, "features": ["x1", "x2^2", "x1*x2", "sin(x2)"]}
    timeline, renderer, _ = staged(planar(data=data, network={"layers": [4, 2, 1]}))
    renderer.draw(timeline.frame(timeline.frame_count // 2))
    assert {"x₁", "x₂²", "x₁x₂", "sin x₂"} <= {text.text for text in written}
    del written[:]
    timeline, renderer, _ = staged(planar(network={"layers": [2, 2, 1], "inputs": ["width", "height"]}))
    renderer.draw(timeline.frame(timeline.frame_count // 2))
    assert {"width", "height"} <= {text.text for text in written}
    assert "x₁" not in {text.text for text in written}


def test_several_outputs_have_their_names_and_wishes_beside_them(written: list[Written]) -> None:
    examples = [{"inputs": [0, 1], "target": [1, 0]}, {"inputs": [1, 1], "target": [0, 1]}]
    network = {"layers": [2, 3, 2], "outputs": ["a dog", "a cat"]}
    for size in ("640x360", "480x480", "360x640"):
        del written[:]
        scene = planar(network=network, data={"examples": examples}, panels=None, output__size=size)
        timeline, renderer, panel = staged(scene)
        renderer.draw(timeline.frame(first(timeline, "step", example=0)))
        texts = {text.text: text for text in written}
        assert {"a dog", "a cat", "wants 1", "wants 0"} <= set(texts)
        axis = panel.places.centres[-1][:, 1] if size != "360x640" else panel.places.centres[-1][:, 0]
        for name, wish, middle in (("a dog", "wants 1", axis[0]), ("a cat", "wants 0", axis[1])):
            for text in (texts[name], texts[wish]):
                assert not text.touches(texts["wants 0" if wish == "wants 1" else "wants 1"]) or text.text == wish
                at = (text.top + text.bottom) / 2 if size != "360x640" else (text.left + text.right) / 2
                assert abs(at - middle) < 1.5 * panel.places.radius


def test_the_neuron_spoken_of_has_a_ring() -> None:
    for scene in (planar(), planar(theme="paper"), planar(panels=[{"panel": "network", "neurons": "numbers"}])):
        timeline, renderer, panel = staged(scene)
        frame = timeline.frame(first(timeline, "rest"))
        without = renderer.draw(frame).astype(int).copy()
        with_ring = renderer.draw(replace(frame, highlighted=(1, 1), key="focus")).astype(int)
        x, y = panel.places.centres[1][1]
        ring = round(y - panel.places.radius - 9.5 * renderer.panels[0].context.layout.unit), round(x)
        assert np.abs(with_ring[ring] - without[ring]).max() > 100
        far = panel.places.centres[0][0].round().astype(int)
        assert np.abs(with_ring[far[1], far[0]] - without[far[1], far[0]]).max() <= 8


def test_playgrounds_lines_are_one_to_ten_pixels_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    widths = playground_width(np.array([0.0, 2.5, -5.0, 80.0])) * 1080 / 1000
    np.testing.assert_allclose(widths, [1, 5.5, 10, 10])
    timeline, renderer, panel = staged(planar(style="playground", output__size="1920x1080"))
    frame = timeline.frame(first(timeline, "step"))
    strokes = Drawn.watch(monkeypatch)
    renderer.draw(frame)
    weights = np.concatenate([layer.ravel() for layer in frame.weights])
    np.testing.assert_allclose(strokes[panel.synapses.bodies].widths, 1 + 9 * np.minimum(1, np.abs(weights) / 5))


@pytest.mark.parametrize("width", [1.0, 3.7, 12.0])
@pytest.mark.parametrize("index", [0, 3])
def test_a_stroke_covers_its_length_times_its_width(width: float, index: int) -> None:
    _, renderer, panel = staged(planar(output__size="1280x720"))
    for strokes in (panel.synapses.bodies, panel.synapses.cores):
        cover = strokes.cover(index, width, dashed=False)
        length = np.hypot(*np.diff(strokes.lines[index], axis=0).T).sum()
        channels = len(renderer.canvas.planes)
        own = strokes.part * width
        caps = np.pi / 4 * own**2 if strokes is panel.synapses.cores else 0.0
        covered = (cover.cover.sum() + len(cover.solid)) / channels
        assert covered == pytest.approx(length * own + caps, rel=0.03)
        dashed = strokes.cover(index, width, dashed=True)
        assert 0.4 * covered < (dashed.cover.sum() + len(dashed.solid)) / channels < 0.75 * covered


def test_style_playground_has_no_halos_but_comets() -> None:
    timeline, renderer, _ = staged(planar(style="playground"))
    assert renderer.field.light_sources == 0
    frames = (timeline.frame(index) for index in range(timeline.frame_count))
    moving = next(frame for frame in frames if any(p.position > 0.4 and p.strength.max() > 0.5 for p in frame.pulses))
    with_comets = renderer.draw(moving).astype(int).copy()
    without = renderer.draw(replace(moving, pulses=(), key=2)).astype(int)
    assert (with_comets - without).min() < -40, "comets darken a light ground"
    assert (with_comets - without).max() <= 12, "but for the lines that they lie on"


def test_negative_synapses_are_dashed_where_the_palette_is_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline, renderer, panel = staged(planar(palette="colour-blind"))
    frame = timeline.frame(first(timeline, "step"))
    strokes = Drawn.watch(monkeypatch)
    renderer.draw(frame)
    weights = np.concatenate([layer.ravel() for layer in frame.weights])
    assert (weights < 0).any()
    assert (weights > 0).any()
    for each in (panel.synapses.bodies, panel.synapses.cores):
        np.testing.assert_array_equal(each.is_dashed(strokes[each].weights), weights < 0)
    assert not staged(planar())[2].synapses.bodies.is_dashed(weights).any()


@settings(deadline=None)
@given(st.floats(0.5, 30), st.floats(0.5, 30))
def test_bodies_and_cores_are_dashed_alike_and_by_their_width(width: float, other: float) -> None:
    body, core = (np.array(dashes(width, 1.08, part * width)[1]) * part * width for part in (1.0, CORE))
    np.testing.assert_allclose(body, core)
    wider = np.array(dashes(max(width, other), 1.08, 1.0)[1])
    assert (wider >= np.array(dashes(min(width, other), 1.08, 1.0)[1])).all()


@pytest.mark.parametrize("hidden", ["tanh", "leaky_relu", "elu", "gelu", "swish"])
def test_a_tile_shows_what_its_neuron_answers(hidden: str) -> None:
    kinds = {"network__activation": [hidden, "tanh"]}
    timeline, renderer, panel = staged(planar(style="playground", output__size="1280x720", **kinds))
    assert isinstance(panel.neurons, Tiles)
    frame = timeline.frame(timeline.frame_count - 1)
    picture = renderer.draw(frame)
    context = panel.context
    assert context.responses is not None
    maps = context.responses.of(frame)
    side = panel.neurons.side
    number = 0
    for layer, activation in enumerate(("linear", *timeline.recording.network.activations)):
        for neuron, (x, y) in enumerate(panel.places.neurons(layer)):
            left, top = panel.neurons.corners[number]
            number += 1
            assert abs(left + side / 2 - x) <= 1
            assert abs(top + side / 2 - y) <= 1
            for across, down in ((0.2, 0.5), (0.5, 0.2), (0.5, 0.5), (0.8, 0.7)):
                column, row = int(across * side), int(down * side)
                resolution = maps[layer].shape[-1]
                value = maps[layer][neuron][
                    int((row + 0.5) * resolution / side), int((column + 0.5) * resolution / side)
                ]
                index = int((float(signed(np.array(value), activation)) + 1) * 127.5)
                expected = context.theme.scale[index].astype(int)
                assert np.abs(picture[top + row, left + column, :3] - expected).max() <= 1


def test_tiles_have_round_corners() -> None:
    timeline, renderer, panel = staged(planar(output__size="1280x720"))
    assert isinstance(panel.neurons, Tiles)
    frame = timeline.frame(first(timeline, "rest"))
    picture = renderer.draw(frame).astype(int)
    left, top = panel.neurons.corners[0]
    last = panel.neurons.side - 1
    for row, column in ((0, 0), (0, last), (last, 0), (last, last)):
        under = renderer.canvas.picture_of(renderer.ground)[top + row, left + column].astype(int)
        assert np.abs(picture[top + row, left + column] - under).max() <= 12


def test_maps_are_shown_where_the_scene_wants_them_or_all_examples_are_seen_together() -> None:
    together = [{"shot": "learning", "examples": "together"}]
    for neurons, shots, kind in (("maps", None, Tiles), ("numbers", None, Discs), (None, None, Discs)):
        changes = {} if shots is None else {"shots": shots}
        panel = staged(planar(panels=[{"panel": "network", "neurons": neurons}], **changes))[2]
        assert isinstance(panel.neurons, kind)
    renderer = Renderer(timeline_of(planar(panels=[{"panel": "network"}])))
    assert isinstance(panel_of(renderer).neurons, Discs)
    scene = planar(panels=[{"panel": "network"}], shots=together)
    assert scene.presentation == "together"


@pytest.mark.parametrize("theme", ["paper", "playground"])
def test_a_lit_neuron_on_a_light_ground_is_coloured_and_so_is_what_is_around_it(theme: str) -> None:
    timeline, renderer, panel = staged(short_scene(theme=theme, output__size="640x360"))
    picture = renderer.draw(timeline.frame(first(timeline, "step", example=2))).astype(int)  # inputs 1 0 1
    dark = renderer.canvas.picture_of(renderer.ground).astype(int)
    theme_colours = panel.context.theme
    away = round(1.5 * panel.places.radius)
    x, y = panel.places.centres[0][0].round().astype(int)
    inside = picture[y - int(0.7 * panel.places.radius), x, :3]
    assert np.abs(inside - 255 * theme_colours.signal).max() < 30
    tint = dark[y - away, x, :3] - picture[y - away, x, :3]
    lacking = theme_colours.halo(theme_colours.signal)
    assert tint.max() > 15
    assert tint.argmax() == lacking.argmax(), "tinted towards the light's colour"
    assert picture[y - away, x, :3].max() > 200, "not darkened"


def test_the_weight_that_is_worked_out_is_named_on_the_way_back(written: list[Written]) -> None:
    scene = netviz.load_scene("step-by-step", overrides={"training.cycles": 3, "schedule": {"cycles": [1, 3]}})
    timeline = make_timeline(make_plan(scene, scene.duration), netviz.record(scene), scene)
    renderer = Renderer(timeline)
    walk = next(span for span in timeline.plan.spans if span.kind == "walk")
    script = worked_example_steps(scene, next(shot for shot in scene.shots if isinstance(shot, WalkShot)))
    first = [line.kind for line in script].index("delta")
    frames = [timeline.frame(index) for index in range(walk.start, walk.stop, 15)]
    for frame in (next(frame for frame in frames if frame.visible[first] == 1), frames[len(frames) // 3]):
        written.clear()
        renderer.draw(frame)
        assert ("w₅" in [text.text for text in written]) == (frame.visible[first] == 1)


@pytest.mark.parametrize("at", [[0.3, 0.2, 0.12, 0.5], [0.3, 0.2, 0.3, 0.1], [0.5, 0.5, 0.01, 0.01]])
@pytest.mark.parametrize("size", ["640x360", "360x640"])
def test_long_names_leave_room_for_the_network_in_a_narrow_place(at: list[float], size: str) -> None:
    names = {"inputs": ["petal length", "petal width"], "outputs": ["setosa of the east"]}
    network = {"layers": [2, 3, 1], "activation": "tanh", "bias": True, **names}
    panels = [{"panel": "network", "at": at}]
    timeline, renderer, panel = staged(planar(network=network, panels=panels, **{"output.size": size}))
    picture, radius = np.array(timeline.scene.output.size), panel.places.radius
    assert radius >= 1
    corner, extent = np.array(at[:2]) * picture, np.array(at[2:]) * picture
    for centres in panel.places.centres:
        assert (centres - radius >= corner - 2).all()
        assert (centres + radius <= corner + extent + 2).all()
    renderer.draw(timeline.frame(first(timeline, "think")))
