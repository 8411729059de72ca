"""What the encoder's settings give: size, likeness, steps in dark parts and time, of the default film's moving part.

    python -m benchmarks.quality [--scene xor] [--frames 180] [--runs 3]

Every setting encodes the same pictures, drawn before, at 1920x1080 and 30 fps, as one segment of a film is encoded.
Bytes and the encoder's processor time are given as ratios to those of `BEFORE`, which is encoded anew beside each of
the others, in turn; of time the median of the ratios.

PSNR is measured in the network's area, in red, green and blue: of the decoded pictures, made colours as browsers do,
against the stills of the same moments. Steps are edges of blocks of 8 x 8 (chroma 4 x 4) at which the decoded picture
jumps by two levels or more where the drawn one is smooth, in each thousand edges where it is. SSIM (Wang et al., 2004)
is that of ffmpeg's filter of that name, over all planes.
"""

from __future__ import annotations

import argparse
import re
import resource
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import netviz
from benchmarks.film import SKIPPED
from netviz.drawing.color_space import RGB
from netviz.drawing.layout import Rect, arrange
from netviz.drawing.renderer import Renderer, draw_frames
from netviz.ffmpeg import executable
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import make_timeline
from netviz.video.encoder import QUALITIES, QualitySettings, encode_segment
from netviz.video.formats import Encoding, FrameStream

BEFORE = "before"
"""The settings of `good` that all are held against: those it had at first."""
TUNED = QUALITIES["good"].parameters
TRIED = {
    BEFORE: QualitySettings("veryfast", 28, "aq-mode=3"),
    **QUALITIES,
    "finer": QualitySettings("veryfast", 26, "aq-mode=3"),
    "aq-mode=3": QualitySettings("veryfast", 25.7, TUNED.replace("aq-mode=2", "aq-mode=3")),
    "aq-strength=1": QualitySettings("veryfast", 25.7, TUNED.replace("aq-strength=0.5", "aq-strength=1")),
    "chroma as coarse as luma": QualitySettings("veryfast", 25.7, TUNED.replace("chroma-qp-offset=-3:", "")),
    "without trellis": QualitySettings("veryfast", 25.7, TUNED.replace("trellis=1", "trellis=0")),
    "one reference": QualitySettings("veryfast", 25.7, TUNED.replace("ref=2", "ref=1")),
    "finer motion": QualitySettings("veryfast", 25.7, f"{TUNED}:subme=4"),
    "farther lookahead": QualitySettings("veryfast", 25.7, f"{TUNED}:rc-lookahead=30"),
}
"""Names and settings, those that films can be asked for first."""
LOOKED_AT = 5
"""Pictures that are decoded and compared with their stills."""


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


