"""kill -9 at random moments of commands: what is left, and what the next run makes of it.

    python -m benchmarks.kills [--kills 20] [--seconds 60] [--seed 1]

Each command is first run to its end, which gives its time and its files; then it is killed at random moments within
that time, and run again to its end. In between nothing under a final name may be broken; afterwards nothing hidden may
be left beside the output, in the temporary folder or running, and every file is the same to the last byte. Of a film
two lines more: killed when most of its segments are there and asked for again, with one process and with two, and the
time that it takes in one go. The preview is killed with its draft film under way, and must answer again. Linux only.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.memory import family

SMALL = ("--size", "160x128", "--fps", "5", "--quality", "draft")
SEGMENT = 6
"""Seconds of a segment."""
PATIENCE = 20.0
"""Seconds for which children of a killed process may live on: ffmpeg ends when nobody feeds it."""


@dataclass
class Room:
    """A folder of its own for outputs, one for what is temporary and one for the cache."""

    folder: Path

    def __post_init__(self) -> None:
        for each in (self.outputs, self.temporary):
            each.mkdir()
        self.environment = os.environ | {"TMPDIR": str(self.temporary), "NETVIZ_CACHE": str(self.folder / "cache")}

    @property
    def outputs(self) -> Path:
        return self.folder / "outputs"

    @property
    def temporary(self) -> Path:
        return self.folder / "temporary"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command."""
        command = [sys.executable, "-m", "netviz", *arguments]
        return subprocess.Popen(
            command,
            cwd=self.outputs,
            env=self.environment | {"PYTHONPATH": str(Path.cwd())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[float, str]:
        """Seconds that a command takes to its end, and what it said."""
        since = time.perf_counter()
        with self.start(*arguments) as process:
            said = process.communicate()[0]
        if process.returncode:
            sys.exit(f"netviz {' '.join(arguments)}: {said}")
        return time.perf_counter() - since, said

    def kill(self, after: float, *arguments: str) -> bool:
        """Kill a command after so many seconds; returns whether it was still at work."""
        with self.start(*arguments) as process:
            time.sleep(after)
            children = [*family(process.pid)][1:]
            at_work = process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
            # Its descendants may hold the pipe for a while.
            wait_for_end(children)
        return at_work

    def files(self) -> dict[str, bytes]:
        """All outputs by name, hidden ones too."""
        found = sorted(self.outputs.rglob("*"))
        return {str(path.relative_to(self.outputs)): path.read_bytes() for path in found if path.is_file()}

    def hidden(self) -> list[str]:
        """Names of what should not be there after a command."""
        left = [*self.outputs.rglob(".netviz-*"), *self.temporary.glob("netviz-*")]
        return [path.name for path in left]

    def empty(self) -> None:
        """Remove all outputs that have a name, but nothing hidden."""
        for path in sorted(self.outputs.rglob("*"), reverse=True):
            if not path.name.startswith(".") and not path.parent.name.startswith("."):
                path.rmdir() if path.is_dir() else path.unlink()


def processor() -> float:
    """Seconds that all commands which have ended kept processors busy, with all that they started."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def wait_for_end(processes: list[int]) -> None:
    until = time.monotonic() + PATIENCE
    while alive := [each for each in processes if is_alive(each)]:
        if time.monotonic() > until:
            sys.exit(f"processes {alive} live on")
        time.sleep(0.05)


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def a_room() -> Iterator[Room]:
    with tempfile.TemporaryDirectory() as folder:
        yield Room(Path(folder))


def taken(said: str) -> int:
    """How many segments a run took, of all its films."""
    return sum(map(int, re.findall(r"stopped: (\d+) of", said)))


def killed(name: str, arguments: tuple[str, ...], kills: int, dice: random.Random) -> None:
    """Kill a command at random moments, and run it to its end after each."""
    with a_room() as room:
        room.run(*arguments)  # which fills the cache of recordings, as it is in the runs that are compared
        room.empty()
        seconds, _ = room.run(*arguments)
        whole = room.files()
        room.empty()
        at_work = broken = left = different = segments = hidden = 0
        for _ in range(kills):
            at_work += room.kill(dice.uniform(0.0, seconds), *arguments)
            hidden += bool(room.hidden())
            found = {name: content for name, content in room.files().items() if ".netviz-" not in name}
            broken += any(whole.get(name) != content for name, content in found.items())
            room.empty()
            _, said = room.run(*arguments)
            segments += taken(said)
            left += bool(room.hidden())
            different += room.files() != whole
            room.empty()
    print(
        f"{name:8} {seconds:6.1f} s to its end; killed {kills} times, {at_work} of them at work: {broken} broken under "
        f"a final name, {hidden} with something hidden left, {left} after the next run, {different} other files then, "
        f"{segments} segments taken",
        flush=True,
    )


def resumed(arguments: tuple[str, ...], jobs: str, share: float = 0.7) -> None:
    """Kill a film when a share of its segments is there, and ask for it again."""
    with a_room() as room:
        film, segments = (*arguments, "--jobs", jobs), room.folder / "cache" / "segments"
        room.run(*film)  # which trains
        before = processor()
        seconds, _ = room.run(*film, "-y")
        work = processor() - before
        whole, number = room.files(), 0
        room.empty()
        with room.start(*film) as process:
            while process.poll() is None and number < share * float(arguments[3]) / SEGMENT:
                number = len([*segments.glob("*.segment")])
                time.sleep(0.01)
            process.kill()
        before = processor()
        again, said = room.run(*film)
        rest = processor() - before
        same = "the same bytes" if room.files() == whole else "OTHER BYTES"
    print(
        f"film, --jobs {jobs}: {seconds:.1f} s ({work:.1f} s of processors) in one go; killed, and then {again:.1f} s "
        f"({rest:.1f} s) and {same}: "
        f"{said.splitlines()[0]}",
        flush=True,
    )


def killed_preview(kills: int, seconds: str, dice: random.Random) -> None:
    """Kill a preview at random moments while its draft film is made, and start it again."""
    arguments = ("preview", "xor", "--film", "--no-browser", "--port", "0", "--duration", seconds, *SMALL[:4])
    with a_room() as room:
        left = answered = 0
        for _ in range(kills):
            room.kill(dice.uniform(0.0, 8.0), *arguments)
            with room.start(*arguments) as process:
                assert process.stdout is not None
                for line in process.stdout:
                    if found := re.search(r"http://\S+", line):
                        with urllib.request.urlopen(found[0]) as page:
                            answered += page.status == 200
                        break
                process.send_signal(signal.SIGTERM)
                process.communicate()
            left += bool(room.hidden() or room.files())
    print(f"preview  killed {kills} times: {answered} answered again, {left} with something left after the next run")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seconds", default="60", help="length of the films")
    parser.add_argument("--seed", type=int, default=1)
    parts = ["time", "render", "workers", "embed", "record", "preview"]
    parser.add_argument("--of", nargs="*", choices=parts, default=parts)
    given = parser.parse_args()
    dice = random.Random(given.seed)
    length = ("--duration", given.seconds, *SMALL)
    film = ("render", "xor", *length, "-o", "film.mp4", "-o", "film.gif")
    commands = {
        "render": (*film, "--jobs", "1"),
        "workers": (*film, "--jobs", "2"),
        "embed": ("embed", "xor", *length, "-o", "post", "--jobs", "1"),
        # So many moments that there is something to write.
        "record": ("record", "xor", "--cycles", "10000", "--set", "schedule.every=2", "-o", "run.npz"),
    }
    if "time" in given.of:
        for jobs in "12":
            resumed(("render", "xor", *length, "-o", "film.mp4"), jobs)
    for name, arguments in commands.items():
        if name in given.of:
            killed(name, arguments, given.kills, dice)
    if "preview" in given.of:
        killed_preview(given.kills, given.seconds, dice)


if __name__ == "__main__":
    main()
