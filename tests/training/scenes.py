"""Scenes the learning tests share, built from plain data."""

from __future__ import annotations

from typing import Any

from netviz.scene.scene import Scene

XOR_EXAMPLES = [
    ([0, 0, 1], 0),
    ([0, 1, 1], 1),
    ([1, 0, 1], 1),
    ([0, 1, 0], 1),
    ([1, 0, 0], 1),
    ([1, 1, 1], 0),
    ([0, 0, 0], 0),
]
MILO_CYCLES = [2, 10, 20, 50, 100, 200, 300, 400, 500, 1000, 2500, 12500, 60000]


def scene(
    examples: list[tuple[Any, Any]] = XOR_EXAMPLES,
    network: dict[str, Any] | None = None,
    schedule: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    **training: Any,
) -> Scene:
    """A scene; a 3-4-1 sigmoid net without biases that learns XOR, in few cycles, where nothing else is said."""
    return Scene.model_validate(
        {
            "network": {"layers": [3, 4, 1]} | (network or {}),
            "data": {"examples": [{"inputs": inputs, "target": target} for inputs, target in examples]} | (data or {}),
            "training": {"cycles": 50, "initial_weights": "milo"} | training,
            "schedule": schedule or {"cycles": [2, 10, 20]},
        }
    )


def milo() -> Scene:
    """The film of 2015: 60,000 cycles of seven examples."""
    return scene(cycles=60_000, schedule={"cycles": MILO_CYCLES})


def playground(
    dataset: str = "circle",
    data: dict[str, Any] | None = None,
    network: dict[str, Any] | None = None,
    schedule: list[int] | None = None,
    **training: Any,
) -> Scene:
    """The run TensorFlow Playground starts with, of one of its data sets, with the seed of known losses."""
    defaults = {
        "cycles": 300,
        "learning_rate": 0.03,
        "batch": 10,
        "last_batch": "carry",
        "seed": "0.59704",
        "initial_weights": "playground",
    }
    return Scene.model_validate(
        {
            "network": {"layers": [2, 4, 2, 1], "activation": "tanh", "bias": True} | (network or {}),
            "data": {"dataset": dataset} | (data or {}),
            "training": defaults | training,
            "schedule": {"cycles": schedule or [1, 10, 100, 300]},
        }
    )
