"""The parameters of several networks of one shape, stacked: weights (C, n_l, n_{l+1}), biases (C, n_{l+1})."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from netviz.learn.lesson import Parameters
from netviz.learn.network import Floats


def stacked(networks: Sequence[Parameters]) -> Parameters:
    """Those of C networks, one by one, as one stack."""
    return _together(np.stack, networks)


def joined(stacks: Sequence[Parameters]) -> Parameters:
    """One stack after the other."""
    return _together(np.concatenate, stacks)


def interleaved(stacks: Sequence[Parameters]) -> Parameters:
    """T stacks of C as one of C * T: the first of each, then the second of each, and so on."""
    return _together(lambda arrays: np.stack(arrays, axis=1).reshape(-1, *arrays[0].shape[1:]), stacks)


def chosen(stack: Parameters, which: Any) -> Parameters:
    """Some of a stack: a slice or an array of indices gives a stack again, a number one network."""
    return Parameters(tuple(array[which] for array in stack.weights), tuple(array[which] for array in stack.biases))


def are_near(one: Parameters, other: Parameters, part: float) -> bool:
    """Whether two stacks differ by no more than this part of the other's largest weight."""
    most = part * max(float(np.abs(array).max(initial=0.0)) for array in other.weights)
    pairs = [*zip(one.weights, other.weights, strict=True), *zip(one.biases, other.biases, strict=True)]
    return all(bool((np.abs(a - b) <= most).all()) for a, b in pairs)


def _together(how: Callable[[Sequence[Floats]], Floats], parts: Sequence[Parameters]) -> Parameters:
    weights = tuple(how(arrays) for arrays in zip(*(part.weights for part in parts), strict=True))
    return Parameters(weights, tuple(how(arrays) for arrays in zip(*(part.biases for part in parts), strict=True)))
