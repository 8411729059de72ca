"""Large layers: pixels and neurons as cells of a block, and all synapses of a layer together as bands of light."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netviz.drawing.canvas import left_free
from netviz.drawing.layer_collapsing import CollapsedNetwork
from netviz.drawing.layout import Rect
from netviz.drawing.network_layout import CellBlock, NetworkPositions
from netviz.drawing.panels.growth import NODES, fade_back, node_levels
from netviz.drawing.panels.neurons import highlighted_nodes
from netviz.drawing.panels.panel import LevelScale, RenderContext
from netviz.drawing.panels.shades import Shaded
from netviz.drawing.synapse_curves import bezier
from netviz.drawing.text import fit, width, wrap
from netviz.drawing.theme import mix
from netviz.recording.layers import Floats
from netviz.recording.recording import AT_REST
from netviz.scene.phrases import say, whole
from netviz.timeline.captions import example_label
from netviz.timeline.frame import Frame, state_of
from netviz.timeline.step_timing import rise, swell

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
RIM = 0.11
"""Width of the rim of a round cell, as a part of the distance from cell to cell."""
PAPER = 0.105
"""Part of the quiet colour in a pixel without light, which is seen as paper."""


class Cells:
    """Cells of all blocks of a network, one for each neuron that is no disc: squares of a picture, else small rings."""

    def __init__(self, context: RenderContext, places: NetworkPositions, scale: LevelScale) -> None:
        self.context, self.places, self.scale = context, places, scale
        self.blocks = [
            (layer, block) for layer, block in enumerate(places.blocks) if block is not None and block.pixels is None
        ]
        self.maps = [_map(block) for _, block in self.blocks]
        self.covers = [
            None if block.is_picture else left_free(context.canvas, _round_cells(block), [(block.left, block.top)])
            for _, block in self.blocks
        ]
        self.colours = [context.canvas.space.palette(_palette(context, block.is_picture)) for _, block in self.blocks]
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
        canvas.settle()
        under = canvas.memory.copy() if frame.drawn < 1 and self.blocks else None
        for (layer, block), cells, cover, colours in zip(
            self.blocks, self.maps, self.covers, self.colours, strict=True
        ):
            numbers = self._numbers(frame, layer, block)[cells]
            with canvas.partly(*cover) if cover is not None else nullcontext():
                canvas.lay(numbers, colours, block.left, block.top)
            if under is not None:
                level = float(np.median(node_levels(frame.drawn, self.places)[layer]))
                # Blocks with an odd number of rows or columns are filled up to even ones.
                fade_back(canvas, under, Rect(block.left, block.top, block.width + 1, block.height + 1), level)

    def _numbers(self, frame: Frame, layer: int, block: CellBlock) -> NDArray[np.uint16]:
        """Palette numbers of all cells, then those of their rims, last the number of places without a cell."""
        levels = np.rint(_LEVELS * self.scale.neurons(frame, layer)[block.cells]).astype(int) + _LEVELS
        error_signal = np.rint((ERROR_STEPS - 1) * np.clip(frame.error_signal[layer][block.cells], 0, 1)).astype(int)
        numbers = levels + (2 * _LEVELS + 1) * error_signal
        inside, last = (2 * _LEVELS + 1) * ERROR_STEPS, 2 * (2 * _LEVELS + 1) * ERROR_STEPS
        rims = numbers + inside
        for neuron in [neuron for (at, neuron), level in highlighted_nodes(frame) if at == layer and level > 0.5]:
            numbers[block.cells == neuron] = rims[block.cells == neuron] = last + 1
        return np.concatenate([numbers, rims, [last]]).astype(np.uint16)


class Labels:
    """Labels below the blocks, and the note, in the network's last line, on what is not drawn one by one."""

    def __init__(
        self, context: RenderContext, places: NetworkPositions, note: str, left: float, right: float, bottom: float
    ) -> None:
        self.context, self.shaded = context, Shaded(context)
        small = context.layout.small
        self.labels = [
            (_label(context, places, layer), box, layer)
            for layer in range(len(places.centres))
            if (box := places.box(layer)) is not None and places.label
        ]
        self.middles = _apart(context, places, self.labels, left)
        self.scene = context.scene
        self.note, self.size = note_lines(context, note, right - left)
        self.left, self.is_picture = left, self.scene.network.grid is not None
        # The next layer stands beside the presented picture, and its label is at the same height.
        beside = (places.block_area(1) or places.box(1)) if places.flow == "right" else None
        self.free = right - left
        if beside is not None and places.label:
            around = width(_label(context, places, 1), context.faces.words, small)
            self.free = beside.x + (beside.width - max(beside.width, around)) / 2 - left - small
        self.x, self.y = (left + right) / 2, bottom - 0.55 * small
        self.lines = 1.6 + LINE * (len(self.note) - 1) if any(self.note) else 0.0

    def areas(self) -> list[Rect]:
        """Rectangles of labels and note, as wide as they ever are."""
        words, small, found = self.context.faces.words, self.context.layout.small, []
        for (text, box, layer), middle in zip(self.labels, self.middles, strict=True):
            if layer == 0 and self.is_picture:
                count = self.scene.outline.examples
                examples = range(0 if self.scene.outline.names else count - 1, count)  # of numbers the last is widest
                text = max(
                    (self._numbered(text, each) for each in examples), key=lambda each: width(each, words, small)
                )
            long = width(text, words, small)
            found.append(Rect(max(self.left, middle - long / 2), box.bottom, long, 1.7 * small))
        if any(self.note):
            long, high = max(width(line, words, self.size) for line in self.note), LINE * len(self.note) * small
            found.append(Rect(self.x - long / 2, self.y + 0.6 * small - high, long, high))
        return found

    def _numbered(self, text: str, example: int) -> str:
        """The label of the pixels with the name or number of the example that they show, where there is room for it."""
        longer = f"{text}, {example_label(self.scene, example, self.scene.outline.examples)}"
        return longer if width(longer, self.context.faces.words, self.context.layout.small) <= self.free else text

    def ground(self) -> None:
        """Save the background that the labels are shaded with."""
        self.shaded.ground()

    def draw(self, frame: Frame) -> None:
        """Write the labels and the note."""
        canvas, theme, words = self.context.canvas, self.context.theme, self.context.faces.words
        small = self.context.layout.small
        level = rise(frame.drawn, 0.6 * NODES, NODES)
        for (text, box, layer), x in zip(self.labels, self.middles, strict=True):
            if layer == 0 and self.is_picture and frame.example is not None:
                text = self._numbered(text, frame.example)
            y = box.bottom + 0.95 * small
            x = max(x, self.left + width(text, words, small) / 2)
            self.shaded.text(text, x, y, words, small, theme.quiet, "middle", level)
        self.shaded.shade()
        self.shaded.write()
        for above, line in enumerate(reversed(self.note)):
            canvas.text(line, self.x, self.y - LINE * above * small, words, self.size, theme.quiet, "middle", level)


