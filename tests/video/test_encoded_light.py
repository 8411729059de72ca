"""What the default quality keeps of the light that is drawn: thin lines keep their colour."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netviz.ffmpeg import executable
from netviz.video.encoder import encode_segment
from netviz.video.formats import Encoding, FrameStream

SIZE = WIDTH, HEIGHT = 640, 360
FRAMES = 24


def pictures() -> list[NDArray[np.uint8]]:
    """A gold halo that brightens on a dark ground, and a thin green line: planes of luma and chroma, with noise."""
    rng = np.random.default_rng(3)
    noise = rng.random((HEIGHT, WIDTH))
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    halo = np.exp(-np.hypot(x - 220, y - 180) / 60)
    line = np.exp(-(((x - 420 - 60 * np.sin(y / 60)) / 1.1) ** 2))
    made = []
    for frame in range(FRAMES):
        strength = 0.5 + 0.5 * frame / FRAMES
        luma = 19 + 3 * x / WIDTH + 60 * strength * halo + 55 * line
        blue, red = (128 + strength * a * halo + b * line for a, b in ((-28, -6), (9, -34)))
        small = [each.reshape(HEIGHT // 2, 2, WIDTH // 2, 2).mean((1, 3)) for each in (blue, red)]
        chroma = [each + noise[: HEIGHT // 2, : WIDTH // 2] for each in small]
        made.append(np.concatenate([np.floor(p).astype(np.uint8).ravel() for p in (luma + noise, *chroma)]))
    return made


def encoded_and_decoded(quality: str, tmp_path: Path, source: list[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """The last picture of a segment, decoded: its planes one after the other."""
    take = Encoding("h264", quality, SIZE)
    (data,) = encode_segment(source, range(FRAMES), FrameStream(SIZE, Fraction(30), (take,)))
    film = tmp_path / "film.mp4"
    film.write_bytes(data)
    command = [executable(), "-v", "error", "-i", film, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]
    decoded = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(decoded, np.uint8).reshape(FRAMES, -1)[-1].astype(float)


def test_thin_green_lines_stay_green(tmp_path: Path) -> None:
    source = pictures()
    found, drawn = encoded_and_decoded("good", tmp_path, source), source[-1].astype(float)
    red, was_red = (each[WIDTH * HEIGHT * 5 // 4 :] - 128 for each in (found, drawn))
    line = was_red < -7
    assert line.sum() > 100
    kept = (red[line] * was_red[line]).sum() / (was_red[line] ** 2).sum()
    assert kept > 0.9, "quantised as coarsely as luma, chroma would lose a fifth of the colour"
