"""Loudness envelope of a film's music, and its silences, measured in one pass and constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from netviz.audio.music_file import SAMPLE_RATE, file_state
from netviz.audio.soundtrack import Soundtrack, mix_arguments
from netviz.ffmpeg import Ffmpeg
from netviz.recording.layers import Floats

FINE = 96
"""Samples at 48 kHz (2 ms) for one value of the fine envelope."""
FINE_RATE = SAMPLE_RATE // FINE
COARSE_RATE = 100
COARSE = FINE_RATE // COARSE_RATE
"""Values of the fine envelope for one of the coarse envelope, which has 100 a second."""
_QUIET, LOUD_AGAIN = -45.0, -38.0
"""Levels, in dB relative to the loud parts, at which a silence begins, and ends."""
_LOUD = 95
"""Percentile of the levels of all moments with any sound that counts as loud."""
INAUDIBLE = 1e-4
"""Level, as a part of full scale, below which all is silence, however soft the rest (-80 dB)."""
SHORTEST_SILENCE = 1.5
"""Least seconds of a silence: a rest between two beats is shorter."""
SHORTEST_AT_EDGE = 0.1
"""The same before the first sound and after the last."""
EARLIER = 0.03
"""Seconds by which a silence ends before the sound is loud again: its onset has begun by then."""


@dataclass(frozen=True, eq=False)
class LoudnessLevels:
    """Loudness envelope of a film's sound. fine (N,): root mean square of every 2 ms, 1 = full scale."""

    fine: NDArray[np.float32]

    @property
    def coarse(self) -> Floats:
        """Root mean square of every whole hundredth of a second (N // COARSE,), 1 = full scale."""
        whole = self.fine[: len(self.fine) // COARSE * COARSE].reshape(-1, COARSE).astype(np.float64)
        return np.asarray(np.sqrt((whole**2).mean(axis=1)))

    def silences(self) -> list[tuple[float, float]]:
        """Silences as (start, end) in seconds: found with hysteresis, and none shorter than a beat."""
        level = self.coarse
        audible = level[level > INAUDIBLE]
        if not len(audible):
            return [(0.0, len(level) / COARSE_RATE)]
        loud = 20 * np.log10(np.percentile(audible, _LOUD))
        decibels = 20 * np.log10(np.maximum(level, INAUDIBLE))
        found: list[tuple[float, float]] = []
        begun: int | None = None
        for frame, now in enumerate([*(decibels - loud), np.inf]):
            if begun is None and now < _QUIET:
                begun = frame
            elif begun is not None and now > LOUD_AGAIN:
                at_edge = begun == 0 or frame == len(level)
                if frame - begun >= (SHORTEST_AT_EDGE if at_edge else SHORTEST_SILENCE) * COARSE_RATE:
                    found.append((begun / COARSE_RATE, frame / COARSE_RATE - (EARLIER if frame < len(level) else 0)))
                begun = None
        return found


def levels(track: Soundtrack, samples: int) -> LoudnessLevels:
    """Loudness envelope of the sound of a film of so many samples, at 48 kHz."""
    return _levels(track, samples, file_state(track.path))


@lru_cache(maxsize=4)
def _levels(track: Soundtrack, samples: int, state: tuple[int, ...]) -> LoudnessLevels:
    """Measure the envelope. `state` is part of the key of the cache: a file that has changed is measured again."""
    parts = []
    for block in blocks(track, samples, 1000 * FINE):
        whole = block[: len(block) // FINE * FINE].reshape(-1, FINE).astype(np.float64)
        parts.append(np.sqrt((whole**2).mean(axis=1)).astype(np.float32))
    return LoudnessLevels(np.concatenate(parts) if parts else np.zeros(0, np.float32))


def blocks(track: Soundtrack, samples: int, size: int) -> Iterator[NDArray[np.float32]]:
    """Sound of a film, one channel at SAMPLE_RATE, in blocks of `size` float32 samples, the last shorter."""
    arguments = [*("-v", "error", *mix_arguments(track, samples)), *("-ac", "1", "-c:a", "pcm_f32le", "-f", "f32le")]
    pending = b""
    with Ffmpeg([*arguments, "pipe:1"], collect=True) as ffmpeg:
        while chunk := ffmpeg.read():
            pending += chunk
            while len(pending) >= 4 * size:
                yield np.frombuffer(pending[: 4 * size], np.float32)
                pending = pending[4 * size :]
        ffmpeg.finish()
    if len(pending) >= 4:
        yield np.frombuffer(pending[: len(pending) // 4 * 4], np.float32)
