"""Films of runs that netviz did not train: what they can be made of, and how what cannot be filmed is refused."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.errors import NetvizWarning
from netviz.recording.recording import finite_part

SMALL = {"output": {"size": "320x180"}}
STEPS = 12


def recorded(sizes: tuple[int, ...] = (2, 3, 1), *, first: int = 0, stride: int = 1, **curves: Any) -> Any:
    """A run of small random steps, whose curves are functions of their number."""
    random = np.random.default_rng(3)
    probes, targets = random.normal(size=(4, sizes[0])), np.array([0.0, 1.0, 1.0, 0.0])
    weights = [random.normal(size=pair) for pair in pairwise(sizes)]
    activations = ["tanh"] * (len(sizes) - 2) + ["sigmoid"]
    rec = netviz.Recorder(list(sizes), activations, probes, targets, loss="squared_error")
    values = {"loss": lambda step: 1 / (1 + step)} | curves
    for step in range(STEPS):
        now = {name: value(step) for name, value in values.items()}
        rec.snap(weights=weights, step=first + stride * step, **now)
        weights = [each + random.normal(0, 0.1, each.shape) for each in weights]
    return rec.recording()


def is_drawn(source: Any, look: dict[str, Any] | None = None) -> bool:
    """Whether the beginning, the middle and the end of its film can be drawn."""
    pictures = [netviz.still(source, at, look=SMALL | (look or {})) for at in ("start", "50%", "end")]
    return all(picture.shape == (180, 320, 3) for picture in pictures)


# Numbers that other people's runs have.


@pytest.mark.parametrize("loss", [lambda step: -step, lambda step: -2.0, lambda step: 1.0 - step, lambda step: 0.0])
def test_a_loss_may_be_negative(loss: Any) -> None:
    run = recorded(loss=loss)
    assert not [event for event in netviz.events(run) if event.kind == "plateau" and loss(1) < 0]
    assert is_drawn(run)


def test_a_loss_that_is_no_number_at_the_end_is_told_as_divergence() -> None:
    with pytest.warns(NetvizWarning, match="step 11: training diverged, loss is not finite"):
        run = recorded(loss=lambda step: 1.0 if step < STEPS - 1 else np.nan)
    part = finite_part(run)
    assert part.step.tolist() == [*range(STEPS - 1)] and part.diverged_at == STEPS - 1
    assert all(np.isfinite(curve).all() for curve in part.curves.values())
    (event,) = (event for event in netviz.events(run) if event.kind == "diverged")
    assert event.cycle == STEPS - 2
    assert is_drawn(run)
