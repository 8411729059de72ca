"""Gradients panel: its scale, its bars below their layers, what stands above them, and its place."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from netviz.drawing.layout import arrange, names_of
from netviz.drawing.panels.gradients import GradientsPanel, power_text, ratio_text, scale_of
from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.renderer import Renderer
from netviz.drawing.run_layout import arrange_runs
from netviz.errors import InputError
from netviz.pipeline.looks import filmed
from netviz.scene.panels import GradientsPanelSpec
from netviz.scene.scene import Scene
from netviz.timeline.gradients import GradientSizes
from tests.comparing import comparing, film_of, linear
from tests.conftest import short_scene
from tests.drawing.support import Written, timeline_of, written
from tests.drawing.test_recorded_runs import recorder

__all__ = ["written"]

SIZES = ("640x360", "360x360", "360x640")


def with_gradients(scene: Scene) -> Scene:
    return scene.model_copy(update={"panels": (*scene.shown_panels, GradientsPanelSpec())})


def panel_of(renderer: Renderer) -> GradientsPanel:
    return next(panel for panel in renderer.panels if isinstance(panel, GradientsPanel))


def test_the_scale_goes_from_a_power_of_ten_below_the_smallest_to_the_largest() -> None:
    def of(*sizes: float) -> tuple[float, float]:
        return scale_of([GradientSizes(np.array([0]), np.array([sizes]))])

    assert of(0.5, 0.002) == (-3, pytest.approx(np.log10(0.5) + 0.1))
    assert of(1.0, 1.1e-4)[0] == -5, "the smallest is seen as well"
    assert of(1.0, 0.9) == (-2, pytest.approx(0.1)), "not less than two powers of ten"
    assert of(1e-40, 1.0)[0] == of(0.0, 1.0)[0] == -2
    assert of(1e5, 1e-25)[0] == -7, "nor more than twelve"
    assert of(0.0, 0.0) == (-2, 0)


def test_powers_and_ratios_are_short() -> None:
    assert [power_text(power) for power in (2, 0, -3, -4, 7)] == ["100", "1", "0.001", "1e-4", "1e7"]
    assert [ratio_text(each) for each in (1.0, 3.44, 12.3, 2393.4, 22_783, 3.2e6, 1e22)] == [
        "1.0", "3.4", "12", "2,400", "23,000", "3e6", "1e22",
    ]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("style", ["glow", "playground"])
def test_bars_are_as_high_as_the_sizes_and_nothing_touches(size: str, style: str, written: list[Written]) -> None:
    timeline = timeline_of(with_gradients(short_scene(output__size=size, style=style)))
    renderer = Renderer(timeline)
    panel = panel_of(renderer)
    labels = [text for text in written if text.text in ("ERROR SIGNAL", "layer 1", "output")]
    assert len(labels) == 3
    del written[:]
    frame = timeline.frame(timeline.frame_count // 2)
    renderer.draw(frame)
    sizes = panel.sizes.at(frame.curve_cycle)
    (share,) = (text for text in written if "reaches layer 1" in text.text or "in layer 1" in text.text)
    assert share.text == f"{100 * sizes[0] / sizes[1]:.0f}% of it reaches layer 1"
    for one, other in combinations([*labels, share], 2):
        assert not one.touches(other), (one, other)
    low, high = panel.scale
    heights = (panel.bottom - panel._y(sizes)) / (panel.bottom - panel.top)
    assert heights == pytest.approx((np.log10(sizes) - low) / (high - low))
    assert panel.slot.y <= panel.top < panel.bottom - 2 * renderer.context.layout.small
    assert panel.lefts[0] > panel.slot.x and panel.right <= panel.slot.right + 1


def test_its_numbers_are_those_of_the_films_words(written: list[Written]) -> None:
    words = {"decimal": ",", "thousands": " ", "percent": "{number} %", "label-gradients-less": "{share} davon"}
    scene = Scene.model_validate(short_scene(output__size="640x360").model_dump() | {"words": words})
    timeline = timeline_of(with_gradients(scene))
    renderer = Renderer(timeline)
    assert "0,01" in {text.text for text in written}
    del written[:]
    renderer.draw(timeline.frame(timeline.frame_count // 2))
    assert [text.text for text in written if text.text.endswith(" % davon")]


def test_below_a_network_whose_signals_go_to_the_right_each_bar_is_below_its_layer() -> None:
    renderer = Renderer(timeline_of(with_gradients(short_scene(output__size="640x360"))))
    network = next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))
    assert panel_of(renderer).middles == [float(layer[0, 0]) for layer in network.places.centres[1:]]


EVERY: dict[str, Any] = {"curve": {}, "network": {}, "title": {}, "caption": {}, "numbers": {}, "gradients": {}}


@pytest.mark.parametrize("more", [(), ("table",), ("answers",), ("table", "answers"), ("equations", "table")])
@pytest.mark.parametrize("size", SIZES)
def test_its_place_overlaps_no_other(size: str, more: tuple[str, ...]) -> None:
    panels = [{"panel": name} for name in (*EVERY, *more)]
    scene = Scene.model_validate(short_scene(output__size=size).model_dump() | {"panels": panels})
    layout = arrange(scene)
    assert {*layout.places} == {*names_of(scene.shown_panels)}
    place = layout.places["gradients"]
    assert place.width > 0.25 * scene.output.size[0] and place.height > 0.05 * scene.output.size[1]
    for name, other in layout.places.items():
        beside = place.right <= other.x + 0.5 or other.right <= place.x + 0.5
        assert name == "gradients" or beside or place.bottom <= other.y + 0.5 or other.bottom <= place.y + 0.5, name


@pytest.mark.parametrize("size", SIZES)
def test_runs_side_by_side_have_one_each(size: str) -> None:
    scene = with_gradients(comparing(output__size=size))
    shared, runs = arrange_runs(scene, len(scene.compare or ()))
    assert "gradients" not in shared.places
    for run in runs:
        below, network = run.places["gradients"], run.places["network"]
        assert network.bottom <= below.y and network.height > 3 * run.small and below.height >= 6.9 * run.small
        assert run.places["heading"].bottom <= below.y


def test_a_run_in_the_little_that_an_app_leaves_free_keeps_its_heading() -> None:
    scene = comparing(output={"platform": "shorts", "size": "540x960"}, panels=["network", "gradients", "curve"])
    _, runs = arrange_runs(scene, 2)
    for run in runs:
        heading, below = run.places["heading"], run.places["gradients"]
        assert heading.bottom <= below.y and below.height > 5 * run.small


def test_runs_side_by_side_have_one_scale_also_where_one_diverges() -> None:
    scene = with_gradients(linear(output__size="320x180"))
    _, film = film_of(scene)
    renderer = Renderer(film)
    first, second = (panel for panel in renderer.panels if isinstance(panel, GradientsPanel))
    assert first.scale == second.scale and first.sizes.steps[-1] < second.sizes.steps[-1]
    frame = film.frame(film.frame_count - 1)
    assert np.isfinite(renderer.draw(frame)).all() and frame.diverged is not None
    assert first.sizes.at(frame.curve_cycle) == pytest.approx(first.sizes.sizes[-1])


def test_recordings_whose_errors_are_not_known_are_refused_in_one_line() -> None:
    look = {"panels": ["auto", "gradients"]}
    assert filmed(recorder([2, 2, 1], [[0, 1], [1, 0]], [[0], [1]], steps=3), look).scenes
    silent = recorder([2, 2, 1], [[0, 1], [1, 0]], None, steps=3)
    with pytest.raises(InputError) as error:
        filmed(silent, look)
    (line,) = str(error.value).splitlines()
    assert line == (
        "panels[1]: the panel gradients shows errors that run back, and none are known of the recording; leave it out"
    )
