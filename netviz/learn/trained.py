"""What of a scene its training depends on; all else only says how the film looks."""

from __future__ import annotations

from netviz.scene.part import Part
from netviz.scene.spec import Scene

TRAINED = ("network", "data", "training", "schedule")
"""Parts of a scene that a recording was made from; they cannot be other afterwards."""

LOOKS = ("network.bias_nodes", "network.grid", "network.inputs", "network.outputs")
"""Keys inside those parts that only say how the network is drawn."""


def is_trained(key: str) -> bool:
    """Whether a dotted key of a scene can change what training leaves behind."""
    return key.split(".")[0] in TRAINED and key not in LOOKS


def trained(scene: Scene) -> dict[str, Part]:
    """The parts of a scene that its recording depends on, without what is only looks: equal for the same training.

    Whatever is added to these parts belongs to it until it is named in LOOKS.
    """
    parts: dict[str, Part] = {}
    for name in TRAINED:
        part: Part = getattr(scene, name)
        keys = [key.partition(".")[2] for key in LOOKS if key.startswith(f"{name}.")]
        parts[name] = part.model_copy(update={key: type(part).model_fields[key].default for key in keys})
    # One activation for all layers is the same as a list of it.
    parts["network"] = parts["network"].model_copy(update={"activation": scene.network.activations})
    return parts
