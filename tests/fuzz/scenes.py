"""Made-up scenes: a strategy of scenes that netviz should accept, of every shape that the schema knows.

What is made up nearly always passes validation: parts are drawn so that they fit each other. A few do not, such as
captions for which no place is left; validation refuses them, which is as good.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, get_args

import numpy as np
from hypothesis import strategies as st

from netviz.scene.json_schema import keys, root, schema_inside
from netviz.scene.messages import Schema
from netviz.scene.model import Activation, Dataset, Feature, InitialWeights, Normalize
from tests.fuzz.films import film_part
from tests.fuzz.values import Plot, as_yaml, chance, numbers, text, words

ACTIVATIONS = get_args(Activation)
CYCLES = (1, 2, 3, 5, 8, 13, 20, 40, 80)
RATES = (1.0, 0.1, 0.5, 0.01, 3.0, 0.03)
WILD_RATES = (1e-300, 1e-9, 30.0, 1e3, 1e6, 1e150, 1e308)
WILD_PARTS = ("inputs", "targets", "weights", "rate", "thoughts")


@dataclass(frozen=True)
class Made:
    """A made-up scene: its keys, and what is in the files beside it, by name."""

    scene: Mapping[str, Any]
    files: Mapping[str, str | bytes] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write the scene and its files into a folder that has the music, pictures and fonts already."""
        for name, content in self.files.items():
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        path = folder / "made-up.yaml"
        path.write_text(self.text(), encoding="utf-8")
        return path

    def text(self) -> str:
        """The scene as YAML."""
        return as_yaml(self.scene)


def made_scenes() -> st.SearchStrategy[Made]:
    """Scenes of every kind, small enough to be drawn in a moment; each from a seed, so that none is like the last."""
    return st.integers(0, 2**64 - 1).map(lambda seed: make_up(Random(seed)))


def make_up(rng: Random) -> Made:
    """Make up a scene."""
    wild = frozenset(rng.choice(WILD_PARTS) for _ in range(rng.choice((0, 0, 0, 0, 1, 2))))
    loss = rng.choice(("squared_error", "squared_error", "cross_entropy"))
    data, plot = _data(rng, loss, wild)
    if data.get("dataset") is not None and plot.width == 1:
        loss = "squared_error"
    network = _network(rng, plot, loss)
    training = _training(rng, plot, network, loss)
    scene: dict[str, Any] = {"network": network, "data": data}
    if chance(rng, 95):
        scene["training"] = training
        plot.cycles = training["cycles"]
    else:  # all by default, which is much
        scene["training"] = {"cycles": plot.cycles}
    film_part(rng, scene, plot)
    if chance(rng, 20):
        _leave_open(rng, scene, root())
    return Made(scene, plot.files)


def _leave_open(rng: Random, part: dict[str, Any], alternatives: list[Schema]) -> None:
    """Write null for a few of the keys that may be left open, and were left out."""
    absent = [key for key in keys(alternatives, part) if key not in part]
    for key in rng.sample(absent, min(len(absent), 2)):
        if any(node.get("type") == "null" for node in schema_inside(alternatives, key, part)):
            part[key] = None
    for key, value in part.items():
        inside = schema_inside(alternatives, key, part)
        if isinstance(value, dict):
            _leave_open(rng, value, inside)
        elif isinstance(value, list):
            for each in value:
                if isinstance(each, dict) and chance(rng, 30):
                    _leave_open(rng, each, schema_inside(inside, 0, value))


# Data: listed, points of the plane, or a table.


