"""How much memory films and recordings take, and whether it grows with their length.

    python -m benchmarks.memory [--seconds 10 600] [--fps 2] [--sizes 1080p 4k]

Every line is the command itself, in a process of its own. Peaks are of resident memory (VmHWM, looked up while they
run: getrusage counts for a program what its parent had when it started it): "netviz" the process and any workers it
starts, added up; "ffmpeg" the largest of its encoders. At two frames a second a long film is done in a tenth of the
time, and there are as many seconds of it to be remembered; one line at thirty is there to compare. Linux only.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

INTERVAL = 0.02
"""Seconds between two looks at the processes."""
MOMENTS = ("--set", "training.cycles=30000", "--set", "schedule.every=3")
"""Of the xor scene: 10,000 shown cycles of 7 examples with what lies between are 100,001 moments."""
SHORT = ("--duration", "10", "--fps", "2")


def peaks(*arguments: str) -> tuple[float, float, float]:
    """Megabytes of netviz and of the largest ffmpeg at their peaks, and the seconds a command takes."""
    start = time.perf_counter()
    ours: dict[int, int] = {}
    encoders: dict[int, int] = {}
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen([sys.executable, "-m", "netviz", *arguments], stdout=said, stderr=said)
        while running.poll() is None:
            for process in family(running.pid):
                name, peak = peak_of(process)
                found = encoders if name.startswith("ffmpeg") else ours
                found[process] = max(peak, found.get(process, 0))
            time.sleep(INTERVAL)
        said.seek(0)
        if running.returncode:
            sys.exit(f"netviz {' '.join(arguments)}: {said.read().decode()}")
    return sum(ours.values()) / 1024, max(encoders.values(), default=0) / 1024, time.perf_counter() - start


def family(process: int) -> Iterator[int]:
    """A process and all that came of it, has become a program of its own, and still runs."""
    yield process
    for tasks in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, read(tasks).split()):
            # Until it has begun its program a child is its parent, memory and all.
            if read(Path(f"/proc/{child}/cmdline")) not in ("", read(Path(f"/proc/{process}/cmdline"))):
                yield from family(child)


def peak_of(process: int) -> tuple[str, int]:
    """A process's name and the most kilobytes it had resident; 0 if it has ended."""
    status = dict(line.split(":", 1) for line in read(Path(f"/proc/{process}/status")).splitlines() if ":" in line)
    return status.get("Name", "").strip(), int(status.get("VmHWM", "0 kB").split()[0])


def read(path: Path) -> str:
    """What the system says of a process; nothing if it has ended."""
    try:
        return path.read_text()
    except OSError:
        return ""


def line(what: str, *arguments: str) -> float:
    """Measure a command, and print a row of the table. Returns netviz's megabytes."""
    netviz, ffmpeg, took = peaks(*arguments)
    print(f"| {what} | {netviz:.0f} MB | {f'{ffmpeg:.0f} MB' if ffmpeg else '-'} | {took:.0f} s |", flush=True)
    return netviz


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, nargs=2, default=(10, 600))
    parser.add_argument("--fps", default="2")
    parser.add_argument("--sizes", nargs="+", default=["1080p", "4k"])
    options = parser.parse_args()
    short, long = options.seconds

    print("| | netviz | ffmpeg | |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        film, recording = f"{folder}/film.mp4", f"{folder}/moments.npz"

        def rendered(what: str, source: str, *settings: str) -> float:
            return line(what, "render", source, *settings, "--jobs", "1", "-o", film, "--overwrite")

        growth = []
        for size in options.sizes:
            first, last = (
                rendered(
                    f"{size}, {seconds} s at {options.fps} frames a second",
                    *("xor", "--size", size, "--fps", options.fps, "--duration", str(seconds), "--no-cache"),
                )
                for seconds in (short, long if size == options.sizes[0] else 6 * short)
            )
            growth.append(f"{size}: {100 * (last / first - 1):+.1f} %")
        rendered(
            f"{options.sizes[0]}, {short} s at 30 frames a second",
            *("xor", "--size", options.sizes[0], "--fps", "30", "--duration", str(short), "--no-cache"),
        )
        line("100,001 moments trained and saved", "record", "xor", *MOMENTS, "-o", recording)
        rendered("the same, loaded and rendered, 1080p, 10 s", recording, *SHORT)
    print(f"\nthe longer film against the shorter: {', '.join(growth)}")


if __name__ == "__main__":
    main()
