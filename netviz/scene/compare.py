"""Runs side by side: the same scene with some keys replaced in each, and which keys these may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from netviz.scene.part import Part
from netviz.scene.values import LONGEST_TEXT, Text
from netviz.scene.words import printable

FEWEST_RUNS, MOST_RUNS = 2, 4
AS_IT_IS = "as it is"
"""What a run is called that replaces nothing."""

_COMPARABLE = ("network.activation", "network.bias", "network.layers", "data.noise")
_MAY_SET = "a run may set training.* but training.cycles, network.activation, network.bias, network.layers, data.noise"

Replaced = Annotated[
    dict[str, Any],
    WithJsonSchema({"type": "object", "examples": ["{training.learning_rate: 0.1}"]}),
]


class Run(Part):
    """One of the runs that are shown side by side."""

    name: Text = ""
    """What stands over it; without it what it replaces: "learning rate 0.1"."""
    set: Replaced = Field(default_factory=dict)
    """Keys of the scene with this run's own values: {training.learning_rate: 0.1}. training.* but cycles,
    network.activation, network.bias, network.layers between inputs and outputs, data.noise."""

    @property
    def label(self) -> str:
        """Its name, or what it replaces."""
        return self.name or derived_name(self.set)


Runs = Annotated[
    tuple[Run, ...],
    Field(min_length=FEWEST_RUNS, max_length=MOST_RUNS),
    BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
]


def derived_name(values: Mapping[str, Any]) -> str:
    """What a run is called that replaces these values: "seed 2, with bias"."""
    text = ", ".join(_named(key, value) for key, value in values.items()) or AS_IT_IS
    return printable(text)[:LONGEST_TEXT]


def _named(key: str, value: Any) -> str:
    word = key.rpartition(".")[2].replace("_", " ")
    if key == "network.bias" and isinstance(value, bool):
        return f"{'with' if value else 'without'} bias"
    if isinstance(value, list) and key == "network.layers":
        return f"{word} {'-'.join(map(str, value))}"
    if isinstance(value, list):
        return f"{word} {', '.join(map(str, value))}"
    return f"{word} {str(value).lower() if isinstance(value, bool) else value}"


def refused(key: str) -> str | None:
    """Why a key of the scene cannot be another in one of the runs; None if it can."""
    part, _, inner = key.partition(".")
    if key in _COMPARABLE or key.startswith(("network.activation.", "network.layers.")):
        return None
    if part == "training" and inner and inner != "cycles":
        return None
    if key in ("network", "data", "training"):
        return f"replaces all of {key}; give its keys one by one, such as training.learning_rate"
    if key == "training.cycles" or part in ("schedule", "shots", "audio", "duration", "sync", "captions", "story"):
        why = "all runs share one clock, so what is shown when is the same for all"
    elif part == "data":
        why = "the same examples are presented to all runs"
    elif part == "compare":
        why = "a run is not compared in itself"
    else:
        why = "all runs share one picture, so its looks are the same for all"
    return f"{why}; {_MAY_SET}"
