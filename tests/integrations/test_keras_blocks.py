"""Blocks of Keras models: a run with them is the same to the bit, no layer is left out, and numbers are the model's."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.errors import InputError, NetvizNote
from netviz.recording.network import Layer, Network

pytest.importorskip("torch", reason="PyTorch is not installed; make test-frameworks installs it")
pytest.importorskip("keras", reason="Keras is not installed; make test-frameworks installs it")
pytest.importorskip("sklearn", reason="scikit-learn is not installed; make test-frameworks installs it")

import keras
from sklearn.datasets import load_digits

from netviz.integrations.keras import FilmCallback
from netviz.integrations.keras_network import network_of
from netviz.web.live import Live

# Keras's own, where it gives NumPy its variables.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

layers = keras.layers
ROOT = Path(__file__).parents[2]
DIGITS, LABELS = load_digits(return_X_y=True)
X, Y = (DIGITS[:96] / 16).reshape(-1, 8, 8, 1).astype(np.float32), LABELS[:96]
COLOURS = np.random.default_rng(5).random((6, 8, 8, 3)).astype(np.float32)
TEXT = np.arange(60).reshape(5, 12) % 20


def cnn() -> Any:
    """A small network that reads digits, with what changes in training: running means, and dropout."""
    return keras.Sequential(
        [
            *(layers.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu", name="conv")),
            *(layers.BatchNormalization(name="norm"), layers.MaxPooling2D(2, name="pool")),
            *(layers.Flatten(name="flat"), layers.Dropout(0.3, name="drop"), layers.Dense(12, name="hidden")),
            *(layers.BatchNormalization(name="norm2"), layers.ReLU(name="relu"), layers.Dropout(0.2, name="drop2")),
            *(layers.ActivityRegularization(1e-3, name="small"), layers.Dense(10, activation="softmax", name="out")),
        ]
    )


def residual(outputs: int = 10, stages: int = 2) -> Any:
    """A functional network with branches around pairs of convolutions."""
    inputs = layers.Input((8, 8, 3))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same", use_bias=False)(inputs)))
    for stage in range(stages):
        for index in range(3):
            around, strides = x, 2 if stage and not index else 1
            x = layers.Conv2D(4 << stage, 3, strides, padding="same")(x)
            x = layers.Conv2D(4 << stage, 3, padding="same")(layers.ReLU()(layers.BatchNormalization()(x)))
            if strides == 2:
                around = layers.Conv2D(4 << stage, 1, 2)(around)
            x = layers.ReLU()(layers.Add()([layers.BatchNormalization()(x), around]))
    return keras.Model(inputs, layers.Dense(outputs)(layers.GlobalAveragePooling2D()(x)))


def transformer() -> Any:
    inputs = layers.Input((12,))
    x = layers.Embedding(20, 8, name="words")(inputs)
    y = layers.LayerNormalization(name="norm1")(x + layers.MultiHeadAttention(2, 4, name="attend")(x, x))
    z = layers.Dense(8, name="down")(layers.Dense(16, activation="gelu", name="up")(y))
    x = layers.GlobalAveragePooling1D(name="mean")(layers.Add(name="plus")([y, z]))
    return keras.Model(inputs, layers.Dense(2, name="out")(x))


def recurrent() -> Any:
    words = [layers.Input((12,)), layers.Embedding(20, 8, mask_zero=True), layers.LSTM(6, return_sequences=True)]
    return keras.Sequential([*words, layers.Bidirectional(layers.GRU(4)), layers.Dense(2)])


def nested() -> Any:
    inputs = layers.Input((8, 8, 1))
    sides = [layers.Conv2D(3, size, padding="same")(inputs) for size in (1, 3)]
    body = keras.Sequential([layers.Input((8, 8, 6)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(7, "relu")])
    return keras.Model(inputs, layers.Dense(2)(body(layers.Concatenate()(sides))))


def network(model: Any, examples: Any) -> Network:
    watched = network_of(model, examples)
    return watched.as_recorded(watched.layers[-1].activation, None)


def read(layer: Layer) -> str:
    """A layer's blocks, in one line."""
    return " > ".join(
        (f"{block.repeats} x " if block.repeats > 1 else "")
        + f"{block.label} {block.kind}"
        + ("" if block.joins is None else f" from {block.joins}")
        for block in layer.blocks
    )


def summary(found: Network) -> list[str]:
    return [
        f"{layer.kind} {layer.size} {layer.activation}" + (f": {read(layer)}" if layer.blocks else "")
        for layer in found.layers[1:]
    ]


