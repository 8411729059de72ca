"""Planes of luma and chroma: what ffmpeg makes of a picture, and the same picture as in red, green and blue."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import netviz
from netviz.drawing.color_space import RGB, YUV420
from netviz.drawing.renderer import Renderer
from netviz.ffmpeg import executable
from netviz.timeline.plan import make_plan
from netviz.timeline.timeline import make_timeline
from tests.drawing.support import first

PRIMARIES = {
    # ITU-R BT.709-6 with 8 bits: luma 16 to 235, chroma 16 to 240.
    (0, 0, 0): (16, 128, 128),
    (255, 255, 255): (235, 128, 128),
    (255, 0, 0): (63, 102, 240),
    (0, 255, 0): (173, 42, 26),
    (0, 0, 255): (32, 240, 118),
    (255, 255, 0): (219, 16, 138),
}


@pytest.mark.parametrize(("colour", "expected"), PRIMARIES.items())
def test_colours_are_those_of_the_recommendation(colour: tuple[int, ...], expected: tuple[int, ...]) -> None:
    np.testing.assert_array_equal(np.rint(YUV420.bytes_of(np.array(colour) / 255)), expected)
    np.testing.assert_array_equal([plane[0] for plane in YUV420.palette(np.array([colour], np.uint8))], expected)
    np.testing.assert_allclose(RGB.bytes_of(np.array(colour) / 255), colour)


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_values_and_bytes_agree(colour: tuple[int, int, int]) -> None:
    each = [YUV420.values(number, np.array(colour, np.float32)).item() for number in range(3)]
    np.testing.assert_allclose(each, YUV420.bytes_of(np.array(colour) / 255), atol=1e-3)


def test_ffmpeg_makes_the_same_of_a_picture() -> None:
    colours = np.random.default_rng(2).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    blocks = colours.repeat(2, axis=0).repeat(2, axis=1)  # one colour for each byte of chroma
    command = [
        *(executable(), "-v", "error", "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", "16x12", "-i", "-"),
        *("-vf", "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int", "-pix_fmt", "yuv444p"),
        *("-f", "rawvideo", "-"),
    ]
    answer = subprocess.run(command, input=blocks.tobytes(), capture_output=True, check=True).stdout
    theirs = np.frombuffer(answer, np.uint8).reshape(3, 12, 16)[:, ::2, ::2]
    ours = np.array([plane.reshape(6, 8) for plane in YUV420.palette(colours.reshape(-1, 3))])
    assert np.abs(theirs.astype(int) - ours).max() <= 1


def in_rgb(planes: np.ndarray) -> np.ndarray:
    """Red, green and blue (height, width, 3) of planes (3 height / 2, width), each byte of chroma for four pixels."""
    width = planes.shape[1]
    height = planes.shape[0] * 2 // 3
    luma = planes[:height].astype(float)
    chroma = planes[height:].reshape(2, height // 2, width // 2).repeat(2, axis=1).repeat(2, axis=2).astype(float)
    matrix = np.array([channel.weights for channel in YUV420.channels])
    values = np.stack([luma - 16, chroma[0] - 128, chroma[1] - 128], axis=-1)
    return np.clip(values @ np.linalg.inv(matrix).T, 0, 255)


def blurred(picture: np.ndarray) -> np.ndarray:
    """The means of blocks of four pixels, of which planes of chroma know no more."""
    height, width = picture.shape[:2]
    return picture.astype(float).reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3))


@pytest.mark.parametrize(
    "changes",
    [{}, {"theme": "paper"}, {"style": "classic"}, {"palette": "colour-blind"}, {"style": "playground"}],
    ids=["glow", "paper", "classic", "colour-blind", "playground"],
)
@pytest.mark.parametrize("name", ["xor", "playground-quadrants"])
def test_a_film_shows_what_stills_show(name: str, changes: dict[str, str]) -> None:
    if name != "xor" and changes.get("style") == "classic":
        pytest.skip("the classic style knows no planes")
    overrides = {"training.cycles": 30, "output.size": "640x360", "audio": None, "duration": 60, **changes}
    overrides["schedule"] = {"cycles": [1, 30]}
    scene = netviz.load_scene(name, overrides=overrides)
    timeline = make_timeline(make_plan(scene, scene.duration), netviz.record(scene), scene)
    still, film = Renderer(timeline), Renderer(timeline, YUV420)
    kind = "step" if scene.presentation == "each" else "sweep"
    for index in (0, first(timeline, kind, 0.3), first(timeline, kind, 0.7), timeline.frame_count - 1):
        frame = replace(timeline.frame(index))
        picture = still.draw(frame)
        planes = film.draw(frame)
        assert picture.shape == (360, 640, 3)
        assert planes.shape == (540, 640)
        assert planes.flags.c_contiguous
        off = np.abs(blurred(in_rgb(planes)) - blurred(picture))
        assert off.mean() < 1.5
        assert np.quantile(off, 0.999) < 18, "but for the colour of thin lines and small points"
        assert off.max() < 45
