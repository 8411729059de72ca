"""Music files: their exact length, counted by decoding all samples, and their tags (title, artist, licence).

Headers are not believed: a truncated mp3 still claims its old length, a variable-bitrate one without an index claims
nonsense. Only plain local files are read: ffmpeg's protocols and playlists are switched off, pipes and devices refused.
"""

from __future__ import annotations

import os
import re
import stat
import warnings
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from netviz.errors import InputError, NetvizError, NetvizWarning, Problem
from netviz.ffmpeg import STALL_LIMIT, Ffmpeg, FfmpegFailed, parse

SAMPLE_RATE = 48_000
"""Samples a second of the film's sound, to which all music is brought; lengths are counted in these."""

_FORMATS = "mp3,wav,w64,flac,ogg,mov,aac,aiff,matroska,asf,caf,au,ape,wv,tta"
"""ffmpeg's names of the containers music may come in: none of them can name another file."""

_NOTHING = "no decodable audio in it (mp3, wav, flac, ogg or m4a is expected)"

_BYTES_A_SAMPLE = 2
_SAMPLES_A_PACKET = 1152
_BROKEN_PACKET = "Invalid data found when processing input"
_NOTICEABLE_SECONDS = Fraction(1, 2)
_NOTICEABLE_SHARE = Fraction(2, 100)
_CLAIM = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", re.MULTILINE)
_MONO = re.compile(r" Hz, (mono|1 channels)\b")
_GUESSED = "Estimating duration from bitrate"


@dataclass(frozen=True)
class _Decoded:
    """What decoding a file gave: samples at SAMPLE_RATE, in how many channels, and the seconds its header claims.

    fault: why there are none.
    """

    samples: int = 0
    is_mono: bool = False
    claimed: Fraction | None = None
    fault: str | None = None


def audio_problems(path: str | Path, where: str | None = None) -> list[Problem]:
    """Why a file cannot be a film's music: an empty list if it can. Decodes all of it, once for each state of the file.

    where: what the problem is said to be about; the path itself if not given.
    """
    fault = _examined(path).fault
    return [Problem(where or str(path), fault)] if fault else []


def audio_length(path: str | Path) -> Fraction:
    """Seconds of music in a file: decoded samples over 48,000.

    Raises InputError if there is nothing to be decoded. Warns (NetvizWarning) if noticeably less comes out than the
    file claims.
    """
    decoded = _sound(path)
    seconds = Fraction(decoded.samples, SAMPLE_RATE)
    if decoded.claimed is not None:
        missing = decoded.claimed - seconds
        if missing > _NOTICEABLE_SECONDS and missing > decoded.claimed * _NOTICEABLE_SHARE:
            warnings.warn(
                f"{path}: claims to last {float(decoded.claimed):.1f} s, but only {float(seconds):.1f} s can be "
                "decoded; it seems cut off, and the film follows what can be heard",
                NetvizWarning,
                stacklevel=2,
            )
    return seconds


def audio_samples(path: str | Path) -> int:
    """Samples of music in a file, at SAMPLE_RATE. Raises InputError if there are none."""
    return _sound(path).samples


def is_mono(path: str | Path) -> bool:
    """Whether the music in a file has one channel. Raises InputError if there is none."""
    return _sound(path).is_mono


def input_arguments(path: str | Path) -> list[str]:
    """ffmpeg's arguments that open a file of music as an input, and nothing but that one local file."""
    return ["-protocol_whitelist", "file,pipe", "-format_whitelist", _FORMATS, "-i", f"file:{path}"]


def music_arguments(path: str | Path) -> list[str]:
    """ffmpeg's arguments that write a file's first audio stream to standard output: 48 kHz, one channel, 16 bits."""
    return [
        *("-v", "info", "-nostats", *input_arguments(path)),
        *("-map", "0:a:0", "-af", f"aresample={SAMPLE_RATE}", "-ac", "1", "-c:a", "pcm_s16le", "-f", "s16le", "pipe:1"),
    ]


def file_state(path: str | Path) -> tuple[int, ...]:
    """What tells one state of a file from another. Raises OSError."""
    found = Path(path).stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _sound(path: str | Path) -> _Decoded:
    decoded = _examined(path)
    if decoded.fault:
        raise InputError([Problem(str(path), decoded.fault)])
    return decoded


def _examined(path: str | Path) -> _Decoded:
    try:
        fault = _not_plain(Path(path).stat()) or _not_readable(path)
    except FileNotFoundError:
        fault = "no such file"
    except (OSError, ValueError) as error:
        fault = f"cannot be read: {(getattr(error, 'strerror', None) or str(error)).lower()}"
    if fault:
        return _Decoded(fault=fault)
    return _decoded(os.fspath(path), file_state(path))


