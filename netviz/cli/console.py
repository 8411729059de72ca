"""Console output: results on stdout, everything else on stderr, progress, and how signals stop a command."""

from __future__ import annotations

import logging
import os
import signal
import stat
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from fractions import Fraction
from io import TextIOWrapper
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click

from netviz.atomic_files import amount, failed_write
from netviz.cache_folder import RESUMING
from netviz.errors import InputError, NetvizError, NetvizForecast, NetvizNote, NetvizWarning, Problem
from netviz.scene.messages import printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_log = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 10.0
LONGEST_LINE = 2_000
"""Characters of a message's line, at most; a longer one, of a name without end, is shown without its middle."""


def result(text: str) -> None:
    """The command's result, the only thing that goes to stdout."""
    try:
        click.echo(text)
    except OSError as failure:
        number = sys.stdout.fileno()
        reason = _not_printed(failure, number, len(text.encode(errors="replace")))
        # Whoever read our output has gone, as `head` does: nothing more to say, also not at exit.
        with open(os.devnull, "wb", buffering=0) as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), number)
        if not isinstance(failure, BrokenPipeError):
            raise NetvizError(reason) from failure


def _not_printed(failure: OSError, number: int, size: int) -> str:
    """Why a result cannot be printed: where it goes to a file (`> FILE`), with the disk of that."""
    with suppress(OSError):
        if stat.S_ISREG(os.fstat(number).st_mode):
            file = Path(f"/proc/self/fd/{number}").readlink()
            return (
                f"{printable(str(file))}: {failed_write(failure, file.parent, f'what is printed has {amount(size)}')}"
            )
    return f"what is printed cannot be written: {(failure.strerror or str(failure)).lower()}"


def name(path: Path) -> str:
    """A file's name, as it is shown."""
    return printable(click.format_filename(path))


def seconds(exact: Fraction) -> str:
    """A length, as it is shown."""
    minutes, rest = divmod(round(float(exact), 2), 60)
    return f"{minutes:.0f} min {rest:05.2f} s" if minutes else f"{rest:.2f} s"


def message(text: str) -> None:
    """A line for the user, on stderr."""
    click.echo(text, err=True)


def error(text: str) -> None:
    """A mistake or a failure."""
    _say_marked("error", "red", text)


def note(text: str, *, mild: bool = False) -> None:
    """Something the user should know; mild: no more than a note."""
    if mild:
        _say_marked("note", "blue", text)
    else:
        _say_marked("warning", "yellow", text)


def _say_marked(word: str, colour: str, text: str) -> None:
    _log.debug("%s: %s", word, text)
    text = cleaned(text)
    mark = click.style(word, fg=colour, bold=True) if coloured() else word
    click.echo(f"{mark}: {text}", err=True, color=True)


def cleaned(text: str) -> str:
    """Lines as every terminal can show them: names of files may hold anything, and be of any length. What would move
    the cursor, or end a line, is escaped.
    """
    return "\n".join(map(_shortened, map(printable, text.split("\n"))))


def _shortened(line: str) -> str:
    half = LONGEST_LINE // 2 - 1
    return line if len(line) <= LONGEST_LINE else f"{line[:half]}…{line[-half:]}"


