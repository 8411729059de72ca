"""Dense layers in plain NumPy: input features, forward pass, loss, backward pass.

Shapes, for L weight layers: weights[l] (n_l, n_{l+1}), biases[l] (n_{l+1},), float64. Inputs are one example (n_0,) or
a batch (B, n_0); all results have the same leading shape. Call under `np.errstate` where a network may diverge:
overflow is not an error here, the trainer checks for it.

Formulas: Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors", 1986; the shortcuts for
cross entropy: Bishop, "Pattern Recognition and Machine Learning", section 5.2. elu: Clevert, Unterthiner & Hochreiter
2015; gelu: Hendrycks & Gimpel 2016, the exact form; swish: Ramachandran, Zoph & Le 2017, with beta 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer[Any]]

ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "swish", "linear", "softmax")
"""Activation functions that are computed here; softmax is for the last layer only."""

LEAK = 0.01
"""Slope of leaky_relu below zero."""

GATED = ("gelu", "swish")
"""Activation functions that are a weighted sum times a gate between 0 and 1. They fall before they rise, so that their
slope does not follow from the activation: it needs the sum."""
TO_SIGMA, DENSITY = math.sqrt(0.5), 1 / math.sqrt(2 * math.pi)
"""Factor of a sum within erfc, and height of the standard normal density at 0."""


class Parameters(NamedTuple):
    """Weights and biases of a network. Never changed in place: a step makes new ones."""

    weights: tuple[Floats, ...]
    """(n_l, n_{l+1}) for each weight layer."""
    biases: tuple[Floats, ...]
    """(n_{l+1},) for each weight layer; zeros where the network has none."""

    def finite(self) -> bool:
        """True if every number is finite."""
        return all(bool(np.isfinite(array).all()) for arrays in self for array in arrays)

    def at(self, which: int | slice | Integers) -> Parameters:
        """Some networks of a stack: a slice or an array of indices gives a stack again, a number one network."""
        return Parameters(tuple(array[which] for array in self.weights), tuple(array[which] for array in self.biases))


def activate(activation: str, sums: Floats) -> Floats:
    """The layer's activations (..., n) for its weighted sums (..., n)."""
    if activation == "sigmoid":
        result: Floats = _sigmoid(sums, np.exp)
    elif activation == "tanh":
        result = np.tanh(sums)
    elif activation == "relu":
        result = np.maximum(sums, 0.0)
    elif activation == "leaky_relu":
        result = np.maximum(sums, LEAK * sums)
    elif activation == "elu":
        result = np.maximum(sums, 0.0) + np.expm1(np.minimum(sums, 0.0))  # one of them is 0
    elif activation in GATED:
        result = sums * gate(activation, sums)
    elif activation == "softmax":
        powers = np.exp(sums - sums.max(axis=-1, keepdims=True))
        result = powers / powers.sum(axis=-1, keepdims=True)
    else:
        result = sums
    return result


def _sigmoid(sums: Floats, exp: Callable[[Floats], Floats]) -> Floats:
    with np.errstate(over="ignore"):  # exp(-z) is inf below z = -709.8, and 1 / inf is the right answer to 1e-308
        result: Floats = 1.0 / (1.0 + exp(-sums))
    return result


def each(function: Callable[[float], float], numbers: Floats) -> Floats:
    """A function of Python's math of each number of an array, one after the other: where NumPy has none, or another."""
    return np.array(list(map(function, numbers.ravel().tolist())), dtype=np.float64).reshape(numbers.shape)


def gate(activation: str, sums: Floats, exp: Callable[[Floats], Floats] = np.exp) -> Floats:
    """The gate (..., n) of a gated activation function: of gelu the normal distribution, of swish the sigmoid.

    exp: the exponential function, where it has to be another than NumPy's, which has no erfc at all.
    """
    if activation != "gelu":
        return _sigmoid(sums, exp)
    if sums.dtype == np.float32:
        return _normal_for_pictures(sums)
    result: Floats = 0.5 * each(math.erfc, -TO_SIGMA * sums)  # 1 + erf would lose all digits far below zero
    return result


