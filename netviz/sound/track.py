"""A piece of music as a film plays it: what of it is heard, how loud, and how it comes and goes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from netviz.places import music
from netviz.scene.sound import Sound
from netviz.sound.audio import SAMPLE_RATE, audio_samples, is_mono

FADE = Fraction(2)
"""Seconds in which a track goes that is cut or repeated, unless the scene says; no more than a quarter of the film."""
OVERLAP = Fraction(1, 2)
"""Seconds in which the end of a repeated track and its new beginning are heard together; or a quarter of the track."""
SHORTEST_REPEATED = Fraction(1)
"""Seconds. What is repeated more often is a buzz."""
SAME_LENGTH = Fraction(1, 20)
"""Seconds by which a track may be longer than its film and still end by itself."""
MONO_GAIN = 3.010299956639812
"""dB: ffmpeg gives each of two channels half the power of one; players give each of them all of it."""


@dataclass(frozen=True)
class Soundtrack:
    """A piece of music as a film plays it; without settings as it is, from its beginning, with silence after its end.

    path: its file. start, stop: samples of it at SAMPLE_RATE between which it is heard; None: to its end.
    gain: in dB. fade_in, fade_out: samples at the beginning and the end of the film.
    overlap: samples in which its end and its new beginning are heard together; 0: it is not repeated.
    """

    path: Path
    start: int = 0
    stop: int | None = None
    gain: float = 0.0
    fade_in: int = 0
    fade_out: int = 0
    overlap: int = 0


def rest_of(sound: Sound) -> Fraction:
    """Seconds of a scene's music from its start on, 0 if there are none. Raises InputError as `audio_length`."""
    path = music(sound.file)
    return Fraction(max(0, audio_samples(path) - _samples(sound.start)), SAMPLE_RATE)


def soundtrack(sound: Sound, seconds: Fraction) -> Soundtrack:
    """How a film of so many seconds plays a scene's music; not yet as loud as `loudness` asks for."""
    path, rest = music(sound.file), rest_of(sound)
    start = _samples(sound.start)
    is_changed = sound.fit == "track" and abs(rest - seconds) > SAME_LENGTH
    fade_out = sound.fade_out if sound.fade_out is not None else min(FADE, seconds / 4) if is_changed else Fraction(0)
    is_repeated = is_changed and rest < seconds
    return Soundtrack(
        path,
        start,
        stop=start + _samples(rest) if is_repeated else None,
        gain=sound.gain + (MONO_GAIN if is_mono(path) else 0.0),
        fade_in=_samples(sound.fade_in),
        fade_out=_samples(fade_out),
        overlap=_samples(min(OVERLAP, rest / 4)) if is_repeated else 0,
    )


def _samples(seconds: Fraction) -> int:
    return round(seconds * SAMPLE_RATE)
