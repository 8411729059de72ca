"""How fast films are drawn and encoded, against the encoder alone and against FuncAnimation.save.

FuncAnimation.save is measured twice: of exactly the same pictures (`netviz.animate(...).save`), and of a plainer film
of the same network, as one would write it in matplotlib (`plain.py`).

    python -m benchmarks.film [--scene xor] [--frames 240] [--runs 5]

Everything is measured in turn in one run, at 1920x1080 and 30 fps, with the encoder settings of the scene's quality;
the medians, and the medians of the ratios of each turn, are printed. The encoder alone is fed with the same pictures,
drawn before; checking the finished film is left out everywhere. Frames come from the learning shot: in a moving style
every one is another, in the classic style each drawing is held for a second. Of that style the whole command is
compared with the way of 2015 too: one drawing for every example, kept in a film of one frame a second.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.animation import FFMpegWriter, FuncAnimation
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

import netviz
from benchmarks.parts import measured_parts
from benchmarks.plain import plain_animation
from netviz.drawing.color_space import YUV420
from netviz.drawing.renderer import Renderer, draw_frames, make_animation
from netviz.ffmpeg import executable
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.video.encoder import QUALITIES, encoded_in_turn, segments_of
from netviz.video.formats import Encoding, FrameStream

SKIPPED = 360
"""Frames of a moving learning shot that are left out: its beginning is slower than the rest."""


def encode(timeline: Timeline, source: Iterable[NDArray[np.uint8]], frames: int) -> int:
    """Encode pictures as the film is encoded. Returns the bytes they take."""
    output = timeline.scene.output
    segments = segments_of(frames, output.fps)
    stream = FrameStream(output.size, output.fps, (Encoding("h264", output.quality, output.size),))
    return sum(len(segment) for (segment,) in encoded_in_turn(source, segments, stream))


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def save(animation: FuncAnimation, fps: int, quality: str) -> None:
    """Through matplotlib's own way out, with the same preset and rate factor."""
    chosen = QUALITIES[quality]
    settings = ["-preset", chosen.preset, "-crf", str(chosen.rate_factor), "-pix_fmt", "yuv420p"]
    with tempfile.TemporaryDirectory() as folder:
        writer = FFMpegWriter(fps=fps, codec="libx264", extra_args=settings)
        animation.save(str(Path(folder) / "saved.mp4"), writer=writer)


def ways_of(timeline: Timeline, renderer: Renderer, shown: range) -> dict[str, tuple[Callable[[], object], int]]:
    """What is measured, by name, and how many frames each makes: matplotlib's ways make an eighth."""
    scene = timeline.scene
    kept: list[NDArray[np.uint8]] = []
    last = None
    for index, picture in zip(shown, draw_frames(timeline, renderer, shown), strict=True):
        if not kept or timeline.key(index) != last:
            kept.append(picture.copy())
            last = timeline.key(index)
        else:
            kept.append(kept[-1])

    few = shown[: max(1, len(shown) // 8)]

    def saved() -> None:
        part = replace(timeline, span=timeline.span[shown.start :], phase=timeline.phase[shown.start :])
        animation: Any = make_animation(part)
        animation.new_saved_frame_seq = lambda: iter(range(len(few)))
        animation._save_count = len(few)
        save(animation, 30, scene.output.quality)

    ways: dict[str, tuple[Callable[[], object], int]] = {
        "encoder alone": (lambda: encode(timeline, kept, len(shown)), len(shown)),
        "netviz": (lambda: encode(timeline, draw_frames(timeline, renderer, shown), len(shown)), len(shown)),
        "drawing only": (lambda: [None for _ in draw_frames(timeline, renderer, shown)], len(shown)),
    }
    if not timeline.held:
        ways["animate().save"] = saved, len(few)
    if scene.presentation == "each" and not timeline.held:  # the plain film shows steps
        plain = plain_animation(timeline, few)
        ways["plain matplotlib"] = (lambda: save(plain, 30, scene.output.quality)), len(few)
    return ways


def whole_command(scene: str) -> None:
    """The command, with training, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "netviz", "render", scene, "-o", f"{folder}/film.mp4", "--no-cache"]
        subprocess.run(command, check=True, capture_output=True)


def old_way(name: str, timeline: Timeline) -> Callable[[], None]:
    """Training, and one drawing for every example shown."""
    steps = [span.start for span in timeline.plan.spans if span.kind == "step"]
    # plain.py wants to know where the neurons stand, which a panel of the default style says.
    scene = netviz.load_scene(name, overrides={"style": "glow"})

    def work() -> None:
        animated = replace(timeline, recording=netviz.record(scene), scene=scene)
        save(plain_animation(animated, steps), 1, scene.output.quality)

    return work


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scene", default="xor", help="a scene's name or file")
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    matplotlib.rcParams["animation.ffmpeg_path"] = str(executable())

    scene = netviz.load_scene(options.scene)
    recording = netviz.record(scene)
    timeline = make_timeline(make_plan(scene, scene.duration or Fraction(91)), recording, scene)
    first = next(span.start for span in timeline.plan.spans if scene.shots[span.shot].shot == "learning")
    first += 0 if timeline.held else SKIPPED
    shown = range(first, first + options.frames)
    renderer = Renderer(timeline, YUV420)
    times: dict[str, list[float]] = {}  # seconds a frame
    with threadpool_limits(1):  # as netviz.render does
        ways = ways_of(timeline, renderer, shown)
        for _ in range(options.runs):
            for name, (work, frames) in ways.items():
                times.setdefault(name, []).append(seconds(work) / frames)
        parts = measured_parts(timeline, renderer, shown)

    kind = "held" if timeline.held else "moving"
    quality = scene.output.quality
    print(
        f"\n{options.scene}: {options.frames} {kind} frames, 1920x1080, quality {quality}, {options.runs} runs in turn"
    )
    for name, selected in times.items():
        middle = statistics.median(selected)
        print(f"  {name:20} {1 / middle:7.1f} fps   {1000 * middle:6.1f} ms a frame")

    def ratio(first: str, second: str) -> float:
        return statistics.median(a / b for a, b in zip(times[first], times[second], strict=True))

    print(f"  share of the encoder's speed:      {ratio('encoder alone', 'netviz'):.2f}")
    if "animate().save" in ways:
        print(f"  against animate().save:            {ratio('animate().save', 'netviz'):.2f}x")
    if "plain matplotlib" in ways:
        print(f"  against plain matplotlib, saved:   {ratio('plain matplotlib', 'netviz'):.2f}x")
    print("  a frame's drawing by part, ms:")
    for name, milliseconds in parts.items():
        print(f"    {name:24} {milliseconds:6.2f}")
    if timeline.held:
        ours, theirs = (
            [seconds(work) for _ in range(3)]
            for work in (lambda: whole_command(options.scene), old_way(options.scene, timeline))
        )
        steps = sum(span.kind == "step" for span in timeline.plan.spans)
        print(f"  the whole command: {statistics.median(ours):.1f} s")
        print(f"  {steps} drawings the way of 2015, one frame a second: {statistics.median(theirs):.1f} s")


if __name__ == "__main__":
    main()
