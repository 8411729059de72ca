"""Film writer: encoded segments and sound become finished files, all of them or none.

What is written is decoded again and counted before it gets its name.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from netviz.atomic_files import atomic_write_all, file_size, output_problems, scratch
from netviz.audio.music_file import audio_problems
from netviz.audio.soundtrack import Soundtrack
from netviz.errors import InputError, Problem
from netviz.ffmpeg import STALL_LIMIT, FfmpegFailed, executable
from netviz.timeline.plan import seconds_of
from netviz.video.encoder import QUALITIES, EncodingFailed, FramePicture, encoded_in_turn, segments_of
from netviz.video.formats import EncodeSettings, Encoding, FrameStream, OutputFile, frame_streams, outputs_of
from netviz.video.metadata import Provenance
from netviz.video.metadata_formats import mp4_box
from netviz.video.muxer import Joining, SoundEncoder, check_encoding
from netviz.video.transcode import finish
from netviz.video.verify import decode, faults, played

LARGEST_RATE_TERM = 1_001_000
"""ffmpeg keeps a frame rate exactly as long as neither its numerator nor its denominator is larger."""

Segments = Callable[[FrameStream], Iterator[tuple[bytes, ...] | None]]
"""Begins the making of a roll's segments, each encoded for all takes; None among them: the next is not there yet."""


@dataclass(frozen=True)
class Film:
    """A finished film. files: what it became, with the sizes in bytes. frames, seconds: of the whole film.

    captions: the file of its captions, WebVTT, if it tells something in words.
    """

    files: Mapping[Path, int]
    frames: int
    seconds: Fraction
    captions: Path | None = None

    @property
    def path(self) -> Path:
        """Its file; the first of several."""
        return next(iter(self.files))

    @property
    def size_in_bytes(self) -> int:
        """Of that file."""
        return self.files[self.path]


@dataclass(frozen=True)
class OutputSpec:
    """What a film is to be.

    outputs: the files. making: how they are made. frame_count: of the film. audio: its music, padded with silence or
    cut to its length, or None. overwrite: whether files there are replaced. beside: the content of files that belong to
    it. captions: which of those, if any, is WebVTT. about: what the files say about themselves.
    """

    outputs: tuple[OutputFile, ...]
    making: EncodeSettings
    frame_count: int
    audio: Soundtrack | None
    overwrite: bool = False
    beside: Mapping[Path, bytes] = field(default_factory=dict)
    captions: Path | None = None
    about: Provenance | None = None

    @property
    def rolls(self) -> list[FrameStream]:
        """What is drawn."""
        return frame_streams(self.outputs, self.making)

    @property
    def segments(self) -> list[range]:
        """The frames of its segments."""
        return segments_of(self.frame_count, self.making.fps)

    @property
    def seconds(self) -> Fraction:
        """How long it lasts."""
        return seconds_of(self.frame_count, self.making.fps)


