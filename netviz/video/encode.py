"""Pictures and sound become an MP4: ffmpeg's argument list, and the process that follows it.

H.264 High, yuv420p, BT.709 converted and tagged, closed groups of pictures, AAC at 192 kb/s, the index at the front:
what browsers, QuickTime and editors all play.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netviz.errors import InputError, NetvizError, Problem
from netviz.ffmpeg import STALL_LIMIT, Ffmpeg, FfmpegFailed, describe_status, executable
from netviz.film.audio import SAMPLE_RATE, audio_problems, input_arguments
from netviz.film.timing import seconds_of
from netviz.video.files import amount, disk_full, output_problems, size_of, whole_or_not_at_all
from netviz.video.verify import decode, faults

Picture = bytes | bytearray | memoryview | NDArray[np.uint8]
"""One picture's bytes, see `write_film`."""

THREADS = 4
"""x264's output depends on its number of threads: a fixed one gives the same bytes on every machine."""

LARGEST_RATE_TERM = 1_001_000
"""ffmpeg keeps a frame rate exactly as long as neither its numerator nor its denominator is larger."""

_PIXEL_FORMATS = {3: "rgb24", 4: "rgb0"}
"""ffmpeg's name for a picture of so many bytes a pixel."""

_DISK_FULL = ("No space left on device", "Disk quota exceeded")
_FILE_TOO_LARGE = "File too large"


@dataclass(frozen=True)
class Quality:
    """How hard the encoder tries.

    dithered: go to 8 bits by way of 10, with ffmpeg's ordered dither. RGB rounded straight to 8-bit YUV loses the
    dither it came with, and dark gradients band; this costs some 4 ms of CPU a frame at 1080p.
    """

    preset: str
    rate_factor: int
    dithered: bool
    parameters: str


# aq-mode=3 spends more on the dark parts of a picture, which is where these films have their gradients.
# 8x8dct, which ultrafast leaves out, is what makes the profile High.
QUALITIES = {
    "draft": Quality("ultrafast", 30, dithered=False, parameters="8x8dct=1"),
    "good": Quality("veryfast", 22, dithered=True, parameters="aq-mode=3"),
    "best": Quality("slow", 16, dithered=True, parameters="aq-mode=3"),
}


class EncodingFailed(NetvizError):
    """The film could not be made; nothing is left of it."""


@dataclass(frozen=True)
class Film:
    """A finished film."""

    path: Path
    frames: int
    seconds: Fraction
    size_in_bytes: int


def ffmpeg_arguments(
    target: Path,
    *,
    size: tuple[int, int],
    fps: Fraction,
    frame_count: int,
    audio: Path | None,
    quality: str,
    pixel_format: str = "rgb24",
) -> list[str]:
    """ffmpeg's arguments for a film of `frame_count` raw pictures from standard input, with the executable left out.

    size: width and height in pixels, both even. pixel_format: rgb24, or rgb0 with a fourth byte that is ignored.
    The sound is padded with silence or cut to frame_count / fps seconds, to the sample; never with -shortest, which
    means something else in every version of ffmpeg.
    """
    chosen = QUALITIES[quality]
    way = "format=yuv420p10le,scale,format=yuv420p" if chosen.dithered else "format=yuv420p"
    graph = (
        f"[0:v]scale=out_color_matrix=bt709:out_range=tv,{way},"
        "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv[v]"
    )
    if audio is not None:
        samples = round(seconds_of(frame_count, fps) * SAMPLE_RATE)
        graph += f";[1:a:0]aresample={SAMPLE_RATE},apad,atrim=end_sample={samples}[a]"
    pictures = ["-f", "rawvideo", "-pixel_format", pixel_format, "-video_size", f"{size[0]}x{size[1]}"]
    video = [
        *("-c:v", "libx264", "-preset", chosen.preset, "-crf", str(chosen.rate_factor), "-profile:v", "high"),
        *("-x264-params", chosen.parameters, "-g", str(max(1, round(2 * fps))), "-bf", "2"),
        *("-flags:v", "+cgop+bitexact", "-threads", str(THREADS)),
        *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"),
    ]
    sound = ["-c:a", "aac", "-b:a", "192k", "-ar", str(SAMPLE_RATE), "-ac", "2", "-flags:a", "+bitexact"]
    return [
        *("-v", "error", "-y", *pictures, "-framerate", str(fps), "-i", "pipe:0"),
        *(input_arguments(audio) if audio is not None else ()),
        *("-filter_complex", graph, "-map", "[v]", *(("-map", "[a]") if audio is not None else ())),
        *video,
        *(sound if audio is not None else ()),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-movflags", "+faststart"),
        *("-f", "mp4", f"file:{target}"),
    ]