def _data(rng: Random, loss: str, wild: frozenset[str]) -> tuple[dict[str, Any], Plot]:
    source = rng.choice(("examples", "examples", "examples", "dataset", "csv", "arrays"))
    if source == "dataset":
        return _dataset(rng, wild)
    has_features = chance(rng, 15)
    features = _features(rng) if has_features else None
    grid_like = not has_features and chance(rng, 10)
    situation = (
        2 if has_features else rng.choice((4, 9, 25, 64, 12)) if grid_like else rng.choice((1, 2, 2, 3, 3, 4, 7, 40))
    )
    width = rng.choice((1, 1, 1, 2, 3, 4, 9, 13))
    count = rng.choice((1, 2, 3, 4, 6, 8, 30))
    if chance(rng, 3):
        count = 320
    inputs = [numbers(rng, situation, wild="inputs" in wild) for _ in range(min(count, 40))]
    inputs = [inputs[index % len(inputs)] for index in range(count)]
    within = (0.0, 1.0) if loss == "cross_entropy" else None
    two_targets = chance(rng, 50)
    if two_targets:
        low, high = (0, 1) if within else rng.choice(((0, 1), (-1, 1), (0.1, 0.9), (-5.0, 1e-9), (0, 1e5)))
        one_hot = width > 2 and chance(rng, 60)
        targets = [[rng.choice((low, high)) for _ in range(width)] for _ in range(count)]
        if one_hot:
            winners = [rng.randrange(width) for _ in range(count)]
            targets = [[high if index == winner else low for index in range(width)] for winner in winners]
    else:
        drawn = [numbers(rng, width, wild="targets" in wild, within=within) for _ in range(min(count, 40))]
        targets = [drawn[index % len(drawn)] for index in range(count)]
    two_targets = len({value for target in targets for value in target}) == 2
    data: dict[str, Any] = {}
    learned = count
    if chance(rng, 20):
        data["train_share"] = rng.choice((1, 0.5, 0.75, 0.1, 1.0, 0.999))
        learned = max(1, int(count * data["train_share"]))
        if int(count * data["train_share"]) < 1:
            data["train_share"] = 1
            learned = count
    if chance(rng, 20):
        data["normalize"] = rng.choice(get_args(Normalize))
    plot = Plot(
        [len(features) if features else situation, width], situation, width, learned,
        has_features or situation == 2, two_targets, wild,
    )  # fmt: skip
    plot.told_apart = two_targets and len({tuple(target) for target in targets}) > 1
    if features:
        data["features"] = features
    if source == "csv":
        _add_table(rng, data, plot, inputs, targets)
    elif source == "arrays":
        _add_arrays(rng, data, plot, inputs, targets)
    else:
        data["examples"] = [
            {"inputs": _alone(rng, given), "target": _alone(rng, target)}
            for given, target in zip(inputs, targets, strict=True)
        ]
    return data, plot


def _alone(rng: Random, values: list[float]) -> Any:
    """A list of one number may be written as the number."""
    return values[0] if len(values) == 1 and chance(rng, 50) else values


def _features(rng: Random) -> list[str]:
    every = get_args(Feature)
    return rng.sample(every, rng.randint(1, len(every)))


def _dataset(rng: Random, wild: frozenset[str]) -> tuple[dict[str, Any], Plot]:
    name = rng.choice(get_args(Dataset))
    samples = rng.choice((2, 3, 10, 40, 60, 120, None))
    data: dict[str, Any] = {"dataset": name}
    if samples is not None:
        data["samples"] = samples
    if chance(rng, 40):
        data["noise"] = rng.choice((0, 0.0, 10, 33.3, 80))
    total = samples or 500
    share = 0.5
    if chance(rng, 40):
        share = data["train_share"] = rng.choice((1, 0.5, 0.9, 0.501))
    features = _features(rng) if chance(rng, 40) else None
    if features:
        data["features"] = features
    if chance(rng, 20):
        data["normalize"] = rng.choice(get_args(Normalize))
    two = name not in ("plane", "gauss-regression")
    width = rng.choice((1, 2, 3, 5, 9)) if name == "blobs" else 1
    size = int(total * share)
    return data, Plot([len(features) if features else 2, width], 2, width, size, True, two, wild, two)