class LastingStream:
    """A stream that takes everything even when nobody can read it any more: a closed terminal or a broken pipe must
    not end a film that took an hour."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def settle_streams() -> None:
    """Let nothing that happens to the three standard streams change what a command makes."""
    # What is opened next would get the number of one that is closed, and whatever is printed would end in a film.
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    if isinstance(sys.stderr, TextIOWrapper):
        sys.stderr = LastingStream(sys.stderr)


def coloured() -> bool:
    """Return whether words may have colours, as far as the environment and the terminal say."""
    return not os.environ.get("NO_COLOR") and (bool(os.environ.get("FORCE_COLOR")) or _is_terminal())


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def warnings_shown(strict: bool) -> Iterator[None]:
    """Show netviz's warnings as plain lines while the block runs; `strict`: the first one is an error.

    Each is shown once. Warnings of others are left as they are.
    """
    shown: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("error" if strict else "always", NetvizWarning)
        warnings.simplefilter("always", NetvizForecast)
        others = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *rest: object, **more: object) -> None:
            if not issubclass(category, NetvizWarning):
                _log.debug("%s: %s", category.__name__, message)
                others(message, category, *rest, **more)  # type: ignore[arg-type]
            elif str(message) not in shown:
                shown.add(str(message))
                note(str(message), mild=issubclass(category, NetvizNote))

        warnings.showwarning = show
        try:
            yield
        except NetvizWarning as warning:
            raise InputError([Problem("", f"{warning} (--strict)")]) from None


class ProgressLines:
    """Progress without a terminal: a plain line for each phase, and one every ten seconds."""

    def __init__(self) -> None:
        self._told = 0.0
        self._began: dict[str, tuple[float, int]] = {}

    def __call__(self, phase: str, done: int, total: int) -> None:
        check_output()
        if _is_told(phase, done, total):
            return
        now = time.monotonic()
        if phase not in self._began:
            self._began[phase], self._told = (now, done), now
            message(f"{phase} …")
        elif now - self._told >= SECONDS_BETWEEN_LINES:
            self._told = now
            began, before = self._began[phase]
            speed = (done - before) / max(1e-9, now - began)
            left = f", {(total - done) / speed:.0f} s left" if speed else ""
            message(f"{phase}: {100 * done / max(1, total):.0f} %{left}")

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Something else is said meanwhile."""
        yield

    def __enter__(self) -> ProgressLines:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class ProgressBars:
    """On a terminal: a bar for each phase, with speed and time left."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        self._progress: Progress = Progress(
            TextColumn("{task.description:9}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._tasks: dict[str, tuple[TaskID, float, int]] = {}

    def __call__(self, phase: str, done: int, total: int) -> None:
        check_output()
        with self.aside() if phase.startswith(RESUMING) else nullcontext():
            if _is_told(phase, done, total):
                return
        now = time.monotonic()
        if phase not in self._tasks:
            self._tasks[phase] = (self._progress.add_task(phase, completed=done, total=total, speed=""), now, done)
        task, began, before = self._tasks[phase]
        speed = f"{(done - before) / (now - began):.0f} fps" if phase == "drawing" and now > began else ""
        self._progress.update(task, completed=done, total=total, speed=speed)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Something else is said meanwhile."""
        self._progress.stop()
        try:
            yield
        finally:
            self._progress.start()

    def __enter__(self) -> ProgressBars:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


def _is_told(phase: str, done: int, total: int) -> bool:
    """Say it in a line if it is no work but what an earlier run has left of it."""
    if not phase.startswith(RESUMING):
        return False
    film = phase.removeprefix(RESUMING).strip()
    message(f"{film and f'{film}: '}going on where an earlier run stopped: {done} of {total} segments are there")
    return True


def progress_bar() -> ProgressBars | ProgressLines:
    """Bars on a terminal, lines elsewhere."""
    return ProgressBars() if _is_terminal() else ProgressLines()


def report(failure: Exception) -> int:
    """Tell what went wrong, and return the exit code."""
    if isinstance(failure, InputError):
        for problem in failure.problems:
            error(printable(str(problem)))
    elif isinstance(failure, NetvizError):
        error(str(failure))
    else:
        error(f"{type(failure).__name__}: {failure} (--debug shows where)")
    return failure.exit_code if isinstance(failure, NetvizError) else 1


# Signals that stop a command: Ctrl-C, SIGTERM, a closed terminal.


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


def check_output() -> None:
    """Stop if a signal has come and what `_stop` raised was lost on its way.

    Compiled code that calls Python back, as matplotlib's does, may turn any exception into one of its own, and Python
    drops what is raised while it collects garbage. To be called now and then in long work, and when something failed.

    Raises:
        Stopped: a signal has come.
    """
    if _received:
        raise Stopped(128 + _received[0])
