"""Film writer: streams encoded, muxed, verified and renamed into finished files, all of them or none.

Each file is decoded again, and its frames and samples counted, before it gets its name.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from netviz.atomic_files import atomic_write_all, file_size, output_failures, output_problems, scratch
from netviz.audio.music_file import audio_problems
from netviz.audio.soundtrack import Soundtrack
from netviz.errors import InputError, Problem
from netviz.ffmpeg import STALL_LIMIT, FfmpegFailed, executable
from netviz.log import phase
from netviz.timeline.plan import seconds_of
from netviz.video.encoder import QUALITIES, EncodedWrongly, EncodingFailed, FramePicture, encoded_in_turn, segments_of
from netviz.video.formats import EncodeSettings, Encoding, FrameStream, OutputFile, frame_streams, outputs_of
from netviz.video.metadata import Provenance
from netviz.video.metadata_formats import mp4_box
from netviz.video.muxer import Joining, SoundEncoder, check_encoding
from netviz.video.transcode import transcode
from netviz.video.verify import decode, faults, played
from netviz.video.webvtt import is_written_for

_log = logging.getLogger(__name__)

LARGEST_RATE_TERM = 1_001_000
"""Largest numerator and denominator of a frame rate that ffmpeg stores exactly."""

Segments = Callable[[FrameStream], Iterator[tuple[bytes, ...] | None]]
"""Function that starts to encode a stream's segments and yields each in all encodings; None: the next is not ready."""


@dataclass(frozen=True)
class WrittenFilm:
    """A film in its files. files: those it became, with their sizes in bytes. frames, seconds: of the whole film.

    captions: the file of its captions, WebVTT, if it has any. taken_segments: how many segments of it an earlier render
    had left, which ended early.
    """

    files: Mapping[Path, int]
    frames: int
    seconds: Fraction
    captions: Path | None = None
    taken_segments: int = 0

    @property
    def path(self) -> Path:
        """File of the film; the first of several."""
        return next(iter(self.files))

    @property
    def size_in_bytes(self) -> int:
        """Size in bytes of that file."""
        return self.files[self.path]


@dataclass(frozen=True)
class OutputSpec:
    """Specification of a film's output.

    outputs: the files. settings: of their encoding. frame_count: of the film. audio: its music, padded with
    silence or cut to its length, or None. overwrite: whether existing files are replaced. sidecars: files with
    their content. captions: the one of those that is WebVTT, if any; captions_of: the fingerprint of its film, "" for
    none: captions of the same film, which another of its files had, are replaced. about: the files' metadata, or None.
    """

    outputs: tuple[OutputFile, ...]
    settings: EncodeSettings
    frame_count: int
    audio: Soundtrack | None
    overwrite: bool = False
    sidecars: Mapping[Path, bytes] = field(default_factory=dict)
    captions: Path | None = None
    captions_of: str = ""
    about: Provenance | None = None

    @property
    def streams(self) -> list[FrameStream]:
        """Frame streams that are to be drawn."""
        return frame_streams(self.outputs, self.settings)

    @property
    def segments(self) -> list[range]:
        """Frames of each of the film's segments."""
        return segments_of(self.frame_count, self.settings.fps)

    @property
    def seconds(self) -> Fraction:
        """Length of the film in seconds."""
        return seconds_of(self.frame_count, self.settings.fps)


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
) -> WrittenFilm:
    """Write a film, whole or not at all: encode it beside the target, decode and count it, then rename it.

    target: the file, of the kind that its name says; MP4 where it says none. pictures: `frame_count` buffers as
    `FrameStream` says, of the one kind that the target needs; the same buffer may come several times, and is not
    stored. on_frame: called after each picture with the number of pictures written so far.
    stall_limit: seconds ffmpeg may go without any progress. See `OutputSpec` and `EncodeSettings` for the others.

    Raises InputError for what can be known before, EncodingFailed for what went wrong, FfmpegMissing without ffmpeg,
    ValueError if the pictures are too few or of another size. Whatever is raised, here or by `pictures`, leaves no file
    and no process, and `target` as it was.
    """
    settings = EncodeSettings(size, fps, quality)
    spec = OutputSpec(outputs_of([target], settings), settings, frame_count, audio, overwrite)
    refuse(spec)

    def segments(stream: FrameStream) -> Iterator[tuple[bytes, ...]]:
        return encoded_in_turn(pictures, spec.segments, stream, on_frame=on_frame, stall_limit=stall_limit)

    joining = join_film(spec, segments, stall_limit)
    while True:
        try:
            next(joining)
        except StopIteration as end:
            film: WrittenFilm = end.value
            return film


def refuse(spec: OutputSpec) -> None:
    """Raise InputError with all problems that are known before anything is encoded, FfmpegMissing without ffmpeg."""
    audio = spec.audio
    inputs = [audio.path] if audio is not None else []
    problems = [
        *(each for output in spec.outputs for each in output_problems(output.path, spec.overwrite, inputs)),
        *(audio_problems(audio.path) if audio is not None else ()),
        *_request_problems(spec.settings, spec.frame_count),
    ]
    if problems:
        raise InputError(problems)
    executable()


