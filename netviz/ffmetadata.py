"""ffmpeg's text for tags, ;FFMETADATA1: a line `name=value` each, with = ; # \\ and the end of a line escaped by \\.

https://ffmpeg.org/ffmpeg-formats.html#Metadata-2
"""

from __future__ import annotations

import re
from collections.abc import Mapping

HEAD = ";FFMETADATA1"
_SPECIAL = re.compile(r"[=;#\\\n]")
_FIELD = re.compile(r"((?:[^\\=\n]|\\[\s\S])*)=((?:[^\\\n]|\\[\s\S])*)(?:\n|$)|[^\n]*(?:\n|$)")


def text_of(tags: Mapping[str, str]) -> str:
    """Tags as ffmpeg reads them from a file, in their order."""
    lines = [f"{_escaped(name)}={_escaped(value)}" for name, value in tags.items()]
    return "\n".join([HEAD, *lines, ""])


def parse(text: str) -> dict[str, str]:
    """The tags in what ffmpeg wrote, their names in small letters; those of streams and chapters are left out.

    Where a name comes twice, the last one counts.
    """
    found: dict[str, str] = {}
    is_of_file = True
    for match in _FIELD.finditer(text):
        line = match[0]
        if line.startswith(";FFMETADATA"):
            is_of_file = True
        elif line.startswith("["):
            is_of_file = False
        elif is_of_file and match[1] and not line.startswith((";", "#")):
            found[_plain(match[1]).lower()] = _plain(match[2])
    return found


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""))


def _plain(text: str) -> str:
    return re.sub(r"\\([\s\S])", r"\1", text)
