"""The stage: the same pixels in any order and any process, and pixels that say what they should."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest

from netviz.drawing.canvas import Canvas
from netviz.drawing.layout import smallest_type
from netviz.drawing.panels.classic import ClassicNetworkPanel
from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.renderer import Renderer
from netviz.drawing.theme import contrast
from netviz.recording.recording import Recording
from netviz.scene.loader import load_scene
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import Timeline, make_timeline
from tests.conftest import short_scene
from tests.drawing.support import Written, first, timeline_of, written
from tests.recordings import own_scene

__all__ = ["written"]

SHAPES = ("640x360", "480x480", "360x640")


def digest(timeline: Timeline, renderer: Renderer, index: int) -> str:
    return hashlib.sha256(renderer.draw(timeline.frame(index)).tobytes()).hexdigest()


@pytest.mark.parametrize("style", ["glow", "classic"])
def test_frames_are_the_same_in_any_order(style: str) -> None:
    timeline = timeline_of(short_scene(style=style), 20)
    renderer = Renderer(timeline)
    indices = list(range(0, timeline.frame_count, 37))
    forwards = {index: digest(timeline, renderer, index) for index in indices}
    backwards = {index: digest(timeline, renderer, index) for index in reversed(indices)}
    assert forwards == backwards
    alone = indices[len(indices) // 2]
    assert digest(timeline, Renderer(timeline), alone) == forwards[alone]
    assert len(set(forwards.values())) > len(indices) / 3, "the film moves"


HOSTILE = """
text.antialiased: False
lines.antialiased: False
patch.antialiased: False
patch.force_edgecolor: True
path.sketch: 5, 100, 2
text.hinting: none
font.size: 40
savefig.dpi: 30
lines.dash_capstyle: round
axes.facecolor: red
figure.facecolor: blue
"""

PROGRAM = """
import hashlib, sys
import matplotlib
from matplotlib.font_manager import fontManager
own = [font for font in fontManager.ttflist if font.fname.startswith(matplotlib.get_data_path())]
assert own and not fontManager.afmlist.clear()
fontManager.ttflist[:] = own  # as on a machine without fonts
from tests.conftest import short_scene
from tests.drawing.support import timeline_of
from netviz.drawing.renderer import Renderer
timeline = timeline_of(short_scene(), 20)
print(hashlib.sha256(Renderer(timeline).draw(timeline.frame(int(sys.argv[1]))).tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_a_frame_is_the_same_with_a_hostile_matplotlibrc_and_without_system_fonts(tmp_path: Path) -> None:
    timeline = timeline_of(short_scene(), 20)
    index = first(timeline, "step", 0.3)
    (tmp_path / "matplotlibrc").write_text(HOSTILE)
    environment = {**os.environ, "MPLCONFIGDIR": str(tmp_path), "MATPLOTLIBRC": str(tmp_path), "LANG": "C"}
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(index)],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == digest(timeline, Renderer(timeline), index)


def test_drawing_leaves_matplotlib_as_it_was() -> None:
    before = dict(matplotlib.rcParams)
    timeline = timeline_of(short_scene(), 20)
    Renderer(timeline).draw(timeline.frame(100))
    assert dict(matplotlib.rcParams) == before


def test_a_lit_neuron_is_golden_and_a_dark_one_dark() -> None:
    timeline = timeline_of(short_scene(output__size="640x360"))
    renderer = Renderer(timeline)
    panel = next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))
    picture = renderer.draw(timeline.frame(first(timeline, "step", example=2)))  # inputs 1 0 1
    offset = int(0.7 * panel.places.radius)
    on, off = (picture[round(y) - offset, round(x), :3].astype(int) for x, y in panel.places.centres[0][:2])
    assert on[0] > 200
    assert on[0] > on[2] + 60, "golden: more red than blue"
    assert off.max() < 60


