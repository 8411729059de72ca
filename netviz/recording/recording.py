"""Recording: a training run as data, and all that a film is drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from netviz.errors import InputError, Problem
from netviz.recording import layers as dense
from netviz.recording.layers import Floats, features_of, network_inputs
from netviz.recording.storage import ArrayFile, ArrayShape, DamagedArrays, read_arrays, write_arrays
from netviz.scene.scene import Scene
from netviz.scene.schedule import recorded_examples, trained
from netviz.training.data import Examples, examples_of
from netviz.training.problem import Parameters

Integers = npt.NDArray[np.int64]

AT_REST = -1
FORMAT_VERSION = 1
_INFO = ("format", "seed", "versions", "complete")
_SEED = (int, str)
_WHOLE = ("cycle", "example", "curve_cycle")
"""Names of the arrays of whole numbers; all others are float64."""


@dataclass(frozen=True, eq=False)
class Recording:
    """Training run as data: M kept moments, S rows that show one each, a curve of K points. float64; read-only.

    L weight layers. A moment is the network's parameters at one time; rows share it, so that none is stored twice.
    `parameters_at(row)` is how a row's are read. Rows are in the order of time, and in each
    `activations[l + 1] == f(activations[l] @ weights[l] + biases[l])`, with the weights and biases of its moment.
    Example rows (example >= 0) are the forward pass of that example in that cycle, with the weights from before its
    batch's update. Rest rows (example == -1) have the weights as they are after the cycle (0: before training), the
    activations for inputs of zero, no target (NaN), and the cycle's train_loss. A shown cycle is one example row for
    each example, or for each that is presented where the scene says how many are, and a rest row; other kept cycles are
    a rest row. Examples at the end of a cycle whose gradients are carried into the next have the weights of the rest
    row after them.
    """

    scene: Scene
    cycle: Integers
    """(S,), the cycle of each row."""
    example: Integers
    """(S,), the example of each row: 0-based, -1 at rest."""
    moment: Integers
    """(S,), the moment of each row: 0-based, never decreasing."""
    weights: tuple[Floats, ...]
    """L arrays (M, n_l, n_{l+1})."""
    biases: tuple[Floats, ...]
    """L arrays (M, n_{l+1}), zeros where the network has no biases."""
    activations: tuple[Floats, ...]
    """L + 1 arrays (S, n_l), the inputs first."""
    targets: Floats
    """(S, n_L), NaN at rest."""
    loss: Floats
    """(S,), the example's loss."""
    curve_cycle: Integers
    """(K,), strictly increasing from 0, which is before training; all kept cycles are among them."""
    train_loss: Floats
    """(K,), the loss, mean over the training examples: see `train_error`."""
    train_error: Floats
    """(K,), |target - output|, mean over outputs and training examples: the film's average error.

    Of a scene with a data set or test examples all three curves are measured after each cycle over the whole sets, with
    the weights from after the cycle. Otherwise loss and error are those training met in the cycle: each example's from
    just before its batch's update.
    """
    test_loss: Floats | None
    """(K,), the loss, mean over the test examples; None where there are none."""
    info: dict[str, Any]
    """format, seed (int or text), versions (of netviz, numpy, python), complete (False: training broke off)."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                object.__setattr__(self, field.name, _read_only(value))
            elif isinstance(value, tuple):
                object.__setattr__(self, field.name, tuple(map(_read_only, value)))

    @cached_property
    def examples(self) -> Examples:
        """Training examples, and those held out for testing."""
        return examples_of(self.scene)

    @cached_property
    def shown_cycles(self) -> tuple[int, ...]:
        """The cycles that have example rows, increasing."""
        return tuple(np.unique(self.cycle[self.example != AT_REST]).tolist())

    def parameters_at(self, row: int) -> Parameters:
        """Weights and biases of the network in a row."""
        return Parameters(self.weights, self.biases).at(int(self.moment[row]))

    def forward(self, inputs: Sequence[float] | Floats, row: int = -1) -> tuple[Floats, ...]:
        """Forward pass of inputs (n_0,) with a row's weights (the last row: after training).

        inputs: of a scene whose inputs are features of a point of the plane, the point (2,). Many at once (B, n_0) or
        (B, 2) give layers (B, n_l). Returns the activations (n_l,) of all L + 1 layers. Raises ValueError if there are
        not as many inputs.
        """
        given = np.array(inputs, dtype=np.float64)
        features = features_of(self.scene)
        expected = self.scene.network.layers[0] if features is None else 2
        if given.ndim not in (1, 2) or given.shape[-1] != expected:
            raise ValueError(f"the network has {expected} inputs, got an array of {given.shape}")
        values = network_inputs(features, given)
        with np.errstate(all="ignore"):
            return dense.forward(*self.parameters_at(row), self.scene.network.activations, values)

    def deltas(self, row: int) -> tuple[Floats, ...]:
        """The back-propagated error dLoss/d(weighted sums) (n_l,) of an example row, for the layers 1 to L.

        It is the error of that example alone, whatever the batch. Raises ValueError for a rest row.
        """
        if self.example[row] == AT_REST:
            raise ValueError(f"row {row} is at rest: there is no target, so no error to go back")
        scene = self.scene
        layers, activations = [array[row] for array in self.activations], scene.network.activations
        with np.errstate(all="ignore"):
            return dense.deltas(*self.parameters_at(row), activations, layers, self.targets[row], scene.training.loss)

    def with_scene(self, scene: Scene) -> Recording:
        """The same run for a scene that differs only in how its film looks.

        Raises InputError if the scene's network, data, training or schedule is another, or if it presents examples
        that were not recorded.
        """
        if trained(scene) != trained(self.scene):
            raise InputError([Problem("", "the recording is of another network, data, training or schedule")])
        if not self.presents(scene):
            message = "the film presents examples that were not recorded (the learning shot's examples, or a walk)"
            raise InputError([Problem("shots", message)])
        return replace(self, scene=scene)

    def presents(self, scene: Scene) -> bool:
        """True if there is a row for each example that a film of the scene presents, as far as training came."""
        recorded: dict[int, set[int]] = {}
        for cycle, example in zip(self.cycle.tolist(), self.example.tolist(), strict=True):
            recorded.setdefault(cycle, set()).add(example)
        last = self.cycle[-1]
        return all(
            {*presented} <= recorded.get(cycle, set())
            for cycle, presented in recorded_examples(scene).items()
            if cycle <= last
        )

    def save(self, path: str | Path) -> None:
        """Write the recording as .npz, whole or not at all, under exactly this name. A file there is replaced.

        Raises InputError if the name cannot be written to, NetvizError if writing fails.
        """
        header = {**self.info, "format": FORMAT_VERSION, "scene": self.scene.model_dump(mode="json")}
        arrays = {
            name: value for name, value in vars(self).items() if isinstance(value, np.ndarray) and name != "moment"
        }
        for name in ("weights", "biases"):  # a file has them for every row
            arrays |= {f"{name}_{layer}": array[self.moment] for layer, array in enumerate(getattr(self, name))}
        arrays |= {f"activations_{layer}": array for layer, array in enumerate(self.activations)}
        write_arrays(Path(path), header, arrays)

    @classmethod
    def load(cls, path: str | Path) -> Recording:
        """The recording in a file. Raises InputError, saying what is wrong, if it holds none that is whole."""
        return read_arrays(Path(path), _read)


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view


# Reading a file. It holds header (JSON: format, seed, versions, complete, scene), the arrays of the recording under
# their names, test_loss only if there are test examples, and weights_0, biases_0, activations_0, ... for the layers.


def _read(file: ArrayFile) -> Recording:
    info, scene = _parsed_header(file.header())
    shapes = dict(_shapes(scene))
    file.check_names(shapes)
    arrays = {name: file.array(name, shape, "<i8" if name in _WHOLE else "<f8") for name, shape in shapes.items()}
    layers = len(scene.network.layers)
    weights, biases = (
        tuple(arrays.pop(f"{name}_{layer}") for layer in range(layers - 1)) for name in ("weights", "biases")
    )
    moment, parameters = _moments(Parameters(weights, biases))
    recording = Recording(
        scene=scene,
        info=info,
        test_loss=arrays.pop("test_loss", None),
        moment=moment,
        weights=parameters.weights,
        biases=parameters.biases,
        activations=tuple(arrays.pop(f"activations_{layer}") for layer in range(layers)),
        **arrays,
    )
    for problem in _contradictions(recording):
        raise DamagedArrays(f"damaged: {problem}")
    return recording


def _moments(rows: Parameters) -> tuple[Integers, Parameters]:
    """Each row's moment, and the parameters of all moments, from those of all rows: equal neighbours share one."""
    begins = np.zeros(len(rows.biases[0]), dtype=bool)
    begins[:1] = True
    for layer in (*rows.weights, *rows.biases):
        bits = layer.view(np.int64)  # a zero can have a sign
        begins[1:] |= (bits[1:] != bits[:-1]).any(axis=tuple(range(1, bits.ndim)))
    return np.cumsum(begins) - 1, rows.at(np.flatnonzero(begins))


