"""Losses of Keras: what they say of a model's outputs, and which of them netviz works out."""

from __future__ import annotations

from typing import Any

import keras

_LOSSES = {
    "sparsecategoricalcrossentropy": "categorical",
    "categoricalcrossentropy": "categorical",
    "binarycrossentropy": "binary",
    "meansquarederror": "squared",
}
"""Kinds of loss functions by the names of Keras's functions and classes, without underscores."""


def meaning(loss: Any, activation: str) -> tuple[str, str | None, list[str]]:
    """Activation that the outputs are shown with, the loss if netviz knows it, and what has to be said about both.

    loss: as `compile` was given it. activation: the last function of the model.
    """
    name, settings = _loss_function(loss)
    kind = _LOSSES.get(name.replace("_", "").lower())
    logits = bool(settings.get("from_logits"))
    shown, known = activation, None
    output = {"categorical": "softmax", "binary": "sigmoid"}.get(kind or "")
    if output is not None and (activation, logits) in ((output, False), ("linear", True)):
        shown, known = output, "cross_entropy"
    elif kind == "squared":
        known = "squared_error"
    if known is not None and settings.get("label_smoothing"):
        return shown, None, [f"the errors that run back are not shown: {name} has a label_smoothing"]
    if known is None and name:
        given = "" if kind is None else f" of {activation} outputs with from_logits={logits}"
        return shown, None, [f"the errors that run back are not shown: netviz does not work out {name}{given}"]
    return shown, known, []


def takes_classes(loss: Any) -> bool:
    """True if the targets of a loss are whole numbers that are classes."""
    return _loss_function(loss)[0].replace("_", "").lower().startswith("sparse")


def _loss_function(loss: Any) -> tuple[str, dict[str, Any]]:
    """The name of a loss function, and its settings; none for several losses."""
    if isinstance(loss, list | tuple) and len(loss) == 1:
        loss = loss[0]
    if loss is None or isinstance(loss, list | tuple | dict):
        return "" if loss is None else "several losses", {}
    function = keras.losses.get(loss)
    settings = function.get_config() if isinstance(function, keras.losses.Loss) else {}
    name = type(function).__name__ if isinstance(function, keras.losses.Loss) else getattr(function, "__name__", "")
    return str(name), settings
