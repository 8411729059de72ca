"""The ffmpeg that is used: found, and asked whether it runs here."""

from __future__ import annotations

import os
import signal
import subprocess
from functools import lru_cache
from pathlib import Path

import imageio_ffmpeg

from netviz.errors import NetvizError

_WHAT_TO_DO = (
    "install it again with `pip install --force-reinstall imageio-ffmpeg`, or install ffmpeg and name it in the "
    "environment variable IMAGEIO_FFMPEG_EXE"
)


class FfmpegMissing(NetvizError):
    """There is no ffmpeg that can be run here; the message says what to do."""


def executable() -> str:
    """The ffmpeg to use: what IMAGEIO_FFMPEG_EXE names, or the one in imageio-ffmpeg, or the system's.

    Raises FfmpegMissing if there is none, or it does not run on this machine.
    """
    named = os.environ.get("IMAGEIO_FFMPEG_EXE")
    try:
        path = str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        raise FfmpegMissing(f"no ffmpeg was found: {_WHAT_TO_DO}") from None
    try:
        changed = Path(path).stat().st_mtime_ns
    except (OSError, ValueError):
        changed = 0  # a bare name, found along PATH, or nothing: running it tells
    reason = _why_it_does_not_run(path, changed)
    if reason is None:
        return path
    if named:
        raise FfmpegMissing(
            f"IMAGEIO_FFMPEG_EXE names {path}, {reason}: name a working ffmpeg there, or unset it to use netviz's own"
        )
    raise FfmpegMissing(f"ffmpeg at {path}, {reason}: {_WHAT_TO_DO}")


@lru_cache(maxsize=8)
def _why_it_does_not_run(path: str, changed: int) -> str | None:
    """None if `path -version` answers like an ffmpeg; `changed` only makes a replaced file be asked again."""
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


def has_encoder(name: str) -> bool:
    """Whether the ffmpeg that is used can encode so. Raises FfmpegMissing."""
    path = executable()
    return name in _encoders(path, Path(path).stat().st_mtime_ns if Path(path).exists() else 0)


@lru_cache(maxsize=8)
def _encoders(path: str, changed: int) -> frozenset[str]:
    """Names of all encoders; `changed` only makes a replaced file be asked again."""
    command = [path, "-hide_banner", "-encoders"]
    try:
        told = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    except subprocess.TimeoutExpired:
        return frozenset()
    lines = (line.split() for line in told.stdout.decode(errors="replace").splitlines())
    return frozenset(words[1] for words in lines if len(words) > 1)


def describe_status(status: int) -> str:
    """An exit status in words: "exit status 1", "signal SIGKILL"."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"
