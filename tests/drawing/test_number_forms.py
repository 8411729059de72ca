"""Numbers in the picture: what rounds to zero has no sign, and an error of zero is a tick."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from netviz.drawing.panels.labels import TICK
from netviz.drawing.panels.panel import number, signed_number
from netviz.drawing.renderer import Renderer
from netviz.drawing.text import short
from netviz.scene.scene import Scene
from netviz.story.wording import answer_text
from netviz.timeline.captions import error_text, situation
from tests.conftest import short_scene
from tests.drawing.support import Written, first, timeline_of, written

__all__ = ["written"]


def test_nothing_that_is_written_as_zero_has_a_sign(scene: Scene) -> None:
    for value in (-0.004, -0.0, 0.0, 0.004):
        assert number(value) == signed_number(value) == "0.00"
    assert [short(value) for value in (-0.0, -0.0004, 0.0004)] == ["0", "0", "0"]
    assert [error_text(scene, -0.0, share=share) for share in (True, False)] == ["0.00%", "0.0000"]


def test_large_errors_have_fewer_decimals_and_all_of_a_run_as_many(scene: Scene) -> None:
    assert [error_text(scene, value, share=False) for value in (0.25, 999.9, 13689.3128)] == [
        "0.2500",
        "999.9000",
        "13689.31",
    ]
    assert error_text(scene, 712.5, share=False, highest=13689.3) == "712.50"
    assert error_text(scene, 0.0712, share=True, highest=0.5) == "7.12%"


def test_weights_are_written_with_their_signs() -> None:
    assert [signed_number(value) for value in (0.12, -0.16, 0.005001, -0.005001, 12.3)] == [
        "+0.12", "−0.16", "+0.01", "−0.01", "+12.30"
    ]  # fmt: skip


def test_answers_and_situations_have_no_negative_zero() -> None:
    scene = short_scene()
    assert "-0" not in answer_text(scene, np.array([-0.001]), np.array([-0.0]))
    assert situation(scene, [-0.0, 1.0, -1.0]) == "0 1 -1"


@pytest.mark.parametrize("size", ["1280x720", "720x720", "720x1280"])
@pytest.mark.parametrize(
    ("missed", "expected"), [(0.004, TICK), (0.0, TICK), (0.006, "off by 0.01"), (0.4, "off by 0.40")]
)
def test_an_error_of_zero_is_a_tick(size: str, missed: float, expected: str, written: list[Written]) -> None:
    timeline = timeline_of(short_scene(output__size=size))
    renderer = Renderer(timeline)
    frame = timeline.frame(first(timeline, "step"))
    assert frame.target is not None
    answer = np.abs(frame.target - missed)
    del written[:]
    renderer.draw(replace(frame, compared=1.0, activations=(*frame.activations[:-1], answer)))
    beside = [text.text for text in written if text.text == TICK or text.text.startswith("off by")]
    assert beside == [expected]
