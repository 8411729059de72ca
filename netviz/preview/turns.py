"""One picture is drawn at a time, stills before films: matplotlib's settings and fonts belong to the whole process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_WAIT = 0.1
"""Seconds a film waits between two of its pictures: it must come to its end even if somebody scrubs all the time."""


class Turns:
    """Whose turn it is to draw."""

    def __init__(self) -> None:
        self._drawing, self._count = threading.Lock(), threading.Lock()
        self._wanted = 0

    @contextmanager
    def still(self) -> Iterator[None]:
        """While this holds nobody else draws."""
        with self._count:
            self._wanted += 1
        try:
            with self._drawing:
                yield
        finally:
            with self._count:
                self._wanted -= 1

    @contextmanager
    def film(self) -> Iterator[None]:
        """The same for a film, which gives way between its pictures."""
        with self._drawing:
            yield

    def give_way(self) -> None:
        """Let those draw who want a still, but not for long; called while `film` holds."""
        if not self._wanted:
            return
        self._drawing.release()
        end = time.monotonic() + LONGEST_WAIT
        while self._wanted and time.monotonic() < end:
            time.sleep(0.002)
        self._drawing.acquire()
