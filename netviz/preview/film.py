"""The draft film of what is shown, made in the background and given up when it is out of date."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from netviz.errors import NetvizError
from netviz.films import render
from netviz.learn.comparison import Comparison
from netviz.learn.recording import Recording
from netviz.preview.shown import draft
from netviz.preview.status import DraftFilm
from netviz.preview.turns import Turns

SECONDS_BETWEEN_REPORTS = 0.1


class Superseded(Exception):
    """Something newer is wanted; what is being made is given up."""


class FilmMaker:
    """Makes one film at a time, in a thread of its own. folder: where it is while it is written. tell: called there."""

    def __init__(self, folder: Path, turns: Turns, tell: Callable[[DraftFilm], None]) -> None:
        self._folder, self._turns, self._tell = folder, turns, tell
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()
        self._film: tuple[int, bytes] | None = None

    def make(self, version: int, recorded: Recording | Comparison) -> None:
        """Begin the draft film of a version; one that is under way is given up."""
        self.stop()
        self._stop = threading.Event()
        thread = threading.Thread(target=self._make, args=(version, recorded, self._stop), daemon=True)
        self._threads = [*(each for each in self._threads if each.is_alive()), thread]
        thread.start()

    def stop(self) -> None:
        """Give up what is under way; it ends with its next picture."""
        self._stop.set()

    def close(self) -> None:
        """Give up what is under way, and wait until nothing is left of it."""
        self.stop()
        for thread in self._threads:
            thread.join()

    def film(self, version: int) -> bytes | None:
        """The finished film of a version, as MP4."""
        made = self._film
        return made[1] if made is not None and made[0] == version else None

    def _make(self, version: int, recorded: Recording | Comparison, stop: threading.Event) -> None:
        began = told = time.monotonic()
        file = self._folder / f"{secrets.token_hex(8)}.mp4"
        turn = ExitStack()

        def progress(phase: str, done: int, total: int) -> None:
            nonlocal told
            if stop.is_set():
                raise Superseded
            if phase == "drawing" and done == total:  # what follows is no drawing
                turn.close()
            else:
                self._turns.give_way()
            if time.monotonic() - told > SECONDS_BETWEEN_REPORTS:
                told = time.monotonic()
                self._tell(DraftFilm(version, done / total))

        try:
            with turn:
                turn.enter_context(self._turns.film())
                render(recorded.with_scene(draft(recorded.scene)), file, jobs=1, progress=progress)
            film = file.read_bytes()
            file.unlink()
            if not stop.is_set():
                self._film = version, film
                self._tell(DraftFilm(version, 1.0, took=time.monotonic() - began))
        except Superseded:
            pass
        except Exception as failure:  # the stills go on
            told_of = str(failure) if isinstance(failure, NetvizError) else f"{type(failure).__name__}: {failure}"
            self._tell(DraftFilm(version, 0.0, problem=told_of))
        finally:
            file.unlink(missing_ok=True)
            file.with_suffix(".vtt").unlink(missing_ok=True)  # of its captions
