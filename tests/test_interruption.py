"""Interrupted at whatever line, what is being opened or started is closed and ended again."""

from __future__ import annotations

import linecache
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from netviz import atomic_files, ffmpeg, hidden_files, interruption
from netviz.atomic_files import atomic_write_all, problem_of_folder, scratch, temporary_folder
from netviz.ffmpeg import Ffmpeg
from netviz.interruption import uninterrupted
from tests.video.support import children

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer that interrupts")

TRACED = {str(module.__file__) for module in (atomic_files, hidden_files, interruption, ffmpeg)}


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """KeyboardInterrupt after some seconds in the block, as by Ctrl-C."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def held() -> tuple[int, list[int]]:
    """Number of open descriptors, and the children."""
    return len([*Path("/proc/self/fd").iterdir()]), children()


def interrupted_at_each_line(begin: Callable[[], object], left: Callable[[], object]) -> int:
    """Interrupt `begin` at its first line of ours, then at its second, and so on. `left` must always be the same.

    Returns the number of lines.
    """
    before = left()
    for stop in range(1, 1000):
        lines, place = 0, list[str]()

        def trace(frame: FrameType, event: str, argument: Any, stop: int = stop, place: list[str] = place) -> Any:
            nonlocal lines
            if frame.f_code.co_filename not in TRACED:
                return None
            # Python answers no signal between a step and the `try` that follows it.
            if event == "line" and linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip() != "try:":
                lines += 1
                if lines == stop:
                    place.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}")
                    raise KeyboardInterrupt
            return trace

        found = None
        debugger = sys.gettrace()
        sys.settrace(trace)
        try:
            found = begin()
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(debugger)
        if lines < stop:  # it was not interrupted any more
            del found
            return stop - 1
        until = time.monotonic() + 2  # of a process that is killed, the kernel may take its time to close a pipe
        while left() != before and time.monotonic() < until:
            time.sleep(0.01)
        assert left() == before, f"interrupted at {place}"
    raise AssertionError("it has no end")


def never(_: object) -> None:
    """Nothing was done that could be undone."""
    raise AssertionError


def test_what_was_done_meanwhile_is_undone() -> None:
    undone: list[str] = []

    def slow() -> str:
        time.sleep(0.1)
        return "done"

    with pytest.raises(KeyboardInterrupt), alarm(0.03):
        uninterrupted(slow, undone.append)
    assert undone == ["done"]
    assert uninterrupted(slow, undone.append) == "done"
    assert undone == ["done"]


def test_what_fails_meanwhile_needs_no_undoing() -> None:
    def failing() -> None:
        time.sleep(0.1)
        raise OSError("no luck")

    with pytest.raises(OSError, match="no luck"):
        uninterrupted(failing, never)
    with pytest.raises(KeyboardInterrupt), alarm(0.03):
        uninterrupted(failing, never)


def test_without_another_thread_it_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("_thread.start_new_thread", none)
    assert uninterrupted(lambda: 7, never) == 7


def test_a_process_whose_start_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    start = subprocess.Popen

    def slow(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        process = start(*arguments, **options)
        time.sleep(0.1)
        return process

    before = held()
    monkeypatch.setattr(subprocess, "Popen", slow)
    with pytest.raises(KeyboardInterrupt), alarm(0.03):
        ffmpeg.spawned(["sleep", "60"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert held() == before


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")
def test_files_while_they_are_opened(tmp_path: Path) -> None:
    targets = [tmp_path / "a", tmp_path / "b"]

    def left() -> object:
        return held(), sorted(tmp_path.iterdir())

    def two() -> None:
        with atomic_write_all(targets):
            sys.settrace(None)

    def beside() -> None:
        with scratch(targets[0], "take"):
            sys.settrace(None)

    def folder() -> None:
        made = temporary_folder()
        sys.settrace(None)
        made.cleanup()

    assert interrupted_at_each_line(two, left) > 20
    assert interrupted_at_each_line(beside, left) > 10
    assert interrupted_at_each_line(lambda: problem_of_folder(tmp_path), left) > 5
    assert interrupted_at_each_line(folder, held) > 5


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")
def test_ffmpeg_while_it_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\nexec sleep 100\n")
    program.chmod(0o755)
    monkeypatch.setattr(ffmpeg, "executable", lambda: os.fspath(program))

    def begun() -> None:
        with suppress(ffmpeg.FfmpegFailed):
            running = Ffmpeg([], feed=True, collect=True)
            sys.settrace(None)
            running.__exit__(None, None, None)

    assert interrupted_at_each_line(begun, held) > 30
