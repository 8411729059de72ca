"""Music files: their exact length, counted by decoding all samples, and their tags (title, artist, licence).

Headers are not trusted: a truncated mp3 still claims its old length, a variable-bitrate one without an index claims
nonsense. Only plain local files are read: ffmpeg's protocols and playlists are switched off, pipes and devices refused.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from netviz.errors import InputError, NetvizError, Problem
from netviz.ffmpeg import Ffmpeg, FfmpegFailed, parse
from netviz.foreign_media import MOST_MEMORY, hollow_fault
from netviz.scene.types import LONGEST_FILM

SAMPLE_RATE = 48_000
"""Samples a second of the film's sound, to which all music is brought; lengths are counted in these."""

_FORMATS = "mp3,wav,w64,flac,ogg,mov,aac,aiff,matroska,asf,caf,au,ape,wv,tta"
"""ffmpeg's names of the containers music may come in: none of them can name another file."""

_NOTHING = "no decodable audio in it (mp3, wav, flac, ogg or m4a is expected)"

LARGEST_FILE = 4_300_000_000
"""Bytes of the largest file: as many as a .wav can have."""
_TOO_LONG = (
    f"more than the {LONGEST_FILM // 3600} h that a film can last; cut out the part that the film needs, and give that"
)
_BOUNDED = ("-max_alloc", "100000000")
"""ffmpeg's arguments that bound what it takes for one packet, in bytes: gigabytes of noise may be one."""

_PATIENCE = 30.0
"""Seconds without a sample after which a file is given up: gigabytes of noise can be searched for much longer."""

MISSING = "no such file"
"""Fault of a file that is not there."""

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
    """Result of decoding a file: samples at SAMPLE_RATE, whether it has one channel, and the seconds its header claims.

    claimed: None if it claims none. fault: the reason, in words, if the file is no music.
    """

    samples: int = 0
    is_mono: bool = False
    claimed: Fraction | None = None
    fault: str | None = None


def audio_problems(path: str | Path, where: str | None = None) -> list[Problem]:
    """Problems of a file as a film's music; an empty list if it has none. Decodes all of it, once for each state of it.

    where: the name that the problem gets; the path itself if not given.
    """
    fault = _examined(path).fault
    return [Problem(where or str(path), fault)] if fault else []


def audio_length(path: str | Path) -> Fraction:
    """Seconds of music in a file: decoded samples over 48,000. Raises InputError if there is nothing to be decoded."""
    return Fraction(_music_in(path).samples, SAMPLE_RATE)


def shortfall_note(path: str | Path) -> str | None:
    """Note for the user that noticeably less music comes out of a file than it claims to hold; None if not."""
    claimed, seconds = _music_in(path).claimed, audio_length(path)
    if claimed is None or claimed - seconds <= max(_NOTICEABLE_SECONDS, claimed * _NOTICEABLE_SHARE):
        return None
    return (
        f"{path}: claims to last {float(claimed):.1f} s, but only {float(seconds):.1f} s can be "
        "decoded; it seems cut off, and the film follows what can be heard"
    )


def audio_samples(path: str | Path) -> int:
    """Samples of music in a file, at SAMPLE_RATE. Raises InputError if there are none."""
    return _music_in(path).samples


def is_mono(path: str | Path) -> bool:
    """Return whether the music in a file has one channel. Raises InputError if there is none."""
    return _music_in(path).is_mono


def input_arguments(path: str | Path) -> list[str]:
    """ffmpeg's arguments that open a file of music as an input, and nothing but that one local file."""
    return ["-protocol_whitelist", "file,pipe", "-format_whitelist", _FORMATS, "-i", f"file:{path}"]


def music_arguments(path: str | Path) -> list[str]:
    """ffmpeg's arguments that write a file's first audio stream to standard output: 48 kHz, one channel, 16 bits."""
    return [
        *(*_BOUNDED, "-v", "info", "-nostats", *input_arguments(path)),
        *("-map", "0:a:0", "-af", f"aresample={SAMPLE_RATE}", "-ac", "1", "-c:a", "pcm_s16le", "-f", "s16le", "pipe:1"),
    ]


def file_state(path: str | Path) -> tuple[int, ...]:
    """Fingerprint of a file's state: device, inode, size in bytes, time of its last change in ns. Raises OSError."""
    found = Path(path).stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _music_in(path: str | Path) -> _Decoded:
    decoded = _examined(path)
    if decoded.fault:
        raise InputError([Problem(str(path), decoded.fault)])
    return decoded


def _examined(path: str | Path) -> _Decoded:
    try:
        fault = _not_plain(Path(path).stat())
        if fault is None:
            with Path(path).open("rb") as file:  # raises the real reason
                file.read(1)
                fault = hollow_fault(file)
    except FileNotFoundError:
        fault = MISSING
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
    if found.st_size > LARGEST_FILE:
        return f"a file of {found.st_size / 1e9:,.1f} GB is too large for music; {LARGEST_FILE / 1e9:g} GB are the most"
    return None


