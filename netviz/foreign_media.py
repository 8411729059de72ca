"""Films and music of strangers: what ffmpeg may take for them, and which files are not given to it at all."""

from __future__ import annotations

import errno
import os
import sys
from typing import IO

FILM_BOUNDS = ("-max_alloc", "300000000", "-max_pixels", str(8192 * 8192))
"""ffmpeg's arguments before a film as an input: most bytes taken at once, and most pixels of a picture: those of the
largest film that netviz makes, with four bytes each."""
MOST_MEMORY = 2_000_000_000
"""Bytes that ffmpeg may take for a stranger's film: some twenty pictures of the largest film."""

_LARGE = 1_000_000_000
"""Bytes of files that are looked at for holes: smaller ones are read through in no time."""
_LEAST_HELD = 0.01
_MOST_PARTS = 1_000


def hollow_fault(file: IO[bytes]) -> str | None:
    """Message about an open file of which almost nothing is there; None of any other.

    A file with holes may claim any size, and ffmpeg would search gigabytes of zeros for what should follow.
    """
    size, held, at = file.seek(0, os.SEEK_END), 0, 0
    if size < _LARGE or sys.platform == "win32":
        return None
    try:
        for _ in range(_MOST_PARTS):
            begin = os.lseek(file.fileno(), at, os.SEEK_DATA)
            at = os.lseek(file.fileno(), begin, os.SEEK_HOLE)
            held += at - begin
    except OSError as error:
        if error.errno != errno.ENXIO:  # that there is nothing more; else it is unknown here
            return None
        if held < _LEAST_HELD * size:
            return (
                f"of its {size / 1e9:,.1f} GB only {held / 1e6:,.1f} MB are there; copy the whole file, and give that"
            )
    return None
