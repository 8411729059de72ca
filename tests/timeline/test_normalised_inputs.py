"""Normalised inputs: what goes in is normalised, and what is said and drawn of examples is as it was given."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from netviz.drawing.responses import Responses
from netviz.scene.scene import Scene
from netviz.timeline.answers import Questions
from netviz.timeline.captions import caption_line
from netviz.timeline.plan import make_plan
from netviz.timeline.sampled_answers import asked_inputs, domain_of
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.training.trainer import train

ROWS = [[150, 0.2], [160, 0.4], [180, 0.3], [190, 0.1]]
ASKED = [175, 0.5]


def film(rows: list[list[float]], asked: list[float], **data: Any) -> Timeline:
    inputs = 2 if "features" in data else len(asked)
    scene = Scene.model_validate(
        {
            "network": {"layers": [inputs, 3, 1], "activation": ["tanh", "sigmoid"], "bias": True},
            "data": {"examples": [{"inputs": row, "target": float(row[0] > 170)} for row in rows]} | data,
            "training": {"cycles": 20},
            "schedule": {"cycles": [1, 20]},
            "shots": [
                {"shot": "learning"}, {"shot": "walk", "example": 2}, {"shot": "think", "inputs": asked, "target": 1},
                {"shot": "think", "inputs": rows[1]},
            ],
        }
    )  # fmt: skip
    return make_timeline(make_plan(scene, Fraction(30)), train(scene), scene)


@pytest.mark.parametrize("size", [2, 3], ids=["plane", "table"])
def test_frames_say_what_was_given_and_show_what_goes_in(size: int) -> None:
    rows = [[*row, 7.0][:size] for row in ROWS]
    timeline = film(rows, [*ASKED, 7.0][:size], normalize="standard")
    recording, scene = timeline.recording, timeline.scene
    mean, deviation = np.mean(rows, axis=0), np.std(rows, axis=0)
    deviation[deviation == 0] = 1
    right = {tuple(row): (np.array(row) - mean) / deviation for row in [*rows, [*ASKED, 7.0][:size]]}
    np.testing.assert_allclose(recording.forward(ASKED + [7.0] * (size - 2))[0], right[(*ASKED, 7.0)[:size]])
    kinds = set()
    for index in range(timeline.plan.frame_count):
        frame = timeline.frame(index)
        if frame.inputs is not None:
            given = tuple(frame.inputs.tolist())
            np.testing.assert_allclose(frame.activations[0][:size], right[given], atol=1e-15)
            assert size == 3 or frame.point == given
            kinds.add((frame.kind, given))
    assert ("think", (*ASKED, 7.0)[:size]) in kinds and ("walk", tuple(rows[1])) in kinds
    assert {given for kind, given in kinds if kind == "step"} == set(map(tuple, rows))
    said = [caption_line(recording, scene, span, timeline.plan) for span in timeline.plan.spans]
    assert any("160 0.4" in text for text in said) and any("175 0.5" in text for text in said)


def test_answers_are_asked_for_with_normalised_inputs() -> None:
    timeline = film(ROWS, ASKED, normalize="minmax")
    questions = Questions.of(timeline.recording, timeline.scene, timeline.plan)
    low, wide = np.array([150, 0.1]), np.array([40, 0.3])
    np.testing.assert_allclose(questions.inputs, (np.array([*ROWS, ASKED]) - low) / wide)
    assert [each.place for each in questions.thoughts] == [4, 1]
    assert np.abs(asked_inputs(timeline.recording, timeline.scene, 2)).max() < 3


@pytest.mark.parametrize("features", [None, ["x1^2", "x1*x2"]], ids=["coordinates", "features"])
def test_the_plane_is_that_of_the_values_as_they_were_given(features: list[str] | None) -> None:
    more = {} if features is None else {"features": features}
    recording = (timeline := film(ROWS, ASKED, normalize="standard", **more)).recording
    domain = domain_of(recording, timeline.scene)
    np.testing.assert_allclose(domain, [[144, 196], [0.04, 0.56]])
    frame = timeline.frame(timeline.plan.frame_count - 1)
    found = Responses(recording, domain, resolution=3).of(frame)
    corner = [domain[0][1], domain[1][1]]
    np.testing.assert_allclose(
        [layer[:, 0, 2] for layer in found][-1], recording.forward(corner)[-1], rtol=1e-4, atol=1e-6
    )
