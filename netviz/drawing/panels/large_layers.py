"""Large layers: neurons as cells of a block, and all synapses of a layer together as soft bands of light."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.layer_collapsing import CollapsedNetwork
from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import CellBlock, NetworkPositions, bezier
from netviz.drawing.panels.growth import NODES, fade_back, node_levels
from netviz.drawing.panels.panel import LevelScale, RenderContext
from netviz.drawing.text import fit, width, wrap
from netviz.drawing.theme import mix
from netviz.scene.phrases import say, whole
from netviz.timeline.frame import Frame, state_of
from netviz.timeline.step_timing import rise, swell
from netviz.training.layers import Floats
from netviz.training.recording import AT_REST

LINE = 1.3
"""Distance from one line of the note below the network to the next, in sizes of its type."""
_LEVELS = 127
"""Steps of light of either sign."""
ERROR_STEPS = 8
"""Steps of a cell's error signal."""
EVEN, FRAMED = 5, 16
"""Pixels from cell to cell from which there is a line between cells, and from which it is two pixels wide."""
PATCHES = 4
"""Patches along either side of a block: the cells of each share one halo."""


class Cells:
    """Cells of all blocks of a network, one for each neuron that is no disc."""

    def __init__(self, context: RenderContext, places: NetworkPositions, scale: LevelScale) -> None:
        self.context, self.places, self.scale = context, places, scale
        self.blocks = [(layer, block) for layer, block in enumerate(places.blocks) if block is not None]
        self.maps = [_map(block) for _, block in self.blocks]
        self.colours = context.canvas.space.palette(_palette(context))
        self.patches = [_patches(block) for _, block in self.blocks]
        self.light_sources = [
            np.array([context.field.add_spot(*spot) for spot in _spots(block)]) if context.glows else np.empty(0, int)
            for _, block in self.blocks
        ]

    def light(self, frame: Frame, brightness: Floats) -> None:
        """Set the halos of patches by the light of their cells."""
        theme = self.context.theme
        for (layer, block), patches, light_sources in zip(self.blocks, self.patches, self.light_sources, strict=True):
            levels = self.scale.neurons(frame, layer)[block.cells]
            positive, negative = patches @ np.maximum(levels, 0), patches @ np.maximum(-levels, 0)
            error_signal = (patches @ frame.error_signal[layer][block.cells])[:, None]
            glow = positive[:, None] * theme.halo(theme.signal) + negative[:, None] * theme.halo(theme.negative_signal)
            brightness[light_sources] = 0.5 * glow + 0.3 * error_signal * theme.halo(theme.error)

    def draw(self, frame: Frame) -> None:
        """Draw the cells; in the opening those of a block appear together, with the middle of their layer."""
        canvas = self.context.canvas
        under = canvas.memory.copy() if frame.drawn < 1 and self.blocks else None
        for (layer, block), cells in zip(self.blocks, self.maps, strict=True):
            canvas.lay(self._numbers(frame, layer, block)[cells], self.colours, block.left, block.top)
            if under is not None:
                level = float(np.median(node_levels(frame.drawn, self.places)[layer]))
                # Blocks with an odd number of rows or columns are filled up to even ones.
                fade_back(canvas, under, Rect(block.left, block.top, block.width + 1, block.height + 1), level)

    def _numbers(self, frame: Frame, layer: int, block: CellBlock) -> NDArray[np.uint16]:
        """Palette numbers of all cells, and last the number of places without one and of the lines between them."""
        levels = np.rint(_LEVELS * self.scale.neurons(frame, layer)[block.cells]).astype(int) + _LEVELS
        error_signal = np.rint((ERROR_STEPS - 1) * np.clip(frame.error_signal[layer][block.cells], 0, 1)).astype(int)
        numbers = levels + (2 * _LEVELS + 1) * error_signal
        last = (2 * _LEVELS + 1) * ERROR_STEPS
        if frame.highlighted is not None and frame.highlighted[0] == layer:
            numbers[block.cells == frame.highlighted[1]] = last + 1
        return np.append(numbers, last).astype(np.uint16)


