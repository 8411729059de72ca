"""Formats: kinds of output files by the end of their names, and the streams and encodings each needs."""

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
"""Kinds of moving pictures, by the ends of their files' names."""
PICTURES = (".png", ".jpg", ".jpeg")
"""Ends of the names of single pictures."""
ANIMATED = ("gif", "webp", "apng")
"""Kinds of animated pictures: they repeat, and have no sound."""
OPAQUE = {
    ".mp4": "H.264 has no transparency; .webm and .mov have",
    ".gif": "GIF knows no half-transparent light; .webp, .apng, .webm and .mov do",
    ".jpg": "JPEG has no transparency; .png has",
    ".jpeg": "JPEG has no transparency; .png has",
}
"""Reasons for which some kinds, by the ends of names, cannot be transparent."""
SVT_AV1 = "libsvtav1"
"""ffmpeg's encoder for AV1 that is fast enough; not every ffmpeg has it."""
ENCODERS: Mapping[FileKind, tuple[str, ...]] = {
    "mp4": ("libx264", "aac"),
    "webm": ("libvpx-vp9", "libopus", "qtrle"),
    "mov": ("prores_ks", "pcm_s16le"),
    "gif": ("libx264rgb", "png", "gif"),
    "webp": ("libx264rgb", "qtrle", "libwebp_anim"),
    "apng": ("libx264rgb", "qtrle", "apng"),
}
"""ffmpeg's encoders without which a kind of file cannot be made, or not all of it: without ground, with sound."""
LARGE = 960
"""Most pixels along the longer side of a film whose animated pictures are as large as it is."""
FASTEST_GIF = 50
"""Most pictures a second of a GIF: one shown for less than two hundredths of a second browsers show for ten."""
USUAL_SIDE = 640
"""Pixels along the longer side of animated pictures of larger films, unless the scene gives a size."""


@dataclass(frozen=True)
class OutputFile:
    """A file that a film becomes. take: the encoding it is made from. is_transparent: whether it has no ground."""

    path: Path
    kind: FileKind
    encoding: Encoding
    is_transparent: bool = False

    @property
    def has_sound(self) -> bool:
        """True if the file has the film's sound."""
        return self.kind not in ANIMATED


@dataclass(frozen=True)
class EncodeSettings:
    """Settings for encoding a film's files. size, fps, quality: of the film.

    webm: the codec of WebM, None for the best that ffmpeg here has. side, rate: most pixels along the longer side
    of animated pictures, and most pictures a second in them; side None for the usual. is_transparent: whether the
    ground is left out; in .mov it always is.
    """

    size: tuple[int, int]
    fps: Fraction
    quality: str
    webm: WebmCodec | None = None
    side: int | None = None
    rate: Fraction = Fraction(15)
    is_transparent: bool = False


def is_picture(path: Path) -> bool:
    """Return whether a file is a single picture, by its name."""
    return path.suffix.lower() in PICTURES


def is_played(path: Path) -> bool:
    """Return whether a file is a film that is played, with sound and captions, by its name."""
    return FILE_KINDS.get(path.suffix.lower(), ANIMATED[0]) not in ANIMATED


def usual_webm() -> WebmCodec:
    """Codec of WebM where nobody chooses one: av1 if ffmpeg here has it, otherwise vp9. Raises FfmpegMissing."""
    return "av1" if has_encoder(SVT_AV1) else "vp9"


def outputs_of(targets: Sequence[Path], settings: EncodeSettings) -> tuple[OutputFile, ...]:
    """Output files of a film, one for each target, of the kind that its name says; MP4 where it says none.

    targets: those that are moving pictures. Raises FfmpegMissing if there is no ffmpeg to be asked for its encoders.
    """
    outputs = []
    for target in targets:
        kind = FILE_KINDS.get(target.suffix.lower(), "mp4")
        is_transparent = kind == "mov" or settings.is_transparent
        outputs.append(OutputFile(target, kind, _encoding(kind, settings, is_transparent), is_transparent))
    return tuple(outputs)


def frame_streams(outputs: Sequence[OutputFile], settings: EncodeSettings) -> list[FrameStream]:
    """Frame streams to draw for some outputs: with the ground, without it, or both; each with every encoding once."""
    streams = []
    for is_transparent in (False, True):
        encodings = dict.fromkeys(output.encoding for output in outputs if output.is_transparent == is_transparent)
        if encodings:
            streams.append(FrameStream(settings.size, settings.fps, tuple(encodings), is_transparent))
    return streams


def _encoding(kind: FileKind, settings: EncodeSettings, is_transparent: bool) -> Encoding:
    match kind:
        case "mp4":
            return Encoding("h264", settings.quality, settings.size)
        case "mov":
            return Encoding("prores", settings.quality, settings.size)
        case "webm" if is_transparent:  # its two streams are encoded together, in one go
            return Encoding("lossless", settings.quality, settings.size)
        case "webm":
            return Encoding(settings.webm or usual_webm(), settings.quality, settings.size)
        case _:
            every = max(1, round(settings.fps / settings.rate))
            if kind == "gif":
                every = max(every, ceil(settings.fps / FASTEST_GIF))
            return Encoding("lossless", settings.quality, animated_size(settings), every)


def animated_size(settings: EncodeSettings) -> tuple[int, int]:
    """Width and height in pixels of animated pictures: never larger than the film."""
    longer = max(settings.size)
    side = min(longer, settings.side or (USUAL_SIDE if longer > LARGE else longer))
    width, height = (max(1, round(each * side / longer)) for each in settings.size)
    return width, height


# Frame streams and encodings: pictures that are drawn once, and the ways in which they are encoded meanwhile.

Codec = Literal["h264", "av1", "vp9", "prores", "lossless"]


@dataclass(frozen=True)
class Encoding:
    """One way in which a stream's pictures are encoded.

    codec: prores and, of a transparent stream, lossless have an alpha channel. quality: draft, good or best, for lossy
    codecs. size: width and height in pixels to which pictures are scaled. every: only each n-th picture is encoded.
    """

    codec: Codec
    quality: str
    size: tuple[int, int]
    every: int = 1

    def selected(self, frames: range) -> range:
        """Frames that are encoded, of a run of the film's frames."""
        return range(-(-frames.start // self.every) * self.every, frames.stop, self.every)


@dataclass(frozen=True)
class FrameStream:
    """Pictures of one kind, and the ways in which they are encoded.

    size: width and height in pixels, both even. takes: their encodings. is_transparent: whether they have no ground. A
    picture is then red, green, blue and alpha, not premultiplied (height, width, 4); otherwise it is the planes Y, U
    and V of yuv420p, BT.709 in the limited range. All with 8 bits.
    """

    size: tuple[int, int]
    fps: Fraction
    encodings: tuple[Encoding, ...]
    is_transparent: bool = False

    @property
    def picture_bytes(self) -> int:
        """Bytes of one picture."""
        width, height = self.size
        return width * height * 4 if self.is_transparent else width * height * 3 // 2

    def fps_of(self, encoding: Encoding) -> Fraction:
        """Pictures a second of an encoding."""
        return self.fps / encoding.every
