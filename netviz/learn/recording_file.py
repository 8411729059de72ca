"""A recording as a file: .npz, never pickle, with a JSON header. What is read is measured and checked first.

Members: header.npy (JSON in UTF-8 bytes: format, seed, versions, complete, scene), cycle, example, targets, loss,
curve_cycle, train_loss, train_error, test_loss (if there are test examples), and weights_0, biases_0, activations_0,
... for the layers. Little-endian float64 and int64, C order.
"""

from __future__ import annotations

import json
import lzma
import os
import secrets
import stat
import zipfile
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from netviz.errors import InputError, NetvizError, Problem
from netviz.learn.recording import AT_REST, FORMAT_VERSION, Recording
from netviz.scene.spec import Scene

LARGEST_FILE = 4_000_000_000
LARGEST_HEADER = 16_000_000

UNFINISHED = ".netviz-*.tmp"
"""How files are called while they are written, as a pattern."""

_LONGEST_NPY_HEADER = 10_000
_INFO = ("format", "seed", "versions", "complete")
_SEED = (int, str)
_DAMAGE = (  # what zipfile and its decompressors raise for bytes that are not what they should be
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,
    NotImplementedError,
    OverflowError,
)

Array = npt.NDArray[Any]
Shape = tuple[int | str, ...]
"""An array's: numbers where the scene says them, "S" and "K" where any will do that is the same for all arrays."""


class _Damaged(Exception):
    """What is wrong with the file, for the user."""