def _not_plain(found: os.stat_result) -> str | None:
    if stat.S_ISDIR(found.st_mode):
        return "is a folder, not a file of music"
    if not stat.S_ISREG(found.st_mode):
        return "is not a plain file but a device, pipe or socket; copy the music into a file first"
    if found.st_size == 0:
        return "no decodable audio in it: the file is empty"
    return None


def _not_readable(path: str | Path) -> str | None:
    with Path(path).open("rb") as file:  # raises the real reason
        file.read(1)
    return None


@lru_cache(maxsize=16)
def _decoded(path: str, state: tuple[int, ...], stall_limit: float = STALL_LIMIT) -> _Decoded:
    """Decode a file in constant memory. `state` makes a file that has changed be decoded again."""
    size = 0
    with Ffmpeg(music_arguments(path), collect=True, stall_limit=stall_limit) as ffmpeg:
        while chunk := ffmpeg.read():
            size += len(chunk)
        try:
            ffmpeg.finish()
        except FfmpegFailed as failure:
            if failure.status is None or failure.status < 0:  # it was ended, which says nothing about the file
                raise
            return _Decoded(fault=_why(failure))
        said = ffmpeg.first_words
    samples = size // _BYTES_A_SAMPLE
    # A little of any noise looks like mp3. ffmpeg gives up when two thirds are broken; 7.0 ends as if all was well.
    if samples <= 2 * _SAMPLES_A_PACKET * said.count(_BROKEN_PACKET):
        return _Decoded(fault=_NOTHING)
    return _Decoded(samples, _said_mono(said), _claimed(said))


def _why(failure: FfmpegFailed) -> str:
    if "matches no streams" in failure.tail:
        return "no audio in it, only a picture or other streams"
    if "not on whitelist" in failure.tail:
        return f"{_NOTHING}: it is a playlist, a picture or another kind of file that netviz does not open"
    return _NOTHING


def _claimed(said: str) -> Fraction | None:
    """The seconds a file's header claims, from what ffmpeg said; None if it does not say, or ffmpeg guessed."""
    match = _CLAIM.search(said)
    if match is None or _GUESSED in said:
        return None
    return 3600 * int(match[1]) + 60 * int(match[2]) + Fraction(match[3])


def _said_mono(said: str) -> bool:
    """Whether the first audio stream, the input's, has one channel, from what ffmpeg said."""
    stream = next((line for line in said.splitlines() if ": Audio: " in line), "")
    return _MONO.search(stream) is not None


# What a file of music says about itself: its title, who made it, and under which licence.

_LONGEST = 200
"""Characters that are kept of a tag."""
_LARGEST = 1_000_000
"""Bytes of all tags that are read."""
LICENCES = ("license", "licence", "copyright", "rights", "tcop")
"""Names under which kinds of files keep it; where there are several, the first is the plainest."""


@dataclass(frozen=True)
class MusicTags:
    """What a file says; empty texts where it says nothing."""

    title: str = ""
    artist: str = ""
    licence: str = ""


def music_tags(path: str | Path) -> MusicTags:
    """The tags of a file of music; none where there is no such file, or it cannot be read."""
    try:
        return _read(os.fspath(path), file_state(path))
    except (OSError, ValueError, NetvizError):
        return MusicTags()


def music_tags_arguments(path: str | Path) -> list[str]:
    """ffmpeg's arguments that write a file's tags to standard output: its own, and those of its sound, as Ogg has."""
    return [
        *("-v", "error", *input_arguments(path)),
        *("-map_metadata", "0:s:a:0", "-f", "ffmetadata", "pipe:1"),
        *("-map_metadata", "0:g", "-f", "ffmetadata", "pipe:1"),
    ]


@lru_cache(maxsize=16)
def _read(path: str, state: tuple[int, ...]) -> MusicTags:
    text = b""
    with Ffmpeg(music_tags_arguments(path), collect=True) as ffmpeg:
        while len(text) < _LARGEST and (chunk := ffmpeg.read()):
            text += chunk
    tags = parse(text[:_LARGEST].decode(errors="replace"))
    licence = next((tags[name] for name in LICENCES if tags.get(name, "").strip()), "")
    return MusicTags(*map(_tidy, (tags.get("title", ""), tags.get("artist", ""), licence)))


def _tidy(text: str) -> str:
    """One line of what can be shown."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST]).split())[:_LONGEST]
