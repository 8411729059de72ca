"""Platforms: the films and files that a scene's platform takes, and those that it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from netviz.atomic_files import amount
from netviz.audio.soundtrack import duration_text
from netviz.errors import Problem
from netviz.scene.output import AnimatedLimits, platform_of
from netviz.scene.scene import Look
from netviz.timeline.plan import Plan
from netviz.video.formats import FILE_KINDS, EncodeSettings, OutputFile, is_picture, outputs_of
from netviz.video.writer import WrittenFilm


def platform_length_problems(scene: Look, seconds: Fraction) -> list[Problem]:
    """Problem of a film of so many seconds that the scene's platform does not take."""
    name, platform = scene.output.platform, platform_of(scene.output.platform)
    if platform is None or platform.longest is None or seconds <= platform.longest:
        return []
    most, sound = platform.longest, scene.audio
    is_led = sound is not None and not sound.is_sonified and sound.fit == "film"
    cut = " and --set audio.fit=track, which cuts the music" if is_led else ""
    message = (
        f"the film lasts {duration_text(seconds)}, and {name} takes {duration_text(Fraction(most))} at most: "
        f"give --duration {most}{cut}"
    )
    return [Problem("output.platform", message)]


def platform_file_problems(
    scene: Look, plan: Plan | None, targets: Sequence[Path], settings: EncodeSettings
) -> list[Problem]:
    """Problems of files that the scene's platform does not take: of their kind, or of pictures in a GIF.

    Files for elsewhere may be made beside one that it takes. plan: None where it is not known.
    """
    name, platform = scene.output.platform, platform_of(scene.output.platform)
    films = [target for target in targets if target.suffix.lower() in FILE_KINDS and not is_picture(target)]
    if platform is None or not films:
        return []
    taken = [target for target in films if FILE_KINDS[target.suffix.lower()] in platform.kinds]
    if not taken:
        *others, last = (f".{kind}" for kind in platform.kinds)
        ends = f"{', '.join(others)} or {last}" if others else last
        message = f"{name} takes no {films[0].suffix.lower()}; give {ends}, or leave the platform out"
        return [Problem(str(films[0]), message)]
    gifs = [target for target in taken if target.suffix.lower() == ".gif"]
    if plan is None or platform.gif is None:
        return []
    return [
        Problem(str(output.path), f"{name} takes GIFs of {fault}")
        for output in outputs_of(gifs, settings)
        for fault in _gif_faults(output, platform.gif, plan)
    ]


def _gif_faults(output: OutputFile, limits: AnimatedLimits, plan: Plan) -> Iterator[str]:
    """Limits of a platform that a GIF passes, each with what would be right."""
    width, height = output.encoding.size
    pictures = len(output.encoding.selected(range(plan.frame_count)))
    rate = plan.fps / output.encoding.every
    if width > limits.largest[0] or height > limits.largest[1]:
        side = min(limits.largest[0] * max(width, height) // width, limits.largest[1] * max(width, height) // height)
        most = "x".join(map(str, limits.largest))
        yield f"{most} at most, and this one would be {width}x{height}: give --set output.animated.side={side}"
        return
    most_of_size = min(limits.pictures, limits.pixels // (width * height))
    if pictures > most_of_size:
        has = f"{limits.pictures:,} pictures" if most_of_size == limits.pictures else f"{limits.pixels:,} pixels in all"
        its = f"{pictures:,}" if most_of_size == limits.pictures else f"{pictures * width * height:,}"
        seconds = int(most_of_size / rate)
        shorter = f"give --duration {seconds}, or a film (.mp4)" if seconds else "give a film (.mp4)"
        yield f"{has} at most, and this one would have {its}: {shorter}"


def platform_notes(scene: Look, film: WrittenFilm) -> list[str]:
    """Notes on files that are too large for the scene's platform."""
    found = []
    for path, size in film.files.items():
        largest, is_gif = _largest_file(scene, path), path.suffix.lower() == ".gif"
        if largest is not None and size > largest:
            smaller = "--set output.animated.side or fps" if is_gif else "--size or --quality draft"
            found.append(
                f"{path}: {amount(size)} are more than the {amount(largest)} that {scene.output.platform} takes"
                f"{' of a GIF' if is_gif else ''}; a shorter film, a smaller {smaller} makes a smaller file"
            )
    return found


def _largest_file(scene: Look, path: Path) -> int | None:
    """Bytes of the largest file of that kind that the scene's platform takes; None: no limit, or none of its kind."""
    platform = platform_of(scene.output.platform)
    if platform is None or FILE_KINDS.get(path.suffix.lower(), "mp4") not in platform.kinds:
        return None
    limits = platform.gif if path.suffix.lower() == ".gif" else None
    return platform.largest_file if limits is None else limits.largest_file


def platform_text(scene: Look, target: Path | None = None) -> str:
    """Text of a dry run about the platform: "; for shorts (at most 180.0 s and 256.0 GB, -14 LUFS)"; "" without one.

    target: the file; None for a film.
    """
    name, platform, sound = scene.output.platform, platform_of(scene.output.platform), scene.audio
    if platform is None:
        return ""
    if target is not None and target.suffix.lower() == ".gif" and platform.gif is not None:
        limits = platform.gif
        return f"; for {name} (GIFs of at most {limits.pictures:,} pictures and {amount(limits.largest_file)})"
    most = [duration_text(Fraction(platform.longest))] if platform.longest is not None else []
    most += [amount(platform.largest_file)] if platform.largest_file is not None else []
    said = [f"at most {' and '.join(most)}"] if most else []
    if sound is not None and sound.loudness is None and (sound.is_sonified or not sound.gain):
        said.append(f"{platform.loudness:g} LUFS")
    details = f" ({', '.join(said)})" if said else ""
    return f"; for {name}{details}"
