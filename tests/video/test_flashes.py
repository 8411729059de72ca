"""Flashes: exact numbers of made-up pictures, real films that flash or do not, and every scene that netviz brings."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import netviz
from netviz.drawing.color_space import YUV420
from netviz.drawing.renderer import Renderer, draw_frames
from netviz.errors import InputError
from netviz.ffmpeg import FfmpegFailed
from netviz.pipeline.looks import Filmed, filmed
from netviz.pipeline.prepare import finish, prepare
from netviz.scene.loader import bundled_scenes
from netviz.video.flashes import Flashes, FlashPlace, find_flashes, flashes, rgb, small_pictures
from tests.video.support import run_real

FPS = Fraction(30)
GRID = (30, 30)
"""Cells of a made-up picture: a third of it by a third are a hundred."""


def encoded(linear: float) -> int:
    """The sRGB byte of a linear value: of a grey's luminance."""
    return round(255 * (12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055))


def shown(
    colours: Sequence[tuple[float, float, float]], area: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] | None = None
) -> Iterator[NDArray[np.uint8]]:
    """A picture for each colour (linear), all over it, or in an area of it that is otherwise black."""
    for each in colours:
        picture = np.zeros((*GRID, 3), np.uint8)
        (picture if area is None else area(picture))[:] = [encoded(part) for part in each]
        yield picture


def greys(luminances: Sequence[float]) -> Iterator[NDArray[np.uint8]]:
    return shown([(value, value, value) for value in luminances])