def _normal_for_pictures(sums: Floats) -> Floats:
    """The normal distribution (..., n) in float32, in which a picture asks ten thousand points a frame: to 2e-7.

    Abramowitz & Stegun, "Handbook of Mathematical Functions", 7.1.26.
    """
    size = TO_SIGMA * np.abs(sums)
    t = 1.0 / (1.0 + 0.3275911 * size)
    polynomial = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    beyond = 0.5 * polynomial * np.exp(-size * size)
    result: Floats = np.where(sums < 0.0, beyond, 1.0 - beyond)
    return result


def slope_of_gated(activation: str, sums: Floats, exp: Callable[[Floats], Floats] = np.exp) -> Floats:
    """d(activation)/d(weighted sum) (..., n) of a gated activation function: its gate, and z times the gate's slope."""
    opened = gate(activation, sums, exp)
    if activation == "gelu":
        result: Floats = opened + sums * (DENSITY * exp(-0.5 * sums * sums))
    else:
        result = opened + sums * opened * (1.0 - opened)
    return result


def through_activation(
    activation: str,
    activations: Floats,
    errors: Floats,
    sums: Floats | None = None,
    exp: Callable[[Floats], Floats] = np.exp,
) -> Floats:
    """dLoss/d(weighted sums) (..., n) from the layer's activations (..., n) and dLoss/d(activations) (..., n).

    sums: the weighted sums (..., n), needed where the activation function is gated: every other derivative follows from
    the activations alone. relu has slope 0 at 0, and leaky_relu the one below it. exp: as for `gate`.
    """
    if activation == "sigmoid":
        result: Floats = errors * (activations * (1.0 - activations))
    elif activation == "tanh":
        result = errors * (1.0 - activations * activations)
    elif activation == "relu":
        result = np.where(activations > 0.0, errors, 0.0)
    elif activation == "leaky_relu":
        result = errors * np.where(activations > 0.0, 1.0, LEAK)
    elif activation == "elu":
        result = errors * (1.0 + np.minimum(activations, 0.0))
    elif activation in GATED:
        assert sums is not None, "the slope of a gated activation function needs the sums"
        result = errors * slope_of_gated(activation, sums, exp)
    elif activation == "softmax":  # every output depends on every sum: the whole Jacobian, diag(o) - o o^T
        result = activations * (errors - (errors * activations).sum(axis=-1, keepdims=True))
    else:
        result = errors
    return result


def forward(
    weights: Sequence[Floats], biases: Sequence[Floats], activations: Sequence[str], inputs: Floats
) -> tuple[Floats, ...]:
    """The activations of all L + 1 layers, the inputs first: (..., n_0), (..., n_1), ... (..., n_L)."""
    layers = [inputs]
    for weight, bias, activation in zip(weights, biases, activations, strict=True):
        layers.append(activate(activation, layers[-1] @ weight + bias))
    return tuple(layers)


def sums_for_slope(activation: str, before: Floats, weight: Floats, bias: Floats) -> Floats | None:
    """A layer's weighted sums (..., n) from the activations before it, where its slope needs them; otherwise None."""
    return before @ weight + bias if activation in GATED else None


def losses(
    weights: Sequence[Floats],
    biases: Sequence[Floats],
    activations: Sequence[str],
    layers: Sequence[Floats],
    targets: Floats,
    loss: str,
) -> Floats:
    """The loss of each example (...,), summed over its outputs.

    layers: what `forward` gave for the same weights; targets: (..., n_L).
    squared_error: sum of (t - o)^2 / 2. cross_entropy: for sigmoid outputs the sum of the binary cross entropies, for
    softmax - sum of t log o. Cross entropy is taken from the weighted sums, not from the outputs: a saturated output
    rounds to exactly 0 or 1, and its logarithm would be infinite where the loss is not.
    """
    if loss == "squared_error":
        differences = targets - layers[-1]
        each = differences * differences * 0.5
    else:
        each = cross_entropies(activations[-1], layers[-2] @ weights[-1] + biases[-1], targets)
    result: Floats = each.sum(axis=-1)
    return result


