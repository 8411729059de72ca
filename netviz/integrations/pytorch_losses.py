"""Loss functions of PyTorch: what the outputs of a model stand for, and whether its errors can be worked out."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from netviz.integrations.pytorch_trace import refusal
from netviz.recording.recording import AnyArray

_NAMES = {
    "crossentropy": "cross_entropy",
    "binarycrossentropywithlogits": "binary_cross_entropy_with_logits",
    "bcewithlogits": "binary_cross_entropy_with_logits",
    "binarycrossentropy": "binary_cross_entropy",
    "bce": "binary_cross_entropy",
    "mse": "mse_loss",
    "squarederror": "mse_loss",
    "nll": "nll_loss",
}
"""PyTorch's functions by the names of functions and classes, without underscores and "loss"."""
_PLAIN = {"weight": None, "pos_weight": None, "label_smoothing": 0.0}
"""Settings that change the errors that run back, and the values with which they do not."""


@dataclass(frozen=True)
class LossFunction:
    """A loss function of training."""

    kind: str | None = None
    """One of PyTorch's functions; None for any other, or for none."""
    changed_by: str = ""
    """Settings that make its errors others than those of the plain function: "label_smoothing" or another."""
    shown: str = ""
    """Its name as it was given."""
    is_name: bool = False
    """True if only its name was given."""


def loss_function(given: Any) -> LossFunction:
    """The kind of a loss function that was given. Raises InputError for a name that is not known, or a value."""
    if given is None:
        return LossFunction()
    if isinstance(given, str):
        kind = _NAMES.get(_plain_name(given))
        if kind is None:
            names = ", ".join(dict.fromkeys(_NAMES.values()))
            raise refusal("loss", f"{given!r} is none of {names}; give the function itself, or None, for another")
        return LossFunction(kind, shown=given, is_name=True)
    if not callable(given):
        message = (
            f"is a {type(given).__name__}; give the function itself, such as torch.nn.CrossEntropyLoss(), and its "
        )
        raise refusal("loss", message + "value to snap")
    options: dict[str, Any] = {}
    while isinstance(given, functools.partial):
        options = {**given.keywords, **options}
        given = given.func
    name = str(getattr(given, "__name__", type(given).__name__))
    options = {key: options.get(key, getattr(given, key, plain)) for key, plain in _PLAIN.items()}
    changed = [key for key, plain in _PLAIN.items() if not (options[key] is None or options[key] == plain)]
    return LossFunction(_NAMES.get(_plain_name(name)), changed[0] if changed else "", name)


def _plain_name(name: str) -> str:
    return name.replace("_", "").replace(" ", "").lower().removesuffix("loss")


def meaning(
    activation: str, outputs: int, loss: LossFunction, targets: AnyArray | None
) -> tuple[str, str | None, list[str]]:
    """Activation that the outputs are shown with, the loss if netviz knows it, and what has to be said about both.

    activation: the last function of the model. outputs: how many. Raises InputError for a loss that is always 0.
    """
    kind = loss.kind
    probabilities = {"linear", "softmax", "log_softmax", "sigmoid"}
    if kind == "cross_entropy" and outputs == 1 and activation in probabilities - {"sigmoid"}:
        message = "cross_entropy of a single output is always 0; of one logit give torch.nn.BCEWithLogitsLoss()"
        raise refusal("loss", message)
    shown, known = "softmax" if activation == "log_softmax" else activation, None
    if (activation, kind) == ("linear", "cross_entropy"):
        shown, known = "softmax", "cross_entropy"
    elif (activation, kind) == ("linear", "binary_cross_entropy_with_logits"):
        shown, known = "sigmoid", "cross_entropy"
    elif (activation, kind) in {
        ("log_softmax", "nll_loss"),
        ("log_softmax", "cross_entropy"),  # it takes the logarithm of a softmax, of which another one changes nothing
        ("sigmoid", "binary_cross_entropy"),
    } or (loss.is_name and kind == "cross_entropy" and activation in ("softmax", "sigmoid")):
        known = "cross_entropy"
    elif kind == "mse_loss" and activation != "log_softmax":
        known = "squared_error"

    notes = []
    if loss.shown and known is None:
        reason = ""
        if kind in ("cross_entropy", "binary_cross_entropy_with_logits") and activation in ("softmax", "sigmoid"):
            reason = f", which takes logits, and the model gives them through a {activation} already"
        elif kind is not None:
            reason = f" of {activation} outputs"
        notes.append(f"the errors that run back are not shown: netviz does not work out {loss.shown}{reason}")
    elif loss.changed_by:
        known = None
        notes.append(f"the errors that run back are not shown: {loss.shown} has a {loss.changed_by}")
    is_class = targets is not None and targets.dtype.kind in "iu" and targets.ndim == 1 and outputs > 1
    if not loss.shown and activation == "linear" and is_class:
        notes.append("outputs are drawn as they are; give loss=torch.nn.CrossEntropyLoss() to see probabilities")
    return shown, known, notes


def loss_of_rows(rows: Tensor, targets: Tensor, loss: str | None, activation: str, shown: str) -> Tensor:
    """The sum of the losses of each probe, as netviz defines them: see `recording.layers.losses`.

    rows, targets: (P, n). loss: squared_error or cross_entropy. activation: the last function of the model. shown: the
    function that its outputs are shown with.
    """
    if loss == "squared_error":
        return 0.5 * (rows - targets).square().sum()
    if activation == "log_softmax":
        return -(targets * rows).sum()
    if activation == "softmax":
        return -(targets * torch.log(rows)).sum()
    if activation == "sigmoid":
        return functional.binary_cross_entropy(rows, targets, reduction="sum")
    if shown == "softmax":
        return functional.cross_entropy(rows, targets, reduction="sum")
    return functional.binary_cross_entropy_with_logits(rows, targets, reduction="sum")
