"""The plane with the network's answers and the points on it; pictures of the scene's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imageio.v3
import numpy as np
import pytest

import netviz
from netviz.drawing.layout import smallest_type
from netviz.drawing.panels.activation_map import BEHIND, SEVERAL
from netviz.drawing.panels.decision_boundary import BoundaryPanel
from netviz.drawing.panels.own import PicturePanel
from netviz.drawing.renderer import Renderer
from netviz.drawing.theme import theme_of
from netviz.pipeline.api import recorded
from netviz.pipeline.prepare import finish, prepare
from netviz.scene.scene import Scene
from netviz.timeline.frame import Frame
from netviz.timeline.timeline import Timeline
from tests.drawing.support import Written, first, timeline_of, written

__all__ = ["written"]

AT = [0.25, 0.1, 0.5, 0.8]


def scene(**changes: Any) -> Scene:
    overrides = {
        "training.cycles": 30,
        "schedule": {"cycles": [10, 30]},
        "data.samples": 40,
        "output.size": "640x360",
        "panels": [{"panel": "boundary", "at": AT}],
        "duration": 10,
    }
    return netviz.load_scene("playground-quadrants", overrides=overrides | changes)


def drawn(wanted: Scene, kind: str, phase: float = 0.55) -> tuple[BoundaryPanel, np.ndarray[Any, Any], Frame, Timeline]:
    timeline = timeline_of(wanted, 10)
    renderer = Renderer(timeline)
    frame = timeline.frame(first(timeline, kind, phase))
    panel = next(panel for panel in renderer.panels if isinstance(panel, BoundaryPanel))
    return panel, renderer.draw(frame)[:, :, :3].astype(int), frame, timeline


def pixel(panel: BoundaryPanel, point: tuple[float, float]) -> tuple[int, int]:
    x, y = panel.points.place(np.array([point]))[0]
    return int(y), int(x)


def is_free(panel: BoundaryPanel, points: Any, at: tuple[float, float]) -> bool:
    """Whether no example's disc is near a point of the plane."""
    return bool((np.hypot(*(points - np.array(at)).T) > 1.0).all())


@pytest.mark.parametrize("theme", ["night", "paper", "playground"])
def test_the_ground_is_what_the_network_answers(theme: str) -> None:
    panel, picture, _, timeline = drawn(scene(theme=theme), "rest")
    recording, colours = timeline.recording, theme_of(timeline.scene)
    looked_at = 0
    for at in [(x, y) for x in np.linspace(-5, 5, 9) for y in np.linspace(-5, 5, 9)]:
        if not is_free(panel, recording.examples.points, at):
            continue
        answer = recording.forward(np.array(at))[-1].item()
        full = 255 * (
            colours.middle + abs(answer) * ((colours.positive, colours.negative)[answer < 0] - colours.middle)
        )
        wanted = (1 - BEHIND) * full + BEHIND * 255 * colours.middle
        assert np.abs(picture[pixel(panel, at)] - wanted).max() < 9, (at, answer)
        looked_at += 1
    assert looked_at > 15


@pytest.mark.parametrize("kind", ["leaky_relu", "elu", "gelu", "swish"])
@pytest.mark.parametrize("output", [True, False])
def test_a_film_of_each_activation(kind: str, output: bool) -> None:
    """Hidden, before tanh outputs, and as an output without bounds, whose colours end at -1 and 1."""
    kinds = [kind, kind, kind if output else "tanh"]
    panel, picture, _, timeline = drawn(scene(**{"network.activation": kinds, "training.learning_rate": 0.1}), "rest")
    recording, colours = timeline.recording, theme_of(timeline.scene)
    looked_at = 0
    for at in [(x, y) for x in np.linspace(-5, 5, 9) for y in np.linspace(-5, 5, 9)]:
        if not is_free(panel, recording.examples.points, at):
            continue
        answer = min(max(recording.forward(np.array(at))[-1].item(), -1.0), 1.0)
        full = colours.middle + abs(answer) * ((colours.positive, colours.negative)[answer < 0] - colours.middle)
        wanted = 255 * ((1 - BEHIND) * full + BEHIND * colours.middle)
        assert np.abs(picture[pixel(panel, at)] - wanted).max() < 9, (at, answer)
        looked_at += 1
    assert looked_at > 15


def test_every_training_point_is_there_in_its_colour() -> None:
    panel, picture, _, timeline = drawn(scene(), "rest")
    recording = timeline.recording
    theme = theme_of(timeline.scene)
    for point, target in zip(recording.examples.points, recording.examples.targets[:, 0], strict=True):
        others = recording.examples.points[(recording.examples.points != point).any(axis=1)]
        if is_free(panel, others, tuple(point)):
            wanted = 255 * (theme.positive if target > 0 else theme.negative)
            assert np.abs(picture[pixel(panel, tuple(point))] - wanted).max() < 40


def test_test_points_are_shown_where_asked_for() -> None:
    without, *_ = drawn(scene(), "rest")
    panels = [{"panel": "boundary", "at": AT, "test_points": True}]
    with_them, *_ = drawn(scene(panels=panels), "rest")
    assert len(with_them.points.drawn.places) > 1.3 * len(without.points.drawn.places)


