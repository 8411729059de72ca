"""Blocks of cells: the neurons of a large layer as small lights, or the picture that is presented to the network."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from netviz.film.frame import Frame
from netviz.picture.blocks import Block
from netviz.picture.panels.panel import Setting
from netviz.picture.panels.scale import LevelScale
from netviz.picture.theme import mix
from netviz.picture.type import fit, width, wrap
from netviz.picture.wiring import Places
from netviz.scene.phrases import say, whole

Floats = NDArray[np.float64]

LINE = 1.3
"""From one line of what is said below the network to the next, in sizes of its type."""
LEVELS = 127
"""Steps of light of either sign."""
BLAMES = 8
"""Steps of the error that has come back to a cell."""
EVEN, FRAMED = 5, 16
"""Pixels from cell to cell from which there is a line between them, and from which it is two pixels wide."""
PATCHES = 4
"""Along either side of a block: its cells shine in so many patches together."""


class Cells:
    """All blocks of a network, a cell for each neuron that is no disc."""

    def __init__(self, setting: Setting, places: Places, scale: LevelScale) -> None:
        self.setting, self.scale = setting, scale
        self.blocks = [(layer, block) for layer, block in enumerate(places.blocks) if block is not None]
        self.maps = [_map(block) for _, block in self.blocks]
        self.colours = setting.canvas.space.palette(_palette(setting))
        self.patches = [_patches(block) for _, block in self.blocks]
        self.lamps = [
            np.array([setting.field.add_spot(*spot) for spot in _spots(block)]) if setting.lit else np.empty(0, int)
            for _, block in self.blocks
        ]

    def light(self, frame: Frame, brightness: Floats) -> None:
        """Halos by the light of the cells that are near each other."""
        theme = self.setting.theme
        for (layer, block), patches, lamps in zip(self.blocks, self.patches, self.lamps, strict=True):
            levels = self.scale.neurons(frame, layer)[block.cells]
            positive, negative = patches @ np.maximum(levels, 0), patches @ np.maximum(-levels, 0)
            blame = (patches @ frame.blame[layer][block.cells])[:, None]
            glow = positive[:, None] * theme.halo(theme.signal) + negative[:, None] * theme.halo(theme.negative_signal)
            brightness[lamps] = 0.5 * glow + 0.3 * blame * theme.halo(theme.error)

    def draw(self, frame: Frame) -> None:
        """The cells."""
        for (layer, block), cells in zip(self.blocks, self.maps, strict=True):
            self.setting.canvas.lay(self._numbers(frame, layer, block)[cells], self.colours, block.left, block.top)

    def _numbers(self, frame: Frame, layer: int, block: Block) -> NDArray[np.uint16]:
        """The palette's number of every cell, of places without one, and of the lines between them."""
        levels = np.rint(LEVELS * self.scale.neurons(frame, layer)[block.cells]).astype(int) + LEVELS
        blame = np.rint((BLAMES - 1) * np.clip(frame.blame[layer][block.cells], 0, 1)).astype(int)
        numbers = levels + (2 * LEVELS + 1) * blame
        last = (2 * LEVELS + 1) * BLAMES
        if frame.focus is not None and frame.focus[0] == layer:
            numbers[block.cells == frame.focus[1]] = last + 1
        return np.append(numbers, last).astype(np.uint16)


class Labels:
    """What the blocks are, below them; and in the network's last line what of it is not drawn one by one."""

    def __init__(self, setting: Setting, places: Places, told: str, left: float, right: float, bottom: float) -> None:
        self.setting = setting
        small = setting.layout.small
        self.blocks = [
            (_label(setting, block), block)
            for layer, block in enumerate(places.blocks)
            if block is not None and places.label
        ]
        self.scene = setting.recording.scene
        self.told, self.size = told_lines(setting, told, right - left)
        self.left = left
        # Beside the picture that is presented stands the next layer, whose label is as high.
        beside = places.blocks[1] if len(places.blocks) > 1 and places.flow == "right" else None
        self.free = right - left if beside is None else beside.left - left - small
        self.x, self.y = (left + right) / 2, bottom - 0.55 * small

    def draw(self, frame: Frame) -> None:
        """The labels."""
        canvas, theme, words = self.setting.canvas, self.setting.theme, self.setting.faces.words
        small = self.setting.layout.small
        for text, block in self.blocks:
            if block.is_picture and frame.example is not None:
                number, count = (whole(self.scene, n) for n in (frame.example + 1, self.scene.data.train_count))
                longer = f"{text}, {say(self.scene, 'label-example', number=number, count=count)}"
                text = longer if width(longer, words, small) <= self.free else text
            x, y = block.left + block.width / 2, block.top + block.height + 0.95 * small
            x = max(x, self.left + width(text, words, small) / 2)
            canvas.text(text, x, y, words, small, theme.quiet, "middle")
        for above, line in enumerate(reversed(self.told)):
            canvas.text(line, self.x, self.y - LINE * above * small, words, self.size, theme.quiet, "middle")


