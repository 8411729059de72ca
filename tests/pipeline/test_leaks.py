"""Nothing is left in the process when something is made, or fails; memory and more of it: benchmarks/leaks.py."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import leaks
from netviz.pipeline.tasks import TRACKERS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

HELD = {"Figure", "FigureCanvasAgg", "Renderer", "Timeline", "SideBySide", "Recording", "Ffmpeg", "Popen"}
"""Classes of which nothing may live on when a film is done."""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[leaks.Bench]:
    bench = leaks.Bench(tmp_path)
    with bench.used():
        yield bench


def living() -> list[str]:
    """The class of each object that holds much memory or a process, in order."""
    gc.collect()
    return sorted(name for each in gc.get_objects() if (name := type(each).__name__) in HELD)


@pytest.mark.parametrize(
    "name",
    [
        "films",
        "previews, every second with a film",
        "ffmpeg dies in the middle",
        "ffmpeg is killed",
        "no room for a WebM",
        "progress raises",
    ],
)
def test_nothing_is_left(bench: leaks.Bench, name: str) -> None:
    rows = {row: make for row, (make, _) in leaks.made(bench).items()} | leaks.faults(bench)
    before = living()
    first, last = leaks.repeated(bench, rows[name], times=1, warm=1)
    assert last.more_than(first) == []
    assert living() == before
    assert TRACKERS == {}
