"""Hidden files: temporary files beside outputs, temporary folders, and the removal of those that dead processes left.

Each is locked by the process that writes it. Nothing is concluded from numbers of processes, which are used again, nor
from names of machines: a lock goes with the process that holds it, however it ends. Where a disk is shared with other
machines their locks may not be seen here: there a file counts as left behind when nobody has written to it for a day.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PART, FOLDER, BACKUP = ".part", ".making", ".old"
"""Ends of names: of a file while it is written, of a folder (its part is its lock), and of a file that is replaced."""
PURPOSES = ("take", "palette", "about")
"""Ends of the names of files that are needed while another is written."""
_HIDDEN = re.compile(rf"\.netviz-[0-9a-f]{{16}}\.(part|making|old|{'|'.join(PURPOSES)})")

TEMPORARY, _LOCK = "netviz-", ".netviz-lock"
"""Begin of the names of temporary folders, and the name of the file in each that tells it from others of such names."""

LONGEST_UNTOUCHED = 86_400.0
"""Seconds without a change after which a file on a shared disk is taken for one whose process is dead."""
LONGEST_REPLACING = 60.0
"""Seconds after which the same is taken of a replaced file, which has no lock of its own."""
_PATIENCE, _BETWEEN = 0.1, 0.01
"""Seconds for which a lock is tried again, and between two tries: who looks for dead files holds it for a moment."""


def is_at(descriptor: int, path: Path) -> bool:
    """Return whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def open_hidden(path: Path) -> int:
    """Open a hidden file for reading and writing, but no link and without waiting for a named pipe."""
    # Neither flag exists on Windows, where there are no named pipes among the files and links are rare.
    return os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def try_lock(descriptor: int) -> bool:
    """Lock an open file until it is closed or its process dies; False if another process goes on holding it."""
    until = time.monotonic() + _PATIENCE
    while _lock_now(descriptor) is False:
        if time.monotonic() > until:
            return False
        time.sleep(_BETWEEN)
    return True


def _lock_now(descriptor: int) -> bool | None:
    """Lock an open file; False if another process holds it, None where the file system knows no locks."""
    try:
        if sys.platform == "win32":
            # A byte far beyond the end, because ffmpeg could not write locked bytes either.
            os.lseek(descriptor, 1 << 60, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EWOULDBLOCK, errno.EACCES) else None
    return True


# Leftovers: hidden files of processes that were killed.


def remove_leftovers(folder: Path) -> None:
    """Remove the hidden files in a folder whose processes are dead, whatever their outputs were; raises nothing."""
    with suppress(OSError):
        paths = [folder / name for name in os.listdir(folder) if _HIDDEN.fullmatch(name)]  # noqa: PTH208 - it may be large
        if not paths:
            return
        is_ours = are_locks_seen(folder)
        now = _time_of_disk(folder)
        for path in paths:
            with suppress(OSError):
                if path.suffix == BACKUP:
                    # Its time of change is that of its content; when it got its second name the disk notes as well.
                    if now - path.lstat().st_ctime > (LONGEST_REPLACING if is_ours else LONGEST_UNTOUCHED):
                        path.unlink()
                elif path.suffix in (PART, FOLDER) and path.with_suffix(FOLDER).is_dir():
                    _remove_folder(path.with_suffix(FOLDER), is_ours, now)
                else:
                    with _dead(path, is_ours, now, path):
                        if sys.platform != "win32":  # where an open file cannot be removed
                            path.unlink()
                    if sys.platform == "win32":
                        path.unlink()


def remove_dead_folders() -> None:
    """Remove this user's temporary folders whose processes are dead; raises nothing."""
    with suppress(OSError):
        place = Path(tempfile.gettempdir())
        found = [folder for folder in place.glob(f"{TEMPORARY}*") if (folder / _LOCK).is_file()]
        if not found:
            return
        is_ours, now = are_locks_seen(place), _time_of_disk(place)
        for folder in found:
            with suppress(OSError):
                status = folder.lstat()
                if stat.S_ISDIR(status.st_mode) and (sys.platform == "win32" or status.st_uid == os.getuid()):
                    with _dead(folder / _LOCK, is_ours, now, *folder.iterdir()):
                        if sys.platform != "win32":
                            shutil.rmtree(folder)
                    if sys.platform == "win32":
                        shutil.rmtree(folder)


class TemporaryFolder(tempfile.TemporaryDirectory[str]):
    """A temporary folder that goes with the object, or, if this process is killed, with a later one's work."""

    def __init__(self) -> None:
        """Make it. Raises OSError."""
        super().__init__(prefix=TEMPORARY, ignore_cleanup_errors=True)
        lock = Path(self.name) / _LOCK
        new = lock if sys.platform == "win32" else lock.with_suffix(".new")  # nobody sees it before it is locked
        descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._unlock = weakref.finalize(self, os.close, descriptor)
        try_lock(descriptor)
        if new != lock:
            new.rename(lock)

    def cleanup(self) -> None:
        """Remove it."""
        if sys.platform == "win32":
            self._unlock()
        super().cleanup()
        self._unlock()


def _remove_folder(folder: Path, is_ours: bool, now: float) -> None:
    """Remove a folder of a dead process, and the part that was its lock."""
    part = folder.with_suffix(PART)
    with suppress(FileExistsError):
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with _dead(part, is_ours, now, *folder.iterdir()):
        shutil.rmtree(folder)
        if sys.platform != "win32":
            part.unlink()
    if sys.platform == "win32":
        part.unlink()


@contextmanager
def _dead(held: Path, is_ours: bool, now: float, *written: Path) -> Iterator[None]:
    """Hold a hidden file whose process is dead, for the block. Raises OSError if that lives, or may live.

    is_ours: whether the locks of all who may write there are seen here. written: what the process wrote to.
    """
    descriptor = open_hidden(held)
    try:
        locked = _lock_now(descriptor)
        if locked is False or not is_at(descriptor, held):
            raise BlockingIOError
        if (
            not (locked and is_ours)
            and now - max(path.lstat().st_mtime for path in (held, *written)) < LONGEST_UNTOUCHED
        ):
            raise BlockingIOError
        yield
    finally:
        os.close(descriptor)


def _time_of_disk(folder: Path) -> float:
    """The time as the folder's disk has it, which may be another machine's."""
    with tempfile.TemporaryFile(dir=folder, prefix=".netviz-") as file:
        return os.fstat(file.fileno()).st_mtime


_OWN_DISKS = {"bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "ramfs", "tmpfs", "vfat"}
_OWN_DISKS |= {"ntfs3", "reiserfs", "xfs", "zfs"}


def are_locks_seen(folder: Path) -> bool:
    """Return whether every process that may write to a folder is seen to hold its locks: the disk is this machine's.

    Windows asks the disk's own machine; elsewhere what is not known to be ours may be shared.
    """
    if sys.platform == "win32":
        return True
    place, found = os.path.realpath(folder), ("", "")
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
            for line in file:
                about, _, disk = line.partition(" - ")
                mounted = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), about.split()[4])
                # Of two at one place the later hides the earlier.
                if f"{place}/".startswith(f"{mounted.rstrip('/')}/") and len(mounted) >= len(found[0]):
                    found = mounted, disk.split()[0]
    except (OSError, IndexError):  # no Linux
        return False
    return found[1] in _OWN_DISKS