def told_lines(setting: Setting, told: str, room: float) -> tuple[list[str], float]:
    """What is said of the network below it, on one line or, where that is too narrow for it, two; and its size."""
    small, words = setting.layout.small, setting.faces.words
    text, size = fit(told, words, small, room, 0.8 * small)
    return ([text], size) if text == told else wrap(told, words, small, room, 0.8 * small)


def labels_fit(setting: Setting, places: Places) -> bool:
    """Whether every block's label has its room: beside the next layer, or below it with synapses still to be seen."""
    words, small, up = setting.faces.words, setting.layout.small, places.flow == "up"
    middles, halves = [], []
    for centres, block in zip(places.centres, places.blocks, strict=True):
        middle, half = float(centres[0, int(up)]), places.radius
        if block is not None:
            middle = float(block.centres[:, int(up)].mean())
            half = max(half, (block.height if up else block.width) / 2)
            if not up and not block.is_picture:
                half = max(half, width(_label(setting, block), words, small) / 2 + 0.25 * small)
        middles.append(middle)
        halves.append(half)
    between = [places.radius + places.label * (block is not None) if up else 0.0 for block in places.blocks[1:]]
    taken = [sum(pair) for pair in zip(halves, halves[1:], between, strict=False)]
    return all(abs(there - here) >= need for (here, there), need in zip(pairwise(middles), taken, strict=True))


def _label(setting: Setting, block: Block) -> str:
    scene = setting.recording.scene
    if block.is_picture:
        return say(scene, "label-pixels", rows=block.rows, columns=block.columns)
    return say(scene, "label-more", count=whole(scene, len(block.cells)))


def _map(block: Block) -> NDArray[np.int64]:
    """For each pixel of a block, filled up to even numbers of rows and columns, the cell it is part of.

    Or the number after the last cell, where it is part of none.
    """
    line = 0 if block.pitch < EVEN else 1 if block.pitch < FRAMED else 2
    row, column = (np.arange(count + count % 2) for count in (block.height, block.width))
    cells = (row // block.pitch)[:, None] * block.columns + (column // block.pitch)[None, :]
    inside = [
        (at % block.pitch < block.pitch - line) & (at < size)
        for at, size in ((row, block.height), (column, block.width))
    ]
    count = len(block.cells)
    return np.where(inside[0][:, None] & inside[1][None, :] & (cells < count), cells, count)


def _palette(setting: Setting) -> NDArray[np.uint8]:
    """Colours (n, 3): for each step of the error those of light from -1 to 1; of what is no cell; of the focus."""
    theme = setting.theme
    levels = np.linspace(-1, 1, 2 * LEVELS + 1)[:, None]
    signal = np.where(levels >= 0, theme.signal, theme.negative_signal)
    lit = (1 - np.abs(levels)) * theme.neuron + np.abs(levels) * signal
    blamed = [(1 - blame) * lit + blame * theme.error for blame in 0.8 * np.linspace(0, 1, BLAMES)]
    ground = mix(theme.centre, theme.neuron, 0.35)
    colours = np.concatenate([*blamed, ground[None], theme.ink[None]])
    return np.asarray(np.rint(255 * np.clip(colours, 0, 1)), np.uint8)


def _patch_of(block: Block) -> NDArray[np.int64]:
    """For every cell the patch it belongs to."""
    row, column = np.divmod(np.arange(len(block.cells)), block.columns)
    return np.asarray(row * PATCHES // block.rows * PATCHES + column * PATCHES // block.columns)


def _patches(block: Block) -> Floats:
    """What turns values of cells into means of patches: (patches, cells), over the places of a full patch."""
    shares = np.zeros((PATCHES * PATCHES, len(block.cells)))
    shares[_patch_of(block), np.arange(len(block.cells))] = 1.0
    return np.asarray(shares * PATCHES**2 / (block.rows * block.columns))


def _spots(block: Block) -> list[tuple[float, float, float]]:
    """Middle and radius of the halo of each patch."""
    across, down = block.width / PATCHES, block.height / PATCHES
    radius = 0.45 * min(across, down)
    return [
        (block.left + (column + 0.5) * across, block.top + (row + 0.5) * down, radius)
        for row in range(PATCHES)
        for column in range(PATCHES)
    ]
