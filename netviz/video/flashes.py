"""Flash check: how often a film flashes, by WCAG 2.2, success criterion 2.3.1.

Three flashes or below threshold (https://www.w3.org/TR/WCAG22/#three-flashes-or-below-threshold): in no second more
than three general or three red flashes, unless what flashes together is small. Where the definition leaves a choice,
the stricter one is made:

* A general flash is a pair of opposing changes of relative luminance of 0.1 or more whose darker end is below 0.8.
* A red flash is a pair of opposing changes with a saturated red, R / (R + G + B) >= 0.8, at or between their ends, of
  more than 20 in (R - G - B) * 320, negative values being 0; R, G, B linear, 0 to 1. That is the working definition of
  WCAG 2.0. The one noted in 2.2, by distance in the CIE 1976 chromaticity diagram, knows no colour of black.
* A change runs from one extreme to the next, however many frames it takes, and is dated when it has become that large.
* A second that holds seven changes holds three flashes and half of a fourth: four, as in the test films of the Trace
  Center. A single change is no flash.
* Changes are counted place by place, on a grid of small cells. Flashes in the same second occur concurrently, also
  when they are not in step.
* They may fill a quarter of a rectangle of 341 x 256 pixels, anywhere, of a screen of 1024 x 768: here of one that is a
  third of the picture wide and high. A film in another shape is smaller on that screen and the rectangle larger.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netviz.errors import InputError, Problem
from netviz.ffmpeg import Ffmpeg, FfmpegFailed
from netviz.foreign_media import FILM_BOUNDS, MOST_MEMORY
from netviz.video.metadata_formats import refuse_broken

ALLOWED = 3
"""Flashes in a second that are allowed."""
AREA = 0.25
"""Share of a rectangle up to which more flashes are allowed."""
LUMINANCE_STEP, DARKER = 0.1, 0.8
RED_STEP, _SATURATED = 20 / 320, 0.8

_VALUES = np.arange(256) / 255
_LINEAR = np.where(_VALUES <= 0.04045, _VALUES / 12.92, ((_VALUES + 0.055) / 1.055) ** 2.4).astype(np.float32)
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True)
class FlashPlace:
    """A rectangle of the picture, each side from 0 (left, top) to 1."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Most:
    """The most flashes in any one second, where they fill more than a quarter of a rectangle.

    start, end: seconds at which the first and the last change of these flashes are shown. place: the rectangle. share:
    the part of it that flashes.
    too_many: the spans of time (start, end) in which there are more than three in a second.
    """

    flashes: int
    start: Fraction | None = None
    end: Fraction | None = None
    place: FlashPlace | None = None
    share: float = 0.0
    too_many: tuple[tuple[Fraction, Fraction], ...] = ()


@dataclass(frozen=True)
class Flashes:
    """Result of the check of a film of so many frames: general flashes, and red ones."""

    frames: int
    fps: Fraction
    general: Most
    red: Most

    @property
    def passes(self) -> bool:
        """True if there are at most three flashes of each kind in any second."""
        return max(self.general.flashes, self.red.flashes) <= ALLOWED


def flashes(path: str | Path) -> Flashes:
    """Decode a film of any kind that ffmpeg reads (MP4, WebM, MOV, GIF, ...) and find its flashes.

    Raises InputError if it is no film that can be decoded, FfmpegFailed if ffmpeg has to be ended.
    """
    with small_pictures(path) as (pictures, fps):
        return find_flashes(pictures, fps)


def find_flashes(pictures: Iterable[NDArray[np.uint8]], fps: Fraction) -> Flashes:
    """Find the flashes in a film's pictures.

    pictures: in order, each bytes (rows, columns, 3), sRGB of the cells of a grid. The cells are means of the picture's
    pixels; some 160 by 90 of them are enough. Memory does not grow with the film.
    """
    general, red = _FlashCounter(fps), _FlashCounter(fps)
    luminances, reds = _ChangeDetector(LUMINANCE_STEP, DARKER), _ChangeDetector(math.nextafter(RED_STEP, 1), math.inf)
    last: NDArray[np.uint8] | None = None
    frames = 0
    for picture in pictures:
        if last is not None and np.array_equal(picture, last):
            general.add(None)
            red.add(None)
        else:
            linear = _LINEAR[picture]
            general.add(luminances.add(linear @ _LUMINANCE))
            redness, is_saturated = _redness(linear)
            red.add(reds.add(redness, is_saturated))
            last = picture.copy()
        frames += 1
    return Flashes(frames, fps, general.most(), red.most())


