"""What a film's platform says of the whole film: how long it may be, how large its file, and what it will be for."""

from __future__ import annotations

from fractions import Fraction

from netviz.errors import Problem
from netviz.scene.platforms import platform_of
from netviz.scene.spec import Scene
from netviz.sound.length import clock
from netviz.video.files import amount
from netviz.video.film import Film


def length_problems(scene: Scene, seconds: Fraction) -> list[Problem]:
    """Why the scene's platform does not take a film of so many seconds."""
    name, platform = scene.output.platform, platform_of(scene.output.platform)
    if platform is None or platform.longest is None or seconds <= platform.longest:
        return []
    most, sound = platform.longest, scene.audio
    is_led = sound is not None and not sound.is_sonified and sound.fit == "film"
    cut = " and --set audio.fit=track, which cuts the music" if is_led else ""
    message = (
        f"the film lasts {clock(seconds)}, and {name} takes {clock(Fraction(most))} at most: "
        f"give --duration {most}{cut}"
    )
    return [Problem("output.platform", message)]


def platform_notes(scene: Scene, film: Film) -> list[str]:
    """What somebody should know who brings this film to the scene's platform: that it does not take so large a file."""
    name, platform = scene.output.platform, platform_of(scene.output.platform)
    if platform is None or platform.largest_file is None:
        return []
    return [
        f"{path}: {amount(size)} are more than the {amount(platform.largest_file)} that {name} takes; a shorter film, "
        "a smaller --size or --quality draft makes a smaller file"
        for path, size in film.files.items()
        if size > platform.largest_file
    ]


def platform_told(scene: Scene) -> str:
    """What a dry run says of the platform: "; for shorts (at most 180.0 s and 256.0 GB, -14 LUFS)"; "" without one."""
    name, platform, sound = scene.output.platform, platform_of(scene.output.platform), scene.audio
    if platform is None:
        return ""
    most = [clock(Fraction(platform.longest))] if platform.longest is not None else []
    most += [amount(platform.largest_file)] if platform.largest_file is not None else []
    said = [f"at most {' and '.join(most)}"] if most else []
    if sound is not None and sound.loudness is None and (sound.is_sonified or not sound.gain):
        said.append(f"{platform.loudness:g} LUFS")
    details = f" ({', '.join(said)})" if said else ""
    return f"; for {name}{details}"
