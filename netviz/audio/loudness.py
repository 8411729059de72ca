"""Loudness by EBU R128: of a film's music, with the one gain it gets, and of composed sound, block by block.

No dynamic compression: loud and quiet parts keep their distance, whatever the target.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from netviz.audio.music_file import SAMPLE_RATE, file_state
from netviz.audio.music_file import SAMPLE_RATE as RATE
from netviz.audio.soundtrack import Soundtrack, mix_arguments, soundtrack
from netviz.errors import InputError, NetvizWarning, Problem
from netviz.ffmpeg import Ffmpeg
from netviz.scene.sound import Sound

HIGHEST_PEAK = -1.0
"""Highest true peak, in dBTP, of music that is brought to a loudness, as EBU R128 asks for."""
SILENCE = -69.0
"""Loudness in LUFS up to which sound counts as silent: the measure's own gate is at -70."""
_VALUE = r"^ +{}: +(-?[0-9.]+|-inf|nan) (?:LUFS|dBFS)"


@dataclass(frozen=True)
class Loudness:
    """Loudness of a whole film: integrated loudness in LUFS (EBU R128), true peak in dBTP (ITU-R BS.1770)."""

    integrated: float
    true_peak: float


def measure_arguments(track: Soundtrack, samples: int) -> list[str]:
    """ffmpeg's arguments that measure the film's sound; it goes to standard output too, which shows progress."""
    return [
        *("-v", "info", "-nostats", *mix_arguments(track, samples, "ebur128=peak=true:framelog=verbose")),
        *("-c:a", "pcm_s16le", "-f", "s16le", "pipe:1"),
    ]


def measured(track: Soundtrack, samples: int) -> Loudness:
    """Loudness, to a tenth, of the sound of a film of so many samples at 48 kHz, with cuts, fades and gain."""
    return _measured(track, samples, file_state(track.path))


def silence_problems(sound: Sound, seconds: Fraction) -> list[Problem]:
    """Problem of music with a loudness of its own, of which a film of so many seconds plays nothing but silence."""
    if sound.loudness is None:
        return []
    found = measured(replace(soundtrack(sound, seconds), gain=0.0), round(seconds * SAMPLE_RATE))
    if found.integrated > SILENCE:
        return []
    message = "what is heard of the music is silent and cannot be made louder; leave loudness out"
    return [Problem("audio.loudness", message)]


def normalized(sound: Sound, seconds: Fraction, usual: float | None = None) -> Soundtrack:
    """Soundtrack of a film of so many seconds from a scene's music, with the gain that brings it to its loudness.

    usual: LUFS that it is brought to where the scene says neither loudness nor gain, and it is not silent.
    Warns (NetvizWarning) where peaks keep it from being so loud, or are cut off. Raises InputError if it is silent but
    the scene gives a loudness.
    """
    track, samples = soundtrack(sound, seconds), round(seconds * SAMPLE_RATE)
    target = usual if sound.loudness is None and not sound.gain else sound.loudness
    if target is None:
        if sound.gain > 0:
            _warn_of_clipping(sound, measured(track, samples))
        return track
    track = replace(track, gain=0.0)
    found = measured(track, samples)
    if not found.integrated > SILENCE:
        if problems := silence_problems(sound, seconds):
            raise InputError(problems)
        return soundtrack(sound, seconds)
    gain = min(target - found.integrated, HIGHEST_PEAK - found.true_peak)
    if gain < target - found.integrated:
        where = "audio.loudness" if sound.loudness is not None else "output.platform"
        warnings.warn(
            f"{where}: the music is brought to {found.integrated + gain:.1f} LUFS instead of {target:g}: any louder, "
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
    """Measure in constant memory. `state` is part of the key of the cache: a changed file is measured again."""
    with Ffmpeg(measure_arguments(track, samples), collect=True) as ffmpeg:
        while ffmpeg.read():
            pass
        ffmpeg.finish()
        log = ffmpeg.last_words
    values = [re.findall(_VALUE.format(name), log, re.MULTILINE) for name in ("I", "Peak")]
    integrated, true_peak = (float(found[-1]) for found in values)
    return Loudness(integrated, true_peak)


# Loudness meter: ITU-R BS.1770-4, as EBU R 128 uses it, a block at a time.

TENTH = RATE // 10
"""Samples of a tenth of a second; the blocks that are gated are four tenths long and overlap by three."""
GATE, RELATIVE_GATE = -70.0, -10.0
"""Absolute gate in LUFS, and relative gate in LU to the mean of what is above it: softer blocks do not count."""

_STAGES = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
"""Coefficients (numerator, denominator) of the two filters of the K-weighting at 48 kHz, from the recommendation."""


def _response(count: int) -> NDArray[np.float64]:
    """Power response of the K-weighting at each frequency of a transform of `count` samples, (count // 2 + 1,)."""
    z = np.exp(-2j * np.pi * np.arange(count // 2 + 1) / count)
    power = np.ones(len(z))
    for over, under in _STAGES:
        power *= np.abs(np.polyval(over[::-1], z) / np.polyval(under[::-1], z)) ** 2
    return power


class Meter:
    """Loudness meter for sound that comes in blocks of whole tenths of a second; the last may be shorter."""

    def __init__(self) -> None:
        self._tenths: list[NDArray[np.float64]] = []
        self._responses: dict[int, NDArray[np.float64]] = {}

    def hear(self, block: NDArray[np.float32]) -> None:
        """Measure one more block (2, n), at 48 kHz."""
        count = block.shape[1]
        padded = -(-count // TENTH) * TENTH
        if padded not in self._responses:
            self._responses[padded] = np.sqrt(_response(padded))
        # The filters' phases are left out: no energy depends on them. The block's edges hardly matter.
        weighted = np.fft.irfft(np.fft.rfft(block, padded) * self._responses[padded], padded)
        energy = (weighted**2).sum(axis=0).reshape(-1, TENTH).sum(axis=1)
        self._tenths.append(energy / TENTH)

    def lufs(self) -> float:
        """Integrated loudness in LUFS of all blocks so far; -inf for silence."""
        tenths = np.concatenate(self._tenths) if self._tenths else np.zeros(1)
        width = min(4, len(tenths))
        blocks = np.convolve(tenths, np.ones(width) / width, mode="valid")
        blocks = blocks[_lufs(blocks) > GATE]
        if not len(blocks):
            return float("-inf")
        counted = blocks[_lufs(blocks) > _lufs(blocks.mean()) + RELATIVE_GATE]
        return float(_lufs(counted.mean()))


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 1e-30)))
