"""What of a large network is drawn one by one, and what is drawn together: decided once, for the whole film.

A layer of a few neurons is a row of discs. In a larger one the neurons that matter most stay discs and all others
become small cells of a block, so that each is still seen as light. Inputs that are a picture are the cells of it.
Of the synapses the strongest are lines; all together, drawn or not, are the haze between their layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from netviz.film.nodes import node_counts, with_bias_weights
from netviz.learn.recording import AT_REST, Recording
from netviz.scene.spec import Scene

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PULLED_OUT = 6
"""Neurons of a folded layer that stay discs: half of them before its block, half behind."""
MOST_LINES = 300
"""Synapses drawn as lines of their own."""
MOST_LOOKED_AT = 16
"""Moments of the recording by which the strongest are chosen."""


@dataclass(frozen=True, eq=False)
class Fold:
    """How the neurons of one layer are shown.

    discs (d,), cells (c,): the neurons that are discs, and those that are cells of a block, both increasing.
    grid: rows and columns of the picture that the cells are, None where they are none.
    """

    discs: Integers
    cells: Integers
    grid: tuple[int, int] | None = None

    @property
    def count(self) -> int:
        """Neurons in all."""
        return len(self.discs) + len(self.cells)


@dataclass(frozen=True, eq=False)
class Folded:
    """How a network is shown.

    layers: every layer's fold. lines: for each weight layer which synapses are lines, as places in its flattened
    weights (nodes_l * n_{l+1},), the weakest first; None: all of them. synapses: of each weight layer, in all.
    """

    layers: tuple[Fold, ...]
    lines: tuple[Integers | None, ...]
    synapses: tuple[int, ...]

    @property
    def drawn(self) -> int:
        """Synapses that are lines."""
        return sum(count if kept is None else len(kept) for kept, count in zip(self.lines, self.synapses, strict=True))

    @property
    def is_whole(self) -> bool:
        """Whether every neuron is a disc and every synapse a line."""
        return all(lines is None for lines in self.lines) and not any(len(fold.cells) for fold in self.layers)


def folds(scene: Scene, most: int) -> tuple[Fold, ...]:
    """The folds of a scene's layers without looking at its recording. most: discs that fit beside each other.

    Which neurons stay discs is not known yet: the first ones stand for them.
    """
    found = []
    for layer, size in enumerate(scene.network.layers):
        everyone = np.arange(size)
        if layer == 0 and scene.network.grid is not None:
            found.append(Fold(everyone[:0], everyone, scene.network.grid))
        elif size > most:
            found.append(Fold(everyone[:PULLED_OUT], everyone[PULLED_OUT:]))
        else:
            found.append(Fold(everyone, everyone[:0]))
    return tuple(found)


def folded(recording: Recording, most: int, most_lines: int = MOST_LINES) -> Folded:
    """How a recording's network is shown. most: discs that fit beside each other; most_lines: synapses drawn."""
    scene = recording.scene
    layers = folds(scene, most)
    nodes, sizes = node_counts(scene), scene.network.layers
    counts = tuple(before * after for before, after in zip(nodes, sizes[1:], strict=False))
    if sum(counts) <= most_lines and not any(len(fold.cells) for fold in layers):
        return Folded(layers, (None,) * len(counts), counts)
    carried = contributions(recording)
    layers = tuple(
        fold if fold.grid is not None or not len(fold.cells) else _pulled(carried, layer, fold.count)
        for layer, fold in enumerate(layers)
    )
    return Folded(layers, _strongest(carried, layers, most_lines), counts)


def contributions(recording: Recording) -> tuple[Floats, ...]:
    """What each synapse brings to the neuron it leads to: (nodes_l, n_{l+1}) for each weight layer.

    Its |weight|, the largest it is in the kept moments at rest (in sixteen of them, where there are more), times how
    strongly the neuron before it answers to the training examples after training: the root of its mean square.
    """
    scene = recording.scene
    rest = np.flatnonzero(recording.example == AT_REST)
    rows = rest[np.unique(np.linspace(0, len(rest) - 1, min(len(rest), MOST_LOOKED_AT)).astype(int))]
    weights = [
        np.max([np.abs(with_bias_weights(scene, [layer[row]], [bias[row]])[0]) for row in rows], axis=0)
        for layer, bias in zip(recording.weights, recording.biases, strict=True)
    ]
    answers = recording.forward(recording.examples.given)
    strengths = [np.sqrt(np.square(layer).mean(axis=0)) for layer in answers]
    if scene.has_bias_nodes:
        strengths = [np.append(layer, 1.0) for layer in strengths[:-1]]
    return tuple(np.asarray(w * a[:, None]) for w, a in zip(weights, strengths, strict=False))


def _pulled(carried: Sequence[Floats], layer: int, size: int) -> Fold:
    """The fold of a layer whose neurons that matter most stay discs: those that bring most to the next layer.

    Of a layer of outputs those that most is brought to.
    """
    matter = carried[layer][:size].sum(axis=1) if layer < len(carried) else carried[-1].sum(axis=0)
    discs = np.sort(np.argsort(-matter, kind="stable")[:PULLED_OUT])
    return Fold(discs, np.setdiff1d(np.arange(size), discs))


def _strongest(carried: Sequence[Floats], layers: Sequence[Fold], most: int) -> tuple[Integers | None, ...]:
    """The synapses that are lines: those between discs and pixels that carry most, as many in each layer as is fair."""
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
    """How many of each of some counts there can be if together they are no more than `most`: the small ones whole."""
    shares, left = [0] * len(counts), most
    for done, number in enumerate(sorted(range(len(counts)), key=counts.__getitem__)):
        shares[number] = min(counts[number], left // (len(counts) - done))
        left -= shares[number]
    return shares
