"""Verification: a finished file decoded again and counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from netviz.audio.music_file import SAMPLE_RATE
from netviz.ffmpeg import STALL_LIMIT, Ffmpeg

AAC_FRAME = 1024
"""Samples in one AAC frame: where a player ignores the edit list, sound can end only at such a step."""


@dataclass(frozen=True)
class DecodedFilm:
    """Counts of a decoded film: frames of its picture, samples of its sound (None: it has no sound)."""

    frames: int
    samples: int | None


def decode(path: Path, *, sound: bool, stall_limit: float = STALL_LIMIT) -> DecodedFilm:
    """Decode a film and count its frames and samples. Raises FfmpegFailed if it cannot be decoded without an error."""
    frames = samples = 0
    with Ffmpeg(verify_arguments(path, sound=sound), collect=True, stall_limit=stall_limit) as ffmpeg:
        for stream, size in _packets(ffmpeg):
            if stream == 0:
                frames += 1
            else:
                samples += size // 2
        ffmpeg.finish()
    return DecodedFilm(frames, samples if sound else None)


def verify_arguments(path: Path, *, sound: bool) -> list[str]:
    """ffmpeg's arguments that print one line for each decoded packet: stream, times, size in bytes, checksum.

    Only a corner of each decoded picture is passed on, and one channel of 16 bits: enough to count.
    """
    return [
        *("-v", "error", "-xerror", "-protocol_whitelist", "file,pipe", "-i", f"file:{path}"),
        *("-map", "0:v:0", "-vf", "crop=2:2:0:0", "-c:v", "rawvideo"),
        *(("-map", "0:a:0", "-ac", "1", "-c:a", "pcm_s16le") if sound else ()),
        # ffmpeg 4 holds packets back until both streams have begun, and by itself no more than 128 of them.
        *("-max_muxing_queue_size", "100000", "-f", "framecrc", "pipe:1"),
    ]


def faults(found: DecodedFilm, *, frames: int, seconds: Fraction) -> list[str]:
    """Faults of a decoded film in words: it is not `frames` long, or its sound not `seconds`; empty if all is well."""
    result = []
    if found.frames != frames:
        result.append(f"it has {found.frames} frames instead of {frames}")
    if found.samples is not None and abs(found.samples - seconds * SAMPLE_RATE) > AAC_FRAME:
        result.append(f"its sound lasts {found.samples / SAMPLE_RATE:.3f} s instead of {float(seconds):.3f} s")
    return result


def played(path: Path) -> Fraction:
    """Seconds that an animated picture (GIF, WebP, APNG) lasts, with every picture of it decoded.

    Raises ValueError if it cannot be decoded.
    """
    from PIL import Image, ImageSequence

    milliseconds = Fraction(0)
    try:
        with Image.open(path, formats=("GIF", "WEBP", "PNG")) as picture:
            for each in ImageSequence.Iterator(picture):
                each.load()
                milliseconds += Fraction(each.info.get("duration", 0))
    except Exception as fault:  # a broken picture makes Pillow raise almost anything
        raise ValueError(str(fault)) from fault
    return milliseconds / 1000


def _packets(ffmpeg: Ffmpeg) -> Iterator[tuple[int, int]]:
    """(stream, size in bytes) of each packet, from framecrc's lines `stream, dts, pts, duration, size, checksum`."""
    rest = b""
    while chunk := ffmpeg.read():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line and not line.startswith(b"#"):
                fields = line.split(b",")
                yield int(fields[0]), int(fields[4])
