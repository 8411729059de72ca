"""Output, sound and sync of a scene: files and platforms, music, and the beats that steps keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, model_validator

from netviz.scene.model import Part
from netviz.scene.types import LARGEST_SIDE, LONGEST_FILM, FilePath, FrameRate, Offset, Several, Shorthand, Size, Text

# What is heard: a piece of music, from where on, how loud, and which of film and music follows the other.

Fit = Literal["film", "track"]

QUIETEST, LOUDEST = -60, 24
"""dB a track's gain may be."""
QUIETEST_TARGET, LOUDEST_TARGET = -40, -6
"""LUFS a track may be brought to. Broadcasters use -23, music services about -14."""


SONIFY = "sonify"
"""What a scene writes in the place of a file for sound that is made from the run. A file of that name is ./sonify."""


class Sound(Part):
    """What is heard with the film."""

    file: FilePath
    """The music: a file in the scene's folder, bundled:track.mp3, or sonify, which makes it from the run itself."""
    start: Offset = Fraction(0)
    """Seconds into the track at which the film begins."""
    gain: Annotated[FiniteFloat, Field(ge=QUIETEST, le=LOUDEST)] = 0.0
    """How much louder (or quieter, below 0) than in the file, in dB."""
    fade_in: Offset = Fraction(0)
    """Seconds in which the music comes up at the film's beginning."""
    fade_out: Offset | None = None
    """Seconds in which it goes at the film's end. Without it none; two where the track is cut or repeated."""
    fit: Fit = "film"
    """film: the film is exactly as long as the rest of the track; track: the film has its own length, and the track is
    cut or repeated to fit."""
    loudness: Annotated[FiniteFloat, Field(ge=QUIETEST_TARGET, le=LOUDEST_TARGET)] | None = None
    """The loudness it is brought to, in LUFS (EBU R128), by one gain for all of it; without it, it is left alone."""
    licence: Text | None = None
    """Under which licence the music is used, and whom it asks to be named: "CC BY 4.0, Song by Somebody". It is kept in
    the film's file; without it what the music's own file says."""

    @property
    def is_sonified(self) -> bool:
        """Whether it is made from the run, and so as long as the film, whose length it does not give."""
        return self.file == SONIFY


SoundOrFile = Annotated[Sound | None, Shorthand("file", (("type", "string"), ("minLength", 1)))]


# What the steps of a film keep time with: the beats or onsets of its music, or beats that the scene gives.

_SLOWEST, _FASTEST = 10, 600
"""Beats a minute."""

TypedMoment = Annotated[FiniteFloat, Field(ge=0, le=LONGEST_FILM)]


class Sync(Part):
    """What the steps of the learning shot keep time with. One word, beats or onsets, is the same as {to: ...}."""

    to: Literal["beats", "onsets"] = "beats"
    """beats: the pulse of the music, found in it; onsets: whatever sets in, even or not."""
    bpm: Annotated[FiniteFloat, Field(ge=_SLOWEST, le=_FASTEST)] | None = None
    """Beats a minute, where you know them: then nothing is looked for in the music."""
    offset: TypedMoment | None = None
    """With bpm: when the first beat is, in seconds from the start of the film; 0 unless given."""
    bar: Annotated[int, Field(ge=1, le=64)] = 4
    """Beats in a bar. Shots begin with a bar where they can."""
    at: Several[TypedMoment] | None = None
    """Or every beat, increasing, in seconds from the start of the film."""

    @property
    def is_heard(self) -> bool:
        """Whether the beats have to be found in the music."""
        return self.bpm is None and self.at is None


SyncOrWord = Annotated[Sync | None, Shorthand("to", (("enum", ["beats", "onsets"]),))]


# The places where films go: what each asks of a film, as of 2026. docs/platforms.md says where every value is from.
#
# Platforms change: a value here is the one known when it was written down.

PlatformName = Literal["youtube", "shorts", "instagram", "x", "blog", "slides"]

HD, SMALL_HD, VERTICAL = (1920, 1080), (1280, 720), (1080, 1920)
UPRIGHT_SCREEN, WIDE_SCREEN = Fraction(9, 16), Fraction(16, 9)

SAME_SHAPE = Fraction(1, 100)
"""How far a picture's shape may be off: 480x854 is as good as 9:16."""


@dataclass(frozen=True)
class Covered:
    """What an app lays its own things over, as parts of the screen from each side."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0


@dataclass(frozen=True)
class Platform:
    """What a place asks of a film.

    size: of the picture, in pixels. loudness: LUFS the sound is brought to. longest: seconds of a film; None: no limit.
    fastest: frames a second. largest_file: bytes. largest: the longer and the shorter side of a picture, in pixels.
    narrowest, widest: width over height; None: any. screen: width over height of what the film is shown on, whole and
    in its middle. covered: parts of that screen which the app needs for itself.
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


