"""Version 1 of a recording's file: a scene, and every array by rows. It is read as a recording of today.

Its member `header` is JSON: format, seed, versions, complete, and scene, as a scene file has it. The arrays, all int64
or float64, have S rows: cycle, example (-1 at rest), weights_0, biases_0, activations_0, ... for the layers, targets
(NaN at rest), loss; and K points of the curve: curve_cycle, train_loss, train_error, and test_loss only if the scene
has test examples. The examples themselves are not in it: they are those of the scene.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from pydantic import ValidationError

from netviz.recording.array_file import ArrayFile, ArrayShape, DamagedArrays
from netviz.recording.layers import Integers, Parameters
from netviz.recording.recording import AT_REST, InputRows, Recording
from netviz.scene.scene import Scene
from netviz.training.setup import described, presents
from netviz.training.training_recorder import parameters_by_role

_INFO = ("seed", "versions", "complete")
_SEED = (int, str)
_WHOLE = ("cycle", "example", "curve_cycle")
"""Names of the arrays of whole numbers; all others are float64."""


def read_version_1(file: ArrayFile) -> Recording:
    """The recording in an open file of version 1. Raises DamagedArrays, saying what is wrong with it."""
    info, scene = _parsed_header(file.header())
    shapes = dict(_shapes(scene))
    file.check_names(shapes)
    arrays = {name: file.array(name, shape, "<i8" if name in _WHOLE else "<f8") for name, shape in shapes.items()}
    file.verify()
    for problem in _contradictions(scene, info, arrays):
        raise DamagedArrays(f"damaged: {problem}")
    layers = len(scene.network.layers)
    weights, biases = (
        tuple(arrays[f"{name}_{layer}"] for layer in range(layers - 1)) for name in ("weights", "biases")
    )
    moment, firsts = _moments(arrays["cycle"], Parameters(weights, biases))
    parts, probe = described(scene), arrays["example"].astype(np.int32)
    curves = {"error": arrays["train_error"], "loss": arrays["train_loss"]}
    recording = Recording(
        **parts,
        step=arrays["cycle"][firsts],
        parameters=parameters_by_role([Parameters(weights, biases).at(firsts)], parts["network"]),
        moment=moment,
        probe=probe,
        activations=(
            InputRows(parts["probes"].inputs, probe),
            *(arrays[f"activations_{layer}"] for layer in range(1, layers)),
        ),
        loss=arrays["loss"],
        curve_step=arrays["curve_cycle"],
        curves=curves | ({"test_loss": arrays["test_loss"]} if "test_loss" in arrays else {}),
        info=info,
    )
    if scene.presented_count is not None and not presents(recording, scene):
        raise DamagedArrays("damaged: a shown cycle does not have the examples it presents, each once, in order")
    _check_examples(recording, arrays)
    return recording


def _moments(cycle: Integers, rows: Parameters) -> tuple[Integers, Integers]:
    """Each row's moment, and the first row of each: neighbours of one cycle with equal parameters share one."""
    begins = np.ones(len(cycle), dtype=bool)
    begins[1:] = cycle[1:] != cycle[:-1]
    for layer in (*rows.weights, *rows.biases):
        bits = layer.view(np.int64)  # a zero can have a sign
        begins[1:] |= (bits[1:] != bits[:-1]).any(axis=tuple(range(1, bits.ndim)))
    return (np.cumsum(begins) - 1).astype(np.int32), np.flatnonzero(begins)


def _parsed_header(header: dict[str, Any]) -> tuple[dict[str, Any], Scene]:
    """The recording's `info` and scene."""
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


def _contradictions(scene: Scene, info: dict[str, Any], arrays: dict[str, Any]) -> Iterator[str]:
    """Contradictions in arrays that have the right shapes, as messages."""
    cycles, examples = scene.training.cycles, scene.data.train_count
    cycle, example, loss, targets = (arrays[name] for name in ("cycle", "example", "loss", "targets"))
    at_rest = example == AT_REST
    finite = {name: array for name, array in arrays.items() if name not in (*_WHOLE, "targets")}
    finite["targets"] = targets[~at_rest]
    for name, array in finite.items():
        if not np.isfinite(array).all():
            yield f"{name} holds a number that is not finite"
    if not np.isnan(targets[at_rest]).all():
        yield "targets has one for a moment at rest"
    if not scene.network.bias and (biased := [name for name in arrays if name[:6] == "biases" and arrays[name].any()]):
        yield f"{biased[0]} has biases, and the network of its scene has none"
    if not len(at_rest) or not at_rest[0] or not at_rest[-1] or cycle[0] != 0:
        yield "its first moment is not at rest in cycle 0, or its last is not at rest"
        return
    ends = np.flatnonzero(at_rest)
    rest_cycles = cycle[ends]
    # Neighbours are compared, not subtracted: the difference of two int64 can be too large for one.
    if (rest_cycles[1:] <= rest_cycles[:-1]).any() or rest_cycles[-1] > cycles:
        yield "its cycles do not increase, or go past the end of training"
    example_cycles, presented, in_cycle = cycle[~at_rest], example[~at_rest], np.diff(ends) - 1
    in_order = (
        np.array_equal(example_cycles, np.repeat(rest_cycles[1:], in_cycle))
        and ((presented[1:] > presented[:-1]) | (example_cycles[1:] != example_cycles[:-1])).all()
        and ((presented >= 0) & (presented < examples)).all()
    )
    if scene.presented_count is not None and not in_order:
        yield "a shown cycle does not have the examples it presents, each once, in order"
    elif not in_order or (scene.presented_count is None and not np.isin(in_cycle, (0, examples)).all()):
        yield "a shown cycle does not have every example once, in order"
    if info["complete"] != (rest_cycles[-1] == cycles):
        yield "what it says of being complete does not fit its last cycle"
    curve = arrays["curve_cycle"]
    if not len(curve) or curve[0] != 0 or (curve[1:] <= curve[:-1]).any() or not np.isin(rest_cycles, curve).all():
        yield "its curve does not begin at cycle 0, does not increase, or lacks a kept cycle"
        return
    if not np.array_equal(loss[ends], arrays["train_loss"][np.searchsorted(curve, rest_cycles)]):
        yield "a moment at rest has another loss than the curve"


def _check_examples(recording: Recording, arrays: dict[str, Any]) -> None:
    """Refuse a file whose rows have other inputs or targets than the examples of its scene."""
    rows = np.flatnonzero(recording.probe != AT_REST)
    inputs, targets = recording.activations[0][rows], recording.targets[rows]
    # features of points may differ in the last bit where they were computed on another machine
    same = np.allclose(inputs, arrays["activations_0"][rows], rtol=1e-12, atol=1e-12)
    if not same or not np.array_equal(targets, arrays["targets"][rows]):
        raise DamagedArrays("damaged: its rows have other inputs or targets than the examples of its scene")
    if arrays["activations_0"][recording.probe == AT_REST].any():
        raise DamagedArrays("damaged: a moment at rest has inputs that are not zero")
