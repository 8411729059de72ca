"""A moment of a Keras model's training: its parameters as a Recorder takes them, and the sizes of blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from netviz.integrations.keras_graph import guarded
from netviz.integrations.keras_network import WatchedNetwork
from netviz.recording.layers import activate
from netviz.recording.recording import AnyArray

Arrays = list[AnyArray | None]


@dataclass(frozen=True)
class Moment:
    """Arguments of a Recorder's `snap` at one moment, besides losses: an array of each layer, or None."""

    weights: Arrays
    biases: Arrays
    activations: Arrays | None = None
    block_sizes: Arrays | None = None
    block_updates: Arrays | None = None

    def copy(self) -> Moment:
        """The same, which stays as it is while training goes on."""
        return replace(self, weights=_copies(self.weights), biases=_copies(self.biases))


def _copies(arrays: Arrays) -> Arrays:
    return [None if each is None else each.copy() for each in arrays]


class Reader:
    """Reads from a model what a Recorder takes. With blocks it makes a pass of the probes at each moment."""

    def __init__(self, network: WatchedNetwork, probes: AnyArray, shown: str, step: int) -> None:
        """A reader of a model as it is now, at this step.

        probes: (P, ...), as the model takes them. shown: how the outputs are shown, such as softmax of logits.
        """
        self._network, self._probes, self._shown = network, probes, shown
        self._step = step
        self._variables = [[block.variables for block in layer.blocks] for layer in network.layers]
        self._before = {id(each): array.copy() for each, array in self._blocks()}

    def read(self, step: int) -> Moment:
        """The model as it is now; weights and biases may be views of its own."""
        layers = self._network.layers
        weights, biases = [each.weights() for each in layers], [each.biases() for each in layers]
        if self._network.is_exact:
            return Moment(weights, biases)
        with np.errstate(all="ignore"):  # of numbers that are not finite any more the recorder tells
            return self._with_blocks(step, weights, biases)

    def _with_blocks(self, step: int, weights: Arrays, biases: Arrays) -> Moment:
        steps, measured = max(step - self._step, 1), dict[int, tuple[float, float]]()
        for variable, now in self._blocks():
            change = now.astype(np.float64) - self._before[id(variable)]
            measured[id(variable)] = float((now.astype(np.float64) ** 2).sum()), float((change**2).sum()) / steps**2
        sizes, updates = (self._means(measured, which) for which in (0, 1))
        return Moment(weights, biases, self._activations(), sizes, updates)

    def keep(self, step: int) -> None:
        """The moment that was read is kept: the next is compared with it."""
        self._step = step
        for variable, now in self._blocks():
            self._before[id(variable)][...] = now

    def _blocks(self) -> list[tuple[Any, AnyArray]]:
        """The variables of all blocks, and what they are now."""
        variables = [each for layer in self._variables for block in layer for each in block]
        arrays = (np.asarray(keras.ops.convert_to_numpy(each)) for each in variables)
        return [(each, array.astype(np.float32, copy=False)) for each, array in zip(variables, arrays, strict=True)]

    def _means(self, measured: dict[int, tuple[float, float]], which: int) -> Arrays:
        """Root mean squares (B,) of each layer with blocks, from the sums of squares of variables."""
        result: Arrays = []
        for blocks in self._variables:
            means = np.zeros(len(blocks), dtype=np.float32)
            for index, variables in enumerate(blocks):
                count = sum(self._before[id(each)].size for each in variables)
                if count:
                    means[index] = (sum(measured[id(each)][which] for each in variables) / count) ** 0.5
            result.append(means if blocks else None)
        return result

    def _activations(self) -> Arrays:
        """(P, n_l) of each layer with blocks."""
        layers = self._network.layers
        wanted = [layer for layer in layers if layer.blocks]
        with guarded():
            found = iter(self._network.graph.run(self._probes, [layer.end for layer in wanted]))
        result: Arrays = [next(found).reshape(len(self._probes), -1) if layer.blocks else None for layer in layers]
        last = result[-1]
        if last is not None and layers[-1].activation != self._shown:
            result[-1] = activate(self._shown, last.astype(np.float64)).astype(last.dtype)
        return result


def same_weights(one: Sequence[AnyArray], two: Sequence[AnyArray]) -> bool:
    """True if the weights of a model are the same to the bit."""
    return len(one) == len(two) and all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
