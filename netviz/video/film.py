"""Encoded segments and sound become one MP4: whole under its name, or not at all.

What is written is decoded again and counted before it gets its name.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from netviz.errors import InputError, NetvizError, Problem
from netviz.executable import executable
from netviz.ffmpeg import STALL_LIMIT, FfmpegFailed
from netviz.film.timing import seconds_of
from netviz.sound.audio import audio_problems
from netviz.sound.track import Soundtrack
from netviz.video.about import About
from netviz.video.encode import QUALITIES, EncodingFailed
from netviz.video.files import amount, disk_full, output_problems, size_of, together
from netviz.video.fragments import split
from netviz.video.movie import CHUNK, Track, complete, parts, reserve, ticks_of
from netviz.video.segments import Picture, encoded_in_turn, segments_of
from netviz.video.sound import FRAME, PRIMING, Sound, frames_of
from netviz.video.tags.mp4 import mp4_box
from netviz.video.verify import decode, faults
from netviz.video.vtt import vtt_beside

LARGEST_RATE_TERM = 1_001_000
"""ffmpeg keeps a frame rate exactly as long as neither its numerator nor its denominator is larger."""


@dataclass(frozen=True)
class Film:
    """A finished film. captions: the file of its captions, WebVTT, if it tells something in words."""

    path: Path
    frames: int
    seconds: Fraction
    size_in_bytes: int
    captions: Path | None = None


@dataclass(frozen=True)
class Wanted:
    """What a film is to be.

    target: the file. size: width and height in pixels, both even. audio: its music, padded with silence or cut to
    frame_count / fps seconds, or None. quality: a key of QUALITIES. overwrite: whether a file there is replaced.
    captions: what is written beside it as WebVTT, None for no such file. about: what it says about itself.
    """

    target: Path
    size: tuple[int, int]
    fps: Fraction
    frame_count: int
    audio: Soundtrack | None
    quality: str
    overwrite: bool = False
    captions: str | None = None
    about: About | None = None

    @property
    def segments(self) -> list[range]:
        """The frames of its segments."""
        return segments_of(self.frame_count, self.fps)

    @property
    def seconds(self) -> Fraction:
        """How long it lasts."""
        return seconds_of(self.frame_count, self.fps)


def write_film(
    target: Path,
    pictures: Iterable[Picture],
    *,
    size: tuple[int, int],
    fps: Fraction,
    frame_count: int,
    audio: Soundtrack | None,
    quality: str,
    overwrite: bool = False,
    on_frame: Callable[[int], None] | None = None,
    stall_limit: float = STALL_LIMIT,
) -> Film:
    """Write a film, whole or not at all: encode it beside its name, decode and count it, then rename it.

    pictures: `frame_count` buffers as `encode.picture_bytes` says; the same buffer may come several times, and is not
        kept.
    on_frame: called after each picture with the number of pictures written so far.
    stall_limit: seconds ffmpeg may go without any progress. See `Wanted` for the others.

    Raises InputError for what can be known before, EncodingFailed for what went wrong, FfmpegMissing without ffmpeg,
    ValueError if the pictures are too few or of another size. Whatever is raised, here or by `pictures`, leaves no file
    and no process, and `target` as it was.
    """
    wanted = Wanted(target, size, fps, frame_count, audio, quality, overwrite)
    refuse(wanted)

    def segments() -> Iterator[bytes]:
        return encoded_in_turn(
            pictures,
            wanted.segments,
            size=size,
            fps=fps,
            quality=quality,
            on_frame=on_frame,
            stall_limit=stall_limit,
        )

    making = joined(wanted, segments, stall_limit)
    while True:
        try:
            next(making)
        except StopIteration as end:
            film: Film = end.value
            return film


def refuse(wanted: Wanted) -> None:
    """Raise InputError with all that is known to be wrong before anything is made, FfmpegMissing without ffmpeg."""
    audio = wanted.audio
    problems = [
        *output_problems(wanted.target, wanted.overwrite, [audio.path] if audio is not None else []),
        *(audio_problems(audio.path) if audio is not None else ()),
        *_request_problems(wanted.size, wanted.fps, wanted.frame_count, wanted.quality),
    ]
    if problems:
        raise InputError(problems)
    executable()


def joined(
    wanted: Wanted, segments: Callable[[], Iterator[bytes | None]], stall_limit: float = STALL_LIMIT
) -> Generator[None, None, Film]:
    """Make a film of encoded segments, in order; a generator, so that other films can be made meanwhile.

    segments: begins their making, once the target is locked; None among them: the next is not there yet, which is
    passed on by yielding. Returns the film. Raises EncodingFailed; closing it, or an exception, leaves nothing.
    """
    target = Path(wanted.target).absolute()
    captions = None if wanted.captions is None else vtt_beside(target)
    with together(target, captions, overwrite=wanted.overwrite) as (part, words):
        if words is not None:
            words.write_text(wanted.captions or "", encoding="utf-8", newline="\n")
        yield from _write(wanted, part, segments, stall_limit)
        _verify(wanted, part, stall_limit)
        size_in_bytes = size_of(part)
    return Film(target, wanted.frame_count, wanted.seconds, size_in_bytes, captions)


def _write(
    wanted: Wanted, part: Path, segments: Callable[[], Iterator[bytes | None]], stall_limit: float
) -> Generator[None, None, None]:
    """Put all segments, and the sound that belongs to each second of them, into the file."""
    chunk = max(1, int(CHUNK * wanted.fps))
    counts = [[min(chunk, cut.stop - start) for start in range(cut.start, cut.stop, chunk)] for cut in wanted.segments]
    chunks, frames = sum(map(len, counts)), wanted.frame_count
    given = 0
    about = b"" if wanted.about is None else mp4_box(wanted.about)
    with ExitStack() as stack:
        file = stack.enter_context(part.open("r+b"))
        source = segments()
        if isinstance(source, Generator):
            stack.callback(source.close)  # its encoders end with us
        sound, heard = None, None
        try:
            if wanted.audio is not None:
                sound = stack.enter_context(Sound(wanted.audio, wanted.seconds, stall_limit))
                heard = Track(sound.head(), FRAME, PRIMING)
                frames += frames_of(wanted.seconds)
            with _writing(part, 0.0):
                room = reserve(file, frames, 2 * chunks + 1, len(about))
            seen: Track | None = None
            for cut, pieces in zip(wanted.segments, counts, strict=True):
                while (data := next(source, b"")) is None:
                    yield
                head, samples = split(data)
                tick = Fraction(ticks_of(head)) / wanted.fps
                if seen is None:
                    seen = Track(head, int(tick))
                _check(seen.head == head and tick.denominator == 1, "its segments were not encoded alike")
                _check(len(samples.size) == len(cut), f"it has {len(samples.size)} frames instead of {len(cut)}")
                samples = replace(samples, time=samples.time - samples.time.min() + cut.start * seen.tick)
                for some in parts(samples, pieces):
                    given += len(some.size)
                    noise = sound.take(given / wanted.fps) if sound else None
                    with _writing(part, given / wanted.frame_count):
                        seen.write(file, some)
                        if heard and noise:
                            heard.write(file, noise)
            noise = sound.take(None) if sound else None
            assert seen is not None
            with _writing(part, 1.0):
                if heard and noise:
                    heard.write(file, noise)
                complete(file, room, [seen, heard] if heard else [seen], wanted.seconds, about)
                file.flush()
        except FfmpegFailed as failure:
            raise EncodingFailed(str(failure)) from failure


@contextmanager
def _writing(part: Path, share: float) -> Iterator[None]:
    """A failed write in words that help. share: how much of the film will have been written, 0 to 1."""
    try:
        yield
    except OSError as error:
        raise _explained(error, part, share) from error


def _check(fine: bool, fault: str) -> None:
    if not fine:
        raise EncodingFailed(f"the film was not written as it should be: {fault}")


def _request_problems(size: tuple[int, int], fps: Fraction, frame_count: int, quality: str) -> list[Problem]:
    problems = []
    width, height = size
    if width < 2 or height < 2 or width % 2 or height % 2:
        even = f"{max(2, width - width % 2)}x{max(2, height - height % 2)}"
        problems.append(Problem("size", f"width and height must be even for H.264, got {width}x{height}; use {even}"))
    if fps <= 0:
        problems.append(Problem("fps", f"must be more than 0, got {fps}"))
    elif max(fps.numerator, fps.denominator) > LARGEST_RATE_TERM:
        nearest = fps.limit_denominator(1001)
        problems.append(Problem("fps", f"{fps} is too fine a fraction to be kept exactly in a film; use {nearest}"))
    if frame_count < 1:
        problems.append(Problem("frames", f"a film has at least one frame, got {frame_count}"))
    if quality not in QUALITIES:
        problems.append(Problem("quality", f"must be one of {', '.join(QUALITIES)}, got {quality!r}"))
    return problems


def _verify(wanted: Wanted, part: Path, stall_limit: float) -> None:
    """Decode what was written and count. Raises EncodingFailed."""
    try:
        found = decode(part, sound=wanted.audio is not None, stall_limit=stall_limit)
    except FfmpegFailed as failure:
        reason = f"the film cannot be decoded again ({str(failure).splitlines()[0]})"
        raise EncodingFailed(str(FfmpegFailed(reason, failure.status, failure.tail))) from failure
    wrong = faults(found, frames=wanted.frame_count, seconds=wanted.seconds)
    _check(not wrong, "; ".join(wrong))


def _explained(error: OSError, part: Path, share: float) -> NetvizError:
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
