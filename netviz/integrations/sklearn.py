"""scikit-learn: recordings of MLPClassifier and MLPRegressor, taken while their own `fit` runs.

Each step of the solvers adam and sgd begins by a call of the estimator's method `_backprop`, in which its weights are
those of all steps before. So that method, of this one estimator, is watched for as long as the `with` block lasts; it
is given the same arguments and gives the same results, and no random number is drawn: the run is the same to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor

from netviz.errors import InputError, NetvizNote, NetvizWarning, Problem, warn_caller
from netviz.integrations.held_out import held_out_curves
from netviz.integrations.sklearn_examples import column_names, labels_of, numbers_of, targets_of
from netviz.recording.recorder import NewestMoment, Recorder
from netviz.recording.recorder_arguments import check_arguments
from netviz.recording.recording import AnyArray, Probes, Recording

_FUNCTIONS = {"identity": "linear", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu", "softmax": "softmax"}
_LOSSES = {"log_loss": "cross_entropy", "squared_error": "squared_error"}
_UNITS = ("step", "epoch")


def watch(
    model: Any,
    X: Any,
    y: Any = None,
    *,
    loss: str | None = None,
    classes: Sequence[str] = (),
    names: Sequence[str] = (),
    points: Any = None,
    point_targets: Any = None,
    unit: str = "step",
    budget: str | float = "256 MB",
) -> EstimatorWatcher:
    """The context in which the `fit` of an MLPClassifier or MLPRegressor is recorded.

        with netviz.watch(clf, X_test[:16], y_test[:16]) as rec:
            clf.fit(X_train, y_train)
        netviz.render(rec, "film.mp4")

    X: (P, n_features), the probes, transformed as those that `fit` gets; of more than 64 evenly spaced ones are
    recorded, and of two features the others as points of the plane, up to 500 in all. They need not be among the
    examples learned from. The inputs are named where X is a table with names of columns, such as a DataFrame.
    y: their labels, which the estimator's own classes turn into targets, or (P, n_outputs) for several labels each; of
    a regressor the values (P,) or (P, n_outputs).
    loss: is the estimator's own, and may be left out. classes: texts for the estimator's `classes_`, which are their
    own names otherwise. A binary classifier has one output: the probability of the second of its classes. names: of the
    probes. points, point_targets: as X and y, other points of the plane. unit: step, one update of the weights by one
    mini-batch, or epoch. budget: as in `Recorder`.

    Raises InputError with what is wrong, here or at the first step of `fit`, before anything is learned.
    """
    problems = [*_unfit(model)]
    if unit not in _UNITS:
        problems.append(Problem("unit", f'expected "step" or "epoch", got {unit!r}'))
    if problems:
        raise InputError(problems)
    known = _LOSSES[model.loss]
    if loss not in (None, known, model.loss):
        problems.append(Problem("loss", f"{loss!r} is not what this {_kind(model)} learns by, {known}; leave it out"))
    if classes and not isinstance(model, MLPClassifier):
        problems.append(Problem("classes", f"{_kind(model)} has none; leave them out"))
    probes, labels = _given("X", X, "y", y, problems)
    others, of_others = (
        (None, None) if points is None else _given("points", points, "point_targets", point_targets, problems)
    )
    if points is None and point_targets is not None:
        problems.append(Problem("point_targets", "there are no points; give those as well, or leave the targets out"))
    if probes.ndim != 2:
        raise InputError(problems)
    try:
        arguments = check_arguments(
            [probes.shape[1] or 1, 1],
            "linear",
            probes,
            np.arange(len(probes)),  # numbers, to know those that are recorded of too many
            loss=None,
            unit=unit,
            inputs=(),
            outputs=(),
            names=names,
            classes=(),
            points=others,
            point_targets=None if others is None else np.arange(len(others)),
            budget=budget,
        )
    except InputError as error:
        found = [replace(each, where="X") if each.where == "probes" else each for each in error.problems]
        raise InputError([*problems, *found]) from None
    if problems:
        raise InputError(problems)
    for note in arguments.notes:
        warn_caller(NetvizNote(note.replace("probes: ", "X: ").replace(" (Recorder.probes)", "")))

    def chosen(of: AnyArray | None, numbers: AnyArray | None) -> AnyArray | None:
        return None if of is None or numbers is None else of[numbers[:, 0].astype(np.intp)]

    more = None
    if arguments.points is not None:
        more = arguments.points, chosen(labels if others is None else of_others, arguments.point_targets)
    return EstimatorWatcher(
        model,
        replace(arguments.probes, targets=None, classes=tuple(classes)),
        chosen(labels, arguments.probes.targets),
        more,
        inputs=column_names(X),
        unit=unit,
        budget=budget,
    )


def _given(
    where: str, examples: Any, of: str, labels: Any, problems: list[Problem]
) -> tuple[AnyArray, AnyArray | None]:
    """Examples (E, n_features) and their labels, or none, as arrays; what is wrong is added to the problems."""
    rows, right = numbers_of(examples), None if labels is None else labels_of(labels)
    if rows.ndim != 2:
        message = f"has the shape {rows.shape}; expected a row of features for each example, as fit gets them"
        problems.append(Problem(where, message))
    elif right is not None and right.shape[:1] != rows.shape[:1]:
        message = f"has the shape {right.shape}, and {where} has {len(rows)} examples; give one for each"
        problems.append(Problem(of, message))
    return rows, right


class EstimatorWatcher:
    """Watcher of one estimator: while its `with` block lasts, the steps of its `fit` are recorded.

    Step 0 has the weights that it starts with; the end has those that the estimator has when the block ends, also where
    `early_stopping` brings the best ones back. A moment's loss is what scikit-learn computes in the step that starts
    from its weights: of that step's mini-batch, with the L2 penalty (`alpha`). In epochs it is the estimator's `loss_`
    of the epoch just over. Where there is no such value, at the end, it is the loss of the last mini-batch once more,
    and at epoch 0 that of the first one.

    One run is recorded: `partial_fit` and `warm_start=True` go on with it, and a `fit` that starts anew is refused
    before anything is changed. Clones, as GridSearchCV makes them, are other estimators, and are not recorded.
    """

    def __init__(
        self,
        estimator: Any,
        probes: Probes,
        labels: AnyArray | None,
        points: tuple[AnyArray, AnyArray | None] | None,
        *,
        inputs: tuple[str, ...],
        unit: str,
        budget: str | float,
    ) -> None:
        """A watcher that has been given what is right, as `watch` makes it.

        labels: (P,) or (P, n), of the probes, as the user has them. points: others (Q, 2), and their labels. inputs:
        names of the features, or none.
        """
        self._estimator = estimator
        self._probes = probes
        self._labels = labels
        self._points = points
        self._inputs = inputs
        self._unit = unit
        self._budget = budget
        self._recorder: Recorder | None = None  # None before the first step
        self._held_out: tuple[AnyArray, AnyArray] | None = None  # as given
        self._test: Probes | None = None
        self._own: dict[str, Any] = {}  # by the name of a watched method: the estimator's own one, None for its class's
        self._next = 0  # number of the moment after the steps so far
        self._epochs_before = 0
        self._batch: tuple[Any, ...] = ()  # arguments of the last step
        self._coefs: Any = None  # the list of weights in the last step
        self._warning: NetvizWarning | None = None

    def __enter__(self) -> Self:
        if self._recorder is not None:
            message = "has recorded a run already; a recording is of one: watch the estimator anew"
            raise InputError([Problem("watch", message)])
        own = vars(self._estimator)
        if any(isinstance(own.get(name), _Tap) for name in ("_fit", "_backprop")):
            message = f"this {_kind(self._estimator)} is being watched already; watch it once"
            raise InputError([Problem("watch", message)])
        for name, around in (("_fit", self._fit), ("_backprop", self._step)):
            self._own[name] = own.get(name)
            setattr(self._estimator, name, _Tap(self._estimator, name, around))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for name, own in self._own.items():
            delattr(self._estimator, name)
            if own is not None:
                setattr(self._estimator, name, own)
        self._own = {}
        try:
            self._end()
        except Exception:
            if error is None:  # otherwise what went wrong before is what there is to say
                raise
        finally:
            self._batch, self._coefs = (), None
        if error is not None:
            return
        if self._recorder is None:
            raise InputError([self._nothing()])
        if self._warning is not None:
            raise self._warning

    @property
    def probes(self) -> AnyArray:
        """(P, n_features), the probes that are recorded: of more than 64 evenly spaced ones."""
        view = self._probes.inputs.view()
        view.flags.writeable = False
        return view

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps, or epochs, kept so far, increasing."""
        return () if self._recorder is None else self._recorder.steps

    def test(self, X: npt.ArrayLike, y: npt.ArrayLike) -> None:
        """Add curves of how the network does on examples that it does not learn from.

        test_loss: the mean of their losses, without a penalty; test_accuracy: the share of those that a classifier
        answers right, as its `score` says. Both are worked out afterwards, from the weights of all kept moments, so
        that they cost the run nothing. X: (T, n_features); y: as in `watch`. Before, in or after `fit`.
        """
        self._held_out = numbers_of(X).copy(), labels_of(y).copy()
        if self._recorder is not None:
            self._test = self._tested()

    def recording(self) -> Recording:
        """The recording of all that is kept so far. Raises InputError if nothing was kept."""
        if self._recorder is None:
            raise InputError([self._nothing()])
        recording = self._recorder.recording()
        versions = recording.info["versions"] | {"scikit-learn": sklearn.__version__}
        info = {**recording.info, "recorder": "netviz.watch", "model": _kind(self._estimator), "versions": versions}
        is_classifier = isinstance(self._estimator, MLPClassifier)
        # scikit-learn takes the mean of the errors of several values.
        factor = 1 if is_classifier else 1 / recording.network.sizes[-1]
        curves = {}
        if self._test is not None:
            curves = held_out_curves(recording, self._test, factor=factor, has_classes=is_classifier)
        return replace(recording, curves={**recording.curves, **curves}, info=info)

    def newest(self) -> NewestMoment:
        """The moment kept last, as `Recorder.newest` gives it: without the curves that are worked out afterwards."""
        if self._recorder is None:
            raise InputError([self._nothing()])
        return self._recorder.newest()

    def save(self, path: str | Path) -> None:
        """Write what has been kept so far, as `Recording.save` does."""
        self.recording().save(path)

    def _nothing(self) -> Problem:
        message = (
            f"has recorded nothing: call fit of this same {_kind(self._estimator)} inside the `with` block "
            "(clones, as GridSearchCV makes them, are other estimators)"
        )
        return Problem("watch", message)

    def _fit(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Around the estimator's `_fit`, which `fit` and `partial_fit` call."""
        estimator = self._estimator
        problems = [*_unfit(estimator)]
        goes_on = hasattr(estimator, "coefs_") and (estimator.warm_start or kwargs.get("incremental", False))
        if self._recorder is not None and not goes_on:
            message = (
                "starts anew, and a recording is of one run; give each its own `with netviz.watch(...)`, "
                "or go on by partial_fit or warm_start=True"
            )
            problems.append(Problem("fit", message))
        if problems:
            raise InputError(problems)
        return method(*args, **kwargs)

    def _step(self, method: Callable[..., Any], *args: Any) -> Any:
        """Around the estimator's `_backprop`, which it calls once before each update of its weights."""
        if self._recorder is None:
            self._recorder = self._begin()
        found = method(*args)
        estimator, number = self._estimator, self._next
        self._batch, self._coefs = args, estimator.coefs_
        if self._unit == "step":
            if not self._recorder.skips(number):
                self._snap(number, found[0])
            self._next = number + 1
        else:
            epoch = len(estimator.loss_curve_) - self._epochs_before
            if epoch == number:  # its first step
                self._snap(number, estimator.loss_ if number else found[0])
                self._next = number + 1
        return found

    def _snap(self, number: int, loss: Any, keep: bool = False) -> None:
        assert self._recorder is not None
        estimator = self._estimator
        try:
            self._recorder.snap(loss, step=number, weights=estimator.coefs_, biases=estimator.intercepts_, keep=keep)
        except NetvizWarning as warning:  # where warnings are errors: this one is raised when fit is over
            self._warning = warning

    def _end(self) -> None:
        """Keep what the estimator has in the end."""
        if self._recorder is None:
            return
        estimator, number = self._estimator, self._next
        is_epoch = self._unit == "epoch" and len(estimator.loss_curve_) - self._epochs_before == number
        if is_epoch and estimator.coefs_ is self._coefs:
            loss = estimator.loss_
        else:
            layers = len(estimator.coefs_)
            room = [self._batch[0], *[None] * layers], [None] * layers, [None] * layers, [None] * layers
            with np.errstate(all="ignore"):  # of a network that has diverged
                loss = MLPClassifier._backprop(estimator, *self._batch[:-4], *room)[0]  # a regressor's is the same
        self._snap(number, loss, keep=True)

    def _begin(self) -> Recorder:
        """The recorder of the network that the estimator has just made. Raises InputError."""
        estimator = self._estimator
        if self._unit == "epoch":
            self._epochs_before = len(estimator.loss_curve_)
        problems = [*self._wrong_features("X", self._probes.inputs)]
        targets = None if self._labels is None else targets_of(estimator, "y", self._labels, problems)
        points, of_points = self._points or (None, None)
        right = None if of_points is None else targets_of(estimator, "point_targets", of_points, problems)
        outputs, classes = self._output_names(problems)
        if problems:
            raise InputError(problems)
        if self._held_out is not None:
            self._test = self._tested()
        hidden = [_FUNCTIONS[estimator.activation]] * (len(estimator.coefs_) - 1)
        return Recorder(
            [len(estimator.coefs_[0]), *(weights.shape[1] for weights in estimator.coefs_)],
            [*hidden, _FUNCTIONS[estimator.out_activation_]],
            self._probes.inputs,
            targets,
            loss=_LOSSES[estimator.loss],
            unit=self._unit,
            inputs=self._inputs,
            outputs=outputs,
            names=self._probes.names,
            classes=classes,
            points=points,
            point_targets=right,
            budget=self._budget,
        )

    def _output_names(self, problems: list[Problem]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the outputs and of the classes for the recorder: one of both, or none."""
        estimator, given = self._estimator, self._probes.classes
        if not isinstance(estimator, MLPClassifier):
            return (), ()
        if given and len(given) != len(estimator.classes_):
            message = f"{len(given)} names, and the estimator has {len(estimator.classes_)} classes; give one for each"
            problems.append(Problem("classes", message))
        texts = given or tuple(map(str, estimator.classes_.tolist()))
        if estimator.out_activation_ == "softmax":
            return (), texts
        if estimator.n_outputs_ > 1:
            return texts, ()
        is_numbered = not given and estimator.classes_.dtype.kind in "iuf"  # 1 beside a neuron would look like a value
        return () if is_numbered else texts[1:2], ()

    def _tested(self) -> Probes:
        """The held-out examples with their targets."""
        assert self._held_out is not None
        inputs, labels = self._held_out
        problems = [*self._wrong_features("test: X", inputs)]
        if inputs.dtype.kind not in "fiu" or not np.isfinite(inputs).all() or not len(inputs):
            problems.append(Problem("test: X", "expected finite numbers, of one example or more"))
        elif labels.shape[:1] != inputs.shape[:1]:
            message = f"has the shape {labels.shape}, and X has {len(inputs)} examples; give one for each"
            problems.append(Problem("test: y", message))
        targets = None if problems else targets_of(self._estimator, "test: y", labels, problems)
        if problems:
            raise InputError(problems)
        return Probes(inputs, targets)

    def _wrong_features(self, where: str, inputs: AnyArray) -> list[Problem]:
        expected = len(self._estimator.coefs_[0])
        if inputs.ndim == 2 and inputs.shape[1] == expected:
            return []
        message = f"has the shape {inputs.shape}, and fit learns from {expected} features; give them as fit gets them"
        return [Problem(where, message)]


class _Tap:
    """A method of one estimator that a watcher stands around.

    Copies of the estimator, also pickled ones, get the method alone: they are not watched.
    """

    def __init__(self, estimator: Any, name: str, around: Callable[..., Any]) -> None:
        self._estimator = estimator
        self._name = name
        self._method = getattr(estimator, name)
        self._around = around

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._around(self._method, *args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self._estimator, self._name)


def _kind(model: Any) -> str:
    return type(model).__name__


def _unfit(model: Any) -> list[Problem]:
    """Reason why a model cannot be watched, or not as it is set up now."""
    kind = _kind(model)
    if not isinstance(model, MLPClassifier | MLPRegressor):
        if hasattr(model, "steps") and isinstance(model.steps[-1][-1], MLPClassifier | MLPRegressor):
            message = (
                f"{kind} cannot be watched as a whole; watch its last step, with X as the steps before it give it: "
                "netviz.watch(pipe[-1], pipe[:-1].fit(X_train).transform(X), y), and fit the pipeline inside"
            )
            return [Problem("model", message)]
        message = (
            f"{kind} is none of scikit-learn's networks; MLPClassifier and MLPRegressor can be watched, "
            "and netviz.Recorder records any loop"
        )
        return [Problem("model", message)]
    problems = []
    if model.solver == "lbfgs":
        message = (
            f'{kind}: solver "lbfgs" tries points that are no steps of training, and does not say which it keeps; '
            'what can be watched is solver "adam" or "sgd"'
        )
        problems.append(Problem("model", message))
    if model.loss not in [*_LOSSES]:
        reason = (
            "gives the output layer the function exp, which is not drawn" if model.loss == "poisson" else "is not known"
        )
        message = f'{kind}: loss {model.loss!r} {reason}; what can be watched is loss "squared_error"'
        problems.append(Problem("model", f"{message}, and netviz.Recorder records what it is given"))
    return problems
