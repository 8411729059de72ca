"""How long a second of a transparent film takes, ProRes 4444 in 4K at 60 frames a second: drawing and encoding.

    python -m benchmarks.transparent [--scene xor] [--frames 12]

The same moving pictures, drawn before, are encoded as films are and as they were at first (`BEFORE`: each slice to a
number of bits), in turn. Times are of the processor, for a second of film, so two cores take half as long; PSNR is that
of ten-bit planes as they are seen, colours times alpha.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import netviz
from benchmarks.film import SKIPPED
from benchmarks.quality import processor_seconds
from netviz.drawing.renderer import make_renderer
from netviz.ffmpeg import executable
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import make_timeline
from netviz.video.encoder import encoding_arguments
from netviz.video.formats import Encoding, FrameStream

BEFORE = ("-bits_per_mb", "1500")
"""Options of the encoder at first, in the place of its quantiser."""
FPS = 60


def raw_planes(source: list[str | Path], filters: str, pixels: bytes | None = None) -> NDArray[np.uint16]:
    """A film's pictures as ten-bit planes (n, 4, pixels): luma, chroma and alpha."""
    command = [executable(), "-v", "error", *source, "-vf", filters, "-f", "rawvideo", "-pix_fmt", "yuva444p10le", "-"]
    made = subprocess.run(command, input=pixels, capture_output=True, check=True).stdout
    return np.frombuffer(made, np.uint16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scene", default="xor", help="a scene's name or file")
    parser.add_argument("--frames", type=int, default=12)
    options = parser.parse_args()
    scene = netviz.load_scene(options.scene, overrides={"output.size": "4k", "output.fps": FPS})
    timeline = make_timeline(make_plan(scene, scene.duration or Fraction(91)), netviz.record(scene), scene)
    spans = timeline.plan.spans
    first = next(span.start for span in spans if scene.shots[span.shot].shot == "learning") + 2 * SKIPPED
    renderer, kept = make_renderer(timeline, is_transparent=True), list[bytes]()
    renderer.draw(timeline.frame(first - 1))
    start = time.process_time()
    for number in range(first, first + options.frames):
        kept.append(renderer.draw(timeline.frame(number)).tobytes())
    a_second = FPS / options.frames
    print(f"{options.scene}: a second of 3840x2160 at {FPS} frames\n")
    print(f"drawing: {(time.process_time() - start) * a_second:.0f} s\n")
    take = Encoding("prores", "good", scene.output.size)
    now = encoding_arguments(take, FrameStream(scene.output.size, Fraction(FPS), (take,), is_transparent=True))
    at = now.index("-q:v")
    ways = {"before": [*now[:at], *BEFORE, *now[at + 2 :]], "now": now}
    filters, pictures = now[now.index("-vf") + 1], b"".join(kept)
    shape = ["-f", "rawvideo", "-pixel_format", "rgba", "-video_size", "{}x{}".format(*scene.output.size), "-i", "-"]
    seen = scene.output.size[0] * scene.output.size[1]
    drawn = raw_planes(list[str | Path](shape), filters, kept[-1]).reshape(4, seen).astype(np.float32)
    print("| ProRes 4444 | encoding, s | GB a minute | PSNR |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mov"
        for name, arguments in ways.items():

            def encode(arguments: list[str] = arguments) -> None:
                command = [executable(), *arguments]
                film.write_bytes(subprocess.run(command, input=pictures, capture_output=True, check=True).stdout)

            took = processor_seconds(encode) * a_second
            last = f"select=eq(n\\,{options.frames - 1})"
            found = raw_planes(["-i", film], last).reshape(-1, 4, seen)[-1].astype(np.float32)
            wrong = (found[:3] - drawn[:3]) * drawn[3] / 1023
            alike = 10 * np.log10(1023**2 / (wrong**2).mean())
            size = film.stat().st_size * a_second * 60 / 1e9
            print(f"| {name} | {took:.0f} | {size:.1f} | {alike:.1f} |", flush=True)


if __name__ == "__main__":
    main()
