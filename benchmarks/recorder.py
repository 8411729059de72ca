"""What a Recorder costs the training loop it is called in: moments that it skips, moments that it keeps.

    python -m benchmarks.recorder [--rounds 5]

A skipped moment should take less than half a microsecond, a kept one of 100,000 weights less than a millisecond. Both
are compared with what the loop does anyway: a skipped one with a call that does nothing with the same arguments, a kept
one with a copy of the same arrays, and with a step of plain NumPy that trains the same network on 32 examples. All are
measured in turn; medians. Then the whole: a loop of 10,000 steps of a small network with a Recorder and without.
"""

from __future__ import annotations

import argparse
import statistics
import time
import timeit
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from netviz.recording.recorder import Recorder

Numbers = npt.NDArray[Any]

SIZES = (784, 128, 10)
CALLS = 100_000
"""Of a skipped snap, in a round."""
KEPT = 40
"""Moments kept in a round: for fewer than 80 each is due."""


class Loop:
    """Training as somebody would write it: a network with two layers, on 32 examples, its arrays changed in place."""

    def __init__(self, sizes: tuple[int, int, int], dtype: type = np.float32) -> None:
        random = np.random.default_rng(1)
        self.x: Numbers = random.random((32, sizes[0])).astype(dtype)
        self.y: Numbers = np.eye(sizes[2], dtype=dtype)[random.integers(0, sizes[2], 32)]
        self.weights: list[Numbers] = [random.normal(0, a**-0.5, (a, b)).astype(dtype) for a, b in pairwise(sizes)]
        self.biases: list[Numbers] = [np.zeros(b, dtype) for b in sizes[1:]]
        self.sizes = sizes

    def step(self) -> float:
        """A step of gradient descent with softmax and cross entropy. Returns the loss."""
        (w1, w2), (b1, b2) = self.weights, self.biases
        hidden = np.tanh(self.x @ w1 + b1)
        sums = hidden @ w2 + b2
        powers = np.exp(sums - sums.max(axis=1, keepdims=True))
        outputs = powers / powers.sum(axis=1, keepdims=True)
        error = (outputs - self.y) / len(self.x)
        back = error @ w2.T * (1 - hidden * hidden)
        w2 -= 0.1 * (hidden.T @ error)
        w1 -= 0.1 * (self.x.T @ back)
        b2 -= 0.1 * error.sum(axis=0)
        b1 -= 0.1 * back.sum(axis=0)
        return float(-np.log(outputs[self.y > 0]).mean())

    def recorder(self) -> Recorder:
        """A recorder of this network that has kept nothing yet."""
        return Recorder(self.sizes, ("tanh", "softmax"), self.x, self.y, loss="cross_entropy")


def nothing(loss: Any = None, *, step: Any = None, weights: Any, biases: Any = None, **curves: Any) -> None:
    """Takes what snap takes, and does nothing."""


def skipped(rounds: int) -> tuple[float, float]:
    """Seconds of a snap that is skipped, and of a call that does nothing."""
    loop = Loop(SIZES)
    weights, biases = loop.weights, loop.biases
    recorder = loop.recorder()
    recorder.snap(0.5, step=0, weights=weights, biases=biases)
    recorder.snap(0.5, step=1_000_000_000, weights=weights, biases=biases, keep=True)
    recorder._offered = 1_000_000_001  # as if each step had been offered
    ours, empty = [], []
    for _ in range(rounds):
        names = {"snap": recorder.snap, "nothing": nothing, "weights": weights, "biases": biases}
        ours.append(timeit.timeit("snap(0.5, weights=weights, biases=biases)", globals=names, number=CALLS) / CALLS)
        empty.append(timeit.timeit("nothing(0.5, weights=weights, biases=biases)", globals=names, number=CALLS) / CALLS)
    assert len(recorder.steps) == 2, "a moment was not skipped"
    return statistics.median(ours), statistics.median(empty)


def kept(dtype: type, rounds: int) -> tuple[list[float], float, float]:
    """Seconds of each snap that is kept, of a copy of the arrays, and of a step of training; 101,632 weights."""
    loop = Loop(SIZES, dtype)
    ours, copies, steps = [], [], []
    for _ in range(rounds):
        recorder = loop.recorder()
        for _ in range(KEPT):
            steps.append(seconds(loop.step))
            ours.append(seconds(lambda: recorder.snap(0.5, weights=loop.weights, biases=loop.biases)))  # noqa: B023
            copies.append(seconds(lambda: [array.copy() for array in (*loop.weights, *loop.biases)]))
        assert len(recorder.steps) == KEPT, "a moment was not kept"
    return sorted(ours), statistics.median(copies), statistics.median(steps)


def whole(rounds: int, steps: int = 10_000) -> tuple[float, float, int]:
    """Seconds of a loop of a small network with a recorder, and without; and the number of moments kept."""
    recorded, plain, count = [], [], 0

    def run(with_recorder: bool) -> int:
        loop = Loop((2, 8, 2))
        recorder = loop.recorder()
        for _ in range(steps):
            loss = loop.step()
            if with_recorder:
                recorder.snap(loss, weights=loop.weights, biases=loop.biases)
        return len(recorder.steps)

    for _ in range(rounds):
        plain.append(seconds(lambda: run(False)))
        start = time.perf_counter()
        count = run(True)
        recorded.append(time.perf_counter() - start)
    return statistics.median(recorded), statistics.median(plain), count


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with threadpool_limits(1):
        ours, empty = skipped(rounds)
        print(f"skipped: {1e6 * ours:.3f} us (target 0.5), {ours / empty:.1f} times a call that does nothing")
        for dtype in (np.float32, np.float64):
            times, copy, step = kept(dtype, rounds)
            median, slowest = statistics.median(times), times[-1]
            print(
                f"kept, {np.dtype(dtype).name}: {1e3 * median:.3f} ms (target 1), slowest {1e3 * slowest:.2f} ms; "
                f"{median / copy:.1f} times a copy of the arrays, {median / step:.2f} of a training step"
            )
        with_recorder, plain, count = whole(rounds)
        print(f"2-8-2, 10,000 steps, {count} kept: {with_recorder / plain:.3f} times the loop without a recorder")


if __name__ == "__main__":
    main()
