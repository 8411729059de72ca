"""Transcoding to WebM, MOV, GIF, WebP and APNG: ffmpeg's argument lists, and the process that runs them."""

from __future__ import annotations

import re
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

from netviz.atomic_files import failed_write, file_size, output_failures, scratch
from netviz.audio.music_file import SAMPLE_RATE, input_arguments
from netviz.audio.soundtrack import Soundtrack, mix_graph
from netviz.ffmpeg import Ffmpeg, FfmpegFailed
from netviz.video.encoder import COLOURS, TAGS, THREADS, VP9_QUALITIES, EncodingFailed, group_of_pictures
from netviz.video.formats import OutputFile
from netviz.video.metadata import Provenance, ffmetadata
from netviz.video.metadata_formats import with_provenance
from netviz.video.muxer import written_so_far

_STEREO = ["-ar", str(SAMPLE_RATE), "-ac", "2", "-flags:a", "+bitexact"]
SOUND = {"webm": ["-c:a", "libopus", "-b:a", "128k", *_STEREO], "mov": ["-c:a", "pcm_s16le", *_STEREO]}
"""ffmpeg's arguments that encode the sound of each kind."""
CUES, CUE = 4096, 64
"""Most bytes of a WebM's index of positions that a player can begin with: for itself, and for each of them."""
DITHER = "bayer:bayer_scale=5"
"""Dithering with a fixed pattern: colours between those of the palette do not shimmer from picture to picture."""
WEBP_QUALITY = 82


def transcode(
    output: OutputFile,
    joined: Path,
    part: Path,
    *,
    fps: Fraction,
    frame_count: int,
    audio: Soundtrack | None,
    about: Provenance | None,
    stall_limit: float,
) -> None:
    """Write an output file from the joined pictures of its encoding. Raises FfmpegFailed, EncodingFailed, OutputFailed.

    joined: the file of the encoding. part: the file to be written. fps, frame_count: of the film. audio: its music, or
    None. about: the file's metadata, or None.
    """
    with ExitStack() as stack:
        palette = tags = None
        if about is not None and output.has_sound:
            tags = stack.enter_context(scratch(output.path.absolute(), "about"))
            with output_failures(output.path):
                tags.write_text(ffmetadata(about), encoding="utf-8")
        if output.kind == "gif":
            palette = stack.enter_context(scratch(output.path.absolute(), "palette"))
            _run(palette_arguments(joined, palette), joined, palette, stall_limit)
        arguments = finish_arguments(
            output, joined, part, fps=fps, frame_count=frame_count, audio=audio, palette=palette, tags=tags
        )
        # The pictures of a film are copied; those of an animated picture become smaller, or larger.
        size = file_size(joined) if output.has_sound else 0
        _run(arguments, joined, part, stall_limit, len(output.encoding.selected(range(frame_count))), size)
    if about is not None and not output.has_sound:
        content = with_provenance(f".{output.kind}", part.read_bytes(), about)
        with output_failures(output.path, len(content)):
            part.write_bytes(content)


def palette_arguments(joined: Path, palette: Path) -> list[str]:
    """ffmpeg's arguments that write the palette of the 255 colours that best represent those of all pictures."""
    return [
        *_input(joined),
        *("-vf", "palettegen=stats_mode=full", "-frames:v", "1", "-c:v", "png", "-f", "image2", "-update", "1"),
        f"file:{palette}",
    ]


