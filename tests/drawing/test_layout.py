"""Where panels stand: in every combination and shape inside the picture, clear of each other, and large enough."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Any

import pytest

from netviz.drawing.layout import Rect, arrange, smallest_type
from netviz.scene.panels import (
    BoundaryPanelSpec,
    CaptionPanelSpec,
    CurvePanelSpec,
    EquationsPanelSpec,
    NetworkPanelSpec,
    NumbersPanelSpec,
    PicturePanelSpec,
    TablePanelSpec,
    TitlePanelSpec,
)
from netviz.scene.scene import Scene
from tests.conftest import short_scene

SIZES = {"wide": (1920, 1080), "square": (1080, 1080), "tall": (1080, 1920), "four to three": (1440, 1080)}
KINDS = ("curve", "network", "table", "boundary", "equations", "title", "caption", "numbers", "picture")


BASE = short_scene()
FACTORIES: dict[str, Callable[..., Any]] = {
    "curve": CurvePanelSpec,
    "network": NetworkPanelSpec,
    "table": TablePanelSpec,
    "boundary": BoundaryPanelSpec,
    "equations": EquationsPanelSpec,
    "title": TitlePanelSpec,
    "caption": CaptionPanelSpec,
    "numbers": NumbersPanelSpec,
    "picture": partial(PicturePanelSpec, file="logo.png"),
}


def scene_with(kinds: tuple[str, ...], size: tuple[int, int], title: str = "Title", **at: Any) -> Scene:
    """A scene that shows these kinds of panels. at: the places of some of them. Not checked: it is not drawn."""
    panels = tuple(FACTORIES[kind](at=at.get(kind)) for kind in kinds)
    output = BASE.output.model_copy(update={"size": size})
    return BASE.model_copy(update={"panels": panels, "title": title, "output": output})


def overlap(one: Rect, other: Rect) -> bool:
    across = min(one.right, other.right) - max(one.x, other.x)
    down = min(one.bottom, other.bottom) - max(one.y, other.y)
    return across > 0.5 and down > 0.5


def every_combination() -> list[tuple[str, ...]]:
    return [kinds for count in range(1, len(KINDS) + 1) for kinds in combinations(KINDS, count)]


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_no_combination_of_panels_overlaps(size: tuple[int, int]) -> None:
    width, height = size
    for kinds in every_combination():
        places = arrange(scene_with(kinds, size)).places
        assert len(places) == len(kinds)
        for slot in places.values():
            assert slot.width >= 0.06 * width, (kinds, places)
            assert slot.x >= 0.045 * width, (kinds, places)
            assert slot.right <= 0.97 * width, (kinds, places)
            assert slot.y >= 0.04 * height, (kinds, places)
            assert slot.bottom <= 0.97 * height, (kinds, places)
        for one, other in combinations(places.values(), 2):
            assert not overlap(one, other), (kinds, places)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_equations_have_the_width_they_need(size: tuple[int, int]) -> None:
    part = 0.36 if size[0] > size[1] else 0.56 if size[0] == size[1] else 0.86
    for kinds in every_combination():
        if "equations" in kinds:
            assert arrange(scene_with(kinds, size)).places["equations"].width >= part * size[0] - 1, kinds


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_boundary_by_the_network_is_large(size: tuple[int, int]) -> None:
    for kinds in every_combination():
        if "boundary" in kinds and not {"equations", "table"} & set(kinds):
            slot = arrange(scene_with(kinds, size)).places["boundary"]
            assert min(slot.width, slot.height) >= 0.37 * min(size), kinds


def test_what_is_not_shown_leaves_its_room_to_others() -> None:
    size = SIZES["wide"]
    alone = arrange(scene_with(("network",), size)).places["network"]
    assert alone.width >= 0.9 * 1920 - 1
    assert alone.height >= 0.85 * 1080
    everything = arrange(scene_with(("network", "table", "numbers", "curve", "title"), size)).places
    without_numbers = arrange(scene_with(("network", "table", "curve", "title"), size)).places
    assert without_numbers["curve"].width > everything["curve"].width
    without_table = arrange(scene_with(("network", "numbers", "curve", "title"), size)).places
    assert without_table["network"].width > everything["network"].width
    assert without_table["curve"] == everything["curve"]


def test_the_scenes_own_place_wins() -> None:
    kinds = ("network", "curve", "numbers")
    moved = arrange(scene_with(kinds, (1000, 500), curve=[0.5, 0.2, 0.4, 0.3])).places
    curve = moved["curve"]
    assert (curve.x, curve.y, curve.width, curve.height) == pytest.approx((500, 100, 400, 150))
    assert moved["network"] == arrange(scene_with(kinds, (1000, 500))).places["network"], "and moves nothing else"


def test_a_place_for_one_shape_leaves_the_others_alone() -> None:
    kinds, at = ("network", "curve"), {"tall": [0.1, 0.1, 0.2, 0.2]}
    for name, size in SIZES.items():
        moved = arrange(scene_with(kinds, size, curve=at)).places["curve"]
        automatic = arrange(scene_with(kinds, size)).places["curve"]
        assert (moved != automatic) == (name == "tall")


def test_pictures_without_a_place_share_a_corner() -> None:
    places = arrange(scene_with(("network", "title", "boundary", "picture", "picture"), SIZES["wide"])).places
    assert {"picture 1", "picture 2"} <= set(places)
    assert places["picture 1"].right < places["picture 2"].x
    assert places["boundary"].y > places["picture 2"].bottom
    mixed = arrange(scene_with(("picture", "network"), SIZES["wide"], picture=[0, 0, 0.5, 0.5])).places
    assert mixed["picture 1"] == Rect(0, 0, 960, 540)


def test_signals_run_along_the_longer_way() -> None:
    assert arrange(scene_with(("network",), SIZES["wide"])).flow == "right"
    assert arrange(scene_with(("network",), SIZES["tall"])).flow == "up"
    narrow = scene_with(("network",), SIZES["wide"], network=[0, 0, 0.2, 1])
    assert arrange(narrow).flow == "up"
    low = scene_with(("network",), SIZES["tall"], network=[0, 0, 1, 0.2])
    assert arrange(low).flow == "right"


def test_without_a_title_the_caption_takes_its_place() -> None:
    titled = arrange(scene_with(("title", "caption"), SIZES["wide"])).places
    untitled = arrange(scene_with(("title", "caption"), SIZES["wide"], title="")).places
    assert untitled["caption"].y < titled["caption"].y


ODD = {
    "4k": (3840, 2160), "portrait": (1080, 1350), "five to four": (1350, 1080), "small": (854, 480),
    "cinema": (1280, 536), "narrow": (608, 1080), "small and tall": (480, 854),
}  # fmt: skip


@pytest.mark.parametrize("size", ODD.values(), ids=ODD)
def test_odd_sizes_are_laid_out_as_well(size: tuple[int, int]) -> None:
    width, height = size
    for kinds in every_combination():
        layout = arrange(scene_with(kinds, size))
        assert layout.small >= smallest_type(size) - 1e-9
        for name, slot in layout.places.items():
            assert slot.x >= 0.04 * width, (name, kinds)
            assert slot.right <= 0.97 * width, (name, kinds)
            assert slot.bottom + (1.75 * layout.small if name == "curve" else 0) <= height, (name, kinds)
        for one, other in combinations(layout.places.values(), 2):
            assert not overlap(one, other), (kinds, layout.places)


def test_two_numbers_stay_large_where_a_picture_is_hardly_wide() -> None:
    """Side by side, 6 digits each: in the corner of a wide picture they would be as small as their names."""
    for size in ((1350, 1080), (1440, 1080), (1920, 1080)):
        layout = arrange(scene_with(("network", "curve", "numbers"), size))
        assert layout.places["numbers"].width >= 0.92 * layout.title * 0.6 * 12 + 1.1 * layout.small, size


def test_a_caption_of_two_lines_is_clear_of_the_network_in_upright_pictures() -> None:
    for size in (ODD["portrait"], SIZES["tall"], ODD["narrow"]):
        layout = arrange(scene_with(("title", "caption", "network", "boundary"), size))
        assert layout.places["network"].y - layout.places["caption"].bottom >= 0.59 * layout.body, size
