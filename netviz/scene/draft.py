"""A scene as far as it could be read, with every mistake in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netviz.errors import Problem
from netviz.scene.spec import Scene

MOST_PROBLEMS = 20
"""Mistakes told at once; of the rest only how many there are."""


@dataclass(frozen=True)
class Draft:
    """A scene as far as it could be read.

    problems: every mistake, in the order of the file, those of options last; at most MOST_PROBLEMS, and how many more.
    parts: the values of the scene's keys that are valid by themselves, defaults included. scene: if nothing is wrong.
    path: the scene's file, if the source is one and could be found. notes: what the user should know of the scene.
    files: all that it names, there or not: music, table, font, pictures. in_options: those of the problems that the
    user's options have, and not the file. located: adds its place in the file to a problem that was found later, and
    begins with a key of the scene.
    """

    problems: tuple[Problem, ...]
    parts: dict[str, Any] = field(default_factory=dict)
    scene: Scene | None = None
    path: Path | None = None
    notes: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    in_options: tuple[Problem, ...] = ()
    located: Callable[[Problem], Problem] = field(default=lambda problem: problem, compare=False)
