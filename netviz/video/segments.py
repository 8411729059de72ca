"""A film is cut into segments, each encoded by itself; where the cuts are depends on the film alone, not on who works.

Every segment but the last is GROUPS groups of pictures long, so a cut lies where a group would begin anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netviz.ffmpeg import STALL_LIMIT
from netviz.video.encode import Encoder, group_of_pictures, picture_bytes, segment_arguments

Picture = bytes | bytearray | memoryview | NDArray[np.uint8]
"""One picture's bytes, rows from the top: see `encode.picture_bytes`. It may be overwritten when the next is made."""

GROUPS = 3
"""Groups of pictures in a segment: six seconds. Short ones start many encoders; long ones leave workers idle."""


def segments_of(frame_count: int, fps: Fraction) -> list[range]:
    """The frames of each segment. A remainder shorter than a group belongs to the segment before it."""
    group = group_of_pictures(fps)
    length = GROUPS * group
    starts = [*range(0, max(1, frame_count - group + 1), length)]
    return [range(start, stop) for start, stop in zip(starts, [*starts[1:], frame_count], strict=True)]


def encode_segment(
    pictures: Iterable[Picture],
    count: int,
    *,
    size: tuple[int, int],
    fps: Fraction,
    quality: str,
    on_frame: Callable[[int], None] | None = None,
    stall_limit: float = STALL_LIMIT,
) -> bytes:
    """One segment of `count` pictures, encoded: see `Fragments`. Raises EncodingFailed; see also `write_film`."""
    (segment,) = encoded_in_turn(
        pictures,
        [range(count)],
        size=size,
        fps=fps,
        quality=quality,
        on_frame=on_frame,
        stall_limit=stall_limit,
    )
    return segment


def encoded_in_turn(
    pictures: Iterable[Picture],
    segments: Sequence[range],
    *,
    size: tuple[int, int],
    fps: Fraction,
    quality: str,
    on_frame: Callable[[int], None] | None = None,
    stall_limit: float = STALL_LIMIT,
) -> Iterator[bytes]:
    """Encode all pictures, and yield each segment. While one is fed, the one before ends and the next one starts.

    on_frame: called after each picture with the number of pictures encoded so far.
    """
    source = checked(pictures, size, segments[-1].stop)
    arguments = segment_arguments(size=size, fps=fps, quality=quality)
    running: list[Encoder] = []

    def start() -> Encoder:
        running.append(Encoder(arguments, stall_limit))
        return running[-1]

    def end(encoder: Encoder) -> bytes:
        running.remove(encoder)
        return encoder.finish()

    fed = 0
    try:
        encoder, draining = start(), None
        for segment, has_next in zip(segments, [*[True] * (len(segments) - 1), False], strict=True):
            following = start() if has_next else None
            for _ in segment:
                encoder.write(next(source))
                fed += 1
                if on_frame is not None:
                    on_frame(fed)
            encoder.end_input()
            if draining is not None:
                yield end(draining)
            draining, encoder = encoder, following or encoder
        assert draining is not None
        yield end(draining)
    finally:
        for encoder in running:
            encoder.close()


def checked(pictures: Iterable[Picture], size: tuple[int, int], count: int) -> Iterator[memoryview]:
    """The first `count` pictures as bytes. Raises ValueError if one is missing or of a wrong size."""
    expected = picture_bytes(size)
    source = iter(pictures)
    for index in range(count):
        try:
            picture: Any = next(source)
        except StopIteration:
            raise ValueError(f"{count} pictures were announced, only {index} came") from None
        view = memoryview(picture)
        if view.nbytes != expected or not view.c_contiguous:
            raise ValueError(f"picture {index} must be {expected} bytes in one piece, got {view.nbytes}")
        yield view.cast("B")
