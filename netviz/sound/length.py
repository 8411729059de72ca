"""How long a scene's music makes its film, and whether it can be heard as the scene asks for."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from fractions import Fraction

from netviz.errors import InputError, NetvizWarning, Problem
from netviz.places import music
from netviz.scene.check_sound import too_long_fades
from netviz.scene.sound import Sound
from netviz.scene.spec import Scene
from netviz.scene.words import dotted
from netviz.sound.audio import audio_length, audio_problems
from netviz.sound.track import SAME_LENGTH, SHORTEST_REPEATED, rest_of

LONG = 1800
"""Seconds of a film from which music that makes it so long is worth a word."""


def film_length(scene: Scene) -> Fraction | None:
    """Seconds of the scene's music, or the duration it asks for, or None: one second a step.

    Raises InputError if the music cannot be heard.
    """
    if problems := sound_problems(scene):
        raise InputError(problems)
    sound = scene.audio
    return scene.duration if sound is None or sound.is_sonified or sound.fit == "track" else rest_of(sound)


def warn_of_length(scene: Scene, seconds: Fraction) -> None:
    """Warn (NetvizWarning) of a file that claims to be longer than it is, and of music that makes a very long film."""
    if scene.audio is None or scene.audio.is_sonified:
        return
    audio_length(music(scene.audio.file))  # warns
    if scene.audio.fit == "film" and seconds > LONG:
        frames = round(seconds * scene.output.fps)
        warnings.warn(
            f"the music makes the film {clock(seconds)} long, {frames:,} frames; to have a shorter one, give a "
            "duration and fit the music to it (audio.fit: track)",
            NetvizWarning,
            stacklevel=2,
        )


def sound_problems(scene: Scene) -> list[Problem]:
    """Why a scene's music cannot be heard. Decodes all of it, once for each state of the file."""
    sound = scene.audio
    if sound is None or sound.is_sonified:
        return []
    path = music(sound.file)
    if found := audio_problems(path):
        return [Problem("audio.file", f"{path}: {problem.message}") for problem in found]
    if rest_of(sound) == 0:
        message = f"{float(sound.start):g} s is past the end of the music, which lasts {clock(_whole(sound))}"
        return [_problem(("audio", "start"), message)]
    return []


def fitting_problems(sound: Sound, seconds: Fraction) -> Iterator[Problem]:
    """Why the music cannot be fitted to a film of so many seconds."""
    for key, message in too_long_fades(sound, seconds):
        yield _problem(key, message)
    if sound.is_sonified:
        return
    rest = rest_of(sound)
    if sound.fit == "track" and rest < SHORTEST_REPEATED and rest + SAME_LENGTH < seconds:
        message = (
            f"only {float(rest):.2f} s of music, too short to be repeated for a film of {clock(seconds)}; "
            f"at least {clock(SHORTEST_REPEATED)} is needed"
        )
        yield _problem(("audio", "start" if sound.start else "file"), message)


def clock(seconds: Fraction) -> str:
    """A length in words: 91.3 s, 12 min, 3 h 5 min."""
    if seconds < 600:
        return f"{float(seconds):.1f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _whole(sound: Sound) -> Fraction:
    return rest_of(sound.model_copy(update={"start": Fraction(0)}))


def _problem(key: tuple[str | int, ...], message: str) -> Problem:
    return Problem(dotted(key), message)
