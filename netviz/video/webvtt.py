"""WebVTT: a film's captions as a text track file.

The format: https://www.w3.org/TR/webvtt1/
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import ceil
from pathlib import Path

from netviz.timeline.cues import Cue
from netviz.timeline.plan import frame_time

_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def vtt(cues: Iterable[Cue], fps: Fraction) -> str:
    """Text of a WebVTT file. cues: in order of time. fps: of the film.

    A cue's times are those at which its first frame is shown and no longer its last: the first whole millisecond of
    each, so that a player that shows the cue shows that frame.
    """
    blocks = [
        f"{_time(cue.start, fps)} --> {_time(cue.stop, fps)}\n{cue.text.strip().translate(_ESCAPED)}\n" for cue in cues
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def captions_beside(film: Path) -> Path:
    """Path of the captions of a film: its own with the suffix .vtt."""
    return film.with_suffix(".vtt")


def _time(frame: int, fps: Fraction) -> str:
    seconds, milliseconds = divmod(ceil(1000 * frame_time(frame, fps)), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"
