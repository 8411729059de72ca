"""Class bars: the outputs of a classification as names, bars and values; winner, target and verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from netviz.drawing.panels.class_bars import ClassBars, shown_outputs
from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.renderer import Renderer
from netviz.scene.scene import Scene
from netviz.timeline.frame import Frame
from netviz.timeline.timeline import Timeline
from tests.drawing.support import Written, first, timeline_of, written  # noqa: F401
from tests.drawing.test_large import digits

SIZES = ["960x540", "540x540", "540x960"]
ANSWER = np.array([0.0, 0.06, 0.0, 0.12, 0.0, 0.47, 0.0, 0.3, 0.01, 0.04])


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return timeline_of(digits("960x540"), seconds=20)


def bars_of(renderer: Renderer) -> ClassBars:
    panel = next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))
    assert panel.class_bars is not None
    return panel.class_bars


def answered(timeline: Timeline, target: int, answer: np.ndarray = ANSWER, **changes: object) -> Frame:
    """A step whose answer stands beside its target."""
    frame = timeline.frame(first(timeline, "step"))
    return replace(
        frame, activations=(*frame.activations[:-1], answer), target=np.eye(10)[target], presented=1.0, compared=1.0,
        arrived=tuple(np.ones_like(layer) for layer in frame.arrived), before=(), lingering=(), pulses=(), key=target,
        error_signal=tuple(np.zeros_like(layer) for layer in frame.error_signal), **changes,
    )  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_bars_are_as_long_as_the_outputs_and_the_winner_is_gold(size: str, timeline: Timeline) -> None:
    resized = replace(timeline, scene=digits(size))
    renderer = Renderer(resized)
    bars, frame = bars_of(renderer), answered(resized, 3)
    picture = np.asarray(renderer.draw(frame)[:, :, :3]).astype(int).copy()
    gold = renderer.context.theme.signal * 255
    for index in (3, 5, 7):
        x, y = bars._start(index)
        long = bars._length(ANSWER[index])
        assert long == pytest.approx(bars.rows.length * ANSWER[index])
        inside = [(x, y - part * long) if bars.rows.up else (x + part * long, y) for part in (0.3, 0.85)]
        is_gold = [np.abs(picture[round(row), round(column)] - gold).max() < 12 for column, row in inside]
        assert is_gold == [index == 5] * 2
    beyond = bars._length(ANSWER[5]) + 0.4 * bars.rows.gap
    x, y = bars._start(5)
    column, row = (x, y - beyond) if bars.rows.up else (x + beyond, y)
    assert picture[round(row), round(column)].max() < 160, "the bar has ended"


@pytest.mark.parametrize("size", SIZES)
def test_the_target_is_ringed_and_the_verdict_says_what_is_right(
    size: str,
    timeline: Timeline,
    written: list[Written],  # noqa: F811
) -> None:
    resized = replace(timeline, scene=digits(size))
    renderer = Renderer(resized)
    bars = bars_of(renderer)
    for target, verdict in ((3, "says 5, is 3"), (5, "says 5 ✓")):
        written.clear()
        picture = np.asarray(renderer.draw(answered(resized, target))[:, :, :3]).astype(int)
        texts = {text.text: text for text in written}
        assert verdict in texts and {"0.47", "0.12", "0.30"} <= texts.keys()
        assert not [text for text in texts if "wants" in text]
        width, height = resized.scene.output.size
        told = texts[verdict]
        assert told.left >= 0 and told.right <= width and told.top >= 0 and told.bottom <= height
        assert not [text for text in written if text is not told and text.touches(told)]
        ringed = []
        for index, ((x, y), (_, high)) in enumerate(zip(bars.centres, bars.rows.half, strict=True)):
            if picture[round(y - high) - 1 : round(y - high) + 2, round(x)].min(axis=1).max() > 180:
                ringed.append(index)
        assert ringed == [target]


def test_a_value_that_nobody_knows_yet_is_not_written(timeline: Timeline, written: list[Written]) -> None:  # noqa: F811
    renderer = Renderer(timeline)
    frame = replace(answered(timeline, 3), compared=0.0, asked=1.0, key="asked")
    arrived = (*frame.arrived[:-1], np.zeros(10))
    written.clear()
    renderer.draw(replace(frame, arrived=arrived))
    texts = [text.text for text in written]
    assert "?" in texts and "0.47" not in texts and not any(text.startswith("says") for text in texts)


def test_the_answer_before_goes_as_the_next_picture_comes(timeline: Timeline) -> None:
    frame = answered(timeline, 3)
    none = tuple(np.zeros_like(layer) for layer in frame.arrived)
    left = replace(frame, arrived=none, before=frame.activations, lingering=(1.0, 1.0, 1.0))
    np.testing.assert_allclose(shown_outputs(left), ANSWER)
    shown = replace(left, arrived=(np.full(65, 0.75), *none[1:]))
    np.testing.assert_allclose(shown_outputs(shown), 0.25 * ANSWER)


def test_two_that_are_equal_are_half_golden(timeline: Timeline) -> None:
    bars = bars_of(Renderer(timeline))
    values = np.zeros(10)
    values[[2, 6]] = 0.4
    assert bars._golden(values)[[2, 6]].tolist() == [0.5, 0.5]
    values[2] = 0.5
    assert bars._golden(values)[[0, 2, 6]].tolist() == [0.0, 1.0, 0.0]


def named(outputs: list[str], activation: str, size: str) -> Scene:
    random = np.random.default_rng(1)
    examples = [
        {"inputs": random.random(4).tolist(), "target": np.eye(len(outputs))[index % len(outputs)].tolist()}
        for index in range(2 * len(outputs))
    ]
    return Scene.model_validate(
        {
            "network": {"layers": [4, 6, len(outputs)], "activation": ["tanh", activation], "outputs": outputs},
            "data": {"examples": examples},
            "training": {"cycles": 3},
            "schedule": {"cycles": [1, 3]},
            "shots": [{"shot": "learning", "examples": "each"}],
            "output": {"size": size},
        }
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_names_of_any_length_are_read_and_nothing_overlaps(
    size: str,
    activation: str,
    written: list[Written],  # noqa: F811
) -> None:
    outputs = ["iris setosa", "versicolor", "a flower of a very long name indeed"]
    timeline = timeline_of(named(outputs, activation, size), seconds=12)
    renderer = Renderer(timeline)
    bars = bars_of(renderer)
    start = first(timeline, "step")
    frame = replace(timeline.frame(start), compared=1.0, presented=1.0, key="all")
    written.clear()
    renderer.draw(replace(frame, arrived=tuple(np.ones_like(layer) for layer in frame.arrived)))
    assert {name.text for name in written} >= {*bars.rows.names}
    width, height = timeline.scene.output.size
    assert all(text.left >= 0 and text.right <= width and text.bottom <= height for text in written)
    own = [text for text in written if text.left > bars.centres[:, 0].min() - bars.rows.half[:, 0].max() - 1]
    own = own if not bars.rows.up else [text for text in written if text.bottom < bars.centres[0, 1] + 40]
    assert len(own) >= 7
    assert not [(a.text, b.text) for k, a in enumerate(own) for b in own[k + 1 :] if a.touches(b)]


@pytest.mark.parametrize("size", ["960x540", "540x540"])
def test_names_on_both_sides_leave_the_neurons_their_room(size: str, written: list[Written]) -> None:  # noqa: F811
    inputs = ["alcalinity of the ash", "nonflavanoid phenols", "diluted wines", *(f"column {each}" for each in "abcd")]
    outputs = ["Barbera", "a dormant account", "Grignolino"]
    scene = named(outputs, "softmax", size)
    content = scene.model_dump(mode="json", exclude_unset=True)
    content["network"] |= {"layers": [7, 6, 3], "inputs": inputs}
    for example in content["data"]["examples"]:
        example["inputs"] += [0.1, 0.2, 0.3]
    timeline = timeline_of(Scene.model_validate(content), seconds=12)
    renderer = Renderer(timeline)
    panel = next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))
    first_layer, names = panel.places.centres[0], panel.places.centres[-1] - bars_of(renderer).rows.half
    assert names[:, 0].min() - first_layer[0, 0] > 0.2 * panel.slot.width
    frame = replace(timeline.frame(first(timeline, "step")), compared=1.0, presented=1.0, key="all")
    written.clear()
    renderer.draw(replace(frame, arrived=tuple(np.ones_like(layer) for layer in frame.arrived)))
    beside = [text for text in written if panel.slot.x <= text.left and text.right < first_layer[0, 0]]
    assert len(beside) >= 7
    assert not [(a.text, b.text) for k, a in enumerate(beside) for b in beside[k + 1 :] if a.touches(b)]
    says = next(text for text in written if text.text.startswith("says"))
    assert says.right <= timeline.scene.output.size[0] and "…" not in says.text


def test_the_verdict_ends_before_a_plane_beside_the_network(written: list[Written]) -> None:  # noqa: F811
    content = named(["Frischkäse", "versicolor", "Gruyère"], "softmax", "640x360").model_dump(
        mode="json", exclude_unset=True
    )
    content["network"]["layers"][0] = 2
    for example in content["data"]["examples"]:
        example["inputs"] = example["inputs"][:2]
    content["panels"] = [{"panel": name} for name in ("network", "boundary", "curve", "title")]
    timeline = timeline_of(Scene.model_validate(content), seconds=12)
    renderer = Renderer(timeline)
    frame = replace(timeline.frame(first(timeline, "step")), compared=1.0, presented=1.0, key="all")
    written.clear()
    renderer.draw(replace(frame, arrived=tuple(np.ones_like(layer) for layer in frame.arrived)))
    says = next(text for text in written if text.text.startswith("says"))
    assert says.right < renderer.context.layout.places["boundary"].x


@pytest.mark.parametrize("size", ["640x360", "480x480", "360x640"])
def test_names_of_clouds_are_whole_where_no_point_is_followed_alone(
    size: str,
    written: list[Written],  # noqa: F811
) -> None:
    scene = Scene.model_validate(
        {
            "network": {"layers": [2, 8, 3], "outputs": ["Erle", "Birke", "Buche"]},
            "data": {"dataset": "blobs"},
            "training": {"cycles": 13, "learning_rate": 0.1},
            "output": {"size": size},
        }
    )
    timeline = timeline_of(scene, seconds=12)
    renderer = Renderer(timeline)
    panel = next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))
    written.clear()
    renderer.draw(timeline.frame(first(timeline, "sweep", 0.5)))
    assert {text.text for text in written} >= {"x₁", "x₂", "Erle", "Birke", "Buche"}
    first_layer, outputs = panel.places.centres[0], panel.places.centres[-1]
    assert abs(outputs - first_layer[0])[:, 0 if panel.places.flow == "right" else 1].min() > 0.3 * panel.slot.width


def test_more_classes_than_rows_stay_as_they_are() -> None:
    scene = named([f"c{number}" for number in range(30)], "softmax", "960x540")
    renderer = Renderer(timeline_of(scene, seconds=12))
    panel = next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))
    assert panel.class_bars is None and panel.places.classes is None
