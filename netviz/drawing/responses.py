"""Responses: every neuron's output over a grid of the input plane, by one forward pass that all panels share."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from netviz.recording.layers import forward
from netviz.recording.recording import Recording
from netviz.timeline.frame import Array, Frame
from netviz.timeline.sampled_answers import Domain

PlaneGrid = NDArray[np.float32]


LARGEST_IN_FLOAT32 = 1e15
"""Largest number of which sums of products are taken in float32, without fear that they leave its range."""


class Responses:
    """Outputs of all layers on a grid of resolution x resolution points from edge to edge of the domain.

    Computed in float32: its error (some 1e-6) is far below the step from one colour to the next, and it takes half the
    time. No number that is drawn comes from here. Of very large numbers they are computed in float64.
    """

    def __init__(self, recording: Recording, domain: Domain, resolution: int = 100) -> None:
        self.domain, self.resolution = domain, resolution
        network = recording.network
        self._sizes, self._activations = network.sizes, network.activations
        x1, x2 = (np.linspace(start, stop, resolution) for start, stop in domain)
        plane = np.stack(np.meshgrid(x1, x2[::-1]), axis=-1).reshape(-1, 2)
        given = recording.inputs_of(plane)
        self._inputs = cast("PlaneGrid", given.astype(np.float32) if _fits_float32(given) else given)
        self._first = self._maps(self._inputs)
        self._last: tuple[tuple[Array, ...], tuple[PlaneGrid, ...]] | None = None

    def of(self, frame: Frame) -> tuple[PlaneGrid, ...]:
        """Outputs (n_l, resolution, resolution) of the layers l = 0 to L with the frame's weights and biases.

        Row 0 is the largest x2, column 0 the smallest x1. The last result is cached, for the other panels.
        """
        given = self._parameters(frame)
        if self._last is None or not all(map(np.array_equal, self._last[0], given)):
            layers = self._forward(given, self._inputs)
            self._last = (
                tuple(array.copy() for array in given),
                (self._first, *(self._maps(layer) for layer in layers[1:])),
            )
        return self._last[1]

    def answers_to(self, frame: Frame, inputs: PlaneGrid) -> PlaneGrid:
        """Outputs (B, n_L) of the last layer to network inputs (B, n_0), with the frame's weights and biases."""
        return self._forward(self._parameters(frame), inputs)[-1]

    def _parameters(self, frame: Frame) -> tuple[Array, ...]:
        """Weights of all layers, then biases."""
        # Bias nodes come last in a layer: their weights are in frame.biases too.
        weights = (layer[:size] for layer, size in zip(frame.weights, self._sizes, strict=False))
        return (*weights, *frame.biases)

    def _forward(self, given: tuple[Array, ...], inputs: PlaneGrid) -> tuple[PlaneGrid, ...]:
        """Activations of all layers for inputs (B, n_0)."""
        kind = inputs.dtype if all(map(_fits_float32, given)) else np.float64
        small = [np.asarray(array, kind) for array in given]
        count = len(given) // 2
        # The pass has the dtype of its inputs, though it is declared for float64, in which networks are trained.
        layers = forward(
            cast("list[Array]", small[:count]),
            cast("list[Array]", small[count:]),
            self._activations,
            cast("Array", inputs.astype(kind, copy=False)),
        )
        return cast("tuple[PlaneGrid, ...]", layers)

    def _maps(self, layer: PlaneGrid) -> PlaneGrid:
        return np.ascontiguousarray(layer.T).reshape(-1, self.resolution, self.resolution)


def _fits_float32(numbers: Array) -> bool:
    """Return whether numbers are small enough to be computed with in float32."""
    return bool((np.abs(numbers) <= LARGEST_IN_FLOAT32).all())