class Labels:
    """Labels below the blocks, and the note, in the network's last line, on what is not drawn one by one."""

    def __init__(
        self, context: RenderContext, places: NetworkPositions, note: str, left: float, right: float, bottom: float
    ) -> None:
        self.context = context
        small = context.layout.small
        self.blocks = [
            (_label(context, block), block)
            for layer, block in enumerate(places.blocks)
            if block is not None and places.label
        ]
        self.scene = context.recording.scene
        self.note, self.size = note_lines(context, note, right - left)
        self.left = left
        # The next layer stands beside the presented picture, and its label is at the same height.
        beside = places.blocks[1] if len(places.blocks) > 1 and places.flow == "right" else None
        self.free = right - left if beside is None else beside.left - left - small
        self.x, self.y = (left + right) / 2, bottom - 0.55 * small

    def draw(self, frame: Frame) -> None:
        """Write the labels and the note."""
        canvas, theme, words = self.context.canvas, self.context.theme, self.context.faces.words
        small = self.context.layout.small
        level = rise(frame.drawn, 0.6 * NODES, NODES)
        for text, block in self.blocks:
            if block.is_picture and frame.example is not None:
                number, count = (whole(self.scene, n) for n in (frame.example + 1, self.scene.data.train_count))
                longer = f"{text}, {say(self.scene, 'label-example', number=number, count=count)}"
                text = longer if width(longer, words, small) <= self.free else text
            x, y = block.left + block.width / 2, block.top + block.height + 0.95 * small
            x = max(x, self.left + width(text, words, small) / 2)
            canvas.text(text, x, y, words, small, theme.quiet, "middle", level)
        for above, line in enumerate(reversed(self.note)):
            canvas.text(line, self.x, self.y - LINE * above * small, words, self.size, theme.quiet, "middle", level)


def note_lines(context: RenderContext, note: str, slot: float) -> tuple[list[str], float]:
    """The note below the network on one line or, where that is too narrow, two; and its size of type in pixels."""
    small, words = context.layout.small, context.faces.words
    text, size = fit(note, words, small, slot, 0.8 * small)
    return ([text], size) if text == note else wrap(note, words, small, slot, 0.8 * small)


def labels_fit(context: RenderContext, places: NetworkPositions) -> bool:
    """True if every block's label fits: beside the next layer, or below its own with synapses still to be seen."""
    words, small, up = context.faces.words, context.layout.small, places.flow == "up"
    middles, halves = [], []
    for centres, block in zip(places.centres, places.blocks, strict=True):
        middle, half = float(centres[0, int(up)]), places.radius
        if block is not None:
            middle = float(block.centres[:, int(up)].mean())
            half = max(half, (block.height if up else block.width) / 2)
            if not up and not block.is_picture:
                half = max(half, width(_label(context, block), words, small) / 2 + 0.25 * small)
        middles.append(middle)
        halves.append(half)
    between = [places.radius + places.label * (block is not None) if up else 0.0 for block in places.blocks[1:]]
    taken = [sum(pair) for pair in zip(halves, halves[1:], between, strict=False)]
    return all(abs(there - here) >= need for (here, there), need in zip(pairwise(middles), taken, strict=True))


def _label(context: RenderContext, block: CellBlock) -> str:
    scene = context.recording.scene
    if block.is_picture:
        return say(scene, "label-pixels", rows=block.rows, columns=block.columns)
    return say(scene, "label-more", count=whole(scene, len(block.cells)))


