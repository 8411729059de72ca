"""ffmpeg: its executable and encoders, one running process that leaves nothing behind, and its text format for tags.

The arguments of ffmpeg are up to its callers, above all `video/` and `audio/`; here it is fed, watched and ended.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

import imageio_ffmpeg

from netviz.errors import NetvizError
from netviz.interruption import uninterrupted

STALL_LIMIT = 60.0
"""Time without any progress after which a running ffmpeg is given up, in seconds."""
_PATIENCE = 5.0
"""Time between asking a stalled ffmpeg to end and killing it, in seconds."""

_CHUNK = 1 << 20
_STDERR_LIMIT = 1 << 16
_TAIL_LINES = 20
_LINE = 300
_POLL_INTERVAL = 0.1
_PIPE_SIZE = 1 << 20
_SET_PIPE_SIZE = 1031  # Linux's F_SETPIPE_SZ
_MOST_LOGGED = 1 << 20
"""Bytes of one ffmpeg's standard error that are logged; what is broken may be complained of for ever."""

_log = logging.getLogger(__name__)


class FfmpegFailed(NetvizError):
    """Error: ffmpeg failed, or had to be ended.

    status: its exit status, negative for a signal. tail: the last lines of its standard error. written: what it wrote
    to its standard output, if that was gathered.
    """

    def __init__(self, reason: str, status: int | None, tail: str, written: bytes = b"") -> None:
        self.status = status
        self.tail = tail
        self.written = written
        super().__init__(f"{reason}; its last words:\n{_indented(tail)}" if tail else reason)

    @property
    def disk_error(self) -> OSError | None:
        """The error of a disk that it failed by; None if it failed by anything else, as far as it said."""
        if self.status is not None and self.status < 0 and -self.status == getattr(signal, "SIGXFSZ", None):
            return OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        for words, number in _DISK_ERRORS.items():
            if words in self.tail:
                return OSError(number, words)
        return None


_DISK_ERRORS = {
    "No space left on device": errno.ENOSPC,
    "Disk quota exceeded": errno.EDQUOT,
    "File too large": errno.EFBIG,
    "Read-only file system": errno.EROFS,
    "Input/output error": errno.EIO,
}
"""Words of ffmpeg for a disk that takes no more, in every language of the system."""


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


