"""How loud sound is: ITU-R BS.1770-4, as EBU R 128 uses it, a block at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netviz.sound.audio import SAMPLE_RATE as RATE

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
