"""TensorFlow Playground links: the run a link describes, as a scene's data.

A link is parsed and never opened. The names of its keys and their defaults are those of Playground's source
(tensorflow/playground, src/state.ts). Playground silently uses its default for a value it does not know; here such a
link is refused, because the film would be of another run than its author meant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from netviz.errors import InputError, Problem
from netviz.scene.messages import did_you_mean, nearest, printable, shown

_HOST = "playground.tensorflow.org"
LONGEST_LINK = 10_000
_MOST_NEURONS = 64
CYCLES = 300
"""Default number of epochs: by then most of Playground's runs have converged."""
SEED = 1
"""Seed for a link without one."""
SEEDLESS = (
    "the link has no seed, and Playground draws another in each run, so this cannot be the run that was seen; the "
    f"seed is {SEED} here (--seed chooses another)"
)

ACTIVATIONS = {name: name for name in ("relu", "tanh", "sigmoid", "linear")}
REGULARIZATIONS = {name: name for name in ("none", "L1", "L2")}
PROBLEMS = {name: name for name in ("classification", "regression")}
DATASETS = {name: name for name in ("circle", "xor", "gauss", "spiral")}
REGRESSION_DATASETS = {"reg-plane": "plane", "reg-gauss": "gauss-regression"}
_FEATURES = {
    "x": "x1",
    "y": "x2",
    "xSquared": "x1^2",
    "ySquared": "x2^2",
    "xTimesY": "x1*x2",
    "sinX": "sin(x1)",
    "sinY": "sin(x2)",
}
"""Playground's key -> the scene's feature, in the order of Playground's input neurons."""
NO_FEATURES = ("cosX", "cosY")
"""Keys of inputs that Playground's links store, but Playground does not have."""
OF_ITS_PAGE = ("collectStats", "tutorial", "hideText")
"""Keys about Playground's page alone; so is every key that ends in _hide."""
OTHER_KEYS = (
    "activation",
    "regularization",
    "batchSize",
    "dataset",
    "regDataset",
    "learningRate",
    "regularizationRate",
    "noise",
    "networkShape",
    "seed",
    "showTestData",
    "discretize",
    "percTrainData",
    "problem",
    "initZero",
)
KEYS = (*OTHER_KEYS, *_FEATURES, *NO_FEATURES, *OF_ITS_PAGE)
COMMENTS = {
    "network.layers": "inputs first, one for each feature; outputs last",
    "network.activation": "one for each layer after the inputs: tanh, relu, sigmoid, linear",
    "data.dataset": "circle, xor, gauss, spiral; plane, gauss-regression",
    "data.noise": "per cent",
    "data.train_share": "the rest is for testing",
    "data.features": "x1, x2, x1^2, x2^2, x1*x2, sin(x1), sin(x2)",
    "training.cycles": "Playground calls them epochs",
    "training.batch": "examples in one step",
    "training.last_batch": "an unfinished batch goes on in the next cycle; short: is a step of its own",
    "training.regularization": "none, L1, L2",
    "training.seed": "in quotes, as Playground has it in its links",
    "training.initial_weights": "playground, zero; others need a whole number as seed",
    "style": "or glow",
}
"""Comments that `netviz new` writes beside the keys of a link's scene."""
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")


@dataclass(frozen=True)
class Link:
    """A link as the data of a scene, with Playground's defaults where the link is wrong.

    problems: every mistake in it. notes: parts of it that a film cannot show. seedless: the note for a link without a
    seed, to be given unless the user gives one; empty if the link has a seed.
    """

    data: dict[str, Any]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    seedless: str


def is_link(source: str) -> bool:
    """Return whether a source is a web address, or the part of one from its # on, and not a file or a scene's name."""
    text = source.strip().lower()
    if text.startswith(("http://", "https://")):
        return True
    return text.startswith((_HOST, "#")) and not _is_there(source)


def read_link(source: str) -> Link:
    """Return the scene data of a link. Raises InputError if it is not a Playground link."""
    state = _State(_fragment(source))
    data = _scene_data(state)
    notes = [
        f"the link has {key}, which Playground gives no input for: the network is without it"
        for key in NO_FEATURES
        if state.flag(key, False)
    ]
    return Link(data, tuple(state.problems), tuple(notes), "" if state.text("seed") else SEEDLESS)


def _is_there(source: str) -> bool:
    try:
        return Path(source).exists()
    except (OSError, ValueError):
        return False


def _fragment(source: str) -> str:
    text = source.strip()
    where = printable(text if len(text) <= 60 else text[:57] + "...")
    if len(text) > LONGEST_LINK:
        raise InputError([Problem(where, f"a link of {len(text):,} characters; {LONGEST_LINK:,} are the most")])
    try:
        address = urlsplit(text if "://" in text or text.startswith("#") else f"https://{text}")
        host = address.hostname
    except ValueError:
        raise InputError([Problem(where, "is no address")]) from None
    if not text.startswith("#") and host != _HOST:
        message = f"netviz opens no addresses; of links it understands those of {_HOST}, which hold a whole run"
        raise InputError([Problem(where, message)])
    return address.fragment


