"""How long music lasts, whatever its file claims; and that nothing but a plain local file is ever opened."""

from __future__ import annotations

import os
import re
import resource
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from netviz.audio import music_file
from netviz.audio.music_file import audio_length, audio_problems, input_arguments, shortfall_note
from netviz.errors import InputError
from netviz.ffmpeg import FfmpegFailed
from tests.video.support import false_ffmpeg, processes_about, run_real

SECONDS = Fraction(15, 2)
ONE_MP3_FRAME = Fraction(1152, 44100)


def tone(path: Path, *options: str) -> Path:
    """7.5 s of sound that is not equally hard to encode everywhere, 44.1 kHz mono."""
    run_real("-f", "lavfi", "-i", "sine=440:d=7.5:sample_rate=44100,volume='lt(t,3)':eval=frame", *options, path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("music")


@pytest.fixture(scope="module")
def mp3(folder: Path) -> Path:
    return tone(folder / "constant.mp3", "-b:a", "128k")


@pytest.fixture(scope="module")
def wav(folder: Path) -> Path:
    return tone(folder / "plain.wav")


@pytest.fixture(scope="module")
def cover(folder: Path) -> Path:
    path = folder / "cover.png"
    run_real("-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", path)
    return path


def fault_of(path: str | Path) -> str:
    """The one problem of a file, which `audio_length` must raise as well."""
    (problem,) = audio_problems(path)
    assert problem.where == str(path)
    with pytest.raises(InputError) as caught:
        audio_length(path)
    assert caught.value.problems == (problem,)
    return problem.message


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.wav", ()),
        ("a.flac", ()),
        ("a.mp3", ("-b:a", "128k")),
        ("a.m4a", ("-c:a", "aac")),
        ("a.ogg", ("-c:a", "libvorbis")),
        ("a.opus", ("-c:a", "libopus")),
        ("a.aac", ()),
        ("a.aiff", ()),
        ("a.wma", ()),
        ("a.mka", ("-c:a", "flac")),
        ("stereo.wav", ("-ac", "2", "-ar", "96000")),
    ],
)
def test_every_usual_kind_of_file(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    path = tone(tmp_path / name, *options)
    assert audio_problems(path) == []
    assert abs(audio_length(path) - SECONDS) < Fraction(6, 100)  # lossy kinds pad at both ends


def test_samples_are_counted_exactly(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48000, 0, "NONE", ""))
        file.writeframes(np.zeros((12345, 2), np.int16).tobytes())
    assert audio_length(path) == Fraction(12345, 48000)
    assert audio_length(str(path)) == Fraction(12345, 48000)


def test_variable_bitrate_without_an_index_has_its_true_length_and_no_warning(tmp_path: Path) -> None:
    path = tmp_path / "variable.mp3"
    source = "anoisesrc=d=7.5:r=44100,volume='gte(t,2)':eval=frame"  # quiet first: ffmpeg guesses 9 s
    run_real("-f", "lavfi", "-i", source, "-write_xing", "0", "-q:a", "9", path)
    assert abs(audio_length(path) - SECONDS) < 3 * ONE_MP3_FRAME


def test_a_truncated_mp3_has_the_length_that_can_be_heard_and_a_warning(tmp_path: Path, mp3: Path) -> None:
    path = tmp_path / "cut.mp3"
    path.write_bytes(mp3.read_bytes()[:30_000])  # at 16,000 bytes a second
    assert audio_problems(path) == []
    assert re.search(r"claims to last 7\.[56] s, but only 1\.8 s can be decoded", shortfall_note(path) or "")
    assert abs(audio_length(path) - Fraction(183, 100)) < Fraction(1, 10)


def test_a_small_difference_is_not_worth_a_warning(tmp_path: Path, mp3: Path) -> None:
    path = tmp_path / "nearly.mp3"
    path.write_bytes(mp3.read_bytes()[:-6000])
    assert shortfall_note(path) is None
    assert audio_length(path) < SECONDS - Fraction(3, 10)


def test_cover_art_alone_is_no_audio(tmp_path: Path, cover: Path) -> None:
    m4a = tmp_path / "cover.m4a"
    run_real("-i", cover, "-c", "copy", "-f", "mp4", m4a)
    assert "no audio in it" in fault_of(m4a)
    picture = b"\0image/png\0\3\0" + cover.read_bytes()
    frame = b"APIC" + len(picture).to_bytes(4, "big") + b"\0\0" + picture
    size = bytes((len(frame) >> shift) & 127 for shift in (21, 14, 7, 0))
    mp3 = tmp_path / "cover.mp3"
    mp3.write_bytes(b"ID3\3\0\0" + size + frame)
    assert "no decodable audio in it" in fault_of(mp3)


