"""Storage: a recording as a file and back. `docs/reference/recording-file.md` describes it for other languages.

The file is .npz: a member `header` with JSON, and one member for each array, little-endian, in C order:
step (M,), parameters_<layer>_<role> (M, ...); probes_inputs (P, n_0), probes_targets, probes_points, normalization;
moment (R,), probe (R,), activations_<layer> (R, n), loss (R,), errors_<layer> (R, n); curve_step (K,), curves_<name>
(K,); points, point_targets, split. What follows from others is left out: the inputs of rows, and the errors that can be
computed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from reprlib import repr as short
from typing import Any

import numpy as np

from netviz.recording.array_file import ArrayFile, ArrayShape, DamagedArrays, read_arrays, write_arrays
from netviz.recording.checks import check_numbers
from netviz.recording.layers import FEATURES
from netviz.recording.look_files import look_from_here, stored_look
from netviz.recording.network import LONGEST_NAME, Network, is_name, network_from_json, network_in_json
from netviz.recording.npz_directory import shown
from netviz.recording.recording import InputRows, Probes, Recording, StoredAt, stored_as

VERSION = 2
READERS = {1: "netviz.training.version_1:read_version_1", VERSION: "netviz.recording.storage:read_version_2"}
"""Reader of a version of the file. One that holds a scene, as version 1 does, can only be read by those who know what
a scene is; they stand above this package, and are looked up when such a file is met."""

FLOATS = ("<f8", "<f4", "<f2")
BITS = "<u2"
"""Type of the bits of bfloat16 numbers, which the header names."""
WHOLE = ("<i8", "<i4", "<i2", "|i1", "<u4", "<u2", "|u1")
BFLOAT16 = "bfloat16"
WHOLE_NUMBERS = {"step": np.int64, "moment": np.int32, "probe": np.int32, "curve_step": np.int64, "split": np.int32}
"""Members of whole numbers, and their types in memory; all others hold floats."""
LONGEST_WORD = 20
_PARTS_OF_SETUP = ("network", "data", "training", "schedule")
_DEEPEST = 64
"""Most objects and lists within one another in a header."""
_SHOWN = 5
"""Most names in a message."""


def save_recording(recording: Recording, path: Path) -> None:
    """Write a recording under exactly this name, whole or not at all; a file there is replaced.

    Raises InputError if the name cannot be written to, NetvizError if writing fails.
    """
    members = dict(_members(recording))
    bits = sorted(name for name, array in members.items() if array.dtype == np.uint16)
    header = {
        "format": VERSION,
        "network": network_in_json(recording.network),
        "unit": recording.unit,
        "names": list(recording.probes.names),
        "classes": list(recording.probes.classes),
        "curves": list(recording.curves),
        "features": recording.features,
        "plane_domain": None if recording.plane_domain is None else [*map(float, recording.plane_domain)],
        "dtypes": dict.fromkeys(bits, BFLOAT16),
        "look": recording.look and stored_look(recording.look, path.parent, recording.look_from),
        "training_setup": recording.training_setup,
        "info": recording.info,
    }
    write_arrays(path, header, members)


def _members(recording: Recording) -> Iterator[tuple[str, Any]]:
    """Names and arrays of the file's members, in the order in which they are read."""
    probes = recording.probes
    yield _whole("step", recording.step)
    yield _whole("moment", recording.moment)
    yield _whole("probe", recording.probe)
    yield "probes_inputs", probes.inputs
    yield from _given("probes_targets", probes.targets)
    yield from _given("probes_points", probes.points)
    yield from _given("normalization", recording.normalization)
    yield _whole("curve_step", recording.curve_step)
    for name, curve in recording.curves.items():
        yield f"curves_{name}", curve
    yield from _given("points", recording.points)
    yield from _given("point_targets", recording.point_targets)
    if recording.split is not None:
        yield _whole("split", recording.split)
    yield from _given("loss", recording.loss)
    for layer, activations in enumerate(recording.activations):
        if not isinstance(activations, InputRows):
            yield f"activations_{layer}", activations
    for layer, errors in enumerate(recording.errors or (), start=1):
        yield f"errors_{layer}", errors
    for layer, roles in enumerate(recording.parameters):
        for role, array in roles.items():
            yield f"parameters_{layer}_{role}", array


