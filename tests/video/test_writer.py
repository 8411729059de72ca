"""Real films, decoded again: frames, length, colours, codec facts."""

from __future__ import annotations

import subprocess
import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from netviz.audio.soundtrack import Soundtrack
from netviz.errors import InputError
from netviz.video.verify import decode
from netviz.video.writer import WrittenFilm, write_film
from tests.video.support import (
    FPS,
    REAL,
    SIZE,
    atom,
    atoms,
    children,
    decoded,
    description,
    moving_pictures,
    noise,
    planes,
    request,
    run_real,
)


@pytest.mark.parametrize("quality", ["draft", "good", "best"])
def test_codec_facts(tmp_path: Path, music: Path, quality: str) -> None:
    target = tmp_path / "film.mp4"
    write_film(target, moving_pictures(25), **request(frame_count=25, audio=Soundtrack(music), quality=quality))
    said = description(target)
    assert "h264 (High)" in said
    assert "yuv420p(tv, bt709" in said
    assert "64x48" in said and "10 fps" in said
    assert "aac (LC)" in said and "48000 Hz, stereo" in said
    assert [name for name, _ in atoms(target.read_bytes()) if name in ("moov", "mdat")] == ["moov", "mdat"]
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("fps", [Fraction(10), Fraction(30000, 1001), Fraction(25), Fraction(7, 3)])
@pytest.mark.parametrize("frames", [1, 23, 40])
def test_the_frames_decide_the_length(tmp_path: Path, music: Path, fps: Fraction, frames: int) -> None:
    """Music of 2.5 s, longer or shorter than the film."""
    target = tmp_path / "film.mp4"
    seconds = frames / fps
    film = write_film(target, moving_pictures(frames), **request(frame_count=frames, fps=fps, audio=Soundtrack(music)))
    assert film == WrittenFilm({target: target.stat().st_size}, frames, seconds)
    found = decode(target, sound=True)
    assert found.frames == frames
    assert found.samples is not None
    assert abs(found.samples - seconds * 48000) <= 1024
    index = atom(target.read_bytes(), "moov")
    header = atom(index, "mvhd")
    ticks, longest = (int.from_bytes(header[start : start + 4], "big") for start in (12, 16))
    # ffmpeg 4 counts the AAC encoder's delay here, in whole milliseconds; what is played stands in the tracks.
    assert abs(Fraction(longest, ticks) - seconds) <= Fraction(1024, 48000) + Fraction(1, 1000)
    tracks = [content for name, content in atoms(index) if name == "trak"]
    assert len(tracks) == 2
    for track in tracks:
        played = int.from_bytes(atom(track, "edts", "elst")[8:12], "big")
        assert abs(Fraction(played, ticks) - seconds) <= Fraction(1, 1000)


