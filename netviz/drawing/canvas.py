"""Canvas: the picture's planes of bytes, and coverage masks of matplotlib artists laid over them.

Shapes and texts are drawn by matplotlib once, on an empty sheet. Their coverage is stored, as places in the picture's
memory and shares from 0 to 1, and laid over the picture in the colour and at the level of each frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import ceil, floor
from typing import Literal, Protocol

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from netviz.drawing.bounds import bound
from netviz.drawing.color_space import RGB, Bytes, Space
from netviz.drawing.glow import gaussians
from netviz.drawing.layout import Rect
from netviz.drawing.text import Font, Mask, mask
from netviz.drawing.theme import Colour
from netviz.recording.layers import Floats

Anchor = Literal["left", "middle", "right"]

POINTS_PER_INCH = 72
"""Resolution of the figure: at 72 dots an inch one of matplotlib's points is one pixel."""
CACHED_TEXTS = 384
"""Number of texts whose places in the picture are cached."""
FAINTEST = 0.004
"""Level below which nothing would be visible: one step of a byte."""
HALF = np.float32(0.5)


class Canvas:
    """A picture of `size` (width, height) pixels, x to the right and y down.

    memory (n,): all its bytes, plane after plane, in the order of `space`. planes: the same, as arrays (rows, columns).
    axes: of a matplotlib figure that covers the picture, in the picture's pixels; artists are added there to be drawn.
    """

    def __init__(self, size: tuple[int, int], space: Space = RGB) -> None:
        width, height = size
        self.size, self.space = size, space
        shapes = space.shapes(size)
        self.starts = np.cumsum([0, *(rows * columns for rows, columns in shapes)]).tolist()
        self.memory: Bytes = np.zeros(self.starts[-1], np.uint8)
        self.planes = self.planes_of(self.memory)
        self.figure = Figure(figsize=(width / POINTS_PER_INCH, height / POINTS_PER_INCH), dpi=POINTS_PER_INCH)
        canvas = FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set(xlim=(0, width), ylim=(height, 0))
        self.renderer = canvas.get_renderer()
        self.sheet: Bytes = np.asarray(self.renderer.buffer_rgba())
        self.sheet[:] = 0
        self._stamps: list[tuple[Cover, list[float], float]] = []
        self._placed = lru_cache(maxsize=CACHED_TEXTS)(self._place)

    def picture_of(self, memory: Bytes) -> Bytes:
        """Array of a picture in memory: (height, width, 3) where every plane has all pixels, else (rows, width).

        The latter is the memory itself.
        """
        if any(channel.step > 1 for channel in self.space.channels):
            return memory.reshape(-1, self.size[0])
        return np.stack(self.planes_of(memory), axis=-1)

    def planes_of(self, memory: Bytes) -> list[Bytes]:
        """The planes (rows, columns) in a picture's memory."""
        shapes = self.space.shapes(self.size)
        return [
            memory[start:stop].reshape(shape)
            for start, stop, shape in zip(self.starts, self.starts[1:], shapes, strict=False)
        ]

    def groups_of(self, memory: Bytes) -> list[Bytes]:
        """The planes (k, rows, columns) in a picture's memory, those of equal size together."""
        shapes = self.space.shapes(self.size)
        return [
            memory[self.starts[channels.start] : self.starts[channels.stop]].reshape(-1, *shapes[channels.start])
            for _, channels in self.space.groups
        ]

    def fill(self, cover: Cover, colour: Colour, level: float = 1.0) -> None:
        """Lay a colour over what is covered, at `level` (0 absent, 1 full)."""
        self.lay_bytes(cover, self.space.bytes_of(colour).tolist(), level)

    def lay_bytes(self, cover: Cover, ink: list[float], level: float) -> None:
        """Lay a colour over what is covered, at `level`. ink: the colour's bytes in every plane, not rounded."""
        if level <= FAINTEST or not (len(cover.solid) or len(cover.places)):
            return
        self.settle()
        if len(cover.solid):
            over = _spread(ink, cover.solid_counts)
            if level < 1:
                self._mix(cover.solid, over, np.float32(level))
            else:
                over += HALF
                self.memory[cover.solid] = over.astype(np.uint8)
        if len(cover.places):
            self._mix(cover.places, _spread(ink, cover.counts), cover.cover, level)

    def put(self, drawing: CoverDrawing, level: float = 1.0) -> None:
        """Lay a drawing over the picture in its own colours, at `level` (0 absent, 1 full)."""
        if level > FAINTEST:
            self.settle()
            self._mix(drawing.places, drawing.ink.copy(), drawing.cover, level)

    def _mix(self, places: PixelPositions, over: Inks, cover: Inks | np.float32, level: float = 1.0) -> None:
        """Blend values (n,), which are overwritten, into places (n,) of the memory by their cover times a level."""
        under = self.memory.take(places).astype(np.float32)
        over -= under
        over *= cover
        if level < 1:
            over *= np.float32(level)
        over += under
        over += HALF
        self.memory[places] = over.astype(np.uint8)

    def drawing(self, *artists: Artist, slot: Rect | None = None) -> CoverDrawing:
        """Drawing of artists, one over the other. slot: the area they draw in, if known; the rest is cut off."""
        (top, left), sheet = self._draw(artists, slot)
        found = drawing_of_sheet(self, sheet, left, top)
        sheet[:] = 0
        return found

    def cover(self, *artists: Artist, slot: Rect | None = None) -> Cover:
        """Cover of artists, whatever their colours. slot: the area they draw in, if known; the rest is cut off."""
        window, sheet = self._draw(artists, slot)
        alpha: NDArray[np.float32] = sheet[:, :, 3].astype(np.float32) / np.float32(255)
        sheet[:] = 0
        return cover_of(self, alpha, window[1], window[0])

    def draw(self, *artists: Artist, slot: Rect | None = None) -> None:
        """Draw artists over the picture now. slot: as for `drawing`."""
        self.put(self.drawing(*artists, slot=slot))

    def _draw(self, artists: tuple[Artist, ...], slot: Rect | None) -> tuple[tuple[int, int], Bytes]:
        """Draw artists on the sheet. Returns top and left of the part drawn on, and that part, which the caller clears.

        It begins and ends with whole bytes in every plane.
        """
        width, height = self.size
        whole, step = slot or Rect(0, 0, width, height), max(channel.step for channel in self.space.channels)
        top, left = (step * max(0, floor(start / step)) for start in (whole.y, whole.x))
        bottom, right = (
            max(0, min(size, step * ceil(stop / step))) for stop, size in ((whole.bottom, height), (whole.right, width))
        )
        for artist in artists:
            artist.set_clip_box(Bbox([(left, height - bottom), (right, height - top)]))
            bound(artist)
            artist.draw(self.renderer)
        return (top, left), self.sheet[top:bottom, left:right]

    def text(
        self,
        text: str,
        x: float,
        y: float,
        font: Font,
        size: float,
        colour: Colour,
        anchor: Anchor = "left",
        level: float = 1.0,
    ) -> None:
        """Write a text with the middle of its capitals at height y, at `level` (0 absent, 1 full)."""
        if not text or level <= FAINTEST:
            return
        drawn = mask(text, font, size)
        start = {"left": 0.0, "middle": drawn.width / 2, "right": drawn.width}[anchor]
        self.stamp(drawn, x - start, y, colour, level)

    def stamp(self, drawn: Mask, x: float, y: float, colour: Colour, level: float = 1.0) -> None:
        """Lay a colour over the picture where a mask, its pen's start at x and its middle at height y, covers it.

        It is queued until `settle`.
        """
        if level > FAINTEST:
            cover = self._placed(drawn, round(x) + drawn.left, round(y) - drawn.top)
            self._stamps.append((cover, self.space.bytes_of(colour).tolist(), min(1.0, level)))

    def cover_of_texts(self, texts: Iterable[tuple[str, float, float, Font, float, Anchor]]) -> Cover:
        """Cover of texts that do not overlap, each with its x, y, font, size and anchor as for `text`.

        Texts that stay as they are cost little when they are laid over the picture together.
        """
        covers = []
        for text, x, y, font, size, anchor in texts:
            if text:
                drawn = mask(text, font, size)
                start = {"left": 0.0, "middle": drawn.width / 2, "right": drawn.width}[anchor]
                covers.append(self._place(drawn, round(x - start) + drawn.left, round(y) - drawn.top))
        return together(covers)

    def _place(self, drawn: Mask, left: int, top: int) -> Cover:
        return cover_of(self, drawn.alpha, left, top, solid=_NEVER)

    def settle(self) -> None:
        """Lay all queued stamps over the picture at once, which is many times faster. Stamps must not overlap.

        Every other method that draws calls this first; code that reads the picture has to call it.
        """
        stamps, self._stamps = self._stamps, []
        if stamps:
            places = np.concatenate([cover.places for cover, *_ in stamps])
            inks = [byte for _, ink, _ in stamps for byte in ink]
            over = _spread(inks, [count for cover, *_ in stamps for count in cover.counts])
            shares = [each.cover if level >= 1 else each.cover * np.float32(level) for each, _, level in stamps]
            self._mix(places, over, np.concatenate(shares))

    def lay(self, numbers: NDArray[np.uint8 | np.uint16], palette: list[Bytes], left: int, top: int) -> None:
        """Colour a rectangle by numbers (rows, columns) of colours in a palette that `space.palette` made.

        left, top, rows and columns are even, so that the rectangle is whole in every plane.
        """
        self.settle()
        rows, columns = numbers.shape
        for channel, plane, colours in zip(self.space.channels, self.planes, palette, strict=True):
            step = channel.step
            part = plane[top // step : (top + rows) // step, left // step : (left + columns) // step]
            part[:] = colours.take(numbers[::step, ::step], mode="clip")

    @contextmanager
    def partly(self, places: PixelPositions, cover: NDArray[np.float32]) -> Iterator[None]:
        """Context in which drawing covers these places (n,) only as far as `cover` (n,), 0 to 1, says."""
        self.settle()
        under = self.memory[places]
        yield
        self.settle()
        over = self.memory[places].astype(np.float32)
        self.memory[places] = under
        self._mix(places, over, cover)

    def shine(self, x: Floats, y: Floats, height: Floats, sigma: Floats, colour: Colour) -> None:
        """Lay small, soft lights (or shades) over the picture: gaussians of one colour at (x, y) (n,).

        height, sigma (n,): their strengths, and their standard deviations in pixels.
        """
        self.settle()
        reach = 3.2 * float(sigma.max())
        (width, rows), ink = self.size, self.space.bytes_of(colour)
        covers: dict[int, tuple[slice, slice, NDArray[np.float32]]] = {}
        for channel, plane, own in zip(self.space.channels, self.planes, ink, strict=True):
            step = channel.step
            if step not in covers:
                left, right = max(0, int((x.min() - reach) // step)), min(width, int(x.max() + reach) + 2) // step
                top, bottom = max(0, int((y.min() - reach) // step)), min(rows, int(y.max() + reach) + 2) // step
                if right <= left or bottom <= top:
                    return
                columns, lines = (
                    np.arange(first, last, dtype=np.float32) * step + (step - 1) / 2
                    for first, last in ((left, right), (top, bottom))
                )
                light = gaussians(columns, lines, x, y, height, sigma)
                np.negative(light, out=light)
                np.exp(light, out=light)
                np.subtract(1, light, out=light)
                covers[step] = slice(top, bottom), slice(left, right), light
            *window, cover = covers[step]
            under = plane[tuple(window)]
            over = np.subtract(own, under, dtype=np.float32)
            over *= cover
            over += under
            over += HALF
            under[:] = over


def _spread(values: Sequence[float], counts: Sequence[int]) -> Inks:
    """Each value repeated as often as its count says: np.repeat, but faster for so few."""
    spread = np.empty(sum(counts), np.float32)
    first = 0
    for value, count in zip(values, counts, strict=True):
        spread[first : first + count] = value
        first += count
    return spread


# Coverage of drawn things: places in the picture's memory, and how far each is covered, 0 to 1.

PixelPositions = NDArray[np.intp]
Inks = NDArray[np.float32]

STRIP = 64
"""Width in pixels of the strips by which a drawing is revealed from the left."""
SOLID, _NEVER = 0.998, 2.0
"""Cover from which a place counts as wholly covered, since nothing under it would be visible; `_NEVER`: no place
does."""


class Sheet(Protocol):
    """The picture that a cover is computed for. starts: offset of each plane in the memory."""

    size: tuple[int, int]
    space: Space
    starts: list[int]


@dataclass(frozen=True, eq=False)
class Cover:
    """Coverage of a shape, to be filled with any colour.

    places (n,): those covered in part, channel after channel, with their cover (n,), 0 to 1; solid (m,): places covered
    wholly. counts, solid_counts (channels,): how many of the places lie in each channel.
    """

    places: PixelPositions
    cover: NDArray[np.float32]
    counts: tuple[int, ...]
    solid: PixelPositions
    solid_counts: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class CoverDrawing:
    """Coverage with colours of its own.

    places (n,) with their cover (n,), 0 to 1, and ink (n,): the byte each would have if it were covered wholly.
    """

    places: PixelPositions
    cover: NDArray[np.float32]
    ink: NDArray[np.float32]


def cover_of(sheet: Sheet, alpha: NDArray[np.float32], left: int, top: int, solid: float = SOLID) -> Cover:
    """Cover of a mask alpha (rows, columns), 0 to 1, whose first pixel lies at (left, top).

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


def together(covers: Sequence[Cover]) -> Cover:
    """One cover of several that do not overlap."""
    channels = len(covers[0].counts) if covers else 0
    parts = [[_by_channel(cover, channel) for cover in covers] for channel in range(channels)]
    joined = [[np.concatenate([part[number] for part in each]) for number in range(3)] for each in parts]
    empty = _EMPTY
    return Cover(
        np.concatenate([each[0] for each in joined]) if joined else empty.places,
        np.concatenate([each[1] for each in joined]) if joined else empty.cover,
        tuple(len(each[0]) for each in joined),
        np.concatenate([each[2] for each in joined]) if joined else empty.places,
        tuple(len(each[2]) for each in joined),
    )


def _by_channel(cover: Cover, channel: int) -> tuple[PixelPositions, NDArray[np.float32], PixelPositions]:
    """Places, their cover, and wholly covered places of one channel."""
    first, whole = sum(cover.counts[:channel]), sum(cover.solid_counts[:channel])
    partly, solid = slice(first, first + cover.counts[channel]), slice(whole, whole + cover.solid_counts[channel])
    return cover.places[partly], cover.cover[partly], cover.solid[solid]


def drawing_of(sheet: Sheet, ink: NDArray[np.float32], alpha: NDArray[np.float32], left: int, top: int) -> CoverDrawing:
    """Drawing of a picture whose first pixel lies at (left, top).

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
    return CoverDrawing(np.concatenate(places), np.concatenate(cover), np.concatenate(bytes_of))


def drawing_of_sheet(sheet: Sheet, drawn: Bytes, left: int, top: int) -> CoverDrawing:
    """Drawing of bytes (rows, columns, 4) as matplotlib leaves them: red, green, blue, and alpha not multiplied in.

    left, top, rows and columns are those of whole bytes in every plane. Only covered pixels are processed.
    """
    found: list[tuple[PixelPositions, NDArray[np.float32], NDArray[np.float32]]] = []
    by_step = {step: _covered(drawn, step) for step in {channel.step for channel in sheet.space.channels}}
    for number, channel in enumerate(sheet.space.channels):
        at, colours, cover = by_step[channel.step]
        wide = drawn.shape[1] // channel.step
        found.append((_places(sheet, number, at, wide, left, top), cover, sheet.space.values(number, colours)))
    places, covers, inks = (np.concatenate([each[part] for each in found]) for part in range(3))
    return CoverDrawing(places, covers, inks)


def _covered(drawn: Bytes, step: int) -> tuple[PixelPositions, NDArray[np.float32], NDArray[np.float32]]:
    """Numbers (n,) of the squares of `step` by `step` pixels that are covered; mean colours (n, 3) and cover (n,)."""
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
) -> tuple[PixelPositions, NDArray[np.float32]]:
    """Places (n,) in rectangles that a mask alpha does not cover wholly, and its cover (n,) of each, 0 to 1.

    corners: left and top of every rectangle; they do not touch each other.
    """
    each = [cover_of(sheet, 1 - alpha, left, top) for left, top in corners]
    places = np.concatenate([np.r_[one.places, one.solid] for one in each])
    free = np.concatenate([np.r_[one.cover, np.ones(len(one.solid), np.float32)] for one in each])
    return places, 1 - free


def _inside(sheet: Sheet, drawn: NDArray[np.float32], left: int, top: int) -> tuple[NDArray[np.float32], int, int]:
    """The part of a drawing that lies in the picture, with its left and top."""
    width, height = sheet.size
    rows = slice(max(0, -top), max(0, min(drawn.shape[0], height - top)))
    columns = slice(max(0, -left), max(0, min(drawn.shape[1], width - left)))
    return drawn[rows, columns], max(0, left), max(0, top)


def _shrunk(drawn: NDArray[np.float32], left: int, top: int, step: int) -> NDArray[np.float32]:
    """Means of a drawing over the `step` by `step` pixels of each byte of a plane."""
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


def _places(sheet: Sheet, number: int, at: PixelPositions, wide: int, left: int, top: int) -> PixelPositions:
    """Places in the memory of those, `at`, in a mask of `wide` columns that begins in the byte of (left, top)."""
    step = sheet.space.channels[number].step
    across, wide = sheet.size[0] // step, max(1, wide)
    places: PixelPositions = at // wide
    places *= across - wide
    places += at
    places += top // step * across + left // step + sheet.starts[number]
    return places


_EMPTY = CoverDrawing(np.empty(0, np.intp), np.empty(0, np.float32), np.empty(0, np.float32))


@dataclass(frozen=True, eq=False)
class Strips:
    """A drawing that is revealed from the left up to some x: its places sorted by strips of the picture.

    columns (n,): x of the places in pixels. starts (strips + 1,): number of each strip's first place.
    """

    drawn: CoverDrawing
    columns: PixelPositions
    starts: PixelPositions

    def until(self, x: float) -> list[CoverDrawing]:
        """Drawings of the part up to x: all strips before the one that holds it, and a part of that one."""
        strip = min(max(0, int(x // STRIP)), len(self.starts) - 2)
        before, within = slice(self.starts[strip]), slice(self.starts[strip], self.starts[strip + 1])
        near = self.columns[within] <= x
        drawn = self.drawn
        return [
            CoverDrawing(drawn.places[before], drawn.cover[before], drawn.ink[before]),
            CoverDrawing(drawn.places[within][near], drawn.cover[within][near], drawn.ink[within][near]),
        ]


def strips(sheet: Sheet, drawn: CoverDrawing) -> Strips:
    """Sort a drawing into strips, to be revealed from the left."""
    columns = np.empty(len(drawn.places), np.intp)
    for channel, first, last in zip(sheet.space.channels, sheet.starts, sheet.starts[1:], strict=False):
        here = (drawn.places >= first) & (drawn.places < last)
        columns[here] = (drawn.places[here] - first) % (sheet.size[0] // channel.step) * channel.step
    order = np.argsort(columns // STRIP, kind="stable")
    columns = columns[order]
    starts = np.searchsorted(columns // STRIP, np.arange(-(-sheet.size[0] // STRIP) + 1))
    return Strips(CoverDrawing(drawn.places[order], drawn.cover[order], drawn.ink[order]), columns, starts)