class Ffmpeg:
    """One running ffmpeg, as a context manager: afterwards there is no process, thread or descriptor of it left.

    It runs in a session of its own, so that Ctrl-C reaches only us, and has no terminal to read from. If the block is
    left by an exception, or before `finish` was called, it is killed at once.

    stall_limit: seconds a read, a write or the end may go without progress; then it is ended and FfmpegFailed raised.
    progress: returns a value that changes while ffmpeg works on after the end of its input, such as the size of its
    file.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        feed: bool = False,
        collect: bool = False,
        gather: bool = False,
        stall_limit: float = STALL_LIMIT,
        progress: Callable[[], object] = lambda: None,
        most_memory: int | None = None,
    ) -> None:
        """Start ffmpeg.

        feed: we write its standard input (otherwise it is empty). collect: we read its standard output. gather: its
        standard output is read while we feed it, and is in `gathered` when it has finished. most_memory: bytes that it
        may take, where the system can hold it to that (Linux); it fails beyond.
        """
        command = [executable(), "-hide_banner", "-nostdin", *arguments]
        self._stall_limit = stall_limit
        self._progress = progress
        self._stalled = False
        self._waiting_since: float | None = None
        self._over = threading.Event()
        self._head = b""
        self._tail = b""
        self._gathered = bytearray()
        self._threads: list[threading.Thread] = []
        self._began = time.monotonic()
        self._is_logged = _log.isEnabledFor(logging.DEBUG)
        try:
            self._process = spawned(
                command,
                stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
                stdout=subprocess.PIPE if collect or gather else subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise FfmpegMissing(f"{command[0]} cannot be started: {error.strerror or error}") from error
        try:
            if most_memory is not None:
                _limit_memory(self._process.pid, most_memory)
            if self._is_logged:
                _log.debug("ffmpeg %d begins: %s", self._process.pid, shlex.join(command))
            self._threads = [threading.Thread(target=work, daemon=True) for work in (self._drain, self._watch)]
            self._gatherer = threading.Thread(target=self._gather, daemon=True) if gather else None
            if self._gatherer is not None:
                self._threads.append(self._gatherer)
            for thread in self._threads:
                thread.start()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    _widen(pipe.fileno())
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __enter__(self) -> Ffmpeg:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._kill()
        is_first = not self._over.is_set()
        self._over.set()
        for thread in self._threads:
            if thread.ident is not None:  # it was started
                thread.join(timeout=1.0)
        if self._is_logged and is_first:
            end, took = describe_status(self._process.returncode), time.monotonic() - self._began
            _log.debug("ffmpeg %d ended with %s after %.3f s", self._process.pid, end, took)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    @property
    def first_words(self) -> str:
        """The beginning of its standard error, at most 64 kB."""
        return self._head.decode(errors="replace")

    @property
    def last_words(self) -> str:
        """The last lines of its standard error, at most 20."""
        lines = self._tail.decode(errors="replace").replace("\r", "\n").splitlines()
        return "\n".join([line.rstrip()[:_LINE] for line in lines if line.strip()][-_TAIL_LINES:])

    @property
    def gathered(self) -> bytes:
        """Its standard output, complete once it has finished."""
        return bytes(self._gathered)

    def write(self, data: memoryview) -> None:
        """Write bytes to its standard input. Raises FfmpegFailed if it has ended or reads nothing for `stall_limit`
        seconds."""
        pipe = self._process.stdin
        assert pipe is not None, "write needs feed=True"
        start = 0
        while start < len(data):
            self._waiting_since = time.monotonic()
            try:
                start += os.write(pipe.fileno(), data[start : start + _CHUNK])
            except OSError:
                raise self._failure() from None
            finally:
                self._waiting_since = None

    def read(self) -> bytes:
        """Read up to 1 MiB of its standard output, b"" at the end.

        After `stall_limit` seconds without any it is ended, and `finish` raises FfmpegFailed.
        """
        pipe = self._process.stdout
        assert pipe is not None, "read needs collect=True"
        self._waiting_since = time.monotonic()
        try:
            return os.read(pipe.fileno(), _CHUNK)
        finally:
            self._waiting_since = None

    def end_input(self) -> None:
        """Close its standard input: nothing more comes."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    @property
    def has_ended(self) -> bool:
        """True if it has ended by now: to finish it takes no waiting."""
        return self._process.poll() is not None

    def finish(self) -> None:
        """Close its standard input and wait for its end. Raises FfmpegFailed unless it succeeds."""
        self.end_input()
        last, since = self._progress_state(), time.monotonic()
        while True:
            try:
                status = self._process.wait(timeout=_POLL_INTERVAL)
                break
            except subprocess.TimeoutExpired:
                now = self._progress_state()
                if now != last:
                    last, since = now, time.monotonic()
                elif not self._stalled and time.monotonic() - since > self._stall_limit:
                    self._end_stalled()
        if status != 0 or self._stalled:
            raise self._failure()
        for thread in (self._threads[0], self._gatherer):
            if thread is not None:
                thread.join(timeout=_PATIENCE)

    def _progress_state(self) -> object:
        """Return a value that changes as long as it works on."""
        return self._progress(), len(self._gathered)

    def _failure(self) -> FfmpegFailed:
        """Return the error of a process that has ended, is ending, or has closed its input; waits for its last
        lines."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_PATIENCE + 1 if self._stalled else 1.0)
        self._kill()
        for thread in (self._threads[0], self._gatherer):
            if thread is not None:
                thread.join(timeout=1.0)
        status = self._process.returncode
        if self._stalled:
            reason = f"ffmpeg made no progress for {self._stall_limit:g} s and was ended"
        elif status == 0:
            reason = "ffmpeg ended before it had taken everything"
        else:
            reason = f"ffmpeg failed with {describe_status(status)}"
        return FfmpegFailed(reason, status, self.last_words, self.gathered)

    def _drain(self) -> None:
        """Read its standard error, so that it never waits for us, and store only the beginning and the end."""
        assert self._process.stderr is not None
        logged = _LoggedLines(self._process.pid) if self._is_logged else None
        while True:
            try:
                chunk = os.read(self._process.stderr.fileno(), _STDERR_LIMIT)
            except (OSError, ValueError):  # closed by us: a child of ffmpeg still holds the other end
                chunk = b""
            if logged is not None:
                logged.add(chunk)
            if not chunk:
                return
            self._head += chunk[: _STDERR_LIMIT - len(self._head)]
            self._tail = (self._tail + chunk)[-_STDERR_LIMIT:]

    def _gather(self) -> None:
        """Read its standard output, so that it never waits for us."""
        assert self._process.stdout is not None
        while True:
            try:
                chunk = os.read(self._process.stdout.fileno(), _CHUNK)
            except (OSError, ValueError):
                return
            if not chunk:
                return
            self._gathered += chunk

    def _watch(self) -> None:
        """End it if one read or write of ours has waited too long, which wakes the reader or writer."""
        while not self._over.wait(_POLL_INTERVAL):
            since = self._waiting_since
            if since is not None and time.monotonic() - since > self._stall_limit:
                self._end_stalled()
                return

    def _end_stalled(self) -> None:
        self._stalled = True
        self._signal(terminate=True)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_PATIENCE)
        self._kill()

    def _kill(self) -> None:
        self._signal(terminate=False)
        self._process.wait()

    def _signal(self, *, terminate: bool) -> None:
        if self._process.poll() is not None:
            return
        with suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                # Its whole session: a wrapper script's own children must not outlive it.
                os.killpg(self._process.pid, signal.SIGTERM if terminate else signal.SIGKILL)


class _LoggedLines:
    """Lines of an ffmpeg's standard error, logged as they come."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._rest = b""
        self._left = _MOST_LOGGED

    def add(self, chunk: bytes) -> None:
        """Log the lines that end in a chunk; an empty one is the end."""
        lines = (self._rest + chunk).replace(b"\r", b"\n").split(b"\n")
        self._rest = lines.pop() if chunk else b""
        for line in lines:
            if line.strip() and self._left > 0:
                self._left -= len(line)
                _log.debug("ffmpeg %d: %s", self._number, line.decode(errors="replace").rstrip())
                if self._left <= 0:
                    _log.debug("ffmpeg %d: (the rest of what it says is left out)", self._number)


