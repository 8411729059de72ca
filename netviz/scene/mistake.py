"""What is wrong between a scene's parts, as data, and the words those who find it share."""

from __future__ import annotations

from netviz.scene.spec import Network

Path = tuple[str | int, ...]
Mistake = tuple[Path, str]
"""The path of the value, and what is wrong with it and would be right."""

ON_THE_PLANE = "a point of the plane has 2, x1 and x2"


def count(number: int, singular: str) -> str:
    """1 value, 2 values."""
    return f"{number:,} {singular}{'' if number == 1 else 's'}"


def misfit(what: str, network: Network, layer: int) -> str:
    """So many of something, and not as many neurons in the first (0) or last (-1) layer."""
    return (
        f"{what}, but the {'last' if layer else 'first'} layer has {count(network.layers[layer], 'neuron')} "
        f"(network.layers: {list(network.layers)})"
    )
