"""Output of a scene: sizes, frame rates and kinds of its files, and what platforms require of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from netviz.scene.model import Part
from netviz.scene.types import LARGEST_SIDE, FrameRate, Size

# Platforms: their requirements for films, as of 2026. docs/how-to/platforms.md gives the source of every value.
#
# Platforms change: a value here is the one known when it was written down.

PlatformName = Literal["youtube", "shorts", "instagram", "x", "blog", "slides"]

HD, SMALL_HD, VERTICAL = (1920, 1080), (1280, 720), (1080, 1920)
UPRIGHT_SCREEN, WIDE_SCREEN = Fraction(9, 16), Fraction(16, 9)

EVERY_KIND = ("mp4", "webm", "mov", "gif", "webp", "apng")

SAME_SHAPE = Fraction(1, 100)
"""Relative tolerance of a picture's shape: 480x854 is as good as 9:16."""


@dataclass(frozen=True)
class Covered:
    """Margins that an app covers with its own controls, as parts of the screen (0 to 1) from each side."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0


@dataclass(frozen=True)
class AnimatedLimits:
    """Limits of a platform for GIFs.

    largest_file: in bytes. largest: width and height in pixels. pictures: number of them. pixels: in all pictures.
    """

    largest_file: int
    largest: tuple[int, int]
    pictures: int
    pixels: int


@dataclass(frozen=True)
class Platform:
    """Requirements of a platform for films. None: no limit.

    size: (width, height) of the picture, in pixels. loudness: target loudness of the sound, in LUFS. longest: length of
    a film, in seconds. fastest: frame rate, in frames a second. largest_file: in bytes. largest: the longer and the
    shorter side of a picture, in pixels. narrowest, widest: width over height of a picture. screen: width over height
    of the screen, in whose middle the film is shown whole. covered: margins of that screen that the app covers. kinds:
    of files that it takes, by the ends of their names. gif: its limits for GIFs; None: those for films.
    """

    size: tuple[int, int]
    loudness: float
    longest: int | None = None
    fastest: int | None = None
    largest_file: int | None = None
    largest: tuple[int, int] | None = None
    narrowest: Fraction | None = None
    widest: Fraction | None = None
    screen: Fraction = WIDE_SCREEN
    covered: Covered = Covered()
    kinds: tuple[str, ...] = ("mp4", "webm", "mov")
    gif: AnimatedLimits | None = None


PLATFORMS: Mapping[str, Platform] = {
    "youtube": Platform(HD, -14.0, longest=12 * 3600, fastest=60, largest_file=256 * 10**9),
    "shorts": Platform(
        VERTICAL, -14.0, longest=180, fastest=60, largest_file=256 * 10**9, widest=Fraction(1), screen=UPRIGHT_SCREEN,
        covered=Covered(left=0.05, top=0.10, right=0.16, bottom=0.25),
    ),
    "instagram": Platform(
        VERTICAL, -14.0, longest=180, fastest=60, largest_file=4 * 10**9, narrowest=Fraction(9, 16),
        widest=Fraction(191, 100), screen=UPRIGHT_SCREEN,
        covered=Covered(left=0.06, top=0.14, right=0.14, bottom=0.22), kinds=("mp4",),
    ),
    "x": Platform(
        SMALL_HD, -14.0, longest=140, fastest=60, largest_file=512 * 10**6, largest=(1920, 1200),
        narrowest=Fraction(100, 239), widest=Fraction(239, 100), covered=Covered(bottom=0.12),
        kinds=("mp4", "gif"), gif=AnimatedLimits(15 * 10**6, (1280, 1080), pictures=350, pixels=300_000_000),
    ),
    "blog": Platform(SMALL_HD, -16.0, kinds=EVERY_KIND),
    "slides": Platform(HD, -16.0, kinds=EVERY_KIND),
}  # fmt: skip


def platform_of(name: PlatformName | None) -> Platform | None:
    """Return the requirements of a platform; None if the film is made for none."""
    return None if name is None else PLATFORMS[name]


def misfit_of_size(name: PlatformName, size: tuple[int, int]) -> str | None:
    """Return why a platform refuses a picture of (width, height) pixels, and what would be right; None if it does
    not."""
    platform, (width, height) = PLATFORMS[name], size
    own = f"{platform.size[0]}x{platform.size[1]}"
    shape = Fraction(width, height)
    if name == "youtube" and width <= height:
        return f"YouTube shows {width}x{height}, which is no wider than tall, as a Short; give --for shorts, or {own}"
    if name == "shorts" and width > height:
        return f"{width}x{height} is wider than tall, and so no Short; give {own} (vertical), or square"
    if platform.narrowest is not None and shape < (1 - SAME_SHAPE) * platform.narrowest:
        return f"{width}x{height} is too narrow for {name}; {_shapes(platform)} are shown whole, such as {own}"
    if platform.widest is not None and shape > (1 + SAME_SHAPE) * platform.widest:
        return f"{width}x{height} is too wide for {name}; {_shapes(platform)} are shown whole, such as {own}"
    if platform.largest is not None and (max(size) > platform.largest[0] or min(size) > platform.largest[1]):
        most = "x".join(map(str, platform.largest))
        return f"{width}x{height} is larger than the {most} that {name} takes, either way round; give {own}"
    return None


def misfit_of_rate(name: PlatformName, fps: Fraction) -> str | None:
    """Return why a platform refuses so many frames a second, and what would be right; None if it does not."""
    fastest = PLATFORMS[name].fastest
    if fastest is None or fps <= fastest:
        return None
    return f"{name} takes at most {fastest} frames a second; give {fastest} or less"


def safe_part(name: PlatformName | None, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return the area of a picture of (width, height) that no app covers: left, top, right, bottom, 0 to 1.

    The picture stands whole in the middle of the platform's screen, so the bars beside it may be covered first.
    """
    platform = platform_of(name)
    if platform is None:
        return (0.0, 0.0, 1.0, 1.0)
    shape, screen, covered = size[0] / size[1], float(platform.screen), platform.covered
    # The part of the screen that the picture fills, across and down.
    across, down = min(1.0, shape / screen), min(1.0, screen / shape)
    return (
        _inset(covered.left, across),
        _inset(covered.top, down),
        1 - _inset(covered.right, across),
        1 - _inset(covered.bottom, down),
    )


