"""Guard around passes of a PyTorch model: they leave nothing behind, wherever a module keeps what it works with."""

from __future__ import annotations

import operator
import random
import sys
import warnings
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules import module as _global_hooks

_HOOKS = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")
_PLAIN, _EMPTY = {bool, int, float, str, type(None)}, {dict, OrderedDict, set, list}
_LONGEST = 1_000
"""Entries of the longest list that is looked into; of a longer one only its own entries are restored."""


@contextmanager
def guarded(model: nn.Module, *, gradients: bool = False) -> Iterator[None]:
    """A model in evaluation mode, for one pass that leaves everything as it was.

    Restored are what each module has for attributes, its training flag among them, and what lies in their lists and
    dictionaries; the numbers in parameters, buffers and other tensors there; and the states of random numbers:
    PyTorch's, NumPy's and Python's, and of generators that modules have. Autocast is off, what was compiled runs as it
    was written, hooks that are not PyTorch's own are not called, and products are of full precision. No inference mode:
    tensors that a module keeps from it could not be trained with. gradients: the pass can be gone back through; no
    `.grad` is written either way.
    """
    of_all = [vars(_global_hooks)[f"_global{name}"] for name in _HOOKS]
    state = _State([model, *of_all])
    device = next(model.parameters()).device
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
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
        stack.callback(state.restore)
        for module in state.modules:
            module.training = False
        for module in state.modules:
            for hooks, key in _foreign(module):
                del hooks[key]
        for hooks in of_all:
            hooks.clear()
        yield


class _State:
    """All that a pass may change, found wherever a model's modules hold it, and as it is now."""

    def __init__(self, roots: list[Any]) -> None:
        self.modules: list[nn.Module] = []
        self._parts: list[tuple[Any, Any]] = []  # dictionaries, lists and sets, and what is in them
        self._empty: list[Any] = []  # those with nothing in them: most, as each module has a dozen for hooks
        self._tensors: list[tuple[Tensor, Tensor]] = []
        self._random: list[tuple[Callable[[Any], None], Any]] = [
            (np.random.set_state, np.random.get_state()),
            (random.setstate, random.getstate()),
        ]
        seen: set[int] = set()
        waiting = [*reversed(roots)]
        with torch.no_grad():
            while waiting:
                each = waiting.pop()
                if type(each) in _PLAIN or id(each) in seen:
                    continue
                seen.add(id(each))
                waiting += self._within(each)

    def _within(self, value: Any) -> list[Any]:
        """Remember what a value is; return what it holds."""
        if isinstance(value, nn.Module):
            self.modules.append(value)
            attributes = vars(value)
            self._parts.append((attributes, dict(attributes)))
            held = []
            for each in attributes.values():
                if type(each) in _EMPTY and not each:
                    self._empty.append(each)
                elif type(each) not in _PLAIN:
                    held.append(each)
            return held
        if isinstance(value, dict):
            self._parts.append((value, dict(value)))
            return [*value.values()] if len(value) <= _LONGEST else []
        if isinstance(value, list | set | deque | tuple):
            if not isinstance(value, tuple):
                self._parts.append((value, [*value]))
            return [*value] if len(value) <= _LONGEST else []
        if isinstance(value, Tensor):
            if value.layout == torch.strided and not value.is_meta:
                self._tensors.append((value, value.detach().clone()))
        elif isinstance(value, torch.Generator):
            self._random.append((value.set_state, value.get_state()))
        elif isinstance(value, np.random.Generator):
            of = value.bit_generator
            self._random.append((lambda state: setattr(of, "state", state), of.state))
        elif isinstance(value, np.random.RandomState):
            self._random.append((value.set_state, value.get_state()))
        elif isinstance(value, random.Random):
            self._random.append((value.setstate, value.getstate()))
        return []

    def restore(self) -> None:
        """Give back what was changed; what is as before is not written to."""
        for part in self._empty:
            if part:
                part.clear()
        for part, content in self._parts:
            if not _are_the_same(part, content):
                _restore(part, content)
        with torch.no_grad():
            for tensor, before in self._tensors:
                # What is written to counts as changed when gradients are computed, even if it stays the same.
                if not torch.equal(tensor, before) and not _are_equal_but_nan(tensor, before):
                    tensor.copy_(before)
        for set_state, state in self._random:
            set_state(state)


def _are_the_same(part: Any, before: Any) -> bool:
    """True if the same things are in it, in the same order."""
    if len(part) != len(before):
        return False
    if isinstance(part, dict):
        return all(map(operator.is_, part.values(), before.values())) and [*part] == [*before]
    return all(map(operator.is_, part, before))


def _restore(part: Any, before: Any) -> None:
    """Give back to a dictionary, list or set what was in it."""
    if isinstance(part, dict):
        if [*part] == [*before]:
            for name, value in before.items():
                if part[name] is not value:
                    part[name] = value
            return
        part.clear()  # the order is restored as well
        part.update(before)
        return
    part.clear()
    part.update(before) if isinstance(part, set) else part.extend(before)


def _are_equal_but_nan(one: Tensor, two: Tensor) -> bool:
    return one.is_floating_point() and torch.equal(one.nan_to_num(), two.nan_to_num())


def hooked_modules(model: nn.Module) -> list[str]:
    """Names of the modules with hooks that are not PyTorch's own; those belong to what a module computes."""
    return [name or "the model" for name, module in model.named_modules() if _foreign(module)]


def _foreign(module: nn.Module) -> list[tuple[dict[Any, Any], Any]]:
    """Hooks on a module that are not PyTorch's own, as weight_norm's are: the dictionary of each, and its key there."""
    return [
        (hooks, key)
        for name in _HOOKS
        if (hooks := vars(module).get(name))
        for key, hook in [*hooks.items()]
        if not str(getattr(hook, "__module__", "")).startswith("torch.")
    ]


def _cuda_devices(model: nn.Module) -> list[int]:
    """The CUDA devices that a model is on."""
    if not torch.cuda.is_initialized():  # then nothing is on one
        return []
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
