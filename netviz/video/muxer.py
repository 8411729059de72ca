"""Muxer: encoded segments of one stream joined into an MP4, with the sound encoded between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from netviz.atomic_files import amount, failed_write, file_size
from netviz.audio.music_file import SAMPLE_RATE
from netviz.audio.soundtrack import Soundtrack, mix_arguments
from netviz.ffmpeg import Ffmpeg
from netviz.video.encoder import EncodedWrongly, EncodingFailed
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
    """Muxer of one encoding of a film into an MP4: `add` all its segments in order, then `complete` it.

    file: the MP4, empty and open for reading and writing. path: its path. segments: frames of the film in each. sound:
    the encoder of the film's sound, or None. about: the box with the file's metadata. is_copied: whether the pictures
    are copied from it into another file, for which the disk needs room as well. All methods raise EncodingFailed and
    what `SoundEncoder` raises.
    """

    def __init__(
        self,
        file: BinaryIO,
        path: Path,
        encoding: Encoding,
        stream: FrameStream,
        segments: list[range],
        sound: SoundEncoder | None = None,
        about: bytes = b"",
        is_copied: bool = False,
    ) -> None:
        self._file, self._path, self._sound, self._about = file, path, sound, about
        self._fps = stream.fps_of(encoding)
        chunk = max(1, int(CHUNK * self._fps))
        counts = [len(encoding.selected(frames)) for frames in segments]
        self._pieces = [[min(chunk, count - start) for start in range(0, count, chunk)] for count in counts]
        self._frames, self._written, self._segments = sum(counts), 0, 0
        self._seconds = segments[-1].stop / stream.fps
        self._copies = 2 if is_copied else 1
        self._size = 0  # bytes that were written, which the disk need not have taken yet
        self._video: Track | None = None
        self._audio = None if sound is None else Track(sound.head(), FRAME, PRIMING)
        chunks = sum(map(len, self._pieces))
        samples = self._frames + (0 if sound is None else sound_frames(self._seconds))
        with self._writing():
            self._reserved = reserve(file, samples, 2 * chunks + 1, len(about))

    def add(self, data: bytes) -> None:
        """Write the next segment to the file, and after each second of it the sound that belongs to it."""
        head, samples = split(data)
        pieces = self._pieces[self._segments]
        count = sum(pieces)
        tick = Fraction(ticks_of(head)) / self._fps
        if self._video is None:
            self._video = Track(head, int(tick))
        check_encoding(self._video.head == head and tick.denominator == 1, "its segments were not encoded alike")
        check_encoding(len(samples.size) == count, f"it has {len(samples.size)} frames instead of {count}")
        samples = replace(samples, time=samples.time - samples.time.min() + self._written * self._video.tick)
        for piece in parts(samples, pieces):
            self._written += len(piece.size)
            sound = self._sound.take(self._written / self._fps) if self._sound else None
            with self._writing():
                self._video.write(self._file, piece)
                if self._audio and sound:
                    self._audio.write(self._file, sound)
        self._segments += 1

    def complete(self) -> None:
        """Write the rest of the sound, and the index."""
        sound = self._sound.take(None) if self._sound else None
        assert self._video is not None and self._segments == len(self._pieces), "segments are missing"
        with self._writing():
            if self._audio and sound:
                self._audio.write(self._file, sound)
            tracks = [self._video, self._audio] if self._audio else [self._video]
            complete(self._file, self._reserved, tracks, self._seconds, self._about)
            self._file.flush()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Context of a write: an OSError becomes EncodingFailed with the reason, and with the space that is needed."""
        try:
            yield
            self._size = self._file.tell()
        except OSError as error:
            state = written_so_far(self._path, self._written / self._frames, self._size, self._copies)
            raise EncodingFailed(failed_write(error, self._path.parent, state, "the film")) from error


def check_encoding(fine: bool, fault: str) -> None:
    """Raise EncodedWrongly with the fault unless all is fine."""
    if not fine:
        raise EncodedWrongly(f"the film was not written as it should be: {fault}")


