"""Block layout: the tiles of a layer's blocks, in columns between two layers of neurons, and neighbours that share one.

Pixels, x to the right, y down, as in the picture's rows. Lengths that are constants here are in sizes of type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from netviz.drawing.layout import Flow, Rect
from netviz.recording.blocks import Block

SLIM_KINDS = frozenset({"norm", "pool", "dropout", "activation", "add", "reshape"})
"""Kinds of blocks that stand behind the others: their tiles are one line high."""
MOST_TILES = 14
"""Most tiles of a layer; of more blocks neighbours share one."""
MOST_COLUMNS = 5
IDEAL, NARROW, NARROWEST, BROADEST = 12.5, 11.8, 9.2, 17.0
"""Width of a tile: the usual, that of several columns in which all can still be read, the least, and the largest."""
LEAST_HIGH = 0.7
"""Part of their height to which tiles are pressed before synapses become shorter than usual, where signals go up."""
SLIM, TALL, COMPACT = 1.75, 5.5, 3.3
"""Height of a tile of one line; of one with name, label, shape and number of weights below each other; and of one with
two lines."""
APART, GUTTER = 0.6, 1.7
"""Gap between two tiles of a column, and between two columns."""
STRETCH, SPREAD = 0.35, 1.2
"""Part of its height by which a tile grows at most where there is room, and by how much gaps do."""
SIZES = ((1.0, False), (0.9, False), (1.0, True), (0.86, True), (0.74, True))
"""Sizes of type that are tried, as parts of small type, and whether tiles are compact."""
BAR, BAR_GAP, BEFORE_NEURONS = 1.45, 0.35, 0.8
"""Thickness of a bar before a dense layer's neurons, the gap between two, and that between the last and the neurons."""
MOST_OF_BARS = 0.3
"""Largest part of the network's length for all its bars; they are thinner where it would be more."""
MOST_BARS = 3
"""Most bars before a layer; of more blocks neighbours share one."""


@dataclass(frozen=True)
class Tile:
    """One tile. blocks: numbers of those that it stands for, more than one where neighbours share it. column: 0-based,
    in which it stands."""

    blocks: tuple[int, ...]
    rect: Rect
    column: int
    is_slim: bool


@dataclass(frozen=True)
class TileGrid:
    """All tiles of a layer, in call order. size: of their type in pixels. is_compact: whether they have two lines."""

    tiles: tuple[Tile, ...]
    size: float
    is_compact: bool


@dataclass(frozen=True)
class BlockRoom:
    """Room along the flow that the blocks of a layer take before its neurons, in pixels.

    bars: number of the bars of a dense layer. ideal, least: length of tiles, 0 for bars. fixed: length of bars.
    """

    bars: int = 0
    ideal: float = 0.0
    least: float = 0.0
    fixed: float = 0.0

    @property
    def has_tiles(self) -> bool:
        """True if blocks stand there in the place of synapses."""
        return self.ideal > 0


