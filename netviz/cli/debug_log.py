"""Option --debug: what a command does, written down in a file for whoever is to find a fault.

The file is in the current folder, where it is found and can be put into a bug report. It appears under its name at
once, with its head, in place of one that is there, and grows by whole records: of a command that is killed, or that
crashes, all is there up to then.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import shlex
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from netviz.atomic_files import create_locked, part_of, problem_of_target
from netviz.cli import console
from netviz.errors import InputError
from netviz.log import NAME
from netviz.scene.messages import printable

LOG = Path("netviz-debug.log")
"""The file, in the current folder."""

_log = logging.getLogger(__name__)

# Looked for by `main`, which is where errors end.
debug_option = click.option(
    "--debug", is_flag=True, expose_value=False, help=f"Show where an error came from, and write a log: {LOG}."
)


class _Notes(logging.Handler):
    """Tells, on the terminal, what netviz does that changes no result, such as taking a recording from the cache."""

    def emit(self, record: logging.LogRecord) -> None:
        console.message(f"{record.name}: {printable(record.getMessage())}")


class _Records(logging.Handler):
    """Writes records to a file; one that cannot be written is the last."""

    def __init__(self, descriptor: int, path: Path) -> None:
        """Begin. path: where the file is to be."""
        super().__init__()
        self._path = path
        self.fault = ""
        self._began = time.time()
        self._file = open(descriptor, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115 - see `close`

    def write(self, text: str) -> None:
        """Write lines whole. What would move a cursor, or hide what stands beside it, is escaped."""
        from netviz.pipeline.doctor import without_home

        if self.fault:
            return
        try:
            self._file.write("\n".join(map(printable, without_home(text).split("\n"))) + "\n")
            self._file.flush()
        except OSError as error:
            self.fault = (error.strerror or str(error)).lower()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            where = record.name if record.process == os.getpid() else f"{record.name} (worker {record.process})"
            head, *more = self.format(record).split("\n")
            self.write(
                "\n".join([f"{record.created - self._began:9.3f} {where}: {head}", *(f"    {line}" for line in more)])
            )
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        super().close()
        try:
            self._file.close()
        except OSError as error:
            self.fault = self.fault or (error.strerror or str(error)).lower()

    def is_there(self) -> bool:
        """Return whether the file still has its name: another command may have put its own in its place."""
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), self._path.lstat())
        except OSError:
            return False

    def fileno(self) -> int:
        """The file's descriptor."""
        return self._file.fileno()


@contextmanager
def debugging(arguments: Sequence[str]) -> Iterator[None]:
    """Context of a command with --debug. What ends it goes into the log, which is told of in the end."""
    log = logging.getLogger(NAME)
    before, level = [*log.handlers], log.level
    records = _begun(arguments)
    log.handlers = [_notes(), *([] if records is None else [records])]
    log.setLevel(logging.INFO if records is None else logging.DEBUG)
    is_first = not faulthandler.is_enabled()  # whoever calls us from Python may have a place of his own for crashes
    try:
        if records is not None:
            _log_crashes(records, is_first)
        yield
    except SystemExit as end:
        _log.debug("ended with exit code %s", end.code, exc_info=isinstance(end, console.Stopped))
        raise
    finally:
        _forget_crashes(is_first)
        log.handlers = before
        log.setLevel(level)
        if records is not None:
            is_there = records.is_there()
            records.close()
            if records.fault:
                console.note(f"the log in {LOG} breaks off: {records.fault}")
            elif is_there:
                console.message(f"the log of this command is in {LOG}")
            else:
                console.note(f"the log of this command is gone: something else has replaced {LOG}, or removed it")


def _log_crashes(records: _Records, is_first: bool) -> None:
    """Have it written where the program is when compiled code crashes, and when a signal asks it to stop: code that
    never comes back to Python would not say so."""
    if is_first:
        faulthandler.enable(records.fileno())
    for signum in _stopping():
        faulthandler.register(signum, records.fileno(), chain=True)


def _forget_crashes(is_first: bool) -> None:
    for signum in _stopping():
        faulthandler.unregister(signum)
    if is_first:
        faulthandler.disable()


def _stopping() -> list[int]:
    """Signals that stop the command, where the system tells of them."""
    if not hasattr(faulthandler, "register"):
        return []
    return [signum for signum in console.SIGNALS if callable(signal.getsignal(signum))]


def _notes() -> _Notes:
    notes = _Notes()
    notes.setLevel(logging.INFO)
    return notes


def _begun(arguments: Sequence[str]) -> _Records | None:
    """The log with its head, under its name; None, with a warning, where none can be written."""
    try:
        if fault := problem_of_target(LOG, True, ()):
            raise OSError(0, fault)
        here = Path.cwd()
        if sys.platform == "win32":  # where an open file cannot be renamed
            records = _Records(os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), here / LOG)
            _write_head(records, arguments, here)
        else:
            part = part_of(LOG)
            records = _Records(create_locked(part, LOG), here / LOG)
            try:
                _write_head(records, arguments, here)
                part.replace(LOG)
            except BaseException:
                records.close()
                part.unlink(missing_ok=True)
                raise
    except (OSError, InputError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        console.note(f"no log is written to {LOG}: {reason.lower()}")
        return None
    return records


def _write_head(records: _Records, arguments: Sequence[str], folder: Path) -> None:
    """Write what a log begins with: when, what was asked for, where, and all versions."""
    from netviz.pipeline.doctor import version_lines

    command = shlex.join(["netviz", *arguments])
    began = time.strftime("%Y-%m-%d %H:%M:%S %z")
    records.write("\n".join([f"began: {began}", f"command: {command}", f"folder: {folder}", *version_lines(), ""]))
    if records.fault:
        raise OSError(0, records.fault)
