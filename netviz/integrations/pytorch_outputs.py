"""Inputs and outputs of a PyTorch model: which of its tensors are shown, and in what form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

MOST_OUTPUTS = 4096
"""Most outputs that are shown, of a model that gives more than a row of them for each example."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """Examples as a model takes them: one tensor, or several, of which the first is shown."""

    positional: tuple[Tensor, ...]
    named: Mapping[str, Tensor]

    @property
    def tensors(self) -> list[Tensor]:
        """All of them."""
        return [*self.positional, *self.named.values()]

    @property
    def shown(self) -> Tensor:
        """(P, ...), those that the film shows."""
        return self.tensors[0]

    def changed(self, change: Callable[[Tensor], Tensor]) -> Inputs:
        """The same with each tensor changed."""
        return Inputs(tuple(map(change, self.positional)), {name: change(each) for name, each in self.named.items()})

    def put_through(self, model: nn.Module) -> Any:
        """The model's outputs for them."""
        return model(*self.positional, **self.named)


def outputs_of(result: Any) -> Tensor | None:
    """The tensor of outputs in what a model gives: the logits, if it says which they are, or the first; None: none."""
    if isinstance(result, Tensor):
        return result
    logits = _logits(result)
    if logits is not None:
        return logits
    parts: list[Any] = []
    if isinstance(result, Mapping):
        parts = [*result.values()]
    elif isinstance(result, list | tuple):
        parts = [*result]
    elif is_dataclass(result):
        parts = [getattr(result, each.name) for each in fields(result)]
    return next((found for each in parts if (found := outputs_of(each)) is not None), None)


def which_outputs(result: Any) -> str:
    """Which tensor of what a model gives `outputs_of` finds, for people."""
    return "the first tensor is shown" if _logits(result) is None else "the logits are shown"


def _logits(result: Any) -> Tensor | None:
    logits = result.get("logits") if isinstance(result, Mapping) else getattr(result, "logits", None)
    return logits if isinstance(logits, Tensor) else None


@dataclass(frozen=True)
class OutputForm:
    """Way from a model's tensor of outputs to a row (n,) for each example."""

    positions: int = 0
    """Positions of a text, of which the last is shown; 0 where there are none."""
    chosen: tuple[int, ...] = ()
    """Indices of those that are shown; none: all."""

    def rows(self, output: Tensor) -> Tensor:
        """(P, n), all of them, before some are chosen."""
        if self.positions:
            return output.reshape(-1, self.positions, output.shape[-1])[:, -1]
        return output.reshape(len(output), -1)

    def choice(self, rows: Tensor) -> Tensor:
        """(P, m), those that are shown."""
        return rows[:, list(self.chosen)] if self.chosen else rows


def output_form(inputs: Inputs, output: Tensor, targets: Any, *, is_drawn: bool) -> tuple[OutputForm, list[str]] | None:
    """The form in which outputs are shown, and what has to be said of it; None: they are no rows of the examples.

    targets: y as an array, if there is one; the classes that it names are always among the outputs shown. is_drawn: a
    layer that is drawn gives them, which shows all of its neurons.
    """
    shown, notes = inputs.shown, []
    count = len(shown)
    if output.ndim == 0 or not output.numel() or not output.is_floating_point():
        return None
    positions = 0
    is_text = not shown.is_floating_point() and shown.ndim == 2
    if is_text and output.ndim >= 2 and output.shape[:-1] in {shown.shape, (shown.numel(),)} and shown.shape[1] > 1:
        positions = shown.shape[1]
        notes.append("of the outputs at each position of the text the last are shown")
    elif len(output) != count:
        return None
    size = output.shape[-1] if positions else output.numel() // count
    chosen: tuple[int, ...] = ()
    if size > MOST_OUTPUTS and not is_drawn and (positions or output.ndim > 2):
        spaced = [round(each) for each in np.linspace(0, size - 1, MOST_OUTPUTS)]
        if targets is not None and positions and np.asarray(targets).dtype.kind in "iu":
            named = {int(each) for each in np.unique(targets) if 0 <= each < size} - set(spaced)
            # Each class that y names takes the place of the nearest output that it does not name.
            free = [index for index, each in enumerate(spaced) if each not in set(np.unique(targets).tolist())]
            for each in named:
                nearest = min(free, key=lambda index: abs(spaced[index] - each))
                free.remove(nearest)
                spaced[nearest] = each
        chosen = tuple(sorted(spaced))
        notes.append(f"{MOST_OUTPUTS:,} of its {size:,} outputs are shown, evenly spaced")
    elif output.ndim > 2 and not positions:
        shape = " x ".join(map(str, output.shape[1:]))
        notes.append(f"its {size:,} outputs ({shape}) are shown in a row")
    return OutputForm(positions, chosen), notes


def shown_numbers(rows: Tensor, activation: str, shown: str) -> Tensor:
    """Outputs as they are shown: logits as the probabilities that they stand for.

    activation: the last function of the model; shown: what the film shows instead of it, see `meaning`.
    """
    if activation == "log_softmax":
        return rows.exp()
    if activation != shown and shown == "softmax":
        return torch.softmax(rows, dim=-1)
    return torch.sigmoid(rows) if activation != shown and shown == "sigmoid" else rows
