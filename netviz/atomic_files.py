"""Atomic writing: an output file, several, or a folder appear whole under their names, or not at all.

A film is written to a hidden file beside its target, `.netviz-<hash of the name>.part`, and renamed when it is done.
That file is also the lock: its writer holds it locked as long as it lives, so a second render of the same target sees
it at once, and a file that a killed render left is recognised by being unlocked.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from netviz.errors import InputError, NetvizError, Problem
from netviz.hidden_files import (
    BACKUP,
    FOLDER,
    TEMPORARY,
    TemporaryFolder,
    is_at,
    open_hidden,
    remove_dead_folders,
    remove_leftovers,
    try_lock,
)
from netviz.interruption import uninterrupted

HIDDEN = ".netviz-"
"""Beginning of the names of files while they are written, and of those that are only needed for that."""
LOCKED = "another netviz is writing this file; wait for it to end, or choose another name"
EXISTS = "exists already; --overwrite replaces it"
Overwrite = bool | Callable[[Path], bool]
"""True where existing files are replaced; or a function that says so of one, asked when the new one is whole."""


class OutputFailed(NetvizError):
    """Error: the output could not be created, or not be given its name; nothing is left of it."""


def output_problems(path: str | Path, overwrite: bool, inputs: Sequence[Path] = ()) -> list[Problem]:
    """Return the problems that keep a film from being written to `path`, none if it can be. Leaves nothing behind.

    inputs: files the film is made from, which it must not replace.
    """
    path = Path(path)
    message = problem_of_folder(path.parent) or problem_of_target(path, overwrite, inputs) or problem_of_lock(path)
    return [Problem(str(path), message)] if message else []


def problem_of_folder(folder: Path) -> str | None:
    try:
        if not folder.is_dir():
            return f"{folder} is not a folder" if folder.exists() else f"the folder {folder} does not exist"
        # Mode bits are not reliable (root, read-only disks, /proc): creating a file is.
        # Such a one has no name that could be left behind.
        uninterrupted(lambda: tempfile.TemporaryFile(dir=folder, prefix=HIDDEN).close(), lambda _: None)
        return None
    except (OSError, ValueError) as error:
        return f"nothing can be written to the folder {folder}: {_reason(error)}"


def problem_of_target(path: Path, overwrite: bool, inputs: Sequence[Path]) -> str | None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        return f"cannot be written: {_reason(error)}"
    if stat.S_ISDIR(found.st_mode):
        return "is a folder; give the name of a file in it"
    if stat.S_ISLNK(found.st_mode):
        return "is a symbolic link; give the name of the file itself"
    if not stat.S_ISREG(found.st_mode):
        return "is not a plain file but a device, pipe or socket"
    for source in inputs:
        with suppress(OSError, ValueError):
            if path.samefile(source):
                return f"is the file the film is made from ({source}); give another name"
    return None if overwrite else EXISTS


def problem_of_lock(path: Path) -> str | None:
    part = part_of(path)
    try:
        descriptor = open_hidden(part)
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"{part}, left by an earlier render, stands in the way: {_reason(error)}"
    try:
        return None if try_lock(descriptor) else LOCKED
    finally:
        os.close(descriptor)


@contextmanager
def atomic_write(target: Path, *, overwrite: bool = True, durable: bool = True) -> Iterator[Path]:
    """Yield a path beside `target` to write to; if the block succeeds it becomes `target`, otherwise it is removed.

    durable: whether its content is on the disk before it gets its name, should the power fail. See `atomic_write_all`.
    """
    with atomic_write_all([target], overwrite=overwrite, durable=durable) as (part,):
        yield part


def write_whole(target: Path, content: bytes, *, overwrite: bool = True) -> None:
    """Write a file's content, whole or not at all; see `atomic_write_all`."""
    with atomic_write(target, overwrite=overwrite) as part, output_failures(target, len(content)):
        part.write_bytes(content)