def note_lines(context: RenderContext, note: str, slot: float) -> tuple[tuple[str, ...], float]:
    """The note below the network on one line or, where that is too narrow, two; and its size of type in pixels."""
    small, words = context.layout.small, context.faces.words
    text, size = fit(note, words, small, slot, 0.8 * small)
    return ((text,), size) if text == note else wrap(note, words, small, slot, 0.8 * small)


def _apart(
    context: RenderContext, places: NetworkPositions, labels: Sequence[tuple[str, Rect, int]], left: float
) -> list[float]:
    """The x of each label's middle: below that of its layer or, where the one before it takes that place, beside it."""
    words, small, found = context.faces.words, context.layout.small, list[float]()
    for text, box, _ in labels:
        x, half = box.x + box.width / 2, width(text, words, small) / 2
        if places.flow == "right":
            x = max(x, left + half)
            left = x + half + 0.7 * small
        found.append(x)
    return found


def labels_fit(context: RenderContext, places: NetworkPositions) -> bool:
    """True if every label fits: beside the next layer, or below its own with synapses still to be seen."""
    words, small, up = context.faces.words, context.layout.small, places.flow == "up"
    first, area = places.box(0), places.block_area(1)
    if not up and first is not None and area is not None:  # bars or tiles stand beside the label of a picture
        long = max(first.width, width(_label(context, places, 0), words, small))
        if first.x + long > area.x:
            return False
    middles, halves, has_label = [], [], []
    for layer, centres in enumerate(places.centres):
        middle, half, box = float(centres[0, int(up)]), float(places.radii(layer)[0]), places.box(layer)
        if box is not None:
            middle = (box.y + box.bottom) / 2 if up else (box.x + box.right) / 2
            half = (box.height if up else box.width) / 2
            if not up and not (layer == 0 and context.scene.network.grid is not None):
                half = max(half, width(_label(context, places, layer), words, small) / 2 + 0.25 * small)
        middles.append(middle)
        halves.append(half)
        has_label.append(box is not None)
    between = [places.radius + places.label * has if up else 0.0 for has in has_label[1:]]
    taken = [sum(pair) for pair in zip(halves, halves[1:], between, strict=False)]
    return all(abs(there - here) >= need for (here, there), need in zip(pairwise(middles), taken, strict=True))


def _label(context: RenderContext, places: NetworkPositions, layer: int) -> str:
    """Label of a collapsed layer: what it is, and that there is a bias, whose node is not drawn."""
    scene = context.scene
    block = places.block(layer)
    if block is not None and block.is_picture:
        _, rows, columns = block.pixels or (1, block.rows, block.columns)
        key = "label-colours" if block.pixels is not None and block.pixels.channels > 1 else "label-pixels"
        text = say(scene, key, rows=rows, columns=columns)
    else:
        ends = {0: "inputs-many", len(places.centres) - 1: "outputs-many"}
        key = "label-more" if scene.outline.is_own else ends.get(layer, "label-more")
        text = say(scene, key, count=whole(scene, len(places.neurons(layer))))
    return say(scene, "label-bias", what=text) if places.has_bias(layer) else text


