"""How loud a film's music is (EBU R128), and the one gain that makes it as loud as wanted.

No dynamic compression: loud and quiet parts keep their distance, whatever the target.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from netviz.errors import InputError, NetvizWarning, Problem
from netviz.ffmpeg import Ffmpeg
from netviz.scene.sound import Sound
from netviz.sound.audio import SAMPLE_RATE, file_state
from netviz.sound.mix import mix_arguments
from netviz.sound.track import Soundtrack, soundtrack

HIGHEST_PEAK = -1.0
"""dBTP that music brought to a loudness may reach, as EBU R128 asks for."""
SILENCE = -69.0
"""LUFS: the measure's own gate is at -70."""
_VALUE = r"^ +{}: +(-?[0-9.]+|-inf|nan) (?:LUFS|dBFS)"


@dataclass(frozen=True)
class Loudness:
    """Of a whole film: integrated loudness in LUFS (EBU R128), true peak in dBTP (ITU-R BS.1770)."""

    integrated: float
    true_peak: float


def measure_arguments(track: Soundtrack, samples: int) -> list[str]:
    """ffmpeg's arguments that measure the film's sound; it is written out as well, which shows that work goes on."""
    return [
        *("-v", "info", "-nostats", *mix_arguments(track, samples, "ebur128=peak=true:framelog=verbose")),
        *("-c:a", "pcm_s16le", "-f", "s16le", "pipe:1"),
    ]


def measured(track: Soundtrack, samples: int) -> Loudness:
    """How loud the film's sound is, to a tenth: a film of so many samples, with cuts, fades and gain."""
    return _measured(track, samples, file_state(track.path))


def heard(sound: Sound, seconds: Fraction, usual: float | None = None) -> Soundtrack:
    """How a film of so many seconds plays a scene's music, as loud as it is to be.

    usual: LUFS it is brought to where the scene says neither loudness nor gain, and it is not silent.
    Warns (NetvizWarning) where peaks keep it from being so loud, or are cut off. Raises InputError if it is silent.
    """
    track, samples = soundtrack(sound, seconds), round(seconds * SAMPLE_RATE)
    wanted = usual if sound.loudness is None and not sound.gain else sound.loudness
    if wanted is None:
        if sound.gain > 0:
            _warn_of_clipping(sound, measured(track, samples))
        return track
    track = replace(track, gain=0.0)
    found = measured(track, samples)
    if not found.integrated > SILENCE:
        if sound.loudness is None:
            return soundtrack(sound, seconds)
        message = "what is heard of the music is silent and cannot be made louder; leave loudness out"
        raise InputError([Problem("audio.loudness", message)])
    gain = min(wanted - found.integrated, HIGHEST_PEAK - found.true_peak)
    if gain < wanted - found.integrated:
        where = "audio.loudness" if sound.loudness is not None else "output.platform"
        warnings.warn(
            f"{where}: the music is brought to {found.integrated + gain:.1f} LUFS instead of {wanted:g}: any louder, "
            f"its peaks would pass {HIGHEST_PEAK:g} dBTP",
            NetvizWarning,
            stacklevel=2,
        )
    return replace(track, gain=gain)


def _warn_of_clipping(sound: Sound, found: Loudness) -> None:
    if found.true_peak > 0:
        most = max(0.0, sound.gain - found.true_peak)
        warnings.warn(
            f"audio.gain: {sound.gain:g} dB lift the music's peaks {found.true_peak:.1f} dB above the highest level, "
            f"where they are cut off; {most:.1f} dB are the most it bears",
            NetvizWarning,
            stacklevel=2,
        )


@lru_cache(maxsize=16)
def _measured(track: Soundtrack, samples: int, state: tuple[int, ...]) -> Loudness:
    """Measure in constant memory. `state` makes a file that has changed be measured again."""
    with Ffmpeg(measure_arguments(track, samples), collect=True) as ffmpeg:
        while ffmpeg.read():
            pass
        ffmpeg.finish()
        said = ffmpeg.last_words
    values = [re.findall(_VALUE.format(name), said, re.MULTILINE) for name in ("I", "Peak")]
    integrated, true_peak = (float(found[-1]) for found in values)
    return Loudness(integrated, true_peak)
