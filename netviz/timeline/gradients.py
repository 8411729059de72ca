"""Gradient sizes: how large the error signal of each layer is in the course of a run, where that is known."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from netviz.recording.layers import Floats, deltas, forward
from netviz.recording.recording import AT_REST, Integers, Recording, in_numbers

MOST_MOMENTS, FEWEST_MOMENTS = 300, 12
"""Most moments in which the sizes are worked out, about one for every pixel; and how many if each takes long."""
MOST_EXAMPLES = 500
"""Most examples of which the sizes are the mean: the first of the training examples."""
MOST_PRODUCTS = 2_000_000_000
"""Most products in all moments, unless those are the fewest."""
SMALLEST = 1e-30
"""Size as which nothing at all is taken: a size has to have a logarithm."""


@dataclass(frozen=True, eq=False)
class GradientSizes:
    """Sizes of the error signals of a run.

    steps (K,), increasing. sizes (K, L), of the layers after the inputs: the root of the mean square of
    dLoss/d(weighted sum), over the layer's neurons and the training examples, each example's loss by itself.
    """

    steps: Integers
    sizes: Floats

    def at(self, step: float) -> Floats:
        """The sizes (L,) at a step, which need not be a whole one: on the straight way between two logarithms."""
        logarithms = np.log(np.maximum(self.sizes, SMALLEST)).T
        found = np.exp([float(np.interp(step, self.steps, each)) for each in logarithms])
        return np.asarray(np.where(found <= SMALLEST * (1 + 1e-9), 0.0, found))


def gradient_sizes(recording: Recording) -> GradientSizes | None:
    """The sizes of a run's error signals; None where they are not known.

    Errors that were recorded are taken as they are, in the steps of which they are. Others are computed for the kept
    moments at rest, with their weights: for all training examples, or the first of them where they are many.
    """
    if not recording.has_errors:
        return None
    found = _computed(recording) if recording.errors is None else _recorded(recording, recording.errors)
    # Numbers of a run that diverges may be of any size.
    return GradientSizes(found[0], np.nan_to_num(found[1], nan=0.0, posinf=np.finfo(float).max))


def _recorded(recording: Recording, errors: tuple[Floats, ...]) -> tuple[Integers, Floats]:
    presents = np.flatnonzero(recording.probe != AT_REST)
    steps, begins, counts = np.unique(recording.row_step[presents], return_index=True, return_counts=True)
    sizes = [
        [_size(in_numbers(layer[presents[begin : begin + count]])) for layer in errors]
        for begin, count in zip(begins.tolist(), counts.tolist(), strict=True)
    ]
    return steps, np.array(sizes)


def _computed(recording: Recording) -> tuple[Integers, Floats]:
    network, examples = recording.network, recording.examples
    inputs, targets = examples.inputs[:MOST_EXAMPLES], examples.targets[:MOST_EXAMPLES]
    is_known = ~np.isnan(targets).any(axis=1)
    inputs, targets = inputs[is_known], targets[is_known]
    assert network.loss is not None, "errors that can be computed are those of a known loss"
    rows = np.flatnonzero(recording.probe == AT_REST)
    rows = rows[np.append(np.diff(recording.row_step[rows]) > 0, True)]  # the last where a step has several
    products = 2 * len(inputs) * sum(before * after for before, after in pairwise(network.sizes))
    most = min(MOST_MOMENTS, max(FEWEST_MOMENTS, MOST_PRODUCTS // products))
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, most).round().astype(int))]
    sizes = []
    with np.errstate(all="ignore"):
        for row in rows.tolist():
            parameters = recording.parameters_at(row)
            layers = forward(*parameters, network.activations, inputs)
            found = deltas(*parameters, network.activations, layers, targets, network.loss)
            sizes.append([_size(layer) for layer in found])
    return recording.row_step[rows], np.array(sizes)


def _size(errors: Floats) -> float:
    """The root of the mean square of numbers, which may be so large or small that their squares are not."""
    values = np.abs(np.asarray(errors, dtype=np.float64))
    largest = float(values.max(initial=0.0))
    if largest == 0 or not np.isfinite(largest):
        return largest
    return largest * float(np.sqrt(np.square(values / largest).mean()))
