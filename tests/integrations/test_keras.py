"""Keras's FilmCallback: the run is the same to the bit, and what it recorded is what the model had."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.errors import InputError, NetvizNote

pytest.importorskip("torch", reason="PyTorch is not installed; make test-frameworks installs it")
pytest.importorskip("keras", reason="Keras is not installed; make test-frameworks installs it")

import keras

from netviz.integrations.keras import FilmCallback

# Keras's own, where it gives NumPy its variables.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

layers = keras.layers
ON_TORCH = keras.backend.backend() == "torch"
ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(3)
X = RNG.normal(size=(44, 4)).astype(np.float32)
Y = np.arange(44) % 3


def mlp(*more: Any, outputs: int = 3, last: str | None = "softmax") -> Any:
    return keras.Sequential(
        [layers.Input((4,)), layers.Dense(6, activation="tanh"), *more, layers.Dense(outputs, activation=last)]
    )


def compiled(model: Any, loss: Any = "sparse_categorical_crossentropy", **options: Any) -> Any:
    model.compile(optimizer=keras.optimizers.Adam(0.02), **{"loss": loss, "metrics": ["accuracy"], **options})
    return model


def film(**options: Any) -> FilmCallback:
    return FilmCallback(X[:5], Y[:5], **options)


class States(keras.callbacks.Callback):
    """The model's weights after each batch, and the loss of the batches so far in its epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.weights: list[list[Any]] = []
        self.means: list[float] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.weights.append([each.copy() for each in self.model.get_weights()])
        self.means.append(logs["loss"])


