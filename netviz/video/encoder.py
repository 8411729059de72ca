"""Encoder: a film cut into segments, and the ffmpeg process that encodes one of them.

H.264 High, yuv420p, BT.709 converted and tagged, closed groups of pictures: what browsers, QuickTime and editors play.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netviz.errors import NetvizError
from netviz.ffmpeg import STALL_LIMIT, Ffmpeg, FfmpegFailed
from netviz.video.formats import SVT_AV1, Encoding, FrameStream

THREADS = 4
"""What encoders make may depend on their number of threads: a fixed one gives the same bytes on every machine."""


@dataclass(frozen=True)
class QualitySettings:
    """How hard an encoder tries, and the rate factor: the lower, the better the picture and the larger the file."""

    preset: str
    rate_factor: int
    parameters: str


# docs/speed.md shows what each choice gives.
# aq-mode=3 spends more on the dark parts of a picture, which is where these films have their gradients.
# 8x8dct, which ultrafast leaves out, is what makes the profile High.
QUALITIES = {
    "draft": QualitySettings("ultrafast", 30, "8x8dct=1"),
    "good": QualitySettings("veryfast", 28, "aq-mode=3"),
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

TAGS = "colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
"""What the pictures are; not tagged, or wrongly, they are shown in other colours."""
COLOURS = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
"""The same for the encoder."""


class EncodingFailed(NetvizError):
    """The film, or a segment of it, could not be made; nothing is left of it."""


def group_of_pictures(fps: Fraction) -> int:
    """Frames between two pictures that a player can begin with: two seconds, at least one frame."""
    return max(1, round(2 * fps))


def take_arguments(take: Encoding, roll: FrameStream) -> list[str]:
    """ffmpeg's arguments that encode a take's pictures from standard input to fragments of an MP4 on standard output.

    The executable is left out.
    """
    fps = roll.fps_of(take)
    drawn = "rgba" if roll.is_transparent else "yuv420p"
    return [
        *("-v", "error", "-f", "rawvideo", "-pixel_format", drawn, "-video_size", "{}x{}".format(*roll.size)),
        *("-framerate", str(fps), "-i", "pipe:0", "-map", "0:v", "-vf", _filters(take, roll)),
        *_encoder(take, roll, group_of_pictures(fps)),
        *("-map_metadata", "-1", "-fflags", "+bitexact", "-movflags", "+frag_keyframe+empty_moov+default_base_moof"),
        # MP4 itself has no room for what editors use; QuickTime, from which it comes, has.
        *("-f", "mov" if roll.is_transparent else "mp4", "pipe:1"),
    ]


def _filters(take: Encoding, roll: FrameStream) -> str:
    """What is done with the pictures before they are encoded."""
    scaled = "scale={}:{}:flags=lanczos+accurate_rnd+full_chroma_int".format(*take.size)
    if take.codec == "prores":
        return f"scale=out_color_matrix=bt709:out_range=tv,format=yuva444p10le,setparams={TAGS}"
    if take.codec != "lossless":
        return f"setparams={TAGS}"
    if not roll.is_transparent:
        return f"{scaled}:in_color_matrix=bt709:in_range=tv,format=bgr24"
    if take.size == roll.size:
        return "format=argb"
    # Colours count as much as they are seen: otherwise those of what is not seen would come in at the edges.
    return f"format=gbrap,premultiply=inplace=1,{scaled},unpremultiply=inplace=1,format=argb"


def _encoder(take: Encoding, roll: FrameStream, group: int) -> list[str]:
    groups = ["-g", str(group)]
    exact = ["-flags:v", "+bitexact", "-threads", str(THREADS)]
    match take.codec:
        case "h264":
            of = QUALITIES[take.quality]
            return [
                *("-c:v", "libx264", "-preset", of.preset, "-crf", str(of.rate_factor), "-profile:v", "high"),
                *("-x264-params", of.parameters, *groups, "-bf", "2"),
                *("-flags:v", "+cgop+bitexact", "-threads", str(THREADS), *COLOURS),
                # Each byte of chroma lies in the middle of its four pixels.
                *("-chroma_sample_location", "center"),
            ]
        case "av1":
            of = AV1_QUALITIES[take.quality]
            rate = ["-preset", of.preset, "-crf", str(of.rate_factor), "-svtav1-params", of.parameters]
            return ["-c:v", SVT_AV1, *rate, *groups, "-flags:v", "+cgop+bitexact", *COLOURS]
        case "vp9":
            of = VP9_QUALITIES[take.quality]
            rate = ["-crf", str(of.rate_factor), "-b:v", "0", "-deadline", of.parameters, "-cpu-used", of.preset]
            return ["-c:v", "libvpx-vp9", *rate, "-row-mt", "1", "-tile-columns", "2", *groups, *exact, *COLOURS]
        case "prores":
            # As good as ProRes 4444 is meant to be; without a limit what is half transparent takes twice as much.
            rate = ["-profile:v", "4444", "-alpha_bits", "8", "-bits_per_mb", "1500", "-vendor", "apl0"]
            return ["-c:v", "prores_ks", *rate, *exact, *COLOURS]
        case "lossless":
            if roll.is_transparent:
                return ["-c:v", "qtrle", *groups, *exact]
            return ["-c:v", "libx264rgb", "-preset", "ultrafast", "-qp", "0", *groups, *exact]


class Encoder:
    """ffmpeg encoding a take of a segment: write its pictures, end the input, finish. `close` leaves nothing behind."""

    def __init__(self, arguments: list[str], stall_limit: float) -> None:
        self._ffmpeg = Ffmpeg(arguments, feed=True, gather=True, stall_limit=stall_limit)

    def write(self, picture: memoryview) -> None:
        """Feed it a picture's bytes. Raises EncodingFailed."""
        try:
            self._ffmpeg.write(picture)
        except FfmpegFailed as failure:
            raise EncodingFailed(str(failure)) from failure

    def end_input(self) -> None:
        """There is no further picture: it ends by itself."""
        self._ffmpeg.end_input()

    def finish(self) -> bytes:
        """Wait for its end and return what it made. Raises EncodingFailed."""
        try:
            self._ffmpeg.finish()
            return self._ffmpeg.gathered
        except FfmpegFailed as failure:
            raise EncodingFailed(str(failure)) from failure
        finally:
            self.close()

    def close(self) -> None:
        """End it at once if it still runs."""
        self._ffmpeg.__exit__(None, None, None)


