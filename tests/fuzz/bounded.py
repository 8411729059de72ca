"""Runs a piece of work in a forked child, with bounds on time and memory, and tells what it should not have done.

    outcome = run_bounded(lambda: load_scene(path), folder)
    assert not outcome.findings, outcome

`folder` is the child's whole world: it may write to `folder/work`, which is its current folder, to `folder/home` and
to `folder/tmp`, which has to be empty in the end. What counts as a finding:

* an exception that is neither a NetvizError nor one of click's, or one that nobody caught (threads, finalisers);
* a message longer than MESSAGE_LIMIT, or one with control characters, or a traceback in what was printed;
* a warning that is not netviz's own, a log line on stderr where nothing should be printed;
* more than `seconds` of a processor, or `patience` times as many by the clock; more than `memory` bytes of the child
  and all processes that it started;
* a file opened for writing, made, moved or removed elsewhere; a socket connected to another machine or bound to one;
  something unpickled;
* a process, a thread or a temporary file left behind.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click

from netviz.errors import NetvizError, NetvizWarning

SECONDS = 20.0
"""Longest time that anything small may take."""
MEMORY = 1_500_000_000
"""Most memory that the child and its own children may hold together, in bytes, besides what it has of its parent."""
MESSAGE_LIMIT = 12_000
"""Longest message, in characters: twenty problems of a few lines each."""

PATIENCE = 3.0
"""Times so long it may take on a busy machine, as long as it works no longer itself."""

_TOO_LONG = "took more than"
_POLL = 0.05
_TICKS = os.sysconf("SC_CLK_TCK")
_SUBREAPER = 36  # Linux's PR_SET_CHILD_SUBREAPER
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_WRITING = {
    "os.mkdir": 1, "os.rename": 2, "os.remove": 1, "os.rmdir": 1, "os.link": 2, "os.symlink": 2, "os.chmod": 1,
    "os.chown": 1, "os.truncate": 1, "os.utime": 1, "shutil.rmtree": 1,
}  # fmt: skip
_ABROAD = {
    "socket.connect",
    "socket.bind",
    "socket.sendto",
    "socket.getaddrinfo",
    "urllib.Request",
    "pickle.find_class",
}


@dataclass(frozen=True)
class Outcome:
    """What came of a piece of work.

    value: what it returned, where that can be pickled. error: kind and message of its NetvizError or click's, or "".
    printed: the beginning of what it wrote to stdout and stderr. memory: most bytes held at once. findings: what it
    should not have done; empty for good behaviour, an error that says what is wrong included.
    """

    findings: tuple[str, ...]
    value: Any = None
    error: str = ""
    printed: str = ""
    seconds: float = 0.0
    memory: int = 0


def run_bounded(
    work: Callable[[], Any],
    folder: Path | None = None,
    *,
    seconds: float = SECONDS,
    patience: float = PATIENCE,
    memory: int = MEMORY,
    quiet: bool = True,
) -> Outcome:
    """Run `work` in a forked child. folder: see above; without one, a temporary one. quiet: it must print nothing."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="bounded-") as made:
            return run_bounded(work, Path(made), seconds=seconds, patience=patience, memory=memory, quiet=quiet)
    for name in ("work", "home", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    before = _names(folder)
    printed, result, stacks = folder / "printed", folder / "result", folder / "stacks"
    sys.stdout.flush()
    sys.stderr.flush()
    started = time.monotonic()
    inherited = _held(os.getpid())
    child = os.fork()
    if not child:
        _be_child(work, folder, printed, result, stacks, seconds)
    found, peak = _watch(child, inherited, memory, seconds, patience)
    took = time.monotonic() - started
    told: dict[str, Any] = {"findings": [], "value": None, "error": ""}
    try:
        told = pickle.loads(result.read_bytes())
    except (OSError, EOFError, pickle.PickleError):
        if not found:
            found = ["the process died without an answer"]
    text = printed.read_bytes()[:100_000].decode(errors="replace") if printed.exists() else ""
    if "Traceback (most recent call last)" in text:
        found.append("a traceback was printed")
    elif quiet and text.strip():
        found.append(f"printed: {text.strip()[:300]}")
    elif len(text) > MESSAGE_LIMIT:
        found.append(f"printed {len(text)} characters or more")
    if any(finding.startswith(_TOO_LONG) for finding in found) and stacks.exists():
        places = re.findall(r'^  File ".*/(netviz/.*)", line (\d+) in (.*)$', stacks.read_text(), re.MULTILINE)
        found.append("while in " + " < ".join(f"{file}:{line} {name}" for file, line, name in places[:4]))
    if left := sorted(str(path.relative_to(folder)) for path in (folder / "tmp").rglob("*")):
        found.append(f"temporary files left: {left[:5]}")
        shutil.rmtree(folder / "tmp")
    if strange := sorted(_names(folder) - before - {"printed", "result", "stacks"}):
        found.append(f"files outside its folders: {strange[:5]}")
    for file in (printed, result, stacks):
        file.unlink(missing_ok=True)
    return Outcome((*found, *told["findings"]), told["value"], told["error"], text, took, peak)


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# The parent: it watches time and memory of the child and of all that the child started.


def _watch(child: int, inherited: int, most: int, seconds: float, patience: float) -> tuple[list[str], int]:
    """Wait for the child's end, or end it with all its descendants; returns findings and the peak of memory."""
    peak, worked, found = 0, 0.0, list[str]()
    began = time.monotonic()
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            if os.WIFSIGNALED(status):
                found.append(f"died of {signal.Signals(os.WTERMSIG(status)).name}")
            return found, peak
        family = _family(child)
        peak, worked = max(peak, sum(map(_held, family)) - inherited), max(worked, sum(map(_worked, family)))
        if peak > most:
            found.append(f"held {peak / 1e6:.0f} MB")
        elif worked > seconds or time.monotonic() > began + patience * seconds:
            found.append(f"{_TOO_LONG} {seconds:g} s: {'; '.join(filter(None, map(_command, family[1:])))}")
        if found:
            for process in family:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            os.waitpid(child, 0)
            return found, peak
        time.sleep(_POLL if time.monotonic() - began > 0.2 else _POLL / 5)


def _family(child: int) -> list[int]:
    """The child and all its descendants; it adopts those whose parents have ended."""
    parents: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208  # many times a second
        if entry.isdigit() and (stat := _read(f"/proc/{entry}/stat")):
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry))
    family = [child]
    for process in family:  # grows while we go through it
        family += parents.get(process, [])
    return family