def write_film(
    target: Path,
    pictures: Iterable[FramePicture],
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

    target: the file, of the kind that its name says; MP4 where it says none. pictures: `frame_count` buffers as
    `FrameStream` says, of the one kind that the target needs; the same buffer may come several times, and is not kept.
    on_frame: called after each picture with the number of pictures written so far.
    stall_limit: seconds ffmpeg may go without any progress. See `PreviewInput` and `EncodeSettings` for the others.

    Raises InputError for what can be known before, EncodingFailed for what went wrong, FfmpegMissing without ffmpeg,
    ValueError if the pictures are too few or of another size. Whatever is raised, here or by `pictures`, leaves no file
    and no process, and `target` as it was.
    """
    making = EncodeSettings(size, fps, quality)
    wanted = OutputSpec(outputs_of([target], making), making, frame_count, audio, overwrite)
    refuse(wanted)

    def segments(roll: FrameStream) -> Iterator[tuple[bytes, ...]]:
        return encoded_in_turn(pictures, wanted.segments, roll, on_frame=on_frame, stall_limit=stall_limit)

    made = join_film(wanted, segments, stall_limit)
    while True:
        try:
            next(made)
        except StopIteration as end:
            film: Film = end.value
            return film


def refuse(wanted: OutputSpec) -> None:
    """Raise InputError with all that is known to be wrong before anything is made, FfmpegMissing without ffmpeg."""
    audio = wanted.audio
    inputs = [audio.path] if audio is not None else []
    problems = [
        *(each for output in wanted.outputs for each in output_problems(output.path, wanted.overwrite, inputs)),
        *(audio_problems(audio.path) if audio is not None else ()),
        *_request_problems(wanted.making, wanted.frame_count),
    ]
    if problems:
        raise InputError(problems)
    executable()


def join_film(wanted: OutputSpec, segments: Segments, stall_limit: float = STALL_LIMIT) -> Generator[None, None, Film]:
    """Make a film of encoded segments, in order; a generator, so that other films can be made meanwhile.

    segments: begins their making, once all targets are locked; that nothing is there yet is passed on by yielding.
    Returns the film. Raises EncodingFailed; closing it, or an exception, leaves nothing.
    """
    targets = [output.path.absolute() for output in wanted.outputs]
    beside = {path.absolute(): content for path, content in wanted.beside.items()}
    with atomic_write_all([*targets, *beside], overwrite=wanted.overwrite) as parts:
        for part, content in zip(parts[len(targets) :], beside.values(), strict=True):
            part.write_bytes(content)
        files = dict(zip(wanted.outputs, parts, strict=False))
        for roll in wanted.rolls:
            yield from _written(wanted, roll, files, segments, stall_limit)
        for output, part in files.items():
            _verify(wanted, output, part, stall_limit)
        sizes = {target: file_size(part) for target, part in zip([*targets, *beside], parts, strict=True)}
    captions = None if wanted.captions is None else wanted.captions.absolute()
    shown = {path: size for path, size in sizes.items() if path != captions}
    return Film(shown, wanted.frame_count, wanted.seconds, captions)


def _written(
    wanted: OutputSpec, roll: FrameStream, files: Mapping[OutputFile, Path], segments: Segments, stall_limit: float
) -> Generator[None, None, None]:
    """Write all files that are made of one roll."""
    outputs = [output for output in files if output.is_transparent == roll.is_transparent]
    with ExitStack() as stack:
        try:
            joinings, kept = _joinings(stack, wanted, roll, outputs, files, stall_limit)
            source = segments(roll)
            if isinstance(source, Generator):
                stack.callback(source.close)  # its encoders end with us
            for _ in wanted.segments:
                while (segment := next(source, ())) is None:
                    yield
                for take, joining in joinings:
                    joining.add(segment[roll.takes.index(take)])
            for _, joining in joinings:
                joining.complete()
            for output in outputs:
                if output.kind != "mp4":
                    heard = wanted.audio if output.has_sound else None
                    finish(
                        output,
                        kept[output.take],
                        files[output],
                        fps=roll.fps,
                        frame_count=wanted.frame_count,
                        audio=heard,
                        about=wanted.about,
                        stall_limit=stall_limit,
                    )
        except FfmpegFailed as failure:
            raise EncodingFailed(str(failure)) from failure


def _joinings(
    stack: ExitStack,
    wanted: OutputSpec,
    roll: FrameStream,
    outputs: list[OutputFile],
    files: Mapping[OutputFile, Path],
    stall_limit: float,
) -> tuple[list[tuple[Encoding, Joining]], dict[Encoding, Path]]:
    """Who puts the segments of which take together; and the files of those from which others are made afterwards."""
    joinings, kept = [], dict[Encoding, Path]()
    about = b"" if wanted.about is None else mp4_box(wanted.about)

    def join(take: Encoding, path: Path, sound: SoundEncoder | None) -> None:
        file = stack.enter_context(path.open("r+b"))
        joinings.append((take, Joining(file, path, take, roll, wanted.segments, sound, about)))

    for output in outputs:
        if output.kind == "mp4":
            sound = None
            if wanted.audio is not None:
                sound = stack.enter_context(SoundEncoder(wanted.audio, wanted.seconds, stall_limit))
            join(output.take, files[output], sound)
        elif output.take not in kept:
            kept[output.take] = stack.enter_context(scratch(output.path.absolute(), "take"))
            join(output.take, kept[output.take], None)
    return joinings, kept


def _verify(wanted: OutputSpec, output: OutputFile, part: Path, stall_limit: float) -> None:
    """Decode what was written and count. Raises EncodingFailed."""
    heard = wanted.audio is not None and output.has_sound
    try:
        if output.has_sound:
            found = decode(part, sound=heard, stall_limit=stall_limit)
            wrong = faults(found, frames=wanted.frame_count, seconds=wanted.seconds)
        else:
            wrong = _faults_of_length(played(part), wanted.seconds, wanted.making.fps / output.take.every)
    except (FfmpegFailed, ValueError) as failure:
        reason = f"the film cannot be decoded again ({str(failure).splitlines()[0]})"
        if isinstance(failure, FfmpegFailed):
            reason = str(FfmpegFailed(reason, failure.status, failure.tail))
        raise EncodingFailed(reason) from failure
    check_encoding(not wrong, "; ".join(wrong))


def _faults_of_length(found: Fraction, seconds: Fraction, fps: Fraction) -> list[str]:
    """In words, where an animated picture lasts longer or shorter than the film by more than one of its pictures."""
    if abs(found - seconds) <= 1 / fps + Fraction(1, 50):
        return []
    return [f"it lasts {float(found):.3f} s instead of {float(seconds):.3f} s"]


def _request_problems(making: EncodeSettings, frame_count: int) -> list[Problem]:
    problems = []
    (width, height), fps, quality = making.size, making.fps, making.quality
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