def test_a_discrete_plane_has_two_colours() -> None:
    panel, _, frame, _ = drawn(scene(panels=[{"panel": "boundary", "at": AT, "discrete": True}]), "rest")
    colours = np.stack(panel.answers.palette, axis=-1)[panel.answers.of(frame)]
    shown = np.unique(colours.reshape(-1, 3), axis=0)
    np.testing.assert_array_equal(shown, np.unique(panel.answers.scale[[0, -1]], axis=0))
    assert len(shown) == 2


def test_the_presented_point_has_a_ring() -> None:
    thinking = [{"shot": "learning"}, {"shot": "think", "inputs": [2.0, -3.0]}]
    panel, picture, frame, _ = drawn(scene(shots=thinking), "think", 0.7)
    assert frame.point == (2.0, -3.0)
    row, column = pixel(panel, (2.0, -3.0))
    reach = round(9 * panel.context.layout.unit)
    wanted = 255 * panel.context.theme.ink
    around = picture[row, column - reach - 1 : column - reach + 2]
    assert np.abs(around - wanted).max(axis=1).min() < 60


def test_of_several_outputs_the_strongest_gives_the_colour() -> None:
    examples = [{"inputs": [x, y], "target": [x < 0, x > 0, y > 2]} for x in (-2.0, 2.0) for y in (-1.0, 3.0)]
    examples = [{**one, "target": [float(value) for value in one["target"]]} for one in examples]  # type: ignore[attr-defined]
    wanted = scene(
        data={"examples": examples},
        network={"layers": [2, 4, 3], "activation": ["tanh", "sigmoid"], "bias": True},
        training={"cycles": 400, "learning_rate": 1.0},
        style="playground",
        schedule={"cycles": [400]},
    )
    panel, _, frame, timeline = drawn(wanted, "rest")
    pixels = np.stack(panel.answers.palette, axis=-1)[panel.answers.of(frame)].astype(float)
    for at in ((-2.0, -1.0), (2.0, -1.0)):
        answers = timeline.recording.forward(np.array(at))[-1]
        strongest, margin = int(answers.argmax()), float(np.diff(np.sort(answers))[-1])
        x, y = panel.points.place(np.array([at]))[0].astype(int) - (panel.left, panel.top)
        middle = 255 * panel.context.theme.middle
        full = middle + (1 - BEHIND) * margin * (255 * SEVERAL[strongest] - middle)
        assert np.abs(pixels[y, x] - full).max() < 12


def test_a_picture_keeps_its_proportions_and_what_is_transparent(tmp_path: Path) -> None:
    logo = np.zeros((20, 40, 4), np.uint8)
    logo[:, :20] = (255, 0, 0, 255)
    imageio.v3.imwrite(tmp_path / "logo.png", logo)
    before = {"panel": "title", "at": [0, 0, 1, 0.1]}  # a picture behind all others is a part of the ground
    panels = [before, {"panel": "picture", "file": str(tmp_path / "logo.png"), "at": [0.25, 0.25, 0.5, 0.5]}]
    timeline = timeline_of(scene(panels=panels), 10)
    renderer = Renderer(timeline)
    picture = renderer.draw(timeline.frame(timeline.frame_count - 1))[:, :, :3].astype(int)
    panel = next(panel for panel in renderer.panels if isinstance(panel, PicturePanel))
    renderer.canvas.memory[:] = 0
    panel.lay()
    rows, columns = np.nonzero(renderer.canvas.planes[0] > 127)
    # As wide as its room of 320 x 180 allows: 320 x 160, of which the left half can be seen.
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (100, 260, 160, 320)
    assert np.abs(picture[180, 240] - (255, 0, 0)).max() < 3, "the left half is red"
    assert np.abs(picture[180, 400] - renderer.canvas.picture_of(renderer.bare)[180, 400].astype(int)).max() < 3, (
        "the right half lets through"
    )


@pytest.mark.parametrize("size", ["1280x720", "720x720", "720x1280"])
@pytest.mark.parametrize("name", ["playground-quadrants", "playground-gauss-regression", "compare-learning-rates"])
def test_no_numeral_or_name_touches_a_map_of_the_plane(name: str, size: str, written: list[Written]) -> None:
    overrides = {"output.size": size, "training.cycles": 60}
    prepared = prepare(netviz.load_scene(name, overrides=overrides | {"subtitle": ""}))
    film = finish(prepared, recorded(prepared)).timeline
    renderer = Renderer(film)
    renderer.draw(film.frame(film.frame_count // 2))
    squares = [panel.square for panel in renderer.panels if isinstance(panel, BoundaryPanel)]
    assert squares
    gap = 0.1 * smallest_type(tuple(map(int, size.split("x"))))  # type: ignore[arg-type]
    assert not [
        (text.text, square)
        for square in squares
        for text in written
        if text.size < renderer.context.layout.title  # larger words are the title card's
        and text.left < square.right + gap and text.right > square.x - gap
        and text.top < square.bottom + gap and text.bottom > square.y - gap
    ]  # fmt: skip
