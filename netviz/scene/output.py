"""What a scene says of the files that become of it: how large, how fast, how good, and where they go."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from netviz.scene.part import Part
from netviz.scene.platforms import PLATFORMS, PlatformName, platform_of
from netviz.scene.values import LARGEST_SIDE, FrameRate, Size

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
