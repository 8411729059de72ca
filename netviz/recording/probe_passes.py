"""Probe passes: activations and losses of the probes at all kept moments, worked out in one go from the parameters.

Sums are taken in float64, whatever the precision of the numbers, and rounded once for each layer; the next layer starts
from the rounded activations, so that each layer of a recording follows from what is recorded of the one before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from netviz.recording import layers as dense
from netviz.recording.given_arrays import all_finite, epsilon, wide
from netviz.recording.layers import Floats
from netviz.recording.network import Network
from netviz.recording.recording import AnyArray, Probes

_NONE = np.zeros((0, 0))
"""The weights of a layer that has none."""
_CHUNK = 4_000_000
"""Numbers that a chunk of moments has in float64, parameters and activations: 32 MB."""


@dataclass(frozen=True, eq=False)
class ProbePasses:
    """Passes of P probes, and of zeros at rest, through a network at M moments."""

    activations: tuple[AnyArray, ...]
    """L arrays (M, P + 1, n_l) of the layers after the inputs; the last row of each moment is at rest."""
    losses: Floats | None
    """(M, P), each probe's own loss; None where it is not known."""
    finite: bool
    """False if numbers became too large in the last of these moments: the moments after it are left out."""


def pass_probes(
    network: Network,
    weights: Sequence[AnyArray | None],
    biases: Sequence[AnyArray | None],
    probes: Probes,
    given: Mapping[int, AnyArray],
    dtype: np.dtype[np.floating],
) -> ProbePasses:
    """Activations of the probes and at rest, and the probes' losses.

    weights: L arrays (M, n_l, n_{l+1}), None for a layer that is not dense; biases: L arrays (M, n_{l+1}), None for
    none, in the form in which they are kept. given: activations (M, P, n_l) by layer, 0 the first after the inputs,
    which are taken as they are. dtype: the precision of the others. At rest, with inputs of zero, a layer that is not
    exact is all zeros.
    """
    moments = len(next(each for each in (*weights, *given.values()) if each is not None))
    examples = len(probes.inputs)
    inputs = np.concatenate([wide(probes.inputs), np.zeros((1, network.sizes[0]))])
    result = tuple(
        np.zeros((moments, examples + 1, size), given[layer].dtype if layer in given else dtype)
        for layer, size in enumerate(network.sizes[1:])
    )
    targets = None if probes.targets is None else wide(probes.targets)
    losses = np.zeros((moments, examples)) if network.has_known_errors and targets is not None else None
    numbers = sum(each[0].size for each in weights if each is not None) + (examples + 1) * sum(network.sizes)
    chunk = max(1, _CHUNK // numbers)
    for start in range(0, moments, chunk):
        which = slice(start, start + chunk)
        matrices = [_NONE if each is None else wide(each[which]) for each in weights]
        vectors = [np.zeros(1) if each is None else wide(each[which])[:, None] for each in biases]
        layers = [inputs]
        with np.errstate(all="ignore"):  # a network may diverge: looked for below
            for layer, activations in enumerate(result):
                if layer in given:
                    activations[which, :-1] = given[layer][which]
                if network.layers[layer + 1].exact:
                    rows = slice(-1, None) if layer in given else slice(None)
                    before = layers[-1][..., rows, :]
                    sums = before @ matrices[layer] + vectors[layer]
                    found = dense.activate(network.activations[layer], sums)
                    activations[which, rows] = _stored(found, activations.dtype)
                layers.append(wide(activations[which]))
            if losses is not None and targets is not None and network.loss is not None:
                of_probes = [each[..., :-1, :] for each in layers]
                arguments = matrices, vectors, network.activations, of_probes, targets
                losses[which] = dense.losses(*arguments, network.loss)
        arrays = [each[which] for each in result] + ([] if losses is None else [losses[which]])
        if not all(map(all_finite, arrays)):
            count = len(result[0][which])
            finite = [all(all_finite(each[moment]) for each in arrays) for moment in range(count)]
            end = start + finite.index(False) + 1
            cut = tuple(each[:end] for each in result)
            return ProbePasses(cut, None if losses is None else losses[:end], False)
    return ProbePasses(result, losses, True)


def _stored(numbers: Floats, dtype: np.dtype[np.floating]) -> AnyArray:
    """Numbers in the form in which they are kept."""
    if dtype != np.uint16:
        return numbers.astype(dtype)
    bits = numbers.astype(np.float32).view(np.uint32)
    rounded = (bits + (0x7FFF + ((bits >> 16) & 1))) >> 16  # to the nearest, ties to even
    return np.where(np.isnan(numbers), 0x7FC0, rounded).astype(np.uint16)


def worst_layer(
    network: Network,
    weights: Sequence[AnyArray | None],
    biases: Sequence[AnyArray | None],
    inputs: AnyArray,
    given: Mapping[int, AnyArray],
) -> tuple[int, float] | None:
    """The exact layer whose given activations (P, n_l) are not what the layer gives, and by how much; None if all are.

    weights, biases: of one moment. Allowed is what rounding explains: 8 eps (sqrt(fan_in) m + 1), where m is the
    layer's largest |a| |W| + |b| for that probe.
    """
    before = wide(inputs)
    for layer, name in enumerate(network.activations):
        given_weights, bias = weights[layer], biases[layer]
        w = _NONE if given_weights is None else wide(given_weights)
        b = np.zeros(1) if bias is None else wide(bias)
        exact, found = network.layers[layer + 1].exact, given.get(layer)
        with np.errstate(all="ignore"):
            expected = dense.activate(name, before @ w + b) if exact else None
            if expected is not None and found is not None:
                off = np.abs(wide(found) - expected).max(axis=-1)
                largest = (np.abs(before) @ np.abs(w) + np.abs(b)).max(axis=-1)
                allowed = 8 * epsilon(found.dtype) * (np.sqrt(len(w)) * largest + 1)
                if (off > allowed).any():
                    return layer, float(off[off > allowed].max())
        if found is not None:
            before = wide(found)
        elif expected is not None:
            before = expected
    return None
