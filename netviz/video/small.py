"""A film's pictures decoded one by one, made small: enough to see how light and colour change in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netviz.errors import InputError, Problem
from netviz.ffmpeg import Ffmpeg, FfmpegFailed
from netviz.video.tags import refuse_broken

LONG_SIDE = 160
"""Columns of a wide picture, rows of a tall one; never more than the film has pixels."""

FORMATS = "mov,matroska,gif,avi,mpegts,mpeg,ogg,flv,asf,apng"
"""ffmpeg's names of the containers a film may come in: none of them can name another file."""

NOTHING = "no film in it that can be decoded (mp4, webm, mov, gif or apng is expected)"

_HEADER = re.compile(rb"YUV4MPEG2 W(\d+) H(\d+) F([1-9]\d*):([1-9]\d*)[^\n]*\n")
_FRAME = b"FRAME\n"
_ENOUGH = 1 << 12
_RED, _BLUE = np.float32(0.2126), np.float32(0.0722)  # their shares of luma


@contextmanager
def small_pictures(path: str | Path) -> Iterator[tuple[Iterator[NDArray[np.uint8]], Fraction]]:
    """A film's pictures, each sRGB bytes (rows, columns, 3), and its exact frames a second.

    A picture that is shown longer than a frame comes several times. Raises InputError if there is no film to be
    decoded, FfmpegFailed if ffmpeg has to be ended; also while the pictures are read.
    """
    if fault := _fault(Path(path)):
        raise InputError([Problem(str(path), fault)])
    refuse_broken(Path(path))  # ffmpeg would decode what there is, and say nothing
    with Ffmpeg(decode_arguments(path), collect=True) as ffmpeg:
        data = bytearray()
        while len(data) < _ENOUGH and (chunk := ffmpeg.read()):
            data += chunk
        header = _HEADER.match(data)
        if header is None:
            _finish(ffmpeg, path)
            raise InputError([Problem(str(path), NOTHING)])
        width, height, above, below = map(int, header.groups())
        del data[: header.end()]
        yield _pictures(ffmpeg, data, (width, height), path), Fraction(above, below)


def decode_arguments(path: str | Path) -> list[str]:
    """ffmpeg's arguments that write a film's small pictures to standard output, as YUV4MPEG2.

    That is the plainest format that tells the exact rate of frames. Each cell is the mean of its pixels.
    """
    width = f"if(gte(iw,ih),min(iw,{LONG_SIDE}),max(1,round(min(ih,{LONG_SIDE})*iw/ih)))"
    height = f"if(gte(iw,ih),max(1,round(min(iw,{LONG_SIDE})*ih/iw)),min(ih,{LONG_SIDE}))"
    chain = f"scale=w='{width}':h='{height}':flags=area:out_color_matrix=bt709:out_range=tv,format=yuv444p"
    return [
        *(
            "-v",
            "error",
            "-xerror",
            "-protocol_whitelist",
            "file,pipe",
            "-format_whitelist",
            FORMATS,
            "-i",
            f"file:{path}",
        ),
        *("-map", "0:v:0", "-vf", chain, "-strict", "-1", "-f", "yuv4mpegpipe", "pipe:1"),
    ]


def rgb(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Red, green and blue (height, width, 3) of planes (3, height, width): BT.709 in the limited range."""
    luma = (planes[0].astype(np.float32) - 16) * np.float32(255 / 219)
    blueness, redness = (planes[1:].astype(np.float32) - 128) * np.float32(255 / 112)
    red, blue = luma + (1 - _RED) * redness, luma + (1 - _BLUE) * blueness
    green = (luma - _RED * red - _BLUE * blue) / (1 - _RED - _BLUE)
    result: NDArray[np.uint8] = np.clip(np.rint(np.stack([red, green, blue], -1)), 0, 255).astype(np.uint8)
    return result


def _fault(path: Path) -> str | None:
    """Why a file cannot even be opened as a film, in words."""
    try:
        if path.is_dir():
            return "is a folder, not a film"
        if not path.is_file():
            return "is not a plain file" if path.exists() else "no such file"
        with path.open("rb") as file:
            return None if file.read(1) else f"{NOTHING}: the file is empty"
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
        raise InputError([Problem(str(path), NOTHING)]) from failure
