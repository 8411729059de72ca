"""Music becomes AAC at 192 kb/s, exactly as long as the film, a little at a time."""

from __future__ import annotations

from fractions import Fraction
from types import TracebackType

import numpy as np

from netviz.ffmpeg import Ffmpeg
from netviz.sound.audio import SAMPLE_RATE
from netviz.sound.mix import mix_arguments
from netviz.sound.track import Soundtrack
from netviz.video.fragments import NoFragments, Samples, box_length, boxes, fragment
from netviz.video.movie import parts

FRAME = 1024
"""Samples of sound in one AAC frame."""
PRIMING = 1024
"""Samples that ffmpeg's AAC encoder puts before the first: they are there to be skipped."""


def sound_arguments(track: Soundtrack, seconds: Fraction) -> list[str]:
    """ffmpeg's arguments that write music as fragments of an MP4 to standard output, with the executable left out."""
    return [
        *("-v", "error", *mix_arguments(track, round(seconds * SAMPLE_RATE))),
        *("-c:a", "aac", "-b:a", "192k", "-ar", str(SAMPLE_RATE), "-ac", "2", "-flags:a", "+bitexact"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"),
        *("-movflags", "+empty_moov+default_base_moof", "-frag_duration", "1000000", "-f", "mp4", "pipe:1"),
    ]


def frames_of(seconds: Fraction) -> int:
    """The most AAC frames that so many seconds become."""
    return round(seconds * SAMPLE_RATE) // FRAME + 4


class Sound:
    """ffmpeg encoding music, as a context manager. Raises FfmpegFailed, NoFragments."""

    def __init__(self, track: Soundtrack, seconds: Fraction, stall_limit: float) -> None:
        self._ffmpeg = Ffmpeg(sound_arguments(track, seconds), collect=True, stall_limit=stall_limit)
        self._read = b""
        self._waiting: list[Samples] = []
        self._given = 0
        self._ended = False

    def __enter__(self) -> Sound:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ffmpeg.__exit__(kind, error, traceback)

    def head(self) -> bytes:
        """The content of the encoder's `moov`; to be asked for first."""
        while (box := self._box()) is not None:
            if box[0] == b"moov":
                return box[1]
        raise NoFragments("the encoder wrote no sound")

    def take(self, until: Fraction | None) -> Samples | None:
        """What comes next, up to a time in seconds; up to the end for None. None if there is nothing.

        Times are in samples of sound, the encoder's own first ones (PRIMING) among them.
        """
        wanted = None if until is None else int(until * SAMPLE_RATE) // FRAME - self._given
        while not self._ended and (wanted is None or sum(len(run.size) for run in self._waiting) < wanted):
            self._fill()
        there = [*self._waiting]
        count = sum(len(run.size) for run in there)
        now = count if wanted is None else min(count, wanted)
        if now <= 0:
            return None
        whole = Samples(
            np.concatenate([run.size for run in there]),
            FRAME * np.arange(self._given, self._given + count),
            np.ones(count, np.bool_),
            b"".join(run.data for run in there),
        )
        taken, rest = parts(whole, [now, count - now])
        self._waiting = [rest]
        self._given += now
        return taken

    def _fill(self) -> None:
        """Read one more fragment, or find that there is none."""
        while (box := self._box()) is not None:
            if box[0] == b"moof":
                table, data = box[1], self._box()
                if data is None or data[0] != b"mdat":
                    raise NoFragments("the encoder's sound breaks off")
                self._waiting.append(fragment(table, data[1]))
                return
        self._ended = True
        self._ffmpeg.finish()

    def _box(self) -> tuple[bytes, bytes] | None:
        """The next box, None at the end."""
        while True:
            length = box_length(self._read[:16])
            if length is not None and len(self._read) >= length:
                (box,) = boxes(self._read[:length])
                self._read = self._read[length:]
                return box
            chunk = self._ffmpeg.read()
            if not chunk:
                self._ffmpeg.finish()  # tells why, where it did not end well
                if self._read:
                    raise NoFragments("the encoder's sound breaks off")
                return None
            self._read += chunk
