"""What is said in a walk through one example, line by line: the equations of the forward pass and, if the walk goes
back, of the error's way and the update. When they appear is `course.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from netviz.scene.panels import EquationsPanel
from netviz.scene.shots import WalkShot
from netviz.scene.spec import Scene

LineKind = Literal["matrix", "sum", "activation", "error", "delta", "gradient", "update", "weights"]
PauseKind = Literal["present", "travel", "back", "hold"]

SECONDS: dict[LineKind | PauseKind, Fraction] = {
    "present": Fraction("1.2"),
    "travel": Fraction("1.2"),
    "matrix": Fraction("2.5"),
    "sum": Fraction("2.2"),
    "activation": Fraction("2.2"),
    "error": Fraction("3.5"),
    "back": Fraction("2"),
    "delta": Fraction("3.5"),
    "gradient": Fraction("3"),
    "update": Fraction("3.5"),
    "weights": Fraction("4"),
    "hold": Fraction("3"),
}
"""How long it takes to read a line, or to follow what happens between two."""


BACKWARD: tuple[LineKind, ...] = ("delta", "gradient", "update", "weights")
"""The lines of the way back."""


@dataclass(frozen=True)
class Line:
    """One line of a walk.

    layer: weight layer; of the error the last, of delta, gradient, update and weights that of the weight whose
    gradient is worked out. neuron: of the layer it leads into; 0 where a line is about all of them.
    """

    kind: LineKind
    layer: int
    neuron: int = 0


@dataclass(frozen=True)
class Pause:
    """What happens between lines: a travel goes through weight layer `layer`, the way back through all."""

    kind: PauseKind
    layer: int = 0


Part = Line | Pause


def script_of(scene: Scene, shot: WalkShot) -> tuple[Line, ...]:
    """The lines of a walk, in order: a matrix and each neuron's sum and activation, layer by layer; the error; and if
    the walk goes back the error at one neuron, the gradient of one of its weights, its update, all new weights."""
    return tuple(part for part in parts_of(scene, shot) if isinstance(part, Line))


def natural_seconds(scene: Scene, shot: WalkShot) -> Fraction:
    """How long a walk takes at reading speed."""
    return sum((SECONDS[part.kind] for part in parts_of(scene, shot)), Fraction(0))


def worked_weight(scene: Scene) -> tuple[int, int, int]:
    """The weight whose gradient is worked out: its layer, and the neurons it leads from and to.

    It is the one that the scene's equations panel names, otherwise the first into the first output.
    """
    layers = scene.network.layers
    named = next((panel.weight for panel in scene.shown_panels if isinstance(panel, EquationsPanel)), None)
    if named is None:
        return len(layers) - 2, 0, 0
    left = named - 1
    for layer, (before, after) in enumerate(pairwise(layers)):
        if left < before * after:
            return layer, left % before, left // before
        left -= before * after
    raise ValueError(f"the network has no weight w{named}")


def parts_of(scene: Scene, shot: WalkShot) -> tuple[Part, ...]:
    """A walk from its beginning to its end."""
    parts: list[Part] = [Pause("present")]
    sizes = scene.network.layers[1:]
    for layer, size in enumerate(sizes):
        parts += [Pause("travel", layer), Line("matrix", layer)]
        for neuron in range(size):
            parts += [Line("sum", layer, neuron), Line("activation", layer, neuron)]
    parts.append(Line("error", len(sizes) - 1))
    if shot.backward:
        layer, _, neuron = worked_weight(scene)
        parts.append(Pause("back"))
        parts += [Line(kind, layer, neuron) for kind in BACKWARD]
    return (*parts, Pause("hold"))
