"""Watching scikit-learn's networks: runs that go on, break off or begin again, copies, and what is refused."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from netviz.errors import InputError, NetvizWarning

pytest.importorskip("sklearn", reason="needs scikit-learn: make test-frameworks")

from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from netviz.integrations.sklearn import watch
from tests.integrations.estimators import IRIS, SOME, SPECIES, X, assert_is_moment, classifier, spied, state_of

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Runs that go on, begin again, break off, or are somebody else's.


def test_partial_fits_go_on() -> None:
    clf = spied(MLPClassifier, hidden_layer_sizes=(5,), batch_size=30, random_state=2)
    with watch(clf, X[SOME], SPECIES[SOME]) as rec:
        for _ in range(4):
            clf.partial_fit(X, SPECIES, classes=IRIS.target_names)
    assert rec.steps == tuple(range(21))
    for step in range(20):
        assert_is_moment(rec.recording(), step, *clf.seen[step][1:])


@pytest.mark.parametrize("unit", ["step", "epoch"])
def test_a_run_that_is_taken_up_begins_with_the_weights_it_has(unit: str) -> None:
    clf = classifier(warm_start=True, max_iter=5).fit(X, SPECIES)
    before = [each.copy() for each in clf.coefs_], [each.copy() for each in clf.intercepts_]
    with watch(clf, X[SOME], SPECIES[SOME], unit=unit) as rec:
        clf.fit(X, SPECIES)
        clf.fit(X, SPECIES)
    assert rec.steps == tuple(range(11 if unit == "epoch" else 41))
    assert_is_moment(rec.recording(), 0, *before)
    assert_is_moment(rec.recording(), -1, clf.coefs_, clf.intercepts_)


def test_a_second_run_is_refused_before_it_changes_anything() -> None:
    clf = classifier()
    with pytest.raises(InputError, match="fit: starts anew, and a recording is of one run"):  # noqa: SIM117
        with watch(clf, X[SOME]) as rec:
            clf.fit(X, SPECIES)
            clf.fit(X[::2], SPECIES[::2])
    assert state_of(clf) == state_of(classifier().fit(X, SPECIES))
    assert_is_moment(rec.recording(), -1, clf.coefs_, clf.intercepts_)
    with pytest.raises(InputError, match="has recorded a run already"), rec:
        pass


def test_clones_are_not_recorded() -> None:
    clf = classifier()
    search = GridSearchCV(clf, {"alpha": [0.1, 0.01]}, cv=2)
    with pytest.raises(InputError, match="has recorded nothing: call fit of this same MLPClassifier inside"):  # noqa: SIM117
        with watch(clf, X[SOME]):
            search.fit(X, SPECIES)
    assert search.best_score_ > 0.5


def test_nothing_is_left_on_the_estimator_also_where_fit_fails() -> None:
    class Fails(MLPClassifier):
        def _backprop(self, *args: Any) -> Any:
            self.calls = getattr(self, "calls", 0) + 1
            if self.calls == 7:
                raise ZeroDivisionError("its own")
            return super()._backprop(*args)

    Fails.__init__ = MLPClassifier.__init__
    clf = Fails((6,), batch_size=40, random_state=1)
    with pytest.raises(ZeroDivisionError, match="its own"), watch(clf, X[SOME], SPECIES[SOME]) as rec:
        clf.fit(X, SPECIES)
    assert not {"_fit", "_backprop"} & vars(clf).keys()
    assert rec.steps == tuple(range(7)), "what it has is kept"
    assert_is_moment(rec.recording(), -1, clf.coefs_, clf.intercepts_)


def test_what_goes_wrong_in_the_block_is_what_is_said() -> None:
    clf = classifier()
    with pytest.raises(ZeroDivisionError, match="its own"), watch(clf, X[SOME]):
        clf.fit(X, SPECIES)
        del clf.coefs_  # so that the end cannot be kept
        raise ZeroDivisionError("its own")
    assert not {"_fit", "_backprop"} & vars(clf).keys()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda clf: pickle.loads(pickle.dumps(clf)), clone])
@pytest.mark.parametrize("when", ["inside", "after"])
def test_copies_are_estimators_of_their_own(copied: Callable[[Any], Any], when: str) -> None:
    clf = classifier()
    with watch(clf, X[SOME]) as rec:
        clf.fit(X, SPECIES)
        other = copied(clf) if when == "inside" else None
        if other is not None:
            other.fit(X[::2], SPECIES[::2])
            other = pickle.loads(pickle.dumps(other))
    assert len(rec.steps) == 12 * 4 + 1 or rec.steps[-1] == 12 * 4
    again = classifier().fit(X, SPECIES)
    assert state_of(clf) == state_of(again)
    assert pickle.dumps(clf) == pickle.dumps(again) and repr(clf) == repr(again)
    other = other or copied(clf)
    other.fit(X[::2], SPECIES[::2])
    assert np.array_equal(other.coefs_[0], classifier().fit(X[::2], SPECIES[::2]).coefs_[0])
    assert state_of(clf) == state_of(again), "the copy has learned, not the original"


@pytest.mark.parametrize("are_errors", [False, True])
def test_a_run_that_diverges_is_recorded_up_to_there(are_errors: bool) -> None:
    settings = {"solver": "sgd", "learning_rate_init": 1e6, "max_iter": 60, "activation": "identity", "alpha": 1.0}
    states = []
    for is_watched in (False, True):
        reg = MLPRegressor(hidden_layer_sizes=(5,), random_state=1, batch_size=40, **settings)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error" if are_errors else "ignore", NetvizWarning)
            warnings.simplefilter("ignore", RuntimeWarning)
            with pytest.raises(ValueError, match="non-finite parameter weights"):
                if is_watched:
                    with watch(reg, X[SOME, :3], X[SOME, 3]) as rec:
                        reg.fit(X[:, :3], X[:, 3])
                else:
                    reg.fit(X[:, :3], X[:, 3])
        states.append(state_of(reg))
    np.testing.assert_equal(states[1], states[0])  # with NaN among the losses
    recording = rec.recording()
    assert not recording.is_complete and recording.step[-1] < 60 * 4
    assert not all(np.isfinite(each[-1]).all() for each in (*recording.weights, recording.curves["loss"]))
    assert all(np.isfinite(each[:-1]).all() for each in recording.weights)


# What is refused.


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(InputError) as error:
        call()
    (problem,) = error.value.problems
    assert "\n" not in str(problem)
    return str(problem)


def fitted(clf: Any, *args: Any, learned: Any = (X, SPECIES), **more: Any) -> Any:
    with watch(clf, *args, **more) as rec:
        clf.fit(*learned)
    return rec


def poisson() -> MLPRegressor:
    reg = MLPRegressor()
    reg.loss = "poisson"  # scikit-learn before 1.7 has no argument for it
    return reg


PIPE = make_pipeline(StandardScaler(), classifier())
BAD_USES: dict[str, tuple[Callable[[], Any], str]] = {
    "never fitted": (
        lambda: watch(classifier(), X[SOME]).__exit__(None, None, None),
        "inside the `with` block",
    ),
    "read too early": (lambda: watch(classifier(), X[SOME]).recording(), "has recorded nothing"),
    "another estimator": (
        lambda: watch(LogisticRegression(), X[SOME]),
        "LogisticRegression is none of scikit-learn's networks; MLPClassifier and MLPRegressor can be watched",
    ),
    "a pipeline": (
        lambda: watch(PIPE, X[SOME]),
        "Pipeline cannot be watched as a whole; watch its last step, with X as the steps before it give it",
    ),
    "a search": (lambda: watch(GridSearchCV(classifier(), {}), X[SOME]), "GridSearchCV is none of"),
    "lbfgs": (lambda: watch(classifier(solver="lbfgs"), X[SOME]), 'what can be watched is solver "adam" or'),
    "poisson": (lambda: watch(poisson(), X[SOME]), "the function exp, which is not drawn"),
    "other features": (
        lambda: fitted(classifier(), X[SOME, :3]),
        "X: has the shape (15, 3), and fit learns from 4 features; give them as fit gets them",
    ),
    "unknown labels": (
        lambda: fitted(classifier(), X[SOME], IRIS.target[SOME]),
        "y: has labels that fit does not know: 0, 1, 2; its classes are setosa, versicolor, virginica",
    ),
    "no probes": (lambda: watch(classifier(), X[:0]), "X: have the shape (0, 4); expected"),
    "no features": (lambda: watch(classifier(), X[:, :0]), "X: have the shape (150, 0)"),
    "one example": (lambda: watch(classifier(), X[0]), "X: has the shape (4,); expected a row of features"),
    "infinite": (lambda: watch(classifier(), X[SOME] / 0.0), "X: hold numbers that are infinite"),
    "words": (lambda: watch(classifier(), np.array([["a", "b"]])), "X: holds str"),
    "too few labels": (
        lambda: watch(classifier(), X[SOME], SPECIES[:3]),
        "y: has the shape (3,), and X has 15",
    ),
    "classes in columns": (
        lambda: fitted(classifier(), X[SOME], np.eye(3)[IRIS.target[SOME]]),
        "y: has the shape (15, 3); expected (15,), the label of each example",
    ),
    "names of too few classes": (
        lambda: fitted(classifier(), X[SOME], classes=("a", "b")),
        "2 names, and the estimator has 3",
    ),
    "classes of values": (lambda: watch(MLPRegressor(), X[SOME], classes=("a",)), "MLPRegressor has none"),
    "names of too few probes": (lambda: watch(classifier(), X[SOME], names=("a",)), "names: 1 names"),
    "another loss": (
        lambda: watch(classifier(), X[SOME], loss="squared_error"),
        "loss: 'squared_error' is not what this MLPClassifier learns by, cross_entropy; leave it out",
    ),
    "another unit": (lambda: watch(classifier(), X[SOME], unit="batch"), 'unit: expected "step" or "epoch"'),
    "no budget": (lambda: watch(classifier(), X[SOME], budget="much"), "budget: expected a size"),
    "a small budget": (
        lambda: fitted(classifier(), X[SOME], budget=100),
        "budget: 0.1 KB is not enough: one moment of this network takes ",
    ),
    "values of too few outputs": (
        lambda: fitted(MLPRegressor(), X[SOME, :2], X[SOME, 2], learned=(X[:, :2], X[:, 2:])),
        "y: has the shape (15,); expected (15, 2), what each output ought to be",
    ),
    "values that are none": (
        lambda: fitted(MLPRegressor(), X[SOME, :2], SPECIES[SOME], learned=(X[:, :2], X[:, 2])),
        "y: holds something else than finite numbers",
    ),
    "labels that are none": (
        lambda: fitted(
            classifier(), X[SOME], X[SOME, :2], learned=(X, np.stack([IRIS.target > 0, IRIS.target > 1], 1).astype(int))
        ),
        "y: holds something else than 0 or 1 for each label",
    ),
    "tested with other features": (
        lambda: fitted(classifier(), X[SOME]).test(X[:, :2], SPECIES),
        "test: X: has the shape (150, 2), and fit learns from 4 features",
    ),
    "tested with too few labels": (
        lambda: fitted(classifier(), X[SOME]).test(X, SPECIES[:3]),
        "test: y: has the shape (3,), and X has 150",
    ),
    "tested with nothing": (lambda: fitted(classifier(), X[SOME]).test(X[:0], SPECIES[:0]), "of one example or more"),
    "tested with unknown labels": (lambda: fitted(classifier(), X[SOME]).test(X, IRIS.target), "test: y: has labels"),
}


@pytest.mark.parametrize("use", BAD_USES)
@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value):RuntimeWarning")
def test_bad_use_is_one_clear_line(use: str) -> None:
    call, expected = BAD_USES[use]
    assert expected in refusal(call)


def test_what_is_refused_in_fit_leaves_nothing_behind() -> None:
    clf = classifier()
    refusal(lambda: fitted(clf, X[SOME, :3]))
    assert not {"_fit", "_backprop"} & vars(clf).keys()
    assert state_of(clf.fit(X, SPECIES)) == state_of(classifier().fit(X, SPECIES))


def test_an_estimator_is_watched_once() -> None:
    clf = classifier()
    with watch(clf, X[SOME]) as rec:
        message = refusal(watch(clf, X[SOME]).__enter__)
        assert "this MLPClassifier is being watched already" in message
        clf.fit(X, SPECIES)
    assert rec.steps[-1] == 48


def test_a_solver_that_is_set_later_is_refused_in_fit() -> None:
    clf = classifier()
    with pytest.raises(InputError, match="lbfgs"), watch(clf, X[SOME]):
        clf.set_params(solver="lbfgs").fit(X, SPECIES)
    assert not hasattr(clf, "coefs_")


def test_the_advice_for_a_pipeline_is_right() -> None:
    raw = IRIS.data
    pipe, plain = (make_pipeline(StandardScaler(), classifier()) for _ in range(2))
    plain.fit(raw, SPECIES)
    with watch(pipe[-1], pipe[:-1].fit(raw).transform(raw[SOME]), SPECIES[SOME]) as rec:
        pipe.fit(raw, SPECIES)
    assert state_of(pipe[-1]) == state_of(plain[-1])
    recording = rec.recording()
    at_end = recording.activations[-1][(recording.row_step == rec.steps[-1]) & (recording.probe >= 0)]
    np.testing.assert_allclose(at_end, pipe.predict_proba(raw[SOME]), rtol=0, atol=1e-12)