def write_film(
    target: Path,
    pictures: Iterable[Picture],
    *,
    size: tuple[int, int],
    fps: Fraction,
    frame_count: int,
    audio: Path | None,
    quality: str,
    overwrite: bool = False,
    on_frame: Callable[[int], None] | None = None,
    stall_limit: float = STALL_LIMIT,
) -> Film:
    """Write a film, whole or not at all: encode it beside its name, decode and count it, then rename it.

    pictures: `frame_count` buffers of height x width x 3 bytes (red, green, blue) or all of height x width x 4 (the
        fourth is ignored), rows from the top; the same buffer may come several times, and is not kept.
    size: width and height in pixels, both even. quality: a key of QUALITIES.
    on_frame: called after each picture with the number of pictures written so far.
    stall_limit: seconds ffmpeg may go without any progress.

    Raises InputError for what can be known before, EncodingFailed for what went wrong, FfmpegMissing without ffmpeg,
    ValueError if the pictures are too few or of another size. Whatever is raised, here or by `pictures`, leaves no file
    and no process, and `target` as it was.
    """
    target = Path(target).absolute()
    problems = [
        *output_problems(target, overwrite, [audio] if audio is not None else []),
        *(audio_problems(audio) if audio is not None else ()),
        *_request_problems(size, fps, frame_count, quality),
    ]
    if problems:
        raise InputError(problems)
    executable()
    seconds = seconds_of(frame_count, fps)
    with whole_or_not_at_all(target, overwrite=overwrite) as part:
        source = _checked(pictures, size, frame_count)
        first = next(source)
        arguments = ffmpeg_arguments(
            part,
            size=size,
            fps=fps,
            frame_count=frame_count,
            audio=audio,
            quality=quality,
            pixel_format=_PIXEL_FORMATS[first.nbytes // (size[0] * size[1])],
        )
        said = _encode(arguments, part, chain([first], source), frame_count, on_frame, stall_limit)
        _verify(part, frame_count, seconds, audio is not None, said, stall_limit)
        size_in_bytes = size_of(part)
    return Film(target, frame_count, seconds, size_in_bytes)


def _request_problems(size: tuple[int, int], fps: Fraction, frame_count: int, quality: str) -> list[Problem]:
    problems = []
    width, height = size
    if width < 2 or height < 2 or width % 2 or height % 2:
        even = f"{max(2, width - width % 2)}x{max(2, height - height % 2)}"
        problems.append(Problem("size", f"width and height must be even for H.264, got {width}x{height}; use {even}"))
    if fps <= 0:
        problems.append(Problem("fps", f"must be more than 0, got {fps}"))
    elif max(fps.numerator, fps.denominator) > LARGEST_RATE_TERM:
        nearest = fps.limit_denominator(1001)
        problems.append(Problem("fps", f"{fps} is too fine a fraction to be kept exactly in a film; use {nearest}"))
    if frame_count < 1:
        problems.append(Problem("frames", f"a film has at least one frame, got {frame_count}"))
    if quality not in QUALITIES:
        problems.append(Problem("quality", f"must be one of {', '.join(QUALITIES)}, got {quality!r}"))
    return problems


def _checked(pictures: Iterable[Picture], size: tuple[int, int], frame_count: int) -> Iterator[memoryview]:
    """The first `frame_count` pictures as bytes. Raises ValueError if one is missing or of a wrong size."""
    pixels = size[0] * size[1]
    expected = tuple(pixels * depth for depth in _PIXEL_FORMATS)
    source = iter(pictures)
    for index in range(frame_count):
        try:
            picture: Any = next(source)
        except StopIteration:
            raise ValueError(f"{frame_count} pictures were announced, only {index} came") from None
        view = memoryview(picture)
        if view.nbytes not in expected or not view.c_contiguous:
            raise ValueError(
                f"picture {index} must be {' or '.join(map(str, expected))} bytes in one piece, got {view.nbytes}"
            )
        expected = (view.nbytes,)
        yield view.cast("B")


def _encode(
    arguments: list[str],
    part: Path,
    pictures: Iterable[memoryview],
    frame_count: int,
    on_frame: Callable[[int], None] | None,
    stall_limit: float,
) -> str:
    """Feed all pictures to ffmpeg and wait for it. Returns what it said; raises EncodingFailed."""
    written = 0

    def progress() -> object:
        with suppress(OSError):
            found = part.stat()
            return found.st_size, found.st_mtime_ns
        return None

    try:
        with Ffmpeg(arguments, feed=True, stall_limit=stall_limit, progress=progress) as ffmpeg:
            for picture in pictures:
                ffmpeg.write(picture)
                written += 1
                if on_frame is not None:
                    on_frame(written)
            ffmpeg.finish()
            return ffmpeg.last_words
    except FfmpegFailed as failure:
        raise _explained(failure, failure.status, failure.tail, part, written / frame_count) from failure


def _verify(part: Path, frames: int, seconds: Fraction, sound: bool, said: str, stall_limit: float) -> None:
    """Decode what was written and count. Raises EncodingFailed; `said` is what the encoder said."""
    try:
        found = faults(decode(part, sound=sound, stall_limit=stall_limit), frames=frames, seconds=seconds)
    except FfmpegFailed as failure:
        tail = "\n".join(filter(None, (said, failure.tail)))
        broken = FfmpegFailed(
            f"the film cannot be decoded again ({str(failure).splitlines()[0]})", failure.status, tail
        )
        raise _explained(broken, failure.status, tail, part, 1.0) from failure
    if found:
        raise EncodingFailed(f"the film was not written as it should be: {'; '.join(found)}\n{said}".rstrip())


def _explained(failure: FfmpegFailed, status: int | None, tail: str, part: Path, share: float) -> EncodingFailed:
    """The failure in words that help. share: how much of the film had been given to ffmpeg, 0 to 1."""
    written = size_of(part)
    needed = f"the film needs about {amount(int(written / max(share, 0.001)))}" if written else "nothing was written"
    state = f"{amount(written)} of the film were written, {needed}"
    if any(sign in tail for sign in _DISK_FULL):
        return EncodingFailed(f"{disk_full(part.parent)}: {state}")
    if _FILE_TOO_LARGE in tail or (status is not None and describe_status(status) == "signal SIGXFSZ"):
        return EncodingFailed(f"a file in {part.parent} may not grow so large{_limit_of_files()}: {state}")
    return EncodingFailed(str(failure))


def _limit_of_files() -> str:
    """What the system allows a file to grow to, in words; nothing where there is no limit to be known."""
    if sys.platform == "win32":
        return ""
    import resource

    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return "" if limit == resource.RLIM_INFINITY else f" (`ulimit -f` allows {amount(limit)})"
