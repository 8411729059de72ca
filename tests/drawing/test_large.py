"""Pictures of large networks: every neuron as light, what is not drawn said, and each frame by itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.panels.panel import LevelScale
from netviz.drawing.renderer import MOST_LIGHT_SOURCES, Renderer
from netviz.scene.loader import load_scene
from netviz.scene.scene import Scene
from netviz.timeline.frame import Frame
from netviz.timeline.timeline import Timeline
from tests.drawing.support import Written, first, timeline_of, written  # noqa: F401


def digits(size: str, **changes: object) -> Scene:
    fewer = {"training.cycles": 3, "schedule": {"cycles": [1, 3]}, "output.size": size}
    return load_scene("digits", overrides=fewer | {key.replace("__", "."): value for key, value in changes.items()})


def large(layers: tuple[int, ...], size: str, **changes: object) -> Scene:
    random = np.random.default_rng(0)
    examples = [{"inputs": random.random(layers[0]).tolist(), "target": random.random(layers[-1]).tolist()}] * 2
    return Scene.model_validate(
        {
            "network": {"layers": layers},
            "data": {"examples": examples},
            "training": {"cycles": 2},
            "schedule": {"cycles": [1, 2]},
            "shots": [{"shot": "learning", "examples": "each"}],
            "output": {"size": size},
            **changes,
        }
    )


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return timeline_of(digits("640x360"), seconds=20)


@pytest.fixture(scope="module")
def renderer(timeline: Timeline) -> Renderer:
    return Renderer(timeline)


def network(renderer: Renderer) -> NetworkPanel:
    return next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))


def drawn(renderer: Renderer, frame: Frame) -> np.ndarray:
    return np.asarray(renderer.draw(frame)[:, :, :3]).astype(int)


def test_the_presented_picture_is_seen(renderer: Renderer, timeline: Timeline) -> None:
    frame = timeline.frame(first(timeline, "step"))
    block = network(renderer).places.block(0)
    assert block is not None and block.is_picture and (block.rows, block.columns) == (8, 8)
    x, y = block.centres.round().astype(int).T
    shown = drawn(renderer, frame)[y, x].sum(axis=1)
    inputs = frame.activations[0][:64]
    assert np.corrcoef(shown, inputs)[0, 1] > 0.98
    assert shown[inputs > 0.9].min() > shown[inputs == 0].max() + 200
    dark = drawn(renderer, timeline.frame(0 if timeline.plan.spans[0].kind == "rest" else first(timeline, "rest")))
    assert np.ptp(dark[y, x].sum(axis=1)) <= 12, "nothing is presented at rest"


def test_standardised_pixels_are_as_light_as_they_were(renderer: Renderer, timeline: Timeline) -> None:
    frame, scale = timeline.frame(first(timeline, "step")), network(renderer).scale
    plain = scale.neurons(frame, 0)
    moved = [(each - 0.3) / 0.25 if layer == 0 else each for layer, each in enumerate(frame.activations)]
    standardised = LevelScale(scale.weight, (0.7 / 0.25, *scale.activations[1:]), darkest=-0.3 / 0.25)
    np.testing.assert_allclose(standardised.neurons(replace(frame, activations=tuple(moved)), 0), plain, atol=1e-12)
    assert plain.min() == 0 and scale.darkest == 0


def test_every_hidden_neuron_lights_where_it_stands(renderer: Renderer, timeline: Timeline) -> None:
    panel, at = network(renderer), first(timeline, "step")
    frame = timeline.frame(at)
    assert panel.places.discs(1).tolist() == [*range(32)]
    for glows in (0, 13, 31):
        activations = [*frame.activations]
        activations[1] = np.zeros_like(activations[1])
        activations[1][glows] = panel.scale.activations[1]
        picture = drawn(renderer, replace(frame, activations=tuple(activations), pulses=(), key=glows))
        x, y = panel.places.centres[1][:-1].round().astype(int).T
        brightness = picture[y, x].sum(axis=1)
        assert brightness[glows] > np.delete(brightness, glows).max() + 150


def test_every_neuron_of_a_block_lights_where_it_stands() -> None:
    timeline = timeline_of(large((3, 60, 1), "640x360"), seconds=10)
    renderer = Renderer(timeline)
    panel, frame = network(renderer), timeline.frame(first(timeline, "step"))
    block = panel.places.block(1)
    assert block is not None and len(block.cells) == 60 and not block.is_picture
    x, y = block.centres.round().astype(int).T
    for glows in (0, 31, 59):
        activations = [*frame.activations]
        activations[1] = np.zeros_like(activations[1])
        activations[1][glows] = panel.scale.activations[1]
        picture = drawn(renderer, replace(frame, activations=tuple(activations), pulses=(), key=glows))
        brightness = picture[y, x].sum(axis=1)
        assert brightness[glows] > np.delete(brightness, glows).max() + 150


def test_between_the_cells_of_a_block_the_picture_goes_on() -> None:
    timeline = timeline_of(large((3, 60, 1), "960x540"), seconds=10)
    renderer = Renderer(timeline)
    block = network(renderer).places.block(1)
    assert block is not None
    corners = (block.centres + block.pitch / 2).round().astype(int)
    inside = corners[(corners[:, 0] < block.left + block.width - 2) & (corners[:, 1] < block.top + block.height - 2)]
    x, y = inside.T
    between = drawn(renderer, timeline.frame(first(timeline, "step")))[y, x]
    assert len({tuple(colour) for colour in between.tolist()}) > 0.8 * len(inside), "light and synapses, no slab"


@pytest.mark.parametrize("size", ["480x270", "270x270", "270x480"])
@pytest.mark.parametrize("biases", [{"network__bias": False}, {"network__bias_nodes": False}, {}])
@pytest.mark.parametrize("style", ["glow", "classic", "playground"])
def test_pictures_as_inputs_are_drawn_with_and_without_biases(style: str, biases: dict[str, bool], size: str) -> None:
    """Before training, in a step, and after it, when the synapses that matter are chosen."""
    timeline = timeline_of(digits(size, style=style, **biases), seconds=20)
    renderer = Renderer(timeline)
    for index in (0, first(timeline, "step"), timeline.frame_count - 1):
        assert drawn(renderer, timeline.frame(index)).std() > 2, index


@pytest.mark.parametrize("size", ["960x540", "540x540", "540x960"])
def test_what_is_not_drawn_one_by_one_is_said(size: str, timeline: Timeline, written: list[Written]) -> None:  # noqa: F811
    scene = digits(size)
    resized = replace(timeline, scene=scene)
    renderer = Renderer(resized)
    frame = resized.frame(first(resized, "step"))
    written.clear()
    renderer.draw(frame)
    texts = {text.text: text for text in written}
    collapsed = network(renderer).collapsed
    assert f"strongest {collapsed.drawn} of 2,410 synapses drawn, the rest as haze" in texts
    assert frame.example is not None
    pixels = f"8 × 8 inputs + bias, {frame.example + 1} of 240"
    assert pixels in texts or (size == "540x540" and "8 × 8 inputs + bias" in texts)
    assert "32 neurons + bias" in texts
    names = [text for text in written if text.text not in {"0", "1"} or text.size > 1]
    width, height = scene.output.size
    assert all(text.left >= 0 and text.right <= width and text.top >= 0 and text.bottom <= height for text in names)
    told = texts[f"strongest {collapsed.drawn} of 2,410 synapses drawn, the rest as haze"]
    assert not [text for text in written if text is not told and text.touches(told)]


@pytest.mark.parametrize("size", ["960x540", "540x540", "540x960"])
@pytest.mark.parametrize("deep", [3, 8])
def test_where_labels_find_no_room_the_last_line_tells_of_the_blocks(
    size: str,
    deep: int,
    written: list[Written],  # noqa: F811
) -> None:
    examples = [{"inputs": [0.1, 0.9, 0.5], "target": [0, 1]}, {"inputs": [0.7, 0.3, 0.2], "target": [1, 0]}]
    scene = Scene.model_validate(
        {
            "network": {"layers": [3, *[50] * deep, 2], "bias": True},
            "data": {"examples": examples},
            "training": {"cycles": 2},
            "schedule": {"cycles": [1, 2]},
            "shots": [{"shot": "learning", "examples": "each"}],
            "output": {"size": size},
        }
    )
    timeline = timeline_of(scene, seconds=10)
    renderer = Renderer(timeline)
    written.clear()
    renderer.draw(timeline.frame(first(timeline, "step")))
    labels = [text for text in written if text.text == "50 neurons + bias"]
    told = [text for text in written if text.text.startswith(f"{50 * deep} neurons as cells, ")]
    assert (len(labels), len(told)) in ((deep, 0), (0, 1))
    assert not any(one.touches(other) for one, other in pairwise(labels))
    panel = network(renderer)
    rims = [centre[1] for layer in range(deep + 2) for centre in panel.places.centres[layer][panel.places.nodes(layer)]]
    if panel.places.flow == "up":
        assert not [t for t in labels for y in rims if t.top < y + panel.places.radius and t.bottom > y]


def test_each_frame_is_the_same_whenever_it_is_drawn(renderer: Renderer, timeline: Timeline) -> None:
    start = first(timeline, "step", phase=0.0)
    span = next(span for span in timeline.plan.spans if span.kind == "step")
    some = [start + int(part * (span.stop - span.start)) for part in (0.3, 0.55, 0.87)]
    some.append(first(timeline, "move"))
    here = {index: drawn(renderer, timeline.frame(index)) for index in some}
    for index in reversed(some):
        np.testing.assert_array_equal(drawn(renderer, timeline.frame(index)), here[index])
    np.testing.assert_array_equal(drawn(Renderer(timeline), timeline.frame(some[-2])), here[some[-2]])


def test_the_haze_tells_what_no_line_tells(renderer: Renderer, timeline: Timeline) -> None:
    panel = network(renderer)
    frame = timeline.frame(first(timeline, "step"))
    hidden = np.ones(65 * 32, bool)
    lines = panel.collapsed.lines[0]
    assert lines is not None
    hidden[lines] = False
    stronger = frame.weights[0].copy()
    stronger.ravel()[hidden] *= 3
    before = np.zeros((renderer.field.light_sources, 3))
    after = before.copy()
    panel.light(frame, before)
    panel.light(replace(frame, weights=(stronger, frame.weights[1])), after)
    (bands,) = panel.edge_bundles.bands[:1]
    assert after[bands.light_sources].sum() > 1.3 * before[bands.light_sources].sum()
    picture, brighter = (
        drawn(renderer, each) for each in (frame, replace(frame, weights=(stronger, frame.weights[1]), key=1))
    )
    assert (brighter - picture).max() > 12
    assert renderer.field.light_sources <= MOST_LIGHT_SOURCES


def test_the_style_without_light_says_that_the_rest_is_left_out(timeline: Timeline, written: list[Written]) -> None:  # noqa: F811
    scene = digits("960x540", style="playground")
    unlit = replace(timeline, scene=scene)
    renderer = Renderer(unlit)
    written.clear()
    renderer.draw(unlit.frame(first(unlit, "step")))
    assert any(text.text.endswith("the rest left out") for text in written)


def test_a_network_of_a_hundred_thousand_synapses() -> None:
    random = np.random.default_rng(0)
    examples = [{"inputs": random.random(784).tolist(), "target": np.eye(10)[index].tolist()} for index in range(3)]
    scene = Scene.model_validate(
        {
            "network": {"layers": [784, 128, 10], "grid": [28, 28], "bias": True},
            "data": {"examples": examples},
            "training": {"cycles": 2, "batch": 3, "learning_rate": 0.1},
            "schedule": {"cycles": [1, 2]},
            "shots": [{"shot": "learning", "examples": 1}],
            "output": {"size": "640x360"},
        }
    )
    timeline = timeline_of(scene, seconds=10)
    renderer = Renderer(timeline)
    panel = network(renderer)
    assert sum(panel.collapsed.synapses) == 785 * 128 + 129 * 10
    assert panel.collapsed.drawn <= 300
    assert [0 if block is None else len(block.cells) for block in panel.places.blocks] == [784, 128, 0]
    assert drawn(renderer, timeline.frame(first(timeline, "step"))).std() > 5


@pytest.mark.parametrize("layers", [(1, 1000, 1), (1000, 1), (2, 100, 30)])
@pytest.mark.parametrize("style", ["glow", "playground"])
def test_layers_of_up_to_a_thousand(layers: tuple[int, ...], style: str) -> None:
    scene = large(layers, "320x180", style=style)
    timeline = timeline_of(scene, seconds=10)
    renderer = Renderer(timeline)
    for kind in ("step", "move"):
        assert drawn(renderer, timeline.frame(first(timeline, kind))).std() > 3


@pytest.mark.parametrize(("kind", "phase"), [("step", 0.87), ("move", 0.4)])
def test_moving_lines_lie_between_recorded_ones(
    renderer: Renderer, timeline: Timeline, kind: str, phase: float
) -> None:
    synapses = network(renderer).synapses
    spans = [span for span in timeline.plan.spans if span.kind == kind and span.cycle == 3]
    frames = [timeline.frame(span.start + int(phase * (span.stop - span.start))) for span in spans]
    # Examples of one batch share its update: the weights move in the last that is shown.
    frame = next(each for each in frames if kind == "move" or any(layer.any() for layer in each.change))
    weights = synapses._all(frame.weights)
    (before, after), part = synapses._states(frame, weights)
    assert 0 < part < 1
    np.testing.assert_allclose((1 - part) * before + part * after, weights, atol=1e-12)
    strange = replace(frame, weights=tuple(layer + 0.3 for layer in frame.weights))
    states, part = synapses._states(strange, weights + 0.3)
    assert len(states) == 1 and part == 0, "weights that nobody recorded are drawn as they are"


def test_strokes_give_way_evenly(renderer: Renderer, timeline: Timeline) -> None:
    line_batch = network(renderer).synapses.line_batch
    assert line_batch is not None
    synapses, canvas = network(renderer).synapses, renderer.canvas
    rows = [int(row) for row in np.flatnonzero(timeline.recording.probe == -1)[[0, -1]]]
    states = [synapses._looks(synapses._recorded(row), np.zeros(len(line_batch.lines))) for row in rows]
    found = []
    for part in (0.0, 0.5, 1.0):
        canvas.memory[:] = renderer.bare
        line_batch.draw(states, part, ())
        found.append(canvas.memory.astype(int))
    before, middle, after = found
    assert np.abs(after - before).max() > 60
    assert np.abs(middle - (before + after) / 2).max() <= 2
