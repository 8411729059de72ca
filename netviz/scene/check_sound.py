"""What is said of the sound must fit together, and fit the film's length."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from netviz.scene.mistake import Mistake
from netviz.scene.sound import Sound


def sound_and_length(sound: Sound | None, duration: Fraction | None) -> Iterator[Mistake]:
    """Mistakes in what is heard, and in how long it is said to be heard."""
    if sound is None:
        return
    if sound.is_sonified:
        if sound.start:
            yield ("audio", "start"), "sound made from the run begins with the film; leave start out"
        if sound.fit == "track":
            yield ("audio", "fit"), "sound made from the run is as long as the film in any case; leave fit out"
    elif sound.fit == "film" and duration is not None:
        yield (
            ("duration",),
            "the film is as long as its music: give audio or duration, not both, or fit the music to the film "
            "(audio: {file: ..., fit: track})",
        )
    if sound.loudness is not None and sound.gain:
        yield ("audio", "gain"), "loudness says by itself how loud the music is: give gain or loudness, not both"
    if (sound.fit == "track" or sound.is_sonified) and duration is not None:
        yield from too_long_fades(sound, duration)


def too_long_fades(sound: Sound, seconds: Fraction) -> Iterator[Mistake]:
    """Fades that have no room in a film of so many seconds."""
    fade_in, fade_out = sound.fade_in, sound.fade_out or Fraction(0)
    if fade_in + fade_out > seconds:
        key = "fade_in" if fade_in > fade_out else "fade_out"
        both = f"fade_in and fade_out together take {float(fade_in + fade_out):g} s"
        one = f"{float(max(fade_in, fade_out)):g} s are"
        said = f"{both}, which is" if fade_in and fade_out else one
        yield ("audio", key), f"{said} longer than the film, which lasts {float(seconds):.1f} s; give less"
