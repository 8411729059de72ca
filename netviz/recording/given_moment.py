"""Given moment: what a training loop gives of one moment, checked against the network and what it gave before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from reprlib import repr as short
from typing import Any

import numpy as np

from netviz.errors import Problem
from netviz.recording.blocks import BLOCK_SIZES, BLOCK_UPDATES
from netviz.recording.given_arrays import (
    Key,
    MomentArrays,
    all_finite,
    is_plain,
    read_array,
    read_shaped,
    type_name,
    wide,
)
from netviz.recording.layers import ACTIVATIONS
from netviz.recording.network import BIASES, LONGEST_NAME, WEIGHTS, is_name
from netviz.recording.probe_passes import worst_layer
from netviz.recording.recorder_arguments import ERRORS_OF, OUTPUTS_OF, RecorderArguments
from netviz.recording.recording import AnyArray

CURVE = "curve"
STEP: Key = ("step", 0)
LOSS: Key = (CURVE, "loss")
ERROR_CURVE = "error"
"""Name of the curve that is worked out from the probes."""


class GivenMoment:
    """One moment as it is given: `values` by key, not copied yet, and `problems`."""

    def __init__(self, arguments: RecorderArguments, step: int) -> None:
        self.values: dict[Key, AnyArray] = {STEP: np.array(step, dtype=np.int64)}
        self.problems: list[Problem] = []
        self._arguments = arguments
        self._where = f"step {step}"

    def read_network(
        self,
        weights: Sequence[Any] | None,
        biases: Sequence[Any] | None,
        activations: Sequence[Any] | None,
        errors: Sequence[Any] | None,
        block_sizes: Sequence[Any] | None,
        block_updates: Sequence[Any] | None,
    ) -> None:
        """Take what there is of each layer."""
        shapes, layers = self._arguments.shapes, self._arguments.network.layers[1:]
        self._read(WEIGHTS, weights, "(fan_in, fan_out)", optional=not any(shapes[WEIGHTS]))
        self._read(BIASES, biases, "(fan_out,)", optional=True)
        for role, given in ((BLOCK_SIZES, block_sizes), (BLOCK_UPDATES, block_updates)):
            self._read(role, given, "(blocks,)", optional=not any(shapes[role]))
        self._read(OUTPUTS_OF, activations, "(probes, neurons)", optional=True)
        self._read(ERRORS_OF, errors, "(probes, neurons)", optional=errors is None)
        for index, layer in enumerate(layers):
            if layer.exact or (OUTPUTS_OF, index) in self.values:
                continue
            wrong = {problem.where for problem in self.problems}
            if wrong.isdisjoint(f"{self._where}: {OUTPUTS_OF}{at}" for at in ("", f"[{index}]")):
                reason = "what blocks do cannot be worked out" if layer.blocks else "the layer is marked as not exact"
                if not layer.blocks and layer.activation not in ACTIVATIONS:
                    known = ", ".join(ACTIVATIONS)
                    reason = f"{layer.activation!r} is none of the functions that netviz works out ({known})"
                message = f"missing: {reason}; give what the layer gives for Recorder.probes in every snap"
                self._refuse(f"{OUTPUTS_OF}[{index}]", message)

    def read_curves(self, loss: Any, curves: Mapping[str, Any]) -> None:
        """Take the values of this moment."""
        given = curves if loss is None else {"loss": loss, **curves}
        for name, value in given.items():
            if name == ERROR_CURVE and self._arguments.probes.targets is not None:
                self._refuse(name, "is the name of the curve that is worked out from the probes; give another")
            elif not name.isidentifier() or not is_name(name):
                self._refuse(short(name), f"a curve's name has letters, digits and _ only, {LONGEST_NAME} at most")
            else:
                array = read_array(f"{self._where}: {name}", _single(value))
                if isinstance(array, Problem):
                    self.problems.append(array)
                elif array.size != 1:
                    self._refuse(name, f"has the shape {array.shape}; expected one number")
                else:
                    self.values[CURVE, name] = wide(array).reshape(())

    def compare(self, moments: MomentArrays) -> None:
        """Hold it against the first kept moment: the same things have to be given, in the same precision."""
        if moments.are_like(self.values):
            return
        first, dtypes = f"step {int(moments[STEP][0])}", moments.dtypes
        for key in dtypes:
            if key not in self.values:
                message = (
                    f"missing, and was given at {first}; give it in every snap (Recorder.wants says which are kept)"
                )
                self._refuse(_name(key), message)
        for key, value in self.values.items():
            if key not in dtypes:
                message = f"was not given at {first}, the first step kept; give it in every snap, or in none"
                self._refuse(_name(key), message)
            elif value.dtype != dtypes[key]:
                before, now = type_name(dtypes[key]), type_name(value.dtype)
                self._refuse(_name(key), f"holds {now}, and {before} at {first}; numbers keep their precision")

    def infinite(self) -> str | None:
        """Name of what holds numbers that are not finite, of a network that has diverged; None if it has not.

        Curves other than the loss are finite as long as the network is: anything else is a problem.
        """
        unsure = []
        for key, value in self.values.items():
            if key != STEP and not all_finite(value):
                if key[0] != CURVE or key == LOSS:
                    return _name(key)
                unsure.append(key)
        for key in unsure:
            number = float(self.values[key])
            self._refuse(
                _name(key), f"is {number:g}; a curve has a value at every kept step (Recorder.wants says which)"
            )
        return None

    def check_activations(self) -> None:
        """Refuse activations of exact layers that do not follow from the parameters."""
        network, values = self._arguments.network, self.values
        if not any(role == OUTPUTS_OF for role, _ in values):
            return
        layers = range(len(network.layers) - 1)
        given = {layer: values[OUTPUTS_OF, layer] for layer in layers if (OUTPUTS_OF, layer) in values}
        if not any(network.layers[layer + 1].exact for layer in given):
            return
        weights = [values.get((WEIGHTS, layer)) for layer in layers]
        biases = [values.get((BIASES, layer)) for layer in layers]
        worst = worst_layer(network, weights, biases, self._arguments.probes.inputs, given)
        if worst is not None:
            message = (
                f"are up to {worst[1]:.2g} off what {network.activations[worst[0]]} of this moment's parameters gives "
                "for Recorder.probes; leave them out, and they are worked out"
            )
            self._refuse(f"{OUTPUTS_OF}[{worst[0]}]", message)

    def _read(self, role: str, given: Any, meaning: str, *, optional: bool = False) -> None:
        """Take an array of each layer; where they are optional, all or some may be None.

        Of a layer that has no such array None has to be given.
        """
        if given is None and optional:
            return
        shapes = self._arguments.shapes[role]
        try:
            arrays = list(given)
        except TypeError:
            arrays = []
        if len(arrays) != len(shapes):
            found = f"{len(arrays)} arrays" if arrays else repr(type(given).__name__)
            message = f"expected a list of {len(shapes)}, one for each layer after the inputs, got {found}"
            self._refuse(role, message)
            return
        for index, (array, shape) in enumerate(zip(arrays, shapes, strict=True)):
            if array is None and (optional or shape is None):
                continue
            if shape is None:
                layer = self._arguments.network.layers[index + 1]
                what = (
                    "no blocks" if role in (BLOCK_SIZES, BLOCK_UPDATES) else f"no {role}, as its kind is {layer.kind}"
                )
                self._refuse(f"{role}[{index}]", f"the layer has {what}; give None")
                continue
            if array is None:
                self._refuse(f"{role}[{index}]", f"missing: None is given; expected an array of {shape}, {meaning}")
                continue
            if type(array) is np.ndarray and array.shape == shape and is_plain(array.dtype):
                self.values[role, index] = array  # most are: nothing has to be read, and no name made for it
                continue
            read = read_shaped(f"{self._where}: {role}[{index}]", array, shape, meaning)
            if isinstance(read, Problem):
                self.problems.append(read)
            else:
                self.values[role, index] = read

    def _refuse(self, what: str, message: str) -> None:
        self.problems.append(Problem(f"{self._where}: {what}", message))


def _single(value: Any) -> Any:
    """The number in an array or tensor of one, wherever it lies and whatever its precision; anything else as it is."""
    try:
        return value.item()
    except Exception:  # what other libraries' arrays raise is theirs; what is wrong is said by `read_array`
        return value


def _name(key: Key) -> str:
    """Name of a key in `snap`."""
    return str(key[1]) if key[0] == CURVE else f"{key[0]}[{key[1]}]"
