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
from netviz.video.encode import Encoder, group_of_pictures, take_arguments
from netviz.video.takes import Roll

Picture = bytes | bytearray | memoryview | NDArray[np.uint8]
"""One picture's bytes, rows from the top, as its roll says. It may be overwritten when the next is made."""

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
    frames: range,
    roll: Roll,
    *,
    on_frame: Callable[[int], None] | None = None,
    stall_limit: float = STALL_LIMIT,
) -> tuple[bytes, ...]:
    """One segment, encoded for each take of the roll: see `fragments.split`.

    pictures: of `frames`, those of the film. Raises EncodingFailed; see also `write_film`.
    """
    (segment,) = encoded_in_turn(pictures, [frames], roll, on_frame=on_frame, stall_limit=stall_limit)
    return segment


def encoded_in_turn(
    pictures: Iterable[Picture],
    segments: Sequence[range],
    roll: Roll,
    *,
    on_frame: Callable[[int], None] | None = None,
    stall_limit: float = STALL_LIMIT,
) -> Iterator[tuple[bytes, ...]]:
    """Encode all pictures, and yield each segment. While one is fed, the one before ends and the next one starts.

    on_frame: called after each picture with the number of pictures encoded so far.
    """
    source = checked(pictures, roll.picture_bytes, sum(map(len, segments)))
    arguments = [take_arguments(take, roll) for take in roll.takes]
    running: list[Encoder] = []

    def start() -> list[Encoder]:
        started = []
        for each in arguments:
            started.append(Encoder(each, stall_limit))
            running.append(started[-1])
        return started

    def end(encoders: list[Encoder]) -> tuple[bytes, ...]:
        made = []
        for encoder in encoders:
            running.remove(encoder)
            made.append(encoder.finish())
        return tuple(made)

    fed = 0
    try:
        encoders, draining = start(), None
        for segment, has_next in zip(segments, [*[True] * (len(segments) - 1), False], strict=True):
            following = start() if has_next else None
            for index in segment:
                picture = next(source)
                for take, encoder in zip(roll.takes, encoders, strict=True):
                    if index % take.every == 0:
                        encoder.write(picture)
                fed += 1
                if on_frame is not None:
                    on_frame(fed)
            for encoder in encoders:
                encoder.end_input()
            if draining is not None:
                yield end(draining)
            draining, encoders = encoders, following or encoders
        assert draining is not None
        yield end(draining)
    finally:
        for encoder in running:
            encoder.close()


def checked(pictures: Iterable[Picture], size: int, count: int) -> Iterator[memoryview]:
    """The first `count` pictures as bytes. Raises ValueError if one is missing, or not of `size` bytes."""
    source = iter(pictures)
    for index in range(count):
        try:
            picture: Any = next(source)
        except StopIteration:
            raise ValueError(f"{count} pictures were announced, only {index} came") from None
        view = memoryview(picture)
        if view.nbytes != size or not view.c_contiguous:
            raise ValueError(f"picture {index} must be {size} bytes in one piece, got {view.nbytes}")
        yield view.cast("B")