@lru_cache(maxsize=16)
def _decoded(path: str, state: tuple[int, ...], stall_limit: float = _PATIENCE) -> _Decoded:
    """Decode a file in constant memory. `state` is part of the key of the cache: a changed file is decoded again.

    One that claims to be longer than any film is not decoded further, nor one that turns out to be.
    """
    size, claimed = 0, None
    with Ffmpeg(music_arguments(path), collect=True, stall_limit=stall_limit, most_memory=MOST_MEMORY) as ffmpeg:
        while chunk := ffmpeg.read():
            size += len(chunk)
            claimed = claimed or _claimed_seconds(ffmpeg.first_words)
            if claimed is not None and claimed > LONGEST_FILM:
                return _Decoded(fault=f"claims to last {float(claimed) / 3600:,.1f} h, {_TOO_LONG}")
            if size > LONGEST_FILM * SAMPLE_RATE * _BYTES_A_SAMPLE:
                return _Decoded(fault=f"lasts {_TOO_LONG}")
        try:
            ffmpeg.finish()
        except FfmpegFailed as failure:
            if failure.status is None or failure.status < 0:  # it was ended, which says nothing about the file
                raise
            return _Decoded(fault=_fault_of(failure))
        log = ffmpeg.first_words
    samples = size // _BYTES_A_SAMPLE
    # A little of any noise looks like mp3. ffmpeg gives up when two thirds are broken; 7.0 ends as if all was well.
    if samples <= 2 * _SAMPLES_A_PACKET * log.count(_BROKEN_PACKET):
        return _Decoded(fault=_NOTHING)
    return _Decoded(samples, _is_mono_in(log), _claimed_seconds(log))


def _fault_of(failure: FfmpegFailed) -> str:
    if "matches no streams" in failure.tail:
        return "no audio in it, only a picture or other streams"
    if "not on whitelist" in failure.tail:
        return f"{_NOTHING}: it is a playlist, a picture or another kind of file that netviz does not open"
    return _NOTHING


def _claimed_seconds(log: str) -> Fraction | None:
    """Seconds that a file's header claims, from ffmpeg's log; None if it claims none, or ffmpeg guessed."""
    match = _CLAIM.search(log)
    if match is None or _GUESSED in log:
        return None
    return 3600 * int(match[1]) + 60 * int(match[2]) + Fraction(match[3])


def _is_mono_in(log: str) -> bool:
    """Return whether the first audio stream in ffmpeg's log, the input's, has one channel."""
    stream = next((line for line in log.splitlines() if ": Audio: " in line), "")
    return _MONO.search(stream) is not None


# Tags of a file of music: title, artist and licence.

_LONGEST = 200
"""Most characters of a tag that are used."""
_LARGEST = 1_000_000
"""Most bytes of all tags that are read."""
LICENCES = ("license", "licence", "copyright", "rights", "tcop")
"""Names of the licence's tag in various kinds of files, the plainest first; the first that is there counts."""


@dataclass(frozen=True)
class MusicTags:
    """Tags of a file of music; an empty text for each that it lacks."""

    title: str = ""
    artist: str = ""
    licence: str = ""


def music_tags(path: str | Path) -> MusicTags:
    """Tags of a file of music; empty ones where there is no such file, or it cannot be read."""
    try:
        return _cached_tags(os.fspath(path), file_state(path))
    except (OSError, ValueError, NetvizError):
        return MusicTags()


def music_tags_arguments(path: str | Path) -> list[str]:
    """ffmpeg's arguments that write a file's tags to standard output: its own, and those of its sound, as Ogg has."""
    return [
        *(*_BOUNDED, "-v", "error", *input_arguments(path)),
        *("-map_metadata", "0:s:a:0", "-f", "ffmetadata", "pipe:1"),
        *("-map_metadata", "0:g", "-f", "ffmetadata", "pipe:1"),
    ]


@lru_cache(maxsize=16)
def _cached_tags(path: str, state: tuple[int, ...]) -> MusicTags:
    text = b""
    with Ffmpeg(music_tags_arguments(path), collect=True, most_memory=MOST_MEMORY) as ffmpeg:
        while len(text) < _LARGEST and (chunk := ffmpeg.read()):
            text += chunk
    tags = parse(text[:_LARGEST].decode(errors="replace"))
    licence = next((tags[name] for name in LICENCES if tags.get(name, "").strip()), "")
    return MusicTags(*map(_tidy, (tags.get("title", ""), tags.get("artist", ""), licence)))


def _tidy(text: str) -> str:
    """A tag as one line of printable characters, at most _LONGEST."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST]).split())[:_LONGEST]