def fit(model: Any, *callbacks: Any, x: Any = X, y: Any = Y, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NetvizNote)
        return model.fit(x, y, **{"batch_size": 16, "epochs": 3, "verbose": 0, **options}, callbacks=[*callbacks])


def same(one: Any, two: Any) -> bool:
    return len(one) == len(two) and all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_the_layers_of_a_small_convolutional_network() -> None:
    found = network(cnn(), X[:4])
    assert summary(found) == [
        "block 36 linear: Conv2D conv > BatchNormalization norm > MaxPooling2D pool > Flatten reshape > "
        "Dropout dropout",
        "dense 12 relu: BatchNormalization norm",
        "dense 10 softmax",
    ]
    assert found.layers[0].shape == (1, 8, 8) and [layer.exact for layer in found.layers[1:]] == [False, False, True]
    assert [layer.name for layer in found.layers[1:]] == ["", "hidden", "out"]
    first = found.layers[1].blocks
    assert [block.name for block in first] == ["conv", "norm", "pool", "flat", "drop"]
    assert [block.shape for block in first] == [(6, 6, 4), (6, 6, 4), (3, 3, 4), (36,), (36,)]
    assert [block.weights for block in first] == [40, 8, 0, 0, 0]


def test_a_residual_network_is_folded_by_its_branches() -> None:
    first = "Conv2D, BatchNormalization, ReLU conv"
    block = "Conv2D, BatchNormalization, ReLU, Add conv"
    assert summary(network(residual(), COLOURS)) == [
        f"block 8 linear: {first} > 3 x {block} > {block} > 2 x {block} > GlobalAveragePooling2D pool",
        "dense 10 linear",
    ]
    assert network(residual(), COLOURS).layers[0].shape == (3, 8, 8)
    deep = network(residual(stages=4), COLOURS)
    assert 5 < len(deep.layers[1].blocks) <= 12


@pytest.mark.parametrize(
    ("make", "examples", "lines"),
    [
        (
            transformer,
            TEXT,
            [
                "block 8 linear: Embedding embedding > MultiHeadAttention attention > Add add from 0 > "
                "LayerNormalization norm > Dense, gelu dense > Dense dense > Add add from 3 > "
                "GlobalAveragePooling1D pool",
                "dense 2 linear",
            ],
        ),
        (
            recurrent,
            TEXT,
            [
                "block 8 linear: Embedding embedding > LSTM recurrent > Bidirectional recurrent",
                "dense 2 linear",
            ],
        ),
        (
            nested,
            X[:4],
            [
                "block 144 linear: Conv2D conv > Conv2D conv > Concatenate other from 0 > Conv2D conv > "
                "Flatten reshape",
                "dense 7 relu",
                "dense 2 linear",
            ],
        ),
    ],
)
def test_layers_of_other_kinds(make: Any, examples: Any, lines: list[str]) -> None:
    assert summary(network(make(), examples)) == lines


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ([layers.BatchNormalization()], "dense 6 linear: tanh activation > BatchNormalization norm"),
        ([layers.LeakyReLU()], "dense 6 linear: tanh activation > LeakyReLU activation"),
        ([layers.Rescaling(2.0)], "block 6 linear: Rescaling other"),
        (
            [layers.Reshape((2, 3)), layers.Dense(3), layers.Flatten()],
            "block 6 linear: Reshape reshape > Dense dense > Flatten reshape",
        ),
        ([layers.Dense(4, "softplus")], "dense 4 linear: softplus activation"),
        ([layers.Dense(4, "leaky_relu")], "dense 4 linear: leaky_relu activation"),
        ([layers.Dense(4, lambda x: x * x)], "dense 4 linear: lambda activation"),
        ([layers.Dense(4, "softmax")], "dense 4 linear: softmax activation"),
    ],
)
def test_functions_that_netviz_does_not_compute_stand_beside_their_layer(more: Any, line: str) -> None:
    model = keras.Sequential([layers.Input((4,)), layers.Dense(6, "tanh"), *more, layers.Dense(3)])
    assert line in summary(network(model, X[:4, 3, :4, 0]))


