"""What a film can become: the kinds of files, by the ends of their names, and the take that each is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Literal

from netviz.executable import has_encoder
from netviz.video.takes import Roll, Take

Kind = Literal["mp4", "webm", "mov", "gif", "webp", "apng"]
WebmCodec = Literal["av1", "vp9"]

KINDS: Mapping[str, Kind] = {f".{kind}": kind for kind in ("mp4", "webm", "mov", "gif", "webp", "apng")}
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
class Output:
    """A file that a film becomes. take: what it is made from. is_transparent: whether its pictures have no ground."""

    path: Path
    kind: Kind
    take: Take
    is_transparent: bool = False

    @property
    def has_sound(self) -> bool:
        """Whether the film is heard in it."""
        return self.kind not in ANIMATED


@dataclass(frozen=True)
class Making:
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
    return KINDS.get(path.suffix.lower(), ANIMATED[0]) not in ANIMATED


def usual_webm() -> WebmCodec:
    """The codec of WebM where nobody chooses one: av1 if ffmpeg here can. Raises FfmpegMissing."""
    return "av1" if has_encoder(SVT_AV1) else "vp9"


def outputs_of(targets: Sequence[Path], making: Making) -> tuple[Output, ...]:
    """What becomes of the film, for all targets that are moving pictures. The kind of any other is MP4.

    Raises FfmpegMissing if there is no ffmpeg that could be asked what it can.
    """
    outputs = []
    for target in targets:
        kind = KINDS.get(target.suffix.lower(), "mp4")
        is_transparent = kind == "mov" or making.is_transparent
        outputs.append(Output(target, kind, _take(kind, making, is_transparent), is_transparent))
    return tuple(outputs)


def rolls_of(outputs: Sequence[Output], making: Making) -> list[Roll]:
    """What is drawn for some outputs: pictures with a ground, without one, or both; each with every take once."""
    rolls = []
    for is_transparent in (False, True):
        takes = dict.fromkeys(output.take for output in outputs if output.is_transparent == is_transparent)
        if takes:
            rolls.append(Roll(making.size, making.fps, tuple(takes), is_transparent))
    return rolls


def _take(kind: Kind, making: Making, is_transparent: bool) -> Take:
    match kind:
        case "mp4":
            return Take("h264", making.quality, making.size)
        case "mov":
            return Take("prores", making.quality, making.size)
        case "webm" if is_transparent:  # its two streams are encoded together, in one go
            return Take("lossless", making.quality, making.size)
        case "webm":
            return Take(making.webm or usual_webm(), making.quality, making.size)
        case _:
            every = max(1, round(making.fps / making.rate))
            if kind == "gif":
                every = max(every, ceil(making.fps / FASTEST_GIF))
            return Take("lossless", making.quality, animated_size(making), every)


def animated_size(making: Making) -> tuple[int, int]:
    """Width and height of animated pictures: never larger than the film."""
    longer = max(making.size)
    side = min(longer, making.side or (USUAL_SIDE if longer > LARGE else longer))
    width, height = (max(1, round(each * side / longer)) for each in making.size)
    return width, height