def _whole(name: str, array: Any) -> tuple[str, Any]:
    return name, array.astype(WHOLE_NUMBERS[name], copy=False)


def _given(name: str, array: Any) -> Iterator[tuple[str, Any]]:
    if array is not None:
        yield name, array


def load_recording(path: Path, *, allow_outside: bool = False) -> Recording:
    """The recording in a file. Raises InputError, saying what is wrong, if it holds none that is whole.

    allow_outside: let its look name files outside its folder.
    """

    def read(file: ArrayFile) -> Recording:
        found = _read(file)
        file.verify()  # before the numbers are looked at: damaged ones are not what somebody computed
        check_numbers(found)
        file.forget()
        whole = path.absolute()
        if allow_outside:
            looking = replace(found, look=found.look and look_from_here(found.look, whole))
        else:
            looking = replace(found, look_from=whole)
        return stored_as(looking, StoredAt(whole, file.digest))

    return read_arrays(path, read)


def reopen(stored: StoredAt) -> Recording:
    """The recording that another process has read and checked. Raises InputError if the file is another by now."""

    def read(file: ArrayFile) -> Recording:
        if file.digest != stored.digest:
            raise DamagedArrays("is not the file that it was when the film was begun")
        return stored_as(_read(file), stored)

    return read_arrays(stored.path, read)


def _read(file: ArrayFile) -> Recording:
    version = file.header()["format"]
    if type(version) is not int or version not in READERS:
        known = " and ".join(map(str, sorted(READERS)))
        raise DamagedArrays(
            f"its format is {short(version)}, and this netviz reads {known}; record it again, or use a newer netviz"
        )
    module, name = READERS[version].split(":")
    found: Recording = getattr(import_module(module), name)(file)
    return found


def read_version_2(file: ArrayFile) -> Recording:
    """The recording in an open file of version 2. Raises DamagedArrays, saying what is wrong with it."""
    header = _Header(file.header())
    network = header.network
    expected = {name: (shape, header.types(name)) for name, shape in _shapes(file, header, network)}
    _check_members(file.members, expected)
    if unfit := sorted(name for name in header.bits if name not in expected or not _may_be_bits(name)):
        raise DamagedArrays(
            f"damaged: dtypes in its header names {short(unfit[0])}, which cannot hold bfloat16 numbers"
        )
    arrays = {name: file.array(name, shape, types) for name, (shape, types) in expected.items()}
    for name in WHOLE_NUMBERS.keys() & arrays.keys():
        arrays[name] = _as_whole_numbers(name, arrays[name])
    layers, probe = range(len(network.layers)), arrays["probe"]
    inputs = arrays.get("activations_0", InputRows(arrays["probes_inputs"], probe))
    return Recording(
        network=network,
        step=arrays["step"],
        parameters=tuple(
            {role: arrays[f"parameters_{index}_{role}"] for role in layer.parameters}
            for index, layer in enumerate(network.layers)
        ),
        probes=Probes(
            arrays["probes_inputs"],
            arrays.get("probes_targets"),
            arrays.get("probes_points"),
            header.texts("names"),
            header.texts("classes"),
        ),
        moment=arrays["moment"],
        probe=probe,
        activations=(inputs, *(arrays[f"activations_{layer}"] for layer in layers[1:])),
        curve_step=arrays["curve_step"],
        curves={name: arrays[f"curves_{name}"] for name in header.curves},
        loss=arrays.get("loss"),
        errors=tuple(arrays[f"errors_{layer}"] for layer in layers[1:]) if "errors_1" in arrays else None,
        unit=header.unit,
        points=arrays.get("points"),
        point_targets=arrays.get("point_targets"),
        split=arrays.get("split"),
        features=header.features,
        normalization=arrays.get("normalization"),
        plane_domain=header.plane_domain,
        look=header.mapping("look"),
        training_setup=header.training_setup,
        info=header.mapping("info") or {},
    )