PLATFORMS: Mapping[str, Platform] = {
    "youtube": Platform(HD, -14.0, longest=12 * 3600, fastest=60, largest_file=256 * 10**9),
    "shorts": Platform(
        VERTICAL, -14.0, longest=180, fastest=60, largest_file=256 * 10**9, widest=Fraction(1), screen=UPRIGHT_SCREEN,
        covered=Covered(left=0.05, top=0.10, right=0.16, bottom=0.25),
    ),
    "instagram": Platform(
        VERTICAL, -14.0, longest=180, fastest=60, largest_file=4 * 10**9, narrowest=Fraction(9, 16),
        widest=Fraction(191, 100), screen=UPRIGHT_SCREEN,
        covered=Covered(left=0.06, top=0.14, right=0.14, bottom=0.22),
    ),
    "x": Platform(
        SMALL_HD, -14.0, longest=140, fastest=60, largest_file=512 * 10**6, largest=(1920, 1200),
        narrowest=Fraction(100, 239), widest=Fraction(239, 100), covered=Covered(bottom=0.12),
    ),
    "blog": Platform(SMALL_HD, -16.0),
    "slides": Platform(HD, -16.0),
}  # fmt: skip


def platform_of(name: PlatformName | None) -> Platform | None:
    """What is known of a platform; None where a film is made for none."""
    return None if name is None else PLATFORMS[name]


def misfit_of_size(name: PlatformName, size: tuple[int, int]) -> str | None:
    """Why a platform does not take a picture of (width, height), and what would be right."""
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
    """Why a platform does not take so many frames a second, and what would be right."""
    fastest = PLATFORMS[name].fastest
    if fastest is None or fps <= fastest:
        return None
    return f"{name} takes at most {fastest} frames a second; give {fastest} or less"


def safe_part(name: PlatformName | None, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what nothing is laid over, as parts of a picture of (width, height).

    The picture stands whole in the middle of the platform's screen, so that the screen's bars can take what is covered.
    """
    platform = platform_of(name)
    if platform is None:
        return (0.0, 0.0, 1.0, 1.0)
    shape, screen, covered = size[0] / size[1], float(platform.screen), platform.covered
    # How much of the screen the picture takes, across and down.
    across, down = min(1.0, shape / screen), min(1.0, screen / shape)
    return (
        _inset(covered.left, across),
        _inset(covered.top, down),
        1 - _inset(covered.right, across),
        1 - _inset(covered.bottom, down),
    )


def _inset(covered: float, taken: float) -> float:
    """The part of a picture that is covered from one side, where it takes a part of the screen, in its middle."""
    return max(0.0, covered - (1 - taken) / 2) / taken


def _shapes(platform: Platform) -> str:
    """The shapes of picture that a platform shows."""
    ends = (_ratio(each) for each in (platform.narrowest, platform.widest) if each is not None)
    return f"pictures from {' to '.join(ends)}"


def _ratio(shape: Fraction) -> str:
    """9:16, 1.91:1, 1:2.39."""
    if shape == UPRIGHT_SCREEN:
        return "9:16"
    return f"{float(shape):g}:1" if shape >= 1 else f"1:{float(1 / shape):g}"


Quality = Literal["draft", "good", "best"]


class Animated(Part):
    """Animated pictures: GIF, WebP and APNG."""

    side: Annotated[int, Field(ge=64, le=LARGEST_SIDE)] | None = None
    """Pixels along the longer side, never more than the film has; without it 640 where the film has more than 960."""
    fps: Annotated[FrameRate, Field(ge=1)] = Fraction(15)
    """About so many pictures a second, at least one: of a film of 30 every second one. Never more than the film has,
    and in .gif never more than 50."""


class Output(Part):
    """The picture and the files."""

    platform: PlatformName | None = None
    """Where the film goes: youtube, shorts, instagram, x, blog or slides. It gives the size, says how loud the sound is
    and where nothing is laid over the picture, and what it does not take is refused."""
    size: Size = (1920, 1080)
    """WIDTHxHEIGHT in pixels, both even, or 1080p, 720p, 4k, square, portrait, vertical; without it the platform's, or
    1920x1080."""
    fps: FrameRate = Fraction(30)
    """Frames a second; a fraction such as 30000/1001 is exact."""
    quality: Quality = "good"
    """draft encodes fast, good is for publishing, best is for archives."""
    transparent: bool = False
    """Whether the ground is left out, so that the film can be laid over something else; in .mov it always is."""
    webm: Literal["av1", "vp9"] | None = None
    """The codec of .webm. av1 is smaller and faster made, vp9 plays in older Safaris too; without it av1 where ffmpeg
    here can. With transparency it is always vp9."""
    about: bool = True
    """Whether the files say what they were made of: the whole scene, its examples among it."""
    animated: Animated = Animated()
    """The size of .gif, .webp and .apng."""

    @model_validator(mode="before")
    @classmethod
    def _size_of_platform(cls, given: Any) -> Any:
        """A size that nobody gives is the platform's."""
        if isinstance(given, Mapping) and "size" not in given:
            name = given.get("platform")
            if isinstance(name, str) and name in PLATFORMS:
                return {**given, "size": PLATFORMS[name].size}
        return given

    @property
    def loudness(self) -> float | None:
        """LUFS that the platform wants sound to have; None where nobody says it."""
        platform = platform_of(self.platform)
        return None if platform is None else platform.loudness
