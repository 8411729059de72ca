"""Encoded segments of one take, put one after the other into a file as they come, with the sound between them."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from netviz.errors import NetvizError
from netviz.video.encode import EncodingFailed
from netviz.video.files import amount, disk_full, size_of
from netviz.video.fragments import split
from netviz.video.movie import CHUNK, Track, complete, parts, reserve, ticks_of
from netviz.video.sound import FRAME, PRIMING, Sound, frames_of
from netviz.video.takes import Roll, Take


class Joining:
    """A take of a film in the making: `add` all its segments in order, then `complete` it.

    file: an MP4, empty and open for reading and writing. path: where it is. segments: frames of the film in each.
    sound: what is heard, or None. about: the box of what the file says about itself. All methods raise EncodingFailed
    and what `Sound` raises.
    """

    def __init__(
        self,
        file: BinaryIO,
        path: Path,
        take: Take,
        roll: Roll,
        segments: list[range],
        sound: Sound | None = None,
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
        samples = self._frames + (0 if sound is None else frames_of(self._seconds))
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
        check(self._seen.head == head and tick.denominator == 1, "its segments were not encoded alike")
        check(len(samples.size) == count, f"it has {len(samples.size)} frames instead of {count}")
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


def check(fine: bool, fault: str) -> None:
    """Raise EncodingFailed unless all is fine."""
    if not fine:
        raise EncodingFailed(f"the film was not written as it should be: {fault}")


def _explained(error: OSError, part: Path, share: float) -> NetvizError:
    """share: how much of the film was written, 0 to 1."""
    written = size_of(part)
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
