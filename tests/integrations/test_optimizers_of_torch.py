"""The built-in optimizers against PyTorch's, from the same start, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netviz.recording.layers import Parameters
from netviz.scene.model import Optimizer
from netviz.training.compiled_engine import can_be_compiled, compile_steps
from netviz.training.numpy_engine import train_in_place
from netviz.training.problem import TrainingProblem, TrainingState
from netviz.training.sgd import run_reference

torch = pytest.importorskip("torch")

CASES: list[tuple[Optimizer, Any]] = [
    (Optimizer(), lambda parameters: torch.optim.SGD(parameters, lr=0.1)),
    (Optimizer(name="momentum"), lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9)),
    (Optimizer(name="adam"), lambda parameters: torch.optim.Adam(parameters, lr=0.1)),
    (
        Optimizer(name="adam", beta1=0.5, beta2=0.9, epsilon=1e-4),
        lambda parameters: torch.optim.Adam(parameters, lr=0.1, betas=(0.5, 0.9), eps=1e-4),
    ),
]


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(("optimizer", "of_torch"), CASES)
def test_two_hundred_steps_agree(optimizer: Optimizer, of_torch: Any, batch: int) -> None:
    random = np.random.default_rng(0)
    inputs, targets = random.normal(size=(10, 3)), random.random((10, 2))
    weights = (random.normal(size=(3, 4)), random.normal(size=(4, 2)))
    biases = (random.normal(size=4), random.normal(size=2))
    problem = TrainingProblem(
        (3, 4, 2), ("tanh", "sigmoid"), "squared_error", True, 0.1, batch, "mean", inputs, targets, optimizer=optimizer
    )
    cycles = 200 // -(-len(inputs) // batch) + 1
    tensors = [torch.tensor(array, requires_grad=True) for array in (*weights, *biases)]
    first, second, first_bias, second_bias = tensors
    rule = of_torch(tensors)
    for _ in range(cycles):
        for start in range(0, len(inputs), batch):
            x, y = (torch.tensor(array[start : start + batch]) for array in (inputs, targets))
            outputs = torch.sigmoid(torch.tanh(x @ first + first_bias) @ second + second_bias)
            rule.zero_grad()
            (0.5 * (outputs - y) ** 2).sum().div(len(x)).backward()
            rule.step()
    state = TrainingState(Parameters(weights, biases))
    found = [run_reference(problem, state, cycles), train_in_place(problem)(state, cycles)]
    if can_be_compiled(problem):
        found.append(compile_steps(problem)(state, cycles))
    for result in found:
        for ours, theirs in zip((*result.parameters.weights, *result.parameters.biases), tensors, strict=True):
            np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=0, atol=1e-10)
