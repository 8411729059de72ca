"""Formats: what a film can become by the end of its file's name, and how it is encoded for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Literal

from netviz.ffmpeg import has_encoder

FileKind = Literal["mp4", "webm", "mov", "gif", "webp", "apng"]
WebmCodec = Literal["av1", "vp9"]

FILE_KINDS: Mapping[str, FileKind] = {f".{kind}": kind for kind in ("mp4", "webm", "mov", "gif", "webp", "apng")}
"""Kinds of moving pictures by the ends of names."""
PICTURES = (".png", ".jpg", ".jpeg")
"""Ends of the names of single pictures."""
ANIMATED = ("gif", "webp", "apng")
"""Kinds that are pictures themselves: they repeat, and have no sound."""
OPAQUE = {
    ".mp4": "H.264 has no transparency; .webm and .mov have",
    ".gif": "GIF knows no half-transparent light; .webp, .apng, .webm and .mov do",
    ".jpg": "JPEG has no transparency; .png has",
    ".jpeg": "JPEG has no transparency; .png has",
}
"""Why some kinds, by the ends of names, cannot be transparent."""
SVT_AV1 = "libsvtav1"
"""What encodes AV1 fast enough; not every ffmpeg has it."""
LARGE = 960
"""Pixels along the longer side from which animated pictures are made smaller than the film."""
FASTEST_GIF = 50
"""Pictures a second: what a GIF shows for less than two hundredths, browsers show for ten."""
USUAL_SIDE = 640
"""Pixels along the longer side that they then have."""


@dataclass(frozen=True)
class OutputFile:
    """A file that a film becomes. take: what it is made from. is_transparent: whether its pictures have no ground."""

    path: Path
    kind: FileKind
    take: Encoding
    is_transparent: bool = False

    @property
    def has_sound(self) -> bool:
        """Whether the film is heard in it."""
        return self.kind not in ANIMATED


@dataclass(frozen=True)
class EncodeSettings:
    """How files are made. size, fps, quality: of the film.

    webm: the codec of WebM, None for what ffmpeg here can. side, rate: pixels along the longer side and pictures a
    second that animated pictures have at most, None for what is usual. is_transparent: whether the ground is left out;
    in .mov it always is.
    """

    size: tuple[int, int]
    fps: Fraction
    quality: str
    webm: WebmCodec | None = None
    side: int | None = None
    rate: Fraction = Fraction(15)
    is_transparent: bool = False


def is_picture(path: Path) -> bool:
    """Whether a name says that its file is a single picture."""
    return path.suffix.lower() in PICTURES


def is_played(path: Path) -> bool:
    """Whether a name says that its file is played, with sound and captions."""
    return FILE_KINDS.get(path.suffix.lower(), ANIMATED[0]) not in ANIMATED


def usual_webm() -> WebmCodec:
    """The codec of WebM where nobody chooses one: av1 if ffmpeg here can. Raises FfmpegMissing."""
    return "av1" if has_encoder(SVT_AV1) else "vp9"


def outputs_of(targets: Sequence[Path], making: EncodeSettings) -> tuple[OutputFile, ...]:
    """What becomes of the film, for all targets that are moving pictures. The kind of any other is MP4.

    Raises FfmpegMissing if there is no ffmpeg that could be asked what it can.
    """
    outputs = []
    for target in targets:
        kind = FILE_KINDS.get(target.suffix.lower(), "mp4")
        is_transparent = kind == "mov" or making.is_transparent
        outputs.append(OutputFile(target, kind, _take(kind, making, is_transparent), is_transparent))
    return tuple(outputs)


def frame_streams(outputs: Sequence[OutputFile], making: EncodeSettings) -> list[FrameStream]:
    """What is drawn for some outputs: pictures with a ground, without one, or both; each with every take once."""
    rolls = []
    for is_transparent in (False, True):
        takes = dict.fromkeys(output.take for output in outputs if output.is_transparent == is_transparent)
        if takes:
            rolls.append(FrameStream(making.size, making.fps, tuple(takes), is_transparent))
    return rolls


def _take(kind: FileKind, making: EncodeSettings, is_transparent: bool) -> Encoding:
    match kind:
        case "mp4":
            return Encoding("h264", making.quality, making.size)
        case "mov":
            return Encoding("prores", making.quality, making.size)
        case "webm" if is_transparent:  # its two streams are encoded together, in one go
            return Encoding("lossless", making.quality, making.size)
        case "webm":
            return Encoding(making.webm or usual_webm(), making.quality, making.size)
        case _:
            every = max(1, round(making.fps / making.rate))
            if kind == "gif":
                every = max(every, ceil(making.fps / FASTEST_GIF))
            return Encoding("lossless", making.quality, animated_size(making), every)


def animated_size(making: EncodeSettings) -> tuple[int, int]:
    """Width and height of animated pictures: never larger than the film."""
    longer = max(making.size)
    side = min(longer, making.side or (USUAL_SIDE if longer > LARGE else longer))
    width, height = (max(1, round(each * side / longer)) for each in making.size)
    return width, height


# FrameStreams and takes: pictures that are drawn once, and the ways in which they are encoded while they are.

Codec = Literal["h264", "av1", "vp9", "prores", "lossless"]


@dataclass(frozen=True)
class Encoding:
    """One way in which a roll's pictures are encoded.

    codec: prores and, of a transparent roll, lossless keep what shines through. quality: draft, good or best, for those
    that lose something. size: width and height to which pictures are brought. every: only each n-th picture is taken.
    """

    codec: Codec
    quality: str
    size: tuple[int, int]
    every: int = 1

    def taken(self, frames: range) -> range:
        """Those of a run of the film's frames that are taken."""
        return range(-(-frames.start // self.every) * self.every, frames.stop, self.every)


@dataclass(frozen=True)
class FrameStream:
    """Pictures of one kind, and their takes.

    size: width and height in pixels, both even. is_transparent: whether they have no ground. A picture is then red,
    green, blue and alpha, not multiplied with each other (height, width, 4); otherwise it is the planes Y, U and V of
    yuv420p, BT.709 in the limited range. All with 8 bits.
    """

    size: tuple[int, int]
    fps: Fraction
    takes: tuple[Encoding, ...]
    is_transparent: bool = False

    @property
    def picture_bytes(self) -> int:
        """Bytes of one picture."""
        width, height = self.size
        return width * height * 4 if self.is_transparent else width * height * 3 // 2

    def fps_of(self, take: Encoding) -> Fraction:
        """Pictures a second of a take."""
        return self.fps / take.every