def _check_members(
    members: Mapping[str, tuple[np.dtype[Any], tuple[int, ...]]],
    expected: Mapping[str, tuple[ArrayShape, tuple[str, ...]]],
) -> None:
    """Refuse members with other names, types or shapes, of which nothing has been read yet but that."""
    if missing := sorted(expected.keys() - members.keys()):
        raise DamagedArrays(f"not a whole recording: {_listed(missing)} missing")
    if foreign := sorted(members.keys() - expected.keys()):
        raise DamagedArrays(f"damaged: unexpected {_listed(foreign)}, which its header does not speak of")
    sizes: dict[str, int] = {}
    for name, (shape, types) in expected.items():
        dtype, found = members[name]
        if dtype.newbyteorder("<").str not in types:
            right = " or ".join(np.dtype(each).name for each in types)
            raise DamagedArrays(f"damaged: {shown(name)} holds {dtype.name}, not {right}")
        if len(shape) == len(found):
            for size, known in zip(found, shape, strict=True):
                if isinstance(known, str):
                    sizes.setdefault(known, size)
        right_shape = tuple(sizes.get(size, size) if isinstance(size, str) else size for size in shape)
        if found != right_shape:
            there = ", ".join(map(str, right_shape))
            raise DamagedArrays(f"damaged: {shown(name)} has the shape {short([*found])}, not [{there}]")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(map(shown, names[:_SHOWN])) + (f" and {more} more" if more > 0 else "")


def _may_be_bits(name: str) -> bool:
    """True if a member may hold bfloat16 numbers: what a network computes with, but no curves."""
    return name not in WHOLE_NUMBERS and name != "loss" and not name.startswith("curves_")


def _as_whole_numbers(name: str, array: Any) -> Any:
    """The array in its type in memory."""
    numbers = array.astype(WHOLE_NUMBERS[name], copy=False)
    if not np.array_equal(numbers, array):
        raise DamagedArrays(f"damaged: {name} holds a number of more than {8 * numbers.itemsize} bits")
    return numbers


def _shapes(file: ArrayFile, header: _Header, network: Network) -> Iterator[tuple[str, ArrayShape]]:
    """Names and shapes of the members that the header makes us expect, in the order in which they are read."""
    sizes, is_planar = network.sizes, header.features is not None
    yield from {"step": ("M",), "moment": ("R",), "probe": ("R",), "probes_inputs": ("P", sizes[0])}.items()
    optional: dict[str, ArrayShape] = {
        "probes_targets": ("P", sizes[-1]),
        "probes_points": ("P", 2 if is_planar else sizes[0]),
        "normalization": (2, sizes[0]),
        "loss": ("R",),
        "points": ("Q", 2 if is_planar else sizes[0]),
        "point_targets": ("Q", sizes[-1]),
        "split": ("Q",),
    }
    if not is_planar and "normalization" not in file.members:
        del optional["probes_points"]
    yield from ((name, shape) for name, shape in optional.items() if name in file.members)
    yield "curve_step", ("K",)
    for name in header.curves:
        yield f"curves_{name}", ("K",)
    for index, layer in enumerate(network.layers):
        if index or f"activations_{index}" in file.members:
            yield f"activations_{index}", ("R", layer.size)
        if index and "errors_1" in file.members:
            yield f"errors_{index}", ("R", *layer.shape)
        for role, shape in layer.parameters.items():
            yield f"parameters_{index}_{role}", ("M", *shape)