def _add_table(
    rng: Random, data: dict[str, Any], plot: Plot, inputs: list[list[float]], targets: list[list[float]]
) -> None:
    """Write the examples as a table beside the scene; targets of which one alone is 1 may be classes."""
    names = [f"{words(rng, 20).strip() or '?'}{number}" for number in range(plot.situation + plot.width)]
    names = [name.replace("\ufeff", "").strip() for name in names]
    separator = rng.choice((",", ",", ";", "\t"))
    ending = rng.choice(("\n", "\r\n"))

    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    cells = [list(map(repr, wanted)) for wanted in targets]
    winners = _winners(targets)
    if winners and chance(rng, 60):
        classes = names[plot.situation :]
        cells = [[quoted(classes[winner])] for winner in winners]
        names = names[: plot.situation + 1]
    lines = [separator.join(map(quoted, names))]
    lines += [separator.join([*map(repr, row), *wanted]) for row, wanted in zip(inputs, cells, strict=True)]
    plot.files["table.csv"] = rng.choice(("", "", "\ufeff")) + ending.join(lines) + ending
    data["csv"] = rng.choice(("table.csv", "./table.csv"))
    for key, named in (("inputs", names[: plot.situation]), ("targets", names[plot.situation :])):
        data[key] = named[0] if len(named) == 1 and chance(rng, 50) else named
    if chance(rng, 20):  # all of them, for all are numbers
        del data["inputs"]


def _winners(targets: list[list[float]]) -> list[int]:
    """Of targets in which exactly one number is 1, and each is in some, which one it is in each; else none."""
    if not all(sorted(target) == [*[0] * (len(target) - 1), 1] for target in targets):
        return []
    winners = [target.index(1) for target in targets]
    return winners if len({*winners}) == len(targets[0]) > 1 else []


def _add_arrays(
    rng: Random, data: dict[str, Any], plot: Plot, inputs: list[list[float]], targets: list[list[float]]
) -> None:
    """Write the examples as arrays beside the scene: two of an .npz, or one of an .npy."""
    kind, file = rng.choice((np.float64, np.float64, ">f8")), io.BytesIO()
    given, wanted = np.array(inputs, dtype=kind), np.array(targets, dtype=kind)
    winners = _winners(targets)
    if chance(rng, 30):
        np.save(file, np.asarray(np.hstack([given, wanted]), order=rng.choice(("C", "F"))))
        data["arrays"] = "table.npy"
        data["targets"] = [str(plot.situation + number) for number in range(plot.width)]
        if chance(rng, 50):
            data["inputs"] = [str(number) for number in range(plot.situation)]
    else:
        named = {"X": given, "y": np.array(winners) if winners and chance(rng, 60) else wanted}
        rng.choice((np.savez, np.savez_compressed))(file, **named)
        data |= {"arrays": "table.npz", "targets": rng.choice(("y", ["y"]))}
        if chance(rng, 50):
            data["inputs"] = rng.choice(("X", ["X"]))
    plot.files[data["arrays"]] = file.getvalue()


# The network and its training.


