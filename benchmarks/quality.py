"""What the encoder's settings give: size, likeness and speed, of the default film's moving part.

    python -m benchmarks.quality [--scene xor] [--frames 180]

Every setting encodes the same pictures, drawn before, at 1920x1080 and 30 fps. Likeness is SSIM (Wang et al., 2004),
as ffmpeg's filter of that name measures it against the pictures as drawn, over all planes and of luma alone; nearer to
1 is better. The size is that of 91 seconds of it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import netviz
from benchmarks.film import SKIPPED, seconds
from netviz.drawing.renderer import draw_frames
from netviz.ffmpeg import executable
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import make_timeline
from netviz.video.encoder import QUALITIES, QualitySettings
from netviz.video.writer import write_film

TRIED = [
    *QUALITIES.items(),
    *(
        (f"{preset} {factor}", QualitySettings(preset, factor, "aq-mode=3"))
        for preset, factor in [
            *(("superfast", 28), ("veryfast", 22), ("veryfast", 25), ("veryfast", 31), ("faster", 28)),
            *(("medium", 28), ("slow", 28)),
        ]
    ),
    ("veryfast 28, aq-mode=1", QualitySettings("veryfast", 28, "aq-mode=1")),
]
"""Names and settings, those that films can be asked for first."""


def likeness(film: Path, raw: Path, size: tuple[int, int]) -> tuple[float, float]:
    """SSIM over all planes, and of luma, of a film and the planes that it was made of."""
    shape = ["-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", f"{size[0]}x{size[1]}", "-framerate", "30"]
    # Both said to be the same, or ffmpeg would convert one of them to what it takes the other for.
    same = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
    graph = f"[0:v]{same}[a];[1:v]{same}[b];[a][b]ssim"
    command = [executable(), "-hide_banner", "-i", film, *shape, "-i", raw, "-lavfi", graph, "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stderr
    luma, every = re.search(r"SSIM Y:([\d.]+)", said), re.search(r"All:([\d.]+)", said)
    assert luma is not None and every is not None, said
    return float(every[1]), float(luma[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scene", default="xor", help="a scene's name or file")
    parser.add_argument("--frames", type=int, default=180)
    options = parser.parse_args()
    scene = netviz.load_scene(options.scene)
    timeline = make_timeline(make_plan(scene, scene.duration or Fraction(91)), netviz.record(scene))
    first = next(span.start for span in timeline.plan.spans if scene.shots[span.shot].shot == "learning") + SKIPPED
    shown = range(first, first + options.frames)
    kept: list[NDArray[np.uint8]] = [picture.copy() for picture in draw_frames(timeline, frames=shown)]
    print(f"{options.scene}: {options.frames} moving frames\n")
    print("| quality | preset | rate factor | MB in 91 s | SSIM | of luma | frames a second |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        raw, film = Path(folder) / "planes.yuv", Path(folder) / "film.mp4"
        with raw.open("wb") as file:
            for picture in kept:
                file.write(picture)
        request = {"size": scene.output.size, "fps": Fraction(30), "frame_count": len(kept), "audio": None}
        for name, quality in TRIED:
            QUALITIES[name] = quality
            took = seconds(lambda name=name: write_film(film, kept, quality=name, overwrite=True, **request))  # type: ignore[misc]
            every, luma = likeness(film, raw, scene.output.size)
            size = film.stat().st_size * 91 * 30 / len(kept) / 1e6
            asked = name if name in ("draft", "good", "best") else ""
            added = f", {quality.parameters}" if "aq-mode=1" in quality.parameters else ""
            settings = f"| {asked} | {quality.preset} | {quality.rate_factor}{added} | {size:.1f}"
            print(f"{settings} | {every:.4f} | {luma:.4f} | {len(kept) / took:.0f} |", flush=True)


if __name__ == "__main__":
    main()