def join_film(
    spec: OutputSpec, segments: Segments, stall_limit: float = STALL_LIMIT
) -> Generator[None, None, WrittenFilm]:
    """Join encoded segments, in order, into a film; a generator, so that other films can be joined meanwhile.

    segments: called once all targets are locked. Whenever the next segment is not ready, the generator yields.
    Returns the film. Raises EncodingFailed; closing it, or an exception, leaves nothing behind.
    """
    targets = [output.path.absolute() for output in spec.outputs]
    sidecars = {path.absolute(): content for path, content in spec.sidecars.items()}
    captions = None if spec.captions is None else spec.captions.absolute()

    def may_replace(path: Path) -> bool:
        return spec.overwrite or (path == captions and is_written_for(path, spec.captions_of))

    with atomic_write_all([*targets, *sidecars], overwrite=may_replace) as parts:
        for part, (path, content) in zip(parts[len(targets) :], sidecars.items(), strict=True):
            with output_failures(path, len(content)):
                part.write_bytes(content)
        files = dict(zip(spec.outputs, parts, strict=False))
        for stream in spec.streams:
            with phase(_log, f"{spec.frame_count} frames in {len(spec.segments)} segments"):
                yield from _write_stream(spec, stream, files, segments, stall_limit)
        for output, part in files.items():
            with phase(_log, f"reading {output.path.name} back"):
                _verify(spec, output, part, stall_limit)
        sizes = {target: file_size(part) for target, part in zip([*targets, *sidecars], parts, strict=True)}
    shown = {path: size for path, size in sizes.items() if path != captions}
    return WrittenFilm(shown, spec.frame_count, spec.seconds, captions)


def _write_stream(
    spec: OutputSpec, stream: FrameStream, files: Mapping[OutputFile, Path], segments: Segments, stall_limit: float
) -> Generator[None, None, None]:
    """Write all files that are made from one stream; yields whenever the next segment is not ready."""
    outputs = [output for output in files if output.is_transparent == stream.is_transparent]
    with ExitStack() as stack:
        try:
            muxers, scratch_files = _muxers(stack, spec, stream, outputs, files, stall_limit)
            source = segments(stream)
            if isinstance(source, Generator):
                stack.callback(source.close)  # ends its encoders if we end
            for _ in spec.segments:
                while (segment := next(source, ())) is None:
                    yield
                for encoding, muxer in muxers:
                    muxer.add(segment[stream.encodings.index(encoding)])
            for _, muxer in muxers:
                muxer.complete()
            for output in outputs:
                if output.kind != "mp4":
                    audio = spec.audio if output.has_sound else None
                    transcode(
                        output,
                        scratch_files[output.encoding],
                        files[output],
                        fps=stream.fps,
                        frame_count=spec.frame_count,
                        audio=audio,
                        about=spec.about,
                        stall_limit=stall_limit,
                    )
        except FfmpegFailed as failure:
            raise EncodingFailed(str(failure)) from failure


def _muxers(
    stack: ExitStack,
    spec: OutputSpec,
    stream: FrameStream,
    outputs: list[OutputFile],
    files: Mapping[OutputFile, Path],
    stall_limit: float,
) -> tuple[list[tuple[Encoding, Joining]], dict[Encoding, Path]]:
    """Muxers of a stream's encodings, and the scratch files of those encodings that are transcoded afterwards."""
    muxers, scratch_files = [], dict[Encoding, Path]()
    about = b"" if spec.about is None else mp4_box(spec.about)

    def join(encoding: Encoding, path: Path, sound: SoundEncoder | None, is_copied: bool = False) -> None:
        with output_failures(path):
            file = path.open("r+b")
        stack.callback(_close, file)
        muxers.append((encoding, Joining(file, path, encoding, stream, spec.segments, sound, about, is_copied)))

    for output in outputs:
        if output.kind == "mp4":
            sound = None
            if spec.audio is not None:
                sound = stack.enter_context(SoundEncoder(spec.audio, spec.seconds, stall_limit))
            join(output.encoding, files[output], sound)
        elif output.encoding not in scratch_files:
            scratch_files[output.encoding] = stack.enter_context(scratch(output.path.absolute(), "take"))
            join(output.encoding, scratch_files[output.encoding], None, output.has_sound)
    return muxers, scratch_files


def _close(file: BinaryIO) -> None:
    # What is complete has been flushed, and is synchronised before it gets its name; what is not, a full disk may keep
    # from being flushed once more.
    with suppress(OSError):
        file.close()


def _verify(spec: OutputSpec, output: OutputFile, part: Path, stall_limit: float) -> None:
    """Decode a written file and count its frames and samples. Raises EncodingFailed if they are wrong."""
    has_sound = spec.audio is not None and output.has_sound
    try:
        if output.has_sound:
            found = decode(part, sound=has_sound, stall_limit=stall_limit)
            wrong = faults(found, frames=spec.frame_count, seconds=spec.seconds)
        else:
            wrong = _faults_of_length(played(part), spec.seconds, spec.settings.fps / output.encoding.every)
    except (FfmpegFailed, ValueError) as failure:
        reason = f"the film cannot be decoded again ({str(failure).splitlines()[0]})"
        if isinstance(failure, FfmpegFailed):
            reason = str(FfmpegFailed(reason, failure.status, failure.tail))
            if failure.status is None or failure.status < 0:  # somebody ended it, which says nothing of the film
                raise EncodingFailed(reason) from failure
        raise EncodedWrongly(reason) from failure
    check_encoding(not wrong, "; ".join(wrong))


def _faults_of_length(found: Fraction, seconds: Fraction, fps: Fraction) -> list[str]:
    """Fault in words if an animated picture differs in length from the film by more than one of its pictures."""
    if abs(found - seconds) <= 1 / fps + Fraction(1, 50):
        return []
    return [f"it lasts {float(found):.3f} s instead of {float(seconds):.3f} s"]


def _request_problems(settings: EncodeSettings, frame_count: int) -> list[Problem]:
    problems = []
    (width, height), fps, quality = settings.size, settings.fps, settings.quality
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
