"""Points of a regression: as large as their errors, in the colours of their targets; and the legend of points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import netviz
from netviz.drawing.panels.decision_boundary import BoundaryPanel
from netviz.drawing.panels.point_errors import GROWTH
from netviz.drawing.renderer import Renderer
from netviz.scene.scene import Scene
from netviz.timeline.timeline import Timeline
from tests.drawing.support import Written, first, timeline_of, written

__all__ = ["written"]


def slope(name: str = "playground-plane", *, with_tests: bool = False, **changes: Any) -> Scene:
    given = {
        "training.cycles": 20, "schedule": {"cycles": [1, 5, 20]}, "data.samples": 300, "output.size": "1280x720",
        "panels": [{"panel": "boundary", "at": [0.3, 0.1, 0.4, 0.85], "test_points": with_tests}], "duration": 10,
    }  # fmt: skip
    return netviz.load_scene(name, overrides=given | changes)


def boundary(scene: Scene) -> tuple[BoundaryPanel, Renderer, Timeline]:
    timeline = timeline_of(scene, 10)
    renderer = Renderer(timeline)
    return next(panel for panel in renderer.panels if isinstance(panel, BoundaryPanel)), renderer, timeline


def test_radii_are_the_errors_of_the_frame_s_own_weights() -> None:
    panel, _, timeline = boundary(slope())
    assert panel.errors is not None
    examples = timeline.recording.examples
    frame = timeline.frame(timeline.frame_count - 1)
    given = examples.points
    for weight, bias, activation in zip(frame.weights, frame.biases, (np.tanh, np.tanh, np.asarray), strict=True):
        given = activation(given @ weight + bias)
    errors = np.abs(given[:, 0] - examples.targets[:, 0]) / (np.ptp(examples.targets) / 2)
    np.testing.assert_allclose(panel.errors.errors(frame), errors, atol=3e-6)
    np.testing.assert_allclose(
        panel.errors.radii(frame), panel.errors.largest * np.minimum(errors, 1) ** GROWTH, atol=1e-2
    )


def test_points_melt_into_the_map_as_the_answers_become_right() -> None:
    panel, renderer, timeline = boundary(slope())
    assert panel.errors is not None
    shares = []
    for kind, phase in (("title", 0.99), ("rest", 0.9)):
        frame = timeline.frame(first(timeline, kind, phase))
        radii = panel.errors.radii(frame, 1.0)
        picture = renderer.draw(frame).astype(int)
        panel.errors, kept = None, panel.errors
        points, panel.points.drawn = panel.points.drawn, panel.frame
        bare = renderer.draw(frame).astype(int)
        panel.errors, panel.points.drawn = kept, points
        shares.append((np.abs(picture - bare).max(axis=2) > 24).mean())
        assert (radii <= panel.errors.largest * 1.0001).all()
    assert shares[0] > 4 * shares[1] > 0, "what is right is not seen, and little is left"


def test_a_wrong_point_has_the_colour_of_its_target_and_a_rim_of_error() -> None:
    panel, renderer, timeline = boundary(slope(**{"data.samples": 60}))
    assert panel.errors is not None
    frame = timeline.frame(first(timeline, "title", 0.99))
    picture, theme = renderer.draw(frame)[:, :, :3].astype(float), panel.context.theme
    points, radii = timeline.recording.examples.points, panel.errors.radii(frame)
    places = panel.points.place(points)
    looked_at = 0
    for number in np.flatnonzero(radii > 4):
        x, y = places[number]
        if np.sort(np.hypot(*(places - places[number]).T))[1] < 12:
            continue
        target = timeline.recording.examples.targets[number, 0]
        wanted = theme.scale[round((np.clip(target, -1, 1) + 1) * 127.5)].astype(float)
        assert np.abs(picture[int(y), int(x)] - wanted).max() < 24
        row = picture[int(y), int(x - radii[number]) - 1 : int(x) + 1]
        assert np.abs(row - 255 * theme.error).max(axis=1).min() < 70, "violet at its edge"
        looked_at += 1
    assert looked_at > 3


def test_points_of_classes_stay_as_they_are() -> None:
    panel, _, _ = boundary(slope("playground-quadrants"))
    assert panel.errors is None


@pytest.mark.parametrize(
    ("name", "with_tests", "says"),
    [
        ("playground-plane", False, {"size: error"}),
        ("playground-plane", True, {"size: error", "training", "test"}),
        ("playground-quadrants", True, {"training", "test"}),
        ("playground-quadrants", False, set()),
    ],
)
def test_the_legend_says_what_the_points_are(
    name: str, with_tests: bool, says: set[str], written: list[Written]
) -> None:
    panel, _, _ = boundary(slope(name, with_tests=with_tests))
    texts = {text.text for text in written} & {"size: error", "training", "test"}
    assert texts == says
    assert len((panel.errors or panel.points).kinds) == (2 if with_tests else 1)
