"""Sampled answers: the part of the input plane that a film shows, and what the network answers there on its way."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from netviz.recording.layers import Floats, forward
from netviz.recording.probe_history import ProbeHistory
from netviz.recording.recording import Integers, Recording
from netviz.scene.scene import Look
from netviz.scene.shots import ThinkShot

Domain = tuple[tuple[float, float], tuple[float, float]]
"""A rectangle of the input plane: ((x1 from, to), (x2 from, to))."""

PLAYGROUND: Domain = ((-6.0, 6.0), (-6.0, 6.0))
_MARGIN = 0.15
"""Margin around the examples, as a part of their range."""

FARTHEST, NARROWEST = 1e300, 1e-12
"""Farthest edge of the plane; narrowest plane, as a part of how far it is from zero."""
SIDE = 16
"""Points of the plane in each direction at which the network is asked; or the square root of the most examples."""
_FEWEST_ASKED = 16
_PRODUCTS = 400_000_000
"""Most products in all answers of a run, as far as the fewest inputs asked allow."""
_AT_ONCE = 1_000_000
"""Most numbers of one layer, in weights or activations, that are held in memory."""


def domain_of(recording: Recording, scene: Look) -> Domain:
    """The part of the plane that is shown: the one that its points come from, otherwise a square around them.

    The points are those of the examples and those that the film thinks about. Where they are normalised, each
    coordinate has its own unit, and so its own side.
    """
    if recording.plane_domain is not None:
        left, right, bottom, top = recording.plane_domain
        return (left, right), (bottom, top)
    examples = recording.examples
    assert examples.points is not None and examples.test_points is not None, "only a planar scene has a plane"
    thoughts = [shot.inputs for shot in scene.shots if isinstance(shot, ThinkShot)]
    points = np.concatenate([examples.points, examples.test_points, np.reshape(thoughts, (-1, 2))])
    points = np.clip(points, -FARTHEST, FARTHEST)
    low, high = points.min(axis=0), points.max(axis=0)
    farthest = np.abs(points).max(axis=0)
    if recording.normalization is None:
        side, farthest = (high - low).max(keepdims=True), farthest.max(keepdims=True)
    else:
        side = high - low
    # Not so narrow that the edges would be the same number.
    side = np.maximum(np.where(side > 0, side, 1.0), NARROWEST * farthest)
    middle, half = (low + high) / 2, side * (0.5 + _MARGIN)
    (left, bottom), (right, top) = (middle - half).tolist(), (middle + half).tolist()
    return (left, right), (bottom, top)


def signed(values: NDArray[np.float32] | Floats, activation: str) -> NDArray[np.float32] | Floats:
    """Outputs scaled to -1 to 1: those between 0 and 1 by nature are stretched, all others clipped."""
    stretched = 2 * values - 1 if activation in ("sigmoid", "softmax") else values
    cut: NDArray[np.float32] | Floats = np.minimum(np.maximum(stretched, -1), 1)
    return cut


def asked_inputs(recording: Recording, scene: Look, moments: int) -> Floats:
    """Network inputs (B, n_0) whose answers tell how the film's picture changes, if asked at so many moments.

    They are a grid over the part of the plane that is shown, or some of the training examples, evenly chosen; of a
    network that cannot be computed all its examples.
    """
    if not recording.network.is_exact:
        return recording.examples.inputs
    products = moments * sum(before * after for before, after in pairwise(scene.outline.layers))
    most = max(_FEWEST_ASKED, min(SIDE**2, _PRODUCTS // products))
    if scene.is_planar:
        side = int(most**0.5)
        x1, x2 = (np.linspace(start, stop, side) for start, stop in domain_of(recording, scene))
        given = np.stack(np.meshgrid(x1, x2), axis=-1).reshape(-1, 2)
    else:
        given = recording.examples.given
        given = given[np.linspace(0, len(given) - 1, min(most, len(given))).round().astype(int)]
    return recording.inputs_of(given)


def at_places(layer: Floats, moments: Integers, places: Floats) -> Floats:
    """Weights or biases (N, ...) at N places among some moments (R,) of a recording, on the straight way between two.

    layer: (M, ...), of the recording. places (N,): 0 to R - 1.
    """
    before = np.minimum(places.astype(np.int64), max(0, len(moments) - 2))
    after, part = moments[np.minimum(before + 1, len(moments) - 1)], places - before
    part = part.reshape(-1, *(1,) * (layer.ndim - 1))
    return np.asarray((1 - part) * layer[moments[before]] + part * layer[after])


def answers_at(recording: Recording, scene: Look, rows: Integers, places: Floats, inputs: Floats) -> Floats:
    """Answers (N, B, n_L) to inputs (B, n_0) at N places among some rows, from -1 to 1 as they are drawn.

    rows (R,), of the recording; places (N,): 0 to R - 1. What is not a number counts as 0.
    """
    layers, activations = scene.outline.layers, scene.outline.activations
    if not recording.network.is_exact:
        history, steps = ProbeHistory.of(recording), recording.row_step[rows]
        return np.array(
            [
                signed(history.outputs(step), activations[-1])
                for step in np.interp(places, np.arange(len(rows)), steps).tolist()
            ]
        )
    largest = max(*(before * after for before, after in pairwise(layers)), len(inputs) * max(layers))
    moments, at_once = recording.moment[rows], max(1, _AT_ONCE // largest)
    answers = np.empty((len(places), len(inputs), layers[-1]))
    with np.errstate(all="ignore"):
        for start in range(0, len(places), at_once):
            now = places[start : start + at_once]
            weights = [at_places(layer, moments, now) for layer in recording.weights]
            biases = [at_places(layer, moments, now)[:, None] for layer in recording.biases]
            answers[start : start + at_once] = signed(
                forward(weights, biases, activations, inputs)[-1], activations[-1]
            )
    return np.nan_to_num(answers)


def _largest_layer(recording: Recording) -> int:
    """Number of the weights of the layer that has the most of them; at least 1."""
    return max(1, *(int(layer[0].size) for layer in recording.weights))


def distances(recording: Recording, rows: Integers, before: Floats, after: Floats) -> Floats:
    """Distances (N,) of the weights and biases at each two of N places among some rows."""
    moments = recording.moment[rows]
    squares, at_once = np.zeros(len(before)), max(1, _AT_ONCE // _largest_layer(recording))
    with np.errstate(all="ignore"):
        for start in range(0, len(before), at_once):
            now = slice(start, start + at_once)
            for layer in filter(np.size, (*recording.weights, *recording.biases)):
                apart = at_places(layer, moments, after[now]) - at_places(layer, moments, before[now])
                squares[now] += (apart.reshape(len(apart), -1) ** 2).sum(axis=1)
    return np.sqrt(squares)
