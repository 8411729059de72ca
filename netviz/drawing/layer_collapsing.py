"""Layer collapsing: which neurons and synapses of a large network are drawn one by one, decided once for a whole film.

A layer of a few neurons is a row of discs. One of some more stands in two or three staggered columns of small discs,
and the neurons of a still larger one become the round cells of a block, so that each is seen as light. Inputs that are
a picture are the cells of it. Of the synapses the strongest are lines; all together, drawn or not, are edge bundles
between their layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netviz.recording.layers import Floats
from netviz.recording.recording import AT_REST, Integers, Recording, in_numbers
from netviz.scene.scene import Look
from netviz.timeline.frame import node_counts, with_bias_weights

FEWEST_COLLAPSED = 7
"""Fewest neurons of a layer that is collapsed, however little room there is."""
MOST_IN_COLUMNS, MOST_COLUMNS = 40, 3
"""Most neurons of a layer that stands in staggered columns of discs, and most of these columns."""
MOST_LINES = 300
"""Most synapses drawn as lines of their own."""
_MOST_MOMENTS = 16
"""Most moments of the recording by which the strongest synapses are chosen."""


@dataclass(frozen=True, eq=False)
class CollapsedLayer:
    """Division of one layer into neurons drawn as discs and as cells.

    discs (d,), cells (c,): numbers of the neurons that are discs, and of those that are cells of a block, both
    increasing.
    grid: rows and columns of the picture that the cells are, None where they are none.
    columns: number of staggered columns (rows, where signals go up) in which the discs stand. channels: of the picture:
    1, or 3 for red, green and blue.
    """

    discs: Integers
    cells: Integers
    grid: tuple[int, int] | None = None
    columns: int = 1
    channels: int = 1

    @property
    def is_collapsed(self) -> bool:
        """True if its neurons are no single row of discs; such a layer has a label, and its bias node is left out."""
        return bool(len(self.cells)) or self.columns > 1

    @property
    def count(self) -> int:
        """Number of neurons in all."""
        return len(self.discs) + len(self.cells)


@dataclass(frozen=True, eq=False)
class CollapsedNetwork:
    """Division of a network into what is drawn one by one and what is drawn together.

    layers: one for every layer. lines: for each weight layer which synapses are lines, as places in its flattened
    weights (nodes_l * n_{l+1},), the weakest first; None: all of them. synapses: number in each weight layer, 0
    before a layer of blocks.
    """

    layers: tuple[CollapsedLayer, ...]
    lines: tuple[Integers | None, ...]
    synapses: tuple[int, ...]

    @property
    def drawn(self) -> int:
        """Number of synapses that are lines."""
        return sum(
            count if lines is None else len(lines) for lines, count in zip(self.lines, self.synapses, strict=True)
        )


def collapse_layers(scene: Look, most: int, rows: int = 0, channels: int = 1) -> tuple[CollapsedLayer, ...]:
    """Collapse a scene's layers. most: number of discs that fit beside each other; rows: of outputs drawn as rows.

    channels: of the picture that the inputs are.
    """
    found = []
    last = len(scene.outline.layers) - 1
    for layer, size in enumerate(scene.outline.layers):
        everyone, columns = np.arange(size), -(-size // max(1, most))
        if layer == 0 and scene.network.grid is not None:
            found.append(CollapsedLayer(everyone[:0], everyone, scene.network.grid, channels=channels))
        elif columns == 1 or size < FEWEST_COLLAPSED or (layer == last and size == rows):
            found.append(CollapsedLayer(everyone, everyone[:0]))
        elif size <= MOST_IN_COLUMNS and columns <= MOST_COLUMNS:
            found.append(CollapsedLayer(everyone, everyone[:0], columns=columns))
        else:
            found.append(CollapsedLayer(everyone[:0], everyone))
    return tuple(found)


def collapse_network(
    recording: Recording, scene: Look, most: int, most_lines: int = MOST_LINES, rows: int = 0
) -> CollapsedNetwork:
    """Collapse a recording's network.

    most: discs that fit beside each other; most_lines: synapses drawn; rows: outputs that are drawn as rows of names
    and bars, however many stand beside each other otherwise.
    """
    layers = collapse_layers(scene, most, rows, channels_of(recording, scene))
    nodes, sizes = node_counts(scene), scene.outline.layers
    dense = [layer.is_dense for layer in recording.network.layers[1:]]
    counts = tuple(
        before * after if synapses else 0 for before, after, synapses in zip(nodes, sizes[1:], dense, strict=False)
    )
    if sum(counts) <= most_lines and not any(layer.is_collapsed for layer in layers):
        none = np.empty(0, np.int64)
        return CollapsedNetwork(layers, tuple(None if synapses else none for synapses in dense), counts)
    return CollapsedNetwork(layers, _strongest(contributions(recording, scene), layers, most_lines), counts)


def contributions(recording: Recording, scene: Look) -> tuple[Floats, ...]:
    """Contribution of each synapse to the neuron it leads to: (nodes_l, n_{l+1}) for each weight layer.

    It is its |weight|, the largest in the recorded moments at rest (in sixteen of them, where there are more), times
    the strength of the neuron before it over the training examples after training: the root of its mean square. In a
    network that cannot be computed again it is that over the examples as they were recorded last. (0, 0) for a layer
    that is not dense.
    """
    rest = np.flatnonzero(recording.probe == AT_REST)
    rows = rest[np.unique(np.linspace(0, len(rest) - 1, min(len(rest), _MOST_MOMENTS)).astype(int))]
    moments = recording.moment[rows]
    weights = [
        np.max([np.abs(with_bias_weights(scene, [layer[moment]], [bias[moment]])[0]) for moment in moments], axis=0)
        for layer, bias in zip(recording.weights, recording.biases, strict=True)
    ]
    activations = _last_activations(recording)
    strengths = [np.sqrt(np.square(layer).mean(axis=0)) for layer in activations]
    if scene.has_bias_nodes:
        strengths = [np.append(layer, 1.0) for layer in strengths[:-1]]
    return tuple(np.asarray(w * a[:, None]) if w.size else w for w, a in zip(weights, strengths, strict=False))


def _last_activations(recording: Recording) -> Sequence[Floats]:
    """Activations (B, n_l) of all layers after training: of all training examples, or of those recorded last."""
    if recording.network.is_exact:
        return recording.forward(recording.examples.given)
    presented = np.flatnonzero(recording.probe != AT_REST)
    last = presented[recording.moment[presented] == recording.moment[presented].max(initial=0)]
    return [in_numbers(layer[last]).astype(np.float64) for layer in recording.activations]


def channels_of(recording: Recording, scene: Look) -> int:
    """Channels of the picture that the inputs are: 3 for red, green and blue, otherwise 1."""
    shape = recording.network.layers[0].shape
    return shape[0] if len(shape) == 3 and scene.network.grid == shape[1:] else 1


def _strongest(carried: Sequence[Floats], layers: Sequence[CollapsedLayer], most: int) -> tuple[Integers | None, ...]:
    """Synapses that are lines: those that contribute most, a fair number in each layer; none from a node left out."""
    candidates = [
        np.arange((before.count if before.is_collapsed else len(weights)) * weights.shape[1])
        for weights, before in zip(carried, layers, strict=False)
    ]
    shares = _shares([len(each) for each in candidates], most)
    found: list[Integers | None] = []
    for weights, some, share in zip(carried, candidates, shares, strict=True):
        if share == weights.size and share:
            found.append(None)
            continue
        strength = weights.ravel()[some]
        order = np.argsort(strength, kind="stable")[len(some) - share :]
        found.append(some[order[strength[order] > 0]])
    return tuple(found)


def _shares(counts: Sequence[int], most: int) -> list[int]:
    """Split `most` among some counts, no share larger than its count: the small ones whole, the others evenly."""
    shares, left = [0] * len(counts), most
    for done, number in enumerate(sorted(range(len(counts)), key=counts.__getitem__)):
        shares[number] = min(counts[number], left // (len(counts) - done))
        left -= shares[number]
    return shares
