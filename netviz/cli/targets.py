"""Where the films of a command that makes several go."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from netviz.errors import Problem
from netviz.scene.words import printable

NAME = "{name}"
"""What stands for a film's own name in -o."""


def targets_of(output: str | None, names: Sequence[str]) -> list[Path]:
    """The file of each film: in a folder, by a template with {name} in it, or, for one film, just what was given."""
    if output is None:
        return [Path(f"{name}.mp4") for name in names]
    separators = tuple(filter(None, (os.sep, os.altsep)))
    if output.endswith(separators) or (len(names) > 1 and NAME not in output and Path(output).is_dir()):
        return [Path(output.replace(NAME, name)) / f"{name}.mp4" for name in names]
    return [Path(output.replace(NAME, name)) for name in names]


def collisions(output: str | None, targets: Sequence[Path]) -> list[Problem]:
    """Films that would be written over each other."""
    counts = Counter(map(_place, targets))
    if len(targets) > 1 and len(counts) == 1 and output is not None and NAME not in output:
        message = f"is one name for {len(targets)} films; give a folder (ending in /), or a name with {NAME} in it"
        return [Problem(f"--output {printable(output)}", message)]
    return [
        Problem(str(target), f"{count} films would have this name; give each scene a name of its own")
        for target in dict.fromkeys(targets)
        if (count := counts[_place(target)]) > 1
    ]


def _place(target: Path) -> str:
    # File systems may not tell capitals from small letters.
    return os.path.normcase(target.absolute()).lower()
