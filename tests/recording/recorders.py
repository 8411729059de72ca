"""Recorders of small networks, and what their recordings have to obey."""

from __future__ import annotations

import math
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from netviz.errors import InputError
from netviz.recording.layers import activate
from netviz.recording.recorder import Recorder
from netviz.recording.recording import Recording, in_numbers

EPSILON = {"float16": 2.0**-10, "float32": 2.0**-23, "float64": 2.0**-52, "bfloat16": 2.0**-7}


class BFloat16:
    """An array of bfloat16 numbers, as far as a recorder looks at it: NumPy has none without ml_dtypes."""

    dtype = SimpleNamespace(name="bfloat16")

    def __init__(self, bits: Any) -> None:
        self.bits = bits

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.bits.shape)

    def view(self, dtype: Any) -> Any:
        assert dtype == np.uint16
        return self.bits


def in_precision(numbers: Any, precision: str) -> Any:
    """The numbers as somebody's loop has them."""
    if precision != "bfloat16":
        return numbers.astype(precision)
    return BFloat16((numbers.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16))


def bits_of(array: Any) -> Any:
    return array.bits if isinstance(array, BFloat16) else array


def parameters(sizes: list[int], seed: int = 0, precision: str = "float64") -> tuple[list[Any], list[Any]]:
    random = np.random.default_rng(seed)
    weights = [in_precision(random.normal(0, 1, pair), precision) for pair in pairwise(sizes)]
    return weights, [in_precision(random.normal(0, 1, size), precision) for size in sizes[1:]]


SIZES = [3, 5, 2]


def recorder(**changes: Any) -> Recorder:
    random = np.random.default_rng(7)
    arguments: dict[str, Any] = {"layers": SIZES, "activation": ["tanh", "sigmoid"], "probes": random.random((4, 3))}
    arguments |= {"targets": random.random((4, 2)), "loss": "squared_error"}
    return Recorder(**(arguments | changes))


def refused(call: Any, *args: Any, **kwargs: Any) -> list[str]:
    with pytest.raises(InputError) as error:
        call(*args, **kwargs)
    return str(error.value).splitlines()


def check_law(recording: Recording) -> None:
    """Law 1: each exact layer of each row follows from the one before it, but for rounding."""
    network = recording.network
    for row in range(len(recording.probe)):
        moment = recording.moment[row]
        layers = [in_numbers(layer[row]).astype(float) for layer in recording.activations]
        for index, layer in enumerate(network.layers[1:]):
            if not layer.exact:
                continue
            w = recording.weights[index][moment].astype(float)
            b = recording.biases[index][moment].astype(float)
            a, stored = layers[index], recording.activations[index + 1].dtype
            m = (np.abs(a) @ np.abs(w) + np.abs(b)).max()
            eps = EPSILON["bfloat16" if stored == np.uint16 else stored.name]
            off = np.abs(activate(layer.activation, a @ w + b) - layers[index + 1]).max()
            assert off <= 8 * eps * (math.sqrt(len(w)) * m + 1), (row, index)


def moment_bytes() -> int:
    """Bytes that a moment takes of `recorder()` with float64 weights, no biases and a loss."""
    rows, sizes = 5, (5, 2)
    weights = 3 * 5 + 5 * 2
    numbers = weights + rows * sum(sizes) + 1 + 1 + 1 + rows  # step, loss, error; losses of the rows
    return 8 * numbers + 8 * rows  # moment and probe


def bytes_of(recording: Recording) -> int:
    """Bytes of all arrays that grow with the moments."""
    arrays: list[Any] = [
        recording.step,
        recording.moment,
        recording.probe,
        *recording.activations[1:],
        *recording.curves.values(),
    ]
    arrays += [array for roles in recording.parameters for array in roles.values()] + [*(recording.errors or ())]
    of_rows = 0 if recording.loss is None else recording.loss.nbytes
    return of_rows + sum(int(array.nbytes) for array in arrays)


def run(steps: Any, budget: Any, **more: Any) -> Recorder:
    """A recorder that was offered these steps."""
    rec, weights = recorder(budget=budget), parameters(SIZES)[0]
    for step in steps:
        wanted, before = rec.wants(step), rec.steps
        rec.snap(1.0, step=step, weights=weights, **more)
        assert (step in rec.steps) == (wanted or more.get("keep", False))
        assert before[:1] == rec.steps[:1] or not before
    return rec


def run_steps(room: int, end: int) -> tuple[int, ...]:
    rec, weights = recorder(budget=room * moment_bytes()), parameters(SIZES)[0]
    for _ in range(end):
        rec.snap(1.0, weights=weights)
    return rec.steps