def finish_arguments(
    output: OutputFile,
    joined: Path,
    part: Path,
    *,
    fps: Fraction,
    frame_count: int,
    audio: Soundtrack | None,
    palette: Path | None = None,
    tags: Path | None = None,
) -> list[str]:
    """ffmpeg's arguments that write an output file; see `finish`. palette: of a GIF. tags: of WebM and MOV."""
    if output.kind == "gif":
        graph = f"[0:v][1:v]paletteuse=dither={DITHER}:diff_mode=rectangle"
        palette_input = ["-f", "png_pipe", "-i", f"file:{palette}"]
        return [*_input(joined), *palette_input, "-filter_complex", graph, "-loop", "0", *_output("gif", part)]
    if output.kind == "webp":
        encoder = ["-c:v", "libwebp_anim", "-q:v", str(WEBP_QUALITY), "-compression_level", "4", "-loop", "0"]
        return [*_input(joined), *encoder, *_output("webp", part)]
    if output.kind == "apng":
        return [*_input(joined), "-c:v", "apng", "-pred", "mixed", "-plays", "0", *_output("apng", part)]
    samples = round(frame_count / fps * SAMPLE_RATE)
    return [
        *_input(joined),
        *(() if audio is None else input_arguments(audio.path)),
        *(() if tags is None else ("-f", "ffmetadata", "-i", f"file:{tags}")),
        *("-map", "0:v", *_film(output, fps, frame_count)),
        *(() if audio is None else ("-filter_complex", mix_graph(audio, samples, number=1), "-map", "[a]")),
        *(() if audio is None else SOUND[output.kind]),
        # The tags are the last of the inputs.
        *_output(output.kind, part, "-1" if tags is None else "1" if audio is None else "2"),
    ]


def _film(output: OutputFile, fps: Fraction, frame_count: int) -> list[str]:
    """ffmpeg's arguments for the pictures of a WebM or MOV."""
    if output.kind == "mov":
        return ["-c:v", "copy", "-movflags", "+use_metadata_tags"]
    codec = _transparent_webm(output, fps) if output.is_transparent else ["-c:v", "copy"]
    # The index of a WebM is at its front, as in our MP4s: a player need not look for it at the end.
    room = CUES + CUE * (2 + frame_count // group_of_pictures(fps))
    return [*codec, "-reserve_index_space", str(room)]


def _transparent_webm(output: OutputFile, fps: Fraction) -> list[str]:
    """ffmpeg's arguments for VP9, the codec of WebM that has transparency, as a second stream of its own."""
    quality = VP9_QUALITIES[output.encoding.quality]
    return [
        *("-vf", f"scale=out_color_matrix=bt709:out_range=tv,format=yuva420p,setparams={TAGS}", "-c:v", "libvpx-vp9"),
        *("-crf", str(quality.rate_factor), "-b:v", "0", "-deadline", quality.parameters, "-cpu-used", quality.preset),
        *("-row-mt", "1", "-tile-columns", "2", "-auto-alt-ref", "0", "-g", str(group_of_pictures(fps))),
        *("-flags:v", "+bitexact", "-threads", str(THREADS), *COLOURS),
    ]


def _input(joined: Path) -> list[str]:
    # Progress goes to standard output: as long as something arrives there, ffmpeg has not stalled.
    return ["-v", "error", "-y", "-progress", "pipe:1", "-f", "mov", "-i", f"file:{joined}"]


def _output(kind: str, part: Path, tags: str = "-1") -> list[str]:
    return ["-map_metadata", tags, "-map_chapters", "-1", "-fflags", "+bitexact", "-f", kind, f"file:{part}"]


def _run(arguments: list[str], joined: Path, part: Path, stall_limit: float, frames: int = 0, size: int = 0) -> None:
    """Have ffmpeg write a file. frames: how many it will have. size: the least bytes. 0: that is not known."""
    try:
        with Ffmpeg(arguments, gather=True, stall_limit=stall_limit, progress=lambda: file_size(part)) as ffmpeg:
            ffmpeg.finish()
    except FfmpegFailed as failure:
        if failure.disk_error is None:
            raise
        share = _frames_done(failure.written) / frames if frames else 0
        state = written_so_far(part, share, size, beside=file_size(joined))
        raise EncodingFailed(failed_write(failure.disk_error, part.parent, state)) from failure


def _frames_done(progress: bytes) -> int:
    """Frames that ffmpeg had written when it last told of its progress; 0 if it told of none."""
    told = re.findall(rb"^frame=(\d+)$", progress, re.MULTILINE)
    return int(told[-1]) if told else 0