@pytest.mark.parametrize("kind", ["mp3", "m4a"])
def test_audio_with_cover_art_works(tmp_path: Path, cover: Path, kind: str) -> None:
    music = tone(tmp_path / f"music.{kind}")
    path = tmp_path / f"with-cover.{kind}"
    run_real("-i", music, "-i", cover, "-map", "0", "-map", "1", "-c", "copy", "-disposition:v", "attached_pic", path)
    assert abs(audio_length(path) - SECONDS) < Fraction(1, 10)


def test_a_wav_called_mp3_works(tmp_path: Path, wav: Path) -> None:
    path = tmp_path / "really.mp3"
    shutil.copy(wav, path)
    assert audio_length(path) == SECONDS


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["noise.mp3", "noise.wav", "noise"])
def test_noise_is_no_audio(tmp_path: Path, name: str, seed: int) -> None:
    path = tmp_path / name
    path.write_bytes(np.random.default_rng(seed).bytes(100_000 * (seed + 1)))
    assert "no decodable audio" in fault_of(path)


@pytest.mark.parametrize("content", [b"", b"hello\n", b"all work and no play\n" * 5000, b"\0" * 100_000])
def test_empty_text_and_zeros_are_no_audio(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "track.mp3"
    path.write_bytes(content)
    assert "no decodable audio" in fault_of(path)


def test_a_missing_file_and_the_place_to_name(tmp_path: Path) -> None:
    assert fault_of(tmp_path / "none.mp3") == "no such file"
    assert fault_of("with\0nul.mp3").startswith("cannot be read")
    (problem,) = audio_problems(tmp_path / "none.mp3", "scene.yaml:3:1: audio")
    assert str(problem) == "scene.yaml:3:1: audio: no such file"


def test_an_unreadable_file_says_the_real_reason(tmp_path: Path, mp3: Path) -> None:
    path = tmp_path / "secret.mp3"
    shutil.copy(mp3, path)
    path.chmod(0)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        assert fault_of(path) == "cannot be read: permission denied"
    finally:
        if is_root:
            os.seteuid(0)


def test_pipes_devices_and_folders_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    started = time.monotonic()
    assert "not a plain file" in fault_of(tmp_path / "pipe.mp3")
    assert "not a plain file" in fault_of("/dev/zero")
    assert "is a folder" in fault_of(tmp_path)
    (tmp_path / "link.mp3").symlink_to("/dev/zero")
    assert "not a plain file" in fault_of(tmp_path / "link.mp3")
    assert time.monotonic() - started < 1


@pytest.fixture
def listener() -> Iterator[tuple[int, list[object]]]:
    """A port on this machine, and whoever connected to it."""
    callers: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        over = threading.Event()

        def listen() -> None:
            while not over.is_set():
                try:
                    connection, caller = server.accept()
                except TimeoutError:
                    continue
                connection.close()
                callers.append(caller)

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], callers
        over.set()
        thread.join()


@pytest.mark.parametrize(
    "name",
    [
        "concat:{wav}|{wav}",
        "subfile,,start,0,end,0,,:{wav}",
        "http://127.0.0.1:{port}/a.mp3",
        "data:audio/mpeg;base64,AA",
    ],
)
def test_names_that_are_protocols_to_ffmpeg_are_files_that_do_not_exist(
    wav: Path, listener: tuple[int, list[object]], name: str
) -> None:
    port, callers = listener
    assert fault_of(name.format(wav=wav, port=port)) in ("no such file", "cannot be read: not a directory")
    time.sleep(0.2)
    assert callers == []


HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\n{entry}\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize("text", ["ffconcat version 1.0\nfile {entry}\n", HLS])
@pytest.mark.parametrize("name", ["list.mp3", "list.m3u8"])
def test_playlists_are_refused_whatever_they_are_called(
    tmp_path: Path, wav: Path, listener: tuple[int, list[object]], text: str, name: str
) -> None:
    port, callers = listener
    shutil.copy(wav, tmp_path / "plain.wav")
    for entry in ("plain.wav", f"http://127.0.0.1:{port}/a.wav"):
        path = tmp_path / name
        path.write_text(text.format(entry=entry))
        assert "no decodable audio" in fault_of(path)
    time.sleep(0.2)
    assert callers == []


