"""Layer collapsing: which neurons and synapses of a large network are drawn one by one, decided once for a whole film.

A layer of a few neurons is a row of discs. In a larger one the neurons that matter most stay discs and all others
become small cells of a block, so that each is still seen as light. Inputs that are a picture are the cells of it. Of
the synapses the strongest are lines; all together, drawn or not, are edge bundles between their layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from netviz.scene.scene import Scene
from netviz.timeline.frame import node_counts, with_bias_weights
from netviz.training.layers import Floats
from netviz.training.recording import AT_REST, Integers, Recording

PULLED_OUT = 6
"""Number of neurons of a collapsed layer that stay discs: half of them before its block, half behind."""
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
    """

    discs: Integers
    cells: Integers
    grid: tuple[int, int] | None = None

    @property
    def count(self) -> int:
        """Number of neurons in all."""
        return len(self.discs) + len(self.cells)


@dataclass(frozen=True, eq=False)
class CollapsedNetwork:
    """Division of a network into what is drawn one by one and what is drawn together.

    layers: one for every layer. lines: for each weight layer which synapses are lines, as places in its flattened
    weights (nodes_l * n_{l+1},), the weakest first; None: all of them. synapses: number in each weight layer.
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


def collapse_layers(scene: Scene, most: int) -> tuple[CollapsedLayer, ...]:
    """Collapse a scene's layers without its recording. most: number of discs that fit beside each other.

    Which neurons stay discs is not known yet: the first ones stand for them.
    """
    found = []
    for layer, size in enumerate(scene.network.layers):
        everyone = np.arange(size)
        if layer == 0 and scene.network.grid is not None:
            found.append(CollapsedLayer(everyone[:0], everyone, scene.network.grid))
        elif size > most:
            found.append(CollapsedLayer(everyone[:PULLED_OUT], everyone[PULLED_OUT:]))
        else:
            found.append(CollapsedLayer(everyone, everyone[:0]))
    return tuple(found)


def collapse_network(recording: Recording, most: int, most_lines: int = MOST_LINES) -> CollapsedNetwork:
    """Collapse a recording's network. most: discs that fit beside each other; most_lines: synapses drawn."""
    scene = recording.scene
    layers = collapse_layers(scene, most)
    nodes, sizes = node_counts(scene), scene.network.layers
    counts = tuple(before * after for before, after in zip(nodes, sizes[1:], strict=False))
    if sum(counts) <= most_lines and not any(len(collapsed.cells) for collapsed in layers):
        return CollapsedNetwork(layers, (None,) * len(counts), counts)
    carried = contributions(recording)
    layers = tuple(
        collapsed
        if collapsed.grid is not None or not len(collapsed.cells)
        else _collapse_layer(carried, layer, collapsed.count)
        for layer, collapsed in enumerate(layers)
    )
    return CollapsedNetwork(layers, _strongest(carried, layers, most_lines), counts)


def contributions(recording: Recording) -> tuple[Floats, ...]:
    """Contribution of each synapse to the neuron it leads to: (nodes_l, n_{l+1}) for each weight layer.

    It is its |weight|, the largest in the recorded moments at rest (in sixteen of them, where there are more), times
    the strength of the neuron before it over the training examples after training: the root of its mean square.
    """
    scene = recording.scene
    rest = np.flatnonzero(recording.example == AT_REST)
    rows = rest[np.unique(np.linspace(0, len(rest) - 1, min(len(rest), _MOST_MOMENTS)).astype(int))]
    weights = [
        np.max([np.abs(with_bias_weights(scene, [layer[row]], [bias[row]])[0]) for row in rows], axis=0)
        for layer, bias in zip(recording.weights, recording.biases, strict=True)
    ]
    activations = recording.forward(recording.examples.given)
    strengths = [np.sqrt(np.square(layer).mean(axis=0)) for layer in activations]
    if scene.has_bias_nodes:
        strengths = [np.append(layer, 1.0) for layer in strengths[:-1]]
    return tuple(np.asarray(w * a[:, None]) for w, a in zip(weights, strengths, strict=False))


def _collapse_layer(carried: Sequence[Floats], layer: int, size: int) -> CollapsedLayer:
    """Collapse a layer; the neurons that contribute most to the next layer stay discs.

    In the output layer those that are contributed most to.
    """
    matter = carried[layer][:size].sum(axis=1) if layer < len(carried) else carried[-1].sum(axis=0)
    discs = np.sort(np.argsort(-matter, kind="stable")[:PULLED_OUT])
    return CollapsedLayer(discs, np.setdiff1d(np.arange(size), discs))


def _strongest(carried: Sequence[Floats], layers: Sequence[CollapsedLayer], most: int) -> tuple[Integers | None, ...]:
    """Synapses that are lines: those between discs and pixels that contribute most, a fair number in each layer."""
    ends = []
    for weights, (before, after) in zip(carried, pairwise(layers), strict=True):
        bias = np.arange(before.count, len(weights))
        start = np.concatenate([before.discs, before.cells if before.grid is not None else before.cells[:0], bias])
        ends.append((start[:, None] * weights.shape[1] + after.discs[None, :]).ravel())
    shares = _shares([len(candidates) for candidates in ends], most)
    found: list[Integers | None] = []
    for weights, candidates, share in zip(carried, ends, shares, strict=True):
        if share == weights.size:
            found.append(None)
            continue
        strength = weights.ravel()[candidates]
        order = np.argsort(strength, kind="stable")[len(candidates) - share :]
        found.append(candidates[order[strength[order] > 0]])
    return tuple(found)


def _shares(counts: Sequence[int], most: int) -> list[int]:
    """Split `most` among some counts, no share larger than its count: the small ones whole, the others evenly."""
    shares, left = [0] * len(counts), most
    for done, number in enumerate(sorted(range(len(counts)), key=counts.__getitem__)):
        shares[number] = min(counts[number], left // (len(counts) - done))
        left -= shares[number]
    return shares
