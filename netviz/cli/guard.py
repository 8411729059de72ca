"""Guard: a process beside the command, which ends it where it cannot end itself any more, and clears up after it.

Python answers a signal between two steps of its own. While compiled code draws or decodes there are none, and if that
code never returns, neither Ctrl-C nor SIGTERM would end the command. The guard hears of each signal at the same moment,
waits until the command has had all the time that it needs to clear up by itself, and else kills it and all that it has
started, and removes the hidden files of what it was making. It holds the folder of the run's temporary files too, which
goes with the command however that ends.
"""

from __future__ import annotations

import atexit
import os
import select
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from netviz.atomic_files import HIDDEN

PATIENCE = 10.0
"""Seconds that the command has to end by itself after a signal: to end workers and ffmpeg, and to remove its files."""
_PROCESSES = Path("/proc")


def start_guard(signals: list[int]) -> None:
    """Start the guard of this process, which is to end on each of the signals; nothing where processes cannot fork.

    To be called once, before there are threads, and after the signals' handlers are there.
    """
    if not hasattr(os, "fork"):
        return
    folder = _folder_of_the_run()
    listening, telling = os.pipe()
    try:
        guard = os.fork()
    except OSError:  # no more processes are allowed: it goes without
        os.close(listening)
        os.close(telling)
        return
    if not guard:
        os.close(telling)
        _keep_guard(os.getppid(), listening, signals, folder)
    os.close(listening)
    os.set_blocking(telling, False)
    signal.set_wakeup_fd(telling, warn_on_full_buffer=False)
    atexit.register(_dismiss, guard, telling)


def _folder_of_the_run() -> Path | None:
    """A folder for all temporary files of this process and those it starts; None where none can be made."""
    try:
        folder = tempfile.mkdtemp(prefix="netviz-")
    except OSError:
        return None
    tempfile.tempdir = os.environ["TMPDIR"] = folder
    return Path(folder)


def _dismiss(guard: int, telling: int) -> None:
    """Let the guard go, and wait until it has cleared up."""
    with suppress(OSError, ValueError):
        signal.set_wakeup_fd(-1)
        os.close(telling)
        os.waitpid(guard, 0)


def _keep_guard(command: int, listening: int, signals: list[int], folder: Path | None) -> NoReturn:
    """Wait until the command has gone, or has to be ended, and clear up. listening: a pipe that names its signals."""
    try:
        os.setsid()  # signals of the terminal and for the group are for the command
        for each in (*signals, signal.SIGPIPE):
            signal.signal(each, signal.SIG_IGN)
        standard = os.open(os.devnull, os.O_RDWR)
        os.dup2(standard, 0)
        os.dup2(standard, 1)  # else whoever reads what is printed would wait for us too
        if _has_to_be_ended(listening, signals):
            _end(command)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os._exit(0)


def _has_to_be_ended(listening: int, signals: list[int]) -> bool:
    """Return whether the command has not gone long after one of the signals; False as soon as it has."""
    end: float | None = None
    while True:
        left = None if end is None else max(0.0, end - time.monotonic())
        if not select.select([listening], [], [], left)[0]:
            return True
        heard = os.read(listening, 64)
        if not heard:
            return False
        if end is None and any(signum in signals for signum in heard):
            end = time.monotonic() + PATIENCE


def _end(command: int) -> None:
    """Kill a command with all that it has started, and remove the hidden files that they were writing."""
    family = [command, *_descendants(command)]
    hidden = {path for process in family for path in _hidden_files(process)}
    for process in family:
        with suppress(OSError):
            os.kill(process, signal.SIGKILL)
    for path in hidden:
        with suppress(OSError):
            path.unlink()
        shutil.rmtree(path.with_suffix(".making"), ignore_errors=True)
    with suppress(OSError):
        os.write(2, f"stopped: killed, as it did not answer for {PATIENCE:.0f} s\n".encode())


def _descendants(process: int) -> list[int]:
    """All processes that a process has started, and those these have; none where the system does not tell."""
    children: dict[int, list[int]] = {}
    for path in _PROCESSES.glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            # Its name stands in brackets, and may hold anything.
            parent = int(path.read_text(errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(path.parent.name))
    found, ours = [process], os.getpid()
    for each in found:
        found += [child for child in children.get(each, []) if child != ours]
    return found[1:]


def _hidden_files(process: int) -> list[Path]:
    """Files of ours under a hidden name that a process holds open; none where the system does not tell."""
    found = []
    for link in _PROCESSES.glob(f"{process}/fd/*"):
        with suppress(OSError):
            path = link.readlink()
            if path.name.startswith(HIDDEN) and path.is_file():
                found.append(path)
    return found
