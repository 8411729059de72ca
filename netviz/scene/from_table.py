"""A scene with the rows of its table as examples: their mistakes, and what it then has unsaid, such as softmax."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from netviz.scene.model import Data, Network, Run, Training
from netviz.scene.table import Learned
from netviz.scene.validation_training import Mistake

_EMPTY = {name: Data.model_fields[name].default for name in ("csv", "arrays", "inputs", "targets")}


def with_examples(parts: Mapping[str, Any], learned: Learned) -> dict[str, Any]:
    """Return the parts of a scene that its table changes: data, network, training, runs to compare.

    parts: the top-level values of a scene that are valid by themselves. With classes the last layer has softmax (one
    output: sigmoid), and the loss is cross-entropy, unless the scene says otherwise; an activation function that is a
    name alone is that of the other layers.
    """
    data: Data = parts["data"]
    network: Network | None = parts.get("network")
    training: Training | None = parts.get("training")
    changed: dict[str, Any] = {"data": data.model_copy(update=_EMPTY | {"examples": learned.examples})}
    if network is None:
        return changed
    names = {} if network.inputs or data.features else {"inputs": learned.inputs}
    names |= {} if network.outputs else {"outputs": learned.targets}
    changed["network"] = network.model_copy(update=names)
    if not learned.classes:
        return changed
    ended = _ended(network.activation, network, len(network.layers), is_said="activation" in network.model_fields_set)
    changed["network"] = changed["network"].model_copy(update={"activation": ended})
    if training is not None and "loss" not in training.model_fields_set:
        is_share = changed["network"].activations[-1] in ("sigmoid", "softmax")
        changed["training"] = training.model_copy(update={"loss": "cross_entropy" if is_share else "squared_error"})
    if parts.get("compare"):
        changed["compare"] = tuple(_run_with_classes(run, network) for run in parts["compare"])
    return changed


def once_a_kind(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """Return mistakes with those of the same kind in several rows as one, at the first of the rows."""
    found: dict[Mistake, list[Mistake]] = {}
    for path, message in mistakes:
        is_of_row = path[:2] == ("data", "examples") and len(path) > 2
        kind = path[:2] + path[3:] if is_of_row else path
        found.setdefault((kind, message), []).append((path, message))
    return [
        (same[0][0], message if len(same) == 1 else f"{message}; so in {len(same):,} rows")
        for (_, message), same in found.items()
    ]


def _ended(named: Any, network: Network, layers: int, *, is_said: bool) -> Any:
    """The activation functions of so many layers, of which the last gives classes.

    named: what the scene or a run names. is_said: false where that is the default.
    """
    if not isinstance(named, str) or named == "softmax" or (is_said and layers < 3):
        return named
    return (*[named] * (layers - 2), "sigmoid" if network.layers[-1] == 1 else "softmax")


def _run_with_classes(run: Run, network: Network) -> Run:
    """A run to compare, with the activation functions that its layers have where classes are learned."""
    layers = run.set.get("network.layers", network.layers)
    named = run.set.get("network.activation", network.activation)
    is_said = "activation" in network.model_fields_set or "network.activation" in run.set
    if not run.set.keys() & {"network.layers", "network.activation"}:
        return run
    if not isinstance(named, str) or not isinstance(layers, list | tuple):
        return run
    ended = _ended(named, network, len(layers), is_said=is_said)
    as_list = list(ended) if isinstance(ended, tuple) else ended
    return run.model_copy(update={"name": run.label, "set": run.set | {"network.activation": as_list}})