class _Header:
    """The header of a file, each part checked when it is asked for. Raises DamagedArrays for one that is wrong."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        level: list[Any] = [data]
        for _ in range(_DEEPEST):
            values = (each.values() if isinstance(each, dict) else each for each in level)
            level = [value for group in values for value in group if isinstance(value, dict | list)]
        if level:
            raise DamagedArrays(f"damaged: its header has more than {_DEEPEST} objects and lists within one another")
        try:
            json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
        except ValueError:  # what Python reads, and nobody else: NaN, infinity, halves of surrogate pairs
            raise DamagedArrays("damaged: its header holds NaN, an infinite number or half a character") from None
        self._data = data

    @cached_property
    def network(self) -> Network:
        """The network."""
        try:
            return network_from_json(self._data.get("network"))
        except ValueError as error:
            raise DamagedArrays(f"damaged: {error}") from None

    @cached_property
    def bits(self) -> frozenset[str]:
        """Names of the members that hold bfloat16 numbers."""
        types = self.mapping("dtypes") or {}
        if others := [kind for kind in types.values() if kind != BFLOAT16]:
            raise DamagedArrays(f"damaged: dtypes in its header has {short(others[0])}; only {BFLOAT16} is named there")
        return frozenset(types)

    def types(self, name: str) -> tuple[str, ...]:
        """The types that a member may have."""
        if name in WHOLE_NUMBERS:
            return WHOLE
        return (BITS,) if name in self.bits else FLOATS

    @property
    def unit(self) -> str:
        """The word for what a step counts."""
        unit = self._data.get("unit", "step")
        if not is_name(unit) or not 1 <= len(unit) <= LONGEST_WORD:
            raise DamagedArrays(f"damaged: unit in its header is no word of up to {LONGEST_WORD} letters")
        return str(unit)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of names."""
        texts = self._data.get(key)
        if texts is None:
            return ()
        if not isinstance(texts, list) or not all(map(is_name, texts)):
            raise DamagedArrays(
                f"damaged: {key} in its header: expected a list of texts of up to {LONGEST_NAME} letters in one line"
            )
        return tuple(texts)

    @property
    def curves(self) -> tuple[str, ...]:
        """Names of the curves."""
        curves = self.texts("curves")
        if len({*curves}) < len(curves) or "" in curves:
            raise DamagedArrays("damaged: curves in its header names one twice, or one by no letter")
        return curves

    @property
    def features(self) -> tuple[str, ...] | None:
        """Names of the features of points of the plane."""
        if self._data.get("features") is None:
            return None
        features = self.texts("features")
        if unknown := [name for name in features if name not in FEATURES]:
            raise DamagedArrays(
                f"damaged: features in its header names {short(unknown[0])}; known are {', '.join(FEATURES)}"
            )
        if len(features) != self.network.sizes[0]:
            raise DamagedArrays("damaged: features in its header are not as many as the network's inputs")
        return features

    @property
    def plane_domain(self) -> tuple[float, float, float, float] | None:
        """The part of the plane that the examples come from."""
        domain = self._data.get("plane_domain")
        if domain is None:
            return None
        try:
            left, right, bottom, top = (float(end) for end in domain if type(end) in (int, float))
            is_plane = isinstance(domain, list) and len(domain) == 4 and left < right and bottom < top
        except (TypeError, ValueError, OverflowError):
            is_plane = False
        if not is_plane:
            raise DamagedArrays("damaged: plane_domain in its header is not four numbers: left, right, bottom, top")
        return left, right, bottom, top

    def mapping(self, key: str) -> dict[str, Any] | None:
        """An object, or None."""
        value = self._data.get(key)
        if value is not None and not isinstance(value, dict):
            raise DamagedArrays(f"damaged: {key} in its header is no object")
        return value

    @property
    def training_setup(self) -> dict[str, Any] | None:
        """Setup of netviz's own training; None for somebody else's run."""
        setup = self.mapping("training_setup")
        if setup is not None and any(not isinstance(setup.get(part), dict) for part in _PARTS_OF_SETUP):
            parts = ", ".join(_PARTS_OF_SETUP)
            raise DamagedArrays(f"damaged: training_setup in its header has to have {parts}, each an object")
        return setup
