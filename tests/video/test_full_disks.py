"""Wherever a disk takes no more: a NetvizError of one line with the disk, what is free and needed, and nothing left."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netviz
from netviz.atomic_files import OutputFailed, failed_write, output_failures, temporary_folder, write_whole
from netviz.errors import NetvizError
from netviz.ffmpeg import FfmpegFailed
from netviz.pipeline.processes import WorkerProcess
from netviz.recording.recording import Recording
from netviz.scene.scene import Scene
from netviz.training import cache
from netviz.training.cache import RecordingCache, record_once
from netviz.video.images import write_picture
from netviz.video.writer import write_film
from tests.video.support import children, moving_pictures, noise, request

LARGE = (320, 180)
OLD = b"what was there before"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount a folder on a disk of so many kB; of 0: on one that is full already."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(size: int) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size or 8}k", "tmpfs", str(folder)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("no right to mount a small disk")
        if not size:
            (folder / "filling").write_bytes(bytes(8 * 1024))
        return folder

    yield mount
    subprocess.run(["umount", str(folder)], capture_output=True, check=False)


def refusal(folder: Path, make: Callable[[], object]) -> str:
    """The one line that making something on a full disk ends with; all files there are what they were."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(NetvizError) as caught:
        make()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert sorted(folder.iterdir()) == sorted(before)
    assert children() == []
    (line,) = str(caught.value).splitlines()
    assert f"the disk of {folder} is full, " in line and " free" in line
    assert line.endswith("; make room there, or write to another disk")
    return line


def needed(line: str) -> float:
    """The bytes that a line says are needed."""
    found = re.search(r"needs (?:about )?(\d+(?:\.\d)?) (bytes|kB|MB)", line)
    assert found, line
    return float(found[1]) * {"bytes": 1, "kB": 1e3, "MB": 1e6}[found[2]]


@pytest.mark.parametrize("kind", ["mp4", "webm", "gif", "webp"])
def test_in_the_middle_of_a_film_of_every_kind(small_disk: Callable[[int], Path], kind: str) -> None:
    folder = small_disk(200)
    target = folder / f"film.{kind}"
    target.write_bytes(OLD)
    changes = request(size=LARGE, frame_count=30, overwrite=True)
    assert needed(refusal(folder, lambda: write_film(target, noise(30, LARGE), **changes))) > 200_000


def test_closing_a_file_that_cannot_be_flushed_hides_nothing(small_disk: Callable[[int], Path]) -> None:
    folder = small_disk(8)
    refusal(folder, lambda: write_film(folder / "film.mp4", moving_pictures(30), **request(frame_count=30)))


@pytest.mark.parametrize("kind", ["webm", "webp", "gif"])
def test_while_the_encoded_pictures_become_another_file(
    tmp_path: Path, use_false_ffmpeg: Callable[[str], Path], kind: str
) -> None:
    """ffmpeg itself writes these files, and says of a full disk what it may, in several lines."""
    use_false_ffmpeg(
        "if not sys.argv[-1].startswith('file:') or {'pipe:0', '-xerror'} & {*sys.argv}: real()\n"
        "print('frame=5\\nfps=2\\nframe=10', flush=True); open(sys.argv[-1][5:], 'wb').write(bytes(50_000))\n"
        "print('Error writing trailer: No space left on device\\nConversion failed!', file=sys.stderr); sys.exit(228)"
    )
    line = refusal(tmp_path, lambda: write_film(tmp_path / f"film.{kind}", noise(40), **request(frame_count=40)))
    if kind != "gif":  # whose palette comes first, which says nothing of the film
        assert "50.0 kB of the film were written" in line and needed(line) > 4 * 50_000


