"""How fast films are drawn and encoded, against the encoder alone and against FuncAnimation.save.

FuncAnimation.save is measured twice: of exactly the same pictures (`netviz.animate(...).save`), and of a plainer film
of the same network, as one would write it in matplotlib (`plain.py`).

    python -m benchmarks.film [--scene xor] [--frames 240] [--runs 3]

Everything is measured in turn in one run, at 1920x1080 and 30 fps, with the encoder settings of quality "good"; the
medians and the ratios are printed. All frames come from the learning shot, where everything moves.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from matplotlib.animation import FFMpegWriter, FuncAnimation
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

import netviz
from benchmarks.plain import plain_animation
from netviz.api import pictures
from netviz.ffmpeg import executable
from netviz.film.plan import make_plan
from netviz.film.timeline import Timeline, make_timeline
from netviz.picture.animation import make_animation
from netviz.picture.stage import Stage
from netviz.video.film import write_film

SKIPPED = 360
"""Frames of the learning shot that are left out: its beginning is slower than the rest."""


def encode(target: Path, timeline: Timeline, frames: int, source: Iterator[NDArray[np.uint8]]) -> None:
    """Write `frames` pictures as the film is written."""
    write_film(
        target,
        source,
        size=timeline.recording.scene.output.size,
        fps=timeline.plan.fps,
        frame_count=frames,
        audio=None,
        quality=timeline.recording.scene.output.quality,
        overwrite=True,
    )


def seconds(work: Callable[[], None]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scene", default="xor", help="a scene's name or file")
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    frames = options.frames

    scene = netviz.load_scene(options.scene)
    recording = netviz.record(scene)
    timeline = make_timeline(make_plan(scene, scene.duration or Fraction(91)), recording)
    first = next(span.start for span in timeline.plan.spans if scene.shots[span.shot].shot == "learning") + SKIPPED
    stage = Stage(timeline)
    moving = range(first, first + frames)
    kept = [stage.draw(timeline.frame(index)).copy() for index in moving]
    folder = Path(tempfile.mkdtemp())

    def alone() -> None:
        encode(folder / "alone.mp4", timeline, frames, iter(kept))

    def drawn() -> None:
        encode(folder / "drawn.mp4", timeline, frames, (stage.draw(timeline.frame(index)) for index in moving))

    def drawing() -> None:
        for index in moving:
            stage.draw(timeline.frame(index))

    def save(animation: FuncAnimation) -> None:
        # Through matplotlib's own way out, with the same preset and rate factor.
        settings = ["-preset", "veryfast", "-crf", "22", "-pix_fmt", "yuv420p"]
        writer = FFMpegWriter(fps=30, codec="libx264", extra_args=settings)
        animation.save(str(folder / "saved.mp4"), writer=writer)

    def saved() -> None:
        part = replace(timeline, span=timeline.span[first:], phase=timeline.phase[first:])
        animation = make_animation(part)
        animation.new_saved_frame_seq = lambda: iter(range(frames))
        animation._save_count = frames
        save(animation)

    def plain() -> None:
        save(plain_animation(timeline, first, frames))

    import matplotlib

    matplotlib.rcParams["animation.ffmpeg_path"] = str(executable())
    ways = {"encoder alone": alone, "netviz": drawn, "drawing only": drawing, "animate().save": saved}
    if scene.presentation == "each":  # the plain film shows steps
        ways["plain matplotlib"] = plain
    times: dict[str, list[float]] = {name: [] for name in ways}
    with threadpool_limits(1):  # as netviz.render does
        for _ in range(options.runs):
            for name, work in ways.items():
                times[name].append(seconds(work))

    print(f"\n{options.scene}: {frames} moving frames, 1920x1080, median of {options.runs} runs in turn")
    for name, taken in times.items():
        middle = statistics.median(taken)
        print(f"  {name:20} {frames / middle:7.1f} fps   {1000 * middle / frames:6.1f} ms a frame")

    def ratio(first: str, second: str) -> float:
        return statistics.median(a / b for a, b in zip(times[first], times[second], strict=True))

    print(f"  share of the encoder's speed:      {ratio('encoder alone', 'netviz'):.2f}")
    print(f"  against animate().save:            {ratio('animate().save', 'netviz'):.2f}x")
    if "plain matplotlib" in ways:
        print(f"  against plain matplotlib, saved:   {ratio('plain matplotlib', 'netviz'):.2f}x")

    start = time.perf_counter()
    for index, _ in enumerate(pictures(timeline, stage)):
        if index == timeline.frame_count - 1:
            break
    took, length = time.perf_counter() - start, float(timeline.plan.seconds)
    print(f"\nthe whole film ({length:.0f} s), drawn without encoding: {took:.1f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    held = kept[0].nbytes * frames / 2**20
    print(f"peak memory of this process: {peak:.0f} MB, of which {held:.0f} MB are the pictures kept for the benchmark")


if __name__ == "__main__":
    main()
