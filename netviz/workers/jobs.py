"""How many workers help on this machine."""

from __future__ import annotations

import os
from contextlib import suppress
from math import ceil
from pathlib import Path

CPUS_A_JOB = 2
"""A worker draws with one CPU while its encoder keeps another busy: see `python -m benchmarks.workers`."""
SEGMENTS_A_JOB = 2
"""A worker takes about a second to start: fewer segments than this each are made sooner without it."""


def default_jobs(cpus: int, segments: int) -> int:
    """Workers for a film of so many segments on so many CPUs, at least one."""
    return max(1, min(cpus // CPUS_A_JOB, segments // SEGMENTS_A_JOB))


def usable_cpus() -> int:
    """CPUs this process may use: what it is bound to, and what its control group allows."""
    if hasattr(os, "process_cpu_count"):
        count = os.process_cpu_count() or 1
    elif hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return max(1, min(count, ceil(_share_of_group() or count)))


def _share_of_group() -> float | None:
    """CPUs that Linux's control group of a container grants; None if there is no limit to be known."""
    with suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return int(quota) / int(period)
    with suppress(OSError, ValueError):
        folder = Path("/sys/fs/cgroup/cpu")
        granted = int((folder / "cpu.cfs_quota_us").read_text())
        return granted / int((folder / "cpu.cfs_period_us").read_text()) if granted > 0 else None
    return None