@pytest.mark.parametrize("what", ["picture", "recording", "post", "film"])
def test_whatever_is_made_where_there_is_no_room_at_all(
    small_disk: Callable[[int], Path], recording: Recording, what: str
) -> None:
    folder = small_disk(0)
    makers: dict[str, Callable[[], object]] = {
        "picture": lambda: write_picture(folder / "a.png", np.zeros((90, 160, 3), np.uint8), None, overwrite=False),
        "recording": lambda: recording.save(folder / "a.npz"),
        "post": lambda: netviz.embed(recording, folder / "post"),
        "film": lambda: netviz.render(recording, folder / "a.mp4", jobs=1),
    }
    line = refusal(folder, makers[what])
    assert needed(line) > 0
    assert ".netviz-" not in line


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "is full, "),
        (errno.EDQUOT, "your quota on the disk of "),
        (errno.EFBIG, "may not grow so large"),
        (errno.EROFS, "is read-only: this file needs 1.0 kB; write to another disk"),
        (errno.EIO, "fails (input/output error): this file needs 1.0 kB; write to another disk"),
        (errno.EACCES, "cannot be written: permission denied"),
    ],
)
def test_every_way_in_which_a_disk_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    target = tmp_path / "film.png"
    target.write_bytes(OLD)
    for name in ("write_bytes", "replace"):  # at the start, and at the end
        with monkeypatch.context() as context:
            context.setattr(Path, name, refuse)
            with pytest.raises(OutputFailed) as caught:
                write_whole(target, bytes(1000))
        if name == "write_bytes":
            assert words in str(caught.value)
        assert str(target) in str(caught.value)
        assert [*tmp_path.iterdir()] == [target] and target.read_bytes() == OLD


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no inodes")
def test_a_disk_with_room_but_not_for_one_more_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = os.statvfs(tmp_path)
    monkeypatch.setattr(os, "statvfs", lambda path: os.statvfs_result([*found[:5], 100, 0, 0, *found[8:]]))
    assert " free, but it takes no more files; " in failed_write(OSError(errno.ENOSPC, ""), tmp_path)


def test_a_folder_in_the_making_is_not_named(tmp_path: Path) -> None:
    making = tmp_path / ".netviz-0123456789abcdef.making"
    with pytest.raises(OutputFailed) as caught, output_failures(making / "index.html", 35_600):
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    start = f"index.html: the disk of {tmp_path} fails (input/output error): this file needs 35.6 kB; "
    assert str(caught.value) == f"{start}write to another disk"


@pytest.mark.parametrize(
    ("status", "tail", "number"),
    [
        (228, "av_interleaved_write_frame(): No space left on device", errno.ENOSPC),
        (1, "x\nError writing trailer: Disk quota exceeded\ny", errno.EDQUOT),
        (-25, "", errno.EFBIG),
        (251, "pipe:1: Input/output error", errno.EIO),
        (1, "Invalid data found", None),
        (-9, "", None),
    ],
)
def test_what_ffmpeg_says_of_a_disk(status: int, tail: str, number: int | None) -> None:
    found = FfmpegFailed("ffmpeg failed", status, tail).disk_error
    assert (found and found.errno) == number


# Disks of what is in passing: temporary files, the cache


def test_a_full_cache_takes_nothing_and_fails_nothing(
    small_disk: Callable[[int], Path], scene: Scene, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "SECONDS_TO_LOAD", -1e9)  # it is worth to be kept in any case
    folder = small_disk(0)
    assert record_once(scene, lambda scene: recording, RecordingCache(folder / "recordings")) is recording
    assert record_once(scene, lambda scene: recording, RecordingCache(folder)) is recording
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["filling"]


def test_no_room_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(OutputFailed, match=r"^no temporary folder can be made: .*TMPDIR"):
        temporary_folder()
    worker = WorkerProcess("import sys; print('my last words', file=sys.stderr)")  # does without them
    with pytest.raises(NetvizError, match=r"a worker process ended with exit status 0$"):
        worker.receive()
    worker.end()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert "TMPDIR" in failed_write(OSError(errno.ENOSPC, ""), tmp_path / "netviz-0")
    assert "TMPDIR" not in failed_write(OSError(errno.ENOSPC, ""), tmp_path.parent)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no way to learn what stdout is")
def test_a_full_disk_under_what_is_printed_to_a_file(small_disk: Callable[[int], Path]) -> None:
    folder = small_disk(0)
    with (folder / "schema.json").open("wb") as file:
        program = "from netviz.cli import console; console.result('x' * 20_000)"
        ended = subprocess.run([sys.executable, "-c", program], stdout=file, stderr=subprocess.PIPE, check=False)
    assert f"schema.json: the disk of {folder} is full, " in ended.stderr.decode()
    assert "what is printed has 20.0 kB" in ended.stderr.decode()
