"""Terms of a worked example's line in the network: what is lit, and where the weights stand on the lines."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pytest

from netviz.drawing.canvas import Canvas
from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.panels.terms_in_network import MOST_WRITTEN, TermsInNetwork
from netviz.drawing.renderer import Renderer
from netviz.scene.loader import load_scene
from netviz.scene.shots import WalkShot
from netviz.timeline.frame import Frame
from netviz.timeline.timeline import Timeline
from netviz.timeline.worked_example import EquationLine, worked_example_steps
from tests.conftest import short_scene
from tests.drawing.support import timeline_of

SIZES = ["1280x720", "720x720", "720x1280"]


class Walk(NamedTuple):
    """A film with a worked example: its renderer, its network, its lines, and a frame in the middle of each."""

    renderer: Renderer
    network: NetworkPanel
    lines: tuple[EquationLine, ...]
    frames: list[Frame]

    def at(self, kind: str, layer: int = 1, neuron: int = 0) -> Frame:
        return self.frames[self.lines.index(EquationLine(kind, layer, neuron))]  # type: ignore[arg-type]


@lru_cache(maxsize=4)
def walk_of(name: str, size: str = "1280x720") -> Walk:
    scene = load_scene(name, overrides={"output.size": size})
    timeline: Timeline = timeline_of(scene)
    shot = next(shot for shot in scene.shots if isinstance(shot, WalkShot))
    lines = worked_example_steps(scene, shot)
    number = scene.shots.index(shot)
    span = next(span for span in timeline.plan.spans if span.shot == number)
    windows = [
        window
        for part, window in zip(timeline.timings[number].parts, timeline.timings[number].windows, strict=True)
        if isinstance(part, EquationLine)
    ]
    frames = [timeline.frame(span.start + int(30 * (0.3 * start + 0.7 * stop))) for start, stop in windows]
    renderer = Renderer(timeline)
    network = next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))
    return Walk(renderer, network, lines, frames)


def test_nodes_and_synapses_that_a_line_does_not_use_are_dimmed() -> None:
    walk = walk_of("step-by-step")
    frame = walk.at("sum", 1, 1)
    assert frame.terms[walk.lines.index(EquationLine("sum", 1, 1))] == 1
    lit = walk.network.terms.lit(frame)
    np.testing.assert_array_equal(lit.arrived[1], frame.arrived[1])
    assert (lit.arrived[0] < 0.5 * frame.arrived[0]).all()
    assert (lit.arrived[2][:1] < 0.5 * frame.arrived[2][:1]).all(), "the other output"
    shares = walk.network.terms.shares(frame)
    assert shares is not None
    assert (shares[0] < 0.3).all()
    np.testing.assert_allclose(shares[1][:, 1], 1)
    assert (shares[1][:, 0] < 0.3).all()


def test_in_the_gradient_one_synapse_and_its_two_ends_are_lit() -> None:
    walk = walk_of("step-by-step")
    frame = walk.at("gradient")
    shares = walk.network.terms.shares(frame)
    assert shares is not None
    assert [tuple(where) for where in np.argwhere(shares[1] > 0.99)] == [(0, 0)]
    assert shares[0].max() < 0.3
    lit = walk.network.terms.lit(frame)
    kept = [np.flatnonzero(np.isclose(now, then) & (then > 0)).tolist() for now, then in
            zip(lit.error_signal, frame.error_signal, strict=True)]  # fmt: skip
    assert kept == [[], [0], [0]]


def test_no_places_are_looked_for_where_there_are_too_many_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    place = TermsInNetwork._placed
    monkeypatch.setattr(TermsInNetwork, "_placed", lambda self, of: looked.append(len(of)) or place(self, of))
    scene = short_scene(network__layers=[3, 40, 1], shots=[{"shot": "walk"}], panels=[{"panel": "network"}])
    network = next(panel for panel in Renderer(timeline_of(scene)).panels if isinstance(panel, NetworkPanel))
    assert len(network.terms.terms) == 2 * 40 + 2 + 1 + 2, "lines of a worked example"
    assert 0 < max(looked) <= MOST_WRITTEN
    assert looked.count(40) <= 2, "of a layer once for each size, and not for each of its neurons"


def test_where_no_line_is_worked_out_all_keep_their_light() -> None:
    walk = walk_of("step-by-step")
    resting = replace(walk.frames[0], terms=tuple(0.0 for _ in walk.lines))
    assert walk.network.terms.lit(resting) is resting
    assert walk.network.terms.shares(resting) is None
    assert walk.network.terms.labels(resting) == {}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["even-or-odd", "step-by-step"])
def test_every_used_weight_stands_on_its_line_and_clear_of_all_else(name: str, size: str) -> None:
    walk = walk_of(name, size)
    terms, places = walk.network.terms, walk.network.places
    half = np.array([terms.across, 1.3 * terms.size]) / 2
    for line, frame in zip(walk.lines, walk.frames, strict=True):
        if line.kind not in ("matrix", "sum"):
            continue
        labels = terms.labels(frame)
        starts = len(frame.weights[line.layer])
        ends = range(frame.weights[line.layer].shape[1]) if line.kind == "matrix" else [line.neuron]
        assert {synapse for synapse, _ in labels} == {(line.layer, i, j) for i in range(starts) for j in ends}
        assert set(labels.values()) == {1.0}
        centres = [np.array(middle) for _, middle in labels]
        for number, one in enumerate(centres):
            for other in centres[number + 1 :]:
                assert (np.abs(one - other) >= 2 * half - 1e-9).any(), "no weight covers another"
            for layer, nodes in enumerate(places.centres):
                for node, radius in zip(nodes, places.radii(layer), strict=True):
                    outside = np.maximum(0, np.abs(node - one) - half)
                    assert np.hypot(*outside) > radius, "nor a neuron"
        for (layer, start, end), middle in labels:
            number = start * frame.weights[layer].shape[1] + end
            line_of_it = walk.network.lines[layer][number]
            assert np.hypot(*(line_of_it - middle).T).min() < 4, "it stands on its own line"
    assert terms.size >= 0.024 * 720


def test_the_worked_weight_is_seen_moving_to_its_new_value(monkeypatch: pytest.MonkeyPatch) -> None:
    walk = walk_of("step-by-step")
    written: list[str] = []
    text = Canvas.text

    def remember(self: Canvas, words: str, *rest: object, **more: object) -> None:
        written.append(words)
        text(self, words, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Canvas, "text", remember)
    walk.network.draw(walk.at("gradient"))
    assert "w₅" in written and "0.4000" in written
    written.clear()
    walk.network.draw(walk.at("weights"))
    assert "0.3589" in written


def test_a_dimmed_synapse_is_darker_in_the_picture() -> None:
    walk = walk_of("step-by-step")
    frame = walk.at("sum", 1, 1)
    x, y = (round(float(part)) for part in walk.network.lines[0][0][20])
    lit = replace(frame, terms=tuple(0.0 for _ in frame.terms))
    pictures = [walk.renderer.draw(each).astype(int).copy() for each in (frame, lit)]
    dim, full = (int(picture[y - 3 : y + 4, x - 3 : x + 4].sum(axis=2).max()) for picture in pictures)
    assert dim < 0.6 * full
