"""What the tests of films need: pictures, false ffmpegs, and a look at what is left behind."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from multiprocessing.forkserver import _forkserver
from multiprocessing.resource_tracker import _resource_tracker
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from netviz.drawing.color_space import YUV420

SIZE = (64, 48)
FPS = Fraction(10)
REAL = imageio_ffmpeg.get_ffmpeg_exe()


def planes(picture: NDArray[np.uint8]) -> bytes:
    """A picture (height, width, 3) of red, green and blue as the planes that a film is made of."""
    values = picture.astype(np.float32)
    means = (values[::2, ::2] + values[1::2, ::2] + values[::2, 1::2] + values[1::2, 1::2]) / 4
    each = [YUV420.values(number, means if number else values) for number in range(3)]
    return b"".join(np.rint(plane).astype(np.uint8).tobytes() for plane in each)


def bars(count: int, size: tuple[int, int] = SIZE) -> Iterator[NDArray[np.uint8]]:
    """Pictures (height, width, 3) in which a bright bar moves over a gradient."""
    width, height = size
    for index in range(count):
        picture = np.empty((height, width, 3), np.uint8)
        picture[:] = np.linspace(0, 120, width, dtype=np.uint8)[None, :, None]
        picture[:, (3 * index) % width] = (255, 200, 40)
        yield picture


def moving_pictures(count: int, size: tuple[int, int] = SIZE) -> Iterator[bytes]:
    """The same as a film wants them."""
    return map(planes, bars(count, size))


def noise(count: int, size: tuple[int, int] = SIZE) -> Iterator[bytes]:
    """Pictures that cannot be compressed."""
    generator = np.random.default_rng(1)
    for _ in range(count):
        yield generator.bytes(size[0] * size[1] * 3 // 2)


def false_ffmpeg(folder: Path, body: str) -> Path:
    """A program that answers -version as ffmpeg does and otherwise runs `body`.

    In `body`: os, sys, time, signal; `segment` (it is to encode one), `sound` (it is to encode that), `encoding`
    (either of them: not decoding a film again); `real(arguments)` becomes the real ffmpeg.
    """
    head = f"""\
        #!{sys.executable} -SE
        import os, signal, sys, time
        if "-version" in sys.argv:
            print("ffmpeg version of the tests")
            sys.exit()
        segment, sound = "libx264" in sys.argv, "aac" in sys.argv
        encoding = segment or sound
        def real(arguments=sys.argv[1:]):
            os.execv({REAL!r}, [{REAL!r}, *arguments])
        """
    path = folder / "false-ffmpeg"
    path.write_text(textwrap.dedent(head) + textwrap.dedent(body))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def run_real(*arguments: str | Path) -> bytes:
    """The real ffmpeg's standard output."""
    return subprocess.run([REAL, "-v", "error", "-nostdin", "-y", *arguments], capture_output=True, check=True).stdout


def description(path: Path) -> str:
    """What ffmpeg says of a file."""
    return subprocess.run([REAL, "-hide_banner", "-i", path], capture_output=True, check=False).stderr.decode()


def decoded(path: Path, pixel_format: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A film's frames as (frames, height, width, 3) for rgb24, or (frames, bytes) otherwise."""
    chain = f"scale=in_color_matrix=bt709:in_range=tv,format={pixel_format}" if pixel_format == "rgb24" else "null"
    data = run_real("-i", path, "-map", "0:v", "-vf", chain, "-pix_fmt", pixel_format, "-f", "rawvideo", "-")
    width, height = size
    if pixel_format == "rgb24":
        return np.frombuffer(data, np.uint8).reshape(-1, height, width, 3)
    return np.frombuffer(data, np.uint8).reshape(-1, width * height * 3 // 2)


def atoms(data: bytes) -> list[tuple[str, bytes]]:
    """The boxes of an MP4, or of one of its boxes, in order: name, content."""
    found = []
    while data:
        length = int.from_bytes(data[:4], "big")
        start = 8
        if length == 1:
            length, start = int.from_bytes(data[8:16], "big"), 16
        found.append((data[4:8].decode("latin1"), data[start:length]))
        data = data[length:]
    return found


def atom(data: bytes, *path: str) -> bytes:
    """The content of the first box along a path of names."""
    for name in path:
        data = dict(reversed(atoms(data)))[name]
    return data


def processes_about(text: str | Path) -> list[int]:
    """Numbers of the living processes, other than ourselves, with `text` on their command line."""
    wanted = os.fsencode(text)
    found = []
    for entry in Path("/proc").iterdir():
        if re.fullmatch(r"\d+", entry.name) and int(entry.name) != os.getpid():
            try:
                if wanted in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:  # it ended while we looked
                continue
    return found


def children(process: int | str = "self") -> list[int]:
    """Numbers of a process's children (our own), zombies among them.

    Of our own without the helpers that Python starts with the first process of a pool, and keeps to its end.
    """
    found = list[int]()
    for thread in Path(f"/proc/{process}/task").iterdir():
        with suppress(OSError):  # a thread that has just ended
            found += [int(number) for number in (thread / "children").read_text().split()]
    helpers = {getattr(_resource_tracker, "_pid", None), getattr(_forkserver, "_forkserver_pid", None)}
    return [number for number in found if process != "self" or number not in helpers]


def still_there(processes: list[int], seconds: float = 2) -> list[int]:
    """Those of the processes that have not gone after so many seconds.

    One that has ended stays in the list until whoever inherits it has taken note, which a busy machine may delay.
    """
    end = time.monotonic() + seconds
    while there := [number for number in processes if Path(f"/proc/{number}").exists()]:
        if time.monotonic() > end:
            break
        time.sleep(0.02)
    return there


def request(**changes: Any) -> dict[str, Any]:
    """Keyword arguments of write_film for a second of small film."""
    return {"size": SIZE, "fps": FPS, "frame_count": 10, "audio": None, "quality": "draft"} | changes
