"""What a film can become, decoded again: WebM, MOV, GIF, WebP, APNG, with and without a ground."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from netviz.audio.music_file import audio_samples
from netviz.audio.soundtrack import Soundtrack
from netviz.video.encoder import encoded_in_turn
from netviz.video.formats import (
    EncodeSettings,
    Encoding,
    FrameStream,
    OutputFile,
    animated_size,
    frame_streams,
    outputs_of,
    usual_webm,
)
from netviz.video.transcode import finish_arguments
from netviz.video.verify import decode
from netviz.video.writer import OutputSpec, WrittenFilm, join_film
from tests.video.support import FPS, SIZE, atom, bars, description, moving_pictures, planes, run_real

CODEC = usual_webm()
FRAMES = 85
"""Two segments at 10 frames a second, and an end that no group fills."""


def discs(count: int) -> Iterator[NDArray[np.uint8]]:
    """Pictures (height, width, 4): a soft red disc that moves over nothing, beside a solid green bar."""
    (width, height), (y, x) = SIZE, np.mgrid[: SIZE[1], : SIZE[0]]
    for index in range(count):
        picture = np.zeros((height, width, 4), np.uint8)
        picture[..., 0] = 220
        picture[..., 3] = np.clip(300 - 16 * np.hypot(x - 10 - index % 40, y - 20), 0, 255)
        picture[-8:] = (40, 200, 60, 255)
        yield picture


def made(
    settings: EncodeSettings,
    targets: Sequence[Path],
    audio: Path | None = None,
    frames: int = FRAMES,
    source: Any = None,
) -> WrittenFilm:
    """A film that becomes several files. source: its pictures, where they are no discs or bars."""
    sound = None if audio is None else Soundtrack(audio)
    wanted = OutputSpec(outputs_of(targets, settings), settings, frames, sound)

    def segments(stream: FrameStream) -> Iterator[tuple[bytes, ...]]:
        pictures: Any = source or (discs(frames) if stream.is_transparent else moving_pictures(frames))
        return encoded_in_turn(pictures, wanted.segments, stream)

    making_of_it = join_film(wanted, segments)
    while True:
        try:
            next(making_of_it)
        except StopIteration as end:
            film: WrittenFilm = end.value
            return film


def shown(path: Path) -> tuple[list[NDArray[np.uint8]], list[float]]:
    """The pictures of an animated picture as red, green, blue and alpha, and how many milliseconds each is shown."""
    with Image.open(path) as picture:
        each = [(np.array(one.convert("RGBA")), one.info["duration"]) for one in ImageSequence.Iterator(picture)]
    return [one for one, _ in each], [time for _, time in each]


def likeness(one: NDArray[Any], other: NDArray[Any]) -> float:
    """The mean distance of two pictures, 0 to 255."""
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, music: Path) -> dict[str, Path]:
    """One film in every kind, by the ends of their names."""
    folder = tmp_path_factory.mktemp("kinds")
    targets = [folder / f"film{end}" for end in (".mp4", ".webm", ".gif", ".webp", ".apng", ".mov")]
    film = made(EncodeSettings(SIZE, FPS, "good", CODEC, rate=Fraction(5)), targets, music)
    assert [*film.files] == targets and all(path.stat().st_size == size for path, size in film.files.items())
    assert sorted(folder.iterdir()) == sorted(targets), "nothing else is left"
    return {path.suffix: path for path in targets}


@pytest.mark.parametrize("end", [".mp4", ".webm", ".mov"])
def test_all_frames_and_all_of_the_sound(files: dict[str, Path], end: str) -> None:
    found = decode(files[end], sound=True)
    assert found.frames == FRAMES
    assert found.samples is not None and abs(found.samples - FRAMES / FPS * 48_000) <= 1024
    assert abs(audio_samples(files[end]) - FRAMES / FPS * 48_000) <= 1024
    times = re.search(r"Duration: 00:00:(\d\d\.\d\d)", description(files[end]))
    assert times and abs(float(times[1]) - 8.5) <= 0.02


def test_codec_facts(files: dict[str, Path]) -> None:
    webm = description(files[".webm"])
    assert f"Video: {CODEC}" in webm and "yuv420p(tv, bt709" in webm and "Audio: opus, 48000 Hz, stereo" in webm
    mov = description(files[".mov"])
    assert "prores (4444)" in mov and "yuva444p" in mov and "bt709" in mov and "pcm_s16le" in mov


def test_the_index_of_a_webm_is_at_its_front(files: dict[str, Path]) -> None:
    data = files[".webm"].read_bytes()
    assert 0 < data.index(b"\x1c\x53\xbb\x6b") < data.index(b"\x1f\x43\xb6\x75"), "Cues before the first Cluster"


def test_a_webm_shows_what_the_mp4_does(files: dict[str, Path]) -> None:
    wanted = np.stack([*bars(FRAMES)])
    for end in (".mp4", ".webm"):
        data = run_real(
            "-i",
            files[end],
            "-vf",
            "scale=in_color_matrix=bt709:in_range=tv",
            "-pix_fmt",
            "rgb24",
            "-f",
            "rawvideo",
            "-",
        )
        found = np.frombuffer(data, np.uint8).reshape(wanted.shape)
        assert likeness(found, wanted) < 4


@pytest.mark.parametrize("end", [".gif", ".webp", ".apng"])
def test_animated_pictures(files: dict[str, Path], end: str) -> None:
    pictures, times = shown(files[end])
    assert abs(sum(times) - 8500) <= 220
    with Image.open(files[end]) as picture:
        assert picture.info["loop"] == 0, "it repeats for ever"
        assert picture.size == SIZE
    if len(pictures) == 43:  # each second frame
        wanted = [*bars(FRAMES)][::2]
        worst = max(likeness(one[..., :3], other) for one, other in zip(pictures, wanted, strict=True))
        assert worst < (2 if end == ".apng" else 6)
    assert len(pictures) == 43 or end == ".gif"


def test_what_is_still_in_a_gif_does_not_shimmer(tmp_path: Path) -> None:
    """Between two corners in which something happens lie more colours than a palette has."""
    (width, height), count = SIZE, 20
    y, x = np.mgrid[:height, :width]
    ground = np.stack([4 * x, 5 * y, 255 - 2 * x - 2 * y], axis=-1).astype(np.uint8)

    def pictures() -> Iterator[bytes]:
        for index in range(count):
            picture = ground.copy()
            picture[:4, :4], picture[-4:, -4:] = 12 * index, 255 - 12 * index
            yield planes(picture)

    settings = EncodeSettings(SIZE, FPS, "good", CODEC, rate=Fraction(10))
    made(settings, [tmp_path / "film.gif"], frames=count, source=pictures())
    found, _ = shown(tmp_path / "film.gif")
    assert len(found) == count
    for before, after in pairwise(found):
        changed = (before != after).any(axis=2)
        changed[:14, :14] = changed[-14:, -14:] = False  # where the colour of the corners reaches
        assert not changed.any()


@pytest.mark.parametrize("end", [".webm", ".webp", ".apng", ".mov"])
def test_what_is_transparent_stays_so(tmp_path: Path, end: str) -> None:
    target = tmp_path / f"film{end}"
    made(EncodeSettings(SIZE, FPS, "best", CODEC, is_transparent=True, rate=Fraction(10)), [target], frames=12)
    if end in (".webp", ".apng"):
        pictures = shown(target)[0]
    else:
        reader = ["-c:v", "libvpx-vp9"] if end == ".webm" else []
        data = run_real(*reader, "-i", target, "-pix_fmt", "rgba", "-f", "rawvideo", "-")
        pictures = [*np.frombuffer(data, np.uint8).reshape(-1, SIZE[1], SIZE[0], 4)]
    assert len(pictures) == 12
    for found, wanted in zip(pictures, discs(12), strict=True):
        assert likeness(found[..., 3], wanted[..., 3]) < 3
        grounds = [picture[..., :3] * (picture[..., 3:] / 255) for picture in (found, wanted)]
        assert likeness(*grounds) < 6, "what is seen over black"


def test_scaled_without_edges_of_what_is_not_seen(tmp_path: Path) -> None:
    """Where alpha is 0 the discs are red all the same: scaling must not let that come in."""
    target = tmp_path / "film.apng"
    settings = EncodeSettings(SIZE, FPS, "good", CODEC, side=32, rate=Fraction(10), is_transparent=True)
    made(settings, [target], frames=3)
    picture = shown(target)[0][0]
    assert picture.shape == (24, 32, 4)
    border = picture[-5, :, :]  # half bar, half nothing
    assert (border[border[:, 3] > 20, 1] > 150).all(), "the bar's edge is green"


def test_takes_are_shared() -> None:
    settings = EncodeSettings((1920, 1080), Fraction(30), "good", CODEC)
    names = ["a.mp4", "b.mp4", "a.webm", "a.gif", "a.webp", "a.apng", "a.mov"]
    opaque, clear = frame_streams(outputs_of([Path(name) for name in names], settings), settings)
    assert [take.codec for take in opaque.encodings] == ["h264", CODEC, "lossless"]
    assert opaque.encodings[-1] == Encoding("lossless", "good", (640, 360), 2)
    assert clear.is_transparent and [take.codec for take in clear.encodings] == ["prores"]


@pytest.mark.parametrize(
    ("size", "side", "wanted"),
    [
        ((1920, 1080), None, (640, 360)),
        ((1080, 1920), None, (360, 640)),
        ((800, 450), None, (800, 450)),
        ((800, 450), 1000, (800, 450)),
        ((1080, 1080), 300, (300, 300)),
    ],
)
def test_the_size_of_animated_pictures(size: tuple[int, int], side: int | None, wanted: tuple[int, int]) -> None:
    assert animated_size(EncodeSettings(size, Fraction(30), "good", CODEC, side=side)) == wanted


@pytest.mark.parametrize(("fps", "every"), [("30", 2), ("60", 4), ("25", 2), ("10", 1), ("30000/1001", 2)])
def test_the_rate_of_animated_pictures(fps: str, every: int) -> None:
    (output,) = outputs_of([Path("a.gif")], EncodeSettings((640, 360), Fraction(fps), "good", CODEC))
    assert output.encoding.every == every
    assert output.encoding.selected(range(7, 13)) == range(-(-7 // every) * every, 13, every)


def test_arguments_of_a_webm() -> None:
    take = Encoding("av1", "good", SIZE)
    output = OutputFile(Path("a.webm"), "webm", take)
    audio = Soundtrack(Path("a.mp3"))
    said = finish_arguments(output, Path("take"), Path("part"), fps=FPS, frame_count=100, audio=audio)
    assert said[:8] == ["-v", "error", "-y", "-progress", "pipe:1", "-f", "mov", "-i"]
    assert said[said.index("-filter_complex") + 1].startswith("[1:a:0]aresample=48000")
    assert said[said.index("-c:v") + 1] == "copy" and said[said.index("-c:a") + 1] == "libopus"
    assert said[-5:] == ["-fflags", "+bitexact", "-f", "webm", "file:part"]


@pytest.mark.parametrize("codec", sorted({"vp9", CODEC}))
def test_the_same_webm_again(tmp_path: Path, codec: Any) -> None:
    settings = EncodeSettings(SIZE, FPS, "draft", codec)
    contents = set()
    for name in ("a.webm", "b.webm"):
        made(settings, [tmp_path / name], frames=70)
        contents.add((tmp_path / name).read_bytes())
    assert len(contents) == 1


def test_an_mp4_is_the_same_beside_others(files: dict[str, Path], tmp_path: Path, music: Path) -> None:
    made(EncodeSettings(SIZE, FPS, "good", CODEC), [tmp_path / "a.mp4", tmp_path / "b.mp4"], music)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes() == files[".mp4"].read_bytes()
    assert atom(files[".mp4"].read_bytes(), "moov")
