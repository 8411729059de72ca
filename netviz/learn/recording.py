"""What a training run leaves behind, and all that a film is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from netviz.errors import InputError, Problem
from netviz.learn import network as dense
from netviz.learn.examples import Examples, examples_of
from netviz.learn.features import features_of, network_inputs
from netviz.learn.network import Floats
from netviz.learn.schedule import recorded_examples
from netviz.learn.trained import trained
from netviz.scene.spec import Scene

Integers = npt.NDArray[np.int64]

AT_REST = -1
FORMAT_VERSION = 1


@dataclass(frozen=True, eq=False)
class Recording:
    """S kept moments of a training run and its curve of K points. L weight layers; float64; nothing can be changed.

    Rows stand in the order of time, and in each `activations[l + 1] == f(activations[l] @ weights[l] + biases[l])`.
    Example rows (example >= 0) are the forward pass of that example in that cycle, with the weights from before its
    batch's update. Rest rows (example == -1) have the weights as they are after the cycle (0: before training), the
    activations for inputs of zero, no target (NaN), and the cycle's train_loss. A shown cycle is one example row for
    each example, or for each that is presented where the scene says how many are, and a rest row; other kept cycles are
    a rest row. Examples at the end of a cycle whose gradients are carried into the next have the weights of the rest
    row after them.
    """

    scene: Scene
    cycle: Integers
    """(S,)."""
    example: Integers
    """(S,), 0-based, -1 at rest."""
    weights: tuple[Floats, ...]
    """L arrays (S, n_l, n_{l+1})."""
    biases: tuple[Floats, ...]
    """L arrays (S, n_{l+1}), zeros where the network has no biases."""
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
        """What was learned from, and what was kept for testing."""
        return examples_of(self.scene)

    @cached_property
    def shown_cycles(self) -> tuple[int, ...]:
        """The cycles that have example rows, increasing."""
        return tuple(np.unique(self.cycle[self.example != AT_REST]).tolist())

    def forward(self, inputs: Sequence[float] | Floats, row: int = -1) -> tuple[Floats, ...]:
        """What the network makes of inputs (n_0,) with a row's weights (the last: after training).

        inputs: of a scene whose inputs are features of a point of the plane, the point (2,). Many at once (B, n_0) or
        (B, 2) give layers (B, n_l). Returns the activations (n_l,) of all L + 1 layers. Raises ValueError if there are
        not as many inputs.
        """
        given = np.array(inputs, dtype=np.float64)
        features = features_of(self.scene)
        wanted = self.scene.network.layers[0] if features is None else 2
        if given.ndim not in (1, 2) or given.shape[-1] != wanted:
            raise ValueError(f"the network has {wanted} inputs, got an array of {given.shape}")
        values = network_inputs(features, given)
        weights, biases = ([array[row] for array in arrays] for arrays in (self.weights, self.biases))
        with np.errstate(all="ignore"):
            return dense.forward(weights, biases, self.scene.network.activations, values)

    def deltas(self, row: int) -> tuple[Floats, ...]:
        """The back-propagated error dLoss/d(weighted sums) (n_l,) of an example row, for the layers 1 to L.

        It is the error of that example alone, whatever the batch. Raises ValueError for a rest row.
        """
        if self.example[row] == AT_REST:
            raise ValueError(f"row {row} is at rest: there is no target, so no error to go back")
        scene = self.scene
        weights, layers = ([array[row] for array in arrays] for arrays in (self.weights, self.activations))
        with np.errstate(all="ignore"):
            return dense.deltas(weights, scene.network.activations, layers, self.targets[row], scene.training.loss)

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
        """Whether there is a row for each example that a film of the scene presents, as far as training came."""
        kept: dict[int, set[int]] = {}
        for cycle, example in zip(self.cycle.tolist(), self.example.tolist(), strict=True):
            kept.setdefault(cycle, set()).add(example)
        last = self.cycle[-1]
        return all(
            {*wanted} <= kept.get(cycle, set()) for cycle, wanted in recorded_examples(scene).items() if cycle <= last
        )

    def save(self, path: str | Path) -> None:
        """Write the recording as .npz, whole or not at all, under exactly this name. A file there is replaced."""
        from netviz.learn.recording_file import save_recording

        save_recording(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Recording:
        """The recording in a file. Raises InputError, saying what is wrong, if it holds none that is whole."""
        from netviz.learn.recording_file import load_recording

        return load_recording(Path(path))


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view
