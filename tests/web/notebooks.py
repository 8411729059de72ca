"""A notebook as far as netviz sees it: a kernel, and outputs that are shown and replaced."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import netviz

Bundle = dict[str, Any]


class Handle:
    """What IPython's `display` returns for an output that can be replaced."""

    def __init__(self, notebook: FakeNotebook) -> None:
        self._notebook = notebook

    def update(self, bundle: Bundle, *, raw: bool) -> None:
        assert raw
        self._notebook.updates.append(bundle)

    def display(self, bundle: Bundle, *, raw: bool) -> None:
        assert raw
        self._notebook.displays.append(bundle)


@dataclass
class FakeNotebook:
    """displays: bundles that began an output. updates: those that took the place of what was there."""

    displays: list[Bundle] = field(default_factory=list)
    updates: list[Bundle] = field(default_factory=list)
    shell: Any = field(default_factory=lambda: SimpleNamespace(kernel=object(), execution_count=1))

    @property
    def last(self) -> Bundle:
        return [*self.displays, *self.updates][-1]

    @property
    def lines(self) -> list[str]:
        return [bundle["text/plain"] for bundle in (*self.displays, *self.updates)]

    def display(self, bundle: Bundle, *, raw: bool, display_id: bool) -> Handle:
        assert raw and display_id
        self.displays.append(bundle)
        return Handle(self)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """IPython is running, and this is its notebook."""
        ipython, shown = ModuleType("IPython"), ModuleType("IPython.display")
        ipython.get_ipython = lambda: self.shell  # type: ignore[attr-defined]
        ipython.version_info = (9, 0)  # type: ignore[attr-defined]  # matplotlib asks
        shown.display = self.display  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        monkeypatch.setitem(sys.modules, "IPython.display", shown)


class Run:
    """A network in training, by a loop of NumPy."""

    def __init__(self, *, with_loss: bool = True, **arguments: Any) -> None:
        random = np.random.default_rng(2)
        self.x = random.normal(0, 1, (12, 2))
        self.y = (self.x[:, :1] * self.x[:, 1:] > 0).astype(float)
        self.w = [random.normal(0, 1, shape) for shape in ((2, 4), (4, 1))]
        self.step = 0
        self.with_loss = with_loss
        self.recorder = netviz.Recorder(
            [2, 4, 1], ["tanh", "sigmoid"], self.x[:4], self.y[:4], loss="cross_entropy", **arguments
        )

    def train(self, steps: int) -> Run:
        """So many steps; the last is kept."""
        for _ in range(steps):
            hidden = np.tanh(self.x @ self.w[0])
            answer = 1 / (1 + np.exp(-hidden @ self.w[1]))
            loss = -np.log(np.where(self.y == 1, answer, 1 - answer)).mean()
            self.recorder.snap(loss if self.with_loss else None, weights=self.w, step=self.step, keep=_ == steps - 1)
            error = (answer - self.y) / len(self.x)
            back = error @ self.w[1].T * (1 - hidden**2)
            self.w[1] -= hidden.T @ error
            self.w[0] -= self.x.T @ back
            self.step += 1
        return self