def _network(rng: Random, plot: Plot, loss: str) -> dict[str, Any]:
    hidden = [rng.choice((1, 2, 3, 4, 4, 5, 8)) for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3, 6)))]
    if hidden and chance(rng, 12):
        hidden[0] = rng.choice((20, 65, 150))
    if chance(rng, 2):
        hidden = [2] * 24
    plot.layers = [plot.layers[0], *hidden, plot.layers[-1]]
    last = rng.choice(("sigmoid", "softmax") if loss == "cross_entropy" else ACTIVATIONS)
    if last == "softmax" and plot.width == 1:  # which would always answer 1
        last = "sigmoid"
    if last == "softmax" and plot.layers[-1] == 1:
        last = "sigmoid"
    inner = [name for name in ACTIVATIONS if name != "softmax"]
    activation: Any = [*(rng.choice(inner) for _ in hidden), last]
    if chance(rng, 40) and (last != "softmax" or not hidden):
        activation = last
    network: dict[str, Any] = {"layers": plot.layers, "activation": activation}
    if chance(rng, 10) and loss != "cross_entropy":
        del network["activation"]
    if chance(rng, 70):
        network["bias"] = rng.choice((True, True, False, "fixed"))
    if chance(rng, 30):
        network["bias_nodes"] = rng.choice((True, False, None)) if network.get("bias") else rng.choice((False, None))
    size = plot.layers[0]
    if chance(rng, 60 if size in (9, 25, 64) else 6):
        rows = rng.choice([rows for rows in range(1, size + 1) if size % rows == 0])
        network["grid"] = [rows, size // rows]
    for key, count in (("inputs", size), ("outputs", plot.width)):
        if chance(rng, 30):
            network[key] = [text(rng) for _ in range(count)] if chance(rng, 90) else []
    if chance(rng, 20):
        network["hidden"] = [[text(rng) for _ in range(count)] if chance(rng, 80) else [] for count in hidden]
    return network


def _training(rng: Random, plot: Plot, network: Mapping[str, Any], loss: str) -> dict[str, Any]:
    neurons = sum(plot.layers)
    affordable = [cycles for cycles in CYCLES if cycles * plot.learned * neurons < 60_000] or [1]
    training: dict[str, Any] = {"cycles": rng.choice(affordable)}
    if chance(rng, 85):
        training["learning_rate"] = rng.choice(WILD_RATES if "rate" in plot.wild else RATES)
    if chance(rng, 40):
        training["optimizer"] = _optimizer(rng)
    if chance(rng, 50):
        training["batch"] = rng.choice((1, 2, 3, 10, 1000, "full"))
    if chance(rng, 25):
        training["reduction"] = rng.choice(("mean", "sum"))
    if chance(rng, 25):
        training["last_batch"] = rng.choice(("short", "carry"))
    if chance(rng, 30):
        training["regularization"] = rng.choice(("none", "L1", "L2"))
        if training["regularization"] != "none" or chance(rng, 10):
            rate = rng.choice((0.001, 0.1, 0, 3, 1e6 if "rate" in plot.wild else 0.01))
            training["regularization_rate"] = rate if training["regularization"] != "none" else 0
    if loss != "squared_error" or chance(rng, 30):
        training["loss"] = loss
    _add_start(rng, training, plot, network)
    return training


def _optimizer(rng: Random) -> Any:
    """An optimizer by its name, or with some of its settings."""
    name = rng.choice(("sgd", "momentum", "adam"))
    if chance(rng, 50):
        return name
    settings: dict[str, dict[str, Any]] = {
        "sgd": {},
        "momentum": {"momentum": rng.choice((0, 0.5, 0.99))},
        "adam": {"beta1": rng.choice((0, 0.5, 0.99)), "beta2": rng.choice((0, 0.9, 0.9999)), "epsilon": 1e-4},
    }
    given = {key: value for key, value in settings[name].items() if chance(rng, 70)}
    return given | {"name": name}


def _add_start(rng: Random, training: dict[str, Any], plot: Plot, network: Mapping[str, Any]) -> None:
    """Seed, initial weights and biases."""
    weights: Any = rng.choice(get_args(InitialWeights))
    pairs = list(pairwise(plot.layers))
    if chance(rng, 50 if "weights" in plot.wild else 12) and sum(a * b for a, b in pairs) < 300:
        wild = "weights" in plot.wild
        weights = [[_alone(rng, numbers(rng, after, wild=wild)) for _ in range(before)] for before, after in pairs]
    if chance(rng, 80):
        training["initial_weights"] = weights
    given = training.get("initial_weights", "glorot")
    if given in ("uniform", "normal") and chance(rng, 60):
        training["initial_scale"] = rng.choice(
            (1.0, 0.1, 5, 1e-300, 1e150) if "weights" in plot.wild else (1.0, 0.1, 5)
        )
    if isinstance(given, str) and given != "zero" and chance(rng, 10):
        training["initial_skip"] = rng.choice((0, 1, 7, 1000))
    if network.get("bias") and chance(rng, 25):
        wild = "weights" in plot.wild
        counts = [rng.choice((1, after)) for _, after in pairs]
        training["initial_biases"] = [_alone(rng, numbers(rng, count, wild=wild)) for count in counts]
    if chance(rng, 60):
        any_seed = not isinstance(given, str) or given in ("playground", "zero")
        seeds = (0, 1, 7, 2**32 - 1, *(("0.59704", "a seed", "漢字 $") if any_seed else ()))
        training["seed"] = rng.choice(seeds)
