"""The examples of PyTorch: each runs as a stranger would run it, and ends in a film of what its loop had."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.drawing.panels.counters import counters
from netviz.drawing.renderer import Renderer
from netviz.pipeline.looks import filmed
from netviz.pipeline.prepare import finish, prepare
from netviz.video.metadata_formats import read_media, read_provenance

torch = pytest.importorskip("torch", reason="PyTorch is not installed; make test-frameworks installs it")

pytestmark = pytest.mark.filterwarnings("ignore:.* of learning have room for:netviz.NetvizWarning")  # short films

EXAMPLES = Path(__file__).parents[2] / "examples"
SHORT = {"duration": 20, "output": {"size": "480x270", "fps": 5}}


def run(name: str) -> SimpleNamespace:
    """An example as it runs, with the film that it makes at its end left out."""
    return SimpleNamespace(**runpy.run_path(str(EXAMPLES / name)))


@pytest.fixture(scope="module")
def moons() -> SimpleNamespace:
    with pytest.warns(netviz.NetvizWarning, match=r"dropout is off in what the film shows: 2 \(Dropout\), p = 0\.1$"):
        return run("pytorch_moons.py")


@pytest.fixture(scope="module")
def digits() -> SimpleNamespace:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed; make test-frameworks installs it")
    return run("pytorch_digits.py")


@pytest.fixture(scope="module")
def cnn() -> SimpleNamespace:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed; make test-frameworks installs it")
    return run("pytorch_cnn.py")


def last_numbers(recording: Any, look: dict[str, Any]) -> dict[str, str]:
    """The numbers in the film's last picture, by their names."""
    shown = filmed(recording, look)
    timeline = finish(prepare(shown), shown.recorded).timeline
    frame = timeline.frame(timeline.frame_count - 1)
    return {each.name: each.of(frame) for each in counters(Renderer(timeline).context)}


def check_last_weights(example: SimpleNamespace, steps: int) -> None:
    recording = example.watched.recording()
    assert recording.step[0] == 0 and recording.step[-1] == steps
    parameters = dict(example.model.named_parameters())
    weights = [each.detach().numpy() for name, each in parameters.items() if name.endswith("weight")]
    biases = [each.detach().numpy() for name, each in parameters.items() if name.endswith("bias")]
    for layer in range(3):
        assert np.array_equal(recording.weights[layer][-1], weights[layer].T)
        assert np.array_equal(recording.biases[layer][-1], biases[layer])
    assert recording.has_errors


def test_two_moons_are_learned_and_shown(moons: SimpleNamespace, tmp_path: Path) -> None:
    check_last_weights(moons, 1500)
    recording = moons.watched.recording()
    assert recording.network.activations == ("tanh", "tanh", "sigmoid")
    assert recording.curves["loss"][-1] == np.float64(moons.loss.item()) < 0.02
    moons.model.eval()
    found = torch.sigmoid(moons.model(torch.tensor(moons.watched.recording().probes.inputs))).detach().numpy()
    np.testing.assert_allclose(recording.activations[-1][-65:-1], found, rtol=0, atol=1e-5)
    assert len(recording.probes.inputs) + len(recording.points) == 200
    shown = filmed(recording, moons.look).scene
    assert "boundary" in {panel.panel for panel in shown.shown_panels} and shown.presentation == "together"
    target = tmp_path / "moons.mp4"
    netviz.render(moons.watched, target, look={**moons.look, **SHORT}, jobs=1)
    media, about = read_media(target), read_provenance(target)
    assert media.size == (480, 270) and media.seconds == pytest.approx(20)
    assert about.title == "Two moons" and about.run.startswith("2-8-6-1 neurons, ")
    assert last_numbers(moons.watched, SHORT)["step"] == "1,500"


def test_digits_are_learned_and_shown(digits: SimpleNamespace, tmp_path: Path) -> None:
    check_last_weights(digits, 660)
    recording, measured = digits.watched.recording(), digits.measured()
    assert set(recording.curves) == {"loss", "error", "test_loss", "accuracy", "test_accuracy"}
    for name, value in measured.items():
        assert recording.curves[name][-1] == value.item()
    assert measured["test_accuracy"] > 0.95 and recording.curves["test_accuracy"][0] < 0.3
    assert recording.network.activations == ("relu", "relu", "softmax")
    assert recording.probes.targets.tolist() == np.eye(10).tolist()
    look = {"title": "Which digit is it?", **SHORT}
    shown = filmed(digits.watched, look).scene
    assert shown.network.grid == (8, 8)
    assert shown.network.outputs == tuple("0123456789")
    assert [shot.shot for shot in shown.shots] == ["title", "rest", "think", "learning", "rest", "think"]
    target = tmp_path / "digits.mp4"
    netviz.render(digits.watched, target, look=look, jobs=1)
    about = read_provenance(target)
    assert about.run.startswith("64-32-16-10 neurons, ") and "from step 0 to 660" in about.run
    numbers = last_numbers(digits.watched, look)
    assert numbers["step"] == "660"
    assert numbers["accuracy"] == f"{100 * measured['accuracy'].item():.1f}%"
    assert numbers["test accuracy"] == f"{100 * measured['test_accuracy'].item():.1f}%"


def test_convolutions_are_learned_and_shown(cnn: SimpleNamespace, tmp_path: Path) -> None:
    recording, model = cnn.watched.recording(), cnn.model
    assert recording.step[0] == 0 and recording.step[-1] == 435
    blocks, *drawn = recording.network.layers[1:]
    names = ["conv", "norm", "relu", "residual.conv1", "residual.norm1", "relu", "residual.conv2", "residual.norm2"]
    assert [block.name for block in blocks.blocks] == [*names, "add", "relu", "pool", "flatten"]
    assert [block.joins for block in blocks.blocks] == [None] * 8 + [2] + [None] * 3
    assert [(layer.name, layer.activation, layer.exact) for layer in drawn] == [
        ("fc1", "relu", True),
        ("fc2", "softmax", True),
    ]
    assert np.array_equal(recording.weights[1][-1], model.fc1.weight.detach().T)
    model.eval()
    shown = cnn.X[cnn.shown]
    found = torch.softmax(model(shown), 1).detach()
    np.testing.assert_allclose(recording.activations[-1][-11:-1], found, rtol=0, atol=1e-5)
    assert (model(cnn.X).argmax(1) == cnn.y).double().mean() > 0.98
    target = tmp_path / "cnn.mp4"
    netviz.render(cnn.watched, target, look={"title": "Convolutions learn digits", **SHORT}, jobs=1)
    about = read_provenance(target)
    assert about.title == "Convolutions learn digits" and "from step 0 to 435" in about.run
    assert last_numbers(cnn.watched, SHORT)["step"] == "435"


@pytest.mark.parametrize("name", ["pytorch_moons.py", "pytorch_digits.py", "pytorch_cnn.py"])
def test_three_lines_are_netvizs(name: str) -> None:
    """The rest of an example is what anybody's loop has."""
    lines = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
    calls = [line for line in lines if re.search(r"netviz\.(watch|render)\(|watched\.snap\(", line)]
    assert len([line for line in calls if "step=0" not in line]) == 3  # that one is for curves beside the loss