def test_synapses_are_green_and_red_by_sign() -> None:
    timeline = timeline_of(short_scene(training__cycles=400, schedule={"cycles": [400]}, output__size="640x360"))
    renderer = Renderer(timeline)
    panel = next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))
    picture = renderer.draw(timeline.frame(timeline.plan.spans[-2].start + 5)).astype(int)  # at rest after training
    weights = timeline.recording.parameters_at(-1).weights[1][:, 0]
    seen = set()
    for line, weight in zip(panel.lines[1], weights, strict=True):
        if abs(weight) < 1:
            continue
        x, y = line[len(line) // 3].round().astype(int)
        red, green, _ = picture[y, x, :3]
        assert (green > red + 15) if weight > 0 else (red > green + 15), weight
        seen.add(weight > 0)
    assert seen == {True, False}


def test_idle_neurons_of_the_classic_style_are_seen_on_the_night() -> None:
    timeline = timeline_of(short_scene(style="classic", theme="night", output__size="640x480"))
    renderer = Renderer(timeline)
    panel = next(panel for panel in renderer.panels if isinstance(panel, ClassicNetworkPanel))
    frame = timeline.frame(first(timeline, "rest", 0.5))
    assert all((values == 0).all() for values in frame.arrived), "no neuron has light"
    picture = renderer.draw(frame)[:, :, :3] / 255
    for x, y in np.concatenate(panel.centres):
        row, reach = round(y), round(panel.radius)
        around = picture[row, round(x) - reach - 2 : round(x) - reach + 3]
        seen = max(contrast(pixel, panel.context.theme.centre) for pixel in around)
        assert seen > 2, f"the neuron at {x:.0f}, {y:.0f} is lost in the dark"


def test_the_classic_style_can_be_drawn_on_white_and_for_everybody() -> None:
    timeline = timeline_of(short_scene(style="classic", theme="paper", palette="colour-blind", output__size="640x480"))
    renderer = Renderer(timeline)
    frame = timeline.frame(first(timeline, "step", example=2))
    picture = renderer.draw(frame)
    assert picture[2:4, 2:4, :3].min() > 220
    panel = next(panel for panel in renderer.panels if isinstance(panel, ClassicNetworkPanel))
    x, y = panel.centres[0][0].round().astype(int)
    assert np.abs(picture[y, x, :3] - 255 * panel.context.theme.signal).max() < 3, "the first input is 1"
    weights = np.concatenate([layer.ravel() for layer in frame.weights])
    np.testing.assert_array_equal([dash is not None for _, dash in panel.synapses.get_linestyle()], weights < 0)


def test_the_title_card_comes_and_goes_without_a_jump() -> None:
    timeline = timeline_of(short_scene())
    renderer = Renderer(timeline)
    end = timeline.plan.spans[0].stop
    before = renderer.draw(timeline.frame(end - 1)).astype(int)
    after = renderer.draw(timeline.frame(end)).astype(int)
    assert np.abs(after - before).max() < 48, "the first rings are fading in"


@pytest.mark.parametrize("style", ["glow", "classic"])
@pytest.mark.parametrize("size", SHAPES)
def test_texts_stand_inside_the_picture_and_clear_of_each_other(written: list[Written], size: str, style: str) -> None:
    scene = load_scene("xor", overrides={"training.cycles": 60_000, "audio": None, "output.size": size, "style": style})
    timeline = timeline_of(scene, 91)
    renderer = Renderer(timeline)
    width, height = scene.output.size
    still = list(written) if style == "glow" else []
    for kind, phase in (("rest", 0.5), ("step", 0.56), ("step", 0.3), ("think", 0.95)):
        del written[:]
        renderer.draw(timeline.frame(first(timeline, kind, phase)))
        shown = [text for text in written if text.text.strip()]
        assert shown
        for text in shown:
            assert text.left >= 0.01 * width, text
            assert text.top >= 0.01 * height, text
            assert text.right <= 0.99 * width, text
            assert text.bottom <= 0.99 * height, text
            assert text.size >= 0.74 * smallest_type(scene.output.size), text
        unique = {(text.text, text.left, text.top): text for text in shown}
        # The presented row is written brightly over its faint self.
        texts = list(unique.values())
        for number, one in enumerate(texts):
            for other in texts[number + 1 :]:
                assert not one.touches(other), (one, other)
    heading = "TRAINING SET" if width > height else "ANSWERS"
    assert style == "classic" or any(heading in text.text for text in still)


def test_no_answer_is_left_beside_the_target_of_the_next_example(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The light of the example before stays until the new signal comes; its numbers do not."""
    scene = own_scene(recording)
    timeline = make_timeline(make_plan(scene, Fraction(60)), recording, scene)
    renderer = Renderer(timeline)
    levels: dict[str, float] = {}
    original = Canvas.text

    def text(self: Canvas, text: str, *rest: Any) -> None:
        levels[text] = max(levels.get(text, 0.0), rest[6] if len(rest) > 6 else 1.0)
        original(self, text, *rest)

    monkeypatch.setattr(Canvas, "text", text)
    shown, second = [span for span in timeline.plan.spans if span.kind == "step"][:2]
    old = f"{timeline.frame(shown.stop - 1).activations[-1][0]:.2f}"
    renderer.draw(timeline.frame(shown.stop - 1))
    assert levels[old] == 1, "its own step still shows it"
    levels.clear()
    index = second.start + (second.stop - second.start) // 5
    assert timeline.frame(index).lingering[-1] > 0.9
    renderer.draw(timeline.frame(index))
    assert levels.get(old, 0.0) < 0.05
