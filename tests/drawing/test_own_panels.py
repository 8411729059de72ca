"""Pictures and words of the maker's own: behind everything, over everything, on every frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netviz.drawing.layout import arrange
from netviz.drawing.panels.own import paragraph, placed
from netviz.drawing.renderer import Renderer, TransparentRenderer
from netviz.drawing.text import Typefaces, width
from netviz.pipeline.prepare import prepare
from netviz.scene.panels import PicturePanelSpec, TextPanelSpec
from netviz.scene.scene import Look
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import make_timeline
from netviz.training.trainer import train
from tests.conftest import short_scene

STYLES = [("glow", "320x180"), ("classic", "200x200"), ("playground", "180x320")]
RED, GREEN = (230, 10, 20), (10, 220, 40)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A red photo and a green logo, each of one colour."""
    Image.new("RGB", (160, 90), RED).save(tmp_path / "photo.png")
    Image.new("RGB", (20, 10), GREEN).save(tmp_path / "logo.png")
    return {name: str(tmp_path / f"{name}.png") for name in ("photo", "logo")}


def drawn(scene: Any, transparent: bool = False) -> list[np.ndarray[Any, Any]]:
    """Frames of its title, its fading, of an example and of its end."""
    timeline = make_timeline(make_plan(scene, None), train(scene), scene)
    renderer = (TransparentRenderer if transparent else Renderer)(timeline)
    card = timeline.plan.spans[0].stop
    indices = (0, int(0.9 * card), card + 2, timeline.frame_count // 2, timeline.frame_count - 1)
    return [np.array(renderer.draw(timeline.frame(index))).astype(int) for index in indices]


@pytest.mark.parametrize(("style", "size"), STYLES)
def test_a_background_and_a_logo_stand_on_every_frame(files: dict[str, str], style: str, size: str) -> None:
    panels = [{"panel": "picture", "file": files["photo"], "fit": "cover"}, "auto"]
    panels.append({"panel": "picture", "file": files["logo"], "at": [0.9, 0.9, 0.1, 0.1], "fit": "cover"})
    frames = drawn(short_scene(style=style, panels=panels, output__size=size, duration=8))
    for frame in frames:
        height, across = frame.shape[:2]
        assert np.abs(frame[int(0.95 * height), int(0.95 * across)] - GREEN).max() <= 2, "the logo"
        for row, column in ((1, 1), (1, across - 2), (height - 2, 1)):
            assert np.abs(frame[row, column] - RED).max() <= 2, "the background reaches every corner"


def test_what_is_listed_later_covers_what_moves(files: dict[str, str]) -> None:
    over = [0.0, 0.0, 1.0, 1.0]
    panels = ["auto", {"panel": "picture", "file": files["photo"], "at": over, "fit": "cover", "opacity": 0.25}]
    with_mark, without = (
        drawn(short_scene(panels=each, output__size="320x180", duration=8)) for each in (panels, ["auto"])
    )
    for each, plain in list(zip(with_mark, without, strict=True))[3:]:  # a card's words stand over it
        assert np.abs(each - (0.75 * plain + 0.25 * np.array(RED))).max() <= 2
    assert np.abs(with_mark[0][0, 0] - (0.75 * without[0][0, 0] + 0.25 * np.array(RED))).max() <= 2


def test_transparent_films_have_them_as_opaque_as_they_are(files: dict[str, str]) -> None:
    at = [0.9, 0.9, 0.1, 0.1]
    panels = ["auto", {"panel": "picture", "file": files["logo"], "at": at, "fit": "cover", "opacity": 0.5}]
    scene = short_scene(panels=panels, output__size="320x180", output__transparent=True, duration=8)
    for frame in drawn(scene, transparent=True):
        red, green, blue, alpha = frame[171, 304]
        assert abs(alpha - 128) <= 2 and np.abs(np.array([red, green, blue]) - GREEN).max() <= 4


def test_a_picture_is_whole_or_fills_its_place(files: dict[str, str]) -> None:
    layout = arrange(short_scene(output__size="320x180"))
    slot = layout.places["network"]
    spec = PicturePanelSpec(file=files["logo"])
    whole, left, top = placed(spec, slot)
    assert whole.shape[1] / whole.shape[0] == pytest.approx(2, rel=0.05)
    assert slot.x - 1 <= left and left + whole.shape[1] <= slot.right + 1
    filling, left, top = placed(spec.model_copy(update={"fit": "cover"}), slot)
    assert (left, top) == (round(slot.x), round(slot.y))
    assert abs(filling.shape[1] - slot.width) <= 1 and abs(filling.shape[0] - slot.height) <= 1


def test_words_are_broken_and_made_smaller_and_what_is_cut_is_told() -> None:
    scene: Look = short_scene(output__size="320x180")
    layout, font = arrange(scene), Typefaces.make().words
    slot = layout.places["network"]
    spec = TextPanelSpec(text="words " * 20, size=0.1)
    found = paragraph(spec, layout, slot, font)
    assert found.is_whole and " ".join(found.lines) == spec.text.strip()
    assert all(width(line, font, found.size) <= slot.width for line in found.lines)
    assert paragraph(TextPanelSpec(text="few", size=0.1), layout, slot, font).size == 18
    scene = short_scene(panels=["auto", {"panel": "text", "text": "words " * 20, "at": [0.4, 0.4, 0.1, 0.05]}])
    (note,) = [note for note in prepare(scene).notes if "panels" in note]
    assert note.startswith("panels[1].text: 120 characters are too many for their place, which shows 'wor")


@pytest.mark.parametrize(("style", "size"), STYLES[:2])
def test_words_stand_on_every_frame(style: str, size: str) -> None:
    words = {"panel": "text", "text": "MMMMMM", "at": [0.5, 0.9, 0.5, 0.1], "size": 0.06, "align": "right"}
    with_words, without = (
        drawn(short_scene(style=style, panels=panels, output__size=size, duration=8))
        for panels in (["auto", words], None)
    )
    for each, plain in zip(with_words, without, strict=True):
        changed = np.abs(each - plain).max(axis=2) > 60
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        assert rows[0] >= 0.88 * each.shape[0] and columns[-1] >= 0.97 * each.shape[1]


def test_auto_is_all_that_is_not_listed(files: dict[str, str]) -> None:
    usual = short_scene().shown_panels
    logo = {"panel": "picture", "file": files["logo"]}
    assert short_scene(panels=["auto"]).shown_panels == usual
    shown = short_scene(panels=[logo, "auto", {"panel": "curve", "future": True}]).shown_panels
    kinds = [panel.panel for panel in usual]
    assert [panel.panel for panel in shown] == ["picture", *[kind for kind in kinds if kind != "curve"], "curve"]
    assert shown[-1].model_dump()["future"] is True
