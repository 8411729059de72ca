"""Training setup: what a recording says of the scene it was trained from, and that scene again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from netviz.errors import InputError, Problem
from netviz.recording.comparison import Comparison
from netviz.recording.network import Network
from netviz.recording.recording import FOR_TESTING, Probes, Recording, stored_as
from netviz.scene.model import COORDINATES
from netviz.scene.scene import Scene
from netviz.scene.schedule import LOOKS_OF_NETWORK, TRAINED, recorded_examples, trained
from netviz.training.data import PLANE_DOMAIN, examples_of, features_of, scene_normalization

UNIT = "cycle"
"""Word for a step of the built-in trainer."""


def described(scene: Scene) -> dict[str, Any]:
    """Fields of a scene's Recording that are known without training: network, examples, look and training setup."""
    examples, features = examples_of(scene), features_of(scene)
    held_out: dict[str, Any] = {}
    if len(examples.test_inputs):
        held_out = {
            "points": examples.test_given,
            "point_targets": examples.test_targets,
            "split": np.full(len(examples.test_inputs), FOR_TESTING, dtype=np.int32),
        }
    normalization = scene_normalization(scene)
    points = None if features in (None, COORDINATES) and normalization is None else examples.given
    return {
        "network": network_of(scene),
        "probes": Probes(examples.inputs, examples.targets, points),
        "unit": UNIT,
        **held_out,
        "features": features,
        "normalization": normalization,
        "plane_domain": None if scene.data.dataset is None else PLANE_DOMAIN,
        "look": look_of(scene),
        "training_setup": setup_of(scene),
    }


def network_of(scene: Scene) -> Network:
    """The network of a scene, as a recording describes it."""
    network = scene.network
    biases, loss = bool(network.bias), scene.training.loss
    optimizer = scene.training.optimizer.name
    return Network.of_dense(network.layers, network.activations, biases=biases, loss=loss, optimizer=optimizer)


def setup_of(scene: Scene) -> dict[str, Any]:
    """The parts of a scene that its training depends on, as JSON, each as the scene has it."""
    return {name: getattr(scene, name).model_dump(mode="json", exclude=_looks(name)) for name in TRAINED}


def look_of(scene: Scene) -> dict[str, Any]:
    """All else of a scene as JSON: how a film of its run looks."""
    look = scene.model_dump(mode="json", exclude={*TRAINED, "compare", "look"})
    return {**look, "network": scene.network.model_dump(mode="json", include={*LOOKS_OF_NETWORK})}


def _looks(part: str) -> set[str]:
    return {*LOOKS_OF_NETWORK} if part == "network" else set()


def setup_scene(recorded: Recording | Comparison, look: Mapping[str, Any] | None = None) -> Scene:
    """The scene that netviz trained a recording from, with a look, as JSON; without one it has no look of its own.

    Raises InputError for somebody else's run, and for a setup that makes no scene.
    """
    setup, look = recorded.training_setup, look or {}
    if setup is None:
        message = "the run was not trained by netviz, so what it learned from and how is not known"
        raise InputError([Problem("the recording", message)])
    network = {**setup["network"], **look.get("network", {})}
    try:
        return Scene.model_validate({**look, **setup, "network": network})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError([Problem("the recording", f"its scene is not valid: {where}: {first['msg']}")]) from None


def check_fits(recording: Recording, scene: Scene) -> None:
    """Raise InputError unless the recording is one of the scene's training, with the examples that its film presents.

    How the film looks makes no difference.
    """
    if recording.training_setup is None or trained(scene) != trained(setup_scene(recording)):
        raise InputError([Problem("", "the recording is of another network, data, training or schedule")])
    if not presents(recording, scene):
        message = "the film presents examples that were not recorded (the learning shot's examples, or a walk)"
        raise InputError([Problem("shots", message)])


def with_look(recording: Recording, scene: Scene) -> Recording:
    """The recording of a scene's training with that scene's look, and all else as that scene has it."""
    looking = replace(recording, look=look_of(scene), look_from=None, training_setup=setup_of(scene))
    return stored_as(looking, recording.stored_at)


def presents(recording: Recording, scene: Scene) -> bool:
    """True if there is a row for each example that a film of the scene presents, as far as training came."""
    recorded: dict[int, set[int]] = {}
    for cycle, example in zip(recording.row_step.tolist(), recording.probe.tolist(), strict=True):
        recorded.setdefault(cycle, set()).add(example)
    last = int(recording.step[-1])
    return all(
        {*presented} <= recorded.get(cycle, set())
        for cycle, presented in recorded_examples(scene).items()
        if cycle <= last
    )
