"""The examples of Lightning, Keras and JAX: each runs as a stranger would run it, and ends in a film of its run."""

from __future__ import annotations

import re
import runpy
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.errors import NetvizNote
from netviz.video.metadata_formats import read_media, read_provenance

pytestmark = [
    pytest.mark.filterwarnings("ignore:.* of learning have room for:netviz.NetvizWarning"),  # short films
    pytest.mark.filterwarnings("ignore:.*(num_workers|LeafSpec|__array__ implementation).*"),  # of the frameworks
]

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "own-run.md"
NEEDED = {
    "lightning_moons.py": ("torch", "lightning"),
    "keras_digits.py": ("torch", "keras", "sklearn"),
    "jax_xor.py": ("jax",),
}


def run(name: str) -> SimpleNamespace:
    """An example as it runs, with the film that it makes at its end left out, and netviz's notes beside."""
    for package in NEEDED[name]:
        pytest.importorskip(package, reason=f"{package} is not installed; make test-frameworks installs it")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = SimpleNamespace(**runpy.run_path(str(EXAMPLES / name)))
    found.notes = [str(each.message) for each in caught if issubclass(each.category, netviz.NetvizWarning)]
    assert all(each.category is NetvizNote for each in caught if issubclass(each.category, netviz.NetvizWarning))
    return found


def check_film(example: SimpleNamespace, rec: Any, tmp_path: Path, title: str, layers: str, steps: int) -> None:
    """Its look is one that can be filmed; the film itself is a short one."""
    look = {**example.look, "duration": 20, "output": {"size": "480x270", "fps": 5}}
    assert example.look["duration"] >= 40
    netviz.render(rec, tmp_path / "film.mp4", look=look, jobs=1)
    media, about = read_media(tmp_path / "film.mp4"), read_provenance(tmp_path / "film.mp4")
    assert media.size == (480, 270) and media.seconds == pytest.approx(20)
    assert about.title == title and about.run.startswith(f"{layers} neurons, ") and f"to {steps:,}, " in about.run


def test_two_moons_of_lightning(tmp_path: Path) -> None:
    example = run("lightning_moons.py")
    recording = example.film.recording()
    assert example.notes == ["model: dropout is off in what the film shows: 2 (Dropout), p = 0.05"]
    assert recording.step[0] == 0 and recording.step[-1] == example.trainer.global_step == 800
    state = example.model.state_dict()
    for layer, name in enumerate(("net.0", "net.3", "net.5")):
        assert np.array_equal(recording.weights[layer][-1], state[f"{name}.weight"].numpy().T)
    learned = {row.tobytes() for row in example.X[example.train].numpy()}
    assert not any(row.tobytes() in learned for row in recording.probes.inputs), "it never learns from what is shown"
    assert recording.curves["test_accuracy"][0] < 0.6 and recording.curves["test_accuracy"][-1] > 0.97
    check_film(example, example.film, tmp_path, "Two moons", "2-8-6-1", 800)


def test_digits_of_keras(tmp_path: Path) -> None:
    example = run("keras_digits.py")
    recording = example.film.recording()
    assert len(example.notes) == 1 and "off in what the film shows, as whenever" in example.notes[0]
    assert recording.step[0] == 0 and recording.step[-1] == 1290
    for layer, dense in enumerate(each for each in example.model.layers if each.weights):
        assert np.array_equal(recording.weights[layer][-1], dense.weights[0].numpy())
    loss, accuracy = example.model.evaluate(example.x_test, example.y_test, verbose=0)
    assert recording.curves["test_loss"][-1] == pytest.approx(loss, rel=1e-5)
    assert recording.curves["test_accuracy"][-1] == pytest.approx(accuracy, abs=1e-6) and accuracy > 0.94
    assert recording.probes.targets.tolist() == np.eye(10).tolist()
    check_film(example, example.film, tmp_path, "Learning to read digits", "64-32-16-10", 1290)


def test_xor_of_jax(tmp_path: Path) -> None:
    example = run("jax_xor.py")
    recording = example.recorder.recording()
    assert example.notes == []
    assert recording.step[0] == 0 and recording.step[-1] == 600
    assert np.array_equal(recording.weights[0][-1], example.w1) and np.array_equal(recording.weights[1][-1], example.w2)
    right = example.answer([(example.w1, example.b1), (example.w2, example.b2)], example.X)
    np.testing.assert_allclose(recording.activations[-1][recording.probe >= 0][-4:], right, atol=1e-6)
    assert np.abs(right - example.y).max() < 0.02
    check_film(example, example.recorder, tmp_path, "XOR", "2-3-1", 600)


def code_of_the_page(word: str) -> str:
    """The block of the documentation's page in which a word occurs."""
    blocks = re.findall(r"^```py\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (found,) = [block for block in blocks if word in block]
    return found


def test_what_the_page_says_of_lightning_runs(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; make test-frameworks installs it")
    L = pytest.importorskip("lightning", reason="Lightning is not installed; make test-frameworks installs it")

    class Model(L.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = torch.nn.Linear(5, 3)

        def training_step(self, batch: Any, index: int) -> Any:
            return torch.nn.functional.cross_entropy(self.net(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), 0.1)

    code = code_of_the_page("trainer.fit").replace("callbacks=", "enable_checkpointing=False, logger=False, callbacks=")
    data = torch.utils.data.TensorDataset(torch.randn(64, 5), torch.arange(64) % 3)
    loader = torch.utils.data.DataLoader(data, batch_size=32)
    names = {"L": L, "model": Model(), "train_loader": loader, "val_loader": None}
    names |= {"X_val": data.tensors[0], "y_val": data.tensors[1]}
    exec(code, names | {"netviz": SimpleNamespace(render=lambda film, path: film.save(tmp_path / "run.npz"))})
    recording = netviz.Recording.load(tmp_path / "run.npz")
    assert recording.step.tolist() == [*range(41)] and "test_accuracy" in recording.curves


def test_what_the_page_says_of_keras_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed; make test-frameworks installs it")
    keras = pytest.importorskip("keras", reason="Keras is not installed; make test-frameworks installs it")
    monkeypatch.chdir(tmp_path)
    x, y = np.random.default_rng(1).normal(size=(64, 5)), np.arange(64) % 3
    model = keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    exec(code_of_the_page("model.fit"), {"model": model, "x_train": x, "y_train": y, "x_val": x, "y_val": y})
    recording = netviz.Recording.load(tmp_path / "run.npz")
    assert recording.step.tolist() == [*range(41)] and recording.probes.classes == ("cat", "dog", "horse")
