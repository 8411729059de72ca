"""How much sooner a film is there with several workers, and what 4 to 64 of them would take.

    python -m benchmarks.workers [--scene xor] [--seconds 24] [--size 1920x1080] [--jobs 1 2 3] [--runs 1]

Renders the same film with each number of jobs, in turn, and compares the files byte by byte. Then measures the parts of
a film by themselves, puts them together again (`Parts.seconds`), and prints what that makes of other numbers of
workers. All frames are drawn; nothing is taken from a cache.
"""

from __future__ import annotations

import argparse
import hashlib
import pickle
import resource
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

import netviz
from netviz.drawing.color_space import YUV420
from netviz.drawing.renderer import Renderer, draw_frames
from netviz.pipeline.jobs import encode_settings
from netviz.pipeline.looks import Filmed
from netviz.pipeline.processes import Processes
from netviz.pipeline.tasks import RenderTask, encode
from netviz.pipeline.workers import CPUS_A_JOB, usable_cpus
from netviz.video.encoder import encode_segment
from netviz.video.formats import outputs_of
from netviz.video.writer import OutputSpec, join_film

WORKERS = (1, 2, 4, 8, 16, 32, 64)
LENGTHS = (91, 600)
"""Seconds of the films in the table."""


@dataclass(frozen=True)
class Parts:
    """What a film's parts take, in seconds.

    start: until a worker has made its first picture. draw, encode: CPU seconds a frame. turn: a segment's encoder
    starting and ending. send: a segment's way back. join: writing a frame's bytes, and decoding it to count.
    """

    start: float
    draw: float
    encode: float
    turn: float
    send: float
    join: float

    def seconds(self, workers: int, frames: int, segment: int, cpus: float = CPUS_A_JOB) -> float:
        """A film of so many frames, made by workers with so many CPUs each.

        start + ceil(segments / workers) x (turn + frames of a segment x max(draw, (draw + encode) / cpus) + send)
              + frames x join
        """
        rounds = ceil(ceil(frames / segment) / workers)
        each = max(self.draw, (self.draw + self.encode) / cpus)
        return self.start + rounds * (self.turn + segment * each + self.send) + frames * self.join


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds something takes, and what it gives."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def exhaust(settings: Iterator[None]) -> None:
    """Run a generator to its end."""
    for _ in settings:
        pass


def measure(film: RenderTask, wanted: OutputSpec, folder: Path) -> Parts:
    """The parts of a film, one after the other, in this process and one worker."""
    frames = wanted.segments[0]
    middle = range(wanted.frame_count // 2, wanted.frame_count // 2 + min(60, len(frames)))
    with threadpool_limits(1):
        renderer = Renderer(film.timeline, YUV420)
        kept: list[Any] = []
        source = draw_frames(film.timeline, renderer, middle)
        began = time.process_time()
        kept.extend(np.array(picture) for picture in source)
        draw = time.process_time() - began

        def cpu() -> float:
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            return used.ru_utime + used.ru_stime

        before = cpu()
        encode_segment(iter(kept), range(len(kept)), film.stream)
        whole = cpu() - before
        turn, _ = timed(lambda: encode_segment(iter(kept[:1]), range(1), film.stream))
    workers = Processes(1)
    try:
        first, _ = timed(workers.submit(encode, film, 0, 1).result)
        again, _ = timed(workers.submit(encode, film, 0, 1).result)
    finally:
        workers.shutdown()
    segments = [encode(film, segment.start, segment.stop) for segment in wanted.segments]
    send, _ = timed(lambda: pickle.loads(pickle.dumps(segments[0])))
    join, _ = timed(lambda: exhaust(join_film(wanted, lambda stream: iter(segments))))
    count = len(kept)
    return Parts(first - again, draw / count, max(0.0, whole - turn) / count, turn, send, join / wanted.frame_count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scene", default="xor", help="a scene's name or file")
    parser.add_argument("--seconds", type=int, default=24)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args()
    warnings.simplefilter("ignore", netviz.NetvizWarning)

    overrides = {"audio": None, "duration": options.seconds, "output.size": options.size}
    scene = netviz.load_scene(options.scene, overrides=overrides)
    recording = netviz.record(scene)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        times: dict[int, list[float]] = {jobs: [] for jobs in options.jobs}
        files = set()
        for run in range(options.runs):
            for jobs in options.jobs:
                target = folder / f"{run}-{jobs}.mp4"
                selected, film = timed(lambda: netviz.render(recording, target, jobs=jobs))  # noqa: B023 - called at once
                times[jobs].append(selected)
                files.add(hashlib.sha256(target.read_bytes()).hexdigest())
        settings = encode_settings(scene.output)
        wanted = OutputSpec(outputs_of([folder / "joined.mp4"], settings), settings, film.frames, None)
        production = RenderTask(netviz.plan(scene), Filmed(recording, scene), wanted.streams[0])
        parts = measure(production, wanted, folder)

    cuts = len(wanted.segments)
    print(f"\n{options.scene}, {options.seconds} s at {options.size}: {film.frames} frames in {cuts} segments")
    one = statistics.median(times[options.jobs[0]])
    for jobs, selected in times.items():
        middle = statistics.median(selected)
        print(f"  --jobs {jobs}   {middle:7.1f} s   {film.frames / middle:6.1f} fps   {one / middle:5.2f}x")
    print(f"  files byte-identical: {'yes' if len(files) == 1 else 'NO'}")

    print(f"\nparts, on {usable_cpus()} CPUs")
    print(f"  start of a worker, to its first picture   {1000 * parts.start:8.0f} ms")
    print(f"  draw a frame (CPU)                        {1000 * parts.draw:8.1f} ms")
    print(f"  encode a frame (CPU)                      {1000 * parts.encode:8.1f} ms")
    print(f"  start and end of a segment's encoder      {1000 * parts.turn:8.1f} ms")
    print(f"  a segment on its way back                 {1000 * parts.send:8.2f} ms")
    print(f"  write and count a frame                   {1000 * parts.join:8.2f} ms")
    print(f"  what a worker is sent, once a film        {len(production.packed.content) / 1e6:8.2f} MB")

    segment = len(wanted.segments[0])
    print(f"\nthe model's seconds, workers with {CPUS_A_JOB} CPUs each")
    print("  workers " + "".join(f"{workers:8}" for workers in WORKERS))
    for seconds in LENGTHS:
        frames = round(seconds * scene.output.fps)
        row = "".join(f"{parts.seconds(workers, frames, segment):8.1f}" for workers in WORKERS)
        print(f"  {f'{seconds} s':8}{row}")


if __name__ == "__main__":
    main()
