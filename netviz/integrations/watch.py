"""netviz.watch: a recorder for the model of a framework, found by its class without importing anything for it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, Self, overload

from netviz.errors import InputError, Problem
from netviz.recording.recorder import NewestMoment
from netviz.recording.recording import Recording

INTEGRATIONS = {
    "torch": "netviz.integrations.pytorch",
    "sklearn": "netviz.integrations.sklearn",
    "keras": "netviz.integrations.keras",  # says that a callback is what it has
}
"""Modules of integrations by the package that a model's class, or one it derives from, comes from. Each has a function
`watch` with the arguments of the one below."""


class Watched(Protocol):
    """Recorder of a model that it reads by itself; netviz.render and the other calls take it as a Recorder."""

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps kept so far, increasing."""

    def recording(self) -> Recording:
        """The recording of all that is kept so far; it stays as it is while training goes on."""

    def newest(self) -> NewestMoment:
        """The moment kept last, as `netviz.live` draws it; another thread may ask for it."""

    def save(self, path: str | Path) -> None:
        """Write what has been kept so far, as `Recording.save` does."""


class Watcher(Watched, Protocol):
    """Recorder of a model in somebody's loop."""

    def wants(self, step: int) -> bool:
        """True if a snap of this step, which has to come after all before it, would be kept without `keep`."""

    def snap(self, loss: Any = None, *, step: int | None = None, keep: bool = False, **curves: Any) -> None:
        """Offer the model as it is now; it is kept if it is due, and otherwise nothing of it is read.

        loss: its value. step: number of the moment; one more than that of the snap before, if not given, from 1 on.
        keep: keep this moment in any case, as the last of training ought to be. curves: further values by name, such
        as test_loss=0.3, accuracy=0.9.
        """


class FitWatcher(Watched, Protocol):
    """Recorder of a model whose own `fit` trains it, in a `with` block."""

    def __enter__(self) -> Self:
        """From here on `fit` is recorded."""

    def __exit__(self, *error: Any) -> None:
        """Keep what the model is now; nothing is left behind on it."""

    def test(self, X: Any, y: Any) -> None:
        """Add curves of how the network does on examples that it does not learn from, worked out afterwards."""


class Estimator(Protocol):
    """Model that trains itself, as those of scikit-learn do."""

    def get_params(self, deep: bool = True) -> Any:
        """Its settings."""


@overload
def watch(
    model: Estimator,
    X: Any,
    y: Any = ...,
    *,
    loss: Any = ...,
    classes: Sequence[str] = ...,
    names: Sequence[str] = ...,
    points: Any = ...,
    point_targets: Any = ...,
    unit: str = ...,
    budget: str | float = ...,
) -> FitWatcher: ...


@overload
def watch(
    model: Any,
    X: Any,
    y: Any = ...,
    *,
    loss: Any = ...,
    classes: Sequence[str] = ...,
    names: Sequence[str] = ...,
    points: Any = ...,
    point_targets: Any = ...,
    unit: str = ...,
    budget: str | float = ...,
) -> Watcher: ...


