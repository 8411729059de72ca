"""What each kind of file gives: size, likeness and time, of ten moving seconds of the default film.

    python -m benchmarks.outputs [--scene xor] [--seconds 10]

All are made of the same pictures, drawn before, at 1920x1080 and 30 fps, without sound. Likeness is SSIM (Wang et al.,
2004) as ffmpeg's filter of that name measures it: of films against the planes as drawn, of animated pictures against
the same pictures at their size and rate, without loss. Beside our GIF stands the one that `ffmpeg -i FILM FILE.gif`
makes of the very same pictures, of the same size and as many.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import netviz
from benchmarks.film import SKIPPED, seconds
from benchmarks.quality import likeness
from netviz.drawing.renderer import draw_frames
from netviz.ffmpeg import executable
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import make_timeline
from netviz.video.writer import write_film

FILMS = (".mp4", ".webm")
ANIMATED = (".gif", ".webp", ".apng")


def likeness_of_pictures(made: Path, lossless: Path) -> float:
    """SSIM over red, green and blue of an animated picture and of the same without loss."""
    # Picture by picture: the clocks of these formats are not equally fine.
    graph = "[0:v]settb=1/15,setpts=N,format=gbrp[a];[1:v]settb=1/15,setpts=N,format=gbrp[b];[a][b]ssim"
    command = [executable(), "-hide_banner", "-i", made, "-i", lossless, "-lavfi", graph, "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stderr
    found = re.search(r"All:([\d.]+)", said)
    assert found is not None, said
    return float(found[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scene", default="xor", help="a scene's name or file")
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    scene = netviz.load_scene(options.scene)
    timeline = make_timeline(make_plan(scene, scene.duration or Fraction(91)), netviz.record(scene), scene)
    first = next(span.start for span in timeline.plan.spans if scene.shots[span.shot].shot == "learning") + SKIPPED
    shown = range(first, first + 30 * options.seconds)
    kept: list[NDArray[np.uint8]] = [picture.copy() for picture in draw_frames(timeline, frames=shown)]
    request: dict[str, Any] = {"size": scene.output.size, "fps": Fraction(30), "frame_count": len(kept)}
    request |= {"audio": None, "quality": "good"}
    print(f"{options.scene}: {options.seconds} moving seconds\n")
    print("| file | MB | SSIM | seconds to make it |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw = folder / "planes.yuv"
        with raw.open("wb") as file:
            for picture in kept:
                file.write(picture)

        def row(title: str, path: Path, alike: float, took: float) -> None:
            print(f"| {title} | {path.stat().st_size / 1e6:.2f} | {alike:.4f} | {took:.1f} |", flush=True)

        for end in FILMS:
            target = folder / f"film{end}"
            took = seconds(lambda target=target: write_film(target, kept, **request))  # type: ignore[misc]
            row(end, target, likeness(target, raw, scene.output.size)[0], took)
        for end in reversed(ANIMATED):
            target = folder / f"film{end}"
            took = seconds(lambda target=target: write_film(target, kept, **request))  # type: ignore[misc]
            # An APNG loses nothing: it is what the others are held against.
            row(
                f"{end}, 640x360, 15 a second",
                target,
                likeness_of_pictures(target, folder / "film.apng"),
                took,
            )
        default = folder / "default.gif"
        command = [executable(), "-v", "error", "-i", folder / "film.apng", default]
        took = seconds(lambda: subprocess.run(command, check=True))
        row(
            "ffmpeg's own .gif of the same",
            default,
            likeness_of_pictures(default, folder / "film.apng"),
            took,
        )


if __name__ == "__main__":
    main()
