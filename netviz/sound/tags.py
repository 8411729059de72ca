"""What a file of music says about itself: its title, who made it, and under which licence."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from netviz.errors import NetvizError
from netviz.ffmetadata import parse
from netviz.ffmpeg import Ffmpeg
from netviz.sound.audio import file_state, input_arguments

LONGEST = 200
"""Characters that are kept of a tag."""
LARGEST = 1_000_000
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


def tags_arguments(path: str | Path) -> list[str]:
    """ffmpeg's arguments that write a file's tags to standard output: its own, and those of its sound, as Ogg has."""
    return [
        *("-v", "error", *input_arguments(path)),
        *("-map_metadata", "0:s:a:0", "-f", "ffmetadata", "pipe:1"),
        *("-map_metadata", "0:g", "-f", "ffmetadata", "pipe:1"),
    ]


@lru_cache(maxsize=16)
def _read(path: str, state: tuple[int, ...]) -> MusicTags:
    text = b""
    with Ffmpeg(tags_arguments(path), collect=True) as ffmpeg:
        while len(text) < LARGEST and (chunk := ffmpeg.read()):
            text += chunk
    tags = parse(text[:LARGEST].decode(errors="replace"))
    licence = next((tags[name] for name in LICENCES if tags.get(name, "").strip()), "")
    return MusicTags(*map(_tidy, (tags.get("title", ""), tags.get("artist", ""), licence)))


def _tidy(text: str) -> str:
    """One line of what can be shown."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * LONGEST]).split())[:LONGEST]