def _map(block: CellBlock) -> NDArray[np.int64]:
    """Map from each pixel of a block, filled up to even numbers of rows and columns, to the number of its cell.

    Pixels of a round cell's rim have the number after that of all cells, counted on; those of no cell the last.
    """
    line = 0 if block.pitch < EVEN else 1 if block.pitch < FRAMED else 2
    row, column = (np.arange(count + count % 2) for count in (block.height, block.width))
    cells = (row // block.pitch)[:, None] * block.columns + (column // block.pitch)[None, :]
    count = len(block.cells)
    if block.is_picture:
        inside = [
            (at % block.pitch < block.pitch - line) & (at < size)
            for at, size in ((row, block.height), (column, block.width))
        ]
        return np.where(inside[0][:, None] & inside[1][None, :] & (cells < count), cells, 2 * count)
    there = (row < block.height)[:, None] & (column < block.width)[None, :] & (cells < count)
    rim = _away(block) > block.radius - RIM * block.pitch
    return np.where(there, np.where(rim, cells + count, cells), 2 * count)


def _away(block: CellBlock) -> Floats:
    """Distance of each pixel of a block from the middle of its cell."""
    row, column = (
        (np.arange(count + count % 2) + 0.5) % block.pitch - block.pitch / 2 for count in (block.height, block.width)
    )
    return np.asarray(np.hypot(row[:, None], column[None, :]))


def _round_cells(block: CellBlock) -> NDArray[np.float32]:
    """Cover, 0 to 1, of a block's round cells in each of its pixels; of their squares where they are very small."""
    full = np.ones(_away(block).shape) if block.pitch < EVEN else np.clip(block.radius + 0.5 - _away(block), 0, 1)
    return np.where(_map(block) < 2 * len(block.cells), full, 0).astype(np.float32)


def _palette(context: RenderContext, is_picture: bool) -> NDArray[np.uint8]:
    """Colours (n, 3): for each step of error signal those of light -1 to 1, inside and at the rim of a cell.

    Then those of no cell, and of the highlighted cell.
    """
    theme = context.theme
    levels = np.linspace(-1, 1, 2 * _LEVELS + 1)[:, None]
    size, signal = np.abs(levels), np.where(levels >= 0, theme.signal, theme.negative_signal)
    paper = mix(theme.centre, theme.quiet, PAPER)
    shades = []
    for dark, bright in (
        (paper if is_picture else theme.neuron, signal),
        (theme.rim, signal + 0.4 * theme.flare * (theme.bright - signal)),
    ):
        glows = (1 - size) * dark + size * bright
        shades += [
            (1 - error_signal) * glows + error_signal * theme.error
            for error_signal in 0.8 * np.linspace(0, 1, ERROR_STEPS)
        ]
    background = mix(theme.centre, paper, 0.35) if is_picture else theme.centre
    colours = np.concatenate([*shades, background[None], theme.ink[None]])
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
AT_REST_LEVEL, CARRIED_LEVEL, CHANGE_LEVEL, ERROR_LEVEL = 0.4, 0.6, 0.8, 0.8
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
            if lines is not None and collapsed.synapses[layer] and context.glows
        ]

    def _bands(self, places: NetworkPositions, layer: int) -> Bands:
        field, recording, scene = self.context.field, self.context.recording, self.context.scene
        before, after = groups(places, layer), groups(places, layer + 1)
        gate = places.gate(layer + 1)
        if gate is not None:
            after.reaches[:, 0 if places.flow == "right" else 1] = gate
        first, last = (grid.ravel() for grid in np.indices((len(before.members), len(after.members))))
        neurons = len(places.neurons(layer + 1))
        curves = bezier(before.leaves[first], after.reaches[last], places.flow)
        least = 7 * self.context.layout.unit
        sigmas = np.maximum(least, 0.32 * (before.breadth[first] + after.breadth[last]))
        light_sources = [
            field.add_line(curve, ((1.0, float(sigma)),)) for curve, sigma in zip(curves, sigmas, strict=True)
        ]
        found = Bands(layer, before.members, after.members[:, :neurons].T, np.array(light_sources), 1.0)
        rest = np.flatnonzero(recording.probe == AT_REST)
        moments = (state_of(recording, scene, int(rest[at])).weights[layer] for at in (0, len(rest) // 2, -1))
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
    most, sums = float(values.max()), bands.sums(values)
    if sums.max() <= 0:  # also where only the bias node's synapses have any, which are in no band
        return np.zeros(len(bands.light_sources))
    return np.asarray(np.sqrt(most) * sums / sums.max())


def groups(places: NetworkPositions, layer: int) -> Groups:
    """Groups of a layer's nodes: neighbouring discs, and bands of a block's cells across the flow."""
    centres, radii, block = places.centres[layer], places.radii(layer), places.block(layer)
    across = 1 if places.flow == "right" else 0
    is_classes = places.classes is not None and layer == len(places.centres) - 1
    nodes = np.arange(len(centres)) if is_classes else places.nodes(layer)
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
