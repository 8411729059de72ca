"""What netviz.watch costs the PyTorch loop that it is called in: steps that it skips, steps that it keeps, all of it.

    python -m benchmarks.watch [--rounds 5]

A skipped step should take less than half a microsecond, a kept one of 100,000 weights less than a millisecond, and a
run of 784-128-10 on 32 examples at a time hardly longer than without. Kept steps are compared with a copy of the same
parameters. All are measured in turn; medians. Without PyTorch nothing is measured, which is said.
"""

from __future__ import annotations

import argparse
import statistics
import time
import timeit
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import netviz

CALLS = 100_000
"""Of a skipped snap, in a round."""
KEPT = 40
"""Steps kept in a round: for fewer than 80 each is due."""


def network() -> tuple[Any, Any, Any]:
    """A network with 101,632 weights, and 32 examples with their classes."""
    import torch
    from torch import nn

    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    return model, torch.rand(32, 784), torch.randint(0, 10, (32,))


def watcher(model: Any, X: Any, y: Any) -> Any:
    """What watches the network."""
    return netviz.watch(model, X, y, loss="cross_entropy")


def skipped(rounds: int) -> float:
    """Seconds of a snap that is skipped."""
    import torch

    watched, loss = watcher(*network()), torch.tensor(0.5)
    watched.snap(loss)
    watched.snap(loss, step=1_000_000_000, keep=True)
    names = {"snap": watched.snap, "loss": loss}
    times = [timeit.timeit("snap(loss)", globals=names, number=CALLS) / CALLS for _ in range(rounds)]
    assert len(watched.steps) == 3, "a step was not skipped"
    return statistics.median(times)


def kept(rounds: int) -> tuple[list[float], float]:
    """Seconds of each snap that is kept, and of a copy of the parameters."""
    import torch

    model, X, y = network()
    ours, copies, loss = [], [], torch.tensor(0.5)
    for _ in range(rounds):
        watched = watcher(model, X, y)
        watched.snap(loss)  # step 0 as well
        for _ in range(KEPT):
            ours.append(seconds(lambda: watched.snap(loss)))  # noqa: B023
            copies.append(seconds(lambda: [each.detach().clone() for each in model.parameters()]))
        assert len(watched.steps) == KEPT + 2, "a step was not kept"
    return sorted(ours), statistics.median(copies)


def whole(rounds: int, steps: int = 3_000) -> tuple[float, float, int]:
    """Seconds of a run that is watched, and of one that is not; and the number of steps kept."""
    import torch
    from torch.nn.functional import cross_entropy

    def run(watching: bool) -> int:
        model, X, y = network()
        optimizer = torch.optim.Adam(model.parameters())
        watched = watcher(model, X, y) if watching else None
        for _ in range(steps):
            optimizer.zero_grad()
            loss = cross_entropy(model(X), y)
            loss.backward()
            optimizer.step()
            if watched is not None:
                watched.snap(loss)
        return 0 if watched is None else len(watched.steps)

    with_watcher, plain, count = [], [], 0
    for _ in range(rounds):
        plain.append(seconds(lambda: run(False)))
        start = time.perf_counter()
        count = run(True)
        with_watcher.append(time.perf_counter() - start)
    return statistics.median(with_watcher), statistics.median(plain), count


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    if find_spec("torch") is None:
        print("watch: PyTorch is not installed, so nothing is measured; make test-frameworks installs it")
        return
    import torch

    torch.set_num_threads(1)
    print(f"skipped: {1e6 * skipped(rounds):.3f} us (target 0.5)")
    times, copy = kept(rounds)
    median = statistics.median(times)
    print(
        f"kept: {1e3 * median:.3f} ms (target 1), slowest {1e3 * times[-1]:.2f} ms; "
        f"{median / copy:.1f} times a copy of the parameters"
    )
    with_watcher, plain, count = whole(rounds)
    print(f"784-128-10, 3,000 steps, {count} kept: {with_watcher / plain:.3f} times the loop without netviz")


if __name__ == "__main__":
    main()