def _limit_memory(process: int, most: int) -> None:
    """Let a process take no more memory than that, in bytes."""
    if sys.platform == "linux":
        import resource

        with suppress(OSError):  # it has ended already
            resource.prlimit(process, resource.RLIMIT_DATA, (most, most))


def _widen(descriptor: int) -> None:
    """Enlarge a pipe's buffer to a good part of a frame, where the system can (Linux): fewer switches between
    processes."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(descriptor, _SET_PIPE_SIZE, _PIPE_SIZE)


def spawned(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a process as Popen does, which forgets one whose start is interrupted: here it is ended."""

    def end(process: subprocess.Popen[bytes]) -> None:
        with process:  # closes its pipes, and waits
            process.kill()

    return uninterrupted(lambda: subprocess.Popen(command, **options), end)


# Executable: the ffmpeg in use, found and checked to run on this machine.

_INSTALL_ADVICE = (
    "install it again with `pip install --force-reinstall imageio-ffmpeg`, or install ffmpeg and name it in the "
    "environment variable IMAGEIO_FFMPEG_EXE"
)


class FfmpegMissing(NetvizError):
    """Error: no ffmpeg can be run on this machine; the message says what to do."""


def executable() -> str:
    """Return the path of the ffmpeg to use: what IMAGEIO_FFMPEG_EXE names, the one in imageio-ffmpeg, or the system's.

    Raises FfmpegMissing if there is none, or it does not run on this machine.
    """
    named = os.environ.get("IMAGEIO_FFMPEG_EXE")
    try:
        path = str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        raise FfmpegMissing(f"no ffmpeg was found: {_INSTALL_ADVICE}") from None
    try:
        changed = Path(path).stat().st_mtime_ns
    except (OSError, ValueError):
        changed = 0  # a bare name, found along PATH, or no file: running it shows which
    reason = _reason_it_does_not_run(path, changed)
    if reason is None:
        return path
    if named:
        raise FfmpegMissing(
            f"IMAGEIO_FFMPEG_EXE names {path}, {reason}: name a working ffmpeg there, or unset it to use netviz's own"
        )
    raise FfmpegMissing(f"ffmpeg at {path}, {reason}: {_INSTALL_ADVICE}")