class _State:
    """Keys of a link with their texts, their meaning as values, and the mistakes found in them."""

    def __init__(self, fragment: str) -> None:
        self.problems: list[Problem] = []
        self._texts: dict[str, str] = {}
        for part in filter(None, fragment.split("&")):
            key, equals, text = part.partition("=")
            key = unquote(key)
            if not equals:
                self._wrong(key, "expected key=value")
            elif key in self._texts:
                self._wrong(key, "stands in the link twice")
            elif key not in KEYS and not key.endswith("_hide"):
                self._wrong(key, _unknown(key))
            else:
                self._texts[key] = unquote(text)

    def text(self, key: str) -> str:
        """Return the text of a key, empty if the link does not have it."""
        return self._texts.get(key, "")

    def is_given(self, key: str) -> bool:
        """Return whether the link has the key, even with an empty value."""
        return key in self._texts

    def choice(self, key: str, options: Mapping[str, str], default: str) -> str:
        """Return the meaning of a key's text, which must be one of several names."""
        text = self.text(key) or default
        if text not in options:
            hint = did_you_mean(text, options)
            self._wrong(key, f"expected one of {', '.join(options)}, got {shown(text)}{hint}")
        return options.get(text, options[default])

    def flag(self, key: str, default: bool) -> bool:
        """Return a flag as Playground reads it: any text but false is true."""
        return self.text(key) != "false" if self.text(key) else default

    def number(self, key: str, default: Fraction, least: int, most: int | None = None, *, above: bool = False) -> float:
        """Return a number from `least` (with `above`: greater than it) to `most`, the default if the link has none."""
        text = self.text(key).strip()
        if not text:
            return float(default)
        bounds = f"{'above' if above else 'from'} {least}" + ("" if most is None else f" to {most}")
        if _NUMBER.fullmatch(text) and len(text) <= 40 and math.isfinite(float(text)):
            value = float(text)
            if least <= value and (most is None or value <= most) and not (above and value == least):
                return value
        self._wrong(key, f"expected a number {bounds}, got {shown(text)}")
        return float(default)

    def whole(self, key: str, default: int) -> int:
        """Return a whole number, at least 1; the default if the link has none."""
        text = self.text(key).strip()
        value = float(text) if _NUMBER.fullmatch(text) and len(text) <= 9 else math.nan
        if not text or (value >= 1 and value.is_integer()):
            return int(value) if text else default
        self._wrong(key, f"expected a whole number from 1, got {shown(text)}")
        return default

    def shape(self, key: str, default: Sequence[int]) -> list[int]:
        """Return the number of neurons in each hidden layer; an empty text means no hidden layer."""
        text = self.text(key)
        if not self.is_given(key):
            return [*default]
        parts = [part.strip() for part in text.split(",")] if text.strip() else []
        for part in parts:
            if not re.fullmatch("[0-9]{1,9}", part) or not 1 <= int(part) <= _MOST_NEURONS:
                expectation = f"expected whole numbers from 1 to {_MOST_NEURONS} such as 4,2"
                self._wrong(key, f"{expectation}, got {shown(part)} in {shown(text)}")
                return [*default]
        return [int(part) for part in parts]

    def features(self) -> list[str]:
        """Return the keys of the network's inputs, in Playground's order."""
        chosen = [key for key in _FEATURES if self.flag(key, key in ("x", "y"))]
        if not chosen:
            self.problems.append(Problem("link", f"the network has no input; at least one of {', '.join(_FEATURES)}"))
        return chosen or ["x", "y"]

    def _wrong(self, key: str, message: str) -> None:
        self.problems.append(Problem(f"link: {printable(key)[:60]}", message))


def _unknown(key: str) -> str:
    near = nearest(key, KEYS)
    return f"unknown key ({f'did you mean {near!r}?' if near else 'Playground has no such key'})"


def _scene_data(state: _State) -> dict[str, Any]:
    """Return the data of a scene file for this run."""
    is_regression = state.choice("problem", PROBLEMS, "classification") == "regression"
    datasets = [
        state.choice("dataset", DATASETS, "circle"),
        state.choice("regDataset", REGRESSION_DATASETS, "reg-plane"),
    ]
    dataset = datasets[is_regression]
    hidden = state.shape("networkShape", (4, 2))
    activation = state.choice("activation", ACTIVATIONS, "tanh")
    features = state.features()
    share = Fraction(str(state.number("percTrainData", Fraction(50), 1, 99))) / 100
    kind = state.choice("regularization", REGULARIZATIONS, "none")
    rate = state.number("regularizationRate", Fraction(0), 0)
    data: dict[str, Any] = {
        "name": f"playground-{dataset}",
        "title": f"TensorFlow Playground: {dataset}",
        "network": {
            "layers": [len(features), *hidden, 1],
            "activation": [*[activation] * len(hidden), "linear" if is_regression else "tanh"],
            "bias": True,
        },
        "data": {
            "dataset": dataset,
            "noise": state.number("noise", Fraction(0), 0, 80),
            "train_share": float(share),
            "features": [_FEATURES[key] for key in features],
        },
        "training": {
            "cycles": CYCLES,
            "learning_rate": state.number("learningRate", Fraction(3, 100), 0, above=True),
            "batch": state.whole("batchSize", 10),
            "last_batch": "carry",
            "regularization": kind,
            "regularization_rate": 0.0 if kind == "none" else rate,
            "loss": "squared_error",
            "seed": state.text("seed") or SEED,
            "initial_weights": "zero" if state.flag("initZero", False) else "playground",
        },
        "style": "playground",
    }
    boundary = {"test_points": state.flag("showTestData", False), "discrete": state.flag("discretize", False)}
    if any(boundary.values()):
        kinds = ("curve", "network", "boundary", "title", "caption", "numbers")
        data["panels"] = [{"panel": kind} | (boundary if kind == "boundary" else {}) for kind in kinds]
    return data
