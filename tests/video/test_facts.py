"""What players and sites ask of a file, read from finished ones: index, profile, level, colours, key frames, sound."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from netviz.audio.soundtrack import Soundtrack
from netviz.video.writer import write_film
from tests.video.support import atom, atoms, description, moving_pictures, run_real

SIZES = {(1920, 1080): 40, (1280, 720): 31, (320, 180): 13}
"""The level of H.264, times ten, that a film of each size has at most at 30 frames a second (ITU-T H.264, A-1)."""


def film(folder: Path, end: str, size: tuple[int, int], music: Path, frames: int = 150) -> Path:
    """A film of some frames, 30 a second."""
    target = folder / f"film{end}"
    request = {"size": size, "fps": Fraction(30), "frame_count": frames, "quality": "good"}
    write_film(target, moving_pictures(frames, size), audio=Soundtrack(music), **request)  # type: ignore[arg-type]
    return target


def tracks(path: Path) -> dict[str, bytes]:
    """The tracks of an MP4 by their kind: vide, soun."""
    found = [content for name, content in atoms(atom(path.read_bytes(), "moov")) if name == "trak"]
    return {atom(track, "mdia", "hdlr")[8:12].decode(): track for track in found}


def key_times(path: Path) -> list[float]:
    """Seconds at which a player can begin."""
    lines = run_real("-i", path, "-map", "0:v", "-c", "copy", "-f", "framecrc", "-").decode().splitlines()
    (base,) = (Fraction(line.split(":")[1].strip()) for line in lines if line.startswith("#tb 0"))
    # Of each packet stream, two times, length, size, checksum, and its flags where it is no key frame.
    packets = [line.split(",") for line in lines if not line.startswith("#")]
    return [float(int(packet[2]) * base) for packet in packets if not any("F=0x0" in field for field in packet)]


@pytest.mark.parametrize("size", SIZES)
def test_an_mp4(tmp_path: Path, music: Path, size: tuple[int, int]) -> None:
    path = film(tmp_path, ".mp4", size, music, frames=6)
    assert [name for name, _ in atoms(path.read_bytes())][0:2] == ["ftyp", "moov"], "the index is at the front"
    entry = atom(tracks(path)["vide"], "mdia", "minf", "stbl", "stsd")[8 + 8 :]
    assert entry[24:28] == size[0].to_bytes(2, "big") + size[1].to_bytes(2, "big")
    boxes = dict(atoms(entry[78:]))
    _, profile, compatible, level = boxes["avcC"][:4]
    assert (profile, compatible) == (100, 0), "High"
    assert level <= SIZES[size]
    assert boxes["colr"][:11] == b"nclx" + bytes([0, 1, 0, 1, 0, 1, 0]), "BT.709, limited range"
    assert "yuv420p(tv, bt709" in description(path)


def test_sound_of_an_mp4(tmp_path: Path, music: Path) -> None:
    path = film(tmp_path, ".mp4", (320, 180), music)
    entry = atom(tracks(path)["soun"], "mdia", "minf", "stbl", "stsd")[8 + 8 :]
    assert int.from_bytes(entry[16:18], "big") == 2, "channels"
    assert int.from_bytes(entry[24:26], "big") == 48_000
    assert "aac (LC)" in description(path)


@pytest.mark.parametrize("end", [".mp4", ".webm"])
def test_a_player_can_begin_every_two_seconds(tmp_path: Path, music: Path, end: str) -> None:
    times = key_times(film(tmp_path, end, (320, 180), music))
    assert times[0] == pytest.approx(0, abs=0.002)
    assert max(after - before for before, after in pairwise([*times, 5.0])) <= 2.002
    if end == ".mp4":
        keys = atom(tracks(tmp_path / "film.mp4")["vide"], "mdia", "minf", "stbl", "stss")
        told = [(int(number) - 1) / 30 for number in np.frombuffer(keys, ">u4", offset=8)]
        assert told == pytest.approx(times, abs=0.001), "the index says so too"


@pytest.mark.parametrize("end", [".mp4", ".webm"])
def test_groups_are_closed(tmp_path: Path, music: Path, end: str) -> None:
    """What comes from a key frame on is the same without all that was before: nothing reaches back over it."""
    path = film(tmp_path, end, (320, 180), music)

    def last(*seek: str) -> bytes:
        return run_real(*seek, "-i", path, "-map", "0:v", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-")

    whole, part = last(), last("-ss", "4")
    assert 0 < len(part) <= 31 * 320 * 180 * 3 // 2
    assert whole.endswith(part)
