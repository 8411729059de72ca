"""Cache folders: files that may be deleted at any time, bounded in size; the least recently used are removed first."""

from __future__ import annotations

import math
import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from netviz.errors import NetvizError

VARIABLE = "NETVIZ_CACHE"
"""Environment variable that names another folder for the cache, or says "off"."""
RESUMING = "resuming"
"""Phase of progress that is told once: how many of a film's segments an earlier render has left in the cache."""


def cache_place() -> Path | None:
    """The folder of the user's cache, or the one NETVIZ_CACHE names; None if that is "off", or there is none."""
    named = os.environ.get(VARIABLE, "").strip()
    if named == "off":
        return None
    if named:
        return Path(named).absolute()
    from platformdirs import user_cache_path

    try:
        folder = user_cache_path("netviz", appauthor=False)
    except RuntimeError:  # this user has no home; older versions of platformdirs say "~"
        return None
    return folder if folder.is_absolute() else None


@dataclass(frozen=True)
class CacheContents:
    """Number and total size of the files in a cache folder."""

    count: int
    size_in_bytes: int


@dataclass(frozen=True)
class CacheFolder:
    """Files of one kind in a folder, which is made when the first one is stored. largest: bytes of them all together.

    names: what their names are like; nothing else that lies in the folder is counted or removed. longest: seconds after
    their last use for which they are kept.
    """

    folder: Path
    largest: int

    names: ClassVar[re.Pattern[str]]
    longest: ClassVar[float] = math.inf

    def contents(self) -> CacheContents:
        """Number and total size of the files."""
        sizes = [status.st_size for _, status in self.files()]
        return CacheContents(len(sizes), sum(sizes))

    def clear(self) -> CacheContents:
        """Remove all files. Returns what was removed; raises NetvizError if something could not be."""
        count = size = 0
        for path, status in self.files():
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise NetvizError(f"{path}: cannot be removed: {error.strerror}") from None
            count, size = count + 1, size + status.st_size
        return CacheContents(count, size)

    def files(self) -> list[tuple[Path, os.stat_result]]:
        """The files with their sizes and times, least recently used first."""
        found = []
        with suppress(OSError):
            for path in self.folder.iterdir():
                if self.names.fullmatch(path.name):
                    with suppress(OSError):  # another process was quicker to remove it
                        found.append((path, path.stat()))
        return sorted(found, key=lambda file: (file[1].st_mtime_ns, file[0].name))

    def make_folder(self) -> None:
        """Make the folder, for this user alone. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def make_room(self) -> None:
        """Remove the files whose time is over, and the least recently used ones while all are too large.

        Raises OSError.
        """
        files = self.files()
        excess = sum(status.st_size for _, status in files) - self.largest
        oldest = time.time() - self.longest
        for path, status in files:
            if excess <= 0 and status.st_mtime >= oldest:
                break
            path.unlink(missing_ok=True)
            excess -= status.st_size