def test_every_name_is_a_name(tmp_path: Path, wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = [
        "-i",
        "concat:a.mp3",
        "a%03d.mp3",
        "two words .mp3",
        "new\nline.mp3",
        os.fsdecode(b"caf\xe9.mp3"),
        "é:ü?.mp3",
    ]
    for name in names:
        shutil.copy(wav, name)
        assert audio_length(name) == SECONDS
        assert audio_problems(Path(name)) == []


def test_a_file_is_decoded_once_until_it_changes(tmp_path: Path, wav: Path, mp3: Path) -> None:
    path = tmp_path / "music"
    shutil.copy(wav, path)
    music_file._decoded.cache_clear()
    assert audio_problems(path) == [] and audio_length(path) == SECONDS
    assert music_file._decoded.cache_info().misses == 1
    path.write_bytes(b"no music any more" * 100)
    assert "no decodable audio" in fault_of(path)


def test_a_decoder_that_hangs_or_dies_is_no_fault_of_the_file(
    tmp_path: Path, wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = false_ffmpeg(tmp_path, "time.sleep(100)")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(hanging))
    with pytest.raises(FfmpegFailed, match=r"no progress for 0\.3 s"):
        music_file._decoded(str(wav), (0,), stall_limit=0.3)
    dying = false_ffmpeg(tmp_path, "os.kill(os.getpid(), 9)")
    assert dying == hanging
    with pytest.raises(FfmpegFailed, match="SIGKILL"):
        audio_length(shutil.copy(wav, tmp_path / "another.wav"))
    assert processes_about(tmp_path) == []


@pytest.mark.slow
def test_an_hour_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 1, 8000, 3600 * 8000, "NONE", ""))
        for _ in range(60):
            file.writeframesraw(b"\x80" * (60 * 8000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert audio_length(path) == 3600
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB


def test_the_film_opens_music_as_it_was_measured() -> None:
    arguments = input_arguments("-a.mp3")
    assert arguments[-2:] == ["-i", "file:-a.mp3"]
    assert arguments[:4:2] == ["-protocol_whitelist", "-format_whitelist"]
    assert arguments[1] == "file,pipe"
    assert not {"concat", "hls", "dash", "image2", "mpegts"} & set(arguments[3].split(","))


# What would take too long or too much.


def wav_head(data_bytes: int) -> bytes:
    """Header of a .wav file with so many bytes of sound: 8 kHz, mono, 8 bits, a byte a sample."""
    sound = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    whole = min(data_bytes + 36, 0xFFFF_FFFF)
    return b"RIFF" + struct.pack("<I", whole) + b"WAVEfmt " + sound + b"data" + struct.pack("<I", data_bytes)


def test_music_longer_than_a_film_is_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "days.wav"
    path.write_bytes(wav_head(25 * 3600 * 8000))
    os.truncate(path, 44 + 25 * 3600 * 8000)
    began = time.monotonic()
    assert fault_of(path) == (
        "claims to last 25.0 h, more than the 24 h that a film can last; cut out the part that the film needs, "
        "and give that"
    )
    assert time.monotonic() - began < 10, "half of what decoding it takes"


def test_music_that_does_not_say_how_long_it_is_is_decoded_as_far_as_a_film_can_last(
    wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(music_file, "LONGEST_FILM", 3)
    monkeypatch.setattr(music_file, "_claimed_seconds", lambda _: None)
    music_file._decoded.cache_clear()
    assert fault_of(wav).startswith("lasts more than the 24 h that a film can last")
    music_file._decoded.cache_clear()


def test_a_streamed_wav_claims_nothing(tmp_path: Path) -> None:
    """Programs that write into a pipe do not know the length: both sizes in the header are the largest there are."""
    (tmp_path / "streamed.wav").write_bytes(wav_head(0xFFFF_FFFF) + bytes(16_000))
    assert audio_length(tmp_path / "streamed.wav") == 2


def test_a_file_of_64_gigabytes_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sparse.mp3"
    path.touch()
    os.truncate(path, 64 << 30)
    monkeypatch.setattr(music_file, "Ffmpeg", None)
    assert fault_of(path) == "a file of 68.7 GB is too large for music; 4.3 GB are the most"


def test_of_much_noise_no_packet_is_made(tmp_path: Path) -> None:
    """Zeros are one packet of mp3 without an end: ffmpeg took twice as much memory as there were of them."""
    path = tmp_path / "zeros.mp3"
    path.touch()
    os.truncate(path, 250_000_000)
    measured = [sys.executable, "-c", MEASURED, *map(str, music_file.music_arguments(path))]
    answer = subprocess.run(measured, capture_output=True, check=True, text=True)
    assert int(answer.stdout) < 350, "MB; without a bound 500"


MEASURED = """
import resource, subprocess, sys
from netviz.ffmpeg import executable
subprocess.run([executable(), "-nostdin", *sys.argv[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1000)
"""
