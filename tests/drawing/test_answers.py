"""Present answers in the table and as dots: where the network's answers are, marked by how right they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from netviz.drawing.panels.answers import AnswersPanel, Dots
from netviz.drawing.panels.panel import number
from netviz.drawing.renderer import Renderer
from netviz.scene.scene import Scene
from netviz.timeline.frame import Answers, Frame
from netviz.timeline.timeline import Timeline
from tests.conftest import short_scene
from tests.drawing.support import Written, first, timeline_of, written

__all__ = ["written"]

SIZES = {"wide": "1280x720", "square": "720x720", "tall": "720x1280"}


def panel_of(renderer: Renderer) -> AnswersPanel:
    (panel,) = (panel for panel in renderer.panels if isinstance(panel, AnswersPanel))
    return panel


@pytest.fixture
def placed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float, float, float]]:
    """Fills with every dot drawn from now on: disc or ring, x, y, level."""
    found: list[tuple[str, float, float, float]] = []
    fill, ring = Dots.fill, Dots.ring

    def filled(self: Dots, x: float, y: float, colour: Any, level: float, shines: bool) -> None:
        found.append(("disc", x, y, level))
        fill(self, x, y, colour, level, shines)

    def ringed(self: Dots, x: float, y: float, colour: Any, level: float) -> None:
        found.append(("ring", x, y, level))
        ring(self, x, y, colour, level)

    monkeypatch.setattr(Dots, "fill", filled)
    monkeypatch.setattr(Dots, "ring", ringed)
    return found


def shown(scene: Scene, **changes: Any) -> tuple[Timeline, Renderer, Frame]:
    timeline = timeline_of(scene)
    renderer = Renderer(timeline)
    frame = timeline.frame(first(timeline, "step", 0.9, cycle=60, example=6))
    return timeline, renderer, replace(frame, **changes)


@pytest.mark.parametrize("shape", SIZES)
def test_dots_stand_where_the_answers_are(shape: str, placed: list[tuple[str, float, float, float]]) -> None:
    _, renderer, frame = shown(short_scene(output__size=SIZES[shape]))
    answers = frame.answers
    assert answers is not None and (answers.seen == 1).all() and (answers.asked == 1).all()
    placed.clear()
    renderer.draw(frame)
    axis = panel_of(renderer).axes[0]
    along = 1 if panel_of(renderer).is_upright else 0
    assert panel_of(renderer).is_upright == (shape == "wide")
    low, high = axis.start[along], axis.stop[along]
    values = [(place[1 + along] - low) / (high - low) for place in placed]
    kinds = [kind for kind, *_ in placed]
    assert kinds == ["disc"] * 7 + ["ring"]
    order = [track.number for track in panel_of(renderer).tracks]
    assert values[:7] == pytest.approx(answers.examples[order, 0].tolist(), abs=1e-9)
    assert values[7:] == pytest.approx(answers.unseen[:, 0].tolist(), abs=1e-9)
    across = [place[2 - along] - axis.start[1 - along] for place in placed]
    targets = renderer.context.recording.examples.targets[order, 0]
    sides = {float(target): {np.sign(each) for each in np.array(across[:7])[targets == target]} for target in (0, 1)}
    assert len(sides[0]) == len(sides[1]) == 1 and sides[0] != sides[1], "split by target"
    assert np.sign(across[7]) in sides[0], "the right answer to 1 1 0 is 0"


def test_every_track_is_its_own_where_there_is_room(placed: list[tuple[str, float, float, float]]) -> None:
    panel = panel_of(shown(short_scene(output__size="1920x1080"))[1])
    starts = [track.start for track in (*panel.tracks, *panel.asked)]
    left = [start for start in starts if start[0] < panel.axes[0].start[0]]
    assert len(set(left)) == len(left) == 4
    slot = panel.slot
    assert all(slot.x <= x <= slot.right for x, _ in starts)


def test_what_has_not_been_presented_has_no_answer(written: list[Written]) -> None:
    timeline = timeline_of(short_scene(output__size="1280x720"))
    renderer = Renderer(timeline)
    before = timeline.frame(first(timeline, "step", 0.05, cycle=1, example=2))
    assert before.answers is not None and before.answers.seen.round().tolist() == [1, 1, 0, 0, 0, 0, 0]
    rest = timeline.frame(first(timeline, "rest", 0.9, cycle=0))
    assert rest.answers is not None and not rest.answers.seen.any() and not rest.answers.asked.any()
    written.clear()
    renderer.draw(before)
    answers = [text.text for text in written]
    assert all(number(float(before.answers.examples[example, 0])) in answers for example in (0, 1))


def test_marks_say_how_right_an_answer_is(written: list[Written]) -> None:
    _, renderer, frame = shown(short_scene(output__size="1280x720"))
    assert frame.answers is not None
    targets = renderer.context.recording.examples.targets
    errors = np.array([[0.2], [0.3], [0.7], [0.8], [0.0], [0.24], [0.26]])
    answers = np.where(targets == 1, 1 - errors, errors)
    written.clear()
    renderer.draw(replace(frame, answers=frame.answers._replace(examples=answers), key="marks"))
    marks = [text.text for text in sorted(written, key=lambda text: text.top) if text.text in "✓·✗"]
    assert marks == ["✓", "·", "·", "✗", "✓", "✓", "·"]


def test_a_thought_waits_for_its_answer_and_completes_its_row(written: list[Written]) -> None:
    timeline = timeline_of(short_scene(output__size="1280x720"))
    renderer = Renderer(timeline)
    early, late = (timeline.frame(first(timeline, "think", phase)) for phase in (0.2, 0.99))
    assert early.answers is not None and late.answers is not None
    assert early.answers.asked[0] == 0 and late.answers.asked[0] == 1
    written.clear()
    renderer.draw(early)
    asked = [text for text in written if text.text == "?"]
    assert len(asked) >= 1
    row = max(asked, key=lambda text: text.top)
    written.clear()
    renderer.draw(late)
    beside = [text.text for text in written if abs(text.top - row.top) < 6]
    assert "?" not in beside and number(float(late.answers.unseen[0, 0])) in beside and beside.count("0") >= 2


def test_answers_are_those_of_the_weights_shown() -> None:
    timeline = timeline_of(short_scene())
    recording = timeline.recording
    for span in timeline.plan.spans:
        if span.kind in ("step", "rest") and span.cycle:
            frame = timeline.frame(span.start)
            row = int(np.flatnonzero((recording.row_step == span.cycle) & (recording.probe == (span.example or -1)))[0])
            row = row if span.example is not None else int(np.flatnonzero(recording.row_step == span.cycle)[-1])
            if span.example == 0:
                row = int(np.flatnonzero((recording.row_step == span.cycle) & (recording.probe == 0))[0])
            assert isinstance(frame.answers, Answers)
            expected = recording.forward(recording.examples.given, row)[-1]
            assert np.allclose(frame.answers.examples, expected, atol=1e-12)


def test_several_outputs_have_an_axis_each(placed: list[tuple[str, float, float, float]]) -> None:
    examples = [{"inputs": [a, b, 1], "target": [float(a), float(b)]} for a in (0, 1) for b in (0, 1)]
    scene = short_scene(
        network={"layers": [3, 4, 2], "bias": True}, data={"examples": examples}, training__initial_weights="glorot",
        shots=[{"shot": "learning"}], output__size="1280x720",
    )  # fmt: skip
    timeline = timeline_of(scene)
    renderer = Renderer(timeline)
    panel = panel_of(renderer)
    assert len(panel.axes) == 2 and not panel.is_upright and len(panel.tracks) == 8
    placed.clear()
    renderer.draw(timeline.frame(timeline.frame_count - 1))
    assert len(placed) == 8


def test_classes_have_rows_of_their_own_examples() -> None:
    examples = [
        {"inputs": [float(a), float(b)], "target": [float(a + b == k) for k in range(3)]}
        for a in (0, 1)
        for b in (0, 1)
    ]
    scene = short_scene(
        network={"layers": [2, 4, 3], "activation": ["sigmoid", "softmax"]}, data={"examples": examples},
        training__initial_weights="glorot", training__loss="cross_entropy", shots=[{"shot": "learning"}],
        output__size="1280x720",
    )  # fmt: skip
    panel = panel_of(Renderer(timeline_of(scene)))
    assert panel.is_class and sorted(track.number for track in panel.tracks) == [0, 1, 2, 3]
    assert [track.output for track in sorted(panel.tracks, key=lambda track: track.number)] == [0, 1, 1, 2]
