"""How training grows with cycles, with examples and with the width of layers, against plain NumPy.

    python -m benchmarks.growth [--rounds 3]

netviz is timed as `record` trains: the engine it chooses is made, and compiled where it is one that is compiled, within
the time. Plain NumPy is written for the shape (`plain_training.py`): the same precision (float64), the same batches,
and nothing kept or looked at on the way. Both run in turn; the medians and the median of the ratios are printed.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.plain_training import train_plain
from netviz.recording.layers import Parameters
from netviz.scene.model import Activation, Loss
from netviz.training.problem import TrainingProblem, TrainingState
from netviz.training.trainer import choose_engine

CYCLES = (10, 100, 1_000, 10_000, 60_000)
EXAMPLES = (4, 16, 64, 256, 1_024)
STEPS = 8_192
"""Of each row of the table of examples."""
SHAPES: tuple[tuple[tuple[int, ...], int, int], ...] = (
    ((2, 4, 1), 20_000, 1), ((2, 16, 16, 1), 20_000, 1), ((8, 32, 8, 2), 20_000, 1), ((16, 64, 4), 10_000, 1),
    ((64, 32, 10), 10_000, 1), ((256, 64, 10), 4_000, 1), ((784, 128, 10), 1_000, 1),
    ((2, 4, 1), 2_000, 32), ((2, 16, 16, 1), 2_000, 32), ((8, 32, 8, 2), 2_000, 32), ((16, 64, 4), 2_000, 32),
    ((64, 32, 10), 2_000, 32), ((256, 64, 10), 1_000, 32), ((784, 128, 10), 400, 32),
)  # fmt: skip
"""Layers, steps, examples in a step."""


def lesson_for(
    layers: Sequence[int],
    examples: int,
    batch: int = 1,
    activation: Activation = "sigmoid",
    loss: Loss = "squared_error",
) -> tuple[TrainingProblem, Parameters]:
    """Random examples for a network, and weights to start from. With cross entropy the output is a softmax."""
    random = np.random.default_rng(1)
    output: Activation = "softmax" if loss == "cross_entropy" else "sigmoid"
    problem = TrainingProblem(
        layers=tuple(layers),
        activations=(*[activation] * (len(layers) - 2), output),
        loss=loss,
        bias=True,
        learning_rate=0.1,
        batch=min(batch, examples),
        reduction="mean",
        inputs=random.random((examples, layers[0])),
        targets=np.eye(layers[-1])[random.integers(0, layers[-1], examples)]
        if layers[-1] > 1
        else random.integers(0, 2, (examples, 1)).astype(float),
    )
    weights = tuple(random.normal(0, fan_in**-0.5, (fan_in, fan_out)) for fan_in, fan_out in pairwise(layers))
    return problem, Parameters(weights, tuple(map(np.zeros, layers[1:])))


def seconds(work: Callable[[], object]) -> float:
    """How long something takes, in the processor's own time: it is one thread's, and holds on a busy machine too."""
    start = time.process_time()
    work()
    return time.process_time() - start


def in_turn(problem: TrainingProblem, parameters: Parameters, cycles: int, rounds: int) -> tuple[float, float, float]:
    """Seconds of netviz and of plain NumPy, medians, and the median of how many times as fast netviz is.

    Where plain NumPy takes long, its rate is taken from fewer cycles, but of at least a thousand steps.
    """
    steps = len(problem.inputs) // problem.batch * cycles
    plain_cycles = max(1, min(cycles, cycles * 20_000 // steps))
    ours, plain = [], []
    for _ in range(rounds):
        ours.append(seconds(lambda: choose_engine(problem, cycles).run(TrainingState(parameters), cycles, 1)))
        plain.append(seconds(lambda: train_plain(problem, parameters, plain_cycles)) * cycles / plain_cycles)
    ratios = (there / here for here, there in zip(ours, plain, strict=True))
    return statistics.median(ours), statistics.median(plain), statistics.median(ratios)


def row(name: str, problem: TrainingProblem, parameters: Parameters, cycles: int, rounds: int) -> str:
    """A line of a table, for docs/explanation/speed.md."""
    engine = choose_engine(problem, cycles).name
    ours, plain, ratio = in_turn(problem, parameters, cycles, rounds)
    return f"| {name} | {engine} | {_amount(ours)} | {_amount(plain)} | {ratio:.2f}x |"


def _amount(took: float) -> str:
    return f"{took:.2f} s" if took >= 1 else f"{1000 * took:.3g} ms"


def table(title: str, first: str, rows: Sequence[str]) -> None:
    """Print a table in Markdown."""
    print(f"\n{title}\n\n| {first} | netviz's engine | netviz | plain NumPy | netviz is faster by |")
    print("|---|---|---|---|---|")
    print("\n".join(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with threadpool_limits(1):  # as `record` does for products as small as these; for both
        print_tables(rounds)


def print_tables(rounds: int) -> None:
    """Measure and print all tables."""

    xor = lesson_for((3, 4, 1), 7)
    rows = [row(f"{cycles:,}", *xor, cycles, rounds) for cycles in CYCLES]
    table("with cycles: 3-4-1, 7 examples, one at a time", "cycles", rows)

    rows = [row(f"{count:,}", *lesson_for((3, 4, 1), count), STEPS // count, rounds) for count in EXAMPLES]
    table(f"with examples: 3-4-1, {STEPS:,} steps of one example", "examples", rows)

    rows = []
    for layers, steps, batch in SHAPES:
        problem, parameters = lesson_for(layers, 4 * batch if batch > 1 else 64, batch)
        cycles = steps * batch // len(problem.inputs)
        rows.append(row(f"{'-'.join(map(str, layers))}, {batch}", problem, parameters, cycles, rounds))
    table("with width: sigmoid layers, squared error", "layers, examples a step", rows)

    rows = []
    for batch, steps in ((1, 1_000), (32, 400)):
        for activation in ("sigmoid", "tanh", "relu"):
            for loss in ("squared_error", "cross_entropy"):
                problem, parameters = lesson_for(
                    (784, 128, 10), 4 * batch if batch > 1 else 64, batch, activation, loss
                )
                name = f"{activation}, {loss.replace('_', ' ')}, {batch}"
                rows.append(row(name, problem, parameters, steps * batch // len(problem.inputs), rounds))
    table("784-128-10", "hidden layer, loss, examples a step", rows)


if __name__ == "__main__":
    main()