def cross_entropies(activation: str, sums: Floats, targets: Floats) -> Floats:
    """The cross entropy of each sigmoid or softmax output (..., n_L), from the outputs' weighted sums (..., n_L)."""
    if activation == "sigmoid":
        each: Floats = np.maximum(sums, 0.0) - sums * targets + np.log1p(np.exp(-np.abs(sums)))
    else:
        largest = sums.max(axis=-1, keepdims=True)
        logarithm_of_sum = largest + np.log(np.exp(sums - largest).sum(axis=-1, keepdims=True))
        each = targets * (logarithm_of_sum - sums)
    return each


def output_deltas(
    activation: str,
    outputs: Floats,
    targets: Floats,
    loss: str,
    sums: Floats | None = None,
    exp: Callable[[Floats], Floats] = np.exp,
) -> Floats:
    """dLoss/d(weighted sums) (..., n_L) of the last layer. sums, exp: as for `through_activation`."""
    if loss == "squared_error":
        return through_activation(activation, outputs, outputs - targets, sums, exp)
    if activation == "sigmoid":
        return outputs - targets
    # o - t where the targets add up to 1; the factor keeps the gradient true where they do not
    result: Floats = outputs * targets.sum(axis=-1, keepdims=True) - targets
    return result


def deltas(
    weights: Sequence[Floats],
    biases: Sequence[Floats],
    activations: Sequence[str],
    layers: Sequence[Floats],
    targets: Floats,
    loss: str,
) -> tuple[Floats, ...]:
    """dLoss/d(weighted sums) of each layer after the inputs: (..., n_1), ... (..., n_L), each example by itself.

    weights, biases: those of the forward pass, so that hidden deltas are the ones of before the update. With weights
    (C, n_l, n_{l+1}) and biases (C, 1, n_{l+1}) of C networks, layers and targets are (C, B, n).
    """
    sums = [*map(sums_for_slope, activations, layers, weights, biases)]
    result = [output_deltas(activations[-1], layers[-1], targets, loss, sums[-1])]
    for index in range(len(weights) - 1, 0, -1):
        errors = result[-1] @ np.swapaxes(weights[index], -1, -2)
        result.append(through_activation(activations[index - 1], layers[index], errors, sums[index - 1]))
    return tuple(reversed(result))


def gradients(
    layers: Sequence[Floats], deltas: Sequence[Floats], reduction: str = "mean"
) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
    """dLoss/d(weights), dLoss/d(biases), with the shapes of weights and biases.

    layers, deltas: of one example, or of a batch (B, n): then the gradients' mean or sum over the B examples.
    """
    if deltas[0].ndim == 1:
        return tuple(map(np.outer, layers, deltas)), tuple(deltas)
    batch = len(deltas[0])
    if reduction == "mean" and batch > 1:
        deltas = [delta / batch for delta in deltas]
    for_weights = tuple(layer.T @ delta for layer, delta in zip(layers, deltas, strict=False))  # the last feeds nothing
    for_biases = tuple(delta[0] if batch == 1 else delta.sum(axis=0) for delta in deltas)
    return for_weights, for_biases


# Inputs: the values of an example, or features of a point of the plane, as they are given or normalised.

FEATURES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "x1": lambda x1, x2: x1,
    "x2": lambda x1, x2: x2,
    "x1^2": lambda x1, x2: x1 * x1,
    "x2^2": lambda x1, x2: x2 * x2,
    "x1*x2": lambda x1, x2: x1 * x2,
    "sin(x1)": lambda x1, x2: np.sin(x1),
    "sin(x2)": lambda x1, x2: np.sin(x2),
}


def network_inputs(features: Sequence[str] | None, given: Floats, normalization: Floats | None = None) -> Floats:
    """Network inputs (..., n_0): the features of coordinates (..., 2), or without features the given values.

    normalization: (2, n_0), what is subtracted from each of these, and what it is divided by then; None: neither.
    """
    values = given
    with np.errstate(over="ignore", invalid="ignore"):  # the trainer checks for numbers that are not finite
        if features is not None:
            values = np.stack([FEATURES[feature](given[..., 0], given[..., 1]) for feature in features], axis=-1)
        return values if normalization is None else (values - normalization[0]) / normalization[1]
