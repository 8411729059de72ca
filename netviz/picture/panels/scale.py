"""How recorded values become light and width: one scale for the whole film."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from netviz.film.frame import Frame
from netviz.learn.recording import Recording

Floats = NDArray[np.float64]

WIDEST_FROM = 5.0
"""|weight| from which TensorFlow Playground draws its widest line."""
NARROWEST, WIDEST = 1 / 1.08, 10 / 1.08
"""Its lines are 1 to 10 pixels wide; here on a picture 1080 pixels high, in thousandths of the shorter side."""


class LevelScale:
    """weight: the largest |weight| of the recording. activations: for each layer, what shines fully (1 or more)."""

    def __init__(self, weight: float, activations: tuple[float, ...]) -> None:
        self.weight = weight
        self.activations = activations

    @classmethod
    def of(cls, recording: Recording, compared: Sequence[Recording] = ()) -> LevelScale:
        """The scale of a recording. Biases count as weights where they are drawn as synapses.

        compared: all the recordings side by side: then it is one scale for them, in which what looks alike is alike.
        Those that broke off have no say in it: their numbers had run away.
        """
        several = [each for each in compared if each.info["complete"]] or [recording]
        drawn = [
            layer for each in several for layer in each.weights + (each.biases if each.scene.has_bias_nodes else ())
        ]
        return cls(
            max(map(_largest, drawn)) or 1.0,
            tuple(
                max(1.0, *(_largest(each.activations[layer]) for each in several if layer < len(each.activations)))
                for layer in range(len(recording.activations))
            ),
        )

    def neurons(self, frame: Frame, layer: int) -> Floats:
        """Signed light of a layer's nodes (nodes_l,), -1 to 1."""
        return frame.arrived[layer] * np.clip(frame.activations[layer] / self.activations[layer], -1, 1)

    def strength(self, weights: Floats) -> Floats:
        """Strength of synapses, 0 to 1."""
        return np.minimum(1, np.abs(weights) / self.weight)

    def width(self, weights: Floats) -> Floats:
        """Thickness in thousandths of the picture's shorter side; grows a little slower than |weight|."""
        result: Floats = 1.2 + 17 * self.strength(weights) ** 0.8
        return result


def _largest(values: Floats) -> float:
    """The largest absolute value, without a copy of what may be most of the recording."""
    return max(float(values.max()), -float(values.min()))


def playground_width(weights: Floats) -> Floats:
    """Thickness as in TensorFlow Playground, in thousandths of the picture's shorter side."""
    result: Floats = NARROWEST + (WIDEST - NARROWEST) * np.minimum(1, np.abs(weights) / WIDEST_FROM)
    return result


def number(value: float) -> str:
    """A neuron's value in at most five characters: two decimals, fewer when it is large, a power of ten when huge."""
    if abs(value) >= 99_999.5:
        return f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
    text = f"{value:.2f}" if abs(value) < 9.995 else f"{value:.1f}" if abs(value) < 99.95 else f"{value:.0f}"
    return text[1:] if text in ("-0.00", "-0.0", "-0") else text
