"""Where the films of a command go: of one or several, each in one file or several."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from netviz.errors import Problem
from netviz.scene.words import printable

NAME = "{name}"
"""What stands for a film's own name in -o."""


def targets_of(outputs: Sequence[str], names: Sequence[str]) -> list[tuple[Path, ...]]:
    """The files of each film. outputs: what was given with -o, each a file of every film."""
    of_outputs = [_targets_of(output, names) for output in outputs] or [[Path(f"{name}.mp4") for name in names]]
    return [*zip(*of_outputs, strict=True)]


def _targets_of(output: str, names: Sequence[str]) -> list[Path]:
    """A file of each film: in a folder, by a template with {name} in it, or, for one film, just what was given."""
    separators = tuple(filter(None, (os.sep, os.altsep)))
    if output.endswith(separators) or (len(names) > 1 and NAME not in output and Path(output).is_dir()):
        return [Path(output.replace(NAME, name)) / f"{name}.mp4" for name in names]
    return [Path(output.replace(NAME, name)) for name in names]


def collisions(outputs: Sequence[str], targets: Sequence[tuple[Path, ...]]) -> list[Problem]:
    """Files that would be written over each other."""
    problems = []
    for number, of_films in enumerate(zip(*targets, strict=True)):
        counts = Counter(map(_place, of_films))
        if len(of_films) > 1 and len(counts) == 1 and outputs and NAME not in outputs[number]:
            message = f"is one name for {len(of_films)} films; give a folder (ending in /), or a name with {NAME} in it"
            problems.append(Problem(f"--output {printable(outputs[number])}", message))
            continue
        problems += [
            Problem(str(target), f"{count} films would have this name; give each scene a name of its own")
            for target in dict.fromkeys(of_films)
            if (count := counts[_place(target)]) > 1
        ]
    return problems


def _place(target: Path) -> str:
    # File systems may not tell capitals from small letters.
    return os.path.normcase(target.absolute()).lower()