@contextmanager
def atomic_write_all(
    targets: Sequence[Path], *, overwrite: Overwrite = True, durable: bool = True
) -> Iterator[list[Path]]:
    """Yield paths to write to, one beside each of `targets`; if the block succeeds all become these, otherwise none.

    Removes what killed runs left in their folders, of these targets or others. Raises InputError if another run is
    writing one of them, or, without `overwrite`, if one exists in the end; OutputFailed if the disk cannot take them.
    Then, and if a signal arrives in between, every target is what it was.
    """
    parts, descriptors = [part_of(target) for target in targets], dict[Path, int]()
    for folder in dict.fromkeys(target.parent for target in targets):
        remove_leftovers(folder)
    with ExitStack() as stack:
        stack.callback(_give_up, descriptors)  # first: it may be interrupted as soon as there is something
        for target, part in zip(targets, parts, strict=True):
            with output_failures(target):
                descriptors[part] = create_locked(part, target)
        try:
            yield parts
            for target, descriptor in zip(targets, descriptors.values(), strict=True):
                with output_failures(target):
                    if durable:
                        os.fsync(descriptor)
            if sys.platform == "win32":  # nor renamed
                stack.close()
            _place(parts, targets, overwrite)
        finally:
            if sys.platform == "win32":
                stack.close()
                for part in parts:
                    part.unlink(missing_ok=True)


def _give_up(descriptors: Mapping[Path, int]) -> None:
    """Close parts, and remove those that were not renamed to their targets, but not what the next run may have begun
    since."""
    for part, descriptor in descriptors.items():
        if sys.platform != "win32" and is_at(descriptor, part):  # there an open file cannot be removed
            part.unlink(missing_ok=True)
        with suppress(OSError):
            os.close(descriptor)


def _place(parts: Sequence[Path], targets: Sequence[Path], overwrite: Overwrite) -> None:
    """Rename every part to its target; if one cannot be, or a signal arrives, every target is restored."""
    backups = [part.with_suffix(BACKUP) for part in parts]
    try:
        if len(targets) > 1:  # one file alone is replaced in one go
            for target, backup in zip(targets, backups, strict=True):
                with output_failures(target):
                    _back_up(target, backup)
        for part, target in zip(parts, targets, strict=True):
            with output_failures(target):
                _rename(part, target, overwrite if isinstance(overwrite, bool) else overwrite(target))
    except BaseException:
        for part, target, backup in zip(parts, targets, backups, strict=True):
            if backup.exists():
                backup.replace(target)
            elif len(targets) > 1 and _is_placed(part, target):
                target.unlink(missing_ok=True)
        raise
    finally:
        for backup in backups:
            backup.unlink(missing_ok=True)


def _back_up(target: Path, backup: Path) -> None:
    """Give a file that will be replaced a second name; copy it where the file system has no hard links."""
    backup.unlink(missing_ok=True)
    if not target.is_file():
        return
    try:
        os.link(target, backup)
    except OSError:
        shutil.copy2(target, backup)


def _is_placed(part: Path, target: Path) -> bool:
    """Return whether a part has its target's name, alone or besides its own."""
    return not part.exists() or (target.exists() and part.samefile(target))


@contextmanager
def scratch(target: Path, purpose: str) -> Iterator[Path]:
    """Yield a temporary file beside `target`, which is removed when the block ends; also one that a killed run left."""
    path = part_of(target).with_suffix(f".{purpose}")
    descriptors: dict[Path, int] = {}
    with ExitStack() as lock:
        lock.callback(_give_up, descriptors)
        with output_failures(target):
            descriptors[path] = create_locked(path, target)
        try:
            yield path
        finally:
            if sys.platform == "win32":
                lock.close()
            path.unlink(missing_ok=True)


def file_size(path: Path) -> int:
    """Return the size of a file in bytes, 0 if it does not exist."""
    with suppress(OSError):
        return path.stat().st_size
    return 0


