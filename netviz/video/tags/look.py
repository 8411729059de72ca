"""What can be seen of a picture or an animation without decoding it."""

from __future__ import annotations

import mmap
from dataclasses import dataclass

from netviz.video.about import LARGEST, Damaged

Data = bytes | mmap.mmap
"""A file's bytes, in memory or mapped into it."""
MOST_PARTS = 1_000_000
"""Parts (chunks, blocks, segments, boxes) after which a file is no longer believed."""


@dataclass(frozen=True)
class Look:
    """kind: PNG and the like. size: width and height in pixels. seconds: of all frames, 0 for a single picture."""

    kind: str
    size: tuple[int, int]
    frames: int = 1
    seconds: float = 0.0


def cut(data: Data, start: int, stop: int) -> bytes:
    """The bytes between two places, if they can be a text. Raises Damaged."""
    if stop - start > LARGEST:
        raise Damaged(f"what it says about itself is longer than {LARGEST / 1e6:g} MB")
    return data[start:stop]
