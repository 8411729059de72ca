"""Pass of probes through a PyTorch model: the activations and errors of layers that netviz cannot work out itself."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from netviz.integrations.pytorch_guard import guarded
from netviz.integrations.pytorch_losses import loss_of_rows
from netviz.integrations.pytorch_network import WatchedNetwork
from netviz.integrations.pytorch_outputs import Inputs, OutputForm, outputs_of, shown_numbers
from netviz.integrations.pytorch_trace import name_of, refusal

_LINEAR = "torch.nn.functional.linear"


@dataclass(frozen=True)
class Outputs:
    """Settings of a pass: how a model's outputs are shown, and what it learns by, as far as errors are worked out."""

    form: OutputForm
    activation: str
    """The last function of the model."""
    shown: str
    """The function that its outputs are shown with."""
    loss: str | None = None
    """squared_error or cross_entropy, see `network.LOSSES`; None: no errors are worked out."""
    targets: Tensor | None = None
    """(P, n), of all outputs."""


PassResult = tuple[list[Tensor | None], list[Tensor] | None]
"""Results of a pass of P probes: activations (P, n) of each layer whose are taken, None for the others; and errors
(P, n) of all layers, if they are worked out."""


class ProbePass:
    """A pass of the probes, at any moment, from which the activations and errors of layers are taken."""

    def __init__(
        self, model: nn.Module, inputs: Inputs, network: WatchedNetwork, outputs: Outputs, *, every: bool = False
    ) -> None:
        """every: activations also of layers whose numbers netviz computes."""
        self._model, self._inputs, self._outputs = model, inputs, outputs
        self._count, layers = len(network.layers), network.layers
        self._given = [every or not layer.is_exact for layer in layers]
        self._is_dense = [layer.weights is not None for layer in layers]
        arguments: dict[int, int] = {}
        results: dict[tuple[str, int], list[tuple[bool, int]]] = {}
        for index, layer in enumerate(layers):
            if layer.weights is None and index + 1 < self._count:
                arguments[layers[index + 1].linear] = index
            elif layer.weights is not None:
                if outputs.loss is not None:
                    results.setdefault((_LINEAR, layer.linear), []).append((True, index))
                if self._given[index] and index + 1 < self._count and layer.end is not None:
                    results.setdefault(layer.end, []).append((False, index))
        self._taps = arguments, results, {_LINEAR, *(function for function, _ in results)}

    def __call__(self) -> PassResult:
        """The model's outputs for the probes now.

        Raises InputError for a model that calls other functions than it did.
        """
        back = self._outputs.loss is not None
        with guarded(self._model, gradients=back):
            taking = _Taking(*self._taps)
            with taking:
                result = self._inputs.changed(Tensor.clone).put_through(self._model)
            output = outputs_of(result)
            missing = {layer for layer, given in enumerate(self._given[:-1]) if given} - taking.activations.keys()
            if output is None or missing or (back and not taking.sums.keys() >= self._dense()):
                message = "calls other functions than when netviz.watch saw it; watch the changed model"
                raise refusal("model", message)
            rows = self._outputs.form.rows(output)
            if back and not rows.requires_grad:
                rows = rows.detach().requires_grad_()
            errors = self._errors(taking, rows) if back else None
        rows = rows.detach()
        shown = shown_numbers(rows, self._outputs.activation, self._outputs.shown)
        choose = self._outputs.form.choice
        found = [taking.activations.get(layer) for layer in range(self._count - 1)]
        found = [each if given else None for each, given in zip(found, self._given, strict=False)]
        activations = [None if each is None else each.detach().reshape(len(rows), -1) for each in found]
        return [*activations, choose(shown) if self._given[-1] else None], errors

    def _dense(self) -> set[int]:
        return {layer for layer, is_dense in enumerate(self._is_dense) if is_dense}

    def _errors(self, taking: _Taking, rows: Tensor) -> list[Tensor]:
        """(P, n) of each layer: dLoss/d(weighted sums) of dense layers, dLoss/d(activations) of blocks.

        Of blocks at the end whose outputs are shown as probabilities it is dLoss/d(logits).
        """
        of = self._outputs
        assert of.targets is not None
        tensors = [
            taking.sums[layer] if self._is_dense[layer] else taking.activations.get(layer, rows)
            for layer in range(self._count)
        ]
        found = [*torch.autograd.grad(loss_of_rows(rows, of.targets, of.loss, of.activation, of.shown), tensors)]
        if not self._is_dense[-1]:
            if of.loss == "cross_entropy":
                found[-1] = shown_numbers(rows.detach(), of.activation, of.shown) - of.targets
            found[-1] = of.form.choice(found[-1])
        return [each.detach().reshape(len(rows), -1) for each in found]


class _Taking(TorchFunctionMode):
    """Takes tensors from the calls of functions; what goes on is a copy, that what follows in place may write to."""

    def __init__(
        self,
        arguments: Mapping[int, int],
        results: Mapping[tuple[str, int], Sequence[tuple[bool, int]]],
        functions: set[str],
    ) -> None:
        """arguments: layers whose activations a Linear takes, by the occurrence of its call. results: by function and
        occurrence the layers, and whether it gives their weighted sums, or their activations. functions: their names.
        """
        super().__init__()
        self.activations: dict[int, Tensor] = {}
        self.sums: dict[int, Tensor] = {}
        self._arguments, self._results, self._functions = arguments, results, functions
        self._counts: dict[str, int] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = _name_of(func)
        if name not in self._functions:
            return func(*args, **(kwargs or {}))
        occurrence = self._counts.get(name, 0)
        if name == _LINEAR and args and occurrence in self._arguments:
            self.activations[self._arguments[occurrence]], given = _taken(args[0])
            args = (given, *args[1:])
        result = func(*args, **(kwargs or {}))
        self._counts[name] = occurrence + 1
        for are_sums, layer in self._results.get((name, occurrence), ()):
            kept, result = _taken(result)
            (self.sums if are_sums else self.activations)[layer] = kept
        return result


_name_of = functools.cache(name_of)


def _taken(tensor: Tensor) -> tuple[Tensor, Tensor]:
    """A tensor to keep, and a copy of it that is computed from it."""
    if torch.is_grad_enabled() and not tensor.requires_grad:
        tensor = tensor.detach().requires_grad_()
    return tensor, tensor.clone()
