"""Recording: a training run as data, standing by itself, and all that a film is drawn from."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from netviz.recording import layers as dense
from netviz.recording.layers import Floats, Integers, Parameters, network_inputs
from netviz.recording.network import BIASES, WEIGHTS, Network
from netviz.version import __version__

__all__ = ["AT_REST", "Examples", "Integers", "Probes", "Recording"]

AnyArray = npt.NDArray[Any]

AT_REST = -1
FOLLOWED = ("error", "loss")
"""Names of the curves that can be the one a film follows: the average error, and the loss in training."""
DIVERGED = "diverged"
"""Key of `Recording.info` for the step in which numbers were not finite any more."""
DIVERGED_IN = "diverged_in"
"""The same for what held the first of them, such as "the weights of the output layer"."""
FOR_TRAINING, FOR_TESTING = 0, 1
"""Values of `Recording.split`."""


@dataclass(frozen=True, eq=False)
class Probes:
    """The P examples whose way through the network is recorded, and which a film presents."""

    inputs: AnyArray
    """(P, n_0), the network's inputs."""
    targets: AnyArray | None = None
    """(P, n_L), what the outputs ought to be; None where that is not known."""
    points: AnyArray | None = None
    """(P, 2), the points of the plane that the inputs are features of, or (P, n_0), the values that were normalised;
    None where the inputs are taken as they are."""
    names: tuple[str, ...] = ()
    """Name of each, or none at all."""
    classes: tuple[str, ...] = ()
    """Name of each class, one for each output, or none at all."""


@dataclass(frozen=True, eq=False)
class Examples:
    """E training examples and T test examples, as a film shows them; the arrays are never changed."""

    inputs: Floats
    """(E, n_0), the network's inputs; the first are the probes."""
    targets: Floats
    """(E, n_L)."""
    test_inputs: Floats
    """(T, n_0); T may be 0."""
    test_targets: Floats
    """(T, n_L)."""
    given: Floats
    """Training inputs in the scene's form: points (E, 2) of the plane, or else values (E, n_0) not yet normalised."""
    test_given: Floats
    """The same of the test examples: (T, 2) or (T, n_0)."""

    @property
    def points(self) -> Floats | None:
        """(E, 2), the points of the plane the inputs come from; None where they come from none."""
        return self.given if self.given.shape[1] == 2 else None

    @property
    def test_points(self) -> Floats | None:
        """(T, 2)."""
        return self.test_given if self.test_given.shape[1] == 2 else None


def versions() -> dict[str, str]:
    """Versions, by name, that a recording made here says of itself."""
    return {"netviz": __version__, "numpy": np.__version__, "python": platform.python_version()}


@dataclass(frozen=True)
class StoredAt:
    """The file that a recording was read from, and the digest by which another reader knows it again."""

    path: Path
    digest: str


