"""Processes of our own on this machine, with the face of an executor.

Not multiprocessing's: its workers run the user's script again, so that every script would need a guard, and they are
interrupted by the terminal's Ctrl-C, each with a traceback of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

from netviz.errors import NetvizError
from netviz.executable import describe_status
from netviz.workers.process import START, receive, send
from netviz.workers.segment import WATCHES, Cancelled, Packed, Production, SegmentFailed, encode

ATTEMPTS = 2
"""How often a segment is tried whose worker is lost."""
PATIENCE = 1.0
"""Seconds between asking a worker to go and ending it."""


class WorkerLost(NetvizError):
    """A worker process has ended while it was at work."""


class Processes(Executor):
    """So many workers, each a process that a thread of ours talks to. Only `encode` can be submitted."""

    def __init__(self, jobs: int) -> None:
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="netviz")
        self._of_thread = threading.local()
        self._workers: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """encode(film, start, stop) in one of the processes."""
        assert fn is encode and not kwargs
        return self._threads.submit(self._run, *args)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End all processes, at once, whatever they are at."""
        with self._lock:
            self._closed = True
            workers = [*self._workers]
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.ask_to_go()
        for worker in workers:
            worker.end()
        self._threads.shutdown(wait=wait)

    def _run(self, film: Production, start: int, stop: int) -> tuple[bytes, ...]:
        for attempt in range(1, ATTEMPTS + 1):
            worker = self._worker()
            try:
                return worker.encode(film.packed, start, stop)
            except WorkerLost as lost:
                self._forget(worker)
                if attempt == ATTEMPTS or self._closed:
                    raise WorkerLost(f"{lost}, and so did the one before" if attempt > 1 else str(lost)) from None
        raise AssertionError

    def _worker(self) -> _Worker:
        """This thread's worker; a new one if it has none."""
        worker: _Worker | None = getattr(self._of_thread, "worker", None)
        if worker is None:
            with self._lock:
                if self._closed:
                    raise Cancelled
                worker = self._of_thread.worker = _Worker()
                self._workers.add(worker)
        return worker

    def _forget(self, worker: _Worker) -> None:
        self._of_thread.worker = None
        with self._lock:
            self._workers.discard(worker)
        worker.end()


class _Worker:
    """One process."""

    def __init__(self) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`; has no name that could be left behind
        self._token = ""
        # A session of its own: Ctrl-C reaches only us, and we end it.
        self._process = subprocess.Popen(
            [sys.executable, "-c", START, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            start_new_session=True,
        )

    def encode(self, film: Packed, start: int, stop: int) -> tuple[bytes, ...]:
        """Have a segment made. Raises SegmentFailed, WorkerLost, or Cancelled."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            send(self._process.stdin, (film.token, None if film.token == self._token else film, start, stop))
            self._token = film.token
            while True:
                kind, what = receive(self._process.stdout)
                if kind == "frames" and film.token in WATCHES:
                    WATCHES[film.token].drawn(start, what)
                elif kind == "failed":
                    raise SegmentFailed(what)
                elif kind == "made":
                    made: tuple[bytes, ...] = what
                    return made
        except (EOFError, OSError, ValueError):
            raise WorkerLost(self._end_in_words()) from None

    def _end_in_words(self) -> str:
        try:
            status = describe_status(self._process.wait(timeout=PATIENCE))
        except subprocess.TimeoutExpired:
            status = "no word"
        try:
            self._said.seek(0)
            lines = self._said.read()[-2000:].decode(errors="replace").split("\n")
        except ValueError:
            lines = []
        last = next((line for line in reversed(lines) if line.strip()), "")
        return f"a worker process ended with {status}" + (f" ({last.strip()})" if last else "")

    def ask_to_go(self) -> None:
        """It ends its ffmpeg, then itself."""
        if self._process.poll() is None:
            self._process.terminate()

    def end(self) -> None:
        """Leave nothing of it behind."""
        try:
            self._process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._said):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                pass