def bars_of(blocks: Sequence[Block]) -> list[tuple[int, ...]]:
    """Numbers of the blocks that each bar of a dense layer stands for."""
    count = min(len(blocks), MOST_BARS)
    edges = [number * len(blocks) // max(1, count) for number in range(count + 1)]
    return [tuple(range(first, last)) for first, last in pairwise(edges)]


def room_of(blocks: Sequence[Block], is_dense: bool, across: float, flow: Flow, small: float) -> BlockRoom:
    """Room of a layer's blocks. across: breadth of the network. small: size of small type."""
    if not blocks:
        return BlockRoom()
    if is_dense:
        bars = len(bars_of(blocks))
        return BlockRoom(bars=bars, fixed=(bars * BAR + (bars - 1) * BAR_GAP + BEFORE_NEURONS) * small)
    items = _items(len(blocks)) if len(blocks) <= MOST_TILES else _folded(blocks, MOST_TILES)
    heights = _heights(blocks, items, is_compact=False)
    if flow == "right":
        most = min(MOST_COLUMNS, len(items))
        fitting = (count for count in range(1, most) if _packed(heights, count)[1] * small <= across)
        columns = next(fitting, most)
        least = NARROWEST if columns == 1 else NARROW
        return BlockRoom(ideal=_breadth(columns, IDEAL) * small, least=_breadth(columns, least) * small)
    columns = _most_columns(across / small, len(items))
    high = _packed(heights, columns)[1]
    return BlockRoom(ideal=high * small, least=LEAST_HIGH * high * small)


def tile_grid(blocks: Sequence[Block], area: Rect, flow: Flow, small: float) -> TileGrid:
    """Tiles of a layer's blocks, as readable as the area allows; neighbours share one where they are too many."""
    count = min(len(blocks), MOST_TILES)
    while True:
        items = _items(len(blocks)) if count == len(blocks) else _folded(blocks, count)
        for part, is_compact in SIZES:
            size, is_last = part * small, (part, is_compact) == SIZES[-1]
            if is_last and flow == "right" and area.width >= NARROWEST * SIZES[-2][0] * small:
                continue  # so small type is for narrow and for tall pictures alone
            if area.width < NARROWEST * size and not is_last:
                continue
            heights = _heights(blocks, items, is_compact=is_compact)
            for columns in range(1, _most_columns(area.width / size, len(items)) + 1):
                ends, high = _packed(heights, columns)
                if high * size <= area.height:
                    return TileGrid(_placed(blocks, items, heights, ends, area, flow, size), size, is_compact)
        if count == 1:
            return _line(len(blocks), area, SIZES[-1][0] * small)
        count -= 1


def _line(count: int, area: Rect, size: float) -> TileGrid:
    """One tile of one line for all blocks, where there is no room for more."""
    size = max(1.0, min(size, area.height / SLIM))
    high, width = min(area.height, SLIM * size), min(area.width, BROADEST * size)
    rect = _in_whole_pixels(area.x + (area.width - width) / 2, area.y + (area.height - high) / 2, width, high)
    return TileGrid((Tile(tuple(range(count)), rect, 0, is_slim=True),), size, is_compact=True)


def is_slim(block: Block) -> bool:
    """True for a block whose tile is one line high."""
    return block.kind in SLIM_KINDS or (block.kind == "other" and not block.weights)


def _items(count: int) -> list[tuple[int, ...]]:
    return [(number,) for number in range(count)]


@lru_cache(maxsize=64)
def _fold(slim: tuple[bool, ...], count: int) -> tuple[tuple[int, ...], ...]:
    """Numbers of blocks in `count` groups of neighbours: slim ones come together first, and groups stay alike in size.

    slim: whether each block is.
    """
    groups = _items(len(slim))
    while len(groups) > count:
        costs = [len(group) + 2 * sum(not slim[number] for number in group) for group in groups]
        at = min(range(len(groups) - 1), key=lambda place: (costs[place] + costs[place + 1], place))
        groups[at : at + 2] = [groups[at] + groups[at + 1]]
    return tuple(groups)


def _folded(blocks: Sequence[Block], count: int) -> list[tuple[int, ...]]:
    return list(_fold(tuple(map(is_slim, blocks)), count))


def _heights(blocks: Sequence[Block], items: Sequence[tuple[int, ...]], *, is_compact: bool) -> list[float]:
    """Height of each tile."""
    tall = COMPACT if is_compact else TALL
    return [SLIM if all(is_slim(blocks[number]) for number in item) else tall for item in items]


def _breadth(columns: int, width: float) -> float:
    return columns * width + (columns - 1) * GUTTER


def _most_columns(breadth: float, tiles: int) -> int:
    """Most columns that so much breadth has room for: at least one."""
    return max(1, min(MOST_COLUMNS, tiles, int((breadth + GUTTER) / (NARROWEST + GUTTER))))


def _packed(heights: Sequence[float], columns: int) -> tuple[list[int], float]:
    """Ends of the tiles of each column, in order, of which the highest is as low as can be; and its height."""
    starts = [0.0, *accumulate(height + APART for height in heights)]
    best = [height - APART for height in starts]  # of the first tiles, in one column
    cuts: list[list[int]] = []
    for _ in range(columns - 1):
        found, cut = [best[0]], [0]
        for last in range(1, len(starts)):
            high, first = min((max(best[first], starts[last] - starts[first] - APART), -first) for first in range(last))
            found.append(high)
            cut.append(-first)
        best = found
        cuts.append(cut)
    ends = [len(heights)]
    for cut in reversed(cuts):
        ends.append(cut[ends[-1]])
    return [end for end in reversed(ends) if end], best[-1]


def _placed(
    blocks: Sequence[Block],
    items: Sequence[tuple[int, ...]],
    heights: Sequence[float],
    ends: Sequence[int],
    area: Rect,
    flow: Flow,
    size: float,
) -> tuple[Tile, ...]:
    """Tiles in the middle of the area, those of a column below each other; where signals go up, above each other."""
    ends = list(dict.fromkeys(ends))
    columns = list(zip([0, *ends[:-1]], ends, strict=True))
    width = min(BROADEST * size, (area.width - (len(columns) - 1) * GUTTER * size) / len(columns))
    left = area.x + (area.width - len(columns) * width - (len(columns) - 1) * GUTTER * size) / 2
    natural = [(sum(heights[first:last]) + (last - first - 1) * APART) * size for first, last in columns]
    room = min(area.height, (1 + STRETCH) * max(natural))
    found = []
    for number, (first, last) in enumerate(columns):
        own = [height * size for height in heights[first:last]]
        stretching = [0.0 if height == SLIM else height * size for height in heights[first:last]]
        more = min(max(0.0, room - natural[number]), STRETCH * sum(stretching))
        own = [height + more * part / max(1e-9, sum(stretching)) for height, part in zip(own, stretching, strict=True)]
        gaps = max(1, last - first - 1)
        gap = APART * size + min(SPREAD * size, max(0.0, room - natural[number] - more) / gaps)
        high = sum(own) + (last - first - 1) * gap
        scale = min(1.0, area.height / high)
        y = area.y + (area.height - scale * high) / 2
        for place in range(first, last) if flow == "right" else reversed(range(first, last)):
            x = left + number * (width + GUTTER * size)
            rect = _in_whole_pixels(x, y, width, scale * own[place - first])
            found.append(Tile(items[place], rect, number, all(is_slim(blocks[each]) for each in items[place])))
            y += scale * (own[place - first] + gap)
    return tuple(sorted(found, key=lambda tile: tile.blocks))


def _in_whole_pixels(x: float, y: float, width: float, height: float) -> Rect:
    left, top = round(x), round(y)
    return Rect(left, top, max(1, int(x + width) - left), max(1, int(y + height) - top))