def save_recording(recording: Recording, path: Path) -> None:
    """Write a recording under exactly this name, whole or not at all.

    Raises InputError if the name cannot be written to, NetvizError if writing fails.
    """
    if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
        raise InputError([Problem(str(path), "not a file that can be replaced: a folder, a link or a device")])
    # A short name of its own: the recording's may already be as long as names can be.
    beside = path.parent / f".netviz-{os.getpid()}-{secrets.token_hex(4)}.tmp"
    try:
        file = beside.open("xb")
    except OSError as error:
        raise InputError([Problem(str(path), f"cannot be written: {error.strerror}")]) from None
    try:
        with file:
            _write(recording, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException as error:
        beside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise NetvizError(f"{path}: writing the recording failed: {error.strerror}") from error
        raise


def _write(recording: Recording, file: IO[bytes]) -> None:
    header = {**recording.info, "format": FORMAT_VERSION, "scene": recording.scene.model_dump(mode="json")}
    text = json.dumps(header, ensure_ascii=False, allow_nan=False)
    arrays: dict[str, Array] = {"header": np.frombuffer(text.encode(), dtype=np.uint8)}
    arrays |= {name: value for name, value in vars(recording).items() if isinstance(value, np.ndarray)}
    for name in ("weights", "biases", "activations"):
        arrays |= {f"{name}_{layer}": array for layer, array in enumerate(getattr(recording, name))}
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            # A ZipInfo of our own has the same date in every file: equal recordings are equal byte by byte.
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                little_endian = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
                np.lib.format.write_array(member, little_endian, allow_pickle=False)


def load_recording(path: Path) -> Recording:
    """The recording in a file. Raises InputError, naming the file and what is wrong, if it is not one and whole."""
    try:
        # Not even opened unless a file: a pipe would wait for a writer.
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _Damaged("not a file")
        if status.st_size > LARGEST_FILE:
            raise _Damaged(f"larger than {LARGEST_FILE / 1e9:g} GB, which no recording is")
        with path.open("rb") as file:
            return _read(file)
    except OSError as error:
        raise InputError([Problem(str(path), f"cannot be read: {error.strerror or error}")]) from None
    except _Damaged as error:
        raise InputError([Problem(str(path), str(error))]) from None


def _read(file: IO[bytes]) -> Recording:
    try:
        archive = zipfile.ZipFile(file)
    except _DAMAGE:
        raise _Damaged("not a recording, or only a part of one: not a whole .npz file") from None
    with archive:
        members = _members(archive)
        info, scene = _header(archive, members)
        shapes = dict(_shapes(scene))
        _same_names(set(members) - {"header"}, set(shapes))
        sizes: dict[str, int] = {}
        arrays = {name: _array(archive, members[name], name, shape, sizes) for name, shape in shapes.items()}
    layers = len(scene.network.layers)
    recording = Recording(
        scene=scene,
        info=info,
        test_loss=arrays.pop("test_loss", None),
        weights=tuple(arrays.pop(f"weights_{layer}") for layer in range(layers - 1)),
        biases=tuple(arrays.pop(f"biases_{layer}") for layer in range(layers - 1)),
        activations=tuple(arrays.pop(f"activations_{layer}") for layer in range(layers)),
        **arrays,
    )
    for problem in _contradictions(recording):
        raise _Damaged(f"damaged: {problem}")
    return recording


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The archive's members by the names of their arrays, if what they say of themselves is fit to be read."""
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if name in members:
            raise _Damaged(f"not a recording: two members are called {member.filename!r}")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or member.flag_bits & 1:
            raise _Damaged(f"not a recording: {member.filename!r} is encrypted or packed in an unknown way")
        members[name] = member
    if "header" not in members:
        raise _Damaged("not a recording: it has no header")
    if sum(member.file_size for member in members.values()) > LARGEST_FILE:
        raise _Damaged(f"holds more than {LARGEST_FILE / 1e9:g} GB, which no recording does")
    return members


def _same_names(found: set[str], expected: set[str]) -> None:
    if missing := sorted(expected - found):
        raise _Damaged(f"not a whole recording: {', '.join(missing)} missing")
    if foreign := sorted(found - expected):
        raise _Damaged(f"not a recording of its scene: unexpected {', '.join(map(repr, foreign[:5]))}")


def _header(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> tuple[dict[str, Any], Scene]:
    if members["header"].file_size > LARGEST_HEADER:
        raise _Damaged(f"not a recording: its header is larger than {LARGEST_HEADER / 1e6:g} MB")
    data = _array(archive, members["header"], "header", ("bytes",), {}, dtype="|u1")
    try:
        header = json.loads(data.tobytes())
    except (ValueError, RecursionError):
        raise _Damaged("not a recording: its header is not JSON") from None
    if not isinstance(header, dict) or "format" not in header:
        raise _Damaged("not a recording: its header names no format")
    if header["format"] != FORMAT_VERSION:
        raise _Damaged(f"its format is {header['format']!r}, and this netviz reads {FORMAT_VERSION}; record it again")
    info = {key: header.get(key) for key in _INFO}
    if not (isinstance(info["complete"], bool) and isinstance(info["versions"], dict) and type(info["seed"]) in _SEED):
        raise _Damaged("damaged: seed, versions or complete missing in its header, or not what they should be")
    try:
        return info, Scene.model_validate(header.get("scene"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, ("scene", *first["loc"])))
        raise _Damaged(f"damaged: the scene in its header is not valid: {where}: {first['msg']}") from None
    except RecursionError:
        raise _Damaged("damaged: the scene in its header is not valid: nested too deep") from None


def _shapes(scene: Scene) -> Iterator[tuple[str, Shape]]:
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


def _array(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    name: str,
    expected: Shape,
    sizes: dict[str, int],
    dtype: str | None = None,
) -> Array:
    """An array, read only once its own header says the type and shape it should have, and the member is as long.

    expected: its shape; a text stands for the size kept in `sizes` under it, or for any, which is then kept there.
    """
    dtype = dtype or ("<i8" if name in ("cycle", "example", "curve_cycle") else "<f8")
    try:
        with archive.open(member) as file:
            shape, fortran_order, found = _npy_header(file)
            if found.str != dtype:
                raise _Damaged(f"damaged: {name} holds {found}, not {np.dtype(dtype)}")
            if len(shape) == len(expected):
                for size, wanted in zip(shape, expected, strict=True):
                    if isinstance(wanted, str):
                        sizes.setdefault(wanted, size)
            wanted_shape = tuple(sizes.get(size, 0) if isinstance(size, str) else size for size in expected)
            if shape != wanted_shape or fortran_order:
                raise _Damaged(f"damaged: {name} has the shape {shape}, not {wanted_shape}")
            length = int(np.prod(shape, dtype=object)) * found.itemsize
            if member.file_size - file.tell() != length:
                raise _Damaged(f"damaged: {name} has {member.file_size - file.tell()} bytes, not {length}")
            data = file.read()  # to the end, where the checksum is compared
    except _DAMAGE:
        raise _Damaged(f"damaged: {name} cannot be read") from None
    if len(data) != length:
        raise _Damaged(f"damaged: {name} ends too early")
    return np.frombuffer(data, dtype=found).reshape(shape).astype(found.newbyteorder("="), copy=False)


def _npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file, max_header_size=_LONGEST_NPY_HEADER)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(file, max_header_size=_LONGEST_NPY_HEADER)
    raise ValueError(f"npy version {version}")


def _contradictions(recording: Recording) -> Iterator[str]:
    """What in a recording of the right shapes cannot be."""
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
    of, presented, in_cycle = recording.cycle[~at_rest], recording.example[~at_rest], np.diff(ends) - 1
    in_order = (
        np.array_equal(of, np.repeat(rest_cycles[1:], in_cycle))
        and ((np.diff(presented) > 0) | (np.diff(of) != 0)).all()
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