def processor_seconds(work: Callable[[], object]) -> float:
    """Processor time of the processes that `work` starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def decoded(film: Path, pictures: list[int], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Some of a film's pictures (n, bytes), as planes of yuv420p."""
    chosen = "+".join(f"eq(n\\,{number})" for number in pictures)
    command = [str(executable()), "-v", "error", "-i", str(film), "-vf", f"select={chosen}", "-fps_mode", "passthrough"]
    found = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"], capture_output=True, check=True)
    return np.frombuffer(found.stdout, np.uint8).reshape(-1, size[0] * size[1] * 3 // 2)


def planes(picture: NDArray[np.uint8], size: tuple[int, int]) -> list[NDArray[np.float32]]:
    """Luma (height, width) and chroma (height / 2, width / 2) of a picture's bytes."""
    width, height = size
    luma, *chroma = np.split(picture.ravel(), [width * height, width * height * 5 // 4])
    shapes = [(height, width), *[(height // 2, width // 2)] * 2]
    return [each.reshape(shape).astype(np.float32) for each, shape in zip((luma, *chroma), shapes, strict=True)]


def colours(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """Red, green and blue (height, width, 3) of planes, BT.709; each chroma lies in the middle of four pixels."""
    luma, blue, red = planes(picture, size)
    luma = (luma - 16) * np.float32(255 / 219)
    blue, red = ((_enlarged(_enlarged(each).T).T - 128) * np.float32(255 / 224) for each in (blue, red))
    made = [luma + 1.5748 * red, luma - 0.187324 * blue - 0.468124 * red, luma + 1.8556 * blue]
    shown: NDArray[np.float32] = np.rint(np.clip(np.stack(made, axis=-1), 0, 255))
    return shown


def _enlarged(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Twice as many rows, interpolated linearly."""
    padded = np.pad(plane, ((1, 1), (0, 0)), "edge")
    large = np.empty((2 * len(plane), plane.shape[1]), np.float32)
    large[0::2] = 0.25 * padded[:-2] + 0.75 * plane
    large[1::2] = 0.75 * plane + 0.25 * padded[2:]
    return large


def signal_to_noise(found: NDArray[np.float32], still: NDArray[np.uint8], area: Rect) -> float:
    """PSNR in decibels, in an area of the picture."""
    part = slice(int(area.y), int(area.bottom)), slice(int(area.x), int(area.right))
    return float(10 * np.log10(255**2 / ((found[part] - still[part]) ** 2).mean()))


def steps(found: NDArray[np.float32], drawn: NDArray[np.float32], block: int) -> tuple[int, int]:
    """Edges of blocks with a step of two levels that the drawn plane has not, and all edges where that is smooth."""
    jumps = edges = 0
    for across in (True, False):
        decoded_plane, source = (each if across else each.T for each in (found, drawn))
        rows = len(source) // block
        each_row = [np.diff(of[: rows * block], axis=1).reshape(rows, block, -1) for of in (decoded_plane, source)]
        change, own = (each.mean(axis=1) for each in each_row)
        at = np.arange(2 * block - 1, change.shape[1] - block, block)
        width = range(-block // 2, block // 2)
        reach = [np.abs(source[: rows * block, at + shift] - source[: rows * block, at]) for shift in width]
        smooth = np.max(reach, axis=0).reshape(rows, block, -1).max(axis=1) <= 6
        beside = np.maximum(np.abs(change[:, at - 1]), np.abs(change[:, at + 1]))
        step = np.abs(change[:, at])
        jumps += int((smooth & (step - np.abs(own[:, at]) > 1.4) & (beside < step / 3)).sum())
        edges += int(smooth.sum())
    return jumps, edges


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scene", default="xor", help="a scene's name or file")
    parser.add_argument("--frames", type=int, default=180)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    scene = netviz.load_scene(options.scene)
    timeline = make_timeline(make_plan(scene, scene.duration or Fraction(91)), netviz.record(scene), scene)
    first = next(span.start for span in timeline.plan.spans if scene.shots[span.shot].shot == "learning") + SKIPPED
    shown = range(first, first + options.frames)
    kept: list[NDArray[np.uint8]] = [picture.copy() for picture in draw_frames(timeline, frames=shown)]
    looked_at = np.linspace(0, options.frames - 1, LOOKED_AT + 1)[1:].round().astype(int).tolist()
    renderer = Renderer(timeline, RGB)
    stills = [renderer.draw(timeline.frame(first + number)).copy() for number in looked_at]
    size, area = scene.output.size, arrange(scene).places["network"]

    def encode(name: str) -> tuple[bytes, float]:
        """A setting's film, and the processor time it took."""
        take, made = Encoding("h264", name, size), list[bytes]()
        stream = FrameStream(size, Fraction(30), (take,))
        took = processor_seconds(lambda: made.extend(encode_segment(kept, range(len(kept)), stream)))
        return made[0], took

    print(f"{options.scene}: {options.frames} moving frames\n")
    print("| quality | preset | rate factor | bytes | processor time | PSNR | steps | of chroma | SSIM |")
    print("|---|---|---|---|---|---|---|---|---|")
    QUALITIES.update(TRIED)
    with tempfile.TemporaryDirectory() as folder:
        raw, film = Path(folder) / "planes.yuv", Path(folder) / "film.mp4"
        with raw.open("wb") as file:
            for picture in kept:
                file.write(picture)
        standard, _ = encode(BEFORE)
        for name, quality in TRIED.items():
            data, _ = encode(name)
            longer = statistics.median(encode(name)[1] / encode(BEFORE)[1] for _ in range(options.runs))
            film.write_bytes(data)
            found = decoded(film, looked_at, size)
            pairs = list(zip(found, stills, strict=True))
            alike = np.mean([signal_to_noise(colours(each, size), still, area) for each, still in pairs])
            luma: list[tuple[int, int]] = []
            chroma: list[tuple[int, int]] = []
            for number, each in zip(looked_at, found, strict=True):
                both = list(zip(planes(each, size), planes(kept[number], size), strict=True))
                luma.append(steps(*both[0], 8))
                chroma.extend(steps(*of, 4) for of in both[1:])
            edges = [1000 * sum(jumps for jumps, _ in each) / sum(all for _, all in each) for each in (luma, chroma)]
            larger = len(data) / len(standard)
            every, _ = likeness(film, raw, size)
            print(
                f"| {name} | {quality.preset} | {quality.rate_factor} | {larger:.2f} | {longer:.2f} "
                f"| {alike:.1f} | {edges[0]:.2f} | {edges[1]:.2f} | {every:.4f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