@lru_cache(maxsize=8)
def _reason_it_does_not_run(path: str, changed: int) -> str | None:
    """Return why ffmpeg does not run, or None if `path -version` answers like one.

    changed: time of the file's last change, in ns; with it, a replaced file is checked again.
    """
    try:
        answer = subprocess.run(
            [path, "-version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False
        )
    except FileNotFoundError:
        # The kernel says the same of a missing file and of a program whose loader is missing.
        return "which exists but cannot be started on this system" if Path(path).exists() else "which does not exist"
    except IsADirectoryError:
        return "which is a folder"
    except PermissionError:
        return "which is a folder" if Path(path).is_dir() else "which is not executable"
    except subprocess.TimeoutExpired:
        return "which does not answer"
    except (OSError, ValueError) as error:
        return f"which is not a program for this machine ({getattr(error, 'strerror', None) or error})"
    if answer.returncode != 0:
        return f"which does not work (`-version` ends with {describe_status(answer.returncode)})"
    if not answer.stdout.startswith(b"ffmpeg version"):
        return "which is not ffmpeg"
    return None


def version() -> str:
    """Return the version of the ffmpeg in use, such as 7.0.2-static. Raises FfmpegMissing."""
    said = subprocess.run([executable(), "-version"], stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout
    return " ".join(said.decode(errors="replace").split()[2:3])


def has_encoder(name: str) -> bool:
    """Return whether the ffmpeg in use has an encoder of this name. Raises FfmpegMissing."""
    path = executable()
    return name in _encoders(path, Path(path).stat().st_mtime_ns if Path(path).exists() else 0)


@lru_cache(maxsize=8)
def _encoders(path: str, changed: int) -> frozenset[str]:
    """Return the names of all encoders. changed: time of the file's last change, so that a replaced file is asked
    again."""
    command = [path, "-hide_banner", "-encoders"]
    try:
        answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    except subprocess.TimeoutExpired:
        return frozenset()
    lines = (line.split() for line in answer.stdout.decode(errors="replace").splitlines())
    return frozenset(words[1] for words in lines if len(words) > 1)


def describe_status(status: int) -> str:
    """Describe an exit status: "exit status 1", "signal SIGKILL"."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"


# Tags: ffmpeg's text format ;FFMETADATA1, a line `name=value` each, with = ; # \ and line ends escaped by \.
#
# https://ffmpeg.org/ffmpeg-formats.html#Metadata-2

HEAD = ";FFMETADATA1"
_SPECIAL = re.compile(r"[=;#\\\n]")
_FIELD = re.compile(r"((?:[^\\=\n]|\\[\s\S])*)=((?:[^\\\n]|\\[\s\S])*)(?:\n|$)|[^\n]*(?:\n|$)")


def text_of(tags: Mapping[str, str]) -> str:
    """Format tags as ffmpeg reads them from a file, in their order."""
    lines = [f"{_escaped(name)}={_escaped(value)}" for name, value in tags.items()]
    return "\n".join([HEAD, *lines, ""])


def parse(text: str) -> dict[str, str]:
    """Parse tags that ffmpeg wrote, names in small letters; those of streams and chapters are left out.

    Where a name comes twice, the last one counts.
    """
    found: dict[str, str] = {}
    is_of_file = True
    for match in _FIELD.finditer(text):
        line = match[0]
        if line.startswith(";FFMETADATA"):
            is_of_file = True
        elif line.startswith("["):
            is_of_file = False
        elif is_of_file and match[1] and not line.startswith((";", "#")):
            found[_plain(match[1]).lower()] = _plain(match[2])
    return found


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""))


def _plain(text: str) -> str:
    return re.sub(r"\\([\s\S])", r"\1", text)
