"""Tags and streams of films of any kind, as ffmpeg tells of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from netviz.ffmetadata import parse
from netviz.ffmpeg import Ffmpeg, FfmpegFailed
from netviz.video.about import LARGEST, NAME, Damaged

FORMATS = "matroska,webm,mov"
"""ffmpeg's names of the containers that are opened: none of them can name another file."""

_DURATION = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", re.MULTILINE)
_VIDEO = re.compile(r"^ *Stream #0:.*: Video: (\w+).*?, (\d{1,6})x(\d{1,6})\b", re.MULTILINE)
_FPS = re.compile(r"^ *Stream #0:.*: Video: .*?, ([\d.]+k?) fps\b", re.MULTILINE)
_AUDIO = re.compile(r"^ *Stream #0:.*: Audio: (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Streams:
    """What a film's file holds, as far as ffmpeg says: lengths in seconds, size in pixels, fps as it is rounded."""

    seconds: float | None
    size: tuple[int, int] | None
    fps: str | None
    video: str | None
    audio: str | None


def tags_arguments(path: Path) -> list[str]:
    """ffmpeg's arguments that write a film's tags to standard output."""
    return [
        *("-v", "error", *_input(path)),
        *("-map_metadata", "0:g", "-f", "ffmetadata", "pipe:1"),
    ]


def streams_arguments(path: Path) -> list[str]:
    """ffmpeg's arguments that tell of a film's streams and write nothing."""
    return [
        *("-v", "info", "-nostats", *_input(path)),
        *("-map", "0:v:0", "-map", "0:a:0?", "-map_metadata", "-1", "-c", "copy", "-t", "0", "-f", "null", "-"),
    ]


def find(path: Path) -> str | None:
    """The text under netviz's name, None if there is none. Raises Damaged."""
    text = b""
    with Ffmpeg(tags_arguments(path), collect=True) as ffmpeg:
        while chunk := ffmpeg.read():
            text += chunk
            if len(text) > LARGEST:
                raise Damaged(f"its tags are longer than {LARGEST / 1e6:g} MB")
        try:
            ffmpeg.finish()
        except FfmpegFailed:
            raise Damaged("ffmpeg cannot read it") from None
    return parse(text.decode(errors="replace")).get(NAME)


def streams(path: Path) -> Streams:
    """What is in a film's file. Raises Damaged."""
    with Ffmpeg(streams_arguments(path)) as ffmpeg:
        try:
            ffmpeg.finish()
        except FfmpegFailed:
            raise Damaged("ffmpeg finds no film in it") from None
        # Long tags may push the streams out of its first words; then its last ones name them again.
        said = f"{ffmpeg.first_words}\n{ffmpeg.last_words}"
    length, video = _DURATION.search(said), _VIDEO.search(said)
    fps, audio = _FPS.search(said), _AUDIO.search(said)
    return Streams(
        3600 * int(length[1]) + 60 * int(length[2]) + float(length[3]) if length else None,
        (int(video[2]), int(video[3])) if video else None,
        fps[1] if fps else None,
        video[1] if video else None,
        audio[1] if audio else None,
    )


def _input(path: Path) -> list[str]:
    return ["-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS, "-i", f"file:{path}"]
