"""Encoder: settings of quality, ffmpeg's arguments, and the process that encodes one segment of frames.

H.264 High, yuv420p, BT.709 converted and tagged, closed groups of pictures: what browsers, QuickTime and editors play.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netviz.errors import NetvizError
from netviz.ffmpeg import STALL_LIMIT, Ffmpeg, FfmpegFailed
from netviz.video.formats import SVT_AV1, Encoding, FrameStream

_log = logging.getLogger(__name__)

THREADS = 4
"""Threads of each encoder. Its output may depend on them: a fixed number gives the same bytes on every machine."""


@dataclass(frozen=True)
class QualitySettings:
    """Settings of an encoder for one quality.

    preset: its speed. rate_factor: the lower, the better the picture and the larger the file. parameters: its own
    options, in the encoder's format.
    """

    preset: str
    rate_factor: float
    parameters: str


# docs/explanation/speed.md shows what each choice gives.
# 8x8dct, which ultrafast leaves out, is what makes the profile High.
# good: most of a picture is a dark gradient, from which little can be taken for the lines, so bits are moved between
# its parts only half as far as x264 would (aq-strength). Chroma is quantised more finely than luma, and small
# coefficients are kept: otherwise gold halos get rose patches and thin green lines turn grey. Of a second reference and
# trellis the one makes files smaller, the other better, both for little time.
# best: aq-mode=3 spends more on the dark parts of a picture, which is where these films have their gradients.
QUALITIES = {
    "draft": QualitySettings("ultrafast", 30, "8x8dct=1"),
    "good": QualitySettings(
        "veryfast", 25.7, "aq-mode=2:aq-strength=0.5:chroma-qp-offset=-3:no-dct-decimate=1:trellis=1:ref=2"
    ),
    "best": QualitySettings("slow", 18, "aq-mode=3"),
}
AV1_QUALITIES = {
    "draft": QualitySettings("12", 48, f"lp={THREADS}"),
    "good": QualitySettings("8", 42, f"lp={THREADS}"),
    "best": QualitySettings("5", 26, f"lp={THREADS}"),
}
VP9_QUALITIES = {
    "draft": QualitySettings("8", 44, "realtime"),
    "good": QualitySettings("5", 36, "good"),
    "best": QualitySettings("2", 24, "good"),
}
PRORES_QUANTISER = 4
"""Quantiser of ProRes: the lower, the better the picture and the larger the file."""

TAGS = "colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
"""Colour space of the pictures, as options of ffmpeg's filter setparams; untagged, or wrongly tagged, they are shown in
other colours."""
COLOURS = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
"""The same as options of the encoder."""


class EncodingFailed(NetvizError):
    """Raised when a film, or a segment of it, could not be encoded or written; nothing is left of it."""


class EncodedWrongly(EncodingFailed):
    """Raised when what was encoded is not what it should be."""


def group_of_pictures(fps: Fraction) -> int:
    """Frames from one picture that a player can begin with to the next: two seconds, at least one frame."""
    return max(1, round(2 * fps))


def encoding_arguments(encoding: Encoding, stream: FrameStream, group: int | None = None) -> list[str]:
    """ffmpeg's arguments that encode a stream's pictures from standard input to fragments of an MP4 on standard output.

    A transparent stream becomes fragments of a MOV. The executable is left out. group: frames in a group of pictures,
    where they are not to be those of a film.
    """
    fps = stream.fps_of(encoding)
    drawn = "rgba" if stream.is_transparent else "yuv420p"
    return [
        *("-v", "error", "-f", "rawvideo", "-pixel_format", drawn, "-video_size", "{}x{}".format(*stream.size)),
        *("-framerate", str(fps), "-i", "pipe:0", "-map", "0:v", "-vf", _filters(encoding, stream)),
        *_encoder(encoding, stream, group or group_of_pictures(fps)),
        *("-map_metadata", "-1", "-fflags", "+bitexact", "-movflags", "+frag_keyframe+empty_moov+default_base_moof"),
        # MP4 itself has no room for what editors use; QuickTime, from which it comes, has.
        *("-f", "mov" if stream.is_transparent else "mp4", "pipe:1"),
    ]


def _filters(encoding: Encoding, stream: FrameStream) -> str:
    """ffmpeg's filters for the pictures before they are encoded."""
    scaled = "scale={}:{}:flags=lanczos+accurate_rnd+full_chroma_int".format(*encoding.size)
    if encoding.codec == "prores":
        return f"scale=out_color_matrix=bt709:out_range=tv,format=yuva444p10le,setparams={TAGS}"
    if encoding.codec != "lossless":
        return f"setparams={TAGS}"
    if not stream.is_transparent:
        return f"{scaled}:in_color_matrix=bt709:in_range=tv,format=bgr24"
    if encoding.size == stream.size:
        return "format=argb"
    # Colours are weighted by their opacity: otherwise those of invisible pixels would bleed in at the edges.
    return f"format=gbrap,premultiply=inplace=1,{scaled},unpremultiply=inplace=1,format=argb"


