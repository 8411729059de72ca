"""How much of the picture is used: the share of the safe area in which something is drawn, and its largest empty part.

    python -m benchmarks.filled [--size 1280x720 720x720 720x1280] [scene ...]

A picture is looked at in squares of 2.4 % of its shorter side (the height of the smallest words). A square is filled
if something in it, or in a neighbour, is drawn: differs from the bare background by more than eight of 255. The largest
empty part is the largest upright rectangle of squares that are not. Both are parts of the safe area, the mean of three
moments in the middle of the film.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

import netviz
from netviz.drawing.renderer import Renderer
from netviz.pipeline.api import recorded
from netviz.pipeline.prepare import finish, prepare
from netviz.scene.loader import bundled_scenes
from netviz.story.moments import moment_frame

MOMENTS = ("35%", "60%", "80%")
SQUARE = 0.024
"""Side of a square, as a part of the picture's shorter side."""
SEEN = 8
"""Difference from the background from which something is seen."""

Filled = NDArray[np.bool_]


def squares(picture: NDArray[np.uint8], bare: NDArray[np.uint8]) -> Filled:
    """Whether something is drawn in each square, or beside it, of a picture (height, width, 3)."""
    height, width = picture.shape[:2]
    side = max(1, round(SQUARE * min(width, height)))
    drawn = (np.abs(picture.astype(int) - bare).max(axis=2) > SEEN).astype(int)
    rows, columns = height // side, width // side
    found = drawn[: rows * side, : columns * side].reshape(rows, side, columns, side).any(axis=(1, 3))
    padded = np.pad(found, 1)
    near = [padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3)]
    filled: Filled = np.logical_or.reduce(near)
    return filled


def largest_empty(filled: Filled) -> int:
    """Number of squares of the largest rectangle in which nothing is drawn."""
    best = 0
    heights = np.zeros(filled.shape[1], int)
    for row in filled:
        heights = np.where(row, 0, heights + 1)
        for left in range(len(heights)):
            lowest = heights[left]
            for right in range(left, len(heights)):
                lowest = min(lowest, heights[right])
                if lowest == 0:
                    break
                best = max(best, int(lowest) * (right - left + 1))
    return best


def measure(name: str, size: str) -> tuple[float, float]:
    """Filled share, and share of the largest empty rectangle, of a scene's pictures."""
    prepared = prepare(netviz.load_scene(name, overrides={"output.size": size}))
    prepared.checked(list(prepared.problems))
    timeline = finish(prepared, recorded(prepared)).timeline
    renderer = Renderer(timeline)
    bare = np.stack(renderer.canvas.planes_of(renderer.bare), axis=-1).astype(int)
    parts = []
    for moment in MOMENTS:
        picture = renderer.draw(timeline.frame(moment_frame(timeline, moment)))
        filled = squares(np.asarray(picture), bare)
        parts.append((filled.mean(), largest_empty(filled) / filled.size))
    share, empty = np.mean(parts, axis=0)
    return float(share), float(empty)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenes", nargs="*")
    parser.add_argument("--size", nargs="+", default=["1280x720", "720x720", "720x1280"])
    arguments = parser.parse_args()
    names = arguments.scenes or [name for name, _ in bundled_scenes()]
    print(f"{'filled / largest empty part, %':30}" + "".join(f"{size:>14}" for size in arguments.size))
    for name in names:
        found = [measure(name, size) for size in arguments.size]
        print(f"{name:30}" + "".join(f"{100 * share:8.0f} / {100 * empty:3.0f}" for share, empty in found), flush=True)


if __name__ == "__main__":
    main()
