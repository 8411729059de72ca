"""File watcher: notices that files have changed, however their editor writes them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

SETTLED = 0.04
"""Seconds for which files must stand still before they are read: an editor may cut a file and write it then."""
MISSING = 0.3
"""The same for a file that is gone or empty: an editor may take it away and put another in its place."""

FileMark = tuple[int, ...] | None
"""State of a file that changes whenever its content does; None where there is no file."""


class FileWatcher:
    """Looks at files each time it is asked. They need not exist, and may become others under the same name.

    Looking costs some microseconds a file and works on every file system, network folders and containers too, where the
    system's own news of changes often do not arrive.
    """

    def __init__(self, files: Iterable[Path] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen = {file: _mark(file) for file in files}
        self._pending: dict[Path, FileMark] | None = None
        self._since = 0.0

    def follow(self, files: Iterable[Path]) -> None:
        """Look at these files from now on; what was seen of those followed already is not forgotten."""
        self._seen = {file: self._seen[file] if file in self._seen else _mark(file) for file in files}

    def changed(self) -> bool:
        """Return whether a file is another than when this last returned True, and writing it seems to be over."""
        now = {file: _mark(file) for file in self._seen}
        if now == self._seen:
            self._pending = None
            return False
        if now != self._pending:
            self._pending, self._since = now, self._clock()
            return False
        incomplete = any(_is_incomplete(mark) and mark != self._seen[file] for file, mark in now.items())
        if self._clock() - self._since < (MISSING if incomplete else SETTLED):
            return False
        self._seen, self._pending = now, None
        return True


def _mark(file: Path) -> FileMark:
    try:
        status = file.stat()
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _is_incomplete(mark: FileMark) -> bool:
    return mark is None or mark[0] == 0
