"""A folder of files appears whole under its name, or not at all; in one that is there already, all files or none.

Everything is made in a hidden folder beside it, `.netviz-<hash of the name>.making`. Whoever makes it holds the lock
that `files.py` explains, so that what a killed run left is known by being free.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from netviz.errors import InputError, Problem
from netviz.video.files import (
    create_locked,
    output_failures,
    part_of,
    problem_of_folder,
    problem_of_lock,
    problem_of_target,
)

EXISTS = "exists already; --overwrite replaces the files in it that would be made, and leaves all others"
_OLD = ".old"
"""In the folder that is being made, where files that are replaced wait until all are."""


def folder_problems(folder: Path, names: Iterable[str], overwrite: bool, inputs: Sequence[Path] = ()) -> list[Problem]:
    """Why files of these names cannot be made in `folder`: an empty list if they can. Leaves nothing behind.

    inputs: files that are needed for it, which must not be replaced.
    """
    at = _absolute(folder)
    message = problem_of_folder(at.parent) or _problem_of(at, overwrite) or problem_of_lock(at)
    if not message and at.exists():
        message = problem_of_folder(at)
    if message:
        return [Problem(str(folder), message)]
    found = ((folder / name, problem_of_target(at / name, True, inputs)) for name in names)
    return [Problem(str(path), message) for path, message in found if message]


def _absolute(folder: Path) -> Path:
    return Path(os.path.abspath(folder))  # noqa: PTH100 - not through links: those are refused


def _problem_of(folder: Path, overwrite: bool) -> str | None:
    try:
        kind = folder.lstat().st_mode
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        return f"cannot be written: {getattr(error, 'strerror', None) or error}".lower()
    if stat.S_ISLNK(kind):
        return "is a symbolic link; give the name of the folder itself"
    if not stat.S_ISDIR(kind):
        return "is a file; give the name of a folder, which need not exist yet"
    return None if overwrite else EXISTS


@contextmanager
def whole_folder(folder: Path, *, overwrite: bool = True, own: Iterable[str] = ()) -> Iterator[Path]:
    """Give an empty folder to write files to; when the block ends well it becomes `folder`, otherwise it goes.

    If there is a `folder` already, the files are put into it instead, in the places of those of the same names: all of
    them, or none. own: names of files that go from there if they are not made again. Raises InputError if another run
    is making it, or, without `overwrite`, if there is one in the end; OutputFailed if the disk does not take it.
    """
    folder = _absolute(folder)
    lock = part_of(folder)
    with output_failures(folder):
        descriptor = create_locked(lock, folder)
    making = lock.with_suffix(".making")
    try:
        with output_failures(folder):
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir()
        yield making
        with output_failures(folder):
            _place(making, folder, overwrite, own)
    finally:
        shutil.rmtree(making, ignore_errors=True)
        if sys.platform != "win32":  # where an open file cannot be removed
            lock.unlink(missing_ok=True)
        os.close(descriptor)
        if sys.platform == "win32":
            lock.unlink(missing_ok=True)


def _place(making: Path, folder: Path, overwrite: bool, own: Iterable[str]) -> None:
    if not folder.is_dir():
        making.rename(folder)
        return
    if not overwrite:
        raise InputError([Problem(str(folder), EXISTS)])
    new = sorted(making.iterdir())
    old = making / _OLD
    old.mkdir()
    moved: list[tuple[Path, Path]] = []
    stale = [name for name in own if not (making / name).exists() and (folder / name).is_file()]
    try:
        for name in stale:
            moved.append((old / name, folder / name))
            (folder / name).rename(old / name)
        for path in new:
            target = folder / path.name
            # Noted before it is done: a signal may come between.
            if target.exists():
                moved.append((old / path.name, target))
                target.rename(old / path.name)
            moved.append((target, path))
            path.rename(target)
    except BaseException:
        for now, before in reversed(moved):
            if now.exists() and not before.exists():
                now.rename(before)
        raise