def _map(block: CellBlock) -> NDArray[np.int64]:
    """Map from each pixel of a block, filled up to even numbers of rows and columns, to the number of its cell.

    Pixels of no cell have the number after the last.
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


def _palette(context: RenderContext) -> NDArray[np.uint8]:
    """Colours (n, 3): for each step of error signal those of light -1 to 1; of no cell; of the highlighted cell."""
    theme = context.theme
    levels = np.linspace(-1, 1, 2 * _LEVELS + 1)[:, None]
    signal = np.where(levels >= 0, theme.signal, theme.negative_signal)
    glows = (1 - np.abs(levels)) * theme.neuron + np.abs(levels) * signal
    reddened = [
        (1 - error_signal) * glows + error_signal * theme.error for error_signal in 0.8 * np.linspace(0, 1, ERROR_STEPS)
    ]
    background = mix(theme.centre, theme.neuron, 0.35)
    colours = np.concatenate([*reddened, background[None], theme.ink[None]])
    return np.asarray(np.rint(255 * np.clip(colours, 0, 1)), np.uint8)


def _patch_of(block: CellBlock) -> NDArray[np.int64]:
    """Number of the patch that each cell belongs to."""
    row, column = np.divmod(np.arange(len(block.cells)), block.columns)
    return np.asarray(row * PATCHES // block.rows * PATCHES + column * PATCHES // block.columns)


def _patches(block: CellBlock) -> Floats:
    """Matrix (patches, cells) from values of cells to means of patches, over the places of a full patch."""
    shares = np.zeros((PATCHES * PATCHES, len(block.cells)))
    shares[_patch_of(block), np.arange(len(block.cells))] = 1.0
    return np.asarray(shares * PATCHES**2 / (block.rows * block.columns))


def _spots(block: CellBlock) -> list[tuple[float, float, float]]:
    """Middle x, y and radius of the halo of each patch, in pixels."""
    across, down = block.width / PATCHES, block.height / PATCHES
    radius = 0.45 * min(across, down)
    return [
        (block.left + (column + 0.5) * across, block.top + (row + 0.5) * down, radius)
        for row in range(PATCHES)
        for column in range(PATCHES)
    ]


# Edge bundles: all synapses of a layer that has too many for lines, as soft bands between groups of neurons.

MOST_GROUPS = 10
"""Most groups of a layer's discs."""
_BANDS = 6
"""Groups of the cells of a block."""
AT_REST_LEVEL, CARRIED_LEVEL, CHANGE_LEVEL, ERROR_LEVEL = 0.55, 1.3, 1.2, 1.2
"""Light of all bands of a layer together: from weights, from carried signals, from changes, from the error signal."""
TINT = 2.0
"""Factor from a band's surplus of one sign to the strength of its colour."""


class Groups(NamedTuple):
    """Groups of one layer's nodes. members (g, nodes_l): 1 where a node belongs to a group.

    leaves, reaches (g, 2): points where bands begin and end. breadth (g,): half of each group's extent across the flow.
    All in pixels.
    """

    members: Floats
    leaves: Floats
    reaches: Floats
    breadth: Floats


class Bands(NamedTuple):
    """Bands of one weight layer, from each group before it to each after.

    before, after: membership of nodes in groups. most: the largest sum of |weight| of a band.
    """

    layer: int
    before: Floats
    after: Floats
    light_sources: NDArray[np.int64]
    most: float

    def sums(self, values: Floats) -> Floats:
        """Sums (bands,) of a value over the synapses of each band."""
        return np.asarray((self.before @ values @ self.after).ravel())


