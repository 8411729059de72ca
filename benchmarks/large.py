"""How fast films of large networks are drawn: digits of 28 x 28 pixels, 784-128-10, over 100,000 synapses.

    python -m benchmarks.large [--layers 784 128 10] [--frames 240] [--runs 3] [--sheet build/large.png]

Frames at 1920x1080 and 30 fps from the learning shot, where everything moves: drawing alone, the state of a frame
alone, and drawn, encoded and checked as a film; medians of runs in turn. What is drawn of the synapses, and memory. The
contact sheet shows the film's moments in its three shapes.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import imageio.v3
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from threadpoolctl import threadpool_limits

import netviz
from benchmarks.film import encode, seconds
from netviz.drawing.color_space import YUV420
from netviz.drawing.panels.network import NetworkPanel
from netviz.drawing.renderer import Renderer
from netviz.recording.recording import Recording
from netviz.scene.scene import Scene
from netviz.timeline.timeline import Timeline, make_timeline
from netviz.training.cache import recording_size

SHAPES = {"1920x1080": 1, "1080x1080": 2, "1080x1920": 2}
"""Sizes of the pictures on the contact sheet, and how many stand beside each other."""
MOMENTS = ("cycle:2", "35%", "cycle:30", "end")
ACROSS, GAP = 1080, 12
"""Pixels of the contact sheet, which is as wide as a phone's screen has them, and between two pictures."""


def drawn_digits() -> ModuleType:
    """assets/make_digits.py."""
    path = Path(__file__).parents[1] / "assets" / "make_digits.py"
    spec = importlib.util.spec_from_file_location("make_digits", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def scene_of(layers: tuple[int, ...], size: str = "1920x1080") -> Scene:
    """A network that learns digits of as many pixels as it has inputs, a square number that 112 is divided by."""
    side = round(layers[0] ** 0.5)
    pictures, which = drawn_digits().digits(400, side)
    targets = np.eye(10)[which]
    examples = [
        {"inputs": picture.ravel().round(3).tolist(), "target": target.tolist()}
        for picture, target in zip(pictures, targets, strict=True)
    ]
    weights = sum(before * after for before, after in pairwise(layers))
    hidden = ["relu"] * (len(layers) - 2)
    return Scene.model_validate(
        {
            "title": "Which digit is it?",
            "subtitle": f"{layers[0]:,} pixels, {weights:,} weights",
            "network": {
                "layers": layers, "activation": [*hidden, "softmax"], "bias": True, "grid": [side, side],
                "outputs": [str(digit) for digit in range(10)],
            },
            "data": {"examples": examples, "train_share": 0.8},
            "training": {
                "cycles": 30, "batch": 20, "learning_rate": 0.1, "loss": "cross_entropy", "initial_weights": "he",
            },
            "schedule": {"cycles": [1, 2, 4, 8, 15, 30]},
            "shots": [{"shot": "title"}, {"shot": "rest"}, {"shot": "learning", "examples": 3}, {"shot": "rest"}],
            "duration": 40,
            "output": {"size": size},
        }
    )  # fmt: skip


def contact_sheet(recording: Recording) -> NDArray[np.uint8]:
    """Moments of the film in its shapes, one below the other, for the screen of a phone held upright."""
    sheet = Image.new("RGB", (ACROSS, 0))
    for shape, beside in SHAPES.items():
        width, height = (int(side) for side in shape.split("x"))
        across = (ACROSS - (beside - 1) * GAP) // beside
        down = round(across * height / width)
        look = {"output": {"size": shape}}
        stills = [netviz.still(recording, moment, look=look) for moment in MOMENTS]
        pictures = [Image.fromarray(still).resize((across, down)) for still in stills]
        for start in range(0, len(pictures), beside):
            longer = Image.new("RGB", (ACROSS, sheet.height + down + GAP))
            longer.paste(sheet, (0, 0))
            for place, picture in enumerate(pictures[start : start + beside]):
                longer.paste(picture, (place * (across + GAP), sheet.height))
            sheet = longer
    return np.asarray(sheet)


def moving_frames(timeline: Timeline, count: int) -> range:
    """Frames of the learning shot, from its middle on."""
    spans = [span for span in timeline.plan.spans if span.kind in ("step", "move")]
    first = (spans[0].start + spans[-1].stop) // 2
    return range(first, min(first + count, spans[-1].stop))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, nargs="+", default=[784, 128, 10])
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sheet", type=Path, default=Path("build/large.png"))
    options = parser.parse_args()

    scene = scene_of(tuple(options.layers))
    start = time.perf_counter()
    recording = netviz.record(scene)
    trained = time.perf_counter() - start
    timeline = make_timeline(netviz.plan(scene), recording, scene)
    moving = moving_frames(timeline, options.frames)
    start = time.perf_counter()
    renderer = Renderer(timeline, YUV420)
    made = time.perf_counter() - start

    def states() -> None:
        for index in moving:
            timeline.frame(index)

    def drawing() -> None:
        for index in moving:
            renderer.draw(timeline.frame(index))

    def film() -> None:
        pictures = (renderer.draw(timeline.frame(index)) for index in moving)
        encode(timeline, pictures, len(moving))

    ways: dict[str, Callable[[], None]] = {"state of the frame": states, "drawing": drawing, "to film": film}
    times: dict[str, list[float]] = {name: [] for name in ways}
    with threadpool_limits(1):  # as netviz.render does
        drawing()  # what is drawn once is drawn now
        for _ in range(options.runs):
            for name, work in ways.items():
                times[name].append(seconds(work))

    panel = next(panel for panel in renderer.panels if isinstance(panel, NetworkPanel))
    total = sum(panel.collapsed.synapses)
    print(f"\n{options.layers}: {total:,} synapses, {panel.collapsed.drawn:,} of them drawn, all summed as haze")
    print(f"trained in {trained:.1f} s, stage made in {made:.1f} s")
    print(f"{len(moving)} moving frames, 1920x1080, median of {options.runs} runs in turn")
    for name, selected in times.items():
        middle = statistics.median(selected)
        print(f"  {name:20} {len(moving) / middle:7.1f} fps   {1000 * middle / len(moving):6.1f} ms a frame")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    kept = recording_size(recording) / 2**20
    print(f"peak memory of this process: {peak:.0f} MB, of which the recording is {kept:.0f} MB")
    options.sheet.parent.mkdir(parents=True, exist_ok=True)
    imageio.v3.imwrite(options.sheet, contact_sheet(recording))
    print(f"contact sheet: {options.sheet}")


if __name__ == "__main__":
    main()
