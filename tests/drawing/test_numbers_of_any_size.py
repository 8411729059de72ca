"""Recordings with the largest and the smallest numbers there are: all are drawn, and nothing warns of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import netviz
from netviz.drawing.text import short
from netviz.pipeline.looks import filmed
from netviz.recording.recording import Recording
from netviz.timeline.frame import Answers, with_finite_levels
from netviz.timeline.sampled_answers import FARTHEST, domain_of
from tests.drawing.support import timeline_of

LARGEST, SMALLEST = float(np.finfo(float).max), 5e-324
LOOK = {"output": {"size": "160x128", "fps": 5}, "duration": 6}


def run(inputs: float = 1.0, weight: float = 1.0, losses: float = 1.0) -> Recording:
    """A run of exclusive or, with inputs of one size, one weight that grows to another, and losses of a third."""
    points = inputs * np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    rec = netviz.Recorder([2, 3, 1], "sigmoid", points, [0, 1, 1, 0], loss="squared_error")
    for step in range(4):
        weights = [np.array([[1.0, -0.5, 0.2], [-1, -0.3, 0.4]]), np.array([[0.5], [-1.0], [0.7]])]
        weights[0][1, 2] = -weight if step else 0.4
        rec.snap(losses * (1 - 0.1 * step), weights=weights, keep=True)
    return rec.recording()


@pytest.mark.parametrize(
    "run_of", [{"inputs": 1e150}, {"inputs": LARGEST / 2}, {"inputs": SMALLEST}, {"weight": LARGEST}, {"losses": 1e308}]
)
def test_numbers_of_any_size_are_drawn(run_of: dict[str, float]) -> None:
    film = run(**run_of)
    assert np.ptp(netviz.still(film, "45%", look=LOOK)) > 100


def test_answers_and_lingering_light_of_a_frame_are_finite() -> None:
    scene = netviz.load_scene("xor", overrides={"training.cycles": 2, "schedule": {"frames": 1}, "audio": None})
    frame = timeline_of(scene, 20).frame(0)
    wild = np.array([np.nan, np.inf, -np.inf, 1.0])
    finite = [0.0, LARGEST, -LARGEST, 1.0]
    answers = Answers(wild[:, None], np.ones(4), wild[None], np.ones(1))
    found = with_finite_levels(replace(frame, before=(wild,), answers=answers))
    assert found.before[0].tolist() == finite
    assert found.answers is not None
    assert found.answers.examples.ravel().tolist() == found.answers.unseen.ravel().tolist() == finite
    assert with_finite_levels(frame) is frame


@pytest.mark.timeout(60)
def test_dashes_beside_an_enormous_weight_end() -> None:
    """In the style classic all widths are shares of the largest: the others are 1e-35 pixels wide."""
    look = LOOK | {"style": "classic", "palette": "colour-blind"}
    assert np.ptp(netviz.still(run(weight=1e35), "end", look=look)) > 100


@pytest.mark.parametrize("at", [1e150, LARGEST, 0.0, 1e16, SMALLEST])
def test_a_plane_has_distinct_edges(at: float) -> None:
    """Also where all points are one, however far out."""
    rec = netviz.Recorder([2, 1], "sigmoid", np.full((2, 2), at), [0, 1], loss="squared_error")
    for loss in (0.5, 0.4):
        rec.snap(loss, weights=[np.zeros((2, 1))], keep=True)
    recording = rec.recording()
    for low, high in domain_of(recording, filmed(recording).scene):
        assert np.isfinite([low, high]).all() and low < high
        assert low <= min(at, FARTHEST) <= high


def test_huge_numbers_are_written_as_powers_of_ten() -> None:
    assert [short(value) for value in (1e150, -2.5e9, 1e308, 123456789, 1200, 0.05, -0.0, 1e-320)] == [
        *("1e150", "-2.5e9", "1e308", "123456789", "1200", "0.05", "0", "0"),
    ]