class EdgeBundles:
    """Edge bundles: the bands of all weight layers of which not every synapse is a line."""

    def __init__(self, context: RenderContext, places: NetworkPositions, collapsed: CollapsedNetwork) -> None:
        self.context = context
        self.neutral = mix(context.theme.quiet, context.theme.centre, 0.25)
        self.bands = [
            self._bands(places, layer)
            for layer, lines in enumerate(collapsed.lines)
            if lines is not None and context.glows
        ]

    def _bands(self, places: NetworkPositions, layer: int) -> Bands:
        field, recording = self.context.field, self.context.recording
        before, after = groups(places, layer), groups(places, layer + 1)
        first, last = (grid.ravel() for grid in np.indices((len(before.members), len(after.members))))
        neurons = len(places.neurons(layer + 1))
        curves = bezier(before.leaves[first], after.reaches[last], places.flow)
        least = 7 * self.context.layout.unit
        sigmas = np.maximum(least, 0.32 * (before.breadth[first] + after.breadth[last]))
        light_sources = [
            field.add_line(curve, ((1.0, float(sigma)),)) for curve, sigma in zip(curves, sigmas, strict=True)
        ]
        found = Bands(layer, before.members, after.members[:, :neurons].T, np.array(light_sources), 1.0)
        rest = np.flatnonzero(recording.example == AT_REST)
        moments = (state_of(recording, int(rest[at])).weights[layer] for at in (0, len(rest) // 2, -1))
        return found._replace(most=max(float(found.sums(np.abs(moment)).max()) for moment in moments) or 1.0)

    def light(self, frame: Frame, brightness: Floats) -> None:
        """Set the bands' light by weights, carried signals, changes, error signal; coloured where one sign prevails."""
        theme = self.context.theme
        for bands in self.bands:
            weights = frame.weights[bands.layer]
            size, net = bands.sums(np.abs(weights)), bands.sums(weights)
            surplus = np.clip(TINT * np.abs(net) / np.maximum(size, 1e-12), 0, 1)[:, None]
            sign = np.where(net[:, None] > 0, theme.positive, theme.negative)
            level = AT_REST_LEVEL * size / bands.most
            level += CARRIED_LEVEL * _shares(bands, frame.carried[bands.layer])
            level += CHANGE_LEVEL * _shares(bands, np.abs(frame.change[bands.layer]))
            light = level[:, None] * theme.halo((1 - surplus) * self.neutral + surplus * sign)
            for pulse in frame.pulses:
                if pulse.layer == bands.layer and pulse.direction == "backward":
                    back = ERROR_LEVEL * swell(pulse.position) * _shares(bands, pulse.strength)
                    light += back[:, None] * theme.halo(theme.error)
            brightness[bands.light_sources] = light / np.sqrt(len(bands.light_sources))


def _shares(bands: Bands, values: Floats) -> Floats:
    """Sum of values over each band, relative to the largest sum, times the root of the strongest synapse's value."""
    most = float(values.max())
    if most <= 0:
        return np.zeros(len(bands.light_sources))
    sums = bands.sums(values)
    return np.asarray(np.sqrt(most) * sums / sums.max())


def groups(places: NetworkPositions, layer: int) -> Groups:
    """Groups of a layer's nodes: neighbouring discs, and bands of a block's cells across the flow."""
    centres, radii, block = places.centres[layer], places.radii(layer), places.block(layer)
    across = 1 if places.flow == "right" else 0
    nodes = places.nodes(layer)
    found = np.array_split(nodes, min(len(nodes), MOST_GROUPS)) if len(nodes) else []
    if block is not None:
        line = (block.centres[:, across] - block.centres[0, across]) / block.pitch
        band = (np.rint(line) * _BANDS / (np.rint(line).max() + 1)).astype(int)
        found += [block.cells[band == number] for number in np.unique(band)]
    members = np.zeros((len(found), len(centres)))
    leaves, reaches, breadth = np.empty((len(found), 2)), np.empty((len(found), 2)), np.empty(len(found))
    for number, part in enumerate(found):
        members[number, part] = 1.0
        spots, away = centres[part], radii[part] if block is None or part[0] not in block.cells else block.pitch / 2
        low, high = (spots - np.reshape(away, (-1, 1))).min(axis=0), (spots + np.reshape(away, (-1, 1))).max(axis=0)
        middle = (low + high) / 2
        breadth[number] = (high - low)[across] / 2
        leaves[number] = reaches[number] = middle
        if places.flow == "right":
            leaves[number, 0], reaches[number, 0] = high[0], low[0]
        else:
            leaves[number, 1], reaches[number, 1] = low[1], high[1]
    return Groups(members, leaves, reaches, breadth)
