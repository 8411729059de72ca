"""What a scene's parts must be to each other, for a Scene made in Python."""
# ruff: noqa: E501 - a table, one mistake a line

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from netviz.scene.check import mistakes
from netviz.scene.shots import LearningShot, RestShot, ThinkShot
from netviz.scene.spec import Data, Example, Network, Output, Scene, Schedule, Training

NETWORK = Network(layers=(2, 1))
DATA = Data(examples=(Example(inputs=(0.0, 1.0), target=(1.0,)),))


def test_a_scene_made_in_python_is_complete() -> None:
    scene = Scene(network=NETWORK, data=DATA)
    assert scene.training == Training()
    assert scene.output.fps == 30
    with pytest.raises(ValidationError):
        scene.title = "frozen"  # type: ignore[misc]


def test_a_scene_made_in_python_is_checked_too() -> None:
    with pytest.raises(ValidationError, match=r"network\.inputs: 1 names for 2 input neurons"):
        Scene(network=Network(layers=(2, 1), inputs=("one",)), data=DATA)
    with pytest.raises(ValidationError, match="expected a number, or a fraction"):
        Output(fps="fast")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parts", "path", "says"),
    [
        ({"network": Network(layers=(2, 3, 1), activation=("softmax", "sigmoid"))}, ("network", "activation"), "last layer"),
        ({"network": Network(layers=(2, 1), outputs=("a", "b"))}, ("network", "outputs"), "2 names for 1 output"),
        (
            {"network": Network(layers=(2, 1), activation="tanh"), "training": Training(loss="cross_entropy")},
            ("training", "loss"),
            "cross_entropy needs sigmoid or softmax outputs, not tanh",
        ),
        (
            {
                "network": NETWORK,
                "data": Data(examples=(Example(inputs=(0.0, 0.0), target=(2.0,)),)),
                "training": Training(loss="cross_entropy"),
            },
            ("data", "examples", 0, "target"),
            "between 0 and 1",
        ),
        ({"training": Training(initial_scale=2.0)}, ("training", "initial_scale"), "glorot weights have no scale"),
        ({"schedule": Schedule()}, ("schedule",), "got none"),
        ({"schedule": Schedule(every=1, frames=1)}, ("schedule",), "got every and frames"),
        ({"schedule": Schedule(cycles=(1, 3, 3))}, ("schedule", "cycles", 2), "3 comes after 3"),
        ({"schedule": Schedule(cycles=(1, 9)), "training": Training(cycles=8)}, ("schedule", "cycles"), "9 is past the end"),
        ({"schedule": Schedule(every=9), "training": Training(cycles=8)}, ("schedule", "every"), "shows nothing"),
        ({"schedule": Schedule(frames=9), "training": Training(cycles=8)}, ("schedule", "frames"), "more than the 8"),
        ({"shots": (LearningShot(), LearningShot())}, ("shots", 1), "one learning shot"),
        ({"shots": (RestShot(share=0.6), LearningShot(share=0.6))}, ("shots",), "add up to 1.2"),
        ({"shots": (RestShot(share=1.0), LearningShot())}, ("shots",), "no time"),
        ({"shots": (ThinkShot(inputs=(1.0,)),), "network": NETWORK}, ("shots", 0, "inputs"), "1 value, but the first"),
        (
            {"shots": (ThinkShot(inputs=(1.0, 1.0), target=(1.0, 0.0)),), "network": NETWORK},
            ("shots", 0, "target"),
            "2 values, but the last layer has 1 neuron ",
        ),
        ({"audio": "/x.mp3", "duration": Fraction(5)}, ("duration",), "not both"),
        (
            {"schedule": Schedule(every=1), "training": Training(cycles=50_000)},
            ("schedule", "every"),
            "50,000 shown cycles are more",
        ),
        ({"output": Output(fps=Fraction("23.976023976"))}, ("output", "fps"), "nearest usual rate is 24000/1001"),
    ],
)  # fmt: skip
def test_a_mistake_between_parts(parts: dict[str, Any], path: tuple[str | int, ...], says: str) -> None:
    ((found_path, message),) = mistakes(parts)
    assert found_path == path
    assert says in message


def test_parts_that_fit_have_no_mistakes() -> None:
    scene = Scene(
        network=Network(layers=(2, 3, 1), activation=("tanh", "softmax"), inputs=("a", "b")),
        data=DATA,
        training=Training(cycles=9, loss="cross_entropy", initial_weights="normal", initial_scale=0.5),
        schedule=Schedule(cycles=(1, 9)),
        shots=(RestShot(share=0.5), LearningShot(share=0.5)),
        output=Output(size=(128, 8192), fps=Fraction(24000, 1001)),
    )
    assert mistakes({name: getattr(scene, name) for name in Scene.model_fields}) == []
