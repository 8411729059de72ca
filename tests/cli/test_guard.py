"""The guard: a command that compiled code never gives back is ended all the same, and leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.support import contents, surroundings
from tests.video.support import still_there

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what a process has started is found in /proc")

PROGRAM = """
import subprocess, sys, tempfile
from collections import deque
from itertools import repeat
from pathlib import Path
from netviz.atomic_files import atomic_write
from netviz.cli import console, guard

guard.PATIENCE = 0.5
console.listen()
guard.start_guard(console.SIGNALS)
child = subprocess.Popen(["sleep", "60"], start_new_session=True)
with tempfile.TemporaryDirectory(), atomic_write(Path("film.mp4")):
    print(child.pid, flush=True)
    {end}
"""
STUCK = "deque(repeat(0), maxlen=0)"
"""An endless loop in C, in which Python runs no signal's handler."""


def started(folder: Path, end: str) -> tuple[subprocess.Popen[str], int]:
    """A process that does so in the end, and the process that it has started."""
    (folder / "tmp").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(end=end)], cwd=folder, text=True,
        env=surroundings() | {"TMPDIR": str(folder / "tmp")}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    return process, int(process.stdout.readline())


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_compiled_code_that_never_returns_is_killed_with_all_that_it_started(tmp_path: Path, signum: int) -> None:
    process, child = started(tmp_path, STUCK)
    time.sleep(0.1)
    assert any(name.endswith(".part") for name in contents(tmp_path))
    process.send_signal(signum)
    _, err = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL
    assert err.startswith("stopped: killed, as it did not answer")
    end = time.monotonic() + 10
    while (tmp_left := [*tmp_path.rglob("*")]) != [tmp_path / "tmp"] and time.monotonic() < end:
        time.sleep(0.02)
    assert tmp_left == [tmp_path / "tmp"], "no hidden file, no temporary folder"
    assert not still_there([child])


def test_a_command_that_ends_by_itself_is_let_go(tmp_path: Path) -> None:
    process, _ = started(tmp_path, "child.kill(); child.wait(); raise SystemExit(3)")
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (3, "", "")
    assert [*tmp_path.rglob("*")] == [tmp_path / "tmp"]


def test_temporary_files_of_a_killed_command_go_with_it(tmp_path: Path) -> None:
    process, _ = started(tmp_path, f"child.kill(); child.wait(); print('now', flush=True); {STUCK}")
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.communicate(timeout=20)
    end = time.monotonic() + 10
    while any((tmp_path / "tmp").iterdir()) and time.monotonic() < end:
        time.sleep(0.02)
    assert [*(tmp_path / "tmp").iterdir()] == []
