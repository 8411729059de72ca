"""Pictures become H.264: ffmpeg's argument list for a segment, and the process that encodes one.

H.264 High, yuv420p, BT.709 converted and tagged, closed groups of pictures: what browsers, QuickTime and editors play.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from netviz.errors import NetvizError
from netviz.ffmpeg import Ffmpeg, FfmpegFailed

THREADS = 4
"""x264's output depends on its number of threads: a fixed one gives the same bytes on every machine."""


@dataclass(frozen=True)
class Quality:
    """How hard the encoder tries; docs/speed.md shows what each choice gives."""

    preset: str
    rate_factor: int
    parameters: str


# aq-mode=3 spends more on the dark parts of a picture, which is where these films have their gradients.
# 8x8dct, which ultrafast leaves out, is what makes the profile High.
QUALITIES = {
    "draft": Quality("ultrafast", 30, "8x8dct=1"),
    "good": Quality("veryfast", 28, "aq-mode=3"),
    "best": Quality("slow", 18, "aq-mode=3"),
}


class EncodingFailed(NetvizError):
    """The film, or a segment of it, could not be made; nothing is left of it."""


def picture_bytes(size: tuple[int, int]) -> int:
    """Bytes of a picture of `size` (width, height): planes Y, U and V, BT.709 in the limited range, of yuv420p."""
    return size[0] * size[1] * 3 // 2


def group_of_pictures(fps: Fraction) -> int:
    """Frames between two pictures that a player can begin with: two seconds, at least one frame."""
    return max(1, round(2 * fps))


def segment_arguments(*, size: tuple[int, int], fps: Fraction, quality: str) -> list[str]:
    """ffmpeg's arguments that encode raw pictures from standard input to fragments of an MP4 on standard output.

    size: width and height in pixels, both even. Pictures are as `picture_bytes` says: they are tagged as what they are,
    and not converted. The executable is left out.
    """
    chosen = QUALITIES[quality]
    tags = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
    return [
        *("-v", "error", "-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", f"{size[0]}x{size[1]}"),
        *("-framerate", str(fps), "-i", "pipe:0", "-map", "0:v", "-vf", tags),
        *("-c:v", "libx264", "-preset", chosen.preset, "-crf", str(chosen.rate_factor), "-profile:v", "high"),
        *("-x264-params", chosen.parameters, "-g", str(group_of_pictures(fps)), "-bf", "2"),
        *("-flags:v", "+cgop+bitexact", "-threads", str(THREADS)),
        *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"),
        # Each byte of chroma lies in the middle of its four pixels.
        *("-chroma_sample_location", "center"),
        *("-map_metadata", "-1", "-fflags", "+bitexact", "-movflags", "+frag_keyframe+empty_moov+default_base_moof"),
        *("-f", "mp4", "pipe:1"),
    ]


class Encoder:
    """ffmpeg encoding one segment: write its pictures, end the input, finish. `close` leaves nothing of it behind."""

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
