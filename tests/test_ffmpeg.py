"""Where ffmpeg comes from, what is said when it cannot be run, and what it may take for files of strangers."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import imageio_ffmpeg
import pytest

import netviz
from netviz.audio.music_file import audio_problems
from netviz.errors import InputError
from netviz.ffmpeg import Ffmpeg, FfmpegFailed, FfmpegMissing, describe_status, executable
from netviz.foreign_media import hollow_fault
from tests.video.support import children, false_ffmpeg


def complaint(monkeypatch: pytest.MonkeyPatch, path: object) -> str:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(path))
    with pytest.raises(FfmpegMissing) as caught:
        executable()
    message = str(caught.value)
    assert str(path) in message
    assert "IMAGEIO_FFMPEG_EXE" in message and "unset it" in message, "what to do"
    return message


def test_the_one_named_in_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = false_ffmpeg(tmp_path, "")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(path))
    assert executable() == str(path)
    monkeypatch.delenv("IMAGEIO_FFMPEG_EXE")
    assert executable() == imageio_ffmpeg.get_ffmpeg_exe()


def test_what_cannot_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ffmpeg"
    assert "does not exist" in complaint(monkeypatch, path)
    assert "does not exist" in complaint(monkeypatch, "no-such-program")
    assert "is a folder" in complaint(monkeypatch, tmp_path)
    path.write_text("just a text\n")
    assert "is not executable" in complaint(monkeypatch, path)
    path.chmod(0o755)
    path.write_bytes(b"MZ\0\0a program for another system")
    assert "not a program for this machine (Exec format error)" in complaint(monkeypatch, path)
    path.write_bytes(b"\x7fELF" + b"\0" * 100)
    assert "not a program for this machine" in complaint(monkeypatch, path)
    path.write_text("#!/no/such/interpreter\n")
    assert "cannot be started on this system" in complaint(monkeypatch, path)
    path.write_text("#!/bin/sh\necho a shell\n")
    assert "is not ffmpeg" in complaint(monkeypatch, path)
    path.write_text("#!/bin/sh\nexit 127\n")
    assert "exit status 127" in complaint(monkeypatch, path)
    false_ffmpeg(tmp_path, "").rename(path)
    assert executable() == str(path), "a repaired file is asked again"


def test_no_ffmpeg_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> str:
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.delenv("IMAGEIO_FFMPEG_EXE", raising=False)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", nothing)
    with pytest.raises(FfmpegMissing, match="pip install --force-reinstall imageio-ffmpeg"):
        executable()


def test_leaving_the_block_early_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(false_ffmpeg(tmp_path, "time.sleep(100)")))
    with Ffmpeg([]):
        assert len(children()) == 1
    assert children() == []


def test_the_children_of_a_wrapper_end_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "still alive"
    body = f"os.system('sleep 0.5; touch \"{mark}\"')"
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(false_ffmpeg(tmp_path, body)))
    with pytest.raises(FfmpegFailed, match="no progress"), Ffmpeg([], stall_limit=0.2) as ffmpeg:
        ffmpeg.finish()
    time.sleep(0.6)
    assert not mark.exists()


def test_statuses_in_words() -> None:
    assert describe_status(1) == "exit status 1"
    assert describe_status(-9) == "signal SIGKILL"
    assert describe_status(-200) == "signal 200"


# Files of strangers.


@pytest.mark.skipif(sys.platform == "win32", reason="holes are looked for elsewhere")
def test_a_file_of_holes_is_not_given_to_ffmpeg(tmp_path: Path) -> None:
    path = tmp_path / "film.webm"
    for content, is_hollow in ((b"", True), (b"\x1a\x45\xdf\xa3" * 1000, True), (b"\1" * 15_000_000, False)):
        path.write_bytes(content)
        os.truncate(path, 1_000_000_000)
        with path.open("rb") as file:
            fault = hollow_fault(file)
        assert (fault is not None) == is_hollow
    os.truncate(path, 64_000_000_000)
    for use in (netviz.inspect, netviz.flashes):
        with pytest.raises(InputError, match=r"of its 64\.0 GB only 15\.0 MB are there"):
            use(path)
    os.truncate(path, 4_000_000_000)
    (problem,) = audio_problems(path)
    assert problem.message.startswith("of its 4.0 GB only 15.0 MB are there")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_ffmpeg_takes_no_more_memory_than_it_may() -> None:
    picture = ["-v", "error", "-f", "lavfi", "-i", "color=size=4000x4000", "-frames:v", "3", "-f", "null", "-"]
    with Ffmpeg(picture, most_memory=2_000_000_000) as enough:
        enough.finish()
    with Ffmpeg(picture, most_memory=30_000_000) as little, pytest.raises(FfmpegFailed):
        little.finish()