@pytest.mark.parametrize(
    ("make", "examples"),
    [(cnn, X[:4]), (residual, COLOURS), (transformer, TEXT), (recurrent, TEXT), (nested, X[:4])],
)
def test_every_layer_is_found_in_the_recording_and_every_weight_counted_once(make: Any, examples: Any) -> None:
    model = make()
    watched = network_of(model, examples)
    found = watched.as_recorded("linear", None)
    drawn = [layer.name for layer in found.layers if layer.is_dense]
    names = {name for layer in found.layers for block in layer.blocks for name in block.modules} | {*drawn}
    ours = [each for each in model._flatten_layers(include_self=False) if not isinstance(each, layers.InputLayer)]
    # What follows a drawn layer and is none of its own: its function, what changes nothing, and what a note names.
    beside = {"relu", "small", "drop2"}
    assert {each.name for each in ours} - names <= beside
    assert make is not cnn or "drop2" in str(watched.notes)
    numbers = sum(int(np.prod(each.shape)) for each in model.trainable_weights)
    of_drawn = sum(each.count_params() for each in ours if each.name in drawn)
    assert sum(block.weights for layer in found.layers for block in layer.blocks) == numbers - of_drawn


def test_training_is_the_same_to_the_bit() -> None:
    def run(*callbacks: Any) -> list[Any]:
        keras.utils.set_random_seed(11)
        model = cnn()
        model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = fit(model, *callbacks, validation_data=(X, Y)).history
        states = [keras.ops.convert_to_numpy(each) for each in (*model.variables, *model.optimizer.variables)]
        return [*states, *map(np.array, history.values()), np.random.rand(3)]

    callback = FilmCallback(X[:5], Y[:5])
    assert same(run(callback), run()) and len(callback.steps) == 19
    changed = run(keras.callbacks.LambdaCallback(on_train_begin=lambda logs: np.random.rand(1)))
    assert not same(changed, run()), "the comparison sees a single random number"


class Leaving(layers.Layer):
    """A layer that leaves something behind whenever it is called: a count, a loss, and random numbers drawn."""

    def build(self, shape: Any) -> None:
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.seeds = keras.random.SeedGenerator(1)

    def call(self, x: Any) -> Any:
        self.count.assign(self.count + 1)
        keras.random.normal((1,), seed=self.seeds)
        self.add_loss(1e-2 * keras.ops.mean(x**2))
        return x + 0 * np.random.rand()


def test_nothing_is_left_behind_by_layers_of_ones_own() -> None:
    def run(*callbacks: Any) -> list[Any]:
        keras.utils.set_random_seed(11)
        inner = keras.Sequential([layers.Input((36,)), Leaving(), layers.Dense(5, "relu"), layers.Dropout(0.5)])
        first = [layers.Input((8, 8, 1)), layers.Conv2D(4, 3, 2), layers.Flatten()]
        model = keras.Sequential([*first, inner, layers.Dense(10, "softmax")])
        model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
        history = fit(model, *callbacks).history
        states = [keras.ops.convert_to_numpy(each) for each in (*model.variables, *model.optimizer.variables)]
        return [*states, np.array(history["loss"]), np.random.rand(3)]

    film = FilmCallback(X[:5], Y[:5])
    assert same(run(film), run())
    (first, *_) = film.recording().network.layers[1:]
    assert read(first) == "Conv2D conv > Flatten reshape > Leaving other"


def test_a_run_with_blocks_that_diverges_goes_on_and_the_recording_ends() -> None:
    keras.utils.set_random_seed(3)
    model, film = cnn(), FilmCallback(X[:5], Y[:5])
    model.compile(keras.optimizers.SGD(float("inf")), "sparse_categorical_crossentropy")
    states = States(film)
    with pytest.raises(netviz.NetvizWarning, match=r"step 1: training diverged, .* the recording ends here"):
        fit(model, film, states)  # raised when all is over, as warnings are errors here
    assert film.steps == (0, 1) and len(states.newest) == 18


class States(keras.callbacks.Callback):
    """What the model gives, and its weights, after each batch; and the newest moment of a film."""

    def __init__(self, film: Any) -> None:
        super().__init__()
        self.film, self.outputs, self.weights, self.newest = film, list[Any](), list[Any](), list[int]()

    def on_train_begin(self, logs: Any = None) -> None:
        self._add()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._add()
        self.newest.append(int(self.film.newest().curve_step[-1]))

    def _add(self) -> None:
        self.outputs.append(keras.ops.convert_to_numpy(self.model(self.film._X, training=False)))
        self.weights.append({each.path: np.array(keras.ops.convert_to_numpy(each)) for each in self.model.weights})


