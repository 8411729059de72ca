"""Bounded runs: each job in a process of its own, which is ended when it takes too much time or memory.

A server has loaded all libraries and forks a process for each job; that costs a few milliseconds, leaves nothing
behind, and a crash is the job's alone. What counts is the job's processes together, those of ffmpeg included.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_SECONDS = 20.0
"""Most seconds of computing that a job may take."""
MOST_WAITED = 300.0
"""Most seconds by the clock: they pass faster than computed ones where others want the processor too."""
MOST_MEMORY = 1500 * 10**6
"""Most bytes that a job's processes may take together."""
_LOOK = 0.05
_PAGE, _TICK = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")

Job = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """How a job ended. answer: what it returned; None where it did not come to an end, and `fault` says why.

    seconds: of computing. memory: most bytes at one time. said: what its processes wrote to standard error.
    """

    answer: dict[str, Any] | None
    fault: str
    seconds: float
    memory: int
    said: str


class Server:
    """A process that runs the jobs of a module, which has a function `run(job)`, in processes of their own."""

    def __init__(self, module: str) -> None:
        single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **single, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )

    def run(self, job: Job) -> Outcome:
        """Run a job to its end."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(dict(job)) + "\n")
        self._process.stdin.flush()
        return Outcome(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End the server."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@contextlib.contextmanager
def server(module: str) -> Iterator[Server]:
    """A server of a module's jobs, as long as the context lasts."""
    serving = Server(module)
    try:
        yield serving
    finally:
        serving.close()


# In the server: one job after the other.


def _serve(module: str) -> None:
    run = importlib.import_module(module).run
    for line in sys.stdin:
        outcome = _bounded(run, json.loads(line))
        print(json.dumps(outcome.__dict__), flush=True)


def _bounded(run: Callable[[Job], dict[str, Any]], job: Job) -> Outcome:
    folder = Path(job["folder"])
    answer, said = folder / "answer.json", folder / "said.txt"
    answer.unlink(missing_ok=True)
    said.write_bytes(b"")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = os.fork()
    if child == 0:
        _work(run, job, answer, said)
    fault, memory = "", 0
    started = time.monotonic()
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if not fault:
            size, seconds = _taken(child)
            memory = max(memory, size)
            if memory > MOST_MEMORY:
                fault = f"took {memory / 1e6:.0f} MB"
            elif seconds > MOST_SECONDS or time.monotonic() - started > MOST_WAITED:
                fault = f"took {seconds:.1f} s, and had not come to an end after {time.monotonic() - started:.0f} s"
            if fault:
                _end(child)
        time.sleep(_LOOK)
    with contextlib.suppress(ProcessLookupError):  # of its own processes none may be left
        os.killpg(child, signal.SIGKILL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found = json.loads(answer.read_text(encoding="utf-8")) if answer.exists() and not fault else None
    if found is None and not fault:
        fault = f"ended by signal {-code}" if (code := os.waitstatus_to_exitcode(status)) < 0 else f"ended with {code}"
    return Outcome(found, fault, seconds, memory, said.read_text(encoding="utf-8", errors="replace")[-4000:])


def _work(run: Callable[[Job], dict[str, Any]], job: Job, answer: Path, said: Path) -> None:
    """Do the job, in its process."""
    code = 1
    try:
        os.setsid()
        with said.open("wb") as errors, Path(os.devnull).open("r+b") as nothing:
            for own, new in ((0, nothing), (1, nothing), (2, errors)):
                os.dup2(new.fileno(), own)
        import faulthandler

        faulthandler.enable()
        faulthandler.register(signal.SIGUSR1)
        part = answer.with_suffix(".part")
        part.write_text(json.dumps(run(job)), encoding="utf-8")
        part.replace(answer)
        code = 0
    except BaseException:
        os.write(2, traceback.format_exc().encode("utf-8", errors="replace"))
    finally:
        os._exit(code)


def _end(child: int) -> None:
    """End a job's processes; it writes first where it is."""
    os.kill(child, signal.SIGUSR1)
    time.sleep(0.3)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)


def _taken(process: int) -> tuple[int, float]:
    """Bytes and seconds of computing that a process and all below it take now."""
    memory, seconds, waiting = 0, 0.0, [process]
    while waiting:
        number = waiting.pop()
        with contextlib.suppress(OSError, IndexError, ValueError):
            below = Path(f"/proc/{number}/task").iterdir()
            waiting += [int(each) for task in below for each in (task / "children").read_text().split()]
            fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
            seconds += sum(map(int, fields[11:15])) / _TICK
            memory += int(Path(f"/proc/{number}/statm").read_text().split()[1]) * _PAGE
    return memory, seconds


if __name__ == "__main__":
    _serve(sys.argv[1])