def amount(size: int) -> str:
    """Format a size, in bytes: 12.3 MB."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"


@contextmanager
def output_failures(target: Path, needed: int | None = None) -> Iterator[None]:
    """Turn an OSError in the block into OutputFailed, with the reason in words. needed: bytes of what is written."""
    try:
        yield
    except OSError as error:
        state = "" if needed is None else f"this file needs {amount(needed)}"
        shown = target.name if target.parent.suffix == FOLDER else target
        raise OutputFailed(f"{shown}: {failed_write(error, target.absolute().parent, state)}") from error


def failed_write(error: OSError, folder: Path, state: str = "", what: str = "") -> str:
    """Return in words why something could not be written to a folder, and what helps: one line.

    state: how much was written and is needed, as far as known. what: the subject, where it is not the disk that failed.
    """
    if folder.suffix == FOLDER:
        folder = folder.parent
    state = state and f": {state}"
    number, elsewhere = error.errno, f"write to another disk{_way_out(folder)}"
    if number == errno.EFBIG:
        return f"a file in {folder} may not grow so large{_limit_of_files()}{state}"
    if number == errno.ENOSPC:
        return f"the disk of {folder} is full{_free(folder)}{state}; make room there, or {elsewhere}"
    if number == errno.EDQUOT:
        return f"your quota on the disk of {folder} is used up{_free(folder)}{state}; make room there, or {elsewhere}"
    if number == errno.EROFS:
        return f"the disk of {folder} is read-only{state}; {elsewhere}"
    if number == errno.EIO:
        return f"the disk of {folder} fails ({_reason(error)}){state}; {elsewhere}"
    return f"{what} cannot be written: {_reason(error)}".lstrip()


def _free(folder: Path) -> str:
    """Free room of a full disk, in words: there may be room, but not for the name of one more file."""
    with suppress(OSError):
        free = f", {amount(shutil.disk_usage(folder).free)} free"
        if sys.platform != "win32":
            found = os.statvfs(folder)
            if found.f_files and not found.f_favail:
                return f"{free}, but it takes no more files"
        return free
    return ""


def _way_out(folder: Path) -> str:
    """For a temporary folder of ours: where the folder for such is named."""
    with suppress(OSError):
        temporary = Path(tempfile.gettempdir()).absolute()
        if folder.is_relative_to(temporary) and str(folder.relative_to(temporary)).startswith(TEMPORARY):
            return " (the environment variable TMPDIR names the folder)"
    return ""


def _limit_of_files() -> str:
    """Largest size of a file that the system allows, in words; empty where no limit is known."""
    if sys.platform == "win32":
        return ""
    import resource

    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return "" if limit == resource.RLIM_INFINITY else f" (`ulimit -f` allows {amount(limit)})"


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a temporary folder, which goes with the object. Raises OutputFailed where none can be made.

    Removes those of dead processes.
    """
    remove_dead_folders()
    try:
        return uninterrupted(TemporaryFolder, lambda folder: folder.cleanup())
    except OSError as error:
        reason = _reason(error) if error.filename is None else failed_write(error, Path(error.filename).parent)
        message = f"no temporary folder can be made: {reason}"
        if "TMPDIR" not in message:
            message += "; name a folder for it in the environment variable TMPDIR"
        raise OutputFailed(message) from error


def part_of(target: Path) -> Path:
    """Return the path of the hidden file that is written in place of `target`."""
    # A hash, because a longer name than the target's may be too long, and a name may hold any bytes.
    name = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]
    return target.parent / f"{HIDDEN}{name}.part"


def create_locked(part: Path, target: Path) -> int:
    """Create the empty, locked file `part` and return its descriptor. Raises InputError if a living process holds
    one."""
    return uninterrupted(lambda: _create_locked(part, target), lambda descriptor: _give_up({part: descriptor}))


def _create_locked(part: Path, target: Path) -> int:
    while True:
        try:
            descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
            is_new = True
        except FileExistsError:
            try:
                descriptor = open_hidden(part)
            except FileNotFoundError:
                continue
            is_new = False
        try:
            if not try_lock(descriptor):
                raise InputError([Problem(str(target), LOCKED)])
            # Between opening and locking, its owner may have renamed or removed it.
            if is_at(descriptor, part):
                if is_new:
                    return descriptor
                # Left by a killed run, whose ffmpeg may still be writing: a new file, not the same one emptied.
                part.unlink(missing_ok=True)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _rename(part: Path, target: Path, overwrite: bool) -> None:
    if not overwrite:
        try:
            os.link(part, target)  # unlike a rename, never replaces what is there
        except FileExistsError:
            raise InputError([Problem(str(target), EXISTS)]) from None
        except OSError:  # a file system without hard links
            if os.path.lexists(target):
                raise InputError([Problem(str(target), EXISTS)]) from None
        else:
            part.unlink()
            return
    part.replace(target)


