"""A film is drawn in as much memory, whether it has a few hundred frames or thousands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from pathlib import Path
from netviz.drawing.renderer import Renderer
from tests.conftest import short_scene
from tests.drawing.support import timeline_of

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

timeline = timeline_of(short_scene(style=sys.argv[1], output__size="160x128"), 80)
renderer = Renderer(timeline)
for index in range(2400):
    renderer.draw(timeline.frame(index))
    if index in (399, 2399):
        print(resident())
"""


@pytest.mark.fuzz
@pytest.mark.parametrize("style", ["glow", "classic"])
def test_memory_does_not_grow_over_2000_frames(style: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, style],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=1200,
    )
    after_400, after_2400 = map(float, ended.stdout.split())
    assert after_2400 - after_400 < 0.05 * after_400, (
        f"{after_400:.0f} MB after 400 frames, {after_2400:.0f} after 2,400"
    )
