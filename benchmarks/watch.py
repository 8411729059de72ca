"""What netviz.watch and the callbacks cost the training that they record: steps skipped, steps kept, whole runs.

    python -m benchmarks.watch [--rounds 3] [--share 1]

PyTorch: a skipped step should take less than half a microsecond, a kept one of 100,000 weights less than a millisecond,
and all kept ones of 20,000 steps of 784-128-10, 32 examples at a time, less than 3 % of the run. A kept step of a
network with blocks passes the probes through it, so it is compared with a step of its training: of a small
convolutional network, and of a GPT of 6 blocks. Then fits of scikit-learn, Keras and Lightning with and without.

All is measured in one run, one thread, in turn: loops with and without go on alternately, some steps each, and fits
alternately as a whole. --share: of the steps of all runs, for a quick look; the shorter a run, the denser it is kept.
What is not installed is named and left out; make test-frameworks installs it all.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import time
import timeit
import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

import netviz
from netviz.errors import NetvizNote

CALLS = 100_000
"""Of a skipped snap, in a round."""
KEPT = 40
"""Steps kept in a round: for fewer than 80 each is due."""
IN_TURN = 50
"""Steps of a loop before the other one goes on."""
FITS: dict[str, tuple[str, ...]] = {
    "scikit-learn": ("sklearn",),
    "Keras": ("keras", "torch"),
    "Lightning": ("lightning", "torch"),
}
"""Packages that are needed for a fit of each."""


def dense() -> tuple[Any, Any, Any]:
    """A network with 101,632 weights, and 32 examples with their classes."""
    import torch
    from torch import nn

    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    return model, torch.rand(32, 784), torch.randint(0, 10, (32,))


def convolutional() -> tuple[Any, Any, Any]:
    """A network of two convolutions and two layers that are drawn, for pictures of 28 x 28."""
    import torch
    from torch import nn

    first = nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)
    second = nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()
    model = nn.Sequential(*first, *second, nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))
    return model, torch.rand(16, 1, 28, 28), torch.randint(0, 10, (16,))


def gpt() -> tuple[Any, Any, Any]:
    """A GPT of 6 blocks that reads 16 characters, and texts with the character that comes next."""
    import torch
    from torch import nn
    from torch.nn.functional import scaled_dot_product_attention

    size, heads, length, characters = 32, 4, 16, 65

    class Block(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.ln_1, self.ln_2 = nn.LayerNorm(size), nn.LayerNorm(size)
            self.attn, self.proj = nn.Linear(size, 3 * size), nn.Linear(size, size)
            self.mlp = nn.Sequential(nn.Linear(size, 4 * size), nn.GELU(), nn.Linear(4 * size, size), nn.Dropout(0.1))

        def forward(self, x: Any) -> Any:
            parts = [each.unflatten(-1, (heads, -1)).transpose(1, 2) for each in self.attn(self.ln_1(x)).chunk(3, -1)]
            x = x + self.proj(scaled_dot_product_attention(*parts, is_causal=True).transpose(1, 2).flatten(2))
            return x + self.mlp(self.ln_2(x))

    class GPT(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.wte, self.wpe = nn.Embedding(characters, size), nn.Embedding(length, size)
            self.h = nn.Sequential(*(Block() for _ in range(6)))
            self.ln_f, self.head = nn.LayerNorm(size), nn.Linear(size, characters, bias=False)

        def forward(self, tokens: Any) -> Any:
            x = self.wte(tokens) + self.wpe(torch.arange(length))
            return self.head(self.ln_f(self.h(x))[:, -1])

    return GPT(), torch.randint(0, characters, (16, length)), torch.randint(0, characters, (16,))


def made(network: Callable[[], tuple[Any, Any, Any]]) -> tuple[Any, Any, Any]:
    """A network and its examples, the same each time."""
    import torch

    torch.manual_seed(1)
    return network()


def watcher(model: Any, X: Any, y: Any) -> Any:
    """What watches a network on 16 examples."""
    return netviz.watch(model, X[:16], y[:16], loss="cross_entropy")


def training(model: Any, X: Any, y: Any) -> Callable[[], Any]:
    """A step of training, which gives its loss."""
    import torch
    from torch.nn.functional import cross_entropy

    optimizer = torch.optim.Adam(model.parameters())

    def step() -> Any:
        optimizer.zero_grad()
        loss = cross_entropy(model(X), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def skipped(rounds: int) -> float:
    """Seconds of a snap that is skipped."""
    import torch

    watched, loss = watcher(*made(dense)), torch.tensor(0.5)
    watched.snap(loss)
    watched.snap(loss, step=1_000_000_000, keep=True)
    names = {"snap": watched.snap, "loss": loss}
    times = [timeit.timeit("snap(loss)", globals=names, number=CALLS) / CALLS for _ in range(rounds)]
    assert len(watched.steps) == 3, "a step was not skipped"
    return statistics.median(times)


def kept(network: Callable[[], tuple[Any, Any, Any]], rounds: int) -> tuple[list[float], float, float]:
    """Seconds of each snap that is kept; of a copy of the parameters; and of a step of training."""
    model, X, y = made(network)
    ours, copies, steps = [], [], []
    for _ in range(rounds):
        watched, step = watcher(model, X, y), training(model, X, y)
        watched.snap(step())  # step 0 as well
        for _ in range(KEPT):
            start = time.perf_counter()
            loss = step()
            steps.append(time.perf_counter() - start)
            ours.append(seconds(lambda: watched.snap(loss)))  # noqa: B023
            copies.append(seconds(lambda: [each.detach().clone() for each in model.parameters()]))
        assert len(watched.steps) == KEPT + 2, "a step was not kept"
    return sorted(ours), statistics.median(copies), statistics.median(steps)


def loops(network: Callable[[], tuple[Any, Any, Any]], steps: int) -> tuple[float, float, int]:
    """Seconds of a loop that is watched, and of one that is not, which go on in turn; and the number of steps kept."""
    given = made(network)
    start = time.perf_counter()
    watched = watcher(*given)
    ours, plain = time.perf_counter() - start, 0.0
    watched_step, plain_step = training(*given), training(*made(network))
    for _ in range(0, steps, IN_TURN):
        ours += seconds(lambda: [watched.snap(watched_step()) for _ in range(IN_TURN)])
        plain += seconds(lambda: [plain_step() for _ in range(IN_TURN)])
    return ours, plain, len(watched.steps)


def digits(steps: int) -> tuple[Any, Any, int]:
    """Examples with 64 numbers each, their classes, and the epochs in which 32 at a time make about so many steps."""
    rng = np.random.default_rng(1)
    return rng.random((1_600, 64), np.float32), rng.integers(0, 10, 1_600), max(1, round(steps / 50))


def fit_of_scikit_learn(steps: int, is_watched: bool) -> tuple[float, int]:
    """Seconds of a fit of 64-32-10, and the number of steps kept."""
    from sklearn.neural_network import MLPClassifier

    X, y, epochs = digits(steps)
    never = {"tol": 0.0, "n_iter_no_change": epochs}  # stopped
    clf = MLPClassifier((32,), batch_size=32, max_iter=epochs, random_state=1, **never)
    if not is_watched:
        return seconds(lambda: clf.fit(X, y)), 0
    start = time.perf_counter()
    with netviz.watch(clf, X[:16], y[:16]) as rec:
        clf.fit(X, y)
    return time.perf_counter() - start, len(rec.steps)


def fit_of_keras(steps: int, is_watched: bool) -> tuple[float, int]:
    """Seconds of a fit of 64-32-10, and the number of steps kept."""
    import keras

    from netviz.integrations.keras import FilmCallback

    X, y, epochs = digits(steps)
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Input((64,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy")
    films = [FilmCallback(X[:16], y[:16])] if is_watched else []
    found = seconds(lambda: model.fit(X, y, batch_size=32, epochs=epochs, verbose=0, callbacks=films))
    return found, len(films[0].steps) if films else 0


def fit_of_lightning(steps: int, is_watched: bool) -> tuple[float, int]:
    """Seconds of a fit of 64-32-10, and the number of steps kept."""
    import lightning.pytorch as L
    import torch
    from torch import nn
    from torch.nn.functional import cross_entropy
    from torch.utils.data import DataLoader, TensorDataset

    from netviz.integrations.lightning import FilmCallback

    class Module(L.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))

        def training_step(self, batch: Any, index: int) -> Any:
            return cross_entropy(self.net(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters())

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    X, y, epochs = digits(steps)
    torch.manual_seed(1)
    examples = torch.from_numpy(X), torch.from_numpy(y)
    films = [FilmCallback(X[:16], y[:16], loss="cross_entropy")] if is_watched else []
    names = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
    trainer = L.Trainer(max_epochs=epochs, accelerator="cpu", callbacks=films, **dict.fromkeys(names, False))
    loader = DataLoader(TensorDataset(*examples), batch_size=32, shuffle=True)
    found = seconds(lambda: trainer.fit(Module(), loader))
    return found, len(films[0].steps) if films else 0


def fits(fit: Callable[[int, bool], tuple[float, int]], steps: int, rounds: int) -> tuple[float, int]:
    """How many times as long a fit takes that is watched, the median of so many pairs; and the number of steps kept."""
    for is_watched in (True, False):
        fit(1, is_watched)  # the first loads and compiles
    pairs = [(fit(steps, True), fit(steps, False)) for _ in range(rounds)]
    return statistics.median(ours[0] / plain[0] for ours, plain in pairs), pairs[0][0][1]


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def missing(packages: Sequence[str]) -> list[str]:
    """Those of these packages that are not installed."""
    return [name for name in packages if find_spec(name) is None]


def of_pytorch(rounds: int, share: float) -> None:
    """Measure steps and loops of PyTorch."""
    import torch

    torch.set_num_threads(1)
    print(f"skipped: {1e6 * skipped(rounds):.3f} us (target 0.5)")
    times, copy, _ = kept(dense, rounds)
    median = statistics.median(times)
    print(
        f"kept: {1e3 * median:.3f} ms (target 1), slowest {1e3 * times[-1]:.2f} ms; "
        f"{median / copy:.1f} times a copy of the parameters"
    )
    steps = in_whole(20_000, share)
    ours, plain, count = loops(dense, steps)
    print(
        f"784-128-10, {steps:,} steps, {count} kept: {ours / plain:.3f} times the loop without netviz; "
        f"kept steps take {count * median / plain:.1%} of it (target 3 %)"
    )
    for name, network in (("small CNN", convolutional), ("GPT of 6 blocks", gpt)):
        times, _, step = kept(network, rounds)
        steps = in_whole(2_000, share)
        ours, plain, count = loops(network, steps)
        print(
            f"{name}: a kept step takes {statistics.median(times) / step:.2f} times a step of training; "
            f"{steps:,} steps, {count} kept: {ours / plain:.3f} times the loop without netviz"
        )


def in_whole(steps: int, share: float) -> int:
    """A share of so many steps, of which both loops take as many in turn."""
    return max(1, round(steps * share / IN_TURN)) * IN_TURN


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--share", type=float, default=1.0)
    arguments = parser.parse_args()
    rounds, share = arguments.rounds, arguments.share
    os.environ.setdefault("KERAS_BACKEND", "torch")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    warnings.simplefilter("ignore", NetvizNote)
    warnings.filterwarnings("ignore", module="keras|lightning|sklearn|torch")
    if missing(["torch"]):
        print("PyTorch: left out; not installed: torch")
    else:
        of_pytorch(rounds, share)
    of_each = {"scikit-learn": fit_of_scikit_learn, "Keras": fit_of_keras, "Lightning": fit_of_lightning}
    for name, fit in of_each.items():
        if absent := missing(FITS[name]):
            print(f"{name}: left out; not installed: {', '.join(absent)}")
            continue
        steps = in_whole(1_000, share)
        ratio, count = fits(fit, steps, rounds)
        print(f"{name}: a fit of 64-32-10, {steps:,} steps, {count} kept: {ratio:.3f} times the fit without netviz")


if __name__ == "__main__":
    main()