def _encoder(encoding: Encoding, stream: FrameStream, group: int) -> list[str]:
    groups = ["-g", str(group)]
    exact = ["-flags:v", "+bitexact", "-threads", str(THREADS)]
    match encoding.codec:
        case "h264":
            quality = QUALITIES[encoding.quality]
            return [
                *("-c:v", "libx264", "-preset", quality.preset, "-crf", str(quality.rate_factor), "-profile:v", "high"),
                *("-x264-params", quality.parameters, *groups, "-bf", "2"),
                *("-flags:v", "+cgop+bitexact", "-threads", str(THREADS), *COLOURS),
                # Each byte of chroma lies in the middle of its four pixels.
                *("-chroma_sample_location", "center"),
            ]
        case "av1":
            quality = AV1_QUALITIES[encoding.quality]
            rate = ["-preset", quality.preset, "-crf", str(quality.rate_factor), "-svtav1-params", quality.parameters]
            return ["-c:v", SVT_AV1, *rate, *groups, "-flags:v", "+cgop+bitexact", *COLOURS]
        case "vp9":
            quality = VP9_QUALITIES[encoding.quality]
            rate = ["-crf", str(quality.rate_factor), "-b:v", "0"]
            speed = ["-deadline", quality.parameters, "-cpu-used", quality.preset, "-row-mt", "1", "-tile-columns", "2"]
            return ["-c:v", "libvpx-vp9", *rate, *speed, *groups, *exact, *COLOURS]
        case "prores":
            # One quantiser for all: to look for that with which each slice comes nearest to a number of bits takes six
            # times as long, and gives larger files that are less like the pictures.
            rate = ["-profile:v", "4444", "-alpha_bits", "8", "-q:v", str(PRORES_QUANTISER), "-vendor", "apl0"]
            return ["-c:v", "prores_ks", *rate, *exact, *COLOURS]
        case "lossless":
            if stream.is_transparent:
                return ["-c:v", "qtrle", *groups, *exact]
            return ["-c:v", "libx264rgb", "-preset", "ultrafast", "-qp", "0", *groups, *exact]


class Encoder:
    """One ffmpeg that encodes a segment: write its pictures, end the input, finish. `close` leaves nothing behind."""

    def __init__(self, arguments: list[str], stall_limit: float) -> None:
        self._ffmpeg = Ffmpeg(arguments, feed=True, gather=True, stall_limit=stall_limit)

    def write(self, picture: memoryview) -> None:
        """Feed a picture's bytes to ffmpeg. Raises EncodingFailed."""
        try:
            self._ffmpeg.write(picture)
        except FfmpegFailed as failure:
            raise EncodingFailed(str(failure)) from failure

    def end_input(self) -> None:
        """Tell ffmpeg that no further picture comes: it ends by itself."""
        self._ffmpeg.end_input()

    @property
    def has_ended(self) -> bool:
        """True if ffmpeg has ended by now."""
        return self._ffmpeg.has_ended

    def finish(self) -> bytes:
        """Wait for ffmpeg's end and return the encoded bytes. Raises EncodingFailed."""
        try:
            self._ffmpeg.finish()
            return self._ffmpeg.gathered
        except FfmpegFailed as failure:
            raise EncodingFailed(str(failure)) from failure
        finally:
            self.close()

    def close(self) -> None:
        """End ffmpeg at once if it still runs."""
        self._ffmpeg.__exit__(None, None, None)


