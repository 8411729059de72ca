"""The places where films go: what each asks of a film, as of 2026. docs/platforms.md says where every value is from.

Platforms change: a value here is the one known when it was written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

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
