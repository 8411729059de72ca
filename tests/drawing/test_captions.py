"""Captions in the picture: in their place, large enough, clear of everything else, and told from the shots' lines."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netviz
from netviz.drawing.layout import arrange, smallest_type
from netviz.drawing.panels.classic import ClassicNetworkPanel
from netviz.drawing.panels.titles import LINE, CaptionSlot
from netviz.drawing.renderer import Renderer
from netviz.drawing.text import Typefaces, mask, width
from netviz.pipeline.prepare import prepare
from netviz.recording.recording import Recording
from netviz.resources import scenes_folder
from netviz.scene.captions import Caption
from netviz.scene.loader import load_scene
from netviz.scene.scene import Scene
from netviz.timeline.cues import Cue
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import Timeline, make_timeline
from tests.conftest import short_scene
from tests.drawing.support import Written, first, timeline_of, written
from tests.drawing.test_layout import SIZES, every_combination, overlap, scene_with
from tests.recordings import own_scene

__all__ = ["written"]

SHAPES = {"wide": (640, 360), "square": (360, 360), "tall": (360, 640)}
LONG = "The third input withers: it brings only 4 % of all that leaves it."
SENTENCE = "The weights that lead away from the third input shrink and shrink, for it never matters."
FONT = Typefaces.make().words
BUNDLED = {path.stem: load_scene(path) for path in sorted(scenes_folder().glob("*.yaml"))}


def letters(slot: CaptionSlot, smallest: float) -> float:
    """About how many letters one line takes."""
    return slot.place.width / (width(SENTENCE, FONT, smallest) / len(SENTENCE))


@pytest.mark.parametrize(("shape", "least"), [("wide", 60), ("square", 50), ("tall", 34), ("four to three", 60)])
def test_every_layout_has_room_for_a_sentence(shape: str, least: int) -> None:
    for kinds in every_combination():
        if "caption" in kinds:
            layout = arrange(scene_with(kinds, SIZES[shape]))
            slot = CaptionSlot(layout.places["caption"], layout.body)
            assert slot.lines == 2, kinds
            assert letters(slot, layout.small) >= least, kinds


WORDS = st.lists(st.text(alphabet="Agjilmpqwy ", min_size=1, max_size=12), min_size=1, max_size=30).map(" ".join)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@settings(max_examples=40, deadline=None)
@given(text=WORDS.filter(str.strip).map(lambda text: " ".join(text.split())), name=st.sampled_from(sorted(BUNDLED)))
def test_no_caption_touches_another_panel(size: tuple[int, int], text: str, name: str) -> None:
    bundled = BUNDLED[name]
    if bundled.style == "classic":
        return
    scene = bundled.model_copy(update={"output": bundled.output.model_copy(update={"size": size})})
    layout = arrange(scene)
    slot = CaptionSlot(layout.places["caption"], layout.body)
    lines, type_size = slot.filled(text, FONT, layout.small)
    assert len(lines) <= 2
    assert type_size >= smallest_type(size) - 1e-9
    for number, line in enumerate(lines):
        drawn = mask(line, FONT, type_size)
        height, across = drawn.alpha.shape
        top = slot.place.y + 0.55 * slot.size + LINE * number * type_size - drawn.top
        box = replace(slot.place, x=slot.place.x + drawn.left, y=top, width=across, height=height)
        assert box.x >= 0.04 * size[0] and box.right <= 0.96 * size[0]
        assert box.y >= 0.04 * size[1] and box.bottom <= 0.96 * size[1]
        for other, place in layout.places.items():
            assert other == "caption" or not overlap(box, place), (other, line)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return netviz.record(short_scene())


def told(recording: Recording, text: str, part: float, **changes: Any) -> tuple[Timeline, int]:
    """A film in which a text is told at a part of it, and the frame in the middle of that."""
    scene = own_scene(recording)
    output = scene.output.model_copy(update={"size": changes.pop("size", (320, 180))})
    scene = scene.model_copy(update={"output": output, **changes})
    plan = make_plan(scene, Fraction(30))
    middle = min(plan.frame_count - 30, max(30, int(part * plan.frame_count)))
    cues = (Cue(middle - 30, middle + 30, text),) if text else ()
    return make_timeline(replace(plan, cues=cues), recording, scene), middle


LOOKS = [("glow", None), ("classic", None), ("playground", None), ("glow", "paper"), ("classic", "playground")]
LOOKS_AND_SHAPES = [(*look, shape) for look in LOOKS for shape in SHAPES]


@pytest.mark.parametrize(("style", "theme", "shape"), LOOKS_AND_SHAPES)
def test_a_caption_is_clear_of_all_that_is_drawn(
    recording: Recording, written: list[Written], shape: str, style: str, theme: str | None
) -> None:
    size = SHAPES[shape]
    timeline, index = told(recording, LONG, 0.5, size=size, style=style, theme=theme, subtitle="")
    renderer = Renderer(timeline)
    still = [text for text in written if text.size < renderer.context.layout.card]
    written[:] = still
    frame = timeline.frame(index)
    with_text = renderer.draw(frame).astype(int)
    cue = [text for text in written if text.text in LONG and len(text.text) > 10]
    assert " ".join(line.text for line in sorted(cue, key=lambda line: line.top)) == LONG
    for line in cue:
        assert line.size >= smallest_type(size) - 1e-9
        assert line.left >= 0.04 * size[0] and line.right <= 0.96 * size[0]
        assert line.top >= 0.035 * size[1]
    for one, other in combinations({(text.text, text.left, text.top): text for text in written}.values(), 2):
        assert not one.touches(other), (one, other)
    if style == "classic":
        (network,) = (panel for panel in renderer.panels if isinstance(panel, ClassicNetworkPanel))
        highest = min(float(y) for layer in network.centres for _, y in layer) - 1.5 * network.radius
        assert all(line.bottom < highest for line in cue)
    without = renderer.draw(replace(frame, caption="", is_cue=False)).astype(int)
    rows, columns = np.nonzero(np.abs(with_text - without).max(axis=2))
    assert len(rows)
    assert min(line.left for line in cue) - 1 <= columns.min() and columns.max() <= max(line.right for line in cue)
    assert min(line.top for line in cue) - 1 <= rows.min() and rows.max() <= max(line.bottom for line in cue)
    quiet = renderer.draw(replace(frame, is_cue=False)).astype(int)
    contrast = [int(np.abs(each - without).max()) for each in (with_text, quiet)]
    assert contrast[0] > 1.2 * contrast[1] or style == "classic"  # whose own lines are others


@pytest.mark.parametrize("shape", SHAPES)
def test_a_card_has_the_caption_far_below_its_words(recording: Recording, written: list[Written], shape: str) -> None:
    timeline, _ = told(recording, LONG, 0.0, size=SHAPES[shape])
    renderer = Renderer(timeline)
    card = [text for text in written if len(text.text) > 2 and text.text != "TRAINING SET"]
    frame = timeline.frame(20)
    assert frame.card > 0 and frame.is_cue
    bare = renderer.draw(replace(frame, is_cue=False)).astype(int)
    written.clear()
    shown = renderer.draw(frame).astype(int)
    assert " ".join(line.text for line in written) == LONG
    title = [text for text in card if text.text in timeline.scene.title or text.text in timeline.scene.subtitle]
    assert min(line.top for line in written) > max(text.bottom for text in title) + 0.05 * SHAPES[shape][1]
    rows = np.nonzero(np.abs(shown - bare).max(axis=(1, 2)))[0]
    assert rows.min() >= 0.75 * SHAPES[shape][1] and rows.max() <= 0.95 * SHAPES[shape][1]


def test_captions_come_and_go_in_any_order_of_drawing(recording: Recording) -> None:
    timeline, index = told(recording, LONG, 0.5, size=(320, 180))
    frames = [index - 31, index - 30, index - 28, index, index + 29, index + 31]
    renderer = Renderer(timeline)
    one = {number: renderer.draw(timeline.frame(number)).copy() for number in frames}
    for number in reversed(frames):
        assert np.array_equal(Renderer(timeline).draw(timeline.frame(number)) if number == index else
                              renderer.draw(timeline.frame(number)), one[number])  # fmt: skip


def with_captions(*texts: str, **changes: Any) -> Scene:
    return short_scene(**changes).model_copy(
        update={"captions": tuple(Caption(text=text, at=f"{10 * number}s") for number, text in enumerate(texts))}
    )


def test_what_is_too_long_for_its_place_is_told_before_anything_is_made() -> None:
    texts = "x" * 120, LONG, LONG + " " + SENTENCE[:50]
    found = [str(problem) for problem in prepare(with_captions(*texts, output__size="vertical")).problems]
    assert [text.split(": ")[0] for text in found] == ["captions[0].text", "captions[2].text"]
    assert "117 characters are too many; at 1080x1920 there is room for two lines of some 5" in found[1]
    assert len(prepare(with_captions(*texts, output__size="1080p")).problems) == 1
    panels = [{"panel": "network"}, {"panel": "caption", "at": [0.1, 0.1, 0.3, 0.04]}]
    (small,) = prepare(with_captions(LONG, output__size="1080p", panels=panels)).problems
    assert "there is room for one line of some" in small.message
    assert not prepare(with_captions(*texts, panels=[{"panel": "network"}])).problems


def test_a_name_beside_an_output_has_the_room_that_crowded_neurons_leave(written: list[Written]) -> None:
    network = {"layers": [3, 12, 1], "outputs": ["inside the innermost ring"]}
    panels = [{"panel": "network", "at": [0.05, 0.2, 0.9, 0.5]}]
    scene = short_scene(network=network, training__initial_weights="glorot", panels=panels, output__size="360x640")
    assert not [note for note in prepare(scene).notes if "is cut" in note]
    timeline = timeline_of(scene)
    Renderer(timeline).draw(timeline.frame(first(timeline, "rest")))
    assert "inside the innermost ring" in {text.text for text in written}


LONG_NAMES = ["the height of the tree above the ground in metres and centimetres", "the age of the tree", "wood"]


@pytest.mark.parametrize("size", ["1280x720", "720x720", "720x1280"])
def test_long_names_stand_on_two_lines_and_what_is_cut_is_told(size: str, written: list[Written]) -> None:
    scene = short_scene(network={"layers": [3, 4, 1], "inputs": LONG_NAMES, "outputs": ["tall"]}, output__size=size)
    notes = [note for note in prepare(scene).notes if "is cut" in note]
    assert [note.split(":")[0] for note in notes] == ["network.inputs[0]"]
    assert "there is room for two lines of" in notes[0]
    timeline = timeline_of(scene)
    renderer = Renderer(timeline)
    del written[:]
    renderer.draw(timeline.frame(first(timeline, "step", 0.5)))
    words = [text for text in written if text.text.startswith(("the age", "the tree", "the height"))]
    assert {"the age of", "the tree"} <= {text.text for text in words}
    assert any(text.text.endswith("…") for text in words)
    assert min(text.size for text in words) >= smallest_type(scene.output.size) - 1e-9


@pytest.mark.parametrize(("high", "is_cut"), [(0.4, False), (0.25, False), (0.15, True)])
def test_names_beside_neurons_that_stand_close_are_whole_or_told(
    high: float, is_cut: bool, written: list[Written]
) -> None:
    inputs = ["length of the sepal", "width of the sepal", "colour"]
    scene = short_scene(
        network={"layers": [3, 4, 1], "inputs": inputs},
        panels=[{"panel": "network", "at": [0.05, 0.25, 0.3, high]}],
        output__size="640x360",
    )
    assert any("is cut" in note for note in prepare(scene).notes) == is_cut
    timeline = timeline_of(scene)
    renderer = Renderer(timeline)
    del written[:]
    renderer.draw(timeline.frame(first(timeline, "step", 0.5)))
    texts = {text.text for text in written}
    assert any(text.endswith("…") for text in texts) == is_cut
    assert is_cut or {"length of", "width of", "the sepal"} <= texts
    assert "colour" in texts
