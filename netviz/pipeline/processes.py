"""Worker processes on this machine with the interface of an executor, and the program they run.

Not multiprocessing's: its workers run the user's script again, so that every script would need a guard, and they are
interrupted by the terminal's Ctrl-C, each with a traceback of its own.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import IO, Any

from netviz.errors import NetvizError
from netviz.ffmpeg import describe_status, spawned
from netviz.log import lowest_level, send_records, take_record
from netviz.pipeline.tasks import (
    TRACKERS,
    Cancelled,
    ProgressTracker,
    RenderTask,
    Segment,
    SegmentFailed,
    SerializedTask,
    encode,
)

ATTEMPTS = 2
"""Attempts at a segment whose worker is lost."""
_PATIENCE = 1.0
"""Seconds between asking a worker to go and ending it."""


_log = logging.getLogger(__name__)


class WorkerLost(NetvizError):
    """A worker process has ended while it was at work."""


class Processes(Executor):
    """So many workers, each a process that a thread of ours talks to. Only `encode` can be submitted."""

    def __init__(self, jobs: int) -> None:
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="netviz")
        self._of_thread = threading.local()
        self._workers: set[_Encoder] = set()
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

    def _run(self, film: RenderTask, start: int, stop: int) -> tuple[bytes, ...]:
        for attempt in range(1, ATTEMPTS + 1):
            worker = self._worker()
            try:
                return worker.encode(film.packed_here, start, stop)
            except WorkerLost as lost:
                _log.debug("frames %d to %d are lost (attempt %d): %s", start, stop - 1, attempt, lost)
                self._forget(worker)
                if attempt == ATTEMPTS or self._closed:
                    raise WorkerLost(f"{lost}, and so did the one before" if attempt > 1 else str(lost)) from None
        raise AssertionError

    def _worker(self) -> _Encoder:
        """This thread's worker; a new one if it has none."""
        worker: _Encoder | None = getattr(self._of_thread, "worker", None)
        if worker is None:
            with self._lock:
                if self._closed:
                    raise Cancelled
                worker = self._of_thread.worker = _Encoder()
                self._workers.add(worker)
        return worker

    def _forget(self, worker: _Encoder) -> None:
        self._of_thread.worker = None
        with self._lock:
            self._workers.discard(worker)
        worker.end()


def _nameless_file() -> IO[bytes]:
    """A file for what a process says, which cannot be left behind; where no disk takes one, nothing is kept."""
    try:
        return tempfile.TemporaryFile()  # closed in `WorkerProcess.end`
    except OSError:
        return open(os.devnull, "r+b", buffering=0)  # noqa: PTH123 - as above


