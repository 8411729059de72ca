"""What platforms lay over the picture: nothing that must be read is under it, in any style and shape."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netviz.drawing.canvas import Canvas
from netviz.drawing.layout import Rect, arrange, smallest_type
from netviz.drawing.panels.classic import ClassicHeaderPanel
from netviz.drawing.renderer import Renderer
from netviz.drawing.run_layout import arrange_runs
from netviz.drawing.text import Mask
from netviz.pipeline.looks import Filmed
from netviz.pipeline.validation import film_timeline
from netviz.recording.comparison import Comparison
from netviz.recording.recording import Recording
from netviz.scene.loader import load_scene
from netviz.scene.output import PLATFORMS, safe_part
from netviz.scene.scene import Scene
from netviz.timeline.plan import make_plan
from netviz.timeline.side_by_side import SideBySide
from netviz.timeline.timeline import Timeline
from netviz.training.comparison import compare_runs
from netviz.training.trainer import train
from tests.drawing.test_layout import FACTORIES, KINDS, every_combination, overlap, scene_with
from tests.recordings import own_scene

COVERING = ("shorts", "instagram", "x")
"""The platforms that cover something."""
EVERYWHERE = ("youtube", "shorts", "instagram", "x", "blog", "slides")
FILMS = [
    *(("xor", platform) for platform in EVERYWHERE),
    *((name, "shorts") for name in ("step-by-step", "dog-or-cat", "compare-learning-rates")),
    *(
        (name, platform)
        for name in ("playground-quadrants", "xor-classic")
        for platform in ("shorts", "instagram", "x")
    ),
]
"""A scene of every kind on the platform that leaves least; others where a layout of its own is at stake."""
MOMENTS = (0.01, 0.4, 0.99)
SMALLER = 3
"""Times that films are smaller than their platforms have them, which saves time."""
BRIGHTEST = {"playground": 2, "classic": 130, "glow": 170}
"""What may differ from the empty ground under what is laid over it, of 255: in the playground's style, which has no
halos, nothing; halos of the others are half as bright as what is in them."""


@cache
def recorded(name: str) -> Recording | Comparison:
    """A run of a bundled scene, trained for a moment only."""
    scene = load_scene(
        name, overrides={"training.cycles": 60, "schedule": {"frames": 4}, "audio": None, "duration": 40}
    )
    return train(scene) if scene.compare is None else compare_runs(scene, lambda run, _: train(run))


def timeline_for(name: str, platform: str | None, **more: Any) -> Timeline | SideBySide:
    """The scene's film for a platform, but smaller."""
    run = recorded(name)
    size = PLATFORMS[platform].size if platform else (1920, 1080)
    scene = own_scene(run)
    output = scene.output.model_copy(
        update={"platform": platform, "size": (size[0] // SMALLER // 2 * 2, size[1] // SMALLER // 2 * 2)}
    )
    changed = scene.model_copy(update={"output": output, **more})
    return film_timeline(make_plan(changed, changed.duration), Filmed(run, changed))


class Marks:
    """Every text and formula that is put on a picture from now on: pixels left, top, right, bottom, and type sizes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.boxes: list[tuple[float, float, float, float]] = []
        self.sizes: list[tuple[float, str]] = []
        stamp, text = Canvas.stamp, Canvas.text

        def stamped(canvas: Canvas, drawn: Mask, x: float, y: float, colour: Any, level: float = 1.0) -> None:
            left, top = round(x) + drawn.left, round(y) - drawn.top
            rows, columns = drawn.alpha.shape
            if level > 0.05 and drawn.alpha.size:
                self.boxes.append((left, top, left + columns, top + rows))
            stamp(canvas, drawn, x, y, colour, level)

        def written(
            canvas: Canvas, what: str, x: float, y: float, font: Any, size: float, *rest: Any, **more: Any
        ) -> None:
            self.sizes.append((size, what))
            text(canvas, what, x, y, font, size, *rest, **more)

        monkeypatch.setattr(Canvas, "stamp", stamped)
        monkeypatch.setattr(Canvas, "text", written)


def frames(timeline: Timeline | SideBySide) -> list[int]:
    return [int(part * timeline.plan.frame_count) for part in MOMENTS]


@pytest.mark.parametrize(("name", "platform"), FILMS)
def test_all_that_must_be_read_is_in_the_safe_area(name: str, platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    marks = Marks(monkeypatch)
    timeline = timeline_for(name, platform)
    renderer = Renderer(timeline)
    safe, style = renderer.context.layout.safe, timeline.scene.style
    covered = np.ones(renderer.canvas.size[::-1], bool)
    # A line that ends with the safe area is soft for a pixel more.
    covered[max(0, int(safe.y) - 1) : int(safe.bottom) + 2, max(0, int(safe.x) - 1) : int(safe.right) + 2] = False
    empty = renderer.canvas.picture_of(renderer.bare).astype(int)
    for number in frames(timeline):
        picture = renderer.draw(timeline.frame(number)).astype(int)
        away = np.abs(picture - empty).max(axis=2)[covered]
        assert away.max(initial=0) <= BRIGHTEST[style], number
    assert len(marks.boxes) > 20
    for left, top, right, bottom in marks.boxes:
        assert left >= safe.x - 1, (left, safe)
        assert top >= safe.y - 1, (top, safe)
        assert right <= safe.right + 1, (right, safe)
        assert bottom <= safe.bottom + 1, (bottom, safe)


@pytest.mark.parametrize("platform", COVERING)
def test_the_bar_of_the_classic_style_ends_in_the_safe_area(platform: str) -> None:
    renderer = Renderer(timeline_for("xor-classic", platform))
    (header,) = (panel for panel in renderer.panels if isinstance(panel, ClassicHeaderPanel))
    assert outside(header.bar, renderer.context.layout.safe) <= 0.01


def outside(place: Rect, safe: Rect) -> float:
    """Pixels by which a place stands out of the safe area."""
    return max(safe.x - place.x, safe.y - place.y, place.right - safe.right, place.bottom - safe.bottom)


SHAPES = ((1080, 1920), (1080, 1080), (1080, 1350), (1920, 1080), (854, 480), (480, 854), (1440, 1080))


@given(
    kinds=st.sets(st.sampled_from(KINDS), min_size=1),
    platform=st.sampled_from(COVERING),
    size=st.sampled_from(SHAPES),
    counters=st.sampled_from([1, 2, 3]),
)
def test_every_combination_of_panels_stands_in_the_safe_area(
    kinds: set[str], platform: str, size: tuple[int, int], counters: int
) -> None:
    layout = arrange(made_for(platform, scene_with(tuple(k for k in KINDS if k in kinds), size)), counters)
    assert layout.small >= smallest_type(size)
    low = 1.75 * layout.small
    for name, place in layout.places.items():
        assert place.width >= 0.06 * size[0], (name, place)
        assert outside(place, layout.safe) <= 0.5, (name, place, layout.safe)
        # Cycles are written below the curve, a box is drawn around a row of the table.
        assert name != "curve" or place.bottom + low <= layout.safe.bottom + 1
        assert name != "table" or place.x - 0.5 * layout.figure >= layout.safe.x - 1
    for one, other in combinations(layout.places.values(), 2):
        assert not overlap(one, other), layout.places


def made_for(platform: str, scene: Scene) -> Scene:
    return scene.model_copy(update={"output": scene.output.model_copy(update={"platform": platform})})


@pytest.mark.parametrize("platform", ["shorts", "instagram"])
def test_rooms_in_what_is_left_of_a_tall_picture_hold_what_they_show(platform: str) -> None:
    """In lines of type: what each panel needs, whatever is shown beside it."""
    needed = {
        "network": 6.0,
        "boundary": 5.5,
        "equations": 7.0,
        "table": 5.0,
        "numbers": 2.6,
        "curve": 1.0,
        "head": 4.3,
    }
    for kinds in every_combination():
        for counters in (1, 2, 3):
            layout = arrange(made_for(platform, scene_with(kinds, (1080, 1920))), counters)
            for name, place in layout.places.items():
                if name in needed:
                    assert place.height / layout.small >= needed[name], (name, kinds, counters)
            if "equations" in kinds:
                assert layout.places["equations"].width >= 0.75 * 1080, "as long lines as ever"


@pytest.mark.parametrize("platform", COVERING)
@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("has_table", [False, True])
def test_runs_side_by_side_stand_in_the_safe_area(platform: str, count: int, has_table: bool) -> None:
    scene = own_scene(recorded("compare-learning-rates"))
    kinds = ["curve", "network", *(["table"] if has_table else ["boundary"]), "title", "caption", "numbers"]
    panels = tuple(FACTORIES[kind]() for kind in kinds)
    output = scene.output.model_copy(update={"platform": platform, "size": PLATFORMS[platform].size})
    shared, own = arrange_runs(scene.model_copy(update={"panels": panels, "output": output}), count)
    places = [*shared.places.items(), *(each for layout in own for each in layout.places.items())]
    for name, place in places:
        assert outside(place, shared.safe) <= 2, (name, place)
        assert place.height >= 0.9 * shared.small, (name, place)
    for (_, one), (_, other) in combinations(places, 2):
        assert not overlap(one, other), places


def test_the_scenes_own_places_are_left_alone() -> None:
    scene = made_for("shorts", scene_with(("network", "curve"), (1080, 1920), curve=[0.0, 0.9, 1.0, 0.1]))
    assert arrange(scene).places["curve"] == Rect(0, 0.9 * 1920, 1080, pytest.approx(192))


def test_what_is_covered_of_the_screen_is_covered_of_the_picture_as_far_as_it_reaches_there() -> None:
    assert safe_part("shorts", (1080, 1920)) == pytest.approx((0.05, 0.10, 0.84, 0.75))
    left, top, right, bottom = safe_part("shorts", (1080, 1080))
    assert (left, right) == pytest.approx((0.05, 0.84))
    assert top == 0, "the bar above a square is higher than what is covered there"
    # The square's lower edge is at 0.78125 of the screen, and 0.75 of that is free.
    assert bottom == pytest.approx(1 - (0.25 - (1 - 0.5625) / 2) / 0.5625)
    assert safe_part("x", (720, 1280)) == pytest.approx((0, 0, 1, 0.88))
    for name in ("youtube", "blog", "slides", None):
        assert safe_part(name, (1080, 1350)) == (0, 0, 1, 1)
