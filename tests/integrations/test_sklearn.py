"""Watching scikit-learn's networks: the same run to the bit, and what is recorded of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.errors import NetvizNote

pytest.importorskip("sklearn", reason="needs scikit-learn: make test-frameworks")

from sklearn.datasets import load_diabetes
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

from netviz.integrations import held_out
from netviz.integrations.sklearn import watch
from tests.integrations.estimators import IRIS, SOME, SPECIES, X, assert_is_moment, classifier, spied, state_of

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# The same run to the bit.

RUNS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "adam": (classifier, lambda clf: clf.fit(X, SPECIES)),
    "sgd with momentum": (
        lambda: classifier(solver="sgd", learning_rate="adaptive", momentum=0.8, nesterovs_momentum=False),
        lambda clf: clf.fit(X, SPECIES),
    ),
    "nesterov, invscaling": (
        lambda: classifier(solver="sgd", learning_rate="invscaling", activation="logistic"),
        lambda clf: clf.fit(X, SPECIES),
    ),
    "early stopping": (
        lambda: classifier(early_stopping=True, n_iter_no_change=3, max_iter=60),
        lambda clf: clf.fit(X, SPECIES),
    ),
    "not shuffled": (lambda: classifier(shuffle=False, activation="relu"), lambda clf: clf.fit(X, SPECIES)),
    "float32": (classifier, lambda clf: clf.fit(X.astype(np.float32), SPECIES)),
    "two classes": (classifier, lambda clf: clf.fit(X, IRIS.target > 0)),
    "several labels": (classifier, lambda clf: clf.fit(X, np.stack([IRIS.target > 0, IRIS.target > 1], 1).astype(int))),
    "a generator of its own": (
        lambda: classifier(random_state=np.random.RandomState(3)),
        lambda clf: clf.fit(X, SPECIES),
    ),
    "the global generator": (lambda: classifier(random_state=None), lambda clf: clf.fit(X, SPECIES)),
    "partial_fit": (
        classifier,
        lambda clf: [clf.partial_fit(X, SPECIES, classes=IRIS.target_names) for _ in range(4)],
    ),
    "warm start": (lambda: classifier(warm_start=True), lambda clf: [clf.fit(X, SPECIES) for _ in range(3)]),
    "no hidden layer's regressor": (
        lambda: MLPRegressor(hidden_layer_sizes=(), max_iter=9, random_state=1, batch_size=50),
        lambda reg: reg.fit(X[:, :3], X[:, 3]),
    ),
    "two values": (
        lambda: MLPRegressor(
            hidden_layer_sizes=(5, 4), activation="identity", max_iter=9, random_state=1, early_stopping=True
        ),
        lambda reg: reg.fit(X[:, :2], X[:, 2:]),
    ),
}


@pytest.mark.parametrize("unit", ["step", "epoch"])
@pytest.mark.parametrize("run", RUNS)
def test_the_run_is_the_same_to_the_bit(run: str, unit: str) -> None:
    make, fit = RUNS[run]
    states = []
    for is_watched in (False, True):
        estimator = make()
        np.random.seed(8)
        if is_watched:
            features = 3 if "no hidden" in run else 2 if run == "two values" else 4
            with watch(estimator, X[SOME, :features], unit=unit) as rec:
                fit(estimator)
            assert len(rec.steps) > 4
        else:
            fit(estimator)
        states.append((state_of(estimator), estimator.get_params().keys(), np.random.get_state()[1].tobytes()))
    plain, watched = states
    assert plain[0].keys() == watched[0].keys()
    assert {"coefs_", "intercepts_", "loss_curve_", "n_iter_", "_random_state", "_optimizer"} <= plain[0].keys()
    for name in plain[0]:
        assert plain[0][name] == watched[0][name], name
    assert plain[1:] == watched[1:]


# What is recorded.


def test_moments_are_the_weights_and_losses_of_their_steps() -> None:
    clf = spied(MLPClassifier, hidden_layer_sizes=(5,), batch_size=7, max_iter=30, random_state=2)
    with watch(clf, X[SOME], SPECIES[SOME]) as rec:
        clf.fit(X, SPECIES)
    seen, recording = clf.seen, rec.recording()
    steps = recording.step.tolist()
    assert steps == list(rec.steps) and steps[:41] == list(range(41)) and steps[-1] == 30 * 22 == len(seen)
    assert len(steps) < len(seen) / 2, "not every step is kept"
    for moment, step in enumerate(steps[:-1]):
        assert recording.curves["loss"][moment] == seen[step][0]
        assert_is_moment(recording, moment, *seen[step][1:])
    assert_is_moment(recording, -1, clf.coefs_, clf.intercepts_)
    assert_is_moment(rec.newest().recording(), -1, clf.coefs_, clf.intercepts_)
    assert recording.unit == "step" and recording.network.sizes == (4, 5, 3)
    assert recording.network.activations == ("relu", "softmax") and recording.network.loss == "cross_entropy"
    assert recording.info["model"] == "MLPClassifier" and "scikit-learn" in recording.info["versions"]


@pytest.mark.parametrize("more", [{}, {"unit": "epoch"}])
def test_the_last_loss_is_that_of_the_last_mini_batch_once_more(more: dict[str, Any]) -> None:
    """Of steps, and of epochs where the weights are not those at the end of one: early stopping brings back others."""
    batches = []

    class Spied(MLPClassifier):
        def _backprop(self, X: Any, y: Any, *others: Any) -> Any:
            batches.append((X, y))
            return super()._backprop(X, y, *others)

    Spied.__init__ = MLPClassifier.__init__
    clf = Spied(
        (6,), batch_size=40, max_iter=30, random_state=1, alpha=0.5, learning_rate_init=0.05, early_stopping=True
    )
    with watch(clf, X[SOME], **more) as rec:
        clf.fit(X, SPECIES)
    assert rec.recording().probes.targets is None
    inputs, right = batches[-1]
    penalty = 0.5 * 0.5 * sum((weights**2).sum() for weights in clf.coefs_) / len(inputs)
    expected = -np.log(clf.predict_proba(inputs)[right]).mean() + penalty
    assert rec.recording().curves["loss"][-1] == pytest.approx(expected, rel=1e-12)
    assert expected != pytest.approx(clf.loss_)


def test_the_end_is_what_early_stopping_brings_back() -> None:
    clf = spied(
        MLPClassifier,
        hidden_layer_sizes=(6,),
        learning_rate_init=0.05,
        batch_size=30,
        early_stopping=True,
        random_state=5,
    )
    with watch(clf, X[SOME], SPECIES[SOME]) as rec:
        clf.fit(X, SPECIES)
    assert not np.array_equal(clf.coefs_[0], clf.seen[-1][1][0])
    assert any(np.array_equal(clf.coefs_[0], each[1][0]) for each in clf.seen), "the best ones are of an earlier step"
    recording = rec.recording()
    assert_is_moment(recording, -1, clf.coefs_, clf.intercepts_)
    at_end = recording.activations[-1][(recording.row_step == rec.steps[-1]) & (recording.probe >= 0)]
    np.testing.assert_allclose(at_end, clf.predict_proba(X[SOME]), rtol=0, atol=1e-12)


def test_epochs_have_scikit_learns_own_losses() -> None:
    clf = spied(MLPClassifier, hidden_layer_sizes=(5,), batch_size=30, max_iter=25, random_state=2)
    with watch(clf, X[SOME], SPECIES[SOME], unit="epoch") as rec:
        clf.fit(X, SPECIES)
    recording = rec.recording()
    assert recording.unit == "epoch" and rec.steps == tuple(range(26))
    assert recording.curves["loss"].tolist() == [clf.seen[0][0], *clf.loss_curve_]
    for epoch in range(25):
        assert_is_moment(recording, epoch, *clf.seen[5 * epoch][1:])
    assert_is_moment(recording, 25, clf.coefs_, clf.intercepts_)


def test_an_epoch_that_is_broken_off_is_the_last() -> None:
    class Stopped(MLPClassifier):
        def _backprop(self, *args: Any) -> Any:
            self.calls = getattr(self, "calls", 0) + 1
            if self.calls == 13:
                raise KeyboardInterrupt
            return super()._backprop(*args)

    Stopped.__init__ = MLPClassifier.__init__
    clf = Stopped((5,), batch_size=30, max_iter=25, random_state=2)
    with pytest.warns(UserWarning, match="interrupted"), watch(clf, X[SOME], unit="epoch") as rec:
        clf.fit(X, SPECIES)
    assert rec.steps == (0, 1, 2, 3)
    assert_is_moment(rec.recording(), -1, clf.coefs_, clf.intercepts_)


def test_numbers_keep_their_precision() -> None:
    clf = classifier()
    with watch(clf, X[SOME].astype(np.float32), SPECIES[SOME]) as rec:
        clf.fit(X.astype(np.float32), SPECIES)
    recording = rec.recording()
    assert {each.dtype for each in (*recording.weights, *recording.biases)} == {np.dtype(np.float32)}
    assert_is_moment(recording, -1, clf.coefs_, clf.intercepts_)
    assert recording.probes.inputs.dtype == np.float32


@pytest.mark.parametrize(
    ("given", "own"), [("identity", "linear"), ("logistic", "sigmoid"), ("tanh", "tanh"), ("relu", "relu")]
)
def test_hidden_layers_have_the_functions_of_the_estimator(given: str, own: str) -> None:
    reg = MLPRegressor(hidden_layer_sizes=(4, 3), activation=given, max_iter=3, random_state=0)
    with watch(reg, X[SOME, :3], X[SOME, 3], loss="squared_error") as rec:
        reg.fit(X[:, :3], X[:, 3])
    recording = rec.recording()
    assert recording.network.activations == (own, own, "linear") and recording.network.loss == "squared_error"
    at_end = recording.activations[-1][(recording.row_step == rec.steps[-1]) & (recording.probe >= 0)]
    np.testing.assert_allclose(at_end[:, 0], reg.predict(X[SOME, :3]), rtol=0, atol=1e-12)
    assert np.array_equal(recording.probes.targets[:, 0], X[SOME, 3])


def test_labels_become_targets_by_the_classes_of_the_estimator() -> None:
    clf = classifier()
    with watch(clf, X[SOME], SPECIES[SOME], loss="log_loss") as rec:
        clf.fit(X, SPECIES)
    recording = rec.recording()
    assert recording.probes.classes == ("setosa", "versicolor", "virginica")
    assert np.array_equal(recording.probes.targets, np.eye(3)[IRIS.target[SOME]])
    assert recording.network.layers[-1].neurons == recording.probes.classes


@pytest.mark.parametrize(
    ("labels", "classes", "neurons"),
    [
        (np.where(IRIS.target > 0, "other", "setosa"), (), ("setosa",)),
        (IRIS.target > 0, (), ("True",)),
        ((IRIS.target > 0).astype(int), (), ()),
        ((IRIS.target > 0).astype(int), ("setosa", "another"), ("another",)),
    ],
)
def test_two_classes_have_one_output_the_second(labels: Any, classes: Any, neurons: Any) -> None:
    clf = classifier()
    with watch(clf, X[SOME], labels[SOME], classes=classes) as rec:
        clf.fit(X, labels)
    recording = rec.recording()
    assert recording.network.sizes == (4, 6, 1) and recording.network.activations[-1] == "sigmoid"
    assert np.array_equal(recording.probes.targets[:, 0], labels[SOME] == clf.classes_[1])
    assert recording.network.layers[-1].neurons == neurons and recording.probes.classes == ()
    at_end = recording.activations[-1][(recording.row_step == rec.steps[-1]) & (recording.probe >= 0)]
    np.testing.assert_allclose(at_end[:, 0], clf.predict_proba(X[SOME])[:, 1], rtol=0, atol=1e-12)


def test_several_labels_have_a_sigmoid_each() -> None:
    labels = np.stack([IRIS.target > 0, IRIS.target > 1], axis=1).astype(int)
    clf = classifier()
    with watch(clf, X[SOME], labels[SOME], classes=("no setosa", "virginica")) as rec:
        clf.fit(X, labels)
    recording = rec.recording()
    assert recording.network.activations[-1] == "sigmoid"
    assert np.array_equal(recording.probes.targets, labels[SOME])
    assert recording.network.layers[-1].neurons == ("no setosa", "virginica")


def test_of_many_probes_some_are_recorded_with_their_own_labels_and_names() -> None:
    clf = classifier()
    with pytest.warns(NetvizNote, match="64 of 150") as said:
        rec = netviz.watch(clf, X, SPECIES, names=[f"flower {number}" for number in range(150)])
    assert said[0].filename == __file__
    with rec:
        clf.fit(X, SPECIES)
    probes = rec.recording().probes
    numbers = [int(name.split()[1]) for name in probes.names]
    assert len(numbers) == 64 and numbers[0] == 0 and numbers[-1] == 149
    assert np.array_equal(probes.inputs, X[numbers]) and np.array_equal(rec.probes, X[numbers])
    assert np.array_equal(probes.targets, np.eye(3)[IRIS.target[numbers]])


def test_of_two_features_the_other_examples_are_points_with_targets_from_their_labels() -> None:
    plane, clf = X[:, :2] + np.arange(150)[:, None] / 1e6, classifier(max_iter=2)  # no two flowers alike
    with netviz.watch(clf, plane, SPECIES) as rec:
        clf.fit(plane, SPECIES)
    recording = rec.recording()
    assert len(recording.probes.inputs) == 64 and len(recording.points) == 86
    for inputs, targets in ((rec.probes, recording.probes.targets), (recording.points, recording.point_targets)):
        numbers = [plane[:, 0].tolist().index(value) for value in inputs[:, 0].tolist()]
        assert np.array_equal(targets, np.eye(3)[IRIS.target[numbers]])
    with netviz.watch(clf, plane[:5], SPECIES[:5], points=plane, point_targets=SPECIES) as rec:
        clf.fit(plane, SPECIES)
    recording = rec.recording()
    assert np.array_equal(recording.points, plane[5:])
    assert np.array_equal(recording.point_targets, np.eye(3)[IRIS.target[5:]])


def test_points_that_do_not_fit_are_refused() -> None:
    plane, clf = X[:, :2], classifier()
    for more, message in (
        ({"points": plane[0]}, "points: has the shape (2,); expected a row of features for each example"),
        ({"points": X}, "points: have the shape (150, 4); expected a row of 2 inputs for each example"),
        ({"point_targets": SPECIES}, "point_targets: there are no points; give those as well, or leave"),
        ({"points": plane, "point_targets": SPECIES[:9]}, "point_targets: has the shape (9,), and points has 150"),
    ):
        with pytest.raises(netviz.InputError) as wrong:
            netviz.watch(clf, plane[:3], SPECIES[:3], **more)
        assert str(wrong.value).startswith(message)
    strangers = np.array(["rose"] * 150)
    with (
        pytest.raises(netviz.InputError, match="point_targets: has labels that fit does not know: rose"),
        netviz.watch(clf, plane[:3], SPECIES[:3], points=plane, point_targets=strangers),
    ):
        clf.fit(plane, SPECIES)


def test_probes_are_copies_and_columns_name_the_inputs() -> None:
    class Table:
        """What a DataFrame is to NumPy."""

        columns = IRIS.feature_names

        def __init__(self, array: Any) -> None:
            self.array = array

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return self.array

    given, labels = X[SOME].copy(), SPECIES[SOME].copy()
    clf = classifier()
    with watch(clf, Table(given), labels) as rec:
        given[:], labels[:] = 0, "setosa"
        clf.fit(X, SPECIES)
    recording = rec.recording()
    assert np.array_equal(recording.probes.targets, np.eye(3)[IRIS.target[SOME]])
    assert np.array_equal(recording.probes.inputs, X[SOME])
    assert recording.network.layers[0].neurons == tuple(IRIS.feature_names)


def test_a_budget_leaves_out_moments() -> None:
    recorded = []
    for budget in ("256 MB", 60_000):
        clf = classifier()
        with watch(clf, X[SOME], budget=budget) as rec:
            clf.fit(X, SPECIES)
        recorded.append(rec.steps)
    assert len(recorded[1]) < len(recorded[0]) and recorded[1][-1] == recorded[0][-1]


# Curves of examples that nothing is learned from.


@pytest.mark.parametrize("chunk", [4_000_000, 5_000])
@pytest.mark.parametrize("when", ["before", "after"])
def test_curves_of_held_out_examples_are_what_scikit_learn_says(
    when: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_out, "_CHUNK", chunk)
    clf = classifier(max_iter=40)
    watcher = watch(clf, X[SOME], SPECIES[SOME])
    if when == "before":
        watcher.test(X[1::2], SPECIES[1::2])
    with watcher as rec:
        clf.fit(X[::2], SPECIES[::2])
    if when == "after":
        rec.test(X[1::2], SPECIES[1::2])
    curves = rec.recording().curves
    assert [*curves] == ["loss", "error", "test_loss", "test_accuracy"]
    assert curves["test_accuracy"][-1] == clf.score(X[1::2], SPECIES[1::2])
    assert curves["test_loss"][-1] == pytest.approx(log_loss(SPECIES[1::2], clf.predict_proba(X[1::2])), rel=1e-12)
    first = classifier(max_iter=1, learning_rate_init=1e-300).fit(X[::2], SPECIES[::2])
    assert curves["test_loss"][0] == pytest.approx(log_loss(SPECIES[1::2], first.predict_proba(X[1::2])), rel=1e-12)
    assert curves["test_accuracy"][0] == first.score(X[1::2], SPECIES[1::2]) != curves["test_accuracy"][-1]


def test_curves_of_held_out_values_and_labels() -> None:
    reg = MLPRegressor(hidden_layer_sizes=(5,), max_iter=20, random_state=1)
    with watch(reg, X[SOME, :2], X[SOME, 2:]) as rec:
        reg.fit(X[::2, :2], X[::2, 2:])
    rec.test(X[1::2, :2], X[1::2, 2:])
    curves = rec.recording().curves
    expected = mean_squared_error(X[1::2, 2:], reg.predict(X[1::2, :2])) / 2
    assert curves["test_loss"][-1] == pytest.approx(expected, rel=1e-12) and "test_accuracy" not in curves

    labels = np.stack([IRIS.target > 0, IRIS.target > 1], axis=1).astype(int)
    clf = classifier(max_iter=2)
    with watch(clf, X[SOME], labels[SOME]) as rec:
        clf.fit(X, labels)
    rec.test(X, labels)
    curves = rec.recording().curves
    assert curves["test_accuracy"][-1] == clf.score(X, labels)
    given = np.where(labels, clf.predict_proba(X), 1 - clf.predict_proba(X))
    assert curves["test_loss"][-1] == pytest.approx(-np.log(given).sum(axis=1).mean(), rel=1e-12)


def test_a_file_of_it_holds_all(tmp_path: Path) -> None:
    data = load_diabetes()
    reg = MLPRegressor(hidden_layer_sizes=(4,), solver="sgd", max_iter=10, random_state=3)
    inputs, values = StandardScaler().fit_transform(data.data), data.target / 100
    with watch(reg, inputs[:6], values[:6]) as rec:
        reg.fit(inputs, values)
    rec.test(inputs, values)
    rec.save(tmp_path / "run.npz")
    loaded, recording = netviz.Recording.load(tmp_path / "run.npz"), rec.recording()
    assert np.array_equal(loaded.step, recording.step)
    assert_is_moment(loaded, -1, reg.coefs_, reg.intercepts_)
    assert np.array_equal(loaded.curves["test_loss"], recording.curves["test_loss"])
    assert loaded.info["model"] == "MLPRegressor"
