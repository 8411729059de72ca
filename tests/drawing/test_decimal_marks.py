"""Numbers in a scene's words: all that are drawn or told have its decimal mark and its sign for per cent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.drawing.formula import Matrix, formula_mask, source, with_decimal_mark
from netviz.drawing.panels.equations.panel import EquationsPanel, _sections
from netviz.drawing.panels.equations.terms import Equation, WorkedExample
from netviz.drawing.renderer import Renderer
from netviz.drawing.table_columns import _lined_up
from netviz.pipeline.api import recorded
from netviz.pipeline.prepare import finish, prepare
from netviz.scene.phrases import decimal, listed_numbers, per_cent
from netviz.scene.scene import Scene
from netviz.scene.shots import WalkShot
from netviz.timeline.side_by_side import SideBySide
from netviz.timeline.timeline import Timeline
from netviz.timeline.worked_example import worked_example_steps
from netviz.web.transcript import passages, summary_of
from tests.drawing.support import Written, written

__all__ = ["written"]

MARKS = {"thousands": " ", "decimal": ",", "percent": "{number} %", "between-numbers": "; "}
FOREIGN = re.compile(r"[0-9]\.[0-9]|[0-9]%|[0-9], [0-9]")
"""An English number, and a list of numbers between commas."""
SHORT = {"words": MARKS, "audio": None, "output.size": "640x360", "output.fps": 30, "training.cycles": 30}
SCENES: dict[str, tuple[str, dict[str, Any], tuple[float, ...]]] = {
    "table": ("xor", {"schedule": {"cycles": [1, 10, 30]}, "duration": 30}, (0.3, 0.5, 0.7, 0.99)),
    "equations": ("step-by-step", {"schedule": {"cycles": [1, 30]}, "duration": 90}, (0.8,)),
    "classic": ("xor-classic", {"schedule": {"cycles": [30]}, "duration": 8}, (0.5,)),
    "plane": ("playground-quadrants", {"schedule": {"cycles": [30]}, "duration": 12}, (0.6, 0.95)),
}


@pytest.fixture(params=SCENES)
def shown(request: pytest.FixtureRequest) -> tuple[Timeline, tuple[float, ...]]:
    name, keys, moments = SCENES[request.param]
    prepared = prepare(netviz.load_scene(name, overrides=SHORT | keys))
    assert not prepared.problems
    timeline = finish(prepared, recorded(prepared)).timeline
    assert not isinstance(timeline, SideBySide)
    return timeline, moments


def assert_foreign_to_none(texts: Iterable[str]) -> None:
    texts = [*texts]
    assert [text for text in texts if FOREIGN.search(text)] == []
    assert any(re.search("[0-9],[0-9]", text) for text in texts)


def test_all_that_is_drawn_and_told(shown: tuple[Timeline, tuple[float, ...]], written: list[Written]) -> None:
    timeline, moments = shown
    renderer = Renderer(timeline)
    equations = [panel for panel in renderer.panels if isinstance(panel, EquationsPanel)]
    texts = []
    for part in moments:
        frame = timeline.frame(int(part * timeline.plan.frame_count))
        renderer.draw(frame)
        texts += [text.replace("{,}", ",") for panel in equations for text in panel.texts(frame)]
    assert_foreign_to_none([*texts, *(text.text for text in written), *(cue.text for cue in timeline.plan.cues)])
    told = [line for passage in passages(timeline) for line in passage.lines]
    assert_foreign_to_none([*told, *summary_of(timeline).sentences])


def test_every_line_of_a_worked_example() -> None:
    scene = netviz.load_scene("step-by-step", overrides=SHORT | {"schedule": {"cycles": [1, 30]}})
    (walk,) = (shot for shot in scene.shots if isinstance(shot, WalkShot))
    recording = netviz.record(scene)
    (row,) = np.flatnonzero((recording.probe == 0) & (recording.row_step == 1))[:1].tolist()
    lines = []
    for section in _sections(
        scene, worked_example_steps(scene, walk), WorkedExample.of(recording, scene, row, row + 1)
    ):
        for _, content in section.lines:
            if isinstance(content, Equation):
                lines += [source(part).replace("{,}", ",") for step in content.steps for part in step]
            else:
                lines += [text.replace("{,}", ",") for entry in content.entries for text in entry]
    assert len(lines) > 50
    assert_foreign_to_none(lines)


def test_marks_of_numbers_by_themselves() -> None:
    scene = netviz.load_scene("xor", overrides={"words": MARKS})
    assert (decimal(scene, "-0.50"), per_cent(scene, "50.93")) == ("-0,50", "50,93 %")
    assert listed_numbers(scene, ["0.5", "1"]) == "0,5; 1"
    plain = netviz.load_scene("xor")
    assert (decimal(plain, "0.50"), per_cent(plain, "50.93")) == ("0.50", "50.93%")
    assert listed_numbers(plain, ["0.5", "1"]) == "0.5, 1"


def test_marks_of_a_table() -> None:
    assert _lined_up([[0.5, 1], [1, 2]], 3, ",") == [["0,5", "1"], ["1,0", "2"]]


def test_marks_of_equations() -> None:
    assert with_decimal_mark(r"= \max(0,\ -0.35)", ",") == r"= \max(0;\ -0{,}35)"
    assert with_decimal_mark(Matrix((("0.05", "1"),)), "·") == Matrix((("0{·}05", "1"),))
    for mark in (",", "·"):
        for formula in ("-0.35", r"e^{-1.5}", r"1.5\cdot10^{-3}"):
            point, other = (formula_mask((with_decimal_mark(formula, each),), 40.0) for each in (".", mark))
            assert abs(point.width - other.width) < 6, "a mark takes the room of a mark, with no space after it"
            assert point.alpha.shape != other.alpha.shape or not np.array_equal(point.alpha, other.alpha)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"decimal": ""}, "words.decimal: expected one of the marks . , ·, got ''"),
        ({"decimal": "$"}, "words.decimal: expected one of the marks . , ·, got '$'"),
        ({"decimal": ","}, "words.decimal: , stands between thousands already; give thousands too, such as a space"),
        ({"decimal": ".", "thousands": "."}, "words.decimal: . stands between thousands already"),
        (
            {"percent": "{share} %"},
            "words.percent: {share} is nothing that can be filled in here; it can hold {number}",
        ),
    ],
)
def test_marks_that_cannot_be(words: dict[str, str], says: str) -> None:
    with pytest.raises(netviz.InputError, match=re.escape(says)):
        netviz.load_scene("xor", overrides={"words": words})


def test_german_has_its_marks() -> None:
    scene: Scene = netviz.load_scene("xor", overrides={"words": "bundled:german.yaml"})
    assert (decimal(scene, "0.5"), per_cent(scene, "50.93")) == ("0,5", "50,93\u00a0%")
