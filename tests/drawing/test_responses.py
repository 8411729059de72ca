"""What the neurons answer all over the plane."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from netviz.drawing import responses
from netviz.drawing.responses import Responses
from netviz.recording.recording import Recording
from netviz.timeline.frame import Frame
from netviz.timeline.sampled_answers import domain_of, signed
from netviz.training.trainer import train
from tests.drawing.support import first, timeline_of
from tests.recordings import own_scene
from tests.training.scenes import scene

POINTS = [([0.0, 0.0], 0), ([2.0, 1.0], 1), ([1.0, 0.5], 1)]


def planar(**network: Any) -> Recording:
    wanted = {"layers": [2, 3, 1], "activation": ["tanh", "sigmoid"], "bias": True} | network
    return train(scene(POINTS, wanted, initial_weights="glorot"))


def frame_of(recording: Recording) -> Frame:
    timeline = timeline_of(own_scene(recording))
    return timeline.frame(first(timeline, "step", 0.3))


@pytest.mark.parametrize("kinds", [["tanh", "sigmoid"], ["leaky_relu", "elu"], ["gelu", "tanh"], ["swish", "gelu"]])
def test_every_point_answers_as_the_network_does(kinds: list[str]) -> None:
    recording = planar(activation=kinds)
    frame = frame_of(recording)
    found = Responses(recording, ((-1.0, 3.0), (0.0, 4.0)), resolution=5).of(frame)
    assert [layer.shape for layer in found] == [(2, 5, 5), (3, 5, 5), (1, 5, 5)]
    assert found[0][0][0].tolist() == [-1, 0, 1, 2, 3], "x1 from left to right"
    assert found[0][1][:, 0].tolist() == [4, 3, 2, 1, 0], "x2 from the bottom up"
    row = int(np.flatnonzero(recording.probe >= 0)[0])
    for layer, expected in zip(found, recording.forward(np.array([2.0, 3.0]), row), strict=True):
        assert layer.dtype == np.float32
        assert layer[:, 1, 3] == pytest.approx(expected, abs=1e-5)


def test_all_panels_of_a_frame_share_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []
    forward = responses.forward
    monkeypatch.setattr(responses, "forward", lambda *given: passes.append(1) or forward(*given))
    recording = planar()
    frame = frame_of(recording)
    scene = own_scene(recording)
    shared = Responses(recording, domain_of(recording, scene))
    before = shared.of(frame)
    assert shared.of(replace(frame)) is before
    assert len(passes) == 1
    moved = replace(frame, weights=tuple(1.5 * layer for layer in frame.weights))
    assert not np.array_equal(shared.of(moved)[-1], before[-1])
    assert len(passes) == 2
    shifted = replace(frame, biases=tuple(layer + 1 for layer in frame.biases))
    assert not np.array_equal(shared.of(shifted)[-1], before[-1])


def test_the_plane_is_a_square_around_the_points() -> None:
    recording = planar()
    (left, right), (bottom, top) = domain_of(recording, own_scene(recording))
    assert right - left == pytest.approx(top - bottom)
    assert left < 0 < 2 < right
    assert bottom < 0 < 1 < top


def test_answers_between_0_and_1_are_stretched_and_others_cut_off() -> None:
    values = np.array([-3.0, 0.0, 0.5, 1.0, 3.0])
    assert signed(values[1:4], "sigmoid").tolist() == [-1, 0, 1]
    assert signed(values, "tanh").tolist() == [-1, 0, 0.5, 1, 1]
