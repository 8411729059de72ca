"""WebVTT: a film's captions as a text track file.

The format: https://www.w3.org/TR/webvtt1/
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from fractions import Fraction
from math import ceil
from pathlib import Path

from netviz.timeline.cues import Cue
from netviz.timeline.plan import frame_time

_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def vtt(cues: Iterable[Cue], fps: Fraction, film: str = "") -> str:
    """Text of a WebVTT file. cues: in order of time. fps: of the film. film: its fingerprint, noted in the file.

    A cue's times are those at which its first frame is shown and no longer its last: the first whole millisecond of
    each, so that a player that shows the cue shows that frame.
    """
    blocks = [
        f"{_time(cue.start, fps)} --> {_time(cue.stop, fps)}\n{cue.text.strip().translate(_ESCAPED)}\n" for cue in cues
    ]
    note = [f"NOTE captions by netviz: film {film}, text {_fingerprint(_joined(blocks))}\n"] if film else []
    return _joined(["WEBVTT\n", *note, *blocks])


def _joined(blocks: Iterable[str]) -> str:
    return "\n".join(blocks)


_NOTED = re.compile(r"WEBVTT\n\nNOTE captions by netviz: film ([0-9a-f]+), text ([0-9a-f]+)\n(?:\n(.+))?", re.DOTALL)
LARGEST_READ = 10_000_000
"""Bytes of the largest file of captions that is read: one of a day's film has less."""


def is_written_for(path: Path, film: str) -> bool:
    """Return whether a file has the captions of a film, as netviz wrote them: of its fingerprint, and unchanged."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST_READ:
            return False
        noted = _NOTED.fullmatch(path.read_bytes().decode())
    except (OSError, ValueError):
        return False
    return noted is not None and noted[1] == film and noted[2] == _fingerprint(noted[3] or "")


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def captions_beside(film: Path) -> Path:
    """Path of the captions of a film: its own with the suffix .vtt."""
    return film.with_suffix(".vtt")


def _time(frame: int, fps: Fraction) -> str:
    seconds, milliseconds = divmod(ceil(1000 * frame_time(frame, fps)), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"