def _parsed_header(header: dict[str, Any]) -> tuple[dict[str, Any], Scene]:
    """The recording's `info` and scene."""
    if header["format"] != FORMAT_VERSION:
        raise DamagedArrays(
            f"its format is {header['format']!r}, and this netviz reads {FORMAT_VERSION}; record it again"
        )
    info = {key: header.get(key) for key in _INFO}
    if not (isinstance(info["complete"], bool) and isinstance(info["versions"], dict) and type(info["seed"]) in _SEED):
        raise DamagedArrays("damaged: seed, versions or complete missing in its header, or not what they should be")
    try:
        return info, Scene.model_validate(header.get("scene"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, ("scene", *first["loc"])))
        raise DamagedArrays(f"damaged: the scene in its header is not valid: {where}: {first['msg']}") from None
    except RecursionError:
        raise DamagedArrays("damaged: the scene in its header is not valid: nested too deep") from None


def _shapes(scene: Scene) -> Iterator[tuple[str, ArrayShape]]:
    layers = scene.network.layers
    yield from {"cycle": ("S",), "example": ("S",), "targets": ("S", layers[-1]), "loss": ("S",)}.items()
    tested = ("test_loss",) if scene.data.train_count < scene.data.total_count else ()
    for name in ("curve_cycle", "train_loss", "train_error", *tested):
        yield name, ("K",)
    for layer, size in enumerate(layers):
        yield f"activations_{layer}", ("S", size)
    for layer, (fan_in, fan_out) in enumerate(pairwise(layers)):
        yield f"weights_{layer}", ("S", fan_in, fan_out)
        yield f"biases_{layer}", ("S", fan_out)


