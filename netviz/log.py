"""Log: the loggers of netviz, phases of work with their times, and records that come from worker processes.

Modules log to `logging.getLogger("netviz....")`: with INFO what changes no result and may still surprise, with DEBUG
all that helps to find a fault. No handler is ever installed by importing netviz, and what is logged costs nothing until
somebody asks for it:

    logging.basicConfig(filename="netviz.log")
    logging.getLogger("netviz").setLevel(logging.DEBUG)
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging.handlers import QueueHandler
from typing import Any

NAME = "netviz"
"""Name of the logger above all others of netviz."""


@contextmanager
def phase(log: logging.Logger, what: str) -> Iterator[None]:
    """Context of a part of the work: at its end what it was, how long it took, and whether it broke off."""
    if not log.isEnabledFor(logging.DEBUG):
        yield
        return
    log.debug("%s ...", what)
    began = time.perf_counter()
    try:
        yield
    except BaseException as end:
        log.debug("%s: broken off after %.3f s by %s", what, time.perf_counter() - began, type(end).__name__)
        raise
    log.debug("%s: done in %.3f s", what, time.perf_counter() - began)


# Records of other processes: made there only if somebody here wants them, and handled here as if they were our own.


def lowest_level() -> int:
    """Lowest level of records that any logger of netviz takes here."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith(f"{NAME}.")]
    return min(logging.getLogger(name).getEffectiveLevel() for name in (NAME, *names))


class _Sender(QueueHandler):
    """Sends records, in a form that can be pickled, instead of queueing them."""

    def __init__(self, send: Callable[[logging.LogRecord], None]) -> None:
        super().__init__(None)  # type: ignore[arg-type]  # there is no queue
        self._send = send

    def enqueue(self, record: logging.LogRecord) -> None:
        self._send(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing: whoever wanted it has gone, which others will notice."""


def send_records(level: int, send: Callable[[logging.LogRecord], None]) -> None:
    """Send all of netviz's records from a level on; called in a worker process. level: as `lowest_level` says."""
    if level < logging.WARNING:
        log = logging.getLogger(NAME)
        log.addHandler(_Sender(send))
        log.setLevel(level)


def take_record(record: Any) -> None:
    """Handle a record that a worker process has sent, if it is wanted here."""
    log = logging.getLogger(record.name)
    if log.isEnabledFor(record.levelno):
        log.handle(record)