@dataclass(frozen=True, eq=False)
class Recording:
    """Training run as data: M kept moments, P probes, R rows that show one moment each, curves of K points. Read-only.

    A moment is the network's parameters at one time. A row is a moment and either a probe on its way through the
    network, or the network at rest, with inputs of zero. Rows and moments are in the order of time, and rows share
    moments, so that no parameters are stored twice: `parameters_at(row)` is how a row's are read. In every row
    `activations[l + 1] == f(activations[l] @ weights[l] + biases[l])`, with the weights and biases of its moment, for
    every layer that the network marks exact. Numbers are kept in the precision they were computed in.

    In netviz's own runs the row of a probe has the weights from before its batch's update, and a row at rest those from
    after the cycle (0: before training). A shown cycle has a row for each training example, or for each that is
    presented where the scene says how many are, and a row at rest; other kept cycles are a row at rest. Probes at the
    end of a cycle whose gradients are carried into the next have the weights of the row at rest after them.
    """

    network: Network
    step: Integers
    """(M,), the step of each moment; never decreasing. Several moments of one step are within that step."""
    parameters: tuple[Mapping[str, AnyArray], ...]
    """For each layer its parameters by role, (M, *shape)."""
    probes: Probes
    moment: Integers
    """(R,), the moment of each row: 0-based, never decreasing."""
    probe: Integers
    """(R,), the probe of each row: 0-based, AT_REST for none."""
    activations: tuple[AnyArray | InputRows, ...]
    """L + 1 arrays (R, n_l), the inputs first."""
    curve_step: Integers
    """(K,), strictly increasing: the steps of the curves' points; all kept steps are among them."""
    curves: Mapping[str, Floats]
    """Curves (K,) by name; the film follows the first of `FOLLOWED`, and all others are drawn beside it.

    Of netviz's own runs: error, |target - output|, mean over outputs and training examples; loss, mean over the
    training examples; and test_loss, mean over the test examples, where there are any. Of a scene with a data set or
    test examples all three are measured after each cycle over the whole sets, with the weights from after the cycle;
    and if the targets are classes accuracy and test_accuracy are recorded, the shares of right answers (margins.py).
    Otherwise loss and error are those training met in the cycle: each example's from just before its batch's update.
    """
    loss: Floats | None = None
    """(R,), the probe's loss, and at rest the curve's; None where it is not known."""
    errors: tuple[AnyArray, ...] | None = None
    """L arrays (R, n_l): dLoss/d(weighted sums) of each layer after the inputs; None where they can be computed again,
    or are not known."""
    unit: str = "step"
    """Word for a step: cycle, epoch, step or another."""
    points: AnyArray | None = None
    """(Q, 2) points of the plane, or (Q, n_0) values as they were given: examples besides the probes; None: none."""
    point_targets: AnyArray | None = None
    """(Q, n_L)."""
    split: Integers | None = None
    """(Q,), FOR_TRAINING or FOR_TESTING; None: all for training."""
    features: tuple[str, ...] | None = None
    """Features of a point (x1, x2) of the plane that are the inputs; None where the inputs are taken as they are."""
    normalization: AnyArray | None = None
    """(2, n_0), what was subtracted from each given value (or feature of a point), and what it was divided by then, to
    make the input; None where nothing was."""
    plane_domain: tuple[float, float, float, float] | None = None
    """The part of the plane that the examples come from: left, right, bottom, top; None: where they lie."""
    look: Mapping[str, Any] | None = None
    """Look of a film of the run: keys of a scene, as a file has them. Only `pipeline` reads it."""
    look_from: Path | None = None
    """The recording file that look and training setup were read from, which may be a stranger's: they name no files
    outside its folder. None: they were made here, or that file may name any."""
    training_setup: Mapping[str, Any] | None = None
    """Setup of netviz's own training: network, data, training, schedule of its scene; None for another's run."""
    info: Mapping[str, Any] = field(default_factory=dict)
    """The run's facts about itself: seed, versions, complete (False: training broke off), ..."""
    stored_at: StoredAt | None = field(default=None, init=False)
    """File that it (or what `finite_part` cut it from) was read from; None for one just made, or by `replace`."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                object.__setattr__(self, each.name, _read_only(value))
        read_only = tuple({role: _read_only(array) for role, array in roles.items()} for roles in self.parameters)
        object.__setattr__(self, "parameters", read_only)
        object.__setattr__(self, "activations", tuple(map(_read_only, self.activations)))
        object.__setattr__(self, "curves", {name: _read_only(curve) for name, curve in self.curves.items()})
        if self.errors is not None:
            object.__setattr__(self, "errors", tuple(map(_read_only, self.errors)))

    @property
    def weights(self) -> tuple[Floats, ...]:
        """L arrays (M, n_l, n_{l+1}) of all moments; (M, 0, 0) of a layer that is not dense."""
        none = np.zeros((len(self.step), 0, 0))
        return tuple(in_numbers(roles.get(WEIGHTS, none)) for roles in self.parameters[1:])

    @property
    def biases(self) -> tuple[Floats, ...]:
        """L arrays (M, n_{l+1}) of all moments, zeros where a layer has none."""
        return self._all_biases

    @cached_property
    def _all_biases(self) -> tuple[Floats, ...]:
        moments = len(self.step)
        return tuple(
            in_numbers(roles[BIASES]) if BIASES in roles else np.broadcast_to(np.zeros(1), (moments, layer.size))
            for roles, layer in zip(self.parameters[1:], self.network.layers[1:], strict=True)
        )

    @cached_property
    def row_step(self) -> Integers:
        """(R,), the step of each row."""
        result: Integers = _read_only(self.step[self.moment])
        return result

    @cached_property
    def targets(self) -> Floats:
        """(R, n_L), the target of each row's probe; NaN at rest, and where there are no targets."""
        result: Floats = np.full((len(self.probe), self.network.sizes[-1]), np.nan)
        if self.probes.targets is not None:
            presents = self.probe != AT_REST
            result[presents] = in_numbers(self.probes.targets)[self.probe[presents]]
        result.flags.writeable = False
        return result

    def target_at(self, row: int) -> Floats:
        """The target (n_L,) of a row's probe, in float64; NaN at rest, and where there are no targets."""
        targets, probe = self.probes.targets, int(self.probe[row])
        if targets is None or probe == AT_REST:
            return np.full(self.network.sizes[-1], np.nan)
        return _as_floats(targets[probe])

    @cached_property
    def examples(self) -> Examples:
        """Training examples, of which the probes are the first, and those held out for testing.

        Of a network that cannot be computed they are the probes alone: for no others it is known what it gives.
        """
        probes, outputs = self.probes, self.network.sizes[-1]
        given = _as_floats(probes.inputs if probes.points is None else probes.points)
        targets = np.full((len(given), outputs), np.nan) if probes.targets is None else _as_floats(probes.targets)
        if self.points is None or not self.network.is_exact:
            points, of_points, split = np.zeros((0, given.shape[1])), None, None
        else:
            points, of_points, split = _as_floats(self.points), self.point_targets, self.split
        right = np.full((len(points), outputs), np.nan) if of_points is None else _as_floats(of_points)
        tested = np.zeros(len(points), dtype=bool) if split is None else split == FOR_TESTING
        more, held_out = points[~tested], points[tested]
        inputs = [_as_floats(probes.inputs)] + ([self.inputs_of(more)] if len(more) else [])
        return Examples(
            np.concatenate(inputs) if len(more) else inputs[0],
            np.concatenate([targets, right[~tested]]) if len(more) else targets,
            self.inputs_of(held_out),
            right[tested],
            np.concatenate([given, more]) if len(more) else given,
            held_out,
        )

    @cached_property
    def shown_steps(self) -> tuple[int, ...]:
        """The steps that have rows of probes, increasing."""
        return tuple(np.unique(self.row_step[self.probe != AT_REST]).tolist())

    @property
    def followed(self) -> str | None:
        """Name of the curve that the film follows: the first of `FOLLOWED` that there is; None where there is none."""
        return next((name for name in self.curves if name in FOLLOWED), None)

    @property
    def main_curve(self) -> Floats:
        """(K,), the curve that the film follows; zeros where there is none."""
        return np.zeros(len(self.curve_step)) if self.followed is None else self.curves[self.followed]

    @property
    def train_loss(self) -> Floats:
        """(K,), the loss in training; the curve that the film follows, where there is none of that name."""
        return self.curves.get("loss", self.main_curve)

    @property
    def test_loss(self) -> Floats | None:
        """(K,), the loss in testing; None where there is none."""
        return self.curves.get("test_loss")

    @property
    def is_complete(self) -> bool:
        """True unless training broke off."""
        return bool(self.info.get("complete", True))

    @property
    def diverged_at(self) -> int | None:
        """The step in which training left the range of numbers; None where it did not, or that is not known."""
        step = self.info.get(DIVERGED)
        return step if type(step) is int else None

    @property
    def has_errors(self) -> bool:
        """True if the errors that run back through the network are recorded, or can be computed again."""
        known = self.network.has_known_errors and self.probes.targets is not None
        return self.errors is not None or known

    def parameters_at(self, row: int) -> Parameters:
        """Weights and biases of the network in a row, in float64; weights are (0, 0) for a layer that is not dense."""
        moment = int(self.moment[row])
        none = np.zeros((0, 0))
        weights = tuple(
            _as_floats(roles[WEIGHTS][moment]) if WEIGHTS in roles else none for roles in self.parameters[1:]
        )
        biases = tuple(
            _as_floats(roles[BIASES][moment]) if BIASES in roles else np.zeros(layer.size)
            for roles, layer in zip(self.parameters[1:], self.network.layers[1:], strict=True)
        )
        return Parameters(weights, biases)

    def activations_at(self, row: int) -> tuple[Floats, ...]:
        """Activations (n_l,) of all L + 1 layers in a row, in float64."""
        return tuple(_as_floats(layer[row]) for layer in self.activations)

    def inputs_of(self, given: Floats) -> Floats:
        """The network's inputs (..., n_0) that values as they are given (..., n_0), or points (..., 2), make."""
        scaling = None if self.normalization is None else _as_floats(self.normalization)
        return network_inputs(self.features, given, scaling)

    def forward(self, inputs: Sequence[float] | Floats, row: int = -1) -> tuple[Floats, ...]:
        """Forward pass of inputs (n_0,) with a row's weights (the last row: after training).

        inputs: as they are given, not normalised; of a run whose inputs are features of a point of the plane, the point
        (2,). Many at once (B, n_0) or (B, 2) give layers (B, n_l). Returns the activations (n_l,) of all L + 1 layers.
        Raises ValueError if there are not as many inputs, or if the network has a layer that cannot be computed again.
        """
        given = np.array(inputs, dtype=np.float64)
        expected = self.network.sizes[0] if self.features is None else 2
        if given.ndim not in (1, 2) or given.shape[-1] != expected:
            raise ValueError(f"the network has {expected} inputs, got an array of {given.shape}")
        if not self.network.is_exact:
            raise ValueError("the network has a layer that cannot be computed again, so it answers its probes only")
        with np.errstate(all="ignore"):
            return dense.forward(*self.parameters_at(row), self.network.activations, self.inputs_of(given))

    def deltas(self, row: int) -> tuple[Floats, ...]:
        """The back-propagated error dLoss/d(weighted sums) (n_l,) of the row of a probe, for the layers 1 to L.

        It is the error of that example alone, whatever the batch. Raises ValueError for a row at rest, and where the
        errors are not known.
        """
        if self.probe[row] == AT_REST:
            raise ValueError(f"row {row} is at rest: there is no target, so no error to go back")
        if self.errors is not None:
            return tuple(_as_floats(layer[row]) for layer in self.errors)
        if not self.has_errors or self.network.loss is None:
            raise ValueError("the errors that run back are neither recorded nor can they be computed again")
        with np.errstate(all="ignore"):
            return dense.deltas(
                *self.parameters_at(row),
                self.network.activations,
                self.activations_at(row),
                self.target_at(row),
                self.network.loss,
            )

    def save(self, path: str | Path) -> None:
        """Write the recording as .npz, whole or not at all, under exactly this name. A file there is replaced.

        Raises InputError if the name cannot be written to, NetvizError if writing fails.
        """
        _storage().save_recording(self, Path(path))

    @classmethod
    def load(cls, path: str | Path, *, allow_outside: bool = False) -> Recording:
        """The recording in a file. Raises InputError, saying what is wrong, if it holds none that is whole.

        allow_outside: let its look name music, a font or a picture outside the file's own folder.
        """
        found: Recording = _storage().load_recording(Path(path), allow_outside=allow_outside)
        return found


