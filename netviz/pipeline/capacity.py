"""Capacity of this machine, and the refusal of films that it plainly lacks memory or disk for.

What the platform does not say is None, and then nothing is refused.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from netviz.atomic_files import amount
from netviz.errors import InputError, NetvizForecast, Problem, warn_caller
from netviz.hidden_files import FOLDER
from netviz.pipeline.estimate import Estimate, measured_estimate, rough_estimate
from netviz.pipeline.prepare import Prepared

_MEMINFO = Path("/proc/meminfo")
_OWN_GROUPS = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")
_STATUS = Path("/proc/self/statm")
_UNLIMITED = 1 << 60
"""Bytes from which a limit of a control group is none: version 1 says nearly 2**63 where there is no limit."""


def available_memory() -> int | None:
    """Bytes that this process and its children may still take: what the system has, and what control groups leave.

    Those are Linux's, in which containers run, of both versions.
    """
    return min((found for found in (_of_system(), _of_groups()) if found is not None), default=None)


def free_disk(folder: Path) -> int | None:
    """Bytes that may still be written to a folder's disk."""
    with suppress(OSError, ValueError):
        return shutil.disk_usage(folder).free
    return None


def disk_of(folder: Path) -> int | None:
    """Number of the disk that a folder lies on: the same for folders that share one."""
    with suppress(OSError, ValueError):
        return folder.stat().st_dev
    return None


def free_addresses() -> int | None:
    """Bytes of addresses that `ulimit -v` leaves to this process, and to each of its children about as many."""
    if sys.platform == "win32":
        return None
    import resource

    with suppress(OSError, ValueError):
        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return None
        taken = 0
        with suppress(OSError, ValueError, IndexError):
            taken = resource.getpagesize() * int(_STATUS.read_text().split()[0])
        return max(0, limit - taken)
    return None


def _of_system() -> int | None:
    """Memory that can be had without swapping, as Linux reckons it: what is free, and what caches hold."""
    with suppress(OSError, ValueError, IndexError):
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    return None


def _of_groups() -> int | None:
    """Least that the limits of this process's control groups, and of those that these lie in, leave."""
    return min((left for folder in _group_folders() if (left := _left_in(folder)) is not None), default=None)


def _group_folders() -> Iterator[Path]:
    """Folders of this process's control groups that may limit memory, each before the one it lies in."""
    lines: list[str] = []
    with suppress(OSError):
        lines = _OWN_GROUPS.read_text().splitlines()
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers and "memory" not in controllers.split(","):
            continue
        root = _GROUPS / "memory" if controllers else _GROUPS
        # In a container the path may be that outside of it; then the root is its own group.
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for length in range(len(parts), -1, -1):
            yield root.joinpath(*parts[:length])


def _left_in(folder: Path) -> int | None:
    """Bytes that a control group leaves; file caches in it, which make room, do not count as taken."""
    for limit, taken, cached in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        with suppress(OSError, ValueError):  # "max" is no number
            most = int((folder / limit).read_text())
            if most >= _UNLIMITED:
                return None
            used = int((folder / taken).read_text())
            return max(0, most - max(0, used - _statistic(folder / "memory.stat", cached)))
    return None


def _statistic(path: Path, name: str) -> int:
    with suppress(OSError, ValueError):
        for line in path.read_text().splitlines():
            if line.startswith(f"{name} "):
                return int(line.split()[1])
    return 0


# Refusal. Estimates may be wrong by so much that a film is only refused where it lacks more than that.

MEMORY_DOUBT, DISK_DOUBT = 1.3, 1.2
"""Largest ratio of an estimate to what a film takes."""
ROUGH_DOUBT = 4.0
"""The same of time and disk that are reckoned without a sample."""
LONG = 3600.0
"""Seconds from which a render is told of before it begins."""


@dataclass(frozen=True, eq=False)
class Work:
    """A film that is to be made."""

    prepared: Prepared
    targets: tuple[Path, ...]


def check_capacity(films: Sequence[Work], jobs: int | None, *, cache: bool = False, here: bool = True) -> None:
    """Refuse films that this machine plainly lacks memory or disk for, before any work, and tell of long ones.

    here: whether this machine does the work; otherwise only the disk matters. Raises InputError, gives NetvizForecast.
    """
    rough = [rough_estimate(film.prepared, film.targets, jobs) for film in films]
    problems = _memory_problems(films, rough) if here else []
    is_long = here and sum(each.seconds for each in rough) * ROUGH_DOUBT > LONG
    if not problems and (is_long or _disk_problems(films, rough, 1 / ROUGH_DOUBT)):
        measured = [measured_estimate(film.prepared, film.targets, jobs, cache=cache) for film in films]
        problems = _disk_problems(films, measured, DISK_DOUBT)
        if here and not problems and sum(each.seconds for each in measured) > LONG:
            warn_caller(NetvizForecast(f"this will take {in_words(measured)}"))
    elif problems:
        problems += _disk_problems(films, rough, ROUGH_DOUBT)
    if problems:
        raise InputError(problems)


MEASURING = 4.0
"""Seconds of taking samples after which further films are reckoned from those that were sampled."""


