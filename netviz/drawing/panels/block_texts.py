"""Texts of blocks' tiles: name, label, repeats, shape and number of weights, beside the lines of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from netviz.drawing.block_layout import Tile, TileGrid
from netviz.drawing.canvas import Anchor
from netviz.drawing.layout import Rect
from netviz.drawing.panels.panel import RenderContext
from netviz.drawing.text import Font, fit, width
from netviz.recording.blocks import Block
from netviz.scene.phrases import decimal, say

PAD, SIGN, AFTER_SIGN = 0.6, 0.42, 0.5
"""From a tile's edge to its text, half the side of its sign, and from that to the name, in sizes of the tiles' type."""
DETAIL, LEAST = 0.86, 0.8
"""Size of all but names, and the smallest that a text becomes before it is cut, as parts of the tiles' type."""
LINE, BELOW_NAME, BESIDE = 1.16, 1.28, 0.5
"""From line to line, from the name to the line below it, and between two texts on one line, in sizes of type."""
SHORTEST, SHORTEST_SLIM, LONGEST = 2.0, 1.6, 0.5
"""Least length of the lines of numbers, and that in a tile of one line, in sizes of type; and their largest, as a part
of a tile's width."""
LEAST_WITH_LINES = 7.6
"""Least width of the inside of tiles that have lines of numbers, whatever must be cut for them."""
UPPER, LOWER = -0.62, 0.68
"""Heights of the two lines of a compact tile, from its middle."""
FEWEST = 6
"""Fewest letters that are left of a label that is cut; of less there is none."""

LabelledText = tuple[str, float, float, Font, float, Anchor]
"""A text with its x, y, font, size and anchor."""


@dataclass(frozen=True)
class TileTexts:
    """Texts of a tile: in ink, and quieter. lines: where the lines of its numbers stand; None without weights."""

    names: list[LabelledText]
    details: list[LabelledText] = field(default_factory=list)
    lines: Rect | None = None


def texts_of(context: RenderContext, grid: TileGrid, blocks: Sequence[Block]) -> list[TileTexts]:
    """Texts of all tiles of a layer."""
    return _Writer(context, grid, blocks).texts()


def abbreviated(context: RenderContext, count: int) -> str:
    """A number of weights in two or three digits: 512, 9.4 k, 148 k, 2.1 M."""
    for power, key in ((9, "billion"), (6, "million"), (3, "thousand")):
        if count >= 0.9995 * 10**power:
            part = count / 10**power
            return say(
                context.scene,
                f"block-{key}",
                count=decimal(context.scene, f"{part:.1f}" if part < 9.95 else f"{part:.0f}"),
            )
    return str(count)


