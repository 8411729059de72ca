"""Recordings that nobody trained, their files taken apart and put together again, and what is said of a bad one."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netviz.errors import InputError
from netviz.recording.layers import activate
from netviz.recording.network import BIASES, WEIGHTS, Network
from netviz.recording.recording import AT_REST, InputRows, Probes, Recording, in_numbers

BFLOAT16 = np.uint16
Change = Callable[[dict[str, Any], dict[str, Any]], None]
"""A change of a file's arrays by name and of its header, in place."""


def as_bfloat16(array: Any) -> Any:
    """The bits of the nearest bfloat16 numbers, ties to even."""
    bits = np.asarray(array, dtype=np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def foreign(
    dtype: Any = np.float64,
    *,
    sizes: Sequence[int] = (2, 3, 1),
    activations: Sequence[str] = ("tanh", "sigmoid"),
    biases: bool = True,
    loss: str | None = "squared_error",
    probes: int = 4,
    steps: Sequence[int] = (0, 1, 2, 5, 9),
    shown: Sequence[int] = (1, 5, 9),
    targets: bool = True,
    **changes: Any,
) -> Recording:
    """Somebody's run: a random walk of weights, and their own forward pass in this precision. BFLOAT16 for bfloat16."""
    random = np.random.default_rng(7)

    def numbers(array: Any) -> Any:
        return as_bfloat16(array) if dtype is BFLOAT16 else np.asarray(array).astype(dtype)

    network = Network.of_dense(sizes, activations, biases=biases, loss=loss)
    parameters = tuple(
        {
            role: numbers(random.normal(size=shape) + np.cumsum(random.normal(0, 0.1, (len(steps), *shape)), axis=0))
            for role, shape in layer.parameters.items()
        }
        for layer in network.layers
    )
    counts = [probes + 1 if step in shown else 1 for step in steps]
    moment = np.repeat(np.arange(len(steps), dtype=np.int32), counts)
    probe = np.concatenate([[*range(count - 1), AT_REST] for count in counts]).astype(np.int32)
    inputs = numbers(random.uniform(-1, 1, (probes, sizes[0])))
    rows: list[Any] = [InputRows(inputs, probe)]
    for roles, activation in zip(parameters[1:], activations, strict=True):
        before, weights = in_numbers(rows[-1][:]), in_numbers(roles[WEIGHTS])[moment]
        sums = (before[:, None, :] @ weights)[:, 0]
        if BIASES in roles:
            sums = sums + in_numbers(roles[BIASES])[moment]
        with np.errstate(all="ignore"):
            rows.append(numbers(activate(activation, sums)))
    curve_step = np.arange(steps[-1] + 2)
    parts: dict[str, Any] = {
        "network": network,
        "step": np.array(steps, dtype=np.int64),
        "parameters": parameters,
        "probes": Probes(inputs, numbers(random.integers(0, 2, (probes, sizes[-1]))) if targets else None),
        "moment": moment,
        "probe": probe,
        "activations": tuple(rows),
        "curve_step": curve_step,
        "curves": {"loss": np.exp(-0.1 * curve_step)},
    }
    return Recording(**parts | changes)


def with_everything(dtype: Any = np.float64) -> Recording:
    """A run of a layer that netviz does not know, with all that a recording may have, or nothing in its place."""
    plain = foreign(dtype, sizes=(2, 5, 3), activations=("mish", "softmax"), loss=None)
    rows, random = len(plain.moment), np.random.default_rng(1)
    names = tuple(f"Blüte {index}" for index in range(4))
    probes = dataclasses.replace(plain.probes, names=names, classes=("a", "b", "ç"))

    def numbers(*shape: int) -> Any:
        array = random.normal(size=shape)
        return as_bfloat16(array) if dtype is BFLOAT16 else array.astype(dtype)

    return dataclasses.replace(
        plain,
        probes=probes,
        errors=(numbers(rows, 5), numbers(rows, 3)),
        loss=random.uniform(size=rows).astype(np.float32),
        unit="epoch",
        points=numbers(6, 2),
        point_targets=numbers(6, 3),
        split=np.array([0, 1, 0, 1, 1, 0], dtype=np.int32),
        plane_domain=(-1.0, 2.5, -3.0, 1.0),
        curves={"test loss": plain.curves["loss"].astype(np.float32), "accuracy": 1 - plain.curves["loss"]},
        look={"title": "Mine", "shots": [{"shot": "rest"}], "n": None},
        info={"complete": True, "by": "a loop", "versions": {"numpy": "2"}, "lr": 1e-3},
    )


def assert_same(one: Any, other: Any, where: str = "recording") -> None:
    """Compare two recordings in every field, bit by bit; not where they are stored."""
    if isinstance(one, InputRows) and isinstance(other, InputRows):
        one, other = one[:], other[:]
    if isinstance(one, np.ndarray):
        assert isinstance(other, np.ndarray), where
        assert (one.dtype, one.shape) == (other.dtype, other.shape), where
        assert one.tobytes() == other.tobytes(), where
    elif isinstance(one, tuple):
        assert len(one) == len(other), where
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            assert_same(left, right, f"{where}[{index}]")
    elif isinstance(one, Mapping):
        assert [*one] == [*other], where
        for key in one:
            assert_same(one[key], other[key], f"{where}[{key!r}]")
    elif isinstance(one, Recording | Probes):
        for each in dataclasses.fields(one):
            if each.name not in ("stored_at", "look_from"):
                assert_same(getattr(one, each.name), getattr(other, each.name), f"{where}.{each.name}")
    else:
        assert one == other, where


def npy(array: Any, **options: Any) -> bytes:
    """The bytes of a .npy file."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array), **options)
    return file.getvalue()


def taken_apart(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """A file's arrays by name, which can be changed, and its header."""
    with np.load(path) as file:
        arrays = {name: file[name].copy() for name in file}
    return arrays, json.loads(arrays.pop("header").tobytes())


def put_together(path: Path, arrays: Mapping[str, Any], header: Any, compression: int = zipfile.ZIP_STORED) -> None:
    """Write arrays, or bytes as they are, and a header, in another way than netviz does."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, array in {"header": np.frombuffer(text, dtype=np.uint8), **arrays}.items():
            archive.writestr(f"{name}.npy", array if isinstance(array, bytes) else npy(array))


def changed(path: Path, change: Change) -> None:
    """Change a file's arrays and header."""
    arrays, header = taken_apart(path)
    change(arrays, header)
    put_together(path, arrays, header)


def refused(path: Path) -> str:
    """The message with which a file is refused: one line that can be read, of one problem, which names the file."""
    with pytest.raises(InputError) as caught:
        Recording.load(path)
    (problem,) = caught.value.problems
    assert problem.where == str(path)
    assert problem.message.isprintable() and len(problem.message) < 600
    return problem.message


# Changes of files


def setting(name: str, index: Any, value: Any) -> Change:
    """Set numbers of an array."""

    def change(arrays: dict[str, Any], header: dict[str, Any]) -> None:
        arrays[name][index] = value

    return change


def array(name: str, make: Callable[[Any], Any]) -> Change:
    """Put another array in an array's place."""
    return lambda arrays, header: arrays.update({name: make(arrays[name])})


def added(name: str, value: Any) -> Change:
    """Add a member: an array, or bytes as they are."""
    return lambda arrays, header: arrays.update({name: value})


def without(*names: str) -> Change:
    """Leave members out."""

    def change(arrays: dict[str, Any], header: dict[str, Any]) -> None:
        for name in names:
            del arrays[name]

    return change


def in_header(*keys: Any, to: Any) -> Change:
    """Set what is in this place of the header."""

    def change(arrays: dict[str, Any], header: dict[str, Any]) -> None:
        place: Any = header
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = to

    return change


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(arrays: dict[str, Any], header: dict[str, Any]) -> None:
        for each in changes:
            each(arrays, header)

    return change