def _redness(linear: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """R - G - B where that is positive, otherwise 0, and a mask of where the red is saturated."""
    others = linear[..., 1] + linear[..., 2]
    own = linear[..., 0]
    return np.maximum(own - others, 0), (own >= _SATURATED * (own + others)) & (own > 0)


class _ChangeDetector:
    """Detector of changes from one extreme to the next, in every cell of a grid.

    step: the least change that counts. below: the limit that the lower end of a change must be below.
    """

    def __init__(self, step: float, below: float) -> None:
        self.step, self.below = step, below
        self.low: NDArray[np.float32] | None = None  # extremes since the last change
        self.high: NDArray[np.float32]
        self.direction: NDArray[np.int8]  # of the last change: 1, -1, or 0 before the first
        self.was_involved: NDArray[np.bool_]

    def add(self, values: NDArray[np.float32], involved: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
        """Mask of the cells in which a change has become large enough with these values. Rises and falls alternate.

        involved: mask of the cells that now have what a change must have at one of its ends or in between.
        """
        if self.low is None:
            self.low, self.high = values.copy(), values.copy()
            self.direction = np.zeros(values.shape, np.int8)
            self.was_involved = np.zeros(values.shape, np.bool_)
        np.minimum(self.low, values, out=self.low)
        np.maximum(self.high, values, out=self.high)
        rises = (values - self.low >= self.step) & (self.low < self.below) & (self.direction <= 0)
        falls = (self.high - values >= self.step) & (values < self.below) & (self.direction >= 0)
        if involved is not None:
            self.was_involved |= involved
            rises &= self.was_involved
            falls &= self.was_involved
        falls &= ~rises
        changes = rises | falls
        np.copyto(self.high, values, where=rises)
        np.copyto(self.low, values, where=falls)
        np.copyto(self.direction, 1, where=rises)
        np.copyto(self.direction, -1, where=falls)
        if involved is not None:
            np.copyto(self.was_involved, involved, where=changes)
        return changes


class _FlashCounter:
    """Counter of the changes in the last second, cell by cell, and of the most flashes in any second so far."""

    def __init__(self, fps: Fraction) -> None:
        self.fps, self.length = fps, math.ceil(fps)
        self.frame = -1
        self.history: NDArray[np.bool_] | None = None  # (frames of a second, rows, columns), the oldest replaced first
        self.count: NDArray[np.int16]
        self.worst = Most(0)
        self.too_many: list[tuple[int, int]] = []

    def add(self, changes: NDArray[np.bool_] | None) -> None:
        """Count the changes of the next frame, a mask (rows, columns); None: there are none."""
        self.frame += 1
        if self.history is None:
            assert changes is not None
            self.history = np.zeros((self.length, *changes.shape), np.bool_)
            self.count = np.zeros(changes.shape, np.int16)
        oldest = self.history[self.frame % self.length]
        self.count -= oldest
        oldest[:] = False
        if changes is None or not changes.any():
            return
        oldest[:] = changes
        self.count += changes
        while found := self._excess(self.worst.flashes + 1):
            begin, end, place, share = found
            self.worst = Most(self.worst.flashes + 1, begin / self.fps, end / self.fps, place, share)
        if self.worst.flashes > ALLOWED and (found := self._excess(ALLOWED + 1)):
            begin, end = found[:2]
            if self.too_many and begin <= self.too_many[-1][1]:
                begin = self.too_many.pop()[0]
            self.too_many.append((begin, end))

    def most(self) -> Most:
        """The most flashes in any second, and the spans with too many of them."""
        spans = tuple((begin / self.fps, end / self.fps) for begin, end in self.too_many)
        return replace(self.worst, too_many=spans)

    def _excess(self, number: int) -> tuple[int, int, FlashPlace, float] | None:
        """First and last frame, place and share of the place where so many flashes in this second fill too much.

        None if they fill too much nowhere.
        """
        assert self.history is not None
        flashing = self.count >= max(2, 2 * number - 1)
        rows, columns = flashing.shape
        height, width = max(1, round(rows / 3)), max(1, round(columns / 3))
        if flashing.sum() <= AREA * height * width:
            return None
        sums = np.zeros((rows + 1, columns + 1), np.int32)
        sums[1:, 1:] = flashing.cumsum(0, np.int32).cumsum(1)
        inside = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
        # Of the rectangles that flash most, the one nearest to the middle.
        worst = np.argwhere(inside == inside.max())
        top, left = map(int, worst[np.abs(worst - (np.array(inside.shape) - 1) / 2).sum(1).argmin()])
        share = int(inside[top, left]) / (height * width)
        if share <= AREA:
            return None
        area = slice(top, top + height), slice(left, left + width)
        second = range(max(0, self.frame - self.length + 1), self.frame + 1)
        first = next(frame for frame in second if (self.history[frame % self.length][area] & flashing[area]).any())
        place = FlashPlace(left / columns, top / rows, (left + width) / columns, (top + height) / rows)
        return first, self.frame, place, share


# Decoding: a film's pictures one by one, scaled down. That is enough to see how light and colour change.

LONG_SIDE = 160
"""Columns of a wide picture, rows of a tall one; never more than the film has pixels."""

_FORMATS = "mov,matroska,gif,avi,mpegts,mpeg,ogg,flv,asf,apng"
"""ffmpeg's names of the containers a film may come in: none of them can name another file."""

_NOTHING = "no film in it that can be decoded (mp4, webm, mov, gif or apng is expected)"

_HEADER = re.compile(rb"YUV4MPEG2 W(\d+) H(\d+) F([1-9]\d*):([1-9]\d*)[^\n]*\n")
_FRAME = b"FRAME\n"
_ENOUGH = 1 << 12
_RED, _BLUE = np.float32(0.2126), np.float32(0.0722)  # their shares of luma


@contextmanager
def small_pictures(path: str | Path) -> Iterator[tuple[Iterator[NDArray[np.uint8]], Fraction]]:
    """Decode a film: its pictures, each sRGB bytes (rows, columns, 3), and its exact frames a second.

    A picture that is shown longer than a frame comes several times. Raises InputError if there is no film to be
    decoded, FfmpegFailed if ffmpeg has to be ended; also while the pictures are read.
    """
    if fault := _fault(Path(path)):
        raise InputError([Problem(str(path), fault)])
    refuse_broken(Path(path))  # ffmpeg would decode the rest without an error
    with Ffmpeg(flash_arguments(path), collect=True, most_memory=MOST_MEMORY) as ffmpeg:
        data = bytearray()
        while len(data) < _ENOUGH and (chunk := ffmpeg.read()):
            data += chunk
        header = _HEADER.match(data)
        if header is None:
            _finish(ffmpeg, path)
            raise InputError([Problem(str(path), _NOTHING)])
        width, height, above, below = map(int, header.groups())
        del data[: header.end()]
        yield _pictures(ffmpeg, data, (width, height), path), Fraction(above, below)


def flash_arguments(path: str | Path) -> list[str]:
    """ffmpeg's arguments that write a film's small pictures to standard output, as YUV4MPEG2.

    That is the plainest format with the exact frame rate. Each cell is the mean of its pixels.
    """
    width = f"if(gte(iw,ih),min(iw,{LONG_SIDE}),max(1,round(min(ih,{LONG_SIDE})*iw/ih)))"
    height = f"if(gte(iw,ih),max(1,round(min(iw,{LONG_SIDE})*ih/iw)),min(ih,{LONG_SIDE}))"
    chain = f"scale=w='{width}':h='{height}':flags=area:out_color_matrix=bt709:out_range=tv,format=yuv444p"
    return [
        *("-v", "error", "-xerror", *FILM_BOUNDS, "-threads", "2"),  # each thread has pictures of its own
        *("-protocol_whitelist", "file,pipe", "-format_whitelist", _FORMATS, "-i", f"file:{path}"),
        *("-map", "0:v:0", "-vf", chain, "-strict", "-1", "-f", "yuv4mpegpipe", "pipe:1"),
    ]


def rgb(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Red, green and blue bytes (height, width, 3) of planes Y, U and V (3, height, width): BT.709, limited range."""
    luma = (planes[0].astype(np.float32) - 16) * np.float32(255 / 219)
    blueness, redness = (planes[1:].astype(np.float32) - 128) * np.float32(255 / 112)
    red, blue = luma + (1 - _RED) * redness, luma + (1 - _BLUE) * blueness
    green = (luma - _RED * red - _BLUE * blue) / (1 - _RED - _BLUE)
    result: NDArray[np.uint8] = np.clip(np.rint(np.stack([red, green, blue], -1)), 0, 255).astype(np.uint8)
    return result


def _fault(path: Path) -> str | None:
    """Reason, in words, for which a file cannot even be opened as a film; None if it can."""
    try:
        if path.is_dir():
            return "is a folder, not a film"
        if not path.is_file():
            return "is not a plain file" if path.exists() else "no such file"
        with path.open("rb") as file:
            return None if file.read(1) else f"{_NOTHING}: the file is empty"
    except (OSError, ValueError) as error:
        return f"cannot be read: {(getattr(error, 'strerror', None) or str(error)).lower()}"


def _pictures(ffmpeg: Ffmpeg, data: bytearray, size: tuple[int, int], path: str | Path) -> Iterator[NDArray[np.uint8]]:
    width, height = size
    length = len(_FRAME) + 3 * width * height
    while True:
        while len(data) >= length:
            planes = np.frombuffer(bytes(data[len(_FRAME) : length]), np.uint8).reshape(3, height, width)
            del data[:length]
            yield rgb(planes)
        chunk = ffmpeg.read()
        if not chunk:
            break
        data += chunk
    _finish(ffmpeg, path)


def _finish(ffmpeg: Ffmpeg, path: str | Path) -> None:
    try:
        ffmpeg.finish()
    except FfmpegFailed as failure:
        if failure.status is None or failure.status < 0:  # it was ended, which says nothing about the file
            raise
        raise InputError([Problem(str(path), _NOTHING)]) from failure