def size_within(size: tuple[int, int], pixels: int) -> tuple[int, int]:
    """Return a size of the same shape as one in pixels, with at most about so many in all; no side shorter than 128."""
    width, height = size
    scale = min(1.0, sqrt(pixels / (width * height)))
    return max(128, round(width * scale / 2) * 2), max(128, round(height * scale / 2) * 2)


def _inset(covered: float, filled: float) -> float:
    """Return the part of a picture that is covered from one side.

    covered: part of the screen that the app covers. filled: part of the screen that the picture fills, in its middle.
    """
    return max(0.0, covered - (1 - filled) / 2) / filled


def _shapes(platform: Platform) -> str:
    """Return the range of shapes that a platform shows: "pictures from 9:16 to 1.91:1"."""
    ends = (_ratio(each) for each in (platform.narrowest, platform.widest) if each is not None)
    return f"pictures from {' to '.join(ends)}"


def _ratio(shape: Fraction) -> str:
    """Format a shape, width over height: 9:16, 1.91:1, 1:2.39."""
    if shape == UPRIGHT_SCREEN:
        return "9:16"
    return f"{float(shape):g}:1" if shape >= 1 else f"1:{float(1 / shape):g}"


Quality = Literal["draft", "good", "best"]


class Animated(Part):
    """Animated pictures: GIF, WebP and APNG."""

    side: Annotated[int, Field(ge=64, le=LARGEST_SIDE)] | None = None
    """Length of the longer side in pixels, never more than the film has. Default: 640 where the film has more than
    960."""
    fps: Annotated[FrameRate, Field(ge=1)] = Fraction(15)
    """Approximate frame rate in pictures a second, at least 1: 15 takes every second picture of a film of 30. Never
    more than the film has, and in .gif never more than 50."""


class Output(Part):
    """Output of the film: picture size, frame rate and files."""

    platform: PlatformName | None = None
    """Platform that the film is made for: youtube, shorts, instagram, x, blog or slides. It sets the size and the
    loudness, keeps panels clear of what its app lays over the picture, and refuses what it does not take."""
    size: Size = (1920, 1080)
    """Size of the picture: WIDTHxHEIGHT in pixels, both even, or 1080p, 720p, 4k, square, portrait, vertical. Default:
    the platform's, or 1920x1080."""
    fps: FrameRate = Fraction(30)
    """Frame rate in frames a second; a fraction such as 30000/1001 is exact."""
    quality: Quality = "good"
    """Encoding quality. draft encodes fast, good is for publishing, best is for archives."""
    transparent: bool = False
    """Leave out the background, so that the film can be laid over something else; in .mov it is always left out."""
    webm: Literal["av1", "vp9"] | None = None
    """Codec of .webm. av1 files are smaller and encoded faster, vp9 plays in older Safaris too. Default: av1 if ffmpeg
    on this machine has it. With transparency it is always vp9."""
    about: bool = True
    """Store in the files what they were made of: the whole scene, including its examples."""
    animated: Animated = Animated()
    """Size and frame rate of .gif, .webp and .apng."""

    @model_validator(mode="before")
    @classmethod
    def _size_of_platform(cls, given: Any) -> Any:
        """Use the platform's size if no size is given."""
        if isinstance(given, Mapping) and "size" not in given:
            name = given.get("platform")
            if isinstance(name, str) and name in PLATFORMS:
                return {**given, "size": PLATFORMS[name].size}
        return given

    @property
    def loudness(self) -> float | None:
        """Target loudness of the platform, in LUFS; None without a platform."""
        platform = platform_of(self.platform)
        return None if platform is None else platform.loudness
