"""Tiles and bars of blocks: where they stand, and which blocks share one."""

from __future__ import annotations

from itertools import combinations

import pytest

from netviz.drawing.block_layout import (
    MOST_BARS,
    MOST_TILES,
    TileGrid,
    bars_of,
    is_slim,
    room_of,
    tile_grid,
)
from netviz.drawing.layout import Flow, Rect
from netviz.recording.blocks import Block

AREAS = [Rect(40, 60, 420, 340), Rect(10, 10, 230, 420), Rect(0, 5, 640, 180), Rect(3, 3, 90, 50), Rect(0, 0, 30, 14)]


def blocks(count: int, kinds: str = "cnac") -> list[Block]:
    """So many blocks: c, a convolution; n, a norm; a, an activation."""
    names = {"c": "conv", "n": "norm", "a": "activation"}
    return [Block(f"part.{number}", names[kinds[number % len(kinds)]], "Kind", (8, 8), 7) for number in range(count)]


def meet(one: Rect, other: Rect) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("flow", ["right", "up"])
@pytest.mark.parametrize("count", [1, 2, 5, 12, 15, 60, 300])
def test_every_block_is_in_one_tile_and_tiles_touch_neither_each_other_nor_the_edge(
    count: int, flow: Flow, area: Rect
) -> None:
    grid = tile_grid(blocks(count), area, flow, 12.0)
    assert [number for tile in grid.tiles for number in tile.blocks] == [*range(count)]
    assert len(grid.tiles) <= min(count, MOST_TILES)
    for tile in grid.tiles:
        rect = tile.rect
        assert area.x - 1 <= rect.x and rect.right <= area.right + 1
        assert area.y - 1 <= rect.y and rect.bottom <= area.bottom + 1
        assert min(rect.width, rect.height) >= 1
    assert not any(meet(one.rect, other.rect) for one, other in combinations(grid.tiles, 2))
    columns = [tile.column for tile in grid.tiles]
    assert columns == sorted(columns)
    for one, other in zip(grid.tiles, grid.tiles[1:], strict=False):
        if one.column == other.column:  # the signal goes down a column, or up it where the network's go up
            assert (one.rect.y < other.rect.y) == (flow == "right")


def heights(grid: TileGrid) -> dict[bool, float]:
    """Mean height of slim tiles (True) and of others."""
    found = {}
    for kind in (True, False):
        high = [tile.rect.height for tile in grid.tiles if tile.is_slim is kind]
        found[kind] = sum(high) / len(high)
    return found


def test_what_matters_most_takes_the_most_room() -> None:
    tall = heights(tile_grid(blocks(8), AREAS[0], "right", 14.0))
    assert tall[False] > 2.5 * tall[True]


def test_neighbours_that_share_a_tile_are_small_ones_first() -> None:
    grid = tile_grid(blocks(24, "cnan"), Rect(0, 0, 900, 700), "right", 12.0)
    alone = [tile.blocks[0] for tile in grid.tiles if len(tile.blocks) == 1]
    assert [number for number in range(24) if number % 4 == 0 and number not in alone] == []
    assert len(grid.tiles) == MOST_TILES


def test_more_blocks_take_more_room_and_tiles_are_read_in_every_room() -> None:
    rooms = [room_of(blocks(count), False, 340, "right", 14.0) for count in (1, 6, 12, 60)]
    assert [room.ideal for room in rooms] == sorted(room.ideal for room in rooms)
    assert rooms[0].ideal < rooms[2].ideal
    assert all(0 < room.least <= room.ideal and room.has_tiles for room in rooms)
    assert room_of((), False, 340, "right", 14.0).ideal == 0
    bars = [room_of(blocks(count), True, 340, "right", 14.0) for count in (1, 2, 3, 9)]
    assert bars[0].fixed < bars[1].fixed < bars[2].fixed == bars[3].fixed
    assert not any(bar.has_tiles for bar in bars)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 11])
def test_every_block_of_a_dense_layer_is_in_one_bar(count: int) -> None:
    bars = bars_of(blocks(count))
    assert [number for bar in bars for number in bar] == [*range(count)]
    assert len(bars) == min(count, MOST_BARS)
    assert all(bars)


def test_norms_and_functions_are_small() -> None:
    assert [is_slim(block) for block in blocks(3)] == [False, True, True]
