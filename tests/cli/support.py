"""What the tests of the command need: a small film, and what a command said and left."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SMALL = ["--size", "160x128", "--fps", "10"]
BRIEF = ["--cycles", "60", "--frames", "3", "--set", "story=null"]
"""A training of a moment, of which there is no story to tell, and so no file of captions."""
FILM = [*SMALL, *BRIEF, "--duration", "2"]
"""Options of a film of two seconds that is made at once."""

DIVERGES = ["--set", "network.activation=[relu, linear]", "--set", "network.bias=true"]
DIVERGES += ["--set", "training.learning_rate=1e6"]

SCENE = """\
network:
  layers: [2, 2, 1]
data:
  examples:
    - {inputs: [0, 1], target: 1}
    - {inputs: [1, 1], target: 0}
training: {cycles: 60}
schedule: {frames: 3}
duration: 2
output: {size: 160x128, fps: 10}
"""


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines about mistakes and failures."""
        return [line.removeprefix("error: ") for line in self.err.splitlines() if line.startswith("error: ")]

    @property
    def warnings(self) -> list[str]:
        """The lines about what the user should know."""
        return [line.removeprefix("warning: ") for line in self.err.splitlines() if line.startswith("warning: ")]

    @property
    def notes(self) -> list[str]:
        """The lines about what the film has time for."""
        return [line.removeprefix("note: ") for line in self.err.splitlines() if line.startswith("note: ")]


def contents(folder: Path) -> dict[str, bytes]:
    """Everything in a folder, hidden files too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def command(*arguments: str | Path) -> list[str]:
    """The command line of netviz in a process of its own."""
    return [sys.executable, "-m", "netviz", *map(os.fspath, arguments)]


def surroundings(**changes: str) -> dict[str, str]:
    """The environment for a process of its own; the source tree's netviz is found in any folder."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **changes}


def run(folder: Path, *arguments: str | Path, environment: dict[str, str] | None = None, **more: Any) -> Result:
    """Run netviz in a process of its own, in a folder, without a terminal."""
    ended = subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment or surroundings(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
        **more,
    )
    return Result(ended.returncode, ended.stdout.decode(errors="replace"), ended.stderr.decode(errors="replace"))