def finite_part(recording: Recording) -> Recording:
    """The recording without its last moment, if numbers of that, or of the curves there, are not finite: what can be
    shown of a run. Activations that were given in bfloat16 are in float32.

    `diverged_at` is then the step of that moment. Raises ValueError if there is no moment before it.
    """
    if any(array.dtype == np.uint16 for array in recording.activations):
        layers = tuple(each if isinstance(each, InputRows) else in_numbers(each) for each in recording.activations)
        recording = stored_as(replace(recording, activations=layers), recording.stored_at)
    last = len(recording.step) - 1
    first_row = int(np.searchsorted(recording.moment, last))
    rows = (*recording.activations[1:], *(recording.errors or ()))
    called = [name_of_layer(layer, recording.network) for layer in range(len(recording.network.layers))]
    numbers = [
        (f"the {role} of {called[layer]}", array[last])
        for layer, roles in enumerate(recording.parameters)
        for role, array in roles.items()
    ]
    names = [f"the {what} of {name}" for what in ("activations", "errors") for name in called[1:]]
    numbers += [(name, array[first_row:]) for name, array in zip(names, rows, strict=False)]
    step = int(recording.step[last])
    points = int(np.searchsorted(recording.curve_step, step))
    # A loss overflows before what it is of.
    numbers += [(f"the {name.replace('_', ' ')}", curve[points:]) for name, curve in recording.curves.items()]
    where = next((name for name, array in numbers if not np.isfinite(in_numbers(array)).all()), None)
    if where is None:
        return recording
    if last == 0:
        raise ValueError(f"its only moment, of {recording.unit} {step}, has numbers that are not finite")
    probe = recording.probe[:first_row]
    part = replace(
        recording,
        step=recording.step[:last],
        parameters=tuple({role: array[:last] for role, array in roles.items()} for roles in recording.parameters),
        moment=recording.moment[:first_row],
        probe=probe,
        activations=tuple(
            InputRows(array.inputs, probe) if isinstance(array, InputRows) else array[:first_row]
            for array in recording.activations
        ),
        errors=None if recording.errors is None else tuple(array[:first_row] for array in recording.errors),
        loss=None if recording.loss is None else recording.loss[:first_row],
        curve_step=recording.curve_step[:points],
        curves={name: curve[:points] for name, curve in recording.curves.items()},
        info={**recording.info, "complete": False, DIVERGED: step, DIVERGED_IN: where},
    )
    return stored_as(part, recording.stored_at)  # where the whole is, of which this part is taken again


