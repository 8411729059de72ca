"""Sound as a WAV file: 48 kHz, stereo, 16 bits, of any length, written a block at a time."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netviz.sound.audio import SAMPLE_RATE as RATE

CHANNELS, BYTES = 2, 2
MOST_BYTES = 0xFFFFFFFF - 1024
"""What the sizes of a plain WAV file can say; a longer one is an RF64 file (EBU Tech 3306), which says it elsewhere."""
FULL = 32767


def header(samples: int) -> bytes:
    """The file's beginning, for so many samples a side."""
    size = samples * CHANNELS * BYTES
    rate = struct.pack("<HHIIHH", 1, CHANNELS, RATE, RATE * CHANNELS * BYTES, CHANNELS * BYTES, 8 * BYTES)
    form = b"fmt " + struct.pack("<I", len(rate)) + rate
    if size <= MOST_BYTES:
        return (
            b"RIFF" + struct.pack("<I", 4 + len(form) + 8 + size) + b"WAVE" + form + b"data" + struct.pack("<I", size)
        )
    sizes = struct.pack("<QQQI", 4 + 36 + len(form) + 8 + size, size, samples, 0)
    unknown = struct.pack("<I", 0xFFFFFFFF)
    long = b"ds64" + struct.pack("<I", len(sizes)) + sizes
    return b"RF64" + unknown + b"WAVE" + long + form + b"data" + unknown


def write_wave(path: Path, blocks: Iterable[NDArray[np.float32]], samples: int) -> Iterator[tuple[int, int]]:
    """Write blocks (2, n) of so many samples in all to a file. Values from -1 to 1; what is beyond is cut.

    Yields after each block how many samples are written, and how many will be.
    The last bit is dithered (two random numbers added, as is usual), by the same numbers every time.
    """
    generator = np.random.default_rng(16)
    done = 0
    with path.open("wb") as file:
        file.write(header(samples))
        for block in blocks:
            noise = generator.random(block.shape, np.float32) - generator.random(block.shape, np.float32)
            # Silence stays silence.
            whole = np.rint(block * FULL + np.where(block == 0, 0, noise))
            file.write(np.clip(whole, -FULL - 1, FULL).astype("<i2").T.tobytes())
            done += block.shape[1]
            yield done, samples