def _contradictions(recording: Recording) -> Iterator[str]:
    """Contradictions in a recording whose arrays have the right shapes, as messages."""
    cycles, examples = recording.scene.training.cycles, recording.scene.data.train_count
    at_rest = recording.example == AT_REST
    finite = {name: getattr(recording, name) for name in ("loss", "train_loss", "train_error")}
    finite["targets"] = recording.targets[~at_rest]
    for name in ("weights", "biases", "activations"):
        finite |= {f"{name}_{layer}": array for layer, array in enumerate(getattr(recording, name))}
    if recording.test_loss is not None:
        finite["test_loss"] = recording.test_loss
    for name, array in finite.items():
        if not np.isfinite(array).all():
            yield f"{name} holds a number that is not finite"
    if not np.isnan(recording.targets[at_rest]).all():
        yield "targets has one for a moment at rest"
    if not len(at_rest) or not at_rest[0] or not at_rest[-1] or recording.cycle[0] != 0:
        yield "its first moment is not at rest in cycle 0, or its last is not at rest"
        return
    ends = np.flatnonzero(at_rest)
    rest_cycles = recording.cycle[ends]
    if (np.diff(rest_cycles) <= 0).any() or rest_cycles[-1] > cycles:
        yield "its cycles do not increase, or go past the end of training"
    example_cycles, presented, in_cycle = recording.cycle[~at_rest], recording.example[~at_rest], np.diff(ends) - 1
    in_order = (
        np.array_equal(example_cycles, np.repeat(rest_cycles[1:], in_cycle))
        and ((np.diff(presented) > 0) | (np.diff(example_cycles) != 0)).all()
        and (presented < examples).all()
    )
    if recording.scene.presented_count is not None:
        if not in_order or not recording.presents(recording.scene):
            yield "a shown cycle does not have the examples it presents, each once, in order"
    elif not in_order or not np.isin(in_cycle, (0, examples)).all():
        yield "a shown cycle does not have every example once, in order"
    if recording.info["complete"] != (rest_cycles[-1] == cycles):
        yield "what it says of being complete does not fit its last cycle"
    curve = recording.curve_cycle
    if not len(curve) or curve[0] != 0 or (np.diff(curve) <= 0).any() or not np.isin(rest_cycles, curve).all():
        yield "its curve does not begin at cycle 0, does not increase, or lacks a kept cycle"
        return
    if not np.array_equal(recording.loss[ends], recording.train_loss[np.searchsorted(curve, rest_cycles)]):
        yield "a moment at rest has another loss than the curve"