def estimates_of(
    films: Sequence[Work], jobs: int | None, *, cache: bool = False, spent: float = 0.0, here: bool = True
) -> list[Estimate]:
    """The estimates of some films, from samples; of many films only the first few are sampled.

    The others are reckoned roughly, and put right by as much as the rough estimates of the first ones are wrong. spent:
    seconds that have gone by already. here: whether this machine does the work.
    """
    began, found, wrong = time.perf_counter(), list[Estimate](), list[tuple[Estimate, Estimate]]()
    for film in films:
        before = 0.0 if found else spent
        rough = rough_estimate(film.prepared, film.targets, jobs, spent=before)
        if here and time.perf_counter() - began < MEASURING:
            measured = measured_estimate(film.prepared, film.targets, jobs, cache=cache, spent=before)
            wrong.append((rough, measured))
            found.append(measured)
        else:
            found.append(_corrected(rough, wrong))
    return found


def _corrected(rough: Estimate, wrong: Sequence[tuple[Estimate, Estimate]]) -> Estimate:
    """A rough estimate, changed as those of other films would have to be."""
    if not wrong or not all(measured.is_measured for _, measured in wrong):
        return rough
    slower = sum(measured.seconds for _, measured in wrong) / sum(each.seconds for each, _ in wrong)
    larger = sum(measured.disk for _, measured in wrong) / max(1, sum(each.disk for each, _ in wrong))
    return replace(
        rough,
        seconds=rough.seconds * slower,
        files={path: round(size * larger) for path, size in rough.files.items()},
        temporary={path: round(size * larger) for path, size in rough.temporary.items()},
        is_measured=True,
    )


def refuse_estimates(films: Sequence[Work], estimates: Sequence[Estimate], *, here: bool = True) -> None:
    """Raise InputError if this machine plainly lacks what estimates say."""
    problems = _memory_problems(films, estimates) if here else []
    doubt = DISK_DOUBT if all(each.is_measured for each in estimates) else ROUGH_DOUBT
    if problems := problems + _disk_problems(films, estimates, doubt):
        raise InputError(problems)


def _memory_problems(films: Sequence[Work], estimates: Sequence[Estimate]) -> list[Problem]:
    available, addresses, problems = available_memory(), free_addresses(), []
    for film, each in zip(films, estimates, strict=True):
        lacks = available is not None and each.memory > available * MEMORY_DOUBT
        is_limited = addresses is not None and each.largest_process > addresses * MEMORY_DOUBT
        if not lacks and not is_limited:
            continue
        needed, left = (each.memory, available) if lacks else (each.largest_process, addresses)
        assert left is not None
        where = "available here" if lacks else "what `ulimit -v` leaves to a process"
        fewer = f", or fewer --jobs than {each.jobs}" if each.jobs > 1 and lacks else ""
        size = "{}x{}".format(*film.prepared.scene.output.size)
        message = (
            f"{film.prepared.scene.name}: {size} takes about {_about(needed)} of memory, and {amount(left)} are "
            f"{where}; give a smaller size (--size){fewer}"
        )
        problems.append(Problem("output.size", message))
    return problems


def _disk_problems(films: Sequence[Work], estimates: Sequence[Estimate], doubt: float) -> list[Problem]:
    """A problem for each disk with too little room for all that is written to it."""
    needed: dict[int, tuple[int, Path]] = {}
    for each in estimates:
        places = [(_named(path.absolute().parent), size) for path, size in each.files.items()]
        for folder, written in [*places, *each.temporary.items()]:
            disk = disk_of(folder)
            if disk is not None:
                size, first = needed.get(disk, (0, folder))
                needed[disk] = size + written, first
    problems = []
    for size, folder in needed.values():
        free = free_disk(folder)
        if free is not None and size > free * doubt:
            what = "the film" if len(films) == 1 else f"making {len(films)} films"
            has = "is full, 0 bytes free" if free == 0 else f"has {amount(free)} free"
            less = "" if free == 0 else "a smaller --size, fewer --fps or --quality draft needs less; "
            message = (
                f"the disk of {folder} {has}, and {what} needs about {_about(size)} there; {less}make room there, or "
                "write to another disk"
            )
            problems.append(Problem("", message))
    return problems


def _named(folder: Path) -> Path:
    """The folder, or the one in which a hidden one of ours is made, of which nobody knows."""
    return folder.parent if folder.suffix == FOLDER else folder


def in_words(estimates: Sequence[Estimate], *, here: bool = True) -> str:
    """Estimate of films in words: about 2 min with 2 jobs, 560 MB of memory, 12.3 MB of disk.

    here: whether this machine does the work; of others neither time nor memory is known.
    """
    seconds, memory = sum(each.seconds for each in estimates), max(each.memory for each in estimates)
    disk = sum(each.disk for each in estimates)
    jobs = max(each.jobs for each in estimates)
    shared = f" with {jobs} jobs" if jobs > 1 else ""
    if not here:
        return f"about {_about(disk)} of disk (a rough guess)"
    rough = "" if all(each.is_measured for each in estimates) else " (a rough guess)"
    return f"about {_time_text(seconds)}{shared}{rough}, {_about(memory)} of memory, {_about(disk)} of disk"


def _time_text(seconds: float) -> str:
    """An estimated time in words: 45 s, 12 min, 3 h 5 min, 9 days."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    hours = round(seconds / 3600)
    return f"{hours} h" if hours < 72 else f"{round(seconds / 86_400):,} days"


def _about(size: int) -> str:
    """A size in bytes, no more exact than an estimate is: 630 MB."""
    for unit, factor in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:,.0f} {unit}" if size >= 10 * factor else f"{size / factor:.1f} {unit}"
    return f"{size} bytes"
