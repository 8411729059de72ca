"""First weights: the hidden neuron whose weights from a picture's pixels are shown as a picture, what it looks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netviz.recording.layers import sums_for_slope, through_activation
from netviz.scene.scene import Look
from netviz.timeline.frame import Array, FirstWeights, Frame, NetworkState


def can_be_seen(scene: Look) -> bool:
    """True if a scene's inputs are a picture, and neurons stand between them and the outputs."""
    return scene.network.grid is not None and len(scene.outline.layers) > 2 and scene.outline.is_dense


def shown_in(scene: Look, frame: Frame, *, is_full: bool) -> FirstWeights | None:
    """The neuron whose weights are shown in a frame: one that is spoken of, or the one that adds most to the answer.

    is_full: whether the frame's step or thought is seen in full, which leaves time for the latter.
    """
    spoken = _spoken_of(frame)
    if spoken is not None or not is_full:
        return spoken
    return of_answer(scene, frame.state, frame.activations, frame.compared)


def _spoken_of(frame: Frame) -> FirstWeights | None:
    """The neuron of the first hidden layer that a cue or a line of a worked example is about; None without one."""
    spotlight = frame.spotlight
    if spotlight is not None and spotlight.neuron is not None and spotlight.neuron[0] == 1 and spotlight.level > 0:
        return FirstWeights(spotlight.neuron[1], spotlight.level)
    if frame.highlighted is not None and frame.highlighted[0] == 1:
        return FirstWeights(frame.highlighted[1], 1.0)
    return None


def of_answer(scene: Look, state: NetworkState, activations: Sequence[Array], level: float) -> FirstWeights | None:
    """The neuron that adds most to the largest output, at a level; None at level 0, and where that is not known.

    What a neuron adds is its activation times the slope of the output's sum by it: with one hidden layer that is the
    term of the sum itself. state, activations[l] (nodes_l,): of a frame.
    """
    if level <= 0 or not scene.outline.is_exact:
        return None
    sizes, kinds = scene.outline.layers, scene.outline.activations
    weights = [layer[:size] for layer, size in zip(state.weights, sizes, strict=False)]
    layers = [layer[:size] for layer, size in zip(activations, sizes, strict=True)]
    slopes = weights[-1][:, int(layers[-1].argmax())]
    for layer in range(len(sizes) - 2, 1, -1):
        kind, before = kinds[layer - 1], layer - 1
        sums = sums_for_slope(kind, layers[before], weights[before], state.biases[before])
        slopes = weights[before] @ through_activation(kind, layers[layer], slopes, sums)
    return FirstWeights(int(np.argmax(layers[1] * slopes)), level)