# A film is cut into segments, each encoded by itself; where the cuts are depends on the film alone, not on who works.
#
# Every segment but the last is GROUPS groups of pictures long, so a cut lies where a group would begin anyway.

FramePicture = bytes | bytearray | memoryview | NDArray[np.uint8]
"""One picture's bytes, rows from the top, as its roll says. It may be overwritten when the next is made."""

GROUPS = 3
"""Groups of pictures in a segment: six seconds. Short ones start many encoders; long ones leave workers idle."""


def segments_of(frame_count: int, fps: Fraction) -> list[range]:
    """The frames of each segment. A remainder shorter than a group belongs to the segment before it."""
    group = group_of_pictures(fps)
    length = GROUPS * group
    starts = [*range(0, max(1, frame_count - group + 1), length)]
    return [range(start, stop) for start, stop in zip(starts, [*starts[1:], frame_count], strict=True)]


def encode_segment(
    pictures: Iterable[FramePicture],
    frames: range,
    roll: FrameStream,
    *,
    on_frame: Callable[[int], None] | None = None,
    stall_limit: float = STALL_LIMIT,
) -> tuple[bytes, ...]:
    """One segment, encoded for each take of the roll: see `fragments.split`.

    pictures: of `frames`, those of the film. Raises EncodingFailed; see also `write_film`.
    """
    (segment,) = encoded_in_turn(pictures, [frames], roll, on_frame=on_frame, stall_limit=stall_limit)
    return segment


def encoded_in_turn(
    pictures: Iterable[FramePicture],
    segments: Sequence[range],
    roll: FrameStream,
    *,
    on_frame: Callable[[int], None] | None = None,
    stall_limit: float = STALL_LIMIT,
) -> Iterator[tuple[bytes, ...]]:
    """Encode all pictures, and yield each segment. While one is fed, the one before ends and the next one starts.

    on_frame: called after each picture with the number of pictures encoded so far.
    """
    source = checked(pictures, roll.picture_bytes, sum(map(len, segments)))
    arguments = [take_arguments(take, roll) for take in roll.takes]
    running: list[Encoder] = []

    def start() -> list[Encoder]:
        started = []
        for each in arguments:
            started.append(Encoder(each, stall_limit))
            running.append(started[-1])
        return started

    def end(encoders: list[Encoder]) -> tuple[bytes, ...]:
        made = []
        for encoder in encoders:
            running.remove(encoder)
            made.append(encoder.finish())
        return tuple(made)

    fed = 0
    try:
        encoders, draining = start(), None
        for segment, has_next in zip(segments, [*[True] * (len(segments) - 1), False], strict=True):
            following = start() if has_next else None
            for index in segment:
                picture = next(source)
                for take, encoder in zip(roll.takes, encoders, strict=True):
                    if index % take.every == 0:
                        encoder.write(picture)
                fed += 1
                if on_frame is not None:
                    on_frame(fed)
            for encoder in encoders:
                encoder.end_input()
            if draining is not None:
                yield end(draining)
            draining, encoders = encoders, following or encoders
        assert draining is not None
        yield end(draining)
    finally:
        for encoder in running:
            encoder.close()


def checked(pictures: Iterable[FramePicture], size: int, count: int) -> Iterator[memoryview]:
    """The first `count` pictures as bytes. Raises ValueError if one is missing, or not of `size` bytes."""
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
