"""Film of a fit: what callbacks have in common that record while a framework's trainer runs the loop."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from netviz.errors import InputError, NetvizWarning, Problem
from netviz.integrations.held_out import held_out_curves
from netviz.recording.given_arrays import read_array
from netviz.recording.network import Network
from netviz.recording.recorder import NewestMoment
from netviz.recording.recorder_arguments import RecorderArguments, check_arguments
from netviz.recording.recording import AnyArray, Probes, Recording

_NAMES_HERE = {"probes": "X", "targets": "y", "points": "test: X", "point_targets": "test: y"}
"""Names here of the arguments of a Recorder."""


class FitFilm(ABC):
    """Recorder of one fit, which netviz.render and the other calls take as a Recorder.

    It is made before the model is known: what can be checked is checked at once, the rest when the fit begins.
    """

    def __init__(
        self,
        X: Any,
        y: Any,
        *,
        classes: Sequence[str],
        names: Sequence[str],
        budget: str | float,
        path: str | Path | None,
    ) -> None:
        """See the callbacks. Raises InputError with all that is wrong."""
        problems: list[Problem] = []
        inputs = _examples("X", X, problems)
        _check_count("y", y, inputs, problems)
        if path is not None:
            problems += _wrong_path(Path(path))
        if inputs is not None:
            rows = inputs.reshape(len(inputs), -1)
            try:
                _arguments(_rows_network(rows, classes), rows, classes=classes, names=names, budget=budget)
            except InputError as error:
                problems += error.problems
        if problems:
            raise InputError(problems)
        self._classes, self._names, self._budget = tuple(classes), tuple(names), budget
        self._path = None if path is None else Path(path)
        self._held_out: tuple[Any, Any] | None = None  # as given
        self._test: Probes | None = None
        self._warning: NetvizWarning | None = None

    @property
    @abstractmethod
    def steps(self) -> tuple[int, ...]:
        """The steps kept so far, increasing."""

    @abstractmethod
    def newest(self) -> NewestMoment:
        """The moment kept last, as `netviz.live` draws it; any thread may ask. Raises InputError for none."""

    @abstractmethod
    def _recorded(self) -> Recording:
        """The recording of all that is kept so far, without held-out examples. Raises InputError for none."""

    def test(self, X: Any, y: Any) -> None:
        """Add curves of how the network does on examples that it does not learn from.

        test_loss: the mean of their losses, where netviz knows the loss; test_accuracy: the share of them whose class
        is found. Both are worked out afterwards, from the weights of all kept steps, so that they cost the run nothing
        and begin with step 0. X: (T, ...); y: as y of the probes. Before, in or after the fit. A network with blocks
        has no such curves, as not all of its weights are kept.
        """
        problems: list[Problem] = []
        inputs = _examples("test: X", X, problems)
        _check_count("test: y", y, inputs, problems)
        if y is None:
            problems.append(Problem("test: y", "none given; the curves say how far the answers are from it"))
        if problems:
            raise InputError(problems)
        self._held_out = X, y
        if self.steps:
            self._test = self._tested(self._recorded().network)

    def recording(self) -> Recording:
        """The recording of all that is kept so far; it stays as it is while training goes on."""
        recording = self._recorded()
        if self._test is None:
            return recording
        network, outputs = recording.network, recording.network.sizes[-1]
        factor = 1.0  # frameworks take the mean over the outputs, and squared errors whole
        if network.loss == "squared_error":
            factor = 2 / outputs
        elif network.activations[-1] == "sigmoid":
            factor = 1 / outputs
        curves = held_out_curves(recording, self._test, factor=factor, has_classes=self._has_classes(network))
        return replace(recording, curves={**recording.curves, **curves})

    def save(self, path: str | Path) -> None:
        """Write what has been kept so far, as `Recording.save` does."""
        self.recording().save(path)

    def _offer(self, snap: Callable[..., None], loss: Any, **moment: Any) -> None:
        """Give a recorder a moment; where warnings are errors, the one that training diverged waits for its end."""
        try:
            snap(loss, **moment)
        except NetvizWarning as warning:
            self._warning = warning

    def _raise_warning(self) -> None:
        """Raise what has waited for the end of training."""
        if self._warning is not None:
            warning, self._warning = self._warning, None
            raise warning

    def _inputs(self, X: Any) -> AnyArray:
        """Examples (P, ...) as what the network is given, (P, n_0)."""
        array = read_array("X", on_cpu(X))
        assert not isinstance(array, Problem)  # it was checked
        return array.reshape(len(array), -1)

    def _targets(self, y: Any) -> Any:
        """Targets in one of the forms that a Recorder takes."""
        return on_cpu(y)

    def _tested(self, network: Network) -> Probes:
        """The held-out examples for this network. Raises InputError, also where nothing can be said of them."""
        assert self._held_out is not None
        X, y = self._held_out
        if not network.is_exact:
            block = next(layer.blocks[0] for layer in network.layers if layer.blocks)
            message = f"netviz does not compute what {block.name} ({block.label}) does; leave the held-out examples out"
            raise refusal("test", message)
        if network.loss is None and not self._has_classes(network):
            message = "netviz works out neither the loss of this model nor whether its answers are right; leave it out"
            raise InputError([Problem("test", message)])
        rows = np.zeros((1, network.sizes[0]))
        arguments = _arguments(network, rows, points=self._inputs(X), point_targets=self._targets(y))
        assert arguments.points is not None
        return Probes(arguments.points, arguments.point_targets)

    def _has_classes(self, network: Network) -> bool:
        """True if the outputs stand for classes: by their loss, or as the held-out targets are classes."""
        assert self._held_out is not None
        labels = np.asarray(self._targets(self._held_out[1]))
        is_class = labels.ndim == 1 and labels.dtype.kind in "iu" and network.sizes[-1] > 1
        return is_class or network.loss == "cross_entropy"


def refusal(where: str, message: str) -> InputError:
    """The error for what cannot be recorded."""
    return InputError([Problem(where, message)])


def other_run() -> InputError:
    """The error for a fit that is not the run recorded so far, going on."""
    message = "has recorded another run already, and a film is of one; give each fit a FilmCallback of its own"
    return refusal("FilmCallback", message)


def on_cpu(given: Any) -> Any:
    """The value itself, or a tensor's numbers where NumPy can read them."""
    if isinstance(given, list | tuple) and given and hasattr(given[0], "detach"):
        return np.stack([np.asarray(each.detach().cpu()) for each in given])
    return given.detach().cpu() if hasattr(given, "detach") else given


