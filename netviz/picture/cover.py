"""What a drawn thing covers of a picture: places in the picture's memory, and how much of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from netviz.picture.space import Bytes, Space

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Inks = NDArray[np.float32]

STRIP = 64
"""Pixels across of the strips by which a drawing is shown from the left on."""
SOLID, NEVER = 0.998, 2.0
"""Cover from which a place is taken as wholly covered: nothing of what is under it would be seen."""


class Sheet(Protocol):
    """What a cover is made for. starts: where each plane begins in the memory."""

    size: tuple[int, int]
    space: Space
    starts: list[int]


@dataclass(frozen=True, eq=False)
class Cover:
    """places (n,) covered in part, channel after channel, with their cover (n,), 0 to 1; solid (m,): covered wholly.

    counts, solid_counts (channels,): how many of the places lie in each channel.
    """

    places: Places
    cover: NDArray[np.float32]
    counts: tuple[int, ...]
    solid: Places
    solid_counts: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Drawing:
    """places (n,) with their cover (n,), 0 to 1, and the byte (n,) each would have if it were covered wholly."""

    places: Places
    cover: NDArray[np.float32]
    ink: NDArray[np.float32]


def cover_of(sheet: Sheet, alpha: NDArray[np.float32], left: int, top: int, solid: float = SOLID) -> Cover:
    """What a mask alpha (rows, columns), 0 to 1, covers whose first pixel lies at (left, top).

    solid: cover from which a place counts as covered wholly.
    """
    alpha, left, top = _inside(sheet, alpha, left, top)
    found = []
    by_step = {step: _shrunk(alpha, left, top, step) for step in {channel.step for channel in sheet.space.channels}}
    for number, channel in enumerate(sheet.space.channels):
        small = by_step[channel.step]
        at = np.flatnonzero(small)
        found.append((_places(sheet, number, at, small.shape[1], left, top), small.ravel()[at]))
    whole = [cover >= solid for _, cover in found]
    return Cover(
        np.concatenate([places[~full] for (places, _), full in zip(found, whole, strict=True)]),
        np.concatenate([cover[~full] for (_, cover), full in zip(found, whole, strict=True)]),
        tuple(int((~full).sum()) for full in whole),
        np.concatenate([places[full] for (places, _), full in zip(found, whole, strict=True)]),
        tuple(int(full.sum()) for full in whole),
    )


def drawing_of(sheet: Sheet, ink: NDArray[np.float32], alpha: NDArray[np.float32], left: int, top: int) -> Drawing:
    """What a picture covers whose first pixel lies at (left, top).

    ink (rows, columns, 3): colours from 0 to 255, times alpha (rows, columns), 0 to 1.
    """
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if not len(rows):
        return _EMPTY
    window = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    left, top = left + int(columns[0]), top + int(rows[0])
    every, shift_left, shift_top = _inside(sheet, np.dstack([ink[window], alpha[window]]), left, top)
    found = []
    for number, channel in enumerate(sheet.space.channels):
        small = _shrunk(every, shift_left, shift_top, channel.step)
        flat = small.reshape(-1, 4)
        at = np.flatnonzero(flat[:, 3])
        part = flat[at]
        values = sheet.space.values(number, part[:, :3] / part[:, 3:])
        found.append((_places(sheet, number, at, small.shape[1], shift_left, shift_top), part[:, 3], values))
    places, cover, bytes_of = zip(*found, strict=True)
    return Drawing(np.concatenate(places), np.concatenate(cover), np.concatenate(bytes_of))


def drawing_of_sheet(sheet: Sheet, drawn: Bytes, left: int, top: int) -> Drawing:
    """The same of bytes (rows, columns, 4) as matplotlib leaves them: red, green, blue, and opacity apart from them.

    left, top, rows and columns are those of whole bytes in every plane. Only what is covered is looked at.
    """
    found: list[tuple[Places, NDArray[np.float32], NDArray[np.float32]]] = []
    by_step = {step: _covered(drawn, step) for step in {channel.step for channel in sheet.space.channels}}
    for number, channel in enumerate(sheet.space.channels):
        at, colours, cover = by_step[channel.step]
        wide = drawn.shape[1] // channel.step
        found.append((_places(sheet, number, at, wide, left, top), cover, sheet.space.values(number, colours)))
    places, covers, inks = (np.concatenate([each[part] for each in found]) for part in range(3))
    return Drawing(places, covers, inks)


def _covered(drawn: Bytes, step: int) -> tuple[Places, NDArray[np.float32], NDArray[np.float32]]:
    """Where (n,) squares of `step` by `step` pixels are covered at all; their mean colours (n, 3) and cover (n,)."""
    rows, columns = drawn.shape[0] // step, drawn.shape[1] // step
    pixels = np.ascontiguousarray(drawn).view(np.uint32).reshape(rows, step, columns, step)
    parts = [pixels[:, row, :, column] for row, column in product(range(step), repeat=2)]
    some = parts[0] | parts[1] if len(parts) > 1 else parts[0]
    for part in parts[2:]:
        some = some | part
    at = np.flatnonzero(some)
    if step == 1 and (alone := pixels.ravel()[at].view(np.uint8).reshape(-1, 4))[:, 3].all():
        return at, alone[:, :3].astype(np.float32), alone[:, 3] * np.float32(1 / 255)
    colours, cover = np.zeros((len(at), 3), np.float32), np.zeros(len(at), np.float32)
    for part in parts:
        each = part.ravel()[at].view(np.uint8).reshape(-1, 4).astype(np.float32)
        colours += each[:, :3] * each[:, 3:]
        cover += each[:, 3]
    seen = cover > 0
    if not seen.all():
        at, colours, cover = at[seen], colours[seen], cover[seen]
    colours /= cover[:, None]
    cover *= np.float32(1 / (255 * step**2))
    return at, colours, cover


def left_free(
    sheet: Sheet, alpha: NDArray[np.float32], corners: Iterable[tuple[int, int]]
) -> tuple[Places, NDArray[np.float32]]:
    """Places (n,) in rectangles that a mask alpha does not cover wholly, and how much (n,) it does cover of each.

    corners: left and top of every rectangle; they do not touch each other.
    """
    each = [cover_of(sheet, 1 - alpha, left, top) for left, top in corners]
    places = np.concatenate([np.r_[one.places, one.solid] for one in each])
    free = np.concatenate([np.r_[one.cover, np.ones(len(one.solid), np.float32)] for one in each])
    return places, 1 - free


def _inside(sheet: Sheet, drawn: NDArray[np.float32], left: int, top: int) -> tuple[NDArray[np.float32], int, int]:
    """The part of what was drawn that lies in the picture, and where that part begins."""
    width, height = sheet.size
    rows = slice(max(0, -top), max(0, min(drawn.shape[0], height - top)))
    columns = slice(max(0, -left), max(0, min(drawn.shape[1], width - left)))
    return drawn[rows, columns], max(0, left), max(0, top)


def _shrunk(drawn: NDArray[np.float32], left: int, top: int, step: int) -> NDArray[np.float32]:
    """The means of what was drawn over the `step` by `step` pixels of each byte of a plane."""
    if step == 1:
        return drawn
    rows, columns = drawn.shape[:2]
    before, beside = top % step, left % step
    padding = ((before, -(before + rows) % step), (beside, -(beside + columns) % step), (0, 0))
    padded = np.pad(drawn, padding[: drawn.ndim])
    means = padded[::step, ::step].copy()
    for row, column in product(range(step), repeat=2):
        if row or column:
            means += padded[row::step, column::step]
    means *= np.float32(1 / step**2)
    return means


def _places(sheet: Sheet, number: int, at: Places, wide: int, left: int, top: int) -> Places:
    """Places in the memory of those in a mask of `wide` columns that begins in the byte of (left, top)."""
    step = sheet.space.channels[number].step
    across, wide = sheet.size[0] // step, max(1, wide)
    places: Places = at // wide
    places *= across - wide
    places += at
    places += top // step * across + left // step + sheet.starts[number]
    return places


_EMPTY = Drawing(np.empty(0, np.intp), np.empty(0, np.float32), np.empty(0, np.float32))


@dataclass(frozen=True, eq=False)
class Strips:
    """A drawing that is shown from the left up to some x: its places by strips of the picture, from left to right.

    columns (n,): pixels of the places. starts (strips + 1,): where every strip begins among the places.
    """

    drawn: Drawing
    columns: Places
    starts: Places

    def until(self, x: float) -> list[Drawing]:
        """What there is of it up to x: all strips before the one that holds it, and a part of that one."""
        strip = min(max(0, int(x // STRIP)), len(self.starts) - 2)
        before, within = slice(self.starts[strip]), slice(self.starts[strip], self.starts[strip + 1])
        near = self.columns[within] <= x
        drawn = self.drawn
        return [
            Drawing(drawn.places[before], drawn.cover[before], drawn.ink[before]),
            Drawing(drawn.places[within][near], drawn.cover[within][near], drawn.ink[within][near]),
        ]


def strips(sheet: Sheet, drawn: Drawing) -> Strips:
    """A drawing, to be shown from the left on."""
    columns = np.empty(len(drawn.places), np.intp)
    for channel, first, last in zip(sheet.space.channels, sheet.starts, sheet.starts[1:], strict=False):
        here = (drawn.places >= first) & (drawn.places < last)
        columns[here] = (drawn.places[here] - first) % (sheet.size[0] // channel.step) * channel.step
    order = np.argsort(columns // STRIP, kind="stable")
    columns = columns[order]
    starts = np.searchsorted(columns // STRIP, np.arange(-(-sheet.size[0] // STRIP) + 1))
    return Strips(Drawing(drawn.places[order], drawn.cover[order], drawn.ink[order]), columns, starts)