def fit(model: Any, *callbacks: Any, x: Any = X, y: Any = Y, **options: Any) -> Any:
    """A fit of 6 steps an epoch, with these callbacks; notes of netviz are not said."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NetvizNote)
        return model.fit(x, y, **{"batch_size": 8, "epochs": 4, "verbose": 0, **options}, callbacks=[*callbacks])


def recorded(model: Any = None, **options: Any) -> SimpleNamespace:
    """A run of 24 steps that was recorded."""
    keras.utils.set_random_seed(5)
    model, callback, states = model or compiled(mlp()), film(), States()
    start = [each.copy() for each in model.get_weights()]
    fit(model, callback, states, **options)
    return SimpleNamespace(model=model, film=callback, recording=callback.recording(), start=start, states=states)


def assert_is_state(recording: Any, moment: int, weights: list[Any]) -> None:
    for layer in range(len(weights) // 2):
        assert np.array_equal(recording.weights[layer][moment], weights[2 * layer])
        assert np.array_equal(recording.biases[layer][moment], weights[2 * layer + 1])


def same(one: Any, two: Any) -> bool:
    return len(one) == len(two) and all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"validation_data": (X, Y), "shuffle": True},
        {"steps_per_execution": 4},
        {"gradient_accumulation_steps": 4},
        {"use_ema": True},
    ],
    ids=lambda options: "-".join(options) or "plain",
)
def test_training_is_the_same_to_the_bit(options: dict[str, Any]) -> None:
    if "steps_per_execution" in options and ON_TORCH:
        pytest.skip("Keras has no steps_per_execution on PyTorch")

    def run(*callbacks: Any) -> list[Any]:
        keras.utils.set_random_seed(11)
        model = mlp(layers.Dropout(0.2))
        given = dict(options)
        of_optimizer = {key: given.pop(key) for key in ("gradient_accumulation_steps", "use_ema") if key in given}
        of_compile = {key: given.pop(key) for key in ("steps_per_execution",) if key in given}
        optimizer = keras.optimizers.Adam(0.02, **of_optimizer)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], **of_compile)
        history = fit(model, *callbacks, **given).history
        variables = [keras.ops.convert_to_numpy(each) for each in model.optimizer.variables]
        return [*model.get_weights(), *variables, *map(np.array, history.values()), np.random.rand(3)]

    callback = film()
    callback.test(X, Y)
    assert same(run(callback), run()) and len(callback.steps) > 5
    drawing = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: np.random.rand(1))
    assert not same(run(drawing), run()), "the comparison sees a single random number"


def test_moments_are_the_weights_of_their_steps() -> None:
    run = recorded(validation_data=(X, Y))
    recording = run.recording
    assert recording.step.tolist() == [*range(25)] and recording.unit == "step"
    assert_is_state(recording, 0, run.start)
    for moment in range(1, 25):
        assert_is_state(recording, moment, run.states.weights[moment - 1])
    assert set(recording.curves) == {"loss", "error"} and recording.has_errors
    assert recording.network.activations == ("tanh", "softmax")
    assert recording.info["versions"]["keras"] == keras.__version__ and "FilmCallback" in recording.info["recorder"]
    assert recording.probes.targets.tolist() == np.eye(3)[Y[:5]].tolist()


def test_the_loss_is_that_of_each_batch_and_no_running_mean() -> None:
    run = recorded(shuffle=False)
    sizes = np.tile([8, 8, 8, 8, 8, 4], 4)
    means = np.reshape(run.states.means, (4, 6))
    sums = np.cumsum(sizes[:6]) * means
    losses = np.diff(sums, axis=1, prepend=0) / sizes[:6]
    np.testing.assert_allclose(run.recording.curves["loss"][1:], losses.ravel(), rtol=1e-4)
    # Before the first update the loss of the first batch follows from the weights of step 0.
    model = compiled(mlp())
    model.set_weights(run.start)
    first = model.evaluate(X[:8], Y[:8], verbose=0)[0]
    assert run.recording.curves["loss"][0] == pytest.approx(first, rel=1e-6)
    assert run.recording.curves["loss"][1] == run.recording.curves["loss"][0]


def test_where_steps_are_skipped_the_loss_is_the_mean_since_the_step_kept_before() -> None:
    run = recorded(epochs=1, batch_size=1, steps_per_epoch=44 * 4, x=np.tile(X, (4, 1)), y=np.tile(Y, 4), shuffle=False)
    steps, means = run.recording.step, np.array([0, *run.states.means])
    assert len(steps) < 130 and steps[-1] == 176 and steps[-2] < 175
    counts = np.arange(177)
    sums = counts * means
    losses = np.diff(sums[steps]) / np.diff(counts[steps])
    np.testing.assert_allclose(run.recording.curves["loss"][1:], losses, rtol=1e-3)


def test_a_train_step_of_ones_own_without_that_metric_has_no_loss_curve() -> None:
    class Own(keras.Sequential):
        """A model that says the loss of each batch."""

        def train_step(self, data: Any) -> dict[str, Any]:
            super().train_step(data)
            return {"loss": self.compute_loss(data[0], data[1], self(data[0]))}

    model = Own([layers.Input((4,)), layers.Dense(3, activation="softmax")])
    assert set(recorded(compiled(model)).recording.curves) == {"error"}


@pytest.mark.skipif(ON_TORCH, reason="Keras has no steps_per_execution on PyTorch")
def test_of_steps_that_are_executed_together_the_last_is_seen() -> None:
    run = recorded(compiled(mlp(), steps_per_execution=4))
    assert run.recording.step.tolist() == [0, 4, 6, 10, 12, 16, 18, 22, 24]
    for moment, weights in enumerate(run.states.weights, 1):
        assert_is_state(run.recording, moment, weights)


def test_batches_that_accumulate_are_one_step() -> None:
    model = mlp()
    model.compile(keras.optimizers.SGD(0.1, gradient_accumulation_steps=4), "sparse_categorical_crossentropy")
    run = recorded(model)
    assert run.recording.step.tolist() == [0, 1, 2, 3, 4, 5, 6]
    for moment in range(1, 7):
        assert_is_state(run.recording, moment, run.states.weights[4 * moment - 1])


@pytest.mark.parametrize("first", [True, False])
def test_the_last_step_is_kept_and_not_the_weights_that_are_brought_back(first: bool) -> None:
    keras.utils.set_random_seed(5)
    model, callback, states = compiled(mlp()), film(), States()
    stop = keras.callbacks.EarlyStopping("val_loss", patience=2, mode="max", restore_best_weights=True)
    fit(model, *([callback, stop] if first else [stop, callback]), states, epochs=24, validation_data=(X, Y))
    recording = callback.recording()
    assert recording.step[-1] == len(states.weights) == 18
    assert_is_state(recording, -1, states.weights[-1])
    assert not np.array_equal(recording.weights[0][-1], model.get_weights()[0])


def test_a_run_that_is_stopped_within_an_epoch_ends_with_its_last_step() -> None:
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.model.stop_training = len(states.weights) == 124

    keras.utils.set_random_seed(5)
    model, callback, states = compiled(mlp()), film(), States()
    fit(model, callback, states, Stop(), epochs=30, validation_data=(X, Y))
    recording = callback.recording()
    assert recording.step[-2:].tolist() == [122, 124]
    assert_is_state(recording, -1, states.weights[-1])
    means = np.array(states.means[120:])  # the first four batches of the epoch
    losses = np.diff(8 * np.arange(1, 5) * means, prepend=0) / 8
    assert recording.curves["loss"][-1] == pytest.approx(losses[2:].mean(), rel=1e-4)


def test_held_out_curves_are_what_evaluate_says() -> None:
    run = recorded()
    run.film.test(X, Y[:, None])
    before = film()
    before.test(X, Y)
    keras.utils.set_random_seed(5)
    fit(compiled(mlp()), before)
    curves = before.recording().curves
    assert np.array_equal(run.film.recording().curves["test_loss"], curves["test_loss"])
    for moment in (0, 7, 24):
        run.model.set_weights(run.start if moment == 0 else run.states.weights[moment - 1])
        loss, accuracy = run.model.evaluate(X, Y, verbose=0)
        assert curves["test_loss"][moment] == pytest.approx(loss, rel=1e-5)
        assert curves["test_accuracy"][moment] == pytest.approx(accuracy, abs=1e-6)


TWO = np.stack([Y > 0, Y > 1], axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("loss", "last", "shown", "y", "known"),
    [
        ("mse", None, "linear", TWO, "squared_error"),
        (keras.losses.MeanSquaredError(), "tanh", "tanh", TWO, "squared_error"),
        ("binary_crossentropy", "sigmoid", "sigmoid", TWO, "cross_entropy"),
        (keras.losses.BinaryCrossentropy(from_logits=True), None, "sigmoid", TWO, "cross_entropy"),
        (keras.losses.CategoricalCrossentropy(from_logits=True), None, "softmax", np.eye(2)[Y // 2], "cross_entropy"),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), None, "softmax", Y // 2, "cross_entropy"),
        ("categorical_crossentropy", "softmax", "softmax", np.eye(2)[Y // 2], "cross_entropy"),
    ],
)
def test_losses_are_known_and_of_kerass_scale(loss: Any, last: Any, shown: str, y: Any, known: str) -> None:
    model, callback = compiled(mlp(outputs=2, last=last), loss), FilmCallback(X[:5], y[:5])
    callback.test(X, y)
    fit(model, callback, y=y, batch_size=44, epochs=9)
    recording = callback.recording()
    assert recording.network.activations[-1] == shown and recording.network.loss == known
    # The whole data are one batch: its loss is that before the update.
    np.testing.assert_allclose(recording.curves["test_loss"][:-1], recording.curves["loss"][1:], rtol=1e-4)


@pytest.mark.parametrize(
    ("loss", "last", "note"),
    [
        ("mae", None, "netviz does not work out mean_absolute_error$"),
        (
            "sparse_categorical_crossentropy",
            None,
            "sparse_categorical_crossentropy of linear outputs with from_logits=F",
        ),
        (keras.losses.SparseCategoricalCrossentropy(True), "softmax", "of softmax outputs with from_logits=True$"),
        (keras.losses.CategoricalCrossentropy(label_smoothing=0.1), "softmax", "has a label_smoothing$"),
    ],
)
def test_what_is_not_worked_out_is_said(loss: Any, last: Any, note: str) -> None:
    model, targets = compiled(mlp(last=last), loss), Y if "parse" in str(loss) + type(loss).__name__ else np.eye(3)[Y]
    with pytest.warns(NetvizNote, match=f"^model: the errors that run back are not shown: .*{note}"):
        model.fit(X, targets, epochs=1, verbose=0, callbacks=[FilmCallback(X[:5], targets[:5])])


def test_layers_that_need_no_drawing_are_looked_through() -> None:
    inputs = layers.Input((2, 2))
    hidden = layers.Flatten()(layers.Rescaling(0.5, offset=1)(inputs))
    hidden = layers.GaussianNoise(0.1)(layers.ReLU()(layers.Dense(6)(hidden)))
    inner = keras.Sequential(
        [layers.Input((6,)), layers.Dense(5, use_bias=False), layers.LeakyReLU(negative_slope=0.01)]
    )
    outputs = layers.Softmax()(layers.Dense(3)(layers.Activation("gelu")(layers.Dense(4)(inner(hidden)))))
    model, squares = compiled(keras.Model(inputs, outputs)), X.reshape(44, 2, 2)
    callback = FilmCallback(squares[:5], Y[:5])
    with pytest.warns(NetvizNote) as notes:
        model.fit(squares, Y, epochs=1, verbose=0, callbacks=[callback])
    said = [str(each.message) for each in notes if each.category is NetvizNote]
    assert said[0].startswith("model: what the film shows as inputs is what rescaling")
    assert said[1].startswith(
        "model: off in what the film shows, as whenever the model is not training: gaussian_noise"
    )
    callback.test(squares, Y)
    recording = callback.recording()
    assert recording.network.activations == ("relu", "leaky_relu", "gelu", "softmax")
    np.testing.assert_allclose(recording.probes.inputs, X[:5] * 0.5 + 1, rtol=1e-6)
    found = recording.activations[-1][recording.probe >= 0][-5:]
    np.testing.assert_allclose(found, model.predict(squares[:5], verbose=0), atol=1e-6)
    assert recording.curves["test_loss"][-1] == pytest.approx(model.evaluate(squares, Y, verbose=0)[0], rel=1e-5)


@pytest.mark.parametrize("policy", ["bfloat16", "mixed_bfloat16", "mixed_float16", "float64"])
def test_numbers_keep_their_precision(policy: str) -> None:
    model = keras.Sequential([layers.Dense(5, "relu", dtype=policy), layers.Dense(3, "softmax", dtype=policy)])
    model, callback = compiled(model), film()  # its layers have no shapes before fit
    fit(model, callback)
    kernel = keras.ops.convert_to_numpy(model.layers[0].kernel)
    kept = callback.recording().parameters[1]["weights"][-1]
    assert kernel.dtype.name == (policy if "mixed" not in policy else "float32")
    assert np.array_equal(kept, kernel.view(np.uint16) if policy == "bfloat16" else kernel)


def refusal(model: Any, callback: FilmCallback | None = None, x: Any = X, y: Any = Y) -> str:
    model = compiled(model)
    if not model.built:
        model(X)
    before = [each.copy() for each in model.get_weights()]
    with pytest.raises(InputError) as error:
        fit(model, callback or film(), x=x, y=y)
    assert same(before, model.get_weights())
    assert "\n" not in str(error.value)
    return str(error.value)


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, x: Any) -> Any:
        return self.dense(x)


def two_outputs() -> Any:
    inputs = layers.Input((4,), name="in")
    return keras.Model(inputs, [layers.Dense(3)(inputs), layers.Dense(3)(inputs)], name="two")


class Random(layers.Layer):
    """A layer that gives something else whenever it is called."""

    def build(self, shape: Any) -> None:
        self.seeds = keras.random.SeedGenerator(1)

    def call(self, x: Any) -> Any:
        return x + keras.random.normal(keras.ops.shape(x), seed=self.seeds)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Subclassed, "Subclassed is neither Sequential nor functional, so the order of its layers is not known"),
        (two_outputs, "two has 1 inputs and 2 outputs"),
        (lambda: mlp(Random()), "gives something else than its layers, called one after the other as when it is not"),
        (lambda: keras.Sequential([layers.Input((4,)), layers.Softmax()]), "has no layer with weights, so nothing is"),
    ],
)
def test_a_model_whose_order_is_not_known_is_refused(make: Any, message: str) -> None:
    model, callback = make(), film()
    model.compile("sgd", "mse")
    model(X)
    callback.set_model(model)
    with pytest.raises(InputError) as error:
        callback.on_train_begin()
    found = str(error.value)
    assert "\n" not in found and found.startswith(f"model: {message}")
    assert "; netviz.Recorder records what you give it of any model" in found


def test_what_does_not_fit_the_model_is_said_before_it_learns() -> None:
    wrong = refusal(mlp(), FilmCallback(X[:5, :3]))
    assert wrong == "X: has the shape (5, 3); the model takes examples of the shape (4,)"
    wrong = refusal(mlp(), FilmCallback(X[:5], Y[:5] + 7))
    assert wrong.startswith("y: one for each example are indices of classes: expected whole numbers from 0 to 2")
    assert refusal(mlp(), film(classes=["a"])) == "classes: 1 names, and there are 3 outputs; give one for each or none"
    short = film()
    short.test(X, Y + 7)
    assert refusal(mlp(), short).startswith("test: y: one for each example are indices of classes")


def test_a_fit_that_goes_on_goes_on_in_the_film(tmp_path: Path) -> None:
    run = recorded()
    fit(run.model, run.film, run.states, initial_epoch=4, epochs=5)
    assert run.film.steps == tuple(range(31))
    assert_is_state(run.film.recording(), -1, run.states.weights[-1])
    compiled(run.model)  # its optimizer counts from 0 again
    fit(run.model, run.film, epochs=1)
    assert run.film.steps == tuple(range(37))
    run.model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for other in (compiled(mlp()), loaded):
        with pytest.raises(InputError, match=r"^FilmCallback: has recorded another run already, .* of its own$"):
            fit(other, run.film)
    later = film(path=tmp_path / "later.npz")
    fit(loaded, later, epochs=1)  # its optimizer has made 6 updates since it was new
    assert netviz.Recording.load(tmp_path / "later.npz").step.tolist() == [*range(6, 13)]


def test_what_has_not_run_has_no_recording() -> None:
    with pytest.raises(InputError, match=r"^FilmCallback: has recorded nothing yet; call model\.fit"):
        film().recording()
    callback = film()
    fit(compiled(mlp()), callback, epochs=0)
    assert callback.steps == ()
    with pytest.raises(InputError, match=r"^budget: expected a size"):
        film(budget="much")


def test_a_run_that_diverges_goes_on_and_the_recording_ends() -> None:
    def run(*callbacks: Any) -> list[Any]:
        keras.utils.set_random_seed(5)
        model, states = compiled(mlp(last=None), "mse", metrics=[]), States()
        fit(model, *callbacks, states, y=np.where(np.arange(44)[:, None] == 17, np.inf, np.eye(3)[Y]), shuffle=False)
        assert len(states.weights) == 24
        return model.get_weights()

    callback = film()
    with pytest.raises(netviz.NetvizWarning, match=r"step 3: training diverged, .* the recording ends here"):
        run(callback)  # raised when all is over, as warnings are errors here
    assert callback.steps == (0, 1, 2, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", netviz.NetvizWarning)
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(run(film()), run(), strict=True))


def test_watch_says_that_a_keras_model_has_a_callback() -> None:
    for model in (mlp(), Subclassed()):
        with pytest.raises(InputError) as error:
            netviz.watch(model, X[:5], Y[:5])
        assert str(error.value).startswith(
            f"model: is a Keras model ({type(model).__name__}), which its own fit trains"
        )
        assert "netviz.integrations.keras.FilmCallback(X, y)" in str(error.value) and "\n" not in str(error.value)


def test_jax_is_a_backend_as_any_other() -> None:
    """Between batches its models have old weights, unless they are asked for in the right way."""
    pytest.importorskip("jax", reason="JAX is not installed; make test-frameworks installs it")
    chosen = "(same_to_the_bit and plain) or executed_together"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", chosen]
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    if environment == dict(os.environ):
        pytest.skip("these are JAX's tests already")
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert run.returncode == 0, run.stdout[-3000:]
