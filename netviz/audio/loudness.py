"""Loudness by EBU R128: of a film's music with the one gain it gets, and of sound made here, block by block.

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
from netviz.scene.output import Sound

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


# How loud sound is: ITU-R BS.1770-4, as EBU R 128 uses it, a block at a time.

TENTH = RATE // 10
"""Samples of a tenth of a second: blocks of four, overlapping by three, are weighed."""
GATE, RELATIVE_GATE = -70.0, -10.0
"""LUFS below which nothing counts, and LU below the mean of the rest below which nothing counts."""

_STAGES = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
"""The two filters of the K-weighting at 48 kHz, as the recommendation gives them."""


def _response(count: int) -> NDArray[np.float64]:
    """The power by which the K-weighting changes each frequency of a transform of `count` samples."""
    z = np.exp(-2j * np.pi * np.arange(count // 2 + 1) / count)
    power = np.ones(len(z))
    for over, under in _STAGES:
        power *= np.abs(np.polyval(over[::-1], z) / np.polyval(under[::-1], z)) ** 2
    return power


class Meter:
    """Weighs sound that comes in blocks of whole tenths of a second; the last may be shorter."""

    def __init__(self) -> None:
        self._tenths: list[NDArray[np.float64]] = []
        self._responses: dict[int, NDArray[np.float64]] = {}

    def hear(self, block: NDArray[np.float32]) -> None:
        """Take a block (2, n)."""
        count = block.shape[1]
        padded = -(-count // TENTH) * TENTH
        if padded not in self._responses:
            self._responses[padded] = np.sqrt(_response(padded))
        # Without the filters' phases, which no energy depends on; the block's edges weigh next to nothing.
        weighted = np.fft.irfft(np.fft.rfft(block, padded) * self._responses[padded], padded)
        energy = (weighted**2).sum(axis=0).reshape(-1, TENTH).sum(axis=1)
        self._tenths.append(energy / TENTH)

    def lufs(self) -> float:
        """The integrated loudness of all that was heard; -inf of silence."""
        tenths = np.concatenate(self._tenths) if self._tenths else np.zeros(1)
        width = min(4, len(tenths))
        blocks = np.convolve(tenths, np.ones(width) / width, mode="valid")
        blocks = blocks[_lufs(blocks) > GATE]
        if not len(blocks):
            return float("-inf")
        kept = blocks[_lufs(blocks) > _lufs(blocks.mean()) + RELATIVE_GATE]
        return float(_lufs(kept.mean()))


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 1e-30)))