def written_so_far(path: Path, share: float, size: int = 0, copies: int = 1, beside: int = 0) -> str:
    """Size of a film so far, and of all of it, in words.

    share: the part of its pictures that was written, 0 to 1. size: bytes that it has without the rest, as far as known.
    copies: how often the disk has to take these. beside: bytes that lie there besides, until the film is done.
    """
    written = file_size(path)
    needed = max(size, int(max(written, size) / share) if share else 0)
    needed = needed and copies * needed + beside
    begun = f"{amount(written)} of the film were written" if written else "nothing was written"
    return f"{begun}, the film needs about {amount(needed)}" if needed else begun


# Sound: music encoded as AAC at 192 kb/s, exactly as long as the film, a little at a time.

FRAME = 1024
"""Samples of sound in one AAC frame."""
PRIMING = 1024
"""Samples that ffmpeg's AAC encoder puts before the first one of the sound; players skip them."""


def sound_arguments(track: Soundtrack, seconds: Fraction) -> list[str]:
    """ffmpeg's arguments that write music as fragments of an MP4 to standard output, with the executable left out."""
    return [
        *("-v", "error", *mix_arguments(track, round(seconds * SAMPLE_RATE))),
        *("-c:a", "aac", "-b:a", "192k", "-ar", str(SAMPLE_RATE), "-ac", "2", "-flags:a", "+bitexact"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"),
        *("-movflags", "+empty_moov+default_base_moof", "-frag_duration", "1000000", "-f", "mp4", "pipe:1"),
    ]


def sound_frames(seconds: Fraction) -> int:
    """Most AAC frames that so many seconds of sound become."""
    return round(seconds * SAMPLE_RATE) // FRAME + 4


class SoundEncoder:
    """One ffmpeg that encodes music, as a context manager. Its methods raise FfmpegFailed and NoFragments."""

    def __init__(self, track: Soundtrack, seconds: Fraction, stall_limit: float) -> None:
        self._ffmpeg = Ffmpeg(sound_arguments(track, seconds), collect=True, stall_limit=stall_limit)
        self._buffer = b""
        self._pending: list[Samples] = []
        self._frames = 0
        self._ended = False

    def __enter__(self) -> SoundEncoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ffmpeg.__exit__(kind, error, traceback)

    def head(self) -> bytes:
        """Content of the encoder's `moov`; to be called before `take`."""
        while (box := self._box()) is not None:
            if box[0] == b"moov":
                return box[1]
        raise NoFragments("the encoder wrote no sound")

    def take(self, until: Fraction | None) -> Samples | None:
        """The next samples, up to a time in seconds; up to the end for None. None if there are none.

        Their times are in samples of sound, the encoder's own first ones (PRIMING) among them.
        """
        needed = None if until is None else int(until * SAMPLE_RATE) // FRAME - self._frames
        while not self._ended and (needed is None or sum(len(run.size) for run in self._pending) < needed):
            self._fill()
        pending = [*self._pending]
        count = sum(len(run.size) for run in pending)
        now = count if needed is None else min(count, needed)
        if now <= 0:
            return None
        whole = Samples(
            np.concatenate([run.size for run in pending]),
            FRAME * np.arange(self._frames, self._frames + count),
            np.ones(count, np.bool_),
            b"".join(run.data for run in pending),
        )
        selected, rest = parts(whole, [now, count - now])
        self._pending = [rest]
        self._frames += now
        return selected

    def _fill(self) -> None:
        """Read the next fragment into `_pending`, or set `_ended` if there is none."""
        while (box := self._box()) is not None:
            if box[0] == b"moof":
                table, data = box[1], self._box()
                if data is None or data[0] != b"mdat":
                    raise NoFragments("the encoder's sound breaks off")
                self._pending.append(fragment(table, data[1]))
                return
        self._ended = True
        self._ffmpeg.finish()

    def _box(self) -> tuple[bytes, bytes] | None:
        """Name and content of the next box, None at the end."""
        while True:
            found = box_at(self._buffer)
            if found is not None and found.stop <= len(self._buffer):
                content, self._buffer = self._buffer[found.start : found.stop], self._buffer[found.stop :]
                return found.name, content
            chunk = self._ffmpeg.read()
            if not chunk:
                self._ffmpeg.finish()  # raises the reason where it failed
                if self._buffer:
                    raise NoFragments("the encoder's sound breaks off")
                return None
            self._buffer += chunk