def test_without_music_there_is_no_sound_track(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    film = write_film(target, moving_pictures(10), **request())
    assert film.seconds == 1
    assert "Audio" not in description(target)
    assert decode(target, sound=False).samples is None


def test_music_shorter_than_the_film_is_followed_by_silence(tmp_path: Path, music: Path) -> None:
    target = tmp_path / "film.mp4"
    write_film(target, moving_pictures(40), **request(frame_count=40, audio=Soundtrack(music)))
    sound = np.frombuffer(run_real("-i", target, "-map", "0:a", "-ac", "1", "-f", "f32le", "-"), np.float32)
    assert np.abs(sound[: 48000 * 2]).max() > 0.05
    assert np.abs(sound[int(48000 * 2.6) :]).max() < 0.001


def test_sound_comes_when_it_should(tmp_path: Path) -> None:
    """A click after 1 s of a film whose pictures are as long as two segments."""
    clicks, target = tmp_path / "click.wav", tmp_path / "film.mp4"
    run_real("-f", "lavfi", "-i", "aevalsrc=if(eq(n\\,48000)\\,1\\,0):s=48000:d=9", clicks)
    write_film(target, moving_pictures(90), **request(frame_count=90, audio=Soundtrack(clicks)))
    sound = np.frombuffer(run_real("-i", target, "-map", "0:a", "-ac", "1", "-f", "f32le", "-"), np.float32)
    assert abs(int(np.abs(sound).argmax()) - 48_000) <= 8
    assert abs(len(sound) - 9 * 48_000) <= 1024


COLOURS = {
    "red": ((255, 0, 0), 63),
    "green": ((0, 255, 0), 173),
    "blue": ((0, 0, 255), 32),
    "white": ((255, 255, 255), 235),
    "night": ((10, 14, 26), 28),
}


@pytest.mark.parametrize("quality", ["draft", "good"])
@pytest.mark.parametrize("colour", COLOURS)
def test_colours_come_out_as_they_went_in(tmp_path: Path, colour: str, quality: str) -> None:
    target = tmp_path / "film.mp4"
    rgb, luma = COLOURS[colour]
    picture = np.full((SIZE[1], SIZE[0], 3), rgb, np.uint8)
    write_film(target, [planes(picture)] * 3, **request(frame_count=3, quality=quality))
    assert np.abs(decoded(target, "rgb24", SIZE)[1].mean((0, 1)) - rgb).max() < 4
    # Y = 16 + 219 (.2126 R + .7152 G + .0722 B): BT.601 would make 81 of red and 145 of green.
    bytes_of = decoded(target, "yuv420p", SIZE)
    assert abs(bytes_of[1, : SIZE[0] * SIZE[1]].mean() - luma) < 1.5


def test_dark_gradients_keep_their_dither(tmp_path: Path) -> None:
    """Averaged over small squares, a dithered dark gradient comes out as it went in, not in bands."""
    target = tmp_path / "film.mp4"
    width, height = size = (640, 320)
    luma = np.linspace(23, 28, width)[None, :] * np.ones((height, 1))
    dithered = (luma + np.random.default_rng(1).random((height, width))).astype(np.uint8)
    picture = dithered.tobytes() + b"\x80" * (width * height // 2)
    write_film(target, [picture] * 5, **request(size=size, frame_count=5, quality="best"))
    shown = decoded(target, "yuv420p", size)[3, : width * height].reshape(height, width).astype(float)
    off = (shown - luma).reshape(height // 16, 16, width // 16, 16).mean((1, 3))
    assert off.std() < 0.2, "plain rounding to 8 bits gives 0.3"


def test_what_the_bytes_are_is_written_into_the_stream(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    write_film(target, moving_pictures(3), **request(frame_count=3))
    headers = subprocess.run(
        [REAL, "-hide_banner", "-i", target, "-c", "copy", "-bsf:v", "trace_headers", "-f", "null", "-"],
        capture_output=True, check=True,
    ).stderr.decode()  # fmt: skip
    lines = [line.split() for line in headers.splitlines() if " = " in line]
    said = {name: line[-1] for line in lines for name in line if name.isidentifier()}
    assert [said[name] for name in ("colour_primaries", "transfer_characteristics", "matrix_coefficients")] == ["1"] * 3
    assert said["video_full_range_flag"] == "0"
    assert said["chroma_sample_loc_type_top_field"] == "1", "in the middle of four pixels"


def test_groups_of_pictures_are_closed_and_two_seconds_long(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    held = next(moving_pictures(1))
    write_film(target, [held] * 50, **request(frame_count=50, quality="good"))
    stream = run_real("-i", target, "-c", "copy", "-bsf:v", "h264_mp4toannexb", "-f", "h264", "-")
    kinds = [unit[0] & 31 for unit in stream.split(b"\0\0\1")[1:]]
    pictures = [kind for kind in kinds if kind in (1, 5)]
    assert len(pictures) == 50
    assert [index for index, kind in enumerate(pictures) if kind == 5] == [0, 20, 40]  # 5: nothing refers over it


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, music: Path) -> None:
    size = (320, 240)
    one, two = tmp_path / "one.mp4", tmp_path / "two.mp4"
    for target in (one, two):
        write_film(
            target,
            moving_pictures(30, size),
            **request(size=size, frame_count=30, audio=Soundtrack(music), quality="good"),
        )
    assert one.read_bytes() == two.read_bytes()


def test_pictures_are_asked_for_one_by_one_and_counted(tmp_path: Path) -> None:
    seen: list[int] = []
    drawn: list[int] = []

    def source() -> object:
        for index, picture in enumerate(moving_pictures(99)):
            drawn.append(index)
            assert len(seen) == index
            yield picture

    write_film(tmp_path / "film.mp4", source(), on_frame=seen.append, **request())
    assert seen == list(range(1, 11))
    assert drawn == list(range(10)), "no picture more than the film has"


@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        ([b"\0" * 4608] * 9, "10 pictures were announced, only 9 came"),
        ([b"\0" * 100] * 10, "picture 0 must be 4608 bytes"),
        ([b"\0" * 4608, b"\0" * 9216] * 5, "picture 1 must be 4608 bytes"),
        ([np.zeros((72, 128), np.uint8)[:, ::2]] * 10, "in one piece"),
    ],
)
def test_wrong_pictures(tmp_path: Path, pictures: list[bytes], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        write_film(tmp_path / "film.mp4", pictures, **request())
    assert list(tmp_path.iterdir()) == []


def test_wrong_requests_are_all_named_before_a_picture_is_asked_for(tmp_path: Path) -> None:
    def never() -> object:
        raise AssertionError("a picture was asked for")
        yield

    wrong = request(
        size=(853, 480), fps=Fraction(0), frame_count=0, quality="fine", audio=Soundtrack(tmp_path / "none.mp3")
    )
    with pytest.raises(InputError) as caught:
        write_film(tmp_path / "no folder" / "film.mp4", never(), **wrong)
    messages = [str(problem) for problem in caught.value.problems]
    for part in ("no folder does not exist", "no such file", "use 852x480", "fps: must", "at least one", "draft, good"):
        assert any(part in message for message in messages), part


def test_a_frame_rate_ffmpeg_would_round_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"fps: .* use 24000/1001"):
        write_film(tmp_path / "film.mp4", noise(3), **request(fps=Fraction("23.976023976")))


@pytest.mark.slow
def test_many_films_leave_no_process_thread_or_descriptor(tmp_path: Path, music: Path) -> None:
    def counts() -> tuple[int, int, int]:
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), len(children())

    write_film(tmp_path / "film.mp4", moving_pictures(2), **request(frame_count=2, audio=Soundtrack(music)))
    before = counts()
    for _ in range(25):
        write_film(
            tmp_path / "film.mp4", moving_pictures(2), overwrite=True, **request(frame_count=2, audio=Soundtrack(music))
        )
        with pytest.raises(ValueError):
            write_film(tmp_path / "film.mp4", moving_pictures(1), overwrite=True, **request(frame_count=2, fps=FPS))
    assert counts() == before