def watch(
    model: Any,
    X: Any,
    y: Any = None,
    *,
    loss: Any = None,
    classes: Sequence[str] = (),
    names: Sequence[str] = (),
    points: Any = None,
    point_targets: Any = None,
    unit: str = "step",
    budget: str | float = "256 MB",
) -> Watcher | FitWatcher:
    """A recorder of a model in training: three lines in anybody's loop, and there is a film of it.

        watched = netviz.watch(model, X[:16], y[:16], loss=criterion)
        for step in range(1, 2001):
            ...  # as ever
            optimizer.step()
            watched.snap(loss, keep=step == 2000)
        netviz.render(watched, "film.mp4")

    or, where the model trains itself:

        with netviz.watch(clf, X_test[:16], y_test[:16]) as watched:
            clf.fit(X_train, y_train)
        netviz.render(watched, "film.mp4")

    A PyTorch model is any module. What is on the way from its inputs to its outputs is found, in the order in which it
    is called, by one pass of the probes in evaluation mode. Linear layers that all goes through as a row for each
    example, of up to 1,000,000 weights (2,000,000 in all) and 4,096 neurons, are drawn neuron by neuron, with relu,
    tanh, sigmoid, leaky_relu (slope 0.01), elu (alpha 1), gelu (with erf) or silu after them, and softmax, log_softmax
    or sigmoid at the end; what they compute is held against what the model gives. Norms between a layer's sums and its
    function stand beside its neurons. Everything else - convolutions, attention, recurrent layers, embeddings, branches
    - is summarised as blocks, with the size of their weights and of their changes; several alike are one. Dropout is
    off in what is shown. Of a text (P, T) of token numbers the outputs at its last position are shown; other outputs in
    a row, up to 4,096. X may be a dictionary of what the model takes by name, or a tuple where it takes several: the
    first is shown. What a note can say of all this, a note says.

    It reads the parameters, and with blocks it passes the probes through the model in each moment that is kept; it
    changes nothing of the training: no flag, buffer, gradient, hook, attribute or random number. Hooks of your own are
    not called in its passes. torch.compile, DataParallel and DistributedDataParallel are looked through; of several
    processes the first records.

    A scikit-learn model is an MLPClassifier or MLPRegressor, of the solver adam or sgd. Its labels may be any: its own
    classes turn them into targets, and name the outputs. loss is its own, and left out; unit is step or epoch. What is
    returned for it is a context: inside the `with` block the steps of its `fit` are recorded, which stays the same run
    to the bit; step 0 are the weights that it starts with, and the end is what it has when the block ends.
    `watched.test(X_test, y_test)` adds curves of held-out examples.

    A run of Lightning's Trainer or of Keras's fit is recorded by a callback: FilmCallback in
    netviz.integrations.lightning and in netviz.integrations.keras.

    X: (P, ...), the examples that the film presents, as the model takes them; of more than 64 evenly spaced ones are
    recorded. With two inputs give all: the others are points of the plane, up to 500 in all, and the film shows what
    the network answers everywhere in it. y: their targets: (P, n_L), or (P,) for one output, or (P,) whole numbers that
    are the classes. loss: the loss function of training, such as torch.nn.CrossEntropyLoss(), or its name. Outputs that
    it takes as logits are shown as the probabilities that they stand for: by softmax for cross_entropy, by sigmoid for
    binary_cross_entropy_with_logits. With these, with nll_loss of a log_softmax, with binary_cross_entropy of a sigmoid
    and with mse_loss the errors that run back are shown as well. classes: names of the classes, one for each output.
    names: of the probes. points, point_targets: (Q, ...) and as y, points of the plane besides those of X, if there
    are two inputs. unit: what a step is: step, epoch or another word. budget: the most that all kept moments may take,
    as "256 MB" or in bytes.

    Returns a recorder that has kept the model as it is, as step 0; its `snap(loss)` offers the next steps. The loss of
    step 1 stands for step 0 as well: a loop works it out before its first update. Where step 1 is an epoch, or there
    are other curves, the values of step 0 come from a `snap(loss, step=0, accuracy=...)` before training; without one,
    step 0 is left out, which a note says. Raises InputError for a model that cannot be watched, such as one that is
    sharded (FSDP) or compiled by TorchScript, with the reason. `netviz.Recorder` takes any loop.
    """
    for kind in type(model).__mro__:
        found = INTEGRATIONS.get(kind.__module__.partition(".")[0])
        if found is not None:
            watcher: Watcher | FitWatcher = import_module(found).watch(
                model,
                X,
                y,
                loss=loss,
                classes=classes,
                names=names,
                points=points,
                point_targets=point_targets,
                unit=unit,
                budget=budget,
            )
            return watcher
    is_class = isinstance(model, type)
    what = f"the class {model.__name__} itself" if is_class else f"of the class {_full_name(type(model))}"
    advice = "give a model of it" if is_class else f"netviz.watch knows models of {', '.join(INTEGRATIONS)}"
    raise InputError([Problem("model", f"is {what}; {advice}, and netviz.Recorder takes any training loop")])


def _full_name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
