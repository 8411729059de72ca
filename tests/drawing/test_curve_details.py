"""Details in the curve's place: a sudden fall shown large, and the inputs' shares as ribbons."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from netviz.drawing.canvas import Canvas
from netviz.drawing.panels.curve_details import CurveDetails, input_shares
from netviz.drawing.panels.loss_curve import CurvePanel
from netviz.drawing.renderer import Renderer
from netviz.recording.event import Event
from netviz.recording.recording import AT_REST
from netviz.timeline.cues import Cue, CurveDetail, detail_at
from netviz.timeline.timeline import Timeline
from tests.conftest import short_scene
from tests.drawing.support import Written, first, timeline_of, written
from tests.recordings import in_rows

__all__ = ["written"]


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return timeline_of(short_scene(output__size="1280x720"))


def details_of(renderer: Renderer) -> CurveDetails:
    (panel,) = (panel for panel in renderer.panels if isinstance(panel, CurvePanel))
    return panel.details


def test_shares_are_those_of_the_weights(timeline: Timeline) -> None:
    weights = in_rows(timeline.recording).weights[0]
    shares = input_shares(weights, 3)
    assert shares.shape == (len(weights), 3) and np.allclose(shares.sum(axis=1), 1)
    assert (
        shares[0, 2]
        == pytest.approx(np.abs(weights[0, 2]).sum() / np.abs(weights[0]).sum())
        == pytest.approx(0.453, abs=0.0005)
    )
    assert input_shares(np.zeros((4, 2)), 4).tolist() == [0.25] * 4


def test_ribbons_are_as_high_as_the_shares(timeline: Timeline, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    original = CurveDetails._strips
    monkeypatch.setattr(
        CurveDetails, "_strips", lambda self, *artists: (drawn.append(artists), original(self, *artists))[1]
    )
    renderer = Renderer(timeline)
    frame = timeline.frame(first(timeline, "step", 0.5, cycle=60))
    renderer.draw(replace(frame, detail=CurveDetail(1.0, 2), key="ribbons"))
    slot = details_of(renderer).slot
    (artists,) = drawn
    line = artists[1]
    recording = timeline.recording
    rows = np.flatnonzero(recording.probe == AT_REST)
    expected = input_shares(recording.weights[0][recording.moment[rows]], 3)[:, 2]
    assert (slot.bottom - np.asarray(line.get_ydata())) / slot.height == pytest.approx(expected.tolist())


def test_the_share_is_written_and_the_curve_gives_way(timeline: Timeline, written: list[Written]) -> None:
    renderer = Renderer(timeline)
    frame = timeline.frame(first(timeline, "step", 0.5, cycle=60))
    plain = renderer.draw(frame).astype(int).copy()
    written.clear()
    ribbons = renderer.draw(replace(frame, detail=CurveDetail(1.0, 2), key="ribbons")).astype(int).copy()
    share = 100 * float(input_shares(frame.weights[0], 3)[2])
    assert f"{share:.0f}%" in [text.text for text in written], "at the panel's end there is room for no more"
    early = timeline.frame(first(timeline, "step", 0.5, cycle=4))
    written.clear()
    renderer.draw(replace(early, detail=CurveDetail(1.0, 2), key="early"))
    assert f"{100 * float(input_shares(early.weights[0], 3)[2]):.0f}% of the weights" in [each.text for each in written]
    slot = details_of(renderer).slot
    inside = np.s_[int(slot.y) : int(slot.bottom), int(slot.x) : int(slot.right)]
    assert np.abs(ribbons - plain)[inside].max() > 60
    half = renderer.draw(replace(frame, detail=CurveDetail(0.5, 2), key="half")).astype(int)
    assert (np.abs(half - plain)[inside].mean()) < np.abs(ribbons - plain)[inside].mean()


def test_a_fall_fills_the_panel_and_is_drawn_as_far_as_it_has_come(timeline: Timeline, written: list[Written]) -> None:
    renderer = Renderer(timeline)
    details = details_of(renderer)
    drawn, top = details._close_up((20, 60))
    recording = timeline.recording
    inside = (recording.curve_step >= 20) & (recording.curve_step <= 60)
    assert top == pytest.approx(1.15 * recording.main_curve[inside].max())
    frame = timeline.frame(first(timeline, "step", 0.5, cycle=60))
    written.clear()
    renderer.draw(replace(frame, detail=CurveDetail(1.0, cycles=(20, 60)), key="fall"))
    ticks = [text.text for text in written if text.top > details.slot.bottom]
    assert {"20", "60"} == {*ticks}, "those of the whole curve are gone"
    x = [float(details._x_in(cycle, (20, 60))) for cycle in (20, 60)]
    assert x == pytest.approx([details.slot.x, details.slot.right])
    assert drawn.until(x[0] + 1)[0].places.size <= drawn.until(x[1])[0].places.size


def test_a_detail_lasts_as_long_as_it_is_spoken_of() -> None:
    fall = Event("insight", 100, numbers={"from": 100.0, "to": 120.0, "steepest": 110.0})
    solved, withers = Event("solved", 110), Event("withers", 400, neuron=(0, 2))
    cues = (Cue(100, 200, "a", fall), Cue(200, 260, "b", solved), Cue(300, 400, "c", withers), Cue(450, 500, "d"))
    fps = Fraction(30)
    levels = {index: detail_at(cues, index, fps) for index in (99, 101, 150, 199, 201, 259, 280, 350, 460)}
    assert levels[99] is levels[280] is levels[460] is None
    assert levels[150] == levels[199] == levels[201] == CurveDetail(1.0, cycles=(94, 123))
    early, late = levels[101], levels[259]
    assert early is not None and late is not None and early.level < 0.1 > late.level
    assert levels[350] == CurveDetail(1.0, 2)
    held = detail_at(cues, 101, fps, fades=False)
    assert held is not None and held.level == 1


def test_covers_of_texts_lie_where_the_texts_would(timeline: Timeline) -> None:
    faces = Renderer(timeline).context.faces
    one, other = Canvas((120, 40)), Canvas((120, 40))
    texts = [("12", 10.0, 12.0), ("345", 70.0, 28.0)]
    for text, x, y in texts:
        one.text(text, x, y, faces.figures, 14, np.ones(3), "left", 0.5)
    one.settle()
    other.fill(other.cover_of_texts((text, x, y, faces.figures, 14, "left") for text, x, y in texts), np.ones(3), 0.5)
    other.settle()
    assert np.abs(one.memory.astype(int) - other.memory.astype(int)).max() <= 1 and one.memory.max() > 100
