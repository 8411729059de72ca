"""How a command is stopped from outside: Ctrl-C, a polite end, a closed terminal."""

from __future__ import annotations

import signal
from types import FrameType
from typing import NoReturn


class Stopped(SystemExit):
    """A signal: everything under way is cleaned up as this passes."""


SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Ctrl-C, a polite end, a closed terminal."""

_received: list[int] = []


def listen() -> None:
    """End the command on each of the signals from now on."""
    _received.clear()
    for each in SIGNALS:
        if signal.getsignal(each) is not signal.SIG_IGN:  # nohup and shell scripts ignore some for good reason
            signal.signal(each, _stop)


def _stop(signum: int, frame: FrameType | None) -> NoReturn:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # a second Ctrl-C would interrupt the cleaning up
    _received.append(signum)
    raise Stopped(128 + signum)


def check() -> None:
    """Stop if a signal has come and what `_stop` raised was lost on its way.

    Compiled code that calls Python back, as matplotlib's does, may turn any exception into one of its own, and Python
    drops what is raised while it collects garbage. To be called now and then in long work, and when something failed.

    Raises:
        Stopped: a signal has come.
    """
    if _received:
        raise Stopped(128 + _received[0])