def test_recorded_numbers_are_the_models() -> None:
    keras.utils.set_random_seed(3)
    model, film = cnn(), FilmCallback(X[:5], Y[:5], classes=[*"0123456789"])
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    states = States(film)
    fit(model, film, states)
    recording = film.recording()
    assert recording.step.tolist() == [*range(19)] and set(recording.curves) == {"loss", "error"}
    assert isinstance(film, Live) and states.newest == [*range(1, 19)]
    before = keras.Model(model.inputs[0], model.get_layer("drop").output)
    rows = recording.probe >= 0
    for moment in (0, 1, 9, 18):
        of_moment = rows & (recording.moment == moment)
        assert np.allclose(recording.activations[-1][of_moment], states.outputs[moment], atol=1e-6)
        now = states.weights[moment]
        assert np.array_equal(recording.weights[2][moment], now[model.get_layer("out").kernel.path])
        conv = [now[each.path].ravel() for each in model.get_layer("conv").weights]
        size = np.sqrt(np.mean(np.concatenate(conv).astype(np.float64) ** 2))
        assert recording.parameters[1]["block_sizes"][moment, 0] == pytest.approx(size, rel=1e-6)
        if moment:
            then = [states.weights[moment - 1][each.path].ravel() for each in model.get_layer("conv").weights]
            change = np.sqrt(np.mean((np.concatenate(conv) - np.concatenate(then)).astype(np.float64) ** 2))
            assert recording.parameters[1]["block_updates"][moment, 0] == pytest.approx(change, rel=1e-5)
    assert recording.parameters[1]["block_sizes"].dtype == np.float32
    last = rows & (recording.moment == 18)
    fed = keras.ops.convert_to_numpy(before(X[:5], training=False))
    assert np.array_equal(recording.activations[1][last], fed)
    assert not recording.parameters[1]["block_updates"][0].any()


def test_the_updates_of_skipped_steps_are_per_step() -> None:
    keras.utils.set_random_seed(3)
    model, film = cnn(), FilmCallback(X[:5], Y[:5])
    model.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy")
    states = States(film)
    fit(model, film, states, epochs=25)
    recording = film.recording()
    assert recording.step[-1] == 150 and recording.step[-1] - recording.step[-3] > 2
    for moment in (-1, -2):
        one, two = (states.weights[step] for step in recording.step[[moment - 1, moment]])
        paths = [each.path for each in model.get_layer("conv").weights]
        change = np.concatenate([(two[path] - one[path]).astype(np.float64).ravel() for path in paths])
        steps = recording.step[moment] - recording.step[moment - 1]
        expected = np.sqrt((change**2).mean()) / steps
        assert recording.parameters[1]["block_updates"][moment, 0] == pytest.approx(expected, rel=1e-5)


def test_a_residual_network_is_recorded_with_logits_as_probabilities() -> None:
    keras.utils.set_random_seed(3)
    model, film = residual(3), FilmCallback(COLOURS, np.arange(6) % 3)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    fit(model, film, x=COLOURS, y=np.arange(6) % 3, batch_size=3)
    recording = film.recording()
    assert recording.step.tolist() == [*range(7)] and recording.network.activations[-1] == "softmax"
    pictures = np.moveaxis(COLOURS, -1, 1).reshape(6, -1)
    assert np.array_equal(recording.probes.inputs, pictures) and recording.network.layers[0].shape == (3, 8, 8)
    logits = keras.ops.convert_to_numpy(model(COLOURS, training=False))
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    last = (recording.moment == 6) & (recording.probe >= 0)
    assert np.allclose(recording.activations[-1][last], expected, atol=1e-6)


def test_blocks_to_the_end_are_shown_as_their_logits_mean() -> None:
    inputs = layers.Input((8, 8, 1))
    model = keras.Model(inputs, layers.GlobalAveragePooling2D()(layers.Conv2D(10, 3)(inputs)))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    film = FilmCallback(X[:5], Y[:5])
    fit(model, film, epochs=1)
    recording = film.recording()
    last = (recording.moment == 6) & (recording.probe >= 0)
    found = recording.activations[-1][last]
    logits = keras.ops.convert_to_numpy(model(X[:5], training=False))
    assert summary(recording.network) == ["block 10 softmax: Conv2D conv > GlobalAveragePooling2D pool"]
    assert np.allclose(found.sum(axis=1), 1, atol=1e-6) and np.array_equal(found.argmax(1), logits.argmax(1))


def test_held_out_curves_of_blocks_are_refused() -> None:
    model, film = cnn(), FilmCallback(X[:5], Y[:5])
    model.compile("adam", "sparse_categorical_crossentropy")
    film.test(X, Y)
    with pytest.raises(InputError, match=r"^test: netviz does not compute what conv \(Conv2D\) does; leave the"):
        fit(model, film)


def test_jax_is_a_backend_as_any_other() -> None:
    pytest.importorskip("jax", reason="JAX is not installed; make test-frameworks installs it")
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    if environment == dict(os.environ):
        pytest.skip("these are JAX's tests already")
    chosen = "same_to_the_bit or are_the_models"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", chosen]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert run.returncode == 0, run.stdout[-3000:]