# Segments: a film is cut into segments, each encoded by itself. The cuts depend on the film alone, not on the workers.
#
# Every segment but the last is GROUPS groups of pictures long, so a cut lies where a group would begin anyway.

FramePicture = bytes | bytearray | memoryview | NDArray[np.uint8]
"""One picture's bytes, rows from the top, laid out as its FrameStream says. The next picture may overwrite them."""

GROUPS = 3
"""Groups of pictures in a segment: six seconds. Short ones start many encoders; long ones leave workers idle."""


def segments_of(frame_count: int, fps: Fraction) -> list[range]:
    """Frames of each segment. A remainder shorter than a group belongs to the segment before it."""
    group = group_of_pictures(fps)
    length = GROUPS * group
    starts = [*range(0, max(1, frame_count - group + 1), length)]
    return [range(start, stop) for start, stop in zip(starts, [*starts[1:], frame_count], strict=True)]


def encode_segment(
    pictures: Iterable[FramePicture],
    frames: range,
    stream: FrameStream,
    *,
    on_frame: Callable[[int], None] | None = None,
    stall_limit: float = STALL_LIMIT,
) -> tuple[bytes, ...]:
    """Encode one segment for each encoding of the stream; the bytes are fragments, as `mp4.split` reads them.

    pictures: of `frames`, those of the film. Raises EncodingFailed; see also `write_film`.
    """
    (segment,) = encoded_in_turn(pictures, [frames], stream, on_frame=on_frame, stall_limit=stall_limit)
    return segment


def encoded_in_turn(
    pictures: Iterable[FramePicture],
    segments: Sequence[range],
    stream: FrameStream,
    *,
    on_frame: Callable[[int], None] | None = None,
    stall_limit: float = STALL_LIMIT,
) -> Iterator[tuple[bytes, ...]]:
    """Encode all pictures, and yield the bytes of each segment, one for each encoding of the stream.

    While one segment is fed, the encoders of the one before end and those of the next one start.

    on_frame: called after each picture with the number of pictures encoded so far.
    """
    source = checked(pictures, stream.picture_bytes, sum(map(len, segments)))
    arguments = [encoding_arguments(encoding, stream) for encoding in stream.encodings]
    running: list[Encoder] = []

    def start() -> list[Encoder]:
        started = []
        for each in arguments:
            started.append(Encoder(each, stall_limit))
            running.append(started[-1])
        return started

    def end(encoders: list[Encoder]) -> tuple[bytes, ...]:
        encoded = []
        for encoder in encoders:
            running.remove(encoder)
            encoded.append(encoder.finish())
        return tuple(encoded)

    fed, began = 0, time.perf_counter()
    try:
        encoders, draining = start(), None
        for segment, has_next in zip(segments, [*[True] * (len(segments) - 1), False], strict=True):
            following = start() if has_next else None
            for index in segment:
                picture = next(source)
                for encoding, encoder in zip(stream.encodings, encoders, strict=True):
                    if index % encoding.every == 0:
                        encoder.write(picture)
                fed += 1
                if on_frame is not None:
                    on_frame(fed)
                # As soon as it can be had: what is finished need not be made again if this ends early.
                if draining is not None and all(encoder.has_ended for encoder in draining):
                    yield end(draining)
                    draining = None
            for encoder in encoders:
                encoder.end_input()
            _log.debug(
                "frames %d to %d are drawn, %.3f s after the first",
                segment.start,
                segment.stop - 1,
                time.perf_counter() - began,
            )
            if draining is not None:
                yield end(draining)
            draining, encoders = encoders, following or encoders
        assert draining is not None
        yield end(draining)
    finally:
        for encoder in running:
            encoder.close()


def checked(pictures: Iterable[FramePicture], size: int, count: int) -> Iterator[memoryview]:
    """The first `count` pictures as flat bytes. Raises ValueError if one is missing, or not of `size` bytes."""
    source = iter(pictures)
    for index in range(count):
        try:
            picture: Any = next(source)
        except StopIteration:
            raise ValueError(f"{count} pictures were announced, only {index} came") from None
        view = memoryview(picture)
        if view.nbytes != size or not view.c_contiguous:
            raise ValueError(f"picture {index} must be {size} bytes in one piece, got {view.nbytes}")
        yield view.cast("B")
