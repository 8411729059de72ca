"""Preview: a thread that reads the scene whenever it changes, trains where it must, and draws."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from netviz.errors import InputError, NetvizError, NetvizWarning, Problem
from netviz.pipeline.api import train_or_load
from netviz.pipeline.diverged_runs import finished_by
from netviz.pipeline.looks import Filmed
from netviz.pipeline.prepare import Prepared, finish, prepare
from netviz.recording.comparison import Comparison
from netviz.recording.recording import Recording
from netviz.scene.scene import Scene
from netviz.training.cache import LARGEST_CACHE, recording_size, training_key
from netviz.training.comparison import compare_runs
from netviz.training.setup import with_look
from netviz.web.preview_frames import (
    DraftFilm,
    DrawLock,
    FilmMaker,
    Phase,
    PreviewPicture,
    PreviewVersion,
    Status,
    Superseded,
    marks,
)
from netviz.web.watch import FileWatcher

POLL = 0.05
"""Seconds between two looks at the files."""


@dataclass(frozen=True)
class PreviewInput:
    """Scene or recording to be shown, as its files stand now, or what is wrong with it.

    files: all it depends on, there or not. notes: what the user should know. located: adds its place in the scene's
    file to a problem that is found later. prepared: the subject, if it has been prepared already.
    """

    subject: Scene | Filmed | None
    problems: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    located: Callable[[Problem], Problem] = lambda problem: problem
    prepared: Prepared | None = None


class PreviewSession:
    """Shows what `read` says, anew whenever one of its files changes.

    at: the moment to show until somebody asks for another. film: whether a draft film is made of each version.
    cache: whether recordings come from the user's cache too. strict: whether notes are mistakes. folder: for the films
    while they are written. tell: called in this thread with every status that ends a change.
    """

    def __init__(
        self,
        read: Callable[[], PreviewInput],
        folder: Path,
        *,
        at: str = "50%",
        film: bool = False,
        cache: bool = True,
        strict: bool = False,
        tell: Callable[[Status], None] = lambda status: None,
    ) -> None:
        self._read, self._at, self._cache, self._strict, self._tell = read, at, cache, strict, tell
        self._watch, self._memory, self._draw_lock = FileWatcher(), Memory(), DrawLock()
        self._films = FilmMaker(folder, self._draw_lock, self._film_told) if film else None
        self._changed, self._over = True, threading.Event()
        self._news = threading.Condition()
        self._serial, self._status = 0, Status()
        self._shown: tuple[int, PreviewVersion] | None = None
        self._versions = 0
        self._seconds: float | None = None
        self._notes: list[str] = []
        self._trained: float | None = None
        self._thread = threading.Thread(target=self._run, name="preview", daemon=True)

    def start(self) -> None:
        """Begin to read, draw and watch."""
        self._thread.start()

    def close(self) -> None:
        """End all work, and tell those who wait."""
        self._over.set()
        self._publish(over=True)
        if self._films is not None:
            self._films.stop()
        self._thread.join()  # which may be about to begin a film
        if self._films is not None:
            self._films.close()

    def wait(self, serial: int, seconds: float) -> tuple[int, Status]:
        """The status, with its number, as soon as it is another than number `serial`, but after `seconds` in any case.

        Numbers begin at 1.
        """
        with self._news:
            self._news.wait_for(lambda: self._serial > serial, seconds)
            return self._serial, self._status

    def picture(self, version: int, frame: int) -> bytes | None:
        """A frame of a version as JPEG; None if another version is shown by now. Raises IndexError for no such frame.

        Later versions show the moment that was asked for last.
        """
        shown = self._shown
        if shown is None or shown[0] != version:
            return None
        picture = shown[1].picture(frame)
        self._seconds = (frame + 0.5) / float(shown[1].plan.fps)
        return picture

    def film(self, version: int) -> bytes | None:
        """The draft film of a version as MP4; None if there is none."""
        return None if self._films is None else self._films.film(version)

    def _publish(self, **changes: Any) -> None:
        with self._news:
            self._status = replace(self._status, **changes)
            self._serial += 1
            self._news.notify_all()

    def _film_told(self, film: DraftFilm) -> None:
        with self._news:
            picture = self._status.picture
            if picture is not None and picture.version == film.version:
                self._publish(film=film)

    def _run(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always", NetvizWarning)
            warnings.showwarning = self._note
            while not self._over.is_set():
                if self._changed or self._watch.changed():
                    self._changed = False
                    self._show_change()
                else:
                    self._over.wait(POLL)

    def _note(self, message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        is_ours = threading.current_thread() is self._thread and issubclass(category, NetvizWarning)
        if is_ours and str(message) not in self._notes:
            self._notes.append(str(message))

    def _show_change(self) -> None:
        began = time.monotonic()
        self._notes, self._trained = [], None
        if self._films is not None:
            self._films.stop()
            if self._status.film is not None and self._status.film.took is None:
                self._publish(film=None)
        self._tell_phase("reading", 0.0)
        given = PreviewInput(None)
        try:
            given = self._read()
            self._watch.follow(given.files)
            self._notes += given.notes
            problems = given.problems
            if given.subject is not None and not problems:
                problems = self._show(given.subject, given.prepared, began)
        except Superseded:
            return
        except InputError as wrong:
            problems = tuple(str(given.located(problem)) for problem in wrong.problems)
        except NetvizError as failure:
            problems = (str(failure),)
        except Exception as failure:  # the next version of the scene may well be shown again
            problems = (f"{type(failure).__name__}: {failure}",)
        if problems:
            self._publish(phase="ready", done=1.0, problems=problems, notes=tuple(self._notes))
        self._tell(self._status)

    def _show(self, subject: Scene | Filmed, prepared: Prepared | None, began: float) -> tuple[str, ...]:
        """Show a scene or recording; returns what keeps it from being shown."""
        prepared = prepare(subject) if prepared is None else prepared
        prepared.checked()
        if self._strict and self._notes:
            return self._refused()
        self._publish(problems=())
        if isinstance(subject, Filmed):
            self._tell_phase("drawing", 0.0)
            finished = finish(prepared, subject.recorded)
        else:
            finished = finished_by(prepared, self._trained_run)
        if self._strict and self._notes:
            return self._refused()
        plan, scene = finished.plan, prepared.scene
        shown = PreviewVersion(plan, finished.film, self._draw_lock)
        frame, wrong = shown.moment(self._at, self._seconds)
        shown.picture(frame)
        self._versions += 1
        self._shown = self._versions, shown
        picture = PreviewPicture(
            version=self._versions,
            name=scene.name,
            size=scene.output.size,
            frames=plan.frame_count,
            fps=float(plan.fps),
            frame=frame,
            marks=marks(plan),
            trained=self._trained,
            took=time.monotonic() - began,
        )
        notes = (*self._notes, *([wrong] if wrong else []))
        film = None if self._films is None else DraftFilm(self._versions, 0.0)
        self._publish(phase="ready", done=1.0, problems=(), notes=notes, picture=picture, film=film)
        if self._films is not None:
            self._films.make(self._versions, finished.film)
        return ()

    def _refused(self) -> tuple[str, ...]:
        return tuple(f"{note} (--strict)" for note in self._notes)

    def _trained_run(self, scene: Scene) -> Recording | Comparison:
        several = scene.compare is not None
        found = compare_runs(scene, lambda run, name: self._recording(run)) if several else self._recording(scene)
        self._tell_phase("drawing", 0.0)
        return found

    def _recording(self, scene: Scene) -> Recording:
        found = self._memory.find(scene)
        if found is None:
            began = time.monotonic()
            found = train_or_load(scene, self._training, self._cache)
            if self._trained is not None:
                self._trained += time.monotonic() - began
            self._memory.keep(scene, found)
        return found

    def _training(self, phase: str, done: int, total: int) -> None:
        """Told some twenty times a second by training, which ends here if it is for nothing."""
        if self._over.is_set() or self._watch.changed():
            self._changed = True
            raise Superseded
        self._trained = self._trained or 0.0
        self._tell_phase("training", done / max(1, total))

    def _tell_phase(self, phase: Phase, done: float) -> None:
        self._publish(phase=phase, done=done)


# Recordings in memory: going back to what was shown a moment ago trains nothing, cache or not.


class Memory:
    """The last recordings, by what they were trained from. largest: bytes of all of them, but the last always stays."""

    def __init__(self, largest: int = LARGEST_CACHE) -> None:
        self._largest = largest
        self._recordings: dict[str, Recording] = {}

    def find(self, scene: Scene) -> Recording | None:
        """The recording of the scene's training, for this very scene."""
        key = training_key(scene)
        if key not in self._recordings:
            return None
        self._recordings[key] = self._recordings.pop(key)  # the last used is the last
        return with_look(self._recordings[key], scene)

    def keep(self, scene: Scene, recording: Recording) -> None:
        """Keep the recording of a scene's training, and forget the least recently used ones where they are too much."""
        self._recordings[training_key(scene)] = recording
        while len(self._recordings) > 1 and sum(map(recording_size, self._recordings.values())) > self._largest:
            del self._recordings[next(iter(self._recordings))]
