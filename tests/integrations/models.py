"""PyTorch models that are watched in tests, and how they are trained. What imports it is skipped without PyTorch."""

from __future__ import annotations

import copy
import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.errors import InputError, NetvizNote

torch = pytest.importorskip("torch", reason="PyTorch is not installed; make test-frameworks installs it")
nn, functional = torch.nn, torch.nn.functional
checkpoint = pytest.importorskip("torch.utils.checkpoint").checkpoint


def examples(inputs: int = 4, count: int = 4) -> Any:
    return torch.randn(count, inputs, generator=torch.Generator().manual_seed(3))


def watched(model: Any, X: Any = None, y: Any = None, **options: Any) -> tuple[Any, list[str]]:
    """A watcher, and the notes that were given with it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        watcher = netviz.watch(model, examples() if X is None else X, y, **options)
    assert all(issubclass(each.category, NetvizNote) for each in caught)
    assert all(each.filename == __file__ for each in caught), "a note points at the line that called"
    return watcher, [str(each.message) for each in caught]


def refusal(model: Any, X: Any = None, y: Any = None, **options: Any) -> str:
    with pytest.raises(InputError) as wrong:
        netviz.watch(model, examples() if X is None else X, y, **options)
    assert "\n" not in str(wrong.value)
    return str(wrong.value)


class Coded(nn.Module):
    """Three layers whose forward pass is a function of the test's."""

    def __init__(self, code: Callable[..., Any]) -> None:
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 3)
        self.hidden = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
        self.scale = nn.Parameter(torch.ones(4))
        self.code = code

    def forward(self, x: Any, **more: Any) -> Any:
        return self.code(self, x, **more)


def through(*functions: Callable[[Any], Any]) -> Coded:
    """fc1, a function, fc2, another, fc3."""

    def code(self: Any, x: Any) -> Any:
        layers = self.fc1, self.fc2, self.fc3
        for layer, function in zip(layers, (*functions, torch.clone), strict=True):
            x = function(layer(x))
        return x

    return Coded(code)


def train(
    model: Any, snap: Callable[[int, Any], None], steps: int = 40, dtype: Any = torch.float32, loss: Any = None
) -> None:
    X, y = examples(4, 32).to(dtype), torch.arange(32) % 3
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for step in range(1, steps + 1):
        optimizer.zero_grad()
        value = (loss or functional.cross_entropy)(model(X), y)
        value.backward()
        optimizer.step()
        snap(step, value)


def mlp(dropout: float = 0.0) -> Any:
    hidden = [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(nn.Linear(4, 6), nn.ReLU(), *hidden, nn.Linear(6, 5, bias=False), nn.Tanh(), nn.Linear(5, 3))


def as_bits(array: Any) -> Any:
    return array.view(torch.int16).numpy().view(np.uint16) if array.dtype == torch.bfloat16 else array.numpy()


def final(model: Any) -> list[Any]:
    """All that training leaves: parameters, buffers and gradients, flags, and the states of random numbers."""
    gradients = [None if each.grad is None else each.grad.clone() for each in model.parameters()]
    flags = [module.training for module in model.modules()]
    return [
        copy.deepcopy(model.state_dict()),
        gradients,
        flags,
        torch.get_rng_state(),
        np.random.get_state()[1:3],
        random.getstate(),
    ]


def same(one: Any, two: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, torch.Tensor):
        return one.dtype == two.dtype and torch.equal(one, two)
    return np.array_equal(one, two) if isinstance(one, np.ndarray) else one == two


def hooks_of(model: Any) -> list[int]:
    """The number of each module's hooks."""
    return [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()]