class WorkerProcess:
    """One process of ours that runs a program, with messages to it and from it."""

    def __init__(self, program: str) -> None:
        """Start it. program: Python; its arguments are those of `START`."""
        self._said = _nameless_file()
        # A session of its own: Ctrl-C reaches only us, and we end it.
        self._process = spawned(
            [sys.executable, "-c", program, json.dumps(sys.path), str(lowest_level())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            start_new_session=True,
        )
        self._is_told = False
        _log.debug("worker %d begins", self._process.pid)

    def send(self, message: Any) -> None:
        """Send it a message. Raises WorkerLost."""
        assert self._process.stdin is not None
        try:
            send(self._process.stdin, message)
        except (OSError, ValueError):
            raise WorkerLost(self._end_in_words()) from None

    def receive(self) -> Any:
        """Wait for a message of it; records of its log are handled meanwhile. Raises WorkerLost."""
        assert self._process.stdout is not None
        try:
            while isinstance(message := receive(self._process.stdout), logging.LogRecord):
                take_record(message)
            return message
        except (EOFError, OSError, ValueError):
            raise WorkerLost(self._end_in_words()) from None

    def _end_in_words(self) -> str:
        try:
            status = describe_status(self._process.wait(timeout=_PATIENCE))
        except subprocess.TimeoutExpired:
            status = "no word"
        lines = self._all_said()[-2000:].split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "")
        return f"a worker process ended with {status}" + (f" ({last.strip()})" if last else "")

    def _all_said(self) -> str:
        """Standard error of the process and its libraries."""
        try:
            self._said.seek(0)
            return self._said.read().decode(errors="replace").strip()
        except (OSError, ValueError):
            return ""

    def ask_to_go(self) -> None:
        """It ends its ffmpeg, then itself."""
        if self._process.poll() is None:
            self._process.terminate()

    def end(self) -> None:
        """Leave nothing of it behind."""
        try:
            self._process.wait(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if not self._is_told:
            self._is_told = True
            _log.debug("worker %d ended with %s", self._process.pid, describe_status(self._process.returncode))
            if _log.isEnabledFor(logging.DEBUG) and (said := self._all_said()):
                _log.debug("worker %d said:\n%s", self._process.pid, said)
        for pipe in (self._process.stdin, self._process.stdout, self._said):
            try:
                if pipe is not None:
                    pipe.close()
            except (OSError, ValueError):  # ValueError: another thread is closing it
                pass


class _Encoder(WorkerProcess):
    """One that makes segments of films."""

    def __init__(self) -> None:
        super().__init__(START)
        self._token = ""

    def encode(self, film: SerializedTask, start: int, stop: int) -> tuple[bytes, ...]:
        """Have a segment made. Raises SegmentFailed, WorkerLost, or Cancelled."""
        self.send((film.token, None if film.token == self._token else film, start, stop))
        self._token = film.token
        while True:
            kind, what = self.receive()
            if kind == "frames" and film.token in TRACKERS:
                TRACKERS[film.token].drawn(start, what)
            elif kind == "failed":
                raise SegmentFailed(what)
            elif kind == "encoded":
                encoded: tuple[bytes, ...] = what
                return encoded


# Program of a worker process: requests on standard input, answers on standard output.
#
# Messages are pickles, each after its length. Requests: (token, film or None if it has it, start, stop). Answers:
# ("frames", n) now and then, and ("encoded", bytes) or ("failed", words) at last; and between them records of its log,
# if they are wanted here.

START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from netviz.pipeline.processes import serve_tasks; serve_tasks()"
)
"""The program of a worker; its arguments: the path along which it finds modules, and the level of its log."""

BETWEEN_WORDS = 0.2


def send(pipe: IO[bytes], message: Any) -> None:
    """Write a message."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(len(data).to_bytes(8, "big") + data)  # in one go: several threads may log
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read a message. Raises EOFError if whoever writes has gone."""
    return pickle.loads(_read(pipe, int.from_bytes(_read(pipe, 8), "big")))


def _read(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def serve_tasks() -> None:
    """Make segments until standard input ends, or we are told to go."""
    serve(_serve)


def serve(answer: Callable[[IO[bytes], IO[bytes]], None]) -> None:
    """Answer requests until standard input ends, or we are told to go.

    answer: given the pipes of requests and of answers, it goes on for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    signal.signal(signal.SIGTERM, _go)
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    send_records(int(sys.argv[2]), lambda record: send(answers, record))
    try:
        answer(requests, answers)
    except (EOFError, BrokenPipeError):
        os._exit(0)


def _go(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + signal.SIGTERM)


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    class Talkative(ProgressTracker):
        """Tells how far a segment is."""

        reported = 0.0

        def drawn(self, start: int, count: int) -> None:
            now = time.monotonic()
            if now - self.reported >= BETWEEN_WORDS:
                self.reported = now
                send(answers, ("frames", count))

    film: SerializedTask | None = None
    while True:
        token, sent, start, stop = receive(requests)
        if sent is not None:
            film = sent
            TRACKERS.clear()
            TRACKERS[token] = Talkative()
        assert film is not None and film.token == token
        try:
            send(answers, ("encoded", Segment(film, start, stop).encoded()))
        except NetvizError as failure:
            send(answers, ("failed", str(failure)))