def name_of_layer(layer: int, network: Network) -> str:
    """Name of a layer in messages: the one it was given, or its number among the hidden ones."""
    if name := network.layers[layer].name:
        return f"layer {name}"
    if layer == len(network.layers) - 1:
        return "the output layer"
    return f"hidden layer {layer}" if layer else "the inputs"


def stored_as(recording: Recording, stored: StoredAt | None) -> Recording:
    """The recording, whose arrays are those of a file: only whoever read it, or took them from it, may say so."""
    object.__setattr__(recording, "stored_at", stored)
    return recording


class InputRows:
    """The inputs of all rows (R, n_0), worked out from the probes where they are asked for; zeros at rest."""

    def __init__(self, inputs: AnyArray, probe: Integers) -> None:
        self.inputs, self.probe = inputs, probe

    @property
    def shape(self) -> tuple[int, int]:
        """R and n_0."""
        return len(self.probe), self.inputs.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the numbers."""
        return self.inputs.dtype

    def __len__(self) -> int:
        return len(self.probe)

    def __getitem__(self, rows: Any) -> AnyArray:
        probe = np.asarray(self.probe[rows])
        result: AnyArray = np.where((probe == AT_REST)[..., None], self.inputs.dtype.type(0), self.inputs[probe])
        return result

    def max(self) -> Any:
        """The largest input; at least 0, as at rest."""
        return max(in_numbers(self.inputs).max(initial=0), 0)

    def min(self) -> Any:
        """The smallest input; at most 0, as at rest."""
        return min(in_numbers(self.inputs).min(initial=0), 0)


def _storage() -> Any:
    """The module of its file, which knows what a recording is, and so stands above this one; looked up when asked."""
    return import_module("netviz.recording.storage")


def _read_only(array: Any) -> Any:
    if isinstance(array, InputRows):
        return array
    view = array.view()
    view.flags.writeable = False
    return view


def _as_floats(array: AnyArray) -> Floats:
    return np.asarray(in_numbers(array), dtype=np.float64)


# bfloat16: NumPy has no such type, so these numbers are kept as the 16 bits they are, in uint16.


def in_numbers(array: AnyArray) -> Floats:
    """The array itself, or the numbers in float32 of one whose bits are those of bfloat16 numbers (uint16)."""
    if array.dtype != np.uint16:
        return array
    wide = array.astype(np.uint32) << 16
    return wide.view(np.float32)
