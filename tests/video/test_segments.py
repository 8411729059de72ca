"""A film is made of segments, and nothing of that is seen: no frame too few or too many, none at a wrong time."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netviz.audio.soundtrack import Soundtrack
from netviz.video.encoder import GROUPS, encode_segment, group_of_pictures, segments_of
from netviz.video.formats import Encoding, FrameStream
from netviz.video.mp4 import NoFragments, split
from netviz.video.verify import decode
from netviz.video.writer import write_film
from tests.video.support import FPS, SIZE, atom, bars, decoded, moving_pictures, request, run_real

SEGMENT = 60
"""Frames of a segment at 10 frames a second."""
ROLL = FrameStream(SIZE, FPS, (Encoding("h264", "draft", SIZE),))


@given(st.integers(1, 5_000), st.sampled_from([Fraction(30), Fraction(30000, 1001), Fraction(1, 10), Fraction(7, 3)]))
def test_segments_cover_the_film_and_begin_where_a_group_does(frames: int, fps: Fraction) -> None:
    segments, group = segments_of(frames, fps), group_of_pictures(fps)
    assert [index for segment in segments for index in segment] == [*range(frames)]
    assert all(segment.start % group == 0 for segment in segments)
    assert {len(segment) for segment in segments[:-1]} <= {GROUPS * group}
    assert len(segments) == 1 or group <= len(segments[-1]) < (GROUPS + 1) * group


def test_where_the_cuts_are() -> None:
    assert segments_of(SEGMENT, FPS) == [range(60)]
    assert segments_of(79, FPS) == [range(79)]
    assert segments_of(80, FPS) == [range(60), range(60, 80)]


@pytest.mark.parametrize("quality", ["draft", "good"])
def test_joints_cannot_be_seen(tmp_path: Path, quality: str) -> None:
    target, frames = tmp_path / "film.mp4", 3 * SEGMENT + 25
    write_film(target, moving_pictures(frames), **request(frame_count=frames, quality=quality))
    wanted = np.stack([*bars(frames)]).astype(int)
    off = np.abs(decoded(target, "rgb24", SIZE).astype(int) - wanted)
    assert off.shape[0] == frames
    # The bar moves three columns a frame: a picture that is one too early or too late is far off there.
    columns = [(3 * index) % SIZE[0] for index in range(frames)]
    at_bar = np.array([off[index, :, column].mean() for index, column in enumerate(columns)])
    joints = [index for cut in (60, 120, 180) for index in range(cut - 4, cut + 4)]
    assert at_bar.max() < 75, "a bar one pixel wide loses its colour to its neighbours"
    assert at_bar[joints].mean() < 1.5 * at_bar.mean() + 2


@pytest.mark.parametrize("fps", ["30000/1001", "7/3", "1/10", "1001000/4321"])
def test_every_frame_has_its_time(tmp_path: Path, music: Path, fps: str) -> None:
    rate = Fraction(fps)
    target, frames = tmp_path / "film.mp4", 2 * GROUPS * group_of_pictures(rate) + group_of_pictures(rate)
    assert len(segments_of(frames, rate)) == 3
    write_film(target, moving_pictures(frames), **request(frame_count=frames, fps=rate, audio=Soundtrack(music)))
    lines = run_real("-i", target, "-map", "0:v", "-c", "copy", "-f", "framecrc", "-").decode().splitlines()
    decoding, showing = zip(*(map(int, line.split(",")[1:3]) for line in lines if line[0] != "#"), strict=True)
    steps = {after - before for times in (decoding, sorted(showing)) for before, after in pairwise(times)}
    assert len(steps) == 1 and min(showing) == 0 and len(showing) == frames
    media = next(track for name, track in _tracks(target) if name == "vide")
    ticks = int.from_bytes(atom(media, "mdhd")[12:16], "big")
    assert Fraction(steps.pop(), ticks) == 1 / rate
    assert decode(target, sound=True).frames == frames


def _tracks(path: Path) -> list[tuple[str, bytes]]:
    from tests.video.support import atoms

    tracks = [content for name, content in atoms(atom(path.read_bytes(), "moov")) if name == "trak"]
    return [(atom(track, "mdia", "hdlr")[8:12].decode(), atom(track, "mdia")) for track in tracks]


def test_a_segment_encoded_alone_is_the_one_in_the_film(tmp_path: Path) -> None:
    target, frames = tmp_path / "film.mp4", SEGMENT + 20
    write_film(target, moving_pictures(frames), **request(frame_count=frames))
    pictures = [*moving_pictures(frames)]
    (data,) = encode_segment(iter(pictures[SEGMENT:]), range(SEGMENT, frames), ROLL)
    coded = data[data.index(b"mdat") + 1000 :][:200]
    assert target.read_bytes().count(coded) == 1


def test_what_is_no_segment_is_refused() -> None:
    (data,) = encode_segment(moving_pictures(5), range(5), ROLL)
    _, samples = split(data)
    assert len(samples.size) == 5 and samples.size.sum() == len(samples.data)
    assert samples.key.tolist() == [True, False, False, False, False]
    ticks = sorted(samples.time.tolist())
    assert {after - before for before, after in pairwise(ticks)} == {1024}
    for damaged in (b"", b"half", data[:-1], data[: data.index(b"moof") - 4], data[data.index(b"moof") - 4 :]):
        with pytest.raises(NoFragments):
            split(damaged)