def of_changes(first: float, second: float, changes: int, seconds: int = 1) -> Flashes:
    """What is found where grey alternates, with so many changes a second."""
    values = [second if (index * changes // 30) % 2 else first for index in range(30 * seconds)]
    return find_flashes(greys(values), FPS)


@pytest.mark.parametrize(("changes", "found"), [(0, 0), (2, 1), (3, 2), (6, 3), (7, 4), (8, 4), (15, 8), (30, 15)])
def test_two_changes_are_a_flash_and_half_a_flash_counts(changes: int, found: int) -> None:
    made = of_changes(0.1, 0.6, changes, seconds=4)
    assert (made.frames, made.fps) == (120, 30)
    assert made.general.flashes == found
    assert made.red.flashes == 0
    assert made.passes == (found <= 3)
    assert bool(made.general.too_many) == (found > 3)


def test_one_change_is_no_flash() -> None:
    assert find_flashes(greys([0.0] * 10 + [1.0] * 40), FPS).general.flashes == 0


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [(0.0, 0.095, False), (0.0, 0.105, True), (0.4, 0.49, False), (0.4, 0.51, True), (0.82, 1, False), (0.78, 1, True)],
)
def test_small_changes_and_those_between_bright_pictures_are_none(first: float, second: float, counts: bool) -> None:
    for values in ((first, second), (second, first)):
        assert of_changes(*values, 10).general.flashes == (5 if counts else 0)


def test_how_fast_a_change_is_does_not_matter() -> None:
    waves = [0.3 + 0.2 * math.cos(2 * math.pi * 4 * index / 30) for index in range(90)]
    assert find_flashes(greys(waves), FPS).general.flashes == 4
    slow = [0.3 + 0.2 * math.cos(2 * math.pi * index / 30) for index in range(90)]
    assert find_flashes(greys(slow), FPS).general.flashes == 1
    steps = [0.0, 0.06, 0.12, 0.18, 0.24, 0.30]
    assert find_flashes(greys(steps * 6), FPS).general.flashes == 5, "five falls and five rises"


def test_when_and_where() -> None:
    dark, light = [0.0] * 3, [0.5] * 3
    most = find_flashes(greys([0.0] * 60 + 10 * (light + dark) + [0.0] * 60), FPS).general
    assert (most.flashes, most.start, most.end) == (5, 2, Fraction(60 + 24, 30)), "nine changes are five flashes"
    assert most.too_many == ((Fraction(2), Fraction(60 + 57, 30)),)
    assert most.share == 1
    assert most.place == FlashPlace(1 / 3, 1 / 3, 2 / 3, 2 / 3)


def test_seconds_apart_are_told_apart() -> None:
    burst = 4 * ([0.5] * 3 + [0.0] * 3)
    spans = find_flashes(greys([0.0] * 30 + burst + [0.0] * 90 + burst), FPS).general.too_many
    assert [start for start, _ in spans] == [1, Fraction(30 + 24 + 90, 30)]


def test_a_second_holds_as_many_frames_as_begin_in_it() -> None:
    for fps in (Fraction(30000, 1001), Fraction(15), Fraction(25, 2)):
        frames = math.ceil(fps)
        values = [float(index * 6 // frames % 2) / 2 for index in range(6 * frames)]
        assert find_flashes(greys(values), fps).general.flashes == 3


def boxed(rows: slice, columns: slice) -> Callable[[NDArray[np.uint8]], NDArray[np.uint8]]:
    return lambda picture: picture[rows, columns]


@pytest.mark.parametrize(
    ("area", "counts"),
    [
        (boxed(slice(12, 17), slice(3, 8)), False),  # 25 cells: a quarter, and not more
        (boxed(slice(12, 14), slice(3, 16)), False),  # 26 cells, but 20 in any third of the width
        (boxed(slice(20, 22), slice(0, 13)), False),
        (boxed(slice(8, 12), slice(10, 17)), True),  # 28 cells, across the borders of thirds
        (boxed(slice(23, 30), slice(26, 30)), True),  # in the corner
        (boxed(slice(0, 30, 2), slice(0, 30, 2)), False),  # a quarter of everything, spread evenly
        (boxed(slice(0, 30, 2), slice(0, 30)), True),
    ],
)
def test_a_quarter_of_a_third_by_a_third_may_flash(
    area: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], counts: bool
) -> None:
    values = [0.5 * (index // 3 % 2) for index in range(60)]
    found = find_flashes(shown([(value,) * 3 for value in values], area), FPS)
    assert found.general.flashes == (5 if counts else 0)
    if counts:
        place = found.general.place
        assert place is not None
        rows, columns = slice(round(30 * place.top), round(30 * place.bottom)), slice(round(30 * place.left), None)
        lit = np.zeros((*GRID, 3), np.uint8)
        area(lit)[:] = 1
        assert lit[rows, columns][:, :10, 0].sum() == pytest.approx(100 * found.general.share)


def test_flashes_need_not_be_in_step_to_be_in_the_same_second() -> None:
    def both(index: int) -> NDArray[np.uint8]:
        picture = np.zeros((*GRID, 3), np.uint8)
        for half, delay in ((slice(13, 15), 0), (slice(15, 17), 2)):
            picture[10:20, half] = 200 * ((index + delay) // 4 % 2)
        return picture

    found = find_flashes(map(both, range(90)), FPS)
    assert found.general.flashes == 4
    assert found.general.share == 0.4, "a fifth each"


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        ((0, 0, 0), (0.3, 0, 0), True),  # 0.06 of luminance: no general flash
        ((0, 0, 0), (0.05, 0, 0), False),  # 16 of 320
        ((0, 0, 0), (0.07, 0, 0), True),  # 22
        ((0, 0, 0), (0.2, 0.05, 0.05), False),  # not saturated: 0.67
        ((0, 0, 0), (0.2, 0.02, 0.02), True),  # 0.83
        ((0.05, 0.05, 0.05), (0.3, 0.01, 0.01), True),
        ((0.3, 0, 0), (0.42, 0.01, 0.01), True),  # from red to red
        ((0, 0, 0.5), (0, 0.05, 0.5), False),
    ],
)
def test_red_flashes(first: tuple[float, ...], second: tuple[float, ...], counts: bool) -> None:
    colours = [second if index // 3 % 2 else first for index in range(60)]
    found = find_flashes(shown(colours), FPS)  # type: ignore[arg-type]
    assert found.general.flashes == 0
    assert found.red.flashes == (5 if counts else 0)
    assert found.passes == (not counts)


def longest(values: Sequence[float]) -> int:
    """The most changes of alternating direction, each at least 0.1 with an end below 0.8: tried one by one."""
    best: dict[tuple[int, int], int] = {}  # (where it ended, direction): changes
    for end in range(len(values)):
        for start in range(end):
            for sign in (1, -1):
                if sign * (values[end] - values[start]) >= 0.1 and min(values[start], values[end]) < 0.8:
                    # The next change begins where it likes, from this one's end on.
                    before = max(
                        (count for (at, way), count in best.items() if way == -sign and at <= start), default=0
                    )
                    best[end, sign] = max(best.get((end, sign), 0), before + 1)
    return max(best.values(), default=0)


@given(st.lists(st.integers(0, 255) | st.integers(222, 255), min_size=1, max_size=14))
def test_as_many_changes_as_can_be_found_by_trying(levels: list[int]) -> None:
    pictures_ = [np.full((1, 1, 3), level, np.uint8) for level in levels]
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in np.array(levels) / 255
    ]
    changes = longest([float(value) for value in linear])
    expected = 0 if changes < 2 else (changes + 1) // 2
    assert find_flashes(iter(pictures_), FPS).general.flashes == expected


SOURCES = {
    "general.mp4": ("color=white", "black", 3, ["-pix_fmt", "yuv420p"]),
    "slow.mp4": ("color=white", "black", 5, ["-pix_fmt", "yuv420p"]),
    "red.mp4": ("color=black", "0xd00000", 3, ["-pix_fmt", "yuv420p"]),
    "red.gif": ("color=black", "0xd00000", 3, []),
    "general.webm": ("color=white", "black", 3, ["-c:v", "libvpx", "-deadline", "realtime"]),
    "faint.mov": ("color=0x606060", "0x505050", 3, ["-c:v", "mpeg4"]),
    "bright.mov": ("color=white", "0xf0f0f0", 3, ["-c:v", "mpeg4"]),
}
FOUND = {
    "general.mp4": (5, 0),
    "slow.mp4": (3, 0),
    "red.mp4": (5, 5),
    "red.gif": (5, 5),
    "general.webm": (5, 0),
    "faint.mov": (0, 0),
    "bright.mov": (0, 0),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_real_film_decoded_again(tmp_path: Path, name: str) -> None:
    ground, colour, frames, arguments = SOURCES[name]
    blinking = f"drawbox=c={colour}:t=fill:enable='lt(mod(n,{2 * frames}),{frames})'"
    run_real("-f", "lavfi", "-i", f"{ground}:s=192x108:r=30:d=2,{blinking}", *arguments, tmp_path / name)
    found = flashes(tmp_path / name)
    assert (found.frames, found.fps) == (60, 30)
    assert (found.general.flashes, found.red.flashes) == FOUND[name]
    assert found.passes == (max(FOUND[name]) <= 3)


@pytest.mark.parametrize(("width", "flashing"), [(36, 0), (44, 5)])
def test_the_area_in_a_real_film(tmp_path: Path, width: int, flashing: int) -> None:
    """A third of 240 x 135 is 80 x 45, a quarter of that 20 x 45 or 40 x 22.5."""
    box = f"drawbox=x=90:y=50:w={width}:h=22:c=black:t=fill:enable='lt(mod(n,6),3)'"
    run_real("-f", "lavfi", "-i", f"color=white:s=240x136:r=30:d=1,{box}", "-qp", "10", tmp_path / "film.mp4")
    assert flashes(tmp_path / "film.mp4").general.flashes == flashing


def test_pictures_are_made_small_and_keep_shape_rate_and_colours(tmp_path: Path) -> None:
    for size, shape in (("640x360", (90, 160)), ("180x320", (160, 90)), ("64x48", (48, 64))):
        source = f"color=0xe02040:s={size}:r=30000/1001:d=0.2"
        tags = "scale=out_color_matrix=bt709,setparams=colorspace=bt709:range=tv"
        run_real("-f", "lavfi", "-i", source, "-vf", tags, "-pix_fmt", "yuv420p", tmp_path / "film.mp4")
        with small_pictures(tmp_path / "film.mp4") as (each, fps):
            first = next(each)
            assert len(list(each)) == 5
        assert fps == Fraction(30000, 1001)
        assert first.shape == (*shape, 3)
        assert np.abs(first.astype(int) - [0xE0, 0x20, 0x40]).max() <= 4


def test_what_is_no_film(tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text.mp4").write_text("no film\n" * 100)
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nfilm.ts\n")
    for path, complaint in (
        (tmp_path / "none.mp4", "no such file"),
        (tmp_path, "is a folder"),
        (tmp_path / "text.mp4", "no film in it"),
        (tmp_path / "empty.mp4", "the file is empty"),
        (tmp_path / "list.m3u8", "no film in it"),
        (music, "no film in it"),
    ):
        with pytest.raises(InputError, match=complaint) as caught:
            flashes(path)
        assert caught.value.problems[0].where == str(path)


def test_ffmpeg_that_is_killed_says_nothing_about_the_film(
    tmp_path: Path, use_false_ffmpeg: Callable[[str], Path]
) -> None:
    (tmp_path / "film.mp4").write_text("a film")
    use_false_ffmpeg("os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(FfmpegFailed, match="SIGKILL"):
        flashes(tmp_path / "film.mp4")


def trained(name: str) -> Filmed:
    """A bundled scene's run, cut short where training takes seconds, with as many cycles shown as it has."""
    scene = netviz.load_scene(name)
    shorter = {"training.cycles": 80, "captions": []} if scene.schedule.frames and scene.training.cycles > 80 else {}
    small = {"output.size": "160x128", "output.fps": 8}
    scene = netviz.load_scene(name, overrides=shorter | small)
    return filmed(netviz.record(scene) if scene.compare is None else netviz.compare(scene))


def cells(size: tuple[int, int], planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Red, green and blue (height / 2, width / 2, 3) of a film's picture, whose chroma is that small."""
    width, height = size
    luma = planes[:height].reshape(height // 2, 2, width // 2, 2).mean((1, 3), np.float32)
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    return rgb(np.stack([np.rint(luma).astype(np.uint8), *chroma]))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, _ in bundled_scenes()])
def test_no_scene_that_netviz_brings_flashes(name: str) -> None:
    """The last second before each shot, its first six, and the last three of the film."""
    film = trained(name)
    timeline = finish(prepare(film), film.recorded).timeline
    output = film.scene.output
    renderer = Renderer(timeline, YUV420)
    starts = {span.shot: span.start for span in reversed(timeline.plan.spans)}
    watched = np.zeros(timeline.frame_count, bool)
    for start in starts.values():
        watched[max(0, start - 8) : start + 48] = True
    watched[-24:] = True
    turns = np.flatnonzero(np.diff(watched, prepend=False, append=False)).tolist()
    for stretch in map(range, turns[::2], turns[1::2]):  # each frame once, also where shots are short
        made = map(partial(cells, output.size), draw_frames(timeline, renderer, stretch))
        found = find_flashes(made, output.fps)
        assert found.frames == len(stretch)
        assert found.passes, found
