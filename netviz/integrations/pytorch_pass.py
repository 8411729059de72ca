"""Passes of examples through a PyTorch model that leave nothing behind, and what is taken from them."""

from __future__ import annotations

import functools
import random
import sys
import warnings
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules import module as _global_hooks
from torch.overrides import TorchFunctionMode

from netviz.integrations.pytorch_losses import loss_of_rows
from netviz.integrations.pytorch_network import WatchedNetwork
from netviz.integrations.pytorch_outputs import Inputs, OutputForm, outputs_of, shown_numbers
from netviz.integrations.pytorch_trace import name_of, refusal

_HOOKS = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")


@contextmanager
def guarded(model: nn.Module, *, gradients: bool = False) -> Iterator[None]:
    """A model in evaluation mode, for one pass that leaves everything as it was.

    Restored are what each module has for attributes, its training flag among them, and what lies in their lists and
    dictionaries, the numbers in parameters, buffers and other tensors of modules, and the states of random numbers:
    PyTorch's, NumPy's and Python's. Autocast is off, what was compiled runs as it was written, hooks that are not
    PyTorch's own are not called, and products are of full precision. No inference mode: tensors that a module keeps
    from it could not be trained with. gradients: the pass can be gone back through; no `.grad` is written either way.
    """
    modules = [*model.modules()]
    of_all = [vars(_global_hooks)[f"_global{name}"] for name in _HOOKS]
    parts = [*of_all, *(part for each in modules for part in _parts(each))]
    contents = [_content(part) for part in parts]
    own = [each for module in modules for each in vars(module).values() if isinstance(each, Tensor)]
    with torch.no_grad():
        tensors = [each for each in (*model.parameters(), *model.buffers(), *own) if each.layout == torch.strided]
        numbers = [(each, each.detach().clone()) for each in tensors if not each.is_meta]
    device = next(model.parameters()).device
    of_numpy, of_python = np.random.get_state(), random.getstate()
    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng(devices=_cuda_devices(model)))
        if device.type == "mps":
            stack.callback(torch.mps.set_rng_state, torch.mps.get_rng_state())
        stack.enter_context(torch.enable_grad() if gradients else torch.no_grad())
        stack.enter_context(torch.autocast(device.type, enabled=False, cache_enabled=False))
        if device.type != "cpu":
            stack.enter_context(torch.autocast("cpu", enabled=False, cache_enabled=False))
        stack.enter_context(_full_precision())
        stack.enter_context(warnings.catch_warnings())  # the training says by itself what there is to say
        warnings.simplefilter("ignore")
        if "torch._dynamo" in sys.modules:  # otherwise nothing was compiled, and it takes seconds to load
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        try:
            for module in modules:
                module.training = False
            for _, hooks, key in foreign_hooks(model):
                del hooks[key]
            for hooks in of_all:
                hooks.clear()
            yield
        finally:
            for part, content in zip(parts, contents, strict=True):
                _restore(part, content)
            with torch.no_grad():
                for tensor, before in numbers:
                    # What is written to counts as changed when gradients are computed, even if it stays the same.
                    if not torch.equal(tensor, before) and not _are_equal_but_nan(tensor, before):
                        tensor.copy_(before)
            np.random.set_state(of_numpy)
            random.setstate(of_python)


def _are_equal_but_nan(one: Tensor, two: Tensor) -> bool:
    return one.is_floating_point() and torch.equal(one.nan_to_num(), two.nan_to_num())


def foreign_hooks(model: nn.Module) -> list[tuple[nn.Module, dict[Any, Any], Any]]:
    """Hooks on modules that are not PyTorch's own, which belong to what a module computes, such as weight_norm's.

    Returns for each its module, the dictionary that it is in, and its key there.
    """
    return [
        (module, hooks, key)
        for module in model.modules()
        for hooks in (vars(module)[name] for name in _HOOKS if vars(module).get(name))
        for key, hook in [*hooks.items()]
        if not str(getattr(hook, "__module__", "")).startswith("torch.")
    ]


def _parts(module: nn.Module) -> Iterator[Any]:
    """What a module's state lies in: its attributes, and lists, sets and dictionaries among them."""
    yield vars(module)
    yield from (each for each in vars(module).values() if isinstance(each, dict | list | set | deque))


def _content(part: Any) -> Any:
    return dict(part) if isinstance(part, dict) else [*part]


def _restore(part: Any, before: Any) -> None:
    """Give a part what it had; what is as before is not written to."""
    if isinstance(part, dict):
        if [*part] == [*before]:
            for name, value in before.items():
                if part[name] is not value:
                    part[name] = value
            return
        part.clear()  # the order is restored as well
        part.update(before)
    elif len(part) != len(before) or any(one is not two for one, two in zip(part, before, strict=False)):
        part.clear()
        part.update(before) if isinstance(part, set) else part.extend(before)


def _cuda_devices(model: nn.Module) -> list[int]:
    """The CUDA devices that a model is on."""
    return sorted({each.device.index or 0 for each in model.parameters() if each.device.type == "cuda"})


@contextmanager
def _full_precision() -> Iterator[None]:
    """Products of float32 numbers in float32, where the training lets them be rounded more."""
    before = torch.get_float32_matmul_precision()
    if before == "highest":
        yield
        return
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


# What is taken from a pass.

_LINEAR = "torch.nn.functional.linear"


@dataclass(frozen=True)
class Outputs:
    """How a model's outputs are shown, and what it learns by, as far as errors are worked out."""

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
"""What a pass of P probes gives: activations (P, n) of each layer whose are taken, None for the others; and errors
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
        """What the model gives for the probes now.

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
