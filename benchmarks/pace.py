"""How evenly the decision boundary's picture changes in films that show all points together.

    python -m benchmarks.pace [--size 960x540] [SCENE ...]

Of every second of the learning shot, once it has faded in, the change is measured between its first frame and its last:
the mean absolute difference over the boundary panel's square, 0 to 255, where differences under 4 count as none. The
90th percentile of the seconds should be at most four times their median. From frame to frame no change should be over
four times both its neighbours, among those above a tenth of their median; there all differences count, as most of them
are small.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import netviz
from netviz.drawing.panels.decision_boundary import BoundaryPanel
from netviz.drawing.renderer import Renderer
from netviz.pipeline.prepare import finish, prepare
from netviz.scene.scene import Scene
from netviz.timeline.timeline import Timeline

SCENES = ("spiral", "quadrants", "circle", "line", "plane", "gauss-regression")
"""The bundled scenes of the plane, each without its first word."""
SEEN = 4
"""Smallest difference of a colour, of 255, that is seen from one second to the next."""


class PictureChanges(NamedTuple):
    """Changes of the boundary panel's picture in a learning shot, as mean absolute differences of its colours.

    seconds (S,): from the first to the last frame of each second. frames (F,): from each frame to the next.
    """

    seconds: NDArray[np.float64]
    frames: NDArray[np.float64]

    @property
    def spread(self) -> float:
        """The 90th percentile of the seconds, in multiples of their median."""
        return float(np.percentile(self.seconds, 90) / max(1e-9, np.median(self.seconds)))

    @property
    def jumps(self) -> int:
        """Number of frames that change more than four times as much as both their neighbours."""
        before, now, after = self.frames[:-2], self.frames[1:-1], self.frames[2:]
        seen = now > np.median(self.frames) / 10
        return int((seen & (now > 4 * before) & (now > 4 * after)).sum())


def picture_changes(timeline: Timeline) -> PictureChanges:
    """Draw every frame of a film's learning shot, and measure its boundary panel."""
    renderer, plan = Renderer(timeline), timeline.plan
    square = next(panel.square for panel in renderer.panels if isinstance(panel, BoundaryPanel))
    rows, columns = (
        slice(round(start), round(start + length))
        for start, length in ((square.y, square.height), (square.x, square.width))
    )
    learning = [span for span in plan.spans if span.shot_kind == "learning"]
    frames = (timeline.frame(index) for index in range(learning[0].start, learning[-1].stop))
    shown = [renderer.draw(frame)[rows, columns].astype(np.int16) for frame in frames if frame.presence == 1]
    second = round(plan.fps)
    seconds = []
    for first in range(0, len(shown) - second + 1, second):
        change = np.abs(shown[first + second - 1] - shown[first])
        seconds.append(float(np.where(change < SEEN, 0, change).mean()))
    each = [float(np.abs(after - before).mean()) for before, after in pairwise(shown)]
    return PictureChanges(np.array(seconds), np.array(each))


def film_of(scene: Scene) -> tuple[Timeline, float]:
    """The timeline of a scene's film, and the seconds that its plan and its clock took once the run was there."""
    recording = netviz.record(scene)
    began = time.perf_counter()
    timeline = finish(prepare(scene), recording).timeline
    assert isinstance(timeline, Timeline)
    sweep = next(span for span in timeline.plan.spans if span.kind == "sweep")
    timeline.frame(sweep.start)
    return timeline, time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenes", nargs="*", default=[f"playground-{name}" for name in SCENES], metavar="SCENE")
    parser.add_argument("--size", default="960x540")
    parser.add_argument("--seconds", action="store_true", help="print the change in every second too")
    options = parser.parse_args()
    print("| film | seconds | median | 90th percentile | ratio | largest | half of it in | jumps | laid out in |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in options.scenes:
        timeline, took = film_of(netviz.load_scene(name, overrides={"output.size": options.size}))
        changes = picture_changes(timeline)
        each = changes.seconds
        half = int(np.searchsorted(np.cumsum(np.sort(each)[::-1]), each.sum() / 2)) + 1
        print(
            f"| {name} | {len(each)} | {np.median(each):.2f} | {np.percentile(each, 90):.2f} | {changes.spread:.1f} "
            f"| {each.max():.2f} | {half} s | {changes.jumps} | {took * 1000:.0f} ms |",
            flush=True,
        )
        if options.seconds:
            print(" ".join(f"{change:.1f}" for change in each))


if __name__ == "__main__":
    main()
