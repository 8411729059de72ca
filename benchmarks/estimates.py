"""Estimates of films against what they take: time, memory and disk of ten films of different kinds.

    python -m benchmarks.estimates [--only NAME ...]

Of each film first the estimate is made, then the film, both by a process of its own. Memory is the most of all its
processes together at one moment: the sum of their proportional set sizes, looked up while they run. A machine that does
nothing else gives times that mean something; memory and disk do not depend on that. Linux only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import netviz
from benchmarks.large import scene_of
from benchmarks.memory import family, read
from benchmarks.recorder import SIZES, Loop

INTERVAL = 0.03
"""Seconds between two looks at the processes."""


@dataclass(frozen=True)
class Case:
    """A film: its name, its source, options of the command, and the kinds of its files."""

    name: str
    source: str
    options: tuple[str, ...]
    kinds: tuple[str, ...] = ("mp4",)
    jobs: int = 1


CASES = (
    Case("xor, small", "xor", ("--size", "640x360", "--duration", "20")),
    Case("xor, 2 jobs", "xor", ("--size", "1280x720", "--duration", "30"), jobs=2),
    Case("classic", "xor-classic", ("--size", "1920x1080", "--duration", "20")),
    Case("plane as WebM", "playground-quadrants", ("--size", "854x480", "--duration", "12"), ("webm",)),
    Case("digits as GIF", "digits", ("--size", "854x480", "--duration", "12"), ("gif",)),
    Case("WebP and APNG", "dog-or-cat", ("--size", "640x640", "--duration", "14"), ("webp", "apng")),
    Case("side by side, best", "compare-layers", ("--size", "854x480", "--fps", "12", "--quality", "best")),
    Case("large network", "{large}", ("--size", "1280x720", "--duration", "12")),
    Case("without ground", "neuron", ("--size", "640x360", "--duration", "12"), ("mov",)),
    Case("own run, film and poster", "{own}", ("--size", "1080x1080", "--duration", "14"), ("mp4", "png"), jobs=2),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME")
    options = parser.parse_args()
    print("| film | time | estimated | | memory | estimated | | disk | estimated | |\n|" + "---|" * 10)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = {"{large}": large_network(folder), "{own}": own_run(folder)}
        for case in CASES:
            if options.only is None or case.name in options.only:
                row(case, sources.get(case.source, case.source), folder)


def row(case: Case, source: str, folder: Path) -> None:
    """Estimate a film and make it, and print a row of the table."""
    targets = [folder / f"film.{kind}" for kind in case.kinds]
    written = [part for target in targets for part in ("-o", str(target))]
    command = ["render", source, *case.options, *written, "--jobs", str(case.jobs), "--no-cache", "--overwrite"]
    said = json.loads(
        subprocess.run([sys.executable, "-c", ESTIMATE, *command], check=True, capture_output=True, text=True).stdout
    )
    memory, seconds = measured(command)
    disk = sum(target.stat().st_size for target in targets)
    print(
        f"| {case.name} | {seconds:.1f} s | {said['seconds']:.1f} s | {said['seconds'] / seconds:.2f} "
        f"| {memory / 1e6:.0f} MB | {said['memory'] / 1e6:.0f} MB | {said['memory'] / memory:.2f} "
        f"| {disk / 1e6:.2f} MB | {said['disk'] / 1e6:.2f} MB | {said['disk'] / disk:.2f} |",
        flush=True,
    )


ESTIMATE = """
import json, sys
from netviz.cli import console, render
def show(films, estimates, **_):
    (each,) = estimates
    print(json.dumps({"seconds": each.seconds, "memory": each.memory, "disk": sum(each.files.values())}))
console.result = lambda text: None
render.refuse_estimates = show
from netviz.cli.main import main
sys.argv = ["netviz", *sys.argv[1:], "--dry-run"]
main()
"""
"""A dry run that prints its estimate as JSON: the command itself, so that what it has done before is in the time."""


def measured(arguments: Sequence[str]) -> tuple[int, float]:
    """Most bytes of a command and all its processes at one moment, and the seconds that it takes."""
    most, start = 0, time.perf_counter()
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen([sys.executable, "-m", "netviz", *arguments], stdout=said, stderr=said)
        while running.poll() is None:
            most = max(most, sum(map(share_of, family(running.pid))))
            time.sleep(INTERVAL)
        seconds = time.perf_counter() - start
        said.seek(0)
        if running.returncode:
            sys.exit(f"netviz {' '.join(arguments)}: {said.read().decode()}")
    return most, seconds


def share_of(process: int) -> int:
    """Bytes of a process, those that it shares with others in part; 0 if it has ended."""
    for line in read(Path(f"/proc/{process}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return 1024 * int(line.split()[1])
    return 0


def large_network(folder: Path) -> str:
    """The file of a recording of 784-128-10, over 100,000 synapses."""
    path = folder / "large.npz"
    netviz.record(scene_of(SIZES)).save(path)
    return str(path)


def own_run(folder: Path) -> str:
    """The file of a recording of a loop of NumPy."""
    loop = Loop((16, 12, 4))
    recorder = netviz.Recorder(loop.sizes, ["tanh", "softmax"], loop.x[:8], loop.y[:8], loss="cross_entropy")
    for step in range(2001):
        loss = loop.step()
        recorder.snap(loss, weights=loop.weights, biases=loop.biases, keep=step == 2000)
    path = folder / "own.npz"
    recorder.save(path)
    return str(path)


if __name__ == "__main__":
    main()
