"""A worker process: what it is told on standard input, and what it answers on standard output.

Messages are pickles, each after its length. Told: (token, film or None if it has it, start, stop). Answered:
("frames", n) now and then, and ("made", bytes) or ("failed", words) at last.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
from typing import IO, Any

from netviz.errors import NetvizError

START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from netviz.workers.process import serve; serve()"
"""The program of a worker; its one argument is the path along which it finds modules."""

BETWEEN_WORDS = 0.2


def send(pipe: IO[bytes], message: Any) -> None:
    """Write a message."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(len(data).to_bytes(8, "big"))
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read a message. Raises EOFError if whoever writes has gone."""
    return pickle.loads(_read(pipe, int.from_bytes(_read(pipe, 8), "big")))


def _read(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def serve() -> None:
    """Make segments until standard input ends, or we are told to go."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    signal.signal(signal.SIGTERM, _go)
    told = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    try:
        _serve(told, answers)
    except (EOFError, BrokenPipeError):
        os._exit(0)


def _go(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + signal.SIGTERM)


def _serve(told: IO[bytes], answers: IO[bytes]) -> None:
    from netviz.workers.segment import WATCHES, Packed, Segment, Watch

    class Talkative(Watch):
        """Tells how far a segment is."""

        told = 0.0

        def drawn(self, start: int, count: int) -> None:
            now = time.monotonic()
            if now - self.told >= BETWEEN_WORDS:
                self.told = now
                send(answers, ("frames", count))

    film: Packed | None = None
    while True:
        token, sent, start, stop = receive(told)
        if sent is not None:
            film = sent
            WATCHES.clear()
            WATCHES[token] = Talkative()
        assert film is not None and film.token == token
        try:
            send(answers, ("made", Segment(film, start, stop).encoded()))
        except NetvizError as failure:
            send(answers, ("failed", str(failure)))