def _held(process: int) -> int:
    """Memory of a process that no file stands behind, in bytes."""
    sizes = re.findall(r"^Rss(?:Anon|Shmem):\s+(\d+) kB", _read(f"/proc/{process}/status"), re.MULTILINE)
    return sum(map(int, sizes)) * 1024


def _worked(process: int) -> float:
    """Seconds of a processor that a process has taken, with those of its children that have ended."""
    times = _read(f"/proc/{process}/stat").rpartition(")")[2].split()[11:15]
    return sum(map(int, times)) / _TICKS


def _command(process: int) -> str:
    return _read(f"/proc/{process}/cmdline").replace("\0", " ")[:200]


def _read(path: str) -> str:
    try:
        with open(path, errors="replace") as file:  # noqa: PTH123  # a hundred times a second
            return file.read()
    except OSError:
        return ""


# The child.


def _be_child(
    work: Callable[[], Any], folder: Path, printed: Path, result: Path, stacks: Path, seconds: float
) -> NoReturn:
    """Do the work and leave what came of it in the file `result`. Never returns."""
    findings: list[str] = []
    told: dict[str, Any] = {"findings": findings, "value": None, "error": ""}
    try:
        faulthandler.disable()
        stacks_file = stacks.open("w")
        faulthandler.dump_traceback_later(0.9 * seconds, repeat=True, file=stacks_file)
        _settle(folder, printed, findings)
        threads = threading.active_count()
        with warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always")
            try:
                told["value"] = work()
            except BaseException as error:
                told["error"] = _judge(error, findings)
        findings += [
            f"foreign {each.category.__name__} ({Path(each.filename).name}:{each.lineno}): {str(each.message)[:300]}"
            for each in given
            if not issubclass(each.category, NetvizWarning)
        ]
        findings += [
            finding
            for each in given
            if issubclass(each.category, NetvizWarning)
            for finding in _faults(str(each.message))
        ]
        until = time.monotonic() + 1.0
        while (left := _family(os.getpid())[1:]) and time.monotonic() < until:
            with suppress(ChildProcessError):
                os.waitpid(-1, os.WNOHANG)
            time.sleep(_POLL)
        for process in left:
            findings.append(f"process left: {_command(process)}")
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        if (more := threading.active_count() - threads) > 0:
            findings.append(f"{more} threads left: {[thread.name for thread in threading.enumerate()]}")
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
    except BaseException:
        findings.append(f"the harness failed: {traceback.format_exc()}")
    findings[:] = dict.fromkeys(findings)  # once each
    try:
        data = pickle.dumps(told)
    except Exception:
        data = pickle.dumps(told | {"value": None})
    descriptor = os.open(result, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    os._exit(0)


def _settle(folder: Path, printed: Path, findings: list[str]) -> None:
    """Give the child surroundings of its own, and ears for what it should not do."""
    import ctypes

    ctypes.CDLL(None).prctl(_SUBREAPER, 1)
    os.setsid()
    for name in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_DFL)
    descriptor = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, descriptor), (2, descriptor)):
        os.dup2(source, target)
    # Streams of its own: those of pytest collect what is printed in memory.
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    home = folder / "home"
    os.environ |= {"TMPDIR": str(folder / "tmp"), "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    os.environ |= {"XDG_CONFIG_HOME": str(home / ".config"), "NUMBA_CACHE_DIR": str(home / ".cache")}
    tempfile.tempdir = None
    os.chdir(folder / "work")
    sys.unraisablehook = lambda unraisable: findings.append(
        f"ignored in {unraisable.object!r}: {unraisable.exc_type.__name__}: {unraisable.exc_value}"
    )
    threading.excepthook = lambda args: findings.append(
        f"in a thread: {args.exc_type.__name__}: {args.exc_value} {_where(args.exc_value)}"
    )
    sys.addaudithook(_ears(folder.resolve(), findings))


def _ears(folder: Path, findings: list[str]) -> Callable[[str, tuple[Any, ...]], None]:
    inside = tuple(f"{folder / name}{os.sep}" for name in ("work", "home", "tmp"))
    allowed = {os.devnull}

    def outside(path: Any) -> Iterator[str]:
        if isinstance(path, int) or path is None:
            return
        try:
            name = os.path.abspath(os.fsdecode(path))  # noqa: PTH100
        except (TypeError, ValueError):
            return
        # Links are followed to where the file lies, but not the file itself, which may be a link that is removed.
        real = os.path.join(os.path.realpath(os.path.dirname(name)), os.path.basename(name))  # noqa: PTH118, PTH119, PTH120
        if name not in allowed and not (real + os.sep).startswith(inside) and not name.startswith("/proc/self/"):
            yield name[:200]

    def listen(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = args
            if (isinstance(mode, str) and set(mode) & set("wax+")) or (
                isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            ):
                findings.extend(f"opened for writing: {name}" for name in outside(path))
        elif event in _WRITING:
            for path in args[: _WRITING[event]]:
                findings.extend(f"{event}: {name}" for name in outside(path))
        elif event in _ABROAD and not _is_of_numba():
            findings.append(f"{event}: {args!r:.200}")

    return listen


def _is_of_numba() -> bool:
    """True while numba reads its cache of compiled functions, which is its own."""
    frame = sys._getframe(2)
    while frame.f_back is not None:
        frame = frame.f_back
        if str(frame.f_globals.get("__name__")).startswith("numba."):
            return True
    return False


def _judge(error: BaseException, findings: list[str]) -> str:
    """What an exception says; a finding if it is a foreign one."""
    if isinstance(error, SystemExit):
        if error.code not in (None, 0, 1, 2, 3):
            findings.append(f"exit status {error.code!r:.300}")
        return f"exit {error.code}" if error.code else ""
    if isinstance(error, (NetvizError, click.ClickException)):
        message = str(error) if isinstance(error, NetvizError) else error.format_message()
        findings += _faults(message)
        return f"{type(error).__name__}: {message[:MESSAGE_LIMIT]}"
    if not isinstance(error, (click.exceptions.Exit, click.Abort)):
        findings.append(f"{type(error).__name__}: {str(error)[:300]} {_where(error)}")
    return type(error).__name__


def _faults(message: str) -> Iterator[str]:
    if len(message) > MESSAGE_LIMIT:
        yield f"a message of {len(message)} characters: {message[:200]}"
    if control := _CONTROL.search(message):
        around = message[max(0, control.start() - 80) : control.end() + 20]
        yield f"a control character in a message: {around!r}"


def _where(error: BaseException | None) -> str:
    """The last lines of netviz, and the last line, that an exception passed."""
    frames = traceback.extract_tb(error.__traceback__ if error is not None else None)
    own = [frame for frame in frames if "netviz" in frame.filename][-3:]
    lines = dict.fromkeys(f"{Path(frame.filename).name}:{frame.lineno}" for frame in (*own, *frames[-1:]))
    return f"({' > '.join(lines)})"