def _reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


# Atomic folders: a folder of files appears whole under its name, or not at all; in an existing one, all files or none.
#
# Files are written to a hidden folder beside it, `.netviz-<hash of the name>.making`. Its writer holds the lock that is
# explained above, so that a folder that a killed run left is recognised by being unlocked.

FOLDER_EXISTS = "exists already; --overwrite replaces the files in it that would be made, and leaves all others"


def folder_problems(folder: Path, names: Iterable[str], overwrite: bool, inputs: Sequence[Path] = ()) -> list[Problem]:
    """Return the problems that keep files of these names from being written to `folder`. Leaves nothing behind.

    inputs: files that are needed to make them, which must not be replaced.
    """
    at = _absolute(folder)
    message = problem_of_folder(at.parent) or _problem_of_folder_name(at, overwrite) or problem_of_lock(at)
    if not message and at.exists():
        message = problem_of_folder(at)
    if message:
        return [Problem(str(folder), message)]
    found = ((folder / name, problem_of_target(at / name, True, inputs)) for name in names)
    return [Problem(str(path), message) for path, message in found if message]


def _absolute(folder: Path) -> Path:
    return Path(os.path.abspath(folder))  # noqa: PTH100 - not through links: those are refused


def _problem_of_folder_name(folder: Path, overwrite: bool) -> str | None:
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
    return None if overwrite else FOLDER_EXISTS


@contextmanager
def atomic_folder(folder: Path, *, overwrite: bool = True, own: Iterable[str] = ()) -> Iterator[Path]:
    """Yield an empty folder to write files to; if the block succeeds it becomes `folder`, otherwise it is removed.

    If `folder` exists, the files are moved into it instead, and replace those of the same names: all of them, or none.
    own: names of files that are removed from there if they are not written again. Raises InputError if another run is
    writing it, or, without `overwrite`, if it exists in the end; OutputFailed if the disk cannot take it.
    """
    folder = _absolute(folder)
    remove_leftovers(folder.parent)
    lock = part_of(folder)
    with output_failures(folder):
        descriptor = create_locked(lock, folder)
    making = lock.with_suffix(FOLDER)
    try:
        with output_failures(folder):
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir()
        yield making
        with output_failures(folder):
            _place_in_folder(making, folder, overwrite, own)
    finally:
        shutil.rmtree(making, ignore_errors=True)
        if sys.platform != "win32":  # where an open file cannot be removed
            lock.unlink(missing_ok=True)
        os.close(descriptor)
        if sys.platform == "win32":
            lock.unlink(missing_ok=True)


def _place_in_folder(making: Path, folder: Path, overwrite: bool, own: Iterable[str]) -> None:
    if not folder.is_dir():
        making.rename(folder)
        return
    if not overwrite:
        raise InputError([Problem(str(folder), FOLDER_EXISTS)])
    new = sorted(making.iterdir())
    old = making / ".old"  # second names of replaced files, until all are replaced: each is there at every moment
    old.mkdir()
    stale = [name for name in own if not (making / name).exists() and (folder / name).is_file()]
    undo: list[tuple[Path, Path]] = []  # where a file is now, and where it was
    try:
        for path in new:
            target, backup = folder / path.name, old / path.name
            _back_up(target, backup)
            # Noted before it is done: a signal may arrive in between.
            undo.append((backup, target) if backup.exists() else (target, path))
            path.replace(target)
        for name in stale:
            undo.append((old / name, folder / name))
            (folder / name).rename(old / name)
    except BaseException:
        for now, before in reversed(undo):
            if now.exists() and (now.parent == old or not before.exists()):
                now.replace(before)
        raise
