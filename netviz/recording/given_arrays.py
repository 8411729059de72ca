"""Given arrays: numbers from anybody's training loop, checked and in the form in which a recording keeps them.

Floating-point numbers keep their precision: float16, float32, float64, and bfloat16 as its 16 bits in uint16, since
NumPy has no such type. Whole numbers become float64. Whatever NumPy can read will do: its arrays in any order, lists,
JAX's arrays, PyTorch's tensors on the CPU.
"""

from __future__ import annotations

import time
from collections.abc import KeysView, Mapping, Sequence
from typing import Any

import numpy as np

from netviz.errors import Problem
from netviz.recording.recording import AnyArray, in_numbers

Key = tuple[str, int | str]
"""Key of kept arrays: a role and the layer (0: the first after the inputs), or a curve and its name."""
_FLOATS, _CHARACTERS = ("float16", "float32", "float64"), "efd"
_EXPONENT_OF_BFLOAT16 = 0x7F80
"""Its bits are all set in a number that is infinite or none."""
_BETWEEN_LOOKS = 0.001
"""Seconds between two looks of another thread at moments that are being moved."""


def read_array(where: str, given: Any) -> AnyArray | Problem:
    """Numbers as an array in the form in which they are kept, not copied yet; or what is wrong with them."""
    if isinstance(given, np.ndarray) and is_plain(given.dtype):
        return np.asarray(given)
    try:
        if getattr(getattr(given, "dtype", None), "name", None) == "bfloat16":
            return np.asarray(given.view(np.uint16))
        if hasattr(given, "detach"):  # a PyTorch tensor that takes part in a gradient
            given = given.detach()
        array = np.asarray(given)
    except Exception as error:  # what other libraries' arrays raise is theirs
        reason = " ".join(str(error).split()) or type(error).__name__
        advice = (
            "; give tensor.cpu().numpy(), of bfloat16 tensor.cpu().float().numpy()" if hasattr(given, "cpu") else ""
        )
        return Problem(where, f"cannot be read as an array of numbers: {reason}{advice}")
    if is_plain(array.dtype):
        return array
    if array.dtype.name == "bfloat16":
        return array.view(np.uint16)
    if array.dtype.kind in "iu":
        return array.astype(np.float64)
    if array.dtype.name not in _FLOATS:
        return Problem(where, f"holds {array.dtype.name}; expected numbers in {', '.join(_FLOATS)} or bfloat16")
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def is_plain(dtype: np.dtype[Any]) -> bool:
    """True for the types that are kept as they are, asked in passing: their names take NumPy longer than all else."""
    return dtype.char in _CHARACTERS and dtype.isnative


def read_shaped(where: str, given: Any, shape: tuple[int, ...], meaning: str) -> AnyArray | Problem:
    """`read_array` of an array that has to have a shape. meaning: of its axes, for the message."""
    array = read_array(where, given)
    if isinstance(array, Problem) or array.shape == shape:
        return array
    transposed = len(shape) > 1 and array.shape == shape[::-1]
    advice = "; transpose it" if transposed else ""
    return Problem(where, f"has the shape {array.shape}; expected {shape}, {meaning}{advice}")


def all_finite(array: AnyArray) -> bool:
    """True if none of the numbers is infinite or not a number."""
    if array.dtype == np.uint16:
        return bool(((array & _EXPONENT_OF_BFLOAT16) != _EXPONENT_OF_BFLOAT16).all())
    return bool(np.count_nonzero(np.isfinite(array)) == array.size)  # half the time of `all` for few numbers


def type_name(dtype: np.dtype[Any]) -> str:
    """Name of the type of kept numbers."""
    return "bfloat16" if dtype == np.uint16 else dtype.name


def epsilon(dtype: np.dtype[Any]) -> float:
    """The distance from 1 to the next larger number of the type of kept numbers."""
    return 2.0**-7 if dtype == np.uint16 else float(np.finfo(dtype).eps)


def wide(array: AnyArray) -> AnyArray:
    """Kept numbers in float64."""
    return np.asarray(in_numbers(array), dtype=np.float64)


class MomentArrays:
    """Growing arrays: for each key the values of all kept moments, one after the other.

    Views of what is there stay as they are: later moments are written behind them, and where some are left out, all
    others are copied into new arrays.
    """

    __slots__ = ("_arrays", "_count", "_moves")

    def __init__(self, room: int, like: Mapping[Key, AnyArray]) -> None:
        """Room for so many moments at first, with values of the shapes and types of these."""
        self._count = 0
        self._moves = 0  # odd while moments are moved
        self._arrays = {key: np.empty((room, *value.shape), value.dtype) for key, value in like.items()}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, key: Key) -> AnyArray:
        """Values (M, ...) of all kept moments."""
        return self._arrays[key][: self._count]

    @property
    def keys(self) -> KeysView[Key]:
        """Keys of the values, in the order given."""
        return self._arrays.keys()

    @property
    def room(self) -> int:
        """Number of moments for which there is room already."""
        return len(next(iter(self._arrays.values())))

    @property
    def dtypes(self) -> dict[Key, np.dtype[Any]]:
        """Types of the numbers by key."""
        return {key: array.dtype for key, array in self._arrays.items()}

    def are_like(self, values: Mapping[Key, AnyArray]) -> bool:
        """True if these are values for all keys, and for no other, of the same types."""
        arrays = self._arrays
        return arrays.keys() == values.keys() and all(arrays[key].dtype == values[key].dtype for key in values)

    def as_now(self) -> MomentArrays:
        """The moments that there are now, and stay: also from another thread, while this one appends and moves them.

        No lock, so that whoever keeps moments never waits for a reader: the arrays and their number belong together if
        nothing was moved while they were looked up, and what is appended meanwhile lies behind them.
        """
        found = MomentArrays(0, {})
        while True:
            moves = self._moves
            found._arrays, found._count = dict(self._arrays), self._count
            if moves % 2 == 0 and moves == self._moves:
                return found
            time.sleep(_BETWEEN_LOOKS)

    def copied(self, indices: Sequence[int]) -> MomentArrays:
        """Copies of the moments with these indices alone."""
        found = MomentArrays(0, {})
        found._arrays = {key: array[: self._count][list(indices)] for key, array in self._arrays.items()}
        found._count = len(indices)
        return found

    def append(self, values: Mapping[Key, AnyArray]) -> None:
        """Copy the values of one moment more, for all keys."""
        for key, value in values.items():
            self._arrays[key][self._count] = value
        self._count += 1

    def move(self, indices: Sequence[int] | None, room: int) -> None:
        """Copy the moments with these indices (None: all) into new arrays with room for so many."""
        count = self._count if indices is None else len(indices)
        self._moves += 1
        try:
            for key, array in self._arrays.items():  # one after the other: only one is there twice
                moved = np.empty((room, *array.shape[1:]), array.dtype)
                moved[:count] = array[:count] if indices is None else array[list(indices)]
                self._arrays[key] = moved
            self._count = count
        finally:
            self._moves += 1
