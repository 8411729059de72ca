"""Curve, numbers and table: what they show, and that all of it fits its room."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from netviz.drawing.panels.counters import NumbersPanel
from netviz.drawing.panels.loss_curve import ROW, CurvePanel
from netviz.drawing.panels.table import TablePanel
from netviz.drawing.renderer import Renderer
from netviz.recording.recording import Recording
from netviz.scene.loader import load_scene
from netviz.timeline.recorded_curves import whole_per_cent
from netviz.timeline.timeline import Timeline, make_timeline
from tests.conftest import short_scene
from tests.drawing.support import Written, first, timeline_of, written

__all__ = ["written"]


def with_test_loss(recording: Recording) -> Recording:
    """The same run, as if examples had been kept for testing."""
    return replace(recording, curves={**recording.curves, "test_loss": recording.train_loss * 1.3 + 0.01})


def run_with_tests(**changes: Any) -> tuple[Timeline, Renderer]:
    timeline = timeline_of(short_scene(**changes))
    timeline = make_timeline(timeline.plan, with_test_loss(timeline.recording), timeline.scene)
    return timeline, Renderer(timeline)


@pytest.mark.parametrize("size", ["1280x720", "720x720", "720x1280"])
def test_losses_of_both_halves_are_counted_in_places_of_their_own(size: str, written: list[Written]) -> None:
    timeline, renderer = run_with_tests(output__size=size)
    assert {"cycle", "training loss", "test loss"} <= {text.text for text in written}
    labels = [text for text in written if text.text in ("cycle", "training loss", "test loss")]
    del written[:]
    frame = timeline.frame(first(timeline, "step"))
    renderer.draw(frame)
    assert frame.test_loss is not None
    numbers = [text for text in written if text.text in (f"{frame.train_loss:.4f}", f"{frame.test_loss:.4f}")]
    assert len(numbers) == 2
    slot = renderer.panels[-1]
    assert isinstance(slot, NumbersPanel)
    for one, other in combinations([*labels, *numbers], 2):
        assert not one.touches(other), (one, other)
    for text in [*labels, *numbers]:
        assert text.left >= slot.slot.x - 2
        assert text.right <= slot.slot.right + 2
        assert text.bottom <= slot.slot.bottom + 0.6 * text.size


def test_a_loss_that_was_huge_once_leaves_room_for_all_numbers(written: list[Written]) -> None:
    timeline, _ = run_with_tests()
    spike = {
        name: np.where(np.arange(len(curve)) == 1, 3.2e12, curve) for name, curve in timeline.recording.curves.items()
    }
    timeline = make_timeline(timeline.plan, replace(timeline.recording, curves=spike), timeline.scene)
    renderer = Renderer(timeline)
    assert {"training loss", "test loss"} <= {text.text for text in written}
    del written[:]
    frame = timeline.frame(timeline.frame_count - 1)
    renderer.draw(frame)
    assert frame.test_loss is not None
    texts = [text.text for text in written]
    assert {f"{frame.train_loss:.2f}", f"{frame.test_loss:.2f}"} <= {*texts}
    assert f"{frame.train_loss:.4f}" not in texts


def test_without_a_test_half_the_average_error_is_counted(written: list[Written]) -> None:
    timeline = timeline_of(short_scene())
    renderer = Renderer(timeline)
    assert "average error" in {text.text for text in written}
    assert len(next(panel for panel in renderer.panels if isinstance(panel, CurvePanel)).traces) == 1


@pytest.mark.parametrize("size", ["1280x720", "720x720", "720x1280"])
def test_the_share_of_right_answers_stands_beside_the_error_and_has_an_axis(size: str, written: list[Written]) -> None:
    timeline = timeline_of(short_scene(output__size=size, accuracy=True))
    renderer = Renderer(timeline)
    labels = [text for text in written if text.text in ("cycle", "average error", "right, training set")]
    axis = [text for text in written if text.text in ("0%", "100%")]
    assert len(labels) == 3 and len(axis) == 2
    panel = next(panel for panel in renderer.panels if isinstance(panel, CurvePanel))
    assert [trace.is_share for trace in panel.traces] == [True, False]
    share, top = panel.traces[0], float(panel._y(1.0, panel.traces[0]))
    assert top >= panel.slot.y - 0.5 and all(text.right < panel.slot.x for text in axis)
    del written[:]
    frame = timeline.frame(timeline.frame_count - 1)
    renderer.draw(frame)
    assert frame.accuracy is not None and frame.accuracy[1] is None
    (number,) = (text for text in written if text.text == whole_per_cent(timeline.scene, frame.accuracy[0]))
    assert share.recorded[-1] == frame.accuracy[0] and not any(number.touches(each) for each in labels + axis)


@pytest.mark.parametrize(("size", "rows"), [("640x360", 4), ("360x640", 2)])
def test_the_legend_names_shares_where_it_reaches_no_other_panel(size: str, rows: int, written: list[Written]) -> None:
    small = {"training.cycles": 3, "schedule": {"cycles": [1, 3]}, "data.samples": 40, "output.size": size}
    scene = load_scene("playground-quadrants", overrides=small | {"accuracy": True})
    renderer = Renderer(timeline_of(scene, seconds=10))
    panel = next(panel for panel in renderer.panels if isinstance(panel, CurvePanel))
    losses, shares = ["training loss", "test loss"], ["right, training set", "right, never seen"]
    assert sorted(trace.name for trace in panel.traces if trace.name) == sorted((losses + shares)[:rows])
    legend = [text for text in written if text.left > panel.slot.right and text.text in losses + shares]
    others = [text for text in written if text not in legend]
    assert len(legend) == rows and not any(one.touches(other) for one in legend for other in others)


def test_without_it_the_losses_of_classes_are_counted() -> None:
    scene = load_scene(
        "digits",
        overrides={"training.cycles": 2, "schedule": {"cycles": [1, 2]}, "accuracy": False, "output.size": "640x360"},
    )
    renderer = Renderer(timeline_of(scene, seconds=10))
    panels = {type(panel): panel for panel in renderer.panels}
    counted, curve = panels[NumbersPanel], panels[CurvePanel]
    assert isinstance(counted, NumbersPanel) and isinstance(curve, CurvePanel)
    assert [each.name for each in counted.counters] == ["cycle", "training loss", "test loss"]
    assert [trace.name for trace in curve.traces] == ["test", "training"]


def test_the_curve_does_not_show_its_future() -> None:
    """Before anything is learned the panel is empty but for its axis, unless the scene asks for what is to come."""
    for future in (False, True):
        panels = [{"panel": "network"}, {"panel": "curve", "future": future}]
        renderer = Renderer(timeline_of(short_scene(output__size="640x360", panels=panels)))
        panel = next(panel for panel in renderer.panels if isinstance(panel, CurvePanel))
        rows = slice(round(panel.slot.y), round(panel.slot.bottom) - 4)
        columns = slice(round(panel.slot.x), round(panel.slot.right))
        ground, bare = (renderer.canvas.planes_of(memory)[0].astype(int) for memory in (renderer.ground, renderer.bare))
        assert (np.abs(ground - bare)[rows, columns].max() > 8) == future


def test_names_of_curves_do_not_tell_where_they_end(written: list[Written]) -> None:
    run_with_tests(output__size="1280x720")
    legend = {text.text: text for text in written if text.text in ("training", "test")}
    del written[:]
    panels = [{"panel": "network"}, {"panel": "curve", "future": True}]
    _, renderer = run_with_tests(output__size="1280x720", panels=panels)
    panel = next(panel for panel in renderer.panels if isinstance(panel, CurvePanel))
    ends = {text.text: text for text in written if text.text in ("training", "test")}
    assert max(text.bottom for text in legend.values()) < panel.slot.y + 2 * ROW * panel.context.layout.small
    for trace in panel.traces:
        end = panel.slot.bottom - panel.slot.height * trace.recorded[-1] / panel.top
        assert abs((ends[trace.name].top + ends[trace.name].bottom) / 2 - end) < 40


def test_two_curves_have_two_colours_and_names_beside_them(written: list[Written]) -> None:
    timeline, renderer = run_with_tests(output__size="1280x720")
    panel = next(panel for panel in renderer.panels if isinstance(panel, CurvePanel))
    names = {text.text: text for text in written if text.text in ("training", "test")}
    assert set(names) == {"training", "test"}
    assert not names["training"].touches(names["test"])
    place = renderer.panels[0].context.layout.places["curve"]
    for text in names.values():
        assert panel.slot.right < text.left < text.right <= place.right + 1
    renderer.draw(timeline.frame(timeline.frame_count - 1))
    test, training = panel.traces
    assert np.abs(test.colour - training.colour).max() > 0.3
    for trace in panel.traces:
        assert trace.past.get_ydata()[-1] == pytest.approx(
            panel.slot.bottom - panel.slot.height * trace.recorded[-1] / panel.top
        )
    assert panel.top >= max(trace.recorded.max() for trace in panel.traces)


def test_a_table_of_points_fits_its_room(written: list[Written]) -> None:
    generator = np.random.default_rng(4)
    points = [{"inputs": generator.normal(0, 3, 2).tolist(), "target": -1.0} for _ in range(8)]
    for size in ("1280x720", "720x720", "720x1280"):
        timeline = timeline_of(
            short_scene(
                network={"layers": [2, 2, 1], "activation": "tanh"}, data={"examples": points}, output__size=size,
                shots=[{"shot": "learning"}], training__initial_weights="glorot",
            )
        )  # fmt: skip
        del written[:]
        renderer = Renderer(timeline)
        table = next(panel for panel in renderer.panels if isinstance(panel, TablePanel))
        assert table.fits
        renderer.draw(timeline.frame(5))
        targets = [text for text in written if text.text == "-1" and table.slot.x <= text.left < table.slot.right]
        assert len(targets) >= len(table.cells)
        assert max(text.right for text in targets) <= table.slot.right + 2
        assert all(len(text) <= 6 for cells in table.cells for part in cells for text in part)


@pytest.mark.parametrize("size", ["1280x720", "720x720", "720x1280"])
def test_counters_are_not_padded_and_keep_their_left_ends(size: str, written: list[Written]) -> None:
    timeline = timeline_of(short_scene(output__size=size, training__cycles=2000, schedule={"cycles": [1, 1000, 2000]}))
    renderer = Renderer(timeline)
    lefts = []
    for index, cycle, error in ((0, 7, 0.4999), (1, 2643, 0.09)):
        del written[:]
        renderer.draw(replace(timeline.frame(first(timeline, "step")), cycle=cycle, error=error))
        texts = {text.text: text for text in written}
        number, share = (("7", "50.0%"), ("2,643", "9.00%"))[index]
        assert number in texts and share in texts
        assert not [text for text in texts if text.startswith("0") and len(text) > 1 and text[1] != "."]
        lefts.append((texts[number].left, texts[share].left))
    for one, other in zip(*lefts, strict=True):
        assert abs(one - other) <= 0.2 * texts["2,643"].size  # the digits themselves begin a little apart
