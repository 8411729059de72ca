"""Muxer: encoded segments joined into one file, with the sound encoded between them."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from netviz.atomic_files import amount, disk_full, file_size
from netviz.audio.music_file import SAMPLE_RATE
from netviz.audio.soundtrack import Soundtrack, mix_arguments
from netviz.errors import NetvizError
from netviz.ffmpeg import Ffmpeg
from netviz.video.encoder import EncodingFailed
from netviz.video.formats import Encoding, FrameStream
from netviz.video.mp4 import (
    CHUNK,
    NoFragments,
    Samples,
    Track,
    box_at,
    complete,
    fragment,
    parts,
    reserve,
    split,
    ticks_of,
)


class Joining:
    """A take of a film in the making: `add` all its segments in order, then `complete` it.

    file: an MP4, empty and open for reading and writing. path: where it is. segments: frames of the film in each.
    sound: what is heard, or None. about: the box of what the file says about itself. All methods raise EncodingFailed
    and what `SoundEncoder` raises.
    """

    def __init__(
        self,
        file: BinaryIO,
        path: Path,
        take: Encoding,
        roll: FrameStream,
        segments: list[range],
        sound: SoundEncoder | None = None,
        about: bytes = b"",
    ) -> None:
        self._file, self._path, self._sound, self._about = file, path, sound, about
        self._fps = roll.fps_of(take)
        chunk = max(1, int(CHUNK * self._fps))
        taken = [len(take.taken(frames)) for frames in segments]
        self._pieces = [[min(chunk, count - start) for start in range(0, count, chunk)] for count in taken]
        self._frames, self._given, self._segments = sum(taken), 0, 0
        self._seconds = segments[-1].stop / roll.fps
        self._seen: Track | None = None
        self._heard = None if sound is None else Track(sound.head(), FRAME, PRIMING)
        chunks = sum(map(len, self._pieces))
        samples = self._frames + (0 if sound is None else sound_frames(self._seconds))
        with self._writing():
            self._room = reserve(file, samples, 2 * chunks + 1, len(about))

    def add(self, data: bytes) -> None:
        """Put the next segment, and the sound that belongs to each second of it, into the file."""
        head, samples = split(data)
        pieces = self._pieces[self._segments]
        count = sum(pieces)
        tick = Fraction(ticks_of(head)) / self._fps
        if self._seen is None:
            self._seen = Track(head, int(tick))
        check_encoding(self._seen.head == head and tick.denominator == 1, "its segments were not encoded alike")
        check_encoding(len(samples.size) == count, f"it has {len(samples.size)} frames instead of {count}")
        samples = replace(samples, time=samples.time - samples.time.min() + self._given * self._seen.tick)
        for some in parts(samples, pieces):
            self._given += len(some.size)
            noise = self._sound.take(self._given / self._fps) if self._sound else None
            with self._writing():
                self._seen.write(self._file, some)
                if self._heard and noise:
                    self._heard.write(self._file, noise)
        self._segments += 1

    def complete(self) -> None:
        """Write the rest of the sound, and the index."""
        noise = self._sound.take(None) if self._sound else None
        assert self._seen is not None and self._segments == len(self._pieces), "segments are missing"
        with self._writing():
            if self._heard and noise:
                self._heard.write(self._file, noise)
            tracks = [self._seen, self._heard] if self._heard else [self._seen]
            complete(self._file, self._room, tracks, self._seconds, self._about)
            self._file.flush()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A failed write in words that help."""
        try:
            yield
        except OSError as error:
            raise _explained(error, self._path, self._given / self._frames) from error


def check_encoding(fine: bool, fault: str) -> None:
    """Raise EncodingFailed unless all is fine."""
    if not fine:
        raise EncodingFailed(f"the film was not written as it should be: {fault}")


def _explained(error: OSError, part: Path, share: float) -> NetvizError:
    """share: how much of the film was written, 0 to 1."""
    written = file_size(part)
    needed = f"the film needs about {amount(int(written / max(share, 0.001)))}" if written else "nothing was written"
    state = f"{amount(written)} of the film were written, {needed}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EncodingFailed(f"{disk_full(part.parent)}: {state}")
    if error.errno == errno.EFBIG:
        return EncodingFailed(f"a file in {part.parent} may not grow so large{_limit_of_files()}: {state}")
    return EncodingFailed(f"the film cannot be written: {(error.strerror or str(error)).lower()}")


def _limit_of_files() -> str:
    """What the system allows a file to grow to, in words; nothing where there is no limit to be known."""
    if sys.platform == "win32":
        return ""
    import resource

    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return "" if limit == resource.RLIM_INFINITY else f" (`ulimit -f` allows {amount(limit)})"


# Music becomes AAC at 192 kb/s, exactly as long as the film, a little at a time.

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


def sound_frames(seconds: Fraction) -> int:
    """The most AAC frames that so many seconds become."""
    return round(seconds * SAMPLE_RATE) // FRAME + 4


class SoundEncoder:
    """ffmpeg encoding music, as a context manager. Raises FfmpegFailed, NoFragments."""

    def __init__(self, track: Soundtrack, seconds: Fraction, stall_limit: float) -> None:
        self._ffmpeg = Ffmpeg(sound_arguments(track, seconds), collect=True, stall_limit=stall_limit)
        self._read = b""
        self._waiting: list[Samples] = []
        self._given = 0
        self._ended = False

    def __enter__(self) -> SoundEncoder:
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
            found = box_at(self._read)
            if found is not None and found.stop <= len(self._read):
                content, self._read = self._read[found.start : found.stop], self._read[found.stop :]
                return found.name, content
            chunk = self._ffmpeg.read()
            if not chunk:
                self._ffmpeg.finish()  # tells why, where it did not end well
                if self._read:
                    raise NoFragments("the encoder's sound breaks off")
                return None
            self._read += chunk