def _examples(where: str, given: Any, problems: list[Problem]) -> AnyArray | None:
    array = read_array(where, on_cpu(given)) if given is not None else Problem(where, "none given; give some examples")
    if isinstance(array, Problem):
        problems.append(array)
        return None
    if array.ndim == 0 or array.size == 0:
        problems.append(Problem(where, f"has the shape {array.shape}; expected one example or more"))
        return None
    return array


def _check_count(where: str, y: Any, inputs: AnyArray | None, problems: list[Problem]) -> None:
    if y is None or inputs is None:
        return
    count = np.shape(on_cpu(y))[:1]
    if count != inputs.shape[:1]:
        got = f"{count[0]} targets" if count else "a single target"
        problems.append(Problem(where, f"{got}, and X has {len(inputs)} examples; give one for each"))


def _wrong_path(path: Path) -> list[Problem]:
    if path.suffix != ".npz":
        return [Problem("path", f"{path} is no name of a recording; expected one that ends in .npz, as run.npz")]
    if not path.parent.is_dir():
        return [Problem("path", f"there is no folder {path.parent}; make it first")]
    return []


def _rows_network(rows: AnyArray, classes: Sequence[str]) -> Network:
    """A network of these inputs, with an output for each class, to check names by."""
    outputs = len(classes) if isinstance(classes, list | tuple) and classes else 1
    return Network.of_dense((rows.shape[1], outputs), ("linear",))


def _arguments(network: Network, rows: AnyArray, **options: Any) -> RecorderArguments:
    """Arguments of a Recorder of a network, checked; nothing is said of what is merely to be known.

    Raises InputError, under the names that they have here.
    """
    given: dict[str, Any] = dict.fromkeys(("inputs", "outputs", "names", "classes"), ())
    given |= {"points": None, "point_targets": None, "budget": "1 GB", **options}
    try:
        with warnings.catch_warnings(action="ignore"):
            return check_arguments(network.sizes, network.activations, rows, None, loss=None, unit="step", **given)
    except InputError as error:
        problems = [replace(each, where=_NAMES_HERE.get(each.where, each.where)) for each in error.problems]
        raise InputError(problems) from None