class _Writer:
    """Sets the texts of one layer's tiles, all in the same form."""

    def __init__(self, context: RenderContext, grid: TileGrid, blocks: Sequence[Block]) -> None:
        self.context, self.grid, self.blocks = context, grid, blocks
        self.size, self.detail = grid.size, DETAIL * grid.size
        self.words, self.medium = context.faces.words, context.faces.medium
        tiles = [tile for tile in grid.tiles if not tile.is_slim]
        self.inner = grid.tiles[0].rect.width - 2 * PAD * self.size
        least = SHORTEST * self.size + BESIDE * self.size
        for self.form in range(3):
            needed = [max((self._long(text) for text in self._below(tile)), default=0.0) for tile in tiles]
            learned = [long for long, tile in zip(needed, tiles, strict=True) if self._weights(tile)]
            if all(long <= self.inner for long in needed) and max(learned, default=0.0) <= self.inner - least:
                break
        # In a narrow place texts have it all.
        self.has_lines = self.inner >= LEAST_WITH_LINES * self.size or max(learned, default=0.0) <= self.inner - least
        beside = min(max(learned, default=0.0), self.inner - least)
        self.lines_wide = min(self.inner - beside - BESIDE * self.size, LONGEST * grid.tiles[0].rect.width)

    def texts(self) -> list[TileTexts]:
        """Texts of all tiles."""
        return [self._slim(tile) if tile.is_slim else self._of(tile) for tile in self.grid.tiles]

    # What is said.

    def _several(self, tile: Tile) -> list[Block]:
        return [self.blocks[number] for number in tile.blocks]

    def _weights(self, tile: Tile) -> int:
        return sum(block.weights for block in self._several(tile))

    def _label(self, tile: Tile) -> tuple[str, str]:
        """Name of a tile's block, or the number of those it stands for; and how often it is repeated.

        A function, such as relu, has one name only.
        """
        several = self._several(tile)
        if len(several) > 1:
            return say(self.context.scene, "block-folded", count=len(several)), ""
        block = several[0]
        label = "" if block.label == block.name else block.label
        return label, f"× {block.repeats}" if block.repeats > 1 else ""

    def _below(self, tile: Tile) -> list[str]:
        """Texts beside the lines of numbers: shape and number of weights, on one line where tiles are compact.

        They are shortened, form by form, where all are too long.
        """
        weights, is_several = self._weights(tile), len(tile.blocks) > 1
        shape = (" × " if self.form == 0 else "×").join(map(str, self._several(tile)[-1].shape))
        count = abbreviated(self.context, weights) if weights else ""
        if weights and self.form < 2:
            count = say(self.context.scene, "block-weights", count=count)
        first = self._label(tile)[0] if is_several and self.grid.is_compact else shape
        texts = [text for text in (first, count) if text]
        return [" · ".join(texts)] if self.grid.is_compact and texts else texts

    def _long(self, text: str) -> float:
        return width(text, self.words, self.detail)

    # Where it is said.

    def _of(self, tile: Tile) -> TileTexts:
        """Texts of a tile of several lines."""
        size, rect = self.size, tile.rect
        left, right, middle = rect.x + PAD * size, rect.right - PAD * size, rect.y + rect.height / 2
        start, below = left + (2 * SIGN + AFTER_SIGN) * size, self._below(tile)
        label, times = self._label(tile)
        slot = None
        if self.grid.is_compact:
            names, details = self._side_by_side(tile, label if len(tile.blocks) == 1 else "", start, right, UPPER)
            heights = [middle + LOWER * size]
            if self._weights(tile) and self.has_lines:
                top = middle + 0.18 * size
                slot = Rect(right - self.lines_wide, top, self.lines_wide, rect.bottom - 0.55 * size - top)
        else:
            count = len(below) + bool(label)
            first = middle - (BELOW_NAME + LINE * (count - 1)) * size / 2 if count else middle
            taken = width(times, self.context.faces.strong, size) + BESIDE * size if times else 0.0
            name, own = self._name(tile, right - start - taken)
            names, details = [(name, start, first, self.medium, own, "left")], []
            if times:
                names.append((times, right, first, self.context.faces.strong, size, "right"))
            heights = [first + (BELOW_NAME + number * LINE) * size for number in range(count)]
            if label:
                shown, own = fit(label, self.words, self.detail, right - left, LEAST * self.detail)
                details.append((shown, left, heights.pop(0), self.words, own, "left"))
            if self._weights(tile) and self.has_lines:
                top = max(middle - 0.05 * size, heights[0] - 0.5 * size if heights else middle)
                slot = Rect(right - self.lines_wide, top, self.lines_wide, rect.bottom - PAD * size - top)
        end = right if slot is None else slot.x - 0.4 * size
        for text, y in zip(below, heights, strict=False):
            shown, own = fit(text, self.words, self.detail, end - left, LEAST * self.detail)
            details.append((shown, left, y, self.words, own, "left"))
        return TileTexts(names, details, slot)

    def _slim(self, tile: Tile) -> TileTexts:
        """Texts of a tile of one line."""
        size, rect = self.size, tile.rect
        right, slot = rect.right - PAD * size, None
        if self._weights(tile) and len(tile.blocks) == 1 and self.inner >= LEAST_WITH_LINES * self.size:
            half, wide = 0.27 * rect.height, max(SHORTEST_SLIM * size, 0.16 * rect.width)
            slot = Rect(right - wide, rect.y + rect.height / 2 - half, wide, 2 * half)
            right = slot.x - BESIDE * size
        start = rect.x + (PAD + 2 * SIGN + AFTER_SIGN) * size
        return TileTexts(*self._side_by_side(tile, self._label(tile)[0], start, right, 0.0), slot)

    def _side_by_side(
        self, tile: Tile, label: str, left: float, right: float, height: float
    ) -> tuple[list[LabelledText], list[LabelledText]]:
        """Name, repeats and label on one line; where there is no room for a label, it stands for a name in digits."""
        y, size = tile.rect.y + tile.rect.height / 2 + height * self.size, self.size
        times, strong = self._label(tile)[1], self.context.faces.strong
        taken = width(times, strong, size) + BESIDE * size if times else 0.0
        kept = 0.0  # how many they are is said of several in any case
        if label and len(tile.blocks) > 1:
            kept = width(label, self.words, LEAST * self.detail) + BESIDE * size
        name, own = self._name(tile, right - left - taken - kept)
        room = right - left - taken - width(name, self.medium, own) - BESIDE * size
        shown, small = fit(label, self.words, self.detail, max(kept - BESIDE * size, room), LEAST * self.detail)
        has_label = bool(label) and (shown == label or len(shown) >= FEWEST)
        if label and not has_label and name.isdigit():
            name, own = fit(label, self.medium, size, right - left - taken, LEAST * size)
        names: list[LabelledText] = [(name, left, y, self.medium, own, "left")]
        if times:
            beside = left + width(name, self.medium, own) + BESIDE * size
            names.append((times, beside, y, strong, size, "left"))
        return names, [(shown, right, y, self.words, small, "right")] if has_label else []

    def _name(self, tile: Tile, room: float) -> tuple[str, float]:
        """Name of a block, or the first and last of some, as it fits, and its size: of a long one the end is left."""
        several, font, size = self._several(tile), self.medium, self.size
        first, last = (each.name or each.label for each in (several[0], several[-1]))
        text = first if len(several) == 1 else f"{first} … {last}"
        parts = first.split(".")
        while len(several) == 1 and len(parts) > 1 and width(text, font, LEAST * size) > room:
            parts = parts[1:]
            text = "…" + ".".join(parts)
        return fit(text, font, size, room, LEAST * size)
